"""What became of the lines at the office: asked for by itself when all is sent, and never in anybody's way.

A road that is closed is said by `sending` already; here it is only tried again later. What is fetched is believed by
the desk or not at all.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, Signal

from desktop.ui.counter import Counter
from desktop.ui.sending import Road, Sending
from sync.errors import Fault, Unavailable

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.dispositions import Became, Named

# The core system answers in hours or days; asking costs a few hundred bytes.
EVERY_MS = 5 * 60_000
# So many letters at once: the line is for vouchers.
LETTERS_MAX = 20


class Hearing(QObject):
    """`became` is what is known of the open book; `fault` why a word was not believed, until one is."""

    moved = Signal()

    def __init__(self, counter: Counter, sending: Sending, *, road: Callable[[], Road] | None) -> None:
        super().__init__()
        from desktop.dispositions import NOTHING  # loaded by now: the desk is open

        self.counter, self.sending = counter, sending
        self.became: Became = NOTHING
        self.fault: Fault | None = None
        self._road = None if counter.training else road
        self._asking = False
        # By the machine's own seconds, as everything that waits.
        self._since = QElapsedTimer()
        sending.moved.connect(self._look)
        self.read()

    def read(self) -> None:
        """What the book has by now: after a stick, or a letter."""
        self.counter.ask(_became, then=self._show)

    def ask(self) -> None:
        """Ask the office now, if there is a way."""
        road = self._road
        if road is None or self._asking:
            return
        self._asking = True
        self._since.start()
        self.counter.ask(_held, then=lambda known: self._fetch(road, known), failed=self._stop)

    def _look(self) -> None:
        """All that there is was sent: the line is free."""
        marks = self.counter.standing.marks
        due = not self._since.isValid() or self._since.elapsed() >= EVERY_MS
        if self.sending.state == "waiting" and self.sending.age_s is None and marks.received and due:
            self.ask()

    def _fetch(self, road: Callable[[], Road], known: "tuple[tuple[Named, ...], frozenset[bytes]]") -> None:
        books, held = known

        def letters() -> list[bytes]:
            line = road()
            lacking = [(book, one, to) for book, to in books for one in line.dispositions(book) if one not in held]
            return [line.fetch_disposition(*one) for one in lacking[:LETTERS_MAX]]

        self.counter.carry("wire", call=letters, then=self._take, failed=self._stop)

    def _take(self, letters: list[bytes]) -> None:
        if not letters:
            self._asking, self.fault = False, None
            return

        def take(desk: "Desk") -> tuple[int, int]:
            from desktop.dispositions import take as take_one

            findings = [one for letter in letters for one in take_one(desk, letter).findings]
            return len(findings), sum(one.outcome != "accepted" for one in findings)

        self.counter.ask(take, then=self._taken, failed=self._stop)

    def _taken(self, counts: tuple[int, int]) -> None:
        self._asking, self.fault = False, None
        count, back = counts
        self.counter.said.emit(self.counter.say("became.arrived", count=count, back=back), "warn" if back else "ok")
        self.read()

    def _stop(self, fault: Fault) -> None:
        self._asking = False
        # What could not be reached is no news; what could not be believed is for a person to hear.
        self.fault = None if isinstance(fault, Unavailable) else fault
        self.read()

    def _show(self, became: "Became") -> None:
        self.became = became
        self.moved.emit()


def _became(desk: "Desk") -> "Became":
    from desktop.dispositions import became

    return became(desk)


def _held(desk: "Desk") -> "tuple[tuple[Named, ...], frozenset[bytes]]":
    from desktop.dispositions import books, held

    return books(desk), held(desk)
