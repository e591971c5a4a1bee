"""One document for many: written, and printed or kept, one after the other while other work goes on.

The desk writes each between two other questions, and the papers worker takes each as it takes a receipt, so a
run of a hundred holds nobody up. Whoever has nothing to be said about them is passed over and counted.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QElapsedTimer, QObject, Signal

from desktop.ui.counter import Counter
from sync.errors import Fault

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.sheets.sheet import Sheet

# What one file is called and its sheets.
File = tuple[str, "tuple[Sheet, ...]"]
Done = Callable[[], None]
Failed = Callable[[Fault], None]
# Takes a file, and gives one of the two answers: it came out, or it did not and why.
Out = Callable[[File, Done, Failed], None]


class Progress(NamedTuple):
    """How far a run is: so many `done` of `total`, so many of them with nothing to say; `left_s` None: nobody knows yet."""

    done: int
    total: int
    empty: int
    left_s: int | None


class DocumentRun(QObject):
    """A run at a time. `moved` tells that it went on; `ended` carries the fault that ended it, or None."""

    moved = Signal()
    ended = Signal(object)

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.counter = counter
        self.name = ""
        self.stopped = False
        self._key = ""
        self._codes: tuple[str, ...] = ()
        self._at, self._empty = 0, 0
        self._out: Out | None = None
        self._clock = QElapsedTimer()

    @property
    def busy(self) -> bool:
        return self._out is not None

    @property
    def progress(self) -> Progress:
        total, left = len(self._codes), None
        if self._at:
            left = round(self._clock.elapsed() / self._at * (total - self._at) / 1000)
        return Progress(self._at, total, self._empty, left)

    def begin(self, name: str, *, key: str, codes: tuple[str, ...], out: Out) -> None:
        """Begin with the first of these; what is under way goes on and nothing is begun."""
        if self.busy or not codes:
            return
        self.name, self._key, self._codes, self._out = name, key, codes, out
        self._at, self._empty, self.stopped = 0, 0, False
        self._clock.start()
        self._next()

    def stop(self) -> None:
        """Make no more; the one under way comes out."""
        self.stopped = True

    def halt(self) -> None:
        """The one under way will not come out."""
        self.stopped = True
        if self.busy:
            self._end(None)

    def _next(self) -> None:
        if self.stopped or self._at == len(self._codes):
            self._end(None)
            return
        self.moved.emit()
        key, code, words = self._key, self._codes[self._at], self.counter.words

        def write(desk: "Desk") -> File:
            from desktop.sheets.catalogue import written

            return written(desk.occasion(words), key, code)

        self.counter.ask(write, then=self._put_out, failed=self._end)

    def _put_out(self, file: File) -> None:
        if not file[1]:
            self._empty += 1
            self._done()
        elif self._out is not None:
            self._out(file, self._done, self._end)

    def _done(self) -> None:
        self._at += 1
        self._next()

    def _end(self, fault: Fault | None) -> None:
        self._out = None
        self.moved.emit()
        self.ended.emit(fault)
