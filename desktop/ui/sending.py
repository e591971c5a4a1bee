"""Sending by itself: after each voucher and every half minute, what is unsent goes to the office.

Nobody has to remember it, and nothing waits for it. The three jobs (seal, carry, take the answer) are
on three workers; a road that is closed is a word in the chip, never a question. It is tried again with
growing pauses, counted by the machine and not by its clock, and at once when a person asks.

How old the oldest unsent voucher is stands wherever it is said that there is one.
"""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from desktop.road.waiting import GATHERED, SLOW_S, STICK_S, pause_s
from desktop.ui.counter import Counter
from sync.errors import Fault, Unavailable

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.listing import Standing
    from desktop.store import Marks

# What an office says of a book that it never had anything of.
NEVER_SENT = "intake.book-unknown"
# An age is said in minutes.
LOOK_MS = 20_000
# As many failed tries are a network that flickers, and more are none.
FEW = 3


class Road(Protocol):
    """What carries a batch to the office and brings its acknowledgement, and later what became of its lines."""

    def post_batch(self, raw: bytes) -> bytes: ...
    def dispositions(self, book: bytes) -> tuple[bytes, ...]: ...
    def fetch_disposition(self, book: bytes, wanted: bytes, to: bytes = b"") -> bytes: ...
    def fetch_ack(self, book: bytes) -> bytes: ...


class Sending(QObject):
    """`state` is `none` (no office known), `training` (nothing is ever sent), `waiting`, `sending`, `offline` or `refused`.

    `failures` counts the tries that failed since the last that did not; `slow` is how many answers in a row took long:
    from the second on vouchers are gathered. `age_s` is how long the oldest unsent voucher
    has waited, None where all is sent or it is not known yet.
    """

    moved = Signal()

    def __init__(
        self, counter: Counter, *, road: Callable[[], Road] | None, chance: Callable[[], float] = random.random
    ) -> None:
        super().__init__()
        self.counter = counter
        self.state = "training" if counter.training else "waiting" if road else "none"
        self.fault: Fault | None = None
        self._road = road
        self.failures = self.slow = 0
        self.age_s: int | None = None
        self._chance = chance
        self._again = False
        # A letter did not get through since all was sent last: shorter ones go.
        self._rough = False
        self._carrying = QElapsedTimer()
        self._oldest = 0
        # Qt's timers go by the machine's own seconds: no clock that jumps can stop them.
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._send)
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._ask_age)
        counter.moved.connect(self._follow)
        if road:
            self._wait()
        if not counter.training:
            self._look.start()
            self._follow(counter.standing)

    @property
    def free(self) -> bool:
        """Somebody may ask for it now."""
        return self.state not in ("none", "training", "sending")

    @property
    def stick_due(self) -> bool:
        """Whether a stick is the shorter way by now."""
        return self.age_s is not None and self.age_s >= STICK_S

    @property
    def gathers(self) -> bool:
        """Whether the line is so slow that vouchers go together."""
        return self.slow >= 2 and self._road is not None

    def end(self) -> None:
        self._timer.stop()
        self._look.stop()
        self._road = None

    def send(self) -> None:
        """A person asks for it: now, whatever failed before; once more afterwards if something was posted meanwhile."""
        self.failures = 0
        self._send()

    def posted(self) -> None:
        """Something was posted: it goes now, unless there was no way several times running; then with the next try."""
        now = self.counter.standing
        enough = not self.gathers or now.entries - now.marks.received >= GATHERED or now.state == "closed"
        if self.failures < FEW and enough:
            self._send()

    def _send(self) -> None:
        if self._road is None:
            return
        if self.state == "sending":
            self._again = not self.gathers
            return
        self._set("sending")
        if self.counter.standing.set_back is not None:
            self.counter.ask(lambda desk: desk.book.book, then=self._compare, failed=self._stop)
            return
        rough = self._rough
        self.counter.ask(lambda desk: desk.batch(rough=rough), then=self._carry, failed=self._stop)

    def _wait(self) -> None:
        """Until the next try."""
        if self._road is not None:
            self._timer.start(round(pause_s(self.failures, chance=self._chance(), slow=self.gathers) * 1000))

    def _carry(self, raw: bytes | None) -> None:
        if raw is None or self._road is None:
            self.failures, self._rough = 0, False
            self._set("waiting")
            self._wait()
            return
        road = self._road
        self._carrying.start()
        self.counter.carry("wire", call=lambda: road().post_batch(raw), then=self._take, failed=self._stop)

    def _compare(self, book: bytes) -> None:
        """A book that was put back is held against the office's newest word before anything of it is sent."""
        road = self._road
        if road is None:
            return

        def nothing(desk: "Desk") -> "Standing":
            desk.office_has_none()
            return desk.standing()

        def none_there(fault: Fault) -> None:
            if fault.facts.get("error") == NEVER_SENT:
                self.counter.ask(nothing, then=self._compared, failed=self._stop)
            else:
                self._stop(fault)

        self.counter.carry("wire", call=lambda: road().fetch_ack(book), then=self._weigh, failed=none_there)

    def _weigh(self, ack: bytes) -> None:
        self.counter.ask(lambda desk: (desk.take_ack(ack), desk.standing())[1], then=self._compared, failed=self._stop)

    def _compared(self, now: "Standing") -> None:
        """It agrees: the session goes on where it was left."""
        self._set("waiting")
        self.counter.take(now)
        self.counter.said.emit(self.counter.say("sync.compared", number=f"{now.entries + 1:06d}"), "ok")
        self._send()

    def _take(self, ack: bytes) -> None:
        self.slow = self.slow + 1 if self._carrying.elapsed() > SLOW_S * 1000 else 0

        def take(desk: "Desk") -> "Marks":
            return desk.take_ack(ack)

        self.counter.ask(take, then=self._taken, failed=self._stop)

    def _taken(self, marks: "Marks") -> None:
        # A batch is sealed once: what was posted after it goes in the next one, right away.
        now = self.counter.standing
        moved = marks.received > now.marks.received
        left = now.entries - marks.received
        # And the close, which ends the day, waits behind nothing.
        enough = GATHERED if self.gathers and not self._rough and now.state != "closed" else 1
        more = self._again or (moved and left >= enough)
        self._again, self._rough = False, self._rough and left > 0
        self.failures = 0
        self._set("waiting")
        self._wait()
        self.counter.refresh()
        if more:
            self._send()

    def _stop(self, fault: Fault) -> None:
        self._again = False
        self.fault = fault
        self.failures += 1
        self._rough = self._rough or isinstance(fault, Unavailable)
        self._set("offline" if isinstance(fault, Unavailable) else "refused")
        self._wait()

    # How old the oldest is

    def _follow(self, now: "Standing") -> None:
        """The book or its marks moved: another voucher may be the oldest, or none."""
        left, oldest = now.entries - now.marks.received, now.marks.received + 1
        if not left:
            self._aged(None)
        elif left == 1 and self.age_s is None and self._oldest:
            # All was sent a moment ago, so it was posted since.
            self._aged(0)
        elif oldest != self._oldest or self.age_s is None:
            self._ask_age()
        self._oldest = oldest

    def _ask_age(self) -> None:
        now = self.counter.standing
        if now.entries > now.marks.received:
            self.counter.ask(lambda desk: desk.oldest_s(), then=self._aged)

    def _aged(self, age_s: int | None) -> None:
        if age_s != self.age_s:
            self.age_s = age_s
            self.moved.emit()

    def _set(self, state: str) -> None:
        self.state = state
        if state == "waiting":
            self.fault = None
        self.moved.emit()


def age_text(age_s: int, say: Callable[..., str]) -> str:
    """An age as people say it, rounded down: `12 phút`, `2 giờ 05 phút`, `3 ngày`."""
    minutes = age_s // 60
    if minutes < 1:
        return say("age.now")
    if minutes < 60:
        return say("age.minutes", count=minutes)
    if minutes < 24 * 60:
        return say("age.hours", count=minutes // 60, minutes=f"{minutes % 60:02d}")
    return say("age.days", count=minutes // (24 * 60))
