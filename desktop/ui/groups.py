"""The groups of today and the sheet a leader hands in: the page that decides the morning."""

import json
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from desktop.ui.amounts import AmountEdit
from desktop.ui.chips import Notice, button, card, heading, label, name_button, row, toned
from desktop.ui.counter import Counter
from desktop.ui.handin import SheetModel, SheetTable
from desktop.ui.notes import Notes
from desktop.ui.page import Keys, Page
from desktop.ui.posting import Posting
from desktop.ui.tables import Cell, Column, RowsModel, Table
from sync.errors import Fault
from sync.money import figures

if TYPE_CHECKING:
    from desktop.desk import Desk, Posted, Preview
    from desktop.listing import GroupRow, GroupSheet, Standing


class GroupsPage(Page):
    """Left the groups, right the sheet of the one being handed in."""

    def __init__(self, counter: Counter, posting: Posting) -> None:
        super().__init__(counter)
        self.posting = posting
        self.groups: tuple[GroupRow, ...] = ()
        self.sheet: GroupSheet | None = None
        self._wanted, self._begins = "", False
        self._drafts = self.watch_draft()
        line = QHBoxLayout(self)
        line.setContentsMargins(18, 14, 18, 14)
        line.setSpacing(14)
        line.addWidget(self._make_list())
        line.addWidget(self._make_sheet(), 1)
        self._connect()
        self._show_sheet(None)

    # What stands on the page

    def _make_list(self) -> QWidget:
        say = self.say
        frame, inside = card()
        frame.setFixedWidth(244)
        self.count = label(name="muted")
        inside.addWidget(heading(label(say("groups.today"), name="strong"), None, self.count))
        self.finder = QLineEdit()
        self.finder.setPlaceholderText(say("groups.find"))
        self.finder.setAccessibleName(say("groups.find"))
        inside.addLayout(row(self.finder, margins=(10, 10, 10, 10)))
        columns = (Column(say("groups.group")), Column(say("groups.expected"), 88, right=True))
        self.list_model = RowsModel(columns)
        self.list = Table(self.list_model, columns, name=say("groups.today"), head=False)
        inside.addWidget(self.list, 1)
        return frame

    def _make_sheet(self) -> QWidget:
        say = self.say
        frame, inside = card()
        self.title, self.about = label(name="strong"), label(name="muted")
        self.by = QComboBox()
        self.by.setAccessibleName(say("groups.by"))
        self.by.setObjectName("low")
        self.by.setMinimumWidth(230)
        inside.addWidget(heading(self.title, self.about, None, label(say("groups.by"), name="small"), self.by))
        self.member_find = QLineEdit()
        self.member_find.setPlaceholderText(say("groups.find_member"))
        self.member_find.setAccessibleName(say("groups.find_member"))
        self.member_find.hide()
        inside.addWidget(self.member_find)
        self.model = SheetModel(self.counter)
        self.table = SheetTable(self.model, name=say("groups.sheet"))
        inside.addWidget(self.table, 1)
        self.notice = Notice()
        inside.addWidget(self.notice)
        self.notes = Notes(across=True, note_word=say("note"))
        strip = QWidget()
        strip.setObjectName("strip")
        strip.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        told = QVBoxLayout()
        told.setSpacing(2)
        self.listed = AmountEdit(say("groups.listed"))
        self.listed.setObjectName("count")
        self.listed.setFixedSize(104, 30)
        told.addWidget(label(say("groups.listed"), name="small"))
        told.addWidget(self.listed)
        across = row(self.notes, margins=(14, 6, 14, 8), gap=14)
        across.addLayout(told)
        strip.setLayout(across)
        inside.addWidget(strip)
        inside.addWidget(self._make_foot())
        return frame

    def _make_foot(self) -> QWidget:
        say = self.say
        foot = QWidget()
        foot.setObjectName("cardfoot")
        foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.figures: dict[str, QLabel] = {}
        self.words: dict[str, QLabel] = {}
        line = row(margins=(14, 8, 14, 8), gap=12)
        for name, style in (("interest", "figure"), ("deposit", "figure"), ("notes", "figure"), ("total", "sum")):
            column = QVBoxLayout()
            column.setSpacing(0)
            self.words[name] = label(say(f"groups.sum_{name}"), name="small")
            self.figures[name] = label(name=style)
            column.addStretch(1)
            column.addWidget(self.words[name])
            column.addWidget(self.figures[name])
            line.addLayout(column)
        line.addStretch(1)
        self.all = button(say("groups.all"), key="Ctrl D")
        self.post = button(say("post_print"), name="primary", key="Ctrl Enter")
        line.addWidget(self.all)
        line.addWidget(self.post)
        foot.setLayout(line)
        return foot

    def _connect(self) -> None:
        self.finder.textChanged.connect(lambda _text: self._fill_list())
        self.finder.returnPressed.connect(self._open_found)
        self.list.chosen.connect(lambda _row: self._begin())
        self.list.pointed.connect(self._pointed)
        self.model.edited.connect(self._count)
        self.notes.changed.connect(self._count)
        self.listed.changed.connect(self._count)
        self.table.finished.connect(self.notes.start)
        self.table.slash.connect(self._find_member)
        self.table.unclear.connect(self.notice.tell)
        self.member_find.textChanged.connect(self._seek_member)
        self.member_find.returnPressed.connect(self._found_member)
        self.notes.finished.connect(self.post.setFocus)
        self.listed.taken.connect(self.post.setFocus)
        self.by.currentIndexChanged.connect(lambda _at: self._count())
        self.all.clicked.connect(self._take_all)
        self.post.clicked.connect(self._post)
        self.posting.moved.connect(self._count)
        self.counter.moved.connect(self._moved)
        for key, call in (
            ("Ctrl+D", self._take_all), ("Ctrl+Z", self._undo), ("Ctrl+Return", self._post), ("Ctrl+Enter", self._post),
        ):  # fmt: skip
            self.shortcut(key, call)

    def keys(self) -> Keys:
        names = (
            ("Enter", "enter"), ("0", "zero"), ("Tab", "tab"), ("/", "slash"), ("Ctrl Z", "undo"),
        )  # fmt: skip
        return tuple((key, self.say(f"groups.key_{name}")) for key, name in names)

    # Which group

    def enter(self, what: str) -> None:
        self._wanted = what
        self._begins = bool(what)
        if self.sheet is not None and not self.model.cash:
            # Nothing typed: what members owe may have changed on another page.
            self._wanted = what or self.sheet.row.group.group_code
            self._show_sheet(None)
        self.counter.ask(lambda desk: desk.groups(), then=self._take_groups)

    def _moved(self, _standing: "Standing") -> None:
        self._count()
        if self.shown:
            self.counter.ask(lambda desk: desk.groups(), then=self._refill)

    def _refill(self, groups: "tuple[GroupRow, ...]") -> None:
        self.groups = groups
        self._fill_list()

    def _take_groups(self, groups: "tuple[GroupRow, ...]") -> None:
        self.groups = groups
        wanted = self._wanted or (self.sheet.row.group.group_code if self.sheet else "") or self._next()
        self._fill_list()
        self._point(wanted)
        if self._begins:
            self._begin()
        else:
            self.list.setFocus()
        self._wanted = ""

    def _next(self) -> str:
        """The first group that has not handed in."""
        return next((one.group.group_code for one in self.groups if not one.numbers), "")

    def _fill_list(self) -> None:
        wanted = self.finder.text().casefold()
        rows = [one for one in self.groups if wanted in f"{one.group.group_code} {one.hamlet_name} {one.leader_name}".casefold()]
        here = self.sheet.row.group.group_code if self.sheet else ""
        self.list.blockSignals(True)
        self.list_model.fill([self._list_row(one) for one in rows], [one.group.group_code for one in rows])
        if here in self.list_model.things:
            self.list.point_at(self.list_model.things.index(here))
        self.list.blockSignals(False)
        done = sum(bool(one.numbers) for one in self.groups)
        self.count.setText(self.say("groups.done", done=done, total=len(self.groups)))

    def _list_row(self, one: "GroupRow") -> tuple[Cell, ...]:
        done = bool(one.numbers)
        tone, name = ("muted" if done else "ink"), f"{one.group.group_code[-4:]} · {one.hamlet_name}"
        amount = one.handed_in if done else one.expected
        return Cell(name, tone, icon="check" if done else ""), Cell(figures(amount), tone)

    def _point(self, code: str) -> None:
        if code in self.list_model.things:
            self.list.point_at(self.list_model.things.index(code))

    def _pointed(self, code: object) -> None:
        if isinstance(code, str) and (self.sheet is None or self.sheet.row.group.group_code != code):
            self.leave()
            self.counter.ask(lambda desk: (desk.group_sheet(code), desk.draft(f"group/{code}")), then=self._take_sheet)

    def _open_found(self) -> None:
        if self.list_model.rowCount():
            self.list.point_at(0)
            self._begin()

    def _begin(self) -> None:
        """Put the cursor where typing goes on: the first member nobody has spoken for."""
        def start(_answer: object) -> None:
            todo = (at for at in range(self.model.rowCount()) if self.model.code(at) not in self.model.cash)
            self.table.type_at(next(todo, 0))

        # Through the worker, so that it comes after the sheet that was asked for before.
        self.counter.ask(lambda desk: desk.standing(), then=start)

    def _take_sheet(self, answer: "tuple[GroupSheet, str]") -> None:
        sheet, draft = answer
        self._show_sheet(sheet)
        if draft:
            kept = json.loads(draft)
            self.model.restore(kept["cash"], kept["interest"])
            self.notes.restore(kept["notes"])
            self.by.setCurrentIndex(max(self.by.findData(kept["by"]), 0))

    def _show_sheet(self, sheet: "GroupSheet | None") -> None:
        self.sheet = sheet
        self.notice.tell("")
        self.member_find.hide()
        self.notes.set_counts({})
        self.listed.clear()
        self.by.clear()
        if sheet is not None:
            group = sheet.row.group
            self.title.setText(self.say("groups.title_of", code=group.group_code[-4:], hamlet=sheet.row.hamlet_name))
            form = self.counter.roll.terms.parameters.form_group_list
            facts = (sheet.row.organisation, self.say("groups.loans", count=sheet.row.loans), form)
            self.about.setText(" · ".join(one for one in facts if one))
            if group.leader:
                self.by.addItem(self.say("groups.leader", name=sheet.row.leader_name), group.leader)
            if group.deputy:
                self.by.addItem(self.say("groups.deputy", name=sheet.deputy_name), group.deputy)
            if sheet.row.numbers:
                numbers = ", ".join(str(one) for one in sheet.row.numbers)
                self.notice.tell(self.say("groups.in_already", numbers=numbers), tone="plain")
        self.model.show_sheet(sheet)

    # What is typed

    def _take_all(self) -> None:
        if self.table.commit():
            self.model.take_remaining()
            self.notes.start()

    def _undo(self) -> None:
        self.table.commit()
        if (at := self.model.undo()) is not None:
            self.table.type_at(at)

    def _find_member(self) -> None:
        self.table.commit()
        self.member_find.clear()
        self.member_find.show()
        self.member_find.setFocus()

    def _seek_member(self, text: str) -> None:
        from desktop.store import folded  # loaded by now: the book is open

        wanted = folded(text).split()
        for at, one in enumerate(self.model.members):
            words = folded(f"{one.customer.full_name} {one.customer.id_number[-4:]}")
            if wanted and all(word in words for word in wanted):
                self.table.point_at(at)
                self.table.scrollTo(self.model.index(at, 0))
                return

    def _found_member(self) -> None:
        self.member_find.hide()
        self.table.type_at(max(self.table.currentIndex().row(), 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.member_find.isVisible():
            self._found_member()
        elif event.key() == Qt.Key.Key_Escape:
            self.table.commit()
            self.list.setFocus()
        else:
            super().keyPressEvent(event)

    def leave(self) -> None:
        self._drafts.stop()
        if self.sheet is None or self.posting.busy:
            return
        kept = None
        if self.model.cash or self.notes.counts:
            kept = {
                "cash": self.model.cash, "interest": self.model.interest, "notes": self.notes.counts,
                "by": self.by.currentData() or "",
            }  # fmt: skip
        self.keep_draft(f"group/{self.sheet.row.group.group_code}", kept)

    # Comparing and posting

    def _count(self) -> None:
        model, shown = self.model, self.figures
        shown["interest"].setText(f"{figures(model.interest_total)} / {figures(model.interest_due)}")
        shown["deposit"].setText(figures(model.total - model.interest_total))
        off = self.notes.total - model.total
        if not self.notes.counts:
            shown["notes"].setText(self.say("groups.not_counted"))
        elif off:
            shown["notes"].setText(self.say("groups.over" if off > 0 else "groups.short", amount=abs(off)))
        else:
            shown["notes"].setText(self.say("groups.agrees"))
        toned(shown["notes"], "warn" if off else "ok" if model.total else "")
        taken = self.say("groups.sum_total_of", taken=len(model.cash), total=len(model.members))
        self.words["total"].setText(taken)
        shown["total"].setText(f"{figures(model.total)} đ")
        missing = self.missing()
        self.post.setEnabled(not missing and not self.posting.busy)
        name_button(self.post, missing or self.say("post_print"), key="" if missing else "Ctrl Enter")
        self.all.setEnabled(len(model.cash) < len(model.members))
        self._drafts.start()

    def missing(self) -> str:
        """What still stands in the way of posting, in a few words; empty when nothing does."""
        model = self.model
        at = model.stranded
        listed = self.listed.amount
        checks = (
            (self.sheet is None, "groups.need_group"),
            (self.counter.standing.state == "prepared", "need_open"),
            (self.counter.standing.state == "closed", "need_not_closed"),
            (self.by.currentData() is None, "groups.need_by"),
            (not model.total, "groups.need_cash"),
            (listed is not None and listed != model.total, "groups.need_listed"),
            (not self.notes.counts, "groups.need_notes"),
            (self.notes.total != model.total, "groups.need_agree"),
        )
        if at is not None:
            return self.say("groups.need_account", row=at + 1)
        return next((self.say(key) for wrong, key in checks if wrong), "")

    def _post(self) -> None:
        if self.posting.busy or not self.table.commit() or self.missing() or self.sheet is None:
            return
        self.notice.tell("")
        code, by = self.sheet.row.group.group_code, str(self.by.currentData())
        cash = {name: amount for name, amount in self.model.cash.items() if amount}
        interest = {name: amount for name, amount in self.model.interest.items() if name in cash}
        notes = self.notes.counts

        def plan(desk: "Desk") -> "Preview":
            return desk.preview_group(code, by=by, cash=cash, interest=interest, notes=notes)

        self.posting.begin(
            plan, about=self.counter.party_name(code), done=partial(self._posted, code), refused=self._refused
        )

    def _posted(self, code: str, posted: "Posted") -> None:
        self.keep_draft(f"group/{code}", None)
        self._show_sheet(None)
        self._drafts.stop()
        number = posted.sealed.entry.number
        amount = posted.sealed.entry.body.cash
        self.counter.said.emit(self.say("groups.posted", number=f"{number:06d}", amount=amount), "ok")
        self.counter.ask(lambda desk: desk.groups(), then=self._after)

    def _after(self, groups: "tuple[GroupRow, ...]") -> None:
        """The next group that has not handed in waits, one Enter away."""
        self.groups = groups
        self.finder.clear()
        self._fill_list()
        self._point(self._next())
        self.list.setFocus()

    def _refused(self, fault: Fault) -> None:
        self.notice.tell(self.counter.sentence(fault))
