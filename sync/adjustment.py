"""Adjustment slips: what the office found of an earlier voucher, put right with its person at the table, once.

The core system did not book a line (returned), or booked it elsewhere (corrected). The figures of this pack are the
core system's, so they already say what was booked: an adjustment changes no balance of a loan or an account. Money
that was taken and not booked lies in suspense until then and leaves it again (CX below zero); money that was paid
out and not booked comes back the same way (CX above zero).

Rules: README, *Rules of the field*.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sync import ledger
from sync.errors import Refusal
from sync.ledger import Line
from sync.projection import Projection
from sync.records import changed
from sync.visit import stale
from sync.voucher import Body, agree, facts, line_of, listed

# The voucher's number as people read it, and the first and last of its lines.
_SLIP = re.compile(r"(?P<of>.+-\d{6,})-(?P<first>[1-9]\d{0,5})(\.(?P<last>[1-9]\d{0,5}))?", re.ASCII)


class AdjustmentUnknown(Refusal):
    code = "adjust.unknown"
    vi = "Phiếu điều chỉnh {slip} không có trong gói của phiên này, hoặc không đúng như văn phòng lập. Không chi, không thu; gọi văn phòng."
    en = "Adjustment slip {slip} is not in this session's pack, or not as the office made it. Pay and take nothing; call the office."


class AdjustmentDone(Refusal):
    code = "adjust.done"
    vi = "Phiếu điều chỉnh {slip} đã làm ở phiếu số {voucher}. Không làm lần hai."
    en = "Adjustment slip {slip} was carried out by voucher {voucher}. It is not done twice."


class Adjusted(NamedTuple):
    """What a slip's number says: the voucher it is of, and which of its lines, by place from 1."""

    of: str
    places: tuple[int, ...]


def slip_number(of: str, places: Sequence[int]) -> str:
    """The number of the slip for neighbouring lines of a voucher: the same whenever and however often it is made."""
    return f"{of}-{places[0]}" + (f".{places[-1]}" if len(places) > 1 else "")


def adjusted(slip_no: str) -> Adjusted | None:
    """What a slip's number says, or None where it is no adjustment's."""
    found = _SLIP.fullmatch(slip_no)
    if found is None:
        return None
    first, last = int(found["first"]), int(found["last"] or found["first"])
    return Adjusted(found["of"], tuple(range(first, last + 1)))


def given_back(was: Sequence[Line], booked: Sequence[Line]) -> tuple[Line, ...]:
    """What the table posts so that all of what moved and was not booked moves back; nothing where all was booked."""
    unbooked = ledger.cash(was) - ledger.cash(booked)
    return (line_of("CX", "", "suspense", -unbooked),) if unbooked else ()


def plan_adjust(
    session: Projection,
    slip_no: str,
    *,
    notes: Mapping[int, int] | None = None,
    details: Mapping[str, str] | None = None,
) -> Body:
    """An adjustment slip as the office made it; `notes` lists what was paid or taken. Raises `AdjustmentUnknown`."""
    slip = session.roll.adjustments.get(slip_no)
    if slip is None:
        raise AdjustmentUnknown(slip=slip_no)
    who = slip.customer_code
    return Body(
        kind="adjust", party=who, by=who, slip=slip_no, lines=slip.lines,
        notes=listed(notes or {}), details=facts(**details or {}),
    )  # fmt: skip


def check_adjust(session: Projection, body: Body) -> None:
    """A slip of the pack, not done yet, exactly as it was made; money goes out only on fresh figures."""
    if body.slip in session.slips_paid:
        raise AdjustmentDone(slip=body.slip, voucher=str(session.slips_paid[body.slip]))
    if changed(body, notes=(), details=()) != plan_adjust(session, body.slip):
        raise AdjustmentUnknown(slip=body.slip)
    if body.cash < 0 and (old := stale(session)):
        raise old
    if body.notes:
        agree(body, abs(body.cash))
