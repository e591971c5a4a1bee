"""The tables of a book's file, a class each, and the values that are read from them: what stands in a row, and in which unit.

`desktop.store` keeps them.
"""

from typing import NamedTuple

from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class BookTable(SQLModel, registry=registry()):
    """Tables of a laptop. The office has tables of the same names, and both may stand in one process."""


class EntryRow(BookTable, table=True):
    """An entry exactly as made: its bytes, their digest and the laptop's signature."""

    __tablename__ = "entry"
    number: int = Field(primary_key=True)
    raw: bytes
    head: bytes
    signature: bytes


class BalanceRow(BookTable, table=True):
    """A projection of pack and entries, kept in the entry's own commit. Đồng."""

    __tablename__ = "balance"
    id: int = Field(primary_key=True)
    account: str
    component: str
    amount: int


class PrintJobRow(BookTable, table=True):
    """One for each entry that makes paper; `sheets` counts what left the printer."""

    __tablename__ = "print_job"
    number: int = Field(primary_key=True)
    sheets: int = 0


class PrintBegunRow(BookTable, table=True):
    """A voucher that was handed to a printer and of which nobody has said yet that its paper is there."""

    __tablename__ = "print_begun"
    number: int = Field(primary_key=True)
    copy_of: int
    sheets: int
    printer: str


class BatchRow(BookTable, table=True):
    """A sealed batch: made once, sent with the same bytes until the office has signed for it."""

    __tablename__ = "batch"
    first: int = Field(primary_key=True)
    last: int
    raw: bytes


class MarkRow(BookTable, table=True):
    """The newest acknowledgement taken: of the book itself (1), and of what other laptops wrote before it (2 and on)."""

    __tablename__ = "mark"
    id: int = Field(default=1, primary_key=True)
    received: int = 0
    safe: int = 0
    ack_no: int = 0
    office_s: int = 0
    differences: int = 0
    status: str = ""
    raw: bytes = b""


class PackRow(BookTable, table=True):
    """The pack this book was made from (one row), packed."""

    __tablename__ = "pack"
    id: int = Field(default=1, primary_key=True)
    schema_version: int
    raw: bytes


class RunRow(BookTable, table=True):
    """A laptop that wrote the book's entries up to number `last`: its pack, packed; in their order from 1."""

    __tablename__ = "run"
    place: int = Field(primary_key=True)
    last: int
    raw: bytes


class SetBackRow(BookTable, table=True):
    """Where this book is one that was put back: not held against the office yet (one row, or none)."""

    __tablename__ = "set_back"
    id: int = Field(default=1, primary_key=True)
    entries: int
    known: int
    since_s: int


class DraftRow(BookTable, table=True):
    """What a person had typed on a page and not posted."""

    __tablename__ = "draft"
    staff_id: str = Field(primary_key=True)
    page: str = Field(primary_key=True)
    text: str


class DispositionRow(BookTable, table=True):
    """What the office said of the book's lines, as it was signed, in the order it was taken."""

    __tablename__ = "disposition"
    place: int | None = Field(default=None, primary_key=True)
    raw: bytes


class Marks(NamedTuple):
    """What the office has signed for: numbers of entries; `office_s` its clock, Unix seconds."""

    received: int
    safe: int
    ack_no: int
    office_s: int
    differences: int
    status: str


# Where paper went that may have come out at another laptop, or before the book was put back.
UNKNOWN_PRINTER = "?"


class Begun(NamedTuple):
    """Paper that may be there: `copy_of` counts reprints (0: the original), `printer` is where it went, as text."""

    number: int
    copy_of: int
    sheets: int
    printer: str


class SetBack(NamedTuple):
    """A book that stands where it once stood: `entries` it had then, `known` the highest number this laptop knows of.

    `since_s` is when that was found, by the laptop's clock. Nothing is posted to it and nothing of it is sent before
    it was held against the office.
    """

    entries: int
    known: int
    since_s: int


class LeaseRow(BookTable, table=True):
    """Who holds a unit that was passed between the laptops of one table: the newest giving this laptop knows of."""

    __tablename__ = "lease"
    unit: str = Field(primary_key=True)
    device: bytes
    epoch: int


class LeaseCountRow(BookTable, table=True):
    """Of another laptop at the table: the newest question put to it, and the newest of its own that was answered."""

    __tablename__ = "lease_count"
    device: bytes = Field(primary_key=True)
    asked: int = 0
    heard: int = 0


class ClosedBesideRow(BookTable, table=True):
    """What another laptop at the table said of its closed book."""

    __tablename__ = "closed_beside"
    device: bytes = Field(primary_key=True)
    raw: bytes
