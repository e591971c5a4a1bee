"""Copies of the book while a session runs: after so many vouchers or so long, when nobody is posting, and once it is closed.

The first half holds the book up for about a hundredth of a second; the second is the wire worker's, which mostly waits.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from desktop.ui.counter import Counter
from sync.errors import Fault, Unavailable

if TYPE_CHECKING:
    from desktop.care.backups import Copy, Taken

# After so many vouchers, or so long after one that is in no copy yet.
EVERY_VOUCHERS, EVERY_S = 50, 15 * 60
# Nobody has posted for so long; and how often it is looked whether a copy is due.
IDLE_MS, LOOK_MS = 1_500, 60_000


class Keeping(QObject):
    """Makes copies by itself. `copied` tells the entries of one that counts."""

    copied = Signal(int)

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.counter = counter
        self._posted = 0
        self._busy = False
        # By the machine's own seconds: no clock that jumps can stop it.
        self._since = QElapsedTimer()
        self._since.start()
        self._idle = QTimer(self, interval=IDLE_MS, singleShot=True)
        self._idle.timeout.connect(self.look)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)
        if not counter.training:
            self._timer.start()
            counter.posted.connect(lambda _number: self._count())

    def end(self) -> None:
        self._timer.stop()
        self._idle.stop()

    def _count(self) -> None:
        self._posted += 1
        if self._posted >= 2 * EVERY_VOUCHERS:
            # A morning without a pause is still a morning that must not be lost.
            self.look()
        else:
            self._idle.start()

    @property
    def due(self) -> bool:
        """Whether something was posted that should be in a copy by now."""
        late = self._since.elapsed() >= EVERY_S * 1000
        closed = self.counter.standing.state == "closed"
        return self._posted >= EVERY_VOUCHERS or ((late or closed) and self._posted > 0)

    def look(self) -> None:
        """Make a copy if one is due."""
        if self.due and not self._busy:
            self._busy = True
            self.counter.ask(lambda desk: desk.copy(), then=self._settle, failed=self._failed)

    def _settle(self, taken: "Taken | None") -> None:
        if taken is None:
            self._begin_again()
            return
        made: Taken = taken

        def settle() -> "Copy":
            from desktop.care import backups

            return backups.settle(made)

        self.counter.carry("wire", call=settle, then=self._kept, failed=self._failed)

    def _kept(self, copy: "Copy") -> None:
        self._begin_again()
        self.copied.emit(copy.entries)

    def _failed(self, fault: Fault) -> None:
        """A disk without room for a copy is tried again later; anything else is somebody's to hear now."""
        self._begin_again()
        if not isinstance(fault, Unavailable):
            self.counter.failed.emit(fault)

    def _begin_again(self) -> None:
        self._busy, self._posted = False, 0
        self._since.restart()
