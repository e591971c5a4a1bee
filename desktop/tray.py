"""A printer's tray that is a folder: all copies of a voucher in one PDF, named by the voucher's number.

The file is written beside, flushed and renamed, so a sheet is whole or not there; the same voucher is
the same file, and printing it again after a crash changes nothing.
"""

from pathlib import Path

from desktop import files
from desktop.desk import Desk
from desktop.paper import draw_many
from desktop.sheets import copies, sheet_for
from desktop.words import Words


class Tray:
    """Sheets as files in `folder`, in the language of `words`."""

    def __init__(self, folder: Path, *, words: Words) -> None:
        self.folder = folder
        self._words = words

    def voucher(self, desk: Desk, number: int) -> int:
        """Put every copy of a voucher into the tray; how many there are. Raises `NotWritten`, `FacesMissing`."""
        sealed = desk.voucher(number)
        sheets = [
            sheet_for(sealed, desk.session, letter=desk.pack.letter, copy=copy, words=self._words)
            for copy in range(1, copies(sealed.entry.body.kind) + 1)
        ]
        path = self.folder / f"{desk.text_of(number)}.pdf"
        files.keep(path, draw_many(sheets))
        # The file before it is the same file: nothing would ever be brought back from it.
        path.with_name(path.name + ".prev").unlink(missing_ok=True)
        return len(sheets)
