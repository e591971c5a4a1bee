"""What became of each line: a letter only its own laptop can open and believe, and the slips that follow from it."""

import datetime
from collections.abc import Sequence
from typing import Any

import pytest

from sync import disposition, keys
from sync.adjustment import AdjustmentDone, AdjustmentUnknown, adjusted, slip_number
from sync.disposition import (
    NONE_BEFORE,
    Disposition,
    DispositionEarly,
    DispositionOld,
    DispositionWrong,
    Finding,
    FindingUnclear,
    adjustments,
    ask_finding,
    booked_line,
    digest_of,
    read_disposition,
    seal_disposition,
    signed,
    standing,
)
from sync.envelope import BATCH_BYTES_MAX, NotForHere
from sync.errors import Fault, Refusal
from sync.keys import NotOpened
from sync.ledger import cash
from sync.records import changed
from sync.session import ApprovalMissing, Session
from sync.terms import Adjustment
from sync.visit import PackStale
from sync.voucher import NotesDiffer, line_of
from tests.sync import small
from tests.sync.small import (
    CONTROLLER,
    DEVICE_SECRET,
    HEAD_A,
    LATE,
    LEADER,
    OFFICE,
    OFFICE_SEED,
    PACK,
    TERMS,
    Writer,
    deposit_no,
    loan_code,
    notes,
)


def text_of(number: int) -> str:
    return f"TXN0480799-20240815-A-{number:06d}"


def returned(number: int, place: int, reason: str = "món vay đã tất toán tại Phòng giao dịch") -> Finding:
    return Finding(number=number, place=place, outcome="returned", reason=reason)


def corrected(book: Writer, number: int, place: int, *, account: str, component: str, amount: int = 0) -> Finding:
    line = book.sealed[number - 1].entry.body.lines[place - 1]
    to = booked_line(line, account=account, component=component, amount=amount or line.amount)
    assert to is not None
    return Finding(number=number, place=place, outcome="corrected", core_number="FT24228X1", booked=(to,), reason="nhầm món")


def letter(book: Writer, /, *findings: Finding, no: int = 1, prev: bytes = NONE_BEFORE, **other: Any) -> tuple[bytes, bytes]:
    """A signed disposition, and the letter it travels in."""
    last = book.sealed[-1]
    made = Disposition(
        version=1, office=OFFICE.office, device=PACK.device, book=PACK.book, disposition_no=no, prev=prev,
        last=last.entry.number, head=last.head, findings=findings, by="Cán bộ thử", note="", office_s=small.BEGIN_S + no,
    )  # fmt: skip
    raw = signed(changed(made, **other), office_seed=OFFICE_SEED)
    return raw, seal_disposition(raw, device_key=small.DEVICE_SEAL_KEY, office_seed=OFFICE_SEED)


def read(book: Writer, sealed: bytes, taken: Sequence[bytes] = ()) -> Disposition:
    def head_at(number: int) -> bytes | None:
        return book.sealed[number - 1].head if 0 < number <= len(book.sealed) else None

    return read_disposition(
        sealed, pack=PACK, device_secret=DEVICE_SECRET, office_key=OFFICE.sign_key, taken=taken, head_at=head_at
    )[0]


@pytest.fixture(scope="module")
def book() -> Writer:
    return small.morning()


# The letter


def test_a_letter_says_to_its_laptop_what_the_office_signed(book: Writer) -> None:
    found = read(book, letter(book, returned(3, 1))[1])
    assert found.findings == (returned(3, 1),)
    assert (found.by, found.last) == ("Cán bộ thử", 11)


def test_letters_follow_one_another_and_none_is_taken_twice(book: Writer) -> None:
    first, first_letter = letter(book, returned(3, 1))
    second, second_letter = letter(book, returned(3, 2), no=2, prev=digest_of(first))
    with pytest.raises(DispositionEarly):
        read(book, second_letter)
    with pytest.raises(DispositionOld):
        read(book, first_letter, [digest_of(first)])
    assert read(book, second_letter, [digest_of(first)]).disposition_no == 2
    # An office that lost the second goes on from the first: what it says is its word all the same.
    _, other = letter(book, returned(4, 1), no=2, prev=digest_of(first))
    assert read(book, other, [digest_of(first), digest_of(second)]).findings[0].number == 4


def test_a_letter_that_is_not_of_this_book_or_this_office_is_not_believed(book: Writer) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "other book": {"book": b"\x09" * 16}, "other laptop": {"device": b"\x09" * 16}, "other head": {"head": bytes(32)},
        "further than the book": {"last": 12}, "no such voucher": {"findings": (returned(12, 1),)},
    }  # fmt: skip
    for other in wrong.values():
        raw, _ = letter(book, returned(3, 1), **other)
        sealed = seal_disposition(raw, device_key=small.DEVICE_SEAL_KEY, office_seed=OFFICE_SEED)
        with pytest.raises((DispositionWrong, NotForHere)):
            read(book, sealed)
    raw, good = letter(book, returned(3, 1))
    with pytest.raises(keys.SignatureWrong):
        read(book, seal_disposition(raw, device_key=small.DEVICE_SEAL_KEY, office_seed=b"\x09" * 32))
    forged = signed(disposition.verified(raw, office_key=OFFICE.sign_key), office_seed=b"\x09" * 32)
    with pytest.raises(keys.SignatureWrong):
        read(book, seal_disposition(forged, device_key=small.DEVICE_SEAL_KEY, office_seed=OFFICE_SEED))
    with pytest.raises(NotOpened):
        read_disposition(
            good, pack=PACK, device_secret=b"\x09" * 32, office_key=OFFICE.sign_key, taken=(), head_at=lambda _n: b""
        )


def test_no_flipped_byte_of_a_letter_is_taken(book: Writer) -> None:
    _, good = letter(book, returned(3, 1))
    for place in range(0, len(good), 3):
        with pytest.raises(Fault):
            read(book, good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])


def test_a_full_letter_with_a_number_for_each_line_has_room(book: Writer) -> None:
    many = tuple(
        Finding(number=1 + at % 11, place=1 + at // 11, outcome="accepted",
                core_number=keys.digest("test/1", at.to_bytes(4)).hex()[:16].upper())
        for at in range(disposition.FINDINGS_MAX)
    )  # fmt: skip
    assert len(letter(book, *many)[1]) < BATCH_BYTES_MAX // 2


def test_the_later_word_on_a_line_stands(book: Writer) -> None:
    waits = Finding(number=3, place=1, outcome="suspense", reason="đang đối chiếu")
    letters = [read(book, letter(book, one)[1]) for one in (waits, returned(3, 1))]
    assert standing(letters)[3, 1].finding.outcome == "returned"


# What may be said of a line


def test_what_cannot_be_said_of_a_line_is_refused(book: Writer) -> None:
    good = returned(3, 1)
    ask_finding(book.session, good)
    to = line_of("TG", loan_code(HEAD_A), "principal", 1_000)
    for wrong in (
        changed(good, number=99), changed(good, place=9), changed(good, reason=""), changed(good, core_number="FT1"),
        changed(good, outcome="accepted"), changed(good, outcome="corrected", core_number="FT1"),
        changed(good, booked=(to,)), returned(2, 1), returned(1, 1), returned(6, 1),
        corrected(book, 3, 1, account=loan_code(HEAD_A), component="principal", amount=5_000_001),
        corrected(book, 3, 1, account="", component="principal"),
        corrected(book, 3, 1, account=deposit_no(LATE), component="principal"),
        corrected(book, 3, 1, account=loan_code(HEAD_A), component="deposit"),
    ):  # fmt: skip
        with pytest.raises(FindingUnclear):
            ask_finding(book.session, wrong)


def test_an_accepted_and_a_waiting_line_make_no_slip(book: Writer) -> None:
    said = [
        Finding(number=3, place=1, outcome="accepted", core_number="FT1"),
        Finding(number=3, place=2, outcome="suspense", reason="đang đối chiếu"),
    ]
    assert slips(book, *said) == []


# The slips


def slips(book: Writer, *findings: Finding, done: Sequence[tuple[int, int]] = ()) -> list[Adjustment]:
    for one in findings:
        ask_finding(book.session, one)
    words = standing([read(book, letter(book, *findings)[1])])
    return list(adjustments(book.session, words, text_of=text_of, done=done))


def test_a_returned_line_goes_back_whole_and_a_corrected_one_as_far_as_it_was_not_booked(book: Writer) -> None:
    back, moved = slips(book, returned(3, 1), corrected(book, 8, 1, account="6600104100000001", component="principal", amount=900_000))
    assert (back.customer_code, back.outcome, back.of) == (LATE, "returned", text_of(3))
    assert [one.amount for one in back.lines] == [-5_000_000]
    assert cash(back.lines) == -5_000_000
    assert (moved.outcome, moved.core_number, cash(moved.lines)) == ("corrected", "FT24228X1", -100_000)
    assert moved.was[0].amount == 1_000_000
    (same,) = slips(book, corrected(book, 8, 1, account="6600104100000001", component="principal"))
    assert same.lines == ()


def test_neighbouring_lines_of_one_person_are_one_slip_and_are_done_line_by_line(book: Writer) -> None:
    (one,) = slips(book, returned(3, 1), returned(3, 2))
    assert adjusted(one.slip_no) == (text_of(3), (1, 2))
    assert cash(one.lines) == -cash(one.was) < 0
    assert len(slips(book, returned(3, 1), returned(3, 2, "khác"))) == 2
    assert slips(book, returned(3, 1), returned(3, 2), done=[(3, 1), (3, 2)]) == []
    (rest,) = slips(book, returned(3, 1), returned(3, 2), done=[(3, 1)])
    assert adjusted(rest.slip_no) == (text_of(3), (2,))


def test_a_slip_that_was_paid_out_and_not_booked_comes_back_in(book: Writer) -> None:
    (back,) = slips(book, returned(4, 1))
    assert cash(back.lines) == 60_000_000


def test_the_members_of_a_hand_in_get_a_slip_each(book: Writer) -> None:
    places = range(1, len(book.sealed[6].entry.body.lines) + 1)
    made = slips(book, *(returned(7, place) for place in places))
    assert len({one.customer_code for one in made}) == len(made) == 3
    assert sum(cash(one.lines) for one in made) == -book.sealed[6].entry.body.cash


def test_a_slips_number_says_its_voucher_and_lines_and_nothing_else_passes_for_one() -> None:
    assert adjusted(slip_number(text_of(3), (2, 3, 4))) == (text_of(3), (2, 3, 4))
    assert adjusted(slip_number(text_of(3), (2,))) == (text_of(3), (2,))
    for other in ("GN-0824-0001", "", text_of(3), f"{text_of(3)}-0", f"{text_of(3)}-1.x"):
        assert adjusted(other) is None


# At the next session's table


def later(*made: Adjustment, as_of: datetime.date | None = None) -> Writer:
    writer = Writer(changed(TERMS, adjustments=made, as_of=as_of))
    writer.open()
    return writer


@pytest.fixture
def slip(book: Writer) -> Adjustment:
    return slips(book, returned(3, 1))[0]


def test_a_slip_is_paid_once_and_changes_no_balance(slip: Adjustment) -> None:
    table = later(slip)
    before, held = dict(table.session.balances), table.session.cash
    table.post(table.session.plan_adjust(slip.slip_no, notes=notes(5_000_000)), CONTROLLER)
    assert table.session.balances == before
    assert table.session.cash == held - 5_000_000
    with pytest.raises(AdjustmentDone):
        table.post(table.session.plan_adjust(slip.slip_no), CONTROLLER)


def test_a_slip_that_was_reversed_can_be_carried_out_again(slip: Adjustment) -> None:
    table = later(slip)
    table.post(table.session.plan_adjust(slip.slip_no), CONTROLLER)
    table.reverse(2, "đưa nhầm người")
    assert (table.session.slips_paid, table.session.cash_in) == ({}, 5_000_000)
    table.post(table.session.plan_adjust(slip.slip_no), CONTROLLER)
    assert table.session.slips_paid == {slip.slip_no: 4}


def test_nothing_but_the_slip_itself_is_carried_out(slip: Adjustment) -> None:
    table = later(slip)
    with pytest.raises(AdjustmentUnknown):
        table.session.plan_adjust("TXN0480799-20240815-A-000003-9")
    good = table.session.plan_adjust(slip.slip_no)
    for wrong in (changed(good, party=HEAD_A), changed(good, lines=(line_of("CX", "", "suspense", -5_000_001),)), changed(good, by="")):
        with pytest.raises(AdjustmentUnknown):
            table.post(wrong, CONTROLLER)
    with pytest.raises(NotesDiffer):
        table.post(table.session.plan_adjust(slip.slip_no, notes=notes(5_000_000 - 1_000)), CONTROLLER)
    for nobody in ((), (LEADER,)):
        with pytest.raises(ApprovalMissing):
            table.post(good, *nobody)


def test_money_goes_back_only_on_fresh_figures_and_is_told_on_any(book: Writer, slip: Adjustment) -> None:
    old = TERMS.session_date - datetime.timedelta(days=8)
    (told,) = slips(book, corrected(book, 8, 1, account="6600104100000001", component="principal"))
    (taken,) = slips(book, returned(4, 1))
    table = later(slip, told, taken, as_of=old)
    with pytest.raises(PackStale):
        table.post(table.session.plan_adjust(slip.slip_no), CONTROLLER)
    table.post(table.session.plan_adjust(told.slip_no), CONTROLLER)
    table.post(table.session.plan_adjust(taken.slip_no), CONTROLLER)
    assert table.session.cash_in == 60_000_000


def test_a_large_sum_goes_back_with_the_leader_beside(slip: Adjustment) -> None:
    table = later(changed(slip, lines=(line_of("CX", "", "suspense", -200_000_000),)))
    table.post(table.session.plan_float(notes=notes(300_000_000)), CONTROLLER)
    with pytest.raises(ApprovalMissing):
        table.post(table.session.plan_adjust(slip.slip_no), CONTROLLER)
    table.post(table.session.plan_adjust(slip.slip_no), CONTROLLER, LEADER)


def test_a_slip_travels_and_is_rebuilt(slip: Adjustment) -> None:
    from sync.protocol import open_batch, seal_batch

    table = later(slip)
    table.post(table.session.plan_adjust(slip.slip_no), CONTROLLER)
    pack = changed(PACK, terms=table.session.terms)
    raw = seal_batch(table.sealed, pack=pack, office_key=OFFICE.seal_key, device_seed=small.DEVICE_SEED)
    batch = open_batch(
        raw, office=OFFICE.office, office_secret=small.OFFICE_SECRET, device_key=small.DEVICE_KEY, terms_of=lambda _b: pack.terms
    )
    assert [one for _, one, _ in batch.entries] == [one.raw for one in table.sealed]


def test_a_session_of_nothing_but_refusals_would_be_seen(slip: Adjustment) -> None:
    """A control: without its slip the very same body is refused."""
    body = Session(changed(TERMS, adjustments=(slip,))).plan_adjust(slip.slip_no)
    with pytest.raises(Refusal):
        later().post(body, CONTROLLER)
