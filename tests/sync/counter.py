"""The small session with everything else a counter needs: a second teller, savings of every scheme, a day of its figures."""

import datetime

from sync.adjustment import slip_number
from sync.ledger import Line
from sync.records import changed
from sync.terms import Adjustment, Deposit, SavingsProduct, Scheme
from sync.voucher import line_of
from tests.sync import small
from tests.sync.small import DAY, RESIDENT, SECOND, SEEDS, TERMS, Writer, staff

AS_OF = datetime.date(2024, 8, 12)
DEMAND = small.deposit_no(RESIDENT)


def product(code: str, months: int, rate_ppm: int, *, least: int, scheme: Scheme = "end") -> SavingsProduct:
    return SavingsProduct(
        product_code=code, name=f"Tiết kiệm {code}", kind="term" if months else "demand", term_months=months,
        annual_rate_ppm=rate_ppm, early_rate_ppm=2_000 if months else None, min_amount=least,
        effective_from=datetime.date(2024, 1, 1), scheme=scheme,
    )  # fmt: skip


def term(number: str, product_code: str, *, since: datetime.date, until: datetime.date, **other: object) -> Deposit:
    usual = Deposit(
        account_no=number, customer_code=RESIDENT, product_code=product_code, kind="term", balance=100_000_000,
        annual_rate_ppm=54_000, early_rate_ppm=2_000, opened_on=since, matures_on=until, card_serial=f"AA{number[-6:]}",
    )  # fmt: skip
    return changed(usual, **other)


_YEAR_AGO = datetime.date(2023, 8, 15)
RIPE = term("4020000000001", "402", since=_YEAR_AGO, until=DAY)
YOUNG = term("4020000000002", "402", since=datetime.date(2024, 2, 15), until=datetime.date(2025, 2, 15))
LONG_RIPE = term("4020000000003", "402", since=datetime.date(2023, 6, 15), until=datetime.date(2024, 6, 15))
PREPAID = term("4420000000001", "442", since=datetime.date(2024, 2, 15), until=datetime.date(2025, 2, 15))
MONTHLY = term("4520000000001", "452", since=datetime.date(2024, 2, 1), until=datetime.date(2025, 2, 1))
STEPS = term("4640000000001", "464", since=_YEAR_AGO, until=datetime.date(2024, 12, 15), interest_accrued=1_000_000)
STEPS_UNKNOWN = term("4640000000002", "464", since=_YEAR_AGO, until=datetime.date(2024, 12, 15))


def adjustment(place: int, *, lines: tuple[Line, ...]) -> Adjustment:
    """A slip about a line of an earlier session of a resident's."""
    of = "TXN0480799-20240715-A-000137"
    return Adjustment(
        slip_no=slip_number(of, (place,)), outcome="returned", customer_code=RESIDENT, of=of,
        was=(line_of("GK", DEMAND, "savings", 300_000),), booked=(), lines=lines, core_number="", reason="đã tất toán",
    )  # fmt: skip


GIVEN_BACK, TAKEN_IN, TOLD = (
    adjustment(place, lines=(line_of("CX", "", "suspense", amount),) if amount else ())
    for place, amount in ((1, -300_000), (2, 200_000), (3, 0))
)

COUNTER = changed(
    TERMS,
    team=(*TERMS.team, staff(SECOND, "teller", SEEDS[SECOND])),
    deposits=(*TERMS.deposits[:-1], changed(TERMS.deposits[-1], product_code="401"), RIPE, YOUNG, LONG_RIPE, PREPAID, MONTHLY, STEPS, STEPS_UNKNOWN),
    savings_products=(
        product("401", 0, 5_000, least=50_000), product("402", 12, 53_600, least=1_000_000),
        changed(product("402", 12, 60_000, least=1_000_000), effective_from=datetime.date(2024, 9, 1)),
        product("442", 12, 50_000, least=1_000_000, scheme="start"),
        product("452", 12, 51_000, least=1_000_000, scheme="monthly"),
        product("464", 12, 49_000, least=100_000, scheme="steps"),
    ),
    as_of=AS_OF,
    adjustments=(GIVEN_BACK, TAKEN_IN, TOLD),
)  # fmt: skip


def opened(float_amount: int = 400_000_000) -> Writer:
    book = Writer(COUNTER)
    book.open(float_amount)
    return book
