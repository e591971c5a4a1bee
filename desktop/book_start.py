"""What the file of a new book begins with: its tables, its pack, its balances, and what other laptops wrote of it before."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from desktop.rows import Begun, BookTable
from desktop.search import INDEX, index_rows
from sync.chain import Sealed
from sync.leases import Lease
from sync.pack import Pack, Run
from sync.records import packed

if TYPE_CHECKING:
    from sqlalchemy import Engine

SCHEMA_VERSION = 1
_TRIGGERS = (
    "CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END",
    "CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END",
    # REPLACE deletes without asking the trigger for DELETE, so the end of the book is the only place to write.
    """CREATE TRIGGER entry_only_appended BEFORE INSERT ON entry
       WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM entry)
       BEGIN SELECT RAISE(ABORT, 'entries are only added at the end'); END""",
)


class Start(NamedTuple):
    """What a book holds before its own first voucher.

    `runs` are the laptops that wrote its first entries, `entries` these with their signatures and, at their end, any
    of its own; `doubtful` is paper of theirs of which nobody here knows whether it came out; `passed` is what the first
    of them gave and was given at its table.
    """

    runs: Sequence[Run] = ()
    entries: Sequence[Sealed] = ()
    doubtful: Sequence[Begun] = ()
    passed: Sequence[Lease] = ()


NOTHING_BEFORE = Start()


def fill(
    connection: Any, engine: "Engine", pack: Pack, balances: Mapping[tuple[str, str], int], start: Start
) -> None:
    """Everything a book begins with, in its file; `balances` are those after the entries. Ends the connection."""
    try:
        with engine.begin() as held:
            BookTable.metadata.create_all(held)
            for statement in (*_TRIGGERS, INDEX):
                held.exec_driver_sql(statement)
        run, run_many = connection.execute, connection.executemany
        run("BEGIN IMMEDIATE")
        run("INSERT INTO pack VALUES (1, ?, ?)", (SCHEMA_VERSION, packed(pack.to_bytes(), level=3)))
        before = ((place, one.last, packed(one.pack.to_bytes(), level=3)) for place, one in enumerate(start.runs, start=1))
        run_many("INSERT INTO run VALUES (?, ?, ?)", before)
        run_many("INSERT INTO balance VALUES (?, ?, ?, ?)", _balance_rows(pack, balances))
        run_many("INSERT INTO search (rowid, words) VALUES (?, ?)", index_rows(pack))
        run_many(
            "INSERT INTO entry VALUES (?, ?, ?, ?)",
            ((one.entry.number, one.raw, one.head, one.signature) for one in start.entries),
        )
        run_many("INSERT INTO print_job VALUES (?, 0)", ((one.entry.number,) for one in start.entries))
        run_many("INSERT INTO print_begun VALUES (?, ?, ?, ?)", start.doubtful)
        run_many("INSERT INTO lease VALUES (?, ?, ?)", ((one.unit, one.device, one.epoch) for one in start.passed))
        run("COMMIT")
        run("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        engine.dispose()
        # Which a pool that never lent it leaves open.
        connection.close()


def _balance_rows(pack: Pack, balances: Mapping[tuple[str, str], int]) -> Iterator[tuple[int, str, str, int]]:
    """Balances person by person: what one visit touches stands together, and every page written is sealed anew."""
    terms = pack.terms
    places = {one.customer_code: place for place, one in enumerate(terms.customers)}
    order = {one.loan_code: places.get(one.customer_code, -1) for one in terms.loans}
    order |= {one.account_no: places.get(one.customer_code, -1) for one in terms.deposits}
    ordered = sorted(balances.items(), key=lambda held: order.get(held[0][0], -1))
    for row, ((account, component), amount) in enumerate(ordered, start=1):
        yield row, account, component, amount
