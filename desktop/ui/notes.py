"""Cash by denomination: a field for each note, the sum at once."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QIntValidator, QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QLineEdit, QWidget

from desktop.ui.chips import label
from sync.money import DENOMINATIONS, NOTES_MAX, figures


class CountEdit(QLineEdit):
    """How many notes of one kind; Enter and the arrows go to the next kind."""

    taken = Signal()
    back = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName("count")
        self.setAccessibleName(name)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setPlaceholderText("—")
        self.setValidator(QIntValidator(0, NOTES_MAX, self))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.taken.emit()
        elif plain and event.key() == Qt.Key.Key_Up:
            self.back.emit()
        elif event.text().isalpha():
            event.ignore()  # a letter is the page's key
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.selectAll()


class Notes(QWidget):
    """The denominations, in a column with sums beside them or in a strip of one line."""

    changed = Signal()
    finished = Signal()

    def __init__(self, *, across: bool, note_word: str, count_word: str = "", sum_word: str = "") -> None:
        super().__init__()
        self.fields: dict[int, CountEdit] = {}
        self._sums: dict[int, QLabel] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        for note in DENOMINATIONS:
            field = CountEdit(f"{note_word} {figures(note)}")
            field.textChanged.connect(self._recount)
            self.fields[note] = field
        if across:
            self._lay_across(grid)
        else:
            self._lay_down(grid, (note_word, count_word, sum_word))
        places = list(self.fields.values())
        for at, field in enumerate(places):
            after = places[at + 1] if at + 1 < len(places) else None
            field.taken.connect(after.setFocus if after else self.finished.emit)
            if at:
                field.back.connect(places[at - 1].setFocus)

    def _lay_across(self, grid: QGridLayout) -> None:
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(2)
        for column, (note, field) in enumerate(self.fields.items()):
            head = label(figures(note), name="small")
            head.setAlignment(Qt.AlignmentFlag.AlignRight)
            head.setContentsMargins(0, 0, 4, 0)
            grid.addWidget(head, 0, column)
            field.setFixedHeight(30)
            field.setMinimumWidth(44)
            grid.addWidget(field, 1, column)

    def _lay_down(self, grid: QGridLayout, words: tuple[str, str, str]) -> None:
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(0)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for column, word in enumerate(words):
            head = label(word, name="columnhead")
            head.setFixedHeight(34)
            head.setAlignment(right if column else right & ~Qt.AlignmentFlag.AlignRight)
            grid.addWidget(head, 0, column)
        for line, (note, field) in enumerate(self.fields.items(), start=1):
            cells: list[QWidget] = [label(figures(note), name="cell"), QFrame(), label("0", name="cell")]
            cells[1].setObjectName("cell")
            inside = QGridLayout(cells[1])
            inside.setContentsMargins(0, 3, 0, 3)
            field.setFixedSize(102, 26)
            inside.addWidget(field, 0, 0, right)
            for column, cell in enumerate(cells):
                cell.setFixedHeight(33)
                grid.addWidget(cell, line, column)
            last = cells[2]
            if isinstance(last, QLabel):
                last.setAlignment(right)
                self._sums[note] = last
        for column, share in enumerate((3, 3, 4)):
            grid.setColumnStretch(column, share)

    @property
    def counts(self) -> dict[int, int]:
        """Note to count; fields left empty are not there."""
        return {note: int(field.text()) for note, field in self.fields.items() if field.text().isdigit()}

    @property
    def total(self) -> int:
        """What they come to, in đồng."""
        return sum(note * count for note, count in self.counts.items())

    @property
    def empty(self) -> int:
        """How many kinds nobody has counted yet."""
        return len(self.fields) - len(self.counts)

    def set_counts(self, counts: Mapping[int, int]) -> None:
        """Show a list; kinds it does not name are left empty."""
        for note, field in self.fields.items():
            field.setText(str(counts[note]) if note in counts else "")

    def restore(self, kept: Mapping[str, int]) -> None:
        """Show a list that was kept as a draft."""
        self.set_counts({int(note): count for note, count in kept.items()})

    def start(self) -> None:
        """Put the cursor in the first field."""
        next(iter(self.fields.values())).setFocus()

    def _recount(self) -> None:
        counts = self.counts
        for note, shown in self._sums.items():
            shown.setText(figures(note * counts.get(note, 0)))
        self.changed.emit()
