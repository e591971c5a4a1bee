"""The group sheet's table: cash handed in by each member, split at once, interest first.

A row is *taken* once somebody said what was handed in; 0 says the member did not pay. What is shown as
the split is what the rules would make of it; the desk decides again when it is posted.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractItemModel, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemDelegate, QLineEdit, QStyleOptionViewItem, QWidget

from desktop.ui.amounts import AmountEdit
from desktop.ui.counter import Counter
from desktop.ui.tables import Cell, CellPainter, Column, Index, RowsModel, Table
from sync.money import figures

if TYPE_CHECKING:
    from desktop.listing import GroupSheet, SheetRow

CASH, INTEREST = 5, 6
_DASH = "—"


class SheetModel(RowsModel):
    """Members in the office's order. `cash` and `interest` are what was typed, by customer."""

    edited = Signal()

    def __init__(self, counter: Counter) -> None:
        say = counter.say
        super().__init__(
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
            )
        )
        self.counter = counter
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

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.members)

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

    def flags(self, index: Index) -> Qt.ItemFlag:
        plain = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return plain | Qt.ItemFlag.ItemIsEditable if index.column() in (CASH, INTEREST) else plain

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


class SheetEditor(CellPainter):
    """Editors of the sheet: Enter takes and goes down, Tab goes to the split, `/` looks for a member."""

    moved = Signal(int, int)  # rows down, and the column to go to
    slash = Signal()
    unclear = Signal(str)

    def __init__(self, model: SheetModel, parent: QObject) -> None:
        super().__init__(parent)
        self.model = model

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> QWidget:
        model = self.model
        editor = AmountEdit(f"{model.columns[index.column()].head}, {model.members[index.row()].customer.full_name}", parent)
        editor.setProperty("cell", True)
        editor.setFrame(False)
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        model = self.model
        if not isinstance(editor, AmountEdit) or editor.isModified():
            return  # what is being typed is not overwritten by a change elsewhere
        row = index.row()
        if index.column() == INTEREST:
            editor.set_amount(model.split(row)[0])
        else:
            editor.set_amount(model.cash.get(model.code(row), model.suggestion(row)))
        editor.selectAll()

    def setModelData(self, editor: QWidget, _model: QAbstractItemModel, index: Index) -> None:
        # Walking past a suggestion does not take it.
        if isinstance(editor, AmountEdit) and editor.isModified() and editor.fault is None:
            self._take(editor, index)

    def _take(self, editor: AmountEdit, index: Index) -> None:
        model = self.model
        if index.column() == CASH:
            model.take(index.row(), editor.amount)
        elif editor.amount is not None:
            handed = model.cash.get(model.code(index.row()), 0)
            model.take_interest(index.row(), min(editor.amount, handed, model.members[index.row()].member.interest))

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:
        editor.setGeometry(option.rect.adjusted(3, 2, -4, -3))

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        if isinstance(editor, AmountEdit) and editor.fault and event.type() == QEvent.Type.FocusOut:
            return False  # what is unclear stays open until it is clear
        if not isinstance(editor, AmountEdit) or not isinstance(event, QKeyEvent):
            return super().eventFilter(editor, event)
        undo = event.key() == Qt.Key.Key_Z and event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if event.type() == QEvent.Type.ShortcutOverride and undo:
            event.ignore()  # the page's key takes the cell back; the field would only take letters back
            return True
        if event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(editor, event)
        if event.text() == "/":
            self.slash.emit()
            return True
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None or event.modifiers() & ~_QUIET:
            return False
        return self._step(editor, step, takes=event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter))

    def _step(self, editor: AmountEdit, step: tuple[int, int], *, takes: bool) -> bool:
        if editor.fault is not None:
            self.unclear.emit(editor.fault.code)
            return True
        if takes:
            editor.setModified(True)
        self.commitData.emit(editor)
        self.closeEditor.emit(editor, QAbstractItemDelegate.EndEditHint.NoHint)
        self.moved.emit(*step)
        return True


_QUIET = Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
_STEPS = {
    Qt.Key.Key_Return: (1, CASH),
    Qt.Key.Key_Enter: (1, CASH),
    Qt.Key.Key_Down: (1, CASH),
    Qt.Key.Key_Up: (-1, CASH),
    Qt.Key.Key_Tab: (0, INTEREST),
    Qt.Key.Key_Backtab: (0, CASH),
}


class SheetTable(Table):
    """The sheet with its cursor: the current row's cell is always open for typing."""

    finished = Signal()
    slash = Signal()
    unclear = Signal(str)

    def __init__(self, model: SheetModel, *, name: str) -> None:
        super().__init__(model, model.columns, name=name)
        self.sheet = model
        self.editor = SheetEditor(model, self)
        self.setItemDelegate(self.editor)
        self.editor.moved.connect(self.step)
        self.editor.slash.connect(self.slash.emit)
        self.editor.unclear.connect(self._say_unclear)
        self.clicked.connect(lambda index: self.type_at(index.row()))

    def _say_unclear(self, _code: str) -> None:
        editor = self.open_editor
        if editor is not None and editor.fault is not None:
            self.unclear.emit(self.sheet.counter.sentence(editor.fault))

    @property
    def open_editor(self) -> AmountEdit | None:
        """The field being typed in, if one is open."""
        fields = [one for one in self.viewport().findChildren(AmountEdit) if one.isVisible()]
        return fields[-1] if fields else None

    def type_at(self, row: int, column: int = CASH) -> None:
        """Put the cursor in a member's cell."""
        if not 0 <= row < self.sheet.rowCount():
            return
        index = self.sheet.index(row, column)
        if self.open_editor is not None and self.currentIndex() == index:
            self.open_editor.setFocus()
            return
        self.setCurrentIndex(index)
        self.scrollTo(index)
        self.edit(index)

    def step(self, down: int, column: int) -> None:
        """Go to another row, or past the last one to what comes next."""
        row = self.currentIndex().row() + down
        self.unclear.emit("")
        if row >= self.sheet.rowCount():
            self.finished.emit()
        else:
            self.type_at(max(row, 0), column)

    def commit(self) -> bool:
        """Take what is typed in the open field; False where it is unclear."""
        editor = self.open_editor
        if editor is None:
            return True
        if editor.fault is not None:
            self._say_unclear("")
            return False
        self.commitData(editor)
        self.closeEditor(editor, QAbstractItemDelegate.EndEditHint.NoHint)
        return True

    def closeEditor(self, editor: QWidget, _hint: QAbstractItemDelegate.EndEditHint) -> None:
        """A field closes by our own keys; what Qt would open next is ours to say."""
        super().closeEditor(editor, QAbstractItemDelegate.EndEditHint.NoHint)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = max(self.currentIndex().row(), 0)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & ~_QUIET:
            self.type_at(row)
        elif event.text() == "/":
            self.slash.emit()
        elif event.text().isdigit() and not event.modifiers() & ~_QUIET:
            self.type_at(row)
            if isinstance(editor := self.open_editor, QLineEdit):
                editor.setText(event.text())
                editor.setModified(True)
        else:
            super().keyPressEvent(event)
