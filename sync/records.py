"""Values that have exactly one form in bytes.

A `Record` is immutable and is written as a MessagePack array of its fields in their order, so the
same value is always the same bytes, and those bytes can be hashed, signed, stored and sent without
being written again. Reading checks every type and range, and then writes the value once more: bytes
that are not the one form of what they say are refused.

Compression is here too, because what is packed small must be unpacked with a limit.
"""

from typing import Annotated, Any, TypeVar, dataclass_transform

import msgspec
import zstandard

from sync.errors import Damage

# A pack of 15,000 customers and 20,000 loans is about 6 MB unpacked (measured); ten times that is no pack.
UNPACKED_BYTES_MAX = 64 * 1024 * 1024
# The window of zstd level 19 for inputs of this size; a frame asking for more is not ours.
WINDOW_BYTES_MAX = 8 * 1024 * 1024

# Shapes that many records share. An amount has at most twelve digits: money.AMOUNT_MAX.
Amount = Annotated[int, msgspec.Meta(ge=-999_999_999_999, le=999_999_999_999)]
Whole = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
# A few sentences; a longer text is a paste by mistake.
TEXT_LETTERS_MAX = 400
Text = Annotated[str, msgspec.Meta(max_length=TEXT_LETTERS_MAX)]
Code = Annotated[str, msgspec.Meta(max_length=40)]
NoteValue = Annotated[int, msgspec.Meta(ge=500, le=500_000)]
# A denomination and how many notes of it.
NoteCount = tuple[NoteValue, Annotated[int, msgspec.Meta(ge=0, le=5_000_000)]]
Id = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Digest = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
PublicKey = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]

_encoder = msgspec.msgpack.Encoder()


class Malformed(Damage):
    """Bytes that do not say what they should."""

    code = "bytes.malformed"
    vi = "Dữ liệu {what} không đúng dạng: tệp bị hỏng hoặc bị sửa. Giữ nguyên tệp, xin văn phòng gửi lại bản khác."
    en = "The {what} data is not in its proper form: damaged or altered. Keep it as it is and ask the office to send it again."


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Record(msgspec.Struct, frozen=True, array_like=True, kw_only=True, forbid_unknown_fields=True):
    """An immutable value; its bytes are its fields as an array."""

    def to_bytes(self) -> bytes:
        return _encoder.encode(self)


R = TypeVar("R", bound=Record)
_decoders: dict[type[Any], msgspec.msgpack.Decoder[Any]] = {}


def from_bytes(kind: type[R], raw: bytes) -> R:
    """The value these bytes are the one form of. Raises `Malformed` and nothing else."""
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.msgpack.Decoder(kind)
    try:
        value: R = decoder.decode(raw)
        same = _encoder.encode(value) == raw
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise Malformed(what=kind.__name__) from error
    if not same:
        raise Malformed(what=kind.__name__)
    return value


class _Versioned(msgspec.Struct, array_like=True):
    """Any array that begins with a version."""

    version: int


class _Named(msgspec.Struct, array_like=True):
    version: int
    kind: str


class _Enclosed(msgspec.Struct, array_like=True):
    """Any array that begins with an array that begins with a version and a kind."""

    header: _Named


def version_of(raw: bytes) -> int | None:
    """The version that a record begins with, whatever follows it, not to be believed; None where there is none.

    A version that is not known here is found before anything is held against a shape that it need not have.
    """
    try:
        return msgspec.msgpack.decode(raw, type=_Versioned).version
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def version_and_kind_of(raw: bytes) -> tuple[int, str] | None:
    """The same of a letter, whose header begins with its version and its kind."""
    try:
        header = msgspec.msgpack.decode(raw, type=_Enclosed).header
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return header.version, header.kind


def changed(value: R, **fields: object) -> R:
    """The same value with some fields replaced."""
    return msgspec.structs.replace(value, **fields)


def plain(value: Record) -> dict[str, Any]:
    """Field names and plain values, for answers that people and other programs read."""
    made: dict[str, Any] = msgspec.to_builtins(
        {name: getattr(value, name) for name in value.__struct_fields__}, str_keys=True
    )
    return made


def packed(raw: bytes, *, level: int = 19) -> bytes:
    """Compressed, with the length written in front of the frame."""
    return zstandard.ZstdCompressor(level=level, write_content_size=True).compress(raw)


def unpacked(small: bytes, *, bytes_max: int = UNPACKED_BYTES_MAX) -> bytes:
    """What was packed; a frame that says or makes more than `bytes_max` is refused."""
    try:
        size = zstandard.frame_content_size(small)
        if not 0 <= size <= bytes_max:
            raise Malformed(what="zstd")
        # One frame and nothing behind it: what follows a frame would be silently dropped.
        reader = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES_MAX).decompressobj()
        made = reader.decompress(small)
        if not reader.eof or reader.unused_data or len(made) != size:
            raise Malformed(what="zstd")
    except zstandard.ZstdError as error:
        raise Malformed(what="zstd") from error
    return made


