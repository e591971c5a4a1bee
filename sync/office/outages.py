"""What the officers are told of outages in a book: each one, its end, what was signed on paper only.

An outage breaks no rule, and still nobody should learn of it by chance: while it lasts there is less to hold a
voucher against. Each of these stands in the list of differences and counts as one.
"""

from collections.abc import Iterator
from typing import Final

from sqlmodel import Session as Database
from sqlmodel import col, select

from sync.chain import Entry
from sync.errors import Fault, Refusal
from sync.office.store import EntryRow
from sync.outage import NO_SIGNATURE, GapDiffers, gap_of
from sync.projection import LAPTOP, Projection, outage_of
from sync.records import from_bytes


class LaptopOutage(Refusal):
    code = "outage.laptop"
    vi = "Máy mất khóa ký từ số {number}, {approvers} duyệt khai: từ đó phiếu không có chữ ký số của máy. Đối chiếu biên lai của khách với sổ, kiểm tra máy."
    en = "The laptop's key was gone from {number}, approved by {approvers}: vouchers since then lack its signature. Hold receipts against the book; inspect the laptop."


class PersonOutage(Refusal):
    code = "outage.person"
    vi = "{staff} không ký số được từ số {number}, {approvers} duyệt khai: từ đó người này ký trên giấy. Xem các phiếu giấy có đủ chữ ký."
    en = "{staff} could not sign from {number}, approved by {approvers}, and signed on paper since. See that the papers bear the signature."


class OutageOver(Refusal):
    code = "outage.over"
    vi = "Sự cố từ số {first} đã khắc phục ở số {number}, {approvers} duyệt: {entries} phiếu đến số {last}, thu {cash_in} đ, chi {cash_out} đ. Đối chiếu với phiếu khắc phục."
    en = "The outage from {first} was recovered at {number}, approved by {approvers}: {entries} vouchers up to {last}, {cash_in} đ in, {cash_out} đ out. Hold it against the recovery's paper."


class ClosedOnPaper(Refusal):
    code = "outage.closed-on-paper"
    vi = "Sổ khóa ở số {number} khi {staff} chỉ ký trên giấy. Đối chiếu chữ ký trên biên bản khóa sổ."
    en = "The book was closed at {number} with {staff} signing on paper only. See the signature on the closing sheet."


class ApprovedOnPaper(Refusal):
    code = "outage.approved-on-paper"
    vi = "Phiếu số {number} sửa điều đã ghi hoặc số quỹ mà {staff} chỉ duyệt trên giấy. Xem chữ ký trên phiếu giấy."
    en = "Voucher {number} changes what was posted, or the cash, and {staff} approved it on paper only. See the signature on the paper."


class SignedInside(Refusal):
    code = "outage.signed-inside"
    vi = "Số {number} nằm trong khoảng máy khai mất khóa ký từ số {since} mà lô vẫn có chữ ký của máy. Gọi tổ giao dịch, xác minh máy."
    en = "Entry {number} lies in an outage of the laptop's key since {since}, and the batch is signed by that key. Call the team; inspect the laptop."


# What is told and breaks no rule.
TOLD: Final = frozenset(one.code for one in (LaptopOutage, PersonOutage, OutageOver, ClosedOnPaper, ApprovedOnPaper))
# What undoes or writes off: told one by one when it was approved on paper; payments are told with the outage.
_GRAVE: Final = ("reverse", "correct", "difference", "handover")


def told(session: Projection, entry: Entry) -> Iterator[Fault]:
    """What is to be said of an entry, before it is folded into the session."""
    body = entry.body
    approvers = ", ".join(one.staff_id for one in entry.approvals) or "-"
    if body.kind == "outage":
        for one in outage_of(body):
            if one == LAPTOP:
                yield LaptopOutage(number=entry.number, approvers=approvers)
            else:
                yield PersonOutage(staff=one, number=entry.number, approvers=approvers)
    elif body.kind == "recover":
        try:
            gap = gap_of(session, body)
        except GapDiffers:
            return
        yield OutageOver(
            first=gap.first, last=gap.last, number=entry.number, approvers=approvers, entries=gap.entries,
            cash_in=gap.cash_in, cash_out=gap.cash_out,
        )  # fmt: skip
    elif body.kind in ("close", *_GRAVE):
        fault = ClosedOnPaper if body.kind == "close" else ApprovedOnPaper
        for approval in entry.approvals:
            if approval.signature == NO_SIGNATURE:
                yield fault(number=entry.number, staff=approval.staff_id)


def signed_inside(session: Projection, last: Entry) -> Fault | None:
    """A batch whose last entry, which is signed, stands in an outage of the laptop's key: it had one. The session has folded it."""
    since = session.outages.get(LAPTOP)
    return SignedInside(number=last.number, since=since) if since else None


def gaps_of(db: Database, *, book: bytes) -> tuple[tuple[int, int], ...]:
    """Every outage of a laptop's key in a book: its first voucher and its recovery, 0 where there is none yet."""
    rows = db.exec(
        select(EntryRow.number, EntryRow.raw)
        .where(EntryRow.book == book, col(EntryRow.kind).in_(("outage", "recover")))
        .order_by(col(EntryRow.number))
    )
    found: list[tuple[int, int]] = []
    first = 0
    for at, raw in rows:
        body = from_bytes(Entry, raw).body
        if LAPTOP not in outage_of(body):
            continue
        if body.kind == "outage":
            first = first or at
        elif first:
            found.append((first, at))
            first = 0
    return (*found, (first, 0)) if first else tuple(found)


def gap_at(db: Database, *, book: bytes, number: int) -> tuple[int, int] | None:
    """The outage that covers a number, as `gaps_of` says it."""
    return next((one for one in gaps_of(db, book=book) if one[0] <= number and (number < one[1] or not one[1])), None)
