"""The mirror of a book on a stick: each voucher is on it right after it was posted, so that the session outlives its laptop.

    DGD/mirror/mirror-<laptop>-<book>.dgd             what `sync.mirror` describes; it only grows
    DGD/mirror/mirror-<laptop>-<book>-00000002.dgd    begun anew, beside one that can no longer be written on

Nothing waits for it: a stick that is away, full or broken is a word in a chip. What is on it is never taken for granted:
a stick that was away is read again before anything is added. Where it has more of this book than the book, or another
history, an older image of the laptop was put back: nothing is written, and the desk is told.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from sync import keys, leases, mirror
from sync.chain import NO_HEAD, Sealed
from sync.errors import Damage, Fault
from sync.leases import Lease, Passed
from sync.mirror import Copy, Place
from sync.outage import KeyGone
from sync.pack import Office, Pack, Run, continued_id
from sync.stick import names
from sync.stick.device import Letter, Stick, StickFault, StickGone

if TYPE_CHECKING:
    from desktop.desk import Desk

KIND = "mirror"
# The largest point's pack with a year of its vouchers is a tenth of this.
BYTES_MAX = 256 * 1024 * 1024
# So many entries go into one frame: each is one to three kilobytes.
FRAME_ENTRIES_MAX = 1000
# So many mirrors of other laptops are looked at on one stick.
OTHERS_MAX = 50

Draw = Callable[[int], bytes]


class WentOn(Damage):
    """Another laptop's mirror on the same stick is of a book that goes on from this one."""

    code = "mirror.went-on"
    vi = "Máy {letter} đã làm tiếp phiên này: sổ của máy đó có trên USB. Máy này dừng ghi phiếu: giữ nguyên máy, giữ mọi biên lai đã in ở đây và gọi văn phòng."
    en = "Laptop {letter} went on with this session: its book is on the stick. This one posts nothing more: keep it as it is with every receipt printed here, and call the office."


class Source(NamedTuple):
    """What a mirror is made of beside the entries. `device_seed` is empty where the laptop's own key is gone."""

    pack: Pack
    before: tuple[Run, ...]
    office: Office
    book_key: bytes
    device_seed: bytes


class Held(NamedTuple):
    """What stands on the stick: up to voucher `last`, whose head this is; `wall_s` is the clock at it (0: none yet).

    `passed` is what it says of the table: whoever goes on from it knows no more.
    """

    last: int
    head: bytes
    wall_s: int
    passed: Passed = MappingProxyType({})


class _File(NamedTuple):
    name: str
    key: bytes
    place: Place
    size: int


class Mirror:
    """The mirror of one book on the stick at `root`. Used by one thread, which waits for the stick."""

    def __init__(self, root: Path, source: Source, *, draw: Draw) -> None:
        self.root = root
        self._source = source
        self._draw = draw
        self._stick: Stick | None = None
        self._file: _File | None = None
        self._held = Held(0, NO_HEAD, 0)

    def look(self) -> Held:
        """What is on the stick of this book, read from it anew; begun where there is nothing that can be written on.

        Raises `StickFault`, `KeyGone`, and `WentOn` where another laptop's mirror there begins where this book ended.
        """
        self._file = None
        self._stick = stick = Stick.open(self.root, draw=self._draw)
        stick.make(names.MIRROR)
        _ask_went_on(stick, self._source.pack)
        lying = _of_book(stick, self._source.pack.book)
        sound = [one for name in lying if (one := self._sound(stick, name)) is not None]
        if sound:
            self._file, copy = max(sound, key=lambda one: one[1].place.last)
            last = copy.entries[-1] if copy.entries else None
            told = (copy.place.last, last.head, last.entry.wall_s) if last else (0, NO_HEAD, 0)
            self._held = Held(*told, copy.passed)
        else:
            self._begin(stick, number=_number(lying[-1]) + 1 if lying else 1)
        return self._held

    def there(self) -> bool:
        """Whether the file it writes on is as it left it, as far as a look tells."""
        stick, file = self._stick, self._file
        try:
            return stick is not None and file is not None and stick.size(names.MIRROR, file.name) == file.size
        except StickFault:
            return False

    def write(self, entries: Sequence[Sealed], *, passed: Sequence[Lease] = ()) -> Held:
        """Add entries that follow what it holds, and what was passed at the table, forced out and read again. Raises `StickFault`."""
        for first in range(0, max(len(entries), 1), FRAME_ENTRIES_MAX):
            self._add(entries[first : first + FRAME_ENTRIES_MAX], () if first else passed)
        return self._held

    def _add(self, entries: Sequence[Sealed], passed: Sequence[Lease]) -> None:
        stick, file = self._stick, self._file
        if stick is None or file is None or stick.size(names.MIRROR, file.name) != file.size:
            # Pulled out, another one, or written on by somebody: what is there is read again first.
            self._file = None
            raise StickGone(reason="ENOENT")
        head, wall_s = (entries[-1].head, entries[-1].entry.wall_s) if entries else self._held[1:3]
        made, place = mirror.frame(
            entries, file.place, key=file.key, nonce=self._draw(12), wall_s=wall_s, passed=passed
        )
        try:
            stick.append(names.MIRROR, file.name, made, at=file.place.size)
        except StickFault:
            self._file = None
            raise
        self._file = file._replace(place=place, size=place.size)
        told = {one.unit: leases.Held(one.device, one.epoch) for one in passed}
        self._held = Held(place.last, head, wall_s, leases.merged(self._held.passed, told))

    def _sound(self, stick: Stick, name: str) -> tuple[_File, Copy] | None:
        """A file that can be written on: whole but for its end, of this book, under its key."""
        source = self._source
        raw = stick.read(names.MIRROR, name, bytes_max=BYTES_MAX)
        try:
            key = mirror.file_key(source.book_key, salt=mirror.read_header(raw).salt)
            copy = mirror.read(raw, key=key, office=source.office)
        except Fault:
            # Altered in its midst, cut off in its beginning, or of another key: it stays as it is, beside a new one.
            return None
        if (copy.pack, copy.before) != (source.pack, source.before):
            return None
        return _File(name, key, copy.place, len(raw)), copy

    def _begin(self, stick: Stick, *, number: int) -> None:
        source, salt = self._source, self._draw(16)
        if not source.device_seed:
            raise KeyGone
        key = mirror.file_key(source.book_key, salt=salt)
        raw, place = mirror.begin(
            source.pack, source.before, office=source.office, key=key, salt=salt, nonce=self._draw(12),
            device_seed=source.device_seed,
        )  # fmt: skip
        numbers = (number,) if number > 1 else ()
        name = names.letter_name(KIND, device=source.pack.device, subject=source.pack.book, numbers=numbers)
        stick.keep(names.MIRROR, [Letter(name, raw, lambda read: mirror.read(read, key=key, office=source.office))])
        self._file, self._held = _File(name, key, place, len(raw)), Held(0, NO_HEAD, 0)

    def entries_after(self, last: int) -> tuple[Sealed, ...]:
        """What it holds after a number: entries this laptop made and has no more. Raises `StickFault`."""
        self.look()
        stick, file = self._stick, self._file
        if stick is None or file is None:
            raise StickGone(reason="ENOENT")
        raw = stick.read(names.MIRROR, file.name, bytes_max=BYTES_MAX)
        copy = mirror.read(raw, key=file.key, office=self._source.office)
        return tuple(one for one in copy.entries if one.entry.number > last)


def _ask_went_on(stick: Stick, pack: Pack) -> None:
    """A name is no proof: the other laptop signed what its mirror is of. Raises `WentOn`."""
    later = {continued_id(pack.book, by=one.device): one for one in pack.laptops}
    for name, _ in stick.found(names.MIRROR).letters:
        said = names.named(name)
        laptop = later.get(said.subject) if said and said.kind == KIND else None
        if laptop is None:
            continue
        try:
            header = mirror.read_header(stick.read(names.MIRROR, name, bytes_max=2 * mirror.HEADER_BYTES_MAX))
            keys.verify_signed(laptop.sign_key, "mirror/1", header, what="mirror")
        except Fault:
            continue
        if (header.device, header.book) == (laptop.device, continued_id(pack.book, by=laptop.device)):
            raise WentOn(letter=laptop.letter)


def keep_up(kept: Mirror, desk: "Desk", *, held: Held | None) -> Held:
    """Bring a mirror to where the book is, on one thread; `held` is its last answer, None after a fault.

    Raises `StickFault`, and `BookBehind`, `MirrorOther` or `WentOn` where the book is not where its mirror is.
    """
    try:
        found = held or kept.look()
    except WentOn as fault:
        desk.stop(fault)
        raise
    left, passed = lacking(desk, found)
    try:
        return kept.write(left, passed=passed) if left or passed else found
    except StickGone:
        found = kept.look()
        left, passed = lacking(desk, found)
        return kept.write(left, passed=passed) if left or passed else found


def lacking(desk: "Desk", held: Held) -> tuple[tuple[Sealed, ...], tuple[Lease, ...]]:
    """What the book has and its mirror has not: entries, and what was passed at the table. What the book forgot of that
    because it was put back it knows again afterwards. Raises `BookBehind`, `MirrorOther`."""
    desk.leases.learn(held.passed)
    return desk.following(held.last, held.head), desk.leases.beyond(held.passed)


def others(root: Path, *, but: bytes) -> tuple[bytes, ...]:
    """The mirrors on a stick that other laptops than this one wrote, as they lie; behind them those of its own that by
    their names go on from one of them. Raises `StickFault`.

    Together no more than one can be: a stick full of large files is no reason to run out of memory.
    """
    stick = Stick.look(root)
    lying = [(said, name, size) for name, size in stick.found(names.MIRROR).letters if (said := names.named(name)) and said.kind == KIND]
    theirs = sorted((one for one in lying if one[0].device != but[:8]), key=lambda one: one[2])[:OTHERS_MAX]
    after = {continued_id(said.subject, by=but) for said, _, _ in theirs}
    read, brought = 0, []
    for _, name, size in (*theirs, *[one for one in lying if one[0].device == but[:8] and one[0].subject in after][:OTHERS_MAX]):
        if (read := read + size) > BYTES_MAX:
            break
        brought.append(stick.read(names.MIRROR, name, bytes_max=size))
    return tuple(brought)


def _of_book(stick: Stick, book: bytes) -> list[str]:
    """The files of a book, in the order they were begun."""
    found = (name for name, _ in stick.found(names.MIRROR).letters if _kind(name) == KIND)
    return sorted((name for name in found if (said := names.named(name)) and said.subject == book), key=_number)


def _kind(name: str) -> str:
    said = names.named(name)
    return said.kind if said else ""


def _number(name: str) -> int:
    said = names.named(name)
    return said.numbers[0] if said and said.numbers else 1
