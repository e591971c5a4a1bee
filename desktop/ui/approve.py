"""A second person approves: who they are, what they approve in figures and words, and their own PIN."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from desktop.ui.chips import Notice, button, label, name_button, row
from desktop.ui.counter import Counter
from desktop.ui.sheets import Sheet
from sync.money import counted, figures, in_words
from sync.voucher import Body

# A PIN that was locked is replaced by the whole passphrase in the same field.
TYPED_MAX = 200
# Kinds whose details the approver answers for.
FACTS_OF = ("open", "float", "return", "count", "handover", "transit", "counterfeit", "loss", "suspense")
# Kinds that say in words what they are about, and are of no sum.
WITHOUT_MONEY = ("outage", "recover", "resume")


class ApprovalSheet(Sheet):
    """Emits `given` with the approver and what they typed; stays open until it is told how that went.

    `paper` are those who cannot sign now: nothing is typed for them, they sign by hand what comes out of the printer.
    `beside`: only those have approved so far, and an officer who can sign is asked for beside them.
    """

    given = Signal(str, str)

    def __init__(
        self, window: QWidget, counter: Counter, *, body: Body, about: str, roles: frozenset[str], maker: str,
        named: str, paper: frozenset[str] = frozenset(), beside: bool = False,
    ) -> None:  # fmt: skip
        say = counter.say
        own = "own" if named == maker else "named" if named else ""
        super().__init__(window, title=say(f"approve.title_{own}" if own else "approve.title"))
        self.body.addWidget(label(about, name="strong", wrap=True))
        for said in (self._facts(counter, body), say("approve.reason", reason=body.reason) if body.reason else ""):
            if said:
                self.body.addWidget(label(said, name="muted", wrap=True))
        if body.kind not in WITHOUT_MONEY and (body.kind != "adjust" or body.cash):
            way, amount = self._amount(body)
            self.body.addWidget(label(f"{say(f'approve.{way}')} {figures(amount)} đ", name="sum"))
            self.body.addWidget(label(in_words(amount), name="muted", wrap=True))
        self.who = QComboBox()
        who, pin, go = (say(f"approve.{name}{'_named' if named else ''}") for name in ("who", "pin", "go"))
        self.who.setAccessibleName(who)
        # Whoever the voucher names signs in person, the maker of a hand-over too.
        # Who cannot sign comes last: another who can is better than a hand on paper.
        self._paper, self._counter, self._go = paper, counter, go
        people = sorted(counter.colleagues(roles, but="" if named else maker), key=lambda one: one.staff_id in paper)
        people = [one for one in people if not beside or one.staff_id not in paper]
        for one in (one for one in people if not named or one.staff_id == named):
            self.who.addItem(f"{one.full_name} · {counter.role_name(one.role)}", one.staff_id)
        self.pin = QLineEdit()
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.pin.setMaxLength(TYPED_MAX)
        self.pin.setAccessibleName(pin)
        self.pin.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly | Qt.InputMethodHint.ImhSensitiveData)
        self.pin_name = label(pin, name="small")
        for text, field in ((label(who, name="small"), self.who), (self.pin_name, self.pin)):
            self.body.addSpacing(4)
            self.body.addWidget(text)
            self.body.addWidget(field)
        self.notice = Notice()
        self.body.addWidget(self.notice)
        back, self.go = button(say("back"), key="Esc"), button(go, name="primary", key="Enter")
        back.clicked.connect(self.drop)
        self.go.clicked.connect(self._give)
        self.accepted.connect(self._give)
        self.body.addSpacing(6)
        self.body.addLayout(row(None, back, self.go))
        self._first = say("approve.beside") if beside else ""
        if not self.who.count():
            self.notice.tell(say("approve.nobody"), tone="warn")
            self.go.setEnabled(False)
        self.who.currentIndexChanged.connect(lambda _at: self._fit())
        self._fit()
        self.open_at(self.go if self.on_paper else self.pin)

    @property
    def on_paper(self) -> bool:
        """Whoever is chosen cannot sign, and was declared so: their hand goes on the paper."""
        return self.who.currentData() in self._paper

    def _fit(self) -> None:
        say, bare = self._counter.say, self.on_paper
        for one in (self.pin, self.pin_name):
            one.setVisible(not bare)
        name_button(self.go, say("approve.go_paper") if bare else self._go, key="Enter")
        if bare:
            self.pin.clear()
            self.notice.tell(say("approve.paper", name=self.who.currentText().split(" · ")[0]), tone="warn")
        elif self.who.count():
            self.notice.tell(self._first, tone="warn")

    @staticmethod
    def _amount(body: Body) -> tuple[str, int]:
        """What it is about: cash that moves, or what was counted, written down or reported without moving."""
        if body.cash:
            return ("in" if body.cash > 0 else "out"), abs(body.cash)
        if body.kind in ("handover", "transit", "count"):
            return "counted", counted(dict(body.notes))
        if body.kind == "counterfeit":
            return "noted", sum(line.amount for line in body.lines)
        return ("noted", int(body.detail("amount"))) if body.kind == "loss" else ("in", 0)

    @staticmethod
    def _facts(counter: Counter, body: Body) -> str:
        """What else the voucher says: the seal, the other side, the road."""
        if body.kind not in FACTS_OF:
            return ""
        staff, said = counter.roll.staff, []
        for name, text in body.details:
            in_person = body.kind in ("handover", "count") and text in staff
            if (body.kind, name) not in (("loss", "amount"), ("counterfeit", "outcome")):
                word = "taker" if body.kind == "handover" else name
                said.append(f"{counter.say(f'detail.{word}')}: {staff[text].full_name if in_person else text}")
        return " · ".join(said)

    def _give(self) -> None:
        if self.go.isEnabled() and (self.pin.text() or self.on_paper):
            self.go.setEnabled(False)
            self.given.emit(str(self.who.currentData()), self.pin.text())

    def refuse(self, sentence: str) -> None:
        """It was not accepted: say why, and let them try again."""
        self.go.setEnabled(True)
        self.pin.clear()
        self.pin.setFocus()
        self.notice.tell(sentence)
