"""The notes a slip is paid with: proposed as few as come to it, changed to what was really counted out."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from desktop.ui.chips import button, label, row, toned
from desktop.ui.counter import Counter
from desktop.ui.notes import Notes
from desktop.ui.sheets import Sheet
from sync.money import figures


class PaidNotesSheet(Sheet):
    """A denomination list that has to come to the amount; `counts` is what was taken."""

    def __init__(self, window: QWidget, counter: Counter, *, amount: int, counts: Mapping[int, int]) -> None:
        say = counter.say
        super().__init__(window, title=say("paid_notes.title", amount=amount), width=440)
        self.say, self.amount = say, amount
        self.notes = Notes(across=False, note_word=say("note"), count_word=say("count"), sum_word=say("sum"))
        self.notes.set_counts(counts)
        self.body.addWidget(self.notes)
        self.off = label(name="said", wrap=True)
        self.body.addWidget(self.off)
        back = button(say("back"), key="Esc")
        self.go = button(say("paid_notes.go"), name="primary", key="Ctrl Enter")
        back.clicked.connect(self.drop)
        self.go.clicked.connect(self._give)
        self.body.addLayout(row(None, back, self.go))
        self.notes.changed.connect(self._compare)
        self.notes.finished.connect(self._give)
        self._compare()
        self.open_at(next(iter(self.notes.fields.values())))

    @property
    def counts(self) -> dict[int, int]:
        return {note: count for note, count in self.notes.counts.items() if count}

    def _compare(self) -> None:
        """Whether the notes come to the amount, and by how much they do not."""
        off = self.notes.total - self.amount
        said = "agrees" if not off else "over" if off > 0 else "short"
        self.off.setText(self.say(f"paid_notes.{said}", total=figures(self.notes.total), off=abs(off)))
        toned(self.off, "warn" if off else "ok")
        self.go.setEnabled(not off)

    def _give(self) -> None:
        if self.go.isEnabled():
            self.end()
            self.accepted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._give()
