"""The listing: everything a page can ask of a session without changing it.

What a page shows are values made here from the session (balances, state) and the book (the
encrypted file); nothing here posts, prints or sends. Amounts are đồng, counts are of this book.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from desktop.outages import Outages
from desktop.search import Found, folded
from desktop.store import Book, Marks, SetBack
from desktop.tally import Tally
from desktop.vault import Account
from sync import ledger
from sync.adjustment import adjusted
from sync.chain import Sealed
from sync.drawer import note_mix
from sync.errors import Fault
from sync.ledger import Line
from sync.loans import Dues, last_due, overdue_since, principal_to_pay
from sync.pack import Pack
from sync.projection import REVERSIBLE, Member, State
from sync.reversal import ReverseUnknown
from sync.session import Session
from sync.terms import Adjustment, Customer, Deposit, DisbursementSlip, Group, PayoutSlip
from sync.visit import AccountNotTheirs, CustomerUnknown, PackStale, earned, principal_first, stale
from sync.voucher import Body, Kind, number_text

# A draft that never becomes a voucher by itself: the count of the close.
_NO_VOUCHER = ("count",)


class Ahead(NamedTuple):
    """Vouchers that the laptop before this one had sent, and that never came here: `letter` is that one's."""

    letter: str
    first: int
    last: int


class Standing(NamedTuple):
    """Where the session stands; all amounts in đồng, all counts of entries in this book.

    `unprinted` are those whose paper nobody has seen, `doubtful` those of all of them that may be on paper.
    """

    state: State
    point_name: str
    pos_name: str
    session_date: datetime.date
    letter: str
    user: Account
    opened_s: int
    cash: int
    opening: int
    cash_in: int
    cash_out: int
    counted: int
    entries: int
    lines: int
    groups_total: int
    groups_in: int
    interest_due: int
    interest_taken: int
    principal_taken: int
    deposits_taken: int
    paid_out: int
    unprinted: int
    marks: Marks
    doubtful: int = 0
    outages: Outages = Outages()
    set_back: SetBack | None = None
    ahead: Ahead | None = None
    taken_over: Fault | None = None


class GroupRow(NamedTuple):
    """A group of today. `expected` is the sum of its members' suggestions; `handed_in` the cash taken.

    `elsewhere` is the letter of the laptop that serves it, where another one at the table does; else empty.
    """

    group: Group
    hamlet_name: str
    leader_name: str
    organisation: str
    members: int
    loans: int
    expected: int
    handed_in: int
    numbers: tuple[int, ...]
    elsewhere: str = ""


class SheetRow(NamedTuple):
    """A member on the group sheet. `handed` is what the group brought for them earlier today, in đồng."""

    customer: Customer
    member: Member
    principal: int
    overdue_days: int
    handed: int


class GroupSheet(NamedTuple):
    """All that stands on a group's sheet before anything is typed.

    `earlier` are the hand-ins of today that stand, each a number and what stands of its cash, in đồng; `cadre` who last
    checked a list for the same organisation today, or empty.
    """

    row: GroupRow
    deputy_name: str
    rows: tuple[SheetRow, ...]
    earlier: tuple[tuple[int, int], ...]
    cadre: str


class HandInRow(NamedTuple):
    """A member's part of a posted hand-in, in đồng; `corrected_by` is the voucher that took it back, or 0."""

    customer: Customer
    lines: tuple[Line, ...]
    interest: int
    deposit: int
    corrected_by: int

    @property
    def cash(self) -> int:
        return self.interest + self.deposit


class Owed(NamedTuple):
    """A loan's days: the one that decides, since when principal is overdue (None: none is), and đồng due today."""

    due_on: datetime.date
    overdue_since: datetime.date | None
    overdue_days: int
    due_today: int


class Person(NamedTuple):
    """All a customer has: loans with what they owe now, deposits with what they hold now.

    `owed` has an item for each of `dues`; `elsewhere` is the letter of the other laptop that serves them, or empty.
    """

    customer: Customer
    group_name: str
    dues: tuple[Dues, ...]
    deposits: tuple[tuple[Deposit, int], ...]
    overdue_days: int
    owed: tuple[Owed, ...] = ()
    elsewhere: str = ""


class Closing(NamedTuple):
    """What closing a savings account today pays: its balance and its interest, which may be below zero.

    `days` are those it has been held, at most to its maturity; `annual_rate_ppm` what they bear.
    """

    deposit: Deposit
    balance: int
    interest: int
    early: bool
    days: int
    annual_rate_ppm: int


class VoucherRow(NamedTuple):
    """A line of the journal. `printed` counts sheets that left the printer; `reversed_by` is 0 or a number;
    `corrected` names the members whose lines were taken back, each with the voucher that did."""

    number: int
    text: str
    kind: Kind
    wall_s: int
    party: str
    party_name: str
    cash: int
    lines: int
    printed: int
    reverses: int
    reversed_by: int
    reversible: bool
    corrected: tuple[tuple[str, int], ...]


class SlipRow(NamedTuple):
    """An approved slip. `code` is GN, HH, PU or TH, CX for an adjustment; `number` the voucher that paid it, or 0;
    `early`, `late`: not in force. An adjustment pays `amount`, takes in `takes`, or neither: then somebody is only told.
    `elsewhere` is the letter of the other laptop that serves whom it is for, or empty.
    """

    slip_no: str
    code: str
    party: str
    name: str
    amount: int
    state: Literal["open", "paid", "early", "late"]
    number: int
    takes: int = 0
    elsewhere: str = ""

    @property
    def shown(self) -> str:
        """Its number where there is little room: of an adjustment which voucher of the laptop, and which lines."""
        return shown_slip(self.slip_no) if self.code == "CX" else self.slip_no


def shown_slip(slip_no: str) -> str:
    """A slip's number without what every voucher of that session has."""
    return "-".join(slip_no.split("-")[-3:]) if adjusted(slip_no) else slip_no


class Task(NamedTuple):
    """Something that remains to be done today; `kind` is `group`, `slip` or `due`."""

    kind: str
    code: str
    title: str
    amount: int
    overdue_days: int


class DraftLeft(NamedTuple):
    """Something half typed: the page as it names its draft (`group/8070117`, `visit`), and whose it is."""

    page: str
    staff_id: str
    name: str


class MixRow(NamedTuple):
    """Notes to take for one slip; `odd` đồng below the smallest note, and `short`, what the known notes cannot make."""

    slip: SlipRow
    notes: tuple[tuple[int, int], ...]
    odd: int
    short: int


class MixPlan(NamedTuple):
    """Notes for every slip that is still to be paid; `further` is the float that has to be asked for."""

    rows: tuple[MixRow, ...]
    wanted: int
    short: int
    further: int


class Listing(Tally):
    """One session's book as pages read it. `_walls` is the time of each voucher, in order."""

    def __init__(self, book: Book, session: Session) -> None:
        super().__init__(session)
        self.book = book
        self._walls: list[int] = []

    @property
    def pack(self) -> Pack:
        return self.book.pack

    def text_of(self, number: int) -> str:
        """A voucher's number as people read it."""
        return number_text(
            point_code=self.pack.terms.point.point_code,
            session_date=f"{self.pack.terms.session_date:%Y%m%d}",
            letter=self.session.letter_at(self.pack.letter, number),
            number=number,
        )

    def groups(self) -> tuple[GroupRow, ...]:
        """The groups of today, in the office's order."""
        return tuple(self._group_row(group) for group in self.pack.terms.groups)

    def _group_row(self, group: Group) -> GroupRow:
        session, roll = self.session, self.session.roll
        members = session.members(group.group_code)
        numbers = session.hand_ins(group.group_code)
        hamlet, organisation = roll.hamlets.get(group.hamlet_code), roll.organisations.get(group.org_code)
        return GroupRow(
            group=group,
            hamlet_name=hamlet.hamlet_name if hamlet else "",
            leader_name=self._name(group.leader),
            organisation=organisation.org_name if organisation else "",
            members=len(members),
            loans=sum(len(member.dues) for member in members),
            expected=sum(member.suggestion for member in members),
            handed_in=sum(self._standing_cash(number) for number in numbers),
            numbers=numbers,
            elsewhere=self.elsewhere(group.group_code),
        )

    def elsewhere(self, _party: str) -> str:
        """The letter of another laptop at the table that serves a person or a group; empty where this one does."""
        return ""

    def group_sheet(self, group_code: str) -> GroupSheet:
        """A group's members with what each owes and is expected to hand in. Raises `GroupUnknown`."""
        numbers = self.session.hand_ins(group_code)
        members = self.session.members_left(group_code) if numbers else self.session.members(group_code)
        group, handed = self.session.roll.groups[group_code], self._handed(numbers)
        rows = tuple(
            SheetRow(
                customer=self.session.roll.customers[member.customer_code],
                member=member,
                principal=sum(_principal(dues) for dues in member.dues),
                overdue_days=max((self._overdue_days(dues) for dues in member.dues), default=0),
                handed=handed.get(member.customer_code, 0),
            )
            for member in members
        )
        return GroupSheet(
            row=self._group_row(group),
            deputy_name=self._name(group.deputy),
            rows=rows,
            earlier=tuple((number, self._standing_cash(number)) for number in numbers),
            cadre=self._cadre(group.org_code),
        )

    def _standing_cash(self, number: int) -> int:
        """What a hand-in brought, without the members who were taken back."""
        session = self.session
        undone = {by for (made, _), by in session.corrected.items() if made == number}
        return session.bodies[number - 1].cash + sum(session.bodies[by - 1].cash for by in undone)

    def _handed(self, numbers: Sequence[int]) -> dict[str, int]:
        """What each member's part of these hand-ins comes to, without what was taken back."""
        found: dict[str, int] = {}
        for number in numbers:
            for one in self.hand_in(number):
                if not one.corrected_by:
                    code = one.customer.customer_code
                    found[code] = found.get(code, 0) + one.cash
        return found

    def _cadre(self, org_code: str) -> str:
        groups, undone = self.session.roll.groups, self.session.reversed
        for number in range(len(self.session.bodies), 0, -1):
            body = self.session.bodies[number - 1]
            group = groups.get(body.party) if body.kind == "group" and number not in undone else None
            if group is not None and group.org_code == org_code and (cadre := body.detail("cadre")):
                return cadre
        return ""

    def hand_in(self, number: int) -> tuple[HandInRow, ...]:
        """The members of a posted hand-in, in the order of the office's list; none for another kind."""
        session = self.session
        body = session.bodies[number - 1]
        theirs: dict[str, list[Line]] = {}
        for line in body.lines if body.kind == "group" else ():
            theirs.setdefault(session.roll.owner(line.account), []).append(line)
        return tuple(
            HandInRow(
                customer=one,
                lines=tuple(lines),
                interest=sum(line.amount for line in lines if line.code == "TL"),
                deposit=sum(line.amount for line in lines if line.code == "TT"),
                corrected_by=session.corrected.get((number, one.customer_code), 0),
            )
            for one in session.roll.members(body.party)
            if (lines := theirs.get(one.customer_code))
        )

    def person(self, customer_code: str) -> Person:
        """All a customer has. Raises `CustomerUnknown`."""
        roll, session = self.session.roll, self.session
        customer = roll.customers.get(customer_code)
        if customer is None:
            raise CustomerUnknown(customer=customer_code)
        group = roll.groups.get(customer.group_code)
        dues = tuple(session.dues(loan) for loan in roll.loans_of(customer_code))
        held = tuple(
            (one, session.balance(one.account_no, "deposit" if one.kind == "member" else "savings"))
            for one in roll.deposits_of(customer_code)
        )
        owed = tuple(self._owed(one) for one in dues)
        days = max((one.overdue_days for one in owed), default=0)
        name = group.group_name if group else ""
        return Person(customer, name, dues, held, days, owed, self.elsewhere(customer_code))

    def _owed(self, dues: Dues) -> Owed:
        days, on = self._overdue_days(dues), self.pack.terms.session_date
        since = on - datetime.timedelta(days=days) if dues.by_component["overdue_principal"] else None
        return Owed(last_due(dues.loan), since, days, self._principal_due(dues))

    def closing(self, account: str) -> Closing:
        """What closing a savings account today would pay. Raises `AccountNotTheirs`, `EarnedUnknown`."""
        deposit, on = self.session.roll.deposits.get(account), self.pack.terms.session_date
        if deposit is None:
            raise AccountNotTheirs(account=account, customer="")
        balance = self.session.balance(account, "savings")
        made = earned(self.session, deposit, balance=balance)
        until = min(on, deposit.matures_on or on)
        rate = (deposit.early_rate_ppm or 0) if made.early else deposit.annual_rate_ppm
        return Closing(deposit, balance, made.interest, made.early, (until - deposit.opened_on).days, rate)

    def stale(self) -> PackStale | None:
        """Why no money may go out on this pack's figures; None while they are young enough."""
        return stale(self.session)

    def principal_first(self, body: Body) -> bool:
        """Whether a visit pays principal on a loan whose interest stays owed."""
        return principal_first(self.session, body)

    def search(self, text: str) -> tuple[Found, ...]:
        """People and groups by any part of what one knows of them, without diacritics."""
        return self.book.search(text, limit=50)

    def journal(self, text: str) -> tuple[VoucherRow, ...]:
        """Vouchers, the newest first; only those whose number, kind or party has every typed word."""
        sheets = self.book.sheets()
        words = folded(text).split()
        rows = (self._voucher_row(number, sheets) for number in range(len(self.session.bodies), 0, -1))
        return tuple(row for row in rows if _matches(row, words))

    def _voucher_row(self, number: int, sheets: Mapping[int, int]) -> VoucherRow:
        body = self.session.bodies[number - 1]
        group = self.session.roll.groups.get(body.party)
        return VoucherRow(
            number=number,
            text=self.text_of(number),
            kind=body.kind,
            wall_s=self._walls[number - 1],
            party=body.party,
            party_name=group.group_name if group else self._name(body.party),
            cash=body.cash,
            lines=len(body.lines),
            printed=sheets.get(number, -1),
            reverses=body.reverses,
            reversed_by=self.session.reversed.get(number, 0),
            reversible=body.kind in REVERSIBLE and number not in self.session.reversed,
            corrected=tuple((who, by) for (made, who), by in self.session.corrected.items() if made == number),
        )

    def voucher(self, number: int) -> Sealed:
        """An entry of the book. Raises `ReverseUnknown` past its end."""
        for sealed in self.book.sealed(number, number):
            return sealed
        raise ReverseUnknown(voucher=str(number))

    def slips(self) -> tuple[SlipRow, ...]:
        """Every approved slip of the pack: adjustments (CX), disbursements (GN), then HH, PU and TH, as the office has them."""
        slips: list[DisbursementSlip | PayoutSlip] = [*self.pack.terms.disbursements, *self.pack.terms.payouts]
        rows = sorted((self._slip_row(slip) for slip in slips), key=lambda row: row.code)
        every = (*(self._adjustment_row(slip) for slip in self.pack.terms.adjustments), *rows)
        return tuple(one._replace(elsewhere=self.elsewhere(one.party or one.slip_no)) for one in every)

    def _adjustment_row(self, slip: Adjustment) -> SlipRow:
        number, cash = self.session.slips_paid.get(slip.slip_no, 0), ledger.cash(slip.lines)
        name = self._name(slip.customer_code)
        out, into = max(-cash, 0), max(cash, 0)
        return SlipRow(slip.slip_no, "CX", slip.customer_code, name, out, "paid" if number else "open", number, into)

    def _slip_row(self, slip: DisbursementSlip | PayoutSlip) -> SlipRow:
        body, today = self.session.plan_slip(slip.slip_no), self.pack.terms.session_date
        number = self.session.slips_paid.get(slip.slip_no, 0)
        state: Literal["open", "paid", "early", "late"] = "paid" if number else "open"
        if not number and isinstance(slip, DisbursementSlip):
            state = "early" if today < slip.valid_from else "late" if today > slip.valid_to else "open"
        named, organisation = getattr(slip, "payee_name", ""), self.session.roll.organisations.get(body.party)
        name = named or self._name(body.by) or (organisation.org_name if organisation else "")
        return SlipRow(slip.slip_no, body.lines[0].code, body.party, name, slip.amount, state, number)

    def _open_slips(self) -> list[SlipRow]:
        """Those that are still to be paid, and paid here."""
        return [one for one in self.slips() if one.state == "open" and not one.elsewhere]

    def note_plan(self) -> MixPlan:
        """Notes for the open slips, in the order they are listed, out of the notes that are known."""
        smallest = self.pack.terms.parameters.smallest_note
        slips = [one for one in self._open_slips() if one.amount]
        made = note_mix([one.amount for one in slips], held=self.session.drawer.notes, smallest=smallest)
        odds = [one.amount % smallest for one in slips]
        rows = tuple(
            MixRow(slip, tuple(mix.notes.items()), odd, mix.short - odd)
            for slip, mix, odd in zip(slips, made, odds, strict=True)
        )
        wanted = sum(one.amount for one in slips)
        return MixPlan(rows, wanted, sum(one.short for one in rows), max(wanted - self.session.cash, 0))

    def drafts(self) -> tuple[DraftLeft, ...]:
        """What anybody of the team left half typed; the count that ends the session is part of its close."""
        staff = self.session.roll.staff
        found = ((page, one) for one, page in self.book.drafts() if page.partition("/")[0] not in _NO_VOUCHER)
        return tuple(DraftLeft(page, one, staff[one].full_name if one in staff else one) for page, one in found)

    def worklist(self) -> tuple[Task, ...]:
        """What remains here: groups not in, disbursements in force, principal due today or before, then the other slips."""
        session, terms = self.session, self.pack.terms
        tasks = [
            Task("group", row.group.group_code, f"{row.hamlet_name} · {row.leader_name}", row.expected, 0)
            for row in self.groups()
            if not row.numbers and not row.elsewhere
        ]
        slips = [(one.code, Task("slip", one.slip_no, one.name, one.amount, 0)) for one in self._open_slips()]
        tasks += [task for code, task in slips if code in ("CX", "GN")]
        for loan in terms.loans:
            dues = session.dues(loan)
            if (due := self._principal_due(dues)) and not self.elsewhere(loan.customer_code):
                title = f"{self._name(loan.customer_code)} · {loan.loan_code}"
                tasks.append(Task("due", loan.customer_code, title, due, self._overdue_days(dues)))
        # Commissions and fees wait until the groups are in.
        return (*tasks, *(task for code, task in slips if code not in ("CX", "GN")))

    def _principal_due(self, dues: Dues) -> int:
        return principal_to_pay(dues, on=self.pack.terms.session_date)

    def _overdue_days(self, dues: Dues) -> int:
        if not dues.by_component["overdue_principal"]:
            return 0
        terms = self.pack.terms
        since = overdue_since(dues.loan, on=terms.session_date, as_of=terms.as_of)
        return max((terms.session_date - since).days, 0)

    def _name(self, customer_code: str) -> str:
        customer = self.session.roll.customers.get(customer_code)
        return customer.full_name if customer else ""


def _principal(dues: Dues) -> int:
    return dues.by_component["principal"] + dues.by_component["overdue_principal"] + dues.loan.balance_frozen


def _matches(row: VoucherRow, words: Sequence[str]) -> bool:
    held = folded(f"{row.text} {row.number} {row.kind} {row.party} {row.party_name}")
    return all(word in held for word in words)
