"""Whole weeks of misfortune, a seed each: nothing that a customer was told is lost, nothing is booked twice.

    python -m pytest tests/simulation --long -s     a thousand seeds of 600 steps
"""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from desktop import store
from desktop.desk import Desk
from desktop.store import Marks
from sync.office import intake
from sync.office import store as office_store
from sync.protocol import verify_ack
from tests.faults.tally import Tally
from tests.once import asked_before, typed_before
from tests.simulation.world import Table, World, make_template

MEMORY = Path("/dev/shm")
STEPS = 90


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = MEMORY / f"simulation-{id(tmp_path_factory):x}"
    with pytest.MonkeyPatch.context() as patch:
        # Every world begins with copies of it, and the logs need not be as long as a morning's.
        patch.setattr(store, "LOG_PAGES", 24)
        with typed_before(), asked_before(store), asked_before(office_store):
            make_template(folder / "template")
            yield folder / "template"
    shutil.rmtree(folder)


def lived(template: Path, seeds: Iterable[int], *, steps: int) -> Tally:
    """Every seed to its end."""
    tally, happened = Tally("seeds"), Counter[str]()
    for seed in seeds:
        world = World(template, template.with_name(f"world-{seed}"), seed)
        try:
            for _ in range(steps):
                world.step()
            world.heal()
            tally.add(world.verdict(), where=f"seed {seed}")
            happened.update(world.happened)
        finally:
            world.end()
    for what, times in happened.items():
        tally.note(what, times)
    return tally


def until_wrong(template: Path, *, kinds: set[str], first: int = 0) -> Tally:
    """Seeds until one of these is found; a control that finds nothing in all of them is blind.

    `first` is near one that is known to, so that nobody waits long; another one is found where the story changed.
    """
    found = Tally("seeds")
    for seed in range(first, first + 150):
        one = lived(template, [seed], steps=STEPS)
        found.tried += 1
        found.wrong.update(one.wrong)
        if kinds & set(one.wrong):
            return found
    raise AssertionError(found.line())


def test_nothing_is_lost_or_doubled_whatever_befalls(template: Path) -> None:
    tally = lived(template, range(1_000, 2_000), steps=60)
    print(tally.line())
    assert tally.clean, tally.first
    for what in ("vouchers", "kills", "repeated", "lost on the road", "clock jumps", "clones", "offices restored",
                 "went on at another laptop"):
        assert tally.seen[what], f"no seed had {what}"


def test_a_session_that_went_on_twice_comes_home_after_the_office_was_put_back(template: Path) -> None:
    """An office that knew no more of the laptop in the middle named the first one's book, and that laptop's part was not sent again."""
    tally = lived(template, [2_301], steps=600)
    assert tally.clean, tally.first
    assert tally.seen["broke with more than one book"]
    assert tally.seen["offices restored"]


@pytest.mark.long
def test_a_thousand_seeds(template: Path) -> None:
    tally = lived(template, range(2_000, 3_000), steps=600)
    print(tally.line())
    assert tally.clean, tally.first


def test_a_laptop_that_never_goes_back_to_a_lower_mark_is_found_out(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Desk.take_ack

    def forward(desk: Desk, raw: bytes) -> Marks:
        ack = verify_ack(raw, office_key=desk._unlocked.office.sign_key)
        return honest(desk, raw) if ack.received >= desk._marks.received else desk._marks

    monkeypatch.setattr(Desk, "take_ack", forward)
    print("control", until_wrong(template, kinds={"lost"}, first=38).line())


def test_a_disk_that_loses_the_log_is_found_out(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = World.restart

    def forgetful(world: World, table: Table, image: Path | None = None) -> None:
        without = table.folder.with_name(f"{table.folder.name}-without")
        shutil.copytree(image or table.folder, without, ignore=shutil.ignore_patterns("*-wal"))
        honest(world, table, without)
        shutil.rmtree(without)

    monkeypatch.setattr(World, "restart", forgetful)
    print("control", until_wrong(template, kinds={"lost", "unsound"}).line())


def test_an_office_blind_for_forks_is_found_out(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_parted", lambda *_given: 0)
    print("control", until_wrong(template, kinds={"unsound", "doubled", "lost"}, first=97).line())
