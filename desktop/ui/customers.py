"""The customer desk: find a person, see all they have, key what they want, one voucher and one receipt."""

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.ui.amounts import AmountEdit
from desktop.ui.chips import Chip, Notice, button, card, heading, label, name_button, row
from desktop.ui.counter import Counter, account_text, day_text
from desktop.ui.page import Keys, Page
from desktop.ui.posting import Posting
from desktop.ui.tables import Cell, Column, RowsModel, Table
from desktop.ui.visit import LinesModel, LinesTable
from sync.errors import Fault
from sync.loans import Dues
from sync.money import figures, in_words

if TYPE_CHECKING:
    from desktop.desk import Desk, Posted, Preview
    from desktop.listing import Person
    from desktop.store import Found


class CustomersPage(Page):
    """Left the search, right the desk."""

    def __init__(self, counter: Counter, posting: Posting) -> None:
        super().__init__(counter)
        self.posting = posting
        self.person: Person | None = None
        self._drafts = self.watch_draft()
        # What the list on the left answers, and whether Enter waits for the answer to what is typed now.
        self._answered, self._opening = "", False
        line = QHBoxLayout(self)
        line.setContentsMargins(18, 14, 18, 14)
        line.setSpacing(14)
        line.addWidget(self._make_search())
        line.addWidget(self._make_desk(), 1)
        self._connect()
        self._show(None)

    # What stands on the page

    def _make_search(self) -> QWidget:
        say = self.say
        side = QWidget()
        side.setFixedWidth(310)
        inside = QVBoxLayout(side)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(10)
        self.finder = QLineEdit()
        self.finder.setPlaceholderText(say("customers.find"))
        self.finder.setAccessibleName(say("customers.find"))
        inside.addWidget(self.finder)
        frame, body = card()
        columns = (Column(say("customers.person")),)
        self.found_model = RowsModel(columns)
        self.found = Table(self.found_model, columns, name=say("customers.found"), head=False, tall=True)
        self.empty = label(say("customers.hint"), name="muted", wrap=True)
        self.empty.setContentsMargins(14, 14, 14, 14)
        body.addWidget(self.empty)
        body.addWidget(self.found, 1)
        inside.addWidget(frame, 1)
        return side

    def _make_desk(self) -> QWidget:
        say = self.say
        frame, inside = card()
        self.name = label(name="strong")
        self.chips = (Chip(), Chip(), Chip(tone="bad"))
        inside.addWidget(heading(self.name, *self.chips, None))
        columns = (
            Column(say("customers.account"), 120),
            Column(say("customers.programme")),
            Column(say("customers.balance"), 120, right=True),
            Column(say("customers.due_on"), 100, right=True),
            Column(say("customers.interest"), 120, right=True),
        )
        self.accounts_model = RowsModel(columns)
        self.accounts = Table(self.accounts_model, columns, name=say("customers.accounts"))
        self.accounts.setFixedHeight(34 + 33 * 4 + 2)
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
        inside.addWidget(self._make_foot())
        return frame

    def _make_foot(self) -> QWidget:
        say = self.say
        foot = QWidget()
        foot.setObjectName("cardfoot")
        foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        inside = QVBoxLayout(foot)
        inside.setContentsMargins(14, 8, 14, 12)
        inside.setSpacing(8)
        self.given = AmountEdit(say("customers.given"))
        self.given.setFixedWidth(160)
        self.change = label("0", name="figure")
        self.total, self.words = label("0 đ", name="sum"), label(name="small", wrap=True)
        for one in (self.total, self.words):
            one.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line = row(gap=16)
        for text, field in ((say("customers.given"), self.given), (say("customers.change"), self.change)):
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(label(text, name="small"))
            column.addWidget(field)
            line.addLayout(column)
        sums = QVBoxLayout()
        sums.setSpacing(0)
        sums.addWidget(self.total)
        sums.addWidget(self.words)
        line.addLayout(sums, 1)
        inside.addLayout(line)
        self.adding = tuple(button(say(f"customers.add_{code}"), key=key) for key, code in _KEYS)
        self.post = button(say("post_print"), name="primary", key="Ctrl Enter")
        inside.addLayout(row(*self.adding, None, self.post))
        return foot

    def _connect(self) -> None:
        self.finder.textChanged.connect(self._search)
        self.finder.returnPressed.connect(self._open_found)
        self.found.chosen.connect(self._open)
        self.found.pointed.connect(self._preview)
        self.lines.finished.connect(self.given.setFocus)
        self.lines.letter.connect(self._letter)
        self.lines.unclear.connect(self.notice.tell)
        self.given.taken.connect(self.post.setFocus)
        self.given.changed.connect(self._count)
        self.model.edited.connect(self._count)
        self.post.clicked.connect(self._post)
        self.posting.moved.connect(self._count)
        self.counter.moved.connect(lambda _standing: self._count())
        for (key, _), one in zip(_KEYS, self.adding, strict=True):
            one.clicked.connect(partial(self._letter, key))
        for key in ("Ctrl+Return", "Ctrl+Enter"):
            self.shortcut(key, self._post)

    def keys(self) -> Keys:
        names = (("Ctrl K", "find"), ("G", "G"), ("L", "L"), ("T", "T"), ("Delete", "delete"), ("Esc", "drop"))
        return tuple((key, self.say(f"customers.key_{name}")) for key, name in names)

    # Finding a person

    def enter(self, what: str) -> None:
        if what == "find":
            self.finder.setFocus()
            self.finder.selectAll()
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

    def _search(self, text: str) -> None:
        self._opening = False
        self.counter.ask(lambda desk: desk.search(text), then=partial(self._take_found, text))

    def _take_found(self, asked: str, found: "tuple[Found, ...]") -> None:
        if asked != self.finder.text():
            return  # an older answer than what is typed now
        self.empty.setVisible(not found)
        self.empty.setText(self.say("customers.none" if asked.strip() else "customers.hint"))
        people_first = sorted(found, key=lambda one: one.kind != "customer")
        self.found_model.fill([self._found_row(one) for one in people_first], people_first)
        self.found.point_at(0)
        self._answered = asked
        if self._opening:
            self._open_found()

    def _found_row(self, one: "Found") -> tuple[Cell, ...]:
        roll = self.counter.roll
        if one.kind == "group":
            group = roll.groups[one.code]
            leader = roll.customers.get(group.leader)
            return (Cell(self.counter.party_name(one.code), bold=True, below=leader.full_name if leader else ""),)
        customer = roll.customers[one.code]
        identity = self.say("customers.id_short", last=customer.id_number[-4:]) if customer.id_number else ""
        place = self.counter.party_name(customer.group_code) or self.say("customers.resident")
        facts = (customer.birth[:4], identity, place)
        return (Cell(customer.full_name, below=" · ".join(part for part in facts if part)),)

    def _preview(self, one: object) -> None:
        """The person under the cursor, as long as nothing is being keyed for another."""
        if one is not None and not self.model.lines and getattr(one, "kind", "") == "customer":
            self._ask_person(one.code, start=False)  # type: ignore[attr-defined]

    def _open_found(self) -> None:
        """Enter: whoever stands first, of the answer to what is typed now and to nothing less."""
        self._opening = self._answered != self.finder.text()
        if not self._opening and (one := self.found.here) is not None:
            self._open(one)

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
        if person is None:
            self.name.setText(self.say("customers.nobody"))
            for chip in self.chips:
                chip.hide()
            self.accounts_model.fill([], [])
            self._count()
            return
        customer = person.customer
        self.name.setText(customer.full_name)
        identity = self.say("customers.identity", birth=customer.birth[:4], last=customer.id_number[-4:])
        self.chips[0].show_text(identity if customer.id_number else customer.birth[:4], tone="plain")
        self.chips[1].show_text(self.counter.party_name(customer.group_code), tone="plain")
        late = self.say("overdue", days=person.overdue_days) if person.overdue_days else ""
        self.chips[2].show_text(late, tone="bad")
        rows = [self._loan_row(dues) for dues in person.dues]
        rows += [self._deposit_row(one.account_no, one.kind, balance) for one, balance in person.deposits]
        self.accounts_model.fill(rows, [*person.dues, *(one for one, _ in person.deposits)])
        self.accounts.point_at(0)

    def _loan_row(self, dues: Dues) -> tuple[Cell, ...]:
        loan, today = dues.loan, self.counter.roll.terms.session_date
        late = dues.by_component["overdue_principal"] > 0
        principal = dues.by_component["principal"] + dues.by_component["overdue_principal"] + loan.balance_frozen
        chip = self.say("customers.frozen") if loan.balance_frozen else ""
        return (
            Cell(account_text(loan.loan_code)),
            Cell(self.counter.programme(loan.programme_code), chip=chip, chip_tone="plain"),
            Cell(figures(principal)),
            Cell(day_text(loan.due_on), "bad" if late or loan.due_on <= today else "ink"),
            Cell(figures(dues.interest)),
        )

    def _deposit_row(self, account: str, kind: str, balance: int) -> tuple[Cell, ...]:
        name = Cell(self.say(f"customers.kind_{kind}"))
        return Cell(account_text(account)), name, Cell(figures(balance)), Cell("—"), Cell("—")

    # The voucher

    def _letter(self, key: str) -> None:
        """G, L, T: a line of that kind for the account under the cursor."""
        if self.person is None or self.counter.sheet_open():
            return
        code = dict(_KEYS)[key]
        line = self.model.wanted(code, self.accounts.here)
        if line is None:
            self.notice.tell(self.say(f"customers.no_{code}"), tone="warn")
            return
        self.notice.tell("")
        self.lines.type_at(self.model.add(line))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        key = event.text().upper()
        if plain and key in dict(_KEYS):
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
            self.finder.setFocus()
            self.finder.selectAll()

    def _count(self) -> None:
        total = self.model.total
        if self.shown:
            self._drafts.start()
        given = self.given.amount
        self.total.setText(f"{figures(total)} đ")
        self.words.setText(in_words(total) if total else "")
        self.change.setText(figures(max((given or total) - total, 0)))
        missing = self.missing()
        self.post.setEnabled(not missing and not self.posting.busy)
        name_button(self.post, missing or self.say("post_print"), key="" if missing else "Ctrl Enter")

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


_KEYS = (("G", "G"), ("L", "L"), ("T", "T"))
