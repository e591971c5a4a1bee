"""Whole programs as a person starts them: a prepared laptop and office to copy, and how to run a verb on them."""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from installer import demo

ROOT = Path(__file__).parent.parent.parent
CORPUS = ROOT / "tests" / "corpus" / "can-giuoc"
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


def desktop(*arguments: str | Path, typed: Sequence[str] = (), before: Sequence[str] = ()) -> Ended:
    """`python -m desktop …`, with these lines on its standard input; `before` stands in front of it all."""
    done = subprocess.run(
        [*before, sys.executable, "-P", "-m", "desktop", *map(str, arguments)],
        input="".join(f"{line}\n" for line in typed), capture_output=True, text=True, encoding="utf-8",
        env=world(), timeout=VERB_S_MAX, check=False,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout, done.stderr)


def office(*arguments: str | Path) -> Ended:
    """`python -m sync.office …`."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "sync.office", *map(str, arguments)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8",
        env=world(), timeout=VERB_S_MAX, check=False,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The house on the program's own sample, made once; tests copy it and leave it alone."""
    out = tmp_path_factory.mktemp("house") / "out"
    given = argparse.Namespace(export="", point="", date="2026-11-20", out=str(out), database="", script="", as_of="")
    with demo.prepared(given) as ready:
        people = ready.people
    return House(out, people)


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
    serving = demo.served(house.office)
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
