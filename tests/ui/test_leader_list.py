"""The leader's own list at the keyboard: a file on a stick fills the cash column, and what differs is seen."""

import datetime
import secrets
from pathlib import Path

import openpyxl
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop import shelf, vault
from desktop.ui.groups import GroupsPage
from desktop.ui.leader_list import LeaderListSheet
from desktop.ui.unlock import UnlockPage
from sync.pack import Pack
from sync.records import changed
from tests.bench.point import BEGIN_S, PASSPHRASE
from tests.ui.laptop import CONTROLLER, DAY, TELLER, Laptop, Teller, open_window
from tests.ui.test_sessions import remade, show

HEADS = ("STT", "Mã KH", "Họ và tên", "Lãi phải thu", "Tiền nộp", "Ký nhận")
Rows = list[list[object]]


@pytest.fixture
def sheet_of_sixty(teller: Teller) -> GroupsPage:
    """The sheet of the group in front, open."""
    teller.unlock()
    teller.open_session()
    page = teller.desk.pages["groups"]
    assert isinstance(page, GroupsPage)
    teller.press("Enter")
    teller.wait()
    return page


def rows_of(page: GroupsPage) -> Rows:
    """The list a leader would bring who agrees with everything."""
    model = page.model
    members: Rows = [
        [row + 1, model.code(row), model.row_name(row), model.members[row].member.interest, model.suggestion(row), "x"]
        for row in range(len(model.members))
    ]
    total = sum(model.suggestion(row) for row in range(len(model.members)))
    return [["DANH SÁCH THU TIỀN THÁNG 04"], list(HEADS), *members, ["", "", "Tổng cộng", "", total, ""]]


def workbook(path: Path, rows: Rows) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def text_file(path: Path, rows: Rows) -> Path:
    path.write_text("\n".join(";".join(str(cell) for cell in row) for row in rows), encoding="utf-8-sig")
    return path


def bring(teller: Teller, path: Path) -> LeaderListSheet:
    """Ctrl I, the path typed, Enter."""
    teller.press("Ctrl+I")
    sheet = teller.desk.sheet
    assert isinstance(sheet, LeaderListSheet)
    teller.wait()
    teller.type(str(path))
    teller.press("Enter")
    teller.wait()
    return sheet


@pytest.mark.feature(35)
@pytest.mark.feature(141)
def test_a_workbook_fills_the_sheet_and_what_differs_is_said_line_by_line(
    teller: Teller, sheet_of_sixty: GroupsPage, tmp_path: Path
) -> None:
    page = sheet_of_sixty
    model, rows = page.model, rows_of(sheet_of_sixty)
    rows[2 + 3][4] = 250_000  # the fourth member brought something else
    rows[2 + 5][4] = "1,50"  # nobody can say how much this is
    del rows[2 + 7]  # the eighth is not on the list
    rows.insert(4, [99, "9999999999", "Người Ngoài Tổ", 0, 50_000, "x"])
    sheet = bring(teller, workbook(tmp_path / "to0117.xlsx", rows))
    assert sheet.matched is not None
    states = {one.code or one.written: one.state for one in sheet.matched.lines if one.state != "same"}
    assert states == {
        "Người Ngoài Tổ": "unknown", model.code(3): "different", model.code(5): "unclear", model.code(7): "missing",
    }  # fmt: skip
    assert "lệch" in sheet.sums.text()
    assert not model.cash, "nothing is taken before it was seen"
    teller.press("Enter")
    teller.wait()
    assert teller.desk.sheet is None
    assert model.cash[model.code(3)] == 250_000
    assert model.code(5) not in model.cash
    assert model.code(7) not in model.cash
    assert model.cash[model.code(0)] == model.suggestion(0)
    assert "1 dòng khác gợi ý, 1 người" not in page.notice.text()
    assert "1 dòng khác gợi ý" in page.notice.text()
    assert "250.000" in model.cell(3, 1).chip
    assert model.cell(5, 1).chip == "bảng Tổ: không rõ"
    assert [model.cell(row, 1).chip for row in (0, 7)] == ["", ""]
    assert page.listed.amount == sheet.matched.listed
    assert teller.desk.counter.standing.entries == 1, "only the float is posted"


@pytest.mark.feature(35)
def test_a_list_that_agrees_is_posted_as_it_came_and_its_cells_can_be_edited(
    teller: Teller, sheet_of_sixty: GroupsPage, tmp_path: Path
) -> None:
    page = sheet_of_sixty
    sheet = bring(teller, text_file(tmp_path / "to0117.csv", rows_of(page)))
    assert sheet.matched is not None
    assert {one.state for one in sheet.matched.lines} == {"same"}
    teller.press("Enter")
    teller.wait()
    page.table.type_at(0)
    teller.type("500k")
    teller.press("Enter")
    assert page.model.cash[page.model.code(0)] == 500_000
    assert "bảng Tổ" in page.model.cell(0, 1).chip
    teller.press("Ctrl+Z")
    page.notes.start()
    teller.type_notes(page.model.total)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.groups_in == 1)


@pytest.mark.feature(141)
def test_columns_chosen_once_are_remembered_and_a_lock_keeps_what_the_list_said(
    teller: Teller, sheet_of_sixty: GroupsPage, tmp_path: Path
) -> None:
    page = sheet_of_sixty
    rows = rows_of(page)
    rows[1] = ["n", "m", "họ tên", "lpt", "mang đến", "k"]
    rows[2][4] = 20_000
    path = workbook(tmp_path / "own.xlsx", rows)
    sheet = bring(teller, path)
    assert sheet.matched is None, "nothing says what was brought"
    assert teller.field is sheet.fields["cash"]
    teller.press(*["Down"] * 5, "Enter")
    teller.wait()
    assert page.model.cash[page.model.code(0)] == 20_000
    teller.press("Ctrl+L")
    teller.wait()
    teller.unlock()
    teller.press("F2")
    teller.wait()
    page = teller.desk.pages["groups"]  # type: ignore[assignment]
    assert "Bảng của tổ trưởng" in page.notice.text()
    assert "20.000" in page.model.cell(0, 1).chip
    teller.press("Enter")
    sheet = bring(teller, path)
    assert sheet.fields["cash"].currentText() == "mang đến"
    assert sheet.matched is not None
    assert sheet.matched.count("different") == 1


@pytest.mark.feature(141)
def test_what_the_list_leaves_unclear_is_marked_past_a_lock_and_taken_by_nobody_who_has_not_looked(
    teller: Teller, sheet_of_sixty: GroupsPage, tmp_path: Path
) -> None:
    page = sheet_of_sixty
    rows = rows_of(page)
    rows[2 + 5][4] = "1,50"
    bring(teller, workbook(tmp_path / "to0117.xlsx", rows))
    teller.press("Enter")
    teller.wait()
    show(teller, "unclear")
    assert page.table.currentIndex().row() == 5, "the cursor waits where the list is not clear"
    teller.press("Ctrl+D")
    assert page.model.code(5) not in page.model.cash
    assert page.table.currentIndex().row() == 5
    teller.press("Ctrl+L")
    teller.wait()
    teller.unlock()
    teller.press("F2")
    teller.wait()
    page = teller.desk.pages["groups"]  # type: ignore[assignment]
    assert page.model.cell(5, 1).chip == "bảng Tổ: không rõ"
    page.table.type_at(5)
    teller.press("Enter")
    assert page.model.cash[page.model.code(5)] == page.model.suggestion(5)
    assert page.model.cell(5, 1).chip == "bảng Tổ: không rõ", "whoever looks again sees that it was"


def taken_in_a_month(teller: Teller, tmp_path: Path, *, who: str) -> LeaderListSheet:
    """Somebody unlocks, opens the first group and brings its list, whose heads nobody could guess."""
    page = teller.window.centralWidget()
    assert isinstance(page, UnlockPage)
    page.who.setCurrentIndex(page.who.findData(who))
    teller.unlock()
    teller.press("F2")
    teller.wait()
    groups = teller.desk.pages["groups"]
    assert isinstance(groups, GroupsPage)
    teller.press("Enter")
    teller.wait()
    rows = rows_of(groups)
    rows[1] = ["n", "m", "họ tên", "lpt", "mang đến", "k"]
    return bring(teller, workbook(tmp_path / f"{who}.xlsx", rows))


@pytest.mark.feature(141)
def test_columns_one_teller_chose_are_found_by_the_next_in_the_book_of_another_month(
    dressed: QApplication, laptop: Laptop, qtbot: QtBot, tmp_path: Path
) -> None:
    team = laptop.pack.terms.team
    april = open_window(laptop, qtbot)
    sheet = taken_in_a_month(april, tmp_path, who=TELLER)
    assert sheet.matched is None, "nothing says what was brought"
    april.press(*["Down"] * 5, "Enter")
    april.wait()
    april.window.close()
    april.wait()
    # In the month after it the controller of this one is at the table.
    swapped = {"teller": "controller", "controller": "teller"}
    roles = tuple(changed(one, role=swapped.get(one.role, one.role)) for one in team)
    next_month = remade(laptop.pack, session_date=DAY + datetime.timedelta(days=30), team=roles)
    drop_and_put(laptop, next_month)
    may = open_window(laptop, qtbot)
    sheet = taken_in_a_month(may, tmp_path, who=CONTROLLER)
    assert may.desk.counter.standing.session_date == next_month.terms.session_date
    assert may.desk.counter.standing.user.staff_id == CONTROLLER
    assert sheet.fields["cash"].currentText() == "mang đến"
    assert sheet.matched is not None
    assert {one.state for one in sheet.matched.lines} == {"same"}
    may.window.close()
    code = sheet.group.row.group.group_code.encode()
    assert not [path for path in laptop.home.rglob("*") if path.is_file() and code in path.read_bytes()]


def drop_and_put(laptop: Laptop, pack: Pack) -> None:
    """The book of a month that was never held gives way to that of the next."""
    unlocked = vault.Vault(laptop.home, draw=secrets.token_bytes, keystore=None).unlock(
        TELLER, passphrase=PASSPHRASE, now_s=BEGIN_S
    )
    shelf.drop_book(laptop.home, unlocked, laptop.pack.book)
    shelf.make_book(laptop.home, unlocked, pack=pack)
    unlocked.lock()


@pytest.mark.feature(141)
def test_a_file_that_is_no_list_says_so_and_changes_nothing(
    teller: Teller, sheet_of_sixty: GroupsPage, tmp_path: Path
) -> None:
    (tmp_path / "photo.xlsx").write_bytes(b"PK\x03\x04" + bytes(400))
    sheet = bring(teller, tmp_path / "photo.xlsx")
    assert "Không đọc được" in sheet.notice.text()
    assert not sheet.go.isEnabled()
    assert teller.field is sheet.path
    teller.press("Esc")
    assert teller.desk.sheet is None
    assert not sheet_of_sixty.model.cash


def test_control_one_changed_amount_is_shown_as_different(
    teller: Teller, sheet_of_sixty: GroupsPage, tmp_path: Path
) -> None:
    rows = rows_of(sheet_of_sixty)
    rows[-2][4] = int(str(rows[-2][4])) + 1_000
    sheet = bring(teller, text_file(tmp_path / "changed.csv", rows))
    assert sheet.matched is not None
    assert [one.state for one in sheet.matched.lines].count("different") == 1
    assert sheet.matched.off == -1_000
