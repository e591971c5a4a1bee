"""A session's life, and the rules a voucher must meet: the same code at the table and at the office.

A `Body` is what a voucher says. `plan_…` makes one from what people want (cash handed in, an amount
to pay) and refuses what the rules forbid; `check` asks the same of a body that somebody else made;
`apply` takes a checked body into the balances (`projection`).

Prepared → open → counted → closed; the marks of the office make it sent and acknowledged. Cash that
moves after a count makes the count stale, and the session is open again.

Who may do what: only tellers move cash, and only the one who holds the drawer. An approver is never the
maker, and has the role the voucher asks for. Rules: README, *Rules of the field*.
"""

from collections.abc import Callable, Mapping, Sequence

from sync import adjustment, drawer, handin, ledger, outage, requests, resumption, reversal, slips, visit, voucher
from sync.errors import Refusal
from sync.ledger import COMPONENTS
from sync.money import within
from sync.projection import Projection
from sync.voucher import Body, CodeNotHere, Kind

Roles = frozenset[str]
_CONTROLLER, _LEADER, _TELLER = frozenset({"controller"}), frozenset({"leader"}), frozenset({"teller"})
_EITHER = _CONTROLLER | _LEADER
# Who must approve each kind, whatever it says: one of each of these roles.
_APPROVERS: Mapping[str, tuple[Roles, ...]] = {
    "open": (_EITHER,),
    "float": (_EITHER,),
    "return": (_EITHER,),
    "slip": (_CONTROLLER,),
    "reverse": (_EITHER,),
    "correct": (_EITHER,),
    "handover": (_TELLER, _TELLER),
    "transit": (_EITHER,),
    "counterfeit": (_CONTROLLER,),
    "loss": (_EITHER,),
    "suspense": (_EITHER,),
    "resume": (_EITHER,),
    "adjust": (_CONTROLLER,),
    "close": (_TELLER, _CONTROLLER, _LEADER),
}
# What pays people out.
_PAYS = ("visit", "slip", "adjust")
# Written down by anybody of the team; everything else moves cash or counts it, and is the teller's.
_ANYBODY = ("request", "loss", "transit", "outage", "recover", "resume")
# What may stand before the float: the key, or the whole laptop, may be gone from the first minute on.
_BEFORE_OPENING = ("open", "outage", "recover", "resume")


class NotOpen(Refusal):
    code = "session.not-open"
    vi = "Phiên chưa mở. Nhận quỹ đầu phiên (F5) rồi mới ghi phiếu."
    en = "The session is not open. Take over the float (F5) before posting."


class Closed(Refusal):
    code = "session.closed"
    vi = "Phiên đã khóa sổ, không ghi thêm được. Giao dịch phát sinh sau để sang phiên sau hoặc gọi văn phòng."
    en = "The session is closed and takes no more vouchers. Leave it for the next session or call the office."


class ApprovalMissing(Refusal):
    code = "session.approval-missing"
    vi = "Phiếu này phải có người thứ hai duyệt ({roles}). Mời người đó nhập mã PIN của mình."
    en = "A second person must approve this ({roles}). Ask them to enter their own PIN."


class MakerApproves(Refusal):
    code = "session.maker-approves"
    vi = "Người lập phiếu không được tự duyệt. Mời kiểm soát viên hoặc tổ trưởng duyệt."
    en = "Whoever makes a voucher cannot approve it. Ask the controller or the leader."


class NotTeller(Refusal):
    code = "session.not-teller"
    vi = "Người dùng {staff} không phải giao dịch viên của phiên này nên không lập phiếu được. Mời giao dịch viên đăng nhập."
    en = "User {staff} is not a teller of this session and cannot make vouchers. Ask the teller to unlock."


class NotHolder(Refusal):
    code = "session.not-holder"
    vi = "Két đang do {holder} giữ nên {staff} chưa lập phiếu được. Làm bàn giao két ở màn hình Quỹ (F5) trước."
    en = "{holder} holds the drawer, so {staff} cannot make vouchers yet. Hand the drawer over on the cash page (F5) first."


class CashShort(Refusal):
    code = "cash.short"
    vi = "Quỹ còn {held} đ, không đủ chi {wanted} đ. Thu thêm hoặc xin tiếp quỹ rồi ghi lại."
    en = "The drawer holds {held} đ, not enough to pay {wanted} đ. Take in more cash or ask for a float, then post again."


class HeadMoved(Refusal):
    code = "session.head-moved"
    vi = "Sổ đã có phiếu mới sau khi ký. Kiểm quỹ và ký khóa sổ lại."
    en = "A voucher was posted after the signatures. Count and sign the close again."


# What is said of one head and of no other, and what it is refused with where that head moved.
_OF_A_HEAD: Mapping[str, type[Refusal]] = {
    "close": HeadMoved, "recover": outage.GapMoved, "resume": resumption.ResumeDiffers,
}  # fmt: skip


class Session(Projection):
    """A projection with its rules: what may be posted next, by whom, and who must approve it."""

    plan_open = drawer.plan_open
    plan_float = drawer.plan_float
    plan_return = drawer.plan_return
    plan_count = drawer.plan_count
    plan_difference = drawer.plan_difference
    plan_handover = drawer.plan_handover
    plan_transit = drawer.plan_transit
    plan_counterfeit = drawer.plan_counterfeit
    plan_loss = drawer.plan_loss
    plan_suspense = drawer.plan_suspense
    plan_close = drawer.plan_close
    plan_group = handin.plan_group
    plan_correct = handin.plan_correct
    plan_visit = visit.plan_visit
    plan_slip = slips.plan_slip
    plan_adjust = adjustment.plan_adjust
    plan_reverse = reversal.plan_reverse
    plan_request = requests.plan_request
    plan_outage = outage.plan_outage
    plan_recover = outage.plan_recover
    plan_resume = resumption.plan_resume

    def approvers(self, body: Body) -> tuple[Roles, ...]:
        """Who must approve: for each, the roles of which one will do."""
        parameters = self.terms.parameters
        if body.kind == "count":
            return (_CONTROLLER,) if body.detail("blind") else ()
        if body.kind in ("outage", "recover"):
            return self._outage_approvers(body)
        if body.kind == "difference":
            # The day's small ones together: a large one must not pass as many of them.
            most = parameters.difference_tolerance
            sums = (abs(one.cash) for one in self.bodies if one.kind == "difference")
            small = abs(body.cash) + sum(one for one in sums if one <= most) <= most
            return (_EITHER if small else _LEADER,)
        wanted = list(_APPROVERS.get(body.kind, ()))
        if body.kind == "visit":
            pays_out = any(line.code in ("RT", "RK") for line in body.lines)
            wanted += [_CONTROLLER] if pays_out or visit.principal_first(self, body) else []
        if self._large(body):
            wanted = [*(_CONTROLLER if one == _EITHER else one for one in wanted), _LEADER]
        return tuple(wanted)

    def _outage_approvers(self, body: Body) -> tuple[Roles, ...]:
        """An outage is another officer's to approve, who can sign; a recovery is signed by whom it gives back, too."""
        able = frozenset(one.role for one in self.terms.team if one.staff_id not in self.outages)
        person = self.roll.staff.get(body.detail("staff"))
        if body.kind == "outage" and person is not None:
            return (_CONTROLLER if person.role == "leader" else _LEADER,)
        if body.kind == "recover" and person is not None:
            own = frozenset({person.role})
            return (own,) if own <= _EITHER or not body.detail("device") else (own, _EITHER & able)
        return (_EITHER & able,)

    def _large(self, body: Body) -> bool:
        """Whether the leader answers for a voucher by its size."""
        limit = self.terms.parameters.leader_from
        return bool(limit) and self._paid_out(body) >= limit

    def _paid_out(self, body: Body) -> int:
        """What a voucher pays out, with what its party was paid before it today: a sum is not split to stay small.

        Taking a voucher back pays out what it gives back; cash to the main fund is no payment.
        """
        if body.kind in ("reverse", "correct"):
            return -body.cash
        paid = _pays(body)
        if not paid:
            return 0
        earlier = enumerate(self.bodies, start=1)
        theirs = (one for number, one in earlier if one.party == body.party and one.kind in _PAYS and number not in self.reversed)
        return paid + sum(_pays(one) for one in theirs)

    def check(self, body: Body, *, maker: str, approvers: Sequence[str] | None, head: bytes) -> None:
        """Everything a voucher must meet, whoever made it. Raises a `Refusal`; changes nothing.

        `approvers` None asks everything else first, before a second person is called.
        """
        if self.state == "closed":
            raise Closed
        if self.state == "prepared" and body.kind not in _BEFORE_OPENING:
            raise NotOpen
        self._check_maker(body, maker)
        voucher.well_formed(body)
        for line in body.lines:
            if line.component not in COMPONENTS.get(line.code, ()):
                raise CodeNotHere(transaction=line.code)
        _CHECKS[body.kind](self, body)
        if body.details:
            visit.check_by_hand(self, body)
        ledger.postings(body.lines)
        if approvers is not None:
            self._check_approvers(body, maker, approvers)
        if body.kind in _OF_A_HEAD and body.head != head:
            raise _OF_A_HEAD[body.kind](last=body.detail("last"))
        if self.outages:
            self._check_outages(body, approvers)
        if self.cash + body.cash < 0:
            raise CashShort(held=self.cash, wanted=-body.cash)
        for total in (self.cash + body.cash, self.cash_in + body.cash, self.cash_out - body.cash):
            within(total)

    def _check_maker(self, body: Body, maker: str) -> None:
        made_by = self.roll.staff.get(maker)
        if made_by is None or (made_by.role != "teller" and body.kind not in _ANYBODY):
            raise NotTeller(staff=maker)
        if self.holder and maker != self.holder and body.kind not in _ANYBODY:
            raise NotHolder(holder=self.holder, staff=maker)

    def _check_outages(self, body: Body, approvers: Sequence[str] | None) -> None:
        """What an open outage forbids."""
        if body.kind == "close":
            outage.check_close(self)
        if self._large(body):
            outage.check_large(self, approvers)

    def _check_approvers(self, body: Body, maker: str, approvers: Sequence[str]) -> None:
        named = in_person(body, maker)
        if maker in approvers and (maker not in named or approvers.count(maker) > 1):
            raise MakerApproves
        if body.kind in ("outage", "recover"):
            outage.check_signers(self, body, approvers)
        roles = [self.roll.staff[one].role for one in approvers if one in self.roll.staff]
        # Whoever goes on signs that they do, which is not the officer's word on it.
        second = [self.roll.staff[one].role for one in approvers if one in self.roll.staff and (one != maker or body.kind != "resume")]
        for allowed in self.approvers(body):
            if not allowed.intersection(second):
                raise ApprovalMissing(roles=", ".join(sorted(allowed)))
        if len(roles) != len(approvers):
            raise ApprovalMissing(roles="team")
        for one in named:
            if one not in approvers:
                raise ApprovalMissing(roles=one)
        if self.outages:
            outage.check_paper(self, body, approvers)


def _pays(body: Body) -> int:
    """What a voucher pays a person: the lines that go out; of an adjustment, what it gives back."""
    if body.kind == "adjust":
        return max(-body.cash, 0)
    return ledger.paid_out(body.lines) if body.kind in _PAYS else 0


def in_person(body: Body, maker: str) -> tuple[str, ...]:
    """Those whom nobody of their role signs for: both sides of a hand-over, the holder at the close, who counted blind, who
    can sign again, and who goes on for a broken laptop: an officer's word alone moves no session."""
    match body.kind:
        case "handover":
            return maker, body.detail("to")
        case "close" | "resume":
            return (maker,)
        case "recover":
            return (body.detail("staff"),) if body.detail("staff") else ()
        case _:
            return (body.detail("blind"),) if body.detail("blind") else ()


_CHECKS: Mapping[Kind, Callable[[Projection, Body], None]] = {
    "open": drawer.check_movement,
    "float": drawer.check_movement,
    "return": drawer.check_movement,
    "group": handin.check_group,
    "correct": handin.check_correct,
    "visit": visit.check_visit,
    "slip": slips.check_slip,
    "reverse": reversal.check_reverse,
    "count": drawer.check_count,
    "difference": drawer.check_difference,
    "handover": drawer.check_handover,
    "transit": drawer.check_transit,
    "counterfeit": drawer.check_counterfeit,
    "loss": drawer.check_loss,
    "suspense": drawer.check_suspense,
    "request": requests.check_request,
    "outage": outage.check_outage,
    "recover": outage.check_recover,
    "resume": resumption.check_resume,
    "adjust": adjustment.check_adjust,
    "close": drawer.check_close,
}
