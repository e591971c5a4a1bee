"""Lines as they are being keyed at the desk: what a key asks for, what a sum is put against, what is left to owe.

Each line sees what the ones before it left of a debt, as the rules do when the voucher is planned; the desk
decides again before anything is posted. Amounts are đồng.
"""

import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sync.ledger import CASH, INTEREST, PRINCIPAL
from sync.loans import Dues, interest_lines, proposal
from sync.terms import Deposit
from sync.voucher import Wish

if TYPE_CHECKING:
    from desktop.listing import Closing, Person

# What money handed over at once is put against, and what is left of it.
_PROPOSED = ("TL", "TQ", "TG", "TT")
_PRINCIPAL = {"TQ": "overdue_principal", "TG": "principal"}
# Codes for which a card is looked at: money leaves the drawer into somebody's hand.
HANDED_OUT = ("RT", "RK")


class Wanted(NamedTuple):
    """A line as it is being keyed; `dues` is the loan's, None for an account that holds money.

    `component` names the sides of a transfer and the interest of savings; `fixed`: its amount is not typed;
    `note` says what else is worth reading beside its name.
    """

    code: str
    account: str
    amount: int
    dues: Dues | None = None
    component: str = ""
    fixed: bool = False
    note: str = ""

    @property
    def optional(self) -> bool:
        """A debt that a transfer might pay, and need not."""
        return self.code == "CT" and self.component != "deposit"


Lines = Sequence[Wanted]


def cash(lines: Lines) -> int:
    """What these lines bring into the drawer; below zero when they take out of it."""
    return sum(CASH[line.code] * line.amount for line in lines)


def wishes(lines: Lines) -> tuple[Wish, ...]:
    """What the desk is asked for: debts no money goes to are left out, and interest of savings follows by itself."""
    asked = (one for one in lines if one.component != "savings_interest" and (one.amount or not one.optional))
    return tuple(Wish(one.code, one.account, one.amount, one.component if one.optional else "") for one in asked)


def left(dues: Dues, before: Iterable[Wanted]) -> Dues:
    """What a loan owes after the lines before."""
    owed = dict(dues.by_component)
    for line in before:
        if line.account != dues.loan.loan_code:
            continue
        if line.code == "TL":
            for made in interest_lines(line.amount, [Dues(dues.loan, owed)])[0]:
                owed[made.component] -= made.amount
        elif component := _PRINCIPAL.get(line.code, line.component):
            owed[component] = max(owed.get(component, 0) - line.amount, 0)
    return Dues(dues.loan, owed)


def of_loan(key: str, dues: Dues, lines: Lines) -> Wanted | None:
    """The line of `G` (overdue principal before the rest of it) or `L` for a loan; None where it owes none."""
    owed, code = dues.by_component, dues.loan.loan_code
    if key == "L":
        interest = left(dues, (line for line in lines if line.code == "CT")).interest
        return Wanted("TL", code, interest, dues) if interest else None
    keyed = {(one.code, one.account): one for one in lines}
    overdue, in_term = keyed.get(("TQ", code)), owed["principal"]
    if owed["overdue_principal"] and (overdue is None or overdue.amount < owed["overdue_principal"] or not in_term):
        return Wanted("TQ", code, owed["overdue_principal"], dues)
    if in_term:
        return Wanted("TG", code, min(dues.loan.next_instalment_amount or in_term, in_term), dues)
    return None


def payoff(dues: Dues, lines: Lines) -> list[Wanted]:
    """The lines with everything this loan owes, to the đồng, instead of what was keyed for it."""
    code = dues.loan.loan_code
    kept = [one for one in lines if one.account != code or one.code == "CT"]
    owed = left(dues, kept)
    made = [
        Wanted("TL", code, owed.interest, dues),
        Wanted("TQ", code, owed.by_component["overdue_principal"], dues),
        Wanted("TG", code, owed.by_component["principal"], dues),
    ]
    return [*kept, *(one for one in made if one.amount)]


def put_against(person: "Person", lines: Lines, *, handed: int, on: datetime.date) -> tuple[list[Wanted], int]:
    """The lines with a sum of cash put against all that is owed, the rest to the member deposit; what stays over."""
    kept = [one for one in lines if one.code not in _PROPOSED]
    made, over = proposal(max(handed - cash(kept), 0), [left(dues, kept) for dues in person.dues], on=on)
    of = {dues.loan.loan_code: dues for dues in person.dues}
    sums: dict[tuple[str, str], int] = {}
    for line in made:
        key = (line.code, line.account)
        sums[key] = sums.get(key, 0) + line.amount
    found = [*kept, *(Wanted(code, account, amount, of[account]) for (code, account), amount in sums.items())]
    deposit = next((one for one, _ in person.deposits if one.kind == "member"), None)
    if over and deposit is not None:
        return [*found, Wanted("TT", deposit.account_no, over)], 0
    return found, over


def transfer(person: "Person", lines: Lines, deposit: Deposit, *, held: int) -> list[Wanted]:
    """A deposit and the debts it could pay; as much as is due today is proposed, at most what it holds."""
    kept = [one for one in lines if one.code != "CT"]
    debts = [
        Wanted("CT", dues.loan.loan_code, 0, dues, component)
        for dues in person.dues
        for component in (*INTEREST, *PRINCIPAL)
        if left(dues, kept).by_component[component]
    ]
    due = {dues.loan.loan_code: owed.due_today for dues, owed in zip(person.dues, person.owed, strict=True)}
    wanted = sum(left(dues, kept).interest + due[dues.loan.loan_code] for dues in person.dues)
    return [*kept, Wanted("CT", deposit.account_no, min(wanted, held), None, "deposit"), *debts]


def split(lines: Lines, *, on: datetime.date) -> list[Wanted]:
    """The lines with a transfer's sum put against its debts; what they do not come to is the desk's to refuse."""
    taken = next(one for one in lines if one.code == "CT" and not one.optional)
    kept = [one for one in lines if one.code != "CT"]
    owed = {one.dues.loan.loan_code: left(one.dues, kept) for one in lines if one.optional and one.dues}
    made, _over = proposal(taken.amount, list(owed.values()), on=on)
    parts: dict[tuple[str, str], int] = {}
    for line in made:
        key = (line.account, line.component)
        parts[key] = parts.get(key, 0) + line.amount
    return [one._replace(amount=parts.get((one.account, one.component), 0)) if one.optional else one for one in lines]


def evened(lines: Lines) -> list[Wanted]:
    """The lines with what a transfer takes brought to what its debts are paid."""
    paid = sum(one.amount for one in lines if one.optional)
    return [one._replace(amount=paid) if one.code == "CT" and not one.optional else one for one in lines]


def paid_out(closing: "Closing", *, note: str) -> list[Wanted]:
    """The lines of a savings account that is closed: its balance, and its interest where there is any."""
    account = closing.deposit.account_no
    whole = closing.deposit.kind == "term"
    made = [Wanted("RK", account, closing.balance, fixed=whole, note=note)]
    if closing.interest:
        made.append(Wanted("RK", account, closing.interest, component="savings_interest", fixed=True))
    return made
