"""The foot of a visit: what the customer gave, the change, the sum in figures and in words, the keys for lines."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout

from desktop.ui.amounts import AmountEdit
from desktop.ui.chips import button, label, row
from desktop.ui.counter import Counter
from sync.money import figures, in_words

# Each key adds a line of a kind: principal, interest, deposit.
LINE_KEYS = ("G", "L", "T")


class VisitFoot(QVBoxLayout):
    """`adding` are the buttons of `LINE_KEYS`, in their order."""

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        say = counter.say
        self.setContentsMargins(14, 8, 14, 12)
        self.setSpacing(8)
        self.given = AmountEdit(say("customers.given"))
        self.given.setFixedWidth(160)
        self.change = label("0", name="figure")
        self.total, self.words = label("0 đ", name="sum"), label(name="small", wrap=True)
        for one in (self.total, self.words):
            one.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line = row(gap=16)
        for text, field in ((say("customers.given"), self.given), (say("customers.change"), self.change)):
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(label(text, name="small"))
            column.addWidget(field)
            line.addLayout(column)
        sums = QVBoxLayout()
        sums.setSpacing(0)
        sums.addWidget(self.total)
        sums.addWidget(self.words)
        line.addLayout(sums, 1)
        self.addLayout(line)
        self.adding = tuple(button(say(f"customers.add_{key}"), key=key) for key in LINE_KEYS)
        self.post = button(say("post_print"), name="primary", key="Ctrl Enter")
        self.addLayout(row(*self.adding, None, self.post))

    def show_total(self, total: int) -> None:
        """The sum of the lines, in đồng; the change follows from what was given."""
        self.total.setText(f"{figures(total)} đ")
        self.words.setText(in_words(total) if total else "")
        self.change.setText(figures(max((self.given.amount or total) - total, 0)))
