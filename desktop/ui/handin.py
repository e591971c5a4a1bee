"""The group sheet's table: cash handed in by each member, split at once, interest first.

A row is *taken* once somebody said what was handed in; 0 says the member did not pay. What is shown as
the split is what the rules would make of it; the desk decides again when it is posted.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent

from desktop.ui.amount_cells import PLAIN, AmountCells, AmountModel, AmountTable
from desktop.ui.amounts import AmountEdit
from desktop.ui.counter import Counter
from desktop.ui.tables import Cell, Column
from sync.money import figures

if TYPE_CHECKING:
    from desktop.listing import GroupSheet, SheetRow

CASH, INTEREST = 5, 6
_DASH = "—"


class SheetModel(AmountModel):
    """Members in the office's order. `cash` and `interest` are what was typed, by customer."""

    def __init__(self, counter: Counter) -> None:
        say = counter.say
        super().__init__(
            counter,
            (
                Column(say("groups.no"), 40),
                Column(say("groups.member")),
                Column(say("groups.loan"), 112),
                Column(say("groups.principal"), 92, right=True),
                Column(say("groups.due"), 84, right=True),
                Column(say("groups.cash"), 100, right=True),
                Column(say("groups.to_interest"), 80, right=True),
                Column(say("groups.to_deposit"), 86, right=True),
                Column(say("groups.signed"), 36),
            ),
            typed=(CASH, INTEREST),
        )
        self.members: tuple[SheetRow, ...] = ()
        self.cash: dict[str, int] = {}
        self.interest: dict[str, int] = {}
        self._before: list[tuple[str, int | None, int | None]] = []

    def show_sheet(self, sheet: "GroupSheet | None") -> None:
        """Another group, nothing typed."""
        self.beginResetModel()
        self.members = sheet.rows if sheet else ()
        self.things = list(self.members)
        self.cash, self.interest, self._before = {}, {}, []
        self.endResetModel()
        self.edited.emit()

    def restore(self, cash: Mapping[str, int], interest: Mapping[str, int]) -> None:
        """What was typed before a lock or a power cut."""
        known = {one.customer.customer_code for one in self.members}
        self.cash = {code: amount for code, amount in cash.items() if code in known}
        self.interest = {code: amount for code, amount in interest.items() if code in self.cash}
        self._tell()

    def code(self, row: int) -> str:
        return self.members[row].customer.customer_code

    def split(self, row: int) -> tuple[int, int]:
        """(interest, deposit) of what a member handed in."""
        member, code = self.members[row].member, self.code(row)
        handed = self.cash.get(code, 0)
        taken = min(self.interest.get(code, handed), handed, member.interest)
        return taken, handed - taken

    def suggestion(self, row: int) -> int:
        return self.members[row].member.suggestion

    def cell(self, row: int, column: int) -> Cell:
        one = self.members[row]
        taken = one.customer.customer_code in self.cash
        tone = "muted" if taken else "ink"
        if column == 1:
            late = self.counter.say("overdue", days=one.overdue_days) if one.overdue_days else ""
            return Cell(one.customer.full_name, tone, chip=late, bold_here=True)
        if column == 8:
            return Cell(icon="check", tone="ok") if taken and self.cash[self.code(row)] else Cell("·", "muted")
        texts = (
            str(row + 1), "", self._loans(one), figures(one.principal), figures(one.member.interest),
            figures(self.cash[self.code(row)]) if taken else _DASH, "", "",
        )  # fmt: skip
        if column in (INTEREST, INTEREST + 1):
            amount = self.split(row)[column - INTEREST]
            short = column == INTEREST and taken and amount < one.member.interest
            return Cell(figures(amount) if taken else _DASH, "warn" if short else tone)
        return Cell(texts[column], tone, box=column == CASH)

    def _loans(self, one: "SheetRow") -> str:
        dues = one.member.dues
        if not dues:
            return self.counter.say("groups.no_loan")
        if len(dues) > 1:
            return self.counter.say("groups.loans", count=len(dues))
        loan = dues[0].loan
        return f"{_short(self.counter.programme(loan.programme_code))} …{loan.loan_code[-4:]}"

    def row_name(self, row: int) -> str:
        return self.members[row].customer.full_name

    def amount_at(self, row: int, column: int) -> int | None:
        if column == INTEREST:
            return self.split(row)[0]
        return self.cash.get(self.code(row), self.suggestion(row))

    def put(self, row: int, column: int, amount: int | None) -> None:
        if column == CASH:
            self.take(row, amount)
        elif amount is not None:
            handed = self.cash.get(self.code(row), 0)
            self.take_interest(row, min(amount, handed, self.members[row].member.interest))

    def take(self, row: int, amount: int | None) -> None:
        """What a member handed in; None: nobody has said yet."""
        self._remember(row)
        code = self.code(row)
        self.interest.pop(code, None)
        if amount is None:
            self.cash.pop(code, None)
        else:
            self.cash[code] = amount
        self._tell(row)

    def take_interest(self, row: int, amount: int) -> None:
        """The part that is interest, changed by hand."""
        self._remember(row)
        self.interest[self.code(row)] = amount
        self._tell(row)

    def take_remaining(self) -> None:
        """Everyone nobody has spoken for hands in what is suggested."""
        for row in range(len(self.members)):
            if self.code(row) not in self.cash:
                self._remember(row)
                self.cash[self.code(row)] = self.suggestion(row)
        self._tell()

    def undo(self) -> int | None:
        """Take the last change of a cell back; its row."""
        if not self._before:
            return None
        code, cash, interest = self._before.pop()
        for typed, amount in ((self.cash, cash), (self.interest, interest)):
            if amount is None:
                typed.pop(code, None)
            else:
                typed[code] = amount
        self._tell()
        return next(row for row in range(len(self.members)) if self.code(row) == code)

    def _remember(self, row: int) -> None:
        code = self.code(row)
        self._before.append((code, self.cash.get(code), self.interest.get(code)))

    def _tell(self, row: int | None = None) -> None:
        """One row changed, or all of them; only what changed is painted again."""
        if self.members:
            first, last = (0, len(self.members) - 1) if row is None else (row, row)
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))
        self.edited.emit()

    @property
    def total(self) -> int:
        return sum(self.cash.values())

    @property
    def interest_total(self) -> int:
        return sum(self.split(row)[0] for row in range(len(self.members)) if self.code(row) in self.cash)

    @property
    def interest_due(self) -> int:
        return sum(one.member.interest for one in self.members)

    @property
    def stranded(self) -> int | None:
        """The first row with change and no deposit account to put it in, or None."""
        for row, one in enumerate(self.members):
            if self.code(row) in self.cash and not one.member.deposit_account and self.split(row)[1]:
                return row
        return None


def _short(programme: str) -> str:
    """The first letters of a programme's name, which is how the list names it."""
    words = programme.split()
    return programme if len(words) < 2 else "".join(word[0] for word in words[:4]).upper()


class SheetCells(AmountCells):
    """Fields of the sheet: Enter takes and goes down, Tab goes to the split, `/` looks for a member."""

    slash = Signal()

    def __init__(self, model: SheetModel) -> None:
        super().__init__(model, steps=_STEPS, quiet=_QUIET)

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        if isinstance(editor, AmountEdit) and isinstance(event, QKeyEvent) and _undoes(event):
            event.ignore()  # the page's key takes the cell back; the field would only take letters back
            return True
        return super().eventFilter(editor, event)

    def own_key(self, _editor: AmountEdit, event: QKeyEvent) -> bool:
        if event.text() == "/":
            self.slash.emit()
        return event.text() == "/"

    def other_key(self, _editor: AmountEdit, _event: QKeyEvent) -> bool:
        return False


def _undoes(event: QKeyEvent) -> bool:
    undo = event.key() == Qt.Key.Key_Z and event.modifiers() == Qt.KeyboardModifier.ControlModifier
    return undo and event.type() == QEvent.Type.ShortcutOverride


_QUIET = PLAIN | Qt.KeyboardModifier.ShiftModifier
_STEPS = {
    Qt.Key.Key_Return: (1, CASH),
    Qt.Key.Key_Enter: (1, CASH),
    Qt.Key.Key_Down: (1, CASH),
    Qt.Key.Key_Up: (-1, CASH),
    Qt.Key.Key_Tab: (0, INTEREST),
    Qt.Key.Key_Backtab: (0, CASH),
}


class SheetTable(AmountTable):
    """The sheet with its cursor: the current row's cell is always open for typing."""

    slash = Signal()

    def __init__(self, model: SheetModel, *, name: str) -> None:
        cells = SheetCells(model)
        super().__init__(cells, name=name)
        cells.slash.connect(self.slash.emit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() == "/":
            self.slash.emit()
        elif event.text().isdigit() and not event.modifiers() & ~_QUIET:
            self.type_at(max(self.currentIndex().row(), 0))
            if (editor := self.open_editor) is not None:
                editor.setText(event.text())
                editor.setModified(True)
        else:
            super().keyPressEvent(event)
