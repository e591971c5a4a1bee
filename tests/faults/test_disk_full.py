"""A disk of so many megabytes: the book stays whole and readable when it is full, and goes on when there is room again.

The laptop stands on a disk of its own with this much room beside it. The teller posts until the disk refuses, or, since
the program has room for a morning in its file beforehand, until another program has taken what was left. While the
disk is full: reading goes on, each write is refused by a sentence and changes nothing, the book closes and opens. Then
the room comes back.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlcipher3

from desktop import files, shelf
from desktop.desk import Desk
from desktop.store import DiskFull
from desktop.words import Words
from sync.errors import Fault
from tests.desktop.enrolled import Laptop, deposit
from tests.faults import after, broken
from tests.faults.mounted import in_memory
from tests.faults.tally import Tally, Wrong

# After so many vouchers another program takes what room is left, and so many follow.
POSTED, MORE = 40, 200


def taken_up(disk: Path) -> Path:
    """Another program's file, as large as the disk allows."""
    file = disk / "other"
    with file.open("ab", buffering=0) as held:
        for size in (65_536, 4_096):
            try:
                while held.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
    return file


def refused(what: str, verb: Callable[[], object], *codes: str) -> Iterator[Wrong]:
    """A write on a full disk is a sentence, and nothing else."""
    try:
        verb()
    except Fault as fault:
        if fault.code not in codes:
            yield Wrong("unclear", f"{what}: {fault.code}")
    except OSError as error:
        yield Wrong("unclear", f"{what}: {error!r}")


def posted(desk: Desk, most: int) -> int:
    """Vouchers until the disk refuses one; how many were told."""
    for told in range(most):
        try:
            desk.post(deposit(desk))
        except DiskFull:
            return told
    return most


def on_a_small_disk(laptop: Laptop, disk: Path, tally: Tally) -> Iterator[Wrong]:
    """A morning on it; `laptop` is already there, with one voucher in its book."""
    desk = laptop.desk()
    told = 1 + posted(desk, POSTED)
    other = taken_up(disk)
    told += posted(desk, MORE)
    tally.note("vouchers", told)
    tally.note("disks with room for all of them", told == 1 + POSTED + MORE)
    before = desk.standing()
    if before.entries != told:
        yield Wrong("lost" if before.entries < told else "doubled", f"{told} were told, {before.entries} stand")
    yield from refused("a draft", lambda: desk.keep_draft("visit", "x" * 9_000_000), "book.disk-full")
    yield from refused("a batch", desk.batch, "book.disk-full")
    yield from refused("a setting", lambda: desk.keep_setting("printer", "x" * 200), "files.not-written")
    yield from refused("a file", lambda: files.keep(laptop.home / "export", bytes(70_000)), "files.not-written")
    yield from refused("a copy", lambda: desk.book.copy_to(disk / "copy.db"), "book.disk-full", "files.not-written")
    yield from _read(desk, told)
    if desk.standing() != before:
        yield Wrong("unsound", "the standing changed by what was refused")
    desk.close()
    desk = laptop.desk()
    yield from _read(desk, told)
    told += posted(desk, 1)
    for file in (other, disk / "copy.db"):
        file.unlink(missing_ok=True)
    on = posted(desk, 5)
    if on < 5 or desk.standing().entries != told + on:
        yield Wrong("unsound", "posting did not go on when there was room again")
    desk.close()
    yield from after.opened(laptop, least=told + on, most=told + on)
    yield from after.sound(laptop)


def _read(desk: Desk, told: int) -> Iterator[Wrong]:
    """What a teller looks at while the disk is full."""
    try:
        found = len(list(desk.book.sealed()))
        desk.search("nguyen")
        desk.standing()
        desk.occasion(Words("vi"))
        if len(desk.unprinted()) != found:
            yield Wrong("unsound", "entries and print jobs differ")
    except Fault as fault:
        yield Wrong("unsound", f"does not read: {fault.code}")
        return
    if found < told:
        yield Wrong("lost", f"{told} were told, {found} are there")


@pytest.fixture
def sizes(pytestconfig: pytest.Config) -> list[int]:
    """Kilobytes of room: 4 disks in every run, 50 in a long one."""
    return list(range(256, 50 * 256 + 1, 256)) if pytestconfig.getoption("--long") else [512, 1_024, 2_048, 6_144]


def tried(template: Laptop, place: Path, sizes: list[int], *, name: str = "") -> Tally:
    tally, used = Tally("disks"), sum(path.stat().st_size for path in template.home.rglob("*"))
    for size in sizes:
        with in_memory(place, kilobytes=used // 1024 + 64 + size) as disk, broken.program(name):
            shutil.copytree(template.home, disk / "home")
            there, wrong = Laptop(disk / "home", template.key, template.pack), []
            try:
                wrong += on_a_small_disk(there, disk, tally)
            except sqlcipher3.Error as error:
                wrong.append(Wrong("unclear", repr(error)))
            tally.add(wrong, where=f"{size} kB")
    return tally


@pytest.mark.feature(83)
def test_a_full_disk_loses_nothing_and_posting_goes_on_when_there_is_room(
    short: Laptop, place: Path, sizes: list[int]
) -> None:
    found = tried(short, place, sizes)
    control = tried(short, place, sizes[:2], name="swallowing")
    print(f"full disks: {found.line(control)}")
    assert found.first == []
    assert not control.clean


def test_a_laptop_without_room_makes_no_half_book(bare: Laptop, place: Path) -> None:
    """A new book on disks that take ever more of it: refused whole, and made on the same laptop once there is room."""
    tally, used = Tally("disks"), sum(path.stat().st_size for path in bare.home.rglob("*"))
    for size in (0, 8, 32, 96, 200, 320, 480, 640, 800, 2_000, 4_800):
        with in_memory(place, kilobytes=used // 1024 + 1_100 + size) as disk:
            shutil.copytree(bare.home, disk / "home")
            other = disk / "other"
            other.write_bytes(bytes(1_024 * 1_024))
            there = Laptop(disk / "home", bare.key, bare.pack)
            try:
                shelf.make_book(there.home, there.unlocked(), pack=there.pack)
                tally.note("made at once")
            except (DiskFull, files.NotWritten):
                tally.note("refused first")
            other.unlink()
            wrong = list(after.sound(there)) if after.book_file(there).exists() else []
            tally.add([*wrong, *after.goes_on(there)], where=f"{size} kB")
    print(f"new books on full disks: {tally.line()}")
    assert tally.first == []
    assert tally.seen["refused first"]
    assert tally.seen["made at once"]
