"""The books of one session that several laptops hold at one table: which they are, and what they come to together."""

from typing import NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, select

from sync.office import lineage, preparation
from sync.office.home import Office
from sync.office.store import Book, EntryRow, PackRow


class Seat(NamedTuple):
    """One laptop's part: the book that says how its line stands, and of how many groups of its own."""

    book: Book
    groups: int


def seats(office: Office, db: Database, row: Book) -> tuple[Seat, ...]:
    """The laptops of a session that was shared out, by letter; none where one laptop serves everybody.

    A pack that was made anew counts once: the older one only where it was written to all the same.
    """
    found = []
    wanted = (
        select(Book, PackRow.superseded)
        .join(PackRow, col(PackRow.book) == col(Book.book))
        .where(Book.point_code == row.point_code, Book.session_date == row.session_date)
        .order_by(Book.letter, col(PackRow.issue))
    )
    for book, superseded in db.exec(wanted).all():
        if superseded and not book.received:
            continue
        pack = preparation.pack_of(office, db, book=book.book)
        if pack is not None and pack.groups:
            found.append(Seat(lineage.whole(db, book), len(pack.groups)))
    return tuple(found) if len(found) > 1 else ()


def groups_in(db: Database, root: bytes) -> int:
    """How many groups handed in, by hand-ins that nobody reversed."""
    undone = set(db.exec(lineage.entries_of(root, EntryRow.reverses).where(EntryRow.kind == "reverse")))
    rows = db.exec(lineage.entries_of(root, EntryRow.number, EntryRow.party).where(EntryRow.kind == "group"))
    return len({party for number, party in rows if number not in undone})
