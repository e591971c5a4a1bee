"""One member of a posted hand-in taken back: who, and why. The others of the voucher stay as they are."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from desktop.ui.chips import Notice, button, label, row, search_field
from desktop.ui.counter import Counter
from desktop.ui.sheets import Sheet
from desktop.ui.tables import ROW_PIXELS, Cell, Column, RowsModel, Table
from sync.money import figures

if TYPE_CHECKING:
    from desktop.listing import HandInRow

REASON_LETTERS_MAX = 200
# As many members as leave room for the reason on the smallest screen.
ROWS_SHOWN = 9


class CorrectSheet(Sheet):
    """The members of a hand-in with what each brought; `chosen` is whose lines are to be taken back."""

    def __init__(self, window: QWidget, counter: Counter, *, number: int, rows: "tuple[HandInRow, ...]") -> None:
        say = counter.say
        super().__init__(window, title=say("journal.correct_title", number=f"{number:06d}"), width=720)
        self.rows, self.say = rows, say
        self.body.addWidget(label(say("journal.correct_text"), name="muted", wrap=True))
        self.finder = search_field(say("groups.find_member"))
        self.body.addWidget(self.finder)
        self.body.addWidget(self._make_table())
        self.reason = QLineEdit()
        self.reason.setMaxLength(REASON_LETTERS_MAX)
        self.reason.setAccessibleName(say("reason"))
        self.reason.setPlaceholderText(say("reason_example"))
        self.body.addWidget(label(say("reason"), name="small"))
        self.body.addWidget(self.reason)
        self.notice = Notice()
        self.body.addWidget(self.notice)
        back, self.go = button(say("back"), key="Esc"), button(say("go_on"), name="primary", key="Enter")
        back.clicked.connect(self.drop)
        self.go.clicked.connect(self._give)
        self.body.addLayout(row(None, back, self.go))
        self.finder.textChanged.connect(self._seek)
        self.finder.returnPressed.connect(self.reason.setFocus)
        self.table.chosen.connect(lambda _one: self.reason.setFocus())
        self.table.pointed.connect(lambda _one: self._allow())
        self.reason.textChanged.connect(lambda _text: self._allow())
        self.reason.returnPressed.connect(self._give)
        if not any(not one.corrected_by for one in rows):
            self.notice.tell(say("journal.correct_none"), tone="warn")
        self._allow()
        self.open_at(self.finder)

    def _make_table(self) -> Table:
        say = self.say
        columns = (
            Column(say("groups.member")),
            Column(say("journal.correct_interest"), 110, right=True),
            Column(say("journal.correct_deposit"), 110, right=True),
            Column(say("journal.correct_cash"), 120, right=True),
        )
        model = RowsModel(columns)
        model.fill([self._cells(one) for one in self.rows], list(self.rows))
        self.table = Table(model, columns, name=say("journal.correct_members"))
        self.table.setFixedHeight(36 + ROW_PIXELS * min(len(self.rows), ROWS_SHOWN))
        self.table.point_at(next((at for at, one in enumerate(self.rows) if not one.corrected_by), 0))
        return self.table

    def _seek(self, text: str) -> None:
        from desktop.search import folded

        words = folded(text).split()
        for at, one in enumerate(self.rows):
            known = folded(f"{one.customer.full_name} {one.customer.id_number[-4:]}")
            if words and all(word in known for word in words):
                self.table.point_at(at)
                return

    def _cells(self, one: "HandInRow") -> tuple[Cell, ...]:
        tone, chip = ("muted", self.say("journal.corrected_line", number=f"{one.corrected_by:06d}")) if one.corrected_by else ("ink", "")
        name = Cell(one.customer.full_name, tone, chip=chip, chip_tone="warn", bold_here=True)
        return name, *(Cell(figures(amount), tone) for amount in (one.interest, one.deposit, one.cash))

    @property
    def chosen(self) -> "HandInRow | None":
        """Whom the cursor is on, unless they were taken back already."""
        here = self.table.here
        found = next((one for one in self.rows if one is here), None)
        return found if found is not None and not found.corrected_by else None

    def _allow(self) -> None:
        self.go.setEnabled(self.chosen is not None and bool(self.reason.text().strip()))

    def _give(self) -> None:
        if self.go.isEnabled():
            self.end()
            self.accepted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            # Whom it is about may still be changed while the reason is being typed.
            self.table.point_at(self.table.currentIndex().row() + (1 if event.key() == Qt.Key.Key_Down else -1))
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
