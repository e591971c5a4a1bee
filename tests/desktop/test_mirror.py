"""The mirror on a stick: everything posted is on it, whatever happens to the stick, and it is never written over."""

import errno
import os
from pathlib import Path

import pytest

from desktop.care.set_back import BookBehind
from desktop.desk import Desk
from desktop.road import mirror
from desktop.road.correspondence import MirrorOther
from desktop.road.mirror import Mirror, WentOn
from desktop.store import PaperThere
from sync import mirror as wire
from sync.pack import continued_id
from sync.stick import device, names
from sync.stick.device import StickFault, StickFull, StickLies
from tests.desktop import enrolled, spare
from tests.desktop.enrolled import Draw, Laptop, deposit, opened
from tests.sync import small


@pytest.fixture
def desk(laptop: Laptop) -> Desk:
    made = laptop.desk()
    opened(made)
    return made


def entries(kept: Mirror, desk: Desk) -> list[int]:
    """The numbers a reader finds, by every byte of the file."""
    assert kept._file is not None
    raw = (kept.root / "DGD" / "mirror" / kept._file.name).read_bytes()
    copy = wire.read(raw, key=kept._file.key, office=small.OFFICE)
    assert [one.raw for one in copy.entries] == [one.raw for one in desk.book.sealed(1, len(copy.entries))]
    return [one.entry.number for one in copy.entries]


def files(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "DGD" / "mirror").iterdir())


def test_each_voucher_is_on_the_stick_after_it_was_posted(desk: Desk, tmp_path: Path) -> None:
    kept = Mirror(tmp_path, desk.mirror_source(), draw=Draw())
    held = mirror.keep_up(kept, desk, held=None)
    for number in range(2, 6):
        sealed = desk.post(deposit(desk)).sealed
        held = mirror.keep_up(kept, desk, held=held)
        assert held == (number, sealed.head, sealed.entry.wall_s, {})
        assert entries(kept, desk) == list(range(1, number + 1))
    assert files(tmp_path) == [f"mirror-{small.DEVICE[:8].hex()}-{desk.pack.book.hex()}.dgd"]
    # Nothing of the people in it can be read by who finds the stick.
    raw = (tmp_path / "DGD" / "mirror" / files(tmp_path)[0]).read_bytes()
    assert not any(one.full_name.encode() in raw for one in desk.pack.terms.customers)


def test_a_stick_that_was_away_catches_up_with_all_it_missed(desk: Desk, tmp_path: Path) -> None:
    kept = spare.mirrored(desk, tmp_path / "stick")
    (tmp_path / "stick").rename(tmp_path / "pocket")
    for _ in range(3):
        desk.post(deposit(desk))
        with pytest.raises(StickFault):
            mirror.keep_up(kept, desk, held=None)
    (tmp_path / "pocket").rename(tmp_path / "stick")
    assert mirror.keep_up(kept, desk, held=None).last == 4
    assert entries(kept, desk) == [1, 2, 3, 4]
    # Another stick gets all of it.
    other = spare.mirrored(desk, tmp_path / "other")
    assert entries(other, desk) == [1, 2, 3, 4]
    # And one that came back with an older state, while nobody looked, is read before it is written.
    before = {path: path.read_bytes() for path in (tmp_path / "stick" / "DGD" / "mirror").iterdir()}
    desk.post(deposit(desk))
    held = mirror.keep_up(kept, desk, held=None)
    for path, raw in before.items():
        path.write_bytes(raw)
    desk.post(deposit(desk))
    assert mirror.keep_up(kept, desk, held=held).last == 6
    assert entries(kept, desk) == [1, 2, 3, 4, 5, 6]


def test_a_frame_that_was_cut_off_is_cut_away_at_any_byte(desk: Desk, tmp_path: Path) -> None:
    kept = spare.mirrored(desk, tmp_path)
    whole = kept._held
    path = tmp_path / "DGD" / "mirror" / files(tmp_path)[0]
    short = len(path.read_bytes())
    desk.post(deposit(desk))
    mirror.keep_up(kept, desk, held=whole)
    raw = path.read_bytes()
    for size in (short, short + 1, short + 5, (short + len(raw)) // 2, len(raw) - 1):
        path.write_bytes(raw[:size])
        again = Mirror(tmp_path, desk.mirror_source(), draw=Draw(str(size).encode()))
        assert again.look().last == 1
        assert mirror.keep_up(again, desk, held=None).last == 2
        assert entries(again, desk) == [1, 2]
    assert len(files(tmp_path)) == 1


def test_a_file_that_is_altered_in_its_midst_stays_and_another_is_begun(desk: Desk, tmp_path: Path) -> None:
    spare.mirrored(desk, tmp_path)
    for _ in range(3):
        desk.post(deposit(desk))
    kept = spare.mirrored(desk, tmp_path)
    path = tmp_path / "DGD" / "mirror" / files(tmp_path)[0]
    bent = bytearray(path.read_bytes())
    bent[-3_000] ^= 1
    path.write_bytes(bytes(bent))
    again = Mirror(tmp_path, desk.mirror_source(), draw=Draw(b"again"))
    assert mirror.keep_up(again, desk, held=None).last == 4
    assert entries(again, desk) == [1, 2, 3, 4]
    assert (len(files(tmp_path)), path.read_bytes()) == (2, bytes(bent))
    assert files(tmp_path)[0].endswith("-00000002.dgd")
    assert kept.root == again.root


@pytest.mark.parametrize("when", ["write", "fsync"])
def test_a_full_stick_holds_up_nothing_and_keeps_what_it_had(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    kept = spare.mirrored(desk, tmp_path)
    before, true = kept._held, getattr(os, when)

    def full(descriptor: int, *more: bytes) -> int:
        # Half of it goes out, as it does on a stick that fills up.
        if more:
            true(descriptor, bytes(more[0])[: len(more[0]) // 2])
        raise OSError(errno.ENOSPC, "full")

    desk.post(deposit(desk))
    with monkeypatch.context() as patched:
        patched.setattr(device.os, when, full)
        with pytest.raises(StickFull):
            mirror.keep_up(kept, desk, held=before)
    assert desk.post(deposit(desk)).sealed.entry.number == 3
    assert mirror.keep_up(kept, desk, held=None).last == 3
    assert entries(kept, desk) == [1, 2, 3]


def test_a_stick_that_lies_is_found_out_at_once(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = spare.mirrored(desk, tmp_path)
    held = kept._held
    desk.post(deposit(desk))
    with monkeypatch.context() as patched:
        patched.setattr(device.os, "write", lambda _descriptor, raw: len(raw))
        with pytest.raises(StickLies):
            mirror.keep_up(kept, desk, held=held)
    assert mirror.keep_up(kept, desk, held=None).last == 2


def test_an_older_image_of_the_laptop_is_told_by_its_mirror_and_made_whole_from_it(
    laptop: Laptop, tmp_path: Path
) -> None:
    desk = laptop.desk()
    opened(desk)
    desk.put_away()
    image = enrolled.copied(laptop, tmp_path / "image")
    desk = laptop.desk()
    for _ in range(3):
        desk.post(deposit(desk))
    spare.mirrored(desk, tmp_path / "stick")
    desk.put_away()
    old = image.desk()
    kept = Mirror(tmp_path / "stick", old.mirror_source(), draw=Draw(b"old"))
    before = (tmp_path / "stick" / "DGD" / "mirror" / files(tmp_path / "stick")[0]).read_bytes()
    with pytest.raises(BookBehind) as missing:
        mirror.keep_up(kept, old, held=None)
    assert (missing.value.facts["first"], missing.value.facts["last"]) == ("000002", "000004")
    with pytest.raises(BookBehind):
        deposit(old)
    old.put_away()
    # It says so again after it was closed and opened.
    old = image.desk()
    with pytest.raises(BookBehind):
        deposit(old)
    standing = old.put_back(kept.entries_after(old.standing().entries))
    assert (standing.entries, standing.set_back, old.head) == (4, None, desk.head)
    # Their paper was printed by what is now gone: never an unmarked original a second time.
    assert [one.number for one in old.begun()] == [2, 3, 4]
    with pytest.raises(PaperThere):
        old.begin_print(old.begun()[0])
    assert old.post(deposit(old)).sealed.entry.number == 5
    assert mirror.keep_up(kept, old, held=None).last == 5
    assert (tmp_path / "stick" / "DGD" / "mirror" / files(tmp_path / "stick")[0]).read_bytes().startswith(before)


def test_a_laptop_sees_on_the_stick_that_another_one_went_on(laptop: Laptop, tmp_path: Path) -> None:
    first, other = spare.pair(laptop, tmp_path)
    desk = first.desk()
    opened(desk)
    spare.mirrored(desk, tmp_path / "stick")
    forged = tmp_path / "stick" / "DGD" / "mirror"
    name = names.letter_name("mirror", device=small.SPARE, subject=continued_id(desk.pack.book, by=small.SPARE))
    # Somebody's file of that name proves nothing, nor does this laptop's own mirror under it.
    for raw in (b"DGDM1", next(forged.iterdir()).read_bytes()):
        (forged / name).write_bytes(raw)
        assert mirror.keep_up(Mirror(tmp_path / "stick", desk.mirror_source(), draw=Draw()), desk, held=None).last == 1
    (forged / name).unlink()
    there = spare.gone_on(other, tmp_path / "stick")
    spare.mirrored(there, tmp_path / "stick")
    with pytest.raises(WentOn) as found:
        spare.mirrored(desk, tmp_path / "stick")
    assert found.value.facts["letter"] == "B"
    with pytest.raises(WentOn):
        deposit(desk)
    assert isinstance(desk.standing().taken_over, WentOn)
    # The one that went on is not held up by its own.
    there.post(deposit(there))
    assert spare.mirrored(there, tmp_path / "stick")._held.last == 3


def test_an_image_that_was_written_on_stops_at_its_mirror(laptop: Laptop, tmp_path: Path) -> None:
    desk = laptop.desk()
    opened(desk)
    desk.put_away()
    image = enrolled.copied(laptop, tmp_path / "image")
    image.clock.wall_s += 500
    desk, other = laptop.desk(), image.desk()
    desk.post(deposit(desk))
    spare.mirrored(desk, tmp_path / "stick")
    before = (tmp_path / "stick" / "DGD" / "mirror" / files(tmp_path / "stick")[0]).read_bytes()
    other.post(deposit(other))
    other.post(deposit(other))
    with pytest.raises(MirrorOther) as found:
        spare.mirrored(other, tmp_path / "stick")
    assert found.value.facts["number"] == "000002"
    with pytest.raises(MirrorOther):
        deposit(other)
    assert (tmp_path / "stick" / "DGD" / "mirror" / files(tmp_path / "stick")[0]).read_bytes() == before
