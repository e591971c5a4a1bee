"""What is left over before the close: what is half typed has to be posted or dropped, all else is told."""

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from desktop.ui.chips import Notice, button, label, name_button
from desktop.ui.close_step import sided
from desktop.ui.counter import Counter
from desktop.ui.page import Keys
from desktop.ui.sheets import Question
from desktop.ui.tables import Cell, Column, RowsModel, Table
from sync.money import figures
from sync.outage import CloseUnsigned

if TYPE_CHECKING:
    from desktop.listing import DraftLeft, Task

# The page a draft belongs to, by the first part of its name; and the page of each kind of task.
_PAGES = {"visit": "customers", "slip": "disburse", "group": "groups", "cash": "cash", "open": "cash", "request": "customers"}
_TASKS = {"group": "groups", "slip": "disburse", "due": "customers"}


class Leftover(NamedTuple):
    """A row: the page it is dealt with on and what to show there; `draft` where it is somebody's half typed voucher."""

    page: str
    what: str
    draft: "DraftLeft | None" = None


class LeftStep(QWidget):
    """Emits `go` when the count may begin."""

    go = Signal()
    keys_moved = Signal()

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.counter, self.say = counter, counter.say
        self.drafts: tuple[DraftLeft, ...] = ()
        self.text, self.notice = label(name="muted", wrap=True), Notice()
        self.on = button(self.say("go_on"), name="primary", key="Ctrl Enter")
        self.on.clicked.connect(self.go.emit)
        content = sided(self, self.text, self.notice, self.on)
        columns = (
            Column(self.say("today.work_code"), 104),
            Column(self.say("today.work_title")),
            Column(self.say("sum"), 110, right=True),
        )
        self.model = RowsModel(columns)
        self.table = Table(self.model, columns, name=self.say("close.step_left"))
        self.table.chosen.connect(self._go_there)
        content.addWidget(self.table)

    def keys(self) -> Keys:
        there, on = ("Enter", self.say("close.key_to_page")), ("Ctrl Enter", self.say("go_on"))
        return (there, ("Delete", self.say("close.key_drop"))) if self.drafts else (there, on)

    def start(self) -> None:
        """Ask what is left; nothing goes on before the answer."""
        self.on.setEnabled(False)
        self.on.setFocus()
        # Said before anybody counts: without the laptop's signature the last step is not taken.
        since = self.counter.standing.outages.laptop
        self.notice.tell(self.counter.sentence(CloseUnsigned(number=since)) if since else "", tone="warn")
        self.counter.ask(lambda desk: (desk.drafts(), desk.worklist()), then=self._show)

    def _show(self, found: "tuple[tuple[DraftLeft, ...], tuple[Task, ...]]") -> None:
        self.drafts, tasks = found
        rows = [self._draft_row(one) for one in self.drafts]
        things = [Leftover(_PAGES.get(self._kind(one), "today"), self._what(one), one) for one in self.drafts]
        for row, thing in (*self._told(), *(self._task_row(one) for one in tasks)):
            rows.append(row)
            things.append(thing)
        self.model.fill(rows, things)
        self.table.point_at(0)
        state = self.counter.standing.state
        key = "prepared" if state == "prepared" else "drafts" if self.drafts else "some" if tasks else "none"
        count = len(self.drafts) if self.drafts else len(tasks)
        self.text.setText(self.say(f"close.left_{key}", count=count) if key in ("drafts", "some") else self.say(f"close.left_{key}"))
        self.on.setEnabled(state != "prepared" and not self.drafts)
        blocked = self.say("close.need_drafts") if self.drafts else ""
        name_button(self.on, blocked or self.say("go_on"), key="" if blocked else "Ctrl Enter")
        if self.isVisible():
            (self.table if self.drafts else self.on).setFocus()
        self.keys_moved.emit()

    @staticmethod
    def _kind(one: "DraftLeft") -> str:
        return one.page.partition("/")[0]

    def _what(self, one: "DraftLeft") -> str:
        return one.page.partition("/")[2] if self._kind(one) == "group" else one.page if self._kind(one) == "cash" else ""

    def _title(self, one: "DraftLeft") -> str:
        """What was half typed, as the pages call it."""
        kind, _, rest = one.page.partition("/")
        if kind == "cash":
            return self.say(f"kind.{rest}")
        if kind == "group":
            return self.counter.party_name(rest)
        return self.say(f"page.{_PAGES.get(kind, 'today')}")

    def _draft_row(self, one: "DraftLeft") -> tuple[Cell, ...]:
        said = self.say("close.draft_row", page=self._title(one), name=one.name)
        return Cell(self.say("close.left_draft"), "warn", bold=True), Cell(said), Cell()

    def _told(self) -> list[tuple[tuple[Cell, ...], Leftover]]:
        """What does not stand in the way: paper that has not come out, and what the office does not have yet."""
        now = self.counter.standing
        found: list[tuple[tuple[Cell, ...], Leftover]] = []
        counts = (
            ("unprinted", now.unprinted, "today"),
            ("unsent", 0 if self.counter.training else now.entries - now.marks.received, "sync"),
        )
        for name, count, page in counts:
            if count:
                cells = (Cell(self.say(f"close.left_{name}"), "muted"), Cell(self.say(f"close.{name}_row", count=count)), Cell())
                found.append((cells, Leftover(page, "")))
        return found

    def _task_row(self, one: "Task") -> tuple[tuple[Cell, ...], Leftover]:
        cells = (Cell(self.say(f"close.left_{one.kind}"), "muted"), Cell(one.title), Cell(figures(one.amount)))
        return cells, Leftover(_TASKS[one.kind], one.code)

    def _go_there(self, thing: object) -> None:
        if not isinstance(thing, Leftover):
            return
        if thing.draft and thing.draft.staff_id != self.counter.standing.user.staff_id:
            self.notice.tell(self.say("close.draft_other", name=thing.draft.name), tone="warn")
        else:
            self.counter.wanted.emit(thing.page, thing.what)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        thing = self.table.here
        if event.key() == Qt.Key.Key_Delete and isinstance(thing, Leftover) and thing.draft:
            self._drop(thing.draft)
        else:
            super().keyPressEvent(event)

    def _drop(self, draft: "DraftLeft") -> None:
        say = self.say
        asked = Question(
            self.window(), title=say("close.drop_title"),
            text=say("close.drop_text", name=draft.name, page=self._title(draft)), yes=say("close.drop"), no=say("back"),
        )  # fmt: skip

        def drop() -> None:
            self.counter.ask(
                lambda desk: desk.drop_draft(draft.page, staff_id=draft.staff_id), then=lambda _none: self.start()
            )

        asked.accepted.connect(drop)
