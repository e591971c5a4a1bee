"""Random mornings of two laptops on a network that loses, repeats and delays: no party is ever served by both.

The books, what they keep and every line between them are the real ones; only the vouchers are played, as what a book
still says after the laptop was started again. The control plays a holder that forgets at its start what it gave.
"""

from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from sqlmodel import select

from desktop import leases as desk_leases
from desktop.beside import OtherAway
from desktop.leases import Leases
from desktop.rows import LeaseRow
from sync.errors import Refusal
from sync.leases import Seat
from sync.session import Session
from sync.terms import Terms
from sync.voucher import Body
from tests.desktop import two_laptops
from tests.desktop.enrolled import Laptop
from tests.sync.small import FEE, GROUP_A, GROUP_B, RESIDENT, TERMS

UNITS = (GROUP_A, GROUP_B, RESIDENT, FEE)
STEPS, SEEDS, SEEDS_LONG = 60, 12, 300


class Played(Session):
    """A session that only remembers what it was told."""

    def __init__(self, terms: Terms, bodies: list[Body]) -> None:
        super().__init__(terms)
        self.bodies = bodies


class Counts(NamedTuple):
    lines: int
    lost: int
    posted: int
    refused: int
    both: int


class Morning:
    """Two laptops and a network that is against them."""

    def __init__(self, laptops: dict[str, Laptop], random: Random, *, forgets: bool) -> None:
        self.random, self.forgets = random, forgets
        self.laptops = laptops
        self.bodies: dict[str, list[Body]] = {letter: [] for letter in laptops}
        self.unlocked = {letter: one.unlocked() for letter, one in laptops.items()}
        self.books = {letter: one.open_book() for letter, one in laptops.items()}
        self.leases: dict[str, Leases] = {}
        self.late: list[tuple[str, bytes]] = []
        self.lines = self.lost = self.posted = self.refused = 0
        for letter in laptops:
            self.start(letter)

    def start(self, letter: str) -> None:
        """The program of a laptop, started again: the book and the vouchers are what they were."""
        if self.forgets:
            with self.books[letter].writing() as session:
                for row in session.exec(select(LeaseRow)).all():
                    session.delete(row)
        session = Played(self.laptops[letter].pack.terms, self.bodies[letter])
        made = self.leases[letter] = Leases(self.books[letter], session, self.unlocked[letter])
        made.road = lambda seat, line: self.carry(seat, line)

    def carry(self, seat: Seat, line: bytes) -> bytes:
        """One question over this network, and its answer."""
        self.lines += 1
        fate = self.random.random()
        if fate < 0.15:
            self.lost += 1
            raise OtherAway(address=seat.letter, reason="lost")
        if fate < 0.25:
            self.late.append((seat.letter, line))
            raise OtherAway(address=seat.letter, reason="late")
        answer = self.leases[seat.letter].answer(line)
        if self.random.random() < 0.2:
            self.leases[seat.letter].answer(line)
        if self.random.random() < 0.2:
            self.lost += 1
            raise OtherAway(address=seat.letter, reason="answer lost")
        return answer

    def step(self) -> None:
        letter = self.random.choice(("A", "B"))
        match self.random.randrange(10):
            case 0:
                self.start(letter)
            case 1 if self.late:
                to, line = self.late.pop(self.random.randrange(len(self.late)))
                self.leases[to].answer(line)
            case 2:
                self.by_hand(letter)
            case 3:
                self.attempt(lambda: self.leases[letter].request(self.random.choice(UNITS)))
            case _:
                self.post(letter, self.random.choice(UNITS))

    def by_hand(self, letter: str) -> None:
        """Given by a code that the other laptop types, or not."""
        other, unit = "B" if letter == "A" else "A", self.random.choice(UNITS)

        def give() -> None:
            code = self.leases[letter].give(unit, to=two_laptops.DEVICES[other])
            if self.random.random() < 0.6:
                self.leases[other].take(unit, code=code)

        self.attempt(give)

    def post(self, letter: str, unit: str) -> None:
        kind = "slip" if unit == FEE else "visit"
        body = Body(kind=kind, party="" if unit == FEE else unit, slip=unit if unit == FEE else "")

        def serve() -> None:
            self.leases[letter].ask_for(body)
            self.leases[letter].check(body)
            self.bodies[letter].append(body)
            self.posted += 1

        if self.random.random() < 0.25:
            self.attempt(serve)

    def attempt(self, act) -> None:  # type: ignore[no-untyped-def]
        try:
            act()
        except Refusal:
            self.refused += 1

    def end(self) -> Counts:
        for book in self.books.values():
            book.close()
        served = {letter: {one.party or one.slip for one in bodies} for letter, bodies in self.bodies.items()}
        return Counts(self.lines, self.lost, self.posted, self.refused, len(served["A"] & served["B"]))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, short_log: None) -> None:
    monkeypatch.setattr(desk_leases, "QUIET_S", 0.0)


def run(both: dict[str, Laptop], folder: Path, seeds: range, *, forgets: bool) -> Counts:
    total = Counts(0, 0, 0, 0, 0)
    for seed in seeds:
        laptops = two_laptops.copied(both, folder / str(seed))
        morning = Morning(laptops, Random(seed), forgets=forgets)
        for _ in range(STEPS):
            morning.step()
        total = Counts(*(one + other for one, other in zip(total, morning.end(), strict=True)))
    print(f"mornings {len(seeds)} lines {total.lines} lost {total.lost} vouchers {total.posted} refused {total.refused} served by both {total.both}")
    return total


@pytest.mark.parametrize("seeds", [SEEDS, pytest.param(SEEDS_LONG, marks=pytest.mark.long)])
def test_nobody_is_ever_served_by_both(both: dict[str, Laptop], tmp_path: Path, seeds: int) -> None:
    counts = run(both, tmp_path, range(seeds), forgets=False)
    assert counts.both == 0
    assert counts.posted > seeds * 2
    assert counts.lost > seeds
    assert counts.refused > seeds


def test_a_holder_that_forgets_what_it_gave_is_caught(both: dict[str, Laptop], tmp_path: Path) -> None:
    assert run(both, tmp_path, range(SEEDS), forgets=True).both > 0


def test_the_terms_have_every_kind_of_unit() -> None:
    assert {GROUP_A, GROUP_B} == {one.group_code for one in TERMS.groups}
