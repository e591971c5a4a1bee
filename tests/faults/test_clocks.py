"""Clocks that are years off, jump in the midst of a voucher, or start again: nothing is refused for it, nothing is put
in another order, and what the clocks said stands in each entry.

The clock is the desk's own; a few runs are the real program under `faketime`. Summer time cannot be told apart from
nothing: a morning under a zone that changes its clocks makes the same bytes.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from desktop import store
from sync.chain import Moment
from sync.errors import Fault
from tests.desktop.enrolled import Laptop, deposit
from tests.faults import after
from tests.faults.conftest import SHORT, JobOf
from tests.faults.tally import Tally, Wrong
from tests.faults.working import word
from tests.journeys.conftest import ROOT, world
from tests.sync import small

DAY_S = 86_400
YEARS_S = 3_652 * DAY_S
# Off by these: ten years either way, a month, and the hour somebody forgot.
USUAL = (-YEARS_S, -400 * DAY_S, -3_600, 3_600, 30 * DAY_S, YEARS_S)


class Jumping:
    """A clock that moves a second at each look, and jumps when it is told to; `said` is everything it said."""

    def __init__(self, off_s: int) -> None:
        self.wall_s, self.mono_s, self.boot = small.BEGIN_S + off_s, 400, 7
        self.said: list[Moment] = []

    def __call__(self) -> Moment:
        self.wall_s, self.mono_s = self.wall_s + 1, self.mono_s + 1
        self.said.append(Moment(self.wall_s, self.mono_s, self.boot))
        return self.said[-1]

    def started_again(self) -> None:
        self.mono_s, self.boot = 3, self.boot + 1


class Straightened(Jumping):
    """The control: somebody between the clocks and the book who puts the wrong ones right."""

    def __call__(self) -> Moment:
        super().__call__()
        return Moment(small.BEGIN_S + len(self.said), self.mono_s, self.boot)


def morning(laptop: Laptop, off_s: int, clock: Jumping) -> Iterator[Wrong]:
    """Vouchers while the clock jumps there and back, a batch, the office's word, and another start of the machine."""
    laptop.clock = clock  # type: ignore[assignment]
    told: list[Moment] = []
    desk = laptop.desk()
    for place in range(12):
        preview = deposit(desk)
        if place % 3 == 0:
            # Between what was shown and what is kept.
            clock.wall_s += off_s if place % 2 else -off_s
        before = len(clock.said)
        entry = desk.post(preview).sealed.entry
        told.append(Moment(entry.wall_s, entry.mono_s, entry.boot))
        if told[-1] not in clock.said[before:]:
            yield Wrong("lost", "what the clocks said when it was posted")
        if place == 6:
            desk.batch()
            desk.take_ack(word(desk))
            desk.close()
            clock.started_again()
            desk = laptop.desk()
    entries = [one.entry for one in desk.book.sealed()][1:]
    if [one.number for one in entries] != list(range(2, 14)):
        yield Wrong("unsound", "not in the order they were posted")
    if [one.id for one in entries] != sorted({one.id for one in entries}):
        yield Wrong("unsound", "ids that do not rise")
    if [Moment(one.wall_s, one.mono_s, one.boot) for one in entries] != told:
        yield Wrong("lost", "what the clocks had said")
    if len({one.boot for one in entries}) != 2:
        yield Wrong("lost", "that the machine was started again")
    desk.close()
    yield from after.opened(laptop, least=13, most=13)


@pytest.fixture
def offsets(pytestconfig: pytest.Config) -> list[int]:
    """Six in every run, fifty in a long one."""
    draw = Random(20261122)
    drawn = [draw.randint(-YEARS_S, YEARS_S) for _ in range(44)]
    return [*USUAL, *(drawn if pytestconfig.getoption("--long") else [])]


@pytest.mark.feature(69, 70)
def test_no_clock_refuses_or_reorders_a_voucher_and_all_it_said_is_kept(
    short: Laptop, place: Path, offsets: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LOG_PAGES", SHORT["log_pages"])
    tally, control, draw = Tally("clocks"), Tally("clocks"), Random(1)
    for off_s in offsets:
        laptop = Laptop(place / f"home{off_s}", short.key, short.pack)
        shutil.copytree(short.home, laptop.home)
        try:
            wrong = list(morning(laptop, off_s, Jumping(draw.choice((0, off_s)))))
        except Fault as fault:
            wrong = [Wrong("lost", f"refused: {fault.code}")]
        tally.add(wrong, where=f"{off_s} s")
    laptop = Laptop(place / "control", short.key, short.pack)
    shutil.copytree(short.home, laptop.home)
    control.add(morning(laptop, 3_600, Straightened(3_600)), where="control")
    print(f"clocks that jump: {tally.line(control)}")
    assert tally.first == []
    assert control.wrong["lost"]


def test_a_zone_that_changes_its_clocks_makes_the_same_bytes(
    short: Laptop, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for zone in ("Asia/Ho_Chi_Minh", "America/New_York", "Australia/Lord_Howe", "UTC"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        laptop = Laptop(place / zone.replace("/", "-"), short.key, short.pack)
        shutil.copytree(short.home, laptop.home)
        # Over the hour at which New York set its clocks back.
        laptop.clock = Jumping(1_730_611_800 - small.BEGIN_S)  # type: ignore[assignment]
        desk = laptop.desk()
        for _ in range(3):
            laptop.clock.wall_s += 1_800
            desk.post(deposit(desk))
        made.append([one.raw for one in desk.book.sealed()])
        desk.close()
    monkeypatch.undo()
    time.tzset()
    assert made[1:] == made[:1] * 3


def test_the_real_program_under_a_false_clock(short: Laptop, place: Path, job: JobOf) -> None:
    """Three programs of their own, one after the other on one book: ten years back, ten years on, and a racing clock."""
    home = place / "home"
    shutil.copytree(short.home, home)
    for off in ("-3650d", "+3650d", "+0 x3600"):
        given = job(home, "open", "post", "draft", "typed", "begin", "print", "batch", "ack", "post", "shut", real_clock=True, **SHORT)
        done = subprocess.run(
            ["faketime", "-f", off, sys.executable, "-P", "-m", "tests.faults.working", json.dumps(given._asdict())],
            capture_output=True, text=True, check=False, cwd=ROOT, env={**world(), "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert (done.returncode, done.stdout.count("kept "), "fault" in done.stdout) == (0, 10, False), done.stdout + done.stderr
    laptop = Laptop(home, short.key, short.pack)
    desk = laptop.desk()
    years = [time.gmtime(one.entry.wall_s).tm_year for one in desk.book.sealed()][1:]
    now = time.gmtime().tm_year
    desk.close()
    print(f"real programs under false clocks: 3, years {sorted(set(years))}")
    assert years == [now - 10] * 3 + [now + 10] * 3 + [now] * 3
    assert list(after.opened(laptop, least=10, most=10)) == []
