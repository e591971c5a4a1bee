"""The office's command line: `python -m sync.office VERB`.

Here, and nowhere else in the office, are the clock, chance and the place on the disk. Every sentence
is said in Vietnamese and then in English; exit status 0 when it was done, 1 when it was not.
"""

import datetime
import getpass
import json
import random
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import platformdirs
import typer

from sync.errors import Fault
from sync.office import (
    bulletins,
    closing,
    core_export,
    devices,
    home,
    inspection,
    intake,
    messages,
    officers,
    photos,
    preparation,
    receipt_page,
    receipts,
    register,
    restoration,
    spares,
    telling,
    totals,
)
from sync.office import sample as made_up
from sync.office.home import Office

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="Văn phòng · The office"
)

bulletin = typer.Typer(no_args_is_help=True, help="Thông báo cho các điểm · Bulletins for the points")
app.add_typer(bulletin, name="bulletin")
message = typer.Typer(no_args_is_help=True, help="Tin nhắn xác nhận cho khách hàng · Messages to customers' telephones")
app.add_typer(message, name="messages")

Home = Annotated[
    Path,
    typer.Option("--home", envvar="DGD_OFFICE_HOME", help="Thư mục của văn phòng · the office's folder"),
]
_HOME = Path(platformdirs.user_data_dir("diem-giao-dich", appauthor=False)) / "office"


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


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        say(f"Không đọc được tệp {path.name}.", f"The file {path.name} cannot be read.", error=True)
        raise typer.Exit(1) from error


def _write(path: Path, raw: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(path.name + ".part")
        half.write_bytes(raw)
        half.replace(path)
    except OSError as error:
        say(f"Không ghi được tệp {path.name}.", f"The file {path.name} cannot be written.", error=True)
        raise typer.Exit(1) from error


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("YYYY-MM-DD") from error


@app.command()
def init(
    folder: Home = _HOME,
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
def password(folder: Home = _HOME, name: Annotated[str, typer.Option()] = officers.OFFICER) -> None:
    """Đặt mật khẩu trang văn phòng · Set the password of the office's pages."""
    with entered(folder) as office:
        typed = typer.prompt("Mật khẩu · Password", hide_input=True, confirmation_prompt=True)
        officers.set_password(office, name=name, password=typed)
        say("Đã đặt mật khẩu.", "The password is set.")


@app.command("import")
def import_(
    export: Path,
    folder: Home = _HOME,
    as_of: Annotated[
        str,
        typer.Option(help="Số liệu của ngày nào, mặc định hôm nay · the day of its figures YYYY-MM-DD, default today"),
    ] = "",
) -> None:
    """Nạp tệp kết xuất của hệ thống lõi · Load the core system's export (folder, .zip, .xlsx)."""
    day = _day(as_of) if as_of else None
    with entered(folder) as office:
        try:
            loaded = core_export.load(export)
        except core_export.ExportFaulty as faulty:
            for one in faulty.findings:
                typer.echo(f"{one.file}:{one.row}:{one.column}: {one.value!r}: {one.vi} · {one.en}", err=True)
            raise
        for file, column in loaded.extra_columns:
            say(f"Cột lạ, bỏ qua: {file}.{column}", f"Unknown column, ignored: {file}.{column}", error=True)
        kept = register.keep(office, export=loaded.export, as_of=day)
        if kept.new:
            say(f"Đã nạp {kept.row_count} dòng, số liệu ngày {kept.as_of:%d/%m/%Y}.",
                f"Loaded {kept.row_count} rows, figures of {kept.as_of}.")  # fmt: skip
        else:
            say("Tệp này đã nạp rồi; không có gì thay đổi.", "This export is loaded already; nothing changed.")


@app.command()
def enrol(
    folder: Home = _HOME,
    letter: Annotated[str, typer.Option(help="Chữ của máy, A-Z · the laptop's letter")] = "",
    out: Annotated[Path | None, typer.Option(help="Tệp giấy mời · the ticket file")] = None,
    answer: Annotated[Path | None, typer.Option(help="Tệp trả lời của máy · the laptop's answer")] = None,
) -> None:
    """Cấp giấy mời cho máy, hoặc nhận trả lời · Make a laptop's ticket, or take its answer."""
    if (answer is None) == (not letter or out is None):
        raise typer.BadParameter("--letter A --out TICKET.dgd | --answer FILE")
    with entered(folder) as office:
        if answer is not None:
            laptop = devices.enrol(office, answer=_read(answer))
            say(f"Máy {laptop.letter} đã đăng ký.", f"Laptop {laptop.letter} is enrolled.")
        elif out is not None:
            _write(out, devices.invite(office, letter=letter))
            say(f"Giấy mời của máy {letter}: {out}", f"The ticket of laptop {letter}: {out}")


@app.command()
def revoke(letter: Annotated[str, typer.Option()], folder: Home = _HOME) -> None:
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
    folder: Home = _HOME,
) -> None:
    """Cấp lại khóa ký đã mất của máy · Give a laptop its lost signing key back."""
    with entered(folder) as office:
        letter, made = spares.mend(office, raw=_read(spare), recovery_secret=_read(recovery), staff_id=staff)
        _write(out, made)
        say(f"Tệp khóa của máy {letter} cho {staff}: {out}. Cất khóa dự phòng đi.",
            f"The key file of laptop {letter} for {staff}: {out}. Put the recovery key away.")  # fmt: skip


@app.command()
def prepare(
    point: Annotated[str, typer.Option(help="Mã điểm giao dịch · point code")],
    date: Annotated[str, typer.Option(help="Ngày phiên YYYY-MM-DD · session date")],
    folder: Home = _HOME,
    device: Annotated[str, typer.Option(help="Chữ của máy · the laptop's letter")] = "",
    planned: Annotated[
        str, typer.Option(help="Ngày theo lịch, nếu là phiên bù · the day a make-up session was planned for YYYY-MM-DD")
    ] = "",
    again: Annotated[bool, typer.Option("--again", help="Thay gói chưa dùng · replace an unused pack")] = False,
    out: Annotated[Path | None, typer.Option(help="Ghi gói ra tệp (USB) · write the pack to a file")] = None,
) -> None:
    """Lập gói dữ liệu của một phiên · Make the sealed pack of a session."""
    with entered(folder) as office:
        made = preparation.prepare(
            office, point_code=point, session_date=_day(date), letter=device, again=again,
            planned_on=_day(planned) if planned else None,
        )  # fmt: skip
        terms = made.pack.terms
        if out is not None:
            _write(out, made.sealed)
        if made.stale:
            say("Chú ý: có bút toán về sau lần nạp tệp gần nhất của điểm này; số dư trong gói có thể đã cũ.",
                "Note: entries of this point came in after the last load; balances in the pack may be old.", error=True)  # fmt: skip
        if terms.as_of and (old := (terms.session_date - terms.as_of).days) > terms.parameters.pack_days_max:
            say(f"Chú ý: số liệu ngày {terms.as_of:%d/%m/%Y} đã cũ {old} ngày; phiên này chỉ thu vào, không chi ra. Nạp tệp mới rồi lập lại gói (--again).",
                f"Note: the figures are of {terms.as_of}, {old} days old; this session takes money in and pays none out. Import again, then prepare --again.",
                error=True)  # fmt: skip
        say(
            f"Gói {made.pack.pack.hex()[:8]}: {terms.point.point_name}, {terms.session_date:%d/%m/%Y}, máy {made.pack.letter}, "
            f"{len(terms.groups)} Tổ, {len(terms.customers)} khách hàng, {len(terms.loans)} món vay, "
            f"{len(terms.bulletins)} thông báo.",
            f"Pack {made.pack.pack.hex()[:8]}: {len(made.sealed)} bytes, {len(terms.bulletins)} bulletins, book {made.pack.book.hex()}.",
        )


@app.command()
def serve(
    folder: Home = _HOME,
    host: Annotated[str, typer.Option(help="Địa chỉ nghe · address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0: cổng trống bất kỳ · any free port")] = 8480,
) -> None:
    """Mở trang văn phòng và cổng nhận sổ · Serve the pages and take in books."""
    # Only this command serves; the others do not wait for the web to be imported.
    import uvicorn

    from sync.office.api import application

    with entered(folder) as office, socket.create_server((host, port)) as listening:
        here = f"http://{host}:{listening.getsockname()[1]}"
        say(f"Văn phòng đang mở tại {here} (Ctrl C để dừng).", f"The office is open at {here} (Ctrl C ends it).")
        sys.stdout.flush()
        # The access log would hold book and laptop ids of everybody who asks; what matters is in the database.
        config = uvicorn.Config(application(office), log_level="warning", access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listening])


@app.command()
def receive(files: list[Path], folder: Home = _HOME) -> None:
    """Nhận lô từ USB; giấy báo nhận ghi cạnh tệp · Take batches from a stick; each acknowledgement is written beside its file."""
    refused = 0
    with entered(folder) as office:
        for file in files:
            try:
                signed = intake.receive(office, batch=_read(file))
            except Fault as fault:
                refused += 1
                say(f"{file.name}: {fault.sentence('vi')}", f"{file.name}: {fault.sentence('en')}", error=True)
                continue
            _write(file.with_suffix(".ack"), signed)
            ack = intake.read_own(office, ack=signed)
            say(f"{file.name}: {ack.status}, đã nhận đến số {ack.received}, an toàn đến {ack.safe}, lệch {ack.differences}.",
                f"{file.name}: {ack.status}, received to {ack.received}, safe to {ack.safe}, {ack.differences} differences.")  # fmt: skip
    raise typer.Exit(1 if refused else 0)


@app.command()
def backup(folder: Home = _HOME) -> None:
    """Sao lưu những gì còn thiếu · Put into the backup what it lacks."""
    with entered(folder) as office:
        books, unsafe = intake.back_up(office)
        say(f"{books} sổ, còn {unsafe} sổ chưa an toàn.", f"{books} books, {unsafe} not yet safe.")
        raise typer.Exit(1 if unsafe else 0)


@app.command()
def restore(folder: Home = _HOME) -> None:
    """Dựng lại mọi sổ từ bản sao lưu vào cơ sở dữ liệu trống · Rebuild every book from the backup."""
    with entered(folder) as office:
        back = restoration.restore(office)
        say(
            f"Đã dựng lại {back.laptops} máy, {back.packs} gói, {back.batches} lô. Nạp lại tệp kết xuất và đặt mật khẩu (password).",
            f"Rebuilt {back.laptops} laptops, {back.packs} packs, {back.batches} batches. Import the export again and set a password.",
        )


@app.command()
def check(folder: Home = _HOME) -> None:
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
    folder: Home = _HOME,
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
            together, each = totals.of_session(office, point_code=point, session_date=_day(date))
            found = {"point": point, "date": date, "together": totals.answer(together),
                     "books": [totals.answer(one) for one in each]}  # fmt: skip
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))


@app.command("verify-receipt")
def verify_receipt(
    text: Annotated[str, typer.Argument(help="Chữ trong mã · the code's text")] = "",
    other: Annotated[str, typer.Option("--with", help="Chữ trong mã của biên lai thứ hai · a second receipt's text")] = "",
    photo: Annotated[Path | None, typer.Option(help="Ảnh PNG, JPG có mã · a picture of the papers")] = None,
    folder: Home = _HOME,
) -> None:
    """Kiểm tra biên lai bằng chữ trong mã QR hoặc ảnh chụp · Check receipts by the text of their QR codes, or a photo."""
    with entered(folder) as office:
        texts = [one for one in (text, other) if one] + list(photos.codes(_read(photo)) if photo else ())
        if not texts:
            raise typer.BadParameter("TEXT | --photo FILE")
        answers: tuple[receipts.Answer, ...]
        if len(texts) == 2:
            pairing = receipts.verify_two(office, first=texts[0], second=texts[1])
            answers, said = pairing.answers, telling.paired(pairing)
            sound = pairing.comparison is None or pairing.comparison.relation != "clash"
        else:
            answers, sound = tuple(receipts.verify_receipt(office, text=one) for one in texts), True
            said = (line for answer in answers for line in (*telling.answered(answer), ""))
        typer.echo("\n".join(said).rstrip())
        raise typer.Exit(0 if sound and all(one.believed and one.ruling.tone != "fault" for one in answers) else 1)


@app.command("receipt-page")
def receipt_page_(
    folder: Home = _HOME,
    out: Annotated[Path | None, typer.Option(help="Tệp HTML sẽ ghi · the HTML file to write")] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Giữ các phiên của bao nhiêu ngày · sessions of how many days")] = receipt_page.DAYS,
    checked: Annotated[Path | None, typer.Option("--check", help="Trang này có phải của văn phòng không · is this page ours")] = None,
) -> None:
    """Lập một trang HTML kiểm tra biên lai không cần mạng · Write one HTML file that checks receipts with no network."""
    if (out is None) == (checked is None):
        raise typer.BadParameter("--out FILE | --check FILE")
    with entered(folder) as office:
        if checked is not None:
            receipt_page.check(office, page=_read(checked), name=checked.name)
            say("Trang này do văn phòng lập và chưa bị sửa.", "This page is the office's and was not changed.")
        elif out is not None:
            made = receipt_page.receipt_page(office, days=days)
            _write(out, made)
            say(f"Đã ghi {out}, {len(made) // 1024 + 1} KB.", f"Wrote {out}, {len(made)} bytes. It says what the office knows now.")


def _figures(said: list[str]) -> dict[str, str]:
    """`TG=1.234.000` options by their names."""
    pairs = [one.partition("=") for one in said]
    if any(not sign for _, sign, _ in pairs):
        raise typer.BadParameter("TG=1.234.000")
    return {name.strip(): text for name, _, text in pairs}


@app.command("compare-closing")
def compare_closing(
    folder: Home = _HOME,
    code: Annotated[str, typer.Option(help="Chữ trong mã vuông của tờ giấy · the text of its square code")] = "",
    photo: Annotated[Path | None, typer.Option(help="Ảnh chụp tờ giấy · a picture of it")] = None,
    point: Annotated[str, typer.Option(help="Mã điểm · point code")] = "",
    date: Annotated[str, typer.Option(help="Ngày phiên YYYY-MM-DD · session date")] = "",
    letter: Annotated[str, typer.Option(help="Chữ của máy · the laptop's letter")] = "",
    last: Annotated[str, typer.Option(help="Phiếu cuối, như in · the last number, as printed")] = "",
    entries: Annotated[str, typer.Option(help="Số phiếu · vouchers")] = "",
    lines: Annotated[str, typer.Option(help="Số dòng tiền · lines")] = "",
    count: Annotated[list[str] | None, typer.Option(help="groups=12, visits=…, slips=…, reversals=… ; lặp lại được · repeat")] = None,
    cash: Annotated[str, typer.Option(help="Tồn quỹ cuối phiên · cash at the close")] = "",
    head: Annotated[str, typer.Option(help="Mã khóa sổ, cả hoặc các nhóm đầu · the head or its first groups")] = "",
    sum_: Annotated[list[str] | None, typer.Option("--sum", help="TG=1.234.000, cột Thực; lặp lại được · repeat")] = None,
) -> None:
    """Đối chiếu tờ khóa sổ đã ký với sổ ở văn phòng · Hold a signed closing sheet against the office's book."""
    typed = {"last": last, "entries": entries, "lines": lines, "cash": cash, "head": head}
    typed |= _figures(count or []) | _figures(sum_ or [])
    with entered(folder) as office:
        text = closing.code_among(photos.codes(_read(photo))) if photo is not None else code
        place = closing.Place(point, _day(date) if date else None, letter)
        found = closing.compare(office, figures=typed, code=text, place=place, book=None, who=_who())
        typer.echo(found.verdict)
        say(found.vi, found.en)
        typer.echo(found.about)
        marks = {"agrees": "khớp · agrees", "differs": "KHÁC · DIFFERS", "not-come": "chưa về · not come"}
        for one in found.figures:
            vi, en = closing.LABELS.get(one.name, (one.name, one.name))
            source = " (mã vuông · code)" if one.by_code else ""
            typer.echo(f"{vi} · {en}{source}: {marks[one.outcome]} | {one.sheet} | {one.book or '—'}")
        raise typer.Exit(0 if found.verdict == "agrees" else 1)


def _who() -> str:
    """Whoever sits at this machine, as it knows them: what they did is kept with it."""
    try:
        return f"{getpass.getuser()} (lệnh)"
    except (OSError, KeyError, ImportError):
        return "(lệnh)"


@bulletin.command("add")
def bulletin_add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Nội dung, .txt hoặc .md, UTF-8 · its text")],
    title: Annotated[str, typer.Option(help="Tiêu đề · title")],
    folder: Home = _HOME,
    points: Annotated[str, typer.Option(help="Mã các điểm, cách nhau dấu phẩy; mọi điểm · codes with commas; all")] = "",
    until: Annotated[str, typer.Option(help="Ngày cuối còn hiệu lực YYYY-MM-DD · its last day")] = "",
    number: Annotated[str, typer.Option(help="Số văn bản; tự đánh số · its number; the next of the year")] = "",
    date: Annotated[str, typer.Option(help="Ngày ban hành; hôm nay · day of issue; today")] = "",
) -> None:
    """Phát một thông báo; gói lập từ nay mang theo · Issue a bulletin; packs made from now on carry it."""
    with entered(folder) as office:
        made = bulletins.write(
            office, title=title, text=bulletins.text_of(_read(file)),
            points=[code for part in points.split(",") if (code := part.strip())],
            until=_day(until) if until else None, number=number, issued_on=_day(date) if date else None, who=_who(),
        )  # fmt: skip
        say(f"Đã phát thông báo số {made.bulletin_no}, {len(made.paragraphs)} đoạn. Gói đã lập trước đó không có; lập lại gói (--again) nếu cần.",
            f"Bulletin {made.bulletin_no} is issued, {len(made.paragraphs)} paragraphs. Packs made before do not have it; prepare --again where they should.")  # fmt: skip


@bulletin.command("list")
def bulletin_list(folder: Home = _HOME) -> None:
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
def bulletin_withdraw(number: Annotated[str, typer.Argument(metavar="NO")], folder: Home = _HOME) -> None:
    """Thu hồi một thông báo · Packs made from now on no longer carry it."""
    with entered(folder) as office:
        if bulletins.withdraw(office, number=number, who=_who()):
            say(f"Đã thu hồi thông báo số {number}.", f"Bulletin {number} is withdrawn.")
        else:
            say(f"Thông báo số {number} đã thu hồi từ trước.", f"Bulletin {number} was withdrawn before.")


@message.command("export")
def messages_export(
    out: Annotated[Path, typer.Option(help="Tệp CSV mới · a new CSV file")], folder: Home = _HOME
) -> None:
    """Ghi các tin đến hạn ra tệp và đánh dấu đã xuất · Write what is due into a file and mark it exported."""
    with entered(folder) as office:
        if count := messages.export(office, out=out):
            say(f"Đã xuất {count} tin vào {out}.", f"Exported {count} messages to {out}.")
        else:
            say("Không có tin nào đến hạn.", "No message is due.")


@message.command("sent")
def messages_sent(file: Annotated[Path, typer.Argument(metavar="FILE")], folder: Home = _HOME) -> None:
    """Đánh dấu các tin trong tệp đã xuất trước đó · Mark what an earlier file had as exported."""
    with entered(folder) as office:
        marked, known = messages.sent(office, raw=_read(file), name=file.name)
        say(f"Văn phòng biết {known} tin trong tệp; {marked} tin mới đánh dấu.",
            f"{known} messages of the file are known here; {marked} were marked now.")  # fmt: skip


@message.command("list")
def messages_list(
    folder: Home = _HOME,
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
    folder: Home = _HOME,
    again: Annotated[bool, typer.Option("--allow-again", help="Nhắn lại như trước · send messages again")] = False,
) -> None:
    """Không nhắn tin cho số này, khách hàng này nữa · No more messages to this number or customer."""
    with entered(folder) as office:
        kept = messages.choose(office, who=who, wanted=again, by=_who())
        if again:
            say(f"Nhắn tin lại cho {kept}.", f"Messages go to {kept} again.")
        else:
            say(f"Không nhắn tin cho {kept} nữa.", f"No more messages go to {kept}.")


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
    date: Annotated[str, typer.Option(help="Ngày phiên đầu · first session day YYYY-MM-DD")],
    seed: Annotated[int, typer.Option(help="Cùng số, cùng dữ liệu · same seed, same data")] = 1,
) -> None:
    """Tạo tệp kết xuất mẫu với người hư cấu · Write a made-up export with fictional people."""
    made_up.write(folder, rows=made_up.sample(session_date=_day(date), random=random.Random(seed)))  # noqa: S311 no secret
    say(f"Đã ghi dữ liệu mẫu vào {folder}.", f"The sample is in {folder}.")


def main() -> None:
    """The program's way in; Windows consoles are told to take Vietnamese."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    app()


if __name__ == "__main__":
    main()
