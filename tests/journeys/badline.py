"""A bad line between two programs: what comes back is cut off after some bytes, or never comes at all.

A loopback relay in a thread of its own; the order of what shall go wrong is given beforehand, one for
each connection, and after that the line is good.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit


class Cut(NamedTuple):
    """Close after `after` bytes of the answer; `reset` as a broken connection and not as an end."""

    after: int
    reset: bool


class Line:
    """Relays to `office_url`; `address` is what a courier is given instead."""

    def __init__(self, office_url: str, cuts: list[Cut]) -> None:
        split = urlsplit(office_url)
        self._target = (split.hostname or "127.0.0.1", split.port or 80)
        self.cuts = cuts
        self.fired = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                cut = self.cuts.pop(0) if self.cuts else None
                thread = threading.Thread(target=self._relay, args=(near, cut), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _relay(self, near: socket.socket, cut: Cut | None) -> None:
        with contextlib.suppress(OSError), near, socket.create_connection(self._target) as far:
            up = threading.Thread(target=_pump, args=(near, far), daemon=True)
            up.start()
            left = cut.after if cut else None
            while left is None or left > 0:
                piece = far.recv(65536 if left is None else min(left, 65536))
                if not piece:
                    break
                near.sendall(piece)
                left = None if left is None else left - len(piece)
            if cut is not None:
                self.fired += 1
                if cut.reset:
                    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            for one in (near, far):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            up.join(timeout=5)

    def close(self) -> None:
        # A socket that is being accepted on is woken by a shutdown and not by a close.
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in (self._accepting, *self._threads):
            thread.join(timeout=5)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)


@contextlib.contextmanager
def bad_line(office_url: str, *cuts: Cut) -> Iterator[Line]:
    line = Line(office_url, list(cuts))
    try:
        yield line
    finally:
        line.close()
