"""Where everything on a sheet goes: a `Sheet` in, pages of marks out; nothing is drawn here.

Each block becomes strips, which are never cut across (`blocks`, and `narrow` for a roll); strips follow one
another down the page, a table says its heads again on the next page, and what belongs together (a last row
and its total, the words and the signatures) stays together. Sizes are in `looks`.
"""

import itertools
import math
from collections.abc import Sequence

from desktop.press.blocks import FOOT_SHARE, Measure, Setter
from desktop.press.looks import DOT, FACES, LONGEST, LOOKS, MARGIN, Look, faces_of
from desktop.press.marks import Across, Ink, Mark, Page, Rule, Square, Strip, moved
from desktop.press.narrow import Narrow
from desktop.sheets.sheet import FORMS, Sheet

__all__ = ["FACES", "MARGIN", "Across", "Ink", "Measure", "Page", "Rule", "Square", "faces_of", "pages"]


def pages(sheet: Sheet, *, measure: Measure) -> tuple[Page, ...]:
    """The sheet as pages, at least one: in the look it is wished for, or in a dense one that spares a page."""
    made: tuple[Page, ...] = ()
    for look in LOOKS[sheet.paper]:
        tried = _long(sheet, look, measure) if look.narrow else _leaves(sheet, look, measure)
        made = tried if not made or len(tried) < len(made) else made
        if len(made) == 1:
            break
    return made


def _leaves(sheet: Sheet, look: Look, measure: Measure) -> tuple[Page, ...]:
    """Pages of one size, the foot at the bottom of each; a form says which page it is, a receipt where it has more."""
    setter = Setter(look, faces_of(sheet), measure)
    strips = setter.stack(sheet.blocks, look.margin, look.width - 2 * look.margin)
    bottom = look.height - look.margin
    numbered = sheet.paper in FORMS
    filled = _fill(strips, look.margin, bottom - setter.foot_height(sheet.foot, FOOT_SHARE if numbered else 1))
    if len(filled) > 1 and not numbered:
        numbered = True
        filled = _fill(strips, look.margin, bottom - setter.foot_height(sheet.foot, FOOT_SHARE))
    made = []
    for number, marks in enumerate(filled, start=1):
        said = sheet.page.format(page=number, pages=len(filled)) if numbered else ""
        under = setter.across(sheet.across, look.width, 0, look.height) if sheet.across else []
        made.append(Page(look.width, look.height, (*under, *marks, *setter.foot(sheet.foot, said, bottom))))
    return tuple(made)


def _long(sheet: Sheet, look: Look, measure: Measure) -> tuple[Page, ...]:
    """One page as long as what it says, in whole dots; several only where no printer takes one that long."""
    setter = Narrow(look, faces_of(sheet), measure)
    strips = [*setter.stack(sheet.blocks, look.margin, look.width - 2 * look.margin), *setter.ending(sheet.foot)]
    # Room for the number of the page at its end, should there be more than one.
    filled = _fill(strips, look.margin, LONGEST - 2 * look.margin - 4 * look.small_leading)
    made = []
    for number, marks in enumerate(filled, start=1):
        said = setter.ending(sheet.page.format(page=number, pages=len(filled))) if len(filled) > 1 else []
        end = max(_lowest(mark) for mark in marks) + look.small_leading
        for strip in said:
            marks += moved(strip.marks, 0, end)
            end += strip.height
        # Never wider than it is long, or a printer's driver turns it.
        height = math.ceil(max(end + look.margin, look.width) / DOT) * DOT - 0.01
        under: list[Mark] = []
        # Said again every so often, as large as the roll is wide.
        stretches = max(1, round(height / (1.6 * look.width)))
        for place in range(stretches if sheet.across else 0):
            under += setter.across(sheet.across, look.width, height * place / stretches, height / stretches)
        made.append(Page(look.width, height, (*under, *marks)))
    return tuple(made)


def _lowest(mark: Mark) -> float:
    return mark.y + mark.side if isinstance(mark, Square) else mark.to_y if isinstance(mark, Rule) else mark.y


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
                filled[-1] += moved(strip.head.marks, 0, y)
                y += strip.head.height
        filled[-1] += moved(strip.marks, 0, y)
        y += strip.height
    return filled
