"""A morning at the keyboard: from the locked window to the closed book, and what each step must show."""

import time

import pytest
from PySide6.QtWidgets import QApplication

from desktop.ui.close import COUNT, SIGN
from tests.bench.point import PINS
from tests.desktop import small
from tests.ui.keys import type_text
from tests.ui.laptop import CONTROLLER, LEADER, TELLER, Laptop, Teller


def groups(teller: Teller):  # type: ignore[no-untyped-def]
    return teller.desk.pages["groups"]


def customers(teller: Teller):  # type: ignore[no-untyped-def]
    return teller.desk.pages["customers"]


def closing(teller: Teller):  # type: ignore[no-untyped-def]
    return teller.desk.pages["close"]


def hand_in(teller: Teller) -> int:
    """The group in front is taken as suggested, counted and posted; what it brought, in đồng."""
    teller.press("F2")
    teller.wait()
    teller.press("Enter")
    teller.wait()
    teller.press("Ctrl+D")
    total = groups(teller).model.total
    teller.type_notes(total)
    before = teller.desk.counter.standing.groups_in
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.groups_in == before + 1)
    return int(total)


def visit(teller: Teller, *, deposit: str = "104486") -> None:
    """The debtor pays five million of overdue principal, all interest, and something into the deposit."""
    teller.press("Ctrl+K")
    teller.type("vo thi vi")
    teller.wait()
    teller.press("Enter")
    teller.wait()
    teller.letter("G")
    teller.type("5tr")
    teller.press("Enter")
    customers(teller).accounts.setFocus()
    teller.letter("L")
    teller.press("Enter")
    customers(teller).accounts.setFocus()
    teller.letter("T")
    teller.type(deposit)


@pytest.mark.feature(1)
@pytest.mark.feature(2)
@pytest.mark.feature(16)
@pytest.mark.feature(19)
@pytest.mark.feature(23)
@pytest.mark.feature(29)
@pytest.mark.feature(41)
@pytest.mark.feature(67)
@pytest.mark.feature(81)
@pytest.mark.feature(110)
def test_a_whole_session_is_run_without_a_mouse_and_the_office_has_it_all(teller: Teller, laptop: Laptop) -> None:
    teller.unlock()
    teller.open_session()
    total = hand_in(teller)
    visit(teller)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 3)
    now = teller.desk.counter.standing
    assert now.cash == 650_000_000 + total + 5_104_486
    teller.press("F6")
    teller.wait()
    teller.letter("D")
    teller.type("nhập nhầm số tiền")
    teller.press("Enter")
    teller.approve(PINS[CONTROLLER])
    teller.wait(lambda: teller.desk.counter.standing.entries == 4)
    assert teller.desk.counter.standing.cash == 650_000_000 + total
    close_session(teller)
    standing = teller.desk.counter.standing
    assert standing.state == "closed"
    teller.wait(lambda: teller.desk.counter.standing.marks.received == standing.entries)
    # A file a voucher, and beside the hand-in one with a slip for each member.
    assert len(list(laptop.paper.glob("*-00000[0-9].pdf"))) == standing.entries
    assert len(list(laptop.paper.glob("*-members.pdf"))) == 1
    groups_page = groups(teller)
    teller.press("F2")
    teller.wait()
    assert "khóa sổ" in groups_page.post.text() or not groups_page.post.isEnabled()


def close_session(teller: Teller) -> None:
    teller.press("F9")
    teller.wait()
    teller.press("Ctrl+Enter")
    teller.wait(lambda: closing(teller).step == COUNT)
    teller.type_notes(teller.desk.counter.standing.cash)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: closing(teller).step == COUNT + 1 and closing(teller).check_go.isEnabled())
    teller.press("Ctrl+Enter")
    teller.wait(lambda: closing(teller).step == SIGN and closing(teller).sign.preview is not None)
    for who in (TELLER, CONTROLLER, LEADER):
        teller.type(PINS[who])
        teller.press("Enter")
        teller.wait()
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.state == "closed")


@pytest.mark.feature(31)
@pytest.mark.feature(32)
@pytest.mark.feature(34)
@pytest.mark.feature(37)
@pytest.mark.feature(127)
def test_forty_members_are_taken_with_enter_zero_and_typed_amounts(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    page = groups(teller)
    teller.press("Enter")
    teller.wait()
    begun = time.perf_counter()
    model = page.model
    assert len(model.members) == 40
    for row in range(40):
        if row == 3:
            teller.type("0")
        elif row == 6:
            teller.type("500k")
        elif row == 8:
            teller.type("100.000")
        teller.press("Enter")
    assert time.perf_counter() - begun < 30
    assert model.cash[model.code(3)] == 0
    assert model.cash[model.code(0)] == model.suggestion(0)
    interest = model.members[6].member.interest
    assert model.split(6) == (interest, 500_000 - interest)
    assert model.split(8) == (100_000, 0)  # less than is due goes to interest alone
    assert not page.post.isEnabled()
    assert "Chưa đếm" in page.post.text()
    teller.type_notes(model.total)
    assert page.post.isEnabled()
    total = model.total
    teller.press("Enter")  # the button has the focus by now, and Enter is not a second key for posting
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.groups_in == 1)
    assert teller.desk.counter.standing.cash == 650_000_000 + total
    assert teller.desk.counter.standing.entries == 2


@pytest.mark.feature(34)
def test_the_post_button_says_what_is_still_missing(teller: Teller) -> None:
    teller.unlock()
    page = groups(teller)
    teller.press("F2")
    teller.wait()
    assert "F5" in page.post.text()
    teller.open_session()
    assert "tiền nộp" in page.post.text()
    teller.press("Enter")
    teller.wait()
    teller.press("Enter", "Enter")
    assert "Chưa đếm" in page.post.text()
    page.notes.start()
    teller.type("1")
    assert "chưa khớp" in page.post.text()
    page.listed.setFocus()
    teller.type("999k")
    assert "Tổ kê hơn" in page.agreement.by_list.words.text()


@pytest.mark.feature(31)
def test_tab_changes_the_split_and_control_z_takes_it_back(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    model = groups(teller).model
    teller.press("Enter")
    teller.wait()
    teller.press("Enter", "Up")
    before = model.split(0)
    teller.press("Tab")
    teller.type("20k")
    teller.press("Enter")
    assert model.split(0) == (20_000, sum(before) - 20_000)
    teller.press("Ctrl+Z")
    assert model.split(0) == before
    teller.press("Ctrl+Z")
    assert model.cash == {}


@pytest.mark.feature(111)
def test_what_is_taken_is_undone_cell_by_cell_before_it_is_posted(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    model = groups(teller).model
    teller.press("Enter")
    teller.wait()
    teller.press("Enter", "Enter", "Enter")
    assert len(model.cash) == 3
    teller.press("Ctrl+Z", "Ctrl+Z")
    assert len(model.cash) == 1


@pytest.mark.feature(113)
def test_a_slash_finds_a_member_without_diacritics(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    teller.press("Enter")
    teller.wait()
    type_text(teller.field, "/")
    teller.type("mỹ phuong")
    teller.press("Enter")
    page = groups(teller)
    assert page.model.members[page.table.currentIndex().row()].customer.full_name == small.LONG_NAME
    teller.type("300k")
    teller.press("Enter")
    assert page.model.cash == {small.code(5): 300_000}


@pytest.mark.feature(21)
def test_two_quick_presses_make_one_entry(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    visit(teller)
    teller.press("Ctrl+Enter", "Ctrl+Enter", "Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 2)
    teller.wait()
    assert teller.desk.counter.standing.entries == 2


@pytest.mark.feature(22)
def test_the_same_deposit_a_second_time_is_asked_about_once(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    for _ in range(2):
        teller.press("Ctrl+K")
        teller.type("h'bia")
        teller.wait()
        teller.press("Enter")
        teller.wait()
        teller.letter("T")
        teller.type("50k")
        teller.press("Ctrl+Enter")
        teller.wait(lambda: teller.desk.counter.standing.entries > 1)
        teller.wait()
    assert teller.desk.sheet is not None
    assert teller.desk.counter.standing.entries == 2
    teller.press("Esc")
    teller.wait()
    assert teller.desk.counter.standing.entries == 2
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.sheet is not None)
    teller.press("Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 3)


@pytest.mark.feature(28)
@pytest.mark.feature(142)
def test_the_amount_stands_in_words_before_it_is_posted_and_follows_every_key(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    visit(teller, deposit="104.486")
    page = customers(teller)
    interest = sum(line.amount for line in page.model.lines if line.code == "TL")
    assert interest > 0
    assert page.foot.total.text() == f"{5_104_486 + interest:,} đ".replace(",", ".")
    assert page.foot.words.text().startswith("Năm triệu ")
    assert page.foot.words.text().endswith(" đồng")


@pytest.mark.feature(24)
@pytest.mark.feature(78)
def test_a_reversal_needs_a_reason_and_a_second_persons_own_pin(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    hand_in(teller)
    teller.press("F6")
    teller.wait()
    teller.letter("D")
    teller.press("Enter")
    assert teller.desk.sheet is not None  # without a reason nothing goes on
    teller.type("nhầm")
    teller.press("Enter")
    teller.wait(lambda: hasattr(teller.desk.sheet, "pin"))
    sheet = teller.desk.sheet
    names = [sheet.who.itemData(at) for at in range(sheet.who.count())]  # type: ignore[union-attr]
    assert TELLER not in names
    teller.type("000000")
    teller.press("Enter")
    teller.wait(lambda: not sheet.notice.isHidden())  # type: ignore[union-attr]
    assert "PIN" in sheet.notice.text()  # type: ignore[union-attr]
    assert teller.desk.counter.standing.entries == 2
    teller.approve(PINS[CONTROLLER])
    teller.wait(lambda: teller.desk.counter.standing.entries == 3)


@pytest.mark.feature(44)
def test_a_difference_is_a_voucher_of_its_own_with_reason_and_leader(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    teller.press("F9")
    teller.wait()
    teller.press("Ctrl+Enter")
    teller.wait()
    page = closing(teller)
    teller.type_notes(649_500_000)
    assert not page.count.go.isEnabled()
    assert page.count.off_sum.text() == "500.000"
    teller.press("Ctrl+Enter")
    assert page.step == COUNT
    page.count.minute.setFocus()
    page.count.minute.click()
    teller.type("thiếu một tờ")
    teller.press("Enter")
    teller.wait(lambda: hasattr(teller.desk.sheet, "pin"))
    teller.approve(PINS[LEADER])
    teller.wait(lambda: page.step == COUNT + 1)
    assert teller.desk.counter.standing.cash == 649_500_000
    assert teller.desk.counter.standing.entries == 3


@pytest.mark.feature(114)
def test_an_unclear_amount_is_refused_in_place_and_never_posted_by_a_shortcut(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    page = groups(teller)
    teller.press("Enter")
    teller.wait()
    teller.press("Enter")
    page.notes.set_counts(small.notes(page.model.total))
    page.table.type_at(1)
    teller.type("1,50")
    teller.press("Enter")
    assert "rõ ràng" in page.notice.text()
    teller.press("Ctrl+Enter")
    teller.wait()
    assert teller.desk.counter.standing.entries == 1
    assert page.table.open_editor is not None
    assert page.table.open_editor.text() == "1,50"


def test_focus_is_back_where_the_next_visitor_starts(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    visit(teller)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 2)
    teller.wait()
    assert QApplication.focusWidget() is customers(teller).finder
    hand_in(teller)
    teller.wait()
    assert QApplication.focusWidget() is groups(teller).list
    assert groups(teller).sheet.row.group.group_code != small.GROUP


def test_a_line_key_begins_the_next_line_from_the_field_of_the_cash_given(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    teller.press("Ctrl+K")
    teller.type("vo thi vi")
    teller.wait()
    teller.press("Enter")
    teller.wait()
    teller.letter("G")
    teller.type("5tr")
    teller.press("Enter")
    page = customers(teller)
    assert page.given.hasFocus()
    teller.letter("T")
    assert page.given.text() == ""
    assert [line.code for line in page.model.lines] == ["TQ", "TT"]


def test_enter_opens_whom_the_whole_name_names_however_fast_it_is_typed(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    teller.press("Ctrl+K")
    teller.wait()
    # Letters and Enter before any answer has come: the first answers are to fewer letters.
    teller.type("vo thi vi")
    teller.press("Enter")
    teller.wait(lambda: customers(teller).person is not None)
    assert customers(teller).person.customer.customer_code == _person_named(teller, "vo thi vi")


def _person_named(teller: Teller, text: str) -> str:
    found: list[str] = []
    teller.desk.counter.ask(lambda desk: desk.search(text), then=lambda rows: found.extend(one.code for one in rows))
    teller.wait(lambda: bool(found))
    return found[0]
