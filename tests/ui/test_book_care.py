"""A book is checked from the window, copied while it runs, put back from the window, and compared before it goes on."""

import os
import re

import pytest

from desktop.care import backups
from desktop.store import path_of
from desktop.ui import keeping
from desktop.ui.check_sheet import CheckSheet
from desktop.ui.journal import JournalPage
from desktop.ui.restore_page import RestorePage
from desktop.ui.unlock import UnlockPage
from tests.bench.point import PASSPHRASE
from tests.ui.laptop import Laptop, Teller
from tests.ui.test_morning import close_session, visit


def show(teller: Teller, name: str) -> None:
    """Keep a picture of the window where somebody asked for pictures."""
    if folder := os.environ.get("PICTURES"):
        teller.window.grab().save(f"{folder}/{name}.png")


def copies(laptop: Laptop) -> list[int]:
    return [one.entries for one in backups.copies(laptop.home, laptop.pack.book)]


@pytest.mark.feature(65)
def test_a_key_checks_the_whole_book_and_says_what_was_found_in_words(teller: Teller, laptop: Laptop) -> None:
    teller.unlock()
    teller.open_session()
    teller.wait()
    teller.press("Ctrl+J")
    teller.wait()
    sheet = teller.desk.sheet
    assert isinstance(sheet, CheckSheet)
    assert "Sổ nguyên vẹn đến phiếu 000001" in sheet.result.text()
    assert "650.000.000 đ" in sheet.result.text()
    assert sheet.copy.text() == "Chưa có bản sao nào trên máy."
    show(teller, "check-sound")
    teller.press("Esc")
    assert teller.desk.sheet is None
    teller.desk.counter.ask(
        lambda desk: desk.book._connection.execute("UPDATE balance SET amount = amount + 1 WHERE id = 1"),
        then=lambda _none: None,
    )
    teller.press("Ctrl+J")
    teller.wait()
    sheet = teller.desk.sheet
    assert isinstance(sheet, CheckSheet)
    for said in ("Số dư lưu kèm không khớp", "Tất cả 1 phiếu đều nguyên vẹn", "khôi phục từ bản sao"):
        assert said in sheet.result.text()
    show(teller, "check-damaged")
    teller.press("Esc")


@pytest.mark.feature(119)
def test_a_session_is_copied_when_enough_was_posted_and_nobody_posts_and_once_it_is_closed(
    teller: Teller, laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "EVERY_VOUCHERS", 2)
    teller.unlock()
    teller.open_session()
    assert copies(laptop) == []
    visit(teller)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 2)
    teller.wait(lambda: copies(laptop) == [2])
    teller.desk.keeping.look()
    teller.wait()
    assert copies(laptop) == [2], "nothing was posted since"
    teller.press("Esc")
    close_session(teller)
    entries = teller.desk.counter.standing.entries
    teller.wait(lambda: copies(laptop)[-1] == entries)
    teller.press("Ctrl+L")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), UnlockPage))
    assert copies(laptop)[-1] == entries


def damaged(laptop: Laptop) -> None:
    """The first page of the book is gone, as after a bad sector."""
    path = path_of(laptop.home, laptop.pack.book)
    path.write_bytes(bytes(4096) + path.read_bytes()[4096:])


def restore_page(teller: Teller) -> RestorePage:
    teller.type(PASSPHRASE)
    teller.press("Enter")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), RestorePage))
    page = teller.window.centralWidget()
    assert isinstance(page, RestorePage)
    return page


def locked_after_two(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    visit(teller)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 2)
    teller.wait()
    teller.press("Ctrl+L")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), UnlockPage))


@pytest.mark.feature(121, 122)
def test_a_damaged_book_comes_back_in_the_window_and_goes_on_once_the_office_was_asked(teller: Teller, laptop: Laptop) -> None:
    locked_after_two(teller)
    damaged(laptop)
    page = restore_page(teller)
    assert "Tệp sổ không mở được" in page.notice.text()
    assert "Chạy khôi phục" in page.notice.text()
    show(teller, "restore")
    laptop.wire.closed = True
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.window.table is not None)
    now = teller.desk.counter.standing
    assert (now.entries, now.set_back is not None) == (2, True)
    teller.press("F8")
    show(teller, "restored-offline")
    visit(teller)
    teller.press("Ctrl+Enter")
    teller.wait()
    assert teller.desk.counter.standing.entries == 2, "nothing is posted before the office was asked"
    laptop.wire.closed = False
    teller.press("F8", "Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.set_back is None)
    show(teller, "restored-compared")
    assert "Làm tiếp từ phiếu 000003" in teller.desk.said.text()
    visit(teller)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 3)
    assert list((laptop.home / "aside").iterdir())


@pytest.mark.feature(121, 122)
def test_a_book_whose_file_is_gone_is_put_back_and_not_begun_again(teller: Teller, laptop: Laptop) -> None:
    locked_after_two(teller)
    path_of(laptop.home, laptop.pack.book).unlink()
    page = restore_page(teller)
    assert "không còn trên máy" in page.notice.text()
    teller.press("Esc")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), UnlockPage))
    page = restore_page(teller)
    teller.type("5")
    assert page.seen.text() == "5"
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.window.table is not None)
    assert teller.desk.counter.standing.entries == 2
    # A number on paper that no copy has keeps the book from going on, whatever the office says.
    teller.press("F8", "Ctrl+Enter")
    teller.wait(lambda: teller.desk.sending.fault is not None)
    fault = teller.desk.sending.fault
    assert fault is not None
    assert "thiếu phiếu 000003 đến 000005" in fault.sentence("vi")
    show(teller, "restored-behind")


@pytest.mark.feature(64)
def test_the_journal_says_of_every_voucher_who_made_it_who_approved_it_when_and_what(teller: Teller, laptop: Laptop) -> None:
    teller.unlock()
    teller.open_session()
    visit(teller)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 2)
    names = {one.staff_id: one.full_name for one in laptop.pack.terms.team}
    teller.press("F6")
    teller.wait()
    page = teller.desk.pages["journal"]
    assert isinstance(page, JournalPage)
    assert [one.number for one in page.rows] == [2, 1]
    seen = []
    for at in (0, 1):
        page.table.point_at(at)
        teller.wait()
        seen.append((page.facts.text(), page.people.text(), page.total.text(), page.lines_model.rowCount()))
    (what, who, sum_, lines), (opening_what, opening_who, *_) = seen
    assert "Võ Thị Ví Dụ" in what
    assert re.search(r"\d\d:\d\d:\d\d 15/04/2024", what)
    assert names["GDV01"] in who
    assert (sum_.startswith("5."), lines >= 4) == (True, True)
    assert names["GDV01"] in opening_who
    assert names["KSV01"] in opening_who, "who approved"
    assert "Mở phiên" in opening_what or "Nhận" in opening_what
