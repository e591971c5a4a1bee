"""The drawer: what comes and goes between it and the main fund, what is counted, and what is written down."""

import pytest

from sync import drawer
from sync.records import changed
from sync.voucher import Wish
from tests.sync.counter import COUNTER, opened
from tests.sync.small import (
    CONTROLLER,
    DEPUTY_A,
    GROUP_A,
    HEAD_A,
    LEADER,
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


def test_a_further_float_and_cash_back_have_two_sides_and_notes(book: Writer) -> None:
    more = book.session.plan_float(notes={100_000: 500}, details={"seal": "NP-17", "giver": "Thủ quỹ"})
    refused("session.approval-missing", lambda: book.post(more))
    book.post(more, CONTROLLER)
    back = book.session.plan_return(notes=notes(440_000_000), details={"seal": "NP-18"})
    refused("session.approval-missing", lambda: book.post(back))
    refused("session.maker-approves", lambda: book.post(back, TELLER))
    book.post(back, LEADER)
    assert (book.session.cash, book.session.cash_in, book.session.cash_out) == (10_000_000, 50_000_000, 440_000_000)
    refused("cash.short", lambda: book.post(book.session.plan_return(notes=notes(10_000_500)), LEADER))
    refused("voucher.empty", lambda: book.post(book.session.plan_float(notes={}), CONTROLLER))
    refused("cash.notes-differ", asked(book, changed(more, notes=((100_000, 499),)), CONTROLLER))


def test_cash_carried_away_after_the_count_leaves_the_count_standing(book: Writer) -> None:
    book.count(400_000_000)
    book.post(book.session.plan_return(notes=notes(400_000_000)), CONTROLLER)
    book.post(book.session.plan_transit(
        notes=notes(400_000_000), details={"seal": "NP-19", "from": "Điểm", "to": "Kho", "carriers": "GDV01, KSV01"},
    ), LEADER)  # fmt: skip
    assert (book.session.state, book.session.counted, book.session.cash) == ("counted", 0, 0)
    book.close()
    assert book.session.state == "closed"


def test_a_bag_on_the_road_says_its_seal_and_who_carries_it(book: Writer) -> None:
    whole = {"seal": "NP-19", "from": "Điểm", "to": "Kho", "carriers": "GDV01"}
    for name in whole:
        less = {key: text for key, text in whole.items() if key != name}
        body = book.session.plan_transit(notes=notes(1_000_000), details=less)
        assert refused("voucher.detail-missing", lambda body=body: book.post(body, LEADER)).facts["name"] == name
    refused("voucher.empty", lambda: book.post(book.session.plan_transit(notes={}, details=whole), LEADER))


def test_a_blind_count_is_the_controllers_own(book: Writer) -> None:
    body = book.session.plan_count(notes=notes(400_000_000), blind=CONTROLLER)
    refused("session.approval-missing", lambda: book.post(body))
    refused("session.approval-missing", lambda: book.post(body, LEADER))
    refused("voucher.detail-unclear", lambda: book.post(book.session.plan_count(notes={}, blind=LEADER), LEADER))
    book.post(body, CONTROLLER)
    assert book.session.state == "counted"


@pytest.mark.parametrize(("off", "who"), [(1_000, CONTROLLER), (-1_000, CONTROLLER), (1_500, LEADER), (-500_000, LEADER)])
def test_a_small_difference_may_be_the_controllers_and_a_large_one_only_the_leaders(off: int, who: str) -> None:
    book = opened()
    book.count(400_000_000 + off)
    body = book.session.plan_difference(reason="đếm lại hai lần")
    if who == LEADER:
        refused("session.approval-missing", lambda: book.post(body, CONTROLLER))
    book.post(body, who)
    assert book.session.cash == 400_000_000 + off
    book.close()


def test_a_false_note_is_kept_under_minutes_and_an_unfit_one_given_back(book: Writer) -> None:
    false = [("ab 1234 5678", 500_000)]
    refused("voucher.detail-missing", lambda: book.post(book.session.plan_counterfeit(
        party=HEAD_A, notes=false, minutes="", outcome="held"), CONTROLLER))  # fmt: skip
    held = book.session.plan_counterfeit(party=HEAD_A, notes=false, minutes="BB-01", outcome="held")
    refused("session.approval-missing", lambda: book.post(held))
    book.post(held, CONTROLLER)
    line = book.sealed[-1].entry.body.lines[0]
    assert (line.code, line.account, line.component, line.amount) == ("TF", "AB12345678", "counterfeit", 500_000)
    assert book.session.cash == 400_000_000
    book.post(book.session.plan_counterfeit(party="", notes=[("CD001122", 10_000)], minutes="", outcome="returned"), CONTROLLER)
    for wrong in ([("AB1", 500_000)], [("AB123456", 300_000)], [("AB123456", 500_000)] * 2):
        refused("counterfeit.note-unclear", lambda wrong=wrong: book.post(
            book.session.plan_counterfeit(party="", notes=wrong, minutes="1", outcome="held"), CONTROLLER))  # fmt: skip
    for outcome in ("", "burnt"):
        refused("voucher.detail-unclear", lambda outcome=outcome: book.post(
            book.session.plan_counterfeit(party="", notes=false, minutes="1", outcome=outcome), CONTROLLER))  # fmt: skip
    refused("voucher.empty", lambda: book.post(book.session.plan_counterfeit(party="", notes=[], minutes="1", outcome="held"), CONTROLLER))


def test_a_loss_says_how_much_where_when_and_what_happened(book: Writer) -> None:
    said = {"amount": "52000000", "at": "11:50", "place": "đường về kho"}
    refused("session.reason-missing", lambda: book.post(book.session.plan_loss(details=said, reason=" "), LEADER))
    refused("voucher.detail-unclear", lambda: book.post(book.session.plan_loss(details=said | {"amount": "52tr"}, reason="x"), LEADER))
    refused("voucher.detail-missing", lambda: book.post(book.session.plan_loss(details={"amount": "1"}, reason="x"), LEADER))
    book.post(book.session.plan_loss(details=said, reason="mất một túi tiền"), LEADER)
    # A leader may write it down too; then another approves.
    book.post(book.session.plan_loss(details=said, reason="mất một túi tiền"), CONTROLLER, maker=LEADER)


def test_money_nobody_can_place_comes_in_with_a_reason_and_goes_back_by_reversal(book: Writer) -> None:
    body = book.session.plan_suspense(amount=300_000, notes=notes(300_000), reason="không rõ nộp cho món nào", details={"name": "Người nộp"})
    refused("session.reason-missing", lambda: book.post(changed(body, reason=""), CONTROLLER))
    refused("session.approval-missing", lambda: book.post(body))
    book.post(body, CONTROLLER)
    assert book.session.cash == 400_300_000
    refused("cash.notes-differ", asked(book, changed(body, notes=()), CONTROLLER))
    book.reverse(2)
    assert book.session.cash == 400_000_000


def test_the_expected_drawer_is_known_by_note_as_far_as_vouchers_list_them(book: Writer) -> None:
    assert book.session.drawer == drawer_of(notes(400_000_000), 0)
    book.group(GROUP_A, by=HEAD_A, cash={TWICE: 250_000})
    book.visit(SAVER, Wish("TT", deposit_no(SAVER), 50_000))
    assert book.session.drawer.loose == 50_000
    book.post(book.session.plan_slip(SLIP, notes={500_000: 120}), CONTROLLER)
    assert book.session.drawer.notes[500_000] == notes(400_000_000)[500_000] - 120
    book.count(book.session.cash)
    assert book.session.drawer.loose == 0


def drawer_of(known: dict[int, int], loose: int) -> object:
    return type(opened().session.drawer)(known, loose)


def test_the_mix_for_the_days_payments_takes_notes_that_are_there() -> None:
    first, second = drawer.note_mix([700_000, 1_200_000], held={500_000: 2, 100_000: 5, 1_000: 10}, smallest=1_000)
    assert (first.notes, first.short) == ({500_000: 1, 100_000: 2}, 0)
    assert (second.notes, second.short) == ({500_000: 1, 100_000: 3, 1_000: 10}, 390_000)
    assert drawer.note_mix([1_500], held={500: 9, 1_000: 9}, smallest=1_000)[0] == drawer.Mix({1_000: 1}, 500)


# --- one member of a hand-in


def test_one_members_lines_are_taken_back_once_and_the_others_stand(book: Writer) -> None:
    book.group(GROUP_A, by=DEPUTY_A, cash={HEAD_A: 330_000, TWICE: 250_000})
    before = book.session.balance(deposit_no(TWICE), "deposit")
    refused("session.reason-missing", lambda: book.post(book.session.plan_correct(2, customer_code=HEAD_A, reason=""), CONTROLLER))
    body = book.session.plan_correct(2, customer_code=HEAD_A, reason="nộp nhầm người")
    refused("session.approval-missing", lambda: book.post(body))
    refused("correct.unknown", asked(book, changed(body, lines=body.lines[:1]), CONTROLLER))
    book.post(body, CONTROLLER)
    assert book.session.cash == 400_250_000
    assert book.session.balance(deposit_no(TWICE), "deposit") == before
    assert book.session.dues(book.session.roll.loans[loan_code(HEAD_A)]).interest == 280_274
    refused("correct.twice", lambda: book.post(body, CONTROLLER))
    refused("reverse.corrected", lambda: book.reverse(2))
    refused("correct.unknown", lambda: book.post(book.session.plan_correct(2, customer_code=SAVER, reason="x"), CONTROLLER))
    refused("correct.unknown", lambda: book.post(book.session.plan_correct(1, customer_code=HEAD_A, reason="x"), CONTROLLER))
    # The right figures come in a second hand-in, and a correction that was wrong is itself undone.
    book.group(GROUP_A, by=DEPUTY_A, cash={HEAD_A: 300_000})
    assert book.session.hand_ins(GROUP_A) == (2, 4)
    book.reverse(4)
    book.reverse(3)
    book.reverse(2)
    assert book.session.cash == 400_000_000
    assert book.session.balances == {**opened().session.balances, **{k: v for k, v in book.session.balances.items() if not v}}


def test_a_correction_takes_no_balance_below_zero(book: Writer) -> None:
    book.group(GROUP_A, by=HEAD_A, cash={SAVER: 50_000})
    book.post(book.session.plan_visit(SAVER, wishes=[Wish("RT", deposit_no(SAVER), None)]), CONTROLLER)
    refused("correct.balance", lambda: book.post(book.session.plan_correct(2, customer_code=SAVER, reason="x"), CONTROLLER))


def test_who_was_absent_and_who_did_not_sign_are_members_of_the_group(book: Writer) -> None:
    cash = {TWICE: 250_000}
    for field in ("absent", "unsigned"):
        stranger = book.session.plan_group(GROUP_A, by=HEAD_A, cash=cash, interest={}, notes=notes(250_000), **{field: ["4807000007"]})
        refused("group.not-member", lambda stranger=stranger: book.post(stranger))
    wrong = book.session.plan_group(GROUP_A, by=HEAD_A, cash=cash, interest={}, notes=notes(250_000), details={"list": "250.000"})
    refused("voucher.detail-unclear", lambda: book.post(wrong))


# --- requests without money


def test_a_request_is_somebodys_about_a_loan_of_theirs_and_moves_nothing(book: Writer) -> None:
    def ask(**other: object) -> object:
        wanted = {"request": "extension", "party": HEAD_A, "text": "xin gia hạn", "details": {"account": loan_code(HEAD_A), "until": "2025-02-15"}}
        return book.post(book.session.plan_request(**{**wanted, **other}))  # type: ignore[arg-type]

    ask()
    ask(request="dossier", details={})
    ask(request="suggestion", party="", details={})
    assert book.session.cash == 400_000_000
    for other in ({"request": "gift"}, {"party": "?"}, {"party": ""}, {"details": {}}, {"details": {"account": loan_code(TWICE)}}):
        refused("request.unclear", lambda other=other: ask(**other))
    refused("session.reason-missing", lambda: ask(text=""))
    refused("voucher.detail-unclear", lambda: ask(details={"account": loan_code(HEAD_A), "until": "sang năm"}))
    book.reverse(2)
    # Whoever of the team takes it down may; what moves cash is the teller's.
    book.post(book.session.plan_request(request="dossier", party=HEAD_A, text="hồ sơ vay"), maker=LEADER)
    refused("session.not-teller", lambda: book.post(book.session.plan_count(notes={}), maker=LEADER))
    assert COUNTER.team[-1].staff_id == SECOND
