"""An open desk on the screen: the rail, the head, the pages and the foot.

It is imported when a book has been opened: whoever waits for the first page does not wait for these.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.care import fault_tally
from desktop.ui.beside import Beside
from desktop.ui.beside_sheet import KEY as BESIDE_KEY
from desktop.ui.beside_sheet import BesideSheet
from desktop.ui.cash import CashPage
from desktop.ui.check_sheet import KEY as CHECK_KEY
from desktop.ui.check_sheet import CheckSheet
from desktop.ui.chips import KeyLine, label, toned
from desktop.ui.close import ClosePage
from desktop.ui.counter import Counter
from desktop.ui.customers import CustomersPage
from desktop.ui.disburse import DisbursePage
from desktop.ui.documents import DocumentsPage
from desktop.ui.facing import NOBODY
from desktop.ui.groups import GroupsPage
from desktop.ui.hearing import Hearing
from desktop.ui.journal import JournalPage
from desktop.ui.keeping import Keeping
from desktop.ui.mirroring import Mirroring
from desktop.ui.outage import KEY as OUTAGE_KEY
from desktop.ui.outage import OutageBand
from desktop.ui.page import Page
from desktop.ui.posting import Posting
from desktop.ui.presses import Presses
from desktop.ui.print_queue import PrintQueueSheet
from desktop.ui.printing import Printing
from desktop.ui.put_back import PutBackSheet
from desktop.ui.rail import PAGES, Head, Rail
from desktop.ui.sending import Road, Sending
from desktop.ui.sheets import KeysSheet, Sheet
from desktop.ui.summary import SummaryPage
from desktop.ui.sync_page import SyncPage
from desktop.ui.today import TodayPage
from sync.errors import Damage, Fault

if TYPE_CHECKING:
    from desktop.listing import Standing

Roads = Callable[[], Road]


class Pages:
    """The pages by name. Each is made when it is first asked for: whoever unlocks waits for one page, not for ten."""

    def __init__(self, makers: Mapping[str, Callable[[], Page]], *, made: Callable[[Page], None]) -> None:
        self.made: dict[str, Page] = {}
        self._makers, self._tell = makers, made

    def __getitem__(self, name: str) -> Page:
        if name not in self.made:
            self.made[name] = page = self._makers[name]()
            self._tell(page)
        return self.made[name]


class OpenDesk(QWidget):
    """An open desk: rail, head, the pages and the foot."""

    def __init__(self, counter: Counter, *, presses: Presses, road: Roads | None) -> None:
        super().__init__()
        self.counter = counter
        self.posting = Posting(counter, window=self.window)
        self.printing = Printing(counter, presses=presses)
        self.sending = Sending(counter, road=road)
        self.mirroring = Mirroring(counter)
        self.hearing = Hearing(counter, self.sending, road=road)
        self.beside = Beside(counter)
        self._told_ahead = self._told_taken_over = False
        counter.sheet_open = lambda: self.sheet is not None
        self.rail, self.head, self.foot = Rail(counter), Head(counter, self.sending, self.printing, self.mirroring), KeyLine()
        self.outage = OutageBand(counter, self.posting, window=self.window)
        # A failure is a whole sentence: it takes a second line rather than the room of the keys.
        self.said = label(name="said", wrap=True)
        self.said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.stack = QStackedWidget()
        self.stack.setObjectName("pages")
        self.pages = Pages(self._pages(), made=self._add_page)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.rail)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.outage)
        column.addWidget(self.stack, 1)
        below = QWidget()
        below.setObjectName("foot")
        below.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        strip = QHBoxLayout(below)
        strip.setContentsMargins(0, 0, 18, 2)
        strip.addWidget(self.foot)
        strip.addWidget(self.said, 1)
        column.addWidget(below)
        line.addLayout(column, 1)
        self.outage.show_standing(counter.standing)
        self._connect()

    def _pages(self) -> dict[str, Callable[[], Page]]:
        counter, posting = self.counter, self.posting
        return {
            "today": lambda: TodayPage(counter, self.printing),
            "groups": lambda: GroupsPage(counter, posting),
            "customers": lambda: CustomersPage(counter, posting),
            "disburse": lambda: DisbursePage(counter, posting),
            "cash": lambda: CashPage(counter, posting),
            "journal": lambda: JournalPage(counter, posting, self.printing, self.hearing),
            "summary": lambda: SummaryPage(counter),
            "sync": lambda: SyncPage(counter, self.sending, self.mirroring, self.hearing),
            "close": lambda: ClosePage(counter, posting, self.sending),
            "documents": lambda: DocumentsPage(counter, self.printing),
        }

    def _add_page(self, page: Page) -> None:
        self.stack.addWidget(page)
        page.keys_moved.connect(self._show_keys)

    def _connect(self) -> None:
        counter = self.counter
        self.rail.chosen.connect(self.go_to)
        counter.wanted.connect(self.go_to)
        counter.said.connect(self._say)
        counter.failed.connect(self._fail)
        counter.posted.connect(self.printing.print_voucher)
        counter.posted.connect(lambda _number: self.sending.posted())
        self.keeping = Keeping(counter)
        self.printing.failed.connect(self._fail)
        self.mirroring.behind.connect(self._behind)
        counter.moved.connect(self._tell_elsewhere)
        QShortcut(QKeySequence(OUTAGE_KEY), self).activated.connect(self.outage.act)
        QShortcut(QKeySequence(CHECK_KEY), self).activated.connect(self.check)
        QShortcut(QKeySequence(BESIDE_KEY), self).activated.connect(self.show_beside)
        # Whoever unlocks is asked about what may be on paper before they serve anybody.
        self.printing.left.connect(self.show_queue)
        self.printing.asked.connect(partial(self.show_queue, brief=True))

    @property
    def sheet(self) -> Sheet | None:
        """The sheet laid over the window, if one is."""
        return next((one for one in self.window().findChildren(Sheet) if not one.isHidden()), None)

    @property
    def page(self) -> str:
        """The name of the page that is shown."""
        return next(name for name, page in self.pages.made.items() if page is self.stack.currentWidget())

    def go_to(self, name: str, what: str = "") -> None:
        """Show a page; `what` names what to show on it."""
        page = self.pages[name]
        before = self.stack.currentWidget()
        if isinstance(before, Page) and before is not page:
            before.leave()
            before.shown = False
            # Nobody stands long before what is not being keyed; the page that is shown says what it holds.
            self.counter.facing.emit(NOBODY)
        page.shown = True
        self.stack.setCurrentWidget(page)
        self.rail.mark(name)
        self.head.title.setText(self.counter.say(f"title.{name}"))
        page.enter(what)
        self._show_keys()

    def _show_keys(self) -> None:
        page = self.stack.currentWidget()
        if isinstance(page, Page):
            self.foot.show_keys(page.keys())

    def show_all_keys(self) -> None:
        """All keys of this page and of every page."""
        page = self.stack.currentWidget()
        if self.sheet is not None or not isinstance(page, Page):
            return
        say = self.counter.say
        names = tuple((key, say(f"page.{name}")) for name, key, _ in PAGES)
        every = (*page.every_key(), ("Ctrl K", say("today.key_find")), ("Ctrl P", say("print_queue.key")), ("Ctrl U", say("outage.key")), ("Ctrl J", say("check.key")), ("Ctrl O", say("choose.other")), *((("Ctrl M", say("beside.key")),) if self.beside.view else ()), ("F11", say("facing.title")), ("Ctrl L", say("lock")), *names)
        KeysSheet(self.window(), title=say("keys"), keys=tuple(dict.fromkeys(every)), close=say("back"))

    def check(self) -> None:
        """Read the whole book again and say what was found; not while somebody counts without being told."""
        if self.sheet is None and not self.counter.blind:
            CheckSheet(self.window(), self.counter)

    def show_beside(self) -> None:
        """The other laptop at the table; on the group whose sheet is shown, if one is."""
        groups = self.pages.made.get("groups")
        if self.sheet is None and self.beside.view is not None:
            sheet = groups.sheet if isinstance(groups, GroupsPage) and groups.shown else None
            BesideSheet(self.window(), self.counter, self.beside, group=sheet.row.group.group_code if sheet else "")

    def show_queue(self, *, brief: bool = False) -> None:
        """What waits for its paper and why; `brief` goes away when nothing does."""
        if self.sheet is None:
            PrintQueueSheet(self.window(), self.counter, self.printing, brief=brief)

    def _behind(self, fault: Fault) -> None:
        """The stick and the book contradict each other: what is missing can come back, anything else is said."""
        if fault.code == "book.behind" and self.sheet is None:
            PutBackSheet(self.window(), self.counter, self.mirroring, first=str(fault.facts["first"]), last=str(fault.facts["last"]))
        else:
            self._fail(fault)

    def _tell_elsewhere(self, now: "Standing") -> None:
        """Said once: the office has vouchers that never came here, or the session went on at another laptop."""
        if now.ahead is not None and not self._told_ahead:
            self._told_ahead = True
            ahead = {"letter": now.ahead.letter, "first": f"{now.ahead.first:06d}", "last": f"{now.ahead.last:06d}"}
            self._say(self.counter.say("resume.ahead", **ahead), "warn")
        if now.taken_over is not None and not self._told_taken_over:
            self._told_taken_over = True
            self._fail(now.taken_over)

    def _say(self, text: str, tone: str) -> None:
        self.said.setText(text)
        self.said.setAccessibleName(text)
        toned(self.said, tone)

    def _fail(self, fault: Fault) -> None:
        self._say(self.counter.sentence(fault), "bad" if isinstance(fault, Damage) else "warn")
        code = fault.code
        self.counter.ask(
            lambda desk: fault_tally.count(desk.book.path.parent.parent, code), then=lambda _none: None, failed=lambda _none: None
        )

    def end(self) -> None:
        """Keep what is half typed, and send nothing more."""
        page = self.stack.currentWidget()
        if isinstance(page, Page):
            page.leave()
        self.sending.end()
        self.keeping.end()
        self.mirroring.end()
        self.beside.end()
        self.printing.end()
        self.counter.end()
        if (sheet := self.sheet) is not None:
            sheet.drop()
