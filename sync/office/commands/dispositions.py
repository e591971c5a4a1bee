"""What the core system did with the lines of a session, said to the laptop that wrote them."""

from pathlib import Path
from typing import Annotated

import typer

from sync.office import dispositions, results
from sync.office.commands.terminal import HOME, Home, entered, read, say, whoever
from sync.office.dispositions import Asked
from sync.office.home import Office

app = typer.Typer()


@app.command()
def dispose(
    book: Annotated[str, typer.Argument(help="Mã sổ, 32 chữ số hex · a book's id")] = "",
    number: Annotated[int, typer.Argument(help="Số phiếu · the voucher's number")] = 0,
    line: Annotated[int, typer.Option(min=0, help="Dòng thứ mấy, 0: mọi dòng · which line, 0: all")] = 0,
    outcome: Annotated[str, typer.Option(help="accepted | suspense | returned | corrected")] = "",
    note: Annotated[str, typer.Option(help="Lý do · the reason")] = "",
    core_number: Annotated[str, typer.Option(help="Số hạch toán của hệ thống lõi · the core system's own number")] = "",
    account: Annotated[str, typer.Option(help="Tài khoản đã hạch toán · the account it was booked on")] = "",
    component: Annotated[str, typer.Option(help="Thành phần: principal, interest, deposit… · the component")] = "",
    amount: Annotated[int | None, typer.Option(help="Số tiền đã hạch toán · the amount that was booked")] = None,
    file: Annotated[Path | None, typer.Option(help="Tệp kết quả của hệ thống lõi (CSV) · the core system's result file")] = None,
    good_only: Annotated[bool, typer.Option("--good-only", help="Nhận các dòng đúng, nêu tên dòng sai · take the good rows, name the bad")] = False,
    folder: Home = HOME,
) -> None:
    """Ghi kết quả hạch toán từng dòng và báo về máy · Say what became of each line; its laptop is told."""
    if (file is None) == (not book) or (file is None and not (number and outcome)):
        raise typer.BadParameter("BOOK NUMBER --outcome … | --file FILE.csv")
    with entered(folder) as office:
        if file is not None:
            _from_file(office, file, good_only=good_only)
            return
        try:
            wanted = bytes.fromhex(book)
        except ValueError as error:
            raise typer.BadParameter("BOOK: hex") from error
        asked = Asked(number, line, outcome, core_number, account, component, amount, note)
        made = dispositions.dispose(office, book=wanted, asked=[asked], who=whoever())
        _told(made.new, made.known)


def _from_file(office: Office, file: Path, *, good_only: bool) -> None:
    taken = results.take(office, raw=read(file), who=whoever(), good_only=good_only)
    for one in taken.refused:
        say(f"{file.name}, dòng {one.row}: {one.fault.sentence('vi')}", f"{file.name}, row {one.row}: {one.fault.sentence('en')}", error=True)
    if taken.refused and not good_only:
        say(f"{len(taken.refused)} dòng sai nên chưa nhận dòng nào. Sửa tệp rồi chạy lại, hoặc thêm --good-only.",
            f"{len(taken.refused)} rows are wrong, so none was taken. Correct the file, or add --good-only.", error=True)  # fmt: skip
        raise typer.Exit(1)
    _told(taken.new, taken.known)
    raise typer.Exit(1 if taken.refused else 0)


def _told(new: int, known: int) -> None:
    say(f"Đã ghi kết quả {new} dòng mới, {known} dòng đã có từ trước. Máy nhận ở lần gửi sau hoặc qua USB.",
        f"{new} new results are kept, {known} were known. The laptop fetches them when it sends, or from a stick.")  # fmt: skip
