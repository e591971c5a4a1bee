"""A whole month with no network: ticket, pack, a morning, its vouchers and the office's word, all on one stick.

Every program runs as a person starts it, in a world in which a socket to anywhere is an error.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from desktop import vault
from installer.demo import Person
from sync.office import devices, home, inspection, preparation, register, totals
from sync.pack import read_ticket
from sync.stick import names
from tests.journeys.conftest import VERB_S_MAX, Ended, world
from tests.office.conftest import DAY, POINT, small_export

TEAM = {"teller": "bốn con bò vàng gặm cỏ", "controller": "ba cây tre già đầu làng", "leader": "một dòng sông chảy qua chợ"}
NO_NETWORK = """
import socket

class Shut(socket.socket):
    def connect(self, *_): raise AssertionError("a socket was opened")
    connect_ex = bind = listen = sendto = connect

socket.socket = Shut
socket.create_connection = Shut.connect
"""


class Month(NamedTuple):
    """An office, a laptop, and the stick that is all there is between them."""

    folder: Path
    people: tuple[Person, ...]

    @property
    def office_home(self) -> Path:
        return self.folder / "office"

    @property
    def laptop_home(self) -> Path:
        return self.folder / "laptop"

    @property
    def usb(self) -> Path:
        return self.folder / "usb"

    @property
    def env(self) -> dict[str, str]:
        """Our programs' world, without sockets."""
        shut = self.folder / "shut"
        shut.mkdir(exist_ok=True)
        (shut / "sitecustomize.py").write_text(NO_NETWORK, "utf-8")
        env = world()
        return {**env, "PYTHONPATH": f"{shut}{os.pathsep}{env['PYTHONPATH']}"}

    def run(self, module: str, *arguments: str | Path, typed: Sequence[str] = (), status: int = 0) -> Ended:
        done = subprocess.run(
            [sys.executable, "-P", "-m", module, *map(str, arguments)], input="".join(f"{line}\n" for line in typed),
            capture_output=True, text=True, encoding="utf-8", timeout=VERB_S_MAX, check=False,
            env=self.env,
        )  # fmt: skip
        ended = Ended(done.returncode, done.stdout, done.stderr)
        assert ended.status == status, f"{arguments}: {ended}"
        assert "Traceback" not in ended.err
        return ended

    def office(self, *arguments: str | Path) -> Ended:
        return self.run("sync.office", *arguments, "--home", self.office_home)

    def laptop(self, *arguments: str | Path, typed: Sequence[str] = (), status: int = 0) -> Ended:
        return self.run(
            "desktop", *arguments, "--home", self.laptop_home, "--user", self.people[0].staff_id,
            typed=[self.people[0].passphrase, *typed], status=status,
        )  # fmt: skip

    def letters(self, folder: str) -> list[names.Named]:
        place = self.usb / names.FOLDER / folder
        return [said for one in sorted(place.iterdir()) if (said := names.named(one.name))]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    """Up to the moment at which the laptop is to have its book: enrolled by stick, its pack ready at the office."""
    folder = tmp_path_factory.mktemp("month")
    usb = folder / "usb"
    usb.mkdir()
    home.found(folder / "office", name="Phòng giao dịch thử", database="", backup="", draw=secrets.token_bytes)
    office = home.enter(folder / "office", now_s=lambda: int(time.time()), draw=secrets.token_bytes)
    register.keep(office, export=small_export(), as_of=DAY)
    (usb / "ticket.dgd").write_bytes(devices.invite(office, letter="A"))
    ticket = (usb / "ticket.dgd").read_bytes()
    first: dict[str, str] = {one.role: one.staff_id for one in reversed(read_ticket(ticket).staff)}
    people = tuple(Person(first[role], role, said, f"12345{at}") for at, (role, said) in enumerate(TEAM.items()))
    users = [vault.NewUser(one.staff_id, one.passphrase, one.pin) for one in people]
    answer = vault.enrol(folder / "laptop", ticket, people=users, draw=secrets.token_bytes, cost=vault.FLOOR, keystore=None)
    (usb / "answer.dgd").write_bytes(answer)
    devices.enrol(office, answer=(usb / "answer.dgd").read_bytes())
    preparation.prepare(office, point_code=POINT, session_date=DAY, letter="A", again=False)
    office.store.close()
    return Month(folder, people)


@pytest.mark.feature(94)
def test_a_month_by_stick_alone_ends_equal_to_the_dong(month: Month) -> None:
    # The pack goes onto the stick, comes off it, and is a book.
    assert "cho 1 máy" in month.office("stick", month.usb, "--packs").out
    loaded = month.laptop("stick", month.usb)
    assert "Đã có sổ của" in loaded.err
    assert [said.kind for said in month.letters(names.TO_OFFICE)] == []
    # The session, from its first voucher to its close; whoever runs it has no office to send to.
    typed = [f"{one.staff_id} {one.pin} {one.passphrase}" for one in month.people]
    held = month.laptop("play", "--answers", month.folder / "answers.jsonl", typed=typed, status=1)
    summary = json.loads(held.out)
    assert (summary["state"], summary["marks"]["received"], summary["refused"]) == ("closed", 0, 2), "only the two acts `sync` have no way"
    # Out on the stick, into the office, and its word back the same way.
    out = month.laptop("stick", month.usb)
    assert f"{summary['vouchers']} phiếu, và đọc lại đúng. Rút USB được rồi." in out.err
    assert {said.kind for said in month.letters(names.TO_OFFICE)} == {"batch"}
    came = month.office("stick", month.usb)
    assert f"ok, đã nhận đến số {summary['vouchers']}, an toàn đến {summary['vouchers']}, lệch 0." in came.out
    back = month.laptop("stick", month.usb)
    assert f"văn phòng đã nhận đến phiếu số {summary['vouchers']}, an toàn đến số {summary['vouchers']}" in back.err
    assert "Không còn phiếu nào phải đưa về văn phòng." in back.err
    assert month.letters(names.TO_OFFICE) == [], "what the office signed for needs no place on the stick"
    # The same book on both sides, entry by entry and đồng by đồng.
    office = home.enter(month.office_home, now_s=lambda: int(time.time()), draw=secrets.token_bytes)
    (found,) = inspection.inspect(office)
    assert (found.book.hex(), found.entries, found.head.hex(), found.wrong) == (summary["book"], summary["vouchers"], summary["head"], ())
    reckoned = totals.of_book(office, book=found.book)
    assert {one.code: one.amount for one in reckoned.by_code} == summary["by_code"]
    assert (reckoned.drawer.closing, reckoned.drawer.opening) == (summary["cash"]["closing"], summary["cash"]["opening"])
    office.store.close()
    assert not (month.laptop_home / "office").exists(), "no address of an office was ever known"


def test_a_world_without_a_network_really_has_none(month: Month) -> None:
    tried = subprocess.run(
        [sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 9))"], capture_output=True, text=True,
        env=month.env, check=False,
    )  # fmt: skip
    assert "a socket was opened" in tried.stderr
