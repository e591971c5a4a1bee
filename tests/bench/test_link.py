"""The slow line is slow, loses and counts; over it a whole session goes in one request within its budgets."""

import socket
import threading
import time
from pathlib import Path
from random import Random

import pytest

from tests.bench.link import over_2g
from tests.bench.measure import Plan
from tests.bench.slow_link import FAR, GOOD, NEAR, Quality, link, possible


@pytest.fixture(autouse=True)
def root_alone() -> None:
    if why := possible():
        pytest.skip(why)


def echoed(quality: Quality, size: int) -> tuple[float, list[int], int]:
    """Seconds for so many bytes there and one back, the bytes both ways, and the packets lost."""
    with link(quality, Random(1)) as line:
        listening = line.at(FAR, lambda: socket.create_server((FAR, 0)))
        port = listening.getsockname()[1]

        def answer() -> None:
            held, _ = listening.accept()
            with held, listening:
                left = size
                while left:
                    left -= len(held.recv(65536))
                held.sendall(b"!")

        thread = threading.Thread(target=answer)
        thread.start()

        def ask() -> None:
            with socket.create_connection((FAR, port)) as near:
                near.sendall(bytes(size))
                assert near.recv(1) == b"!"

        line.reset()
        begun = time.monotonic()
        line.at(NEAR, ask)
        seconds = time.monotonic() - begun
        thread.join()
        return seconds, line.sent, line.lost


def test_a_line_takes_the_time_its_rate_and_its_way_say_and_counts_what_goes_over_it() -> None:
    seconds, sent, lost = echoed(Quality(bits_a_second=400_000, round_trip_s=0.2, loss=0, jitter_s=0), 8_000)
    # 8 kB at 400 kbit/s are 0.16 s; the hello and the way there and back are two round trips.
    assert seconds >= 0.16 + 2 * 0.2
    assert 8_000 < sent[0] < 9_500
    assert 0 < sent[1] < 1_500
    assert lost == 0
    # The control: a good line takes no such time.
    assert echoed(GOOD, 8_000)[0] < seconds / 2


def test_what_is_lost_on_it_comes_again() -> None:
    _, sent, lost = echoed(Quality(bits_a_second=4_000_000, round_trip_s=0.02, loss=0.2, jitter_s=0), 40_000)
    assert lost > 0
    assert sent[0] > 42_000


@pytest.mark.long
@pytest.mark.parametrize("control", [False, True])
def test_a_session_goes_over_2g_within_its_budgets_and_the_control_does_not(tmp_path: Path, control: bool) -> None:
    plan = Plan(tmp_path, 1, control, Random(1), time.perf_counter)
    judged = [figure.met for figure in over_2g(plan) if figure.met is not None]
    assert len(judged) == 4
    assert not any(judged) if control else all(judged)
