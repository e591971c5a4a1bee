"""What is started warm is what is started cold, and what is shared by the workers of a run is made once.

The control is a program that says its words to somebody else: held against the real one, it differs.
"""

import signal
import threading
import time
from pathlib import Path

import pytest

from tests.journeys.conftest import Ended, House, Person, once_a_run, ran, served, start

ASKED = """
import os, sys
print(sys.argv[1:], sorted(name for name in os.environ if name.startswith("PYTHON")), sys.stdin.read(), __name__)
print("ở đây", file=sys.stderr)
sys.exit(7)
"""


def both(module: str, *arguments: str | Path, typed: tuple[str, ...] = ()) -> tuple[Ended, Ended]:
    warm, cold = (ran(module, arguments, typed, before=(), cold=one) for one in (False, True))
    return warm, cold


def test_every_kind_of_ending_is_the_same_warm_and_cold(house: House) -> None:
    (house.out / "answers.jsonl").write_text("", "utf-8")
    known, at = (house.teller.passphrase,), ("--home", house.laptop)
    desk = [
        (0, both("desktop", "check", *at, typed=known)),
        (1, both("desktop", "check", *at, "--user", house.teller.staff_id, typed=("sai mật khẩu của tôi",))),
        (1, both("desktop", "play", *at, "--answers", house.out / "answers.jsonl", typed=known)),
        (2, both("desktop", "dance", *at)),
        (0, both("desktop", "--help")),
    ]
    at_the_office = [
        (0, both("sync.office", "check", "--home", house.office)),
        (1, both("sync.office", "check", "--home", house.out / "none")),
        (2, both("sync.office", "totals", "--home", house.office)),
        (2, both("sync.office", "dance")),
        (0, both("sync.office", "--help")),
    ]
    for status, (warm, cold) in (*desk, *at_the_office):
        assert warm == cold
        assert (warm.status, bool(warm.out or warm.err)) == (status, True)
    # The control: another laptop than the one that was asked about is told apart.
    assert desk[0][1][0] != at_the_office[0][1][0]


def test_a_program_has_its_own_words_environment_and_end() -> None:
    told = []
    for cold in (False, True):
        started = start("", "một", "2", typed=("ba bốn",), text=ASKED, cold=cold)
        told.append((started.communicate(timeout=60), started.returncode))
    assert told[0] == told[1]
    (out, err), status = told[0]
    assert (status, err) == (7, "ở đây\n")
    assert out.startswith("['một', '2'] ['PYTHON")
    assert out.endswith("ba bốn\n __main__\n")


def test_a_kill_ends_a_program_and_a_bug_is_seen() -> None:
    asleep = start("", typed=(), text="import time; time.sleep(600)")
    assert asleep.poll() is None
    asleep.send_signal(signal.SIGKILL)
    asleep.communicate(timeout=60)
    assert asleep.returncode == -signal.SIGKILL
    asleep.kill()  # nobody is there any more, and nobody else is meant
    bug = start("", typed=(), text="1 / 0")
    _, err = bug.communicate(timeout=60)
    assert bug.returncode == 1
    assert "ZeroDivisionError" in err


def test_programs_run_side_by_side_and_an_office_is_closed_when_its_block_ends(house: House) -> None:
    with served(house.office) as address:
        one = start("desktop", "fetch", "--home", house.laptop, "--office", address, typed=[house.teller.passphrase])
        two = start("sync.office", "check", "--home", house.office, typed=())
        assert one.pid != two.pid
        assert (two.communicate(timeout=120)[0] != "", two.returncode) == (True, 0)
        assert (one.communicate(timeout=120)[0] != "", one.returncode) == (True, 0)
    with served(house.office) as again:
        assert again != address


def test_what_is_shared_is_made_once_and_whoever_fails_to_make_it_hangs_nobody(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    name, made, found = f"shared-{time.monotonic_ns()}", [], []

    def fails(_out: Path) -> House:
        raise ZeroDivisionError

    def make(out: Path) -> House:
        made.append(out)
        time.sleep(0.2)
        return House(out, (Person("1", "teller", "bốn con bò vàng gặm cỏ", "123456"),))

    with pytest.raises(ZeroDivisionError):
        once_a_run(tmp_path_factory, name, fails)
    workers = [threading.Thread(target=lambda: found.append(once_a_run(tmp_path_factory, name, make))) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(timeout=60)
    assert len(made) == 1
    assert len(found) == 3
    assert len(set(found)) == 1
