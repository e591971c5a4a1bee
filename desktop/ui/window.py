"""The window: locked first, then one desk with its pages; and the program's loop.

What must be ready before the first page is only Qt, the words and the vault's roster. Unlocking, the
book and all paper are asked of the workers.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from desktop.ui import look, opening
from desktop.ui.chips import KeyLine, label, toned
from desktop.ui.counter import Counter
from desktop.ui.page import Page
from desktop.ui.printing import FolderPrinter, Printer, Printing
from desktop.ui.rail import PAGES, Head, Rail
from desktop.ui.sending import Road, Sending
from desktop.ui.sheets import KeysSheet, Sheet
from desktop.ui.tasks import Workers
from desktop.ui.unlock import PackPage, UnlockPage
from desktop.words import Words
from sync.errors import Damage, Fault

if TYPE_CHECKING:
    from desktop.vault import Unlocked, Vault

# Long enough to count a bundle of notes beside the laptop, short enough for a table left alone.
IDLE_LOCK_MS = 10 * 60 * 1000
Roads = Callable[[], Road]


class OpenDesk(QWidget):
    """An open desk: rail, head, the pages and the foot."""

    def __init__(self, counter: Counter, *, printer: Printer, road: Roads | None) -> None:
        from desktop.ui.posting import Posting

        super().__init__()
        self.counter = counter
        self.posting = Posting(counter, window=self.window)
        self.printing = Printing(counter, printer=printer)
        self.sending = Sending(counter, road=road)
        counter.sheet_open = lambda: self.sheet is not None
        self.rail, self.head, self.foot = Rail(counter), Head(counter, self.sending), KeyLine()
        self.said = label(name="said")
        self.stack = QStackedWidget()
        self.stack.setObjectName("pages")
        self.pages: dict[str, Page] = self._make_pages()
        for page in self.pages.values():
            self.stack.addWidget(page)
            page.keys_moved.connect(self._show_keys)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.rail)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.stack, 1)
        below = QWidget()
        below.setObjectName("foot")
        below.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        strip = QHBoxLayout(below)
        strip.setContentsMargins(0, 0, 18, 0)
        strip.addWidget(self.foot, 1)
        strip.addWidget(self.said)
        column.addWidget(below)
        line.addLayout(column, 1)
        self._connect()

    def _make_pages(self) -> dict[str, Page]:
        from desktop.ui.cash import CashPage
        from desktop.ui.close import ClosePage
        from desktop.ui.customers import CustomersPage
        from desktop.ui.groups import GroupsPage
        from desktop.ui.journal import JournalPage
        from desktop.ui.sync_page import SyncPage
        from desktop.ui.today import TodayPage

        counter, posting = self.counter, self.posting
        return {
            "today": TodayPage(counter, self.printing),
            "groups": GroupsPage(counter, posting),
            "customers": CustomersPage(counter, posting),
            "cash": CashPage(counter, posting),
            "journal": JournalPage(counter, posting, self.printing),
            "sync": SyncPage(counter, self.sending),
            "close": ClosePage(counter, posting, self.sending),
        }

    def _connect(self) -> None:
        counter = self.counter
        self.rail.chosen.connect(self.go_to)
        counter.wanted.connect(self.go_to)
        counter.said.connect(self._say)
        counter.failed.connect(self._fail)
        counter.posted.connect(self.printing.print_voucher)
        counter.posted.connect(lambda _number: self.sending.send())
        self.printing.failed.connect(self._fail)

    @property
    def sheet(self) -> Sheet | None:
        """The sheet laid over the window, if one is."""
        return next((one for one in self.window().findChildren(Sheet) if not one.isHidden()), None)

    @property
    def page(self) -> str:
        """The name of the page that is shown."""
        return next(name for name, page in self.pages.items() if page is self.stack.currentWidget())

    def go_to(self, name: str, what: str = "") -> None:
        """Show a page; `what` names what to show on it."""
        page = self.pages[name]
        before = self.stack.currentWidget()
        if isinstance(before, Page) and before is not page:
            before.leave()
            before.shown = False
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
        every = (*page.keys(), ("Ctrl K", say("today.key_find")), ("Ctrl L", say("lock")), *names)
        KeysSheet(self.window(), title=say("keys"), keys=tuple(dict.fromkeys(every)), close=say("back"))

    def _say(self, text: str, tone: str) -> None:
        self.said.setText(text)
        self.said.setAccessibleName(text)
        toned(self.said, tone)

    def _fail(self, fault: Fault) -> None:
        self._say(self.counter.sentence(fault), "bad" if isinstance(fault, Damage) else "warn")

    def end(self) -> None:
        """Keep what is half typed, and send nothing more."""
        page = self.stack.currentWidget()
        if isinstance(page, Page):
            page.leave()
        self.sending.end()
        self.counter.end()
        if (sheet := self.sheet) is not None:
            sheet.drop()


class Window(QMainWindow):
    """Locked, waiting for a pack, or a desk."""

    def __init__(
        self,
        home: Path,
        *,
        clock: opening.Clock,
        draw: Callable[[int], bytes],
        printer: Printer,
        road: Roads | None,
        language: str,
    ) -> None:
        super().__init__()
        self.home, self.clock = home, clock
        self._draw, self._printer, self._road = draw, printer, road
        self.words = Words(language)
        self.workers = Workers()
        self.counter: Counter | None = None
        self.table: OpenDesk | None = None
        self._held: opening.Opened | None = None
        self._unlocked: Unlocked | None = None
        self._vault: Vault | None = None
        self.setMinimumSize(1280, 720)
        self._idle = QTimer(self, interval=IDLE_LOCK_MS, singleShot=True)
        self._idle.timeout.connect(self.lock)
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]
        self._add_keys()
        self.show_unlock()

    def _add_keys(self) -> None:
        keys: dict[str, Callable[[], None]] = {"Ctrl+L": self.lock, "Ctrl+K": self._search, "F12": self._show_keys, "?": self._show_keys}
        for name, key, _ in PAGES:
            keys[key] = lambda name=name: self._go(name)  # type: ignore[misc]
        for key, call in keys.items():
            QShortcut(QKeySequence(key), self).activated.connect(call)

    def _go(self, name: str) -> None:
        if self.table is not None and self.table.sheet is None:
            self.table.go_to(name)

    def _search(self) -> None:
        if self.table is not None and self.table.sheet is None:
            self.table.go_to("customers", "find")

    def _show_keys(self) -> None:
        if self.table is not None:
            self.table.show_all_keys()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress) and self.table is not None:
            self._idle.start()
        return super().eventFilter(watched, event)

    # Locked

    def show_unlock(self, fault: Fault | None = None) -> None:
        """The first page; `fault` says why it is shown again."""
        said = fault.sentence(self.words.language) if fault else ""
        name, accounts = "", ()
        try:
            self._vault = self._vault or opening.open_vault(self.home, draw=self._draw)
            name, accounts = self._vault.office_name, self._vault.accounts  # type: ignore[assignment]
        except Fault as missing:
            said = missing.sentence(self.words.language)
        page = UnlockPage(self.words, office_name=name, accounts=accounts, notice=said)
        page.opened.connect(self._unlock)
        page.language.connect(self.speak)
        self.setWindowTitle(self.words("ui.name"))
        self.setCentralWidget(page)
        page.start()

    def speak(self, language: str) -> None:
        """Another language, at once; what is half typed is kept."""
        self.words = Words(language)
        if self._held is None or self.table is None:
            self.show_unlock()
            return
        page = self.table.page
        self.table.end()
        self._show_table(self._held, page)

    def _unlock(self, staff_id: str, passphrase: str) -> None:
        vault, clock = self._vault, self.clock
        if vault is None:
            return

        def call() -> "Unlocked":
            return vault.unlock(staff_id, passphrase=passphrase, now_s=clock().wall_s)

        self.workers.run("books", call=call, then=self._open, failed=self._refuse)

    def _refuse(self, fault: Fault) -> None:
        page = self.centralWidget()
        if isinstance(page, UnlockPage | PackPage):
            page.refuse(fault)

    def _open(self, unlocked: "Unlocked") -> None:
        self._unlocked = unlocked
        self.workers.run(
            "books",
            call=lambda: opening.open_newest(self.home, unlocked, clock=self.clock),
            then=self._opened,
            failed=self._no_desk,
        )

    def _no_desk(self, fault: Fault) -> None:
        if fault.code != "shelf.no-book":
            self._refuse(fault)
            return
        page = PackPage(self.words, online=self._road is not None)
        page.fetch.connect(self._fetch)
        page.load.connect(lambda path: self._take_pack(lambda: Path(path).read_bytes()))
        page.back.connect(self.lock)
        self.setCentralWidget(page)
        page.start()

    def _fetch(self) -> None:
        unlocked, road = self._unlocked, self._road
        if unlocked is not None and road is not None:
            self._take_pack(lambda: road().fetch_pack(unlocked.device))  # type: ignore[attr-defined]

    def _take_pack(self, bring: Callable[[], bytes]) -> None:
        unlocked = self._unlocked
        if unlocked is None:
            return

        def make(raw: bytes) -> None:
            self.workers.run(
                "books",
                call=lambda: opening.take_pack(self.home, unlocked, raw=raw, clock=self.clock),
                then=self._opened,
                failed=self._refuse,
            )

        self.workers.run("wire", call=bring, then=make, failed=self._refuse)

    # Open

    def _opened(self, opened: opening.Opened) -> None:
        self._held = opened
        self._show_table(opened, "today")
        self._idle.start()

    def _show_table(self, opened: opening.Opened, page: str) -> None:
        """Rail and pages for an open desk, in the language in use."""
        standing = self.counter.standing if self.counter else opened.standing
        self.counter = Counter(
            workers=self.workers,
            words=self.words,
            desk=opened.desk,
            standing=standing,
            roll=opened.roll,
            team=self._vault.accounts if self._vault else (),
            device_key=opened.device_key,
        )
        self.table = OpenDesk(self.counter, printer=self._printer, road=self._road)
        self.table.rail.locked.connect(self.lock)
        self.table.rail.language.connect(self.speak)
        self.setCentralWidget(self.table)
        self.setWindowTitle(f"{self.words('ui.name')} · {self.counter.standing.point_name}")
        self.table.go_to(page)
        self.table.sending.send()

    def lock(self) -> None:
        """Keep what is half typed, end the book, drop the keys."""
        self._idle.stop()
        held, unlocked = self._held, self._unlocked
        if self.table is not None:
            self.table.end()
        self.counter, self.table, self._held, self._unlocked = None, None, None, None
        if held is not None:
            # After all that was asked of the book before it: what is half typed is kept, then the keys go.
            self.workers.run("books", call=held.desk.close, then=lambda _none: None, failed=lambda _fault: None)
        elif unlocked is not None:
            unlocked.lock()
        if unlocked is not None:
            self.show_unlock()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.lock()
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
        self.workers.end()
        super().closeEvent(event)


def make_road(courier_url: str) -> Roads:
    """A courier made on the wire worker, at its first journey."""
    made: list[Road] = []

    def road() -> Road:
        if not made:
            from desktop.courier import Courier

            made.append(Courier(courier_url))
        return made[0]

    return road


def run(
    app_home: Path,
    *,
    clock: opening.Clock,
    draw: Callable[[int], bytes],
    courier_url: str | None,
    paper: Path | None,
    language: str,
) -> int:
    """The window until it is closed; the exit status."""
    app = QApplication(sys.argv[:1])
    look.dress(app, dark=app.styleHints().colorScheme() == Qt.ColorScheme.Dark)
    window = Window(
        app_home,
        clock=clock,
        draw=draw,
        # Beside the laptop's folder, not in it: paper is in the clear.
        printer=FolderPrinter(paper or app_home.parent / "paper"),
        road=make_road(courier_url) if courier_url else None,
        language=language,
    )
    window.resize(1366, 728)
    window.show()
    return app.exec()
