"""Paper that comes back: receipts and closing sheets."""

from pathlib import Path
from typing import Annotated

import typer

from sync.office import closing, photos, receipt_page, receipts, telling
from sync.office.commands.terminal import HOME, Home, entered, read, say, typed_day, whoever, write

app = typer.Typer()


@app.command("verify-receipt")
def verify_receipt(
    text: Annotated[str, typer.Argument(help="Chữ trong mã · the code's text")] = "",
    other: Annotated[str, typer.Option("--with", help="Chữ trong mã của biên lai thứ hai · a second receipt's text")] = "",
    photo: Annotated[Path | None, typer.Option(help="Ảnh PNG, JPG có mã · a picture of the papers")] = None,
    folder: Home = HOME,
) -> None:
    """Kiểm tra biên lai bằng chữ trong mã QR hoặc ảnh chụp · Check receipts by the text of their QR codes, or a photo."""
    with entered(folder) as office:
        texts = [one for one in (text, other) if one] + list(photos.codes(read(photo)) if photo else ())
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
    folder: Home = HOME,
    out: Annotated[Path | None, typer.Option(help="Tệp HTML sẽ ghi · the HTML file to write")] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Giữ các phiên của bao nhiêu ngày · sessions of how many days")] = receipt_page.DAYS,
    checked: Annotated[Path | None, typer.Option("--check", help="Trang này có phải của văn phòng không · is this page ours")] = None,
) -> None:
    """Lập một trang HTML kiểm tra biên lai không cần mạng · Write one HTML file that checks receipts with no network."""
    if (out is None) == (checked is None):
        raise typer.BadParameter("--out FILE | --check FILE")
    with entered(folder) as office:
        if checked is not None:
            receipt_page.check(office, page=read(checked), name=checked.name)
            say("Trang này do văn phòng lập và chưa bị sửa.", "This page is the office's and was not changed.")
        elif out is not None:
            made = receipt_page.receipt_page(office, days=days)
            write(out, made)
            say(f"Đã ghi {out}, {len(made) // 1024 + 1} KB.", f"Wrote {out}, {len(made)} bytes. It says what the office knows now.")


def _figures(said: list[str]) -> dict[str, str]:
    """`TG=1.234.000` options by their names."""
    pairs = [one.partition("=") for one in said]
    if any(not sign for _, sign, _ in pairs):
        raise typer.BadParameter("TG=1.234.000")
    return {name.strip(): text for name, _, text in pairs}


@app.command("compare-closing")
def compare_closing(
    folder: Home = HOME,
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
        text = closing.code_among(photos.codes(read(photo))) if photo is not None else code
        place = closing.Place(point, typed_day(date) if date else None, letter)
        found = closing.compare(office, figures=typed, code=text, place=place, book=None, who=whoever())
        typer.echo(found.verdict)
        say(found.vi, found.en)
        typer.echo(found.about)
        marks = {"agrees": "khớp · agrees", "differs": "KHÁC · DIFFERS", "not-come": "chưa về · not come"}
        for one in found.figures:
            vi, en = closing.LABELS.get(one.name, (one.name, one.name))
            source = " (mã vuông · code)" if one.by_code else ""
            typer.echo(f"{vi} · {en}{source}: {marks[one.outcome]} | {one.sheet} | {one.book or '—'}")
        raise typer.Exit(0 if found.verdict == "agrees" else 1)
