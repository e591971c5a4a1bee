"""Unlocked at another laptop: its predecessor's stick opened, what is on it looked at, and the session goes on.

Two steps on one page. First whose stick and the PIN of whoever sits here; then what the other laptop left, why it goes
on here, and the PIN of an officer. Everything is read and checked before the second step is shown.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QGridLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop.ui.chips import Notice, button, card, label, row
from desktop.ui.counter import clock_text, day_text
from desktop.ui.tasks import Workers
from desktop.words import Words
from sync.errors import Fault, Unavailable
from sync.money import figures

if TYPE_CHECKING:
    from desktop.road.going_on import Found
    from desktop.vault import Unlocked
    from sync.chain import Moment

T = TypeVar("T")
LOOK_MS = 2_000
# A PIN that was locked is replaced by the whole passphrase in the same field.
TYPED_MAX = 200


class ResumePage(QWidget):
    """Emits `done` with the book that goes on here, its first number and the other laptop's letter; and `back`."""

    done = Signal(bytes, int, str)
    back = Signal()

    def __init__(
        self, words: Words, *, workers: Workers, home: Path, unlocked: "Unlocked", clock: "Callable[[], Moment]"
    ) -> None:
        super().__init__()
        self.words, self.home = words, home
        self._workers, self._unlocked, self._clock = workers, unlocked, clock
        self.root: Path | None = None
        self.found: Found | None = None
        self._looking = False
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        frame, inside = card(name="sheet")
        frame.setFixedWidth(620)
        inside.setContentsMargins(30, 24, 30, 26)
        inside.setSpacing(8)
        inside.addWidget(label(words("ui.resume.title"), name="sum"))
        self.notice = Notice()
        self.first, self.second = QWidget(), QWidget()
        self._make_first()
        self._make_second()
        for one in (self.first, self.notice, self.second):
            inside.addWidget(one)
        self.second.hide()
        self.leave = button(words("ui.back"), key="Esc")
        self.go = button(words("ui.resume.read"), name="primary", key="Enter")
        self.leave.clicked.connect(self.back.emit)
        self.go.clicked.connect(self._go)
        inside.addSpacing(8)
        inside.addLayout(row(None, self.leave, self.go))
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(row(None, frame, None))
        outer.addStretch(1)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _make_first(self) -> None:
        say = self.words
        column = QVBoxLayout(self.first)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label(say("ui.resume.text"), name="muted", wrap=True))
        self.stick = label(say("ui.resume.no_stick"), name="strong", wrap=True)
        self.choose = button(say("ui.resume.folder"), key="F2")
        self.choose.clicked.connect(self._choose)
        column.addLayout(row(self.stick, None, self.choose))
        self.pin = self._secret(column, say("ui.resume.pin", name=self._unlocked.account.full_name))

    def _make_second(self) -> None:
        say = self.words
        column = QVBoxLayout(self.second)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        self.facts = {}
        for at, name in enumerate(("point", "day", "before", "last", "at", "cash")):
            self.facts[name] = label(name="strong")
            grid.addWidget(label(say(f"ui.resume.{name}"), name="muted"), at, 0)
            grid.addWidget(self.facts[name], at, 1)
        column.addLayout(grid)
        self.torn = Notice()
        column.addWidget(self.torn)
        self.ask = label(wrap=True)
        column.addWidget(self.ask)
        self.reason = QLineEdit()
        self._named(column, say("ui.resume.reason"), self.reason)
        self.approver = QComboBox()
        self._named(column, say("ui.resume.approver"), self.approver)
        self.approver_pin = self._secret(column, say("ui.resume.approver_pin"))

    def _secret(self, column: QVBoxLayout, text: str) -> QLineEdit:
        field = QLineEdit()
        field.setEchoMode(QLineEdit.EchoMode.Password)
        field.setMaxLength(TYPED_MAX)
        field.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData)
        self._named(column, text, field)
        return field

    @staticmethod
    def _named(column: QVBoxLayout, text: str, field: QWidget) -> None:
        field.setAccessibleName(text)
        column.addWidget(label(text, name="small"))
        column.addWidget(field)

    def start(self) -> None:
        """Look for a stick, with the cursor where typing begins."""
        self.pin.setFocus()
        self._look()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focus = self.focusWidget()
        if event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        elif event.key() == Qt.Key.Key_F2 and self.choose.isVisible():
            self._choose()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if isinstance(focus, QPushButton):
                focus.click()
            else:
                self._next()

    def _next(self) -> None:
        """Enter goes down the fields, and from the last one on does what the page is for."""
        fields = [self.pin] if self.found is None else [self.reason, self.approver, self.approver_pin]
        here = next((at for at, one in enumerate(fields) if one is self.focusWidget()), len(fields) - 1)
        if here + 1 < len(fields):
            fields[here + 1].setFocus()
        else:
            self._go()

    # The stick

    def _look(self) -> None:
        if self.root is None and self.found is None and not self._looking:
            self._looking = True
            self._workers.run("wire", call=_with_mirrors, then=self._there(self._seen), failed=self._there(lambda _fault: self._seen(())))

    def _seen(self, roots: tuple[Path, ...]) -> None:
        self._looking = False
        if roots and self.root is None:
            self.take(roots[0])

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.words("ui.resume.folder"))
        if chosen:
            self.take(Path(chosen))

    def take(self, root: Path) -> None:
        """This is the other laptop's stick."""
        self.root = root
        self.stick.setText(self.words("ui.resume.stick", name=root.name or str(root)))

    def _go(self) -> None:
        if not self.go.isEnabled():
            return
        if self.found is not None:
            self._go_on(self.found)
        elif self.root is not None and self.pin.text():
            self._read(self.root, self.pin.text())

    def _read(self, root: Path, pin: str) -> None:
        self._wait("reading")
        unlocked, home, clock = self._unlocked, self.home, self._clock

        def bring() -> tuple[bytes, ...]:
            from desktop.road import mirror

            return mirror.others(root, but=unlocked.device)

        def open_them(mirrors: tuple[bytes, ...]) -> None:
            def read() -> "Found":
                from desktop.road import going_on

                return going_on.newest(home, unlocked, mirrors, typed=pin, now_s=clock().wall_s)

            self._workers.run("books", call=read, then=self._there(self._show), failed=self._there(self.refuse))

        self._workers.run("wire", call=bring, then=self._there(open_them), failed=self._there(self.refuse))

    def _show(self, found: "Found") -> None:
        """What the other laptop left, before anything is done."""
        from desktop.road import going_on

        self.found = found
        terms, last, say = found.pack.terms, f"{len(found.entries):06d}", self.words
        shown = {
            "point": terms.point.point_name, "day": day_text(terms.session_date), "before": found.letter, "last": last,
            "at": clock_text(found.entries[-1].entry.wall_s), "cash": f"{figures(found.session.cash)} đ",
        }  # fmt: skip
        for name, text in shown.items():
            self.facts[name].setText(text)
        self.torn.tell(say("ui.resume.torn") if found.torn else "", tone="warn")
        self.ask.setText("\n".join((say("ui.resume.ask", last=last), *([say("ui.resume.more", count=found.more)] if found.more else []))))
        staff = {one.staff_id: one for one in terms.team}
        for one in going_on.approvers(found, self._unlocked):
            self.approver.addItem(f"{staff[one].full_name} · {say(f'ui.role.{staff[one].role}')}", one)
        self._rest()
        self.first.hide()
        self.second.show()
        self.go.setText(f"{say('ui.resume.go')}   Enter")
        self.go.setAccessibleName(say("ui.resume.go"))
        self.reason.setFocus()

    def _go_on(self, found: "Found") -> None:
        if not self.approver_pin.text():
            self.approver_pin.setFocus()
            return
        self._wait("working")
        home, unlocked, clock = self.home, self._unlocked, self._clock
        reason, approver, pin = self.reason.text(), str(self.approver.currentData() or ""), self.approver_pin.text()
        typed = self.pin.text()

        def go_on() -> bytes:
            from desktop.road import going_on

            return going_on.go_on(
                home, unlocked, found, reason=reason, typed=typed, approver=approver, pin=pin, moment=clock()
            )

        number, letter = len(found.entries) + 1, found.letter
        done = self._there(lambda book: self.done.emit(book, number, letter))
        self._workers.run("books", call=go_on, then=done, failed=self._there(self.refuse))

    def _there(self, answer: Callable[[T], None]) -> Callable[[T], None]:
        """For an answer that may come after somebody went back or locked: a page that is gone is told nothing."""
        return lambda answered: answer(answered) if isValid(self) else None

    def _fields(self) -> tuple[QWidget, ...]:
        return self.pin, self.choose, self.reason, self.approver, self.approver_pin, self.go, self.leave

    def _wait(self, what: str) -> None:
        for one in self._fields():
            one.setEnabled(False)
        self.notice.tell(self.words(f"ui.resume.{what}"), tone="plain")

    def _rest(self) -> None:
        for one in self._fields():
            one.setEnabled(True)
        self.notice.tell("")

    def refuse(self, fault: Fault) -> None:
        """It did not open, or was not approved: say why; what was typed in secret is typed again."""
        self._rest()
        secret = self.pin if self.found is None else self.approver_pin
        secret.clear()
        (self.reason if fault.code == "session.reason-missing" else secret).setFocus()
        self.notice.tell(fault.sentence(self.words.language), tone="warn" if isinstance(fault, Unavailable) else "bad")


def _with_mirrors() -> tuple[Path, ...]:
    """The sticks that are in and have a copy of any book."""
    from desktop.road import volumes
    from sync.stick import names

    return tuple(one.root for one in volumes.found() if (one.root / names.FOLDER / names.MIRROR).is_dir())
