"""The core system's result file: a CSV with a row a line of a session, each looked at by itself.

    voucher,line,outcome,core_number,account,component,amount,note

`voucher` is a voucher's number as people read it (TXN0480701-20240415-A-000137); `line` counts from 1, empty or 0
means every line. `outcome` is accepted, suspense, returned or corrected; the rest as `dispositions.Asked` says. A row
that cannot be is named with its reason; the others are taken only where that was asked for.
"""

import csv
import datetime
import io
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, select

from sync.errors import Fault, Refusal
from sync.money import AMOUNT_MAX
from sync.office import dispositions
from sync.office.dispositions import Asked, BookMissing
from sync.office.home import Office
from sync.office.store import Book

COLUMNS: Final = ("voucher", "line", "outcome", "core_number", "account", "component", "amount", "note")
_NEEDED: Final = ("voucher", "outcome")
# Ten sessions of 6,000 lines, each row under 200 bytes.
FILE_BYTES_MAX: Final = 16 * 1024 * 1024
_VOUCHER = re.compile(r"(?P<point>.+)-(?P<day>\d{8})-(?P<letter>[^-]+)-(?P<number>\d{6,9})", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_MONEY = re.compile(r"\d{1,12}", re.ASCII)


class FileUnclear(Refusal):
    code = "results.file-unclear"
    vi = "Tệp kết quả không đúng dạng ({reason}). Cần tệp CSV UTF-8 có các cột: {columns}."
    en = "The result file is not in its form ({reason}). It must be CSV in UTF-8 with the columns: {columns}."


class RowUnclear(Refusal):
    code = "results.row-unclear"
    vi = "Ô “{column}” chưa đúng: “{text}”. Sửa ô đó rồi nạp lại."
    en = "The cell “{column}” is not right: “{text}”. Correct it and load the file again."


class Refused(NamedTuple):
    """A row that was not taken, as a spreadsheet numbers it, and why."""

    row: int
    fault: Fault


class Taken(NamedTuple):
    """What came of a file: new words, those that stood already, and the rows that were refused."""

    new: int
    known: int
    refused: tuple[Refused, ...]


class _Row(NamedTuple):
    row: int
    book: bytes
    asked: Asked


def take(office: Office, *, raw: bytes, who: str, good_only: bool) -> Taken:
    """Take a result file: every row or none, or with `good_only` those that can be. Raises `FileUnclear`."""
    refused: list[Refused] = []
    by_book: dict[bytes, list[_Row]] = {}
    for number, cells in _cells(raw):
        try:
            with office.store.reading() as db:
                row = _read(db, number, cells)
        except Fault as fault:
            refused.append(Refused(number, fault))
        else:
            by_book.setdefault(row.book, []).append(row)
    good: dict[bytes, list[Asked]] = {}
    for book, rows in by_book.items():
        wrong = dispositions.look(office, book=book, asked=[one.asked for one in rows])
        refused += [Refused(rows[at].row, fault) for at, fault in wrong.items()]
        good[book] = [one.asked for at, one in enumerate(rows) if at not in wrong]
    refused.sort()
    if refused and not good_only:
        return Taken(0, 0, tuple(refused))
    made = [dispositions.dispose(office, book=book, asked=asked, who=who) for book, asked in good.items() if asked]
    return Taken(sum(one.new for one in made), sum(one.known for one in made), tuple(refused))


def _cells(raw: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Rows as a spreadsheet numbers them, by column."""
    columns = ",".join(COLUMNS)
    if len(raw) > FILE_BYTES_MAX:
        raise FileUnclear(reason=f"> {FILE_BYTES_MAX} byte", columns=columns)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnclear(reason="UTF-8", columns=columns) from error
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
    try:
        head = [one.strip().lower() for one in next(reader, [])]
        if len(set(head)) != len(head) or not set(_NEEDED) <= set(head) <= set(COLUMNS):
            raise FileUnclear(reason=", ".join(head)[:80] or "—", columns=columns)
        for cells in reader:
            if any(one.strip() for one in cells):
                # What a row lacks at its end is empty; more cells than columns are named below.
                padded = [*cells, *[""] * (len(head) - len(cells))]
                extra = {"": cells[len(head)]} if len(cells) > len(head) else {}
                yield reader.line_num, {**dict(zip(head, (one.strip() for one in padded), strict=False)), **extra}
    except csv.Error as error:
        raise FileUnclear(reason=f"CSV #{reader.line_num}", columns=columns) from error


def _read(db: Database, row: int, cells: Mapping[str, str]) -> _Row:
    """One row as what it asks for. Raises `RowUnclear`, `BookMissing`."""

    def cell(name: str) -> str:
        return cells.get(name, "")

    def unclear(name: str) -> RowUnclear:
        return RowUnclear(column=name or "…", text=cell(name)[:40])

    if "" in cells:
        raise unclear("")
    found = _VOUCHER.fullmatch(cell("voucher"))
    try:
        day = datetime.datetime.strptime(found["day"], "%Y%m%d").date() if found else None  # noqa: DTZ007 a day has no zone
    except ValueError:
        day = None
    if found is None or day is None:
        raise unclear("voucher")
    if cell("line") and not _WHOLE.fullmatch(cell("line")):
        raise unclear("line")
    if cell("amount") and (not _MONEY.fullmatch(cell("amount")) or int(cell("amount")) > AMOUNT_MAX):
        raise unclear("amount")
    number = int(found["number"])
    wanted = select(Book.book).where(
        Book.point_code == found["point"], Book.session_date == day, Book.letter == found["letter"], Book.received >= number
    )
    # A session that was prepared again has two books of one name; the one that has the voucher is meant.
    book = db.exec(wanted.order_by(col(Book.received).desc())).first()
    if book is None:
        raise BookMissing(book=cell("voucher")[:60])
    asked = Asked(
        number, int(cell("line") or 0), cell("outcome").lower(), cell("core_number"), cell("account"), cell("component"),
        int(cell("amount")) if cell("amount") else None, cell("note"),
    )  # fmt: skip
    return _Row(row, book, asked)
