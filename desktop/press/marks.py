"""What stands on a page: texts, lines, codes, each at its place.

Lengths are points (1/72 inch), measured from the left and the top.
"""

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple


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


def moved(marks: Iterable[Mark], right: float, down: float) -> list[Mark]:
    made: list[Mark] = []
    for mark in marks:
        if isinstance(mark, Ink):
            made.append(Ink(mark.x + right, mark.y + down, mark.text, mark.face, mark.size))
        elif isinstance(mark, Rule):
            made.append(Rule(mark.x + right, mark.y + down, mark.to_x + right, mark.to_y + down))
        else:
            made.append(mark._replace(x=mark.x + right, y=mark.y + down))
    return made


def joined(strips: Sequence[Strip]) -> Strip:
    """Strips as one that is not cut across."""
    marks: list[Mark] = []
    y = 0.0
    for strip in strips:
        marks += moved(strip.marks, 0, y)
        y += strip.height
    return Strip(y, tuple(marks))


def frame(left: float, top: float, right: float, bottom: float) -> list[Mark]:
    corners = ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
    return [Rule(*one, *other) for one, other in itertools.pairwise(corners)]
