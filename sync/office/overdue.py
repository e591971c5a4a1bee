"""Sessions whose books should have come home and have not, and which laptop to ask; what each laptop last sent.

Reckoned anew whenever somebody looks: what comes in late leaves the list by itself.
"""

import datetime
from typing import Final, NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, func, select

from sync import envelope
from sync.office import devices, lineage, preparation
from sync.office.devices import Laptop
from sync.office.home import Office
from sync.office.store import BatchRow, Book, PackRow

# A session is held in one morning; from the next day on its book is late. After a month others have asked.
DAYS_MOST: Final = 31


class Overdue(NamedTuple):
    """A session that is not closed here. `received` is its last number, 0 where nothing came; `missing` is where a gap begins, or 0."""

    book: str
    device: bytes
    letter: str
    point_name: str
    session_date: datetime.date
    days: int
    received: int
    missing: int


class Seen(NamedTuple):
    """A laptop with what it last handed in: the version of that letter (0: none yet), and the sessions it is late with."""

    laptop: Laptop
    version: int
    overdue: tuple[Overdue, ...]


def sessions(office: Office) -> tuple[Overdue, ...]:
    """The sessions that are late, the latest day last."""
    today = office.today()
    with office.store.reading() as db:
        wanted = (
            select(Book, PackRow.fetched_s)
            .join(PackRow, col(PackRow.book) == col(Book.root))
            .where(Book.session_date < today, Book.session_date >= today - datetime.timedelta(days=DAYS_MOST))
            .where(col(PackRow.superseded).is_(False))
            .order_by(col(Book.session_date), Book.point_name, Book.letter)
        )
        found = []
        for row, fetched_s in db.exec(wanted).all():
            if row.state == "closed" or lineage.whole(db, row) is not row or (not row.received and fetched_s is None):
                continue
            if not row.received and _practised(office, db, row):
                continue
            found.append(
                Overdue(
                    row.book.hex(), row.device, row.letter, row.point_name, row.session_date,
                    (today - row.session_date).days, row.received, _missing(db, row),
                )
            )  # fmt: skip
        return tuple(found)


def laptops(office: Office) -> tuple[Seen, ...]:
    """Every laptop with what it last sent and what it owes."""
    late = sessions(office)
    with office.store.reading() as db:
        versions = {one.device: _version(db, one.device) for one in devices.laptops(office)}
    return tuple(
        Seen(one, versions[one.device], tuple(other for other in late if other.device == one.device))
        for one in devices.laptops(office)
    )


def _practised(office: Office, db: Database, row: Book) -> bool:
    """A session to practise on never comes."""
    pack = preparation.pack_of(office, db, book=row.book)
    return pack is not None and pack.terms.parameters.training


def _missing(db: Database, row: Book) -> int:
    """The first number that lacks, where a later one is known of."""
    kept = select(func.max(BatchRow.last)).where(BatchRow.book == row.book)
    return row.received + 1 if (db.exec(kept).first() or 0) > row.received else 0


def _version(db: Database, device: bytes) -> int:
    newest = select(BatchRow.raw).where(BatchRow.device == device).order_by(col(BatchRow.received_s).desc()).limit(1)
    raw = db.exec(newest).first()
    return envelope.read_header(raw, kind="batch").version if raw else 0
