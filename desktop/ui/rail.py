"""The frame around a page: the rail of pages at the left, the head with its chips, the sentence at the foot."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.ui.chips import Chip, label, name_button, row
from desktop.ui.counter import Counter, clock_text, day_text
from desktop.ui.look import icon
from desktop.ui.mirroring import Mirroring
from desktop.ui.print_queue import queue_text
from desktop.ui.printing import Printing
from desktop.ui.sending import Sending, age_text
from sync.money import figures

if TYPE_CHECKING:
    from desktop.listing import Standing

# Pages by name, each with its key.
PAGES = (
    ("today", "F1", "house"),
    ("groups", "F2", "users"),
    ("customers", "F3", "user"),
    ("disburse", "F4", "hand-coins"),
    ("cash", "F5", "wallet"),
    ("journal", "F6", "book-open"),
    ("summary", "F7", "chart-column"),
    ("sync", "F8", "refresh-cw"),
    ("close", "F9", "flag"),
    ("documents", "F10", "file-text"),
)


class RailButton(QPushButton):
    """A page in the rail, with its key at the right."""

    def __init__(self, text: str, *, key: str, picture: str) -> None:
        super().__init__()
        self.setObjectName("railbutton")
        self.setCheckable(True)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedHeight(38)
        mark = QLabel()
        mark.setPixmap(icon(picture, "rail_muted", 16).pixmap(16, 16))
        inside = row(mark, label(text, name="railword"), None, label(key, name="railkey"), margins=(10, 0, 10, 0), gap=9)
        self.setLayout(inside)
        for one in self.findChildren(QLabel):
            one.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)


def _place(point: str, office: str, program: str) -> str:
    """Point and office without the words that already stand above them."""
    return f"{point.removeprefix(program).strip()} · {office}"


class Rail(QWidget):
    """Emits `chosen` with a page's name, `elsewhere` for another session, `faced` for the customers' screen, `locked`."""

    chosen = Signal(str)
    elsewhere = Signal()
    faced = Signal()
    locked = Signal()
    language = Signal(str)

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        say, now = counter.say, counter.standing
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(184)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(10, 14, 10, 14)
        inside.setSpacing(2)
        self._title(inside, say("name"), _place(now.point_name, now.pos_name, say("name")))
        self._buttons: dict[str, RailButton] = {}
        for name, key, picture in PAGES:
            one = RailButton(say(f"page.{name}"), key=key, picture=picture)
            one.clicked.connect(lambda _=False, name=name: self.chosen.emit(name))
            self._buttons[name] = one
            inside.addWidget(one)
        # Whoever counts blind is not told by another page what to find.
        counter.blinded.connect(self._blinded)
        inside.addStretch(1)
        # Whose laptop is whose is asked aloud where two stand on one table.
        here = f"{counter.role_name(now.user.role)} · {say('beside.served_by', letter=now.letter)}"
        for text, name in ((now.user.full_name, "railname"), (here, "railplace")):
            shown = label(text, name=name, wrap=True)
            shown.setContentsMargins(8, 0, 4, 0)
            inside.addWidget(shown)
        self.sessions = self._link(inside, say("choose.other"), key="Ctrl O")
        self.sessions.clicked.connect(self.elsewhere.emit)
        self.facing = self._link(inside, say("facing.title"), key="F11")
        self.facing.clicked.connect(self.faced.emit)
        other = "en" if counter.words.language == "vi" else "vi"
        self.lock = self._link(inside, say("lock"), key="Ctrl L")
        self.lock.clicked.connect(self.locked.emit)
        self.other = self._link(inside, say(f"language.{other}"))
        self.other.clicked.connect(lambda: self.language.emit(other))

    @staticmethod
    def _link(inside: QVBoxLayout, text: str, *, key: str = "") -> QPushButton:
        made = QPushButton()
        made.setObjectName("raillink")
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        name_button(made, text, key=key)
        inside.addWidget(made)
        return made

    @staticmethod
    def _title(inside: QVBoxLayout, title: str, place: str) -> None:
        for text, name in ((title, "railtitle"), (place, "railplace")):
            shown = label(text, name=name, wrap=True)
            shown.setContentsMargins(8, 0, 4, 0)
            inside.addWidget(shown)
        inside.addSpacing(12)

    def _blinded(self, blind: bool) -> None:
        for one in self._buttons.values():
            one.setEnabled(not blind)

    def mark(self, page: str) -> None:
        for name, one in self._buttons.items():
            one.setChecked(name == page)


class Head(QWidget):
    """Title of the page, session, cash on hand, and what the office has: never more than is true."""

    def __init__(self, counter: Counter, sending: Sending, printing: Printing, mirroring: Mirroring) -> None:
        super().__init__()
        self.counter, self.sending, self.printing, self.mirroring = counter, sending, printing, mirroring
        self.setObjectName("head")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(52)
        self.title = label(name="pagetitle")
        self.session, self.planned, self.paper, self.cash, self.synced = Chip(), Chip(), Chip(), Chip(), Chip()
        self.stick = Chip()
        self.banner = label(counter.say("head.training") if counter.training else "", name="banner")
        self.setProperty("tone", "training" if counter.training else "")
        line = QHBoxLayout(self)
        line.setContentsMargins(18, 0, 18, 0)
        line.setSpacing(14)
        for one in (self.title, self.session, self.planned):
            line.addWidget(one)
        line.addStretch(1)
        if counter.training:
            line.addWidget(self.banner)
            line.addStretch(1)
        for one in (self.paper, self.cash, self.stick, self.synced):
            line.addWidget(one)
        counter.moved.connect(self.show_standing)
        counter.blinded.connect(lambda _blind: self.show_standing(counter.standing))
        sending.moved.connect(lambda: self.show_standing(counter.standing))
        printing.moved.connect(self._show_paper)
        mirroring.moved.connect(self._show_stick)
        self._show_stick()
        self.show_standing(counter.standing)

    def _show_paper(self) -> None:
        text, tone = queue_text(self.printing, self.counter.say)
        self.paper.show_text(text, tone=tone)

    def _show_stick(self) -> None:
        text, tone = self.mirroring.chip()
        self.stick.show_text(text, tone=tone)
        self._show_sync(self.counter.standing)

    def show_standing(self, now: "Standing") -> None:
        say, day = self.counter.say, day_text(now.session_date)
        if now.state == "prepared":
            self.session.show_text(say("head.prepared", day=day), tone="warn")
        elif now.state == "closed":
            self.session.show_text(say("head.closed", day=day), tone="ok")
        elif self.counter.late:
            self.session.show_text(say("head.late", day=day), tone="warn")
        else:
            self.session.show_text(say("head.open", day=day, since=clock_text(now.opened_s)), tone="plain")
        planned = self.counter.roll.terms.planned_on
        made_up = planned is not None and planned != now.session_date
        self.planned.show_text(say("head.planned", day=day_text(planned)) if planned and made_up else "", tone="warn")
        held = say("close.head_blind") if self.counter.blind else say("head.cash", amount=f"<b>{figures(now.cash)} đ</b>")
        self.cash.show_text(held, tone="plain")
        self._show_sync(now)

    def _show_sync(self, now: "Standing") -> None:
        say, left, state = self.counter.say, now.entries - now.marks.received, self.sending.state
        if self.counter.training:
            self.synced.show_text(say("head.unsent"), tone="plain")
        elif now.taken_over is not None:
            self.synced.show_text(say("head.taken_over"), tone="bad")
        elif not now.entries:
            self.synced.show_text(say("head.nothing"), tone="plain")
        elif not left and now.marks.safe == now.marks.received:
            self.synced.show_text(say("head.safe", count=now.marks.safe), tone="ok")
        elif not left:
            self.synced.show_text(say("head.received", count=now.marks.received), tone="ok")
        else:
            name = state if state in ("offline", "refused") else "here"
            if name == "offline" and self.mirroring.whole:
                name = "offline_stick"
            age = self.sending.age_s
            old = say("head.oldest", age=age_text(age, say)) if age is not None else ""
            due = self.sending.stick_due
            self.synced.show_text(say("head.stick" if due else f"head.{name}", count=left) + old, tone="bad" if due else "warn")
