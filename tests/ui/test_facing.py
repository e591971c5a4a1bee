"""The screen for the person before the counter: what is keyed, what was posted, the receipt's code; and nothing more."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from desktop.press.paper import code_rows
from desktop.ui.choose import ChoosePage
from desktop.ui.facing import NOBODY, Facing, faced, public_name
from desktop.ui.facing_window import FacingWindow
from sync.chain import stub_of
from sync.money import in_words
from sync.receipt import read_receipt, receipt_text
from tests.desktop import small
from tests.ui.laptop import Laptop, Teller, copied
from tests.ui.test_morning import hand_in, visit
from tests.ui.test_window import cut_off

ROOT = Path(__file__).parent.parent.parent


def facing(teller: Teller) -> FacingWindow:
    found = teller.window.facing
    assert found is not None
    return found


def texts(window: QWidget) -> str:
    return "\n".join(one.text() for one in window.findChildren(QLabel) if one.isVisible() and one.text())


def keep(picture: QPixmap, name: str) -> None:
    """A picture where somebody asked for pictures."""
    if folder := os.environ.get("PICTURES"):
        picture.save(f"{folder}/{name}.png")


def code_in(picture: QPixmap) -> list[str]:
    """The codes a telephone would read off the screen."""
    kept = QBuffer()
    kept.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(kept, "PNG")
    image = Image.open(io.BytesIO(bytes(kept.data().data()))).convert("L")
    return [found.text for found in zxingcpp.read_barcodes(image)]


@pytest.fixture
def laptop(opened: Laptop, tmp_path: Path) -> Laptop:
    """Its session is open."""
    return copied(opened, tmp_path)


@pytest.fixture
def shown(teller: Teller) -> Teller:
    """A session that is open, with the customers' screen beside it."""
    teller.unlock()
    teller.press("F11")
    assert facing(teller).isVisible()
    teller.press("F2")
    teller.wait()
    return teller


@pytest.mark.feature(147)
def test_what_is_keyed_stands_on_the_customers_screen_in_figures_and_words(shown: Teller) -> None:
    window = facing(shown)
    assert "Kính chào quý khách" in texts(window)
    assert shown.desk.counter.standing.point_name in texts(window)
    visit(shown)
    shown.wait()
    keep(window.grab(), "facing-keyed")
    said = texts(window)
    total = shown.desk.pages["customers"].model.total  # type: ignore[attr-defined]
    assert window.title.text() == "V. T. V. Dụ"
    assert window.total.text() == f"{total:,} đ".replace(",", ".")
    assert window.words.text() == in_words(total)
    assert window.direction.text() == "Quý khách nộp tiền"
    assert said.count("\n") > 6
    assert QApplication.activeWindow() is shown.window, "the keyboard stays with the teller"


@pytest.mark.feature(147)
def test_the_posted_voucher_shows_its_number_and_the_code_of_its_receipt(shown: Teller) -> None:
    window = facing(shown)
    visit(shown)
    shown.press("Ctrl+Enter")
    shown.wait(lambda: shown.desk.counter.standing.entries == 2 and not window.side.isHidden())
    picture = window.grab()
    keep(picture, "facing-posted")
    kept: list[str] = []
    shown.desk.counter.ask(
        lambda desk: receipt_text(stub_of(desk.voucher(2).entry, desk.voucher(2).head), desk.voucher(2).signature),
        then=kept.append,
    )
    shown.wait()
    assert code_in(picture) == kept
    assert read_receipt(kept[0])[0].number == 2
    assert window.number.text().endswith("-A-000002")
    assert window.direction.text() == "Đã thu của quý khách"
    window.resize(640, 400)
    assert code_in(window.grab()) == kept, "also on a small screen"


@pytest.mark.feature(147)
def test_what_was_posted_goes_when_its_time_is_over_or_the_next_person_begins(shown: Teller) -> None:
    window = facing(shown)
    visit(shown)
    shown.press("Ctrl+Enter")
    shown.wait(lambda: not window.side.isHidden())
    visit(shown)
    shown.wait()
    assert window.side.isHidden()
    assert window.shown != NOBODY
    shown.press("Ctrl+Enter")
    shown.wait(lambda: shown.desk.counter.standing.entries == 3 or shown.desk.sheet is not None)
    if shown.desk.sheet is not None:
        shown.press("Enter")
    shown.wait(lambda: not window.side.isHidden())
    window._rest.start(1)
    shown.wait(window.side.isHidden)
    assert window.shown == NOBODY
    assert "Kính chào" in texts(window)


@pytest.mark.feature(147)
def test_a_group_and_a_payment_are_shown_by_name_and_direction(shown: Teller) -> None:
    window = facing(shown)
    hand_in(shown)
    shown.wait(lambda: not window.side.isHidden())
    assert window.title.text().startswith("Tổ 0117")
    assert window.direction.text() == "Đã thu của quý khách"
    keep(window.grab(), "facing-group")
    shown.press("F4")
    shown.wait()
    shown.press("Enter")
    shown.wait()
    assert window.direction.text() == "Quý khách nhận tiền"
    assert window.total.text() == "60.000.000 đ"
    keep(window.grab(), "facing-pays")
    shown.press("F1")
    shown.wait()
    assert window.shown == NOBODY, "nobody stands on a page that is not being keyed"


def test_neither_an_id_nor_a_balance_nor_an_account_ever_stands_there(shown: Teller) -> None:
    window = facing(shown)
    visit(shown)
    shown.wait()
    said = texts(window)
    person = shown.desk.pages["customers"].person  # type: ignore[attr-defined]
    secrets = {person.customer.id_number, person.customer.id_number[-4:], person.customer.full_name, person.customer.phone}
    secrets |= {dues.loan.loan_code for dues in person.dues} | {one.account_no for one, _ in person.deposits}
    secrets |= {f"{balance:,}".replace(",", ".") for _, balance in person.deposits if balance}
    assert [one for one in secrets if one and one in said] == []


@pytest.mark.feature(147)
def test_a_lock_or_another_session_takes_everything_off_the_customers_screen(shown: Teller) -> None:
    window = facing(shown)
    visit(shown)
    shown.wait()
    shown.press("Ctrl+L")
    shown.wait()
    assert window.shown == NOBODY
    assert window.title.text() == ""
    shown.unlock()
    assert "Kính chào" in texts(window)
    shown.press("Ctrl+O")
    shown.wait(lambda: isinstance(shown.window.centralWidget(), ChoosePage))
    shown.letter("T")
    shown.wait(lambda: shown.window.table is not None)
    assert "TẬP HUẤN" in texts(window)
    shown.press("F11")
    assert not window.isVisible()
    shown.press("F11")
    assert window.isVisible()


@pytest.mark.parametrize("size", [(640, 400), (960, 600), (1366, 768), (1920, 1080), (1024, 768)])
def test_nothing_is_cut_off_on_any_screen(shown: Teller, size: tuple[int, int]) -> None:
    window = facing(shown)
    window.resize(*size)
    lines = (("Lãi quá hạn tồn", 1), ("Lãi tồn", 27_500), ("Lãi quá hạn", 88_151), ("Lãi trong hạn", 9_042_499),
             ("Tiền gửi tổ viên", 2_209_349), ("Gốc quá hạn", 150_000_000), ("Gốc", 1_234_567_000))  # fmt: skip
    facing_now = Facing(public_name(small.LONG_NAME), lines, sum(amount for _, amount in lines), "in")
    window.show_keyed(facing_now)
    QApplication.processEvents()
    assert "và 3 khoản khác" in texts(window)
    assert cut_off(window) == []
    keep(window.grab(), f"facing-full-{size[0]}")
    window._kept(facing_now, "TXN0480799-20240415-A-000002", code_rows("DGD1:" + "8" * 260))
    QApplication.processEvents()
    assert cut_off(window) == []
    keep(window.grab(), f"facing-full-posted-{size[0]}")
    assert code_in(window.grab()) == ["DGD1:" + "8" * 260]


def test_a_name_in_a_room_is_its_last_word_and_initials() -> None:
    assert public_name("Nguyễn Thị Mẫu") == "N. T. Mẫu"
    assert public_name("H'Bia Niê") == "H. Niê"
    assert public_name("Ơi") == "Ơi"
    assert public_name("") == ""


def test_a_line_against_the_direction_goes_below_zero_and_a_transfer_has_no_cash() -> None:
    paid_out = faced("K.", [("RK", "Tiết kiệm", 500_000), ("TL", "Lãi", 20_000)])
    assert (paid_out.direction, paid_out.total) == ("out", 480_000)
    assert paid_out.lines == (("Tiết kiệm", 500_000), ("Lãi", -20_000))
    moved = faced("K.", [("CT", "Gốc", 300_000), ("CT", "Lãi", 20_000)])
    assert (moved.direction, moved.total) == ("none", 320_000)
    assert faced("K.", []) == NOBODY

TWO_SCREENS = """
import sys
from PySide6.QtWidgets import QApplication
from desktop.ui.facing_window import FacingWindow
app = QApplication([])
first, second = app.screens()
window = FacingWindow()
window.place(app.screens(), beside=first)
app.processEvents()
assert window.isFullScreen()
assert window.screen() is second, window.screen().name()
assert window.geometry() == second.geometry(), window.geometry()
window.place([first], beside=first)
window.close()
"""


@pytest.mark.feature(147)
def test_it_takes_the_whole_of_a_second_screen(tmp_path: Path) -> None:
    sides = ({"name": "counter", "x": 0, "width": 1366, "height": 768}, {"name": "hall", "x": 1366, "width": 1280, "height": 1024})
    usual = {"y": 0, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    config = tmp_path / "screens.json"
    config.write_text(json.dumps({"screens": [{**usual, **one} for one in sides]}), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", TWO_SCREENS], capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": f"offscreen:configfile={config}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
