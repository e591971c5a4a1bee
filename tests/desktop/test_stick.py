"""A stick at the laptop: letters of every book out, the office's words in, and every way in which a stick can fail."""

import errno
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop import shelf
from desktop.__main__ import main
from desktop.care import soundness
from desktop.care.set_back import BookBehind
from desktop.desk import Desk
from desktop.road import directory, inbox, volumes
from desktop.road.courier import AnswerStrange
from desktop.road.stick import Exchanged, Table, exchange
from desktop.vault import Unlocked
from sync import keys, protocol
from sync.chain import NO_HEAD, Sealed
from sync.directory import VERSION, Directory, LaptopRevoked, Listed, sign_directory
from sync.envelope import read_header, verify_letter
from sync.errors import Fault
from sync.keys import SignatureWrong
from sync.outage import KeyGone
from sync.pack import Pack, office_id, seal_pack
from sync.protocol import Ack, sign_ack
from sync.records import changed
from sync.stick import device, names
from sync.stick.device import (
    Letter,
    Stick,
    StickFault,
    StickFull,
    StickGone,
    StickLies,
    StickReadOnly,
    StickStrange,
    StickSwapped,
)
from tests.desktop.enrolled import Laptop, copied, deposit, opened
from tests.desktop.test_shelf import LATER, OTHER_POINT, begun, remade
from tests.sync import small

STRANGER = b"\x5a" * 16
LETTER = Letter(f"batch-{'0' * 16}-{'0' * 32}-000001-000003.dgd", b"a letter of some length", len)


@pytest.fixture(scope="module")
def busy_laptop(opened_laptop: Laptop, tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    """One in the midst of its session: the float, and two deposits."""
    made = copied(opened_laptop, tmp_path_factory.mktemp("busy") / "home")
    morning(made)
    return made


@pytest.fixture
def busy(busy_laptop: Laptop, tmp_path: Path) -> Laptop:
    return copied(busy_laptop, tmp_path / "laptop")


@pytest.fixture
def usb(tmp_path: Path) -> Path:
    folder = tmp_path / "USB của tổ"
    folder.mkdir()
    return folder


def table(laptop: Laptop, unlocked: Unlocked | None = None) -> Table:
    return Table(laptop.home, unlocked or laptop.unlocked(), laptop.clock)


def carried(laptop: Laptop, usb: Path, *, writing: bool = True) -> Exchanged:
    """A whole exchange with no desk open."""
    return exchange(usb, table(laptop), draw=os.urandom, writing=writing)


def held(usb: Path, folder: str) -> dict[str, bytes]:
    place = usb / names.FOLDER / folder
    return {one.name: one.read_bytes() for one in sorted(place.iterdir())} if place.is_dir() else {}


def from_office(usb: Path, *letters: tuple[str, bytes]) -> None:
    """What an office puts there."""
    Stick.open(usb, draw=os.urandom).keep(names.FROM_OFFICE, [Letter(name, raw, len) for name, raw in letters])


def taken_by_office(laptop: Laptop, raw: bytes) -> protocol.Batch:
    return protocol.open_batch(
        raw, office=small.OFFICE.office, office_secret=small.OFFICE_SECRET, device_key=laptop.unlocked().sign_key,
        terms_of=lambda _book: laptop.pack.terms,
    )  # fmt: skip


def signed_for(laptop: Laptop, raw: bytes, *, ack_no: int = 1, **other: object) -> tuple[str, bytes]:
    """The office's word on a batch, as a file."""
    batch = taken_by_office(laptop, raw)
    last, _, head = batch.entries[-1]
    ack = Ack(
        version=1, office=small.OFFICE.office, device=batch.header.sender, book=batch.header.subject, ack_no=ack_no,
        prev_ack=NO_HEAD, received=last.number, received_head=head, safe=last.number, safe_head=head, cash=last.cash,
        cash_in=last.cash_in, cash_out=last.cash_out, status="ok", reason="", differences=0, office_s=small.BEGIN_S,
    )  # fmt: skip
    ack = changed(ack, **other)
    return names.ack_name(ack), sign_ack(ack, office_seed=small.OFFICE_SEED)


def packed(laptop: Laptop, pack: Pack) -> tuple[str, bytes]:
    key = keys.seal_public(laptop.unlocked().device_secret)
    raw = seal_pack(pack, device_key=key, office_seed=small.OFFICE_SEED)
    return names.pack_name(read_header(raw, kind="pack")), raw


def listed(laptop: Laptop, *, number: int, revoked_s: int = 0) -> tuple[str, bytes]:
    unlocked = laptop.unlocked()
    one = Listed(device=unlocked.device, letter="A", sign_key=unlocked.sign_key, seal_key=unlocked.seal_key, revoked_s=revoked_s)
    made = Directory(version=VERSION, number=number, office=small.OFFICE, laptops=(one,), issued_s=number)
    return names.directory_name(small.OFFICE.office), sign_directory(made, office_seed=small.OFFICE_SEED)


def morning(laptop: Laptop, *, deposits: int = 2) -> None:
    """A session that goes on: the float, and some deposits."""
    desk = laptop.desk()
    if not desk.standing().entries:
        opened(desk)
    for at in range(deposits):
        desk.post(deposit(desk, 10_000 * (at + desk.standing().entries)))
    desk.close()


def only_batch(usb: Path) -> bytes:
    (raw,) = held(usb, names.TO_OFFICE).values()
    return raw


@pytest.mark.feature(94)
def test_letters_go_out_words_come_back_and_what_is_signed_for_leaves_the_stick(busy: Laptop, usb: Path) -> None:
    first = carried(busy, usb)
    assert (first.gathered.entries, first.left, first.written.past_memory) == (3, (), True)
    assert [one.entry.number for one in desk_entries(busy)] == [one.number for one, _, _ in taken_by_office(busy, only_batch(usb)).entries]
    # Again without a word from the office: the very same bytes; what was posted meanwhile is a letter behind them.
    before = held(usb, names.TO_OFFICE)
    morning(busy)
    assert carried(busy, usb).gathered.entries == 5
    now = held(usb, names.TO_OFFICE)
    assert before.items() <= now.items()
    assert [names.named(name).numbers for name in now] == [(1, 3), (4, 5)]  # type: ignore[union-attr]
    from_office(usb, signed_for(busy, only(before)))
    done = carried(busy, usb)
    assert [(one.marks.received, one.marks.safe, one.point_name) for one in done.took.moved] == [(3, 3, busy.pack.terms.point.point_name)]
    assert [names.named(name).numbers for name in held(usb, names.TO_OFFICE)] == [(4, 5)]  # type: ignore[union-attr]
    # The same word again is no news, nor is there anything to tell of it.
    again = carried(busy, usb)
    assert (again.took.moved, again.left) == ([], ())


def only(files: dict[str, bytes]) -> bytes:
    (raw,) = files.values()
    return raw


def desk_entries(busy: Laptop) -> list[Sealed]:
    book = busy.open_book()
    try:
        return list(book.sealed())
    finally:
        book.close()


@pytest.mark.feature(94)
def test_a_pack_and_words_for_any_book_are_taken_with_no_network(laptop: Laptop, usb: Path) -> None:
    begun(laptop, closed=True)
    later = remade(laptop.pack, session_date=LATER)
    elsewhere = remade(laptop.pack, point=OTHER_POINT, session_date=LATER)
    carried(laptop, usb)
    word = signed_for(laptop, only_batch(usb))
    from_office(usb, word, packed(laptop, later), packed(laptop, elsewhere))
    done = carried(laptop, usb)
    assert {one.pack for one in done.took.loaded} == {later.pack, elsewhere.pack}
    assert set(shelf.books(laptop.home)) == {laptop.pack.book, later.book, elsewhere.book}
    assert done.left == ()
    # Packs whose books are here are no news the next time.
    assert carried(laptop, usb).took.loaded == []
    # A book that is not of the newest session gets its word too, whoever of the laptop brings the stick.
    shelved = {one.book: one for one in shelf.shelved(laptop.home, laptop.unlocked())}
    assert shelved[laptop.pack.book].unsent == 0


def test_with_a_book_open_its_letters_go_and_a_pack_waits_for_it_to_be_left(busy: Laptop, usb: Path) -> None:
    later = remade(busy.pack, session_date=small.DAY, point=OTHER_POINT)
    from_office(usb, packed(busy, later))
    unlocked = busy.unlocked()
    desk = Desk.open(busy.open_book(), unlocked, clock=busy.clock)
    done = exchange(usb, Table(busy.home, unlocked, busy.clock, desk), draw=os.urandom)
    assert (done.gathered.entries, [one.waits for one in done.took.loaded], done.left) == (3, [True], ())
    from_office(usb, signed_for(busy, only_batch(usb)))
    assert exchange(usb, Table(busy.home, unlocked, busy.clock, desk), draw=os.urandom).took.moved[0].marks == desk.standing().marks
    assert desk.standing().marks.received == 3
    desk.put_away()
    assert inbox.take(busy.home, unlocked, now_s=small.BEGIN_S) == ()
    assert later.book in shelf.books(busy.home)
    assert inbox.waiting(busy.home) == ()


@pytest.mark.feature(77)
def test_a_laptop_that_learns_it_was_revoked_hands_in_and_begins_nothing(busy: Laptop, usb: Path) -> None:
    from_office(usb, listed(busy, number=10, revoked_s=small.BEGIN_S), packed(busy, remade(busy.pack, point=OTHER_POINT)))
    done = carried(busy, usb)
    assert [type(one.fault) for one in done.left] == [LaptopRevoked]
    assert (done.gathered.entries, shelf.books(busy.home)) == (3, (busy.pack.book,))
    # An older directory does not bring it back, however the stick came by it; a newer one does.
    from_office(usb, listed(busy, number=9))
    carried(busy, usb)
    assert directory.revoked_s(busy.home, busy.unlocked()) == small.BEGIN_S
    from_office(usb, listed(busy, number=11))
    assert carried(busy, usb).left == ()
    assert (busy.home / "directory.dgd").read_bytes() == listed(busy, number=11)[1]
    (busy.home / "directory.dgd").write_bytes(b"half")
    assert directory.revoked_s(busy.home, busy.unlocked()) == 0


def test_over_a_network_the_directory_comes_with_the_pack_and_an_office_without_one_is_no_obstacle(laptop: Laptop) -> None:
    class Line:
        def __init__(self, answer: bytes | Fault) -> None:
            self.answer = answer

        def fetch_directory(self) -> bytes:
            if isinstance(self.answer, Fault):
                raise self.answer
            return self.answer

    unlocked = laptop.unlocked()
    for answer in (AnswerStrange(reason="HTTP 404"), b"?", listed(laptop, number=4)[1], listed(laptop, number=3)[1]):
        directory.ask(laptop.home, unlocked, Line(answer))
    known = directory.known(laptop.home, unlocked)
    assert known is not None
    assert known.number == 4


def test_names_on_a_stick_and_its_files_say_nothing_of_anybody(busy: Laptop, usb: Path) -> None:
    from_office(usb, packed(busy, remade(busy.pack, point=OTHER_POINT)), listed(busy, number=3))
    carried(busy, usb)
    terms = busy.pack.terms
    said = [one.full_name for one in terms.customers] + [one.full_name for one in terms.team] + [terms.point.point_name, terms.customers[0].id_number]
    for path in usb.rglob("*"):
        text = path.name + (path.read_bytes().decode("utf-8", "replace") if path.is_file() else "")
        assert not [one for one in said if one in text], path
        assert path.is_dir() or path.name == names.MARK or names.named(path.name), path


# What a stick can do


def lying(monkeypatch: pytest.MonkeyPatch, how: Callable[[bytes], bytes | None]) -> None:
    """The device gives back something else than it was given, once its letters are asked for again."""
    true = device.read_again

    def read(path: Path) -> tuple[bytes, bool]:
        raw, past = true(path)
        if path.name == names.MARK:
            return raw, past
        told = how(raw)
        if told is None:
            raise FileNotFoundError(errno.ENOENT, "gone", str(path))
        return told, past

    monkeypatch.setattr(device, "read_again", read)


@pytest.mark.parametrize("how", [lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]), lambda raw: raw[: len(raw) // 2],
                                 lambda _raw: b"", lambda raw: bytes(len(raw)), lambda _raw: None])  # fmt: skip
def test_a_stick_that_lies_about_what_it_took_is_caught(
    usb: Path, monkeypatch: pytest.MonkeyPatch, how: Callable[[bytes], bytes | None]
) -> None:
    stick = Stick.open(usb, draw=os.urandom)
    lying(monkeypatch, how)
    with pytest.raises(StickLies) as caught:
        stick.keep(names.TO_OFFICE, [LETTER])
    assert "bỏ đi" in caught.value.sentence()


def test_what_a_lying_stick_did_not_take_is_still_to_be_sent(busy: Laptop, usb: Path) -> None:
    with pytest.MonkeyPatch.context() as patched:
        lying(patched, lambda raw: raw[:-1])
        with pytest.raises(StickLies):
            carried(busy, usb)
    assert laptop_whole(busy)
    assert carried(busy, usb).gathered.entries == 3


def laptop_whole(busy: Laptop) -> bool:
    """Nothing of the laptop's changed: all is there, and all is still to be sent."""
    return all(not one.reason for one in soundness.check(busy.home, busy.unlocked())) and shelf.shelved(busy.home, busy.unlocked())[0].unsent == 3


def test_what_was_written_is_read_from_the_device_and_not_from_memory(usb: Path) -> None:
    path = usb / "file"
    raw = random.Random(1).randbytes(70_001)
    path.write_bytes(raw)
    assert device.read_again(path) == (raw, True)
    empty = usb / "empty"
    empty.touch()
    assert device.read_again(empty) == (b"", True)
    with pytest.MonkeyPatch.context() as patched:
        # A file system that knows no direct reading: its pages are dropped first.
        patched.setattr(device, "_read_direct", lambda *_: (_ for _ in ()).throw(OSError(errno.EINVAL, "no")))
        assert device.read_again(path) == (raw, True)
        patched.delattr(os, "posix_fadvise")
        assert device.read_again(path) == (raw, False)


@pytest.mark.parametrize(("number", "fault"), [
    (errno.ENOSPC, StickFull), (errno.EDQUOT, StickFull), (errno.EIO, StickGone), (errno.ENODEV, StickGone),
    (errno.ENOENT, StickGone), (errno.EROFS, StickReadOnly), (errno.EACCES, StickReadOnly),
])  # fmt: skip
@pytest.mark.parametrize("call", ["write", "fsync", "open"])
def test_whatever_fails_in_the_midst_of_writing_is_a_sentence_and_no_loss(
    usb: Path, monkeypatch: pytest.MonkeyPatch, number: int, fault: type[StickFault], call: str
) -> None:
    stick = Stick.open(usb, draw=os.urandom)
    true = getattr(os, call)

    def failing(first: object, *rest: object) -> object:
        if call != "open" or str(first).endswith(".part"):
            raise OSError(number, os.strerror(number))
        return true(first, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(os, call, failing)
        with pytest.raises(fault) as caught:
            stick.keep(names.TO_OFFICE, [LETTER])
    assert caught.value.sentence() != caught.value.sentence("en")
    assert not (stick.folder / names.TO_OFFICE / LETTER.name).exists(), "half a letter is none"
    assert stick.keep(names.TO_OFFICE, [LETTER]).names == (LETTER.name,)


def test_a_stick_pulled_out_or_swapped_before_the_end_is_not_said_to_be_finished(busy: Laptop, usb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = 0

    def pulled(step: str, _done: int, _of: int) -> None:
        if step == "verify":
            shutil.rmtree(usb / names.FOLDER)

    def swapped(step: str, _done: int, _of: int) -> None:
        nonlocal steps
        if step == "verify":
            steps += 1
            (usb / names.FOLDER / names.MARK).write_bytes(device.Mark(version=1, stick=b"\x07" * 16).to_bytes())

    for meddled, fault in ((pulled, StickGone), (swapped, StickSwapped)):
        with pytest.raises(fault):
            exchange(usb, table(busy), draw=os.urandom, progress=meddled)
        assert laptop_whole(busy)
    assert steps == 1
    # The folder a stick was mounted on is empty now: nothing is written onto the laptop's own disk in its place.

    def pulled_last(stick: Stick) -> None:
        shutil.rmtree(stick.folder)
        stick.flush()

    monkeypatch.setattr(Stick, "finish", pulled_last)
    with pytest.raises(StickGone):
        carried(busy, usb)
    shutil.rmtree(usb)
    with pytest.raises(StickGone):
        carried(busy, usb)
    assert not usb.exists()


def test_a_full_stick_says_how_much_is_missing_before_anything_is_written(busy: Laptop, usb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Stick.open(usb, draw=os.urandom)
    monkeypatch.setattr(device, "_free_bytes", lambda _folder: 20_000)
    with pytest.raises(StickFull, match="KB") as caught:
        carried(busy, usb)
    assert 40 < int(caught.value.facts["kilobytes"]) < 60
    assert held(usb, names.TO_OFFICE) == {}


def test_a_read_only_stick_is_still_read(busy: Laptop, usb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carried(busy, usb)
    from_office(usb, signed_for(busy, only_batch(usb)))
    true = os.open

    def read_only(path: object, flags: int, *rest: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and str(usb) in str(path):
            raise OSError(errno.EROFS, "read-only")
        return true(path, flags, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", read_only)
    assert carried(busy, usb, writing=False).took.moved[0].marks.received == 3


@pytest.mark.feature(91)
def test_a_stick_of_junk_and_traps_is_bounded_and_the_letters_in_it_are_found(busy: Laptop, usb: Path, tmp_path: Path) -> None:
    carried(busy, usb)
    word = signed_for(busy, only_batch(usb))
    from_office(usb, word, listed(busy, number=5))
    place = usb / names.FOLDER / names.FROM_OFFICE
    secret = tmp_path / "laptop" / "vault" / "vault.dgd"
    ours, book = busy.unlocked().device, busy.pack.book
    traps: dict[str, Callable[[Path], object]] = {
        names.letter_name("ack", device=ours, subject=book, numbers=(2,)): lambda one: one.symlink_to(secret),
        names.letter_name("ack", device=ours, subject=book, numbers=(3,)): lambda one: one.mkdir(),
        names.letter_name("ack", device=ours, subject=book, numbers=(4,)): lambda one: os.mkfifo(one),
        "x" * 255: lambda one: one.write_bytes(b"?"),
        "a\nb\x1b[2J\u202e.dgd": lambda one: one.write_bytes(b"?"),
    }
    for name, make in traps.items():
        make(place / name)
    bad = {
        names.letter_name("ack", device=ours, subject=book, numbers=(5,)): word[1][:-1] + b"\0",
        names.letter_name("ack", device=ours, subject=book, numbers=(6,)): os.urandom(20_000),
        names.letter_name("pack", device=ours, subject=book): b"",
        names.letter_name("song", device=ours, subject=book): b"la",
        names.letter_name("ack", device=ours, subject=b"\x01" * 16, numbers=(1,)): signed_for(
            busy, only_batch(usb), book=b"\x01" * 16
        )[1],
    }
    for name, raw in bad.items():
        (place / name).write_bytes(raw)
    for at in range(10_000):
        (place / f"IMG_{at:05d}.JPG").touch()
    done = carried(busy, usb)
    assert done.took.moved[0].marks.received == 3
    assert {one.name: one.fault.code for one in done.left} == dict(
        zip(bad, ("keys.signature-wrong", "bytes.malformed", "bytes.malformed", "stick.kind-newer", "stick.book-elsewhere"), strict=True)
    )
    assert done.brought.others == 10_000 + len(traps)
    assert len(done.brought.strangers) == device.NAMED_MAX
    assert all(one.isprintable() and len(one) <= names.SHOWN_LETTERS for one in done.brought.strangers)
    assert not (place / "..").resolve().joinpath("passwd").exists()
    assert set(bad) <= set(os.listdir(place)), "what is not ours to delete stays"


def test_more_files_than_anybody_has_are_not_all_looked_at(laptop: Laptop, usb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "ENTRIES_MAX", 50)
    Stick.open(usb, draw=os.urandom)
    for at in range(120):
        (usb / names.FOLDER / names.FROM_OFFICE / f"{at}").touch()
    found = Stick.look(usb).found(names.FROM_OFFICE)
    assert (found.others, found.more) == (50, True)
    monkeypatch.setattr("desktop.road.stick.LETTERS_MAX", 3)
    for at in range(5):
        name = names.letter_name("ack", device=laptop.unlocked().device, subject=laptop.pack.book, numbers=(at,))
        (usb / names.FOLDER / names.TO_OFFICE / name).write_bytes(b"?")
    (usb / names.FOLDER / names.FROM_OFFICE).rename(usb / "away")
    (usb / names.FOLDER / names.TO_OFFICE).rename(usb / names.FOLDER / names.FROM_OFFICE)
    codes = [one.fault.code for one in carried(laptop, usb).left]
    assert sorted(codes) == ["bytes.malformed"] * 3 + ["stick.too-many"] * 2


@pytest.mark.parametrize("what", [names.FOLDER, f"{names.FOLDER}/{names.TO_OFFICE}", f"{names.FOLDER}/{names.MARK}"])
@pytest.mark.parametrize("trap", ["link", "file"])
def test_a_link_in_the_place_of_a_folder_leads_nowhere(laptop: Laptop, usb: Path, tmp_path: Path, what: str, trap: str) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (usb / what).parent.mkdir(exist_ok=True)
    if trap == "link":
        (usb / what).symlink_to(away)
    elif what.endswith(names.MARK):
        (usb / what).mkdir()
    else:
        (usb / what).write_bytes(b"?")
    with pytest.raises(StickStrange) as caught:
        carried(laptop, usb)
    assert Path(what).name in caught.value.sentence()
    assert list(away.iterdir()) == []


def test_a_damaged_mark_makes_it_another_stick(laptop: Laptop, usb: Path) -> None:
    first = carried(laptop, usb).stick
    assert carried(laptop, usb).stick == first
    (usb / names.FOLDER / names.MARK).write_bytes(b"?")
    assert carried(laptop, usb).stick not in (first, b"")


@pytest.mark.feature(91)
def test_what_is_for_another_laptop_or_another_office_is_counted_and_left(busy: Laptop, usb: Path) -> None:
    carried(busy, usb)
    mine = only_batch(usb)
    seed = b"\x55" * 32
    other = changed(small.OFFICE, office=office_id(keys.sign_public(seed)), sign_key=keys.sign_public(seed))
    strange = Directory(version=VERSION, number=99, office=other, laptops=(), issued_s=99)
    forged = signed_for(busy, mine, ack_no=7)[1]
    from_office(
        usb, (names.letter_name("pack", device=STRANGER, subject=STRANGER), b"sealed"),
        (names.letter_name("ack", device=STRANGER, subject=STRANGER, numbers=(1,)), b"signed"),
        (names.directory_name(other.office), sign_directory(strange, office_seed=seed)),
        # Ours by its name, another office's by its signature.
        (names.letter_name("ack", device=busy.unlocked().device, subject=busy.pack.book, numbers=(9,)),
         sign_ack(protocol.verify_ack(forged, office_key=small.OFFICE.sign_key), office_seed=seed)),
    )  # fmt: skip
    theirs = names.letter_name("batch", device=STRANGER, subject=STRANGER, numbers=(1, 2))
    (usb / names.FOLDER / names.TO_OFFICE / theirs).write_bytes(b"theirs")
    before = held(usb, names.FROM_OFFICE)
    done = carried(busy, usb)
    assert (done.elsewhere, [type(one.fault) for one in done.left]) == (3, [SignatureWrong])
    assert (held(usb, names.FROM_OFFICE), held(usb, names.TO_OFFICE)[theirs]) == (before, b"theirs")


def test_a_thousand_forged_words_open_no_book(busy: Laptop, usb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carried(busy, usb)
    mine = only_batch(usb)
    name, genuine = signed_for(busy, mine, ack_no=500)
    ours, book = busy.unlocked().device, busy.pack.book
    forged = {names.letter_name("ack", device=ours, subject=book, numbers=(at,)): os.urandom(300) for at in range(1, 480)}
    forged |= {
        names.letter_name("ack", device=ours, subject=book, numbers=(at,)): signed_for(busy, mine, ack_no=at)[1]
        for at in range(480, 500)
    }
    for one, raw in {**forged, name: genuine}.items():
        (usb / names.FOLDER / names.FROM_OFFICE / one).write_bytes(raw)
    visits = []
    true = Desk.open

    def counted(*given: Any, **named: Any) -> Desk:
        visits.append(1)
        return true(*given, **named)

    monkeypatch.setattr(Desk, "open", counted)
    done = exchange(usb, table(busy), draw=os.urandom, writing=False)
    assert [one.marks.ack_no for one in done.took.moved] == [500]
    assert (len(visits), len(done.left)) == (1, 479)


@pytest.mark.parametrize("kind", ["ack", "pack", "directory", "disposition", "batch"])
def test_no_bytes_of_a_stick_are_more_than_a_sentence(busy: Laptop, usb: Path, kind: str) -> None:
    carried(busy, usb)
    random, ours, book = random_of(kind), busy.unlocked().device, busy.pack.book
    whole = {
        "ack": signed_for(busy, only_batch(usb))[1], "pack": packed(busy, remade(busy.pack, point=OTHER_POINT))[1],
        "directory": listed(busy, number=9)[1], "disposition": only_batch(usb), "batch": only_batch(usb),
    }[kind]  # fmt: skip
    place = usb / names.FOLDER / names.FROM_OFFICE
    for at in range(40):
        raw = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            raw[random.randrange(len(raw))] = random.randrange(256)
        if at % 5 == 0:
            raw = raw[: random.randrange(len(raw))]
        (place / names.letter_name(kind, device=ours, subject=book, numbers=(at + 1,))).write_bytes(bytes(raw))
    place.joinpath(names.directory_name(small.OFFICE.office)).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    done = carried(busy, usb)
    assert (done.took.moved, done.took.loaded) == ([], [])
    assert len(done.left) == 41 - (kind == "directory") * 40
    assert all(one.fault.sentence() for one in done.left)
    assert laptop_whole(busy)


def random_of(kind: str) -> random.Random:
    return random.Random(kind)


def test_an_older_word_and_the_same_file_under_two_names_change_nothing(busy: Laptop, usb: Path) -> None:
    carried(busy, usb)
    mine = only_batch(usb)
    old, new = signed_for(busy, mine, ack_no=1, safe=0, safe_head=NO_HEAD), signed_for(busy, mine, ack_no=2)
    other_name = names.letter_name("ack", device=busy.unlocked().device, subject=busy.pack.book, numbers=(8,))
    from_office(usb, new, (other_name, new[1]))
    assert [one.marks.safe for one in carried(busy, usb).took.moved] == [3]
    from_office(usb, old)
    done = carried(busy, usb)
    assert (done.took.moved, done.left) == ([], ())
    assert shelf.shelved(busy.home, busy.unlocked())[0].unsent == 0


def test_a_book_that_was_put_back_is_told_by_a_letter_of_its_own_on_the_stick(busy: Laptop, usb: Path) -> None:
    kept = busy.home.with_name("kept")
    shutil.copytree(busy.home, kept)
    morning(busy)
    carried(busy, usb)
    # The whole disk put back: nothing on it knows that there was more.
    shutil.rmtree(busy.home)
    kept.rename(busy.home)
    done = carried(busy, usb)
    assert [type(one.fault) for one in done.left] == [BookBehind]
    assert "000004" in done.left[0].fault.sentence()
    assert [names.named(name).numbers for name in held(usb, names.TO_OFFICE)] == [(1, 5)]  # type: ignore[union-attr]
    desk = busy.desk()
    with pytest.raises(BookBehind):
        desk.post(deposit(desk))
    desk.close()


def test_without_its_key_the_laptop_does_not_say_that_all_is_handed_in(busy: Laptop, usb: Path) -> None:
    for file in (busy.home / "vault").glob("laptop*"):
        file.unlink()
    done = carried(busy, usb)
    assert [type(one.fault) for one in done.left] == [KeyGone]
    assert done.gathered.letters == ()


def test_every_letter_on_a_stick_proves_itself(busy: Laptop, usb: Path) -> None:
    carried(busy, usb)
    raw, key = only_batch(usb), busy.unlocked().sign_key
    assert verify_letter(raw, kind="batch", sender_key=key).last == 3
    for at in range(0, len(raw), 7):
        with pytest.raises(Exception, match=r"keys\.|bytes\.|envelope\."):
            verify_letter(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :], kind="batch", sender_key=key)


def test_the_command_takes_the_one_stick_that_is_in_and_asks_where_it_cannot_know(
    busy: Laptop, usb: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("desktop.commands.stick.unlocked_by", lambda *_: busy.unlocked())

    def run(*sticks: Path, more: tuple[str, ...] = ()) -> tuple[int, str]:
        monkeypatch.setattr(volumes, "found", lambda: tuple(volumes.volume(one) for one in sticks))
        status = main(["stick", "--home", str(busy.home), *more])
        return status, capsys.readouterr().err

    status, said = run()
    assert (status, "Có 0 USB" in said) == (1, True)
    status, said = run(usb, usb.parent)
    assert (status, "Có 2 USB" in said) == (1, True)
    status, said = run(usb)
    assert (status, "3 phiếu, và đọc lại đúng. Rút USB được rồi." in said) == (0, True)
    from_office(usb, signed_for(busy, only_batch(usb)), (names.letter_name("ack", device=STRANGER, subject=STRANGER, numbers=(1,)), b"?"))
    before = held(usb, names.TO_OFFICE)
    status, said = run(usb, more=("--take",))
    assert (status, "đã nhận đến phiếu số 3" in said, held(usb, names.TO_OFFICE)) == (0, True, before)
    assert "1 tệp của máy khác" in said
    (usb / names.FOLDER / names.FROM_OFFICE / names.letter_name("pack", device=busy.unlocked().device, subject=STRANGER)).touch()
    status, said = run(usb)
    assert (status, "Không còn phiếu nào" in said, "không đúng dạng" in said) == (1, True, True)
    status, said = run(usb.parent / "rút rồi")
    assert (status, "rút ra hoặc hỏng" in said) == (1, True)


MOUNTS = r"""/dev/vda1 / ext4 rw 0 0
/dev/sda2 /home ext4 rw 0 0
/dev/sdb1 /run/media/ngan/USB\040T\303\264i vfat rw 0 0
/dev/sdc1 /mnt/stick vfat rw 0 0
tmpfs /media/ram tmpfs rw 0 0
half a line
"""


def test_sticks_are_found_where_systems_put_them() -> None:
    found = list(volumes._mounted(MOUNTS.encode().decode("latin-1"), removable=lambda device: device == "/dev/sdc1"))
    assert found == [Path("/run/media/ngan/USB Tôi"), Path("/mnt/stick")]
    assert volumes._is_removable("/dev/no-such-disk") is False
    assert isinstance(volumes.found(), tuple)
