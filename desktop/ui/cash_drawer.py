"""The drawer as the book expects it: sums, notes as far as they are known, who holds it; and notes for what is still to be paid."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from desktop.ui.chips import Notice, Tone, button, card, heading, label, row
from desktop.ui.counter import Counter
from desktop.ui.sheets import Sheet
from desktop.ui.tables import Cell, Column, RowsModel, Table
from sync.money import DENOMINATIONS, figures

if TYPE_CHECKING:
    from desktop.listing import MixPlan, MixRow, Standing
    from desktop.tally import Expected

# As many slips as stand under each other on the lowest screen; more are scrolled to.
MIX_TABLE_PIXELS = 330


class DrawerPanel(QFrame):
    """Emits `counting` where somebody wants to count it."""

    counting = Signal()

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.counter, say = counter, counter.say
        self.setObjectName("card")
        self.setFixedWidth(290)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.setSpacing(0)
        self.holder = label(name="small")
        inside.addWidget(heading(label(say("cash.drawer"), name="strong"), None, self.holder))
        column = QVBoxLayout()
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(6)
        self.sums: dict[str, QLabel] = {}
        for name in ("opening", "in", "out", "held"):
            self.sums[name] = label(name="figure")
            said = label(say(f"cash.sum_{name}"), name="strong" if name == "held" else "muted")
            column.addLayout(row(said, None, self.sums[name]))
        column.addSpacing(6)
        column.addWidget(label(say("cash.notes_known"), name="small"))
        column.addLayout(self._make_notes())
        column.addStretch(1)
        self.count = button(say("cash.count"), key="F9")
        self.count.clicked.connect(self.counting.emit)
        column.addWidget(self.count)
        inside.addLayout(column, 1)

    def _make_notes(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setVerticalSpacing(3)
        self.notes: dict[int, tuple[QLabel, QLabel, QLabel]] = {}
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for at, note in enumerate(DENOMINATIONS):
            cells = label(figures(note), name="fact"), label(name="fact"), label(name="fact")
            for column, cell in enumerate(cells):
                cell.setAlignment(right)
                grid.addWidget(cell, at, column)
            self.notes[note] = cells
        self.loose = label(name="fact")
        self.loose.setAlignment(right)
        self.loose_word = label(self.counter.say("cash.loose"), name="small")
        grid.addWidget(self.loose_word, len(DENOMINATIONS), 0, 1, 2)
        grid.addWidget(self.loose, len(DENOMINATIONS), 2)
        for column, share in enumerate((3, 2, 4)):
            grid.setColumnStretch(column, share)
        return grid

    def show_standing(self, now: "Standing") -> None:
        """The sums, at once."""
        shown = {"opening": now.opening, "in": now.cash_in, "out": -now.cash_out, "held": now.cash}
        for name, amount in shown.items():
            self.sums[name].setText(figures(amount))

    def show_expected(self, found: "Expected") -> None:
        """Notes and holder."""
        self.holder.setText(found.holder)
        counts = dict(found.notes)
        for note, (_, count, amount) in self.notes.items():
            count.setText(f"× {counts[note]}" if note in counts else "–")
            amount.setText(figures(note * counts[note]) if note in counts else "")
        self.loose.setText(figures(found.loose))
        for one in (self.loose, self.loose_word):
            one.setVisible(bool(found.loose))


def notes_text(notes: Sequence[tuple[int, int]]) -> str:
    """Notes as one lays them out: 12 × 500.000."""
    return " · ".join(f"{count} × {figures(note)}" for note, count in notes)


class MixSheet(Sheet):
    """Which notes to take for each slip, what the drawer lacks, and how much to ask the main fund for."""

    def __init__(self, window: QWidget, counter: Counter, *, plan: "MixPlan", loose: int) -> None:
        say = counter.say
        super().__init__(window, title=say("cash.mix_title"), width=960)
        self.counter, self.plan = counter, plan
        columns = (
            Column(say("disburse.slip"), 122),
            Column(say("disburse.name")),
            Column(say("customers.amount"), 110, right=True),
            Column(say("cash.mix_take"), 330),
            Column(say("cash.mix_short"), 104, right=True),
        )
        self.model = RowsModel(columns)
        self.table = Table(self.model, columns, name=say("cash.mix"))
        self.table.setFixedHeight(MIX_TABLE_PIXELS)
        self.model.fill([self._row(one) for one in plan.rows], plan.rows)
        frame, inside = card()
        inside.addWidget(self.table)
        self.body.addWidget(frame)
        line = row(gap=30)
        for name, amount in (("wanted", plan.wanted), ("held", counter.standing.cash), ("lacks", plan.short), ("further", plan.further)):
            column = QVBoxLayout()
            column.setSpacing(0)
            column.addWidget(label(say(f"cash.mix_{name}"), name="small"))
            column.addWidget(label(figures(amount), name="figure"))
            line.addLayout(column)
        line.addStretch(1)
        self.body.addLayout(line)
        total: dict[int, int] = {}
        for note, count in (one for each in plan.rows for one in each.notes):
            total[note] = total.get(note, 0) + count
        if total:
            in_all = notes_text(sorted(total.items(), reverse=True))
            self.body.addWidget(label(say("cash.mix_total", notes=in_all), name="strong", wrap=True))
        self.said = Notice()
        said, tone = self._verdict(loose)
        # Told once it stands in the sheet: a sentence without a place would be a window of its own.
        self.body.addWidget(self.said)
        self.said.tell(said, tone=tone)
        done = button(say("back"), name="primary", key="Esc")
        done.clicked.connect(self.drop)
        self.accepted.connect(self.drop)
        self.body.addLayout(row(None, done))
        self.table.point_at(0)
        self.open_at(self.table)

    def _row(self, one: "MixRow") -> tuple[Cell, ...]:
        odd = self.counter.say("cash.mix_odd", amount=one.odd) if one.odd else ""
        take = " · ".join(part for part in (notes_text(one.notes), odd) if part)
        short = Cell(figures(one.short), "warn", bold=True) if one.short else Cell(icon="check", tone="ok")
        return Cell(one.slip.slip_no, "muted"), Cell(one.slip.name), Cell(figures(one.slip.amount)), Cell(take), short

    def _verdict(self, loose: int) -> tuple[str, Tone]:
        """One sentence on whether the drawer is enough, and its tone."""
        say, plan = self.counter.say, self.plan
        if not plan.rows:
            return say("cash.mix_none"), "ok"
        if not plan.further and not plan.short:
            return say("cash.mix_enough"), "ok"
        said = [say("cash.mix_ask", amount=plan.further)] if plan.further else []
        if plan.short and loose:
            said.append(say("cash.mix_loose", amount=loose))
        return " ".join(said) or say("cash.mix_change", amount=plan.short), "warn"

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """U goes straight on to asking for the float."""
        if event.text().upper() == "U":
            self.drop()
            self.counter.wanted.emit("cash", "cash/float")
        else:
            super().keyPressEvent(event)
