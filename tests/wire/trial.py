"""A morning's vouchers over a line that breaks, and what came of it: a harness with an oracle.

`Sender` is the laptop as it is. The oracle asks the office alone what it has: every voucher of the laptop's own
book must be there once, with its head, and the laptop's marks must say so.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from random import Random
from typing import NamedTuple

from sqlmodel import select

from desktop.road.courier import Courier
from sync.errors import Fault, Unavailable
from sync.office.store import Book as BookRow
from sync.office.store import EntryRow, LineRow
from tests.journeys.badline import Cut, Line, Mode, Way
from tests.wire.point import Point

# More tries than any run of bad luck needs: a harness that gives up proves nothing.
TRIES_MAX = 60


class Sender:
    """The laptop: what it sends next, and what it makes of an answer."""

    def __init__(self, at: Point) -> None:
        self.at = at

    def unsent(self, *, rough: bool) -> bytes | None:
        return self.at.desk.batch(rough=rough)

    def take(self, ack: bytes) -> None:
        self.at.desk.take_ack(ack)

    def failed(self, fault: Fault) -> None:
        """Nothing is believed of a try that failed."""

    @property
    def marks(self) -> tuple[int, int]:
        marks = self.at.desk.standing().marks
        return marks.received, marks.safe


class Found(NamedTuple):
    """What a trial came to."""

    batches: int
    tries: int
    faults: Counter[str]
    refused: Counter[str]
    lost: int
    doubled: int
    marks_wrong: int

    def line(self, name: str) -> str:
        kinds = " ".join(f"{kind.replace(' ', '-')}:{count}" for kind, count in sorted(self.faults.items()))
        return (
            f"{name}: {self.batches} batches, {self.tries} tries, {self.faults.total()} faults ({kinds})"
            f" lost {self.lost} doubled {self.doubled} marks wrong {self.marks_wrong}"
        )

    @property
    def sound(self) -> bool:
        return not (self.lost or self.doubled or self.marks_wrong)


def drawing(random: Random, *, up_most: int, down_most: int) -> Callable[[], Cut]:
    """A fault for every connection, at any byte of a journey or a little behind its end."""
    # A silent line is waited for, so there are fewer of them.
    modes: tuple[Mode, ...] = ("fin", "rst", "flip") * 3 + ("stall",)
    ways: tuple[tuple[Way, int], ...] = (("up", up_most), ("down", down_most))

    def draw() -> Cut:
        way, most = random.choice(ways)
        return Cut(random.randrange(most), random.choice(modes), way, random.randrange(8))

    return draw


def send_all(sender: Sender, road: Courier, refused: Counter[str]) -> int:
    """Try until nothing is unsent; how many tries it took."""
    failures = 0
    for tried in range(TRIES_MAX):
        raw = sender.unsent(rough=failures > 0)
        if raw is None:
            return tried
        try:
            sender.take(road.post_batch(raw))
            failures = 0
        except Fault as fault:
            failures += isinstance(fault, Unavailable)
            refused[fault.code] += 1
            sender.failed(fault)
    raise AssertionError(f"never through: {refused}")


def stored(at: Point) -> list[tuple[int, bytes]]:
    """What the office has of the book, number and head, asked of its tables."""
    with at.office.store.reading() as db:
        rows = db.exec(select(EntryRow.number, EntryRow.head).where(EntryRow.book == at.desk.book.book)).all()
        lines = db.exec(select(LineRow.number).where(LineRow.book == at.desk.book.book)).all()
        book = db.get(BookRow, at.desk.book.book)
    held = {one.entry.number: one for one in at.desk.book.sealed()}
    # Lines and sums are written beside the entries: what was doubled there counts as well.
    counted = Counter(lines)
    more = [
        (number, b"more lines") for number, _ in rows
        if number in held and counted[number] != len(held[number].entry.body.lines)
    ]  # fmt: skip
    if book is None or book.cash != at.desk.session.cash:
        more.append((0, b"other cash"))
    return [*rows, *more]


def judged(at: Point, sender: Sender, has: Iterable[tuple[int, bytes]]) -> tuple[int, int, int]:
    """How many vouchers are lost, how many are there more than once or otherwise, and how many marks are wrong."""
    own = {(one.entry.number, one.head) for one in at.desk.book.sealed()}
    there = Counter(has)
    last = len(own)
    return (
        len(own - there.keys()),
        sum(there.values()) - len(there) + len(there.keys() - own),
        sum(mark != last for mark in sender.marks),
    )


def trial(
    at: Point, sender: Sender, line: Line, make_courier: Callable[[str], Courier], *, batches: int,
    has: Callable[[Point], Iterable[tuple[int, bytes]]] = stored, posts: int = 2, cuts: Callable[[int], list[Cut]] | None = None,
) -> Found:  # fmt: skip
    """So many times: some vouchers are posted and sent until all have gone. The last time the line is good.

    `cuts` gives the faults of each time; without it the line draws them, and a connection lasts until one befalls it.
    """
    tries, refused = 0, Counter[str]()
    road = make_courier(line.address)
    for n in range(batches):
        if cuts is not None:
            road.close()
            road, line.cuts = make_courier(line.address), cuts(n)
        for m in range(1 + n % posts):
            at.deposit(n + m)
        tries += send_all(sender, road, refused)
    road.close()
    line.cuts, line.drawn = [], lambda: None
    at.deposit()
    good = make_courier(line.address)
    tries += send_all(sender, good, refused)
    if sender.marks[1] < sender.marks[0]:
        sender.take(good.fetch_ack(at.desk.book.book))
    good.close()
    lost, doubled, wrong = judged(at, sender, has(at))
    return Found(batches + 1, tries, line.log, refused, lost, doubled, wrong)
