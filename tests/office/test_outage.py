"""What the office takes of a gap, what it tells its officers of it, and how it gives a laptop its keys back."""

from pathlib import Path

import pytest

from sync import chain, keys, spare
from sync.errors import Fault
from sync.office import devices, inspection, intake, overview, receipts, spares
from sync.receipt import receipt_text
from sync.records import changed
from sync.unsigned import unsigned_text
from tests.office.conftest import Desk
from tests.office.laptop import Laptop
from tests.office.test_commands import run
from tests.office.test_intake import differences


def outage(laptop: Laptop, *, device: bool = True, staff: str = "") -> None:
    laptop.post(laptop.session.plan_outage(device=device, staff=staff, reason="máy rơi"))


def recover(laptop: Laptop, *, device: bool = True, staff: str = "") -> None:
    body = laptop.session.plan_recover(device=device, staff=staff, head=laptop.head)
    if staff:
        laptop.force(body, approvers=[staff])
    else:
        laptop.post(body)


def gap(laptop: Laptop) -> Laptop:
    """The float, two deposits the laptop could not sign, the recovery, one more deposit."""
    laptop.open()
    outage(laptop)
    laptop.deposit(50_000)
    laptop.deposit(70_000, place=3)
    recover(laptop)
    laptop.deposit(10_000, place=4)
    return laptop


def sentences(desk: Desk) -> list[str]:
    return [one.sentence for one in overview.exceptions(desk.office).differences]


def test_a_gap_comes_in_whole_and_its_outage_and_recovery_are_told_to_the_officers(desk: Desk) -> None:
    laptop = gap(desk.laptop())
    ack = laptop.believes(intake.receive(desk.office, batch=laptop.batch()))
    assert (ack.status, ack.received, ack.safe, ack.differences) == ("ok", 6, 6, 2)
    assert differences(desk) == [(2, "outage.laptop"), (5, "outage.over")]
    said = " ".join(sentences(desk))
    assert "mất khóa ký từ số 2" in said
    assert "3 phiếu đến số 4, thu 120.000 đ, chi 0 đ" in said
    assert [one.wrong for one in inspection.inspect(desk.office)] == [()]
    # Sent again it is nothing new.
    intake.receive(desk.office, batch=laptop.batch())
    assert len(differences(desk)) == 2


def test_what_was_before_the_gap_comes_first_and_the_gap_with_its_recovery_later(desk: Desk) -> None:
    laptop = gap(desk.laptop())
    assert laptop.believes(intake.receive(desk.office, batch=laptop.batch(1, 1))).received == 1
    with pytest.raises(Fault) as caught:
        laptop.batch(2, 3)
    assert caught.value.code == "batch.wrong"
    ack = laptop.believes(intake.receive(desk.office, batch=laptop.batch(2, 5)))
    assert (ack.received, ack.differences) == (5, 2)


def test_an_outage_declared_by_a_laptop_that_signs_all_the_same_is_listed(desk: Desk) -> None:
    laptop = desk.laptop()
    laptop.open()
    outage(laptop)
    laptop.deposit()
    last = laptop.entries[-1]
    signature = keys.sign(laptop.seed, "entry/1", chain.stub_of(last.entry, last.head).to_bytes())
    laptop.entries[-1] = last._replace(signature=signature)
    assert laptop.believes(intake.receive(desk.office, batch=laptop.batch())).received == 3
    assert differences(desk) == [(2, "outage.laptop"), (3, "outage.signed-inside")]


def test_a_person_who_signs_on_paper_is_told_with_the_close_and_nothing_else_is_looser(desk: Desk) -> None:
    laptop = desk.laptop()
    controller = laptop.one("controller")
    laptop.open()
    outage(laptop, device=False, staff=controller)
    laptop.pay(laptop.pack.terms.payouts[0].slip_no)
    laptop.count(short=laptop.session.cash % 500)
    if laptop.session.counted != laptop.session.cash:
        laptop.post(laptop.session.plan_difference(reason="tiền lẻ"))
    laptop.reverse(3)
    laptop.count(short=laptop.session.cash % 500)
    if laptop.session.counted != laptop.session.cash:
        laptop.post(laptop.session.plan_difference(reason="tiền lẻ"))
    laptop.close()
    intake.receive(desk.office, batch=laptop.batch())
    found = [code for _, code in differences(desk)]
    assert (found[0], found[-1]) == ("outage.person", "outage.closed-on-paper")
    # What undoes or writes off is told one by one.
    assert "outage.approved-on-paper" in found[1:-1]
    assert any("ký trên giấy" in one for one in sentences(desk))
    assert [one.wrong for one in inspection.inspect(desk.office)] == [()]


def test_what_is_written_off_with_a_hand_on_paper_is_told_one_by_one(desk: Desk) -> None:
    laptop = desk.laptop()
    laptop.open()
    outage(laptop, device=False, staff=laptop.one("leader"))
    laptop.count(short=50_000_000)
    short = laptop.session.plan_difference(reason="thiếu")
    with pytest.raises(Fault, match=r"outage\.paper-alone"):
        laptop.session.check(short, maker=laptop.maker, approvers=[laptop.one("leader")], head=laptop.head)
    laptop.post(short)
    intake.receive(desk.office, batch=laptop.batch())
    assert [code for _, code in differences(desk)][:2] == ["outage.person", "outage.approved-on-paper"]


def test_a_paper_approval_without_an_outage_and_a_loose_recovery_are_broken_rules(desk: Desk) -> None:
    """A control: the zeros alone say nothing, and whoever names a gap that is none is found out."""
    laptop = desk.laptop()
    laptop.open()
    body = laptop.session.plan_slip(laptop.pack.terms.payouts[0].slip_no)
    laptop.force(body, approvers=[laptop.one("controller")])
    bare = changed(laptop.entries[-1].entry, approvals=(chain.signed_on_paper(laptop.one("controller")),))
    raw = bare.to_bytes()
    head = chain.head_of(raw)
    signature = keys.sign(laptop.seed, "entry/1", chain.stub_of(bare, head).to_bytes())
    laptop.entries[-1] = chain.Sealed(bare, raw, head, signature)
    outage(laptop, device=False, staff=laptop.one("leader"))
    right = laptop.session.plan_recover(device=False, staff=laptop.one("leader"), head=laptop.head)
    wrong = changed(right, details=(("first", "1"), ("last", "99"), ("staff", laptop.one("leader"))))
    laptop.force(wrong, approvers=[laptop.one("leader")])
    intake.receive(desk.office, batch=laptop.batch())
    assert differences(desk) == [(2, "keys.signature-wrong"), (3, "outage.person"), (4, "outage.gap-differs")]


# --- the keys given back


def test_the_recovery_key_gives_a_laptop_its_keys_back_in_the_hands_of_one_of_its_people(desk: Desk) -> None:
    laptop = desk.laptop()
    recovery = (desk.folder / "keys" / "recovery").read_bytes()
    held = spare.LaptopKeys(seed=laptop.seed, secret=laptop.secret)
    raw = spare.make_spare(held, device=laptop.device, recovery_key=laptop.ticket.office.recovery_key)
    teller = laptop.one("teller")

    def mend(raw: bytes = raw, staff: str = teller, recovery: bytes = recovery) -> bytes:
        letter, made = spares.mend(desk.office, raw=raw, recovery_secret=recovery, staff_id=staff)
        assert letter == "A"
        return made

    # `Laptop` seals to its people under the seed they sign with.
    opened = spare.open_mend(mend(), device=laptop.device, staff_id=teller, secret=laptop.staff[teller])
    assert opened == held
    with pytest.raises(Fault) as caught:
        spare.open_mend(mend(), device=laptop.device, staff_id=teller, secret=laptop.secret)
    assert caught.value.code == "keys.not-opened"
    theirs = spare.LaptopKeys(seed=b"\x01" * 32, secret=b"\x02" * 32)
    forged = spare.make_spare(theirs, device=laptop.device, recovery_key=laptop.ticket.office.recovery_key)
    for code, call in (
        ("spares.not-their-laptop", lambda: mend(staff="GDV99")),
        ("keys.not-opened", lambda: mend(recovery=bytes(31) + b"\1")),
        ("spare.elsewhere", lambda: mend(forged)),
        ("bytes.malformed", lambda: mend(b"no file")),
    ):
        with pytest.raises(Fault) as caught:
            call()
        assert caught.value.code == code
    devices.revoke(desk.office, letter="A")
    with pytest.raises(Fault) as caught:
        mend()
    assert caught.value.code == "device.revoked"


def test_the_command_writes_the_key_file_and_says_what_is_wrong(desk: Desk, tmp_path: Path) -> None:
    laptop = desk.laptop()
    held = spare.LaptopKeys(seed=laptop.seed, secret=laptop.secret)
    (tmp_path / "spare.dgd").write_bytes(
        spare.make_spare(held, device=laptop.device, recovery_key=laptop.ticket.office.recovery_key)
    )
    words = ("mend", tmp_path / "spare.dgd", "--home", desk.folder, "--recovery", desk.folder / "keys" / "recovery")
    teller = laptop.one("teller")
    assert "Tệp khóa của máy A" in run(*words, "--staff", teller, "--out", tmp_path / "mend.dgd")
    raw = (tmp_path / "mend.dgd").read_bytes()
    assert spare.open_mend(raw, device=laptop.device, staff_id=teller, secret=laptop.staff[teller]) == held
    assert "không có tài khoản" in run(*words, "--staff", "GDV99", "--out", tmp_path / "none.dgd", ok=False)
    assert not (tmp_path / "none.dgd").exists()


# --- a receipt that nobody signed


def unsigned(laptop: Laptop, place: int, /, **other: object) -> str:
    one = laptop.entries[place - 1]
    return unsigned_text(changed(chain.stub_of(one.entry, one.head), **other))


def asked(desk: Desk, text: str) -> tuple[str, str]:
    answer = receipts.verify_receipt(desk.office, text=text)
    return answer.verdict, " ".join(vi for vi, _ in answer.notes)


def test_a_receipt_of_the_gap_is_good_for_what_the_recovery_signed(desk: Desk) -> None:
    laptop = gap(desk.laptop())
    intake.receive(desk.office, batch=laptop.batch(1, 1))
    assert asked(desk, unsigned(laptop, 3)) == ("outage-waiting", "")
    intake.receive(desk.office, batch=laptop.batch(2))
    found, notes = asked(desk, unsigned(laptop, 3))
    assert found == "outage"
    assert "từ phiếu số 2" in notes
    assert "khắc phục ở phiếu số 5" in notes
    assert "khác biệt" not in notes
    answer = receipts.verify_receipt(desk.office, text=unsigned(laptop, 4))
    assert answer.believed
    assert answer.held
    assert (answer.held.cash, answer.number[-2:]) == (70_000, "04")
    laptop.reverse(3)
    intake.receive(desk.office, batch=laptop.batch(7))
    assert asked(desk, unsigned(laptop, 3))[0] == "reversed"


def test_an_unsigned_receipt_that_no_outage_covers_is_treated_as_forged(desk: Desk) -> None:
    laptop = gap(desk.laptop())
    intake.receive(desk.office, batch=laptop.batch())
    for text in (
        unsigned(laptop, 1), unsigned(laptop, 5), unsigned(laptop, 6), unsigned(laptop, 3, amount=51_000),
        unsigned(laptop, 3, cash_in=1), unsigned(laptop, 3, book=laptop.device[:8] + bytes(8)),
    ):  # fmt: skip
        found, _ = asked(desk, text)
        assert found == "forged"
        assert not receipts.verify_receipt(desk.office, text=text).believed
    assert asked(desk, unsigned(laptop, 3, book=bytes(16)))[0] == "unknown-laptop"
    laptop.count(short=laptop.session.cash % 500)
    if laptop.session.counted != laptop.session.cash:
        laptop.post(laptop.session.plan_difference(reason="tiền lẻ"))
    laptop.close()
    intake.receive(desk.office, batch=laptop.batch(7))
    # Nothing comes after a close, so nothing is waited for.
    assert asked(desk, unsigned(laptop, 3, number=99))[0] == "forged"


def test_what_opens_and_closes_the_gap_is_told_without_an_alarm_on_its_paper(desk: Desk) -> None:
    laptop = gap(desk.laptop())
    intake.receive(desk.office, batch=laptop.batch())
    recovery = laptop.entries[4]
    text = receipt_text(chain.stub_of(recovery.entry, recovery.head), recovery.signature)
    assert asked(desk, text) == ("genuine", "")


def test_a_float_taken_over_in_an_outage_is_no_contradiction_beside_a_later_receipt(desk: Desk) -> None:
    laptop = desk.laptop()
    outage(laptop)
    recover(laptop)
    laptop.open()
    laptop.deposit()
    intake.receive(desk.office, batch=laptop.batch())
    two = [receipt_text(chain.stub_of(one.entry, one.head), one.signature) for one in (laptop.entries[1], laptop.entries[2])]
    found = receipts.verify_two(desk.office, first=two[0], second=two[1]).comparison
    assert found is not None
    assert found.relation == "next"
    last = laptop.entries[3]
    found = receipts.verify_two(
        desk.office, first=two[1], second=receipt_text(chain.stub_of(last.entry, last.head), last.signature)
    ).comparison
    assert found is not None
    assert found.relation == "next"
