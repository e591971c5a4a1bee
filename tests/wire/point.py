"""A real office served over real sockets, and a real laptop of it: enrolled, with a book, its desk open."""

import contextlib
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
from sync.chain import Moment
from sync.office import devices, preparation
from sync.office.commands.serving import config_of
from sync.office.home import Office
from sync.pack import read_ticket
from sync.voucher import Wish
from tests.desktop.enrolled import Draw
from tests.office.conftest import DAY, POINT, make_office
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


@contextlib.contextmanager
def point(folder: Path) -> Iterator[Point]:
    office = make_office(folder / "office")
    ticket = devices.invite(office, letter="A")
    draw = Draw()
    # One of each role: every further one costs what a passphrase is meant to cost.
    staff = {one.role: one.staff_id for one in read_ticket(ticket).staff}.values()
    people = [NewUser(one, f"{PASSPHRASE} {one}", PIN) for one in staff]
    answer = vault.enrol(folder / "laptop", ticket, people=people, draw=draw, cost=vault.FLOOR, keystore=None)
    devices.enrol(office, answer=answer)
    made = preparation.prepare(office, point_code=POINT, session_date=DAY, letter="A", again=False)
    held = Vault(folder / "laptop", draw=draw, keystore=None)
    teller = next(one for one in held.accounts if one.role == "teller").staff_id
    unlocked = held.unlock(teller, passphrase=f"{PASSPHRASE} {teller}", now_s=MORNING)
    pack = shelf.take_pack(folder / "laptop", unlocked, raw=made.sealed, now_s=MORNING, point="", day=None)
    desk = Desk.open(shelf.open_book(folder / "laptop", unlocked, pack.book), unlocked, clock=Clock())
    preview = desk.preview_open(notes={500_000: 20})
    controller = next(one.staff_id for one in held.accounts if one.role == "controller")
    desk.post(preview, approvals=[desk.approve(preview, staff_id=controller, pin=PIN)])
    try:
        yield Point(office, folder / "laptop", unlocked, desk)
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
