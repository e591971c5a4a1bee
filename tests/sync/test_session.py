"""The rules a voucher meets: each refusal once by its code, and what a morning leaves behind, to the đồng."""

import contextlib
import random
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import ledger, voucher
from sync.chain import NO_HEAD
from sync.errors import Fault, Refusal
from sync.ledger import COMPONENTS, Line
from sync.money import AMOUNT_MAX
from sync.records import TEXT_LETTERS_MAX, changed
from sync.session import Session
from sync.voucher import Body, Kind, Wish, line_of
from tests.sync import small
from tests.sync.small import (
    COMMISSION,
    CONTROLLER,
    DEPUTY_A,
    FEE,
    FROZEN,
    GROUP_A,
    GROUP_B,
    HEAD_A,
    HEAD_B,
    LATE,
    LEADER,
    NO_DEPOSIT,
    RESIDENT,
    SAVER,
    SLIP,
    SLIP_EARLY,
    SLIP_LATE,
    TELLER,
    TERMS,
    TWICE,
    Writer,
    deposit_no,
    loan_code,
    notes,
)


@pytest.fixture
def book() -> Writer:
    writer = Writer()
    writer.open()
    return writer


def refused(code: str, verb: Callable[[], object]) -> Fault:
    with pytest.raises(Fault) as caught:
        verb()
    assert caught.value.code == code
    assert isinstance(caught.value, Refusal)
    assert caught.value.sentence("vi")
    assert caught.value.sentence("en")
    return caught.value


def asked(book: Writer, body: Body, *approvers: str, maker: str = TELLER) -> Callable[[], None]:
    return lambda: book.session.check(body, maker=maker, approvers=approvers, head=book.head)


def visit_body(who: str, *lines: Line, **other: object) -> Body:
    return Body(kind="visit", party=who, by=who, lines=lines, **other)  # type: ignore[arg-type]


# --- the life of a session


def test_a_session_goes_from_prepared_to_closed_and_no_further() -> None:
    book = Writer()
    states = [book.session.state]
    for step in (
        book.open, lambda: book.visit(SAVER, Wish("TT", deposit_no(SAVER), 50_000)),
        lambda: book.count(book.session.cash), lambda: book.visit(SAVER, Wish("TT", deposit_no(SAVER), 50_000)),
        lambda: book.count(book.session.cash), book.close,
    ):  # fmt: skip
        step()
        states.append(book.session.state)
    assert states == ["prepared", "open", "open", "counted", "open", "counted", "closed"]
    refused("session.closed", lambda: book.visit(SAVER, Wish("TT", deposit_no(SAVER), 50_000)))
    refused("session.closed", book.open)
    refused("session.closed", lambda: book.reverse(2))
    refused("session.closed", lambda: book.count(0))


def test_nothing_is_posted_before_the_float_is_taken_over_and_it_is_taken_once() -> None:
    book = Writer()
    refused("session.not-open", lambda: book.visit(SAVER, Wish("TT", deposit_no(SAVER), 50_000)))
    refused("session.not-open", lambda: book.count(0))
    refused("session.not-open", book.close)
    book.open()
    refused("session.already-open", book.open)


def test_a_float_is_what_its_notes_come_to(book: Writer) -> None:
    body = Writer().session.plan_open(notes={500_000: 2})
    fresh = Writer()
    more = changed(body, lines=(line_of("UQ", "", "cash", 1_500_000),))
    refused("cash.notes-differ", asked(fresh, more, CONTROLLER))
    refused("voucher.code-not-here", asked(fresh, changed(body, lines=()), CONTROLLER))
    refused("voucher.code-not-here", asked(fresh, changed(body, lines=(line_of("UQ", "", "cash", -500_000),)), CONTROLLER))
    refused("voucher.code-not-here", asked(fresh, changed(body, lines=(line_of("HQ", "", "cash", 1_000_000),)), CONTROLLER))
    refused("money.notes-unclear", lambda: fresh.session.plan_open(notes={300_000: 1}))
    fresh.post(fresh.session.plan_open(notes={}), CONTROLLER)
    assert fresh.session.cash == 0


def test_a_close_asks_for_a_count_that_agrees(book: Writer) -> None:
    refused("session.count-first", book.close)
    book.count(99_000_000)
    refused("session.cash-differs", book.close)
    refused("session.reason-missing", lambda: book.post(book.session.plan_difference(reason="  \t"), LEADER))
    book.post(book.session.plan_difference(reason="thiếu hai tờ"), LEADER)
    assert (book.session.cash, book.session.counted) == (99_000_000, 99_000_000)
    refused("session.no-difference", lambda: book.post(book.session.plan_difference(reason="lần nữa"), LEADER))
    stale = book.session.plan_close(head=book.head)
    book.visit(SAVER, Wish("TT", deposit_no(SAVER), 50_000))
    refused("session.count-first", asked(book, stale, TELLER, CONTROLLER, LEADER))
    book.count(book.session.cash)
    refused("session.head-moved", asked(book, stale, TELLER, CONTROLLER, LEADER))
    book.close()


def test_a_difference_is_exactly_what_the_count_was_off(book: Writer) -> None:
    refused("session.count-first", lambda: book.post(book.session.plan_difference(reason="chưa đếm"), LEADER))
    book.count(100_500_000)
    body = book.session.plan_difference(reason="thừa một tờ")
    assert body.cash == 500_000
    refused("session.cash-differs", asked(book, changed(body, lines=(line_of("CL", "", "difference", 400_000),)), LEADER))


# --- people


def test_each_kind_is_approved_by_whom_the_rules_name_and_nobody_approves_their_own() -> None:
    book = Writer()
    body = book.session.plan_open(notes=notes(1_000_000))
    for approvers in ((), (TELLER,), (TELLER, CONTROLLER), ("KSV99",), (CONTROLLER, "KSV99")):
        code = "session.maker-approves" if TELLER in approvers else "session.approval-missing"
        refused(code, asked(book, body, *approvers))
    asked(book, body, LEADER)()
    book.open()
    book.visit(SAVER, Wish("TT", deposit_no(SAVER), 50_000))
    reverse = book.session.plan_reverse(2, reason="nhầm")
    for wrong in ((), (TELLER,)):
        refused("session.maker-approves" if wrong else "session.approval-missing", asked(book, reverse, *wrong))
    asked(book, reverse, LEADER)()
    asked(book, reverse, CONTROLLER)()
    slip = book.session.plan_slip(SLIP)
    refused("session.approval-missing", asked(book, slip, LEADER))
    asked(book, slip, CONTROLLER)()
    book.count(0)
    difference = book.session.plan_difference(reason="mất")
    refused("session.approval-missing", asked(book, difference, CONTROLLER))
    asked(book, difference, LEADER)()
    book.count(book.session.cash)
    close = book.session.plan_close(head=book.head)
    for short in ((), (TELLER,), (TELLER, CONTROLLER), (CONTROLLER, LEADER), (TELLER, LEADER), (LEADER,) * 3):
        refused("session.approval-missing", asked(book, close, *short))
    asked(book, close, TELLER, CONTROLLER, LEADER)()


def test_only_a_teller_of_the_team_makes_vouchers(book: Writer) -> None:
    body = book.session.plan_visit(SAVER, wishes=[Wish("TT", deposit_no(SAVER), 50_000)])
    for maker in (CONTROLLER, LEADER, "GDV99", ""):
        refused("session.not-teller", asked(book, body, maker=maker))


def test_a_second_teller_does_not_approve_what_a_controller_must() -> None:
    team = (*TERMS.team, small.staff("GDV02", "teller", b"\x14" * 32))
    book = Writer(changed(TERMS, team=team))
    body = book.session.plan_open(notes={})
    refused("session.approval-missing", asked(book, body, "GDV02"))
    refused("session.maker-approves", asked(book, body, "GDV02", maker="GDV02"))
    asked(book, body, CONTROLLER, maker="GDV02")()


def test_everything_else_is_asked_before_a_second_person_is_called(book: Writer) -> None:
    late = book.session.plan_slip(SLIP_LATE)
    with pytest.raises(Refusal) as caught:
        book.session.check(late, maker=TELLER, approvers=None, head=book.head)
    assert caught.value.code == "slip.not-in-force"
    book.session.check(book.session.plan_slip(SLIP), maker=TELLER, approvers=None, head=book.head)
    assert book.session.approvers(book.session.plan_slip(SLIP)) == (frozenset({"controller"}),)


# --- a group's hand-in


def test_cash_pays_interest_first_and_the_rest_goes_to_the_lowest_deposit_account(book: Writer) -> None:
    sealed = book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000, TWICE: 250_000, SAVER: 50_000})
    early, late = loan_code(TWICE, 1), loan_code(TWICE)
    said = [(line.code, line.account, line.component, line.amount) for line in sealed.entry.body.lines]
    assert said == [
        ("TL", loan_code(HEAD_A), "interest", 280_274), ("TT", deposit_no(HEAD_A), "deposit", 49_726),
        ("TL", early, "interest_arrears", 7_000), ("TL", early, "interest", 56_055), ("TL", late, "interest", 112_110),
        ("TT", deposit_no(TWICE), "deposit", 74_835), ("TT", deposit_no(SAVER), "deposit", 50_000),
    ]  # fmt: skip
    assert sealed.entry.body.cash == 630_000
    assert book.session.balance(deposit_no(TWICE, 1), "deposit") == 0


def test_less_than_the_interest_pays_arrears_first_and_what_comes_first(book: Writer) -> None:
    sealed = book.group(GROUP_A, by=HEAD_A, cash={TWICE: 8_000})
    assert [(one.account, one.component, one.amount) for one in sealed.entry.body.lines] == [
        (loan_code(TWICE, 1), "interest_arrears", 7_000), (loan_code(TWICE, 1), "interest", 1_000)
    ]  # fmt: skip


def test_overdue_interest_comes_before_interest(book: Writer) -> None:
    sealed = book.group(GROUP_B, by=HEAD_B, cash={LATE: 100_000})
    assert [(one.component, one.amount) for one in sealed.entry.body.lines] == [
        ("overdue_interest_arrears", 1_500), ("overdue_interest", 32_910), ("interest", 30_740), ("deposit", 34_850)
    ]  # fmt: skip


def test_a_split_changed_by_hand_is_kept_and_the_rest_is_a_deposit(book: Writer) -> None:
    sealed = book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000, TWICE: 100_000}, interest={HEAD_A: 100_000, TWICE: 0})
    assert [(one.code, one.amount) for one in sealed.entry.body.lines] == [
        ("TL", 100_000), ("TT", 230_000), ("TT", 100_000)
    ]  # fmt: skip
    refused("voucher.amount-not-positive", lambda: book.group(GROUP_A, by=HEAD_A, cash={TWICE: 5_000}, interest={TWICE: 6_000}))
    refused("voucher.amount-not-positive", lambda: book.session.plan_group(GROUP_A, by=HEAD_A, cash={TWICE: -1}, interest={}, notes={}))
    refused("voucher.amount-not-positive", lambda: book.session.plan_group(GROUP_A, by=HEAD_A, cash={TWICE: 5}, interest={TWICE: -1}, notes={}))


def test_a_member_without_an_account_hands_in_no_change(book: Writer) -> None:
    refused("group.change-without-account", lambda: book.group(GROUP_A, by=HEAD_A, cash={NO_DEPOSIT: 281_000}))
    sealed = book.group(GROUP_A, by=HEAD_A, cash={NO_DEPOSIT: 280_000})
    assert [(one.component, one.amount) for one in sealed.entry.body.lines] == [("interest_arrears", 1), ("interest", 279_999)]
    assert book.session.balance(loan_code(NO_DEPOSIT), "interest") == 275


def test_suggestions_are_interest_and_deposit_in_whole_notes(book: Writer) -> None:
    rows = {one.customer_code: one for one in book.session.members(GROUP_A)}
    assert (rows[HEAD_A].interest, rows[HEAD_A].suggestion) == (280_274, 340_000)
    assert (rows[NO_DEPOSIT].interest, rows[NO_DEPOSIT].suggestion) == (280_275, 280_000)
    assert (rows[SAVER].interest, rows[SAVER].suggestion) == (0, 50_000)
    refused("group.unknown", lambda: book.session.members("0000000"))


def test_only_its_leader_or_deputy_hands_in_for_a_group_and_stands_in_the_entry(book: Writer) -> None:
    for stranger in (TWICE, HEAD_B, RESIDENT, "", "4899999999"):
        refused("group.stranger", lambda who=stranger: book.group(GROUP_A, by=who, cash={TWICE: 10_000}))
    # A group without a deputy is not handed in by nobody.
    refused("group.stranger", lambda: book.group(GROUP_B, by="", cash={LATE: 10_000}))
    assert book.group(GROUP_A, by=DEPUTY_A, cash={TWICE: 10_000}).entry.body.by == DEPUTY_A
    # Two leaders have one name: they are told apart by code.
    refused("group.stranger", lambda: book.group(GROUP_B, by=HEAD_A, cash={LATE: 10_000}))


def test_a_leader_cannot_hand_in_principal(book: Writer) -> None:
    body = book.session.plan_group(GROUP_A, by=HEAD_A, cash={TWICE: 10_000}, interest={}, notes=notes(10_000))
    for code in ("TG", "TQ"):
        line = line_of(code, loan_code(HEAD_A), COMPONENTS[code][0], 10_000)
        fault = refused("group.principal-through-leader", asked(book, changed(body, lines=(line,))))
        assert loan_code(HEAD_A) in fault.sentence("vi")


def test_what_a_hand_in_may_not_carry(book: Writer) -> None:
    body = book.session.plan_group(GROUP_A, by=HEAD_A, cash={TWICE: 10_000}, interest={}, notes=notes(10_000))
    refused("group.not-member", lambda: book.session.plan_group(GROUP_A, by=HEAD_A, cash={LATE: 1}, interest={}, notes={}))
    refused("group.not-member", asked(book, changed(body, lines=(line_of("TT", deposit_no(LATE), "deposit", 10_000),))))
    refused("group.not-member", asked(book, changed(body, lines=(line_of("TT", "nowhere", "deposit", 10_000),))))
    refused("group.unknown", asked(book, changed(body, party="0000000")))
    refused("voucher.empty", asked(book, changed(body, lines=())))
    refused("voucher.code-not-here", asked(book, changed(body, lines=(line_of("RT", deposit_no(TWICE), "deposit", 10_000),))))
    refused("voucher.code-not-here", asked(book, changed(body, lines=(line_of("TT", loan_code(TWICE), "deposit", 10_000),))))


def test_the_notes_come_to_the_cash(book: Writer) -> None:
    plan = book.session.plan_group
    for held in ({}, {10_000: 2}, {5_000: 1}, {500: 19}):
        refused("cash.notes-differ", asked(book, plan(GROUP_A, by=HEAD_A, cash={TWICE: 10_000}, interest={}, notes=held)))
    asked(book, plan(GROUP_A, by=HEAD_A, cash={TWICE: 10_000}, interest={}, notes={500: 20}))()


def test_a_note_listed_twice_or_out_of_order_is_no_list(book: Writer) -> None:
    body = book.session.plan_group(GROUP_A, by=HEAD_A, cash={TWICE: 10_000}, interest={}, notes={5_000: 1, 1_000: 5})
    asked(book, body)()
    for held in (((1_000, 5), (5_000, 1)), ((10_000, 0), (5_000, 1), (1_000, 5)), ((5_000, 9), (5_000, 1), (1_000, 5))):
        refused("voucher.field-stray", asked(book, changed(body, notes=held)))
    refused("voucher.field-stray", asked(book, Body(kind="count", notes=((500_000, 1), (500_000, 2)))))


# --- a visit


def test_one_visit_is_one_voucher_of_any_mix_of_lines(book: Writer) -> None:
    sealed = book.visit(
        LATE, Wish("TQ", loan_code(LATE), 10_000_000), Wish("TL", loan_code(LATE), None), Wish("TT", deposit_no(LATE), 4_850)
    )
    assert [(one.code, one.amount) for one in sealed.entry.body.lines] == [
        ("TQ", 10_000_000), ("TL", 1_500), ("TL", 32_910), ("TL", 30_740), ("TT", 4_850)
    ]  # fmt: skip
    assert sealed.entry.body.cash == 10_070_000
    loan = book.session.roll.loans[loan_code(LATE)]
    assert not any(book.session.dues(loan).by_component.values())


def test_nobody_pays_more_than_they_owe_by_all_lines_together(book: Writer) -> None:
    refused("loan.principal-too-much", lambda: book.visit(HEAD_A, Wish("TG", loan_code(HEAD_A), 50_000_001)))
    half = Wish("TG", loan_code(HEAD_A), 25_000_001)
    refused("loan.principal-too-much", lambda: book.visit(HEAD_A, half, half))
    refused("loan.principal-too-much", lambda: book.visit(HEAD_A, Wish("TQ", loan_code(HEAD_A), 1)))
    refused("loan.principal-too-much", lambda: book.visit(FROZEN, Wish("TG", loan_code(FROZEN), 1)))
    refused("voucher.code-not-here", lambda: book.visit(HEAD_A, Wish("TG", deposit_no(HEAD_A), 1)))
    refused("loan.interest-too-much", lambda: book.visit(HEAD_A, Wish("TL", loan_code(HEAD_A), 280_275)))
    part = line_of("TL", loan_code(HEAD_A), "interest", 140_138)
    refused("loan.interest-too-much", asked(book, visit_body(HEAD_A, part, part)))
    refused("loan.interest-too-much", asked(book, visit_body(HEAD_A, line_of("TL", loan_code(HEAD_A), "interest_arrears", 1))))
    book.visit(HEAD_A, Wish("TG", loan_code(HEAD_A), 50_000_000), Wish("TL", loan_code(HEAD_A), 280_274))
    refused("loan.principal-too-much", lambda: book.visit(HEAD_A, Wish("TG", loan_code(HEAD_A), 1)))


def test_what_a_visit_may_not_carry(book: Writer) -> None:
    mine = deposit_no(HEAD_A)
    refused("visit.customer-unknown", asked(book, visit_body("4899999999", line_of("TT", mine, "deposit", 1))))
    refused("visit.customer-unknown", asked(book, changed(visit_body(HEAD_A, line_of("TT", mine, "deposit", 1)), by=TWICE)))
    refused("visit.account-not-theirs", lambda: book.visit(TWICE, Wish("TT", mine, 1)))
    refused("visit.account-not-theirs", asked(book, visit_body(TWICE, line_of("TT", mine, "deposit", 1))))
    refused("voucher.empty", lambda: book.visit(HEAD_A))
    refused("voucher.empty", lambda: book.visit(HEAD_A, Wish("TL", loan_code(HEAD_A), None)) and book.visit(HEAD_A, Wish("TL", loan_code(HEAD_A), None)))
    for amount in (0, -1, None):
        refused("voucher.amount-not-positive", lambda amount=amount: book.visit(HEAD_A, Wish("TT", mine, amount)))
    for amount in (0, -1):
        refused("voucher.amount-not-positive", lambda amount=amount: book.visit(HEAD_A, Wish("TL", loan_code(HEAD_A), amount)))
        refused("voucher.amount-not-positive", asked(book, visit_body(HEAD_A, line_of("TG", loan_code(HEAD_A), "principal", amount))))
    for code in ("GN", "GK", "RK", "UQ", "HQ", "CL", "TF", "CX", "??", ""):
        refused("voucher.code-not-here", lambda code=code: book.visit(HEAD_A, Wish(code, mine, 1)))
        part = COMPONENTS.get(code, ("deposit",))[0]
        refused("voucher.code-not-here", asked(book, visit_body(HEAD_A, line_of(code, mine, part, 1))))
    refused("voucher.code-not-here", asked(book, visit_body(HEAD_A, line_of("TL", loan_code(HEAD_A), "principal", 1))))
    refused("voucher.code-not-here", lambda: book.visit(HEAD_A, Wish("TL", mine, 1)))
    refused("voucher.code-not-here", lambda: book.visit(HEAD_A, Wish("TT", loan_code(HEAD_A), 1)))
    refused("voucher.code-not-here", lambda: book.visit(RESIDENT, Wish("TT", deposit_no(RESIDENT), 1)))
    refused("cash.notes-differ", asked(book, visit_body(HEAD_A, line_of("TT", mine, "deposit", 1_000), notes=((500, 1),))))


# --- what could pass for something else, or could not be read again


def test_a_voucher_carries_what_its_kind_carries_and_nothing_else(book: Writer) -> None:
    book.visit(SAVER, Wish("TT", deposit_no(SAVER), 50_000))
    visit = book.session.plan_visit(SAVER, wishes=[Wish("TT", deposit_no(SAVER), 50_000)])
    for stray in (
        {"slip": SLIP}, {"reverses": 2}, {"absent": (SAVER,)}, {"head": b"x"}, {"details": (("seal", "x"),)},
        {"details": (("card", "x"), ("card", "x"))},
    ):  # fmt: skip
        refused("voucher.field-stray", asked(book, changed(visit, **stray)))
    refused("voucher.detail-unclear", asked(book, changed(visit, details=(("card", " x"),))))
    count = book.session.plan_count(notes={500_000: 1})
    for stray in ({"party": SAVER}, {"by": SAVER}, {"lines": visit.lines}, {"head": bytes(32)}):
        refused("voucher.field-stray", asked(book, changed(count, **stray)))
    group = book.session.plan_group(GROUP_A, by=HEAD_A, cash={TWICE: 10_000}, interest={}, notes=notes(10_000))
    for stray in ({"slip": SLIP}, {"reverses": 2}):
        refused("voucher.field-stray", asked(book, changed(group, **stray)))
    opening = Writer().session.plan_open(notes={})
    refused("voucher.field-stray", asked(Writer(), changed(opening, reason="x"), CONTROLLER))
    book.count(book.session.cash)
    close = book.session.plan_close(head=book.head)
    refused("voucher.field-stray", asked(book, changed(close, notes=((500, 1),)), TELLER, CONTROLLER, LEADER))


def test_a_reversed_visit_that_named_a_slip_would_not_free_it() -> None:
    """Even for bodies that broke a rule, which the office keeps and folds."""
    session = Session(TERMS)
    session.apply(session.plan_open(notes=notes(200_000_000)), maker=TELLER)
    session.apply(session.plan_slip(SLIP), maker=TELLER)
    session.apply(visit_body(HEAD_A, line_of("TT", deposit_no(HEAD_A), "deposit", 1_000), slip=SLIP), maker=TELLER)
    session.apply(session.plan_reverse(3, reason="x"), maker=TELLER)
    assert session.slips_paid == {SLIP: 2}
    with pytest.raises(voucher.Refusal) as caught:
        session.check(session.plan_slip(SLIP), maker=TELLER, approvers=None, head=NO_HEAD)
    assert caught.value.code == "slip.paid"


def test_what_no_record_could_hold_is_refused_before_it_is_kept(book: Writer) -> None:
    """An entry that could not be read again would close the book for good."""
    most = AMOUNT_MAX
    refused("money.amount-too-large", lambda: book.visit(SAVER, Wish("TT", deposit_no(SAVER), most + 1)))
    refused("money.amount-too-large", lambda: Writer().open(most + 1))
    refused("money.amount-too-large", lambda: book.visit(SAVER, Wish("TT", deposit_no(SAVER), most)))
    room = most - book.session.cash
    book.visit(SAVER, Wish("TT", deposit_no(SAVER), room))
    refused("money.amount-too-large", lambda: book.visit(SAVER, Wish("TT", deposit_no(SAVER), 1)))
    book.post(book.session.plan_reverse(2, reason="nhập nhầm"), CONTROLLER, LEADER)
    # The drawer has room again but the turnover of the day would have thirteen digits.
    refused("money.amount-too-large", lambda: book.visit(SAVER, Wish("TT", deposit_no(SAVER), room)))
    refused("voucher.reason-too-long", lambda: book.reverse(2, "x" * (TEXT_LETTERS_MAX + 1)))


def test_a_reason_is_kept_in_one_form(book: Writer) -> None:
    book.visit(SAVER, Wish("TT", deposit_no(SAVER), 50_000))
    taken_apart = "nha\u0302\u0300m"
    assert book.session.plan_reverse(2, reason=f" {taken_apart}\n").reason == "nhầm"
    body = book.session.plan_reverse(2, reason="nhầm")
    refused("reverse.unknown", asked(book, changed(body, reason=taken_apart), CONTROLLER))


# --- slips


def test_a_slip_is_paid_once_within_its_days_and_only_if_the_office_approved_it(book: Writer) -> None:
    refused("slip.unknown", lambda: book.slip("GN-0824-9999"))
    refused("slip.not-in-force", lambda: book.slip(SLIP_EARLY))
    refused("slip.not-in-force", lambda: book.slip(SLIP_LATE))
    book.slip(SLIP)
    assert book.session.cash == 40_000_000
    assert book.session.balance(small.NEW_LOAN, "principal") == 60_000_000
    fault = refused("slip.paid", lambda: book.slip(SLIP))
    assert fault.facts["voucher"] == "2"
    for part in ({"lines": (line_of("GN", small.NEW_LOAN, "disbursement", 59_000_000),)}, {"party": TWICE}, {"by": TWICE}):
        fresh = Writer()
        fresh.open()
        refused("slip.unknown", asked(fresh, changed(fresh.session.plan_slip(SLIP), **part), CONTROLLER))


def test_a_slip_is_not_paid_out_of_an_empty_drawer() -> None:
    book = Writer()
    book.open(59_999_500)
    fault = refused("cash.short", book.slip)
    assert fault.facts == {"held": 59_999_500, "wanted": 60_000_000}
    book.visit(SAVER, Wish("TT", deposit_no(SAVER), 500))
    book.slip()
    assert book.session.cash == 0


def test_commission_and_fee_are_paid_from_their_slips(book: Writer) -> None:
    body = book.slip(COMMISSION).entry.body
    assert (body.party, body.by, body.cash) == (GROUP_A, HEAD_A, -1_634_000)
    body = book.slip(FEE).entry.body
    assert (body.party, body.by, body.cash) == ("11", "", -2_016_000)
    refused("slip.paid", lambda: book.slip(FEE))
    book.reverse(2)
    book.slip(COMMISSION)
    assert book.session.slips_paid == {FEE: 3, COMMISSION: 5}


# --- reversals


def test_a_reversal_restores_every_balance_exactly_and_happens_once(book: Writer) -> None:
    before = dict(book.session.balances)
    for post in (
        lambda: book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000, TWICE: 250_000, NO_DEPOSIT: 280_000}),
        lambda: book.visit(LATE, Wish("TQ", loan_code(LATE), 5_000_000), Wish("TL", loan_code(LATE), None)),
        lambda: book.slip(COMMISSION),
        lambda: book.slip(SLIP),
    ):
        number = post().entry.number
        assert book.session.cash != 100_000_000
        undone = book.reverse(number)
        assert {key: amount for key, amount in book.session.balances.items() if amount or key in before} == before
        assert (book.session.cash, book.session.groups_in, book.session.slips_paid) == (100_000_000, 0, {})
        refused("reverse.twice", lambda number=number: book.reverse(number))
        refused("reverse.unknown", lambda undone=undone: book.reverse(undone.entry.number))
    assert book.session.cash_in == book.session.cash_out


def test_a_reversal_has_a_reason_and_is_the_whole_voucher(book: Writer) -> None:
    book.visit(LATE, Wish("TL", loan_code(LATE), None), Wish("TT", deposit_no(LATE), 50_000))
    for reason in ("", "  ", "\n"):
        refused("session.reason-missing", lambda reason=reason: book.reverse(2, reason))
    body = book.session.plan_reverse(2, reason="nhầm")
    for part in ({"lines": body.lines[:1]}, {"party": TWICE}, {"by": ""}, {"reverses": 1}):
        refused("reverse.unknown", asked(book, changed(body, **part), CONTROLLER))


def test_what_cannot_be_reversed(book: Writer) -> None:
    book.count(book.session.cash)
    for number in (0, 1, 2, 3, -1, 2**40):
        refused("reverse.unknown", lambda number=number: book.reverse(number))


def test_a_reversal_takes_no_balance_below_zero(book: Writer) -> None:
    empty = deposit_no(TWICE, 1)
    book.visit(TWICE, Wish("TT", empty, 50_000))
    book.session.balances[empty, "deposit"] = 49_999
    refused("reverse.balance", lambda: book.reverse(2))


def test_a_hand_in_that_was_reversed_no_longer_stands(book: Writer) -> None:
    book.group(GROUP_A, by=HEAD_A, cash={TWICE: 10_000})
    book.group(GROUP_A, by=HEAD_A, cash={TWICE: 20_000})
    assert book.session.hand_ins(GROUP_A) == (2, 3)
    book.reverse(2)
    assert (book.session.hand_ins(GROUP_A), book.session.groups_in) == ((3,), 1)
    book.reverse(3)
    assert (book.session.hand_ins(GROUP_A), book.session.groups_in) == ((), 0)


def test_the_same_voucher_for_the_same_person_is_noticed_until_it_is_reversed(book: Writer) -> None:
    wish = Wish("TT", deposit_no(SAVER), 50_000)
    body = book.session.plan_visit(SAVER, wishes=[wish])
    assert book.session.twin(body) == 0
    book.visit(SAVER, wish)
    book.visit(SAVER, Wish("TT", deposit_no(SAVER), 60_000))
    assert book.session.twin(body) == 2
    assert book.session.twin(changed(body, party=TWICE)) == 0
    book.reverse(2)
    assert book.session.twin(body) == 0
    assert book.session.twin(book.session.plan_count(notes={})) == 0


def test_balances_after_a_voucher_are_those_of_its_moment(book: Writer) -> None:
    account = deposit_no(SAVER)
    for amount in (50_000, 70_000):
        book.visit(SAVER, Wish("TT", account, amount))
    assert book.session.balances_after(2) == {(account, "deposit"): 1_400_000}
    assert book.session.balances_after(3) == {(account, "deposit"): 1_470_000}


# --- any morning at all


PEOPLE = tuple(one.customer_code for one in TERMS.customers)


def test_the_random_morning_really_posts_vouchers_of_every_kind() -> None:
    """The control of the property below: a morning in which everything is refused would prove nothing."""
    seen: dict[str, int] = {}
    for seed in range(30):
        for body in random_morning(seed).session.bodies:
            seen[body.kind] = seen.get(body.kind, 0) + 1
    assert set(seen) == {"open", "group", "visit", "slip", "reverse", "count", "difference"}
    assert min(seen.values()) >= 10, seen


def random_morning(seed: int) -> Writer:
    """Forty attempts, of which many are refused; what is refused leaves no trace."""
    chance, book = random.Random(seed), Writer()
    book.open(chance.choice([0, 1_000_000, 100_000_000]))
    for _ in range(40):
        before = (len(book.sealed), dict(book.session.balances), book.session.cash, book.session.state)
        try:
            try_something(book, chance)
        except Refusal:
            assert before == (len(book.sealed), book.session.balances, book.session.cash, book.session.state)
        assert book.session.cash >= 0
        assert min(book.session.balances.values()) >= 0
    return book


def try_something(book: Writer, chance: random.Random) -> None:
    """One thing somebody might do, right or wrong; a wrong one is refused and leaves no trace."""
    session = book.session
    amount = chance.choice([0, 1, 500, 50_000, 280_274, 1_000_000, 50_000_000, 10**9])
    who = chance.choice(PEOPLE)
    accounts = [*session.roll.loans, *session.roll.deposits]
    mine = [one for one in accounts if session.roll.owner(one) == who]
    match chance.randrange(10):
        case 0 | 1 | 2:
            wishes = [
                Wish(chance.choice(["TG", "TQ", "TL", "TT"]), chance.choice(mine), chance.choice([amount, None]))
                for _ in range(chance.randrange(1, 4)) if mine
            ]  # fmt: skip
            book.visit(who, *wishes)
        case 3 | 4:
            group = chance.choice([GROUP_A, GROUP_B])
            members = [one.customer_code for one in session.roll.members(group)]
            cash = {one: chance.choice([0, 10_000, 50_000, 340_000]) for one in members if chance.random() < 0.5}
            book.group(group, by=chance.choice([HEAD_A, HEAD_B, DEPUTY_A]), cash=cash)
        case 5:
            book.slip(chance.choice([SLIP, COMMISSION, FEE, SLIP_LATE]))
        case 6 | 7:
            book.reverse(chance.randrange(0, len(book.sealed) + 2))
        case 8:
            book.count(chance.choice([session.cash // 500 * 500, max(session.cash - 1_000, 0) // 500 * 500]))
        case _:
            book.post(session.plan_difference(reason="lệch"), LEADER)


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_whatever_a_morning_brings_the_books_agree(seed: int) -> None:
    book = random_morning(seed)
    again = Session(TERMS)
    for body in book.session.bodies:
        again.apply(body, maker=TELLER)
    assert again.balances == book.session.balances
    assert (again.cash, again.cash_in, again.cash_out) == (book.session.cash, book.session.cash_in, book.session.cash_out)
    assert again.cash == sum(ledger.cash(body.lines) for body in book.session.bodies)
    last = book.sealed[-1].entry
    assert (last.cash, last.cash_in, last.cash_out) == (again.cash, again.cash_in, again.cash_out)
    opening = book.session.bodies[0].cash
    assert again.cash == opening + again.cash_in - again.cash_out


lines = st.builds(
    Line, code=st.sampled_from(list(COMPONENTS)), account=st.sampled_from([deposit_no(HEAD_A), loan_code(HEAD_A), deposit_no(RESIDENT), "402.12.AA0001", "", "?"]),
    component=st.sampled_from(
        ["principal", "interest", "deposit", "cash", "difference", "savings", "suspense", "counterfeit", "savings_interest"]
    ),
    amount=st.integers(-AMOUNT_MAX, AMOUNT_MAX),
)  # fmt: skip
bodies = st.builds(
    Body,
    kind=st.sampled_from(get_args(Kind)),
    party=st.sampled_from(["", HEAD_A, GROUP_A, "?"]), by=st.sampled_from(["", HEAD_A, "?"]),
    lines=st.lists(lines, max_size=3).map(tuple),
    notes=st.lists(st.tuples(st.sampled_from([500, 1_000, 777, 500_000]), st.integers(0, 5)), max_size=3).map(tuple),
    slip=st.sampled_from(["", SLIP, FEE, "?"]), reverses=st.integers(0, 6), reason=st.sampled_from(["", "x", "y" * 500]),
    head=st.sampled_from([b"", bytes(32)]),
    details=st.sampled_from([
        (), (("to", TELLER),), (("to", "?"),), (("paper_no", "1"),), (("paper_at", "08:15"), ("paper_no", "1")),
        (("amount", "x"),), (("account", "?"), ("type", "extension")), (("blind", CONTROLLER),),
    ]),
    absent=st.sampled_from([(), (HEAD_A,), ("?",)]),
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(bodies, max_size=5))
def test_no_body_raises_anything_but_our_faults_and_the_office_can_fold_any(some: list[Body]) -> None:
    session = Session(TERMS)
    session.apply(session.plan_open(notes=notes(100_000_000)), maker=TELLER)
    for body in some:
        before = (dict(session.balances), session.cash, session.state, len(session.bodies))
        with contextlib.suppress(Fault):
            session.check(body, maker=TELLER, approvers=None, head=bytes(32))
        assert before == (session.balances, session.cash, session.state, len(session.bodies))
        session.apply(body, maker=TELLER)
