"""What waits for its paper and why: try now, another printer, files instead of paper, look at it, or say that it is there.

Nothing is ever taken out of the queue but by its paper. A voucher that may have come out is a person's to answer:
the paper is there, or it is printed again, and then it says COPY.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QWidget

from desktop.press.printers import Printer
from desktop.press.tray import Tray
from desktop.rows import UNKNOWN_PRINTER
from desktop.ui.chips import Notice, Tone, button, label, row
from desktop.ui.counter import Counter
from desktop.ui.printing import Batch, Printing, voucher_work
from desktop.ui.sheets import Sheet
from desktop.ui.tables import ROW_PIXELS, Cell, Column, RowsModel, Table
from sync.errors import Fault
from sync.money import figures

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.listing import VoucherRow
    from desktop.ui.printing import Work

# As many as fit on the lowest screen beside the sentences and the buttons.
ROWS_SHOWN = 8
_SECOND_MS = 1000


class PrintQueueSheet(Sheet):
    """`brief`: opened to print what waits, so it goes away by itself when nothing does."""

    def __init__(self, window: QWidget, counter: Counter, printing: Printing, *, brief: bool = False) -> None:
        super().__init__(window, title=counter.say("print_queue.title"), width=820)
        self.counter, self.say, self.printing = counter, counter.say, printing
        self._brief = brief
        self._vouchers: dict[int, VoucherRow] = {}
        say = self.say
        self.printers = label(name="muted", wrap=True)
        self.body.addWidget(self.printers)
        self.notice = Notice()
        self.body.addWidget(self.notice)
        columns = (
            Column(say("print_queue.number"), 84), Column(say("print_queue.what")),
            Column(say("print_queue.cash"), 120, right=True), Column(say("print_queue.state"), 190),
        )  # fmt: skip
        self.model = RowsModel(columns)
        self.table = Table(self.model, columns, name=say("print_queue.title"))
        self.empty = label(say("print_queue.empty"), name="muted", wrap=True)
        self.body.addWidget(self.empty)
        self.body.addWidget(self.table)
        self._make_buttons()
        self.table.pointed.connect(lambda _thing: self._allow())
        printing.moved.connect(self._ask)
        # The seconds of the pause and the pace of a batch go on without anything being printed.
        self._seconds = QTimer(self, interval=_SECOND_MS)
        self._seconds.timeout.connect(self._show_words)
        self._seconds.start()
        self.open_at(self.table)
        self._ask()

    def _make_buttons(self) -> None:
        made: tuple[tuple[str, str, Callable[[], None]], ...] = (
            ("T", "try", self.printing.print_waiting), ("M", "printers", self._printers), ("F", "files", self._save),
            ("X", "preview", self._preview), ("G", "there", self._there), ("A", "all_there", self._all_there), ("L", "again", self._again), ("D", "stop", self._stop),
        )  # fmt: skip
        self.keys: dict[str, tuple[QPushButton, Callable[[], None]]] = {}
        for key, name, call in made:
            one = button(self.say(f"print_queue.{name}"), name="primary" if name == "try" else "plain", key=key)
            one.clicked.connect(lambda _=False, call=call: call())
            self.keys[key] = (one, call)
        back = button(self.say("back"), key="Esc")
        back.clicked.connect(self.drop)
        of_row = (self.keys[key][0] for key in "XGALD")
        self.body.addLayout(row(*of_row, None))
        self.body.addSpacing(6)
        self.body.addLayout(row(*(self.keys[key][0] for key in "MF"), None, back, self.keys["T"][0]))

    # What it shows

    def _ask(self) -> None:
        """The book's own words for what waits: whose it is and how much."""
        if not self.isVisible():
            return
        numbers = {*self.printing.queue.waiting, *(one.number for one in self.printing.queue.doubtful)}
        if numbers <= self._vouchers.keys():
            self._show()
            return

        def rows(desk: "Desk") -> "tuple[VoucherRow, ...]":
            return tuple(one for one in desk.journal("") if one.number in numbers)

        def show(found: "tuple[VoucherRow, ...]") -> None:
            self._vouchers |= {one.number: one for one in found}
            self._show()

        self.counter.ask(rows, then=show)

    def _show(self) -> None:
        if not self.isVisible():
            return
        printing, here, row_before = self.printing, self.table.here, max(self.table.currentIndex().row(), 0)
        doubtful = [one.number for one in printing.queue.doubtful if one.number != printing.at_work]
        things: list[object] = [*doubtful, *printing.queue.waiting]
        cells = [self._voucher(number, doubtful=number in doubtful) for number in (*doubtful, *printing.queue.waiting)]
        for batch in printing.batches:
            if batch.state == "running":
                things.append(batch)
                cells.append(self._batch(batch))
        self.model.fill(cells, things)
        # What was answered leaves; the cursor stays where it was, at the next one.
        self.table.point_at(things.index(here) if here in things else min(row_before, len(things) - 1))
        self.table.setFixedHeight(ROW_PIXELS * min(len(things), ROWS_SHOWN) + 36)
        come = bool(things) and not self.table.isVisible()
        self.table.setVisible(bool(things))
        focus = QApplication.focusWidget()
        if come and focus is not None and self.isAncestorOf(focus):
            # They came after the sheet stood, and which of them is meant is chosen before anything is done.
            self.table.setFocus()
        self.empty.setVisible(not things)
        self._show_words()
        self._allow()
        if self._brief and not things and not printing.busy:
            self.drop()

    def _voucher(self, number: int, *, doubtful: bool) -> tuple[Cell, ...]:
        one, printing = self._vouchers.get(number), self.printing
        name = (self.counter.party_name(one.party) or self.say(f"kind.{one.kind}")) if one else ""
        tone: Tone
        if doubtful:
            word, tone = "doubtful", "bad"
        elif number == printing.at_work:
            word, tone = "printing", "ok"
        else:
            word, tone = "waits", "warn" if printing.fault else "plain"
        chip = Cell(chip=self.say(f"print_queue.{word}"), chip_tone=tone)
        return Cell(f"{number:06d}", bold=True), Cell(name), Cell(figures(one.cash) if one else ""), chip

    def _batch(self, batch: Batch) -> tuple[Cell, ...]:
        done = self.say("print_queue.batch", done=batch.done, all=len(batch.files))
        return Cell("—", "muted"), Cell(batch.title, second=_lasting(self.say, batch)), Cell(""), Cell(chip=done, chip_tone="plain")

    def _show_words(self) -> None:
        printing, say = self.printing, self.say
        presses = printing.presses
        self.printers.setText(say("print_queue.on", receipts=self._named(presses.receipts), papers=self._named(presses.papers)))
        told = []
        if printing.fault is not None:
            told += [self.counter.sentence(printing.fault), say("print_queue.pause", seconds=printing.pause_s)]
        if any(one.number != printing.at_work for one in printing.queue.doubtful):
            told.append(say("print_queue.look_elsewhere" if self._elsewhere() else "print_queue.look"))
        self.notice.tell(" ".join(told), tone="warn")

    def _named(self, printer: Printer) -> str:
        return self.say("print_queue.folder", name=printer.name) if isinstance(printer, Tray) else printer.name

    def _allow(self) -> None:
        here, printing = self.table.here, self.printing
        doubtful = here in [one.number for one in printing.queue.doubtful] and here != printing.at_work
        able = {
            "T": bool(printing.fault or printing.queue.waiting or printing.batches), "M": True, "F": bool(printing.queue.waiting),
            "X": isinstance(here, int), "G": doubtful, "A": len(self._elsewhere()) > 1, "L": doubtful, "D": isinstance(here, Batch),
        }  # fmt: skip
        for key, (one, _) in self.keys.items():
            one.setEnabled(able[key])
            if key in "GALD":
                one.setVisible(able[key])

    # What can be done

    def keyPressEvent(self, event: QKeyEvent) -> None:
        made, call = self.keys.get(event.text().upper(), (None, None))
        if made is not None and call is not None and made.isEnabled():
            call()
            event.accept()
        else:
            super().keyPressEvent(event)

    def _printers(self) -> None:
        from desktop.ui.printers_sheet import PrintersSheet

        sheet = PrintersSheet(self.window(), self.counter, self.printing.presses)
        sheet.accepted.connect(self.printing.choose)

    def _save(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.say("print_queue.files"))
        if chosen:
            self.printing.save_waiting(Path(chosen))

    def _preview(self) -> None:
        here = self.table.here
        if isinstance(here, int):
            work = partial(voucher_work, number=here, words=self.counter.words)
            self.counter.ask(work, then=self._show_paper, failed=self._refuse)

    def _show_paper(self, work: "Work") -> None:
        from desktop.press.printers import drawn_for
        from desktop.ui.preview import PreviewSheet

        sheets = tuple(sheet for _, more in reversed(work.files) for sheet in more)
        printer = self.printing.presses.printer_for(work.files[-1][1])
        title = self.say("print_queue.preview_title", number=f"{work.number:06d}")
        PreviewSheet(self.window(), self.counter, title=title, make=lambda: drawn_for(printer, sheets))

    def _there(self) -> None:
        here = self.table.here
        if isinstance(here, int):
            self.printing.answer(here)

    def _elsewhere(self) -> list[int]:
        """Vouchers that another laptop printed, or this one before it was put back: nobody here saw their paper."""
        return [one.number for one in self.printing.queue.doubtful if one.printer == UNKNOWN_PRINTER]

    def _all_there(self) -> None:
        for number in self._elsewhere():
            self.printing.answer(number)

    def _again(self) -> None:
        here = self.table.here
        if isinstance(here, int):
            self.printing.print_again(here)

    def _stop(self) -> None:
        here = self.table.here
        if isinstance(here, Batch):
            here.stop()

    def _refuse(self, fault: Fault) -> None:
        self.notice.tell(self.counter.sentence(fault))


def _lasting(say: Callable[..., str], batch: Batch) -> str:
    """How long a batch still takes, as people say it."""
    left = batch.left_s
    if left is None:
        return ""
    return say("print_queue.seconds", count=max(left, 1)) if left < 90 else say("print_queue.minutes", count=-(-left // 60))


def queue_text(printing: Printing, say: Callable[..., str]) -> tuple[str, Tone]:
    """The queue in a chip: nothing, while paper comes as it should."""
    doubtful = sum(one.number != printing.at_work for one in printing.queue.doubtful)
    batch = next((one for one in printing.batches if one.state == "running"), None)
    if printing.fault is not None:
        return say("print_queue.chip_stopped", count=len(printing.queue.waiting) + doubtful), "warn"
    if doubtful:
        return say("print_queue.chip_doubtful", count=doubtful), "warn"
    if batch is not None:
        return say("print_queue.chip_batch", done=batch.done, all=len(batch.files)), "plain"
    return "", "plain"
