"""The window: locked first, then one desk with its pages; and the program's loop.

What must be ready before the first page is only Qt, the words and the vault's roster. Unlocking, the
book and all paper are asked of the workers.
"""

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QScreen
from PySide6.QtWidgets import QApplication, QMainWindow
from shiboken6 import isValid

from desktop.press.tray import Tray
from desktop.ui import look, opening
from desktop.ui.choose import ChoosePage
from desktop.ui.presses import Presses
from desktop.ui.tasks import Workers
from desktop.ui.unlock import PackPage, UnlockPage
from desktop.words import Words
from sync.errors import Damage, Fault

if TYPE_CHECKING:
    from desktop.road.courier import Courier
    from desktop.ui.chips import Tone
    from desktop.ui.counter import Counter
    from desktop.ui.enrol import EnrolPage
    from desktop.ui.facing_window import FacingWindow
    from desktop.ui.open_desk import OpenDesk, Roads
    from desktop.ui.presence import Presence
    from desktop.ui.restore_page import RestorePage
    from desktop.ui.sending import Road
    from desktop.ui.stick_sheet import StickSheet
    from desktop.vault import Unlocked, Vault

# Long enough to count a bundle of notes beside the laptop, short enough for a table left alone.
IDLE_LOCK_MS = 10 * 60 * 1000

class Window(QMainWindow):
    """Locked, waiting for a pack, or a desk."""

    def __init__(
        self,
        home: Path,
        *,
        clock: opening.Clock,
        draw: Callable[[int], bytes],
        printer: Tray,
        road: "Roads | None",
        language: str,
        office: str = "",
    ) -> None:
        super().__init__()
        self.home, self.clock = home, clock
        self._draw, self._presses, self._road = draw, Presses(printer), road
        self.words = Words(language)
        self.workers = Workers()
        self.counter: Counter | None = None
        self.table: OpenDesk | None = None
        self._held: opening.Opened | None = None
        self._unlocked: Unlocked | None = None
        self._vault: Vault | None = None
        self._office = office
        self._enrol: EnrolPage | None = None
        self._enrol_left = False
        self.facing: FacingWindow | None = None
        # Looked for once: later in the day an open log is our own.
        self._left_s = opening.left_open(home)
        self.setMinimumSize(1280, 720)
        self._idle = QTimer(self, interval=IDLE_LOCK_MS, singleShot=True)
        self._idle.timeout.connect(self.lock)
        self._presence: Presence | None = None
        self._loaded = False
        # A sheet over a page on which no book is open yet.
        self._over: StickSheet | None = None
        self.show_unlock()

    def _watch(self) -> None:
        """Listen to the window's keys and to whether anybody is there, from the first unlocking on."""
        if self._presence is not None:
            return
        from desktop.ui.presence import Presence

        self._presence = Presence(self)
        self._presence.pressed.connect(self._somebody)
        self._presence.woke.connect(self.lock)
        self._add_keys()

    def _add_keys(self) -> None:
        from PySide6.QtGui import QKeySequence, QShortcut

        from desktop.ui.rail import PAGES

        keys: dict[str, Callable[[], None]] = {"Ctrl+L": self.lock, "Ctrl+K": self._search, "Ctrl+O": self._choose_again, "F11": self._toggle_facing, "Ctrl+P": self._show_queue, "F12": self._show_keys, "?": self._show_keys}
        for name, key, _ in PAGES:
            keys[key] = lambda name=name: self._go(name)  # type: ignore[misc]
        for key, call in keys.items():
            QShortcut(QKeySequence(key), self).activated.connect(call)

    def _go(self, name: str) -> None:
        if self.table is not None and self.table.sheet is None and not self._stays(name):
            self.table.go_to(name)

    def _stays(self, name: str) -> bool:
        """While somebody counts blind no other page is shown: all of them say what the book expects."""
        if self.counter is None or not self.counter.blind or name == "close":
            return False
        self.counter.said.emit(self.words("ui.close.blind_stay"), "warn")
        return True

    def _search(self) -> None:
        if self.table is not None and self.table.sheet is None and not self._stays("customers"):
            self.table.go_to("customers", "find")

    def _show_queue(self) -> None:
        if self.table is not None:
            self.table.show_queue()

    def _show_keys(self) -> None:
        if self.table is not None:
            self.table.show_all_keys()

    def _somebody(self) -> None:
        """A key or a mouse button: whoever is unlocked stays so for as long again."""
        if self._idle.isActive():
            self._idle.start()

    # Locked

    def show_unlock(self, said: str = "", *, tone: "Tone" = "bad", staff_id: str = "") -> None:
        """The first page with a sentence on it, for somebody where that is known, or what must be done once before it."""
        name, accounts, answer = "", (), None
        try:
            self._vault = self._vault or opening.open_vault(self.home, draw=self._draw)
            name, accounts = self._vault.office_name, self._vault.accounts  # type: ignore[assignment]
            answer = None if self._enrol_left else opening.answer_due(self.home)
        except Fault as missing:
            if missing.code == "vault.not-enrolled":
                self._show_enrol(None)
                return
            said, tone = missing.sentence(self.words.language), "bad"
        if answer is not None:
            self._show_enrol(answer)
            return
        if self._left_s and not said:
            said, tone = self._left_open(), "warn"
        page = UnlockPage(self.words, office_name=name, accounts=accounts, notice=said, tone=tone, staff_id=staff_id)
        page.opened.connect(self._unlock)
        page.passphrase.textEdited.connect(self._load)
        page.language.connect(self.speak)
        self.setWindowTitle(self.words("ui.name"))
        self.setCentralWidget(page)
        page.start()

    def _load(self) -> None:
        """With the first letter of the first passphrase."""
        if not self._loaded:
            self._loaded = True
            self.workers.run("books", call=opening.load, then=lambda _none: None, failed=self._refuse)

    def _left_open(self) -> str:
        from desktop.ui.counter import clock_text

        day = "%d/%m/%Y"
        today = clock_text(self._left_s, day) == clock_text(self.clock().wall_s, day)
        return self.words("ui.unlock.left_open", when=clock_text(self._left_s, "%H:%M" if today else f"%H:%M {day}"))

    def _show_enrol(self, answer: bytes | None) -> None:
        """The first run; with an `answer`, all of it is done but the office's part."""
        from desktop.road import address
        from desktop.ui.enrol import EnrolPage, Waiting

        vault = self._vault
        page = EnrolPage(
            self.words,
            workers=self.workers,
            home=self.home,
            draw=self._draw,
            office=self._office or address.known(self.home),
            waiting=Waiting(vault.letter, vault.office_name, answer) if vault and answer else None,
        )
        page.done.connect(self._enrolled)
        page.language.connect(self.speak)
        self._enrol = page
        self.setWindowTitle(self.words("ui.name"))
        self.setCentralWidget(page)
        page.start()

    def _enrolled(self, address: str) -> None:
        self._enrol, self._enrol_left = None, True
        if address:
            self._road = OfficeRoad(address, home=self.home, draw=self._draw)
        self.show_unlock(self.words("ui.enrol.done") if address else "", tone="ok")

    def speak(self, language: str) -> None:
        """Another language, at once; what is half typed is kept."""
        self.words = Words(language)
        if self._enrol is not None:
            self._enrol.speak(self.words)
            return
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
        if isinstance(page, UnlockPage | PackPage | ChoosePage):
            page.refuse(fault)

    def _open(self, unlocked: "Unlocked") -> None:
        self._unlocked, self._left_s = unlocked, 0
        self._watch()
        # The keys are out from here on, whatever page comes.
        self._idle.start()
        self.workers.run(
            "books",
            call=lambda: opening.begin(self.home, unlocked, clock=self.clock),
            then=self._for(unlocked, self._begun),
            failed=self._no_desk,
        )

    def _for(self, unlocked: "Unlocked", then: "Callable[[Any], None]") -> "Callable[[Any], None]":
        """An answer for whoever asked it. Where they locked meanwhile nobody sees it: a book opened for them is closed again."""

        def give(found: "opening.Opened | opening.Choice") -> None:
            if self._unlocked is unlocked:
                then(found)
            elif isinstance(found, opening.Opened):
                self.workers.run("books", call=found.desk.book.close, then=lambda _none: None, failed=self._refuse)

        return give

    def _begun(self, found: opening.Opened | opening.Choice) -> None:
        if isinstance(found, opening.Opened):
            self._opened(found)
        elif self._unlocked is not None:
            self._show_choice(found)

    def _show_choice(self, found: opening.Choice) -> None:
        """The sessions of this laptop, to choose one of."""
        page = ChoosePage(self.words, found, online=self._road is not None)
        page.chosen.connect(self._choose)
        page.practise.connect(self._practise)
        page.fetch.connect(self._fetch)
        page.load.connect(lambda path: self._take_packs(lambda: opening.brought_packs(Path(path))))
        page.stick.connect(self._take_stick)
        page.elsewhere.connect(self._resume)
        page.back.connect(self.lock)
        self.setWindowTitle(self.words("ui.name"))
        self.setCentralWidget(page)
        page.start()
        self._idle.start()

    def _resume(self) -> None:
        """Another laptop's session goes on here."""
        from desktop.ui.resume import ResumePage

        unlocked = self._unlocked
        if unlocked is None:
            return
        page = ResumePage(self.words, workers=self.workers, home=self.home, unlocked=unlocked, clock=self.clock)
        page.done.connect(self._resumed)
        page.back.connect(lambda: self._open(unlocked))
        self.setCentralWidget(page)
        page.start()
        self._idle.start()

    def _resumed(self, book: bytes, number: int, letter: str) -> None:
        unlocked, clock = self._unlocked, self.clock
        if unlocked is None:
            return

        def opened(found: opening.Opened) -> None:
            self._opened(found)
            if self.counter is not None:
                self.counter.said.emit(self.words("ui.resume.gone_on", number=f"{number:06d}", letter=letter), "ok")

        self.workers.run(
            "books", call=lambda: opening.choose(self.home, unlocked, book, clock=clock),
            then=self._for(unlocked, opened), failed=self._no_desk,
        )

    def _choose(self, book: bytes) -> None:
        unlocked, clock = self._unlocked, self.clock
        if unlocked is not None:
            self.workers.run(
                "books", call=lambda: opening.choose(self.home, unlocked, book, clock=clock),
                then=self._for(unlocked, self._opened), failed=self._refuse,
            )  # fmt: skip

    def _practise(self, anew: bool) -> None:
        unlocked, clock = self._unlocked, self.clock
        if unlocked is not None:
            self.workers.run(
                "books", call=lambda: opening.practise(self.home, unlocked, anew=anew, clock=clock),
                then=self._for(unlocked, self._opened), failed=self._refuse,
            )  # fmt: skip

    def _choose_again(self) -> None:
        """Leave this session for another, still unlocked; what is half typed is kept."""
        held, unlocked, table, clock = self._held, self._unlocked, self.table, self.clock
        if held is None or unlocked is None or table is None or table.sheet is not None or table.posting.busy:
            return
        gc.unfreeze()
        table.end()
        if self.facing is not None:
            self.facing.leave()
        self.counter, self.table, self._held = None, None, None

        def call() -> opening.Choice:
            opening.put_away(held.desk)
            return opening.look_around(self.home, unlocked, clock=clock)

        self.workers.run("books", call=call, then=self._for(unlocked, self._begun), failed=self._refuse)

    def _no_desk(self, fault: Fault) -> None:
        if self._unlocked is None:
            return  # locked meanwhile
        if isinstance(fault, Damage):
            self._look_for_damage(fault)
            return
        if fault.code != "shelf.no-book":
            self._refuse(fault)
            return
        page = PackPage(self.words, online=self._road is not None)
        page.fetch.connect(self._fetch)
        page.load.connect(lambda path: self._take_packs(lambda: opening.brought_packs(Path(path))))
        page.stick.connect(self._take_stick)
        page.elsewhere.connect(self._resume)
        page.back.connect(self.lock)
        self.setCentralWidget(page)
        page.start()

    def _look_for_damage(self, fault: Fault) -> None:
        """A book that does not open: its copies may bring it back."""
        unlocked, words = self._unlocked, self.words

        def offer(found: opening.Damaged | None) -> None:
            from desktop.ui.restore_page import RestorePage

            if found is None:
                self._refuse(fault)
                return
            page = RestorePage(words, found)
            page.restore.connect(lambda seen, mirror: self._restore(page, seen, mirror))
            page.back.connect(self.lock)
            self.setCentralWidget(page)
            page.start()
            self._idle.start()

        if unlocked is not None:
            self.workers.run(
                "books", call=lambda: opening.damaged(self.home, unlocked, words=words), then=offer, failed=self._refuse
            )

    def _restore(self, page: "RestorePage", seen: int, mirror: str) -> None:
        unlocked, clock, book = self._unlocked, self.clock, page.book
        if unlocked is not None:
            self.workers.run(
                "books", call=lambda: opening.restore(self.home, unlocked, book, seen=seen, mirror=mirror, clock=clock),
                then=self._for(unlocked, self._begun), failed=lambda fault: page.refuse(fault) if isValid(page) else None,
            )  # fmt: skip

    def _fetch(self) -> None:
        unlocked, road = self._unlocked, self._road
        if unlocked is None or road is None:
            return

        def fetch(held: frozenset[bytes]) -> None:
            def bring() -> tuple[bytes, ...]:
                from desktop.road import directory

                courier: Courier = road()  # type: ignore[assignment]
                directory.ask(self.home, unlocked, courier)
                return opening.fetched_packs(courier, unlocked.device, held=held)

            self._take_packs(bring)

        self.workers.run(
            "books", call=lambda: opening.held_packs(self.home, unlocked), then=fetch, failed=self._refuse
        )

    def _take_stick(self) -> None:
        """Everything the office wrote on a stick, while no book is open."""
        from desktop.ui.stick_sheet import StickSheet, Unopened

        unlocked, home, clock = self._unlocked, self.home, self.clock
        if unlocked is None:
            return

        def look(_exchanged: object) -> None:
            self.workers.run(
                "books", call=lambda: opening.begin(home, unlocked, clock=clock),
                then=self._for(unlocked, self._begun), failed=self._refuse,
            )  # fmt: skip

        laptop = Unopened(self.words, self.workers, lambda: opening.unopened(home, unlocked, clock=clock))
        sheet = StickSheet(self, laptop, writing=False)
        came: list[object] = []
        sheet.exchanged.connect(came.append)
        # What came is looked at when the person has read what it was.
        sheet.dropped.connect(lambda: look(came[0]) if came and self._unlocked is unlocked else None)
        self._over = sheet

    def _take_packs(self, bring: Callable[[], tuple[bytes, ...]]) -> None:
        unlocked = self._unlocked
        if unlocked is None:
            return

        def make(packs: tuple[bytes, ...]) -> None:
            if self._held is not None or self._unlocked is not unlocked:
                return  # meanwhile somebody got the session from a stick, or locked
            self.workers.run(
                "books",
                call=lambda: opening.take_packs(self.home, unlocked, packs=packs, clock=self.clock),
                then=self._for(unlocked, self._begun),
                failed=self._refuse,
            )

        self.workers.run("wire", call=bring, then=make, failed=self._refuse)

    # Open

    def _opened(self, opened: opening.Opened) -> None:
        self._held = opened
        self._show_table(opened, "today")
        # What stands from now on is not gone through for garbage again and again, which holds the window up.
        gc.freeze()
        self._idle.start()
        if self.facing is None and len(self.screens()) > 1:
            self._toggle_facing()

    def screens(self) -> list[QScreen]:
        """The screens of this laptop."""
        return QApplication.screens()

    def _toggle_facing(self) -> None:
        """The window for the person before the counter: there, or away."""
        from desktop.ui.facing_window import FacingWindow

        if self.facing is None:
            self.facing = FacingWindow()
        elif self.facing.isVisible():
            self.facing.hide()
            return
        if self.counter is not None:
            self.facing.watch(self.counter)
        self.facing.place(self.screens(), beside=self.screen())
        # Some systems give every new window the keyboard, whatever it asks for.
        self.activateWindow()

    def _show_table(self, opened: opening.Opened, page: str) -> None:
        """Rail and pages for an open desk, in the language in use."""
        from desktop.ui.counter import Counter
        from desktop.ui.open_desk import OpenDesk

        standing, blind = (self.counter.standing, self.counter.blind) if self.counter else (opened.standing, opened.blind)
        self.counter = Counter(
            workers=self.workers,
            words=self.words,
            desk=opened.desk,
            standing=standing,
            roll=opened.roll,
            team=self._vault.accounts if self._vault else (),
            device_key=opened.device_key,
            late=opened.late,
        )
        # What is practised is nobody's business but the laptop's.
        road = None if self.counter.training else self._road
        self.table = OpenDesk(self.counter, presses=self._presses, road=road)
        self.table.rail.elsewhere.connect(self._choose_again)
        self.table.rail.faced.connect(self._toggle_facing)
        self.table.rail.locked.connect(self.lock)
        self.counter.handed.connect(self._handed)
        self.table.rail.language.connect(self.speak)
        self.setCentralWidget(self.table)
        if self.facing is not None:
            self.facing.watch(self.counter)
        training = f"{self.words('paper.training.mark')} · " if self.counter.training else ""
        self.setWindowTitle(f"{training}{self.words('ui.name')} · {self.counter.standing.point_name}")
        # Before any page says what the book expects.
        self.counter.set_blind(blind)
        self.table.go_to("close" if blind else page)
        if opened.late:
            day = f"{opened.standing.session_date:%d/%m/%Y}"
            self.counter.said.emit(self.words("ui.choose.late", day=day), "warn")
        self.table.sending.send()
        self.table.mirroring.go()
        self.table.outage.begin()

    def _handed(self, staff_id: str, said: str) -> None:
        """The drawer has another holder: whoever had it has nothing more to do here."""
        self.lock()
        self.show_unlock(said, tone="ok", staff_id=staff_id)

    def lock(self) -> None:
        """Keep what is half typed, end the book, drop the keys."""
        self._idle.stop()
        gc.unfreeze()
        held, unlocked = self._held, self._unlocked
        if self.table is not None:
            self.table.end()
        if self.facing is not None:
            self.facing.leave()
        self.counter, self.table, self._held, self._unlocked = None, None, None, None
        if held is not None:
            # After all that was asked of the book before it: what is half typed is kept, then the keys go.
            desk = held.desk
            self.workers.run("books", call=lambda: opening.leave(desk), then=lambda _none: None, failed=self._refuse)
        elif unlocked is not None:
            # Likewise: a book that is just being opened or put away is not left in the midst of it.
            self.workers.run("books", call=unlocked.lock, then=lambda _none: None, failed=self._refuse)
        if self._over is not None and isValid(self._over) and not self._over.isHidden():
            self._over.drop()
        self._over = None
        if unlocked is not None:
            self.show_unlock()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.lock()
        if isinstance(self._road, OfficeRoad):
            self.workers.run("wire", call=self._road.end, then=lambda _none: None, failed=lambda _fault: None)
        if self.facing is not None:
            self.facing.close()
        self.workers.end()
        super().closeEvent(event)


class OfficeRoad:
    """A courier made on the wire worker, at its first journey, and ended there."""

    def __init__(self, office: str, *, home: Path, draw: Callable[[int], bytes]) -> None:
        self._office, self._home, self._draw = office, home, draw
        self._courier: Courier | None = None

    def __call__(self) -> "Road":
        if self._courier is None:
            from desktop.road.courier import Courier

            known_by = opening.open_vault(self._home, draw=self._draw).certificate
            self._courier = Courier(self._office, certificate=known_by)
        return self._courier

    def end(self) -> None:
        if self._courier is not None:
            self._courier.close()


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
        printer=Tray(paper or app_home.parent / "paper"),
        road=OfficeRoad(courier_url, home=app_home, draw=draw) if courier_url else None,
        language=language,
        office=courier_url or "",
    )
    window.resize(1366, 728)
    window.show()
    return app.exec()
