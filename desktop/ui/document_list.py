"""Choosing a document, and whom it is to be about: two lists that are filtered by what is typed, tones or not."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.search import folded
from desktop.ui.chips import card, heading, label, row, search_field
from desktop.ui.counter import Counter
from desktop.ui.tables import Arrows, Cell, Column, Index, RowsModel, Table
from sync.money import figures

if TYPE_CHECKING:
    from desktop.sheets.catalogue import Listed

# Whom a document is about when it is about everybody: no code of anybody's.
ALL = "*"


class Target(NamedTuple):
    """Somebody a document can be about."""

    code: str
    name: str


class _Sections(RowsModel):
    """Rows under heads; the cursor passes over a head, which stands for nothing."""

    def flags(self, index: Index) -> Qt.ItemFlag:
        if 0 <= index.row() < len(self.things) and self.things[index.row()] is None:
            return Qt.ItemFlag.NoItemFlags
        return super().flags(index)


class _Filtered(QWidget):
    """A field and the rows that have what is typed in it. `chosen`: Enter on a row; `pointed`: the row's thing, or None."""

    chosen = Signal()
    pointed = Signal(object)

    def __init__(self, counter: Counter, *, title: str, find: str, columns: Sequence[Column]) -> None:
        super().__init__()
        self.counter, self.say = counter, counter.say
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        frame, inside = card()
        whole.addWidget(frame)
        self.title, self.count = label(title, name="strong"), label(name="muted")
        inside.addWidget(heading(self.title, None, self.count))
        self.finder = search_field(find)
        inside.addLayout(row(self.finder, margins=(10, 8, 10, 8)))
        self.model = _Sections(columns)
        self.table = Table(self.model, columns, name=title, head=False)
        self.empty = label(name="muted", wrap=True)
        self.empty.setContentsMargins(14, 6, 14, 10)
        inside.addWidget(self.empty)
        inside.addWidget(self.table, 1)
        self.finder.textChanged.connect(lambda _text: self._fill())
        self.finder.returnPressed.connect(self._enter)
        Arrows(self.finder, self.table)
        self.table.chosen.connect(lambda _thing: self.chosen.emit())
        self.table.pointed.connect(self.pointed.emit)

    def look_for(self) -> None:
        """Put the cursor into the field; what is typed next replaces what stands there."""
        self.finder.setFocus()
        self.finder.selectAll()

    def point_at(self, thing: object) -> bool:
        """Put the cursor on the row of a thing; whether it is among the rows."""
        found = thing is not None and thing in self.model.things
        if found:
            self.table.point_at(self.model.things.index(thing))
        return found

    def keep_in_sight(self) -> None:
        self.table.scrollTo(self.table.currentIndex())

    def _enter(self) -> None:
        if self.table.here is not None:
            self.chosen.emit()

    def _fill(self) -> None:
        raise NotImplementedError

    def _show(self, rows: list[tuple[Cell, ...]], things: list[object], *, before: object) -> None:
        """Other rows; the cursor stays where it stood, or goes to the first row that stands for something."""
        self.table.blockSignals(True)
        self.model.fill(rows, things)
        if not self.point_at(before):
            self.point_at(next((one for one in things if one is not None), None))
        self.table.blockSignals(False)
        self.pointed.emit(self.table.here)


def has(typed: str, *held: str) -> bool:
    """Whether each word that is typed begins a word of what is held, without tones."""
    words = folded(" ".join(held)).split()
    return all(any(word.startswith(part) for word in words) for part in folded(typed).split())


class DocumentList(_Filtered):
    """Every document under the moment it is wanted at; things are `Listed`."""

    def __init__(self, counter: Counter) -> None:
        say = counter.say
        super().__init__(counter, title=say("documents.list"), find=say("documents.find"), columns=(Column(say("documents.document")),))
        self.documents: tuple[Listed, ...] = ()

    def show_documents(self, documents: "tuple[Listed, ...]") -> None:
        self.documents = documents
        self._fill()

    def open_at(self, key: str, *, moment: str) -> None:
        """The cursor on a document by its key, else on the first of a moment."""
        at = next((one for one in self.documents if one.key == key), None)
        at = at or next((one for one in self.documents if one.moment == moment), None)
        if at is not None:
            if at not in self.model.things:
                self.finder.clear()
            self.point_at(at)

    def _fill(self) -> None:
        typed, before = self.finder.text(), self.table.here
        rows: list[tuple[Cell, ...]] = []
        things: list[object] = []
        moment = ""
        for one in self.documents:
            if not has(typed, one.name, one.form, one.key):
                continue
            if one.moment != moment:
                moment = one.moment
                rows.append((Cell(self.say(f"documents.moment_{moment}"), "muted", bold=True),))
                things.append(None)
            rows.append((Cell(one.name, second=one.form, bold_here=True),))
            things.append(one)
        shown = sum(one is not None for one in things)
        self.count.setText(figures(shown))
        self.empty.setText("" if shown else self.say("documents.none_found"))
        self.empty.setVisible(not shown)
        self._show(rows, things, before=before)


class TargetList(_Filtered):
    """Whom a document is about: everybody first, then each; things are codes."""

    def __init__(self, counter: Counter) -> None:
        say = counter.say
        super().__init__(counter, title=say("documents.whom"), find=say("documents.find_whom"), columns=(Column(say("documents.whom")),))
        self.targets: tuple[Target, ...] = ()
        self._scope = "group"
        # Codes that the search of the book has for what is typed: by a loan, an ID number.
        self._found: frozenset[str] = frozenset()
        self.finder.textChanged.connect(self._search)

    def show_targets(self, targets: tuple[Target, ...], *, scope: str, here: str) -> None:
        """Others to choose from; the cursor on `here` where it is among them."""
        self.targets, self._scope, self._found = targets, scope, frozenset()
        self.finder.blockSignals(True)
        self.finder.clear()
        self.finder.blockSignals(False)
        self.title.setText(self.say(f"documents.whom_{scope}"))
        self._fill(here=here)

    def all_of(self) -> None:
        """The cursor on everybody."""
        self.finder.clear()
        self.point_at(ALL)

    def name(self, code: str) -> str:
        """What people call somebody of the list; how many there are where it is everybody."""
        if code == ALL:
            return self.say(f"documents.all_{self._scope}", count=len(self.targets))
        return next((one.name for one in self.targets if one.code == code), code)

    def _known_by(self, code: str) -> str:
        """What tells people of one name apart."""
        customer = self.counter.roll.customers.get(code)
        return f"{customer.birth[:4]} · …{code[-4:]}" if customer else ""

    def _search(self, text: str) -> None:
        def take(found: "tuple[object, ...]") -> None:
            if text == self.finder.text():
                self._found = frozenset(getattr(one, "code", "") for one in found)
                self._fill()

        if text.strip():
            self.counter.ask(lambda desk: desk.search(text), then=take)

    def _fill(self, *, here: str = "") -> None:
        typed, before = self.finder.text(), here or self.table.here
        things: list[object] = []
        rows: list[tuple[Cell, ...]] = []
        if len(self.targets) > 1 and not typed.strip():
            rows.append((Cell(self.name(ALL), bold=True),))
            things.append(ALL)
        for one in self.targets:
            if has(typed, one.name, one.code, one.code[-4:]) or (typed.strip() and one.code in self._found):
                rows.append((Cell(one.name, second=self._known_by(one.code), bold_here=True),))
                things.append(one.code)
        self.count.setText(figures(len(self.targets)))
        self.empty.setText("" if things else self.say("documents.nobody" if not self.targets else "documents.nobody_found"))
        self.empty.setVisible(not things)
        self._show(rows, things, before=before)
