"""The office's own sums of a book, worked out by its database from the stored lines.

They are a second reckoning beside the session that is replayed at the intake: nothing here folds vouchers or
asks a rule, so a line that was changed behind the program's back, or a fold that counts wrong, shows as two
answers that differ. All amounts in đồng.
"""

import datetime
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, case, literal
from sqlmodel import Session as Database
from sqlmodel import col, func, select

from sync.errors import Refusal
from sync.office import lineage
from sync.office.home import Office
from sync.office.store import Book, EntryRow, LineRow

# Which way cash goes, as the bank's codes say it (README, Rules of the field); CT and TF move none.
_CASH_IN: Final = ("UQ", "TG", "TQ", "TL", "TT", "GK", "CX", "CL")
_CASH_OUT: Final = ("HQ", "GN", "RT", "RK", "HH", "PU", "TH")
# What a line of these codes takes from the debt or the account it names; others add to it.
_LESSENS: Final = ("TG", "TQ", "TL", "CT", "RT", "RK")
_OF_A_LOAN: Final = ("GN", "TG", "TQ", "TL", "CT")


class CodeSum(NamedTuple):
    """All lines of one transaction code; `amount` is net of reversals."""

    code: str
    lines: int
    amount: int


class AccountSum(NamedTuple):
    """What the lines changed in one component of one loan or account: above zero it grew."""

    account: str
    component: str
    lines: int
    change: int


class Drawer(NamedTuple):
    """Cash: what the session opened with, what came in and went out by voucher, and what that leaves."""

    opening: int
    cash_in: int
    cash_out: int
    closing: int


class BookTotals(NamedTuple):
    """One book, or all books of one session added up (`book` is then empty)."""

    book: str
    letter: str
    entries: int
    lines: int
    by_code: tuple[CodeSum, ...]
    loans: tuple[AccountSum, ...]
    deposits: tuple[AccountSum, ...]
    savings: tuple[AccountSum, ...]
    drawer: Drawer


class NothingReceived(Refusal):
    """No such book, or nothing of it came in yet."""

    code = "totals.nothing-received"
    vi = "Văn phòng chưa nhận bút toán nào của {what}. Kiểm tra lại mã, hoặc chờ máy gửi sổ."
    en = "The office has received no entry of {what}. Check the code, or wait for the laptop to send its book."


def of_book(office: Office, *, book: bytes) -> BookTotals:
    """The sums of one book; of one that goes on from another, with all before it. Raises `NothingReceived`."""
    with office.store.reading() as db:
        row = db.get(Book, book)
        if row is None or not row.received:
            raise NothingReceived(what=book.hex()[:8])
        return _of_line(db, row)


def of_session(
    office: Office, *, point_code: str, session_date: datetime.date
) -> tuple[BookTotals, tuple[BookTotals, ...]]:
    """All books of one session together, and each lineage of them by its laptop's letter. Raises `NothingReceived`."""
    with office.store.reading() as db:
        wanted = select(Book).where(Book.point_code == point_code, Book.session_date == session_date, Book.received > 0)
        rows = db.exec(wanted.order_by(Book.letter, col(Book.book))).all()
        if not rows:
            raise NothingReceived(what=f"{point_code} {session_date:%d/%m/%Y}")
        each = tuple(_of_line(db, row) for row in rows if lineage.whole(db, row) is row)
        return _totals(db, [row.book for row in rows], name="", letter=""), each


def _of_line(db: Database, row: Book) -> BookTotals:
    return _totals(db, [one.book for one in lineage.parts(db, row)], name=row.book.hex(), letter=row.letter)


def _totals(db: Database, books: Sequence[bytes], *, name: str, letter: str) -> BookTotals:
    inside = col(LineRow.book).in_(books)
    entries = db.exec(select(func.count()).select_from(EntryRow).where(col(EntryRow.book).in_(books))).one()
    by_code = _by_code(db, inside)
    held = ("TT", "RT", "CT", "GK", "RK")
    return BookTotals(
        book=name,
        letter=letter,
        entries=int(entries),
        lines=sum(one.lines for one in by_code),
        by_code=by_code,
        loans=_by_account(db, inside, col(LineRow.code).in_(_OF_A_LOAN), LineRow.component != "deposit"),
        deposits=_by_account(db, inside, col(LineRow.code).in_(held), LineRow.component == "deposit"),
        savings=_by_account(db, inside, col(LineRow.code).in_(held), LineRow.component == "savings"),
        drawer=_drawer(db, books),
    )


def _by_code(db: Database, inside: Any) -> tuple[CodeSum, ...]:
    wanted = select(LineRow.code, func.count(), func.sum(LineRow.amount)).where(inside).group_by(LineRow.code)
    found = db.exec(wanted.order_by(LineRow.code))
    return tuple(CodeSum(code, int(lines), int(amount)) for code, lines, amount in found)


def _by_account(db: Database, *conditions: Any) -> tuple[AccountSum, ...]:
    """A disbursed amount is principal from then on, so it is told with the principal."""
    component: ColumnElement[str] = case(
        (col(LineRow.component) == "disbursement", literal("principal")), else_=col(LineRow.component)
    )
    signed = case((col(LineRow.code).in_(_LESSENS), -col(LineRow.amount)), else_=col(LineRow.amount))
    wanted = (
        select(LineRow.account, component, func.count(), func.sum(signed))
        .where(*conditions)
        .group_by(col(LineRow.account), component)
        .order_by(LineRow.account, component)
    )
    return tuple(AccountSum(account, name, int(n), int(change)) for account, name, n, change in db.exec(wanted))


def _drawer(db: Database, books: Sequence[bytes]) -> Drawer:
    """Each voucher moves the drawer once, one way; the first float is no income."""
    moved = func.sum(
        case(
            (col(LineRow.code).in_(_CASH_IN), col(LineRow.amount)),
            (col(LineRow.code).in_(_CASH_OUT), -col(LineRow.amount)),
            else_=0,
        )
    ).label("moved")
    vouchers = (
        select(EntryRow.kind, moved)
        .join(LineRow, (col(LineRow.book) == col(EntryRow.book)) & (col(LineRow.number) == col(EntryRow.number)))
        .where(col(EntryRow.book).in_(books))
        .group_by(col(EntryRow.book), col(EntryRow.number), col(EntryRow.kind))
        .subquery()
    )
    amount, opens = vouchers.c.moved, vouchers.c.kind == "open"
    opening, cash_in, cash_out = db.exec(
        select(
            func.sum(case((opens, amount), else_=0)),
            func.sum(case((~opens & (amount > 0), amount), else_=0)),
            func.sum(case((amount < 0, -amount), else_=0)),
        )
    ).one()
    made = (int(opening or 0), int(cash_in or 0), int(cash_out or 0))
    return Drawer(*made, closing=made[0] + made[1] - made[2])


def answer(totals: BookTotals) -> dict[str, Any]:
    """The same for programs to read: names and numbers."""
    return {
        **totals._asdict(),
        "by_code": {one.code: {"lines": one.lines, "amount": one.amount} for one in totals.by_code},
        **{name: [one._asdict() for one in getattr(totals, name)] for name in ("loans", "deposits", "savings")},
        "drawer": totals.drawer._asdict(),
    }
