"""Vouchers of some kinds out of all received books, with the names people know: for the pages that list them."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import aliased
from sqlmodel import Session as Database
from sqlmodel import col, func, select

from sync.chain import Entry
from sync.office import preparation
from sync.office.home import Office
from sync.office.store import Book, DifferenceRow, EntryRow
from sync.pack import Pack
from sync.records import from_bytes
from sync.terms import Roll
from sync.voucher import Kind, number_text


class Voucher(NamedTuple):
    """One entry with its session; `reversed_by` is 0 or a number, `names` who is who in its pack."""

    book: str
    point_name: str
    session_date: datetime.date
    text: str
    entry: Entry
    pack: Pack
    names: Mapping[str, str]
    reversed_by: int
    differences: int

    @property
    def maker(self) -> str:
        return self.names.get(self.entry.maker, self.entry.maker)

    @property
    def approvers(self) -> str:
        return ", ".join(self.names.get(one.staff_id, one.staff_id) for one in self.entry.approvals)

    @property
    def party_name(self) -> str:
        return self.names.get(self.entry.body.party, "")


class Wanted(NamedTuple):
    """Which vouchers: of these kinds, and where it is asked for, of one book, of a month, or only those that stand."""

    kinds: tuple[Kind, ...]
    book: bytes | None = None
    month: datetime.date | None = None
    standing: bool = False


def names(roll: Roll) -> Mapping[str, str]:
    """Everybody and every group of a pack by code."""
    return {
        **{code: one.full_name for code, one in roll.customers.items()},
        **{code: one.group_name for code, one in roll.groups.items()},
        **{code: one.org_name for code, one in roll.organisations.items()},
        **{code: one.full_name for code, one in roll.staff.items()},
    }


def month_after(first: datetime.date) -> datetime.date:
    """The first day of the next month."""
    return (first + datetime.timedelta(days=32)).replace(day=1)


def count(db: Database, wanted: Wanted) -> int:
    """How many there are."""
    return int(db.exec(select(func.count()).select_from(_rows(wanted).subquery())).one())


def found(office: Office, db: Database, wanted: Wanted, *, first: int, most: int) -> tuple[Voucher, ...]:
    """At most so many of them after the first ones, the latest session first and its last voucher first."""
    order = (col(Book.session_date).desc(), Book.point_name, Book.letter, col(EntryRow.number).desc())
    rows: Sequence[tuple[EntryRow, Book]] = db.exec(_rows(wanted).order_by(*order).offset(first).limit(most)).all()
    books = {book.book: book for _, book in rows}
    packs = {one: preparation.pack_of(office, db, book=one) for one in books}
    known = {one: names(Roll(pack.terms)) for one, pack in packs.items() if pack is not None}
    undone, wrong = _undone(db, list({one.root for one in books.values()})), _wrong(db, list(books))
    made = []
    for entry, book in rows:
        if (pack := packs[book.book]) is None:
            continue
        at = (book.book, entry.number)
        text = number_text(
            point_code=book.point_code,
            session_date=f"{book.session_date:%Y%m%d}",
            letter=book.letter,
            number=entry.number,
        )
        made.append(
            Voucher(
                book.book.hex(), book.point_name, book.session_date, text, from_bytes(Entry, entry.raw), pack,
                known[book.book], undone.get((book.root, entry.number), 0), wrong.get(at, 0),
            )
        )  # fmt: skip
    return tuple(made)


def _rows(wanted: Wanted) -> Any:
    made = select(EntryRow, Book).join(Book, col(Book.book) == col(EntryRow.book))
    made = made.where(col(EntryRow.kind).in_(wanted.kinds))
    if wanted.book is not None:
        made = made.where(Book.root == select(Book.root).where(Book.book == wanted.book).scalar_subquery())
    if wanted.month is not None:
        made = made.where(Book.session_date >= wanted.month, Book.session_date < month_after(wanted.month))
    if wanted.standing:
        there = aliased(Book)
        later = (
            select(there.root, EntryRow.reverses)
            .join(there, col(there.book) == col(EntryRow.book))
            .where(EntryRow.kind == "reverse")
            .subquery()
        )
        undone = select(later.c.root).where(later.c.root == Book.root, later.c.reverses == EntryRow.number)
        made = made.where(~undone.correlate(Book, EntryRow).exists())
    return made


def _undone(db: Database, roots: Sequence[bytes]) -> dict[tuple[bytes, int], int]:
    """By the first book of the lineage and number, which number reversed it: maybe in the book that went on from it."""
    wanted = (
        select(Book.root, EntryRow.reverses, EntryRow.number)
        .join(Book, col(Book.book) == col(EntryRow.book))
        .where(col(Book.root).in_(roots), EntryRow.kind == "reverse")
    )
    return {(root, undone): number for root, undone, number in db.exec(wanted)}


def _wrong(db: Database, books: Sequence[bytes]) -> dict[tuple[bytes, int], int]:
    wanted = (
        select(DifferenceRow.book, DifferenceRow.number, func.count())
        .where(col(DifferenceRow.book).in_(books))
        .group_by(col(DifferenceRow.book), col(DifferenceRow.number))
    )
    return {(book, number): int(many) for book, number, many in db.exec(wanted)}
