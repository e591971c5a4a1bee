"""The group sheet's table: the keys in its cells. Enter takes and goes down, Tab goes to the split.

`/` looks for a member; S, V and G are said of the row under the cursor: no amount begins with them.
"""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from desktop.ui.amount_cells import PLAIN, AmountCells, AmountTable
from desktop.ui.amounts import AmountEdit
from desktop.ui.handin import CASH, INTEREST, SheetModel
from desktop.ui.tables import Index
from sync.money import figures

# Not signed, absent, principal: said of a row.
ROW_KEYS = ("S", "V", "G")


class SheetCells(AmountCells):
    """Fields of the sheet. `row_key` carries one of `ROW_KEYS`."""

    slash = Signal()
    row_key = Signal(str)

    def __init__(self, model: SheetModel) -> None:
        super().__init__(model, steps=_STEPS, quiet=_QUIET)
        self.sheet = model

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> AmountEdit:
        editor, row = super().createEditor(parent, option, index), index.row()
        if index.column() == CASH:
            if self.sheet.again and (left := self.sheet.suggestion(row)):
                editor.setPlaceholderText(figures(left))
            editor.changed.connect(lambda: self.sheet.show_typing(row, editor.amount))
        return editor

    def destroyEditor(self, editor: QWidget, index: Index) -> None:
        self.sheet.show_typing(max(index.row(), 0), None)
        super().destroyEditor(editor, index)

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        if isinstance(editor, AmountEdit) and isinstance(event, QKeyEvent) and _undoes(event):
            event.ignore()  # the page's key takes the cell back; the field would only take letters back
            return True
        return super().eventFilter(editor, event)

    def own_key(self, _editor: AmountEdit, event: QKeyEvent) -> bool:
        return self.said_of_row(event)

    def said_of_row(self, event: QKeyEvent) -> bool:
        """A key that is no part of an amount, with or without an open field; True where it was one."""
        key = event.text().upper()
        if key == "/":
            self.slash.emit()
        elif key in ROW_KEYS:
            self.row_key.emit(key)
        return key == "/" or key in ROW_KEYS

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
    row_key = Signal(str)

    def __init__(self, model: SheetModel, *, name: str) -> None:
        self.fields = SheetCells(model)
        super().__init__(self.fields, name=name)
        self.fields.slash.connect(self.slash.emit)
        self.fields.row_key.connect(self.row_key.emit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.fields.said_of_row(event):
            return
        if event.text().isdigit() and not event.modifiers() & ~_QUIET:
            self.type_at(max(self.currentIndex().row(), 0))
            if (editor := self.open_editor) is not None:
                editor.setText(event.text())
                editor.setModified(True)
        else:
            super().keyPressEvent(event)
