"""The group sheet at the keyboard: sixty members, three sums that must agree, ticks, a second hand-in, one taken back."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.ui.correct import CorrectSheet
from desktop.ui.page import DRAFT_MS
from sync.records import changed
from sync.terms import Terms
from sync.voucher import Body
from tests.bench.point import PINS
from tests.desktop import small
from tests.ui.laptop import CONTROLLER, Laptop, Teller, copied, make_laptop, open_window, session_open

MEMBERS = 60
# A group of sixty handed in as suggested: choose it, take all, count the money, post.
KEYS_MAX = 130
# The sixth member has two loans, one of them with arrears; the seventh no deposit account.
TWICE, NO_DEPOSIT = small.code(6), small.code(7)
SECOND_LOAN = "6600104100009906"


def with_edges(terms: Terms) -> Terms:
    """What the usual group lacks: somebody with two loans, somebody whose change has nowhere to go."""
    first = next(one for one in terms.loans if one.customer_code == TWICE)
    second = changed(first, loan_code=SECOND_LOAN, balance_in_term=10_000_000, interest_arrears=7_000)
    deposits = tuple(one for one in terms.deposits if one.customer_code != NO_DEPOSIT)
    return changed(terms, loans=(*terms.loans, second), deposits=deposits)


@pytest.fixture(scope="module")
def made(hands: QtBot, tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    folder = tmp_path_factory.mktemp("sixty")
    return session_open(make_laptop(folder, members=MEMBERS + 6, prepare=with_edges), folder / "opened", hands)


@pytest.fixture
def laptop(made: Laptop, tmp_path: Path) -> Laptop:
    return copied(made, tmp_path)


class Counted(Teller):
    """Somebody whose key presses are counted."""

    keys = 0

    def type(self, text: str) -> None:
        self.keys += len(text)
        super().type(text)

    def press(self, *names: str) -> None:
        self.keys += len(names)
        super().press(*names)

    def letter(self, letter: str) -> None:
        self.keys += 1
        super().letter(letter)


@pytest.fixture
def teller(dressed: QApplication, laptop: Laptop, qtbot: QtBot) -> Iterator[Counted]:
    """Before the list of groups, the session open."""
    one = Counted(open_window(laptop, qtbot, size=(1280, 720)).window, qtbot)
    one.begin()
    yield one
    one.window.close()


def groups(teller: Teller):  # type: ignore[no-untyped-def]
    return teller.desk.pages["groups"]


def journal(teller: Teller):  # type: ignore[no-untyped-def]
    return teller.desk.pages["journal"]


def begin(teller: Teller) -> None:
    teller.press("Enter")
    teller.wait()


def count_and_post(teller: Teller) -> Body:
    """From the first denomination to the posted voucher; what it says."""
    page, before = groups(teller), teller.desk.counter.standing.entries
    page.notes.start()
    teller.type_notes(page.model.total)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == before + 1)
    return body(teller, before + 1)


def body(teller: Teller, number: int) -> Body:
    found: list[Body] = []
    teller.desk.counter.ask(lambda desk: desk.voucher(number).entry.body, then=found.append)
    teller.wait(lambda: bool(found))
    return found[0]


def open_group(teller: Teller, code: str) -> None:
    """Find a group by the end of its code and begin to type."""
    page = groups(teller)
    page.today.finder.setFocus()
    teller.type(code[-4:])
    teller.press("Enter")
    teller.wait(lambda: page.sheet is not None and page.sheet.row.group.group_code == code)
    page.today.finder.clear()
    teller.wait()


@pytest.mark.feature(29, 30, 32, 37)
def test_sixty_who_pay_as_suggested_take_few_keys_with_no_network(teller: Counted, laptop: Laptop) -> None:
    laptop.wire.closed = True
    page, teller.keys = groups(teller), 0
    begin(teller)
    assert len(page.model.members) == MEMBERS
    teller.press("Ctrl+D")
    total = page.model.total
    teller.type_notes(total)
    teller.press("Ctrl+Enter")
    assert teller.keys <= KEYS_MAX, teller.keys
    teller.wait(lambda: teller.desk.counter.standing.groups_in == 1)
    assert teller.desk.counter.standing.cash == 650_000_000 + total
    lines = body(teller, 2).lines
    assert {line.code for line in lines} == {"TL", "TT"}
    assert len({line.account for line in lines if line.code == "TT"}) == MEMBERS - 1


def test_control_typing_every_amount_takes_more_keys_than_that(teller: Counted) -> None:
    page, teller.keys = groups(teller), 0
    begin(teller)
    for row in range(MEMBERS):
        teller.type(str(page.model.suggestion(row)))
        teller.press("Enter")
    assert teller.keys > KEYS_MAX


@pytest.mark.feature(29, 31, 127)
def test_fifty_members_one_after_the_other_by_enter(teller: Counted) -> None:
    page = groups(teller)
    begin(teller)
    begun = time.perf_counter()
    for row in range(50):
        if row == 9:
            teller.type("150k")
        teller.press("Enter")
    # The whole of it within a minute and a half, with the counting: here only the window is timed.
    assert time.perf_counter() - begun < 30
    assert page.table.currentIndex().row() == 50
    assert len(page.model.cash) == 50
    due = page.model.members[9].member.interest
    assert page.model.split(9) == (min(due, 150_000), max(150_000 - due, 0))


@pytest.mark.feature(34)
def test_list_sheet_and_money_stand_side_by_side_and_only_the_money_must_agree(teller: Counted) -> None:
    page = groups(teller)
    begin(teller)
    teller.press("Ctrl+D")
    total = page.model.total
    assert page.agreement.by_list.words.text() == "chưa có"
    assert page.agreement.by_money.words.text() == "chưa đếm"
    teller.press("Ctrl+T")
    teller.type(str(total + 20_000))
    assert page.agreement.by_list.words.text() == "Tổ kê hơn 20.000"
    teller.press("Enter")
    teller.type_notes(total - 10_000)
    assert page.agreement.by_money.words.text() == "tiền thiếu 10.000"
    assert "chưa khớp" in page.post.text()
    teller.press("Ctrl+Enter")
    teller.wait()
    assert teller.desk.sheet is None
    assert teller.desk.counter.standing.entries == 1
    page.notes.set_counts({})
    page.notes.start()
    teller.type_notes(total)
    assert page.agreement.by_money.words.text() == "khớp"
    teller.press("Ctrl+Enter")
    assert teller.desk.sheet is not None  # the list says otherwise
    teller.press("Esc")
    teller.wait()
    assert teller.desk.counter.standing.entries == 1
    teller.press("Ctrl+Enter", "Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 2)
    assert body(teller, 2).detail("list") == str(total + 20_000)


@pytest.mark.feature(34)
def test_a_list_that_agrees_is_not_asked_about_and_an_unclear_one_is_refused(teller: Counted) -> None:
    page = groups(teller)
    begin(teller)
    teller.press("Enter")
    total = page.model.total
    page.notes.start()
    teller.type_notes(total)
    teller.press("Ctrl+T")
    teller.type("1,50")
    teller.press("Ctrl+Enter")
    teller.wait()
    assert "rõ ràng" in page.notice.text()
    assert teller.desk.counter.standing.entries == 1
    page.listed.selectAll()
    teller.type(str(total))
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 2)
    assert body(teller, 2).detail("list") == str(total)


@pytest.mark.feature(33)
def test_only_who_is_absent_or_has_not_signed_is_ticked(teller: Counted) -> None:
    page = groups(teller)
    begin(teller)
    teller.letter("V")
    teller.press("Enter")
    teller.letter("S")
    teller.press("Enter")
    teller.letter("V")
    teller.letter("V")  # a second time takes it off again
    assert page.foot.figures["present"].text() == f"{MEMBERS - 1}/{MEMBERS}"
    assert page.foot.figures["unsigned"].text() == "1"
    assert page.model.cell(0, 1).chip == "vắng"
    assert page.model.cell(1, 8).text == "chưa"
    said = count_and_post(teller)
    assert (said.absent, said.unsigned) == ((small.code(1),), (small.code(2),))


@pytest.mark.feature(126)
def test_only_leader_or_deputy_can_be_chosen_and_who_it_was_is_recorded(teller: Counted) -> None:
    page = groups(teller)
    begin(teller)
    offered = [(page.by.itemText(at), page.by.itemData(at)) for at in range(page.by.count())]
    assert [code for _, code in offered] == [small.LEADER, small.DEPUTY]
    assert ["(tổ trưởng)" in offered[0][0], "(tổ phó)" in offered[1][0]] == [True, True]
    teller.press("Enter", "Ctrl+N")
    teller.type("Võ Thị Ví Dụ")  # a member, but neither
    assert page.by.currentData() == small.LEADER
    teller.press("Down")
    assert count_and_post(teller).by == small.DEPUTY


def test_who_checked_the_list_is_asked_but_not_waited_for_and_remembered(teller: Counted) -> None:
    page = groups(teller)
    begin(teller)
    assert (page.cadre.text(), page.cadre.placeholderText()) == ("", "13/TD chưa kiểm tra")
    teller.press("Enter")
    assert "kiểm tra" not in page.missing()
    teller.press("Ctrl+H")
    teller.type("Trần Văn Kiểm")
    teller.press("Enter")
    assert count_and_post(teller).detail("cadre") == "Trần Văn Kiểm"
    open_group(teller, "8070118")
    assert page.cadre.text() == "Trần Văn Kiểm"


@pytest.mark.feature(31, 127)
def test_the_split_of_somebody_with_two_loans_names_each_loan_and_what_it_is_for(teller: Counted) -> None:
    page = groups(teller)
    begin(teller)
    teller.press("Down", "Down", "Down", "Down", "Down")
    assert page.model.row_name(5) == "Đặng Thị Thành Viên 6"
    shown = page.parts.text()
    assert "Lãi tồn …9906: 7.000" in shown
    assert "Lãi trong hạn …0006: " in shown
    assert "Lãi trong hạn …9906: " in shown
    teller.press("Enter", "Up", "Tab")
    teller.type("7k")
    teller.press("Enter")
    total = page.model.cash[TWICE]
    page.table.type_at(5)
    assert page.parts.text().endswith(f"Lãi tồn …9906: 7.000 · Vào gửi: {total - 7_000:,}".replace(",", "."))
    assert page.model.split(5) == (7_000, total - 7_000)


@pytest.mark.feature(125)
def test_principal_for_a_member_is_refused_with_why_and_where(teller: Counted) -> None:
    page = groups(teller)
    begin(teller)
    teller.letter("G")
    assert "không được nộp gốc thay" in page.notice.text()
    assert "Khách hàng (F3)" in page.notice.text()
    assert small.loan_code(1) in page.notice.text()
    teller.press("Enter")
    assert page.notice.isHidden()
    assert page.model.cash == {small.code(1): page.model.suggestion(0)}


def test_a_second_hand_in_begins_with_nothing_and_asks_only_for_the_interest_left(teller: Counted) -> None:
    page = groups(teller)
    begin(teller)
    teller.type("20k")
    teller.press("Enter", "Ctrl+D")
    first = count_and_post(teller).cash
    open_group(teller, small.GROUP)
    assert "đã nộp lần 1: phiếu 000002" in page.notice.text()
    assert f"{first:,}".replace(",", ".") in page.notice.text()
    assert page.model.cell(0, 3).text == "20.000"
    left = page.model.members[0].member.interest
    # Down the whole list with Enter takes nobody's money twice.
    teller.press(*["Enter"] * 5)
    assert page.model.cash == {}
    teller.press("Ctrl+D")
    assert page.model.cash == {small.code(1): -(-left // 10_000) * 10_000}
    more = count_and_post(teller)
    assert {line.code for line in more.lines} == {"TL", "TT"}
    assert sum(line.amount for line in more.lines if line.code == "TL") == left
    assert "1 / 4" in page.today.count.text()


@pytest.mark.feature(22)
def test_the_same_sum_by_the_same_group_is_asked_about(teller: Counted) -> None:
    page = groups(teller)
    begin(teller)
    teller.type("200k")
    teller.press("Enter")
    count_and_post(teller)
    open_group(teller, small.GROUP)
    teller.type("200k")
    teller.press("Enter")
    page.notes.start()
    teller.type_notes(200_000)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.sheet is not None)
    teller.press("Esc")
    teller.wait()
    assert teller.desk.counter.standing.entries == 2
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.sheet is not None)
    teller.press("Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 3)


@pytest.mark.feature(61)
def test_a_slip_written_by_hand_is_keyed_with_its_number_and_time(teller: Counted) -> None:
    page = groups(teller)
    begin(teller)
    teller.press("Enter", "Ctrl+B")
    teller.type("0001234")
    teller.press("Enter")
    teller.type("9h05")
    teller.press("Enter")
    assert page.by_hand.text() == "Viết tay 0001234 · 09:05"
    assert QApplication.focusWidget() is not None
    said = count_and_post(teller)
    assert (said.detail("paper_no"), said.detail("paper_at")) == ("0001234", "09:05")
    assert page.by_hand.isHidden()


def correct_one(teller: Teller, *, down: int) -> None:
    """From the hand-in in the journal to the posted correction of one member."""
    before = teller.desk.counter.standing.entries
    teller.letter("M")
    teller.wait(lambda: isinstance(teller.desk.sheet, CorrectSheet))
    teller.press(*["Down"] * down, "Enter")
    teller.type("nhầm người")
    teller.press("Enter")
    teller.wait(lambda: hasattr(teller.desk.sheet, "pin"))
    teller.approve(PINS[CONTROLLER])
    teller.wait(lambda: teller.desk.counter.standing.entries == before + 1)


@pytest.mark.feature(23, 24)
def test_one_member_of_a_posted_hand_in_is_taken_back_and_the_journal_says_so_both_ways(teller: Counted) -> None:
    begin(teller)
    teller.press("Ctrl+D")
    cash = count_and_post(teller).cash
    theirs = groups(teller).model
    assert theirs.members == () or theirs.cash == {}
    teller.press("F6")
    teller.wait()
    correct_one(teller, down=5)
    page, made = journal(teller), body(teller, 3)
    assert (made.kind, made.reverses, made.by, made.reason) == ("correct", 2, TWICE, "nhầm người")
    assert made.cash < 0
    assert teller.desk.counter.standing.cash == 650_000_000 + cash + made.cash
    teller.wait(lambda: page.state.text() == "rút một người khỏi phiếu 000002")
    assert "Đặng Thị Thành Viên 6" in page.facts.text()
    teller.press("Down")
    teller.wait(lambda: page.state.text() == "đã rút 1 người ở phiếu 000003")
    assert page.table.here.number == 2
    struck = [page.lines_model.cell(row, 0) for row in range(page.lines_model.rowCount()) if page.lines_model.cell(row, 0).chip]
    assert {one.text for one in struck} == {"Đặng Thị Thành Viên 6"}
    # Whoever was taken back is marked and cannot be chosen again.
    teller.letter("M")
    teller.wait(lambda: isinstance(teller.desk.sheet, CorrectSheet))
    sheet = teller.desk.sheet
    teller.press(*["Down"] * 5, "Enter")
    teller.type("lại lần nữa")
    assert isinstance(sheet, CorrectSheet)
    assert not sheet.go.isEnabled()
    teller.press("Enter")
    assert teller.desk.sheet is sheet
    teller.press("Esc")
    # And the voucher is not reversed whole any more.
    teller.letter("D")
    teller.type("đảo cả phiếu")
    teller.press("Enter")
    teller.wait(lambda: not page.notice.isHidden())
    assert "đã rút dòng của một thành viên ở phiếu số 3" in page.notice.text()
    assert teller.desk.counter.standing.entries == 3


def test_what_was_taken_back_is_owed_again_on_the_second_sheet(teller: Counted) -> None:
    page = groups(teller)
    begin(teller)
    teller.press("Ctrl+D")
    count_and_post(teller)
    teller.press("F6")
    teller.wait()
    correct_one(teller, down=0)
    teller.press("F2")
    teller.wait()
    open_group(teller, small.GROUP)
    assert page.model.cell(0, 3).text == "—"
    assert page.model.members[0].member.interest > 0
    assert page.model.cell(1, 3).text != "—"


def fill(teller: Teller) -> None:
    """Something in every field of the sheet."""
    page = groups(teller)
    begin(teller)
    teller.letter("V")
    teller.press("Enter")
    teller.letter("S")
    teller.press("Ctrl+T")
    teller.type("900k")
    teller.press("Ctrl+H")
    teller.type("Trần Văn Kiểm")
    teller.press("Ctrl+B")
    teller.type("0001234")
    teller.press("Enter")
    teller.type("9h05")
    teller.press("Enter", "Ctrl+N", "Down")
    page.notes.start()
    teller.type("2")


def assert_filled(teller: Teller) -> None:
    page = groups(teller)
    teller.wait(lambda: bool(page.model.cash))
    assert page.model.cash == {small.code(1): page.model.suggestion(0)}
    assert (page.model.absent, page.model.unsigned) == ({small.code(1)}, {small.code(2)})
    assert (page.listed.amount, page.cadre.text(), page.by.currentData()) == (900_000, "Trần Văn Kiểm", small.DEPUTY)
    assert page.by_hand.details == {"paper_no": "0001234", "paper_at": "09:05"}
    assert page.notes.counts == {500_000: 2}


@pytest.mark.feature(112)
def test_everything_typed_is_there_again_after_a_lock(teller: Counted) -> None:
    fill(teller)
    teller.press("Ctrl+L")
    teller.wait(lambda: teller.window.table is None)
    teller.unlock()
    teller.press("F2")
    teller.wait()
    assert_filled(teller)


@pytest.mark.feature(112)
def test_everything_typed_is_there_again_after_a_power_cut(teller: Counted, laptop: Laptop, qtbot: QtBot, tmp_path: Path) -> None:
    fill(teller)
    qtbot.wait(DRAFT_MS + 200)
    teller.wait()
    left = copied(laptop, tmp_path / "cut")  # as it lies on the disk at that moment
    teller.window.hide()
    other = open_window(left, qtbot)
    other.unlock()
    other.press("F2")
    other.wait()
    assert_filled(other)
    other.window.close()
