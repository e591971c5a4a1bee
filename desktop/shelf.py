"""The books of one laptop: where they stand, how a pack becomes one, and whether they are sound.

    home/vault/…               keys, locked (desktop/vault.py)
    home/books/<book>.db       a book each, encrypted; the name is its id and says nothing to a finder
    home/office                the address of the office, once known

A session has one book on a laptop. Until its first voucher a newer pack of the session takes its place;
from then on every other pack is refused, because its vouchers would begin again at number one. The same
pack a second time is no news and changes nothing. A book of an earlier day that was not closed comes
before every other: no pack is taken and no other book is opened until it is.
"""

import datetime
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from desktop import files, store
from desktop.care import backups, set_back
from desktop.road import directory
from desktop.store import Book
from desktop.vault import Unlocked
from sync.chain import Sealed, Standing, replay
from sync.directory import LaptopRevoked
from sync.errors import Damage, Fault, Refusal
from sync.outage import KeyGone
from sync.pack import Pack, PackElsewhere, open_pack
from sync.session import Session

T = TypeVar("T")
# Vietnam has one zone and no summer time.
VIETNAM = datetime.timezone(datetime.timedelta(hours=7))


class PackSecond(Refusal):
    """The session has a book with vouchers on this laptop."""

    code = "pack.second"
    vi = "Sổ của điểm {point} ngày {day} đã mở trên máy này, nên không nhận gói khác của phiên đó. Làm tiếp trên sổ đang có."
    en = "The book of point {point} on {day} is open on this laptop, so no other pack of that session is taken. Go on with that book."


class BookOver(Refusal):
    """The session's book stood here, was closed and taken by the office, and was erased after its time."""

    code = "pack.book-over"
    vi = "Phiên {point} ngày {day} đã khóa sổ, văn phòng đã nhận đủ và máy đã xóa sổ theo hạn lưu, nên không nhận lại gói này. Cần xem lại thì hỏi văn phòng."
    en = "The session of {point} on {day} was closed, the office has all of it, and its book left this laptop after its time, so this pack is not taken again. Ask the office for what you need of it."


class PackOlder(Refusal):
    """The laptop has a newer pack of the session."""

    code = "pack.older"
    vi = "Máy đã có gói lần {held} của điểm {point} ngày {day}; gói này là lần {issue}, cũ hơn. Dùng sổ đang có."
    en = "This laptop has issue {held} of the pack for point {point} on {day}; this one is issue {issue}, which is older. Use the book that is here."


class SessionUnclosed(Refusal):
    """A book of an earlier day waits for its close."""

    code = "shelf.unclosed"
    vi = "Sổ của {point} ngày {day} chưa khóa. Mở sổ đó, kiểm quỹ và khóa sổ trước (F9), rồi mới sang phiên khác."
    en = "The book of {point} on {day} is not closed. Open it, count the drawer and close it first (F9), then go to another session."


class BookGone(Damage):
    """A book with vouchers whose file is not where it was."""

    code = "shelf.book-gone"
    vi = "Tệp của sổ {book} không còn trên máy, dù sổ đã có phiếu. Khôi phục từ bản sao; không nhận gói để lập lại sổ này."
    en = "The file of book {book} is no longer on this laptop, though it had vouchers. Restore it from a copy; no pack is taken to begin it again."


class NoBook(Refusal):
    """No pack was loaded yet."""

    code = "shelf.no-book"
    vi = "Máy chưa có sổ nào. Lấy gói dữ liệu từ văn phòng (fetch) hoặc nạp từ USB (load) trước."
    en = "There is no book on this laptop. Fetch a pack from the office, or load one from a stick, first."


class Shelved(NamedTuple):
    """A book where it stands: `prepared` has no voucher yet. `unsent` counts vouchers no office has signed for, `safe`
    is how far the office's backup has them; `office_s` its clock when it said so last (0: never).

    `planned_on` is the day the session was planned for where it is held on another, None where it is not.
    """

    book: bytes
    pack: bytes
    point_code: str
    point_name: str
    session_date: datetime.date
    planned_on: datetime.date | None
    issue: int
    prepared_s: int
    state: Literal["prepared", "open", "closed"]
    entries: int
    unsent: int
    safe: int = 0
    office_s: int = 0


def day_of(now_s: int) -> datetime.date:
    """The day at the point, by the laptop's clock."""
    return datetime.datetime.fromtimestamp(now_s, tz=VIETNAM).date()


def take_pack(
    home: Path, unlocked: Unlocked, *, raw: bytes, now_s: int, point: str = "", day: datetime.date | None = None
) -> Pack:
    """Make the book of a session from its pack; `point` and `day` name the session that is wanted, if one is.

    Raises `LaptopRevoked`, `PackSecond`, `PackOlder`, `BookOver`, `SessionUnclosed`, `PackElsewhere`, what `open_pack` raises, `DiskFull`,
    `NotWritten`, `KeyGone`; the laptop is then as it was.
    """
    if not unlocked.can_sign:
        raise KeyGone
    ask_in_use(home, unlocked)
    pack = open_pack(
        raw, device=unlocked.device, device_secret=unlocked.device_secret, office=unlocked.office, now_s=now_s
    )
    session = pack.terms.session_date
    shown = {"point": pack.terms.point.point_code, "day": f"{session:%d/%m/%Y}"}
    if (point and point != pack.terms.point.point_code) or (day and day != session):
        raise PackElsewhere(**shown)
    if (home / "books" / f"{pack.book.hex()}.pruned").exists():
        raise BookOver(**shown)
    if store.path_of(home, pack.book).exists() and _same(home, unlocked, pack):
        return pack
    if pack.book in missing(home) or (not store.path_of(home, pack.book).exists() and set_back.known(home, unlocked, pack.book)):
        raise BookGone(book=pack.book.hex()[:8])
    held = shelved(home, unlocked)
    same = [one for one in held if (one.point_code, one.session_date) == (pack.terms.point.point_code, session)]
    for one in same:
        if one.entries:
            raise PackSecond(**shown)
        if one.issue >= pack.issue:
            raise PackOlder(held=one.issue, issue=pack.issue, **shown)
    ask_earlier(held, day=max(session, day_of(now_s)), but=b"")
    make_book(home, unlocked, pack=pack)
    # Only now: with the power gone between the two, the laptop has both and shows the newer.
    for one in same:
        _give_way(home, unlocked, one.book)
    return pack


def ask_in_use(home: Path, unlocked: Unlocked) -> None:
    """Raises `LaptopRevoked` where the office said so: what the laptop wrote is handed in, and it begins nothing new."""
    if revoked_s := directory.revoked_s(home, unlocked):
        raise LaptopRevoked(letter=unlocked.letter, day=f"{day_of(revoked_s):%d/%m/%Y}")


def _give_way(home: Path, unlocked: Unlocked, book: bytes) -> None:
    """A book whose pack was made anew leaves the shelf; a copy with its key stays until `prune` is sure of the newer.

    A disk that takes no copy keeps the book instead: of two packs the newer is shown.
    """
    with suppress(Fault):
        backups.take_closed(home, unlocked, book)
        take_away(home, book)


def make_book(home: Path, unlocked: Unlocked, *, pack: Pack) -> None:
    """The book of a pack, with nothing in it. Raises `BookExists`, `DiskFull`, `NotWritten`."""
    with making(home, pack.book):
        key = unlocked.keep_book_key(pack.book)
        Book.create(home, key, pack=pack, balances=Session(pack.terms).balances).close()


@contextmanager
def making(home: Path, book: bytes) -> Iterator[None]:
    """A book that is not there is made in the block, by one program at a time: a second key would close the first one's
    book for good. Raises `BookExists`, `NotWritten`."""
    with files.alone(home / "vault" / "making"):
        if store.path_of(home, book).exists():
            raise store.BookExists
        yield


def drop_book(home: Path, unlocked: Unlocked, book: bytes) -> None:
    """Take away a book nobody will miss: one without vouchers whose pack was made anew, or one to practise on.

    Its key goes last: a book without its key would be damage.
    """
    take_away(home, book)
    backups.forget(home, book)
    unlocked.drop_book_key(book)


def take_away(home: Path, book: bytes) -> None:
    """A book's file off the shelf. Its log goes first: beside another file it would be taken for that one's."""
    path = store.path_of(home, book)
    for file in (Path(f"{path}-wal"), Path(f"{path}-shm"), path):
        file.unlink(missing_ok=True)


def _same(home: Path, unlocked: Unlocked, pack: Pack) -> bool:
    book = open_book(home, unlocked, pack.book)
    try:
        return book.pack == pack
    finally:
        book.close()


def each(home: Path, unlocked: Unlocked, look: Callable[[Book], T]) -> list[T]:
    """What a look at every book here finds; each is shut again before the next. Raises what `open_book` and `look` raise."""
    found = []
    for book in books(home):
        with closing(Book.look(home, unlocked.book_key(book), book=book)) as opened:
            found.append(look(opened))
    return found


def going_on_from(home: Path, unlocked: Unlocked, book: bytes) -> bytes:
    """The book here in which another laptop's goes on; the same where it is here itself, or nothing goes on from it."""
    if store.path_of(home, book).exists():
        return book
    after = each(home, unlocked, lambda held: held.book if book in [run.pack.book for run in held.runs] else None)
    return next(filter(None, after), book)


def shelved(home: Path, unlocked: Unlocked) -> tuple[Shelved, ...]:
    """Every book where it stands, the latest session last; of two packs of an unopened session the newer.

    Raises what `open_book` raises.
    """
    found = sorted(each(home, unlocked, _shelved), key=lambda one: (one.session_date, one.prepared_s, one.book))
    issues: dict[tuple[str, datetime.date], int] = {}
    for one in found:
        place = (one.point_code, one.session_date)
        issues[place] = max(issues.get(place, 0), one.issue)
    return tuple(one for one in found if one.entries or one.issue == issues[one.point_code, one.session_date])


def _shelved(book: Book) -> Shelved:
    terms, entries, marks = book.pack.terms, book.length, book.marks()
    last = next(book.sealed(entries, entries), None)
    closed = last is not None and last.entry.body.kind == "close"
    return Shelved(
        book=book.book,
        pack=book.pack.pack,
        point_code=terms.point.point_code,
        point_name=terms.point.point_name,
        session_date=terms.session_date,
        planned_on=terms.planned_on if terms.planned_on != terms.session_date else None,
        issue=book.pack.issue,
        prepared_s=book.pack.prepared_s,
        state="closed" if closed else "open" if entries else "prepared",
        entries=entries,
        unsent=entries - marks.received,
        safe=marks.safe,
        office_s=marks.office_s,
    )


def to_choose(held: Sequence[Shelved], *, today: datetime.date) -> tuple[Shelved, ...]:
    """The books somebody may want who has just unlocked; a single one is opened without asking.

    A book that is open comes first, the earliest day before the others; beside one of today, whatever else is
    prepared for the day. Otherwise what is prepared for today, or for later, and what the office has not
    all of; the latest where nothing is left to do. What was prepared and never held is passed over once a
    later session was closed, or held in its place.
    """
    opened = [one for one in held if one.state == "open"]
    prepared = [one for one in held if one.state == "prepared"]
    if opened:
        day = min(one.session_date for one in opened)
        beside = [one for one in prepared if one.session_date == day >= today]
        return (*(one for one in opened if one.session_date == day), *beside)
    closed = [one for one in held if one.state == "closed"]
    since = max((one.session_date for one in closed), default=datetime.date.min)
    made_up = {(one.point_code, one.planned_on) for one in held}
    left = [
        one for one in prepared if one.session_date >= since and (one.point_code, one.session_date) not in made_up
    ]
    ready = [one for one in left if one.session_date == today] or [one for one in left if one.session_date > today] or left
    return (*ready, *(one for one in closed if one.unsent)) or tuple(held[-1:])


def choose(home: Path, unlocked: Unlocked, book: bytes, *, now_s: int) -> Book:
    """Open a book somebody chose. Raises `SessionUnclosed`, `NoBook` and what `open_book` raises."""
    return choose_of(home, unlocked, shelved(home, unlocked), book, now_s=now_s)


def choose_of(home: Path, unlocked: Unlocked, held: Sequence[Shelved], book: bytes, *, now_s: int) -> Book:
    """As `choose`, of a shelf that was just looked at: a look into each book of a year (12 ms each, measured) adds up."""
    chosen = next((one for one in held if one.book == book), None)
    if chosen is None:
        raise NoBook
    ask_earlier(held, day=max(chosen.session_date, day_of(now_s)), but=book)
    return open_book(home, unlocked, book)


def ask_earlier(held: Sequence[Shelved], *, day: datetime.date, but: bytes) -> None:
    """Nothing may be open of a day before; a book that was left open is opened itself, whatever else is."""
    if any(one.book == but and one.state == "open" for one in held):
        return
    for one in held:
        if one.state == "open" and one.session_date < day:
            raise SessionUnclosed(point=one.point_name, day=f"{one.session_date:%d/%m/%Y}")


def missing(home: Path) -> tuple[bytes, ...]:
    """Books with vouchers whose file is gone and whose copies are there."""
    gone = {*backups.books(home)} - {*books(home)}
    return tuple(
        book for book in sorted(gone)
        if backups.copies(home, book)[-1].entries and not store.path_of(home, book).with_suffix(".pruned").exists()
    )  # fmt: skip


def books(home: Path) -> tuple[bytes, ...]:
    """The ids of the books on this laptop; one that is being erased is none any more."""
    found = (home / "books").glob("*.db")
    return tuple(sorted(bytes.fromhex(path.stem) for path in found if not path.with_suffix(".pruned").exists()))


def open_book(home: Path, unlocked: Unlocked, book: bytes) -> Book:
    """A book by its id; one of an earlier form is copied before it is changed.

    Raises `VaultDamaged`, `BookNotOpened`, `BookInUse`, `BookNewer`, and what `backups.take` raises.
    """

    def copied(earlier: Book) -> None:
        backups.take(home, unlocked, earlier)

    return Book.open(home, unlocked.book_key(book), book=book, before_change=copied)


def newest(home: Path, unlocked: Unlocked) -> bytes:
    """The book of the latest session. Raises `NoBook` and what `open_book` raises."""
    held = shelved(home, unlocked)
    if not held:
        raise NoBook
    return held[-1].book


def verified(
    book: Book, *, device_key: bytes, session: Session | None = None, rows: Iterator[Sealed] | None = None
) -> Standing:
    """An open book from its first link to its page seals; `session` is folded on the way, `rows` are its entries.

    Raises `BookAltered` and the fault of the first bad entry.
    """
    entries = book.sealed() if rows is None else rows
    standing = replay(
        session or Session(book.pack.terms), entries, book=book.book, device_key=device_key,
        before=[run.writer for run in book.runs],
    )  # fmt: skip
    if standing.session.balances != book.balances():
        raise store.BookAltered(book=book.book.hex()[:8], reason="balances")
    book.check_file()
    return standing
