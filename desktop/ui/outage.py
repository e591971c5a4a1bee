"""What cannot sign: a band that stays in sight, and the sheets that declare an outage, bring the key back, and end it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QPushButton, QWidget

from desktop import files
from desktop.ui.chips import Notice, button, label, name_button, row, toned
from desktop.ui.counter import Counter, clock_text
from desktop.ui.posting import Posting
from desktop.ui.sheets import Sheet
from sync.errors import Fault
from sync.money import figures
from sync.records import TEXT_LETTERS_MAX

if TYPE_CHECKING:
    from desktop.desk import Posted
    from desktop.listing import Standing
    from desktop.outages import Outages

KEY = "Ctrl+U"
# The laptop's own key among the people who may not be able to sign; no staff id is empty.
LAPTOP = ""
# A key file is a few hundred bytes; more is another file.
MEND_BYTES_MAX = 4096
PIN_LETTERS_MAX = 200


class _FormSheet(Sheet):
    """A sheet with fields, a sentence under them, a way back and one that goes on with Ctrl Enter."""

    def _finish(self, counter: Counter, *, go: str, more: tuple[QWidget, ...] = ()) -> None:
        self.notice = Notice()
        self.body.addWidget(self.notice)
        back = button(counter.say("back"), key="Esc")
        self.go = button(go, name="primary", key="Ctrl Enter")
        back.clicked.connect(self.drop)
        self.go.clicked.connect(self._give)
        self.body.addSpacing(6)
        self.body.addLayout(row(None, back, *more, self.go))

    def _field(self, text: str, field: QWidget) -> None:
        field.setAccessibleName(text)
        self.body.addSpacing(4)
        self.body.addWidget(label(text, name="small"))
        self.body.addWidget(field)

    def _give(self) -> None:
        raise NotImplementedError

    def refuse(self, sentence: str, *, field: QWidget | None = None) -> None:
        """It did not go on: say why."""
        self.notice.tell(sentence)
        if field is not None:
            field.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._give()
        elif isinstance(pressed := self.focusWidget(), QPushButton):
            pressed.click()
        else:
            self.focusNextPrevChild(True)


class OutageSheet(_FormSheet):
    """Declare what cannot sign, and why. `given` with a staff id (`LAPTOP`: the laptop's key) and the reason."""

    given = Signal(str, str)

    def __init__(self, window: QWidget, counter: Counter, *, chosen: str = LAPTOP, reason: str = "") -> None:
        say, now = counter.say, counter.standing.outages
        super().__init__(window, title=say("outage.title"), width=560)
        self.counter, self.say = counter, say
        self.body.addWidget(label(say("outage.gone" if now.must_declare else "outage.text"), name="muted", wrap=True))
        self.what, self.reason = QComboBox(), QLineEdit(reason)
        if not now.laptop and (not now.can_sign or counter.training):
            self.what.addItem(say("outage.laptop", letter=counter.standing.letter), LAPTOP)
        if not now.must_declare and not now.person:
            for one in counter.colleagues(("controller", "leader", "teller")):
                self.what.addItem(say("outage.person", name=one.full_name, role=counter.role_name(one.role)), one.staff_id)
        self.what.setCurrentIndex(max(self.what.findData(chosen), 0))
        self.reason.setMaxLength(TEXT_LETTERS_MAX)
        self._field(say("outage.what"), self.what)
        self.what_for = label(name="small", wrap=True)
        self.body.addWidget(self.what_for)
        self._field(say("outage.reason"), self.reason)
        self.reason.setPlaceholderText(say("outage.reason_example"))
        self._finish(counter, go=say("outage.go"))
        self.what.currentIndexChanged.connect(lambda _at: self._fit())
        self.reason.returnPressed.connect(self._give)
        self._fit()
        self.open_at(self.reason if now.must_declare else self.what)

    def _fit(self) -> None:
        laptop = self.what.currentData() == LAPTOP
        self.what_for.setText(self.say("outage.laptop_text" if laptop else "outage.person_text"))
        if not self.what.count():
            self.go.setEnabled(False)
            self.what_for.setText("")
            self.notice.tell(self.say("outage.nothing_left"), tone="warn")

    def _give(self) -> None:
        if not self.reason.text().strip():
            self.refuse(self.say("outage.need_reason"), field=self.reason)
        elif self.go.isEnabled():
            self.end()
            self.given.emit(str(self.what.currentData()), self.reason.text())


class RecoverSheet(_FormSheet):
    """End what is over. `given` with whether the laptop's key, whose signature (or nobody's), and a note."""

    given = Signal(bool, str, str)

    def __init__(self, window: QWidget, counter: Counter) -> None:
        say, now = counter.say, counter.standing.outages
        super().__init__(window, title=say("outage.recover_title"), width=560)
        self.say = say
        self.body.addWidget(label(say("outage.recover_text" if now.laptop else "outage.recover_person_text"), name="muted", wrap=True))
        if now.laptop:
            self.body.addWidget(label(gap_text(counter, now), name="strong", wrap=True))
        self.what, self.note = QComboBox(), QLineEdit()
        name = name_of(counter, now.person)
        if now.laptop:
            self.what.addItem(say("outage.laptop", letter=counter.standing.letter), (True, ""))
        if now.person:
            own = say("outage.back_person", name=name)
            both = f"{say('outage.laptop', letter=counter.standing.letter)} · {own}"
            self.what.addItem(both if now.laptop else own, (bool(now.laptop), now.person))
        self.note.setMaxLength(TEXT_LETTERS_MAX)
        self._field(say("outage.back"), self.what)
        self._field(say("outage.note"), self.note)
        self._finish(counter, go=say("outage.recover_go"))
        self.note.returnPressed.connect(self._give)
        self.open_at(self.go)

    def _give(self) -> None:
        device, person = self.what.currentData()
        self.end()
        self.given.emit(device, person, self.note.text())


class KeySheet(_FormSheet):
    """The way back of the laptop's key: a file for the office, and the office's file in return."""

    back = Signal()
    declare = Signal()

    def __init__(self, window: QWidget, counter: Counter) -> None:
        say = counter.say
        super().__init__(window, title=say("outage.key_title"), width=600)
        self.counter, self.say = counter, say
        self.name = counter.standing.user.full_name
        for step in (1, 2, 3):
            self.body.addWidget(label(say(f"outage.key_step_{step}", name=self.name, staff=counter.standing.user.staff_id), wrap=True))
        self.pin = QLineEdit()
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.pin.setMaxLength(PIN_LETTERS_MAX)
        self.pin.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly | Qt.InputMethodHint.ImhSensitiveData)
        self._field(say("outage.key_pin", name=self.name), self.pin)
        ask = button(say("outage.key_save"), key="Ctrl S")
        ask.clicked.connect(self._choose_place)
        self._finish(counter, go=say("outage.key_load"), more=(ask,))
        if not counter.standing.outages.person and counter.standing.state != "closed":
            other = QPushButton(say("outage.key_declare"))
            other.setObjectName("link")
            other.setAccessibleName(other.text())
            other.clicked.connect(self._declare)
            self.body.addLayout(row(other, None))
        self.pin.returnPressed.connect(self._give)
        self.open_at(self.pin)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_S and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._choose_place()
        else:
            super().keyPressEvent(event)

    def _declare(self) -> None:
        self.end()
        self.declare.emit()

    def _choose_place(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, self.say("outage.key_save"), "spare.dgd")
        if chosen:
            self.save_to(Path(chosen))

    def save_to(self, path: Path) -> None:
        """Write what the office needs into a file."""

        def keep(raw: bytes | None) -> None:
            if raw is None:
                self.refuse(self.say("outage.key_none"))
                return
            made: bytes = raw
            self.counter.carry("wire", call=lambda: files.keep(path, made), then=lambda _none: self._kept(path), failed=self._refused)

        self.counter.ask(lambda desk: desk.spare(), then=keep, failed=self._refused)

    def _kept(self, path: Path) -> None:
        self.notice.tell(self.say("outage.key_saved", file=path.name), tone="ok")

    def _give(self) -> None:
        if not self.pin.text():
            self.refuse(self.say("outage.key_need_pin"), field=self.pin)
            return
        chosen, _ = QFileDialog.getOpenFileName(self, self.say("outage.key_load"), "", "*.dgd *")
        if chosen:
            self.load_from(Path(chosen))

    def load_from(self, path: Path) -> None:
        """Put the key back from the office's file."""
        typed = self.pin.text()

        def put(raw: bytes) -> None:
            self.counter.ask(lambda desk: desk.mend(raw, typed=typed), then=self._back, failed=self._refused)

        self.counter.carry("wire", call=lambda: files.brought(path, bytes_max=MEND_BYTES_MAX), then=put, failed=self._refused)

    def _back(self, standing: "Standing") -> None:
        self.end()
        self.counter.take(standing)
        self.back.emit()

    def _refused(self, fault: Fault) -> None:
        self.pin.clear()
        self.refuse(self.counter.sentence(fault), field=self.pin)


class OutageBand(QWidget):
    """Under the head of every page for as long as something cannot sign; gone otherwise."""

    def __init__(self, counter: Counter, posting: Posting, *, window: Callable[[], QWidget]) -> None:
        super().__init__()
        self.counter, self.say, self.posting, self._window = counter, counter.say, posting, window
        self.setObjectName("band")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.text = label(name="bandtext")
        self.do = button("", name="plain")
        self.do.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.do.clicked.connect(self.act)
        self.setLayout(row(self.text, None, self.do, margins=(18, 5, 18, 5), gap=12))
        # Shown only once it stands in the window: a widget of its own would be a window for a moment.
        self.hide()
        counter.moved.connect(self.show_standing)

    def show_standing(self, now: "Standing") -> None:
        """Say how signing stands, or be gone."""
        said, does, tone = self._words(now.outages, closed=now.state == "closed")
        self.text.setText(said)
        self.setAccessibleName(said)
        name_button(self.do, does, key="Ctrl U")
        for one in (self, self.text):
            toned(one, tone)
        self.setVisible(bool(said))

    def _words(self, now: "Outages", *, closed: bool) -> tuple[str, str, str]:
        """What stands on the band, what its button does, and its tone."""
        say, person = self.say, name_of(self.counter, now.person)
        beside = f" · {say('outage.band_person', name=person, at=clock_text(now.person_s))}" if now.person else ""
        if closed:
            return ("", "", "") if now.can_sign else (say("outage.band_closed"), say("outage.band_key"), "bad")
        if now.must_declare:
            return say("outage.band_gone") + beside, say("outage.go"), "bad"
        facts: dict[str, str | int] = {"at": clock_text(now.laptop_s), "count": now.unsigned}
        if now.must_recover and not self.counter.training:
            return say("outage.band_back", **facts) + beside, say("outage.recover_go"), "ok"
        if now.laptop:
            does = "recover_go" if self.counter.training else "band_key"
            return say("outage.band_laptop", **facts) + beside, say(f"outage.{does}"), "bad"
        if now.person:
            return beside.removeprefix(" · "), say("outage.recover_go"), "warn"
        return "", "", ""

    def begin(self) -> None:
        """The table stands: what has to be done before anything else opens by itself."""
        now = self.counter.standing.outages
        pressing = now.must_declare or (now.must_recover and not self.counter.training)
        if pressing and self.counter.standing.state != "closed":
            self.act()

    def act(self) -> None:
        """The next thing to do about signing: declare, bring the key back, recover."""
        now, closed = self.counter.standing.outages, self.counter.standing.state == "closed"
        if self.counter.sheet_open() or self.posting.busy or self.counter.blind:
            return
        if not now.can_sign and (closed or now.laptop):
            self._bring_key()
        elif closed:
            self.counter.said.emit(self.say("outage.closed"), "warn")
        elif now.must_declare:
            self.declare()
        elif now.laptop or now.person:
            self._recover()
        else:
            self.declare()

    def declare(self, chosen: str = LAPTOP, reason: str = "", *, refused: str = "") -> None:
        """Ask what cannot sign; `refused` is why it was not taken a moment ago."""
        sheet = OutageSheet(self._window(), self.counter, chosen=chosen, reason=reason)
        sheet.given.connect(self._declared)
        if refused:
            sheet.refuse(refused)

    def _declared(self, staff_id: str, reason: str) -> None:
        laptop = staff_id == LAPTOP
        about = self.say("outage.about_laptop") if laptop else self.say("outage.about_person", name=name_of(self.counter, staff_id))
        self.posting.begin(
            lambda desk: desk.preview_outage(device=laptop, staff=staff_id, reason=reason),
            about=about,
            done=lambda posted: self._done("outage.done", posted),
            refused=lambda fault: self.declare(staff_id, reason, refused=self.counter.sentence(fault)),
        )

    def _bring_key(self) -> None:
        sheet = KeySheet(self._window(), self.counter)
        sheet.back.connect(self._key_back)
        sheet.declare.connect(self.declare)

    def _key_back(self) -> None:
        self.counter.said.emit(self.say("outage.key_back"), "ok")
        if self.counter.standing.outages.laptop and self.counter.standing.state != "closed":
            self._recover()

    def _recover(self) -> None:
        RecoverSheet(self._window(), self.counter).given.connect(self._recovered)

    def _recovered(self, device: bool, staff_id: str, note: str) -> None:
        now = self.counter.standing.outages
        names = (self.say("outage.about_back_laptop", range=gap_text(self.counter, now)) if device else "",
                 self.say("outage.about_back_person", name=name_of(self.counter, staff_id)) if staff_id else "")  # fmt: skip
        self.posting.begin(
            lambda desk: desk.preview_recover(device=device, staff=staff_id, reason=note),
            about=" · ".join(name for name in names if name),
            done=lambda posted: self._done("outage.recovered", posted),
            refused=lambda fault: self.counter.said.emit(self.counter.sentence(fault), "bad"),
        )

    def _done(self, key: str, posted: "Posted") -> None:
        self.counter.said.emit(self.say(key, number=posted.sealed.entry.number), "ok")


def gap_text(counter: Counter, now: "Outages") -> str:
    """From which number to which, how many, and what went in and out."""
    return counter.say(
        "outage.range", first=now.laptop, last=now.laptop + now.unsigned - 1, count=now.unsigned,
        cash_in=figures(now.cash_in), cash_out=figures(now.cash_out),
    )  # fmt: skip


def name_of(counter: Counter, staff_id: str) -> str:
    """Somebody of the team by name; empty for nobody."""
    staff = counter.roll.staff.get(staff_id)
    return staff.full_name if staff else staff_id
