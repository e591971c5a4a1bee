"""Setting blocks on a roll: one thing under another, and nothing beside the text but what has to be.

A table that is too wide becomes rows of a few lines: what the row is about over its full width, and under it
the rest in columns of their own, whose heads are said again before they are out of sight. A table of more
columns than that says the name of each value beside it. Rows are parted by lines, columns by white.
"""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from desktop.press.blocks import Setter, kept_together, lead_of, placed, styled, words_in
from desktop.press.looks import QUIET
from desktop.press.marks import Mark, Rule, Square, Strip, frame, moved
from desktop.sheets.sheet import (
    Beside,
    Box,
    Code,
    Cuttings,
    Facts,
    Letterhead,
    Paragraph,
    Row,
    Signing,
    Span,
    Table,
    Title,
    bold,
    plain,
)

# Between two columns, and before a value.
GAP = 5.0
# The least part of a line for what a row is about, beside its other columns; and the most that may stand before it.
LEAD_LEAST, BEFORE_LEAD_MOST = 0.42, 0.3
# Lines of a row whose columns a reader still tells apart by their heads.
LINES_MOST = 2
# How far down a roll heads are said again: as long as half a page of A4 is high, 148 mm.
HEADS_AGAIN = 420.0
# What a place to sign in a row needs.
SIGN_WIDTH = 56.0


class Slot(NamedTuple):
    """A column's place in a line of a row, from the left of the table."""

    column: int
    x: float
    width: float


class Narrow(Setter):
    """Sets blocks for a roll."""

    def letterhead(self, block: Letterhead, x: float, width: float) -> list[Strip]:
        issuer, height = self.rows(block.left, x, 0, width, align="center")
        which, more = self.rows(block.right, x, height + self.look.above, width)
        return [Strip(height + more + 2 * self.look.above, (*issuer, *which))]

    def title(self, block: Title, x: float, width: float) -> list[Strip]:
        look = self.look
        marks: list[Mark] = []
        height = 2.0
        if block.mark:
            # As many lines as it takes, in one frame.
            marks, more = self.ink((bold(block.mark),), x + 4, height + 3, width - 8, align="center")
            marks += frame(x, height, x + width, height + more + 6)
            height += more + 10
        size, leading = look.heading, look.heading_leading
        for said, big, line in ((bold(block.text), size, leading), (plain(block.under), look.small, look.small_leading)):
            if said.text:
                room = self._evenly(said, width, big)
                left = x + (width - room) / 2
                made, more = self.ink((said,), left, height, room, align="center", size=big, leading=line)
                marks, height = marks + made, height + more
        return [Strip(height + look.below, tuple(marks), keep=True)]

    def _evenly(self, said: Span, width: float, size: float) -> float:
        """The least width that takes no more lines: no word of a title is left alone on the last one."""
        count = len(self.lines((said,), width, size))
        narrower = (width * share / 20 for share in range(10, 20))
        return next((room for room in narrower if count > 1 and len(self.lines((said,), room, size)) == count), width)

    def facts(self, block: Facts, x: float, width: float) -> list[Strip]:
        marks, height = self.rows(block.items, x, 0, width)
        return [Strip(height + self.look.below, tuple(marks), keep=True)] if block.items else []

    def signing(self, block: Signing, x: float, width: float) -> list[Strip]:
        """One box under another, then the code; each box is whole, and none is parted from the next."""
        look = self.look
        marks: list[Mark] = [Rule(x, look.below, x + width, look.below)] if block.boxes else []
        y = look.below
        for box in block.boxes:
            made, tall = self.box(box, x, width, 2)
            marks += [*moved(made, 0, y), Rule(x, y + tall, x + width, y + tall)]
            y += tall
        for strip in self.code(block.code, x, width) if block.code else ():
            marks += moved(strip.marks, 0, y)
            y += strip.height
        return [Strip(y, tuple(marks))]

    def box(self, box: Box, x: float, width: float, height: float) -> tuple[list[Mark], float]:
        """Who signs and how on one line where they fit, `height` below the top; room to sign; the name."""
        look = self.look
        hint = self.measure(box.hint, self.face["plain"], look.small)
        marks, tall = self.ink((plain(box.role),), x, height, width)
        if self.measure(box.role, self.face["plain"], look.body) + GAP + hint > width:
            height += tall
        how, _ = self.ink((plain(box.hint),), x, height, width, align="right", size=look.small)
        below = height + look.leading + look.signature
        name, last = self.ink((plain(box.name),), x, below, width, align="center") if box.name else ([], 0.0)
        return marks + how + name, below + max(last, look.leading) + 2

    def code(self, block: Code, x: float, width: float) -> list[Strip]:
        look = self.look
        side = min(look.code_side, width - 2 * QUIET)
        under = 2 * QUIET + side
        said = [(plain(line),) for line in block.lines]
        marks, height = self.rows(
            said, x, under, width, align="center", size=look.small, leading=look.small_leading
        )
        return [Strip(under + height, (Square(x + (width - side) / 2, QUIET, side, block.text), *marks))]

    def beside(self, block: Beside, x: float, width: float) -> list[Strip]:
        return [*self.stack(block.left, x, width), *self.stack(block.right, x, width)]

    def cuttings(self, block: Cuttings, x: float, width: float) -> list[Strip]:
        """One paper under another, a line where they are cut."""
        made: list[Strip] = []
        for one in block.papers:
            inside = self.stack(one, x, width)
            strips = [Strip(QUIET, ()), *inside, Strip(2 * QUIET, (Rule(x, QUIET, x + width, QUIET),))]
            # A paper is not torn in two where a roll is.
            made += [strip._replace(keep=True) for strip in strips[:-1]] + strips[-1:]
        return made

    def ending(self, said: str) -> list[Strip]:
        """The foot, said once at the end."""
        size, leading, margin = self.look.foot, self.look.foot_leading, self.look.margin
        if not said:
            return []
        marks, height = self.ink((plain(said),), margin, 4, self.look.width - 2 * margin, size=size, leading=leading)
        return [Strip(height + 4, tuple(marks))]

    # Tables

    def table(self, block: Table, x: float, width: float) -> list[Strip]:
        caption = Paragraph(said=(bold(block.caption),), tight=True)
        return [*(self.paragraph(caption, x, width) if block.caption else ()), *self._table(block, x, width)]

    def _table(self, block: Table, x: float, width: float) -> list[Strip]:
        lines = self._plan(self.kin[block.columns], width)
        if len(lines) > LINES_MOST:
            top = Strip(3.5, (Rule(x, 3, x + width, 3),), keep=True)
            rows = [self._named(block, row, x, width) for row in (*block.rows, *block.totals)]
            return [top, *kept_together(rows, len(block.totals))]
        titles = Row(cells=tuple(column.title for column in block.columns), style="bold")
        head = self._stacked(block, titles, lines, x, width)
        head = Strip(head.height, (Rule(x, 0, x + width, 0), *head.marks), keep=True)
        rows = [
            self._stacked(block, row, lines, x, width)._replace(head=head) for row in (*block.rows, *block.totals)
        ]
        return list(_with_heads_again(head, kept_together(rows, len(block.totals))))

    def _plan(self, block: Table, width: float) -> list[list[Slot]]:
        """Which columns share a line of a row, and where each stands in it; whole heads where they cost no line."""
        wide, broken = (self._packed(block, width, whole=whole) for whole in (True, False))
        return wide if len(wide) <= len(broken) else broken

    def _packed(self, block: Table, width: float, *, whole: bool) -> list[list[Slot]]:
        columns = block.columns
        needs = [min(width, self._need(block, place, whole=whole)) for place in range(len(columns))]
        lead = lead_of(block)
        others = sum(need + GAP for place, need in enumerate(needs) if place != lead)
        least = 0.0 if lead is None else min(needs[lead], LEAD_LEAST * width)
        if others + least <= width + (GAP if lead is None else 0):
            return [_spread(block, list(range(len(columns))), needs, width, lead)]
        lines: list[list[int]] = [[]]
        taken = 0.0
        for place, need in enumerate(needs):
            together = need
            if columns[place].align == "right" and not (place and columns[place - 1].align == "right"):
                # Sums stand in one line where they can.
                run = itertools.takewhile(lambda one: columns[one].align == "right", range(place, len(columns)))
                sums = sum(needs[one] + GAP for one in run) - GAP
                together = sums if sums <= width else need
            joins = taken <= BEFORE_LEAD_MOST * width if place == lead else taken + together <= width
            if lines[-1] and not joins:
                lines.append([])
                taken = 0.0
            lines[-1].append(place)
            # What a row is about has the rest of its line to itself.
            taken = width + 1 if place == lead else taken + need + GAP
        if lead is not None:
            room = width - sum(needs[one] + GAP for line in lines if lead in line for one in line if one != lead)
            needs[lead] = min(needs[lead], room)
        return [_spread(block, line, needs, width, lead) for line in lines]

    def _need(self, block: Table, place: int, *, whole: bool) -> float:
        """The width that no cell of a column has to be broken in; its head may be between words, unless `whole`."""
        size, strong = self.look.body, self.face["bold"]
        texts = [row.cells[place - row.merged + 1] for row in block.rows if place >= row.merged or row.merged == 1]
        sums = [row.cells[place - row.merged + 1] for row in block.totals if place >= row.merged]
        if block.tall and not any((*texts, *sums)):
            return SIGN_WIDTH
        title = block.columns[place].title
        return max(
            *(self.measure(word, strong, size) for word in ((title,) if whole else words_in(title))),
            *(self.measure(text, self.face["plain"], size) for text in texts),
            *(self.measure(text, strong, size) for text in sums),
            0.0,
        )

    def _stacked(self, block: Table, row: Row, lines: list[list[Slot]], x: float, width: float) -> Strip:
        """A row as lines of columns; a label over several of them stands before the first of the others."""
        look = self.look
        cells = dict(placed(row))
        marks: list[Mark] = []
        y = look.row_air / 2
        label = row.cells[0] if row.merged > 1 else ""
        if label:
            del cells[0]
            first = next((slot for line in lines for slot in line if cells.get(slot.column)), Slot(0, width, 0))
            face = self.face["bold" if row.style == "bold" else "plain"]
            space = first.x + first.width - self.measure(cells.get(first.column, ""), face, look.body) - GAP
            right = block.columns[first.column].align == "right"
            room = space if right and self.measure(label, face, look.body) <= space else width
            made, tall = self.ink((styled(row, label),), x, y, room, leading=look.cell_leading)
            marks += made
            y += tall if room == width else 0
        for line in lines:
            tall = 0.0
            for slot in line:
                said = cells.get(slot.column, "")
                align = "right" if block.columns[slot.column].align == "right" else "left"
                at, leading = x + slot.x, look.cell_leading
                made, high = self.ink((styled(row, said),), at, y, slot.width, align=align, leading=leading)
                marks, tall = [*marks, *made] if said else marks, max(tall, high if said else 0.0)
            if block.tall and row in block.rows and line is lines[-1]:
                tall = max(tall, look.tall_row)
            y += tall
        y += look.row_air / 2
        return Strip(y, (*marks, Rule(x, y, x + width, y)))

    def _named(self, block: Table, row: Row, x: float, width: float) -> Strip:
        """A row as what it is about, and under it each further value with its name."""
        look = self.look
        cells = dict(placed(row))
        lead = lead_of(block) or 0
        # A place in the list says nothing alone.
        about = (0,) if row.merged > 1 else (0, lead) if block.columns[0].align == "center" else (lead,)
        first = " ".join(cells[place] for place in dict.fromkeys(about) if cells[place])
        marks, tall = self.ink((bold(first),), x, look.row_air / 2, width, leading=look.cell_leading)
        y = tall + look.row_air / 2
        for place, said in cells.items():
            signed = block.tall and row in block.rows and place == len(block.columns) - 1
            if place not in about and (said or signed):
                made, tall = self._value(block.columns[place].title, styled(row, said), x, y, width)
                marks += made
                y += max(tall, look.tall_row if signed else 0)
        y += look.row_air / 2
        return Strip(y, (*marks, Rule(x, y, x + width, y)))

    def _value(self, name: str, said: Span, x: float, y: float, width: float) -> tuple[list[Mark], float]:
        """A name on the left and its value on the right; below the name where it has no room beside it."""
        look = self.look
        marks, tall = self.ink((plain(name),), x, y, width, leading=look.cell_leading)
        begin = self.measure(name, self.face["plain"], look.body) + GAP
        beside = begin + self.measure(said.text, self.face[said.style], look.body) <= width
        if not beside:
            begin, y = 3 * GAP, y + tall
        made, more = self.ink((said,), x + begin, y, width - begin, align="right", leading=look.cell_leading)
        if not said.text:
            return marks, tall
        return marks + made, max(tall, more) if beside else tall + more


def _spread(block: Table, line: list[int], needs: list[float], width: float, lead: int | None) -> list[Slot]:
    """The columns of a line over its width: what is left goes to the text in it, or to all alike."""
    wide = {place: needs[place] for place in line}
    left = width - sum(wide.values()) - GAP * (len(line) - 1)
    texts = [place for place in line if block.columns[place].align == "left"]
    takers = [lead] if lead in line else texts[:1] or line
    for place in takers:
        wide[place] += left / len(takers)
    made, x = [], 0.0
    for place in line:
        made.append(Slot(place, x, wide[place]))
        x += wide[place] + GAP
    return made


def _with_heads_again(head: Strip, rows: list[Strip]) -> Iterator[Strip]:
    """The rows of a table under their heads, which come again before they are out of sight."""
    yield Strip(5, (), keep=True)
    yield head
    since = head.height
    for place, row in enumerate(rows):
        if since + row.height > HEADS_AGAIN and not (place and rows[place - 1].keep):
            yield head
            since = head.height
        yield row
        since += row.height
