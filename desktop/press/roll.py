"""Roll printers: asked before, given a page as dots, and asked in turn whether it is out.

Three kinds of them are met, and each is worked with as far as it goes: one that answers in its turn (the paper is
out when it says so), one that answers only at once (the paper is out when it was given all and has no complaint),
and one that never answers (it is out when it took all of it). Which kind a printer is, is found out while it is
asked, and remembered: one that was heard once and is silent now is off.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NoReturn

from desktop.press import escpos, raster
from desktop.press.cables import Cable, Device, Net
from desktop.press.printers import (
    Choice,
    CoverOpen,
    PaperOut,
    Printer,
    PrinterAway,
    PrinterGone,
    PrinterOffline,
    PrinterSilent,
)

# A printer answers what is asked at once within some milliseconds; over a slow network, within this.
ANSWER_S = 0.8
# The slowest in use print 50 mm a second, 400 lines of dots; and so long is a pause for breath.
LINES_A_SECOND, BREATH_S = 400, 8.0
Speaks = Literal["in turn", "at once", "never"]


class Roll:
    """A roll printer at the end of a cable. `speaks` is None until it was asked."""

    def __init__(self, choice: Choice, *, name: str, cable: Callable[[], Cable]) -> None:
        self.choice, self.name, self.medium = choice, name, choice.medium
        self.speaks: Speaks | None = None
        self._cable = cable

    @property
    def place(self) -> str:
        return self.choice.text()

    @property
    def answers(self) -> bool:
        """Whether it was ever heard to answer."""
        return self.choice.answers or self.speaks in ("in turn", "at once")

    def look(self) -> None:
        """Raises `PrinterAway`, `PrinterGone`, `PaperOut`, `CoverOpen`, `PrinterOffline`."""
        with self._open() as cable, self._reached(doubtful=False):
            self._ask(cable)

    def put(self, name: str, pdf: bytes) -> None:
        """Print a file. Raises what `look` raises, and doubtful once a part of it was sent; `PrinterSilent`."""
        del name  # A roll has no names.
        dots = escpos.DOTS[self.medium]
        pages = [list(escpos.paper(page, dots)) for page in raster.pictures(pdf, dpi=escpos.DPI)]
        with self._open() as cable:
            with self._reached(doubtful=False):
                self._ask(cable)
            with self._reached(doubtful=True):
                self._send(cable, [escpos.START, *(band for page in pages for band in page)])
                rows = sum(len(page) for page in pages) * escpos.BAND
                self._confirm(cable, BREATH_S + rows / LINES_A_SECOND)

    def came_out(self, name: str) -> None:
        """Only a person can tell."""

    def _open(self) -> Cable:
        try:
            return self._cable()
        except FileNotFoundError as error:
            raise PrinterGone(printer=self.name) from error
        except OSError as error:
            raise PrinterAway(printer=self.name, reason=_said(error)) from error

    @contextlib.contextmanager
    def _reached(self, *, doubtful: bool) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PrinterAway(printer=self.name, reason=_said(error), doubtful=doubtful) from error

    def _ask(self, cable: Cable) -> None:
        """What it says of itself; a printer that never spoke may stay silent."""
        if self.speaks == "never":
            return
        found = self._state(cable)
        if not found.said:
            if self.answers:
                raise PrinterAway(printer=self.name, reason="không trả lời")
            self.speaks = "never"
            return
        self._complain(found, doubtful=False)
        if self.speaks is None:
            cable.send(escpos.IN_TURN)
            self.speaks = "in turn" if self._heard(cable, escpos.in_turn) else "at once"

    def _state(self, cable: Cable) -> escpos.State:
        answers: list[int | None] = []
        for which in (1, 2, 4):
            cable.send(escpos.asked(which))
            found: list[int] = []

            def there(raw: bytes, found: list[int] = found) -> bool:
                answer = escpos.at_once(raw)
                found += [] if answer is None else [answer]
                return answer is not None

            if not self._heard(cable, there) and which == 1:
                return escpos.State()
            answers.append(found[0] if found else None)
        return escpos.state(*answers)

    def _heard(self, cable: Cable, there: Callable[[bytes], bool]) -> bool:
        until = time.monotonic() + ANSWER_S
        while (left := until - time.monotonic()) > 0:
            if there(cable.receive(left)):
                return True
        return False

    def _complain(self, found: escpos.State, *, doubtful: bool) -> None:
        if found.cover_open:
            raise CoverOpen(printer=self.name, doubtful=doubtful)
        if found.paper_out:
            raise PaperOut(printer=self.name, doubtful=doubtful)
        if found.offline:
            raise PrinterOffline(printer=self.name, doubtful=doubtful)

    def _send(self, cable: Cable, parts: Sequence[bytes]) -> None:
        for part in parts:
            try:
                cable.send(part)
            except OSError as error:
                self._why(cable, error)

    def _why(self, cable: Cable, error: OSError) -> NoReturn:
        """It took no more: its own reason, where it still tells one."""
        with contextlib.suppress(OSError):
            if self.answers:
                self._complain(self._state(cable), doubtful=True)
        raise error

    def _confirm(self, cable: Cable, limit_s: float) -> None:
        """Wait for its word that the paper is out, as far as it gives one."""
        if self.speaks == "never":
            return
        if self.speaks == "at once":
            self._complain(self._state(cable), doubtful=True)
            return
        cable.send(escpos.IN_TURN)
        until = time.monotonic() + limit_s
        while time.monotonic() < until:
            if self._heard(cable, escpos.in_turn):
                return
            cable.send(escpos.asked(4))
            raw = cable.receive(ANSWER_S)
            if escpos.in_turn(raw):
                return
            self._complain(escpos.state(None, None, escpos.at_once(raw)), doubtful=True)
        self._complain(self._state(cable), doubtful=True)
        raise PrinterSilent(printer=self.name, doubtful=True)


def _said(error: OSError) -> str:
    """Why a way is closed, as people say it."""
    if isinstance(error, TimeoutError):
        return "không trả lời"
    if isinstance(error, ConnectionRefusedError):
        return "máy in không nhận kết nối"
    if isinstance(error, ConnectionError):
        return "đứt kết nối giữa chừng"
    return error.strerror or type(error).__name__


def roll_printer(choice: Choice) -> Printer:
    """The roll printer somebody chose. Raises `NotOnThisSystem`."""
    if choice.kind == "queue":
        from desktop.press.raw_queue import RawQueue

        return RawQueue(choice)
    if choice.kind == "network":
        return Roll(choice, name=choice.where, cable=lambda: Net(choice.where))
    return Roll(choice, name=os.path.basename(choice.where) or choice.where, cable=lambda: Device(choice.where))
