"""What cannot sign leaves nothing where a signature would stand; one signed entry closes the gap; nothing else gets looser."""

from collections.abc import Callable

import pytest

from sync import chain, keys
from sync.errors import Fault
from sync.outage import NO_SIGNATURE, Gap, gap_of, gaps
from sync.projection import LAPTOP
from sync.protocol import open_batch, seal_batch
from sync.records import changed
from sync.session import Session
from sync.voucher import Body, Wish
from tests.sync import small
from tests.sync.counter import COUNTER, DEMAND
from tests.sync.small import (
    BOOK,
    CONTROLLER,
    DEVICE_KEY,
    LEADER,
    PACK,
    RESIDENT,
    SAVER,
    SECOND,
    TELLER,
    TERMS,
    Writer,
)


def refused(code: str, verb: Callable[[], object]) -> Fault:
    with pytest.raises(Fault) as caught:
        verb()
    assert caught.value.code == code
    assert caught.value.sentence("vi")
    assert caught.value.sentence("en")
    return caught.value


def opened(terms: object = None) -> Writer:
    book = Writer(terms or TERMS)  # type: ignore[arg-type]
    book.open()
    return book


def declare(book: Writer, *approvers: str, device: bool = False, staff: str = "", reason: str = "mất khóa") -> None:
    book.post(book.session.plan_outage(device=device, staff=staff, reason=reason), *approvers)


def recover(book: Writer, *approvers: str, device: bool = False, staff: str = "") -> None:
    book.post(book.session.plan_recover(device=device, staff=staff, head=book.head), *approvers)


def deposit(book: Writer, amount: int = 50_000) -> chain.Sealed:
    return book.visit(SAVER, Wish("TT", small.deposit_no(SAVER), amount))


def folded(book: Writer, rows: list[chain.Sealed] | None = None) -> Session:
    session = Session(book.session.terms)
    return chain.replay(session, rows or book.sealed, book=BOOK, device_key=DEVICE_KEY).session


def gap() -> Writer:
    """The float, the laptop's key gone, two deposits and a payment, the key back, one more deposit."""
    book = opened()
    declare(book, CONTROLLER, device=True)
    deposit(book)
    deposit(book, 70_000)
    book.slip()
    recover(book, LEADER, device=True)
    deposit(book)
    return book


# --- the laptop's key


def test_while_the_laptops_key_is_gone_entries_go_on_unsigned_and_one_signature_closes_the_gap() -> None:
    book = gap()
    assert [one.signature == NO_SIGNATURE for one in book.sealed] == [False, True, True, True, True, False, False]
    [found] = gaps(book.session, of=LAPTOP)
    assert found == Gap(first=2, last=5, entries=4, cash_in=120_000, cash_out=60_000_000, signed_by=6)
    assert gap_of(book.session, book.session.bodies[5]) == found
    assert book.sealed[5].entry.body.head == book.sealed[4].head
    assert folded(book).balances == book.session.balances
    assert not folded(book).outages


def test_nothing_unsigned_is_taken_outside_an_outage_and_nothing_signed_inside() -> None:
    book = gap()
    for place, one in enumerate(book.sealed):
        signature = keys.sign(small.DEVICE_SEED, "entry/1", chain.stub_of(one.entry, one.head).to_bytes())
        other = signature if one.signature == NO_SIGNATURE else NO_SIGNATURE
        rows = [*book.sealed[:place], one._replace(signature=other), *book.sealed[place + 1 :]]
        refused("keys.signature-wrong", lambda rows=rows: folded(book, rows))  # type: ignore[misc]


def test_an_entry_of_the_gap_that_is_changed_afterwards_breaks_the_chain() -> None:
    """Nobody needs a key to write an unsigned entry: what holds it is the head that the recovery signed."""
    book = gap()
    entry = changed(book.sealed[2].entry, wall_s=book.sealed[2].entry.wall_s + 1)
    raw = entry.to_bytes()
    rows = [*book.sealed[:2], chain.Sealed(entry, raw, chain.head_of(raw), NO_SIGNATURE), *book.sealed[3:]]
    refused("chain.broken", lambda: folded(book, rows))


def test_a_gap_rewritten_as_a_whole_does_not_fit_the_recovery_that_was_signed() -> None:
    book, other = opened(), opened()
    for one, amount in ((book, 50_000), (other, 40_000)):
        declare(one, CONTROLLER, device=True)
        deposit(one, amount)
    recover(book, LEADER, device=True)
    refused("chain.broken", lambda: folded(book, [*other.sealed, book.sealed[-1]]))


def test_without_a_seed_only_what_an_outage_allows_is_linked() -> None:
    book = opened()

    def link(body: Body) -> chain.Sealed:
        return chain.link(body, session=book.session, book=BOOK, prev=book.head, entry_id=9, moment=chain.Moment(1, 1, 1),
                          maker=TELLER, approvals=(), device_seed=b"")  # fmt: skip

    body = book.session.plan_visit(SAVER, wishes=[Wish("TT", small.deposit_no(SAVER), 1)])
    assert refused("outage.key-gone", lambda: link(body))
    assert link(book.session.plan_outage(device=True, staff="", reason="hỏng")).signature == NO_SIGNATURE
    declare(book, CONTROLLER, device=True)
    assert link(body).signature == NO_SIGNATURE
    refused("outage.key-gone", lambda: link(book.session.plan_recover(device=True, staff="", head=book.head)))


def test_a_session_can_begin_with_an_outage_but_not_end_in_one() -> None:
    book = Writer()
    declare(book, LEADER, device=True)
    refused("session.not-open", lambda: deposit(book))
    book.open(50_000_000)
    assert (book.session.state, book.session.opening) == ("open", 50_000_000)
    book.count(50_000_000)
    close = refused("outage.close-unsigned", book.close)
    assert "số 1" in close.sentence("vi")
    recover(book, CONTROLLER, device=True)
    book.close()
    assert folded(book).state == "closed"


def test_a_batch_ends_with_a_signature_and_carries_the_gap_whole() -> None:
    book = gap()

    def letter(last: int) -> bytes:
        return seal_batch(book.sealed[:last], pack=PACK, office_key=small.OFFICE.seal_key, device_seed=small.DEVICE_SEED)

    refused("batch.wrong", lambda: letter(3))
    batch = open_batch(letter(7), office=small.OFFICE.office, office_secret=small.OFFICE_SECRET, device_key=DEVICE_KEY,
                       terms_of=lambda _book: TERMS)  # fmt: skip
    assert [one for _, one, _ in batch.entries] == [one.raw for one in book.sealed]


# --- one person


def test_who_cannot_sign_approves_on_paper_and_signs_the_recovery_in_person() -> None:
    book = opened()
    declare(book, LEADER, staff=CONTROLLER)
    book.slip(approvers=[CONTROLLER, LEADER])
    on_paper, signed = book.sealed[-1].entry.approvals
    assert on_paper == chain.signed_on_paper(CONTROLLER)
    assert (signed.staff_id, signed.signature == NO_SIGNATURE) == (LEADER, False)
    assert book.sealed[-1].signature != NO_SIGNATURE
    body = book.session.plan_recover(device=False, staff=CONTROLLER, head=book.head)
    refused("session.approval-missing", lambda: book.post(body, LEADER))
    book.post(body, CONTROLLER)
    book.reverse(3)
    assert book.sealed[-1].entry.approvals[0].signature != NO_SIGNATURE
    assert folded(book).cash == book.session.cash


def test_a_paper_approval_is_taken_of_that_person_in_that_outage_only() -> None:
    def with_paper(book: Writer, who: str) -> chain.Sealed:
        """The last voucher again, the first approval by nobody's key but with a name."""
        one = book.sealed[-1]
        entry = changed(one.entry, approvals=(chain.signed_on_paper(who), *one.entry.approvals[1:]))
        raw = entry.to_bytes()
        head = chain.head_of(raw)
        return chain.Sealed(entry, raw, head, keys.sign(small.DEVICE_SEED, "entry/1", chain.stub_of(entry, head).to_bytes()))

    for staff, who, fine in (("", CONTROLLER, False), (CONTROLLER, CONTROLLER, True), (LEADER, CONTROLLER, False)):
        book = opened()
        if staff:
            declare(book, CONTROLLER if staff == LEADER else LEADER, staff=staff)
        book.slip(approvers=[CONTROLLER, LEADER] if staff == CONTROLLER else [CONTROLLER])
        rows = [*book.sealed[:-1], with_paper(book, who)]
        if fine:
            assert folded(book, rows).cash == book.session.cash
        else:
            refused("keys.signature-wrong", lambda rows=rows, book=book: folded(book, rows))  # type: ignore[misc]


def test_a_hand_on_paper_never_stands_alone() -> None:
    """A teller who has had one officer declared unable to sign could else write that officer's name under anything."""
    book = opened(COUNTER)
    declare(book, LEADER, staff=CONTROLLER)
    deposit(book)
    back = book.session.plan_reverse(3, reason="nhầm")
    blind = book.session.plan_count(notes={}, blind=CONTROLLER)
    for alone in (
        book.slip, lambda: book.visit(RESIDENT, Wish("RK", DEMAND, 50_000), approvers=[CONTROLLER]),
        lambda: book.post(back, CONTROLLER), lambda: book.post(blind, CONTROLLER),
    ):  # fmt: skip
        assert refused("outage.paper-alone", alone).facts["staff"] == CONTROLLER
    book.visit(RESIDENT, Wish("RK", DEMAND, 50_000), approvers=[CONTROLLER, LEADER])
    book.post(back, LEADER)
    assert folded(book).cash == book.session.cash


def test_a_large_difference_is_not_the_tellers_alone_while_the_leader_cannot_sign() -> None:
    """What is short is taken out of the drawer as surely as a payment."""
    book = opened()
    declare(book, CONTROLLER, staff=LEADER)
    book.count(40_000_000)
    short = book.session.plan_difference(reason="thiếu")
    refused("outage.paper-alone", lambda: book.post(short, LEADER))
    refused("session.approval-missing", lambda: book.post(short, CONTROLLER))
    book.post(short, LEADER, CONTROLLER)
    assert [one.signature == NO_SIGNATURE for one in book.sealed[-1].entry.approvals] == [True, False]


def test_nobody_approves_their_own_outage_and_whoever_is_out_approves_no_other() -> None:
    book = opened()
    for approver, staff in ((CONTROLLER, CONTROLLER), (LEADER, LEADER), (CONTROLLER, TELLER), (TELLER, CONTROLLER)):
        with pytest.raises(Fault):
            declare(book, approver, staff=staff)
    refused("session.approval-missing", lambda: declare(book, staff=CONTROLLER))
    declare(book, LEADER, staff=CONTROLLER)
    assert book.session.approvers(book.session.plan_outage(device=True, staff="", reason="x")) == (frozenset({"leader"}),)
    refused("outage.cannot-sign", lambda: declare(book, CONTROLLER, device=True))
    refused("outage.cannot-sign", lambda: declare(book, LEADER, CONTROLLER, device=True))
    declare(book, LEADER, device=True)
    refused("outage.cannot-sign", lambda: recover(book, LEADER, CONTROLLER, device=True))
    recover(book, LEADER, device=True)
    assert list(book.session.outages) == [CONTROLLER]


def test_the_leader_out_of_reach_pays_nothing_that_needs_the_leader_by_its_size() -> None:
    terms = changed(COUNTER, parameters=changed(COUNTER.parameters, leader_from=1_000_000))
    book = opened(terms)
    declare(book, CONTROLLER, staff=LEADER)
    large = book.session.plan_visit(RESIDENT, wishes=[Wish("RK", DEMAND, 1_000_000)])
    refused("outage.leader-cannot-sign", lambda: book.session.check(large, maker=TELLER, approvers=None, head=book.head))
    refused("outage.leader-cannot-sign", lambda: book.post(large, CONTROLLER, LEADER))
    book.visit(RESIDENT, Wish("RK", DEMAND, 900_000), approvers=[CONTROLLER])
    # Taking it back and paying it again comes to as much.
    refused("outage.leader-cannot-sign", lambda: book.visit(RESIDENT, Wish("RK", DEMAND, 100_000), approvers=[CONTROLLER, LEADER]))
    recover(book, LEADER, staff=LEADER)
    book.visit(RESIDENT, Wish("RK", DEMAND, 100_000), approvers=[CONTROLLER, LEADER])


def test_a_book_is_closed_while_one_person_signs_on_paper() -> None:
    book = opened()
    declare(book, CONTROLLER, staff=LEADER)
    book.count(100_000_000)
    book.close()
    assert [one.signature == NO_SIGNATURE for one in book.sealed[-1].entry.approvals] == [False, False, True]
    assert folded(book).state == "closed"


def test_a_teller_who_cannot_sign_gives_back_their_own_signature() -> None:
    """The maker of a recovery signs it, being whom it gives back."""
    book = opened(COUNTER)
    declare(book, LEADER, staff=TELLER)
    handed_over = book.session.plan_handover(to=SECOND, notes=small.notes(100_000_000))
    refused("outage.paper-alone", lambda: book.post(handed_over, TELLER, SECOND))
    book.post(handed_over, TELLER, SECOND, LEADER)
    refused("session.not-holder", lambda: deposit(book))
    recover(book, TELLER, staff=TELLER)
    assert folded(book).holder == SECOND


# --- both, and what is wrong


def test_both_at_once_end_together_or_the_laptops_key_first() -> None:
    for device_first in (True, False):
        book = opened()
        declare(book, LEADER, device=True, staff=CONTROLLER)
        deposit(book)
        refused("outage.laptop-first", lambda book=book: recover(book, CONTROLLER, staff=CONTROLLER))  # type: ignore[misc]
        if device_first:
            recover(book, LEADER, device=True)
            recover(book, CONTROLLER, staff=CONTROLLER)
        else:
            recover(book, CONTROLLER, device=True, staff=CONTROLLER)
        assert not folded(book).outages
        assert len(gaps(book.session, of=LAPTOP)) == len(gaps(book.session, of=CONTROLLER)) == 1


def test_an_outage_says_what_cannot_sign_and_why_and_once() -> None:
    book = opened()
    plan = book.session.plan_outage
    for code, body in (
        ("outage.empty", plan(device=False, staff="", reason="x")),
        ("session.reason-missing", plan(device=True, staff="", reason=" ")),
        ("voucher.detail-unclear", plan(device=False, staff="KSV99", reason="x")),
        ("voucher.detail-unclear", changed(plan(device=True, staff="", reason="x"), details=(("device", "2"),))),
        ("voucher.field-stray", changed(plan(device=True, staff="", reason="x"), party=SAVER)),
        ("voucher.field-stray", changed(plan(device=True, staff="", reason="x"), head=book.head)),
        ("voucher.field-stray", changed(plan(device=True, staff="", reason="x"), lines=small.morning().session.bodies[0].lines)),
    ):
        refused(code, lambda body=body: book.post(body, LEADER))  # type: ignore[misc]
    declare(book, LEADER, device=True, staff=CONTROLLER)
    assert "số 2" in refused("outage.open", lambda: declare(book, LEADER, device=True)).sentence("vi")
    refused("outage.open", lambda: declare(book, CONTROLLER, staff=LEADER))
    refused("reverse.unknown", lambda: book.reverse(2))


def test_a_recovery_names_the_gap_there_is() -> None:
    book = opened()
    refused("outage.none", lambda: recover(book, LEADER, device=True))
    refused("outage.none", lambda: recover(book, LEADER))
    declare(book, LEADER, device=True)
    deposit(book)
    right = book.session.plan_recover(device=True, staff="", head=book.head)
    for first, last in (("1", "3"), ("2", "2"), ("2", "4"), ("x", "3")):
        wrong = changed(right, details=(("device", "1"), ("first", first), ("last", last)))
        refused("outage.gap-differs", lambda wrong=wrong: book.post(wrong, LEADER))  # type: ignore[misc]
    refused("outage.gap-moved", lambda: book.post(changed(right, head=bytes(32)), LEADER))
    deposit(book)
    refused("outage.gap-differs", lambda: book.post(right, LEADER))
    refused("session.approval-missing", lambda: recover(book, device=True))
    refused("session.maker-approves", lambda: book.post(
        book.session.plan_recover(device=True, staff="", head=book.head), LEADER, maker=LEADER))  # fmt: skip
    recover(book, LEADER, device=True)
    refused("outage.none", lambda: recover(book, LEADER, device=True))


def test_an_outage_moves_no_cash_and_leaves_a_count_standing() -> None:
    book = opened()
    book.count(100_000_000)
    declare(book, LEADER, device=True)
    recover(book, LEADER, device=True)
    assert (book.session.state, book.session.cash) == ("counted", 100_000_000)
    book.close()
