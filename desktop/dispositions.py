"""What became of a session's lines at the office: taken letter by letter, and shown by voucher.

Where the session went on here from another laptop, the office's words on that one's part are asked for as well.

Amounts in đồng. A word of the office changes nothing in the book: what has to be put right is a slip of a later pack.
"""

from typing import TYPE_CHECKING, NamedTuple, Protocol

from sync.disposition import (
    OUTCOMES,
    Disposition,
    Outcome,
    Stands,
    digest_of,
    person_of,
    read_disposition,
    standing,
    verified,
)
from sync.envelope import read_header
from sync.ledger import Line
from sync.records import changed

if TYPE_CHECKING:
    from desktop.desk import Desk

# What a laptop asks for by.
ID_BYTES = 16
# The worst last: what a voucher of several lines is marked by.
_BY_WEIGHT: tuple[Outcome, ...] = ("accepted", "suspense", "corrected", "returned")


class Road(Protocol):
    """What brings the office's words on a book; `desktop.road.courier.Courier` is one."""

    def dispositions(self, book: bytes) -> tuple[bytes, ...]: ...
    def fetch_disposition(self, book: bytes, wanted: bytes, to: bytes = b"") -> bytes: ...


# A book, and the laptop that its words are sealed to where that is not its own.
Named = tuple[bytes, bytes]


class Back(NamedTuple):
    """A line that was not simply booked: whose it is, what was found, who says so and when."""

    number: int
    place: int
    text: str
    who: str
    line: Line
    said: Stands


class Became(NamedTuple):
    """What became of a book's lines: how many of each outcome (`none`: nobody said anything yet), which came back, and
    each word by voucher and place."""

    counts: dict[str, int]
    back: tuple[Back, ...]
    words: dict[tuple[int, int], Stands]

    def of_voucher(self, number: int) -> Outcome | None:
        """What a voucher is marked by; None where nothing was said of it."""
        said = {one.finding.outcome for (made, _), one in self.words.items() if made == number}
        return next((outcome for outcome in reversed(_BY_WEIGHT) if outcome in said), None)


NOTHING = Became({}, (), {})


def take(desk: "Desk", letter: bytes) -> Disposition:
    """Keep what the office said, if it is signed, for this book, in its turn and true of it.

    Raises what `sync.disposition.read_disposition` raises.
    """
    book, unlocked = desk.book, desk.unlocked

    def head_at(number: int) -> bytes | None:
        return next((sealed.head for sealed in book.sealed(number, number)), None)

    about = read_header(letter, kind="disposition").subject
    run = next((one for one in book.runs if one.pack.book == about), None)
    made, raw = read_disposition(
        letter, pack=run.pack if run else book.pack, device_secret=unlocked.device_secret, office_key=unlocked.office.sign_key,
        taken={digest_of(one) for one in book.dispositions()}, head_at=head_at, to=book.pack.device, until=run.last if run else 0,
    )  # fmt: skip
    book.keep_disposition(raw)
    return made


def held(desk: "Desk") -> frozenset[bytes]:
    """The ids of what was taken already."""
    return frozenset(digest_of(one)[:ID_BYTES] for one in desk.book.dispositions())


def hear(desk: "Desk", road: Road) -> int:
    """Ask the office for what it said since, one letter after the other; of how many lines. Raises what the road and `take` raise."""
    known = held(desk)
    lacking = [(book, one, to) for book, to in books(desk) for one in road.dispositions(book) if one not in known]
    return sum(len(take(desk, road.fetch_disposition(*one)).findings) for one in lacking)


def books(desk: "Desk") -> tuple[Named, ...]:
    """The books whose words this one shows: its own, and what other laptops wrote of it before."""
    own = desk.book.book, b""
    return (*((run.pack.book, desk.book.pack.device) for run in desk.book.runs), own)


def became(desk: "Desk") -> Became:
    """What became of the book's lines so far."""
    kept, session = desk.book.dispositions(), desk.session
    if not kept:
        return NOTHING
    said = (verified(one, office_key=desk.unlocked.office.sign_key) for one in kept)
    # Of another laptop's part only what it wrote of this session: it may have gone on by itself.
    ends = {run.pack.book: run.last for run in desk.book.runs}
    words = standing(
        changed(one, findings=tuple(word for word in one.findings if word.number <= ends[one.book])) if one.book in ends else one
        for one in said
    )
    bodies, people = session.bodies, session.roll.customers
    # A word on a line that is not there is the office's mistake and no line of ours.
    words = {
        (number, place): one for (number, place), one in words.items()
        if number <= len(bodies) and 0 < place <= len(bodies[number - 1].lines)
    }  # fmt: skip
    counts: dict[str, int] = {outcome: sum(one.finding.outcome == outcome for one in words.values()) for outcome in OUTCOMES}
    back = []
    for (number, place), one in sorted(words.items()):
        if one.finding.outcome != "accepted":
            line = bodies[number - 1].lines[place - 1]
            person = people.get(person_of(session, bodies[number - 1], line))
            back.append(Back(number, place, desk.text_of(number), person.full_name if person else "", line, one))
    lines = sum(len(body.lines) for body in bodies)
    return Became({**counts, "none": lines - len(words)}, tuple(back), words)
