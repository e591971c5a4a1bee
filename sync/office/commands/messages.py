"""Messages to customers' telephones."""

from pathlib import Path
from typing import Annotated

import typer

from sync.office import home, messages
from sync.office.commands.terminal import HOME, Home, entered, read, say, whoever

message = typer.Typer(no_args_is_help=True, help="Tin nhắn xác nhận cho khách hàng · Messages to customers' telephones")
app = typer.Typer()
app.add_typer(message, name="messages")


@message.command("export")
def messages_export(
    out: Annotated[Path, typer.Option(help="Tệp CSV mới · a new CSV file")], folder: Home = HOME
) -> None:
    """Ghi các tin đến hạn ra tệp và đánh dấu đã xuất · Write what is due into a file and mark it exported."""
    with entered(folder) as office:
        if count := messages.export(office, out=out):
            say(f"Đã xuất {count} tin vào {out}.", f"Exported {count} messages to {out}.")
        else:
            say("Không có tin nào đến hạn.", "No message is due.")


@message.command("sent")
def messages_sent(file: Annotated[Path, typer.Argument(metavar="FILE")], folder: Home = HOME) -> None:
    """Đánh dấu các tin trong tệp đã xuất trước đó · Mark what an earlier file had as exported."""
    with entered(folder) as office:
        marked, known = messages.sent(office, raw=read(file), name=file.name)
        say(f"Văn phòng biết {known} tin trong tệp; {marked} tin mới đánh dấu.",
            f"{known} messages of the file are known here; {marked} were marked now.")  # fmt: skip


@message.command("list")
def messages_list(
    folder: Home = HOME,
    state: Annotated[messages.State | None, typer.Option(help="Chỉ những tin này; mọi tin · these alone; all")] = None,
) -> None:
    """Các tin: đến hạn, đã xuất, giữ lại và vì sao · All messages: due, exported, withheld and why."""
    with entered(folder) as office:
        messages.write(office)
        for one in messages.listed(office, states=(state,) if state else messages.STATES):
            why = f" | {' · '.join(messages.WHY[one.why])}" if one.why else f" | {one.file}" if one.file else ""
            typer.echo(f"{one.state} | {one.reference} | {one.phone or '—'} | {one.text}{why}")
        for row in messages.stopped(office):
            typer.echo(f"opt-out | {row.who} | {home.day_of(row.said_s):%d/%m/%Y} | {row.said_by}")


@message.command("withhold")
def messages_withhold(
    who: Annotated[str, typer.Argument(metavar="PHONE|CUSTOMER")],
    folder: Home = HOME,
    again: Annotated[bool, typer.Option("--allow-again", help="Nhắn lại như trước · send messages again")] = False,
) -> None:
    """Không nhắn tin cho số này, khách hàng này nữa · No more messages to this number or customer."""
    with entered(folder) as office:
        kept = messages.choose(office, who=who, wanted=again, by=whoever())
        if again:
            say(f"Nhắn tin lại cho {kept}.", f"Messages go to {kept} again.")
        else:
            say(f"Không nhắn tin cho {kept} nữa.", f"No more messages go to {kept}.")
