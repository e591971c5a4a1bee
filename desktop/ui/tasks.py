"""Workers with one thread each, so that the window never waits: books, papers, wire, mirror.

A job is asked of one worker and its answer is delivered on the window's own thread. A `Fault` goes
to whoever asked; anything else is a bug of this program and reaches the top of the window's thread.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from sync.errors import Fault

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

Worker = Literal["books", "papers", "wire", "mirror"]
T = TypeVar("T")


class Workers(QObject):
    """The threads. `settled` tells that the last job asked for has been answered."""

    settled = Signal()
    _answered = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.pending = 0
        self._ended = False
        self._threads: dict[Worker, ThreadPoolExecutor] = {}
        self._answered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        worker: Worker,
        *,
        call: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[Fault], None],
    ) -> None:
        """Ask `worker` for `call()`; its answer comes to `then`, a fault to `failed`, on this thread."""
        if self._ended:
            return
        self.pending += 1

        def answer(future: "Future[T]") -> None:
            self._answered.emit((future, then, failed))

        self._thread(worker).submit(call).add_done_callback(answer)

    def _thread(self, worker: Worker) -> "ThreadPoolExecutor":
        """A worker's thread, made when it is first asked: the first page asks nobody."""
        if worker not in self._threads:
            from concurrent.futures import ThreadPoolExecutor

            self._threads[worker] = ThreadPoolExecutor(max_workers=1, thread_name_prefix=worker)
        return self._threads[worker]

    @Slot(object)
    def _deliver(self, answered: tuple["Future[Any]", Callable[[Any], None], Callable[[Fault], None]]) -> None:
        future, then, failed = answered
        self.pending -= 1
        try:
            error = future.exception()
            if error is None:
                then(future.result())
            elif isinstance(error, Fault):
                failed(error)
            else:
                raise error
        finally:
            if not self.pending:
                self.settled.emit()

    def end(self) -> None:
        """Finish what was begun and take nothing more."""
        self._ended = True
        for thread in self._threads.values():
            thread.shutdown(wait=True)
