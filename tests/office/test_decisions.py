"""Two histories of one session: both are kept, somebody decides, and never are both booked."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlmodel import col, select

from sync import chain
from sync.office import cases, custody, decisions, intake, messages, overview, preparation, receipts
from sync.office.backup import Backup, BackupUnavailable
from sync.office.closing_checks import NoteShort
from sync.office.store import EntryRow, ForkRow
from sync.session import Session
from tests.office.conftest import GROUP, Desk, make_office
from tests.office.laptop import Laptop
from tests.office.test_continued import begun, closed, gone_on, pair, receive, restored, sound, state

WHO, WHY = "Trưởng phòng", "đã gọi tổ giao dịch và xem biên lai của khách"


def clone_of(desk: Desk, laptop: Laptop) -> Laptop:
    clone = Laptop(laptop.ticket_raw)
    clone.take(preparation.fetch(desk.office, device=laptop.device, wanted=None))
    return clone


def cloned(desk: Desk) -> tuple[Laptop, Laptop]:
    """A laptop and its copy, parted after the first two entries; the copy was heard second."""
    laptop = desk.laptop()
    clone = clone_of(desk, laptop)
    for one in (laptop, clone):
        one.open()
        one.hand_in(GROUP)
    assert laptop.head == clone.head
    laptop.deposit(50_000)
    laptop.deposit(10_000, place=3)
    clone.deposit(60_000)
    receive(desk, laptop.batch())
    assert receive(desk, clone.batch()).status == "fork"
    return laptop, clone


def booked(desk: Desk, *laptops: Laptop) -> list[bytes]:
    """The booked entries of these laptops' books in the order of their numbers: no number twice."""
    books = {one.pack.book for one in laptops}
    with desk.office.store.reading() as db:
        rows = [row for row in db.exec(select(EntryRow).order_by(col(EntryRow.number))) if row.book in books]
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    return [row.raw for row in rows]


def raws(laptop: Laptop, last: int | None = None) -> list[bytes]:
    return [one.raw for one in laptop.entries[:last]]


def head8(laptop: Laptop, number: int) -> str:
    return laptop.entries[number - 1].head.hex()[:8].upper()


def decide(desk: Desk, laptop: Laptop, number: int, **how: str) -> decisions.Decided:
    return decisions.decide(desk.office, book=laptop.pack.book, number=number, reason=WHY, who=WHO, **how)


def to_enter_again(desk: Desk) -> set[int]:
    waiting = [one for one in cases.listed(desk.office) if one.open]
    assert {one.kind for one in waiting} == {"set-aside"}
    return {paper.amount for one in waiting for paper in one.papers}


@pytest.mark.feature(93)
@pytest.mark.parametrize("kept", [0, 1])
def test_the_office_decides_which_history_of_a_copied_laptop_is_booked(desk: Desk, tmp_path: Path, kept: int) -> None:
    both = cloned(desk)
    keep, drop = both[kept], both[1 - kept]
    found = decide(desk, both[0], 3, keep=head8(keep, 3))
    assert (found.kept[:8].upper(), found.again) == (head8(keep, 3), False)
    assert booked(desk, keep) == raws(keep)
    assert [one.amount for one in found.set_aside] == [one.entry.body.cash for one in drop.entries[2:]]
    with desk.office.store.reading() as db:
        kept_aside = {row.raw for row in db.exec(select(ForkRow))}
    assert set(raws(drop)[2:]) <= kept_aside
    ack = keep.believes(intake.newest_ack(desk.office, book=keep.pack.book), newest=2)
    assert (ack.status, ack.received, ack.cash) == ("ok", len(keep.entries), keep.session.cash)
    # The book goes on; the other laptop is told that what it sends is not booked, and it is kept all the same.
    keep.deposit(40_000)
    assert receive(desk, keep.batch()).status == "ok"
    drop.deposit(5_000)
    assert receive(desk, drop.batch()).status == "rejected"
    assert receive(desk, drop.batch(len(drop.entries))).status == "rejected"
    assert receive(desk, keep.batch()).status == "ok"
    assert booked(desk, keep) == raws(keep)
    assert found.set_aside[0].number.endswith("-A-000003")
    sound(desk)
    assert decide(desk, both[0], 3, set_aside=head8(drop, 3)).again
    with pytest.raises(decisions.DecidedOtherwise):
        decide(desk, both[0], 3, keep=head8(drop, 3))
    back = restored(desk, tmp_path)
    assert booked(back, keep) == raws(keep)
    assert state(back) == state(desk)
    assert to_enter_again(back) == to_enter_again(desk) == {one.entry.body.cash for one in drop.entries[2:]}
    sound(back)
    back.office.store.close()


def test_what_an_honest_laptop_sent_while_its_book_was_frozen_is_booked_when_it_is_kept(desk: Desk) -> None:
    laptop, clone = cloned(desk)
    laptop.deposit(30_000)
    assert receive(desk, laptop.batch()).status == "fork"
    assert booked(desk, laptop) == raws(laptop, 4)
    decide(desk, laptop, 3, set_aside=head8(clone, 3))
    assert booked(desk, laptop) == raws(laptop)
    assert laptop.believes(intake.newest_ack(desk.office, book=laptop.pack.book), newest=2).received == 5


def test_a_decision_names_one_branch_at_a_number_where_there_are_two(desk: Desk) -> None:
    laptop, clone = cloned(desk)
    with pytest.raises(decisions.NoFork):
        decide(desk, laptop, 2, keep=head8(laptop, 2))
    for wrong in ("", "00000000", head8(laptop, 3)[:7]):
        with pytest.raises(decisions.HeadUnknown):
            decide(desk, laptop, 3, keep=wrong)
    with pytest.raises(NoteShort):
        decisions.decide(desk.office, book=laptop.pack.book, number=3, keep=head8(clone, 3), reason="ok", who=WHO)
    assert booked(desk, laptop) == raws(laptop)


@pytest.mark.feature(93)
@pytest.mark.parametrize("early", [False, True])
def test_a_dead_laptop_that_comes_back_writes_no_second_history_into_the_books(
    desk: Desk, tmp_path: Path, early: bool
) -> None:
    first, spare = gone_on(desk)
    first.deposit(90_000)
    first.deposit(91_000, place=3)
    batches = [spare.carried(), spare.batch()]
    # Its further entries come before the other laptop is heard of, or after.
    for batch in [first.batch(), *batches] if early else [*batches, first.batch(5)]:
        intake.receive(desk.office, batch=batch)
    assert booked(desk, first, spare) == raws(spare)
    ack = first.believes(receive_raw(desk, first), newest=-1)
    assert (ack.status, ack.received, ack.reason) == ("fork", 4, "5")
    spare.deposit(33_000)
    assert receive(desk, spare.batch()).status == "ok"
    with desk.office.store.reading() as db:
        assert {row.raw for row in db.exec(select(ForkRow))} == {one.raw for one in first.entries[4:]}
    case = next(one for one in cases.listed(desk.office) if one.open)
    assert (case.kind, case.number) == ("taken-over", 5)
    with desk.office.store.reading() as db:
        branches = decisions.choices(desk.office, db, book=first.pack.book, number=5)
    assert [(one.letter, one.booked, one.entries) for one in branches] == [("A.B", True, 4), ("A", False, 2)]
    assert [one.amount for one in branches[1].papers] == [90_000, 91_000]
    assert receipts.verify_receipt(desk.office, text=code(first, 5)).verdict == "other-history"
    sound(desk)
    back = restored(desk, tmp_path)
    assert state(back) == state(desk)
    back.office.store.close()
    # An officer may find that the resumption was the mistake.
    decide(desk, first, 5, keep=head8(first, 5))
    assert booked(desk, first, spare) == raws(first)
    assert receive(desk, spare.batch()).status == "rejected"
    assert receive(desk, first.batch()).status == "ok"
    sound(desk)
    again = restored(desk, tmp_path / "again")
    assert state(again) == state(desk)
    again.office.store.close()


def receive_raw(desk: Desk, laptop: Laptop) -> bytes:
    return intake.receive(desk.office, batch=laptop.batch())


def code(laptop: Laptop, number: int) -> str:
    from sync.chain import stub_of
    from sync.receipt import receipt_text

    one = laptop.entries[number - 1]
    return receipt_text(stub_of(one.entry, one.head), one.signature)


def test_of_two_laptops_that_both_went_on_the_first_that_is_heard_counts_until_somebody_decides(desk: Desk) -> None:
    third = desk.laptop("C", seed=3, prepared=False)
    first, spare = pair(desk)
    begun(first)
    spare.go_on(first)
    spare.deposit(20_000)
    third.go_on(first)
    third.deposit(21_000)
    for batch in (first.batch(), spare.batch()):
        assert receive(desk, batch).status == "ok"
    assert receive(desk, third.batch()).status == "fork"
    assert booked(desk, first, spare, third) == raws(spare)
    decide(desk, third, 5, keep=head8(third, 5))
    assert booked(desk, first, spare, third) == raws(third)
    third.deposit(22_000)
    assert receive(desk, third.batch()).status == "ok"
    assert receive(desk, spare.batch()).status == "rejected"
    sound(desk)


def test_a_third_laptop_goes_on_from_the_second_and_hands_in_all_that_was_before(desk: Desk, tmp_path: Path) -> None:
    third = desk.laptop("C", seed=3, prepared=False)
    first, spare = gone_on(desk)
    third.go_on(spare)
    third.deposit(5_000)
    closed(third)
    assert receive(desk, third.carried(1, 4)).received == 4
    assert receive(desk, third.batch()).status == "gap"
    assert receive(desk, third.carried(5, 7, run=1)).received == 7
    ack = third.believes(intake.receive(desk.office, batch=third.batch()), newest=1)
    assert (ack.status, ack.received, ack.differences) == ("ok", len(third.entries), 0)
    page = overview.session_page(desk.office, book=first.pack.book, page=1)
    assert [(one.letter, one.number, one.reason) for one in page.went_on] == [
        ("B", 5, "máy chính rơi vỡ"), ("C", 8, "máy chính rơi vỡ"),
    ]  # fmt: skip
    assert page.received == len(third.entries)
    assert [one.number for one in page.vouchers] == list(range(len(third.entries), 0, -1))
    assert {one.number: one.text.split("-")[2] for one in page.vouchers}[1] == "A"
    assert page.vouchers[0].text.split("-")[2] == "A.B.C"
    assert [row.letter for row in overview.month(desk.office, wanted=None).rows] == ["A.B.C"]
    sound(desk)
    back = restored(desk, tmp_path)
    assert state(back) == state(desk)
    back.office.store.close()


def test_an_entry_leaves_its_book_only_for_where_the_other_branches_are_kept(database: str, tmp_path: Path) -> None:
    office = make_office(tmp_path / "office", database=database)
    desk = Desk(office, tmp_path / "office")
    laptop, clone = cloned(desk)
    for table in ("entry", "entry_line"):
        for verb in (f"DELETE FROM {table} WHERE number = 3", f"UPDATE {table} SET number = 9 WHERE number = 3"):  # noqa: S608 our own names
            with pytest.raises(DatabaseError), office.store.writing() as db:
                db.execute(text(verb))
    for table in ("office_case", "fork_entry"):
        with pytest.raises(DatabaseError), office.store.writing() as db:
            db.execute(text(f"DELETE FROM {table}"))  # noqa: S608 our own names
    decide(desk, laptop, 3, keep=head8(clone, 3))
    assert booked(desk, clone) == raws(clone)
    for table in ("decision", "settlement"):
        with pytest.raises(DatabaseError), office.store.writing() as db:
            db.execute(text(f"DELETE FROM {table}"))  # noqa: S608 our own names
    clone.deposit(4_000)
    assert receive(desk, clone.batch()).status == "ok"
    assert vouchers_counted(desk) == len(clone.entries)
    sound(desk)
    office.store.close()


def vouchers_counted(desk: Desk) -> int:
    (row,) = overview.month(desk.office, wanted=None).rows
    assert custody.month(desk.office, wanted=None).taken
    return row.entries


def test_after_a_decision_people_are_told_of_what_is_booked_now_and_never_twice_of_one(desk: Desk, tmp_path: Path) -> None:
    desk.office.session_settings.write_text("[messages]\non = true\ndays = 3000\n")
    laptop = desk.laptop()
    clone = clone_of(desk, laptop)
    for one in (laptop, clone):
        one.open()
        one.hand_in(GROUP)
    laptop.deposit(50_000)
    clone.deposit(60_000)
    clone.deposit(61_000, place=3)
    receive(desk, laptop.batch())
    assert messages.export(desk.office, out=tmp_path / "one.csv")
    assert receive(desk, clone.batch()).status == "fork"
    decide(desk, laptop, 3, keep=head8(clone, 3))
    messages.write(desk.office)
    booked_now = [one for one in messages.listed(desk.office) if one.number >= 3 and one.exported_s is None]
    assert [one.text.count("60.000d") + one.text.count("61.000d") for one in booked_now] == [1, 1]
    due = messages.export(desk.office, out=tmp_path / "two.csv")
    assert due == len([one for one in booked_now if one.phone])
    assert messages.export(desk.office, out=tmp_path / "three.csv") == 0
    sent = [line.split(",")[-1] for name in ("one", "two") for line in (tmp_path / f"{name}.csv").read_text().splitlines()[1:]]
    assert len(set(sent)) == len(sent)
    back = restored(desk, tmp_path)
    shutil.copy(desk.office.session_settings, back.folder)
    assert messages.export(back.office, out=tmp_path / "four.csv") == 0
    back.office.store.close()


def test_a_later_decision_does_not_bring_back_what_an_earlier_one_set_aside(desk: Desk) -> None:
    """A copy of the dropped laptop goes on from inside the dropped branch; to keep that is to decide again."""
    laptop, clone = cloned(desk)
    spare = desk.laptop("B", seed=2, prepared=False)
    assert spare
    decide(desk, laptop, 3, keep=head8(laptop, 3))
    other = clone_of(desk, laptop)
    other.open()
    other.hand_in(GROUP)
    other.deposit(60_000)
    assert other.head == clone.head
    clone.deposit(7_000)
    other.deposit(8_000)
    for one in (clone, other):
        assert receive(desk, one.batch()).status == "rejected"
    for one in (clone, other):
        with pytest.raises(decisions.DecidedOtherwise):
            decide(desk, laptop, 4, keep=head8(one, 4))
    assert booked(desk, laptop) == raws(laptop)
    sound(desk)


@pytest.mark.parametrize("way", ["as maker", "in a teller's name", "with a teller's name under it", "with the teller"])
def test_an_officer_who_went_on_alone_takes_nothing_out_of_the_books(desk: Desk, way: str) -> None:
    """An altered program lets one person be maker and approver: both histories are kept, and somebody decides."""
    first, spare = pair(desk)
    begun(first)
    spare.go_on(first, last=2)
    del spare.entries[2:]
    spare.session = replayed(spare)
    officer, teller = spare.one("leader"), spare.one("teller")
    body = spare.session.plan_resume(head=spare.head, reason="bỏ phiếu")
    entry_id = spare.clock_s * 1000 + 1
    hands = {
        "as maker": {officer: officer}, "in a teller's name": {officer: officer},
        "with a teller's name under it": {teller: officer, officer: officer}, "with the teller": {teller: teller, officer: officer},
    }[way]  # fmt: skip
    approvals = [
        chain.approve(spare.staff[whose], staff_id=one, book=spare.pack.book, entry_id=entry_id, body=body)
        for one, whose in hands.items()
    ]
    spare.entries.append(
        chain.link(body, session=spare.session, book=spare.pack.book, prev=spare.head, entry_id=entry_id,
                   moment=chain.Moment(spare.clock_s, 100, 1), maker=officer if way == "as maker" else teller, approvals=approvals, device_seed=spare.seed)
    )  # fmt: skip
    receive(desk, first.batch())
    # The control: where the teller signed too, the word of both counts.
    both = way == "with the teller"
    assert receive(desk, spare.batch()).status == ("ok" if both else "fork")
    assert booked(desk, first, spare) == (raws(spare) if both else raws(first))


@pytest.mark.parametrize("heard", [False, True])
def test_a_session_that_was_closed_and_taken_in_is_not_cut_short_by_a_resumption(desk: Desk, heard: bool) -> None:
    """Whoever goes on from an old copy of a stick after the close takes nothing out of the books: somebody decides."""
    first, spare = pair(desk)
    begun(first)
    spare.go_on(first, last=3)
    closed(first)
    if heard:
        receive(desk, first.batch())
        assert receive(desk, spare.batch()).status == "fork"
        assert booked(desk, first, spare) == raws(first)
        decide(desk, spare, 4, keep=head8(spare, 4))
    else:
        # While it is open an officer's word counts at once.
        receive(desk, first.batch(1, 4))
        assert receive(desk, spare.batch()).status == "ok"
    assert booked(desk, first, spare) == raws(spare)
    sound(desk)


def test_two_branches_of_a_history_that_never_came_wait_for_it(desk: Desk) -> None:
    third = desk.laptop("C", seed=3, prepared=False)
    first, spare = pair(desk)
    first.open()
    clone = clone_of(desk, first)
    clone.open()
    first.deposit(10_000)
    clone.deposit(20_000)
    receive(desk, first.batch())
    for one in (spare, third):
        one.go_on(clone)
        one.deposit(5_000)
        assert receive(desk, one.batch()).status == "fork"
    with pytest.raises(decisions.BranchLoose):
        decide(desk, spare, 3, keep=head8(spare, 3))
    assert booked(desk, first, spare, third) == raws(first)
    # The stick that has it comes in.
    assert receive(desk, spare.carried()).status == "fork"
    decide(desk, spare, 3, keep=head8(spare, 3))
    decide(desk, first, 2, keep=head8(first, 2))
    assert booked(desk, first, spare, third) == raws(first)
    sound(desk)


def test_a_decision_that_missed_the_backup_is_put_there_by_the_next_who_asks(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk of the second copy is away, or the power goes, right after the decision was kept."""
    laptop, clone = cloned(desk)
    with monkeypatch.context() as away:
        away.setattr(Backup, "keep", unavailable)
        with pytest.raises(BackupUnavailable):
            decide(desk, laptop, 3, keep=head8(clone, 3))
    assert booked(desk, clone) == raws(clone)
    assert list(desk.office.backup.letters("decisions")) == []
    assert decide(desk, laptop, 3, keep=head8(clone, 3)).again
    assert clone.believes(intake.newest_ack(desk.office, book=clone.pack.book), newest=2).status == "ok"
    (word,) = desk.office.backup.letters("decisions")
    assert decisions.back_up(desk.office) == 1
    assert list(desk.office.backup.letters("decisions")) == [word]
    back = restored(desk, tmp_path)
    assert booked(back, clone) == raws(clone)
    assert state(back) == state(desk)
    back.office.store.close()


def unavailable(*_: object) -> None:
    raise BackupUnavailable(reason="ENOSPC")


def replayed(laptop: Laptop) -> Session:
    session = Session(laptop.pack.terms)
    chain.replay(session, laptop.entries, book=laptop.pack.book, device_key=laptop.pack.sign_key,
                 before=[run.writer for run in laptop.before])  # fmt: skip
    return session
