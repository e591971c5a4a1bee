"""The drawer: cash that comes and goes by denomination, who holds it, and what is counted in it.

Every movement between the drawer and the main fund has two sides that acknowledge it, its notes and the
seal of its bag. Cash on the road is recorded with its carriers. A hand-over from one teller to another is
a count that agrees, and both their PINs. A difference is minuted; a false note is kept and written down.

Rules: README, *Rules of the field*.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sync.errors import Refusal
from sync.money import AMOUNT_DIGITS_MAX, DENOMINATIONS, counted
from sync.projection import Projection
from sync.voucher import (
    AmountNotPositive,
    Body,
    CodeNotHere,
    DetailMissing,
    DetailUnclear,
    ReasonMissing,
    VoucherEmpty,
    agree,
    facts,
    line_of,
    listed,
    said,
)

OUTCOMES = ("held", "returned")
# A note's serial as printed: letters and digits, spaces left out.
_SERIAL = re.compile(r"[A-Z0-9]{4,20}", re.ASCII)


class AlreadyOpen(Refusal):
    code = "session.already-open"
    vi = "Phiên này đã mở rồi. Tiếp tục ghi phiếu; không nhận quỹ đầu phiên lần nữa."
    en = "This session is open already. Go on posting; the float is taken once."


class CountFirst(Refusal):
    code = "session.count-first"
    vi = "Chưa kiểm quỹ, hoặc đã ghi phiếu sau lần kiểm gần nhất. Đếm lại tiền theo mệnh giá rồi khóa sổ."
    en = "The cash has not been counted since the last voucher. Count it by denomination, then close."


class CashDiffers(Refusal):
    code = "session.cash-differs"
    vi = "Tiền đếm được {counted} đ, sổ ghi {expected} đ. Đếm lại, hoặc lập biên bản thừa thiếu có tổ trưởng duyệt."
    en = "Counted {counted} đ but the book says {expected} đ. Count again, or minute the difference with the leader."


class NoDifference(Refusal):
    code = "session.no-difference"
    vi = "Quỹ khớp sổ, không có chênh lệch để lập biên bản. Đi tiếp bước khóa sổ."
    en = "The cash agrees with the book, so there is no difference to minute. Go on and close."


class TellerUnknown(Refusal):
    code = "handover.teller-unknown"
    vi = "Người nhận {staff} không phải giao dịch viên khác của phiên này. Chọn giao dịch viên sẽ nhận két."
    en = "{staff} is not another teller of this session. Choose the teller who takes the drawer over."


class NoteUnclear(Refusal):
    code = "counterfeit.note-unclear"
    vi = "Tờ tiền sê-ri “{serial}” mệnh giá {note} chưa ghi đúng. Gõ sê-ri như in trên tờ và một mệnh giá có thật."
    en = "Note “{serial}” of {note} is not written right. Type the serial as printed and a denomination that exists."


class Mix(NamedTuple):
    """Notes for one payment out of a drawer, and đồng that its notes cannot make."""

    notes: Mapping[int, int]
    short: int


def _movement(kind: str, code: str, notes: Mapping[int, int], details: Mapping[str, str] | None) -> Body:
    line = line_of(code, "", "cash", counted(notes))
    return Body(kind=kind, lines=(line,), notes=listed(notes), details=facts(**details or {}))  # type: ignore[arg-type]


def plan_open(_session: Projection, *, notes: Mapping[int, int], details: Mapping[str, str] | None = None) -> Body:
    """The float taken over before anything else, by denomination (UQ); it is the opening count."""
    return _movement("open", "UQ", notes, details)


def plan_float(_session: Projection, *, notes: Mapping[int, int], details: Mapping[str, str] | None = None) -> Body:
    """A further float from the main fund in mid-session (UQ)."""
    return _movement("float", "UQ", notes, details)


def plan_return(_session: Projection, *, notes: Mapping[int, int], details: Mapping[str, str] | None = None) -> Body:
    """Cash back to the main fund (HQ); after a count, what stays in the drawer still counts as counted."""
    return _movement("return", "HQ", notes, details)


def plan_count(_session: Projection, *, notes: Mapping[int, int], blind: str = "") -> Body:
    """The drawer by denomination; `blind` is the controller who counted without being told what to find."""
    return Body(kind="count", notes=listed(notes), details=facts(blind=blind))


def plan_difference(session: Projection, *, reason: str) -> Body:
    """What the count was over (+) or short (-), as a voucher of its own (CL)."""
    off = session.counted - session.cash
    return Body(kind="difference", lines=(line_of("CL", "", "difference", off),), reason=said(reason))


def plan_handover(_session: Projection, *, to: str, notes: Mapping[int, int]) -> Body:
    """The drawer counted and given to another teller, by staff id."""
    return Body(kind="handover", notes=listed(notes), details=facts(to=to))


def plan_transit(
    _session: Projection, *, notes: Mapping[int, int], details: Mapping[str, str], reason: str = ""
) -> Body:
    """Cash on the road: what is in the bag, its seal, from where to where, when it left, who carries it."""
    return Body(kind="transit", notes=listed(notes), details=facts(**details), reason=said(reason))


def plan_counterfeit(
    _session: Projection, *, party: str, notes: Sequence[tuple[str, int]], minutes: str, outcome: str
) -> Body:
    """Notes that were not taken, as (serial, denomination): `held` (false) or `returned` (unfit)."""
    lines = tuple(line_of("TF", "".join(serial.split()).upper(), "counterfeit", note) for serial, note in notes)
    return Body(kind="counterfeit", party=party, lines=lines, details=facts(minutes=minutes, outcome=outcome))


def plan_loss(_session: Projection, *, details: Mapping[str, str], reason: str) -> Body:
    """A loss report: the amount in digits, where, when (HH:MM), who was told; `reason` says what happened."""
    return Body(kind="loss", details=facts(**details), reason=said(reason))


def plan_suspense(
    _session: Projection,
    *,
    amount: int,
    notes: Mapping[int, int],
    reason: str,
    party: str = "",
    details: Mapping[str, str] | None = None,
) -> Body:
    """Money that nobody can place yet (CX); what is found out about it stands in `reason` and `details`."""
    line = line_of("CX", "", "suspense", amount)
    return Body(
        kind="suspense", party=party, lines=(line,), notes=listed(notes), reason=said(reason), details=facts(**details or {})
    )


def plan_close(_session: Projection, *, head: bytes) -> Body:
    """The last entry; `head` is the hash of the one before it."""
    return Body(kind="close", head=head)


# The rules


def check_movement(session: Projection, body: Body) -> None:
    """One line of the right code and account, with notes that come to it."""
    wanted = "HQ" if body.kind == "return" else "UQ"
    if body.kind == "open" and session.state != "prepared":
        raise AlreadyOpen
    if len(body.lines) != 1 or body.lines[0].code != wanted or body.lines[0].account or body.lines[0].amount < 0:
        raise CodeNotHere(transaction=body.lines[0].code if body.lines else wanted)
    if not body.cash and body.kind != "open":
        raise VoucherEmpty
    if body.kind == "return" and session.state == "counted" and -body.cash > session.counted:
        raise CashDiffers(counted=session.counted, expected=session.cash)
    agree(body, abs(body.cash))


def check_count(session: Projection, body: Body) -> None:
    """Notes that exist; a blind count names a controller of the team."""
    counted(dict(body.notes))
    if blind := body.detail("blind"):
        staff = session.roll.staff.get(blind)
        if staff is None or staff.role != "controller":
            raise DetailUnclear(name="blind", text=blind)


def check_difference(session: Projection, body: Body) -> None:
    """Only after a count that differs, for exactly what it is off, with a reason."""
    if session.state != "counted":
        raise CountFirst
    if session.counted == session.cash:
        raise NoDifference
    if not body.reason:
        raise ReasonMissing
    if body != plan_difference(session, reason=body.reason):
        raise CashDiffers(counted=session.counted, expected=session.cash)


def check_handover(session: Projection, body: Body) -> None:
    """To another teller, with the whole drawer counted and right, but for đồng that no note can show."""
    to = session.roll.staff.get(body.detail("to"))
    if to is None or to.role != "teller" or to.staff_id == session.holder:
        raise TellerUnknown(staff=body.detail("to") or "?")
    if abs((found := counted(dict(body.notes))) - session.cash) >= DENOMINATIONS[-1]:
        raise CashDiffers(counted=found, expected=session.cash)


def check_transit(_session: Projection, body: Body) -> None:
    """Who carries how much under which seal."""
    if not body.notes:
        raise VoucherEmpty
    for name in ("carriers", "from", "seal", "to"):
        if not body.detail(name):
            raise DetailMissing(name=name)


def check_counterfeit(session: Projection, body: Body) -> None:
    """Each note once, with its serial and denomination; held under minutes with a number, or given back."""
    known = (session.roll.customers, session.roll.groups, session.roll.organisations)
    if body.party and not any(body.party in one for one in known):
        raise DetailUnclear(name="party", text=body.party[:40])
    if not body.lines:
        raise VoucherEmpty
    for line in body.lines:
        if line.code != "TF":
            raise CodeNotHere(transaction=line.code)
        if not _SERIAL.fullmatch(line.account) or line.amount not in DENOMINATIONS:
            raise NoteUnclear(serial=line.account, note=line.amount)
    if len({line.account for line in body.lines}) != len(body.lines):
        raise NoteUnclear(serial=body.lines[-1].account, note=body.lines[-1].amount)
    if body.detail("outcome") not in OUTCOMES:
        raise DetailUnclear(name="outcome", text=body.detail("outcome"))
    if body.detail("outcome") == "held" and not body.detail("minutes"):
        raise DetailMissing(name="minutes")


def check_loss(_session: Projection, body: Body) -> None:
    """How much, where and what happened."""
    amount = body.detail("amount")
    if not amount.isascii() or not amount.isdigit() or not 0 < len(amount.lstrip("0")) <= AMOUNT_DIGITS_MAX:
        raise DetailUnclear(name="amount", text=amount[:40])
    for name in ("at", "place"):
        if not body.detail(name):
            raise DetailMissing(name=name)
    if not body.reason:
        raise ReasonMissing


def check_suspense(session: Projection, body: Body) -> None:
    """Money that came in, its notes, and why it could not be placed."""
    if len(body.lines) != 1 or body.lines[0].code != "CX" or body.lines[0].account:
        raise CodeNotHere(transaction=body.lines[0].code if body.lines else "CX")
    if body.cash <= 0:
        raise AmountNotPositive(amount=body.cash, line="CX")
    if body.party and body.party not in session.roll.customers and body.party not in session.roll.groups:
        raise DetailUnclear(name="party", text=body.party[:40])
    if not body.reason:
        raise ReasonMissing
    agree(body, body.cash)


def check_close(session: Projection, _body: Body) -> None:
    """Only with a count that agrees with the book."""
    if session.state != "counted":
        raise CountFirst
    if session.counted != session.cash:
        raise CashDiffers(counted=session.counted, expected=session.cash)


# Notes to pay with


def note_mix(amounts: Sequence[int], *, held: Mapping[int, int], smallest: int) -> tuple[Mix, ...]:
    """Notes of the drawer for each payment in turn, the largest first; what the drawer lacks is `short`.

    Nothing below `smallest` is proposed: odd đồng are settled with the person.
    """
    left = dict(held)
    made = []
    for amount in amounts:
        notes: dict[int, int] = {}
        for note in DENOMINATIONS:
            if note < smallest:
                break
            if take := min(amount // note, left.get(note, 0)):
                notes[note] = take
                left[note] -= take
                amount -= note * take
        made.append(Mix(notes, amount))
    return tuple(made)
