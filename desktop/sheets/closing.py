"""The closing sheet: what the whole book comes to, and its last hash, signed by three people.

Sums by transaction code, the drawer from its opening to the count, and the head of the book. The head
holds every entry before it, so whoever keeps this sheet can tell later whether anything was changed: the office
compares it with the book it holds, by the square code or by what is printed.
"""

from desktop.sheets.cash import figures_table, flow
from desktop.sheets.parts import fact, facts, in_fours, words_of
from desktop.sheets.sheet import Beside, Block, Column, Facts, Paragraph, Row, Sheet, Table, bold, plain
from desktop.sheets.voucher import (
    Voucher,
    plain_foot,
    sheet,
    signing,
    team_boxes,
)
from sync.ledger import CASH, Line
from sync.money import figures
from sync.voucher import Body


def close_sheet(voucher: Voucher) -> Sheet:
    """A4, for the kind `close`."""
    words, entry = voucher.words, voucher.entry
    name = "close"
    bodies = voucher.session.bodies[: entry.number]
    head: tuple[Block, ...] = (
        Paragraph(said=(plain(words("paper.close.head")),)),
        *(Paragraph(said=(bold(line),)) for line in _head_lines(voucher.sealed.head)),
        Paragraph(said=(plain(words("paper.close.anchor")),)),
    )
    return sheet(
        voucher,
        paper="a4",
        document=name,
        copies="fund",
        blocks=(
            _extent(voucher, bodies),
            _by_code(voucher, bodies),
            Paragraph(said=(plain(words("paper.close.note")),)),
            Beside(left=(_drawer(voucher, bodies),), right=head, share=52),
            words_of(voucher, entry.cash),
            signing(voucher, *team_boxes(voucher), scan="scan_form"),
        ),
        foot=plain_foot(voucher),
    )


def _head_lines(head: bytes) -> tuple[str, ...]:
    """Four groups of four a line: short enough to be typed again without losing the place."""
    return tuple(in_fours(head[start : start + 8]) for start in range(0, len(head), 8))


def _extent(voucher: Voucher, bodies: list[Body]) -> Facts:
    """From which number to which, and how many of each kind."""
    words = voucher.words
    kinds = {"groups": "group", "visits": "visit", "slips": "slip", "reversals": "reverse"}
    rarer = {"corrections": "correct", "requests": "request", "counterfeits": "counterfeit", "losses": "loss", "outages": "outage", "resumed": "resume"}
    seen = {body.kind for body in bodies}
    kinds |= {key: kind for key, kind in rarer.items() if kind in seen}
    others = sum(body.kind not in kinds.values() for body in bodies)
    return Facts(
        items=(
            fact(words("paper.close.first"), voucher.number(1)),
            fact(words("paper.close.last"), voucher.number(len(bodies))),
            *facts(
                (words("paper.close.entries"), figures(len(bodies))),
                (words("paper.close.lines"), figures(sum(len(body.lines) for body in bodies))),
                *(
                    (words(f"paper.close.{key}"), figures(sum(body.kind == kind for body in bodies)))
                    for key, kind in kinds.items()
                ),
                (words("paper.close.others"), figures(others)),
            ),
        )
    )


def _by_code(voucher: Voucher, bodies: list[Body]) -> Table:
    """Posted, reversed and net for every code in use, in the order of the ledger's own list."""
    words, none = voucher.words, voucher.words("paper.none")
    posted: dict[str, int] = {}
    undone: dict[str, int] = {}
    count: dict[str, int] = {}
    for body in bodies:
        sums = undone if body.kind in ("reverse", "correct") else posted
        for line in body.lines:
            if not _summed(body, line):
                continue
            sums[line.code] = sums.get(line.code, 0) + line.amount
            count[line.code] = count.get(line.code, 0) + 1
    rows = tuple(
        Row(
            cells=(
                code,
                words(f"paper.code_name.{code}"),
                figures(count[code]),
                figures(posted.get(code, 0)),
                figures(undone[code]) if code in undone else none,
                figures(posted.get(code, 0) + undone.get(code, 0)),
            )
        )
        for code in CASH
        if code in count
    )
    return Table(
        columns=(
            Column(title=words("paper.column.code"), share=38, align="center"),
            Column(title=words("paper.column.transaction"), share=190),
            Column(title=words("paper.column.lines"), share=60, align="right"),
            Column(title=words("paper.column.posted"), share=84, align="right"),
            Column(title=words("paper.column.reversed"), share=84, align="right"),
            Column(title=words("paper.column.net"), share=84, align="right"),
        ),
        rows=rows,
    )


def _summed(body: Body, line: Line) -> bool:
    """One side of a transfer is what was transferred; a note that was given back was not kept."""
    if line.code == "CT":
        return line.component == "deposit"
    return line.code != "TF" or body.detail("outcome") == "held"


def _drawer(voucher: Voucher, bodies: list[Body]) -> Table:
    """From the float to the count; the rules close no book whose count differs."""
    entry = voucher.entry
    off = sum(body.cash for body in bodies if body.kind == "difference")
    return figures_table(
        voucher,
        *flow(voucher),
        ("minuted", off),
        ("closing", entry.cash),
        # A session is closed only when its count and its book agree.
        total=("counted", entry.cash),
    )
