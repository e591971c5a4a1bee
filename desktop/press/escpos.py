"""What a receipt printer is told and what it answers: the part of ESC/POS that this program speaks, as bytes.

Paper is a picture, never letters: no such printer has all Vietnamese ones. A page goes in bands (`GS v 0`), so that
no printer has to hold all of it. Two questions are asked. `DLE EOT n` is answered at once, whatever else the
printer is doing; `GS r 1` only in its turn, after everything sent before it was printed: that answer is the
printer's word that the paper is out. Sources: the makers' command references (Epson ESC/POS; the same bytes in
the manuals of Xprinter, Gprinter, Rongta and others).
"""

from collections.abc import Iterator
from typing import NamedTuple

from desktop.press.raster import Picture

# Eight dots a millimetre, which every roll printer of the trade has.
DPI = 203
# Dots across: 72 mm of an 80 mm roll, 48 mm of a 58 mm one.
DOTS = {"roll80": 576, "roll58": 384}
# Lines of dots in a band: 9 KB at most, less than the smallest buffer in use.
BAND = 128
# Darker is a dot. Letters and lines are; their soft edges and the grey across a page are not.
_DARK = 160
# Lighter than this is paper; between the two it is the grey across a page, of which one dot in sixteen is set.
_LIGHT = 240
_EVERY = 4

START = b"\x1b@"
# Past the cutter, which stands some millimetres behind the head; a printer without one passes over the cut.
CUT = b"\x1bd\x04\x1dVB\x00"
IN_TURN = b"\x1dr\x01"
_BLACK = bytes(49 if value < _DARK else 48 for value in range(256))
_GREY = bytes(49 if value < _LIGHT else 48 for value in range(256))


class State(NamedTuple):
    """What a printer says of itself; None: it did not say."""

    offline: bool | None = None
    cover_open: bool | None = None
    paper_out: bool | None = None

    @property
    def said(self) -> bool:
        return self != State()


def asked(which: int) -> bytes:
    """A question that is answered at once: 1 the printer, 2 why it is offline, 4 its paper."""
    return bytes((0x10, 0x04, which))


def at_once(answer: bytes) -> int | None:
    """The last answer to `asked` among what came; its bits 1 and 4 are set, its bits 0 and 7 are not."""
    return next((byte for byte in reversed(answer) if byte & 0x93 == 0x12), None)


def in_turn(answer: bytes) -> bool:
    """Whether the answer to `IN_TURN` is among what came; its bits 4 and 7 are not set."""
    return any(byte & 0x90 == 0 for byte in answer)


def state(printer: int | None, cause: int | None, paper: int | None) -> State:
    """What the three answers come to."""
    out = [bool(byte & bits) for byte, bits in ((cause, 0x20), (paper, 0x60)) if byte is not None]
    return State(
        offline=None if printer is None else bool(printer & 0x08),
        cover_open=None if cause is None else bool(cause & 0x04),
        paper_out=any(out) if out else None,
    )


def lines(picture: Picture, dots: int) -> list[bytes]:
    """Its rows as a bit a dot, 1 black, from the left; a page of another width is set or cut at its middle."""
    wide = (dots + 7) // 8
    shift = (picture.width - dots) // 2
    sparse = int.from_bytes(bytes((0x88,)) * wide, "big")
    made = []
    for y in range(picture.height):
        row = picture.grey[y * picture.width : (y + 1) * picture.width]
        row = row[shift : shift + dots] if shift >= 0 else b"\xff" * -shift + row
        row = row.ljust(wide * 8, b"\xff")[: wide * 8]
        bits = int(row.translate(_BLACK), 2)
        if y % _EVERY == 0:
            bits |= int(row.translate(_GREY), 2) & sparse
        made.append(bits.to_bytes(wide, "big"))
    return made


def paper(picture: Picture, dots: int) -> Iterator[bytes]:
    """One page as what is sent for it, a band at a time; the last is the cut."""
    rows = lines(picture, dots)
    wide = (dots + 7) // 8
    for at in range(0, len(rows), BAND):
        band = rows[at : at + BAND]
        yield b"\x1dv0\x00" + wide.to_bytes(2, "little") + len(band).to_bytes(2, "little") + b"".join(band)
    yield CUT
