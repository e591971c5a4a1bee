"""A session's life, and the rules a voucher must meet: the same code at the table and at the office.

A `Body` is what a voucher says. `plan_…` makes one from what people want (cash handed in, an amount
to pay) and refuses what the rules forbid; `check` asks the same of a body that somebody else made;
`apply` takes a checked body into the balances. Balances are projections: the terms and the bodies in
their order give them again at any time.

Prepared → open → counted → closed; the marks of the office make it sent and acknowledged. A voucher
posted after a count makes the count stale, and the session is open again.

Rules: README, *Rules of the field*. An approver is never the maker, and has the role the voucher asks for.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from sync import ledger, voucher
from sync.errors import Refusal
from sync.ledger import COMPONENTS, INTEREST, Line
from sync.loans import Dues, interest_due, interest_lines, rate_history
from sync.money import counted, round_up, within
from sync.terms import Loan, Roll, Terms
from sync.voucher import AmountNotPositive, Body, CodeNotHere, ReasonMissing, VoucherEmpty, Wish, agree, line_of, listed

State = Literal["prepared", "open", "counted", "closed"]

# Who must approve: for each, the roles of which one will do (README, Rules of the field).
APPROVERS: dict[str, tuple[frozenset[str], ...]] = {
    "open": (frozenset({"controller", "leader"}),),
    "slip": (frozenset({"controller"}),),
    "reverse": (frozenset({"controller", "leader"}),),
    "difference": (frozenset({"leader"}),),
    "close": (frozenset({"teller"}), frozenset({"controller"}), frozenset({"leader"})),
}
# Codes a borrower at the desk may bring in this form of the program; the others have screens of their own.
VISIT_CODES = ("TG", "TQ", "TL", "TT")
REVERSIBLE = ("group", "visit", "slip")


class Member(NamedTuple):
    """A row of the group sheet. Amounts in đồng; `suggestion` is the cash one would expect in the hand."""

    customer_code: str
    dues: tuple[Dues, ...]
    deposit_account: str
    interest: int
    suggestion: int


class NotOpen(Refusal):
    code = "session.not-open"
    vi = "Phiên chưa mở. Nhận quỹ đầu phiên (F5) rồi mới ghi phiếu."
    en = "The session is not open. Take over the float (F5) before posting."


class AlreadyOpen(Refusal):
    code = "session.already-open"
    vi = "Phiên này đã mở rồi. Tiếp tục ghi phiếu; không nhận quỹ đầu phiên lần nữa."
    en = "This session is open already. Go on posting; the float is taken once."


class Closed(Refusal):
    code = "session.closed"
    vi = "Phiên đã khóa sổ, không ghi thêm được. Giao dịch phát sinh sau để sang phiên sau hoặc gọi văn phòng."
    en = "The session is closed and takes no more vouchers. Leave it for the next session or call the office."


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


class CashShort(Refusal):
    code = "cash.short"
    vi = "Quỹ còn {held} đ, không đủ chi {wanted} đ. Thu thêm hoặc xin tiếp quỹ rồi ghi lại."
    en = "The drawer holds {held} đ, not enough to pay {wanted} đ. Take in more cash or ask for a float, then post again."


class GroupUnknown(Refusal):
    code = "group.unknown"
    vi = "Không có Tổ {group} trong gói của phiên này. Kiểm tra mã Tổ."
    en = "There is no group {group} in this session's pack. Check the group code."


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


class CustomerUnknown(Refusal):
    code = "visit.customer-unknown"
    vi = "Không có khách hàng {customer} trong gói của phiên này. Tìm lại bằng tên hoặc số CCCD."
    en = "There is no customer {customer} in this session's pack. Search again by name or ID."


class AccountNotTheirs(Refusal):
    code = "visit.account-not-theirs"
    vi = "Tài khoản {account} không phải của khách hàng {customer}. Chọn lại tài khoản."
    en = "Account {account} does not belong to customer {customer}. Choose the account again."


class PrincipalTooMuch(Refusal):
    code = "loan.principal-too-much"
    vi = "Số gốc {amount} đ lớn hơn dư nợ {balance} đ của món {loan}. Sửa số tiền: nhiều nhất là {balance} đ."
    en = "Principal of {amount} đ is more than the balance {balance} đ of loan {loan}. Enter at most {balance} đ."


class InterestTooMuch(Refusal):
    code = "loan.interest-too-much"
    vi = "Số lãi {amount} đ lớn hơn lãi phải thu {balance} đ của món {loan}. Phần thừa gửi vào tài khoản tiền gửi."
    en = "Interest of {amount} đ is more than the {balance} đ due on loan {loan}. Put the rest in the deposit account."


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


class ReverseUnknown(Refusal):
    code = "reverse.unknown"
    vi = "Không có phiếu số {voucher} để đảo, hoặc loại phiếu này không đảo được. Kiểm tra số phiếu ở Nhật ký (F6)."
    en = "There is no voucher {voucher} to reverse, or its kind cannot be reversed. Check the number in the journal (F6)."


class ReversedAlready(Refusal):
    code = "reverse.twice"
    vi = "Phiếu số {voucher} đã được đảo ở phiếu số {by}. Mỗi phiếu chỉ đảo một lần."
    en = "Voucher {voucher} was reversed by voucher {by}. A voucher is reversed once."


class ReverseTooLate(Refusal):
    code = "reverse.balance"
    vi = "Đảo phiếu số {voucher} sẽ làm số dư {account} xuống dưới 0. Đảo phiếu ghi sau trước."
    en = "Reversing voucher {voucher} would take {account} below zero. Reverse the later voucher first."


class HeadMoved(Refusal):
    code = "session.head-moved"
    vi = "Sổ đã có phiếu mới sau khi ký. Kiểm quỹ và ký khóa sổ lại."
    en = "A voucher was posted after the signatures. Count and sign the close again."


class Session:
    """One session folded from its terms and the bodies posted so far."""

    def __init__(self, terms: Terms) -> None:
        self.roll = Roll(terms)
        self.state: State = "prepared"
        self.bodies: list[Body] = []
        self.counted = 0
        self.cash = 0
        self.cash_in = 0
        self.cash_out = 0
        self.reversed: dict[int, int] = {}
        self.slips_paid: dict[str, int] = {}
        self._hand_ins: dict[str, list[int]] = {}
        self.history = rate_history(terms.programmes)
        # What is nil and never was anything else is not kept: most of a loan's figures are.
        self.balances = {key: amount for key, amount in self._opening() if amount}
        self.interest_due_at_start = sum(due for (_, name), due in self.balances.items() if name in INTEREST)

    def _opening(self) -> Iterator[tuple[tuple[str, str], int]]:
        """The balances a session begins with, as of its day."""
        for loan in self.terms.loans:
            for component, amount in interest_due(loan, self.history, self.terms.session_date).items():
                yield (loan.loan_code, component), amount
            yield (loan.loan_code, "principal"), loan.balance_in_term
            yield (loan.loan_code, "overdue_principal"), loan.balance_overdue
        for deposit in self.terms.deposits:
            yield (deposit.account_no, "deposit" if deposit.kind == "member" else "savings"), deposit.balance

    # What stands now

    @property
    def terms(self) -> Terms:
        return self.roll.terms

    def balance(self, account: str, component: str) -> int:
        """Đồng owed (loans) or held (deposits) now; 0 for an account that does not exist."""
        return self.balances.get((account, component), 0)

    def dues(self, loan: Loan) -> Dues:
        """What a loan owes now, by component."""
        names = (*INTEREST, "overdue_principal", "principal")
        return Dues(loan, {name: self.balance(loan.loan_code, name) for name in names})

    def members(self, group_code: str) -> tuple[Member, ...]:
        """The rows of a group's sheet, in the order of the office's list. Raises `GroupUnknown`."""
        group = self.roll.groups.get(group_code)
        if group is None:
            raise GroupUnknown(group=group_code)
        return tuple(self._member(one.customer_code, group.min_deposit) for one in self.roll.members(group_code))

    def _member(self, customer_code: str, usual_deposit: int) -> Member:
        dues = tuple(self.dues(loan) for loan in self.roll.loans_of(customer_code))
        interest = sum(one.interest for one in dues)
        account = self.roll.member_deposit(customer_code)
        parameters = self.terms.parameters
        if account:
            suggestion = round_up(interest + usual_deposit, parameters.suggestion_step)
        else:
            # Change has nowhere to go, so no more than whole notes of what is due.
            suggestion = interest // parameters.smallest_note * parameters.smallest_note
        return Member(customer_code, dues, account.account_no if account else "", interest, suggestion)

    def hand_ins(self, group_code: str) -> tuple[int, ...]:
        """Numbers of the group's vouchers that stand (not reversed)."""
        return tuple(self._hand_ins.get(group_code, ()))

    @property
    def groups_in(self) -> int:
        """How many groups have handed in."""
        return sum(1 for numbers in self._hand_ins.values() if numbers)

    def twin(self, body: Body) -> int:
        """The latest standing voucher that says the same for the same party, or 0: to be asked about once."""
        if body.kind not in REVERSIBLE:
            return 0
        for number in range(len(self.bodies), 0, -1):
            other = self.bodies[number - 1]
            same = other.party == body.party and other.kind == body.kind and other.lines == body.lines
            if same and number not in self.reversed:
                return number
        return 0

    def balances_with(self, body: Body) -> dict[tuple[str, str], int]:
        """What a body would leave in each balance it touches."""
        made: dict[tuple[str, str], int] = {}
        for line in body.lines:
            for account, component, amount in ledger.changes(line):
                key = (account, component)
                made[key] = made.get(key, self.balances.get(key, 0)) + amount
        return made

    def balances_after(self, number: int) -> Mapping[tuple[str, str], int]:
        """The balances as they stood right after a voucher, for the accounts it touched."""
        touched = {(a, c) for line in self.bodies[number - 1].lines for a, c, _ in ledger.changes(line)}
        found = {key: self.balances.get(key, 0) for key in touched}
        for later in self.bodies[number:]:
            for line in later.lines:
                for account, component, amount in ledger.changes(line):
                    if (account, component) in touched:
                        found[account, component] -= amount
        return found

    # From what people want to what a voucher says

    def plan_open(self, *, notes: Mapping[int, int]) -> Body:
        """The float taken over, by denomination (UQ)."""
        return Body(kind="open", lines=(line_of("UQ", "", "cash", counted(notes)),), notes=listed(notes))

    def plan_group(
        self,
        group_code: str,
        *,
        by: str,
        cash: Mapping[str, int],
        interest: Mapping[str, int],
        notes: Mapping[int, int],
    ) -> Body:
        """A hand-in from the cash of each member: interest first, the rest to the member's deposit.

        `interest` names the members whose split was changed by hand, with the part that is interest.
        Raises `GroupUnknown`, `NotMember`, `ChangeWithoutAccount`.
        """
        members = {one.customer_code: one for one in self.members(group_code)}
        lines: list[Line] = []
        for customer_code, handed in cash.items():
            if customer_code not in members:
                raise NotMember(customer=customer_code, group=group_code)
            lines += self._split(members[customer_code], handed, interest.get(customer_code, handed))
        return Body(kind="group", party=group_code, by=by, lines=tuple(lines), notes=listed(notes))

    def _split(self, member: Member, handed: int, interest_most: int) -> tuple[Line, ...]:
        if handed < 0 or not 0 <= interest_most <= handed:
            raise AmountNotPositive(amount=min(handed, interest_most), line=member.customer_code)
        lines, left = interest_lines(interest_most, member.dues)
        rest = left + handed - interest_most
        if not rest:
            return lines
        if not member.deposit_account:
            raise ChangeWithoutAccount(customer=member.customer_code, amount=rest)
        return (*lines, line_of("TT", member.deposit_account, "deposit", rest))

    def plan_visit(self, customer_code: str, *, wishes: Sequence[Wish]) -> Body:
        """One voucher for one visit. Raises `CustomerUnknown`, `AccountNotTheirs`, `CodeNotHere` and the rest."""
        lines: list[Line] = []
        for wish in wishes:
            lines += self._wished(wish, customer_code)
        return Body(kind="visit", party=customer_code, by=customer_code, lines=tuple(lines))

    def _wished(self, wish: Wish, customer_code: str) -> tuple[Line, ...]:
        if wish.code not in VISIT_CODES:
            raise CodeNotHere(transaction=wish.code)
        if self.roll.owner(wish.account) != customer_code:
            raise AccountNotTheirs(account=wish.account, customer=customer_code)
        if wish.code == "TL":
            return self._wished_interest(wish)
        if wish.amount is None or wish.amount <= 0:
            raise AmountNotPositive(amount=wish.amount or 0, line=wish.account)
        return (line_of(wish.code, wish.account, COMPONENTS[wish.code][0], wish.amount),)

    def _wished_interest(self, wish: Wish) -> tuple[Line, ...]:
        loan = self.roll.loans.get(wish.account)
        if loan is None:
            raise CodeNotHere(transaction=wish.code)
        dues = self.dues(loan)
        amount = dues.interest if wish.amount is None else wish.amount
        if amount < 0 or (amount == 0 and wish.amount is not None):
            raise AmountNotPositive(amount=amount, line=wish.account)
        lines, left = interest_lines(amount, [dues])
        if left:
            raise InterestTooMuch(amount=amount, balance=dues.interest, loan=wish.account)
        return lines

    def plan_slip(self, slip_no: str) -> Body:
        """An approved slip paid out whole (GN, HH, PU, TH). Raises `SlipUnknown`."""
        if slip := self.roll.disbursements.get(slip_no):
            line = line_of("GN", slip.loan_code, "disbursement", slip.amount)
            return Body(kind="slip", party=slip.customer_code, by=slip.customer_code, slip=slip_no, lines=(line,))
        payout = self.roll.payouts.get(slip_no)
        if payout is None:
            raise SlipUnknown(slip=slip_no)
        code = {"commission": "HH", "entrustment_fee": "PU", "remuneration": "TH"}[payout.kind]
        group = self.roll.groups.get(payout.group_code)
        line = line_of(code, slip_no, payout.kind, payout.amount)
        party, by = payout.group_code or payout.org_code, group.leader if group else ""
        return Body(kind="slip", party=party, by=by, slip=slip_no, lines=(line,))

    def plan_reverse(self, number: int, *, reason: str) -> Body:
        """The whole of a voucher with the other sign. Raises `ReverseUnknown`."""
        if not 1 <= number <= len(self.bodies):
            raise ReverseUnknown(voucher=str(number))
        undone = self.bodies[number - 1]
        lines = tuple(line_of(one.code, one.account, one.component, -one.amount) for one in undone.lines)
        return Body(
            kind="reverse", party=undone.party, by=undone.by, lines=lines, slip=undone.slip,
            reverses=number, reason=voucher.said(reason),
        )  # fmt: skip

    def plan_count(self, *, notes: Mapping[int, int]) -> Body:
        """The drawer by denomination."""
        counted(notes)
        return Body(kind="count", notes=listed(notes))

    def plan_difference(self, *, reason: str) -> Body:
        """What the count was over (+) or short (-), as a voucher of its own (CL)."""
        off = self.counted - self.cash
        return Body(kind="difference", lines=(line_of("CL", "", "difference", off),), reason=voucher.said(reason))

    def plan_close(self, *, head: bytes) -> Body:
        """The last entry; `head` is the hash of the one before it."""
        return Body(kind="close", head=head)

    # The rules

    def check(self, body: Body, *, maker: str, approvers: Sequence[str] | None, head: bytes) -> None:
        """Everything a voucher must meet, whoever made it. Raises a `Refusal`; changes nothing.

        `approvers` None asks everything else first, before a second person is called.
        """
        if self.state == "closed":
            raise Closed
        if self.state == "prepared" and body.kind != "open":
            raise NotOpen
        self._check_people(body, maker, approvers)
        voucher.well_formed(body)
        for line in body.lines:
            if line.component not in COMPONENTS.get(line.code, ()):
                raise CodeNotHere(transaction=line.code)
        ledger.postings(body.lines)
        _CHECKS[body.kind](self, body)
        if body.kind == "close" and body.head != head:
            raise HeadMoved
        if self.cash + body.cash < 0:
            raise CashShort(held=self.cash, wanted=-body.cash)
        for total in (self.cash + body.cash, self.cash_in + body.cash, self.cash_out - body.cash):
            within(total)

    def _check_people(self, body: Body, maker: str, approvers: Sequence[str] | None) -> None:
        made_by = self.roll.staff.get(maker)
        if made_by is None or made_by.role != "teller":
            raise NotTeller(staff=maker)
        if approvers is None:
            return
        if maker in approvers and body.kind != "close":
            raise MakerApproves
        roles = [self.roll.staff[one].role for one in approvers if one in self.roll.staff]
        for allowed in APPROVERS.get(body.kind, ()):
            if not allowed.intersection(roles):
                raise ApprovalMissing(roles=", ".join(sorted(allowed)))
        if len(roles) != len(approvers):
            raise ApprovalMissing(roles="team")

    def _check_open(self, body: Body) -> None:
        if self.state != "prepared":
            raise AlreadyOpen
        if len(body.lines) != 1 or body.lines[0].code != "UQ" or body.cash < 0:
            raise CodeNotHere(transaction=body.lines[0].code if body.lines else "UQ")
        agree(body, body.cash)

    def _check_group(self, body: Body) -> None:
        group = self.roll.groups.get(body.party)
        if group is None:
            raise GroupUnknown(group=body.party)
        if not body.by or body.by not in (group.leader, group.deputy):
            raise GroupStranger(customer=body.by, group=body.party)
        if not body.lines:
            raise VoucherEmpty
        for line in body.lines:
            if line.code in ("TG", "TQ"):
                raise PrincipalThroughLeader(loan=line.account)
            if line.code not in ("TL", "TT"):
                raise CodeNotHere(transaction=line.code)
            owner = self.roll.customers.get(self.roll.owner(line.account))
            if owner is None or owner.group_code != body.party:
                raise NotMember(customer=owner.customer_code if owner else line.account, group=body.party)
        self._check_amounts(body)
        agree(body, body.cash)

    def _check_visit(self, body: Body) -> None:
        if body.party not in self.roll.customers or body.by != body.party:
            raise CustomerUnknown(customer=body.party)
        if not body.lines:
            raise VoucherEmpty
        for line in body.lines:
            if line.code not in VISIT_CODES:
                raise CodeNotHere(transaction=line.code)
            if self.roll.owner(line.account) != body.party:
                raise AccountNotTheirs(account=line.account, customer=body.party)
        self._check_amounts(body)
        if body.notes:
            agree(body, body.cash)

    def _check_amounts(self, body: Body) -> None:
        """Each line above zero, and no account paid more than it owes by all lines together."""
        paid: dict[tuple[str, str], int] = {}
        for line in body.lines:
            if line.amount <= 0:
                raise AmountNotPositive(amount=line.amount, line=line.account)
            key = (line.account, line.component)
            if line.code == "TT":
                deposit = self.roll.deposits.get(line.account)
                if deposit is None or deposit.kind != "member":
                    raise CodeNotHere(transaction=line.code)
                continue
            paid[key] = paid.get(key, 0) + line.amount
            balance = self.balances.get(key, 0)
            if paid[key] > balance:
                wrong = InterestTooMuch if line.code == "TL" else PrincipalTooMuch
                raise wrong(amount=paid[key], balance=balance, loan=line.account)

    def _check_slip(self, body: Body) -> None:
        if body.slip in self.slips_paid:
            raise SlipPaid(slip=body.slip, voucher=str(self.slips_paid[body.slip]))
        if body != self.plan_slip(body.slip):
            raise SlipUnknown(slip=body.slip)
        slip = self.roll.disbursements.get(body.slip)
        if slip and not slip.valid_from <= self.terms.session_date <= slip.valid_to:
            raise SlipNotInForce(slip=body.slip, since=f"{slip.valid_from:%d/%m/%Y}", until=f"{slip.valid_to:%d/%m/%Y}")

    def _check_reverse(self, body: Body) -> None:
        number = body.reverses
        if not 1 <= number <= len(self.bodies) or self.bodies[number - 1].kind not in REVERSIBLE:
            raise ReverseUnknown(voucher=str(number))
        if number in self.reversed:
            raise ReversedAlready(voucher=str(number), by=str(self.reversed[number]))
        if not body.reason:
            raise ReasonMissing
        if body != self.plan_reverse(number, reason=body.reason):
            raise ReverseUnknown(voucher=str(number))
        for (account, _), left in self.balances_with(body).items():
            if left < 0:
                raise ReverseTooLate(voucher=str(number), account=account)

    def _check_count(self, body: Body) -> None:
        counted(dict(body.notes))

    def _check_difference(self, body: Body) -> None:
        if self.state != "counted":
            raise CountFirst
        if self.counted == self.cash:
            raise NoDifference
        if not body.reason:
            raise ReasonMissing
        if body != self.plan_difference(reason=body.reason):
            raise CashDiffers(counted=self.counted, expected=self.cash)

    def _check_close(self, _body: Body) -> None:
        if self.state != "counted":
            raise CountFirst
        if self.counted != self.cash:
            raise CashDiffers(counted=self.counted, expected=self.cash)

    # What a checked body does

    def apply(self, body: Body) -> int:
        """Take a checked body into the balances; its number in the book."""
        self.bodies.append(body)
        number = len(self.bodies)
        self.balances.update(self.balances_with(body))
        moved = body.cash
        self.cash += moved
        self.cash_in += max(moved, 0) if body.kind != "open" else 0
        self.cash_out += max(-moved, 0)
        if body.kind == "reverse":
            self.reversed[body.reverses] = number
            # Only what the reversed voucher itself did: the office also folds entries that broke a rule.
            self._hand_ins[body.party] = [one for one in self.hand_ins(body.party) if one != body.reverses]
            if self.slips_paid.get(body.slip) == body.reverses:
                del self.slips_paid[body.slip]
        elif body.kind == "group":
            self._hand_ins.setdefault(body.party, []).append(number)
        elif body.kind == "slip":
            self.slips_paid[body.slip] = number
        elif body.kind == "count":
            self.counted = counted(dict(body.notes))
        if body.kind == "close":
            self.state = "closed"
        elif body.kind in ("count", "difference"):
            self.state = "counted"
        else:
            self.state = "open"
        return number


_CHECKS = {
    "open": Session._check_open,
    "group": Session._check_group,
    "visit": Session._check_visit,
    "slip": Session._check_slip,
    "reverse": Session._check_reverse,
    "count": Session._check_count,
    "difference": Session._check_difference,
    "close": Session._check_close,
}
