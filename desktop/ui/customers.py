"""The customer desk: find a person, see all they have, key what they want, one voucher and one receipt."""

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from desktop.ui.accounts import AccountsTable
from desktop.ui.chips import Chip, Notice, card, foot, heading, label, name_button, row
from desktop.ui.counter import Counter
from desktop.ui.facing import Facing, faced, public_name
from desktop.ui.page import Keys, Page
from desktop.ui.person_search import PersonSearch
from desktop.ui.posting import Posting
from desktop.ui.visit import LinesModel, LinesTable
from desktop.ui.visit_foot import LINE_KEYS, VisitFoot
from sync.errors import Fault

if TYPE_CHECKING:
    from desktop.desk import Desk, Posted, Preview
    from desktop.listing import Person


class CustomersPage(Page):
    """Left the search, right the desk."""

    def __init__(self, counter: Counter, posting: Posting) -> None:
        super().__init__(counter)
        self.posting = posting
        self.person: Person | None = None
        self._drafts = self.watch_draft()
        self.search = PersonSearch(counter)
        self.finder = self.search.field
        self.lay_sides(self.search, self._make_desk())
        self._connect()
        self._show(None)

    # What stands on the page

    def _make_desk(self) -> QWidget:
        say = self.say
        frame, inside = card()
        self.name = label(name="strong")
        self.chips = (Chip(), Chip(), Chip(tone="bad"))
        inside.addWidget(heading(self.name, *self.chips, None))
        self.accounts = AccountsTable(self.counter)
        inside.addWidget(self.accounts)
        inside.addLayout(
            row(label(say("customers.voucher"), name="strong"), label(say("customers.one_visit"), name="small"), None,
                margins=(14, 12, 14, 8))
        )  # fmt: skip
        self.model = LinesModel(self.counter)
        self.lines = LinesTable(self.model, name=say("customers.voucher"))
        inside.addWidget(self.lines, 1)
        self.notice = Notice()
        inside.addWidget(self.notice)
        self.foot = VisitFoot(self.counter)
        self.given, self.post = self.foot.given, self.foot.post
        inside.addWidget(foot(self.foot))
        return frame

    def _connect(self) -> None:
        self.search.opened.connect(self._open)
        self.search.pointed.connect(self._preview)
        self.lines.finished.connect(self.given.setFocus)
        self.lines.letter.connect(self._letter)
        self.lines.unclear.connect(self.notice.tell)
        self.given.taken.connect(self.post.setFocus)
        self.given.changed.connect(self._count)
        self.model.edited.connect(self._count)
        self.post.clicked.connect(self._post)
        self.posting.moved.connect(self._count)
        self.counter.moved.connect(lambda _standing: self._count())
        for key, one in zip(LINE_KEYS, self.foot.adding, strict=True):
            one.clicked.connect(partial(self._letter, key))
        for key in ("Ctrl+Return", "Ctrl+Enter"):
            self.shortcut(key, self._post)

    def keys(self) -> Keys:
        names = (("Ctrl K", "find"), ("G", "G"), ("L", "L"), ("T", "T"), ("Delete", "delete"), ("Esc", "drop"))
        return tuple((key, self.say(f"customers.key_{name}")) for key, name in names)

    # Finding a person

    def enter(self, what: str) -> None:
        if what == "find":
            self.search.start()
        elif what:
            self._open(what)
        elif self.person is None:
            self.finder.setFocus()
            self.ask_draft("visit", then=self._take_draft)
        else:
            self._ask_person(self.person.customer.customer_code, start=not self.model.lines)

    def leave(self) -> None:
        self._drafts.stop()
        if self.posting.busy:
            return
        kept = None
        if self.person is not None and self.model.lines:
            lines = [[one.code, one.account, one.amount] for one in self.model.lines]
            kept = {"customer": self.person.customer.customer_code, "lines": lines}
        self.keep_draft("visit", kept)

    def _take_draft(self, kept: dict[str, Any]) -> None:
        def show(person: "Person") -> None:
            self._show(person)
            self.model.restore(kept["lines"])
            self.lines.type_at(len(self.model.lines) - 1)

        if self.person is None:
            self.counter.ask(lambda desk: desk.person(kept["customer"]), then=show, failed=self._refused)

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
        self.person = person
        self.notice.tell("")
        same = self.model.person is person or (
            self.model.person and person and self.model.person.customer.customer_code == person.customer.customer_code
        )
        self.model.show_person(person, keep=bool(same))
        self.accounts.show_person(person)
        if person is None:
            self.name.setText(self.say("customers.nobody"))
            for chip in self.chips:
                chip.hide()
            self._count()
            return
        customer = person.customer
        self.name.setText(customer.full_name)
        identity = self.say("customers.identity", birth=customer.birth[:4], last=customer.id_number[-4:])
        self.chips[0].show_text(identity if customer.id_number else customer.birth[:4], tone="plain")
        self.chips[1].show_text(self.counter.party_name(customer.group_code), tone="plain")
        late = self.say("overdue", days=person.overdue_days) if person.overdue_days else ""
        self.chips[2].show_text(late, tone="bad")

    # The voucher

    def _letter(self, key: str) -> None:
        """G, L, T: a line of that kind for the account under the cursor."""
        if self.person is None or self.counter.sheet_open():
            return
        line = self.model.wanted(key, self.accounts.here)
        if line is None:
            self.notice.tell(self.say(f"customers.no_{key}"), tone="warn")
            return
        self.notice.tell("")
        self.lines.type_at(self.model.add(line))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        key = event.text().upper()
        if plain and key in LINE_KEYS:
            self._letter(key)
        elif event.key() == Qt.Key.Key_Delete:
            self.model.drop(self.lines.currentIndex().row())
            self.lines.setFocus()
        elif event.key() == Qt.Key.Key_Escape:
            self._escape()
        else:
            super().keyPressEvent(event)

    def _escape(self) -> None:
        """Back out: first of the voucher, then of the person."""
        if self.model.lines:
            self.model.clear()
            self.given.clear()
            self.accounts.setFocus()
        else:
            self.search.start()

    def _count(self) -> None:
        if self.shown:
            self._drafts.start()
            self.counter.facing.emit(self._faced())
        self.foot.show_total(self.model.total)
        missing = self.missing()
        self.post.setEnabled(not missing and not self.posting.busy)
        name_button(self.post, missing or self.say("post_print"), key="" if missing else "Ctrl Enter")

    def _faced(self) -> Facing:
        name = public_name(self.person.customer.full_name) if self.person else ""
        return faced(name, ((one.code, self.say(f"code.{one.code}"), one.amount) for one in self.model.lines))

    def missing(self) -> str:
        """What still stands in the way of posting; empty when nothing does."""
        given = self.given.amount
        checks = (
            (self.counter.standing.state == "prepared", "need_open"),
            (self.counter.standing.state == "closed", "need_not_closed"),
            (self.person is None, "customers.need_person"),
            (not self.model.lines, "customers.need_line"),
            (any(not line.amount for line in self.model.lines), "customers.need_amount"),
            (self.given.fault is not None, "customers.need_given"),
            (given is not None and given < self.model.total, "customers.need_more"),
        )
        return next((self.say(key) for wrong, key in checks if wrong), "")

    def _post(self) -> None:
        if self.posting.busy or not self.lines.commit() or self.missing() or self.person is None:
            return
        self.notice.tell("")
        customer, wishes = self.person.customer, self.model.wishes

        def plan(desk: "Desk") -> "Preview":
            return desk.preview_visit(customer.customer_code, wishes=wishes)

        self.posting.begin(plan, about=customer.full_name, done=self._posted, refused=self._refused)

    def _posted(self, posted: "Posted") -> None:
        entry = posted.sealed.entry
        said = self.say("groups.posted", number=f"{entry.number:06d}", amount=entry.body.cash)
        given = self.given.amount
        if given is not None and given > entry.body.cash:
            said += " · " + self.say("customers.give_back", amount=given - entry.body.cash)
        self.counter.said.emit(said, "ok")
        self.model.clear()
        self.given.clear()
        self._show(None)
        self.finder.clear()
        self.finder.setFocus()

    def _refused(self, fault: Fault) -> None:
        self.notice.tell(self.counter.sentence(fault))
