"""Residents' savings: what a card is opened with, and what it pays at maturity and before, by hand beside the program."""

import datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import savings
from sync.terms import Deposit
from tests.sync.counter import AS_OF, COUNTER, LONG_RIPE, MONTHLY, PREPAID, RIPE, STEPS, STEPS_UNKNOWN, YOUNG
from tests.sync.small import DAY, RESIDENT
from tests.sync.test_loans import half_up


def interest(balance: int, rate_percent: str, days: int) -> int:
    return half_up(balance * Fraction(rate_percent) / 100 * days / 365)


def paid(deposit: Deposit, *, on: datetime.date = DAY, balance: int = 100_000_000) -> savings.Earned:
    scheme = savings.scheme_of(deposit, COUNTER.savings_products)
    return savings.earned(deposit, balance=balance, scheme=scheme, on=on, as_of=AS_OF)


def test_at_maturity_a_term_account_has_earned_its_rate_for_all_its_days() -> None:
    # 15/08/2023 to 15/08/2024 is 366 days of 5.4 %: 100,000,000 x 366 x 5.4 % / 365 = 5,414,795.
    assert paid(RIPE) == savings.Earned(5_414_795, early=False)
    assert paid(RIPE).interest == interest(100_000_000, "5.4", 366)


def test_closed_early_it_earns_the_early_rate_for_the_days_it_lay() -> None:
    # 15/02 to 15/08/2024 is 182 days of 0.2 %: 99,726.
    assert paid(YOUNG) == savings.Earned(99_726, early=True)
    assert paid(YOUNG).interest == interest(100_000_000, "0.2", 182)
    # The day before maturity is still early; the day itself is not.
    assert paid(RIPE, on=DAY - datetime.timedelta(days=1)).early


def test_days_after_maturity_earn_the_early_rate() -> None:
    # 366 days of 5.4 % and 61 days (15/06 to 15/08) of 0.2 %, summed before rounding.
    wanted = half_up(100_000_000 * (Fraction("5.4") * 366 + Fraction("0.2") * 61) / 100 / 365)
    assert paid(LONG_RIPE) == savings.Earned(wanted, early=False)


def test_interest_paid_in_advance_is_taken_back_when_the_account_is_closed_early() -> None:
    # 366 days paid in advance, 182 days earned at the early rate.
    wanted = half_up(100_000_000 * (Fraction("5.4") * 366 - Fraction("0.2") * 182) / 100 / 365)
    assert paid(PREPAID) == savings.Earned(-wanted, early=True)
    assert paid(PREPAID, on=PREPAID.matures_on).interest == 0  # type: ignore[arg-type]


def test_interest_paid_by_the_month_is_counted_up_to_the_last_whole_month() -> None:
    # 01/02 to 01/08/2024 is 182 days paid; closed on 15/08, 196 days at the early rate.
    wanted = half_up(100_000_000 * (Fraction("5.4") * 182 - Fraction("0.2") * 196) / 100 / 365)
    assert paid(MONTHLY) == savings.Earned(-wanted, early=True)
    # At maturity only the last month is still owed: 01/01 to 01/02/2025, 31 days.
    assert paid(MONTHLY, on=datetime.date(2025, 2, 1)) == savings.Earned(interest(100_000_000, "5.4", 31), early=False)


def test_a_balance_that_grew_pays_what_the_core_system_says_and_the_days_since() -> None:
    since = (STEPS.matures_on - AS_OF).days  # type: ignore[operator]
    at_maturity = half_up(1_000_000 + 100_000_000 * Fraction("5.4") / 100 * since / 365)
    assert paid(STEPS, on=STEPS.matures_on) == savings.Earned(at_maturity, early=False)  # type: ignore[arg-type]
    # Early: the early rate's share of it, three days after the figures.
    early = half_up((1_000_000 + 100_000_000 * Fraction("5.4") / 100 * 3 / 365) * Fraction(2, 54))
    assert paid(STEPS) == savings.Earned(early, early=True)
    with pytest.raises(savings.EarnedUnknown):
        paid(STEPS_UNKNOWN)


def test_a_term_ends_on_the_same_day_of_its_month_or_on_the_last() -> None:
    assert savings.matures(datetime.date(2024, 8, 31), months=6) == datetime.date(2025, 2, 28)
    assert savings.matures(datetime.date(2023, 8, 31), months=6) == datetime.date(2024, 2, 29)
    assert savings.matures(datetime.date(2024, 12, 15), months=12) == datetime.date(2025, 12, 15)


def test_what_is_offered_today_is_at_the_rate_in_force_today() -> None:
    offered = {(one.product_code, one.term_months): one.annual_rate_ppm for one in savings.offered(COUNTER.savings_products, on=DAY)}
    assert offered["402", 12] == 53_600
    later = savings.offered(COUNTER.savings_products, on=datetime.date(2024, 9, 1))
    assert {one.annual_rate_ppm for one in later if one.product_code == "402"} == {60_000}
    with pytest.raises(savings.ProductUnknown):
        savings.opened(savings.Opening("402", 6, "AA0001"), COUNTER.savings_products, customer_code=RESIDENT, on=DAY)


@given(st.text(max_size=30))
def test_a_provisional_number_says_one_card_and_nothing_else_does(text: str) -> None:
    said = savings.opening(text)
    if said is not None:
        assert savings.provisional(said.product_code, term_months=said.term_months, serial=said.serial) == text


def test_a_provisional_number_is_read_back() -> None:
    made = savings.provisional("402", term_months=12, serial=" aa000123 ")
    assert made == "402.12.AA000123"
    assert savings.opening(made) == savings.Opening("402", 12, "AA000123")
    assert savings.opening("4024807000708") is None
    for wrong in ("", "A1", "AA 123", "AA-1234", "Ạ0001"):
        with pytest.raises(savings.SerialUnclear):
            savings.provisional("402", term_months=12, serial=wrong)
