"""A laptop without a window, a disk or a printer: the session's own rules and the wire, for the office to meet.

Its seeds are fixed, so a failing test fails the same way again. `post` obeys the rules; `force` writes
what a broken or altered program would write, with good links and signatures.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sync import chain, keys, pack, protocol
from sync.chain import Moment, Sealed
from sync.outage import OFFICERS, on_paper, paper_alone
from sync.session import Session
from sync.voucher import Body, Wish

# The session's day at eight in the morning, Vietnamese time, when nothing else is asked for.
MORNING = 1_713_142_800


class Laptop:
    """One laptop from its ticket on. `book` is the entries it has written."""

    def __init__(self, ticket: bytes, *, seed: int = 1) -> None:
        self.ticket_raw, self.ticket = ticket, pack.read_ticket(ticket)
        self.device = self.ticket.device
        self.seed = keys.digest("test/seed", bytes([seed]))
        self.secret = keys.digest("test/secret", bytes([seed]))
        # Everybody has keys of their own on each laptop.
        here = bytes([seed]) if seed > 1 else b""
        self.staff = {one.staff_id: keys.digest("test/staff", one.staff_id.encode() + here) for one in self.ticket.staff}
        self.entries: list[Sealed] = []
        self.before: list[pack.Run] = []

    def answer(self) -> bytes:
        users = [
            pack.Enrolled(staff_id=name, sign_key=keys.sign_public(seed), seal_key=keys.seal_public(seed))
            for name, seed in self.staff.items()
        ]
        return pack.make_answer(self.ticket, device_seed=self.seed, device_secret=self.secret, users=users)

    def take(self, sealed: bytes, *, now_s: int = MORNING) -> None:
        """Open a pack and begin its book."""
        self.pack = pack.open_pack(
            sealed, device=self.device, device_secret=self.secret, office=self.ticket.office, now_s=now_s
        )
        self.session = Session(self.pack.terms)
        self.entries, self.before = [], []
        self.clock_s = now_s

    def go_on(self, first: "Laptop", *, last: int | None = None, reason: str = "máy chính rơi vỡ") -> Sealed:
        """Go on from another laptop's session, after its entry `last`, in a book of this one's own."""
        held = first.entries[:last]
        self.pack = pack.continued(first.pack, by=self.device)
        self.before = [*first.before, pack.Run(first.pack, len(held))]
        self.session = Session(self.pack.terms)
        chain.replay(self.session, held, book=self.pack.book, device_key=self.pack.sign_key,
                     before=[run.writer for run in self.before])  # fmt: skip
        self.entries, self.clock_s = list(held), first.clock_s + 600
        return self.post(self.session.plan_resume(head=self.head, reason=reason))

    @property
    def begins(self) -> int:
        """The number after which this laptop wrote."""
        return self.before[-1].last if self.before else 0

    @property
    def head(self) -> bytes:
        return self.entries[-1].head if self.entries else chain.NO_HEAD

    def one(self, role: str) -> str:
        return next(one.staff_id for one in self.pack.terms.team if one.role == role)

    @property
    def maker(self) -> str:
        """Whoever holds the drawer; before it is opened, the first teller."""
        return self.session.holder or self.one("teller")

    def post(self, body: Body) -> Sealed:
        approvers = [self.maker if roles == {"teller"} else self.one(sorted(roles)[0]) for roles in self.session.approvers(body)]
        if body.kind == "handover":
            approvers = [self.maker, body.detail("to")]
        if body.kind == "resume":
            approvers.insert(0, self.maker)
        if paper_alone(self.session, body, approvers):
            able = (one.staff_id for one in self.pack.terms.team if one.role in OFFICERS and one.staff_id not in self.session.outages)
            approvers.append(next(able))
        self.session.check(body, maker=self.maker, approvers=approvers, head=self.head)
        return self.force(body, approvers=approvers)

    def force(self, body: Body, *, approvers: Sequence[str] = (), seeds: Mapping[str, bytes] | None = None) -> Sealed:
        self.clock_s += 30
        entry_id = self.clock_s * 1000
        held = seeds or self.staff
        approvals = [
            chain.signed_on_paper(name) if on_paper(self.session, body, name)
            else chain.approve(held[name], staff_id=name, book=self.pack.book, entry_id=entry_id, body=body)
            for name in approvers
        ]  # fmt: skip
        sealed = chain.link(
            body, session=self.session, book=self.pack.book, prev=self.head, entry_id=entry_id,
            moment=Moment(self.clock_s, self.clock_s - MORNING + 100, 1), maker=self.maker,
            approvals=approvals, device_seed=self.seed,
        )  # fmt: skip
        self.session.apply(body, maker=sealed.entry.maker)
        self.entries.append(sealed)
        return sealed

    # What a morning is made of

    def open(self, notes: Mapping[int, int] | None = None) -> None:
        self.post(self.session.plan_open(notes=notes or {500_000: 400, 10_000: 100}))

    def hand_in(self, group_code: str, *, members: int = 3) -> Sealed:
        """The first members of a group hand in a round sum through their leader."""
        group = self.session.roll.groups[group_code]
        rows = self.session.members(group_code)[:members]
        cash = {row.customer_code: row.suggestion for row in rows}
        total = sum(cash.values())
        notes = {1_000: total // 1_000}
        return self.post(self.session.plan_group(group_code, by=group.leader, cash=cash, interest={}, notes=notes))

    def deposit(self, amount: int = 50_000, *, place: int = 0) -> Sealed:
        """One member brings money for their deposit account."""
        found = [one for one in self.pack.terms.deposits if one.kind == "member"][place]
        wish = Wish("TT", found.account_no, amount)
        return self.post(self.session.plan_visit(found.customer_code, wishes=[wish]))

    def reverse(self, number: int) -> Sealed:
        return self.post(self.session.plan_reverse(number, reason="nhập nhầm"))

    def pay(self, slip_no: str) -> Sealed:
        return self.post(self.session.plan_slip(slip_no))

    def hand_over(self, to: str) -> Sealed:
        """The drawer counted, to its last odd đồng, and given to another teller."""
        if off := self.session.cash % 500:
            self.count(short=off)
            self.post(self.session.plan_difference(reason="tiền lẻ dưới 500 đ"))
        return self.post(self.session.plan_handover(to=to, notes={500: self.session.cash // 500}))

    def count(self, *, short: int = 0) -> Sealed:
        total = self.session.cash - short
        notes = {1_000: total // 1_000} if total % 1_000 == 0 else {500: total // 500}
        return self.post(self.session.plan_count(notes=notes))

    def close(self) -> Sealed:
        if self.session.state != "counted":
            self.count()
        return self.post(self.session.plan_close(head=self.head))

    # The wire

    def batch(self, first: int = 0, last: int | None = None) -> bytes:
        entries = self.entries[(first or self.begins + 1) - 1 : last]
        return protocol.seal_batch(
            entries, pack=self.pack, office_key=self.ticket.office.seal_key, device_seed=self.seed
        )

    def carried(self, first: int = 1, last: int | None = None, *, run: int = 0) -> bytes:
        """Entries of the laptop that wrote before this one, handed in by this one."""
        of = self.before[run]
        return protocol.seal_batch(
            self.entries[first - 1 : last or of.last], pack=of.pack, office_key=self.ticket.office.seal_key,
            device_seed=self.seed, carried_by=self.device,
        )  # fmt: skip

    def believes(self, ack: bytes, *, newest: int = 0, newest_s: int = 0) -> protocol.Ack:
        """What the office said, if it is true of this book."""

        def mark_at(number: int) -> Any:
            if number == 0:
                return protocol.Mark(chain.NO_HEAD, 0, 0, 0)
            if number > len(self.entries):
                return None
            entry = self.entries[number - 1].entry
            return protocol.Mark(self.entries[number - 1].head, entry.cash, entry.cash_in, entry.cash_out)

        return protocol.read_ack(
            ack, pack=self.pack, office_key=self.ticket.office.sign_key, newest=newest, newest_s=newest_s, mark_at=mark_at
        )
