"""The steps of the close: their list at the left, and how the present one is laid out."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.ui.chips import heading, label, toned
from desktop.ui.counter import Counter

LEFT, COUNT, CHECK, SIGN, SEND = range(5)
STEPS = ("left", "count", "check", "sign", "send")


class Steps(QFrame):
    """The steps at the left: done with a tick, the present one marked."""

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setFixedWidth(300)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.setSpacing(0)
        inside.addWidget(heading(label(counter.say("close.steps"), name="strong"), None))
        self._rows: list[tuple[QFrame, QLabel]] = []
        self._names = [counter.say(f"close.step_{name}") for name in STEPS]
        for name in STEPS:
            frame = QFrame()
            frame.setObjectName("step")
            lines = QVBoxLayout(frame)
            lines.setContentsMargins(12, 7, 12, 8)
            lines.setSpacing(1)
            title = label(name="strong")
            lines.addWidget(title)
            lines.addWidget(label(counter.say(f"close.step_{name}_text"), name="small"))
            inside.addWidget(frame)
            self._rows.append((frame, title))
        inside.addStretch(1)
        self.done = counter.say("close.step_done")

    def show_step(self, step: int) -> None:
        """Everything before `step` is done."""
        for at, (frame, title) in enumerate(self._rows):
            toned(frame, "done" if at < step else "now" if at == step else "")
            mark = f"{at + 1}"
            title.setText(f"{mark}  {self._names[at]}" + (f"  ·  {self.done}" if at < step else ""))
            toned(title, "muted" if at < step else "")


def sided(whole: QWidget, *widgets: QWidget) -> QVBoxLayout:
    """Lay a step out with room for content at the left and a column at the right, the buttons at its foot."""
    line = QHBoxLayout(whole)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(0)
    content = QVBoxLayout()
    content.setContentsMargins(14, 6, 14, 14)
    line.addLayout(content, 1)
    side = QWidget()
    side.setObjectName("cardside")
    side.setFixedWidth(330)
    column = QVBoxLayout(side)
    column.setContentsMargins(16, 16, 16, 16)
    column.setSpacing(10)
    above = [one for one in widgets if isinstance(one, QLabel) or one.objectName() == "sum_rows"]
    for one in above:
        column.addWidget(one)
    column.addStretch(1)
    for one in widgets:
        if one not in above:
            column.addWidget(one)
    line.addWidget(side)
    return content
