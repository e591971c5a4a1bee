"""One set of tables on SQLite and on PostgreSQL, and a transaction that is whole or nothing."""

import contextlib
import datetime
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlmodel import SQLModel, select

from sync.office import custody, inspection, intake, overview, requests, totals
from sync.office import store as office_store
from sync.office.backup import Backup
from sync.office.home import Office
from sync.office.store import (
    NEWEST_FORM,
    AckRow,
    Alarm,
    Book,
    CoreExport,
    DatabaseUnavailable,
    ExportRow,
    Store,
    pour,
)
from tests.office.conftest import DAY, POINT, Desk, make_office, whole_export
from tests.office.test_intake import morning
from tests.office.whole import whole_morning


@pytest.fixture
def office(database: str, tmp_path: Path) -> Iterator[Office]:
    office = make_office(tmp_path / "office", database=database)
    yield office
    office.store.close()


def test_a_session_goes_in_and_comes_out_the_same_on_both(office: Office, tmp_path: Path) -> None:
    desk = Desk(office, tmp_path / "office")
    laptop = morning(desk.laptop())
    for first in range(1, len(laptop.entries) + 1, 3):
        ack = intake.receive(office, batch=laptop.batch(first, min(first + 2, len(laptop.entries))))
    assert laptop.believes(ack).safe == len(laptop.entries)
    assert [one.wrong for one in inspection.inspect(office)] == [()]
    page = overview.session_page(office, book=laptop.pack.book, page=1)
    assert page.closing == laptop.session.cash
    assert overview.month(office, wanted=None).rows[0].entries == len(laptop.entries)
    assert {one.code: one.amount for one in page.totals}["UQ"] == 201_000_000


def test_what_the_pages_ask_is_answered_alike_on_both(database: str, tmp_path: Path) -> None:
    office = make_office(tmp_path / "office", database=database, export=whole_export())
    laptop = whole_morning(Desk(office, tmp_path / "office"))
    assert laptop.believes(intake.receive(office, batch=laptop.batch())).differences == 0
    session, book = laptop.session, laptop.pack.book
    found = totals.of_book(office, book=book)
    assert found.drawer[1:] == (session.cash_in, session.cash_out, session.cash)
    changes = {(one.account, one.component): one.change for one in (*found.loans, *found.deposits, *found.savings)}
    before = type(session)(session.terms).balances
    assert all(session.balance(*key) - before.get(key, 0) == change for key, change in changes.items())
    assert totals.of_session(office, point_code=POINT, session_date=DAY)[1] == (found,)
    month = custody.month(office, wanted=None)
    assert (len(month.movements), month.left_out, month.lost, month.unplaced) == (7, 0, 60_000_000, 200_000)
    assert month.movements == custody.of_book(office, book=book)
    assert [(one.kind, one.undone) for one in requests.requests(office, page=1).rows] == [
        ("Hòm thư góp ý", False), ("Hồ sơ vay vốn", True), ("Gia hạn nợ", False),
    ]  # fmt: skip
    assert [one.wrong for one in inspection.inspect(office)] == [()]
    office.store.close()


def test_the_migrations_make_the_tables_that_the_program_means(office: Office) -> None:
    with office.store.writing() as db:
        context = MigrationContext.configure(db.connection())
        assert compare_metadata(context, SQLModel.metadata) == []
        assert context.get_current_revision() == NEWEST_FORM
    office.store.migrate()


def test_an_office_of_the_first_form_keeps_its_books_and_asks_for_its_export_again(
    database: str, tmp_path: Path
) -> None:
    url = database or f"sqlite:///{tmp_path / 'office.db'}"
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    config = Config()
    config.set_main_option("script_location", str(Path(office_store.__file__).parent / "migrations"))
    book = dict.fromkeys(("book", "pack", "device", "head"), b"1" * 16)
    book |= dict.fromkeys(("letter", "point_code", "point_name", "team", "state", "frozen"), "x")
    book |= dict.fromkeys(("received", "safe", "cash", "cash_in", "cash_out", "opening", "differences"), 7)
    book |= {"session_date": datetime.date(2024, 4, 15)}
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text("INSERT INTO core_export (number, digest, loaded_s, row_count) VALUES (3, :d, 1, 2)"), {"d": b"d"}
        )
        connection.execute(
            text("INSERT INTO export_row (export, file, place, point_code, body) VALUES (3, 'x', 0, '', :d)"),
            {"d": b"d"},
        )
        holes = ", ".join(f":{name}" for name in book)
        connection.execute(text(f"INSERT INTO book ({', '.join(book)}) VALUES ({holes})"), book)  # noqa: S608 our own names
    engine.dispose()
    store = Store(url)
    store.migrate()
    with store.reading() as db:
        assert db.exec(select(CoreExport)).all() == []
        assert db.exec(select(ExportRow)).all() == []
        kept = db.exec(select(Book)).one()
        assert (kept.cash, kept.planned_on) == (7, None)
    with pytest.raises(IntegrityError), store.writing() as db:
        db.execute(
            text("INSERT INTO core_export (number, digest, loaded_s, row_count) VALUES (1, :d, 1, 2)"), {"d": b"d"}
        )
    store.close()


def test_a_failing_second_row_takes_the_first_with_it(office: Office) -> None:
    def two_rows() -> None:
        with office.store.writing() as db:
            db.execute(text("INSERT INTO ack (book, ack_no, raw) VALUES (:book, 1, :book)"), {"book": b"x"})
            db.execute(text("INSERT INTO ack (book, ack_no, raw) VALUES (:book, 1, :book)"), {"book": b"x"})

    with pytest.raises(IntegrityError):
        two_rows()
    with office.store.reading() as db:
        assert db.exec(select(AckRow)).all() == []


def test_rows_poured_in_stand_with_their_transaction_or_not_at_all(office: Office) -> None:
    rows = [(b"book", number, bytes([number]) * 3) for number in range(1, 40)]

    def pour_twice() -> None:
        with office.store.writing() as db:
            pour(db, AckRow, columns=("book", "ack_no", "raw"), rows=rows[:-1])
            pour(db, AckRow, columns=("book", "ack_no", "raw"), rows=rows[-2:])

    with pytest.raises(Exception, match=r"(?i)unique"):
        pour_twice()
    with office.store.writing() as db:
        pour(db, AckRow, columns=("book", "ack_no", "raw"), rows=())
        assert db.exec(select(AckRow)).all() == []
        pour(db, AckRow, columns=("book", "ack_no", "raw"), rows=rows)
    with office.store.reading() as db:
        kept = db.exec(select(AckRow).order_by(AckRow.ack_no)).all()
        assert [(one.book, one.ack_no, one.raw) for one in kept] == rows


def test_evidence_is_refused_to_whoever_would_change_it(office: Office) -> None:
    with office.store.writing() as db:
        db.add(AckRow(book=b"x", ack_no=1, raw=b"signed"))
    for statement in ("UPDATE ack SET ack_no = 2", "DELETE FROM ack"):
        with pytest.raises(DatabaseError, match="append-only"), office.store.writing() as db:
            db.execute(text(statement))
    with office.store.reading() as db:
        assert [one.raw for one in db.exec(select(AckRow))] == [b"signed"]


def test_reading_writes_nothing(office: Office) -> None:
    with office.store.reading() as db:
        db.add(Alarm(alarm=b"1", kind="x", device=b"", book=b"", number=1, vi="", en="", raised_s=0))
        with contextlib.suppress(DatabaseError):
            db.flush()
    with office.store.reading() as db:
        assert db.exec(select(Alarm)).all() == []


def test_many_couriers_at_once_make_one_book(office: Office, tmp_path: Path) -> None:
    laptop = morning(Desk(office, tmp_path / "office").laptop())
    whole = laptop.batch()
    pieces = [laptop.batch(first, first + 1) for first in range(1, len(laptop.entries), 2)]
    with ThreadPoolExecutor(6) as couriers:
        for _ in range(3):
            for answer in couriers.map(lambda batch: intake.receive(office, batch=batch), [*pieces, whole, *pieces]):
                laptop.believes(answer)
    assert laptop.believes(intake.newest_ack(office, book=laptop.pack.book)).received == len(laptop.entries)
    assert [one.wrong for one in inspection.inspect(office)] == [()]


def test_a_letter_that_two_keep_at_the_same_moment_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backup, flush, begun = Backup(tmp_path / "backup"), os.fsync, []

    def meanwhile(descriptor: int) -> None:
        """Before the first is on the disk another courier comes with the same letter."""
        if not begun:
            begun.append(descriptor)
            backup.keep("acks", "one", b"the same letter")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", meanwhile)
    backup.keep("acks", "one", b"the same letter")
    assert begun
    assert list(backup.letters("acks")) == [("one", b"the same letter")]
    assert [one.name for one in (tmp_path / "backup" / "acks").iterdir()] == ["one"]


def test_amounts_beyond_two_billion_fit(office: Office, tmp_path: Path) -> None:
    laptop = Desk(office, tmp_path / "office").laptop()
    laptop.open({500_000: 1_000_000})
    assert laptop.believes(intake.receive(office, batch=laptop.batch())).cash == 500_000_000_000


def test_sqlite_keeps_what_it_said_it_kept(tmp_path: Path) -> None:
    office = make_office(tmp_path / "office")
    with office.store.writing() as db:
        assert db.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert db.execute(text("PRAGMA synchronous")).scalar_one() == 2
    office.store.close()


def test_no_value_of_a_row_reaches_the_text_of_an_error(office: Office) -> None:
    def twice() -> None:
        said = "INSERT INTO officer (name, stretch, verifier, failed, locked_until_s) VALUES (:n, :b, :b, 0, 0)"
        with office.store.writing() as db:
            for _ in range(2):
                db.execute(text(said), {"n": "an", "b": b"secret-of-an"})

    with pytest.raises(IntegrityError) as caught:
        twice()
    assert "secret-of-an" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://app@127.0.0.1:1/none", "nonsense", "sqlite:////nowhere/at/all.db"])
def test_a_database_that_does_not_answer_is_unavailable_and_not_a_bug(url: str) -> None:
    with pytest.raises(DatabaseUnavailable):
        Store(url).migrate()
