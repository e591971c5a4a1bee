"""A slip written by hand while the laptop was off, keyed later: its printed number and the time on it.

A page puts the sign in its head and gives `details` to the desk; the sign is seen as long as it is on,
and goes off with the voucher it belonged to.
"""

import datetime
import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from desktop.ui.chips import Chip, Notice, button, label, row
from desktop.ui.counter import Counter
from desktop.ui.sheets import Sheet

# The numbers printed on the blocks of slips are shorter; a record holds no more.
NUMBER_LETTERS_MAX = 20
KEY = "Ctrl+B"
_TYPED = re.compile(r"(\d{1,2})[:.hg ]?(\d{2})?", re.ASCII)


def clock_typed(text: str) -> str:
    """`HH:MM` from what people write for a time: 9:05, 9h05, 0905, 9h; empty where it is none."""
    typed = _TYPED.fullmatch(text.strip().lower().removesuffix("h").removesuffix("g"))
    if typed is None:
        return ""
    try:
        return f"{datetime.time(int(typed[1]), int(typed[2] or 0)):%H:%M}"
    except ValueError:
        return ""


class ByHandSheet(Sheet):
    """The number printed on the slip, and the time written on it; both empty: it was not written by hand."""

    def __init__(self, window: QWidget, counter: Counter, *, number: str, at: str) -> None:
        say = counter.say
        super().__init__(window, title=say("by_hand.title"))
        self.say = say
        self.body.addWidget(label(say("by_hand.text"), name="muted", wrap=True))
        self.number, self.at = QLineEdit(number), QLineEdit(at)
        self.number.setMaxLength(NUMBER_LETTERS_MAX)
        self.at.setMaxLength(6)
        self.at.setPlaceholderText(say("by_hand.example"))
        for name, field in (("number", self.number), ("at", self.at)):
            field.setAccessibleName(say(f"by_hand.{name}"))
            self.body.addWidget(label(say(f"by_hand.{name}"), name="small"))
            self.body.addWidget(field)
        self.notice = Notice()
        self.body.addWidget(self.notice)
        back, go = button(say("back"), key="Esc"), button(say("by_hand.go"), name="primary", key="Enter")
        back.clicked.connect(self.drop)
        go.clicked.connect(self._give)
        self.body.addSpacing(6)
        self.body.addLayout(row(None, back, go))
        self.number.returnPressed.connect(self.at.setFocus)
        self.at.returnPressed.connect(self._give)
        self.open_at(self.number)

    @property
    def kept(self) -> tuple[str, str]:
        return self.number.text().strip(), clock_typed(self.at.text())

    def _give(self) -> None:
        number, at = self.kept
        if bool(number) == bool(at) and bool(at) == bool(self.at.text().strip()):
            self.end()
            self.accepted.emit()
            return
        wrong = self.at if number else self.number
        self.notice.tell(self.say("by_hand.unclear_at" if number else "by_hand.unclear_number"))
        wrong.setFocus()
        wrong.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)


class ByHand(Chip):
    """The sign of a slip written by hand, hidden while there is none. `changed`: it was set or taken off."""

    changed = Signal()

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.counter = counter
        self.number, self.at = "", ""

    def ask(self, window: QWidget) -> None:
        """Open the two fields over the window."""
        sheet = ByHandSheet(window, self.counter, number=self.number, at=self.at)
        sheet.accepted.connect(lambda: self.set_slip(*sheet.kept))

    def set_slip(self, number: str = "", at: str = "") -> None:
        """The slip's number and time; without them there is none."""
        self.number, self.at = number, at
        self.show_text(self.counter.say("by_hand.chip", number=number, at=at) if number else "", tone="warn")
        self.changed.emit()

    @property
    def details(self) -> dict[str, str]:
        """What the voucher says of it; empty where it was not written by hand."""
        return {"paper_no": self.number, "paper_at": self.at} if self.number else {}

    @property
    def kept(self) -> list[str]:
        """What a draft keeps; `set_slip(*kept)` shows it again."""
        return [self.number, self.at] if self.number else []
