"""Real offices in temporary folders, loaded with one group of the sample office, and laptops beside them."""

import datetime
import functools
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import uvicorn
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import text

from sync.office import core_export, devices, home, officers, preparation, register, store
from sync.office.api import application
from sync.office.core_export import Export
from sync.office.home import Office
from sync.office.store import Store
from sync.records import changed
from tests.office.laptop import MORNING, Laptop
from tests.once import asked_before, typed_before

CAN_GIUOC = Path(__file__).parent.parent / "corpus" / "can-giuoc"
NAME = "Phòng giao dịch thử"
POINT, DAY, GROUP = "TXN0480701", datetime.date(2024, 4, 15), "8070001"


@functools.cache
def whole_export() -> Export:
    return core_export.load(CAN_GIUOC).export


@functools.cache
def small_export() -> Export:
    """One group of the sample office with all that belongs to it: what a test can wait for."""
    full = whole_export()
    people = tuple(one for one in full.customers if one.group_code == GROUP)
    codes = {one.customer_code for one in people}
    return changed(
        full,
        groups=tuple(one for one in full.groups if one.group_code == GROUP),
        customers=people,
        loans=tuple(one for one in full.loans if one.customer_code in codes),
        deposits=tuple(one for one in full.deposits if one.customer_code in codes),
        disbursements=tuple(one for one in full.disbursements if one.customer_code in codes),
        payouts=tuple(one for one in full.payouts if one.point_code == POINT and one.slip.group_code in ("", GROUP)),
    )


class Desk:
    """An office and how to bring laptops to it."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office = office
        self.folder = folder

    def laptop(self, letter: str = "A", *, seed: int = 1, prepared: bool = True) -> Laptop:
        """Enrolled, with a pack taken unless it is to have none."""
        laptop = Laptop(devices.invite(self.office, letter=letter), seed=seed)
        devices.enrol(self.office, answer=laptop.answer())
        if prepared:
            self.prepare(laptop)
        return laptop

    def prepare(self, laptop: Laptop, *, again: bool = False, day: datetime.date = DAY) -> None:
        made = preparation.prepare(
            self.office, point_code=POINT, session_date=day, letter=laptop.ticket.letter, again=again
        )
        laptop.take(made.sealed)


def counting(start: int) -> Callable[[], int]:
    seconds = itertools.count(start)
    return lambda: next(seconds)


def drawing(folder: str, *, start: int = 0) -> Callable[[int], bytes]:
    """Chance that is the same in every run of a test, and never the same twice in it."""
    from sync.keys import digest

    drawn = itertools.count(start)
    return lambda size: digest("test/chance", folder.encode(), str(next(drawn)).encode())[:size]


class Begun(NamedTuple):
    """An office that was made and loaded: mode and bytes of each file by its path, how often it drew and looked at the clock."""

    files: dict[str, tuple[int, bytes]]
    drawn: int
    seconds: int


def make_office(
    folder: Path, *, database: str = "", export: Export | None = None, now_s: Callable[[], int] | None = None
) -> Office:
    """A founded office with an export loaded. One that differs from another in nothing is a copy of it."""
    if not database and now_s is None and (export is None or export is whole_export()):
        return _copy_of(_begun(whole=export is not None), folder)
    draw = drawing("office")
    home.found(folder, name=NAME, database=database, backup="", draw=draw)
    office = home.enter(folder, now_s=now_s or counting(MORNING), draw=draw)
    register.keep(office, export=export or small_export())
    return office


@functools.cache
def _begun(*, whole: bool) -> Begun:
    drawn, seconds = itertools.count(), itertools.count(MORNING)
    chance = drawing("office")

    def draw(size: int) -> bytes:
        next(drawn)
        return chance(size)

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "office"
        home.found(folder, name=NAME, database="", backup="", draw=draw)
        office = home.enter(folder, now_s=lambda: next(seconds), draw=draw)
        register.keep(office, export=whole_export() if whole else small_export())
        office.store.close()
        assert not list(folder.glob("office.db-*"))
        kept = [file for file in folder.rglob("*") if file.is_file()]
        files = {str(file.relative_to(folder)): (file.stat().st_mode & 0o777, file.read_bytes()) for file in kept}
    return Begun(files, next(drawn), next(seconds) - MORNING)


def _copy_of(begun: Begun, folder: Path) -> Office:
    """The same office in a folder of its own, its chance and clock where they stood."""
    folder.mkdir(mode=0o700, parents=True)
    for name, (mode, raw) in begun.files.items():
        file = folder / name
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.write_bytes(raw)
        file.chmod(mode)
    return home.enter(folder, now_s=counting(MORNING + begun.seconds), draw=drawing("office", start=begun.drawn))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    office = make_office(tmp_path / "office")
    yield Desk(office, tmp_path / "office")
    office.store.close()


@pytest.fixture(scope="package", autouse=True)
def _typed_before() -> Iterator[None]:
    with typed_before():
        yield


@pytest.fixture(scope="package", autouse=True)
def _asked_before() -> Iterator[None]:
    with asked_before(store):
        yield


@pytest.fixture(scope="package", autouse=True)
def _warm_ended() -> Iterator[None]:
    """Commands are forked from one process per worker, which goes with the last of these tests."""
    yield
    from tests.office.test_commands import WARM

    while WARM:
        WARM.pop().close()


PASSWORD = "bốn con trâu ăn cỏ"
CHROMIUM = Path("/usr/bin/chromium")
POSTGRES = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture(scope="package")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An own cluster on loopback, ended by its own command; skipped where PostgreSQL is not installed."""
    if not (POSTGRES / "initdb").exists():
        pytest.skip("no PostgreSQL on this machine")
    folder = Path("/tmp") / f"dgd-pg-{os.getpid()}"  # a socket's path must be short
    folder.mkdir(mode=0o700)
    as_owner: list[str] = []
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_owner = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def control(*words: str) -> None:
        subprocess.run([*as_owner, *words], check=True, capture_output=True, cwd="/", timeout=60)

    control(
        str(POSTGRES / "initdb"), "-D", str(folder / "data"), "-U", "app", "--auth=trust", "-E", "UTF8",
        "--locale-provider=icu", "--icu-locale=vi", "--locale=C.UTF-8",
    )  # fmt: skip
    # fsync=off: this cluster lives for one test run.
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
    control(
        str(POSTGRES / "pg_ctl"), "-D", str(folder / "data"), "-l", str(folder / "log"), "-w", "-o", options, "start"
    )
    try:
        yield f"postgresql://app@127.0.0.1:{port}/postgres"
    finally:
        control(str(POSTGRES / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    """The URL of an empty PostgreSQL database; empty for SQLite."""
    if request.param == "sqlite":
        return ""
    url = str(request.getfixturevalue("postgres"))
    cleared = Store(url)
    with cleared.writing() as db:
        db.execute(text("DROP SCHEMA public CASCADE"))
        db.execute(text("CREATE SCHEMA public"))
    cleared.close()
    return url


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    officers.set_password(desk.office, name=officers.OFFICER, password=PASSWORD)
    with TestClient(application(desk.office), follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all; each test has a window of its own that knows nothing of the others'."""
    if not CHROMIUM.exists():
        pytest.skip("no browser on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                  "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        )  # fmt: skip
        yield started
        started.close()


@pytest.fixture
def browser(desk: Desk, chromium: Browser) -> Iterator[tuple[Page, str]]:
    officers.set_password(desk.office, name=officers.OFFICER, password=PASSWORD)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(desk.office), log_level="error"))
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]))
    thread.start()
    try:
        page = chromium.new_page(viewport={"width": 1366, "height": 728})
        page.set_default_timeout(15_000)
        yield page, f"http://127.0.0.1:{listening.getsockname()[1]}"
        page.close()
    finally:
        server.should_exit = True
        thread.join()
