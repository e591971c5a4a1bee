"""Two laptops at one table: joined over the network, a group given over or taken, and the closed book of the other."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QWidget

from desktop.ui.beside import Beside
from desktop.ui.chips import Notice, button, label, name_button, row, search_field
from desktop.ui.counter import Counter
from desktop.ui.sheets import Sheet
from sync.errors import Fault

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.leases import Place, View

KEY = "Ctrl+M"


class BesideSheet(Sheet):
    """Opened on a group, it begins with that one."""

    def __init__(self, window: QWidget, counter: Counter, beside: Beside, *, group: str = "") -> None:
        view = beside.view
        others = ", ".join(letter for _, letter in view.others) if view else ""
        title = counter.say("beside.title", letter=view.letter if view else "", others=others)
        super().__init__(window, title=title, width=680)
        self.counter, self.say, self.beside = counter, counter.say, beside
        self._wanted, self._others = group, others
        self._places: dict[str, Place] = {}
        self.body.addWidget(label(self.say("beside.how"), name="muted", wrap=True))
        self._make_network()
        self._make_groups()
        self._make_closing()
        self.notice = Notice()
        self.body.addWidget(self.notice)
        done = button(self.say("back"), key="Esc")
        done.clicked.connect(self.drop)
        self.body.addSpacing(4)
        self.body.addLayout(row(None, done))
        beside.moved.connect(self._show)
        counter.moved.connect(self._look)
        self.open_at(self.groups)
        self._look()

    # What stands on it

    def _head(self, name: str) -> None:
        self.body.addSpacing(8)
        self.body.addWidget(label(self.say(f"beside.{name}"), name="strong"))

    def _make_network(self) -> None:
        self._head("network")
        self.mine = label(name="muted", wrap=True)
        self.body.addWidget(self.mine)
        self.addresses: dict[str, QLineEdit] = {}
        for _, letter in self.beside.view.others if self.beside.view else ():
            field = search_field(f"{self.say('beside.address', letter=letter)}, {self.say('beside.example')}")
            field.setText(self.beside.addresses.get(letter, ""))
            self.addresses[letter] = field
        self.seek, self.join = button(self.say("beside.find")), button(self.say("beside.join"))
        self.state = label(name="small", wrap=True)
        line = row()
        for field in self.addresses.values():
            line.addWidget(field, 1)
        line.addWidget(self.seek)
        line.addWidget(self.join)
        self.body.addLayout(line)
        self.body.addWidget(self.state)
        self.seek.clicked.connect(self._find)
        self.join.clicked.connect(self._join)
        for field in self.addresses.values():
            field.returnPressed.connect(self._join_there)

    def _make_groups(self) -> None:
        self._head("groups")
        self.groups, self.code = QComboBox(), search_field(self.say("beside.code"))
        self.groups.setAccessibleName(self.say("beside.group"))
        self.give, self.ask = button(self.say("beside.give", letter=self._others)), button(self.say("beside.ask"))
        self.take = button(self.say("beside.take"))
        self.body.addWidget(self.groups)
        line: QHBoxLayout = row(self.give, self.ask)
        line.addWidget(self.code, 1)
        line.addWidget(self.take)
        self.body.addLayout(line)
        self.said, self.digits = label(wrap=True), label(name="sum")
        self.digits.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for one in (self.said, self.digits):
            one.hide()
            self.body.addWidget(one)
        self.groups.currentIndexChanged.connect(lambda _at: self._fit())
        self.give.clicked.connect(self._give)
        self.ask.clicked.connect(self._ask)
        self.take.clicked.connect(self._take)
        self.code.returnPressed.connect(self._take)

    def _make_closing(self) -> None:
        self._head("closing")
        self.closed = label(name="muted", wrap=True)
        self.body.addWidget(self.closed)
        self.fetch, self.paste = button(self.say("beside.fetch")), search_field(self.say("beside.paste"))
        line = row(self.fetch)
        line.addWidget(self.paste, 1)
        self.body.addLayout(line)
        self.fetch.clicked.connect(self._fetch)
        self.paste.returnPressed.connect(self._paste)

    # As it stands now

    def _look(self, _standing: object = None) -> None:
        self.beside.look(lambda _view: self._show())

    def _show(self) -> None:
        view, beside = self.beside.view, self.beside
        if view is None or not self.isVisible():
            return
        address = beside.own_address
        self.mine.setText(self.say("beside.mine", address=address) if address else self.say("beside.no_network"))
        joined = beside.state == "joined"
        name_button(self.join, self.say("beside.leave" if joined else "beside.join"))
        if beside.fault is not None:
            self.state.setText(self.counter.sentence(beside.fault))
        else:
            key = "left" if not joined else "joined_unknown" if beside.unknown else "joined"
            self.state.setText(self.say(f"beside.{key}", letter=beside.unknown, port=str(beside.port)))
        for letter, field in self.addresses.items():
            if not field.text():
                field.setText(beside.addresses.get(letter, ""))
        self._fill(view)
        self._tell_closing(view)

    def _fill(self, view: "View") -> None:
        here = self.groups.currentData() or self._wanted
        self._places = {one.unit: one for one in view.groups}
        self.groups.blockSignals(True)
        self.groups.clear()
        for one in view.groups:
            key = "there" if not one.here else "here_busy" if one.busy else "here"
            self.groups.addItem(self.say(f"beside.{key}", name=one.name, letter=one.letter), one.unit)
        self.groups.setCurrentIndex(max(self.groups.findData(here), 0))
        self.groups.blockSignals(False)
        self._fit()

    def _fit(self) -> None:
        """What can be done with the chosen group."""
        place = self._place
        # Whoever shut the sheet too soon, or was not understood, reads the same digits again.
        again = place is not None and place.given
        name_button(self.give, self.say("beside.give_again") if again else self.say("beside.give", letter=self._others))
        self.give.setEnabled(place is not None and (again or (place.here and not place.busy)))
        for one in (self.code, self.take):
            one.setEnabled(place is not None and not place.here)
        self.ask.setEnabled(place is not None and not place.here and self.beside.state == "joined")

    def _tell_closing(self, view: "View") -> None:
        known = {letter: one is not None for letter, one in view.joint.books}
        mine, others = known[view.letter], all(there for letter, there in known.items() if letter != view.letter)
        key = "both" if mine and others else "mine" if mine else "other" if others else "none"
        self.closed.setText(self.say(f"beside.closed_{key}", letter=self._others))
        self.fetch.setEnabled(self.beside.state == "joined")

    @property
    def _place(self) -> "Place | None":
        return self._places.get(self.groups.currentData() or "")

    # What is done

    def _find(self) -> None:
        self.notice.tell(self.say("beside.finding"), tone="plain")

        def found(address: str) -> None:
            if self.isVisible():
                for field in list(self.addresses.values())[:1] if address else ():
                    field.setText(address)
                if address and self.beside.state == "joined":
                    self._join_there()
                    return
                key = "found" if address else "not_found"
                self.notice.tell(self.say(f"beside.{key}", address=address), tone="ok" if address else "warn")

        self.beside.search(found)

    def _join(self) -> None:
        if self.beside.state == "joined":
            self.notice.tell("")
            self.beside.leave()
        else:
            self._join_there()

    def _join_there(self) -> None:
        """Joined with the addresses that stand there, also when it was with others before."""
        self.notice.tell("")
        self.beside.join({letter: field.text() for letter, field in self.addresses.items()})

    def _do(self, call: "Callable[[Desk, str], str]", then: "Callable[[Place, str], None]") -> None:
        """Something with the chosen group, by the thread that holds the book."""
        place = self._place
        if place is None:
            return
        unit = place.unit

        def done(answer: str) -> None:
            if self.isVisible():
                self.notice.tell("")
                then(place, answer)
                self.counter.refresh()

        self.counter.ask(lambda desk: call(desk, unit), then=done, failed=self._refuse)

    def _give(self) -> None:
        view = self.beside.view
        if not self.give.isEnabled() or view is None:
            return
        to = view.others[0][0]

        def show(place: "Place", code: str) -> None:
            self._tell(self.say("beside.given", name=place.name, letter=self._others), digits=code)

        self._do(lambda desk, unit: desk.leases.give(unit, to=to), show)

    def _ask(self) -> None:
        if self.ask.isEnabled():
            self._do(_request, self._served_here)

    def _take(self) -> None:
        typed = self.code.text()
        if self.take.isEnabled() and typed.strip():
            self._do(lambda desk, unit: _take(desk, unit, typed), self._served_here)

    def _served_here(self, place: "Place", _answer: str) -> None:
        self.code.clear()
        self._tell(self.say("beside.asked", name=place.name))

    def _tell(self, said: str, *, digits: str = "") -> None:
        for one, text in ((self.said, said), (self.digits, digits)):
            one.setText(text)
            one.setVisible(bool(text))

    def _fetch(self) -> None:
        if self.fetch.isEnabled():
            self.counter.ask(lambda desk: desk.leases.fetch_closings(), then=lambda _books: self._taken(), failed=self._refuse)

    def _paste(self) -> None:
        text = self.paste.text()
        if text.strip():
            self.counter.ask(lambda desk: desk.leases.take_closing(text), then=lambda _book: self._taken(), failed=self._refuse)

    def _taken(self) -> None:
        if self.isVisible():
            self.paste.clear()
            self.notice.tell(self.say("beside.taken"), tone="ok")
            self._look()

    def _refuse(self, fault: Fault) -> None:
        if self.isVisible():
            self.notice.tell(self.counter.sentence(fault))
            self._look()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Enter does what the cursor is on or, in a field, what stands beside it; never more.
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif isinstance(focus := self.focusWidget(), QPushButton):
            focus.click()
        event.accept()


def _request(desk: "Desk", unit: str) -> str:
    desk.leases.request(unit)
    return ""


def _take(desk: "Desk", unit: str, typed: str) -> str:
    desk.leases.take(unit, code=typed)
    return ""
