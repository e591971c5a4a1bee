"""Who held the cash, where it went, and what became of it: the movements, the incidents, and money nobody can place.

Amounts in đồng. A transit, a counterfeit note and a loss move no cash of the book; their amounts are what they say.
"""

import datetime
import re
from typing import Final, NamedTuple

from sync.errors import Refusal
from sync.money import counted
from sync.office import findings, overview, vouchers
from sync.office.home import VIETNAM, Office
from sync.office.overview import KINDS, Mark, money
from sync.office.vouchers import Voucher, Wanted
from sync.voucher import Kind

MOVEMENTS: Final[tuple[Kind, ...]] = ("open", "float", "return", "handover", "transit", "counterfeit", "loss")
# More than the movements of every session of one office in a month; beyond, the page says how many it leaves out.
_ROWS_MAX = 500
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


class Movement(NamedTuple):
    """One record of custody. `about` says between whom or where, `seal` the number on the bag."""

    book: str
    point_name: str
    session_date: datetime.date
    number: int
    text: str
    wall_s: int
    kind: str
    amount: int
    about: str
    seal: str
    maker: str
    approvers: str
    mark: Mark | None


class Unplaced(NamedTuple):
    """Money that stands unplaced; `days` since its session."""

    book: str
    point_name: str
    session_date: datetime.date
    number: int
    text: str
    amount: int
    giver: str
    phone: str
    reason: str
    maker: str
    approvers: str
    days: int
    mark: Mark | None


class Month(NamedTuple):
    """Custody of a month, and all unplaced money there is (what the core system booked or a table gave back is placed); `left_out` movements found no room on the page."""

    month: datetime.date
    months: tuple[datetime.date, ...]
    taken: int
    returned: int
    counterfeit: int
    lost: int
    unplaced: int
    movements: tuple[Movement, ...]
    left_out: int
    suspense: tuple[Unplaced, ...]


def month(office: Office, *, wanted: datetime.date | None) -> Month:
    """The custody of a month; without one, of the month of the latest session."""
    with office.store.reading() as db:
        first, months = overview.months(office, db, wanted=wanted)
        asked = Wanted(MOVEMENTS, month=first)
        # The sums are of the whole month, however much of it the page has room for.
        rows = vouchers.found(office, db, asked, first=0, most=vouchers.count(db, asked))
        waiting = Wanted(("suspense",), standing=True)
        suspense = vouchers.found(office, db, waiting, first=0, most=vouchers.count(db, waiting))
        placed = findings.placed(db, {bytes.fromhex(one.book) for one in suspense})
        suspense = tuple(one for one in suspense if (one.book, one.entry.number) not in placed)
    sums: dict[str, int] = {}
    for row in rows:
        kind = row.entry.body.kind
        # A note given back was not kept.
        if row.entry.body.detail("outcome") != "returned":
            sums[kind] = sums.get(kind, 0) + _amount(row)
    unplaced = tuple(_unplaced(one, today=office.today()) for one in suspense)
    return Month(
        month=first,
        months=months,
        taken=sums.get("open", 0) + sums.get("float", 0),
        returned=sums.get("return", 0),
        counterfeit=sums.get("counterfeit", 0),
        lost=sums.get("loss", 0),
        unplaced=sum(one.amount for one in unplaced),
        movements=tuple(_movement(one) for one in rows[:_ROWS_MAX]),
        left_out=max(len(rows) - _ROWS_MAX, 0),
        suspense=unplaced,
    )


def of_book(office: Office, *, book: bytes) -> tuple[Movement, ...]:
    """The custody records of one book, its last first."""
    with office.store.reading() as db:
        rows = vouchers.found(office, db, Wanted(MOVEMENTS, book=book), first=0, most=_ROWS_MAX)
    return tuple(_movement(one) for one in rows)


def _movement(one: Voucher) -> Movement:
    return Movement(
        book=one.book,
        point_name=one.point_name,
        session_date=one.session_date,
        number=one.entry.number,
        text=one.text,
        wall_s=one.entry.wall_s,
        kind=KINDS[one.entry.body.kind],
        amount=_amount(one),
        about=_about(one),
        seal=one.entry.body.detail("seal"),
        maker=one.maker,
        approvers=one.approvers,
        mark=_mark(one),
    )


def _amount(one: Voucher) -> int:
    """What the record is about. What broke a rule may say anything, and must still be shown."""
    body = one.entry.body
    if body.kind == "loss":
        said = body.detail("amount")
        return int(said) if said.isascii() and said.isdigit() and len(said) <= 12 else 0
    if body.kind in ("handover", "transit"):
        try:
            return counted(dict(body.notes))
        except Refusal:
            return 0
    return sum(line.amount for line in body.lines)


def _about(one: Voucher) -> str:
    body, fund = one.entry.body, "quỹ chính"
    match body.kind:
        case "open" | "float":
            return f"{body.detail('giver') or fund} → {one.maker}"
        case "return":
            return f"{one.maker} → {body.detail('taker') or fund}"
        case "handover":
            return f"{one.maker} → {one.names.get(body.detail('to'), body.detail('to'))}"
        case "transit":
            left = f" · rời đi {body.detail('left_at')}" if body.detail("left_at") else ""
            return f"{body.detail('from')} → {body.detail('to')}{left} · áp tải: {body.detail('carriers')}"
        case "counterfeit":
            return _notes_about(one)
        case _:
            told = f" · đã báo: {body.detail('told')}" if body.detail("told") else " · chưa báo ai"
            return f"{body.reason} · {body.detail('place')}, lúc {body.detail('at')}{told}"


def _notes_about(one: Voucher) -> str:
    body = one.entry.body
    listed = ", ".join(f"{money(line.amount)} sê-ri {line.account}" for line in body.lines)
    outcome = "trả lại người nộp" if body.detail("outcome") == "returned" else "thu giữ"
    minutes = f" · biên bản {body.detail('minutes')}" if body.detail("minutes") else ""
    of = f" · của {one.party_name or body.party}" if body.party else ""
    return f"{outcome}: {listed}{minutes}{of}"


def _mark(one: Voucher) -> Mark | None:
    if one.differences:
        return Mark("bad", "khác biệt")
    if one.reversed_by:
        return Mark("quiet", f"đã đảo ở số {one.reversed_by}")
    if one.entry.body.kind != "loss":
        return None
    parameters = one.pack.terms.parameters
    if _amount(one) < parameters.loss_urgent_from:
        return Mark("warn", "mất tiền")
    until = _happened(one) + datetime.timedelta(hours=parameters.loss_urgent_hours)
    return Mark("bad", f"khẩn: báo trước {until:%H:%M %d/%m}")


def _happened(one: Voucher) -> datetime.datetime:
    """When money was lost, as the record says; where it says no time of the day, when it was written down."""
    written = datetime.datetime.fromtimestamp(one.entry.wall_s, tz=VIETNAM)
    found = _TIME.fullmatch(one.entry.body.detail("at"))
    if found is None:
        return written
    said = datetime.datetime.combine(one.session_date, datetime.time(int(found[1]), int(found[2])), tzinfo=VIETNAM)
    return min(said, written)


def _unplaced(one: Voucher, *, today: datetime.date) -> Unplaced:
    body = one.entry.body
    return Unplaced(
        book=one.book,
        point_name=one.point_name,
        session_date=one.session_date,
        number=one.entry.number,
        text=one.text,
        amount=body.cash,
        giver=one.party_name or body.party or body.detail("name") or "chưa rõ",
        phone=body.detail("phone"),
        reason=body.reason,
        maker=one.maker,
        approvers=one.approvers,
        days=max((today - one.session_date).days, 0),
        mark=_mark(one),
    )
