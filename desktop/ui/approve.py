"""A second person approves: who they are, what they approve in figures and words, and their own PIN."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from desktop.ui.chips import Notice, button, label, row
from desktop.ui.counter import Counter
from desktop.ui.sheets import Sheet
from sync.money import figures, in_words
from sync.voucher import Body

# A PIN that was locked is replaced by the whole passphrase in the same field.
TYPED_MAX = 200


class ApprovalSheet(Sheet):
    """Emits `given` with the approver and what they typed; stays open until it is told how that went."""

    given = Signal(str, str)

    def __init__(
        self, window: QWidget, counter: Counter, *, body: Body, about: str, roles: frozenset[str], maker: str
    ) -> None:
        say = counter.say
        super().__init__(window, title=say("approve.title"))
        amount = abs(body.cash)
        self.body.addWidget(label(about, name="strong", wrap=True))
        if body.reason:
            self.body.addWidget(label(say("approve.reason", reason=body.reason), name="muted", wrap=True))
        way = say("approve.in") if body.cash >= 0 else say("approve.out")
        self.body.addWidget(label(f"{way} {figures(amount)} đ", name="sum"))
        self.body.addWidget(label(in_words(amount), name="muted", wrap=True))
        self.who = QComboBox()
        self.who.setAccessibleName(say("approve.who"))
        for one in counter.colleagues(roles, but=maker):
            self.who.addItem(f"{one.full_name} · {counter.role_name(one.role)}", one.staff_id)
        self.pin = QLineEdit()
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.pin.setMaxLength(TYPED_MAX)
        self.pin.setAccessibleName(say("approve.pin"))
        self.pin.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly | Qt.InputMethodHint.ImhSensitiveData)
        for text, field in ((say("approve.who"), self.who), (say("approve.pin"), self.pin)):
            self.body.addSpacing(4)
            self.body.addWidget(label(text, name="small"))
            self.body.addWidget(field)
        self.notice = Notice()
        self.body.addWidget(self.notice)
        back, self.go = button(say("back"), key="Esc"), button(say("approve.go"), name="primary", key="Enter")
        back.clicked.connect(self.drop)
        self.go.clicked.connect(self._give)
        self.accepted.connect(self._give)
        self.body.addSpacing(6)
        self.body.addLayout(row(None, back, self.go))
        if not self.who.count():
            self.notice.tell(say("approve.nobody"), tone="warn")
            self.go.setEnabled(False)
        self.open_at(self.pin)

    def _give(self) -> None:
        if self.go.isEnabled() and self.pin.text():
            self.go.setEnabled(False)
            self.given.emit(str(self.who.currentData()), self.pin.text())

    def refuse(self, sentence: str) -> None:
        """It was not accepted: say why, and let them try again."""
        self.go.setEnabled(True)
        self.pin.clear()
        self.pin.setFocus()
        self.notice.tell(sentence)
