"""A reversal (DC): the whole of a voucher with the other sign, once, with a reason. Nothing is ever edited."""

from sync.errors import Refusal
from sync.projection import REVERSIBLE, Projection
from sync.voucher import Body, ReasonMissing, line_of, said


class ReverseUnknown(Refusal):
    code = "reverse.unknown"
    vi = "Không có phiếu số {voucher} để đảo, hoặc loại phiếu này không đảo được. Kiểm tra số phiếu ở Nhật ký (F6)."
    en = "There is no voucher {voucher} to reverse, or its kind cannot be reversed. Check the number in the journal (F6)."


class ReversedAlready(Refusal):
    code = "reverse.twice"
    vi = "Phiếu số {voucher} đã được đảo ở phiếu số {by}. Mỗi phiếu chỉ đảo một lần."
    en = "Voucher {voucher} was reversed by voucher {by}. A voucher is reversed once."


class ReverseTooLate(Refusal):
    """The voucher's money was used since, or the account it began has later vouchers of its own."""

    code = "reverse.balance"
    vi = "Phiếu ghi sau còn dựa vào phiếu số {voucher} (tài khoản {account}). Đảo phiếu ghi sau trước."
    en = "A later voucher rests on voucher {voucher} (account {account}). Reverse the later voucher first."


class ReverseCorrected(Refusal):
    code = "reverse.corrected"
    vi = "Phiếu số {voucher} đã rút dòng của một thành viên ở phiếu số {by}. Rút từng thành viên còn lại, hoặc đảo phiếu {by} trước."
    en = "One member's lines of voucher {voucher} were taken back by voucher {by}. Take back the others one by one, or reverse {by} first."


def plan_reverse(session: Projection, number: int, *, reason: str) -> Body:
    """The whole of a voucher with the other sign. Raises `ReverseUnknown`."""
    if not 1 <= number <= len(session.bodies):
        raise ReverseUnknown(voucher=str(number))
    undone = session.bodies[number - 1]
    lines = tuple(line_of(one.code, one.account, one.component, -one.amount) for one in undone.lines)
    return Body(
        kind="reverse", party=undone.party, by=undone.by, lines=lines, slip=undone.slip, reverses=number, reason=said(reason)
    )


def check_reverse(session: Projection, body: Body) -> None:
    """A standing voucher of a kind that can be undone, whole, with a reason, and nothing left below zero."""
    number = body.reverses
    if not 1 <= number <= len(session.bodies) or session.bodies[number - 1].kind not in REVERSIBLE:
        raise ReverseUnknown(voucher=str(number))
    if number in session.reversed:
        raise ReversedAlready(voucher=str(number), by=str(session.reversed[number]))
    for (corrected, _), by in session.corrected.items():
        if corrected == number:
            raise ReverseCorrected(voucher=str(number), by=str(by))
    if not body.reason:
        raise ReasonMissing
    if body != plan_reverse(session, number, reason=body.reason):
        raise ReverseUnknown(voucher=str(number))
    if used := session.used_since(number):
        raise ReverseTooLate(voucher=str(number), account=used)
    for (account, _), left in session.balances_with(body).items():
        if left < 0:
            raise ReverseTooLate(voucher=str(number), account=account)
