"""A page of the window: it parses what is typed, calls one verb, and shows the answer."""

import json
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget
from shiboken6 import isValid

from desktop.ui.counter import Counter

# A draft is kept this long after the last key: short enough that a power cut loses a word at most.
DRAFT_MS = 800
_TABBED = Qt.FocusPolicy.TabFocus
Keys = tuple[tuple[str, str], ...]


class Page(QWidget):
    """One of the window's pages. `keys` are those that work now."""

    keys_moved = Signal()

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.counter = counter
        self.say = counter.say
        # True while this page is the one that is shown; a hidden page asks for nothing.
        self.shown = False
        # Drafts that may lie in the book and were not read yet: a page that shows none of it drops none of it.
        self.unread: set[str] = set()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def lay_sides(self, left: QWidget, right: QWidget) -> None:
        """A list at its own width, and at its right what it is a list of."""
        line = QHBoxLayout(self)
        line.setContentsMargins(18, 14, 18, 14)
        line.setSpacing(14)
        line.addWidget(left)
        line.addWidget(right, 1)

    def keys(self) -> Keys:
        """The keys that work now, each with what it does."""
        return ()

    def every_key(self) -> Keys:
        """Those that work now, those on its buttons and those the foot has no room for, for the sheet of keys."""
        return self.keys()

    def enter(self, what: str) -> None:
        """The page is shown; `what` names what to show on it, empty where it chooses itself."""

    def leave(self) -> None:
        """The page is hidden, or the window locked: what is half typed is kept."""

    def watch_draft(self) -> QTimer:
        """A timer to be started at every key; when typing pauses, `leave` keeps what is typed."""
        made = QTimer(self, interval=DRAFT_MS, singleShot=True)
        made.timeout.connect(self.leave)
        return made

    def keep_draft(self, name: str, kept: dict[str, Any] | None) -> None:
        """Keep what is half typed under a name, in the encrypted book; None drops it."""
        if not kept and name in self.unread:
            return
        text = json.dumps(kept) if kept else ""
        self.counter.ask(lambda desk: desk.keep_draft(name, text), then=lambda _none: None)

    def ask_draft(self, name: str, *, then: Callable[[dict[str, Any]], None]) -> None:
        """What was half typed under a name, if anything was."""
        self.unread.add(name)

        def answered(text: str) -> None:
            self.unread.discard(name)
            if text:
                then(json.loads(text))

        self.counter.ask(lambda desk: desk.draft(name), then=answered)

    def shortcut(self, key: str, call: Callable[[], None]) -> None:
        """A key that works anywhere on this page, but not under an open sheet.

        Focus is taken from the field first, so that a word still being composed is committed and read, and
        given back before anything is called, so that a sheet knows where to give it back to.
        """

        def run() -> None:
            if self.counter.sheet_open():
                return
            field = QApplication.focusWidget()
            # A field of a table ends with its focus; then the table it stood in goes on.
            places = []
            while field is not None and field is not self:
                places.append(field)
                field = field.parentWidget()
            if places:
                places[0].clearFocus()
            self._focus_again(places)
            call()
            self._focus_again(places)

        made = QShortcut(QKeySequence(key), self)
        made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        made.activated.connect(run)

    def _focus_again(self, places: list[QWidget]) -> None:
        """Where nothing has the focus, the innermost of these that still takes it."""
        if QApplication.focusWidget() is None:
            found = (one for one in places if isValid(one) and one.isVisible() and one.focusPolicy() & _TABBED)
            next(found, self).setFocus()
