"""A group's hand-in: the leader's cash, member by member; and one member's lines taken back afterwards.

Interest first, the rest to the member's deposit. Only the leader or the deputy hands in, and never
principal. Who was absent and whose signature the list lacks is named; what everybody did is not said.

Rules: README, *Rules of the field*.
"""

from collections.abc import Mapping, Sequence

from sync.errors import Refusal
from sync.ledger import Line
from sync.loans import interest_lines
from sync.money import AMOUNT_DIGITS_MAX, within
from sync.projection import Member, Projection
from sync.voucher import (
    AmountNotPositive,
    Body,
    CodeNotHere,
    DetailUnclear,
    ReasonMissing,
    VoucherEmpty,
    agree,
    facts,
    line_of,
    listed,
    said,
)


class GroupStranger(Refusal):
    code = "group.stranger"
    vi = "Người nộp {customer} không phải tổ trưởng hay tổ phó Tổ {group}. Mời tổ trưởng hoặc tổ phó nộp, hoặc từng thành viên tự nộp."
    en = "{customer} is neither leader nor deputy of group {group}. Ask the leader or deputy, or let each member pay in person."


class PrincipalThroughLeader(Refusal):
    code = "group.principal-through-leader"
    vi = "Tổ trưởng không được nộp gốc thay thành viên (món {loan}). Mời thành viên tự đến nộp gốc ở màn hình Khách hàng (F3)."
    en = "A leader may not hand in principal (loan {loan}). The member pays principal in person on the customer desk (F3)."


class NotMember(Refusal):
    code = "group.not-member"
    vi = "Khách hàng {customer} không thuộc Tổ {group}. Bỏ dòng đó ra khỏi bảng kê."
    en = "Customer {customer} is not in group {group}. Take that row off the sheet."


class ChangeWithoutAccount(Refusal):
    code = "group.change-without-account"
    vi = "Thành viên {customer} nộp thừa {amount} đ so với lãi nhưng không có tài khoản tiền gửi. Nhập đúng số lãi."
    en = "Member {customer} handed in {amount} đ above the interest but has no deposit account. Enter the interest exactly."


class InterestTooMuch(Refusal):
    code = "loan.interest-too-much"
    vi = "Số lãi {amount} đ lớn hơn lãi phải thu {balance} đ của món {loan}. Phần thừa gửi vào tài khoản tiền gửi."
    en = "Interest of {amount} đ is more than the {balance} đ due on loan {loan}. Put the rest in the deposit account."


class CorrectUnknown(Refusal):
    code = "correct.unknown"
    vi = "Phiếu số {voucher} không phải phiếu nộp của Tổ, hoặc không có dòng nào của thành viên {customer}. Kiểm tra số phiếu ở Nhật ký (F6)."
    en = "Voucher {voucher} is no hand-in of a group, or has no line of member {customer}. Check the number in the journal (F6)."


class CorrectedAlready(Refusal):
    code = "correct.twice"
    vi = "Các dòng của thành viên {customer} trong phiếu số {voucher} đã rút ra ở phiếu số {by}. Mỗi thành viên chỉ rút một lần."
    en = "The lines of member {customer} in voucher {voucher} were taken back by voucher {by}. Each member's are taken back once."


class CorrectTooLate(Refusal):
    code = "correct.balance"
    vi = "Rút các dòng của thành viên {customer} trong phiếu số {voucher} sẽ làm số dư {account} xuống dưới 0. Đảo phiếu ghi sau trước."
    en = "Taking back the lines of member {customer} in voucher {voucher} would take {account} below zero. Reverse the later voucher first."


def plan_group(
    session: Projection,
    group_code: str,
    *,
    by: str,
    cash: Mapping[str, int],
    interest: Mapping[str, int],
    notes: Mapping[int, int],
    absent: Sequence[str] = (),
    unsigned: Sequence[str] = (),
    details: Mapping[str, str] | None = None,
) -> Body:
    """A hand-in from the cash of each member: interest first, the rest to the member's deposit.

    `interest` names the members whose split was changed by hand, with the part that is interest. `details`
    are those of `voucher.DETAILS`. Raises `GroupUnknown`, `NotMember`, `ChangeWithoutAccount`.
    """
    members = {one.customer_code: one for one in session.members(group_code)}
    lines: list[Line] = []
    for customer_code, handed in cash.items():
        if customer_code not in members:
            raise NotMember(customer=customer_code, group=group_code)
        lines += _split(members[customer_code], handed, interest.get(customer_code, handed))
    return Body(
        kind="group", party=group_code, by=by, lines=tuple(lines), notes=listed(notes), details=facts(**details or {}),
        absent=tuple(sorted(set(absent))), unsigned=tuple(sorted(set(unsigned))),
    )  # fmt: skip


def _split(member: Member, handed: int, interest_most: int) -> tuple[Line, ...]:
    if handed < 0 or not 0 <= interest_most <= handed:
        raise AmountNotPositive(amount=min(handed, interest_most), line=member.customer_code)
    lines, left = interest_lines(interest_most, member.dues)
    rest = left + handed - interest_most
    if not rest:
        return lines
    if not member.deposit_account:
        raise ChangeWithoutAccount(customer=member.customer_code, amount=rest)
    return (*lines, line_of("TT", member.deposit_account, "deposit", rest))


def check_group(session: Projection, body: Body) -> None:
    """A hand-in by leader or deputy, of interest and deposits of members, with notes that come to it."""
    group = session.group(body.party)
    if not body.by or body.by not in (group.leader, group.deputy):
        raise GroupStranger(customer=body.by, group=body.party)
    if not body.lines:
        raise VoucherEmpty
    paid: dict[tuple[str, str], int] = {}
    for line in body.lines:
        _check_line(session, body, line, paid)
    for code in (*body.absent, *body.unsigned):
        customer = session.roll.customers.get(code)
        if customer is None or customer.group_code != body.party:
            raise NotMember(customer=code, group=body.party)
    list_sum = body.detail("list")
    if list_sum and not (list_sum.isascii() and list_sum.isdigit() and len(list_sum) <= AMOUNT_DIGITS_MAX):
        raise DetailUnclear(name="list", text=list_sum[:40])
    agree(body, body.cash)


def _check_line(session: Projection, body: Body, line: Line, paid: dict[tuple[str, str], int]) -> None:
    if line.code in ("TG", "TQ"):
        raise PrincipalThroughLeader(loan=line.account)
    if line.code not in ("TL", "TT"):
        raise CodeNotHere(transaction=line.code)
    owner = session.roll.customers.get(session.roll.owner(line.account))
    if owner is None or owner.group_code != body.party:
        raise NotMember(customer=owner.customer_code if owner else line.account, group=body.party)
    if line.amount <= 0:
        raise AmountNotPositive(amount=line.amount, line=line.account)
    if line.code == "TT":
        deposit = session.roll.deposits.get(line.account)
        if deposit is None or deposit.kind != "member":
            raise CodeNotHere(transaction=line.code)
        within(session.balance(line.account, "deposit") + line.amount)
        return
    key = (line.account, line.component)
    paid[key] = paid.get(key, 0) + line.amount
    if paid[key] > (due := session.balances.get(key, 0)):
        raise InterestTooMuch(amount=paid[key], balance=due, loan=line.account)


# One member of a hand-in


def plan_correct(session: Projection, number: int, *, customer_code: str, reason: str) -> Body:
    """One member's lines of a hand-in with the other sign. Raises `CorrectUnknown`."""
    made = session.bodies[number - 1] if 1 <= number <= len(session.bodies) else None
    theirs = [
        line_of(one.code, one.account, one.component, -one.amount)
        for one in (made.lines if made and made.kind == "group" else ())
        if session.roll.owner(one.account) == customer_code
    ]
    if made is None or not theirs:
        raise CorrectUnknown(voucher=str(number), customer=customer_code)
    return Body(
        kind="correct", party=made.party, by=customer_code, lines=tuple(theirs), reverses=number, reason=said(reason)
    )


def check_correct(session: Projection, body: Body) -> None:
    """All of one member's lines of a standing hand-in, once, with a reason."""
    number = body.reverses
    if body != plan_correct(session, number, customer_code=body.by, reason=body.reason) or number in session.reversed:
        raise CorrectUnknown(voucher=str(number), customer=body.by)
    if by := session.corrected.get((number, body.by)):
        raise CorrectedAlready(customer=body.by, voucher=str(number), by=str(by))
    if not body.reason:
        raise ReasonMissing
    for (account, _), left in session.balances_with(body).items():
        if left < 0:
            raise CorrectTooLate(customer=body.by, voucher=str(number), account=account)
