"""The intake: what a laptop sends, checked again from the beginning and signed for.

In this order: size, the laptop's signature, revocation, opening, unpacking with a limit, the chain,
the rules, one transaction, the backup, the acknowledgement. It is safe to repeat at any point: the
same number with the same head is nothing new, and gets the same answer.

An entry that breaks a rule is still what happened at the table. It is stored as it came and listed
as a difference, and never corrected here. An entry that breaks the chain is not an entry: nothing of
its batch is stored. Two histories at one number are both kept, and the book is frozen.
"""

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, select

from sync import chain, envelope, keys, protocol
from sync.chain import Entry
from sync.errors import Damage, Fault, Refusal
from sync.office import claims, devices, outages, preparation
from sync.office.backup import BackupDiffers, BackupUnavailable, Kind
from sync.office.home import Office
from sync.office.recent import Standing
from sync.office.store import (
    AckRow,
    Alarm,
    BatchRow,
    Book,
    Device,
    DifferenceRow,
    EntryRow,
    ForkRow,
    LineRow,
    PackRow,
    pour,
)
from sync.pack import Pack
from sync.protocol import Ack, Batch, Status
from sync.records import changed, from_bytes
from sync.session import Session

# Where a letter lies in the backup: booked, the other branch of a fork, or from a revoked laptop.
_KIND_OF_OUTCOME: Final[dict[str, Kind]] = {
    "stored": "batches", "fork": "aside", "frozen": "aside", "revoked": "quarantine",
}  # fmt: skip
_ENTRY_COLUMNS: Final = (
    "book", "number", "head", "raw", "batch", "kind", "party", "slip", "reverses", "maker", "approvers", "wall_s", "cash",
)  # fmt: skip
_LINE_COLUMNS: Final = ("book", "number", "place", "code", "account", "component", "amount")
# What an alarm says to the officer, by its kind.
_ALARMS: Final = {
    "fork": (
        "Sổ có hai nhánh khác nhau từ số {number}. Cả hai được giữ, sổ đã đóng băng. Gọi tổ giao dịch, giữ nguyên máy.",
        "The book has two histories from {number}. Both are kept and the book is frozen. Call the team; keep the laptop as it is.",
    ),
    "revoked": (
        "Máy đã thu hồi vẫn gửi bút toán (đến số {number}). Giữ riêng, không ghi sổ. Xác minh máy đang ở đâu.",
        "A revoked laptop sent entries (up to {number}). Set aside, not booked. Find out where the laptop is.",
    ),
    "superseded": (
        "Sổ được ghi theo gói đã bị thay thế (số {number}). Kiểm tra phiên này không bị ghi hai lần.",
        "The book was written under a superseded pack ({number}). Check that the session is not booked twice.",
    ),
    "backup": (
        "Không ghi được bản sao lưu của sổ (đến số {number}). Dữ liệu đã nhận nhưng chưa an toàn: kiểm tra ổ sao lưu, rồi chạy lệnh backup.",
        "The backup of the book (up to {number}) cannot be written. Received, but not safe: check the disk, then run backup.",
    ),
    "closed": (
        "Có bút toán số {number} sau khi khóa sổ. Đối chiếu với tổ giao dịch.",
        "Entry {number} came after the close. Reconcile it with the team.",
    ),
}


class BookUnknown(Refusal):
    """A book that no pack of this office names, or that belongs to another laptop."""

    code = "intake.book-unknown"
    vi = "Văn phòng không phát gói nào cho sổ {book}. Gửi đúng văn phòng đã lập gói."
    en = "This office gave out no pack for book {book}. Send it to the office that made its pack."


class TrainingBook(Refusal):
    """A session that was held to practise on."""

    code = "intake.training"
    vi = "Sổ {book} là sổ tập huấn, văn phòng không nhận. Muốn giao dịch thật, lập gói khi settings.toml không đặt training."
    en = "Book {book} was written to practise on and no office takes it. For a real session prepare a pack without training set."


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


class _Verdict(NamedTuple):
    """What became of a batch; `standing` is its book folded to the end of it, where it was stored."""

    status: Status
    reason: str
    standing: Standing | None = None


def receive(office: Office, *, batch: bytes) -> bytes:
    """Take a batch and give the acknowledgement, signed.

    Raises `TooLarge`, `Malformed`, `NotForHere`, `OfficeBehind`, `LaptopBehind`, `SignatureWrong`, `NotOpened`, `BatchWrong`,
    `ChainBroken`, `DeviceUnknown`, `DeviceRevoked`, `BookUnknown`, `TrainingBook`, `BookDamaged`,
    `DatabaseUnavailable`: nothing was booked.
    """
    header = envelope.read_header(batch, kind="batch")
    with office.store.reading() as db:
        device = devices.enrolled(db, device=header.sender)
        revoked, letter = device.revoked_s is not None, device.letter
        opened, pack = _open(office, db, batch, device_key=devices.genuine_key(device))
    if revoked:
        _set_aside(office, batch, opened)
        raise devices.DeviceRevoked(letter=letter)
    with office.store.writing() as db:
        verdict = _place(office, db, batch, opened, pack)
    if verdict.standing is not None:
        # Only now: what was not committed is nothing to go on from.
        office.recent.keep(header.subject, verdict.standing)
    return acknowledge(office, book=header.subject, status=verdict.status, reason=verdict.reason)


def _open(office: Office, db: Database, batch: bytes, *, device_key: bytes) -> tuple[Batch, Pack]:
    """The batch and the pack its book was opened under, the laptop's signature checked first."""
    found: list[Pack] = []

    def terms_of(book: bytes) -> Any:
        pack = office.recent.pack(book) or preparation.pack_of(office, db, book=book)
        if pack is None:
            raise BookUnknown(book=book.hex()[:8])
        found.append(pack)
        return pack.terms

    opened = protocol.open_batch(
        batch, office=office.office_id, office_secret=office.seal_secret, device_key=device_key, terms_of=terms_of
    )
    if found[0].device != opened.header.sender:
        raise BookUnknown(book=opened.header.subject.hex()[:8])
    if found[0].terms.parameters.training:
        raise TrainingBook(book=opened.header.subject.hex()[:8])
    return opened, found[0]


def _set_aside(office: Office, batch: bytes, opened: Batch) -> None:
    with office.store.writing() as db:
        # The book's row is what two couriers of one book wait for.
        db.get(Book, opened.header.subject, with_for_update=True)
        digest = _keep_batch(office, db, batch, opened, outcome="revoked")
        if letter := db.get(BatchRow, digest):
            kind, name, raw = _place_in_backup(letter)
            # Nothing was signed for, so a copy that fails takes nothing back; the verb backup makes it later.
            with contextlib.suppress(BackupUnavailable):
                office.backup.keep(kind, name, raw)
        raise_alarm(office, db, kind="revoked", device=opened.header.sender, book=opened.header.subject,
                    number=opened.header.last)  # fmt: skip


def _keep_batch(office: Office, db: Database, batch: bytes, opened: Batch, *, outcome: str) -> bytes:
    """The raw letter, once."""
    digest = keys.digest("batch/1", batch)
    if db.get(BatchRow, digest) is None:
        header = opened.header
        db.add(BatchRow(batch=digest, book=header.subject, device=header.sender, first=header.first,
                        last=header.last, raw=batch, received_s=office.now_s(), outcome=outcome))  # fmt: skip
    return digest


def raise_alarm(office: Office, db: Database, *, kind: str, device: bytes, book: bytes, number: int) -> None:
    """One alarm for one thing, however often it is noticed."""
    alarm = keys.digest("alarm/1", f"{kind}/{number}/".encode(), device, book)[:16]
    if db.get(Alarm, alarm) is None:
        vi, en = (text.format(number=number) for text in _ALARMS[kind])
        db.add(Alarm(alarm=alarm, kind=kind, device=device, book=book, number=number, vi=vi, en=en,
                     raised_s=office.now_s()))  # fmt: skip


def _place(office: Office, db: Database, batch: bytes, opened: Batch, pack: Pack) -> _Verdict:
    """Where this batch belongs in its book, and store what is new of it."""
    header = opened.header
    book = db.get(Book, header.subject, with_for_update=True)
    device = db.get(Device, header.sender)
    if book is None or device is None:
        raise BookUnknown(book=header.subject.hex()[:8])
    device.seen_s = office.now_s()
    db.add(device)
    if header.first > book.received + 1:
        return _Verdict("gap", f"{book.received + 1}")
    forked_at = _fork(db, book, opened)
    if forked_at:
        _freeze(office, db, batch, opened, book, forked_at)
        return _Verdict("fork", str(forked_at))
    if book.frozen:
        if header.last > book.received:
            _keep_batch(office, db, batch, opened, outcome="frozen")
        return _Verdict("fork", book.frozen)
    new_entries = opened.entries[book.received + 1 - header.first :]
    if not new_entries:
        return _Verdict("ok", "")
    digest = _keep_batch(office, db, batch, opened, outcome="stored")
    session = _append(office, db, book, pack, new_entries, digest)
    return _Verdict("ok", "", Standing(pack, session, book.received, book.head))


def _fork(db: Database, book: Book, opened: Batch) -> int:
    """The number at which the batch and the book part, or 0."""
    first = opened.header.first
    rows = db.exec(
        select(EntryRow.number, EntryRow.head).where(
            EntryRow.book == book.book, EntryRow.number >= first - 1, EntryRow.number <= opened.header.last
        )
    )
    held = dict(rows.all())
    if first > 1 and held[first - 1] != opened.prev:
        return first - 1
    for entry, _, head in opened.entries:
        if held.get(entry.number, head) != head:
            return entry.number
    return 0


def _freeze(office: Office, db: Database, batch: bytes, opened: Batch, book: Book, number: int) -> None:
    """Keep the other branch beside ours, and take no more into this book until a person has decided."""
    digest = _keep_batch(office, db, batch, opened, outcome="fork")
    for entry, raw, head in opened.entries:
        if entry.number >= number and db.get(ForkRow, (book.book, entry.number, head)) is None:
            db.add(ForkRow(book=book.book, number=entry.number, head=head, raw=raw, batch=digest))
    book.frozen = book.frozen or str(number)
    db.add(book)
    raise_alarm(office, db, kind="fork", device=book.device, book=book.book, number=number)


def replayed(session: Session, rows: Iterable[tuple[Entry, bytes]], *, book: bytes, head: bytes) -> list[Difference]:
    """Fold (entry, its digest) rows into a session, link by link, and say which break a rule, and what else the officers are told.

    Raises `ChainBroken`: what does not follow is no entry of this book.
    """
    staff_keys = {one.staff_id: one.sign_key for one in session.terms.team}
    found: list[Difference] = []
    for entry, made in rows:
        chain.follows(entry, session=session, book=book, prev=head)
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


def _broken_rule(session: Session, entry: Entry, head: bytes, staff_keys: dict[str, bytes]) -> Fault | None:
    try:
        chain.verify_approvals(entry, session=session, staff_keys=staff_keys)
        approvers = [one.staff_id for one in entry.approvals]
        session.check(entry.body, maker=entry.maker, approvers=approvers, head=head)
    except Fault as fault:
        return fault
    return None


def _append(
    office: Office,
    db: Database,
    book: Book,
    pack: Pack,
    entries: Sequence[tuple[Entry, bytes, bytes]],
    batch: bytes,
) -> Session:
    """Check the new entries against everything before them, and store them with what was found."""
    session = office.recent.take(book.book, number=book.received, head=book.head) or _folded(db, book, pack)
    if (len(session.bodies), session.cash) != (book.received, book.cash):
        raise BookDamaged(book=book.book.hex()[:8])
    was_closed = session.state == "closed"
    found = replayed(session, [(entry, made) for entry, _, made in entries], book=book.book, head=book.head)
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
    row = db.get(PackRow, pack.pack)
    if row and row.superseded:
        raise_alarm(office, db, kind="superseded", device=book.device, book=book.book, number=1)
    return session


def _folded(db: Database, book: Book, pack: Pack) -> Session:
    """The book from its pack and all its stored entries."""
    session = Session(pack.terms)
    rows = db.exec(select(EntryRow.raw).where(EntryRow.book == book.book).order_by(col(EntryRow.number)))
    before = [(from_bytes(Entry, raw), chain.head_of(raw)) for raw in rows]
    replayed(session, before, book=book.book, head=chain.NO_HEAD)
    return session


def _insert(db: Database, book: Book, entries: Sequence[tuple[Entry, bytes, bytes]], batch: bytes) -> None:
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
    rows = db.exec(select(EntryRow.maker, EntryRow.approvers).where(EntryRow.book == book.book).distinct())
    seen = {last.maker} | {name for maker, approvers in rows for name in (maker, *approvers.split(",")) if name}
    book.team = ", ".join(one.full_name for one in session.terms.team if one.staff_id in seen)
    db.add(book)


def acknowledge(office: Office, *, book: bytes, status: Status, reason: str) -> bytes:
    """The office's word on a book as it stands; the word it gave last where nothing has changed.

    Everything received is *safe* once the backup has every batch that brought it.
    """
    received, kept = _backed_up(office, book)
    with office.store.writing() as db:
        row = db.get(Book, book, with_for_update=True)
        if row is None:
            raise BookUnknown(book=book.hex()[:8])
        if kept:
            row.safe = max(row.safe, received)
            db.add(row)
        else:
            raise_alarm(office, db, kind="backup", device=row.device, book=book, number=row.received)
        newest = _newest(db, book)
        ack = _ack(office, db, row, status=status, reason=reason)
        if newest:
            before = from_bytes(Ack, newest.raw)
            same = changed(before, ack_no=0, prev_ack=chain.NO_HEAD, office_s=0, signature=b"")
            if same == ack:
                return newest.raw
            ack = changed(ack, prev_ack=protocol.ack_digest(newest.raw))
        ack = changed(ack, ack_no=newest.ack_no + 1 if newest else 1, office_s=office.now_s())
        signed = protocol.sign_ack(ack, office_seed=office.sign_seed)
        db.add(AckRow(book=book, ack_no=ack.ack_no, raw=signed))
    # If the copy fails now, the next acknowledgement keeps this one too, and says so if it cannot.
    with contextlib.suppress(BackupUnavailable):
        office.backup.keep("acks", _ack_name(book, ack.ack_no), signed)
    return signed


def _place_in_backup(letter: BatchRow) -> tuple[Kind, str, bytes]:
    """A name that sorts by book and number, and is this letter's alone; what was not booked lies apart."""
    name = f"{letter.book.hex()}-{letter.first:06d}-{letter.last:06d}-{letter.batch.hex()[:16]}"
    return _KIND_OF_OUTCOME[letter.outcome], name, letter.raw


def _ack_name(book: bytes, ack_no: int) -> str:
    return f"{book.hex()}-{ack_no:08d}"


def _backed_up(office: Office, book: bytes) -> tuple[int, bool]:
    """How far the book was received, and whether the backup holds every letter of it up to there."""
    with office.store.reading() as db:
        row = db.get(Book, book)
        if row is None:
            raise BookUnknown(book=book.hex()[:8])
        wanted = select(BatchRow).where(
            BatchRow.book == book, (col(BatchRow.last) > row.safe) | (col(BatchRow.outcome) != "stored")
        )
        letters = [_place_in_backup(one) for one in db.exec(wanted)]
        acks = db.exec(select(AckRow).where(AckRow.book == book).order_by(col(AckRow.ack_no).desc()).limit(1)).all()
        received = row.received
    try:
        for kind, name, raw in letters:
            office.backup.keep(kind, name, raw)
        for ack in acks:
            office.backup.keep("acks", _ack_name(book, ack.ack_no), ack.raw)
    except (BackupUnavailable, BackupDiffers):
        return received, False
    return received, True


def _ack(office: Office, db: Database, row: Book, *, status: Status, reason: str) -> Ack:
    """What there is to say, still without number, link, time and signature."""
    found = db.exec(select(EntryRow.head).where(EntryRow.book == row.book, EntryRow.number == row.safe)).first()
    return Ack(
        version=1,
        office=office.office_id,
        device=row.device,
        book=row.book,
        ack_no=0,
        prev_ack=chain.NO_HEAD,
        received=row.received,
        received_head=row.head,
        safe=row.safe,
        safe_head=found if found is not None else chain.NO_HEAD,
        cash=row.cash,
        cash_in=row.cash_in,
        cash_out=row.cash_out,
        status=status,
        reason=reason,
        differences=row.differences,
        office_s=0,
    )


def back_up(office: Office) -> tuple[int, int]:
    """Put into the backup what it lacks, and sign for what became safe; (books, books not yet safe)."""
    with office.store.reading() as db:
        books = list(db.exec(select(Book.book).where(Book.received > 0)))
    for book in books:
        with office.store.reading() as db:
            row = _newest(db, book)
        # A crash between the commit and its acknowledgement leaves a book without one.
        before = from_bytes(Ack, row.raw) if row else None
        acknowledge(office, book=book, status=before.status if before else "ok", reason=before.reason if before else "")
    with office.store.reading() as db:
        unsafe = db.exec(select(Book.book).where(Book.safe < Book.received)).all()
    return len(books), len(unsafe)


def _newest(db: Database, book: bytes) -> AckRow | None:
    return db.exec(select(AckRow).where(AckRow.book == book).order_by(col(AckRow.ack_no).desc()).limit(1)).first()


def newest_ack(office: Office, *, book: bytes) -> bytes:
    """The last acknowledgement of a book. Raises `BookUnknown` where there is none yet."""
    with office.store.reading() as db:
        newest = _newest(db, book)
    if newest is None:
        raise BookUnknown(book=book.hex()[:8])
    return newest.raw


def read_own(office: Office, *, ack: bytes) -> Ack:
    """What an acknowledgement of this office says. Raises `Malformed`, `SignatureWrong`."""
    return protocol.verify_ack(ack, office_key=office.sign_key)
