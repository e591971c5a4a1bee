"""What a session's vouchers come to: balances, drawer, who holds it, what was paid and undone.

A projection is folded from the terms and the bodies in their order and can be made again from them at any
time. It asks no rules: the office also folds vouchers that broke one. What may be posted is the matter of
`session` and of the nouns before it.
"""

import contextlib
import datetime
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from sync import ledger, savings
from sync.errors import Refusal
from sync.ledger import INTEREST
from sync.loans import Dues, carried, fallen, interest_due, rate_history
from sync.money import AmountTooLarge, NotesUnclear, counted, round_up
from sync.terms import DisbursementSlip, Group, Loan, Roll, Terms
from sync.voucher import Body, Kind, paper_key

State = Literal["prepared", "open", "counted", "closed"]
# What an outage is of: the laptop's own key, or a person by staff id, which is never empty.
LAPTOP = ""
# What a later voucher may undo whole.
REVERSIBLE: tuple[Kind, ...] = ("group", "visit", "slip", "suspense", "request", "correct", "adjust")


class Member(NamedTuple):
    """A row of the group sheet. Amounts in đồng; `suggestion` is the cash one would expect in the hand."""

    customer_code: str
    dues: tuple[Dues, ...]
    deposit_account: str
    interest: int
    suggestion: int


class Drawer(NamedTuple):
    """The expected drawer: notes that are known by denomination, and `loose`, đồng of which only the sum is."""

    notes: Mapping[int, int]
    loose: int


class GroupUnknown(Refusal):
    code = "group.unknown"
    vi = "Không có Tổ {group} trong gói của phiên này. Kiểm tra mã Tổ."
    en = "There is no group {group} in this session's pack. Check the group code."


class Projection:
    """One session folded from its terms and the bodies posted so far."""

    def __init__(self, terms: Terms) -> None:
        self.roll = Roll(terms)
        self.state: State = "prepared"
        self.bodies: list[Body] = []
        self.counted = 0
        self.cash = 0
        self.cash_in = 0
        self.cash_out = 0
        # Who holds the drawer: whoever opened it, or took it over.
        self.holder = ""
        self.reversed: dict[int, int] = {}
        self.slips_paid: dict[str, int] = {}
        # (number of a hand-in, member) to the voucher that took that member's lines back.
        self.corrected: dict[tuple[int, str], int] = {}
        # Ids of the entries folded so far: an approval is for one id, so none may come twice.
        self.ids: set[int] = set()
        # What cannot sign now, with the number of the voucher that said so.
        self.outages: dict[str, int] = {}
        # The vouchers with which other laptops went on.
        self.resumed: list[int] = []
        # Slips written by hand and keyed later, by `voucher.paper_key` of their printed number.
        self.paper_nos: dict[str, int] = {}
        self._hand_ins: dict[str, list[int]] = {}
        self._began: dict[int, list[str]] = {}
        self._notes: dict[int, int] = {}
        self.history = rate_history(terms.programmes)
        # What is nil and never was anything else is not kept: most of a loan's figures are.
        self.balances = {key: amount for key, amount in self._opening() if amount}
        self.interest_due_at_start = sum(due for (_, name), due in self.balances.items() if name in INTEREST)

    def _opening(self) -> Iterator[tuple[tuple[str, str], int]]:
        """The balances a session begins with, as of its day."""
        for loan in self.terms.loans:
            for component, amount in self._dues_at(loan, self.terms.session_date, self.terms.as_of).items():
                yield (loan.loan_code, component), amount
        for deposit in self.terms.deposits:
            yield (deposit.account_no, "deposit" if deposit.kind == "member" else "savings"), deposit.balance

    # What stands now

    @property
    def terms(self) -> Terms:
        return self.roll.terms

    def balance(self, account: str, component: str) -> int:
        """Đồng owed (loans) or held (deposits) now; 0 for an account that does not exist."""
        return self.balances.get((account, component), 0)

    def dues(self, loan: Loan) -> Dues:
        """What a loan owes now, by component."""
        names = (*INTEREST, "overdue_principal", "principal")
        return Dues(loan, {name: self.balance(loan.loan_code, name) for name in names})

    def interest_at_start(self, loan: Loan) -> int:
        """What a loan owed in interest before the session's first voucher; nothing for one that began in it."""
        return sum(interest_due(loan, self.history, self.terms.session_date, self.terms.as_of).values())

    def dues_on(self, loan: Loan, on: datetime.date) -> Dues:
        """What a loan will owe on a later day if nothing more is paid: by component, after what was paid so far.

        The loan of the answer is the one the figures follow from: as today's payments leave it, where there are any.
        """
        today, as_of, now = self.terms.session_date, self.terms.as_of or self.terms.session_date, self.dues(loan)
        # A loan nobody paid on is reckoned from its own figures: one run of days, rounded once.
        if now.by_component != self._dues_at(loan, today, self.terms.as_of):
            loan, as_of = carried(now, on=today, as_of=self.terms.as_of), today
        return Dues(loan, self._dues_at(loan, on, as_of))

    def _dues_at(self, loan: Loan, on: datetime.date, as_of: datetime.date | None) -> dict[str, int]:
        newly, _ = fallen(loan, on=on, as_of=as_of)
        return {
            **interest_due(loan, self.history, on, as_of),
            "overdue_principal": loan.balance_overdue + newly,
            "principal": loan.balance_in_term - newly,
        }

    def members(self, group_code: str) -> tuple[Member, ...]:
        """The rows of a group's sheet, in the order of the office's list. Raises `GroupUnknown`."""
        usual_deposit = self.group(group_code).min_deposit
        return tuple(self._member(one.customer_code, usual_deposit) for one in self.roll.members(group_code))

    def members_left(self, group_code: str) -> tuple[Member, ...]:
        """The same rows for a group that hands in once more: only the interest that is left is suggested."""
        return tuple(self._member(one.customer_code, 0) for one in self.roll.members(self.group(group_code).group_code))

    def members_on(self, group_code: str, on: datetime.date) -> tuple[Member, ...]:
        """The same rows for a later session, after what was paid so far."""
        usual_deposit = self.group(group_code).min_deposit
        return tuple(self._member(one.customer_code, usual_deposit, on) for one in self.roll.members(group_code))

    def group(self, group_code: str) -> Group:
        """A group of the pack. Raises `GroupUnknown`."""
        group = self.roll.groups.get(group_code)
        if group is None:
            raise GroupUnknown(group=group_code)
        return group

    def _member(self, customer_code: str, usual_deposit: int, on: datetime.date | None = None) -> Member:
        loans = self.roll.loans_of(customer_code)
        dues = tuple(self.dues_on(loan, on) if on else self.dues(loan) for loan in loans)
        interest = sum(one.interest for one in dues)
        account = self.roll.member_deposit(customer_code)
        parameters = self.terms.parameters
        if account:
            suggestion = round_up(interest + usual_deposit, parameters.suggestion_step)
        else:
            # Change has nowhere to go, so no more than whole notes of what is due.
            suggestion = interest // parameters.smallest_note * parameters.smallest_note
        return Member(customer_code, dues, account.account_no if account else "", interest, suggestion)

    def hand_ins(self, group_code: str) -> tuple[int, ...]:
        """Numbers of the group's vouchers that stand: not reversed, nor taken back member by member."""
        numbers = self._hand_ins.get(group_code, ())
        return tuple(one for one in numbers if self._says_something(one)) if self.corrected else tuple(numbers)

    def _says_something(self, number: int) -> bool:
        """Whether a member is left in a hand-in whose lines were not taken back."""
        gone = {who for made, who in self.corrected if made == number}
        return not gone or any(self.roll.owner(line.account) not in gone for line in self.bodies[number - 1].lines)

    def letter_at(self, letter: str, number: int) -> str:
        """The letter a voucher's number has: that of the laptop that wrote it, of the last one's (`A.B`)."""
        later = sum(one > number for one in self.resumed)
        return ".".join(letter.split(".")[: -later or None])

    @property
    def opening(self) -> int:
        """The cash the session began with, in đồng; 0 where it did not begin."""
        return sum(body.cash for body in self.bodies if body.kind == "open")

    @property
    def groups_in(self) -> int:
        """How many groups have handed in."""
        return sum(1 for group in self._hand_ins if self.hand_ins(group))

    @property
    def drawer(self) -> Drawer:
        """What should lie in the drawer: denominations as far as vouchers listed them."""
        known = {note: count for note, count in sorted(self._notes.items(), reverse=True) if count}
        return Drawer(known, self.cash - counted(known))

    def twin(self, body: Body) -> int:
        """The latest standing voucher that says the same for the same party, or 0: to be asked about once."""
        return next((number for number in self.alike(body) if self.bodies[number - 1].lines == body.lines), 0)

    def alike(self, body: Body) -> Iterator[int]:
        """Standing vouchers of the same kind, party and cash, the newest first."""
        # One member's lines and one adjustment are done once by their own rules, and need no question.
        if body.kind not in REVERSIBLE or body.kind in ("correct", "adjust"):
            return
        for number in range(len(self.bodies), 0, -1):
            other = self.bodies[number - 1]
            same = other.kind == body.kind and other.party == body.party and other.cash == body.cash
            if same and number not in self.reversed:
                yield number

    def balances_with(self, body: Body) -> dict[tuple[str, str], int]:
        """What a body would leave in each balance it touches."""
        made: dict[tuple[str, str], int] = {}
        for line in body.lines:
            for account, component, amount in ledger.changes(line):
                key = (account, component)
                made[key] = made.get(key, self.balances.get(key, 0)) + amount
        return made

    def used_since(self, number: int) -> str:
        """An account that began with a voucher and that a later one, still standing, carries; or nothing."""
        began = self._began.get(number, ())
        for later, body in enumerate(self.bodies[number:], start=number + 1) if began else ():
            if body.kind != "reverse" and later not in self.reversed:
                for line in body.lines:
                    if line.account in began:
                        return line.account
        return ""

    def balances_after(self, number: int) -> Mapping[tuple[str, str], int]:
        """The balances as they stood right after a voucher, for the accounts it touched."""
        touched = {(a, c) for line in self.bodies[number - 1].lines for a, c, _ in ledger.changes(line)}
        found = {key: self.balances.get(key, 0) for key in touched}
        # A line changes its own account and no other: most need no further look.
        accounts = {account for account, _ in touched}
        for later in self.bodies[number:]:
            for line in later.lines:
                for account, component, amount in ledger.changes(line) if line.account in accounts else ():
                    if (account, component) in touched:
                        found[account, component] -= amount
        return found

    # What a voucher does

    def apply(self, body: Body, *, maker: str) -> int:
        """Take a checked body into the balances; its number in the book."""
        self.bodies.append(body)
        number = len(self.bodies)
        self._begin(body, number)
        self.balances.update(self.balances_with(body))
        moved = body.cash
        self.cash += moved
        self.cash_in += max(moved, 0) if body.kind != "open" else 0
        self.cash_out += max(-moved, 0)
        self._mark(body, number, maker)
        self._move(body, moved)
        return number

    def _begin(self, body: Body, number: int) -> None:
        """Accounts that begin with this voucher: a loan with its slip, savings with their card."""
        on, terms = self.terms.session_date, self.terms
        for line in body.lines if body.kind in ("slip", "visit") else ():
            if line.code == "GN" and line.account not in self.roll.loans:
                slip = self.roll.disbursements.get(body.slip)
                if slip is not None and slip.loan_code == line.account:
                    self.roll.begin(_loan_of(slip, terms, group_code=self._group_of(slip.customer_code)))
                    self._began.setdefault(number, []).append(line.account)
            said = savings.opening(line.account) if line.code == "GK" and line.account not in self.roll.deposits else None
            if said is not None:
                with contextlib.suppress(savings.ProductUnknown):
                    self.roll.begin(savings.opened(said, terms.savings_products, customer_code=body.party, on=on))
                    self._began.setdefault(number, []).append(line.account)

    def _group_of(self, customer_code: str) -> str:
        customer = self.roll.customers.get(customer_code)
        return customer.group_code if customer else ""

    def _mark(self, body: Body, number: int, maker: str) -> None:
        if paper_no := body.detail("paper_no"):
            self.paper_nos[paper_key(paper_no)] = number
        match body.kind:
            case "open":
                self.holder = maker
            case "handover":
                self.holder = body.detail("to")
            case "reverse":
                self._undo(body, number)
            case "correct":
                self.corrected[body.reverses, body.by] = number
            case "group":
                self._hand_ins.setdefault(body.party, []).append(number)
            case "slip" | "adjust":
                self.slips_paid[body.slip] = number
            case "resume":
                self.resumed.append(number)
            case "outage":
                self.outages |= dict.fromkeys(outage_of(body), number)
            case "recover":
                self.outages = {one: since for one, since in self.outages.items() if one not in outage_of(body)}

    def _undo(self, body: Body, number: int) -> None:
        self.reversed[body.reverses] = number
        # Only what the reversed voucher itself did: the office also folds entries that broke a rule.
        numbers = self._hand_ins.get(body.party, ())
        self._hand_ins[body.party] = [one for one in numbers if one != body.reverses]
        if self.slips_paid.get(body.slip) == body.reverses:
            del self.slips_paid[body.slip]
        self.paper_nos = {key: by for key, by in self.paper_nos.items() if by != body.reverses}
        self.corrected = {key: by for key, by in self.corrected.items() if by != body.reverses}
        for account in self._began.pop(body.reverses, ()):
            self.roll.undo(account)

    def _move(self, body: Body, moved: int) -> None:
        """The drawer and the state after a body; a count stands until other cash moves."""
        if body.kind == "close":
            self.state = "closed"
        elif body.kind in ("count", "handover"):
            self._count(body)
        elif body.kind == "difference":
            self.state = "counted"
        elif self.state == "counted" and body.kind == "return":
            # What was counted and carried away was counted; what stays is the rest.
            self.counted += moved
        elif moved or body.kind == "open":
            self.state = "open"
        if moved and body.kind != "difference":
            for note, count in body.notes:
                self._notes[note] = max(self._notes.get(note, 0) + (count if moved > 0 else -count), 0)

    def _count(self, body: Body) -> None:
        """The newest count: what was found before it no longer stands. Notes that do not exist count nothing."""
        with contextlib.suppress(NotesUnclear, AmountTooLarge):
            self.counted, self._notes = counted(dict(body.notes)), dict(body.notes)
            self.state = "counted" if body.kind == "count" else self.state


def outage_of(body: Body) -> tuple[str, ...]:
    """What an outage or a recovery is of: `LAPTOP`, a staff id, or both."""
    laptop = (LAPTOP,) if body.detail("device") else ()
    return (*laptop, *((body.detail("staff"),) if body.detail("staff") else ()))


def _loan_of(slip: DisbursementSlip, terms: Terms, *, group_code: str) -> Loan:
    """The loan that begins with a slip, nothing disbursed yet."""
    return Loan(
        loan_code=slip.loan_code,
        customer_code=slip.customer_code,
        group_code=group_code,
        programme_code=slip.programme_code,
        fund_source=slip.fund_source,
        annual_rate_ppm=slip.annual_rate_ppm,
        disbursed_on=terms.session_date,
        due_on=slip.due_on,
        next_instalment_on=None,
        next_instalment_amount=0,
        balance_in_term=0,
        balance_overdue=0,
        overdue_since=None,
        balance_frozen=0,
        interest_paid_to=terms.session_date,
        interest_arrears=0,
        overdue_interest_arrears=0,
        last_transaction_on=terms.session_date,
    )
