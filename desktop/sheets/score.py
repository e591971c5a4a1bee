"""The score sheet of a session: a hundred points, with what the ledger knows beside each of them.

The book scores nobody. It says what it saw, and gives one figure where a rule makes one (how many groups came, the
formula beside it); every other point, and the total, is a person's to give.

Points and bands are the program's defaults (D): no public source says them.
"""

from collections.abc import Callable
from typing import NamedTuple

from desktop.sheets.minutes import ROLES, closed, opened
from desktop.sheets.occasion import Occasion, acted, sheet, team_signing
from desktop.sheets.parts import day_text, fact
from desktop.sheets.sheet import Column, Facts, Paragraph, Row, Sheet, Table, italic, plain
from sync.money import figures, round_half_up
from sync.voucher import Body

# From so many points on a session is good, fair, average; below the last it is weak (D).
BANDS = (("good", 85), ("fair", 70), ("average", 50))


class Criterion(NamedTuple):
    """What is judged, for at most so many points; `seen` says what the ledger knows of it, a sentence an item."""

    key: str
    most: int
    seen: Callable[[Occasion], tuple[str, ...]] | None = None


def score(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4, for the whole session."""
    words = occasion.words
    given = {"attendance": str(attendance(occasion))} if occasion.session.terms.groups else {}
    rows = tuple(
        Row(
            cells=(
                str(place),
                words(f"paper.score.{one.key}"),
                figures(one.most),
                " ".join(one.seen(occasion)) if one.seen else "",
                given.get(one.key, ""),
            )
        )
        for place, one in enumerate(CRITERIA, start=1)
    )
    table = Table(
        columns=(
            Column(title=words("paper.column.order"), share=26, align="center"),
            Column(title=words("paper.column.criterion"), share=150),
            Column(title=words("paper.column.most"), share=42, align="right"),
            Column(title=words("paper.column.seen"), share=262),
            Column(title=words("paper.column.score"), share=48, align="right"),
        ),
        rows=rows,
        totals=(
            Row(
                cells=(words("paper.total"), figures(sum(one.most for one in CRITERIA)), words("paper.score.open"), ""),
                style="bold",
                merged=2,
            ),
        ),
        tall=True,
    )
    point = occasion.session.terms.point
    return (
        sheet(
            occasion,
            "score",
            blocks=(
                Facts(items=(fact(words("paper.minutes.point"), point.point_name), fact(words("paper.minutes.held"), occasion.day))),
                table,
                Paragraph(said=(plain(words("paper.score.bands", **dict(BANDS))),)),
                Paragraph(said=(italic(words("paper.score.default")),)),
                team_signing(occasion),
            ),
        ),
    )


def attendance(occasion: Occasion) -> int:
    """Points for the groups that came: the most there are, times the part of the groups that handed in."""
    most = next(one.most for one in CRITERIA if one.key == "attendance")
    return round_half_up(most * occasion.session.groups_in, len(occasion.session.terms.groups))


# What the ledger knows


def _bodies(occasion: Occasion, kind: str) -> list[Body]:
    """Vouchers of a kind that were not taken back."""
    session = occasion.session
    return [one for number, one in enumerate(session.bodies, start=1) if one.kind == kind and number not in session.reversed]


def _team(occasion: Occasion) -> tuple[str, ...]:
    words = occasion.words
    if not occasion.hands:
        return ()
    there = [role for role in ROLES if acted(occasion, role)]
    names = ", ".join(one.staff.full_name for role in ROLES for one in acted(occasion, role))
    said = words("paper.score.team_seen", there=len(there), all=len(ROLES), names=names or words("paper.none"))
    missing = ", ".join(words(f"paper.sign.{role}") for role in ROLES if role not in there)
    return (said, *((words("paper.score.team_missing", roles=missing),) if missing else ()))


def _handover(occasion: Occasion) -> tuple[str, ...]:
    words = occasion.words
    moved = [*_bodies(occasion, "open"), *_bodies(occasion, "float"), *_bodies(occasion, "return")]
    if not moved:
        return ()
    sealed = sum(bool(one.detail("seal")) for one in moved)
    hands = len(_bodies(occasion, "handover"))
    return (
        words("paper.score.handover_seen", count=len(moved), sealed=sealed),
        *((words("paper.score.handovers", count=hands),) if hands else ()),
    )


def _guard(occasion: Occasion) -> tuple[str, ...]:
    words, road, lost = occasion.words, _bodies(occasion, "transit"), _bodies(occasion, "loss")
    return (
        *((words("paper.score.guard_road", count=len(road)),) if road else ()),
        *((words("paper.score.guard_loss", count=len(lost)),) if lost else ()),
    )


def _procedure(occasion: Occasion) -> tuple[str, ...]:
    words, session = occasion.words, occasion.session
    if not session.bodies:
        return ()
    undone = [one for one in session.bodies if one.kind in ("reverse", "correct")]
    by_hand = [one for one in session.bodies if one.detail("paper_no")]
    blind = any(one.kind == "count" and one.detail("blind") for one in session.bodies)
    off = [one.cash for one in session.bodies if one.kind == "difference"]
    unsigned = sum(len(one.unsigned) for one in _bodies(occasion, "group"))
    facts: dict[str, int] = {
        "vouchers": len(session.bodies),
        "undone": len(undone),
        "by_hand": len(by_hand),
        "suspense": len(_bodies(occasion, "suspense")),
        "unsigned": unsigned,
    }
    return (
        words("paper.score.procedure_seen", **facts),
        words("paper.score.blind" if blind else "paper.score.not_blind"),
        words("paper.score.off", count=len(off), amount=figures(sum(off))) if off else words("paper.score.agreed"),
    )


def _time(occasion: Occasion) -> tuple[str, ...]:
    words, terms = occasion.words, occasion.session.terms
    planned, point = terms.planned_on or terms.session_date, terms.point
    none = words("paper.none")
    hours = "–".join(part for part in (point.time_begin, point.time_end) if part) or none
    moved = words("paper.score.day_moved", planned=day_text(planned), held=occasion.day)
    said = words("paper.score.time_seen", opened=opened(occasion) or none, closed=closed(occasion) or none, hours=hours)
    return (said, *((moved,) if planned != terms.session_date else ()))


def _cooperation(occasion: Occasion) -> tuple[str, ...]:
    groups = _bodies(occasion, "group")
    checked = sum(bool(one.detail("cadre")) for one in groups)
    return (occasion.words("paper.score.cadre", checked=checked, count=len(groups)),) if groups else ()


def _attendance(occasion: Occasion) -> tuple[str, ...]:
    session, words = occasion.session, occasion.words
    count = len(session.terms.groups)
    if not count:
        return ()
    most = next(one.most for one in CRITERIA if one.key == "attendance")
    return (words("paper.score.attendance_seen", came=session.groups_in, all=count, most=most, score=attendance(occasion)),)


def _other(occasion: Occasion) -> tuple[str, ...]:
    asked, paid = _bodies(occasion, "request"), _bodies(occasion, "slip")
    slips = len(occasion.session.terms.disbursements) + len(occasion.session.terms.payouts)
    return (occasion.words("paper.score.other_seen", requests=len(asked), paid=len(paid), slips=slips),)


def _notices(occasion: Occasion) -> tuple[str, ...]:
    count = len(occasion.session.terms.bulletins)
    return (occasion.words("paper.score.bulletins", count=count),) if count else ()


CRITERIA = (
    Criterion("team", 15, _team),
    Criterion("handover", 10, _handover),
    Criterion("guard", 4, _guard),
    Criterion("place", 4),
    Criterion("procedure", 25, _procedure),
    Criterion("time", 4, _time),
    Criterion("cooperation", 4, _cooperation),
    Criterion("meeting", 4),
    Criterion("attendance", 10, _attendance),
    Criterion("manner", 2),
    Criterion("other", 3, _other),
    Criterion("notices", 10, _notices),
    Criterion("signs", 5),
)
