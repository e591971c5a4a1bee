"""Unlocked, and a book is damaged: what was found, and the way back from its copies."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRegularExpression, Qt, Signal
from PySide6.QtGui import QKeyEvent, QRegularExpressionValidator
from PySide6.QtWidgets import QFileDialog, QLineEdit, QPushButton, QVBoxLayout, QWidget

from desktop.ui.chips import Notice, button, card, label, row
from desktop.words import Words
from sync.errors import Fault

if TYPE_CHECKING:
    from desktop.ui.opening import Damaged

# A number on paper has six digits.
NUMBER_DIGITS_MAX = 6


class RestorePage(QWidget):
    """Emits `restore` with the highest number on paper (0: not known) and a mirror's path (empty: none), and `back`."""

    restore = Signal(int, str)
    back = Signal()

    def __init__(self, words: Words, found: "Damaged") -> None:
        super().__init__()
        self.words, self.book, self._mirror = words, found.book, ""
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        frame, inside = card(name="sheet")
        frame.setFixedWidth(620)
        inside.setContentsMargins(30, 24, 30, 26)
        inside.setSpacing(10)
        inside.addWidget(label(words("ui.restore.title"), name="sum"))
        self.notice = Notice()
        inside.addWidget(self.notice)
        copied = words("ui.check.copied", number=f"{found.copied:06d}") if found.copies else words("ui.check.never_copied")
        inside.addWidget(label(copied, name="strong", wrap=True))
        inside.addWidget(label(words("ui.restore.text"), name="muted", wrap=True))
        self.seen = QLineEdit()
        self.seen.setValidator(QRegularExpressionValidator(QRegularExpression(r"\d*")))
        self.seen.setMaxLength(NUMBER_DIGITS_MAX)
        self.seen.setPlaceholderText(words("ui.restore.seen_example"))
        self.seen.setAccessibleName(words("ui.restore.seen"))
        inside.addSpacing(4)
        inside.addWidget(label(words("ui.restore.seen"), name="small"))
        inside.addWidget(self.seen)
        self.chosen = label(name="small", wrap=True)
        inside.addWidget(self.chosen)
        self.choosing = button(words("ui.restore.mirror"))
        self.locking = button(words("ui.lock"), key="Esc")
        self.go = button(words("ui.restore.go"), name="primary", key="Ctrl Enter")
        self.choosing.clicked.connect(self._choose)
        self.locking.clicked.connect(self.back.emit)
        self.go.clicked.connect(self._restore)
        inside.addSpacing(6)
        inside.addLayout(row(self.choosing, None, self.locking, self.go))
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(row(None, frame, None))
        outer.addStretch(1)
        self.notice.tell(found.said)

    def start(self) -> None:
        """The cursor where something may be typed."""
        self.seen.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._restore()
        elif isinstance(pressed := self.focusWidget(), QPushButton):
            pressed.click()
        else:
            self.focusNextPrevChild(True)

    def _choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, self.words("ui.restore.mirror"))
        if chosen:
            self.take_mirror(chosen)

    def take_mirror(self, path: str) -> None:
        """A mirror on a stick has what came after the copy."""
        self._mirror = path
        self.chosen.setText(self.words("ui.restore.with_mirror", file=Path(path).name))

    def _restore(self) -> None:
        if self.go.isEnabled():
            self._wait(True)
            self.restore.emit(int(self.seen.text() or 0), self._mirror)

    def _wait(self, waiting: bool) -> None:
        for one in (self.seen, self.choosing, self.locking, self.go):
            one.setEnabled(not waiting)
        if waiting:
            self.notice.tell(self.words("ui.restore.running"), tone="plain")

    def refuse(self, fault: Fault) -> None:
        """It did not come back: say why."""
        self._wait(False)
        self.start()
        self.notice.tell(fault.sentence(self.words.language))
