"""How long what is unsent has waited already, and how long to wait before the next try.

A laptop's clock may jump by years, and a machine that was off counted nothing. So the seconds since the machine
started are believed first, and the clock only for the time between two starts, where it says what can be.
"""

from collections.abc import Sequence

from sync.chain import Moment

# While all goes well: a person who looks should see it move within the time it takes to serve a visitor.
EVERY_S = 30.0
# The first pause after a failed try, and the longest: a network that comes for ten minutes must be met.
PAUSE_S, PAUSE_S_MAX = 15.0, 180.0
# On a slow line letters are gathered: each costs half a kilobyte and more beside its vouchers, and keeps the line
# busy for a second. A morning of two thousand posts ten a minute, so by either it comes to seventeen letters.
SLOW_S, GATHER_S, GATHERED = 0.8, 720.0, 120
# A session is closed and handed in before the next one, a month later: no clock that says more is right.
BELIEVED_S_MAX = 45 * 86_400
# After a day without a network a stick is the shorter way.
STICK_S = 86_400


def pause_s(failures: int, *, chance: float, slow: bool = False) -> float:
    """Seconds until the next try after so many failed ones in a row; none: the usual round, or that of a slow line.

    They double, and no two laptops at one cell tower keep time with each other: `chance` is drawn from 0 to 1.
    """
    if failures <= 0:
        return GATHER_S if slow else EVERY_S
    longest = min(PAUSE_S * 2.0 ** min(failures - 1, 10), PAUSE_S_MAX)
    return longest * (0.5 + chance / 2)


def age_s(made: Sequence[Moment], now: Moment) -> int:
    """Seconds since the first of these was made; never negative, and at least what the machine itself can say.

    `made` are entries in the order of their numbers, the first being the one whose age is asked.
    """
    first = made[0]
    if first.boot == now.boot:
        return max(now.mono_s - first.mono_s, 0)
    # What ran by while the machine was on: to the end of that start, all of each later one, and of this one.
    ran: dict[int, int] = {first.boot: first.mono_s}
    for one in made:
        ran[one.boot] = max(ran.get(one.boot, 0), one.mono_s)
    ran[now.boot] = now.mono_s
    least = sum(ran.values()) - first.mono_s
    by_clock = now.wall_s - first.wall_s
    return by_clock if least <= by_clock <= least + BELIEVED_S_MAX else least
