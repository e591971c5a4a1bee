"""Nothing that somebody else wrote makes a reader raise anything but a fault with its sentence.

    python -m pytest tests/fuzz --long -s     a minute of guided fuzzing for each reader
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sync.errors import Fault
from tests.desktop import enrolled
from tests.fuzz.changes import changes
from tests.fuzz.targets import heard, planted, targets, vault_target

COUNT = 1_500
# Opening a workbook takes milliseconds, whatever is in it.
DEAR = {"leader's workbook": 150}
# Watched from inside in every run, the others in a long one: what arrives from outside, and what opens everything.
EACH_RUN = ("acknowledgement inside", "batch inside", "directory", "entry", "key file", "stick's name")
# Any text is a list of something; whether it is the group's is asked elsewhere.
LENIENT = ("leader's list",)


@pytest.mark.parametrize("name", sorted(targets()))
def test_a_reader_says_yes_or_no_and_nothing_else(name: str) -> None:
    target, refused, taken = targets()[name], 0, 0
    for seed in target.seeds:
        target.reads(seed)
    for raw in changes(target.seeds, count=DEAR.get(name, COUNT), seed=7):
        said = heard(target.reads, raw)
        assert not isinstance(said, Exception) or isinstance(said, Fault), f"{said!r}: {raw.hex()[:2000]}"
        assert not isinstance(said, Fault) or (said.sentence("vi") and said.sentence("en"))
        refused, taken = refused + isinstance(said, Fault | None), taken + (not isinstance(said, Fault | None))
    print(f"fuzz {name}: {refused + taken:,} changed, {refused:,} refused, {taken:,} taken, 0 escaped")
    assert refused > taken or name in LENIENT


def test_a_key_file_that_was_altered_is_refused(tmp_path: Path) -> None:
    laptop = enrolled.enrol(tmp_path / "laptop")
    target = vault_target(laptop.home)
    target.reads(target.seeds[0])
    for raw in changes(target.seeds, count=COUNT, seed=8):
        said = heard(target.reads, raw)
        assert not isinstance(said, Exception) or isinstance(said, Fault), repr(said)


def test_a_reader_that_trusts_a_length_is_found_out() -> None:
    """The control: one that was planted."""
    target = planted()
    assert any(isinstance(heard(target.reads, raw), IndexError) for raw in changes(target.seeds, count=COUNT, seed=7))


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=() if one in EACH_RUN else pytest.mark.long) for one in sorted([*targets(), "key file"])]
)
def test_a_reader_that_is_watched_from_inside_lets_nothing_escape(name: str, pytestconfig: pytest.Config) -> None:
    done, tried = watched(name, seconds=60 if pytestconfig.getoption("--long") else 30)
    print(f"guided {name}: {tried:,} tried, {0 if done.returncode == 0 else 1} escaped")
    assert done.returncode == 0, done.stderr[-3000:]
    assert tried > 1_000


def test_what_was_planted_is_found_from_inside() -> None:
    done, _ = watched("planted", seconds=15)
    assert done.returncode != 0
    assert "IndexError" in done.stdout + done.stderr


def watched(name: str, *, seconds: int) -> "tuple[subprocess.CompletedProcess[str], int]":
    """The fuzzer as it ended, and how many texts it tried."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", name, "--seconds", str(seconds)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return done, int(next(iter(re.findall(r"stat::number_of_executed_units: *(\d+)", done.stderr)), 0))
