"""The wire: the same entries at the other end, and nothing but our own faults from a laptop turned against us."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import chain, keys, protocol
from sync.chain import NO_HEAD
from sync.envelope import Header, TooLarge, close_envelope, read_header
from sync.errors import Fault, Refusal
from sync.pack import OfficeUnknown
from sync.protocol import (
    Ack,
    AckOld,
    AckWrong,
    Batch,
    BatchWrong,
    Mark,
    ack_digest,
    open_batch,
    read_ack,
    seal_batch,
    sign_ack,
    verify_ack,
)
from sync.records import Malformed, changed, from_bytes, packed
from sync.terms import Terms
from tests.sync import small
from tests.sync.small import BOOK, DEVICE, OFFICE, PACK, TERMS

MORNING = small.morning()


def sealed(first: int, last: int) -> bytes:
    return seal_batch(
        MORNING.sealed[first - 1 : last], pack=PACK, office_key=OFFICE.seal_key, device_seed=small.DEVICE_SEED
    )


BATCH = sealed(1, 11)


def opened(raw: bytes, *, terms_of: Callable[[bytes], Terms] = lambda _book: TERMS) -> Batch:
    return open_batch(
        raw, office=OFFICE.office, office_secret=small.OFFICE_SECRET, device_key=small.DEVICE_KEY, terms_of=terms_of
    )


def inside(first: int = 1, last: int = 11) -> protocol._Batch:
    """What the laptop puts into a batch, before it is sealed."""
    entries = MORNING.sealed[first - 1 : last]
    entry = entries[0].entry
    moved = entry.body.cash
    return protocol._Batch(
        office=OFFICE.office, device=DEVICE, prev=entry.prev, head=entries[-1].head, cash=entry.cash - moved,
        cash_in=entry.cash_in - (max(moved, 0) if entry.body.kind != "open" else 0),
        cash_out=entry.cash_out - max(-moved, 0), signature=entries[-1].signature,
        columns=protocol._turn([one.entry for one in entries], TERMS),
    )  # fmt: skip


def sent(plain: bytes, *, first: int = 1, last: int = 11, **other: object) -> bytes:
    """A letter whose seal and signature are good, whatever is inside: the attacker is the laptop itself."""
    header = Header(
        version=1, kind="batch", sender=DEVICE, recipient=OFFICE.office, subject=BOOK, first=first, last=last
    )
    return close_envelope(
        plain, header=changed(header, **other), recipient_key=OFFICE.seal_key, sender_seed=small.DEVICE_SEED
    )


# --- batches


@pytest.mark.parametrize(("first", "last"), [(1, 1), (1, 11), (2, 4), (5, 11), (11, 11)])
def test_the_office_rebuilds_every_entry_byte_for_byte(first: int, last: int) -> None:
    batch = opened(sealed(first, last))
    assert [(raw, head) for _, raw, head in batch.entries] == [
        (one.raw, one.head) for one in MORNING.sealed[first - 1 : last]
    ]
    assert (batch.header.first, batch.header.last) == (first, last)
    assert batch.prev == MORNING.sealed[first - 1].entry.prev


def test_words_that_are_not_in_the_pack_travel_spelled_out() -> None:
    """Approved by a code of staff that the office's terms no longer have: the bytes are still the same."""
    other = changed(TERMS, team=(), customers=(), loans=())
    raw = seal_batch(
        MORNING.sealed, pack=changed(PACK, terms=other), office_key=OFFICE.seal_key, device_seed=small.DEVICE_SEED
    )
    assert [one[1] for one in opened(raw, terms_of=lambda _book: other).entries] == [one.raw for one in MORNING.sealed]


def test_entries_that_would_not_rebuild_are_not_sent() -> None:
    with pytest.raises(Fault):
        seal_batch(
            [MORNING.sealed[0], MORNING.sealed[2]], pack=PACK, office_key=OFFICE.seal_key, device_seed=small.DEVICE_SEED
        )


@pytest.mark.feature(72)
def test_a_batch_opens_for_its_office_only() -> None:
    for other in ({"office": bytes(16)}, {"office_secret": small.DEVICE_SECRET}, {"device_key": OFFICE.sign_key}):
        usual = {
            "office": OFFICE.office, "office_secret": small.OFFICE_SECRET, "device_key": small.DEVICE_KEY,
            "terms_of": lambda _book: TERMS,
        }  # fmt: skip
        with pytest.raises(Fault):
            open_batch(BATCH, **{**usual, **other})  # type: ignore[arg-type]


def test_any_flipped_bit_of_a_batch_is_refused() -> None:
    chance = random.Random(3)
    for place in range(len(BATCH)):
        tampered = bytearray(BATCH)
        tampered[place] ^= 1 << chance.randrange(8)
        with pytest.raises(Fault):
            opened(bytes(tampered))


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_our_faults(raw: bytes) -> None:
    for read in (
        opened,
        lambda raw: opened(sent(raw)),
        lambda raw: read_header(raw, kind="batch"),
        lambda raw: verify_ack(raw, office_key=OFFICE.sign_key),
        taken,
    ):
        with pytest.raises(Fault):
            read(raw)


def test_the_letter_and_its_inside_name_the_same_ends_and_numbers() -> None:
    plain = inside().to_bytes()
    assert len(opened(sent(plain)).entries) == 11
    for other in (
        {"sender": bytes(16)}, {"subject": bytes(16)}, {"first": 2}, {"last": 10}, {"last": 12}, {"first": 2, "last": 12},
        {"first": 0, "last": 10}, {"first": 5, "last": 1}, {"first": 1, "last": 2**63 - 1}, {"first": 2**62, "last": 2**62 + 10},
    ):  # fmt: skip
        with pytest.raises(Fault):
            opened(sent(plain, **other))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "other",
    [
        {"office": bytes(16)}, {"device": bytes(16)}, {"prev": b"\x01" * 32}, {"head": bytes(32)}, {"cash": 1},
        {"cash_in": 1}, {"cash_out": -1}, {"cash": 999_999_999_999}, {"signature": bytes(64)},
    ],
    ids=str,
)  # fmt: skip
def test_what_stands_before_the_columns_must_be_true(other: dict[str, object]) -> None:
    with pytest.raises(Fault):
        opened(sent(changed(inside(), **other).to_bytes()))


COLUMNS = protocol._Columns.__struct_fields__


def with_columns(**columns: object) -> bytes:
    return sent(changed(inside(), columns=changed(inside().columns, **columns)).to_bytes())


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_that_is_too_short_or_too_long_is_refused(name: str) -> None:
    column = getattr(inside().columns, name)
    more = column[-1] if column else "another word"
    longer = (*column, more)
    # A word that nobody uses is no entry: it may stand there, and changes nothing.
    if name == "words":
        assert len(opened(with_columns(words=longer)).entries) == 11
        return
    for wrong in (column[:-1], longer, (), column * 2):
        with pytest.raises(Fault):
            opened(with_columns(**{name: wrong}))


@pytest.mark.parametrize("name", [one for one in COLUMNS if one not in ("approvals", "notes", "reasons", "heads", "words")])
def test_a_column_of_negative_or_enormous_numbers_is_refused(name: str) -> None:
    column = getattr(inside().columns, name)
    for wrong in (-1, -(10**6), 10**6, 2**31, 2**63 - 1, -(2**63)):
        for at in (0, len(column) - 1):
            if wrong != column[at]:
                with pytest.raises(Fault):
                    opened(with_columns(**{name: (*column[:at], wrong, *column[at + 1 :])}))


def test_more_entries_than_a_morning_has_are_refused_before_they_are_built() -> None:
    with pytest.raises(Malformed):
        opened(sent(inside().to_bytes(), last=protocol.ENTRIES_MAX + 1))
    flood = changed(inside().columns, amounts=(0,) * (protocol.LINES_MAX + 1))
    with pytest.raises(Malformed):
        opened(sent(changed(inside(), columns=flood).to_bytes()))


def test_a_bomb_inside_a_good_letter_is_refused() -> None:
    outside = Header(version=1, kind="batch", sender=DEVICE, recipient=OFFICE.office, subject=BOOK, first=1, last=11)
    bomb = packed(bytes(32 * 1024 * 1024), level=3)
    sealed_bomb = keys.seal(OFFICE.seal_key, bomb, info=b"dgd/letter/1\0" + outside.to_bytes())
    signature = keys.sign(small.DEVICE_SEED, "letter/1", outside.to_bytes() + sealed_bomb)
    letter = type(read_letter(BATCH))(header=outside, sealed=sealed_bomb, signature=signature)  # type: ignore[call-arg]
    with pytest.raises(Malformed):
        opened(b"DGD1" + letter.to_bytes())


def read_letter(raw: bytes) -> object:
    from sync import envelope

    return envelope._read(raw, "batch")


def mutated(raw: bytes, chance: random.Random) -> bytes:
    """Bytes changed, cut, copied or put in, as a fuzzer would."""
    made = bytearray(raw)
    for _ in range(chance.choice([1, 1, 1, 2, 5])):
        at = chance.randrange(len(made))
        match chance.randrange(6):
            case 0 | 1:
                made[at] = chance.randrange(256)
            case 2:
                made[at] = chance.choice([0, 1, 0x7F, 0x80, 0x90, 0xC0, 0xC4, 0xCF, 0xD3, 0xDD, 0xDF, 0xFF])
            case 3:
                del made[at : at + chance.randrange(1, 9)]
            case 4:
                made[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 5)))
            case _:
                other = chance.randrange(len(made))
                made[at : at + 4] = made[other : other + 4]
        if not made:
            break
    return bytes(made)


def test_a_laptop_turned_against_the_office_raises_nothing_but_our_faults() -> None:
    """Good signature, good seal, anything at all inside: each is a fault, or the very entries of a true book."""
    chance, plain = random.Random(20240815), inside().to_bytes()
    outcomes: dict[str, int] = {}
    for _ in range(2_500):
        try:
            batch = opened(sent(mutated(plain, chance)))
        except Fault as fault:
            outcomes[fault.code] = outcomes.get(fault.code, 0) + 1
        else:
            assert [one[1] for one in batch.entries] == [one.raw for one in MORNING.sealed]
    # Most die at the first door, but the inner ones were tried too.
    assert outcomes["bytes.malformed"] > 600
    assert outcomes["batch.wrong"] > 60


values = st.integers(-3, 70) | st.sampled_from([-(2**63), 2**63 - 1, 2**31])


@settings(max_examples=150)
@given(st.data())
def test_well_formed_columns_with_any_numbers_raise_nothing_but_our_faults(data: st.DataObject) -> None:
    columns = inside().columns
    for name in data.draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=4)):
        column = list(getattr(columns, name))
        if column and isinstance(column[0], int):
            at = data.draw(st.integers(0, len(column) - 1))
            column[at] = data.draw(values)
            columns = changed(columns, **{name: tuple(column)})
    batch = changed(inside(), columns=columns)
    try:
        rebuilt = opened(sent(batch.to_bytes()))
    except Fault:
        return
    assert [one[1] for one in rebuilt.entries] == [one.raw for one in MORNING.sealed]


def test_a_forged_history_with_a_head_of_its_own_needs_the_laptops_signature_of_that_head() -> None:
    other = small.Writer()
    other.open(5_000_000)
    forged = protocol._Batch(
        office=OFFICE.office, device=DEVICE, prev=NO_HEAD, head=other.head, cash=0, cash_in=0, cash_out=0,
        signature=MORNING.sealed[0].signature, columns=protocol._turn([other.sealed[0].entry], TERMS),
    )  # fmt: skip
    with pytest.raises(keys.SignatureWrong):
        opened(sent(forged.to_bytes(), last=1))


def test_a_first_entry_with_something_before_it_is_refused() -> None:
    entry = changed(MORNING.sealed[0].entry, prev=b"\x01" * 32)
    raw = entry.to_bytes()
    stub = chain.stub_of(entry, chain.head_of(raw))
    forged = protocol._Batch(
        office=OFFICE.office, device=DEVICE, prev=entry.prev, head=stub.digest, cash=0, cash_in=0, cash_out=0,
        signature=keys.sign(small.DEVICE_SEED, "entry/1", stub.to_bytes()), columns=protocol._turn([entry], TERMS),
    )  # fmt: skip
    with pytest.raises(BatchWrong):
        opened(sent(forged.to_bytes(), last=1))


def test_a_refusal_of_whoever_knows_the_terms_comes_through() -> None:
    def nobody(book: bytes) -> Terms:
        raise OfficeUnknown

    with pytest.raises(OfficeUnknown):
        opened(BATCH, terms_of=nobody)


def test_a_batch_under_other_terms_does_not_arrive_at_its_head() -> None:
    with pytest.raises(Fault):
        opened(BATCH, terms_of=lambda _book: changed(TERMS, session_date=small.PAID_TO))


def test_a_batch_larger_than_any_is_refused() -> None:
    with pytest.raises(TooLarge):
        opened(BATCH + bytes(256 * 1024))


# --- acknowledgements


def mark_at(number: int) -> Mark | None:
    if number == 0:
        return Mark(NO_HEAD, 0, 0, 0)
    if number > len(MORNING.sealed):
        return None
    one = MORNING.sealed[number - 1]
    return Mark(one.head, one.entry.cash, one.entry.cash_in, one.entry.cash_out)


def ack(received: int, safe: int, *, ack_no: int = 1, lie: dict[str, object] | None = None) -> bytes:
    at, backed = mark_at(received), mark_at(safe)
    assert at is not None
    assert backed is not None
    usual = Ack(
        version=1, office=OFFICE.office, device=DEVICE, book=BOOK, ack_no=ack_no, prev_ack=bytes(32), received=received,
        received_head=at.head, safe=safe, safe_head=backed.head, cash=at.cash, cash_in=at.cash_in, cash_out=at.cash_out,
        status="ok", reason="", differences=0, office_s=small.BEGIN_S,
    )  # fmt: skip
    return sign_ack(changed(usual, **(lie or {})), office_seed=small.OFFICE_SEED)


def taken(raw: bytes, *, newest: int = 0) -> Ack:
    return read_ack(raw, pack=PACK, office_key=OFFICE.sign_key, newest=newest, mark_at=mark_at)


def test_an_acknowledgement_that_fits_the_book_is_taken() -> None:
    for received, safe in ((11, 11), (11, 3), (5, 0), (0, 0)):
        assert (taken(ack(received, safe)).received, taken(ack(received, safe)).safe) == (received, safe)
    assert taken(ack(3, 3, ack_no=9), newest=8).received == 3


def test_marks_may_move_backwards_but_numbers_may_not() -> None:
    """An office restored from a backup asks again for what it lost."""
    assert taken(ack(2, 2, ack_no=5), newest=4).received == 2
    for newest in (5, 6, 2**40):
        with pytest.raises(AckOld) as caught:
            taken(ack(11, 11, ack_no=5), newest=newest)
        assert isinstance(caught.value, Refusal)


@pytest.mark.parametrize(
    "other",
    [
        {"received_head": bytes(32)}, {"safe_head": bytes(32)}, {"received": 4}, {"received": 12}, {"safe": 9}, {"safe": 2},
        {"received": 2**63 - 1}, {"cash": 1}, {"cash_in": 1}, {"cash_out": 1}, {"office": bytes(16)}, {"device": bytes(16)},
        {"book": bytes(16)},
    ],
    ids=str,
)  # fmt: skip
def test_an_acknowledgement_that_is_not_true_of_this_book_is_refused(other: dict[str, object]) -> None:
    with pytest.raises(AckWrong):
        taken(ack(8, 3, lie=other))


def test_safe_is_never_more_than_received() -> None:
    with pytest.raises(AckWrong) as caught:
        taken(ack(3, 8))
    assert caught.value.facts["reason"] == "marks"


def test_any_flipped_bit_of_an_acknowledgement_is_refused() -> None:
    raw = ack(8, 3)
    for place in range(len(raw)):
        for bit in range(8):
            tampered = bytearray(raw)
            tampered[place] ^= 1 << bit
            with pytest.raises(Fault):
                taken(bytes(tampered))


def test_another_key_does_not_sign_for_the_office() -> None:
    value = from_bytes(Ack, ack(8, 3))
    with pytest.raises(keys.SignatureWrong):
        taken(sign_ack(value, office_seed=small.DEVICE_SEED))
    with pytest.raises(keys.SignatureWrong):
        verify_ack(value.to_bytes()[:-1] + bytes([value.to_bytes()[-1] ^ 1]), office_key=OFFICE.sign_key)


def test_a_signed_acknowledgement_signed_again_is_the_same_bytes() -> None:
    raw = ack(8, 3)
    assert sign_ack(from_bytes(Ack, raw), office_seed=small.OFFICE_SEED) == raw
    assert ack_digest(raw) != ack_digest(ack(8, 2))
