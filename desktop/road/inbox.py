"""Packs that came while a book was open: home/inbox/<pack>.dgd, as sealed as they came, until the shelf can take them.

A pack becomes a book only when no other book is being written. What the shelf refuses for good is taken away; what
only has to wait (for an earlier day to be closed) stays.
"""

import contextlib
from pathlib import Path

from desktop import files, shelf
from desktop.vault import Unlocked
from sync.envelope import PACK_BYTES_MAX
from sync.errors import Fault, Unavailable

FOLDER = "inbox"


def keep(home: Path, pack: bytes, raw: bytes) -> None:
    """Keep a pack for later. Raises `NotWritten`."""
    files.keep(home / FOLDER / f"{pack.hex()}.dgd", raw)


def waiting(home: Path) -> tuple[Path, ...]:
    """The packs that wait."""
    return tuple(sorted((home / FOLDER).glob("*.dgd")))


def take(home: Path, unlocked: Unlocked, *, now_s: int) -> tuple[Fault, ...]:
    """Make books of what waits. Asked while no book is open. The refusals of what was not taken, to be told."""
    refusals: list[Fault] = []
    for path in waiting(home):
        try:
            shelf.take_pack(home, unlocked, raw=files.brought(path, bytes_max=PACK_BYTES_MAX), now_s=now_s)
        except (shelf.SessionUnclosed, Unavailable) as wait:
            refusals.append(wait)
            continue
        except Fault as refused:
            refusals.append(refused)
        for one in (path, path.with_name(path.name + ".prev")):
            with contextlib.suppress(OSError):
                one.unlink(missing_ok=True)
    return tuple(refusals)
