"""Books that are over leave the laptop: their key first made useless, then their file and every copy of both.

A book is over when its session is closed, the office has all of it in its backup (`safe`), and the office's own clock
has gone on by the retention since it said so. The laptop's clock is asked nothing: a clock ten years ahead erases
nothing. What the office says last counts: an office that was set up again from an older backup says less, and what it
then lacks is still here.

A name without content stays where the book stood: the same session is never begun again at number one.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from desktop import files, store
from desktop.care import backups, set_back
from desktop.shelf import Shelved, shelved, take_away
from desktop.store import Book
from desktop.vault import Unlocked
from sync.errors import Fault

# Our default: long enough for a complaint about a receipt, short enough for what a stolen laptop may hold.
RETENTION_DAYS = 90
_DAY_S = 86_400


def due(held: Sequence[Shelved]) -> tuple[Shelved, ...]:
    """Which of these books are over, the earliest first."""
    newest_s = max((one.office_s for one in held), default=0)
    return tuple(
        one for one in held
        if one.state == "closed" and one.safe == one.entries and one.office_s
        and newest_s - one.office_s >= RETENTION_DAYS * _DAY_S
    )  # fmt: skip


def prune(home: Path, unlocked: Unlocked, held: Sequence[Shelved] | None = None) -> tuple[Shelved, ...]:
    """Erase what is over, of a shelf that was just looked at or is looked at now; what was erased.

    Raises what looking at a book raises.
    """
    finish(home, unlocked)
    looked = shelved(home, unlocked) if held is None else held
    over = due(looked)
    for one in over:
        erase(home, unlocked, one.book)
    _let_go(home, unlocked, looked)
    return over


def erase(home: Path, unlocked: Unlocked, book: bytes) -> None:
    """One book gone for good. Begun and not finished, it is finished by the next."""
    mark = _mark(home, book)
    mark.touch()
    files.flush_folder(mark.parent)
    unlocked.drop_book_key(book)
    take_away(home, book)
    backups.forget(home, book)
    with suppress(Fault):
        set_back.forget(unlocked, book)


def finish(home: Path, unlocked: Unlocked) -> None:
    """What a power cut left half erased."""
    for mark in (home / "books").glob("*.pruned"):
        book = bytes.fromhex(mark.stem)
        if store.path_of(home, book).exists() or backups.copies(home, book):
            erase(home, unlocked, book)


def was_pruned(home: Path, book: bytes) -> bool:
    """Whether a session's book stood here and was erased."""
    return _mark(home, book).exists()


def _let_go(home: Path, unlocked: Unlocked, held: Sequence[Shelved]) -> None:
    """Copies of a book that gave way to a newer pack before its first voucher, once the newer one has vouchers."""
    begun = {(one.point_code, one.session_date) for one in held if one.entries}
    there = {one.book for one in held}
    for book in backups.books(home):
        newest = backups.copies(home, book)[-1]
        if book in there or newest.entries or store.path_of(home, book).exists():
            continue
        with suppress(Fault):
            opened = Book.at(newest.path, unlocked.book_key(book), book=book)
            try:
                terms = opened.pack.terms
            finally:
                opened.close()
            if (terms.point.point_code, terms.session_date) in begun:
                backups.forget(home, book)
                unlocked.drop_book_key(book)


def _mark(home: Path, book: bytes) -> Path:
    return home / "books" / f"{book.hex()}.pruned"
