"""The groups of today and the sheet a leader hands in: the page that decides the morning."""

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QWidget

from desktop.ui.amount_cells import ENTER
from desktop.ui.by_hand import KEY as BY_HAND_KEY
from desktop.ui.by_hand import ByHand
from desktop.ui.chips import Chip, Notice, card, foot, heading, label, name_button, row, search_field
from desktop.ui.counter import Counter
from desktop.ui.facing import NOBODY, Facing, faced
from desktop.ui.group_list import GroupList
from desktop.ui.handin import SheetModel
from desktop.ui.handin_foot import Agreement, NotesStrip, SheetFoot
from desktop.ui.handin_table import SheetTable
from desktop.ui.leader_list import KEY as LIST_KEY
from desktop.ui.leader_list import LeaderListSheet
from desktop.ui.page import Keys, Page
from desktop.ui.posting import Posting
from desktop.ui.sheets import Question
from sync.errors import Fault
from sync.handin import PrincipalThroughLeader

if TYPE_CHECKING:
    from desktop.desk import Desk, Posted, Preview
    from desktop.leader_list import Matched
    from desktop.listing import GroupRow, GroupSheet, Standing


class GroupsPage(Page):
    """Left the groups, right the sheet of the one being handed in."""

    def __init__(self, counter: Counter, posting: Posting) -> None:
        super().__init__(counter)
        self.posting = posting
        self.sheet: GroupSheet | None = None
        self._wanted, self._begins = "", False
        # What the notice goes back to, and the two sums that were asked about.
        self._stands, self._list_said, self._asked = "", "", (0, 0)
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
        self.title, self.about, self.away = label(name="strong"), label(name="muted"), Chip()
        self.by = QComboBox()
        self.by.setAccessibleName(say("groups.by"))
        self.by.setObjectName("low")
        self.by.setMinimumWidth(234)
        self.by_hand = ByHand(self.counter)
        inside.addWidget(heading(self.title, self.away, self.about, None, label(say("groups.by"), name="small"), self.by))
        self.member_find = search_field(say("groups.find_member"))
        self.member_find.hide()
        inside.addWidget(self.member_find)
        self.model = SheetModel(self.counter)
        self.table = SheetTable(self.model, name=say("groups.sheet"))
        inside.addWidget(self.table, 1)
        self.notice = Notice()
        self.parts = label(name="small", wrap=True)
        said = row(margins=(14, 3, 14, 3))
        said.addWidget(self.parts, 1)
        said.addWidget(self.by_hand)
        inside.addLayout(said)
        inside.addWidget(self.notice)
        strip, self.agreement = NotesStrip(self.counter), Agreement(self.counter)
        self.notes, self.cadre, self.listed = strip.notes, strip.cadre, self.agreement.listed
        inside.addWidget(strip)
        inside.addWidget(self.agreement)
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
        self.table.unclear.connect(self._tell)
        self.table.row_key.connect(self._row_key)
        self.table.pointed.connect(lambda _row: self._show_parts())
        self.model.dataChanged.connect(lambda *_at: self._show_parts())
        self.member_find.textChanged.connect(self._seek_member)
        self.member_find.returnPressed.connect(self._found_member)
        self.notes.finished.connect(self.post.setFocus)
        self.listed.taken.connect(self._go_on)
        self.cadre.returnPressed.connect(self._go_on)
        self.cadre.textChanged.connect(lambda _text: self._drafts.start())
        self.by_hand.changed.connect(self._drafts.start)
        self.by.currentIndexChanged.connect(lambda _at: self._count())
        self.foot.all.clicked.connect(self._take_all)
        self.post.clicked.connect(self._post)
        self.posting.moved.connect(self._count)
        self.counter.moved.connect(self._moved)
        for key, call in (
            ("Ctrl+D", self._take_all), ("Ctrl+Z", self._undo), ("Ctrl+Return", self._post), ("Ctrl+Enter", self._post),
            ("Ctrl+T", self.listed.setFocus), ("Ctrl+H", self.cadre.setFocus), ("Ctrl+N", self.by.setFocus),
            (BY_HAND_KEY, self._ask_by_hand), (LIST_KEY, self._ask_list),
        ):  # fmt: skip
            self.shortcut(key, call)

    def keys(self) -> Keys:
        names = (
            ("Enter", "enter"), ("0", "zero"), ("Tab", "tab"), ("S", "unsigned"), ("V", "absent"), ("/", "slash"),
            ("Ctrl T", "listed"),
        )  # fmt: skip
        beside = (("Ctrl M", self.say("beside.key")),) if any(one.elsewhere for one in self.today.groups) else ()
        return (*((key, self.say(f"groups.key_{name}")) for key, name in names), *beside)

    def every_key(self) -> Keys:
        names = (("Ctrl D", "all"), ("Ctrl Z", "undo"), ("G", "principal"), ("Ctrl H", "cadre"), ("Ctrl N", "by"))
        found = tuple((key, self.say(f"groups.key_{name}")) for key, name in names)
        pages = ((BY_HAND_KEY, "by_hand.key"), (LIST_KEY, "leader_list.key"))
        return (*self.keys(), *found, *((key.replace("+", " "), self.say(name)) for key, name in pages))

    # Which group

    def enter(self, what: str) -> None:
        self._wanted = what
        self._begins = bool(what)
        if self.sheet is not None and not self._typed():
            # Nothing typed: what members owe may have changed on another page.
            self._wanted = what or self.sheet.row.group.group_code
            self._show_sheet(None)
        self.counter.ask(lambda desk: desk.groups(), then=self._take_groups)

    def _moved(self, _standing: "Standing") -> None:
        self._count()
        if self.shown:
            self.counter.ask(lambda desk: desk.groups(), then=self._show_groups)

    def _show_groups(self, groups: "tuple[GroupRow, ...]") -> None:
        """Which are in, and which another laptop at the table serves; a group may have gone there while it is shown."""
        self.today.show_groups(groups)
        here = next((one for one in groups if one.group.group_code == self.today.here), None)
        self._show_away(here.elsewhere if here else "")

    def _show_away(self, letter: str) -> None:
        self.away.show_text(self.say("beside.served_by", letter=letter) if letter else "", tone="warn")

    def _take_groups(self, groups: "tuple[GroupRow, ...]") -> None:
        self.today.show_groups(groups)
        self.keys_moved.emit()
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
            # Whoever was quicker types in what lies over the page.
            if not self.counter.sheet_open():
                self.table.type_at(self.model.next_row or 0)

        # Through the worker, so that it comes after the sheet that was asked for before.
        self.counter.ask(lambda desk: desk.standing(), then=start)

    def _take_sheet(self, answer: "tuple[GroupSheet, str]") -> None:
        sheet, draft = answer
        self._show_sheet(sheet)
        if draft:
            self._restore(json.loads(draft))

    def _restore(self, kept: dict[str, Any]) -> None:
        """What was typed before a lock or a power cut."""
        ticked = {name: kept.get(name, ()) for name in ("absent", "unsigned")}
        listed, unclear = kept.get("by_list", {}), kept.get("list_unclear", ())
        self.model.restore(kept["cash"], kept["interest"], **ticked, listed=listed, unclear=unclear)
        self._list_said = kept.get("list_said", "")
        self._tell("")
        self.notes.restore(kept["notes"])
        self.by.setCurrentIndex(max(self.by.findData(kept["by"]), 0))
        self.listed.set_amount(kept.get("listed"))
        self.cadre.setText(kept.get("cadre", ""))
        self.by_hand.set_slip(*kept.get("by_hand", ()))

    def _show_sheet(self, sheet: "GroupSheet | None") -> None:
        self.sheet = sheet
        self.today.here = sheet.row.group.group_code if sheet else ""
        self.member_find.hide()
        self.notes.set_counts({})
        self.listed.clear()
        self.by_hand.set_slip()
        self.by.clear()
        self._stands, self._list_said, self._asked = "", "", (0, 0)
        if sheet is not None:
            self._show_head(sheet)
        self._tell("")
        self.cadre.setText(sheet.cadre if sheet else "")
        self.model.show_sheet(sheet)
        self._show_parts()

    def _show_head(self, sheet: "GroupSheet") -> None:
        group, say = sheet.row.group, self.say
        self.title.setText(say("groups.title_of", code=group.group_code[-4:], hamlet=sheet.row.hamlet_name))
        form = self.counter.roll.terms.parameters.form("group").number
        self._show_away(sheet.row.elsewhere)
        facts = (sheet.row.organisation, say("groups.loans", count=sheet.row.loans), form)
        self.about.setText(" · ".join(one for one in facts if one))
        if group.leader:
            self.by.addItem(say("groups.leader", name=sheet.row.leader_name), group.leader)
        if group.deputy:
            self.by.addItem(say("groups.deputy", name=sheet.deputy_name), group.deputy)
        if sheet.earlier:
            times = "; ".join(
                say("groups.again_time", time=time, number=f"{number:06d}", amount=amount)
                for time, (number, amount) in enumerate(sheet.earlier, start=1)
            )
            self._stands = say("groups.again", times=times, next=len(sheet.earlier) + 1)

    def _tell(self, text: str) -> None:
        """A sentence about what was just done; without one, what stands about this sheet."""
        if text:
            self.notice.tell(text)
        else:
            self.notice.tell("\n".join(one for one in (self._stands, self._list_said) if one), tone="warn")

    def _show_parts(self) -> None:
        at = self.table.currentIndex().row()
        if not 0 <= at < len(self.model.members):
            self.parts.clear()
            return
        where = self.model.parts(at) or self.say("groups.part_none")
        self.parts.setText(f"{at + 1} · {self.model.row_name(at)} · {where}")

    # What is typed

    def _take_all(self) -> None:
        if self.table.commit():
            self._tell("")
            self.model.take_remaining()
            self._go_on()

    def _go_on(self) -> None:
        """The next thing that is still to be done: the rows, the money, the post."""
        at = self.model.next_row
        if at is not None and not self.model.again:
            self.table.type_at(at)
        elif not self.notes.counts:
            self.notes.start()
        else:
            self.post.setFocus()

    def _row_key(self, key: str) -> None:
        """Said of the row under the cursor: not signed, absent, or that principal was brought along."""
        at = self.table.currentIndex().row()
        if not 0 <= at < len(self.model.members):
            return
        if key == "G":
            self._refuse_principal(at)
        else:
            self.model.tick(at, absent=key == "V")
            self._tell("")

    def _refuse_principal(self, at: int) -> None:
        """Principal is never taken through a leader: say so, and where it is paid, before anybody types it."""
        owing = (one.loan for one in self.model.members[at].member.dues if one.by_component["principal"] + one.by_component["overdue_principal"])
        loan = next(owing, None)
        if loan is None:
            self._tell(self.say("groups.no_principal", name=self.model.row_name(at)))
        else:
            self._tell(self.counter.sentence(PrincipalThroughLeader(loan=loan.loan_code)))

    def _ask_by_hand(self) -> None:
        if self.sheet is not None:
            self.by_hand.ask(self.window())

    def _ask_list(self) -> None:
        """The leader's own file; what is typed so far is in the sheet before it is held against it."""
        if self.sheet is not None and self.table.commit():
            LeaderListSheet(self.window(), self.counter, self.sheet).taken.connect(self._take_list)

    def _take_list(self, found: "Matched") -> None:
        self.model.take_list(found.cash, unsigned=found.unsigned, unclear=found.unclear)
        self.listed.set_amount(found.total)
        self._list_said = self.say(
            "leader_list.stands", total=found.total, different=found.count("different"), open=found.open,
            missing=found.count("missing"),
        )  # fmt: skip
        self._tell("")
        self._go_on()

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
        from desktop.search import folded

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
        elif event.key() in ENTER and self.by.hasFocus():
            self._go_on()
        elif event.key() == Qt.Key.Key_Escape:
            self.table.commit()
            self.list.setFocus()
        else:
            super().keyPressEvent(event)

    def leave(self) -> None:
        self._drafts.stop()
        if self.sheet is None or self.posting.busy:
            return
        self.keep_draft(f"group/{self.sheet.row.group.group_code}", self._typed())

    def _typed(self) -> dict[str, Any] | None:
        """All that was typed or ticked on the sheet; None where nothing was."""
        model = self.model
        kept = {
            "cash": model.cash, "interest": model.interest, "notes": self.notes.counts, "listed": self.listed.amount,
            "absent": sorted(model.absent), "unsigned": sorted(model.unsigned), "by_hand": self.by_hand.kept,
            "by_list": model.listed, "list_unclear": sorted(model.unclear), "list_said": self._list_said,
        }  # fmt: skip
        cadre = self.cadre.text()
        if not any(kept.values()) and (self.sheet is None or cadre == self.sheet.cadre):
            return None
        return {**kept, "cadre": cadre, "by": self.by.currentData() or ""}

    # Comparing and posting

    def _count(self) -> None:
        if self.shown:
            self.counter.facing.emit(self._faced())
        self.agreement.show_sums(self.model, counted=self.notes.total if self.notes.counts else None)
        self.foot.show_sums(self.model)
        missing = self.missing()
        self.post.setEnabled(not missing and not self.posting.busy)
        name_button(self.post, missing or self.say("post_print"), key="" if missing else "Ctrl Enter")
        self._drafts.start()

    def _faced(self) -> Facing:
        total, interest = self.model.total, self.model.interest_total
        if self.sheet is None or not total:
            return NOBODY
        parts = (("TL", self.say("facing.interest"), interest), ("TT", self.say("component.deposit"), total - interest))
        return faced(self.counter.party_name(self.sheet.row.group.group_code), (one for one in parts if one[2]))

    def missing(self) -> str:
        """What still stands in the way of posting, in a few words; empty when nothing does."""
        model = self.model
        at = model.stranded
        checks = (
            (self.sheet is None, "groups.need_group"),
            (self.counter.standing.state == "prepared", "need_open"),
            (self.counter.standing.state == "closed", "need_not_closed"),
            (self.by.currentData() is None, "groups.need_by"),
            (not model.total, "groups.need_cash"),
            (not self.notes.counts, "groups.need_notes"),
            (self.notes.total != model.total, "groups.need_agree"),
        )
        if at is not None:
            return self.say("groups.need_account", row=at + 1)
        return next((self.say(key) for wrong, key in checks if wrong), "")

    def _post(self) -> None:
        if self.posting.busy or not self.table.commit() or self.missing() or self.sheet is None:
            return
        if self.listed.fault is not None:
            self._tell(self.counter.sentence(self.listed.fault))
            self.listed.setFocus()
            return
        listed, total = self.listed.amount, self.model.total
        if listed is None or listed == total or (listed, total) == self._asked:
            self._send()
            return
        text = self.say("groups.list_text", listed=listed, total=total, off=abs(listed - total))
        question = Question(
            self.window(), title=self.say("groups.list_title"), text=text, yes=self.say("groups.list_yes"),
            no=self.say("back"),
        )  # fmt: skip
        question.accepted.connect(partial(self._send_as_listed, listed, total))

    def _send_as_listed(self, listed: int, total: int) -> None:
        """The list says otherwise, and that is to be kept: it is not asked again."""
        self._asked = (listed, total)
        self._send()

    def _send(self) -> None:
        if self.sheet is None:
            return
        self._tell("")
        model = self.model
        code, by = self.sheet.row.group.group_code, str(self.by.currentData())
        cash = {name: amount for name, amount in model.cash.items() if amount}
        interest = {name: amount for name, amount in model.interest.items() if name in cash}
        notes, absent, unsigned = self.notes.counts, sorted(model.absent), sorted(model.unsigned)
        listed = "" if self.listed.amount is None else str(self.listed.amount)
        details = {"cadre": self.cadre.text(), "list": listed, **self.by_hand.details}

        def plan(desk: "Desk") -> "Preview":
            return desk.preview_group(
                code, by=by, cash=cash, interest=interest, notes=notes, absent=absent, unsigned=unsigned,
                details=details,
            )  # fmt: skip

        self.posting.begin(
            plan, about=self.counter.party_name(code), done=self._posted, refused=self._refused, draft=f"group/{code}"
        )

    def _posted(self, posted: "Posted") -> None:
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
        self._tell(self.counter.sentence(fault))
