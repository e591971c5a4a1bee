"""Long lists of people in sections, by group or by hamlet: a label, a table of its own, its sum; at the end the sum of all.

Sections stand in the order of their codes, and people in each in the order of the office's list.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from desktop.sheets.occasion import Occasion
from desktop.sheets.parts import name_of
from desktop.sheets.sheet import Block, Column, Paragraph, Row, Table, bold, plain
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
    """A label and a table for each section, its rows numbered from 1; `sums` are the last cells of a total.

    With nobody in any section one sentence says so.
    """
    words = occasion.words
    if not sections:
        return (Paragraph(said=(plain(words("paper.section.nobody")),)),)
    first = Column(title=words("paper.column.order"), share=28, align="center")
    blocks: list[Block] = []
    for index, (label, rows) in enumerate(sections, start=1):
        totals = [_total(words("paper.section.total", count=len(rows)), sums(rows), len(columns))]
        if index == len(sections) > 1:
            everybody = [row for _, those in sections for row in those]
            totals.append(_total(words("paper.section.total_all", count=len(everybody)), sums(everybody), len(columns)))
        blocks.append(Paragraph(said=(bold(label),)))
        numbered = tuple(Row(cells=(str(place), *cells(row))) for place, row in enumerate(rows, start=1))
        blocks.append(Table(columns=(first, *columns), rows=numbered, totals=tuple(totals)))
    return tuple(blocks)


def _total(label: str, sums: Cells, columns: int) -> Row:
    """The label goes over every column, the numbering's too, that has no sum."""
    return Row(cells=(label, *sums), style="bold", merged=columns + 1 - len(sums))


def hamlet_name(occasion: Occasion, hamlet_code: str) -> str:
    """A hamlet's name; the code where the pack does not have it."""
    hamlet = occasion.roll.hamlets.get(hamlet_code)
    return hamlet.hamlet_name if hamlet else hamlet_code


def programme_names(occasion: Occasion) -> dict[str, str]:
    """The short names of programmes by code, those in force on the session's day before older and later ones."""
    session = occasion.session
    names = {one.programme_code: one.short_name for one in session.terms.programmes}
    return names | {one.programme_code: one.short_name for one in in_force(session.history, session.terms.session_date)}
