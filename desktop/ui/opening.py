"""From a passphrase to an open desk: what the books worker does while the first page waits.

Everything heavy (the encrypted file, the ORM, paper) is imported here, on that worker, so the window
stands before any of it is read.
"""

import datetime
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sync.errors import Fault, Refusal, Unavailable

if TYPE_CHECKING:
    from desktop.care.soundness import Checked
    from desktop.desk import Desk
    from desktop.listing import Standing
    from desktop.road.courier import Courier
    from desktop.road.stick import Table
    from desktop.shelf import Shelved
    from desktop.store import Book
    from desktop.vault import Unlocked, Vault
    from desktop.words import Words
    from sync.chain import Moment
    from sync.terms import Roll

Clock = Callable[[], "Moment"]


class Opened(NamedTuple):
    """An open desk with where it stands and who is who (which never changes while it is open).

    `late`: its day is over and it is not closed; `blind`: whoever is at it was counting without being told what to find.
    """

    desk: "Desk"
    standing: "Standing"
    roll: "Roll"
    device_key: bytes
    late: bool
    blind: bool


class Choice(NamedTuple):
    """The books of the laptop, the latest first. `wanted` are those somebody may want now; `training`: there is one to
    practise on; `refused`: a pack that came by stick and is not taken.
    """

    held: "tuple[Shelved, ...]"
    wanted: tuple[bytes, ...]
    training: bool
    today: datetime.date
    refused: Fault | None = None


def load() -> None:
    """Read the program's part that opens a book, which takes longer than to open one: somebody still types a passphrase."""
    for name in ("desktop.desk", "desktop.shelf", "desktop.training", "desktop.care.pruning", "desktop.road.inbox"):
        import_module(name)


def open_vault(home: Path, *, draw: Callable[[int], bytes]) -> "Vault":
    """The locked vault. Raises `NotEnrolled`, `VaultDamaged`."""
    from desktop.keystore import WhenAsked
    from desktop.vault import Vault

    return Vault(home, draw=draw, keystore=WhenAsked())


def answer_due(home: Path) -> bytes | None:
    """What the office must have before it can make this laptop's first pack; None once there is a book."""
    from desktop.vault import answer_left

    # A book whose file is gone was one all the same: its copies say so.
    books = any((home / "books").glob("*.db")) or any((home / "backups").glob("*/*.db"))
    return None if books else answer_left(home)


def left_open(home: Path) -> int:
    """When the laptop went off with a book open: its log's last change, Unix seconds; 0 where all were closed."""
    logs = (log.stat() for log in (home / "books").glob("*.db-wal"))
    return int(max((log.st_mtime for log in logs if log.st_size), default=0))


def begin(home: Path, unlocked: "Unlocked", *, clock: Clock) -> Opened | Choice:
    """The desk of the one session that is to be worked on, or what there is to choose from.

    Raises `NoBook`, `PackUnfit` and what opening a book raises.
    """
    from desktop import shelf

    found = look_around(home, unlocked, clock=clock)
    if not found.held:
        raise shelf.NoBook
    if len(found.wanted) > 1:
        return found
    book = shelf.choose_of(home, unlocked, found.held, found.wanted[0], now_s=clock().wall_s)
    return _at_desk(book, unlocked, clock=clock)


def look_around(home: Path, unlocked: "Unlocked", *, clock: Clock) -> Choice:
    """The books of the laptop, with those of packs that waited for it. Raises what opening a book raises."""
    from desktop import shelf, training
    from desktop.care import pruning
    from desktop.road import inbox

    refused = [one for one in inbox.take(home, unlocked, now_s=clock().wall_s) if not isinstance(one, shelf.SessionUnclosed)]
    if gone := shelf.missing(home):
        raise shelf.BookGone(book=gone[0].hex()[:8])
    held = shelf.shelved(home, unlocked)
    # What is over leaves now, while nobody waits for a visitor; that it cannot be erased keeps nobody from working.
    with suppress(Fault, OSError):
        over = pruning.prune(home, unlocked, held)
        held = tuple(one for one in held if one not in over)
    today = shelf.day_of(clock().wall_s)
    wanted = shelf.to_choose(held, today=today)
    training_there = bool(shelf.books(training.folder(home)))
    return Choice(held[::-1], tuple(one.book for one in wanted), training_there, today, refused[0] if refused else None)


def choose(home: Path, unlocked: "Unlocked", book: bytes, *, clock: Clock) -> Opened:
    """The desk of one book. Raises `SessionUnclosed`, `PackUnfit` and what opening a book raises."""
    from desktop import shelf

    return _at_desk(shelf.choose(home, unlocked, book, now_s=clock().wall_s), unlocked, clock=clock)


def practise(home: Path, unlocked: "Unlocked", *, anew: bool, clock: Clock) -> Opened:
    """A desk to practise at. Raises `NoBook`, `PackUnfit` and what opening a book raises."""
    from desktop import training

    return _at_desk(training.open_book(home, unlocked, anew=anew), unlocked, clock=clock)


def _at_desk(book: "Book", unlocked: "Unlocked", *, clock: Clock) -> Opened:
    from desktop import shelf
    from desktop.desk import Desk

    try:
        desk = Desk.open(book, unlocked, clock=clock)
    except BaseException:
        book.close()
        raise
    standing = desk.standing()
    over = standing.session_date < shelf.day_of(clock().wall_s) and not desk.pack.terms.parameters.training
    late = over and standing.state not in ("prepared", "closed")
    counting = json.loads(desk.draft("count") or "{}") if standing.state in ("open", "counted") else {}
    return Opened(desk, standing, desk.session.roll, unlocked.sign_key, late, bool(counting.get("blind")))


def put_away(desk: "Desk") -> None:
    """End a book and stay unlocked: another one is to be opened."""
    desk.put_away()


def leave(desk: "Desk") -> None:
    """End a book and lock, with a copy of what was posted since the last; a disk that takes none keeps nobody here.

    Raises `CopyUnsound`, with the book ended all the same.
    """
    from desktop.care import backups

    try:
        with suppress(Unavailable):
            if taken := desk.copy():
                backups.settle(taken)
    finally:
        desk.close()


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


def unopened(home: Path, unlocked: "Unlocked", *, clock: Clock) -> "Table":
    """The laptop's books while none of them is open."""
    from desktop.road.stick import Table

    return Table(home, unlocked, clock)


def checked(desk: "Desk") -> "tuple[Checked, int]":
    """The open book read again from its file to its last rule, and how far its newest copy is."""
    from desktop.care import backups, soundness

    held = backups.copies(desk.book.path.parent.parent, desk.book.book)
    return soundness.checked(desk.book, desk.unlocked), max((one.entries for one in held), default=0)


class Damaged(NamedTuple):
    """A book that cannot be worked on: what was found, in words, and how far its newest copy is."""

    book: bytes
    said: str
    copies: int
    copied: int


def damaged(home: Path, unlocked: "Unlocked", *, words: "Words") -> Damaged | None:
    """The first book of the laptop that is not sound. Raises `BookInUse`."""
    from desktop.care import backups, soundness

    for found in soundness.check(home, unlocked):
        # One that was put back opens, and says by itself what is to be done.
        if found.reason and found.kind not in ("set-back", "behind"):
            held = backups.copies(home, found.book)
            most = max((one.entries for one in held), default=0)
            return Damaged(found.book, soundness.in_words(found, words), len(held), most)
    return None


def restore(
    home: Path, unlocked: "Unlocked", book: bytes, *, seen: int, mirror: str, clock: Clock
) -> Opened | Choice:
    """The damaged book put back, and then as `begin`. Raises what `repair.restore` and `begin` raise, `NotRead`."""
    from desktop import files
    from desktop.care import repair
    from desktop.road.mirror import BYTES_MAX

    brought = files.brought(Path(mirror), bytes_max=BYTES_MAX) if mirror else b""
    repair.restore(home, unlocked, book, now_s=clock().wall_s, brought=brought, seen=seen)
    return begin(home, unlocked, clock=clock)


def brought_packs(path: Path) -> tuple[bytes, ...]:
    """A pack from a stick. Raises `NotRead`."""
    from desktop import files
    from sync.envelope import PACK_BYTES_MAX

    return (files.brought(path, bytes_max=PACK_BYTES_MAX),)


def fetched_packs(courier: "Courier", device: bytes, *, held: frozenset[bytes]) -> tuple[bytes, ...]:
    """Every pack in force that the laptop has not, or the newest again where it has them all.

    Raises what a courier raises.
    """
    wanted = [pack for pack in courier.offers(device) if pack not in held]
    return tuple(courier.fetch_pack(device, pack=pack) for pack in wanted) or (courier.fetch_pack(device),)


def held_packs(home: Path, unlocked: "Unlocked") -> frozenset[bytes]:
    """The ids of the packs whose books are here. Raises what opening a book raises."""
    from desktop import shelf

    return frozenset(one.pack for one in shelf.shelved(home, unlocked))


def take_packs(home: Path, unlocked: "Unlocked", *, packs: Sequence[bytes], clock: Clock) -> Opened | Choice:
    """The desk of a session whose pack has just come; beside other books, the choice with the new ones first.

    One that is refused does not keep the others out. Raises what `shelf.take_pack` and `begin` raise where none is taken.
    """
    from desktop import shelf

    taken, refusals = [], []
    for raw in packs:
        try:
            taken.append(shelf.take_pack(home, unlocked, raw=raw, now_s=clock().wall_s).book)
        except Refusal as refusal:
            refusals.append(refusal)
    if not taken:
        raise refusals[0]
    found = look_around(home, unlocked, clock=clock)
    if len(found.held) == 1:
        return choose(home, unlocked, taken[0], clock=clock)
    return found._replace(wanted=tuple(taken))
