"""Setting blocks: each becomes strips as wide as the page, which are never cut across.

Lengths are points (1/72 inch), measured from the left and the top. Text never leaves its place: words that
do not fit go to the next line, and one word too wide for a column (twelve digits in a narrow one) is set smaller.
"""

import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from desktop.press.looks import QUIET, Look
from desktop.press.marks import Across, Ink, Mark, Placed, Rule, Square, Strip, frame, joined, moved
from desktop.sheets.sheet import (
    Beside,
    Block,
    Box,
    Code,
    Column,
    Cuttings,
    Facts,
    Letterhead,
    Paragraph,
    Row,
    Said,
    Signing,
    Span,
    Style,
    Table,
    Title,
    bold,
    plain,
)
from sync.records import changed

# The width in points of a text in a face and size.
Measure = Callable[[str, str, float], float]

# How much of a page's width the foot takes where the number of the page stands beside it.
FOOT_SHARE = 0.84
# The least part of its share that the column which says what a row is about is left with.
LEAD_LEAST = 0.5
# How much of a page's diagonal a word across it takes: all of it but the corners, which hold names and numbers.
ACROSS = 0.62
# How far below the top of its line a text's baseline lies, as a part of its size: middle of a capital in its line.
_RISE = 0.357
# A space, but for one between figures that belong together.
_GAPS = re.compile(r"(?<!\d) |(?<=\d) (?!\d{3}(?![\d/]|[.,]\d)|đ\b)")


class Setter:
    """Sets blocks in one look and one family of faces."""

    def __init__(self, look: Look, faces: Mapping[Style, str], measure: Measure) -> None:
        self.look = look
        self.face = faces
        self.measure = measure
        # All tables of the same columns as one, whose columns then stand under one another.
        self.kin: dict[tuple[Column, ...], Table] = {}
        self._widths: dict[tuple[tuple[Column, ...], float], list[float]] = {}

    def stack(self, blocks: Sequence[Block], x: float, width: float) -> list[Strip]:
        """Blocks below one another, their first point at `x`; a sentence stays with what follows it."""
        strips: list[Strip] = []
        for block in blocks:
            if isinstance(block, Table):
                known = self.kin.get(block.columns)
                rows, totals = (known.rows, known.totals) if known else ((), ())
                self.kin[block.columns] = changed(block, rows=(*rows, *block.rows), totals=(*totals, *block.totals))
        for block in blocks:
            made = self._set(block, x, width)
            if isinstance(block, Signing):
                stays_with_what_is_signed(strips)
            strips += made
        return strips

    def _set(self, block: Block, x: float, width: float) -> list[Strip]:
        # By name, so that a narrow setter's own way is found.
        made: list[Strip] = getattr(self, type(block).__name__.lower())(block, x, width)
        return made

    # Lines of words

    def wide(self, said: Said) -> float:
        """How wide a sentence is in one line."""
        return sum(self.measure(span.text, self.face[span.style], self.look.body) for span in said)

    def lines(self, said: Said, width: float, size: float) -> list[list[Placed]]:
        """A sentence broken between words to lines of at most `width`; at least one line."""
        measured = [self.measure(span.text, self.face[span.style], size) for span in said]
        if sum(measured) <= width:
            starts = itertools.accumulate(measured, initial=0.0)
            return [[Placed(x, span.text, self.face[span.style]) for x, span in zip(starts, said, strict=False)]]
        return self._broken(said, width, size)

    def _broken(self, said: Said, width: float, size: float) -> list[list[Placed]]:
        made: list[list[Placed]] = [[]]
        x = 0.0
        for span in said:
            face = self.face[span.style]
            begin, words = x, ""
            for place, word in enumerate(words_in(span.text)):
                # A span may begin with the blank that parts it from the one before.
                longer = f"{words} {word}" if words or (place and begin) else word
                if (begin or words) and begin + self.measure(longer, face, size) > width:
                    if words.strip():
                        made[-1].append(Placed(begin, words, face))
                    made.append([])
                    begin, longer = 0.0, word
                words = longer
                x = begin + self.measure(words, face, size)
            # A span that ends in a space keeps it, so that the value after a label stands off.
            if words:
                made[-1].append(Placed(begin, words, face))
        return [line for line in made if any(placed.text.strip() for placed in line)] or [[]]

    def ink(self, said: Said, x: float, y: float, width: float, *, align: str = "left", size: float = 0,
            leading: float = 0) -> tuple[list[Mark], float]:  # fmt: skip
        """The marks of a sentence from the top of its first line at `y`, and its height; size 0 is that of the body."""
        size, leading = size or self.look.body, leading or self.look.leading
        if len(said) == 1:
            # Most texts are one span that fits: nothing is broken or joined.
            text, face = said[0].text, self.face[said[0].style]
            wide = self.measure(text, face, size)
            if wide <= width:
                left = x if align == "left" else x + (width - wide) * (1.0 if align == "right" else 0.5)
                return [Ink(left, y + leading / 2 + _RISE * size, text, face, size)], leading
        marks: list[Mark] = []
        broken = self.lines(said, width, size)
        for index, line in enumerate(broken):
            wide = line[-1].x + self.measure(line[-1].text, line[-1].face, size) if line else 0.0
            # One word wider than its place: set as much smaller as it needs.
            fitting = size * min(1.0, width / wide) if wide > width else size
            left = x + {"left": 0.0, "right": 1.0, "center": 0.5}[align] * max(0.0, width - wide)
            base = y + index * leading + leading / 2 + _RISE * size
            marks += [Ink(left + part.x * fitting / size, base, part.text, part.face, fitting) for part in line]
        return marks, len(broken) * leading

    def rows(self, texts: Iterable[Said], x: float, y: float, width: float, *, align: str = "left",
             size: float = 0, leading: float = 0) -> tuple[list[Mark], float]:  # fmt: skip
        """Sentences below one another, and the height of all."""
        marks: list[Mark] = []
        begin = y
        for said in texts:
            made, height = self.ink(said, x, y, width, align=align, size=size, leading=leading)
            marks += made
            y += height
        return marks, y - begin

    # Blocks

    def letterhead(self, block: Letterhead, x: float, width: float) -> list[Strip]:
        # The number is 28 letters; the names of point and office are broken rather than it.
        right_wide = max((self.wide(said) for said in block.right), default=0.0)
        half = width - min(max(right_wide + self.look.facts_gap, 0.3 * width), 0.6 * width)
        left, tall = self.rows(block.left, x, 0, half)
        right, other = self.rows(block.right, x + half, 0, width - half, align="right")
        return [Strip(max(tall, other) + self.look.above, (*left, *right))]

    def title(self, block: Title, x: float, width: float) -> list[Strip]:
        look = self.look
        leading = look.heading_leading
        marks, height = self.ink((bold(block.text),), x, 0, width, align="center", size=look.heading, leading=leading)
        if block.under:
            under, more = self.ink((plain(block.under),), x, height, width, align="center", size=look.small)
            marks, height = marks + under, height + more
        if block.mark:
            wide = self.measure(block.mark, self.face["bold"], look.body) + 2 * look.pad
            beside = (width - self.measure(block.text, self.face["bold"], look.heading)) / 2 - look.pad
            wide = min(wide, width)
            said, tall = self.ink((bold(block.mark),), x + look.pad, 2, wide - 2 * look.pad + 0.01, align="center")
            if wide > beside:
                # No room beside the title: above it, in as many lines as it takes.
                marks, height = moved(marks, 0, tall + 6), height + tall + 6
            marks += [*said, *frame(x, 1, x + wide, tall + 3)]
            height = max(height, tall + 4)
        return [Strip(height + 2, tuple(marks), keep=True)]

    def facts(self, block: Facts, x: float, width: float) -> list[Strip]:
        marks: list[Mark] = []
        gap = self.look.facts_gap
        at = y = tallest = 0.0
        room = width / block.columns - gap if block.columns else width
        for said in block.items:
            wide = room if block.columns else min(self.wide(said), width)
            if at and at + wide > width:
                at, y, tallest = 0.0, y + tallest, 0.0
            # A hair more than measured, or a sum of floats breaks a sentence that fits.
            made, height = self.ink(said, x + at, y, wide + 0.01)
            marks += made
            tallest = max(tallest, height)
            at += wide + gap
        return [Strip(y + tallest + self.look.below, tuple(marks), keep=True)] if block.items else []

    def paragraph(self, block: Paragraph, x: float, width: float) -> list[Strip]:
        above, below = (0, 1) if block.tight else (self.look.above, self.look.below)
        marks, height = self.ink(block.said, x, above, width)
        return [Strip(height + below, tuple(marks), keep=True)]

    def table(self, block: Table, x: float, width: float) -> list[Strip]:
        look = self.look
        edges = list(itertools.accumulate(self._parts(block.columns, width), initial=x))
        titles = Row(cells=tuple(column.title for column in block.columns), style="bold")
        head = self._row(titles, block.columns, edges, look.head_row)
        if block.caption:
            caption = Row(cells=(block.caption,), style="bold", merged=len(block.columns))
            head = joined([self._row(caption, block.columns, edges, look.row), head])
        head = Strip(head.height, (Rule(edges[0], 0, edges[-1], 0), *head.marks), keep=True)
        tall = look.tall_row if block.tall else look.row
        body = [self._row(row, block.columns, edges, tall)._replace(keep=row.keep) for row in block.rows]
        totals = [self._row(row, block.columns, edges, look.row) for row in block.totals]
        return [head, *kept_together([strip._replace(head=head) for strip in (*body, *totals)], len(totals))]

    def _parts(self, columns: tuple[Column, ...], width: float) -> list[float]:
        if (columns, width) not in self._widths:
            self._widths[columns, width] = self._shared(self.kin[columns], width)
        return self._widths[columns, width]

    def _shared(self, block: Table, width: float) -> list[float]:
        """The columns' widths by their shares.

        One with a word too wide for it takes from the one that says what a row is about; where that would be
        broken, it takes what others have to spare, but for those that are left empty to be filled in by hand.
        """
        weight = sum(column.share for column in block.columns)
        shared = [width * column.share / weight for column in block.columns]
        lead = lead_of(block)
        if lead is None:
            return shared
        least, whole = self._needs(block)
        parts = [max(share, need) for share, need in zip(shared, least, strict=True)]
        parts[lead] = width - sum(parts) + parts[lead]
        if parts[lead] < max(least[lead], LEAD_LEAST * shared[lead]):
            return shared
        filled = {place for row in block.rows for place, cell in placed(row) if cell}
        spare = [
            max(0.0, part - need) if place in filled and place != lead else 0.0
            for place, (part, need) in enumerate(zip(parts, whole, strict=True))
        ]
        wanted = max(0.0, whole[lead] - parts[lead])
        # Squeezed only where it helps: what is broken all the same leaves the others their white.
        taken = wanted / sum(spare) if 0 < wanted <= sum(spare) else 0.0
        parts = [part - taken * one for part, one in zip(parts, spare, strict=True)]
        parts[lead] += taken * sum(spare)
        return parts

    def _needs(self, block: Table) -> tuple[list[float], list[float]]:
        """How wide each column must be for its longest word, and for its longest cell in one line."""
        pad, size = 2 * self.look.pad, self.look.body
        least, whole = [0.0] * len(block.columns), [0.0] * len(block.columns)
        titles = Row(cells=tuple(column.title for column in block.columns), style="bold")
        for row in (titles, *block.rows, *block.totals):
            face = self.face[row.style]
            # A label over several columns breaks by itself.
            for place, cell in list(placed(row))[row.merged > 1 :]:
                wide = self.measure(cell, face, size)
                # A hair more than measured, or a sum of floats breaks what fits.
                whole[place] = max(whole[place], wide + pad + 0.01)
                words = words_in(cell)
                longest = wide if len(words) == 1 else max(self.measure(word, face, size) for word in words)
                least[place] = max(least[place], longest + pad)
        return least, whole

    def _row(self, row: Row, columns: Sequence[Column], edges: Sequence[float], least: float) -> Strip:
        bounds = [edges[0], *edges[row.merged :]]
        # A label over several columns reads like text, whatever the first of them holds.
        first = "left" if row.merged > 1 else columns[0].align
        aligned = [first, *(column.align for column in columns[row.merged :])]
        marks: list[Mark] = []
        tallest = 0.0
        cells: list[tuple[list[Mark], float]] = []
        for (left, right), align, cell in zip(itertools.pairwise(bounds), aligned, row.cells, strict=True):
            pad = min(self.look.pad, (right - left) / 8)
            inside = right - left - 2 * pad
            leading = self.look.cell_leading
            made, text_height = self.ink((styled(row, cell),), left + pad, 0, inside, align=align, leading=leading)
            cells.append((made if cell else [], text_height))
            tallest = max(tallest, text_height)
        height = max(least, tallest + self.look.row_air)
        for made, text_height in cells:
            marks += moved(made, 0, (height - text_height) / 2)
        marks += [Rule(edge, 0, edge, height) for edge in bounds]
        marks.append(Rule(bounds[0], height, bounds[-1], height))
        return Strip(height, tuple(marks))

    def signing(self, block: Signing, x: float, width: float) -> list[Strip]:
        look = self.look
        marks: list[Mark] = []
        tall = 0.0
        room = width
        if block.code:
            beside = max(look.code_words, width * 0.19)
            room = width - look.code_side - beside - QUIET
            tall = self._code(block.code, marks, x + room, beside)
        each = room / max(1, len(block.boxes))
        # Names stand on one line, also where one role needs two.
        roles = max((len(self.lines((plain(box.role),), each - 8, look.body)) for box in block.boxes), default=1)
        for index, box in enumerate(block.boxes):
            made, height = self.box(box, x + index * each, each - 8, roles * look.leading)
            marks += made
            tall = max(tall, height)
        return [Strip(tall + look.below + 2, tuple(moved(marks, 0, look.below)))]

    def _code(self, code: Code, marks: list[Mark], x: float, width: float) -> float:
        look = self.look
        marks.append(Square(x, 2, look.code_side, code.text))
        said = [(plain(line),) for line in code.lines]
        right = x + look.code_side + QUIET
        made, height = self.rows(said, right, 0, width, size=look.small, leading=look.small_leading)
        marks += made
        return max(look.code_side + 2, height)

    def box(self, box: Box, x: float, width: float, height: float) -> tuple[list[Mark], float]:
        """A place to sign, `height` below its top the line after the role; its marks and how tall it is."""
        look = self.look
        marks, _ = self.ink((plain(box.role),), x, 0, width, align="center")
        hint, more = self.ink((plain(box.hint),), x, height, width, align="center", size=look.small)
        # Room for a signature or a fingerprint.
        below = height + more + look.signature
        name, last = self.ink((plain(box.name),), x, below, width, align="center") if box.name else ([], 0.0)
        return marks + hint + name, below + max(last, look.leading)

    def beside(self, block: Beside, x: float, width: float) -> list[Strip]:
        gap = 14.0
        part = (width - gap) * block.share / 100
        left = joined(self.stack(block.left, x, part))
        right = joined(self.stack(block.right, x + part + gap, width - gap - part))
        return [Strip(max(left.height, right.height) + 4, (*left.marks, *right.marks))]

    def code(self, block: Code, x: float, width: float) -> list[Strip]:
        side, top = min(self.look.code_side, width), QUIET
        said = [(plain(line),) for line in block.lines]
        size, leading = self.look.small - 1, self.look.small_leading - 2
        marks, height = self.rows(said, x, top + side + 1, width, size=size, leading=leading)
        return [Strip(top + side + 1 + height, (Square(x, top, side, block.text), *marks))]

    def cuttings(self, block: Cuttings, x: float, width: float) -> list[Strip]:
        """Rows of small papers, each framed where it is cut; one that says more than it has room for makes its row taller."""
        each, pad = width / block.columns, self.look.pad
        made: list[Strip] = []
        for start in range(0, len(block.papers), block.columns):
            row = block.papers[start : start + block.columns]
            inside = [joined(self.stack(one, x + at * each + 2 * pad, each - 4 * pad)) for at, one in enumerate(row)]
            height = max(block.height, *(one.height + 2 * pad for one in inside))
            marks: list[Mark] = []
            for at, one in enumerate(inside):
                marks += [*moved(one.marks, 0, pad), *frame(x + at * each, 0, x + (at + 1) * each, height)]
            made.append(Strip(height, tuple(marks)))
        return made

    # Around the blocks

    def across(self, said: str, width: float, top: float, height: float) -> list[Mark]:
        """A word from the lower left to the upper right of an area, over most of its diagonal."""
        face = self.face["bold"]
        size = ACROSS * math.hypot(width, height) / self.measure(said, face, 1)
        turn = math.degrees(math.atan2(height, width))
        return [Across(width / 2, top + height / 2, said, face, size, turn)]

    def foot_height(self, said: str, share: float) -> float:
        """What the foot takes of a page: one line, or as many as its words need in this part of the width."""
        look = self.look
        broken = self.lines((plain(said),), (look.width - 2 * look.margin) * share, look.foot)
        return look.small_leading + (len(broken) - 1) * look.foot_leading

    def foot(self, said: str, page: str, bottom: float) -> list[Mark]:
        look = self.look
        room, size, leading = look.width - 2 * look.margin, look.foot, look.foot_leading
        marks: list[Mark] = []
        if said:
            share = FOOT_SHARE if page else 1.0
            top = bottom - self.foot_height(said, share)
            marks, _ = self.ink((plain(said),), look.margin, top, room * share, size=size, leading=leading)
        if page:
            last = bottom - look.small_leading
            marks += self.ink((plain(page),), look.margin, last, room, align="right", size=size, leading=leading)[0]
        return marks


def lead_of(block: Table) -> int | None:
    """The column that says what a row is about: the widest of those that read like text, if there is one."""
    texts = [place for place, column in enumerate(block.columns) if column.align == "left"]
    return max(texts, key=lambda place: (block.columns[place].share, -place), default=None)


def words_in(text: str) -> list[str]:
    """What a line may be broken between: not inside a telephone number, nor between a sum and its đ."""
    return _GAPS.split(text) if " " in text else [text]


def placed(row: Row) -> Iterator[tuple[int, str]]:
    """Each cell with the column it stands in, the first that it covers."""
    return zip((0, *range(row.merged, row.merged + len(row.cells) - 1)), row.cells, strict=True)


def styled(row: Row, cell: str) -> Span:
    return Span(text=cell, style=row.style)


def stays_with_what_is_signed(strips: list[Strip]) -> None:
    """Nobody signs on a page that says nothing: the last row before the signatures goes with them."""
    last = next((index for index in range(len(strips) - 1, -1, -1) if not strips[index].keep), None)
    if last is not None:
        strips[last] = strips[last]._replace(keep=True)


def kept_together(strips: list[Strip], totals: int) -> list[Strip]:
    """The rows of a table with its totals last, which are never alone on a page: the last row goes with them."""
    for index in range(max(0, len(strips) - totals - 1), len(strips) - 1):
        strips[index] = strips[index]._replace(keep=True)
    return strips

