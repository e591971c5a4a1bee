"""A laptop whose signing key is gone: its books open, the morning goes on marked, and one signed entry closes the gap."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop import __main__ as command
from desktop import script, shelf, training
from desktop.care import soundness, vault_copies
from desktop.commands import joining, terminal
from desktop.desk import Desk
from sync import keys, spare
from sync.chain import replay
from sync.errors import Fault
from sync.outage import NO_SIGNATURE
from sync.protocol import open_batch
from sync.session import Session
from sync.voucher import Wish
from tests.desktop import enrolled
from tests.desktop.enrolled import PINS, Laptop
from tests.sync import small
from tests.sync.small import CONTROLLER, LEADER, SAVER, TELLER


def refused(code: str, verb: Callable[[], object]) -> Fault:
    with pytest.raises(Fault) as caught:
        verb()
    assert caught.value.code == code
    return caught.value


@pytest.fixture
def laptop(opened_laptop: Laptop, tmp_path: Path) -> Laptop:
    """Its float taken over."""
    return enrolled.copied(opened_laptop, tmp_path / "laptop")


def lose_key(laptop: Laptop) -> None:
    for name in ("laptop.dgd", "laptop.second.dgd"):
        (laptop.home / "vault" / name).write_bytes(b"?" * 64)


def mend_for(laptop: Laptop, who: str = TELLER) -> bytes:
    """What the office makes of the spare that this laptop hands out."""
    raw = laptop.unlocked().spare()
    assert raw is not None
    held = spare.open_spare(spare.read_spare(raw), recovery_secret=small.RECOVERY_SECRET)
    user = laptop.unlocked()._users[who]
    seed = laptop.vault().approval_seed(user, PINS[who], laptop.key)
    person = keys.seal_public(keys.derived(seed, label="user-seal/1", salt=b""))
    return spare.make_mend(held, device=small.DEVICE, staff_id=who, person_key=person)


def deposit(desk: Desk, amount: int = 50_000) -> None:
    desk.post(desk.preview_visit(SAVER, wishes=[Wish("TT", small.deposit_no(SAVER), amount)]))


def declare(desk: Desk, approver: str = LEADER, *, device: bool = True, staff: str = "") -> None:
    preview = desk.preview_outage(device=device, staff=staff, reason="máy rơi, tệp khóa hỏng")
    desk.post(preview, approvals=[desk.approve(preview, staff_id=approver, pin=PINS[approver])])


def recover(desk: Desk, approver: str = LEADER, *, device: bool = True, staff: str = "") -> None:
    preview = desk.preview_recover(device=device, staff=staff)
    desk.post(preview, approvals=[desk.approve(preview, staff_id=approver, pin=PINS[approver])])


def entries_of(laptop: Laptop, raw: bytes) -> list[int]:
    batch = open_batch(
        raw, office=small.OFFICE.office, office_secret=small.OFFICE_SECRET, device_key=laptop.unlocked().sign_key,
        terms_of=lambda _book: laptop.pack.terms,
    )  # fmt: skip
    return [entry.number for entry, _, _ in batch.entries]


def test_without_its_key_the_desk_opens_and_posts_the_outage_before_anything_else(laptop: Laptop) -> None:
    lose_key(laptop)
    desk = laptop.desk()
    now = desk.standing().outages
    assert (now.can_sign, now.must_declare, now.laptop) == (False, True, 0)
    for verb in (
        lambda: deposit(desk), lambda: desk.preview_count(notes={500_000: 200}), lambda: declare(desk, device=False, staff=CONTROLLER),
        lambda: desk.preview_float(notes={500_000: 1}),
    ):  # fmt: skip
        assert "Ctrl U" in refused("outage.key-gone", verb).sentence("vi")
    assert desk.batch() is None
    declare(desk)
    deposit(desk)
    deposit(desk, 60_000)
    now = desk.standing().outages
    assert (now.must_declare, now.laptop, now.unsigned, now.must_recover) == (False, 2, 3, False)
    assert now.laptop_s > small.BEGIN_S
    assert [one.signature == NO_SIGNATURE for one in desk.book.sealed()] == [False, True, True, True]
    assert desk.batch() is None
    desk.close()
    desk = laptop.desk()
    assert desk.standing().outages.unsigned == 3
    assert desk.session.cash == 100_110_000
    desk.close()


def test_a_laptop_with_a_key_declares_no_loss_of_it_and_posts_nothing_unsigned(laptop: Laptop) -> None:
    desk = laptop.desk()
    refused("outage.key-works", lambda: declare(desk))
    assert not desk.standing().outages.must_declare
    desk.close()


def test_with_the_key_back_the_recovery_comes_first_and_then_all_of_it_is_sent(laptop: Laptop) -> None:
    lose_key(laptop)
    desk = laptop.desk()
    declare(desk)
    deposit(desk)
    refused("outage.key-gone", lambda: desk.preview_recover(device=True, staff=""))
    desk.mend(mend_for(laptop), typed=PINS[TELLER])
    assert desk.standing().outages.must_recover
    assert "Ctrl U" in refused("outage.key-back", lambda: deposit(desk)).sentence("vi")
    # What was there before the gap can go already; the gap itself not.
    before = desk.batch()
    assert before is not None
    assert entries_of(laptop, before) == [1]
    recover(desk)
    deposit(desk)
    assert not desk.standing().outages.laptop
    desk.close()
    assert [one.signature == NO_SIGNATURE for one in laptop.desk().book.sealed()] == [False, True, True, False, False]


def test_a_letter_of_a_book_with_a_gap_ends_with_a_signature(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_key(laptop)
    desk = laptop.desk()
    declare(desk)
    for amount in (10_000, 20_000, 30_000):
        deposit(desk, amount)
    desk.mend(mend_for(laptop), typed=PINS[TELLER])
    recover(desk)
    deposit(desk)
    # A letter that has room for two entries takes the whole gap rather than end inside it.
    monkeypatch.setattr("desktop.road.letters.BATCH_LINES_MAX", 3)
    raw = desk.batch()
    assert raw is not None
    assert entries_of(laptop, raw) == [1]
    desk.close()
    monkeypatch.setattr("desktop.road.letters.BATCH_LINES_MAX", 4)
    desk = laptop.desk()
    desk._marks = desk._marks._replace(received=1)
    raw = desk.batch()
    assert raw is not None
    assert entries_of(laptop, raw) == [2, 3, 4, 5, 6]
    desk.close()


def test_who_cannot_sign_is_taken_on_paper_by_the_desk_only_in_their_outage(laptop: Laptop) -> None:
    desk = laptop.desk()
    payment = desk.preview_slip(small.SLIP)
    assert payment.paper == frozenset()
    refused("outage.cannot-sign", lambda: desk.approve_on_paper(payment, staff_id=CONTROLLER))
    declare(desk, device=False, staff=CONTROLLER)
    payment = desk.preview_slip(small.SLIP)
    assert payment.paper == {CONTROLLER}
    assert not payment.unsigned
    refused("outage.cannot-sign", lambda: desk.approve_on_paper(payment, staff_id=LEADER))
    # A PIN that is remembered after all ends the outage; it does not sign within it.
    real = desk.approve(payment, staff_id=CONTROLLER, pin=PINS[CONTROLLER])
    # Nobody pays out with a hand on paper alone: the leader signs beside it.
    beside = desk.approve(payment, staff_id=LEADER, pin=PINS[LEADER])
    refused("keys.signature-wrong", lambda: desk.post(payment, approvals=[real, beside]))
    on_paper = desk.approve_on_paper(payment, staff_id=CONTROLLER)
    refused("outage.paper-alone", lambda: desk.post(payment, approvals=[on_paper]))
    desk.post(payment, approvals=[on_paper, beside])
    assert desk.standing().outages.person == CONTROLLER
    assert desk.preview_recover(device=False, staff=CONTROLLER).named == (CONTROLLER,)
    recover(desk, CONTROLLER, device=False, staff=CONTROLLER)
    assert desk.standing().outages.person == ""
    desk.close()
    laptop.desk().close()


def test_a_book_is_not_closed_without_a_key_and_waits_as_it_is(laptop: Laptop) -> None:
    lose_key(laptop)
    desk = laptop.desk()
    declare(desk)
    desk.post(desk.preview_count(notes={500_000: 200}))
    said = refused("outage.close-unsigned", desk.preview_close).sentence("vi")
    assert "số 2" in said
    desk.mend(mend_for(laptop), typed=PINS[TELLER])
    recover(desk, CONTROLLER)
    close = desk.preview_close()
    approvals = [desk.approve(close, staff_id=one, pin=PINS[one]) for one in (TELLER, CONTROLLER, LEADER)]
    desk.post(close, approvals=approvals)
    assert desk.standing().state == "closed"
    desk.close()


def test_nothing_unsigned_is_taken_out_of_a_book_that_somebody_wrote_to_by_hand(laptop: Laptop) -> None:
    """A control: the same entries without the voucher that says why are no book."""
    lose_key(laptop)
    desk = laptop.desk()
    declare(desk)
    deposit(desk)
    rows = list(desk.book.sealed())
    desk.close()
    session = Session(laptop.pack.terms)
    with pytest.raises(Fault) as caught:
        replay(session, [rows[0], rows[2]], book=laptop.pack.book, device_key=laptop.unlocked().sign_key)
    assert caught.value.code == "chain.broken"
    bare = [rows[0]._replace(signature=NO_SIGNATURE)]
    with pytest.raises(keys.SignatureWrong):
        replay(Session(laptop.pack.terms), bare, book=laptop.pack.book, device_key=laptop.unlocked().sign_key)


def test_a_pack_is_not_taken_without_the_key_that_opens_it(laptop: Laptop) -> None:
    lose_key(laptop)
    refused("outage.key-gone", lambda: shelf.take_pack(laptop.home, laptop.unlocked(), raw=b"x", now_s=small.BEGIN_S))
    [checked] = soundness.check(laptop.home, laptop.unlocked())
    assert (checked.entries, checked.reason) == (1, "")


def test_in_training_an_outage_is_played_with_the_key_there(laptop: Laptop) -> None:
    desk = Desk.open(training.open_book(laptop.home, laptop.unlocked(), anew=True), laptop.unlocked(), clock=laptop.clock)
    enrolled.opened(desk)
    declare(desk)
    deposit(desk)
    assert desk.standing().outages.unsigned == 2
    recover(desk)
    assert not desk.standing().outages.laptop
    desk.close()


# --- the commands, and a session from a file


def typed(monkeypatch: pytest.MonkeyPatch, *said: str) -> None:
    """What somebody types at the commands, in order."""
    left = list(said)
    for room in (terminal, joining):
        monkeypatch.setattr(room, "ask", lambda _what: left.pop(0))


def test_the_commands_carry_the_spare_out_and_the_key_back(
    laptop: Laptop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lose_key(laptop)
    home, passphrase = str(laptop.home), enrolled.PASSPHRASES[TELLER]
    desk = laptop.desk()
    declare(desk)
    desk.close()
    typed(monkeypatch, passphrase)
    assert command.main(["send", "--home", home, "--file", str(tmp_path / "a.batch")]) == 1
    assert "Máy mất khóa ký" in capsys.readouterr().err
    assert not (tmp_path / "a.batch").exists()
    typed(monkeypatch, passphrase)
    assert command.main(["mend", str(tmp_path / "spare.dgd"), "--ask", "--home", home]) == 0
    carried = spare.read_spare((tmp_path / "spare.dgd").read_bytes())
    assert carried.device == small.DEVICE
    (tmp_path / "mend.dgd").write_bytes(mend_for(laptop))
    typed(monkeypatch, passphrase, "000000")
    assert command.main(["mend", str(tmp_path / "mend.dgd"), "--home", home]) == 1
    assert not laptop.unlocked().can_sign
    typed(monkeypatch, passphrase, PINS[TELLER])
    assert command.main(["mend", str(tmp_path / "mend.dgd"), "--home", home]) == 0
    assert laptop.unlocked().can_sign
    assert len(vault_copies.copies(laptop.home)) == 1, "the keys as they were, from before they were put back"
    (laptop.home / "vault" / "spare.dgd").unlink()
    typed(monkeypatch, passphrase)
    assert command.main(["mend", str(tmp_path / "none.dgd"), "--ask", "--home", home]) == 1
    assert "đăng ký lại" in capsys.readouterr().err


def test_a_session_from_a_file_may_hold_an_outage_of_a_person(laptop: Laptop, tmp_path: Path) -> None:
    lines = [
        {"act": "outage", "staff": CONTROLLER, "reason": "quên mã PIN"},
        {"act": "outage", "device": True, "reason": "máy còn khóa"},
        {"act": "outage", "device": "yes", "reason": "x"},
        {"act": "disburse", "slip": small.SLIP},
        {"act": "recover", "staff": CONTROLLER},
    ]
    table = script.Table(laptop.desk(), PINS, None, None)
    with script.Answers(tmp_path / "answers") as answers:
        # The float was posted before this run.
        answers.give({"ok": True, "act": "open", "voucher": 1})
        script.run([b"{}", *(json.dumps(one).encode() for one in lines)], table=table, answers=answers)
        told = [(one["act"], one.get("error", "")) for one in answers.given[1:]]
    assert told == [
        ("outage", ""), ("outage", "outage.key-works"), ("outage", "script.line-unclear"), ("disburse", ""), ("recover", ""),
    ]  # fmt: skip
    [paid] = [one for one in table.desk.book.sealed() if one.entry.body.kind == "slip"]
    assert [one.signature == NO_SIGNATURE for one in paid.entry.approvals] == [True, False]
    table.close()
