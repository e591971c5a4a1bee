"""Residents' savings: what opens an account, what may be added, and what it pays when it is closed.

An account opened at the table has no number of the core system yet. It goes by `product.term.serial`
until the office has one: product code, months (0 for none) and the serial of its card, which no other
account has.

Interest is balance x days x rate, actual days over 365, the first day counted and the last not, summed
exactly and rounded half-up once. At maturity an account has earned its contract rate up to that day and
the early rate after it; closed before, the early rate for all its days, and what was paid in advance or
by the month is taken back. A demand account is credited by the core system and pays its balance.

Source: README, *Rules of the field*.
"""

import calendar
import datetime
import re
from collections.abc import Iterable
from typing import NamedTuple

from sync.errors import Refusal
from sync.money import round_half_up
from sync.terms import Deposit, SavingsProduct, Scheme

_YEAR = 365 * 1_000_000
# What is printed on a card: letters and digits, at least four of them.
_SERIAL = re.compile(r"[A-Z0-9]{4,20}", re.ASCII)


class ProductUnknown(Refusal):
    code = "savings.product-unknown"
    vi = "Hôm nay không nhận sản phẩm tiết kiệm {product} kỳ hạn {months} tháng. Chọn sản phẩm có trong bảng lãi suất."
    en = "Savings product {product} for {months} months is not offered today. Choose one from the table of rates."


class SerialUnclear(Refusal):
    code = "savings.serial-unclear"
    vi = "Số sê-ri thẻ “{serial}” không đúng dạng. Gõ đúng như in trên thẻ: chữ in hoa và số, từ 4 ký tự."
    en = "Card serial “{serial}” is not in its form. Type it as printed: capital letters and digits, four or more."


class SerialUsed(Refusal):
    code = "savings.serial-used"
    vi = "Thẻ số {serial} đã dùng cho tài khoản {account}. Lấy thẻ khác; nếu thẻ này là của khách, gửi thêm vào tài khoản đó."
    en = "Card {serial} already belongs to account {account}. Take another card, or add to that account if it is theirs."


class BelowMinimum(Refusal):
    code = "savings.below-minimum"
    vi = "Số gửi {amount} đ dưới mức tối thiểu {least} đ của sản phẩm {product}. Gửi từ mức đó trở lên."
    en = "A deposit of {amount} đ is below the minimum {least} đ of product {product}. Deposit at least that."


class NoAdding(Refusal):
    code = "savings.no-adding"
    vi = "Tài khoản {account} là tiết kiệm có kỳ hạn gửi một lần, không gửi thêm được. Mở thẻ mới cho khoản này."
    en = "Account {account} is a term deposit made once and cannot be added to. Open a new card for this money."


class WholeOnly(Refusal):
    code = "savings.whole-only"
    vi = "Tài khoản có kỳ hạn {account} chỉ chi trả toàn bộ số dư {balance} đ. Bỏ trống số tiền để tất toán."
    en = "Term account {account} is paid out whole, {balance} đ. Leave the amount empty to close it."


class EarnedUnknown(Refusal):
    code = "savings.earned-unknown"
    vi = "Gói không có số lãi đã tích lũy của tài khoản gửi góp {account} nên không tính đúng lãi được. Mời khách tất toán tại phòng giao dịch."
    en = "The pack does not say what account {account} has earned in steps, so its interest cannot be computed. It is closed at the office."


class SchemeUnknown(Refusal):
    code = "savings.scheme-unknown"
    vi = "Gói không còn sản phẩm {product} trong bảng lãi suất nên không biết tài khoản {account} trả lãi cách nào. Mời khách tất toán tại phòng giao dịch."
    en = "Product {product} is no longer in the pack's table, so how account {account} is paid its interest is unknown. It is closed at the office."


class Opening(NamedTuple):
    """What a provisional account number says."""

    product_code: str
    term_months: int
    serial: str


class Earned(NamedTuple):
    """What closing pays beside the balance, in đồng; below zero where paid interest is taken back."""

    interest: int
    early: bool


def provisional(product_code: str, *, term_months: int, serial: str) -> str:
    """The account number of a card opened today. Raises `SerialUnclear`."""
    serial = serial.strip().upper()
    if not _SERIAL.fullmatch(serial):
        raise SerialUnclear(serial=serial[:24])
    return f"{product_code}.{term_months}.{serial}"


def opening(account: str) -> Opening | None:
    """What a provisional number says; None for a number of the core system."""
    product, _, rest = account.partition(".")
    months, _, serial = rest.partition(".")
    if not product or not months.isascii() or not months.isdigit() or not _SERIAL.fullmatch(serial):
        return None
    said = Opening(product, int(months), serial)
    return said if provisional(product, term_months=said.term_months, serial=serial) == account else None


def offered(products: Iterable[SavingsProduct], *, on: datetime.date) -> tuple[SavingsProduct, ...]:
    """The products a resident may open on a day, each at the rate in force."""
    newest: dict[tuple[str, int], SavingsProduct] = {}
    for one in sorted(products, key=lambda row: row.effective_from):
        if one.effective_from <= on and one.kind != "member":
            newest[one.product_code, one.term_months] = one
    return tuple(newest[key] for key in sorted(newest))


def offer(said: Opening, products: Iterable[SavingsProduct], *, on: datetime.date) -> SavingsProduct:
    """The product that a card opened today is of. Raises `ProductUnknown`."""
    for one in offered(products, on=on):
        if (one.product_code, one.term_months) == (said.product_code, said.term_months):
            return one
    raise ProductUnknown(product=said.product_code, months=said.term_months)


def matures(on: datetime.date, *, months: int) -> datetime.date:
    """The same day so many months later, or the last day of that month."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return datetime.date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))


def opened(said: Opening, products: Iterable[SavingsProduct], *, customer_code: str, on: datetime.date) -> Deposit:
    """The account that begins today, with nothing in it yet. Raises `ProductUnknown`."""
    one = offer(said, products, on=on)
    return Deposit(
        account_no=provisional(one.product_code, term_months=one.term_months, serial=said.serial),
        customer_code=customer_code,
        product_code=one.product_code,
        kind=one.kind,
        balance=0,
        annual_rate_ppm=one.annual_rate_ppm,
        early_rate_ppm=one.early_rate_ppm,
        opened_on=on,
        matures_on=matures(on, months=one.term_months) if one.kind == "term" else None,
        card_serial=said.serial,
        interest_accrued=0,
    )


def product_of(deposit: Deposit, products: Iterable[SavingsProduct]) -> SavingsProduct | None:
    """The newest row of an account's product, for its minimum and its scheme."""
    rows = [one for one in products if one.product_code == deposit.product_code]
    return max(rows, key=lambda row: row.effective_from, default=None)


def scheme_of(deposit: Deposit, products: Iterable[SavingsProduct]) -> Scheme:
    """How an account's interest is paid."""
    product = product_of(deposit, products)
    return product.scheme if product else "end"


def earned(
    deposit: Deposit, *, balance: int, scheme: Scheme, on: datetime.date, as_of: datetime.date | None
) -> Earned:
    """What an account has earned when it is closed on a day with this balance. Raises `EarnedUnknown`."""
    if deposit.kind != "term" or deposit.matures_on is None:
        return Earned(0, early=False)
    begin, end, early_rate = deposit.opened_on, deposit.matures_on, deposit.early_rate_ppm or 0
    early = on < end
    if scheme == "steps":
        return Earned(_in_steps(deposit, on=on, as_of=as_of), early)
    before, after = (min(on, end) - begin).days, max((on - end).days, 0)
    weight = balance * (before * (early_rate if early else deposit.annual_rate_ppm) + after * early_rate)
    paid = balance * deposit.annual_rate_ppm * days_paid(deposit, scheme, on)
    owed = weight - paid
    return Earned(round_half_up(owed, _YEAR) if owed >= 0 else -round_half_up(-owed, _YEAR), early)


def days_paid(deposit: Deposit, scheme: Scheme, on: datetime.date) -> int:
    """Days whose interest the depositor has had: all in advance, or up to the last whole month before the end."""
    # Of a card opened at this table nothing has been paid yet: the core system does that when it has the account.
    if scheme == "end" or deposit.matures_on is None or opening(deposit.account_no):
        return 0
    if scheme == "start":
        return (deposit.matures_on - deposit.opened_on).days
    months, last = 1, deposit.opened_on
    while (day := matures(deposit.opened_on, months=months)) <= on and day < deposit.matures_on:
        months, last = months + 1, day
    return (last - deposit.opened_on).days


def _in_steps(deposit: Deposit, *, on: datetime.date, as_of: datetime.date | None) -> int:
    """Interest of a balance that grew: the core system's figure, and what its balance then has earned since."""
    if deposit.interest_accrued is None or deposit.matures_on is None:
        raise EarnedUnknown(account=deposit.account_no)
    early_rate, rate, end = deposit.early_rate_ppm or 0, deposit.annual_rate_ppm, deposit.matures_on
    since = min(as_of or on, on)
    until = max(min(on, end), since)
    contract = deposit.interest_accrued * _YEAR + deposit.balance * rate * (until - since).days
    if on < end:
        # The accrued figure is linear in the rate, so the early rate takes its share of it.
        return round_half_up(contract * early_rate, _YEAR * rate) if rate else 0
    return round_half_up(contract + deposit.balance * early_rate * (on - max(until, end)).days, _YEAR)
