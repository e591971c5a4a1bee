"""Dispositions: what the core system did with each line, said once, signed, and given to the laptop that wrote it, and to
whichever went on with its book.

What was said is never changed: a later word is a disposition of its own. All that is asked for at once is taken whole
or not at all, and what is already so is not said again, so a result file may be brought any number of times.
"""

import contextlib
import datetime
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, func, select

from sync import disposition, keys, ledger
from sync.disposition import (
    FINDINGS_MAX,
    NONE_BEFORE,
    OUTCOMES,
    Disposition,
    Finding,
    FindingUnclear,
    Stands,
    booked_line,
)
from sync.errors import Fault, Refusal
from sync.office import cases, devices, findings, lineage, preparation
from sync.office.backup import BackupUnavailable
from sync.office.home import Office
from sync.office.store import Book, Device, DifferenceRow, DispositionRow, LineRow
from sync.projection import Projection
from sync.records import changed, from_bytes, packed, unpacked
from sync.voucher import said as as_kept

# The office's own copy is sealed too, as a pack's is: a backup disk holds no names in clear.
_COPY_INFO = b"dgd/disposition-copy/1\0"
_ID_BYTES = 16
NOTE_LETTERS_MAX = 300


class BookMissing(Refusal):
    """No book with this id, or none that came in."""

    code = "dispose.book-missing"
    vi = "Văn phòng chưa nhận sổ {book}. Chỉ ghi kết quả cho sổ đã nhận."
    en = "The office has no book {book}. Results are kept only for books that came in."


class DispositionMissing(Refusal):
    """A disposition that nobody signed."""

    code = "dispose.missing"
    vi = "Không có kết quả xử lý này. Hỏi lại danh sách của sổ."
    en = "There is no such disposition. Ask for the book's list again."


class OutcomeUnknown(Refusal):
    code = "dispose.outcome-unknown"
    vi = "Không có kết quả “{outcome}”. Dùng một trong: {known}."
    en = "There is no outcome “{outcome}”. Use one of: {known}."


class PutRight(Refusal):
    """A line whose slip was carried out: the money is with the customer."""

    code = "dispose.put-right"
    vi = "Phiếu {number}, dòng {place} đã điều chỉnh tại điểm (sổ {where}). Không đổi kết quả được nữa; có sai thì lập phiếu mới ở phiên sau."
    en = "Voucher {number}, line {place} was put right at a table (book {where}). Its outcome cannot change any more; a mistake is a new voucher of the next session."


class NoteLong(Refusal):
    code = "dispose.note-long"
    vi = "Lý do dài {letters} ký tự, nhiều nhất {most}. Viết gọn lại."
    en = "The reason has {letters} letters; at most {most} are kept. Shorten it."


class Asked(NamedTuple):
    """What somebody says of a line, or of every line of a voucher (`place` 0).

    `account`, `component` and `amount` say where a corrected line was booked; left out, as it was.
    """

    number: int
    place: int
    outcome: str
    core_number: str = ""
    account: str = ""
    component: str = ""
    amount: int | None = None
    note: str = ""


class Disposed(NamedTuple):
    """What was taken: the letters it went into, and how many words were new."""

    letters: tuple[int, ...]
    new: int
    known: int


class Line(NamedTuple):
    """A line of a book, whose it is, and the word that stands on it, if there is one; `done` where it was put right."""

    number: int
    place: int
    who: str
    code: str
    account: str
    component: str
    amount: int
    word: Stands | None
    done: str


class Voucher(NamedTuple):
    """The lines of one voucher with what became of them. `history` are all words on it, the first first."""

    book: str
    point_name: str
    session_date: datetime.date
    text: str
    number: int
    numbers: int
    kind: str
    party_name: str
    cash: int
    lines: tuple[Line, ...]
    history: tuple[tuple[Finding, Disposition], ...]


def dispose(office: Office, *, book: bytes, asked: Sequence[Asked], who: str, note: str = "") -> Disposed:
    """Take these words, all of them or none.

    Raises `BookMissing`, `OutcomeUnknown`, `FindingUnclear`, `PutRight`, `NoteLong`.
    """
    with office.store.writing() as db:
        row = _row(db, book)
        words, done, session = _held(office, db, row)
        made: list[Finding] = []
        for one in asked:
            made += _found(session, one, words=words, done=done)
        # Said twice in one breath, the last counts; what stands already is not said again.
        new = {(one.number, one.place): one for one in made}
        fresh = [one for key, one in sorted(new.items()) if key not in words or words[key].finding != one]
        letters = _keep(office, db, row, fresh, who=who, note=as_kept(note)[:NOTE_LETTERS_MAX])
    with contextlib.suppress(BackupUnavailable):
        back_up(office, book=book)
    return Disposed(letters, len(fresh), len(new) - len(fresh))


def look(office: Office, *, book: bytes, asked: Sequence[Asked]) -> dict[int, Fault]:
    """Which of these words would be refused, by their places from 0; nothing is kept. Raises `BookMissing`."""
    found: dict[int, Fault] = {}
    with office.store.reading() as db:
        row = db.get(Book, book)
        if row is None or not row.received:
            raise BookMissing(book=book.hex()[:8])
        words, done, session = _held(office, db, row)
        for place, one in enumerate(asked):
            try:
                _found(session, one, words=words, done=done)
            except Fault as fault:
                found[place] = fault
    return found


def _row(db: Database, book: bytes) -> Book:
    row = db.get(Book, book, with_for_update=True)
    if row is None or not row.received:
        raise BookMissing(book=book.hex()[:8])
    return row


def _held(
    office: Office, db: Database, row: Book
) -> tuple[dict[tuple[int, int], Stands], dict[tuple[int, int], str], Projection]:
    """What stands, what was put right, and the book as it was folded."""
    pack = preparation.pack_of(office, db, book=row.book)
    if pack is None:
        raise BookMissing(book=row.book.hex()[:8])
    return findings.standing(db, book=row.book), findings.carried_out(db, row), findings.folded(db, row, pack)


def _found(
    session: Projection,
    asked: Asked,
    *,
    words: Mapping[tuple[int, int], Stands],
    done: Mapping[tuple[int, int], str],
) -> list[Finding]:
    """The findings of one word. Raises what `dispose` raises."""
    if asked.outcome not in OUTCOMES:
        raise OutcomeUnknown(outcome=asked.outcome[:40], known=", ".join(OUTCOMES))
    note, core_number = as_kept(asked.note), as_kept(asked.core_number)
    if len(note) > NOTE_LETTERS_MAX:
        raise NoteLong(letters=len(note), most=NOTE_LETTERS_MAX)
    if len(core_number) > 40:
        raise _unclear(asked, "số hạch toán dài quá 40 ký tự")
    lines = session.bodies[asked.number - 1].lines if 1 <= asked.number <= len(session.bodies) else ()
    made = []
    for place in [asked.place] if asked.place else range(1, max(len(lines), 1) + 1):
        one = Finding(
            number=max(asked.number, 0), place=max(place, 0), outcome=next(o for o in OUTCOMES if o == asked.outcome),
            core_number=core_number, reason=note,
        )  # fmt: skip
        if asked.outcome == "corrected" and 1 <= place <= len(lines):
            one = _corrected(asked, one, lines[place - 1])
        disposition.ask_finding(session, one)
        key = (one.number, one.place)
        if key in done and (key not in words or words[key].finding != one):
            raise PutRight(number=str(one.number), place=str(one.place), where=done[key])
        made.append(one)
    return made


def _corrected(asked: Asked, one: Finding, was: ledger.Line) -> Finding:
    amount = was.amount if asked.amount is None else asked.amount
    if len(asked.account) > 40:
        raise _unclear(asked, "số tài khoản dài quá 40 ký tự")
    booked = booked_line(
        was, account=asked.account or was.account, component=asked.component or was.component, amount=amount
    )
    if booked is None or amount <= 0:
        raise _unclear(asked, "thành phần hoặc số tiền hạch toán không đúng")
    if booked == was:
        raise _unclear(asked, "hạch toán đúng như phiếu thì ghi accepted")
    return changed(one, booked=(booked,))


def _unclear(asked: Asked, reason: str) -> FindingUnclear:
    return FindingUnclear(number=str(asked.number), place=str(asked.place or "*"), reason=reason)


def _keep(office: Office, db: Database, row: Book, fresh: Sequence[Finding], *, who: str, note: str) -> tuple[int, ...]:
    """Sign and store what is new, in letters of no more lines than fit."""
    device = devices.enrolled(db, device=row.device)
    last = _last(db, row.book)
    number, prev = (last.disposition_no, last.digest) if last else (0, NONE_BEFORE)
    letters = []
    for begin in range(0, len(fresh), FINDINGS_MAX):
        part, number = fresh[begin : begin + FINDINGS_MAX], number + 1
        made = Disposition(
            version=1, office=office.office_id, device=row.device, book=row.book, disposition_no=number, prev=prev,
            last=row.received, head=row.head, findings=tuple(part), by=as_kept(who)[:80], note=note, office_s=office.now_s(),
        )  # fmt: skip
        raw = disposition.signed(made, office_seed=office.sign_seed)
        prev = _store(office, db, made, raw, device_key=device.seal_key or b"")
        letters.append(number)
    return tuple(letters)


def _store(office: Office, db: Database, made: Disposition, raw: bytes, *, device_key: bytes) -> bytes:
    """A signed disposition, sealed and read out for the pages; its digest."""
    digest = disposition.digest_of(raw)
    sealed = disposition.seal_disposition(raw, device_key=device_key, office_seed=office.sign_seed)
    db.add(
        DispositionRow(
            book=made.book, disposition_no=made.disposition_no, digest=digest, raw=raw, sealed=sealed,
            made_s=made.office_s, made_by=made.by,
        )
    )  # fmt: skip
    for one in made.findings:
        db.add(findings.row_of(made.book, made.disposition_no, one))
    return digest


def _last(db: Database, book: bytes) -> DispositionRow | None:
    wanted = select(DispositionRow).where(DispositionRow.book == book)
    return db.exec(wanted.order_by(col(DispositionRow.disposition_no).desc()).limit(1)).first()


# What laptops fetch


def listed(office: Office, *, book: bytes) -> tuple[bytes, ...]:
    """The ids of a book's dispositions, the first one first."""
    wanted = select(DispositionRow.digest).where(DispositionRow.book == book)
    with office.store.reading() as db:
        return tuple(one[:_ID_BYTES] for one in db.exec(wanted.order_by(col(DispositionRow.disposition_no))))


def letter(office: Office, *, book: bytes, wanted: bytes, to: bytes = b"") -> bytes:
    """A disposition as it is sealed to its laptop, or `to` one that went on with the book. Raises `DispositionMissing`."""
    with office.store.reading() as db:
        for row in db.exec(select(DispositionRow).where(DispositionRow.book == book)):
            if row.digest[:_ID_BYTES] == wanted and (not to or book in _before(db, device=to)):
                return _sealed_to(office, db, row, to) if to else row.sealed
    raise DispositionMissing


def _before(db: Database, *, device: bytes) -> set[bytes]:
    """The books that a laptop in use went on with: those of other laptops, from the first.

    Its own key alone makes it no heir: the resumption is booked, and whatever was wrong with it somebody has found sound.
    """
    held = db.get(Device, device)
    if held is None or held.revoked_s is not None:
        return set()
    mine = select(Book).where(Book.device == device, Book.follows != b"", col(Book.received) > col(Book.begins))
    rows = [row for row in db.exec(mine) if _let_go_on(db, row)]
    return {part.book for row in rows for part in lineage.parts(db, row)[:-1]}


def _let_go_on(db: Database, row: Book) -> bool:
    first = select(DifferenceRow).where(DifferenceRow.book == row.book, DifferenceRow.number == row.begins + 1)
    words = cases.words_on(db, db.exec(first).all())
    return all(word is not None and word.outcome == "sound" for word in words)


def _sealed_to(office: Office, db: Database, row: DispositionRow, device: bytes) -> bytes:
    key = devices.enrolled(db, device=device).seal_key or b""
    return disposition.seal_disposition(row.raw, device_key=key, office_seed=office.sign_seed, to=device)


def letters_of(office: Office, *, device: bytes, since_s: int) -> tuple[bytes, ...]:
    """Every disposition of a laptop's books, and of those it went on with, of which anything was said since then, sealed to it,
    each book's in order."""
    said = select(DispositionRow.book).where(DispositionRow.made_s >= since_s)
    wanted = (
        select(DispositionRow)
        .join(Book, col(Book.book) == col(DispositionRow.book))
        .where(Book.device == device, col(DispositionRow.book).in_(said))
        .order_by(col(DispositionRow.book), col(DispositionRow.disposition_no))
    )
    with office.store.reading() as db:
        before = select(DispositionRow).where(
            col(DispositionRow.book).in_(_before(db, device=device)), col(DispositionRow.book).in_(said)
        )
        carried = db.exec(before.order_by(col(DispositionRow.book), col(DispositionRow.disposition_no))).all()
        return (*(one.sealed for one in db.exec(wanted)), *(_sealed_to(office, db, one, device) for one in carried))


# The second copy


def back_up(office: Office, *, book: bytes | None = None) -> int:
    """Put into the backup what it lacks; how many letters were looked at. Raises `BackupUnavailable`."""
    with office.store.reading() as db:
        wanted = select(DispositionRow)
        rows = db.exec(wanted.where(DispositionRow.book == book) if book else wanted).all()
    held = {name for name, _ in office.backup.letters("dispositions")}
    for row in rows:
        name = f"{row.book.hex()}-{row.disposition_no:08d}-{row.digest.hex()[:16]}"
        if name not in held:
            info = _COPY_INFO + row.digest[:_ID_BYTES]
            copy = keys.seal(keys.seal_public(office.seal_secret), packed(row.raw), info=info)
            office.backup.keep("dispositions", name, row.digest[:_ID_BYTES] + copy)
    return len(rows)


def put_back(office: Office) -> int:
    """Every disposition of the backup, verified, and sealed to its laptop anew; how many."""
    held = 0
    for _, copy in office.backup.letters("dispositions"):
        plain = keys.open_sealed(
            office.seal_secret, copy[_ID_BYTES:], info=_COPY_INFO + copy[:_ID_BYTES], what="disposition"
        )
        raw = unpacked(plain)
        made = disposition.verified(raw, office_key=office.sign_key)
        with office.store.writing() as db:
            if db.get(DispositionRow, (made.book, made.disposition_no)) is None:
                device = devices.enrolled(db, device=made.device)
                _store(office, db, made, raw, device_key=device.seal_key or b"")
                held += 1
    return held


# What the pages show


def voucher(office: Office, *, book: bytes, number: int) -> Voucher:
    """A voucher's lines with what became of them. Raises `BookMissing`."""
    with office.store.reading() as db:
        row = db.get(Book, book)
        if row is None or not 1 <= number <= row.received:
            raise BookMissing(book=book.hex()[:8])
        words, done, session = _held(office, db, row)
    body = session.bodies[number - 1]
    roll = session.roll
    names = {code: one.full_name for code, one in roll.customers.items()}
    lines = []
    for place, one in enumerate(body.lines, start=1):
        who = disposition.person_of(session, body, one)
        at = (number, place)
        lines.append(
            Line(number, place, names.get(who, ""), one.code, one.account, one.component, one.amount, words.get(at), done.get(at, ""))
        )
    said = [(one, made) for made in reversed(history(office, book=book)) for one in made.findings if one.number == number]
    group = roll.groups.get(body.party)
    return Voucher(
        book=book.hex(), point_name=row.point_name, session_date=row.session_date, text=findings.text_of(row, number),
        number=number, numbers=row.received, kind=body.kind,
        party_name=group.group_name if group else names.get(body.party, body.party), cash=body.cash, lines=tuple(lines),
        history=tuple(said),
    )  # fmt: skip


def history(office: Office, *, book: bytes) -> tuple[Disposition, ...]:
    """Everything that was said of a book, the last first."""
    with office.store.reading() as db:
        rows = db.exec(
            select(DispositionRow.raw).where(DispositionRow.book == book).order_by(col(DispositionRow.disposition_no).desc())
        )
        return tuple(from_bytes(Disposition, raw) for raw in rows)


class Came(NamedTuple):
    """How many lines of a book each word stands on (`none`: those nobody said anything of), and the worst by voucher."""

    lines: Mapping[str, int]
    by_voucher: Mapping[int, str]


def came_of(office: Office, *, book: bytes) -> Came:
    """What became of a book so far."""
    with office.store.reading() as db:
        words = findings.standing(db, book=book)
        total = int(db.exec(select(func.count()).select_from(LineRow).where(LineRow.book == book)).one())
    lines: dict[str, int] = {outcome: sum(one.finding.outcome == outcome for one in words.values()) for outcome in OUTCOMES}
    worst: dict[int, str] = {}
    for outcome in ("accepted", "suspense", "corrected", "returned"):
        worst |= {number: outcome for (number, _), one in words.items() if one.finding.outcome == outcome}
    return Came({**lines, "none": total - sum(lines.values())}, worst)
