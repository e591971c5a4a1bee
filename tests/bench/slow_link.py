"""A 2G line between two network namespaces: real TCP over it meets a real rate, delay, loss, jitter and dead minutes.

Two TUN devices and a thread that carries their packets; neither netem nor a compiler is needed, only root. Each
packet waits for those before it (the rate), then travels (half the round trip, and jitter), or is lost.
"""

import contextlib
import ctypes
import fcntl
import heapq
import os
import select
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeVar

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI, _CLONE_NEWNET = 0x400454CA, 0x1, 0x1000, 0x40000000
NEAR, FAR = "10.99.0.1", "10.99.0.2"
T = TypeVar("T")


class Quality(NamedTuple):
    """What the line does: bit/s, seconds there and back, share of packets lost, seconds of jitter, and when it is dead."""

    bits_a_second: float = 64_000
    round_trip_s: float = 0.6
    loss: float = 0.05
    jitter_s: float = 0.08
    # Begin and length, in seconds from the last `reset`.
    dead: tuple[tuple[float, float], ...] = ()
    packet_bytes: int = 1_400
    queue_packets: int = 40


GOOD = Quality(bits_a_second=1e9, round_trip_s=0, loss=0, jitter_s=0)


def possible() -> str:
    """Why there can be no such line on this machine; empty where there can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "root is needed for network namespaces"
    if not Path("/dev/net/tun").exists():
        return "this kernel has no TUN devices"
    made = subprocess.run(["ip", "netns", "list"], capture_output=True, check=False)
    return "" if made.returncode == 0 else "there is no ip command with namespaces"


class Link:
    """The line, up until it is closed. `sent` counts bytes with all headers: towards `FAR`, and back."""

    def __init__(self, quality: Quality, random: Random) -> None:
        self.quality = quality
        self._random = random
        # The kernel takes fifteen letters, and two runs on one machine must not meet.
        self._names = (f"dgn{os.getpid()}", f"dgf{os.getpid()}")
        self._devices: list[int] = []
        self._ended = threading.Event()
        self.reset()
        try:
            for place, (name, address) in enumerate(zip(self._names, (NEAR, FAR), strict=True)):
                self._devices.append(self._device(name, address, place))
        except BaseException:
            self.close()
            raise
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def reset(self) -> None:
        """Begin counting again."""
        self.sent, self.packets, self.lost = [0, 0], 0, 0
        self._begun_s = time.monotonic()

    def _device(self, name: str, address: str, place: int) -> int:
        _ip("netns", "add", name)
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH", f"{name}t"[:15].encode(), _IFF_TUN | _IFF_NO_PI))
        _ip("link", "set", f"{name}t", "netns", name)
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "addr", "add", f"{address}/24", "dev", f"{name}t")
        _ip("-n", name, "link", "set", f"{name}t", "mtu", str(self.quality.packet_bytes), "up")
        return device

    def _carry(self) -> None:
        waiting: list[tuple[float, int, int, bytes]] = []
        free_s, queued, number = [0.0, 0.0], [0, 0], 0
        while not self._ended.is_set():
            now = time.monotonic()
            while waiting and waiting[0][0] <= now:
                _, _, to, packet = heapq.heappop(waiting)
                queued[to] -= 1
                with contextlib.suppress(OSError):
                    os.write(self._devices[to], packet)
            until = min(max(waiting[0][0] - now, 0), 0.1) if waiting else 0.1
            for device in select.select(self._devices, [], [], until)[0]:
                with contextlib.suppress(BlockingIOError):
                    while packet := os.read(device, 65536):
                        # The kernel's own chatter on a new device is no traffic of ours.
                        if packet[0] >> 4 != 4:
                            continue
                        to, now, quality = 1 - self._devices.index(device), time.monotonic(), self.quality
                        self.packets += 1
                        self.sent[0 if to else 1] += len(packet)
                        gone = now - self._begun_s
                        dead = any(begin <= gone < begin + length for begin, length in quality.dead)
                        if dead or queued[to] >= quality.queue_packets or self._random.random() < quality.loss:
                            self.lost += 1
                            continue
                        free_s[to] = max(free_s[to], now) + len(packet) * 8 / quality.bits_a_second
                        there = free_s[to] + quality.round_trip_s / 2 + self._random.random() * quality.jitter_s
                        number += 1
                        queued[to] += 1
                        heapq.heappush(waiting, (there, number, to, packet))

    def at(self, end: str, call: Callable[[], T]) -> T:
        """What a call gives that is made at one end of the line (`NEAR` or `FAR`), on a thread of its own."""
        name = self._names[0 if end == NEAR else 1]

        def there() -> T:
            with open(f"/run/netns/{name}", "rb") as space:
                libc = ctypes.CDLL(None, use_errno=True)
                if libc.setns(space.fileno(), _CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            return call()

        with ThreadPoolExecutor(1) as threads:
            return threads.submit(there).result()

    def close(self) -> None:
        self._ended.set()
        if hasattr(self, "_thread"):
            self._thread.join()
        for device in self._devices:
            os.close(device)
        for name in self._names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextlib.contextmanager
def link(quality: Quality, random: Random) -> Iterator[Link]:
    """A line that is taken down again whatever happens on it."""
    made = Link(quality, random)
    try:
        yield made
    finally:
        made.close()
