"""The whole book read again from its file, at any time, and what was found in words."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from desktop.ui.chips import Notice, button, label, row
from desktop.ui.counter import Counter
from desktop.ui.opening import checked
from desktop.ui.sheets import Sheet
from sync.errors import Fault

if TYPE_CHECKING:
    from desktop.care.soundness import Checked

KEY = "Ctrl+J"


class CheckSheet(Sheet):
    """Begins at once; says one thing, in the colour of what it is."""

    def __init__(self, window: QWidget, counter: Counter) -> None:
        super().__init__(window, title=counter.say("check.title"), width=620)
        self.counter = counter
        self.result = Notice()
        self.copy = label(name="muted", wrap=True)
        self.body.addWidget(self.result)
        self.body.addWidget(self.copy)
        # Told only once it stands in the sheet: a widget of its own would be a window for a moment.
        self.result.tell(counter.say("check.running"), tone="plain")
        self.back = button(counter.say("back"), name="primary", key="Esc")
        self.back.clicked.connect(self.drop)
        self.body.addSpacing(8)
        self.body.addLayout(row(None, self.back))
        self.open_at(self.back)
        counter.ask(checked, then=self._tell, failed=self._refuse)

    def _tell(self, told: "tuple[Checked, int]") -> None:
        from desktop.care import soundness

        found, copied = told
        self.result.tell(soundness.in_words(found, self.counter.words), tone="bad" if found.reason else "ok")
        number = f"{copied:06d}"
        self.copy.setText(self.counter.say("check.copied", number=number) if copied else self.counter.say("check.never_copied"))

    def _refuse(self, fault: Fault) -> None:
        self.result.tell(self.counter.sentence(fault))
