"""One approved slip beside the list: who is paid, what for, how much in figures, words and notes."""

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from desktop.ui.by_hand import ByHand
from desktop.ui.chips import Chip, Notice, Tone, button, foot, heading, label, row, toned
from desktop.ui.counter import Counter, account_text, day_text
from desktop.ui.look import colour, picture
from sync.ledger import Line
from sync.money import fewest_notes, figures, in_words
from sync.terms import Adjustment, Customer

if TYPE_CHECKING:
    from desktop.listing import SlipRow

# As many facts as a disbursement has, the longest of the slips.
FACTS_MAX = 9
BOX_PIXELS = 18
TONES: dict[str, Tone] = {"open": "plain", "paid": "ok", "early": "warn", "late": "warn"}


def state_text(counter: Counter, one: "SlipRow") -> str:
    """Where a slip stands, in words: an adjustment is done, whichever way its money goes."""
    if one.state == "open" and one.elsewhere:
        return counter.say("beside.served_by", letter=one.elsewhere)
    name = f"adjust_{one.state}" if one.code == "CX" else f"state_{one.state}"
    return counter.say(f"disburse.{name}", number=str(one.number))


class Fact(NamedTuple):
    """A line of the slip: what it is about, and what it says. `tone` is `warn` where somebody has to look twice."""

    name: str
    text: str
    tone: str = ""


class Tick(QCheckBox):
    """A statement somebody ticks; drawn in the palette, so that it is seen in light, in dark and under the cursor."""

    def sizeHint(self) -> QSize:
        return QSize(BOX_PIXELS + 14 + self.fontMetrics().horizontalAdvance(self.text()), BOX_PIXELS + 8)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(1.5, (self.height() - BOX_PIXELS) / 2, BOX_PIXELS, BOX_PIXELS)
        on = self.isChecked()
        edge = "accent" if on or self.hasFocus() else "muted"
        painter.setPen(QPen(colour(edge), 2 if self.hasFocus() else 1))
        painter.setBrush(colour("accent" if on else "surface"))
        painter.drawRoundedRect(box, 4, 4)
        if on:
            painter.drawPixmap(box.adjusted(2, 2, -2, -2).toRect(), picture("check", "on_accent", BOX_PIXELS))
        painter.setPen(colour("accent" if self.hasFocus() else "ink"))
        words = self.rect().adjusted(BOX_PIXELS + 11, 0, 0, 0)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), self.text())
        painter.end()


class SlipCard(QFrame):
    """A slip's facts, its amount, the drawer and the identity check; the page says when it may be posted."""

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.setObjectName("card")
        self.counter, self.say = counter, counter.say
        # The notes it is paid with, where somebody counted them out by kind.
        self.paid_with: dict[int, int] = {}
        inside = QVBoxLayout(self)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.setSpacing(0)
        self.number, self.name, self.state = label(name="strong"), label(name="title", wrap=True), Chip()
        inside.addWidget(heading(self.number, None, self.state))
        self.by_hand = ByHand(counter)
        inside.addLayout(row(self.by_hand, None, margins=(16, 6, 16, 0)))
        inside.addLayout(row(self.name, margins=(16, 6, 16, 0)))
        inside.addLayout(self._make_facts())
        inside.addStretch(1)
        self.notice = Notice()
        inside.addLayout(row(self.notice, margins=(12, 0, 12, 8)))
        inside.addWidget(self._make_foot())

    def _make_facts(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(16, 8, 16, 8)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        self.facts: list[tuple[QLabel, QLabel]] = []
        for at in range(FACTS_MAX):
            pair = label(name="small"), label(name="fact", wrap=True)
            for column, one in enumerate(pair):
                grid.addWidget(one, at, column, Qt.AlignmentFlag.AlignTop)
            self.facts.append(pair)
        return grid

    def _make_foot(self) -> QWidget:
        say = self.say
        inside = QVBoxLayout()
        inside.setContentsMargins(16, 10, 14, 12)
        inside.setSpacing(3)
        self.amount, self.words = label(name="sum"), label(name="small", wrap=True)
        self.notes, self.drawer = label(name="small", wrap=True), label(name="fact", wrap=True)
        for one in (self.amount, self.words, self.notes, self.drawer):
            inside.addWidget(one)
        inside.addSpacing(6)
        self.identity = Tick()
        self.cap = label("Space", name="cap")
        self.cap.setFixedHeight(20)
        self.checking = QWidget()
        self.checking.setLayout(row(self.identity, None, self.cap))
        self.post = button(say("disburse.post"), name="primary", key="Ctrl Enter")
        inside.addWidget(self.checking)
        inside.addSpacing(6)
        inside.addLayout(row(None, self.post))
        return foot(inside)

    def show_slip(self, one: "SlipRow | None") -> None:
        """Show a slip, or that none is chosen; who stood there before has to be checked again."""
        self.identity.setChecked(False)
        self.by_hand.set_slip()
        self.paid_with = {}
        self.notice.tell("")
        self.number.setText(one.shown if one else self.say("disburse.nothing"))
        self.name.setText(one.name if one else "")
        facts = self._facts(one) if one else ()
        for at, pair in enumerate(self.facts):
            fact = facts[at] if at < len(facts) else Fact("", "")
            for shown, text in zip(pair, (fact.name, fact.text), strict=True):
                shown.setText(text)
                shown.setVisible(bool(fact.text))
            toned(pair[1], fact.tone)
        self._show_check(one)
        self.show_standing(one)

    def _show_check(self, one: "SlipRow | None") -> None:
        customer = self.counter.roll.customers.get(one.party) if one else None
        last = customer.id_number[-4:] if customer else ""
        text = self.say("disburse.identity", last=last) if last else self.say("disburse.identity_other")
        self.identity.setText(text)
        self.identity.setAccessibleName(text)

    def show_standing(self, one: "SlipRow | None") -> None:
        """What may change under a shown slip: its state, and what the drawer holds."""
        self.state.show_text(state_text(self.counter, one) if one else "", tone=TONES[one.state] if one else "plain")
        self.checking.setVisible(one is not None and one.state == "open" and self.must_check(one))
        amount, words = self._sum(one) if one else ("", "")
        self.amount.setText(amount)
        self.words.setText(words)
        to_pay = one is not None and one.state != "paid" and one.amount > 0
        self.notes.setText(self._mix(one.amount) if one and to_pay else "")
        held = self.counter.standing.cash
        left = held - one.amount if one else 0
        drawer = self.say("disburse.enough" if left >= 0 else "disburse.short", held=held, left=abs(left))
        self.drawer.setText(drawer if to_pay else "")
        toned(self.drawer, "" if left >= 0 else "warn")
        for shown in (self.amount, self.words, self.notes, self.drawer):
            shown.setVisible(bool(shown.text()))

    def _sum(self, one: "SlipRow") -> tuple[str, str]:
        """What goes over the table, in figures and in words; an adjustment says which way, or that nothing does."""
        if one.code != "CX":
            return f"{figures(one.amount)} đ", in_words(one.amount)
        if not (one.amount or one.takes):
            return self.say("disburse.adjust_told"), self.say("disburse.adjust_told_text")
        return self.say("disburse.adjust_back" if one.amount else "disburse.adjust_in", amount=one.amount or one.takes), in_words(one.amount or one.takes)

    @staticmethod
    def must_check(one: "SlipRow") -> bool:
        """A borrower shows an identity card, and so does whose receipt is put right; a payout is signed for by the group or the organisation."""
        return one.code in ("CX", "GN")

    def fewest(self, amount: int) -> tuple[dict[int, int], int]:
        """The fewest notes that come to it, and what no note of daily use comes to."""
        return fewest_notes(amount, smallest=self.counter.roll.terms.parameters.smallest_note)

    def _mix(self, amount: int) -> str:
        """The notes it is paid with or might be; what no note of daily use comes to is said too."""
        held, rest = (self.paid_with, 0) if self.paid_with else self.fewest(amount)
        said = [f"{count} × {figures(note)}" for note, count in held.items()]
        if rest:
            said.append(self.say("disburse.rest", amount=rest))
        # A count stays on the line of its note.
        return self.say("disburse.paid_with" if self.paid_with else "disburse.notes", notes=" · ".join(one.replace(" ", "\N{NO-BREAK SPACE}") for one in said))

    def _facts(self, one: "SlipRow") -> tuple[Fact, ...]:
        slip, say = self.counter.roll.disbursements.get(one.slip_no), self.say
        if put_right := self.counter.roll.adjustments.get(one.slip_no):
            return self._adjustment_facts(put_right)
        if slip is None:
            return self._payout_facts(one)
        span = say("disburse.valid_text", since=day_text(slip.valid_from), until=day_text(slip.valid_to))
        return (
            *self._person_facts(self.counter.roll.customers.get(one.party)),
            Fact(say("disburse.programme"), self.counter.programme(slip.programme_code)),
            Fact(say("disburse.fund"), say(f"disburse.fund_{slip.fund_source}")),
            Fact(say("disburse.loan"), say("disburse.loan_text", account=account_text(slip.loan_code), due=day_text(slip.due_on))),
            Fact(say("disburse.decision"), slip.decision_no),
            Fact(say("disburse.purpose"), slip.purpose),
            Fact(say("disburse.valid"), span, "warn" if one.state in ("early", "late") else ""),
        )

    def _adjustment_facts(self, slip: Adjustment) -> tuple[Fact, ...]:
        say = self.say
        found = say(f"disburse.adjust_{slip.outcome}")
        number = say("disburse.adjust_core", found=found, number=slip.core_number) if slip.core_number else found
        facts = (
            *self._person_facts(self.counter.roll.customers.get(slip.customer_code))[:2],
            Fact(say("disburse.adjust_of"), slip.of),
            Fact(say("disburse.adjust_was"), "\n".join(self._line(line) for line in slip.was)),
            Fact(say("disburse.adjust_found"), number, "warn"),
            Fact(say("disburse.adjust_booked"), "\n".join(self._line(line) for line in slip.booked)),
            Fact(say("disburse.adjust_reason"), slip.reason),
        )
        return tuple(one for one in facts if one.text)

    def _line(self, line: Line) -> str:
        return self.say("disburse.adjust_line", what=self.counter.line_name(line), account=account_text(line.account), amount=line.amount)

    def _payout_facts(self, one: "SlipRow") -> tuple[Fact, ...]:
        say, roll = self.say, self.counter.roll
        facts = [Fact(say("disburse.what"), say(f"component.{roll.payouts[one.slip_no].kind}"))]
        group = roll.groups.get(one.party)
        if group is not None:
            facts.append(Fact(say("disburse.group"), self.counter.party_name(one.party)))
            # The leader signs for the group, and is known by the same card as a borrower.
            facts += self._person_facts(roll.customers.get(group.leader))[:1]
        elif one.party:
            facts.append(Fact(say("disburse.organisation"), self.counter.party_name(one.party)))
        return tuple(facts)

    def _person_facts(self, customer: Customer | None) -> tuple[Fact, ...]:
        if customer is None:
            return ()
        say, today = self.say, self.counter.roll.terms.session_date
        identity, tone = say("disburse.id_none"), "warn"
        if customer.id_number:
            identity, tone = say("customers.identity", birth=customer.birth[:4], last=customer.id_number[-4:]), ""
        if customer.id_expires_on and customer.id_expires_on < today:
            identity, tone = say("disburse.id_expired", id=identity, day=day_text(customer.id_expires_on)), "warn"
        return (
            Fact(say("disburse.id"), identity, tone),
            Fact(say("disburse.group"), self.counter.party_name(customer.group_code)),
            Fact(say("disburse.address"), customer.address),
        )
