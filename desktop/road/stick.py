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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from desktop import dispositions, shelf, store
from desktop.desk import Clock, Desk
from desktop.road import directory, inbox
from desktop.store import Marks
from desktop.vault import Unlocked
from sync.directory import DIRECTORY_BYTES_MAX, DirectoryOlder
from sync.disposition import DispositionOld
from sync.envelope import BATCH_BYTES_MAX, PACK_BYTES_MAX, read_header, verify_letter
from sync.errors import Fault, Refusal
from sync.keys import SignatureWrong
from sync.outage import KeyBack, KeyGone
from sync.pack import Pack, open_pack
from sync.protocol import Ack, AckOld, verify_ack
from sync.records import Malformed
from sync.stick import names
from sync.stick.device import BYTES_MAX, LETTERS_MAX, Letter, Progress, Stick, Written, no_progress
from sync.stick.names import Named

ACK_BYTES_MAX = 16 * 1024
_REMEMBERED = "stick/written"


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

    `lying` are this laptop's own batches that lie there, by name. `elsewhere` counts letters for other laptops and
    offices, `others` what is no letter; `strangers` are the first of those.
    """

    letters: tuple[tuple[Named, str, bytes], ...]
    lying: Mapping[str, Named]
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
    """What came of what was brought: books moved, packs, what was left, whether a directory was there, how many letters
    were for others, of how many lines the office said what became of them.
    """

    moved: list[Moved] = field(default_factory=list)
    loaded: list[Loaded] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    listed: bool = False
    elsewhere: int = 0
    told: int = 0
    # Books of other laptops by the one here that went on from each; looked up when it is first needed.
    went_on: dict[bytes, bytes] | None = None


class Gathered(NamedTuple):
    """Batches to be written, and the names of earlier ones that have done their work."""

    letters: tuple[Letter, ...]
    done: frozenset[str]
    entries: int
    left: tuple[Left, ...]


NOTHING_GATHERED = Gathered((), frozenset(), 0, ())
NOTHING_WRITTEN = Written((), past_memory=True)


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

    @property
    def elsewhere(self) -> int:
        """How many letters are for other laptops and other offices."""
        return self.brought.elsewhere + self.took.elsewhere


class Table(NamedTuple):
    """The laptop's books, and the desk that is open on one of them, if one is."""

    home: Path
    unlocked: Unlocked
    clock: Clock
    desk: Desk | None = None

    @classmethod
    def of(cls, desk: Desk) -> "Table":
        """That of an open desk."""
        return cls(desk.book.path.parent.parent, desk.unlocked, desk.clock, desk)


def exchange(
    root: Path, table: Table, *, draw: Callable[[int], bytes], writing: bool = True, progress: Progress = no_progress
) -> Exchanged:
    """All of it; with `writing` False nothing is written to the stick. Raises `StickFault` and what `bring` raises."""
    stick = Stick.open(root, draw=draw) if writing else Stick.look(root)
    brought = bring(stick, table.unlocked, progress=progress)
    took = take_in(table, brought)
    gathered = gather(table, stick, brought) if writing else NOTHING_GATHERED
    written = hand_out(stick, gathered, progress=progress) if writing else NOTHING_WRITTEN
    remember(table, gathered.letters)
    return Exchanged(stick.id, brought, took, gathered, written)


def bring(stick: Stick, unlocked: Unlocked, *, progress: Progress = no_progress) -> Brought:
    """Read what the office wrote for this laptop. Raises `StickGone`, `StickStrange`."""
    found = stick.found(names.FROM_OFFICE)
    named = [(said, name, size) for name, size in found.letters if (said := names.named(name))]
    ours = [one for one in named if _for_us(one[0], unlocked)]
    # The directory first, then what moves marks, then what makes books; what may be for others last.
    ours.sort(key=lambda one: (one[0].device not in (b"", unlocked.device[:8]), _ORDER.get(one[0].kind, len(_ORDER)), one[1]))
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
    sent = stick.found(names.TO_OFFICE).letters
    lying = {name: said for name, _ in sent if (said := names.named(name)) and _from_us(said, unlocked)}
    return Brought(tuple(letters), lying, tuple(left), len(named) - len(ours), found.others, found.strangers)


_ORDER = {"directory": 0, "ack": 1, "disposition": 2, "pack": 3}
_BYTES_MAX = {
    "directory": DIRECTORY_BYTES_MAX, "ack": ACK_BYTES_MAX, "disposition": BATCH_BYTES_MAX, "pack": PACK_BYTES_MAX,
}  # fmt: skip


def _for_us(said: Named, unlocked: Unlocked) -> bool:
    """Words on another laptop's books may be for this one too: it goes on from them where it took a session over."""
    if said.kind == "directory":
        return said.subject == unlocked.office.office
    return said.kind == "ack" or said.device == unlocked.device[:8]


def _from_us(said: Named, unlocked: Unlocked) -> bool:
    return said.kind == "batch" and said.device == unlocked.device[:8]


def take_in(table: Table, brought: Brought) -> TookIn:
    """Believe what proves itself, and do what it says: keep the directory, move marks, make books."""
    took, newest = TookIn(), _newest(table, brought)
    for said, name, raw in brought.letters:
        try:
            if said.kind not in _TAKERS:
                raise KindUnknown(kind=said.kind)
            if said.kind != "ack" or newest.get(_genuine_ack(table, raw).book) == raw:
                _TAKERS[said.kind](table, raw, took)
        except (AckOld, DirectoryOlder, DispositionOld, shelf.BookOver):
            # An earlier word, or the same, or a session that is long over: nothing to do, and nothing to tell.
            continue
        except Fault as fault:
            if said.kind == "ack" and said.device != table.unlocked.device[:8] and isinstance(fault, _NOT_OURS):
                took.elsewhere += 1
            else:
                took.left.append(Left(name, fault))
    return took


def _genuine_ack(table: Table, raw: bytes) -> Ack:
    """No book is opened for a word that is not the office's."""
    return verify_ack(raw, office_key=table.unlocked.office.sign_key)


def _newest(table: Table, brought: Brought) -> dict[bytes, bytes]:
    """The office's newest word on each book, of all that lie there: one is enough, however many were left."""
    found: dict[bytes, tuple[int, int, bytes]] = {}
    for said, _, raw in brought.letters:
        with contextlib.suppress(Fault):
            if said.kind == "ack":
                ack = _genuine_ack(table, raw)
                found[ack.book] = max(found.get(ack.book, (0, 0, b"")), (ack.office_s, ack.ack_no, raw))
    return {book: raw for book, (_, _, raw) in found.items()}


# What a word on another laptop's book is, as long as nothing shows that it is for us.
_NOT_OURS = (BookElsewhere, Malformed, SignatureWrong)


def _take_directory(table: Table, raw: bytes, took: TookIn) -> None:
    directory.take(table.home, table.unlocked, raw)
    took.listed = True


def _take_ack(table: Table, raw: bytes, took: TookIn) -> None:
    book = _book_of(table, _genuine_ack(table, raw).book, took)
    with _at(table, book) as desk:
        marks, terms = desk.take_ack(raw), desk.pack.terms
    took.moved.append(Moved(book, terms.point.point_name, terms.session_date, marks))


def _book_of(table: Table, subject: bytes, took: TookIn) -> bytes:
    """The book here that these entries are in: its own, or one that went on from them. Raises `BookElsewhere`."""
    if store.path_of(table.home, subject).exists():
        return subject
    if took.went_on is None:
        took.went_on = {}
        for book in shelf.books(table.home):
            with _looked(table, book) as held:
                took.went_on |= {run.pack.book: book for run in held.runs}
    if subject not in took.went_on:
        raise BookElsewhere(book=subject.hex()[:8])
    return took.went_on[subject]


@contextmanager
def _looked(table: Table, book: bytes) -> Iterator[store.Book]:
    """A book to look into: the one that is open, or another for a moment."""
    if table.desk is not None and table.desk.book.book == book:
        yield table.desk.book
        return
    with contextlib.closing(store.Book.look(table.home, table.unlocked.book_key(book), book=book)) as held:
        yield held


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


def _take_disposition(table: Table, raw: bytes, took: TookIn) -> None:
    header = verify_letter(raw, kind="disposition", sender_key=table.unlocked.office.sign_key)
    book = _book_of(table, header.subject, took)
    with _at(table, book) as desk:
        took.told += len(dispositions.take(desk, raw).findings)


_TAKERS: dict[str, Callable[[Table, bytes, TookIn], None]] = {
    "directory": _take_directory, "ack": _take_ack, "disposition": _take_disposition, "pack": _take_pack,
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


def gather(table: Table, stick: Stick, brought: Brought) -> Gathered:
    """Everything the office has not signed for, of every book, sealed. The stick is looked at only where a letter on it
    has more than its book.
    """
    found = Gathering()
    for book in shelf.books(table.home):
        try:
            _gather_book(table, stick, book, brought.lying, found)
        except Fault as fault:
            found.left.append(Left(f"{book.hex()[:8]}…", fault))
    return Gathered(tuple(found.letters), frozenset(found.done), found.entries, tuple(found.left))


@dataclass(slots=True)
class Gathering:
    """What is being gathered, book by book."""

    letters: list[Letter] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    entries: int = 0
    left: list[Left] = field(default_factory=list)


def _gather_book(table: Table, stick: Stick, book: bytes, ours: Mapping[str, Named], found: Gathering) -> None:
    """The letters of one book; `ours` are this laptop's on the stick. Raises what making them raises."""
    with _looked(table, book) as held:
        entries, received, before = held.length, held.marks().received, {run.pack.book for run in held.runs}
    lying = {name: said for name, said in ours.items() if said.subject in (book, *before)}
    beyond = max(((said.numbers[-1], name) for name, said in lying.items() if said.numbers and said.subject == book), default=(0, ""))
    if beyond[0] > entries:
        _ask_beyond(table, stick, book, *beyond)
    last = received
    if entries > received:
        with _at(table, book) as desk:
            made, now = desk.letters(), desk.standing()
        headers = [read_header(raw, kind="batch") for raw in made]
        last = max((one.last for one in headers), default=received)
        if last < now.entries and not desk.pack.terms.parameters.training:
            # Without its key the laptop makes no letter: to say that all is handed in would be a lie.
            found.left.append(Left(now.point_name, KeyBack() if now.outages.can_sign else KeyGone()))
        found.letters += [
            Letter(names.batch_name(one), raw, _proof(table)) for one, raw in zip(headers, made, strict=True)
        ]
    found.entries += last - received
    written = {one.name for one in found.letters}
    found.done |= {name for name, said in lying.items() if said.numbers[-1:] <= (last,) and name not in written}


def _ask_beyond(table: Table, stick: Stick, book: bytes, last: int, name: str) -> None:
    """A letter this laptop made has more than the book: an older copy was put back. Raises `BookBehind`."""
    try:
        raw = stick.read(names.TO_OFFICE, name, bytes_max=BATCH_BYTES_MAX)
        header = verify_letter(raw, kind="batch", sender_key=table.unlocked.sign_key)
    except Fault:
        # Whatever it is, it is none of ours.
        return
    if (header.subject, header.last) == (book, last):
        with _at(table, book) as desk:
            desk.missing_from(last)


def _proof(table: Table) -> Callable[[bytes], object]:
    key = table.unlocked.sign_key
    return lambda raw: verify_letter(raw, kind="batch", sender_key=key)


def remember(table: Table, letters: Sequence[Letter]) -> None:
    """That these letters of the open book are on a stick now, for as long as the office has not signed for them."""
    if table.desk is None:
        return
    book = table.desk.book.book
    last = max((said.numbers[-1] for one in letters if (said := names.named(one.name)) and said.subject == book), default=0)
    if last:
        table.unlocked.keep_setting(_REMEMBERED, f"{book.hex()}:{last}:{table.clock().wall_s}")


def remembered(desk: Desk) -> tuple[int, int]:
    """Up to which number the open book was last written on a stick, and when by this laptop's clock; (0, 0) for never."""
    book, _, told = desk.unlocked.setting(_REMEMBERED).partition(":")
    last, _, wall_s = told.partition(":")
    return (int(last), int(wall_s)) if book == desk.book.book.hex() and last.isdigit() and wall_s.isdigit() else (0, 0)


def hand_out(stick: Stick, gathered: Gathered, *, progress: Progress = no_progress) -> Written:
    """Write what was gathered, read all of it again, and only then clear away. Raises `StickFault`."""
    written = stick.keep(names.TO_OFFICE, gathered.letters, progress=progress)
    stick.finish()
    stick.drop(names.TO_OFFICE, sorted(gathered.done))
    if gathered.done:
        stick.flush()
    progress("done", 1, 1)
    return written
