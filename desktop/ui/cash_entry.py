"""The pane of one action with the drawer: notes at the left, what else it says and the sum in words at the right."""

import datetime
import itertools
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from desktop.ui.amounts import AmountEdit
from desktop.ui.cash_actions import OPEN, Action, Field, Typed, time_text
from desktop.ui.cash_fields import PartyField, Serials
from desktop.ui.chips import Notice, button, card, heading, label, name_button
from desktop.ui.counter import Counter
from desktop.ui.notes import Notes
from sync.drawer import OUTCOMES
from sync.money import figures, in_words
from sync.records import TEXT_LETTERS_MAX

_KEYPAD = Qt.KeyboardModifier.KeypadModifier


class Entry(QWidget):
    """`changed` at every key, `go` when it is to be posted. The page posts it and keeps its draft."""

    changed = Signal()
    go = Signal()

    def __init__(self, counter: Counter, action: Action) -> None:
        super().__init__()
        self.counter, self.say, self.action = counter, counter.say, action
        self.notes: Notes | None = None
        self.serials: Serials | None = None
        self.fields: dict[str, QWidget] = {}
        self._places: list[QWidget] = []
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        frame, inside = card()
        title, text = ("cash.float", "cash.float_text") if action is OPEN else (f"kind.{action.kind}", f"cash.text_{action.kind}")
        self.title = self.say(title)
        inside.addWidget(heading(label(self.title, name="strong"), label(self.say(text), name="muted"), None))
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addLayout(self._make_left(), 1)
        line.addWidget(self._make_side())
        inside.addLayout(line, 1)
        whole.addWidget(frame)
        self._chain()
        self._recount()

    # What stands in it

    def _make_left(self) -> QVBoxLayout:
        left = QVBoxLayout()
        left.setContentsMargins(14, 6, 14, 6)
        if self.action.beside == "notes":
            self.notes = Notes(across=False, note_word=self.say("note"), count_word=self.say("count"), sum_word=self.say("sum"))
            self.notes.changed.connect(self._recount)
            left.addWidget(self.notes)
        elif self.action.beside == "serials":
            self.serials = Serials(self.counter)
            self.serials.changed.connect(self._recount)
            left.addWidget(self.serials)
        else:
            left.addSpacing(8)
            left.addLayout(self._make_fields())
        left.addStretch(1)
        return left

    def _make_side(self) -> QWidget:
        say, action = self.say, self.action
        side = QWidget()
        side.setObjectName("cardside")
        side.setFixedWidth(330)
        column = QVBoxLayout(side)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(6)
        self.total, self.words = label(name="sum"), label(name="muted", wrap=True)
        column.addWidget(label(say("cash.taken_over" if action is OPEN else "cash.total"), name="small"))
        column.addWidget(self.total)
        column.addWidget(self.words)
        planned = self.counter.roll.terms.parameters.float_planned if action is OPEN else 0
        if planned:
            column.addWidget(label(say("cash.planned", amount=planned), name="muted", wrap=True))
        if action.beside:
            column.addSpacing(2)
            column.addLayout(self._make_fields())
        self.hint, self.notice = Notice(), Notice()
        column.addWidget(self.hint)
        column.addWidget(self.notice)
        column.addStretch(1)
        advice = "cash.float_advice" if action is OPEN else f"cash.advice_{action.kind}"
        column.addWidget(label(say(advice), name="small", wrap=True))
        self.post = button(say(f"cash.do_{action.kind}"), name="primary", key="Ctrl Enter")
        self.post.clicked.connect(self.go.emit)
        column.addWidget(self.post)
        return side

    def _make_fields(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        at, half = 0, False
        for one in self.action.fields:
            made = self._make_field(one)
            self.fields[one.name] = made
            across = 1 if half and one.half else 0
            at += 0 if across else 2
            grid.addWidget(label(self._name(one), name="small"), at, across)
            grid.addWidget(made, at + 1, across, 1, 1 if one.half else 2)
            half = one.half and not across
        for column in (0, 1):
            grid.setColumnStretch(column, 1)
        return grid

    def _name(self, one: Field) -> str:
        special = {("loss", "reason"): "cash.happened", ("handover", "to"): "detail.taker"}
        return self.say(special.get((self.action.kind, one.name), f"detail.{one.name}"))

    def _make_field(self, one: Field) -> QWidget:
        name = self._name(one)
        made: QWidget
        if one.sort == "party":
            party = made = PartyField(self.counter, name=name)
            party.changed.connect(self._recount)
        elif one.sort in ("outcome", "teller"):
            made = chosen = QComboBox()
            for said, value in self._choices(one):
                chosen.addItem(said, value)
            chosen.currentIndexChanged.connect(lambda _at: self._recount())
        elif one.sort == "amount":
            amount = made = AmountEdit(name)
            amount.changed.connect(self._recount)
        else:
            text = made = QLineEdit()
            text.setMaxLength(TEXT_LETTERS_MAX)
            text.setPlaceholderText(self.say("cash.time_example") if one.sort == "time" else "")
            text.textChanged.connect(lambda _text: self._recount())
        made.setAccessibleName(name)
        return made

    def _choices(self, one: Field) -> list[tuple[str, str]]:
        if one.sort == "outcome":
            return [(self.say(f"cash.outcome_{each}"), each) for each in OUTCOMES]
        user = self.counter.standing.user.staff_id
        return [(each.full_name, each.staff_id) for each in self.counter.colleagues({"teller"}, but=user)]

    # From one field to the next

    def _chain(self) -> None:
        """Enter goes on: through the notes, then the fields, then to the button."""
        places = [*self.fields.values(), self.post]
        for here, after in itertools.pairwise(places):
            if isinstance(here, AmountEdit):
                here.taken.connect(after.setFocus)
        self._places = places
        for one in (self.notes, self.serials):
            if one is not None:
                one.finished.connect(places[0].setFocus)

    def start(self) -> None:
        """Put the cursor where typing begins."""
        if self.notes is not None:
            self.notes.start()
        elif self.serials is not None:
            self.serials.start()
        else:
            self._places[0].setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~_KEYPAD
        focus = self.focusWidget()
        here = next((one for one in self._places if one is focus or (focus and one.isAncestorOf(focus))), None)
        if not plain or event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or here is None:
            super().keyPressEvent(event)
        elif isinstance(here, QPushButton):
            here.click()
        else:
            self._places[self._places.index(here) + 1].setFocus()

    # What is typed

    @property
    def amount(self) -> int:
        """What it is about, in đồng."""
        if self.notes is not None:
            return self.notes.total
        if self.serials is not None:
            return self.serials.total
        field = self.fields["amount"]
        return (field.amount or 0) if isinstance(field, AmountEdit) else 0

    @property
    def typed(self) -> Typed:
        return Typed(
            self.notes.counts if self.notes else {}, self.serials.notes if self.serials else (),
            {one.name: self._text(one) for one in self.action.fields},
        )  # fmt: skip

    def _text(self, one: Field) -> str:
        """A field as the voucher says it; a time that is unclear is not said."""
        field = self.fields[one.name]
        if isinstance(field, PartyField):
            return field.code
        if isinstance(field, QComboBox):
            return str(field.currentData() or "")
        if isinstance(field, AmountEdit):
            return str(field.amount or "")
        text = field.text().strip() if isinstance(field, QLineEdit) else ""
        return time_text(text) if one.sort == "time" else text

    def missing(self) -> str:
        """What still stands in the way; empty when nothing does."""
        if self.action.beside == "notes" and not self.amount:
            return self.say("cash.need_count")
        if self.action.beside == "serials" and not self.amount:
            return self.say("cash.need_serial")
        for one in self.action.fields:
            field = self.fields[one.name]
            if isinstance(field, PartyField) and field.unclear:
                return self.say("cash.need_party")
            if one.sort == "time" and isinstance(field, QLineEdit) and field.text().strip() and not self._text(one):
                return self.say("cash.need_time")
            # What is held is held under minutes; what goes back to its bearer needs none.
            held = one.name == "minutes" and self.typed.texts.get("outcome") == "held"
            if (one.needed or held) and not self._text(one):
                return self.say("cash.need_teller") if one.sort == "teller" else self.say("cash.need_text", name=self._name(one))
        return ""

    def _recount(self) -> None:
        if not self._places:
            return  # still being made
        self.total.setText(f"{figures(self.amount)} đ")
        self.words.setText(in_words(self.amount) if self.amount else "")
        if self.action.kind == "loss":
            self.hint.tell(self._deadline(), tone="warn")
        self.changed.emit()

    def allow(self, busy: bool) -> None:
        """The button says what is missing, or what it does."""
        missing = self.missing()
        self.post.setEnabled(not missing and not busy)
        name_button(self.post, missing or self.say(f"cash.do_{self.action.kind}"), key="" if missing else "Ctrl Enter")

    def _deadline(self) -> str:
        """By when a large loss has to be reported, reckoned from the time it is said to have happened."""
        parameters, terms = self.counter.roll.terms.parameters, self.counter.roll.terms
        at = time_text(self.fields["at"].text()) if isinstance(self.fields["at"], QLineEdit) else ""
        if not at or not parameters.loss_urgent_from or self.amount < parameters.loss_urgent_from:
            return ""
        lost = datetime.datetime.combine(terms.session_date, datetime.time.fromisoformat(at))
        by = lost + datetime.timedelta(hours=parameters.loss_urgent_hours)
        return self.say(
            "cash.urgent", least=parameters.loss_urgent_from, when=f"{by:%H:%M %d/%m/%Y}",
            hours=parameters.loss_urgent_hours,
        )  # fmt: skip

    # Half typed

    @property
    def kept(self) -> dict[str, Any]:
        """What a draft keeps, as it was typed; empty where nothing was."""
        texts = {
            name: one.field.text() if isinstance(one, PartyField) else one.text()
            for name, one in self.fields.items() if isinstance(one, QLineEdit | PartyField)
        }  # fmt: skip
        typed = {name: text for name, text in texts.items() if text.strip()}
        notes = self.notes.counts if self.notes else {}
        serials = [list(one) for one in self.serials.notes] if self.serials else []
        if not (typed or notes or serials):
            return {}
        chosen = {name: one.currentData() for name, one in self.fields.items() if isinstance(one, QComboBox)}
        return {"notes": notes, "serials": serials, "texts": typed, "chosen": chosen}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Show what was kept."""
        if self.notes:
            self.notes.restore(kept.get("notes", {}))
        if self.serials:
            self.serials.restore(kept.get("serials", []))
        for name, text in kept.get("texts", {}).items():
            field = self.fields.get(name)
            if isinstance(field, PartyField):
                field.field.setText(text)
            elif isinstance(field, QLineEdit):
                field.setText(text)
        for name, value in kept.get("chosen", {}).items():
            chosen = self.fields.get(name)
            if isinstance(chosen, QComboBox):
                chosen.setCurrentIndex(max(chosen.findData(value), 0))
        self.hint.tell(self.say("cash.draft"), tone="plain")


