"""A whole session from a file of acts, without a window."""

import argparse
import secrets
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from desktop.commands.terminal import Verbs, clock, courier_of, desk_of, read_file, say, unlocked_by, vault_of
from desktop.road import address
from sync.errors import Damage, Refusal, Unavailable

if TYPE_CHECKING:
    from desktop.beside import Neighbours
    from desktop.desk import Desk
    from desktop.script import Printer
    from desktop.vault import Unlocked, Vault


class AnswersThere(Refusal):
    """A run that is not to be taken up again would write over the answers of another."""

    code = "command.answers-there"
    vi = "Tệp trả lời {file} đã có. Thêm --resume để chạy tiếp, hoặc chọn tệp khác."
    en = "The answers {file} exist already. Add --resume to take the run up again, or choose another file."


class Run(NamedTuple):
    """A session from a file: `script` None is a morning made from the pack.

    `answers` is taken up where it ends; `kept_script` is where the acts are written down; `mirror` is a stick.
    """

    home: Path
    script: Path | None
    kept_script: Path | None
    answers: Path
    office: str
    mirror: Path | None = None
    # Where two laptops sit at one table: the port at which this one answers, and where the other one is.
    listen: int | None = None
    beside: str = ""


class Typed(NamedTuple):
    """What people at the table type, by staff id: every approver's PIN, and the passphrases of tellers who may relieve."""

    pins: Mapping[str, str]
    passphrases: Mapping[str, str]


def add(verb: Verbs) -> None:
    """Its verb."""
    one = verb("play", play)
    one.add_argument("--script", type=Path, default=None)
    one.add_argument("--keep-script", type=Path, default=None)
    one.add_argument("--answers", type=Path, required=True)
    one.add_argument("--paper", type=Path, default=None)
    one.add_argument("--mirror", type=Path, default=None, help="chép từng phiếu lên USB này · every voucher onto this stick")
    one.add_argument("--listen", type=int, default=None, help="cổng để máy kia gọi sang · the port at which the other laptop calls")
    one.add_argument("--beside", default="", help="địa chỉ máy kia · HOST:PORT of the other laptop at the table")
    one.add_argument("--resume", action="store_true")


def _typed(lines: Iterable[str]) -> Typed:
    """From lines `STAFF PIN [PASSPHRASE]`."""
    rows = [row for row in (line.strip().split(maxsplit=2) for line in lines) if len(row) >= 2]
    return Typed({row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows if len(row) == 3})


def perform(
    run: Run, *, unlocked: "Unlocked", vault: "Vault", typed: Typed, printer: "Printer | None"
) -> tuple[dict[str, Any], Damage | None]:
    """Run the newest book's session; its summary, and the damage that ended it early."""
    from desktop import files, morning, script, shelf
    from desktop.road.mirror import Mirror

    # Whoever types a PIN at the window types it each time; here it stands in `typed` for as long as the run lasts.
    unlocked.stretch_once()
    desk = desk_of(run.home, unlocked, book := shelf.newest(run.home, unlocked))

    def relieve(staff_id: str) -> "Desk | None":
        if staff_id not in typed.passphrases:
            return None
        relieved = vault.unlock(staff_id, passphrase=typed.passphrases[staff_id], now_s=clock().wall_s)
        table.close()  # the book is held by one at a time
        relieved.stretch_once()
        return desk_of(run.home, relieved, book)

    lines = read_file(run.script).split(b"\n") if run.script else morning.morning(desk.pack.terms, serves=desk.leases.serves)
    if run.kept_script:
        files.keep(run.kept_script, b"\n".join(lines) + b"\n")
    courier = courier_of(run.home, run.office) if run.office or address.known(run.home) else None
    mirror = Mirror(run.mirror, desk.mirror_source(), draw=secrets.token_bytes) if run.mirror else None
    beside = _neighbours(run, desk)
    table = script.Table(desk, typed.pins, courier, printer, relieve=relieve, mirror=mirror, beside=beside)
    found = None
    road, door = closing(courier) if courier else nullcontext(), closing(beside) if beside else nullcontext()
    with road, door, closing(table), script.Answers(run.answers) as answers:
        try:
            script.run(lines, table=table, answers=answers)
        except Damage as damage:
            found = damage
        if found is None:
            found = _copied(table.desk)
        return script.summary(table, answers=answers), found


def _copied(desk: "Desk") -> Damage | None:
    """A copy of the book at the end of a session; a disk that takes none is no reason to call the session off."""
    from desktop.care import backups

    try:
        if taken := desk.copy():
            backups.settle(taken)
    except Unavailable as fault:
        say(fault.sentence("vi"), fault.sentence("en"))
    except Damage as damage:
        return damage
    return None


def _neighbours(run: Run, desk: "Desk") -> "Neighbours | None":
    """The other laptop of the table, where one was named or may call. Raises `DoorTaken`."""
    from desktop.beside import Door, Neighbours

    if run.listen is None and not run.beside:
        return None
    mark = desk.leases.table.digest if desk.leases.table else b""
    return Neighbours({b"": run.beside} if run.beside else {}, None if run.listen is None else Door(run.listen, mark=mark))


def play(given: argparse.Namespace) -> int:
    """A session from a file, or a morning made from the pack. A line `STAFF PIN [PASSPHRASE]` for each follows the passphrase."""
    import json

    from desktop.press.tray import Tray

    if given.answers.exists() and not given.resume:
        raise AnswersThere(file=given.answers.name)
    unlocked = unlocked_by(given.home, given.user)
    typed = _typed(sys.stdin)
    run = Run(given.home, given.script, given.keep_script, given.answers, given.office, given.mirror, given.listen, given.beside)
    printer = Tray(given.paper) if given.paper else None
    summary, damage = perform(run, unlocked=unlocked, vault=vault_of(given.home), typed=typed, printer=printer)
    if damage is not None:
        say(damage.sentence("vi"), damage.sentence("en"))
    print(json.dumps(summary, ensure_ascii=False), flush=True)
    whole = summary["state"] == "closed" and summary["marks"]["received"] == summary["vouchers"]
    return 0 if whole and damage is None else 1
