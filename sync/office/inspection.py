"""Everything stored, verified again from the letters as they came.

For each book: the laptop's signature on every batch, every entry rebuilt and compared, the chain, the
rules, the columns the pages read, every acknowledgement with its number, link and signature, and the
backup. Whatever does not agree is named; nothing is mended.
"""

from typing import NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, select

from sync import chain, protocol
from sync.errors import Fault
from sync.office import claims, devices, intake, preparation
from sync.office.home import Office
from sync.office.store import AckRow, BatchRow, Book, ClaimRow, DifferenceRow, EntryRow, LineRow
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
        return wrong + _acks_wrong(office, db, row)
    except Fault as fault:
        return [str(fault)]


def _entries_wrong(office: Office, db: Database, row: Book, pack: Pack) -> list[str]:
    """The letters against the entries, the chain, the rules and the columns beside them."""
    key = devices.genuine_key(devices.enrolled(db, device=row.device))
    letters: dict[int, bytes] = {}
    stored = select(BatchRow).where(BatchRow.book == row.book, BatchRow.outcome == "stored")
    for batch in db.exec(stored.order_by(col(BatchRow.first))):
        opened = protocol.open_batch(
            batch.raw, office=office.office_id, office_secret=office.seal_secret, device_key=key,
            terms_of=lambda _: pack.terms,
        )  # fmt: skip
        for entry, raw, _ in opened.entries:
            letters.setdefault(entry.number, raw)
    rows = list(db.exec(select(EntryRow).where(EntryRow.book == row.book).order_by(col(EntryRow.number))))
    if [one.raw for one in rows] != [letters.get(number) for number in range(1, row.received + 1)]:
        return ["entries: not those of the letters"]
    entries = [from_bytes(chain.Entry, one.raw) for one in rows]
    session = Session(pack.terms)
    found = intake.replayed(
        session, zip(entries, (chain.head_of(one.raw) for one in rows), strict=True), book=row.book, head=chain.NO_HEAD
    )
    wrong: list[str] = []
    if (chain.head_of(rows[-1].raw) if rows else chain.NO_HEAD) != row.head:
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


def _acks_wrong(office: Office, db: Database, row: Book) -> list[str]:
    """Signatures, numbers without a gap, links, and marks that the book still bears."""
    heads = dict(db.exec(select(EntryRow.number, EntryRow.head).where(EntryRow.book == row.book)).all())
    heads[0] = chain.NO_HEAD
    link = chain.NO_HEAD
    wrong: list[str] = []
    for number, one in enumerate(_acks(db, row.book), start=1):
        ack = protocol.verify_ack(one.raw, office_key=office.sign_key)
        if (ack.ack_no, ack.prev_ack, ack.book) != (number, link, row.book):
            wrong.append(f"acknowledgement {number}: not linked")
        for mark, head in ((ack.received, ack.received_head), (ack.safe, ack.safe_head)):
            if heads.get(mark) != head:
                wrong.append(f"acknowledgement {number}: signed for an entry {mark} that is not there")
        link = protocol.ack_digest(one.raw)
    return wrong
