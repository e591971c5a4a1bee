"""What a laptop says of its closed book to the other one at the table, for the one sheet that holds both.

Carried over the network, on a stick or as the text of a code, it is the same record, signed by the laptop. Where only
the closing sheet itself is at hand, its square code says less: number, head and turnovers, but not what lay in the
drawer and what it is made of.
"""

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


class ClosedBook(Record):
    """A closed book in figures, all in đồng; `number` and `head` are those of its closing entry.

    `opening`, `cash` and `sums` (net, by transaction code) are not known where only the square code of the closing
    sheet was read: None and empty. `signers` are the people who approved the close, by staff id.
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


class Joint(NamedTuple):
    """The closed books of one table by letter; None for one that is open, or of which nothing is known here.

    `mine` is the letter of the laptop that says so.
    """

    books: tuple[tuple[str, ClosedBook | None], ...]
    mine: str

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
    return changed(made, signature=keys.sign(seed, "closed/1", made.to_bytes()))


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


def read_closed(text: str, *, table: Table) -> ClosedBook:
    """The closed book of another laptop of this table, from its own text or from the code of its closing sheet.

    Raises `NotReceipt`, `ReceiptTorn`, `NotOfTable`, `SignatureWrong`.
    """
    said = text.strip(" \t\r\n")
    if said.startswith(RECEIPT_PREFIX):
        return _of_sheet(text, table=table)
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
    keys.verify(seat.sign_key, "closed/1", changed(made, signature=b"").to_bytes(), made.signature, what="closing")
    return made


def _of_sheet(text: str, *, table: Table) -> ClosedBook:
    stub, signature = read_receipt(text)
    seat = _seat(table, stub.book)
    verify_stub(stub, signature, device_key=seat.sign_key)
    # A close moves no money; what was printed of another voucher is no closing sheet.
    if stub.amount or stub.business_date != table.day:
        raise NotOfTable
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
