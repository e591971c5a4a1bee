"""Starts `working` once and has it fork for each job, so that a fault costs milliseconds and not the start of a program.

A job is held until `go`: in between a tracer can be put on it, or a clock started.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from tests.faults.working import Job
from tests.journeys.conftest import ROOT, world

# Far above what any job takes, so that a hang is a failure and not an endless run.
WAIT_S_MAX = 120


class Worked(NamedTuple):
    """How a job ended: its status (negative: the signal), what it told and what it said in its trace."""

    status: int
    told: tuple[str, ...]
    said: str

    @property
    def kept(self) -> int:
        """How many steps were told as kept."""
        return sum(one.startswith("kept ") for one in self.told)


class Workers:
    """The one process that forks for each job; ended with the block."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._told, self._said = folder / "told", folder / "said"
        self._program = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.faults.working"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, cwd=ROOT, env={**world(), "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._program.stdin
        assert self._program.stdout
        self._program.stdin.close()
        self._program.wait(timeout=WAIT_S_MAX)
        self._program.stdout.close()

    def warm(self, job: Job) -> None:
        """Let it do once what is dear, for every job after."""
        self._ask(job, warm=True)

    def begin(self, job: Job) -> int:
        """A process that holds until `go`; its number."""
        for path in (self._told, self._said):
            path.write_bytes(b"")
        return int(self._ask(job))

    def go(self) -> None:
        """Let it run; `ended` waits for its end."""
        self._write("go")

    def ended(self) -> Worked:
        status = int(self._read())
        return Worked(status, self.told(), self._said.read_text("utf-8"))

    def told(self) -> tuple[str, ...]:
        """What it told so far, whole lines only."""
        *whole, _ = self._told.read_text("utf-8").split("\n")
        return tuple(whole)

    def run(self, job: Job, *tracer: str) -> Worked:
        """A whole job, under `strace` with these options where there are any."""
        number = self.begin(job)
        watching = attached(number, *tracer) if tracer else None
        self.go()
        worked = self.ended()
        if watching:
            watching.wait(timeout=WAIT_S_MAX)
        return worked

    def _ask(self, job: Job, **more: bool) -> str:
        self._write(json.dumps({"told": str(self._told), "said": str(self._said), "job": job._asdict(), **more}))
        return self._read()

    def _write(self, line: str) -> None:
        assert self._program.stdin
        self._program.stdin.write(f"{line}\n")
        self._program.stdin.flush()

    def _read(self) -> str:
        assert self._program.stdout
        return self._program.stdout.readline().strip()


def attached(number: int, *options: str) -> "subprocess.Popen[bytes]":
    """A tracer of system calls on a process, once it holds it."""
    tracer = subprocess.Popen(["strace", "-q", "-q", *options, "-p", str(number)], stderr=subprocess.DEVNULL)
    until = time.monotonic() + WAIT_S_MAX
    status = Path(f"/proc/{number}/status")
    while "TracerPid:\t0\n" in status.read_text() and time.monotonic() < until:
        time.sleep(0.001)
    return tracer
