"""Interest to the đồng: the bank's own figures, an independent day-by-day reckoning, and where money goes first."""

import datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import loans
from sync.ledger import INTEREST
from sync.loans import Dues, RateUnknown, interest_due, interest_lines, rate_history
from sync.office import core_export
from sync.records import changed
from sync.terms import Loan, Programme
from tests.sync import small

CAN_GIUOC = Path(__file__).parent.parent / "corpus" / "can-giuoc"
DAY = datetime.date(2024, 8, 15)
HISTORY = rate_history(small.TERMS.programmes)


def after(days: int) -> datetime.date:
    return small.PAID_TO + datetime.timedelta(days=days)


def reckoned(loan: Loan, programmes: tuple[Programme, ...], on: datetime.date) -> dict[str, int]:
    """One day at a time, as a person with a calendar would, in fractions: shares nothing with the program."""
    sums = {"interest": Fraction(0), "overdue_interest": Fraction(0)}
    day = loan.interest_paid_to
    while day < on:
        force = [row for row in programmes if row.programme_code == loan.programme_code and row.effective_from <= day]
        newest = max(force, key=lambda row: row.effective_from) if force else None
        oldest = min((r for r in programmes if r.programme_code == loan.programme_code), key=lambda r: r.effective_from)
        rate = loan.annual_rate_ppm if loan.annual_rate_ppm is not None else newest.annual_rate_ppm  # type: ignore[union-attr]
        daily = Fraction(rate, 1_000_000 * 365)
        sums["interest"] += loan.balance_in_term * daily
        if loan.overdue_since is not None and day >= loan.overdue_since:
            sums["overdue_interest"] += loan.balance_overdue * daily * Fraction((newest or oldest).overdue_percent, 100)
        else:
            sums["interest"] += loan.balance_overdue * daily
        day += datetime.timedelta(days=1)
    return {name: half_up(value) for name, value in sums.items()}


def half_up(value: Fraction) -> int:
    with localcontext() as context:
        context.prec = 200
        return int((Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("balance", "rate_ppm", "days", "interest"),
    [
        (50_000_000, 66_000, 28, 253_151), (50_000_000, 66_000, 30, 271_233), (50_000_000, 66_000, 31, 280_274),
        (100_000_000, 79_200, 28, 607_562), (100_000_000, 79_200, 30, 650_959), (100_000_000, 79_200, 31, 672_658),
        (25_000_000, 90_000, 28, 172_603), (25_000_000, 90_000, 30, 184_932), (25_000_000, 90_000, 31, 191_096),
        (100_000_000, 82_500, 28, 632_877), (100_000_000, 82_500, 30, 678_082), (100_000_000, 82_500, 31, 700_685),
    ],
)  # fmt: skip
def test_one_period_of_interest_is_the_banks_figure(balance: int, rate_ppm: int, days: int, interest: int) -> None:
    loan = small.loan(small.HEAD_A, balance_in_term=balance, annual_rate_ppm=rate_ppm)
    assert interest_due(loan, HISTORY, after(days)) == {
        "overdue_interest_arrears": 0, "interest_arrears": 0, "overdue_interest": 0, "interest": interest
    }  # fmt: skip


def test_overdue_principal_bears_130_percent_of_the_rate() -> None:
    """10,000,000 overdue for 45 days at 130 % of 6.6 %, which is 8.58 %."""
    loan = small.loan(small.LATE, balance_in_term=0, balance_overdue=10_000_000, overdue_since=small.PAID_TO)
    assert interest_due(loan, HISTORY, after(45))["overdue_interest"] == 105_781
    assert interest_due(loan, HISTORY, after(45))["interest"] == 0


def test_runs_of_two_balances_are_summed_exactly_and_rounded_once() -> None:
    """50 million for 10 days, then 45 million for 21 days, at 6.6 %."""
    runs = [loans.Run(50_000_000, DAY, after(41), 66_000, 100), loans.Run(45_000_000, DAY, after(52), 66_000, 100)]
    assert [run.days for run in runs] == [10, 21]
    weight = sum(run.weight for run in runs)
    assert loans.round_half_up(weight, 365 * 1_000_000 * 100) == 261_288


def test_a_rate_that_changes_in_mid_period_counts_each_day_at_its_own_rate() -> None:
    loan = next(one for one in small.TERMS.loans if one.customer_code == small.FOLLOWS)
    # 15 July to 1 August: 17 days at 4.8 %; to 15 August: 14 days at 6.6 %.
    expected = half_up(Fraction(100_000_000 * (17 * 48_000 + 14 * 66_000), 365_000_000))
    assert interest_due(loan, HISTORY, DAY)["interest"] == expected == 476_712
    # The day of the change bears the new rate: the day before, the old one only.
    assert interest_due(loan, HISTORY, datetime.date(2024, 8, 1))["interest"] == half_up(Fraction(48 * 17 * 10**5, 365))
    assert interest_due(loan, HISTORY, datetime.date(2024, 8, 2))["interest"] == half_up(
        Fraction((48 * 17 + 66) * 10**5, 365)
    )


def test_a_loan_with_a_rate_of_its_own_does_not_follow_its_programme() -> None:
    loan = changed(next(one for one in small.TERMS.loans if one.customer_code == small.FOLLOWS), annual_rate_ppm=48_000)
    assert interest_due(loan, HISTORY, DAY)["interest"] == half_up(Fraction(48 * 31 * 10**5, 365))


def test_the_days_before_a_loan_fell_overdue_bear_its_own_rate() -> None:
    loan = next(one for one in small.TERMS.loans if one.customer_code == small.LATE)
    due = interest_due(loan, HISTORY, DAY)
    assert due["interest"] == half_up(Fraction(10_000_000 * 17 * 66_000, 365_000_000)) == 30_740
    assert due["overdue_interest"] == half_up(Fraction(10_000_000 * 14 * 66_000 * 130, 36_500_000_000)) == 32_910
    assert due["overdue_interest_arrears"] == 1_500


def test_frozen_principal_bears_nothing() -> None:
    loan = next(one for one in small.TERMS.loans if one.customer_code == small.FROZEN)
    assert set(interest_due(loan, HISTORY, DAY).values()) == {0}


def test_one_dong_of_arrears_is_owed() -> None:
    loan = next(one for one in small.TERMS.loans if one.customer_code == small.NO_DEPOSIT)
    assert interest_due(loan, HISTORY, DAY) == {
        "overdue_interest_arrears": 0, "interest_arrears": 1, "overdue_interest": 0, "interest": 280_274
    }  # fmt: skip


def test_the_first_day_counts_and_the_last_does_not() -> None:
    loan = small.loan(small.HEAD_A, balance_in_term=36_500_000_000, annual_rate_ppm=10_000)
    assert interest_due(loan, HISTORY, after(0))["interest"] == 0
    assert interest_due(loan, HISTORY, after(1))["interest"] == 1_000_000
    assert interest_due(loan, HISTORY, after(-3))["interest"] == 0


def test_a_day_without_a_rate_stops_rather_than_guesses() -> None:
    loan = small.loan(small.HEAD_A, programme_code="77", annual_rate_ppm=None)
    with pytest.raises(RateUnknown) as caught:
        interest_due(loan, HISTORY, DAY)
    assert "15/07/2024" in caught.value.sentence("vi")
    late = (small.programme("77", 66_000, after(1)),)
    with pytest.raises(RateUnknown):
        interest_due(loan, rate_history(late), DAY)


def test_the_point_of_the_sample_owes_what_the_bank_says() -> None:
    """Xã Đông Thạnh on 15 April 2024: 371,604,353 đồng of interest on 820 loans."""
    export = core_export.load(CAN_GIUOC).export
    point = {one.hamlet_code: one.point_code for one in export.hamlets}
    here = {one.customer_code for one in export.customers if point[one.hamlet_code] == "TXN0480701"}
    mine = [loan for loan in export.loans if loan.customer_code in here]
    day, history = datetime.date(2024, 4, 15), rate_history(export.programmes)
    assert len(mine) == 820
    assert sum(sum(interest_due(loan, history, day).values()) for loan in mine) == 371_604_353
    for loan in mine[::20]:
        due = interest_due(loan, history, day)
        assert {name: due[name] for name in ("interest", "overdue_interest")} == reckoned(loan, export.programmes, day)


days = st.dates(datetime.date(2023, 1, 1), datetime.date(2024, 12, 31))
balances = st.integers(0, 200_000_000)


@st.composite
def lent(draw: st.DrawFn) -> tuple[Loan, tuple[Programme, ...], datetime.date]:
    rows = tuple(
        small.programme("P", draw(st.integers(0, 150_000)), day, overdue_percent=draw(st.sampled_from([130, 150])))
        for day in sorted(draw(st.sets(days, max_size=3)) | {datetime.date(2015, 1, 1)})
    )
    overdue = draw(st.booleans())
    made = small.loan(
        small.HEAD_A, programme_code="P", annual_rate_ppm=draw(st.none() | st.integers(0, 150_000)),
        balance_in_term=draw(balances), balance_overdue=draw(balances) if overdue else 0,
        overdue_since=draw(days) if overdue else None, balance_frozen=draw(balances), interest_paid_to=draw(days),
    )  # fmt: skip
    return made, rows, draw(days)


@settings(max_examples=50)
@given(lent())
def test_every_loan_owes_what_a_reckoning_day_by_day_gives(
    case: tuple[Loan, tuple[Programme, ...], datetime.date],
) -> None:
    loan, rows, on = case
    due = interest_due(loan, rate_history(rows), on)
    assert {name: due[name] for name in ("interest", "overdue_interest")} == reckoned(loan, rows, on)


# --- where a sum goes first


def owed(code: str, due_on: datetime.date, **amounts: int) -> Dues:
    loan = small.loan(small.TWICE, loan_code=code, due_on=due_on)
    return Dues(loan, {name: amounts.get(name, 0) for name in (*INTEREST, "overdue_principal", "principal")})


def test_interest_is_taken_component_by_component_and_the_earlier_due_loan_first() -> None:
    late = owed("B", datetime.date(2026, 1, 1), overdue_interest_arrears=10, interest=40)
    early = owed("C", datetime.date(2025, 1, 1), interest_arrears=20, interest=30)
    same_day = owed("A", datetime.date(2026, 1, 1), interest=5)
    lines, left = interest_lines(1_000, [late, same_day, early])
    assert [(line.account, line.component, line.amount) for line in lines] == [
        ("B", "overdue_interest_arrears", 10), ("C", "interest_arrears", 20),
        ("C", "interest", 30), ("A", "interest", 5), ("B", "interest", 40),
    ]  # fmt: skip
    assert left == 1_000 - 105


owed_lists = st.lists(
    st.builds(
        lambda code, due_on, amounts: owed(code, due_on, **amounts),
        st.text("ABC", min_size=1, max_size=3), days, st.dictionaries(st.sampled_from(INTEREST), st.integers(0, 99)),
    ),
    max_size=4, unique_by=lambda dues: dues.loan.loan_code,
)  # fmt: skip


@given(st.integers(0, 1_000), owed_lists)
def test_no_interest_is_taken_that_is_not_owed_and_nothing_is_lost(amount: int, dues: list[Dues]) -> None:
    lines, left = interest_lines(amount, dues)
    taken = {(line.account, line.component): line.amount for line in lines}
    assert len(taken) == len(lines)
    assert sum(taken.values()) + left == amount
    for one in dues:
        for component in INTEREST:
            assert 0 <= taken.get((one.loan.loan_code, component), 0) <= one.by_component[component]
    if left:
        assert sum(taken.values()) == sum(one.interest for one in dues)


# --- the day that decides, and what falls due between the figures and the session


def due(loan: Loan, *, on: datetime.date = DAY, as_of: datetime.date | None) -> dict[str, int]:
    return interest_due(loan, HISTORY, on, as_of)


def test_the_last_of_three_due_days_decides() -> None:
    loan = small.loan(small.HEAD_A, due_on=datetime.date(2024, 8, 1))
    assert loans.last_due(loan) == datetime.date(2024, 8, 1)
    assert loans.last_due(changed(loan, extended_to=datetime.date(2025, 2, 1))) == datetime.date(2025, 2, 1)
    rolled = changed(loan, extended_to=datetime.date(2024, 8, 10), due_at_point=DAY)
    assert loans.last_due(rolled) == DAY
    assert loans.fallen(rolled, on=DAY, as_of=datetime.date(2024, 8, 5)) == (0, DAY)


def test_principal_whose_day_passed_since_the_figures_is_overdue_from_that_day() -> None:
    """50,000,000 at 6.6 %: 17 days in term, then 14 at 130 %; due on the day itself it is not yet late."""
    last = datetime.date(2024, 8, 1)
    loan = small.loan(small.HEAD_A, due_on=last)
    found = due(loan, as_of=datetime.date(2024, 7, 20))
    assert found["interest"] == half_up(50_000_000 * Fraction(66, 1000) * 17 / 365) == 153_699
    assert found["overdue_interest"] == half_up(50_000_000 * Fraction(66, 1000) * Fraction(130, 100) * 14 / 365) == 164_548
    assert due(loan, on=last, as_of=datetime.date(2024, 7, 20))["overdue_interest"] == 0
    # The core system's own word on a later day stands as it is.
    assert due(loan, as_of=datetime.date(2024, 8, 10))["overdue_interest"] == 0
    assert due(loan, as_of=None)["interest"] == 280_274


def test_an_instalment_of_a_loan_made_since_march_2026_goes_overdue_by_itself() -> None:
    on, as_of = datetime.date(2026, 8, 15), datetime.date(2026, 7, 31)
    instalment = datetime.date(2026, 8, 5)
    loan = small.loan(
        small.HEAD_A, disbursed_on=datetime.date(2026, 3, 1), due_on=datetime.date(2029, 3, 1), next_instalment_on=instalment,
        next_instalment_amount=5_000_000, interest_paid_to=datetime.date(2026, 7, 15),
    )  # fmt: skip
    assert loans.fallen(loan, on=on, as_of=as_of) == (5_000_000, instalment)
    found = due(loan, on=on, as_of=as_of)
    # 45 m for 31 days and 5 m for 21 in term; 5 m for 10 days at 130 %.
    assert found["interest"] == half_up(Fraction(66, 1000) * (45_000_000 * 31 + 5_000_000 * 21) / 365)
    assert found["overdue_interest"] == half_up(Fraction(66, 1000) * Fraction(13, 10) * 5_000_000 * 10 / 365) == 11_753
    # A day earlier the old rule holds; so it does for an instalment rescheduled to the session.
    assert loans.fallen(changed(loan, disbursed_on=datetime.date(2026, 2, 28)), on=on, as_of=as_of)[0] == 0
    assert loans.fallen(changed(loan, due_at_point=on), on=on, as_of=as_of)[0] == 0
    assert loans.fallen(changed(loan, next_instalment_on=on), on=on, as_of=as_of)[0] == 0


def test_a_sum_is_put_against_interest_then_overdue_then_due_then_early_principal() -> None:
    late = small.loan(small.LATE, balance_in_term=0, balance_overdue=10_000_000)
    soon = small.loan(small.LATE, loan_code="6600000000000002", due_on=datetime.date(2027, 1, 1), next_instalment_on=DAY,
                      next_instalment_amount=2_000_000)  # fmt: skip
    early = small.loan(small.LATE, loan_code="6600000000000001", due_on=datetime.date(2026, 12, 1))
    owed = [
        Dues(one, {**dict.fromkeys(INTEREST, 0), "interest": 100, "principal": one.balance_in_term, "overdue_principal": one.balance_overdue})
        for one in (soon, late, early)
    ]
    def said(amount: int) -> list[tuple[str, str, int]]:
        made, left = loans.proposal(amount, owed, on=DAY)
        assert sum(one.amount for one in made) + left == amount
        return [(one.code, one.account[-2:], one.amount) for one in made if one.component != "interest"]

    assert said(300) == []
    assert said(300 + 10_000_000) == [("TQ", late.loan_code[-2:], 10_000_000)]
    # The instalment that is due goes before principal of the loan that ends earlier.
    assert said(300 + 12_500_000)[1:] == [("TG", "02", 2_000_000), ("TG", "01", 500_000)]
    assert said(300 + 10_000_000 + 100_000_000)[1:] == [("TG", "02", 50_000_000), ("TG", "01", 50_000_000)]
    assert loans.proposal(300 + 110_000_001, owed, on=DAY)[1] == 1


def test_a_loan_is_paid_off_to_the_dong() -> None:
    loan = small.loan(small.HEAD_A, interest_arrears=1)
    owed = Dues(loan, {**interest_due(loan, HISTORY, DAY), "principal": 50_000_000, "overdue_principal": 0})
    made, left = loans.proposal(50_280_275, [owed], on=DAY)
    assert left == 0
    assert sum(one.amount for one in made if one.component == "principal") == 50_000_000
    assert [one.amount for one in made if one.component == "interest_arrears"] == [1]
