"""Slips paid out at the keyboard: only what the pack approved, each once, within its days, from what the drawer holds."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.ui.disburse import DisbursePage
from desktop.ui.journal import JournalPage
from desktop.ui.today import TodayPage
from sync.records import changed
from sync.terms import DisbursementSlip, PayoutSlip, Terms
from tests.bench.point import PINS
from tests.desktop import small
from tests.ui.keys import type_text
from tests.ui.laptop import CONTROLLER, TELLER, Laptop, Teller, copied, make_laptop, open_window, session_open
from tests.ui.test_window import cut_off, nameless

FIRST, SECOND, LONG, EARLY, LATE = (f"GN-0424-00{number}" for number in range(17, 22))
COMMISSION, OTHER_COMMISSION, FEE, REMUNERATION = "HH-0424-0001", "HH-0424-0002", "PU-0424-0001", "TH-0424-0001"


def slips(usual: Terms) -> Terms:
    """A morning's slips: of both funds, one too early, one too late, a long name, an expired card, three kinds of payout."""
    [pattern] = usual.disbursements

    def slip(slip_no: str, customer: str, amount: int, **more: object) -> DisbursementSlip:
        return changed(pattern, slip_no=slip_no, customer_code=customer, loan_code=f"66001041000099{slip_no[-2:]}",
                       amount=amount, **more)  # fmt: skip

    disbursements = (
        pattern,
        slip(SECOND, small.code(4), 25_000_000, fund_source=1, purpose="Xây bể nước và nhà tiêu hợp vệ sinh"),
        slip(LONG, small.code(5), 80_000_000, fund_source=1),
        slip(EARLY, small.code(6), 50_000_000, valid_from=small.DAY + datetime.timedelta(days=1)),
        slip(LATE, small.code(7), 40_000_000, valid_to=small.DAY - datetime.timedelta(days=1)),
    )
    payouts = (
        *usual.payouts,
        PayoutSlip(slip_no=OTHER_COMMISSION, kind="commission", payee_name="", group_code="8070118", org_code="", amount=912_000),
        PayoutSlip(slip_no=REMUNERATION, kind="remuneration", payee_name="Trần Thị Ban Giảm Nghèo", group_code="",
                   org_code="", amount=450_000),
    )  # fmt: skip
    people = tuple(
        changed(one, id_expires_on=datetime.date(2024, 1, 3)) if one.customer_code == small.code(4) else one
        for one in usual.customers
    )
    return changed(usual, disbursements=disbursements, payouts=payouts, customers=people)


@pytest.fixture(scope="module")
def with_slips(tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    return make_laptop(tmp_path_factory.mktemp("slips"), prepare=slips)


@pytest.fixture(scope="module")
def opened(with_slips: Laptop, hands: QtBot, tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    return session_open(with_slips, tmp_path_factory.mktemp("opened"), hands)


@pytest.fixture
def laptop(opened: Laptop, tmp_path: Path) -> Laptop:
    """The laptop of these tests, instead of the usual one."""
    return copied(opened, tmp_path)


@pytest.fixture
def early(dressed: QApplication, with_slips: Laptop, tmp_path: Path, qtbot: QtBot) -> Iterator[Teller]:
    """Somebody in front of the window before the float was taken over."""
    one = open_window(copied(with_slips, tmp_path), qtbot)
    yield one
    one.window.close()


def page(teller: Teller) -> DisbursePage:
    found = teller.desk.pages["disburse"]
    assert isinstance(found, DisbursePage)
    return found


def begin(teller: Teller) -> DisbursePage:
    """The session open and F4 shown."""
    teller.unlock()
    teller.press("F4")
    teller.wait()
    return page(teller)


def find(teller: Teller, text: str) -> None:
    """By the field, from wherever the cursor is; Enter goes to the first that was found."""
    teller.press("Esc")
    type_text(teller.field, "/")
    teller.type(text)
    teller.press("Enter")
    teller.wait()


def pay(teller: Teller) -> None:
    """The slip under the cursor, with the tick where a card has to be looked at, approved by the controller."""
    before = teller.desk.counter.standing.entries
    if page(teller).slip.identity.isVisible():
        teller.press("Space")
    teller.press("Ctrl+Enter")
    teller.approve(PINS[CONTROLLER])
    teller.wait(lambda: teller.desk.counter.standing.entries == before + 1)


def here(teller: Teller) -> str:
    one = page(teller).shown_slip
    assert one is not None
    return one.slip_no


def proposed(teller: Teller) -> str:
    return page(teller).slip.notes.text().replace("\N{NO-BREAK SPACE}", " ")


def shown_facts(teller: Teller) -> dict[str, str]:
    return {name.text(): said.text() for name, said in page(teller).slip.facts if said.isVisible()}


@pytest.mark.feature(17)
@pytest.mark.feature(128)
def test_a_slip_is_paid_once_after_the_card_was_looked_at_and_the_controller_approved(teller: Teller, laptop: Laptop) -> None:
    one = begin(teller)
    assert here(teller) == FIRST
    assert "Space" in dict(teller.desk.foot.shown)
    assert not one.slip.post.isEnabled()
    assert "Chưa kiểm tra CCCD" in one.slip.post.text()
    teller.press("Ctrl+Enter")  # goes to what is missing, and no further
    teller.wait()
    assert teller.desk.sheet is None
    assert one.slip.identity.hasFocus()
    teller.press("Space")
    assert one.slip.identity.isChecked()
    assert one.slip.post.isEnabled()
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.sheet is not None)
    sheet = teller.desk.sheet
    who = [sheet.who.itemData(at) for at in range(sheet.who.count())]  # type: ignore[union-attr]
    assert who == [CONTROLLER]
    assert TELLER not in who
    assert teller.desk.counter.standing.entries == 1
    teller.approve(PINS[CONTROLLER])
    teller.wait(lambda: teller.desk.counter.standing.entries == 2)
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    assert teller.desk.counter.standing.cash == 590_000_000
    assert teller.desk.counter.standing.paid_out == 60_000_000
    assert len(list(laptop.paper.glob("*-000002.pdf"))) == 1
    assert "Đã chi GN-0424-0017 · phiếu 000002" in teller.desk.said.text()
    # The next visitor's slip is under the cursor, and their card has not been looked at.
    assert here(teller) == SECOND
    assert QApplication.focusWidget() is one.table
    assert not one.slip.identity.isChecked()
    # The same paper a second time.
    find(teller, FIRST)
    assert here(teller) == FIRST
    assert one.slip.state.text() == "đã chi ở phiếu số 2"
    assert "Không chi lần hai" in one.slip.notice.text()
    assert not one.slip.post.isEnabled()
    teller.press("Space", "Ctrl+Enter")
    teller.wait()
    assert teller.desk.counter.standing.entries == 2


@pytest.mark.feature(128)
@pytest.mark.parametrize(("slip", "state"), [(EARLY, "chưa đến hạn"), (LATE, "hết hiệu lực")])
def test_outside_its_days_a_slip_is_refused_with_its_dates(teller: Teller, slip: str, state: str) -> None:
    one = begin(teller)
    find(teller, slip)
    assert here(teller) == slip
    assert one.slip.state.text() == state
    assert "có hiệu lực từ" in one.slip.notice.text()
    assert "Ngoài thời hạn chi" in one.slip.post.text()
    teller.press("Space", "Ctrl+Enter")
    teller.wait()
    assert teller.desk.sheet is None
    assert teller.desk.counter.standing.entries == 1


@pytest.mark.feature(128)
def test_a_slip_that_is_not_in_the_pack_is_refused_by_its_number(teller: Teller) -> None:
    one = begin(teller)
    find(teller, "GN-0424-0099")
    assert one.model.rowCount() == 0
    assert one.shown_slip is None
    assert "không có trong gói được duyệt" in one.slip.notice.text()
    teller.press("Ctrl+Enter")
    teller.wait()
    assert teller.desk.counter.standing.entries == 1
    teller.desk.go_to("disburse", "GN-0424-0098")
    teller.wait()
    assert "GN-0424-0098" in one.slip.notice.text()


@pytest.mark.feature(17)
@pytest.mark.feature(128)
def test_the_slip_says_who_what_and_from_which_fund(teller: Teller) -> None:
    one = begin(teller)
    facts = shown_facts(teller)
    assert one.slip.name.text() == "Nguyễn Thị Mẫu"
    assert facts["Giấy tờ"] == "1971 · CCCD …0001"
    assert facts["Nguồn vốn"] == "vốn địa phương"
    assert facts["Quyết định"] == "17/QĐ-THU"
    assert facts["Mục đích"] == "Chăn nuôi bò"
    assert facts["Hiệu lực"] == "từ 12/04/2024 đến 20/04/2024"
    assert one.slip.amount.text() == "60.000.000 đ"
    assert one.slip.words.text() == "Sáu mươi triệu đồng"
    find(teller, SECOND)
    facts = shown_facts(teller)
    assert facts["Nguồn vốn"] == "vốn trung ương"
    assert facts["Giấy tờ"].endswith("hết hạn 03/01/2024")
    everything = " ".join([*facts.values(), one.slip.identity.text(), one.slip.name.text()])
    assert "080171000004" not in everything  # the whole number stays in the book
    # The second person reads the fund too.
    teller.press("Space", "Ctrl+Enter")
    teller.wait(lambda: teller.desk.sheet is not None)
    about = [said.text() for said in teller.desk.sheet.findChildren(type(one.count))]  # type: ignore[union-attr]
    assert "Giải ngân · GN-0424-0018 · H'Bia Niê · vốn trung ương" in about
    teller.press("Esc")
    teller.wait()
    assert teller.desk.counter.standing.entries == 1


@pytest.mark.feature(131)
def test_commission_fee_and_remuneration_are_paid_from_their_slips(teller: Teller, laptop: Laptop) -> None:
    one = begin(teller)
    for at, (slip, amount, name) in enumerate((
        (COMMISSION, 1_634_421, "Nguyễn Thị Mẫu"), (FEE, 2_016_000, "Hội Nông dân xã Thử Nghiệm"),
        (REMUNERATION, 450_000, "Trần Thị Ban Giảm Nghèo"),
    )):  # fmt: skip
        find(teller, slip)
        assert one.slip.name.text() == name
        assert not one.slip.identity.isVisible()
        assert "Space" not in dict(teller.desk.foot.shown)
        before = teller.desk.counter.standing.cash
        pay(teller)
        assert teller.desk.counter.standing.cash == before - amount
        assert teller.desk.counter.standing.entries == 2 + at
    states = {row.slip_no: (row.state, row.number) for row in one.rows}
    assert [states[slip] for slip in (COMMISSION, FEE, REMUNERATION)] == [("paid", 2), ("paid", 3), ("paid", 4)]
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    assert len(list(laptop.paper.glob("*-00000[234].pdf"))) == 3


@pytest.mark.feature(46)
def test_more_than_the_drawer_holds_is_refused_before_anybody_approves(early: Teller) -> None:
    teller = early
    teller.unlock()
    teller.press("F5")
    teller.wait()
    teller.type("130")  # 65 million
    teller.press("Ctrl+Enter")
    teller.approve(PINS[CONTROLLER])
    teller.wait(lambda: teller.desk.counter.standing.state == "open")
    teller.press("F4")
    teller.wait()
    one = page(teller)
    assert "chi xong còn 5.000.000 đ" in one.slip.drawer.text()
    pay(teller)
    teller.wait(lambda: one.fault is not None)
    assert here(teller) == SECOND
    assert "thiếu 20.000.000 đ" in one.slip.drawer.text()
    assert "Quỹ còn 5.000.000 đ, không đủ chi 25.000.000 đ" in one.slip.notice.text()
    assert "Quỹ không đủ chi" in one.slip.post.text()
    teller.press("Space", "Ctrl+Enter")
    teller.wait()
    assert teller.desk.sheet is None
    assert teller.desk.counter.standing.cash == 5_000_000
    # A smaller one still goes.
    find(teller, OTHER_COMMISSION)
    pay(teller)
    assert teller.desk.counter.standing.cash == 4_088_000


@pytest.mark.feature(49)
def test_the_notes_to_take_are_proposed_for_the_slip_under_the_cursor(teller: Teller) -> None:
    begin(teller)
    assert proposed(teller) == "Gợi ý tờ: 120 × 500.000"
    find(teller, OTHER_COMMISSION)
    assert proposed(teller) == "Gợi ý tờ: 1 × 500.000 · 2 × 200.000 · 1 × 10.000 · 1 × 2.000"
    find(teller, COMMISSION)
    assert proposed(teller).endswith("1 × 10.000 · 2 × 2.000 · lẻ 421 đ")
    pay(teller)
    find(teller, COMMISSION)
    assert proposed(teller) == ""


@pytest.mark.feature(17)
def test_what_remains_today_opens_its_slip(teller: Teller) -> None:
    teller.unlock()
    teller.wait()
    today = teller.desk.pages["today"]
    assert isinstance(today, TodayPage)
    codes = [task.code for task in today.work_model.things]  # type: ignore[attr-defined]
    assert EARLY not in codes
    assert LATE not in codes
    teller.press(*["Down"] * codes.index(LONG))
    teller.press("Enter")
    teller.wait()
    assert teller.desk.page == "disburse"
    assert here(teller) == LONG
    assert page(teller).slip.name.text() == small.LONG_NAME


def test_slips_are_found_without_diacritics_and_summed(teller: Teller) -> None:
    one = begin(teller)
    for typed, expected in (("h'bia", [SECOND]), ("hoi nong dan", [FEE]), ("thu lao", [REMUNERATION]), ("0117 hoa hong", [COMMISSION])):
        find(teller, typed)
        assert [row.slip_no for row in one.model.things] == expected  # type: ignore[attr-defined]
        assert here(teller) == expected[0]
    # A number that is typed whole is that slip, whatever its letters and digits say elsewhere.
    find(teller, REMUNERATION)
    assert [row.slip_no for row in one.model.things] == [REMUNERATION]  # type: ignore[attr-defined]
    teller.press("Esc")
    assert here(teller) == REMUNERATION
    assert one.model.rowCount() == 9
    assert one.finder.text() == ""
    said = {name: (words.text(), figure.text()) for name, (words, figure) in one.sums.items()}
    assert said == {
        "paid": ("Đã chi · 0 phiếu", "0"), "open": ("Còn lại · 7 phiếu", "170.012.421"),
        "other": ("Không chi hôm nay · 2 phiếu", "90.000.000"),
    }  # fmt: skip
    find(teller, REMUNERATION)
    pay(teller)
    assert one.sums["paid"][0].text() == "Đã chi · 1 phiếu"
    assert one.sums["open"][1].text() == "169.562.421"


def test_a_reversed_payment_may_be_paid_again(teller: Teller) -> None:
    one = begin(teller)
    pay(teller)
    teller.press("F6")
    teller.wait()
    journal = teller.desk.pages["journal"]
    assert isinstance(journal, JournalPage)
    teller.letter("D")
    teller.type("khách trả lại")
    teller.press("Enter")
    teller.approve(PINS[CONTROLLER])
    teller.wait(lambda: teller.desk.counter.standing.entries == 3)
    teller.press("F4")
    teller.wait()
    find(teller, FIRST)
    assert one.slip.state.text() == "chưa chi"
    pay(teller)
    assert teller.desk.counter.standing.cash == 590_000_000


def test_the_tick_belongs_to_one_person_and_one_look(teller: Teller) -> None:
    one = begin(teller)
    teller.press("Space")
    assert one.slip.identity.isChecked()
    teller.press("Down")
    teller.wait()
    assert here(teller) == SECOND
    assert not one.slip.identity.isChecked()
    teller.press("Up")
    teller.wait()
    assert not one.slip.identity.isChecked()
    teller.press("Space", "F1")
    teller.wait()
    teller.press("F4")
    teller.wait()
    assert not one.slip.identity.isChecked()


def test_before_the_float_and_after_a_wrong_pin_nothing_is_paid(early: Teller) -> None:
    teller = early
    teller.unlock()
    teller.press("F4")
    teller.wait()
    one = page(teller)
    assert "F5" in one.slip.post.text()
    assert "Phiên chưa mở" in one.slip.notice.text()
    teller.open_session()
    teller.press("F4")
    teller.wait()
    teller.press("Enter", "Space", "Enter", "Ctrl+Enter")
    teller.wait(lambda: teller.desk.sheet is not None)
    teller.type("000000")
    teller.press("Enter")
    teller.wait(lambda: not teller.desk.sheet.notice.isHidden())  # type: ignore[union-attr]
    teller.press("Esc")
    teller.wait()
    assert teller.desk.counter.standing.entries == 1
    # What was ticked is still ticked: the same person stands there.
    assert one.slip.identity.isChecked()
    assert one.slip.post.isEnabled()


@pytest.fixture(params=[("vi", (1366, 728)), ("en", (1366, 728)), ("vi", (1280, 720)), ("en", (1280, 720))],
                ids=lambda made: f"{made[0]}-{made[1][0]}")  # fmt: skip
def shown(request: pytest.FixtureRequest, dressed: QApplication, laptop: Laptop, qtbot: QtBot) -> Iterator[Teller]:
    language, size = request.param
    one = open_window(laptop, qtbot, language=language, size=size)
    yield one
    one.window.close()


def test_nothing_is_cut_off_and_every_control_has_a_name(shown: Teller) -> None:
    one = begin(shown)
    pay(shown)
    seen: dict[str, list[str]] = {}
    for slip in (FIRST, SECOND, LONG, EARLY, COMMISSION, FEE, REMUNERATION, "nowhere"):
        find(shown, slip)
        if one.slip.identity.isVisible():
            shown.press("Space")
        seen[slip] = cut_off(shown.window) + nameless(shown.window)
    assert {slip: found for slip, found in seen.items() if found} == {}
