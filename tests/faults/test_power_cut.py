"""Every image a power cut could leave of a morning's book: what was told is there, and nothing half.

A laptop's whole life is recorded by its system calls: a book made, vouchers, drafts, paper, batches, the office's
word, the book closed and opened again, the session closed, small files. The images are opened by the store; each has
to be exactly the book after the last thing that was told, or after the one that was under way. One in fifty is
opened by the desk as well, which checks every signature and rule, and posts one more voucher.
"""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from desktop import vault
from sync import keys
from tests.desktop.enrolled import PEOPLE, TICKET, Draw, Laptop
from tests.faults import after
from tests.faults.conftest import SHORT, JobOf
from tests.faults.replay import OPTIONS, Disk, recorded
from tests.faults.tally import Tally, Wrong
from tests.faults.workers import Workers
from tests.faults.working import files_of, stretched_once
from tests.sync import small

MORNING = (
    *("open", "post", "post", "draft", "typed", "begin", "print", "post", "batch", "ack", "hand_in", "post", "draft", "post"),
    *("reverse", "post", "begin", "post", "print", "post", "post", "batch", "post", "ack", "post", "typed", "shut"),
    *("open", "post", "begin", "print", "post", "batch", "ack", "post", "post", "count", "shut"),
    *("open", "close", "batch", "ack", "shut"),
)
DESK_EVERY = 50


class Recording:
    """One job, recorded: its calls, and the home it began with."""

    def __init__(self, workers: Workers, job: JobOf, template: Path, folder: Path, *steps: str, **more: object) -> None:
        before, self.home = folder / "before", folder / "home"
        shutil.copytree(template, before)
        shutil.copytree(template, self.home)
        trace = folder / "trace"
        worked = workers.run(job(self.home, *steps, **more), "-o", str(trace), *OPTIONS)
        assert (worked.status, worked.said, worked.kept) == (0, "", len(steps))
        self.calls = tuple(recorded(trace.read_text("latin-1"), str(self.home)))
        self.told = worked.told
        trace.unlink()
        # As it was, under the name that the calls speak of.
        shutil.rmtree(self.home)
        before.rename(self.home)

    def cuts(self, wanted: int, *, seed: int) -> Iterator[tuple[int, dict[str, bytes]]]:
        """So many images that differ, spread over all calls: how many steps were told by then, and the files."""
        draw, met = Random(seed), set()
        for styles in (("dropped", "kept"), *([("some", "reordered")] * 200)):
            disk, told, before = Disk(self.home), 0, len(met)
            # The last round draws some of the calls, so that the last of them are met as often as the first.
            share = (wanted - before) / (len(self.calls) * len(styles))
            for call in self.calls:
                disk.take(call)
                told += call.what == "told"
                for style in styles:
                    if draw.random() < share and len(met) < wanted:
                        mark, image = disk.image(style, draw)  # type: ignore[arg-type]
                        if (told, mark) not in met:
                            met.add((told, mark))
                            yield told, image
            if len(met) >= wanted or (before == len(met) and len(styles) and "some" in styles):
                return


def laid(image: dict[str, bytes], recording: Recording, folder: Path) -> None:
    """An image as a home."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path, raw in image.items():
        file = folder / Path(path).relative_to(recording.home)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)


def checked(recording: Recording, laptop: Laptop, folder: Path, *, first: str, images: int, seed: int) -> Tally:
    """Every image of a recording by the store, and some by the desk; `first` is the state it began with."""
    tally, states = Tally("images"), [first, *after.states(recording.told, first=first)]
    for told, image in recording.cuts(images, seed=seed):
        laid(image, recording, folder)
        there = Laptop(folder, laptop.key, laptop.pack)
        wrong = list(after.looked(there, allowed=states[told : told + 2]))
        if tally.tried % DESK_EVERY == 0 and not wrong:
            tally.note("by the desk")
            wrong += after.goes_on(there)
        tally.add(wrong, where=f"seed {seed}, image {tally.tried}, {told} told")
    return tally


class Bench(NamedTuple):
    """What a recording needs: who works, at what, and where."""

    workers: Workers
    job: JobOf
    place: Path

    def recorded(
        self, template: Laptop, *steps: str, broken: str = "", log: Mapping[str, int] = SHORT, tell_files: bool = False
    ) -> Recording:
        folder = self.place / f"recording-{len(list(self.place.iterdir()))}"
        return Recording(
            self.workers, self.job, template.home, folder, *steps, broken=broken, tell_files=tell_files, **log
        )

    def cut(
        self, template: Laptop, *steps: str, images: int, seed: int, broken: str = "", log: Mapping[str, int] = SHORT
    ) -> Tally:
        """Power cuts of a job with the template's book, or with none."""
        first = after.state_at_rest(template) if after.book_file(template).exists() else after.NONE
        recording = self.recorded(template, *steps, broken=broken, log=log)
        return checked(recording, template, self.place / "image", first=first, images=images, seed=seed)

    def cut_small(self, template: Laptop, *steps: str, images: int, seed: int, broken: str = "") -> Tally:
        """Power cuts of steps that write small files, each of which has to be whole: as before a step, or as after it."""
        tally, recording, folder = Tally("images"), self.recorded(template, *steps, broken=broken, tell_files=True), self.place / "image"
        states = [files_of(template.home), *after.small_files(recording.told)]
        for told, image in recording.cuts(images, seed=seed):
            laid(image, recording, folder)
            wrong = [] if files_of(folder) in states[told : told + 2] else [Wrong("lost", "a small file")]
            tally.add(wrong, where=f"seed {seed}, image {tally.tried}, {told} told")
        return tally

    def cut_enrolling(self, *, images: int, seed: int, broken: str = "") -> Tally:
        """Power cuts of an enrolment."""
        tally, folder, nobody = Tally("images"), self.place / "image", self.place / "nobody"
        nobody.mkdir(exist_ok=True)
        recording = self.recorded(Laptop(nobody, b"", small.PACK), "enrol", broken=broken)
        answer = vault.enrol(
            self.place / f"enrolled{broken}", TICKET, people=PEOPLE, draw=Draw(), cost=vault.FLOOR, keystore=None
        )
        for told, image in recording.cuts(images, seed=seed):
            laid(image, recording, folder)
            wrong = after.vault_kept(folder, answer=answer, enrolled=told > 0)
            tally.add(wrong, where=f"seed {seed}, image {tally.tried}, {told} told")
        return tally


@pytest.fixture
def bench(workers: Workers, job: JobOf, place: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(keys, "stretched", stretched_once)
    return Bench(workers, job, place)


@pytest.fixture
def images(pytestconfig: pytest.Config) -> int:
    """How many in all: 5,000 in every run, 100,000 in a long one."""
    return 100_000 if pytestconfig.getoption("--long") else 5_000


@pytest.mark.feature(9, 83)
def test_no_power_cut_of_a_morning_loses_or_doubles_anything(bench: Bench, short: Laptop, begun: Laptop, images: int) -> None:
    found = bench.cut(short, *MORNING, images=images * 17 // 20, seed=20261122)
    whole = bench.cut(begun, *MORNING, images=images // 60, seed=20261123, log={})
    controls = [bench.cut(short, *MORNING, images=150, seed=7, broken=name) for name in ("normal", "twice")]
    print(f"power cuts of a morning: {found.line(*controls)}; with the log as it ships: {whole.line()}")
    assert (found.first, whole.first) == ([], [])
    assert all(control.wrong["lost"] for control in controls)


def test_no_power_cut_while_a_book_is_made_leaves_half_a_book(bench: Bench, bare: Laptop, images: int) -> None:
    found = bench.cut(bare, "make", "open", "take_float", "post", "shut", images=images // 10, seed=3)
    control = bench.cut(bare, "make", "open", "take_float", "post", "shut", images=100, seed=4, broken="hasty")
    print(f"power cuts of a new book: {found.line(control)}")
    assert found.first == []
    assert control.wrong["lost"]


def test_no_power_cut_tears_a_small_file(bench: Bench, bare: Laptop, images: int) -> None:
    steps = ("book_key", "setting", "pin", "file", "setting", "pin", "file", "file", "book_key")
    found = bench.cut_small(bare, *steps, images=images // 10, seed=5)
    controls = [bench.cut_small(bare, *steps, images=100, seed=6, broken=name) for name in ("hasty", "in_place")]
    print(f"power cuts of small files: {found.line(*controls)}")
    assert found.first == []
    assert all(control.wrong["lost"] for control in controls)


def test_no_power_cut_while_enrolling_locks_anybody_out(bench: Bench, images: int) -> None:
    found = bench.cut_enrolling(images=images // 25, seed=8)
    control = bench.cut_enrolling(images=100, seed=9, broken="hasty")
    print(f"power cuts of an enrolment: {found.line(control)}")
    assert found.first == []
    assert not control.clean
