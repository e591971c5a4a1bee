"""Lists of people in sections, by group or by hamlet: long ones in a table each, short ones in one table for all.

Sections stand in the order of their codes, and people in each in the order of the office's list.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from desktop.sheets.occasion import Occasion
from desktop.sheets.parts import name_of
from desktop.sheets.sheet import Block, Column, Paragraph, Row, Table, plain
from sync.loans import in_force
from sync.terms import Customer

R = TypeVar("R")
Cells = tuple[str, ...]


def grouped(
    occasion: Occasion, rows: Iterable[R], customer_of: Callable[[R], Customer]
) -> list[tuple[str, list[R]]]:
    """Rows by the group of whom they are about: by hamlet, then group; those in no group come last in their hamlet."""
    roll, words = occasion.roll, occasion.words
    found: dict[tuple[str, str], list[R]] = {}
    for row in rows:
        customer = customer_of(row)
        group = roll.groups.get(customer.group_code)
        # A tilde sorts behind every digit and letter of a code.
        key = (group.hamlet_code, group.group_code) if group else (customer.hamlet_code, "~")
        found.setdefault(key, []).append(row)
    made = []
    for hamlet_code, group_code in sorted(found):
        hamlet = hamlet_name(occasion, hamlet_code)
        if group := roll.groups.get(group_code):
            leader = name_of(occasion, group.leader)
            said = "group" if group.leader else "group_alone"
            label = words(f"paper.section.{said}", group=group.group_name, hamlet=hamlet, leader=leader)
        else:
            label = words("paper.section.no_group", hamlet=hamlet)
        made.append((label, found[hamlet_code, group_code]))
    return made


def by_hamlet(occasion: Occasion, rows: Iterable[R], customer_of: Callable[[R], Customer]) -> list[tuple[str, list[R]]]:
    """Rows by the hamlet that the person lives in."""
    found: dict[str, list[R]] = {}
    for row in rows:
        found.setdefault(customer_of(row).hamlet_code, []).append(row)
    return [(hamlet_name(occasion, code), found[code]) for code in sorted(found)]


def tables(
    occasion: Occasion,
    sections: Sequence[tuple[str, list[R]]],
    *,
    columns: tuple[Column, ...],
    cells: Callable[[R], Cells],
    sums: Callable[[list[R]], Cells],
) -> tuple[Block, ...]:
    """A table for each section under its label, which every page of it says again; rows are numbered from 1.

    `sums` are the last cells of a total. With nobody in any section one sentence says so.
    """
    made: list[Block] = []
    for index, (label, rows) in enumerate(sections, start=1):
        totals = [_total(occasion, "total", rows, sums, len(columns))]
        if index == len(sections) > 1:
            totals.append(_total(occasion, "total_all", _everybody(sections), sums, len(columns)))
        # Two tables in a row need some white between them.
        made += [Paragraph(said=(plain(""),), tight=True)] if made else []
        made.append(
            Table(columns=_numbered(occasion, columns), rows=_rows(rows, cells), totals=tuple(totals), caption=label)
        )
    return tuple(made) or (_nobody(occasion),)


def one_table(
    occasion: Occasion,
    sections: Sequence[tuple[str, list[R]]],
    *,
    columns: tuple[Column, ...],
    cells: Callable[[R], Cells],
    sums: Callable[[list[R]], Cells],
) -> tuple[Block, ...]:
    """The sections of a short list in one table, each under a row with its label; one sum for all."""
    if not sections:
        return (_nobody(occasion),)
    rows: list[Row] = []
    for label, those in sections:
        rows.append(Row(cells=(label,), style="bold", merged=len(columns) + 1, keep=True))
        rows += _rows(those, cells, first=len(rows) - _labels(rows) + 1)
    total = _total(occasion, "total_all", _everybody(sections), sums, len(columns))
    return (Table(columns=_numbered(occasion, columns), rows=tuple(rows), totals=(total,)),)


def _labels(rows: Sequence[Row]) -> int:
    return sum(one.keep for one in rows)


def _rows(rows: Sequence[R], cells: Callable[[R], Cells], *, first: int = 1) -> tuple[Row, ...]:
    return tuple(Row(cells=(str(place), *cells(row))) for place, row in enumerate(rows, start=first))


def _numbered(occasion: Occasion, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    return (Column(title=occasion.words("paper.column.order"), share=28, align="center"), *columns)


def _everybody(sections: Sequence[tuple[str, list[R]]]) -> list[R]:
    return [row for _, rows in sections for row in rows]


def _total(occasion: Occasion, key: str, rows: list[R], sums: Callable[[list[R]], Cells], columns: int) -> Row:
    """The label goes over every column, the numbering's too, that has no sum."""
    last = sums(rows)
    label = occasion.words(f"paper.section.{key}", count=len(rows))
    return Row(cells=(label, *last), style="bold", merged=columns + 1 - len(last))


def _nobody(occasion: Occasion) -> Paragraph:
    return Paragraph(said=(plain(occasion.words("paper.section.nobody")),))


def hamlet_name(occasion: Occasion, hamlet_code: str) -> str:
    """A hamlet's name; the code where the pack does not have it."""
    hamlet = occasion.roll.hamlets.get(hamlet_code)
    return hamlet.hamlet_name if hamlet else hamlet_code


def programme_names(occasion: Occasion) -> dict[str, str]:
    """The short names of programmes by code, those in force on the session's day before older and later ones."""
    session = occasion.session
    names = {one.programme_code: one.short_name for one in session.terms.programmes}
    return names | {one.programme_code: one.short_name for one in in_force(session.history, session.terms.session_date)}
