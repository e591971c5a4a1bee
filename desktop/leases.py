"""Who serves whom, where two laptops sit at one table: what this one may post for, and what it gives over.

The rules are in `sync.leases`; here they meet the book, which keeps on disk what was given before anybody is told. Used
by the thread that holds the book. With one laptop at the table nothing of it is asked.
"""

import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlmodel import select

from desktop.rows import ClosedBesideRow, LeaseCountRow, LeaseRow
from desktop.store import Book
from sync import joint, keys, leases
from sync.errors import Damage, Refusal, Unavailable
from sync.joint import ClosedBook, Joint, OtherNotClosed
from sync.leases import (
    CodeWrong,
    GivenAway,
    Held,
    Lease,
    NotToGive,
    OtherUnheard,
    OwnBook,
    Passed,
    Said,
    Seat,
    ServedAlready,
    ServedElsewhere,
    StandsIn,
    Table,
)
from sync.records import changed, from_bytes
from sync.session import Session
from sync.voucher import Body

if TYPE_CHECKING:
    from desktop.vault import Unlocked

# Carries a line to the laptop of a seat and brings its answer; raises `Unavailable` where none comes.
Road = Callable[[Seat, bytes], bytes]
# A code that was read aloud is looked for among so many givings to come: more never went astray in one morning.
CODES_AHEAD = 16
# Seconds for which a refusal stands before a preview asks the other laptop again.
QUIET_S: Final = 10.0
# So many lines that were answered are known again; a table asks a few hundred times in a morning.
ANSWERED_MAX: Final = 1_000


class Whose(NamedTuple):
    """Who serves a unit now; `given` says that it was passed on since the packs were made."""

    letter: str
    here: bool
    given: bool


class Place(NamedTuple):
    """A group at the table: who serves it; `busy`: served here already, or somebody is keying for it.

    `given`: it passed to the other laptop since the packs were made, so the code for it can be read once more.
    """

    unit: str
    name: str
    letter: str
    here: bool
    busy: bool
    given: bool = False


class View(NamedTuple):
    """The table to be looked at: the other laptops (device, letter), the groups, and the closed books."""

    letter: str
    others: tuple[tuple[bytes, str], ...]
    groups: tuple[Place, ...]
    joint: Joint
    mark: bytes


class Leases:
    """The table as this laptop knows it; `table` is None where it serves everybody. `road` leads to the others."""

    def __init__(
        self, book: Book, session: Session, unlocked: "Unlocked", *, draw: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self.table = leases.table_of(book.pack, first=book.runs[0].pack if book.runs else None)
        self.road: Road | None = None
        self._book, self._session, self._unlocked, self._draw = book, session, unlocked, draw
        self._passed = kept(book) if self.table else {}
        self._refused: dict[str, tuple[Refusal, float]] = {}
        self._answered: deque[tuple[bytes, bytes]] = deque(maxlen=ANSWERED_MAX)

    # What may be posted

    def ask_for(self, body: Body) -> None:
        """Before a voucher is shown: what another laptop holds is asked of it. Raises what `check` raises, and why it was not given."""
        if self.table is None:
            return
        for unit in sorted(leases.touched(self._session.roll, body)):
            if not self._here(unit) and self.road is not None and not self.table.stands_in:
                # Lines are looked at whenever typing pauses; nobody waits each time for a laptop that said no.
                fault, until = self._refused.get(unit, (None, 0.0))
                if fault is not None and time.monotonic() < until:
                    raise fault
                try:
                    self.request(unit)
                except Refusal as fault:
                    self._refused[unit] = fault, time.monotonic() + QUIET_S
                    raise
        self.check(body)

    def check(self, body: Body) -> None:
        """Everybody a voucher touches is served here. Raises `ServedElsewhere`, `GivenAway`, `StandsIn`, `OwnBook`."""
        if self.table is None:
            return
        for unit in sorted(leases.touched(self._session.roll, body)):
            if not self._here(unit):
                raise self._refusal(unit)

    def serves(self, body: Body) -> bool:
        """Whether everybody a voucher touches is served here without asking anybody."""
        units = leases.touched(self._session.roll, body) if self.table else frozenset()
        return all(self._here(unit) for unit in units)

    def _refusal(self, unit: str) -> Refusal:
        table = self._table
        seat = table.seat(self.holder(unit).device)
        if table.stands_in:
            return (OwnBook if seat.device == table.laptop else StandsIn)(name=self.name(unit), letter=seat.letter)
        first = table.first_holder(unit).device == table.mine
        return (GivenAway if first else ServedElsewhere)(name=self.name(unit), letter=seat.letter)

    def whose(self, party: str) -> Whose | None:
        """Who serves a person, a group or an organisation; None where there is one laptop."""
        if self.table is None:
            return None
        unit = leases.unit_of(self._session.roll, party)
        held = self.holder(unit)
        return Whose(self.table.seat(held.device).letter, held.device == self.table.mine, bool(held.epoch))

    def view(self) -> View | None:
        """The table as it stands; None where one laptop serves everybody."""
        table, joint = self.table, self.joint()
        if table is None or joint is None:
            return None
        served = self._served()
        places = []
        for group in self._session.terms.groups:
            code = group.group_code
            device, epoch = self.holder(code)
            here = device == table.mine
            places.append(Place(code, self.name(code), table.seat(device).letter, here, code in served, bool(epoch) and not here))
        others = tuple((one.device, one.letter) for one in table.others)
        return View(table.here.letter, others, tuple(places), joint, table.digest)

    def holder(self, unit: str) -> Held:
        return leases.holder(self._table, self._passed, unit)

    def name(self, unit: str) -> str:
        """What people call a unit."""
        roll = self._session.roll
        if group := roll.groups.get(unit):
            hamlet = roll.hamlets.get(group.hamlet_code)
            return " · ".join(one for one in (group.group_name, hamlet.hamlet_name if hamlet else "") if one)
        if customer := roll.customers.get(unit):
            return customer.full_name
        organisation = roll.organisations.get(unit)
        return organisation.org_name if organisation else unit

    def _here(self, unit: str) -> bool:
        return self.holder(unit).device == self._table.mine

    @property
    def _table(self) -> Table:
        if self.table is None:
            raise leases.OtherTable
        return self.table

    def busy(self, unit: str) -> bool:
        """Whether this laptop's book touched a unit, or somebody is keying a hand-in of it."""
        return unit in self._served()

    def _served(self) -> set[str]:
        roll = self._session.roll
        touched = {unit for body in self._session.bodies for unit in leases.touched(roll, body)}
        return touched | {page.removeprefix("group/") for _, page in self._book.drafts() if page.startswith("group/")}

    # Asking the other laptop

    def request(self, unit: str) -> None:
        """Have a unit given over. Raises `OtherUnheard`, `ServedAlready`, `ServedElsewhere`, `StandsIn`, `OwnBook`; nothing changed then."""
        seat = self._table.seat(self.holder(unit).device)
        if seat.device == self._table.mine:
            return
        if self._table.stands_in:
            raise self._refusal(unit)
        facts = {"name": self.name(unit), "letter": seat.letter}
        for _again in range(2):
            asked, answer = self._asked(seat, unit)
            if answer.verdict != "late" or answer.counter < asked.counter:
                break
            # A book that was put back counts from an earlier number: the other laptop says where it stands.
            keep_count(self._book, seat.device, asked=answer.counter)
        held = leases.received(answer, asked=asked, held=self.holder(unit), mine=self._table.mine)
        if held is not None:
            self._keep(unit, held)
        elif answer.verdict == "touched":
            raise ServedAlready(**facts)
        elif answer.verdict == "elsewhere":
            raise ServedElsewhere(name=facts["name"], letter=answer.text or seat.letter)
        else:
            raise OtherUnheard(**facts)

    def _asked(self, seat: Seat, unit: str) -> tuple[Said, Said]:
        """A question with a number of its own, and its answer; the number is kept before it is asked."""
        counter = counts(self._book, seat.device).asked + 1
        keep_count(self._book, seat.device, asked=counter)
        asked = self._said("ask", seat, unit=unit, epoch=self.holder(unit).epoch, counter=counter)
        try:
            return asked, self._heard(seat, asked)
        except (Unavailable, Damage) as error:
            raise OtherUnheard(name=self.name(unit), letter=seat.letter) from error

    def _heard(self, seat: Seat, said: Said) -> Said:
        if self.road is None:
            raise OtherUnheard(name=seat.letter, letter=seat.letter)
        line = leases.closed_line(said, seed=self._unlocked.device_seed, seal_key=seat.seal_key)
        answer = leases.open_line(self.road(seat, line), table=self._table, secret=self._unlocked.device_secret)
        if not leases.answers(answer, said):
            raise OtherUnheard(name=seat.letter, letter=seat.letter)
        return answer

    def _said(self, kind: leases.Kind, seat: Seat, *, to: Said | None = None, **facts: object) -> Said:
        """A question, or the answer `to` one."""
        made = Said(
            version=leases.VERSION, kind=kind, table=self._table.digest, sender=self._table.mine, to=seat.device,
            book=self._book.book, nonce=to.nonce if to else self._draw(16),
        )  # fmt: skip
        return changed(made, **facts)

    # Answering it

    def answer(self, line: bytes) -> bytes:
        """The answer to a line of another laptop, kept before it is given.

        Raises `Malformed`, `OtherTable`, `NotOpened`, `SignatureWrong`: whoever said that gets no answer.
        """
        table = self._table
        if table.stands_in:
            raise leases.OtherTable
        said = leases.open_line(line, table=table, secret=self._unlocked.device_secret)
        seat = table.seat(said.sender)
        # No question is put twice with one nonce: a line that was answered comes again from whoever overheard it.
        if (said.sender, said.nonce) in self._answered:
            raise leases.OtherTable
        # A book that was put back has forgotten what was posted and given since; it gives nothing until it was compared.
        if self._book.set_back() is not None:
            raise leases.OtherTable
        if said.kind == "closing":
            answer = self._said("closed", seat, to=said, counter=said.counter, closed=self._own_closing())
        elif said.kind == "ask" and leases.is_unit(self._session.roll, said.unit):
            answer = self._granted(seat, said)
        else:
            raise leases.OtherTable
        self._answered.append((said.sender, said.nonce))
        return leases.closed_line(answer, seed=self._unlocked.device_seed, seal_key=seat.seal_key)

    def _granted(self, seat: Seat, ask: Said) -> Said:
        before, heard = self.holder(ask.unit), counts(self._book, seat.device).heard
        verdict, held = leases.decide(ask, held=before, mine=self._table.mine, busy=self.busy(ask.unit), heard=heard)
        if verdict == "late":
            return self._said("grant", seat, to=ask, unit=ask.unit, verdict=verdict, counter=heard)
        self._keep(ask.unit, held, heard=(seat.device, ask.counter))
        letter = self._table.seat(held.device).letter if verdict == "elsewhere" else ""
        return self._said(
            "grant", seat, to=ask, unit=ask.unit, verdict=verdict, epoch=held.epoch, counter=ask.counter, text=letter
        )  # fmt: skip

    def _keep(self, unit: str, held: Held, *, heard: tuple[bytes, int] = (b"", 0)) -> None:
        keep(self._book, unit, held, heard=heard)
        self._passed = {**self._passed, unit: held}

    # What a mirror knows of it

    def beyond(self, told: Passed) -> tuple[Lease, ...]:
        """What was passed since a mirror was told so much."""
        later = ((unit, held) for unit, held in sorted(self._passed.items()) if unit not in told or told[unit].epoch < held.epoch)
        return tuple(Lease(unit=unit, device=held.device, epoch=held.epoch) for unit, held in later)

    def learn(self, told: Passed) -> None:
        """What the book's own mirror knows of what was given, and the book forgot: it is one that was put back.

        What others gave this laptop they say themselves when they are asked again: a file that whoever opens it can add
        to gives nobody anything.
        """
        table, roll = self.table, self._session.roll
        for unit, held in told.items():
            if table is None or held.device == table.mine or held.epoch <= self.holder(unit).epoch:
                continue
            if leases.is_unit(roll, unit) and leases.may_be(table, Lease(unit=unit, device=held.device, epoch=held.epoch)):
                self._keep(unit, held)

    # Where there is no network

    def give(self, unit: str, *, to: bytes) -> str:
        """Give a unit over by hand: the code to be read to the other laptop; the same one when it is asked for again.

        Raises `NotToGive`, `StandsIn`.
        """
        table, held = self._table, self.holder(unit)
        if table.stands_in:
            raise StandsIn(name=self.name(unit), letter=table.seat(held.device).letter)
        seat = table.seat(to)
        if held.device == to and held.epoch:
            return self._code(seat, unit, held.epoch, giver=table.mine)
        if held.device != table.mine or self.busy(unit) or self._book.set_back() is not None:
            raise NotToGive(name=self.name(unit))
        given = Held(to, held.epoch + 1)
        self._keep(unit, given)
        return self._code(seat, unit, given.epoch, giver=table.mine)

    def take(self, unit: str, *, code: str) -> None:
        """Take over what another laptop gave by hand. Raises `CodeWrong`, `StandsIn`, `OwnBook`."""
        table, held = self._table, self.holder(unit)
        if table.stands_in:
            raise self._refusal(unit)
        for seat in table.others:
            for epoch in range(held.epoch + 1, held.epoch + 1 + CODES_AHEAD):
                if leases.is_hand_code(code, self._code(seat, unit, epoch, giver=seat.device)):
                    self._keep(unit, Held(table.mine, epoch))
                    return
        raise CodeWrong(name=self.name(unit))

    def _code(self, seat: Seat, unit: str, epoch: int, *, giver: bytes) -> str:
        table = self._table
        shared = keys.shared(self._unlocked.device_secret, seat.seal_key, label="hand/1", salt=table.digest)
        to = seat.device if giver == table.mine else table.mine
        return leases.hand_code(shared, table=table.digest, giver=giver, to=to, unit=unit, epoch=epoch)

    # The one sheet of both books

    def own_closing(self) -> ClosedBook | None:
        """This laptop's closed book in figures; None while it is open, or where nobody sits beside it."""
        entries = len(self._session.bodies)
        if self.table is None or self._session.state != "closed" or not self._unlocked.can_sign:
            return None
        last = next(self._book.sealed(entries, entries))
        return joint.closed_book(self._session, last, table=self.table, seed=self._unlocked.device_seed)

    def joint(self) -> Joint | None:
        """Both books side by side, as far as they are known; None where nobody sits beside this laptop."""
        if self.table is None:
            return None
        known = {one.device: one for one in self.closings()}
        if own := self.own_closing():
            known[self.table.mine] = own
        books = tuple((seat.letter, known.get(seat.device)) for seat in self.table.seats)
        away = frozenset(one.group_code for one in self._session.terms.groups if not self._here(one.group_code))
        return Joint(books, self.table.here.letter, away)

    def _own_closing(self) -> bytes:
        made = self.own_closing()
        return made.to_bytes() if made else b""

    def fetch_closings(self) -> tuple[ClosedBook, ...]:
        """The closed books of the other laptops, asked of each. Raises `OtherUnheard`, `OtherNotClosed`."""
        for seat in self._table.others:
            try:
                answer = self._heard(seat, self._said("closing", seat))
            except (Unavailable, Damage) as error:
                raise OtherUnheard(name=seat.letter, letter=seat.letter) from error
            if answer.kind != "closed" or not answer.closed:
                raise OtherNotClosed(letter=seat.letter)
            self._keep_closing(joint.read_record(answer.closed, table=self._table))
        return self.closings()

    def take_closing(self, text: str) -> ClosedBook:
        """The closed book of another laptop as it was scanned, typed or brought. Raises what `joint.read_closed` raises."""
        made = joint.read_closed(text, table=self._table, known=self.closings())
        self._keep_closing(made)
        return made

    def _keep_closing(self, made: ClosedBook) -> None:
        with self._book.writing() as session:
            session.merge(ClosedBesideRow(device=made.device, raw=made.to_bytes()))

    def closings(self) -> tuple[ClosedBook, ...]:
        """What is known of the other laptops' closed books, by letter."""
        if self.table is None:
            return ()
        with self._book.reading() as session:
            rows = [session.get(ClosedBesideRow, seat.device) for seat in self.table.others]
            return tuple(from_bytes(ClosedBook, row.raw) for row in rows if row)


# What the book keeps of it


class Counts(NamedTuple):
    """The newest question put to a laptop, and the newest of its own that was answered."""

    asked: int
    heard: int


def kept(book: Book) -> dict[str, Held]:
    """Every unit that was ever given, with its holder."""
    with book.reading() as session:
        return {row.unit: Held(row.device, row.epoch) for row in session.exec(select(LeaseRow))}


def keep(book: Book, unit: str, held: Held, *, heard: tuple[bytes, int]) -> None:
    """Who holds a unit from now on, and which question that answers, in one commit."""
    device, counter = heard
    with book.writing() as session:
        session.merge(LeaseRow(unit=unit, device=held.device, epoch=held.epoch))
        if device:
            row = session.get(LeaseCountRow, device) or LeaseCountRow(device=device)
            row.heard = counter
            session.add(row)


def counts(book: Book, device: bytes) -> Counts:
    with book.reading() as session:
        row = session.get(LeaseCountRow, device) or LeaseCountRow(device=device)
        return Counts(row.asked, row.heard)


def keep_count(book: Book, device: bytes, *, asked: int) -> None:
    with book.writing() as session:
        row = session.get(LeaseCountRow, device) or LeaseCountRow(device=device)
        row.asked = asked
        session.add(row)
