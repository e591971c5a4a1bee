"""The intake: what a laptop sends, checked again from the beginning and signed for.

In this order: size, the laptop's signature, revocation, opening, unpacking with a limit, the chain,
the rules, one transaction, the backup, the acknowledgement. It is safe to repeat at any point: the
same number with the same head is nothing new, and gets the same answer.

An entry that breaks a rule is still what happened at the table. It is stored as it came and listed
as a difference, and never corrected here. An entry that breaks the chain is not an entry: nothing of
its batch is stored. Two histories at one number are both kept, and the book is frozen.
"""

import contextlib
from typing import Final, NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, select

from sync import chain, keys, protocol
from sync.envelope import Header, read_header
from sync.office import booking, branches, cases, collisions, devices, letters, lineage, preparation
from sync.office.alarms import raise_alarm
from sync.office.backup import BackupDiffers, BackupUnavailable, Kind
from sync.office.home import Office
from sync.office.letters import BookUnknown, Opened
from sync.office.recent import Standing
from sync.office.store import AckRow, BatchRow, Book, Device, EntryRow
from sync.protocol import Ack, Batch, Status
from sync.records import changed, from_bytes

# Where a letter lies in the backup: booked, the other branch of a fork, or from a revoked laptop.
_KIND_OF_OUTCOME: Final[dict[str, Kind]] = {
    "stored": "batches", "fork": "aside", "frozen": "aside", "revoked": "quarantine",
}  # fmt: skip


class _Verdict(NamedTuple):
    """What became of a batch; `standing` is its book folded to the end of it, where it was stored."""

    status: Status
    reason: str
    standing: Standing | None = None


def receive(office: Office, *, batch: bytes) -> bytes:
    """Take a batch and give the acknowledgement, signed.

    Raises `TooLarge`, `Malformed`, `NotForHere`, `OfficeBehind`, `LaptopBehind`, `SignatureWrong`, `NotOpened`, `BatchWrong`,
    `ChainBroken`, `DeviceUnknown`, `DeviceRevoked`, `BookUnknown`, `CarrierUnknown`, `TrainingBook`, `BookDamaged`,
    `DatabaseUnavailable`: nothing was booked.
    """
    with office.store.reading() as db:
        opened = letters.opened(office, db, batch)
        device = db.get(Device, opened.batch.header.sender)
        revoked, letter = device is not None and device.revoked_s is not None, device.letter if device else ""
    if revoked:
        _set_aside(office, batch, opened.batch)
        raise devices.DeviceRevoked(letter=letter)
    with office.store.writing() as db:
        verdict = _place(office, db, batch, opened)
    header = opened.batch.header
    if verdict.standing is not None:
        # Only now: what was not committed is nothing to go on from.
        office.recent.keep(header.subject, verdict.standing)
    said = acknowledge(office, book=header.subject, status=verdict.status, reason=verdict.reason)
    # What fails now is made later: by the next letter, or the verb backup.
    with contextlib.suppress(BackupUnavailable):
        cases.back_up(office, book=header.subject)
    return said


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


def _place(office: Office, db: Database, batch: bytes, opened: Opened) -> _Verdict:
    """Where this batch belongs in its book, and store what is new of it."""
    header, pack = opened.batch.header, opened.pack
    book = _row(db, opened)
    device = db.get(Device, header.sender)
    if book is None:
        raise BookUnknown(book=header.subject.hex()[:8])
    if device is not None:
        device.seen_s = office.now_s()
        db.add(device)
    if book.follows and book.received == book.begins and (verdict := _go_on(office, db, batch, opened, book)):
        return verdict
    if header.first > book.received + 1:
        raise_alarm(office, db, kind="missing", device=book.device, book=book.book, number=header.first - 1)
        return _Verdict("gap", f"{book.received + 1}")
    parted = _parted(db, book, opened.batch)
    if parted:
        return _aside(office, db, batch, opened, book, parted)
    if book.frozen:
        if header.last > book.received:
            _keep_batch(office, db, batch, opened.batch, outcome="frozen")
        return _Verdict("fork", book.frozen)
    new_entries = opened.batch.entries[book.received + 1 - header.first :]
    if not new_entries:
        return _Verdict("ok", "")
    digest = _keep_batch(office, db, batch, opened.batch, outcome="stored")
    session = booking.append(office, db, book, pack, new_entries, digest)
    collisions.look(office, db, book, [entry for entry, _, _ in new_entries], roll=session.roll)
    _told_of_carrying(office, db, header, book)
    return _Verdict("ok", "", Standing(pack, session, book.received, book.head))


def _row(db: Database, opened: Opened) -> Book | None:
    """The book's row, made where another laptop goes on; the first of its lineage is what all couriers of it wait for."""
    subject = opened.batch.header.subject
    book = db.get(Book, subject)
    known = book or (db.get(Book, opened.new[0][1]) if opened.new else None)
    if known is None:
        return None
    db.get(Book, known.root, with_for_update=True, populate_existing=True)
    for pack, follows in opened.new:
        if db.get(Book, pack.book) is None:
            db.add(preparation.empty_book(pack, root=known.root, follows=follows))
            db.flush()
    return db.get(Book, subject, with_for_update=True, populate_existing=True)


def _go_on(office: Office, db: Database, batch: bytes, opened: Opened, book: Book) -> _Verdict | None:
    """Let a book begin where another laptop's ended; None where it does. Its entries wait for all of that one's."""
    header, (entry, _, head) = opened.batch.header, opened.batch.entries[0]
    before = lineage.newest(db, book.root)
    at = lineage.book_at(db, book.root, header.first - 1)
    if before is None or at is None or entry.body.kind != "resume":
        if before is not None:
            raise_alarm(office, db, kind="missing", device=before.device, book=before.book, number=header.first - 1)
        wanted = before or book
        return _Verdict("gap", f"{wanted.received + 1} {wanted.book.hex()}")
    if at.head != opened.batch.prev:
        return _aside(office, db, batch, opened, book, header.first)
    there = lineage.book_at(db, book.root, header.first)
    if there is not None and there.head != head:
        word = branches.decided(db, root=book.root, prev=at.head)
        later = [one for one in lineage.books(db, book.root) if one.follows and one.begins >= at.number]
        # A closed session was counted and signed for by the whole team: one officer's word takes nothing out of it.
        if word is not None or later or before.state == "closed" or not branches.vouched(entry, opened.pack):
            return _aside(office, db, batch, opened, book, header.first)
        _take_over(office, db, book, since=header.first)
    booking.begin(db, book, after=at)
    return None


def _take_over(office: Office, db: Database, book: Book, *, since: int) -> None:
    """What the first laptop wrote after the place where an officer let another one go on is kept beside its book."""
    told = f"máy {book.letter} tiếp nối từ trước số {since}"
    written = booking.unbook(office, db, root=book.root, since=since, note=told, who="")
    for one in {row.book for row in written}:
        if before := db.get(Book, one):
            branches.freeze(office, db, before, number=since, by=book)


def _parted(db: Database, book: Book, batch: Batch) -> int:
    """The number at which the batch and what is booked of its lineage part, or 0."""
    first = batch.header.first
    wanted = lineage.entries_of(book.root, EntryRow.number, EntryRow.head)
    held = dict(db.exec(wanted.where(EntryRow.number >= first - 1, EntryRow.number <= batch.header.last)).all())
    if first > 1 and held.get(first - 1) != batch.prev:
        return first - 1
    for entry, _, head in batch.entries:
        if held.get(entry.number, head) != head:
            return entry.number
    return 0


def _aside(office: Office, db: Database, batch: bytes, opened: Opened, book: Book, number: int) -> _Verdict:
    """Keep the other branch beside ours, and take no more into this book until a person has decided; or as they have."""
    since = max(number, opened.batch.header.first)
    entry, _, head = opened.batch.entries[since - opened.batch.header.first]
    gone = branches.dropped(db, root=book.root, number=since, prev=entry.prev, head=head)
    digest = _keep_batch(office, db, batch, opened.batch, outcome="frozen" if gone else "fork")
    new = branches.keep_beside(db, book=book.book, made=opened.batch.entries, since=since, batch=digest)
    if gone:
        branches.to_enter_again(office, db, book=book.book, number=since, also=new[-1].head if new else b"", gone=new)
        return _Verdict("rejected", str(number))
    there = lineage.book_at(db, book.root, number)
    # What another laptop booked there goes on being taken where an officer let it; else this book and that one wait.
    by = db.get(Book, there.book) if there and there.book != book.book else None
    if by is not None and not (by.follows and number == by.begins + 1 and book.book == by.follows):
        by = None
    branches.freeze(office, db, book, number=number, by=by)
    return _Verdict("fork", str(number))


def _told_of_carrying(office: Office, db: Database, header: Header, book: Book) -> None:
    """Entries of a laptop that was revoked stand where another one vouches for them, and somebody must look."""
    wrote = db.get(Device, book.device)
    if header.sender == book.device or wrote is None or wrote.revoked_s is None:
        return
    raise_alarm(office, db, kind="carried", device=book.device, book=book.book, number=header.last)
    carrier = db.get(Device, header.sender)
    letter = carrier.letter if carrier else "USB"
    cases.raise_case(
        office, db, kind="carried", book=book.book, number=header.last,
        vi=f"Máy {book.letter} đã thu hồi; bút toán đến số {header.last} do máy {letter} đem về và đã ghi sổ. Đối chiếu với biên lai và với phiếu tiếp nối của máy {letter}.",
        en=f"Laptop {book.letter} is revoked; its entries up to {header.last} were carried in by laptop {letter} and booked. Hold them against receipts and laptop {letter}'s resumption.",
    )  # fmt: skip


def tell_of_carrying(office: Office, *, batch: bytes) -> None:
    """The same of a letter that was booked again before its laptop was known to be revoked. Raises `Malformed`."""
    header = read_header(batch, kind="batch")
    with office.store.writing() as db:
        if book := db.get(Book, header.subject):
            _told_of_carrying(office, db, header, book)


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
            row.safe = max(row.safe, min(received, row.received))
            db.add(row)
        else:
            raise_alarm(office, db, kind="backup", device=row.device, book=book, number=row.received)
        newest, since_s = _newest(db, book), 0
        ack = _ack(office, db, row, status=status, reason=reason)
        if newest:
            before = from_bytes(Ack, newest.raw)
            same = changed(before, ack_no=0, prev_ack=chain.NO_HEAD, office_s=0, signature=b"")
            if same == ack:
                return newest.raw
            # A clock that was put right dates nothing before what it follows: laptops go by that.
            ack, since_s = changed(ack, prev_ack=protocol.ack_digest(newest.raw)), before.office_s
        ack = changed(ack, ack_no=newest.ack_no + 1 if newest else 1, office_s=max(office.now_s(), since_s))
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
        # A book that goes on from another is as safe as all before it.
        wanted = select(BatchRow).where(
            col(BatchRow.book).in_(lineage.of(row.root)), (col(BatchRow.last) > row.safe) | (col(BatchRow.outcome) != "stored")
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
    found = db.exec(lineage.entries_of(row.root, EntryRow.head).where(EntryRow.number == row.safe)).first()
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
