"""Unlocked, with more than one session to choose from: which book is worked on, or one to practise on."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QPushButton, QVBoxLayout, QWidget

from desktop.ui.chips import KeyLine, Notice, button, card, label, row
from desktop.words import Words
from sync.errors import Fault, Unavailable

if TYPE_CHECKING:
    from desktop.shelf import Shelved
    from desktop.ui.opening import Choice
    from desktop.ui.tables import Cell

# As many rows as stand on the smallest screen beside the buttons.
ROWS_SHOWN = 6


class ChoosePage(QWidget):
    """Emits `chosen` with a book, `practise` (True: anew), `fetch`, `load` or `stick` for a pack, and `back`."""

    chosen = Signal(bytes)
    practise = Signal(bool)
    fetch = Signal()
    load = Signal(str)
    stick = Signal()
    elsewhere = Signal()
    back = Signal()

    def __init__(self, words: Words, found: "Choice", *, online: bool) -> None:
        super().__init__()
        self.words, self.found = words, found
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        frame, inside = card(name="sheet")
        frame.setFixedWidth(860)
        inside.setContentsMargins(30, 24, 30, 26)
        inside.setSpacing(12)
        inside.addWidget(label(words("ui.choose.title"), name="sum"))
        self.notice = Notice()
        inside.addWidget(self.notice)
        if found.refused is not None:
            self.notice.tell(found.refused.sentence(words.language), tone="warn")
        inside.addWidget(self._make_table())
        self._make_buttons()
        inside.addLayout(row(self.training, self.anew, None, self.fetching, self.sticking, self.loading))
        inside.addLayout(row(self.resuming, None, self.locking, self.go))
        # Only once they stand in their frame: a widget of its own would be a window for a moment.
        self.fetching.setHidden(not online)
        self.anew.setHidden(not found.training)
        self.foot = KeyLine()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addStretch(1)
        outer.addLayout(row(None, frame, None))
        outer.addStretch(1)
        outer.addWidget(self.foot)
        self.foot.show_keys([(key, what) for key, what, shown in self._named() if shown])

    def _make_table(self) -> QWidget:
        # The first page has no table.
        from desktop.ui.tables import TALL_PIXELS, Column, RowsModel, Table

        say = self.words
        columns = (
            Column(say("ui.choose.point")),
            Column(say("ui.choose.day"), 250),
            Column(say("ui.choose.state"), 230),
        )
        self.model = RowsModel(columns)
        self.table = Table(self.model, columns, name=say("ui.choose.sessions"), tall=True)
        self.model.fill([self._row(one) for one in self.found.held], [one.book for one in self.found.held])
        self.table.setFixedHeight(34 + TALL_PIXELS * min(len(self.found.held), ROWS_SHOWN) + 2)
        places = [at for at, one in enumerate(self.found.held) if one.book in self.found.wanted]
        self.table.point_at(next(iter(self._first(places)), 0))
        self.table.chosen.connect(self._open)
        return self.table

    def _first(self, places: list[int]) -> list[int]:
        """What is open before what is prepared, the earlier day before the later."""
        held = self.found.held
        return sorted(places, key=lambda at: (held[at].state != "open", held[at].session_date, held[at].point_code))

    def _row(self, one: "Shelved") -> "tuple[Cell, ...]":
        from desktop.ui.tables import Cell

        say = self.words
        planned = say("ui.choose.planned", day=f"{one.planned_on:%d/%m/%Y}") if one.planned_on else ""
        wanted = one.book in self.found.wanted
        late = one.state == "open" and one.session_date < self.found.today
        state = "left_open" if late else "unsent" if one.state == "closed" and one.unsent else one.state
        tone = {"closed": "ok", "open": "plain", "prepared": "plain"}.get(state, "warn")
        return (
            Cell(one.point_name, bold=wanted, below=one.point_code),
            Cell(f"{one.session_date:%d/%m/%Y}", bold=wanted, below=planned),
            Cell(chip=say(f"ui.choose.{state}", count=one.unsent), chip_tone=tone),
        )

    def _make_buttons(self) -> None:
        say = self.words
        self.training = button(say("ui.choose.training_on" if self.found.training else "ui.choose.training"), key="T")
        self.anew = button(say("ui.choose.anew"), key="X")
        self.fetching = button(say("ui.choose.fetch"), key="L")
        self.sticking = button(say("ui.stick.in"), key="U")
        self.loading = button(say("ui.choose.load"), key="N")
        self.resuming = button(say("ui.resume.from_stick"), key="M")
        self.locking = button(say("ui.lock"), key="Esc")
        self.go = button(say("ui.choose.go"), name="primary", key="Enter")
        self.calls: dict[str, tuple[QPushButton, Callable[[], None]]] = {
            "T": (self.training, partial(self._practise, False)),
            "X": (self.anew, self._ask_anew),
            "L": (self.fetching, self._fetch),
            "U": (self.sticking, self.stick.emit),
            "N": (self.loading, self._load),
            "M": (self.resuming, self.elsewhere.emit),
        }
        for made, call in self.calls.values():
            made.clicked.connect(lambda _=False, call=call: call())
        self.locking.clicked.connect(lambda: self.back.emit())
        self.go.clicked.connect(lambda: self._open(self.table.here))

    def _named(self) -> list[tuple[str, str, bool]]:
        names = [("Enter", self.go), *((key, made) for key, (made, _) in self.calls.items()), ("Esc", self.locking)]
        return [(key, made.accessibleName(), not made.isHidden()) for key, made in names]

    def start(self) -> None:
        """Put the cursor on the session most likely wanted."""
        self.table.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        named = self.calls.get(event.text().upper() if plain else "")
        focus = self.focusWidget()
        if event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        elif named is not None and named[0].isEnabled() and not named[0].isHidden():
            named[1]()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focus, QPushButton):
            focus.click()

    def _open(self, book: object) -> None:
        if isinstance(book, bytes) and self.go.isEnabled():
            self._wait(True)
            self.chosen.emit(book)

    def _practise(self, anew: bool) -> None:
        self._wait(True)
        self.practise.emit(anew)

    def _ask_anew(self) -> None:
        from desktop.ui.sheets import Question

        say = self.words
        asked = Question(
            self.window(), title=say("ui.choose.anew"), text=say("ui.choose.anew_text"), yes=say("ui.choose.anew"),
            no=say("ui.back"),
        )  # fmt: skip
        asked.accepted.connect(lambda: self._practise(True))

    def _fetch(self) -> None:
        self._wait(True)
        self.fetch.emit()

    def _load(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, self.words("ui.choose.load"), "", "*.dgd *.pack *")
        if chosen:
            self._wait(True)
            self.load.emit(chosen)

    def _wait(self, waiting: bool) -> None:
        for one in (self.table, self.go, *(made for made, _ in self.calls.values())):
            one.setEnabled(not waiting)
        if waiting:
            self.notice.tell(self.words("ui.choose.working"), tone="plain")

    def refuse(self, fault: Fault) -> None:
        """It did not open, or did not come: say why."""
        self._wait(False)
        self.start()
        self.notice.tell(fault.sentence(self.words.language), tone="warn" if isinstance(fault, Unavailable) else "bad")
