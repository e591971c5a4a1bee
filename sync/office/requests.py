"""What people asked for without money: extensions, rescheduling, another crop, dossiers, the suggestion box.

A table only registers them; the office decides. A request that was taken back at the table stays in the list.
"""

import datetime
from typing import Final, NamedTuple

from sync.office import vouchers
from sync.office.home import Office
from sync.office.overview import ROWS_MAX, Mark
from sync.office.vouchers import Voucher, Wanted

# As people name them; a word the program does not know is shown as it came.
TYPES: Final = {
    "extension": "Gia hạn nợ", "reschedule": "Điều chỉnh kỳ hạn (08/TD)", "retain": "Lưu vụ",
    "dossier": "Hồ sơ vay vốn", "suggestion": "Hòm thư góp ý",
}  # fmt: skip
_WANTED: Final = Wanted(("request",))


class Asked(NamedTuple):
    """One request. `until` is the day asked for, None where none was."""

    book: str
    point_name: str
    session_date: datetime.date
    number: int
    text: str
    kind: str
    party: str
    party_name: str
    account: str
    until: datetime.date | None
    reason: str
    maker: str
    undone: bool
    mark: Mark


class Page(NamedTuple):
    """A page of all requests, the latest session first."""

    rows: tuple[Asked, ...]
    total: int
    page: int
    pages: int


def requests(office: Office, *, page: int) -> Page:
    """One page of them; a number beyond the last is the last."""
    with office.store.reading() as db:
        total = vouchers.count(db, _WANTED)
        pages = max(1, -(-total // ROWS_MAX))
        page = min(max(page, 1), pages)
        rows = vouchers.found(office, db, _WANTED, first=(page - 1) * ROWS_MAX, most=ROWS_MAX)
    return Page(tuple(_asked(one) for one in rows), total, page, pages)


def _asked(one: Voucher) -> Asked:
    body = one.entry.body
    return Asked(
        book=one.book,
        point_name=one.point_name,
        session_date=one.session_date,
        number=one.entry.number,
        text=one.text,
        kind=TYPES.get(body.detail("type"), body.detail("type")),
        party=body.party,
        party_name=one.party_name,
        account=body.detail("account"),
        until=_day(body.detail("until")),
        reason=body.reason,
        maker=one.maker,
        undone=bool(one.reversed_by),
        mark=_mark(one),
    )


def _day(said: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(said)
    except ValueError:
        return None


def _mark(one: Voucher) -> Mark:
    if one.differences:
        return Mark("bad", "khác biệt")
    if one.reversed_by:
        return Mark("quiet", f"đã rút ở số {one.reversed_by}")
    return Mark("warn", "chờ văn phòng")
