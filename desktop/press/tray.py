"""A printer's tray that is a folder: all copies of a voucher in one PDF, named by the voucher's number.

What is cut apart or handed out beside the voucher (a group's member slips) is a file of its own, `<number>-members`.

The file is written beside, flushed and renamed, so a sheet is whole or not there; the same voucher is
the same file, and printing it again after a crash changes nothing. What draws is imported with the
first sheet: it takes longer than the first window may.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from desktop import files

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.sheets.sheet import Sheet
    from desktop.words import Words

Sheets = tuple["Sheet", ...]


def sheets_of(desk: "Desk", number: int, *, words: "Words", copy_of: int) -> tuple[str, Sheets]:
    """A voucher's name on paper and every copy of it; `copy_of` counts reprints, and marks the sheets as such."""
    from desktop.sheets.entries import copies, sheet_for

    sealed = desk.voucher(number)
    sheets = tuple(
        sheet_for(sealed, desk.session, letter=desk.pack.letter, copy=copy, words=words, copy_of=copy_of)
        for copy in range(1, copies(sealed.entry.body.kind) + 1)
    )
    return desk.text_of(number) + (f"-sao-{copy_of}" if copy_of else ""), sheets


def attached_to(desk: "Desk", number: int, *, words: "Words", copy_of: int) -> tuple[tuple[str, Sheets], ...]:
    """Further files of a voucher by their names; they are no copies of it and are not counted as such."""
    from desktop.sheets.entries import attachments

    made = attachments(
        desk.voucher(number), desk.session, letter=desk.pack.letter, words=words, copy_of=copy_of
    )
    again = f"-sao-{copy_of}" if copy_of else ""
    return tuple((f"{desk.text_of(number)}{again}-{name}", (sheet,)) for name, sheet in made)


class Tray:
    """Sheets as files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def voucher(self, desk: "Desk", number: int, *, words: "Words") -> int:
        """Put every copy of a voucher, and what goes with it, into the tray; how many copies there are.

        Raises `NotWritten`, `FacesMissing`.
        """
        name, sheets = sheets_of(desk, number, words=words, copy_of=0)
        for also, more in attached_to(desk, number, words=words, copy_of=0):
            self.print_sheets(also, sheets=more)
        self.print_sheets(name, sheets=sheets)
        return len(sheets)

    def print_sheets(self, name: str, *, sheets: Sheets) -> None:
        """One file, whole or not at all. Raises `NotWritten`, `FacesMissing`."""
        from desktop.press.paper import draw_many

        path = self.folder / f"{name}.pdf"
        files.keep(path, draw_many(sheets))
        # The file before it is the same file: nothing would ever be brought back from it.
        path.with_name(f"{path.name}.prev").unlink(missing_ok=True)
