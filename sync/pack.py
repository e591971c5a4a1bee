"""What the office gives a laptop: the ticket that enrols it, and a pack for each session.

A ticket names the office by its keys and lets one laptop join with a one-time code. The laptop
answers with its own public keys and its team's. A pack is the terms of one session, sealed to one
laptop and signed by the office it enrolled with; it names the book that the laptop will write.
"""

import datetime
import itertools
from collections.abc import Sequence
from typing import NamedTuple

from sync import keys
from sync.chain import Writer
from sync.envelope import Header, begins_known, close_envelope, open_envelope
from sync.errors import Refusal
from sync.records import Code, Digest, Id, PublicKey, Record, Text, Whole, changed, from_bytes
from sync.terms import Role, Terms

VERSION = 1


class Office(Record):
    """An office by its keys. `office` is the digest of its signing key, so an id cannot be borrowed."""

    office: Id
    name: Text
    sign_key: PublicKey
    seal_key: PublicKey
    recovery_key: PublicKey
    # What a laptop pins when it speaks TLS with the office (X.509, DER); empty where the office has none.
    certificate: bytes = b""


class Colleague(Record):
    """Someone who may get an account on the laptop."""

    staff_id: Code
    full_name: Text
    role: Role


class Ticket(Record):
    """What one laptop needs to enrol, signed by the office. `code` is used once."""

    version: Whole
    office: Office
    device: Id
    letter: Code
    code: Id
    staff: tuple[Colleague, ...]
    signature: bytes = b""


class Enrolled(Record):
    """A person's public keys on the laptop: for approvals, and for what is sealed to them."""

    staff_id: Code
    sign_key: PublicKey
    seal_key: PublicKey


class Answer(Record):
    """The laptop's answer to a ticket; `proof` shows that it held the code."""

    version: Whole
    office: Id
    device: Id
    sign_key: PublicKey
    seal_key: PublicKey
    users: tuple[Enrolled, ...]
    proof: Digest
    signature: bytes = b""


class Laptop(Record):
    """Another laptop on which people of the team have accounts: it may go on from this one's book.

    `groups` are those it serves where two sit at one table.
    """

    device: Id
    letter: Code
    sign_key: PublicKey
    seal_key: PublicKey
    users: tuple[Enrolled, ...]
    groups: tuple[Code, ...] = ()


class Pack(Record):
    """One session for one laptop. Times are Unix seconds; `issue` counts packs made for the session.

    `sign_key` is the laptop's own. `groups` are those it serves where two laptops sit at one table; empty: all. The
    signature is the office's, inside the sealed letter, so that the pack proves itself wherever it is carried.
    """

    version: Whole
    pack: Id
    issue: Whole
    office: Id
    device: Id
    letter: Code
    book: Id
    prepared_s: Whole
    expires_s: Whole
    terms: Terms
    sign_key: PublicKey
    groups: tuple[Code, ...] = ()
    laptops: tuple[Laptop, ...] = ()
    signature: bytes = b""


class Run(NamedTuple):
    """What another laptop wrote of a book before it: its pack, and the number of its last entry."""

    pack: Pack
    last: int

    @property
    def writer(self) -> Writer:
        staff_keys = {one.staff_id: one.sign_key for one in self.pack.terms.team}
        return Writer(self.pack.book, self.pack.sign_key, staff_keys, self.last)


class PackExpired(Refusal):
    code = "pack.expired"
    vi = "Gói dữ liệu đã hết hạn ngày {day}. Xin văn phòng lập gói mới rồi nạp lại."
    en = "The pack expired on {day}. Ask the office for a new one."


class PackElsewhere(Refusal):
    code = "pack.elsewhere"
    vi = "Gói này dành cho điểm {point} ngày {day}, không phải phiên đang chọn. Chọn đúng gói."
    en = "This pack is for point {point} on {day}, not for the session asked for. Choose the right pack."


class NotASpare(Refusal):
    code = "pack.not-a-spare"
    vi = "Máy này không có tên trong gói của phiên đó nên không làm tiếp được. Dùng máy khác của văn phòng đã đăng ký tổ này."
    en = "This laptop is not named in that session's pack, so it cannot go on from it. Use another laptop of the office on which this team is enrolled."


class OfficeUnknown(Refusal):
    code = "pack.office-unknown"
    vi = "Tệp này do văn phòng khác phát hành, máy này không thuộc văn phòng đó. Dùng tệp của văn phòng mình."
    en = "This file comes from another office, which this laptop does not belong to. Use your own office's file."


def office_id(sign_key: bytes) -> bytes:
    """An office's id: 16 bytes of the digest of its signing key."""
    return keys.digest("office/1", sign_key)[:16]


def book_id(*, device: bytes, point_code: str, session_date: datetime.date, issue: int) -> bytes:
    """A book's id: half from the laptop, half from the session, so a receipt names its laptop."""
    session = f"{point_code}/{session_date.isoformat()}/{issue}".encode()
    return device[:8] + keys.digest("book/1", device, session)[:8]


def make_ticket(
    *, office: Office, device: bytes, letter: str, code: bytes, staff: Sequence[Colleague], office_seed: bytes
) -> bytes:
    """A ticket file."""
    ticket = Ticket(version=VERSION, office=office, device=device, letter=letter, code=code, staff=tuple(staff))
    return keys.signed(office_seed, "ticket/1", ticket).to_bytes()


def read_ticket(raw: bytes) -> Ticket:
    """A ticket whose office signed it.

    That it is the right office is for the person to see: they had the file from its hands.
    Raises `Malformed`, `LaptopBehind`, `OfficeBehind`, `SignatureWrong`, `OfficeUnknown`.
    """
    begins_known(raw, what="ticket", reader="laptop")
    ticket = from_bytes(Ticket, raw)
    if office_id(ticket.office.sign_key) != ticket.office.office:
        raise OfficeUnknown
    keys.verify_signed(ticket.office.sign_key, "ticket/1", ticket, what="ticket")
    return ticket


def _proof(code: bytes, device: bytes, sign_key: bytes, seal_key: bytes) -> bytes:
    return keys.digest("enrol/1", code, device, sign_key, seal_key)


def make_answer(
    ticket: Ticket, *, device_seed: bytes, device_secret: bytes, users: Sequence[Enrolled]
) -> bytes:
    """The laptop's answer to its ticket."""
    sign_key, seal_key = keys.sign_public(device_seed), keys.seal_public(device_secret)
    answer = Answer(
        version=VERSION,
        office=ticket.office.office,
        device=ticket.device,
        sign_key=sign_key,
        seal_key=seal_key,
        users=tuple(users),
        proof=_proof(ticket.code, ticket.device, sign_key, seal_key),
    )
    return keys.signed(device_seed, "answer/1", answer).to_bytes()


def claimed_answer(raw: bytes) -> Answer:
    """What an answer says, not yet to be believed. Raises `Malformed`, `LaptopBehind`, `OfficeBehind`."""
    begins_known(raw, what="answer", reader="office")
    return from_bytes(Answer, raw)


def read_answer(raw: bytes, *, code: bytes) -> Answer:
    """An answer made by who held the code. Raises what `claimed_answer` raises, `SignatureWrong`."""
    answer = claimed_answer(raw)
    keys.verify_signed(answer.sign_key, "answer/1", answer, what="enrolment")
    if answer.proof != _proof(code, answer.device, answer.sign_key, answer.seal_key):
        raise keys.SignatureWrong(what="enrolment")
    return answer


def signed(pack: Pack, *, office_seed: bytes) -> Pack:
    """The pack with its office's signature inside."""
    return keys.signed(office_seed, "pack/1", pack)


def verify_pack(pack: Pack, *, office: Office) -> None:
    """A pack this office made, for whichever of its laptops. Raises `OfficeUnknown`, `SignatureWrong`."""
    if pack.office != office.office:
        raise OfficeUnknown
    keys.verify_signed(office.sign_key, "pack/1", pack, what="pack")


def continued_id(book: bytes, *, by: bytes) -> bytes:
    """The id of the book in which another laptop goes on from this one: again half from the laptop."""
    return by[:8] + keys.digest("book/2", by, book)[:8]


def continued(pack: Pack, *, by: bytes) -> Pack:
    """The pack another laptop goes on with: the same terms, that laptop's keys of the same people, a book of its own.

    Whoever has no account there has no key there. Nobody signs it: it follows from one that the office signed.
    Raises `NotASpare`.
    """
    laptop = next((one for one in pack.laptops if one.device == by), None)
    if laptop is None:
        raise NotASpare
    held = {one.staff_id: one.sign_key for one in laptop.users}
    team = tuple(changed(one, sign_key=held.get(one.staff_id, b"")) for one in pack.terms.team)
    return changed(
        pack,
        pack=keys.digest("continued/1", pack.pack, by)[:16],
        device=by,
        letter=f"{pack.letter}.{laptop.letter}",
        book=continued_id(pack.book, by=by),
        terms=changed(pack.terms, team=team),
        sign_key=laptop.sign_key,
        laptops=tuple(one for one in pack.laptops if one is not laptop),
        signature=b"",
    )


def verify_line(runs: Sequence[Run], pack: Pack, *, office: Office) -> None:
    """The packs of a book that other laptops began: the first is the office's, each follows from the one before.

    Raises `OfficeUnknown`, `SignatureWrong`, `NotASpare`.
    """
    line = [*(one.pack for one in runs), pack]
    verify_pack(line[0], office=office)
    for before, after in itertools.pairwise(line):
        if continued(before, by=after.device) != after:
            raise keys.SignatureWrong(what="pack")


def seal_pack(pack: Pack, *, device_key: bytes, office_seed: bytes) -> bytes:
    """A pack file for one laptop, signed inside and outside."""
    pack = signed(pack, office_seed=office_seed)
    header = Header(
        version=pack.version, kind="pack", sender=pack.office, recipient=pack.device, subject=pack.pack, first=0, last=0
    )
    return close_envelope(pack.to_bytes(), header=header, recipient_key=device_key, sender_seed=office_seed)


def open_pack(raw: bytes, *, device: bytes, device_secret: bytes, office: Office, now_s: int) -> Pack:
    """A pack for this laptop, from its office, in force.

    Raises `Malformed`, `NotForHere`, `OfficeUnknown`, `SignatureWrong`, `NotOpened`, `PackExpired`.
    """
    opened = open_envelope(
        raw, kind="pack", recipient=device, sender_key=office.sign_key, secret=device_secret
    )
    pack = from_bytes(Pack, opened.plain)
    if pack.office != office.office or opened.header.sender != office.office:
        raise OfficeUnknown
    if pack.device != device or pack.pack != opened.header.subject:
        raise keys.NotOpened(what="pack")
    verify_pack(pack, office=office)
    if now_s > pack.expires_s:
        day = datetime.datetime.fromtimestamp(pack.expires_s, tz=datetime.UTC)
        raise PackExpired(day=f"{day:%d/%m/%Y}")
    return pack
