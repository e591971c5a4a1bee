"""Books as they stood after their last letter, so that the next one need not fold everything before it again.

A laptop sends every half minute of a morning. What is held here is a shortcut within one process and
never the truth: it is used once, and only where the book's row stands at the very entry it was folded
to. Another process that took a letter in between makes it useless, not wrong; the book is then folded
from its stored entries, as it is after a start.
"""

from collections import OrderedDict
from typing import NamedTuple

from sync.pack import Pack
from sync.session import Session

# Teams of one office that are out on the same morning; a point of 5,000 people takes 13 MB (measured).
BOOKS_MOST = 8


class Standing(NamedTuple):
    """A book's pack, and its session folded up to an entry: its number and its digest."""

    pack: Pack
    session: Session
    number: int
    head: bytes


class RecentBooks:
    """The last few books a letter came for. Several threads may ask at once: each step is one call of the mapping."""

    def __init__(self, most: int = BOOKS_MOST) -> None:
        self._most = most
        self._held: OrderedDict[bytes, Standing] = OrderedDict()

    def take(self, book: bytes, *, number: int, head: bytes) -> Session | None:
        """The session of a book, if it is held and stands at that entry; whoever takes it has it alone."""
        held = self._held.pop(book, None)
        return held.session if held is not None and (held.number, held.head) == (number, head) else None

    def pack(self, book: bytes) -> Pack | None:
        """The pack of a book that is held: a book has one, and it never changes."""
        held = self._held.get(book)
        return held.pack if held is not None else None

    def keep(self, book: bytes, standing: Standing) -> None:
        """Hold a book as it stands after a letter that was committed; the one held longest makes room."""
        self._held[book] = standing
        while len(self._held) > self._most:
            self._held.popitem(last=False)
