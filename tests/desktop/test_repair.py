"""A damaged book is told from a sound one, put back from its copies, and goes on only once the office was asked."""

import contextlib
import errno
import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop import __main__ as program
from desktop import keystore, shelf
from desktop.care import backups, repair, soundness, vault_copies
from desktop.care.repair import BookSound, NoCopy
from desktop.care.set_back import BookBehind, BookSetBack
from desktop.care.soundness import Checked
from desktop.commands import care, terminal
from desktop.desk import Desk
from desktop.files import NotWritten
from desktop.rows import UNKNOWN_PRINTER
from desktop.store import path_of
from sync import mirror
from sync.chain import Entry, head_of
from sync.protocol import AckWrong
from sync.records import changed
from tests.desktop.enrolled import PASSPHRASES, Draw, Laptop, copied, deposit
from tests.desktop.test_desk import ack, by_hand
from tests.sync import small
from tests.sync.small import TELLER

COPIED, POSTED = 4, 30


@pytest.fixture(scope="module")
def kept_once(opened_laptop: Laptop, tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    laptop = copied(opened_laptop, tmp_path_factory.mktemp("kept") / "home")
    laptop.clock.wall_s = opened_laptop.clock.wall_s
    desk = laptop.desk()
    for _ in range(COPIED - 1):
        desk.post(deposit(desk))
    desk.take_ack(ack(desk, 2, 1))
    backups.take(laptop.home, laptop.unlocked(), desk.book)
    for _ in range(POSTED - COPIED):
        desk.post(deposit(desk))
    desk.close()
    return laptop


@pytest.fixture
def kept(kept_once: Laptop, tmp_path: Path) -> Laptop:
    """A laptop whose book has thirty vouchers, the first four of them in a copy; the office has signed for two."""
    laptop = copied(kept_once, tmp_path / "kept")
    laptop.clock.wall_s = kept_once.clock.wall_s
    return laptop


def file_of(laptop: Laptop) -> Path:
    return path_of(laptop.home, laptop.pack.book)


def restore(laptop: Laptop, **how: object) -> repair.Repaired:
    return repair.restore(laptop.home, laptop.unlocked(), laptop.pack.book, now_s=small.BEGIN_S, **how)  # type: ignore[arg-type]


def check(laptop: Laptop) -> Checked:
    [found] = soundness.check(laptop.home, laptop.unlocked())
    return found


def changed_by_hand(laptop: Laptop, statement: str) -> None:
    by_hand(laptop, "DROP TRIGGER entry_no_update", statement)


def sixth_becomes(laptop: Laptop, entry: Entry) -> None:
    """Another sixth voucher with a head that fits it."""
    raw = entry.to_bytes()
    changed_by_hand(laptop, f"UPDATE entry SET raw = x'{raw.hex()}', head = x'{head_of(raw).hex()}' WHERE number = 6")  # noqa: S608


def the_file(laptop: Laptop) -> None:
    file_of(laptop).write_bytes(b"SQLite format 3\0" + bytes(8192))


def a_page(laptop: Laptop) -> None:
    """A page that the last voucher stands on and the first does not: the last one, once nothing stands behind it."""
    by_hand(laptop, "VACUUM")
    raw = bytearray(file_of(laptop).read_bytes())
    raw[-2000] ^= 1
    file_of(laptop).write_bytes(raw)


def an_entry(laptop: Laptop) -> None:
    changed_by_hand(laptop, "UPDATE entry SET raw = CAST(raw || x'00' AS BLOB) WHERE number = 6")


def a_text(laptop: Laptop) -> None:
    changed_by_hand(laptop, "UPDATE entry SET raw = CAST(raw AS TEXT) WHERE number = 6")


def the_chain(laptop: Laptop) -> None:
    book = laptop.open_book()
    sixth = next(book.sealed(6, 6))
    book.close()
    sixth_becomes(laptop, changed(sixth.entry, prev=bytes(32)))


def a_signature(laptop: Laptop) -> None:
    changed_by_hand(laptop, "UPDATE entry SET signature = (SELECT signature FROM entry WHERE number = 5) WHERE number = 6")


def a_balance(laptop: Laptop) -> None:
    by_hand(laptop, "UPDATE balance SET amount = amount + 1 WHERE id = 1")


def the_key(laptop: Laptop) -> None:
    (laptop.home / "vault" / "books" / f"{laptop.pack.book.hex()}.dgd").write_bytes(b"no key")


def gone(laptop: Laptop) -> None:
    file_of(laptop).unlink()


# What is done to a book, what a check calls it, how many vouchers it finds sound, how many come back.
DAMAGES: list[tuple[Callable[[Laptop], None], str, int, int]] = [
    (the_file, "file", 0, COPIED), (an_entry, "entry", 5, 5), (a_text, "page", 5, 5), (the_chain, "chain", 5, 5), (a_signature, "signature", 5, 5),
    (a_balance, "balance", POSTED, POSTED), (the_key, "key", 0, POSTED), (gone, "missing", 0, COPIED),
]  # fmt: skip


@pytest.mark.feature(65, 122)
@pytest.mark.parametrize(("damage", "kind", "sound", "back"), DAMAGES, ids=lambda one: getattr(one, "__name__", None))
def test_each_kind_of_damage_is_named_and_what_is_sound_comes_back(
    kept: Laptop, damage: Callable[[Laptop], None], kind: str, sound: int, back: int
) -> None:
    before = kept.open_book()
    entries = list(before.sealed())
    before.close()
    damage(kept)
    found = check(kept)
    assert (found.kind, found.entries) == (kind, sound)
    assert found.damaged_at == (0 if kind == "balance" else sound + 1)
    if sound:
        assert (found.head, found.cash) == (entries[sound - 1].head, entries[sound - 1].entry.cash)
    found_as = file_of(kept).read_bytes() if file_of(kept).exists() else b""
    if kind == "key":
        # Nothing of the book itself is damaged: its key comes back, and then it is sound.
        with pytest.raises(BookSound):
            restore(kept)
        assert check(kept) == Checked(kept.pack.book, POSTED, entries[-1].head, 0, "", "", entries[-1].entry.cash)
        return
    made = restore(kept)
    assert (made.entries, made.known) == (back, POSTED)
    if found_as:
        assert made.aside is not None
        assert made.aside.read_bytes() == found_as, "what was damaged is kept as it was found"
    book = kept.open_book()
    assert list(book.sealed()) == entries[:back]
    assert shelf.verified(book, device_key=kept.unlocked().sign_key).entries == back
    book.close()
    assert check(kept).kind == ("behind" if back < POSTED else "set-back")


@pytest.mark.feature(122)
def test_a_damaged_page_costs_what_stands_on_it_and_the_copy_gives_that_back(kept: Laptop) -> None:
    a_page(kept)
    found = check(kept)
    assert found.kind == "page"
    assert COPIED < found.entries < POSTED
    assert found.damaged_at == found.entries + 1
    made = restore(kept)
    assert (made.entries, made.known) == (found.entries, POSTED)
    assert check(kept).kind == "behind"


@pytest.mark.feature(121)
def test_a_book_that_was_put_back_posts_nothing_and_sends_nothing_until_the_office_was_asked(kept: Laptop) -> None:
    a_balance(kept)
    restore(kept)
    desk = kept.desk()
    for verb in (lambda: deposit(desk), desk.batch):
        with pytest.raises(BookSetBack) as caught:
            verb()
        assert "chưa đối chiếu" in caught.value.sentence("vi")
    assert desk.unprinted(), "paper can still be asked for"
    desk.take_ack(ack(desk, 5, 3, ack_no=2))
    assert desk.standing().marks.received == 5
    assert desk.post(deposit(desk)).sealed.entry.number == POSTED + 1
    assert desk.batch() is not None
    desk.close()
    desk = kept.desk()
    desk.post(deposit(desk))
    desk.close()


@pytest.mark.feature(121)
def test_the_same_word_of_the_office_is_enough_where_it_has_no_newer_one(kept: Laptop) -> None:
    a_balance(kept)
    restore(kept)
    desk = kept.desk()
    desk.take_ack(ack(desk, 2, 1))
    assert desk.post(deposit(desk)).sealed.entry.number == POSTED + 1
    desk.close()


@pytest.mark.feature(121)
def test_what_the_office_has_and_the_book_has_not_is_named_and_never_numbered_again(kept: Laptop) -> None:
    book = kept.desk()
    word = ack(book, 6, 6, ack_no=2)
    book.close()
    the_file(kept)
    (kept.home / "vault" / "habits.dgd").unlink()  # the laptop itself remembers nothing
    assert restore(kept).known == COPIED
    desk = kept.desk()
    with pytest.raises(BookBehind) as caught:
        desk.take_ack(word)
    assert ("000005" in caught.value.sentence("vi"), "000006" in caught.value.sentence("vi")) == (True, True)
    desk.close()
    desk = kept.desk()
    for verb in (lambda: deposit(desk), desk.batch, lambda: desk.take_ack(word)):
        with pytest.raises(BookBehind):
            verb()
    desk.close()


@pytest.mark.feature(121)
def test_a_number_on_paper_counts_as_much_as_the_offices_word(kept: Laptop) -> None:
    a_balance(kept)
    assert restore(kept, seen=POSTED + 2).known == POSTED + 2
    desk = kept.desk()
    with pytest.raises(BookBehind) as caught:
        desk.take_ack(ack(desk, POSTED, POSTED, ack_no=2))
    assert f"{POSTED + 1:06d} đến {POSTED + 2:06d}" in caught.value.sentence("vi")
    desk.close()


@pytest.mark.feature(121)
def test_an_old_file_put_back_behind_the_programs_back_is_told_by_what_the_laptop_remembers(kept: Laptop) -> None:
    [copy] = backups.copies(kept.home, kept.pack.book)
    shutil.copyfile(copy.path, file_of(kept))
    assert check(kept).kind == "behind"
    desk = kept.desk()
    with pytest.raises(BookBehind) as caught:
        deposit(desk)
    assert f"{COPIED + 1:06d} đến {POSTED:06d}" in caught.value.sentence("vi")
    desk.close()


@pytest.mark.feature(121)
def test_an_old_image_of_the_whole_disk_is_told_by_the_office(kept: Laptop, tmp_path: Path) -> None:
    """Everything the laptop remembers went back with it; only the office's word is newer."""
    image = tmp_path / "image"
    shutil.copytree(kept.home, image)
    desk = kept.desk()
    desk.post(deposit(desk))
    word = ack(desk, POSTED + 1, POSTED, ack_no=2)
    desk.close()
    shutil.rmtree(kept.home)
    shutil.copytree(image, kept.home)
    desk = kept.desk()
    assert check_is_sound(desk)
    with pytest.raises(BookBehind) as caught:
        desk.take_ack(word)
    assert f"{POSTED + 1:06d} đến {POSTED + 1:06d}" in caught.value.sentence("vi")
    with pytest.raises(BookBehind):
        deposit(desk)
    desk.close()


def check_is_sound(desk: Desk) -> bool:
    """The control: such a book passes every check of its own."""
    desk.book.check_file()
    return desk.standing().set_back is None


@pytest.mark.feature(121)
def test_an_image_that_was_written_on_is_another_history_and_the_offices_word_says_so(kept: Laptop, tmp_path: Path) -> None:
    image = tmp_path / "image"
    shutil.copytree(kept.home, image)
    desk = kept.desk()
    desk.post(deposit(desk, 70_000))
    word = ack(desk, POSTED + 1, POSTED, ack_no=2)
    desk.close()
    shutil.rmtree(kept.home)
    shutil.copytree(image, kept.home)
    desk = kept.desk()
    desk.post(deposit(desk, 80_000))
    with pytest.raises(AckWrong):
        desk.take_ack(word)
    desk.close()


def test_paper_of_a_book_that_was_put_back_is_never_a_second_original(kept: Laptop) -> None:
    a_balance(kept)
    restore(kept)
    desk = kept.desk()
    assert desk.waiting() == ()
    assert [one.number for one in desk.begun()] == list(range(1, POSTED + 1))
    assert {one.printer for one in desk.begun()} == {UNKNOWN_PRINTER}
    desk.close()


def test_a_sound_book_is_not_set_back(kept: Laptop) -> None:
    before = file_of(kept).read_bytes()
    for how in ({}, {"serial": 1}):
        with pytest.raises(BookSound):
            restore(kept, **how)
    assert file_of(kept).read_bytes() == before
    assert check(kept).reason == ""


def test_without_a_copy_nothing_is_touched(kept: Laptop) -> None:
    backups.forget(kept.home, kept.pack.book)
    the_file(kept)
    before = file_of(kept).read_bytes()
    with pytest.raises(NoCopy):
        restore(kept)
    assert file_of(kept).read_bytes() == before


def test_the_newest_copy_that_is_sound_is_taken_and_a_copy_that_is_not_gives_what_it_still_has(kept: Laptop) -> None:
    second = backups.take_closed(kept.home, kept.unlocked(), kept.pack.book)
    raw = bytearray(second.path.read_bytes())
    raw[-2000] ^= 1  # of the page that the last vouchers stand on
    second.path.write_bytes(raw)
    the_file(kept)
    made = restore(kept)
    assert made.serial == 1
    assert COPIED < made.entries < made.known == POSTED


@pytest.mark.feature(122)
def test_the_mirror_on_a_stick_gives_back_what_no_copy_has(kept: Laptop) -> None:
    book = kept.open_book()
    entries = list(book.sealed())
    book.close()
    unlocked, draw, salt = kept.unlocked(), Draw(b"mirror"), bytes(16)
    key = mirror.file_key(kept.book_key, salt=salt)
    start, place = mirror.begin(
        kept.pack, (), office=unlocked.office, key=key, salt=salt, nonce=draw(12), device_seed=unlocked.device_seed
    )
    frame, _ = mirror.frame(entries, place, key=key, nonce=draw(12), wall_s=1)
    the_file(kept)
    made = restore(kept, brought=start + frame)
    assert (made.entries, made.more) == (POSTED, POSTED - COPIED)
    desk = kept.desk()
    desk.take_ack(ack(desk, 2, 1))
    assert desk.post(deposit(desk)).sealed.entry.number == POSTED + 1
    desk.close()


def test_what_somebody_altered_on_the_way_is_not_taken_back(kept: Laptop) -> None:
    """A sixth voucher with another sum and a head that fits it, but not the laptop's signature, ends what comes back."""
    book = kept.open_book()
    fifth, sixth = book.sealed(5, 6)
    book.close()
    sixth_becomes(kept, changed(sixth.entry, cash=sixth.entry.cash + 1))
    made = restore(kept)
    assert (made.entries, made.known) == (5, POSTED)
    book = kept.open_book()
    assert list(book.sealed())[-1].head == fifth.head
    book.close()


def test_keys_come_back_from_a_copy_and_the_damaged_ones_are_kept(kept: Laptop) -> None:
    vault_copies.keep(kept.home)
    path = kept.home / "vault" / "vault.dgd"
    path.write_bytes(b"damaged")
    aside = repair.restore_vault(kept.home, vault_copies.copies(kept.home)[-1])
    assert (aside / "vault.dgd").read_bytes() == b"damaged"
    assert kept.unlocked().book_key(kept.pack.book)


class Cut(BaseException):
    """The power, gone in the midst of a step."""


def cut_at(monkeypatch: pytest.MonkeyPatch, place: int) -> list[int]:
    """The so-manieth renaming, copying or deleting of a file never happens, and nothing after it."""
    left = [place]
    for owner, name in ((Path, "unlink"), (Path, "replace"), (shutil, "copyfile")):
        usual = getattr(owner, name)

        def step(*given: object, _usual: Callable[..., object] = usual, **more: object) -> object:
            left[0] -= 1
            if left[0] <= 0:
                raise Cut
            return _usual(*given, **more)

        monkeypatch.setattr(owner, name, step)
    return left


@pytest.mark.feature(120, 122)
def test_a_power_cut_at_any_step_of_restoring_costs_nothing(
    kept: Laptop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Every step with `--long`, each fifth without."""
    a_signature(kept)
    cuts, every = 0, 1 if request.config.getoption("--long") else 5
    for place in itertools.count(1, every):
        laptop = copied(kept, tmp_path / f"cut-{place}")
        with monkeypatch.context() as held:
            left = cut_at(held, place)
            try:
                restore(laptop)
            except Cut:
                cuts += 1
        if left[0] > 0:
            break
        with contextlib.suppress(BookSound):
            restore(laptop)
        found = check(laptop)
        assert (found.kind, found.entries) == ("behind", 5), place
        shutil.rmtree(laptop.home)
    print(f"power cuts while restoring {cuts} lost 0")
    assert cuts * every >= 8


def test_a_disk_that_takes_no_restored_book_is_left_as_it_was(kept: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    a_balance(kept)
    before = file_of(kept).read_bytes()
    held = backups.copies(kept.home, kept.pack.book)

    def full(*_given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as playing:
        playing.setattr(shutil, "copyfile", full)
        with pytest.raises(NotWritten):
            restore(kept)
    assert file_of(kept).read_bytes() == before
    assert backups.copies(kept.home, kept.pack.book) == held
    assert restore(kept).entries == POSTED


def typed_at(monkeypatch: pytest.MonkeyPatch, laptop: Laptop, *said: str) -> None:
    lines = list(said)
    monkeypatch.setattr(terminal, "ask", lambda _what: lines.pop(0))
    monkeypatch.setattr(care, "unlocked_by", lambda _home, _user: laptop.unlocked())


def test_the_command_puts_the_key_files_back_that_the_passphrase_opens(
    kept: Laptop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(keystore, "system_keystore", lambda: None)
    vault_copies.keep(kept.home)
    path = kept.home / "vault" / "vault.dgd"
    sound = path.read_bytes()
    path.write_bytes(sound[:100])
    for passphrase, status in (("không phải cụm này đâu", 1), (PASSPHRASES[TELLER], 0)):
        typed_at(monkeypatch, kept, passphrase)
        assert program.main(["restore", "--vault", "--home", str(kept.home)]) == status
    assert path.read_bytes() == sound
    assert "Đã đưa tệp khóa về" in capsys.readouterr().err
    assert next((kept.home / "aside").glob("*-vault/vault.dgd")).read_bytes() == sound[:100]


@pytest.mark.feature(121)
def test_the_command_compares_by_an_acknowledgement_from_a_stick(
    kept: Laptop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    a_balance(kept)
    restore(kept)
    desk = kept.desk()
    (tmp_path / "last.ack").write_bytes(ack(desk, 2, 1))
    (tmp_path / "other.ack").write_bytes(ack(desk, 2, 1, lie={"book": bytes(16)}))
    desk.close()
    typed_at(monkeypatch, kept)
    home = ["--home", str(kept.home)]
    assert program.main(["compare", "--ack", str(tmp_path / "other.ack"), *home]) == 1
    assert check(kept).kind == "set-back"
    assert program.main(["compare", "--ack", str(tmp_path / "last.ack"), *home]) == 0
    assert f"làm tiếp từ phiếu {POSTED + 1:06d}" in capsys.readouterr().err
    assert check(kept).kind == ""
