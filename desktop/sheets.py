"""Which sheet an entry is printed on, and how many copies of it.

`sheet_for` asks only for what is in the book and its terms, so any voucher of any day can be printed
again. How a sheet looks is the matter of `typeset` and `paper`.
"""

from collections.abc import Callable

from desktop.sheet import Sheet
from desktop.sheet_cash import count_sheet, difference_sheet, open_sheet
from desktop.sheet_closing import close_sheet
from desktop.sheet_group import group_sheet
from desktop.sheet_record import record_sheet
from desktop.sheet_visit import visit_sheet
from desktop.sheet_voucher import Voucher
from desktop.words import Words
from sync.chain import Sealed
from sync.session import Session
from sync.voucher import Kind

_SHEETS: dict[Kind, Callable[[Voucher], Sheet]] = {
    "open": open_sheet,
    "group": group_sheet,
    "visit": visit_sheet,
    "slip": visit_sheet,
    "reverse": visit_sheet,
    "count": count_sheet,
    "difference": difference_sheet,
    "close": close_sheet,
    "float": record_sheet,
    "return": record_sheet,
    "handover": record_sheet,
    "transit": record_sheet,
    "counterfeit": record_sheet,
    "request": record_sheet,
    "loss": record_sheet,
    "suspense": record_sheet,
    "correct": record_sheet,
}


def copies(kind: Kind) -> int:
    """How many copies are printed: one each for the two sides, and for a group one for its organisation."""
    return 3 if kind == "group" else 2


def sheet_for(
    sealed: Sealed, session: Session, *, letter: str, copy: int, words: Words, copy_of: int = 0
) -> Sheet:
    """What copy number `copy` (from 1) of an entry says.

    The session has applied at least up to this entry; `letter` is the laptop's in the pack. `copy_of`
    counts reprints: 0 is the first printing, and any other is marked on the sheet.
    """
    voucher = Voucher(sealed, session, words, letter, copy, copy_of)
    body = sealed.entry.body
    # A hand-in of sixty is undone on the same list that it was made on.
    if body.kind == "reverse" and session.bodies[body.reverses - 1].kind == "group":
        return group_sheet(voucher)
    return _SHEETS[body.kind](voucher)
