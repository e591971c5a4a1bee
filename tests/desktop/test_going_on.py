"""A session goes on at another laptop: nothing of it missing, nothing of it twice, nothing believed that is not signed."""

from pathlib import Path

import pytest

from desktop import shelf
from desktop.care import backups, pruning
from desktop.road import directory, going_on, mirror
from desktop.road.correspondence import TakenOver
from desktop.road.going_on import NoMirror, OwnMirror, read
from desktop.sheets.entries import sheet_for
from desktop.sheets.minutes import session_minutes
from desktop.store import BookExists, PaperThere
from desktop.vault import PinWrong
from desktop.words import Words
from sync import chain, keys, protocol
from sync import mirror as mirror_of
from sync.chain import stub_of
from sync.directory import LaptopRevoked
from sync.envelope import read_header
from sync.mirror import NoSlot
from sync.pack import NotASpare, continued, signed
from sync.protocol import Ack
from sync.receipt import receipt_text
from sync.records import changed
from sync.resumption import NothingToResume
from sync.session import Closed, MakerApproves
from sync.voucher import ReasonMissing
from tests.desktop import enrolled, spare
from tests.desktop.enrolled import PINS, Laptop, deposit, opened
from tests.sync import small
from tests.sync.small import CONTROLLER, OFFICE, SPARE, TELLER

Pair = tuple[Laptop, Laptop]


@pytest.fixture(scope="module")
def template(enrolled_laptop: Laptop, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return spare.pair(enrolled_laptop, tmp_path_factory.mktemp("pair"))


@pytest.fixture
def both(template: Pair, tmp_path: Path) -> Pair:
    first, other = template
    return enrolled.copied(first, tmp_path / "first"), enrolled.copied(other, tmp_path / "other")


@pytest.fixture
def stick(both: Pair, tmp_path: Path) -> Path:
    """The stick of a laptop that had posted five vouchers when it died."""
    desk, root = both[0].desk(), tmp_path / "stick"
    opened(desk)
    for _ in range(4):
        desk.post(deposit(desk))
    spare.mirrored(desk, root)
    desk.put_away()
    return root


def ack(book: bytes, device: bytes, entry: chain.Sealed, *, number: int = 1, safe: int = 0, status: str = "ok") -> bytes:
    one = entry.entry
    return protocol.sign_ack(
        Ack(version=1, office=OFFICE.office, device=device, book=book, ack_no=number, prev_ack=bytes(32),
            received=one.number, received_head=entry.head, safe=safe, safe_head=entry.head if safe else chain.NO_HEAD,
            cash=one.cash, cash_in=one.cash_in, cash_out=one.cash_out, status=status, reason="", differences=0,
            office_s=small.BEGIN_S),
        office_seed=small.OFFICE_SEED,
    )  # fmt: skip


def test_the_session_goes_on_where_it_ended(both: Pair, stick: Path) -> None:
    before = both[0].desk()
    desk = spare.gone_on(both[1], stick)
    now = desk.standing()
    assert (now.entries, now.state, now.cash, now.letter) == (6, "open", before.standing().cash, "A.B")
    assert [one.raw for one in desk.book.sealed(1, 5)] == [one.raw for one in before.book.sealed()]
    made = desk.voucher(6).entry
    assert (made.body.kind, made.body.reason, made.prev, made.book) == ("resume", spare.REASON, before.head, desk.pack.book)
    posted = desk.post(deposit(desk))
    assert posted.sealed.entry.number == 7
    assert [desk.text_of(one).split("-")[2] for one in (1, 5, 6, 7)] == ["A", "A", "A.B", "A.B"]
    desk.put_away()
    # It opens again, and its check goes through both laptops' entries.
    again = shelf.open_book(both[1].home, both[1].unlocked(), desk.pack.book)
    assert shelf.verified(again, device_key=both[1].unlocked().sign_key).entries == 7
    again.close()


def test_paper_of_the_first_laptop_is_never_an_unmarked_original_here(both: Pair, stick: Path) -> None:
    desk = spare.gone_on(both[1], stick)
    assert [one.number for one in desk.begun()] == [1, 2, 3, 4, 5]
    assert desk.waiting() == (6,)
    for number in range(1, 6):
        with pytest.raises(PaperThere):
            desk.begin_print(desk.begun()[0]._replace(number=number))
    desk.mark_printed(1, sheets=2)
    assert [one.number for one in desk.begun()] == [2, 3, 4, 5]


def test_going_on_has_its_minutes_and_the_sessions_papers_tell_of_it(both: Pair, stick: Path) -> None:
    desk, words = spare.gone_on(both[1], stick), Words("vi")
    made = str(sheet_for(desk.voucher(6), desk.session, letter=desk.pack.letter, copy=1, words=words))
    head = desk.voucher(5).head.hex().upper()
    for said in ("BIÊN BẢN LÀM TIẾP PHIÊN TRÊN MÁY KHÁC", "-A-000005", "-A.B-000006", spare.REASON, head[:4], "100.200.000"):
        assert said in made
    # A receipt of the first laptop printed here has its number, its code, and says that it is a copy.
    copy = str(sheet_for(desk.voucher(3), desk.session, letter=desk.pack.letter, copy=1, words=words, copy_of=1))
    first = both[0].desk()
    original = str(sheet_for(first.voucher(3), first.session, letter="A", copy=1, words=words))
    code = receipt_text(stub_of(first.voucher(3).entry, first.voucher(3).head), first.voucher(3).signature)
    assert "-A-000003" in copy
    assert code in copy
    assert code in original
    assert ("BẢN SAO" in copy, "BẢN SAO" in original) == (True, False)
    assert "máy A dừng ở phiếu 000005, máy A.B làm tiếp" in str(session_minutes(desk.occasion(words), ""))


def test_what_the_office_lacks_of_the_first_laptop_goes_first(both: Pair, stick: Path) -> None:
    desk = spare.gone_on(both[1], stick)
    desk.post(deposit(desk))
    known = {"office": OFFICE.office, "office_secret": small.OFFICE_SECRET, "device_key": desk.pack.sign_key}
    carried = desk.batch()
    assert carried is not None
    batch = protocol.open_batch(
        carried, terms_of=lambda _book: both[0].pack.terms, writer=(small.DEVICE, both[0].pack.sign_key), **known
    )
    assert (batch.header.sender, batch.header.subject, batch.header.first, batch.header.last) == (SPARE, both[0].pack.book, 1, 5)
    entries = list(desk.book.sealed())
    marks = desk.take_ack(ack(both[0].pack.book, small.DEVICE, entries[4]))
    assert (marks.received, marks.safe) == (5, 0)
    own = desk.batch()
    assert own is not None
    batch = protocol.open_batch(own, terms_of=lambda _book: desk.pack.terms, **known)
    assert (batch.header.subject, batch.header.first, batch.header.last) == (desk.pack.book, 6, 7)
    assert desk.unsafe() == (both[0].pack.book, desk.pack.book)
    marks = desk.take_ack(ack(desk.pack.book, SPARE, entries[6], safe=7))
    assert (marks.received, marks.safe, desk.batch()) == (7, 7, None)
    with pytest.raises(protocol.AckOld):
        desk.take_ack(ack(both[0].pack.book, small.DEVICE, entries[4]))


def test_an_office_set_up_again_gets_all_of_both_laptops_once_more(both: Pair, stick: Path) -> None:
    desk = spare.gone_on(both[1], stick)
    entries, first = list(desk.book.sealed()), both[0].pack.book
    old = ack(first, small.DEVICE, entries[4], number=7, safe=5)
    desk.take_ack(old)
    desk.take_ack(ack(desk.pack.book, SPARE, entries[5], number=7, safe=6))
    assert desk.batch() is None

    def anew(book: bytes, device: bytes, number: int, *, reason: str = "") -> bytes:
        held = entries[number - 1] if number else None
        facts = {"office": OFFICE.office, "device": device, "book": book, "prev_ack": bytes(32), "reason": reason}
        money = {name: getattr(held.entry, name) if held else 0 for name in ("cash", "cash_in", "cash_out")}
        return protocol.sign_ack(
            Ack(version=1, ack_no=1, received=number, received_head=held.head if held else chain.NO_HEAD, safe=0,
                safe_head=chain.NO_HEAD, status="gap" if reason else "ok", differences=0, office_s=small.BEGIN_S + 9_000,
                **facts, **money),
            office_seed=small.OFFICE_SEED,
        )  # fmt: skip

    desk.take_ack(anew(desk.pack.book, SPARE, 0, reason=f"4 {first.hex()}"))
    carried = desk.batch()
    assert carried is not None
    header = read_header(carried, kind="batch")
    assert (header.subject, header.first, header.last) == (first, 4, 5)
    # What it said before it was set up again is no news.
    with pytest.raises(protocol.AckOld):
        desk.take_ack(old)
    desk.take_ack(anew(first, small.DEVICE, 5))
    own = desk.batch()
    assert own is not None
    header = read_header(own, kind="batch")
    assert (header.subject, header.first, header.last) == (desk.pack.book, 6, 6)


def test_what_the_first_laptop_had_sent_and_the_stick_has_not_is_named(both: Pair, stick: Path) -> None:
    first = both[0].desk()
    first.post(deposit(first))
    first.post(deposit(first))
    desk = spare.gone_on(both[1], stick)
    assert desk.standing().ahead is None
    marks = desk.take_ack(ack(both[0].pack.book, small.DEVICE, first.voucher(7)))
    assert (marks.received, desk.standing().ahead) == (5, ("A", 6, 7))
    # It goes on all the same: the office settles it.
    assert desk.post(deposit(desk)).sealed.entry.number == 7
    forged = changed(protocol.verify_ack(ack(both[0].pack.book, small.DEVICE, first.voucher(7), number=2),
                                         office_key=OFFICE.sign_key), received=9)  # fmt: skip
    with pytest.raises(keys.SignatureWrong):
        desk.take_ack(forged.to_bytes())


def test_a_laptop_whose_session_went_on_elsewhere_stops_when_the_office_says_so(both: Pair, stick: Path) -> None:
    assert stick
    first = both[0].desk()
    first.post(deposit(first))
    first.take_ack(ack(both[0].pack.book, small.DEVICE, first.voucher(5), status="fork"))
    with pytest.raises(TakenOver):
        deposit(first)
    first.put_away()
    with pytest.raises(TakenOver):
        deposit(both[0].desk())


def test_only_the_team_of_the_session_opens_it_with_its_own_pin(both: Pair, stick: Path) -> None:
    other, (raw,) = both[1], mirror.others(stick, but=SPARE)
    with pytest.raises(PinWrong):
        read(other.home, other.unlocked(), raw, typed="999999", now_s=small.BEGIN_S)
    with pytest.raises(OwnMirror):
        read(both[0].home, both[0].unlocked(), raw, typed=PINS[TELLER], now_s=small.BEGIN_S)
    assert mirror.others(stick, but=small.DEVICE) == ()
    with pytest.raises(NoMirror):
        spare.found(other, stick / "empty" if (stick / "empty").mkdir() is None else stick)


def test_it_goes_on_once_and_with_an_officers_word(both: Pair, stick: Path) -> None:
    other, what = both[1], spare.found(both[1], stick)
    moment = chain.Moment(small.BEGIN_S + 3_600, 1, 2)
    for approver, pin, fault in ((TELLER, PINS[TELLER], MakerApproves), (CONTROLLER, "000000", PinWrong)):
        with pytest.raises(fault):
            going_on.go_on(other.home, other.unlocked(), what, reason="hỏng", typed=PINS[TELLER], approver=approver, pin=pin, moment=moment)
    with pytest.raises(ReasonMissing):
        going_on.go_on(other.home, other.unlocked(), what, reason=" ", typed=PINS[TELLER], approver=CONTROLLER, pin=PINS[CONTROLLER], moment=moment)
    # Whoever is at the table signs too.
    with pytest.raises(PinWrong):
        going_on.go_on(other.home, other.unlocked(), what, reason="hỏng", typed="000000", approver=CONTROLLER, pin=PINS[CONTROLLER], moment=moment)
    assert shelf.books(other.home) == ()
    assert going_on.approvers(what, other.unlocked()) == (CONTROLLER, small.LEADER)
    desk = spare.gone_on(other, stick)
    assert [one.staff_id for one in desk.voucher(6).entry.approvals] == [TELLER, CONTROLLER]
    desk.put_away()
    with pytest.raises(BookExists):
        spare.found(other, stick)


def test_a_closed_session_and_one_with_nothing_in_it_are_not_gone_on_from(both: Pair, tmp_path: Path) -> None:
    desk = both[0].desk()
    spare.mirrored(desk, tmp_path / "empty")
    with pytest.raises(NothingToResume):
        spare.found(both[1], tmp_path / "empty")
    opened(desk)
    count = desk.preview_count(notes=small.notes(desk.standing().cash))
    desk.post(count)
    close = desk.preview_close()
    desk.post(close, approvals=[desk.approve(close, staff_id=one, pin=pin) for one, pin in PINS.items()])
    spare.mirrored(desk, tmp_path / "closed")
    with pytest.raises(Closed):
        spare.found(both[1], tmp_path / "closed")


def test_a_laptop_the_pack_does_not_name_cannot_go_on(both: Pair, tmp_path: Path) -> None:
    first = Laptop(both[0].home, both[0].key, signed(changed(both[0].pack, laptops=()), office_seed=small.OFFICE_SEED))
    desk = first.desk()
    opened(desk)
    spare.mirrored(desk, tmp_path / "stick")
    with pytest.raises(NoSlot):
        spare.found(both[1], tmp_path / "stick")
    with pytest.raises(NotASpare):
        continued(first.pack, by=SPARE)


def test_numbers_that_were_given_out_here_are_not_given_out_again_because_the_book_is_gone(both: Pair, stick: Path) -> None:
    other = both[1]
    desk = spare.gone_on(other, stick)
    desk.post(deposit(desk))
    book = desk.pack.book
    desk.put_away()
    what = going_on.Found(desk.pack, desk.book.runs, (), desk.session, 0, 0)
    shelf.take_away(other.home, book)
    with pytest.raises(shelf.BookGone):
        spare.gone_on(other, stick)
    # Nor where all was taken away since the stick was read, nor after its copies went too, nor once it was erased for good.
    backups.forget(other.home, book)
    moment = chain.Moment(small.BEGIN_S + 3_600, 1, 2)
    with pytest.raises(shelf.BookGone):
        going_on.go_on(
            other.home, other.unlocked(), what, reason="hỏng", typed=PINS[TELLER], approver=CONTROLLER, pin=PINS[CONTROLLER],
            moment=moment,
        )
    pruning.erase(other.home, other.unlocked(), book)
    with pytest.raises(shelf.BookOver):
        spare.gone_on(other, stick)


def test_an_image_of_the_laptop_from_before_it_went_on_does_not_go_on_again(both: Pair, stick: Path, tmp_path: Path) -> None:
    """Its own mirror lies beside the other one's and says that it did; nothing of that is left on its disk."""
    image = enrolled.copied(both[1], tmp_path / "image")
    desk = spare.gone_on(both[1], stick)
    desk.post(deposit(desk))
    spare.mirrored(desk, stick)
    desk.put_away()
    with pytest.raises(shelf.BookGone):
        spare.gone_on(image, stick)
    # A file that only bears the name stops nobody.
    for one in (stick / "DGD" / "mirror").glob(f"mirror-{SPARE[:8].hex()}-*"):
        one.write_bytes(b"DGDM1" + bytes(40))
    assert spare.gone_on(image, stick).standing().entries == 6


def test_a_laptop_the_office_took_out_of_use_goes_on_with_nothing(
    both: Pair, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "revoked_s", lambda *_: small.BEGIN_S)
    with pytest.raises(LaptopRevoked):
        spare.found(both[1], stick)


def test_an_earlier_copy_is_not_gone_on_from_because_its_clock_was_ahead(both: Pair, tmp_path: Path) -> None:
    """Two copies of one book: the one with more in it counts, and a closed one closes both."""
    desk, other = both[0].desk(), both[1]
    opened(desk)
    desk.post(deposit(desk))
    key = mirror_of.file_key(desk.mirror_source().book_key, salt=b"\x05" * 16)

    def copy(entries: list[chain.Sealed], wall_s: int) -> bytes:
        raw, place = mirror_of.begin(
            desk.pack, (), office=OFFICE, key=key, salt=b"\x05" * 16, nonce=bytes(12), device_seed=both[0].unlocked().device_seed
        )
        piece, _ = mirror_of.frame(entries, place, key=key, nonce=b"\x01" * 12, wall_s=wall_s)
        return raw + piece

    early = copy(list(desk.book.sealed()), small.BEGIN_S + 90_000)
    desk.post(deposit(desk))
    late = copy(list(desk.book.sealed()), small.BEGIN_S)
    unlocked = other.unlocked()

    def newest(*mirrors: bytes) -> going_on.Found:
        return going_on.newest(other.home, unlocked, mirrors, typed=PINS[TELLER], now_s=small.BEGIN_S + 3_600)

    assert len(newest(early, late).entries) == len(newest(late, early).entries) == 3
    desk.post(desk.preview_count(notes=small.notes(desk.standing().cash)))
    close = desk.preview_close()
    desk.post(close, approvals=[desk.approve(close, staff_id=one, pin=pin) for one, pin in PINS.items()])
    shut = copy(list(desk.book.sealed()), small.BEGIN_S)
    with pytest.raises(Closed):
        newest(early, shut)
    with pytest.raises(Closed):
        newest(shut, late)


@pytest.mark.feature(9)
def test_a_laptop_that_broke_with_two_sessions_open_loses_neither(both: Pair, stick: Path) -> None:
    first, other = both
    second = Laptop(first.home, first.key, signed(changed(first.pack, book=b"\x2b" * 16), office_seed=small.OFFICE_SEED))
    second.clock.wall_s += 600
    desk = second.desk()
    opened(desk)
    desk.post(deposit(desk))
    spare.mirrored(desk, stick)
    desk.put_away()
    found = spare.found(other, stick)
    assert (len(found.entries), found.more) == (2, 1), "the one that was left last, and that there is another"
    desk = spare.gone_on(other, stick)
    assert desk.standing().entries == 3
    desk.put_away()
    found = spare.found(other, stick)
    assert (len(found.entries), found.more) == (5, 0)
    desk = spare.gone_on(other, stick)
    assert desk.standing().entries == 6
    desk.put_away()
    with pytest.raises(NoMirror):
        spare.found(other, stick)
