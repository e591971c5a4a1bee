"""What somebody at the office must settle, and what was found out: kept for good, and never edited.

A case is raised once for what it is about, however often that is noticed. It says which vouchers are meant, so that a
team can look for the paper of each. The backup has every case, signed by the office and sealed to it: what an officer
typed in to raise it, and in which order two books came, no letter says again. Each copy names those raised before it, so
one that was taken away there is missed. A difference of one voucher is settled in the same way; a message to a telephone
that was held back for it goes out once somebody has found it sound.
"""

import datetime
from collections.abc import Collection, Iterable, Sequence
from typing import Final, Literal, NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, func, select

from sync import keys
from sync.errors import Fault, Refusal
from sync.office import lineage
from sync.office.closing_checks import NOTE_LETTERS_MAX, NOTE_LETTERS_MIN, NoteShort
from sync.office.home import Office
from sync.office.store import Book, CaseRow, DifferenceRow, Settlement
from sync.records import Amount, Code, Id, Record, Text, Whole, from_bytes

Kind = Literal["fork", "taken-over", "set-aside", "carried", "collision", "rebuilt"]
# `sound`: the voucher stands as it is. `handled`: something was done about it; the note says what.
Outcome = Literal["sound", "handled"]
ROWS_MAX: Final = 200
_COPY_INFO: Final = b"dgd/case-copy/1\0"
# So many of those raised before it a copy names.
_EARLIER_MAX: Final = 8
# A database takes 32,766 values in one question.
_ASKED_MAX: Final = 10_000


class Paper(Record):
    """A voucher that a case is about: its number as printed, what it is, whose, and its cash in đồng."""

    number: Text
    what: Text
    party: Text
    amount: Amount


class _Papers(Record):
    rows: tuple[Paper, ...]


class _Copy(Record):
    """A case as the backup keeps it."""

    case_id: Id
    kind: Code
    book: Id
    number: Whole
    vi: Text
    en: Text
    papers: bytes
    raised_s: Whole
    earlier: tuple[Id, ...]
    signature: bytes = b""


class _Word(Record):
    """A settlement as the backup keeps it."""

    about: Id
    outcome: Code
    note: Text
    made_by: Text
    made_s: Whole
    signature: bytes = b""


class PutBack(NamedTuple):
    """What the backup says of cases: those that a copy or a settlement names, and how many files the office did not sign so."""

    named: frozenset[bytes]
    altered: int


class Case(NamedTuple):
    """A case as it stands; `settled_by` and `note` are empty while it is open. `case_id` is lower-case hex."""

    case_id: str
    kind: str
    book: str
    number: int
    about: str
    session_date: datetime.date | None
    vi: str
    en: str
    papers: tuple[Paper, ...]
    raised_s: int
    settled_by: str
    settled_s: int
    note: str

    @property
    def open(self) -> bool:
        return not self.settled_by


class CaseUnknown(Refusal):
    code = "case.unknown"
    vi = "Không có việc {case} đang chờ giải quyết. Tải lại trang Việc cần giải quyết."
    en = "There is no case {case} waiting to be settled. Load the list of cases again."


class DifferenceUnknown(Refusal):
    code = "case.difference-unknown"
    vi = "Phiếu số {number} của sổ {book} không có khác biệt nào đang chờ xử lý. Tải lại trang Ngoại lệ."
    en = "Voucher {number} of book {book} has no difference waiting to be settled. Load the exceptions again."


def case_id(*, kind: Kind, book: bytes, number: int, also: bytes = b"") -> bytes:
    """What a case goes by. `also` tells apart two that are about the same voucher."""
    return keys.digest("case/1", f"{kind}/{number}/".encode(), book, also)[:16]


def raise_case(
    office: Office,
    db: Database,
    *,
    kind: Kind,
    book: bytes,
    number: int,
    vi: str,
    en: str,
    papers: Sequence[Paper] = (),
    also: bytes = b"",
) -> bytes:
    """One case for one thing, in the transaction of `db`; its id. Raised again it stays as it first was."""
    named = case_id(kind=kind, book=book, number=number, also=also)
    if db.get(CaseRow, named) is None:
        db.add(CaseRow(case_id=named, kind=kind, book=book, number=number, vi=vi, en=en,
                       papers=_Papers(rows=tuple(papers)).to_bytes(), raised_s=office.now_s()))  # fmt: skip
    return named


def difference_id(*, book: bytes, number: int, code: str) -> bytes:
    """What a difference goes by: the rule that one voucher breaks."""
    return keys.digest("difference/1", book, number.to_bytes(8, "big"), code.encode())[:16]


# What was found out


def settle(office: Office, *, case: str, note: str, who: str) -> None:
    """Close a case with what was found out. Raises `CaseUnknown`, `NoteShort`."""
    try:
        named = bytes.fromhex(case)
    except ValueError as error:
        raise CaseUnknown(case=case[:32]) from error
    with office.store.writing() as db:
        row = db.get(CaseRow, named, with_for_update=True)
        if row is None or named in settled(db, (named,)):
            raise CaseUnknown(case=case[:32])
        word = _say(office, db, about=named, outcome="handled", note=_note(note), who=who)
    _back_up(office, word)


def settle_by(office: Office, db: Database, *, case: bytes, note: str, who: str) -> None:
    """A case that something else settles, which is kept in a place of its own."""
    _say(office, db, about=case, outcome="handled", note=note, who=who)


def settle_difference(office: Office, *, book: bytes, number: int, sound: bool, note: str, who: str) -> None:
    """Say of every open difference of a voucher whether the voucher is sound. Raises `DifferenceUnknown`, `NoteShort`."""
    said = _note(note)
    words: list[_Word] = []
    with office.store.writing() as db:
        # The book's row is what two officers wait for.
        db.get(Book, book, with_for_update=True)
        rows = db.exec(select(DifferenceRow).where(DifferenceRow.book == book, DifferenceRow.number == number)).all()
        named = {difference_id(book=book, number=number, code=one.code) for one in rows}
        waiting = sorted(named - settled(db, named).keys())
        if not waiting:
            raise DifferenceUnknown(number=str(number), book=book.hex()[:8])
        for one in waiting:
            words.append(_say(office, db, about=one, outcome="sound" if sound else "handled", note=said, who=who))
    for word in words:
        _back_up(office, word)


def set_difference_aside(office: Office, db: Database, *, book: bytes, number: int, note: str, who: str) -> None:
    """The differences of a voucher that is no longer booked trouble nobody."""
    rows = db.exec(select(DifferenceRow).where(DifferenceRow.book == book, DifferenceRow.number == number)).all()
    named = {difference_id(book=book, number=number, code=one.code) for one in rows}
    for one in sorted(named - settled(db, named).keys()):
        _say(office, db, about=one, outcome="handled", note=note, who=who)


def _note(text: str) -> str:
    said = " ".join(text.split())
    if not NOTE_LETTERS_MIN <= len(said) <= NOTE_LETTERS_MAX:
        raise NoteShort(least=NOTE_LETTERS_MIN, most=NOTE_LETTERS_MAX)
    return said


def _say(office: Office, db: Database, *, about: bytes, outcome: Outcome, note: str, who: str) -> _Word:
    word = _Word(about=about, outcome=outcome, note=note, made_by=who, made_s=office.now_s())
    _keep(db, word)
    return word


def _keep(db: Database, word: _Word) -> None:
    db.add(Settlement(about=word.about, outcome=word.outcome, note=word.note, made_by=word.made_by, made_s=word.made_s))


def _back_up(office: Office, word: _Word) -> None:
    raw = keys.signed(office.sign_seed, "settled/1", word).to_bytes()
    office.backup.keep("settled", f"{word.made_s:012d}-{keys.digest('settled/1', raw)[:8].hex()}", raw)


# In the backup


def back_up(office: Office, *, book: bytes | None = None) -> int:
    """Put into the backup the cases it lacks, of all books or of one and its lineage, with what was found out of each; how many were looked at.

    Raises `BackupUnavailable`.
    """
    wanted = select(CaseRow)
    with office.store.reading() as db:
        if book is not None:
            row = db.get(Book, book)
            wanted = wanted.where(col(CaseRow.book).in_(lineage.of(row.root if row else book)))
        rows = db.exec(wanted).all()
        words = settled(db, {one.case_id for one in rows})
        # Sealed anew it would be other bytes.
        lacking = [(one, _earlier(db, one)) for one in rows if not office.backup.holds("cases", one.case_id.hex())]
    for one, earlier in lacking:
        office.backup.keep("cases", one.case_id.hex(), _sealed(office, one, earlier))
    for word in words.values():
        _back_up(office, _Word(about=word.about, outcome=word.outcome, note=word.note, made_by=word.made_by, made_s=word.made_s))
    return len(rows)


def _sealed(office: Office, row: CaseRow, earlier: tuple[bytes, ...]) -> bytes:
    copy = _Copy(case_id=row.case_id, kind=row.kind, book=row.book, number=row.number, vi=row.vi, en=row.en,
                 papers=row.papers, raised_s=row.raised_s, earlier=earlier)  # fmt: skip
    signed = keys.signed(office.sign_seed, "case-copy/1", copy)
    return keys.seal(office.public().seal_key, signed.to_bytes(), info=_COPY_INFO + row.case_id)


def _earlier(db: Database, row: CaseRow) -> tuple[bytes, ...]:
    before = (col(CaseRow.raised_s) < row.raised_s) | ((col(CaseRow.raised_s) == row.raised_s) & (col(CaseRow.case_id) < row.case_id))
    newest = col(CaseRow.raised_s).desc(), col(CaseRow.case_id).desc()
    return tuple(db.exec(select(CaseRow.case_id).where(before).order_by(*newest).limit(_EARLIER_MAX)))


def put_back(office: Office) -> PutBack:
    """What the backup has of cases, and of settlements in the order they were made; what the office did not sign is left out."""
    copies: dict[bytes, _Copy] = {}
    words: dict[bytes, _Word] = {}
    altered = 0
    for name, raw in office.backup.letters("cases"):
        try:
            plain = keys.open_sealed(office.seal_secret, raw, info=_COPY_INFO + bytes.fromhex(name), what="case")
            one = from_bytes(_Copy, plain)
            keys.verify_signed(office.sign_key, "case-copy/1", one, what="case")
        except (Fault, ValueError):
            altered += 1
            continue
        copies[one.case_id] = one
    for _, raw in office.backup.letters("settled"):
        try:
            word = from_bytes(_Word, raw)
            keys.verify_signed(office.sign_key, "settled/1", word, what="settled")
        except Fault:
            altered += 1
            continue
        words[raw] = word
    with office.store.writing() as db:
        for one in copies.values():
            db.add(CaseRow(case_id=one.case_id, kind=one.kind, book=one.book, number=one.number, vi=one.vi, en=one.en,
                           papers=one.papers, raised_s=one.raised_s))  # fmt: skip
        # A file's name is whatever somebody called it.
        for word in sorted(words.values(), key=lambda one: one.made_s):
            _keep(db, word)
    return PutBack(frozenset(copies) | {earlier for one in copies.values() for earlier in one.earlier}, altered)


def lost(office: Office, back: PutBack) -> int:
    """How many cases the backup names that neither it nor any letter brought back."""
    with office.store.reading() as db:
        return sum(db.get(CaseRow, one) is None for one in back.named)


def names(db: Database, *, case: bytes, paper: str) -> bool:
    """Whether there is such a case, and this paper, by its number as printed, is one that it names."""
    row = db.get(CaseRow, case)
    return row is not None and any(one.number == paper for one in from_bytes(_Papers, row.papers).rows)


def settled(db: Database, about: Collection[bytes]) -> dict[bytes, Settlement]:
    """The latest word on each of these that there is one of."""
    asked, found = list(about), dict[bytes, Settlement]()
    for first in range(0, len(asked), _ASKED_MAX):
        some = col(Settlement.about).in_(asked[first : first + _ASKED_MAX])
        wanted = select(Settlement).where(some).order_by(col(Settlement.number))
        found |= {row.about: row for row in db.exec(wanted)}
    return found


# What there is


def listed(office: Office) -> tuple[Case, ...]:
    """The latest cases, those that wait first, the newest first of each."""
    with office.store.reading() as db:
        rows = db.exec(select(CaseRow).order_by(col(CaseRow.raised_s).desc()).limit(ROWS_MAX)).all()
        found = _cases(db, rows)
    return tuple(sorted(found, key=lambda one: not one.open))


def of_books(db: Database, books: Collection[bytes]) -> tuple[Case, ...]:
    """The cases of these books, the newest first."""
    wanted = select(CaseRow).where(col(CaseRow.book).in_(books)).order_by(col(CaseRow.raised_s).desc())
    return tuple(_cases(db, db.exec(wanted).all()))


def open_count(db: Database) -> int:
    """How many wait."""
    waiting = select(func.count()).select_from(CaseRow).where(col(CaseRow.case_id).not_in(select(Settlement.about)))
    return int(db.exec(waiting).one())


def open_differences(db: Database, rows: Iterable[DifferenceRow]) -> list[DifferenceRow]:
    """Those that nobody has settled."""
    there = [(one, difference_id(book=one.book, number=one.number, code=one.code)) for one in rows]
    words = settled(db, {named for _, named in there})
    return [one for one, named in there if named not in words]


def words_on(db: Database, rows: Iterable[DifferenceRow]) -> list[Settlement | None]:
    """The latest word on each difference, or None."""
    named = [difference_id(book=one.book, number=one.number, code=one.code) for one in rows]
    words = settled(db, set(named))
    return [words.get(one) for one in named]


def doubted(db: Database) -> frozenset[tuple[bytes, int]]:
    """The vouchers, by book and number, with a difference that nobody has found sound."""
    rows = db.exec(select(DifferenceRow)).all()
    sound = set(db.exec(select(Settlement.about).where(Settlement.outcome == "sound")))
    return frozenset(
        (one.book, one.number) for one in rows
        if difference_id(book=one.book, number=one.number, code=one.code) not in sound
    )  # fmt: skip


def _cases(db: Database, rows: Iterable[CaseRow]) -> list[Case]:
    rows = list(rows)
    words = settled(db, {one.case_id for one in rows})
    found = []
    for one in rows:
        book, word = db.get(Book, one.book), words.get(one.case_id)
        found.append(
            Case(
                case_id=one.case_id.hex(),
                kind=one.kind,
                book=one.book.hex(),
                number=one.number,
                about=f"{book.point_name} · máy {book.letter}" if book else one.book.hex()[:8],
                session_date=book.session_date if book else None,
                vi=one.vi,
                en=one.en,
                papers=from_bytes(_Papers, one.papers).rows,
                raised_s=one.raised_s,
                settled_by=word.made_by if word else "",
                settled_s=word.made_s if word else 0,
                note=word.note if word else "",
            )
        )
    return found
