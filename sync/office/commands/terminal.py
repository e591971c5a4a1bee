"""What every command needs: an open office, files, days, and sentences in both languages."""

import datetime
import getpass
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import platformdirs
import typer

from sync.errors import Fault
from sync.office import home
from sync.office.home import Office

Home = Annotated[
    Path,
    typer.Option("--home", envvar="DGD_OFFICE_HOME", help="Thư mục của văn phòng · the office's folder"),
]
HOME = Path(platformdirs.user_data_dir("diem-giao-dich", appauthor=False)) / "office"


def say(vi: str, en: str, *, error: bool = False) -> None:
    """One sentence in both languages."""
    typer.echo(f"{vi}\n{en}", err=error)


@contextmanager
def faults_said() -> Iterator[None]:
    """A fault is said and ends the command with 1; anything else is a bug and reaches the top."""
    try:
        yield
    except Fault as fault:
        say(fault.sentence("vi"), fault.sentence("en"), error=True)
        raise typer.Exit(1) from fault


@contextmanager
def entered(folder: Path) -> Iterator[Office]:
    """The office of a folder, closed afterwards."""
    with faults_said():
        office = home.enter(folder, now_s=lambda: int(time.time()), draw=secrets.token_bytes)
        try:
            yield office
        finally:
            office.store.close()


def read(path: Path) -> bytes:
    """A file that was named, or the command ends."""
    try:
        return path.read_bytes()
    except OSError as error:
        say(f"Không đọc được tệp {path.name}.", f"The file {path.name} cannot be read.", error=True)
        raise typer.Exit(1) from error


def write(path: Path, raw: bytes) -> None:
    """The file whole or not at all, or the command ends."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(path.name + ".part")
        half.write_bytes(raw)
        half.replace(path)
    except OSError as error:
        say(f"Không ghi được tệp {path.name}.", f"The file {path.name} cannot be written.", error=True)
        raise typer.Exit(1) from error


def typed_day(text: str) -> datetime.date:
    """A day as it is typed, YYYY-MM-DD."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("YYYY-MM-DD") from error


def whoever() -> str:
    """Whoever sits at this machine, as it knows them: what they did is kept with it."""
    try:
        return f"{getpass.getuser()} (lệnh)"
    except (OSError, KeyError, ImportError):
        return "(lệnh)"
