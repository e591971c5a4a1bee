"""Paper after a post: the sheet is read from the book, drawn by the papers worker, and then counted.

The printer is a folder (`desktop.press.tray`); whatever takes its place has the same one verb. A sheet that did
not come out leaves its voucher among the unprinted ones, and never touches the book.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from desktop.ui.counter import Counter
from sync.errors import Fault

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.sheets.sheet import Sheet

    # What one file is called, and its sheets.
    File = tuple[str, tuple[Sheet, ...]]


class Printer(Protocol):
    """Whatever makes paper: takes a voucher's number as text and its copies."""

    def print_sheets(self, name: str, *, sheets: "tuple[Sheet, ...]") -> None: ...


class Printing(QObject):
    """Prints one voucher after the other. `moved` tells that one came out, or did not."""

    moved = Signal()
    failed = Signal(object)

    def __init__(self, counter: Counter, *, printer: Printer) -> None:
        super().__init__()
        self.counter = counter
        self._printer = printer
        self._under_way: set[int] = set()

    def print_voucher(self, number: int, *, copy_of: int = 0) -> None:
        """Print a voucher; `copy_of` counts reprints, and marks the sheets as such."""
        if number in self._under_way:
            return
        self._under_way.add(number)
        words = self.counter.words

        def read(desk: "Desk") -> "tuple[File, ...]":
            from desktop.press.tray import attached_to, sheets_of

            further = attached_to(desk, number, words=words, copy_of=copy_of)
            return (*further, sheets_of(desk, number, words=words, copy_of=copy_of))

        def draw(files: "tuple[File, ...]") -> None:
            # The copies come last: they are what is counted, and all else has come out by then.
            copies = len(files[-1][1])
            self.counter.carry(
                "papers",
                call=lambda: self._print(files),
                then=lambda _none: self._count(number, copies),
                failed=self._stop(number),
            )

        self.counter.ask(read, then=draw, failed=self._stop(number))

    def _print(self, files: "tuple[File, ...]") -> None:
        for name, sheets in files:
            self._printer.print_sheets(name, sheets=sheets)

    def print_waiting(self) -> None:
        """Print everything that has not come out."""

        def each(numbers: tuple[int, ...]) -> None:
            for number in numbers:
                self.print_voucher(number)

        self.counter.ask(lambda desk: desk.unprinted(), then=each)

    def _count(self, number: int, sheets: int) -> None:
        def counted(_none: None) -> None:
            self._under_way.discard(number)
            self.counter.refresh()
            self.moved.emit()

        self.counter.ask(
            lambda desk: desk.mark_printed(number, sheets=sheets), then=counted, failed=self._stop(number)
        )

    def _stop(self, number: int) -> Callable[[Fault], None]:
        def stop(fault: Fault) -> None:
            self._under_way.discard(number)
            self.failed.emit(fault)

        return stop
