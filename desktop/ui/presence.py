"""Whether anybody is there: a key or a mouse button pressed in any window of the program.

A press is looked for where the system hands it in, at the window as the screen knows it (Qt's QWindow), and not at
the widget that it ends at. A filter over the whole program would be asked about every event of every widget: over a
million times in a morning, each time through Python. A window gets a few of them, and a key that is a shortcut comes
by there too.

A key that something lies on repeats for as long as it lies there, and is nobody. A laptop that was asleep was left
alone, though its timers stood still.
"""

import time

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent

# A key that is a shortcut ends as one and is never a KeyPress; every key is asked about as an override first.
_PRESSES = frozenset((QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress))
# So often it is looked whether the laptop was asleep; so much longer than that between two looks is sleep.
LOOK_MS, ASLEEP_S = 5_000, 60.0
_MAY_OPEN = _PRESSES | {QEvent.Type.MouseButtonRelease, QEvent.Type.KeyRelease}


class Presence(QObject):
    """Emits `pressed` for every key and mouse button, in windows, dialogs, menus and lists that drop down."""

    pressed = Signal()
    woke = Signal()  # after more than a minute's sleep

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        # What opens by itself takes the keyboard; what opens under the mouse opens after a press.
        QGuiApplication.instance().focusWindowChanged.connect(self._look_for_windows)  # type: ignore[union-attr]
        self._look_for_windows()
        self._looked_s = now_s()
        self._looks = QTimer(self, interval=LOOK_MS)
        self._looks.timeout.connect(self._look)
        self._looks.start()

    def _look(self) -> None:
        before, self._looked_s = self._looked_s, now_s()
        if self._looked_s - before > ASLEEP_S:
            self.woke.emit()

    def _look_for_windows(self, _focused: object = None) -> None:
        """Listen at every window there is; to listen twice is to listen once."""
        for window in QGuiApplication.topLevelWindows():
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in _MAY_OPEN:
            if kind in _PRESSES and not (isinstance(event, QKeyEvent) and event.isAutoRepeat()):
                self.pressed.emit()
            QTimer.singleShot(0, self, self._look_for_windows)
        return super().eventFilter(watched, event)


def now_s() -> float:
    """Seconds of a clock that runs on while the laptop sleeps; Linux has one of its own for that."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
