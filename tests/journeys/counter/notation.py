"""The ledger's own notation: acts, and under each what it must come to.

Read by the test alone; nothing of the program is imported here. A sum is worked out from what stands
behind its `=`: products with `x`, rates with `%`, `/ 365`, added and taken away, and rounded half-up once.
"""

import json
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

NOTES = (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500)
# What one đồng of a line brings into the drawer.
CASH = {
    **dict.fromkeys(("UQ", "TG", "TQ", "TL", "TT", "GK", "CX", "CL"), 1),
    **dict.fromkeys(("HQ", "GN", "RT", "RK", "HH", "PU", "TH"), -1),
    **dict.fromkeys(("CT", "TF"), 0),
}
# And to what the account owes (loans) or holds (deposits).
BALANCE = {
    **dict.fromkeys(("TG", "TQ", "TL", "RT", "CT", "RK"), -1),
    **dict.fromkeys(("TT", "GK", "GN"), 1),
}
# A disbursed amount is principal from then on; what a note or interest paid out was is no balance.
BECOMES = {"disbursement": "principal", "savings_interest": ""}

Balances = dict[tuple[str, str], int]


class Line(NamedTuple):
    """One line of a voucher, and how its amount is worked out."""

    code: str
    account: str
    component: str
    amount: int
    sum: str


class Step(NamedTuple):
    """An act as the script has it, and what it must come to. `drawer` None: this act makes no voucher."""

    place: int
    act: str
    lines: tuple[Line, ...]
    drawer: int | None
    refused: str
    number: int

    @property
    def cash(self) -> int:
        return sum(CASH[line.code] * line.amount for line in self.lines)


class TableWrong(Exception):
    """The table itself does not add up."""


def amount(text: str) -> int:
    return int(text.replace(",", ""))


def worked_out(text: str, names: Mapping[str, int]) -> int:
    """A sum in đồng, rounded half-up and away from zero."""
    total, sign = Fraction(0), 1
    for part in re.split(r"\s*([+-])\s+", text.strip()):
        if part in ("+", "-"):
            sign = 1 if part == "+" else -1
        elif part:
            total += sign * _product(part, names)
    whole = int(abs(total) + Fraction(1, 2))
    return whole if total >= 0 else -whole


def _product(text: str, names: Mapping[str, int]) -> Fraction:
    over, _, days = text.partition(" / ")
    made = Fraction(1)
    for factor in over.split(" x "):
        factor = factor.strip()
        if factor in names:
            made *= names[factor]
        elif factor.endswith("%"):
            made *= Fraction(factor[:-1]) / 100
        else:
            made *= amount(factor)
    return made / (int(days) if days else 1)


def fewest(total: int) -> dict[str, int]:
    """The fewest notes that come to a sum, what is below the smallest left out."""
    found = {}
    for note in NOTES:
        if count := total // note:
            found[str(note)] = count
            total -= note * count
    return found


def steps(path: Path) -> Iterator[Step]:
    """The table in its order. Raises `TableWrong` where a sum or a drawer is not what it is said to come to."""
    numbers: dict[str, int] = {}
    drawer = posted = 0
    for place, act, below in _blocks(path):
        lines, said, refused, name = [], None, "", ""
        known = {"drawer": drawer, "odd": drawer % 500}
        for text in below:
            word, _, rest = text.partition(" ")
            match word:
                case "refused":
                    refused = rest
                case "as":
                    name = rest
                case "drawer":
                    said = amount(rest)
                case "sent":
                    pass
                case _:
                    lines.append(_line(place, text, known))
        step = Step(place, _filled(act, numbers, drawer), tuple(lines), said, refused, posted + 1 if said is not None else 0)
        if said is not None:
            posted += 1
            drawer += step.cash
            if said != drawer:
                raise TableWrong(f"line {place}: the drawer holds {drawer:,}, not {said:,}")
        if name:
            numbers[name] = posted
        yield step


def _blocks(path: Path) -> Iterator[tuple[int, str, list[str]]]:
    act, at, below = "", 0, list[str]()
    for place, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if text.startswith("{"):
            if act:
                yield at, act, below
            act, at, below = text, place, []
        elif text.strip() and not text.strip().startswith("#"):
            below.append(text.strip())
    yield at, act, below


def _line(place: int, text: str, known: Mapping[str, int]) -> Line:
    facts, _, how = text.partition(" = ")
    code, account, component, figure = facts.split()
    if amount(figure) != (found := worked_out(how, known)):
        raise TableWrong(f"line {place}: {how} is {found:,}, not {figure}")
    return Line(code, "" if account == "-" else account, component, amount(figure), how)


def _filled(act: str, numbers: Mapping[str, int], drawer: int) -> str:
    """The act with the numbers and the notes that its names stand for."""

    def notes(found: re.Match[str]) -> str:
        return json.dumps(fewest(drawer + (amount(found[1]) if found[1] else 0)))

    act = re.sub(r'"@drawer([+-][\d,]+)?"', notes, act)
    return re.sub(r'"@([a-z]+\d?)"', lambda found: str(numbers[found[1]]), act)


def applied(balances: Balances, step: Step) -> Balances:
    """The balances after a step; what comes to nothing is not kept."""
    after = dict(balances)
    for line in step.lines:
        component = BECOMES.get(line.component, line.component)
        if line.code not in BALANCE or not component:
            continue
        key = (line.account, component)
        after[key] = after.get(key, 0) + BALANCE[line.code] * line.amount
        if not after[key]:
            del after[key]
    return after
