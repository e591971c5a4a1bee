"""Rounds, what they come to, and whether a budget is met.

A *round* is a generator that yields twice: what stands before the first yield prepares, what stands
between the two is timed, what stands after the second cleans up. Everything to be compared runs once
in every round, in an order shuffled anew each time, so that a slow moment of the machine falls on
all of them alike.

A comparison that cannot fail shows nothing: `Plan.control` loads every subject with so much extra
work that its budget cannot be met, whatever the machine; each verdict must then be *NOT met*.
"""

import gc
import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

Round = Callable[[int], Iterator[None]]
Clock = Callable[[], float]
# What a budget looks at: the ratio of medians, the ratio of p99s, the subject's own median, or its p99.
Kind = Literal["ratio", "p99 ratio", "median", "p99"]
# Rounds before the first that counts: caches fill, files grow to their working size.
WARM = 3


class Plan(NamedTuple):
    """What one benchmark is given. `rounds` 0 leaves the number to each; `folder` is on the disk to be measured."""

    folder: Path
    rounds: int
    control: bool
    random: Random
    clock: Clock

    def rounds_or(self, usual: int) -> int:
        return self.rounds or usual


class Budget(NamedTuple):
    """The most that is allowed, and what is hoped for; `least` turns both around."""

    kind: Kind
    most: float
    stretch: float | None = None
    least: bool = False

    def allows(self, value: float) -> bool:
        return value >= self.most if self.least else value <= self.most


class Spread(NamedTuple):
    """What many rounds of one thing came to."""

    median: float
    p99: float
    rounds: int


class Figure(NamedTuple):
    """One line of the report. Without a budget it is only told."""

    name: str
    what: str
    unit: str
    subject: Spread
    limit_what: str = ""
    limit: Spread | None = None
    budget: Budget | None = None
    # The median of each round's own ratio: steadier than the ratio of medians where the machine is not.
    paired: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.subject.median / self.limit.median if self.limit and self.limit.median else None

    @property
    def value(self) -> float | None:
        """What the budget is held against."""
        if self.budget is None:
            return None
        if self.budget.kind == "median":
            return self.subject.median
        if self.budget.kind == "p99":
            return self.subject.p99
        if self.limit is None:
            return None
        if self.budget.kind == "p99 ratio":
            return self.subject.p99 / self.limit.p99
        return self.ratio

    @property
    def met(self) -> bool | None:
        """None where there is no budget."""
        if self.budget is None:
            return None
        return self.value is not None and self.budget.allows(self.value)


def quantile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of them do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(percent / 100 * len(ordered)), 1) - 1]


def spread(values: Sequence[float]) -> Spread:
    return Spread(statistics.median(values), quantile(values, 99), len(values))


def fixed(value: float) -> Spread:
    """A count, which has no spread."""
    return Spread(value, value, 1)


def interleaved(
    contenders: Mapping[str, Round], *, rounds: int, random: Random, clock: Clock, warm: int = WARM
) -> dict[str, tuple[float, ...]]:
    """Seconds of each contender in each round that counts."""
    names = list(contenders)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    # What the preparation left behind must not be walked through in somebody's timed part.
    gc.collect()
    gc.freeze()
    try:
        for number in range(-warm, rounds):
            random.shuffle(names)
            for name in names:
                taken = timed(contenders[name](number + warm), clock)
                if number >= 0:
                    seconds[name].append(taken)
    finally:
        gc.unfreeze()
    return {name: tuple(values) for name, values in seconds.items()}


def timed(round_: Iterator[None], clock: Clock) -> float:
    """Seconds between the two yields of a round, which is then run to its end."""
    next(round_)
    begun = clock()
    next(round_)
    taken = clock() - begun
    for _ in round_:
        raise ValueError("a round yields twice")
    return taken


def loaded(subject: Round, limit: Round, budget: float) -> Round:
    """The subject and, inside its timed part, so much of the limit that the ratio is above `budget`."""

    def both(number: int) -> Iterator[None]:
        parts = subject(number)
        next(parts)
        yield
        next(parts)
        for _ in range(math.ceil(budget) + 1):
            for _ in limit(number):
                pass
        yield
        for _ in parts:
            pass

    return both


def delayed(subject: Round, most_s: float, clock: Clock) -> Round:
    """The subject and, inside its timed part, a wait that alone is longer than `most_s`."""

    def late(number: int) -> Iterator[None]:
        parts = subject(number)
        next(parts)
        begun = clock()
        yield
        next(parts)
        while clock() - begun <= most_s * 1.5:
            pass
        yield
        for _ in parts:
            pass

    return late


def compared(
    plan: Plan,
    *,
    name: str,
    what: str,
    subject: Round,
    limit_what: str,
    limit: Round,
    budget: Budget | None,
    usual_rounds: int,
    p99_most: float | None = None,
    scale: float = 1e3,
    unit: str = "ms",
    warm: int = WARM,
) -> list[Figure]:
    """A subject against its limit; with `p99_most` a second line holds their p99s against each other."""
    if plan.control and budget is not None:
        ratio_most = budget.most if budget.kind == "ratio" else 1
        subject = loaded(subject, limit, max(ratio_most, p99_most or 0) * 2)
        if budget.kind in ("median", "p99"):
            subject = delayed(subject, budget.most / scale, plan.clock)
    seconds = interleaved(
        {"subject": subject, "limit": limit},
        rounds=plan.rounds_or(usual_rounds), random=plan.random, clock=plan.clock, warm=warm,
    )  # fmt: skip
    ours, theirs = ([value * scale for value in seconds[one]] for one in ("subject", "limit"))
    paired = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
    first = Figure(name, what, unit, spread(ours), limit_what, spread(theirs), budget, paired)
    if p99_most is None:
        return [first]
    return [first, first._replace(name=f"{name} p99", budget=Budget("p99 ratio", p99_most), paired=None)]


def line(figure: Figure) -> str:
    """A figure as people read it."""
    parts = [f"{figure.name:16} {figure.what}: {_shown(figure.subject, figure.unit)}"]
    if figure.limit is not None:
        parts.append(f"{figure.limit_what} {_shown(figure.limit, figure.unit)}")
        parts.append(f"ratio {figure.ratio:.2f}" + (f" (paired {figure.paired:.2f})" if figure.paired else ""))
    if figure.budget is not None:
        parts.append(_verdict(figure, figure.budget))
    return " | ".join(parts)


def _shown(held: Spread, unit: str) -> str:
    if held.rounds == 1:
        return f"{_number(held.median)} {unit}"
    return f"{_number(held.median)} {unit} (p99 {_number(held.p99)}, n {held.rounds})"


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" if value < 1 else f"{value:.2f}"


def _verdict(figure: Figure, budget: Budget) -> str:
    unit = f" {figure.unit}" if budget.kind in ("median", "p99") else ""
    held = "" if budget.kind in ("ratio", "median") else f"{budget.kind} {_number(figure.value or 0)}, "
    words = f"{held}budget {'≥' if budget.least else '≤'} {_number(budget.most)}{unit}"
    if budget.stretch is not None:
        reached = figure.met and figure.value is not None and budget._replace(most=budget.stretch).allows(figure.value)
        words += f", stretch {_number(budget.stretch)}{unit} {'reached' if reached else 'not reached'}"
    return f"{words}: {'met' if figure.met else 'NOT met'}"
