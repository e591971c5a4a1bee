"""Lines of a voucher, and the double entry behind each.

A line says what a person would say: *this code, this account, this component, this much*. The
postings that balance it follow from the code and the component by one table, so no voucher can be
written that does not sum to zero. An amount is positive when the line goes the way its code says
(a repayment comes in, a disbursement goes out); a reversal carries the amounts of what it undoes
with the other sign, and a cash difference carries its own.

Codes and accounts: the bank's transaction codes and chart (README, *Rules of the field*). `CX`, money
that nobody can place yet (chờ xử lý), is ours: the bank has the account and no code for the table.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from sync.errors import Damage
from sync.records import Amount, Code, Record

# Cash that one đồng of a line brings into the drawer (+1), takes out of it (-1), or leaves there (0).
CASH: Final = {
    "GN": -1, "TG": 1, "TQ": 1, "TL": 1, "TT": 1, "RT": -1, "CT": 0, "GK": 1, "RK": -1,
    "HH": -1, "PU": -1, "TH": -1, "UQ": 1, "HQ": -1, "CL": 1, "TF": 0, "CX": 1,
}  # fmt: skip

# Interest components in the order money is put against them.
INTEREST: Final = ("overdue_interest_arrears", "interest_arrears", "overdue_interest", "interest")
PRINCIPAL: Final = ("overdue_principal", "principal")
# Which components a line of each code may carry.
COMPONENTS: Final = {
    "GN": ("disbursement",), "TG": ("principal",), "TQ": ("overdue_principal",), "TL": INTEREST,
    "TT": ("deposit",), "RT": ("deposit",), "CT": ("deposit", *INTEREST, "overdue_principal", "principal"),
    "GK": ("savings",), "RK": ("savings", "savings_interest"), "HH": ("commission",),
    "PU": ("entrustment_fee",), "TH": ("remuneration",), "UQ": ("cash",), "HQ": ("cash",),
    "CL": ("difference",), "TF": ("counterfeit",), "CX": ("suspense",),
}  # fmt: skip

# The account on the other side of the drawer, by component; `{}` is the line's own account.
_COUNTER: Final = {
    "principal": "loan/{}/in-term",
    "overdue_principal": "loan/{}/overdue",
    "disbursement": "loan/{}/in-term",
    "interest": "income/{}/in-term",
    "interest_arrears": "income/{}/in-term",
    "overdue_interest": "income/{}/overdue",
    "overdue_interest_arrears": "income/{}/overdue",
    "deposit": "deposit/{}",
    "savings": "savings/{}",
    "savings_interest": "interest-paid/{}",
    "commission": "commission",
    "entrustment_fee": "entrustment-fee",
    "remuneration": "remuneration",
    "cash": "main-fund",
    "difference": "over-short",
    "counterfeit": "counterfeit",
    "suspense": "suspense",
}


class Line(Record):
    """One line of a voucher: `amount` in đồng, `account` empty where the code has none (UQ, HQ, CL)."""

    code: Code
    account: Code
    component: Code
    amount: Amount


class Posting(NamedTuple):
    """One side of a double entry; debits are positive."""

    account: str
    amount: int


class Unbalanced(Damage):
    """Postings that do not sum to zero: the voucher must not be kept."""

    code = "ledger.unbalanced"
    vi = "Phiếu lệch {amount} đ giữa hai bên sổ. Dừng lại và gọi văn phòng; không ghi phiếu này."
    en = "The voucher is out of balance by {amount} đ. Stop and call the office; it must not be posted."


def cash(lines: Iterable[Line]) -> int:
    """What these lines bring into the drawer, in đồng; below zero when they take out of it.

    A code that nobody knows brings nothing: the rules refuse it by its name.
    """
    return sum(CASH.get(line.code, 0) * line.amount for line in lines)


def paid_out(lines: Iterable[Line]) -> int:
    """What these lines pay out of the drawer, in đồng, whatever others bring in."""
    return sum(line.amount for line in lines if CASH.get(line.code, 0) < 0)


def postings(lines: Iterable[Line]) -> tuple[Posting, ...]:
    """Both sides of every line. Raises `Unbalanced` if they do not sum to zero.

    A transfer (CT) has no cash: its deposit line debits the deposit and its loan lines credit the
    loan, so only a voucher that moves the same sum on both sides balances.
    """
    made: list[Posting] = []
    for line in lines:
        counter = _COUNTER[line.component].format(line.account)
        if line.code == "CT":
            made.append(Posting(counter, line.amount if line.component == "deposit" else -line.amount))
        elif line.code != "TF":
            moved = CASH[line.code] * line.amount
            made += [Posting("cash", moved), Posting(counter, -moved)]
    if off := sum(posting.amount for posting in made):
        raise Unbalanced(amount=off)
    return tuple(made)


def changes(line: Line) -> tuple[tuple[str, str, int], ...]:
    """What a line changes in the balances that rules look at: (account, component, signed đồng).

    Money paid lowers what is owed (principal, interest due); a deposit raises what is held. A
    disbursed amount is principal from then on.
    """
    match line.code:
        case "TG" | "TQ" | "TL":
            return ((line.account, line.component, -line.amount),)
        case "TT" | "GK":
            return ((line.account, line.component, line.amount),)
        case "RT" | "CT":
            return ((line.account, line.component, -line.amount),)
        case "RK":
            return ((line.account, "savings", -line.amount),) if line.component == "savings" else ()
        case "GN":
            return ((line.account, "principal", line.amount),)
        case _:
            return ()


def by_code(lines: Iterable[Line]) -> dict[str, int]:
    """Net đồng by transaction code, in the order of first use."""
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.code] = sums.get(line.code, 0) + line.amount
    return sums
