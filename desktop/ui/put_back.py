"""The stick has more of this book than the laptop: an older image was put back. Said once, with the way out of it."""

from PySide6.QtWidgets import QWidget

from desktop.ui.chips import Notice, button, label, row
from desktop.ui.counter import Counter
from desktop.ui.mirroring import Mirroring
from desktop.ui.sheets import Sheet
from sync.errors import Fault


class PutBackSheet(Sheet):
    """Emits `accepted` once the vouchers are back in the book."""

    def __init__(self, window: QWidget, counter: Counter, mirroring: Mirroring, *, first: str, last: str) -> None:
        super().__init__(window, title=counter.say("mirror.title", first=first, last=last), width=560)
        self.counter, self._mirroring, self._last = counter, mirroring, last
        self.body.addWidget(label(counter.say("mirror.text", last=last), wrap=True))
        self.notice = Notice()
        self.body.addWidget(self.notice)
        self.back = button(counter.say("back"), key="Esc")
        self.go = button(counter.say("mirror.yes"), name="primary", key="Enter")
        self.body.addSpacing(8)
        self.body.addLayout(row(None, self.back, self.go))
        self.back.clicked.connect(self.drop)
        self.go.clicked.connect(self.accepted.emit)
        self.accepted.connect(self._take)
        self.open_at(self.go)

    def _take(self) -> None:
        if self.go.isEnabled():
            self.go.setEnabled(False)
            self._mirroring.bring_back(done=self._done, refused=self._refuse)

    def _done(self) -> None:
        self.end()
        self.counter.said.emit(self.counter.say("mirror.came_back", last=self._last), "ok")

    def _refuse(self, fault: Fault) -> None:
        self.go.setEnabled(True)
        self.notice.tell(self.counter.sentence(fault))
