"""The lines of one visit: what a person wants to pay, each amount open to typing."""

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from desktop.ui.amount_cells import AmountCells, AmountModel, AmountTable
from desktop.ui.amounts import AmountEdit
from desktop.ui.counter import Counter, account_text
from desktop.ui.tables import Cell, Column, Index
from sync.loans import Dues, interest_lines
from sync.money import figures
from sync.terms import Deposit
from sync.voucher import Wish

if TYPE_CHECKING:
    from desktop.listing import Person

AMOUNT = 2


class Wanted(NamedTuple):
    """A line as it is being keyed; `dues` is the loan's, None for a deposit."""

    code: str
    account: str
    amount: int
    dues: Dues | None


class LinesModel(AmountModel):
    """Lines in the order they were keyed."""

    def __init__(self, counter: Counter) -> None:
        say = counter.say
        super().__init__(
            counter,
            (
                Column(say("customers.line")),
                Column(say("customers.account"), 130),
                Column(say("customers.amount"), 170, right=True),
            ),
            typed=(AMOUNT,),
        )
        self.person: Person | None = None
        self.lines: list[Wanted] = []

    def show_person(self, person: "Person | None", *, keep: bool) -> None:
        """Whose lines these are; another person's voucher begins empty."""
        self.person = person
        if not keep:
            self.clear()

    def clear(self) -> None:
        self._set([])

    def _set(self, lines: list[Wanted]) -> None:
        self.beginResetModel()
        self.lines = lines
        self.things = list(lines)
        self.endResetModel()
        self.edited.emit()

    def cell(self, row: int, column: int) -> Cell:
        line = self.lines[row]
        if column == AMOUNT:
            return Cell(figures(line.amount) if line.amount else "—", box=True)
        if column == 1:
            return Cell(account_text(line.account))
        return Cell(self.counter.say(f"code.{line.code}"), second=self._parts(line))

    def _parts(self, line: Wanted) -> str:
        """The components an amount of interest goes to, where there is more than one."""
        if line.code != "TL" or line.dues is None:
            return ""
        made, left = interest_lines(line.amount, [line.dues])
        if left:
            return self.counter.say("customers.interest_over", amount=left)
        if len(made) < 2:
            return ""
        return " + ".join(f"{self.counter.line_name(one)} {figures(one.amount)}" for one in made)

    def row_name(self, row: int) -> str:
        return self.cell(row, 0).text

    def amount_at(self, row: int, _column: int) -> int | None:
        return self.lines[row].amount or None

    def put(self, row: int, _column: int, amount: int | None) -> None:
        self.take(row, amount or 0)

    def wanted(self, key: str, here: object) -> Wanted | None:
        """The line a key asks for, at the account under the cursor or the first that fits; None: there is none."""
        if self.person is None:
            return None
        if key == "T":
            held = [here] if isinstance(here, Deposit) else []
            held += [one for one, _ in self.person.deposits]
            account = next((one for one in held if one.kind == "member"), None)
            return Wanted("TT", account.account_no, 0, None) if account else None
        loans = [here] if isinstance(here, Dues) else []
        return next((line for dues in (*loans, *self.person.dues) if (line := _of_loan(key, dues))), None)

    def add(self, line: Wanted) -> int:
        """Its row; a line of the same kind and account is not keyed twice."""
        for at, one in enumerate(self.lines):
            if (one.code, one.account) == (line.code, line.account):
                return at
        self._set([*self.lines, line])
        return len(self.lines) - 1

    def restore(self, kept: list[list[str | int]]) -> None:
        """Lines that were kept as a draft, for the person shown."""
        dues = {one.loan.loan_code: one for one in self.person.dues} if self.person else {}
        self._set([Wanted(str(code), str(account), int(amount), dues.get(str(account))) for code, account, amount in kept])

    def drop(self, row: int) -> None:
        if 0 <= row < len(self.lines):
            self._set([one for at, one in enumerate(self.lines) if at != row])

    def take(self, row: int, amount: int) -> None:
        self.lines[row] = self.lines[row]._replace(amount=amount)
        self.dataChanged.emit(self.index(row, 0), self.index(row, AMOUNT))
        self.edited.emit()

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def wishes(self) -> tuple[Wish, ...]:
        return tuple(Wish(line.code, line.account, line.amount) for line in self.lines)


def _of_loan(key: str, dues: Dues) -> Wanted | None:
    owed, code = dues.by_component, dues.loan.loan_code
    if key == "L":
        return Wanted("TL", code, dues.interest, dues) if dues.interest else None
    if owed["overdue_principal"]:
        return Wanted("TQ", code, owed["overdue_principal"], dues)
    if owed["principal"]:
        return Wanted("TG", code, min(dues.loan.next_instalment_amount or owed["principal"], owed["principal"]), dues)
    return None


class LineCells(AmountCells):
    """The amount of a line: Enter takes it and goes on; a letter where no digit is yet is the page's key."""

    letter = Signal(str)

    def __init__(self, model: LinesModel) -> None:
        super().__init__(model, steps=_STEPS)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> AmountEdit:
        editor, row = super().createEditor(parent, option, index), index.row()

        def follow() -> None:
            if editor.isModified() and editor.fault is None:
                self.model.put(row, AMOUNT, editor.amount)

        editor.changed.connect(follow)
        return editor

    def own_key(self, editor: AmountEdit, event: QKeyEvent) -> bool:
        untouched = not editor.text() or editor.hasSelectedText()
        if event.text().upper() not in ("G", "L", "T") or not untouched:
            return False
        self.end(editor)
        self.letter.emit(event.text().upper())
        return True


_STEPS = {
    Qt.Key.Key_Return: (1, AMOUNT),
    Qt.Key.Key_Enter: (1, AMOUNT),
    Qt.Key.Key_Down: (1, AMOUNT),
    Qt.Key.Key_Tab: (1, AMOUNT),
    Qt.Key.Key_Up: (-1, AMOUNT),
}


class LinesTable(AmountTable):
    """The lines with their cursor in the amount."""

    letter = Signal(str)

    def __init__(self, model: LinesModel, *, name: str) -> None:
        cells = LineCells(model)
        super().__init__(cells, name=name)
        cells.letter.connect(self.letter.emit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Escape):
            event.ignore()  # the page's keys
        else:
            super().keyPressEvent(event)
