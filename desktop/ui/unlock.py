"""The first page: who you are and your passphrase. Nothing of the book is known before that."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QPushButton, QVBoxLayout, QWidget

from desktop.ui.chips import Notice, Tone, button, card, label, language_links, row
from desktop.words import Words
from sync.errors import Fault, Unavailable

if TYPE_CHECKING:
    from desktop.vault import Account


class UnlockPage(QWidget):
    """Emits `opened` with a person and a passphrase, `language` with a language."""

    opened = Signal(str, str)
    language = Signal(str)

    def __init__(
        self, words: Words, *, office_name: str, accounts: "tuple[Account, ...]", notice: str = "", tone: Tone = "bad",
        staff_id: str = "",
    ) -> None:  # fmt: skip
        super().__init__()
        self.words = words
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        frame, inside = card(name="sheet")
        frame.setFixedWidth(430)
        inside.setContentsMargins(30, 24, 30, 26)
        inside.setSpacing(8)
        inside.addWidget(label(words("ui.name"), name="sum"))
        inside.addWidget(label(office_name, name="muted"))
        self.notice = Notice()
        inside.addWidget(self.notice)
        self.who = QComboBox()
        # Whoever makes the vouchers opens the laptop almost every time.
        for one in sorted(accounts, key=lambda one: one.role != "teller"):
            self.who.addItem(f"{one.full_name} · {words(f'ui.role.{one.role}')}", one.staff_id)
        self.who.setCurrentIndex(max(self.who.findData(staff_id), 0))
        self.passphrase = QLineEdit()
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.passphrase.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData)
        for text, field in ((words("ui.unlock.who"), self.who), (words("ui.unlock.passphrase"), self.passphrase)):
            field.setAccessibleName(text)
            inside.addSpacing(4)
            inside.addWidget(label(text, name="small"))
            inside.addWidget(field)
        inside.addWidget(label(words("ui.unlock.advice"), name="small", wrap=True))
        self.go = button(words("ui.unlock.go"), name="primary", key="Enter")
        inside.addSpacing(4)
        inside.addWidget(self.go)
        inside.addSpacing(4)
        inside.addLayout(language_links(words, chosen=self.language.emit))
        self.go.clicked.connect(self._open)
        self.passphrase.returnPressed.connect(self._open)
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(row(None, frame, None))
        outer.addStretch(1)
        self.notice.tell(notice, tone=tone)
        if not accounts:
            self.refuse_all()

    def start(self) -> None:
        """Put the cursor where typing begins."""
        self.passphrase.setFocus()

    def refuse_all(self) -> None:
        """Nobody has an account here."""
        for field in (self.who, self.passphrase, self.go):
            field.setEnabled(False)

    def _open(self) -> None:
        if self.go.isEnabled() and self.passphrase.text():
            self._wait(True)
            self.opened.emit(str(self.who.currentData()), self.passphrase.text())

    def _wait(self, waiting: bool) -> None:
        if waiting:
            # A field that is switched off hands the cursor on, and the next Enter or space would be another language.
            self.setFocus()
        for one in (self.who, self.passphrase, self.go):
            one.setEnabled(not waiting)
        if waiting:
            self.notice.tell(self.words("ui.unlock.opening"), tone="plain")

    def refuse(self, fault: Fault) -> None:
        """It did not open: say why, with the cursor back in an empty field."""
        self._wait(False)
        self.passphrase.clear()
        self.passphrase.setFocus()
        self.notice.tell(fault.sentence(self.words.language), tone="warn" if isinstance(fault, Unavailable) else "bad")


class PackPage(QWidget):
    """Unlocked, and there is no book yet: fetch the session's pack, or load it from a file."""

    fetch = Signal()
    load = Signal(str)
    stick = Signal()
    elsewhere = Signal()
    back = Signal()

    def __init__(self, words: Words, *, online: bool) -> None:
        super().__init__()
        self.words = words
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        frame, inside = card(name="sheet")
        frame.setFixedWidth(470)
        inside.setContentsMargins(30, 24, 30, 26)
        inside.setSpacing(10)
        inside.addWidget(label(words("ui.pack.title"), name="sum"))
        inside.addWidget(label(words("ui.pack.text"), name="muted", wrap=True))
        self.notice = Notice()
        inside.addWidget(self.notice)
        self.fetching = button(words("ui.pack.fetch"), name="primary", key="Enter")
        self.sticking = button(words("ui.stick.in"), key="U")
        self.loading = button(words("ui.pack.load"))
        self.resuming = button(words("ui.resume.from_stick"), key="M")
        self.locking = button(words("ui.lock"), key="Esc")
        calls = ((self.fetching, self._fetch), (self.sticking, self.stick.emit), (self.loading, self._choose), (self.resuming, self.elsewhere.emit), (self.locking, self.back.emit))
        for one, call in calls:
            one.clicked.connect(call)
            inside.addWidget(one)
        # Hidden only once it stands in its frame: a widget of its own would be a window for a moment.
        self.fetching.setHidden(not online)
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(row(None, frame, None))
        outer.addStretch(1)

    def start(self) -> None:
        (self.fetching if self.fetching.isVisibleTo(self) else self.sticking).setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focus = self.focusWidget()
            if isinstance(focus, QPushButton):
                focus.click()
        elif event.text().upper() == "U" and self.sticking.isEnabled():
            self.stick.emit()
        elif event.text().upper() == "M" and self.resuming.isEnabled():
            self.elsewhere.emit()

    def _fetch(self) -> None:
        self._wait("calling")
        self.fetch.emit()

    def _choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, self.words("ui.pack.load"), "", "*.dgd *.pack *")
        if chosen:
            self._wait("loading")
            self.load.emit(chosen)

    def _wait(self, what: str) -> None:
        """An office that does not answer is waited for, and nobody with a stick in the hand waits with it."""
        self.setFocus()
        for one in (self.fetching, self.loading, *((self.sticking,) if what == "loading" else ())):
            one.setEnabled(False)
        self.notice.tell(self.words(f"ui.pack.{what}"), tone="plain")

    def refuse(self, fault: Fault) -> None:
        """It did not come: say why, and what is left to do."""
        for one in (self.fetching, self.sticking, self.loading):
            one.setEnabled(True)
        self.start()
        away = fault.code == "courier.office-away"
        if away:
            self.sticking.setFocus()
        self.notice.tell(self.words("ui.pack.away") if away else fault.sentence(self.words.language), tone="warn" if away else "bad")
