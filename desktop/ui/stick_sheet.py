"""A stick that was put in: which one, what is being done with it, and whether it can be pulled out.

The stick is read and written on the *wire* worker and the books are asked on theirs, so a slow stick keeps nobody from
being served. Until the last sentence says so it is not to be pulled out; pulled out all the same, nothing is lost.
"""

import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop.ui.chips import Notice, button, label, row, toned
from desktop.ui.counter import Counter, day_text
from desktop.ui.sheets import Sheet
from desktop.ui.tasks import Worker, Workers
from desktop.words import Words
from sync.errors import Fault

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.road.stick import Exchanged, Table
    from desktop.road.volumes import Volume
    from desktop.vault import Unlocked

T = TypeVar("T")
LOOK_MS = 2_000
# As many as have a digit for a key and stand on the smallest screen.
SHOWN = 6
LEFT_SHOWN = 3
FOLDER = "stick/folder"
KINDS = ("ack", "batch", "directory", "disposition", "pack")


class Laptop(Protocol):
    """What the sheet asks of the laptop: words, its workers, and its books on theirs."""

    def say(self, key: str, **facts: str | int) -> str: ...

    def sentence(self, fault: Fault) -> str: ...

    def books(
        self, call: "Callable[[Table], T]", *, then: Callable[[T], None], failed: Callable[[Fault], None]
    ) -> None: ...

    def carry(
        self, worker: Worker, *, call: Callable[[], T], then: Callable[[T], None], failed: Callable[[Fault], None]
    ) -> None: ...


class AtDesk:
    """With a book open."""

    def __init__(self, counter: Counter) -> None:
        self.say, self.sentence, self.carry = counter.say, counter.sentence, counter.carry
        self._counter = counter

    def books(
        self, call: "Callable[[Table], T]", *, then: Callable[[T], None], failed: Callable[[Fault], None]
    ) -> None:
        def at(desk: "Desk") -> T:
            from desktop.road.stick import Table

            return call(Table.of(desk))

        self._counter.ask(at, then=then, failed=failed)


class Unopened:
    """Unlocked, and no book open."""

    def __init__(self, words: Words, workers: Workers, table: "Callable[[], Table]") -> None:
        self._words, self._table = words, table
        self._run = workers.run

    def say(self, key: str, **facts: str | int) -> str:
        return self._words(f"ui.{key}", **facts)

    def sentence(self, fault: Fault) -> str:
        return fault.sentence(self._words.language)

    def carry(
        self, _worker: Worker, *, call: Callable[[], T], then: Callable[[T], None], failed: Callable[[Fault], None]
    ) -> None:
        # The line may be waiting for an office that does not answer, and nothing is mirrored while no book is open.
        self._run("mirror", call=call, then=then, failed=failed)

    def books(
        self, call: "Callable[[Table], T]", *, then: Callable[[T], None], failed: Callable[[Fault], None]
    ) -> None:
        self._run("books", call=lambda: call(self._table()), then=then, failed=failed)


class StickSheet(Sheet):
    """`writing`: what is unsent goes out, and what came is taken; else only that. `exchanged` when it came to its end."""

    exchanged = Signal(object)
    _stepped = Signal(str, int, int)

    def __init__(
        self, window: QWidget, laptop: Laptop, *, writing: bool, draw: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        super().__init__(window, title=laptop.say("stick.out" if writing else "stick.in"), width=640)
        self.laptop, self.say = laptop, laptop.say
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._writing, self._draw = writing, draw
        self._volumes: tuple[Volume, ...] | None = None
        self._kept = ""
        self.busy = False
        self.what = label(self.say("stick.out_text" if writing else "stick.in_text"), name="muted", wrap=True)
        self.body.addWidget(self.what)
        self._sticks = QVBoxLayout()
        self._sticks.setSpacing(8)
        self.body.addLayout(self._sticks)
        self.buttons: list[QPushButton] = []
        self.none = label(self.say("stick.none"), wrap=True)
        self.body.addWidget(self.none)
        self.step, self.done, self.notice = label(name="strong", wrap=True), label(name="title", wrap=True), Notice()
        self.told = label(name="muted", wrap=True)
        for one in (self.step, self.done, self.notice, self.told):
            one.hide()
            self.body.addWidget(one)
        self.choose = button(self.say("stick.choose"), key="C")
        self.back = button(self.say("back"), key="Esc")
        self.body.addSpacing(8)
        self.body.addLayout(row(self.choose, None, self.back))
        self.choose.clicked.connect(self._choose)
        self.back.clicked.connect(self.drop)
        self._stepped.connect(self._show_step)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self.open_at(self.choose)
        laptop.books(lambda table: table.unlocked.setting(FOLDER), then=self._there(self._remember), failed=self._there(self._fail))

    def _there(self, answer: Callable[[T], None]) -> Callable[[T], None]:
        """For an answer that may come after the sheet was taken away: nobody is told then."""
        return lambda answered: answer(answered) if isValid(self) else None

    # Which stick

    def _remember(self, folder: str) -> None:
        self._kept = folder
        self._look()

    def _look(self) -> None:
        """Whatever is in now; sticks are put in while the sheet is open."""
        if not self.busy and not self.done.isVisible():
            self.laptop.carry("wire", call=self._volumes_now, then=self._there(self._show_volumes), failed=self._there(self._fail))

    def _volumes_now(self) -> "tuple[Volume, ...]":
        from desktop.road import volumes

        found = volumes.found()
        kept = Path(self._kept)
        if self._kept and kept.is_dir() and not volumes.left_behind(kept) and kept not in {one.root for one in found}:
            found = (*found, volumes.volume(kept))
        return found[:SHOWN]

    def _show_volumes(self, found: "tuple[Volume, ...]") -> None:
        if self.busy or self.done.isVisible() or found == self._volumes:
            return
        self._volumes = found
        for one in self.buttons:
            self._sticks.removeWidget(one)
            one.hide()
            one.deleteLater()
        self.buttons = []
        for number, volume in enumerate(found, start=1):
            free = self.say("stick.free", size=size_text(volume.free_bytes)) if volume.free_bytes >= 0 else ""
            made = button(f"{volume.name}{free}", name="primary" if number == 1 else "plain", key=str(number))
            made.setToolTip(str(volume.root))
            made.clicked.connect(lambda _=False, root=volume.root: self.begin(root))
            self._sticks.addWidget(made)
            self.buttons.append(made)
        self.none.setVisible(not found)
        (self.buttons[0] if self.buttons else self.choose).setFocus()

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.say("stick.choose"))
        if chosen:
            self.laptop.books(
                lambda table: table.unlocked.keep_setting(FOLDER, chosen), then=lambda _none: None, failed=lambda _fault: None
            )
            self.begin(Path(chosen))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text().upper()
        if self.busy:
            event.accept()
            if event.key() == Qt.Key.Key_Escape:
                self.notice.tell(self.say("stick.stay"), tone="warn")
        elif text == "C" and self.choose.isEnabled():
            self._choose()
            event.accept()
        elif text.isdigit() and 0 < int(text) <= len(self.buttons) and not self.done.isVisible():
            self.buttons[int(text) - 1].click()
            event.accept()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focus := self.focusWidget(), QPushButton):
            focus.click()
            event.accept()
        else:
            super().keyPressEvent(event)

    # The exchange

    def begin(self, root: Path) -> None:
        """Everything, with this stick."""
        from desktop.road import stick as sticks
        from sync.stick.device import Stick

        if self.busy:
            return
        self._work(True)
        books, carry, fail = self.laptop.books, self.laptop.carry, self._there(self._fail)
        finish = self._there(self._finish)
        progress, draw = self._stepped.emit, self._draw

        def bring(unlocked: "Unlocked") -> None:
            def call() -> tuple[Stick, sticks.Brought]:
                stick = Stick.open(root, draw=draw) if self._writing else Stick.look(root)
                return stick, sticks.bring(stick, unlocked, progress=progress)

            carry("wire", call=call, then=lambda came: take_in(*came), failed=fail)

        def take_in(stick: Stick, brought: "sticks.Brought") -> None:
            def call(table: "sticks.Table") -> tuple[sticks.TookIn, sticks.Gathered]:
                progress("take", 0, 1)
                took = sticks.take_in(table, brought)
                progress("gather", 0, 1)
                return took, sticks.gather(table, stick, brought) if self._writing else sticks.NOTHING_GATHERED

            books(call, then=lambda made: hand_out(stick, brought, *made), failed=fail)

        def hand_out(stick: Stick, brought: "sticks.Brought", took: "sticks.TookIn", gathered: "sticks.Gathered") -> None:
            def call() -> sticks.Exchanged:
                written = sticks.hand_out(stick, gathered, progress=progress) if self._writing else sticks.NOTHING_WRITTEN
                return sticks.Exchanged(stick.id, brought, took, gathered, written)

            carry("wire", call=call, then=remember, failed=fail)

        def remember(exchanged: sticks.Exchanged) -> None:
            def call(table: "sticks.Table") -> None:
                # It is on the stick either way; a laptop that cannot remember so must not say otherwise.
                with suppress(Fault):
                    sticks.remember(table, exchanged.gathered.letters)

            books(call, then=lambda _none: finish(exchanged), failed=fail)

        books(lambda table: table.unlocked, then=bring, failed=fail)

    def _work(self, busy: bool) -> None:
        self.busy = busy
        if busy:
            # A button that is switched off gives the keyboard to nobody.
            self.setFocus()
        for one in (*self.buttons, self.choose, self.back):
            one.setEnabled(not busy)
        self.none.hide()
        self.notice.tell("")
        self.step.setVisible(busy)
        if busy:
            self.step.setText(self.say("stick.step_read"))

    def _show_step(self, step: str, done: int, of: int) -> None:
        if self.busy and step != "done":
            self.step.setText(self.say(f"stick.step_{step}", done=done + 1, of=of))

    def _fail(self, fault: Fault) -> None:
        self._work(False)
        self.notice.tell(self.laptop.sentence(fault))
        (self.buttons[0] if self.buttons else self.choose).setFocus()

    def _finish(self, exchanged: "Exchanged") -> None:
        self._work(False)
        for one in (*self.buttons, self.choose, self.what):
            one.hide()
        self.done.setText(self.say("stick.done" if self._writing else "stick.done_in"))
        toned(self.done, "ok")
        self.done.show()
        self.told.setText("\n".join(lines(exchanged, self.say, writing=self._writing)))
        self.told.show()
        if left := left_lines(exchanged, self.say, self.laptop.sentence):
            self.notice.tell("\n".join(left), tone="warn")
        self.back.setFocus()
        self.exchanged.emit(exchanged)


def lines(exchanged: "Exchanged", say: Callable[..., str], *, writing: bool) -> list[str]:
    """What was done, a sentence each."""
    told = []
    if writing:
        count, files = exchanged.gathered.entries, len(exchanged.written.names)
        told.append(say("stick.wrote", count=count, files=files) if files else say("stick.wrote_none"))
        if files and not exchanged.written.past_memory:
            told.append(say("stick.from_memory"))
    for one in exchanged.took.moved:
        told.append(say("stick.moved", point=one.point_name, day=day_text(one.session_date), received=one.marks.received,
                        safe=one.marks.safe))  # fmt: skip
    for pack in exchanged.took.loaded:
        key = "stick.loaded_waits" if pack.waits else "stick.loaded"
        told.append(say(key, point=pack.point_name, day=day_text(pack.session_date)))
    if exchanged.took.told:
        told.append(say("stick.told", count=exchanged.took.told))
    if not (exchanged.took.moved or exchanged.took.loaded or exchanged.took.told):
        told.append(say("stick.nothing_new"))
    if exchanged.elsewhere:
        told.append(say("stick.elsewhere", count=exchanged.elsewhere))
    if exchanged.brought.others:
        told.append(say("stick.strangers", count=exchanged.brought.others, names=", ".join(exchanged.brought.strangers)))
    return told


def left_lines(exchanged: "Exchanged", say: Callable[..., str], sentence: Callable[[Fault], str]) -> list[str]:
    """What was not taken or not written, and why; the first few of many."""
    said = list(dict.fromkeys(f"{_what(one.name, say)}: {sentence(one.fault)}" for one in exchanged.left))
    more = len(said) - LEFT_SHOWN
    return [*said[:LEFT_SHOWN], *([say("stick.more_left", count=more)] if more > 0 else [])]


def _what(name: str, say: Callable[..., str]) -> str:
    """A file by what it is to be; a book by where it was held."""
    from sync.stick.names import named

    said = named(name)
    return say(f"stick.kind_{said.kind}") if said and said.kind in KINDS else name


def size_text(count: int) -> str:
    """Bytes as people say them, in Vietnamese figures: `14,2 GB`."""
    for unit, power in (("GB", 1_000_000_000), ("MB", 1_000_000)):
        if count >= power:
            whole, rest = divmod(count * 10 // power, 10)
            return f"{whole},{rest} {unit}" if whole < 100 else f"{whole} {unit}"
    return f"{count // 1000} KB"
