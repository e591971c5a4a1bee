"""A book that stands where it once stood: an older copy of its file was put back, by us or behind our back.

Numbers that were on paper must not be given out a second time, and an office must not be told an old state as a new
one. So such a book can be read and printed from, and nothing is posted to it and nothing of it is sent until the
office's newest acknowledgement was held against it. What is missing then is named; where nothing is, it goes on.

It is told from a sound book by what is kept outside its file: how far each book was when the laptop last closed it
(`vault/habits.dgd`), its copies (`desktop.care.backups`), and what the office signs. An image of the whole disk brings
the first two back with it: then only the office, a mirror on a stick, or paper in somebody's hand can tell.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from desktop.store import Book, SetBack
from sync.errors import Damage

if TYPE_CHECKING:
    from desktop.vault import Unlocked


class BookSetBack(Damage):
    """Asked to post or to send before it was held against the office."""

    code = "book.set-back"
    vi = "Sổ {book} là bản cũ được đưa về (đến phiếu {entries}), chưa đối chiếu với văn phòng nên không lập phiếu và không gửi. Nối mạng rồi bấm Gửi ngay ở F8, hoặc nạp giấy báo nhận mới nhất từ USB (F8, N)."
    en = "Book {book} is an older copy that was put back (up to voucher {entries}) and was not held against the office yet, so nothing is posted or sent. Connect and press Send now on F8, or load the newest acknowledgement from a stick (F8, N)."


class BookBehind(Damage):
    """More was posted than this book has."""

    code = "book.behind"
    vi = "Sổ {book} thiếu phiếu {first} đến {last}: máy đã lập nhưng bản này không còn. Không lập phiếu mới trên sổ. Lấy lại từ gương trên USB (F8, U), hoặc đưa biên lai đã in về văn phòng để lập lại các phiếu đó."
    en = "Book {book} lacks vouchers {first} to {last}: this laptop posted them and this copy has them no more. Post nothing new to it. Take them back from the mirror on a stick (F8, U), or bring the printed receipts to the office, which makes them up again."


def look(
    book: Book, unlocked: "Unlocked", *, entries: int, head: bytes, now_s: int, keep: bool = True
) -> SetBack | None:
    """Whether a book that was just opened is known to have been further, or said so itself; kept in it then, unless it is
    only asked.

    `head` is that after `entries`. One that has another entry where the laptop left off is no continuation of it
    either, and is treated as one that lacks all of them.
    """
    if book.pack.terms.parameters.training:
        return None
    before = book.set_back()
    number, digest = _remembered(unlocked, book.book)
    last = head if number == entries else next((one.head for one in book.sealed(number, number)), b"")
    most = max(known(book.path.parent.parent, unlocked, book.book), before.known if before else 0)
    if before is None and most <= entries and (not number or last.hex()[:32] == digest):
        return None
    found = SetBack(entries, most, before.since_s if before else now_s)
    if keep and found != before:
        book.keep_set_back(found)
    return found


def known(home: Path, unlocked: "Unlocked", book: bytes) -> int:
    """The highest number of a book that is known of outside its file: as it was closed last, and in its copies."""
    from desktop.care import backups

    copied = max((one.entries for one in backups.copies(home, book)), default=0)
    return max(_remembered(unlocked, book)[0], copied)


def behind(book: Book, *, entries: int, number: int, now_s: int) -> SetBack:
    """The office, or paper, has this number: kept in the book."""
    before = book.set_back()
    found = SetBack(entries, max(number, before.known if before else 0), before.since_s if before else now_s)
    book.keep_set_back(found)
    return found


def ask(book: Book, found: SetBack | None) -> None:
    """Raises `BookBehind` or `BookSetBack` for a book that may not go on."""
    if found is None:
        return
    if found.known > found.entries:
        raise BookBehind(book=book.book.hex()[:8], first=f"{found.entries + 1:06d}", last=f"{found.known:06d}")
    raise BookSetBack(book=book.book.hex()[:8], entries=f"{found.entries:06d}")


def remember(unlocked: "Unlocked", book: bytes, *, entries: int, head: bytes) -> None:
    """Keep outside the book's file how far it was. Raises `NotWritten`."""
    unlocked.keep_setting(_name(book), f"{entries}:{head.hex()[:32]}" if entries else "")


def forget(unlocked: "Unlocked", book: bytes) -> None:
    """A book that is erased. Raises `NotWritten`."""
    unlocked.keep_setting(_name(book), "")


def _remembered(unlocked: "Unlocked", book: bytes) -> tuple[int, str]:
    number, _, digest = unlocked.setting(_name(book)).partition(":")
    return (int(number), digest) if number.isdigit() else (0, "")


def _name(book: bytes) -> str:
    return f"book/{book.hex()}"
