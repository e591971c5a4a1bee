"""One value, one form in bytes; and nothing unpacks to more than it may."""

import datetime
import io
import struct
import tracemalloc
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from sync import chain, envelope, pack, protocol, receipt, terms, voucher
from sync.errors import Fault
from sync.ledger import Line
from sync.records import WINDOW_BYTES_MAX, Malformed, Record, changed, from_bytes, packed, plain, unpacked
from tests.sync import small

KINDS: list[type[Record]] = [
    Line, voucher.Body, chain.Entry, chain.Stub, chain.Approval, envelope.Header, pack.Ticket, pack.Answer, pack.Pack,
    pack.Office, protocol.Ack, terms.Terms, terms.Loan, terms.Customer, protocol._Batch, protocol._Columns,
]  # fmt: skip


class One(Record):
    """A record of one list, for bytes that claim to be long."""

    many: tuple[int, ...]


@given(st.sampled_from(KINDS), st.binary(max_size=80))
def test_no_bytes_raise_anything_but_malformed(kind: type[Record], raw: bytes) -> None:
    with pytest.raises(Malformed):
        from_bytes(kind, raw)


@given(st.sampled_from([small.TERMS, small.PACK, small.PACK.terms.loans[0], small.OFFICE]), st.data())
def test_changed_bytes_are_another_value_or_none(value: Record, data: st.DataObject) -> None:
    raw = bytearray(value.to_bytes())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    try:
        other = from_bytes(type(value), bytes(raw))
    except Malformed:
        return
    assert other != value
    assert other.to_bytes() == bytes(raw)


def test_a_value_reads_back_as_itself() -> None:
    for value in (small.TERMS, small.PACK, small.OFFICE):
        assert from_bytes(type(value), value.to_bytes()) == value


@pytest.mark.parametrize(
    "other",
    [
        b"\x94\xa2TG\xa1X\xa9principal\xd0\x05",  # 5 in two bytes
        b"\x94\xa2TG\xa1X\xa9principal\xcb\x40\x14\0\0\0\0\0\0",  # 5.0
        b"\x94\xd9\x02TG\xa1X\xa9principal\x05",  # a longer form of the same text
        b"\xdc\x00\x04\xa2TG\xa1X\xa9principal\x05",  # a longer form of the same array
        b"\x94\xa2TG\xa1X\xa9principal\x05\x00",  # something behind it
        b"\x95\xa2TG\xa1X\xa9principal\x05\xc0",  # a field too many
        b"\x93\xa2TG\xa1X\xa9principal",  # a field too few
        b"\x94\xa2TG\xa1X\xa9principal\xc3",  # true
        b"\x94\xa2TG\xa1X\xa9principal\xcf\xff\xff\xff\xff\xff\xff\xff\xff",  # more than twelve digits
        b"\x94\xa2\xc3\x28\xa1X\xa9principal\x05",  # no UTF-8
    ],
)
def test_the_same_said_in_another_way_is_refused(other: bytes) -> None:
    good = b"\x94\xa2TG\xa1X\xa9principal\x05"
    assert from_bytes(Line, good) == Line(code="TG", account="X", component="principal", amount=5)
    with pytest.raises(Malformed):
        from_bytes(Line, other)


def test_a_claim_of_four_billion_items_takes_no_memory() -> None:
    for claim in (b"\xdd\xff\xff\xff\xff", b"\xdd\x7f\xff\xff\xff\x01", b"\xc6\xff\xff\xff\xff"):
        assert taken_to_refuse(lambda claim=claim: from_bytes(One, b"\x91" + claim)) < 1_000_000


def taken_to_refuse(verb: Callable[[], object]) -> int:
    """The most memory in bytes that was held at once on the way to `Malformed`."""
    tracing = tracemalloc.is_tracing()
    tracemalloc.start()
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    with pytest.raises(Malformed):
        verb()
    _, peak = tracemalloc.get_traced_memory()
    if not tracing:
        tracemalloc.stop()
    return peak - before


def test_nesting_without_end_is_malformed() -> None:
    with pytest.raises(Malformed):
        from_bytes(One, b"\x91" * 100_000)


def test_a_record_cannot_be_altered_and_a_changed_one_is_new() -> None:
    line = Line(code="TG", account="X", component="principal", amount=5)
    with pytest.raises(AttributeError):
        line.amount = 6  # type: ignore[misc]
    assert changed(line, amount=6).amount == 6
    assert line.amount == 5
    assert plain(changed(small.TERMS.loans[0], due_on=datetime.date(2024, 1, 2)))["due_on"] == "2024-01-02"


# --- packing


@given(st.binary(max_size=5_000))
def test_what_is_packed_unpacks_to_itself(raw: bytes) -> None:
    assert unpacked(packed(raw)) == raw


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_malformed_when_unpacked(raw: bytes) -> None:
    with pytest.raises(Malformed):
        unpacked(raw)


def frame(blocks: int, *, claimed: int, window: int = 13 << 3) -> bytes:
    """A frame of runs of 128 KiB each, four bytes a run, that says it holds `claimed` bytes."""
    made = io.BytesIO()
    made.write(b"\x28\xb5\x2f\xfd" + bytes([0x80, window]) + struct.pack("<I", claimed))
    for at in range(blocks):
        made.write(((131_072 << 3) | 2 | (at == blocks - 1)).to_bytes(3, "little") + b"A")
    return made.getvalue()


def test_a_frame_that_says_what_it_holds_is_unpacked() -> None:
    """The control: this is how such a frame is really written."""
    assert unpacked(frame(4, claimed=4 * 131_072)) == b"A" * 4 * 131_072


@pytest.mark.parametrize(
    "bomb",
    [
        frame(4_000, claimed=10), frame(4_000, claimed=131_072), frame(4_000, claimed=4_000 * 131_072),
        frame(2, claimed=2 * 131_072 + 1), frame(2, claimed=2 * 131_072 - 1),
        frame(2, claimed=2 * 131_072, window=(20 << 3)),
        packed(b"x" * 1_000)[:-1], packed(b"x" * 1_000) + b"x", packed(b"x") + packed(b"y"),
        packed(b"x" * 1_000) + b"\x50\x2a\x4d\x18\x04\0\0\0abcd",
        zstandard.ZstdCompressor(write_content_size=False).compress(b"x" * 100),
    ],
)  # fmt: skip
def test_a_bomb_is_refused_and_takes_no_memory(bomb: bytes) -> None:
    assert taken_to_refuse(lambda: unpacked(bomb)) < 2 * WINDOW_BYTES_MAX


def test_a_limit_of_ones_own_is_held_to() -> None:
    small_frame = packed(b"x" * 1_001)
    assert len(unpacked(small_frame, bytes_max=1_001)) == 1_001
    with pytest.raises(Malformed):
        unpacked(small_frame, bytes_max=1_000)


def test_every_fault_has_a_code_and_two_sentences_that_take_its_facts() -> None:
    fault = Malformed(what="Entry")
    assert fault.code in str(fault)
    assert "Entry" in fault.sentence("vi")
    assert "Entry" in fault.sentence("en")
    assert issubclass(Malformed, Fault)
    assert receipt.NotReceipt().sentence()
