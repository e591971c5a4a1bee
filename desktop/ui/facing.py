"""What the person before the counter may see of what is being keyed and posted: never an account, a balance or an ID.

A page says what it is keying as a `Facing`, and `Posting` says every voucher that is about to be posted; who
shows it, and whether anybody does, is no matter of theirs.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

from sync.ledger import CASH

if TYPE_CHECKING:
    from desktop.ui.counter import Counter
    from sync.voucher import Body

Direction = Literal["in", "out", "none"]


class Facing(NamedTuple):
    """One voucher for its party to look at; amounts in đồng. A line goes below zero where it goes against the direction.

    `in` is money the bank takes, `out` money it pays, `none` a transfer without cash.
    """

    title: str
    lines: tuple[tuple[str, int], ...]
    total: int
    direction: Direction


NOBODY = Facing("", (), 0, "none")


def public_name(full_name: str) -> str:
    """A name as a room may read it: the last word whole, the others as their first letters."""
    *others, last = full_name.split() or [""]
    return " ".join([*(f"{word[0]}." for word in others), last])


def faced(title: str, lines: Iterable[tuple[str, str, int]]) -> Facing:
    """What is keyed so far, from (code, what it is for, amount); nobody while there is no line."""
    found = list(lines)
    if not found:
        return NOBODY
    cash = sum(CASH.get(code, 0) * amount for code, _, amount in found)
    sign = -1 if cash < 0 else 1
    summed: dict[str, int] = {}
    for code, what, amount in found:
        summed[what] = summed.get(what, 0) + (CASH.get(code, 0) * amount * sign or amount)
    direction: Direction = "out" if cash < 0 else "in" if any(CASH.get(code, 0) for code, _, _ in found) else "none"
    moved = sum(amount for code, _, amount in found if code == "CT")
    return Facing(title, tuple(summed.items()), abs(cash) if direction != "none" else moved, direction)


def facing_of(counter: "Counter", body: "Body") -> Facing:
    """What a voucher says to its party; nobody where it has none that stands before the counter."""
    title = title_of(counter, body.party)
    if not title or not body.lines:
        return NOBODY
    # Of a transfer only what is paid: the deposit's side is the same money again.
    lines = [one for one in body.lines if (one.code, one.component) != ("CT", "deposit")] or body.lines
    return faced(title, ((one.code, counter.line_name(one), one.amount) for one in lines))


def title_of(counter: "Counter", party: str) -> str:
    """A party by the name a room may read; empty for a code that is nobody's."""
    roll = counter.roll
    if customer := roll.customers.get(party):
        return public_name(customer.full_name)
    return counter.party_name(party) if party in roll.groups or party in roll.organisations else ""
