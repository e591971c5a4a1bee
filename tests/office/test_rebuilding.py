"""A mirror that came to the office, and a book rebuilt where laptop and stick are both gone."""

import shutil
from pathlib import Path

import pytest

from sync import chain, mirror, pack, protocol
from sync.chain import stub_of
from sync.keys import SignatureWrong
from sync.office import cases, intake, mirrors, rebuilding, receipts
from sync.office import stick as sticks
from sync.receipt import receipt_text
from sync.session import Session
from sync.stick import names
from sync.stick.device import Letter, Stick
from sync.voucher import Wish
from tests.office.conftest import GROUP, Desk
from tests.office.laptop import Laptop
from tests.office.test_continued import begun, closed, gone_on, pair, receive, restored, said, sound, state
from tests.office.test_decisions import booked, raws

KEY = b"\x51" * 32


def mirrored(desk: Desk, laptop: Laptop, last: int | None = None) -> bytes:
    """The file a laptop keeps on its stick: its whole session, entries and signatures as they are."""
    raw, place = mirror.begin(laptop.pack, laptop.before, office=laptop.ticket.office, key=KEY, salt=b"\x52" * 16,
                              nonce=b"\x53" * 12, device_seed=laptop.seed)  # fmt: skip
    entries = laptop.entries[:last]
    for at in range(0, len(entries), 3):
        piece, place = mirror.frame(entries[at : at + 3], place, key=KEY, nonce=at.to_bytes(12, "big"), wall_s=at)
        raw += piece
    return raw


def test_the_office_takes_what_a_mirror_holds_beyond_what_it_received(desk: Desk, tmp_path: Path) -> None:
    first, _ = pair(desk)
    begun(first)
    receive(desk, first.batch(1, 2))
    (ack,) = mirrors.take(desk.office, mirrored(desk, first))
    word = first.believes(ack, newest=1)
    assert (word.status, word.received, word.safe) == ("ok", 4, 4)
    assert booked(desk, first) == raws(first)
    assert mirrors.take(desk.office, mirrored(desk, first)) == (ack,)
    sound(desk)
    back = restored(desk, tmp_path)
    assert state(back) == state(desk)
    sound(back)
    back.office.store.close()


def test_a_mirror_of_a_session_that_went_on_brings_both_books_in_order(desk: Desk) -> None:
    first, spare = gone_on(desk)
    words = [said(desk, one) for one in mirrors.take(desk.office, mirrored(desk, spare))]
    assert [(one.book, one.status, one.received) for one in words] == [
        (first.pack.book, "ok", 4), (spare.pack.book, "ok", 7),
    ]  # fmt: skip
    assert booked(desk, first, spare) == raws(spare)
    sound(desk)


def test_a_mirror_with_an_entry_that_its_laptop_did_not_sign_brings_nothing(desk: Desk) -> None:
    first, _ = pair(desk)
    begun(first)
    forged = first.entries[2]._replace(signature=b"\x01" * 64)
    first.entries[2] = forged
    with pytest.raises(SignatureWrong):
        mirrors.take(desk.office, mirrored(desk, first))
    with pytest.raises(mirrors.MirrorEmpty):
        mirrors.take(desk.office, mirrored(desk, first, 0))


def test_a_stick_brings_its_mirrors_and_what_waited_for_another_letter_of_it(desk: Desk, tmp_path: Path) -> None:
    first, spare = gone_on(desk)
    stick = Stick.open(tmp_path, draw=desk.office.draw)

    stick.make(names.MIRROR)

    def put(place: str, kind: str, raw: bytes, laptop: Laptop) -> None:
        numbers = (laptop.begins + 1, len(laptop.entries)) if kind == "batch" else ()
        name = names.letter_name(kind, device=laptop.device, subject=laptop.pack.book, numbers=numbers)
        stick.keep(place, [Letter(name, raw, lambda read: read)])

    put(names.TO_OFFICE, "batch", spare.batch(), spare)
    put(names.TO_OFFICE, "batch", first.batch(), first)
    came = sticks.take(desk.office, Stick.look(tmp_path))
    assert sorted(one.ack.received for one in came.taken) == [4, 7]
    assert {one.ack.status for one in came.taken} == {"ok"}
    spare.deposit(12_000)
    put(names.MIRROR, "mirror", mirrored(desk, spare), spare)
    came = sticks.take(desk.office, Stick.look(tmp_path))
    assert came.left == ()
    assert max(one.ack.received for one in came.taken) == 8
    assert booked(desk, first, spare) == raws(spare)


# Neither laptop nor stick


def long_morning(laptop: Laptop, entries: int) -> Laptop:
    laptop.open()
    laptop.hand_in(GROUP)
    while len(laptop.entries) < entries:
        laptop.deposit(1_000 * (len(laptop.entries) % 7 + 1), place=len(laptop.entries) % 5)
    return laptop


def code(laptop: Laptop, number: int) -> str:
    one = laptop.entries[number - 1]
    return receipt_text(stub_of(one.entry, one.head), one.signature)


def lost(desk: Desk) -> tuple[Laptop, Laptop]:
    """100 entries, of which the last 30 never left the laptop."""
    first, spare = pair(desk)
    long_morning(first, 100)
    receive(desk, first.batch(1, 70))
    return first, spare


@pytest.mark.feature(102)
def test_of_thirty_lost_vouchers_ten_receipts_say_which_are_missing_to_the_last_number(desk: Desk) -> None:
    first, _ = lost(desk)
    brought = [71, 72, 75, 80, 81, 88, 90, 95, 99, 100]
    texts = [code(first, number) for number in reversed(brought)]
    found = rebuilding.missing(desk.office, book=first.pack.book, receipts=[*texts, texts[0], "không phải mã", code(first, 9)])
    assert (found.received, found.last, found.closed) == (70, 100, False)
    assert [one.number for one in found.missing] == list(range(71, 101))
    told = {one.number: one.stub.amount for one in found.missing if one.stub}
    assert told == {number: first.entries[number - 1].entry.body.cash for number in brought}
    assert found.missing[0].text.endswith("-A-000071")
    assert [place for place, _ in found.strange] == [11]
    assert [(one.first, one.last) for one in found.stretches] == [
        (73, 74), (76, 79), (82, 87), (89, 89), (91, 94), (96, 98),
    ]  # fmt: skip
    for one in found.stretches:
        cash = [first.entries[n - 1].entry.body.cash for n in range(one.first, one.last + 1)]
        assert (one.cash_in, one.cash_out) == (sum(cash), 0)
    rebuilding.ask(desk.office, found._replace(missing=found.missing[:9]), who="Kế toán")
    rebuilding.ask(desk.office, found, who="Kế toán")
    rebuilding.ask(desk.office, found, who="Kế toán")
    (case,) = [one for one in cases.listed(desk.office) if one.open]
    assert (case.kind, len(case.papers)) == ("rebuilt", 30)


@pytest.mark.parametrize("kept", [True, False])
def test_what_was_found_missing_is_still_asked_for_after_the_office_was_put_back(desk: Desk, tmp_path: Path, kept: bool) -> None:
    first, _ = lost(desk)
    found = rebuilding.missing(desk.office, book=first.pack.book, receipts=[code(first, 75)])
    rebuilding.ask(desk.office, found._replace(missing=found.missing[:2]), who="Kế toán")
    rebuilding.ask(desk.office, found, who="Kế toán")
    before = sorted(cases.listed(desk.office))
    assert sorted(one.open for one in before) == [False, True]
    if not kept:
        shutil.rmtree(desk.folder / "backup" / "cases")
    again = restored(desk, tmp_path)
    # The control: receipts are in no letter, so without its copy nobody would ask again.
    assert sorted(cases.listed(again.office)) == (before if kept else [])
    again.office.store.close()


def test_what_no_later_paper_bounds_is_said_to_be_open_until_the_closing_sheet_comes(desk: Desk) -> None:
    first, spare = pair(desk)
    long_morning(first, 20)
    closed(first)
    receive(desk, first.batch(1, 15))
    last = len(first.entries)
    found = rebuilding.missing(desk.office, book=first.pack.book, receipts=[])
    assert (found.last, found.missing) == (15, ())
    found = rebuilding.missing(desk.office, book=first.pack.book, receipts=[], closing=code(first, last))
    assert (found.last, found.closed, [one.number for one in found.missing]) == (last, True, list(range(16, last + 1)))
    (run,) = found.stretches
    assert (run.first, run.last) == (16, last - 1)
    assert run.cash_in == first.session.cash_in - first.entries[14].entry.cash_in
    # A receipt with another laptop's signature, or of another history, proves nothing of this book.
    forged = receipt_text(stub_of(first.entries[16].entry, first.entries[16].head), b"\x07" * 64)
    other = long_morning(spare_own(desk, spare), 18)
    found = rebuilding.missing(desk.office, book=first.pack.book, receipts=[forged, code(other, 17)])
    assert [why for _, why in found.strange] == ["receipt.altered", "receipt.other-book"]
    assert found.missing == ()


def spare_own(desk: Desk, spare: Laptop) -> Laptop:
    desk.prepare(spare)
    return spare


def test_another_laptop_goes_on_from_what_the_office_had_and_the_office_takes_it(desk: Desk, tmp_path: Path) -> None:
    first, spare = lost(desk)
    raw = rebuilding.file(desk.office, book=first.pack.book)
    header = mirror.read_header(raw)
    teller = first.one("teller")
    key = mirror.person_key(header, device=spare.device, staff_id=teller, secret=spare.staff[teller])
    copy = mirror.read(raw, key=key, office=desk.office.public())
    assert [one.raw for one in copy.entries] == raws(first, 70)
    # As a spare laptop does: everything is verified, and its own pack follows from the file's.
    mine = pack.continued(copy.pack, by=spare.device)
    assert mine == pack.continued(first.pack, by=spare.device)
    before = pack.Run(copy.pack, 70)
    pack.verify_line([before], mine, office=desk.office.public())
    session = Session(mine.terms)
    chain.replay(session, copy.entries, book=mine.book, device_key=mine.sign_key, before=[before.writer])
    spare.pack, spare.before, spare.session, spare.entries = mine, [before], session, list(copy.entries)
    spare.clock_s = first.clock_s
    spare.post(session.plan_resume(head=spare.head, reason="máy và USB đều mất"))
    spare.deposit(3_000)
    ack = spare.believes(intake.receive(desk.office, batch=spare.batch()))
    assert (ack.status, ack.received, ack.differences) == ("ok", 72, 0)
    # It may hand in what it was given, as it would hand in another laptop's.
    assert receive(desk, spare.carried()).received == 70
    # What the office made it also takes, and finds nothing new.
    assert said(desk, mirrors.take(desk.office, raw)[0]).received == 70
    sound(desk)
    # A lost voucher is entered again under its old number: whoever shows its receipt is told where.
    lost_one = first.entries[70].entry.body
    again = session.plan_visit(lost_one.party, wishes=[Wish("TT", lost_one.lines[0].account, lost_one.cash)],
                               details={"paper_no": "A-000071", "paper_at": "09:10"})  # fmt: skip
    number = spare.post(again).entry.number
    assert receive(desk, spare.batch()).differences == 0
    answer = receipts.verify_receipt(desk.office, text=code(first, 71))
    assert answer.verdict == "other-history"
    assert any(f"-A.B-{number:06d}" in vi for vi, _ in answer.notes)
    # Its paper that was lost is on another branch now, should it turn up.
    assert receive(desk, first.batch(71)).status == "fork"
    back = restored(desk, tmp_path)
    assert state(back) == state(desk)
    back.office.store.close()


def test_a_book_is_rebuilt_only_where_another_laptop_can_go_on_from_it(desk: Desk) -> None:
    alone = desk.laptop("A")
    with pytest.raises(rebuilding.RebuildNothing):
        rebuilding.file(desk.office, book=alone.pack.book)
    alone.open()
    receive(desk, alone.batch())
    with pytest.raises(rebuilding.NoSpare):
        rebuilding.file(desk.office, book=alone.pack.book)
    third = desk.laptop("C", seed=3)
    fourth = desk.laptop("D", seed=4)
    begun(fourth)
    third.go_on(fourth)
    receive(desk, fourth.batch())
    receive(desk, third.batch())
    with pytest.raises(rebuilding.RebuildElsewhere):
        rebuilding.file(desk.office, book=fourth.pack.book)


def test_after_an_office_is_restored_from_an_old_backup_two_laptops_resend_and_it_ends_equal(
    desk: Desk, tmp_path: Path
) -> None:
    first, spare = pair(desk)
    begun(first)
    receive(desk, first.batch())
    spare.go_on(first)
    spare.deposit(20_000)
    receive(desk, spare.batch())
    other = desk.laptop("E", seed=5)
    other.open()
    other.deposit(15_000)
    receive(desk, other.batch())
    old = restored(desk, tmp_path / "old")
    spare.deposit(30_000)
    spare.reverse(3)
    other.deposit(16_000)
    other.deposit(17_000, place=2)
    marks = [laptop.believes(intake.receive(desk.office, batch=laptop.batch()), newest=1) for laptop in (spare, other)]
    # The old backup knows less: each mark goes back, and each laptop sends from the lower one.
    for laptop, mark in zip((spare, other), marks, strict=True):
        lower = protocol.verify_ack(intake.newest_ack(old.office, book=laptop.pack.book), office_key=old.office.sign_key)
        assert lower.received < mark.received
        assert receive(old, laptop.batch(lower.received + 1)).received == mark.received
    assert state(old) == state(desk)
    sound(old)
    old.office.store.close()
