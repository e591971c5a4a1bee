"""What the rules say of a visit as it is keyed: a refusal in its own words, who must approve, whether a reason is owed.

The desk is asked whenever typing pauses, so that a mistake is read before anybody presses anything; the desk
decides again when the voucher is posted.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.ui.counter import Counter
from sync.errors import Fault
from sync.voucher import Wish

if TYPE_CHECKING:
    from desktop.desk import Desk

# Shorter than a person waits before reading on, longer than the time between two keys.
PAUSE_MS = 120
Wishes = tuple[Wish, ...]


class Verdict(NamedTuple):
    """`approvers`: for each approval the roles of which one will do; `hardship`: principal before interest."""

    approvers: tuple[frozenset[str], ...] = ()
    hardship: bool = False
    fault: Fault | None = None


NOTHING = Verdict()


class Judge(QObject):
    """Asks about the latest lines; an answer to older ones is passed over."""

    judged = Signal(object)

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.counter = counter
        self.verdict = NOTHING
        self._asked: tuple[str, Wishes, Mapping[str, str]] | None = None
        self._pause = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._ask)

    def ask(self, customer_code: str, wishes: Wishes, details: Mapping[str, str]) -> None:
        """These lines stand now; what was said of others is no refusal of these."""
        asked = (customer_code, wishes, details)
        if self._asked != asked:
            self.verdict = self.verdict._replace(fault=None)
        self._asked = asked
        self._pause.start()

    def drop(self) -> None:
        """There is nothing to ask about."""
        self._pause.stop()
        self._asked = None
        if self.verdict != NOTHING:
            self._take(NOTHING)

    def _take(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.judged.emit(verdict)

    def _ask(self) -> None:
        asked = self._asked
        if asked is None:
            return
        customer_code, wishes, details = asked

        def call(desk: "Desk") -> Verdict:
            made = desk.preview_visit(customer_code, wishes=wishes, details=details)
            return Verdict(made.approvers, desk.principal_first(made.body))

        def take(verdict: Verdict) -> None:
            if asked == self._asked:
                self._take(verdict)

        self.counter.ask(call, then=take, failed=lambda fault: take(Verdict(fault=fault)))
