"""Which sheet an entry is printed on, and how many copies of it.

`sheet_for` asks only for what is in the book and its terms, so any voucher of any day can be printed
again. How a sheet looks is the matter of `typeset` and `paper`.
"""

from collections.abc import Callable

from desktop.sheets.adjustment import adjustment_sheet
from desktop.sheets.cash import count_sheet, difference_sheet
from desktop.sheets.closing import close_sheet
from desktop.sheets.group import group_sheet
from desktop.sheets.members import members_sheet
from desktop.sheets.movement import handover_sheet, movement_sheet, transit_sheet
from desktop.sheets.outage import outage_sheet, recover_sheet
from desktop.sheets.record import counterfeit_sheet, loss_sheet, suspense_sheet
from desktop.sheets.request import request_sheet
from desktop.sheets.resumption import resumption_sheet
from desktop.sheets.sheet import Sheet
from desktop.sheets.visit import visit_sheet
from desktop.sheets.voucher import Voucher
from desktop.words import Words
from sync.chain import Sealed
from sync.session import Session
from sync.voucher import Kind

_SHEETS: dict[Kind, Callable[[Voucher], Sheet]] = {
    "open": movement_sheet,
    "float": movement_sheet,
    "return": movement_sheet,
    "handover": handover_sheet,
    "transit": transit_sheet,
    "group": group_sheet,
    "correct": visit_sheet,
    "visit": visit_sheet,
    "slip": visit_sheet,
    "request": request_sheet,
    "suspense": suspense_sheet,
    "counterfeit": counterfeit_sheet,
    "loss": loss_sheet,
    "count": count_sheet,
    "difference": difference_sheet,
    "close": close_sheet,
    "outage": outage_sheet,
    "recover": recover_sheet,
    "adjust": adjustment_sheet,
    "resume": resumption_sheet,
}


def copies(kind: Kind) -> int:
    """How many copies are printed: one each for the two sides, and for a group one for its organisation."""
    return 3 if kind == "group" else 2


def attachments(
    sealed: Sealed, session: Session, *, letter: str, words: Words, copy_of: int = 0
) -> tuple[tuple[str, Sheet], ...]:
    """Further sheets of an entry, each a file of its own, with what its name says after the voucher's number."""
    if sealed.entry.body.kind != "group":
        return ()
    return (("members", members_sheet(Voucher(sealed, session, words, letter, 1, copy_of))),)


def sheet_for(
    sealed: Sealed, session: Session, *, letter: str, copy: int, words: Words, copy_of: int = 0
) -> Sheet:
    """What copy number `copy` (from 1) of an entry says.

    The session has applied at least up to this entry; `letter` is the laptop's in the pack. `copy_of`
    counts reprints: 0 is the first printing, and any other is marked on the sheet.
    """
    voucher = Voucher(sealed, session, words, letter, copy, copy_of)
    body = sealed.entry.body
    # What is undone is undone on the sheet that it was made on: a hand-in of sixty on the same list.
    kind = session.bodies[body.reverses - 1].kind if body.kind == "reverse" else body.kind
    return _SHEETS[kind](voucher)
