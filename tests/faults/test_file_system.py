"""A real file system whose power goes: what a teller was told is in the book when the machine starts again.

ext4 (and xfs in a long run) on a loop device; while a process posts, FS_IOC_SHUTDOWN takes the disk away without
flushing its journal. What was told is read before the cut: a flush that is under way in it may come back as done.
Every cut begins with a fresh copy of the same book, so the state after each step is known.
"""

import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from desktop import store
from tests.desktop.enrolled import Laptop
from tests.faults import after
from tests.faults.conftest import SHORT, JobOf
from tests.faults.mounted import Mounted, file_system
from tests.faults.tally import Tally
from tests.faults.workers import WAIT_S_MAX, Workers

# No batch among them: no two are the same bytes, and the state after each step must be known beforehand.
STEPS = ("open", *(("post", "draft", "typed", "begin", "post", "print", "hand_in", "reverse", "post", "post") * 5))
# A step takes some milliseconds, so this falls in the midst of one.
STEP_S = 0.006


class Bench(NamedTuple):
    """Who works, at what, and where."""

    workers: Workers
    job: JobOf
    place: Path
    template: Laptop

    def states(self) -> list[str]:
        """The state after each step where nothing goes wrong, with that before the first."""
        home = self.place / "whole"
        shutil.copytree(self.template.home, home)
        worked = self.workers.run(self.job(home, *STEPS, **SHORT))
        assert (worked.kept, worked.said) == (len(STEPS), ""), worked.told
        first = after.state_at_rest(self.template)
        return [first, *after.states(worked.told, first=first)]

    def cuts(self, mounted: Mounted, count: int, *, states: list[str], seed: int, broken: str = "") -> Tally:
        tally, draw, home = Tally("cuts"), Random(seed), mounted.folder / "home"
        for cut in range(count):
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(self.template.home, home)
            mounted.flush()
            told, most = self._cut(mounted, home, draw, broken)
            mounted.again()
            there = Laptop(home, self.template.key, self.template.pack)
            wrong = list(after.looked(there, allowed=states[told : most + 2]))
            tally.add([*wrong, *([] if wrong else after.goes_on(there))], where=f"seed {seed}, cut {cut}, {told} told")
            tally.note("told", told)
        return tally

    def _cut(self, mounted: Mounted, home: Path, draw: Random, broken: str) -> tuple[int, int]:
        """Work until a moment that is drawn, and no further: how many steps were told before it, and how many at the end.

        Between a look at what was told and the cut itself there is time for more: that may be there, and need not.
        """
        wanted, until = draw.randrange(len(STEPS)), time.monotonic() + WAIT_S_MAX
        number = self.workers.begin(self.job(home, *STEPS, broken=broken, **SHORT))
        # A number may be another process's by then; this is this one's for good.
        process = os.pidfd_open(number)
        self.workers.go()
        while len(self.workers.told()) < wanted and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(draw.uniform(0, STEP_S))
        told = len(self.workers.told())
        mounted.cut()
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(process, signal.SIGKILL)
        os.close(process)
        return told, self.workers.ended().kept


@pytest.fixture
def bench(workers: Workers, job: JobOf, place: Path, short: Laptop, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(store, "LOG_PAGES", SHORT["log_pages"])
    return Bench(workers, job, place, short)


def held_against(bench: Bench, kind: str, *, cuts: int, seed: int) -> None:
    states = bench.states()
    with file_system(kind, bench.place) as mounted:
        found = bench.cuts(mounted, cuts, states=states, seed=seed)
        control = bench.cuts(mounted, 5, states=states, seed=seed + 1, broken="normal")
    print(f"{kind} taken away: {found.line(control)}")
    assert found.first == []
    assert control.wrong["lost"]


@pytest.mark.feature(9, 83)
def test_a_real_disk_that_loses_its_power_keeps_what_was_told(bench: Bench, pytestconfig: pytest.Config) -> None:
    held_against(bench, "ext4", cuts=400 if pytestconfig.getoption("--long") else 40, seed=20261122)


@pytest.mark.long
def test_another_file_system_keeps_it_too(bench: Bench) -> None:
    held_against(bench, "xfs", cuts=100, seed=20261123)
