"""Copies of books and keys: whole before they count, few, encrypted, and in nobody's way."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from desktop import shelf, store
from desktop.care import backups, vault_copies
from desktop.care.backups import CopyUnsound
from desktop.desk import Desk
from desktop.files import NotWritten
from desktop.store import Book, DiskFull
from tests.desktop.enrolled import Laptop, deposit
from tests.desktop.test_desk import by_hand, desk  # noqa: F401
from tests.desktop.test_shelf import remade, take
from tests.sync import small

# A book's copy of the same point is under a megabyte; what is worth hiding in it stands in the pack.
NAMES = [one.full_name.encode() for one in small.TERMS.customers]


def taken(laptop: Laptop, desk: Desk) -> backups.Copy:  # noqa: F811
    return backups.take(laptop.home, laptop.unlocked(), desk.book)


def posted(desk: Desk, count: int) -> None:  # noqa: F811
    for _ in range(count):
        desk.post(deposit(desk))


@pytest.mark.feature(119)
def test_a_copy_is_the_book_as_it_stood_and_opens_with_the_books_own_key(laptop: Laptop, desk: Desk) -> None:  # noqa: F811
    posted(desk, 3)
    before = [one.raw for one in desk.book.sealed()]
    copy = taken(laptop, desk)
    posted(desk, 2)  # the book goes on while its copy stands
    opened = Book.at(copy.path, laptop.book_key, book=laptop.pack.book)
    assert [one.raw for one in opened.sealed()] == before
    assert shelf.verified(opened, device_key=laptop.unlocked().sign_key).entries == copy.entries == 4
    opened.close()
    assert desk.standing().entries == 6
    assert [one.name for one in copy.path.parent.iterdir()] == [copy.path.name]
    desk.close()


@pytest.mark.feature(119)
def test_the_newest_few_are_kept_and_an_old_one_goes_only_after_a_new_one_stands(
    laptop: Laptop, desk: Desk, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    for _ in range(backups.KEPT + 3):
        posted(desk, 1)
        taken(laptop, desk)
    held = backups.copies(laptop.home, laptop.pack.book)
    assert [one.serial for one in held] == list(range(4, 4 + backups.KEPT))
    assert [one.entries for one in held] == list(range(5, 5 + backups.KEPT))

    def broken(_self: Book) -> None:
        raise store.BookAltered(book="x", reason="page seal")

    monkeypatch.setattr(Book, "check_file", broken)
    with pytest.raises(CopyUnsound):
        taken(laptop, desk)
    assert backups.copies(laptop.home, laptop.pack.book) == held, "a copy that is not sound costs none"
    desk.close()


@pytest.mark.feature(119)
def test_nothing_in_a_copy_can_be_read_without_the_key(laptop: Laptop, desk: Desk) -> None:  # noqa: F811
    copy = taken(laptop, desk)
    vault_copies.keep(laptop.home)
    files = [path for path in (laptop.home / "backups").rglob("*") if path.is_file()]
    assert len(files) >= 5
    raw = b"".join(path.read_bytes() for path in files)
    assert not any(name in raw for name in NAMES)
    assert laptop.book_key not in raw
    assert laptop.key not in raw
    plain = sqlite3.connect(copy.path)
    with pytest.raises(sqlite3.DatabaseError):
        plain.execute("SELECT * FROM entry").fetchall()
    plain.close()
    # The control: what is looked for does stand in the book.
    assert all(name in desk.book.pack.to_bytes() for name in NAMES)
    desk.close()


def test_a_copy_that_lost_an_entry_or_a_page_never_counts(laptop: Laptop, desk: Desk) -> None:  # noqa: F811
    posted(desk, 2)
    made = backups.copy(laptop.home, desk.book, key=laptop.book_key)
    for lie in (made._replace(entries=made.entries + 1), made._replace(head=bytes(32))):
        shutil.copyfile(made.path, made.path.with_name("kept"))
        with pytest.raises(CopyUnsound):
            backups.settle(lie)
        made.path.with_name("kept").replace(made.path)
    raw = bytearray(made.path.read_bytes())
    raw[4096 + 100] ^= 1
    made.path.write_bytes(raw)
    with pytest.raises(CopyUnsound):
        backups.settle(made)
    assert backups.copies(laptop.home, laptop.pack.book) == ()
    assert list(made.path.parent.iterdir()) == []
    desk.close()


@pytest.mark.feature(119)
def test_on_a_full_disk_an_old_copy_gives_way_to_a_voucher_and_the_newest_never(
    laptop: Laptop, desk: Desk, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    for _ in range(3):
        posted(desk, 1)
        taken(laptop, desk)
    append, left = Book.append, [2]

    def full(self: Book, *given: object, **more: object) -> None:
        if left[0]:
            left[0] -= 1
            raise DiskFull
        append(self, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Book, "append", full)
    posted(desk, 1)
    assert (desk.standing().entries, [one.serial for one in backups.copies(laptop.home, laptop.pack.book)]) == (5, [3])
    left[0] = 99
    with pytest.raises(DiskFull):
        posted(desk, 1)
    assert [one.serial for one in backups.copies(laptop.home, laptop.pack.book)] == [3]
    left[0] = 0
    posted(desk, 1)
    desk.close()


@pytest.mark.feature(120)
def test_a_book_is_copied_before_a_newer_pack_takes_its_place(laptop: Laptop) -> None:
    take(laptop, laptop.pack)
    assert backups.copies(laptop.home, laptop.pack.book) == ()
    take(laptop, remade(laptop.pack, issue=2))
    [copy] = backups.copies(laptop.home, laptop.pack.book)
    Book.at(copy.path, laptop.book_key, book=laptop.pack.book).close()


@pytest.mark.feature(120)
def test_a_book_of_an_earlier_form_is_copied_before_it_is_changed(laptop: Laptop, desk: Desk) -> None:  # noqa: F811
    desk.close()
    by_hand(laptop, "DROP TABLE set_back")
    opened = shelf.open_book(laptop.home, laptop.unlocked(), laptop.pack.book)
    assert opened.set_back() is None
    opened.close()
    [copy] = backups.copies(laptop.home, laptop.pack.book)
    assert copy.entries == 1
    shelf.open_book(laptop.home, laptop.unlocked(), laptop.pack.book).close()
    assert len(backups.copies(laptop.home, laptop.pack.book)) == 1, "once"


def test_a_book_of_a_later_form_is_left_alone(laptop: Laptop, desk: Desk) -> None:  # noqa: F811
    desk.close()
    by_hand(laptop, "UPDATE pack SET schema_version = 99")
    before = store.path_of(laptop.home, laptop.pack.book).read_bytes()
    with pytest.raises(store.BookNewer):
        shelf.open_book(laptop.home, laptop.unlocked(), laptop.pack.book)
    assert store.path_of(laptop.home, laptop.pack.book).read_bytes() == before


@pytest.mark.feature(120)
def test_the_keys_are_copied_when_they_changed_and_wrong_tries_are_not(laptop: Laptop) -> None:
    take(laptop, laptop.pack)
    (laptop.home / "vault" / "tries.dgd").write_bytes(b"three")
    assert vault_copies.keep(laptop.home) is not None
    assert vault_copies.keep(laptop.home) is None, "nothing changed"
    laptop.unlocked().keep_setting("anything", "new")
    [first, second] = [vault_copies.copies(laptop.home)[0], vault_copies.keep(laptop.home)]
    assert second is not None
    assert second != first
    names = {str(path.relative_to(second)) for path in second.rglob("*") if path.is_file()}
    assert {"vault/vault.dgd", "vault/laptop.dgd", "vault/laptop.second.dgd", "vault/spare.dgd", "vault/roster.dgd"} <= names
    assert f"vault/books/{laptop.pack.book.hex()}.dgd" in names
    assert "vault/tries.dgd" not in names
    for _ in range(vault_copies.KEPT + 2):
        laptop.unlocked().keep_setting("anything", str(_))
        vault_copies.keep(laptop.home)
    assert len(vault_copies.copies(laptop.home)) == vault_copies.KEPT


def test_a_dropped_books_key_is_in_no_copy(laptop: Laptop) -> None:
    take(laptop, laptop.pack)
    vault_copies.keep(laptop.home)
    assert list((laptop.home / "backups").rglob(f"{laptop.pack.book.hex()}*"))
    shelf.drop_book(laptop.home, laptop.unlocked(), laptop.pack.book)
    assert not list(laptop.home.rglob(f"{laptop.pack.book.hex()}*"))


def test_what_a_power_cut_left_half_copied_is_cleared_and_is_no_copy(laptop: Laptop, desk: Desk) -> None:  # noqa: F811
    made = backups.copy(laptop.home, desk.book, key=laptop.book_key)
    desk.close()
    assert made.path.exists()
    assert backups.copies(laptop.home, laptop.pack.book) == ()
    backups.clear(laptop.home)
    assert not made.path.exists()


def test_a_copy_that_cannot_be_written_is_said_and_the_book_goes_on(laptop: Laptop, desk: Desk) -> None:  # noqa: F811
    place = laptop.home / "backups"
    place.write_bytes(b"a file where the folder should be")
    with pytest.raises(NotWritten):
        taken(laptop, desk)
    posted(desk, 1)
    assert desk.standing().entries == 2
    desk.close()
    place.unlink()


def test_the_control_a_file_copied_without_its_log_lacks_what_was_posted(laptop: Laptop, desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    """What `copy_to` is for: the file alone is not the book."""
    posted(desk, 2)
    alone = tmp_path / "alone.db"
    shutil.copyfile(desk.book.path, alone)
    opened = Book.at(alone, laptop.book_key, book=laptop.pack.book)
    assert opened.length < desk.standing().entries
    opened.close()
    desk.close()


def test_what_a_power_cut_left_beside_a_copy_is_not_taken_for_the_log_of_the_next(laptop: Laptop, desk: Desk) -> None:  # noqa: F811
    made = backups.copy(laptop.home, desk.book, key=laptop.book_key)
    opened = Book.at(made.path, made.key, book=made.book)
    opened.shrink()  # and the power is gone before it is whole again
    log = Path(f"{made.path}-wal")
    left = log.read_bytes()
    assert left
    opened.close()
    log.write_bytes(left)
    posted(desk, 3)
    copy = taken(laptop, desk)
    again = Book.at(copy.path, laptop.book_key, book=laptop.pack.book)
    assert [one.raw for one in again.sealed()] == [one.raw for one in desk.book.sealed()]
    again.close()
    assert [path.name for path in copy.path.parent.iterdir()] == [copy.path.name]
    desk.close()


def test_a_key_file_that_the_disk_does_not_give_back_is_said_in_words(laptop: Laptop) -> None:
    vault_copies.keep(laptop.home)
    (copy,) = vault_copies.copies(laptop.home)
    kept = copy / "vault" / "vault.dgd"
    raw = kept.read_bytes()
    # What nobody can read as a file, root or not.
    kept.unlink()
    kept.mkdir()
    name = kept.relative_to(copy)
    assert list(vault_copies.put_key_back(laptop.home, name)) == []
    (laptop.home / name).rename(laptop.home / "aside")
    (laptop.home / name).symlink_to(laptop.home / name)
    with pytest.raises(NotWritten):
        vault_copies.keep(laptop.home)
    (laptop.home / name).unlink()
    (laptop.home / name).write_bytes(raw)
    assert vault_copies.keep(laptop.home) is not None
