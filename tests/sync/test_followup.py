"""The lists people act on, and the figures of the monthly meeting."""

import csv
import datetime
from pathlib import Path

import pytest

from sync import followup, meeting
from sync.followup import Escaped
from sync.office import core_export
from sync.projection import Projection
from sync.records import changed
from sync.session import Session
from sync.terms import Parameters, Terms
from sync.voucher import Wish
from tests.sync.small import (
    CONTROLLER,
    DAY,
    DEPUTY_A,
    FOLLOWS,
    FROZEN,
    GROUP_A,
    GROUP_B,
    HEAD_A,
    HEAD_B,
    LATE,
    NO_DEPOSIT,
    RESIDENT,
    SAVER,
    TERMS,
    TWICE,
    Writer,
    deposit_no,
    loan_code,
)

CAN_GIUOC = Path(__file__).parent.parent / "corpus" / "can-giuoc"
day = datetime.date


def with_loan(code: str, **other: object) -> Terms:
    """The usual terms, every loan of one person changed."""
    return changed(
        TERMS, loans=tuple(changed(one, **other) if one.customer_code == code else one for one in TERMS.loans)
    )


def with_person(code: str, terms: Terms = TERMS, **other: object) -> Terms:
    return changed(
        terms, customers=tuple(changed(one, **other) if one.customer_code == code else one for one in terms.customers)
    )


def codes(rows: tuple[object, ...]) -> list[str]:
    return [one.customer.customer_code for one in rows]  # type: ignore[attr-defined]


def opened(terms: Terms = TERMS) -> Writer:
    book = Writer(terms)
    book.open()
    return book


# Overdue


def test_overdue_principal_is_listed_with_its_days_until_it_is_paid() -> None:
    book = opened()
    [one] = followup.overdue(book.session)
    assert (one.customer.customer_code, one.amount, one.since, one.days) == (LATE, 10_000_000, day(2024, 8, 1), 14)
    book.visit(LATE, Wish("TL", loan_code(LATE), None), Wish("TQ", loan_code(LATE), 4_000_000))
    [one] = followup.overdue(book.session)
    assert one.amount == 6_000_000
    paid = book.visit(LATE, Wish("TQ", loan_code(LATE), 6_000_000))
    assert followup.overdue(book.session) == ()
    book.reverse(paid.entry.number)
    assert [one.amount for one in followup.overdue(book.session)] == [6_000_000]


def test_what_fell_due_between_the_figures_and_the_session_is_overdue_since_its_own_day() -> None:
    terms = changed(with_loan(HEAD_A, due_on=day(2024, 8, 13)), as_of=day(2024, 8, 12))
    found = {one.customer.customer_code: (one.amount, one.since) for one in followup.overdue(Session(terms))}
    assert found[HEAD_A] == (50_000_000, day(2024, 8, 13))


# Inactive


@pytest.mark.parametrize(
    ("last", "listed"),
    [(day(2024, 5, 16), False), (day(2024, 5, 15), True), (day(2024, 5, 14), True), (day(2023, 5, 15), True)],
)
def test_a_loan_is_inactive_from_three_months_after_its_last_transaction(last: day, *, listed: bool) -> None:
    found = followup.inactive(Session(with_loan(HEAD_A, last_transaction_on=last)))
    assert codes(found) == ([HEAD_A] if listed else [])


@pytest.mark.parametrize(
    ("on", "since"),
    [
        (day(2024, 5, 31), day(2024, 2, 29)), (day(2023, 5, 31), day(2023, 2, 28)), (day(2024, 2, 15), day(2023, 11, 15)),
        (day(2024, 3, 31), day(2023, 12, 31)), (day(2024, 7, 31), day(2024, 4, 30)),
    ],
)  # fmt: skip
def test_three_months_are_counted_on_the_calendar(on: day, since: day) -> None:
    assert followup.quiet_since(on) == since


def test_a_loan_nobody_ever_paid_on_counts_from_its_disbursement() -> None:
    old = day(2024, 4, 1)
    [one] = followup.inactive(Session(with_loan(HEAD_A, last_transaction_on=None, disbursed_on=old)))
    assert (one.last_on, one.never) == (old, True)
    [one] = followup.inactive(Session(with_loan(HEAD_A, last_transaction_on=day(2024, 4, 2), disbursed_on=old)))
    assert (one.last_on, one.never) == (day(2024, 4, 2), False)
    assert not followup.inactive(Session(with_loan(HEAD_A, last_transaction_on=None, disbursed_on=day(2024, 6, 1))))


def test_frozen_loans_and_students_are_not_waited_for() -> None:
    long_ago = day(2023, 1, 15)
    assert codes(followup.inactive(Session(with_loan(HEAD_A, last_transaction_on=long_ago)))) == [HEAD_A]
    student = with_loan(HEAD_A, last_transaction_on=long_ago, programme_code="02")
    assert followup.inactive(Session(student)) == ()
    assert followup.inactive(Session(with_loan(FROZEN, last_transaction_on=long_ago))) == ()
    # What is not frozen of it is waited for.
    partly = with_loan(FROZEN, last_transaction_on=long_ago, balance_in_term=1_000_000)
    assert codes(followup.inactive(Session(partly))) == [FROZEN]
    assert followup.inactive(Session(with_loan(HEAD_A, last_transaction_on=long_ago, balance_in_term=0))) == ()


def test_a_payment_of_today_takes_a_loan_off_and_its_reversal_brings_it_back() -> None:
    book = opened(with_loan(HEAD_A, last_transaction_on=day(2024, 1, 15)))
    assert codes(followup.inactive(book.session)) == [HEAD_A]
    handed = book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 100_000})
    assert followup.inactive(book.session) == ()
    book.reverse(handed.entry.number)
    assert codes(followup.inactive(book.session)) == [HEAD_A]
    # A deposit is no payment on the loan.
    book.visit(HEAD_A, Wish("TT", deposit_no(HEAD_A), 50_000))
    assert codes(followup.inactive(book.session)) == [HEAD_A]


# Repaid


def repaid(session: Projection) -> dict[str, tuple[int, str]]:
    return {one.customer.customer_code: (one.held, one.how) for one in followup.repaid(session)}


def test_somebody_who_repaid_everything_and_still_holds_a_deposit_is_listed_with_how_that_is_known() -> None:
    book = opened()
    # A member who saves and has no loan in the pack; a resident's savings are no member deposit.
    assert repaid(book.session) == {SAVER: (1_350_000, "no_loan")}
    loan = loan_code(DEPUTY_A)
    book.visit(DEPUTY_A, Wish("TL", loan, None), Wish("TG", loan, 25_000_000))
    assert repaid(book.session)[DEPUTY_A] == (1_350_000, "today")
    book.visit(DEPUTY_A, Wish("RT", deposit_no(DEPUTY_A), None), approvers=[CONTROLLER])
    assert DEPUTY_A not in repaid(book.session)
    before = with_loan(HEAD_A, balance_in_term=0)
    assert repaid(Session(before))[HEAD_A] == (1_350_000, "before")


@pytest.mark.parametrize("left", [{"interest_arrears": 1}, {"balance_frozen": 1_000}, {"balance_in_term": 1}])
def test_whoever_owes_one_dong_of_anything_has_not_repaid(left: dict[str, int]) -> None:
    nothing = {"balance_in_term": 0, "interest_paid_to": DAY, "interest_arrears": 0}
    assert DEPUTY_A in repaid(Session(with_loan(DEPUTY_A, **nothing)))
    assert DEPUTY_A not in repaid(Session(with_loan(DEPUTY_A, **{**nothing, **left})))


# Cards


@pytest.mark.parametrize(
    ("expires", "days", "expired"),
    [
        (day(2024, 8, 14), -1, True), (day(2024, 8, 15), 0, False), (day(2024, 9, 14), 30, False),
        (day(2024, 9, 15), None, None), (None, None, None),
    ],
)  # fmt: skip
def test_cards_that_expired_and_those_that_will_within_a_month(expires: day | None, days: int | None, expired: bool | None) -> None:
    found = followup.identities(Session(with_person(TWICE, id_expires_on=expires)))
    assert [(one.customer.customer_code, one.days, one.expired) for one in found] == (
        [(TWICE, days, expired)] if days is not None else []
    )


# Interest


def test_members_who_still_owe_interest_after_today_are_listed_with_what_they_paid() -> None:
    book = opened(with_person(FOLLOWS, group_code=""))
    before = {one.customer.customer_code: one for one in followup.unpaid(book.session)}
    # Whoever saves only, and whose loan is frozen, owes none; whoever is in no group is nobody's to remind.
    assert set(before) == {HEAD_A, DEPUTY_A, TWICE, NO_DEPOSIT, HEAD_B, LATE}
    assert all(one.paid == 0 and one.left == one.due for one in before.values())
    book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000, NO_DEPOSIT: 100_000})
    after = {one.customer.customer_code: one for one in followup.unpaid(book.session)}
    assert set(after) == set(before) - {HEAD_A}
    assert (after[NO_DEPOSIT].paid, after[NO_DEPOSIT].due) == (100_000, before[NO_DEPOSIT].due)
    assert after[NO_DEPOSIT].left == before[NO_DEPOSIT].left - 100_000
    # The two loans of one person are one row.
    assert before[TWICE].due == sum(book.session.dues(one).interest for one in book.session.roll.loans_of(TWICE))


# Newly escaped


def escaped(**other: object) -> tuple[Escaped, ...]:
    return followup.escaped(Session(with_person(HEAD_A, TERMS, **{"beneficiary": "newly_escaped", **other})))


def test_a_household_is_past_its_three_years_from_the_day_after_they_ended() -> None:
    assert escaped(beneficiary_since=day(2021, 8, 15)) == ()
    [one] = escaped(beneficiary_since=day(2021, 8, 14))
    assert (one.since, one.until, one.known) == (day(2021, 8, 14), day(2024, 8, 14), True)
    assert escaped(beneficiary_since=day(2021, 8, 14), beneficiary="near_poor") == ()


def test_without_its_day_a_household_is_past_for_certain_where_its_first_such_loan_is_older_than_three_years() -> None:
    assert escaped() == ()  # its loan is of another programme
    class_of = {"beneficiary": "newly_escaped"}
    for since, listed in ((day(2021, 8, 15), False), (day(2021, 8, 14), True)):
        terms = with_person(HEAD_A, with_loan(HEAD_A, programme_code="09", disbursed_on=since), **class_of)
        found = followup.escaped(Session(terms))
        assert [(one.since, one.known) for one in found] == ([(since, False)] if listed else [])
    # The day the office knows decides, whatever the loans say.
    terms = with_person(HEAD_A, with_loan(HEAD_A, programme_code="09"), beneficiary_since=day(2023, 1, 1), **class_of)
    assert followup.escaped(Session(terms)) == ()


def test_the_earliest_of_several_such_loans_decides() -> None:
    terms = with_loan(TWICE, programme_code="09", disbursed_on=day(2022, 1, 1))
    older = tuple(changed(one, disbursed_on=day(2020, 1, 1)) if one.loan_code == loan_code(TWICE, 1) else one for one in terms.loans)
    [one] = followup.escaped(Session(with_person(TWICE, changed(terms, loans=older), beneficiary="newly_escaped")))
    assert (one.since, one.until) == (day(2020, 1, 1), day(2023, 1, 1))


# The sample office, counted from its files by hand


def point_of_can_giuoc() -> Terms:
    full = core_export.load(CAN_GIUOC).export
    hamlets = {one.hamlet_code for one in full.hamlets if one.point_code == "TXN0480701"}
    people = {one.customer_code for one in full.customers if one.hamlet_code in hamlets}

    def theirs(rows: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(one for one in rows if one.customer_code in people)  # type: ignore[attr-defined]

    return Terms(
        point=full.points[0], session_date=day(2024, 4, 15), team=full.staff, organisations=full.organisations,
        hamlets=full.hamlets, programmes=full.programmes,
        groups=tuple(one for one in full.groups if one.hamlet_code in hamlets),
        customers=theirs(full.customers), loans=theirs(full.loans), deposits=theirs(full.deposits),  # type: ignore[arg-type]
        savings_products=full.savings_products, disbursements=(), payouts=(), parameters=Parameters(),
    )  # fmt: skip


def rows(name: str) -> list[dict[str, str]]:
    with (CAN_GIUOC / f"{name}.csv").open(encoding="utf-8") as held:
        return list(csv.DictReader(held))


@pytest.fixture(scope="module")
def can_giuoc() -> Session:
    return Session(point_of_can_giuoc())


def test_the_lists_of_a_whole_point_are_those_that_its_files_say(can_giuoc: Session) -> None:
    here = {one["hamlet_code"] for one in rows("hamlets") if one["point_code"] == "TXN0480701"}
    people = {one["customer_code"]: one for one in rows("customers") if one["hamlet_code"] in here}
    loans = [one for one in rows("loans") if one["customer_code"] in people]
    quiet = {
        one["loan_code"] for one in loans
        if one["last_transaction_on"] <= "2024-01-15" and one["programme_code"] != "02"
        and int(one["balance_in_term"]) + int(one["balance_overdue"] or 0) > 0
    }  # fmt: skip
    assert {one.dues.loan.loan_code for one in followup.inactive(can_giuoc)} == quiet
    late = {one["loan_code"]: int(one["balance_overdue"]) for one in loans if int(one["balance_overdue"] or 0)}
    assert {one.dues.loan.loan_code: one.amount for one in followup.overdue(can_giuoc)} == late
    cards = {code for code, one in people.items() if one["id_expires_on"] and one["id_expires_on"] <= "2024-05-15"}
    assert set(codes(followup.identities(can_giuoc))) == cards
    borrowers = {one["customer_code"] for one in loans}
    held = {one["customer_code"] for one in rows("deposits") if one["kind"] == "member" and int(one["balance"])}
    assert set(codes(followup.repaid(can_giuoc))) == (held & set(people)) - borrowers
    assert min(len(quiet), len(late), len(cards), len(followup.repaid(can_giuoc))) > 0


# The meeting


def test_the_meetings_tables_come_to_the_whole_point_whichever_way_they_are_cut(can_giuoc: Session) -> None:
    groups, organisations = meeting.by_group(can_giuoc), meeting.by_organisation(can_giuoc)
    whole = meeting.total(one for _, one in groups)
    assert whole == meeting.total(one for _, one in organisations)
    assert whole.interest_due == can_giuoc.interest_due_at_start == 371_604_353
    assert whole.balance == sum(one.balance_in_term + one.balance_overdue + one.balance_frozen for one in can_giuoc.terms.loans)
    assert whole.inactive == len(followup.inactive(can_giuoc))
    assert whole.overdue == sum(one.amount for one in followup.overdue(can_giuoc))
    assert [code for code, _ in organisations] == ["11", "12", "13", "99"]
    assert [code for code, _ in groups[:-1]] == sorted(can_giuoc.roll.groups)
    assert groups[-1][0] == ""


def session_due(terms: Terms, code: str) -> int:
    """The interest somebody owes before anything was paid."""
    session = Session(terms)
    return sum(session.dues(one).interest for one in session.roll.loans_of(code))


def test_a_session_moves_the_meetings_figures_by_what_stands_of_it() -> None:
    book = opened()
    start = dict(meeting.by_group(book.session))
    book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000})
    book.reverse(2)
    assert dict(meeting.by_group(book.session)) == start
    book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000})
    book.slip()
    late = book.session.dues(book.session.roll.loans[loan_code(LATE)]).interest
    book.visit(LATE, Wish("TL", loan_code(LATE), None), Wish("TQ", loan_code(LATE), 1_000_000))
    book.visit(HEAD_B, Wish("CT", deposit_no(HEAD_B), 100_000))
    book.visit(FOLLOWS, Wish("TL", loan_code(FOLLOWS), None), Wish("TG", loan_code(FOLLOWS), 2_000_000))
    a, b = (dict(meeting.by_group(book.session))[code] for code in (GROUP_A, GROUP_B))
    due = start[GROUP_A].interest_due
    interest = a.interest_taken
    assert 0 < interest < 330_000
    assert (a.interest_due, a.deposits_change, a.disbursed, a.principal_taken) == (due, 330_000 - interest, 60_000_000, 0)
    assert a.balance == start[GROUP_A].balance + 60_000_000
    assert a.deposits == start[GROUP_A].deposits + a.deposits_change
    # What is moved from a deposit to a debt was collected like cash.
    assert late > 0
    follows = session_due(TERMS, FOLLOWS)
    assert (b.interest_taken, b.deposits_change, b.principal_taken) == (100_000 + late + follows, -100_000, 3_000_000)
    assert b.overdue == 9_000_000
    assert (b.overdue_rate, b.collection_rate) == (
        round(9_000_000 * 10_000 / b.balance), round(b.interest_taken * 10_000 / b.interest_due)
    )  # fmt: skip


def test_two_groups_whose_leaders_have_one_name_are_two_rows_and_nobodys_loan_is_counted_twice() -> None:
    session = Session(TERMS)
    names = {session.roll.customers[one.leader].full_name for one in session.terms.groups}
    found = dict(meeting.by_group(session))
    assert len(names) == 1
    assert list(found) == [GROUP_A, GROUP_B, ""]
    assert [(found[one].members, found[one].borrowers) for one in (GROUP_A, GROUP_B)] == [(5, 4), (4, 4)]
    assert sum(one.groups for one in found.values()) == 2
    # A frozen balance is a balance.
    assert found[GROUP_B].balance == 50_000_000 + 10_000_000 + 30_000_000 + 100_000_000


def test_lending_without_an_organisation_has_a_row_of_its_own() -> None:
    direct = dict(meeting.by_organisation(Session(with_person(FOLLOWS, group_code=""))))
    assert (direct["99"].groups, direct["99"].borrowers, direct["99"].balance) == (0, 1, 100_000_000)
    alone = changed(TERMS, groups=tuple(changed(one, org_code="") if one.group_code == GROUP_B else one for one in TERMS.groups))
    found = dict(meeting.by_organisation(Session(alone)))
    assert (found["99"].groups, found["99"].members) == (1, 4)
    assert dict(meeting.by_organisation(Session(TERMS)))["99"] == meeting.Figures()


def test_a_loan_of_somebody_whose_group_the_pack_does_not_have_is_lost_in_no_table() -> None:
    session = Session(with_person(HEAD_B, group_code="9999999"))
    for table in (meeting.by_group(session), meeting.by_organisation(session)):
        assert meeting.total(one for _, one in table).balance == meeting.total(one for _, one in meeting.by_group(Session(TERMS))).balance


def test_residents_savings_are_no_groups() -> None:
    book = opened()
    held = meeting.savings(book.session)
    assert (held.held, held.change) == (1_350_000, 0)
    assert meeting.total(one for _, one in meeting.by_group(book.session)).deposits == sum(
        one.balance for one in TERMS.deposits if one.customer_code != RESIDENT
    )


@pytest.mark.parametrize(("part", "whole", "rate"), [(0, 0, 0), (1, 3, 3_333), (2, 3, 6_667), (1, 20_000, 1), (1, 20_001, 0), (5, 0, 0)])
def test_a_share_is_rounded_half_up_to_a_hundredth_of_a_percent(part: int, whole: int, rate: int) -> None:
    assert meeting.share(part, whole) == rate


def test_every_loan_of_the_pack_is_looked_at_once() -> None:
    session = Session(TERMS)
    found = [dues.loan.loan_code for _, dues in followup.loans(session)]
    assert sorted(found) == sorted(one.loan_code for one in TERMS.loans)
