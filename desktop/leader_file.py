"""The file a group's leader brings on a stick: any CSV or XLSX, read into rows of text and nothing else.

What comes on a stick is trusted with nothing: its size, its rows and what it unpacks to are limited, no
formula is worked out, and whatever is wrong with it is a `Refusal` that says what to bring instead.
"""

import csv
import datetime
import io
import re
import struct
import unicodedata
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.etree.ElementTree import ParseError

from sync.errors import Refusal

# The list of sixty members with every column of form 13/TD is 20 kB; fifty times that is no list.
BYTES_MAX = 1024 * 1024
# A group has at most sixty members.
ROWS_MAX = 500
COLUMNS_MAX = 40
CELL_LETTERS_MAX = 200
# What a workbook of 1 MB may unpack to: text packs to a tenth, a bomb to a thousandth.
UNPACKED_BYTES_MAX = 16 * 1024 * 1024
_PARTS_MAX = 200
# Excel keeps fifteen digits of a number and makes the rest zeros.
_EXCEL_DIGITS_EXACT = 10**15
_DELIMITERS = "\t;,"
_GROUPING = re.compile(r"(?<=\d),(?=\d{3}(?!\d))", re.ASCII)
_WORKBOOK, _OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class ListUnreadable(Refusal):
    code = "leader-list.unreadable"
    vi = "Không đọc được tệp của Tổ ({reason}). Nhờ tổ trưởng lưu lại thành .xlsx hoặc .csv, hoặc nhập tay trên bảng."
    en = "The leader's file cannot be read ({reason}). Ask the leader to save it as .xlsx or .csv, or type the sheet by hand."


class ListTooLarge(Refusal):
    code = "leader-list.too-large"
    vi = "Tệp dài hơn {kb} kB hoặc {rows} dòng, không phải bảng kê của một Tổ. Kiểm tra lại đã chọn đúng tệp chưa, hoặc nhập tay trên bảng."
    en = "The file is longer than {kb} kB or {rows} rows: not one group's list. Check that it is the right file, or type the sheet by hand."


class ListEmpty(Refusal):
    code = "leader-list.empty"
    vi = "Tệp không có dòng nào. Kiểm tra lại đã chọn đúng tệp chưa, hoặc nhập tay trên bảng."
    en = "The file has no rows. Check that it is the right file, or type the sheet by hand."


class FileRow(NamedTuple):
    """A row that says something. `number` counts from 1 as the leader's own program shows it; cells are NFC, trimmed.

    `separator` stands between the cells of a text file; a workbook has none.
    """

    number: int
    cells: tuple[str, ...]
    separator: str = ""


def read_rows(raw: bytes) -> tuple[FileRow, ...]:
    """Every row of the file that is not blank, in its order.

    Raises `ListUnreadable`, `ListTooLarge`, `ListEmpty`.
    """
    if len(raw) > BYTES_MAX:
        raise _too_large()
    if raw.startswith(_OLD_WORKBOOK):
        raise ListUnreadable(reason=".xls")
    lines, separator = (_workbook(raw), "") if raw.startswith(_WORKBOOK) else _text(raw)
    rows: list[FileRow] = []
    for number, line in enumerate(lines, start=1):
        cells = tuple(_clean(cell) for cell in line[:COLUMNS_MAX])
        if any(cells):
            rows.append(FileRow(number, cells, separator))
        if len(rows) > ROWS_MAX:
            raise _too_large()
    if not rows:
        raise ListEmpty
    return tuple(rows)


def _too_large() -> ListTooLarge:
    return ListTooLarge(kb=BYTES_MAX // 1024, rows=ROWS_MAX)


def _clean(cell: str) -> str:
    return unicodedata.normalize("NFC", " ".join(cell.split()))[:CELL_LETTERS_MAX]


def _text(raw: bytes) -> tuple[list[list[str]], str]:
    """The lines, and what separates their cells."""
    text = _decoded(raw)
    if "\0" in text:
        raise ListUnreadable(reason="NUL")
    # A comma inside `1,330,000` separates no cells, unless nothing else does.
    ungrouped = _GROUPING.sub("", text)
    best: list[list[str]] = []
    score, separator = (-1, -1), ""
    for delimiter in _DELIMITERS:
        try:
            lines = _split(text, delimiter)
            agree = _agreement(_split(ungrouped, delimiter)), _agreement(lines)
        except csv.Error:
            continue
        if agree > score:
            best, score, separator = lines, agree, delimiter
    if not separator:
        raise ListUnreadable(reason="CSV")
    return best, separator


def _split(text: str, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def _agreement(lines: Sequence[Sequence[str]]) -> int:
    """How many cells stand in rows of one width: a wrong separator makes rows of one cell, or of any number."""
    widths = Counter(len(line) for line in lines if any(line))
    return max(((width - 1) * count for width, count in widths.items()), default=0)


def _decoded(raw: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 with one ("Unicode text" of Excel), or the old Vietnamese Windows table."""
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    for coding in ("utf-16",) if wide else ("utf-8-sig", "cp1258"):
        try:
            return raw.decode(coding)
        except UnicodeDecodeError:
            continue
    raise ListUnreadable(reason="UTF-8")


# Whatever a broken archive or sheet makes the libraries raise.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, ParseError, RuntimeError, LookupError, ValueError, TypeError,
    AttributeError, ArithmeticError, AssertionError, EOFError, OSError,
)  # fmt: skip


def _workbook(raw: bytes) -> list[list[str]]:
    """The first sheet that has a row."""
    # Most leaders bring paper: whoever types does not wait for this library.
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            # zipfile gives no more bytes than the directory says, so the directory is what must be small.
            sizes = [part.file_size for part in archive.infolist()]
        if len(sizes) > _PARTS_MAX or sum(sizes) > UNPACKED_BYTES_MAX:
            raise _too_large()
        with warnings.catch_warnings():
            # What the library leaves out (styles, drop-downs) is nothing that is read here.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
            try:
                return next((rows for sheet in book.worksheets if (rows := list(_sheet(sheet)))), [])
            finally:
                book.close()
    except (*_BROKEN, InvalidFileException) as error:
        raise ListUnreadable(reason=type(error).__name__) from error


def _sheet(sheet: object) -> Iterator[list[str]]:
    # What a workbook says its size is may be wrong; its rows are what they are.
    sheet.reset_dimensions()  # type: ignore[attr-defined]
    # Twice the rows of a list leaves room for blank ones; past them stands nothing of a list.
    for row in sheet.iter_rows(values_only=True, max_row=2 * ROWS_MAX, max_col=COLUMNS_MAX):  # type: ignore[attr-defined]
        yield [_cell(value) for value in row]


def _cell(value: object) -> str:
    """A cell as text; a whole number without its `.0`."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _EXCEL_DIGITS_EXACT:
        # The workbook has already lost its last digits: no code and no amount is read from this.
        return f"≈{value}"
    return str(value)
