"""The customer desk at the keyboard: every transaction of a visit, and what is said before any of it is posted."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop.ui.approve import ApprovalSheet
from desktop.ui.customers import CustomersPage
from desktop.ui.disburse import DisbursePage
from desktop.ui.journal import JournalPage
from desktop.ui.request_sheet import RequestSheet
from desktop.ui.savings_sheets import CloseSavings, OpenSavings
from sync.chain import Sealed
from sync.records import changed
from sync.terms import Terms
from sync.voucher import Body
from tests.bench.point import PINS
from tests.desktop import small
from tests.ui import desk_point as point
from tests.ui.keys import type_text
from tests.ui.laptop import CONTROLLER, LEADER, Clock, Laptop, Teller, copied, make_laptop, open_window, session_open
from tests.ui.test_window import cut_off, nameless, visible


@pytest.fixture(scope="module")
def full(hands: QtBot, tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    folder = tmp_path_factory.mktemp("desk")
    return session_open(make_laptop(folder, prepare=point.prepare), folder / "opened", hands)


@pytest.fixture
def laptop(full: Laptop, tmp_path: Path) -> Laptop:
    """The laptop of these tests, instead of the usual one."""
    return copied(full, tmp_path)


def page(teller: Teller) -> CustomersPage:
    found = teller.desk.pages["customers"]
    assert isinstance(found, CustomersPage)
    return found


def find(teller: Teller, number: int) -> CustomersPage:
    """A person of the point by the last four digits of the card, the cursor on the first account."""
    teller.press("Ctrl+K")
    teller.type(f"{number:04d}")
    teller.wait()
    teller.press("Enter")
    teller.wait(lambda: (one := page(teller).person) is not None and one.customer.customer_code == small.code(number))
    return page(teller)


def begin(teller: Teller, number: int) -> CustomersPage:
    teller.unlock()
    if teller.desk.counter.standing.state == "prepared":
        teller.open_session()
    return find(teller, number)


def judged(teller: Teller) -> None:
    """Until the rules have been asked about what is keyed now."""
    judge = page(teller).judge
    teller.wait(lambda: not judge._pause.isActive())


def sealed(teller: Teller, number: int) -> Sealed:
    found: list[Sealed] = []
    teller.desk.counter.ask(lambda desk: desk.voucher(number), then=found.append)
    teller.wait()
    return found[0]


def lines(body: Body) -> list[tuple[str, str, int]]:
    return [(one.code, one.component, one.amount) for one in body.lines]


def post(teller: Teller, *, approved: bool = False) -> Body:
    """Ctrl Enter, and the controller's own PIN where it is asked for; what the book has then."""
    judged(teller)
    before = teller.desk.counter.standing.entries
    teller.press("Ctrl+Enter")
    if approved:
        teller.approve(PINS[CONTROLLER])
    teller.wait(lambda: teller.desk.counter.standing.entries == before + 1)
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    made = sealed(teller, before + 1).entry
    assert [one.staff_id for one in made.approvals] == ([CONTROLLER] if approved else [])
    return made.body


def codes(one: CustomersPage) -> list[tuple[str, int]]:
    return [(line.code, line.amount) for line in one.model.lines]


def test_one_of_several_with_a_name_is_gone_to_by_the_arrows_from_the_field(teller: Teller) -> None:
    teller.begin()
    teller.press("Ctrl+K")
    teller.type("thi")
    teller.wait()
    one = page(teller)
    people = [found.code for found in one.search.model.things if found.kind == "customer"]  # type: ignore[attr-defined]
    assert len(people) > 3
    teller.press("Down", "Down", "Down", "Up")
    assert one.finder.hasFocus()
    teller.wait()
    assert one.person is not None
    assert one.person.customer.customer_code == people[2]
    teller.press("Enter")
    teller.wait(lambda: one.accounts.hasFocus())
    assert one.person.customer.customer_code == people[2]
    # What is typed next begins with the first again.
    teller.press("Ctrl+K")
    teller.type("thi")
    teller.wait()
    assert one.search.table.here is one.search.model.things[0]


# Money out


@pytest.mark.feature(14)
@pytest.mark.feature(28)
def test_a_deposit_is_withdrawn_after_a_look_at_the_card_and_the_controllers_pin(teller: Teller) -> None:
    one = begin(teller, point.SAVER)
    teller.letter("R")
    assert codes(one) == [("RT", 1_350_000)]  # all there is, until another amount is typed
    teller.type("500k")
    assert one.foot.way.text() == "Tổng chi"
    assert one.foot.total.text() == "500.000 đ"
    assert one.foot.words.text() == "Năm trăm nghìn đồng"
    assert "Chưa kiểm tra CCCD" in one.post.text()
    judged(teller)
    assert "Kiểm soát viên" in one.foot.approval.text()
    teller.press("Ctrl+Enter")  # goes to what is missing, and no further
    assert one.foot.identity.hasFocus()
    assert teller.desk.sheet is None
    teller.letter(" ")
    assert one.foot.identity.isChecked()
    body = post(teller, approved=True)
    assert lines(body) == [("RT", "deposit", 500_000)]
    assert body.cash == -500_000
    assert body.detail("card") == "seen"
    assert teller.desk.counter.standing.cash == 649_500_000
    assert one.finder.hasFocus()


@pytest.mark.feature(20)
@pytest.mark.feature(114)
def test_a_second_withdrawal_sees_the_first_and_more_than_is_held_is_said_before_posting(teller: Teller) -> None:
    one = begin(teller, point.SAVER)
    teller.letter("R")
    teller.type("500k")
    teller.letter("x")  # no amount: refused in place
    assert one.lines.open_editor is not None
    assert one.lines.open_editor.fault is not None
    teller.press("Esc")
    teller.letter("R")
    teller.type("500k")
    teller.press("Enter")
    teller.letter(" ")
    post(teller, approved=True)
    find(teller, point.SAVER)
    assert one.accounts.accounts.rows[1][2].text == "850.000"
    teller.letter("R")
    teller.type("900k")
    judged(teller)
    assert "còn 850.000 đ, không đủ 900.000 đ" in one.guard.text()
    assert not one.post.isEnabled()
    assert "Sửa theo dòng nhắc" in one.post.text()
    teller.press("Ctrl+Enter")
    teller.wait()
    assert teller.desk.sheet is None
    assert teller.desk.counter.standing.entries == 2


@pytest.fixture
def low_limit(dressed: QApplication, tmp_path: Path, qtbot: QtBot) -> Iterator[Teller]:
    """The office asks for the leader from a million on."""

    def prepare(usual: Terms) -> Terms:
        made = point.prepare(usual)
        return changed(made, parameters=changed(made.parameters, leader_from=1_000_000))

    one = open_window(make_laptop(tmp_path, members=14, prepare=prepare), qtbot)
    yield one
    one.window.close()


@pytest.mark.feature(26)
def test_from_the_offices_limit_on_the_leader_approves_beside_the_controller(low_limit: Teller) -> None:
    teller = low_limit
    one = begin(teller, point.SAVER)
    teller.letter("R")
    teller.type("999k")
    judged(teller)
    assert one.foot.approval.text() == "Cần duyệt: Kiểm soát viên"
    teller.type("0")  # ten times as much is more than is held
    teller.press("Esc", "Esc")
    teller.letter("R")
    teller.type("1tr")
    teller.press("Enter")
    teller.letter(" ")
    judged(teller)
    assert one.foot.approval.text() == "Cần duyệt: Kiểm soát viên, Tổ trưởng tổ giao dịch"
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.sheet is not None)
    teller.type(PINS[CONTROLLER])
    teller.press("Enter")
    teller.wait(lambda: LEADER in people(teller))
    assert teller.desk.counter.standing.entries == 1
    teller.approve(PINS[LEADER])
    teller.wait(lambda: teller.desk.counter.standing.entries == 2)
    assert [given.staff_id for given in sealed(teller, 2).entry.approvals] == [CONTROLLER, LEADER]


def people(teller: Teller) -> list[str]:
    """Who may give the approval that is asked for."""
    sheet = teller.desk.sheet
    if not isinstance(sheet, ApprovalSheet):
        return []
    return [str(sheet.who.itemData(at)) for at in range(sheet.who.count())]


@pytest.fixture
def old_figures(dressed: QApplication, tmp_path: Path, qtbot: QtBot, request: pytest.FixtureRequest) -> Iterator[Teller]:
    """The figures of the pack are this many days old."""

    def prepare(usual: Terms) -> Terms:
        return changed(point.prepare(usual), as_of=small.DAY - datetime.timedelta(days=request.param))

    one = open_window(make_laptop(tmp_path, members=14, prepare=prepare), qtbot, size=(1280, 720))
    yield one
    one.window.close()


@pytest.mark.feature(15)
@pytest.mark.feature(95)
@pytest.mark.parametrize("old_figures", [8], indirect=True)
def test_on_old_figures_money_comes_in_and_does_not_go_out(old_figures: Teller) -> None:
    teller = old_figures
    one = begin(teller, point.SAVER)
    assert "tính đến ngày 07/04/2024, quá 7 ngày" in one.banner.text()
    assert one.banner.isVisible()
    assert one.accounts.accounts.columns[2].head == "Số dư ngày 07/04/2024"
    for key in ("R", "C", "Z"):
        teller.letter(key)
        teller.wait()
        assert "Chỉ thu tiền vào, không chi ra" in one.notice.text()
        assert one.model.lines == []
        assert teller.desk.sheet is None
    assert cut_off(teller.window) == []
    teller.letter("L")
    assert one.notice.text() == ""
    assert lines(post(teller))[0][0] == "TL"
    # Nor by an approved slip.
    teller.press("F4")
    teller.wait()
    slip = teller.desk.pages["disburse"]
    assert isinstance(slip, DisbursePage)
    assert "quá 7 ngày" in slip.slip.notice.text()


@pytest.mark.feature(15)
@pytest.mark.parametrize("old_figures", [7], indirect=True)
def test_control_figures_of_a_week_are_young_enough(old_figures: Teller) -> None:
    one = begin(old_figures, point.SAVER)
    assert not one.banner.isVisible()
    old_figures.letter("R")
    assert codes(one) == [("RT", 1_350_000)]


def test_a_card_that_ran_out_is_said_when_money_goes_out(teller: Teller) -> None:
    one = begin(teller, point.EXPIRED)
    assert "hết hạn 03/01/2024" in one.chips[0].text()
    teller.letter("L")
    judged(teller)
    assert one.guard.text() == ""
    teller.press("Enter")
    teller.letter("R")
    judged(teller)
    assert "đã hết hạn ngày 03/01/2024" in one.guard.text()
    assert "hết hạn 03/01/2024" in one.foot.identity.text()
    teller.letter(" ")
    assert one.post.isEnabled()  # a warning, not a refusal: another paper may do


@pytest.mark.feature(19)
def test_one_visit_pays_and_takes_and_says_the_net(teller: Teller) -> None:
    one = begin(teller, point.EARLY)
    teller.letter("L")
    interest = one.model.lines[0].amount
    teller.press("Enter")
    teller.letter("R")
    teller.press("Enter")
    assert one.foot.way.text() == "Tổng chi"
    assert one.model.total == interest - 1_350_000
    teller.letter("T")
    teller.type("2tr")
    teller.press("Enter")
    assert one.foot.way.text() == "Tổng thu"
    assert one.model.total == interest + 650_000
    teller.press("Delete")
    teller.letter(" ")
    body = post(teller, approved=True)
    assert [code for code, _, _ in lines(body)] == ["TL", "RT"]
    assert body.cash == interest - 1_350_000


# Deposit to debt


@pytest.mark.feature(129)
def test_a_deposit_pays_a_debt_without_cash_and_both_sides_are_seen(teller: Teller) -> None:
    one = begin(teller, point.DEBTOR)
    teller.letter("C")
    assert codes(one) == [("CT", 1_350_000), ("CT", 88_151), ("CT", 107_363), ("CT", 1_154_486)]
    teller.type("300k")
    assert codes(one) == [("CT", 300_000), ("CT", 88_151), ("CT", 107_363), ("CT", 104_486)]
    assert [one.model.cell(row, 0).text for row in range(4)] == [
        "Chuyển tiền gửi trả nợ", "Trả lãi quá hạn", "Trả lãi trong hạn", "Trả gốc quá hạn",
    ]  # fmt: skip
    teller.press("Enter", "Enter", "Enter")
    teller.type("50k")
    teller.press("Enter")
    assert codes(one)[0] == ("CT", 245_514)  # the deposit's side follows
    assert one.foot.way.text() == "Không dùng tiền mặt"
    assert one.foot.total.text() == "245.514 đ"
    assert one.foot.words.text() == "Hai trăm bốn mươi lăm nghìn năm trăm mười bốn đồng"
    body = post(teller)
    assert lines(body) == [
        ("CT", "deposit", 245_514), ("CT", "overdue_interest", 88_151), ("CT", "interest", 107_363),
        ("CT", "overdue_principal", 50_000),
    ]  # fmt: skip
    assert teller.desk.counter.standing.cash == 650_000_000
    find(teller, point.DEBTOR)
    assert one.accounts.accounts.rows[0][4].text == "0"
    assert one.accounts.accounts.rows[1][2].text == "1.104.486"


def test_more_than_the_deposit_or_the_debt_is_refused_where_it_is_typed(teller: Teller) -> None:
    one = begin(teller, point.DEBTOR)
    teller.letter("C")
    teller.type("2tr")
    judged(teller)
    assert "còn 1.350.000 đ, không đủ 2.000.000 đ" in one.guard.text()
    teller.press("Esc", "Esc")
    assert one.model.lines == []
    judged(teller)
    assert one.guard.text() == ""


# Savings


@pytest.mark.feature(13)
@pytest.mark.feature(130)
def test_a_card_is_opened_from_the_rates_of_the_day_with_its_serial(teller: Teller) -> None:
    one = begin(teller, point.EXPIRED)
    teller.letter("K")
    sheet = teller.desk.sheet
    assert isinstance(sheet, OpenSavings)
    shown = [tuple(cell.text for cell in row) for row in sheet.model.rows]
    assert shown[2] == ("402 · Tiết kiệm có kỳ hạn trả lãi cuối kỳ", "12 tháng", "5,36 %", "1.000.000")
    teller.press("Down", "Down", "Enter")
    teller.type("500k")
    teller.press("Enter")
    teller.type("ab")
    teller.press("Enter")
    assert "không đúng dạng" in sheet.notice.text()
    teller.type("cd-1")
    teller.press("Enter")
    assert "không đúng dạng" in sheet.notice.text()
    teller.type("ab123456")
    teller.press("Enter")
    teller.wait()
    assert "dưới mức tối thiểu 1.000.000 đ" in sheet.notice.text()
    assert sheet.amount.hasFocus()
    teller.type("5tr")
    assert "Năm triệu đồng" in sheet.facts.text()
    assert "15/04/2025" in sheet.facts.text()
    teller.press("Enter", "Enter")
    teller.wait(lambda: teller.desk.sheet is None)
    assert [(line.code, line.account, line.amount) for line in one.model.lines] == [("GK", "402.12.AB123456", 5_000_000)]
    teller.press("Enter")
    body = post(teller)
    assert lines(body) == [("GK", "savings", 5_000_000)]
    assert body.cash == 5_000_000
    # The card is theirs from now on, and nobody's else.
    find(teller, point.EXPIRED)
    assert [cell.text for cell in one.accounts.accounts.rows[2]][2:4] == ["5.000.000", "15/04/2025"]
    find(teller, point.SAVER)
    teller.letter("K")
    teller.press("Down", "Enter")
    teller.type("1tr")
    teller.press("Enter")
    teller.type("AB123456")
    teller.press("Enter")
    teller.wait()
    sheet = teller.desk.sheet
    assert isinstance(sheet, OpenSavings)
    assert "đã dùng cho tài khoản" in sheet.notice.text()


@pytest.mark.feature(130)
def test_money_is_added_to_the_account_under_the_cursor_where_it_may_grow(teller: Teller) -> None:
    one = begin(teller, point.DEBTOR)
    teller.press("Down", "Down")
    teller.letter("K")
    assert teller.desk.sheet is None
    teller.type("200k")
    teller.press("Enter")
    assert [(line.code, line.account, line.amount) for line in one.model.lines] == [("GK", point.STEPS, 200_000)]
    post(teller)
    find(teller, point.EARLY)
    teller.press("Down", "Down", "Down")
    teller.letter("K")  # a deposit made once does not grow: a new card
    assert isinstance(teller.desk.sheet, OpenSavings)


@pytest.mark.feature(130)
@pytest.mark.parametrize(
    ("number", "account", "downs", "said", "days", "rate", "interest"),
    [
        (point.SAVER, point.MATURED, 2, "Đã đến hạn", "366", "5,36 %", 1_074_937),
        (point.EARLY, point.UNRIPE, 3, "Trước hạn", "183", "0,2 %", 10_027),
    ],
)
def test_closing_says_interest_days_and_rate_before_it_becomes_lines(
    teller: Teller, number: int, account: str, downs: int, said: str, days: str, rate: str, interest: int
) -> None:
    one = begin(teller, number)
    teller.press(*["Down"] * downs)
    teller.letter("Z")
    teller.wait(lambda: teller.desk.sheet is not None)
    sheet = teller.desk.sheet
    assert isinstance(sheet, CloseSavings)
    facts = dict(sheet.facts)
    assert facts["Số ngày tính lãi"] == days
    assert facts["Lãi suất được hưởng"] == rate
    assert facts["Lãi"] == f"{interest:,}".replace(",", ".")
    assert any(said in text.text() for text in sheet.findChildren(QLabel))
    assert one.model.lines == []
    teller.press("Enter")
    teller.wait(lambda: teller.desk.sheet is None)
    balance = one.model.lines[0].amount
    assert codes(one) == [("RK", balance), ("RK", interest)]
    assert one.foot.total.text() == f"{balance + interest:,} đ".replace(",", ".")
    teller.type("1")  # it is paid whole: nothing to type
    teller.press("Enter", "Enter")
    assert codes(one) == [("RK", balance), ("RK", interest)]
    teller.letter(" ")
    body = post(teller, approved=True)
    assert lines(body) == [("RK", "savings", balance), ("RK", "savings_interest", interest)]
    assert body.detail("card") == "seen"
    find(teller, number)
    teller.press(*["Down"] * downs)
    assert account[:4] in one.accounts.accounts.rows[downs][0].text
    assert one.accounts.accounts.rows[downs][2].text == "0"


# Debts


@pytest.mark.feature(16)
@pytest.mark.feature(18)
def test_cash_is_put_against_the_debts_in_their_order_and_the_rest_saved(teller: Teller) -> None:
    one = begin(teller, point.TWICE)
    assert one.person is not None
    interest = sum(dues.interest for dues in one.person.dues)
    principal = sum(dues.by_component["principal"] for dues in one.person.dues)
    teller.letter("P")
    assert one.given.hasFocus()
    teller.type("90tr")
    teller.press("Enter")
    assert [code for code, _ in codes(one)] == ["TL", "TL", "TG", "TG", "TT"]
    assert one.model.total == 90_000_000
    assert codes(one)[-1] == ("TT", 90_000_000 - interest - principal)
    assert one.given.amount == 90_000_000
    # Less comes: the interest is taken whole first, the earlier loan's principal next.
    teller.press("Esc", "Esc")
    assert one.model.lines == []
    one.accounts.setFocus()
    teller.letter("P")
    teller.type("1tr")
    teller.press("Enter")
    assert [code for code, _ in codes(one)] == ["TL", "TL", "TG"]
    assert one.model.total == 1_000_000
    # Every amount is the teller's to change.
    teller.press("Enter", "Enter")
    teller.type("400k")
    teller.press("Enter")
    assert one.model.total == interest + 400_000
    assert one.foot.change.text() == f"{600_000 - interest:,}".replace(",", ".")
    body = post(teller)
    assert body.cash == interest + 400_000


def test_principal_before_interest_takes_a_reason_and_the_controller(teller: Teller) -> None:
    one = begin(teller, point.EARLY)
    teller.letter("G")
    teller.type("2tr")
    teller.press("Enter")
    judged(teller)
    assert one.foot.hardship.isVisible()
    assert "Kiểm soát viên" in one.foot.approval.text()
    assert "Chưa ghi lý do" in one.post.text()
    teller.press("Ctrl+Enter")
    assert one.foot.reason.hasFocus()
    type_text(teller.field, "Hộ bị lũ cuốn chuồng trại")
    judged(teller)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.sheet is not None)
    assert any("lũ cuốn" in text.text() for text in teller.desk.sheet.findChildren(QLabel))  # type: ignore[union-attr]
    teller.approve(PINS[CONTROLLER])
    teller.wait(lambda: teller.desk.counter.standing.entries == 2)
    assert sealed(teller, 2).entry.body.reason == "Hộ bị lũ cuốn chuồng trại"
    # The next visitor is asked for none.
    find(teller, point.DEBTOR)
    assert one.foot.reason.text() == ""
    assert not one.foot.hardship.isVisible()


def test_control_principal_after_interest_takes_nobody(teller: Teller) -> None:
    one = begin(teller, point.EARLY)
    teller.letter("L")
    teller.press("Enter")
    teller.letter("G")
    teller.type("2tr")
    teller.press("Enter")
    judged(teller)
    assert not one.foot.hardship.isVisible()
    assert post(teller).reason == ""


def test_a_reason_pressed_past_in_haste_is_still_asked_for(teller: Teller) -> None:
    """Ctrl Enter before the rules have answered: the voucher is not posted without the reason."""
    one = begin(teller, point.EARLY)
    teller.letter("G")
    teller.type("2tr")
    teller.press("Ctrl+Enter")
    teller.wait(lambda: one.foot.reason.hasFocus())
    assert "Chưa ghi lý do" in one.notice.text()
    assert teller.desk.counter.standing.entries == 1


def test_one_key_pays_a_loan_off_to_the_dong(teller: Teller) -> None:
    one = begin(teller, point.EXPIRED)
    assert "lãi tồn 1" in one.facts.sums.text()  # one đồng of arrears is seen
    teller.press("Ctrl+G")
    whole = one.model.total
    assert [code for code, _ in codes(one)] == ["TL", "TG"]
    assert f"Trả hết hôm nay {whole:,}".replace(",", ".") in one.facts.sums.text()
    post(teller)
    find(teller, point.EXPIRED)
    dues = one.person.dues[0]  # type: ignore[union-attr]
    assert set(dues.by_component.values()) == {0}
    teller.press("Ctrl+G")
    assert "không có món vay nào còn nợ" in one.notice.text()
    find(teller, point.DEBTOR)
    teller.press("Ctrl+G")
    assert [code for code, _ in codes(one)] == ["TL", "TQ"]
    assert one.model.total == 25_195_514


@pytest.mark.feature(115)
@pytest.mark.feature(138)
def test_all_days_of_a_loan_and_a_rate_that_changed_in_mid_month_are_read_on_the_panel(teller: Teller) -> None:
    one = begin(teller, point.EXTENDED)
    row = one.accounts.accounts.rows[0]
    assert row[3].text == "GD 15/04/2024"
    assert one.facts.days.text() == (
        "Hạn hợp đồng 20/01/2024 · gia hạn (GH) 10/04/2024 · theo ngày giao dịch xã (GD) 15/04/2024 · tính theo 15/04/2024"
    )
    assert "gốc đến hạn 40.000.000" in one.facts.sums.text()
    assert row[2].text == "40.000.000"
    find(teller, point.DEBTOR)
    assert "quá hạn từ 03/04/2024, 12 ngày" in one.facts.days.text()
    assert "lãi quá hạn 88.151 · lãi trong hạn 107.363" in one.facts.sums.text()
    find(teller, point.FROZEN)
    assert one.accounts.accounts.rows[0][1].chip == "khoanh nợ"
    assert "khoanh nợ 40.000.000" in one.facts.sums.text()
    assert one.accounts.accounts.rows[0][2].text == "50.000.000"
    teller.press("Ctrl+G")
    assert "40.000.000 đ khoanh nợ" in one.notice.text()
    teller.press("Esc")
    find(teller, point.HOUSING)
    # 54 million, 17 days at 4.8 % and 14 at 6.6 %.
    assert one.accounts.accounts.rows[0][4].text == "257.425"
    assert "gốc đến hạn 2.000.000" in one.facts.sums.text()
    teller.letter("G")
    assert codes(one) == [("TG", 2_000_000)]


# Twins, undo, handwritten slips, drafts


@pytest.mark.feature(22)
def test_the_same_sum_of_the_same_person_within_minutes_is_asked_about_once(teller: Teller) -> None:
    begin(teller, point.SAVER)
    teller.letter("T")
    teller.type("50k")
    post(teller)
    find(teller, point.SAVER)
    teller.letter("L")
    teller.type("50k")
    judged(teller)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.sheet is not None)
    assert any("Phiếu số 2 đã ghi cùng người, cùng số tiền" in text.text() for text in visible(teller.window, QLabel))  # type: ignore[attr-defined]
    teller.press("Esc")
    teller.wait()
    assert teller.desk.counter.standing.entries == 2
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.sheet is not None)
    teller.press("Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 3)


def test_control_after_the_minutes_another_transaction_of_that_sum_is_not_asked_about(teller: Teller) -> None:
    begin(teller, point.SAVER)
    teller.letter("T")
    teller.type("50k")
    post(teller)
    clock = teller.window.clock
    assert isinstance(clock, Clock)
    clock.gone_s += 11 * 60
    find(teller, point.SAVER)
    teller.letter("L")
    teller.type("50k")
    post(teller)


@pytest.mark.feature(111)
def test_what_was_keyed_is_taken_back_step_by_step(teller: Teller) -> None:
    one = begin(teller, point.DEBTOR)
    teller.letter("T")
    teller.type("104486")
    teller.press("Enter")
    one.accounts.setFocus()
    teller.letter("L")
    teller.press("Delete")
    assert codes(one) == [("TT", 104_486)]
    teller.press("Ctrl+Z")
    assert codes(one) == [("TT", 104_486), ("TL", 195_514)]
    teller.press("Ctrl+Z")
    assert codes(one) == [("TT", 104_486)]
    teller.press("Ctrl+Z")
    assert codes(one) == [("TT", 0)]
    teller.press("Ctrl+Z", "Ctrl+Z")
    assert codes(one) == []


@pytest.mark.feature(61)
def test_a_handwritten_slip_is_keyed_once_with_its_number_and_time(teller: Teller) -> None:
    one = begin(teller, point.DEBTOR)
    teller.press("Ctrl+B")
    teller.type("000123")
    teller.press("Enter")
    teller.type("25h")
    teller.press("Enter")
    assert teller.desk.sheet is not None
    assert "giờ" in teller.desk.sheet.notice.text()  # type: ignore[attr-defined]
    teller.type("905")
    teller.press("Enter")
    assert teller.desk.sheet is None
    assert one.by_hand.text() == "Viết tay 000123 · 09:05"
    assert one.by_hand.isVisible()
    one.accounts.setFocus()
    teller.letter("L")
    body = post(teller)
    assert (body.detail("paper_no"), body.detail("paper_at")) == ("000123", "09:05")
    assert not one.by_hand.isVisible()
    # The same slip a second time, for whomever.
    find(teller, point.SAVER)
    teller.press("Ctrl+B")
    teller.type("000123")
    teller.press("Enter")
    teller.type("9h05")
    teller.press("Enter")
    one.accounts.setFocus()
    teller.letter("L")
    judged(teller)
    assert "Phiếu viết tay số 000123 đã nhập ở phiếu số 2" in one.guard.text()
    assert not one.post.isEnabled()


@pytest.mark.feature(112)
def test_all_that_is_half_keyed_is_there_after_a_lock(teller: Teller) -> None:
    one = begin(teller, point.DEBTOR)
    teller.press("Ctrl+B")
    teller.type("77")
    teller.press("Enter")
    teller.type("10h")
    teller.press("Enter")
    one.accounts.setFocus()
    teller.letter("C")
    teller.type("200k")
    teller.press("Enter")
    one.accounts.setFocus()
    teller.letter("T")
    teller.type("50k")
    teller.press("Enter")
    teller.type("100k")
    before, kept = one.model.wishes, one.model.kept
    teller.press("Ctrl+L")
    teller.wait()
    teller.unlock()
    teller.press("F3")
    teller.wait(lambda: bool(page(teller).model.lines))
    again = page(teller)
    assert again is not one
    assert again.model.wishes == before
    assert again.model.kept == kept
    assert again.given.amount == 100_000
    assert again.by_hand.text() == "Viết tay 77 · 10:00"
    body = post(teller)
    assert body.detail("paper_no") == "77"


# Requests


@pytest.mark.feature(132)
def test_a_request_without_money_is_kept_printed_and_found_in_the_journal(teller: Teller, laptop: Laptop) -> None:
    begin(teller, point.DEBTOR)
    teller.letter("Q")
    sheet = teller.desk.sheet
    assert isinstance(sheet, RequestSheet)
    assert [sheet.kind.itemData(at) for at in range(sheet.kind.count())] == ["extension", "reschedule", "retain", "dossier", "suggestion"]
    teller.press("Down", "Enter", "Enter")
    assert sheet.request == "reschedule"
    teller.type("31/02/2026")
    teller.press("Enter")
    type_text(teller.field, "Xin giãn kỳ trả vì mất mùa")
    teller.press("Ctrl+Enter")
    assert "dd/mm/yyyy" in sheet.notice.text()
    assert sheet.until.hasFocus()
    sheet.until.selectAll()
    teller.type("30/06/2025")
    teller.press("Enter", "Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 2)
    assert teller.desk.sheet is None
    body = sealed(teller, 2).entry.body
    assert (body.kind, body.party, body.reason) == ("request", small.DEBTOR, "Xin giãn kỳ trả vì mất mùa")
    assert dict(body.details) == {"account": small.loan_code(3), "type": "reschedule", "until": "2025-06-30"}
    assert teller.desk.counter.standing.cash == 650_000_000
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    assert len(list(laptop.paper.glob("*-000002.pdf"))) == 1
    # What stands in the box has no name: from the search, with nobody chosen.
    teller.press("Esc", "Ctrl+K")
    page(teller)._show(None)
    teller.press("Ctrl+Q")
    type_text(teller.field, "Xin thêm ghế chờ")
    teller.press("Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 3)
    assert sealed(teller, 3).entry.body.party == ""
    teller.press("F6")
    teller.wait()
    journal = teller.desk.pages["journal"]
    assert isinstance(journal, JournalPage)
    assert [one.kind for one in journal.rows[:2]] == ["request", "request"]
    assert any("Xin thêm ghế chờ" in text.text() for text in visible(teller.window, QLabel))  # type: ignore[attr-defined]


@pytest.mark.feature(112)
def test_a_half_typed_request_and_card_are_there_after_a_lock(teller: Teller) -> None:
    begin(teller, point.DEBTOR)
    teller.letter("Q")
    teller.press("Enter", "Enter", "Enter")
    type_text(teller.field, "Mất mùa")
    teller.press("Ctrl+L")
    teller.wait()
    teller.unlock()
    teller.press("F3")
    teller.wait(lambda: teller.desk.sheet is not None)
    sheet = teller.desk.sheet
    assert isinstance(sheet, RequestSheet)
    assert sheet.text.text() == "Mất mùa"
    teller.press("Esc")
    teller.letter("K")
    teller.press("Down", "Enter")
    teller.type("2tr")
    teller.press("Ctrl+L")
    teller.wait()
    teller.unlock()
    teller.press("F3")
    teller.wait(lambda: teller.desk.sheet is not None)
    card = teller.desk.sheet
    assert isinstance(card, OpenSavings)
    assert card.kept == ["402", "6", "2tr", ""]


# The slip of a disbursement


@pytest.mark.feature(61)
@pytest.mark.feature(131)
def test_from_the_person_to_the_slip_with_the_notes_that_were_counted_out(teller: Teller) -> None:
    begin(teller, point.SAVER)
    assert "N" in dict(teller.desk.foot.shown)
    teller.letter("N")
    teller.wait()
    assert teller.desk.page == "disburse"
    slip = teller.desk.pages["disburse"]
    assert isinstance(slip, DisbursePage)
    assert slip.shown_slip is not None
    assert slip.shown_slip.party == small.code(point.SAVER)
    teller.letter("M")
    teller.type("100")  # a hundred of 500,000, and fifty of 200,000
    assert "thiếu 10.000.000 đ" in teller.desk.sheet.off.text()  # type: ignore[union-attr]
    teller.press("Ctrl+Enter")
    assert teller.desk.sheet is not None
    teller.press("Enter")
    teller.type("50")
    teller.press("Ctrl+Enter")
    assert teller.desk.sheet is None
    teller.press("Ctrl+B")
    teller.type("41")
    teller.press("Enter")
    teller.type("8h10")
    teller.press("Enter")
    # Locked meanwhile: what was counted out is still counted out, and the card has to be looked at again.
    teller.press("Ctrl+L")
    teller.wait()
    teller.unlock()
    teller.press("F4")
    teller.wait(lambda: bool(teller.desk.pages["disburse"].slip.paid_with))
    shown = teller.desk.pages["disburse"].slip.notes.text().replace("\N{NO-BREAK SPACE}", " ")
    assert shown == "Tờ đã chi: 100 × 500.000 · 50 × 200.000"
    teller.letter(" ")
    teller.press("Ctrl+Enter")
    teller.approve(PINS[CONTROLLER])
    teller.wait(lambda: teller.desk.counter.standing.entries == 2)
    body = sealed(teller, 2).entry.body
    assert body.notes == ((500_000, 100), (200_000, 50))
    assert dict(body.details) == {"card": "seen", "paper_at": "08:10", "paper_no": "41"}
    # An odd sum has no list of notes.
    teller.letter("M")
    teller.wait()
    assert "lẻ 421 đ" in teller.desk.pages["disburse"].slip.notice.text()


# How it looks


@pytest.fixture(params=[("vi", (1366, 728)), ("vi", (1280, 720)), ("en", (1280, 720))], ids=lambda made: f"{made[0]}-{made[1][0]}")
def shown(request: pytest.FixtureRequest, dressed: QApplication, laptop: Laptop, qtbot: QtBot) -> Iterator[Teller]:
    language, size = request.param
    one = open_window(laptop, qtbot, language=language, size=size)
    yield one
    one.window.close()


@pytest.mark.feature(110)
def test_nothing_is_cut_off_whatever_is_keyed(shown: Teller) -> None:
    seen: dict[str, list[str]] = {}

    def look(what: str) -> None:
        judged(shown)
        seen[what] = cut_off(shown.window) + nameless(shown.window)

    one = begin(shown, point.EXTENDED)
    look("days")
    shown.letter("G")
    shown.press("Enter")
    judged(shown)
    assert one.foot.hardship.isVisible()
    look("hardship")
    shown.press("Esc")
    find(shown, point.EXPIRED)
    shown.press("Ctrl+B")
    look("by hand")
    shown.type("123456789012")
    shown.press("Enter")
    shown.type("0905")
    shown.press("Enter")
    one.accounts.setFocus()
    shown.letter("R")
    look("withdrawal")
    shown.press("Esc", "Esc")
    find(shown, point.EARLY)
    shown.letter("K")
    look("savings")
    shown.press("Esc", "Down", "Down", "Down")
    shown.letter("Z")
    shown.wait(lambda: shown.desk.sheet is not None)
    look("closing")
    shown.press("Enter")
    look("closed")
    shown.press("Esc")
    one.accounts.setFocus()
    shown.letter("Q")
    look("request")
    shown.press("Esc", "F12")
    look("keys")
    shown.press("Esc")
    find(shown, point.TWICE)
    shown.letter("C")
    look("transfer")
    shown.press("F4")
    shown.wait()
    shown.letter("M")
    look("notes")
    assert {what: found for what, found in seen.items() if found} == {}
