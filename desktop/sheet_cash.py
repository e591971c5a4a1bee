"""What is written when cash is handed over, counted, or does not agree with the book.

The float is half a page; a count and a difference are minutes on a whole one, with every denomination
shown, also those there were none of, so that nothing can be written in afterwards.
"""

from collections.abc import Sequence

from desktop.sheet import Beside, Block, Column, Facts, Paragraph, Row, Sheet, Table, bold, plain
from desktop.sheet_voucher import (
    Voucher,
    approver_boxes,
    box,
    fact,
    letterhead,
    maker_box,
    plain_foot,
    sheet,
    signing,
    team_boxes,
    title,
    words_of,
)
from sync.money import DENOMINATIONS, counted, figures


def notes_table(voucher: Voucher, notes: Sequence[tuple[int, int]], *, every: bool = False) -> Table:
    """A denomination list with its sum; `every` shows those there are none of too."""
    words, none = voucher.words, voucher.words("paper.none")
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


def open_sheet(voucher: Voucher) -> Sheet:
    """A5: the float, handed over by denomination (UQ)."""
    words, body = voucher.words, voucher.body
    name = words("paper.title.open")
    planned = voucher.session.terms.parameters.float_planned
    plan = (("planned", planned),) if planned else ()
    taken: tuple[Block, ...] = (
        figures_table(voucher, *plan, total=("received", body.cash)),
        words_of(voucher, body.cash),
    )
    return sheet(
        voucher,
        paper="a5",
        title=name,
        blocks=(
            letterhead(voucher, copies="fund"),
            title(voucher, name, form=""),
            Facts(items=((plain(words("paper.session", day=voucher.day)),),)),
            Beside(left=(notes_table(voucher, body.notes),), right=taken, share=52),
            signing(
                voucher, box(voucher, "giver", ""), maker_box(voucher), *approver_boxes(voucher), scan="scan_form"
            ),
        ),
        foot=plain_foot(voucher),
    )


def count_sheet(voucher: Voucher) -> Sheet:
    """A4: the drawer counted, beside what the book says it holds."""
    held = counted(dict(voucher.body.notes))
    return _minutes(
        voucher,
        name=voucher.words("paper.title.count"),
        notes=voucher.body.notes,
        expected=voucher.entry.cash,
        held=held,
        reason="",
    )


def difference_sheet(voucher: Voucher) -> Sheet:
    """A4: cash over or short (CL), with the count that found it."""
    body, bodies = voucher.body, voucher.session.bodies
    amount = body.cash
    # The rules let a difference stand only after a count: the last one before it.
    notes = next(one.notes for one in reversed(bodies[: voucher.entry.number - 1]) if one.kind == "count")
    return _minutes(
        voucher,
        name=voucher.words("paper.title.over" if amount > 0 else "paper.title.short"),
        notes=notes,
        expected=voucher.entry.cash - amount,
        held=voucher.entry.cash,
        reason=body.reason,
    )


def _minutes(
    voucher: Voucher, *, name: str, notes: Sequence[tuple[int, int]], expected: int, held: int, reason: str
) -> Sheet:
    words, entry = voucher.words, voucher.entry
    off = held - expected
    opening = voucher.session.bodies[0].cash
    sums = figures_table(
        voucher,
        ("opening", opening),
        ("in", entry.cash_in - max(entry.body.cash, 0)),
        ("out", entry.cash_out - max(-entry.body.cash, 0)),
        ("expected", expected),
        ("counted", held),
        total=("difference", off),
    )
    finding = words("paper.cash.agrees") if not off else words(
        "paper.cash.over" if off > 0 else "paper.cash.short", amount=abs(off)
    )  # fmt: skip
    found = Paragraph(said=(bold(finding),))
    # Each sum in words stands right after the figure it says again.
    ending: tuple[Block, ...] = (words_of(voucher, held), found)
    if reason:
        because = Paragraph(said=(plain(words("paper.cash.reason")), bold(reason)))
        ending = (found, words_of(voucher, abs(off)), because)
    return sheet(
        voucher,
        paper="a4",
        title=name,
        blocks=(
            letterhead(voucher, copies="fund"),
            title(voucher, name, form=voucher.session.terms.parameters.form_cash_count),
            Facts(
                items=(
                    fact(words("paper.cash.at"), voucher.when),
                    fact(words("paper.cash.after"), voucher.number(entry.number - 1)),
                )
            ),
            Beside(left=(notes_table(voucher, notes, every=True),), right=(sums,), share=52),
            *ending,
            signing(voucher, *team_boxes(voucher), scan="scan_form"),
        ),
        foot=plain_foot(voucher),
    )


