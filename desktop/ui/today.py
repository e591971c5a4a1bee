"""The first page of an open session: how far the morning is, what remains, what was posted last."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from desktop.ui.chips import Chip, button, card, heading, label, name_button
from desktop.ui.counter import Counter, clock_text
from desktop.ui.journal import printed_cell
from desktop.ui.look import colour, font
from desktop.ui.page import Keys, Page
from desktop.ui.printing import Printing
from desktop.ui.tables import Cell, Column, RowsModel, Table
from sync.money import figures

if TYPE_CHECKING:
    from desktop.listing import Standing, Task, VoucherRow

QUARTER_S = 15 * 60
# As many as fit beside the worklist; the journal has them all.
LAST_SHOWN = 5


class Rhythm(QWidget):
    """Vouchers of each quarter of an hour, as bars."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setMinimumHeight(120)
        self.setAccessibleName(name)
        self._bars: list[tuple[str, int]] = []

    def show_moments(self, walls_s: Sequence[int]) -> None:
        """Count moments by the quarter, from the first to the last."""
        quarters = [wall // QUARTER_S for wall in walls_s]
        self._bars = []
        if quarters:
            # A window of three hours: the latest twelve quarters of a morning that ran longer.
            first = max(min(quarters), max(quarters) - 11)
            for quarter in range(first, max(quarters) + 1):
                self._bars.append((clock_text(quarter * QUARTER_S), quarters.count(quarter)))
        self.setAccessibleDescription(", ".join(f"{at}: {count}" for at, count in self._bars))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(11))
        floor, width = self.height() - 24, max(self.width() - 40, 1)
        painter.setPen(colour("line"))
        painter.drawLine(16, floor, self.width() - 16, floor)
        most = max((count for _, count in self._bars), default=0)
        for at, (moment, count) in enumerate(self._bars):
            left, high = 24 + at * width / 12, (floor - 34) * count / most
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("accent_dim" if at == len(self._bars) - 1 else "accent"))
            painter.drawRoundedRect(QRectF(left, floor - high, width / 12 - 10, high), 2, 2)
            painter.setPen(colour("muted"))
            if at % 2 == 0:
                painter.drawText(QRectF(left - 10, floor + 4, width / 12 + 10, 16), Qt.AlignmentFlag.AlignCenter, moment)
            painter.drawText(QRectF(left - 10, floor - high - 18, width / 12 + 10, 16), Qt.AlignmentFlag.AlignCenter, str(count or ""))
        painter.end()


class TodayPage(Page):
    """Five figures, what remains, the rhythm of the morning and the last vouchers."""

    def __init__(self, counter: Counter, printing: Printing) -> None:
        super().__init__(counter)
        self.printing = printing
        whole = QVBoxLayout(self)
        whole.setContentsMargins(18, 14, 18, 14)
        whole.setSpacing(14)
        whole.addLayout(self._make_figures())
        below = QHBoxLayout()
        below.setSpacing(14)
        below.addWidget(self._make_work(), 5)
        below.addLayout(self._make_side(), 4)
        whole.addLayout(below, 1)
        counter.moved.connect(self._moved)
        self.work.chosen.connect(self._go)
        self.last.chosen.connect(lambda number: counter.wanted.emit("journal", str(number)))

    def _make_figures(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(14)
        self.figures: dict[str, tuple[QLabel, QLabel, QProgressBar | None]] = {}
        for name in ("groups", "interest", "principal", "deposits", "paid"):
            frame, inside = card()
            frame.setFixedHeight(102)
            inside.setContentsMargins(16, 10, 16, 10)
            inside.setSpacing(2)
            figure, note = label(name="sum"), label(name="small")
            inside.addWidget(label(self.say(f"today.{name}"), name="small"))
            inside.addWidget(figure)
            bar = None
            if name in ("groups", "interest"):
                bar = QProgressBar()
                bar.setTextVisible(False)
                bar.setFixedHeight(8)
                bar.setAccessibleName(self.say(f"today.{name}"))
                inside.addWidget(bar)
            inside.addWidget(note)
            inside.addStretch(1)
            self.figures[name] = (figure, note, bar)
            line.addWidget(frame, 1)
            frame.setMinimumWidth(1)
        return line

    def _make_work(self) -> QWidget:
        frame, inside = card()
        self.work_chip = Chip()
        self.calendar = label(self._calendar(), name="small")
        inside.addWidget(heading(label(self.say("today.work"), name="strong"), self.calendar, None, self.work_chip))
        # What the office has to say comes before the work, and is gone once it was read.
        self.news = button("", name="news")
        self.news.clicked.connect(lambda: self.counter.wanted.emit("documents", "bulletin"))
        self.news.hide()
        inside.addWidget(self.news)
        columns = (
            Column(self.say("today.work_code"), 112),
            Column(self.say("today.work_title")),
            Column(self.say("today.work_amount"), 130, right=True),
        )
        self.work_model = RowsModel(columns)
        self.work = Table(self.work_model, columns, name=self.say("today.work"), head=False)
        self.work_empty = label(name="muted", wrap=True)
        self.work_empty.setContentsMargins(14, 12, 14, 12)
        inside.addWidget(self.work_empty)
        inside.addWidget(self.work, 1)
        return frame

    def _calendar(self) -> str:
        """The day of the month on which the point is visited, as everybody in the commune knows it."""
        day = self.counter.roll.terms.point.visit_day
        return self.say("today.visit_day", day=day) if day else ""

    def _make_side(self) -> QVBoxLayout:
        side = QVBoxLayout()
        side.setSpacing(14)
        frame, inside = card()
        inside.addWidget(
            heading(label(self.say("today.rhythm"), name="strong"), None, label(self.say("today.quarter"), name="small"))
        )
        self.rhythm = Rhythm(self.say("today.rhythm"))
        inside.addWidget(self.rhythm, 1)
        side.addWidget(frame, 1)
        frame, inside = card()
        self.unprinted = Chip()
        inside.addWidget(heading(label(self.say("today.last"), name="strong"), None, self.unprinted))
        columns = (
            Column(self.say("journal.voucher")),
            Column(self.say("journal.cash"), 120, right=True),
            Column(self.say("journal.printed"), 122),
        )
        self.last_model = RowsModel(columns)
        self.last = Table(self.last_model, columns, name=self.say("today.last"), head=False)
        self.last.setFixedHeight(33 * LAST_SHOWN + 2)
        self.empty = label(self.say("today.nothing_yet"), name="muted", wrap=True)
        self.empty.setContentsMargins(14, 10, 14, 10)
        inside.addWidget(self.empty)
        inside.addWidget(self.last)
        side.addWidget(frame)
        return side

    def keys(self) -> Keys:
        found = [("Ctrl K", "find"), ("Enter", "enter")]
        if self.counter.standing.unprinted:
            found.append(("P", "print"))
        keys = tuple((key, self.say(f"today.key_{name}")) for key, name in found)
        if self.counter.standing.groups_total < len(self.counter.roll.terms.groups):
            keys = (*keys, ("Ctrl M", self.say("beside.key")))
        return (*keys, ("Ctrl P", self.say("print_queue.key")), ("F12", self.say("today.key_keys")))

    def enter(self, _what: str) -> None:
        self._moved(self.counter.standing)
        self.work.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text().upper() == "P" and self.counter.standing.unprinted:
            self.printing.ask_waiting()
        else:
            super().keyPressEvent(event)

    def _go(self, task: object) -> None:
        """Do the next thing: each kind of work has its page."""
        kind, code = getattr(task, "kind", ""), getattr(task, "code", "")
        pages = {"group": "groups", "slip": "disburse", "due": "customers", "open": "cash"}
        if kind in pages:
            self.counter.wanted.emit(pages[kind], code)

    def _moved(self, standing: "Standing") -> None:
        if not self.shown:
            return
        self._show_figures(standing)
        self.counter.ask(lambda desk: desk.new_bulletins(), then=self._show_news)
        self.counter.ask(lambda desk: desk.worklist(), then=self._show_work)
        self.counter.ask(lambda desk: desk.journal(""), then=self._show_vouchers)

    def _show_figures(self, now: "Standing") -> None:
        share = now.interest_taken * 100 // now.interest_due if now.interest_due else 0
        shown = {
            "groups": (f"{now.groups_in} / {now.groups_total}", ""),
            "interest": (figures(now.interest_taken), self.say("today.share", share=share, due=now.interest_due)),
            "principal": (figures(now.principal_taken), self.say("today.principal_note")),
            "deposits": (figures(now.deposits_taken), self.say("today.deposits_note")),
            "paid": (figures(now.paid_out), self.say("today.paid_note", cash=now.cash_out)),
        }
        for name, (figure, note) in shown.items():
            self.figures[name][0].setText(figure)
            self.figures[name][1].setText(note)
        for name, part, whole in (("groups", now.groups_in, now.groups_total), ("interest", share, 100)):
            if (bar := self.figures[name][2]) is not None:
                bar.setRange(0, max(whole, 1))
                bar.setValue(min(part, max(whole, 1)))
        waiting = self.say("today.unprinted", count=now.unprinted) if now.unprinted else ""
        self.unprinted.show_text(waiting, tone="warn")
        self.keys_moved.emit()

    def _show_news(self, count: int) -> None:
        name_button(self.news, self.say("today.news", count=count), key="F10")
        self.news.setVisible(bool(count))

    def _show_work(self, tasks: "tuple[Task, ...]") -> None:
        from desktop.listing import Task  # loaded by now: the desk is open

        if self.counter.standing.state == "prepared":
            planned = self.counter.roll.terms.parameters.float_planned
            tasks = (Task("open", "", self.say("today.open_first"), planned, 0), *tasks)
        if self.counter.standing.state == "closed":
            tasks = ()
        done = "today.work_closed" if self.counter.standing.state == "closed" else "today.work_none"
        self.work_empty.setText("" if tasks else self.say(done))
        self.work_empty.setVisible(not tasks)
        counts = {kind: sum(task.kind == kind for task in tasks) for kind in ("group", "slip", "due")}
        text = self.say("today.work_count", groups=counts["group"], slips=counts["slip"], dues=counts["due"])
        self.work_chip.show_text(text, tone="plain")
        self.work_model.fill([self._work_row(task) for task in tasks], list(tasks))
        self.work.point_at(0)

    def _work_row(self, task: "Task") -> tuple[Cell, ...]:
        codes = {"group": task.code[-4:], "slip": "-".join(task.code.split("-")[-3:]), "due": self.say("today.due"), "open": "F5"}
        late = self.say("overdue", days=task.overdue_days) if task.overdue_days else ""
        name, _, account = task.title.partition(" · 6600")
        title = f"{name} · 6600…{account[-4:]}" if account else task.title
        expected = self.say("today.expected") if task.kind == "group" else ""
        return (
            Cell(codes.get(task.kind, task.code), bold=True),
            Cell(title, second=expected, chip=late),
            Cell(figures(task.amount) if task.amount else ""),
        )

    def _show_vouchers(self, rows: "tuple[VoucherRow, ...]") -> None:
        self.empty.setVisible(not rows)
        self.last.setVisible(bool(rows))
        shown = rows[:LAST_SHOWN]
        self.last.setFixedHeight(33 * max(len(shown), 1) + 2)
        cells = []
        for one in shown:
            name = self.counter.party_name(one.party) or self.say(f"kind.{one.kind}")
            cells.append((Cell(f"{one.number:06d} · {name}"), Cell(figures(one.cash)), printed_cell(self.printing, one)))
        self.last_model.fill(cells, [one.number for one in shown])
        self.rhythm.show_moments([one.wall_s for one in rows])
