"""The foot of the group sheet: the notes, the three sums that must agree, what was taken, and the keys that end it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from desktop.ui.amounts import AmountEdit
from desktop.ui.chips import button, label, row, toned
from desktop.ui.counter import Counter
from desktop.ui.handin import SheetModel
from desktop.ui.look import picture
from desktop.ui.notes import Notes
from sync.money import figures

_SUMS = ("interest", "deposit", "present", "unsigned")
_CADRE_LETTERS_MAX = 60


def _under(name: QLabel, shown: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(1)
    column.addStretch(1)
    column.addWidget(name)
    column.addWidget(shown)
    column.addStretch(1)
    return column


class NotesStrip(QWidget):
    """The notes in one line, and beside them who of the organisation checked the leader's list."""

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        say = counter.say
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.notes = Notes(across=True, note_word=say("note"))
        self.cadre = QLineEdit()
        self.cadre.setObjectName("count")
        self.cadre.setAccessibleName(say("groups.cadre"))
        self.cadre.setPlaceholderText(say("groups.cadre_none"))
        self.cadre.setMaxLength(_CADRE_LETTERS_MAX)
        self.cadre.setFixedSize(160, 30)
        told = QVBoxLayout()
        told.setSpacing(2)
        told.addWidget(label(say("groups.cadre"), name="small"))
        told.addWidget(self.cadre)
        across = row(self.notes, margins=(14, 4, 14, 6), gap=14)
        across.addLayout(told)
        self.setLayout(across)


class Off(QWidget):
    """How two sums stand to each other: a sign and a few words."""

    def __init__(self) -> None:
        super().__init__()
        self.sign, self.words = QLabel(), label(name="fact")
        self.setLayout(row(self.sign, self.words, gap=5))

    def tell(self, words: str, *, tone: str) -> None:
        """`tone` is ok, warn, or empty while there is nothing to compare."""
        named = {"ok": "circle-check", "warn": "triangle-alert"}.get(tone, "minus")
        self.sign.setPixmap(picture(named, tone or "muted", 16))
        self.words.setText(words)
        self.words.setAccessibleName(words)
        toned(self.words, tone)


class Agreement(QWidget):
    """The leader's list, the sheet and the money counted, side by side, and how each stands to the sheet."""

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.say = counter.say
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.listed = AmountEdit(self.say("groups.listed"))
        self.listed.setObjectName("count")
        self.listed.setFixedSize(116, 28)
        self.by_list, self.by_money = Off(), Off()
        self.sheet_name, self.sheet = label(name="small"), label(name="sum")
        self.money = label(name="figure")
        line = row(margins=(14, 3, 14, 3), gap=14)
        line.addLayout(_under(label(self.say("groups.listed"), name="small"), self.listed))
        line.addWidget(self.by_list)
        line.addStretch(1)
        line.addLayout(_under(self.sheet_name, self.sheet))
        line.addStretch(1)
        line.addWidget(self.by_money)
        line.addLayout(_under(label(self.say("groups.money"), name="small"), self.money))
        self.setLayout(line)

    def show_sums(self, model: SheetModel, *, counted: int | None) -> None:
        """`counted` in đồng; None: nobody has counted yet."""
        total, say = model.total, self.say
        self.sheet_name.setText(say("groups.sum_total_of", taken=len(model.cash), total=len(model.members)))
        self.sheet.setText(f"{figures(total)} đ")
        self.money.setText("—" if counted is None else figures(counted))
        for off, amount, words in (
            (self.by_list, self.listed.amount, ("groups.not_listed", "groups.list_over", "groups.list_short")),
            (self.by_money, counted, ("groups.not_counted", "groups.over", "groups.short")),
        ):
            if amount is None:
                off.tell(say(words[0]), tone="warn" if total and off is self.by_money else "")
            elif amount == total:
                off.tell(say("groups.agrees"), tone="ok")
            else:
                off.tell(say(words[1] if amount > total else words[2], amount=abs(amount - total)), tone="warn")


class SheetFoot(QHBoxLayout):
    """What was taken and who came, with their names above, then the buttons `all` and `post`."""

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.say = counter.say
        self.figures: dict[str, QLabel] = {}
        self.setContentsMargins(14, 8, 14, 8)
        self.setSpacing(18)
        names = {name: f"groups.sum_{name}" for name in _SUMS[:2]} | {name: f"groups.{name}" for name in _SUMS[2:]}
        for name, word in names.items():
            self.figures[name] = label(name="figure")
            self.addLayout(_under(label(self.say(word), name="small"), self.figures[name]))
        self.addStretch(1)
        self.all = button(self.say("groups.all"), key="Ctrl D")
        self.post = button(self.say("post_print"), name="primary", key="Ctrl Enter")
        self.addWidget(self.all)
        self.addWidget(self.post)

    def show_sums(self, model: SheetModel) -> None:
        """The sums of the sheet, and those who are ticked."""
        shown, everybody = self.figures, len(model.members)
        shown["interest"].setText(f"{figures(model.interest_total)} / {figures(model.interest_due)}")
        shown["deposit"].setText(figures(model.total - model.interest_total))
        shown["present"].setText(f"{everybody - len(model.absent)}/{everybody}")
        toned(shown["present"], "warn" if model.absent else "")
        shown["unsigned"].setText(str(len(model.unsigned)))
        toned(shown["unsigned"], "warn" if model.unsigned else "")
        self.all.setEnabled(len(model.cash) < everybody)
