"""Tables: dense rows with a line under each, money at the right, one row that is the current one.

A long name is drawn smaller on two lines rather than cut: people's names are whole on screen.
"""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from desktop.ui.look import colour, font, picture

CELL = Qt.ItemDataRole.UserRole
ROW_PIXELS = 33
# A row with a second line under its name.
TALL_PIXELS = 54
TABLE_PIXELS = 13
_PAD = 8
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class Column(NamedTuple):
    """A column: its head, its width in pixels (0: the room that is left), money or text, an icon in the head."""

    head: str
    width: int = 0
    right: bool = False
    icon: str = ""


class Cell(NamedTuple):
    """What one cell shows. `second` stands after it in small muted letters, `chip` after that in `chip_tone`, `below` under
    it; `bold_here` makes it bold in the current row."""

    text: str = ""
    tone: str = "ink"
    bold: bool = False
    icon: str = ""
    chip: str = ""
    chip_tone: str = "bad"
    box: bool = False
    second: str = ""
    below: str = ""
    bold_here: bool = False


class RowsModel(QAbstractTableModel):
    """Rows of cells, each row with the thing it stands for."""

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.rows: list[tuple[Cell, ...]] = []
        self.things: list[object] = []

    def fill(self, rows: Sequence[tuple[Cell, ...]], things: Sequence[object]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows, self.things = list(rows), list(things)
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def cell(self, row: int, column: int) -> Cell:
        return self.rows[row][column]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= self.rowCount():
            return None
        cell = self.cell(index.row(), index.column())
        if role == CELL:
            return cell
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            said = " ".join(part for part in (cell.text, cell.second, cell.chip) if part)
            return f"{self.columns[index.column()].head}: {said}"
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.head
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_RIGHT if column.right else _LEFT)
        if role == Qt.ItemDataRole.DecorationRole and column.icon:
            return picture(column.icon, "muted", 12)
        return None


class CellPainter(QStyledItemDelegate):
    """Draws a `Cell`."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(40, ROW_PIXELS)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell = index.data(CELL)
        if not isinstance(cell, Cell):
            return
        rect = QRect(option.rect)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(rect, colour("weak" if chosen else "surface"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, colour("line"))
        right = _is_right(index)
        if cell.box:
            _draw_box(painter, rect)
        inner = rect.adjusted(_PAD, 1, -_PAD - (4 if cell.box else 0), -1)
        if cell.icon:
            side = inner.right() - 15 if right else inner.left()
            painter.drawPixmap(side, inner.center().y() - 7, picture(cell.icon, cell.tone, 15))
            inner.adjust(0 if right else 21, 0, -21 if right else 0, 0)
        if chosen and cell.bold_here:
            cell = cell._replace(bold=True)
        if cell.below:
            _draw_below(painter, inner, cell)
            inner.setBottom(inner.center().y() + 2)
        _draw_words(painter, inner, cell, right=right)
        painter.restore()


def _is_right(index: Index) -> bool:
    align = index.model().headerData(
        index.column(), Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole
    )
    return bool(int(align) & int(Qt.AlignmentFlag.AlignRight)) if isinstance(align, int) else False


def _draw_box(painter: QPainter, rect: QRect) -> None:
    painter.setPen(QPen(colour("line"), 1))
    painter.setBrush(colour("surface"))
    painter.drawRoundedRect(QRectF(rect.adjusted(4, 3, -5, -4)).translated(0.5, 0.5), 4, 4)


def _draw_below(painter: QPainter, inner: QRect, cell: Cell) -> None:
    painter.setFont(font(12))
    painter.setPen(colour("muted"))
    said = painter.fontMetrics().elidedText(cell.below, Qt.TextElideMode.ElideRight, inner.width())
    painter.drawText(inner.adjusted(0, inner.height() // 2 - 2, 0, -4), int(_LEFT), said)


def _draw_words(painter: QPainter, inner: QRect, cell: Cell, *, right: bool) -> None:
    face = font(TABLE_PIXELS, weight=600 if cell.bold else 400)
    small = font(12)
    chip_room = QFontMetrics(small).horizontalAdvance(cell.chip) + 24 if cell.chip else 0
    room = inner.adjusted(0, 0, -chip_room, 0)
    painter.setFont(face)
    painter.setPen(colour(cell.tone))
    width = painter.fontMetrics().horizontalAdvance(cell.text)
    if width > room.width() and not right:
        painter.setFont(font(11, weight=600 if cell.bold else 400))
        if cell.chip and not cell.second and not _wraps_into(painter.fontMetrics(), room, cell.text):
            _draw_over_chip(painter, inner, cell)
            return
        painter.drawText(room, int(_LEFT | Qt.TextFlag.TextWordWrap), cell.text)
        width = room.width()
    else:
        painter.drawText(room, int(_RIGHT if right else _LEFT), cell.text)
    if cell.second:
        painter.setFont(small)
        painter.setPen(colour("muted"))
        after = room.adjusted(width + 8, 0, 0, 0)
        said = painter.fontMetrics().elidedText(cell.second, Qt.TextElideMode.ElideRight, after.width())
        painter.drawText(after, int(_LEFT), said)
        width += 8 + painter.fontMetrics().horizontalAdvance(said)
    if cell.chip:
        left = inner.right() - chip_room + 6 if right else inner.left() + width + 6
        _draw_chip(painter, QRect(left, inner.center().y() - 11, chip_room - 6, 23), cell)


def _wraps_into(metrics: QFontMetrics, room: QRect, text: str) -> bool:
    needed = metrics.boundingRect(room, int(_LEFT | Qt.TextFlag.TextWordWrap), text)
    return needed.width() <= room.width() and needed.height() <= room.height()


def _draw_over_chip(painter: QPainter, inner: QRect, cell: Cell) -> None:
    """A name that finds no room beside its chip stands over it: half a name in pieces is nobody's."""
    top = QRect(inner.left(), inner.top(), inner.width(), inner.height() // 2)
    said = painter.fontMetrics().elidedText(cell.text, Qt.TextElideMode.ElideRight, top.width())
    painter.drawText(top, int(_LEFT), said)
    room = min(QFontMetrics(font(12)).horizontalAdvance(cell.chip) + 12, inner.width())
    _draw_chip(painter, QRect(inner.left(), top.bottom() + 1, room, inner.height() - top.height() - 1), cell)


def _draw_chip(painter: QPainter, rect: QRect, cell: Cell) -> None:
    painter.setFont(font(12))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour(f"{cell.chip_tone}_bg"))
    painter.drawRoundedRect(QRectF(rect), rect.height() / 2, rect.height() / 2)
    painter.setPen(colour(cell.chip_tone if cell.chip_tone != "plain" else "muted"))
    said = painter.fontMetrics().elidedText(cell.chip, Qt.TextElideMode.ElideRight, rect.width() - 4)
    painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), said)


class Table(QTableView):
    """A table one goes through with the arrows; Enter or a double click chooses a row."""

    chosen = Signal(object)
    pointed = Signal(object)

    def __init__(self, model: QAbstractTableModel, columns: Sequence[Column], *, name: str, head: bool = True, tall: bool = False) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setModel(model)
        self.setItemDelegate(CellPainter(self))
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(TALL_PIXELS if tall else ROW_PIXELS)
        self.verticalHeader().setMinimumSectionSize(ROW_PIXELS)
        across = self.horizontalHeader()
        across.setAccessibleName(name)
        across.setVisible(head)
        across.setHighlightSections(False)
        across.setSectionsClickable(False)
        across.setFixedHeight(34)
        across.setMinimumSectionSize(24)
        for at, column in enumerate(columns):
            fixed = QHeaderView.ResizeMode.Fixed if column.width else QHeaderView.ResizeMode.Stretch
            across.setSectionResizeMode(at, fixed)
            if column.width:
                across.resizeSection(at, column.width)
        self.doubleClicked.connect(lambda index: self.chosen.emit(self.thing(index.row())))
        self.selectionModel().currentRowChanged.connect(
            lambda now, _before: self.pointed.emit(self.thing(now.row()))
        )

    def thing(self, row: int) -> object:
        """What a row stands for; None past the end."""
        model = self.model()
        if isinstance(model, RowsModel) and 0 <= row < len(model.things):
            return model.things[row]
        return None

    @property
    def here(self) -> object:
        """What the current row stands for."""
        return self.thing(self.currentIndex().row())

    def point_at(self, row: int) -> None:
        """Make a row the current one."""
        if 0 <= row < self.model().rowCount():
            self.selectRow(row)
            self.setCurrentIndex(self.model().index(row, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.here is not None:
            self.chosen.emit(self.here)
        elif event.text() and not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier and event.text().isprintable():
            event.ignore()  # a letter is the page's key, not a search in the rows
        else:
            super().keyPressEvent(event)


class Arrows(QObject):
    """The arrows go through a table's rows while the cursor stays in the field that looks for them."""

    _KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)

    def __init__(self, field: QWidget, table: Table) -> None:
        super().__init__(field)
        self._table = table
        field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in self._KEYS:
            QApplication.sendEvent(self._table, event)
            return True
        return super().eventFilter(watched, event)
