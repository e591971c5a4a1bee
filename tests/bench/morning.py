"""A whole morning at a made-up point, as long as asked for: what a session really sends.

Groups and people come in any order, at the pace of people: a hand-in takes minutes to count and a visit
about one, with pauses. Amounts are those of the field: interest to the đồng, principal and savings in
ten-thousands. One voucher in two hundred is reversed. The same seed gives the same morning.
"""

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import NamedTuple

from sync.chain import NO_HEAD, Approval, Moment, Sealed, approve, link
from sync.pack import Pack
from sync.session import Session
from sync.voucher import Body, Wish
from tests.bench.point import BEGIN_S, as_notes


class Act(NamedTuple):
    """A voucher and who approves it; seconds from the id being minted to the posting, and from the last one."""

    body: Body
    approvers: tuple[str, ...]
    shown_s: int
    waited_s: int


def _pace(random: Random, usual_s: float) -> int:
    return max(int(random.lognormvariate(0, 0.6) * usual_s), 2)


def _visit(session: Session, random: Random) -> Body | None:
    """Somebody at the table, with what they came for; None where it comes to nothing."""
    roll = session.roll
    customer = random.choice(roll.terms.customers).customer_code
    wishes: list[Wish] = []
    for loan in roll.loans_of(customer):
        dues = session.dues(loan)
        if dues.by_component["principal"] > 2_000_000 and random.random() < 0.5:
            paid = random.choice((200, 500, 500, 1_000, 1_000, 2_000, random.randrange(10, 2_000, 10))) * 1_000
            wishes.append(Wish("TG", loan.loan_code, paid))
        if dues.interest and random.random() < 0.9:
            wishes.append(Wish("TL", loan.loan_code, None))
    deposit = roll.member_deposit(customer)
    if deposit and random.random() < 0.7:
        saved = random.choice((50, 50, 100, 100, 200, 500, random.randrange(10, 900))) * 1_000
        wishes.append(Wish("TT", deposit.account_no, saved))
    return session.plan_visit(customer, wishes=wishes) if wishes else None


def _group(session: Session, random: Random, code: str) -> Body:
    """Most members pay, most of them what was expected; the leader counted the notes beforehand."""
    cash = {}
    for member in session.members(code):
        draw = random.random()
        if draw < 0.85:
            cash[member.customer_code] = member.suggestion
        elif draw < 0.95:
            cash[member.customer_code] = member.suggestion + random.choice((10, 20, 50, 100, 200)) * 1_000
    group = session.roll.groups[code]
    by = group.leader if random.random() < 0.9 else group.deputy
    return session.plan_group(code, by=by, cash=cash, interest={}, notes=as_notes(sum(cash.values())))


def acts(session: Session, random: Random, *, entries: int, head: list[bytes]) -> Iterator[Act]:
    """Acts until `entries` are posted, the last one the close; the session must take each before the next is asked."""
    yield Act(session.plan_open(notes={500_000: 900, 200_000: 1_000, 50_000: 800}), ("KSV01",), 40, 0)
    groups = [one.group_code for one in session.terms.groups]
    random.shuffle(groups)
    # Leaders come through the whole morning, more of them early.
    turns = sorted((int(random.betavariate(1.2, 2.5) * entries) for _ in groups), reverse=True)
    while len(session.bodies) < entries - 2:
        number = len(session.bodies)
        if turns and number >= turns[-1]:
            turns.pop()
            yield Act(_group(session, random, groups.pop()), (), _pace(random, 60), _pace(random, 240))
        elif random.random() < 0.005 and session.bodies[-1].kind == "visit":
            yield Act(session.plan_reverse(number, reason="nhập nhầm số tiền"), ("KSV01",), 25, _pace(random, 30))
        elif made := _visit(session, random):
            # Principal before interest is the controller's to allow.
            yield Act(made, ("KSV01",) if session.approvers(made) else (), _pace(random, 6), _pace(random, 45))
    yield Act(session.plan_count(notes=as_notes(session.cash // 500 * 500)), (), 30, 600)
    if session.counted == session.cash:
        yield Act(session.plan_close(head=head[-1]), ("GDV01", "KSV01", "TTR01"), 30, 60)
    else:
        # Interest to the đồng leaves coins that no notes come to.
        yield Act(session.plan_difference(reason="tiền lẻ"), ("TTR01",), 30, 60)


def single_acts(session: Session, random: Random, *, entries: int, head: list[bytes]) -> Iterator[Act]:
    """The same without hand-ins: everybody comes alone, for one thing or two, group by group as they were called."""
    yield Act(session.plan_open(notes={500_000: 900, 200_000: 1_000, 50_000: 800}), ("KSV01",), 40, 0)
    roll, groups = session.roll, [one.group_code for one in session.terms.groups]
    random.shuffle(groups)
    queue: list[str] = []
    while len(session.bodies) < entries - 2:
        if not queue:
            group = groups.pop()
            members = [one.customer_code for one in session.terms.customers if one.group_code == group]
            queue = sorted(random.sample(members, k=len(members) * 3 // 4), reverse=True)
        customer = queue.pop()
        wishes = [Wish("TL", loan.loan_code, None) for loan in roll.loans_of(customer) if session.dues(loan).interest][:1]
        deposit = roll.member_deposit(customer)
        if deposit and (not wishes or random.random() < 0.5):
            wishes.append(Wish("TT", deposit.account_no, random.choice((50, 50, 100, 100, 200, 500)) * 1_000))
        if wishes:
            yield Act(session.plan_visit(customer, wishes=wishes), (), _pace(random, 4), _pace(random, 6))
    yield Act(session.plan_count(notes=as_notes(session.cash // 500 * 500)), (), 30, 600)
    yield Act(session.plan_difference(reason="tiền lẻ"), ("TTR01",), 30, 60)


def written(
    pack: Pack, random: Random, *, entries: int, device_seed: bytes, seeds: Mapping[str, bytes],
    of: Callable[..., Iterator[Act]] = acts,
) -> list[Sealed]:  # fmt: skip
    """The entries of such a morning, checked, linked and signed as the desk does it."""
    session, head = Session(pack.terms), [NO_HEAD]
    made: list[Sealed] = []
    now_s = 0
    for act in of(session, random, entries=entries, head=head):
        now_s += act.waited_s
        entry_id = max(BEGIN_S + now_s - act.shown_s, made[-1].entry.id + 1 if made else 0)
        approvals: list[Approval] = [
            approve(seeds[one], staff_id=one, book=pack.book, entry_id=entry_id, body=act.body) for one in act.approvers
        ]
        session.check(act.body, maker="GDV01", approvers=list(act.approvers), head=head[-1])
        sealed = link(
            act.body, session=session, book=pack.book, prev=head[-1], entry_id=entry_id,
            moment=Moment(BEGIN_S + now_s, now_s + 300, 1), maker="GDV01", approvals=approvals,
            device_seed=device_seed,
        )  # fmt: skip
        session.apply(act.body, maker="GDV01")
        head.append(sealed.head)
        made.append(sealed)
    return made
