"""The tables of the monthly meeting (giao ban), by organisation and by group, to be projected and to be printed.

A row a code, in the codes' order, and the whole point below. Balances are as they stand when the table is made;
what was collected, disbursed and saved is of this session.
"""

from collections.abc import Callable
from typing import NamedTuple

from desktop.sheets.occasion import Occasion, sheet
from desktop.sheets.parts import fact, name_of, percent
from desktop.sheets.sheet import Block, Column, Facts, Paragraph, Row, Sheet, Table, plain
from sync import meeting
from sync.meeting import DIRECT, Figures
from sync.money import figures

# A rate in hundredths of a percent; `percent` wants millionths of one.
_HUNDREDTH = 10_000


class Field(NamedTuple):
    """A column of figures: its part of the width, and what stands in it for a row."""

    key: str
    share: int
    value: Callable[[Occasion, Figures], str]


def meeting_organisations(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4 lying: a row an organisation, and lending without one."""
    words, roll = occasion.words, occasion.roll
    names = []
    rows = meeting.by_organisation(occasion.session)
    for code, _one in rows:
        organisation = roll.organisations.get(code)
        fallback = words("paper.meeting.direct") if code == DIRECT else ""
        names.append(" ".join(part for part in (code, organisation.org_name if organisation else fallback) if part))
    groups = Field("groups", 40, lambda occasion, one: _count(occasion, one.groups))
    lead = Column(title=words("paper.column.organisation"), share=176)
    blocks = _blocks(occasion, lead, names, [one for _, one in rows], first=(groups,))
    return (sheet(occasion, "meeting_organisations", paper="a4-projected", blocks=blocks),)


def meeting_groups(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4 lying: a row a group with its leader, and those in no group."""
    rows = meeting.by_group(occasion.session)
    names = [_group(occasion, code) for code, _ in rows]
    lead = Column(title=occasion.words("paper.column.group_leader"), share=186)
    blocks = _blocks(occasion, lead, names, [one for _, one in rows])
    return (sheet(occasion, "meeting_groups", paper="a4-projected", blocks=blocks),)


def _blocks(
    occasion: Occasion, lead: Column, names: list[str], rows: list[Figures], *, first: tuple[Field, ...] = ()
) -> tuple[Block, ...]:
    """What is lent and how sound it is, then what this session brought; last what is no group's, residents' savings."""
    words, session = occasion.words, occasion.session
    held = meeting.savings(session)
    came = words("paper.meeting.came_value", came=session.groups_in, all=len(session.terms.groups))
    saved = words("paper.meeting.savings_value", held=figures(held.held), change=_signed(held.change))
    return (
        Facts(items=(fact(words("paper.meeting.came"), came), fact(words("paper.meeting.savings"), saved))),
        _table(occasion, "standing", lead, names, rows, (*first, *_STANDING)),
        Paragraph(said=(plain(""),), tight=True),
        _table(occasion, "today", lead, names, rows, _TODAY),
    )


def _table(
    occasion: Occasion, key: str, lead: Column, names: list[str], rows: list[Figures], fields: tuple[Field, ...]
) -> Table:
    words = occasion.words
    columns = (Column(title=words(f"paper.column.{one.key}"), share=one.share, align="right") for one in fields)

    def row(name: str, of: Figures, *, total: bool) -> Row:
        return Row(cells=(name, *(one.value(occasion, of) for one in fields)), style="bold" if total else "plain")

    return Table(
        columns=(lead, *columns),
        rows=tuple(row(name, one, total=False) for name, one in zip(names, rows, strict=True)),
        totals=(row(words("paper.total"), meeting.total(rows), total=True),),
        caption=words(f"paper.meeting.{key}", day=occasion.day),
    )


def _group(occasion: Occasion, code: str) -> str:
    group = occasion.roll.groups.get(code)
    if group is None:
        return occasion.words("paper.meeting.direct")
    return " · ".join(part for part in (group.group_name, name_of(occasion, group.leader)) if part)


def _rate(occasion: Occasion, hundredths: int, *, of: int) -> str:
    """A rate in percent; nothing where there is nothing to take it of."""
    return percent(hundredths * _HUNDREDTH) if of else occasion.words("paper.none")


def _count(occasion: Occasion, value: int) -> str:
    """A figure; a dash where there is nothing, so that what there is stands out."""
    return figures(value) if value else occasion.words("paper.none")


def _signed(change: int) -> str:
    return f"+{figures(change)}" if change > 0 else figures(change)


def _change(occasion: Occasion, value: int) -> str:
    return _signed(value) if value else occasion.words("paper.none")


_STANDING = (
    Field("members", 48, lambda occasion, one: _count(occasion, one.members)),
    Field("borrowers", 54, lambda occasion, one: _count(occasion, one.borrowers)),
    Field("balance", 112, lambda occasion, one: _count(occasion, one.balance)),
    Field("overdue", 96, lambda occasion, one: _count(occasion, one.overdue)),
    Field("overdue_share", 56, lambda occasion, one: _rate(occasion, one.overdue_rate, of=one.balance)),
    Field("inactive", 100, lambda occasion, one: _count(occasion, one.inactive)),
    Field("deposits", 100, lambda occasion, one: _count(occasion, one.deposits)),
)
_TODAY = (
    Field("interest_due", 92, lambda occasion, one: _count(occasion, one.interest_due)),
    Field("interest_taken", 92, lambda occasion, one: _count(occasion, one.interest_taken)),
    Field("collected_share", 58, lambda occasion, one: _rate(occasion, one.collection_rate, of=one.interest_due)),
    Field("principal_taken", 92, lambda occasion, one: _count(occasion, one.principal_taken)),
    Field("disbursed", 92, lambda occasion, one: _count(occasion, one.disbursed)),
    Field("deposits_change", 92, lambda occasion, one: _change(occasion, one.deposits_change)),
)
