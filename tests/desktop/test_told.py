"""What the office says of a book's lines, as a laptop takes and keeps it; by a letter, by a stick, in any order, twice."""

import os
from pathlib import Path

import pytest

from desktop import dispositions, shelf
from desktop.road.stick import exchange
from desktop.store import BookInUse
from sync import disposition, keys
from sync.disposition import Disposition, DispositionEarly, DispositionOld, DispositionWrong, Finding
from sync.envelope import NotForHere, read_header
from sync.records import changed
from sync.stick import names
from sync.voucher import line_of
from tests.desktop import spare
from tests.desktop.enrolled import Laptop, deposit, opened
from tests.desktop.test_stick import from_office, held, table
from tests.sync import small

WHY = "món vay đã tất toán"


def begun(laptop: Laptop) -> bytes:
    """The float and two deposits; the head."""
    desk = laptop.desk()
    opened(desk)
    desk.post(deposit(desk))
    desk.post(deposit(desk, 70_000))
    head = desk.head
    desk.close()
    return head


def letter(laptop: Laptop, head: bytes, *findings: Finding, no: int = 1, prev: bytes = disposition.NONE_BEFORE, last: int = 3) -> tuple[bytes, bytes]:
    """What was signed, and the letter it comes in."""
    made = Disposition(
        version=1, office=small.OFFICE.office, device=small.DEVICE, book=laptop.pack.book, disposition_no=no, prev=prev, last=last,
        head=head, findings=findings, by="Trần Thị Kế Toán", note="", office_s=small.BEGIN_S + 90_000,
    )  # fmt: skip
    raw = disposition.signed(made, office_seed=small.OFFICE_SEED)
    key = keys.seal_public(laptop.unlocked().device_secret)
    return raw, disposition.seal_disposition(raw, device_key=key, office_seed=small.OFFICE_SEED)


def returned(number: int, place: int = 1) -> Finding:
    return Finding(number=number, place=place, outcome="returned", reason=WHY)


def test_words_are_kept_with_the_book_and_the_last_one_stands(laptop: Laptop) -> None:
    head = begun(laptop)
    first, first_letter = letter(laptop, head, Finding(number=2, place=1, outcome="suspense", reason="đang đối chiếu"))
    second, second_letter = letter(
        laptop, head, returned(2), Finding(number=3, place=1, outcome="accepted", core_number="FT1"), no=2, prev=disposition.digest_of(first)
    )
    desk = laptop.desk()
    assert dispositions.became(desk) == dispositions.NOTHING
    with pytest.raises(DispositionEarly):
        dispositions.take(desk, second_letter)
    for one in (first_letter, second_letter):
        dispositions.take(desk, one)
        with pytest.raises(DispositionOld):
            dispositions.take(desk, one)
    desk.close()
    again = laptop.desk()
    became = dispositions.became(again)
    assert became.counts == {"accepted": 1, "suspense": 0, "returned": 1, "corrected": 0, "none": 1}
    assert [(one.text[-8:], one.who, one.said.finding.reason) for one in became.back] == [("A-000002", small.LONG_NAME, WHY)]
    assert [became.of_voucher(number) for number in (1, 2, 3)] == [None, "returned", "accepted"]
    assert dispositions.held(again) == {disposition.digest_of(one)[:16] for one in (first, second)}
    again.close()


def test_what_is_not_true_of_the_book_is_not_kept(laptop: Laptop) -> None:
    head = begun(laptop)
    desk = laptop.desk()
    for wrong in (letter(laptop, b"\1" * 32, returned(2)), letter(laptop, head, returned(2), last=4), letter(laptop, head, returned(9))):
        with pytest.raises(DispositionWrong):
            dispositions.take(desk, wrong[1])
    assert desk.book.dispositions() == ()
    # A line that is not there is nobody's; the voucher is.
    dispositions.take(desk, letter(laptop, head, returned(2), returned(2, 7))[1])
    assert len(dispositions.became(desk).back) == 1
    desk.close()


def carried(laptop: Laptop, other: Laptop, head: bytes, *findings: Finding, last: int, no: int = 1, prev: bytes = disposition.NONE_BEFORE) -> tuple[bytes, bytes]:
    """What was said of a laptop's book, in the letter to the one that went on with it."""
    raw, _ = letter(laptop, head, *findings, last=last, no=no, prev=prev)
    key = keys.seal_public(other.unlocked().device_secret)
    return raw, disposition.seal_disposition(raw, device_key=key, office_seed=small.OFFICE_SEED, to=small.SPARE)


def test_what_was_said_of_a_broken_laptops_part_is_read_at_the_one_that_went_on(
    enrolled_laptop: Laptop, tmp_path: Path
) -> None:
    first, other = spare.pair(enrolled_laptop, tmp_path / "pair")
    begun(first)
    gone = first.desk()
    spare.mirrored(gone, tmp_path / "stick")
    head = gone.head
    # What it wrote after its stick was out only the office has.
    gone.post(deposit(gone, 90_000))
    late = gone.head
    gone.put_away()
    desk = spare.gone_on(other, tmp_path / "stick")
    own = desk.post(deposit(desk)).sealed.entry.number
    one = carried(first, other, head, returned(2), last=3)
    two = carried(first, other, late, returned(3), returned(4), last=4, no=2, prev=disposition.digest_of(one[0]))
    for wrong in (letter(first, head, returned(2))[1], carried(first, other, late, returned(2), last=3)[1]):
        with pytest.raises((DispositionWrong, NotForHere)):
            dispositions.take(desk, wrong)
    road = Road(one, two, book=first.pack.book, to=small.SPARE)
    assert dispositions.hear(desk, road) == 3
    assert dispositions.hear(desk, road) == 0
    became = dispositions.became(desk)
    # Number 4 is the resumption here, whatever stood there at the first laptop.
    assert [one.text[-8:] for one in became.back] == ["A-000002", "A-000003"]
    assert [became.of_voucher(number) for number in (2, 3, 4, own)] == ["returned", "returned", None, None]
    desk.put_away()
    # A file of such a letter is for the book that goes on here.
    unlocked = other.unlocked()
    assert shelf.going_on_from(other.home, unlocked, first.pack.book) == desk.pack.book
    assert shelf.going_on_from(other.home, unlocked, desk.pack.book) == desk.pack.book
    assert shelf.going_on_from(other.home, unlocked, b"\x01" * 16) == b"\x01" * 16


class Road:
    """An office that answers with these letters."""

    def __init__(self, *said: tuple[bytes, bytes], book: bytes = b"", to: bytes = b"") -> None:
        self.said, self.fetched, self.book, self.to = said, 0, book, to

    def dispositions(self, book: bytes) -> tuple[bytes, ...]:
        return tuple(disposition.digest_of(raw)[:16] for raw, _ in self.said) if self.book in (b"", book) else ()

    def fetch_disposition(self, _book: bytes, wanted: bytes, to: bytes = b"") -> bytes:
        self.fetched += 1
        assert to == self.to
        return next(sealed for raw, sealed in self.said if disposition.digest_of(raw)[:16] == wanted)


def test_only_what_is_lacking_is_fetched(laptop: Laptop) -> None:
    head = begun(laptop)
    first = letter(laptop, head, returned(2))
    second = letter(laptop, head, returned(3), no=2, prev=disposition.digest_of(first[0]))
    desk = laptop.desk()
    assert dispositions.hear(desk, Road(first)) == 1
    road = Road(first, second)
    assert dispositions.hear(desk, road) == 1
    assert (road.fetched, dispositions.hear(desk, road), len(dispositions.became(desk).back)) == (1, 0, 2)
    desk.close()


@pytest.mark.feature(94)
def test_the_same_letters_come_by_stick_to_a_book_that_is_open_and_to_one_that_is_not(laptop: Laptop, tmp_path: Path) -> None:
    head, usb = begun(laptop), tmp_path / "usb"
    usb.mkdir()
    first = letter(laptop, head, returned(2))
    second = letter(laptop, head, returned(3), no=2, prev=disposition.digest_of(first[0]))
    named = [(names.disposition_name(read_header(sealed, kind="disposition")), sealed) for _, sealed in (first, second)]
    other = changed(laptop.pack, book=b"\7" * 16)
    elsewhere = letter(Laptop(laptop.home, laptop.key, other), head, returned(2))[1]
    # Whatever order they lie in they are taken in their own; what is of a book that is not here stays.
    from_office(usb, *reversed(named), (names.disposition_name(read_header(elsewhere, kind="disposition")), elsewhere))
    done = exchange(usb, table(laptop), draw=os.urandom, writing=False)
    assert (done.took.told, [one.fault.code for one in done.left]) == (2, ["stick.book-elsewhere"])
    desk = laptop.desk()
    assert len(dispositions.became(desk).back) == 2
    with pytest.raises(BookInUse):
        laptop.open_book()
    assert exchange(usb, table(laptop)._replace(desk=desk), draw=os.urandom, writing=False).took.told == 0
    desk.close()
    assert WHY.encode() not in b"".join(held(usb, names.FROM_OFFICE).values())


def test_what_goes_back_of_a_hand_in_is_the_members(laptop: Laptop) -> None:
    desk = laptop.desk()
    opened(desk)
    cash = {small.HEAD_A: 330_000, small.SAVER: 50_000}
    preview = desk.preview_group(small.GROUP_A, by=small.HEAD_A, cash=cash, interest={}, notes=small.notes(380_000))
    desk.post(preview)
    places = [place for place, line in enumerate(preview.body.lines, start=1) if line == line_of("TT", small.deposit_no(small.SAVER), "deposit", 50_000)]
    dispositions.take(desk, letter(laptop, desk.head, returned(2, places[0]), last=2)[1])
    assert [one.who for one in dispositions.became(desk).back] == [small.LONG_NAME]
    desk.close()
