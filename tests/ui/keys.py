"""Typing as an input method does it: qtbot.keyClicks ends the whole process at the first Vietnamese letter.

Qt's test library maps characters to keys for ASCII only and asserts on anything else. A real Vietnamese
keyboard sends the finished letter with key 0, and so does this.
"""

import unicodedata

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget


def type_text(widget: QWidget, text: str) -> None:
    """Press and release every letter of it, NFC, in the widget."""
    for letter in unicodedata.normalize("NFC", text):
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter)
            QApplication.sendEvent(widget, event)


def compose(widget: QWidget, *drafts: str) -> None:
    """Show each draft as a word still being composed; `commit` ends it."""
    for draft in drafts:
        QApplication.sendEvent(widget, QInputMethodEvent(draft, []))


def commit(widget: QWidget, word: str) -> None:
    """The input method hands over the finished word."""
    event = QInputMethodEvent("", [])
    event.setCommitString(word)
    QApplication.sendEvent(widget, event)
