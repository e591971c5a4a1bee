"""The word that stands on each line of a book, and the adjustment slips that are still to be carried out.

A later word on a line stands in place of an earlier one. A line is done with once a slip of its point carried it out
at a table, and that voucher came in and was not reversed.
"""

from collections.abc import Callable, Collection
from typing import NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, func, select

from sync import disposition
from sync.chain import Entry
from sync.disposition import Disposition, Finding, Outcome, Stands
from sync.office import claims, lineage
from sync.office.store import Book, ClaimRow, DispositionRow, EntryRow, FindingRow, ForkRow
from sync.pack import Pack
from sync.projection import Projection
from sync.records import changed, from_bytes
from sync.terms import Adjustment
from sync.voucher import number_text

# What is put right at the table.
MOVED: tuple[Outcome, ...] = ("returned", "corrected")


class Due(NamedTuple):
    """Slips of a book whose people are in the terms of the next session, and how many have nobody there."""

    slips: tuple[Adjustment, ...]
    left_out: int


def text_of(row: Book, number: int) -> str:
    """A voucher's number as people read it."""
    return number_text(
        point_code=row.point_code, session_date=f"{row.session_date:%Y%m%d}", letter=row.letter, number=number
    )


def standing(db: Database, *, book: bytes) -> dict[tuple[int, int], Stands]:
    """The newest word on each line, by voucher and place.

    What was said of a history that is not the booked one any more stands for what both have in common.
    """
    said = {
        one.disposition_no: from_bytes(Disposition, one.raw)
        for one in db.exec(select(DispositionRow).where(DispositionRow.book == book))
    }
    return disposition.standing(_in_force(db, said[number]) for number in sorted(said))


def _in_force(db: Database, said: Disposition) -> Disposition:
    parted = db.exec(select(func.min(ForkRow.number)).where(ForkRow.book == said.book)).one()
    entry = db.get(EntryRow, (said.book, said.last)) if parted is not None else None
    if parted is None or (entry is not None and entry.head == said.head):
        return said
    return changed(said, findings=tuple(one for one in said.findings if one.number < parted))


def carried_out(db: Database, row: Book) -> dict[tuple[int, int], str]:
    """Lines of a book that were put right at a table, each with the book and the voucher that did."""
    begins = text_of(row, 0)[: -len("000000")]
    wanted = (
        select(ClaimRow, Book.root)
        .join(Book, col(Book.book) == col(ClaimRow.book))
        .where(ClaimRow.kind == "adjusted", col(ClaimRow.name).startswith(begins, autoescape=True))
    )
    found: dict[tuple[int, int], str] = {}
    for one, root in db.exec(wanted):
        number, _, place = one.name[len(begins) :].partition("/")
        if claims.stands(db, root=root, number=one.number):
            found[int(number), int(place)] = f"{one.book.hex()[:8]} #{one.number}"
    return found


def placed(db: Database, books: Collection[bytes]) -> set[tuple[str, int]]:
    """Vouchers of these books whose first line was booked, or put right at a table: (book in hex, number)."""
    found: set[tuple[str, int]] = set()
    for book in books:
        if (row := db.get(Book, book)) is None:
            continue
        booked = {key for key, one in standing(db, book=book).items() if one.finding.outcome in ("accepted", "corrected")}
        found |= {(book.hex(), number) for number, place in (*booked, *carried_out(db, row)) if place == 1}
    return found


def folded(db: Database, row: Book, pack: Pack) -> Projection:
    """A book from its pack and what is stored of it, without asking the rules again."""
    session = Projection(pack.terms)
    for entry in db.exec(lineage.entries_of(row.root)):
        if entry.number <= row.received:
            made = from_bytes(Entry, entry.raw)
            session.apply(made.body, maker=made.maker)
    return session


def due(
    db: Database, *, point_code: str, customers: Collection[str], pack_of: Callable[[bytes], Pack | None]
) -> Due:
    """What the next session of a point has to put right. `customers` are those of its terms."""
    wanted = (
        select(FindingRow.book)
        .join(Book, col(Book.book) == col(FindingRow.book))
        .where(Book.point_code == point_code, col(FindingRow.outcome).in_(MOVED))
        .distinct()
    )
    made: list[Adjustment] = []
    for book in sorted(db.exec(wanted)):
        row, pack = db.get(Book, book), None
        if row is None:
            continue
        words, done = standing(db, book=book), carried_out(db, row)
        if any(one.finding.outcome in MOVED and key not in done for key, one in words.items()):
            pack = pack_of(book)
        if pack is not None:
            made += slips(db, row, pack, words=words, done=done)
    served = tuple(one for one in sorted(made, key=lambda one: one.slip_no) if one.customer_code in customers)
    return Due(served, len(made) - len(served))


def slips(
    db: Database,
    row: Book,
    pack: Pack,
    *,
    words: disposition.Standing,
    done: Collection[tuple[int, int]],
) -> tuple[Adjustment, ...]:
    """The slips of one book that are still to be carried out."""
    session = folded(db, row, pack)
    return tuple(
        disposition.adjustments(session, words, text_of=lambda number: text_of(row, number), done=done)
    )


def row_of(book: bytes, disposition_no: int, one: Finding) -> FindingRow:
    """A word as it is kept beside the letter it was said in."""
    return FindingRow(
        book=book, number=one.number, place=one.place, disposition_no=disposition_no, outcome=one.outcome, raw=one.to_bytes()
    )
