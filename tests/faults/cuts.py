"""Power cuts of a job: recorded once, then every image that the power could have left, laid out and held against it."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from desktop import vault
from tests.desktop.enrolled import PEOPLE, TICKET, Draw, Laptop
from tests.faults import after
from tests.faults.conftest import SHORT, JobOf
from tests.faults.replay import OPTIONS, Call, Disk, recorded
from tests.faults.tally import Tally, Wrong
from tests.faults.workers import Workers
from tests.faults.working import files_of
from tests.sync import small

# Every image is read through the store's door, table by table. One in so many is opened as a book, its pages and its
# structure checked; one in so many by the desk, which checks each link, signature and rule, and posts one more voucher.
BOOK_EVERY, DESK_EVERY = 5, 50


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
        """So many images that differ: how many steps were told by then, and the files."""
        return images_of(self.calls, self.home, wanted, seed=seed)


def images_of(calls: Sequence[Call], home: Path, wanted: int, *, seed: int) -> Iterator[tuple[int, dict[str, bytes]]]:
    """So many images that differ, spread over all calls on a home as it was before: how much was told, and the files."""
    draw, met = Random(seed), set()
    for styles in (("dropped", "kept"), *([("some", "reordered")] * 200)):
        disk, told, before = Disk(home), 0, len(met)
        # The last round draws some of the calls, so that the last of them are met as often as the first.
        share = (wanted - before) / (len(calls) * len(styles))
        for call in calls:
            disk.take(call)
            told += call.what == "told"
            for style in styles:
                if draw.random() < share and len(met) < wanted:
                    mark, image = disk.image(style, draw)  # type: ignore[arg-type]
                    if (told, mark) not in met:
                        met.add((told, mark))
                        yield told, image
        if len(met) >= wanted or (before == len(met) and "some" in styles):
            return


def laid(image: Mapping[str, bytes], home: Path, folder: Path) -> None:
    """An image as a home."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path, raw in image.items():
        file = folder / Path(path).relative_to(home)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)


def checked(recording: Recording, laptop: Laptop, folder: Path, *, first: str, images: int, seed: int) -> Tally:
    """Every image of a recording by its file, some as a book and some by the desk; `first` is the state it began with."""
    tally, states = Tally("images"), [first, *after.states(recording.told, first=first)]
    for told, image in recording.cuts(images, seed=seed):
        laid(image, recording.home, folder)
        there = Laptop(folder, laptop.key, laptop.pack)
        whole = tally.tried % BOOK_EVERY == 0
        wrong = list((after.looked if whole else after.read)(there, allowed=states[told : told + 2]))
        tally.note("as a book", whole)
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
            laid(image, recording.home, folder)
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
            laid(image, recording.home, folder)
            wrong = after.vault_kept(folder, answer=answer, enrolled=told > 0)
            tally.add(wrong, where=f"seed {seed}, image {tally.tried}, {told} told")
        return tally
