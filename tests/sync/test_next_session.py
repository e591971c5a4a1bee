"""What is owed at the next session: which day that is, and the figures held against a session made for that day."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.ledger import INTEREST
from sync.loans import principal_to_pay
from sync.records import changed
from sync.session import Session
from sync.terms import Terms
from sync.voucher import Wish
from tests.sync import small
from tests.sync.small import DAY, HEAD_A, LATE, TERMS, TWICE, Writer

NEXT = datetime.date(2024, 9, 15)


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("session", "planned", "visit_day", "after"),
    [
        ("2024-08-15", "", 15, "2024-09-15"), ("2024-12-15", "", 15, "2025-01-15"),
        ("2024-01-31", "", 31, "2024-02-29"), ("2025-01-31", "", 31, "2025-02-28"),
        # Held late or early, the next one is where it always is.
        ("2024-09-02", "2024-08-15", 15, "2024-09-15"), ("2024-08-10", "2024-08-15", 15, "2024-09-15"),
        ("2024-09-16", "2024-08-15", 15, "2024-10-15"), ("2024-08-15", "", 0, "2024-09-15"),
    ],
)  # fmt: skip
def test_the_next_session_is_on_the_points_day_of_the_month_after(
    session: str, planned: str, visit_day: int, after: str
) -> None:
    point = changed(TERMS.point, visit_day=visit_day)
    terms = changed(TERMS, session_date=day(session), planned_on=day(planned) if planned else None, point=point)
    assert terms.next_session == day(after)


@given(st.dates(day("2020-01-01"), day("2035-12-31")), st.integers(1, 31))
def test_the_next_session_is_always_later_and_at_most_two_months_away(on: datetime.date, visit_day: int) -> None:
    terms = changed(TERMS, session_date=on, point=changed(TERMS.point, visit_day=visit_day))
    assert on < terms.next_session <= on + datetime.timedelta(days=62)


def held_then(terms: Terms, on: datetime.date) -> Session:
    """A session on a later day from the same figures: what the office would say if nothing happened before it."""
    return Session(changed(terms, session_date=on, as_of=terms.as_of or terms.session_date))


@settings(max_examples=60)
@given(st.dates(DAY, DAY + datetime.timedelta(days=800)))
def test_a_loan_nobody_paid_on_owes_then_what_a_session_of_that_day_would_say(on: datetime.date) -> None:
    book, later = Writer(), held_then(TERMS, on)
    for loan in TERMS.loans:
        assert book.session.dues_on(loan, on).by_component == later.dues(loan).by_component


def test_a_loan_that_falls_overdue_in_between_is_overdue_then() -> None:
    loans = tuple(changed(one, due_on=day("2024-09-01")) if one.customer_code == HEAD_A else one for one in TERMS.loans)
    book = Writer(changed(TERMS, loans=loans))
    dues = book.session.dues_on(loans[0], NEXT)
    assert dues.by_component["overdue_principal"] == 50_000_000
    assert principal_to_pay(dues, on=NEXT) == 50_000_000
    # 50,000,000 at 6.6 % for 48 days up to the 1st, at 8.58 % for 14 days after it.
    assert (dues.by_component["interest"], dues.by_component["overdue_interest"]) == (433_973, 164_548)


def test_interest_that_was_paid_today_is_not_asked_for_again() -> None:
    book = Writer()
    book.open()
    loan = book.session.roll.loans[small.loan_code(HEAD_A)]
    book.visit(HEAD_A, Wish("TL", loan.loan_code, None))
    # 50,000,000 at 6.6 % for the 31 days from 15 August.
    assert book.session.dues_on(loan, NEXT).interest == 280_274


def test_what_was_left_unpaid_today_is_in_arrears_then() -> None:
    book = Writer()
    book.open()
    loan = book.session.roll.loans[small.loan_code(HEAD_A)]
    owed = book.session.dues(loan).interest
    book.visit(HEAD_A, Wish("TL", loan.loan_code, owed - 1))
    dues = book.session.dues_on(loan, NEXT).by_component
    assert (dues["interest_arrears"], dues["interest"]) == (1, 280_274)


def test_principal_paid_today_bears_no_interest_until_then() -> None:
    book = Writer()
    book.open()
    loan = book.session.roll.loans[small.loan_code(LATE)]
    book.visit(LATE, Wish("TQ", loan.loan_code, 4_000_000), Wish("TL", loan.loan_code, None))
    dues = book.session.dues_on(loan, NEXT)
    # 6,000,000 at 8.58 % for 31 days, and nothing of what was paid.
    assert {name: sum_ for name, sum_ in dues.by_component.items() if sum_} == {
        "overdue_interest": 43_723, "overdue_principal": 6_000_000,
    }  # fmt: skip
    assert dues.balance == 6_000_000


def test_a_loan_paid_out_today_owes_a_month_of_interest_then() -> None:
    book = Writer()
    book.open()
    book.slip()
    loan = book.session.roll.loans[small.NEW_LOAN]
    assert book.session.interest_at_start(loan) == 0
    # 60,000,000 at 6.6 % for 31 days.
    assert book.session.dues_on(loan, NEXT).interest == 336_329


def test_an_instalment_paid_in_part_is_due_for_the_rest() -> None:
    loans = tuple(
        changed(one, next_instalment_on=day("2024-09-10"), next_instalment_amount=5_000_000) if one.customer_code == HEAD_A else one
        for one in TERMS.loans
    )
    book = Writer(changed(TERMS, loans=loans))
    book.open()
    assert principal_to_pay(book.session.dues_on(loans[0], NEXT), on=NEXT) == 5_000_000
    book.visit(HEAD_A, Wish("TL", loans[0].loan_code, None), Wish("TG", loans[0].loan_code, 2_000_000))
    assert principal_to_pay(book.session.dues_on(loans[0], NEXT), on=NEXT) == 3_000_000


def test_a_reversed_payment_leaves_the_figures_as_if_it_had_never_been() -> None:
    book = Writer()
    book.open()
    loans = book.session.roll.loans_of(TWICE)
    before = [book.session.dues_on(loan, NEXT) for loan in loans]
    book.group(small.GROUP_A, by=HEAD_A, cash={TWICE: 250_000})
    assert [book.session.dues_on(loan, NEXT) for loan in loans] != before
    book.reverse(2)
    assert [book.session.dues_on(loan, NEXT) for loan in loans] == before


def test_the_rows_of_a_later_session_suggest_what_is_due_then() -> None:
    book = Writer()
    book.open()
    rows = book.session.members_on(small.GROUP_A, NEXT)
    assert [one.customer_code for one in rows] == [one.customer_code for one in book.session.members(small.GROUP_A)]
    for row in rows:
        assert row.interest == sum(dues.by_component[name] for dues in row.dues for name in INTEREST)
    # 62 days of 50,000,000 at 6.6 % come to 560,548; with the usual 50,000 and up to a note of 10,000.
    assert (rows[0].interest, rows[0].suggestion) == (560_548, 620_000)
