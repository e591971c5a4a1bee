"""Interest, and where a sum of money goes first.

Interest is balance x days x rate over its runs of days, the first day counted and the last not, at
actual days over 365. In-term principal bears the loan's rate; overdue principal bears that rate
until it is overdue and the overdue percentage of it from then on; frozen principal bears none. All
runs at the loan's rate are the component *interest*, all runs at the overdue rate *overdue
interest*: each is summed as an exact fraction and rounded half-up to the đồng once.

What the core system calls overdue is its word on the day of its figures (`as_of`). A due day that passes
between that day and the session is worked out here: the last of the contract's day, the extended one and
the one rolled to the session decides; and of a loan made from 2026-03-01 an instalment left unpaid goes
overdue by itself.

Source: README, *Rules of the field*.
"""

import datetime
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sync.errors import Damage
from sync.ledger import COMPONENTS, INTEREST, Line
from sync.money import round_half_up
from sync.records import changed
from sync.terms import Loan, Programme

# Days of a year and parts of one: the denominator every run shares, with percent for the overdue rate.
_YEAR = 365 * 1_000_000 * 100
# From this day of disbursement on, an unpaid and unrescheduled instalment goes overdue by itself.
INSTALMENTS_FALL_DUE_FROM = datetime.date(2026, 3, 1)


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

    @property
    def balance(self) -> int:
        """All that is left of the principal: in term, overdue and frozen."""
        return self.by_component["principal"] + self.by_component["overdue_principal"] + self.loan.balance_frozen


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


def in_force(history: Mapping[str, Sequence[Programme]], on: datetime.date) -> tuple[Programme, ...]:
    """The row of each programme on a day, in the order of their codes; none of one that begins later."""
    found = ([row for row in history[code] if row.effective_from <= on] for code in sorted(history))
    return tuple(rows[-1] for rows in found if rows)


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


def last_due(loan: Loan) -> datetime.date:
    """The day that decides whether a loan is overdue: the last of contract, extension and session day."""
    return max(day for day in (loan.due_on, loan.extended_to, loan.due_at_point) if day)


def fallen(loan: Loan, *, on: datetime.date, as_of: datetime.date | None) -> tuple[int, datetime.date]:
    """(đồng, since): what was in term on the day of the figures and is overdue on `on`; nil without `as_of`."""
    last = last_due(loan)
    if as_of is None or as_of > on or not loan.balance_in_term:
        return 0, on
    if as_of <= last < on:
        return loan.balance_in_term, last
    instalment = loan.next_instalment_on
    if loan.disbursed_on >= INSTALMENTS_FALL_DUE_FROM and instalment and not loan.due_at_point and as_of <= instalment < on:
        return min(loan.next_instalment_amount, loan.balance_in_term), instalment
    return 0, on


def overdue_since(loan: Loan, *, on: datetime.date, as_of: datetime.date | None) -> datetime.date:
    """Since when the overdue principal of a loan is overdue: the core system's day, or the one worked out here."""
    newly, since = fallen(loan, on=on, as_of=as_of)
    return loan.overdue_since or (since if newly else last_due(loan))


def principal_due(loan: Loan, *, paid: int, in_term: int, on: datetime.date) -> int:
    """Đồng of the principal in term that is due on a day; what was paid today counts against an instalment."""
    if last_due(loan) <= on:
        return in_term
    if loan.next_instalment_on is not None and loan.next_instalment_on <= on:
        return max(min(loan.next_instalment_amount - paid, in_term), 0)
    return 0


def principal_to_pay(dues: Dues, *, on: datetime.date) -> int:
    """Đồng of the principal that is to be paid by a day: all that is overdue, and what is due of the rest."""
    in_term = dues.by_component["principal"]
    paid = dues.loan.balance_in_term - in_term
    return dues.by_component["overdue_principal"] + principal_due(dues.loan, paid=paid, in_term=in_term, on=on)


def carried(dues: Dues, *, on: datetime.date, as_of: datetime.date | None) -> Loan:
    """A loan as a day's payments leave it: its interest reckoned to that day, and what was not paid of it in arrears."""
    loan, left = dues.loan, dues.by_component
    return changed(
        loan,
        balance_in_term=left["principal"],
        balance_overdue=left["overdue_principal"],
        overdue_since=overdue_since(loan, on=on, as_of=as_of) if left["overdue_principal"] else None,
        next_instalment_amount=max(loan.next_instalment_amount - max(loan.balance_in_term - left["principal"], 0), 0),
        interest_paid_to=on,
        interest_arrears=left["interest_arrears"] + left["interest"],
        overdue_interest_arrears=left["overdue_interest_arrears"] + left["overdue_interest"],
    )


def runs(
    loan: Loan,
    history: Mapping[str, Sequence[Programme]],
    on: datetime.date,
    as_of: datetime.date | None = None,
) -> tuple[Run, ...]:
    """The runs of days from `interest_paid_to` up to, not including, `on`.

    Balances are those of `as_of`; None: of `on` itself. Raises `RateUnknown` where a loan follows a programme
    without a rate.
    """
    rows = history.get(loan.programme_code, ())
    begin = loan.interest_paid_to
    newly, since_newly = fallen(loan, on=on, as_of=as_of)
    made: list[Run] = []
    if in_term := loan.balance_in_term - newly:
        for since, until, rate, _ in _spans(loan, rows, begin, on):
            made.append(Run(in_term, since, until, rate, 100))
    for balance, day in ((loan.balance_overdue, loan.overdue_since or on), (newly, since_newly)):
        if balance:
            turned = min(max(day, begin), on)
            for since, until, rate, _ in _spans(loan, rows, begin, turned):
                made.append(Run(balance, since, until, rate, 100))
            for since, until, rate, percent in _spans(loan, rows, turned, on):
                made.append(Run(balance, since, until, rate, percent))
    return tuple(made)


def interest_due(
    loan: Loan,
    history: Mapping[str, Sequence[Programme]],
    on: datetime.date,
    as_of: datetime.date | None = None,
) -> dict[str, int]:
    """What a loan owes in interest on a day, by component, in the order it is taken."""
    weights = {"interest": 0, "overdue_interest": 0}
    for run in runs(loan, history, on, as_of):
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


def proposal(amount: int, owed: Sequence[Dues], *, on: datetime.date) -> tuple[tuple[Line, ...], int]:
    """Lines that put a sum against all these loans owe, and what is left of it.

    Interest first (`interest_lines`), then overdue principal, then principal that is due, then principal
    before its day; within each the earlier due date first, then the lower loan code.
    """
    made, amount = interest_lines(amount, owed)
    lines, taken = list(made), dict[tuple[str, str], int]()
    ordered = sorted(owed, key=lambda dues: (dues.loan.due_on, dues.loan.loan_code))
    for code, component, all_of_it in (("TQ", "overdue_principal", True), ("TG", "principal", False), ("TG", "principal", True)):
        for dues in ordered:
            key = (code, dues.loan.loan_code)
            left = dues.by_component[component] - taken.get(key, 0)
            paid = dues.loan.balance_in_term - dues.by_component["principal"]
            most = left if all_of_it else principal_due(dues.loan, paid=paid, in_term=left, on=on)
            if (part := min(amount, most)) > 0:
                taken[key] = taken.get(key, 0) + part
                amount -= part
    lines += [Line(code=code, account=loan, component=COMPONENTS[code][0], amount=part) for (code, loan), part in taken.items()]
    return tuple(lines), amount
