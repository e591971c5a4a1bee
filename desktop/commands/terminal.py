"""What every verb needs: the clock, the terminal, files that were named, and the laptop opened by a person.

Here, and nowhere else on the laptop, are the clock, chance, the terminal and the place on the disk.
What a person must type is asked for on a terminal, and read line by line where there is none. Every
sentence is said in Vietnamese and then in English.
"""

import argparse
import datetime
import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from desktop.road import address
from sync.errors import Refusal

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.road.courier import Courier
    from desktop.vault import Unlocked, Vault
    from sync.chain import Moment

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Does(Protocol):
    """What a verb does: its docstring is the verb's own line of help, its answer the exit status."""

    __doc__: str | None

    def __call__(self, given: argparse.Namespace) -> int: ...


class Verbs(Protocol):
    """Adds a verb, with sets of arguments it has in common with others; the parser answered takes its own."""

    def __call__(self, name: str, does: Does, *shared: argparse.ArgumentParser) -> argparse.ArgumentParser: ...


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


class DateUnclear(Refusal):
    """A day that is no day."""

    code = "command.date-unclear"
    vi = "“{text}” không phải là ngày dạng YYYY-MM-DD. Nhập lại."
    en = "“{text}” is not a day like YYYY-MM-DD. Enter it again."


def clock() -> "Moment":
    """What the clocks say now; the start is told from others by the system's own mark of it."""
    from sync.chain import Moment

    # Linux stops its usual seconds while a lid is closed; a voucher waits all the same.
    wall, mono = time.time(), time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
    try:
        boot = int(BOOT_ID.read_text("ascii")[:8], 16)
    except (OSError, ValueError):
        # Windows keeps no such mark: the minute of the start is as good as evidence can be there.
        boot = int((wall - mono) // 60)
    return Moment(wall_s=int(wall), mono_s=int(mono), boot=boot)


def ticks() -> float:
    """A clock that only runs, in seconds: for what took how long."""
    return time.monotonic()


def say(vi: str, en: str) -> None:
    """One sentence in both languages, never among a verb's own output."""
    print(f"{vi}\n{en}", file=sys.stderr, flush=True)


def ask(what: str) -> str:
    """A secret from the terminal, or the next line where there is none."""
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass(f"{what}: ")
    return sys.stdin.readline().rstrip("\r\n")


def read_file(path: Path) -> bytes:
    """A file that was named. Raises `FileUnreadable`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(file=path.name, reason=error.strerror or type(error).__name__) from error


def day_of(text: str) -> datetime.date | None:
    """A day as it is typed, YYYY-MM-DD; None for nothing. Raises `DateUnclear`."""
    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise DateUnclear(text=text[:20]) from error


def vault_of(home: Path) -> "Vault":
    """The laptop's vault, locked. Raises `NotEnrolled`, `VaultDamaged`."""
    from desktop.keystore import WhenAsked
    from desktop.vault import Vault

    return Vault(home, draw=secrets.token_bytes, keystore=WhenAsked())


def unlocked_by(home: Path, user: str) -> "Unlocked":
    """The laptop opened by `user`, or by whomever the passphrase belongs to: tellers are tried first."""
    from desktop.vault import PassphraseWrong

    vault = vault_of(home)
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


def courier_of(home: Path, office: str) -> "Courier":
    """The way to the office named, or to where it was reached last. Raises `AddressMissing`."""
    from desktop.road.courier import TIMEOUT_S, TRIES, Courier

    where = office or address.known(home)
    if not where:
        raise AddressMissing
    return Courier(where, certificate=vault_of(home).certificate, timeout_s=TIMEOUT_S, tries=TRIES)


def desk_of(home: Path, unlocked: "Unlocked", book: bytes) -> "Desk":
    """The desk on a book. Raises what `shelf.open_book` and `Desk.open` raise."""
    from desktop import shelf
    from desktop.desk import Desk

    return Desk.open(shelf.open_book(home, unlocked, book), unlocked, clock=clock)
