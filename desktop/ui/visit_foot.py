"""The foot of a visit: cash in the hand, change, the sum either way in figures and words, what must still be said."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from desktop.ui.amounts import AmountEdit
from desktop.ui.chips import button, label, row, toned
from desktop.ui.counter import Counter
from desktop.ui.slip import Tick
from sync.money import figures, in_words
from sync.records import TEXT_LETTERS_MAX

if TYPE_CHECKING:
    from desktop.ui.verdict import Verdict

# The keys that stand as buttons in the foot: principal, interest, deposit, withdrawal.
FOOT_KEYS = ("G", "L", "T", "R")


class VisitFoot(QVBoxLayout):
    """`adding` are the buttons of `FOOT_KEYS`, in their order."""

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.counter, self.say = counter, counter.say
        say = counter.say
        # Cash is being asked for, whichever way the lines go so far.
        self._asking = False
        self.setContentsMargins(14, 6, 14, 10)
        self.setSpacing(6)
        self.given = AmountEdit(say("customers.given"))
        self.given.setFixedWidth(150)
        self.given_word, self.change_word = label(say("customers.given"), name="small"), label(say("customers.change"), name="small")
        self.change = label("0", name="figure")
        self.way, self.total = label(name="small"), label("0 đ", name="sum")
        self.words, self.approval = label(name="small", wrap=True), label(name="said", wrap=True)
        for one in (self.way, self.total, self.words, self.approval):
            one.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line = row(gap=16)
        for word, field in ((self.given_word, self.given), (self.change_word, self.change)):
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(word)
            column.addWidget(field)
            column.addStretch(1)
            line.addLayout(column)
        sums = QVBoxLayout()
        sums.setSpacing(0)
        for one in (self.way, self.total, self.words, self.approval):
            sums.addWidget(one)
        line.addLayout(sums, 1)
        self.addLayout(line)
        self.approval.hide()
        self.addWidget(self._make_hardship())
        self.addWidget(self._make_check())
        self.adding = tuple(button(say(f"customers.add_{key}"), name="low", key=key) for key in FOOT_KEYS)
        self.post = button(say("post_print"), name="primary", key="Ctrl Enter")
        self.addLayout(row(*self.adding, None, self.post))

    def _make_hardship(self) -> QWidget:
        """Principal while interest stays owed: why, for whoever approves it."""
        self.hardship = QWidget()
        self.reason = QLineEdit()
        self.reason.setMaxLength(TEXT_LETTERS_MAX // 2)
        self.reason.setAccessibleName(self.say("customers.hardship"))
        self.reason.setPlaceholderText(self.say("customers.hardship_example"))
        line = row(label(self.say("customers.hardship"), name="said"), gap=10)
        line.addWidget(self.reason, 1)
        self.hardship.setLayout(line)
        self.hardship.hide()
        return self.hardship

    def _make_check(self) -> QWidget:
        """Whoever is handed money is known by a card."""
        self.checking = QWidget()
        self.identity = Tick()
        cap = label("Space", name="cap")
        cap.setFixedHeight(20)
        self.checking.setLayout(row(self.identity, cap, None))
        self.checking.hide()
        return self.checking

    def show_total(self, total: int, *, moved: int, lines: int) -> None:
        """The net cash of so many lines, either way, or what is moved where there is none; the change follows from
        what was given."""
        way = "none" if not lines else "in" if total > 0 else "out" if total < 0 else "no_cash"
        self.way.setText("" if way == "none" else self.say(f"customers.way_{way}"))
        shown = abs(total) or moved
        self.total.setText(f"{figures(shown)} đ")
        self.words.setText(in_words(shown) if shown else "")
        owed = max(total, 0)
        self.change.setText(figures(max((self.given.amount or owed) - owed, 0)))
        for one in (self.given_word, self.given, self.change_word, self.change):
            one.setVisible(total >= 0 or self._asking)

    def ask_cash(self) -> None:
        """Put the cursor in what the person hands over; `end_asking` when it is known."""
        self._asking = True
        for one in (self.given_word, self.given):
            one.show()
        self.given.setFocus()
        self.given.selectAll()

    def end_asking(self) -> None:
        self._asking = False

    def show_approval(self, verdict: "Verdict") -> None:
        """Who else has to approve these lines, and whether a reason is asked for."""
        name = self.counter.role_name
        roles = [self.say("customers.or").join(name(one) for one in sorted(allowed)) for allowed in verdict.approvers]  # type: ignore[arg-type]
        self.approval.setText(self.say("customers.approval", roles=", ".join(roles)) if roles else "")
        toned(self.approval, "warn")
        self.approval.setVisible(bool(roles))
        self.hardship.setVisible(verdict.hardship)

    @property
    def asking_more(self) -> bool:
        """Whether a reason or a look at the card is asked for."""
        return not self.hardship.isHidden() or not self.checking.isHidden()

    def show_hardship(self) -> None:
        """Ask for the reason now."""
        self.hardship.show()
        self.reason.setFocus()

    def show_check(self, text: str) -> None:
        """Ask whether the card was looked at; empty where nothing is handed out."""
        self.checking.setVisible(bool(text))
        self.identity.setText(text)
        self.identity.setAccessibleName(text)

    def clear(self) -> None:
        """The next visitor."""
        self._asking = False
        self.given.clear()
        self.reason.clear()
        self.identity.setChecked(False)
