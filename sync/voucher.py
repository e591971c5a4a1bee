"""A voucher: what it says, before anybody asks whether the rules allow it.

One visit is one voucher with several lines, one cash amount and one receipt; a group hand-in is one
voucher with lines for each member. A voucher is never edited: what is wrong is reversed and made anew.
"""

import unicodedata
from collections.abc import Mapping
from functools import cached_property
from typing import Literal, NamedTuple

from sync import ledger
from sync.errors import Refusal
from sync.ledger import Line
from sync.money import counted, within
from sync.records import TEXT_LETTERS_MAX, Code, NoteCount, Record, Text, Whole

Kind = Literal["open", "group", "visit", "slip", "reverse", "count", "difference", "close"]


class Body(Record, dict=True):
    """What a voucher says; all else in an entry says where it stands.

    `party` is a customer, group or organisation code; `by` the customer who stands at the table.
    `notes` is a denomination list, largest first. `reverses` is a number, or 0. `head` is the
    hash of the entry before a close, so that three signatures hold the whole book; empty elsewhere.
    """

    kind: Kind
    party: Code = ""
    by: Code = ""
    lines: tuple[Line, ...] = ()
    notes: tuple[NoteCount, ...] = ()
    slip: Code = ""
    reverses: Whole = 0
    reason: Text = ""
    head: bytes = b""

    @cached_property
    def cash(self) -> int:
        """What the voucher brings into the drawer, in đồng; asked so often of each that it is reckoned once."""
        return ledger.cash(self.lines)


class Wish(NamedTuple):
    """A line as somebody asks for it; `amount` None takes all interest due (TL) on that account."""

    code: str
    account: str
    amount: int | None


class VoucherEmpty(Refusal):
    code = "voucher.empty"
    vi = "Phiếu chưa có số tiền nào. Nhập ít nhất một dòng rồi ghi."
    en = "The voucher has no amount. Enter at least one line, then post."


class ReasonMissing(Refusal):
    code = "session.reason-missing"
    vi = "Chưa ghi lý do. Gõ lý do bằng vài chữ rồi ghi lại."
    en = "There is no reason. Type it in a few words and post again."


class ReasonTooLong(Refusal):
    code = "voucher.reason-too-long"
    vi = "Lý do dài {letters} ký tự, nhiều nhất {most}. Viết gọn lại rồi ghi."
    en = "The reason has {letters} characters; at most {most} are kept. Shorten it, then post."


class FieldStray(Refusal):
    code = "voucher.field-stray"
    vi = "Phiếu loại {kind} mang phần “{field}” không thuộc loại phiếu đó. Không ghi; lập lại phiếu."
    en = "A {kind} voucher carries “{field}”, which is no part of it. Not posted; make the voucher again."


class AmountNotPositive(Refusal):
    code = "voucher.amount-not-positive"
    vi = "Số tiền {amount} đ ở dòng {line} phải lớn hơn 0. Sửa dòng đó."
    en = "The amount {amount} đ on line {line} must be above zero. Correct that line."


class CodeNotHere(Refusal):
    code = "voucher.code-not-here"
    vi = "Nghiệp vụ {transaction} không ghi được ở màn hình này. Chọn nghiệp vụ khác."
    en = "Transaction {transaction} cannot be posted here. Choose another."


class NotesDiffer(Refusal):
    code = "cash.notes-differ"
    vi = "Bảng kê tiền cộng được {notes} đ nhưng phiếu ghi {cash} đ. Đếm lại tiền hoặc sửa số nộp."
    en = "The denomination list comes to {notes} đ but the voucher says {cash} đ. Count again or correct the amounts."


def line_of(code: str, account: str, component: str, amount: int) -> Line:
    """A line, said in its own order."""
    return Line(code=code, account=account, component=component, amount=amount)


def listed(notes: Mapping[int, int]) -> tuple[tuple[int, int], ...]:
    """A denomination list, largest note first, empty rows left out. Raises `NotesUnclear`."""
    counted(notes)
    return tuple(sorted(((note, count) for note, count in notes.items() if count), reverse=True))


def said(reason: str) -> str:
    """A reason as it is kept: NFC, with no blanks around it."""
    return unicodedata.normalize("NFC", reason).strip()


# What each kind carries. Anything else could pass for what it is not: a visit that names a slip, a count
# that says it reverses.
_CARRIES: Mapping[str, tuple[str, ...]] = {
    "open": ("lines", "notes"),
    "group": ("party", "by", "lines", "notes"),
    "visit": ("party", "by", "lines", "notes"),
    "slip": ("party", "by", "lines", "slip"),
    "reverse": ("party", "by", "lines", "slip", "reverses", "reason"),
    "count": ("notes",),
    "difference": ("lines", "reason"),
    "close": ("head",),
}
_FIELDS = ("party", "by", "lines", "notes", "slip", "reverses", "reason", "head")
_STRAY = {kind: tuple(field for field in _FIELDS if field not in carried) for kind, carried in _CARRIES.items()}


def well_formed(body: Body) -> None:
    """A body carries what its kind carries, in sizes that can be read again.

    Raises `FieldStray`, `ReasonTooLong`, `AmountTooLarge`, `NotesUnclear`.
    """
    for field in _STRAY[body.kind]:
        if getattr(body, field):
            raise FieldStray(kind=body.kind, field=field)
    if len(body.reason) > TEXT_LETTERS_MAX:
        raise ReasonTooLong(letters=len(body.reason), most=TEXT_LETTERS_MAX)
    for line in body.lines:
        within(line.amount)
    if body.notes and body.notes != listed(dict(body.notes)):
        raise FieldStray(kind=body.kind, field="notes")


def agree(body: Body, cash: int) -> None:
    """The denomination list must come to the cash. Raises `NotesDiffer`, `NotesUnclear`."""
    held = counted(dict(body.notes))
    if held != cash:
        raise NotesDiffer(notes=held, cash=cash)


def number_text(*, point_code: str, session_date: str, letter: str, number: int) -> str:
    """A voucher's number as people read it: `<point>-<yyyyMMdd>-<device>-<000001>`."""
    return f"{point_code}-{session_date}-{letter}-{number:06d}"
