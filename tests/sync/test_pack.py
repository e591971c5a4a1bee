"""Tickets, answers and packs: from whom, for whom, and in force."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import keys
from sync.envelope import Header, NotForHere, close_envelope
from sync.errors import Fault
from sync.pack import (
    Colleague,
    Enrolled,
    OfficeUnknown,
    Pack,
    PackExpired,
    book_id,
    make_answer,
    make_ticket,
    office_id,
    open_pack,
    read_answer,
    read_ticket,
    seal_pack,
)
from sync.records import changed
from tests.sync import small
from tests.sync.small import DEVICE, OFFICE, PACK

CODE = b"\x0c" * 16
TICKET = make_ticket(
    office=OFFICE, device=DEVICE, letter="A", code=CODE, office_seed=small.OFFICE_SEED,
    staff=[Colleague(staff_id=one.staff_id, full_name=one.full_name, role=one.role) for one in small.TERMS.team],
)  # fmt: skip
USERS = [
    Enrolled(staff_id=name, sign_key=keys.sign_public(seed), seal_key=keys.seal_public(seed))
    for name, seed in small.SEEDS.items()
]
ANSWER = make_answer(
    read_ticket(TICKET), device_seed=small.DEVICE_SEED, device_secret=small.DEVICE_SECRET, users=USERS
)
SEALED = seal_pack(PACK, device_key=small.DEVICE_SEAL_KEY, office_seed=small.OFFICE_SEED)


def opened(raw: bytes, *, now_s: int = small.BEGIN_S) -> Pack:
    return open_pack(raw, device=DEVICE, device_secret=small.DEVICE_SECRET, office=OFFICE, now_s=now_s)


def written(pack: Pack, **other: object) -> bytes:
    """A pack in a letter whose header can say something else; sealed and signed by the right hands."""
    header = Header(
        version=1, kind="pack", sender=pack.office, recipient=DEVICE, subject=pack.pack, first=0, last=0
    )
    return close_envelope(
        pack.to_bytes(), header=changed(header, **other), recipient_key=small.DEVICE_SEAL_KEY,
        sender_seed=small.OFFICE_SEED,
    )  # fmt: skip


def test_round_trips() -> None:
    ticket = read_ticket(TICKET)
    assert (ticket.office, ticket.device, ticket.letter, ticket.code) == (OFFICE, DEVICE, "A", CODE)
    answer = read_answer(ANSWER, code=CODE)
    assert (answer.sign_key, answer.seal_key) == (small.DEVICE_KEY, small.DEVICE_SEAL_KEY)
    assert answer.users == tuple(USERS)
    assert opened(SEALED) == PACK


def test_any_flipped_bit_of_a_ticket_or_an_answer_is_refused() -> None:
    for raw, read in ((TICKET, read_ticket), (ANSWER, lambda raw: read_answer(raw, code=CODE))):
        for place in range(len(raw)):
            for bit in (0, 3, 7):
                tampered = bytearray(raw)
                tampered[place] ^= 1 << bit
                with pytest.raises(Fault):
                    read(bytes(tampered))
        for place in range(0, len(raw), 7):
            with pytest.raises(Fault):
                read(raw[:place])


def test_any_flipped_bit_of_a_pack_is_refused() -> None:
    chance = random.Random(2)
    for place in range(len(SEALED)):
        tampered = bytearray(SEALED)
        tampered[place] ^= 1 << chance.randrange(8)
        with pytest.raises(Fault):
            opened(bytes(tampered))


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_our_faults(raw: bytes) -> None:
    for read in (read_ticket, lambda raw: read_answer(raw, code=CODE), opened):
        with pytest.raises(Fault):
            read(raw)


def test_a_ticket_cannot_borrow_another_offices_id() -> None:
    thief = changed(OFFICE, sign_key=keys.sign_public(b"\x99" * 32))
    borrowed = make_ticket(office=thief, device=DEVICE, letter="A", code=CODE, staff=(), office_seed=b"\x99" * 32)
    with pytest.raises(OfficeUnknown):
        read_ticket(borrowed)
    not_signed = make_ticket(office=OFFICE, device=DEVICE, letter="A", code=CODE, staff=(), office_seed=b"\x99" * 32)
    with pytest.raises(keys.SignatureWrong):
        read_ticket(not_signed)


def test_an_answer_without_the_code_is_no_answer() -> None:
    with pytest.raises(keys.SignatureWrong):
        read_answer(ANSWER, code=bytes(16))


def test_a_pack_of_another_laptop_does_not_open() -> None:
    with pytest.raises(NotForHere):
        open_pack(SEALED, device=bytes(16), device_secret=small.DEVICE_SECRET, office=OFFICE, now_s=0)
    with pytest.raises(keys.NotOpened):
        open_pack(SEALED, device=DEVICE, device_secret=small.OFFICE_SECRET, office=OFFICE, now_s=0)


def test_a_pack_of_another_office_is_refused() -> None:
    seed = b"\x98" * 32
    other = changed(OFFICE, office=office_id(keys.sign_public(seed)), sign_key=keys.sign_public(seed))
    with pytest.raises(keys.SignatureWrong):
        open_pack(SEALED, device=DEVICE, device_secret=small.DEVICE_SECRET, office=other, now_s=0)
    for raw in (written(changed(PACK, office=bytes(16))), written(PACK, sender=bytes(16))):
        with pytest.raises(OfficeUnknown):
            opened(raw)


def test_a_pack_moved_into_another_letter_is_refused() -> None:
    assert opened(written(PACK)) == PACK
    for raw in (written(PACK, subject=bytes(16)), written(changed(PACK, device=bytes(16)))):
        with pytest.raises(keys.NotOpened):
            opened(raw)
    with pytest.raises(NotForHere):
        opened(written(PACK, kind="batch"))


def test_a_pack_is_in_force_until_its_last_second() -> None:
    assert opened(SEALED, now_s=PACK.expires_s) == PACK
    with pytest.raises(PackExpired) as caught:
        opened(SEALED, now_s=PACK.expires_s + 1)
    assert caught.value.sentence("vi")


def test_a_book_is_half_its_laptop_and_half_its_session() -> None:
    usual = {"device": DEVICE, "point_code": "TXN0480799", "session_date": small.DAY, "issue": 1}
    book = book_id(**usual)  # type: ignore[arg-type]
    assert book == small.BOOK
    assert book[:8] == DEVICE[:8]
    others = [
        {"issue": 2}, {"point_code": "TXN0480798"}, {"session_date": small.PAID_TO}, {"device": DEVICE[:8] + bytes(8)}
    ]  # fmt: skip
    made = {book_id(**{**usual, **other}) for other in others}  # type: ignore[arg-type]
    assert len(made | {book}) == 5
