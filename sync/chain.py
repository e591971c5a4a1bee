"""Nail an entry to the one before it.

The digest covers the previous head, so removing, adding or reordering an earlier entry changes every
later head. Nothing random is drawn: the same entry after the same head is the same bytes, which is
how a repeated Enter or a repeated sync is recognised as nothing new.

One Ed25519 signature per entry, by the laptop, over its *stub*: the few facts a receipt shows, and
the digest. It seals the book on disk to its last row, and it is what the receipt's QR carries, so a
phone with the laptop's public key can check the paper with no network. Running totals are in every
entry, so two receipts of a day tell what lies between them.

An approval is a signature by the approver's own key over the body they saw, for one book and one id.

In an outage (`sync.outage`) what cannot sign leaves `NO_SIGNATURE`; nowhere else does anything.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sync import keys
from sync.errors import Damage, Refusal
from sync.outage import NO_SIGNATURE, KeyGone, on_paper, unsigned
from sync.projection import Projection
from sync.records import Amount, Code, Digest, Id, Record, Signature, Whole, from_bytes
from sync.session import Session
from sync.voucher import Body

VERSION = 1
NO_HEAD = b"\0" * 32


class Approval(Record):
    """Who approved, and their signature over `approval_message`."""

    staff_id: Code
    signature: Signature


class Entry(Record):
    """One place in a book. Its bytes are kept and sent as they are, never written again.

    `id` is minted before posting and unique in the book. `wall_s` is the clock of the laptop in Unix
    seconds, `mono_s` seconds since it started and `boot` which start: evidence, never order. `cash`,
    `cash_in` and `cash_out` are the drawer and the turnovers after this entry, in đồng.
    """

    version: Whole
    book: Id
    number: Whole
    prev: Digest
    id: Whole
    business_date: datetime.date
    wall_s: int
    mono_s: Whole
    boot: Whole
    maker: Code
    body: Body
    approvals: tuple[Approval, ...]
    cash: Amount
    cash_in: Amount
    cash_out: Amount


class Stub(Record):
    """What the laptop signs: the facts on the receipt, and the digest of the whole entry."""

    book: Id
    number: Whole
    business_date: datetime.date
    amount: Amount
    cash_in: Amount
    cash_out: Amount
    prev8: bytes
    digest: Digest


class Sealed(NamedTuple):
    """An entry as it is kept: its bytes, their digest (the new head), and the laptop's signature."""

    entry: Entry
    raw: bytes
    head: bytes
    signature: bytes


class Moment(NamedTuple):
    """What the clocks said: Unix seconds, seconds since start, and which start."""

    wall_s: int
    mono_s: int
    boot: int


class ChainBroken(Damage):
    """An entry that does not follow the one before it."""

    code = "chain.broken"
    vi = "Sổ {book} đứt ở dòng {number}: {reason}. Dừng ghi, giữ nguyên máy và gọi văn phòng; các dòng trước đó vẫn nguyên vẹn."
    en = "Book {book} breaks at {number}: {reason}. Stop posting, keep the laptop as it is and call the office; what stands before is sound."


class IdReused(Refusal):
    """The id of a posted entry, with other content."""

    code = "chain.id-reused"
    vi = "Phiếu này đã ghi ở số {number} với nội dung khác. Không ghi lần nữa: xem lại phiếu đó trong Nhật ký (F6)."
    en = "This voucher was posted as {number} with other content. It is not posted again: look at it in the journal (F6)."


def head_of(raw: bytes) -> bytes:
    """The digest of an entry's bytes, which contain the head before it."""
    return keys.digest("entry/1", raw)


def unsealed(raw: bytes, signature: bytes) -> Sealed:
    """A kept entry read again, its digest reckoned anew from its bytes. Raises `Malformed`."""
    return Sealed(from_bytes(Entry, raw), raw, head_of(raw), signature)


def approval_message(*, book: bytes, entry_id: int, body: Body) -> bytes:
    """What an approver signs: this body, in this book, under this id."""
    return book + entry_id.to_bytes(8, "big") + body.to_bytes()


def approve(seed: bytes, *, staff_id: str, book: bytes, entry_id: int, body: Body) -> Approval:
    """An approval by the holder of `seed`."""
    message = approval_message(book=book, entry_id=entry_id, body=body)
    return Approval(staff_id=staff_id, signature=keys.sign(seed, "approval/1", message))


def signed_on_paper(staff_id: str) -> Approval:
    """The approval of somebody who cannot sign and is in an open outage: their hand is on the paper only."""
    return Approval(staff_id=staff_id, signature=NO_SIGNATURE)


def stub_of(entry: Entry, head: bytes) -> Stub:
    """The facts a receipt shows, with the digest that ties them to the book."""
    return Stub(
        book=entry.book,
        number=entry.number,
        business_date=entry.business_date,
        amount=entry.body.cash,
        cash_in=entry.cash_in,
        cash_out=entry.cash_out,
        prev8=entry.prev[:8],
        digest=head,
    )


def link(
    body: Body,
    *,
    session: Session,
    book: bytes,
    prev: bytes,
    entry_id: int,
    moment: Moment,
    maker: str,
    approvals: Sequence[Approval],
    device_seed: bytes,
) -> Sealed:
    """The next entry of a book, signed. The session is as it stands before the entry.

    `device_seed` is empty where the laptop's key is gone. Raises `Malformed`, `KeyGone`.
    """
    bare = unsigned(session, body)
    if not bare and not device_seed:
        raise KeyGone
    moved = body.cash
    entry = Entry(
        version=VERSION,
        book=book,
        number=len(session.bodies) + 1,
        prev=prev,
        id=entry_id,
        business_date=session.terms.session_date,
        wall_s=moment.wall_s,
        mono_s=moment.mono_s,
        boot=moment.boot,
        maker=maker,
        body=body,
        approvals=tuple(approvals),
        cash=session.cash + moved,
        cash_in=session.cash_in + (max(moved, 0) if body.kind != "open" else 0),
        cash_out=session.cash_out + max(-moved, 0),
    )
    raw = entry.to_bytes()
    # What could not be read again must never be kept: it would close the book for good.
    from_bytes(Entry, raw)
    head = head_of(raw)
    signature = NO_SIGNATURE if bare else keys.sign(device_seed, "entry/1", stub_of(entry, head).to_bytes())
    return Sealed(entry, raw, head, signature)


def verify_stub(stub: Stub, signature: bytes, *, device_key: bytes) -> None:
    """A receipt's or an entry's signature. Raises `SignatureWrong`."""
    if signature == NO_SIGNATURE:
        raise keys.SignatureWrong(what=f"#{stub.number}")
    keys.verify(device_key, "entry/1", stub.to_bytes(), signature, what=f"#{stub.number}")


def verify_signed(sealed: Sealed, *, session: Projection, device_key: bytes) -> None:
    """The laptop's signature under the next entry; in an outage of its key there is none. Raises `SignatureWrong`."""
    entry, _, head, signature = sealed
    if not unsigned(session, entry.body):
        verify_stub(stub_of(entry, head), signature, device_key=device_key)
    elif signature != NO_SIGNATURE:
        raise keys.SignatureWrong(what=f"#{entry.number}")


def verify_approvals(entry: Entry, *, session: Projection, staff_keys: Mapping[str, bytes]) -> None:
    """Every approval of the next entry by the key the office knows for that person; none of who is in an open outage.

    Raises `SignatureWrong`.
    """
    message = approval_message(book=entry.book, entry_id=entry.id, body=entry.body)
    for approval in entry.approvals:
        bare = approval.signature == NO_SIGNATURE
        if bare != on_paper(session, entry.body, approval.staff_id):
            raise keys.SignatureWrong(what=f"#{entry.number}")
        if bare:
            continue
        public = staff_keys.get(approval.staff_id, b"")
        keys.verify(public, "approval/1", message, approval.signature, what=f"#{entry.number}")


# What must be so of an entry that follows another, in the order it is asked.
_FOLLOWING = ("version", "book", "number", "previous head", "date", "cash", "cash in", "cash out")


def follows(entry: Entry, *, session: Session, book: bytes, prev: bytes) -> None:
    """An entry follows `prev` and its running totals are right, or `ChainBroken` is raised.

    Rules of the field are asked of `session.check`, not here.
    """
    moved = entry.body.cash
    found = (
        entry.version, entry.book, entry.number, entry.prev, entry.business_date, entry.cash, entry.cash_in,
        entry.cash_out,
    )  # fmt: skip
    wanted = (
        VERSION, book, len(session.bodies) + 1, prev, session.terms.session_date, session.cash + moved,
        session.cash_in + (max(moved, 0) if entry.body.kind != "open" else 0), session.cash_out + max(-moved, 0),
    )  # fmt: skip
    if found != wanted:
        name = next(name for name, one, other in zip(_FOLLOWING, found, wanted, strict=True) if one != other)
        raise ChainBroken(book=book.hex()[:8], number=str(entry.number), reason=name)


class Writer(NamedTuple):
    """Another laptop that wrote the entries of a book up to number `last`, and the keys these verify with."""

    book: bytes
    device_key: bytes
    staff_keys: Mapping[str, bytes]
    last: int


class Standing(NamedTuple):
    """Where a sound run of entries ends."""

    session: Session
    head: bytes
    entries: int


def replay(
    session: Session, rows: Iterable[Sealed], *, book: bytes, device_key: bytes, before: Sequence[Writer] = ()
) -> Standing:
    """Fold stored entries from the first, each as `unsealed` read it, checking everything about it.

    `before` are the laptops that wrote the first of them, in their order, where the session went on at another; each
    later one begins with its resumption, and a resumption stands nowhere else.

    Raises the fault of the first bad one: `ChainBroken`, `SignatureWrong` or a `Refusal` of the rules.
    """
    head, entries = NO_HEAD, 0
    own = Writer(book, device_key, {one.staff_id: one.sign_key for one in session.terms.team}, 0)
    writers, begins = list(before), 0
    for sealed in rows:
        entry, made = sealed.entry, sealed.head
        while writers and entries == writers[0].last:
            begins = writers.pop(0).last
        writer = writers[0] if writers else own
        begun(entry, begins=bool(entries) and entries == begins, book=writer.book)
        # An id used twice would let the approval of one voucher stand under another.
        if entry.id in session.ids:
            raise ChainBroken(book=book.hex()[:8], number=str(entry.number), reason="id")
        session.ids.add(entry.id)
        follows(entry, session=session, book=writer.book, prev=head)
        verify_signed(sealed, session=session, device_key=writer.device_key)
        verify_approvals(entry, session=session, staff_keys=writer.staff_keys)
        approvers = [one.staff_id for one in entry.approvals]
        session.check(entry.body, maker=entry.maker, approvers=approvers, head=head)
        session.apply(entry.body, maker=entry.maker)
        head, entries = made, entries + 1
    if writers and entries < writers[-1].last:
        raise ChainBroken(book=book.hex()[:8], number=str(entries + 1), reason="missing")
    return Standing(session, head, entries)


def begun(entry: Entry, *, begins: bool, book: bytes) -> None:
    """A laptop that goes on from another says so first and never again. Raises `ChainBroken`."""
    if (entry.body.kind == "resume") is not begins:
        raise ChainBroken(book=book.hex()[:8], number=str(entry.number), reason="resume")
