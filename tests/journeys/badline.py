"""A bad line between two programs: it breaks, falls silent or turns a bit at one exact byte, one way or the other.

A loopback relay in threads of its own. What shall go wrong is given beforehand or drawn, one for each
connection; a connection without one is good.
"""

import contextlib
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

# Ends as a message does; is reset; nothing comes any more and nobody says so; one bit is another.
Mode = Literal["fin", "rst", "stall", "flip"]
Way = Literal["up", "down"]


class Cut(NamedTuple):
    """What befalls a connection after so many bytes one way: `up` is towards the office."""

    after: int
    mode: Mode = "fin"
    way: Way = "down"
    bit: int = 0


class Line:
    """Relays to `office_url`; `address` is what a courier is given instead. `cuts` are for the next connections.

    `log` counts the faults by way and mode, `carried` the bytes each way.
    """

    def __init__(self, office_url: str, cuts: Iterable[Cut], *, drawn: Callable[[], Cut | None] = lambda: None) -> None:
        split = urlsplit(office_url)
        self._target = (split.hostname or "127.0.0.1", split.port or 80)
        self.cuts = list(cuts)
        self.drawn = drawn
        self.log: Counter[str] = Counter()
        self.carried: Counter[Way] = Counter()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"{split.scheme}://127.0.0.1:{self._listening.getsockname()[1]}"
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def fired(self) -> int:
        """How many faults there were."""
        return sum(self.log.values())

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                cut = self.cuts.pop(0) if self.cuts else self.drawn()
                self._threads = [one for one in self._threads if one.is_alive()]
                thread = threading.Thread(target=self._relay, args=(near, cut), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _relay(self, near: socket.socket, cut: Cut | None) -> None:
        with contextlib.suppress(OSError), near, socket.create_connection(self._target) as far:
            self._open |= {near, far}
            silent = threading.Event()
            ends = (near, far)
            pumps = {
                "up": threading.Thread(target=self._pump, args=(near, far, "up", cut, silent, ends), daemon=True),
                "down": threading.Thread(target=self._pump, args=(far, near, "down", cut, silent, ends), daemon=True),
            }
            for one in pumps.values():
                one.start()
            for one in pumps.values():
                one.join()
            self._open -= {near, far}

    def _pump(
        self, source: socket.socket, sink: socket.socket, way: Way, cut: Cut | None, silent: threading.Event,
        ends: tuple[socket.socket, socket.socket],
    ) -> None:  # fmt: skip
        here = cut if cut is not None and cut.way == way else None
        gone = 0
        with contextlib.suppress(OSError):
            while not (here and here.mode != "flip" and gone >= here.after):
                left = here.after - gone if here and here.mode != "flip" else 65536
                piece = bytearray(source.recv(min(left, 65536)))
                if not piece:
                    _hang_up(sink, reset=False)
                    return
                if here and here.mode == "flip" and gone <= here.after < gone + len(piece):
                    piece[here.after - gone] ^= 1 << here.bit
                    self.log[f"{way} flip"] += 1
                    # What bears a wrong bit may bear more of them.
                    again, gone = self.drawn(), -len(piece)
                    here = again._replace(way=way) if again else None
                gone += len(piece)
                self.carried[way] += len(piece)
                if not silent.is_set():
                    sink.sendall(piece)
            if here is None:
                return
            self.log[f"{way} {here.mode}"] += 1
            if here.mode == "stall":
                silent.set()
                while source.recv(65536):
                    pass
            for one in ends:
                _hang_up(one, reset=here.mode == "rst")

    def close(self) -> None:
        # A socket that is being accepted on is woken by a shutdown and not by a close.
        for one in (self._listening, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in (self._accepting, *self._threads):
            thread.join(timeout=5)


def _hang_up(end: socket.socket, *, reset: bool) -> None:
    with contextlib.suppress(OSError):
        if reset:
            # The reset goes out when the relay closes it, which this wakes.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def bad_line(office_url: str, *cuts: Cut, drawn: Callable[[], Cut | None] = lambda: None) -> Iterator[Line]:
    line = Line(office_url, cuts, drawn=drawn)
    try:
        yield line
    finally:
        line.close()
