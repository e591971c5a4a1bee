"""The text of a receipt's code: one reading each way, and nothing altered is believed."""

import contextlib
import datetime
import tomllib
from pathlib import Path

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


@given(st.binary(max_size=220).map(lambda raw: "DGD1:" + receipt.base45(raw)) | st.text(max_size=400).map("DGD1:".__add__))
def test_reading_raises_nothing_but_what_it_says(text: str) -> None:
    with contextlib.suppress(receipt.NotReceipt):
        receipt.read_receipt(text)


@given(stubs, st.binary(min_size=1, max_size=3))
def test_a_stub_with_more_or_less_behind_it_is_torn(stub: Stub, more: bytes) -> None:
    raw = stub.to_bytes()
    for other in (raw + more, raw[:-1], more + raw):
        with pytest.raises(receipt.ReceiptTorn):
            receipt.read_receipt("DGD1:" + receipt.base45(other + signed(stub)))


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


def test_blanks_and_line_ends_that_scanners_add_are_let_go_and_a_blank_of_the_code_is_not() -> None:
    text = receipt.receipt_text(STUB, signed(STUB))
    for said in (text, text + "\r\n", "\n  " + text, text + "\t"):
        assert checked(said) == STUB
    with pytest.raises(Fault):
        checked(text + " ")


def test_the_marks_of_training_papers_are_those_that_are_printed() -> None:
    folder = Path(__file__).parents[2] / "resources" / "text"
    printed = [tomllib.loads(file.read_text("utf-8"))["paper"]["training"]["mark"] for file in sorted(folder.glob("*.toml"))]
    assert sorted(printed) == sorted(receipt.TRAINING_MARKS)
    assert receipt.is_training("TẬP HUẤN\r\n")
    assert not receipt.is_training(receipt.receipt_text(STUB, signed(STUB)))


# Two receipts


def told(amounts: list[int]) -> list[Stub]:
    """The stubs of a book whose vouchers moved this much cash; the first one opens it."""
    made: list[Stub] = []
    cash_in = cash_out = 0
    head = bytes(32)
    for number, amount in enumerate(amounts, start=1):
        if number > 1:
            cash_in, cash_out = cash_in + max(amount, 0), cash_out + max(-amount, 0)
        digest = keys.digest("test/entry", head, str(amount).encode())
        made.append(
            changed(STUB, number=number, amount=amount, cash_in=cash_in, cash_out=cash_out, prev8=head[:8], digest=digest)
        )
        head = digest
    return made


# A float is taken over, never given away.
books = st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=40).map(lambda all_: [abs(all_[0]), *all_[1:]])


@given(books, st.data())
def test_two_receipts_of_a_book_say_what_lies_between_them(amounts: list[int], data: st.DataObject) -> None:
    stubs = told(amounts)
    places = data.draw(st.lists(st.integers(0, len(stubs) - 1), min_size=2, max_size=2))
    low, high = sorted(places)
    found = receipt.compare(*(stubs[place] for place in places))
    assert (found.earlier, found.later) == (stubs[low], stubs[high])
    between = amounts[low + 1 : high]
    assert found.relation == ("same" if low == high else "apart" if between else "next")
    assert found.between == len(between)
    assert (found.cash_in, found.cash_out) == (
        sum(one for one in between if one > 0), -sum(one for one in between if one < 0),
    )  # fmt: skip
    assert found == receipt.compare(*(stubs[place] for place in reversed(places))), "in either order"


FIRST, SECOND, THIRD, FOURTH = told([100_000_000, 5_000, -3_000, 7_000])


@pytest.mark.parametrize(
    ("one", "other", "wrong"),
    [
        (SECOND, changed(SECOND, amount=6_000, cash_in=6_000), "two-at-number"),
        (SECOND, changed(SECOND, digest=bytes(32)), "two-at-number"),
        (SECOND, changed(THIRD, business_date=datetime.date(2024, 4, 16)), "other-day"),
        (SECOND, changed(FOURTH, cash_in=11_999), "totals-fall"),
        (THIRD, changed(FOURTH, cash_out=2_999), "totals-fall"),
        (SECOND, changed(THIRD, cash_in=5_001), "totals-do-not-fit"),
        (SECOND, changed(THIRD, cash_out=3_001), "totals-do-not-fit"),
        (SECOND, changed(THIRD, prev8=b"12345678"), "not-linked"),
        (SECOND, changed(FOURTH, number=0), "cannot-be"),
        (SECOND, changed(FOURTH, prev8=bytes(8)), "cannot-be"),
        (SECOND, changed(FOURTH, prev8=b"123"), "cannot-be"),
        (SECOND, changed(FOURTH, cash_in=6_999), "cannot-be"),
        (SECOND, changed(THIRD, cash_out=2_999), "cannot-be"),
        (changed(FIRST, prev8=b"12345678"), FOURTH, "cannot-be"),
    ],
)  # fmt: skip
def test_what_cannot_be_true_of_both_is_named(one: Stub, other: Stub, wrong: receipt.Contradiction) -> None:
    found = receipt.compare(one, other)
    assert found.relation == "clash"
    assert wrong in found.contradictions
    assert (found.between, found.cash_in, found.cash_out) == (0, 0, 0)


@given(stubs, stubs)
def test_any_two_receipts_can_be_compared(one: Stub, other: Stub) -> None:
    for second in (other, changed(other, book=one.book), changed(other, book=one.book, number=one.number)):
        found = receipt.compare(one, second)
        assert {found.earlier, found.later} == {one, second}
        assert found == receipt.compare(second, one)
        assert (found.relation == "clash") is bool(found.contradictions)
        assert min(found.between, found.cash_in, found.cash_out) >= 0


def test_receipts_of_two_books_say_nothing_of_each_other() -> None:
    elsewhere = changed(SECOND, book=bytes(16), business_date=datetime.date(2024, 4, 14))
    found = receipt.compare(FIRST, elsewhere)
    assert (found.relation, found.earlier, found.contradictions) == ("other-book", elsewhere, ())
