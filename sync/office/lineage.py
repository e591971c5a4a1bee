"""The books of one session that went on at another laptop, in their order: a lineage.

Each laptop writes a book of its own and numbers go on, so a lineage reads as one book. Of all books of
a lineage each number is booked once: that is what the intake and a decision keep, and what everything here relies on.
"""

from typing import Any, NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, select

from sync import pack
from sync.office.store import Book, Device, EntryRow


class Part(NamedTuple):
    """What one laptop wrote of a lineage: numbers after `begins`."""

    book: bytes
    begins: int


def of(root: bytes) -> Any:
    """The books of a lineage, to be used inside another question."""
    return select(Book.book).where(Book.root == root)


def entries_of(root: bytes, *what: Any) -> Any:
    """Entries of a lineage in the order of their numbers; all of each unless it is said what."""
    wanted = select(*what) if what else select(EntryRow)
    return wanted.where(col(EntryRow.book).in_(of(root))).order_by(col(EntryRow.number))


def parts(db: Database, row: Book) -> tuple[Part, ...]:
    """The books of a lineage from the first to this one."""
    made = [Part(row.book, row.begins)]
    while row.follows:
        before = db.get(Book, row.follows)
        if before is None:
            break
        made.append(Part(before.book, before.begins))
        row = before
    return tuple(reversed(made))


def books(db: Database, root: bytes) -> list[Book]:
    """Every book of a lineage of which something is booked, in their order; the first one also while it is empty."""
    rows = db.exec(select(Book).where(Book.root == root).order_by(col(Book.begins), col(Book.received))).all()
    return [row for row in rows if row.book == root or row.received > row.begins]


def newest(db: Database, root: bytes) -> Book | None:
    """The book that a lineage goes on in."""
    found = books(db, root)
    return found[-1] if found else None


def whole(db: Database, row: Book) -> Book:
    """The book that says how a lineage stands, to which this one belongs."""
    return newest(db, row.root) or row


def book_at(db: Database, root: bytes, number: int) -> EntryRow | None:
    """The entry of a lineage at a number."""
    found: EntryRow | None = db.exec(entries_of(root).where(EntryRow.number == number)).first()
    return found


def leading_to(db: Database, *, book: bytes, device: bytes) -> tuple[Book, tuple[bytes, ...]] | None:
    """A book the office has, and the laptops that went on from it one after the other until this one in a book of that id.

    The last of them is heard of first where the stick of the one before it never came.
    """
    known = list(db.exec(select(Book.book)))
    laptops = list(db.exec(select(Device.device).where(col(Device.sign_key).is_not(None), Device.device != device)))
    for between in ((), *((one,) for one in laptops)):
        for one in known:
            last = pack.continued_id(one, by=between[0]) if between else one
            if pack.continued_id(last, by=device) == book and (row := db.get(Book, one)):
                return row, (*between, device)
    return None
