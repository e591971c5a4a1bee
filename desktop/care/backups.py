"""Copies of the laptop's books, made by themselves: while a session runs, before every step that could go wrong, at its end.

    home/backups/<book>/<serial>-<entries>.db     the file of a book as it stood, under the book's own key

A copy counts only once it was flushed, opened again and found whole: every page seal, the file's structure, as many
entries as there were and the same head. Serials rise and no clock is asked. What is older than the newest few gives
way after the next copy stands, never before it; the newest copy of a book gives way to nothing but the end of the book.

Making one has two halves. `copy` is asked of the book's own thread and holds up a voucher for about a hundredth of a
second; `settle`, which reads everything again, may run beside it.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from desktop import files, store
from desktop.care import vault_copies
from desktop.store import Book, DiskFull
from desktop.vault import Unlocked
from sync.chain import NO_HEAD
from sync.errors import Damage, Fault

# A book is one to four megabytes: less than a morning's papers take.
KEPT = 6
_NAME = re.compile(r"(\d{6,})-(\d+)\.db")


class CopyUnsound(Damage):
    """The copy of a book is not what the book was: the disk, or the book's own file, is going bad."""

    code = "backups.copy-unsound"
    vi = "Bản sao dự phòng của sổ {book} không nguyên vẹn ({reason}). Ghi xong khách này thì khóa màn hình, mở lại và kiểm tra sổ (Ctrl J)."
    en = "The backup of book {book} is not sound ({reason}). Finish this visitor, lock the screen, open again and check the book (Ctrl J)."


class Taken(NamedTuple):
    """A copy that nobody has looked at yet, and what must be found in it."""

    home: Path
    path: Path
    book: bytes
    key: bytes
    entries: int
    head: bytes


class Copy(NamedTuple):
    """A copy that counts. `serial` rises; `entries` is how many it has."""

    path: Path
    book: bytes
    serial: int
    entries: int


def copies(home: Path, book: bytes) -> tuple[Copy, ...]:
    """The copies of a book, the oldest first."""
    folder = _folder(home, book)
    found = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir()) if folder.exists() else ()
    return tuple(sorted(
        (Copy(path, book, int(named[1]), int(named[2])) for named, path in found if named), key=lambda one: one.serial
    ))  # fmt: skip


def books(home: Path) -> tuple[bytes, ...]:
    """The ids of the books that have a copy."""
    folders = (home / "backups").iterdir() if (home / "backups").exists() else ()
    ids = (bytes.fromhex(path.name) for path in folders if re.fullmatch("[0-9a-f]{32}", path.name))
    return tuple(sorted(book for book in ids if copies(home, book)))


def copy(home: Path, book: Book, *, key: bytes) -> Taken:
    """The first half: the file, copied on the book's own thread. Raises `DiskFull`, `NotWritten`, `DiskFailing`.

    On a full disk the oldest copies give way to it.
    """
    entries = book.length
    last = next(book.sealed(entries, entries), None)
    path = _folder(home, book.book) / "copying"
    taken = Taken(home, path, book.book, key, entries, last.head if last else NO_HEAD)
    while True:
        # A log that a power cut left beside the last one would be taken for that of this one.
        with files.taking():
            for left in _files(path):
                left.unlink(missing_ok=True)
        try:
            book.copy_to(path)
        except DiskFull:
            path.unlink(missing_ok=True)
            if not make_room(home):
                raise
        else:
            return taken


def settle(taken: Taken) -> Copy:
    """The second half: the copy flushed, opened again and found whole, the oldest given up.

    Raises `CopyUnsound`, `NotWritten`; the copies before it are then untouched.
    """
    try:
        _look(taken)
        with taken.path.open("r+b") as file:
            os.fsync(file.fileno())
        held = copies(taken.home, taken.book)
        serial = held[-1].serial + 1 if held else 1
        path = taken.path.with_name(f"{serial:06d}-{taken.entries}.db")
        taken.path.replace(path)
        files.flush_folder(path.parent)
        files.flush_folder(path.parent.parent)
    except OSError as error:
        raise files.NotWritten(reason=error.strerror or type(error).__name__) from error
    for old in copies(taken.home, taken.book)[:-KEPT]:
        old.path.unlink(missing_ok=True)
    vault_copies.keep(taken.home)
    return Copy(path, taken.book, serial, taken.entries)


def _look(taken: Taken) -> None:
    """What is copied is whole, and is the book. Raises `CopyUnsound`, with the copy gone."""
    try:
        opened = Book.at(taken.path, taken.key, book=taken.book)
        try:
            opened.shrink()
            opened.check_file()
            last = next(opened.sealed(taken.entries, taken.entries), None)
            if opened.length != taken.entries or (last.head if last else NO_HEAD) != taken.head:
                raise store.BookAltered(book=taken.book.hex()[:8], reason="head")
        finally:
            opened.close()
    except Fault as fault:
        for left in _files(taken.path):
            left.unlink(missing_ok=True)
        raise CopyUnsound(book=taken.book.hex()[:8], reason=fault.code) from fault


def take(home: Path, unlocked: Unlocked, book: Book) -> Copy:
    """Both halves at once, of an open book: before a step that could go wrong. Raises what `copy` and `settle` raise."""
    return settle(copy(home, book, key=unlocked.book_key(book.book)))


def take_closed(home: Path, unlocked: Unlocked, book: bytes) -> Copy:
    """As `take`, of a book that nobody has open. Raises what opening it raises as well."""
    opened = Book.look(home, unlocked.book_key(book), book=book)
    try:
        return take(home, unlocked, opened)
    finally:
        opened.close()


def make_room(home: Path) -> int:
    """One old copy given up for what is needed more; how many bytes that freed, 0 where every copy is its book's newest.

    The book that has most copies gives first, and of it the oldest.
    """
    for book in sorted(books(home), key=lambda one: -len(copies(home, one))):
        held = copies(home, book)
        if len(held) > 1:
            freed = held[0].path.stat().st_size
            held[0].path.unlink()
            return freed
    return 0


def forget(home: Path, book: bytes) -> None:
    """Every copy of a book that is erased."""
    shutil.rmtree(_folder(home, book), ignore_errors=True)


def clear(home: Path) -> None:
    """Take away what a power cut left half copied."""
    for path in (home / "backups").glob("*/copying*"):
        with contextlib.suppress(OSError):
            path.unlink()


def _folder(home: Path, book: bytes) -> Path:
    return home / "backups" / book.hex()


def _files(path: Path) -> Iterator[Path]:
    """A book's file with what may lie beside it."""
    yield from (path, Path(f"{path}-wal"), Path(f"{path}-shm"))
