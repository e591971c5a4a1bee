"""How entries of a book are cut into letters to the office: each ends with a signature, and none is longer than it may be.

A letter is made once and kept in the book before it is first sent; the same bytes go on every try and by every way.
"""

from collections.abc import Iterable

from desktop.vault import Unlocked
from sync.chain import Sealed
from sync.outage import NO_SIGNATURE
from sync.pack import Pack
from sync.protocol import seal_batch

# A line costs about four bytes of a letter, which has 256 KiB (measured: 57 kB for 14,000 lines).
BATCH_LINES_MAX = 20_000
# What still comes through a line that breaks every minute or so, at 64 kbit/s and 5 % loss: 3 to 9 s each (measured).
BATCH_BYTES_ROUGH = 16 * 1024


def sealed(entries: list[Sealed], *, pack: Pack, unlocked: Unlocked, bytes_most: int) -> tuple[list[Sealed], bytes]:
    """The longest beginning that fits, within a fifth; one that cannot be made shorter goes as it is.

    `pack` is that of the laptop that wrote them, which need not be this one.
    """
    carried_by = b"" if pack.device == unlocked.device else unlocked.device
    while True:
        made = seal_batch(
            entries, pack=pack, office_key=unlocked.office.seal_key, device_seed=unlocked.device_seed, carried_by=carried_by
        )
        fewer = letterful(entries[: len(entries) * bytes_most * 9 // (len(made) * 10)]) or _shortest(entries)
        if len(made) <= bytes_most or len(fewer) == len(entries):
            return entries, made
        entries = fewer


def letterful(entries: Iterable[Sealed]) -> list[Sealed]:
    """The first of these that end with a signature, as many as one letter holds; none where no signature follows."""
    taken: list[Sealed] = []
    signed = lines = 0
    for one in entries:
        lines += len(one.entry.body.lines) + 1
        if signed and lines > BATCH_LINES_MAX:
            break
        taken.append(one)
        if one.signature != NO_SIGNATURE:
            signed = len(taken)
    return taken[:signed]


def _shortest(entries: list[Sealed]) -> list[Sealed]:
    """Those up to the first that has a signature."""
    return entries[: next(n for n, one in enumerate(entries, start=1) if one.signature != NO_SIGNATURE)]
