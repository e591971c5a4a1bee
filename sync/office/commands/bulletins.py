"""Bulletins for the points."""

from pathlib import Path
from typing import Annotated

import typer

from sync.office import bulletins
from sync.office.commands.terminal import HOME, Home, entered, read, say, typed_day, whoever

bulletin = typer.Typer(no_args_is_help=True, help="Thông báo cho các điểm · Bulletins for the points")
app = typer.Typer()
app.add_typer(bulletin, name="bulletin")


@bulletin.command("add")
def bulletin_add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Nội dung, .txt hoặc .md, UTF-8 · its text")],
    title: Annotated[str, typer.Option(help="Tiêu đề · title")],
    folder: Home = HOME,
    points: Annotated[str, typer.Option(help="Mã các điểm, cách nhau dấu phẩy; mọi điểm · codes with commas; all")] = "",
    until: Annotated[str, typer.Option(help="Ngày cuối còn hiệu lực YYYY-MM-DD · its last day")] = "",
    number: Annotated[str, typer.Option(help="Số văn bản; tự đánh số · its number; the next of the year")] = "",
    date: Annotated[str, typer.Option(help="Ngày ban hành; hôm nay · day of issue; today")] = "",
) -> None:
    """Phát một thông báo; gói lập từ nay mang theo · Issue a bulletin; packs made from now on carry it."""
    with entered(folder) as office:
        made = bulletins.write(
            office, title=title, text=bulletins.text_of(read(file)),
            points=[code for part in points.split(",") if (code := part.strip())],
            until=typed_day(until) if until else None, number=number, issued_on=typed_day(date) if date else None, who=whoever(),
        )  # fmt: skip
        say(f"Đã phát thông báo số {made.bulletin_no}, {len(made.paragraphs)} đoạn. Gói đã lập trước đó không có; lập lại gói (--again) nếu cần.",
            f"Bulletin {made.bulletin_no} is issued, {len(made.paragraphs)} paragraphs. Packs made before do not have it; prepare --again where they should.")  # fmt: skip


@bulletin.command("list")
def bulletin_list(folder: Home = HOME) -> None:
    """Các thông báo, mới nhất trước · All bulletins, the newest first."""
    with entered(folder) as office:
        found = bulletins.listed(office)
        for one in found:
            state = "còn hiệu lực · in force" if one.in_force else (
                "đã thu hồi · withdrawn" if one.withdrawn_s else "hết hạn · over"
            )  # fmt: skip
            until = f" → {one.until:%d/%m/%Y}" if one.until else ""
            typer.echo(f"{one.bulletin.bulletin_no} | {one.bulletin.issued_on:%d/%m/%Y}{until} | {state} | "
                       f"{', '.join(one.points) or 'mọi điểm · all points'} | {one.bulletin.title}")  # fmt: skip
        if not found:
            say("Chưa có thông báo nào.", "There are no bulletins.")


@bulletin.command("withdraw")
def bulletin_withdraw(number: Annotated[str, typer.Argument(metavar="NO")], folder: Home = HOME) -> None:
    """Thu hồi một thông báo · Packs made from now on no longer carry it."""
    with entered(folder) as office:
        if bulletins.withdraw(office, number=number, who=whoever()):
            say(f"Đã thu hồi thông báo số {number}.", f"Bulletin {number} is withdrawn.")
        else:
            say(f"Thông báo số {number} đã thu hồi từ trước.", f"Bulletin {number} was withdrawn before.")
