"""How big everything is on each paper, and which faces it is set in.

Lengths are points (1/72 inch). A receipt that would run over on A5 is set again in its dense look, which is
still read without glasses; a roll has no height of its own and is set one thing under another.
"""

from typing import NamedTuple

from desktop.sheets.sheet import ROLLS, Paper, Sheet, Style

# A dot of the coarsest printer in use, and of every receipt printer: 203 to the inch.
DOT = 72 / 203
# 10 mm: what every office printer can reach.
MARGIN = 28.35
# 57 modules at 4 dots, 28.5 mm; and at the 3 dots that small paper has room for.
CODE_SIDE, SMALL_CODE_SIDE = 80.9, 60.7
# The white around a code that a reader needs: four modules of 4 dots.
QUIET = 16 * DOT
# The longest page that Windows can ask of a printer, 32,767 tenths of a millimetre (DEVMODE.dmPaperLength).
LONGEST = 3_276 / 25.4 * 72


class Look(NamedTuple):
    """`height` 0: as long as what it says, and `narrow`: one thing under another. `signature` is the room to sign."""

    width: float
    height: float
    margin: float
    # 9.2 pt is the smallest that people at the points read with ease; the rest follows from it.
    body: float = 9.2
    small: float = 8.1
    heading: float = 14.2
    leading: float = 13.5
    small_leading: float = 11.6
    heading_leading: float = 18.0
    cell_leading: float = 11.8
    row: float = 17.7
    head_row: float = 21.0
    tall_row: float = 24.0
    pad: float = 5.7
    facts_gap: float = 12.0
    # Above and below a sentence of its own, and what a row is higher than its text.
    above: float = 4.0
    below: float = 6.0
    row_air: float = 6.0
    signature: float = 27.0
    code_side: float = CODE_SIDE
    code_words: float = 100.0
    foot: float = 7.5
    foot_leading: float = 10.0
    narrow: bool = False


_A5 = Look(595.28, 419.53, MARGIN)
_A5_DENSE = _A5._replace(
    body=8.4, small=7.4, heading=12.5, leading=10.9, small_leading=9.4, heading_leading=15, cell_leading=9.6,
    row=12.7, head_row=14.5, tall_row=20, facts_gap=10, above=2, below=2, row_air=3.2, signature=25,
    code_side=SMALL_CODE_SIDE, foot=7.2, foot_leading=9,
)  # fmt: skip
# 5 mm: what takes paper as small as this is no old office printer.
_A6 = _A5_DENSE._replace(
    width=419.53, height=297.64, margin=14.2, body=8.1, heading=11.5, leading=10.4, heading_leading=14,
    cell_leading=9.3, row=12.2, head_row=13.2, pad=4, signature=23, facts_gap=8, code_words=96, foot=6.8, foot_leading=8.4,
)  # fmt: skip
# A page that fills a wall of 2 m is read from 6 m away at this size: letters of 3 cm, 1 of 200 parts of the distance.
_PROJECTED = Look(
    841.89, 595.28, MARGIN, body=12.6, small=10, heading=19, leading=17.5, small_leading=14, heading_leading=25,
    cell_leading=15.5, row=22.5, head_row=26, facts_gap=22,
)  # fmt: skip
# What the head of a receipt printer reaches: 576 dots of an 80 mm roll, 384 of a 58 mm one; the paper is wider.
_ROLL80 = Look(
    576 * DOT - 0.01, 0, 2.84, heading=13.5, heading_leading=17, leading=12.4, cell_leading=11.8, row=14.4, head_row=14.4,
    tall_row=30, pad=0, above=4, below=4, row_air=4.4, signature=38, foot=7.8, narrow=True,
)  # fmt: skip
_ROLL58 = _ROLL80._replace(
    width=384 * DOT - 0.01, body=8.6, small=7.8, heading=12.2, heading_leading=15.5, leading=11.6, cell_leading=11, foot=7.6
)

# The looks of a paper, from the one that is wished for to the one with most room.
LOOKS: dict[Paper, tuple[Look, ...]] = {
    "a5": (_A5, _A5_DENSE),
    "a4": (Look(595.28, 841.89, MARGIN),),
    "a4-across": (Look(841.89, 595.28, MARGIN),),
    "a4-projected": (_PROJECTED,),
    "a6": (_A6,),
    "roll80": (_ROLL80,),
    "roll58": (_ROLL58,),
}

_FACES: dict[tuple[str, Style], str] = {
    ("sans", "plain"): "NotoSans-Regular", ("sans", "bold"): "NotoSans-Bold", ("sans", "italic"): "NotoSans-Italic",
    ("serif", "plain"): "NotoSerif-Regular", ("serif", "bold"): "NotoSerif-Bold",
    ("serif", "italic"): "NotoSerif-Italic",
}  # fmt: skip
FACES = tuple(_FACES.values())


def faces_of(sheet: Sheet) -> dict[Style, str]:
    """The faces a sheet is set in. A roll has too few dots for the feet of serif letters."""
    family = "sans" if sheet.paper in ROLLS else sheet.family
    return {style: face for (name, style), face in _FACES.items() if name == family}
