"""What a sheet of paper says, and nothing about how it is drawn.

A `Sheet` is a frozen list of blocks in the order they are read: a letterhead, a title, facts,
tables, a sentence, signature boxes with the code beside them. The other modules here write sheets from terms,
session and entry; `typeset` gives every block its place and `paper` is the only one that draws.
"""

from typing import Literal

from sync.records import Record, changed

Style = Literal["plain", "bold", "italic"]
# A5 lying, A4 standing and lying, A4 lying and large enough for a wall, A6 lying, and rolls of 80 mm and 58 mm, whose
# pages are as long as what they say.
Paper = Literal["a5", "a4", "a4-across", "a4-projected", "a6", "roll80", "roll58"]
ROLLS: frozenset[Paper] = frozenset(("roll80", "roll58"))
# The forms of the office, which are filed: they leave their paper only where there is none but a roll.
FORMS: frozenset[Paper] = frozenset(("a4", "a4-across", "a4-projected"))


class Span(Record):
    """Some words in one style."""

    text: str
    style: Style = "plain"


# A sentence or a label with its value; it is broken only between words.
Said = tuple[Span, ...]


def plain(text: str) -> Span:
    return Span(text=text)


def bold(text: str) -> Span:
    return Span(text=text, style="bold")


def italic(text: str) -> Span:
    return Span(text=text, style="italic")


class Letterhead(Record):
    """Who issues the sheet, on the left; which sheet it is, on the right."""

    left: tuple[Said, ...]
    right: tuple[Said, ...]


class Title(Record):
    """`mark` stands framed beside the title, or above it: a reprint, a training sheet. `under` is centred below it."""

    text: str
    mark: str = ""
    under: str = ""


class Facts(Record):
    """Labels with values, side by side as long as they fit; `columns` sets them in columns of one width."""

    items: tuple[Said, ...]
    columns: int = 0


class Column(Record):
    """`share` is the column's part of the width; the shares of a table are weighed against each other."""

    title: str
    share: int
    align: Literal["left", "right", "center"] = "left"


class Row(Record):
    """One cell a column; the first cell of a row goes over `merged` columns. `keep`: never the last on a page."""

    cells: tuple[str, ...]
    style: Style = "plain"
    merged: int = 1
    keep: bool = False


class Table(Record):
    """The heads are said again on every page, under the `caption`; `tall` leaves room for a signature in each row."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[Row, ...] = ()
    tall: bool = False
    caption: str = ""


class Paragraph(Record):
    """`tight`: a line among others, with no room of its own around it."""

    said: Said
    tight: bool = False


class Box(Record):
    """A place to sign: who, how, and the name below it (empty where the person writes it)."""

    role: str
    hint: str
    name: str


class Code(Record):
    """A QR code and what it is for; a block of its own says it below the code."""

    text: str
    lines: tuple[str, ...]


class Signing(Record):
    """Signature boxes, the code on their right; never parted from each other."""

    boxes: tuple[Box, ...]
    code: Code | None = None


class Beside(Record):
    """Two columns of blocks; `share` is the left one's part of the width, in percent."""

    left: "tuple[Block, ...]"
    right: "tuple[Block, ...]"
    share: int


class Cuttings(Record):
    """Small papers to be cut apart, `columns` side by side, each with room for `height` points."""

    papers: "tuple[tuple[Block, ...], ...]"
    columns: int
    height: int


Block = Letterhead | Title | Facts | Table | Paragraph | Signing | Beside | Code | Cuttings


class Sheet(Record):
    """`name` is the title of the file; `foot` stands at the bottom of each page and `page` says which it is.

    `page` has the places `{page}` and `{pages}`. `language` is a BCP 47 tag. `across` is set large and light
    over every page from corner to corner, under all else.
    """

    paper: Paper
    family: Literal["sans", "serif"]
    name: str
    language: str
    blocks: tuple[Block, ...]
    foot: str
    page: str
    across: str = ""


def on_paper(sheet: Sheet, medium: Paper) -> Sheet:
    """The sheet on what the printer holds: a receipt on any medium, a form of the office on its own or on a roll."""
    if sheet.paper in FORMS and medium not in ROLLS:
        return sheet
    return changed(sheet, paper=medium)
