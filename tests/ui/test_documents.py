"""The documents of a session: found with the keyboard, seen as they will be printed, printed, kept and made for everybody."""

import datetime
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop.press.raster import pictures, sizes
from desktop.sheets import catalogue as listed
from desktop.sheets.documents import DOCUMENTS, Document, document
from desktop.sheets.occasion import Occasion
from desktop.sheets.sheet import Sheet
from desktop.ui import look
from desktop.ui.documents import DocumentsPage
from desktop.ui.preview import PageView, PreviewSheet
from desktop.ui.save_sheet import SaveSheet
from desktop.ui.today import TodayPage
from sync.records import changed
from sync.terms import Bulletin, Terms
from tests.desktop import small
from tests.ui import desk_point
from tests.ui.laptop import Laptop, Teller, copied, make_laptop, open_window
from tests.ui.test_window import cut_off, nameless

NEWS = (
    Bulletin(
        bulletin_no="12/TB-PGD", issued_on=datetime.date(2024, 4, 2), title="Lịch giao dịch dịp nghỉ lễ",
        paragraphs=("Phiên giao dịch vẫn đúng ngày cố định hằng tháng.", "Tổ trưởng báo cho tổ viên biết."),
    ),
    Bulletin(
        bulletin_no="13/TB-PGD", issued_on=datetime.date(2024, 4, 5), title="Vận động gửi tiết kiệm tại điểm",
        paragraphs=("Người dân gửi tiết kiệm ngay tại xã.",),
    ),
)  # fmt: skip
# A long name, an Ê Đê one and one whose first letter no keyboard types without tones.
NAMES = {1: "Nguyễn Thị Đào", 2: "H'Bia Niê"}


def prepare(usual: Terms) -> Terms:
    """Savings of every kind, people in arrears, and an office that has something to say."""
    made = desk_point.prepare(usual)
    people = tuple(
        changed(one, full_name=NAMES.get(at, one.full_name)) for at, one in enumerate(made.customers, start=1)
    )
    return changed(made, customers=people, bulletins=NEWS)


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    return make_laptop(tmp_path_factory.mktemp("documents"), prepare=prepare)


@pytest.fixture
def laptop(stocked: Laptop, tmp_path: Path) -> Laptop:
    return copied(stocked, tmp_path)


def documents(teller: Teller) -> DocumentsPage:
    page = teller.desk.pages["documents"]
    assert isinstance(page, DocumentsPage)
    return page


def still(teller: Teller) -> DocumentsPage:
    """The page when nothing is under way and every page in sight is drawn."""
    page = documents(teller)

    def drawn() -> bool:
        shown = page.view.state in ("nothing", "failed") or page.view.sharp
        return not page._pause.isActive() and shown

    teller.wait(drawn)
    return page


def go(teller: Teller, name: str) -> DocumentsPage:
    """Find a document by what is typed, without tones, and stay in the list with the cursor on it."""
    page = documents(teller)
    teller.letter("/")
    assert teller.field is page.list.finder
    for letter in name:
        teller.type(letter)
    teller.press("Enter")
    return still(teller)


@pytest.fixture
def at_documents(teller: Teller) -> Teller:
    teller.unlock()
    teller.press("F10")
    still(teller)
    return teller


def words(path: Path) -> str:
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout


# Finding one and seeing it


def test_every_document_is_listed_once_under_a_moment_and_has_its_name(at_documents: Teller) -> None:
    page = documents(at_documents)
    assert sorted(one.key for one in page.list.documents) == sorted(one.key for one in DOCUMENTS)
    known = {key for keys in listed.MOMENTS.values() for key in keys}
    assert known == {one.key for one in DOCUMENTS}
    assert all(one.name and one.name != one.name.upper() for one in page.list.documents)
    heads = [cells[0].text for cells, thing in zip(page.list.model.rows, page.list.model.things, strict=True) if thing is None]
    assert heads == ["Trước phiên", "Trong phiên", "Cuối phiên", "Giao ban", "Theo dõi", "Từng khách hàng"]


def test_a_heading_in_capitals_is_listed_as_people_write_it() -> None:
    assert listed._in_small("BIỂU GIAO BAN THEO TỔ TK&VV") == "Biểu giao ban theo tổ TK&VV"
    assert listed._in_small("Phiếu của Ngân hàng") == "Phiếu của Ngân hàng"


def test_the_cursor_passes_over_the_heads_and_what_is_typed_filters_without_tones(at_documents: Teller) -> None:
    page = documents(at_documents)
    seen = []
    for _ in range(len(DOCUMENTS) + 3):
        seen.append(page.list.table.here)
        at_documents.press("Down")
    assert None not in seen
    at_documents.letter("/")
    at_documents.type("xac nhan")
    assert [one.key for one in page.list.model.things if one is not None] == ["balance_confirmation"]  # type: ignore[attr-defined]
    at_documents.type(" khong co")
    assert page.list.empty.isVisible()
    assert not page.print_out.isEnabled()
    assert page.view.state == "nothing"
    at_documents.press("Esc")
    assert page.list.finder.text() == ""
    assert at_documents.field is page.list.table


def test_what_is_shown_is_the_very_paper_that_is_printed(at_documents: Teller, laptop: Laptop) -> None:
    page = go(at_documents, "giai ngan")
    assert page.title.text() == "Bảng kê giải ngân"
    at_documents.press("Ctrl+Enter")
    at_documents.wait(lambda: any(laptop.paper.glob("*-disbursements.pdf")))
    (printed,) = laptop.paper.glob("*-disbursements.pdf")
    assert printed.name == f"{small.DAY:%Y%m%d}-disbursements.pdf"
    raw = printed.read_bytes()
    assert page.view._pdf == raw
    assert page.view.pages == len(sizes(raw))
    # And the dots on the screen are those of the file at that size.
    dots, image = page.view._images[0]
    one = next(pictures(raw, dpi=dots / sizes(raw)[0][0] * 72))
    assert (image.width(), image.height()) == (one.width, one.height)
    assert bytes(image.constBits())[: one.width] == one.grey[: one.width]
    assert "Đã in" in page.notice.text()
    # No document is a voucher: the book has not changed.
    assert at_documents.desk.counter.standing.entries == 0


def test_pages_are_gone_through_and_seen_whole(at_documents: Teller) -> None:
    page = go(at_documents, "phai thu va tien gui cua to")
    assert page.view.pages > 1
    assert page.where.text() == f"Trang 1/{page.view.pages}"
    wide = page.view._places[0].width()
    at_documents.press("PgDown")
    still(at_documents)
    assert page.where.text() == f"Trang 2/{page.view.pages}"
    assert at_documents.field is page.targets.table or at_documents.field is page.list.table
    at_documents.press("PgUp")
    assert page.view.page == 1
    at_documents.letter("W")
    still(at_documents)
    assert page.view._places[0].height() <= page.view.viewport().height()
    assert page.view._places[0].width() <= wide


def test_only_pages_in_sight_are_drawn(at_documents: Teller) -> None:
    page = go(at_documents, "phieu bao lai")
    at_documents.wait(lambda: page.view.sharp)
    assert page.view.pages > 2
    assert len(page.view._images) < page.view.pages


# About whom


def test_a_person_is_found_by_name_without_tones_by_code_and_by_loan(at_documents: Teller, laptop: Laptop) -> None:
    page = go(at_documents, "xac nhan so du")
    page.targets.look_for()
    for typed in ("dao", small.code(1)[-4:], laptop.pack.terms.loans[0].loan_code[-6:]):
        page.targets.finder.clear()
        at_documents.type(typed)
        at_documents.wait(lambda: small.code(1) in page.targets.model.things)
    page.targets.finder.clear()
    at_documents.type("dao")
    at_documents.press("Enter")
    still(at_documents)
    assert page.file is not None
    assert page.file[0] == f"{small.DAY:%Y%m%d}-balance_confirmation-{small.code(1)}"


def test_enter_leads_from_the_document_to_whom_and_to_the_button(at_documents: Teller) -> None:
    page = go(at_documents, "loai tien nop")
    assert at_documents.field is page.targets.table
    at_documents.press("Down", "Enter")
    assert page.print_out.hasFocus()
    still(at_documents)
    at_documents.press("Esc")
    assert at_documents.field is page.list.table


def test_a_document_without_anything_to_say_says_so_and_prints_nothing(at_documents: Teller, monkeypatch: pytest.MonkeyPatch) -> None:
    page = documents(at_documents)
    here = page.list.documents[0]
    monkeypatch.setattr(listed, "document", lambda _key: Document(here.key, "session", lambda _occasion, _code: ()))
    at_documents.press("Up")
    still(at_documents)
    assert page.view.state == "nothing"
    assert page.view._said == "Phiên này chưa có gì để ghi vào giấy này."
    assert not page.print_out.isEnabled()
    assert not page.save.isEnabled()


def test_a_document_nobody_needs_and_one_the_pack_did_not_bring_say_why(dressed: QApplication, enrolled: Laptop, tmp_path: Path, qtbot: QtBot) -> None:
    """The usual point: no bulletin of the office."""
    teller = open_window(copied(enrolled, tmp_path), qtbot)
    teller.unlock()
    teller.wait()
    today = teller.desk.pages["today"]
    assert isinstance(today, TodayPage)
    assert not today.news.isVisible()
    teller.press("F10")
    still(teller)
    page = go(teller, "thong bao cua phong")
    assert page.view.state == "nothing"
    assert page.view._said == "Gói của phiên này không có thông báo nào của văn phòng."
    assert not page.print_out.isEnabled()
    teller.window.close()


def test_people_of_one_name_are_told_apart(at_documents: Teller, laptop: Laptop) -> None:
    page = go(at_documents, "xac nhan so du")
    known = [cells[0].second for cells in page.targets.model.rows if cells[0].second]
    assert len(known) == len(set(known)) == len(page.targets.targets)


# For everybody


@pytest.mark.feature(139)
def test_the_lists_of_all_groups_come_out_in_one_go_while_other_work_goes_on(at_documents: Teller, laptop: Laptop) -> None:
    page = go(at_documents, "phieu bao lai")
    groups = [one.group_code for one in laptop.pack.terms.groups]
    at_documents.letter("A")
    assert page.targets.table.here == "*"
    assert "Tất cả 4 Tổ" in page.view._said
    at_documents.press("Ctrl+Enter")
    assert page.run.busy
    assert page.progress.isVisible()
    assert "0/4" in page.running.text()
    at_documents.press("F2")
    at_documents.wait(lambda: not page.run.busy)
    assert at_documents.desk.page == "groups"
    assert "đã xong 4 tệp" in at_documents.desk.said.text()
    names = sorted(path.stem for path in laptop.paper.glob("*-member_interest-*.pdf"))
    assert names == sorted(f"{small.DAY:%Y%m%d}-member_interest-{code}" for code in groups)
    at_documents.press("F10")
    page = go(at_documents, "ky sau")
    at_documents.letter("A")
    at_documents.letter("P")
    at_documents.wait(lambda: not page.run.busy)
    assert len(list(laptop.paper.glob("*-group_list_next-*.pdf"))) == len(groups)
    assert "Nguyễn Thị Đào" in words(next(laptop.paper.glob(f"*-group_list_next-{small.GROUP}.pdf")))


def test_a_run_is_stopped_and_says_how_far_it_came(at_documents: Teller, laptop: Laptop) -> None:
    page = go(at_documents, "xac nhan so du")
    at_documents.letter("A")
    at_documents.press("Ctrl+Enter")
    at_documents.qtbot.waitUntil(lambda: page.run.progress.done >= 2)
    at_documents.letter("X")
    at_documents.wait(lambda: not page.run.busy)
    made = len(list(laptop.paper.glob("*-balance_confirmation-*.pdf")))
    assert 2 <= made < len(page.targets.targets)
    assert f"dừng sau {made} tệp" in page.notice.text()


def test_a_run_that_waits_for_a_broken_printer_is_stopped_too(at_documents: Teller, laptop: Laptop) -> None:
    page = go(at_documents, "loai tien nop")
    laptop.paper.parent.mkdir(exist_ok=True)
    laptop.paper.write_text("what stands in the way of the printer")
    at_documents.letter("A")
    at_documents.press("Ctrl+Enter")
    at_documents.wait(lambda: at_documents.desk.printing.fault is not None)
    assert page.run.busy
    at_documents.letter("X")
    at_documents.wait(lambda: not page.run.busy)
    assert "dừng sau 0 tệp trong 4" in page.notice.text()


def test_whoever_has_nothing_to_be_said_is_passed_over_and_counted(at_documents: Teller, laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    page = go(at_documents, "loai tien nop")
    real = document("group_notes")

    def some(occasion: Occasion, code: str) -> tuple[Sheet, ...]:
        return () if code == small.GROUP else real.write(occasion, code)

    monkeypatch.setattr(listed, "document", lambda key: Document(key, "group", some))
    at_documents.letter("A")
    at_documents.press("Ctrl+Enter")
    at_documents.wait(lambda: not page.run.busy)
    assert "đã xong 3 tệp" in page.notice.text()
    assert "1 nơi không có gì" in page.notice.text()
    assert len(list(laptop.paper.glob("*-group_notes-*.pdf"))) == 3


# Kept as files


def save(teller: Teller, folder: Path) -> None:
    teller.letter("S")
    teller.wait(lambda: isinstance(teller.desk.sheet, SaveSheet))
    teller.type(str(folder))
    teller.press("Enter")
    teller.wait(lambda: teller.desk.sheet is None)


def test_a_document_is_kept_in_a_folder_that_is_remembered(at_documents: Teller, tmp_path: Path) -> None:
    page = go(at_documents, "giai ngan")
    save(at_documents, tmp_path / "giấy tờ")
    assert [path.name for path in (tmp_path / "giấy tờ").iterdir()] == [f"{small.DAY:%Y%m%d}-disbursements.pdf"]
    assert "Đã lưu" in page.notice.text()
    at_documents.press("Ctrl+L")
    at_documents.wait()
    at_documents.unlock()
    at_documents.press("F10")
    still(at_documents)
    at_documents.letter("S")
    at_documents.wait(lambda: isinstance(at_documents.desk.sheet, SaveSheet))
    sheet = at_documents.desk.sheet
    assert isinstance(sheet, SaveSheet)
    assert sheet.folder == str(tmp_path / "giấy tờ")
    at_documents.press("Esc")


def test_a_folder_that_cannot_be_written_says_so_and_a_broken_printer_holds_no_file_up(
    at_documents: Teller, laptop: Laptop, tmp_path: Path
) -> None:
    page = go(at_documents, "giai ngan")
    (tmp_path / "stick").write_text("no folder")
    save(at_documents, tmp_path / "stick")
    at_documents.wait()
    assert "Không ghi được" in page.notice.text()
    laptop.paper.parent.mkdir(exist_ok=True)
    laptop.paper.write_text("what stands in the way of the printer")
    at_documents.letter("P")
    at_documents.wait()
    assert "Không ghi được" in at_documents.desk.said.text()
    save(at_documents, tmp_path / "beside")
    at_documents.wait()
    assert len(list((tmp_path / "beside").iterdir())) == 1


# What the office has to say


@pytest.mark.feature(140)
def test_new_bulletins_are_told_on_the_first_page_shown_read_and_printed(teller: Teller, laptop: Laptop) -> None:
    teller.unlock()
    teller.wait()
    today = teller.desk.pages["today"]
    assert isinstance(today, TodayPage)
    assert today.news.isVisible()
    assert today.news.accessibleName() == "Có 2 thông báo mới của văn phòng"
    teller.press("F10")
    page = still(teller)
    assert page.file is not None
    assert page.file[0].endswith("-bulletin")
    assert page.view.pages == 2
    teller.press("Ctrl+Enter")
    teller.wait(lambda: any(laptop.paper.glob("*-bulletin.pdf")))
    said = words(next(laptop.paper.glob("*-bulletin.pdf")))
    for one in NEWS:
        assert one.title in said
        assert all(text in said for text in one.paragraphs)
    teller.press("F1")
    teller.wait()
    assert not today.news.isVisible()
    told: list[int] = []
    teller.desk.counter.ask(lambda desk: desk.new_bulletins(), then=told.append)
    teller.wait()
    assert told == [0]


def test_the_line_on_the_first_page_leads_to_the_bulletins(teller: Teller) -> None:
    teller.unlock()
    teller.wait()
    today = teller.desk.pages["today"]
    assert isinstance(today, TodayPage)
    today.news.click()
    page = still(teller)
    assert page.title.text() == "Thông báo của phòng giao dịch"


# How it looks


@pytest.fixture(params=[("vi", (1280, 720)), ("en", (1366, 728))], ids=["vi", "en"])
def shown(request: pytest.FixtureRequest, dressed: QApplication, laptop: Laptop, qtbot: QtBot) -> Iterator[Teller]:
    language, size = request.param
    one = open_window(laptop, qtbot, language=language, size=size)
    yield one
    one.window.close()


def test_nothing_is_cut_off_on_any_document_and_every_control_has_a_name(shown: Teller, tmp_path: Path) -> None:
    shown.unlock()
    shown.open_session()
    shown.press("F10")
    page = still(shown)
    found: dict[str, list[str]] = {}
    for one in page.list.documents:
        page.list.open_at(one.key, moment="")
        still(shown)
        found[one.key] = cut_off(shown.window) + nameless(shown.window)
    page.list.open_at("group_list", moment="")
    still(shown)
    shown.letter("A")
    shown.wait()
    found["everybody"] = cut_off(shown.window) + nameless(shown.window)
    shown.letter("S")
    shown.wait(lambda: shown.desk.sheet is not None)
    found["save"] = cut_off(shown.window) + nameless(shown.window)
    assert {name: what for name, what in found.items() if what} == {}
    assert page.view.accessibleName()


def test_paper_stays_white_in_the_dark(qapp: QApplication, laptop: Laptop, qtbot: QtBot) -> None:
    kept, font, palette = dict(look._colours), qapp.font(), qapp.palette()
    look.dress(qapp, dark=True)
    try:
        teller = open_window(laptop, qtbot)
        teller.unlock()
        teller.press("F10")
        page = still(teller)
        assert cut_off(teller.window) == []
        grabbed = page.view.viewport().grab().toImage()
        place = page.view._places[0]
        assert grabbed.pixelColor(place.left() + 5, place.top() + 5).lightness() > 250
        assert grabbed.pixelColor(3, 3).lightness() < 60
        teller.window.close()
    finally:
        look._colours.clear()
        look._colours.update(kept)
        qapp.setStyleSheet("")
        qapp.setFont(font)
        qapp.setPalette(palette)


# Paper laid over the window


def test_a_preview_is_laid_over_the_window_and_gone_with_esc(at_documents: Teller) -> None:
    page = go(at_documents, "phieu bao lai")
    raw = page.view._pdf
    sheet = PreviewSheet(at_documents.window, at_documents.desk.counter, title="Phiếu báo lãi", make=lambda: raw)
    at_documents.wait(lambda: sheet.view.sharp)
    assert sheet.where.text() == f"Trang 1/{len(sizes(raw))}"
    at_documents.press("PgDown")
    at_documents.wait(lambda: sheet.view.sharp)
    assert sheet.where.text().startswith("Trang 2/")
    assert cut_off(at_documents.window) + nameless(at_documents.window) == []
    at_documents.press("Esc")
    assert at_documents.desk.sheet is None


def test_a_file_that_cannot_be_drawn_says_why_where_the_paper_would_be(at_documents: Teller) -> None:
    from desktop.press.paper import FacesMissing

    def make() -> bytes:
        raise FacesMissing(file="NotoSerif-Regular.ttf")

    view = documents(at_documents).view
    view.draw(make)
    at_documents.wait()
    assert view.state == "failed"
    assert "NotoSerif-Regular.ttf" in view.accessibleDescription()
    assert view.pages == 0


def test_what_is_asked_later_is_what_is_shown(at_documents: Teller) -> None:
    page = go(at_documents, "phieu bao lai")
    many = page.view._pdf
    page = go(at_documents, "giai ngan")
    one = page.view._pdf
    made: list[str] = []

    def slow(name: str, raw: bytes) -> Callable[[], bytes]:
        def make() -> bytes:
            made.append(name)
            return raw

        return make

    page.view.draw(slow("first", many))
    page.view.draw(slow("second", one))
    at_documents.wait(lambda: page.view.sharp)
    assert page.view.pages == len(sizes(one))
    # What nobody looks at any more is not even drawn, unless it had begun.
    assert made[-1] == "second"


def test_a_view_without_a_page_has_no_page(at_documents: Teller, qtbot: QtBot) -> None:
    view = PageView(at_documents.desk.counter, name="Giấy")
    qtbot.addWidget(view)
    assert (view.page, view.pages, view.sharp) == (0, 0, False)
    view.step(1)
    view.toggle_whole()
    assert isinstance(view, QWidget)
