"""What somebody dishonest, or only tired, tries at the table: each is refused, or takes the person it should take."""

import pytest

from sync import savings
from sync.drawer import CashDiffers
from sync.records import changed
from sync.reversal import ReverseTooLate
from sync.session import ApprovalMissing
from sync.terms import DisbursementSlip
from sync.visit import PaperUsed
from sync.voucher import Body, DetailUnclear, Wish
from tests.sync.counter import COUNTER, DEMAND, opened
from tests.sync.small import (
    CONTROLLER,
    GROUP_A,
    HEAD_A,
    LEADER,
    NEW_LOAN,
    RESIDENT,
    SAVER,
    SECOND,
    SLIP,
    TELLER,
    Writer,
    deposit_no,
    loan_code,
    notes,
)

CARD = savings.provisional("401", term_months=0, serial="ZZ1111")
PREPAID = savings.provisional("442", term_months=12, serial="ZZ2222")


def keyed_late(book: Writer, paper_no: str, at: str = "08:00") -> Body:
    wishes = [Wish("TT", deposit_no(HEAD_A), 50_000)]
    return book.session.plan_visit(HEAD_A, wishes=wishes, details={"paper_no": paper_no, "paper_at": at})


def test_the_opening_of_a_card_that_was_added_to_is_not_reversed_first() -> None:
    book = opened()
    book.visit(RESIDENT, Wish("GK", CARD, 1_000_000))
    book.visit(RESIDENT, Wish("GK", CARD, 500_000))
    with pytest.raises(ReverseTooLate):
        book.reverse(2)
    # Else the second deposit would have lain on no account, for whoever takes that card next.
    with pytest.raises(savings.SerialUsed):
        book.visit(SAVER, Wish("GK", CARD.replace("401.0", "402.12"), 1_000_000))
    book.reverse(3)
    book.reverse(2)
    assert book.session.roll.owner(CARD) == ""
    assert book.session.balance(CARD, "savings") == 0


def test_a_card_emptied_after_its_opening_is_undone_in_the_order_it_was_made() -> None:
    book = opened()
    book.visit(RESIDENT, Wish("GK", CARD, 1_000_000))
    book.visit(RESIDENT, Wish("GK", CARD, 1_000_000))
    book.visit(RESIDENT, Wish("RK", CARD, 1_000_000), approvers=[CONTROLLER])
    with pytest.raises(ReverseTooLate):
        book.reverse(2)


def test_a_loan_paid_out_in_two_slips_loses_the_later_one_first() -> None:
    second: DisbursementSlip = changed(COUNTER.disbursements[0], slip_no="GN-0824-0009")
    book = Writer(changed(COUNTER, disbursements=(COUNTER.disbursements[0], second)))
    book.open(400_000_000)
    book.slip(SLIP)
    book.slip(second.slip_no)
    with pytest.raises(ReverseTooLate):
        book.reverse(2)
    book.reverse(3)
    book.reverse(2)
    assert NEW_LOAN not in book.session.roll.loans


def test_interest_that_nobody_paid_yet_is_not_taken_back_from_a_card_of_today() -> None:
    book = opened()
    book.visit(RESIDENT, Wish("GK", PREPAID, 100_000_000))
    closed = book.visit(RESIDENT, Wish("RK", PREPAID, None), approvers=[CONTROLLER])
    assert closed.entry.body.cash == -100_000_000


def test_an_account_whose_product_left_the_table_is_closed_at_the_office() -> None:
    left = tuple(one for one in COUNTER.savings_products if one.product_code != "442")
    book = Writer(changed(COUNTER, savings_products=left))
    book.open(400_000_000)
    with pytest.raises(savings.SchemeUnknown):
        book.session.plan_visit(RESIDENT, wishes=[Wish("RK", "4420000000001", None)])


def test_many_small_differences_are_one_large_one() -> None:
    book = opened(10_000_000)
    book.count(9_999_000)
    book.post(book.session.plan_difference(reason="thiếu một tờ"), CONTROLLER)
    book.count(9_998_000)
    body = book.session.plan_difference(reason="thiếu một tờ nữa")
    with pytest.raises(ApprovalMissing):
        book.post(body, CONTROLLER)
    book.post(body, LEADER)


def test_a_difference_the_leader_minuted_leaves_the_controller_the_small_ones() -> None:
    book = opened(10_000_000)
    for amount, who in ((9_950_000, LEADER), (9_949_500, CONTROLLER)):
        book.count(amount)
        book.post(book.session.plan_difference(reason="thiếu tiền"), who)
    assert book.session.cash == 9_949_500


def test_a_large_sum_paid_in_parts_still_takes_the_leader() -> None:
    parameters = changed(COUNTER.parameters, leader_from=60_000_000)
    book = Writer(changed(COUNTER, parameters=parameters))
    book.open(400_000_000)
    book.visit(RESIDENT, Wish("GK", DEMAND, 100_000_000))
    book.visit(RESIDENT, Wish("RK", DEMAND, 50_000_000), approvers=[CONTROLLER])
    with pytest.raises(ApprovalMissing):
        book.visit(RESIDENT, Wish("RK", DEMAND, 50_000_000), approvers=[CONTROLLER])
    book.visit(RESIDENT, Wish("RK", DEMAND, 50_000_000), approvers=[CONTROLLER, LEADER])


@pytest.mark.parametrize("approver", [CONTROLLER, LEADER])
def test_a_large_sum_given_back_takes_controller_and_leader(approver: str) -> None:
    book = opened()
    book.visit(RESIDENT, Wish("GK", DEMAND, 300_000_000))
    book.post(
        book.session.plan_suspense(amount=300_000_000, notes=notes(300_000_000), reason="chưa rõ của ai"), CONTROLLER
    )
    for number in (2, 3):
        body = book.session.plan_reverse(number, reason="nhập nhầm")
        with pytest.raises(ApprovalMissing):
            book.post(body, approver)
    book.post(book.session.plan_reverse(3, reason="đã rõ của ai"), CONTROLLER, LEADER)


@pytest.mark.parametrize("again", ["A-0012", "a0012", "A 0012"])
def test_a_handwritten_slip_is_one_slip_however_it_is_typed(again: str) -> None:
    book = opened()
    book.post(keyed_late(book, "A0012"))
    with pytest.raises(PaperUsed):
        book.post(keyed_late(book, again))


def test_zeros_in_front_do_not_make_another_slip() -> None:
    book = opened()
    book.post(keyed_late(book, "0012"))
    with pytest.raises(PaperUsed):
        book.post(keyed_late(book, "12"))


@pytest.mark.parametrize("at", ["T0800", "08+07", "0800Z", "25:00", "8:00", "08:60"])
def test_the_time_of_a_handwritten_slip_is_a_time_of_a_clock(at: str) -> None:
    book = opened()
    with pytest.raises(DetailUnclear):
        book.post(keyed_late(book, "7", at))


@pytest.mark.parametrize("until", ["20270815", "2027-W33-1", "2024-08-14", "0001-01-01", "2027-02-29"])
def test_a_request_is_for_a_day_to_come(until: str) -> None:
    book = opened()
    details = {"account": loan_code(HEAD_A), "until": until}
    with pytest.raises(DetailUnclear):
        book.post(book.session.plan_request(request="extension", party=HEAD_A, text="mất mùa", details=details))


def test_no_more_goes_back_to_the_main_fund_than_was_counted() -> None:
    book = opened(10_000_000)
    book.count(9_000_000)
    with pytest.raises(CashDiffers):
        book.post(book.session.plan_return(notes=notes(10_000_000)), LEADER)
    book.post(book.session.plan_return(notes=notes(9_000_000)), LEADER)


def test_a_drawer_handed_over_whole_ends_an_earlier_count_that_was_short() -> None:
    book = opened(10_000_000)
    book.count(9_000_000)
    book.post(book.session.plan_handover(to=SECOND, notes=notes(10_000_000)), TELLER, SECOND)
    assert book.session.counted == book.session.cash
    assert book.session.drawer.notes == notes(10_000_000)


def test_a_group_whose_members_were_all_taken_back_has_not_handed_in() -> None:
    book = opened()
    book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000, SAVER: 50_000})
    book.post(book.session.plan_correct(2, customer_code=HEAD_A, reason="nhầm Tổ"), CONTROLLER)
    assert book.session.hand_ins(GROUP_A) == (2,)
    book.post(book.session.plan_correct(2, customer_code=SAVER, reason="nhầm Tổ"), CONTROLLER)
    assert book.session.hand_ins(GROUP_A) == ()
    assert book.session.groups_in == 0
    book.reverse(4)
    assert book.session.hand_ins(GROUP_A) == (2,)
