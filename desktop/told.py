"""The part of a book's file that keeps what the office said of its lines."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session, col, select

from desktop.rows import DispositionRow


class Told:
    """What became of a book's lines, as it was signed; nothing is ever changed or taken away."""

    def dispositions(self) -> tuple[bytes, ...]:
        """Everything the office said of the lines, in the order it was taken."""
        with self._reading() as session:
            return tuple(session.exec(select(DispositionRow.raw).order_by(col(DispositionRow.place))))

    def keep_disposition(self, raw: bytes) -> None:
        """Keep what was said last."""
        with self._writing() as session:
            session.add(DispositionRow(raw=raw))

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        """One view of the file: the book's."""
        raise NotImplementedError
        yield

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """One change of the file: the book's."""
        raise NotImplementedError
        yield
