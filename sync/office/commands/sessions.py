"""From the core system's export to packs, and what comes back by file."""

from pathlib import Path
from typing import Annotated

import typer

from sync import mirror
from sync.errors import Fault
from sync.office import core_export, intake, mirrors, preparation, register, splitting
from sync.office.commands.terminal import HOME, Home, entered, read, say, typed_day, write

app = typer.Typer()


@app.command("import")
def import_(
    export: Path,
    folder: Home = HOME,
    as_of: Annotated[
        str,
        typer.Option(help="Số liệu của ngày nào, mặc định hôm nay · the day of its figures YYYY-MM-DD, default today"),
    ] = "",
) -> None:
    """Nạp tệp kết xuất của hệ thống lõi · Load the core system's export (folder, .zip, .xlsx)."""
    day = typed_day(as_of) if as_of else None
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
def prepare(
    point: Annotated[str, typer.Option(help="Mã điểm giao dịch · point code")],
    date: Annotated[str, typer.Option(help="Ngày phiên YYYY-MM-DD · session date")],
    folder: Home = HOME,
    device: Annotated[
        str, typer.Option(help="Chữ của máy; A,B: hai máy một bàn · the laptop's letter; A,B: two at one table")
    ] = "",
    split: Annotated[
        list[str] | None,
        typer.Option(help="Tổ của từng máy, A:8070117,8070118 · the groups of each laptop; by itself where it is not said"),
    ] = None,
    planned: Annotated[
        str, typer.Option(help="Ngày theo lịch, nếu là phiên bù · the day a make-up session was planned for YYYY-MM-DD")
    ] = "",
    again: Annotated[bool, typer.Option("--again", help="Thay gói chưa dùng · replace an unused pack")] = False,
    out: Annotated[Path | None, typer.Option(help="Ghi gói ra tệp (USB) · write the pack to a file")] = None,
) -> None:
    """Lập gói dữ liệu của một phiên · Make the sealed pack of a session."""
    day, letters = typed_day(date), [one for one in device.replace(",", " ").split() if one]
    with entered(folder) as office:
        planned_on = typed_day(planned) if planned else None
        if split or len(letters) > 1:
            chosen = splitting.typed(split or [], letters)
            packs = splitting.prepare(office, point_code=point, session_date=day, letters=letters, chosen=chosen,
                                      again=again, planned_on=planned_on)  # fmt: skip
        else:
            splitting.ask_alone(office, point_code=point, session_date=day, letter=device)
            packs = (preparation.prepare(office, point_code=point, session_date=day, letter=device, again=again,
                                         planned_on=planned_on),)  # fmt: skip
        for made in packs:
            if out is not None:
                write(out if len(packs) == 1 else out.with_stem(f"{out.stem}-{made.pack.letter}"), made.sealed)
            _tell(made)


def _tell(made: preparation.Prepared) -> None:
    """What a pack holds, and what is old about it."""
    terms = made.pack.terms
    if made.stale:
        say("Chú ý: có bút toán về sau lần nạp tệp gần nhất của điểm này; số dư trong gói có thể đã cũ.",
            "Note: entries of this point came in after the last load; balances in the pack may be old.", error=True)  # fmt: skip
    if terms.as_of and (old := (terms.session_date - terms.as_of).days) > terms.parameters.pack_days_max:
        say(f"Chú ý: số liệu ngày {terms.as_of:%d/%m/%Y} đã cũ {old} ngày; phiên này chỉ thu vào, không chi ra. Nạp tệp mới rồi lập lại gói (--again).",
            f"Note: the figures are of {terms.as_of}, {old} days old; this session takes money in and pays none out. Import again, then prepare --again.",
            error=True)  # fmt: skip
    if made.unserved:
        say(f"Chú ý: {made.unserved} phiếu điều chỉnh của người không còn ở điểm này; phòng giao dịch tự mời khách.",
            f"Note: {made.unserved} adjustment slips are of people who are not at this point any more; the office asks them in itself.",
            error=True)  # fmt: skip
    say(
        f"Gói {made.pack.pack.hex()[:8]}: {terms.point.point_name}, {terms.session_date:%d/%m/%Y}, máy {made.pack.letter}, "
        f"{f'{len(made.pack.groups)}/' if made.pack.groups else ''}{len(terms.groups)} Tổ, {len(terms.customers)} khách hàng, {len(terms.loans)} món vay, "
        f"{len(terms.bulletins)} thông báo, {len(terms.adjustments)} phiếu điều chỉnh.",
        f"Pack {made.pack.pack.hex()[:8]}: {len(made.sealed)} bytes, {len(terms.bulletins)} bulletins, {len(terms.adjustments)} adjustment slips, book {made.pack.book.hex()}.",
    )


@app.command()
def receive(files: list[Path], folder: Home = HOME) -> None:
    """Nhận lô hoặc bản sao từ USB; giấy báo nhận ghi cạnh tệp · Take batches or mirrors from a stick; each acknowledgement is written beside its file."""
    refused = 0
    with entered(folder) as office:
        for file in files:
            raw = read(file)
            try:
                words = mirrors.take(office, raw) if raw.startswith(mirror.MAGIC) else (intake.receive(office, batch=raw),)
            except Fault as fault:
                refused += 1
                say(f"{file.name}: {fault.sentence('vi')}", f"{file.name}: {fault.sentence('en')}", error=True)
                continue
            for signed in words:
                ack = intake.read_own(office, ack=signed)
                of = f"-{ack.book.hex()[:8]}" if len(words) > 1 else ""
                write(file.with_name(f"{file.stem}{of}.ack"), signed)
                say(f"{file.name}: {ack.status}, đã nhận đến số {ack.received}, an toàn đến {ack.safe}, lệch {ack.differences}.",
                    f"{file.name}: {ack.status}, received to {ack.received}, safe to {ack.safe}, {ack.differences} differences.")  # fmt: skip
    raise typer.Exit(1 if refused else 0)
