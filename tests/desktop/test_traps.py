"""What the storage does behind one's back, seen with the installed versions and real encrypted files.

The controls show the trap itself: they are why the store is written the way it is.
"""

import sqlite3
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlcipher3
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import QueuePool

KEY = "x'" + "5a" * 32 + "'"
SECRET = "Nguyễn Thị Ẩn"


def connect(file: Path, key: str = KEY) -> sqlcipher3.Connection:
    connection = sqlcipher3.connect(str(file), isolation_level=None)
    connection.execute(f'PRAGMA key = "{key}"')
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "book.db"


@pytest.fixture
def book(file: Path) -> Iterator[sqlcipher3.Connection]:
    connection = connect(file)
    yield connection
    connection.close()


def test_the_engine_is_new_enough(book: sqlcipher3.Connection) -> None:
    """SQLite 3.7.0 to 3.51.2 could, rarely, corrupt a file whose WAL was reset under a second connection."""
    (version,) = book.execute("SELECT sqlite_version()").fetchone()
    assert tuple(map(int, version.split("."))) >= (3, 51, 3)
    (cipher,) = book.execute("PRAGMA cipher_version").fetchone()
    assert int(cipher.split(".")[0]) >= 4
    assert book.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')").fetchone() == (1,)


# --- one voucher, one commit --------------------------------------------------------------------


@pytest.fixture
def engine(file: Path) -> Iterator[Engine]:
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: connect(file),
        module=sqlcipher3.dbapi2,
        poolclass=QueuePool,
        hide_parameters=True,
    )
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE line (number INTEGER PRIMARY KEY, amount INTEGER NOT NULL)"))
        connection.commit()
    yield engine
    engine.dispose()


def post(engine: Engine, *numbers: int) -> None:
    with engine.begin() as connection:
        for number in numbers:
            connection.execute(text("INSERT INTO line VALUES (:number, 330000)"), {"number": number})


def lines(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM line")).scalar_one()


def test_control_without_an_explicit_begin_half_a_voucher_stays(engine: Engine) -> None:
    with pytest.raises(IntegrityError):
        post(engine, 1, 1)
    assert lines(engine) == 1


def test_with_begin_immediate_a_failing_second_line_takes_the_first_with_it(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with pytest.raises(IntegrityError):
        post(engine, 1, 1)
    assert lines(engine) == 0
    post(engine, 1, 2)
    assert lines(engine) == 2


def test_a_failed_statement_shows_nothing_of_what_it_carried(engine: Engine) -> None:
    with pytest.raises(IntegrityError) as caught:
        post(engine, 4807000001, 4807000001)
    assert "4807000001" not in str(caught.value)


# --- search without diacritics ------------------------------------------------------------------


def folded(name: str) -> str:
    apart = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


@pytest.mark.parametrize(("fold", "found"), [(str, 0), (folded, 1)])
def test_the_index_folds_every_letter_but_d_with_stroke(
    book: sqlcipher3.Connection, fold: type[str], found: int
) -> None:
    """Tones and hats are diacritics to FTS5; đ is a letter of its own. So the folded name is what is stored."""
    book.execute("CREATE VIRTUAL TABLE people USING fts5(name, tokenize = 'unicode61 remove_diacritics 2')")
    book.executemany("INSERT INTO people VALUES (?)", [(fold("Đặng Văn Đức"),), (fold("Trần Thị Ngọc Ánh"),)])

    def count(words: str) -> int:
        (number,) = book.execute("SELECT count(*) FROM people WHERE people MATCH ?", (words,)).fetchone()
        return int(number)

    assert count("anh ngoc") == 1  # any order, no tones
    assert count("duc") == count("dang van") == found


# --- the locked file ----------------------------------------------------------------------------


def filled(connection: sqlcipher3.Connection) -> None:
    connection.execute("CREATE TABLE person (name TEXT)")
    connection.execute("INSERT INTO person VALUES (?)", (SECRET,))


@pytest.mark.parametrize("key", [None, "x'" + "5b" * 32 + "'"], ids=["no key", "wrong key"])
def test_an_encrypted_file_does_not_open_without_its_key(
    book: sqlcipher3.Connection, file: Path, key: str | None
) -> None:
    filled(book)
    book.close()
    stranger = sqlcipher3.connect(str(file))
    if key is not None:
        stranger.execute(f'PRAGMA key = "{key}"')  # says nothing: only the first read tells
    with pytest.raises(sqlcipher3.DatabaseError, match="not a database"):
        stranger.execute("SELECT name FROM person")
    stranger.close()


def test_plain_sqlite_does_not_open_it_either(book: sqlcipher3.Connection, file: Path) -> None:
    filled(book)
    book.close()
    stranger = sqlite3.connect(file)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        stranger.execute("SELECT name FROM person")
    stranger.close()


def test_no_name_stands_in_the_file_or_beside_it(book: sqlcipher3.Connection, file: Path) -> None:
    filled(book)
    beside = sorted(file.parent.glob("book.db*"))
    assert any(each.name.endswith("-wal") and each.stat().st_size for each in beside)
    assert not any(SECRET.encode() in each.read_bytes() for each in beside)


def test_control_a_plain_write_ahead_log_shows_the_name(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "plain.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    filled(connection)
    assert SECRET.encode() in (tmp_path / "plain.db-wal").read_bytes()
    connection.close()


def test_a_write_ahead_log_once_grown_is_written_over_and_not_grown_again(
    book: sqlcipher3.Connection, file: Path
) -> None:
    """Growing the file costs an fsync a longer wait, so it is grown once when a session starts."""
    wal = file.with_name("book.db-wal")
    book.execute("CREATE TABLE filler (bytes BLOB)")
    book.execute("INSERT INTO filler VALUES (zeroblob(1000000))")
    grown = wal.stat().st_size
    assert grown > 1_000_000
    book.execute("PRAGMA wal_checkpoint(RESTART)")
    for _ in range(50):
        book.execute("INSERT INTO filler VALUES (zeroblob(100))")
    assert wal.stat().st_size == grown
