"""A request without money: extension, rescheduling, lưu vụ, a dossier received, the suggestion box."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QVBoxLayout, QWidget

from desktop.ui.chips import Notice, button, label, row
from desktop.ui.counter import Counter, account_text
from desktop.ui.sheets import Sheet
from sync.records import TEXT_LETTERS_MAX
from sync.requests import REQUESTS

if TYPE_CHECKING:
    from desktop.listing import Person

# Of nobody only what stands in the suggestion box.
OF_NOBODY = ("suggestion",)
_OF_A_LOAN = ("extension", "reschedule", "retain")


class RequestSheet(Sheet):
    """Kind, loan, until when, and what for. `given` asks for it to be kept; the sheet stays until that is done."""

    given = Signal()

    def __init__(self, window: QWidget, counter: Counter, *, person: "Person | None", loan: str) -> None:
        say = counter.say
        self.counter, self.say, self.person = counter, say, person
        super().__init__(window, title=say("request.title"), width=560)
        who = person.customer.full_name if person else say("request.nobody")
        self.body.addWidget(label(who, name="strong", wrap=True))
        self.kind, self.loan, self.until, self.text = QComboBox(), QComboBox(), QLineEdit(), QLineEdit()
        for one in REQUESTS if person else OF_NOBODY:
            self.kind.addItem(say(f"request.{one}"), one)
        for dues in person.dues if person else ():
            code = dues.loan.loan_code
            self.loan.addItem(f"{account_text(code)} · {counter.programme(dues.loan.programme_code)}", code)
        self.loan.setCurrentIndex(max(self.loan.findData(loan), 0))
        self.until.setPlaceholderText("dd/mm/yyyy")
        self.until.setMaxLength(10)
        self.text.setMaxLength(TEXT_LETTERS_MAX)
        self.columns = {name: self._column(name, field) for name, field in self._fields()}
        across = row(gap=14)
        across.addWidget(self.columns["loan"], 1)
        across.addWidget(self.columns["until"])
        self.body.addWidget(self.columns["kind"])
        self.body.addLayout(across)
        self.body.addWidget(self.columns["text"])
        self.notice = Notice()
        self.body.addWidget(self.notice)
        back, self.go = button(say("back"), key="Esc"), button(say("request.go"), name="primary", key="Ctrl Enter")
        back.clicked.connect(self.drop)
        self.go.clicked.connect(self._give)
        self.body.addSpacing(6)
        self.body.addLayout(row(None, back, self.go))
        self.kind.currentIndexChanged.connect(lambda _at: self._fit())
        self.until.returnPressed.connect(self.text.setFocus)
        self.text.returnPressed.connect(self._give)
        self._fit()
        self.open_at(self.kind if person else self.text)

    def _fields(self) -> tuple[tuple[str, QWidget], ...]:
        return (("kind", self.kind), ("loan", self.loan), ("until", self.until), ("text", self.text))

    def _column(self, name: str, field: QWidget) -> QWidget:
        field.setAccessibleName(self.say(f"request.field_{name}"))
        made = QWidget()
        inside = QVBoxLayout(made)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(2)
        inside.addWidget(label(self.say(f"request.field_{name}"), name="small"))
        inside.addWidget(field)
        return made

    @property
    def request(self) -> str:
        return str(self.kind.currentData())

    def _fit(self) -> None:
        """A loan is named where it is about one, and a day where it asks for one."""
        of_loan = self.request in _OF_A_LOAN
        self.columns["loan"].setVisible(of_loan or (self.request == "dossier" and self.loan.count() > 0))
        self.columns["until"].setVisible(of_loan)

    @property
    def details(self) -> dict[str, str]:
        """What the voucher says beside its words: the loan, and the day as ISO."""
        found = {}
        if self.request in _OF_A_LOAN and self.loan.currentData():
            found["account"] = str(self.loan.currentData())
        day = QDate.fromString(self.until.text().strip(), "dd/MM/yyyy")
        if self.request in _OF_A_LOAN and day.isValid():
            found["until"] = day.toString("yyyy-MM-dd")
        return found

    @property
    def kept(self) -> list[str]:
        """What a draft keeps, as it was typed."""
        return [self.request, str(self.loan.currentData() or ""), self.until.text(), self.text.text()]

    def restore(self, kept: list[str]) -> None:
        """Show what was typed before a lock."""
        request, loan, until, text = kept
        for field, data in ((self.kind, request), (self.loan, loan)):
            field.setCurrentIndex(max(field.findData(data), 0))
        self.until.setText(until)
        self.text.setText(text)

    def _give(self) -> None:
        typed = self.until.text().strip()
        if self.request in _OF_A_LOAN and typed and "until" not in self.details:
            self.refuse(self.say("request.unclear_until"), field=self.until)
        elif not self.text.text().strip():
            self.refuse(self.say("request.need_text"), field=self.text)
        else:
            self.notice.tell("")
            self.given.emit()

    def refuse(self, sentence: str, *, field: QLineEdit | None = None) -> None:
        """It was not kept: say why."""
        self.notice.tell(sentence)
        (field or self.text).setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._give()
        elif self.kind.hasFocus() or self.loan.hasFocus():
            self.focusNextPrevChild(True)
