"""The cards of the first run: which ticket, who gets an account, how the answer reaches the office."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop.ui.chips import Notice, button, label, language_links, name_button, row, toned
from desktop.ui.look import icon
from desktop.words import Words
from sync.errors import Refusal

if TYPE_CHECKING:
    from sync.pack import Colleague, Ticket

_ROLES = ("teller", "controller", "leader")
# What seven rows need; a longer list is scrolled, so that the card fits a window of 720.
_LIST_PIXELS_MAX = 322
# Measured with the usual stretching on an old laptop: what a person waits for, one of the team after another.
_SECONDS_EACH = 2


class Person(NamedTuple):
    """What one of the team typed."""

    staff_id: str
    passphrase: str
    pin: str


class Step(QFrame):
    """A card with a title, what to do, a notice, and the languages at its foot."""

    language = Signal(str)
    back = Signal()

    def __init__(self, words: Words, *, title: str, text: str, width: int) -> None:
        super().__init__()
        self.words = words
        self.setObjectName("sheet")
        self.setFixedWidth(width)
        self.inside = QVBoxLayout(self)
        self.inside.setContentsMargins(30, 24, 30, 20)
        self.inside.setSpacing(8)
        self.inside.addWidget(label(title, name="sum", wrap=True))
        self.inside.addWidget(label(text, name="muted", wrap=True))
        self.notice = Notice()
        self.inside.addWidget(self.notice)

    def end_with(self, *buttons: QWidget | None) -> None:
        """The buttons, and the languages below them."""
        self.inside.addSpacing(4)
        self.inside.addLayout(row(*buttons))
        self.inside.addLayout(language_links(self.words, chosen=self.language.emit))
        for one in self.findChildren(QPushButton):
            one.installEventFilter(self)

    def key(self, name: str, call: Callable[[], object]) -> None:
        """A key that works anywhere on this card."""
        made = QShortcut(QKeySequence(name), self)
        made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        made.activated.connect(call)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Here and not in keyPressEvent: an Enter that moved the focus to a button would press it as well.
        pressed = isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if pressed and event.type() == QEvent.Type.KeyPress and isinstance(watched, QPushButton):
            watched.click()
            return True
        return super().eventFilter(watched, event)

    def start(self) -> None:
        """Put the cursor where typing begins."""

    def wait(self, text: str) -> None:
        """A worker is asked."""
        self.notice.tell(text, tone="plain")

    def refuse(self, sentence: str, *, warn: bool) -> None:
        """It was not done: say why."""
        self.notice.tell(sentence, tone="warn" if warn else "bad")


class TicketStep(Step):
    """Which ticket, and whether it is from the right office: `read` with a path, then `agreed`."""

    choose = Signal()
    read = Signal(str)
    agreed = Signal()

    def __init__(self, words: Words, *, path: str) -> None:
        super().__init__(words, title=words("ui.enrol.title"), text=words("ui.enrol.text"), width=560)
        self.path = QLineEdit(path)
        self.path.setAccessibleName(words("ui.enrol.file"))
        self.browse = button(words("ui.enrol.choose"), key="F4")
        self.inside.addSpacing(4)
        self.inside.addWidget(label(words("ui.enrol.file"), name="small"))
        self.inside.addLayout(row(self.path, self.browse))
        self.facts = QWidget()
        grid = QGridLayout(self.facts)
        grid.setContentsMargins(0, 6, 0, 0)
        grid.setColumnStretch(1, 1)
        grid.setHorizontalSpacing(16)
        self.figures: dict[str, QLabel] = {}
        for line, name in enumerate(("office", "letter", "people")):
            self.figures[name] = label(name="strong", wrap=True)
            grid.addWidget(label(words(f"ui.enrol.{name}"), name="muted"), line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(self.figures[name], line, 1)
        self.inside.addWidget(self.facts)
        self.facts.hide()
        self.go = button(words("ui.enrol.read"), name="primary", key="Enter")
        self.end_with(None, self.go)
        self.browse.clicked.connect(self.choose)
        self.key("F4", self.choose.emit)
        self.path.returnPressed.connect(self._go)
        self.path.textChanged.connect(self._forget)
        self.go.clicked.connect(self._go)
        self._forget()

    def start(self) -> None:
        self.path.setFocus()

    def take_path(self, path: str) -> None:
        """A path that was chosen and not typed."""
        self.path.setText(path)
        self.path.setFocus()

    def _forget(self) -> None:
        self.facts.hide()
        self.notice.tell("")
        name_button(self.go, self.words("ui.enrol.read"), key="Enter")
        self.go.setEnabled(bool(self.path.text().strip()))

    def _go(self) -> None:
        if not self.facts.isHidden():
            self.agreed.emit()
        elif self.go.isEnabled():
            self.read.emit(self.path.text().strip())

    def show_ticket(self, ticket: "Ticket") -> None:
        """The ticket is sound: whose it is, for the person to agree to."""
        self.notice.tell("")
        self.figures["office"].setText(ticket.office.name)
        self.figures["letter"].setText(ticket.letter)
        self.figures["people"].setText(str(len(ticket.staff)))
        self.facts.show()
        name_button(self.go, self.words("ui.enrol.agree"), key="Enter")


class PersonRow(QWidget):
    """One of the team: a passphrase that can be shown, a PIN, and what is wrong with them beside the field."""

    moved = Signal()

    def __init__(self, words: Words, *, person: "Colleague") -> None:
        super().__init__()
        self.words, self.person = words, person
        self.passphrase, self.pin, self.eye = QLineEdit(), QLineEdit(), QPushButton()
        self.name = label(f"{person.full_name} · {words(f'ui.role.{person.role}')}", wrap=True)
        self.name.setFixedWidth(256)
        self.said = label(name="said", wrap=True)
        toned(self.said, "bad")
        self.said.hide()
        self.eye.setObjectName("plain")
        self.eye.setCheckable(True)
        self.eye.setFixedWidth(44)
        self.pin.setFixedWidth(110)
        for field, what in ((self.passphrase, "passphrase"), (self.pin, "pin"), (self.eye, "show")):
            field.setAccessibleName(words(f"ui.enrol.{what}_of", name=person.full_name))
        for secret in (self.passphrase, self.pin):
            secret.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData)
            secret.textChanged.connect(self._typed)
            secret.editingFinished.connect(self.judge)
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.eye.toggled.connect(self._show)
        self._show(False)
        line = QVBoxLayout(self)
        line.setContentsMargins(0, 4, 0, 4)
        line.setSpacing(2)
        line.addLayout(row(self.name, self.passphrase, self.eye, self.pin, gap=10))
        line.addLayout(row(266, self.said))

    def _show(self, shown: bool) -> None:
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
        # At the unlock page the field is hidden and no input method works in it. Were one to work here, the
        # letters it makes would be kept, and could never be typed there.
        self.passphrase.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.eye.setIcon(icon("eye-off" if shown else "eye"))

    def _typed(self) -> None:
        self._say(None, "")
        self.moved.emit()

    def _say(self, field: QLineEdit | None, sentence: str) -> None:
        for one in (self.passphrase, self.pin):
            toned(one, "bad" if one is field else "")
            one.setAccessibleDescription(sentence if one is field else "")
        self.said.setText(sentence)
        self.said.setVisible(bool(sentence))

    @property
    def typed(self) -> Person:
        return Person(self.person.staff_id, self.passphrase.text(), self.pin.text())

    @property
    def left_out(self) -> bool:
        return not self.passphrase.text() and not self.pin.text()

    def judge(self, *, whole: bool = False) -> QLineEdit | None:
        """The field that is refused, with the reason beside it; an empty one only when the `whole` row is judged."""
        from desktop.vault import check_passphrase, check_pin

        for field, check in ((self.passphrase, check_passphrase), (self.pin, check_pin)):
            if field.text() or (whole and not self.left_out):
                try:
                    check(field.text())
                except Refusal as refusal:
                    self._say(field, refusal.sentence(self.words.language))
                    return field
        return None


class TeamStep(Step):
    """Who gets an account: `enrol` with the people who chose a passphrase and a PIN."""

    enrol = Signal(list)

    def __init__(self, words: Words, *, ticket: "Ticket") -> None:
        title = words("ui.enrol.team", office=ticket.office.name, letter=ticket.letter)
        super().__init__(words, title=title, text=words("ui.enrol.team_text"), width=900)
        order = sorted(ticket.staff, key=lambda one: _ROLES.index(one.role))
        self.rows = [PersonRow(words, person=one) for one in order]
        names = [label(words(f"ui.enrol.{one}"), name="small") for one in ("name", "passphrase", "pin")]
        names[0].setFixedWidth(256)
        names[2].setFixedWidth(122)
        self.inside.addLayout(row(*names, gap=10))
        self.inside.addWidget(self._make_list(), 1)
        self.leave = button(words("ui.back"), key="Esc")
        self.go = button("", name="primary")
        self.end_with(self.leave, None, self.go)
        self.leave.clicked.connect(self.back)
        self.go.clicked.connect(self._enrol)
        for key in ("Ctrl+Return", "Ctrl+Enter"):
            self.key(key, self._enrol)
        self.key("Esc", self.leave.click)
        self.key("F4", self._toggle)
        for at, one in enumerate(self.rows):
            one.passphrase.returnPressed.connect(lambda one=one, at=at: (one.pin if one.passphrase.text() else self._after(at)).setFocus())
            one.pin.returnPressed.connect(lambda at=at: self._after(at).setFocus())
            one.moved.connect(self._name_go)
        QApplication.instance().focusChanged.connect(self._follow)  # type: ignore[union-attr]
        self._name_go()

    def _make_list(self) -> QScrollArea:
        inside = QWidget()
        inside.setObjectName("teamlist")
        inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(0)
        for one in self.rows:
            column.addWidget(one)
        column.addStretch(1)
        self.list = QScrollArea()
        self.list.setObjectName("team")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setWidgetResizable(True)
        self.list.setWidget(inside)
        self.list.setFixedHeight(min(inside.sizeHint().height(), _LIST_PIXELS_MAX))
        return self.list

    def start(self) -> None:
        if self.rows:
            self.rows[0].passphrase.setFocus()

    def people(self) -> list[Person]:
        """What everybody typed who was not left out."""
        return [one.typed for one in self.rows if not one.left_out]

    def type_again(self, people: list[Person]) -> None:
        """What was typed before the language changed."""
        typed = {one.staff_id: one for one in people}
        for one in self.rows:
            if kept := typed.get(one.person.staff_id):
                one.passphrase.setText(kept.passphrase)
                one.pin.setText(kept.pin)

    def _after(self, at: int) -> QWidget:
        following = self.rows[at + 1 : at + 2]
        return following[0].passphrase if following else self.go

    def _follow(self, _before: QWidget | None, now: QWidget | None) -> None:
        """A passphrase is shown only to the one who sits in its row."""
        if now is None or not self.isVisible():
            return
        for one in self.rows:
            if one.isAncestorOf(now):
                self.list.ensureWidgetVisible(one, 0, 8)
            else:
                one.eye.setChecked(False)

    def _toggle(self) -> None:
        now = QApplication.focusWidget()
        for one in self.rows:
            if now is not None and one.isAncestorOf(now):
                one.eye.toggle()

    def _name_go(self) -> None:
        """The button says what is still missing."""
        people = self.people()
        tellers = {one.person.staff_id for one in self.rows if one.person.role == "teller"}
        ready = any(one.staff_id in tellers and one.passphrase for one in people)
        text = self.words("ui.enrol.go", count=len(people)) if ready else self.words("ui.enrol.need_teller")
        name_button(self.go, text, key="Ctrl Enter" if ready else "")
        self.go.setEnabled(ready)

    def _enrol(self) -> None:
        if not self.go.isEnabled():
            return
        refused = [field for one in self.rows if (field := one.judge(whole=True)) is not None]
        if refused:
            refused[0].setFocus()
            return
        people = self.people()
        for one in self.rows:
            one.eye.setChecked(False)
        self.setEnabled(False)
        self.wait(self.words("ui.enrol.making", count=len(people), seconds=len(people) * _SECONDS_EACH))
        self.enrol.emit(people)

    def refuse(self, sentence: str, *, warn: bool) -> None:
        super().refuse(sentence, warn=warn)
        self.setEnabled(True)
        self.start()


class AnswerStep(Step):
    """The vault stands: `send` with the office's address, `save` to carry the answer, or `later`."""

    send = Signal(str)
    save = Signal()
    later = Signal()

    def __init__(self, words: Words, *, letter: str, office_name: str, kept: str, address: str) -> None:
        text = words("ui.enrol.answer_text", letter=letter, office=office_name)
        super().__init__(words, title=words("ui.enrol.answer"), text=text, width=640)
        self.address = QLineEdit(address)
        self.address.setAccessibleName(words("ui.enrol.address"))
        self.address.setPlaceholderText("https://office.example")
        self.kept = label(name="small", wrap=True)
        self.inside.addSpacing(4)
        self.inside.addWidget(label(words("ui.enrol.address"), name="small"))
        self.inside.addWidget(self.address)
        self.inside.addWidget(self.kept)
        self.skip = button(words("ui.enrol.later"), key="Esc")
        self.keep = button(words("ui.enrol.save"), key="Ctrl S")
        self.go = button(words("ui.enrol.send"), name="primary", key="Enter")
        self.end_with(self.skip, None, self.keep, self.go)
        self.go.clicked.connect(self._send)
        self.keep.clicked.connect(self.save)
        self.skip.clicked.connect(self.later)
        self.key("Ctrl+S", self.save.emit)
        self.key("Esc", self.later.emit)
        self.address.returnPressed.connect(self._send)
        self.address.textChanged.connect(self._typed)
        self._typed()
        self._show_kept(kept)

    def start(self) -> None:
        self.address.setFocus()

    def _typed(self) -> None:
        self.go.setEnabled(bool(self.address.text().strip()))

    def _show_kept(self, kept: str) -> None:
        # A path is one word to Qt: it may break behind its strokes.
        breaking = kept.replace("/", "/\u200b").replace("\\", "\\\u200b")
        self.kept.setText(self.words("ui.enrol.kept", file=breaking) if kept else self.words("ui.enrol.kept_none"))

    def show_kept(self, kept: str) -> None:
        """A copy was written there."""
        self._show_kept(kept)
        self.notice.tell(self.words("ui.enrol.saved"), tone="ok")

    def _send(self) -> None:
        if self.go.isEnabled():
            self.go.setEnabled(False)
            self.wait(self.words("ui.enrol.sending"))
            self.send.emit(self.address.text().strip())

    def refuse(self, sentence: str, *, warn: bool) -> None:
        super().refuse(sentence, warn=warn)
        self._typed()
        self.start()
