"""What one person may do in one visit: debts and deposits, deposits that pay debts, savings, and what leaves the drawer."""

import datetime

import pytest

from sync.records import changed
from sync.session import Session
from sync.voucher import Wish
from tests.sync.counter import COUNTER, DEMAND, RIPE, STEPS, STEPS_UNKNOWN, YOUNG, opened
from tests.sync.small import (
    CONTROLLER,
    DEPUTY_A,
    HEAD_A,
    LATE,
    LEADER,
    NEW_LOAN,
    RESIDENT,
    SAVER,
    SECOND,
    SLIP,
    TELLER,
    TWICE,
    Writer,
    deposit_no,
    loan_code,
    notes,
)
from tests.sync.test_session import asked, refused


@pytest.fixture
def book() -> Writer:
    return opened()


def lines(writer: Writer) -> list[tuple[str, str, str, int]]:
    return [(one.code, one.account, one.component, one.amount) for one in writer.sealed[-1].entry.body.lines]


def visit(book: Writer, who: str, *wishes: Wish, approvers: tuple[str, ...] = (), **other: object) -> object:
    return book.post(book.session.plan_visit(who, wishes=wishes, **other), *approvers)  # type: ignore[arg-type]


# --- money out


def test_a_withdrawal_takes_at_most_the_balance_and_a_controller(book: Writer) -> None:
    mine = deposit_no(SAVER)
    refused("session.approval-missing", lambda: visit(book, SAVER, Wish("RT", mine, 350_000)))
    refused("session.approval-missing", lambda: visit(book, SAVER, Wish("RT", mine, 350_000), approvers=(LEADER,)))
    refused("deposit.held-too-little", lambda: visit(book, SAVER, Wish("RT", mine, 1_350_001)))
    visit(book, SAVER, Wish("RT", mine, 350_000), approvers=(CONTROLLER,))
    assert book.session.balance(mine, "deposit") == 1_000_000
    # Two withdrawals before anything is sent: the second sees what the first left.
    refused("deposit.held-too-little", lambda: visit(book, SAVER, Wish("RT", mine, 1_000_001)))
    # What comes in on the same voucher may not go out on it.
    refused("deposit.held-too-little", lambda: visit(book, SAVER, Wish("TT", mine, 50_000), Wish("RT", mine, 1_050_000)))
    visit(book, SAVER, Wish("RT", mine, None), approvers=(CONTROLLER,))
    assert book.session.balance(mine, "deposit") == 0
    assert book.session.cash == 400_000_000 - 1_350_000


def test_on_figures_past_their_limit_money_comes_in_and_none_goes_out() -> None:
    old = Writer(changed(COUNTER, as_of=COUNTER.session_date - datetime.timedelta(days=8)))
    old.open()
    out = (Wish("RT", deposit_no(SAVER), 50_000), Wish("CT", deposit_no(HEAD_A), 50_000), Wish("RK", RIPE.account_no, None))
    for who, wish in zip((SAVER, HEAD_A, RESIDENT), out, strict=True):
        refused("pack.stale", lambda who=who, wish=wish: visit(old, who, wish))
    refused("pack.stale", lambda: old.slip(SLIP))
    visit(old, SAVER, Wish("TT", deposit_no(SAVER), 50_000))
    visit(old, HEAD_A, Wish("TL", loan_code(HEAD_A), None))
    # At the limit itself they still may.
    young = Writer(changed(COUNTER, as_of=COUNTER.session_date - datetime.timedelta(days=7)))
    young.open()
    visit(young, SAVER, Wish("RT", deposit_no(SAVER), 50_000), approvers=(CONTROLLER,))


def test_a_large_sum_out_takes_the_leader_too() -> None:
    book = Writer(changed(COUNTER, parameters=changed(COUNTER.parameters, leader_from=60_000_000)))
    book.open(300_000_000)
    body = book.session.plan_slip(SLIP)
    refused("session.approval-missing", lambda: book.post(body, CONTROLLER))
    book.post(body, CONTROLLER, LEADER)
    assert book.session.approvers(book.session.plan_visit(RESIDENT, wishes=[Wish("RK", RIPE.account_no, None)]))[1:] == (frozenset({"leader"}),)


# --- a deposit pays a debt


def test_a_transfer_moves_no_cash_and_pays_in_the_order_of_debts(book: Writer) -> None:
    # TWICE owes 7,000 of arrears and interest on two loans; the loan due in 2025 goes first within a component.
    owed = {code: dict(book.session.dues(book.session.roll.loans[code]).by_component) for code in (loan_code(TWICE), loan_code(TWICE, 1))}
    first, second = owed[loan_code(TWICE, 1)], owed[loan_code(TWICE)]
    amount = 7_000 + first["interest"] + second["interest"] + 10_000
    visit(book, TWICE, Wish("CT", deposit_no(TWICE), amount))
    assert lines(book) == [
        ("CT", deposit_no(TWICE), "deposit", amount),
        ("CT", loan_code(TWICE, 1), "interest_arrears", 7_000),
        ("CT", loan_code(TWICE, 1), "interest", first["interest"]),
        ("CT", loan_code(TWICE), "interest", second["interest"]),
        ("CT", loan_code(TWICE, 1), "principal", 10_000),
    ]
    assert book.sealed[-1].entry.body.cash == 0
    assert book.session.balance(deposit_no(TWICE), "deposit") == 1_350_000 - amount
    assert book.session.cash == 400_000_000


def test_a_transfer_to_a_named_debt_balances_or_is_refused(book: Writer) -> None:
    mine, debt = deposit_no(HEAD_A), loan_code(HEAD_A)
    visit(book, HEAD_A, Wish("CT", mine, 500_000), Wish("CT", debt, 500_000))
    assert lines(book)[1:] == [("CT", debt, "interest", 280_274), ("CT", debt, "principal", 219_726)]
    refused("transfer.unbalanced", lambda: visit(book, HEAD_A, Wish("CT", mine, 100_000), Wish("CT", debt, 99_999)))
    refused("transfer.unbalanced", lambda: visit(book, HEAD_A, Wish("CT", debt, 100_000)))
    refused("deposit.held-too-little", lambda: visit(book, HEAD_A, Wish("CT", mine, 850_001), Wish("CT", debt, 850_001)))
    refused("transfer.unbalanced", lambda: visit(book, SAVER, Wish("CT", deposit_no(SAVER), 50_000)))
    # Nothing of it can be reversed by halves, and all of it as a whole.
    book.reverse(2)
    assert (book.session.balance(mine, "deposit"), book.session.balance(debt, "principal")) == (1_350_000, 50_000_000)


def test_a_transfer_and_cash_in_one_visit_pay_a_debt_once(book: Writer) -> None:
    debt = loan_code(HEAD_A)
    refused("loan.interest-too-much", lambda: visit(
        book, HEAD_A, Wish("TL", debt, 280_274), Wish("CT", deposit_no(HEAD_A), 1), Wish("CT", debt, 1, "interest")))  # fmt: skip
    visit(book, HEAD_A, Wish("TL", debt, 80_274), Wish("CT", deposit_no(HEAD_A), 200_000), Wish("CT", debt, 200_000))
    assert book.session.dues(book.session.roll.loans[debt]).interest == 0


# --- principal before interest


def test_principal_while_interest_stays_owed_is_the_controllers_to_allow(book: Writer) -> None:
    late = loan_code(LATE)
    first = book.session.plan_visit(LATE, wishes=[Wish("TQ", late, 1_000_000)], reason="hộ vừa mất mùa")
    refused("session.approval-missing", lambda: book.post(first))
    refused("session.maker-approves", lambda: book.post(first, TELLER))
    book.post(first, CONTROLLER)
    visit(book, LATE, Wish("TQ", late, 1_000_000), Wish("TL", late, None))
    visit(book, LATE, Wish("TQ", late, 8_000_000))
    assert set(book.session.dues(book.session.roll.loans[late]).by_component.values()) == {0}


# --- savings


def test_a_card_is_opened_once_at_least_at_its_minimum(book: Writer) -> None:
    card = "402.12.BB000001"
    refused("savings.below-minimum", lambda: visit(book, RESIDENT, Wish("GK", card, 999_999)))
    refused("savings.product-unknown", lambda: visit(book, RESIDENT, Wish("GK", "402.6.BB000001", 1_000_000)))
    refused("visit.account-not-theirs", lambda: visit(book, RESIDENT, Wish("GK", "402", 1_000_000)))
    visit(book, RESIDENT, Wish("GK", card, 20_000_000))
    assert book.session.balance(card, "savings") == 20_000_000
    made = book.session.roll.deposits[card]
    assert (made.annual_rate_ppm, made.matures_on, made.card_serial) == (53_600, datetime.date(2025, 8, 15), "BB000001")
    refused("savings.no-adding", lambda: visit(book, RESIDENT, Wish("GK", card, 1_000_000)))
    refused("savings.serial-used", lambda: visit(book, SAVER, Wish("GK", "464.12.BB000001", 1_000_000)))
    refused("savings.serial-used", lambda: visit(book, SAVER, Wish("GK", f"464.12.{RIPE.card_serial}", 1_000_000)))
    two = (Wish("GK", "464.12.CC0001", 100_000), Wish("GK", "402.12.CC0001", 1_000_000))
    refused("savings.serial-used", lambda: visit(book, SAVER, *two))
    # Opened and undone, the card is nobody's again.
    book.reverse(2)
    assert card not in book.session.roll.deposits
    visit(book, SAVER, Wish("GK", card, 1_000_000))
    assert book.session.roll.deposits[card].customer_code == SAVER


def test_what_grows_in_steps_and_what_is_on_demand_is_added_to(book: Writer) -> None:
    visit(book, RESIDENT, Wish("GK", STEPS.account_no, 100_000), Wish("GK", DEMAND, 50_000))
    refused("savings.below-minimum", lambda: visit(book, RESIDENT, Wish("GK", STEPS.account_no, 99_999)))
    refused("savings.product-unknown", _plain_demand)
    refused("visit.account-not-theirs", lambda: visit(book, SAVER, Wish("GK", STEPS.account_no, 100_000)))
    refused("voucher.code-not-here", lambda: visit(book, SAVER, Wish("GK", deposit_no(SAVER), 100_000)))
    refused("savings.no-adding", lambda: visit(book, RESIDENT, Wish("GK", YOUNG.account_no, 1_000_000)))


def _plain_demand() -> object:
    book = Writer(changed(COUNTER, savings_products=()))
    book.open()
    return visit(book, RESIDENT, Wish("GK", DEMAND, 50_000))


def test_a_term_account_is_paid_whole_with_what_it_earned_and_a_controller(book: Writer) -> None:
    refused("savings.whole-only", lambda: visit(book, RESIDENT, Wish("RK", RIPE.account_no, 1_000_000)))
    refused("session.approval-missing", lambda: visit(book, RESIDENT, Wish("RK", RIPE.account_no, None)))
    visit(book, RESIDENT, Wish("RK", RIPE.account_no, None), approvers=(CONTROLLER,))
    assert lines(book) == [
        ("RK", RIPE.account_no, "savings", 100_000_000), ("RK", RIPE.account_no, "savings_interest", 5_414_795),
    ]  # fmt: skip
    refused("voucher.amount-not-positive", lambda: visit(book, RESIDENT, Wish("RK", RIPE.account_no, None)))
    refused("savings.earned-unknown", lambda: visit(book, RESIDENT, Wish("RK", STEPS_UNKNOWN.account_no, None)))
    # Interest that somebody made up is refused, whoever approves.
    body = book.session.plan_visit(RESIDENT, wishes=[Wish("RK", YOUNG.account_no, None)])
    more = changed(body, lines=(body.lines[0], changed(body.lines[1], amount=body.lines[1].amount + 1)))
    refused("savings.whole-only", asked(book, more, CONTROLLER))
    refused("savings.whole-only", asked(book, changed(body, lines=body.lines[:1]), CONTROLLER))


def test_any_part_of_a_demand_account_is_paid_without_interest(book: Writer) -> None:
    visit(book, RESIDENT, Wish("RK", DEMAND, 350_000), approvers=(CONTROLLER,))
    assert lines(book) == [("RK", DEMAND, "savings", 350_000)]
    refused("deposit.held-too-little", lambda: visit(book, RESIDENT, Wish("RK", DEMAND, 1_000_001)))
    visit(book, RESIDENT, Wish("RK", DEMAND, None), approvers=(CONTROLLER,))
    assert book.session.balance(DEMAND, "savings") == 0


# --- a loan that begins today


def test_a_loan_that_begins_with_a_slip_is_a_loan_from_then_on(book: Writer) -> None:
    book.slip(SLIP)
    assert [one.loan_code for one in book.session.roll.loans_of(HEAD_A)] == [loan_code(HEAD_A), NEW_LOAN]
    assert book.session.roll.loans[NEW_LOAN].fund_source == 2
    refused("loan.principal-too-much", lambda: visit(book, HEAD_A, Wish("TG", NEW_LOAN, 60_000_001)))
    visit(book, HEAD_A, Wish("TG", NEW_LOAN, 1_000_000))
    refused("reverse.balance", lambda: book.reverse(2))
    book.reverse(3)
    book.reverse(2)
    assert NEW_LOAN not in book.session.roll.loans
    refused("visit.account-not-theirs", lambda: visit(book, HEAD_A, Wish("TG", NEW_LOAN, 1_000_000)))


# --- slips written by hand


def test_a_slip_written_by_hand_is_keyed_once_with_its_number_and_time(book: Writer) -> None:
    by_hand = {"paper_no": "VT-0007", "paper_at": "08:40"}
    visit(book, SAVER, Wish("TT", deposit_no(SAVER), 50_000), details=by_hand)
    again = refused("voucher.paper-used", lambda: visit(book, DEPUTY_A, Wish("TT", deposit_no(DEPUTY_A), 1_000), details=by_hand))
    assert again.facts["voucher"] == "2"
    for wrong in ({"paper_no": "VT-0008"}, {"paper_at": "08:40"}, {"paper_no": "VT-0008", "paper_at": "25:00"},
                  {"paper_no": "VT-0008", "paper_at": "8h40"}, {"paper_no": "VT-0008", "paper_at": "08"}):  # fmt: skip
        refused("voucher.detail-unclear", lambda wrong=wrong: visit(book, SAVER, Wish("TT", deposit_no(SAVER), 1_000), details=wrong))
    # Keyed wrong and undone, it may be keyed again.
    book.reverse(2)
    visit(book, SAVER, Wish("TT", deposit_no(SAVER), 60_000), details=by_hand)


def test_the_second_teller_posts_only_after_taking_the_drawer_over(book: Writer) -> None:
    body = book.session.plan_visit(SAVER, wishes=[Wish("TT", deposit_no(SAVER), 50_000)])
    refused("session.not-holder", lambda: book.post(body, maker=SECOND))
    handover = book.session.plan_handover(to=SECOND, notes=notes(400_000_000))
    refused("session.approval-missing", lambda: book.post(handover, TELLER))
    refused("session.approval-missing", lambda: book.post(handover, SECOND))
    refused("session.cash-differs",
            lambda: book.post(book.session.plan_handover(to=SECOND, notes=notes(399_000_000)), TELLER, SECOND))  # fmt: skip
    for to in (TELLER, CONTROLLER):
        refused("handover.teller-unknown", lambda to=to: book.post(book.session.plan_handover(to=to, notes=notes(400_000_000)), TELLER, to))
    # Interest to the đồng leaves what no note shows; a note too few is still a note too few.
    visit(book, HEAD_A, Wish("TL", loan_code(HEAD_A), None))
    refused("session.cash-differs", lambda: book.post(handover, TELLER, SECOND))
    refused("session.cash-differs", lambda: book.post(book.session.plan_handover(to=SECOND, notes=notes(400_279_500)), TELLER, SECOND))
    handover = book.session.plan_handover(to=SECOND, notes=notes(400_280_000))
    book.post(handover, TELLER, SECOND)
    refused("session.not-holder", lambda: book.post(body))
    book.post(body, maker=SECOND)
    # The close is signed by whoever holds the drawer, not by another teller.
    book.post(book.session.plan_count(notes=notes(book.session.cash // 500 * 500)), maker=SECOND)
    book.post(book.session.plan_difference(reason="tiền lẻ"), CONTROLLER, maker=SECOND)
    end = book.session.plan_close(head=book.head)
    refused("session.approval-missing", lambda: book.post(end, TELLER, CONTROLLER, LEADER, maker=SECOND))
    book.post(end, SECOND, CONTROLLER, LEADER, maker=SECOND)
    again = Session(COUNTER)
    for sealed in book.sealed:
        again.apply(sealed.entry.body, maker=sealed.entry.maker)
    assert (again.holder, again.balances, again.cash) == (SECOND, book.session.balances, book.session.cash)
