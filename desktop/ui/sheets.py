"""A sheet laid over the window: one thing to decide, on the same screen, with its own buttons.

Qt has no Vietnamese for its own dialogs, so there are none; the sheet holds the focus until it is done.
"""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop.ui.chips import button, card, label, row

# As many keys as stand under each other on the lowest screen.
KEYS_IN_COLUMN = 17


class Sheet(QWidget):
    """A card in the middle of a dimmed window. Esc gives `dropped`; whoever made it says what `accepted` means."""

    accepted = Signal()
    dropped = Signal()

    def __init__(self, window: QWidget, *, title: str, width: int = 460) -> None:
        super().__init__(window)
        self.setObjectName("shade")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(title)
        self._before = QApplication.focusWidget()
        frame, self.body = card(name="sheet")
        frame.setFixedWidth(width)
        self.body.setContentsMargins(28, 24, 28, 24)
        self.body.setSpacing(10)
        self.body.addWidget(label(title, name="title", wrap=True))
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(row(None, frame, None))
        outer.addStretch(1)
        self._over = window
        window.installEventFilter(self)
        self.setGeometry(window.rect())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._over:
            self.setGeometry(self._over.rect())
        return super().eventFilter(watched, event)

    def open_at(self, first: QWidget) -> None:
        """Show it with the cursor in `first`."""
        self.show()
        self.raise_()
        first.setFocus()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes round within the sheet."""
        here = self.focusWidget()
        fields = [one for one in self.findChildren(QWidget) if self._takes_focus(one)]
        if not fields:
            return False
        at = fields.index(here) if here in fields else -1
        fields[(at + (1 if forward else -1)) % len(fields)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    @staticmethod
    def _takes_focus(one: QWidget) -> bool:
        return one.isVisible() and one.isEnabled() and bool(one.focusPolicy() & Qt.FocusPolicy.TabFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.drop()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.accepted.emit()
        event.accept()

    def drop(self) -> None:
        """Back out."""
        self.end()
        self.dropped.emit()

    def end(self) -> None:
        """Take it away and give the focus back."""
        self._over.removeEventFilter(self)
        self.hide()
        # What had the focus may be gone: a page draws its table anew while the sheet lies over it.
        if self._before is not None and isValid(self._before) and self._before.isVisible():
            self._before.setFocus()
        self.deleteLater()


class Question(Sheet):
    """One sentence and two answers."""

    def __init__(self, window: QWidget, *, title: str, text: str, yes: str, no: str) -> None:
        super().__init__(window, title=title)
        self.body.addWidget(label(text, name="muted", wrap=True))
        back, go = button(no, key="Esc"), button(yes, name="primary", key="Enter")
        back.clicked.connect(self.drop)
        go.clicked.connect(self.accepted.emit)
        self.body.addSpacing(8)
        self.body.addLayout(row(None, back, go))
        self.accepted.connect(self.end)
        self.open_at(go)


class KeysSheet(Sheet):
    """The page's keys, all of them."""

    def __init__(self, window: QWidget, *, title: str, keys: tuple[tuple[str, str], ...], close: str) -> None:
        super().__init__(window, title=title, width=420 if len(keys) <= KEYS_IN_COLUMN else 680)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        for at, (cap, what) in enumerate(keys):
            across, down = divmod(at, KEYS_IN_COLUMN)
            grid.addLayout(row(label(cap, name="cap"), label(what), None), down, across)
        self.body.addLayout(grid)
        done = button(close, name="primary", key="Esc")
        done.clicked.connect(self.drop)
        self.accepted.connect(self.drop)
        self.body.addSpacing(8)
        self.body.addLayout(row(None, done))
        self.open_at(done)
