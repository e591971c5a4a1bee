"""The mirror: everything of a book, sealed, in one file that only grows; on a stick it outlives its laptop.

It begins with a signed header that says whose book it is and nothing else, with the file's key sealed to each person of
the team on every other laptop that the pack names, and to the office. Then come frames, each sealed under that key and
bound to all before it: first the pack and who wrote before, then entries with their signatures as they were made, and
with them what was passed between the laptops of the table: whoever goes on must not serve what another one holds. A
frame that was cut off by a power cut or a pulled stick ends the file: what stands before it is sound, and the next
writing goes on from there.

What it does not promise: that nothing is missing at its end. Only the paper and the office's own marks can say that.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sync import keys, leases
from sync.chain import Sealed, unsealed
from sync.errors import Damage, Refusal
from sync.leases import Held, Lease, Passed
from sync.pack import Office, Pack, Run, verify_line
from sync.records import Code, Id, Malformed, Record, Signature, Whole, from_bytes, packed, unpacked

MAGIC = b"DGDM1"
VERSION = 1
_LENGTH = 4
# A header of thirty laptops with a team each; a frame is a pack, or what was posted since the stick was last there.
HEADER_BYTES_MAX = 64 * 1024
FRAME_BYTES_MAX = 16 * 1024 * 1024


class Slot(Record):
    """The file's key sealed to one person at one laptop, or (`staff_id` empty) to the office by its id."""

    device: Id
    staff_id: Code
    sealed: bytes


class Header(Record):
    """Whose book it is. `salt` makes the key of every such file another one."""

    version: Whole
    office: Id
    device: Id
    book: Id
    salt: Id
    slots: tuple[Slot, ...]
    signature: bytes = b""


class _Before(Record):
    pack: Pack
    last: Whole


class _Beginning(Record):
    pack: Pack
    before: tuple[_Before, ...]


class _Kept(Record):
    raw: bytes
    signature: Signature


class _Frame(Record):
    wall_s: int
    entries: tuple[_Kept, ...]


class _TableFrame(Record):
    """A frame that also says what was passed between laptops; where nothing was there is none of these."""

    wall_s: int
    entries: tuple[_Kept, ...]
    passed: tuple[Lease, ...]


class Place(NamedTuple):
    """Where the next frame goes: after so many bytes and frames, bound to `bound`; `last` is the newest entry there."""

    size: int
    frames: int
    bound: bytes
    last: int


class Copy(NamedTuple):
    """What a mirror holds. `torn` counts bytes behind `place` that are no whole frame; `wall_s` is of the last frame.

    `passed` is who holds what was given over at the table, as its laptop last wrote it down there; signed by nobody.
    """

    header: Header
    pack: Pack
    before: tuple[Run, ...]
    entries: tuple[Sealed, ...]
    wall_s: int
    place: Place
    torn: int
    passed: Passed


class NoSlot(Refusal):
    code = "mirror.no-slot"
    vi = "Bản sao trên USB không niêm phong cho {staff} ở máy này. Mời người khác của tổ mở, hoặc đưa USB về văn phòng."
    en = "The copy on the stick is not sealed to {staff} at this laptop. Let another of the team open it, or take it to the office."


class MirrorAltered(Damage):
    code = "mirror.altered"
    vi = "Bản sao trên USB bị sửa hoặc hỏng ở khung {frame}. Giữ nguyên USB, dùng các phiếu trước chỗ đó và gọi văn phòng."
    en = "The copy on the stick is altered or damaged at frame {frame}. Keep the stick; what stands before is usable. Call the office."


def file_key(book_key: bytes, *, salt: bytes) -> bytes:
    """The key of one file, from the book's own: its laptop keeps no other."""
    return keys.derived(book_key, label="mirror/1", salt=salt)


def begin(
    pack: Pack, before: Sequence[Run], *, office: Office, key: bytes, salt: bytes, nonce: bytes, device_seed: bytes
) -> tuple[bytes, Place]:
    """The file's first bytes, header and pack, and where the entries go. `nonce` is 12 bytes drawn for it."""
    slots = [(laptop.device, user.staff_id, user.seal_key) for laptop in pack.laptops for user in laptop.users]
    slots.append((office.office, "", office.seal_key))
    header = Header(
        version=VERSION, office=pack.office, device=pack.device, book=pack.book, salt=salt,
        slots=tuple(
            Slot(device=device, staff_id=staff, sealed=keys.seal(public, key, info=_info(pack.book, device, staff)))
            for device, staff, public in slots
        ),
    )  # fmt: skip
    signed = keys.signed(device_seed, "mirror/1", header).to_bytes()
    start = MAGIC + _counted(signed)
    beginning = _Beginning(pack=pack, before=tuple(_Before(pack=run.pack, last=run.last) for run in before))
    frame, place = _frame(beginning, _first(signed), key=key, nonce=nonce)
    return start + frame, place


def frame(
    entries: Sequence[Sealed], place: Place, *, key: bytes, nonce: bytes, wall_s: int, passed: Sequence[Lease] = ()
) -> tuple[bytes, Place]:
    """The next frame with entries that follow what is there, what was passed at the table since, and the place after it.

    `nonce` is drawn anew each time: a frame that was cut off is written over by another one under the same key.
    """
    kept = tuple(_Kept(raw=one.raw, signature=one.signature) for one in entries)
    plain: Record = _Frame(wall_s=wall_s, entries=kept)
    if passed:
        plain = _TableFrame(wall_s=wall_s, entries=kept, passed=tuple(passed))
    made, after = _frame(plain, place, key=key, nonce=nonce)
    return made, after._replace(last=entries[-1].entry.number if entries else place.last)


def read_header(raw: bytes) -> Header:
    """Whose mirror this says it is; not yet to be believed. Raises `Malformed`."""
    return from_bytes(Header, _header_bytes(raw))


def person_key(header: Header, *, device: bytes, staff_id: str, secret: bytes) -> bytes:
    """The file's key for one person at one laptop (the office: its id and an empty name). Raises `NoSlot`, `NotOpened`."""
    for slot in header.slots:
        if (slot.device, slot.staff_id) == (device, staff_id):
            return keys.open_sealed(secret, slot.sealed, info=_info(header.book, device, staff_id), what="mirror")
    raise NoSlot(staff=staff_id)


def read(raw: bytes, *, key: bytes, office: Office) -> Copy:
    """All of it that is whole. Its entries are as they were written; `chain.replay` says whether they follow.

    Raises `Malformed`, `MirrorAltered` for a frame in the midst, `OfficeUnknown`, `SignatureWrong`, `NotASpare`.
    """
    signed = _header_bytes(raw)
    header = from_bytes(Header, signed)
    place, found = _first(signed), []
    for plain, after in _frames(raw, place, key=key):
        place = after
        found.append(plain)
    if not found:
        raise MirrorAltered(frame=1)
    beginning = from_bytes(_Beginning, found[0])
    runs = tuple(Run(one.pack, one.last) for one in beginning.before)
    pack = beginning.pack
    verify_line(runs, pack, office=office)
    keys.verify_signed(pack.sign_key, "mirror/1", header, what="mirror")
    if (header.office, header.device, header.book) != (pack.office, pack.device, pack.book):
        raise MirrorAltered(frame=1)
    frames = [_read_frame(plain) for plain in found[1:]]
    entries = tuple(unsealed(one.raw, one.signature) for each in frames for one in each.entries)
    last = entries[-1].entry.number if entries else 0
    wall_s = frames[-1].wall_s if frames else 0
    passed: Passed = {}
    for each in frames:
        if isinstance(each, _TableFrame):
            passed = leases.merged(passed, {one.unit: Held(one.device, one.epoch) for one in each.passed})
    return Copy(header, pack, runs, entries, wall_s, place._replace(last=last), len(raw) - place.size, passed)


def _read_frame(plain: bytes) -> "_Frame | _TableFrame":
    try:
        return from_bytes(_Frame, plain)
    except Malformed:
        return from_bytes(_TableFrame, plain)


def _frames(raw: bytes, place: Place, *, key: bytes) -> Iterator[tuple[bytes, Place]]:
    """Frames from the first; ends at one that is not whole."""
    while place.size + _LENGTH <= len(raw):
        length = int.from_bytes(raw[place.size : place.size + _LENGTH], "big")
        wrapped = raw[place.size + _LENGTH : place.size + _LENGTH + length]
        if not keys.NONCE_BYTES < length <= FRAME_BYTES_MAX or len(wrapped) < length:
            return
        last = place.size + _LENGTH + length >= len(raw)
        try:
            small = keys.unwrap(key, wrapped, bound=place.bound, what="mirror")
        except keys.NotOpened as error:
            # The last one may hold pages the stick never wrote; anything behind it was written after it was whole.
            if last:
                return
            raise MirrorAltered(frame=place.frames + 1) from error
        place = _after(place, wrapped)
        yield unpacked(small), place


def _frame(said: Record, place: Place, *, key: bytes, nonce: bytes) -> tuple[bytes, Place]:
    wrapped = keys.wrap(key, packed(said.to_bytes(), level=3), nonce=nonce, bound=place.bound)
    return _counted(wrapped), _after(place, wrapped)


def _first(signed: bytes) -> Place:
    return Place(len(MAGIC) + _LENGTH + len(signed), 0, keys.digest("mirror/1", signed), 0)


def _after(place: Place, wrapped: bytes) -> Place:
    bound = keys.digest("mirror-frame/1", place.bound, wrapped)
    return place._replace(size=place.size + _LENGTH + len(wrapped), frames=place.frames + 1, bound=bound)


def _counted(part: bytes) -> bytes:
    return len(part).to_bytes(_LENGTH, "big") + part


def _header_bytes(raw: bytes) -> bytes:
    if raw[: len(MAGIC)] != MAGIC:
        raise Malformed(what="mirror")
    begin = len(MAGIC) + _LENGTH
    length = int.from_bytes(raw[len(MAGIC) : begin], "big")
    if not 0 < length <= HEADER_BYTES_MAX or len(raw) < begin + length:
        raise Malformed(what="mirror")
    return raw[begin : begin + length]


def _info(book: bytes, device: bytes, staff_id: str) -> bytes:
    return b"dgd/mirror/1\0" + book + device + staff_id.encode()
