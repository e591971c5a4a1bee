"""Interest, and where a sum of money goes first.

Interest is balance x days x rate over its runs of days, the first day counted and the last not, at
actual days over 365. In-term principal bears the loan's rate; overdue principal bears that rate
until it is overdue and the overdue percentage of it from then on; frozen principal bears none. All
runs at the loan's rate are the component *interest*, all runs at the overdue rate *overdue
interest*: each is summed as an exact fraction and rounded half-up to the đồng once.

Source: README, *Rules of the field*.
"""

import datetime
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sync.errors import Damage
from sync.ledger import INTEREST, Line
from sync.money import round_half_up
from sync.terms import Loan, Programme

# Days of a year and parts of one: the denominator every run shares, with percent for the overdue rate.
_YEAR = 365 * 1_000_000 * 100



class Run(NamedTuple):
    """Days on which one balance bore one rate; `until` itself is not counted."""

    balance: int
    since: datetime.date
    until: datetime.date
    annual_rate_ppm: int
    overdue_percent: int  # 100 where the run is in term

    @property
    def days(self) -> int:
        return (self.until - self.since).days

    @property
    def weight(self) -> int:
        """The run's interest times `_YEAR`."""
        return self.balance * self.days * self.annual_rate_ppm * self.overdue_percent


class Dues(NamedTuple):
    """What one loan owes now: đồng by component, principal included."""

    loan: Loan
    by_component: Mapping[str, int]

    @property
    def interest(self) -> int:
        return sum(self.by_component[component] for component in INTEREST)


class RateUnknown(Damage):
    """A loan follows a programme that has no rate for one of its days."""

    code = "loan.rate-unknown"
    vi = "Món vay {loan} theo chương trình {programme} nhưng không có lãi suất cho ngày {day}. Văn phòng phải bổ sung rồi lập lại gói."
    en = "Loan {loan} follows programme {programme}, which has no rate on {day}. The office must add it and make the pack again."


def rate_history(programmes: Iterable[Programme]) -> dict[str, tuple[Programme, ...]]:
    """Programme code to its rows, earliest first."""
    history: dict[str, list[Programme]] = {}
    for row in sorted(programmes, key=lambda row: row.effective_from):
        history.setdefault(row.programme_code, []).append(row)
    return {code: tuple(rows) for code, rows in history.items()}


def _spans(
    loan: Loan, rows: Sequence[Programme], since: datetime.date, until: datetime.date
) -> Iterable[tuple[datetime.date, datetime.date, int, int]]:
    """(since, until, rate, overdue percent) for each stretch in which the programme did not change."""
    if since >= until:
        return
    edges = sorted({since, until, *(row.effective_from for row in rows if since < row.effective_from < until)})
    for begin, end in itertools.pairwise(edges):
        force = [row for row in rows if row.effective_from <= begin]
        if not force and loan.annual_rate_ppm is None:
            raise RateUnknown(loan=loan.loan_code, programme=loan.programme_code, day=f"{begin:%d/%m/%Y}")
        rate = loan.annual_rate_ppm if loan.annual_rate_ppm is not None else force[-1].annual_rate_ppm
        # A contract older than the programme's first row is held to that row's overdue percentage.
        yield begin, end, rate, (force or rows)[-1 if force else 0].overdue_percent if rows else 130


def runs(loan: Loan, history: Mapping[str, Sequence[Programme]], on: datetime.date) -> tuple[Run, ...]:
    """The runs of days from `interest_paid_to` up to, not including, `on`.

    Raises `RateUnknown` where a loan follows a programme without a rate.
    """
    rows = history.get(loan.programme_code, ())
    begin = loan.interest_paid_to
    turned = min(max(loan.overdue_since or on, begin), on)
    made: list[Run] = []
    if loan.balance_in_term:
        for since, until, rate, _ in _spans(loan, rows, begin, on):
            made.append(Run(loan.balance_in_term, since, until, rate, 100))
    if loan.balance_overdue:
        for since, until, rate, _ in _spans(loan, rows, begin, turned):
            made.append(Run(loan.balance_overdue, since, until, rate, 100))
        for since, until, rate, percent in _spans(loan, rows, turned, on):
            made.append(Run(loan.balance_overdue, since, until, rate, percent))
    return tuple(made)


def interest_due(loan: Loan, history: Mapping[str, Sequence[Programme]], on: datetime.date) -> dict[str, int]:
    """What a loan owes in interest on a day, by component, in the order it is taken."""
    weights = {"interest": 0, "overdue_interest": 0}
    for run in runs(loan, history, on):
        weights["interest" if run.overdue_percent == 100 else "overdue_interest"] += run.weight
    return {
        "overdue_interest_arrears": loan.overdue_interest_arrears,
        "interest_arrears": loan.interest_arrears,
        "overdue_interest": round_half_up(weights["overdue_interest"], _YEAR),
        "interest": round_half_up(weights["interest"], _YEAR),
    }


def interest_lines(amount: int, owed: Sequence[Dues]) -> tuple[tuple[Line, ...], int]:
    """TL lines for a sum put against the interest of these loans, and what is left of it.

    Component by component in the order they are taken in; within one, the earlier due date
    first, then the lower loan code. Lines stand in the order of the loans' codes and components as
    they were taken.
    """
    lines: list[Line] = []
    ordered = sorted(owed, key=lambda dues: (dues.loan.due_on, dues.loan.loan_code))
    for component in INTEREST:
        for dues in ordered:
            taken = min(amount, dues.by_component[component])
            if taken > 0:
                lines.append(Line(code="TL", account=dues.loan.loan_code, component=component, amount=taken))
                amount -= taken
    return tuple(lines), amount
