"""What may be used once in the whole office is seen where two books meet: here."""

import datetime
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.office import inspection, intake, letters, preparation, register
from sync.records import changed
from sync.savings import provisional
from sync.voucher import Wish
from tests.office.conftest import DAY, GROUP, POINT, Desk, make_office, small_export, whole_export
from tests.office.laptop import Laptop
from tests.office.test_intake import alarms, differences

SERIAL = "QS700001"
OTHER_POINT = "TXN0480702"
NEXT = datetime.date(2024, 4, 16)


@pytest.fixture
def everybody(tmp_path: Path) -> Iterator[Desk]:
    """An office with all its points, for what is used at two of them."""
    office = make_office(tmp_path / "office", export=whole_export())
    yield Desk(office, tmp_path / "office")
    office.store.close()


def at(desk: Desk, laptop: Laptop, point_code: str, *, day: datetime.date = DAY) -> Laptop:
    """The same laptop on a session of another point or day."""
    letter = laptop.ticket.letter
    made = preparation.prepare(desk.office, point_code=point_code, session_date=day, letter=letter, again=False)
    laptop.take(made.sealed)
    return laptop


def opened(laptop: Laptop) -> Laptop:
    laptop.open()
    return laptop


def saves(laptop: Laptop, serial: str = SERIAL, *, place: int = 0) -> int:
    """Somebody opens a card; its voucher's number."""
    customer = laptop.pack.terms.customers[place].customer_code
    wish = Wish("GK", provisional("402", term_months=12, serial=serial), 1_000_000)
    return laptop.post(laptop.session.plan_visit(customer, wishes=[wish])).entry.number


def by_hand(laptop: Laptop, paper_no: str, *, place: int = 0) -> int:
    """A deposit keyed from a slip that was written by hand."""
    found = [one for one in laptop.pack.terms.deposits if one.kind == "member"][place]
    body = laptop.session.plan_visit(
        found.customer_code, wishes=[Wish("TT", found.account_no, 50_000)],
        details={"paper_no": paper_no, "paper_at": "08:10"},
    )  # fmt: skip
    return laptop.post(body).entry.number


def received(desk: Desk, laptop: Laptop) -> int:
    """How many differences the office finds in a book."""
    return laptop.believes(intake.receive(desk.office, batch=laptop.batch()), newest=-1).differences


@pytest.mark.feature(130)
def test_a_card_opened_at_two_tables_is_found_and_one_that_was_reversed_is_free(desk: Desk) -> None:
    one, two = opened(desk.laptop("A")), opened(desk.laptop("B", seed=2))
    saves(one)
    one.reverse(saves(one, "QS700002"))
    saves(two, place=1)
    saves(two, "QS700002", place=2)
    saves(two, "QS700003", place=3)
    assert received(desk, one) == 0
    assert received(desk, two) == 1
    assert differences(desk) == [(2, "intake.card-used-elsewhere")]
    assert [one.wrong for one in inspection.inspect(desk.office)] == [(), ()]


def test_the_same_card_added_to_in_one_book_is_no_difference(desk: Desk) -> None:
    laptop = opened(desk.laptop())
    customer = laptop.pack.terms.customers[0].customer_code
    card = provisional("464", term_months=12, serial=SERIAL)
    for _ in range(3):
        laptop.post(laptop.session.plan_visit(customer, wishes=[Wish("GK", card, 200_000)]))
    assert received(desk, laptop) == 0


def test_a_card_of_another_point_is_found_in_the_export_and_one_of_this_pack_is_said_once(everybody: Desk) -> None:
    full = whole_export()
    point_of = {one.hamlet_code: one.point_code for one in full.hamlets}
    lives = {one.customer_code: point_of[one.hamlet_code] for one in full.customers}
    cards = [one for one in full.deposits if one.card_serial]
    here = next(one for one in cards if lives[one.customer_code] == POINT)
    there = next(one for one in cards if lives[one.customer_code] != POINT)
    laptop = opened(everybody.laptop())
    saves(laptop, there.card_serial)
    account = provisional("402", term_months=12, serial=here.card_serial)
    body = laptop.session.plan_visit(
        laptop.pack.terms.customers[0].customer_code, wishes=[Wish("GK", account, 1_000_000)]
    )
    laptop.force(body)
    assert received(everybody, laptop) == 2
    assert sorted(differences(everybody)) == [(2, "intake.card-held"), (3, "savings.serial-used")]


def test_a_card_the_core_system_has_booked_meanwhile_is_the_same_card_and_another_account_is_not(desk: Desk) -> None:
    one, two = opened(desk.laptop("A")), opened(desk.laptop("B", seed=2))
    saves(one)
    saves(two, "QS700002")
    full = small_export()
    booked = changed(
        next(one for one in whole_export().deposits if one.product_code == "402"),
        account_no="402990000001", customer_code=full.customers[0].customer_code, card_serial="qs 700001", opened_on=DAY,
    )  # fmt: skip
    other = changed(
        booked, account_no="402990000002", customer_code=full.customers[5].customer_code, card_serial="QS700002"
    )
    register.keep(desk.office, export=changed(full, deposits=(*full.deposits, booked, other)))
    assert (received(desk, one), received(desk, two)) == (0, 1)
    assert differences(desk) == [(2, "intake.card-held")]


@pytest.mark.feature(61)
def test_one_paper_keyed_in_two_books_of_a_point_is_found_and_other_points_have_pads_of_their_own(
    everybody: Desk,
) -> None:
    one, two = opened(everybody.laptop("A")), opened(everybody.laptop("B", seed=2))
    by_hand(one, "000123")
    one.reverse(by_hand(one, "000124"))
    assert received(everybody, one) == 0
    by_hand(two, "000123", place=1)
    by_hand(two, "000124", place=2)
    assert received(everybody, two) == 1
    assert differences(everybody) == [(2, "intake.paper-used-elsewhere")]
    # The next day at the same point is still the same pad; the other point has its own.
    by_hand(opened(at(everybody, one, POINT, day=NEXT)), "000123")
    assert received(everybody, one) == 1
    by_hand(opened(at(everybody, two, OTHER_POINT)), "000123")
    assert received(everybody, two) == 0


def test_a_slip_whose_payment_was_reversed_may_be_paid_at_the_other_table(desk: Desk) -> None:
    one, two = opened(desk.laptop("A")), opened(desk.laptop("B", seed=2))
    slip = one.pack.terms.payouts[0].slip_no
    one.reverse(one.pay(slip).entry.number)
    two.pay(slip)
    assert (received(desk, one), received(desk, two)) == (0, 0)


def test_taking_back_one_member_undoes_neither_a_payment_nor_the_hand_in(desk: Desk) -> None:
    """The voucher that takes back one member's lines names the hand-in as a reversal does, and is none."""
    from sync.office import overview

    laptop = opened(desk.laptop())
    number = laptop.hand_in(GROUP).entry.number
    member = laptop.session.members(GROUP)[1].customer_code
    laptop.post(laptop.session.plan_correct(number, customer_code=member, reason="ghi nhầm người"))
    assert received(desk, laptop) == 0
    rows = {row.number: row for row in overview.session_page(desk.office, book=laptop.pack.book, page=1).vouchers}
    assert rows[number].reversed_by == 0


@pytest.mark.feature(117)
def test_a_book_written_to_practise_on_is_taken_by_no_office(desk: Desk) -> None:
    laptop = desk.laptop()
    desk.office.session_settings.write_text("[session]\ntraining = true\n", "utf-8")
    desk.prepare(laptop, again=True)
    laptop.open()
    with pytest.raises(letters.TrainingBook):
        intake.receive(desk.office, batch=laptop.batch())
    assert alarms(desk) == []
    desk.office.session_settings.unlink()
    desk.prepare(laptop, again=True)
    laptop.open()
    assert received(desk, laptop) == 0


def test_an_inspection_sees_a_claim_that_was_taken_away(desk: Desk) -> None:
    laptop = opened(desk.laptop())
    saves(laptop)
    received(desk, laptop)
    desk.office.store.close()
    with sqlite3.connect(desk.folder / "office.db") as kept:
        assert kept.execute("DELETE FROM claim").rowcount == 1
    kept.close()
    assert inspection.inspect(desk.office)[0].wrong == ("claims: not those of the entries",)
