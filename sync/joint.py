"""What a laptop says of its closed book to the other one at the table, for the one sheet that holds both.

Carried over the network or as a text it is the same record, signed by the laptop. Where only its papers are at hand,
the square code of its closing sheet says number, head and turnovers, and that of its first sheet the float; together
they say what lay in the drawer. What it is made of they do not say.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sync import keys, ledger
from sync.chain import Sealed, verify_stub
from sync.errors import Refusal
from sync.leases import Seat, Table
from sync.receipt import PREFIX as RECEIPT_PREFIX
from sync.receipt import NotReceipt, ReceiptTorn, base45, from_base45, read_receipt
from sync.records import Amount, Code, Digest, Id, Malformed, Record, Whole, changed, from_bytes
from sync.session import Session

VERSION = 1
PREFIX: Final = "DGDC1:"
# Seventeen sums of twelve digits and four codes of staff are below a thousand letters.
TEXT_LETTERS_MAX: Final = 1200


class OtherNotClosed(Refusal):
    code = "joint.not-closed"
    vi = "Máy {letter} chưa khóa sổ. Đợi máy {letter} kiểm quỹ, khóa sổ rồi lấy lại."
    en = "Laptop {letter} has not closed its book. Wait for its count and close, then take it again."


class NotOfTable(Refusal):
    code = "joint.not-of-table"
    vi = "Mã này không phải mã khóa sổ của máy kia trong phiên này. Lấy đúng mã ở biên bản khóa sổ của máy kia."
    en = "This is not the closing code of the other laptop of this session. Take the one of the other laptop's closing sheet."


class ClosingFirst(Refusal):
    code = "joint.closing-first"
    vi = "Đây là mã tờ ứng quỹ của máy {letter}. Quét mã tờ khóa sổ của máy đó trước, rồi quét lại mã này."
    en = "This is the code of laptop {letter}'s float. Scan its closing sheet first, then this one again."


class ClosedBook(Record):
    """A closed book in figures, all in đồng; `number` and `head` are those of its closing entry.

    From the codes of its papers alone there is no signature of the whole, no `sums` (net, by transaction code), and no
    `opening` and `cash` (None) before the code of the float was read. `signers` approved the close, by staff id.
    """

    version: Whole
    table: Digest
    device: Id
    book: Id
    number: Whole
    head: Digest
    cash_in: Amount
    cash_out: Amount
    opening: Amount | None = None
    cash: Amount | None = None
    sums: tuple[tuple[Code, Amount], ...] = ()
    groups_in: Whole = 0
    teller: Code = ""
    signers: tuple[Code, ...] = ()
    closed_s: Whole = 0
    signature: bytes = b""

    @property
    def whole(self) -> bool:
        """All that the laptop itself says of its book, and no mere codes of its papers."""
        return bool(self.signature)


class Joint(NamedTuple):
    """The closed books of one table by letter; None for one that is open, or of which nothing is known here.

    `mine` is the letter of the laptop that says so, `away` the groups that others serve.
    """

    books: tuple[tuple[str, ClosedBook | None], ...]
    mine: str
    away: frozenset[str] = frozenset()

    @property
    def whole(self) -> bool:
        return all(one is not None for _, one in self.books)


def closed_book(session: Session, closing: Sealed, *, table: Table, seed: bytes) -> ClosedBook:
    """A book whose last entry is `closing`, in figures and signed."""
    entry = closing.entry
    made = ClosedBook(
        version=VERSION,
        table=table.digest,
        device=table.mine,
        book=entry.book,
        number=entry.number,
        head=closing.head,
        cash_in=entry.cash_in,
        cash_out=entry.cash_out,
        opening=session.opening,
        cash=entry.cash,
        sums=sums_of(session),
        groups_in=session.groups_in,
        teller=entry.maker,
        signers=tuple(sorted(one.staff_id for one in entry.approvals)),
        closed_s=entry.wall_s,
    )
    return keys.signed(seed, "closed/1", made)


def sums_of(session: Session) -> tuple[tuple[str, int], ...]:
    """What a session comes to by transaction code, net, in the ledger's order: as its closing sheet says it.

    One side of a transfer is what was transferred; a note that was given back was not kept.
    """
    sums: dict[str, int] = {}
    for body in session.bodies:
        for line in body.lines:
            kept = line.code != "TF" or body.detail("outcome") == "held"
            if kept and (line.code != "CT" or line.component == "deposit"):
                sums[line.code] = sums.get(line.code, 0) + line.amount
    return tuple((code, sums[code]) for code in ledger.CASH if code in sums)


def text_of(made: ClosedBook) -> str:
    """As it is read by a scanner, or pasted."""
    return PREFIX + base45(made.to_bytes())


def read_closed(text: str, *, table: Table, known: Sequence[ClosedBook] = ()) -> ClosedBook:
    """The closed book of another laptop of this table, from its own text or from the codes of its papers.

    `known` is what was read before: the code of the float adds to that of the closing sheet. Raises `NotReceipt`,
    `ReceiptTorn`, `NotOfTable`, `ClosingFirst`, `SignatureWrong`.
    """
    said = text.strip(" \t\r\n")
    if said.startswith(RECEIPT_PREFIX):
        return _of_sheet(text, table=table, known=known)
    if not said.startswith(PREFIX):
        raise NotReceipt
    if len(said) > TEXT_LETTERS_MAX:
        raise ReceiptTorn
    try:
        return read_record(from_base45(said[len(PREFIX) :]), table=table)
    except Malformed as error:
        raise ReceiptTorn from error


def read_record(raw: bytes, *, table: Table) -> ClosedBook:
    """The same from its bytes. Raises `Malformed`, `NotOfTable`, `SignatureWrong`."""
    made = from_bytes(ClosedBook, raw)
    seat = _seat(table, made.book)
    if (made.table, made.device) != (table.digest, seat.device):
        raise NotOfTable
    keys.verify_signed(seat.sign_key, "closed/1", made, what="closing")
    return made


def _of_sheet(text: str, *, table: Table, known: Sequence[ClosedBook]) -> ClosedBook:
    stub, signature = read_receipt(text)
    seat = _seat(table, stub.book)
    verify_stub(stub, signature, device_key=seat.sign_key)
    # A close moves no money; what was printed of another voucher is no closing sheet.
    before = next((one for one in known if one.book == stub.book), None)
    if stub.business_date == table.day and stub.number == 1 and stub.amount > 0 and not stub.cash_in:
        if before is None:
            raise ClosingFirst(letter=seat.letter)
        cash = stub.amount + before.cash_in - before.cash_out
        return before if before.whole else changed(before, opening=stub.amount, cash=cash)
    if stub.amount or stub.business_date != table.day:
        raise NotOfTable
    if before is not None and (before.number, before.head) == (stub.number, stub.digest):
        return before
    return ClosedBook(
        version=VERSION, table=table.digest, device=seat.device, book=stub.book, number=stub.number, head=stub.digest,
        cash_in=stub.cash_in, cash_out=stub.cash_out,
    )  # fmt: skip


def _seat(table: Table, book: bytes) -> Seat:
    """Whose book it is: its id begins with its laptop's. Raises `NotOfTable`."""
    seat = next((one for one in table.others if one.device[:8] == book[:8]), None)
    if seat is None:
        raise NotOfTable
    return seat
