"""Two laptops at one table: who serves whom, and how that passes from one to the other.

Each laptop writes a book of its own, and whoever both of them serve could be paid twice. So every *unit* (a group with
its members; a person of no group; an organisation; a slip of nobody) has one holder at a time. The packs say who holds
it first: they share out the groups, and what is of no group is held by the laptop whose letter comes first. From then
on a holder may give a unit that its own book has not touched, and says so to its own disk before it says so to the
other laptop. Every giving counts one up (the *epoch* of the unit), so what comes late, twice or never moves nothing:
at worst nobody holds a unit until it is asked for again, and never two do.

What the laptops say to each other is signed by the one, sealed to the other, and bound to the table: the same point
and day, shared out in the same way. An answer carries what was drawn for its question: counters go back with a book
that is put back from a copy, and an answer heard before is then no answer. With no network a holder reads twelve digits aloud instead.
"""

import datetime
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from sync import keys
from sync.errors import Refusal
from sync.pack import Pack
from sync.records import Code, Digest, Id, Malformed, Record, Text, Whole, from_bytes
from sync.terms import Roll
from sync.voucher import Body

VERSION = 1
# A line with the text of a closed book in it is below 2 kB; more is nothing of ours.
LINE_BYTES_MAX: Final = 4096
# Vouchers that touch whoever they are about. A reversal undoes what its own book touched, and the rest moves no account.
TOUCHING: Final = frozenset({"group", "visit", "slip", "adjust"})
HAND_DIGITS: Final = 12
# No morning counts so far: a number beyond it would leave no room for the next.
COUNTED_MAX: Final = 1_000_000

Kind = Literal["ask", "grant", "closing", "closed"]
# given: it is yours; touched: it was served here; elsewhere: a third holds it; late: a newer question was answered already.
Verdict = Literal["", "given", "touched", "elsewhere", "late"]


class ServedElsewhere(Refusal):
    code = "lease.elsewhere"
    vi = "{name} do máy {letter} phục vụ. Mời khách sang máy {letter}, hoặc ở máy {letter} bấm giao sang máy này nếu bên đó chưa ghi gì."
    en = "{name} is served at laptop {letter}. Send them there, or have it given over at laptop {letter} if nothing was posted there yet."


class ServedAlready(Refusal):
    code = "lease.touched"
    vi = "Máy {letter} đã ghi hoặc đang nhập phiếu cho {name} nên không giao sang máy này. Mời khách sang máy {letter}."
    en = "Laptop {letter} has posted for {name}, or is just keying for it, so it is not given over. Send them to laptop {letter}."


class OtherUnheard(Refusal):
    code = "lease.unheard"
    vi = "{name} do máy {letter} phục vụ và máy {letter} không trả lời. Mời khách sang máy {letter}, hoặc xin máy {letter} đọc mã giao."
    en = "{name} is served at laptop {letter}, which does not answer. Send them there, or have laptop {letter} read out a code that gives it over."


class GivenAway(Refusal):
    code = "lease.given"
    vi = "{name} đã giao sang máy {letter}. Mời khách sang máy {letter}, hoặc xin lại nếu bên đó chưa ghi gì."
    en = "{name} was given to laptop {letter}. Send them there, or ask for it back if nothing was posted there yet."


class NotToGive(Refusal):
    code = "lease.not-to-give"
    vi = "Máy này không giữ {name} hoặc đã ghi phiếu, đang nhập dở, nên không giao được. Làm tiếp ở máy đang giữ."
    en = "This laptop does not hold {name}, or has posted or is keying for it, so it cannot give it over. Go on where it is held."


class CodeWrong(Refusal):
    code = "lease.code-wrong"
    vi = "Mã giao không đúng cho {name}. Xem lại đã chọn đúng Tổ chưa và gõ lại đủ 12 số mà máy kia đọc."
    en = "The code does not give over {name}. Look whether the right group is chosen, and type the twelve digits again."


class StandsIn(Refusal):
    code = "lease.stands-in"
    vi = "Máy này làm tiếp sổ của máy khác nên không giao và không xin giao {name} được. Máy {letter} đang phục vụ thì phục vụ tiếp: mời khách sang máy {letter}."
    en = "This laptop goes on with another one's book, so it neither gives nor asks for {name}. Laptop {letter} serves them and goes on doing so: send them there."


class OwnBook(Refusal):
    code = "lease.own-book"
    vi = "{name} ghi ở sổ máy {letter}, là sổ khác trên chính máy này. Mở sổ đó (Chọn phiên) rồi ghi phiếu."
    en = "{name} is served in the book of laptop {letter}, which is another book of this very laptop. Open that one and post there."


class OtherTable(Refusal):
    code = "lease.other-table"
    vi = "Hai máy không cùng một lần chia gói (khác điểm, khác ngày hoặc chia Tổ khác nhau). Xin văn phòng lập lại gói cho cả hai máy."
    en = "The two laptops do not have packs of one sharing (another point, day or division of the groups). Ask the office for new packs for both."


class Seat(NamedTuple):
    """A laptop at the table; its keys are empty where it is this one."""

    device: bytes
    letter: str
    sign_key: bytes
    seal_key: bytes
    groups: tuple[str, ...]


class Table(NamedTuple):
    """The laptops of one session, by letter; `digest` is the same on each of them, `mine` is this one's seat.

    A seat goes by the laptop that had it first. `laptop` is who sits there now: another one where it goes on for that.
    """

    digest: bytes
    mine: bytes
    day: datetime.date
    seats: tuple[Seat, ...]
    laptop: bytes

    @property
    def stands_in(self) -> bool:
        """Whether this laptop sits in another one's seat. Nobody else at the table knows it there."""
        return self.laptop != self.mine

    @property
    def here(self) -> Seat:
        return self.seat(self.mine)

    @property
    def others(self) -> tuple[Seat, ...]:
        return tuple(one for one in self.seats if one.device != self.mine)

    def seat(self, device: bytes) -> Seat:
        """A laptop by its device. Raises `OtherTable`."""
        found = next((one for one in self.seats if one.device == device), None)
        if found is None:
            raise OtherTable
        return found

    def first_holder(self, unit: str) -> Seat:
        """Who holds a unit before anything was given: by its group, else the first laptop."""
        return next((one for one in self.seats if unit in one.groups), self.seats[0])


class Held(NamedTuple):
    """Who holds a unit, and how often it was given."""

    device: bytes
    epoch: int


Passed = Mapping[str, Held]


class Lease(Record):
    """The same of one unit, as a mirror carries it."""

    unit: Code
    device: Id
    epoch: Whole


class _Shares(Record):
    """What has to be the same for two laptops to sit at one table."""

    point_code: Code
    session_date: Code
    shares: tuple[tuple[Id, tuple[Code, ...]], ...]


class Said(Record):
    """What one laptop says to another; `nonce` is drawn anew for each question, and its answer carries the same.

    `ask` asks for a unit, `grant` answers it with a verdict and, where it was given, the epoch from which it is held;
    `counter` is the asker's own and rises with every question, also across starts. Where the verdict is `elsewhere`,
    `text` is the letter of the holder; where it is `late`, `counter` is the newest that was heard.
    `closing` asks for the other's closed book, `closed` brings it (`joint.ClosedBook`), empty while it is open.
    """

    version: Whole
    kind: Kind
    table: Digest
    sender: Id
    to: Id
    book: Id
    nonce: Id
    unit: Code = ""
    verdict: Verdict = ""
    epoch: Whole = 0
    counter: Whole = 0
    text: Text = ""
    closed: bytes = b""
    signature: bytes = b""


class _Envelope(Record):
    sender: Id
    sealed: bytes


def table_of(pack: Pack, *, first: Pack | None = None) -> Table | None:
    """Who sits at the table; None where one laptop serves everybody. `first` is the pack of whom this one goes on for."""
    seated = first or pack
    if not seated.groups:
        return None
    seats = [Seat(seated.device, seated.letter, seated.sign_key, b"", seated.groups)]
    seats += [
        Seat(one.device, one.letter, one.sign_key, one.seal_key, one.groups) for one in seated.laptops if one.groups
    ]
    seats.sort(key=lambda one: (one.letter, one.device))
    shares = _Shares(
        point_code=pack.terms.point.point_code,
        session_date=pack.terms.session_date.isoformat(),
        shares=tuple((one.device, tuple(sorted(one.groups))) for one in seats),
    )
    named = tuple(one._replace(letter=pack.letter) if one.device == seated.device else one for one in seats)
    return Table(keys.digest("table/1", shares.to_bytes()), seated.device, pack.terms.session_date, named, pack.device)


def unit_of(roll: Roll, party: str) -> str:
    """What a person, a group or an organisation is held as."""
    customer = roll.customers.get(party)
    return (customer.group_code or party) if customer else party


def is_unit(roll: Roll, unit: str) -> bool:
    """Whether this is anything that could be served today."""
    if customer := roll.customers.get(unit):
        return not customer.group_code
    return unit in roll.groups or unit in roll.organisations or unit in roll.payouts


def touched(roll: Roll, body: Body) -> frozenset[str]:
    """The units a voucher touches; none where no account moves. A slip of nobody is a unit of its own."""
    if body.kind not in TOUCHING:
        return frozenset()
    found = {unit_of(roll, body.party)} | {unit_of(roll, roll.owner(line.account)) for line in body.lines}
    return frozenset(found - {""}) or frozenset({body.slip} - {""})


def holder(table: Table, passed: Passed, unit: str) -> Held:
    """Who holds a unit, as far as this laptop knows."""
    return passed.get(unit) or Held(table.first_holder(unit).device, 0)


def may_be(table: Table, lease: Lease) -> bool:
    """Whether what a mirror says of a unit can be so: nobody signed it, and whoever opens a mirror can add to it."""
    return lease.device in {one.device for one in table.seats} and lease.epoch <= COUNTED_MAX


def merged(known: Passed, said: Passed) -> dict[str, Held]:
    """The later giving of each unit: what was heard late changes nothing."""
    made = dict(known)
    for unit, held in said.items():
        if unit not in made or made[unit].epoch < held.epoch:
            made[unit] = held
    return made


def decide(ask: Said, *, held: Held, mine: bytes, busy: bool, heard: int) -> tuple[Verdict, Held]:
    """What a question is answered with, and who holds the unit from then on; to be kept before it is answered.

    `busy`: this laptop's book has touched it, or somebody is keying for it; `heard` is the newest question of that
    laptop that was answered. What was given to the asker before, and whose answer was lost, is given again; and so is
    what the asker gave here without this laptop ever hearing of it.
    """
    if ask.counter <= heard:
        return "late", held
    if held.device == ask.sender:
        return "given", held if ask.epoch <= held.epoch else Held(ask.sender, ask.epoch + 1)
    if held.device != mine:
        return "elsewhere", held
    if busy:
        return "touched", held
    return "given", Held(ask.sender, max(held.epoch, ask.epoch) + 1)


def answers(said: Said, asked: Said) -> bool:
    """Whether this was said to that very question, and not to one that was asked before."""
    return (said.nonce, said.sender, said.to) == (asked.nonce, asked.to, asked.sender)


def received(grant: Said, *, asked: Said, held: Held, mine: bytes) -> Held | None:
    """Who holds the unit after this answer; None where it answers another question, or is older than what is known."""
    same = answers(grant, asked) and (grant.counter, grant.unit) == (asked.counter, asked.unit)
    if grant.kind != "grant" or grant.verdict != "given" or not same or grant.epoch < held.epoch:
        return None
    return Held(mine, grant.epoch)


# What goes over the network


def closed_line(said: Said, *, seed: bytes, seal_key: bytes) -> bytes:
    """Signed by the sender and sealed to the other, without a line end."""
    signed = keys.signed(seed, "beside/1", said)
    sealed = keys.seal(seal_key, signed.to_bytes(), info=_info(said.table, said.sender, said.to))
    return _Envelope(sender=said.sender, sealed=sealed).to_bytes().hex().encode()


def open_line(line: bytes, *, table: Table, secret: bytes) -> Said:
    """What another laptop of this table said to this one.

    Raises `Malformed`, `OtherTable`, `NotOpened`, `SignatureWrong`.
    """
    if len(line) > LINE_BYTES_MAX:
        raise Malformed(what="beside")
    try:
        envelope = from_bytes(_Envelope, bytes.fromhex(line.decode("ascii")))
    except ValueError as error:
        raise Malformed(what="beside") from error
    seat = table.seat(envelope.sender)
    if seat.device == table.mine:
        raise OtherTable
    info = _info(table.digest, seat.device, table.mine)
    said = from_bytes(Said, keys.open_sealed(secret, envelope.sealed, info=info, what="beside"))
    keys.verify_signed(seat.sign_key, "beside/1", said, what="beside")
    # A book's id begins with its laptop's.
    if (said.table, said.sender, said.to) != (table.digest, seat.device, table.mine) or said.book[:8] != seat.device[:8]:
        raise OtherTable
    if max(said.epoch, said.counter) > COUNTED_MAX:
        raise Malformed(what="beside")
    return said


def _info(table: bytes, sender: bytes, to: bytes) -> bytes:
    return b"dgd/beside/1\0" + table + sender + to


# What is read aloud


def hand_code(shared: bytes, *, table: bytes, giver: bytes, to: bytes, unit: str, epoch: int) -> str:
    """Twelve digits that give a unit over where there is no network: `4821 9153 3706`.

    `shared` is a secret that only the two laptops have (`keys.shared`).
    """
    message = b"dgd/hand/1\0" + table + giver + to + epoch.to_bytes(8, "big") + unit.encode()
    made = int.from_bytes(hmac.new(shared, message, hashlib.sha256).digest()) % 10**HAND_DIGITS
    digits = f"{made:0{HAND_DIGITS}d}"
    return " ".join(digits[at : at + 4] for at in range(0, HAND_DIGITS, 4))


def is_hand_code(typed: str, code: str) -> bool:
    """Whether what was typed is that code; blanks and dots do not count."""
    return hmac.compare_digest("".join(one for one in typed if one.isdigit() and one.isascii()), code.replace(" ", ""))
