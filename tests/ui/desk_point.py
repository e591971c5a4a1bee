"""The usual point with what the customer desk has to show: savings of every kind, every kind of day, an expired card."""

import datetime
from typing import Literal

from sync.records import changed
from sync.terms import Deposit, Loan, Programme, SavingsProduct, Terms
from tests.desktop import small

# Everybody here is made up; by the number of their code.
SAVER, EARLY, DEBTOR, EXPIRED, EXTENDED, FROZEN, HOUSING, TWICE = range(1, 9)
AS_OF = small.DAY - datetime.timedelta(days=1)
MATURED, UNRIPE, DEMAND, STEPS = "4020480700001", "4020480700002", "4010480700002", "4640480700003"
SECOND_LOAN, SECOND_DEPOSIT = "6600104100000808", "1050480700808"
_SINCE = datetime.date(2020, 1, 1)


def _product(code: str, name: str, months: int, rate: int, least: int, **more: object) -> SavingsProduct:
    kind: Literal["member", "demand", "term"] = "member" if code == "105" else "term" if months else "demand"
    return changed(
        SavingsProduct(product_code=code, name=name, kind=kind, term_months=months, annual_rate_ppm=rate,
                       early_rate_ppm=2_000 if months else None, min_amount=least, effective_from=_SINCE),
        **more,
    )  # fmt: skip


PRODUCTS = (
    _product("105", "Tiền gửi tổ viên", 0, 5_000, 1_000),
    _product("401", "Tiết kiệm không kỳ hạn", 0, 5_000, 50_000),
    _product("402", "Tiết kiệm có kỳ hạn trả lãi cuối kỳ", 6, 39_600, 1_000_000),
    _product("402", "Tiết kiệm có kỳ hạn trả lãi cuối kỳ", 12, 53_600, 1_000_000),
    _product("464", "Tiết kiệm tích lũy trả lãi cuối kỳ", 12, 49_000, 100_000, scheme="steps"),
)


def _savings(account: str, customer: int, balance: int, *, opened: datetime.date, matures: datetime.date | None, rate: int,
             accrued: int | None = None) -> Deposit:  # fmt: skip
    return Deposit(
        account_no=account, customer_code=small.code(customer), product_code=account[:3],
        kind="term" if matures else "demand", balance=balance, annual_rate_ppm=rate,
        early_rate_ppm=2_000 if matures else None, opened_on=opened, matures_on=matures,
        card_serial=f"AB{account[-6:]}", interest_accrued=accrued,
    )  # fmt: skip


DEPOSITS = (
    _savings(MATURED, SAVER, 20_000_000, opened=datetime.date(2023, 4, 15), matures=small.DAY, rate=53_600),
    _savings(UNRIPE, EARLY, 10_000_000, opened=datetime.date(2023, 10, 15), matures=datetime.date(2024, 10, 15), rate=53_600),
    _savings(DEMAND, EARLY, 3_000_000, opened=datetime.date(2022, 1, 3), matures=None, rate=5_000),
    _savings(STEPS, DEBTOR, 1_200_000, opened=datetime.date(2024, 1, 15), matures=datetime.date(2025, 1, 15), rate=49_000, accrued=9_000),
)  # fmt: skip


def _loan(one: Loan) -> Loan:
    match next((n for n in (EXTENDED, FROZEN, HOUSING) if small.code(n) == one.customer_code), 0):
        case 5:
            return changed(one, due_on=datetime.date(2024, 1, 20), extended_to=datetime.date(2024, 4, 10), due_at_point=small.DAY)
        case 6:
            return changed(one, balance_in_term=10_000_000, balance_frozen=40_000_000)
        case 7:
            # Its rate follows the programme, which changed on the first of the month.
            return changed(one, programme_code="12", annual_rate_ppm=None, next_instalment_on=small.DAY, next_instalment_amount=2_000_000)
        case _:
            return one


def prepare(usual: Terms) -> Terms:
    """The office put all of this into the pack."""
    housing = tuple(
        Programme(programme_code="12", short_name="nhà ở xã hội", name="Cho vay nhà ở xã hội", annual_rate_ppm=rate,
                  overdue_percent=130, effective_from=since)
        for rate, since in ((48_000, datetime.date(2015, 1, 1)), (66_000, datetime.date(2024, 4, 1)))
    )  # fmt: skip
    pattern = next(one for one in usual.loans if one.customer_code == small.code(TWICE))
    second = changed(pattern, loan_code=SECOND_LOAN, programme_code="09", annual_rate_ppm=82_500, balance_in_term=10_000_000)
    other = next(one for one in usual.deposits if one.customer_code == small.code(TWICE))
    people = tuple(
        changed(one, id_expires_on=datetime.date(2024, 1, 3)) if one.customer_code == small.code(EXPIRED) else one
        for one in usual.customers
    )
    return changed(
        usual, as_of=AS_OF, savings_products=PRODUCTS, customers=people, programmes=(*usual.programmes, *housing),
        loans=(*(_loan(one) for one in usual.loans), second),
        deposits=(*usual.deposits, *DEPOSITS, changed(other, account_no=SECOND_DEPOSIT, balance=250_000)),
    )  # fmt: skip
