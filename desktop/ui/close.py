"""The end of the session, in five steps: what is left over, the count, the check, three signatures, the close."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from desktop.ui.approve import TYPED_MAX
from desktop.ui.chips import Notice, button, card, heading, label, row, toned
from desktop.ui.counter import Counter
from desktop.ui.journal import ReasonSheet
from desktop.ui.notes import Notes
from desktop.ui.opening import check_book
from desktop.ui.page import Keys, Page
from desktop.ui.posting import Posting
from desktop.ui.sending import Sending
from desktop.ui.tables import Cell, Column, RowsModel, Table
from sync.chain import Approval
from sync.errors import Fault
from sync.money import figures

if TYPE_CHECKING:
    from desktop.desk import Desk, Posted, Preview
    from desktop.listing import Standing, Task

LEFT, COUNT, CHECK, SIGN, SEND = range(5)
STEPS = ("left", "count", "check", "sign", "send")


class Steps(QFrame):
    """The steps at the left: done with a tick, the present one marked."""

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setFixedWidth(300)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.setSpacing(0)
        inside.addWidget(heading(label(counter.say("close.steps"), name="strong"), None))
        self._rows: list[tuple[QFrame, QLabel]] = []
        self._names = [counter.say(f"close.step_{name}") for name in STEPS]
        for name in STEPS:
            frame = QFrame()
            frame.setObjectName("step")
            lines = QVBoxLayout(frame)
            lines.setContentsMargins(12, 7, 12, 8)
            lines.setSpacing(1)
            title = label(name="strong")
            lines.addWidget(title)
            lines.addWidget(label(counter.say(f"close.step_{name}_text"), name="small"))
            inside.addWidget(frame)
            self._rows.append((frame, title))
        inside.addStretch(1)
        self.done = counter.say("close.step_done")

    def show_step(self, step: int) -> None:
        """Everything before `step` is done."""
        for at, (frame, title) in enumerate(self._rows):
            toned(frame, "done" if at < step else "now" if at == step else "")
            mark = f"{at + 1}"
            title.setText(f"{mark}  {self._names[at]}" + (f"  ·  {self.done}" if at < step else ""))
            toned(title, "muted" if at < step else "")


class ClosePage(Page):
    """The steps at the left, the present one at the right."""

    def __init__(self, counter: Counter, posting: Posting, sending: Sending) -> None:
        super().__init__(counter)
        self.posting, self.sending = posting, sending
        self.step = LEFT
        self._drafts = self.watch_draft()
        self.preview: Preview | None = None
        self.approvals: dict[int, Approval] = {}
        line = QHBoxLayout(self)
        line.setContentsMargins(18, 14, 18, 14)
        line.setSpacing(14)
        self.steps = Steps(counter)
        line.addWidget(self.steps)
        frame, inside = card()
        self.title = label(name="strong")
        inside.addWidget(heading(self.title, None))
        self.stack = QStackedWidget()
        for made in (self._make_left, self._make_count, self._make_check, self._make_sign, self._make_send):
            self.stack.addWidget(made())
        inside.addWidget(self.stack, 1)
        line.addWidget(frame, 1)
        counter.moved.connect(self._moved)
        posting.moved.connect(self._count)
        sending.moved.connect(self._show_sent)
        for key in ("Ctrl+Return", "Ctrl+Enter"):
            self.shortcut(key, self._go)
        self.go_to(LEFT)

    # What stands on each step

    def _side(self, *widgets: QWidget) -> tuple[QWidget, QVBoxLayout]:
        """A step with room for content at the left and a column at the right, the buttons at its foot."""
        whole = QWidget()
        line = QHBoxLayout(whole)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        content = QVBoxLayout()
        content.setContentsMargins(14, 6, 14, 14)
        line.addLayout(content, 1)
        side = QWidget()
        side.setObjectName("cardside")
        side.setFixedWidth(330)
        column = QVBoxLayout(side)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(10)
        for one in widgets:
            if isinstance(one, QLabel) or one.objectName() == "sum_rows":
                column.addWidget(one)
        column.addStretch(1)
        for one in widgets:
            if not isinstance(one, QLabel) and one.objectName() != "sum_rows":
                column.addWidget(one)
        line.addWidget(side)
        return whole, content

    def _make_left(self) -> QWidget:
        say = self.say
        self.left_text = label(name="muted", wrap=True)
        self.left_go = button(say("go_on"), name="primary", key="Ctrl Enter")
        self.left_go.clicked.connect(self._go)
        whole, content = self._side(self.left_text, self.left_go)
        columns = (Column(say("today.work_code"), 104), Column(say("today.work_title")), Column(say("sum"), 110, right=True))
        self.left_model = RowsModel(columns)
        self.left = Table(self.left_model, columns, name=say("close.step_left"))
        content.addWidget(self.left)
        return whole

    def _make_count(self) -> QWidget:
        say = self.say
        rows = QWidget()
        rows.setObjectName("sum_rows")
        column = QVBoxLayout(rows)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(9)
        self.sums: dict[str, QLabel] = {}
        for name in ("opening", "in", "out", "book", "counted"):
            strong = name in ("book", "counted")
            self.sums[name] = label(name="strong" if strong else "")
            column.addLayout(row(label(say(f"close.sum_{name}"), name="strong" if strong else "muted"), None, self.sums[name]))
        self.off = QFrame()
        self.off.setObjectName("off")
        self.off_word, self.off_sum = label(name="strong"), label(name="strong")
        self.off.setLayout(row(self.off_word, None, self.off_sum, margins=(10, 9, 10, 9)))
        column.addWidget(self.off)
        self.count_notice = Notice()
        column.addWidget(self.count_notice)
        self.advice = label(name="small", wrap=True)
        self.minute = button(say("close.minute"))
        self.count_go = button(say("go_on"), name="primary", key="Ctrl Enter")
        self.minute.clicked.connect(self._minute)
        self.count_go.clicked.connect(self._go)
        whole, content = self._side(rows, self.advice, self.minute, self.count_go)
        self.notes = Notes(across=False, note_word=say("note"), count_word=say("count"), sum_word=say("sum"))
        self.notes.changed.connect(self._count)
        self.notes.finished.connect(lambda: self.count_go.setFocus())
        content.addWidget(self.notes)
        content.addStretch(1)
        return whole

    def _make_check(self) -> QWidget:
        say = self.say
        self.check_text = label(name="muted", wrap=True)
        self.check_go = button(say("go_on"), name="primary", key="Ctrl Enter")
        self.check_go.clicked.connect(self._go)
        whole, content = self._side(self.check_text, self.check_go)
        columns = (Column(say("close.check_what")), Column(say("close.check_found"), 190, right=True))
        self.check_model = RowsModel(columns)
        self.check = Table(self.check_model, columns, name=say("close.step_check"))
        content.addWidget(self.check)
        return whole

    def _make_sign(self) -> QWidget:
        say = self.say
        self.sign_text = label(say("close.sign_text"), name="muted", wrap=True)
        self.sign_notice = Notice()
        self.sign_go = button(say("close.seal"), name="primary", key="Ctrl Enter")
        self.sign_go.clicked.connect(self._go)
        whole, content = self._side(self.sign_text, self.sign_notice, self.sign_go)
        self.signers: list[tuple[QComboBox, QLineEdit, QLabel]] = []
        for at, role in enumerate(("teller", "controller", "leader")):
            who, pin, state = QComboBox(), QLineEdit(), label(name="muted")
            for one in self.counter.colleagues({role}):
                who.addItem(one.full_name, one.staff_id)
            name = self.say(f"role.{role}")
            who.setAccessibleName(name)
            pin.setAccessibleName(f"{say('approve.pin')}, {name}")
            pin.setEchoMode(QLineEdit.EchoMode.Password)
            pin.setMaxLength(TYPED_MAX)
            pin.setPlaceholderText(say("approve.pin"))
            pin.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly | Qt.InputMethodHint.ImhSensitiveData)
            pin.setFixedWidth(190)
            pin.returnPressed.connect(partial(self._sign, at))
            content.addSpacing(8)
            content.addWidget(label(name, name="strong"))
            content.addLayout(row(who, pin, gap=10))
            content.addWidget(state)
            self.signers.append((who, pin, state))
        content.addStretch(1)
        return whole

    def _make_send(self) -> QWidget:
        say = self.say
        self.send_go = button(say("sync.now"), name="primary", key="Ctrl Enter")
        self.send_more = button(say("close.to_sync"), key="F8")
        self.send_go.clicked.connect(self._go)
        self.send_more.clicked.connect(lambda: self.counter.wanted.emit("sync", ""))
        whole, content = self._side(self.send_more, self.send_go)
        self.sent_title, self.sent_text = label(name="sum", wrap=True), label(name="muted", wrap=True)
        content.addSpacing(14)
        content.addWidget(self.sent_title)
        content.addWidget(self.sent_text)
        content.addStretch(1)
        return whole

    # Going through them

    def keys(self) -> Keys:
        if self.step == COUNT:
            return (("Enter", self.say("close.key_next")), ("Ctrl Enter", self.say("go_on")), ("F5", self.say("close.key_cash")))
        if self.step == SIGN:
            return (("Enter", self.say("close.key_sign")), ("Ctrl Enter", self.say("close.seal")))
        return (("Ctrl Enter", self.say("sync.now" if self.step == SEND else "go_on")),)

    def enter(self, _what: str) -> None:
        standing = self.counter.standing
        if standing.state == "closed":
            self.go_to(SEND)
        elif self.step == SEND or (self.step > COUNT and standing.state != "counted"):
            self.go_to(LEFT)
        else:
            self.go_to(self.step)

    def leave(self) -> None:
        self._drafts.stop()
        if self.step == COUNT:
            self.keep_draft("count", {"notes": self.notes.counts} if self.notes.counts else None)

    def go_to(self, step: int) -> None:
        """Show a step and put the cursor where it begins."""
        self.step = step
        self.steps.show_step(step)
        self.stack.setCurrentIndex(step)
        self.title.setText(self.say(f"close.title_{STEPS[step]}"))
        if step == LEFT:
            self.counter.ask(lambda desk: desk.worklist(), then=self._show_left)
            self.left_go.setFocus()
        elif step == COUNT:
            self._count()
            self.notes.start()
            if not self.notes.counts:
                self.ask_draft("count", then=lambda kept: self.notes.restore(kept["notes"]))
        elif step == CHECK:
            self._check_now()
        elif step == SIGN:
            self._begin_signing()
        else:
            self._show_sent()
            self.send_go.setFocus()
        self.keys_moved.emit()

    def _moved(self, standing: "Standing") -> None:
        if self.step == SEND:
            self._show_sent()
        elif standing.state == "open" and self.step > COUNT:
            self.go_to(COUNT)  # somebody posted after the count
        if self.shown:
            self._count()

    def _go(self) -> None:
        """The one thing this step ends with."""
        if self.posting.busy:
            return
        if self.step == LEFT:
            self.go_to(COUNT)
        elif self.step == COUNT:
            self._post_count()
        elif self.step == CHECK and self.check_go.isEnabled():
            self.go_to(SIGN)
        elif self.step == SIGN:
            self._seal()
        elif self.step == SEND:
            self.sending.send()

    def _show_left(self, tasks: "tuple[Task, ...]") -> None:
        kinds = {"group": "close.left_group", "slip": "close.left_slip", "due": "close.left_due"}
        rows = [
            (Cell(self.say(kinds[one.kind]), "muted"), Cell(one.title), Cell(figures(one.amount))) for one in tasks
        ]
        self.left_model.fill(rows, list(tasks))
        state = self.counter.standing.state
        key = "close.left_prepared" if state == "prepared" else "close.left_some" if tasks else "close.left_none"
        self.left_text.setText(self.say(key, count=len(tasks)))
        self.left_go.setEnabled(state != "prepared")

    # The count

    def _count(self) -> None:
        if self.shown and self.step == COUNT:
            self._drafts.start()
        now, off = self.counter.standing, self.notes.total - self.counter.standing.cash
        shown = {
            "opening": now.opening, "in": now.cash_in, "out": -now.cash_out, "book": now.cash,
            "counted": self.notes.total,
        }  # fmt: skip
        for name, amount in shown.items():
            self.sums[name].setText(figures(amount))
        word = "close.agrees" if not off else "close.over" if off > 0 else "close.short"
        self.off_word.setText(self.say(word))
        self.off_sum.setText(figures(abs(off)) if off else "")
        toned(self.off, "warn" if off else "ok")
        for part in (self.off_word, self.off_sum):
            toned(part, "warn" if off else "ok")
        advice = self.say("close.empty", count=self.notes.empty) if self.notes.empty else ""
        self.advice.setText(" ".join(part for part in (advice, self.say("close.advice") if off else "") if part))
        open_now = now.state in ("open", "counted") and not self.posting.busy
        self.minute.setEnabled(bool(off) and open_now and bool(self.notes.counts))
        self.count_go.setEnabled(not off and open_now)

    def _post_count(self) -> None:
        """Keep the count in the book; on to the check when it agrees."""
        if self.count_go.isEnabled():
            self._keep_count(self._counted)

    def _keep_count(self, done: "Callable[[Posted], None]") -> None:
        notes = self.notes.counts
        self.count_notice.tell("")

        def plan(desk: "Desk") -> "Preview":
            return desk.preview_count(notes=notes)

        self.posting.begin(plan, about=self.say("kind.count"), done=done, refused=self._refused)

    def _counted(self, _posted: "Posted") -> None:
        self.keep_draft("count", None)
        self.go_to(CHECK)

    def _minute(self) -> None:
        """The difference as a voucher of its own: the count is kept first, then reason and leader."""
        off = self.notes.total - self.counter.standing.cash
        if not self.minute.isEnabled():
            return
        text = self.say("close.minute_over" if off > 0 else "close.minute_short", amount=abs(off))
        sheet = ReasonSheet(self.window(), self.counter, title=self.say("close.minute_title"), text=text)
        sheet.accepted.connect(lambda: self._post_difference(sheet.reason.text(), text))

    def _post_difference(self, reason: str, about: str) -> None:
        def plan(desk: "Desk") -> "Preview":
            return desk.preview_difference(reason=reason)

        def then(_posted: "Posted") -> None:
            self.posting.begin(plan, about=about, done=self._counted, refused=self._refused)

        self._keep_count(then)

    def _refused(self, fault: Fault) -> None:
        self.count_notice.tell(self.counter.sentence(fault))

    # The check

    def _check_now(self) -> None:
        self.check_go.setEnabled(False)
        self.check_text.setText(self.say("close.checking"))
        self.check_model.fill([], [])
        key = self.counter.device_key
        self.counter.ask(lambda desk: check_book(desk, device_key=key), then=self._checked, failed=self._damaged)

    def _checked(self, head: bytes) -> None:
        now, ok = self.counter.standing, Cell(self.say("close.sound"), "ok", icon="check")
        rows = [
            (Cell(self.say("close.check_chain", entries=now.entries)), ok),
            (Cell(self.say("close.check_signatures")), ok),
            (Cell(self.say("close.check_balances", lines=now.lines)), ok),
            (Cell(self.say("close.check_cash")), Cell(f"{figures(now.cash)} đ")),
            (Cell(self.say("close.check_head")), Cell(head.hex()[:8].upper())),
        ]
        self.check_model.fill(rows, rows)
        self.check_text.setText(self.say("close.checked"))
        self.check_go.setEnabled(True)
        self.check_go.setFocus()

    def _damaged(self, fault: Fault) -> None:
        self.check_text.setText(self.counter.sentence(fault))
        self.counter.failed.emit(fault)

    # Three signatures over one close

    def _begin_signing(self) -> None:
        self.approvals, self.preview = {}, None
        for _, pin, state in self.signers:
            pin.clear()
            pin.setEnabled(True)
            state.setText(self.say("close.unsigned"))
            toned(state, "")
        self.sign_notice.tell("")
        self._show_signed()

        def planned(preview: "Preview") -> None:
            self.preview = preview
            self.signers[0][1].setFocus()

        self.counter.ask(lambda desk: desk.preview_close(), then=planned, failed=self._unsigned)

    def _sign(self, at: int) -> None:
        who, pin, _ = self.signers[at]
        preview = self.preview
        if preview is None or not pin.text() or at in self.approvals:
            return
        staff_id, typed = str(who.currentData()), pin.text()
        pin.setEnabled(False)
        self.counter.ask(
            lambda desk: desk.approve(preview, staff_id=staff_id, pin=typed),
            then=partial(self._signed, at, preview),
            failed=partial(self._unsigned, at=at),
        )

    def _signed(self, at: int, preview: "Preview", approval: Approval) -> None:
        if preview is not self.preview:
            return
        self.approvals[at] = approval
        _, pin, state = self.signers[at]
        pin.clear()
        state.setText(self.say("close.signed"))
        toned(state, "ok")
        self.sign_notice.tell("")
        self._show_signed()
        after = next((pin for n, (_, pin, _) in enumerate(self.signers) if n not in self.approvals), None)
        (after or self.sign_go).setFocus()

    def _unsigned(self, fault: Fault, *, at: int | None = None) -> None:
        self.sign_notice.tell(self.counter.sentence(fault))
        if at is not None:
            pin = self.signers[at][1]
            pin.setEnabled(True)
            pin.clear()
            pin.setFocus()

    def _show_signed(self) -> None:
        self.sign_go.setEnabled(len(self.approvals) == len(self.signers) and not self.posting.busy)

    def _seal(self) -> None:
        if self.preview is not None and self.sign_go.isEnabled():
            approvals = [self.approvals[at] for at in sorted(self.approvals)]
            self.posting.give(self.preview, approvals=approvals, done=self._closed, refused=self._unsigned)

    def _closed(self, _posted: "Posted") -> None:
        self.counter.said.emit(self.say("close.closed"), "ok")
        self.go_to(SEND)

    def _show_sent(self) -> None:
        now = self.counter.standing
        left = now.entries - now.marks.received
        self.sent_title.setText(self.say("close.sent" if not left else "close.unsent", count=left))
        text = self.say("close.sent_text") if not left else self.say(f"sync.state_{self.sending.state}")
        self.sent_text.setText(text)
        self.send_go.setEnabled(bool(left) and self.sending.free)
