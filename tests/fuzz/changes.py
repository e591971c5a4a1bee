"""Good bytes made bad, the same way in every run of a seed: flipped, cut, doubled, joined, and with numbers at their edges."""

import random
from collections.abc import Iterator, Sequence

# How MessagePack and CBOR-like lengths begin, ends of ranges, and texts that are no text.
_PIECES = (
    b"\xc0", b"\xc1", b"\xc2", b"\xcb\x7f\xf8\0\0\0\0\0\0", b"\xcf" + b"\xff" * 8, b"\xd3\x80" + bytes(7), b"\xdd\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\xdc\xff\xff", b"\x90", b"\x91" * 40, b"\xa0", b"\xd9\x01\xff",
    b"\x28\xb5\x2f\xfd", b"\xef\xbb\xbf", b"\0" * 16, b"\xff" * 16, "Ệ̣".encode(), b"../", b"%s", b"\x7f", b"-1", b"1e9999",
)  # fmt: skip


def changes(seeds: Sequence[bytes], *, count: int, seed: int) -> Iterator[bytes]:
    """`count` of them."""
    chance = random.Random(seed)
    for _ in range(count):
        raw = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
            raw = _changed(raw, seeds, chance)
        yield bytes(raw)


def _changed(raw: bytearray, seeds: Sequence[bytes], chance: random.Random) -> bytearray:
    at, to = sorted(chance.randrange(len(raw) + 1) for _ in range(2))
    match chance.randrange(8):
        case 0 if raw:
            raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        case 1 if raw:
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        case 2:
            del raw[at : min(to, at + 64)]
        case 3:
            raw[at:at] = raw[at : min(to, at + 64)]
        case 4:
            raw = raw[:at]
        case 5:
            raw[at:at] = chance.choice(_PIECES)
        case 6:
            piece = chance.choice(_PIECES)
            raw[at : at + len(piece)] = piece
        case _:
            other = chance.choice(seeds)
            begin = chance.randrange(len(other) + 1)
            raw[at:to] = other[begin : begin + 64]
    return raw
