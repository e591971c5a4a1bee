"""The leader's own list at the keyboard: a file on a stick fills the cash column, and what differs is seen."""

from pathlib import Path

import openpyxl
import pytest

from desktop.ui.groups import GroupsPage
from desktop.ui.leader_list import LeaderListSheet
from tests.ui.laptop import Teller

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
    assert model.cell(0, 1).chip == ""
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
