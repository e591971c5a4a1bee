"""The way to a roll printer: bytes there and, where the way goes both ways, bytes back. Nothing waits without a limit.

On Linux a printer is a socket or a character device; on Windows a port (`COM3`) or a shared printer
(`\\\\computer\\name`) is opened as a file, which can be written and not asked.
"""

import os
import socket
import sys
import time
from types import TracebackType
from typing import Protocol, Self

from sync.errors import Refusal

# A printer on the same network answers a call in milliseconds; one that is off never does.
CALL_S = 4.0
# A band of a page is printed in a quarter of a second; a printer that takes none for so long has stopped.
SEND_S = 8.0
PORT = 9100


class AddressUnclear(Refusal):
    code = "printer.address-unclear"
    vi = "“{address}” không phải địa chỉ máy in. Nhập địa chỉ và cổng, ví dụ 192.168.1.50:9100."
    en = "“{address}” is no printer's address. Type address and port, as in 192.168.1.50:9100."


class Cable(Protocol):
    """Raises `OSError` (of which a time-out is one) when the way is gone."""

    def send(self, raw: bytes) -> None: ...

    def receive(self, wait_s: float) -> bytes:
        """What came within the time; nothing, if nothing did."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


def address(text: str) -> tuple[str, int]:
    """`host:port` or a host alone, in pieces. Raises `AddressUnclear`."""
    host, _, port = text.strip().rpartition(":") if text.count(":") == 1 else (text.strip(), "", str(PORT))
    if not host or " " in host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise AddressUnclear(address=text[:60])
    return host, int(port)


class Net:
    """A printer that listens on a port. Raises `OSError`, `AddressUnclear`."""

    def __init__(self, where: str) -> None:
        self._socket = socket.create_connection(address(where), timeout=CALL_S)

    def send(self, raw: bytes) -> None:
        self._socket.settimeout(SEND_S)
        self._socket.sendall(raw)

    def receive(self, wait_s: float) -> bytes:
        self._socket.settimeout(max(wait_s, 0.01))
        try:
            found = self._socket.recv(64)
        except TimeoutError:
            return b""
        if not found:
            raise ConnectionResetError("closed")
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._socket.close()


class Device:
    """A device file. Raises `OSError`."""

    def __init__(self, where: str) -> None:
        # Some drivers take no reader: such a printer is one that never answers.
        both = os.O_RDWR | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
        try:
            self._file = os.open(where, both if sys.platform != "win32" else os.O_RDWR | getattr(os, "O_BINARY", 0))
            self._reads = sys.platform != "win32"
        except PermissionError:
            self._file = os.open(where, os.O_WRONLY | (both & ~os.O_RDWR))
            self._reads = False

    def send(self, raw: bytes) -> None:
        left = memoryview(raw)
        until = time.monotonic() + SEND_S
        while left:
            try:
                left = left[os.write(self._file, left) :]
                until = time.monotonic() + SEND_S
            except BlockingIOError:
                if time.monotonic() > until:
                    raise TimeoutError("no room") from None
                time.sleep(0.02)

    def receive(self, wait_s: float) -> bytes:
        until = time.monotonic() + wait_s
        while self._reads:
            try:
                if found := os.read(self._file, 64):
                    return found
            except BlockingIOError:
                pass
            if time.monotonic() > until:
                break
            time.sleep(0.01)
        return b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._file)
