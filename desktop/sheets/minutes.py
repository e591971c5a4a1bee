"""The minutes of a session: when it was held and by whom, who came, what it came to, and everything out of the ordinary.

What the book knows is filled in, and what was none of is said to be none; what only people know (complaints,
suggestions by word of mouth) has lines to be written on. Three people sign.
"""

import datetime
from collections.abc import Iterable

from desktop.sheets.occasion import Occasion, acted, sheet, team_signing
from desktop.sheets.parts import VIETNAM, day_text, fact, name_of, words_of
from desktop.sheets.sheet import Block, Column, Facts, Paragraph, Row, Sheet, Table, bold, plain
from desktop.tally import Tally
from sync.money import figures
from sync.session import Session
from sync.terms import Role
from sync.voucher import Body

ROLES: tuple[Role, ...] = ("leader", "controller", "teller")
# Lines to be written on by hand, for what nobody has keyed.
BLANK_LINES = 3


def session_minutes(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4: the whole session, as far as the book goes."""
    words = occasion.words
    return (
        sheet(
            occasion,
            "session_minutes",
            blocks=(
                _when(occasion),
                _heading(occasion, "team"),
                _team(occasion),
                _heading(occasion, "people"),
                *_people(occasion),
                _heading(occasion, "sums"),
                _codes(occasion),
                Paragraph(said=(plain(""),), tight=True),
                _cash(occasion),
                words_of(occasion, occasion.session.cash),
                _heading(occasion, "events"),
                _events(occasion),
                _heading(occasion, "said"),
                *(Paragraph(said=(plain(words("paper.minutes.line")),)) for _line in range(BLANK_LINES)),
                team_signing(occasion),
            ),
        ),
    )


# Who was there, and when


def clock(occasion: Occasion, number: int) -> str:
    """The hour of a voucher; empty where no book is behind the session."""
    if not 1 <= number <= len(occasion.walls):
        return ""
    return f"{datetime.datetime.fromtimestamp(occasion.walls[number - 1], VIETNAM):%H:%M}"


def opened(occasion: Occasion) -> str:
    return clock(occasion, 1)


def closed(occasion: Occasion) -> str:
    """When the book was closed; empty while it is open."""
    return clock(occasion, len(occasion.session.bodies)) if occasion.session.state == "closed" else ""


def _when(occasion: Occasion) -> Facts:
    words, terms = occasion.words, occasion.session.terms
    blank = words("paper.minutes.hour")
    hours = "–".join(part for part in (terms.point.time_begin, terms.point.time_end) if part)
    over = occasion.session.state == "closed"
    return Facts(
        columns=2,
        items=(
            fact(words("paper.minutes.planned"), day_text(terms.planned_on or terms.session_date)),
            fact(words("paper.minutes.held"), occasion.day),
            fact(words("paper.minutes.hours"), hours or words("paper.none")),
            fact(words("paper.minutes.opened"), opened(occasion) or blank),
            fact(words("paper.minutes.closed"), closed(occasion) or (blank if over else words("paper.minutes.open"))),
        ),
    )


def _team(occasion: Occasion) -> Table:
    words, none = occasion.words, occasion.words("paper.none")
    rows = []
    for role in ROLES:
        label = words(f"paper.sign.{role}")
        those = acted(occasion, role)
        for one in those:
            rows.append(Row(cells=(label, one.staff.full_name, figures(one.made), figures(one.approved), "")))
        if not those:
            rows.append(Row(cells=(label, words("paper.movement.blank"), none, none, "")))
    return Table(
        columns=(
            Column(title=words("paper.column.role"), share=110),
            Column(title=words("paper.column.member"), share=170),
            Column(title=words("paper.column.made"), share=60, align="right"),
            Column(title=words("paper.column.approvals"), share=60, align="right"),
            Column(title=words("paper.column.sign"), share=90, align="center"),
        ),
        rows=tuple(rows),
        tall=True,
    )


# Who came


def served(session: Session) -> tuple[set[str], set[str]]:
    """Customers at the table themselves, and members who paid through their group; only what still stands counts."""
    here: set[str] = set()
    through: set[str] = set()
    for number, body in enumerate(session.bodies, start=1):
        if number in session.reversed:
            continue
        if body.kind in ("visit", "slip", "request", "adjust") and body.party in session.roll.customers:
            here.add(body.party)
        if body.kind == "group":
            owners = {session.roll.owner(line.account) for line in body.lines}
            through |= {one for one in owners if one and (number, one) not in session.corrected}
    return here, through


def _people(occasion: Occasion) -> tuple[Block, ...]:
    words, session = occasion.words, occasion.session
    # Whom another laptop of the table serves does not come here.
    away = occasion.joint.away if occasion.joint else frozenset()
    here_served = [one for one in session.terms.groups if one.group_code not in away]
    groups = sorted(here_served, key=lambda one: one.group_code)
    missing = [one for one in groups if not session.hand_ins(one.group_code)]
    here, through = served(session)
    absent = sum(len(body.absent) for number, body in enumerate(session.bodies, start=1) if number not in session.reversed)
    came = words("paper.minutes.came_value", came=len(groups) - len(missing), all=len(groups))
    items = [
        fact(words("paper.minutes.came"), came),
        fact(words("paper.minutes.here"), figures(len(here))),
        fact(words("paper.minutes.through"), figures(len(through))),
        fact(words("paper.minutes.served"), figures(len(here | through))),
        *((fact(words("paper.minutes.absent"), figures(absent)),) if absent else ()),
    ]
    names = ", ".join(f"{one.group_name} ({name_of(occasion, one.leader)})" for one in missing)
    said: tuple[Block, ...] = ()
    if missing:
        said = (Paragraph(said=(plain(words("paper.minutes.missing", count=len(missing))), bold(names))),)
    return (Facts(items=tuple(items)), *said)


# What it came to


def _codes(occasion: Occasion) -> Table:
    words, none = occasion.words, occasion.words("paper.none")
    rows = tuple(
        Row(
            cells=(
                one.code,
                words(f"paper.code_name.{one.code}"),
                figures(one.lines),
                figures(one.came) if one.came else none,
                figures(one.went) if one.went else none,
            )
        )
        for one in Tally(occasion.session).summary().codes
        # A note that was held or given back never came into the drawer; it stands below.
        if one.code != "TF"
    )
    return Table(
        columns=(
            Column(title=words("paper.column.code"), share=30, align="center"),
            Column(title=words("paper.column.transaction"), share=220),
            Column(title=words("paper.column.lines"), share=52, align="right"),
            Column(title=words("paper.column.came"), share=96, align="right"),
            Column(title=words("paper.column.went"), share=96, align="right"),
        ),
        rows=rows,
    )


def _cash(occasion: Occasion) -> Table:
    """From the float to what lies in the drawer now; each row is what the one before it is changed by."""
    words, session = occasion.words, occasion.session
    bodies = session.bodies
    further = sum(body.cash for body in bodies if body.kind == "float")
    back = -sum(body.cash for body in bodies if body.kind == "return")
    off = [body.cash for body in bodies if body.kind == "difference"]
    over, short = sum(one for one in off if one > 0), -sum(one for one in off if one < 0)
    rows = [
        ("opening", occasion.session.opening),
        *([("float", further)] if further else []),
        ("in", session.cash_in - further - over),
        ("out", -(session.cash_out - back - short)),
        *([("return", -back)] if back else []),
        ("difference", over - short),
    ]
    found = [("expected", session.cash)]
    if session.state in ("counted", "closed"):
        found.append(("counted", session.counted))
    return Table(
        columns=(
            Column(title=words("paper.column.figure"), share=398),
            Column(title=words("paper.column.sum"), share=96, align="right"),
        ),
        rows=tuple(Row(cells=(words(f"paper.cash.{key}"), figures(amount))) for key, amount in rows),
        totals=tuple(Row(cells=(words(f"paper.cash.{key}"), figures(amount)), style="bold") for key, amount in found),
    )


# What was out of the ordinary


def _events(occasion: Occasion) -> Table:
    """A row for each thing of a kind, and one that says there was none."""
    words, none = occasion.words, occasion.words("paper.none")
    rows: list[Row] = []
    for kind, wanted in _EVENTS:
        label = words(f"paper.minutes.event_{kind}")
        those = [(number, body) for number, body in enumerate(occasion.session.bodies, start=1) if wanted(body)]
        rows += [
            Row(cells=(label, f"{number:06d}", _sum(occasion, body), _told(occasion, number, body))) for number, body in those
        ]
        if not those:
            rows.append(Row(cells=(label, none, none, words("paper.minutes.nothing"))))
    return Table(
        columns=(
            Column(title=words("paper.column.event"), share=110),
            Column(title=words("paper.column.by_voucher"), share=50, align="center"),
            Column(title=words("paper.column.amount"), share=76, align="right"),
            Column(title=words("paper.column.told"), share=250),
        ),
        rows=tuple(rows),
    )


_EVENTS = (
    ("difference", lambda body: body.kind == "difference"),
    ("counterfeit", lambda body: body.kind == "counterfeit" and body.detail("outcome") == "held"),
    ("unfit", lambda body: body.kind == "counterfeit" and body.detail("outcome") != "held"),
    ("suspense", lambda body: body.kind == "suspense"),
    ("adjust", lambda body: body.kind == "adjust"),
    ("reverse", lambda body: body.kind in ("reverse", "correct")),
    ("by_hand", lambda body: bool(body.detail("paper_no"))),
    ("outage", lambda body: body.kind in ("outage", "recover")),
    ("resume", lambda body: body.kind == "resume"),
    ("loss", lambda body: body.kind == "loss"),
    ("request", lambda body: body.kind == "request"),
)


def _sum(occasion: Occasion, body: Body) -> str:
    none = occasion.words("paper.none")
    if body.kind == "loss":
        return figures(int(body.detail("amount")))
    if body.kind == "counterfeit":
        return figures(sum(line.amount for line in body.lines))
    return figures(body.cash) if body.cash else none


def _told(occasion: Occasion, number: int, body: Body) -> str:
    """What a voucher says of itself, in one sentence; and that it was undone."""
    return "; ".join(part for part in _parts(occasion, number, body) if part)


def _parts(occasion: Occasion, number: int, body: Body) -> Iterable[str]:
    words, session = occasion.words, occasion.session
    if body.kind == "request":
        yield words(f"paper.request.{body.detail('type')}")
    if body.party:
        group = session.roll.groups.get(body.party)
        yield group.group_name if group else name_of(occasion, body.by or body.party)
    if body.kind == "correct":
        yield name_of(occasion, body.by)
    yield body.detail("name")
    if body.reverses:
        yield words("paper.minutes.of", number=f"{body.reverses:06d}")
    if body.kind == "counterfeit":
        yield words("paper.minutes.serials", serials=", ".join(line.account for line in body.lines))
        yield words("paper.minutes.by_minutes", number=body.detail("minutes")) if body.detail("minutes") else ""
    if body.kind == "resume":
        letters = (session.letter_at(occasion.letter, one) for one in (number - 1, number))
        yield words("paper.minutes.resumed", before=next(letters), here=next(letters), last=f"{number - 1:06d}")
    if slip := session.roll.adjustments.get(body.slip):
        yield words("paper.minutes.adjusted", of=slip.of)
        yield slip.reason
    if body.kind == "loss":
        yield f"{body.detail('at')}, {body.detail('place')}"
    if paper_no := body.detail("paper_no"):
        yield words("paper.minutes.paper", number=paper_no, at=body.detail("paper_at"))
    yield body.reason
    if undone := session.reversed.get(number):
        yield words("paper.minutes.undone", number=f"{undone:06d}")


def _heading(occasion: Occasion, key: str) -> Paragraph:
    return Paragraph(said=(bold(occasion.words(f"paper.minutes.{key}")),))
