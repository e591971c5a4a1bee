"""Amounts typed down a table: the current cell is open, Enter and the arrows take it and go on.

A model says which columns are typed in, what stands in them and what taking an amount means; the keys
that only one table has are its own.
"""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QAbstractItemModel, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemDelegate, QStyleOptionViewItem, QWidget

from desktop.ui.amounts import AmountEdit
from desktop.ui.counter import Counter
from desktop.ui.tables import CellPainter, Column, Index, RowsModel, Table

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
# With any other modifier a key is not a step; the keys of the keypad carry this one.
PLAIN = Qt.KeyboardModifier.KeypadModifier
Steps = Mapping[Qt.Key, tuple[int, int]]


class AmountModel(RowsModel):
    """Rows of which the columns `typed` are amounts open to typing, the usual one first."""

    edited = Signal()

    def __init__(self, counter: Counter, columns: Sequence[Column], *, typed: tuple[int, ...]) -> None:
        super().__init__(columns)
        self.counter = counter
        self.typed = typed

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.things)

    def flags(self, index: Index) -> Qt.ItemFlag:
        plain = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return plain | Qt.ItemFlag.ItemIsEditable if index.column() in self.typed else plain

    def row_name(self, row: int) -> str:
        """Whose amount it is, for those who hear the window."""
        raise NotImplementedError

    def amount_at(self, row: int, column: int) -> int | None:
        """What the field opens with, in đồng; None: empty."""
        raise NotImplementedError

    def put(self, row: int, column: int, amount: int | None) -> None:
        """Take what was typed, in đồng; None: the field was emptied."""
        raise NotImplementedError


class AmountCells(CellPainter):
    """The fields of a table of amounts. `steps`: where a key goes, as (rows down, column)."""

    moved = Signal(int, int)
    stuck = Signal()  # what is typed is unclear, and somebody wanted to go on

    def __init__(self, model: AmountModel, *, steps: Steps, quiet: Qt.KeyboardModifier = PLAIN) -> None:
        super().__init__()
        self.model = model
        self.quiet = quiet
        self._steps = steps

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> AmountEdit:
        head = self.model.columns[index.column()].head
        editor = AmountEdit(f"{head}, {self.model.row_name(index.row())}", parent)
        editor.setProperty("cell", True)
        editor.setFrame(False)
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        # What is being typed is not overwritten by a change elsewhere.
        if isinstance(editor, AmountEdit) and not editor.isModified():
            editor.set_amount(self.model.amount_at(index.row(), index.column()))
            editor.selectAll()

    def setModelData(self, editor: QWidget, _model: QAbstractItemModel, index: Index) -> None:
        # Walking past a suggestion does not take it.
        if isinstance(editor, AmountEdit) and editor.isModified() and editor.fault is None:
            self.model.put(index.row(), index.column(), editor.amount)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:
        editor.setGeometry(option.rect.adjusted(3, 2, -4, -3))

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        if isinstance(editor, AmountEdit) and editor.fault and event.type() == QEvent.Type.FocusOut:
            return False  # what is unclear stays open until it is clear
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if not isinstance(editor, AmountEdit) or not pressed or not isinstance(event, QKeyEvent):
            return super().eventFilter(editor, event)
        if self.own_key(editor, event):
            return True
        step = self._steps.get(Qt.Key(event.key()))
        if step is None or event.modifiers() & ~self.quiet:
            return self.other_key(editor, event)
        if editor.fault is not None:
            self.stuck.emit()
            return True
        if event.key() in ENTER:
            editor.setModified(True)  # Enter takes a suggestion as it stands
        self.end(editor)
        self.moved.emit(*step)
        return True

    def own_key(self, _editor: AmountEdit, _event: QKeyEvent) -> bool:
        """A key only this table has; True where it was one."""
        return False

    def other_key(self, editor: AmountEdit, event: QKeyEvent) -> bool:
        """A key that is neither a step nor the table's own; False leaves it to the field, then the page."""
        return super().eventFilter(editor, event)

    def end(self, editor: AmountEdit) -> None:
        """Take what is typed and close the field."""
        self.commitData.emit(editor)
        self.closeEditor.emit(editor, QAbstractItemDelegate.EndEditHint.NoHint)


class AmountTable(Table):
    """A table with its cursor in an amount. `finished`: past the last row; `unclear`: a sentence, or empty."""

    finished = Signal()
    unclear = Signal(str)

    def __init__(self, cells: AmountCells, *, name: str) -> None:
        super().__init__(cells.model, cells.model.columns, name=name)
        self.cells = cells
        self.setItemDelegate(cells)
        cells.setParent(self)
        cells.moved.connect(self._step)
        cells.stuck.connect(self._say_unclear)
        self.clicked.connect(lambda index: self.type_at(index.row()))

    @property
    def open_editor(self) -> AmountEdit | None:
        """The field being typed in, if one is open."""
        fields = [one for one in self.viewport().findChildren(AmountEdit) if one.isVisible()]
        return fields[-1] if fields else None

    def type_at(self, row: int, column: int | None = None) -> None:
        """Put the cursor in a row's amount; without a column, in the usual one."""
        model = self.cells.model
        if not 0 <= row < model.rowCount():
            return
        index = model.index(row, model.typed[0] if column is None else column)
        if self.open_editor is not None and self.currentIndex() == index:
            self.open_editor.setFocus()
            return
        self.setCurrentIndex(index)
        self.scrollTo(index)
        self.edit(index)

    def commit(self) -> bool:
        """Take what is typed in the open field; False where it is unclear."""
        editor = self.open_editor
        if editor is None:
            return True
        if editor.fault is not None:
            self._say_unclear()
            return False
        self.commitData(editor)
        self.closeEditor(editor, QAbstractItemDelegate.EndEditHint.NoHint)
        return True

    def _step(self, down: int, column: int) -> None:
        row = self.currentIndex().row() + down
        self.unclear.emit("")
        if row >= self.cells.model.rowCount():
            self.finished.emit()
        else:
            self.type_at(max(row, 0), column)

    def _say_unclear(self) -> None:
        editor = self.open_editor
        if editor is not None and editor.fault is not None:
            self.unclear.emit(self.cells.model.counter.sentence(editor.fault))

    def closeEditor(self, editor: QWidget, _hint: QAbstractItemDelegate.EndEditHint) -> None:
        """A field closes by our own keys; what Qt would open next is ours to say."""
        super().closeEditor(editor, QAbstractItemDelegate.EndEditHint.NoHint)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER and not event.modifiers() & ~self.cells.quiet:
            self.type_at(max(self.currentIndex().row(), 0))
        else:
            super().keyPressEvent(event)
