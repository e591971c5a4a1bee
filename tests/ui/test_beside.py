"""Two laptops at one table, in two windows: whose group it is, one asked for, one refused, one given by code, and the end."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop import leases as desk_leases
from desktop.listing import SlipRow
from desktop.press.tray import Tray
from desktop.ui import beside as ui_beside
from desktop.ui.approve import ApprovalSheet
from desktop.ui.beside_sheet import BesideSheet
from desktop.ui.close import ClosePage
from desktop.ui.customers import CustomersPage
from desktop.ui.disburse import DisbursePage
from desktop.ui.groups import GroupsPage
from desktop.ui.window import Window
from tests.journeys.table import Table, free_port
from tests.ui.laptop import Clock, Teller


@pytest.fixture(scope="module")
def prepared_table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    made = Table(tmp_path_factory.mktemp("table"))
    made.office.store.close()
    return made


@pytest.fixture
def table(prepared_table: Table, tmp_path: Path) -> Iterator[Table]:
    made = Table.copied(prepared_table, tmp_path)
    yield made
    made.office.store.close()


@pytest.fixture
def both(table: Table, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> dict[str, Teller]:
    """Both windows, unlocked; each has a port of its own, since here they are one machine."""
    monkeypatch.setattr(desk_leases, "QUIET_S", 0.0)
    found = {}
    for letter, seat in table.seats.items():
        monkeypatch.setattr(ui_beside, "PORT", free_port())
        window = Window(
            seat.home, clock=Clock(), draw=secrets.token_bytes, printer=Tray(table.folder / f"paper-{letter}"), road=None, language="vi"
        )
        qtbot.addWidget(window)
        window.resize(1366, 728)
        window.show()
        window.activateWindow()
        teller = found[letter] = Teller(window, qtbot)
        qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
        window._unlock(seat.teller, table.typed[seat.teller][0])
        teller.wait(lambda teller=teller: teller.window.table is not None and teller.desk.beside.view is not None)  # type: ignore[misc]
    return found


def opened(table: Table, teller: Teller) -> None:
    """The float, without the keys that other tests press."""
    controller = next(one.staff_id for one in table.team if one.role == "controller")

    def post(desk):  # type: ignore[no-untyped-def]
        preview = desk.preview_open(notes={500_000: 100, 10_000: 100})
        return desk.post(preview, approvals=[desk.approve(preview, staff_id=controller, pin=table.typed[controller][1])])

    teller.desk.counter.ask(post, then=lambda posted: teller.desk.counter.take(posted.standing))
    teller.wait(lambda: teller.desk.counter.standing.state == "open")


def at_sheet(teller: Teller) -> BesideSheet:
    teller.desk.show_beside()
    sheet = teller.desk.sheet
    assert isinstance(sheet, BesideSheet)
    return sheet


def joined(both: dict[str, Teller]) -> None:
    """Each is told where the other is, as it is typed."""
    ports = {}
    for letter, teller in both.items():
        other = "B" if letter == "A" else "A"
        teller.desk.beside.join({other: "127.0.0.1:1"})
        teller.wait(lambda teller=teller: teller.desk.beside.state == "joined")  # type: ignore[misc]
        ports[letter] = teller.desk.beside.port
    for letter, teller in both.items():
        other = "B" if letter == "A" else "A"
        sheet = at_sheet(teller)
        sheet.join.click()
        teller.wait(lambda teller=teller: teller.desk.beside.state == "left")  # type: ignore[misc]
        sheet.addresses[other].setText(f"127.0.0.1:{ports[other]}")
        sheet.join.click()
        teller.wait(lambda teller=teller: teller.desk.beside.state == "joined")  # type: ignore[misc]
        sheet.drop()


def on_groups(teller: Teller, group: str) -> GroupsPage:
    teller.desk.go_to("groups", group)
    page = teller.desk.pages["groups"]
    assert isinstance(page, GroupsPage)
    teller.wait(lambda: page.sheet is not None and page.sheet.row.group.group_code == group)
    return page


def row_of(page: GroupsPage, group: str) -> list[str]:
    model = page.today.model
    at = model.things.index(group)
    return [model.data(model.index(at, column)) for column in range(2)]


def given_by_code(table: Table, both: dict[str, Teller]) -> None:
    """Not joined: the one reads twelve digits aloud, the other types them."""
    a_groups = table.seats["A"].pack.groups
    a, b = both["A"], both["B"]
    sheets: dict[str, BesideSheet] = {}
    for letter, teller in both.items():
        page = on_groups(teller, a_groups[2])
        assert page.shown
        sheet = sheets[letter] = at_sheet(teller)
        teller.wait(lambda sheet=sheet: sheet.groups.currentData() == a_groups[2])  # type: ignore[misc]
    assert sheets["A"].give.isEnabled()
    assert not sheets["B"].give.isEnabled()
    assert not sheets["B"].ask.isEnabled()
    sheets["A"].give.click()
    a.wait(lambda: bool(sheets["A"].digits.text()))
    code = sheets["A"].digits.text()
    # Shut too soon: the group is in nobody's hands until the digits are read once more.
    sheets["A"].drop()
    sheets["A"] = at_sheet(a)
    a.wait(lambda: sheets["A"].groups.currentData() == a_groups[2])
    assert (sheets["A"].give.text(), sheets["A"].give.isEnabled()) == ("Đọc lại mã", True)
    sheets["A"].give.click()
    a.wait(lambda: sheets["A"].digits.text() == code)
    sheets["B"].code.setText("1111 2222 3333")
    sheets["B"].take.click()
    b.wait(lambda: bool(sheets["B"].notice.text()))
    assert "Mã giao không đúng" in sheets["B"].notice.text()
    sheets["B"].code.setText(code)
    sheets["B"].take.click()
    b.wait(lambda: "máy này phục vụ" in sheets["B"].said.text())
    sheets["B"].paste.setText("không phải mã")
    sheets["B"].paste.returnPressed.emit()
    b.wait(lambda: "không phải mã biên lai" in sheets["B"].notice.text())
    assert "Hai máy khóa sổ riêng" in sheets["B"].closed.text()
    for letter, teller in both.items():
        sheets[letter].drop()
        whose: list[object] = []
        teller.desk.counter.ask(lambda desk: desk.leases.whose(a_groups[2]), then=whose.append)
        teller.wait(lambda whose=whose: bool(whose))  # type: ignore[misc]
        assert (whose[0].letter, whose[0].here) == ("B", letter == "B")  # type: ignore[attr-defined]


@pytest.mark.feature(148)
def test_the_pages_say_whose_a_group_is_and_it_passes_by_code_and_over_the_network(table: Table, both: dict[str, Teller]) -> None:
    a_groups = table.seats["A"].pack.groups
    a, b = both["A"], both["B"]
    for teller in (a, b):
        opened(table, teller)
    # The first page says which of the two laptops it is, and where the other one is found.
    assert any(one.text() == "Giao dịch viên · máy B" for one in b.desk.rail.findChildren(QLabel))
    keys = b.desk.pages["today"].keys()
    assert ("Ctrl M", "Hai máy một bàn") in keys
    page = on_groups(b, a_groups[1])
    assert row_of(page, a_groups[1])[1] == "máy A"
    assert page.away.text() == "máy A"
    assert page.today.next not in a_groups
    given_by_code(table, both)
    joined(both)
    member = next(one for one in b.desk.counter.roll.members(a_groups[1]) if b.desk.counter.roll.member_deposit(one.customer_code))
    b.desk.go_to("customers", member.customer_code)
    customers = b.desk.pages["customers"]
    assert isinstance(customers, CustomersPage)
    b.wait(lambda: customers.person is not None and customers.person.customer == member)
    assert customers.chips[3].text() == "máy A"

    def ask(desk) -> str:  # type: ignore[no-untyped-def]
        desk.leases.request(a_groups[1])
        return "given"

    said: list[str] = []
    b.desk.counter.ask(ask, then=said.append, failed=lambda fault: said.append(fault.sentence("vi")))
    b.wait(lambda: bool(said))
    assert said == ["given"]
    page = on_groups(b, a_groups[1])
    assert page.away.text() == ""
    assert ("Ctrl M", "Hai máy một bàn") in b.desk.foot.shown
    assert row_of(on_groups(a, a_groups[1]), a_groups[1])[1] == "máy B"


def slips(teller: Teller) -> tuple[SlipRow, ...]:
    found: list[tuple[SlipRow, ...]] = []
    teller.desk.counter.ask(lambda desk: desk.slips(), then=found.append)
    teller.wait(lambda: bool(found))
    return found[0]


def test_looking_at_a_slip_takes_no_group_from_the_other_laptop_and_paying_it_does(
    table: Table, both: dict[str, Teller]
) -> None:
    for teller in both.values():
        opened(table, teller)
    joined(both)
    found = [(letter, one) for letter, teller in both.items() for one in slips(teller) if one.state == "open" and one.elsewhere]
    letter, theirs = found[0]
    teller, other = both[letter], theirs.elsewhere
    page = teller.desk.pages["disburse"]
    assert isinstance(page, DisbursePage)
    teller.desk.go_to("disburse", theirs.slip_no)
    teller.wait(lambda: page.shown_slip == theirs)
    assert page.slip.state.text() == f"máy {other}"
    assert f"Do máy {other} phục vụ" in page.slip.notice.text()
    assert next(one for one in slips(teller) if one.slip_no == theirs.slip_no).elsewhere == other
    page.slip.identity.setChecked(True)
    page.slip.post.click()
    teller.wait(lambda: isinstance(teller.desk.sheet, ApprovalSheet))
    assert next(one for one in slips(teller) if one.slip_no == theirs.slip_no).elsewhere == ""


def test_whoever_joins_first_finds_the_other_laptop_once_it_is_there(
    both: dict[str, Teller], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, found = both["A"], [""]
    monkeypatch.setattr(ui_beside, "find", lambda *_args, **_named: found[0])
    a.desk.beside._seeking.setInterval(300)
    both["B"].window.hide()
    a.window.activateWindow()
    a.qtbot.waitUntil(a.window.isActiveWindow)
    sheet = at_sheet(a)
    sheet.notice.tell("Không thấy máy kia.", tone="warn")
    # By the keyboard: Enter does what the cursor is on.
    sheet.join.setFocus()
    a.press("Enter")
    a.wait(lambda: "đang tìm máy B: bấm Nối ở máy B" in sheet.state.text())
    assert not sheet.notice.isVisible()
    found[0] = "127.0.0.1:1"
    a.wait(lambda: a.desk.beside.unknown == "" and "Máy kia gọi được máy này" in sheet.state.text())
    assert sheet.addresses["B"].text() == "127.0.0.1:1"
    # Another address and Enter: joined with that one, without being apart in between.
    sheet.addresses["B"].setFocus()
    sheet.addresses["B"].setText("127.0.0.1:2")
    a.press("Enter")
    assert (a.desk.beside.state, a.desk.beside.addresses) == ("joined", {"B": "127.0.0.1:2"})
    sheet.join.setFocus()
    a.press("Enter")
    a.wait(lambda: a.desk.beside.state == "left")


def test_the_close_says_that_one_sheet_of_both_books_remains(table: Table, both: dict[str, Teller]) -> None:
    a = both["A"]
    opened(table, a)
    page = a.desk.pages["close"]
    assert isinstance(page, ClosePage)
    a.desk.go_to("close")
    a.wait()
    page._closed()
    a.wait(lambda: page.joint.isVisible())
    assert "khi máy B cũng đã khóa sổ, bấm Ctrl M lấy sổ khóa của máy đó" in page.joint.text()


def test_one_laptop_alone_is_shown_nothing_of_it(teller: Teller) -> None:
    teller.unlock()
    teller.wait()
    assert teller.desk.beside.view is None
    teller.desk.show_beside()
    assert teller.desk.sheet is None
    assert teller.desk.beside.state == "alone"
