"""Fields of the cash page beyond plain text: who brought a note, and single notes with their serials."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.ui.chips import label
from desktop.ui.counter import Counter
from sync.money import DENOMINATIONS, figures

if TYPE_CHECKING:
    from desktop.search import Found

# More false notes than this at one time go on a second voucher.
SERIAL_ROWS = 8
# The longest serial the rules know, with blanks between its groups.
SERIAL_LETTERS_MAX = 26
FINDER_LETTERS_MAX = 60


class PartyField(QWidget):
    """Who brought it, found by a few letters; `code` is empty as long as nobody is found or asked for."""

    changed = Signal()

    def __init__(self, counter: Counter, *, name: str) -> None:
        super().__init__()
        self.counter = counter
        self._found: tuple[Found, ...] = ()
        self._at = 0
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(2)
        self.field = QLineEdit()
        self.field.setAccessibleName(name)
        self.field.setMaxLength(FINDER_LETTERS_MAX)
        self.field.setPlaceholderText(counter.say("cash.party_hint"))
        self.shown = label(name="small", wrap=True)
        for one in (self.field, self.shown):
            inside.addWidget(one)
        self.field.textChanged.connect(self._search)
        self.setFocusProxy(self.field)

    @property
    def code(self) -> str:
        return self._found[self._at].code if self._found else ""

    @property
    def unclear(self) -> bool:
        """Something was typed and nobody is found by it."""
        return bool(self.field.text().strip()) and not self._found

    def _search(self, text: str) -> None:
        self._found, self._at = (), 0
        self._show()
        if text.strip():
            self.counter.ask(lambda desk: desk.search(text), then=partial(self._take, text))

    def _take(self, asked: str, found: "tuple[Found, ...]") -> None:
        if asked == self.field.text():
            self._found = tuple(sorted(found, key=lambda one: one.kind != "customer"))
            self._show()

    def _show(self) -> None:
        said = ""
        if self._found:
            customer = self.counter.roll.customers.get(self.code)
            place = self.counter.party_name(customer.group_code) if customer else ""
            place = place or self.counter.say("customers.resident")
            more = "more" if len(self._found) > 1 else "one"
            said = self.counter.say(
                f"cash.party_{more}", name=self.counter.party_name(self.code), place=place, at=self._at + 1,
                all=len(self._found),
            )  # fmt: skip
        self.shown.setText(said)
        self.changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        if step and self._found:
            self._at = (self._at + step) % len(self._found)
            self._show()
        else:
            super().keyPressEvent(event)


class Serials(QWidget):
    """Notes one by one: the serial as printed, and the denomination beside it; Enter in an empty serial ends them."""

    changed = Signal()
    finished = Signal()

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        say = counter.say
        self.rows: list[tuple[QLineEdit, QComboBox]] = []
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        for column, word in enumerate((say("cash.serial"), say("note"))):
            grid.addWidget(label(word, name="small"), 0, column)
        for at in range(SERIAL_ROWS):
            serial, note = QLineEdit(), QComboBox()
            serial.setMaxLength(SERIAL_LETTERS_MAX)
            serial.setAccessibleName(say("cash.serial_row", row=at + 1))
            note.setAccessibleName(say("cash.note_row", row=at + 1))
            for one in DENOMINATIONS:
                note.addItem(figures(one), one)
            serial.textChanged.connect(lambda _text: self.changed.emit())
            note.currentIndexChanged.connect(lambda _at: self.changed.emit())
            grid.addWidget(serial, at + 1, 0)
            grid.addWidget(note, at + 1, 1)
            self.rows.append((serial, note))
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)

    @property
    def notes(self) -> tuple[tuple[str, int], ...]:
        """(serial, denomination) of every row with a serial."""
        return tuple((one.text().strip(), int(note.currentData())) for one, note in self.rows if one.text().strip())

    @property
    def total(self) -> int:
        return sum(note for _, note in self.notes)

    def restore(self, kept: list[list[str | int]]) -> None:
        """Show rows that were kept as a draft."""
        for (serial, note), (text, value) in zip(self.rows, kept, strict=False):
            serial.setText(str(text))
            note.setCurrentIndex(max(note.findData(value), 0))

    def start(self) -> None:
        self.rows[0][0].setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes from a serial to its denomination, and on to the next serial."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or event.modifiers() & ~_KEYPAD:
            super().keyPressEvent(event)
            return
        at = next((at for at, row in enumerate(self.rows) if any(one.hasFocus() for one in row)), 0)
        serial, note = self.rows[at]
        if serial.hasFocus() and serial.text().strip():
            note.setFocus()
        elif note.hasFocus() and at + 1 < len(self.rows):
            self.rows[at + 1][0].setFocus()
        else:
            self.finished.emit()


_KEYPAD = Qt.KeyboardModifier.KeypadModifier
