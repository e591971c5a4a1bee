"""The laptop's program: `python -m desktop` opens the window; a verb behind it does one thing and ends.

Here, and nowhere else on the laptop, are the clock, chance, the terminal and the place on the disk.
What a person must type is asked for on a terminal, and read line by line where there is none. Every
sentence is said in Vietnamese and then in English; exit status 0 when it was done, 1 when it was not.

Whatever a verb needs is imported by that verb: the window must stand soon after it is asked for.
"""

import argparse
import datetime
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from desktop import address
from sync.errors import Damage, Fault, Refusal

if TYPE_CHECKING:
    from desktop.courier import Courier
    from desktop.desk import Desk
    from desktop.script import Printer
    from desktop.vault import NewUser, Unlocked, Vault
    from sync.chain import Moment

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class FileUnreadable(Refusal):
    """A file that was named and cannot be read."""

    code = "command.file-unreadable"
    vi = "Không đọc được tệp {file} ({reason}). Kiểm tra đường dẫn rồi chạy lại."
    en = "The file {file} cannot be read ({reason}). Check the path and run again."


class AddressMissing(Refusal):
    """Nobody ever said where the office is."""

    code = "command.address-missing"
    vi = "Chưa biết địa chỉ văn phòng. Chạy lại với --office và địa chỉ, ví dụ http://localhost:8480."
    en = "The office's address is not known. Run again with --office and the address, for example http://localhost:8480."


class AnswersThere(Refusal):
    """A run that is not to be taken up again would write over the answers of another."""

    code = "command.answers-there"
    vi = "Tệp trả lời {file} đã có. Thêm --resume để chạy tiếp, hoặc chọn tệp khác."
    en = "The answers {file} exist already. Add --resume to take the run up again, or choose another file."


class SpareGone(Refusal):
    """Nothing is left that could give the laptop its keys back."""

    code = "command.spare-gone"
    vi = "Bản dự phòng khóa của máy (vault/spare.dgd) cũng mất. Giữ nguyên máy và gọi văn phòng: sổ vẫn mở được, máy phải đăng ký lại trước phiên sau."
    en = "The spare of the laptop's keys (vault/spare.dgd) is gone too. Keep the laptop and call the office: its books open; it must be enrolled again before the next session."


class DateUnclear(Refusal):
    """A day that is no day."""

    code = "command.date-unclear"
    vi = "“{text}” không phải là ngày dạng YYYY-MM-DD. Nhập lại."
    en = "“{text}” is not a day like YYYY-MM-DD. Enter it again."


def clock() -> "Moment":
    """What the clocks say now; the start is told from others by the system's own mark of it."""
    from sync.chain import Moment

    wall, mono = time.time(), time.monotonic()
    try:
        boot = int(BOOT_ID.read_text("ascii")[:8], 16)
    except (OSError, ValueError):
        # Windows keeps no such mark: the minute of the start is as good as evidence can be there.
        boot = int((wall - mono) // 60)
    return Moment(wall_s=int(wall), mono_s=int(mono), boot=boot)


def say(vi: str, en: str) -> None:
    """One sentence in both languages, never among a verb's own output."""
    print(f"{vi}\n{en}", file=sys.stderr, flush=True)


def ask(what: str) -> str:
    """A secret from the terminal, or the next line where there is none."""
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass(f"{what}: ")
    return sys.stdin.readline().rstrip("\r\n")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(file=path.name, reason=error.strerror or type(error).__name__) from error


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise DateUnclear(text=text[:20]) from error


def _vault(home: Path) -> "Vault":
    from desktop.keystore import system_keystore
    from desktop.vault import Vault

    return Vault(home, draw=secrets.token_bytes, keystore=system_keystore())


def _unlocked(home: Path, user: str) -> "Unlocked":
    """The laptop opened by `user`, or by whomever the passphrase belongs to: tellers are tried first."""
    from desktop.vault import PassphraseWrong

    vault = _vault(home)
    order = {"teller": 0, "controller": 1, "leader": 2}
    staff = sorted((one for one in vault.accounts if user in ("", one.staff_id)), key=lambda one: order[one.role])
    passphrase = ask("Cụm mật khẩu · Passphrase")
    for one in staff:
        try:
            return vault.unlock(one.staff_id, passphrase=passphrase, now_s=clock().wall_s)
        except PassphraseWrong:
            if one is staff[-1]:
                raise
    return vault.unlock(user, passphrase=passphrase, now_s=clock().wall_s)


def _courier(home: Path, office: str) -> "Courier":
    from desktop.courier import TIMEOUT_S, TRIES, Courier

    where = office or address.known(home)
    if not where:
        raise AddressMissing
    return Courier(where, timeout_s=TIMEOUT_S, tries=TRIES)


def window(given: argparse.Namespace) -> int:
    """The window."""
    from desktop.ui import window as shown

    where = given.office or address.known(given.home)
    return int(
        shown.run(
            given.home, clock=clock, draw=secrets.token_bytes, courier_url=where or None, paper=given.paper,
            language=given.language,
        )
    )  # fmt: skip


def enrol(given: argparse.Namespace) -> int:
    """Join an office by its ticket. The answer is kept beside the ticket until the office has it."""
    from desktop import files, keystore, vault
    from sync.pack import read_ticket

    raw = _read(given.ticket)
    kept = given.answer_out or given.ticket.with_suffix(".answer")
    if not (given.home / "vault" / "vault.dgd").exists() or not kept.exists():
        people = _people(raw, given.staff)
        answer = vault.enrol(
            given.home, raw, people=people, draw=secrets.token_bytes, cost=vault.USUAL,
            keystore=keystore.system_keystore(),
        )  # fmt: skip
        files.keep(kept, answer)
    office = read_ticket(raw).office.name
    if given.office:
        with closing(_courier(given.home, given.office)) as courier:
            letter = courier.enrol(_read(kept))
        address.keep(given.home, given.office)
        vault.answer_taken(given.home)
        say(f"Máy {letter} đã đăng ký với {office}.", f"Laptop {letter} is enrolled with {office}.")
    else:
        say(f"Đưa tệp {kept} cho {office}.", f"Give the file {kept} to {office}.")
    return 0


def _people(ticket: bytes, staff: Sequence[str]) -> "list[NewUser]":
    """Who gets an account, each with their own passphrase and PIN; an empty passphrase leaves someone out."""
    from desktop.vault import NewUser
    from sync.pack import read_ticket

    people = []
    for one in read_ticket(ticket).staff:
        if staff and one.staff_id not in staff:
            continue
        passphrase = ask(f"{one.staff_id} {one.full_name} ({one.role}) · cụm mật khẩu/passphrase")
        if passphrase:
            people.append(NewUser(one.staff_id, passphrase, ask(f"{one.staff_id} · PIN")))
    return people


def fetch(given: argparse.Namespace) -> int:
    """Get the newest pack from the office and make its book."""

    unlocked = _unlocked(given.home, given.user)
    with closing(_courier(given.home, given.office)) as courier:
        raw = courier.fetch_pack(unlocked.device)
    if given.office:
        address.keep(given.home, given.office)
    return _taken(given, unlocked, raw)


def load(given: argparse.Namespace) -> int:
    """Take a pack or an acknowledgement from a stick."""
    from desktop import shelf
    from sync.envelope import read_header
    from sync.protocol import Ack
    from sync.records import Malformed, from_bytes

    raw = _read(given.file)
    try:
        read_header(raw, kind="pack")
    except Malformed as malformed:
        try:
            from_bytes(Ack, raw)
        except Malformed:
            # Neither: what most people bring on a stick is a pack.
            raise malformed from None
        unlocked = _unlocked(given.home, given.user)
        with closing(_desk(given.home, unlocked, shelf.newest(given.home, unlocked))) as desk:
            marks = desk.take_ack(raw)
        say(f"Văn phòng đã nhận đến phiếu số {marks.received}.", f"The office has vouchers up to {marks.received}.")
        return 0
    unlocked = _unlocked(given.home, given.user)
    return _taken(given, unlocked, raw)


def _taken(given: argparse.Namespace, unlocked: "Unlocked", raw: bytes) -> int:
    from desktop import shelf

    day = _day(given.date)
    pack = shelf.take_pack(given.home, unlocked, raw=raw, now_s=clock().wall_s, point=given.point, day=day)
    where, when = pack.terms.point.point_name, f"{pack.terms.session_date:%d/%m/%Y}"
    say(f"Đã có sổ của {where} ngày {when}.", f"The book of {where} on {when} is ready.")
    print(pack.book.hex())
    return 0


def _desk(home: Path, unlocked: "Unlocked", book: bytes) -> "Desk":
    from desktop import shelf
    from desktop.desk import Desk

    return Desk.open(shelf.open_book(home, unlocked, book), unlocked, clock=clock)


def check(given: argparse.Namespace) -> int:
    """Every book of the laptop, checked from its file to its last rule."""
    from desktop import shelf

    sound = True
    for found in shelf.check(given.home, _unlocked(given.home, given.user)):
        state = f"damaged at {found.damaged_at}: {found.reason}" if found.reason else f"head {found.head.hex()} sound"
        print(f"{found.book.hex()} entries {found.entries} {state}", flush=True)
        sound = sound and not found.reason
    return 0 if sound else 1


def send(given: argparse.Namespace) -> int:
    """Hand in what is unsent: to the office, or into a file for a stick."""
    from desktop import files, shelf
    from desktop.script import hand_in

    unlocked = _unlocked(given.home, given.user)
    with closing(_desk(given.home, unlocked, shelf.newest(given.home, unlocked))) as desk:
        if given.file:
            raw = desk.batch()
            if raw is None:
                _ask_unsent(desk)
                say("Không còn gì phải gửi.", "Nothing is left to send.")
                return 0
            files.keep(given.file, raw)
            if _read(given.file) != raw:
                raise files.NotWritten(reason=given.file.name)
            say(f"Đã ghi {given.file}; đưa cho văn phòng.", f"Written to {given.file}; give it to the office.")
            return 0
        with closing(_courier(given.home, given.office)) as courier:
            marks = hand_in(desk, courier=courier)
        _ask_unsent(desk)
        say(f"Văn phòng đã nhận đến phiếu số {marks.received}.", f"The office has vouchers up to {marks.received}.")
    return 0


def _ask_unsent(desk: "Desk") -> None:
    """What cannot leave the laptop, because it cannot sign, is no success. Raises `KeyGone`, `KeyBack`."""
    from sync.outage import KeyBack, KeyGone

    now = desk.standing()
    if now.entries > now.marks.received and (now.outages.laptop or not now.outages.can_sign):
        raise KeyBack if now.outages.can_sign else KeyGone


def mend(given: argparse.Namespace) -> int:
    """The laptop's own signing key: write the file the office needs, or load the one it gave."""
    from desktop import files

    unlocked = _unlocked(given.home, given.user)
    if given.ask:
        raw = unlocked.spare()
        if raw is None:
            raise SpareGone
        files.keep(given.file, raw)
        say(f"Đã ghi {given.file}; đưa cho văn phòng (lệnh mend của văn phòng).",
            f"Written to {given.file}; give it to the office (its command mend).")  # fmt: skip
        return 0
    unlocked.mend(_read(given.file), typed=ask(f"{unlocked.account.full_name} · PIN"))
    say("Máy đã có lại khóa ký. Mở sổ và lập phiếu khắc phục.", "The laptop has its key again. Open the book and post the recovery.")
    return 0


class Run(NamedTuple):
    """A session from a file: `script` None is a morning made from the pack.

    `answers` is taken up where it ends; `kept_script` is where the acts are written down.
    """

    home: Path
    script: Path | None
    kept_script: Path | None
    answers: Path
    office: str


class Typed(NamedTuple):
    """What people at the table type, by staff id: every approver's PIN, and the passphrases of tellers who may relieve."""

    pins: Mapping[str, str]
    passphrases: Mapping[str, str]


def _typed(lines: Iterable[str]) -> Typed:
    """From lines `STAFF PIN [PASSPHRASE]`."""
    rows = [row for row in (line.strip().split(maxsplit=2) for line in lines) if len(row) >= 2]
    return Typed({row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows if len(row) == 3})


def perform(
    run: Run, *, unlocked: "Unlocked", vault: "Vault", typed: Typed, printer: "Printer | None"
) -> tuple[dict[str, Any], Damage | None]:
    """Run the newest book's session; its summary, and the damage that ended it early."""
    from desktop import files, morning, script, shelf

    desk = _desk(run.home, unlocked, book := shelf.newest(run.home, unlocked))

    def relieve(staff_id: str) -> "Desk | None":
        if staff_id not in typed.passphrases:
            return None
        relieved = vault.unlock(staff_id, passphrase=typed.passphrases[staff_id], now_s=clock().wall_s)
        table.close()  # the book is held by one at a time
        return _desk(run.home, relieved, book)

    lines = _read(run.script).split(b"\n") if run.script else morning.morning(desk.pack.terms)
    if run.kept_script:
        files.keep(run.kept_script, b"\n".join(lines) + b"\n")
    courier = _courier(run.home, run.office) if run.office or address.known(run.home) else None
    table = script.Table(desk, typed.pins, courier, printer, relieve=relieve)
    found = None
    with closing(courier) if courier else nullcontext(), closing(table), script.Answers(run.answers) as answers:
        try:
            script.run(lines, table=table, answers=answers)
        except Damage as damage:
            found = damage
        return script.summary(table, answers=answers), found


def play(given: argparse.Namespace) -> int:
    """A session from a file, or a morning made from the pack. A line `STAFF PIN [PASSPHRASE]` for each follows the passphrase."""
    import json

    from desktop.press.tray import Tray

    if given.answers.exists() and not given.resume:
        raise AnswersThere(file=given.answers.name)
    unlocked = _unlocked(given.home, given.user)
    typed = _typed(sys.stdin)
    run = Run(given.home, given.script, given.keep_script, given.answers, given.office)
    printer = Tray(given.paper) if given.paper else None
    summary, damage = perform(run, unlocked=unlocked, vault=_vault(given.home), typed=typed, printer=printer)
    if damage is not None:
        say(damage.sentence("vi"), damage.sentence("en"))
    print(json.dumps(summary, ensure_ascii=False), flush=True)
    whole = summary["state"] == "closed" and summary["marks"]["received"] == summary["vouchers"]
    return 0 if whole and damage is None else 1


def _arguments() -> argparse.ArgumentParser:
    import platformdirs

    own = Path(platformdirs.user_data_dir("diem-giao-dich", appauthor=False)) / "laptop"
    shared: dict[str, dict[str, Any]] = {
        "--home": {"type": Path, "default": own, "help": "thư mục của máy · the laptop's folder"},
        "--user": {"default": "", "help": "mã cán bộ · staff id"},
        "--office": {"default": "", "help": "địa chỉ văn phòng · the office's address"},
    }
    # Behind a verb nothing has a default of its own: what stood before the verb would be lost to it.
    every = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    for name, how in shared.items():
        every.add_argument(name, **{key: value for key, value in how.items() if key != "default"})
    session = argparse.ArgumentParser(add_help=False)
    session.add_argument("--point", default="", help="chỉ nhận gói của điểm này · only this point's pack")
    session.add_argument("--date", default="", help="và ngày này, YYYY-MM-DD · and of this day")
    parser = argparse.ArgumentParser(prog="python -m desktop", description=__doc__)
    for name, how in shared.items():
        parser.add_argument(name, **how)
    parser.add_argument("--language", choices=("vi", "en"), default="vi")
    parser.add_argument("--paper", type=Path, default=None, help="in vào thư mục này · print into this folder")
    parser.set_defaults(verb=window)
    verbs = parser.add_subparsers()

    def verb(name: str, does: Callable[[argparse.Namespace], int], *more: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=does.__doc__, parents=[every, *more])
        made.set_defaults(verb=does)
        return made

    one = verb("enrol", enrol)
    one.add_argument("ticket", type=Path)
    one.add_argument("--answer-out", type=Path, default=None)
    one.add_argument("--staff", nargs="+", default=())
    verb("fetch", fetch, session)
    verb("load", load, session).add_argument("file", type=Path)
    verb("check", check)
    verb("send", send).add_argument("--file", type=Path, default=None)
    one = verb("mend", mend)
    one.add_argument("file", type=Path)
    one.add_argument("--ask", action="store_true", help="ghi tệp cho văn phòng · write the file for the office")
    one = verb("play", play)
    one.add_argument("--script", type=Path, default=None)
    one.add_argument("--keep-script", type=Path, default=None)
    one.add_argument("--answers", type=Path, required=True)
    one.add_argument("--paper", type=Path, default=None)
    one.add_argument("--resume", action="store_true")
    return parser


def main(arguments: Sequence[str]) -> int:
    """The exit status. A fault is said; anything else is a bug of this program and reaches the top."""
    given = _arguments().parse_args(arguments)
    try:
        return int(given.verb(given))
    except Fault as fault:
        say(fault.sentence("vi"), fault.sentence("en"))
        return 1


if __name__ == "__main__":
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]))
