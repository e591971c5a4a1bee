"""A printer's tray that is a folder: all copies of a voucher in one PDF, named by the voucher's number.

What is cut apart or handed out beside the voucher (a group's member slips) is a file of its own, `<number>-members`.

The file is written beside, flushed and renamed, so a sheet is whole or not there; the same voucher is
the same file, and printing it again after a crash changes nothing. What draws is imported with the
first sheet: it takes longer than the first window may.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from desktop import files
from desktop.press.printers import drawn_for, folder_choice

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.sheets.sheet import Paper, Sheet
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
    return name_of(desk, number, copy_of=copy_of), sheets


def attached_to(desk: "Desk", number: int, *, words: "Words", copy_of: int) -> tuple[tuple[str, Sheets], ...]:
    """Further files of a voucher by their names; they are no copies of it and are not counted as such."""
    from desktop.sheets.entries import attachments

    made = attachments(
        desk.voucher(number), desk.session, letter=desk.pack.letter, words=words, copy_of=copy_of
    )
    whose = name_of(desk, number, copy_of=copy_of)
    return tuple((f"{whose}-{name}", (sheet,)) for name, sheet in made)


def name_of(desk: "Desk", number: int, *, copy_of: int) -> str:
    """What a voucher's file is called."""
    return desk.text_of(number) + (f"-sao-{copy_of}" if copy_of else "")


def files_of(desk: "Desk", number: int, *, words: "Words", copy_of: int) -> tuple[tuple[str, Sheets], ...]:
    """Every file of a voucher by its name. The copies come last: they are what is counted, and all else is out by then."""
    further = attached_to(desk, number, words=words, copy_of=copy_of)
    return (*further, sheets_of(desk, number, words=words, copy_of=copy_of))


class Tray:
    """Sheets as files in `folder`; `medium` is the paper its receipts are made for."""

    def __init__(self, folder: Path, *, medium: "Paper" = "a5") -> None:
        self.folder, self.medium = folder, medium

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def place(self) -> str:
        return folder_choice(self.folder, self.medium).text()

    def voucher(self, desk: "Desk", number: int, *, words: "Words") -> int:
        """Put every copy of a voucher, and what goes with it, into the tray; how many copies there are.

        Raises `NotWritten`, `FacesMissing`.
        """
        made = files_of(desk, number, words=words, copy_of=0)
        for name, sheets in made:
            self.print_sheets(name, sheets=sheets)
        return len(made[-1][1])

    def print_sheets(self, name: str, *, sheets: Sheets) -> None:
        """One file, whole or not at all. Raises `NotWritten`, `FacesMissing`."""
        self.put(name, drawn_for(self, sheets))

    def look(self) -> None:
        """The folder is there, or is made: whoever asks it later what came out is answered by it alone. Raises `NotWritten`."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise files.NotWritten(reason=error.strerror or type(error).__name__) from error

    def put(self, name: str, pdf: bytes) -> None:
        """One file, whole or not at all. Raises `NotWritten`."""
        path = self.folder / f"{name}.pdf"
        files.keep(path, pdf)
        # The file before it is the same file: nothing would ever be brought back from it.
        path.with_name(f"{path.name}.prev").unlink(missing_ok=True)

    def came_out(self, name: str) -> bool | None:
        """The file is there, or nothing is; None where the folder is away (a stick that was pulled out) or cannot be read."""
        try:
            return (self.folder / f"{name}.pdf").exists() if self.folder.is_dir() else None
        except OSError:
            return None
