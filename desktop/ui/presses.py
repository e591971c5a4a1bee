"""The printers of this laptop: the one for receipts, the one for A4 papers, and what became of what they were given.

They live as long as the window does: who locks in the middle of a receipt finds it answered for when they come back.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from desktop.press.printers import Choice, Printer, chosen, folder_choice
from desktop.press.tray import Tray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from desktop.desk import Desk
    from desktop.sheets.sheet import Sheet

# What a laptop remembers its printers under.
RECEIPTS, PAPERS = "printer/receipts", "printer/papers"


def printer_of(choice: Choice) -> Printer:
    """The printer somebody chose. Raises `NotOnThisSystem`."""
    match choice.kind:
        case "folder":
            return Tray(Path(choice.where), medium=choice.medium)
        case "system":
            from desktop.ui.system_printer import SystemPrinter

            return SystemPrinter(choice.where, medium=choice.medium)
        case _:
            from desktop.press.roll import roll_printer

            return roll_printer(choice)


class Presses:
    """`receipts` and `papers` are the folder the program was started with until somebody chooses."""

    def __init__(self, tray: Tray) -> None:
        self.tray = tray
        self.receipts: Printer = tray
        # What is no receipt keeps its own paper.
        self.papers: Printer = Tray(tray.folder, medium="a4")
        # By book and voucher: it came out, it did not, or (None) only a person can tell.
        self.ended: dict[tuple[bytes, int], bool | None] = {}

    def read(self, desk: "Desk") -> None:
        """The printers this laptop remembers."""
        self.take(receipts=chosen(desk.setting(RECEIPTS)), papers=chosen(desk.setting(PAPERS)))

    def take(self, *, receipts: Choice | None, papers: Choice | None) -> None:
        """Print on these from now on; None is the folder."""
        tray = self.tray
        self.receipts = self._known(receipts or folder_choice(tray.folder, tray.medium), self.receipts)
        self.papers = self._known(papers or folder_choice(tray.folder, "a4"), self.papers)

    @staticmethod
    def _known(choice: Choice, now: Printer) -> Printer:
        """A printer that is in use stays the one it is: it remembers what it was given."""
        return now if now.place == choice.text() else printer_of(choice)

    def printer_for(self, sheets: "Sequence[Sheet]") -> Printer:
        """Where a voucher's sheets go: a form of the office needs the printer that has A4, but from a roll."""
        from desktop.sheets.sheet import FORMS, ROLLS

        forms = any(sheet.paper in FORMS for sheet in sheets)
        return self.papers if forms and self.receipts.medium not in ROLLS else self.receipts

    def at(self, place: str) -> Printer | None:
        """The printer that something was handed to, as far as it is known any more."""
        known = next((one for one in (self.receipts, self.papers, self.tray) if one.place == place), None)
        choice = chosen(place)
        return known or (printer_of(choice) if choice else None)
