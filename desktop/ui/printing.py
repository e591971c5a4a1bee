"""The print queue: vouchers one after the other in the order of their numbers, then whatever else is to be printed.

What waits stands in the book, not here: a voucher's job is in its own commit. Before paper can come out the book
says that it may (`begun`), and afterwards that it did; what a crash or a silent printer leaves in between is shown
to a person, who looks into the tray. A printer that fails stops the queue with its reason; nothing is passed
over, it is tried again by itself with growing pauses, and a receipt goes before a batch of other papers.

Everything of one file is four short jobs: read on the books worker, look at the printer and draw on the papers
worker, say in the book that it begins, print. The window never waits.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.press.printers import Printer
from desktop.press.tray import Tray
from desktop.ui.counter import Counter
from desktop.ui.presses import Presses
from sync.errors import Fault, Refusal

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.sheets.sheet import Sheet
    from desktop.store import Begun
    from desktop.words import Words

# Seconds until a printer that failed is tried again: soon for a lid that is being closed, then seldom.
PAUSES_S = (3, 5, 10, 20, 40, 60)


class File(NamedTuple):
    """Paper that is no voucher: what its file is called, and who writes its sheets (asked of the books worker)."""

    name: str
    write: "Callable[[Desk], tuple[Sheet, ...]]"


class Work(NamedTuple):
    """What is printed next; `number` is 0 for a file of a batch. The last of `files` are the copies that count."""

    number: int
    copy_of: int
    files: "tuple[tuple[str, tuple[Sheet, ...]], ...]"

    @property
    def sheets(self) -> int:
        return len(self.files[-1][1])


class Queue(NamedTuple):
    """What stands in the book about paper: numbers that wait, and what may be out."""

    waiting: tuple[int, ...] = ()
    doubtful: "tuple[Begun, ...]" = ()


class Batch(QObject):
    """Many files under one title. `state` is `running`, `stopped` (by somebody) or `done`."""

    moved = Signal()

    def __init__(self, files: Sequence[File], *, title: str, printer: Printer | None, then: "Callable[[Batch], None]") -> None:
        super().__init__()
        self.title, self.files, self.printer = title, tuple(files), printer
        self.done = 0
        self.state: Literal["running", "stopped", "done"] = "running" if self.files else "done"
        self._then = then
        self._began_s = time.monotonic()

    @property
    def left_s(self) -> int | None:
        """How long it still takes at the pace so far; None before the first file."""
        if not self.done:
            return None
        return round((time.monotonic() - self._began_s) / self.done * (len(self.files) - self.done))

    def count(self) -> None:
        """One file more came out; the last of them may have been in the printer when somebody stopped it."""
        self.done += 1
        if self.state == "running":
            self.state = "done" if self.done == len(self.files) else "running"
            self._tell()

    def stop(self) -> None:
        """Print no more of it; what is out is out."""
        if self.state == "running":
            self.state = "stopped"
            self._tell()

    def _tell(self) -> None:
        self.moved.emit()
        if self.state != "running":
            self._then(self)


class Printing(QObject):
    """`moved` tells that the queue stands elsewhere; `failed` that it stopped, or that something cannot be printed."""

    moved = Signal()
    failed = Signal(object)
    left = Signal()  # an earlier run left what may be on paper
    asked = Signal()  # somebody wants what waits printed, and to see why it was not

    def __init__(self, counter: Counter, *, presses: Presses) -> None:
        super().__init__()
        self.counter, self.presses = counter, presses
        self.queue = Queue()
        self.batches: list[Batch] = []
        self.fault: Fault | None = None
        self.at_work: int | None = None
        self._busy = True
        # Copies somebody asked for, and which copy it is where that was found out already.
        self._again: dict[int, int] = {}
        self._told = ""
        self._looked = self._loud = False
        self._aside: Printer | None = None
        # The printer at work, and the copies that had been asked for when its work was taken.
        self._using: Printer | None = None
        self._asked: frozenset[int] = frozenset()
        self._pause = 0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._retry)
        self._left_over()

    # What can be asked of it

    def print_voucher(self, _number: int) -> None:
        """A voucher was posted: its paper comes in the order of its number."""
        self._go()

    def print_again(self, number: int) -> None:
        """A marked copy of a voucher; its original, if none can be out."""
        self._again.setdefault(number, 0)
        self.print_waiting()

    def print_waiting(self) -> None:
        """Try now, whatever the printer said last; it says it again where it still holds."""
        self._pause = 0
        self._loud = True
        self._retry()

    def ask_waiting(self) -> None:
        """Try now, with what waits in sight until nothing does."""
        self.print_waiting()
        self.asked.emit()

    def print_files(
        self, files: Sequence[File], *, title: str, then: Callable[[Batch], None] = lambda _batch: None,
        printer: Printer | None = None,
    ) -> Batch:  # fmt: skip
        """Print files that are no vouchers, in order, behind the receipts; on the printer for papers, or on another.

        `then` gets the batch when it is done or was stopped.
        """
        batch = Batch(files, title=title, printer=printer, then=then)
        batch.moved.connect(self.moved)
        self.batches = [one for one in self.batches if one.state == "running"]
        if batch.state == "done":
            then(batch)
        else:
            self.batches.append(batch)
            self._go()
            self.moved.emit()
        return batch

    def save_waiting(self, folder: Path) -> None:
        """Everything that waits now goes into a folder as files, and counts as printed there."""
        self._aside = Tray(folder, medium=self.presses.receipts.medium)
        self.print_waiting()

    def answer(self, number: int) -> None:
        """Somebody has the paper of a voucher in their hand."""
        sheets = next((one.sheets for one in self.queue.doubtful if one.number == number), 0)
        if sheets:
            self.counter.ask(partial(_mark, number=number, sheets=sheets), then=self._look_again, failed=self.failed.emit)

    def choose(self) -> None:
        """The printers were chosen anew."""
        self.counter.ask(self.presses.read, then=lambda _none: self.print_waiting(), failed=self.failed.emit)

    @property
    def busy(self) -> bool:
        return self._busy

    @property
    def pause_s(self) -> int:
        """Seconds until it is tried again."""
        return max(round(self._timer.remainingTime() / 1000), 0)

    @property
    def waiting(self) -> int:
        """How many vouchers have no paper, in doubt or not."""
        return len(self.queue.waiting) + len(self.queue.doubtful)

    def end(self) -> None:
        """Print nothing more from here; what is in the printer comes out and is found so."""
        self._timer.stop()

    # What an earlier run left

    def _left_over(self) -> None:
        """Ask the printers what became of what was begun, after whatever they are printing now."""

        def read(desk: "Desk") -> "tuple[bytes, tuple[tuple[Begun, str], ...]]":
            from desktop.press.tray import name_of

            self.presses.read(desk)
            names = tuple((one, name_of(desk, one.number, copy_of=one.copy_of)) for one in desk.begun())
            return desk.book.book, names

        self._busy = True
        self.counter.ask(read, then=lambda found: self._ask_printers(*found), failed=self._stop)

    def _ask_printers(self, book: bytes, begun: "tuple[tuple[Begun, str], ...]") -> None:
        def asked() -> "tuple[tuple[Begun, bool | None], ...]":
            return tuple((one, self._became(book, one, name)) for one, name in begun)

        self.counter.carry("papers", call=asked, then=self._settle, failed=self._stop)

    def _became(self, book: bytes, begun: "Begun", name: str) -> bool | None:
        key = (book, begun.number)
        if self.presses.ended.get(key) is not None:
            return self.presses.ended.pop(key)
        try:
            printer = self.presses.at(begun.printer)
            return printer.came_out(name) if printer else None
        except Fault:
            return None

    def _settle(self, found: "tuple[tuple[Begun, bool | None], ...]") -> None:
        def settle(desk: "Desk") -> None:
            for begun, out in found:
                if out:
                    desk.mark_printed(begun.number, sheets=begun.sheets)
                elif out is not None:
                    desk.not_printed(begun.number)

        def settled(_none: None) -> None:
            if not self._looked and any(out is None for _, out in found):
                self.left.emit()
            self._looked = True
            self._free()

        self.counter.ask(settle, then=settled, failed=self._stop)

    # One after the other

    def _go(self) -> None:
        """The next, unless one is under way or the printer does not print."""
        if self._busy or self.fault is not None:
            self._look_again()
            return
        self._busy, self._asked = True, frozenset(self._again)
        batch = next((one for one in self.batches if one.state == "running"), None)
        file = batch.files[batch.done] if batch else None
        self.counter.ask(
            partial(_next, again=dict(self._again), file=file, words=self.counter.words),
            then=partial(self._begin, batch), failed=partial(self._drop, batch),
        )  # fmt: skip

    def _begin(self, batch: Batch | None, found: "tuple[Queue, Work | None]") -> None:
        self.queue, work = found
        if not self.queue.waiting:
            self._aside = None
        if work is None:
            self._busy, self.at_work = False, None
            if self.queue.doubtful:
                # A queue of the system that was stopped may yet print what it holds.
                self._wait()
            # Asked for while the book was being asked what is next.
            if self._again or any(one.state == "running" for one in self.batches):
                self._go()
                return
            self.counter.refresh()
            self.moved.emit()
            return
        self.at_work = work.number
        self.moved.emit()
        batch = None if work.number else batch
        if batch is not None and batch.state != "running":  # stopped meanwhile
            self._free()
            return
        printer = self._using = self._printer(work, batch)

        def ready() -> tuple[tuple[str, bytes], ...]:
            from desktop.press.printers import drawn_for

            printer.look()
            return tuple((name, drawn_for(printer, sheets)) for name, sheets in work.files)

        self.counter.carry(
            "papers", call=ready, then=partial(self._hand_over, work, batch, printer), failed=self._stop
        )

    def _printer(self, work: Work, batch: Batch | None) -> Printer:
        if batch is not None:
            return batch.printer or self.presses.papers
        return self._aside or self.presses.printer_for(work.files[-1][1])

    def _hand_over(
        self, work: Work, batch: Batch | None, printer: Printer, pdfs: tuple[tuple[str, bytes], ...]
    ) -> None:
        if not work.number:
            self._print(work, batch, printer, pdfs, b"")
            return

        def begin(desk: "Desk") -> bytes:
            from desktop.store import Begun

            desk.begin_print(Begun(work.number, work.copy_of, work.sheets, printer.place))
            # Until the papers worker has it, nothing is out, even if nobody is left to be told.
            self.presses.ended[desk.book.book, work.number] = False
            return desk.book.book

        self.counter.ask(begin, then=partial(self._print, work, batch, printer, pdfs), failed=partial(self._drop, None))

    def _print(
        self, work: Work, batch: Batch | None, printer: Printer, pdfs: tuple[tuple[str, bytes], ...], book: bytes
    ) -> None:
        key, ended = (book, work.number), self.presses.ended

        def put() -> None:
            out = 0
            ended[key] = None
            try:
                for name, pdf in pdfs:
                    printer.put(name, pdf)
                    out += 1
            except Fault as fault:
                # A part of it may be out: then all of it is in doubt, as nobody can tell the part from the whole.
                ended[key] = None if out or getattr(fault, "doubtful", False) else False
                raise
            ended[key] = True

        self.counter.carry(
            "papers", call=put, then=lambda _none: self._came_out(work, batch, key), failed=partial(self._failed, work, key)
        )

    def _came_out(self, work: Work, batch: Batch | None, key: tuple[bytes, int]) -> None:
        self.presses.ended.pop(key, None)
        if self._told:
            self.counter.said.emit(self.counter.say("print_queue.goes_on"), "ok")
        self._pause, self._told = 0, ""
        if batch is not None:
            batch.count()
            self._free()
            return
        # A copy that was asked for while the original was in the printer is still to come.
        if work.number in self._asked:
            self._again.pop(work.number, None)

        def marked(_none: None) -> None:
            self.queue = self.queue._replace(waiting=tuple(one for one in self.queue.waiting if one != work.number))
            self.counter.refresh()
            self._free()

        self.counter.ask(partial(_mark, number=work.number, sheets=work.sheets), then=marked, failed=self._stop)

    def _failed(self, work: Work, key: tuple[bytes, int], fault: Fault) -> None:
        nothing = self.presses.ended.pop(key, None) is False
        # A copy in place of what was in doubt leaves that doubt as it is: it is still a person's to answer.
        before = work.number in {one.number for one in self.queue.doubtful}
        if nothing and work.number in self._again:
            self._again[work.number] = work.copy_of
        elif not nothing:
            # Somebody looks at the paper before any more of it is made.
            self._again.pop(work.number, None)
        if not work.number or not nothing or before:
            self._stop(fault)
            return
        self.counter.ask(lambda desk: desk.not_printed(work.number), then=lambda _none: self._stop(fault), failed=self._stop)

    def _free(self) -> None:
        self._busy, self.at_work = False, None
        self._go()

    # When it does not print

    def _drop(self, batch: Batch | None, fault: Fault) -> None:
        """What cannot be read or begun: a copy or a batch that was asked for is given up, all else stops the queue."""
        if self.queue.waiting or not isinstance(fault, Refusal):
            self._stop(fault)
            return
        if self._again:
            self._again.clear()
        elif batch is not None:
            batch.stop()
        else:
            self._stop(fault)
            return
        self._busy, self.at_work = False, None
        self.failed.emit(fault)
        self._go()

    def _stop(self, fault: Fault) -> None:
        """The printer does not print: say why once, and try again after a pause."""
        known, self._told = self._told == fault.code and not self._loud, fault.code
        self._loud = False
        self.fault, self._busy, self.at_work = fault, False, None
        # A folder that was chosen while the printer was failing is still the one to try.
        if self._using is self._aside:
            self._aside = None
        self._wait()
        self._look_again()
        if not known:
            self.failed.emit(fault)

    def _wait(self) -> None:
        """Try again after a pause that grows."""
        if not self.counter.ended:
            self._timer.start(round(PAUSES_S[min(self._pause, len(PAUSES_S) - 1)] * 1000))
        self._pause += 1

    def _retry(self) -> None:
        self._timer.stop()
        if self._busy:
            return
        before, self.fault = self.fault, None
        # A queue of the system that was stopped may have printed meanwhile what it had been given.
        if before is not None or self.queue.doubtful:
            self._left_over()
        else:
            self._go()

    def _look_again(self, _none: object = None) -> None:
        """What waits and what is in doubt, as the book has it now."""

        def show(found: Queue) -> None:
            at_work = self.at_work
            self.queue = Queue(found.waiting, tuple(one for one in found.doubtful if one.number != at_work))
            self.counter.refresh()
            self.moved.emit()

        self.counter.ask(_queue, then=show)


def _queue(desk: "Desk") -> Queue:
    return Queue(desk.waiting(), desk.begun())


def _mark(desk: "Desk", *, number: int, sheets: int) -> None:
    desk.mark_printed(number, sheets=sheets)


def _next(desk: "Desk", *, again: dict[int, int], file: File | None, words: "Words") -> tuple[Queue, Work | None]:
    """The first voucher that waits; else a copy somebody asked for; else a file of a batch."""
    queue = _queue(desk)
    number = next(iter((*queue.waiting, *again)), 0)
    if number:
        return queue, voucher_work(desk, number, words=words, copy_of=again.get(number, 0))
    return queue, Work(0, 0, ((file.name, file.write(desk)),)) if file else None


def voucher_work(desk: "Desk", number: int, *, words: "Words", copy_of: int = 0) -> Work:
    """All paper of a voucher: its original where none can be out, else a copy; its count is the next, or is given.

    Raises `ReverseUnknown` for a number that is not in the book.
    """
    from desktop.press.tray import files_of
    from desktop.sheets.entries import copies

    whole = copies(desk.voucher(number).entry.body.kind)
    doubt = next((one for one in desk.begun() if one.number == number), None)
    printed = desk.book.sheets().get(number, 0) + (doubt.sheets if doubt else 0)
    copy_of = copy_of or -(-printed // whole)
    return Work(number, copy_of, files_of(desk, number, words=words, copy_of=copy_of))
