"""The office's directory as this laptop knows it: home/directory.dgd, the newest that came, by stick or by network.

It stands in the clear: it names laptops and keys and no person, and the office's signature keeps it.
"""

from contextlib import suppress
from pathlib import Path
from typing import Protocol

from desktop import files
from desktop.vault import Unlocked
from sync.directory import Directory, read_directory
from sync.errors import Fault

FILE = "directory.dgd"


class Road(Protocol):
    """What brings it over the network."""

    def fetch_directory(self) -> bytes: ...


def known(home: Path, unlocked: Unlocked) -> Directory | None:
    """The newest that came; None where none did, or where the file no longer proves itself."""
    raw = files.read(home / FILE)
    try:
        return read_directory(raw, office=unlocked.office) if raw else None
    except Fault:
        # The next one that comes takes its place; nothing hangs on this one but a warning.
        return None


def take(home: Path, unlocked: Unlocked, raw: bytes) -> Directory:
    """Keep a directory that is newer. Raises `Malformed`, `OfficeUnknown`, `SignatureWrong`, `DirectoryOlder`, `NotWritten`."""
    held = known(home, unlocked)
    directory = read_directory(raw, office=unlocked.office, newest=held.number if held else 0)
    if held is None or held.number < directory.number:
        files.keep(home / FILE, raw)
    return directory


def ask(home: Path, unlocked: Unlocked, road: Road) -> None:
    """Have the newest from the office; where it has none to give, or the way is closed, what is known stays."""
    with suppress(Fault):
        take(home, unlocked, road.fetch_directory())


def revoked_s(home: Path, unlocked: Unlocked) -> int:
    """When the office took this laptop out of use; 0 as far as is known here."""
    held = known(home, unlocked)
    return held.revoked_s(unlocked.device) if held else 0
