"""A disk at a power cut, from a trace of system calls: what a program wrote, flushed, renamed and told, in its order.

`recorded` reads a trace; `Disk` takes its calls one by one and can be asked at any of them what a power cut would
leave. It promises less than ext4 and xfs do: bytes last once their file was flushed, a name once its folder was.
Bytes that were not flushed are kept, dropped, torn every 512 bytes or written in another order; names that were not
flushed last in their order up to some point, as a journal keeps them.
"""

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

SECTOR = 512
CALLS = "trace=openat,pwrite64,write,writev,ftruncate,fsync,fdatasync,rename,unlink,mkdir,close"
# Every byte of every call, in hexadecimal: the largest write is a page of the log.
OPTIONS = ("-y", "-xx", "-s", "70000", "-e", CALLS, "-e", "signal=none")

Style = Literal["dropped", "kept", "some", "reordered"]


class Call(NamedTuple):
    """One call that changed something: `what` is write, cut, flush, name, move, forget, folder or told."""

    what: str
    path: str = ""
    at: int = 0
    data: bytes = b""
    to: str = ""


def recorded(trace: str, home: str) -> Iterator[Call]:
    """The calls of a trace (`OPTIONS`) that touch a home, and what was told in between."""
    places: dict[str, int] = {}
    for line in trace.splitlines():
        found = re.match(r"(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)(?:<(.*)>)?", line)
        if found and int(found[3]) >= 0:
            yield from _calls(found[1], found[2], found[3], home, places)


def _calls(name: str, given: str, answer: str, home: str, places: dict[str, int]) -> Iterator[Call]:
    strings = [bytes.fromhex(one.replace("\\x", "")) for one in re.findall(r'"((?:\\x[0-9a-f]{2})*)"', given)]
    if name == "writev" and given.startswith("1<"):
        yield Call("told", data=strings[0])
    elif name in ("rename", "unlink", "mkdir"):
        paths = [one.decode() for one in strings]
        if paths[0].startswith(home) and not paths[0].endswith("-shm"):
            yield Call({"rename": "move", "unlink": "forget", "mkdir": "folder"}[name], paths[0], to=paths[-1])
    elif name == "openat":
        path = strings[0].decode()
        if path.startswith(home) and "O_CREAT" in given and not path.endswith("-shm"):
            yield Call("name", path)
            if "O_TRUNC" in given:
                yield Call("cut", path)
        places[answer] = 0
    else:
        number, spelled = re.match(r"(\d+)<([^>]*)>", given).groups()  # type: ignore[union-attr]
        path = bytes.fromhex(spelled.replace("\\x", "")).decode()
        # The index of a log is made anew at each start.
        if not path.startswith(home) or path.endswith("-shm"):
            return
        if name == "pwrite64":
            yield Call("write", path, int(given.rsplit(", ", 1)[1]), strings[0])
        elif name == "write":
            yield Call("write", path, places[number], strings[0])
            places[number] += len(strings[0])
        elif name == "ftruncate":
            yield Call("cut", path, int(given.rsplit(", ", 1)[1]))
        elif name in ("fsync", "fdatasync"):
            yield Call("flush", path)


class Disk:
    """A home on a disk that loses its power. Paths are absolute; an image is path to bytes."""

    def __init__(self, home: Path) -> None:
        self._home = str(home)
        self._files: list[bytearray] = []
        self._pending: list[list[Call]] = []
        self._now: dict[str, int] = {}
        self._folders = {str(home)}
        for path in sorted(home.rglob("*")):
            if path.is_dir():
                self._folders.add(str(path))
            else:
                self._now[str(path)] = self._fresh(path.read_bytes())
        self._lasting = dict(self._now)
        self._renames: list[tuple[Call, int]] = []
        self._flushes = 0

    def _fresh(self, raw: bytes = b"") -> int:
        self._files.append(bytearray(raw))
        self._pending.append([])
        return len(self._files) - 1

    def take(self, call: Call) -> None:
        """One more call."""
        if call.what == "name":
            if call.path not in self._now:
                self._now[call.path] = self._fresh()
                self._renames.append((call, self._now[call.path]))
        elif call.what == "move":
            self._now[call.to] = self._now.pop(call.path)
            self._renames.append((call, self._now[call.to]))
        elif call.what == "forget":
            self._renames.append((call, self._now.pop(call.path, -1)))
        elif call.what == "folder":
            self._renames.append((call, -1))
        elif call.what in ("write", "cut"):
            self._pending[self._now[call.path]].append(call)
        elif call.what == "flush":
            self._flush(call.path)

    def _flush(self, path: str) -> None:
        self._flushes += 1
        if path in self._now:
            file = self._now[path]
            for call in self._pending[file]:
                _put(self._files[file], call)
            self._pending[file] = []
            return
        # A folder: the names in it last, and the others keep their order behind them.
        left = []
        for call, file in self._renames:
            if str(Path(call.path).parent) == path:
                _rename(self._lasting, self._folders, call, file)
            else:
                left.append((call, file))
        self._renames = left

    def image(self, style: Style, draw: Random) -> tuple[tuple[int, ...], dict[str, bytes]]:
        """What a power cut now would leave, and a mark of it: two with one mark are the same."""
        names, folders = dict(self._lasting), set(self._folders)
        until = {"dropped": 0, "kept": len(self._renames)}.get(style, draw.randint(0, len(self._renames)))
        for call, file in self._renames[:until]:
            _rename(names, folders, call, file)
        mark = [self._flushes, until]
        image = {}
        for path, file in names.items():
            if not folders.issuperset(_above(path, self._home)):
                continue
            if not self._pending[file]:
                image[path] = bytes(self._files[file])
                continue
            raw, order = bytearray(self._files[file]), list(range(len(self._pending[file])))
            if style == "reordered":
                draw.shuffle(order)
            kept = {"dropped": 0.0, "kept": 1.0}.get(style, draw.choice((0.2, 0.5, 0.8, 0.95)))
            for at in order:
                call = self._pending[file][at]
                if draw.random() < kept:
                    _put(raw, call)
                    mark.append(at)
                elif kept > 0 and call.what == "write" and draw.random() < 0.6:
                    mark += (at, _put_torn(raw, call, draw))
            image[path] = bytes(raw)
            mark.append(-1)
        return tuple(mark), image


@functools.cache
def _above(path: str, home: str) -> frozenset[str]:
    """The folders a file stands in, from the home down."""
    return frozenset(str(one) for one in Path(path).parents if str(one).startswith(home))


def _put(raw: bytearray, call: Call) -> None:
    if call.what == "cut":
        raw[:] = raw[: call.at] + bytes(max(call.at - len(raw), 0))
        return
    if len(raw) < call.at:
        raw += bytes(call.at - len(raw))
    raw[call.at : call.at + len(call.data)] = call.data


def _put_torn(raw: bytearray, call: Call, draw: Random) -> int:
    """Some of its sectors: the first of them, or any. Which they were, as a number."""
    sectors = -(-len(call.data) // SECTOR)
    picked = (1 << draw.randint(0, sectors)) - 1 if draw.random() < 0.5 else draw.getrandbits(sectors)
    for at in range(sectors):
        if picked >> at & 1:
            _put(raw, call._replace(at=call.at + at * SECTOR, data=call.data[at * SECTOR : (at + 1) * SECTOR]))
    return picked


def _rename(names: dict[str, int], folders: set[str], call: Call, file: int) -> None:
    if call.what == "folder":
        folders.add(call.path)
    elif call.what == "name":
        names[call.path] = file
    elif call.what == "forget":
        names.pop(call.path, None)
    elif names.pop(call.path, None) is not None or file >= 0:
        names[call.to] = file
