"""A stick at the window: by keys, to the last sentence, with everything that can be wrong with it said on the sheet."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop.road import directory, volumes
from desktop.road.courier import OfficeAway
from desktop.ui.close import ClosePage
from desktop.ui.stick_sheet import StickSheet, size_text
from desktop.ui.sync_page import SyncPage
from desktop.ui.unlock import PackPage
from sync import keys
from sync.directory import VERSION, Directory, Listed, sign_directory
from sync.envelope import read_header
from sync.pack import book_id, seal_pack
from sync.records import changed
from sync.stick import device, names
from sync.stick.device import Letter, Stick
from tests.bench.point import PASSPHRASE
from tests.ui.laptop import Laptop, Teller


@pytest.fixture
def usb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stick that is in."""
    folder = tmp_path / "USB TỔ 3"
    folder.mkdir()
    monkeypatch.setattr(volumes, "found", lambda: (volumes.Volume(folder, folder.name, 14_260_000_000),) if folder.exists() else ())
    return folder


def sheet_of(teller: Teller) -> StickSheet:
    teller.wait(lambda: isinstance(teller.desk.sheet, StickSheet))
    assert isinstance(teller.desk.sheet, StickSheet)
    return teller.desk.sheet


def opened(teller: Teller, key: str) -> StickSheet:
    """F8 and the key, until the stick is on the sheet."""
    teller.press("F8")
    teller.wait()
    teller.letter(key)
    sheet = sheet_of(teller)
    teller.wait(lambda: bool(sheet.buttons))
    return sheet


def ended(teller: Teller, sheet: StickSheet) -> str:
    """Everything it says once it came to an end."""
    teller.wait(lambda: not sheet.busy and (sheet.done.isVisible() or sheet.notice.isVisible()))
    return "\n".join(one.text() for one in (sheet.done, sheet.notice, sheet.told) if one.isVisible())


def begun(teller: Teller, laptop: Laptop) -> None:
    laptop.wire.closed = True
    teller.unlock()
    teller.open_session()


def batches(usb: Path) -> list[bytes]:
    return [one.read_bytes() for one in sorted((usb / names.FOLDER / names.TO_OFFICE).iterdir())]


def from_office(usb: Path, laptop: Laptop, *, ack: bytes = b"", more: tuple[Letter, ...] = ()) -> None:
    letters = list(more)
    if ack:
        letters.append(Letter(names.letter_name("ack", device=laptop.pack.device, subject=laptop.pack.book, numbers=(1,)), ack, len))
    Stick.open(usb, draw=os.urandom).keep(names.FROM_OFFICE, letters)


@pytest.mark.feature(94)
def test_vouchers_go_out_and_the_offices_word_comes_back_by_keys_alone(teller: Teller, laptop: Laptop, usb: Path) -> None:
    begun(teller, laptop)
    sheet = opened(teller, "S")
    assert "USB TỔ 3 · còn trống 14,2 GB" in sheet.buttons[0].text()
    teller.press("Enter")
    said = ended(teller, sheet)
    assert "Xong. Rút USB được rồi." in said
    assert "Đã ghi 1 phiếu trong" in said
    teller.press("Esc")
    teller.wait(lambda: teller.desk.sheet is None)
    page = teller.desk.pages["sync"]
    teller.wait(lambda: page.written.isVisible())  # type: ignore[attr-defined]
    assert "Đã ghi ra USB đến phiếu 000001" in page.written.text()  # type: ignore[attr-defined]
    laptop.wire.closed = False
    for raw in batches(usb):
        ack = laptop.wire.post_batch(raw)
    laptop.wire.closed = True
    from_office(usb, laptop, ack=ack)
    sheet = opened(teller, "N")
    teller.letter("1")
    said = ended(teller, sheet)
    assert "Đã lấy xong. Rút USB được rồi." in said
    assert "văn phòng đã nhận đến phiếu 1" in said
    teller.press("Esc")
    teller.wait(lambda: teller.desk.counter.standing.marks.received == 1)
    assert page.figures["received"].text() == "1 phiếu"  # type: ignore[attr-defined]
    teller.wait(lambda: not page.written.isVisible())  # type: ignore[attr-defined]
    # Again: nothing is left, and what the office has no longer lies on the stick.
    sheet = opened(teller, "S")
    teller.press("Enter")
    assert "Không còn phiếu nào phải đưa về văn phòng." in ended(teller, sheet)
    assert batches(usb) == []


FAULTS = (
    ("keep", device.StickFull(kilobytes=120), "cần thêm 120 KB"),
    ("finish", device.StickSwapped(), "không phải USB lúc bắt đầu"),
    ("keep", device.StickLies(file="x"), "bỏ đi, dùng USB khác"),
    ("flush", device.StickGone(reason="EIO"), "đã bị rút ra hoặc hỏng"),
)


def test_a_stick_that_fails_says_so_and_never_that_it_can_be_pulled_out(
    teller: Teller, laptop: Laptop, usb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(teller, laptop)
    sheet = opened(teller, "S")
    for name, fault, said in FAULTS:

        def fail(*_: object, fault: Exception = fault, **__: object) -> None:
            raise fault

        with monkeypatch.context() as patched:
            patched.setattr(Stick, name, fail)
            teller.press("Enter")
            shown = ended(teller, sheet)
        assert said in shown
        assert "Rút USB được rồi" not in shown
        assert sheet.buttons[0].hasFocus(), "the same sheet goes on with another stick"
    # While it works the sheet stays, whatever is pressed, and says not to pull.
    seen: list[str] = []
    show: Callable[..., None] = sheet._show_step

    def look(step: str, done: int, of: int) -> None:
        show(step, done, of)
        if step != "done":
            seen.append(sheet.step.text())
            teller.press("Esc")
            assert sheet.isVisible()

    sheet._stepped.disconnect()
    sheet._stepped.connect(look)
    teller.press("Enter")
    assert "Đã ghi 1 phiếu" in ended(teller, sheet)
    assert all("Chưa rút USB" in one for one in seen)
    assert any("Đang ghi tệp 1/" in one for one in seen)
    assert any("Đang đọc lại tệp 1/" in one for one in seen)


def test_with_no_stick_a_folder_is_chosen_and_remembered(teller: Teller, laptop: Laptop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(teller, laptop)
    folder = tmp_path / "ổ chung"
    folder.mkdir()
    monkeypatch.setattr(volumes, "found", lambda: ())
    monkeypatch.setattr("desktop.ui.stick_sheet.QFileDialog.getExistingDirectory", lambda *_: str(folder))
    teller.press("F8")
    teller.wait()
    teller.letter("S")
    sheet = sheet_of(teller)
    teller.wait(lambda: sheet.none.isVisible())
    assert "Chưa thấy USB nào" in sheet.none.text()
    teller.letter("C")
    assert "Đã ghi 1 phiếu" in ended(teller, sheet)
    teller.press("Esc")
    assert batches(folder)
    sheet = opened(teller, "N")
    assert "ổ chung" in sheet.buttons[0].text()
    teller.press("Esc")
    # A slow stick is still being looked for when somebody goes back: its answer finds nobody, and harms nothing.

    def slow() -> tuple[volumes.Volume, ...]:
        time.sleep(0.3)
        return ()

    monkeypatch.setattr(volumes, "found", slow)
    teller.letter("S")
    teller.press("Esc")
    teller.wait(lambda: not teller.window.findChildren(StickSheet))


@pytest.mark.feature(77, 94)
def test_a_pack_that_came_waits_for_ctrl_o_and_a_revoked_laptop_is_told(teller: Teller, laptop: Laptop, usb: Path) -> None:
    begun(teller, laptop)
    later = changed(laptop.pack.terms, point=changed(laptop.pack.terms.point, point_code="TXN0480777", point_name="Điểm xã Thử Hai"))
    book = book_id(device=laptop.pack.device, point_code="TXN0480777", session_date=later.session_date, issue=1)
    pack = changed(laptop.pack, pack=b"\x07" * 16, book=book, terms=later)
    key = seal_key(teller)
    raw = seal_pack(pack, device_key=key, office_seed=laptop.office.sign_seed)
    from_office(usb, laptop, more=(Letter(names.pack_name(read_header(raw, kind="pack")), raw, len),))
    sheet = opened(teller, "N")
    teller.press("Enter")
    assert "Đã nhận gói của Điểm xã Thử Hai" in ended(teller, sheet)
    teller.press("Esc")
    # From then on the office no longer knows this laptop: that is said, and what it wrote still goes out.
    one = Listed(device=laptop.pack.device, letter="A", sign_key=laptop.wire.device_key, seal_key=key, revoked_s=1_713_100_000)
    made = Directory(version=VERSION, number=7, office=laptop.office.public, laptops=(one,), issued_s=7)
    listed = sign_directory(made, office_seed=laptop.office.sign_seed)
    (usb / names.FOLDER / names.FROM_OFFICE / names.pack_name(read_header(raw, kind="pack"))).unlink()
    from_office(usb, laptop, more=(Letter(names.directory_name(laptop.office.public.office), listed, len),))
    sheet = opened(teller, "S")
    teller.press("Enter")
    assert "Đã ghi 1 phiếu" in ended(teller, sheet)
    teller.press("Esc")
    page = teller.desk.pages["sync"]
    teller.wait(lambda: page.revoked.isVisible())  # type: ignore[attr-defined]
    assert "đã thu hồi máy A từ 14/04/2024" in page.revoked.text()  # type: ignore[attr-defined]
    (laptop.home / "directory.dgd").unlink()
    teller.press("Ctrl+O")
    teller.wait(lambda: teller.window.table is None)
    teller.wait(lambda: hasattr(teller.window.centralWidget(), "found"))
    held = teller.window.centralWidget().found.held  # type: ignore[union-attr]
    assert {one.point_name for one in held} == {"Điểm xã Thử Hai", laptop.pack.terms.point.point_name}


def seal_key(teller: Teller) -> bytes:
    assert teller.window._unlocked is not None
    return keys.seal_public(teller.window._unlocked.device_secret)


@pytest.mark.feature(94)
def test_the_first_pack_comes_off_a_stick_before_there_is_any_book(teller: Teller, laptop: Laptop, usb: Path) -> None:
    for file in (laptop.home / "books").iterdir():
        file.unlink()
    teller.type(PASSPHRASE)
    teller.press("Enter")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), PackPage))
    # Nothing for this laptop is on it yet, and what is no pack is said.
    from_office(usb, laptop, more=(Letter(names.letter_name("pack", device=laptop.pack.device, subject=b"\x05" * 16), b"?", len),))
    said = taken(teller)
    assert "Gói dữ liệu: Dữ liệu pack không đúng dạng" in said
    assert isinstance(teller.window.centralWidget(), PackPage)
    raw = seal_pack(laptop.pack, device_key=seal_key(teller), office_seed=laptop.office.sign_seed)
    from_office(usb, laptop, more=(Letter(names.pack_name(read_header(raw, kind="pack")), raw, len),))
    assert "Đã nhận gói của" in taken(teller)
    teller.wait(lambda: teller.window.table is not None)
    assert teller.desk.counter.standing.state == "prepared"


def at_packs(teller: Teller, laptop: Laptop) -> PackPage:
    """Unlocked, and no book is there."""
    for file in (laptop.home / "books").iterdir():
        file.unlink()
    teller.type(PASSPHRASE)
    teller.press("Enter")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), PackPage))
    page = teller.window.centralWidget()
    assert isinstance(page, PackPage)
    return page


def test_whoever_has_the_stick_does_not_wait_for_an_office_that_is_away(
    teller: Teller, laptop: Laptop, usb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, waited = at_packs(teller, laptop), threading.Event()

    def away(*_arguments: object) -> None:
        waited.wait(20)
        raise OfficeAway(reason="không kết nối được")

    monkeypatch.setattr(directory, "ask", away)
    teller.press("Enter")
    assert "Không có mạng thì đừng chờ: cắm USB rồi bấm U" in page.notice.text()
    teller.press("Enter")  # once too often: no other button has got the cursor
    assert teller.window.centralWidget() is page
    raw = seal_pack(laptop.pack, device_key=seal_key(teller), office_seed=laptop.office.sign_seed)
    from_office(usb, laptop, more=(Letter(names.pack_name(read_header(raw, kind="pack")), raw, len),))
    teller.letter("U")
    sheet = teller.window.findChildren(StickSheet)[-1]
    teller.qtbot.waitUntil(lambda: bool(sheet.buttons), timeout=20_000)
    teller.press("Enter")
    teller.qtbot.waitUntil(lambda: sheet.done.isVisible(), timeout=20_000)
    assert not waited.is_set()
    teller.press("Esc")
    teller.qtbot.waitUntil(lambda: teller.window.table is not None, timeout=20_000)
    waited.set()
    teller.wait()
    assert teller.desk.counter.standing.state == "prepared"


def test_an_office_that_is_away_before_there_is_a_book_sends_to_the_stick(
    teller: Teller, laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = at_packs(teller, laptop)

    def away(*_arguments: object) -> None:
        raise OfficeAway(reason="không kết nối được")

    monkeypatch.setattr(directory, "ask", away)
    teller.press("Enter")
    teller.wait(lambda: "Cắm USB văn phòng đã ghi gói rồi bấm U" in page.notice.text())
    assert teller.field is page.sticking


def test_a_closed_book_goes_by_stick_where_there_is_no_network_and_is_done_when_the_office_has_it(
    teller: Teller, laptop: Laptop, usb: Path
) -> None:
    begun(teller, laptop)
    closing, page, counter = teller.desk.pages["close"], teller.desk.pages["sync"], teller.desk.counter
    assert isinstance(closing, ClosePage)
    assert isinstance(page, SyncPage)
    teller.wait(lambda: teller.desk.sending.state == "offline")
    closing._closed()
    assert "bấm F8 rồi S để ghi phiếu ra USB" in closing.sent_text.text()
    teller.press("F8")
    assert page.notice.isVisible()
    now = counter.standing
    counter.take(now._replace(state="closed", marks=now.marks._replace(received=now.entries, safe=now.entries, ack_no=1)))
    page._show()
    assert page.state.text() == "Văn phòng đã có đủ sổ này. Không còn gì phải gửi."
    assert not page.notice.isVisible()


def taken(teller: Teller) -> str:
    """U, the stick, and back: what the sheet said."""
    teller.letter("U")
    teller.wait(lambda: bool(teller.window.findChildren(StickSheet)))
    sheet = teller.window.findChildren(StickSheet)[-1]
    teller.wait(lambda: bool(sheet.buttons))
    teller.press("Enter")
    said = ended(teller, sheet)
    teller.press("Esc")
    teller.wait()
    return said


def test_sizes_are_said_as_people_say_them() -> None:
    assert [size_text(one) for one in (14_260_000_000, 128_000_000_000, 7_950_000, 12_000)] == ["14,2 GB", "128 GB", "7,9 MB", "12 KB"]
