"""The export in force: kept in the database, and read back as the terms of one point's session.

A newer export replaces the older one in a single transaction; the same export twice changes nothing.
The rows are kept as the records' own bytes, so what goes into a pack is what was checked at the load.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import NamedTuple, TypeVar

from sqlmodel import Session, col, delete, func, insert, select

from sync.errors import Refusal
from sync.office.core_export import CashPlan, Export, Payout
from sync.office.home import Office, day_of
from sync.office.store import CoreExport, ExportCard, ExportRow
from sync.records import Record, changed, from_bytes
from sync.terms import (
    Customer,
    Deposit,
    DisbursementSlip,
    Group,
    Hamlet,
    Loan,
    Organisation,
    Parameters,
    Point,
    Programme,
    SavingsProduct,
    Staff,
    Terms,
)

R = TypeVar("R", bound=Record)


class NoExport(Refusal):
    """Nothing was loaded yet."""

    code = "office.no-export"
    vi = "Văn phòng chưa nạp tệp kết xuất nào. Chạy lệnh import với tệp của hệ thống lõi."
    en = "No export has been loaded. Run import with the core system's file."


class PointUnknown(Refusal):
    """A point the export does not have."""

    code = "office.point-unknown"
    vi = "Không có điểm giao dịch {point} trong tệp kết xuất đang dùng. Kiểm tra mã điểm hoặc nạp tệp mới."
    en = "There is no point {point} in the export in force. Check the code or load a newer export."


class Kept(NamedTuple):
    """What a load did: the export's number, its rows, whether it was new, and the day its figures are of."""

    number: int
    row_count: int
    new: bool
    as_of: datetime.date


def keep(office: Office, *, export: Export, as_of: datetime.date | None = None) -> Kept:
    """Make this the export in force.

    `as_of` is the day its figures are of; where nobody says, the day of the load. The same export again is
    a new load only where it is now said to be of another day.
    """
    digest = export.digest()
    rows = list(_rows(export))
    with office.store.writing() as db:
        newest = _newest(db)
        if newest and newest.digest == digest and as_of in (None, newest.as_of):
            return Kept(newest.number, newest.row_count, False, newest.as_of)
        number = newest.number + 1 if newest else 1
        db.execute(delete(ExportRow))
        loaded_s = office.now_s()
        as_of = as_of or day_of(loaded_s)
        db.add(CoreExport(number=number, digest=digest, loaded_s=loaded_s, row_count=len(rows), as_of=as_of))
        db.execute(insert(ExportRow), [{**row, "export": number} for row in rows])
        db.execute(delete(ExportCard))
        if cards := _cards(export):
            db.execute(insert(ExportCard), cards)
    return Kept(number, len(rows), True, as_of)


def _newest(db: Session) -> CoreExport | None:
    return db.exec(select(CoreExport).order_by(col(CoreExport.number).desc()).limit(1)).first()


def _rows(export: Export) -> Iterator[dict[str, object]]:
    """Each record with the point it belongs to; empty where it is everybody's."""
    point_of_hamlet = {one.hamlet_code: one.point_code for one in export.hamlets}
    point_of = {one.customer_code: point_of_hamlet[one.hamlet_code] for one in export.customers}

    def of_customer(record: Loan | Deposit | DisbursementSlip) -> str:
        return point_of[record.customer_code]

    for file in Export.__struct_fields__:
        records: Iterable[Record] = getattr(export, file)
        for place, record in enumerate(records):
            match record:
                case Point() | Hamlet() | Payout() | CashPlan():
                    point = record.point_code
                case Group() | Customer():
                    point = point_of_hamlet[record.hamlet_code]
                case Loan() | Deposit() | DisbursementSlip():
                    point = of_customer(record)
                case _:
                    point = ""
            yield {"file": file, "place": place, "point_code": point, "body": record.to_bytes()}


def _cards(export: Export) -> list[dict[str, object]]:
    """The cards of all points, their serials as a laptop would type them."""
    return [
        {"serial": serial, "account_no": one.account_no, "customer_code": one.customer_code, "opened_on": one.opened_on}
        for one in export.deposits
        if (serial := "".join(one.card_serial.split()).upper())
    ]


def points(db: Session) -> tuple[Point, ...]:
    """The points of the export in force."""
    return _read(db, Point, "points", None)


def staff(db: Session) -> tuple[Staff, ...]:
    """The staff of the export in force."""
    return _read(db, Staff, "staff", None)


def has_customer(db: Session, customer_code: str) -> bool:
    """Whether the export in force has such a person, at any point."""
    return any(one.customer_code == customer_code for one in _read(db, Customer, "customers", None))


def _read(db: Session, kind: type[R], file: str, point_code: str | None) -> tuple[R, ...]:
    wanted = select(ExportRow.body).where(ExportRow.file == file)
    if point_code is not None:
        wanted = wanted.where(col(ExportRow.point_code).in_((point_code, "")))
    return tuple(from_bytes(kind, body) for body in db.exec(wanted.order_by(col(ExportRow.place))))


def terms_of(
    db: Session,
    *,
    point_code: str,
    session_date: datetime.date,
    staff_keys: Mapping[str, bytes],
    slips_paid: Set[str],
    planned_on: datetime.date | None,
    parameters: Parameters,
) -> Terms:
    """The terms of one session: this point's people and nobody else's, without slips that were paid.

    `staff_keys` are the keys the team enrolled with on the laptop; `planned_on` is the day a make-up session
    was planned for. The float the office planned for the session stands before the one its settings name.
    Raises `NoExport`, `PointUnknown`.
    """
    newest = _newest(db)
    if newest is None:
        raise NoExport
    found = {one.point_code: one for one in points(db)}
    if point_code not in found:
        raise PointUnknown(point=point_code)
    plans = {one.session_date: one.float_amount for one in _read(db, CashPlan, "cash_plan", point_code)}
    # A make-up session that nobody planned a float for takes the one of the day it makes up for.
    planned = plans.get(session_date, plans.get(planned_on or session_date, parameters.float_planned))
    payouts = (one.slip for one in _read(db, Payout, "payouts", point_code))
    return Terms(
        point=found[point_code],
        session_date=session_date,
        team=tuple(changed(one, sign_key=staff_keys.get(one.staff_id, b"")) for one in staff(db)),
        organisations=_read(db, Organisation, "organisations", None),
        hamlets=_read(db, Hamlet, "hamlets", point_code),
        programmes=_read(db, Programme, "programmes", None),
        groups=_read(db, Group, "groups", point_code),
        customers=_read(db, Customer, "customers", point_code),
        loans=_read(db, Loan, "loans", point_code),
        deposits=_read(db, Deposit, "deposits", point_code),
        savings_products=_read(db, SavingsProduct, "savings_products", None),
        disbursements=tuple(
            one for one in _read(db, DisbursementSlip, "disbursements", point_code) if one.slip_no not in slips_paid
        ),
        payouts=tuple(one for one in payouts if one.slip_no not in slips_paid),
        parameters=changed(parameters, float_planned=planned),
        as_of=newest.as_of,
        planned_on=planned_on,
    )


def loaded_s(db: Session) -> int | None:
    """When the export in force was loaded, in Unix seconds; None before the first."""
    return db.exec(select(func.max(CoreExport.loaded_s))).one()
