"""The documents as people look for them: by the moment of a morning at which they are wanted, with their plain names.

Whatever lists them, the window and the command that prints them all, asks here, on the thread that holds the session.
"""

import unicodedata
from typing import Literal, NamedTuple

from desktop.sheets.documents import DOCUMENTS, JOINT, Document, Scope, document, name_of_file, targets_of
from desktop.sheets.occasion import Occasion
from desktop.sheets.parts import heading
from desktop.sheets.sheet import Sheet

Moment = Literal["before", "during", "end", "meeting", "follow_up", "people"]

# In the order of a morning, and in each as they are wanted. What stands nowhere here goes by whom it is about.
MOMENTS: dict[Moment, tuple[str, ...]] = {
    "before": ("public_notice", "arrears_public", "bulletin", "group_list", "group_notes"),
    "during": ("disbursements", "savings_list", "group_collected"),
    "end": ("session_minutes", "score", "member_interest", "group_list_next"),
    "meeting": ("meeting_organisations", "meeting_groups"),
    "follow_up": (
        *("follow_overdue", "follow_inactive", "follow_repaid", "follow_id", "follow_unpaid", "follow_escaped"),
        "beneficiaries",
    ),
    "people": ("overdue_notice", "balance_confirmation", "savings_card"),
}
_BY_SCOPE: dict[Scope, Moment] = {"session": "during", "group": "before", "customer": "people"}
_VOWELS = frozenset("aeiouyAEIOUY")


class Listed(NamedTuple):
    """A document in the list; `form` is the number of its form, or empty."""

    key: str
    moment: Moment
    name: str
    form: str
    scope: Scope


def moment_of(one: Document) -> Moment:
    """When a document is wanted."""
    return next((moment for moment, keys in MOMENTS.items() if one.key in keys), _BY_SCOPE[one.scope])


def in_order() -> tuple[tuple[Moment, Document], ...]:
    """Every document with its moment, in the order they are listed in."""
    found = []
    for moment, keys in MOMENTS.items():
        those = [one for one in DOCUMENTS if moment_of(one) == moment]
        known = [one for key in keys for one in those if one.key == key]
        found += [(moment, one) for one in (*known, *(one for one in those if one.key not in keys))]
    return tuple(found)


def catalogue(occasion: Occasion) -> tuple[Listed, ...]:
    """Every document, under the bank's own name for it where the pack has one."""
    form = occasion.session.terms.parameters.form
    # With one laptop at the table there is nothing to put beside its own closing sheet.
    joint = (("end", JOINT),) if occasion.joint else ()
    ordered = [*in_order(), *joint]
    moments = list(MOMENTS)
    ordered.sort(key=lambda one: moments.index(one[0]))
    return tuple(
        Listed(one.key, moment, _in_small(heading(occasion, one.key)), form(one.key).number, one.scope)
        for moment, one in ordered
    )


def whom(occasion: Occasion, key: str) -> tuple[tuple[str, str], ...]:
    """Those a document can be about now: a code and a name each."""
    return tuple((one.code, one.name) for one in targets_of(occasion, key))


def written(occasion: Occasion, key: str, target: str = "") -> tuple[str, tuple[Sheet, ...]]:
    """What a document's file is called, and its sheets; none where there is nothing to say."""
    return name_of_file(occasion, key, target), document(key).write(occasion, target)


def _in_small(title: str) -> str:
    """A heading in capitals as people write it in a sentence; a word without a vowel is an abbreviation."""
    if title != title.upper():
        return title
    words = [word if not _VOWELS & set(unicodedata.normalize("NFD", word)) else word.lower() for word in title.split(" ")]
    said = " ".join(words)
    return said[:1].upper() + said[1:]

