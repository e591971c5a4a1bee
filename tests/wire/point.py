"""A real office served over real sockets, and a real laptop of it: enrolled, with a book, its desk open."""

import contextlib
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import uvicorn
from fastapi import FastAPI

from desktop import shelf, vault
from desktop.desk import Desk
from desktop.vault import NewUser, Unlocked, Vault
from sync import keys
from sync.chain import Moment
from sync.office import devices, home, preparation
from sync.office.commands.serving import config_of
from sync.office.home import Office
from sync.pack import read_ticket
from sync.records import from_bytes
from sync.voucher import Wish
from tests.desktop.enrolled import Draw
from tests.office.conftest import DAY, POINT, counting, drawing, make_office
from tests.office.laptop import MORNING

PASSPHRASE, PIN = "bốn từ dễ nhớ", "246810"


class Clock:
    """A clock that moves some seconds whenever it is asked."""

    def __init__(self, *, step_s: int = 20) -> None:
        self.wall_s, self.step_s = MORNING, step_s

    def __call__(self) -> Moment:
        self.wall_s += self.step_s
        return Moment(self.wall_s, self.wall_s - MORNING + 100, 1)


class Point(NamedTuple):
    """An office and one laptop of it; `desk` has taken over a float of ten million."""

    office: Office
    home: Path
    unlocked: Unlocked
    desk: Desk

    def deposit(self, place: int = 0, amount: int = 50_000) -> None:
        """One member brings money for their deposit account."""
        held = [one for one in self.desk.pack.terms.deposits if one.kind == "member"]
        one = held[place % len(held)]
        self.desk.post(self.desk.preview_visit(one.customer_code, wishes=[Wish("TT", one.account_no, amount)]))


class Template(NamedTuple):
    """A point that is closed, to be copied: enrolling costs what a passphrase is meant to cost."""

    folder: Path
    key: bytes
    book: bytes
    teller: str


def made(folder: Path) -> Template:
    """An office, its laptop A with one person of each role, a session's pack taken, and the float taken over."""
    office = make_office(folder / "office")
    ticket = devices.invite(office, letter="A")
    draw = Draw()
    staff = {one.role: one.staff_id for one in read_ticket(ticket).staff}
    people = [NewUser(one, f"{PASSPHRASE} {one}", PIN) for one in staff.values()]
    answer = vault.enrol(folder / "laptop", ticket, people=people, draw=draw, cost=vault.FLOOR, keystore=None)
    devices.enrol(office, answer=answer)
    sealed = preparation.prepare(office, point_code=POINT, session_date=DAY, letter="A", again=False).sealed
    held = Vault(folder / "laptop", draw=draw, keystore=None)
    unlocked = held.unlock(staff["teller"], passphrase=f"{PASSPHRASE} {staff['teller']}", now_s=MORNING)
    pack = shelf.take_pack(folder / "laptop", unlocked, raw=sealed, now_s=MORNING, point="", day=None)
    desk = Desk.open(shelf.open_book(folder / "laptop", unlocked, pack.book), unlocked, clock=Clock())
    preview = desk.preview_open(notes={500_000: 20})
    desk.post(preview, approvals=[desk.approve(preview, staff_id=staff["controller"], pin=PIN)])
    key = unlocked._key
    desk.close()
    office.store.close()
    return Template(folder, key, pack.book, staff["teller"])


@contextlib.contextmanager
def copied(template: Template, folder: Path) -> Iterator[Point]:
    """The same point in a folder of its own, open."""
    shutil.copytree(template.folder, folder / "point")
    place = folder / "point"
    office = home.enter(place / "office", now_s=counting(MORNING + 4_000), draw=drawing("copied"))
    held = Vault(place / "laptop", draw=Draw(b"copied"), keystore=None)
    inside = keys.unwrap(template.key, held._file.inside, bound=b"inside" + held.device, what="vault")
    account = next(one for one in held.accounts if one.staff_id == template.teller)
    unlocked = Unlocked(held, account, template.key, from_bytes(vault._Inside, inside))
    desk = Desk.open(shelf.open_book(place / "laptop", unlocked, template.book), unlocked, clock=Clock())
    try:
        yield Point(office, place / "laptop", unlocked, desk)
    finally:
        desk.close()
        office.store.close()


@contextlib.contextmanager
def served(office: Office, *, tls: bool = True, app: FastAPI | None = None, port: int = 0) -> Iterator[str]:
    """The address of the office while it is open, as `serve` opens it; `app` stands in for its own."""
    config = config_of(office, tls=office.tls if tls else None)
    if app is not None:
        config.app = app
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", port))
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]))
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
