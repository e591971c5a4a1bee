"""Programs that are broken on purpose: each breaks one promise, and a harness has to find it out."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from desktop import book_start, files, store
from desktop.store import Book
from sync.errors import Fault


@contextmanager
def program(name: str) -> Iterator[None]:
    """The program broken in this way for as long as the block lasts; as it ships where the name is empty."""
    patches = BROKEN[name]() if name else []
    kept = [(owner, place, getattr(owner, place)) for owner, place, _ in patches if hasattr(owner, place)]
    for owner, place, worse in patches:
        setattr(owner, place, worse)
    try:
        yield
    finally:
        for owner, place, real in kept:
            setattr(owner, place, real)


Patches = list[tuple[Any, str, Any]]


def _with(pragma: str) -> Patches:
    connect = store._connect

    def connected(*given: Any, **more: Any) -> Any:
        connection = connect(*given, **more)
        connection.execute(pragma).fetchall()
        return connection

    return [(store, "_connect", connected)]


def normal() -> Patches:
    """Commits are not flushed."""
    return _with("PRAGMA synchronous = NORMAL")


def twice() -> Patches:
    """An entry in one commit, its balances and its print job in another."""

    def append(self: Book, sealed: Any, *, balances: Any, sheets: bool, draft: Any = ("", "")) -> None:
        run = self._cursor.execute
        with self._sound():
            run("BEGIN IMMEDIATE")
            run("INSERT INTO entry VALUES (?, ?, ?, ?)", (sealed.entry.number, sealed.raw, sealed.head, sealed.signature))
            run("COMMIT")
            run("BEGIN IMMEDIATE")
            for key, amount in balances.items():
                run("UPDATE balance SET amount = ? WHERE id = ?", (amount, self._rows[key]))
            run("INSERT INTO print_job VALUES (?, 0)", (sealed.entry.number,))
            run("DELETE FROM draft WHERE staff_id = ? AND page = ?", draft)
            run("COMMIT")

    return [(Book, "append", append)]


def swallowing() -> Patches:
    """An error while posting is passed over, and the teller is told that it stands."""
    real = Book.append

    def append(self: Book, sealed: Any, **more: Any) -> None:
        with suppress(Fault):
            real(self, sealed, **more)

    return [(Book, "append", append)]


def careless() -> Patches:
    """Goes on with a file whose disk failed once."""
    return [(Book, "_failing", property(lambda _: False, lambda _, __: None))]


def hasty() -> Patches:
    """Small files are renamed into place without a flush."""
    return [(files.os, "fsync", lambda _: None)]


def in_place() -> Patches:
    """Small files are written where they stand."""

    def keep(path: Any, raw: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        files.flush_folder(path.parent)

    return [(files, "keep", keep)]


def shared() -> Patches:
    """Two programs may have a book open at once."""

    real = store.sqlcipher

    class Deaf(real.Connection):  # type: ignore[misc, name-defined]
        """Does not hear that it is to be the only one."""

        def execute(self, sql: str, *given: Any) -> Any:
            return super().execute("SELECT 1" if "locking_mode" in sql else sql, *given)

    class Driver:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def connect(self, *given: Any, **more: Any) -> Any:
            return real.connect(*given, factory=Deaf, **more)

    return [(store, "sqlcipher", Driver())]


def where_it_stands() -> Patches:
    """A book is made under its own name."""

    def create(cls: Any, home: Any, key: bytes, *, pack: Any, balances: Any, start: Any = book_start.NOTHING_BEFORE) -> Book:
        path = store.path_of(home, pack.book)
        with files.taking():
            files.make_folder(path.parent)
            with store._door(pack.book):
                connection = store._connect(path, key, fresh=not path.exists())
                book_start.fill(connection, store._engine(connection), pack, balances, start)
        return Book.open(home, key, book=pack.book)

    return [(Book, "create", classmethod(create))]


def at_once() -> Patches:
    """Two programs may make a book at once."""
    return [(files, "alone", lambda _: nullcontext())]


BROKEN: dict[str, Callable[[], Patches]] = {
    one.__name__: one for one in (normal, twice, swallowing, careless, hasty, in_place, shared, where_it_stands, at_once)
}
