"""A book that was touched anywhere is not believed, and the same entry is always the same bytes."""

import random
from itertools import starmap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import chain, keys
from sync.chain import NO_HEAD, ChainBroken, Entry, Moment, replay, unsealed
from sync.errors import Damage, Fault
from sync.records import Malformed, changed, from_bytes
from sync.session import Session
from sync.voucher import Wish
from tests.sync import small
from tests.sync.small import BOOK, CONTROLLER, DEVICE_KEY, LEADER, SAVER, SEEDS, TELLER, TERMS, Writer, deposit_no

MORNING = small.morning()
ROWS = MORNING.rows


def folded(rows: list[tuple[bytes, bytes]], **other: bytes) -> chain.Standing:
    return replay(Session(TERMS), starmap(unsealed, rows), **{"book": BOOK, "device_key": DEVICE_KEY, **other})


@pytest.mark.feature(53)
def test_a_prefix_of_a_sound_book_is_sound() -> None:
    for length in range(len(ROWS) + 1):
        standing = folded(ROWS[:length])
        assert standing.entries == length
        assert standing.head == (MORNING.sealed[length - 1].head if length else NO_HEAD)
    assert standing.session.balances == MORNING.session.balances


def test_the_same_entry_after_the_same_head_is_the_same_bytes() -> None:
    assert small.morning().rows == ROWS


def test_every_entry_of_the_book_reads_back() -> None:
    for sealed in MORNING.sealed:
        assert from_bytes(Entry, sealed.raw) == sealed.entry
        assert chain.head_of(sealed.raw) == sealed.head


def test_any_changed_byte_of_any_entry_is_found() -> None:
    """Every byte of one entry and a part of the others: read, linked or verified, it fails with our own fault."""
    chance = random.Random(53)
    tried = 0
    for at, (raw, signature) in enumerate(ROWS):
        places = range(len(raw)) if at == 1 else chance.sample(range(len(raw)), 30)
        for place in places:
            tampered = bytearray(raw)
            tampered[place] ^= 1 << chance.randrange(8)
            with pytest.raises(Fault):
                folded([*ROWS[:at], (bytes(tampered), signature), *ROWS[at + 1 :]])
            tried += 1
    assert tried > 500


def test_any_changed_byte_of_a_signature_is_found() -> None:
    for at, (raw, signature) in enumerate(ROWS[:3]):
        for place in range(64):
            tampered = bytearray(signature)
            tampered[place] ^= 1
            with pytest.raises(keys.SignatureWrong):
                folded([*ROWS[:at], (raw, bytes(tampered)), *ROWS[at + 1 :]])
    for wrong in (b"", ROWS[0][1][:-1], ROWS[0][1] + b"\0", bytes(64)):
        with pytest.raises(keys.SignatureWrong):
            folded([(ROWS[0][0], wrong)])


@settings(max_examples=40)
@given(st.data())
def test_entries_removed_swapped_or_repeated_are_found(data: st.DataObject) -> None:
    rows = list(ROWS)
    at = data.draw(st.integers(0, len(rows) - 2))
    match data.draw(st.sampled_from(["remove", "swap", "repeat", "again later"])):
        case "remove":
            del rows[at]
        case "swap":
            other = data.draw(st.integers(at + 1, len(rows) - 1))
            rows[at], rows[other] = rows[other], rows[at]
        case "repeat":
            rows.insert(at, rows[at])
        case _:
            rows.append(rows[at])
    with pytest.raises(Fault):
        folded(rows)


def resealed(entry: Entry) -> tuple[bytes, bytes]:
    """What a forger with the laptop's own key could write."""
    raw = entry.to_bytes()
    stub = chain.stub_of(entry, chain.head_of(raw))
    return raw, keys.sign(small.DEVICE_SEED, "entry/1", stub.to_bytes())


@pytest.mark.parametrize(
    "other",
    [
        {"version": 2}, {"book": bytes(16)}, {"number": 3}, {"number": 0}, {"prev": bytes(32)}, {"cash": 1}, {"cash_in": 0},
        {"cash_out": 1}, {"business_date": TERMS.session_date.replace(day=14)}, {"maker": CONTROLLER}, {"approvals": ()},
    ],
    ids=str,
)  # fmt: skip
def test_an_entry_that_does_not_follow_is_refused_even_with_a_good_signature(other: dict[str, object]) -> None:
    """The slip at number 4: link, place, date, totals, maker and approval are all held against the book."""
    entry = MORNING.sealed[3].entry
    assert folded([*ROWS[:3], resealed(entry)]).entries == 4
    with pytest.raises(Fault):
        folded([*ROWS[:3], resealed(changed(entry, **other))])


@pytest.mark.feature(69)
def test_clocks_prove_nothing_and_stop_nothing() -> None:
    book = Writer()
    book.open()
    for wall_s, mono_s, boot in ((0, 0, 1), (-5, 7, 2), (2**40, 0, 3)):
        body = book.session.plan_visit(SAVER, wishes=[Wish("TT", deposit_no(SAVER), 50_000)])
        sealed = chain.link(
            body, session=book.session, book=BOOK, prev=book.head, entry_id=9 + boot, moment=Moment(wall_s, mono_s, boot),
            maker=TELLER, approvals=(), device_seed=small.DEVICE_SEED,
        )  # fmt: skip
        book.session.apply(body, maker=TELLER)
        book.sealed.append(sealed)
    assert folded(book.rows).entries == 4


def test_an_approval_is_by_ones_own_key_over_this_voucher_in_this_book_under_this_id() -> None:
    book = Writer()
    body = book.session.plan_open(notes={500_000: 1})
    good = chain.approve(SEEDS[CONTROLLER], staff_id=CONTROLLER, book=BOOK, entry_id=7, body=body)
    other_body = book.session.plan_open(notes={500_000: 2})
    forged = {
        "another body": chain.approve(SEEDS[CONTROLLER], staff_id=CONTROLLER, book=BOOK, entry_id=7, body=other_body),
        "another book": chain.approve(SEEDS[CONTROLLER], staff_id=CONTROLLER, book=bytes(16), entry_id=7, body=body),
        "another id": chain.approve(SEEDS[CONTROLLER], staff_id=CONTROLLER, book=BOOK, entry_id=8, body=body),
        "another's key": chain.approve(SEEDS[TELLER], staff_id=CONTROLLER, book=BOOK, entry_id=7, body=body),
        "another's name": changed(good, staff_id=LEADER),
        "a stranger": changed(good, staff_id="KSV99"),
    }

    def entry_with(approval: chain.Approval) -> tuple[bytes, bytes]:
        sealed = chain.link(
            body, session=Session(TERMS), book=BOOK, prev=NO_HEAD, entry_id=7, moment=Moment(1, 1, 1), maker=TELLER,
            approvals=[approval], device_seed=small.DEVICE_SEED,
        )  # fmt: skip
        return sealed.raw, sealed.signature

    assert folded([entry_with(good)]).entries == 1
    for approval in forged.values():
        with pytest.raises(keys.SignatureWrong):
            folded([entry_with(approval)])


def test_an_approval_does_not_stand_twice_by_using_its_id_again() -> None:
    """Pay a slip, reverse it, and pay it again under the controller's first approval."""
    book = Writer()
    book.open()
    book.post(book.session.plan_slip(small.COMMISSION), CONTROLLER, entry_id=77)
    book.reverse(2)
    book.post(book.session.plan_slip(small.COMMISSION), CONTROLLER, entry_id=77)
    with pytest.raises(ChainBroken) as caught:
        folded(book.rows)
    assert caught.value.facts["reason"] == "id"


def test_a_book_of_another_laptop_or_another_session_is_not_believed() -> None:
    with pytest.raises(ChainBroken):
        folded(ROWS, book=bytes(16))
    with pytest.raises(keys.SignatureWrong):
        folded(ROWS, device_key=keys.sign_public(b"\x55" * 32))
    other_day = Session(changed(TERMS, session_date=TERMS.session_date.replace(day=16)))
    with pytest.raises(ChainBroken):
        replay(other_day, MORNING.sealed, book=BOOK, device_key=DEVICE_KEY)


def test_what_could_not_be_read_again_is_never_sealed() -> None:
    book = Writer()
    body = changed(book.session.plan_open(notes={}), reason="x" * 500)
    with pytest.raises(Malformed):
        chain.link(
            body, session=book.session, book=BOOK, prev=NO_HEAD, entry_id=1, moment=Moment(1, 1, 1), maker=TELLER,
            approvals=(), device_seed=small.DEVICE_SEED,
        )  # fmt: skip


@given(st.binary(max_size=120), st.binary(max_size=70))
def test_no_rows_raise_anything_but_our_faults(raw: bytes, signature: bytes) -> None:
    with pytest.raises(Damage):
        folded([(raw, signature)])


def test_a_code_nobody_knows_is_refused_by_the_rules() -> None:
    entry = MORNING.sealed[1].entry
    body = changed(entry.body, lines=(changed(entry.body.lines[0], code="ZZ"),))
    forged = changed(entry, body=body, cash=MORNING.sealed[0].entry.cash, cash_in=0)
    with pytest.raises(Fault) as caught:
        folded([ROWS[0], resealed(forged)])
    assert caught.value.code == "voucher.code-not-here"
