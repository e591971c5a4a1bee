"""A receipt printer as a program sees it: a port that takes ESC/POS, answers, and runs out of paper.

It reads what it is sent by itself and shares no line with the code that sends it. `papers` are what came out, each
a list of rows of bits; a command that it does not know fails the test that sent it.
"""

import contextlib
import socket
import threading
from typing import Literal, Self

import zxingcpp
from PIL import Image

Speaks = Literal["in turn", "at once", "never"]


class FakeRoll:
    """`rows_left` is how much paper it has; `hangs` takes calls and then nothing; `breaks_after` so many rows it hangs up."""

    def __init__(self, *, speaks: Speaks = "in turn", dots: int = 576, rows_left: int = 10**9) -> None:
        self.speaks, self.dots, self.rows_left = speaks, dots, rows_left
        self.cover_open = self.hangs = False
        self.breaks_after = 10**9
        self.papers: list[list[bytes]] = []
        self.unknown: list[bytes] = []
        self.received = b""
        self._page: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(10)
        self._listener.close()

    @property
    def where(self) -> str:
        return "{}:{}".format(*self._listener.getsockname())

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                call, _ = self._listener.accept()
            except TimeoutError:
                continue
            with call, contextlib.suppress(ConnectionError):
                self._talk(call)

    def _talk(self, call: socket.socket) -> None:
        call.settimeout(0.05)
        held = b""
        self._page = []
        while not self._ended.is_set():
            if self.hangs:
                self._ended.wait(0.05)
                continue
            with contextlib.suppress(TimeoutError):
                found = call.recv(65_536)
                if not found:
                    return
                self.received += found
                held += found
            if self.paper_out or self.cover_open:
                # It prints nothing, and still answers what is asked at once.
                while (at := held.find(b"\x10\x04")) >= 0 and len(held) > at + 2:
                    self._answer(call, held[at + 2])
                    held = held[:at] + held[at + 3 :]
                continue
            held = self._work(call, held)

    @property
    def paper_out(self) -> bool:
        return self.rows_left <= 0

    def _work(self, call: socket.socket, held: bytes) -> bytes:
        while held and not self.paper_out:
            used = self._one(call, held)
            if not used:
                return held
            held = held[used:]
        return held

    def _one(self, call: socket.socket, held: bytes) -> int:
        """The length of the first command that is whole, after doing it; 0 where more has to come."""
        match held[:2]:
            case b"\x1b@":
                return 2
            case b"\x10\x04":
                if len(held) > 2:
                    self._answer(call, held[2])
                return 3 if len(held) > 2 else 0
            case b"\x1dr":
                if len(held) > 2 and self.speaks == "in turn":
                    call.sendall(b"\x00")
                return 3 if len(held) > 2 else 0
            case b"\x1bd":
                return 3 if len(held) > 2 else 0
            case b"\x1dV":
                if len(held) > 3:
                    self.papers.append(self._page)
                    self._page = []
                return 4 if len(held) > 3 else 0
            case b"\x1dv":
                return self._raster(held)
            case part if len(part) < 2:
                return 0
            case _:
                self.unknown.append(held[:8])
                return 1

    def _raster(self, held: bytes) -> int:
        if len(held) < 8:
            return 0
        wide, high = int.from_bytes(held[4:6], "little"), int.from_bytes(held[6:8], "little")
        whole = 8 + wide * high
        if len(held) < whole:
            return 0
        if wide * 8 != self.dots:
            self.unknown.append(held[:8])
        for at in range(8, whole, wide):
            if self.paper_out:
                break
            self._page.append(held[at : at + wide])
            self.rows_left -= 1
            self.breaks_after -= 1
            if self.breaks_after <= 0:
                raise ConnectionResetError
        return whole

    def _answer(self, call: socket.socket, which: int) -> None:
        if self.speaks == "never":
            return
        offline = 0x08 if self.cover_open or self.paper_out else 0
        cause = (0x04 if self.cover_open else 0) | (0x20 if self.paper_out else 0)
        call.sendall(bytes((0x12 | {1: offline, 2: cause, 4: 0x60 if self.paper_out else 0}[which],)))


def picture(rows: list[bytes]) -> Image.Image:
    """What came out, to be looked at."""
    wide = len(rows[0]) * 8
    return Image.frombytes("1", (wide, len(rows)), bytes(255 - byte for row in rows for byte in row)).convert("L")


def codes(rows: list[bytes]) -> list[str]:
    """The QR codes on a paper."""
    return [found.text for found in zxingcpp.read_barcodes(picture(rows))]
