"""The main job on embedded defaults: `python3 installer/run.py demo [--headless] [...]`.

An office is founded and served on this machine, an export loaded, a laptop enrolled over HTTP, a pack
made and fetched. With `--headless` a whole session follows from a file (or a morning made from the
pack) and its summary is printed; without it the window opens on the prepared laptop.

In `--out` stand afterwards: `office/` what the office holds, `laptop/` all that a thief of the laptop
would find, `paper/` every sheet, `answers.jsonl` one line an act, `script.jsonl` the acts themselves,
`summary.json`, and `passphrases.txt`, whose first line unlocks the books.

Exit status 0 when the session is closed and the office holds it all, 1 otherwise.
"""

import argparse
import ctypes
import datetime
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn, Protocol

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

from desktop.commands.playing import Run, Typed, perform  # noqa: E402
from desktop.commands.terminal import clock  # noqa: E402
from desktop.press.tray import Tray  # noqa: E402
from desktop.script import Printer  # noqa: E402
from desktop.vault import Vault  # noqa: E402
from sync.chain import NO_HEAD  # noqa: E402
from sync.errors import Damage, Fault  # noqa: E402
from sync.office.core_export import Export, load  # noqa: E402
from sync.protocol import Ack  # noqa: E402
from sync.records import from_bytes  # noqa: E402
from sync.terms import Staff  # noqa: E402

# What a run leaves behind, and all that the next run into the same folder takes away.
LEFT = ("office", "laptop", "paper", "answers.jsonl", "script.jsonl", "summary.json", "passphrases.txt")
# Founding takes a second or two; an office that is not open after this never will be.
OPEN_WAIT_S = 60
# A team is three to five people and an office has a few dozen; each costs a third of a second to enrol.
PEOPLE_MAX = 12
NO_BULLETINS: Mapping[str, Path] = MappingProxyType({})
_WORDS = (
    "lua gao song nui mua nang gio trang sao dat rung bien cau duong lang xom vuon hoa trai cay "
    "bo trau ga vit ca tom muoi che mia dua chuoi xoai cam quyt dao man tre nua may suong bui hat"
)


class Refused(Exception):
    """A step that did not do what it was asked; the program behind it has said why."""


class Person(NamedTuple):
    """Someone of the team, with what they would keep in their head."""

    staff_id: str
    role: str
    passphrase: str
    pin: str


class Prepared(NamedTuple):
    """A laptop with its book, and an office that answers at `address`."""

    out: Path
    address: str
    people: tuple[Person, ...]
    point: str
    day: datetime.date
    password: str


def say(vi: str, en: str) -> None:
    print(f"{vi}\n  {en}", file=sys.stderr, flush=True)


def world() -> dict[str, str]:
    """The environment of the programs: ours, and no keystore, since a demonstration must leave nothing in one."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


def call(module: str, *arguments: str | Path, typed: Sequence[str] = ()) -> str:
    """Run one verb of a program to its end; what it printed. Raises `Refused`."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", module, *map(str, arguments)],
        input="".join(f"{line}\n" for line in typed), capture_output=True, text=True, encoding="utf-8",
        env=world(), check=False,
    )  # fmt: skip
    if done.returncode:
        print(done.stdout, done.stderr, sep="", end="", file=sys.stderr, flush=True)
        raise Refused(f"{module} {arguments[0]}")
    return done.stdout


def die_with_parent() -> None:
    """In the child, on Linux: end when this program is ended, however that happens."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The office's address while it is open. Raises `Refused` when it does not open."""
    log = home / "serve.log"
    with log.open("wb") as said:
        office = subprocess.Popen(
            [sys.executable, "-P", "-m", "sync.office", "serve", "--home", str(home), "--port", "0"],
            stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, env=world(),
            preexec_fn=die_with_parent if os.name == "posix" else None,
        )  # fmt: skip
        try:
            yield address_in(log, office)
        finally:
            office.terminate()
            try:
                office.wait(timeout=10)
            except subprocess.TimeoutExpired:
                office.kill()
                office.wait()


class Running(Protocol):
    """A program that was started."""

    def poll(self) -> int | None: ...


def address_in(log: Path, office: Running) -> str:
    """The address the office says it is open at, as soon as it answers there."""
    until = time.monotonic() + OPEN_WAIT_S
    while time.monotonic() < until and office.poll() is None:
        words = log.read_text("utf-8", "replace").split()
        for address in (word for word in words if word.startswith("http://127.0.0.1:")):
            try:
                # Nobody's id: any answer at all means that it is open.
                urllib.request.urlopen(f"{address}/v1/acks/{'0' * 32}", timeout=5)  # noqa: S310 - our own address
            except urllib.error.HTTPError:
                return address
            except OSError:
                break
        time.sleep(0.05)
    print(log.read_text("utf-8", "replace"), file=sys.stderr)
    raise Refused("serve")


def clear(out: Path) -> None:
    """Take away what an earlier run left, and nothing else."""
    out.mkdir(parents=True, exist_ok=True)
    if (out / "passphrases.txt").exists():
        for name in LEFT:
            path = out / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    if any((out / name).exists() for name in LEFT):
        say(f"Thư mục {out} đang có dữ liệu khác; chọn thư mục khác bằng --out.", "The folder is taken: name another with --out.")
        raise Refused("--out")


def chosen(export: Export, point: str, date: str) -> tuple[str, datetime.date]:
    """The session to run: the one asked for, or the export's first planned one."""
    code = point or export.points[0].point_code
    planned = [one.session_date for one in export.cash_plan if one.point_code == code]
    if date:
        return code, datetime.date.fromisoformat(date)
    return code, planned[0] if planned else datetime.datetime.now().astimezone().date()


def team(export: Export) -> tuple[Person, ...]:
    """The team with secrets of their own: a teller, a controller and a leader stand first, then everybody else."""
    first = [one for one in (first_of(export, role) for role in ("teller", "controller", "leader")) if one]
    rest = [one for one in export.staff if one not in first]
    people = []
    for found in [*first, *rest][:PEOPLE_MAX]:
        passphrase = " ".join(secrets.choice(_WORDS.split()) for _ in range(6))
        people.append(Person(found.staff_id, found.role, passphrase, f"{secrets.randbelow(10**6):06d}"))
    return tuple(people)


def first_of(export: Export, role: str) -> Staff | None:
    return next((one for one in export.staff if one.role == role), None)


def keep_secrets(out: Path, people: Sequence[Person], password: str) -> None:
    """The first line alone unlocks the books; the rest is for people."""
    lines = [people[0].passphrase, ""]
    lines += [f"{one.staff_id} {one.role} PIN {one.pin} passphrase {one.passphrase}" for one in people]
    lines += ["", f"office vanphong {password}"]
    path = out / "passphrases.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o600)


def export_of(given: argparse.Namespace, office: Path) -> Path:
    """The export asked for, or the program's own sample."""
    if given.export:
        return Path(given.export)
    sample = office / "export"
    day = given.date or datetime.datetime.now().astimezone().date().isoformat()
    call("sync.office", "sample", sample, "--date", day)
    return sample


def read(source: Path, home: Path) -> Export:
    """What an export holds; the office says what is wrong with one that cannot be loaded. Raises `Refused`."""
    try:
        return load(source).export
    except Fault:
        call("sync.office", "import", source, "--home", home)
        raise


@contextmanager
def prepared(given: argparse.Namespace, *, bulletins: Mapping[str, Path] = NO_BULLETINS) -> Iterator[Prepared]:
    """Everything before the first act of a morning; the office is open for as long as the block lasts.

    `bulletins` are what the office has to say at its points: a title each, and the file of its text.
    """
    out = Path(given.out)
    clear(out)
    home, laptop = out / "office", out / "laptop"
    say("Lập văn phòng và nạp dữ liệu…", "Founding the office and loading its export.")
    told = call("sync.office", "init", "--home", home, "--database", given.database, "--name", "PGD mẫu · Demo office")
    password = next((line.rpartition(": ")[2] for line in told.splitlines() if "Password (shown once)" in line), "")
    source = export_of(given, home)
    export = read(source, home)
    point, day = chosen(export, given.point, given.date)
    # Whatever day it is today, the figures a demonstration runs on are those of its own morning.
    call("sync.office", "import", source, "--home", home, "--as-of", given.as_of or day.isoformat())
    for title, text in bulletins.items():
        call("sync.office", "bulletin", "add", text, "--home", home, "--title", title, "--date", day.isoformat())
    people = team(export)
    keep_secrets(out, people, password)
    ticket, letter = invited(home, more=bool(given.database))
    with served(home) as address:
        say("Đăng ký máy và lấy gói dữ liệu…", "Enrolling the laptop and fetching its pack.")
        staff = [one.staff_id for one in in_order(export, people)]
        typed = [secret for one in in_order(export, people) for secret in (one.passphrase, one.pin)]
        call("desktop", "enrol", ticket, "--home", laptop, "--office", address, "--staff", *staff, typed=typed)
        call("sync.office", "prepare", "--home", home, "--point", point, "--date", day.isoformat(), "--device", letter)
        call("desktop", "fetch", "--home", laptop, "--user", people[0].staff_id, typed=[people[0].passphrase])
        yield Prepared(out, address, people, point, day, password)


def in_order(export: Export, people: Sequence[Person]) -> list[Person]:
    """People in the order of the office's list, as the laptop asks for them."""
    order = [one.staff_id for one in export.staff]
    return sorted(people, key=lambda one: order.index(one.staff_id))


def invited(home: Path, *, more: bool) -> tuple[Path, str]:
    """A ticket, and the letter it gives; a database that has seen other runs may have given the first letters away."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if more else "A"
    for letter in letters:
        ticket = home / f"ticket-{letter}.dgd"
        try:
            call("sync.office", "enrol", "--home", home, "--letter", letter, "--out", ticket)
        except Refused:
            if letter == letters[-1]:
                raise
            continue
        return ticket, letter
    raise Refused("enrol")


def headless(given: argparse.Namespace) -> int:
    """A whole session without a window; its summary on the standard output."""
    with prepared(given) as ready:
        summary, damage = held(
            ready, script=Path(given.script) if given.script else None, printer=Tray(ready.out / "paper"),
            mirror=Path(given.mirror) if given.mirror else None,
        )  # fmt: skip
    if damage is not None:
        say(damage.sentence("vi"), damage.sentence("en"))
    text = json.dumps(summary, ensure_ascii=False, indent=2)
    (ready.out / "summary.json").write_text(text + "\n", encoding="utf-8")
    print(text, flush=True)
    return 0 if damage is None and summary["office"]["status"] in ("reconciled", "differences") else 1


def held(
    ready: Prepared, *, script: Path | None, printer: Printer, mirror: Path | None = None
) -> tuple[dict[str, Any], Damage | None]:
    """Hold the session on a prepared laptop while its office is open; its summary, and what ended it early."""
    say("Chạy phiên…", "Running the session.")
    out, teller = ready.out, ready.people[0]
    run = Run(
        home=out / "laptop",
        script=script,
        kept_script=None if script else out / "script.jsonl",
        answers=out / "answers.jsonl",
        office=ready.address,
        mirror=mirror,
    )
    vault = Vault(run.home, draw=secrets.token_bytes, keystore=None)
    unlocked = vault.unlock(teller.staff_id, passphrase=teller.passphrase, now_s=clock().wall_s)
    typed = Typed({one.staff_id: one.pin for one in ready.people}, {one.staff_id: one.passphrase for one in ready.people})
    found, damage = perform(run, unlocked=unlocked, vault=vault, typed=typed, printer=printer)
    ack, paper = acknowledged(ready.address, found["book"]), len(list((out / "paper").glob("*.pdf")))
    return summed(found, ack=ack, sound=stands(out / "office", found), paper=paper), damage


def acknowledged(address: str, book: str) -> Ack | None:
    """The office's last word on a book; None where it has none."""
    try:
        with urllib.request.urlopen(f"{address}/v1/acks/{book}", timeout=30) as answer:  # noqa: S310 - our own address
            return from_bytes(Ack, answer.read())
    except urllib.error.HTTPError:
        return None


def stands(home: Path, found: Mapping[str, Any]) -> bool:
    """Whether the office, asked to verify all it stored, finds this very book sound."""
    try:
        said = call("sync.office", "check", "--home", home)
    except Refused:
        return False
    return f"{found['book']} entries {found['vouchers']} head {found['head']} sound" in said.splitlines()


def summed(found: Mapping[str, Any], *, ack: Ack | None, sound: bool, paper: int) -> dict[str, Any]:
    """The summary as it is handed on."""
    if ack is None:
        status = "missing"
    elif ack.status != "ok":
        status = ack.status
    elif found["state"] != "closed" or not sound or (ack.received, ack.received_head.hex()) != (found["vouchers"], found["head"]):
        status = "open"
    else:
        status = "differences" if ack.differences else "reconciled"
    office = {
        "received": ack.received if ack else 0,
        "safe": ack.safe if ack else 0,
        "head": (ack.received_head if ack else NO_HEAD).hex(),
        "status": status,
        "differences": ack.differences if ack else 0,
    }
    names = (
        *("point", "date", "book", "vouchers", "lines", "refused", "cash", "by_code"),
        *("interest_due", "members_due", "head"),
    )
    on_stick = {"mirrored": found["mirrored"]} if found["mirrored"] else {}
    return {**{name: found[name] for name in names}, **on_stick, "office": office, "bytes_sent": found["bytes_sent"], "paper": paper}


def windowed(given: argparse.Namespace) -> int:
    """The window on a prepared laptop, with the office open beside it."""
    with prepared(given) as ready:
        print(f"\nĐiểm · Point {ready.point}, {ready.day:%d/%m/%Y}\n")
        for one in ready.people:
            print(f"{one.staff_id}  {one.role:<10}  PIN {one.pin}  passphrase: {one.passphrase}")
        print(f"\nVăn phòng · Office: {ready.address}\nvanphong / {ready.password}\n", flush=True)
        laptop, paper = ready.out / "laptop", ready.out / "paper"
        print(f"Mở lại phiên này · To open this session again:\n  python3 installer/run.py desktop --home {laptop} --paper {paper}")
        print("Chạy demo lần nữa là làm lại từ đầu · demo once more begins anew\n", flush=True)
        command = [sys.executable, "-P", "-m", "desktop", "--home", str(laptop), "--office", ready.address]
        return subprocess.run([*command, "--paper", str(paper)], env=world(), check=False).returncode


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="installer/run.py demo", description=__doc__)
    parser.add_argument("--headless", action="store_true", help="không mở cửa sổ · no window")
    parser.add_argument("--export", default="", help="tệp kết xuất của hệ thống lõi · core system's export")
    parser.add_argument("--point", default="", help="mã điểm · point code")
    parser.add_argument("--date", default="", help="YYYY-MM-DD")
    parser.add_argument("--as-of", default="", help="số liệu tính đến ngày · day of the figures, YYYY-MM-DD; empty: the session's")
    parser.add_argument("--script", default="", help="kịch bản JSON Lines · a script (with --headless)")
    parser.add_argument("--mirror", default="", help="chép từng phiếu lên USB này · every voucher onto this stick (with --headless)")
    parser.add_argument("--out", default="out", help="nơi để kết quả · where everything goes")
    parser.add_argument("--database", default="", help="postgresql://…; empty: SQLite")
    return parser


def main() -> NoReturn:
    given = arguments().parse_args()
    # Told to end, it ends what it started too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        status = headless(given) if given.headless else windowed(given)
    except Refused as refused:
        say(f"Dừng ở bước: {refused}", "It stopped at the step above.")
        status = 1
    except Fault as fault:
        say(fault.sentence("vi"), fault.sentence("en"))
        status = 1
    sys.exit(status)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    main()
