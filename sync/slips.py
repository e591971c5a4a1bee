"""Approved slips: a disbursement (GN), a commission (HH), a fee (PU) or a remuneration (TH), paid once and whole.

Only what stands in the pack is paid; a disbursement within its days, for its fund source. Principal
collected at a table is not known where the next disbursement is approved, so an unlisted one is refused.

Rules: README, *Rules of the field*.
"""

from collections.abc import Mapping

from sync.errors import Refusal
from sync.projection import Projection
from sync.records import changed
from sync.visit import stale
from sync.voucher import Body, agree, facts, line_of, listed


class SlipUnknown(Refusal):
    code = "slip.unknown"
    vi = "Phiếu {slip} không có trong gói được duyệt của phiên này. Không chi; gọi văn phòng."
    en = "Slip {slip} is not among this session's approved slips. Do not pay; call the office."


class SlipPaid(Refusal):
    code = "slip.paid"
    vi = "Phiếu {slip} đã chi ở phiếu số {voucher}. Không chi lần hai."
    en = "Slip {slip} was paid by voucher {voucher}. It is not paid twice."


class SlipNotInForce(Refusal):
    code = "slip.not-in-force"
    vi = "Phiếu {slip} chỉ có hiệu lực từ {since} đến {until}. Không chi hôm nay; gọi văn phòng gia hạn."
    en = "Slip {slip} is valid only from {since} to {until}. Do not pay today; ask the office to extend it."


def plan_slip(
    session: Projection,
    slip_no: str,
    *,
    notes: Mapping[int, int] | None = None,
    details: Mapping[str, str] | None = None,
) -> Body:
    """An approved slip paid out whole (GN, HH, PU, TH); `notes` lists what was paid with. Raises `SlipUnknown`."""
    said = {"notes": listed(notes or {}), "details": facts(**details or {})}
    if slip := session.roll.disbursements.get(slip_no):
        line = line_of("GN", slip.loan_code, "disbursement", slip.amount)
        made = Body(kind="slip", party=slip.customer_code, by=slip.customer_code, slip=slip_no, lines=(line,))
        return changed(made, **said)
    payout = session.roll.payouts.get(slip_no)
    if payout is None:
        raise SlipUnknown(slip=slip_no)
    code = {"commission": "HH", "entrustment_fee": "PU", "remuneration": "TH"}[payout.kind]
    group = session.roll.groups.get(payout.group_code)
    line = line_of(code, slip_no, payout.kind, payout.amount)
    party, by = payout.group_code or payout.org_code, group.leader if group else ""
    return changed(Body(kind="slip", party=party, by=by, slip=slip_no, lines=(line,)), **said)


def check_slip(session: Projection, body: Body) -> None:
    """A slip of the pack, unpaid, in force, exactly as it was approved."""
    if body.slip in session.slips_paid:
        raise SlipPaid(slip=body.slip, voucher=str(session.slips_paid[body.slip]))
    if changed(body, notes=(), details=()) != plan_slip(session, body.slip):
        raise SlipUnknown(slip=body.slip)
    if old := stale(session):
        raise old
    slip, on = session.roll.disbursements.get(body.slip), session.terms.session_date
    if slip and not slip.valid_from <= on <= slip.valid_to:
        raise SlipNotInForce(slip=body.slip, since=f"{slip.valid_from:%d/%m/%Y}", until=f"{slip.valid_to:%d/%m/%Y}")
    if body.notes:
        agree(body, -body.cash)
