"""The count that ends the session: by denomination against the book, or by the controller who is not told what to find."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QVBoxLayout, QWidget

from desktop.ui.chips import Notice, button, label, name_button, row, toned
from desktop.ui.close_step import sided
from desktop.ui.counter import Counter
from desktop.ui.journal import ReasonSheet
from desktop.ui.notes import Notes
from desktop.ui.page import Keys
from desktop.ui.posting import Posting
from sync.errors import Fault
from sync.money import figures

if TYPE_CHECKING:
    from desktop.desk import Desk, Posted, Preview


class CountStep(QWidget):
    """`typed` at every key, `agreed` once a count is in the book that is right, or whose difference is minuted."""

    typed = Signal()
    agreed = Signal()
    keys_moved = Signal()

    def __init__(self, counter: Counter, posting: Posting) -> None:
        super().__init__()
        self.counter, self.say, self.posting = counter, counter.say, posting
        say = self.say
        self._make_side()
        content = sided(
            self, self.rows, self.blind_side, self.notice, self.advice, self.blind, self.minute, self.go
        )  # fmt: skip
        self.notes = Notes(across=False, note_word=say("note"), count_word=say("count"), sum_word=say("sum"))
        self.notes.changed.connect(self._changed)
        self.notes.finished.connect(self.go.setFocus)
        content.addWidget(self.notes)
        content.addStretch(1)

    def _make_side(self) -> None:
        say = self.say
        self.rows = QWidget()
        self.rows.setObjectName("sum_rows")
        column = QVBoxLayout(self.rows)
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
        self.notice, self.advice = Notice(), label(name="small", wrap=True)
        self._make_blind()
        self.blind = button(say("close.blind"), key="K")
        self.minute = button(say("close.minute"), key="B")
        self.go = button(say("go_on"), name="primary", key="Ctrl Enter")
        for made, call in ((self.blind, self._turn_blind), (self.minute, self._minute), (self.go, self.post)):
            made.clicked.connect(call)

    def _make_blind(self) -> None:
        """What stands beside a blind count: what it means, who counts, and what was counted so far."""
        say = self.say
        self.blind_side = QWidget()
        self.blind_side.setObjectName("sum_rows")
        column = QVBoxLayout(self.blind_side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(9)
        column.addWidget(label(say("close.blind_on"), name="muted", wrap=True))
        self.who = QComboBox()
        self.who.setAccessibleName(say("close.blind_by"))
        for one in self.counter.colleagues({"controller"}, but=self.counter.standing.user.staff_id):
            self.who.addItem(one.full_name, one.staff_id)
        self.blind_sum = label(name="strong")
        column.addWidget(label(say("close.blind_by"), name="small"))
        column.addWidget(self.who)
        column.addLayout(row(label(say("close.sum_counted"), name="strong"), None, self.blind_sum))
        self.blind_side.hide()

    def keys(self) -> Keys:
        blind = self.counter.blind
        found = (("Enter", self.say("close.key_next")), ("Ctrl Enter", self.say("close.blind_post" if blind else "go_on")))
        if blind:
            return (*found, ("K", self.say("close.blind_off")))
        return (*found, ("K", self.say("close.key_blind")), ("B", self.say("close.key_minute")), ("F5", self.say("close.key_cash")))

    def start(self) -> None:
        """Put the cursor in the first count."""
        self.show_standing()
        self.notes.start()

    @property
    def kept(self) -> dict[str, Any]:
        """What a draft keeps; empty where nothing was counted."""
        return {"notes": self.notes.counts, "blind": self._by} if self.notes.counts or self.counter.blind else {}

    def restore(self, kept: dict[str, Any]) -> None:
        """Show a count that was kept, still blind where it was."""
        if not self.notes.counts:
            self.notes.restore(kept["notes"])
            if by := kept.get("blind", ""):
                self.who.setCurrentIndex(max(self.who.findData(by), 0))
                self._set_blind(True)

    def _changed(self) -> None:
        self.typed.emit()
        self.show_standing()

    def show_standing(self) -> None:
        """What the book says beside what is counted; of a blind count only what is counted."""
        now, off, blind = self.counter.standing, self.notes.total - self.counter.standing.cash, self.counter.blind
        shown = {
            "opening": now.opening, "in": now.cash_in, "out": -now.cash_out, "book": now.cash,
            "counted": self.notes.total,
        }  # fmt: skip
        for name, amount in shown.items():
            self.sums[name].setText("" if blind else figures(amount))
        self.blind_sum.setText(figures(self.notes.total))
        word = "close.agrees" if not off else "close.over" if off > 0 else "close.short"
        self.off_word.setText("" if blind else self.say(word))
        self.off_sum.setText(figures(abs(off)) if off and not blind else "")
        toned(self.off, "warn" if off else "ok")
        for part in (self.off_word, self.off_sum):
            toned(part, "warn" if off else "ok")
        self.advice.setText(self._advice(0 if blind else off))
        open_now = now.state in ("open", "counted") and not self.posting.busy
        self.minute.setEnabled(bool(off) and not blind and open_now and bool(self.notes.counts))
        self.go.setEnabled(open_now and (bool(self.notes.counts) if blind else not off))
        self.blind.setEnabled(open_now)

    def _advice(self, off: int) -> str:
        """Kinds nobody has counted; and who may approve the minutes of a difference."""
        said = [self.say("close.empty", count=self.notes.empty)] if self.notes.empty else []
        if off and self.notes.counts:
            tolerance = self.counter.roll.terms.parameters.difference_tolerance
            said.append(self.say("close.tolerance" if abs(off) <= tolerance else "close.leader_only", amount=tolerance))
        elif off:
            said.append(self.say("close.advice"))
        return " ".join(said)

    # Blind

    @property
    def _by(self) -> str:
        """The controller who counts blind; empty where nobody does."""
        return str(self.who.currentData() or "") if self.counter.blind else ""

    def _turn_blind(self) -> None:
        if not self.who.count():
            self.notice.tell(self.say("close.blind_none"), tone="warn")
            return
        if not self.counter.blind:
            # What was keyed with the book in view is not what the controller finds.
            self.notes.set_counts({})
        self._set_blind(not self.counter.blind)
        self.typed.emit()
        self.notes.start()

    def _set_blind(self, blind: bool) -> None:
        self.notice.tell("")
        self.counter.set_blind(blind)
        # The foot may still say a sum, or afterwards that a blind count is under way.
        self.counter.said.emit("", "plain")
        self.rows.setVisible(not blind)
        self.minute.setVisible(not blind)
        self.blind_side.setVisible(blind)
        name_button(self.blind, self.say("close.blind_off" if blind else "close.blind"), key="K")
        name_button(self.go, self.say("close.blind_post" if blind else "go_on"), key="Ctrl Enter")
        self.show_standing()
        self.keys_moved.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        made = {"K": self.blind, "B": self.minute}.get(event.text().upper())
        if made is not None and not made.isHidden() and not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier:
            made.click()
        else:
            super().keyPressEvent(event)

    # Posting

    def post(self) -> None:
        """Keep the count in the book; on when it agrees."""
        if self.go.isEnabled():
            self._keep(self._counted)

    def _keep(self, done: "Callable[[Posted], None]") -> None:
        notes, by = self.notes.counts, self._by
        self.notice.tell("")

        def plan(desk: "Desk") -> "Preview":
            return desk.preview_count(notes=notes, blind=by)

        about = self.say("close.blind" if by else "kind.count")
        self.posting.begin(plan, about=about, done=done, refused=self._refused)

    def _counted(self, posted: "Posted") -> None:
        off = posted.standing.counted - posted.standing.cash
        if self.counter.blind:
            self._set_blind(False)
        if not off:
            self.agreed.emit()
            return
        said = self.say("close.over" if off > 0 else "close.short")
        self.notice.tell(self.say("close.blind_found", said=said.lower(), amount=abs(off)), tone="warn")
        self.minute.setFocus()

    def _minute(self) -> None:
        """The difference as a voucher of its own: the count is kept first, then reason and approver."""
        off = self.notes.total - self.counter.standing.cash
        if not self.minute.isEnabled():
            return
        text = self.say("close.minute_over" if off > 0 else "close.minute_short", amount=abs(off))
        sheet = ReasonSheet(self.window(), self.counter, title=self.say("close.minute_title"), text=text)
        sheet.accepted.connect(lambda: self._post_difference(sheet.reason.text(), text))

    def _post_difference(self, reason: str, about: str) -> None:
        def plan(desk: "Desk") -> "Preview":
            return desk.preview_difference(reason=reason)

        def then(_posted: "Posted | None") -> None:
            self.posting.begin(plan, about=about, done=lambda _done: self.agreed.emit(), refused=self._refused)

        now = self.counter.standing
        if now.state == "counted" and now.counted == self.notes.total:
            then(None)  # it is in the book already, blind or not
        else:
            self._keep(then)

    def _refused(self, fault: Fault) -> None:
        self.notice.tell(self.counter.sentence(fault))
