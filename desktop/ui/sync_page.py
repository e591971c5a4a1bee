"""What is only here, what the office has, what is safe there too; send now, or into a file for a stick."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QVBoxLayout

from desktop import files
from desktop.ui.chips import Notice, button, card, heading, label, row, toned
from desktop.ui.counter import Counter, clock_text
from desktop.ui.page import Keys, Page
from desktop.ui.sending import Sending, age_text
from sync.envelope import BATCH_BYTES_MAX
from sync.errors import Fault

if TYPE_CHECKING:
    from desktop.listing import Standing


class SyncPage(Page):
    """Three figures that together are the whole book, and what can be done."""

    def __init__(self, counter: Counter, sending: Sending) -> None:
        super().__init__(counter)
        self.sending = sending
        whole = QVBoxLayout(self)
        whole.setContentsMargins(18, 14, 18, 14)
        whole.setSpacing(14)
        whole.addLayout(self._make_figures())
        frame, inside = card()
        inside.addWidget(heading(label(self.say("sync.title"), name="strong"), None))
        column = QVBoxLayout()
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(10)
        self.state, self.oldest, self.last = label(wrap=True), label(name="strong", wrap=True), label(name="muted", wrap=True)
        self.notice = Notice()
        self.how = label(self.say("sync.how"), name="muted", wrap=True)
        for one in (self.state, self.oldest, self.last, self.notice, self.how):
            column.addWidget(one)
        column.addStretch(1)
        self.save = button(self.say("sync.save"), key="S")
        self.take = button(self.say("sync.take"), key="N")
        self.now = button(self.say("sync.now"), name="primary", key="Ctrl Enter")
        column.addLayout(row(self.take, None, self.save, self.now))
        inside.addLayout(column, 1)
        whole.addWidget(frame, 1)
        self.now.clicked.connect(sending.send)
        self.save.clicked.connect(self._choose_file)
        self.take.clicked.connect(self._choose_ack)
        counter.moved.connect(lambda _standing: self._show())
        sending.moved.connect(self._show)
        self.shortcut("S", self._choose_file)
        self.shortcut("N", self._choose_ack)
        for key in ("Ctrl+Return", "Ctrl+Enter"):
            self.shortcut(key, sending.send)
        self._show()

    def _make_figures(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(14)
        self.figures = {}
        self.cards: dict[str, QFrame] = {}
        for name in ("here", "received", "safe"):
            frame, inside = card()
            inside.setContentsMargins(16, 12, 16, 12)
            inside.setSpacing(2)
            inside.addWidget(label(self.say(f"sync.{name}"), name="small"))
            self.figures[name] = label(name="sum")
            inside.addWidget(self.figures[name])
            inside.addWidget(label(self.say(f"sync.{name}_text"), name="small", wrap=True))
            self.cards[name] = frame
            line.addWidget(frame, 1)
        return line

    def keys(self) -> Keys:
        return (("Ctrl Enter", self.say("sync.now")), ("S", self.say("sync.save")), ("N", self.say("sync.take")), ("Ctrl U", self.say("outage.key")), ("Ctrl P", self.say("print_queue.key")))

    def enter(self, _what: str) -> None:
        self._show()
        (self.now if self.now.isEnabled() else self.save).setFocus()

    def _show(self) -> None:
        now = self.counter.standing
        marks, left = now.marks, now.entries - now.marks.received
        for name, count in (("here", left), ("received", marks.received), ("safe", marks.safe)):
            self.figures[name].setText(self.say("sync.entries", count=count))
        toned(self.figures["here"], "warn" if left else "ok")
        # Without its key the laptop makes no letter, and none ends inside the gap: waiting is not all there is to do.
        bare = bool(now.outages.laptop) or not now.outages.can_sign
        self.state.setText(self.say("outage.sync" if bare and left and not self.counter.training else f"sync.state_{self.sending.state}"))
        age = self.sending.age_s
        self.oldest.setText(self.say("sync.stick_due" if self.sending.stick_due else "sync.oldest", age=age_text(age, self.say)) if age is not None else "")
        toned(self.oldest, "bad" if self.sending.stick_due else "")
        self.oldest.setVisible(age is not None)
        if marks.ack_no:
            when = clock_text(marks.office_s, "%H:%M:%S %d/%m/%Y")
            self.last.setText(self.say("sync.last", when=when, number=marks.ack_no, differences=marks.differences))
        else:
            self.last.setText(self.say("sync.never"))
        fault = self.sending.fault
        self.notice.tell(self.counter.sentence(fault) if fault else "", tone="warn")
        self.now.setEnabled(bool(left) and self.sending.free)
        self.save.setEnabled(bool(left) and not self.counter.training)
        self.take.setEnabled(not self.counter.training)
        for one in (*self.cards.values(), self.last, self.how):
            # Of practice nothing is at stake, and nobody answers for it.
            one.setVisible(not self.counter.training)

    def _choose_file(self) -> None:
        if self.save.isEnabled():
            name = f"{self.counter.standing.session_date:%Y%m%d}-{self.counter.standing.letter}.batch"
            chosen, _ = QFileDialog.getSaveFileName(self, self.say("sync.save"), name)
            if chosen:
                self.save_to(Path(chosen))

    def save_to(self, path: Path) -> None:
        """Write what is unsent into a file, and read it back."""

        def keep(raw: bytes | None) -> None:
            if raw is not None:
                made: bytes = raw
                self.counter.carry(
                    "wire", call=lambda: files.keep(path, made), then=lambda _none: self._kept(path), failed=self._refused
                )

        self.counter.ask(lambda desk: desk.batch(), then=keep, failed=self._refused)

    def _kept(self, path: Path) -> None:
        self.notice.tell(self.say("sync.saved", file=path.name), tone="ok")

    def _choose_ack(self) -> None:
        if not self.take.isEnabled():
            return
        chosen, _ = QFileDialog.getOpenFileName(self, self.say("sync.take"))
        if chosen:
            self.take_from(Path(chosen))

    def take_from(self, path: Path) -> None:
        """Take an acknowledgement from a file that came back on a stick."""

        def taken(standing: "Standing") -> None:
            self.counter.take(standing)
            self.notice.tell(self.say("sync.taken"), tone="ok")

        def hand(raw: bytes) -> None:
            self.counter.ask(lambda desk: (desk.take_ack(raw), desk.standing())[1], then=taken, failed=self._refused)

        self.counter.carry("wire", call=lambda: files.brought(path, bytes_max=BATCH_BYTES_MAX), then=hand, failed=self._refused)

    def _refused(self, fault: Fault) -> None:
        self.notice.tell(self.counter.sentence(fault))
