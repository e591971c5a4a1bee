"""The groups of today: which are in, which are not, and what each is expected to bring."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.ui.chips import card, heading, label, row, search_field
from desktop.ui.counter import Counter
from desktop.ui.tables import Arrows, Cell, Column, RowsModel, Table
from sync.money import figures

if TYPE_CHECKING:
    from desktop.listing import GroupRow


class GroupList(QWidget):
    """`pointed` carries the code under the cursor (or None); `chosen`: typing is to go on in that group.

    `here` is the code of the group whose sheet is shown, or empty.
    """

    chosen = Signal()
    pointed = Signal(object)

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.say = counter.say
        self.groups: tuple[GroupRow, ...] = ()
        self.here = ""
        self.setFixedWidth(228)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        frame, inside = card()
        whole.addWidget(frame)
        self.count = label(name="muted")
        inside.addWidget(heading(label(self.say("groups.today"), name="strong"), None, self.count))
        self.finder = search_field(self.say("groups.find"))
        inside.addLayout(row(self.finder, margins=(10, 10, 10, 10)))
        columns = (Column(self.say("groups.group")), Column(self.say("groups.expected"), 88, right=True))
        self.model = RowsModel(columns)
        self.table = Table(self.model, columns, name=self.say("groups.today"), head=False)
        inside.addWidget(self.table, 1)
        self.finder.textChanged.connect(lambda _text: self._fill())
        self.finder.returnPressed.connect(self._open_here)
        Arrows(self.finder, self.table)
        self.table.chosen.connect(lambda _row: self.chosen.emit())
        self.table.pointed.connect(self.pointed.emit)

    def show_groups(self, groups: "tuple[GroupRow, ...]") -> None:
        """The groups as they stand now; the cursor stays on the one that is shown."""
        self.groups = groups
        self._fill()

    def point_at(self, code: str) -> None:
        """Put the cursor on a group, where it is in the list."""
        if code in self.model.things:
            self.table.point_at(self.model.things.index(code))

    @property
    def next(self) -> str:
        """The first group that has not handed in, or empty."""
        return next((one.group.group_code for one in self.groups if not one.numbers and not one.elsewhere), "")

    def _fill(self) -> None:
        wanted = self.finder.text().casefold()
        rows = [one for one in self.groups if wanted in f"{one.group.group_code} {one.hamlet_name} {one.leader_name}".casefold()]
        self.table.blockSignals(True)
        self.model.fill([self._row(one) for one in rows], [one.group.group_code for one in rows])
        self.point_at(self.here)
        self.table.blockSignals(False)
        done = sum(bool(one.numbers) for one in self.groups)
        here = sum(bool(one.numbers) or not one.elsewhere for one in self.groups)
        self.count.setText(self.say("groups.done", done=done, total=here))

    def _row(self, one: "GroupRow") -> tuple[Cell, ...]:
        done, away = bool(one.numbers), one.elsewhere and not one.numbers
        tone, name = ("muted" if done or away else "ink"), f"{one.group.group_code[-4:]} · {one.hamlet_name}"
        amount = one.handed_in if done else one.expected
        said = self.say("beside.served_by", letter=one.elsewhere) if away else figures(amount)
        return Cell(name, tone, icon="check" if done else ""), Cell(said, tone)

    def _open_here(self) -> None:
        """Enter: the group under the cursor, or the first that was found."""
        if self.model.rowCount():
            if self.table.here is None:
                self.table.point_at(0)
            self.chosen.emit()
