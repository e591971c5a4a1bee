"""An outage: what cannot sign for a while, the laptop's own key or one person's; the book goes on meanwhile.

While the laptop's key is gone its entries carry `NO_SIGNATURE`; while one person can sign with neither PIN nor
passphrase, their approvals do, and they sign on paper. Everything else stays as strict as ever: the links, the
numbers, the totals, the rules and all other signatures. `NO_SIGNATURE` anywhere outside an open outage of that very
thing is a wrong signature, and so is a real one inside it, so that every entry has one form.

An entry is linked to the one before it. The recovery, signed by the laptop and approved for real, names the first and
the last entry of the gap and carries the head of the last: one signature holds all that was not signed. Before it
nothing beyond the gap's beginning leaves the laptop, and a book whose laptop cannot sign is not closed.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sync.errors import Refusal, Unavailable
from sync.projection import LAPTOP, Projection, outage_of
from sync.voucher import Body, DetailUnclear, ReasonMissing, facts, said

# What stands where a signature would, in an outage.
NO_SIGNATURE = bytes(64)
# Who answers for a voucher beside a hand on paper.
OFFICERS = frozenset({"controller", "leader"})


class OutageEmpty(Refusal):
    code = "outage.empty"
    vi = "Chưa ghi cái gì không ký được. Chọn khóa ký của máy hoặc một người duyệt rồi ghi."
    en = "It is not said what cannot sign. Choose the laptop's key or one approver, then post."


class OutageOpen(Refusal):
    code = "outage.open"
    vi = "Sự cố này đã khai ở phiếu số {number} và chưa khắc phục. Không khai lần nữa."
    en = "This outage was declared as {number} and is not over. It is not declared twice."


class NoOutage(Refusal):
    code = "outage.none"
    vi = "Không có sự cố nào như vậy đang mở nên không có gì để khắc phục. Xem lại Nhật ký (F6)."
    en = "No such outage is open, so there is nothing to recover from. Look at the journal (F6)."


class LaptopFirst(Refusal):
    code = "outage.laptop-first"
    vi = "Máy vẫn chưa có lại khóa ký. Lấy lại khóa của máy trước, rồi lập phiếu khắc phục cho cả hai."
    en = "The laptop's own key is still gone. Get it back first, then recover both at once."


class GapDiffers(Refusal):
    code = "outage.gap-differs"
    vi = "Phiếu khắc phục ghi từ số {first} đến số {last}, không đúng khoảng chưa ký của sổ. Lập lại phiếu khắc phục."
    en = "The recovery names vouchers {first} to {last}, which is not what was left unsigned. Make the recovery again."


class GapMoved(Refusal):
    code = "outage.gap-moved"
    vi = "Sổ đã có phiếu mới sau khi lập phiếu khắc phục. Lập lại phiếu khắc phục rồi ký."
    en = "A voucher was posted after the recovery was made. Make it again, then sign."


class CannotSign(Refusal):
    code = "outage.cannot-sign"
    vi = "{staff} đang không ký được nên không duyệt được phiếu này. Mời người khác trong tổ có quyền duyệt."
    en = "{staff} cannot sign now and cannot approve this. Ask another of the team who may."


class PaperAlone(Refusal):
    code = "outage.paper-alone"
    vi = "{staff} đang ký trên giấy, nên phiếu này phải có thêm kiểm soát viên hoặc tổ trưởng còn ký được duyệt cùng. Mời người đó nhập mã PIN của mình."
    en = "{staff} signs on paper now, so a controller or leader who can sign must approve this beside them. Ask that person to enter their own PIN."


class LeaderCannotSign(Refusal):
    code = "outage.leader-cannot-sign"
    vi = "Khoản từ {limit} đ trở lên phải có chữ ký số của tổ trưởng, mà tổ trưởng đang không ký được. Khắc phục sự cố rồi chi, hoặc hẹn phiên sau."
    en = "From {limit} đ on the leader's own signature is needed, and the leader cannot sign. Recover first, or pay in another session."


class CloseUnsigned(Refusal):
    code = "outage.close-unsigned"
    vi = "Máy mất khóa ký từ phiếu số {number} nên chưa khóa sổ được; sổ được giữ nguyên và chờ. Xin văn phòng tệp khóa, nạp vào máy, lập phiếu khắc phục, rồi khóa sổ."
    en = "The laptop has had no key since {number}, so the book is not closed yet; it waits. Get the key file from the office, load it, post the recovery, then close."


class KeyGone(Unavailable):
    code = "outage.key-gone"
    vi = "Máy mất khóa ký nên chưa ghi và chưa gửi được. Bấm Ctrl U để khai sự cố, hoặc nạp tệp khóa của văn phòng."
    en = "The laptop's key is gone: nothing is posted or sent. Press Ctrl U to declare the outage, or load the office's key file."


class KeyBack(Refusal):
    code = "outage.key-back"
    vi = "Máy đã có lại khóa ký. Bấm Ctrl U để lập phiếu khắc phục trước, rồi ghi tiếp."
    en = "The laptop has its key again. Press Ctrl U to post the recovery first, then go on."


class KeyWorks(Refusal):
    code = "outage.key-works"
    vi = "Khóa ký của máy vẫn dùng được nên không khai mất khóa. Ghi phiếu như thường."
    en = "The laptop's key works, so it is not declared gone. Post as usual."


class Gap(NamedTuple):
    """What was posted in an outage, both ends counted, in đồng; `signed_by` is the recovery, 0 while it is open."""

    first: int
    last: int
    entries: int
    cash_in: int
    cash_out: int
    signed_by: int


def plan_outage(_session: Projection, *, device: bool, staff: str, reason: str) -> Body:
    """What cannot sign: the laptop's own key, one person, or both."""
    return Body(kind="outage", details=facts(device="1" if device else "", staff=staff), reason=said(reason))


def plan_recover(session: Projection, *, device: bool, staff: str, head: bytes, reason: str = "") -> Body:
    """The end of it. `head` is that of the newest entry, the last of the gap. Raises `NoOutage`."""
    named = (*((LAPTOP,) if device else ()), *((staff,) if staff else ()))
    if not named or any(one not in session.outages for one in named):
        raise NoOutage
    first, last = min(session.outages[one] for one in named), len(session.bodies)
    details = facts(device="1" if device else "", first=str(first), last=str(last), staff=staff)
    return Body(kind="recover", head=head, details=details, reason=said(reason))


def check_outage(session: Projection, body: Body) -> None:
    """Something, named once, with a reason; one person at a time, and one of the team."""
    named = outage_of(body)
    if not named:
        raise OutageEmpty
    if body.detail("device") not in ("", "1"):
        raise DetailUnclear(name="device", text=body.detail("device")[:40])
    if not body.reason:
        raise ReasonMissing
    for one in named:
        if one and one not in session.roll.staff:
            raise DetailUnclear(name="staff", text=one)
        since = session.outages.get(LAPTOP, 0) if one == LAPTOP else _person_since(session)
        if since:
            raise OutageOpen(number=since)


def _person_since(session: Projection) -> int:
    return max((since for one, since in session.outages.items() if one != LAPTOP), default=0)


def check_recover(session: Projection, body: Body) -> None:
    """Of what is out, the laptop's key before or with a person's, and exactly the gap there is."""
    if LAPTOP in session.outages and LAPTOP not in outage_of(body):
        raise LaptopFirst
    device, staff = bool(body.detail("device")), body.detail("staff")
    if body != plan_recover(session, device=device, staff=staff, head=body.head, reason=body.reason):
        raise GapDiffers(first=body.detail("first") or "?", last=body.detail("last") or "?")


def check_close(session: Projection) -> None:
    """A book whose laptop cannot sign is not closed: nobody could tell later where it ended."""
    if LAPTOP in session.outages:
        raise CloseUnsigned(number=session.outages[LAPTOP])


def check_signers(session: Projection, body: Body, approvers: Sequence[str]) -> None:
    """Whoever cannot sign answers neither for an outage nor for a recovery of something else; nobody for their own outage."""
    named = set(outage_of(body))
    out = set(session.outages) - named if body.kind == "recover" else set(session.outages) | named
    for one in approvers:
        if one in out:
            raise CannotSign(staff=one)


def check_large(session: Projection, approvers: Sequence[str] | None) -> None:
    """What needs the leader by its size needs one who can sign, not on paper; `approvers` None: could there be one?"""
    team = [one.staff_id for one in session.terms.team] if approvers is None else approvers
    staff = session.roll.staff
    if not any(one in staff and staff[one].role == "leader" and one not in session.outages for one in team):
        raise LeaderCannotSign(limit=session.terms.parameters.leader_from)


def paper_alone(session: Projection, body: Body, approvers: Sequence[str]) -> str:
    """Who would sign the next entry on paper with no officer's own signature beside it; empty where nobody does.

    A hand on paper shows nothing to whoever checks the book: alone it would leave every payout to the teller.
    """
    staff = session.roll.staff
    bare = [one for one in approvers if on_paper(session, body, one)]
    able = (one for one in approvers if one in staff and one not in session.outages)
    return "" if any(staff[one].role in OFFICERS for one in able) else next(iter(bare), "")


def check_paper(session: Projection, body: Body, approvers: Sequence[str]) -> None:
    """A hand on paper never stands alone. Raises `PaperAlone`."""
    if alone := paper_alone(session, body, approvers):
        raise PaperAlone(staff=alone)


def unsigned(session: Projection, body: Body) -> bool:
    """Whether the next entry, with this body, goes without the laptop's signature."""
    if body.kind == "recover":
        return False
    return LAPTOP in session.outages or (body.kind == "outage" and LAPTOP in outage_of(body))


def on_paper(session: Projection, body: Body, staff_id: str) -> bool:
    """Whether somebody's approval of the next entry, with this body, stands on paper only."""
    return staff_id in session.outages and body.kind not in ("outage", "recover")


def gaps(session: Projection, *, of: str) -> tuple[Gap, ...]:
    """Every outage of the laptop (`LAPTOP`) or of a person in the book, the first first; the last may be open."""
    found: list[Gap] = []
    first = 0
    for number, body in enumerate(session.bodies, start=1):
        if body.kind == "outage" and of in outage_of(body):
            first = first or number
        elif body.kind == "recover" and first and of in outage_of(body):
            found.append(_gap(session, first, number - 1, signed_by=number))
            first = 0
    return (*found, _gap(session, first, len(session.bodies), signed_by=0)) if first else tuple(found)


def gap_of(session: Projection, body: Body) -> Gap:
    """What a recovery names, as it stands in its own words. Raises `GapDiffers` where they are no numbers of this book."""
    first, last = body.detail("first"), body.detail("last")
    if not (first.isascii() and first.isdigit() and last.isascii() and last.isdigit()):
        raise GapDiffers(first=first or "?", last=last or "?")
    if not 0 < int(first) <= int(last) < len(session.bodies) + 1:
        raise GapDiffers(first=first, last=last)
    return _gap(session, int(first), int(last), signed_by=int(last) + 1)


def _gap(session: Projection, first: int, last: int, *, signed_by: int) -> Gap:
    cash = [body.cash for body in session.bodies[first - 1 : last] if body.kind != "open"]
    return Gap(
        first, last, last - first + 1, sum(one for one in cash if one > 0), -sum(one for one in cash if one < 0), signed_by
    )
