"""A program of its own that does a teller's work, for something to go wrong under it.

    python -m tests.faults.working JOB       one job (`Job`, as JSON) in this very process
    python -m tests.faults.working           a job a line from standard input, each in a process of its own (`workers`)

What was kept is told at once, by a call of the system that no fault is put into: `kept STEP BOOK FILES`, digests of
everything in the book (`shut` where none is open) and of every small file (if the job asks for it), or
`fault STEP CODE SENTENCE`. A fault that is no sentence for a person ends the program
with its trace.
"""

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from desktop import files, shelf, store, vault
from desktop.__main__ import clock as real_clock
from desktop.desk import Desk
from desktop.store import Begun, Book, NothingToPrint
from desktop.vault import PinWrong
from sync import keys
from sync.chain import NO_HEAD
from sync.errors import Fault
from sync.pack import Pack
from sync.protocol import Ack, sign_ack
from sync.records import from_bytes
from tests import once
from tests.desktop.enrolled import PEOPLE, PINS, TICKET, Draw, Laptop, deposit, opened
from tests.faults import broken
from tests.sync import small
from tests.sync.small import CONTROLLER, LEADER, TELLER


class Job(NamedTuple):
    """What to do: `home` a laptop of `tests.desktop.enrolled`, `key` its vault key, `pack` a file with its pack.

    `steps` are names of `STEPS`. `log_pages` and `checkpoint` make the log shorter than the program's own, so that
    it is folded into the file often; 0 leaves the program as it ships. `broken` is a name of `tests.faults.broken`.
    """

    home: str
    key: str
    pack: str
    steps: list[str]
    log_pages: int = 0
    checkpoint: int = 0
    broken: str = ""
    real_clock: bool = False
    tell_files: bool = False


def state_of(book: Book) -> str:
    """Digest of every table but the pack and the search index, which nothing writes after the book was made."""
    with book._sound():
        return digest_of(book._cursor.execute)


def digest_of(run: Callable[[str], Any]) -> str:
    """The same of a bare connection's `execute`."""
    said = hashlib.sha256()
    for (name,) in run("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
        if name != "pack" and not name.startswith(("search", "log_ballast")):
            said.update(repr((name, run(f"SELECT * FROM {name} ORDER BY rowid").fetchall())).encode())  # noqa: S608 - our own names
    return said.hexdigest()[:32]


def files_of(home: Path) -> str:
    """Digest of every small file of a laptop, as the program reads it."""
    paths = {path.with_name(path.name.removesuffix(".prev")) for path in home.rglob("*") if path.is_file()}
    small_ones = sorted(path for path in paths if path.parent.name != "books" or path.suffix == ".dgd")
    held = [(str(path.relative_to(home)), files.read(path)) for path in small_ones if path.suffix != ".new"]
    return hashlib.sha256(repr(held).encode()).hexdigest()[:32]


class Working:
    """A laptop and what is done with it, step by step."""

    def __init__(self, job: Job) -> None:
        pack = from_bytes(Pack, Path(job.pack).read_bytes())
        self.laptop = Laptop(Path(job.home), bytes.fromhex(job.key), pack)
        if job.real_clock:
            self.laptop.clock = real_clock  # type: ignore[assignment]
        self._desk: Desk | None = None
        self._made = 0

    @property
    def desk(self) -> Desk:
        if self._desk is None:
            self._desk = Desk.open(self.laptop.open_book(), self.laptop.unlocked(), clock=self.laptop.clock)
        return self._desk

    def state(self) -> str:
        return state_of(self._desk.book) if self._desk else "shut"

    # The book

    def open(self) -> None:
        assert self.desk

    def take_float(self) -> None:
        opened(self.desk)

    def post(self) -> None:
        self.desk.post(deposit(self.desk))

    def typed(self) -> None:
        """Posted as it was half typed: the draft goes with the voucher."""
        self.desk.post(deposit(self.desk), draft="visit")

    def draft(self) -> None:
        self._made += 1
        self.desk.keep_draft("visit", f"{self._made}.000")

    def hand_in(self) -> None:
        cash = {small.HEAD_A: 300_000, small.SAVER: 280_000}
        group = self.desk.preview_group(small.GROUP_A, by=small.HEAD_A, cash=cash, interest={}, notes=small.notes(580_000))
        self.desk.post(group)

    def reverse(self) -> None:
        preview = self.desk.preview_reverse(self.desk.standing().entries, reason="nhập nhầm")
        self.desk.post(preview, approvals=[self.desk.approve(preview, staff_id=CONTROLLER, pin=PINS[CONTROLLER])])

    def begin(self) -> None:
        number = next(iter(self.desk.waiting()), 0)
        self.desk.begin_print(Begun(number, 0, 1, "máy in"))

    def print(self) -> None:
        if not (begun := self.desk.begun()):
            raise NothingToPrint(number="0")
        self.desk.mark_printed(begun[0].number, sheets=1)

    def batch(self) -> None:
        self.desk.batch()

    def ack(self) -> None:
        self.desk.take_ack(word(self.desk))

    def count(self) -> None:
        self.desk.post(self.desk.preview_count(notes=small.notes(self.desk.standing().cash)))

    def close(self) -> None:
        end = self.desk.preview_close()
        approvals = [self.desk.approve(end, staff_id=one, pin=PINS[one]) for one in (TELLER, CONTROLLER, LEADER)]
        self.desk.post(end, approvals=approvals)

    def pause(self) -> None:
        """Longer than another program waits for this one to close the book."""
        time.sleep(1.5)

    def shut(self) -> None:
        if self._desk:
            held, self._desk = self._desk, None
            held.close()

    # The shelf, the vault and small files

    def make(self) -> None:
        shelf.make_book(self.laptop.home, self.laptop.unlocked(), pack=self.laptop.pack)

    def enrol(self) -> None:
        vault.enrol(self.laptop.home, TICKET, people=PEOPLE, draw=Draw(), cost=vault.FLOOR, keystore=None)

    def book_key(self) -> None:
        self.laptop.unlocked().keep_book_key(bytes(16))

    def setting(self) -> None:
        self._made += 1
        self.laptop.unlocked().keep_setting("printer", f"máy in {self._made}")

    def pin(self) -> None:
        """A wrong PIN, counted across restarts."""
        with contextlib.suppress(PinWrong):
            self.laptop.vault().approval_seed(self.laptop.unlocked()._users[CONTROLLER], "000000", self.laptop.key)

    def file(self) -> None:
        self._made += 1
        files.keep(self.laptop.home / "export" / "batch.dgd", f"{self._made:06d}".encode() * 1_000)


def word(desk: Desk) -> bytes:
    """The office's word that it has all of this book."""
    *_, last = desk.book.sealed()
    entry = last.entry
    ack = Ack(
        version=1, office=small.OFFICE.office, device=desk.pack.device, book=desk.pack.book,
        ack_no=desk.standing().marks.ack_no + 1, prev_ack=bytes(32), received=entry.number, received_head=last.head,
        safe=0, safe_head=NO_HEAD, cash=entry.cash, cash_in=entry.cash_in, cash_out=entry.cash_out, status="ok",
        reason="", differences=0, office_s=small.BEGIN_S + 7,
    )  # fmt: skip
    return sign_ack(ack, office_seed=small.OFFICE_SEED)


STEPS: dict[str, Callable[[Working], None]] = {
    name: verb for name, verb in vars(Working).items() if callable(verb) and not name.startswith("_") and name != "state"
}


def tell(line: str) -> None:
    """Out at once, by `writev`, which no harness breaks."""
    os.writev(1, [f"{line}\n".encode()])


def work(job: Job) -> None:
    """All steps of a job, whatever becomes of each."""
    keys.stretched = once.stretched  # type: ignore[assignment]
    with _shorter(job), broken.program(job.broken):
        working = Working(job)
        for step in job.steps:
            try:
                STEPS[step](working)
                held = files_of(working.laptop.home) if job.tell_files else "-"
                tell(f"kept {step} {working.state()} {held}")
            except Fault as fault:
                tell(f"fault {step} {fault.code} {fault.sentence('vi')}")


@contextlib.contextmanager
def _shorter(job: Job) -> Any:
    """The log as short as the job asks for."""
    if not job.log_pages:
        yield
        return
    pages, connect = store.LOG_PAGES, store._connect

    def connected(*given: Any, **more: Any) -> Any:
        connection = connect(*given, **more)
        connection.execute(f"PRAGMA wal_autocheckpoint = {job.checkpoint}").fetchone()
        return connection

    store.LOG_PAGES, store._connect = job.log_pages, connected  # type: ignore[assignment]
    try:
        yield
    finally:
        store.LOG_PAGES, store._connect = pages, connect  # type: ignore[assignment]


def warm(job: Job) -> None:
    """Do once what is dear the first time, before there is anything to go wrong: what people type, and a morning's statements."""
    keys.stretched = once.stretched  # type: ignore[assignment]
    working = Working(job)
    held, unlocked = working.laptop.vault(), working.laptop.unlocked()
    for staff_id, pin in (*PINS.items(), (CONTROLLER, "000000")):
        keys.stretched(pin, unlocked._users[staff_id].pin)
    for at, person in enumerate(PEOPLE):
        keys.stretched(person.passphrase, held._file.slots[at].stretch)
    for step in job.steps:
        STEPS[step](working)


def serve() -> None:
    """A job a line; each in a fork of this process, which begins when `go` is said, with its words in files of its own."""
    for line in sys.stdin:
        given = json.loads(line)
        told, said, job = given.pop("told"), given.pop("said"), Job(**given["job"])
        if given.get("warm"):
            warm(job)
            print("warm", flush=True)
            continue
        hold, let = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(let)
            os.read(hold, 1)
            for path, number in ((told, 1), (said, 2)):
                file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                os.dup2(file, number)
            status = 1
            try:
                work(job)
                status = 0
            except BaseException:  # noqa: BLE001 - its trace is read by whoever gave the job
                import traceback

                os.writev(2, [traceback.format_exc().encode()])
            os._exit(status)
        os.close(hold)
        print(child, flush=True)
        sys.stdin.readline()
        os.close(let)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(Job(**json.loads(sys.argv[1])))
    else:
        serve()
