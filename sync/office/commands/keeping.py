"""The office itself: made, backed up, rebuilt, checked, added up."""

import json
import random
import secrets
from pathlib import Path
from typing import Annotated

import typer

from sync.office import cases, decisions, dispositions, home, inspection, intake, officers, restoration, totals
from sync.office import sample as made_up
from sync.office.commands.terminal import HOME, Home, entered, faults_said, say, typed_day

app = typer.Typer()


@app.command()
def init(
    folder: Home = HOME,
    name: Annotated[str, typer.Option(help="Tên văn phòng · the office's name")] = "Phòng giao dịch",
    database: Annotated[str, typer.Option(help="postgresql://… ; để trống dùng SQLite · empty: SQLite")] = "",
    backup: Annotated[
        str, typer.Option(help="Nơi sao lưu, nên là ổ khác · backup folder, better on another disk")
    ] = "",
    ask_password: Annotated[bool, typer.Option(help="Hỏi mật khẩu thay vì tạo · ask instead of making one")] = False,
) -> None:
    """Tạo văn phòng: khóa, cơ sở dữ liệu, mật khẩu · Make an office: keys, database, password."""
    with faults_said():
        home.found(folder, name=name, database=database, backup=backup, draw=secrets.token_bytes)
    with entered(folder) as office:
        if ask_password:
            password = typer.prompt("Mật khẩu · Password", hide_input=True, confirmation_prompt=True)
        else:
            password = officers.first_password(office)
        officers.set_password(office, name=officers.OFFICER, password=password)
        say(f"Đã tạo văn phòng tại {folder}.", f"The office is in {folder}.")
        say("Cất khóa keys/recovery ở nơi khác, ngoài máy này.", "Keep keys/recovery somewhere else, off this machine.")
        if not ask_password:
            typer.echo(
                f"Tên đăng nhập · Name: {officers.OFFICER}\nMật khẩu (chỉ hiện một lần) · Password (shown once): {password}"
            )


@app.command()
def password(folder: Home = HOME, name: Annotated[str, typer.Option()] = officers.OFFICER) -> None:
    """Đặt mật khẩu trang văn phòng · Set the password of the office's pages."""
    with entered(folder) as office:
        typed = typer.prompt("Mật khẩu · Password", hide_input=True, confirmation_prompt=True)
        officers.set_password(office, name=name, password=typed)
        say("Đã đặt mật khẩu.", "The password is set.")


@app.command()
def backup(folder: Home = HOME) -> None:
    """Sao lưu những gì còn thiếu · Put into the backup what it lacks."""
    with entered(folder) as office:
        books, unsafe = intake.back_up(office)
        dispositions.back_up(office)
        decisions.back_up(office)
        cases.back_up(office)
        say(f"{books} sổ, còn {unsafe} sổ chưa an toàn.", f"{books} books, {unsafe} not yet safe.")
        raise typer.Exit(1 if unsafe else 0)


@app.command()
def restore(folder: Home = HOME) -> None:
    """Dựng lại mọi sổ từ bản sao lưu vào cơ sở dữ liệu trống · Rebuild every book from the backup."""
    with entered(folder) as office:
        back = restoration.restore(office)
        say(
            f"Đã dựng lại {back.laptops} máy, {back.packs} gói, {back.batches} lô. Nạp lại tệp kết xuất và đặt mật khẩu (password).",
            f"Rebuilt {back.laptops} laptops, {back.packs} packs, {back.batches} batches. Import the export again and set a password.",
        )
        if back.cases_lost or back.cases_altered:
            say(
                f"Bản sao lưu bị động vào: thiếu {back.cases_lost} việc cần giải quyết, {back.cases_altered} tệp không đúng chữ ký văn phòng nên không nhận. Giữ nguyên bản sao lưu và hỏi người giữ nó.",
                f"Somebody touched the backup: {back.cases_lost} cases are missing and {back.cases_altered} files do not bear the office's signature and were not taken. Keep the backup as it is and ask who kept it.",
            )


@app.command()
def check(folder: Home = HOME) -> None:
    """Kiểm tra lại toàn bộ những gì đã lưu · Verify everything stored again."""
    with entered(folder) as office:
        found = inspection.inspect(office)
        for one in found:
            state = "sound" if not one.wrong else f"damaged: {'; '.join(one.wrong)}"
            typer.echo(f"{one.book.hex()} entries {one.entries} head {one.head.hex()} {state}")
        damaged = sum(1 for one in found if one.wrong)
        say(f"{len(found)} sổ, {damaged} sổ hỏng.", f"{len(found)} books, {damaged} damaged.")
        raise typer.Exit(1 if damaged else 0)


@app.command("totals")
def totals_(
    folder: Home = HOME,
    book: Annotated[str, typer.Option(help="Mã sổ, 32 chữ số hex · a book's id")] = "",
    point: Annotated[str, typer.Option(help="Mã điểm, cùng --date · a point's code, with --date")] = "",
    date: Annotated[str, typer.Option(help="Ngày phiên YYYY-MM-DD · session date")] = "",
) -> None:
    """Số cộng riêng của văn phòng từ các dòng đã nhận, dạng JSON · The office's own sums of what it received, as JSON."""
    if bool(book) == bool(point) or bool(point) != bool(date):
        raise typer.BadParameter("--book HEX | --point CODE --date YYYY-MM-DD")
    try:
        wanted = bytes.fromhex(book)
    except ValueError as error:
        raise typer.BadParameter("--book HEX") from error
    with entered(folder) as office:
        if book:
            found = totals.answer(totals.of_book(office, book=wanted))
        else:
            together, each = totals.of_session(office, point_code=point, session_date=typed_day(date))
            found = {"point": point, "date": date, "together": totals.answer(together),
                     "books": [totals.answer(one) for one in each]}  # fmt: skip
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
    date: Annotated[str, typer.Option(help="Ngày phiên đầu · first session day YYYY-MM-DD")],
    seed: Annotated[int, typer.Option(help="Cùng số, cùng dữ liệu · same seed, same data")] = 1,
) -> None:
    """Tạo tệp kết xuất mẫu với người hư cấu · Write a made-up export with fictional people."""
    made_up.write(folder, rows=made_up.sample(session_date=typed_day(date), random=random.Random(seed)))  # noqa: S311 no secret
    say(f"Đã ghi dữ liệu mẫu vào {folder}.", f"The sample is in {folder}.")
