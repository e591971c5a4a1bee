"""A pack becomes a book: opened, verified and loaded, against plain SQLite taking the same rows.

Two limits, neither of which verifies, decrypts or encrypts anything. The one with the budget takes what
the book takes (balances, search words, the pack's own bytes); the other takes each customer, loan and
deposit as a row of its own with the usual indexes, as a program with ordinary tables would.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from desktop.book_start import _balance_rows
from desktop.search import index_rows
from desktop.store import Book
from sync.keys import seal_public
from sync.pack import Pack, open_pack, seal_pack
from sync.records import packed
from sync.session import Session
from tests.bench.measure import Budget, Figure, Plan, compared
from tests.bench.point import BEGIN_S, LOANS, PEOPLE, enrolled

_BOOK = (
    "CREATE TABLE pack (id INTEGER PRIMARY KEY, raw BLOB)",
    "CREATE TABLE balance (id INTEGER PRIMARY KEY, account TEXT, component TEXT, amount INTEGER)",
    "CREATE VIRTUAL TABLE search USING fts5(words, tokenize='ascii', prefix='1 2 3', detail=none, content='')",
)
_TABLES = (
    "CREATE TABLE customer (code TEXT PRIMARY KEY, name, birth, gender, people, id_number, until, phone, address, hamlet,"
    " grp, kind)",
    "CREATE TABLE loan (code TEXT PRIMARY KEY, customer, grp, programme, fund, rate, since, due, next_on, next_amount,"
    " in_term, overdue, overdue_since, frozen, paid_to, arrears, overdue_arrears, last_on, extended_to, at_point)",
    "CREATE TABLE deposit (code TEXT PRIMARY KEY, customer, product, kind, balance, rate, early, since, until, card, earned)",
    "CREATE INDEX loan_customer ON loan (customer)",
    "CREATE INDEX deposit_customer ON deposit (customer)",
    "CREATE INDEX customer_group ON customer (grp)",
)


def _plain(path: Path, tables: Iterable[str], rows: Sequence[tuple[str, Sequence[Sequence[Any]]]]) -> None:
    """Plain SQLite: tables, executemany, one durable commit, everything in the one file."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN")
    for table in tables:
        connection.execute(table)
    for statement, values in rows:
        connection.executemany(statement, values)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()


def _insert(into: str, rows: Sequence[Sequence[Any]]) -> tuple[str, Sequence[Sequence[Any]]]:
    return f"INSERT INTO {into} VALUES ({', '.join('?' * len(rows[0]))})", rows  # noqa: S608 - our own names


def _fields(record: Any) -> tuple[Any, ...]:
    held = (getattr(record, name) for name in record.__struct_fields__)
    return tuple(value.isoformat() if hasattr(value, "isoformat") else value for value in held)


def load(plan: Plan) -> Iterator[Figure]:
    """5,000 customers and 6,000 loans."""
    laptop = enrolled(plan.folder / "laptop", plan.random)
    unlocked, pack = laptop.unlocked, laptop.pack
    raw = seal_pack(pack, device_key=seal_public(unlocked.device_secret), office_seed=laptop.office.sign_seed)
    key = unlocked.keep_book_key(pack.book)
    kept: list[Book] = []

    def ours(number: int) -> Iterator[None]:
        home = plan.folder / f"ours-{number}"
        yield
        opened: Pack = open_pack(
            raw, device=pack.device, device_secret=unlocked.device_secret, office=unlocked.office, now_s=BEGIN_S
        )
        kept.append(Book.create(home, key, pack=opened, balances=Session(opened.terms).balances))
        yield
        book = kept.pop()
        book.close()
        book.path.unlink()

    terms = pack.terms
    as_stored = (
        _insert("pack", [(1, packed(pack.to_bytes(), level=3))]),
        _insert("balance", list(_balance_rows(pack, Session(terms).balances))),
        ("INSERT INTO search (rowid, words) VALUES (?, ?)", list(index_rows(pack))),
    )
    as_tables = tuple(
        _insert(table, [_fields(one) for one in records])
        for table, records in (("customer", terms.customers), ("loan", terms.loans), ("deposit", terms.deposits))
    )

    def theirs(number: int) -> Iterator[None]:
        path = plan.folder / f"stored-{number}.db"
        yield
        _plain(path, _BOOK, as_stored)
        yield
        path.unlink(missing_ok=True)

    def ordinary(number: int) -> Iterator[None]:
        path = plan.folder / f"ordinary-{number}.db"
        yield
        _plain(path, _TABLES, as_tables)
        yield
        path.unlink(missing_ok=True)

    what = f"a pack of {PEOPLE:,} customers and {LOANS:,} loans, verified and loaded"
    yield from compared(
        plan, name="load", what=what, subject=ours, limit_what="plain executemany of what the book keeps",
        limit=theirs, budget=Budget("ratio", 1.5), usual_rounds=9, warm=1,
    )  # fmt: skip
    yield from compared(
        plan, name="load tables", what=what, subject=ours, limit_what="plain executemany of customers, loans, deposits",
        limit=ordinary, budget=None, usual_rounds=5, warm=1,
    )  # fmt: skip
