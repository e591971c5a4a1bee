"""What somebody at the office must settle: cases, and which of two histories is booked."""

import datetime
from typing import Annotated

import typer

from sync.money import figures
from sync.office import cases, decisions, overview
from sync.office.cases import Paper
from sync.office.commands.terminal import HOME, Home, entered, say, whoever
from sync.office.home import VIETNAM

case = typer.Typer(no_args_is_help=True, help="Việc cần giải quyết · Cases that wait for somebody")
app = typer.Typer()
app.add_typer(case, name="cases")


def _papers(rows: tuple[Paper, ...]) -> None:
    for one in rows:
        typer.echo(f"  {one.number} | {overview.KINDS.get(one.what, one.what)} | {one.party or '—'} | {figures(one.amount)} đ")


@case.command("list")
def listed(
    folder: Home = HOME,
    all_: Annotated[bool, typer.Option("--all", help="Cả việc đã giải quyết · settled ones too")] = False,
) -> None:
    """Những việc đang chờ, mới nhất trước · What waits, the newest first."""
    with entered(folder) as office:
        found = [one for one in cases.listed(office) if one.open or all_]
        for one in found:
            when = datetime.datetime.fromtimestamp(one.raised_s, tz=VIETNAM)
            state = f"{one.settled_by}: {one.note}" if one.settled_by else "đang chờ · waiting"
            typer.echo(f"{one.case_id} | {one.kind} | {one.book} | {one.number} | {one.about} | {when:%d/%m/%Y %H:%M} | {state}")
            say(one.vi, one.en)
            _papers(one.papers)
            if one.kind in ("fork", "taken-over"):
                with office.store.reading() as db:
                    sides = decisions.choices(office, db, book=bytes.fromhex(one.book), number=one.number)
                for side in sides:
                    booked = "ghi sổ · booked" if side.booked else "giữ riêng · kept beside"
                    typer.echo(f"  {side.head[:16].upper()} | {side.letter} | {side.entries} | {booked}")
        if not found:
            say("Không có việc nào đang chờ.", "Nothing waits.")


@case.command("settle")
def settle(
    case_id: Annotated[str, typer.Argument(metavar="CASE")],
    note: Annotated[str, typer.Option(help="Đã tìm ra điều gì · what was found out")],
    folder: Home = HOME,
    by: Annotated[str, typer.Option("--by", help="Người giải quyết · whoever settles it")] = "",
) -> None:
    """Ghi điều đã tìm ra và đóng một việc · Say what was found out and close a case."""
    with entered(folder) as office:
        cases.settle(office, case=case_id, note=note, who=by or whoever())
        say("Đã ghi.", "Kept.")


@case.command("difference")
def difference(
    book: Annotated[str, typer.Argument(metavar="BOOK")],
    number: Annotated[int, typer.Option(help="Số phiếu · the voucher's number")],
    note: Annotated[str, typer.Option(help="Đã tìm ra điều gì · what was found out")],
    folder: Home = HOME,
    sound: Annotated[bool, typer.Option("--sound/--handled", help="Phiếu đúng / đã xử lý · the voucher is sound / it was dealt with")] = False,
    by: Annotated[str, typer.Option("--by", help="Người giải quyết · whoever settles it")] = "",
) -> None:
    """Ghi điều đã tìm ra về khác biệt của một phiếu · Settle the differences of one voucher."""
    with entered(folder) as office:
        cases.settle_difference(office, book=overview.book_id(book), number=number, sound=sound, note=note, who=by or whoever())
        say("Đã ghi.", "Kept.")


@app.command("decide")
def decide(
    book: Annotated[str, typer.Argument(metavar="BOOK")],
    number: Annotated[int, typer.Option(help="Số đầu tiên có hai nhánh · the first number with two histories")],
    reason: Annotated[str, typer.Option(help="Vì sao · why")],
    by: Annotated[str, typer.Option("--by", help="Người quyết định · whoever decides")],
    folder: Home = HOME,
    keep: Annotated[str, typer.Option(help="Mã nhánh được ghi sổ, từ 8 chữ · head of the branch that is booked")] = "",
    set_aside: Annotated[str, typer.Option("--set-aside", help="Hoặc mã nhánh bị gạt ra · or of the one that is not")] = "",
) -> None:
    """Quyết định nhánh nào của sổ được ghi · Decide which of two histories of a book is booked."""
    if bool(keep) == bool(set_aside):
        raise typer.BadParameter("--keep HEAD | --set-aside HEAD")
    with entered(folder) as office:
        found = decisions.decide(
            office, book=overview.book_id(book), number=number, keep=keep, set_aside=set_aside, reason=reason, who=by
        )
        if found.again:
            say("Đã quyết định như vậy từ trước; không có gì thay đổi.", "It was decided so before; nothing changed.")
        else:
            say(f"Ghi sổ nhánh {found.kept[:16].upper()} từ số {number}; các máy được báo ở giấy báo nhận tới.",
                f"Branch {found.kept[:16].upper()} is booked from {number}; laptops are told with the next acknowledgement.")  # fmt: skip
        if found.set_aside:
            say("Không ghi sổ, cần hỏi và lập lại:", "Not booked, to be asked about and entered again:")
            _papers(found.set_aside)
