"""Paper as it will be printed, on the screen: pages under each other, as wide as there is room for.

Drawing and turning into dots is the papers worker's; a page is asked for when it comes into sight, one at a
time, so nothing here waits and a file of a hundred pages shows its first as soon as one of two does.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from desktop.ui.chips import button, label, row
from desktop.ui.counter import Counter
from desktop.ui.look import colour, font
from desktop.ui.sheets import Sheet
from sync.errors import Fault

if TYPE_CHECKING:
    from desktop.press.raster import Picture

State = Literal["nothing", "drawing", "shown", "failed"]
Drawn = tuple[bytes, tuple[tuple[float, float], ...]]

MARGIN_PIXELS, GAP_PIXELS = 16, 14
POINTS_AN_INCH = 72
# A small paper is not blown up beyond what it is: this is one and a half times its size on a usual screen.
DPI_MAX = 144
# A page on either side of those in sight is kept, and no more: each is a megabyte or several.
KEPT_BESIDE = 2
_NO_IMAGE = (0, None)
# The window is being dragged to another size: not every step of it is drawn.
RESIZE_MS = 120


class PageView(QAbstractScrollArea):
    """`moved` carries the page in sight (from 1) and how many there are; 0 and 0 while there is none."""

    moved = Signal(int, int)

    def __init__(self, counter: Counter, *, name: str) -> None:
        super().__init__()
        self.counter, self.say = counter, counter.say
        self.state: State = "nothing"
        self.setObjectName("pageview")
        self.setAccessibleName(name)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._said = ""
        self._pdf = b""
        self._sizes: tuple[tuple[float, float], ...] = ()
        self._places: list[QRect] = []
        # Each with how many dots it was drawn across.
        self._images: dict[int, tuple[int, QImage]] = {}
        # Every answer belongs to what was asked last; an older one is passed over.
        self._turn, self._asking = 0, False
        self._whole = False
        self._resized = QTimer(self, interval=RESIZE_MS, singleShot=True)
        self._resized.timeout.connect(self._ask)
        self.verticalScrollBar().valueChanged.connect(lambda _at: self._scrolled())

    @property
    def pages(self) -> int:
        return len(self._sizes)

    @property
    def page(self) -> int:
        """The page that takes most of the view, from 1; 0 where there is none."""
        view = self.viewport().rect().translated(0, self._top)
        shares = [place.intersected(view).height() for place in self._places]
        return shares.index(max(shares)) + 1 if shares else 0

    @property
    def sharp(self) -> bool:
        """Whether every page in sight is drawn at the size it is shown in."""
        return self.state == "shown" and self._next() is None

    # What is shown

    def tell(self, text: str, *, state: State = "nothing") -> None:
        """No pages, and a sentence that says why."""
        self._turn += 1
        self.state, self._said = state, text
        self._pdf, self._sizes = b"", ()
        self._images.clear()
        self._lay_out()
        self.setAccessibleDescription(text)

    def draw(self, make: Callable[[], bytes]) -> None:
        """Show the file that `make` draws; it is called on the papers worker."""
        self.tell(self.say("preview.drawing"), state="drawing")
        turn = self._turn

        def call() -> Drawn:
            from desktop.press.raster import sizes

            # What nobody looks at any more is not drawn.
            pdf = make() if turn == self._turn else b""
            return pdf, sizes(pdf) if pdf else ()

        self.counter.carry("papers", call=call, then=lambda drawn: self._take(turn, drawn), failed=lambda fault: self._fail(turn, fault))

    def _take(self, turn: int, drawn: Drawn) -> None:
        if turn != self._turn:
            return
        self.state, self._said = "shown", ""
        self._pdf, self._sizes = drawn
        self._lay_out()
        self.verticalScrollBar().setValue(0)

    def _fail(self, turn: int, fault: Fault) -> None:
        if turn == self._turn:
            self.tell(self.counter.sentence(fault), state="failed")

    # Going through it

    def step(self, by: int) -> None:
        """To the top of the page so many further on."""
        if self._places:
            at = min(max(self._first() + by, 0), len(self._places) - 1)
            self.verticalScrollBar().setValue(self._places[at].top() - GAP_PIXELS)

    def _first(self) -> int:
        """The page whose head is in sight or was last passed, from 0."""
        passed = [at for at, place in enumerate(self._places) if place.top() - GAP_PIXELS <= self._top]
        return passed[-1] if passed else 0

    def toggle_whole(self) -> None:
        """A whole page at once, or as wide as there is room for."""
        here = self._first()
        self._whole = not self._whole
        self._lay_out()
        if self._places:
            self.verticalScrollBar().setValue(self._places[here].top() - GAP_PIXELS)

    def key(self, event: QKeyEvent) -> bool:
        """Do what a key asks of the pages; whether it was one of theirs."""
        bar = self.verticalScrollBar()
        steps = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1, Qt.Key.Key_Home: -self.pages, Qt.Key.Key_End: self.pages}
        rolls = {Qt.Key.Key_Down: bar.singleStep(), Qt.Key.Key_Up: -bar.singleStep()}
        which = Qt.Key(event.key())
        if which in steps:
            self.step(steps[which])
        elif which in rolls:
            bar.setValue(bar.value() + rolls[which])
        elif event.text().upper() == "W":
            self.toggle_whole()
        else:
            return False
        return True

    @property
    def _top(self) -> int:
        return self.verticalScrollBar().value()

    def _scrolled(self) -> None:
        self.viewport().update()
        self.setAccessibleDescription(self.say("preview.page", page=self.page, pages=self.pages) if self.pages else self._said)
        self.moved.emit(self.page, self.pages)
        self._ask()

    # Where the pages stand

    def _lay_out(self) -> None:
        wide = max(self.viewport().width() - 2 * MARGIN_PIXELS, 1)
        high = max(self.viewport().height() - 2 * GAP_PIXELS, 1)
        self._places, down = [], GAP_PIXELS
        # One scale for all pages of a file: a second page that is narrower looks narrower.
        widest = max((width for width, _ in self._sizes), default=1)
        tallest = max((height for _, height in self._sizes), default=1)
        scale = min(wide / widest, DPI_MAX / POINTS_AN_INCH)
        if self._whole:
            scale = min(scale, high / tallest)
        for width, height in self._sizes:
            place = QRect(0, down, round(width * scale), round(height * scale))
            place.moveLeft((self.viewport().width() - place.width()) // 2)
            self._places.append(place)
            down = place.bottom() + 1 + GAP_PIXELS
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(48)
        bar.setRange(0, max(down - self.viewport().height(), 0) if self._places else 0)
        self._scrolled()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._resized.start()
        self._lay_out()

    # Dots

    def _in_sight(self) -> list[int]:
        view = self.viewport().rect().translated(0, self._top)
        return [at for at, place in enumerate(self._places) if place.intersects(view)]

    def _dots(self, at: int) -> int:
        return round(self._places[at].width() * self.devicePixelRatioF())

    def _next(self) -> int | None:
        """The first page in sight that is not drawn, or not at this size."""
        return next((at for at in self._in_sight() if self._images.get(at, _NO_IMAGE)[0] != self._dots(at)), None)

    def _ask(self) -> None:
        """Have the next page drawn; one at a time, so that the first in sight is always the next."""
        at = self._next()
        # While the window is dragged, a page of another size will do.
        if at is None or self._asking or (at in self._images and self._resized.isActive()):
            return
        self._asking = True
        turn, pdf, dots = self._turn, self._pdf, self._dots(at)
        dpi = dots / self._sizes[at][0] * POINTS_AN_INCH

        def call() -> "Picture | None":
            from desktop.press.raster import pictures

            return next(pictures(pdf, dpi=dpi, first=at + 1), None) if turn == self._turn else None

        def put(one: "Picture | None") -> None:
            self._asking = False
            if one is not None and turn == self._turn:
                image = QImage(one.grey, one.width, one.height, one.width, QImage.Format.Format_Grayscale8)
                # The bytes are the worker's and gone with its answer.
                self._images[at] = dots, image.copy()
                self._forget()
                self.viewport().update()
            self._ask()

        def failed(fault: Fault) -> None:
            self._asking = False
            self._fail(turn, fault)

        self.counter.carry("papers", call=call, then=put, failed=failed)

    def _forget(self) -> None:
        sight = self._in_sight()
        near = range(min(sight, default=0) - KEPT_BESIDE, max(sight, default=0) + KEPT_BESIDE + 1)
        self._images = {at: kept for at, kept in self._images.items() if at in near}

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.viewport().rect(), colour("canvas"))
        painter.setFont(font(13))
        if self.state != "shown":
            painter.setPen(colour("bad" if self.state == "failed" else "muted"))
            middle = self.viewport().rect().adjusted(48, 0, -48, 0)
            painter.drawText(middle, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._said)
        for at in self._in_sight():
            place = self._places[at].translated(0, -self._top)
            painter.fillRect(place, colour("surface"))
            if (kept := self._images.get(at)) is not None:
                painter.drawImage(QRectF(place), kept[1], QRectF(kept[1].rect()))
            else:
                painter.setPen(colour("muted"))
                painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), self.say("preview.drawing"))
            painter.setPen(QPen(colour("line"), 1))
            painter.drawRect(QRectF(place).adjusted(-0.5, -0.5, 0.5, 0.5))
        painter.end()


class PreviewSheet(Sheet):
    """Paper laid over the window; `make` draws the file, on the papers worker."""

    def __init__(self, window: QWidget, counter: Counter, *, title: str, make: Callable[[], bytes]) -> None:
        # As much of the window as leaves its edge in sight.
        super().__init__(window, title=title, width=min(window.width() - 160, 940))
        say = counter.say
        self.view = PageView(counter, name=title)
        self.view.setFixedHeight(max(window.height() - 230, 320))
        self.where = label(name="muted")
        self.view.moved.connect(self._moved)
        back = button(say("back"), name="primary", key="Esc")
        back.clicked.connect(self.drop)
        self.say = say
        self.body.addWidget(self.view)
        self.body.addLayout(row(self.where, None, label(say("preview.keys"), name="small"), 8, back))
        self.accepted.connect(self.drop)
        self.open_at(back)
        self.view.draw(make)

    def _moved(self, page: int, pages: int) -> None:
        self.where.setText(self.say("preview.page", page=page, pages=pages) if pages else "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.view.key(event):
            super().keyPressEvent(event)
