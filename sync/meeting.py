"""The figures of the monthly meeting (giao ban), by group and by organisation, from a session as it stands.

Rows are joined on codes and stand in their order. A loan counts where its borrower's group is, as on the group's own
sheet; a borrower in no group, and a group without an organisation, is lending by the bank itself (direct).

Rules: README, *Rules of the field*.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from sync import followup
from sync.ledger import INTEREST, PRINCIPAL
from sync.money import round_half_up
from sync.projection import Projection
from sync.terms import Customer

# The bank's code for lending that no mass organisation stands behind.
DIRECT: Final = "99"


class Figures(NamedTuple):
    """Sums of a group, an organisation or a point. Amounts in đồng, as they stand now; `…_taken` and `disbursed` of today.

    `members` are of groups; `borrowers` have a balance; `inactive` counts loans; `interest_due` is what was due before
    today's payments; `deposits` are members' deposits and `deposits_change` what today added to them.
    """

    groups: int = 0
    members: int = 0
    borrowers: int = 0
    balance: int = 0
    overdue: int = 0
    inactive: int = 0
    interest_due: int = 0
    interest_taken: int = 0
    principal_taken: int = 0
    disbursed: int = 0
    deposits: int = 0
    deposits_change: int = 0

    def plus(self, other: "Figures") -> "Figures":
        return Figures(*(one + more for one, more in zip(self, other, strict=True)))

    @property
    def overdue_rate(self) -> int:
        """Overdue principal of the balance, in hundredths of a percent."""
        return share(self.overdue, self.balance)

    @property
    def collection_rate(self) -> int:
        """Interest taken of what was due, in hundredths of a percent."""
        return share(self.interest_taken, self.interest_due)


class Savings(NamedTuple):
    """Residents' savings at the point: đồng held now, and what today added."""

    held: int
    change: int


def share(part: int, whole: int) -> int:
    """A part of a whole in hundredths of a percent, rounded half up; nil of nothing."""
    return round_half_up(max(part, 0) * 10_000, whole) if whole > 0 else 0


def by_group(session: Projection) -> tuple[tuple[str, Figures], ...]:
    """Every group of the pack in the order of their codes, then, under no code, those in no group."""
    found = {code: Figures(groups=1) for code in sorted(session.roll.groups)}
    # Somebody whose group the pack does not have is in none of those that it has.
    of = {one.customer_code: one.group_code if one.group_code in found else "" for one in session.terms.customers}
    found |= {"": Figures()} if "" in of.values() else {}
    for customer in session.terms.customers:
        code = of[customer.customer_code]
        found[code] = found[code].plus(_of_person(session, customer, member=bool(code)))
    found = _with_loans(session, found, of)
    return tuple((code, found[code]) for code in (*(one for one in found if one), *(one for one in found if not one)))


def by_organisation(session: Projection) -> tuple[tuple[str, Figures], ...]:
    """Every organisation that has a group here, in the order of their codes; direct lending always, under its own."""
    found = {DIRECT: Figures()}
    for group_code, figures in by_group(session):
        group = session.roll.groups.get(group_code)
        code = (group.org_code if group else "") or DIRECT
        found[code] = found.get(code, Figures()).plus(figures)
    return tuple((code, found[code]) for code in sorted(found))


def total(rows: Iterable[Figures]) -> Figures:
    """The figures of the whole point."""
    made = Figures()
    for one in rows:
        made = made.plus(one)
    return made


def savings(session: Projection) -> Savings:
    """What residents hold at the point, and what came and went of it today."""
    accounts = [one for one in session.roll.deposits.values() if one.kind != "member"]
    held = sum(session.balance(one.account_no, "savings") for one in accounts)
    return Savings(held, held - sum(one.balance for one in accounts))


def _of_person(session: Projection, customer: Customer, *, member: bool) -> Figures:
    """Somebody's place in a group and their member deposits."""
    accounts = [one for one in session.roll.deposits_of(customer.customer_code) if one.kind == "member"]
    held = sum(session.balance(one.account_no, "deposit") for one in accounts)
    return Figures(members=int(member), deposits=held, deposits_change=held - sum(one.balance for one in accounts))


def _with_loans(session: Projection, found: dict[str, Figures], of: dict[str, str]) -> dict[str, Figures]:
    moved = followup.moved(session)
    idle = {one.dues.loan.loan_code for one in followup.inactive(session)}
    borrowers: set[str] = set()
    for customer, dues in followup.loans(session):
        loan, code = dues.loan.loan_code, of[customer.customer_code]
        taken = sum(moved.get((loan, component), 0) for component in INTEREST)
        first = dues.balance > 0 and customer.customer_code not in borrowers
        borrowers |= {customer.customer_code} if first else set()
        found[code] = found[code].plus(
            Figures(
                borrowers=int(first),
                balance=dues.balance,
                overdue=dues.by_component["overdue_principal"],
                inactive=int(loan in idle),
                interest_due=dues.interest + taken,
                interest_taken=taken,
                principal_taken=sum(moved.get((loan, component), 0) for component in PRINCIPAL),
                disbursed=moved.get((loan, "disbursement"), 0),
            )
        )
    return found
