"""The drawer: taken over by denomination at the start, what it should hold since then."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from desktop.ui.chips import Notice, button, card, heading, label, name_button, row
from desktop.ui.counter import Counter, clock_text
from desktop.ui.notes import Notes
from desktop.ui.page import Keys, Page
from desktop.ui.posting import Posting
from desktop.ui.tables import Cell, Column, RowsModel, Table
from sync.errors import Fault
from sync.money import figures, in_words

if TYPE_CHECKING:
    from desktop.desk import Desk, Posted, Preview
    from desktop.listing import Standing, VoucherRow


class CashPage(Page):
    """Before the opening the float to count; afterwards expected cash and every movement."""

    def __init__(self, counter: Counter, posting: Posting) -> None:
        super().__init__(counter)
        self.posting = posting
        whole = QVBoxLayout(self)
        whole.setContentsMargins(18, 14, 18, 14)
        self.stack = QStackedWidget()
        self.stack.setObjectName("pages")
        self.stack.addWidget(self._make_float())
        self.stack.addWidget(self._make_movements())
        whole.addWidget(self.stack)
        self._drafts = self.watch_draft()
        counter.moved.connect(self._moved)
        posting.moved.connect(self._count)
        self.notes.changed.connect(self._count)
        self.notes.finished.connect(lambda: self.post.setFocus())
        self.post.clicked.connect(self._post)
        for key in ("Ctrl+Return", "Ctrl+Enter"):
            self.shortcut(key, self._post)
        self._count()

    def _make_float(self) -> QWidget:
        say = self.say
        frame, inside = card()
        inside.addWidget(heading(label(say("cash.float"), name="strong"), label(say("cash.float_text"), name="muted"), None))
        self.notes = Notes(across=False, note_word=say("note"), count_word=say("count"), sum_word=say("sum"))
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        left = QVBoxLayout()
        left.setContentsMargins(14, 6, 14, 6)
        left.addWidget(self.notes)
        left.addStretch(1)
        line.addLayout(left, 1)
        side = QWidget()
        side.setObjectName("cardside")
        side.setFixedWidth(330)
        column = QVBoxLayout(side)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(8)
        self.total, self.words = label(name="sum"), label(name="muted", wrap=True)
        planned = self.counter.roll.terms.parameters.float_planned
        column.addWidget(label(say("cash.taken_over"), name="small"))
        column.addWidget(self.total)
        column.addWidget(self.words)
        if planned:
            column.addWidget(label(say("cash.planned", amount=planned), name="muted", wrap=True))
        self.notice = Notice()
        column.addWidget(self.notice)
        column.addStretch(1)
        column.addWidget(label(say("cash.float_advice"), name="small", wrap=True))
        self.post = button(say("cash.open"), name="primary", key="Ctrl Enter")
        column.addWidget(self.post)
        line.addWidget(side)
        inside.addLayout(line, 1)
        return frame

    def _make_movements(self) -> QWidget:
        say = self.say
        whole = QWidget()
        line = QHBoxLayout(whole)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(14)
        frame, inside = card()
        inside.addWidget(heading(label(say("cash.movements"), name="strong"), None))
        columns = (
            Column(say("journal.time"), 64),
            Column(say("journal.number"), 76),
            Column(say("cash.what")),
            Column(say("cash.in"), 120, right=True),
            Column(say("cash.out"), 120, right=True),
            Column(say("cash.held"), 130, right=True),
        )
        self.model = RowsModel(columns)
        self.table = Table(self.model, columns, name=say("cash.movements"))
        self.table.chosen.connect(lambda number: self.counter.wanted.emit("journal", str(number)))
        inside.addWidget(self.table, 1)
        line.addWidget(frame, 1)
        side, body = card()
        side.setFixedWidth(290)
        body.addWidget(heading(label(say("cash.drawer"), name="strong"), None))
        column = QVBoxLayout()
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(10)
        self.sums: dict[str, QLabel] = {}
        for name in ("opening", "in", "out", "held"):
            self.sums[name] = label(name="figure")
            column.addLayout(row(label(say(f"cash.sum_{name}"), name="strong" if name == "held" else "muted"), None, self.sums[name]))
        column.addStretch(1)
        self.counting = button(say("cash.count"), key="F9")
        self.counting.clicked.connect(lambda: self.counter.wanted.emit("close", ""))
        column.addWidget(self.counting)
        body.addLayout(column, 1)
        line.addWidget(side)
        return whole

    def keys(self) -> Keys:
        if self.counter.standing.state == "prepared":
            return (("Enter", self.say("cash.key_next")), ("Ctrl Enter", self.say("cash.open")))
        return (("Enter", self.say("cash.key_voucher")), ("F9", self.say("cash.count")))

    def enter(self, _what: str) -> None:
        self._moved(self.counter.standing)
        if self.counter.standing.state == "prepared":
            self.notes.start()
            if not self.notes.counts:
                self.ask_draft("open", then=lambda kept: self.notes.restore(kept["notes"]))
        else:
            self.table.setFocus()

    def leave(self) -> None:
        self._drafts.stop()
        if self.counter.standing.state == "prepared":
            self.keep_draft("open", {"notes": self.notes.counts} if self.notes.counts else None)

    def _moved(self, standing: "Standing") -> None:
        self.stack.setCurrentIndex(0 if standing.state == "prepared" else 1)
        now = {"opening": standing.opening, "in": standing.cash_in, "out": -standing.cash_out, "held": standing.cash}
        for name, amount in now.items():
            self.sums[name].setText(figures(amount))
        if self.shown:
            self.counter.ask(lambda desk: desk.journal(""), then=self._show)
        self.keys_moved.emit()

    def _show(self, rows: "tuple[VoucherRow, ...]") -> None:
        held, cells, things = self.counter.standing.cash, [], []
        for one in rows:
            if one.cash:
                name = self.counter.party_name(one.party) or self.say(f"kind.{one.kind}")
                second = self.say(f"kind.{one.kind}") if self.counter.party_name(one.party) else ""
                came, went = max(one.cash, 0), max(-one.cash, 0)
                cells.append((
                    Cell(clock_text(one.wall_s), "muted"), Cell(f"{one.number:06d}"), Cell(name, second=second),
                    Cell(figures(came) if came else ""), Cell(figures(went) if went else ""), Cell(figures(held)),
                ))  # fmt: skip
                things.append(one.number)
                held -= one.cash
        self.model.fill(cells, things)
        self.table.point_at(0)

    def _count(self) -> None:
        total = self.notes.total
        if self.shown:
            self._drafts.start()
        self.total.setText(f"{figures(total)} đ")
        self.words.setText(in_words(total) if total else "")
        missing = "" if total else self.say("cash.need_count")
        self.post.setEnabled(not missing and not self.posting.busy)
        name_button(self.post, missing or self.say("cash.open"), key="" if missing else "Ctrl Enter")

    def _post(self) -> None:
        if self.posting.busy or not self.notes.total or self.counter.standing.state != "prepared":
            return
        self.notice.tell("")
        notes = self.notes.counts

        def plan(desk: "Desk") -> "Preview":
            return desk.preview_open(notes=notes)

        self.posting.begin(plan, about=self.say("cash.float"), done=self._posted, refused=self._refused)

    def _posted(self, posted: "Posted") -> None:
        self.keep_draft("open", None)
        self.counter.said.emit(self.say("cash.opened", amount=posted.sealed.entry.body.cash), "ok")
        self.counter.wanted.emit("groups", "")

    def _refused(self, fault: Fault) -> None:
        self.notice.tell(self.counter.sentence(fault))
