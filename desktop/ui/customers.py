"""The customer desk: find a person, see all they have, key what they want, one voucher and one receipt."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from desktop.ui.accounts import AccountFacts, AccountsTable
from desktop.ui.by_hand import KEY as BY_HAND_KEY
from desktop.ui.by_hand import ByHand
from desktop.ui.chips import Chip, Notice, button, card, foot, heading, label, name_button, row
from desktop.ui.counter import Counter, day_text
from desktop.ui.facing import Facing, faced, public_name
from desktop.ui.page import Keys, Page
from desktop.ui.person_search import PersonSearch
from desktop.ui.posting import Posting
from desktop.ui.verdict import Judge, Verdict
from desktop.ui.visit import LINE_KEYS, LinesModel, LinesTable
from desktop.ui.visit_foot import FOOT_KEYS, VisitFoot
from desktop.ui.visit_sheets import VisitSheets
from sync.errors import Fault
from sync.loans import Dues
from sync.voucher import ReasonMissing

if TYPE_CHECKING:
    from desktop.desk import Desk, Posted, Preview
    from desktop.listing import Person
    from sync.visit import PackStale

# What stands as buttons above the lines: a sum put against the debts, deposit to debt, savings, savings paid out.
HEAD_KEYS = ("P", "C", "K", "Z")
# Every letter of the page; Space looks at the card.
LETTERS = (*LINE_KEYS, "P", "N", "Q", " ")
# Money leaves what people hold, and so the pack's figures have to be young enough.
OUT_KEYS = ("R", "C", "Z")


class CustomersPage(Page):
    """Left the search, right the desk."""

    def __init__(self, counter: Counter, posting: Posting) -> None:
        super().__init__(counter)
        self.posting = posting
        self.person: Person | None = None
        self.stale: PackStale | None = None
        # The cash in the field is to be put against the debts when it is taken.
        self._proposing = False
        self._keys: Keys = ()
        self._drafts = self.watch_draft()
        self.unread.add("visit")
        self.search = PersonSearch(counter)
        self.finder = self.search.field
        self.lay_sides(self.search, self._make_desk())
        self.sheets = VisitSheets(self)
        self.judge = Judge(counter)
        self._connect()
        self._show(None)
        self.counter.ask(lambda desk: desk.stale(), then=self._date)

    # What stands on the page

    def _make_desk(self) -> QWidget:
        say = self.say
        frame, inside = card()
        self.name, self.by_hand = label(name="strong"), ByHand(self.counter)
        self.chips = (Chip(), Chip(), Chip(tone="bad"), Chip())
        inside.addWidget(heading(self.name, *self.chips, None, self.by_hand))
        self.banner = Notice()
        inside.addWidget(self.banner)
        self.accounts, self.facts = AccountsTable(self.counter), AccountFacts(self.counter)
        inside.addWidget(self.accounts)
        inside.addWidget(self.facts)
        self.asking = tuple(button(say(f"customers.add_{key}"), name="low", key=key) for key in HEAD_KEYS)
        inside.addLayout(
            row(label(say("customers.voucher"), name="strong"), None, *self.asking, margins=(14, 6, 14, 6))
        )  # fmt: skip
        self.model = LinesModel(self.counter)
        self.lines = LinesTable(self.model, name=say("customers.voucher"), letters=LETTERS)
        inside.addWidget(self.lines, 1)
        self.notice, self.guard = Notice(), Notice()
        inside.addWidget(self.notice)
        inside.addWidget(self.guard)
        self.foot = VisitFoot(self.counter)
        self.given, self.post = self.foot.given, self.foot.post
        inside.addWidget(foot(self.foot))
        return frame

    def _connect(self) -> None:
        self.search.opened.connect(self._open)
        self.search.pointed.connect(self._preview)
        self.accounts.pointed.connect(lambda one: self.facts.show_account(self.person, one))
        self.lines.finished.connect(self._past_lines)
        self.lines.letter.connect(self._letter)
        self.lines.dropped.connect(self._drop)
        self.lines.unclear.connect(self.notice.tell)
        self.given.taken.connect(self._take_given)
        self.judge.judged.connect(self._judged)
        for moved in (self.given.changed, self.model.edited, self.posting.moved, self.by_hand.changed):
            moved.connect(self._count)
        self.foot.reason.textChanged.connect(lambda _text: self._count())
        self.foot.reason.returnPressed.connect(self.post.setFocus)
        self.foot.identity.toggled.connect(lambda _on: self._count())
        self.counter.moved.connect(lambda _standing: self._count())
        self.post.clicked.connect(self._post)
        for key, one in zip((*HEAD_KEYS, *FOOT_KEYS), (*self.asking, *self.foot.adding), strict=True):
            one.clicked.connect(partial(self._letter, key))
        keys = {
            "Ctrl+Return": self._post, "Ctrl+Enter": self._post, "Ctrl+G": self._pay_off, "Ctrl+Z": self._undo,
            BY_HAND_KEY: self._ask_by_hand, "Ctrl+Q": self.sheets.request,
        }  # fmt: skip
        for key, call in keys.items():
            self.shortcut(key, call)

    def keys(self) -> Keys:
        """The keys that stand on no button."""
        say = self.say
        names = [("Ctrl K", "find"), ("Ctrl G", "payoff"), ("Q", "request")]
        if self.person is None:
            names = [("Ctrl K", "find"), ("Ctrl Q", "suggestion")]
        elif self._slip():
            names.append(("N", "slip"))
        found = tuple((key, say(f"customers.key_{name}")) for key, name in names)
        more = (("Delete", "delete"), ("Ctrl Z", "undo"), ("Esc", "drop")) if self.model.lines else ()
        by_hand = (("Ctrl B", say("by_hand.key")),) if self.person else ()
        return (*found, *by_hand, *((key, say(f"customers.key_{name}")) for key, name in more))

    def every_key(self) -> Keys:
        """Those on the buttons too."""
        letters = ((key, self.say(f"customers.key_{key}")) for key in (*FOOT_KEYS, *HEAD_KEYS))
        return (*letters, *self.keys())

    def _date(self, stale: "PackStale | None") -> None:
        """Figures too old to pay out on are said as long as the page stands."""
        self.stale = stale
        self.banner.tell(self.counter.sentence(stale) if stale else "", tone="warn")

    # Finding a person

    def enter(self, what: str) -> None:
        # What is half typed comes first, whoever was asked for.
        if "visit" in self.unread or (self.person is None and not what):
            self.ask_draft("visit", then=partial(self._take_draft, stay=what == "find"))
        if what == "find":
            self.search.start()
        elif what:
            self._open(what)
        elif self.person is None:
            self.finder.setFocus()
        else:
            self._ask_person(self.person.customer.customer_code, start=not self.model.lines)

    def leave(self) -> None:
        self._drafts.stop()
        if self.posting.busy:
            return
        kept = None
        if self.person is not None and self._keyed:
            kept = {
                "customer": self.person.customer.customer_code, "lines": self.model.kept, "given": self.given.text(),
                "reason": self.foot.reason.text(), "by_hand": self.by_hand.kept, "sheet": self.sheets.kept,
            }  # fmt: skip
        elif self.sheets.kept:
            kept = {"customer": "", "sheet": self.sheets.kept}
        self.keep_draft("visit", kept)

    @property
    def _keyed(self) -> bool:
        return bool(self.model.lines or self.by_hand.kept or self.sheets.kept)

    def _take_draft(self, kept: dict[str, Any], *, stay: bool) -> None:
        """What was half typed, unless whoever was quicker types already; `stay`: the cursor is where a name is typed."""
        def show(person: "Person") -> None:
            self.unread.discard("visit")
            if self._keyed:
                return
            self._show(person)
            self.model.restore(kept["lines"])
            self.given.setText(kept.get("given", ""))
            self.foot.reason.setText(kept.get("reason", ""))
            self.by_hand.set_slip(*kept.get("by_hand", ()))
            if not stay:
                self.accounts.setFocus()
                self.lines.type_at(len(self.model.lines) - 1)
            self.sheets.restore(kept.get("sheet"))

        if kept["customer"]:
            self.unread.add("visit")  # until it stands on the page
            self.counter.ask(lambda desk: desk.person(kept["customer"]), then=show, failed=self._refused)
        elif self.person is None:
            self.sheets.restore(kept.get("sheet"))

    def _preview(self, one: object) -> None:
        """The person under the cursor, as long as nothing is being keyed for another."""
        if one is not None and not self.model.lines and getattr(one, "kind", "") == "customer":
            self._ask_person(one.code, start=False)  # type: ignore[attr-defined]

    def _open(self, one: object) -> None:
        if getattr(one, "kind", "") == "group":
            self.counter.wanted.emit("groups", one.code)  # type: ignore[attr-defined]
            return
        code = one if isinstance(one, str) else one.code  # type: ignore[attr-defined]
        if self.model.lines and self.person and self.person.customer.customer_code != code:
            self.notice.tell(self.say("customers.unfinished", name=self.person.customer.full_name), tone="warn")
            self.lines.setFocus()
            return
        self._ask_person(code, start=True)

    def _ask_person(self, code: str, *, start: bool) -> None:
        def take(person: "Person") -> None:
            self._show(person)
            if start:
                self.accounts.setFocus()
                self.accounts.point_at(0)

        self.counter.ask(lambda desk: desk.person(code), then=take, failed=self._refused)

    # The person

    def _show(self, person: "Person | None") -> None:
        before, self.person = self.model.person, person
        same = before is person or (before and person and before.customer.customer_code == person.customer.customer_code)
        self.notice.tell("")
        self._proposing = False
        # Whoever was looked at may have gone meanwhile; what was typed for another is not for this one.
        self.foot.identity.setChecked(False)
        if not same:
            self.foot.clear()
            self.by_hand.set_slip()
        self.model.show_person(person, keep=bool(same))
        self.accounts.show_person(person)
        self.facts.show_account(person, self.accounts.here)
        self.name.setText(person.customer.full_name if person else self.say("customers.nobody"))
        self._show_chips(person)
        self._count()

    def _show_chips(self, person: "Person | None") -> None:
        if person is None:
            for chip in self.chips:
                chip.hide()
            return
        customer = person.customer
        identity = customer.birth[:4]
        if customer.id_number:
            identity = self.say("customers.identity", birth=identity, last=customer.id_number[-4:])
        expired = self._expired
        if expired:
            identity = self.say("disburse.id_expired", id=identity, day=expired)
        self.chips[0].show_text(identity, tone="warn" if expired else "plain")
        self.chips[1].show_text(self.counter.party_name(customer.group_code), tone="plain")
        late = self.say("overdue", days=person.overdue_days) if person.overdue_days else ""
        self.chips[2].show_text(late, tone="bad")
        away = self.say("beside.served_by", letter=person.elsewhere) if person.elsewhere else ""
        self.chips[3].show_text(away, tone="warn")

    @property
    def _expired(self) -> str:
        """The day the person's card ran out; empty while it has not."""
        day = self.person.customer.id_expires_on if self.person else None
        return day_text(day) if day and day < self.counter.roll.terms.session_date else ""

    def _slip(self) -> str:
        """The number of a disbursement approved for this person."""
        code = self.person.customer.customer_code if self.person else ""
        slips = self.counter.roll.terms.disbursements
        return next((one.slip_no for one in slips if code and one.customer_code == code), "")

    # The voucher

    def _letter(self, key: str) -> None:
        """A key of the page, for the account under the cursor."""
        if self.person is None or self.counter.sheet_open():
            return
        self._proposing = False
        self.notice.tell("")
        if self.stale is not None and key in OUT_KEYS:
            self.notice.tell(self.counter.sentence(self.stale))
            return
        calls: dict[str, Callable[[], None]] = {
            "P": self._ask_cash, "K": self.sheets.save, "Z": self.sheets.pay_out, "N": self._open_slip,
            "Q": self.sheets.request, " ": self._look_at_card,
        }  # fmt: skip
        if call := calls.get(key):
            call()
        elif (at := self.model.add_key(key, self.accounts.here)) is None:
            self.notice.tell(self.say(f"customers.no_{key}"), tone="warn")
        else:
            self.lines.type_at(at)

    def _look_at_card(self) -> None:
        if self.foot.checking.isVisible():
            self.foot.identity.toggle()

    def _ask_cash(self) -> None:
        """P: the cash is typed once, and put against what is owed when it is taken."""
        if self.person is None or not any(any(dues.by_component.values()) for dues in self.person.dues):
            self.notice.tell(self.say("customers.no_P"), tone="warn")
            return
        self._proposing = True
        self.foot.ask_cash()
        self.notice.tell(self.say("customers.propose"), tone="plain")

    def _take_given(self) -> None:
        if not self._proposing:
            self.post.setFocus()
            return
        self._proposing = False
        self.foot.end_asking()
        handed = self.given.amount
        over = self.model.propose(handed) if handed else 0
        self.notice.tell(self.say("customers.over", amount=over) if over else "", tone="warn")
        self.lines.type_at(next((at for at, one in enumerate(self.model.lines) if not one.fixed), 0))

    def _pay_off(self) -> None:
        """All that the loan under the cursor owes, to the đồng."""
        if self.person is None:
            return
        here = self.accounts.here
        dues = here if isinstance(here, Dues) else next(iter(self.person.dues), None)
        if dues is None or not self.model.pay_off(dues):
            self.notice.tell(self.say("customers.no_payoff"), tone="warn")
            return
        frozen = dues.loan.balance_frozen
        self.notice.tell(self.say("customers.payoff_frozen", amount=frozen) if frozen else "", tone="warn")
        self.given.setFocus()

    def _open_slip(self) -> None:
        if slip := self._slip():
            self.counter.wanted.emit("disburse", slip)
        else:
            self.notice.tell(self.say("customers.no_N"), tone="warn")

    def _ask_by_hand(self) -> None:
        if self.person is not None:
            self.by_hand.ask(self.window())

    def _undo(self) -> None:
        if self.model.undo():
            self.lines.type_at(len(self.model.lines) - 1)

    def _past_lines(self) -> None:
        """Enter after the last line: the cash, or what is still to be said of money going out."""
        if self.model.total >= 0:
            self.given.setFocus()
        else:
            self.post.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        key = event.text().upper()
        if plain and key and key in LETTERS:
            self._letter(key)
        elif event.key() == Qt.Key.Key_Delete:
            self._drop()
        elif event.key() == Qt.Key.Key_Escape:
            self._escape()
        else:
            super().keyPressEvent(event)

    def _drop(self) -> None:
        """The line under the cursor goes; the cursor stays where the next one is."""
        row = max(self.lines.currentIndex().row(), 0)
        self.model.drop(row)
        self.lines.setFocus()
        self.lines.point_at(min(row, len(self.model.lines) - 1))

    def _escape(self) -> None:
        """Back out: first of the voucher, then of the person."""
        self._proposing = False
        self.notice.tell("")
        if self.model.lines or self.by_hand.kept:
            self.model.clear()
            self.foot.clear()
            self.by_hand.set_slip()
            self.accounts.setFocus()
        else:
            self.search.start()

    # What stands in the way

    def _count(self) -> None:
        model = self.model
        if self.shown:
            self._drafts.start()
            self.counter.facing.emit(self._faced())
        self.foot.show_total(model.total, moved=model.moved, lines=len(model.lines))
        self.foot.show_check(self._card_text() if model.hands_out else "")
        asks = self.person is not None and bool(model.lines) and not model.unfinished
        if asks and self.person is not None and self.counter.standing.state not in ("prepared", "closed"):
            self.judge.ask(self.person.customer.customer_code, model.wishes, self.by_hand.details)
        else:
            self.judge.drop()
        self._allow()
        if self._keys != (keys := self.keys()):
            self._keys = keys
            self.keys_moved.emit()

    def _faced(self) -> Facing:
        name = public_name(self.person.customer.full_name) if self.person else ""
        # Of a transfer only what is paid: the deposit's side is the same money again.
        shown = (one for one in self.model.lines if one.amount and (one.code, one.component) != ("CT", "deposit"))
        return faced(name, ((one.code, self.model.name_of(one), one.amount) for one in shown))

    def _card_text(self) -> str:
        last = self.person.customer.id_number[-4:] if self.person else ""
        text = self.say("disburse.identity", last=last) if last else self.say("disburse.identity_other")
        return self.say("disburse.id_expired", id=text, day=self._expired) if self._expired else text

    def _judged(self, verdict: Verdict) -> None:
        """What the rules say of the lines as they stand, before anybody presses anything."""
        told = self.counter.sentence(verdict.fault) if verdict.fault else ""
        if not told and self._expired and self.model.hands_out and not self.foot.identity.isChecked():
            told = self.say("customers.expired", day=self._expired)
        self.guard.tell(told, tone="warn")
        self.foot.show_approval(verdict)
        # What must still be said takes the room of what could be read.
        self.facts.setVisible(not self.foot.asking_more)
        self._allow()

    def _allow(self) -> None:
        missing = self.missing()
        self.post.setEnabled(not missing and not self.posting.busy)
        name_button(self.post, missing or self.say("post_print"), key="" if missing else "Ctrl Enter")

    def missing(self) -> str:
        """What still stands in the way of posting; empty when nothing does."""
        given, total, verdict = self.given.amount, self.model.total, self.judge.verdict
        checks = (
            (self.counter.standing.state == "prepared", "need_open"),
            (self.counter.standing.state == "closed", "need_not_closed"),
            (self.person is None, "customers.need_person"),
            (not self.model.lines, "customers.need_line"),
            (self.model.unfinished, "customers.need_amount"),
            (self.given.fault is not None and total >= 0, "customers.need_given"),
            (given is not None and total >= 0 and given < total, "customers.need_more"),
            (verdict.fault is not None, "customers.need_rule"),
            (self.model.hands_out and not self.foot.identity.isChecked(), "disburse.need_identity"),
            (verdict.hardship and not self.foot.reason.text().strip(), "customers.need_reason"),
        )
        return next((self.say(key) for wrong, key in checks if wrong), "")

    def _post(self) -> None:
        if self.posting.busy or not self.lines.commit() or self.person is None:
            return
        if self.missing():
            self._next_missing()
            return
        self.notice.tell("")
        customer, wishes = self.person.customer, self.model.wishes
        reason = self.foot.reason.text()
        details = {**self.by_hand.details, **({"card": "seen"} if self.model.hands_out else {})}

        def plan(desk: "Desk") -> "Preview":
            said = desk.preview_visit(customer.customer_code, wishes=wishes, details=details)
            if not desk.principal_first(said.body):
                return said
            if not reason.strip():
                raise ReasonMissing
            return desk.preview_visit(customer.customer_code, wishes=wishes, reason=reason, details=details)

        self.posting.begin(plan, about=customer.full_name, done=self._posted, refused=self._refused, draft="visit")

    def _next_missing(self) -> None:
        """Go to what is still to be said."""
        if self.foot.checking.isVisible() and not self.foot.identity.isChecked():
            self.foot.identity.setFocus()
        elif self.foot.hardship.isVisible() and not self.foot.reason.text().strip():
            self.foot.reason.setFocus()

    def _posted(self, posted: "Posted") -> None:
        entry = posted.sealed.entry
        said = self.say("groups.posted", number=f"{entry.number:06d}", amount=abs(entry.body.cash))
        given = self.given.amount
        if given is not None and given > entry.body.cash > 0:
            said += " · " + self.say("customers.give_back", amount=given - entry.body.cash)
        self.counter.said.emit(said, "ok")
        self.model.clear()
        self._show(None)
        self.finder.clear()
        self.finder.setFocus()

    def _refused(self, fault: Fault) -> None:
        self.notice.tell(self.counter.sentence(fault))
        if isinstance(fault, ReasonMissing):
            self.foot.show_hardship()
