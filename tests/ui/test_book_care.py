"""A book is checked from the window, copied while it runs, put back from the window, and compared before it goes on."""

import os

import pytest

from desktop import backups
from desktop.ui import keeping
from desktop.ui.check_sheet import CheckSheet
from desktop.ui.unlock import UnlockPage
from tests.ui.laptop import Laptop, Teller
from tests.ui.test_morning import visit


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
    for said in ("Số dư lưu kèm không khớp", "Tất cả 000001 phiếu đều nguyên vẹn", "khôi phục từ bản sao"):
        assert said in sheet.result.text()
    show(teller, "check-damaged")
    teller.press("Esc")


@pytest.mark.feature(119)
def test_a_running_session_is_copied_when_enough_was_posted_and_nobody_posts(
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
    teller.press("Ctrl+L")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), UnlockPage))
    assert copies(laptop) == [2]


@pytest.mark.feature(119)
def test_leaving_the_table_copies_what_was_posted_since(teller: Teller, laptop: Laptop) -> None:
    teller.unlock()
    teller.open_session()
    teller.press("Ctrl+L")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), UnlockPage))
    assert copies(laptop) == [1]
