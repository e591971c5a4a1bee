"""How long what is unsent has waited is never nonsense, and a try comes again by itself, not at once and not together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.road.waiting import BELIEVED_S_MAX, EVERY_S, PAUSE_S, PAUSE_S_MAX, age_s, pause_s
from sync.chain import Moment

YEAR = 365 * 86_400
HOUR = 3_600
BEGIN = 1_713_141_000


def test_the_pauses_grow_to_a_few_minutes_and_no_further() -> None:
    longest = [pause_s(failures, chance=1.0) for failures in range(1, 12)]
    assert longest == sorted(longest)
    assert (longest[0], longest[1], longest[-1]) == (PAUSE_S, 2 * PAUSE_S, PAUSE_S_MAX)
    assert PAUSE_S_MAX <= 5 * 60
    assert pause_s(0, chance=1.0) == EVERY_S
    assert pause_s(10**6, chance=0.0) == PAUSE_S_MAX / 2


@given(st.integers(1, 10**9), st.floats(0, 1))
def test_no_pause_is_none_and_two_laptops_do_not_keep_time(failures: int, chance: float) -> None:
    assert PAUSE_S / 2 <= pause_s(failures, chance=chance) <= PAUSE_S_MAX
    assert pause_s(failures, chance=0) < pause_s(failures, chance=1)


@pytest.mark.parametrize("jump", [-10 * YEAR, -HOUR, 0, HOUR, 10 * YEAR])
def test_while_the_machine_runs_no_clock_has_a_say(jump: int) -> None:
    made = [Moment(BEGIN, 500, 7), Moment(BEGIN + 60, 560, 7)]
    assert age_s(made, Moment(BEGIN + 720 + jump, 500 + 720, 7)) == 720


def test_the_time_the_machine_was_off_is_the_clocks_where_that_can_be() -> None:
    # Ten minutes on, then off overnight, then on for five minutes.
    made = [Moment(BEGIN, 1_000, 7), Moment(BEGIN + 600, 1_600, 7)]
    assert age_s(made, Moment(BEGIN + 14 * HOUR, 300, 8)) == 14 * HOUR
    # The clock fell back, or stands still, or is years ahead: what the machine saw remains.
    for wall in (BEGIN - 10 * YEAR, BEGIN, BEGIN + 899, BEGIN + 10 * YEAR):
        assert age_s(made, Moment(wall, 300, 8)) == 600 + 300
    # Starts in between count as long as they are known to have lasted.
    made.append(Moment(BEGIN - YEAR, 4_000, 9))
    assert age_s(made, Moment(BEGIN - YEAR, 300, 8)) == 600 + 4_000 + 300


moments = st.builds(Moment, st.integers(-(10**10), 10**10), st.integers(0, 10**7), st.integers(0, 3))


@given(st.lists(moments, min_size=1, max_size=6), moments)
def test_an_age_is_never_negative_and_never_years(made: list[Moment], now: Moment) -> None:
    ran = sum(one.mono_s for one in (*made, now))
    assert 0 <= age_s(made, now) <= ran + BELIEVED_S_MAX
