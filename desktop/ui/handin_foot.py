"""The foot of the group sheet: the notes, the sums, whether the two agree, and the keys that end it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.ui.amounts import AmountEdit
from desktop.ui.chips import button, label, row, toned
from desktop.ui.counter import Counter
from desktop.ui.handin import SheetModel
from desktop.ui.notes import Notes
from sync.money import figures

_SUMS = (("interest", "figure"), ("deposit", "figure"), ("notes", "figure"), ("total", "sum"))


class NotesStrip(QWidget):
    """The notes in one line, and beside them the sum the leader's own list says."""

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        say = counter.say
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.notes = Notes(across=True, note_word=say("note"))
        self.listed = AmountEdit(say("groups.listed"))
        self.listed.setObjectName("count")
        self.listed.setFixedSize(104, 30)
        told = QVBoxLayout()
        told.setSpacing(2)
        told.addWidget(label(say("groups.listed"), name="small"))
        told.addWidget(self.listed)
        across = row(self.notes, margins=(14, 6, 14, 8), gap=14)
        across.addLayout(told)
        self.setLayout(across)


class SheetFoot(QHBoxLayout):
    """Four sums with their names above, then the buttons `all` and `post`."""

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.say = counter.say
        self.figures: dict[str, QLabel] = {}
        self.words: dict[str, QLabel] = {}
        self.setContentsMargins(14, 8, 14, 8)
        self.setSpacing(12)
        for name, style in _SUMS:
            column = QVBoxLayout()
            column.setSpacing(0)
            self.words[name] = label(self.say(f"groups.sum_{name}"), name="small")
            self.figures[name] = label(name=style)
            column.addStretch(1)
            column.addWidget(self.words[name])
            column.addWidget(self.figures[name])
            self.addLayout(column)
        self.addStretch(1)
        self.all = button(self.say("groups.all"), key="Ctrl D")
        self.post = button(self.say("post_print"), name="primary", key="Ctrl Enter")
        self.addWidget(self.all)
        self.addWidget(self.post)

    def show_sums(self, model: SheetModel, *, counted: int | None) -> None:
        """The sums of the sheet beside the notes, `counted` in đồng; None: nobody has counted yet."""
        shown = self.figures
        shown["interest"].setText(f"{figures(model.interest_total)} / {figures(model.interest_due)}")
        shown["deposit"].setText(figures(model.total - model.interest_total))
        off = (counted or 0) - model.total
        if counted is None:
            shown["notes"].setText(self.say("groups.not_counted"))
        elif off:
            shown["notes"].setText(self.say("groups.over" if off > 0 else "groups.short", amount=abs(off)))
        else:
            shown["notes"].setText(self.say("groups.agrees"))
        toned(shown["notes"], "warn" if off else "ok" if model.total else "")
        taken = self.say("groups.sum_total_of", taken=len(model.cash), total=len(model.members))
        self.words["total"].setText(taken)
        shown["total"].setText(f"{figures(model.total)} đ")
        self.all.setEnabled(len(model.cash) < len(model.members))
