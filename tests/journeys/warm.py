"""Programs started from a warm process: what they import is imported once, and each start is a fork of it.

A journey starts a hundred programs, and a start is a second of importing. Here one process per worker imports what both
programs import and stays as it is; whoever wants a program started hands it the arguments and what is typed, and it
forks. The child is a process of its own with its own standard streams and exit status: it runs the very lines of
`python -m desktop` or `python -m sync.office`, and `kill -9` ends it like any other. Nothing runs in the warm process
when it forks, no thread and no open book; that is asserted.

What depends on the start itself (a world without sockets, a clock set by a library, the installer) is started cold, and
so is every kind of verb somewhere; `test_warm.py` holds the two against each other.
"""

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import select
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

STATUS = struct.Struct("i")
REQUEST_BYTES_MAX = 1 << 20
# What the verbs import when they are asked for. A verb that needs more imports it itself.
IMPORTED = (
    *("desktop.__main__", "desktop.script", "desktop.morning", "desktop.beside", "desktop.road.courier", "desktop.road.mirror"),
    *("desktop.road.stick", "desktop.road.going_on", "desktop.press.tray", "desktop.press.paper", "desktop.care.backups"),
    *("desktop.care.soundness", "desktop.care.fault_tally", "desktop.keystore", "keyring", "platformdirs"),
    *("sync.office.__main__", "sync.office.commands.keeping", "sync.office.commands.sessions", "sync.office.commands.devices"),
    *("sync.office.commands.serving", "sync.office.commands.receipts", "sync.office.commands.dispositions", "sync.office.api"),
    *("sync.office.sample", "uvicorn", "uvicorn.lifespan.on", "uvicorn.protocols.http.auto", "uvicorn.loops.auto", "uvicorn.logging"),
)


class Started:
    """A program that was forked; it answers as `subprocess.Popen` does, whose words these are.

    What it says goes into files, so that nobody has to read while it runs.
    """

    def __init__(self, pid: int, handle: int, status: int, said: Sequence[int]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._handle, self._status, self._said = handle, status, list(said)

    def __del__(self) -> None:
        for file in (*self._said, *((self._handle, self._status) if self.returncode is None else ())):
            os.close(file)

    def poll(self) -> int | None:
        """The exit status, or the signal's number below zero; None while it runs."""
        if self.returncode is None and select.select([self._status], [], [], 0)[0]:
            self._ended()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a warm program", timeout or 0)
            self._ended()
        assert self.returncode is not None
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it said on both streams, once it has ended."""
        self.wait(timeout)
        out, err = (os.pread(file, os.fstat(file).st_size, 0).decode("utf-8") for file in self._said)
        return out, err

    def send_signal(self, number: int) -> None:
        # By its handle: its number may be another's by now.
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self) -> None:
        told = os.read(self._status, STATUS.size)
        assert len(told) == STATUS.size, "the warm process is gone"
        (self.returncode,) = STATUS.unpack(told)
        os.close(self._status)
        os.close(self._handle)


class Warm:
    """The warm process, seen from whoever wants a program started."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.journeys.warm", str(theirs.fileno())],
                stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], env=dict(env),
            )  # fmt: skip

    def start(
        self, module: str, arguments: Sequence[str | Path], *, typed: Sequence[str], env: Mapping[str, str], text: str = "",
        said: Path | None = None,
    ) -> Started:  # fmt: skip
        """`python -m module arguments`, with these lines on its standard input.

        With a `text` it is `python -c text arguments`; with a file `said` both streams go there.
        """
        asked = json.dumps({"module": module, "arguments": [*map(str, arguments)], "env": dict(env), "text": text}).encode()
        assert len(asked) < REQUEST_BYTES_MAX
        reading, writing = os.pipe()
        entered = os.memfd_create("typed")
        os.write(entered, "".join(f"{line}\n" for line in typed).encode())
        os.lseek(entered, 0, os.SEEK_SET)
        files = [os.open(said, os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_WRONLY)] * 2 if said else [os.memfd_create("said") for _ in range(2)]
        try:
            socket.send_fds(self._ours, [asked], [entered, *files, writing])
            told, handles, _, _ = socket.recv_fds(self._ours, STATUS.size, 1)
        finally:
            for file in (entered, writing, *(files[:1] if said else ())):
                os.close(file)
        assert told, "the warm process is gone"
        return Started(STATUS.unpack(told)[0], handles[0], reading, () if said else files)

    def close(self) -> None:
        """End it and every program that still runs."""
        self._ours.close()
        self._process.wait(timeout=60)


# The warm process itself


def stay(control: socket.socket) -> None:
    """Fork a program for everybody who asks, and say how each ended; until nobody can ask any more."""
    waiting = selectors.DefaultSelector()
    waiting.register(control, selectors.EVENT_READ)
    running: dict[int, tuple[int, int]] = {}
    while True:
        for key, _ in waiting.select():
            if key.fileobj is control:
                asked, handles, _, _ = socket.recv_fds(control, REQUEST_BYTES_MAX, 4)
                if not asked:
                    end([pid for pid, _ in running.values()])
                    return
                assert len(os.listdir("/proc/self/task")) == 1, "a thread runs where a program is to be forked"
                if not (pid := os.fork()):
                    control.close()
                    waiting.close()
                    for handle, (_, status) in running.items():
                        os.close(handle)
                        os.close(status)
                    become(json.loads(asked), handles)
                for handle in handles[:3]:
                    os.close(handle)
                handle = os.pidfd_open(pid)
                running[handle] = pid, handles[3]
                waiting.register(handle, selectors.EVENT_READ)
                socket.send_fds(control, [STATUS.pack(pid)], [handle])
            else:
                handle = int(key.fd)
                waiting.unregister(handle)
                pid, status = running.pop(handle)
                ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                with contextlib.suppress(BrokenPipeError):
                    os.write(status, STATUS.pack(ended))
                os.close(status)
                os.close(handle)


def end(pids: Sequence[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + 10
    for pid in pids:
        while not os.waitpid(pid, os.WNOHANG)[0]:
            if time.monotonic() > until:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)


def become(asked: Mapping[str, object], handles: Sequence[int]) -> NoReturn:
    """In the child: turn into the program that was asked for, as the interpreter does with `-m` or `-c`."""
    for number, handle in enumerate(handles[:3]):
        os.dup2(handle, number)
    for handle in handles:
        os.close(handle)
    os.environ.clear()
    os.environ.update(asked["env"])  # type: ignore[call-overload]
    module, arguments, text = str(asked["module"]), asked["arguments"], str(asked["text"])
    main = types.ModuleType("__main__")
    if text:
        sys.argv = ["-c", *arguments]  # type: ignore[misc]
        code = compile(text, "<string>", "exec")
    else:
        spec = importlib.util.find_spec(f"{module}.__main__")
        assert spec
        assert spec.origin
        sys.argv = [spec.origin, *arguments]  # type: ignore[misc]
        main.__package__, main.__spec__, main.__file__ = module, spec, spec.origin
        code = spec.loader.get_code(spec.name)  # type: ignore[union-attr]
    sys.modules["__main__"] = main
    exec(code, main.__dict__)  # noqa: S102 - our own programs
    sys.exit(0)


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    # What was made until here stays as it is: no child goes through it, or copies its pages.
    gc.collect()
    gc.freeze()
    stay(socket.socket(fileno=int(sys.argv[1])))
