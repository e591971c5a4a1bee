"""The so-manieth system call kills the program, fails, or finds the disk full: at each of them nothing is lost.

`strace` puts the fault under a process that works at a book, at a new book, or at small files. What the teller was
told is then held against the laptop as it lies, opened by the desk: every signature, rule, balance and page, and one
more voucher. After an error of the disk the book takes nothing more until it is opened again, and every fault is a
sentence for a person.
"""

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from desktop import files, store
from sync import keys
from sync.errors import Fault
from tests.desktop.enrolled import Laptop
from tests.faults import after
from tests.faults.conftest import SHORT, JobOf
from tests.faults.tally import Tally, Wrong
from tests.faults.workers import Worked, Workers
from tests.once import stretched

KILL, FAILS, FULL = "signal=SIGKILL", "error=EIO", "error=ENOSPC"
# What can happen at each call. A read that fails and a name that cannot be made are errors of the disk as well.
FAULTS = {
    "pwrite64": (KILL, FAILS, FULL),
    "write": (KILL, FAILS, FULL),
    "fsync": (KILL, FAILS),
    "ftruncate": (KILL, FAILS),
    "unlink": (KILL, FAILS),
    "rename": (KILL, FAILS, FULL),
    "mkdir": (KILL, FAILS, FULL),
    "pread64": (FAILS,),
    "openat": (KILL, FAILS, FULL),
}
# A full disk stays full for what writes bytes.
STAYS_FULL = ("pwrite64", "write")
POSTING = ("open", "post", "draft", "typed", "begin", "print", "batch", "ack", "hand_in", "reverse", "shut")
CLOSING = ("open", "post", "count", "close", "batch", "ack", "shut", "open", "shut")
MAKING = ("make", "open", "take_float", "post", "shut")
SMALL = ("book_key", "setting", "pin", "file", "setting", "file", "pin", "book_key")


class Work(NamedTuple):
    """Steps, the laptop they begin with, and how many vouchers that has."""

    template: Laptop
    steps: tuple[str, ...]
    entries: int


class Point(NamedTuple):
    """One fault: at the so-manieth of these calls; `on` for all of them from there."""

    call: str
    when: int
    fault: str
    on: bool

    def __str__(self) -> str:
        return f"{self.call} {self.when}{'+' if self.on else ''} {self.fault}"


class Bench(NamedTuple):
    """Who works, at what, and where."""

    workers: Workers
    job: JobOf
    place: Path

    def struck(self, work: Work, *tracer: str, broken: str = "") -> Worked:
        """The work on a fresh copy of its laptop, with this fault under it."""
        home = self.place / "home"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(work.template.home, home)
        job = self.job(home, *work.steps, broken=broken, **SHORT)
        return self.workers.run(job, "-o", str(self.place / "trace"), *tracer)

    def points(self, work: Work) -> list[Point]:
        """Every fault that can be put under this work. A full disk stays full; an error comes once."""
        self.struck(work, "-y", "-e", f"trace={','.join(FAULTS)}")
        met: Counter[str] = Counter()
        found = []
        for call, given in re.findall(r"(\w+)\((.*)", (self.place / "trace").read_text("utf-8")):
            met[call] += 1
            if str(self.place / "home") in given and "O_DIRECTORY" not in given:
                found += [Point(call, met[call], fault, fault == FULL and call in STAYS_FULL) for fault in FAULTS[call]]
        return found

    def looked(self, work: Work, worked: Worked) -> Iterator[Wrong]:
        """What is wrong with the laptop, and with what was said."""
        yield from after.said_clearly(worked)
        home = self.place / "home"
        there = Laptop(home, work.template.key, work.template.pack)
        if worked.status == 0 or not after.book_file(there).exists():
            yield from _refused_on(worked.told)
        posted = work.entries + sum(line.split(" ")[1] in POSTS for line in worked.told if line.startswith("kept "))
        if after.book_file(there).exists():
            yield from after.opened(there, least=posted, most=posted + 1)
        elif posted or "kept make" in " ".join(worked.told):
            yield Wrong("lost", "the book")
        else:
            yield from after.goes_on(there)

    def small_looked(self, work: Work, worked: Worked) -> Iterator[Wrong]:
        """Every small file is whole, and as some step left it that came no sooner than the last that was told as kept."""
        yield from after.said_clearly(worked)
        there = Laptop(self.place / "home", work.template.key, work.template.pack)
        kept = {"setting": 0, "file": 0, "book_key": 0}
        made = 0
        for line in worked.told:
            kind, step, *_ = line.split(" ")
            made += step in ("setting", "file")
            if kind == "kept" and step in kept:
                kept[step] = made or 1
        try:
            unlocked = there.unlocked()
            there.vault()._tries()
            setting = unlocked.setting("printer").removeprefix("máy in ") or "0"
            if not kept["setting"] <= int(setting) <= made + 1:
                yield Wrong("lost", "a setting")
            raw = files.read(there.home / "export" / "batch.dgd") or b"000000" * 1_000
            if raw != raw[:6] * 1_000 or not kept["file"] <= int(raw[:6]) <= made + 1:
                yield Wrong("lost", "a file")
            if kept["book_key"]:
                unlocked.book_key(bytes(16))
        except (Fault, ValueError) as error:
            yield Wrong("lost", f"a small file: {error!r}")

    def tried(
        self, work: Work, points: Sequence[Point], *, broken: str = "",
        looked: "Callable[[Work, Worked], Iterator[Wrong]] | None" = None,
    ) -> Tally:  # fmt: skip
        tally = Tally("points")
        for point in points:
            inject = f"inject={point.call}:{point.fault}:when={point.when}{'+' if point.on else ''}"
            worked = self.struck(work, "-e", f"trace={point.call}", "-e", inject, broken=broken)
            tally.add((looked or self.looked)(work, worked), where=point)
            tally.note({KILL: "killed", FAILS: "failed", FULL: "full"}[point.fault])
            tally.note("said", sum(line.startswith("fault ") for line in worked.told))
        return tally


# Steps that keep one voucher each.
POSTS = {"post", "typed", "hand_in", "reverse", "count", "close", "take_float"}
WRITES = POSTS | {"draft", "begin", "print"}


def _refused_on(told: Sequence[str]) -> Iterator[Wrong]:
    """After an error of the disk the book takes nothing until it was shut and opened again."""
    failing = False
    for line in told:
        kind, step, *rest = line.split(" ")
        if step in ("shut", "open"):
            failing = False
        elif kind == "fault" and rest[0] == "book.disk-failing":
            failing = True
        elif kind == "kept" and failing and step in WRITES:
            yield Wrong("unsound", f"{step} was taken after an error of the disk")


@pytest.fixture
def bench(workers: Workers, job: JobOf, place: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(keys, "stretched", stretched)
    monkeypatch.setattr(store, "LOG_PAGES", SHORT["log_pages"])
    return Bench(workers, job, place)


def some(points: Sequence[Point], count: int, *, seed: int) -> list[Point]:
    """So many of them, each call and fault with its share: the rare ones all, the frequent ones drawn."""
    draw, kinds = Random(seed), sorted({(one.call, one.fault) for one in points})
    queues = [draw.sample(held := [one for one in points if (one.call, one.fault) == kind], len(held)) for kind in kinds]
    picked: list[Point] = []
    while len(picked) < count and any(queues):
        picked += [queue.pop() for queue in queues if queue]
    return sorted(picked[:count])


@pytest.fixture
def points(pytestconfig: pytest.Config) -> int:
    """How many in all: 250 in every run. In a long one 3,000 are asked for, and 2,000 come: posting has 595, small files 258."""
    return 3_000 if pytestconfig.getoption("--long") else 250


@pytest.mark.feature(83)
def test_no_call_that_kills_or_fails_under_a_teller_loses_or_doubles_anything(
    bench: Bench, short: Laptop, points: int
) -> None:
    found = Tally("points")
    for steps, share in ((POSTING, 10), (CLOSING, 4)):
        work = Work(short, steps, 1)
        found.join(bench.tried(work, some(bench.points(work), points * share // 20, seed=20261122)))
    work = Work(short, POSTING, 1)
    near = some([one for one in bench.points(work) if one.call == "fsync"], 16, seed=2)
    controls = [bench.tried(work, near, broken=name) for name in ("twice", "swallowing", "careless")]
    print(f"calls under a teller: {found.line(*controls)}")
    assert found.first == []
    assert not any(control.clean for control in controls)


def test_no_call_that_kills_or_fails_while_a_book_is_made_leaves_half_a_book(bench: Bench, bare: Laptop, points: int) -> None:
    work = Work(bare, MAKING, 0)
    found = bench.tried(work, some(bench.points(work), points * 4 // 20, seed=3))
    worse = some([one for one in bench.points(work) if (one.call, one.fault) == ("pwrite64", KILL)], 10, seed=5)
    control = bench.tried(work, worse, broken="where_it_stands")
    print(f"calls under a new book: {found.line(control)}")
    assert found.first == []
    assert not control.clean


def test_no_call_that_kills_or_fails_tears_a_small_file(bench: Bench, bare: Laptop, points: int) -> None:
    work = Work(bare, SMALL, 0)
    picked = some(bench.points(work), points * 2 // 20, seed=4)
    found = bench.tried(work, picked, looked=bench.small_looked)
    control = bench.tried(work, picked, broken="in_place", looked=bench.small_looked)
    print(f"calls under small files: {found.line(control)}")
    assert found.first == []
    assert not control.clean
