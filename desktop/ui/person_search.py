"""Finding a person or a group: a field, and the answer to what is typed in it."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.ui.chips import card, label, search_field
from desktop.ui.counter import Counter
from desktop.ui.tables import Arrows, Cell, Column, RowsModel, Table

if TYPE_CHECKING:
    from desktop.search import Found


class PersonSearch(QWidget):
    """`opened` and `pointed` carry a `Found`: the one chosen, and the one under the cursor (or None)."""

    opened = Signal(object)
    pointed = Signal(object)

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.counter, self.say = counter, counter.say
        # What the list answers, and whether Enter waits for the answer to what is typed now.
        self._answered, self._opening = "", False
        self.setFixedWidth(310)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(10)
        self.field = search_field(self.say("customers.find"))
        inside.addWidget(self.field)
        frame, body = card()
        columns = (Column(self.say("customers.person")),)
        self.model = RowsModel(columns)
        self.table = Table(self.model, columns, name=self.say("customers.found"), head=False, tall=True)
        self.empty = label(self.say("customers.hint"), name="muted", wrap=True)
        self.empty.setContentsMargins(14, 14, 14, 14)
        body.addWidget(self.empty)
        body.addWidget(self.table, 1)
        inside.addWidget(frame, 1)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._open_here)
        Arrows(self.field, self.table)
        self.table.chosen.connect(self.opened.emit)
        self.table.pointed.connect(self.pointed.emit)

    def start(self) -> None:
        """Put the cursor in the field; what is typed next replaces what stands there."""
        self.field.setFocus()
        self.field.selectAll()

    def _search(self, text: str) -> None:
        self._opening = False
        self.counter.ask(lambda desk: desk.search(text), then=partial(self._take, text))

    def _take(self, asked: str, found: "tuple[Found, ...]") -> None:
        if asked != self.field.text():
            return  # an older answer than what is typed now
        self.empty.setVisible(not found)
        self.empty.setText(self.say("customers.none" if asked.strip() else "customers.hint"))
        people_first = sorted(found, key=lambda one: one.kind != "customer")
        self.model.fill([self._row(one) for one in people_first], people_first)
        self.table.point_at(0)
        self._answered = asked
        if self._opening:
            self._open_here()

    def _row(self, one: "Found") -> tuple[Cell, ...]:
        roll = self.counter.roll
        if one.kind == "group":
            group = roll.groups[one.code]
            leader = roll.customers.get(group.leader)
            return (Cell(self.counter.party_name(one.code), bold=True, below=leader.full_name if leader else ""),)
        customer = roll.customers[one.code]
        identity = self.say("customers.id_short", last=customer.id_number[-4:]) if customer.id_number else ""
        place = self.counter.party_name(customer.group_code) or self.say("customers.resident")
        facts = (customer.birth[:4], identity, place)
        return (Cell(customer.full_name, below=" · ".join(part for part in facts if part)),)

    def _open_here(self) -> None:
        """Enter: whoever the cursor is on (the first, unless it was moved), of the answer to what is typed now and to nothing less."""
        self._opening = self._answered != self.field.text()
        if not self._opening and (one := self.table.here) is not None:
            self.opened.emit(one)
