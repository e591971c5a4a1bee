"""What one cell of the core system's export may say.

A reader takes the text of a cell and gives its value, or raises `CellUnclear` with the reason in
both languages. Nothing is guessed: money with a dot, a date with slashes or a rate with five
decimals is a mistake of the export and not a number. Text comes out in NFC with single spaces.
"""

import datetime
import functools
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from sync.money import AMOUNT_MAX

# records.Text and records.Code hold no more than this.
TEXT_LENGTH_MAX = 400
CODE_LENGTH_MAX = 40
# A date outside these years is a slip: the oldest borrower was born after 1900, no loan runs past 2100.
YEARS = range(1900, 2101)
# "No group" in the core system; it stands in no file.
NO_GROUP = "0000000"

Reader = Callable[[str], Any]

# The reason given for an empty cell that must say something, in both languages.
EMPTY = ("ô này không được để trống", "this cell must not be empty")


class CellUnclear(Exception):
    """The reason a cell cannot be read; caught where the row and the column are known."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.vi = vi
        self.en = en


_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]*", re.ASCII)
_MONEY = re.compile(r"[0-9]{1,15}", re.ASCII)
_RATE = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,4}))?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_YEAR = re.compile(r"[0-9]{4}", re.ASCII)
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_SPACES = re.compile(r"\s+")


def text(cell: str) -> str:
    """Any words, whole; runs of spaces and line ends become one space."""
    words = _SPACES.sub(" ", unicodedata.normalize("NFC", cell)).strip()
    if len(words) > TEXT_LENGTH_MAX:
        raise CellUnclear(f"dài hơn {TEXT_LENGTH_MAX} ký tự", f"longer than {TEXT_LENGTH_MAX} characters")
    # Control, direction-changing and private characters would let a name say one thing and show another;
    # U+200C and U+200D join letters in some scripts and are words' own.
    for letter in () if words.isprintable() else words:
        if unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cs", "Cn"} and letter not in "\u200c\u200d":
            raise CellUnclear("có ký tự điều khiển không nhìn thấy", "holds an invisible control character")
    return words


def name(cell: str) -> str:
    """Any words, and at least one."""
    if not (words := text(cell)):
        raise CellUnclear(*EMPTY)
    return words


def word(cell: str) -> str:
    """A short text, at most as long as a code."""
    words = text(cell)
    if len(words) > CODE_LENGTH_MAX:
        raise CellUnclear(f"dài hơn {CODE_LENGTH_MAX} ký tự", f"longer than {CODE_LENGTH_MAX} characters")
    return words


def code(cell: str) -> str:
    """A code joins records, so it is taken to the letter: no spaces, no accents."""
    if len(cell) > CODE_LENGTH_MAX or not _CODE.fullmatch(cell):
        raise CellUnclear(
            "mã chỉ gồm chữ không dấu, số và . _ / -, tối đa 40 ký tự",
            "a code has only unaccented letters, digits and . _ / -, at most 40",
        )
    return cell


def group_code(cell: str) -> str:
    """A group's code, or "" for the core system's "no group"."""
    return "" if cell in ("", NO_GROUP) else code(cell)


def money(cell: str) -> int:
    """Whole đồng, digits only."""
    if not _MONEY.fullmatch(cell) or (amount := int(cell)) > AMOUNT_MAX:
        raise CellUnclear(
            "không phải số tiền đồng (chỉ chữ số, không dấu chấm, phẩy, tối đa 12 chữ số)",
            "not whole đồng (digits only, no separators, at most 12)",
        )
    return amount


def rate(cell: str) -> int:
    """Percent a year with a dot, as parts per million: `8.25` is 82500. At most 100 %, four decimals."""
    found = _RATE.fullmatch(cell)
    if not found or (ppm := int(found[1]) * 10_000 + int((found[2] or "").ljust(4, "0"))) > 1_000_000:
        raise CellUnclear(
            "không phải lãi suất %/năm dạng 8.25 (dấu chấm, tối đa 4 số lẻ, không quá 100)",
            "not a yearly rate in percent such as 8.25 (a dot, at most 4 decimals, at most 100)",
        )
    return ppm


@functools.lru_cache(maxsize=65_536)
def date(cell: str) -> datetime.date:
    """`YYYY-MM-DD`."""
    unclear = CellUnclear("không phải ngày dạng YYYY-MM-DD", "not a date in the form YYYY-MM-DD")
    if not _DATE.fullmatch(cell):
        raise unclear
    try:
        day = datetime.date.fromisoformat(cell)
    except ValueError:
        raise unclear from None
    if day.year not in YEARS:
        raise CellUnclear("năm ngoài khoảng 1900-2100", "a year outside 1900-2100")
    return day


def birth(cell: str) -> str:
    """`YYYY-MM-DD`, or `YYYY` where only the year is known."""
    if _YEAR.fullmatch(cell) and int(cell) in YEARS:
        return cell
    return date(cell).isoformat()


def time(cell: str) -> str:
    """`HH:MM`."""
    if not _TIME.fullmatch(cell):
        raise CellUnclear("không phải giờ dạng HH:MM", "not a time in the form HH:MM")
    return cell


def whole(least: int, most: int) -> Reader:
    """A whole number from `least` to `most`."""

    def read(cell: str) -> int:
        if not _MONEY.fullmatch(cell) or not least <= int(cell) <= most:
            raise CellUnclear(
                f"không phải số nguyên từ {least} đến {most}", f"not a whole number from {least} to {most}"
            )
        return int(cell)

    return read


def one_of(*words: str) -> Reader:
    """One of these words, to the letter."""

    def read(cell: str) -> str:
        if cell not in words:
            listed = ", ".join(words)
            raise CellUnclear(f"phải là một trong: {listed}", f"must be one of: {listed}")
        return cell

    return read


def or_else(reader: Reader, empty: object) -> Reader:
    """`reader`, and `empty` for an empty cell (unknown or none)."""
    return lambda cell: reader(cell) if cell else empty
