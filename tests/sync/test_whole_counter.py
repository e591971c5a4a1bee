"""Mornings of everything a counter does, in any order: nothing is lost on the way, and everything can be undone."""

import random
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from sync import chain, ledger
from sync.errors import Refusal
from sync.outage import paper_alone
from sync.projection import LAPTOP
from sync.protocol import open_batch, seal_batch
from sync.records import changed
from sync.session import Session
from sync.voucher import Body, Wish
from tests.sync import small
from tests.sync.counter import COUNTER, GIVEN_BACK, TAKEN_IN, TOLD
from tests.sync.small import (
    COMMISSION,
    CONTROLLER,
    DEPUTY_A,
    FEE,
    GROUP_A,
    GROUP_B,
    HEAD_A,
    HEAD_B,
    LATE,
    LEADER,
    PACK,
    RESIDENT,
    SAVER,
    SECOND,
    SLIP,
    SLIP_LATE,
    TELLER,
    TWICE,
    Writer,
    notes,
)

# Those who are late come more often.
PEOPLE = [*(one.customer_code for one in COUNTER.customers), LATE, LATE, LATE, TWICE]
COUNTER_PACK = changed(PACK, terms=COUNTER)
SUMS = (1, 500, 50_000, 100_000, 280_274, 1_000_000, 20_000_000)
# Whoever might be asked; the session says whom it wants.
STAFF = {"teller": TELLER, "controller": CONTROLLER, "leader": LEADER}


class Morning:
    """A book in which somebody tries one thing after another; what is refused leaves no trace."""

    def __init__(self, seed: int) -> None:
        self.chance, self.book, self.refused = random.Random(seed), Writer(COUNTER), 0
        self.book.open(self.chance.choice([0, 50_000_000, 400_000_000]))

    def post(self, body: Body) -> None:
        session, maker = self.book.session, self.book.session.holder
        named = [maker, body.detail("to")] if body.kind == "handover" else [body.detail("blind")] if body.detail("blind") else []
        named = named or [one for one in [body.detail("staff")] if one and body.kind == "recover"]
        wanted = session.approvers(body)
        asked = [*named, *(STAFF[sorted(roles)[0]] for roles in wanted[len(named) :])]
        if paper_alone(session, body, asked):
            asked.append(LEADER if CONTROLLER in session.outages else CONTROLLER)
        self.book.post(body, *asked, maker=maker)

    def attempt(self) -> None:
        session = self.book.session
        before = (len(self.book.sealed), dict(session.balances), session.cash, session.state, session.holder, set(session.roll.deposits))
        try:
            self.chance.choice(TRIES)(self)
        except Refusal:
            self.refused += 1
            after = (len(self.book.sealed), session.balances, session.cash, session.state, session.holder, set(session.roll.deposits))
            assert before == after
        assert session.cash >= 0
        assert min(session.balances.values()) >= 0

    def amount(self) -> int:
        return self.chance.choice(SUMS)

    def notes(self) -> dict[int, int]:
        return notes(self.chance.choice([500, 50_000, 1_000_000, self.book.session.cash // 500 * 500]))

    def visit(self) -> None:
        session, who = self.book.session, self.chance.choice(PEOPLE)
        mine = [one for one in (*session.roll.loans, *session.roll.deposits) if session.roll.owner(one) == who]
        new = [f"{self.chance.choice(['402.12', '464.12', '401.0'])}.ZZ{self.chance.randrange(3):04d}"]
        wishes = [
            Wish(code, self.chance.choice(new if code == "GK" and self.chance.random() < 0.6 else mine or new),
                 self.chance.choice([self.amount(), None]))
            for code in self.chance.choices(["TG", "TQ", "TL", "TT", "RT", "CT", "GK", "RK"], k=self.chance.randrange(1, 4))
        ]  # fmt: skip
        by_hand = {"paper_no": f"VT-{self.chance.randrange(4)}", "paper_at": "09:10"} if self.chance.random() < 0.2 else {}
        self.post(session.plan_visit(who, wishes=wishes, details=by_hand))

    def pay_out(self) -> None:
        held = [one.account_no for one in self.book.session.roll.deposits_of(RESIDENT)]
        wish = Wish("RK", self.chance.choice(held), self.chance.choice([None, 50_000]))
        self.post(self.book.session.plan_visit(RESIDENT, wishes=[wish]))

    def group(self) -> None:
        session, group = self.book.session, self.chance.choice([GROUP_A, GROUP_B])
        members = [one.customer_code for one in session.roll.members(group)]
        cash = {one: self.chance.choice([0, 10_000, 50_000, 340_000]) for one in members if self.chance.random() < 0.5}
        some = [one for one in members if self.chance.random() < 0.2]
        by = self.chance.choice([HEAD_A, HEAD_B, DEPUTY_A])
        self.post(session.plan_group(group, by=by, cash=cash, interest={}, notes=notes(sum(cash.values())), absent=some, unsigned=some))

    def slip(self) -> None:
        self.post(self.book.session.plan_slip(self.chance.choice([SLIP, COMMISSION, FEE, SLIP_LATE])))

    def adjust(self) -> None:
        self.post(self.book.session.plan_adjust(self.chance.choice([GIVEN_BACK, TAKEN_IN, TOLD]).slip_no))

    def reverse(self) -> None:
        self.post(self.book.session.plan_reverse(self.chance.randrange(len(self.book.sealed) + 2), reason="nhầm"))

    def correct(self) -> None:
        number = self.chance.randrange(len(self.book.sealed) + 2)
        who = self.chance.choice([HEAD_A, TWICE, SAVER])
        self.post(self.book.session.plan_correct(number, customer_code=who, reason="nhầm"))

    def cash(self) -> None:
        session = self.book.session
        match self.chance.randrange(4):
            case 0:
                self.post(session.plan_float(notes=self.notes()))
            case 1:
                self.post(session.plan_return(notes=self.notes()))
            case 2:
                self.post(session.plan_handover(to=self.chance.choice([TELLER, SECOND]), notes=self.notes()))
            case _:
                self.post(session.plan_suspense(amount=50_000, notes=notes(50_000), reason="chưa rõ"))

    def count(self) -> None:
        session = self.book.session
        self.post(session.plan_count(notes=self.notes(), blind=self.chance.choice(["", CONTROLLER])))
        if session.counted != session.cash:
            self.post(session.plan_difference(reason="lệch"))

    def record(self) -> None:
        session = self.book.session
        self.post(self.chance.choice([
            session.plan_counterfeit(party=HEAD_A, notes=[("AB123456", 500_000)], minutes="1", outcome="held"),
            session.plan_request(request="dossier", party=RESIDENT, text="hồ sơ"),
            session.plan_loss(details={"amount": "1000", "at": "11:00", "place": "chợ"}, reason="rơi"),
            session.plan_transit(notes={500: 1}, details={"seal": "1", "from": "a", "to": "b", "carriers": "c"}),
        ]))  # fmt: skip


    def outage(self) -> None:
        session = self.book.session
        if session.outages and self.chance.random() < 0.5:
            self.recover()
            return
        device, staff = self.chance.choice([(True, ""), (False, CONTROLLER), (True, LEADER)])
        self.post(session.plan_outage(device=device, staff=staff, reason="mất khóa"))

    def recover(self) -> None:
        session = self.book.session
        people = [one for one in session.outages if one]
        device = LAPTOP in session.outages
        self.post(session.plan_recover(device=device, staff=self.chance.choice(["", *people]), head=self.book.head))

    def sealed(self) -> "Morning":
        """The laptop can sign again where it could not: only then does a book leave it."""
        if LAPTOP in self.book.session.outages:
            self.post(self.book.session.plan_recover(device=True, staff="", head=self.book.head))
        return self


TRIES: tuple[Callable[[Morning], None], ...] = (
    *(Morning.visit,) * 6, *(Morning.group,) * 3, *(Morning.reverse,) * 3,
    Morning.pay_out, Morning.slip, Morning.adjust, Morning.correct, Morning.cash, Morning.count, Morning.record, Morning.outage,
)  # fmt: skip


def morning(seed: int, attempts: int = 60) -> Morning:
    made = Morning(seed)
    for _ in range(attempts):
        made.attempt()
    return made


def state_of(session: Session) -> tuple[object, ...]:
    return (
        session.balances, session.cash, session.cash_in, session.cash_out, session.state, session.counted, session.holder,
        session.slips_paid, session.corrected, session.outages, session.paper_nos, session.drawer, set(session.roll.deposits), set(session.roll.loans),
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_pack_and_chain_alone_give_back_everything(seed: int) -> None:
    made = morning(seed).book
    again = chain.replay(Session(COUNTER), made.sealed, book=small.BOOK, device_key=small.DEVICE_KEY)
    assert state_of(again.session) == state_of(made.session)
    for sealed in made.sealed:
        assert sum(one.amount for one in ledger.postings(sealed.entry.body.lines)) == 0
    last = made.sealed[-1].entry
    assert (last.cash, last.cash_in, last.cash_out) == (again.session.cash, again.session.cash_in, again.session.cash_out)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_everything_travels_and_is_rebuilt_byte_for_byte(seed: int) -> None:
    made = morning(seed).sealed().book
    raw = seal_batch(made.sealed, pack=COUNTER_PACK, office_key=small.OFFICE.seal_key, device_seed=small.DEVICE_SEED)
    batch = open_batch(
        raw, office=small.OFFICE.office, office_secret=small.OFFICE_SECRET, device_key=small.DEVICE_KEY, terms_of=lambda _book: COUNTER
    )
    assert [one for _, one, _ in batch.entries] == [one.raw for one in made.sealed]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_was_done_to_peoples_accounts_can_be_undone_backwards(seed: int) -> None:
    """The latest first, and corrections before what they corrected: in the end everybody stands where the pack said."""
    made = morning(seed, attempts=30)
    session = made.book.session
    # What left the drawer to the main fund is not a person's; there has to be enough to give money back with.
    made.post(session.plan_float(notes={500_000: 2_000}))
    for number in range(len(session.bodies), 0, -1):
        if session.bodies[number - 1].kind in ("group", "visit", "slip", "suspense", "correct", "adjust") and number not in session.reversed:
            made.post(session.plan_reverse(number, reason="làm lại"))
    untouched = Session(COUNTER).balances
    assert {key: amount for key, amount in session.balances.items() if amount} == untouched
    assert set(session.roll.deposits) == {one.account_no for one in COUNTER.deposits}


def test_these_mornings_do_a_bit_of_everything_and_are_refused_a_good_deal() -> None:
    """A control: a morning that never gets anything done would prove nothing above."""
    many = [morning(seed) for seed in range(80)]
    kinds = {body.kind for one in many for body in one.book.session.bodies}
    assert kinds >= {"open", "group", "visit", "slip", "reverse", "correct", "float", "return", "handover", "count", "difference",
                     "suspense", "counterfeit", "request", "loss", "transit", "outage", "recover", "adjust"}  # fmt: skip
    codes = {line.code for one in many for body in one.book.session.bodies for line in body.lines}
    assert codes >= {"GN", "TG", "TQ", "TL", "TT", "RT", "CT", "GK", "RK", "HH", "PU", "UQ", "HQ", "CL", "CX", "TF"}
    assert sum(one.refused for one in many) > 100
