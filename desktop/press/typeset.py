"""Where everything on a sheet goes: a `Sheet` in, pages of marks out; nothing is drawn here.

Lengths are points (1/72 inch), measured from the left and the top. Each block becomes strips, which are
never cut across; strips follow one another down the page, a table says its heads again on the next
page, and what belongs together (a last row and its total, the words and the signatures) stays together.

Text never leaves its place: words that do not fit go to the next line, and one word too wide for a
column (twelve digits in a narrow one) is set smaller.
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

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
    Sheet,
    Signing,
    Style,
    Table,
    Title,
    bold,
    italic,
    plain,
)

# ISO 216: A5 lying, A4 standing, in points.
PAPER = {"a5": (595.28, 419.53), "a4": (595.28, 841.89), "a4-across": (841.89, 595.28)}
MARGIN = 28.35  # 10 mm: what every office printer can reach
# 9.2 pt is the smallest that people at the points read without glasses; the rest follows from it.
BODY, SMALL, HEADING = 9.2, 8.1, 14.2
LEADING, SMALL_LEADING = 13.5, 11.6
# The foot: small, and beside it the number of the page.
FOOT, FOOT_LEADING, FOOT_SHARE = SMALL - 0.6, 10.0, 0.84
CELL_LEADING = 11.8
ROW, HEAD_ROW, TALL_ROW = 17.7, 21.0, 24.0
PAD = 5.7
FACTS_GAP = 12.0
# 57 modules at 4 dots of a 203 dpi printer, the coarsest in use: 28.5 mm.
CODE_SIDE = 80.9
# How much of a page's diagonal a word across it takes: all of it but the corners, which hold names and numbers.
ACROSS = 0.62
# How far below the top of its line a text's baseline lies, as a part of its size: middle of a capital in its line.
_RISE = 0.357

# The width in points of a text in a face and size.
Measure = Callable[[str, str, float], float]

_FACES: dict[tuple[str, Style], str] = {
    ("sans", "plain"): "NotoSans-Regular", ("sans", "bold"): "NotoSans-Bold", ("sans", "italic"): "NotoSans-Italic",
    ("serif", "plain"): "NotoSerif-Regular", ("serif", "bold"): "NotoSerif-Bold",
    ("serif", "italic"): "NotoSerif-Italic",
}  # fmt: skip
FACES = tuple(_FACES.values())


class Ink(NamedTuple):
    """A text with its baseline at `y`."""

    x: float
    y: float
    text: str
    face: str
    size: float


class Rule(NamedTuple):
    """A hairline."""

    x: float
    y: float
    to_x: float
    to_y: float


class Square(NamedTuple):
    """Where a QR code goes."""

    x: float
    y: float
    side: float
    text: str


class Across(NamedTuple):
    """A word over a whole page: its middle, how far it is turned (degrees, against the clock), light grey."""

    x: float
    y: float
    text: str
    face: str
    size: float
    turn: float


Mark = Ink | Rule | Square | Across


class Strip(NamedTuple):
    """A full-width piece of a page. `head` is said again when the strip begins a page; `keep`: not the last on one."""

    height: float
    marks: tuple[Mark, ...]
    head: "Strip | None" = None
    keep: bool = False


class Page(NamedTuple):
    width: float
    height: float
    marks: tuple[Mark, ...]


class Placed(NamedTuple):
    """A part of a line: how far from its beginning, and in which face."""

    x: float
    text: str
    face: str


def pages(sheet: Sheet, *, measure: Measure) -> tuple[Page, ...]:
    """The sheet as pages, at least one."""
    width, height = PAPER[sheet.paper]
    setter = _Setter(sheet.family, measure)
    strips = setter.stack(sheet.blocks, MARGIN, width - 2 * MARGIN)
    bottom = height - MARGIN - setter.foot_height(sheet.foot, width)
    filled = _fill(strips, MARGIN, bottom)
    made = []
    for number, marks in enumerate(filled, start=1):
        said = sheet.page.format(page=number, pages=len(filled)) if len(filled) > 1 or sheet.paper.startswith("a4") else ""
        under = setter.across(sheet.across, width, height)
        made.append(Page(width, height, (*under, *marks, *setter.foot(sheet.foot, said, width, height - MARGIN))))
    return tuple(made)


def _fill(strips: Sequence[Strip], top: float, bottom: float) -> list[list[Mark]]:
    """Strips onto pages, top down. A strip taller than a page is put on one of its own."""
    filled: list[list[Mark]] = [[]]
    y = top
    for index, strip in enumerate(strips):
        # What must stand on the page with this strip, up to the first that may end it.
        together = itertools.takewhile(lambda pair: pair[0].keep, itertools.pairwise(strips[index:]))
        needed = strip.height + sum(after.height for _, after in together)
        if y > top and y + needed > bottom:
            filled.append([])
            y = top
            if strip.head:
                filled[-1] += _moved(strip.head.marks, 0, y)
                y += strip.head.height
        filled[-1] += _moved(strip.marks, 0, y)
        y += strip.height
    return filled


def _moved(marks: Iterable[Mark], right: float, down: float) -> list[Mark]:
    made: list[Mark] = []
    for mark in marks:
        if isinstance(mark, Ink):
            made.append(Ink(mark.x + right, mark.y + down, mark.text, mark.face, mark.size))
        elif isinstance(mark, Rule):
            made.append(Rule(mark.x + right, mark.y + down, mark.to_x + right, mark.to_y + down))
        else:
            made.append(mark._replace(x=mark.x + right, y=mark.y + down))
    return made


def _joined(strips: Sequence[Strip]) -> Strip:
    """Strips as one that is not cut across."""
    marks: list[Mark] = []
    y = 0.0
    for strip in strips:
        marks += _moved(strip.marks, 0, y)
        y += strip.height
    return Strip(y, tuple(marks))


class _Setter:
    """Sets blocks in one family of faces."""

    def __init__(self, family: str, measure: Measure) -> None:
        self.measure = measure
        self.face: dict[Style, str] = {style: face for (name, style), face in _FACES.items() if name == family}

    def stack(self, blocks: Sequence[Block], x: float, width: float) -> list[Strip]:
        """Blocks below one another, their first point at `x`; a sentence stays with what follows it."""
        strips: list[Strip] = []
        for block in blocks:
            strips += _BLOCKS[type(block)](self, block, x, width)
        return strips

    # Lines of words

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
            for word in span.text.split(" "):
                longer = f"{words} {word}" if words else word
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

    def ink(self, said: Said, x: float, y: float, width: float, *, align: str = "left", size: float = BODY,
            leading: float = LEADING) -> tuple[list[Mark], float]:  # fmt: skip
        """The marks of a sentence from the top of its first line at `y`, and its height."""
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
             size: float = BODY, leading: float = LEADING) -> tuple[list[Mark], float]:  # fmt: skip
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
        half = width * 0.54
        left, tall = self.rows(block.left, x, 0, half)
        right, other = self.rows(block.right, x + half, 0, width - half, align="right")
        return [Strip(max(tall, other) + 4, (*left, *right))]

    def title(self, block: Title, x: float, width: float) -> list[Strip]:
        marks, height = self.ink((bold(block.text),), x, 0, width, align="center", size=HEADING, leading=18)
        if block.under:
            under, more = self.ink((plain(block.under),), x, height, width, align="center", size=SMALL)
            marks, height = marks + under, height + more
        if block.mark:
            wide = self.measure(block.mark, self.face["bold"], BODY) + 2 * PAD
            if wide > (width - self.measure(block.text, self.face["bold"], HEADING)) / 2 - PAD:
                # No room beside the title: above it.
                marks, height = _moved(marks, 0, 20), height + 20
            marks += self.ink((bold(block.mark),), x, 1, wide, align="center", leading=16)[0]
            marks += _frame(x, 1, x + wide, 17)
        return [Strip(height + 2, tuple(marks), keep=True)]

    def facts(self, block: Facts, x: float, width: float) -> list[Strip]:
        marks: list[Mark] = []
        at = y = tallest = 0.0
        room = width / block.columns - FACTS_GAP if block.columns else width
        for said in block.items:
            wide = sum(self.measure(span.text, self.face[span.style], BODY) for span in said)
            wide = room if block.columns else min(wide, width)
            if at and at + wide > width:
                at, y, tallest = 0.0, y + tallest, 0.0
            # A hair more than measured, or a sum of floats breaks a sentence that fits.
            made, height = self.ink(said, x + at, y, wide + 0.01)
            marks += made
            tallest = max(tallest, height)
            at += wide + FACTS_GAP
        return [Strip(y + tallest + 6, tuple(marks), keep=True)] if block.items else []

    def paragraph(self, block: Paragraph, x: float, width: float) -> list[Strip]:
        above, below = (0, 1) if block.tight else (4, 6)
        marks, height = self.ink(block.said, x, above, width)
        return [Strip(height + below, tuple(marks), keep=True)]

    def table(self, block: Table, x: float, width: float) -> list[Strip]:
        weight = sum(column.share for column in block.columns)
        edges = [x + width * part / weight for part in itertools.accumulate((c.share for c in block.columns), initial=0)]
        head = self._row(Row(cells=tuple(c.title for c in block.columns), style="bold"), block.columns, edges, HEAD_ROW)
        head = Strip(head.height, (Rule(edges[0], 0, edges[-1], 0), *head.marks), keep=True)
        tall = TALL_ROW if block.tall else ROW
        body = [self._row(row, block.columns, edges, tall) for row in block.rows]
        totals = [self._row(row, block.columns, edges, ROW) for row in block.totals]
        made = [strip._replace(head=head) for strip in (*body, *totals)]
        # The totals are never alone on a page: the last row goes with them.
        for index in range(len(made) - len(totals) - 1, len(made) - 1):
            if index >= 0:
                made[index] = made[index]._replace(keep=True)
        return [head, *made]

    def _row(self, row: Row, columns: Sequence[Column], edges: Sequence[float], least: float) -> Strip:
        bounds = [edges[0], *edges[row.merged :]]
        # A label over several columns reads like text, whatever the first of them holds.
        first = "left" if row.merged > 1 else columns[0].align
        aligned = [first, *(column.align for column in columns[row.merged :])]
        marks: list[Mark] = []
        tallest = 0.0
        cells: list[tuple[list[Mark], float]] = []
        for (left, right), align, cell in zip(itertools.pairwise(bounds), aligned, row.cells, strict=True):
            said = (italic(cell) if row.style == "italic" else bold(cell) if row.style == "bold" else plain(cell),)
            pad = min(PAD, (right - left) / 8)
            inside = right - left - 2 * pad
            made, text_height = self.ink(said, left + pad, 0, inside, align=align, leading=CELL_LEADING)
            cells.append((made if cell else [], text_height))
            tallest = max(tallest, text_height)
        height = max(least, tallest + 6)
        for made, text_height in cells:
            marks += _moved(made, 0, (height - text_height) / 2)
        marks += [Rule(edge, 0, edge, height) for edge in bounds]
        marks.append(Rule(bounds[0], height, bounds[-1], height))
        return Strip(height, tuple(marks))

    def signing(self, block: Signing, x: float, width: float) -> list[Strip]:
        marks: list[Mark] = []
        tall = 0.0
        room = width
        if block.code:
            beside = max(100.0, width * 0.19)
            room = width - CODE_SIDE - beside - 4
            tall = self._code(block.code, marks, x + room, beside)
        each = room / max(1, len(block.boxes))
        # Names stand on one line, also where one role needs two.
        roles = max((len(self.lines((plain(box.role),), each - 8, BODY)) for box in block.boxes), default=1)
        for index, box in enumerate(block.boxes):
            made, height = self._box(box, x + index * each, each - 8, roles * LEADING)
            marks += made
            tall = max(tall, height)
        return [Strip(tall + 8, tuple(_moved(marks, 0, 6)))]

    def _code(self, code: Code, marks: list[Mark], x: float, width: float) -> float:
        marks.append(Square(x, 2, CODE_SIDE, code.text))
        said = [(plain(line),) for line in code.lines]
        made, height = self.rows(said, x + CODE_SIDE + 4, 0, width, size=SMALL, leading=SMALL_LEADING)
        marks += made
        return max(CODE_SIDE + 2, height)

    def _box(self, box: Box, x: float, width: float, height: float) -> tuple[list[Mark], float]:
        marks, _ = self.ink((plain(box.role),), x, 0, width, align="center")
        hint, more = self.ink((plain(box.hint),), x, height, width, align="center", size=SMALL)
        # Room for a signature or a fingerprint.
        below = height + more + 27
        name, last = self.ink((plain(box.name),), x, below, width, align="center") if box.name else ([], 0.0)
        return marks + hint + name, below + max(last, LEADING)

    def beside(self, block: Beside, x: float, width: float) -> list[Strip]:
        gap = 14.0
        part = (width - gap) * block.share / 100
        left = _joined(self.stack(block.left, x, part))
        right = _joined(self.stack(block.right, x + part + gap, width - gap - part))
        return [Strip(max(left.height, right.height) + 4, (*left.marks, *right.marks))]

    def code(self, block: Code, x: float, width: float) -> list[Strip]:
        # Four modules of white above it, as a reader needs.
        side, top = min(CODE_SIDE, width), 5.7
        said = [(plain(line),) for line in block.lines]
        marks, height = self.rows(said, x, top + side + 1, width, size=SMALL - 1, leading=SMALL_LEADING - 2)
        return [Strip(top + side + 1 + height, (Square(x, top, side, block.text), *marks))]

    def cuttings(self, block: Cuttings, x: float, width: float) -> list[Strip]:
        """Rows of small papers, each framed where it is cut; one that says more than it has room for makes its row taller."""
        each = width / block.columns
        made: list[Strip] = []
        for start in range(0, len(block.papers), block.columns):
            row = block.papers[start : start + block.columns]
            inside = [_joined(self.stack(one, x + at * each + 2 * PAD, each - 4 * PAD)) for at, one in enumerate(row)]
            height = max(block.height, *(one.height + 2 * PAD for one in inside))
            marks: list[Mark] = []
            for at, one in enumerate(inside):
                marks += [*_moved(one.marks, 0, PAD), *_frame(x + at * each, 0, x + (at + 1) * each, height)]
            made.append(Strip(height, tuple(marks)))
        return made

    def across(self, said: str, width: float, height: float) -> list[Mark]:
        """A word from the lower left to the upper right, over most of the diagonal."""
        if not said:
            return []
        face = self.face["bold"]
        size = ACROSS * math.hypot(width, height) / self.measure(said, face, 1)
        turn = math.degrees(math.atan2(height, width))
        return [Across(width / 2, height / 2, said, face, size, turn)]

    def foot_height(self, said: str, width: float) -> float:
        """What the foot takes of a page: one line, or as many as its words need."""
        return SMALL_LEADING + (len(self._foot_lines(said, width)) - 1) * FOOT_LEADING

    def _foot_lines(self, said: str, width: float) -> list[list[Placed]]:
        return self.lines((plain(said),), (width - 2 * MARGIN) * FOOT_SHARE, FOOT)

    def foot(self, said: str, page: str, width: float, bottom: float) -> list[Mark]:
        room = width - 2 * MARGIN
        top = bottom - self.foot_height(said, width)
        marks: list[Mark] = []
        if said:
            marks, _ = self.ink((plain(said),), MARGIN, top, room * FOOT_SHARE, size=FOOT, leading=FOOT_LEADING)
        if page:
            last = bottom - SMALL_LEADING
            marks += self.ink((plain(page),), MARGIN, last, room, align="right", size=FOOT, leading=FOOT_LEADING)[0]
        return marks


def _frame(left: float, top: float, right: float, bottom: float) -> list[Mark]:
    corners = ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
    return [Rule(*one, *other) for one, other in itertools.pairwise(corners)]


_BLOCKS: dict[type, Callable[..., list[Strip]]] = {
    Letterhead: _Setter.letterhead,
    Title: _Setter.title,
    Facts: _Setter.facts,
    Paragraph: _Setter.paragraph,
    Table: _Setter.table,
    Signing: _Setter.signing,
    Beside: _Setter.beside,
    Code: _Setter.code,
    Cuttings: _Setter.cuttings,
}


@functools.cache
def faces_of(family: str) -> tuple[str, ...]:
    """The faces a sheet of this family may need."""
    return tuple(face for (name, _), face in _FACES.items() if name == family)
