"""A printer of the system (CUPS, Windows), through Qt: pages as pictures of the printer's own dots, at true size.

Everything here runs on the papers worker. What was handed over stays in the system's queue until it is printed,
also when that queue stops, so it is never handed over twice: the queue is asked what became of it.
"""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QMarginsF, QPointF, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo

from desktop.press import raster, system_queue
from desktop.press.printers import Choice, PrinterGone, PrinterRefused, PrinterStopped

if TYPE_CHECKING:
    from desktop.sheets.sheet import Paper

# Finer than this no receipt is seen, and a page of A4 has nine million dots.
DPI_MAX = 300
# A laser printer that slept warms up for half a minute; a sheet that takes longer is asked about again later.
LEAVES_S = 60.0


def printers() -> tuple[str, ...]:
    """The printers this system has, by name; what it prints on by default first."""
    first = QPrinterInfo.defaultPrinterName()
    names = QPrinterInfo.availablePrinterNames()
    return tuple(sorted(names, key=lambda name: (name != first, name)))


class SystemPrinter:
    """One of them by its name."""

    def __init__(self, name: str, *, medium: "Paper") -> None:
        self.name, self.medium = name, medium
        self._handed: set[str] = set()

    @property
    def place(self) -> str:
        return Choice("system", self.name, self.medium).text()

    def look(self) -> None:
        """Raises `PrinterGone`, `PrinterStopped`."""
        self._info(doubtful=False)

    def put(self, name: str, pdf: bytes) -> None:
        """Hand a file to the system, and wait until it has left its queue.

        Raises what `look` raises, doubtful once it was handed over, and `PrinterRefused`.
        """
        self._paint(self._info(doubtful=False), name, pdf)
        self._handed.add(name)
        until = time.monotonic() + LEAVES_S
        while time.monotonic() < until:
            self._info(doubtful=True)
            if self.came_out(name):
                return
            time.sleep(0.1)
        raise PrinterStopped(printer=self.name, doubtful=True)

    def came_out(self, name: str) -> bool | None:
        """Whether the queue has nothing left of what this run gave it; None where nobody can tell."""
        if name not in self._handed:
            return None
        idle = QPrinterInfo.printerInfo(self.name).state() == QPrinter.PrinterState.Idle
        return True if idle and not system_queue.held(self.name) else None

    def _info(self, *, doubtful: bool) -> QPrinterInfo:
        info = QPrinterInfo.printerInfo(self.name)
        if info.isNull():
            raise PrinterGone(printer=self.name, doubtful=doubtful)
        if info.state() in (QPrinter.PrinterState.Error, QPrinter.PrinterState.Aborted):
            raise PrinterStopped(printer=self.name, doubtful=doubtful)
        return info

    def _paint(self, info: QPrinterInfo, name: str, pdf: bytes) -> None:
        printer = QPrinter(info, QPrinter.PrinterMode.HighResolution)
        dpi = _resolution(info.supportedResolutions())
        printer.setResolution(dpi)
        printer.setDocName(name)
        printer.setFullPage(True)
        painter = QPainter()
        pages = zip(raster.sizes(pdf), raster.pictures(pdf, dpi=dpi), strict=True)
        try:
            for at, ((width, height), page) in enumerate(pages):
                printer.setPageLayout(_layout(info, width, height))
                # Margins of zero move the origin to the edge of the paper: a dot of the page is a dot of the printer.
                if not (painter.begin(printer) if at == 0 else printer.newPage()):
                    raise PrinterRefused(printer=self.name, reason=name)
                image = QImage(page.grey, page.width, page.height, page.width, QImage.Format.Format_Grayscale8)
                painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)
                painter.drawImage(QPointF(0, 0), image)
        except BaseException:
            # Nothing of a half-made file goes to the printer.
            printer.abort()
            raise
        finally:
            if painter.isActive() and not painter.end():
                raise PrinterRefused(printer=self.name, reason=name)


def _resolution(able: Iterable[int]) -> int:
    """The finest the printer has that is not finer than it need be."""
    return max((one for one in able if one <= DPI_MAX), default=DPI_MAX)


def _layout(info: QPrinterInfo, width: float, height: float) -> QPageLayout:
    """The paper a page of so many points is made for; where the printer knows none but A4, the top of that."""
    lying = width > height
    size = QPageSize(QSizeF(min(width, height), max(width, height)), QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.FuzzyMatch)
    known = [one.id() for one in info.supportedPageSizes()]
    a4 = QPageSize(QPageSize.PageSizeId.A4)
    if size.id() not in known and a4.id() in known and width <= a4.size(QPageSize.Unit.Point).width() + 1:
        size, lying = a4, False
    orientation = QPageLayout.Orientation.Landscape if lying else QPageLayout.Orientation.Portrait
    layout = QPageLayout(size, orientation, QMarginsF(), QPageLayout.Unit.Point, QMarginsF())
    layout.setMode(QPageLayout.Mode.FullPageMode)
    return layout
