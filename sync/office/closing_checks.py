"""Every closing sheet that was held against a book: who did it, when, and what came out, kept for good.

A check that did not agree is an exception until somebody settles it with a reason, or until a later check of the same
book agrees in everything that differed. The row itself is never changed.
"""

from collections.abc import Collection, Iterable
from typing import Final, Literal, NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, select

from sync.errors import Refusal
from sync.office.home import Office
from sync.office.store import ClosingCheckRow
from sync.records import Code, Record, Text, from_bytes

Outcome = Literal["agrees", "differs", "not-come"]
Verdict = Literal[
    "agrees", "differs", "altered", "figures-differ", "other-branch", "not-come", "no-book", "not-closed",
    "revoked", "signature-wrong", "unknown-laptop", "damaged",
]  # fmt: skip
# What nobody has to look into: the sheet is the book's, or its book is still on its way.
QUIET: Final = ("agrees", "not-come")
# A reason of one word is none.
NOTE_LETTERS_MIN: Final = 8
NOTE_LETTERS_MAX: Final = 300
# Checks a page shows at once.
ROWS_MAX: Final = 50
_SETTLED: Final = "settled"


class Figure(Record):
    """One figure of a sheet beside the book's; `by_code`: read from the square code and not from print."""

    name: Code
    sheet: Text
    book: Text
    outcome: Outcome
    by_code: bool = False


class _Figures(Record):
    rows: tuple[Figure, ...]


class Check(NamedTuple):
    """One check as it was made; `settled_by` and `note` say who settled it and why, empty where nobody did.

    `about` is the session as people say it, `book` empty where the office holds none. `cleared` is the number of
    a later check that agreed in all that differed, or 0.
    """

    number: int
    book: str
    about: str
    made_s: int
    made_by: str
    verdict: Verdict
    figures: tuple[Figure, ...]
    settled_by: str
    note: str
    cleared: int

    @property
    def open(self) -> bool:
        return self.verdict not in QUIET and not self.settled_by and not self.cleared


class CheckUnknown(Refusal):
    code = "closing.check-unknown"
    vi = "Không có lần đối chiếu số {number} đang chờ xử lý. Tải lại trang Ngoại lệ."
    en = "There is no check {number} waiting to be settled. Load the exceptions again."


class NoteShort(Refusal):
    code = "closing.note-short"
    vi = "Ghi rõ đã tìm ra điều gì (từ {least} đến {most} ký tự) rồi mới đóng được ngoại lệ."
    en = "Say what was found out ({least} to {most} letters); only then is the exception closed."


def keep(
    office: Office, db: Database, *, book: bytes, about: str, who: str, verdict: Verdict, figures: Iterable[Figure]
) -> int:
    """Keep a check; its number."""
    return _add(office, db, book=book, about=about, who=who, verdict=verdict, figures=_Figures(rows=tuple(figures)))


def _add(
    office: Office,
    db: Database,
    *,
    book: bytes,
    about: str,
    who: str,
    verdict: str,
    figures: _Figures,
    settles: int = 0,
    note: str = "",
) -> int:
    row = ClosingCheckRow(
        book=book, about=about, made_s=office.now_s(), made_by=who, verdict=verdict, figures=figures.to_bytes(),
        settles=settles, note=note,
    )  # fmt: skip
    db.add(row)
    db.flush()
    return _number(row)


def _number(row: ClosingCheckRow) -> int:
    """The number the database gave a row that it keeps."""
    return row.number or 0


def settle(office: Office, *, number: int, note: str, who: str) -> None:
    """Close an exception with what was found out. Raises `CheckUnknown`, `NoteShort`."""
    said = " ".join(note.split())
    if not NOTE_LETTERS_MIN <= len(said) <= NOTE_LETTERS_MAX:
        raise NoteShort(least=NOTE_LETTERS_MIN, most=NOTE_LETTERS_MAX)
    with office.store.writing() as db:
        check = next((one for one in unsettled(db) if one.number == number), None)
        if check is None:
            raise CheckUnknown(number=str(number))
        _add(office, db, book=bytes.fromhex(check.book), about=check.about, who=who, verdict=_SETTLED,
             figures=_Figures(rows=()), settles=number, note=said)  # fmt: skip


def of_book(office: Office, *, book: bytes) -> tuple[Check, ...]:
    """The checks of one book, the latest first."""
    with office.store.reading() as db:
        return tuple(reversed(_checks(db, (book,))))[:ROWS_MAX]


def recent(office: Office) -> tuple[Check, ...]:
    """The latest checks of all books, the latest first."""
    with office.store.reading() as db:
        numbers = select(ClosingCheckRow.number, ClosingCheckRow.book).where(ClosingCheckRow.settles == 0)
        latest = dict(db.exec(numbers.order_by(col(ClosingCheckRow.number).desc()).limit(ROWS_MAX)).all())
        return tuple(one for one in reversed(_checks(db, {*latest.values()})) if one.number in latest)


def unsettled(db: Database) -> tuple[Check, ...]:
    """The checks somebody must look into, the latest first."""
    wanted = col(ClosingCheckRow.verdict).not_in((*QUIET, _SETTLED))
    books = set(db.exec(select(ClosingCheckRow.book).where(wanted).distinct()))
    return tuple(one for one in reversed(_checks(db, books)) if one.open)


def _checks(db: Database, books: Collection[bytes]) -> list[Check]:
    """The checks of these books in the order they were made, each with what came of it."""
    if not books:
        return []
    inside = select(ClosingCheckRow).where(col(ClosingCheckRow.book).in_(books))
    rows = list(db.exec(inside.order_by(col(ClosingCheckRow.number))))
    settled = {row.settles: row for row in rows if row.settles}
    made = [(row, from_bytes(_Figures, row.figures).rows) for row in rows if not row.settles]
    agreed = [(row, figures) for row, figures in made if row.verdict == "agrees"]
    found: list[Check] = []
    for row, figures in made:
        off = [one for one in figures if one.outcome == "differs"]
        later = (
            _number(other)
            for other, theirs in agreed
            if other.book == row.book and _number(other) > _number(row) and off and _covers(theirs, off)
        )
        word = settled.get(_number(row))
        found.append(
            Check(
                number=_number(row),
                book=row.book.hex(),
                about=row.about,
                made_s=row.made_s,
                made_by=row.made_by,
                verdict=row.verdict,  # type: ignore[arg-type]  # written by `keep`, and never changed
                figures=figures,
                settled_by=word.made_by if word else "",
                note=word.note if word else "",
                cleared=next(later, 0),
            )
        )
    return found


def _covers(later: Iterable[Figure], off: Iterable[Figure]) -> bool:
    """Whether a later check looked at everything that differed, at a head in no fewer groups and from the same source."""
    seen = {(one.name, one.by_code): len(one.sheet) for one in later}
    return all(
        (one.name, one.by_code) in seen and (one.name != "head" or seen[one.name, one.by_code] >= len(one.sheet))
        for one in off
    )
