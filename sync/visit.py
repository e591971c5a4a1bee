"""A visit: one person at the table, any mix of lines, one voucher and one receipt.

Repayments come in (TG, TQ, TL), deposits come in and go out (TT, RT), a deposit pays a debt without cash
(CT), residents save and are paid out (GK, RK). Nothing takes an account below zero, and nothing leaves the
bank on figures older than the pack's limit.

Rules: README, *Rules of the field*.
"""

import datetime
import re
from collections.abc import Mapping, Sequence

from sync import ledger, savings
from sync.errors import Refusal
from sync.handin import InterestTooMuch
from sync.ledger import COMPONENTS, INTEREST, Line
from sync.loans import Dues, interest_lines, proposal
from sync.money import within
from sync.projection import Projection
from sync.terms import Deposit
from sync.voucher import (
    AmountNotPositive,
    Body,
    CodeNotHere,
    DetailUnclear,
    VoucherEmpty,
    Wish,
    agree,
    facts,
    line_of,
    listed,
    paper_key,
    said,
)

VISIT_CODES = ("TG", "TQ", "TL", "TT", "RT", "CT", "GK", "RK")
# Codes that take money from what people hold, and so trust the pack's figures.
OUT_CODES = ("RT", "CT", "RK")
# HH:MM as a clock shows it; the library reads more forms than people write.
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_DEBTS = (*INTEREST, "overdue_principal", "principal")


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


class HeldTooLittle(Refusal):
    code = "deposit.held-too-little"
    vi = "Tài khoản {account} còn {balance} đ, không đủ {amount} đ. Sửa số tiền: nhiều nhất là {balance} đ."
    en = "Account {account} holds {balance} đ, not the {amount} đ asked for. Enter at most {balance} đ."


class TransferUnbalanced(Refusal):
    code = "transfer.unbalanced"
    vi = "Chuyển tiền gửi trả nợ: rút {taken} đ nhưng trả {paid} đ. Sửa để hai bên bằng nhau."
    en = "Deposit to debt: {taken} đ are taken and {paid} đ are paid. Make both sides equal."


class PackStale(Refusal):
    code = "pack.stale"
    vi = "Số liệu của gói tính đến ngày {as_of}, quá {days} ngày. Chỉ thu tiền vào, không chi ra; xin văn phòng gói mới rồi chi."
    en = "The pack's figures are of {as_of}, more than {days} days ago. Money may come in but not go out; ask the office for a new pack."


class PaperUsed(Refusal):
    code = "voucher.paper-used"
    vi = "Phiếu viết tay số {paper_no} đã nhập ở phiếu số {voucher}. Mỗi phiếu viết tay chỉ nhập một lần."
    en = "Handwritten slip {paper_no} was keyed as voucher {voucher}. Each is keyed once."


def stale(session: Projection) -> PackStale | None:
    """Why no money may go out on these figures; None while they are young enough, or of no known day."""
    terms = session.terms
    most = datetime.timedelta(days=terms.parameters.pack_days_max)
    if terms.as_of is None or terms.session_date - terms.as_of <= most:
        return None
    return PackStale(as_of=f"{terms.as_of:%d/%m/%Y}", days=str(most.days))


# From what somebody wants to a voucher


def plan_visit(
    session: Projection,
    customer_code: str,
    *,
    wishes: Sequence[Wish],
    reason: str = "",
    notes: Mapping[int, int] | None = None,
    details: Mapping[str, str] | None = None,
) -> Body:
    """One voucher for one visit. Raises `CustomerUnknown`, `AccountNotTheirs`, `CodeNotHere` and the rest.

    Each wish sees what the ones before it left of a debt. `notes` lists the cash, where it was counted.
    """
    lines: list[Line] = []
    for wish in wishes:
        lines += _wished(session, wish, customer_code, lines, wishes)
    return Body(
        kind="visit", party=customer_code, by=customer_code, lines=tuple(lines), notes=listed(notes or {}),
        reason=said(reason), details=facts(**details or {}),
    )  # fmt: skip


def _wished(
    session: Projection, wish: Wish, customer_code: str, before: Sequence[Line], wishes: Sequence[Wish]
) -> tuple[Line, ...]:
    if wish.code not in VISIT_CODES:
        raise CodeNotHere(transaction=wish.code)
    if wish.code == "GK":
        return (line_of("GK", wish.account, "savings", _positive(wish)),)
    if session.roll.owner(wish.account) != customer_code:
        raise AccountNotTheirs(account=wish.account, customer=customer_code)
    deposit = session.roll.deposits.get(wish.account)
    match wish.code:
        case "TL":
            return _wished_interest(session, wish, before)
        case "CT" if deposit is not None:
            return _wished_transfer(session, wish, customer_code, before, wishes)
        case "CT":
            return _wished_debt(session, wish, before)
        case "RK" if deposit is not None:
            return paid_out(session, deposit, amount=wish.amount)
        case "RT" if wish.amount is None and deposit is not None:
            return (line_of("RT", wish.account, "deposit", session.balance(wish.account, "deposit")),)
        case _:
            return (line_of(wish.code, wish.account, COMPONENTS[wish.code][0], _positive(wish)),)


def _positive(wish: Wish) -> int:
    if wish.amount is None or wish.amount <= 0:
        raise AmountNotPositive(amount=wish.amount or 0, line=wish.account)
    return wish.amount


def _left(session: Projection, account: str, before: Sequence[Line]) -> Dues:
    """What a loan owes after the lines before. Raises `CodeNotHere` for what is no loan."""
    loan = session.roll.loans.get(account)
    if loan is None:
        raise CodeNotHere(transaction="TL")
    owed = dict(session.dues(loan).by_component)
    for line in before:
        if line.account == account and line.component in owed:
            owed[line.component] = max(owed[line.component] - line.amount, 0)
    return Dues(loan, owed)


def _wished_interest(session: Projection, wish: Wish, before: Sequence[Line]) -> tuple[Line, ...]:
    dues = _left(session, wish.account, before)
    amount = dues.interest if wish.amount is None else wish.amount
    if amount < 0 or (amount == 0 and wish.amount is not None):
        raise AmountNotPositive(amount=amount, line=wish.account)
    lines, left = interest_lines(amount, [dues])
    if left:
        raise InterestTooMuch(amount=amount, balance=dues.interest, loan=wish.account)
    return lines


def _wished_debt(session: Projection, wish: Wish, before: Sequence[Line]) -> tuple[Line, ...]:
    """The loan's side of a transfer: the named component, or in the order money is put against debts."""
    dues = _left(session, wish.account, before)
    if wish.component:
        if wish.component not in _DEBTS:
            raise CodeNotHere(transaction="CT")
        return (line_of("CT", wish.account, wish.component, _positive(wish)),)
    amount = dues.interest if wish.amount is None else _positive(wish)
    lines, left = proposal(amount, [dues], on=session.terms.session_date)
    if left:
        raise PrincipalTooMuch(amount=amount, balance=amount - left, loan=wish.account)
    return tuple(line_of("CT", one.account, one.component, one.amount) for one in lines)


def _wished_transfer(
    session: Projection, wish: Wish, customer_code: str, before: Sequence[Line], wishes: Sequence[Wish]
) -> tuple[Line, ...]:
    """The deposit's side; where no debt is named, all the person's loans in the order money is put against them."""
    taken = line_of("CT", wish.account, "deposit", _positive(wish))
    if any(one.code == "CT" and one.account in session.roll.loans for one in wishes):
        return (taken,)
    owed = [_left(session, one.loan_code, before) for one in session.roll.loans_of(customer_code)]
    lines, left = proposal(taken.amount, owed, on=session.terms.session_date)
    if left:
        raise TransferUnbalanced(taken=taken.amount, paid=taken.amount - left)
    return (taken, *(line_of("CT", one.account, one.component, one.amount) for one in lines))


def paid_out(session: Projection, deposit: Deposit, *, amount: int | None) -> tuple[Line, ...]:
    """What leaves a savings account: any part of a demand account, a term account whole with its interest.

    Raises `WholeOnly`, `EarnedUnknown`, `CodeNotHere` for a member deposit.
    """
    if deposit.kind == "member":
        raise CodeNotHere(transaction="RK")
    balance = session.balance(deposit.account_no, "savings")
    asked = balance if amount is None else amount
    if asked <= 0:
        raise AmountNotPositive(amount=asked, line=deposit.account_no)
    taken = line_of("RK", deposit.account_no, "savings", asked)
    if deposit.kind == "demand":
        return (taken,)
    if asked != balance:
        raise savings.WholeOnly(account=deposit.account_no, balance=balance)
    made = earned(session, deposit, balance=balance)
    if not made.interest:
        return (taken,)
    return (taken, line_of("RK", deposit.account_no, "savings_interest", made.interest))


def earned(session: Projection, deposit: Deposit, *, balance: int) -> savings.Earned:
    """What closing a savings account today pays beside its balance. Raises `EarnedUnknown`, `SchemeUnknown`."""
    terms = session.terms
    if deposit.kind == "term" and savings.product_of(deposit, terms.savings_products) is None:
        raise savings.SchemeUnknown(product=deposit.product_code, account=deposit.account_no)
    scheme = savings.scheme_of(deposit, terms.savings_products)
    return savings.earned(deposit, balance=balance, scheme=scheme, on=terms.session_date, as_of=terms.as_of)


# The rules


def check_visit(session: Projection, body: Body) -> None:
    """Accounts of this person only, nothing below zero, both sides of a transfer equal."""
    if body.party not in session.roll.customers or body.by != body.party:
        raise CustomerUnknown(customer=body.party)
    if not body.lines:
        raise VoucherEmpty
    for line in body.lines:
        if line.code not in VISIT_CODES:
            raise CodeNotHere(transaction=line.code)
        if line.code != "GK" and session.roll.owner(line.account) != body.party:
            raise AccountNotTheirs(account=line.account, customer=body.party)
        if line.amount <= 0 and line.component != "savings_interest":
            raise AmountNotPositive(amount=line.amount, line=line.account)
    if any(line.code in OUT_CODES for line in body.lines) and (old := stale(session)):
        raise old
    _check_kinds(session, body)
    _check_taken(session, body)
    _check_transfer(body)
    _check_savings(session, body)
    if body.notes:
        agree(body, abs(body.cash))


def _check_kinds(session: Projection, body: Body) -> None:
    """A member deposit takes TT, RT and CT; a loan TG, TQ, TL and CT; savings GK and RK."""
    for line in body.lines:
        deposit = session.roll.deposits.get(line.account)
        held = "" if deposit is None else "deposit" if deposit.kind == "member" else "savings"
        owed = line.account in session.roll.loans
        if line.code in ("TT", "RT") or (line.code == "CT" and line.component == "deposit"):
            fits = held == "deposit"
        elif line.code in ("GK", "RK"):
            fits = held == "savings" or (line.code == "GK" and deposit is None and not owed)
        else:
            fits = owed
        if not fits:
            raise CodeNotHere(transaction=line.code)


def _check_taken(session: Projection, body: Body) -> None:
    """No account gives more than it has, by all lines together; what comes in on the same voucher does not count."""
    taken: dict[tuple[str, str], int] = {}
    for line in body.lines:
        for account, component, amount in ledger.changes(line):
            key = (account, component)
            if amount > 0:
                within(session.balances.get(key, 0) + amount)
                continue
            taken[key] = taken.get(key, 0) - amount
            if taken[key] > (balance := session.balances.get(key, 0)):
                if component in ("deposit", "savings"):
                    raise HeldTooLittle(account=account, balance=balance, amount=taken[key])
                wrong = InterestTooMuch if component in INTEREST else PrincipalTooMuch
                raise wrong(amount=taken[key], balance=balance, loan=account)


def _check_transfer(body: Body) -> None:
    moved = [line for line in body.lines if line.code == "CT"]
    taken = sum(line.amount for line in moved if line.component == "deposit")
    paid = sum(line.amount for line in moved) - taken
    if taken != paid:
        raise TransferUnbalanced(taken=taken, paid=paid)


def _check_savings(session: Projection, body: Body) -> None:
    opening: set[str] = set()
    for line in body.lines:
        if line.code == "GK":
            _check_saved(session, body, line, opening)
    closing = {line.account for line in body.lines if line.code == "RK"}
    for account in closing:
        wanted = [line for line in body.lines if line.code == "RK" and line.account == account]
        asked = sum(line.amount for line in wanted if line.component == "savings")
        deposit = session.roll.deposits[account]
        if any(line.code == "GK" and line.account == account for line in body.lines):
            raise CodeNotHere(transaction="RK")
        if tuple(wanted) != paid_out(session, deposit, amount=asked):
            raise savings.WholeOnly(account=account, balance=session.balance(account, "savings"))


def _check_saved(session: Projection, body: Body, line: Line, opening: set[str]) -> None:
    """A card of this person that may be added to, or a new one that nobody has, with the least it takes."""
    products, on = session.terms.savings_products, session.terms.session_date
    deposit = session.roll.deposits.get(line.account)
    if deposit is None:
        said_ = savings.opening(line.account)
        if said_ is None:
            raise AccountNotTheirs(account=line.account, customer=body.party)
        used = next((one for one in session.roll.deposits.values() if one.card_serial == said_.serial), None)
        if used or said_.serial in opening:
            raise savings.SerialUsed(serial=said_.serial, account=used.account_no if used else line.account)
        opening.add(said_.serial)
        product = savings.offer(said_, products, on=on)
    else:
        if deposit.customer_code != body.party:
            raise AccountNotTheirs(account=line.account, customer=body.party)
        found = savings.product_of(deposit, products)
        steps = found is not None and found.scheme == "steps"
        closed = not session.balance(line.account, "savings")
        if deposit.kind == "term" and (not steps or closed or (deposit.matures_on or on) <= on):
            raise savings.NoAdding(account=line.account)
        if found is None:
            raise savings.ProductUnknown(product=deposit.product_code, months=0)
        product = found
    if line.amount < product.min_amount:
        raise savings.BelowMinimum(amount=line.amount, least=product.min_amount, product=product.product_code)


def principal_first(session: Projection, body: Body) -> bool:
    """Whether principal is paid on a loan whose interest stays owed: for hardship, and the controller's to allow."""
    after = session.balances_with(body)
    paid = {line.account for line in body.lines if line.component in ("principal", "overdue_principal") and line.amount > 0}
    return any(
        after.get((account, component), session.balance(account, component)) > 0 for account in paid for component in INTEREST
    )


def check_by_hand(session: Projection, body: Body) -> None:
    """A slip written by hand has a printed number that is keyed once, and a time of its own."""
    number, at = body.detail("paper_no"), body.detail("paper_at")
    if bool(number) != bool(at) or len(number) > 20:
        raise DetailUnclear(name="paper_no" if at else "paper_at", text=(number or at)[:40])
    if number and not paper_key(number):
        raise DetailUnclear(name="paper_no", text=number)
    if at and not _CLOCK.fullmatch(at):
        raise DetailUnclear(name="paper_at", text=at[:40])
    if used := session.paper_nos.get(paper_key(number)):
        raise PaperUsed(paper_no=number, voucher=str(used))
