"""The lines of one visit: what a person wants to pay, each amount open to typing."""

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QAbstractItemModel, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemDelegate, QStyleOptionViewItem, QWidget

from desktop.ui.amounts import AmountEdit
from desktop.ui.counter import Counter, account_text
from desktop.ui.tables import Cell, CellPainter, Column, Index, RowsModel, Table
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


class LinesModel(RowsModel):
    """Lines in the order they were keyed."""

    edited = Signal()

    def __init__(self, counter: Counter) -> None:
        say = counter.say
        super().__init__(
            (
                Column(say("customers.line")),
                Column(say("customers.account"), 130),
                Column(say("customers.amount"), 170, right=True),
            )
        )
        self.counter = counter
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

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.lines)

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

    def flags(self, index: Index) -> Qt.ItemFlag:
        plain = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return plain | Qt.ItemFlag.ItemIsEditable if index.column() == AMOUNT else plain

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


class LineEditor(CellPainter):
    """The amount of a line: Enter takes it and goes on; a letter that is no digit yet is the page's key."""

    stepped = Signal(int)
    letter = Signal(str)

    def __init__(self, model: LinesModel, parent: QObject) -> None:
        super().__init__(parent)
        self.model = model

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> QWidget:
        model = self.model
        editor = AmountEdit(f"{model.columns[AMOUNT].head}, {model.cell(index.row(), 0).text}", parent)
        editor.setProperty("cell", True)
        row = index.row()

        def follow() -> None:
            if editor.isModified() and editor.fault is None:
                model.take(row, editor.amount or 0)

        editor.changed.connect(follow)
        editor.setFrame(False)
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        model = self.model
        if isinstance(editor, AmountEdit) and not editor.isModified():
            editor.set_amount(model.lines[index.row()].amount or None)
            editor.selectAll()

    def setModelData(self, editor: QWidget, _model: QAbstractItemModel, index: Index) -> None:
        if isinstance(editor, AmountEdit) and editor.fault is None:
            self.model.take(index.row(), editor.amount or 0)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:
        editor.setGeometry(option.rect.adjusted(3, 2, -4, -3))

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        if isinstance(editor, AmountEdit) and editor.fault and event.type() == QEvent.Type.FocusOut:
            return False  # what is unclear stays open until it is clear
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if not isinstance(editor, AmountEdit) or not pressed or not isinstance(event, QKeyEvent):
            return super().eventFilter(editor, event)
        untouched = not editor.text() or editor.hasSelectedText()
        if event.text().upper() in ("G", "L", "T") and untouched:
            self._close(editor)
            self.letter.emit(event.text().upper())
            return True
        step = {Qt.Key.Key_Return: 1, Qt.Key.Key_Enter: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Tab: 1, Qt.Key.Key_Up: -1}
        down = step.get(Qt.Key(event.key()))
        if down is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return super().eventFilter(editor, event)
        if editor.fault is None:
            self._close(editor)
            self.stepped.emit(down)
        else:
            self.stepped.emit(0)
        return True

    def _close(self, editor: AmountEdit) -> None:
        self.commitData.emit(editor)
        self.closeEditor.emit(editor, QAbstractItemDelegate.EndEditHint.NoHint)


class LinesTable(Table):
    """The lines with their cursor in the amount."""

    finished = Signal()
    letter = Signal(str)
    unclear = Signal(str)

    def __init__(self, model: LinesModel, *, name: str) -> None:
        super().__init__(model, model.columns, name=name)
        self.voucher = model
        self.editor = LineEditor(model, self)
        self.setItemDelegate(self.editor)
        self.editor.stepped.connect(self._step)
        self.editor.letter.connect(self.letter.emit)
        self.clicked.connect(lambda index: self.type_at(index.row()))

    @property
    def open_editor(self) -> AmountEdit | None:
        """The field being typed in, if one is open."""
        fields = [one for one in self.viewport().findChildren(AmountEdit) if one.isVisible()]
        return fields[-1] if fields else None

    def type_at(self, row: int) -> None:
        """Put the cursor in a line's amount."""
        if 0 <= row < self.voucher.rowCount():
            index = self.voucher.index(row, AMOUNT)
            if self.open_editor is not None and self.currentIndex() == index:
                self.open_editor.setFocus()
                return
            self.setCurrentIndex(index)
            self.scrollTo(index)
            self.edit(index)

    def _step(self, down: int) -> None:
        editor = self.open_editor
        if not down:
            said = self.voucher.counter.sentence(editor.fault) if editor and editor.fault else ""
            self.unclear.emit(said)
            return
        self.unclear.emit("")
        row = self.currentIndex().row() + down
        if row >= self.voucher.rowCount():
            self.finished.emit()
        else:
            self.type_at(max(row, 0))

    def commit(self) -> bool:
        """Take what is typed in the open field; False where it is unclear."""
        editor = self.open_editor
        if editor is None:
            return True
        if editor.fault is not None:
            self._step(0)
            return False
        self.commitData(editor)
        self.closeEditor(editor, QAbstractItemDelegate.EndEditHint.NoHint)
        return True

    def closeEditor(self, editor: QWidget, _hint: QAbstractItemDelegate.EndEditHint) -> None:
        """A field closes by our own keys; what Qt would open next is ours to say."""
        super().closeEditor(editor, QAbstractItemDelegate.EndEditHint.NoHint)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.type_at(max(self.currentIndex().row(), 0))
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Escape):
            event.ignore()  # the page's keys
        else:
            super().keyPressEvent(event)
