"""Paper after a post: the sheet is read from the book, drawn by the papers worker, and then counted.

The printer is a folder (`desktop.tray`); whatever takes its place has the same one verb. A sheet that did
not come out leaves its voucher among the unprinted ones, and never touches the book.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from desktop.ui.counter import Counter
from sync.errors import Fault

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.sheet import Sheet


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

        def read(desk: "Desk") -> "tuple[str, tuple[Sheet, ...]]":
            from desktop.tray import sheets_of

            return sheets_of(desk, number, words=words, copy_of=copy_of)

        def draw(made: "tuple[str, tuple[Sheet, ...]]") -> None:
            name, sheets = made
            self.counter.carry(
                "papers",
                call=lambda: self._printer.print_sheets(name, sheets=sheets),
                then=lambda _none: self._count(number, len(sheets)),
                failed=self._stop(number),
            )

        self.counter.ask(read, then=draw, failed=self._stop(number))

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
