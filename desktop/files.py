"""Small files that must be whole or not there: written beside, flushed, renamed, and the folder flushed.

The file before it is kept under `.prev`, so a fault while writing never leaves a person locked out.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sync.errors import Damage, Refusal, Unavailable


class NotWritten(Unavailable):
    """The disk did not take a file; the one before it is untouched."""

    code = "files.not-written"
    vi = "Không ghi được tệp lên ổ đĩa ({reason}). Chưa có gì thay đổi: giải phóng ổ đĩa hoặc kiểm tra quyền rồi thử lại."
    en = "The file could not be written ({reason}). Nothing changed: free some disk space or check the rights, then try again."


class NotRead(Refusal):
    """A file that somebody chose is not there, or may not be read."""

    code = "files.not-read"
    vi = "Không đọc được tệp “{file}”. Kiểm tra đường dẫn và USB rồi chọn lại."
    en = "The file “{file}” cannot be read. Check the path and the stick, then choose again."


class FileFailing(Damage):
    """The disk does not give back a file that it holds."""

    code = "files.failing"
    vi = "Ổ đĩa không đọc được tệp {file} của chương trình ({reason}). Giữ nguyên máy, không cài lại; gọi văn phòng."
    en = "The disk does not give back the program's file {file} ({reason}). Keep the laptop as it is; call the office."


def brought(path: Path, *, bytes_max: int) -> bytes:
    """A file that somebody chose. One that is longer comes cut, and is then nothing: no film is read to its end.

    Raises `NotRead`.
    """
    try:
        with path.open("rb") as file:
            return file.read(bytes_max + 1)
    except (OSError, ValueError) as error:
        raise NotRead(file=path.name) from error


def keep(path: Path, raw: bytes) -> None:
    """Replace a file by `raw`, or leave it as it was. Raises `NotWritten`."""
    fresh = path.with_name(path.name + ".new")
    with taking():
        make_folder(path.parent)
        with fresh.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            path.replace(path.with_name(path.name + ".prev"))
        fresh.replace(path)
        flush_folder(path.parent)


@contextmanager
def taking() -> Iterator[None]:
    """What a disk does not take in the block is said by a sentence. Raises `NotWritten`."""
    try:
        yield
    except OSError as error:
        raise NotWritten(reason=error.strerror or type(error).__name__) from error


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One at a time, of all programs of this machine: whoever else asks for the same path waits. Raises `NotWritten`.

    The file stays and is empty; who dies holding it holds nothing.
    """
    with taking():
        make_folder(path.parent)
        held = path.open("ab")
    with held:
        with taking():
            _lock(held.fileno())
        yield


def _lock(number: int) -> None:
    """For as long as the file is open."""
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(number, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(number, fcntl.LOCK_EX)


def make_folder(folder: Path) -> None:
    """A folder, and those above it, that a power cut leaves there: with a new one goes everything in it."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    flush_folder(folder.parent)


def read(path: Path) -> bytes | None:
    """The file, or the one before it if a crash fell between the two renames; None where there is neither.

    Raises `FileFailing`.
    """
    for found in (path, path.with_name(path.name + ".prev")):
        try:
            return found.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise FileFailing(file=path.name, reason=error.strerror or type(error).__name__) from error
    return None


def flush_folder(folder: Path) -> None:
    """Make a rename last; a no-op where folders cannot be opened (Windows)."""
    if os.name == "nt":
        return
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
