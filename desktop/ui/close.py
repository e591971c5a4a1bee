"""The end of the session, in five steps: what is left over, the count, the check, three signatures, the close."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from desktop.ui.chips import button, card, heading, label
from desktop.ui.close_count import CountStep
from desktop.ui.close_left import LeftStep
from desktop.ui.close_sign import SignStep
from desktop.ui.close_step import CHECK, COUNT, LEFT, SEND, SIGN, STEPS, Steps, sided
from desktop.ui.counter import Counter
from desktop.ui.opening import check_book
from desktop.ui.page import Keys, Page
from desktop.ui.posting import Posting
from desktop.ui.sending import Sending
from desktop.ui.tables import Cell, Column, RowsModel, Table
from sync.errors import Fault
from sync.money import figures

if TYPE_CHECKING:
    from desktop.leases import View
    from desktop.listing import DraftLeft, Standing


class ClosePage(Page):
    """The steps at the left, the present one at the right."""

    def __init__(self, counter: Counter, posting: Posting, sending: Sending) -> None:
        super().__init__(counter)
        self.posting, self.sending = posting, sending
        self.step = LEFT
        self._drafts = self.watch_draft()
        line = QHBoxLayout(self)
        line.setContentsMargins(18, 14, 18, 14)
        line.setSpacing(14)
        self.steps = Steps(counter)
        line.addWidget(self.steps)
        frame, inside = card()
        self.title = label(name="strong")
        inside.addWidget(heading(self.title, None))
        self.stack = QStackedWidget()
        self.left, self.count, self.sign = LeftStep(counter), CountStep(counter, posting), SignStep(counter, posting)
        for made in (self.left, self.count, self._make_check(), self.sign, self._make_send()):
            self.stack.addWidget(made)
        inside.addWidget(self.stack, 1)
        line.addWidget(frame, 1)
        counter.moved.connect(self._moved)
        posting.moved.connect(self.count.show_standing)
        sending.moved.connect(self._show_sent)
        self.left.go.connect(self._go)
        self.count.typed.connect(self._typed)
        self.count.agreed.connect(self._agreed)
        for one in (self.left, self.count):
            one.keys_moved.connect(self.keys_moved.emit)
        self.sign.closed.connect(self._closed)
        for key in ("Ctrl+Return", "Ctrl+Enter"):
            self.shortcut(key, self._go)
        self.go_to(LEFT)

    def _make_check(self) -> QWidget:
        say = self.say
        whole = QWidget()
        self.check_text, self.return_text = label(name="muted", wrap=True), label(say("close.return_text"), name="small", wrap=True)
        self.check_go = button(say("go_on"), name="primary", key="Ctrl Enter")
        self.back = button(say("close.return_all"), key="H")
        self.check_go.clicked.connect(self._go)
        self.back.clicked.connect(lambda: self.counter.wanted.emit("cash", "return/all"))
        content = sided(whole, self.check_text, self.return_text, self.back, self.check_go)
        columns = (Column(say("close.check_what")), Column(say("close.check_found"), 190, right=True))
        self.check_model = RowsModel(columns)
        self.check = Table(self.check_model, columns, name=say("close.step_check"))
        content.addWidget(self.check)
        return whole

    def _make_send(self) -> QWidget:
        say = self.say
        whole = QWidget()
        self.send_go = button(say("sync.now"), name="primary", key="Ctrl Enter")
        self.send_more = button(say("close.to_sync"), key="F8")
        self.send_go.clicked.connect(self._go)
        self.send_more.clicked.connect(lambda: self.counter.wanted.emit("sync", ""))
        content = sided(whole, self.send_more, self.send_go)
        self.sent_title, self.sent_text = label(name="sum", wrap=True), label(name="muted", wrap=True)
        content.addSpacing(14)
        content.addWidget(self.sent_title)
        content.addWidget(self.sent_text)
        self.joint = label(name="strong", wrap=True)
        self.joint.hide()
        content.addSpacing(10)
        content.addWidget(self.joint)
        content.addStretch(1)
        return whole

    # Going through them

    def keys(self) -> Keys:
        if self.step == LEFT:
            return self.left.keys()
        if self.step == COUNT:
            return self.count.keys()
        if self.step == SIGN:
            return (("Enter", self.say("close.key_sign")), ("Ctrl Enter", self.say("close.seal")))
        if self.step == CHECK and self.counter.standing.cash:
            return (("Ctrl Enter", self.say("go_on")), ("H", self.say("close.key_return")))
        return (("Ctrl Enter", self.say("sync.now" if self.step == SEND else "go_on")),)

    def enter(self, _what: str) -> None:
        standing = self.counter.standing
        if standing.state == "closed":
            self.go_to(SEND)
        elif self.counter.blind and self.step == LEFT:
            self.go_to(COUNT)
        elif self.step == SEND or (self.step > COUNT and standing.state != "counted"):
            self.go_to(LEFT)
        else:
            self.go_to(self.step)
            if self.step != LEFT:
                self.counter.ask(lambda desk: desk.drafts(), then=self._typed_since)

    def _typed_since(self, drafts: "tuple[DraftLeft, ...]") -> None:
        """Something was half typed after the first step: it has to be settled too."""
        if drafts and self.step in (COUNT, CHECK, SIGN) and not self.counter.blind:
            self.go_to(LEFT)

    def leave(self) -> None:
        self._drafts.stop()
        if self.step == COUNT:
            self.keep_draft("count", self.count.kept)

    def go_to(self, step: int) -> None:
        """Show a step and put the cursor where it begins."""
        self.step = step
        self.steps.show_step(step)
        self.stack.setCurrentIndex(step)
        self.title.setText(self.say(f"close.title_{STEPS[step]}"))
        if step == LEFT:
            self.left.start()
        elif step == COUNT:
            self.count.start()
            if not self.count.notes.counts:
                self.ask_draft("count", then=self.count.restore)
        elif step == CHECK:
            self._check_now()
        elif step == SIGN:
            self.sign.start()
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
            self.count.show_standing()

    def _go(self) -> None:
        """The one thing this step ends with."""
        if self.posting.busy:
            return
        if self.step == LEFT and self.left.on.isEnabled():
            self.go_to(COUNT)
        elif self.step == COUNT:
            self.count.post()
        elif self.step == CHECK and self.check_go.isEnabled():
            self.go_to(SIGN)
        elif self.step == SIGN:
            self.sign.seal()
        elif self.step == SEND:
            self.sending.send()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text().upper() == "H" and self.step == CHECK and self.back.isEnabled():
            self.back.click()
        else:
            super().keyPressEvent(event)

    def _typed(self) -> None:
        if self.shown and self.step == COUNT:
            self._drafts.start()

    def _agreed(self) -> None:
        self._drafts.stop()
        self.keep_draft("count", None)
        self.go_to(CHECK)

    # The check

    def _check_now(self) -> None:
        self.check_go.setEnabled(False)
        self.check_text.setText(self.say("close.checking"))
        self.check_model.fill([], [])
        held = bool(self.counter.standing.cash)
        self.back.setEnabled(held)
        self.return_text.setVisible(held)
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

    # The end

    def _closed(self) -> None:
        self.counter.said.emit(self.say("close.closed"), "ok")
        self.go_to(SEND)

    def _show_sent(self) -> None:
        now = self.counter.standing
        left = now.entries - now.marks.received
        self.sent_title.setText(self.say("close.sent" if not left else "close.unsent", count=left))
        by_stick = self.sending.state in ("offline", "none")
        text = self.say("close.sent_text" if not left else "close.by_stick" if by_stick else f"sync.state_{self.sending.state}")
        self.sent_text.setText(text)
        self.counter.ask(lambda desk: desk.leases.view(), then=self._show_joint)
        self.send_go.setEnabled(bool(left) and self.sending.free)

    def _show_joint(self, view: "View | None") -> None:
        """At a table of two the session ends with one sheet of both books, which nobody has to know by heart."""
        self.joint.setVisible(view is not None)
        if view is not None:
            missing = [letter for letter, book in view.joint.books if book is None and letter != view.letter]
            self.joint.setText(self.say("close.joint_missing" if missing else "close.joint_there", letter=", ".join(missing)))
