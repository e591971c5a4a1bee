"""What an office remembers of a book is a shortcut: with it, without it or with a wrong one, the answer is the same."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from sync.office import booking, home, inspection, intake
from sync.office.home import Office
from sync.office.recent import RecentBooks, Standing
from sync.office.store import Book, EntryRow
from sync.session import Session
from tests.office.conftest import Desk, counting, drawing
from tests.office.laptop import MORNING, Laptop
from tests.office.test_intake import morning


def beside(desk: Desk) -> Office:
    """Another process of the same office."""
    return home.enter(desk.folder, now_s=counting(MORNING), draw=drawing("beside"))


def sent(laptop: Laptop, *offices: Office) -> None:
    """Every entry in a letter of its own, to one process after the other."""
    for number in range(1, len(laptop.entries) + 1):
        intake.receive(offices[number % len(offices)], batch=laptop.batch(number, number))


def totals(desk: Desk, laptop: Laptop) -> tuple[object, ...]:
    with desk.office.store.reading() as db:
        row = db.exec(select(Book).where(Book.book == laptop.pack.book)).one()
        return row.received, row.head, row.cash, row.cash_in, row.cash_out, row.counted, row.state, row.differences


def test_one_process_or_two_by_turns_come_to_the_same(desk: Desk) -> None:
    first, second = morning(desk.laptop("A", seed=1)), morning(desk.laptop("B", seed=2))
    other = beside(desk)
    sent(first, desk.office)
    sent(second, desk.office, other)
    for laptop in (first, second):
        assert totals(desk, laptop)[:3] == (len(laptop.entries), laptop.head, laptop.session.cash)
    assert [one.wrong for one in inspection.inspect(desk.office)] == [(), ()]
    other.store.close()


def test_a_letter_after_the_first_folds_nothing_that_came_before(desk: Desk) -> None:
    laptop = morning(desk.laptop())
    sent(laptop, desk.office)
    with desk.office.store.reading() as db:
        row = db.get(Book, laptop.pack.book)
        assert row is not None
    held = desk.office.recent.take(row.book, number=row.received, head=row.head)
    assert held is not None
    assert held.bodies == laptop.session.bodies
    assert held.balances == laptop.session.balances


def test_a_session_that_stands_elsewhere_is_never_used(desk: Desk) -> None:
    laptop = morning(desk.laptop())
    intake.receive(desk.office, batch=laptop.batch(1, 2))
    astray = Session(laptop.pack.terms)
    astray.cash = 1
    for number, head in ((1, laptop.entries[1].head), (2, laptop.entries[0].head)):
        desk.office.recent.keep(laptop.pack.book, Standing(laptop.pack, astray, number, head))
        intake.receive(desk.office, batch=laptop.batch(2, 3 if number == 2 else 2))
    assert totals(desk, laptop)[0] == 3
    desk.office.recent.keep(laptop.pack.book, Standing(laptop.pack, astray, 3, laptop.entries[2].head))
    # At the right place with other contents: stopped, not booked.
    with pytest.raises(booking.BookDamaged):
        intake.receive(desk.office, batch=laptop.batch(4, 4))
    assert totals(desk, laptop)[0] == 3
    # And it was dropped: the next try goes by what is stored.
    intake.receive(desk.office, batch=laptop.batch(4))
    assert totals(desk, laptop)[0] == len(laptop.entries)


def test_what_was_not_committed_is_not_gone_on_from(desk: Desk) -> None:
    laptop = morning(desk.laptop())
    intake.receive(desk.office, batch=laptop.batch(1, 3))
    with desk.office.store.writing() as db:
        db.execute(
            text("CREATE TRIGGER stop BEFORE UPDATE ON book BEGIN SELECT RAISE(ABORT, 'the disk gave out'); END")
        )
    # After the new entries were folded, and before the end of their transaction.
    with pytest.raises(IntegrityError):
        intake.receive(desk.office, batch=laptop.batch(4, 5))
    with desk.office.store.writing() as db:
        db.execute(text("DROP TRIGGER stop"))
        assert len(db.exec(select(EntryRow)).all()) == 3
    intake.receive(desk.office, batch=laptop.batch(4))
    assert totals(desk, laptop)[1] == laptop.head
    assert [one.wrong for one in inspection.inspect(desk.office)] == [()]


def test_only_a_few_books_are_held_and_each_is_given_once(desk: Desk) -> None:
    pack = desk.laptop().pack
    session = Session(pack.terms)
    books = RecentBooks(most=2)
    for one in (b"a", b"b", b"c"):
        books.keep(one, Standing(pack, session, 1, one))
    assert books.take(b"a", number=1, head=b"a") is None
    assert books.take(b"c", number=1, head=b"c") is session
    assert books.take(b"c", number=1, head=b"c") is None
    assert (books.pack(b"a"), books.pack(b"b")) == (None, pack)
    assert books.take(b"b", number=2, head=b"b") is None
    assert books.take(b"b", number=1, head=b"b") is None
