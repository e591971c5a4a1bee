"""The text of a receipt's code: one reading each way, and nothing altered is believed."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import keys, receipt
from sync.chain import Stub, verify_stub
from sync.errors import Damage, Fault, Refusal
from sync.records import changed

SEED = b"\x11" * 32
KEY = keys.sign_public(SEED)
QR_ALPHANUMERIC = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")

amounts = st.integers(-999_999_999_999, 999_999_999_999)
stubs = st.builds(
    Stub,
    book=st.binary(min_size=16, max_size=16),
    number=st.integers(0, 2**31),
    business_date=st.dates(datetime.date(1000, 1, 1)),
    amount=amounts,
    cash_in=amounts,
    cash_out=amounts,
    prev8=st.binary(min_size=8, max_size=8),
    digest=st.binary(min_size=32, max_size=32),
)
STUB = Stub(
    book=bytes(range(16)),
    number=137,
    business_date=datetime.date(2024, 4, 15),
    amount=5_300_000,
    cash_in=221_350_000,
    cash_out=687_000_000,
    prev8=b"\x01" * 8,
    digest=b"\x7f\x3a\x91\xc2" + b"\x02" * 28,
)


def signed(stub: Stub) -> bytes:
    return keys.sign(SEED, "entry/1", stub.to_bytes())


def checked(text: str) -> Stub:
    """What a phone does with a scanned code."""
    stub, signature = receipt.read_receipt(text)
    verify_stub(stub, signature, device_key=KEY)
    return stub


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0"), (b"", "")],
)
def test_base45_is_that_of_rfc_9285(raw: bytes, text: str) -> None:
    assert receipt.base45(raw) == text
    assert receipt.from_base45(text) == raw


@pytest.mark.parametrize("text", ["G", "GG", ":::", "GGW", "ab0", "0000"])
def test_base45_that_nobody_wrote_is_refused(text: str) -> None:
    with pytest.raises(receipt.NotReceipt):
        receipt.from_base45(text)


@given(st.binary(max_size=200))
def test_base45_and_back_is_identity(raw: bytes) -> None:
    assert receipt.from_base45(receipt.base45(raw)) == raw


@given(stubs)
def test_a_receipt_reads_back_and_its_signature_holds(stub: Stub) -> None:
    text = receipt.receipt_text(stub, signed(stub))
    assert checked(text) == stub
    assert checked(text + "\r\n") == stub
    assert set(text) <= QR_ALPHANUMERIC
    assert len(text) <= receipt.TEXT_LETTERS_MAX


@given(st.text() | st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:").map("DGD1:".__add__))
def test_no_text_raises_anything_but_our_faults(text: str) -> None:
    with pytest.raises((Refusal, Damage)) as caught:
        checked(text)
    assert caught.value.sentence("vi")
    assert caught.value.sentence("en")


@pytest.mark.feature(55)
def test_every_changed_letter_of_a_code_is_refused() -> None:
    text = receipt.receipt_text(STUB, signed(STUB))
    assert checked(text) == STUB
    tried = 0
    for place in range(len(text)):
        for letter in sorted(QR_ALPHANUMERIC - {text[place]})[place % 4 :: 4]:
            tried += 1
            with pytest.raises(Fault):
                checked(text[:place] + letter + text[place + 1 :])
    assert tried > 2_000


@pytest.mark.parametrize(
    "other",
    [
        {"amount": 53_000_000}, {"amount": 5_300_001}, {"number": 138}, {"business_date": datetime.date(2024, 4, 16)},
        {"cash_in": 0}, {"cash_out": 1}, {"book": bytes(16)}, {"digest": bytes(32)}, {"prev8": bytes(8)},
    ],
)  # fmt: skip
def test_a_forged_fact_does_not_carry_the_signature(other: dict[str, object]) -> None:
    forged = receipt.receipt_text(changed(STUB, **other), signed(STUB))
    with pytest.raises(keys.SignatureWrong):
        checked(forged)


def test_another_laptops_key_does_not_vouch_for_it() -> None:
    stub, signature = receipt.read_receipt(receipt.receipt_text(STUB, signed(STUB)))
    with pytest.raises(keys.SignatureWrong):
        verify_stub(stub, signature, device_key=keys.sign_public(b"\x12" * 32))


@pytest.mark.parametrize("text", ["", "DGD1:", "DGD2:AB", "dgd1:BB8", "DGD1:BB8", "DGD1:" + "0" * 400])
def test_what_is_no_receipt_says_so(text: str) -> None:
    with pytest.raises(Fault):
        receipt.read_receipt(text)
