"""The lists people act on, worked out from a session as it stands: what was paid or taken back today counts.

Whoever is overdue, has not been seen for three months, has repaid everything and still holds a deposit, shows a card
that has expired, leaves interest unpaid, or belongs to a household whose years as newly escaped are over. Rows stand
in the order of the office's list of people, and of each person's loans.

Rules: README, *Rules of the field*.
"""

import datetime
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from sync.ledger import INTEREST
from sync.loans import Dues, overdue_since
from sync.projection import Projection
from sync.savings import matures
from sync.terms import Customer, Loan

# The bank's programme codes: students pay after their studies, and newly escaped households borrow for three years.
STUDENTS: Final = "02"
ESCAPED: Final = "09"
# Months without a transaction after which a loan is looked after.
INACTIVE_MONTHS: Final = 3
# Months for which a household is newly escaped (the bank's programme 09).
ESCAPED_MONTHS: Final = 36
# A card is asked for before it expires: the next session is a month away.
ID_WARNING_DAYS: Final = 30


class Overdue(NamedTuple):
    """A loan with overdue principal: đồng of it now, and since when."""

    customer: Customer
    dues: Dues
    amount: int
    since: datetime.date
    days: int


class Inactive(NamedTuple):
    """A loan nobody has paid on for three months; `last_on` is its disbursement where `never` says nothing came since."""

    customer: Customer
    dues: Dues
    last_on: datetime.date
    never: bool


class Repaid(NamedTuple):
    """Somebody who owes nothing and holds a member deposit, in đồng over all their accounts.

    `how`: their last debt was paid today, was paid before the figures of the pack, or the pack has no loan of theirs
    (repaid long ago, or never borrowed: it cannot tell which).
    """

    customer: Customer
    accounts: tuple[str, ...]
    held: int
    how: Literal["today", "before", "no_loan"]


class Identity(NamedTuple):
    """A card that has expired, or will within `ID_WARNING_DAYS`; `days` is how many are left, below zero once it has."""

    customer: Customer
    expires_on: datetime.date
    days: int

    @property
    def expired(self) -> bool:
        return self.days < 0


class Unpaid(NamedTuple):
    """A member of a group who owes interest: `due` before today's payments, `paid` of it today, in đồng."""

    customer: Customer
    due: int
    paid: int

    @property
    def left(self) -> int:
        return self.due - self.paid


class Escaped(NamedTuple):
    """A household past its three years as newly escaped, which ended on `until`.

    `known`: the core system says since when; else `since` is the day of its earliest loan of that programme, and the
    three years are over for certain, however long before the loan they began.
    """

    customer: Customer
    since: datetime.date
    until: datetime.date
    known: bool


def loans(session: Projection) -> Iterator[tuple[Customer, Dues]]:
    """Every loan with what it owes now, in the order of the office's list of people."""
    for customer in session.terms.customers:
        for loan in session.roll.loans_of(customer.customer_code):
            yield customer, session.dues(loan)


def moved(session: Projection) -> dict[tuple[str, str], int]:
    """(account, component) to what stands of today's lines, in đồng: what was reversed or taken back cancels out."""
    sums: dict[tuple[str, str], int] = {}
    for body in session.bodies:
        for line in body.lines:
            key = (line.account, line.component)
            sums[key] = sums.get(key, 0) + line.amount
    return {key: amount for key, amount in sums.items() if amount}


def quiet_since(on: datetime.date) -> datetime.date:
    """The day on or before which a loan's last transaction makes it inactive on a day: the same one three months ago."""
    return matures(on, months=-INACTIVE_MONTHS)


def overdue(session: Projection) -> tuple[Overdue, ...]:
    """Loans with overdue principal."""
    on, as_of = session.terms.session_date, session.terms.as_of
    found = []
    for customer, dues in loans(session):
        if amount := dues.by_component["overdue_principal"]:
            since = overdue_since(dues.loan, on=on, as_of=as_of)
            found.append(Overdue(customer, dues, amount, since, max((on - since).days, 0)))
    return tuple(found)


def inactive(session: Projection) -> tuple[Inactive, ...]:
    """Loans with a balance whose last transaction is three months old or older, by the calendar.

    Frozen principal is not waited for, and students pay after their studies. A payment of today takes a loan off.
    """
    before = quiet_since(session.terms.session_date)
    today = {account for account, _ in moved(session)}
    found = []
    for customer, dues in loans(session):
        loan = dues.loan
        last_on = loan.last_transaction_on or loan.disbursed_on
        waited_for = dues.balance - loan.balance_frozen > 0 and loan.programme_code != STUDENTS
        if waited_for and last_on <= before and loan.loan_code not in today:
            found.append(Inactive(customer, dues, last_on, last_on <= loan.disbursed_on))
    return tuple(found)


def repaid(session: Projection) -> tuple[Repaid, ...]:
    """People who owe nothing, neither principal nor interest, and whose member deposit was not paid out."""
    roll, today = session.roll, {account for account, _ in moved(session)}
    found = []
    for customer in session.terms.customers:
        theirs = roll.loans_of(customer.customer_code)
        accounts = [one.account_no for one in roll.deposits_of(customer.customer_code) if one.kind == "member"]
        held = {one: balance for one in accounts if (balance := session.balance(one, "deposit")) > 0}
        if held and not any(_owes(session, loan) for loan in theirs):
            lately = any(loan.loan_code in today for loan in theirs)
            how: Literal["today", "before", "no_loan"] = "today" if lately else "before" if theirs else "no_loan"
            found.append(Repaid(customer, tuple(held), sum(held.values()), how))
    return tuple(found)


def _owes(session: Projection, loan: Loan) -> bool:
    dues = session.dues(loan)
    return bool(dues.balance or dues.interest)


def identities(session: Projection) -> tuple[Identity, ...]:
    """Cards that have expired or will soon; a card is good through its last day."""
    on = session.terms.session_date
    days = ((one, one.id_expires_on, (one.id_expires_on - on).days) for one in session.terms.customers if one.id_expires_on)
    return tuple(Identity(one, expires_on, left) for one, expires_on, left in days if left <= ID_WARNING_DAYS)


def unpaid(session: Projection) -> tuple[Unpaid, ...]:
    """Members of groups who still owe interest after what was paid today."""
    paid = moved(session)
    owed: dict[str, Unpaid] = {}
    for customer, dues in loans(session):
        if customer.group_code:
            today = sum(paid.get((dues.loan.loan_code, component), 0) for component in INTEREST)
            one = owed.get(customer.customer_code, Unpaid(customer, 0, 0))
            owed[customer.customer_code] = Unpaid(customer, one.due + dues.interest + today, one.paid + today)
    return tuple(one for one in owed.values() if one.left > 0)


def escaped(session: Projection) -> tuple[Escaped, ...]:
    """Households of the class newly escaped whose three years are over, as far as the pack can tell."""
    found = []
    for customer in session.terms.customers:
        if customer.beneficiary != "newly_escaped":
            continue
        made = [one.disbursed_on for one in session.roll.loans_of(customer.customer_code) if one.programme_code == ESCAPED]
        since = customer.beneficiary_since or min(made, default=None)
        if since is not None and (until := matures(since, months=ESCAPED_MONTHS)) < session.terms.session_date:
            found.append(Escaped(customer, since, until, known=customer.beneficiary_since is not None))
    return tuple(found)
