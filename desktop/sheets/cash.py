"""What is written when the drawer is counted, or does not agree with the book.

A count and a difference are minutes on a whole page, with every denomination shown, also those there
were none of, so that nothing can be written in afterwards. They say who counted and whether it was blind,
and a difference how much the controller may approve and who did.
"""

from collections.abc import Sequence

from desktop.sheets.parts import Printed, fact, staff_name, words_of
from desktop.sheets.sheet import Beside, Block, Column, Facts, Paragraph, Row, Said, Sheet, Table, bold, plain
from desktop.sheets.voucher import (
    Voucher,
    plain_foot,
    sheet,
    signing,
    team_boxes,
)
from sync.money import DENOMINATIONS, counted, figures
from sync.voucher import listed


def notes_table(printed: Printed, notes: Sequence[tuple[int, int]], *, every: bool = False) -> Table:
    """A denomination list with its sum; `every` shows those there are none of too."""
    words, none = printed.words, printed.words("paper.none")
    held = dict(notes)
    listed = DENOMINATIONS if every else tuple(note for note in DENOMINATIONS if held.get(note))
    rows = tuple(
        Row(cells=(figures(note), figures(held[note]), figures(note * held[note])) if held.get(note) else
            (figures(note), none, none))
        for note in listed
    )  # fmt: skip
    return Table(
        columns=(
            Column(title=words("paper.column.note"), share=3, align="right"),
            Column(title=words("paper.column.notes"), share=3, align="right"),
            Column(title=words("paper.column.sum"), share=5, align="right"),
        ),
        rows=rows,
        totals=(Row(cells=(words("paper.total"), figures(counted(held))), style="bold", merged=2),),
    )


def figures_table(voucher: Voucher, *rows: tuple[str, int], total: tuple[str, int]) -> Table:
    """Named sums below one another, the last one in bold; names are keys of the words."""
    words = voucher.words
    return Table(
        columns=(
            Column(title=words("paper.column.figure"), share=3),
            Column(title=words("paper.column.sum"), share=2, align="right"),
        ),
        rows=tuple(Row(cells=(words(f"paper.cash.{key}"), figures(amount))) for key, amount in rows),
        totals=(Row(cells=(words(f"paper.cash.{total[0]}"), figures(total[1])), style="bold"),),
    )


def count_sheet(voucher: Voucher) -> Sheet:
    """A4: the drawer counted, beside what the book says it holds."""
    words, blind = voucher.words, voucher.body.detail("blind")
    who = staff_name(voucher, blind or voucher.entry.maker)
    told: tuple[Block, ...] = (Paragraph(said=(bold(words("paper.cash.blind", name=who)),)),) if blind else ()
    return _minutes(
        voucher,
        name="count",
        notes=voucher.body.notes,
        expected=voucher.entry.cash,
        said=(fact(words("paper.cash.counter"), who),),
        ending=told,
    )


def difference_sheet(voucher: Voucher) -> Sheet:
    """A4: cash over or short (CL), with the count that found it."""
    words, body = voucher.words, voucher.body
    tolerance = voucher.session.terms.parameters.difference_tolerance
    approvers = ", ".join(staff_name(voucher, one.staff_id) for one in voucher.entry.approvals)
    return _minutes(
        voucher,
        name="over" if body.cash > 0 else "short",
        notes=_counted_notes(voucher),
        expected=voucher.entry.cash - body.cash,
        said=(),
        ending=(
            words_of(voucher, abs(body.cash)),
            Paragraph(said=(plain(words("paper.cash.reason")), bold(body.reason))),
            Paragraph(said=(plain(words("paper.cash.tolerance", amount=tolerance)),)),
            Paragraph(said=fact(words("paper.cash.approved"), approvers)),
        ),
    )


def _counted_notes(voucher: Voucher) -> tuple[tuple[int, int], ...]:
    """What the last count found, less what went back to the main fund since: a difference stands only on these."""
    bodies = voucher.session.bodies[: voucher.entry.number - 1]
    place = max(place for place, one in enumerate(bodies) if one.kind == "count")
    left = dict(bodies[place].notes)
    for body in bodies[place + 1 :]:
        for note, count in body.notes if body.kind == "return" else ():
            left[note] = left.get(note, 0) - count
    return listed(left)


def flow(voucher: Voucher) -> tuple[tuple[str, int], ...]:
    """The drawer from the opening on, a difference of this very entry left out: float, in and out, back to the fund."""
    entry, bodies = voucher.entry, voucher.session.bodies[: voucher.entry.number]
    own = entry.body.cash if entry.body.kind == "difference" else 0
    further = sum(body.cash for body in bodies if body.kind == "float")
    back = -sum(body.cash for body in bodies if body.kind == "return")
    return (
        # Not always the first: an outage may stand before it.
        ("opening", sum(body.cash for body in bodies if body.kind == "open")),
        *((("float", further),) if further else ()),
        ("in", entry.cash_in - max(own, 0) - further),
        ("out", entry.cash_out - max(-own, 0) - back),
        *((("return", back),) if back else ()),
    )


def _minutes(
    voucher: Voucher,
    *,
    name: str,
    notes: Sequence[tuple[int, int]],
    expected: int,
    said: tuple[Said, ...],
    ending: tuple[Block, ...],
) -> Sheet:
    """The finding between what was counted and what the book says; each sum in words right after its figure."""
    words, entry = voucher.words, voucher.entry
    held = counted(dict(notes))
    off = held - expected
    sums = figures_table(
        voucher,
        *flow(voucher),
        ("expected", expected),
        ("counted", held),
        total=("difference", off),
    )
    finding = words("paper.cash.agrees") if not off else words(
        "paper.cash.over" if off > 0 else "paper.cash.short", amount=abs(off)
    )  # fmt: skip
    found = Paragraph(said=(bold(finding),))
    before = () if entry.body.kind == "difference" else (words_of(voucher, held),)
    return sheet(
        voucher,
        paper="a4",
        document=name,
        copies="fund",
        blocks=(
            Facts(
                items=(
                    fact(words("paper.cash.at"), voucher.when),
                    fact(words("paper.cash.after"), voucher.number(entry.number - 1)),
                    *said,
                )
            ),
            Beside(left=(notes_table(voucher, notes, every=True),), right=(sums,), share=52),
            *before,
            found,
            *ending,
            signing(voucher, *team_boxes(voucher), scan="scan_form"),
        ),
        foot=plain_foot(voucher),
    )


