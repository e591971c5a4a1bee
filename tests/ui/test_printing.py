"""The print queue and the printers as a teller meets them: a printer fails, says why, and nothing is lost or made twice."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from desktop.press import cables, roll
from desktop.press.printers import Choice
from desktop.press.tray import Tray
from desktop.sheets.trial import CODE, trial_sheet
from desktop.store import NothingToPrint
from desktop.ui import printing
from desktop.ui.presses import PAPERS, RECEIPTS
from desktop.ui.print_queue import PrintQueueSheet
from desktop.ui.printers_sheet import PrintersSheet
from desktop.ui.printing import File
from sync.errors import Fault
from sync.voucher import Wish
from tests.desktop import printed, rolls, small
from tests.desktop.rolls import FakeRoll
from tests.ui.laptop import Laptop, Teller, open_window
from tests.ui.test_morning import visit

# A receipt of a visit on an 80 mm roll is longer, two copies of it are shorter.
SOME_ROWS = 600


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake answers at once; and nobody waits a minute for a second try."""
    monkeypatch.setattr(printing, "PAUSES_S", (0.3,))
    for owner, name, seconds in ((roll, "ANSWER_S", 0.3), (roll, "BREATH_S", 1.0), (cables, "SEND_S", 1.0), (cables, "CALL_S", 1.0)):
        monkeypatch.setattr(owner, name, seconds)


@pytest.fixture
def receipts() -> Iterator[FakeRoll]:
    """A roll printer on the network."""
    with FakeRoll() as fake:
        yield fake


def use(teller: Teller, choice: Choice) -> None:
    """This printer was chosen on an earlier day."""
    teller.desk.counter.ask(lambda desk: desk.keep_setting(RECEIPTS, choice.text()), then=lambda _none: teller.desk.printing.choose())
    teller.wait(lambda: not teller.desk.printing.busy)


def morning(teller: Teller, fake: FakeRoll) -> None:
    teller.unlock()
    use(teller, Choice("network", fake.where, "roll80"))
    teller.open_session()


def one_visit(teller: Teller) -> int:
    before = teller.desk.counter.standing.entries
    visit(teller, deposit=str(100_000 + before))
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.sheet is not None or teller.desk.counter.standing.entries > before)
    if teller.desk.sheet is not None:
        teller.press("Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == before + 1)
    return before + 1


def one_visit_meanwhile(teller: Teller) -> int:
    """Posted while a batch is under way, which leaves no moment without anything pending."""
    desk = teller.window._held.desk  # type: ignore[union-attr]
    wishes = [Wish("TT", small.deposit_no(3), 100_000)]
    said: list[int] = []
    teller.desk.counter.ask(
        lambda _desk: desk.post(desk.preview_visit(small.code(3), wishes=wishes)).sealed.entry.number, then=said.append
    )
    teller.qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    teller.desk.counter.posted.emit(said[0])
    return said[0]


def queue(teller: Teller) -> PrintQueueSheet:
    sheet = teller.desk.sheet
    assert isinstance(sheet, PrintQueueSheet)
    return sheet


@pytest.mark.feature(50, 58)
def test_a_printer_out_of_paper_stops_the_queue_with_its_reason_and_goes_on_by_itself(teller: Teller, receipts: FakeRoll) -> None:
    receipts.rows_left = 0
    morning(teller, receipts)
    one_visit(teller)
    teller.wait(lambda: teller.desk.printing.fault is not None and len(teller.desk.printing.queue.waiting) == 2)
    assert teller.desk.head.paper.text() == "máy in dừng · 2 chờ in"
    assert receipts.papers == []
    teller.press("F1")
    teller.wait()
    teller.letter("P")
    teller.wait(lambda: teller.desk.printing.fault is not None)
    sheet = queue(teller)
    assert [sheet.model.cell(row, 0).text for row in range(sheet.model.rowCount())] == ["000001", "000002"]
    assert "hết giấy" in sheet.notice.text()
    # Somebody puts a new roll in and touches nothing else.
    receipts.rows_left = 10**9
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    teller.wait(lambda: teller.desk.sheet is None)
    assert len(receipts.papers) == 4
    assert receipts.unknown == []
    assert teller.desk.head.paper.text() == ""
    assert "in tiếp" in teller.desk.said.text()


@pytest.mark.feature(57, 58)
def test_paper_that_ended_in_the_middle_is_a_persons_to_answer_and_the_rest_goes_on(teller: Teller, receipts: FakeRoll) -> None:
    morning(teller, receipts)
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    receipts.rows_left = SOME_ROWS
    one_visit(teller)
    teller.wait(lambda: bool(teller.desk.printing.queue.doubtful))
    out = len(receipts.papers)
    receipts.rows_left = 10**9
    one_visit(teller)
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 1 and not teller.desk.printing.busy)
    assert teller.desk.head.paper.text() == "1 có thể đã in"
    assert len(receipts.papers) == out + 2
    teller.press("F6")
    teller.wait()
    teller.press("Ctrl+P")
    teller.wait()
    sheet = queue(teller)
    assert sheet.model.cell(0, 0).text == "000002"
    assert "có thể đã ra giấy" in sheet.notice.text()
    teller.letter("L")
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    teller.press("Esc")
    held = teller.window._held
    assert held is not None
    # The original that may be there, and the copy that is: both are counted, and the copy says so.
    assert held.desk.book.sheets() == {1: 2, 2: 4, 3: 2}
    assert len(receipts.papers) == out + 4


def test_the_paper_is_there_ends_the_doubt_and_prints_nothing(teller: Teller, receipts: FakeRoll) -> None:
    morning(teller, receipts)
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    receipts.rows_left = SOME_ROWS
    one_visit(teller)
    teller.wait(lambda: bool(teller.desk.printing.queue.doubtful))
    receipts.rows_left = 10**9
    teller.wait(lambda: teller.desk.printing.fault is None)
    out = len(receipts.papers)
    teller.press("Ctrl+P")
    teller.wait()
    teller.letter("G")
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    assert len(receipts.papers) == out
    held = teller.window._held
    assert held is not None
    assert held.desk.book.sheets() == {1: 2, 2: 2}


@pytest.mark.feature(58)
def test_what_may_be_on_paper_is_asked_about_at_the_next_start(laptop: Laptop, dressed: QApplication, qtbot: QtBot, receipts: FakeRoll) -> None:
    first = open_window(laptop, qtbot)
    morning(first, receipts)
    first.wait(lambda: first.desk.counter.standing.unprinted == 0)
    receipts.rows_left = SOME_ROWS
    one_visit(first)
    first.wait(lambda: bool(first.desk.printing.queue.doubtful))
    first.window.close()
    receipts.rows_left = 10**9
    out = len(receipts.papers)
    again = open_window(laptop, qtbot)
    again.unlock()
    again.wait(lambda: again.desk.sheet is not None)
    assert queue(again).model.cell(0, 0).text == "000002"
    assert queue(again).model.cell(0, 3).chip == "có thể đã in"
    assert len(receipts.papers) == out
    again.letter("G")
    again.wait(lambda: again.desk.counter.standing.unprinted == 0)
    again.window.close()


def test_who_locks_in_the_middle_of_a_receipt_finds_it_printed_once(teller: Teller, receipts: FakeRoll, monkeypatch: pytest.MonkeyPatch) -> None:
    morning(teller, receipts)
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    real, began = roll.Roll.put, []

    def slow(self: roll.Roll, name: str, pdf: bytes) -> None:
        began.append(name)
        time.sleep(0.6)
        real(self, name, pdf)

    monkeypatch.setattr(roll.Roll, "put", slow)
    one_visit(teller)
    teller.qtbot.waitUntil(lambda: bool(began), timeout=5000)
    teller.window.lock()
    teller.qtbot.waitUntil(lambda: not teller.window.workers.pending, timeout=10_000)
    teller.unlock()
    teller.wait(lambda: not teller.desk.printing.busy)
    assert (teller.desk.counter.standing.unprinted, len(receipts.papers)) == (0, 4)
    assert teller.desk.sheet is None


def test_another_folder_takes_what_waits_and_it_counts_as_printed(
    teller: Teller, receipts: FakeRoll, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipts.rows_left = 0
    morning(teller, receipts)
    one_visit(teller)
    teller.wait(lambda: teller.desk.printing.fault is not None)
    stick = tmp_path / "stick"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(stick))
    teller.press("Ctrl+P")
    teller.wait()
    teller.letter("F")
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    assert sorted(path.name[-10:] for path in stick.iterdir()) == ["000001.pdf", "000002.pdf"]
    assert receipts.papers == []
    teller.press("Esc")
    # The next one goes to the printer again.
    receipts.rows_left = 10**9
    one_visit(teller)
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    assert len(receipts.papers) == 2


def test_a_voucher_that_waits_is_looked_at_on_the_screen(teller: Teller, receipts: FakeRoll) -> None:
    from desktop.ui.preview import PreviewSheet

    receipts.rows_left = 0
    morning(teller, receipts)
    teller.wait(lambda: teller.desk.printing.fault is not None)
    teller.press("Ctrl+P")
    teller.wait()
    teller.letter("X")
    teller.wait(lambda: bool(teller.window.findChildren(PreviewSheet)))
    (shown,) = teller.window.findChildren(PreviewSheet)
    teller.wait(lambda: "1/2" in shown.where.text())


# --- batches


def trial_files(teller: Teller, count: int, *, before: Callable[[], None] = lambda: None) -> list[File]:
    def write(_desk: object) -> tuple[object, ...]:
        before()
        return (trial_sheet(teller.desk.counter.words, printer="x", medium="a4"),)

    return [File(f"tờ-{at:02d}", write) for at in range(1, count + 1)]  # type: ignore[arg-type]


def test_many_papers_are_printed_behind_the_receipts_and_can_be_stopped(teller: Teller, laptop: Laptop) -> None:
    teller.unlock()
    teller.open_session()
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    ended: list[str] = []
    batch = teller.desk.printing.print_files(trial_files(teller, 5), title="Danh sách", then=lambda one: ended.append(one.state))
    assert teller.desk.head.paper.text() == "đang in 0/5"
    teller.wait(lambda: batch.state == "done")
    assert (batch.done, ended) == (5, ["done"])
    assert sorted(path.name for path in laptop.paper.glob("tờ-*")) == [f"tờ-{at:02d}.pdf" for at in range(1, 6)]
    stopped = teller.desk.printing.print_files(
        trial_files(teller, 9, before=lambda: time.sleep(0.05)), title="Giấy khác", then=lambda one: ended.append(one.state)
    )
    teller.qtbot.waitUntil(lambda: stopped.done == 2, timeout=10_000)
    assert stopped.left_s is not None
    stopped.stop()
    teller.wait()
    assert (stopped.state, ended) == ("stopped", ["done", "stopped"])
    assert stopped.done < 9


def test_a_receipt_goes_before_the_rest_of_a_batch(teller: Teller, laptop: Laptop) -> None:
    teller.unlock()
    teller.open_session()
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    batch = teller.desk.printing.print_files(trial_files(teller, 400, before=lambda: time.sleep(0.1)), title="Danh sách")
    number = one_visit_meanwhile(teller)
    teller.qtbot.waitUntil(lambda: bool(list(laptop.paper.glob(f"*-{number:06d}.pdf"))), timeout=20_000)
    assert batch.state == "running"
    assert batch.done < len(batch.files)
    batch.stop()
    teller.wait()


def test_a_paper_that_cannot_be_written_ends_its_batch_and_says_why(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)

    def refuse() -> None:
        raise NothingToPrint(number="000099")

    printing_, ended = teller.desk.printing, []
    batch = printing_.print_files(trial_files(teller, 2, before=refuse), title="Danh sách", then=lambda one: ended.append(one.state))
    teller.wait()
    assert (batch.done, batch.state, ended) == (0, "stopped", ["stopped"])
    assert "Sổ không có phiếu số 000099" in teller.desk.said.text()
    assert printing_.fault is None


def test_a_batch_whose_printer_fails_waits_and_goes_on_with_the_same_paper(teller: Teller, laptop: Laptop) -> None:
    teller.unlock()
    teller.wait(lambda: not teller.desk.printing.busy)
    wall = laptop.paper.parent / "wall"
    wall.write_text("no folder")
    batch = teller.desk.printing.print_files(trial_files(teller, 3), title="Danh sách", printer=Tray(wall / "tray"))
    teller.wait(lambda: teller.desk.printing.fault is not None)
    assert (batch.done, batch.state) == (0, "running")
    wall.unlink()
    teller.wait(lambda: batch.state == "done")
    assert len(list((wall / "tray").iterdir())) == 3


# --- choosing


@pytest.mark.feature(50)
def test_a_printer_is_chosen_by_keyboard_tried_and_remembered(
    laptop: Laptop, dressed: QApplication, qtbot: QtBot, receipts: FakeRoll
) -> None:
    teller = open_window(laptop, qtbot)
    teller.unlock()
    teller.wait(lambda: not teller.desk.printing.busy)
    assert ("Ctrl P", "in và máy in") in teller.desk.foot.shown
    teller.press("Ctrl+P")
    teller.letter("M")
    teller.wait()
    (sheet,) = teller.window.findChildren(PrintersSheet)
    assert sheet.receipts.choice.kind == "folder"
    sheet.receipts.kind.setCurrentIndex(sheet.receipts.kind.findData("network"))
    # Nothing typed, and what is no address, is said at once and changes nothing.
    teller.press("Ctrl+Enter")
    assert "Nhập địa chỉ" in sheet.notice.text()
    teller.type("may in")
    teller.press("Ctrl+Enter")
    assert "không phải địa chỉ" in sheet.notice.text()
    sheet.receipts.where.lineEdit().clear()  # type: ignore[union-attr]
    sheet.receipts.where.setFocus()
    teller.type(receipts.where)
    trial = next(one for one in sheet.findChildren(QPushButton) if one.text() == "In thử")
    trial.click()
    teller.wait(lambda: len(receipts.papers) == 1)
    teller.wait()
    assert rolls.codes(receipts.papers[0]) == [CODE]
    assert "đã nhận trang in thử" in sheet.notice.text()
    teller.press("Ctrl+Enter")
    teller.wait(lambda: not teller.window.findChildren(PrintersSheet))
    teller.press("Esc")
    teller.window.close()
    again = open_window(laptop, qtbot)
    again.unlock()
    again.wait(lambda: not again.desk.printing.busy)
    presses = again.desk.printing.presses
    assert (presses.receipts.name, presses.receipts.medium) == (receipts.where, "roll80")
    assert presses.papers.name == "paper"
    again.open_session()
    again.wait(lambda: again.desk.counter.standing.unprinted == 0)
    assert len(receipts.papers) == 3
    again.window.close()


def test_forms_of_a4_go_to_the_other_printer_unless_receipts_are_on_a_roll(teller: Teller, tmp_path: Path) -> None:
    teller.unlock()
    small, large = tmp_path / "small", tmp_path / "large"
    words = teller.desk.counter.words
    presses = teller.desk.printing.presses
    presses.take(receipts=Choice("folder", str(small), "a6"), papers=Choice("folder", str(large), "a4"))
    form, receipt = (trial_sheet(words, printer="x", medium=medium) for medium in ("a4", "a5"))
    assert presses.printer_for([form]) is presses.papers
    assert presses.printer_for([receipt]) is presses.receipts
    presses.take(receipts=Choice("folder", str(small), "roll58"), papers=None)
    assert presses.printer_for([form]) is presses.receipts


def test_a_test_page_says_its_printer_on_every_paper(teller: Teller, tmp_path: Path) -> None:
    words = teller.window.words
    for medium in ("a4", "a5", "a6", "roll80", "roll58"):
        tray = Tray(tmp_path / medium, medium=medium)
        tray.print_sheets("thử", sheets=(trial_sheet(words, printer="Máy ở quầy", medium=medium),))
        pdf = (tray.folder / "thử.pdf").read_bytes()
        assert "TRANG IN THỬ" in printed.text(pdf)
        assert "Máy ở quầy" in printed.text(pdf)
        assert printed.codes(pdf) == [CODE]


def test_both_choices_are_forgotten_when_the_folder_is_chosen_again(teller: Teller, receipts: FakeRoll) -> None:
    morning(teller, receipts)
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    teller.press("Ctrl+P")
    teller.letter("M")
    teller.wait()
    (sheet,) = teller.window.findChildren(PrintersSheet)
    assert sheet.receipts.choice == Choice("network", receipts.where, "roll80")
    sheet.receipts.kind.setCurrentIndex(sheet.receipts.kind.findData("folder"))
    sheet.receipts.where.lineEdit().setText(str(teller.desk.printing.presses.tray.folder))  # type: ignore[union-attr]
    teller.press("Ctrl+Enter")
    teller.wait(lambda: not teller.window.findChildren(PrintersSheet))
    kept: list[str] = []
    teller.desk.counter.ask(lambda desk: desk.setting(RECEIPTS) + desk.setting(PAPERS), then=kept.append)
    teller.wait()
    assert kept == [""]
    assert teller.desk.printing.presses.receipts is not None


def test_a_copy_asked_for_while_the_original_is_in_the_printer_still_comes(
    teller: Teller, laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    teller.unlock()
    teller.open_session()
    printing_ = teller.desk.printing
    teller.wait(lambda: not printing_.busy)
    hand_over, asked = printing_._print, []

    def meanwhile(work: printing.Work, *more: object) -> None:
        hand_over(work, *more)  # type: ignore[arg-type]
        if not asked:
            asked.append(work.number)
            printing_.print_again(work.number)

    monkeypatch.setattr(printing_, "_print", meanwhile)
    number = one_visit(teller)
    teller.wait(lambda: not printing_.busy and teller.desk.counter.standing.unprinted == 0)
    assert asked == [number]
    assert len(list(laptop.paper.glob(f"*{number:06d}.pdf"))) == len(list(laptop.paper.glob(f"*{number:06d}-sao-1.pdf"))) == 1


def test_a_folder_chosen_while_the_printer_is_failing_takes_what_waits(
    teller: Teller, receipts: FakeRoll, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipts.rows_left = 0
    morning(teller, receipts)
    printing_ = teller.desk.printing
    teller.wait(lambda: printing_.fault is not None)
    stop, chosen = printing_._stop, []

    def meanwhile(fault: Fault) -> None:
        if not chosen:
            chosen.append(fault)
            printing_.save_waiting(tmp_path / "aside")
        stop(fault)

    monkeypatch.setattr(printing_, "_stop", meanwhile)
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    assert chosen
    assert len(list((tmp_path / "aside").glob("*.pdf"))) == 1
    assert receipts.papers == []
