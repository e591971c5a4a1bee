"""The groups of today and the sheet a leader hands in: the page that decides the morning."""

import json
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QWidget

from desktop.ui.chips import Notice, card, foot, heading, label, name_button, search_field
from desktop.ui.counter import Counter
from desktop.ui.group_list import GroupList
from desktop.ui.handin import SheetModel, SheetTable
from desktop.ui.handin_foot import NotesStrip, SheetFoot
from desktop.ui.page import Keys, Page
from desktop.ui.posting import Posting
from sync.errors import Fault

if TYPE_CHECKING:
    from desktop.desk import Desk, Posted, Preview
    from desktop.listing import GroupRow, GroupSheet, Standing


class GroupsPage(Page):
    """Left the groups, right the sheet of the one being handed in."""

    def __init__(self, counter: Counter, posting: Posting) -> None:
        super().__init__(counter)
        self.posting = posting
        self.sheet: GroupSheet | None = None
        self._wanted, self._begins = "", False
        self._drafts = self.watch_draft()
        self.today = GroupList(counter)
        self.list = self.today.table
        self.lay_sides(self.today, self._make_sheet())
        self._connect()
        self._show_sheet(None)

    # What stands on the page

    def _make_sheet(self) -> QWidget:
        say = self.say
        frame, inside = card()
        self.title, self.about = label(name="strong"), label(name="muted")
        self.by = QComboBox()
        self.by.setAccessibleName(say("groups.by"))
        self.by.setObjectName("low")
        self.by.setMinimumWidth(230)
        inside.addWidget(heading(self.title, self.about, None, label(say("groups.by"), name="small"), self.by))
        self.member_find = search_field(say("groups.find_member"))
        self.member_find.hide()
        inside.addWidget(self.member_find)
        self.model = SheetModel(self.counter)
        self.table = SheetTable(self.model, name=say("groups.sheet"))
        inside.addWidget(self.table, 1)
        self.notice = Notice()
        inside.addWidget(self.notice)
        strip = NotesStrip(self.counter)
        self.notes, self.listed = strip.notes, strip.listed
        inside.addWidget(strip)
        self.foot = SheetFoot(self.counter)
        self.post = self.foot.post
        inside.addWidget(foot(self.foot))
        return frame

    def _connect(self) -> None:
        self.today.chosen.connect(self._begin)
        self.today.pointed.connect(self._pointed)
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
        self.foot.all.clicked.connect(self._take_all)
        self.post.clicked.connect(self._post)
        self.posting.moved.connect(self._count)
        self.counter.moved.connect(self._moved)
        for key, call in (
            ("Ctrl+D", self._take_all), ("Ctrl+Z", self._undo), ("Ctrl+Return", self._post), ("Ctrl+Enter", self._post),
        ):  # fmt: skip
            self.shortcut(key, call)

    def keys(self) -> Keys:
        names = (("Enter", "enter"), ("0", "zero"), ("Tab", "tab"), ("/", "slash"), ("Ctrl Z", "undo"))
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
            self.counter.ask(lambda desk: desk.groups(), then=self.today.show_groups)

    def _take_groups(self, groups: "tuple[GroupRow, ...]") -> None:
        self.today.show_groups(groups)
        self.today.point_at(self._wanted or self.today.here or self.today.next)
        if self._begins:
            self._begin()
        else:
            self.list.setFocus()
        self._wanted = ""

    def _pointed(self, code: object) -> None:
        if isinstance(code, str) and (self.sheet is None or self.sheet.row.group.group_code != code):
            self.leave()
            self.counter.ask(lambda desk: (desk.group_sheet(code), desk.draft(f"group/{code}")), then=self._take_sheet)

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
        self.today.here = sheet.row.group.group_code if sheet else ""
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
        self.foot.show_sums(self.model, counted=self.notes.total if self.notes.counts else None)
        missing = self.missing()
        self.post.setEnabled(not missing and not self.posting.busy)
        name_button(self.post, missing or self.say("post_print"), key="" if missing else "Ctrl Enter")
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
        self.today.finder.clear()
        self.today.show_groups(groups)
        self.today.point_at(self.today.next)
        self.list.setFocus()

    def _refused(self, fault: Fault) -> None:
        self.notice.tell(self.counter.sentence(fault))
