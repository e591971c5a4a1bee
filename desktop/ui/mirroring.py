"""The mirror in the window: each voucher goes onto the stick right after it was posted, by a worker of its own.

Nobody waits for it and nobody has to remember it: a stick that has our folder is taken by itself, one that was pulled
out is looked for every few seconds. What is wrong with it is a word in the head and a sentence on F8.
"""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.ui.chips import Tone
from desktop.ui.counter import Counter, clock_text
from sync.errors import Damage, Fault

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.road.mirror import Held, Mirror, Source
    from sync.chain import Sealed
    from sync.leases import Lease

# A stick is back in its place within a glance at the head.
LOOK_MS = 4_000
SETTING = "mirror/folder"
State = Literal["training", "none", "kept", "failing", "stopped"]


class Mirroring(QObject):
    """`none`: no stick is in, or only one that was never chosen (`unused`); `stopped`: the stick and the book contradict
    each other. `behind` tells of more on the stick.
    """

    moved = Signal()
    behind = Signal(object)

    def __init__(self, counter: Counter, *, draw: Callable[[int], bytes] = secrets.token_bytes) -> None:
        super().__init__()
        self.counter = counter
        self.state: State = "training" if counter.training else "none"
        self.fault: Fault | None = None
        self.unused = ""
        self.last = self.wall_s = 0
        self._draw = draw
        self._chosen: str | None = None
        self._kept: Mirror | None = None
        self._held: Held | None = None
        self._busy = self._again = False
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.go)
        if not counter.training:
            counter.posted.connect(lambda _number: self.go())
            self._timer.start()

    @property
    def missing(self) -> int:
        """How many vouchers are not on the stick."""
        return max(self.counter.standing.entries - self.last, 0)

    @property
    def whole(self) -> bool:
        """Whether all of the book is on a stick that is in."""
        return self.state == "kept" and not self.missing

    @property
    def root(self) -> Path | None:
        """The stick it goes onto."""
        return self._kept.root if self._kept else None

    def end(self) -> None:
        self._timer.stop()
        self._busy, self._kept = True, None

    def choose(self, root: Path) -> None:
        """Take this stick from now on, and in the sessions to come."""
        self._chosen, self._kept, self._held = str(root), None, None
        self.counter.ask(lambda desk: desk.keep_setting(SETTING, str(root)), then=lambda _none: self.go())

    def go(self) -> None:
        """Bring the stick to where the book is; once more afterwards if something was posted meanwhile."""
        if self.state in ("training", "stopped"):
            return
        if self._busy:
            self._again = True
            return
        self._busy = True
        if self._chosen is None:
            self.counter.ask(lambda desk: desk.setting(SETTING), then=self._remember, failed=self._fail)
        else:
            self._look()

    def _remember(self, folder: str) -> None:
        self._chosen = folder
        self._look()

    def _look(self) -> None:
        """Which stick is in, and what it holds: read from it where that is not known."""
        kept, held, chosen = self._kept, self._held, self._chosen or ""

        def look() -> "tuple[Path | None, Held | None, str]":
            if kept is not None and held is not None and kept.there():
                return kept.root, held, ""
            root = _stick(chosen)
            return root, kept.look() if kept is not None and root == kept.root else None, "" if root else _unused()

        self.counter.carry("mirror", call=look, then=lambda found: self._found(*found), failed=self._fail)

    def _found(self, root: Path | None, held: "Held | None", unused: str) -> None:
        self.unused = unused
        if root is None:
            self._kept = self._held = None
            self._done("none", None)
        elif held is not None:
            self._compare(held)
        else:
            self.counter.ask(lambda desk: desk.mirror_source(), then=lambda source: self._begin(root, source), failed=self._fail)

    def _begin(self, root: Path, source: "Source") -> None:
        draw = self._draw

        def begin() -> "tuple[Mirror, Held]":
            from desktop.road.mirror import Mirror

            made = Mirror(root, source, draw=draw)
            return made, made.look()

        def began(made: "tuple[Mirror, Held]") -> None:
            self._kept = made[0]
            self._compare(made[1])

        self.counter.carry("mirror", call=begin, then=began, failed=self._fail)

    def _compare(self, held: "Held") -> None:
        self._held = held
        self.last, self.wall_s = held.last, held.wall_s

        def lacking(desk: "Desk") -> "tuple[tuple[Sealed, ...], tuple[Lease, ...]]":
            from desktop.road import mirror

            return mirror.lacking(desk, held)

        self.counter.ask(lacking, then=lambda found: self._write(*found), failed=self._fail)

    def _write(self, entries: "tuple[Sealed, ...]", passed: "tuple[Lease, ...]") -> None:
        kept = self._kept
        if kept is None or not (entries or passed):
            self._done("kept", None)
            return
        self.counter.carry("mirror", call=lambda: kept.write(entries, passed=passed), then=self._wrote, failed=self._fail)

    def _wrote(self, held: "Held") -> None:
        self._held, self.last, self.wall_s = held, held.last, held.wall_s
        self._done("kept", None)

    def _fail(self, fault: Fault) -> None:
        self._held = None
        if isinstance(fault, Damage):
            self._done("stopped", fault)
            if fault.code == "mirror.went-on":
                self.counter.ask(lambda desk: desk.stop(fault), then=lambda _none: self.counter.refresh())
            else:
                self.counter.refresh()
            self.behind.emit(fault)
        else:
            self._done("failing", fault)

    def _done(self, state: State, fault: Fault | None) -> None:
        self._busy, again, self._again = False, self._again, False
        self.state, self.fault = state, fault
        self.moved.emit()
        if again and state == "kept":
            self.go()

    # What the stick has and the book has no more

    def bring_back(self, *, done: Callable[[], None], refused: Callable[[Fault], None]) -> None:
        """Put into the book what only the stick has, exactly as it was."""
        kept, last = self._kept, self.counter.standing.entries
        if kept is None:
            return

        def put_back(entries: "tuple[Sealed, ...]") -> None:
            self.counter.ask(lambda desk: desk.put_back(entries), then=came_back, failed=refused)

        def came_back(standing: object) -> None:
            self.counter.take(standing)  # type: ignore[arg-type]
            self.state, self.fault = "none", None
            done()
            self.go()

        self.counter.carry("mirror", call=lambda: kept.entries_after(last), then=put_back, failed=refused)

    def chip(self) -> tuple[str, Tone]:
        """The stick in the head: the time of the newest voucher on it, and how many are missing."""
        say, missing = self.counter.say, self.missing
        if self.state == "training":
            return "", "plain"
        if self.state == "stopped":
            return say("mirror.chip_stopped"), "bad"
        if self.state == "kept":
            if missing and not self._busy:
                return say("mirror.chip_missing", count=missing), "warn"
            return (say("mirror.chip_whole", at=clock_text(self.wall_s)) if self.last else say("mirror.chip_ready")), "ok"
        if self.state == "failing" or self.last:
            return say("mirror.chip_missing", count=missing) if missing else say("mirror.chip_away"), "warn"
        return (say("mirror.chip_unused"), "warn") if self.unused else (say("mirror.chip_none"), "plain")


def _stick(chosen: str) -> Path | None:
    """The stick that was chosen where it is in, else one that has our folder."""
    from desktop.road import volumes
    from sync.stick import names

    if chosen and Path(chosen).is_dir() and not volumes.left_behind(Path(chosen)):
        return Path(chosen)
    return next((one.root for one in volumes.found() if (one.root / names.FOLDER).is_dir()), None)


def _unused() -> str:
    """The name of a stick that is in and takes nothing yet; empty where none is."""
    from desktop.road import volumes

    return next((one.name for one in volumes.found()), "")
