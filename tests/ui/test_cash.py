"""The drawer at the keyboard: floats, returns, hand-overs, cash on the road, losses, false notes, money nobody can place."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from desktop.ui.cash import CashPage
from desktop.ui.cash_drawer import MixSheet
from desktop.ui.unlock import UnlockPage
from sync.chain import Entry
from tests.bench.point import PINS
from tests.desktop import small
from tests.ui.laptop import CONTROLLER, TELLER, Laptop, Teller, copied, make_laptop, open_window, session_open
from tests.ui.test_morning import visit
from tests.ui.test_window import cut_off, nameless

OTHER, OTHER_NAME, OTHER_PIN = "GDV02", "Lò Thị Én", "112358"
FLOAT = 650_000_000


@pytest.fixture(scope="module")
def two_tellers(hands: QtBot, tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    """A table with two tellers, its session open; nobody works on this one."""
    folder = tmp_path_factory.mktemp("two")
    return session_open(make_laptop(folder, more=((OTHER, OTHER_NAME, "teller", OTHER_PIN),)), folder / "opened", hands)


@pytest.fixture
def table(dressed: QApplication, two_tellers: Laptop, tmp_path: Path, qtbot: QtBot) -> Iterator[Teller]:
    """The cash page of an open session."""
    one = open_window(copied(two_tellers, tmp_path), qtbot, size=(1280, 720))
    one.unlock()
    one.press("F5")
    one.wait()
    yield one
    one.window.close()


def cash(teller: Teller) -> CashPage:
    page = teller.desk.pages["cash"]
    assert isinstance(page, CashPage)
    return page


def begin(teller: Teller, key: str) -> None:
    teller.letter(key)
    teller.wait(lambda: cash(teller).entry is not None)


def entry(teller: Teller, number: int) -> Entry:
    found: list[Entry] = []
    teller.desk.counter.ask(lambda desk: desk.voucher(number).entry, then=found.append)
    teller.wait(lambda: bool(found))
    return found[0]


def next_field(teller: Teller, *texts: str) -> None:
    """From the notes on: each text in its field, Enter after each."""
    for text in texts:
        teller.type(text)
        teller.press("Enter")


def post(teller: Teller, *pins: str) -> None:
    before = teller.desk.counter.standing.entries
    teller.press("Ctrl+Enter")
    for pin in pins:
        teller.wait(lambda: teller.desk.sheet is not None)
        sheet = teller.desk.sheet
        teller.type(pin)
        teller.press("Enter")
        teller.wait(lambda gone=sheet: teller.window.table is None or teller.desk.sheet is not gone)  # type: ignore[misc]
    teller.wait(lambda: teller.window.table is None or teller.desk.counter.standing.entries == before + 1)


@pytest.mark.feature(38)
@pytest.mark.feature(40)
@pytest.mark.feature(47)
def test_a_further_float_names_its_seal_and_giver_and_the_drawer_shows_its_notes(table: Teller) -> None:
    begin(table, "U")
    table.type_notes(30_000_000)
    next_field(table, "NP-0077", "Ngô Thị Quỹ")
    post(table, PINS[CONTROLLER])
    made = entry(table, 2)
    assert (made.body.kind, made.body.cash) == ("float", 30_000_000)
    assert dict(made.body.details) == {"giver": "Ngô Thị Quỹ", "seal": "NP-0077"}
    assert (made.maker, [one.staff_id for one in made.approvals]) == (TELLER, [CONTROLLER])
    assert table.desk.counter.standing.cash == FLOAT + 30_000_000
    drawer = cash(table).drawer
    assert drawer.notes[500_000][1].text() == "× 1260"
    assert drawer.holder.text() == "Phạm Thị Thu Ngân"
    assert "Ba mươi triệu đồng" not in table.desk.said.text()
    assert "Đã ghi Tiếp quỹ · phiếu 000002" in table.desk.said.text()


@pytest.mark.feature(39)
@pytest.mark.feature(28)
def test_cash_returned_is_read_in_words_before_the_other_side_signs(table: Teller) -> None:
    begin(table, "H")
    table.type_notes(5_500_000)
    next_field(table, "HQ-01", "Ngô Thị Quỹ")
    pane = cash(table).entry
    assert pane is not None
    assert pane.words.text() == "Năm triệu năm trăm nghìn đồng"
    post(table, PINS[CONTROLLER])
    assert table.desk.counter.standing.cash == FLOAT - 5_500_000


def test_control_nothing_is_returned_before_the_other_side_signs(table: Teller) -> None:
    begin(table, "H")
    table.type_notes(5_500_000)
    table.press("Ctrl+Enter")
    table.wait(lambda: table.desk.sheet is not None)
    table.press("Esc")
    table.wait()
    assert table.desk.counter.standing.entries == 1


@pytest.mark.feature(46)
def test_more_than_the_drawer_holds_is_not_returned(table: Teller) -> None:
    begin(table, "H")
    table.type("1400")
    table.press("Ctrl+Enter")
    pane = cash(table).entry
    assert pane is not None
    table.wait(lambda: not pane.notice.isHidden())
    assert "không đủ" in pane.notice.text()
    assert table.desk.counter.standing.entries == 1


@pytest.mark.feature(8)
@pytest.mark.feature(40)
def test_the_drawer_changes_hands_with_both_tellers_pins_and_the_window_locks_for_the_new_one(
    table: Teller, two_tellers: Laptop
) -> None:
    begin(table, "B")
    table.type("1199")
    pane = cash(table).entry
    assert pane is not None
    table.press("Ctrl+Enter")
    table.wait(lambda: not pane.notice.isHidden())
    assert "sổ ghi 650.000.000" in pane.notice.text()
    table.press("F5")
    table.type("1200")
    table.press("Enter", "Enter")
    table.type("500")
    post(table, PINS[TELLER], OTHER_PIN)
    table.wait(lambda: isinstance(table.window.centralWidget(), UnlockPage))
    locked = table.window.centralWidget()
    assert isinstance(locked, UnlockPage)
    assert locked.notice.text() == f"Đã bàn giao két 650.000.000 đ cho {OTHER_NAME}. Mời {OTHER_NAME} mở khóa để làm tiếp."
    assert locked.who.currentData() == OTHER
    table.unlock()
    assert table.desk.counter.standing.user.staff_id == OTHER
    made = entry(table, 2)
    assert (made.body.kind, made.body.detail("to")) == ("handover", OTHER)
    assert [one.staff_id for one in made.approvals] == [TELLER, OTHER]
    assert table.desk.counter.standing.unprinted == 0
    table.press("F5")
    table.wait(lambda: cash(table).drawer.holder.text() == OTHER_NAME)
    begin(table, "U")
    table.type("2")
    post(table, PINS[CONTROLLER])
    assert entry(table, 3).maker == OTHER


@pytest.mark.feature(7)
def test_whoever_gave_the_drawer_away_is_told_whose_it_is(table: Teller) -> None:
    begin(table, "B")
    table.type("1200")
    table.press("Enter", "Enter")
    table.type("500")
    post(table, PINS[TELLER], OTHER_PIN)
    table.wait(lambda: isinstance(table.window.centralWidget(), UnlockPage))
    locked = table.window.centralWidget()
    assert isinstance(locked, UnlockPage)
    locked.who.setCurrentIndex(locked.who.findData(TELLER))
    table.unlock()
    table.press("F5")
    table.wait()
    begin(table, "U")
    table.type("2")
    table.press("Ctrl+Enter")
    pane = cash(table).entry
    assert pane is not None
    table.wait(lambda: not pane.notice.isHidden())
    assert "Làm bàn giao két" in pane.notice.text()


@pytest.mark.feature(47)
@pytest.mark.feature(146)
def test_cash_on_the_road_says_seal_road_carriers_and_time(table: Teller) -> None:
    begin(table, "V")
    table.type_notes(200_000_000)
    next_field(table, "TC-09", "9h5", "PGD Thử Nghiệm", "Điểm giao dịch", "Lái xe và bảo vệ")
    pane = cash(table).entry
    assert pane is not None
    assert pane.post.text() == "Giờ chưa rõ: gõ như 09:30"
    time = pane.fields["left_at"]
    assert isinstance(time, QLineEdit)
    time.setFocus()
    time.selectAll()
    table.type("9h05")
    post(table, PINS[CONTROLLER])
    made = entry(table, 2).body
    assert dict(made.details) == {
        "carriers": "Lái xe và bảo vệ", "from": "PGD Thử Nghiệm", "left_at": "09:05", "seal": "TC-09", "to": "Điểm giao dịch",
    }  # fmt: skip
    assert table.desk.counter.standing.cash == FLOAT
    assert "Tiền trên đường" in [row[2].text for row in cash(table).model.rows]


@pytest.mark.feature(146)
def test_a_large_loss_says_by_when_it_has_to_be_reported(table: Teller) -> None:
    begin(table, "M")
    pane = cash(table).entry
    assert pane is not None
    next_field(table, "49tr", "14:30")
    assert pane.hint.isHidden()
    pane.fields["amount"].setFocus()
    next_field(table, "60tr")
    assert "báo văn phòng trước 02:30 16/04/2024 (12 giờ" in pane.hint.text()
    table.press("Enter")
    next_field(table, "đường về văn phòng", "thiếu một bó khi xuống xe", "Giám đốc PGD")
    post(table, PINS[CONTROLLER])
    made = entry(table, 2).body
    assert (made.detail("amount"), made.detail("at"), made.reason) == ("60000000", "14:30", "thiếu một bó khi xuống xe")
    assert table.desk.counter.standing.cash == FLOAT


@pytest.mark.feature(48)
def test_a_false_note_is_held_with_its_serial_its_bearer_and_minutes(table: Teller) -> None:
    begin(table, "T")
    table.type("nk 20123456")
    table.press("Enter", "Down", "Enter", "Enter")
    table.type("vo thi vi du")
    table.wait()
    table.press("Enter", "Enter")
    table.press("Ctrl+Enter")
    pane = cash(table).entry
    assert pane is not None
    assert pane.post.text() == "Còn thiếu: Số biên bản"
    assert table.desk.sheet is None
    next_field(table, "07/BB")
    post(table, PINS[CONTROLLER])
    made = entry(table, 2).body
    assert [(line.account, line.amount) for line in made.lines] == [("NK20123456", 200_000)]
    assert (made.party, made.detail("outcome"), made.detail("minutes")) == (small.DEBTOR, "held", "07/BB")
    assert made.cash == 0


@pytest.mark.feature(27)
@pytest.mark.feature(23)
def test_money_nobody_can_place_is_kept_apart_and_reversed_once_it_is_known(table: Teller) -> None:
    begin(table, "X")
    table.type_notes(700_000)
    next_field(table, "chuyển nhầm, chưa rõ của tổ nào", "người lạ", "0900000000")
    post(table, PINS[CONTROLLER])
    made = entry(table, 2).body
    assert [(line.code, line.component, line.amount) for line in made.lines] == [("CX", "suspense", 700_000)]
    assert table.desk.counter.standing.cash == FLOAT + 700_000
    table.press("F6")
    table.wait()
    table.letter("D")
    table.type("đã rõ là của Tổ 0117")
    table.press("Enter")
    table.approve(PINS[CONTROLLER])
    table.wait(lambda: table.desk.counter.standing.entries == 3)
    assert table.desk.counter.standing.cash == FLOAT


@pytest.mark.feature(112)
@pytest.mark.parametrize("key", ["U", "H", "B", "V", "X"])
def test_a_half_typed_action_survives_esc_and_a_lock(table: Teller, key: str) -> None:
    begin(table, key)
    table.type("12")
    table.press("Enter")
    table.type("3")
    table.press("Esc")
    table.wait()
    assert cash(table).entry is None
    table.press("Ctrl+L")
    table.wait()
    table.unlock()
    table.press("F5")
    table.wait()
    begin(table, key)
    table.wait(lambda: cash(table).notes.counts == {500_000: 12, 200_000: 3})


def test_a_half_typed_loss_and_false_note_survive_a_lock(table: Teller) -> None:
    begin(table, "M")
    next_field(table, "1tr", "8:15", "chợ")
    table.press("Esc")
    begin(table, "T")
    table.type("AB1234567")
    table.press("Ctrl+L")
    table.wait()
    table.unlock()
    table.press("F5")
    table.wait()
    begin(table, "M")
    pane = cash(table).entry
    assert pane is not None
    table.wait(lambda: pane.amount == 1_000_000)
    assert pane.typed.texts["place"] == "chợ"
    table.press("Esc")
    begin(table, "T")
    other = cash(table).entry
    assert other is not None
    table.wait(lambda: other.typed.serials == (("AB1234567", 500_000),))


@pytest.mark.feature(49)
def test_the_note_plan_says_what_to_take_for_each_slip_and_what_to_ask_for(table: Teller) -> None:
    table.letter("N")
    table.wait(lambda: isinstance(table.desk.sheet, MixSheet))
    sheet = table.desk.sheet
    assert isinstance(sheet, MixSheet)
    assert [one.notes for one in sheet.plan.rows] == [((500_000, 120),), ((500_000, 3), (100_000, 1)), ((500_000, 4),)]
    assert [one.short for one in sheet.plan.rows] == [0, 34_000, 16_000]
    assert sheet.said.text() == "Phải đổi tờ nhỏ hơn cho 50.000 đ."
    assert not cut_off(table.window)
    table.press("Esc")
    begin(table, "H")
    table.type_notes(620_000_000)
    post(table, PINS[CONTROLLER])
    table.letter("N")
    table.wait(lambda: isinstance(table.desk.sheet, MixSheet))
    short = table.desk.sheet
    assert isinstance(short, MixSheet)
    assert "Cần tiếp quỹ 33.650.421 đ" in short.said.text()
    table.letter("U")
    table.wait(lambda: cash(table).entry is not None)


@pytest.mark.feature(41)
@pytest.mark.feature(43)
def test_the_drawer_tells_known_notes_from_cash_known_only_as_a_sum(table: Teller) -> None:
    visit(table)
    table.press("Ctrl+Enter")
    table.wait(lambda: table.desk.counter.standing.entries == 2)
    table.press("F5")
    table.wait()
    drawer, now = cash(table).drawer, table.desk.counter.standing
    assert drawer.sums["held"].text() == f"{now.cash:,}".replace(",", ".")
    assert drawer.loose.text() == f"{now.cash - FLOAT:,}".replace(",", ".")
    assert (drawer.notes[500_000][1].text(), drawer.notes[200_000][1].text()) == ("× 1200", "–")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_pane_is_cut_off_and_every_control_has_a_name(
    dressed: QApplication, two_tellers: Laptop, tmp_path: Path, qtbot: QtBot, language: str
) -> None:
    one = open_window(copied(two_tellers, tmp_path), qtbot, language=language, size=(1280, 720))
    one.unlock()
    one.press("F5")
    one.wait()
    seen = {"movements": cut_off(one.window) + nameless(one.window)}
    for key in "UHBVMTX":
        begin(one, key)
        seen[key] = cut_off(one.window) + nameless(one.window)
        one.press("Esc")
    one.window.close()
    assert {key: found for key, found in seen.items() if found} == {}
