"""Sending by itself: after each voucher and every half minute, what is unsent goes to the office.

Nobody has to remember it, and nothing waits for it. The three jobs (seal, carry, take the answer) are
on three workers; a road that is closed is a word in the chip, never a question.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.ui.counter import Counter
from sync.errors import Fault, Unavailable

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.store import Marks

# A person who looks at the chip should see it move within the time it takes to serve a visitor.
EVERY_MS = 30_000


class Road(Protocol):
    """What carries a batch to the office and brings its acknowledgement."""

    def post_batch(self, raw: bytes) -> bytes: ...


class Sending(QObject):
    """`state` is `none` (no office known), `training` (nothing is ever sent), `waiting`, `sending`, `offline` or `refused`."""

    moved = Signal()

    def __init__(self, counter: Counter, *, road: Callable[[], Road] | None) -> None:
        super().__init__()
        self.counter = counter
        self.state = "training" if counter.training else "waiting" if road else "none"
        self.fault: Fault | None = None
        self._road = road
        self._again = False
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.send)
        if road:
            self._timer.start()

    @property
    def free(self) -> bool:
        """Somebody may ask for it now."""
        return self.state not in ("none", "training", "sending")

    def end(self) -> None:
        self._timer.stop()
        self._road = None

    def send(self) -> None:
        """Send what is unsent, now; once more afterwards if something was posted meanwhile."""
        if self._road is None:
            return
        if self.state == "sending":
            self._again = True
            return
        self._set("sending")
        self.counter.ask(lambda desk: desk.batch(), then=self._carry, failed=self._stop)

    def _carry(self, raw: bytes | None) -> None:
        if raw is None or self._road is None:
            self._set("waiting")
            return
        road = self._road
        self.counter.carry("wire", call=lambda: road().post_batch(raw), then=self._take, failed=self._stop)

    def _take(self, ack: bytes) -> None:
        def take(desk: "Desk") -> "Marks":
            return desk.take_ack(ack)

        self.counter.ask(take, then=self._taken, failed=self._stop)

    def _taken(self, marks: "Marks") -> None:
        # A batch is sealed once: what was posted after it goes in the next one, right away.
        moved = marks.received > self.counter.standing.marks.received
        more = self._again or (moved and marks.received < self.counter.standing.entries)
        self._again = False
        self._set("waiting")
        self.counter.refresh()
        if more:
            self.send()

    def _stop(self, fault: Fault) -> None:
        self._again = False
        self.fault = fault
        self._set("offline" if isinstance(fault, Unavailable) else "refused")

    def _set(self, state: str) -> None:
        self.state = state
        if state == "waiting":
            self.fault = None
        self.moved.emit()
