"""A book whose laptop and stick are both gone."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from sync import mirror
from sync.errors import Fault
from sync.money import figures
from sync.office import overview, photos, rebuilding
from sync.office.commands.terminal import HOME, Home, entered, read, say, whoever, write
from sync.office.rebuilding import Rebuilt
from sync.stick import names
from sync.stick.device import Letter, Stick

app = typer.Typer()
# Beside whatever the lost laptop left on the same stick: its own files count from one.
_REBUILT: Final = 99_999_999


@app.command("rebuild")
def rebuild(
    book: Annotated[str, typer.Argument(metavar="BOOK", help="Mã sổ, 32 chữ số hex · the book's id")],
    out: Annotated[Path, typer.Option(help="Tệp cho máy dự phòng, hoặc ổ USB · the file for the spare laptop, or a stick")],
    folder: Home = HOME,
    receipts: Annotated[Path | None, typer.Option(help="Tệp chữ trong mã biên lai, mỗi dòng một mã · texts of receipts' codes, one a line")] = None,
    pictures: Annotated[Path | None, typer.Option("--photos", help="Thư mục ảnh chụp biên lai · a folder of pictures of receipts")] = None,
    closing: Annotated[str, typer.Option(help="Chữ trong mã tờ khóa sổ · the text of the closing sheet's code")] = "",
) -> None:
    """Dựng lại sổ khi máy và USB đều mất · Rebuild a book whose laptop and stick are gone; says what is missing, by number."""
    with entered(folder) as office:
        texts = [one for one in (read(receipts).decode("utf-8", "replace").splitlines() if receipts else []) if one.strip()]
        for picture in sorted(pictures.iterdir()) if pictures else []:
            try:
                texts += photos.codes(read(picture))
            except Fault as fault:
                say(f"{picture.name}: {fault.sentence('vi')}", f"{picture.name}: {fault.sentence('en')}", error=True)
        wanted = overview.book_id(book)
        found = rebuilding.missing(office, book=wanted, receipts=texts, closing=closing)
        _tell(found, texts)
        rebuilding.ask(office, found, who=whoever())
        _put(out, rebuilding.file(office, book=wanted), draw=office.draw)
        say(f"Tệp cho máy dự phòng, phiếu 1 đến {found.received}: {out}. Máy dự phòng làm tiếp từ đó, nhập lại phiếu thiếu với số giấy là số cũ.",
            f"The file for the spare laptop, vouchers 1 to {found.received}: {out}. It goes on from there; enter what is missing under its old number.")  # fmt: skip


def _put(out: Path, raw: bytes, *, draw: Callable[[int], bytes]) -> None:
    """Where a spare laptop finds it: on a stick among the mirrors, or a file of any name."""
    if not out.is_dir():
        write(out, raw)
        return
    header = mirror.read_header(raw)
    stick = Stick.open(out, draw=draw)
    stick.make(names.MIRROR)
    name = names.letter_name("mirror", device=header.device, subject=header.book, numbers=(_REBUILT,))
    stick.keep(names.MIRROR, [Letter(name, raw, mirror.read_header)])
    stick.finish()


def _tell(found: Rebuilt, texts: list[str]) -> None:
    """What is missing, by number, and what papers say of it."""
    for place, why in found.strange:
        text = texts[place] if place < len(texts) else "--closing"
        typer.echo(f"? {text[:24]}… {why}")
    stretches = {one.first: one for one in found.stretches}
    for one in found.missing:
        if one.stub is not None:
            stub = one.stub
            typer.echo(f"{one.text} | {stub.business_date:%d/%m/%Y} | {figures(stub.amount)} đ | lũy kế thu · in {figures(stub.cash_in)} | "
                       f"lũy kế chi · out {figures(stub.cash_out)}")  # fmt: skip
            continue
        typer.echo(f"{one.text} | không có biên lai · no receipt")
        if run := stretches.get(one.number):
            if run.cash_in is None or run.cash_out is None:
                say(f"  Số {run.first}-{run.last}: chưa có giấy nào sau đó để biết thu chi.", f"  {run.first}-{run.last}: no later paper bounds them.")
            else:
                say(f"  Số {run.first}-{run.last}: thu {figures(run.cash_in)} đ, chi {figures(run.cash_out)} đ.",
                    f"  {run.first}-{run.last}: {figures(run.cash_in)} đ in, {figures(run.cash_out)} đ out.")  # fmt: skip
    say(f"Văn phòng có phiếu 1 đến {found.received}; thiếu {len(found.missing)} phiếu đến số {found.last}.",
        f"The office has 1 to {found.received}; {len(found.missing)} are missing, up to {found.last}.")  # fmt: skip
    if not found.closed:
        say(f"Chưa có tờ khóa sổ: sau số {found.last} có thể còn phiếu nữa.", f"No closing sheet: there may be more after {found.last}.")
