"""What was practised on a laptop is refused by the office, should somebody send it all the same."""

import pytest

from desktop import training
from sync.office import intake
from sync.office.letters import BookUnknown
from sync.session import Session
from tests.office.conftest import Desk


@pytest.mark.feature(117)
def test_the_office_takes_no_batch_of_a_book_to_practise_on(desk: Desk) -> None:
    laptop = desk.laptop()
    laptop.pack = training.pack_of(laptop.pack)
    laptop.session = Session(laptop.pack.terms)
    laptop.open()
    laptop.deposit()
    with pytest.raises(BookUnknown) as caught:
        intake.receive(desk.office, batch=laptop.batch())
    assert "không phát gói nào" in caught.value.sentence("vi")
    with pytest.raises(BookUnknown):
        intake.newest_ack(desk.office, book=laptop.pack.book)


def test_control_the_same_vouchers_in_the_real_book_are_taken(desk: Desk) -> None:
    laptop = desk.laptop()
    laptop.open()
    laptop.deposit()
    assert laptop.believes(intake.receive(desk.office, batch=laptop.batch())).received == 2
