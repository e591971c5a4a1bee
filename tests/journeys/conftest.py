"""Whole programs as a person starts them: a prepared laptop and office to copy, and how to run a verb on them."""

import argparse
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from installer import demo
from tests.journeys.warm import Started, Warm

ROOT = Path(__file__).parent.parent.parent
CORPUS = ROOT / "tests" / "corpus" / "can-giuoc"
POINT, DAY = "TXN0480701", "2024-04-15"
# The warm process while journeys are made; without it every program is started cold.
WARM: list[Warm] = []
CHEAP = """
import sys
from desktop import __main__ as program, vault
vault.USUAL = vault.FLOOR
sys.exit(program.main(sys.argv[1:]))
"""
# A verb that has not ended by now never will.
VERB_S_MAX = 300

Person = demo.Person


class House(NamedTuple):
    """An office that is closed for the night and its one laptop, which holds a pack and no voucher yet."""

    out: Path
    people: tuple[Person, ...]

    @property
    def office(self) -> Path:
        return self.out / "office"

    @property
    def laptop(self) -> Path:
        return self.out / "laptop"

    @property
    def teller(self) -> Person:
        return self.people[0]

    def typed(self) -> list[str]:
        """What is typed to run a session: the teller's passphrase, then who has which PIN and passphrase."""
        return [self.teller.passphrase, *(f"{one.staff_id} {one.pin} {one.passphrase}" for one in self.people)]


class Ended(NamedTuple):
    """A program that ended."""

    status: int
    out: str
    err: str


def world() -> dict[str, str]:
    """The environment of a program: ours, its own compiled files allowed, and no keystore."""
    return {**demo.world(), "NO_COLOR": "1", "TERM": "dumb"}


def desktop(*arguments: str | Path, typed: Sequence[str] = (), before: Sequence[str] = (), cold: bool = False) -> Ended:
    """`python -m desktop …`, with these lines on its standard input; `before` stands in front of it all."""
    return ran("desktop", arguments, typed, before=before, cold=cold)


def office(*arguments: str | Path, cold: bool = False) -> Ended:
    """`python -m sync.office …`."""
    return ran("sync.office", arguments, (), before=(), cold=cold)


def ran(module: str, arguments: Sequence[str | Path], typed: Sequence[str], *, before: Sequence[str], cold: bool) -> Ended:
    """A verb to its end: from the warm process, or `cold` by an interpreter of its own."""
    started = start(module, *arguments, typed=typed, before=before, cold=cold)
    try:
        out, err = started.communicate(timeout=VERB_S_MAX)
    finally:
        started.kill()
    assert started.returncode is not None
    return Ended(started.returncode, out, err)


def start(
    module: str, *arguments: str | Path, typed: Sequence[str], before: Sequence[str] = (), text: str = "", cold: bool = False
) -> "subprocess.Popen[str] | Started":
    """`python -m module …`, or `python -c text …`; it runs."""
    if WARM and not before and not cold:
        return WARM[0].start(module, arguments, typed=typed, env=world(), text=text)
    what = ["-c", text] if text else ["-m", module]
    started = subprocess.Popen(
        [*before, sys.executable, "-P", *what, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, encoding="utf-8", env=world(),
    )  # fmt: skip
    assert started.stdin
    with suppress(BrokenPipeError):
        started.stdin.write("".join(f"{line}\n" for line in typed))
        started.stdin.close()
    started.stdin = None
    return started


@pytest.fixture(scope="session", autouse=True)
def warm() -> Iterator[None]:
    """The process from which programs are forked, for as long as journeys are made here."""
    WARM.append(Warm({**world(), "QT_QPA_PLATFORM": "offscreen"}))
    yield
    WARM.pop().close()


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The office's address while it is open, as `demo.served` has it."""
    log = home / "serve.log"
    program = WARM[0].start("sync.office", ["serve", "--home", home, "--port", "0"], typed=(), env=world(), said=log)
    try:
        yield demo.address_in(log, program)
    finally:
        program.terminate()
        try:
            program.wait(timeout=10)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def called(module: str, *arguments: str | Path, typed: Sequence[str] = ()) -> str:
    """As `demo.call` has it; a vault that is made is as cheap to open as one may be, since it is opened so often."""
    started = WARM[0].start(module, arguments, typed=typed, env=world(), text=CHEAP if arguments[0] == "enrol" and module == "desktop" else "")
    out, err = started.communicate(timeout=VERB_S_MAX)
    if started.returncode:
        raise demo.Refused(f"{module} {arguments[0]}: {out}{err}")
    return out


@contextmanager
def prepared_warm(given: argparse.Namespace, *, bulletins: Mapping[str, Path] = demo.NO_BULLETINS) -> Iterator[demo.Prepared]:
    """`demo.prepared`, its programs started from the warm process."""
    with pytest.MonkeyPatch.context() as world_of_demo:
        world_of_demo.setattr(demo, "call", called)
        world_of_demo.setattr(demo, "served", served)
        with demo.prepared(given, bulletins=bulletins) as ready:
            yield ready


def once_a_run(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Path], House]
) -> House:
    """What all workers of a run copy: whoever comes first makes it, the others wait and find it."""
    base = factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else factory.getbasetemp()
    with (base / f"{name}.lock").open("wb") as held:
        # Whoever fails to make it, or dies, lets go; the next one tries itself.
        fcntl.flock(held, fcntl.LOCK_EX)
        done, out = base / name / "people.json", base / name / "out"
        if not done.exists():
            shutil.rmtree(base / name, ignore_errors=True)
            (base / name).mkdir()
            made = make(out)
            done.write_text(json.dumps(made.people), "utf-8")
        return House(out, tuple(Person(*one) for one in json.loads(done.read_text("utf-8"))))


def house_of(export: Path | str, point: str, date: str, *, as_of: str = "") -> Callable[[Path], House]:
    """Makes a house as the demonstration does."""

    def make(out: Path) -> House:
        given = argparse.Namespace(
            export=str(export), point=point, date=date, out=str(out), database="", script="", as_of=as_of
        )
        with prepared_warm(given) as ready:
            return House(out, ready.people)

    return make


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The house on the program's own sample, made once; tests copy it and leave it alone."""
    return once_a_run(tmp_path_factory, "house-sample", house_of("", "", "2026-11-20"))


@pytest.fixture(scope="session")
def dong_thanh(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The house on the corpus, at the point of Đông Thạnh."""
    return once_a_run(tmp_path_factory, "house-dong-thanh", house_of(CORPUS, POINT, DAY))


@pytest.fixture
def house(prepared: House, tmp_path: Path) -> House:
    """A house of one's own."""
    return copy_of(prepared, tmp_path / "house")


def copy_of(prepared: House, folder: Path) -> House:
    shutil.copytree(prepared.out, folder)
    return House(folder, prepared.people)


@pytest.fixture
def opened(house: House) -> Iterator[Callable[[], str]]:
    """Opens the house's office when it is called; its address."""
    serving = served(house.office)
    entered: list[str] = []

    def open_office() -> str:
        if not entered:
            entered.append(serving.__enter__())
        return entered[0]

    yield open_office
    if entered:
        serving.__exit__(None, None, None)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {
        str(Path(root, name).relative_to(folder)): Path(root, name).read_bytes()
        for root, _, names in os.walk(folder)
        for name in names
    }


def said_clearly(text: str) -> bool:
    """A sentence for a person, in Vietnamese: with its tones, to its end, and no trace of the program's insides."""
    toned = any(letter in "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹáàéèíìóòúùý" for letter in text.lower())
    return toned and "Traceback" not in text and "{" not in text and len(text) > 20 and text.rstrip()[-1] in ".)…"
