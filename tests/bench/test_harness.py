"""The harness can tell slow from fast, and says so: nothing here depends on how fast this machine is."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import zstandard

from tests.bench import wire
from tests.bench.__main__ import as_json, asked, main, measured
from tests.bench.measure import (
    Budget,
    Figure,
    Plan,
    Round,
    compared,
    delayed,
    fixed,
    interleaved,
    line,
    quantile,
    spread,
    timed,
)


class HandClock:
    """A clock that moves only when work says how long it took."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def work(self, seconds: float) -> Round:
        def once(_number: int) -> Iterator[None]:
            self.now_s += 1000
            yield
            self.now_s += seconds
            yield
            self.now_s += 1000

        return once


class Ticking(HandClock):
    """A clock that moves at each look, for work that waits on it."""

    def __call__(self) -> float:
        self.now_s += 0.001
        return self.now_s


def plan(clock: HandClock, folder: Path, *, control: bool = False) -> Plan:
    return Plan(folder, 0, control, Random(1), clock)


def verdict(clock: HandClock, folder: Path, *, subject_s: float, budget: Budget, control: bool = False) -> list[Figure]:
    return compared(
        plan(clock, folder, control=control), name="one", what="work", subject=clock.work(subject_s),
        limit_what="limit", limit=clock.work(0.01), budget=budget, usual_rounds=5, p99_most=1.5,
    )  # fmt: skip


@pytest.mark.parametrize(("percent", "found"), [(1, 1), (50, 50), (99, 99), (100, 100)])
def test_a_quantile_is_a_value_that_was_measured(percent: float, found: int) -> None:
    assert quantile(Random(1).sample(range(1, 101), 100), percent) == found


def test_a_quantile_of_one_round_is_that_round() -> None:
    assert quantile([7.0], 99) == 7.0
    assert spread([3.0, 1.0, 2.0]) == (2.0, 3.0, 3)


def test_only_what_stands_between_the_two_yields_is_timed() -> None:
    clock = HandClock()
    assert timed(clock.work(0.25)(0), clock) == pytest.approx(0.25)


def test_a_round_that_yields_three_times_is_no_round() -> None:
    with pytest.raises(ValueError, match="twice"):
        timed(iter([None, None, None]), HandClock())


def test_everything_runs_once_a_round_in_an_order_that_changes_and_the_warm_rounds_do_not_count() -> None:
    ran: list[str] = []

    def noted(name: str) -> Round:
        def once(_number: int) -> Iterator[None]:
            ran.append(name)
            yield
            yield

        return once

    names = ("a", "b", "c")
    seconds = interleaved({name: noted(name) for name in names}, rounds=8, random=Random(1), clock=HandClock(), warm=2)
    assert {name: len(values) for name, values in seconds.items()} == dict.fromkeys(names, 8)
    rounds = [tuple(ran[at : at + 3]) for at in range(0, len(ran), 3)]
    assert len(rounds) == 10
    assert all(sorted(one) == list(names) for one in rounds)
    assert len(set(rounds)) > 2


def test_a_subject_within_its_budget_meets_it(tmp_path: Path) -> None:
    first, slowest = verdict(HandClock(), tmp_path, subject_s=0.014, budget=Budget("ratio", 1.5, 1.25))
    assert first.ratio == pytest.approx(1.4)
    assert first.paired == pytest.approx(1.4)
    assert first.met
    assert slowest.met
    assert "stretch 1.25 not reached: met" in line(first)


def test_a_slow_subject_is_reported_as_not_met(tmp_path: Path) -> None:
    figures = verdict(HandClock(), tmp_path, subject_s=0.016, budget=Budget("ratio", 1.5))
    assert [figure.met for figure in figures] == [False, False]
    assert all(line(figure).endswith("NOT met") for figure in figures)


@pytest.mark.parametrize("subject_s", [0.0, 0.0001, 0.01])
def test_the_control_makes_any_subject_miss_any_ratio(tmp_path: Path, subject_s: float) -> None:
    figures = verdict(HandClock(), tmp_path, subject_s=subject_s, budget=Budget("ratio", 1.5), control=True)
    assert [figure.met for figure in figures] == [False, False]


def test_the_control_makes_any_subject_miss_a_budget_of_time() -> None:
    clock = Ticking()
    late = delayed(clock.work(0), 0.5, clock)
    assert timed(late(0), clock) > 0.5


def test_a_slow_hundredth_is_seen_although_the_median_is_fast() -> None:
    usual, budget = [1.0] * 98, Budget("p99 ratio", 1.5)
    figure = Figure("one", "work", "ms", spread([*usual, 9.0, 9.0]), "limit", spread([*usual, 1.0, 1.0]), budget)
    assert figure.ratio == 1.0
    assert figure.met is False


@pytest.mark.parametrize(
    ("budget", "met"),
    [
        (Budget("median", 10), True), (Budget("median", 9), False), (Budget("median", 300, least=True), False),
        (Budget("median", 10, least=True), True), (Budget("p99", 9), False), (Budget("ratio", 100), False),
    ],
)  # fmt: skip
def test_a_count_is_held_against_its_budget_and_a_ratio_without_a_limit_is_never_met(budget: Budget, met: bool) -> None:
    assert Figure("one", "work", "B", fixed(10), budget=budget).met is met


def test_a_figure_without_a_budget_is_only_told() -> None:
    figure = Figure("one", "work", "µs", fixed(10))
    assert figure.met is None
    assert line(figure) == f"{'one':16} work: 10 µs"
    assert json.loads(json.dumps(as_json(figure)))["met"] is None


def test_a_name_that_is_no_benchmark_is_refused() -> None:
    with pytest.raises(SystemExit):
        asked(["no-such"])


# What weighs and does not take time can be measured anywhere.


def test_the_limit_of_the_wire_holds_every_number_that_is_packed() -> None:
    values = [0, 1, -1, 63, 64, -64, -65, 10**12, -(10**12)]
    held = wire.whole(values)
    read, rest, place = [], 0, 0
    for byte in held:
        rest |= (byte & 127) << place
        place += 7
        if byte < 128:
            read.append(rest >> 1 if not rest & 1 else -(rest >> 1) - 1)
            rest = place = 0
    assert read == values
    assert list(itertools.accumulate(wire.steps(values))) == values
    assert wire.packed_small([held]) <= len(zstandard.ZstdCompressor(level=19).compress(held)) + 2


def test_the_wire_is_judged_the_same_from_the_same_seed_and_fails_under_its_control(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "figures.json"
    assert main(["wire", "--control", "--folder", str(tmp_path), "--json", str(told)]) == 0
    kept = json.loads(told.read_text("utf-8"))
    assert kept["control"] is True
    assert [one["met"] for one in kept["figures"]] == [False, None, None]
    assert "NOT met" in capsys.readouterr().out
    again = measured("wire", asked(["wire", "--folder", str(tmp_path)]))
    assert again[0].limit is not None
    assert again[0].limit.median == kept["figures"][0]["limit"]["median"]
