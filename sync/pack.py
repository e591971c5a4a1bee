"""What the office gives a laptop: the ticket that enrols it, and a pack for each session.

A ticket names the office by its keys and lets one laptop join with a one-time code. The laptop
answers with its own public keys and its team's. A pack is the terms of one session, sealed to one
laptop and signed by the office it enrolled with; it names the book that the laptop will write.
"""

import datetime
from collections.abc import Sequence

from sync import keys
from sync.envelope import Header, close_envelope, open_envelope
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


class Pack(Record):
    """One session for one laptop. Times are Unix seconds; `issue` counts packs made for the session."""

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


class PackExpired(Refusal):
    code = "pack.expired"
    vi = "Gói dữ liệu đã hết hạn ngày {day}. Xin văn phòng lập gói mới rồi nạp lại."
    en = "The pack expired on {day}. Ask the office for a new one."


class PackElsewhere(Refusal):
    code = "pack.elsewhere"
    vi = "Gói này dành cho điểm {point} ngày {day}, không phải phiên đang chọn. Chọn đúng gói."
    en = "This pack is for point {point} on {day}, not for the session asked for. Choose the right pack."


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
    return changed(ticket, signature=keys.sign(office_seed, "ticket/1", ticket.to_bytes())).to_bytes()


def read_ticket(raw: bytes) -> Ticket:
    """A ticket whose office signed it. Raises `Malformed`, `SignatureWrong`, `OfficeUnknown`.

    That it is the right office is for the person to see: they had the file from its hands.
    """
    ticket = from_bytes(Ticket, raw)
    if office_id(ticket.office.sign_key) != ticket.office.office:
        raise OfficeUnknown
    unsigned = changed(ticket, signature=b"").to_bytes()
    keys.verify(ticket.office.sign_key, "ticket/1", unsigned, ticket.signature, what="ticket")
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
    return changed(answer, signature=keys.sign(device_seed, "answer/1", answer.to_bytes())).to_bytes()


def read_answer(raw: bytes, *, code: bytes) -> Answer:
    """An answer made by who held the code. Raises `Malformed`, `SignatureWrong`."""
    answer = from_bytes(Answer, raw)
    unsigned = changed(answer, signature=b"").to_bytes()
    keys.verify(answer.sign_key, "answer/1", unsigned, answer.signature, what="enrolment")
    if answer.proof != _proof(code, answer.device, answer.sign_key, answer.seal_key):
        raise keys.SignatureWrong(what="enrolment")
    return answer


def seal_pack(pack: Pack, *, device_key: bytes, office_seed: bytes) -> bytes:
    """A pack file for one laptop."""
    header = Header(
        version=1, kind="pack", sender=pack.office, recipient=pack.device, subject=pack.pack, first=0, last=0
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
    if now_s > pack.expires_s:
        day = datetime.datetime.fromtimestamp(pack.expires_s, tz=datetime.UTC)
        raise PackExpired(day=f"{day:%d/%m/%Y}")
    return pack
