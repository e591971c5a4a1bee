"""Printers of the system, the real ones: a spooler of CUPS with its filters, reached through Qt and through a raw queue.

What a queue printed is looked at as paper: drawn again from what came out of the last filter, and held against the
page it was made of, down to the code on it.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageChops
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.press import escpos, raster
from desktop.press.printers import Choice, PrinterGone, PrinterStopped, drawn
from desktop.press.roll import roll_printer
from desktop.sheets.trial import CODE, trial_sheet
from desktop.ui import look, printing
from desktop.ui.presses import PAPERS, RECEIPTS
from desktop.ui.system_printer import SystemPrinter, printers
from desktop.words import Words
from tests.desktop import printed, rolls
from tests.desktop.rolls import FakeRoll
from tests.journeys.spooler import Spooler
from tests.ui.laptop import Teller, make_laptop, open_window
from tests.ui.test_morning import visit

DPI = 203
VI = Words("vi")


@pytest.fixture(scope="module")
def server() -> Iterator[Spooler]:
    """Whoever prints in this process prints there; asked once, the system's library asks no other."""
    with Spooler() as made, pytest.MonkeyPatch.context() as world:
        world.setenv("CUPS_SERVER", made.server)
        yield made


@pytest.fixture
def spooler(server: Spooler) -> Iterator[Spooler]:
    """The spooler with two queues that print on paper and a raw one, all of them new."""
    for queue in ("Quay", "Van-phong"):
        server.add(queue)
    server.add_raw("Cuon")
    yield server
    server.clear()


def page(medium: str) -> bytes:
    return drawn((trial_sheet(VI, printer="Máy ở quầy", medium=medium),), medium)  # type: ignore[arg-type]


def as_paper(raw: bytes, folder: Path) -> list[Image.Image]:
    """What a PostScript printer puts on its pages, at 203 dots an inch."""
    (folder / "out.ps").write_bytes(raw)
    printed.tool("gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=pnggray", f"-r{DPI}", "-sOutputFile=page-%d.png", "out.ps", folder=folder)
    found = sorted(folder.glob("page-*.png"), key=lambda path: int(path.stem.split("-")[1]))
    pictures = [Image.open(path).convert("L").copy() for path in found]
    for path in found:
        path.unlink()
    return pictures


def far(paper: Image.Image, pdf: bytes, at: int = 0) -> float:
    """The part of a page that is dark in the one and light in the other; a lying page is turned as printers do."""
    one = list(raster.pictures(pdf, dpi=DPI))[at]
    drawn_page = Image.frombytes("L", (one.width, one.height), one.grey)
    if (drawn_page.width > drawn_page.height) is not (paper.width > paper.height):
        paper = paper.rotate(-90, expand=True)
    size = min(paper.width, drawn_page.width), min(paper.height, drawn_page.height)
    # A third of a millimetre at a time: a printer's own dots lie a little beside those of 203 an inch.
    one_size, other = (each.crop((0, 0, *size)).reduce(5) for each in (paper, drawn_page))
    apart = ImageChops.difference(one_size, other)
    return sum(apart.histogram()[90:]) / (apart.width * apart.height)


def codes(paper: Image.Image) -> list[str]:
    return [one.text for one in zxingcpp.read_barcodes(paper)]


def until(done: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not done() and time.monotonic() < deadline:
        time.sleep(0.1)
    return done()


# --- through Qt


@pytest.mark.feature(50)
@pytest.mark.parametrize("medium", ["a5", "a4"])
def test_a_page_comes_out_of_a_printer_of_the_system_at_its_true_size_with_its_code(
    qapp: QApplication, spooler: Spooler, tmp_path: Path, medium: str
) -> None:
    assert printers() == ("Cuon", "Quay", "Van-phong")
    printer = SystemPrinter("Quay", medium=medium)  # type: ignore[arg-type]
    printer.look()
    printer.put("01", page(medium))
    assert printer.came_out("01") is True
    (raw,) = spooler.printed("Quay")
    (paper,) = as_paper(raw, tmp_path)
    assert codes(paper) == [CODE]
    wide, high = {"a5": (420, 595), "a4": (595, 842)}[medium]
    assert abs(paper.width - wide * DPI / 72) < 4
    assert abs(paper.height - high * DPI / 72) < 4
    # It is this page and no other.
    other = drawn((trial_sheet(Words("en"), printer="Another", medium=medium),), medium)  # type: ignore[arg-type]
    assert far(paper, page(medium)) < far(paper, other) / 10


@pytest.mark.feature(58)
def test_a_stopped_queue_takes_nothing_and_one_that_is_gone_is_said_to_be(qapp: QApplication, spooler: Spooler) -> None:
    printer = SystemPrinter("Quay", medium="a5")
    spooler.stop("Quay")
    with pytest.raises(PrinterStopped) as stopped:
        printer.look()
    assert not stopped.value.doubtful
    spooler.remove("Quay")
    with pytest.raises(PrinterGone) as gone:
        printer.put("01", page("a5"))
    assert not gone.value.doubtful
    assert "không còn máy in Quay" in gone.value.sentence("vi")
    assert spooler.printed("Quay") == []


# --- raw


@pytest.mark.feature(50)
def test_a_raw_queue_hands_on_every_byte_and_a_printer_behind_it_prints_the_page(spooler: Spooler) -> None:
    printer = roll_printer(Choice("queue", "Cuon", "roll80"))
    printer.look()
    printer.put("01", page("roll80"))
    (one,) = raster.pictures(page("roll80"), dpi=escpos.DPI)
    assert spooler.printed("Cuon") == [b"".join((escpos.START, *escpos.paper(one, escpos.DOTS["roll80"])))]
    with FakeRoll(speaks="never") as fake:
        spooler.add_raw("Cuon-mang", f"socket://{fake.where}")
        roll_printer(Choice("queue", "Cuon-mang", "roll80")).put("02", page("roll80"))
        assert until(lambda: len(fake.papers) == 1)
    assert fake.unknown == []
    assert rolls.codes(fake.papers[0]) == [CODE]


def test_a_raw_queue_that_stopped_or_is_gone_takes_nothing(spooler: Spooler) -> None:
    printer = roll_printer(Choice("queue", "Cuon", "roll80"))
    spooler.stop("Cuon")
    with pytest.raises(PrinterStopped) as stopped:
        printer.look()
    assert not stopped.value.doubtful
    spooler.remove("Cuon")
    with pytest.raises(PrinterGone):
        printer.look()


# --- a morning


@pytest.fixture
def teller(qapp: QApplication, spooler: Spooler, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Teller]:
    """Somebody in front of the window, with a printer for receipts and one for A4."""
    monkeypatch.setattr(printing, "PAUSES_S", (0.5,))
    font, palette = qapp.font(), qapp.palette()
    look.dress(qapp, dark=False)
    one = open_window(make_laptop(tmp_path / "morning"), qtbot)
    one.unlock()

    def keep(desk: object) -> None:
        desk.keep_setting(RECEIPTS, Choice("system", "Quay", "a5").text())  # type: ignore[attr-defined]
        desk.keep_setting(PAPERS, Choice("system", "Van-phong", "a4").text())  # type: ignore[attr-defined]

    one.desk.counter.ask(keep, then=lambda _none: one.desk.printing.choose())
    one.wait(lambda: not one.desk.printing.busy)
    yield one
    one.window.close()
    qapp.setStyleSheet("")
    qapp.setFont(font)
    qapp.setPalette(palette)


def a_visit(teller: Teller) -> None:
    before = teller.desk.counter.standing.entries
    visit(teller, deposit=str(100_000 + before))
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.sheet is not None or teller.desk.counter.standing.entries > before)
    if teller.desk.sheet is not None:
        teller.press("Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == before + 1)


@pytest.mark.feature(50, 58)
def test_a_queue_that_stops_in_the_middle_of_a_morning_loses_nothing_and_prints_nothing_twice(
    teller: Teller, spooler: Spooler, tmp_path: Path
) -> None:
    teller.open_session()
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0, timeout_ms=60_000)
    spooler.stop("Quay")
    for _ in range(3):
        a_visit(teller)
    teller.qtbot.waitUntil(lambda: teller.desk.printing.fault is not None, timeout=30_000)
    assert "Hàng đợi của máy in Quay đang dừng" in teller.desk.counter.sentence(teller.desk.printing.fault)  # type: ignore[arg-type]
    assert teller.desk.counter.standing.unprinted == 3
    before = len(spooler.printed("Quay"))
    spooler.resume("Quay")
    # Nobody touches the laptop.
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0, timeout_ms=60_000)
    out = spooler.printed("Quay")[before:]
    papers = [as_paper(raw, tmp_path) for raw in out]
    # Three receipts in the order of their numbers, two copies each, every number once.
    assert [len(pages) for pages in papers] == [2, 2, 2]
    read = [{*codes(pages[0]), *codes(pages[1])} for pages in papers]
    assert all(len(one) == 1 for one in read)
    assert len(set.union(*read)) == 3
    held = teller.window._held
    assert held is not None
    assert set(held.desk.book.sheets().values()) == {2}


def test_what_the_system_had_taken_when_its_queue_stopped_is_found_printed_and_not_printed_again(
    teller: Teller, spooler: Spooler, monkeypatch: pytest.MonkeyPatch
) -> None:
    teller.open_session()
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0, timeout_ms=60_000)
    before = len(spooler.printed("Quay"))
    real = SystemPrinter._paint

    def stop_behind(self: SystemPrinter, *more: object) -> None:
        # The queue stops between the question and the handing over.
        spooler.stop("Quay")
        real(self, *more)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(SystemPrinter, "_paint", stop_behind)
        a_visit(teller)
        teller.qtbot.waitUntil(lambda: bool(teller.desk.printing.queue.doubtful) and teller.desk.printing.fault is not None, timeout=30_000)
    assert teller.desk.head.paper.text() == "máy in dừng · 1 chờ in"
    assert len(spooler.printed("Quay")) == before
    spooler.resume("Quay")
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0, timeout_ms=60_000)
    assert until(lambda: len(spooler.printed("Quay")) == before + 1)
    held = teller.window._held
    assert held is not None
    assert held.desk.book.sheets()[2] == 2
