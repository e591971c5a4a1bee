"""Requests without money: extension, rescheduling (08/TD), lưu vụ, a dossier received, the suggestion box.

They are registered, printed and sent like any voucher, and change no balance; the office decides.
"""

import datetime
from collections.abc import Mapping

from sync.errors import Refusal
from sync.projection import Projection
from sync.voucher import Body, DetailUnclear, ReasonMissing, facts, said

# Extension, rescheduling, keeping the loan for another crop, a dossier received, the suggestion box.
REQUESTS = ("extension", "reschedule", "retain", "dossier", "suggestion")
_OF_A_LOAN = ("extension", "reschedule", "retain")


class RequestUnclear(Refusal):
    code = "request.unclear"
    vi = "Đề nghị chưa rõ: {what}. Chọn loại đề nghị, người đề nghị và món vay, ghi nội dung rồi lưu."
    en = "The request is not clear: {what}. Choose its kind, who asks and the loan, say what for, then keep it."


def plan_request(
    _session: Projection, *, request: str, party: str, text: str, details: Mapping[str, str] | None = None
) -> Body:
    """A request of a customer or group (`suggestion` may be of nobody); details: `account`, `until` (ISO date)."""
    return Body(kind="request", party=party, reason=said(text), details=facts(**{"type": request, **(details or {})}))


def check_request(session: Projection, body: Body) -> None:
    """A known kind, somebody of this point, and for a loan's request a loan of theirs."""
    request, account = body.detail("type"), body.detail("account")
    if request not in REQUESTS:
        raise RequestUnclear(what=request or "?")
    roll = session.roll
    if body.party not in roll.customers and body.party not in roll.groups and (body.party or request != "suggestion"):
        raise RequestUnclear(what=body.party or "?")
    if request in _OF_A_LOAN and account not in roll.loans:
        raise RequestUnclear(what=account or "?")
    if account and roll.owner(account) != body.party:
        raise RequestUnclear(what=account)
    if not body.reason:
        raise ReasonMissing
    if until := body.detail("until"):
        try:
            day = datetime.date.fromisoformat(until)
        except ValueError as error:
            raise DetailUnclear(name="until", text=until[:40]) from error
        # The library reads more forms than one; a day that has passed is a slip of the finger.
        if until != day.isoformat() or day < session.terms.session_date:
            raise DetailUnclear(name="until", text=until[:40])
