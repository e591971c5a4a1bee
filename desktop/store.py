"""The book on disk: one encrypted SQLite file (SQLCipher) with one writer, and the only door to it.

Tables (`desktop.rows`), and every path that is not hurried, go through SQLModel; posting uses statements on the same
connection, because the unit of work of an ORM costs more than the disk. An entry, its number, its
link, its signature, the balances after it and its print job are one transaction and one flush.
Triggers refuse UPDATE and DELETE on entries, and no setting turns that off.

The file is opened for exclusive use: a second program cannot open the book. What does not open is
never deleted and never made anew: a wrong key, a damaged page and a foreign file look alike.
"""

import errno
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, col, select

from desktop import files, log_file
from desktop.book_faults import (
    BookAltered,
    BookExists,
    BookInUse,
    BookNewer,
    BookNotOpened,
    DiskFailing,
    DiskFull,
    NothingToPrint,
    PaperThere,
)
from desktop.book_start import NOTHING_BEFORE, SCHEMA_VERSION, Start, fill
from desktop.rows import (
    BatchRow,
    Begun,
    BookTable,
    DraftRow,
    EntryRow,
    MarkRow,
    Marks,
    PackRow,
    PrintBegunRow,
    PrintJobRow,
    RunRow,
    SetBack,
    SetBackRow,
)
from desktop.search import Found, found, question
from desktop.told import Told
from sync.chain import Sealed, unsealed
from sync.errors import Fault
from sync.pack import Pack, Run
from sync.protocol import Ack
from sync.records import from_bytes, unpacked

# The book and what can be wrong with it are asked for in one place.
__all__ = (
    "Begun", "Book", "BookAltered", "BookExists", "BookInUse", "BookNewer", "BookNotOpened", "DiskFailing", "DiskFull", "Marks",
    "NothingToPrint", "PaperThere", "SetBack", "Start", "entries_left", "path_of", "sqlite_version",
)  # fmt: skip
# The WAL-reset fault of SQLite was mended in 3.51.3 (sqlite.org/wal.html).
SQLITE_MIN = (3, 51, 3)
# Pages the log is grown to before the first voucher: a growing file costs more per flush than a grown one.
LOG_PAGES = 1000
# A disk with less room than this keeps it for the vouchers: the grown log takes 4 MB, and 4 more once it is folded in.
LOG_ROOM = 64 * 1024 * 1024
# Statements the driver keeps ready: the few of a posting, and no more. Each holds some of the connection's own
# small memory; once that is used up every piece is taken from the system and locked there, at twice the cost.
STATEMENTS_KEPT = 8


class Book(Told):
    """An open book. Made by `Book.create` or `Book.open`, used by one thread, ended by `close`."""

    def __init__(self, connection: Any, path: Path, book: bytes) -> None:
        self.path = path
        self.book = book
        self._connection = connection
        self._cursor = connection.cursor()
        self._failing = False
        self._rows: dict[tuple[str, str], int] = {}
        self._engine = _engine(connection)
        with self._reading() as session:
            kept = session.exec(select(PackRow)).one()
            if kept.schema_version > SCHEMA_VERSION:
                raise BookNewer(book=book.hex()[:8])
            self.pack = from_bytes(Pack, unpacked(kept.raw))
        self.runs = self._read_runs()
        self._learn_rows()

    @classmethod
    def create(
        cls, home: Path, key: bytes, *, pack: Pack, balances: Mapping[tuple[str, str], int], start: Start = NOTHING_BEFORE
    ) -> "Book":
        """A new book from its pack, with what stands in it and the balances after that. `key` is 48 bytes: key and salt.

        Raises `BookExists`, `DiskFull`, `NotWritten`.
        """
        path = path_of(home, pack.book)
        if path.exists():
            raise BookExists
        fresh = path.with_suffix(".new")
        with files.taking():
            files.make_folder(path.parent)
            # Half made by a crash before it was ever a book: nothing was posted to it.
            for leftover in (fresh, Path(f"{fresh}-wal"), Path(f"{fresh}-shm")):
                leftover.unlink(missing_ok=True)
            with _door(pack.book):
                connection = _connect(fresh, key, fresh=True)
                fill(connection, _engine(connection), pack, balances, start)
            fresh.replace(path)
            files.flush_folder(path.parent)
        return cls.open(home, key, book=pack.book)

    @classmethod
    def open(
        cls, home: Path, key: bytes, *, book: bytes, before_change: "Callable[[Book], None] | None" = None
    ) -> "Book":
        """An existing book; `before_change` is asked before one of an earlier form gets the tables it lacks.

        Raises `BookNotOpened`, `BookInUse`, `BookNewer`.
        """
        opened = cls.look(home, key, book=book)
        try:
            opened.fill_up(before_change)
            with _door(book), files.taking():
                if shutil.disk_usage(opened.path).free >= LOG_ROOM:
                    _grow_log(opened._connection)
        except BaseException:
            opened._connection.close()
            raise
        return opened

    @classmethod
    def look(cls, home: Path, key: bytes, *, book: bytes) -> "Book":
        """An existing book that nothing will be posted to: its log is not made ready. Raises what `open` raises."""
        return cls.at(path_of(home, book), key, book=book)

    @classmethod
    def at(cls, path: Path, key: bytes, *, book: bytes) -> "Book":
        """As `look`, of a copy that stands elsewhere."""
        if not path.exists():
            raise BookNotOpened(book=book.hex()[:8])
        if log_file.spoiled(Path(f"{path}-wal")):
            raise BookAltered(book=book.hex()[:8], reason="log")
        with _door(book):
            connection = _connect(path, key, fresh=False)
            try:
                return cls(connection, path, book)
            except BaseException:
                connection.close()  # held open it would keep the book from whoever comes to look at it
                raise

    def close(self) -> None:
        """End it, with everything in the one file; on a full disk in its log as well, which the next opening folds in."""
        with suppress(DiskFull), _door(self.book):
            try:
                self._cursor.close()
                if not self._failing:
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self._engine.dispose()  # the connection too: one left open would keep the book from its next opening

    # Posting

    def append(
        self, sealed: Sealed, *, balances: Mapping[tuple[str, str], int], sheets: bool, draft: tuple[str, str] = ("", ""),
        doubtful: Begun | None = None,
    ) -> None:  # fmt: skip
        """Keep an entry, the balances it leaves and its print job: all of it, durably, or nothing.

        `draft` names by person and page what it was typed as, which goes with the same commit; `doubtful` is its
        paper where that may be out already. Raises `DiskFull`, and `DiskFailing`, after which the book takes nothing
        more until it is opened and checked again.
        """
        if self._failing:
            raise DiskFailing
        run = self._cursor.execute
        with self._sound():
            try:
                run("BEGIN IMMEDIATE")
                number = sealed.entry.number
                # The driver takes a bytearray as it is, and looks for an adapter of bytes in vain each time.
                blobs = map(bytearray, (sealed.raw, sealed.head, sealed.signature))
                run("INSERT INTO entry VALUES (?, ?, ?, ?)", (number, *blobs))
                for key, amount in balances.items():
                    row = self._rows.get(key)
                    if row is None:
                        self._add_balance(key, amount)
                    else:
                        run("UPDATE balance SET amount = ? WHERE id = ?", (amount, row))
                if sheets:
                    run("INSERT INTO print_job VALUES (?, 0)", (number,))
                if doubtful is not None:
                    run("INSERT INTO print_begun VALUES (?, ?, ?, ?)", doubtful)
                if draft[1]:
                    run("DELETE FROM draft WHERE staff_id = ? AND page = ?", draft)
                run("COMMIT")
            except BaseException:
                self._undo()
                raise

    def _add_balance(self, key: tuple[str, str], amount: int) -> None:
        self._last_row += 1
        row = self._last_row
        self._cursor.execute("INSERT INTO balance VALUES (?, ?, ?, ?)", (row, *key, amount))
        self._rows[key] = row

    def _undo(self) -> None:
        """Roll back whatever stopped half way."""
        if self._connection.in_transaction:
            self._cursor.execute("ROLLBACK")
        self._learn_rows()

    def fill_up(self, before_change: "Callable[[Book], None] | None" = None) -> None:
        """Make the tables that a book of an earlier form lacks; `before_change` is asked before."""
        with _door(self.book):
            rows = self._cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if BookTable.metadata.tables.keys() <= {name for (name,) in rows}:
                return
            if before_change is not None:
                before_change(self)
            with self._engine.begin() as held:
                BookTable.metadata.create_all(held)

    def _read_runs(self) -> tuple[Run, ...]:
        """The laptops that wrote its first entries; a book of an earlier form has no table of them."""
        if self._cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'run'").fetchone() is None:
            return ()
        with self._reading() as session:
            rows = session.exec(select(RunRow).order_by(col(RunRow.place)))
            return tuple(Run(from_bytes(Pack, unpacked(row.raw)), row.last) for row in rows)

    def _learn_rows(self) -> None:
        """Which row each balance has: a large office has 40,000, too many to make an object of each."""
        rows = self._cursor.execute("SELECT account, component, id FROM balance")
        self._rows = {(account, component): row for account, component, row in rows}
        self._last_row = max(self._rows.values(), default=0)

    # Reading

    def sealed(self, first: int = 1, last: int = 2**62) -> Iterator[Sealed]:
        """Entries as they were made, in order. Raises `Malformed`, `BookAltered`."""
        with self._sound():
            rows = self._cursor.execute(
                "SELECT number, raw, head, signature FROM entry WHERE number BETWEEN ? AND ? ORDER BY number LIMIT ?",
                # Without a look at the one after the last, whose page may be bad.
                (first, last, last - first + 1),
            ).fetchall()
        for number, raw, head, signature in rows:
            sealed = unsealed(raw, signature)
            if sealed.entry.number != number or sealed.head != head:
                raise BookAltered(book=self.book.hex()[:8], reason=f"#{number}")
            yield sealed

    @property
    def length(self) -> int:
        """How many entries it has."""
        with self._sound():
            return int(self._cursor.execute("SELECT coalesce(max(number), 0) FROM entry").fetchone()[0])

    def balances(self) -> dict[tuple[str, str], int]:
        """The stored projection, to be held against pack and chain."""
        with self._sound():
            rows = self._cursor.execute("SELECT account, component, amount FROM balance")
            return {(account, component): amount for account, component, amount in rows}

    def marks(self) -> Marks:
        """What the office has signed for, as one run of numbers whoever wrote them."""
        own, *before = (self.mark_of(one) for one in (self.book, *(run.pack.book for run in self.runs)))
        received, safe = own.received, own.safe
        # A word on its own entries says that the office has all before them.
        for run, mark in zip(reversed(self.runs), reversed(before), strict=True):
            received = received if received > run.last else min(mark.received, run.last)
            safe = safe if safe > run.last else min(mark.safe, run.last)
        return own._replace(received=received, safe=safe, office_s=max(one.office_s for one in (own, *before)))

    def mark_of(self, book: bytes) -> Marks:
        """What the office has signed for of one laptop's part. Raises `KeyError` for a book that has no part in this one."""
        with self._reading() as session:
            row = session.get(MarkRow, self._mark_place(book)) or MarkRow()
            return Marks(row.received, row.safe, row.ack_no, row.office_s, row.differences, row.status)

    def _mark_place(self, book: bytes) -> int:
        return {self.book: 1, **{run.pack.book: place for place, run in enumerate(self.runs, start=2)}}[book]

    def sheets(self) -> dict[int, int]:
        """How many sheets of each voucher left the printer; 0: it waits."""
        with self._reading() as session:
            return {row.number: row.sheets for row in session.exec(select(PrintJobRow))}

    def unprinted(self) -> tuple[int, ...]:
        """Vouchers whose paper has not come out, the first first."""
        with self._reading() as session:
            jobs = select(PrintJobRow.number).where(PrintJobRow.sheets == 0).order_by(col(PrintJobRow.number))
            return tuple(session.exec(jobs))

    def begun(self) -> tuple[Begun, ...]:
        """Vouchers that were handed to a printer and not confirmed, the first first."""
        with self._reading() as session:
            rows = session.exec(select(PrintBegunRow).order_by(col(PrintBegunRow.number)))
            return tuple(Begun(row.number, row.copy_of, row.sheets, row.printer) for row in rows)

    def search(self, text: str, *, limit: int) -> tuple[Found, ...]:
        """People and groups whose words begin with the typed ones, in any order, without diacritics."""
        asked = question(text)
        if not asked:
            return ()
        with self._sound():
            rows = self._cursor.execute(
                "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid LIMIT ?", (asked, limit)
            )
            return tuple(found(self.pack.terms, row) for (row,) in rows)

    # Small writes beside the chain

    def begin_print(self, begun: Begun) -> None:
        """Say that paper of a voucher can come out from now on; durable before it can.

        A copy may take the place of what is in doubt, which then counts as printed. Raises `NothingToPrint` for
        a number that is not in the book, and `PaperThere` for an original that is or may be out.
        """
        with self._writing() as session:
            job, before = session.get(PrintJobRow, begun.number), session.get(PrintBegunRow, begun.number)
            if job is None or session.get(EntryRow, begun.number) is None:
                raise NothingToPrint(number=f"{begun.number:06d}")
            if not begun.copy_of and (job.sheets or before is not None):
                raise PaperThere(number=f"{begun.number:06d}")
            if before is not None and before.copy_of != begun.copy_of:
                job.sheets += before.sheets
                session.add(job)
            session.merge(PrintBegunRow(**begun._asdict()))

    def printed(self, number: int, *, sheets: int) -> None:
        """Count sheets that left the printer; nothing of the voucher is in doubt any more."""
        with self._writing() as session:
            job = session.get(PrintJobRow, number)
            if job is not None:
                job.sheets += sheets
                session.add(job)
            self._end_begun(session, number)

    def not_printed(self, number: int) -> None:
        """Nothing came out: the voucher waits as before."""
        with self._writing() as session:
            self._end_begun(session, number)

    @staticmethod
    def _end_begun(session: Session, number: int) -> None:
        row = session.get(PrintBegunRow, number)
        if row is not None:
            session.delete(row)

    def take_ack(self, raw: bytes, ack: Ack) -> None:
        """Keep the newest acknowledgement; batches it covers are done with."""
        with self._writing() as session:
            place = self._mark_place(ack.book)
            mark = session.get(MarkRow, place) or MarkRow(id=place)
            mark.received, mark.safe, mark.ack_no = ack.received, ack.safe, ack.ack_no
            mark.office_s, mark.differences, mark.status, mark.raw = ack.office_s, ack.differences, ack.status, raw
            session.add(mark)
            for batch in session.exec(select(BatchRow)):
                # One that begins elsewhere than right after the mark will never be asked for again.
                if batch.first != ack.received + 1:
                    session.delete(batch)

    def batch(self, first: int) -> bytes | None:
        """The sealed batch that begins at a number, if one was made."""
        with self._reading() as session:
            row = session.get(BatchRow, first)
            return row.raw if row else None

    def keep_batch(self, first: int, last: int, raw: bytes) -> None:
        """Keep a sealed batch before it is sent for the first time; a shorter one may take its place."""
        with self._writing() as session:
            session.merge(BatchRow(first=first, last=last, raw=raw))

    def draft(self, staff_id: str, page: str) -> str:
        """What this person had typed on this page, or nothing."""
        with self._reading() as session:
            row = session.get(DraftRow, (staff_id, page))
            return row.text if row else ""

    def drafts(self) -> tuple[tuple[str, str], ...]:
        """What lies half typed: (staff id, page)."""
        with self._reading() as session:
            return tuple(sorted((row.staff_id, row.page) for row in session.exec(select(DraftRow))))

    def keep_draft(self, staff_id: str, page: str, text: str) -> None:
        """Keep what is typed; nothing typed drops the draft."""
        with self._writing() as session:
            row = session.get(DraftRow, (staff_id, page))
            if row is not None and not text:
                session.delete(row)
            elif text:
                session.merge(DraftRow(staff_id=staff_id, page=page, text=text))

    def copy_to(self, path: Path) -> None:
        """A copy of the file with all that was posted: as encrypted as the book, and neither flushed nor looked at yet.

        Raises `DiskFull`, `NotWritten`, `DiskFailing`, `BookInUse`; the book is as it was.
        """
        with self._sound():
            busy, log, done = self._cursor.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
        if busy or log != done:
            # The newest entries would be missing from the copy.
            raise BookInUse
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.path, path)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull from error
            raise files.NotWritten(reason=error.strerror or type(error).__name__) from error

    def shrink(self) -> None:
        """Give back the room that nothing stands in: of a copy, which nothing will be posted to."""
        with self._sound():
            self._cursor.execute("VACUUM")

    def set_back(self) -> SetBack | None:
        """Whether this book stands where it once stood, and was not held against the office since."""
        with self._reading() as session:
            row = session.get(SetBackRow, 1)
            return SetBack(row.entries, row.known, row.since_s) if row else None

    def keep_set_back(self, found: SetBack | None) -> None:
        """Say so, or that it is over."""
        with self._writing() as session:
            if found is not None:
                session.merge(SetBackRow(id=1, **found._asdict()))
            elif (row := session.get(SetBackRow, 1)) is not None:
                session.delete(row)

    def check_file(self) -> None:
        """Every page against its seal, the file against itself, and paper against entries. Raises `BookAltered`."""
        run = self._cursor.execute
        with self._sound():
            run("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # before it the page check raises false alarms
            for reason, asked, sound in (
                ("page seal", "PRAGMA cipher_integrity_check", []), ("file structure", "PRAGMA integrity_check", [("ok",)]),
                ("print jobs", "SELECT number FROM entry EXCEPT SELECT number FROM print_job", []),
            ):  # fmt: skip
                if run(asked).fetchall() != sound:
                    raise BookAltered(book=self.book.hex()[:8], reason=reason)

    @contextmanager
    def _sound(self) -> Iterator[None]:
        """The door of an open book: an error of the disk itself ends this opening of it."""
        try:
            with _door(self.book):
                yield
        except DiskFailing:
            self._failing = True
            raise

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with self._sound(), Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        if self._failing:
            raise DiskFailing
        with self._sound(), Session(self._engine) as session, session.begin():
            yield session

    # For what modules of their own keep beside the chain, in tables of theirs: one transaction each.
    reading, writing = _reading, _writing


def entries_left(path: Path, key: bytes, *, first: int) -> Iterator[Sealed]:
    """What can still be read of a damaged file, from one number on to the first that cannot; nothing of it is checked.

    The file is changed by it (its log goes in), so this is asked of a copy.
    """
    with suppress(Fault), _door(bytes(8)):
        connection = _connect(path, key, fresh=False)
        try:
            for number in count(first):
                row = connection.execute("SELECT raw, signature FROM entry WHERE number = ?", (number,)).fetchone()
                if row is None:
                    return
                yield unsealed(*row)
        finally:
            connection.close()


def sqlite_version() -> str:
    """Which SQLite keeps the books."""
    return str(sqlcipher.sqlite_version)


def path_of(home: Path, book: bytes) -> Path:
    """A book's file: its id and nothing a finder could read."""
    return home / "books" / f"{book.hex()}.db"


def _connect(path: Path, key: bytes, *, fresh: bool) -> Any:
    """A keyed connection with the settings this book relies on, each asked back.

    Anything asked of an empty file writes to it, so a file that is empty where a book should be is
    turned away first: a lost book must not become a new one.
    """
    if sqlcipher.sqlite_version_info < SQLITE_MIN:
        raise BookNotOpened(book=path.stem[:8])
    connection = sqlcipher.connect(
        str(path),
        isolation_level=None,
        check_same_thread=False,
        cached_statements=STATEMENTS_KEPT,
        # A second: enough for another window that is just closing, and no use against one that is open.
        timeout=1.0,
    )
    try:
        run = connection.execute
        run("PRAGMA cipher_log_level = NONE").fetchall()
        run(f"PRAGMA key = \"x'{key.hex()}'\"")
        if run("PRAGMA cipher_status").fetchone() != ("1",):
            raise BookNotOpened(book=path.stem[:8])
        run("PRAGMA locking_mode = EXCLUSIVE")
        if (run("SELECT count(*) FROM sqlite_master").fetchone() == (0,)) is not fresh:
            raise BookNotOpened(book=path.stem[:8])
        if run("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
            raise BookNotOpened(book=path.stem[:8])
        run("PRAGMA synchronous = FULL")
        run("PRAGMA temp_store = MEMORY")
        run("PRAGMA foreign_keys = ON")
        run("PRAGMA trusted_schema = OFF")
        if run("PRAGMA synchronous").fetchone() != (2,):
            raise BookNotOpened(book=path.stem[:8])
    except BaseException:
        connection.close()
        raise
    return connection


def _engine(connection: Any) -> Engine:
    """SQLModel on the book's own connection, which does not begin transactions by itself."""
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: connection,
        module=sqlcipher,
        poolclass=StaticPool,
        hide_parameters=True,
        # The connection outlives the engine: nothing is reset behind the posting path's back.
        pool_reset_on_return=None,
    )
    event.listen(engine, "begin", lambda held: held.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _grow_log(connection: Any) -> None:
    """Write the log to its working size once, so that no voucher pays for making the file longer.

    Where the disk is full all the same it stays as it is: that must not keep anybody from reading their book.
    """
    run = connection.execute
    try:
        run("BEGIN IMMEDIATE")
        run("CREATE TABLE IF NOT EXISTS log_ballast (page BLOB)")
        connection.executemany("INSERT INTO log_ballast VALUES (zeroblob(?))", [(4000,)] * LOG_PAGES)
        run("DROP TABLE log_ballast")
        run("COMMIT")
        run("PRAGMA wal_checkpoint(RESTART)").fetchone()
    except sqlcipher.OperationalError as error:
        if not (getattr(error, "sqlite_errorname", "") or "").startswith("SQLITE_FULL"):
            raise
        if connection.in_transaction:
            run("ROLLBACK")


@contextmanager
def _door(book: bytes) -> Iterator[None]:
    """Driver errors, sorted into the world and our own bugs."""
    try:
        yield
    except (sqlcipher.DatabaseError, DBAPIError) as error:
        driver = error.orig if isinstance(error, DBAPIError) else error
        name = getattr(driver, "sqlite_errorname", "") or ""
        if name.startswith("SQLITE_FULL"):
            raise DiskFull from error
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise BookInUse from error
        if name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")):
            raise DiskFailing from error
        if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            raise BookNotOpened(book=book.hex()[:8]) from error
        if str(driver).startswith("Could not decode"):
            # Somebody wrote text where there was none. The driver's own sentence holds all of it.
            raise BookAltered(book=book.hex()[:8], reason="text") from None
        raise
