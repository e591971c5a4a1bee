"""What every page has in common: the words, the workers, the open desk and where the session stands.

The desk is only ever touched on the books worker; a page gives a question and gets a frozen answer.
`standing` is replaced after each answer, never changed.
"""

import datetime
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from desktop.ui.tasks import Worker, Workers
from desktop.words import Words
from sync.errors import Fault

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.listing import Standing
    from desktop.vault import Account
    from sync.ledger import Line
    from sync.terms import Role, Roll
    from sync.voucher import Body

T = TypeVar("T")
# Vietnam has one zone and no summer time; the laptop's own zone is a setting people get wrong.
VIETNAM = datetime.timezone(datetime.timedelta(hours=7))


class Counter(QObject):
    """One open desk at one window."""

    moved = Signal(object)  # the new standing, after anything changed the book or its marks
    posted = Signal(int)  # a voucher's number
    wanted = Signal(str, str)  # a page by its name, and what to show on it
    said = Signal(str, str)  # a sentence for the foot of the window, and its tone
    failed = Signal(object)  # a fault that no page has a place for
    handed = Signal(str, str)  # the drawer has another holder: their staff id, and what to tell them
    blinded = Signal(bool)  # somebody counts without being told what to find, or has done
    facing = Signal(object)  # what the person before the counter may see of what is keyed now (a `Facing`)

    def __init__(
        self,
        *,
        workers: Workers,
        words: Words,
        desk: "Desk",
        standing: "Standing",
        roll: "Roll",
        team: tuple["Account", ...],
        device_key: bytes,
        late: bool,
    ) -> None:
        super().__init__()
        self.workers = workers
        self.words = words
        self.standing = standing
        self.roll = roll
        self.team = team
        self.device_key = device_key
        # Its day is over and it is not closed; and: everything here is practice.
        self.late = late
        self.training = roll.terms.parameters.training
        self.sheet_open: Callable[[], bool] = lambda: False
        self.ended = False
        # While it lasts, no page says what the book expects.
        self.blind = False
        self._desk = desk

    def say(self, key: str, **facts: str | int) -> str:
        """A text of the interface in the language in use."""
        return self.words(f"ui.{key}", **facts)

    def sentence(self, fault: Fault) -> str:
        """What a fault says to the person at the table."""
        return fault.sentence(self.words.language)

    def ask(
        self,
        call: Callable[["Desk"], T],
        *,
        then: Callable[[T], None],
        failed: Callable[[Fault], None] | None = None,
    ) -> None:
        """Ask the desk on its own thread. Once the counter has ended nothing is asked, and no answer is given."""
        if self.ended:
            return
        desk = self._desk
        self.workers.run(
            "books", call=lambda: call(desk), then=self._unless_ended(then),
            failed=self._unless_ended(failed or self.failed.emit),
        )  # fmt: skip

    def carry(
        self, worker: Worker, *, call: Callable[[], T], then: Callable[[T], None], failed: Callable[[Fault], None]
    ) -> None:
        """Ask another worker; what it answers after the end is passed over too."""
        self.workers.run(worker, call=call, then=self._unless_ended(then), failed=self._unless_ended(failed))

    def _unless_ended(self, answer: Callable[[T], None]) -> Callable[[T], None]:
        def give(answered: T) -> None:
            if not self.ended:
                answer(answered)

        return give

    def end(self) -> None:
        """The pages are gone; what is still under way is finished, and nobody is told."""
        self.ended = True

    def refresh(self) -> None:
        """Ask where the session stands now."""
        self.ask(lambda desk: desk.standing(), then=self.take)

    def take(self, standing: "Standing") -> None:
        """The session stands elsewhere now; every page may look."""
        self.standing = standing
        self.moved.emit(standing)

    def set_blind(self, blind: bool) -> None:
        """A blind count begins or ends."""
        if blind != self.blind:
            self.blind = blind
            self.blinded.emit(blind)

    def colleagues(self, roles: Iterable[str], *, but: str = "") -> tuple["Account", ...]:
        """Those of the team on this laptop who have one of these roles; the controller, who mostly approves, first."""
        found = (one for one in self.team if one.role in frozenset(roles) and one.staff_id != but)
        return tuple(sorted(found, key=lambda one: one.role != "controller"))

    def role_name(self, role: "Role") -> str:
        return self.say(f"role.{role}")

    def party_name(self, code: str) -> str:
        """A person's, group's or organisation's name by code."""
        roll = self.roll
        if not code:
            return ""
        if customer := roll.customers.get(code):
            return customer.full_name
        if group := roll.groups.get(code):
            hamlet = roll.hamlets.get(group.hamlet_code)
            return self.say("group_short", code=group.group_code[-4:], name=hamlet.hamlet_name if hamlet else group.group_name)
        organisation = roll.organisations.get(code)
        return organisation.org_name if organisation else code

    def programme(self, code: str) -> str:
        """A programme's short name."""
        return next((one.short_name for one in self.roll.terms.programmes if one.programme_code == code), code)

    def line_name(self, line: "Line") -> str:
        """What a line says in words."""
        return self.say(f"component.{line.component}")

    def kind_name(self, body: "Body") -> str:
        return self.say(f"kind.{body.kind}")


def clock_text(wall_s: int, pattern: str = "%H:%M") -> str:
    """A moment of the laptop's or the office's clock as people at the point read it."""
    return f"{datetime.datetime.fromtimestamp(wall_s, tz=VIETNAM):{pattern}}"


def day_text(day: datetime.date) -> str:
    """dd/MM/yyyy, whatever the system's settings are."""
    return f"{day:%d/%m/%Y}"


def rate_text(ppm: int) -> str:
    """`8,25` from 82,500: a year's rate in percent, with a decimal comma."""
    whole, rest = divmod(ppm, 10_000)
    return f"{whole},{rest:04d}".rstrip("0").rstrip(",")


def account_text(account: str) -> str:
    """A long account as people recognise it: its first and its last four digits."""
    return f"{account[:4]}…{account[-4:]}" if len(account) > 9 else account
