"""What the office says before a session: the point, its people, what they owe and hold, the rules.

`Terms` is the whole of it, fixed when the pack is made. Every figure is as of the pack; what
happens afterwards is in the book. Codes join records and never names (two leaders may share one).
Rates are parts per million a year: 8.25 % is 82,500, and 130 % of it is still exact.

Source of the rules: README, *Rules of the field*.
"""

import calendar
import datetime
from typing import Literal

from sync.ledger import Line
from sync.records import Amount, Code, NoteValue, Record, Text, Whole

Role = Literal["leader", "controller", "teller"]


class Point(Record):
    """A transaction point of an office (PGD), one place people come to."""

    point_code: Code
    point_name: Text
    commune_code: Code
    commune_name: Text
    address: Text
    pos_code: Code
    pos_name: Text
    hotline: Text
    visit_day: Whole
    time_begin: Code
    time_end: Code


class Staff(Record):
    """One of the team. `sign_key` is the key their approvals verify with (32 bytes, empty before enrolment)."""

    staff_id: Code
    full_name: Text
    role: Role
    phone: Text
    sign_key: bytes


class Organisation(Record):
    """A mass organisation (11 Farmers, 12 Women, 13 Veterans, 14 Youth)."""

    org_code: Code
    org_name: Text


class Hamlet(Record):
    """A hamlet and the point it belongs to."""

    hamlet_code: Code
    hamlet_name: Text
    point_code: Code


class Programme(Record):
    """A loan programme's rate from a day on; several rows make its history."""

    programme_code: Code
    short_name: Text
    name: Text
    annual_rate_ppm: Whole
    overdue_percent: Whole
    effective_from: datetime.date


class Group(Record):
    """A savings and credit group; `leader` and `deputy` are customer codes, the only ones who hand in for it."""

    group_code: Code
    group_name: Text
    hamlet_code: Code
    org_code: Code
    leader: Code
    deputy: Code
    leader_phone: Text
    min_deposit: Amount
    rating: Text


class Customer(Record):
    """A person of the point. `birth` is `YYYY-MM-DD`, `YYYY` or empty; `group_code` empty: in no group.

    `beneficiary` is the class of the household and `beneficiary_since` the day it is of that class, where known.
    """

    customer_code: Code
    full_name: Text
    birth: Code
    gender: Code
    ethnicity: Text
    id_number: Code
    id_expires_on: datetime.date | None
    phone: Text
    address: Text
    hamlet_code: Code
    group_code: Code
    beneficiary: Code
    beneficiary_since: datetime.date | None = None


class Loan(Record):
    """One loan as the core system had it. `annual_rate_ppm` None: the loan follows its programme by date."""

    loan_code: Code
    customer_code: Code
    group_code: Code
    programme_code: Code
    fund_source: Whole
    annual_rate_ppm: Whole | None
    disbursed_on: datetime.date
    due_on: datetime.date
    next_instalment_on: datetime.date | None
    next_instalment_amount: Amount
    balance_in_term: Amount
    balance_overdue: Amount
    overdue_since: datetime.date | None
    balance_frozen: Amount
    interest_paid_to: datetime.date
    interest_arrears: Amount
    overdue_interest_arrears: Amount
    last_transaction_on: datetime.date | None
    # A due day the contract was extended to, and one rolled to the point's session day; the last of the three decides.
    extended_to: datetime.date | None = None
    due_at_point: datetime.date | None = None


class Deposit(Record):
    """A member deposit (product 105) or a resident's savings account.

    `interest_accrued` is what the core system says an account that grew in steps has earned so far.
    """

    account_no: Code
    customer_code: Code
    product_code: Code
    kind: Literal["member", "demand", "term"]
    balance: Amount
    annual_rate_ppm: Whole
    early_rate_ppm: Whole | None
    opened_on: datetime.date
    matures_on: datetime.date | None
    card_serial: Code
    interest_accrued: Amount | None = None


Scheme = Literal["end", "start", "monthly", "steps"]


class SavingsProduct(Record):
    """A savings product's rate for a term from a day on; `term_months` 0 where it has no term.

    `scheme` is when a term account's interest is paid: at maturity, in advance, every month, or at maturity
    on a balance that grows in steps (accumulating, flexible).
    """

    product_code: Code
    name: Text
    kind: Literal["member", "demand", "term"]
    term_months: Whole
    annual_rate_ppm: Whole
    early_rate_ppm: Whole | None
    min_amount: Amount
    effective_from: datetime.date
    scheme: Scheme = "end"


class DisbursementSlip(Record):
    """An approved disbursement: paid once, within its days, for its fund source."""

    slip_no: Code
    loan_code: Code
    customer_code: Code
    programme_code: Code
    fund_source: Whole
    annual_rate_ppm: Whole | None
    amount: Amount
    decision_no: Text
    purpose: Text
    due_on: datetime.date
    valid_from: datetime.date
    valid_to: datetime.date


class PayoutSlip(Record):
    """A commission, entrustment fee or remuneration to be paid once."""

    slip_no: Code
    kind: Literal["commission", "entrustment_fee", "remuneration"]
    payee_name: Text
    group_code: Code
    org_code: Code
    amount: Amount


class Adjustment(Record):
    """What the office found of lines of an earlier voucher and is put right at the table, once.

    `of` is that voucher's number as people read it, `was` its lines of this person. A returned line was not booked
    and its money goes back; a corrected one was booked as `booked`, under the core system's `core_number`, and what
    is left of its money goes back. `lines` are what the table posts, with their signs; none where no money moves.
    """

    slip_no: Code
    outcome: Literal["returned", "corrected"]
    customer_code: Code
    of: Text
    was: tuple[Line, ...]
    booked: tuple[Line, ...]
    lines: tuple[Line, ...]
    core_number: Text
    reason: Text


class Form(Record):
    """What a document is called on paper: the number of its form, and a heading where the bank has its own."""

    document: Code
    number: Text = ""
    heading: Text = ""


class Bulletin(Record):
    """A new policy or notice of the office, shown and printed at the point; a paragraph a text."""

    bulletin_no: Code
    issued_on: datetime.date
    title: Text
    paragraphs: tuple[Text, ...]


# The numbers the bank's forms go by; a document without one has none on paper.
FORMS = (
    Form(document="group", number="13/TD"),
    Form(document="group_list", number="13/TD"),
    Form(document="member_interest", number="01/BL"),
    Form(document="group_list_next", number="13/TD"),
    Form(document="group_collected", number="13/TD"),
    Form(document="savings_list", number="01/TG"),
    Form(document="overdue_notice", number="14/TD"),
    Form(document="balance_confirmation", number="15/TD"),
    Form(document="count", number="KK/TQ"),
    Form(document="over", number="KK/TQ"),
    Form(document="short", number="KK/TQ"),
    Form(document="difference", number="KK/TQ"),
    Form(document="close", number="KS/GD"),
)


class Parameters(Record):
    """Settings of the session; every one of them a default nobody's law (marked D in the README)."""

    # A suggestion is rounded up to this note: people hand in ten-thousands.
    suggestion_step: NoteValue = 10_000
    # The smallest note in daily use: a member with no deposit account hands in no less change than this.
    smallest_note: NoteValue = 1_000
    # Two equal vouchers for one person within this time are asked about once.
    twin_minutes: Whole = 10
    # A float of this size is planned by the office; 0 where it planned none.
    float_planned: Amount = 0
    # Figures older than this many days let money in but not out.
    pack_days_max: Whole = 7
    # Paying out this much or more takes the leader beside the controller; 0 where the controller is enough for all.
    leader_from: Amount = 200_000_000
    # A difference of the cash up to this much may be approved by the controller; more only by the leader.
    difference_tolerance: Amount = 1_000
    # A loss of this much is reported within so many hours.
    loss_urgent_from: Amount = 50_000_000
    loss_urgent_hours: Whole = 12
    # A session made to practise on: everything it prints is marked, and no office takes it.
    training: bool = False
    forms: tuple[Form, ...] = FORMS

    def form(self, document: str) -> Form:
        """What a document is called; without a number or a heading of its own where nobody gave it one."""
        return next((one for one in self.forms if one.document == document), Form(document=document))


class Terms(Record):
    """All a laptop needs for one session of one point."""

    point: Point
    session_date: datetime.date
    team: tuple[Staff, ...]
    organisations: tuple[Organisation, ...]
    hamlets: tuple[Hamlet, ...]
    programmes: tuple[Programme, ...]
    groups: tuple[Group, ...]
    customers: tuple[Customer, ...]
    loans: tuple[Loan, ...]
    deposits: tuple[Deposit, ...]
    savings_products: tuple[SavingsProduct, ...]
    disbursements: tuple[DisbursementSlip, ...]
    payouts: tuple[PayoutSlip, ...]
    parameters: Parameters
    # The day the core system's figures are of; None where the export did not say. And the day the session was
    # planned for, where it is held on another.
    as_of: datetime.date | None = None
    planned_on: datetime.date | None = None
    bulletins: tuple[Bulletin, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def next_session(self) -> datetime.date:
        """The point's day in the month after the one this session belongs to, or that month's last day.

        A make-up session belongs to the month it was planned for: after one that was held weeks late the next
        is the next planned day all the same. A point without a day keeps the day of this session.
        """
        planned = self.planned_on or self.session_date
        wanted, months = self.point.visit_day or planned.day, planned.year * 12 + planned.month - 1
        while True:
            months += 1
            year, month = divmod(months, 12)
            day = datetime.date(year, month + 1, min(wanted, calendar.monthrange(year, month + 1)[1]))
            if day > self.session_date:
                return day


class Roll:
    """`Terms` by code: who is who, and whose account is whose, with the accounts that began today."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.staff = {one.staff_id: one for one in terms.team}
        self.groups = {one.group_code: one for one in terms.groups}
        self.customers = {one.customer_code: one for one in terms.customers}
        self.loans = {one.loan_code: one for one in terms.loans}
        self.deposits = {one.account_no: one for one in terms.deposits}
        self.hamlets = {one.hamlet_code: one for one in terms.hamlets}
        self.organisations = {one.org_code: one for one in terms.organisations}
        self.disbursements = {one.slip_no: one for one in terms.disbursements}
        self.payouts = {one.slip_no: one for one in terms.payouts}
        self.adjustments = {one.slip_no: one for one in terms.adjustments}
        self._members: dict[str, list[Customer]] = {}
        self._loans_of: dict[str, list[Loan]] = {}
        self._deposits_of: dict[str, list[Deposit]] = {}
        for customer in terms.customers:
            if customer.group_code:
                self._members.setdefault(customer.group_code, []).append(customer)
        for loan in sorted(terms.loans, key=lambda loan: (loan.due_on, loan.loan_code)):
            self._loans_of.setdefault(loan.customer_code, []).append(loan)
        for deposit in sorted(terms.deposits, key=lambda deposit: deposit.account_no):
            self._deposits_of.setdefault(deposit.customer_code, []).append(deposit)

    def begin(self, account: Loan | Deposit) -> None:
        """A loan or savings account that begins with a voucher of today."""
        if isinstance(account, Loan):
            self.loans[account.loan_code] = account
            theirs = self._loans_of.setdefault(account.customer_code, [])
            theirs.append(account)
            theirs.sort(key=lambda loan: (loan.due_on, loan.loan_code))
        else:
            self.deposits[account.account_no] = account
            held = self._deposits_of.setdefault(account.customer_code, [])
            held.append(account)
            held.sort(key=lambda deposit: deposit.account_no)

    def undo(self, account: str) -> None:
        """The voucher that began an account was reversed."""
        if loan := self.loans.pop(account, None):
            self._loans_of[loan.customer_code].remove(loan)
        elif deposit := self.deposits.pop(account, None):
            self._deposits_of[deposit.customer_code].remove(deposit)

    def members(self, group_code: str) -> tuple[Customer, ...]:
        """A group's members, in the order of the office's list."""
        return tuple(self._members.get(group_code, ()))

    def loans_of(self, customer_code: str) -> tuple[Loan, ...]:
        """A person's loans, the earlier due first, then the lower code."""
        return tuple(self._loans_of.get(customer_code, ()))

    def deposits_of(self, customer_code: str) -> tuple[Deposit, ...]:
        """A person's deposit and savings accounts, the lowest number first."""
        return tuple(self._deposits_of.get(customer_code, ()))

    def member_deposit(self, customer_code: str) -> Deposit | None:
        """The account a member's change goes to: the lowest number where there are two."""
        return next((one for one in self.deposits_of(customer_code) if one.kind == "member"), None)

    def owner(self, account: str) -> str:
        """The customer a loan or deposit belongs to; empty where there is no such account."""
        found: Loan | Deposit | None = self.loans.get(account) or self.deposits.get(account)
        return found.customer_code if found else ""
