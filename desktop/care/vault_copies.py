"""Copies of the vault's files, taken before anything changes them: as sealed as the files themselves.

    home/backups/vault/<serial>/vault/…     as home/vault, so that a copy opens like a laptop of its own

Wrong tries are not among them: a copy put back must not give anybody new tries. A copy that says what the one
before it says is not made. A book whose key is dropped loses it here too, or it would not be erased.
"""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from desktop import files

# Each is a few kilobytes; a laptop's keys change when it is enrolled, mended, or takes a pack.
KEPT = 6
_NOT_KEPT = ("tries.dgd",)


def keep(home: Path) -> Path | None:
    """A copy of the vault's files as they stand, flushed and read back; None where the newest says the same.

    Raises `NotWritten`; the copies before it are then untouched.
    """
    try:
        now = _texts(home)
        held = copies(home)
        # A copy that the disk does not give back is as good as none.
        with suppress(OSError):
            if not now or (held and now == _texts(held[-1])):
                return None
        serial = int(held[-1].name) + 1 if held else 1
        place = _folder(home) / f"{serial:06d}"
        fresh = place.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        for name, raw in now.items():
            files.keep(fresh / name, raw)
            if (fresh / name).read_bytes() != raw:
                raise files.NotWritten(reason=name.name)
        fresh.replace(place)
        files.flush_folder(place.parent)
    except OSError as error:
        raise files.NotWritten(reason=error.strerror or type(error).__name__) from error
    for old in copies(home)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return place


def copies(home: Path) -> tuple[Path, ...]:
    """The copies, the oldest first. Each is the home of a vault."""
    folder = _folder(home)
    return tuple(sorted(path for path in folder.iterdir() if path.name.isdigit())) if folder.exists() else ()


def put_key_back(home: Path, name: Path) -> Iterator[bytes]:
    """Each different text of one file (its path from the home) among the copies, the newest first; what the disk does
    not give back is passed over."""
    told: set[bytes] = set()
    for copy in reversed(copies(home)):
        try:
            raw = (copy / name).read_bytes()
        except OSError:
            continue
        if raw not in told:
            told.add(raw)
            yield raw


def forget_book(home: Path, name: Path) -> None:
    """Take a book's key (its path from the home) out of every copy."""
    for copy in copies(home):
        (copy / name).unlink(missing_ok=True)


def put_back(home: Path, copy: Path, *, aside: Path) -> None:
    """The vault as it was in a copy; what stands now goes aside whole. Raises `NotWritten`."""
    try:
        aside.parent.mkdir(parents=True, exist_ok=True)
        tries = home / "vault" / "tries.dgd"
        shutil.copytree(home / "vault", aside)
        for path in _files(copy):
            files.keep(home / path.relative_to(copy), path.read_bytes())
        if not tries.exists() and (aside / tries.name).exists():
            shutil.copyfile(aside / tries.name, tries)
    except OSError as error:
        raise files.NotWritten(reason=error.strerror or type(error).__name__) from error


def _folder(home: Path) -> Path:
    return home / "backups" / "vault"


def _texts(home: Path) -> dict[Path, bytes]:
    """The files by their path from the home. Raises `OSError`."""
    return {path.relative_to(home): path.read_bytes() for path in _files(home)}


def _files(home: Path) -> Iterator[Path]:
    """The sealed files of a vault, and of its copy, by name."""
    for path in sorted((home / "vault").rglob("*.dgd")):
        if path.name not in _NOT_KEPT:
            yield path
