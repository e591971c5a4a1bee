"""Approved slips paid out: only what the pack has, each once, within its days, after a look at the person's card."""

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.search import folded
from desktop.ui.by_hand import KEY as BY_HAND_KEY
from desktop.ui.chips import card, foot, label, name_button, row, search_field
from desktop.ui.counter import Counter
from desktop.ui.facing import faced, title_of
from desktop.ui.page import Keys, Page
from desktop.ui.paid_notes import PaidNotesSheet
from desktop.ui.posting import Posting
from desktop.ui.slip import TONES, SlipCard, state_text
from desktop.ui.tables import Arrows, Cell, Column, RowsModel, Table
from sync.errors import Fault
from sync.money import figures

if TYPE_CHECKING:
    from desktop.desk import Desk, Posted, Preview
    from desktop.listing import SlipRow, Standing

# A slip's number, or a name: nobody types more to find one.
TYPED_MAX = 40


class DisbursePage(Page):
    """Left the slips of the pack, right the one under the cursor."""

    def __init__(self, counter: Counter, posting: Posting) -> None:
        super().__init__(counter)
        self.posting = posting
        self.rows: tuple[SlipRow, ...] = ()
        self.shown_slip: SlipRow | None = None
        self.unread.add("slip")
        self.fault: Fault | None = None
        self._wanted = ""
        line = QHBoxLayout(self)
        line.setContentsMargins(18, 14, 18, 14)
        line.setSpacing(14)
        line.addWidget(self._make_list(), 1)
        self.slip = SlipCard(counter)
        self.slip.setFixedWidth(404)
        line.addWidget(self.slip)
        self._connect()
        self._show(None)

    # What stands on the page

    def _make_list(self) -> QWidget:
        say = self.say
        frame, inside = card()
        self.finder = search_field(say("disburse.find"))
        self.finder.setMaxLength(TYPED_MAX)
        self.count = label(name="muted")
        inside.addLayout(row(self.finder, self.count, margins=(14, 10, 14, 10), gap=14))
        columns = (
            Column(say("disburse.slip"), 126),
            Column(say("disburse.code"), 44),
            Column(say("disburse.name")),
            Column(say("customers.amount"), 112, right=True),
            Column(say("disburse.state"), 164),
        )
        self.model = RowsModel(columns)
        self.table = Table(self.model, columns, name=say("disburse.slips"))
        self.empty = label(name="muted", wrap=True)
        self.empty.setContentsMargins(14, 14, 14, 14)
        inside.addWidget(self.empty)
        inside.addWidget(self.table, 1)
        inside.addWidget(self._make_sums())
        return frame

    def _make_sums(self) -> QWidget:
        line = row(margins=(14, 8, 14, 8), gap=36)
        self.sums: dict[str, tuple[QLabel, QLabel]] = {}
        for name in ("paid", "open", "other"):
            column = QVBoxLayout()
            column.setSpacing(0)
            self.sums[name] = label(name="small"), label(name="figure")
            for one in self.sums[name]:
                column.addWidget(one)
            line.addLayout(column)
        line.addStretch(1)
        return foot(line)

    def _connect(self) -> None:
        self.finder.textChanged.connect(self._seek)
        self.finder.returnPressed.connect(self._found)
        Arrows(self.finder, self.table)
        self.table.pointed.connect(self._pointed)
        self.table.chosen.connect(lambda _row: self._next_thing())
        self.slip.identity.toggled.connect(lambda _on: self._allow())
        self.slip.post.clicked.connect(self._post)
        self.posting.moved.connect(self._allow)
        self.counter.moved.connect(self._moved)
        for key in ("Ctrl+Return", "Ctrl+Enter"):
            self.shortcut(key, self._post)
        self.shortcut(BY_HAND_KEY, self._ask_by_hand)

    def keys(self) -> Keys:
        names = [("/", "find"), ("Enter", "next"), ("Space", "identity"), ("M", "notes"), ("Esc", "list")]
        if self.slip.checking.isHidden():
            names.remove(("Space", "identity"))
        found = tuple((key, self.say(f"disburse.key_{name}")) for key, name in names)
        return (*found, ("Ctrl B", self.say("by_hand.key")))

    # The list

    def enter(self, what: str) -> None:
        self._wanted = what
        if what:
            self.finder.clear()
        self._ask()
        self.table.setFocus()
        if not what and not self._typed:
            self.ask_draft("slip", then=self._take_draft)

    def leave(self) -> None:
        # Whoever was looked at may have gone meanwhile; what was counted out is still counted out.
        if not self.posting.busy:
            self.slip.identity.setChecked(False)
            self.keep_draft("slip", self._typed)

    @property
    def _typed(self) -> dict[str, Any]:
        """What was said of the slip under the cursor, for a draft; empty where nothing was."""
        slip = self.slip
        if self.shown_slip is None or not (slip.paid_with or slip.by_hand.kept):
            return {}
        notes = {str(note): count for note, count in slip.paid_with.items()}
        return {"slip": self.shown_slip.slip_no, "notes": notes, "by_hand": slip.by_hand.kept}

    def _take_draft(self, kept: dict[str, Any]) -> None:
        """After the list: the slip that was there is pointed at again, with what was said of it."""
        if self._typed or kept["slip"] not in {one.slip_no for one in self.rows if one.state == "open"}:
            return
        self._fill(kept["slip"])
        self.slip.by_hand.set_slip(*kept["by_hand"])
        self._pay_with({int(note): count for note, count in kept["notes"].items()})

    def _moved(self, _standing: "Standing") -> None:
        if self.shown:
            self._ask()

    def _ask(self) -> None:
        self.counter.ask(lambda desk: desk.slips(), then=self._take)

    def _take(self, rows: "tuple[SlipRow, ...]") -> None:
        self.rows = rows
        wanted, self._wanted = self._wanted, ""
        self._fill(wanted or self._here)
        if wanted and wanted not in {one.slip_no for one in rows}:
            self._ask_refusal(wanted)

    @property
    def _here(self) -> str:
        return self.shown_slip.slip_no if self.shown_slip else ""

    def _seek(self, text: str) -> None:
        """The first that is found is pointed at, not one that was before."""
        self._fill("" if text.strip() else self._here)

    def _fill(self, at: str) -> None:
        """Show what is searched for, with the cursor at a slip, or at the first that can be paid."""
        shown = self._found_rows()
        numbers = [one.slip_no for one in shown]
        first = next((place for place, one in enumerate(shown) if _payable(one)), 0)
        # Filled and pointed at in one go, so that the slip under the cursor is asked about once.
        self.table.blockSignals(True)
        self.model.fill([self._row(one) for one in shown], shown)
        self.table.point_at(numbers.index(at) if at in numbers else first)
        self.table.blockSignals(False)
        self.empty.setText(self.say("disburse.none_found" if self.rows else "disburse.none"))
        self.empty.setVisible(not shown)
        self.count.setText(self.say("disburse.count", shown=len(shown), total=len(self.rows)))
        self._sum()
        self._pointed(self.table.here)

    def _found_rows(self) -> list["SlipRow"]:
        """Those whose number begins as typed; where there are none, those that say every typed word."""
        typed = folded(self.finder.text()).strip()
        begun = [one for one in self.rows if folded(one.slip_no).startswith(typed)]
        words = typed.split()
        return begun or [one for one in self.rows if all(word in self._words_of(one) for word in words)]

    def _words_of(self, one: "SlipRow") -> str:
        customer = self.counter.roll.customers.get(one.party)
        facts = (one.slip_no, one.name, self._kind(one), one.party, customer.id_number[-4:] if customer else "")
        return folded(" ".join((*facts, self.counter.party_name(customer.group_code if customer else one.party))))

    def _kind(self, one: "SlipRow") -> str:
        return self.say(f"disburse.kind_{one.code}")

    def _row(self, one: "SlipRow") -> tuple[Cell, ...]:
        tone = "ink" if _payable(one) else "muted"
        return (
            Cell(one.shown, tone, icon="check" if one.state == "paid" else "", bold_here=True),
            Cell(one.code, "muted"),
            Cell(one.name, tone, bold_here=True),
            # What comes in is shown below zero, as what a list of payments is not.
            Cell(figures(one.amount or -one.takes), tone),
            Cell(chip=state_text(self.counter, one), chip_tone=TONES[one.state]),
        )

    def _sum(self) -> None:
        parts = {"paid": ("paid",), "open": ("open",), "other": ("early", "late")}
        for name, states in parts.items():
            amounts = [one.amount for one in self.rows if one.state in states and (name != "open" or not one.elsewhere)]
            said, figure = self.sums[name]
            said.setText(self.say(f"disburse.sum_{name}", count=len(amounts)))
            figure.setText(figures(sum(amounts)))
            for one in (said, figure):
                one.setVisible(bool(amounts) or name != "other")

    def _found(self) -> None:
        """Enter in the field: to the first that was found, or what the rules say of a slip that is not there."""
        typed = self.finder.text().strip()
        if self.model.rowCount():
            self.table.setFocus()
        elif typed:
            self._ask_refusal(typed)

    def _ask_refusal(self, slip_no: str) -> None:
        self.counter.ask(
            lambda desk: desk.preview_slip(slip_no), then=lambda _preview: None, failed=self._refused
        )

    # The slip

    def _pointed(self, thing: object) -> None:
        one: SlipRow | None = thing  # type: ignore[assignment]
        same = one is not None and self.shown_slip is not None and one.slip_no == self.shown_slip.slip_no
        if same:
            self.shown_slip = one
            self.slip.show_standing(one)
        else:
            self._show(one)
        if one is not None and one.state == "open" and one.elsewhere:
            # To ask the rules is to ask the other laptop for the group; looking at a slip takes nobody over.
            self._judge(one, None)
            self.slip.notice.tell(self.say("disburse.elsewhere", letter=one.elsewhere), tone="plain")
        elif one is not None:
            self.counter.ask(
                lambda desk: desk.preview_slip(one.slip_no),
                then=lambda _preview: self._judge(one, None),
                failed=partial(self._judge, one),
            )

    def _show(self, one: "SlipRow | None") -> None:
        self.shown_slip, self.fault = one, None
        self.slip.show_slip(one)
        self._allow()
        self.keys_moved.emit()

    def _judge(self, one: "SlipRow", fault: Fault | None) -> None:
        """What the rules say of the slip as it lies there, before anybody presses anything."""
        if self.shown_slip is None or one.slip_no != self.shown_slip.slip_no:
            return  # an older answer than the slip under the cursor
        self.fault = fault
        paid = fault is not None and fault.code in ("slip.paid", "adjust.done")
        self.slip.notice.tell(self.counter.sentence(fault) if fault else "", tone="plain" if paid else "warn")
        self._allow()

    def _allow(self) -> None:
        missing = self.missing()
        self.slip.post.setEnabled(not missing and not self.posting.busy)
        pays = self.shown_slip is None or self.shown_slip.amount
        name_button(self.slip.post, missing or self.say("disburse.post" if pays else "disburse.adjust_post"), key="" if missing else "Ctrl Enter")

    def missing(self) -> str:
        """What still stands in the way of paying; empty when nothing does."""
        one, state = self.shown_slip, self.counter.standing.state
        code = self.fault.code if self.fault else ""
        checks = (
            (state == "prepared", "need_open"),
            (state == "closed", "need_not_closed"),
            (one is None, "disburse.need_slip"),
            (code == "slip.paid", "disburse.need_unpaid"),
            (code == "adjust.done", "disburse.need_undone"),
            (code == "slip.not-in-force", "disburse.need_in_force"),
            (code == "cash.short", "disburse.need_cash"),
            (self.fault is not None, "disburse.need_other"),
            (one is not None and self.slip.must_check(one) and not self.slip.identity.isChecked(), "disburse.need_identity"),
        )
        return next((self.say(key) for wrong, key in checks if wrong), "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() == "/":
            self.finder.setFocus()
            self.finder.selectAll()
        elif event.text().upper() == "M":
            self._ask_notes()
        elif event.text() == " " and self.slip.identity.isVisible():
            self.slip.identity.toggle()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.slip.identity.hasFocus():
            self._next_thing()
        elif event.key() == Qt.Key.Key_Escape:
            self.finder.clear()
            self.table.setFocus()
        else:
            super().keyPressEvent(event)

    def _next_thing(self) -> None:
        """Enter: from the list to the identity check, and from there to paying."""
        identity, one = self.slip.identity, self.shown_slip
        if one is not None and one.state == "open":
            self.counter.facing.emit(faced(title_of(self.counter, one.party), [(one.code, self._kind(one), one.amount if one.code != "CX" else one.takes - one.amount)]))
        if identity.isVisible() and not identity.isChecked():
            identity.setFocus()
        elif self.slip.post.isEnabled():
            self.slip.post.setFocus()

    def _ask_notes(self) -> None:
        """The notes it is paid with, as few as come to it until somebody says otherwise."""
        one = self.shown_slip
        if one is None or one.state != "open" or not one.amount:
            return
        fewest, rest = self.slip.fewest(one.amount)
        if rest:
            self.slip.notice.tell(self.say("disburse.notes_odd", rest=rest), tone="warn")
            return
        counts = self.slip.paid_with or fewest
        sheet = PaidNotesSheet(self.window(), self.counter, amount=one.amount, counts=counts)
        sheet.accepted.connect(lambda: self._pay_with(sheet.counts))

    def _pay_with(self, counts: dict[int, int]) -> None:
        self.slip.paid_with = counts
        self.slip.show_standing(self.shown_slip)

    def _ask_by_hand(self) -> None:
        if self.shown_slip is not None and self.shown_slip.state == "open":
            self.slip.by_hand.ask(self.window())

    # Paying

    def _post(self) -> None:
        one = self.shown_slip
        if self.posting.busy or one is None:
            return
        if self.missing():
            self._next_thing()
            return

        notes = dict(self.slip.paid_with)
        details = {**self.slip.by_hand.details, **({"card": "seen"} if self.slip.must_check(one) else {})}

        def plan(desk: "Desk") -> "Preview":
            return desk.preview_slip(one.slip_no, notes=notes, details=details)

        self.posting.begin(
            plan, about=self._about(one), done=partial(self._posted, one), refused=self._refused, draft="slip"
        )

    def _about(self, one: "SlipRow") -> str:
        """What the second person reads: slip, person and fund."""
        disbursement = self.counter.roll.disbursements.get(one.slip_no)
        facts = [self._kind(one), one.shown, one.name]
        if disbursement:
            facts.append(self.say(f"disburse.fund_{disbursement.fund_source}"))
        return " · ".join(facts)

    def _posted(self, one: "SlipRow", posted: "Posted") -> None:
        number = f"{posted.sealed.entry.number:06d}"
        said = "disburse.adjust_posted" if one.code == "CX" else "disburse.posted"
        self.counter.said.emit(self.say(said, slip=one.shown, number=number, amount=one.amount), "ok")
        after = [*self.rows[self.rows.index(one) + 1 :], *self.rows] if one in self.rows else self.rows
        following = next((other for other in after if _payable(other) and other.slip_no != one.slip_no), None)
        self.slip.identity.setChecked(False)
        self.slip.by_hand.set_slip()
        self.slip.paid_with = {}
        self.finder.clear()
        self._fill(following.slip_no if following else one.slip_no)
        self.table.setFocus()

    def _refused(self, fault: Fault) -> None:
        self.slip.notice.tell(self.counter.sentence(fault))


def _payable(one: "SlipRow") -> bool:
    """Still to be paid, and here."""
    return one.state == "open" and not one.elsewhere
