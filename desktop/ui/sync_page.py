"""What is only here, what the office has, what is safe there too; send now, or by a stick."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QVBoxLayout

from desktop.ui.became_card import BecameCard
from desktop.ui.chips import Notice, button, card, heading, label, row, toned
from desktop.ui.counter import Counter, clock_text
from desktop.ui.hearing import Hearing
from desktop.ui.mirroring import Mirroring
from desktop.ui.page import Keys, Page
from desktop.ui.sending import Sending, age_text
from desktop.ui.stick_sheet import AtDesk, StickSheet
from sync.errors import Fault

if TYPE_CHECKING:
    from desktop.desk import Desk


class SyncPage(Page):
    """Three figures that together are the whole book, and what can be done."""

    def __init__(self, counter: Counter, sending: Sending, mirroring: Mirroring, hearing: Hearing) -> None:
        super().__init__(counter)
        self.sending, self.mirroring, self.hearing = sending, mirroring, hearing
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
        self.notice, self.revoked, self.mirror = Notice(), Notice(), label(wrap=True)
        self.how = label(self.say("sync.how"), name="muted", wrap=True)
        self.written = label(name="strong", wrap=True)
        self._written = (0, 0)
        for one in (self.revoked, self.state, self.oldest, self.written, self.last, self.notice, self.mirror, self.how):
            column.addWidget(one)
        column.addStretch(1)
        self.save = button(self.say("sync.save"), key="S")
        self.take = button(self.say("sync.take"), key="N")
        self.now = button(self.say("sync.now"), name="primary", key="Ctrl Enter")
        self.stick = button(self.say("mirror.choose"), key="U")
        column.addLayout(row(self.take, self.stick, None, self.save, self.now))
        inside.addLayout(column, 1)
        whole.addWidget(frame, 1)
        self.became = BecameCard(counter, hearing)
        whole.addWidget(self.became, 2)
        self.became.look()
        self.now.clicked.connect(sending.send)
        self.save.clicked.connect(self._write_stick)
        self.take.clicked.connect(self._read_stick)
        self.stick.clicked.connect(self._choose_mirror)
        mirroring.moved.connect(self._show_mirror)
        counter.moved.connect(lambda _standing: self._show())
        sending.moved.connect(self._show)
        self.shortcut("S", self._write_stick)
        self.shortcut("N", self._read_stick)
        self.shortcut("U", self._choose_mirror)
        for key in ("Ctrl+Return", "Ctrl+Enter"):
            self.shortcut(key, sending.send)
        self._show()

    def _make_figures(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(14)
        self.figures = {}
        self.cards: dict[str, QFrame] = {}
        self.said: dict[str, tuple[QLabel, QLabel]] = {}
        for name in ("here", "received", "safe"):
            frame, inside = card()
            inside.setContentsMargins(16, 12, 16, 12)
            inside.setSpacing(2)
            named, text = label(self.say(f"sync.{name}"), name="small"), label(self.say(f"sync.{name}_text"), name="small", wrap=True)
            inside.addWidget(named)
            self.figures[name] = label(name="sum")
            inside.addWidget(self.figures[name])
            inside.addWidget(text)
            self.said[name] = named, text
            self.cards[name] = frame
            line.addWidget(frame, 1)
        return line

    def keys(self) -> Keys:
        return (("Ctrl Enter", self.say("sync.now")), ("S", self.say("sync.save")), ("N", self.say("sync.take")), ("U", self.say("mirror.choose")), ("Ctrl U", self.say("outage.key")), ("Ctrl P", self.say("print_queue.key")))

    def enter(self, _what: str) -> None:
        self._show()
        self._ask_stick()
        self.hearing.read()
        (self.now if self.now.isEnabled() else self.save).setFocus()

    def _show(self) -> None:
        now = self.counter.standing
        marks, left = now.marks, now.entries - now.marks.received
        for name, count in (("here", left), ("received", marks.received), ("safe", marks.safe)):
            self.figures[name].setText(self.say("sync.entries", count=count))
        toned(self.figures["here"], "warn" if left else "ok")
        # Without its key the laptop makes no letter, and none ends inside the gap: waiting is not all there is to do.
        bare = bool(now.outages.laptop) or not now.outages.can_sign
        self.state.setText(self.say("outage.sync" if bare and left and not self.counter.training else f"sync.state_{self._state}"))
        done = now.state == "closed" and not left and not self.counter.training
        if done:
            self.state.setText(self.say("sync.state_done"))
        if now.set_back is not None:
            self.state.setText(self.say("sync.set_back"))
        toned(self.state, "bad" if now.set_back is not None else "")
        age = self.sending.age_s
        self.oldest.setText(self.say("sync.stick_due" if self.sending.stick_due else "sync.oldest", age=age_text(age, self.say)) if age is not None else "")
        toned(self.oldest, "bad" if self.sending.stick_due else "")
        self.oldest.setVisible(age is not None)
        if marks.ack_no:
            when = clock_text(marks.office_s, "%H:%M:%S %d/%m/%Y")
            self.last.setText(self.say("sync.last", when=when, number=marks.ack_no, differences=marks.differences))
        else:
            self.last.setText(self.say("sync.never"))
        # That nobody answers matters no more once nothing is left to be said.
        fault = now.taken_over or (None if done else self.sending.fault)
        self.notice.tell(self.counter.sentence(fault) if fault else "", tone="warn")
        self.now.setEnabled((bool(left) or now.set_back is not None) and self.sending.free)
        self.save.setEnabled(not self.counter.training)
        self.take.setEnabled(not self.counter.training)
        self.stick.setEnabled(not self.counter.training)
        self._show_mirror()
        self._show_written()
        for one in (*self.cards.values(), self.last, self.mirror, self.how):
            # Of practice nothing is at stake, and nobody answers for it.
            one.setVisible(not self.counter.training)

    @property
    def _state(self) -> str:
        return "gathers" if self.sending.state == "waiting" and self.sending.gathers else self.sending.state

    def _show_mirror(self) -> None:
        mirroring = self.mirroring
        name = mirroring.root.name if mirroring.root else ""
        if mirroring.fault is not None:
            text, tone = self.counter.sentence(mirroring.fault), "bad" if mirroring.state == "stopped" else "warn"
        elif mirroring.state == "kept":
            key = "missing" if mirroring.missing else "chosen"
            text, tone = self.say(f"mirror.{key}", name=name, count=mirroring.missing), "warn" if mirroring.missing else "ok"
        elif mirroring.unused:
            text, tone = self.say("mirror.unused", name=mirroring.unused), "warn"
        else:
            text, tone = self.say("mirror.none"), ""
        self.mirror.setText(text)
        toned(self.mirror, tone)
        # What the stick has as well is not lost with the laptop.
        where = "on_stick" if mirroring.whole else "here"
        for part, key in zip(self.said["here"], (where, f"{where}_text"), strict=True):
            part.setText(self.say(f"sync.{key}"))

    def _choose_mirror(self) -> None:
        """The only stick that is in, or whichever folder somebody names."""
        if self.stick.isEnabled():
            self.counter.carry("mirror", call=_volumes, then=self._mirror_on, failed=self._refused)

    def _mirror_on(self, roots: "tuple[Path, ...]") -> None:
        if len(roots) == 1:
            self.mirror_to(roots[0])
            return
        chosen = QFileDialog.getExistingDirectory(self, self.say("mirror.choose"), str(roots[0]) if roots else "")
        if chosen:
            self.mirror_to(Path(chosen))

    def mirror_to(self, root: Path) -> None:
        """Copy every voucher onto this stick from now on."""
        self.mirroring.choose(root)

    def _refused(self, fault: Fault) -> None:
        self.notice.tell(self.counter.sentence(fault))

    def _write_stick(self) -> None:
        if self.save.isEnabled():
            self._open_stick(writing=True)

    def _read_stick(self) -> None:
        if self.take.isEnabled():
            self._open_stick(writing=False)

    def _open_stick(self, *, writing: bool) -> None:
        sheet = StickSheet(self.window(), AtDesk(self.counter), writing=writing)
        sheet.exchanged.connect(lambda _done: self._look_again())

    def _look_again(self) -> None:
        self.hearing.read()
        self.counter.refresh()
        self._ask_stick()

    def _ask_stick(self) -> None:
        """What sticks brought and took: whether the office took this laptop out of use, and what is on its way there."""
        self.counter.ask(_told_by_sticks, then=self._show_stick)

    def _show_stick(self, told: "tuple[Fault | None, tuple[int, int]]") -> None:
        fault, self._written = told
        self.revoked.tell(self.counter.sentence(fault) if fault else "")
        self._show_written()

    def _show_written(self) -> None:
        number, wall_s = self._written
        self.written.setVisible(number > self.counter.standing.marks.received)
        self.written.setText(self.say("sync.written", number=f"{number:06d}", when=clock_text(wall_s)))


def _volumes() -> tuple[Path, ...]:
    from desktop.road import volumes

    return tuple(one.root for one in volumes.found())


def _told_by_sticks(desk: "Desk") -> tuple[Fault | None, tuple[int, int]]:
    from desktop.road.stick import remembered
    from desktop.shelf import ask_in_use

    try:
        ask_in_use(desk.book.path.parent.parent, desk.unlocked)
    except Fault as fault:
        return fault, remembered(desk)
    return None, remembered(desk)
