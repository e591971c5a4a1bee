"""A roll printer behind a raw queue of the system (CUPS): its dots are handed over by `lp`, and the queue is asked.

What was handed over stays in the queue until it is printed, also when the queue stops; so it is never handed over
again, and the queue is asked later what became of it.
"""

import re
import shutil
import subprocess
import time

from desktop.press import escpos, raster, system_queue
from desktop.press.printers import Choice, NotOnThisSystem, PrinterAway, PrinterGone, PrinterRefused, PrinterStopped

# A queue passes a receipt on in a second; one that takes longer is asked again later.
LEAVES_S = 20.0


class RawQueue:
    """One queue by its name. Raises `NotOnThisSystem` where there is no `lp`."""

    def __init__(self, choice: Choice) -> None:
        if shutil.which("lp") is None:
            raise NotOnThisSystem
        self.choice, self.name, self.medium = choice, choice.where, choice.medium
        self._jobs: dict[str, str] = {}

    @property
    def place(self) -> str:
        return self.choice.text()

    def look(self) -> None:
        """Raises `PrinterAway`, `PrinterGone`, `PrinterStopped`."""
        found = self._call("lpstat", "-p", self.name)
        if found.returncode:
            raise PrinterGone(printer=self.name)
        if "disabled since" in found.stdout:
            raise PrinterStopped(printer=self.name)

    def put(self, name: str, pdf: bytes) -> None:
        """Hand a file over, and wait until it has left the queue. Raises `PrinterRefused`, and doubtful what `look` raises."""
        dots = escpos.DOTS[self.medium]
        pages = raster.pictures(pdf, dpi=escpos.DPI)
        raw = b"".join((escpos.START, *(band for page in pages for band in escpos.paper(page, dots))))
        given = self._call("lp", "-d", self.name, "-o", "raw", "-t", name, raw=raw)
        job = re.search(rf"{re.escape(self.name)}-\d+", given.stdout)
        if given.returncode or job is None:
            raise PrinterRefused(printer=self.name, reason=given.stderr.strip()[:80] or "lp")
        self._jobs[name] = job[0]
        until = time.monotonic() + LEAVES_S
        while time.monotonic() < until:
            if self.came_out(name):
                return
            time.sleep(0.1)
        raise PrinterStopped(printer=self.name, doubtful=True)

    def came_out(self, name: str) -> bool | None:
        """Whether the queue says it is done with a file; None where it holds it, or was not given it by this run."""
        job = self._jobs.get(name)
        if job is None:
            return None
        done = self._call("lpstat", "-W", "completed", "-o", self.name)
        return True if job in done.stdout.split() else None

    def _call(self, *command: str, raw: bytes = b"") -> "subprocess.CompletedProcess[str]":
        try:
            return system_queue.call(*command, raw=raw)
        except subprocess.TimeoutExpired as error:
            # Whatever `lp` was given before may be in the queue.
            raise PrinterAway(printer=self.name, reason=command[0], doubtful=command[0] == "lp") from error
