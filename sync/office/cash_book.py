"""The cash book of each teller of a session: what they took the drawer over with, what came in and went out, what they left.

Worked out from the stored entries alone. The drawer is whoever's opened it, and changes hands with a count. Amounts in đồng.
"""

from typing import NamedTuple

from sqlmodel import col, select

from sync.chain import Entry
from sync.office import lineage, preparation, vouchers
from sync.office.home import Office
from sync.office.overview import ROWS_MAX, NoSuchBook
from sync.office.store import Book, EntryRow
from sync.records import from_bytes
from sync.terms import Roll


class Turn(NamedTuple):
    """One teller's turn at the drawer, from its first voucher to its last; `floats` is cash from the main fund, `returned` to it."""

    teller: str
    first: int
    last: int
    opening: int
    floats: int
    cash_in: int
    cash_out: int
    returned: int
    closing: int


def of_book(office: Office, *, book: bytes) -> tuple[Turn, ...]:
    """The turns of a session in their order, over all its laptops. Raises `NoSuchBook`."""
    with office.store.reading() as db:
        row = db.get(Book, book)
        pack = preparation.pack_of(office, db, book=book) if row else None
        if row is None or pack is None:
            raise NoSuchBook
        what = (EntryRow.number, EntryRow.kind, EntryRow.maker, EntryRow.cash)
        entries = db.exec(lineage.entries_of(row.root, *what)).all()
        over = select(EntryRow.number, EntryRow.raw).where(EntryRow.kind == "handover", col(EntryRow.book).in_(lineage.of(row.root)))
        given = {number: from_bytes(Entry, raw).body.detail("to") for number, raw in db.exec(over)}
    names = vouchers.names(Roll(pack.terms))
    turns: list[Turn] = []
    cash = 0
    for number, kind, maker, moved in entries:
        if not turns and kind != "open":
            continue
        if not turns:
            turns.append(_begun(names.get(maker, maker), number, 0))
        turns[-1] = _moved(turns[-1], number, kind, moved)
        cash += moved
        if number in given:
            turns.append(_begun(names.get(given[number], given[number]), number + 1, cash))
    return tuple(one for one in turns if one.last >= one.first)[:ROWS_MAX]


def _begun(teller: str, first: int, cash: int) -> Turn:
    return Turn(teller, first, first - 1, cash, 0, 0, 0, 0, cash)


def _moved(turn: Turn, number: int, kind: str, moved: int) -> Turn:
    turn = turn._replace(last=number, closing=turn.closing + moved)
    if kind in ("open", "float"):
        return turn._replace(floats=turn.floats + moved)
    if kind == "return":
        return turn._replace(returned=turn.returned - moved)
    return turn._replace(cash_in=turn.cash_in + max(moved, 0), cash_out=turn.cash_out + max(-moved, 0))
