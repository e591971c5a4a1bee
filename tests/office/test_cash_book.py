"""The cash book of each teller, as the office works it out of the entries."""

import pytest
from fastapi.testclient import TestClient

from sync.office import cash_book, intake
from tests.office.conftest import GROUP, Desk
from tests.office.test_continued import gone_on, receive
from tests.office.test_pages import sign_in


@pytest.mark.feature(105)
def test_each_teller_answers_for_the_cash_between_two_counts(desk: Desk, client: TestClient) -> None:
    laptop = desk.laptop()
    tellers = [one for one in laptop.pack.terms.team if one.role == "teller"]
    assert len(tellers) > 1
    laptop.open()
    laptop.hand_in(GROUP)
    laptop.deposit(50_000)
    handed = laptop.hand_over(next(one.staff_id for one in tellers if one.staff_id != laptop.maker))
    laptop.deposit(70_000, place=3)
    laptop.reverse(3)
    intake.receive(desk.office, batch=laptop.batch())
    first, second = cash_book.of_book(desk.office, book=laptop.pack.book)
    assert (first.first, first.last, first.opening, first.floats) == (1, handed.entry.number, 0, 201_000_000)
    assert first.closing == second.opening == handed.entry.cash
    assert (second.first, second.last) == (handed.entry.number + 1, len(laptop.entries))
    assert (second.cash_in, second.cash_out, second.closing) == (70_000, 50_000, laptop.session.cash)
    assert {first.teller, second.teller} == {one.full_name for one in tellers[:2]}
    for one in (first, second):
        assert one.opening + one.floats + one.cash_in - one.cash_out - one.returned == one.closing
    sign_in(client)
    page = client.get(f"/sessions/{laptop.pack.book.hex()}").text
    assert "Sổ quỹ theo giao dịch viên" in page
    assert f"<b>{first.closing:,}</b>".replace(",", ".") in page


def test_a_turn_goes_on_at_another_laptop(desk: Desk) -> None:
    first, spare = gone_on(desk)
    receive(desk, first.batch())
    receive(desk, spare.batch())
    (turn,) = cash_book.of_book(desk.office, book=first.pack.book)
    assert (turn.first, turn.last, turn.closing) == (1, 7, spare.session.cash)
