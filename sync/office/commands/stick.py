"""A stick that was put in: what its laptops brought is taken, and what they wait for goes back on it."""

from pathlib import Path
from typing import Annotated

import typer

from sync.office import stick as sticks
from sync.office.commands.terminal import HOME, Home, entered, say
from sync.stick.device import Stick

app = typer.Typer()


@app.command("stick")
def stick_(
    place: Annotated[Path, typer.Argument(metavar="FOLDER", help="Ổ USB, hoặc thư mục · the stick, or a folder")],
    folder: Home = HOME,
    packs: Annotated[bool, typer.Option("--packs", help="Ghi cho mọi máy, cả máy chưa có gì trên USB · for every laptop, also those with nothing on it")] = False,
) -> None:
    """Nhận lô từ USB, ghi lại giấy báo nhận, gói và danh bạ · Take what a stick brings, write what its laptops wait for."""
    with entered(folder) as office:
        came = sticks.take(office, Stick.look(place))
        for one in came.taken:
            ack = one.ack
            say(f"{one.name}: {ack.status}, đã nhận đến số {ack.received}, an toàn đến {ack.safe}, lệch {ack.differences}.",
                f"{one.name}: {ack.status}, received to {ack.received}, safe to {ack.safe}, {ack.differences} differences.")  # fmt: skip
        for left in came.left:
            say(f"{left.name}: {left.fault.sentence('vi')}", f"{left.name}: {left.fault.sentence('en')}", error=True)
        if came.others:
            names = ", ".join(came.strangers)
            say(f"{came.others} mục lạ để nguyên: {names}", f"{came.others} entries are not ours and stay: {names}", error=True)
        stick = Stick.open(place, draw=office.draw)
        laptops = sticks.in_use(office) if packs else sticks.seen(office, stick)
        gave = sticks.give(office, stick, laptops=laptops, books=[one.ack.book for one in came.taken])
        say(f"Đã ghi và đọc lại {len(gave.written.names)} tệp cho {gave.laptops} máy. Rút USB được rồi.",
            f"Wrote {len(gave.written.names)} files for {gave.laptops} laptops and read them again. The stick can be pulled out.")  # fmt: skip
        if not gave.written.past_memory:
            say("Máy này không đọc thẳng được từ USB: giấy báo nhận trở về mới là bằng chứng.",
                "This machine cannot read past its memory: what comes back is the proof.", error=True)  # fmt: skip
    bad = came.left or any(one.ack.status != "ok" for one in came.taken)
    raise typer.Exit(1 if bad else 0)
