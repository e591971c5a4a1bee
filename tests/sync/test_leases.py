"""Who is served where at a table of two laptops: units, first holders, the answer to a question, and the bytes of it all."""

import hashlib
import hmac

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync import keys, leases
from sync.leases import Held, Said, Table, decide, hand_code, is_hand_code, received, table_of, touched, unit_of
from sync.ledger import Line
from sync.pack import Pack
from sync.records import changed
from sync.terms import Roll
from sync.voucher import Body
from tests.sync.small import (
    COMMISSION,
    DEVICE,
    DEVICE_SECRET,
    FEE,
    GROUP_A,
    GROUP_B,
    HEAD_A,
    LATE,
    PACK,
    RESIDENT,
    SAVER,
    SLIP,
    SPARE,
    SPARE_LAPTOP,
    SPARE_SECRET,
    TERMS,
    deposit_no,
    loan_code,
)

ROLL = Roll(TERMS)
SHARED: Pack = changed(PACK, groups=(GROUP_A,), laptops=(changed(SPARE_LAPTOP, groups=(GROUP_B,)),))


def table(pack: Pack = SHARED) -> Table:
    found = table_of(pack)
    assert found is not None
    return found


def test_one_laptop_has_no_table() -> None:
    assert table_of(PACK) is None


def test_whoever_is_of_no_group_is_the_first_laptops_by_letter() -> None:
    both = table()
    for unit, letter in ((GROUP_A, "A"), (GROUP_B, "B"), (RESIDENT, "A"), ("11", "A"), (SLIP, "A")):
        assert both.first_holder(unit).letter == letter
    assert both.here.letter == "A"
    assert [one.letter for one in both.others] == ["B"]


def test_a_person_is_held_with_their_group_and_others_by_themselves() -> None:
    assert [unit_of(ROLL, one) for one in (SAVER, HEAD_A, LATE, RESIDENT, GROUP_B, "11", "")] == [
        GROUP_A, GROUP_A, GROUP_B, RESIDENT, GROUP_B, "11", "",
    ]  # fmt: skip


def line(account: str) -> Line:
    return Line(code="TT", account=account, component="deposit", amount=1_000)


@pytest.mark.parametrize(
    ("body", "units"),
    [
        (Body(kind="group", party=GROUP_A, by=HEAD_A, lines=(line(deposit_no(SAVER)),)), {GROUP_A}),
        (Body(kind="visit", party=LATE, by=LATE, lines=(line(loan_code(LATE)),)), {GROUP_B}),
        # A line on somebody else's account would touch them too.
        (Body(kind="visit", party=LATE, by=LATE, lines=(line(deposit_no(RESIDENT)),)), {GROUP_B, RESIDENT}),
        (Body(kind="slip", party="11", slip=FEE), {"11"}),
        (Body(kind="slip", party=GROUP_A, slip=COMMISSION), {GROUP_A}),
        (Body(kind="slip", party="", slip="TH-1"), {"TH-1"}),
        (Body(kind="adjust", party=SAVER, slip="DC-1"), {GROUP_A}),
        (Body(kind="reverse", party=LATE, reverses=2), set()),
        (Body(kind="request", party=GROUP_A), set()),
        (Body(kind="suspense", party=SAVER), set()),
        (Body(kind="count"), set()),
        (Body(kind="close"), set()),
    ],
)
def test_a_voucher_touches_its_party_and_whose_accounts_it_moves(body: Body, units: set[str]) -> None:
    assert touched(ROLL, body) == units


def said(counter: int = 1, *, epoch: int = 0, sender: bytes = SPARE, to: bytes = DEVICE) -> Said:
    return Said(
        version=1, kind="ask", table=table().digest, sender=sender, to=to, book=b"\x01" * 16, nonce=b"\x02" * 16,
        unit=GROUP_A, epoch=epoch, counter=counter,
    )  # fmt: skip


THIRD = b"\x55" * 16


@pytest.mark.parametrize(
    ("ask", "held", "busy", "heard", "verdict", "after"),
    [
        (said(), Held(DEVICE, 0), False, 0, "given", Held(SPARE, 1)),
        (said(), Held(DEVICE, 0), True, 0, "touched", Held(DEVICE, 0)),
        (said(), Held(THIRD, 1), False, 0, "elsewhere", Held(THIRD, 1)),
        # The answer was lost: the same again.
        (said(2), Held(SPARE, 1), False, 1, "given", Held(SPARE, 1)),
        # It was given here, and this laptop never heard of it: back, and later than that.
        (said(2, epoch=3), Held(SPARE, 2), False, 1, "given", Held(SPARE, 4)),
        (said(2), Held(DEVICE, 0), False, 2, "late", Held(DEVICE, 0)),
        (said(1), Held(DEVICE, 0), False, 2, "late", Held(DEVICE, 0)),
        (said(7, epoch=5), Held(DEVICE, 2), False, 0, "given", Held(SPARE, 6)),
    ],
)
def test_a_question_has_one_answer(ask: Said, held: Held, busy: bool, heard: int, verdict: str, after: Held) -> None:
    assert decide(ask, held=held, mine=DEVICE, busy=busy, heard=heard) == (verdict, after)


def test_an_answer_counts_for_its_own_question_only() -> None:
    asked = said(4)
    grant = changed(asked, kind="grant", sender=DEVICE, to=SPARE, verdict="given", epoch=1)
    assert received(grant, asked=asked, held=Held(DEVICE, 0), mine=SPARE) == Held(SPARE, 1)
    for other in (
        changed(grant, counter=3), changed(grant, unit=GROUP_B), changed(grant, sender=THIRD), changed(grant, verdict="touched"),
        changed(grant, kind="closed"), changed(grant, nonce=b"\x03" * 16), changed(grant, to=THIRD),
    ):  # fmt: skip
        assert received(other, asked=asked, held=Held(DEVICE, 0), mine=SPARE) is None
    assert received(grant, asked=asked, held=Held(DEVICE, 2), mine=SPARE) is None


def test_the_table_is_the_same_on_both_and_as_the_protocol_says() -> None:
    theirs = changed(
        SHARED, device=SPARE, letter="B", groups=(GROUP_B,),
        laptops=(changed(SPARE_LAPTOP, device=DEVICE, letter="A", groups=(GROUP_A,)),),
    )  # fmt: skip
    by_hand = msgspec.msgpack.encode(["TXN0480799", "2024-08-15", [[DEVICE, [GROUP_A]], [SPARE, [GROUP_B]]]])
    digest = hashlib.sha256(b"dgd/table/1\0" + by_hand).digest()
    assert table().digest == table(theirs).digest == digest
    assert digest.hex() == FROZEN_TABLE
    other = changed(SHARED, groups=(GROUP_B,), laptops=(changed(SPARE_LAPTOP, groups=(GROUP_A,)),))
    assert table(other).digest != digest


def test_the_digits_are_as_the_protocol_says_and_good_for_one_giving() -> None:
    public = keys.seal_public(SPARE_SECRET)
    shared = keys.shared(DEVICE_SECRET, public, label="hand/1", salt=table().digest)
    agreed = X25519PrivateKey.from_private_bytes(SPARE_SECRET).exchange(
        X25519PublicKey.from_public_bytes(keys.seal_public(DEVICE_SECRET))
    )
    by_hand = HKDF(algorithm=hashes.SHA256(), length=32, salt=table().digest, info=b"dgd/hand/1").derive(agreed)
    assert shared == by_hand
    made = hmac.new(by_hand, b"dgd/hand/1\0" + table().digest + DEVICE + SPARE + (1).to_bytes(8, "big") + GROUP_A.encode(), hashlib.sha256)
    digits = f"{int.from_bytes(made.digest()) % 10**12:012d}"
    code = hand_code(shared, table=table().digest, giver=DEVICE, to=SPARE, unit=GROUP_A, epoch=1)
    assert code == f"{digits[:4]} {digits[4:8]} {digits[8:]}" == FROZEN_CODE
    assert is_hand_code(digits, code)
    assert is_hand_code(f" {code}. ", code)
    assert not is_hand_code(digits[:-1], code)
    assert not is_hand_code("", code)
    usual = {"giver": DEVICE, "to": SPARE, "unit": GROUP_A, "epoch": 1}
    for change in ({"epoch": 2}, {"unit": GROUP_B}, {"giver": SPARE, "to": DEVICE}):
        assert hand_code(shared, table=table().digest, **{**usual, **change}) != code  # type: ignore[arg-type]
    assert hand_code(shared, table=b"\0" * 32, **usual) != code  # type: ignore[arg-type]


def test_what_is_said_has_one_form() -> None:
    made = changed(said(), signature=b"\x01" * 64)
    fields = [1, "ask", table().digest, SPARE, DEVICE, b"\x01" * 16, b"\x02" * 16, GROUP_A, "", 0, 1, "", b"", b"\x01" * 64]
    assert made.to_bytes() == msgspec.msgpack.encode(fields)
    assert leases.VERSION == 1


FROZEN_TABLE = "ee503411869a1b3671e6971a83d40ef5312455cdd712263db56cee5458a0b919"
FROZEN_CODE = "3594 1378 1843"
