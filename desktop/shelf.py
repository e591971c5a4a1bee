"""The books of one laptop: where they stand, how a pack becomes one, and whether they are sound.

    home/vault/…               keys, locked (desktop/vault.py)
    home/books/<book>.db       a book each, encrypted; the name is its id and says nothing to a finder
    home/office                the address of the office, once known

A session has one book on a laptop. A pack for a session that has one already is refused, because its
vouchers would begin again at number one; the same pack a second time is no news and changes nothing.
"""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from desktop import store
from desktop.store import Book
from desktop.vault import Unlocked
from sync.chain import NO_HEAD, Standing, replay
from sync.errors import Fault, Refusal, Unavailable
from sync.keys import sign_public
from sync.pack import Pack, PackElsewhere, book_id, open_pack
from sync.session import Session

# Packs the office may have made for one session before anybody worked with one: far more than ever happens.
ISSUES_MAX = 100


class PackSecond(Refusal):
    """The session has a book on this laptop."""

    code = "pack.second"
    vi = "Máy này đã có sổ của điểm {point} ngày {day}. Không nạp gói thứ hai: mở sổ đang có, hoặc gọi văn phòng."
    en = "This laptop has a book for point {point} on {day} already. No second pack is taken: open that book, or call the office."


class NoBook(Refusal):
    """No pack was loaded yet."""

    code = "shelf.no-book"
    vi = "Máy chưa có sổ nào. Lấy gói dữ liệu từ văn phòng (fetch) hoặc nạp từ USB (load) trước."
    en = "There is no book on this laptop. Fetch a pack from the office, or load one from a stick, first."


class Checked(NamedTuple):
    """What a check of one book found. `reason` is empty where all of it is sound."""

    book: bytes
    entries: int
    head: bytes
    damaged_at: int
    reason: str


def take_pack(
    home: Path, unlocked: Unlocked, *, raw: bytes, now_s: int, point: str = "", day: datetime.date | None = None
) -> Pack:
    """Make the book of a session from its pack; `point` and `day` name the session that is wanted, if one is.

    Raises `PackSecond`, `PackElsewhere`, what `open_pack` raises, `DiskFull` and `NotWritten`; the
    laptop is then as it was.
    """
    pack = open_pack(
        raw, device=unlocked.device, device_secret=unlocked.device_secret, office=unlocked.office, now_s=now_s
    )
    session = pack.terms.session_date
    shown = {"point": pack.terms.point.point_code, "day": f"{session:%d/%m/%Y}"}
    if (point and point != pack.terms.point.point_code) or (day and day != session):
        raise PackElsewhere(**shown)
    if store.path_of(home, pack.book).exists():
        if _same(home, unlocked, pack):
            return pack
        raise PackSecond(**shown)
    for issue in range(1, ISSUES_MAX + 1):
        other = book_id(device=pack.device, point_code=pack.terms.point.point_code, session_date=session, issue=issue)
        if store.path_of(home, other).exists():
            raise PackSecond(**shown)
    key = unlocked.keep_book_key(pack.book)
    Book.create(home, key, pack=pack, balances=Session(pack.terms).balances).close()
    return pack


def _same(home: Path, unlocked: Unlocked, pack: Pack) -> bool:
    book = open_book(home, unlocked, pack.book)
    try:
        return book.pack == pack
    finally:
        book.close()


def books(home: Path) -> tuple[bytes, ...]:
    """The ids of the books on this laptop."""
    return tuple(sorted(bytes.fromhex(path.stem) for path in (home / "books").glob("*.db")))


def open_book(home: Path, unlocked: Unlocked, book: bytes) -> Book:
    """A book by its id. Raises `VaultDamaged`, `BookNotOpened`, `BookInUse`."""
    return Book.open(home, unlocked.book_key(book), book=book)


def newest(home: Path, unlocked: Unlocked) -> bytes:
    """The book of the latest session. Raises `NoBook` and what `open_book` raises."""
    found = []
    for book in books(home):
        opened = open_book(home, unlocked, book)
        found.append((opened.pack.terms.session_date, opened.pack.prepared_s, book))
        opened.close()
    if not found:
        raise NoBook
    return max(found)[2]


def check(home: Path, unlocked: Unlocked) -> Iterator[Checked]:
    """Every book, from its file to its last rule: chain, signatures, rules, kept balances, pages.

    Raises `BookInUse`: a book that somebody is writing is neither sound nor damaged.
    """
    for book in books(home):
        try:
            opened = open_book(home, unlocked, book)
        except Unavailable:
            raise
        except Fault as fault:
            yield Checked(book, 0, NO_HEAD, 1, f"{fault.code}: {fault.sentence()}")
            continue
        try:
            yield _checked(opened, unlocked)
        finally:
            opened.close()


def _checked(book: Book, unlocked: Unlocked) -> Checked:
    session = Session(book.pack.terms)
    try:
        standing = verified(book, device_key=sign_public(unlocked.device_seed), session=session)
    except Fault as fault:
        # What was folded before the fault is sound; its head is that of nothing the check can vouch for.
        entries = len(session.bodies)
        return Checked(book.book, entries, NO_HEAD, entries + 1, f"{fault.code}: {fault.sentence()}")
    return Checked(book.book, standing.entries, standing.head, 0, "")


def verified(book: Book, *, device_key: bytes, session: Session | None = None) -> Standing:
    """An open book from its first link to its page seals; `session` is folded on the way.

    Raises `BookAltered` and the fault of the first bad entry.
    """
    standing = replay(session or Session(book.pack.terms), book.sealed(), book=book.book, device_key=device_key)
    if standing.session.balances != book.balances():
        raise store.BookAltered(book=book.book.hex()[:8], reason="balances")
    book.check_file()
    return standing
