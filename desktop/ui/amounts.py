"""A field for đồng: typed as people type money, refused in place when it could be read in two ways."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from desktop.ui.chips import toned
from sync.errors import Fault
from sync.money import figures, parse_amount


class AmountEdit(QLineEdit):
    """One amount. `amount` is None while the field is empty or unclear; `fault` says why it is unclear."""

    changed = Signal()
    taken = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("amount")
        self.setAccessibleName(name)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setMaxLength(24)
        self.fault: Fault | None = None
        self.amount: int | None = None
        self.textChanged.connect(self._read)

    def set_amount(self, amount: int | None) -> None:
        """Show an amount, or nothing."""
        self.setText("" if amount is None else figures(amount))

    def _read(self, text: str) -> None:
        self.fault, self.amount = None, None
        if text.strip():
            try:
                self.amount = parse_amount(text)
            except Fault as fault:
                self.fault = fault
        toned(self, "bad" if self.fault else "")
        self.changed.emit()

    def _settle(self) -> None:
        """Print what was read in groups of three."""
        if self.amount is not None and self.text() != figures(self.amount):
            self.setText(figures(self.amount))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & ~_KEYPAD:
            if self.fault is None:
                self._settle()
                self.taken.emit()
            return
        if (event.text().isalpha() or event.text() == " ") and (not self.text() or self.selectedText() == self.text()):
            # No amount begins with a letter or a blank: it is one of the page's keys.
            event.ignore()
            return
        if event.key() == Qt.Key.Key_Delete and not self.text():
            event.ignore()  # there is nothing of its own to take away
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._settle()
        super().focusOutEvent(event)


_KEYPAD = Qt.KeyboardModifier.KeypadModifier
