"""The window for the person before the counter: what is being posted, in figures and words one reads from two metres.

On a second screen it takes the whole of it; with one screen it is an ordinary window to be put anywhere. It
never takes the keyboard. After a posting it shows the voucher's number and the receipt's code for a while, so
that who has no use for paper takes the receipt home in a photograph.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QScreen
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from desktop.ui.chips import label, row, toned
from desktop.ui.facing import NOBODY, Facing, facing_of
from sync.money import figures, in_words

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.ui.counter import Counter
    from sync.voucher import Body

# Long enough to take out a telephone and photograph a code, short enough for the next in the queue.
POSTED_MS = 20_000
LINES_SHOWN = 5
# ISO/IEC 18004 asks for four light modules around a code.
QUIET = 4


class CodeView(QWidget):
    """A QR code in whole pixels, dark on white whatever the palette is."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[bytes, ...] = ()

    def show_rows(self, rows: tuple[bytes, ...]) -> None:
        """Rows of modules, 0 for black; none shows nothing."""
        self.rows = rows
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self.rows:
            return
        painter = QPainter(self)
        count = len(self.rows)
        dot = max(1, min(self.width(), self.height()) // (count + 2 * QUIET))
        side = dot * (count + 2 * QUIET)
        left, top = (self.width() - side) // 2, (self.height() - side) // 2
        painter.fillRect(QRect(left, top, side, side), Qt.GlobalColor.white)
        for y, modules in enumerate(self.rows):
            for x, module in enumerate(modules):
                if not module:
                    painter.fillRect(left + (x + QUIET) * dot, top + (y + QUIET) * dot, dot, dot, Qt.GlobalColor.black)
        painter.end()


class FacingWindow(QWidget):
    """Shows what a counter says to the person before it; between two persons, the point and a greeting."""

    def __init__(self) -> None:
        super().__init__(None, Qt.WindowType.Window | Qt.WindowType.WindowDoesNotAcceptFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setObjectName("facing")
        self.setMinimumSize(640, 400)
        self.shown = NOBODY
        self._counter: Counter | None = None
        self._rest = QTimer(self, interval=POSTED_MS, singleShot=True)
        self._rest.timeout.connect(self.rest)
        self._make()

    def _make(self) -> None:
        self.point, self.training = label(name="facingpoint"), label(name="facingpoint")
        self.title, self.direction = label(name="facingname", wrap=True), label(name="facingpoint")
        self.total, self.words = label(name="facingname"), label(name="facingword", wrap=True)
        self.number, self.hint = label(name="facingword", wrap=True), label(name="facingpoint", wrap=True)
        self.code = CodeView()
        for one in (self.number, self.hint):
            one.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.lines = QGridLayout()
        self.lines.setColumnStretch(0, 1)
        self.rows = [(label(name="facingword", wrap=True), label(name="facingword")) for _ in range(LINES_SHOWN)]
        for at, (what, amount) in enumerate(self.rows):
            what.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            amount.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            self.lines.addWidget(what, at, 0)
            self.lines.addWidget(amount, at, 1)
        self.lines.setHorizontalSpacing(24)
        self.left = left = QVBoxLayout()
        left.addWidget(self.direction)
        left.addWidget(self.title)
        left.addLayout(self.lines)
        left.addStretch(1)
        left.addWidget(self.total)
        left.addWidget(self.words)
        self.side = QWidget()
        right = QVBoxLayout(self.side)
        right.setContentsMargins(0, 0, 0, 0)
        right.addWidget(self.number)
        right.addWidget(self.code, 1)
        right.addWidget(self.hint)
        inside = QVBoxLayout(self)
        inside.addLayout(row(self.point, None, self.training))
        line = row(gap=40)
        line.addLayout(left, 3)
        line.addWidget(self.side, 2)
        inside.addLayout(line, 1)

    # Where it stands

    def place(self, screens: list[QScreen], *, beside: QScreen) -> None:
        """Full on another screen than the counter's, or an ordinary window where there is none."""
        other = next((one for one in screens if one is not beside), None)
        if other is None:
            self.resize(960, 600)
            self.show()
            return
        self.setGeometry(other.geometry())
        self.showFullScreen()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Sizes follow the screen: what is read from two metres on a small one is read from four on a large.
        unit = min(self.height() / 100, self.width() / 160)
        margin = int(5 * unit)
        if inside := self.layout():
            inside.setContentsMargins(margin, margin, margin, margin)
            inside.setSpacing(int(2 * unit))
        self.left.setSpacing(int(unit))
        self.lines.setVerticalSpacing(int(0.6 * unit))
        parts = ((self.point, 3, 400), (self.training, 4, 700), (self.direction, 3.6, 400), (self.title, 6, 600),
                 (self.total, 10, 700), (self.words, 3.6, 400), (self.number, 3, 600), (self.hint, 2.6, 400))  # fmt: skip
        words = tuple((one, 3.8, weight) for pair in self.rows for one, weight in zip(pair, (400, 600), strict=True))
        for one, size, weight in (*parts, *words):
            one.setStyleSheet(f"font-size: {max(int(size * unit), 12)}px; font-weight: {weight};")

    # What it shows

    def watch(self, counter: "Counter") -> None:
        """Show what this counter says from now on."""
        self.leave()
        self._counter = counter
        counter.facing.connect(self.show_keyed)
        counter.posted.connect(self._posted)
        self.setWindowTitle(counter.say("facing.title"))
        self.point.setText(counter.standing.point_name)
        self.training.setText(counter.words("paper.training.mark") if counter.training else "")
        toned(self.training, "warn")
        self.hint.setText(counter.say("facing.hint"))
        self.rest()

    def leave(self) -> None:
        """The counter has ended: nothing of what it said stays on the screen, and its last words are not heard."""
        if self._counter is not None:
            self._counter.facing.disconnect(self.show_keyed)
            self._counter.posted.disconnect(self._posted)
        self._counter = None
        self.rest()

    def rest(self) -> None:
        """Between two persons."""
        self._rest.stop()
        self._show(NOBODY)
        self.number.clear()
        self.code.show_rows(())
        self.side.hide()

    def show_keyed(self, facing: Facing) -> None:
        """What is being keyed; what was posted stays until the next person begins."""
        if facing == NOBODY and self._rest.isActive():
            return
        if facing != self.shown or self._rest.isActive():
            self.rest()
            self._show(facing)

    def _show(self, facing: Facing) -> None:
        self.shown, counter = facing, self._counter
        for at, (what, amount) in enumerate(self.rows):
            there = at < len(facing.lines)
            what.setVisible(there)
            amount.setVisible(there)
            if there:
                what.setText(facing.lines[at][0])
                amount.setText(figures(facing.lines[at][1]))
        if counter and len(facing.lines) > LINES_SHOWN:
            rest = facing.lines[LINES_SHOWN - 1 :]
            self.rows[-1][0].setText(counter.say("facing.more", count=len(rest)))
            self.rows[-1][1].setText(figures(sum(amount for _, amount in rest)))
        busy = facing != NOBODY
        greeting = counter.say("facing.greeting") if counter else ""
        self.title.setText(facing.title if busy else greeting)
        self.direction.setText(counter.say(f"facing.{facing.direction}") if counter and busy else "")
        self.total.setText(f"{figures(facing.total)} đ" if busy else "")
        self.words.setText(in_words(facing.total) if busy and facing.total else "")
        self.setAccessibleName(" · ".join(part for part in (self.title.text(), self.total.text()) if part))

    def _posted(self, number: int) -> None:
        counter = self._counter
        if counter is None:
            return
        words = counter.words

        def read(desk: "Desk") -> "tuple[Body, str, str]":
            from desktop.sheets.voucher import code_text

            sealed = desk.voucher(number)
            return sealed.entry.body, desk.text_of(number), code_text(sealed, desk.session, words=words)

        def draw(read: "tuple[Body, str, str]") -> None:
            body, text, code = read
            facing = facing_of(counter, body)
            if facing != NOBODY:
                counter.carry("papers", call=lambda: _rows(code), then=lambda rows: self._kept(facing, text, rows),
                              failed=lambda _fault: None)  # fmt: skip

        counter.ask(read, then=draw, failed=lambda _fault: None)

    def _kept(self, facing: Facing, text: str, rows: tuple[bytes, ...]) -> None:
        counter = self._counter
        if counter is None:
            return
        self._show(facing)
        self.direction.setText(counter.say(f"facing.done_{facing.direction}"))
        self.number.setText(counter.say("facing.number", number=text))
        self.code.show_rows(rows)
        self.side.show()
        self._rest.start()


def _rows(text: str) -> tuple[bytes, ...]:
    from desktop.press.paper import code_rows  # what draws takes a while to load

    return code_rows(text)
