"""Entries put into a book, and taken out of it again when another branch is what counts.

Everything new is folded into the session as the laptop folded it, link by link, by the rules from the pack. An entry
that breaks a rule is still what happened at the table: it is stored as it came and listed as a difference, and never
corrected here. An entry that breaks the chain is not an entry.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, delete, select

from sync import chain
from sync.chain import Entry
from sync.errors import Damage, Fault, Refusal
from sync.office import cases, claims, lineage, outages, preparation
from sync.office.alarms import raise_alarm
from sync.office.home import Office
from sync.office.lineage import Part
from sync.office.store import (
    Book,
    ClaimRow,
    DifferenceRow,
    EntryRow,
    ForkRow,
    LineRow,
    MessageBook,
    MessageRow,
    PackRow,
    pour,
)
from sync.pack import Pack
from sync.records import from_bytes
from sync.session import Session

# An entry, its exact bytes, and its digest.
Made = tuple[Entry, bytes, bytes]
_ENTRY_COLUMNS: Final = (
    "book", "number", "head", "raw", "batch", "kind", "party", "slip", "reverses", "maker", "approvers", "wall_s", "cash",
)  # fmt: skip
_LINE_COLUMNS: Final = ("book", "number", "place", "code", "account", "component", "amount")


class IdTwice(Refusal):
    """Two entries with one id: the approval of the first would stand under the second."""

    code = "intake.id-twice"
    vi = "Bút toán số {number} mang mã đã dùng cho bút toán khác: chữ ký duyệt có thể bị dùng lại. Đối chiếu với người duyệt."
    en = "Entry {number} carries an id that another entry had: an approval may have been used again. Ask whoever approved."


class BookDamaged(Damage):
    """What the office stored no longer folds to what it signed for."""

    code = "intake.book-damaged"
    vi = "Sổ {book} đã lưu không còn khớp với số đã ký nhận. Dừng nhận sổ này, giữ nguyên dữ liệu, khôi phục từ bản sao lưu."
    en = "The stored book {book} no longer agrees with what was signed for. Stop, keep the data as it is and restore from the backup."


class Difference(NamedTuple):
    """A rule that an entry breaks, as the fault that the table would have shown; or an outage, as `outages` says it."""

    number: int
    fault: Fault


# What follows what, and what breaks a rule


def replayed(
    session: Session, rows: Iterable[tuple[Entry, bytes]], *, part: Part, staff_keys: Mapping[str, bytes], head: bytes
) -> list[Difference]:
    """Fold one laptop's (entry, its digest) rows, link by link, and say which break a rule, and what else the officers are told.

    `staff_keys` are the team's on that laptop, `head` is the end of what the session has folded. Raises
    `ChainBroken`: what does not follow is no entry of this book.
    """
    found: list[Difference] = []
    for entry, made in rows:
        chain.begun(entry, begins=bool(part.begins) and entry.number == part.begins + 1, book=part.book)
        chain.follows(entry, session=session, book=part.book, prev=head)
        fault = _broken_rule(session, entry, head, staff_keys)
        if fault:
            found.append(Difference(entry.number, fault))
        if entry.id in session.ids:
            found.append(Difference(entry.number, IdTwice(number=str(entry.number))))
        session.ids.add(entry.id)
        found += [Difference(entry.number, one) for one in outages.told(session, entry)]
        session.apply(entry.body, maker=entry.maker)
        head = made
    return found


def _broken_rule(session: Session, entry: Entry, head: bytes, staff_keys: Mapping[str, bytes]) -> Fault | None:
    try:
        chain.verify_approvals(entry, session=session, staff_keys=staff_keys)
        approvers = [one.staff_id for one in entry.approvals]
        session.check(entry.body, maker=entry.maker, approvers=approvers, head=head)
    except Fault as fault:
        return fault
    return None


def staff_keys(pack: Pack) -> dict[str, bytes]:
    """The keys the team approves with on the laptop of a pack."""
    return {one.staff_id: one.sign_key for one in pack.terms.team}


def folded(office: Office, db: Database, row: Book, pack: Pack, *, until: int | None = None) -> Session:
    """A book from its pack and all its stored entries, or those up to a number; one that goes on from others, from all of its lineage."""
    session, head = Session(pack.terms), chain.NO_HEAD
    for part in lineage.parts(db, row):
        whose = pack if part.book == row.book else preparation.pack_of(office, db, book=part.book)
        wanted = select(EntryRow.raw).where(EntryRow.book == part.book).order_by(col(EntryRow.number))
        if until is not None:
            wanted = wanted.where(EntryRow.number <= until)
        before = [(from_bytes(Entry, raw), chain.head_of(raw)) for raw in db.exec(wanted)]
        replayed(session, before, part=part, staff_keys=staff_keys(whose or pack), head=head)
        head = before[-1][1] if before else head
    return session


# Into a book


def append(office: Office, db: Database, book: Book, pack: Pack, entries: Sequence[Made], batch: bytes) -> Session:
    """Check the new entries against everything before them, and store them with what was found."""
    session = office.recent.take(book.book, number=book.received, head=book.head) or folded(office, db, book, pack)
    if (len(session.bodies), session.cash) != (book.received, book.cash):
        raise BookDamaged(book=book.book.hex()[:8])
    was_closed = session.state == "closed"
    found = replayed(
        session, [(entry, made) for entry, _, made in entries], part=Part(book.book, book.begins),
        staff_keys=staff_keys(pack), head=book.head,
    )  # fmt: skip
    if inside := outages.signed_inside(session, entries[-1][0]):
        found.append(Difference(entries[-1][0].number, inside))
    known = {(number, fault.code) for number, fault in found}
    for entry, _, _ in entries:
        others = claims.used_elsewhere(db, book=book, entry=entry, known=known)
        found += [Difference(entry.number, other) for other in others]
        claims.kept(db, book=book.book, entry=entry)
    _insert(db, book, entries, batch)
    _list_differences(office, db, book, found)
    _update(office, db, book, session, entries[-1][0], entries[-1][2])
    if was_closed:
        raise_alarm(office, db, kind="closed", device=book.device, book=book.book, number=entries[0][0].number)
    if db.exec(select(PackRow.superseded).where(PackRow.book == book.root)).first():
        raise_alarm(office, db, kind="superseded", device=book.device, book=book.book, number=1)
    return session


def _insert(db: Database, book: Book, entries: Sequence[Made], batch: bytes) -> None:
    rows = [
        (
            book.book, entry.number, head, raw, batch, entry.body.kind, entry.body.party, entry.body.slip,
            entry.body.reverses, entry.maker, ",".join(one.staff_id for one in entry.approvals), entry.wall_s,
            entry.body.cash,
        )
        for entry, raw, head in entries
    ]  # fmt: skip
    pour(db, EntryRow, columns=_ENTRY_COLUMNS, rows=rows)
    lines = [
        (book.book, entry.number, place, line.code, line.account, line.component, line.amount)
        for entry, _, _ in entries
        for place, line in enumerate(entry.body.lines, start=1)
    ]
    pour(db, LineRow, columns=_LINE_COLUMNS, rows=lines)


def _list_differences(office: Office, db: Database, book: Book, found: Sequence[Difference]) -> None:
    for place, (number, fault) in enumerate(found, start=book.differences + 1):
        db.add(DifferenceRow(book=book.book, number=number, place=place, code=fault.code, vi=fault.sentence("vi"),
                             en=fault.sentence("en"), found_s=office.now_s()))  # fmt: skip
    book.differences += len(found)


def _update(office: Office, db: Database, book: Book, session: Session, last: Entry, head: bytes) -> None:
    book.received, book.head = last.number, head
    book.cash, book.cash_in, book.cash_out = session.cash, session.cash_in, session.cash_out
    book.opening = sum(body.cash for body in session.bodies if body.kind == "open")
    book.counted = session.counted if any(body.kind == "count" for body in session.bodies) else None
    book.state, book.received_s = session.state, office.now_s()
    rows = db.exec(lineage.entries_of(book.root, EntryRow.maker, EntryRow.approvers).order_by(None).distinct())
    seen = {last.maker} | {name for maker, approvers in rows for name in (maker, *approvers.split(",")) if name}
    book.team = ", ".join(one.full_name for one in session.terms.team if one.staff_id in seen)
    db.add(book)


def begin(db: Database, book: Book, *, after: EntryRow) -> None:
    """A book that goes on from another stands where that one's entry left the session."""
    entry = from_bytes(Entry, after.raw)
    book.begins = book.received = entry.number
    book.head = after.head
    book.cash, book.cash_in, book.cash_out = entry.cash, entry.cash_in, entry.cash_out
    before = db.get(Book, after.book)
    book.safe = min(before.safe, entry.number) if before else 0
    db.add(book)


# Out of it again


def unbook(office: Office, db: Database, *, root: bytes, since: int, note: str, who: str) -> list[EntryRow]:
    """Move the entries of a lineage from a number on to where other branches are kept; the rows as they stood.

    What was told of them by telephone stays; what was not is not told any more.
    """
    rows = list(db.exec(lineage.entries_of(root).where(EntryRow.number >= since)))
    for one in rows:
        if db.get(ForkRow, (one.book, one.number, one.head)) is None:
            db.add(ForkRow(book=one.book, number=one.number, head=one.head, raw=one.raw, batch=one.batch))
        cases.set_difference_aside(office, db, book=one.book, number=one.number, note=note, who=who)
    db.flush()
    for one in rows:
        db.expunge(one)
    # Lines before their entries: the database lets go only of what stands with the other branches.
    _drop(db, LineRow, root=root, since=since)
    _drop(db, ClaimRow, root=root, since=since)
    _drop(db, MessageRow, col(MessageRow.exported_s).is_(None), root=root, since=since)
    _drop(db, EntryRow, root=root, since=since)
    for book in db.exec(select(Book).where(Book.root == root)).all():
        _shorten(office, db, book, since)
    return rows


def _drop(db: Database, table: Any, *conditions: Any, root: bytes, since: int) -> None:
    gone = delete(table).where(col(table.book).in_(lineage.of(root)), col(table.number) >= since, *conditions)
    db.exec(gone.execution_options(synchronize_session=False))


def _shorten(office: Office, db: Database, book: Book, since: int) -> None:
    """A book stands again as it did before a number."""
    told = db.get(MessageBook, book.book)
    if told is not None and told.written >= since:
        told.written = since - 1
        db.add(told)
    if book.received < since:
        return
    book.safe = min(book.safe, since - 1)
    last = db.exec(
        select(EntryRow).where(EntryRow.book == book.book).order_by(col(EntryRow.number).desc()).limit(1)
    ).first()
    if last is None:
        # Nothing of its own is booked any more: it has not begun.
        book.received = book.begins = book.safe = book.cash = book.cash_in = book.cash_out = book.opening = 0
        book.head, book.state, book.counted = chain.NO_HEAD, "prepared", None
        db.add(book)
        return
    pack = preparation.pack_of(office, db, book=book.book)
    if pack is None:
        raise BookDamaged(book=book.book.hex()[:8])
    session = folded(office, db, book, pack)
    _update(office, db, book, session, from_bytes(Entry, last.raw), last.head)
