"""People and groups of a pack by any part of what one knows of them: the words of the search index, and what is typed.

The index stands in the book's own file (`desktop.store`), which keeps and asks it; what its rows say, and how a
typed word is compared, is decided here.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sync.pack import Pack
from sync.terms import Terms

# Group rows in the search index stand before every customer, so many below nought: a group's code is also
# a word of each of its members, who would crowd it out of an answer. A pack has at most this many groups.
_GROUP_ROWS = 1_000_000
# Nobody types more words than these to find somebody.
WORDS_MAX = 8

INDEX = "CREATE VIRTUAL TABLE search USING fts5(words, tokenize='ascii', prefix='1 2 3', detail=none, content='')"


class Found(NamedTuple):
    """A search result; `kind` is `customer` or `group`."""

    kind: str
    code: str


def folded(text: str) -> str:
    """Lower case without diacritics; `đ`, which no normalisation takes apart, becomes `d`."""
    bare = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(letter if letter.isalnum() else " " for letter in bare if not unicodedata.combining(letter))


def question(text: str) -> str:
    """What is asked of the index for a typed text: words that begin so, in any order; empty where nothing is asked."""
    return " AND ".join(f'"{word}" *' for word in folded(text).split()[:WORDS_MAX])


def found(terms: Terms, row: int) -> Found:
    """Whom a row of the index stands for."""
    if row < 0:
        return Found("group", terms.groups[row + _GROUP_ROWS].group_code)
    return Found("customer", terms.customers[row - 1].customer_code)


def index_rows(pack: Pack) -> Iterable[tuple[int, str]]:
    """The index of a pack: a row's number and its words."""
    terms = pack.terms
    loans: dict[str, list[str]] = {}
    for loan in terms.loans:
        loans.setdefault(loan.customer_code, []).append(loan.loan_code)
    names = {one.customer_code: one.full_name for one in terms.customers}
    for at, group in enumerate(terms.groups):
        words = f"{group.group_name} {names.get(group.leader, '')}"
        yield at - _GROUP_ROWS, " ".join((folded(words), *_typed_as([group.group_code])))
    for row, one in enumerate(terms.customers, start=1):
        codes = [one.customer_code, one.id_number, one.group_code, *loans.get(one.customer_code, ())]
        yield row, " ".join((folded(one.full_name), *_typed_as(codes)))


def _typed_as(codes: Sequence[str]) -> Iterator[str]:
    """A code as people type it: whole, or by its last four or six characters."""
    for code in codes:
        if code:
            yield from {code, code[-4:], code[-6:]}
