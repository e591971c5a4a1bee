"""A laptop joins an office, and gets its own keys back when they are gone."""

import argparse
import secrets
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.commands.terminal import Verbs, ask, courier_of, read_file, say, unlocked_by
from desktop.road import address
from sync.errors import Refusal

if TYPE_CHECKING:
    from desktop.vault import NewUser


class SpareGone(Refusal):
    """Nothing is left that could give the laptop its keys back."""

    code = "command.spare-gone"
    vi = "Bản dự phòng khóa của máy (vault/spare.dgd) cũng mất. Giữ nguyên máy và gọi văn phòng: sổ vẫn mở được, máy phải đăng ký lại trước phiên sau."
    en = "The spare of the laptop's keys (vault/spare.dgd) is gone too. Keep the laptop and call the office: its books open; it must be enrolled again before the next session."


def add(verb: Verbs) -> None:
    """Its verbs."""
    one = verb("enrol", enrol)
    one.add_argument("ticket", type=Path)
    one.add_argument("--answer-out", type=Path, default=None)
    one.add_argument("--staff", nargs="+", default=())
    one = verb("mend", mend)
    one.add_argument("file", type=Path)
    one.add_argument("--ask", action="store_true", help="ghi tệp cho văn phòng · write the file for the office")


def enrol(given: argparse.Namespace) -> int:
    """Join an office by its ticket. The answer is kept beside the ticket until the office has it."""
    from desktop import files, keystore, vault
    from sync.pack import read_ticket

    raw = read_file(given.ticket)
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
        with closing(courier_of(given.home, given.office)) as courier:
            letter = courier.enrol(read_file(kept))
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


def mend(given: argparse.Namespace) -> int:
    """The laptop's own signing key: write the file the office needs, or load the one it gave."""
    from desktop import files

    unlocked = unlocked_by(given.home, given.user)
    if given.ask:
        raw = unlocked.spare()
        if raw is None:
            raise SpareGone
        files.keep(given.file, raw)
        say(f"Đã ghi {given.file}; đưa cho văn phòng (lệnh mend của văn phòng).",
            f"Written to {given.file}; give it to the office (its command mend).")  # fmt: skip
        return 0
    unlocked.mend(read_file(given.file), typed=ask(f"{unlocked.account.full_name} · PIN"))
    say("Máy đã có lại khóa ký. Mở sổ và lập phiếu khắc phục.", "The laptop has its key again. Open the book and post the recovery.")
    return 0
