"""The log beside a book's file, as a power cut leaves it, read without SQLite (sqlite.org/fileformat2.html#walformat).

SQLite takes the first frame of a log that is not sound for the place where the power went, and drops whatever stands
behind it without a word. But each commit was flushed before the next one began, so a power cut can spoil the last
commit and no other: where the commits of two or more stand behind an unsound frame, it is the disk that spoiled it, and
vouchers that were told as kept would be gone.
"""

import struct
import time
from array import array
from pathlib import Path
from sys import byteorder

from desktop.book_faults import DiskFailing

HEADER_BYTES, FRAME_HEADER_BYTES = 32, 24
# With its lowest bit set the sums are reckoned from words of the other order.
_MAGIC = 0x377F0682
_AGAIN_S = 0.05


def spoiled(log: Path) -> bool:
    """Whether the disk spoiled a log that no program has open; one that is being written is read twice. Raises `DiskFailing`."""
    if not _spoiled(log):
        return False
    time.sleep(_AGAIN_S)
    return _spoiled(log)


def _spoiled(log: Path) -> bool:
    try:
        raw = log.read_bytes()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise DiskFailing from error
    if len(raw) < HEADER_BYTES or not any(raw[:HEADER_BYTES]):
        return False
    magic, _, page_bytes, _, *salts, first, second = struct.unpack(">8I", raw[:HEADER_BYTES])
    step = FRAME_HEADER_BYTES + page_bytes
    if magic | 1 != _MAGIC | 1 or not 512 <= page_bytes <= 65_536 or _summed(raw[:24], (0, 0), magic) != (first, second):
        # It was flushed before the first frame, and it is smaller than what a disk writes at once.
        return len(raw) > HEADER_BYTES
    sums, behind, sound = (first, second), 0, True
    for at in range(HEADER_BYTES, len(raw) - step + 1, step):
        _, pages, *found = struct.unpack(">6I", raw[at : at + FRAME_HEADER_BYTES])
        ours = found[:2] == salts
        if sound:
            if ours:
                body = raw[at : at + 8] + raw[at + FRAME_HEADER_BYTES : at + step]
                sums = _summed(body, sums, magic)
            sound = ours and list(sums) == found[2:]
        # One that ends a commit says how many pages the file has then.
        behind += not sound and ours and pages > 0
    return behind >= 2


def _summed(raw: bytes, sums: tuple[int, int], magic: int) -> tuple[int, int]:
    """The running sums of a log, two words of four bytes at a time."""
    words = array("I", raw)
    if (byteorder == "big") is not bool(magic & 1):
        words.byteswap()
    one, other = sums
    pairs = iter(words)
    for even, odd in zip(pairs, pairs, strict=True):
        one = one + even + other & 0xFFFFFFFF
        other = other + odd + one & 0xFFFFFFFF
    return one, other
