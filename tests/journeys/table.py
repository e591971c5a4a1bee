"""A real office and two real laptops that share one session out, for tests that sit down at their table."""

import contextlib
import functools
import json
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from desktop import shelf, vault
from desktop.commands.terminal import clock
from desktop.desk import Desk
from desktop.vault import NewUser, Unlocked, Vault
from sync import keys
from sync.office import devices, home, intake, splitting
from sync.office.core_export import Export
from sync.pack import Pack
from sync.records import changed, from_bytes
from sync.terms import Staff
from tests.journeys.conftest import VERB_S_MAX, start
from tests.journeys.warm import Started
from tests.office.conftest import DAY, POINT, counting, drawing, make_office, whole_export
from tests.office.laptop import MORNING

GROUPS = 6
NOW_S = MORNING - 3_600


@functools.cache
def some_groups(count: int = GROUPS) -> Export:
    """The first groups of the sample office with all that belongs to them."""
    full = whole_export()
    groups = {one.group_code for one in full.groups[:count]}
    people = {one.customer_code for one in full.customers if one.group_code in groups}
    return changed(
        full,
        groups=full.groups[:count],
        customers=tuple(one for one in full.customers if one.customer_code in people),
        loans=tuple(one for one in full.loans if one.customer_code in people),
        deposits=tuple(one for one in full.deposits if one.customer_code in people),
        disbursements=tuple(one for one in full.disbursements if one.customer_code in people),
        payouts=tuple(one for one in full.payouts if one.point_code == POINT and one.slip.group_code in ("", *groups)),
    )


class Seat(NamedTuple):
    """A laptop at the table: its home, its pack, who sits there, and where its program is called and answers."""

    letter: str
    home: Path
    pack: Pack
    teller: str
    port: int
    answers: Path
    key: bytes


class Table:
    """An office and its two laptops; `typed` is what each of the team types, by staff id."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.office = make_office(folder / "office", export=some_groups())
        self.team = self._team(some_groups().staff)
        self.typed = {one.staff_id: (f"bốn từ dễ nhớ {one.staff_id}", f"{place:06d}") for place, one in enumerate(self.team, start=111_111)}
        for letter in "AB":
            self._enrol(letter)
        packs = splitting.prepare(
            self.office, point_code=POINT, session_date=DAY, letters=["A", "B"], chosen={}, again=False
        )
        teller = next(one.staff_id for one in self.team if one.role == "teller")
        self.seats: dict[str, Seat] = {}
        for made in packs:
            letter, home = made.pack.letter, folder / made.pack.letter
            unlocked = self._vault(home).unlock(teller, passphrase=self.typed[teller][0], now_s=NOW_S)
            shelf.take_pack(home, unlocked, raw=made.sealed, now_s=NOW_S)
            self.seats[letter] = Seat(letter, home, made.pack, teller, free_port(), folder / f"{letter}.jsonl", unlocked._key)
            unlocked.lock()

    @staticmethod
    def _team(staff: Sequence[Staff]) -> list[Staff]:
        """A teller, a controller and a leader: a passphrase is dear on purpose, and one teller can sit at both in turn."""
        return [next(one for one in staff if one.role == role) for role in ("teller", "controller", "leader")]

    def _enrol(self, letter: str) -> None:
        ticket = devices.invite(self.office, letter=letter)
        people = [NewUser(name, *self.typed[name]) for name in sorted(self.typed)]
        answer = vault.enrol(
            self.folder / letter, ticket, people=people, draw=secrets.token_bytes, cost=vault.FLOOR, keystore=None
        )
        devices.enrol(self.office, answer=answer)

    @staticmethod
    def _vault(home: Path) -> Vault:
        return Vault(home, draw=secrets.token_bytes, keystore=None)

    @classmethod
    def copied(cls, made: "Table", folder: Path) -> "Table":
        """The same table somewhere else: enrolling costs more than a morning."""
        for name in ("office", "A", "B"):
            shutil.copytree(made.folder / name, folder / name)
        copy = cls.__new__(cls)
        copy.folder, copy.team, copy.typed = folder, made.team, made.typed
        copy.office = home.enter(folder / "office", now_s=counting(MORNING + 60), draw=drawing("copy"))
        copy.seats = {
            letter: one._replace(home=folder / letter, answers=folder / f"{letter}.jsonl", port=free_port())
            for letter, one in made.seats.items()
        }
        return copy

    def start(self, letter: str, acts: Sequence[Mapping[str, Any]], *, alone: bool = False) -> "subprocess.Popen[str] | Started":
        """The program of a laptop on all acts so far; what was answered before is not done again."""
        seat, other = self.seats[letter], self.seats["B" if letter == "A" else "A"]
        script = self.folder / f"{letter}.script"
        script.write_text("".join(json.dumps(act, ensure_ascii=False) + "\n" for act in acts), encoding="utf-8")
        joined = [] if alone else ["--listen", str(seat.port), "--beside", f"127.0.0.1:{other.port}"]
        lines = [self.typed[seat.teller][0], *(f"{name} {pin} {passphrase}" for name, (passphrase, pin) in self.typed.items())]
        told = ["play", "--home", seat.home, "--user", seat.teller, "--script", script, "--answers", seat.answers, "--resume"]
        return start("desktop", *told, *joined, typed=lines)

    def end(self, *running: "subprocess.Popen[str] | Started") -> None:
        for one in running:
            _, said = one.communicate(timeout=VERB_S_MAX)
            assert one.returncode in (0, 1)
            assert "Traceback" not in said, said

    def play(self, **acts: Sequence[Mapping[str, Any]]) -> None:
        """Both laptops, or one, at the same time, to their end."""
        self.end(*(self.start(letter, those) for letter, those in acts.items()))

    def given(self, letter: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.seats[letter].answers.read_text("utf-8").splitlines()]

    @contextlib.contextmanager
    def desk(self, letter: str) -> Iterator[Desk]:
        # A passphrase is dear on purpose, and typed to every program besides.
        seat = self.seats[letter]
        held = self._vault(seat.home)
        plain = keys.unwrap(seat.key, held._file.inside, bound=b"inside" + held.device, what="vault")
        account = next(one for one in held.accounts if one.staff_id == seat.teller)
        unlocked = Unlocked(held, account, seat.key, from_bytes(vault._Inside, plain))
        desk = Desk.open(shelf.open_book(seat.home, unlocked, seat.pack.book), unlocked, clock=clock)
        try:
            yield desk
        finally:
            desk.close()

    def send(self, *letters: str) -> None:
        """What each has goes to the office, whose word it takes."""
        for letter in letters:
            with self.desk(letter) as desk:
                while (raw := desk.batch()) is not None:
                    desk.take_ack(intake.receive(self.office, batch=raw))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
        return port
