"""A signed, sealed letter from one machine to one other: the same bytes over a network and on a stick.

The header says only who, to whom, which book or pack and which numbers: nothing a finder of a lost
stick could read a name or an amount from. What is inside is compressed and sealed to the recipient
with the whole header bound to it, and the whole is signed by the sender, so no part can be moved
into another letter. Sealing draws fresh randomness: a letter is made once and the same bytes are
sent again and again.
"""

from typing import Literal, NamedTuple

from sync import keys
from sync.errors import Refusal
from sync.records import (
    UNPACKED_BYTES_MAX,
    Id,
    Malformed,
    Record,
    Signature,
    Whole,
    from_bytes,
    packed,
    unpacked,
    version_and_kind_of,
    version_of,
)

# The whole of a session of 6,000 lines is under 64 KiB and a pack of 15,000 people under 2 MiB (measured).
BATCH_BYTES_MAX = 256 * 1024
PACK_BYTES_MAX = 16 * 1024 * 1024
# Twenty thousand entries are 2 MiB unpacked; a batch that claims more would be a flood.
BATCH_UNPACKED_BYTES_MAX = 4 * 1024 * 1024
_MAGIC = b"DGD1"
# The versions of letters that are read here, the newest last: the one in use, and the one before where there is one.
VERSIONS: tuple[int, ...] = (1,)

LetterKind = Literal["pack", "batch", "disposition"]
End = Literal["laptop", "office"]


class Header(Record):
    """What stands outside. `subject` is a pack's or a book's id; `first`..`last` numbers of entries, or of a disposition."""

    version: Whole
    kind: LetterKind
    sender: Id
    recipient: Id
    subject: Id
    first: Whole
    last: Whole


class _Letter(Record):
    header: Header
    sealed: bytes
    signature: Signature


class Opened(NamedTuple):
    """A letter that was signed by its sender and opened by its recipient."""

    header: Header
    plain: bytes


class NotForHere(Refusal):
    """A letter for another machine, or of another kind."""

    code = "envelope.not-for-here"
    vi = "Tệp này gửi cho máy khác hoặc không phải loại tệp cần ({kind}). Chọn đúng tệp của máy này."
    en = "This file is for another machine, or not the kind wanted ({kind}). Choose this machine's file."


class LaptopBehind(Refusal):
    """Something newer than this laptop's program can read, or something older than its office still takes."""

    code = "version.laptop-behind"
    vi = "Dữ liệu {what} ghi theo bản {version}, nơi nhận đọc bản {known}: chương trình trên máy giao dịch đã cũ. Cập nhật máy giao dịch rồi làm lại; sổ vẫn đủ, chưa mất gì."
    en = "The {what} is in version {version} and what reads it knows {known}: the laptop's program is too old. Update the laptop and try again; its book is whole and nothing is lost."


class OfficeBehind(Refusal):
    """Something newer than the office's program can read, or something older than its laptops still take."""

    code = "version.office-behind"
    vi = "Dữ liệu {what} ghi theo bản {version}, nơi nhận đọc bản {known}: chương trình của văn phòng đã cũ. Văn phòng phải cập nhật; máy giữ nguyên sổ và gửi lại sau, chưa mất gì."
    en = "The {what} is in version {version} and what reads it knows {known}: the office's program is too old. The office must update it; the laptop keeps its book and sends again later, nothing is lost."


class TooLarge(Refusal):
    """More bytes than such a letter can have."""

    code = "envelope.too-large"
    vi = "Tệp lớn {size} byte, quá mức {most} byte cho phép. Không nhận; kiểm tra lại tệp."
    en = "The file has {size} bytes; at most {most} are taken. It was not accepted; check the file."


def spoken(version: int, *, what: str, reader: End) -> None:
    """Whether a version is read here. Raises `LaptopBehind` or `OfficeBehind`: whoever has the older program.

    What the office reads comes from laptops and the other way round.
    """
    if version in VERSIONS:
        return
    writer: End = "laptop" if reader == "office" else "office"
    behind = reader if version > VERSIONS[-1] else writer
    known = f"{VERSIONS[0]}–{VERSIONS[-1]}" if len(VERSIONS) > 1 else str(VERSIONS[0])
    raise (OfficeBehind if behind == "office" else LaptopBehind)(what=what, version=str(version), known=known)


def begins_known(raw: bytes, *, what: str, reader: End) -> None:
    """Whether a record that begins with its version is in one that is read here. Raises as `spoken` does."""
    version = version_of(raw)
    if version is not None:
        spoken(version, what=what, reader=reader)


def close_envelope(
    plain: bytes, *, header: Header, recipient_key: bytes, sender_seed: bytes
) -> bytes:
    """A letter ready to be stored and sent."""
    outside = header.to_bytes()
    sealed = keys.seal(recipient_key, packed(plain), info=b"dgd/letter/1\0" + outside)
    signature = keys.sign(sender_seed, "letter/1", outside + sealed)
    return _MAGIC + _Letter(header=header, sealed=sealed, signature=signature).to_bytes()


def read_header(raw: bytes, *, kind: LetterKind) -> Header:
    """What stands outside, not yet to be believed.

    Raises `Malformed`, `NotForHere`, `TooLarge`, `LaptopBehind`, `OfficeBehind`.
    """
    return _read(raw, kind).header


def verify_letter(raw: bytes, *, kind: LetterKind, sender_key: bytes) -> Header:
    """A whole letter of this sender, still sealed: what carries it knows that it carries it right.

    Raises `TooLarge`, `Malformed`, `NotForHere`, `SignatureWrong`.
    """
    letter = _read(raw, kind)
    keys.verify(sender_key, "letter/1", letter.header.to_bytes() + letter.sealed, letter.signature, what=kind)
    return letter.header


def open_envelope(
    raw: bytes, *, kind: LetterKind, recipient: bytes, sender_key: bytes, secret: bytes
) -> Opened:
    """The signature first, then what is inside.

    Raises `TooLarge`, `Malformed`, `NotForHere`, `LaptopBehind`, `OfficeBehind`, `SignatureWrong`, `NotOpened`.
    """
    letter = _read(raw, kind)
    if letter.header.recipient != recipient:
        raise NotForHere(kind=kind)
    outside = letter.header.to_bytes()
    keys.verify(sender_key, "letter/1", outside + letter.sealed, letter.signature, what=kind)
    small = keys.open_sealed(secret, letter.sealed, info=b"dgd/letter/1\0" + outside, what=kind)
    most = UNPACKED_BYTES_MAX if kind == "pack" else BATCH_UNPACKED_BYTES_MAX
    return Opened(letter.header, unpacked(small, bytes_max=most))


def _read(raw: bytes, kind: LetterKind) -> _Letter:
    most = PACK_BYTES_MAX if kind == "pack" else BATCH_BYTES_MAX
    if len(raw) > most:
        raise TooLarge(size=len(raw), most=most)
    if raw[: len(_MAGIC)] != _MAGIC:
        raise Malformed(what=kind)
    # Of every version, for good: an array, and in it first an array that begins with version and kind.
    said = version_and_kind_of(raw[len(_MAGIC) :])
    if said is not None and said[1] != kind:
        raise NotForHere(kind=kind)
    if said is not None:
        spoken(said[0], what=kind, reader="office" if kind == "batch" else "laptop")
    return from_bytes(_Letter, raw[len(_MAGIC) :])
