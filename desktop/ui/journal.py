"""The journal: every voucher of the book, newest first; read, printed again, undone with a reason.

A voucher is undone whole; of a group's hand-in, one member's lines can be taken back alone.
"""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.ui.became_card import TONES
from desktop.ui.chips import Chip, Notice, button, card, heading, label, row, search_field
from desktop.ui.correct import CorrectSheet
from desktop.ui.counter import Counter, account_text, clock_text
from desktop.ui.hearing import Hearing
from desktop.ui.page import Keys, Page
from desktop.ui.posting import Posting
from desktop.ui.printing import Printing
from desktop.ui.sheets import Sheet
from desktop.ui.tables import ROW_PIXELS, TALL_PIXELS, Arrows, Cell, Column, RowsModel, Table
from sync.chain import Sealed
from sync.errors import Fault
from sync.money import figures, in_words

if TYPE_CHECKING:
    from desktop.desk import Desk, Posted, Preview
    from desktop.listing import HandInRow, Standing, VoucherRow
    from sync.ledger import Line

REASON_LETTERS_MAX = 200


class ReasonSheet(Sheet):
    """Why a voucher is undone; nothing is undone without it."""

    def __init__(self, window: QWidget, counter: Counter, *, title: str, text: str) -> None:
        super().__init__(window, title=title)
        say = counter.say
        self.body.addWidget(label(text, name="muted", wrap=True))
        self.reason = QLineEdit()
        self.reason.setMaxLength(REASON_LETTERS_MAX)
        self.reason.setAccessibleName(say("reason"))
        self.reason.setPlaceholderText(say("reason_example"))
        self.body.addWidget(label(say("reason"), name="small"))
        self.body.addWidget(self.reason)
        back, self.go = button(say("back"), key="Esc"), button(say("go_on"), name="primary", key="Enter")
        back.clicked.connect(self.drop)
        self.go.clicked.connect(self._give)
        self.body.addSpacing(8)
        self.body.addLayout(row(None, back, self.go))
        self.reason.textChanged.connect(lambda text: self.go.setEnabled(bool(text.strip())))
        self.reason.returnPressed.connect(self._give)
        self.go.setEnabled(False)
        self.open_at(self.reason)

    def _give(self) -> None:
        if self.reason.text().strip():
            self.end()
            self.accepted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)


def printed_cell(printing: Printing, one: "VoucherRow") -> Cell:
    """Whether a voucher's paper is there, in a chip."""
    if one.number in (begun.number for begun in printing.queue.doubtful):
        return Cell(chip=printing.counter.say("print_queue.doubtful"), chip_tone="bad")
    printed = printing.counter.say("journal.done" if one.printed else "journal.waiting")
    return Cell(chip=printed, chip_tone="ok" if one.printed else "warn")


class JournalPage(Page):
    """Left the vouchers, right the one under the cursor."""

    def __init__(self, counter: Counter, posting: Posting, printing: Printing, hearing: Hearing) -> None:
        super().__init__(counter)
        self.posting, self.printing, self.hearing = posting, printing, hearing
        self.rows: tuple[VoucherRow, ...] = ()
        self._wanted = 0
        line = QHBoxLayout(self)
        line.setContentsMargins(18, 14, 18, 14)
        line.setSpacing(14)
        line.addWidget(self._make_list(), 3)
        line.addWidget(self._make_details(), 2)
        self.finder.textChanged.connect(lambda _text: self._ask())
        self.finder.returnPressed.connect(self.table.setFocus)
        Arrows(self.finder, self.table)
        self.table.pointed.connect(self._pointed)
        self.reprint.clicked.connect(self._reprint)
        self.reverse.clicked.connect(self._reverse)
        self.correct.clicked.connect(self._correct)
        counter.moved.connect(self._moved)
        posting.moved.connect(self._allow)
        hearing.moved.connect(self._heard)

    def _make_list(self) -> QWidget:
        say = self.say
        frame, inside = card()
        self.finder = search_field(say("journal.find"))
        self.count = label(name="muted")
        inside.addLayout(row(self.finder, self.count, margins=(14, 10, 14, 10), gap=14))
        columns = (
            Column(say("journal.number"), 72),
            Column(say("journal.time"), 58),
            Column(say("journal.voucher")),
            Column(say("journal.cash"), 116, right=True),
            Column(say("journal.printed"), 126),
        )
        self.model = RowsModel(columns)
        self.table = Table(self.model, columns, name=say("journal.vouchers"))
        self.empty = label(say("journal.empty"), name="muted", wrap=True)
        self.empty.setContentsMargins(14, 14, 14, 14)
        inside.addWidget(self.empty)
        inside.addWidget(self.table, 1)
        return frame

    def _make_details(self) -> QWidget:
        say = self.say
        frame, inside = card()
        self.title, self.state = label(name="strong"), Chip()
        inside.addWidget(heading(self.title, None))
        column = QVBoxLayout()
        column.setContentsMargins(16, 12, 16, 10)
        column.setSpacing(4)
        # Under the number: beside it, it would take room from the list.
        column.addWidget(self.state)
        self.facts, self.people = label(name="muted", wrap=True), label(name="muted", wrap=True)
        self.total, self.words = label(name="sum"), label(name="small", wrap=True)
        for one in (self.facts, self.total, self.words, self.people):
            column.addWidget(one)
        inside.addLayout(column)
        columns = (
            Column(say("customers.line")),
            Column(say("customers.account"), 96),
            Column(say("customers.amount"), 106, right=True),
        )
        self.lines_model = RowsModel(columns)
        self.lines = Table(self.lines_model, columns, name=say("journal.lines"))
        inside.addWidget(self.lines, 1)
        self.notice = Notice()
        inside.addWidget(self.notice)
        self.reprint = button(say("journal.reprint"), key="R")
        self.correct = button(say("journal.correct"), name="danger", key="M")
        self.reverse = button(say("journal.reverse"), name="danger", key="D")
        inside.addLayout(row(None, self.reprint, self.correct, self.reverse, margins=(14, 10, 14, 12)))
        return frame

    def keys(self) -> Keys:
        names = (("/", "find"), ("R", "reprint"), ("M", "correct"), ("D", "reverse"))
        found = tuple((key, self.say(f"journal.key_{name}")) for key, name in names)
        if self.counter.standing.unprinted:
            found = (*found, ("P", self.say("today.key_print")))
        return (*found, ("Ctrl P", self.say("print_queue.key")))

    def enter(self, what: str) -> None:
        self._wanted = int(what) if what.isdigit() else 0
        self._ask()
        self.table.setFocus()

    def _moved(self, _standing: "Standing") -> None:
        if self.shown:
            self._ask()

    def _ask(self) -> None:
        text = self.finder.text()
        self.counter.ask(lambda desk: desk.journal(text), then=partial(self._show, text))

    def _show(self, asked: str, rows: "tuple[VoucherRow, ...]") -> None:
        if asked != self.finder.text():
            return
        here = self._wanted or (one.number if (one := self._here()) else 0)
        self._wanted = 0
        self.rows = rows
        self.empty.setVisible(not rows)
        self.count.setText(self.say("journal.count", count=len(rows)))
        self.model.fill([self._row(one) for one in rows], list(rows))
        at = next((at for at, one in enumerate(rows) if one.number == here), 0)
        self.table.point_at(at)
        self._pointed(self.table.here)

    def _row(self, one: "VoucherRow") -> tuple[Cell, ...]:
        tone = "muted" if one.reversed_by else "ink"
        kind = self.say(f"kind.{one.kind}")
        name = Cell(self.counter.party_name(one.party) or kind, tone, second=kind if self.counter.party_name(one.party) else "")
        if one.reversed_by:
            name = name._replace(chip=self.say("journal.reversed"), chip_tone="bad", second="")
        elif one.corrected:
            name = name._replace(chip=self.say("journal.corrected", count=len(one.corrected)), chip_tone="warn", second="")
        elif (outcome := self.hearing.became.of_voucher(one.number)) and outcome != "accepted":
            name = name._replace(chip=self.say(f"became.{outcome}"), chip_tone=TONES[outcome], second="")
        return Cell(f"{one.number:06d}", tone), Cell(clock_text(one.wall_s), "muted"), name, Cell(figures(one.cash), tone), printed_cell(self.printing, one)

    def _here(self) -> "VoucherRow | None":
        return self.table.here  # type: ignore[return-value]

    def _pointed(self, _thing: object) -> None:
        self._allow()
        one = self._here()
        if one is None:
            self.title.setText(self.say("journal.nothing"))
            self.state.hide()
            for shown in (self.facts, self.total, self.words, self.people):
                shown.clear()
            self.lines_model.fill([], [])
            return
        number = one.number
        self.counter.ask(lambda desk: desk.voucher(number), then=partial(self._details, one))

    def _details(self, one: "VoucherRow", sealed: Sealed) -> None:
        if one is not self._here():
            return
        entry, say = sealed.entry, self.say
        self.title.setText(one.text)
        self._show_state(one)
        facts = [say(f"kind.{one.kind}"), self.counter.party_name(one.party), clock_text(one.wall_s, "%H:%M:%S %d/%m/%Y")]
        if one.kind == "correct":
            facts.insert(1, self.counter.party_name(entry.body.by))
        if entry.body.reason:
            facts.append(say("approve.reason", reason=entry.body.reason))
        self.facts.setText(" · ".join(fact for fact in facts if fact))
        self.total.setText(f"{figures(entry.body.cash)} đ")
        self.words.setText(in_words(entry.body.cash) if entry.body.lines else "")
        staff = self.counter.roll.staff
        people = [say("journal.maker", name=staff[entry.maker].full_name)]
        people += [say("journal.approver", name=staff[given.staff_id].full_name) for given in entry.approvals]
        people.append(say("journal.head", head=sealed.head.hex()[:8].upper()))
        self.people.setText(" · ".join(people))
        rows = [self._said(one.number, place, self._line(one, each)) for place, each in enumerate(entry.body.lines, start=1)]
        rows += [
            (Cell(say("journal.note", note=note)), Cell(f"× {count}"), Cell(figures(note * count)))
            for note, count in entry.body.notes
        ]
        tall = one.kind == "group" or self.hearing.became.of_voucher(one.number)
        self.lines.verticalHeader().setDefaultSectionSize(TALL_PIXELS if tall else ROW_PIXELS)
        self.lines_model.fill(rows, rows)

    def _said(self, number: int, place: int, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """A line with what became of it at the office."""
        word = self.hearing.became.words.get((number, place))
        if word is None:
            return row
        said = word.finding
        below = " · ".join(text for text in (row[0].below, said.reason or said.core_number) if text)
        chip = row[0].chip or self.say(f"became.{said.outcome}")
        tone = row[0].chip_tone if row[0].chip else TONES[said.outcome]
        return row[0]._replace(chip=chip, chip_tone=tone, below=below), *row[1:]

    def _heard(self) -> None:
        if self.shown:
            self._ask()

    def _show_state(self, one: "VoucherRow") -> None:
        """What was undone of it, or what it undoes."""
        say = self.say
        if one.reversed_by:
            self.state.show_text(say("journal.reversed_by", number=f"{one.reversed_by:06d}"), tone="bad")
        elif one.corrected:
            numbers = ", ".join(f"{by:06d}" for _, by in one.corrected)
            self.state.show_text(say("journal.corrected_by", count=len(one.corrected), numbers=numbers), tone="warn")
        elif one.reverses:
            word = "corrects" if one.kind == "correct" else "reverses"
            self.state.show_text(say(f"journal.{word}", number=f"{one.reverses:06d}"), tone="bad")
        else:
            self.state.show_text("", tone="plain")

    def _line(self, one: "VoucherRow", line: "Line") -> tuple[Cell, ...]:
        """A line of a hand-in says whose it is, and whether it was taken back."""
        account, amount, name = account_text(line.account), figures(line.amount), self.counter.line_name(line)
        if one.kind != "group":
            return Cell(name), Cell(account), Cell(amount)
        owner = self.counter.roll.owner(line.account)
        undone = owner in dict(one.corrected)
        tone, chip = ("muted", self.say("journal.corrected_chip")) if undone else ("ink", "")
        whose = Cell(self.counter.party_name(owner), tone, chip=chip, chip_tone="warn", below=name)
        return whose, Cell(account, tone), Cell(amount, tone)

    def _allow(self) -> None:
        one = self._here()
        closed = self.counter.standing.state == "closed"
        self.reprint.setEnabled(one is not None)
        free = one is not None and one.reversible and not closed and not self.posting.busy
        self.reverse.setEnabled(free)
        self.correct.setVisible(one is not None and one.kind == "group")
        self.correct.setEnabled(free)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.text().upper()
        if key == "R":
            self._reprint()
        elif key == "D":
            self._reverse()
        elif key == "M":
            self._correct()
        elif key == "P":
            self.printing.ask_waiting()
        elif key == "/":
            self.finder.setFocus()
            self.finder.selectAll()
        elif event.key() == Qt.Key.Key_Escape:
            self.finder.clear()
            self.table.setFocus()
        else:
            super().keyPressEvent(event)

    def _reprint(self) -> None:
        one = self._here()
        if one is not None:
            self.printing.print_again(one.number)
            self.counter.said.emit(self.say("journal.printing", number=f"{one.number:06d}"), "plain")

    def _reverse(self) -> None:
        one = self._here()
        if one is None or not self.reverse.isEnabled():
            return
        about = f"{one.number:06d} · {self.counter.party_name(one.party)} · {figures(one.cash)} đ"
        sheet = ReasonSheet(self.window(), self.counter, title=self.say("journal.reverse_title"), text=about)
        sheet.accepted.connect(lambda: self._post(one.number, sheet.reason.text(), about))

    def _correct(self) -> None:
        one = self._here()
        if one is None or one.kind != "group" or not self.correct.isEnabled():
            return
        number = one.number
        self.counter.ask(lambda desk: desk.hand_in(number), then=partial(self._choose_member, one))

    def _choose_member(self, one: "VoucherRow", rows: "tuple[HandInRow, ...]") -> None:
        if one is not self._here() or self.counter.sheet_open():
            return
        sheet = CorrectSheet(self.window(), self.counter, number=one.number, rows=rows)
        sheet.accepted.connect(lambda: self._take_back(one, sheet.chosen, sheet.reason.text()))

    def _take_back(self, one: "VoucherRow", member: "HandInRow | None", reason: str) -> None:
        if member is None:
            return
        number, code, name = one.number, member.customer.customer_code, member.customer.full_name

        def plan(desk: "Desk") -> "Preview":
            return desk.preview_correct(number, customer_code=code, reason=reason)

        self.notice.tell("")
        about = self.say("journal.correct_about", name=name, number=f"{number:06d}", party=self.counter.party_name(one.party))
        self.posting.begin(plan, about=about, done=partial(self._taken_back, name), refused=self._refused)

    def _taken_back(self, name: str, posted: "Posted") -> None:
        body = posted.sealed.entry.body
        self.counter.said.emit(self.say("journal.correct_done", name=name, number=f"{body.reverses:06d}"), "ok")
        self._show_posted(posted)

    def _post(self, number: int, reason: str, about: str) -> None:
        def plan(desk: "Desk") -> "Preview":
            return desk.preview_reverse(number, reason=reason)

        self.notice.tell("")
        self.posting.begin(
            plan, about=self.say("journal.reverse_about", about=about), done=self._posted, refused=self._refused
        )

    def _posted(self, posted: "Posted") -> None:
        self.counter.said.emit(self.say("journal.posted", number=f"{posted.sealed.entry.body.reverses:06d}"), "ok")
        self._show_posted(posted)

    def _show_posted(self, posted: "Posted") -> None:
        self._wanted = posted.sealed.entry.number
        self._ask()
        self.table.setFocus()

    def _refused(self, fault: Fault) -> None:
        self.notice.tell(self.counter.sentence(fault))
