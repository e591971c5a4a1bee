"""A stick at the laptop: what the office sent is taken, what it has not signed for is written, all of it by the same
letters as over the network and in any order.

The laptop's part is in four steps, because what reads a slow stick must not keep a book waiting, and what writes a book
must not be kept waiting by a stick: `bring` (the stick), `take_in` (the books), `gather` (the books), `hand_out` (the
stick). `exchange` is all four, for whoever may wait.

Names are hints and signatures decide. What is for somebody else is counted, what is bad is named with its reason, and
neither keeps anything else out. Nothing is ever deleted on a stick but letters this laptop wrote whose entries the
office has signed for, or that newer letters of it hold.
"""

import contextlib
import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from desktop import directory, inbox, shelf, store
from desktop.desk import Clock, Desk
from desktop.store import Marks
from desktop.vault import Unlocked
from sync.directory import DIRECTORY_BYTES_MAX, DirectoryOlder
from sync.envelope import PACK_BYTES_MAX, read_header, verify_letter
from sync.errors import Fault, Refusal
from sync.pack import Pack, open_pack
from sync.protocol import Ack, AckOld
from sync.records import from_bytes
from sync.stick import names
from sync.stick.device import BYTES_MAX, LETTERS_MAX, Letter, Progress, Stick, Written, no_progress
from sync.stick.names import Named

ACK_BYTES_MAX = 16 * 1024


class BookElsewhere(Refusal):
    """The office's word on a book that is not on this laptop."""

    code = "stick.book-elsewhere"
    vi = "Giấy báo nhận này của sổ {book}, không có trên máy này. Để nguyên trên USB."
    en = "This acknowledgement is of book {book}, which is not on this laptop. It stays on the stick."


class KindUnknown(Refusal):
    """A letter of the office's of a kind this program does not know."""

    code = "stick.kind-newer"
    vi = "Máy chưa biết loại tệp “{kind}” của văn phòng. Để nguyên trên USB; cập nhật chương trình trên máy."
    en = "This laptop does not know the office's letter of the kind “{kind}”. It stays on the stick; bring the program up to date."


class TooMany(Refusal):
    """More than one exchange reads."""

    code = "stick.too-many"
    vi = "USB có quá nhiều tệp nên chưa xem đến tệp này. Xóa bớt tệp lạ trên USB rồi lấy lại."
    en = "There are too many files on the stick to look at this one. Delete what does not belong there and take again."


class Left(NamedTuple):
    """A file that was not taken, or a book whose letters were not made, and why."""

    name: str
    fault: Fault


class Brought(NamedTuple):
    """What a stick had for this laptop, read but not believed yet.

    `elsewhere` counts letters for other laptops and offices, `others` what is no letter; `strangers` are the first of those.
    """

    letters: tuple[tuple[Named, str, bytes], ...]
    left: tuple[Left, ...]
    elsewhere: int
    others: int
    strangers: tuple[str, ...]


class Moved(NamedTuple):
    """A book that the office's word moved."""

    book: bytes
    point_name: str
    session_date: datetime.date
    marks: Marks


class Loaded(NamedTuple):
    """A pack that came. `waits`: it becomes a book when the one that is open is left."""

    pack: bytes
    point_name: str
    session_date: datetime.date
    waits: bool


@dataclass(slots=True)
class TookIn:
    """What came of what was brought."""

    moved: list[Moved] = field(default_factory=list)
    loaded: list[Loaded] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    listed: bool = False


class Gathered(NamedTuple):
    """Batches to be written, and the names of earlier ones that have done their work."""

    letters: tuple[Letter, ...]
    done: frozenset[str]
    entries: int
    left: tuple[Left, ...]


class Exchanged(NamedTuple):
    """An exchange that came to its end: the stick can be pulled out."""

    stick: bytes
    brought: Brought
    took: TookIn
    gathered: Gathered
    written: Written

    @property
    def left(self) -> tuple[Left, ...]:
        """Everything that was not taken, or not written."""
        return (*self.brought.left, *self.took.left, *self.gathered.left)


class Table(NamedTuple):
    """The laptop's books, and the desk that is open on one of them, if one is."""

    home: Path
    unlocked: Unlocked
    clock: Clock
    desk: Desk | None = None


def exchange(
    root: Path, table: Table, *, draw: Callable[[int], bytes], writing: bool = True, progress: Progress = no_progress
) -> Exchanged:
    """All of it; with `writing` False nothing is written to the stick. Raises `StickFault` and what `bring` raises."""
    stick = Stick.open(root, draw=draw) if writing else Stick.look(root)
    brought = bring(stick, table.unlocked, progress=progress)
    took = take_in(table, brought)
    gathered = gather(table, stick) if writing else Gathered((), frozenset(), 0, ())
    written = hand_out(stick, gathered, progress=progress) if writing else Written((), past_memory=True)
    return Exchanged(stick.id, brought, took, gathered, written)


def bring(stick: Stick, unlocked: Unlocked, *, progress: Progress = no_progress) -> Brought:
    """Read what the office wrote for this laptop. Raises `StickGone`, `StickStrange`."""
    found = stick.found(names.FROM_OFFICE)
    named = [(said, name, size) for name, size in found.letters if (said := names.named(name))]
    ours = [one for one in named if _for_us(one[0], unlocked)]
    # The directory first, then what moves marks, then what makes books.
    ours.sort(key=lambda one: (_ORDER.get(one[0].kind, len(_ORDER)), one[1]))
    letters, left, read = [], [], 0
    for at, (said, name, size) in enumerate(ours):
        progress("read", at, len(ours))
        most = _BYTES_MAX.get(said.kind, PACK_BYTES_MAX)
        try:
            if at >= LETTERS_MAX or read + min(size, most) > BYTES_MAX:
                raise TooMany
            letters.append((said, name, raw := stick.read(names.FROM_OFFICE, name, bytes_max=most)))
            read += len(raw)
        except Fault as fault:
            left.append(Left(name, fault))
    return Brought(tuple(letters), tuple(left), len(named) - len(ours), found.others, found.strangers)


_ORDER = {"directory": 0, "ack": 1, "pack": 2}
_BYTES_MAX = {"directory": DIRECTORY_BYTES_MAX, "ack": ACK_BYTES_MAX, "pack": PACK_BYTES_MAX}


def _for_us(said: Named, unlocked: Unlocked) -> bool:
    if said.kind == "directory":
        return said.subject == unlocked.office.office
    return said.device == unlocked.device[:8]


def take_in(table: Table, brought: Brought) -> TookIn:
    """Believe what proves itself, and do what it says: keep the directory, move marks, make books."""
    took = TookIn()
    for said, name, raw in brought.letters:
        try:
            if said.kind not in _TAKERS:
                raise KindUnknown(kind=said.kind)
            _TAKERS[said.kind](table, raw, took)
        except (AckOld, DirectoryOlder, shelf.BookOver):
            # An earlier word, or the same, or a session that is long over: nothing to do, and nothing to tell.
            continue
        except Fault as fault:
            took.left.append(Left(name, fault))
    return took


def _take_directory(table: Table, raw: bytes, took: TookIn) -> None:
    directory.take(table.home, table.unlocked, raw)
    took.listed = True


def _take_ack(table: Table, raw: bytes, took: TookIn) -> None:
    book = from_bytes(Ack, raw).book
    if not store.path_of(table.home, book).exists():
        raise BookElsewhere(book=book.hex()[:8])
    with _at(table, book) as desk:
        marks, terms = desk.take_ack(raw), desk.pack.terms
    took.moved.append(Moved(book, terms.point.point_name, terms.session_date, marks))


def _take_pack(table: Table, raw: bytes, took: TookIn) -> None:
    home, unlocked, now_s = table.home, table.unlocked, table.clock().wall_s
    pack = open_pack(
        raw, device=unlocked.device, device_secret=unlocked.device_secret, office=unlocked.office, now_s=now_s
    )
    if store.path_of(home, pack.book).exists():
        # The one it was made from, on the same stick as last time.
        return
    shelf.ask_in_use(home, unlocked)
    if table.desk is not None:
        inbox.keep(home, pack.pack, raw)
    else:
        shelf.take_pack(home, unlocked, raw=raw, now_s=now_s)
    took.loaded.append(_loaded(pack, waits=table.desk is not None))


def _loaded(pack: Pack, *, waits: bool) -> Loaded:
    return Loaded(pack.pack, pack.terms.point.point_name, pack.terms.session_date, waits)


_TAKERS: dict[str, Callable[[Table, bytes, TookIn], None]] = {
    "directory": _take_directory, "ack": _take_ack, "pack": _take_pack,
}  # fmt: skip


@contextmanager
def _at(table: Table, book: bytes) -> Iterator[Desk]:
    """The desk of a book: the one that is open, or another for a moment, whoever was of its team."""
    if table.desk is not None and table.desk.book.book == book:
        yield table.desk
        return
    desk = Desk.open(shelf.open_book(table.home, table.unlocked, book), table.unlocked, clock=table.clock, visiting=True)
    try:
        yield desk
    finally:
        desk.put_away()


def gather(table: Table, stick: Stick) -> Gathered:
    """Everything the office has not signed for, of every book, sealed. Raises `StickGone`, `StickStrange`."""
    letters: list[Letter] = []
    left, done, entries = [], set(), 0
    lying = [(said, name) for name, _ in stick.found(names.TO_OFFICE).letters if (said := names.named(name))]
    for book in shelf.books(table.home):
        mine = [(said.numbers, name) for said, name in lying if said.kind == "batch" and said.subject == book]
        try:
            made, received = _unsent(table, book)
        except Fault as fault:
            left.append(Left(f"{book.hex()[:8]}…", fault))
            continue
        headers = [read_header(raw, kind="batch") for raw in made]
        last = max((one.last for one in headers if one.subject == book), default=received)
        entries += last - received
        written = [Letter(names.batch_name(one), raw, _proof(table)) for one, raw in zip(headers, made, strict=True)]
        done |= {name for numbers, name in mine if len(numbers) == 2 and numbers[1] <= last} - {one.name for one in written}
        letters += written
    return Gathered(tuple(letters), frozenset(done), entries, tuple(left))


def _proof(table: Table) -> Callable[[bytes], object]:
    key = table.unlocked.sign_key
    return lambda raw: verify_letter(raw, kind="batch", sender_key=key)


def _unsent(table: Table, book: bytes) -> tuple[tuple[bytes, ...], int]:
    """The letters of one book, and how far the office has signed for it."""
    if table.desk is None or table.desk.book.book != book:
        with contextlib.closing(store.Book.look(table.home, table.unlocked.book_key(book), book=book)) as looked:
            received = looked.marks().received
            if looked.length <= received:
                return (), received
    with _at(table, book) as desk:
        return desk.letters(), desk.standing().marks.received


def hand_out(stick: Stick, gathered: Gathered, *, progress: Progress = no_progress) -> Written:
    """Write what was gathered, read all of it again, and only then clear away. Raises `StickFault`."""
    written = stick.keep(names.TO_OFFICE, gathered.letters, progress=progress)
    stick.finish()
    stick.drop(names.TO_OFFICE, sorted(gathered.done))
    if gathered.done:
        stick.flush()
    progress("done", 1, 1)
    return written
