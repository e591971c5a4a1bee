"""The lines of one visit: what a person pays, saves, moves and takes, each amount open to typing."""

import datetime
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from desktop.ui import wanted
from desktop.ui.accounts import in_sentence
from desktop.ui.amount_cells import ENTER, AmountCells, AmountModel, AmountTable
from desktop.ui.amounts import AmountEdit
from desktop.ui.counter import Counter, account_text
from desktop.ui.tables import Cell, Column, Index
from desktop.ui.wanted import Wanted
from sync.loans import Dues, interest_lines
from sync.money import figures
from sync.terms import Deposit
from sync.voucher import Wish

if TYPE_CHECKING:
    from desktop.listing import Closing, Person

AMOUNT = 2
# Each key adds lines of a kind: principal, interest, deposit, withdrawal, deposit to debt, savings, savings paid out.
LINE_KEYS = ("G", "L", "T", "R", "C", "K", "Z")
# As many steps back as anybody remembers having keyed.
UNDO_MAX = 50


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
        self._before: list[list[Wanted]] = []
        self._typed_row = -1

    # What is shown

    def show_person(self, person: "Person | None", *, keep: bool) -> None:
        """Whose lines these are; another person's voucher begins empty."""
        self.person = person
        if not keep:
            self.clear()

    def clear(self) -> None:
        self._before = []
        self._show([])

    def _show(self, lines: list[Wanted]) -> None:
        self._typed_row = -1
        self.beginResetModel()
        self.lines = lines
        self.things = list(lines)
        self.endResetModel()
        self.edited.emit()

    def _set(self, lines: Sequence[Wanted]) -> None:
        """Other lines, which one step back takes away again."""
        self._remember()
        self._show(list(lines))

    def _remember(self) -> None:
        self._before = [*self._before, list(self.lines)][-UNDO_MAX:]

    def undo(self) -> bool:
        """Take the last change back; False where there is none."""
        if not self._before:
            return False
        self._show(self._before.pop())
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        found = super().flags(index)
        fixed = index.row() < len(self.lines) and self.lines[index.row()].fixed
        return found & ~Qt.ItemFlag.ItemIsEditable if fixed else found

    def cell(self, row: int, column: int) -> Cell:
        line = self.lines[row]
        if column == AMOUNT:
            tone = "muted" if line.optional and not line.amount else "ink"
            return Cell(figures(line.amount) if line.amount else "—", tone, box=not line.fixed)
        if column == 1:
            return Cell(account_text(line.account))
        return Cell(self.name_of(line), second=line.note or self._parts(row, line))

    def name_of(self, line: Wanted) -> str:
        """What a line is for, in words."""
        say = self.counter.say
        if line.optional:
            return say("customers.pays", what=in_sentence(say(f"component.{line.component}")))
        if line.component == "savings_interest":
            return say("component.savings_interest")
        return say(f"code.{line.code}")

    def _parts(self, row: int, line: Wanted) -> str:
        """What a debt of a transfer still owes; the components of interest, where there is more than one."""
        if line.dues is None or (line.code != "TL" and not line.optional):
            return ""
        owed = wanted.left(line.dues, (one for one in self.lines[:row] if one.code != "CT" or not line.optional))
        if line.optional:
            return self.counter.say("customers.owes", amount=owed.by_component[line.component])
        made, over = interest_lines(line.amount, [owed])
        if over:
            return self.counter.say("customers.interest_over", amount=over)
        if len(made) < 2:
            return ""
        return " + ".join(f"{self.counter.line_name(one)} {figures(one.amount)}" for one in made)

    def row_name(self, row: int) -> str:
        return self.cell(row, 0).text

    def amount_at(self, row: int, _column: int) -> int | None:
        return self.lines[row].amount or None

    def put(self, row: int, _column: int, amount: int | None) -> None:
        self.take(row, amount or 0)

    def take(self, row: int, amount: int) -> None:
        """An amount was typed. Both sides of a transfer follow each other: the sum is split, or a part changes it."""
        line = self.lines[row]
        if amount == line.amount:
            return
        if row != self._typed_row:  # all that is typed in one field is one step
            self._remember()
            self._typed_row = row
        lines = [one._replace(amount=amount) if at == row else one for at, one in enumerate(self.lines)]
        if line.code == "CT":
            lines = wanted.evened(lines) if line.optional else wanted.split(lines, on=self._today)
        # The rows stay where they are, so that the field being typed in stays open.
        self.lines, self.things = lines, list(lines)
        self.dataChanged.emit(self.index(0, 0), self.index(len(lines) - 1, AMOUNT))
        self.edited.emit()

    # What the keys add

    @property
    def _today(self) -> datetime.date:
        return self.counter.roll.terms.session_date

    def _first(self, here: object, fits: Callable[[Deposit], bool]) -> "tuple[Deposit, int] | None":
        """The deposit under the cursor if it fits, or the first that does; with what it holds."""
        held = self.person.deposits if self.person else ()
        found = [(one, amount) for one, amount in held if fits(one)]
        under = [pair for pair in found if pair[0] is here]
        return next(iter([*under, *found]), None)

    def savings_here(self, here: object) -> "tuple[Deposit, int] | None":
        """The savings account under the cursor, or the first, of those that hold anything; with what it holds."""
        full = {one.account_no for one, held in (self.person.deposits if self.person else ()) if held}
        return self._first(here, lambda one: one.kind != "member" and one.account_no in full)

    def add_key(self, key: str, here: object) -> int | None:
        """Lines of G, L, T, R or C for the account under the cursor or the first that fits; the row to type in.

        None: the person has nothing of the kind.
        """
        if self.person is None:
            return None
        if key in ("G", "L"):
            loans = [here] if isinstance(here, Dues) else []
            found = (wanted.of_loan(key, dues, self.lines) for dues in (*loans, *self.person.dues))
            line = next((one for one in found if one), None)
            return self.add(line) if line else None
        account = self._first(here, lambda one: one.kind == "member")
        if account is None or (key != "T" and not account[1]):
            return None
        deposit, held = account
        if key == "C":
            return self._add_transfer(deposit, held)
        return self.add(Wanted("TT", deposit.account_no, 0) if key == "T" else Wanted("RT", deposit.account_no, held))

    def _add_transfer(self, deposit: Deposit, held: int) -> int | None:
        there = next((at for at, one in enumerate(self.lines) if one.code == "CT" and not one.optional), None)
        if there is not None or self.person is None:
            return there
        lines = wanted.transfer(self.person, self.lines, deposit, held=held)
        if not lines[-1].optional:
            return None
        self._set(wanted.split(lines, on=self._today))
        return next(at for at, one in enumerate(self.lines) if one.code == "CT")

    def add(self, line: Wanted) -> int:
        """Its row; a line of the same kind and account is not keyed twice."""
        for at, one in enumerate(self.lines):
            if (one.code, one.account) == (line.code, line.account):
                return at
        self._set([*self.lines, line])
        return len(self.lines) - 1

    def pay_off(self, dues: Dues) -> bool:
        """All a loan owes, to the đồng; False where it owes nothing."""
        lines = wanted.payoff(dues, self.lines)
        owes = any(one.account == dues.loan.loan_code for one in lines)
        if owes:
            self._set(lines)
        return owes

    def pay_out(self, closing: "Closing", *, note: str) -> int:
        """A savings account closed: its lines stand together; the row of its balance."""
        account = closing.deposit.account_no
        others = [one for one in self.lines if (one.code, one.account) != ("RK", account)]
        self._set([*others, *wanted.paid_out(closing, note=note)])
        return len(others)

    def propose(self, handed: int) -> int:
        """Cash put against all that is owed; what stays over, for there is no member deposit to take it."""
        if self.person is None:
            return handed
        lines, over = wanted.put_against(self.person, self.lines, handed=handed, on=self._today)
        self._set(lines)
        return over

    def drop(self, row: int) -> None:
        """A line goes with those that make no sense without it: both sides of a transfer, savings with their interest."""
        if 0 <= row < len(self.lines):
            line = self.lines[row]
            self._set([one for at, one in enumerate(self.lines) if at != row and not _together(one, line)])

    # What a draft keeps, and what the desk is asked for

    @property
    def kept(self) -> list[list[str | int | bool]]:
        return [[one.code, one.account, one.amount, one.component, one.fixed, one.note] for one in self.lines]

    def restore(self, kept: Sequence[Sequence[str | int | bool]]) -> None:
        """Lines that were kept as a draft, for the person shown."""
        dues = {one.loan.loan_code: one for one in self.person.dues} if self.person else {}
        self._show([
            Wanted(str(code), str(account), int(amount), dues.get(str(account)), str(component), bool(fixed), str(note))
            for code, account, amount, component, fixed, note in (([*one, "", False, ""])[:6] for one in kept)
        ])  # fmt: skip

    @property
    def total(self) -> int:
        """Cash of the voucher: above zero it comes in, below it goes out."""
        return wanted.cash(self.lines)

    @property
    def moved(self) -> int:
        """What a deposit pays without cash."""
        return sum(one.amount for one in self.lines if one.code == "CT" and one.dues is None)

    @property
    def hands_out(self) -> bool:
        """Whether somebody takes money away, so that a card is looked at."""
        return any(one.code in wanted.HANDED_OUT for one in self.lines)

    @property
    def unfinished(self) -> bool:
        """A line whose amount nobody has said."""
        return any(not one.amount and not one.optional for one in self.lines)

    @property
    def wishes(self) -> tuple[Wish, ...]:
        return wanted.wishes(self.lines)

    @staticmethod
    def asked_for(line: Wanted) -> tuple[Wish, ...]:
        """What the desk would be asked for, were this line added."""
        return wanted.wishes([line])


def _together(one: Wanted, line: Wanted) -> bool:
    return one.code == line.code == "CT" or (one.code == line.code == "RK" and one.account == line.account)


class LineCells(AmountCells):
    """The amount of a line: Enter takes it and goes on; a letter where no digit is yet is the page's key."""

    letter = Signal(str)
    dropped = Signal()

    def __init__(self, model: LinesModel, *, letters: Sequence[str]) -> None:
        super().__init__(model, steps=_STEPS)
        self._letters = letters

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> AmountEdit:
        editor, row = super().createEditor(parent, option, index), index.row()

        def follow() -> None:
            if editor.isModified() and editor.fault is None:
                self.model.put(row, AMOUNT, editor.amount)

        editor.changed.connect(follow)
        return editor

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        if isinstance(editor, AmountEdit) and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            # The page takes the line back; the field would only take letters back.
            control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
            if control and event.key() == Qt.Key.Key_Z:
                event.ignore()
                return True
        return super().eventFilter(editor, event)

    def own_key(self, editor: AmountEdit, event: QKeyEvent) -> bool:
        untouched = not editor.text() or editor.hasSelectedText()
        if event.key() == Qt.Key.Key_Delete and untouched:
            self.end(editor)
            self.dropped.emit()
            return True
        if event.text().upper() not in self._letters or not event.text() or not untouched:
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
    """The lines with their cursor in the amount; an amount that is fixed is stood on, not opened."""

    letter = Signal(str)
    dropped = Signal()

    def __init__(self, model: LinesModel, *, name: str, letters: Sequence[str]) -> None:
        cells = LineCells(model, letters=letters)
        super().__init__(cells, name=name)
        self.model_of_lines = model
        cells.letter.connect(self.letter.emit)
        cells.dropped.connect(self.dropped.emit)

    def _fixed(self, row: int) -> bool:
        lines = self.model_of_lines.lines
        return 0 <= row < len(lines) and lines[row].fixed

    def type_at(self, row: int, column: int | None = None) -> None:
        if self._fixed(row):
            self.point_at(row)
            self.setFocus()
        else:
            super().type_at(row, column)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Escape):
            event.ignore()  # the page's keys
        elif event.key() in ENTER and self._fixed(self.currentIndex().row()):
            self._step(1, AMOUNT)
        else:
            super().keyPressEvent(event)
