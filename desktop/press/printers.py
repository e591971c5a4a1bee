"""What every printer is to this program: a name people know, the paper in it, a look before and one verb to print.

A printer says of each fault whether paper may have come out (`doubtful`). That is what decides afterwards whether
the voucher waits as if nothing had happened, or a person looks into the tray: an original that may be there is
never made again without its mark.

What a laptop remembers of a printer is a `Choice`, kept as text. What draws is imported with the first sheet: it
takes longer than the first window may.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, get_args

from sync.errors import Refusal, Unavailable

if TYPE_CHECKING:
    from desktop.sheets.sheet import Paper, Sheet

# A folder; a printer of the system; a roll printer on the network, on a device file, or behind a raw queue.
Kind = Literal["folder", "system", "network", "device", "queue"]
ROLL_KINDS: tuple[Kind, ...] = ("network", "device", "queue")
# What receipts can be printed on; the first is what a laptop begins with.
MEDIUMS: "tuple[Paper, ...]" = ("a5", "a6", "roll80", "roll58")
ROLL_MEDIUMS: "tuple[Paper, ...]" = ("roll80", "roll58")


class Choice(NamedTuple):
    """A printer somebody chose. `where` is its folder, name, `host:port` or device; `answers`: it was heard to answer."""

    kind: Kind
    where: str
    medium: "Paper"
    answers: bool = False

    def text(self) -> str:
        """As a laptop keeps it."""
        return json.dumps(self._asdict(), ensure_ascii=False)


def chosen(text: str) -> Choice | None:
    """A choice as it was kept; None where nothing was, or nothing that this program knows."""
    try:
        kept = Choice(**json.loads(text)) if text else None
    except (ValueError, TypeError):
        return None
    sound = kept is not None and kept.kind in get_args(Kind) and isinstance(kept.where, str)
    return kept if sound and kept is not None and kept.medium in (*MEDIUMS, "a4") else None


class Printer(Protocol):
    """`place` tells it from every other, as text of its choice."""

    medium: "Paper"

    @property
    def name(self) -> str: ...

    @property
    def place(self) -> str: ...

    def look(self) -> None:
        """Ask whether it can take paper now, printing nothing. Raises `Unavailable`."""

    def put(self, name: str, pdf: bytes) -> None:
        """Print a file. Raises `Unavailable`: nothing came out, but for a `PrinterFault` that is doubtful."""

    def came_out(self, name: str) -> bool | None:
        """Whether a file that was put is on paper; None where only a person can tell."""


def drawn(sheets: "Sequence[Sheet]", medium: "Paper") -> bytes:
    """Sheets as one PDF file for what the printer holds. Raises `FacesMissing`."""
    from desktop.press.paper import draw_many
    from desktop.sheets.sheet import on_paper

    return draw_many(tuple(on_paper(sheet, medium) for sheet in sheets))


def drawn_for(printer: Printer, sheets: "Sequence[Sheet]") -> bytes:
    """Sheets as one PDF file for a printer; what no receipt is keeps its own paper but on a roll."""
    from desktop.press.paper import draw_many

    return draw_many(sheets) if printer.medium == "a4" else drawn(sheets, printer.medium)


class PrinterFault(Unavailable):
    """A printer did not print. `doubtful`: paper may be out all the same."""

    def __init__(self, *, doubtful: bool = False, **facts: str | int) -> None:
        super().__init__(**facts)
        self.doubtful = doubtful


class PaperOut(PrinterFault):
    code = "printer.paper-out"
    vi = "Máy in {printer} hết giấy. Lắp giấy và đóng nắp; các phiếu đang chờ sẽ tự in tiếp."
    en = "Printer {printer} is out of paper. Put paper in and close it; what waits is printed by itself."


class CoverOpen(PrinterFault):
    code = "printer.cover-open"
    vi = "Nắp máy in {printer} đang mở. Đóng nắp; các phiếu đang chờ sẽ tự in tiếp."
    en = "The cover of printer {printer} is open. Close it; what waits is printed by itself."


class PrinterAway(PrinterFault):
    code = "printer.away"
    vi = "Không liên lạc được với máy in {printer} ({reason}). Kiểm tra điện, dây và mạng của máy in; các phiếu đang chờ sẽ tự in tiếp."
    en = "Printer {printer} cannot be reached ({reason}). Check its power, cable and network; what waits is printed by itself."


class PrinterOffline(PrinterFault):
    code = "printer.offline"
    vi = "Máy in {printer} báo chưa sẵn sàng. Xem đèn báo lỗi trên máy in và bấm nút nhận in; các phiếu đang chờ sẽ tự in tiếp."
    en = "Printer {printer} says it is not ready. Look at its lights and put it online; what waits is printed by itself."


class PrinterStopped(PrinterFault):
    code = "printer.stopped"
    vi = "Hàng đợi của máy in {printer} đang dừng. Mở phần Máy in của máy tính và cho in tiếp; các phiếu đang chờ sẽ tự in tiếp."
    en = "The queue of printer {printer} has stopped. Resume it in the computer's printer settings; what waits is printed by itself."


class PrinterGone(PrinterFault):
    code = "printer.gone"
    vi = "Máy tính không còn máy in {printer}. Cắm lại máy in, hoặc chọn máy in khác (Ctrl P rồi M)."
    en = "The computer no longer has printer {printer}. Plug it in again, or choose another one (Ctrl P, then M)."


class PrinterRefused(PrinterFault):
    code = "printer.refused"
    vi = "Máy in {printer} không nhận bản in ({reason}). Xem máy in rồi thử lại, hoặc chọn máy in khác (Ctrl P rồi M)."
    en = "Printer {printer} did not take the print ({reason}). Look at it and try again, or choose another one (Ctrl P, then M)."


class PrinterSilent(PrinterFault):
    code = "printer.silent"
    vi = "Máy in {printer} chưa báo in xong. Xem giấy ở máy in, rồi trả lời trong danh sách in (Ctrl P)."
    en = "Printer {printer} has not said that it finished. Look at the paper, then answer in the print queue (Ctrl P)."


class NotOnThisSystem(Refusal):
    code = "printer.not-on-this-system"
    vi = "Trên Windows chương trình chưa gửi được dữ liệu thô qua hàng đợi. Chọn máy in cuộn theo mạng (địa chỉ:cổng) hoặc theo cổng (COM3, \\\\máy\\tên chia sẻ)."
    en = "On Windows this program cannot send raw data through a queue. Choose the roll printer by its network address or its port (COM3, \\\\computer\\share)."


def folder_choice(folder: Path, medium: "Paper") -> Choice:
    """A folder as a printer."""
    return Choice("folder", str(folder), medium)
