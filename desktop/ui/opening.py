"""From a passphrase to an open desk: what the books worker does while the first page waits.

Everything heavy (the encrypted file, the ORM, paper) is imported here, on that worker, so the window
stands before any of it is read.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.listing import Standing
    from desktop.vault import Unlocked, Vault
    from sync.chain import Moment
    from sync.terms import Roll

Clock = Callable[[], "Moment"]


class SystemKeystore:
    """The system's keystore, asked for only when a vault needs it: finding it takes a while."""

    def get(self, name: str) -> bytes | None:
        from desktop.vault import system_keystore

        kept = system_keystore()
        return kept.get(name) if kept else None

    def put(self, name: str, secret: bytes) -> None:
        from desktop.vault import system_keystore

        if kept := system_keystore():
            kept.put(name, secret)


class Opened(NamedTuple):
    """An open desk with where it stands and who is who (which never changes while it is open)."""

    desk: "Desk"
    standing: "Standing"
    roll: "Roll"
    device_key: bytes


def open_vault(home: Path, *, draw: Callable[[int], bytes]) -> "Vault":
    """The locked vault. Raises `NotEnrolled`, `VaultDamaged`."""
    from desktop.vault import Vault

    return Vault(home, draw=draw, keystore=SystemKeystore())


def answer_due(home: Path) -> bytes | None:
    """What the office must have before it can make this laptop's first pack; None once there is a book."""
    from desktop.vault import answer_left

    return None if any((home / "books").glob("*.db")) else answer_left(home)


def left_open(home: Path) -> int:
    """When the laptop went off with a book open: its log's last change, Unix seconds; 0 where all were closed."""
    logs = (log.stat() for log in (home / "books").glob("*.db-wal"))
    return int(max((log.st_mtime for log in logs if log.st_size), default=0))


def open_newest(home: Path, unlocked: "Unlocked", *, clock: Clock) -> Opened:
    """The desk of the latest session. Raises `NoBook`, `PackUnfit` and what opening a book raises."""
    from desktop import shelf
    from desktop.desk import Desk
    from sync.keys import sign_public

    book = shelf.open_book(home, unlocked, shelf.newest(home, unlocked))
    try:
        desk = Desk.open(book, unlocked, clock=clock)
    except BaseException:
        book.close()
        raise
    return Opened(desk, desk.standing(), desk.session.roll, sign_public(unlocked.device_seed))


def check_book(desk: "Desk", *, device_key: bytes) -> bytes:
    """The open book read again from its file, from the first page seal to the last rule; its head.

    Raises `BookAltered` and the fault of the first bad entry.
    """
    from desktop import shelf
    from desktop.store import BookAltered

    head = shelf.verified(desk.book, device_key=device_key).head
    if head != desk.head:
        raise BookAltered(book=desk.book.book.hex()[:8], reason="head")
    return head


def brought_pack(path: Path) -> bytes:
    """A pack from a stick. Raises `NotRead`."""
    from desktop import files
    from sync.envelope import PACK_BYTES_MAX

    return files.brought(path, bytes_max=PACK_BYTES_MAX)


def take_pack(home: Path, unlocked: "Unlocked", *, raw: bytes, clock: Clock) -> Opened:
    """The desk of a session whose pack has just come. Raises what `shelf.take_pack` and `open_newest` raise."""
    from desktop import shelf

    shelf.take_pack(home, unlocked, raw=raw, now_s=clock().wall_s)
    return open_newest(home, unlocked, clock=clock)
