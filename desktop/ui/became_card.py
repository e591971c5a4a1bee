"""What became of the lines at the office, on the page of what was sent: how many, and each that came back.

A line that came back says its reason, who at the office answers for it, and what is to be done at the table.
"""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QVBoxLayout

from desktop.ui.chips import Notice, heading, label
from desktop.ui.counter import Counter, account_text, clock_text
from desktop.ui.hearing import Hearing
from desktop.ui.tables import TALL_PIXELS, Cell, Column, RowsModel, Table
from sync.money import figures

if TYPE_CHECKING:
    from desktop.dispositions import Back

TONES = {"accepted": "ok", "suspense": "warn", "corrected": "warn", "returned": "bad"}


class BecameCard(QFrame):
    """Hidden while the office has said nothing."""

    def __init__(self, counter: Counter, hearing: Hearing) -> None:
        super().__init__()
        self.setObjectName("card")
        self.counter, self.say, self.hearing = counter, counter.say, hearing
        say = self.say
        inside = QVBoxLayout(self)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.setSpacing(0)
        inside.addWidget(heading(label(say("became.title"), name="strong"), None))
        self.counts, self.notice, self.good = label(wrap=True), Notice(), label(say("became.all_good"), name="muted", wrap=True)
        for one in (self.counts, self.good):
            one.setContentsMargins(16, 10, 16, 8)
            inside.addWidget(one)
        inside.addWidget(self.notice)
        columns = (
            Column(say("became.voucher"), 72),
            Column(say("became.who"), 200),
            Column(say("became.amount"), 96, right=True),
            Column(say("became.outcome"), 104),
            Column(say("became.reason")),
        )
        self.model = RowsModel(columns)
        self.table = Table(self.model, columns, name=say("became.title"))
        self.table.verticalHeader().setDefaultSectionSize(TALL_PIXELS)
        inside.addWidget(self.table, 1)
        hearing.moved.connect(self.look)
        self.hide()

    def look(self) -> None:
        """Show what is known by now; not before the card stands on its page."""
        became, fault = self.hearing.became, self.hearing.fault
        self.setVisible(bool(became.counts) or fault is not None)
        self.notice.tell(self.counter.sentence(fault) if fault else "", tone="bad")
        if not became.counts:
            self.counts.setText("")
            return
        self.counts.setText(self.say("became.counts", **became.counts))
        self.good.setVisible(not became.back)
        self.table.setVisible(bool(became.back))
        self.model.fill([self._row(one) for one in became.back], list(became.back))

    def _row(self, one: "Back") -> tuple[Cell, ...]:
        said = one.said.finding
        what = f"{self.counter.line_name(one.line)} {account_text(one.line.account)}".strip()
        return (
            Cell(f"{one.number:06d}"),
            Cell(one.who or what, below=what if one.who else ""),
            Cell(figures(one.line.amount)),
            Cell(chip=self.say(f"became.{said.outcome}"), chip_tone=TONES[said.outcome]),
            Cell(" · ".join(text for text in (said.reason, said.core_number) if text), below=self.to_do(one)),
        )

    def to_do(self, one: "Back") -> str:
        """Whose turn it is, and what to do at the table."""
        said = one.said.finding
        by = f"{one.said.by} ({clock_text(one.said.office_s, '%d/%m')})"
        where = "; ".join(
            self.say("became.booked", what=self.counter.line_name(line), account=account_text(line.account), amount=line.amount)
            for line in said.booked
        )
        return self.say(f"became.do_{said.outcome}", by=by, where=where)
