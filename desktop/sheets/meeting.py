"""The tables of the monthly meeting (giao ban), by organisation and by group, to be projected and to be printed.

A row a code, in the codes' order, and the whole point below. Balances are as they stand when the table is made;
what was collected, disbursed and saved is of this session.
"""

from desktop.sheets.occasion import Occasion, sheet, team_signing
from desktop.sheets.parts import fact, name_of, percent
from desktop.sheets.sheet import Block, Column, Facts, Row, Sheet, Table
from sync import meeting
from sync.meeting import DIRECT, Figures
from sync.money import figures

# A rate in hundredths of a percent; `percent` wants millionths of one.
_HUNDREDTH = 10_000


def meeting_organisations(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4 lying: a row an organisation, and lending without one."""
    words, roll = occasion.words, occasion.roll
    rows = meeting.by_organisation(occasion.session)
    names = []
    for code, _one in rows:
        organisation = roll.organisations.get(code)
        fallback = words("paper.meeting.direct") if code == DIRECT else code
        names.append(organisation.org_name if organisation else fallback)
    table = Table(
        columns=(
            Column(title=words("paper.column.code"), share=26, align="center"),
            Column(title=words("paper.column.organisation"), share=112),
            Column(title=words("paper.column.groups"), share=28, align="right"),
            *_columns(occasion),
        ),
        rows=tuple(
            Row(cells=(code, name, _count(occasion, one.groups), *_cells(occasion, one)))
            for (code, one), name in zip(rows, names, strict=True)
        ),
        totals=(_total(occasion, rows, figures(meeting.total(rows).groups), merged=2),),
    )
    return (sheet(occasion, "meeting_organisations", paper="a4-across", blocks=_blocks(occasion, table)),)


def meeting_groups(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4 lying: a row a group, each with its hamlet, organisation and leader, and those in no group."""
    words = occasion.words
    rows = meeting.by_group(occasion.session)
    table = Table(
        columns=(
            Column(title=words("paper.column.group"), share=64),
            Column(title=words("paper.column.leader"), share=106),
            *_columns(occasion),
        ),
        rows=tuple(Row(cells=(*_group(occasion, code), *_cells(occasion, one))) for code, one in rows),
        totals=(_total(occasion, rows, merged=2),),
    )
    return (sheet(occasion, "meeting_groups", paper="a4-across", blocks=_blocks(occasion, table)),)


def _blocks(occasion: Occasion, table: Table) -> tuple[Block, ...]:
    """The groups that came above the table; below it what is no group's: residents' savings."""
    words, session = occasion.words, occasion.session
    held = meeting.savings(session)
    came = words("paper.meeting.came_value", came=session.groups_in, all=len(session.terms.groups))
    saved = words("paper.meeting.savings_value", held=figures(held.held), change=_signed(held.change))
    return (
        Facts(items=(fact(words("paper.meeting.came"), came),)),
        table,
        Facts(items=(fact(words("paper.meeting.savings"), saved),)),
        team_signing(occasion),
    )


def _group(occasion: Occasion, code: str) -> tuple[str, str]:
    group = occasion.roll.groups.get(code)
    if group is None:
        return occasion.words("paper.none"), occasion.words("paper.meeting.direct")
    return group.group_name, name_of(occasion, group.leader)


def _columns(occasion: Occasion) -> tuple[Column, ...]:
    widths = {
        "members": 38, "borrowers": 38, "balance": 80, "overdue": 68, "overdue_share": 36, "inactive": 42,
        "interest_due": 68, "interest_taken": 66, "collected_share": 40, "principal_taken": 66, "disbursed": 68,
        "deposits": 72, "deposits_change": 62,
    }  # fmt: skip
    return tuple(
        Column(title=occasion.words(f"paper.column.{key}"), share=share, align="right") for key, share in widths.items()
    )


def _cells(occasion: Occasion, one: Figures) -> tuple[str, ...]:
    none = occasion.words("paper.none")

    def rate(hundredths: int, *, of: int) -> str:
        return percent(hundredths * _HUNDREDTH) if of else none

    return (
        _count(occasion, one.members),
        _count(occasion, one.borrowers),
        _count(occasion, one.balance),
        _count(occasion, one.overdue),
        rate(one.overdue_rate, of=one.balance),
        _count(occasion, one.inactive),
        _count(occasion, one.interest_due),
        _count(occasion, one.interest_taken),
        rate(one.collection_rate, of=one.interest_due),
        _count(occasion, one.principal_taken),
        _count(occasion, one.disbursed),
        _count(occasion, one.deposits),
        _signed(one.deposits_change) if one.deposits_change else none,
    )


def _total(occasion: Occasion, rows: tuple[tuple[str, Figures], ...], *more: str, merged: int) -> Row:
    whole = meeting.total(rows)
    return Row(cells=(occasion.words("paper.total"), *more, *_cells(occasion, whole)), style="bold", merged=merged)


def _count(occasion: Occasion, value: int) -> str:
    """A figure; a dash where there is nothing, so that what there is stands out."""
    return figures(value) if value else occasion.words("paper.none")


def _signed(change: int) -> str:
    return f"+{figures(change)}" if change > 0 else figures(change)
