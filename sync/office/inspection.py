"""Everything stored, verified again from the letters as they came.

For each book: the laptop's signature on every batch, every entry rebuilt and compared, the chain, the
rules, the columns the pages read, every acknowledgement and every disposition with its number, link and
signature, and the backup. Whatever does not agree is named; nothing is mended.
"""

from typing import NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, select

from sync import chain, disposition, protocol
from sync.errors import Fault
from sync.office import booking, claims, letters, lineage, preparation
from sync.office.home import Office
from sync.office.lineage import Part
from sync.office.store import (
    AckRow,
    BatchRow,
    Book,
    ClaimRow,
    DifferenceRow,
    DispositionRow,
    EntryRow,
    FindingRow,
    ForkRow,
    LineRow,
)
from sync.pack import Pack
from sync.records import from_bytes
from sync.session import Session


class Finding(NamedTuple):
    """What was found of one book: sound, or what is wrong in words of both languages."""

    book: bytes
    entries: int
    head: bytes
    wrong: tuple[str, ...]


def inspect(office: Office) -> tuple[Finding, ...]:
    """Every book that has anything, in the order of its session."""
    made: list[Finding] = []
    with office.store.reading() as db:
        books = db.exec(select(Book).order_by(col(Book.session_date), Book.letter, col(Book.book)))
        for row in books.all():
            if row.received or _acks(db, row.book):
                made.append(Finding(row.book, row.received, row.head, tuple(_wrong(office, db, row))))
    return tuple(made)


def _acks(db: Database, book: bytes) -> list[AckRow]:
    return list(db.exec(select(AckRow).where(AckRow.book == book).order_by(col(AckRow.ack_no))))


def _wrong(office: Office, db: Database, row: Book) -> list[str]:
    try:
        pack = preparation.pack_of(office, db, book=row.book)
        if pack is None:
            return ["pack: missing"]
        wrong = _entries_wrong(office, db, row, pack)
        return wrong + _acks_wrong(office, db, row) + _said_wrong(office, db, row)
    except Fault as fault:
        return [str(fault)]


def _entries_wrong(office: Office, db: Database, row: Book, pack: Pack) -> list[str]:
    """The letters against the entries, the chain, the rules and the columns beside them."""
    letters_of: dict[bytes, bytes] = {}
    for batch in db.exec(select(BatchRow).where(BatchRow.book == row.book, BatchRow.outcome != "revoked")):
        for _, raw, head in letters.opened(office, db, batch.raw).batch.entries:
            letters_of[head] = raw
    rows = list(db.exec(select(EntryRow).where(EntryRow.book == row.book).order_by(col(EntryRow.number))))
    if [one.number for one in rows] != list(range(row.begins + 1, row.received + 1)):
        return ["entries: not one for each number"]
    if [one.raw for one in rows] != [letters_of.get(one.head) for one in rows]:
        return ["entries: not those of the letters"]
    entries = [from_bytes(chain.Entry, one.raw) for one in rows]
    session, head = Session(pack.terms), chain.NO_HEAD
    if row.begins and (before := db.get(Book, row.follows)):
        session, head = _before(office, db, row, before)
    found = booking.replayed(
        session, zip(entries, (chain.head_of(one.raw) for one in rows), strict=True),
        part=Part(row.book, row.begins), staff_keys=booking.staff_keys(pack), head=head,
    )  # fmt: skip
    wrong: list[str] = []
    if (chain.head_of(rows[-1].raw) if rows else head) != row.head:
        wrong.append("head: not that of the entries")
    if (session.cash, session.cash_in, session.cash_out) != (row.cash, row.cash_in, row.cash_out):
        wrong.append("totals: not those of the entries")
    listed = {(one.number, one.code) for one in db.exec(select(DifferenceRow).where(DifferenceRow.book == row.book))}
    if not {(one.number, one.fault.code) for one in found} <= listed:
        wrong.append("differences: not all listed")
    lines = db.exec(select(LineRow).where(LineRow.book == row.book).order_by(col(LineRow.number), col(LineRow.place)))
    held = [(one.number, one.code, one.account, one.component, one.amount) for one in lines]
    said = [(e.number, o.code, o.account, o.component, o.amount) for e in entries for o in e.body.lines]
    if held != said:
        wrong.append("lines: not those of the entries")
    claimed = set(db.exec(select(ClaimRow.number, ClaimRow.kind, ClaimRow.name).where(ClaimRow.book == row.book)).all())
    if claimed != {(entry.number, *claim) for entry in entries for claim in claims.of_entry(entry)}:
        wrong.append("claims: not those of the entries")
    return wrong


def _before(office: Office, db: Database, row: Book, before: Book) -> tuple[Session, bytes]:
    """The session as the laptop left it from which this book goes on, and the head there."""
    pack = preparation.pack_of(office, db, book=before.book)
    at = lineage.book_at(db, row.root, row.begins)
    if pack is None or at is None:
        raise booking.BookDamaged(book=row.book.hex()[:8])
    return booking.folded(office, db, before, pack, until=row.begins), at.head


def _acks_wrong(office: Office, db: Database, row: Book) -> list[str]:
    """Signatures, numbers without a gap, links, and marks that the book bears, or bore before another branch was booked."""
    heads = {(0, chain.NO_HEAD), *db.exec(lineage.entries_of(row.root, EntryRow.number, EntryRow.head)).all()}
    heads |= set(db.exec(select(ForkRow.number, ForkRow.head).where(col(ForkRow.book).in_(lineage.of(row.root)))).all())
    link = chain.NO_HEAD
    wrong: list[str] = []
    for number, one in enumerate(_acks(db, row.book), start=1):
        ack = protocol.verify_ack(one.raw, office_key=office.sign_key)
        if (ack.ack_no, ack.prev_ack, ack.book) != (number, link, row.book):
            wrong.append(f"acknowledgement {number}: not linked")
        for mark, head in ((ack.received, ack.received_head), (ack.safe, ack.safe_head)):
            if (mark, head) not in heads:
                wrong.append(f"acknowledgement {number}: signed for an entry {mark} that is not there")
        link = protocol.ack_digest(one.raw)
    return wrong


def _said_wrong(office: Office, db: Database, row: Book) -> list[str]:
    """What was said of the lines: signatures, numbers, links, and the words read out of them."""
    link, wrong = disposition.NONE_BEFORE, []
    words: list[tuple[int, int, int, bytes]] = []
    rows = db.exec(select(DispositionRow).where(DispositionRow.book == row.book).order_by(col(DispositionRow.disposition_no)))
    for number, one in enumerate(rows, start=1):
        made = disposition.verified(one.raw, office_key=office.sign_key)
        if (made.disposition_no, made.prev, made.book) != (number, link, row.book):
            wrong.append(f"disposition {number}: not linked")
        words += [(word.number, word.place, number, word.to_bytes()) for word in made.findings]
        link = disposition.digest_of(one.raw)
    held = db.exec(select(FindingRow).where(FindingRow.book == row.book))
    if sorted((one.number, one.place, one.disposition_no, one.raw) for one in held) != sorted(words):
        wrong.append("dispositions: words not those of the letters")
    return wrong
