"""Writing on a stick so that it is there, and reading one that anybody may have filled with anything.

A letter is written beside its place, forced out, renamed, its folder forced too. When all are written the file system
is flushed and each is read again past the system's own memory (`O_DIRECT`, or its pages dropped first), compared and
its signature checked; the stick's own id is read again last. Only after that may anybody say that it can be pulled
out. Where the system has no way past its memory (Windows) what is read again may be what it remembers: then the
acknowledgement that comes back is the proof, as it always is.

What is read is bounded in files, names and bytes; links are never followed, and nothing is taken for what it is
called. What is no letter is counted, named and left alone.
"""

import contextlib
import ctypes
import errno
import mmap
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sync.errors import Fault, Unavailable
from sync.records import Id, Malformed, Record, Whole, from_bytes
from sync.stick import names

VERSION = 1
# A year of a laptop's books is some hundreds of letters; a folder with more entries than this is not ours alone.
ENTRIES_MAX = 20_000
LETTERS_MAX = 2_000
# Half of the smallest stick anybody sells; an exchange reads no more than this.
BYTES_MAX = 512 * 1024 * 1024
# So many strangers' files are named; the others are counted.
NAMED_MAX = 5
# Room beside the letters themselves: folders, and a file system's own blocks.
ROOM_BYTES = 64 * 1024
_ALIGNED = 4096

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}

Progress = Callable[[str, int, int], None]


class StickFault(Unavailable):
    """Something about a stick; what the laptop and the office hold is as it was."""


class StickGone(StickFault):
    code = "stick.gone"
    vi = "Không còn đọc ghi được USB ({reason}): đã bị rút ra hoặc hỏng. Chưa mất gì trên máy: cắm lại, hoặc dùng USB khác, rồi làm lại từ đầu."
    en = "The stick can no longer be read or written ({reason}): it was pulled out, or is broken. Nothing on this machine is lost: put it back or take another, and start again."


class StickFull(StickFault):
    code = "stick.full"
    vi = "USB đã đầy: cần thêm {kilobytes} KB. Xóa bớt tệp không cần trên USB hoặc dùng USB khác, rồi ghi lại. Chưa rút ra như đã ghi xong."
    en = "The stick is full: {kilobytes} KB more are needed. Delete what is not needed on it or take another, then write again. It does not hold everything yet."


class StickReadOnly(StickFault):
    code = "stick.read-only"
    vi = "USB không cho ghi (đang khóa chống ghi hoặc không có quyền). Gạt lẫy khóa trên USB hoặc dùng USB khác, rồi ghi lại."
    en = "The stick does not take writing (its lock is on, or the right is missing). Move its lock or take another, then write again."


class StickLies(StickFault):
    code = "stick.lies"
    vi = "USB báo đã ghi nhưng đọc lại tệp {file} thì khác hoặc không có. USB này hỏng hoặc là hàng giả: bỏ đi, dùng USB khác và ghi lại."
    en = "The stick said it had taken {file}, but reads back something else or nothing. It is broken or a fake: throw it away, take another and write again."


class StickSwapped(StickFault):
    code = "stick.swapped"
    vi = "USB đang cắm không phải USB lúc bắt đầu. Không coi USB nào là đã ghi xong: cắm một USB và làm lại từ đầu."
    en = "The stick that is in now is not the one this began with. Neither is finished: put one in and start again."


class StickStrange(StickFault):
    code = "stick.strange"
    vi = "Trên USB, “{file}” không phải thư mục hay tệp bình thường, nên không dùng được. Đổi tên hoặc xóa nó trên USB, hoặc dùng USB khác."
    en = "On the stick “{file}” is no ordinary folder or file and cannot be used. Rename or delete it there, or take another stick."


class Mark(Record):
    """What `stick.dgd` holds."""

    version: Whole
    stick: Id


class Letter(NamedTuple):
    """A file for a stick. `proof` raises a fault where the bytes are not what they should be, by their signature."""

    name: str
    raw: bytes
    proof: Callable[[bytes], object]


class Found(NamedTuple):
    """What lies in a folder of a stick.

    `letters` are named as ours are, with their sizes, by name. `strangers` are the first few names of `others`
    further entries: files of other makes, links, folders named like letters. `more`: there are too many to look at.
    """

    letters: tuple[tuple[str, int], ...]
    strangers: tuple[str, ...]
    others: int
    more: bool


class Written(NamedTuple):
    """Letters that are on the stick. `past_memory`: every one was read again from the device itself."""

    names: tuple[str, ...]
    past_memory: bool


def no_progress(_step: str, _done: int, _of: int) -> None:
    """For whoever does not watch."""


class Stick:
    """A stick that is in. `id` is its own, empty for one that nobody wrote on yet and that is only read."""

    def __init__(self, root: Path, *, stick: bytes) -> None:
        self.root, self.id = root, stick
        self.folder = root / names.FOLDER

    @classmethod
    def look(cls, root: Path) -> "Stick":
        """A stick to read from; nothing is written. Raises `StickGone`, `StickStrange`."""
        with _sorted(root.name):
            with os.scandir(root) as entries:
                next(entries, None)
            known = _is_folder(root / names.FOLDER)
        return cls(root, stick=_mark(root) if known else b"")

    @classmethod
    def open(cls, root: Path, *, draw: Callable[[int], bytes]) -> "Stick":
        """A stick to write on, with an id of its own from now on. Raises `StickFault`."""
        stick = cls.look(root)
        with _sorted(names.FOLDER):
            for folder in (stick.folder, *(stick.folder / one for one in (names.TO_OFFICE, names.FROM_OFFICE))):
                if not _is_folder(folder):
                    folder.mkdir()
                    _flush_folder(folder.parent)
        if not stick.id:
            stick.id = draw(16)
            _write(stick.folder / names.MARK, Mark(version=VERSION, stick=stick.id).to_bytes())
        return stick

    def found(self, folder: str) -> Found:
        """What lies in one of its folders. Raises `StickGone`, `StickStrange`."""
        letters: list[tuple[str, int]] = []
        strangers: list[str] = []
        others = seen = 0
        with _sorted(folder):
            if not _is_folder(self.folder) or not _is_folder(self.folder / folder):
                return Found((), (), 0, more=False)
            with os.scandir(self.folder / folder) as entries:
                for entry in entries:
                    if (seen := seen + 1) > ENTRIES_MAX:
                        break
                    if names.named(entry.name) and entry.is_file(follow_symlinks=False):
                        letters.append((entry.name, entry.stat(follow_symlinks=False).st_size))
                    elif not _ours_half(entry.name):
                        others += 1
                        if len(strangers) < NAMED_MAX:
                            strangers.append(names.shown(entry.name))
        return Found(tuple(sorted(letters)), tuple(sorted(strangers)), others, more=seen > ENTRIES_MAX)

    def read(self, folder: str, name: str, *, bytes_max: int) -> bytes:
        """A letter's bytes; one that is longer comes cut, and is then nothing. Raises `StickFault`."""
        with _sorted(name):
            return _read(self.folder / folder / name, bytes_max=bytes_max + 1)

    def keep(self, folder: str, letters: Sequence[Letter], *, progress: Progress = no_progress) -> Written:
        """Put letters on the stick, and read them again from it. Raises `StickFault`: then none is to be relied on."""
        place = self.folder / folder
        fresh = []
        for at, letter in enumerate(letters):
            progress("write", at, len(letters))
            if not self._holds(place / letter.name, letter.raw):
                fresh.append(letter)
                self._ask_room(fresh)
                _write(place / letter.name, letter.raw)
        progress("flush", 0, 1)
        self.flush()
        past_memory = True
        for at, letter in enumerate(letters):
            progress("verify", at, len(letters))
            past_memory = self._verify(place / letter.name, letter) and past_memory
        return Written(tuple(one.name for one in letters), past_memory)

    def make(self, folder: str) -> None:
        """One of its folders, made where it is not there yet. Raises `StickFault`."""
        with _sorted(folder):
            if not _is_folder(self.folder / folder):
                (self.folder / folder).mkdir()
                _flush_folder(self.folder)

    def size(self, folder: str, name: str) -> int:
        """How long a file is; -1 where it is not there. Raises `StickGone`."""
        with _sorted(name):
            try:
                return (self.folder / folder / name).lstat().st_size
            except FileNotFoundError:
                return -1

    def append(self, folder: str, name: str, raw: bytes, *, at: int) -> bool:
        """Put bytes behind the first `at` of a file that is there, in place of whatever was cut off behind them.

        Forced out and read again; whether past the system's memory. Raises `StickFault`: then it ends at `at` as before.
        """
        path = self.folder / folder / name
        flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with _sorted(name, needed=len(raw)):
            descriptor = os.open(path, flags)
            try:
                os.ftruncate(descriptor, at)
                os.lseek(descriptor, at, os.SEEK_SET)
                left = memoryview(raw)
                while left:
                    left = left[os.write(descriptor, left) :]
                os.fsync(descriptor)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(descriptor, at)
                raise
            finally:
                os.close(descriptor)
            again, past_memory = read_again(path)
        if again[at:] != raw:
            raise StickLies(file=name)
        return past_memory

    def finish(self) -> None:
        """All of it is out, and this is the stick it began with. Raises `StickGone`, `StickSwapped`."""
        self.flush()
        with _sorted(names.MARK):
            raw, _ = read_again(self.folder / names.MARK)
        if _marked(raw) != self.id:
            raise StickSwapped

    def flush(self) -> None:
        """Everything written to this file system goes out now. Raises `StickGone`."""
        with _sorted(names.FOLDER):
            _flush_all(self.folder)

    def drop(self, folder: str, gone: Sequence[str]) -> None:
        """Take away letters of ours that have done their work. One that stays harms nobody."""
        for name in gone:
            if names.named(name):
                with contextlib.suppress(OSError):
                    (self.folder / folder / name).unlink()

    def _holds(self, path: Path, raw: bytes) -> bool:
        """Whether it is there already, whole: what is there is not written anew."""
        try:
            return _read(path, bytes_max=len(raw) + 1) == raw
        except (OSError, StickStrange):
            return False

    def _ask_room(self, fresh: Sequence[Letter]) -> None:
        with _sorted(names.FOLDER):
            free = _free_bytes(self.folder)
        wanted = len(fresh[-1].raw) + ROOM_BYTES
        if free < wanted:
            raise StickFull(kilobytes=(wanted - free) // 1024 + 1)

    def _verify(self, path: Path, letter: Letter) -> bool:
        """Whether it was read past the system's memory; what it reads is right. Raises `StickLies`, `StickGone`."""
        try:
            raw, past_memory = read_again(path)
        except FileNotFoundError as error:
            # The folder is there and the file is not: this is no stick that was pulled out.
            if _is_folder(path.parent):
                raise StickLies(file=letter.name) from error
            raise StickGone(reason="ENOENT") from error
        except OSError as error:
            raise _fault(error, path.name) from error
        if raw != letter.raw:
            raise StickLies(file=letter.name)
        try:
            letter.proof(raw)
        except Fault as fault:
            raise StickLies(file=letter.name) from fault
        return past_memory


def read_again(path: Path) -> tuple[bytes, bool]:
    """A file's bytes, and whether they came past the system's memory of what was just written. Raises `OSError`."""
    direct = getattr(os, "O_DIRECT", 0)
    if direct:
        try:
            return _read_direct(path, direct), True
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise
    with _opened(path) as descriptor:
        dropped = False
        if hasattr(os, "posix_fadvise"):
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            dropped = True
        pieces = []
        while piece := os.read(descriptor, 1 << 20):
            pieces.append(piece)
    return b"".join(pieces), dropped


def _read_direct(path: Path, direct: int) -> bytes:
    with _opened(path, direct) as descriptor:
        size = os.fstat(descriptor).st_size
        with mmap.mmap(-1, size // _ALIGNED * _ALIGNED + 2 * _ALIGNED) as buffer, memoryview(buffer) as room:
            done = 0
            while done < size:
                count = os.preadv(descriptor, [room[done:]], done)
                done += count
                if not count or done % _ALIGNED:
                    break
            return bytes(room[:done])


@contextmanager
def _opened(path: Path, more: int = 0) -> Iterator[int]:
    """An ordinary file to read from: no link, and nothing that lets a reader wait. Raises `OSError`, `StickStrange`."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | more
    descriptor = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise StickStrange(file=names.shown(path.name))
        yield descriptor
    finally:
        os.close(descriptor)


def _read(path: Path, *, bytes_max: int) -> bytes:
    made = bytearray()
    with _opened(path) as descriptor:
        while len(made) < bytes_max and (piece := os.read(descriptor, min(1 << 20, bytes_max - len(made)))):
            made += piece
    return bytes(made)


def _write(path: Path, raw: bytes) -> None:
    """A file whole in its place or not there, forced to the device. Raises `StickFault`."""
    half = path.with_name(path.name + ".part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with _sorted(path.name, needed=len(raw)):
        half.unlink(missing_ok=True)
        descriptor = os.open(half, flags, 0o644)
        try:
            left = memoryview(raw)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                half.unlink()
            raise
        finally:
            os.close(descriptor)
        half.replace(path)
        _flush_folder(path.parent)


def _ours_half(name: str) -> bool:
    """What a writing of ours that was cut off leaves behind; the next one takes its place."""
    return name.endswith(".part") and names.named(name.removesuffix(".part")) is not None


def _mark(root: Path) -> bytes:
    """The id on a stick; empty where there is none, or none that can be read: it gets a new one."""
    path = root / names.FOLDER / names.MARK
    with _sorted(names.MARK):
        try:
            return _marked(_read(path, bytes_max=256))
        except FileNotFoundError:
            return b""


def _marked(raw: bytes) -> bytes:
    try:
        return from_bytes(Mark, raw).stick
    except Malformed:
        return b""


def _is_folder(path: Path) -> bool:
    """Whether a folder is there. Raises `StickStrange` for a link or a file in its place."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(mode):
        raise StickStrange(file=names.shown(path.name))
    return True


def _flush_folder(folder: Path) -> None:
    """Windows opens no folders, and needs not."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _flush_all(folder: Path) -> None:
    """The file system of a folder, written out; where only everything can be, everything."""
    if sys.platform == "win32":
        # Each file was flushed as it was written; a folder or a drive cannot be without an administrator.
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        flush = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
        if flush is None:
            os.sync()
        elif flush(descriptor):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(descriptor)


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


@contextmanager
def _sorted(what: str, *, needed: int = 0) -> Iterator[None]:
    """Errors of the device, each as the sentence that says what to do."""
    try:
        yield
    except OSError as error:
        raise _fault(error, what, needed=needed) from error


def _fault(error: OSError, what: str, *, needed: int = 0) -> StickFault:
    if error.errno in _FULL:
        return StickFull(kilobytes=needed // 1024 + 1)
    if error.errno in _READ_ONLY:
        return StickReadOnly()
    if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY):
        return StickStrange(file=names.shown(what))
    return StickGone(reason=errno.errorcode.get(error.errno or 0, type(error).__name__))
