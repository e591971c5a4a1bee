"""What may be used once in the whole office: an approved slip, a savings card, a slip written by hand.

A laptop knows its own book and its pack. Only here do two tables of one morning, two mornings of one point
and two points of one office meet, so only here is it seen that they used the same thing. What is found is
a difference like any other: the entry stands as it came, and people are told.
"""

from collections.abc import Iterator, Set
from typing import Any, Final, Literal, NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, select

from sync.adjustment import adjusted
from sync.chain import Entry
from sync.errors import Refusal
from sync.office import lineage
from sync.office.store import Book, ClaimRow, EntryRow, ExportCard
from sync.savings import SerialUsed, opening
from sync.voucher import paper_key

Kind = Literal["card", "paper", "adjusted"]
# What a reversal takes back, it no longer claims; a reversal itself claims nothing.
_UNDOES: Final = "reverse"


class SlipPaidElsewhere(Refusal):
    """A slip that another book of this office paid."""

    code = "intake.slip-paid-elsewhere"
    vi = "Phiếu {slip} đã chi ở sổ khác ({book}, số {number}). Đối chiếu ngay với hai tổ giao dịch."
    en = "Slip {slip} was paid in another book ({book}, number {number}). Reconcile with both teams at once."


class CardUsedElsewhere(Refusal):
    """A savings card that was opened in another book of this office."""

    code = "intake.card-used-elsewhere"
    vi = "Thẻ tiết kiệm số {serial} đã mở ở sổ khác ({book}, số {number}). Đối chiếu thẻ với hai tổ giao dịch trước khi cấp số tài khoản."
    en = "Savings card {serial} was opened in another book ({book}, number {number}). Compare the cards with both teams before an account is given."


class CardHeld(Refusal):
    """A savings card that the core system has under another account."""

    code = "intake.card-held"
    vi = "Thẻ tiết kiệm số {serial} đã có ở hệ thống lõi cho tài khoản {account}. Xem lại thẻ với tổ giao dịch trước khi cấp số tài khoản."
    en = "The core system has savings card {serial} under account {account}. Look at the card with the team before an account is given."


class PaperUsedElsewhere(Refusal):
    """A slip written by hand that was keyed in another book of the same point."""

    code = "intake.paper-used-elsewhere"
    vi = "Phiếu viết tay số {paper_no} đã nhập ở sổ khác của điểm này ({book}, số {number}). Xem hai liên giấy, bút toán nào thừa thì đảo ở phiên sau."
    en = "Handwritten slip {paper_no} was keyed in another book of this point ({book}, number {number}). Look at both papers; the one too many is reversed in the next session."


class AdjustedElsewhere(Refusal):
    """A line that another book of this office put right."""

    code = "intake.adjusted-elsewhere"
    vi = "Phiếu điều chỉnh của {line} đã làm ở sổ khác ({book}, số {number}). Đối chiếu ngay với hai tổ giao dịch."
    en = "The adjustment of {line} was carried out in another book ({book}, number {number}). Reconcile with both teams at once."


class Claim(NamedTuple):
    """One thing an entry says it used."""

    kind: Kind
    name: str


def of_entry(entry: Entry) -> tuple[Claim, ...]:
    """The cards an entry opens or adds to under their serial, the lines it puts right, and the paper it was keyed from; each once."""
    body = entry.body
    found: list[Claim] = []
    for one in body.lines if body.kind != _UNDOES else ():
        said = opening(one.account) if one.code == "GK" else None
        if said is not None:
            found.append(Claim("card", said.serial))
    if body.kind == "adjust" and (said_of := adjusted(body.slip)):
        found += [Claim("adjusted", f"{said_of.of}/{place}") for place in said_of.places]
    if paper_no := body.detail("paper_no"):
        found.append(Claim("paper", paper_key(paper_no)))
    return tuple(dict.fromkeys(found))


def kept(db: Database, *, book: bytes, entry: Entry) -> None:
    """Write down what an entry claims."""
    for claim in of_entry(entry):
        db.add(ClaimRow(book=book, number=entry.number, kind=claim.kind, name=claim.name))


def used_elsewhere(db: Database, *, book: Book, entry: Entry, known: Set[tuple[int, str]]) -> Iterator[Refusal]:
    """What an entry uses that was used before, outside its own book.

    `known` are the rules broken so far, as (number, code): what the laptop's own pack shows is not said twice.
    """
    body = entry.body
    if body.kind == "slip" and (other := _slip_paid(db, book=book, slip=body.slip)):
        yield SlipPaidElsewhere(slip=body.slip, book=other[0].hex()[:8], number=str(other[1]))
    for claim in of_entry(entry):
        elsewhere = _claimed(db, book=book, claim=claim)
        if elsewhere:
            where = {"book": elsewhere[0].hex()[:8], "number": str(elsewhere[1])}
            if claim.kind == "card":
                yield CardUsedElsewhere(serial=claim.name, **where)
            elif claim.kind == "adjusted":
                yield AdjustedElsewhere(line=claim.name, **where)
                # A slip of many lines is one slip.
                break
            else:
                yield PaperUsedElsewhere(paper_no=claim.name, **where)
        elif claim.kind == "card" and (entry.number, SerialUsed.code) not in known:
            yield from _held(db, book=book, serial=claim.name, customer_code=body.party)


def stands(db: Database, *, root: bytes, number: int) -> bool:
    """Whether no later entry of its lineage reversed this one."""
    undone = lineage.entries_of(root, EntryRow.number).where(EntryRow.kind == _UNDOES, EntryRow.reverses == number)
    return db.exec(undone).first() is None


def _slip_paid(db: Database, *, book: Book, slip: str) -> tuple[bytes, int] | None:
    wanted = (
        select(EntryRow.book, EntryRow.number, Book.root)
        .join(Book, col(Book.book) == col(EntryRow.book))
        .where(EntryRow.slip == slip, EntryRow.kind == "slip", Book.root != book.root)
    )
    return _first_standing(db, wanted)


def _first_standing(db: Database, wanted: Any) -> tuple[bytes, int] | None:
    """The book and number of the first of (book, number, root) rows that nobody reversed."""
    rows = db.exec(wanted).all()
    return next(((book, number) for book, number, root in rows if stands(db, root=root, number=number)), None)


def _claimed(db: Database, *, book: Book, claim: Claim) -> tuple[bytes, int] | None:
    """Where else a card of this office, or a paper of this point, stands used."""
    wanted = (
        select(ClaimRow.book, ClaimRow.number, Book.root)
        .join(Book, col(Book.book) == col(ClaimRow.book))
        .where(ClaimRow.name == claim.name, ClaimRow.kind == claim.kind, Book.root != book.root)
        .order_by(col(Book.session_date), col(ClaimRow.number))
    )
    if claim.kind == "paper":
        # Every point has pads of its own, numbered from one.
        wanted = wanted.where(Book.point_code == book.point_code)
    return _first_standing(db, wanted)


def _held(db: Database, *, book: Book, serial: str, customer_code: str) -> Iterator[Refusal]:
    """A core system that has booked this very card of this very day holds the same account, and no other."""
    for row in db.exec(select(ExportCard).where(ExportCard.serial == serial).order_by(ExportCard.account_no)):
        if (row.customer_code, row.opened_on) != (customer_code, book.session_date):
            yield CardHeld(serial=serial, account=row.account_no)
            return
