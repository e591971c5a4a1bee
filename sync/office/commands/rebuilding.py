"""A book whose laptop and stick are both gone."""

from pathlib import Path
from typing import Annotated

import typer

from sync.errors import Fault
from sync.money import figures
from sync.office import overview, photos, rebuilding
from sync.office.commands.terminal import HOME, Home, entered, read, say, whoever, write
from sync.office.rebuilding import Rebuilt

app = typer.Typer()


@app.command("rebuild")
def rebuild(
    book: Annotated[str, typer.Argument(metavar="BOOK", help="Mã sổ, 32 chữ số hex · the book's id")],
    out: Annotated[Path, typer.Option(help="Tệp cho máy dự phòng · the file for the spare laptop")],
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
        write(out, rebuilding.file(office, book=wanted))
        say(f"Tệp cho máy dự phòng, phiếu 1 đến {found.received}: {out}. Máy dự phòng làm tiếp từ đó, nhập lại phiếu thiếu với số giấy là số cũ.",
            f"The file for the spare laptop, vouchers 1 to {found.received}: {out}. It goes on from there; enter what is missing under its old number.")  # fmt: skip


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
