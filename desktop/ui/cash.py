"""The drawer: taken over by denomination at the start, what it should hold since then, and all that is done with it."""

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from desktop.ui.cash_actions import ACTIONS, BY_KIND, OPEN, Action, draft_name, plan
from desktop.ui.cash_drawer import DrawerPanel, MixSheet
from desktop.ui.cash_entry import Entry
from desktop.ui.chips import button, card, foot, heading, label
from desktop.ui.counter import Counter, clock_text
from desktop.ui.page import Keys, Page
from desktop.ui.posting import Posting
from desktop.ui.tables import Cell, Column, RowsModel, Table
from sync.errors import Fault
from sync.money import figures

if TYPE_CHECKING:
    from desktop.desk import Posted
    from desktop.listing import MixPlan, Standing, VoucherRow
    from desktop.tally import Expected
    from desktop.ui.notes import Notes

# Vouchers of the drawer that move no cash and are shown among those that do.
RECORDS = ("count", "handover", "transit", "counterfeit", "loss")
# A hand-over's minutes come out in a second or two; where no paper comes the laptop is locked all the same.
HANDED_WAIT_MS = 8_000


class CashPage(Page):
    """Before the opening the float to count; afterwards expected cash, every movement, and the pane of an action."""

    def __init__(self, counter: Counter, posting: Posting) -> None:
        super().__init__(counter)
        self.posting = posting
        self.entry: Entry | None = None
        # Where an action goes back to, and the sentence that waits for a hand-over's paper.
        self._back, self._handed = "", ("", "", 0)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(18, 14, 18, 14)
        self.stack = QStackedWidget()
        self.stack.setObjectName("pages")
        self.stack.addWidget(self._make_movements())
        whole.addWidget(self.stack)
        self._drafts = self.watch_draft()
        counter.moved.connect(self._moved)
        posting.moved.connect(self._allow)
        for key in ("Ctrl+Return", "Ctrl+Enter"):
            self.shortcut(key, self._post)
        if counter.standing.state == "prepared":
            self._show_entry(OPEN)

    @property
    def notes(self) -> "Notes":
        """The denominations of the pane that is shown."""
        if self.entry is None or self.entry.notes is None:
            raise LookupError("no pane with notes is shown")
        return self.entry.notes

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
            Column(say("cash.in"), 112, right=True),
            Column(say("cash.out"), 112, right=True),
            Column(say("cash.held"), 120, right=True),
        )
        self.model = RowsModel(columns)
        self.table = Table(self.model, columns, name=say("cash.movements"))
        self.table.chosen.connect(lambda number: self.counter.wanted.emit("journal", str(number)))
        inside.addWidget(self.table, 1)
        inside.addWidget(foot(self._make_buttons()))
        line.addWidget(frame, 1)
        self.drawer = DrawerPanel(self.counter)
        self.drawer.counting.connect(lambda: self.counter.wanted.emit("close", ""))
        line.addWidget(self.drawer)
        return whole

    def _make_buttons(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(14, 10, 14, 10)
        grid.setSpacing(8)
        self.buttons: dict[str, QPushButton] = {}
        for one in ACTIONS:
            self.buttons[one.key] = button(self.say(f"cash.button_{one.kind}"), key=one.key)
            self.buttons[one.key].clicked.connect(partial(self.begin, one.kind))
        self.buttons["N"] = button(self.say("cash.mix"), key="N")
        self.buttons["N"].clicked.connect(self._mix)
        for at, each in enumerate(self.buttons.values()):
            grid.addWidget(each, at // 4, at % 4)
        return grid

    def keys(self) -> Keys:
        if self.entry is not None:
            found = (("Enter", self.say("cash.key_field")), ("Ctrl Enter", self.say(f"cash.do_{self.entry.action.kind}")))
            return found if self.entry.action is OPEN else (*found, ("Esc", self.say("cash.key_back")))
        names = (("U", "float"), ("H", "return"), ("B", "handover"), ("N", "mix"))
        more = tuple((key, self.say(f"cash.key_{name}")) for key, name in names) if self.counter.standing.state != "closed" else ()
        return (*more, ("Enter", self.say("cash.key_voucher")), ("F9", self.say("cash.count")))

    def every_key(self) -> Keys:
        if self.entry is not None or self.counter.standing.state == "closed":
            return self.keys()
        others = tuple((one.key, self.say(f"kind.{one.kind}")) for one in ACTIONS if one.key not in "UHB")
        return (*self.keys(), *others)

    def enter(self, what: str) -> None:
        """`cash/<kind>` begins an action; `return/all` the return of every note that was just counted."""
        self._moved(self.counter.standing)
        if self.counter.standing.state == "prepared":
            self._show_entry(OPEN)
        elif what == "return/all":
            self._back = "close"
            self.begin("return")
            self.counter.ask(lambda desk: desk.expected(), then=self._fill_all)
        elif what.startswith("cash/"):
            self.begin(what.removeprefix("cash/"))
        elif self.entry is None:
            self.table.setFocus()
        else:
            self.entry.start()

    def leave(self) -> None:
        self._drafts.stop()
        if self.entry is not None and not self.posting.busy:
            self.keep_draft(draft_name(self.entry.action), self.entry.kept)

    # The pane of an action

    def begin(self, kind: str) -> None:
        """An action by its kind, with what was half typed of it before."""
        if self.counter.standing.state in ("open", "counted") and not self.posting.busy and not self._handed[0]:
            self._show_entry(BY_KIND[kind])

    def _show_entry(self, action: Action) -> None:
        if self.entry is None or self.entry.action is not action:
            self._end_entry()
            self.entry = made = Entry(self.counter, action)
            made.changed.connect(self._typed)
            made.go.connect(self._post)
            self.stack.addWidget(made)
            self.ask_draft(draft_name(action), then=partial(self._restore, made))
        self.stack.setCurrentWidget(self.entry)
        self._allow()
        if self.shown:
            self.entry.start()
        self.keys_moved.emit()

    def _restore(self, made: Entry, kept: dict[str, Any]) -> None:
        # Whoever was quicker than the answer has typed on, or gone.
        if made is self.entry and not made.kept:
            made.restore(kept)

    def _end_entry(self) -> None:
        self._drafts.stop()
        if self.entry is not None:
            self.stack.setCurrentIndex(0)
            self.stack.removeWidget(self.entry)
            self.entry.deleteLater()
            self.entry = None
            self.keys_moved.emit()

    def _fill_all(self, found: "Expected") -> None:
        """Everything that was counted goes back."""
        if self.entry is not None and self.entry.notes is not None:
            self.entry.notes.set_counts(dict(found.notes))
            self.entry.hint.tell(self.say("cash.return_all"), tone="plain")

    def _typed(self) -> None:
        if self.shown:
            self._drafts.start()
        self._allow()

    def _allow(self) -> None:
        if self.entry is not None:
            self.entry.allow(self.posting.busy)
        for each in self.buttons.values():
            each.setEnabled(self.counter.standing.state in ("open", "counted") and not self._handed[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        made = self.buttons.get(event.text().upper())
        if self.entry is None and made is not None and not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier:
            made.click()
        elif event.key() == Qt.Key.Key_Escape and self.entry is not None and self.entry.action is not OPEN and not self.posting.busy:
            self.leave()
            self._end_entry()
            self.table.setFocus()
        else:
            super().keyPressEvent(event)

    # What stands

    def _moved(self, standing: "Standing") -> None:
        self.drawer.show_standing(standing)
        self._allow()
        if self.shown:
            self.counter.ask(lambda desk: desk.journal(""), then=self._show)
            self.counter.ask(lambda desk: desk.expected(), then=self.drawer.show_expected)
        self.keys_moved.emit()
        staff_id, said, unprinted = self._handed
        if staff_id and standing.unprinted < unprinted:
            # Once everybody else has been told where the session stands.
            QTimer.singleShot(0, self, lambda: self._hand(staff_id, said))

    def _show(self, rows: "tuple[VoucherRow, ...]") -> None:
        held, cells, things = self.counter.standing.cash, [], []
        for one in rows:
            if one.cash or one.kind in RECORDS:
                party, kind = self.counter.party_name(one.party), self.say(f"kind.{one.kind}")
                came, went = max(one.cash, 0), max(-one.cash, 0)
                cells.append((
                    Cell(clock_text(one.wall_s), "muted"), Cell(f"{one.number:06d}"),
                    Cell(party or kind, second=kind if party else ""),
                    Cell(figures(came) if came else ""), Cell(figures(went) if went else ""), Cell(figures(held)),
                ))  # fmt: skip
                things.append(one.number)
                held -= one.cash
        self.model.fill(cells, things)
        self.table.point_at(0)

    def _mix(self) -> None:
        def show(found: "tuple[MixPlan, Expected]") -> None:
            if self.shown and not self.counter.sheet_open():
                MixSheet(self.window(), self.counter, plan=found[0], loose=found[1].loose)

        self.counter.ask(lambda desk: (desk.note_plan(), desk.expected()), then=show)

    # Posting

    def _post(self) -> None:
        entry = self.entry
        if entry is None or self.posting.busy or entry.missing():
            return
        entry.notice.tell("")
        self.posting.begin(
            plan(entry.action, entry.typed), about=entry.title, done=partial(self._posted, entry.action),
            refused=self._refused, draft=draft_name(entry.action),
        )  # fmt: skip

    def _posted(self, action: Action, posted: "Posted") -> None:
        body, number = posted.sealed.entry.body, f"{posted.sealed.entry.number:06d}"
        amount = self.entry.amount if self.entry else abs(body.cash)
        self._end_entry()
        self.table.setFocus()
        if action is OPEN:
            self.counter.said.emit(self.say("cash.opened", amount=body.cash), "ok")
            self.counter.wanted.emit("groups", "")
            return
        self.counter.said.emit(self.say("cash.done", kind=self.say(f"kind.{action.kind}"), number=number, amount=amount), "ok")
        if action.kind == "handover":
            self._wait_for_paper(body.detail("to"), amount, number, posted)
        back, self._back = self._back, ""
        if back and action.kind == "return":
            self.counter.wanted.emit(back, "")

    def _refused(self, fault: Fault) -> None:
        if self.entry is not None:
            self.entry.notice.tell(self.counter.sentence(fault))

    # A hand-over ends with the laptop locked for the new holder

    def _wait_for_paper(self, staff_id: str, amount: int, number: str, posted: "Posted") -> None:
        name = self.counter.roll.staff[staff_id].full_name
        said = self.say("cash.handed", amount=amount, name=name)
        self._handed = (staff_id, said, posted.standing.unprinted)
        self._allow()
        self.counter.said.emit(self.say("cash.handing", number=number, name=name), "ok")
        QTimer.singleShot(HANDED_WAIT_MS, self, lambda: self._hand(staff_id, said))

    def _hand(self, staff_id: str, said: str) -> None:
        if self._handed[0]:
            self._handed = ("", "", 0)
            self.counter.handed.emit(staff_id, said)
