"""Laptops to break: one with a book whose float was taken over, one without a book, and a process that works at copies."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from desktop import store
from sync import keys
from tests.desktop import enrolled
from tests.desktop.enrolled import Laptop
from tests.faults.workers import Workers
from tests.faults.working import Job
from tests.once import stretched

if TYPE_CHECKING:
    from tests.faults.cuts import Bench

# In memory: a fault is put under the program, never under the disk of the machine that runs the test.
MEMORY = Path("/dev/shm")
ROOM_BYTES = 1024 * 1024 * 1024
# Shorter than the program's own thousand pages, so that the log is folded into the file and begun again many times.
SHORT = {"log_pages": 24, "checkpoint": 30}

JobOf = Callable[..., Job]


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory; on the disk where there is too little memory for it."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir=MEMORY if roomy else tmp_path_factory.getbasetemp()))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def bare(room: Path) -> Laptop:
    """Enrolled, no book."""
    return enrolled.enrol(room / "bare")


@pytest.fixture(scope="session")
def begun(bare: Laptop, room: Path) -> Laptop:
    """With a book of one entry: its float."""
    laptop = enrolled.copied(bare, room / "begun")
    desk = laptop.desk()
    enrolled.opened(desk)
    desk.close()
    return laptop


@pytest.fixture(scope="session")
def short(bare: Laptop, room: Path) -> Laptop:
    """The same with a log as short as `SHORT` has it: a book of 0.7 MB instead of 4.7, to be opened thousands of times."""
    laptop = enrolled.copied(bare, room / "short")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "LOG_PAGES", SHORT["log_pages"])
        desk = laptop.desk()
        enrolled.opened(desk)
        desk.close()
    return laptop


@pytest.fixture(scope="session")
def pack_file(bare: Laptop, room: Path) -> Path:
    file = room / "pack"
    file.write_bytes(bare.pack.to_bytes())
    return file


@pytest.fixture(scope="session")
def job(bare: Laptop, pack_file: Path) -> JobOf:
    """A job on a home: `job(home, "open", "post", …)`."""

    def made(home: Path, *steps: str, **more: object) -> Job:
        return Job(str(home), bare.key.hex(), str(pack_file), list(steps), **more)  # type: ignore[arg-type]

    return made


@pytest.fixture(scope="session")
def workers(room: Path, bare: Laptop, job: JobOf) -> Iterator[Workers]:
    with Workers(room / "workers") as workers:
        home = enrolled.copied(bare, room / "warm").home
        steps = ("make", "take_float", "typed", "draft", "begin", "print", "batch", "ack", "hand_in", "reverse", "count", "close")
        workers.warm(job(home, *steps, "shut", "setting", "pin", "file"))
        yield workers


@pytest.fixture
def place(room: Path) -> Iterator[Path]:
    """A folder of one's own in memory."""
    folder = room / "place"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def cuts(workers: Workers, job: JobOf, place: Path, monkeypatch: pytest.MonkeyPatch) -> "Bench":
    """Where power cuts are tried."""
    from tests.faults.cuts import Bench

    monkeypatch.setattr(keys, "stretched", stretched)
    return Bench(workers, job, place)
