"""A session that went on at another laptop, as the office takes it in: one line of two books, whatever the order."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page

from sync import protocol
from sync.chain import ChainBroken, stub_of
from sync.office import cases, devices, home, inspection, intake, letters, preparation, restoration, totals
from sync.office.store import Book
from sync.receipt import receipt_text
from tests.office.conftest import DAY, GROUP, POINT, Desk
from tests.office.laptop import Laptop


def pair(desk: Desk) -> tuple[Laptop, Laptop]:
    """A laptop with a pack, and another one on which the team has accounts and keys of their own."""
    spare = desk.laptop("B", seed=2, prepared=False)
    return desk.laptop("A"), spare


def begun(laptop: Laptop) -> Laptop:
    laptop.open()
    laptop.hand_in(GROUP)
    laptop.deposit(50_000)
    laptop.deposit(70_000, place=3)
    return laptop


def closed(laptop: Laptop) -> Laptop:
    laptop.count(short=laptop.session.cash % 500)
    if laptop.session.counted != laptop.session.cash:
        laptop.post(laptop.session.plan_difference(reason="thiếu tiền lẻ"))
    laptop.close()
    return laptop


def gone_on(desk: Desk) -> tuple[Laptop, Laptop]:
    """Four entries at A, then a resumption, a deposit and the reversal of one of A's, at B."""
    first, spare = pair(desk)
    begun(first)
    spare.go_on(first)
    spare.deposit(20_000)
    spare.reverse(3)
    return first, spare


def said(desk: Desk, raw: bytes) -> protocol.Ack:
    return protocol.verify_ack(raw, office_key=desk.office.sign_key)


def receive(desk: Desk, batch: bytes) -> protocol.Ack:
    return said(desk, intake.receive(desk.office, batch=batch))


def sound(desk: Desk) -> None:
    found = inspection.inspect(desk.office)
    assert found
    assert [one.wrong for one in found] == [()] * len(found)


def test_a_laptop_hands_in_what_another_one_wrote_as_if_that_one_had(desk: Desk) -> None:
    first, spare = gone_on(desk)
    intake.receive(desk.office, batch=first.batch(1, 2))
    ack = intake.receive(desk.office, batch=spare.carried())
    word = first.believes(ack)
    assert (word.device, word.book, word.status, word.received, word.safe) == (first.device, first.pack.book, "ok", 4, 4)
    # The first laptop comes back to life and sends the same: nothing new.
    assert intake.receive(desk.office, batch=first.batch()) == ack
    sound(desk)


def test_what_is_carried_by_a_laptop_the_pack_does_not_name_is_refused(desk: Desk) -> None:
    first, named = pair(desk)
    stranger = desk.laptop("C", seed=3)
    begun(first)
    raw = protocol.seal_batch(first.entries, pack=first.pack, office_key=desk.office.public().seal_key,
                              device_seed=stranger.seed, carried_by=stranger.device)  # fmt: skip
    with pytest.raises(letters.CarrierUnknown):
        intake.receive(desk.office, batch=raw)
    # Nor may it go on from that book, in whatever book it makes up.
    named.go_on(first)
    forged = protocol.seal_batch(named.entries[4:], pack=named.pack, office_key=desk.office.public().seal_key,
                                 device_seed=stranger.seed, carried_by=stranger.device)  # fmt: skip
    with pytest.raises(letters.CarrierUnknown):
        intake.receive(desk.office, batch=forged)
    assert receive(desk, named.carried()).status == "ok"


def test_the_other_laptops_book_waits_for_all_of_the_first_and_then_goes_on_from_its_last_number(desk: Desk) -> None:
    first, spare = gone_on(desk)
    waiting = receive(desk, spare.batch())
    assert (waiting.status, waiting.received, waiting.reason) == ("gap", 0, f"1 {first.pack.book.hex()}")
    receive(desk, first.batch(1, 3))
    assert receive(desk, spare.batch()).reason == f"4 {first.pack.book.hex()}"
    # Its own later entries alone cannot begin it either.
    assert receive(desk, spare.batch(6)).status == "gap"
    receive(desk, spare.carried(3))
    ack = spare.believes(intake.receive(desk.office, batch=spare.batch()), newest=waiting.ack_no)
    assert (ack.status, ack.received, ack.safe, ack.differences) == ("ok", 7, 7, 0)
    assert ack.cash == spare.session.cash
    spare.deposit(30_000)
    assert receive(desk, spare.batch(8)).received == 8
    sound(desk)


def test_a_book_that_goes_on_begins_with_its_resumption_and_has_no_other(desk: Desk) -> None:
    first, spare = pair(desk)
    begun(first)
    spare.go_on(first)
    del spare.entries[4:]
    spare.session.bodies.pop()
    spare.deposit(20_000)
    receive(desk, first.batch())
    assert receive(desk, spare.batch()).status == "gap"
    first.force(first.session.plan_resume(head=first.head, reason="tự nối sổ"), approvers=[first.one("controller")])
    with pytest.raises(ChainBroken):
        intake.receive(desk.office, batch=first.batch())


def test_the_line_of_books_adds_up_and_each_receipt_is_judged_in_it(desk: Desk) -> None:
    from sync.office import receipts

    _, spare = gone_on(desk)
    closed(spare)
    receive(desk, spare.carried())
    ack = receive(desk, spare.batch())
    assert ack.differences == 0
    found = totals.of_book(desk.office, book=spare.pack.book)
    assert (found.entries, found.drawer.closing) == (len(spare.entries), spare.session.cash)
    assert found.drawer[1:3] == (spare.session.cash_in, spare.session.cash_out)
    together, each = totals.of_session(desk.office, point_code=POINT, session_date=DAY)
    assert each == (found,)
    assert together.by_code == found.by_code

    def verdict(laptop: Laptop, number: int) -> receipts.Answer:
        one = laptop.entries[number - 1]
        return receipts.verify_receipt(desk.office, text=receipt_text(stub_of(one.entry, one.head), one.signature))

    assert [verdict(spare, number).verdict for number in (2, 3, 6)] == ["genuine", "reversed", "genuine"]
    assert verdict(spare, 3).undone_by == (7,)
    assert verdict(spare, 6).number.endswith("-A.B-000006")
    sound(desk)


@pytest.mark.parametrize("lost", [False, True])
def test_what_another_laptop_carries_of_a_stolen_one_is_booked_and_somebody_looks_at_it(desk: Desk, lost: bool) -> None:
    first, spare = gone_on(desk)
    if lost:
        devices.revoke(desk.office, letter="A")
        with pytest.raises(devices.DeviceRevoked):
            intake.receive(desk.office, batch=first.batch())
    assert receive(desk, spare.carried()).received == 4
    assert receive(desk, spare.batch()).received == 7
    assert [one.kind for one in cases.listed(desk.office)] == (["carried"] if lost else [])
    sound(desk)


def test_a_spare_that_went_on_still_gets_packs_of_its_own_and_no_more(desk: Desk) -> None:
    _, spare = gone_on(desk)
    receive(desk, spare.carried())
    receive(desk, spare.batch())
    assert preparation.offered(desk.office, device=spare.device) == ()
    with pytest.raises(preparation.PackMissing):
        preparation.fetch(desk.office, device=spare.device, wanted=None)
    own = Laptop(spare.ticket_raw, seed=2)
    desk.prepare(own)
    assert len(preparation.offered(desk.office, device=spare.device)) == 1
    assert own.pack.book != spare.pack.book


def restored(desk: Desk, tmp_path: Path) -> Desk:
    """The same office with an empty database and its backup."""
    folder = tmp_path / "anew"
    shutil.copytree(desk.folder, folder)
    for one in folder.glob("office.db*"):
        one.unlink()
    office = home.enter(folder, now_s=desk.office.now_s, draw=desk.office.draw)
    restoration.restore(office)
    return Desk(office, folder)


@pytest.mark.parametrize("kept", [True, False], ids=["as it is", "of a backup without cases"])
def test_somebody_still_looks_at_what_was_carried_after_the_office_was_put_back(desk: Desk, tmp_path: Path, kept: bool) -> None:
    _, spare = gone_on(desk)
    devices.revoke(desk.office, letter="A")
    receive(desk, spare.carried())
    receive(desk, spare.batch())
    (before,) = cases.listed(desk.office)
    assert (before.kind, before.number) == ("carried", 4)
    if not kept:
        shutil.rmtree(desk.folder / "backup" / "cases")
    again = restored(desk, tmp_path)
    (found,) = cases.listed(again.office)
    assert (found.case_id, found.vi, found.open) == (before.case_id, before.vi, True)
    receive(again, spare.carried())
    assert len(cases.listed(again.office)) == 1
    again.office.store.close()


def state(desk: Desk) -> list[tuple[object, ...]]:
    with desk.office.store.reading() as db:
        from sqlmodel import col, select

        rows = db.exec(select(Book).order_by(col(Book.book)))
        return [(one.book, one.received, one.head, one.begins, one.follows, one.safe, one.cash, one.state, one.frozen)
                for one in rows]  # fmt: skip


def test_a_line_of_books_comes_back_from_the_backup_whichever_letter_lies_first(desk: Desk, tmp_path: Path) -> None:
    first, spare = gone_on(desk)
    receive(desk, first.batch(1, 2))
    receive(desk, spare.carried(2))
    receive(desk, spare.batch())
    closed(spare)
    receive(desk, spare.batch())
    back = restored(desk, tmp_path)
    assert state(back) == state(desk)
    sound(back)
    back.office.store.close()


def test_people_are_told_once_whichever_laptop_wrote_their_voucher(desk: Desk) -> None:
    from sync.office import messages

    desk.office.session_settings.write_text(
        '[messages]\non = true\ndays = 3000\nkinds = ["group", "visit", "slip", "reverse", "correct", "unpaid"]\n'
    )
    first, spare = gone_on(desk)
    receive(desk, first.batch())
    messages.write(desk.office)
    told = [(one.letter, one.number) for one in messages.listed(desk.office)]
    assert {letter for letter, _ in told} == {"A"}
    receive(desk, spare.batch())
    closed(spare)
    receive(desk, spare.batch())
    messages.write(desk.office)
    every = list(messages.listed(desk.office))
    assert [(one.letter, one.number) for one in every if one.letter == "A"] == told
    later = {one.number: one.text for one in every if one.letter == "A.B" and one.kind != "unpaid"}
    assert later.keys() == {6, 7}
    assert "Phieu A.B-000006" in later[6]
    assert "phieu A-000003 cua" in later[7]
    assert "Phieu A.B-000007" in later[7]
    unpaid = [one for one in every if one.kind == "unpaid"]
    assert unpaid
    assert all(one.why != "elsewhere" for one in unpaid)
    assert len({one.reference for one in every}) == len(every)


def test_the_page_to_take_along_judges_each_laptops_receipts(desk: Desk, browser: tuple[Page, str], tmp_path: Path) -> None:
    from sync.office import receipt_page, receipts

    first, spare = gone_on(desk)
    first.deposit(90_000)
    for batch in (spare.carried(), spare.batch(), first.batch(5)):
        intake.receive(desk.office, batch=batch)
    texts = [receipt_text(stub_of(one.entry, one.head), one.signature)
             for one in (*spare.entries, first.entries[4])]  # fmt: skip
    verdicts = ["genuine", "genuine", "reversed", "genuine", "genuine", "genuine", "genuine", "other-history"]
    assert [receipts.verify_receipt(desk.office, text=one).verdict for one in texts] == verdicts
    path = tmp_path / "page.html"
    path.write_bytes(receipt_page.receipt_page(desk.office, days=120))
    page, _ = browser
    page.goto(path.as_uri())
    found = page.evaluate(
        "texts => Promise.all(texts.map(async text => (await judge(directory, text, true)).verdict))", texts
    )
    assert found == verdicts
