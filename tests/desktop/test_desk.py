"""The desk: one answer for one id, a book that is believed only if it adds up, and the office's word for it."""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlcipher3

from desktop.desk import Desk, Preview
from desktop.store import Book, BookAltered, DiskFull, path_of
from sync import chain, keys, protocol
from sync.chain import NO_HEAD, IdReused
from sync.errors import Damage, Fault, Refusal
from sync.protocol import Ack, AckOld, AckWrong, open_batch, sign_ack
from sync.records import changed
from sync.session import Session
from sync.voucher import ReasonMissing, Wish
from tests.desktop.enrolled import PINS, Laptop, copied, deposit, opened
from tests.sync import small
from tests.sync.small import CONTROLLER, LEADER, OFFICE, SAVER, TELLER, deposit_no, loan_code, notes


@pytest.fixture
def desk(laptop: Laptop, opened_laptop: Laptop) -> Desk:
    """A desk whose float was taken over, on the laptop of the test."""
    shutil.copytree(opened_laptop.home, laptop.home, dirs_exist_ok=True)
    laptop.clock.wall_s = opened_laptop.clock.wall_s
    return laptop.desk()


def refused(code: str, verb: Callable[[], object]) -> Fault:
    with pytest.raises(Fault) as caught:
        verb()
    assert caught.value.code == code
    return caught.value


def by_hand(laptop: Laptop, *statements: str) -> None:
    """Somebody with the book's key and without its program."""
    connection = sqlcipher3.connect(str(path_of(laptop.home, laptop.pack.book)), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{laptop.book_key.hex()}'\"")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def ack(desk: Desk, received: int, safe: int, *, ack_no: int = 1, lie: dict[str, object] | None = None) -> bytes:
    """The office's word, true of this desk's book but for what it lies about."""
    kept = list(desk.book.sealed())
    at = kept[received - 1] if received else None
    usual = Ack(
        version=1, office=OFFICE.office, device=desk.pack.device, book=desk.pack.book, ack_no=ack_no, prev_ack=bytes(32),
        received=received, received_head=at.head if at else NO_HEAD, safe=safe,
        safe_head=kept[safe - 1].head if safe else NO_HEAD, cash=at.entry.cash if at else 0,
        cash_in=at.entry.cash_in if at else 0, cash_out=at.entry.cash_out if at else 0, status="ok", reason="",
        differences=2, office_s=small.BEGIN_S + 7,
    )  # fmt: skip
    return sign_ack(changed(usual, **(lie or {})), office_seed=small.OFFICE_SEED)


def at_the_office(laptop: Laptop, raw: bytes) -> protocol.Batch:
    return open_batch(
        raw, office=OFFICE.office, office_secret=small.OFFICE_SECRET,
        device_key=keys.sign_public(laptop.unlocked().device_seed), terms_of=lambda _book: laptop.pack.terms,
    )  # fmt: skip


# --- posting


@pytest.mark.feature(21, 85)
def test_the_same_id_and_content_give_the_same_answer_and_other_content_is_refused(desk: Desk) -> None:
    preview = deposit(desk)
    first = desk.post(preview)
    assert (first.repeated, first.text) == (False, "TXN0480799-20240815-A-000002")
    again = desk.post(preview)
    assert again.repeated
    assert (again.sealed, again.text) == (first.sealed, first.text)
    assert again.standing.entries == 2
    other = changed_amount(preview, 60_000)
    fault = refused("chain.id-reused", lambda: desk.post(other))
    assert isinstance(fault, IdReused)
    assert fault.facts["number"] == "2"
    # Another id with the same content is another voucher, and was asked about.
    twin = deposit(desk)
    assert twin.twin == 2
    assert desk.post(twin).text.endswith("-000003")
    desk.close()


def changed_amount(preview: Preview, amount: int) -> Preview:
    [line] = preview.body.lines
    return preview._replace(body=changed(preview.body, lines=(changed(line, amount=amount),)))


def test_an_id_is_known_again_after_a_restart_even_if_the_clock_went_back(laptop: Laptop) -> None:
    desk = laptop.desk()
    opened(desk)
    preview = deposit(desk)
    desk.post(preview)
    desk.close()
    laptop.clock.wall_s = 5
    desk = laptop.desk()
    assert desk.post(preview).repeated
    refused("chain.id-reused", lambda: desk.post(changed_amount(preview, 60_000)))
    assert desk.mint() > preview.entry_id
    assert not desk.post(deposit(desk)).repeated
    desk.close()
    assert laptop.desk().standing().entries == 3


def test_what_is_refused_changes_nothing(desk: Desk) -> None:
    before = (desk.standing(), desk.head, desk.book.balances())
    refused("loan.principal-too-much", lambda: desk.preview_visit(small.HEAD_A, wishes=[Wish("TG", loan_code(small.HEAD_A), 10**9)]))
    refused("session.already-open", lambda: desk.preview_open(notes={}))
    slip = desk.preview_slip(small.SLIP)
    assert slip.approvers == (frozenset({"controller"}),)
    refused("session.approval-missing", lambda: desk.post(slip))
    refused("vault.pin-wrong", lambda: desk.approve(slip, staff_id=CONTROLLER, pin=PINS[LEADER]))
    refused("session.maker-approves", lambda: desk.post(slip, approvals=[desk.approve(slip, staff_id=TELLER, pin=PINS[TELLER])]))
    refused("session.approval-missing", lambda: desk.post(slip, approvals=[desk.approve(slip, staff_id=LEADER, pin=PINS[LEADER])]))
    assert (desk.standing(), desk.head, desk.book.balances()) == before
    assert desk.post(slip, approvals=[desk.approve(slip, staff_id=CONTROLLER, pin=PINS[CONTROLLER])]).standing.cash == 40_000_000


def test_an_approval_of_something_else_is_never_kept(laptop: Laptop, desk: Desk) -> None:
    """Kept, it would close the book for good: at the next start it would not verify."""
    seen = desk.preview_slip(small.COMMISSION)
    approval = desk.approve(seen, staff_id=CONTROLLER, pin=PINS[CONTROLLER])
    other = desk.preview_slip(small.SLIP)
    for wrong in (approval, changed(approval, signature=bytes(64))):
        with pytest.raises(keys.SignatureWrong):
            desk.post(other, approvals=[wrong])
    renewed = desk.preview_slip(small.COMMISSION)
    with pytest.raises(keys.SignatureWrong):
        desk.post(renewed, approvals=[approval])
    assert not desk.post(seen, approvals=[approval]).repeated
    desk.close()
    assert laptop.desk().standing().entries == 2


def test_only_the_team_opens_a_session_and_only_a_teller_posts(laptop: Laptop) -> None:
    desk = laptop.desk(LEADER)
    refused("session.not-teller", lambda: desk.preview_open(notes={}))
    desk.close()
    team = tuple(one for one in laptop.pack.terms.team if one.staff_id != LEADER)
    laptop.pack = changed(laptop.pack, book=bytes(16), terms=changed(laptop.pack.terms, team=team))
    refused("desk.pack-unfit", lambda: laptop.desk(LEADER))


def test_a_full_disk_leaves_the_desk_where_it_was_and_the_same_id_works_later(laptop: Laptop, desk: Desk) -> None:
    run = desk.book._connection.execute
    run("VACUUM")
    run(f"PRAGMA max_page_count = {run('PRAGMA page_count').fetchone()[0]}").fetchall()
    preview, before = fill(desk)
    assert (desk.standing(), desk.head) == before
    run("PRAGMA max_page_count = 1000000").fetchall()
    assert not desk.post(preview).repeated
    assert desk.post(preview).repeated
    assert desk.session.balances == desk.book.balances()
    entries = desk.standing().entries
    desk.close()
    assert laptop.desk().standing().entries == entries


def fill(desk: Desk) -> tuple[Preview, tuple[object, ...]]:
    """Post until the disk is full: the voucher it refused, and what stood before."""
    for _ in range(300):
        preview, before = deposit(desk), (desk.standing(), desk.head)
        try:
            desk.post(preview)
        except DiskFull:
            return preview, before
    raise AssertionError("the disk never filled")


def test_a_group_and_a_visit_change_what_the_pages_show(desk: Desk) -> None:
    cash = {small.HEAD_A: 330_000, small.TWICE: 250_000}
    assert [row.handed_in for row in desk.groups()] == [0, 0]
    [remaining] = [task for task in desk.worklist() if task.code == small.GROUP_A]
    assert remaining.kind == "group"
    group = desk.preview_group(small.GROUP_A, by=small.HEAD_A, cash=cash, interest={}, notes=notes(580_000))
    desk.post(group)
    assert [(row.handed_in, row.numbers) for row in desk.groups()] == [(580_000, (2,)), (0, ())]
    assert small.GROUP_A not in [task.code for task in desk.worklist()]
    due = [task for task in desk.worklist() if task.kind == "due"]
    assert [(task.code, task.amount, task.overdue_days) for task in due] == [(small.LATE, 10_000_000, 14)]
    assert desk.group_sheet(small.GROUP_B).rows[1].overdue_days == 14
    principal = desk.preview_visit(small.LATE, wishes=[Wish("TQ", loan_code(small.LATE), 10_000_000)], reason="hộ khó khăn")
    desk.post(principal, approvals=[desk.approve(principal, staff_id=CONTROLLER, pin=PINS[CONTROLLER])])
    assert [task for task in desk.worklist() if task.kind == "due"] == []
    standing = desk.standing()
    assert (standing.cash, standing.cash_in, standing.cash_out, standing.opening) == (110_580_000, 10_580_000, 0, 100_000_000)
    assert (standing.groups_in, standing.principal_taken, standing.interest_taken) == (1, 10_000_000, 455_439)
    reversal = desk.preview_reverse(2, reason="nhầm Tổ")
    desk.post(reversal, approvals=[desk.approve(reversal, staff_id=LEADER, pin=PINS[LEADER])])
    assert (desk.standing().groups_in, desk.standing().interest_taken, desk.standing().deposits_taken) == (0, 0, 0)
    rows = desk.journal("")
    assert [(row.number, row.kind, row.reversed_by, row.reversible) for row in rows] == [
        (4, "reverse", 0, False), (3, "visit", 0, True), (2, "group", 4, False), (1, "open", 0, False)
    ]  # fmt: skip
    assert [row.number for row in desk.journal("vi du vo")] == [3]
    assert desk.voucher(2).entry.body == group.body
    refused("reverse.unknown", lambda: desk.voucher(99))
    refused("visit.customer-unknown", lambda: desk.person("4899999999"))
    person = desk.person(small.TWICE)
    assert (len(person.dues), len(person.deposits)) == (2, 2)
    assert desk.group_sheet(small.GROUP_B).rows[1].overdue_days == 0


def test_each_slip_says_whether_it_may_be_paid_and_which_voucher_paid_it(desk: Desk) -> None:
    states = [(row.slip_no, row.code, row.state) for row in desk.slips()]
    assert states == [
        (small.SLIP, "GN", "open"), (small.SLIP_EARLY, "GN", "early"), (small.SLIP_LATE, "GN", "late"),
        (small.COMMISSION, "HH", "open"), (small.FEE, "PU", "open"),
    ]  # fmt: skip
    waiting = [task.code for task in desk.worklist() if task.kind == "slip"]
    assert waiting == [small.SLIP, small.COMMISSION, small.FEE]
    preview = desk.preview_slip(small.COMMISSION)
    paid = desk.post(preview, approvals=[desk.approve(preview, staff_id=CONTROLLER, pin=PINS[CONTROLLER])])
    row = next(row for row in desk.slips() if row.slip_no == small.COMMISSION)
    assert (row.state, row.number, row.amount) == ("paid", paid.sealed.entry.number, -preview.cash)
    assert small.COMMISSION not in [task.code for task in desk.worklist()]
    assert all(row.name for row in desk.slips())
    refused("slip.paid", lambda: desk.preview_slip(small.COMMISSION))


def test_a_whole_morning_opens_again_as_it_was_closed(laptop: Laptop, desk: Desk) -> None:
    for _ in range(5):
        desk.post(deposit(desk))
    count = desk.preview_count(notes=notes(desk.standing().cash - 1_000))
    desk.post(count)
    short = desk.preview_difference(reason="thiếu một tờ")
    desk.post(short, approvals=[desk.approve(short, staff_id=LEADER, pin=PINS[LEADER])])
    end = desk.preview_close()
    desk.post(end, approvals=[desk.approve(end, staff_id=one, pin=PINS[one]) for one in (TELLER, CONTROLLER, LEADER)])
    refused("session.closed", lambda: deposit(desk))
    before = desk.standing()
    desk.close()
    again = laptop.desk()
    assert again.standing()._replace(unprinted=0) == before._replace(unprinted=0)
    assert again.standing().state == "closed"
    assert again.unprinted() == tuple(range(1, 10))
    again.close()


# --- power cuts and tampering


@pytest.mark.feature(9)
def test_a_killed_program_finds_everything_it_was_told_was_kept(opened_laptop: Laptop, tmp_path: Path) -> None:
    laptop = copied(opened_laptop, tmp_path / "laptop")
    arguments = [str(laptop.home), laptop.key.hex(), "10000"]
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.desktop.posting", *arguments], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    assert running.stdout is not None
    for _ in range(random.Random(4).randrange(10, 80)):
        running.stdout.readline()
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert path_of(laptop.home, laptop.pack.book).with_name(f"{laptop.pack.book.hex()}.db-wal").exists()
    desk = laptop.desk()
    standing = desk.standing()
    assert standing.state == "open"
    assert standing.entries == len(desk.unprinted()) > 10
    assert standing.cash == 100_000_000 + 50_000 * (standing.entries - 1)
    # What was kept last is shown, and the same again is asked about once.
    assert desk.journal("")[0].number == standing.entries
    assert deposit(desk).twin == standing.entries
    desk.post(deposit(desk))
    desk.close()


@pytest.fixture(scope="module")
def five_entries(opened_laptop: Laptop, tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    laptop = copied(opened_laptop, tmp_path_factory.mktemp("written") / "home")
    desk = laptop.desk()
    for _ in range(4):
        desk.post(deposit(desk))
    desk.close()
    return laptop


@pytest.fixture
def written(five_entries: Laptop, tmp_path: Path) -> Laptop:
    return copied(five_entries, tmp_path / "written")


def test_the_book_that_is_tampered_with_below_is_sound(written: Laptop) -> None:
    """The control."""
    desk = written.desk()
    assert desk.standing().entries == 5
    desk.close()


@pytest.mark.parametrize(
    "statements",
    [
        ("UPDATE balance SET amount = amount + 1 WHERE account = '{account}'",),
        ("DELETE FROM balance WHERE account = '{account}'",),
        ("INSERT INTO balance VALUES (99999, 'new', 'deposit', 1)",),
        ("DROP TRIGGER entry_no_delete", "DELETE FROM entry WHERE number = 5"),
        ("DROP TRIGGER entry_no_delete", "DELETE FROM entry WHERE number = 3"),
        ("DROP TRIGGER entry_no_delete", "DELETE FROM entry WHERE number = 1"),
        ("DROP TRIGGER entry_no_update", "UPDATE entry SET head = zeroblob(32) WHERE number = 5"),
        ("DROP TRIGGER entry_no_update", "UPDATE entry SET signature = zeroblob(64) WHERE number = 2"),
        ("DROP TRIGGER entry_no_update", "UPDATE entry SET raw = (SELECT raw FROM entry WHERE number = 2) WHERE number = 3"),
        ("DROP TRIGGER entry_no_update", "UPDATE entry SET number = 7 WHERE number = 5"),
        ("DROP TRIGGER entry_no_update", "UPDATE entry SET raw = x'90' WHERE number = 5"),
        ("DROP TRIGGER entry_only_appended", "INSERT INTO entry SELECT 6, raw, head, signature FROM entry WHERE number = 5"),
    ],
    ids=lambda statements: statements[-1][:60],
)  # fmt: skip
def test_a_book_changed_by_somebody_with_its_key_is_not_opened(written: Laptop, statements: tuple[str, ...]) -> None:
    before = list((written.home / "books").iterdir())
    by_hand(written, *(statement.format(account=deposit_no(SAVER)) for statement in statements))
    with pytest.raises(Damage):
        written.desk()
    assert [path for path in (written.home / "books").iterdir() if path.suffix == ".db"] == before


def test_balances_that_are_not_those_of_the_chain_are_named(written: Laptop) -> None:
    by_hand(written, "UPDATE balance SET amount = amount - 1 WHERE component = 'deposit'")
    with pytest.raises(BookAltered) as caught:
        written.desk()
    assert caught.value.facts["reason"] == "balances"


def test_another_laptops_copy_of_the_book_is_not_believed(written: Laptop) -> None:
    """The office's pack for this laptop, signed by another laptop's key: no signature holds."""
    unlocked = written.unlocked()
    unlocked.sign_key = keys.sign_public(b"\x77" * 32)
    with pytest.raises(keys.SignatureWrong):
        Desk.open(written.open_book(), unlocked, clock=written.clock)


# --- the office


@pytest.mark.feature(84)
def test_a_batch_is_the_same_bytes_until_the_office_has_signed_for_it(laptop: Laptop, desk: Desk) -> None:
    first = desk.batch()
    assert first is not None
    assert desk.batch() == first
    desk.post(deposit(desk))
    desk.post(deposit(desk))
    assert desk.batch() == first
    desk.close()
    desk = laptop.desk()
    assert desk.batch() == first
    assert [entry.number for entry, _, _ in at_the_office(laptop, first).entries] == [1]
    desk.take_ack(ack(desk, 1, 0))
    second = desk.batch()
    assert second is not None
    assert [entry.number for entry, _, _ in at_the_office(laptop, second).entries] == [2, 3]
    assert desk.batch() == second
    # A word that moves only the safe mark, or none, leaves the letter as it is.
    desk.take_ack(ack(desk, 1, 1, ack_no=2))
    assert desk.batch() == second
    # Signed for in part: what is left is a letter of its own.
    desk.take_ack(ack(desk, 2, 1, ack_no=3))
    third = desk.batch()
    assert third is not None
    assert [entry.number for entry, _, _ in at_the_office(laptop, third).entries] == [3]
    desk.take_ack(ack(desk, 3, 3, ack_no=4))
    assert desk.batch() is None
    desk.post(deposit(desk))
    assert desk.batch() is not None
    desk.close()


def test_what_one_letter_cannot_hold_goes_in_several(
    laptop: Laptop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop.road.letters.BATCH_LINES_MAX", 4)
    for _ in range(3):
        desk.post(deposit(desk))
    sent = []
    while (raw := desk.batch()) is not None:
        sent.append([entry.number for entry, _, _ in at_the_office(laptop, raw).entries])
        desk.take_ack(ack(desk, sent[-1][-1], 0, ack_no=len(sent)))
    # An entry of one line counts two: itself and its line.
    assert sent == [[1, 2], [3, 4]]


def test_after_a_try_that_failed_shorter_letters_of_the_same_entries_go(
    laptop: Laptop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(23):
        desk.post(deposit(desk))
    whole = desk.batch()
    assert whole is not None
    # A letter that is short already is the same letter.
    assert desk.batch(rough=True) == whole
    monkeypatch.setattr("desktop.road.letters.BATCH_BYTES_ROUGH", len(whole) - 50)
    sent, number = [], 0
    while (raw := desk.batch(rough=True)) is not None:
        assert len(raw) < len(whole)
        # Once made, it is sent with the same bytes, also by who knows of no failed try, and after a restart.
        assert desk.batch() == raw == desk.batch(rough=True)
        desk.close()
        desk = laptop.desk()
        assert desk.batch(rough=True) == raw
        entries = at_the_office(laptop, raw).entries
        assert [entry.number for entry, _, _ in entries] == list(range(number + 1, number + len(entries) + 1))
        number += len(entries)
        sent.append(len(entries))
        desk.take_ack(ack(desk, number, 0, ack_no=len(sent)))
    assert (number, len(sent)) == (24, 2)
    desk.post(deposit(desk))
    # One voucher that alone is longer than a short letter goes as it is, and is sealed once.
    monkeypatch.setattr("desktop.road.letters.BATCH_BYTES_ROUGH", 10)
    assert desk.batch(rough=True) == desk.batch(rough=True) is not None
    desk.close()


def test_a_laptop_with_no_entries_has_nothing_to_send(laptop: Laptop) -> None:
    assert laptop.desk().batch() is None


def test_the_offices_word_moves_the_marks_and_survives_a_restart(laptop: Laptop, desk: Desk) -> None:
    desk.post(deposit(desk))
    marks = desk.take_ack(ack(desk, 2, 1, ack_no=4))
    assert (marks.received, marks.safe, marks.ack_no, marks.office_s, marks.differences, marks.status) == (
        2, 1, 4, small.BEGIN_S + 7, 2, "ok"
    )  # fmt: skip
    assert desk.standing().marks == marks
    desk.close()
    desk = laptop.desk()
    assert desk.standing().marks == marks
    # An office restored from an old backup asks again for what it lost.
    desk.take_ack(ack(desk, 0, 0, ack_no=5))
    again = desk.batch()
    assert again is not None
    assert [entry.number for entry, _, _ in at_the_office(laptop, again).entries] == [1, 2]
    desk.close()


def test_a_word_that_is_old_or_not_true_of_this_book_moves_nothing(laptop: Laptop, desk: Desk) -> None:
    desk.post(deposit(desk))
    marks = desk.take_ack(ack(desk, 1, 1, ack_no=4))
    batch = desk.batch()
    for ack_no in (1, 4):
        with pytest.raises(AckOld):
            desk.take_ack(ack(desk, 2, 2, ack_no=ack_no))
    lies: list[dict[str, object]] = [
        {"received_head": bytes(32)}, {"safe": 2}, {"cash": 5}, {"cash_in": 5}, {"book": bytes(16)},
        {"device": bytes(16)}, {"office": bytes(16)}, {"received": 3, "device": bytes(16)},
    ]  # fmt: skip
    for lie in lies:
        with pytest.raises(AckWrong):
            desk.take_ack(ack(desk, 1, 1, ack_no=9, lie=lie))
    raw = ack(desk, 2, 2, ack_no=9)
    for place in range(0, len(raw), 5):
        with pytest.raises(Fault):
            desk.take_ack(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
    assert (desk.standing().marks, desk.batch()) == (marks, batch)
    desk.close()
    desk = laptop.desk()
    assert (desk.standing().marks, desk.batch()) == (marks, batch)
    assert desk.take_ack(raw).received == 2
    desk.close()


def test_two_histories_of_one_laptop_do_not_share_the_offices_word(
    laptop: Laptop, enrolled_laptop: Laptop, tmp_path: Path
) -> None:
    """An old disk put back and written on: the office's word of the true history is not taken for the other."""
    desk = laptop.desk()
    opened(desk)
    desk.close()
    shutil.copytree(laptop.home, tmp_path / "old")
    other = Laptop(tmp_path / "old", laptop.key, laptop.pack)
    desk, fork = laptop.desk(), other.desk()
    desk.post(deposit(desk, 70_000))
    fork.post(deposit(fork, 80_000))
    word = ack(desk, 2, 0)
    desk.take_ack(word)
    with pytest.raises(AckWrong) as caught:
        fork.take_ack(word)
    assert caught.value.facts["reason"] == "head #2"
    assert fork.standing().marks.received == 0
    desk.close()
    fork.close()


# --- paper, drafts, keys


def test_what_has_not_come_out_of_the_printer_waits_through_a_restart(laptop: Laptop, desk: Desk) -> None:
    desk.post(deposit(desk))
    assert (desk.unprinted(), desk.standing().unprinted) == ((1, 2), 2)
    desk.mark_printed(1, sheets=2)
    assert (desk.unprinted(), desk.standing().unprinted) == ((2,), 1)
    assert {row.number: row.printed for row in desk.journal("")} == {1: 2, 2: 0}
    desk.close()
    desk = laptop.desk()
    assert (desk.unprinted(), desk.standing().unprinted) == ((2,), 1)
    desk.mark_printed(1, sheets=1)
    assert {row.number: row.printed for row in desk.journal("")} == {1: 3, 2: 0}
    desk.close()


def test_a_draft_belongs_to_its_person(laptop: Laptop, desk: Desk) -> None:
    desk.keep_draft("groups", "8070117 330.000")
    desk.close()
    other = laptop.desk(LEADER)
    assert other.draft("groups") == ""
    other.close()
    again = laptop.desk()
    assert again.draft("groups") == "8070117 330.000"
    again.keep_draft("groups", "")
    assert again.draft("groups") == ""
    again.close()


def test_a_draft_goes_in_the_commit_of_its_voucher_or_stays(laptop: Laptop, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.keep_draft("visit", "kept")
    desk.keep_draft("slip", "another")
    preview = deposit(desk)
    with monkeypatch.context() as held:
        held.setattr(desk.session, "check", never)
        with pytest.raises(ReasonMissing):
            desk.post(preview, draft="visit")
    assert desk.draft("visit") == "kept"
    monkeypatch.setattr(Book, "keep_draft", never)  # no commit of its own
    desk.post(preview, draft="visit")
    assert (desk.draft("visit"), desk.draft("slip")) == ("", "another")
    desk.close()


def never(*_: object, **__: object) -> None:
    raise ReasonMissing


def test_a_closed_desk_holds_no_keys_and_frees_the_book(laptop: Laptop) -> None:
    desk = laptop.desk()
    desk.close()
    assert desk._unlocked.device_seed == b""
    laptop.desk().close()


def test_balances_in_the_book_are_those_of_the_rules_after_any_posts(laptop: Laptop, desk: Desk) -> None:
    chance = random.Random(6)
    for _ in range(60):
        who = chance.choice([SAVER, small.HEAD_A, small.LATE, small.TWICE])
        account = deposit_no(who)
        wishes = [Wish("TT", account, chance.randrange(1, 9) * 10_000)]
        if who != SAVER and chance.random() < 0.5:
            wishes.append(Wish("TL", loan_code(who), None))
        try:
            desk.post(desk.preview_visit(who, wishes=wishes))
        except Refusal as refusal:
            pytest.fail(refusal.code)
    rebuilt = Session(laptop.pack.terms)
    for sealed in desk.book.sealed():
        rebuilt.apply(sealed.entry.body, maker=sealed.entry.maker)
    assert rebuilt.balances == desk.session.balances == desk.book.balances()
    standing = chain.replay(
        Session(laptop.pack.terms), desk.book.sealed(), book=laptop.pack.book,
        device_key=keys.sign_public(laptop.unlocked().device_seed),
    )  # fmt: skip
    assert standing.head == desk.head
    desk.close()
