"""Laptops: tickets and answers, revoking, keys given back."""

from pathlib import Path
from typing import Annotated

import typer

from sync.office import devices, spares
from sync.office.commands.terminal import HOME, Home, entered, read, say, write

app = typer.Typer()


@app.command()
def enrol(
    folder: Home = HOME,
    letter: Annotated[str, typer.Option(help="Chữ của máy, A-Z · the laptop's letter")] = "",
    out: Annotated[Path | None, typer.Option(help="Tệp giấy mời · the ticket file")] = None,
    answer: Annotated[Path | None, typer.Option(help="Tệp trả lời của máy · the laptop's answer")] = None,
) -> None:
    """Cấp giấy mời cho máy, hoặc nhận trả lời · Make a laptop's ticket, or take its answer."""
    if (answer is None) == (not letter or out is None):
        raise typer.BadParameter("--letter A --out TICKET.dgd | --answer FILE")
    with entered(folder) as office:
        if answer is not None:
            laptop = devices.enrol(office, answer=read(answer))
            say(f"Máy {laptop.letter} đã đăng ký.", f"Laptop {laptop.letter} is enrolled.")
        elif out is not None:
            write(out, devices.invite(office, letter=letter))
            say(f"Giấy mời của máy {letter}: {out}", f"The ticket of laptop {letter}: {out}")


@app.command()
def revoke(letter: Annotated[str, typer.Option()], folder: Home = HOME) -> None:
    """Thu hồi máy mất, máy hỏng · Revoke a lost or broken laptop."""
    with entered(folder) as office:
        devices.revoke(office, letter=letter)
        say(
            f"Đã thu hồi máy {letter}; những gì máy gửi sẽ bị giữ riêng.",
            f"Laptop {letter} is revoked; what it sends is set aside.",
        )


@app.command()
def mend(
    spare: Annotated[Path, typer.Argument(help="vault/spare.dgd của máy · the laptop's vault/spare.dgd")],
    recovery: Annotated[Path, typer.Option(help="Khóa dự phòng keys/recovery · the recovery key")],
    staff: Annotated[str, typer.Option(help="Người của máy sẽ nạp tệp · whoever of that laptop will load it")],
    out: Annotated[Path, typer.Option(help="Tệp khóa cho máy · the key file for the laptop")],
    folder: Home = HOME,
) -> None:
    """Cấp lại khóa ký đã mất của máy · Give a laptop its lost signing key back."""
    with entered(folder) as office:
        letter, made = spares.mend(office, raw=read(spare), recovery_secret=read(recovery), staff_id=staff)
        write(out, made)
        say(f"Tệp khóa của máy {letter} cho {staff}: {out}. Cất khóa dự phòng đi.",
            f"The key file of laptop {letter} for {staff}: {out}. Put the recovery key away.")  # fmt: skip
