"""Real file systems in a stick's place: it is full, turns read-only, is pulled out, loses its power at any step.

What is held to: once it was said that the stick can be pulled out, every letter is on it after the power went in that
very moment; before that, a letter is there whole or not there.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from sync.stick import device, names
from sync.stick.device import Letter, Stick, StickFault, StickFull, StickGone, StickReadOnly
from tests.faults.mounted import Mounted, file_system, in_memory
from tests.faults.tally import Tally, Wrong

LETTERS = 6


def letters(random: Random, *, size: int = 12_000) -> list[Letter]:
    """Consecutive batches of one book."""
    subject, last, made = random.randbytes(16), 0, []
    for _ in range(LETTERS):
        first, last = last + 1, last + random.randint(1, 40)
        name = names.letter_name("batch", device=subject, subject=subject, numbers=(first, last))
        made.append(Letter(name, random.randbytes(random.randint(200, size)), len))
    return made


def looked(root: Path, wanted: list[Letter], *, told: bool) -> Iterator[Wrong]:
    """What is wrong with these letters on a stick that was put in again."""
    try:
        stick = Stick.look(root)
        there = {name for name, _ in stick.found(names.TO_OFFICE).letters}
    except StickFault as fault:
        yield Wrong("lost", str(fault))
        return
    for letter in wanted:
        if letter.name not in there:
            if told:
                yield Wrong("lost", letter.name)
        elif stick.read(names.TO_OFFICE, letter.name, bytes_max=len(letter.raw)) != letter.raw:
            yield Wrong("unsound", letter.name)


def cuts(mounted: Mounted, count: int, *, seed: int, last: bool = False) -> Tally:
    """The power goes at a step that is drawn, or right after the last word; with `last` always then."""
    tally, random = Tally("cuts"), Random(seed)
    for cut in range(count):
        wanted = letters(random)
        at, told = 10_000 if last else random.choice([*range(2 * LETTERS), 10_000, 10_000]), False
        steps = 0

        def step(_name: str, _done: int, _of: int, at: int = at) -> None:
            nonlocal steps
            steps += 1
            if steps == at:
                mounted.cut()

        try:
            stick = Stick.open(mounted.folder, draw=os.urandom)
            stick.keep(names.TO_OFFICE, wanted, progress=step)
            stick.finish()
            told = True
            mounted.cut()
        except StickFault as fault:
            if not fault.sentence():
                tally.add([Wrong("unclear", fault.code)], where=cut)
        mounted.again()
        tally.add(looked(mounted.folder, wanted, told=told), where=f"seed {seed}, cut {cut}, told {told}")
        tally.note("told", told)
        # What was cut off is written as if nothing had been.
        stick = Stick.open(mounted.folder, draw=os.urandom)
        stick.keep(names.TO_OFFICE, wanted)
        stick.finish()
        stick.drop(names.TO_OFFICE, [one.name for one in wanted])
        mounted.flush()
    return tally


def unflushed(patch: pytest.MonkeyPatch) -> None:
    """As a program that takes the system's word for it."""
    patch.setattr(os, "fsync", lambda _descriptor: None)
    patch.setattr(device, "_flush_all", lambda _folder: None)
    patch.setattr(device, "_read_direct", lambda path, _direct: path.read_bytes())


def held_to(tmp_path: Path, count: int, *, seed: int) -> None:
    with file_system("ext4", tmp_path) as mounted:
        found = cuts(mounted, count, seed=seed)
        with pytest.MonkeyPatch.context() as patch:
            unflushed(patch)
            control = cuts(mounted, 10, seed=seed, last=True)
    print(f"\nstick: {found.line(control)}")
    assert found.clean, found.first
    assert found.seen["told"]
    assert control.wrong["lost"], "a stick that nothing was forced out to must lose something"


def test_what_was_said_to_be_on_the_stick_survives_the_power_going_in_that_moment(tmp_path: Path) -> None:
    held_to(tmp_path, 30, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 6))
def test_the_same_many_times(tmp_path: Path, seed: int) -> None:
    held_to(tmp_path, 150, seed=seed)


def test_a_stick_that_fills_up_keeps_whole_letters_and_says_what_is_missing(tmp_path: Path) -> None:
    with in_memory(tmp_path, kilobytes=160) as root:
        wanted = letters(Random(1), size=90_000)
        stick = Stick.open(root, draw=os.urandom)
        with pytest.MonkeyPatch.context() as patch:
            # As on a stick that lies about its room.
            patch.setattr(device, "_free_bytes", lambda _folder: 1 << 40)
            with pytest.raises(StickFull, match="KB"):
                stick.keep(names.TO_OFFICE, wanted)
        assert list(looked(root, wanted, told=False)) == []
        held = stick.found(names.TO_OFFICE)
        assert 0 < len(held.letters) < LETTERS
        assert held.others == 0
        # What was there makes room, and all of it goes on.
        subprocess.run(["mount", "-o", "remount,size=2048k", str(root)], check=True)
        stick.keep(names.TO_OFFICE, wanted)
        stick.finish()
        assert list(looked(root, wanted, told=True)) == []


def test_a_stick_whose_lock_is_on_is_read_and_not_written(tmp_path: Path) -> None:
    with in_memory(tmp_path, kilobytes=1024) as root:
        wanted = letters(Random(2))
        Stick.open(root, draw=os.urandom).keep(names.TO_OFFICE, wanted[:2])
        subprocess.run(["mount", "-o", "remount,ro", str(root)], check=True)
        stick = Stick.open(root, draw=os.urandom)
        with pytest.raises(StickReadOnly):
            stick.keep(names.TO_OFFICE, wanted)
        assert list(looked(root, wanted[:2], told=True)) == []


@pytest.mark.parametrize("at", ["write", "flush", "verify"])
def test_a_stick_that_is_pulled_out_leaves_nothing_on_the_laptops_own_disk(tmp_path: Path, at: str) -> None:
    with in_memory(tmp_path, kilobytes=1024) as root:

        def pulled(step: str, done: int, _of: int) -> None:
            if (step, done) in ((at, 0), (at, 3)):
                subprocess.run(["umount", "--lazy", str(root)], check=False)

        stick = Stick.open(root, draw=os.urandom)
        with pytest.raises(StickGone):
            stick.keep(names.TO_OFFICE, letters(Random(3)), progress=pulled)
        assert list(root.iterdir()) == []
        # The block takes a mount away at its end.
        subprocess.run(["mount", "-t", "tmpfs", "none", str(root)], check=True)


def test_another_stick_in_the_same_place_is_not_taken_for_the_first(tmp_path: Path) -> None:
    with in_memory(tmp_path, kilobytes=1024) as root:
        stick = Stick.open(root, draw=os.urandom)
        stick.keep(names.TO_OFFICE, wanted := letters(Random(4)))
        copy = tmp_path / "other"
        shutil.copytree(root, copy)
        shutil.rmtree(copy / names.FOLDER / names.TO_OFFICE)
        (copy / names.FOLDER / names.MARK).unlink()
        other = Stick.open(copy, draw=os.urandom)
        subprocess.run(["mount", "--bind", str(copy), str(root)], check=True)
        with pytest.raises(device.StickSwapped):
            stick.finish()
        assert other.id != stick.id
        subprocess.run(["umount", str(root)], check=True)
        stick.finish()
        assert list(looked(root, wanted, told=True)) == []
