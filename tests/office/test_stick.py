"""The office's end of a stick: what it takes, what it names and leaves, and what goes back."""

import os
import shutil
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from sync.directory import read_directory
from sync.envelope import read_header
from sync.office import devices, home, intake, preparation, register, stick
from sync.office.__main__ import app
from sync.office.home import Office
from sync.pack import open_pack
from sync.stick import names
from sync.stick.device import Letter, Stick, StickFull
from tests.office.conftest import Desk, counting, make_office, small_export
from tests.office.laptop import MORNING, Laptop
from tests.office.test_intake import morning
from tests.office.test_restoration import lost_and_restored


def put_in(folder: Path) -> Stick:
    folder.mkdir(exist_ok=True)
    return Stick.open(folder, draw=os.urandom)


def put(held: Stick, *batches: bytes) -> None:
    """What a laptop writes."""
    held.keep(names.TO_OFFICE, [Letter(names.batch_name(read_header(raw, kind="batch")), raw, len) for raw in batches])


def back(held: Stick, kind: str, laptop: Laptop) -> list[bytes]:
    """What the office wrote for a laptop."""
    wanted = f"{kind}-{laptop.device[:8].hex()}-"
    found = held.found(names.FROM_OFFICE).letters
    return [held.read(names.FROM_OFFICE, name, bytes_max=size) for name, size in found if name.startswith(wanted)]


def exchange(office: Office, held: Stick) -> stick.TookIn:
    came = stick.take(office, held)
    stick.give(office, held, laptops=stick.seen(office, held))
    return came


@pytest.mark.feature(94)
def test_a_batch_by_stick_is_taken_as_by_network_and_its_acknowledgement_goes_back(desk: Desk, tmp_path: Path) -> None:
    laptop, held = morning(desk.laptop()), put_in(tmp_path / "usb")
    put(held, laptop.batch(1, 3), laptop.batch(4))
    came = exchange(desk.office, held)
    assert [(one.ack.status, one.ack.received) for one in came.taken] == [("ok", 3), ("ok", len(laptop.entries))]
    (ack,) = back(held, "ack", laptop)
    assert laptop.believes(ack).safe == len(laptop.entries)
    assert ack == intake.newest_ack(desk.office, book=laptop.pack.book)
    (sealed,) = back(held, "pack", laptop)
    assert open_pack(sealed, device=laptop.device, device_secret=laptop.secret, office=laptop.ticket.office, now_s=MORNING) == laptop.pack
    # The same stick again: nothing new, and nothing piles up.
    before = held.found(names.FROM_OFFICE)
    assert exchange(desk.office, held).taken[-1].ack.ack_no == came.taken[-1].ack.ack_no
    assert held.found(names.FROM_OFFICE) == before


@pytest.mark.feature(91)
def test_what_is_bad_is_named_and_left_and_keeps_nothing_else_out(desk: Desk, tmp_path: Path) -> None:
    laptop, held = morning(desk.laptop()), put_in(tmp_path / "usb")
    home.found(tmp_path / "elsewhere", name="Phòng giao dịch khác", database="", backup="", draw=os.urandom)
    elsewhere = Desk(home.enter(tmp_path / "elsewhere", now_s=counting(MORNING), draw=os.urandom), tmp_path)
    register.keep(elsewhere.office, export=small_export())
    stranger = morning(elsewhere.laptop(seed=3))
    put(held, laptop.batch(1, 4), laptop.batch(5))
    folder = held.folder / names.TO_OFFICE
    whole = laptop.batch(1, 2)
    wrong = {
        f"batch-{'0' * 16}-{laptop.pack.book.hex()}-000001-000002.dgd": whole[:-1] + bytes([whole[-1] ^ 1]),
        f"batch-{'1' * 16}-{laptop.pack.book.hex()}-000001-000002.dgd": whole[:40],
        f"batch-{'2' * 16}-{laptop.pack.book.hex()}-000001-000002.dgd": b"",
        f"batch-{'3' * 16}-{laptop.pack.book.hex()}-000001-000002.dgd": os.urandom(300_000),
        f"ack-{'4' * 16}-{laptop.pack.book.hex()}-00000001.dgd": b"?",
        names.batch_name(read_header(stranger.batch(), kind="batch")): stranger.batch(),
    }
    for name, raw in wrong.items():
        (folder / name).write_bytes(raw)
    (folder / f"batch-{'5' * 16}-{laptop.pack.book.hex()}-000001-000002.dgd").mkdir()
    (folder / f"batch-{'6' * 16}-{laptop.pack.book.hex()}-000001-000002.dgd").symlink_to("/etc/passwd")
    (folder / f"batch-{'7' * 16}-{laptop.pack.book.hex()}-000001-000003.dgd").write_bytes(laptop.batch(1, 3))
    (folder / ("ảnh gia đình \u202e" + "x" * 80 + ".jpg")).write_bytes(b"\xff\xd8")
    kept = {one.name: (one.lstat().st_mtime_ns, one.lstat().st_size) for one in folder.iterdir()}
    came = exchange(desk.office, held)
    assert laptop.believes(back(held, "ack", laptop)[0]).received == len(laptop.entries)
    assert {one.name: one.fault.code for one in came.left} == dict(
        zip(wrong, ("keys.signature-wrong", "bytes.malformed", "bytes.malformed", "envelope.too-large",
                    "stick.kind-unknown", "stick.other-office"), strict=True)
    )  # fmt: skip
    assert all(one.fault.sentence() != one.fault.sentence("en") for one in came.left)
    assert came.others == 3
    assert all("\u202e" not in name and len(name) <= names.SHOWN_LETTERS + 30 for name in came.strangers)
    # Under another name it is still what it is; and all of it lies where it lay.
    assert [one.ack.status for one in came.taken] == ["ok"] * 3
    assert {one.name: (one.lstat().st_mtime_ns, one.lstat().st_size) for one in folder.iterdir()} == kept
    elsewhere.office.store.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_no_bytes_of_a_stick_are_more_than_a_sentence(desk: Desk, tmp_path: Path, seed: int) -> None:
    laptop, held = morning(desk.laptop()), put_in(tmp_path / "usb")
    random, whole = Random(seed), laptop.batch()
    for at in range(60):
        raw = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            raw[random.randrange(len(raw))] = random.randrange(256)
        name = names.letter_name("batch", device=laptop.device, subject=laptop.pack.book, numbers=(at + 1, at + 2))
        (held.folder / names.TO_OFFICE / name).write_bytes(bytes(raw[: random.randrange(len(raw))] if at % 5 == 0 else raw))
    put(held, whole)
    came = exchange(desk.office, held)
    assert [one.ack.received for one in came.taken if bytes(held.read(names.TO_OFFICE, one.name, bytes_max=10**6)) == whole]
    assert all(one.fault.sentence() for one in came.left)
    assert laptop.believes(back(held, "ack", laptop)[0]).received == len(laptop.entries)


def test_strangers_letters_do_not_use_up_what_is_looked_at(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop, held = morning(desk.laptop()), put_in(tmp_path / "usb")
    monkeypatch.setattr(stick, "LETTERS_MAX", 3)
    for at in range(8):
        (held.folder / names.TO_OFFICE / names.letter_name("batch", device=bytes(16), subject=bytes(16), numbers=(at, at))).touch()
    put(held, laptop.batch())
    came = exchange(desk.office, held)
    assert [one.ack.received for one in came.taken] == [len(laptop.entries)]
    assert [one.fault.code for one in came.left].count("stick.not-looked") == 6


def test_a_thousand_strange_files_are_counted_and_the_letter_among_them_is_taken(desk: Desk, tmp_path: Path) -> None:
    laptop, held = morning(desk.laptop()), put_in(tmp_path / "usb")
    for at in range(1_000):
        (held.folder / names.TO_OFFICE / f"{at}.tmp").touch()
    put(held, laptop.batch())
    came = exchange(desk.office, held)
    assert (len(came.taken), came.others, len(came.strangers)) == (1, 1_000, 5)


def test_a_stick_that_is_full_still_hands_in(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop, held = morning(desk.laptop()), put_in(tmp_path / "usb")
    put(held, laptop.batch())
    monkeypatch.setattr("sync.stick.device._free_bytes", lambda _folder: 100)
    assert [one.ack.status for one in stick.take(desk.office, Stick.look(held.root)).taken] == ["ok"]
    with pytest.raises(StickFull):
        stick.give(desk.office, held, laptops=[laptop.device])
    # Once there is room, what was signed for then is what goes out.
    monkeypatch.undo()
    stick.give(desk.office, held, laptops=[laptop.device])
    assert laptop.believes(back(held, "ack", laptop)[0]).received == len(laptop.entries)


@pytest.mark.feature(77)
def test_the_directory_rises_names_the_revoked_and_goes_on_rising_after_a_restore(desk: Desk, tmp_path: Path) -> None:
    laptop, lost = desk.laptop("A"), desk.laptop("B", seed=2)
    held = put_in(tmp_path / "usb")
    office = desk.office.public()

    def issued(of: Office) -> bytes:
        stick.give(of, held, laptops=stick.in_use(of))
        return held.read(names.FROM_OFFICE, names.directory_name(of.office_id), bytes_max=100_000)

    first = read_directory(issued(desk.office), office=office)
    assert {one.letter: bool(one.revoked_s) for one in first.laptops} == {"A": False, "B": False}
    assert len(back(held, "pack", lost)) == 1
    devices.revoke(desk.office, letter="B")
    second = read_directory(issued(desk.office), office=office, newest=first.number)
    assert second.number > first.number
    assert (second.revoked_s(laptop.device), second.revoked_s(lost.device) > 0) == (0, True)
    again = lost_and_restored(desk)
    third = read_directory(issued(again), office=office, newest=second.number)
    assert third.number > second.number
    assert third.revoked_s(lost.device)
    again.store.close()


def test_a_laptop_that_left_nothing_on_the_stick_gets_its_pack_when_all_are_asked_for(desk: Desk, tmp_path: Path) -> None:
    laptop, held = desk.laptop(), put_in(tmp_path / "usb")
    assert stick.seen(desk.office, held) == ()
    stick.give(desk.office, held, laptops=stick.in_use(desk.office))
    assert stick.seen(desk.office, held) == (laptop.device,)
    # A newer issue takes the place of the one before it.
    (old,) = back(held, "pack", laptop)
    desk.prepare(laptop, again=True)
    exchange(desk.office, held)
    (new,) = back(held, "pack", laptop)
    assert (new == old, new) == (False, preparation.fetch(desk.office, device=laptop.device, wanted=None))


def test_the_command_says_what_it_took_and_what_it_left(tmp_path: Path) -> None:
    desk = Desk(make_office(tmp_path / "office", now_s=counting(MORNING)), tmp_path / "office")
    laptop, held = morning(desk.laptop()), put_in(tmp_path / "usb")
    put(held, laptop.batch())
    desk.office.store.close()

    def run(*words: str | Path) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["stick", *map(str, words), "--home", str(tmp_path / "office")])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    status, said = run(held.root)
    assert status == 0
    assert f"đã nhận đến số {len(laptop.entries)}" in said
    assert "Rút USB được rồi" in said
    (held.folder / names.TO_OFFICE / f"batch-{'0' * 16}-{'0' * 32}-000001-000002.dgd").write_bytes(b"?")
    (held.folder / names.TO_OFFICE / "luận văn.doc").write_bytes(b"?")
    status, said = run(held.root)
    assert status == 1
    assert "không đúng dạng" in said
    assert "1 mục lạ để nguyên: luận văn.doc" in said
    shutil.rmtree(held.root)
    status, said = run(held.root)
    assert (status, "rút ra hoặc hỏng" in said) == (1, True)
