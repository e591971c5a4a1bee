"""A letter is for one reader, from one writer, whole; any other bytes are refused with our own fault."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import envelope, keys
from sync.envelope import (
    Header,
    LaptopBehind,
    NotForHere,
    OfficeBehind,
    TooLarge,
    close_envelope,
    open_envelope,
    read_header,
)
from sync.errors import Fault
from sync.records import Malformed, changed
from tests.sync import small

HEADER = Header(
    version=1, kind="batch", sender=small.DEVICE, recipient=small.OFFICE.office, subject=small.BOOK, first=1, last=9
)
PLAIN = b"what stands inside " * 5
LETTER = close_envelope(
    PLAIN, header=HEADER, recipient_key=small.OFFICE.seal_key, sender_seed=small.DEVICE_SEED
)


def opened(raw: bytes, **other: object) -> envelope.Opened:
    usual: dict[str, object] = {
        "kind": "batch", "recipient": small.OFFICE.office, "sender_key": small.DEVICE_KEY,
        "secret": small.OFFICE_SECRET,
    }  # fmt: skip
    return open_envelope(raw, **{**usual, **other})  # type: ignore[arg-type]


def written(header: Header, *, plain: bytes = PLAIN) -> bytes:
    return close_envelope(plain, header=header, recipient_key=small.OFFICE.seal_key, sender_seed=small.DEVICE_SEED)


def test_a_letter_opens_for_its_reader() -> None:
    assert opened(LETTER) == (HEADER, PLAIN)
    assert read_header(LETTER, kind="batch") == HEADER


def test_a_letter_says_nothing_of_what_is_inside() -> None:
    assert PLAIN[:12] not in LETTER


@pytest.mark.feature(73)
def test_any_flipped_bit_at_every_place_is_refused() -> None:
    chance = random.Random(1)
    for place in range(len(LETTER)):
        for bit in chance.sample(range(8), 3):
            tampered = bytearray(LETTER)
            tampered[place] ^= 1 << bit
            with pytest.raises(Fault):
                opened(bytes(tampered))


def test_a_letter_cut_at_any_place_or_with_something_behind_it_is_refused() -> None:
    for place in range(len(LETTER)):
        with pytest.raises(Fault):
            opened(LETTER[:place])
    for more in (b"\0", LETTER):
        with pytest.raises(Fault):
            opened(LETTER + more)


@given(st.binary(max_size=300) | st.binary(max_size=300).map(b"DGD1".__add__))
def test_no_bytes_raise_anything_but_our_faults(raw: bytes) -> None:
    for kind in ("pack", "batch"):
        with pytest.raises(Fault):
            read_header(raw, kind=kind)  # type: ignore[arg-type]
    with pytest.raises(Fault):
        opened(raw)


@pytest.mark.parametrize(
    "other",
    [
        {"sender": bytes(16)}, {"recipient": bytes(16)}, {"subject": bytes(16)}, {"first": 2}, {"last": 10}, {"kind": "pack"},
        {"version": 2},
    ],
    ids=str,
)  # fmt: skip
def test_no_part_of_the_header_can_be_swapped(other: dict[str, object]) -> None:
    """Once by somebody without keys, who only writes another header; once by the laptop itself."""
    letter = envelope._read(LETTER, "batch")
    moved = b"DGD1" + changed(letter, header=changed(HEADER, **other)).to_bytes()
    with pytest.raises(Fault):
        opened(moved)
    outside = changed(HEADER, **other).to_bytes()
    signed_again = changed(
        letter, header=changed(HEADER, **other),
        signature=keys.sign(small.DEVICE_SEED, "letter/1", outside + letter.sealed),
    )  # fmt: skip
    with pytest.raises(Fault):
        opened(b"DGD1" + signed_again.to_bytes())


def test_a_letter_for_another_or_of_another_kind_says_so() -> None:
    with pytest.raises(NotForHere):
        opened(LETTER, recipient=bytes(16))
    with pytest.raises(NotForHere):
        opened(LETTER, kind="pack")
    with pytest.raises(keys.NotOpened):
        opened(LETTER, secret=small.DEVICE_SECRET)
    with pytest.raises(keys.SignatureWrong):
        opened(LETTER, sender_key=small.OFFICE.sign_key)


def test_a_version_that_is_not_spoken_says_whose_program_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OfficeBehind) as said:
        opened(written(changed(HEADER, version=2)))
    assert "gửi lại sau" in said.value.sentence()
    assert "2" in said.value.sentence("en")
    with pytest.raises(LaptopBehind):
        opened(written(changed(HEADER, version=0)))
    with pytest.raises(LaptopBehind):
        read_header(written(changed(HEADER, version=2, kind="pack")), kind="pack")
    with pytest.raises(OfficeBehind):
        read_header(written(changed(HEADER, version=0, kind="pack")), kind="pack")
    monkeypatch.setattr(envelope, "VERSIONS", (1, 2))
    assert opened(written(changed(HEADER, version=2))).header.version == 2
    assert opened(LETTER).header.version == 1


def test_a_letter_of_a_later_day_need_not_have_todays_shape() -> None:
    # A header with more in it, and a kind that nobody knows here yet: neither is damaged.
    later = [[2, "batch", *(bytes(16),) * 3, 1, 4, "more"], b"sealed", b"", {"a": 1}]
    with pytest.raises(OfficeBehind):
        read_header(b"DGD1" + msgspec.msgpack.encode(later), kind="batch")
    strange = [[1, "directory", b"x"], b""]
    with pytest.raises(NotForHere):
        read_header(b"DGD1" + msgspec.msgpack.encode(strange), kind="batch")
    # Today's version in another shape is damaged.
    with pytest.raises(Malformed):
        read_header(b"DGD1" + msgspec.msgpack.encode([[1, "batch", 7], b"", b""]), kind="batch")


def test_a_letter_that_is_too_large_is_refused_before_it_is_read() -> None:
    for kind, most in (("batch", envelope.BATCH_BYTES_MAX), ("pack", envelope.PACK_BYTES_MAX)):
        with pytest.raises(Malformed):
            read_header(bytes(most), kind=kind)  # type: ignore[arg-type]
        with pytest.raises(TooLarge):
            read_header(bytes(most + 1), kind=kind)  # type: ignore[arg-type]


def test_a_batch_that_unpacks_to_a_flood_is_refused() -> None:
    most = envelope.BATCH_UNPACKED_BYTES_MAX
    assert len(opened(written(HEADER, plain=bytes(most))).plain) == most
    with pytest.raises(Malformed):
        opened(written(HEADER, plain=bytes(most + 1)))


def test_a_letter_never_has_the_same_bytes_twice() -> None:
    assert written(HEADER) != written(HEADER)
    assert opened(written(HEADER)) == opened(LETTER)
