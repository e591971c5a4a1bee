"""Residents' savings at the desk: a card opened from the table of rates, and what closing an account pays."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.ui.amounts import AmountEdit
from desktop.ui.chips import Notice, button, label, row, toned
from desktop.ui.counter import Counter, account_text, day_text, rate_text
from desktop.ui.sheets import Sheet
from desktop.ui.tables import Cell, Column, RowsModel, Table
from desktop.ui.wanted import Wanted
from sync.errors import Fault
from sync.money import figures, in_words
from sync.savings import matures, offered, provisional
from sync.terms import SavingsProduct

if TYPE_CHECKING:
    from desktop.listing import Closing

ROWS_SHOWN = 6
# Sync's form of a serial holds no more.
SERIAL_LETTERS_MAX = 20


class OpenSavings(Sheet):
    """Product and term, amount, card serial. `wanted` carries the line; the sheet stays until it is told how that went."""

    wanted = Signal(object)

    def __init__(self, window: QWidget, counter: Counter) -> None:
        self.counter, self.say = counter, counter.say
        say, terms = counter.say, counter.roll.terms
        super().__init__(window, title=say("savings.title"), width=640)
        columns = (
            Column(say("savings.product")),
            Column(say("savings.term"), 112, right=True),
            Column(say("savings.rate"), 92, right=True),
            Column(say("savings.least"), 116, right=True),
        )
        self.model = RowsModel(columns)
        self.table = Table(self.model, columns, name=say("savings.products"))
        self.table.setFixedHeight(34 + 33 * ROWS_SHOWN + 2)
        products = offered(terms.savings_products, on=terms.session_date)
        self.model.fill([self._row(one) for one in products], list(products))
        self.body.addWidget(self.table)
        self.amount, self.serial = AmountEdit(say("savings.amount")), QLineEdit()
        self.serial.setMaxLength(SERIAL_LETTERS_MAX)
        self.serial.setAccessibleName(say("savings.serial"))
        fields = row(gap=14)
        for name, field in (("amount", self.amount), ("serial", self.serial)):
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(label(say(f"savings.{name}"), name="small"))
            column.addWidget(field)
            fields.addLayout(column, 1)
        self.body.addLayout(fields)
        self.facts = label(name="muted", wrap=True)
        self.body.addWidget(self.facts)
        self.notice = Notice()
        self.body.addWidget(self.notice)
        back, go = button(say("back"), key="Esc"), button(say("savings.go"), name="primary", key="Enter")
        back.clicked.connect(self.drop)
        go.clicked.connect(self._give)
        self.body.addLayout(row(None, back, go))
        self.table.chosen.connect(lambda _one: self.amount.setFocus())
        self.table.pointed.connect(lambda _one: self._tell())
        self.amount.taken.connect(self.serial.setFocus)
        self.amount.changed.connect(self._tell)
        self.serial.returnPressed.connect(self._give)
        self.table.point_at(0)
        self._tell()
        if not products:
            self.notice.tell(say("savings.none"), tone="warn")
            go.setEnabled(False)
        self.open_at(self.table)

    def _row(self, one: SavingsProduct) -> tuple[Cell, ...]:
        months = self.say("savings.months", months=one.term_months) if one.term_months else self.say("savings.no_term")
        return (
            Cell(f"{one.product_code} · {one.name}"), Cell(months), Cell(f"{rate_text(one.annual_rate_ppm)} %"),
            Cell(figures(one.min_amount)),
        )  # fmt: skip

    @property
    def product(self) -> SavingsProduct | None:
        one = self.table.here
        return one if isinstance(one, SavingsProduct) else None

    def _tell(self) -> None:
        """The day it matures, and the sum in words."""
        one, facts = self.product, []
        if one is not None and one.kind == "term":
            due = matures(self.counter.roll.terms.session_date, months=one.term_months)
            facts.append(self.say("customers.matures_on", day=day_text(due)))
        if self.amount.amount:
            facts.append(in_words(self.amount.amount))
        self.facts.setText(" · ".join(facts))

    @property
    def kept(self) -> list[str]:
        """What a draft keeps: product, term, amount and serial as they were typed."""
        one = self.product
        return [one.product_code if one else "", str(one.term_months if one else 0), self.amount.text(), self.serial.text()]

    def restore(self, kept: list[str]) -> None:
        """Show what was typed before a lock."""
        product, months, amount, serial = kept
        for at, one in enumerate(self.model.things):
            if isinstance(one, SavingsProduct) and (one.product_code, str(one.term_months)) == (product, months):
                self.table.point_at(at)
        self.amount.setText(amount)
        self.serial.setText(serial)

    def _give(self) -> None:
        one = self.product
        if one is None:
            return
        if self.amount.fault is not None or not self.amount.amount:
            self._unclear(self.amount, self.counter.sentence(self.amount.fault) if self.amount.fault else self.say("savings.need_amount"))
            return
        try:
            account = provisional(one.product_code, term_months=one.term_months, serial=self.serial.text())
        except Fault as fault:
            self._unclear(self.serial, self.counter.sentence(fault))
            return
        months = self.say("savings.months", months=one.term_months) if one.term_months else self.say("savings.no_term")
        note = self.say("savings.note", months=months, rate=rate_text(one.annual_rate_ppm))
        self.wanted.emit(Wanted("GK", account, self.amount.amount, note=note))

    def _unclear(self, field: QLineEdit, sentence: str) -> None:
        self.notice.tell(sentence)
        field.setFocus()
        field.selectAll()

    def refuse(self, fault: Fault) -> None:
        """The rules say no: say why, beside what is to be changed."""
        of_amount = fault.code in ("savings.below-minimum", "money.amount-too-large")
        self._unclear(self.amount if of_amount else self.serial, self.counter.sentence(fault))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)


class CloseSavings(Sheet):
    """What closing an account pays, before it becomes lines: early or at maturity, days, rate, interest."""

    def __init__(self, window: QWidget, counter: Counter, *, closing: "Closing", name: str) -> None:
        say = counter.say
        super().__init__(window, title=say("savings.close_title"), width=500)
        one = closing.deposit
        self.body.addWidget(label(f"{name} · {account_text(one.account_no)}", name="strong", wrap=True))
        when = label(say("savings.early" if closing.early else "savings.at_maturity"), name="said", wrap=True)
        toned(when, "warn" if closing.early else "ok")
        self.body.addWidget(when)
        grid = QGridLayout()
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        span = day_text(one.opened_on) + (f" – {day_text(one.matures_on)}" if one.matures_on else "")
        self.facts = (
            (say("savings.span"), span),
            (say("savings.days"), figures(closing.days)),
            (say("savings.rate_paid"), f"{rate_text(closing.annual_rate_ppm)} %"),
            (say("savings.balance"), figures(closing.balance)),
            (say("savings.interest"), figures(closing.interest)),
        )
        for at, (what, said) in enumerate(self.facts):
            shown = label(said, name="figure" if at > 2 else "fact")
            shown.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(label(what, name="muted"), at, 0)
            grid.addWidget(shown, at, 1)
        self.body.addLayout(grid)
        total = closing.balance + closing.interest
        self.body.addWidget(label(say("savings.total", amount=total), name="sum"))
        self.body.addWidget(label(in_words(total), name="muted", wrap=True))
        back, go = button(say("back"), key="Esc"), button(say("savings.take"), name="primary", key="Enter")
        back.clicked.connect(self.drop)
        go.clicked.connect(self.accepted.emit)
        self.body.addSpacing(6)
        self.body.addLayout(row(None, back, go))
        self.accepted.connect(self.end)
        self.open_at(go)
