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

Kind = Literal[
    "open", "group", "visit", "slip", "reverse", "count", "difference", "close",
    "float", "return", "handover", "transit", "counterfeit", "request", "loss", "suspense", "correct", "outage", "recover",
    "resume", "adjust",
]  # fmt: skip


Detail = tuple[Code, Text]

# What may be said of a voucher beside its lines. `seal` is the number on a cash bag, `giver` and `taker` the
# other side of a movement of cash; `cadre` the organisation's cadre who checked the leader's list and `list`
# the sum that list says; `paper_no` and `paper_at` the number and time (HH:MM) of a slip written by hand;
# `card` how the person was known; `blind` the controller who counted without being told what to find. An outage is of
# the `device` (1: the laptop's own key) or of `staff`, one person by id; a recovery names the same and the `first` and
# `last` voucher between. A book that goes on from another laptop's begins by naming that one's `last`.
_BY_HAND = ("paper_at", "paper_no")
DETAILS: Mapping[str, tuple[str, ...]] = {
    "open": ("giver", "seal"),
    "float": ("giver", "seal"),
    "return": ("seal", "taker"),
    "group": ("cadre", "list", *_BY_HAND),
    "visit": ("card", *_BY_HAND),
    "slip": ("card", *_BY_HAND),
    "count": ("blind",),
    "handover": ("to",),
    "transit": ("carriers", "from", "left_at", "seal", "to"),
    "counterfeit": ("minutes", "outcome"),
    "request": ("account", "type", "until"),
    "loss": ("amount", "at", "place", "told"),
    "suspense": ("name", "phone", *_BY_HAND),
    "outage": ("device", "staff"),
    "recover": ("device", "first", "last", "staff"),
    "resume": ("last",),
    "adjust": ("card", *_BY_HAND),
}


class Body(Record, dict=True):
    """What a voucher says; all else in an entry says where it stands.

    `party` is a customer, group or organisation code; `by` the customer who stands at the table.
    `notes` is a denomination list, largest first. `reverses` is a number, or 0. `head` is the
    hash of the entry before a close, so that three signatures hold the whole book, of the entry before a
    recovery, which is the last of what was not signed, and of the last entry of the laptop that is gone on from;
    empty elsewhere.
    `details` are facts with a name, in the order of their names (`DETAILS` says which a kind has).
    `absent` and `unsigned` name the members of a group who did not come, and those whose signature the
    leader's list lacks: what everybody did is not said.
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
    details: tuple[Detail, ...] = ()
    absent: tuple[Code, ...] = ()
    unsigned: tuple[Code, ...] = ()

    def detail(self, name: str) -> str:
        """A fact by its name, empty where it was not said."""
        return dict(self.details).get(name, "")

    @cached_property
    def cash(self) -> int:
        """What the voucher brings into the drawer, in đồng; asked so often of each that it is reckoned once."""
        return ledger.cash(self.lines)


class Wish(NamedTuple):
    """A line as somebody asks for it.

    `amount` None takes all there is: the interest due (TL), the balance held (RT, RK). `component` says what a
    transfer (CT) pays on a loan; empty: in the order money is put against debts.
    """

    code: str
    account: str
    amount: int | None
    component: str = ""


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


class DetailUnclear(Refusal):
    code = "voucher.detail-unclear"
    vi = "Mục “{name}” của phiếu chưa đúng: “{text}”. Sửa lại mục đó rồi ghi."
    en = "The voucher's “{name}” is not right: “{text}”. Correct it, then post."


class DetailMissing(Refusal):
    code = "voucher.detail-missing"
    vi = "Phiếu còn thiếu mục “{name}”. Điền mục đó rồi ghi."
    en = "The voucher lacks its “{name}”. Fill it in, then post."


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
    """A reason as it is kept: NFC, in one line, every run of blanks as one.

    What no paper shows (line ends, and letters that turn the order of others around) counts as a blank.
    """
    shown = "".join(one if one.isprintable() else " " for one in unicodedata.normalize("NFC", reason))
    return " ".join(shown.split())


def paper_key(paper_no: str) -> str:
    """A printed number as it is compared: `a 0012`, `A-0012` and `A0012` are one slip, and so are `0012` and `12`."""
    return "".join(one for one in paper_no.upper() if one.isalnum()).lstrip("0")


def facts(**details: str) -> tuple[Detail, ...]:
    """Details in the order of their names, what is empty left out."""
    found = ((name.rstrip("_"), said(text)) for name, text in details.items())
    return tuple(sorted((name, text) for name, text in found if text))


# What each kind carries. Anything else could pass for what it is not: a visit that names a slip, a count
# that says it reverses.
_CARRIES: Mapping[str, tuple[str, ...]] = {
    "open": ("lines", "notes", "details"),
    "group": ("party", "by", "lines", "notes", "details", "absent", "unsigned"),
    "visit": ("party", "by", "lines", "notes", "details", "reason"),
    "slip": ("party", "by", "lines", "slip", "notes", "details"),
    "reverse": ("party", "by", "lines", "slip", "reverses", "reason"),
    "correct": ("party", "by", "lines", "reverses", "reason"),
    "count": ("notes", "details"),
    "difference": ("lines", "reason"),
    "close": ("head",),
    "float": ("lines", "notes", "details"),
    "return": ("lines", "notes", "details"),
    "handover": ("notes", "details"),
    "transit": ("notes", "details", "reason"),
    "counterfeit": ("party", "by", "lines", "details"),
    "request": ("party", "details", "reason"),
    "loss": ("details", "reason"),
    "suspense": ("party", "lines", "notes", "details", "reason"),
    "outage": ("details", "reason"),
    "recover": ("head", "details", "reason"),
    "resume": ("head", "details", "reason"),
    "adjust": ("party", "by", "lines", "slip", "notes", "details"),
}
_FIELDS = (
    "party", "by", "lines", "notes", "slip", "reverses", "reason", "head", "details", "absent", "unsigned",
)  # fmt: skip
_STRAY = {kind: tuple(field for field in _FIELDS if field not in carried) for kind, carried in _CARRIES.items()}


def well_formed(body: Body) -> None:
    """A body carries what its kind carries, in sizes that can be read again.

    Raises `FieldStray`, `ReasonTooLong`, `AmountTooLarge`, `NotesUnclear`, `DetailUnclear`.
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
    if body.details:
        _details_clear(body)
    for field in ("absent", "unsigned"):
        named = getattr(body, field)
        if named and named != tuple(sorted(set(named))):
            raise FieldStray(kind=body.kind, field=field)


def _details_clear(body: Body) -> None:
    names = [name for name, _ in body.details]
    for name, text in body.details:
        if name not in DETAILS.get(body.kind, ()):
            raise FieldStray(kind=body.kind, field=name)
        if not text or text != said(text) or len(text) > TEXT_LETTERS_MAX:
            raise DetailUnclear(name=name, text=text[:40])
    if names != sorted(set(names)):
        raise FieldStray(kind=body.kind, field="details")


def agree(body: Body, cash: int) -> None:
    """The denomination list must come to the cash. Raises `NotesDiffer`, `NotesUnclear`."""
    held = counted(dict(body.notes))
    if held != cash:
        raise NotesDiffer(notes=held, cash=cash)


def number_text(*, point_code: str, session_date: str, letter: str, number: int) -> str:
    """A voucher's number as people read it: `<point>-<yyyyMMdd>-<device>-<000001>`."""
    return f"{point_code}-{session_date}-{letter}-{number:06d}"
