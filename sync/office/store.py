"""The office's database: SQLite by default, PostgreSQL by its URL, the same tables in both.

One `writing()` block is one transaction: everything in it stands, or nothing does. What was received
is kept exactly as it came (`batch`, `entry`, `ack`), and triggers refuse to change or delete it; the
columns beside the bytes are read out of them for the pages, and can be made from them again.

A SQLite file keeps what it acknowledged through a power cut: WAL with synchronous=FULL, and writers
begin IMMEDIATE so that two of them queue instead of failing half way.
"""

import datetime
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, LargeBinary, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlmodel import Field, Session, SQLModel

from sync.errors import Unavailable

# The last file of migrations/versions.
NEWEST_FORM = "0007"
# A writer waits this long for another one's commit before it gives up: three slow disks' fsyncs.
_BUSY_MS = 15_000


def _bytes(**how: Any) -> Any:
    return Field(sa_type=LargeBinary, **how)


def _whole(**how: Any) -> Any:
    """Đồng or seconds: PostgreSQL's INTEGER would end at two billion."""
    return Field(sa_type=BigInteger, **how)


class CoreExport(SQLModel, table=True):
    """One load of the core system's export; the highest number is the one in force, its figures are of `as_of`."""

    __tablename__ = "core_export"
    number: int = Field(primary_key=True)
    digest: bytes = _bytes()
    loaded_s: int = _whole()
    row_count: int
    as_of: datetime.date


class ExportRow(SQLModel, table=True):
    """One row of the export in force, as its record's bytes; `point_code` empty where it is everybody's."""

    __tablename__ = "export_row"
    export: int = Field(primary_key=True)
    file: str = Field(primary_key=True)
    place: int = Field(primary_key=True)
    point_code: str = Field(index=True)
    body: bytes = _bytes()


class ExportCard(SQLModel, table=True):
    """A savings card the core system has, of any point, by the serial printed on it."""

    __tablename__ = "export_card"
    serial: str = Field(primary_key=True)
    account_no: str = Field(primary_key=True)
    customer_code: str
    opened_on: datetime.date


class Device(SQLModel, table=True):
    """A laptop, from the ticket that invites it to the day it is revoked."""

    __tablename__ = "device"
    device: bytes = _bytes(primary_key=True)
    letter: str = Field(index=True)
    ticket: bytes = _bytes()
    code: bytes = _bytes()
    answer: bytes | None = _bytes(default=None, nullable=True)
    sign_key: bytes | None = _bytes(default=None, nullable=True)
    seal_key: bytes | None = _bytes(default=None, nullable=True)
    made_s: int = _whole()
    enrolled_s: int | None = _whole(default=None, nullable=True)
    revoked_s: int | None = _whole(default=None, nullable=True)
    seen_s: int | None = _whole(default=None, nullable=True)


class DeviceUser(SQLModel, table=True):
    """A person's public keys on one laptop."""

    __tablename__ = "device_user"
    device: bytes = _bytes(primary_key=True)
    staff_id: str = Field(primary_key=True)
    sign_key: bytes = _bytes()
    seal_key: bytes = _bytes()


class PackRow(SQLModel, table=True):
    """A pack as it was given out, and the copy that the office can open."""

    __tablename__ = "pack"
    pack: bytes = _bytes(primary_key=True)
    book: bytes = _bytes(unique=True)
    device: bytes = _bytes(index=True)
    point_code: str
    session_date: datetime.date
    issue: int
    prepared_s: int = _whole()
    expires_s: int = _whole()
    office_copy: bytes = _bytes()
    sealed: bytes = _bytes()
    superseded: bool
    fetched_s: int | None = _whole(default=None, nullable=True)


class Book(SQLModel, table=True):
    """What the office holds of one book. `frozen` says from which number it takes no more entries, or is empty.

    `planned_on` is the day a make-up session was planned for. A book that goes on from another laptop's begins after
    that one's number `begins`, and `follows` names it; `root` is the first book of its lineage, of any other itself. Of
    all books of one lineage each number stands booked once.
    """

    __tablename__ = "book"
    book: bytes = _bytes(primary_key=True)
    pack: bytes = _bytes()
    device: bytes = _bytes(index=True)
    letter: str
    point_code: str
    point_name: str
    session_date: datetime.date = Field(index=True)
    planned_on: datetime.date | None = Field(default=None, nullable=True)
    team: str
    received: int
    head: bytes = _bytes()
    safe: int
    cash: int = _whole()
    cash_in: int = _whole()
    cash_out: int = _whole()
    opening: int = _whole()
    counted: int | None = _whole(default=None, nullable=True)
    state: str
    frozen: str
    differences: int
    received_s: int | None = _whole(default=None, nullable=True)
    root: bytes = _bytes(index=True)
    follows: bytes = _bytes(default=b"")
    begins: int = 0


class BatchRow(SQLModel, table=True):
    """A batch exactly as it came; `outcome` is stored, fork, frozen or revoked."""

    __tablename__ = "batch"
    batch: bytes = _bytes(primary_key=True)
    book: bytes = _bytes(index=True)
    device: bytes = _bytes()
    first: int
    last: int
    raw: bytes = _bytes()
    received_s: int = _whole()
    outcome: str


class EntryRow(SQLModel, table=True):
    """An entry exactly as its laptop made it, and what the pages ask of it."""

    __tablename__ = "entry"
    book: bytes = _bytes(primary_key=True)
    number: int = Field(primary_key=True)
    head: bytes = _bytes()
    raw: bytes = _bytes()
    batch: bytes = _bytes()
    kind: str = Field(index=True)
    party: str
    slip: str = Field(index=True)
    reverses: int
    maker: str
    approvers: str
    wall_s: int = _whole()
    cash: int = _whole()


class LineRow(SQLModel, table=True):
    """A line of an entry."""

    __tablename__ = "entry_line"
    book: bytes = _bytes(primary_key=True)
    number: int = Field(primary_key=True)
    place: int = Field(primary_key=True)
    code: str
    account: str
    component: str
    amount: int = _whole()


class ClaimRow(SQLModel, table=True):
    """What one voucher of this office alone may use: `kind` is card (a serial) or paper (a number written by hand)."""

    __tablename__ = "claim"
    book: bytes = _bytes(primary_key=True)
    number: int = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True, index=True)


class ForkRow(SQLModel, table=True):
    """An entry that stands at a number where another one stands already: both are kept."""

    __tablename__ = "fork_entry"
    book: bytes = _bytes(primary_key=True)
    number: int = Field(primary_key=True)
    head: bytes = _bytes(primary_key=True)
    raw: bytes = _bytes()
    batch: bytes = _bytes()


class AckRow(SQLModel, table=True):
    """An acknowledgement as it was signed."""

    __tablename__ = "ack"
    book: bytes = _bytes(primary_key=True)
    ack_no: int = Field(primary_key=True)
    raw: bytes = _bytes()


class DifferenceRow(SQLModel, table=True):
    """Where the office's own reckoning disagrees with an entry; the entry stays as it came."""

    __tablename__ = "difference"
    book: bytes = _bytes(primary_key=True)
    number: int = Field(primary_key=True)
    place: int = Field(primary_key=True)
    code: str
    vi: str
    en: str
    found_s: int = _whole()


class Alarm(SQLModel, table=True):
    """Something a person must look at; its id is made of what it says, so it is raised once."""

    __tablename__ = "alarm"
    alarm: bytes = _bytes(primary_key=True)
    kind: str
    device: bytes = _bytes()
    book: bytes = _bytes()
    number: int
    vi: str
    en: str
    raised_s: int = _whole()


class CaseRow(SQLModel, table=True):
    """What somebody at the office must settle; its id is made of what it is about. `papers` are the vouchers meant."""

    __tablename__ = "office_case"
    case_id: bytes = _bytes(primary_key=True)
    kind: str
    book: bytes = _bytes()
    number: int
    vi: str
    en: str
    papers: bytes = _bytes()
    raised_s: int = _whole()


class Settlement(SQLModel, table=True):
    """What somebody found out about a case or a difference, `about` being its id; the latest word counts."""

    __tablename__ = "settlement"
    number: int | None = Field(default=None, primary_key=True)
    about: bytes = _bytes(index=True)
    outcome: str
    note: str
    made_by: str
    made_s: int = _whole()


class DecisionRow(SQLModel, table=True):
    """Which of the entries that follow the same head, `prev`, is booked: the one whose head is `kept`, and what follows it.

    `moved`: another one was booked there until then.
    """

    __tablename__ = "decision"
    root: bytes = _bytes(primary_key=True)
    prev: bytes = _bytes(primary_key=True)
    kept: bytes = _bytes()
    book: bytes = _bytes()
    number: int
    moved: bool
    reason: str
    made_by: str
    made_s: int = _whole()


class Officer(SQLModel, table=True):
    """Someone who may see the pages. The password is kept as its Argon2id and what that cost."""

    __tablename__ = "officer"
    name: str = Field(primary_key=True)
    stretch: bytes = _bytes()
    verifier: bytes = _bytes()
    failed: int
    locked_until_s: int = _whole()


class BulletinRow(SQLModel, table=True):
    """A bulletin as packs carry it; `points` are codes with commas between, empty for all of them."""

    __tablename__ = "bulletin"
    bulletin_no: str = Field(primary_key=True)
    place: int
    issued_on: datetime.date
    until: datetime.date | None = Field(default=None, nullable=True)
    points: str
    body: bytes = _bytes()
    written_s: int = _whole()
    written_by: str
    withdrawn_s: int | None = _whole(default=None, nullable=True)
    withdrawn_by: str


class ClosingCheckRow(SQLModel, table=True):
    """A closing sheet that somebody held against a book, or what somebody found out about an earlier check.

    `figures` are what was compared; `settles` is the number of the check that `note` settles, or 0.
    """

    __tablename__ = "closing_check"
    number: int | None = Field(default=None, primary_key=True)
    book: bytes = _bytes(index=True)
    about: str
    made_s: int = _whole()
    made_by: str
    verdict: str
    figures: bytes = _bytes()
    settles: int
    note: str


class MessageRow(SQLModel, table=True):
    """What one person is told of one voucher by telephone; `exported_s` and `file` say when it left, and in what.

    `reference` names it for good: made anew after anything, it is the same. `phone` is empty where none is known.
    """

    __tablename__ = "message"
    reference: str = Field(primary_key=True)
    book: bytes = _bytes(index=True)
    number: int
    place: int
    customer_code: str
    name: str
    kind: str
    phone: str
    leaders_phone: bool
    text: str
    made_s: int = _whole()
    exported_s: int | None = _whole(default=None, nullable=True)
    file: str


class MessageBook(SQLModel, table=True):
    """How far the messages of a book are written."""

    __tablename__ = "message_book"
    book: bytes = _bytes(primary_key=True)
    written: int


class MessageChoice(SQLModel, table=True):
    """Somebody, by telephone or customer code, wants no messages, or wants them again; the latest word counts."""

    __tablename__ = "message_choice"
    number: int | None = Field(default=None, primary_key=True)
    who: str = Field(index=True)
    wanted: bool
    said_s: int = _whole()
    said_by: str


class DispositionRow(SQLModel, table=True):
    """What was said of lines of one book at one time: as it was signed, and sealed to the book's laptop."""

    __tablename__ = "disposition"
    book: bytes = _bytes(primary_key=True)
    disposition_no: int = Field(primary_key=True)
    digest: bytes = _bytes()
    raw: bytes = _bytes()
    sealed: bytes = _bytes()
    made_s: int = _whole()
    made_by: str


class FindingRow(SQLModel, table=True):
    """One word on one line; of several the one with the highest disposition stands. `booked` is a record's bytes."""

    __tablename__ = "finding"
    book: bytes = _bytes(primary_key=True)
    number: int = Field(primary_key=True)
    place: int = Field(primary_key=True)
    disposition_no: int = Field(primary_key=True)
    outcome: str = Field(index=True)
    raw: bytes = _bytes()


class DatabaseUnavailable(Unavailable):
    """The database does not answer, or another one writes for too long."""

    code = "office.database-unavailable"
    vi = "Không kết nối được cơ sở dữ liệu của văn phòng. Kiểm tra máy chủ dữ liệu rồi làm lại; chưa có gì thay đổi."
    en = "The office's database does not answer. Check the database server and try again; nothing has changed."


def pour(db: Session, table: type[SQLModel], *, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Many new rows at once, in the transaction of `db`; each row has its values in the order of `columns`.

    A morning is 16,000 rows: to make an object of each, or to compile its values, costs more than the disk.
    """
    connection, name = db.connection(), str(table.__tablename__)
    into = f"{name} ({', '.join(columns)})"
    if connection.dialect.name == "postgresql":
        driver = connection.connection.dbapi_connection
        with _driver_translated(connection), driver.cursor().copy(f"COPY {into} FROM STDIN") as copy:  # type: ignore[union-attr]
            for row in rows:
                copy.write_row(row)
    elif rows:
        holes = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({holes})", [*rows])  # noqa: S608 - our own names


class Store:
    """The database behind one URL. Every block is one transaction on a connection of its own."""

    def __init__(self, url: str) -> None:
        try:
            self._engine = _engine(url)
        except ArgumentError as error:
            raise DatabaseUnavailable from error

    def migrate(self) -> None:
        """Bring the tables to this program's form; does nothing where they have it."""
        if self._form() == NEWEST_FORM:
            return
        # Half a second of imports that only a new database needs.
        from alembic import command
        from alembic.config import Config

        config = Config()
        folder = Path(__file__).parent / "migrations"
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        with _translated(), self._engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def _form(self) -> str:
        """The migration the tables are at; empty where there are none."""
        with _translated(), self._engine.execution_options(office_reads=True).connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return ""
            return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction that may change things: committed and on the disk when the block ends."""
        with _translated(), Session(self._engine) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent view; nothing written in it is kept."""
        engine = self._engine.execution_options(office_reads=True)
        with _translated(), Session(engine) as session:
            yield session
            # What was read stays readable after the block.
            session.expunge_all()
            session.rollback()

    def close(self) -> None:
        self._engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise DatabaseUnavailable from error


@contextmanager
def _driver_translated(connection: Connection) -> Iterator[None]:
    """The same of what the driver is asked without SQLAlchemy between."""
    driver = connection.dialect.loaded_dbapi
    try:
        yield
    except (driver.OperationalError, driver.InterfaceError) as error:
        raise DatabaseUnavailable from error


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        # hide_parameters: what a row says must not reach a log through an error's text.
        return create_engine(parsed.set(drivername="postgresql+psycopg"), hide_parameters=True, pool_pre_ping=True)
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself: BEGIN is said below, for every one of them.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        reads = connection.get_execution_options().get("office_reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine
