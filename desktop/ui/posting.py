"""From a page's wish to a posted voucher: plan, ask once about a twin, ask a second person, post.

The voucher's id is minted with its plan, before anything is shown. While one is under way every
further press is passed over; and should one slip through, the same id is the same voucher.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop.ui.approve import ApprovalSheet
from desktop.ui.counter import Counter
from desktop.ui.facing import facing_of
from desktop.ui.sheets import Question
from sync.chain import Approval
from sync.errors import Fault
from sync.outage import OFFICERS

if TYPE_CHECKING:
    from desktop.desk import Desk, Posted, Preview


class Posting(QObject):
    """One voucher at a time. `busy` tells that one is under way."""

    moved = Signal()

    def __init__(self, counter: Counter, *, window: Callable[[], QWidget]) -> None:
        super().__init__()
        self.counter = counter
        self.busy = False
        self._window = window
        self._approvals: list[Approval] = []

    def begin(
        self,
        plan: "Callable[[Desk], Preview]",
        *,
        about: str,
        done: "Callable[[Posted], None]",
        refused: Callable[[Fault], None],
        draft: str = "",
    ) -> None:
        """Post what `plan` says; `about` names it for the approver. Passed over while one is under way.

        `draft` is the page it was kept under while it was typed, and goes when the voucher stands.
        """
        if self.busy:
            return
        self._draft = draft
        self._about, self._done, self._refused = about, done, refused
        self._approvals = []
        self._set_busy(True)
        self.counter.ask(plan, then=self._planned, failed=self._stop)

    def give(self, preview: "Preview", *, approvals: Sequence[Approval], done: "Callable[[Posted], None]",
             refused: Callable[[Fault], None]) -> None:  # fmt: skip
        """Post what was planned and approved elsewhere (the close, with its three signatures)."""
        if self.busy:
            return
        self._done, self._refused, self._draft = done, refused, ""
        self._approvals = list(approvals)
        self._set_busy(True)
        self._post(preview)

    def _set_busy(self, busy: bool) -> None:
        self.busy = busy
        self.moved.emit()

    def _stop(self, fault: Fault) -> None:
        self._set_busy(False)
        self._refused(fault)

    def _dropped(self) -> None:
        self._set_busy(False)

    def _planned(self, preview: "Preview") -> None:
        self.counter.facing.emit(facing_of(self.counter, preview.body))
        if not preview.twin:
            self._approve(preview)
            return
        say = self.counter.say
        question = Question(
            self._window(),
            title=say("twin.title"),
            text=say("twin.text", number=preview.twin),
            yes=say("twin.yes"),
            no=say("back"),
        )
        question.accepted.connect(lambda: self._approve(preview))
        question.dropped.connect(self._dropped)

    def _approve(self, preview: "Preview") -> None:
        """Ask for the next approval the voucher needs, or post it."""
        given = len(self._approvals)
        beside = given >= len(preview.approvers) and self._paper_alone(preview)
        if given >= len(preview.approvers) and not beside:
            self._post(preview)
            return
        sheet = ApprovalSheet(
            self._window(),
            self.counter,
            body=preview.body,
            about=self._about,
            roles=OFFICERS if beside else preview.approvers[given],
            maker=self.counter.standing.user.staff_id,
            named=self._named(preview),
            paper=preview.paper,
            beside=beside,
        )
        sheet.given.connect(lambda who, pin: self._ask_approval(sheet, preview, who, pin))
        sheet.dropped.connect(self._dropped)

    def _paper_alone(self, preview: "Preview") -> bool:
        """Whether only hands on paper approve so far: then an officer who can sign does it beside them."""
        people = [one.staff_id for one in self._approvals]
        staff = self.counter.roll.staff
        able = (one for one in people if one not in preview.paper and one in staff)
        return not preview.paper.isdisjoint(people) and not any(staff[one].role in OFFICERS for one in able)

    def _named(self, preview: "Preview") -> str:
        """Who has to give the next approval in person; empty where anybody of the right role may."""
        given = len(self._approvals)
        return preview.named[given] if given < len(preview.named) else ""

    def _ask_approval(self, sheet: ApprovalSheet, preview: "Preview", who: str, pin: str) -> None:
        def approved(approval: Approval) -> None:
            sheet.end()
            self._approvals.append(approval)
            self._approve(preview)

        def approve(desk: "Desk") -> Approval:
            if who in preview.paper:
                return desk.approve_on_paper(preview, staff_id=who)
            return desk.approve(preview, staff_id=who, pin=pin)

        self.counter.ask(
            approve,
            then=approved,
            failed=lambda fault: sheet.refuse(self.counter.sentence(fault)),
        )

    def _post(self, preview: "Preview") -> None:
        approvals, draft = tuple(self._approvals), self._draft
        self.counter.ask(
            lambda desk: desk.post(preview, approvals=approvals, draft=draft), then=self._posted, failed=self._stop
        )

    def _posted(self, posted: "Posted") -> None:
        self._set_busy(False)
        self.counter.take(posted.standing)
        self._done(posted)
        self.counter.posted.emit(posted.sealed.entry.number)
