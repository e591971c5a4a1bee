"""Cash from one pair of hands to another: float and return, the drawer handed over, a bag on the road.

Each names both sides, lists the notes and leaves both a place to sign. A float or a return is half a page
where its notes leave room; a hand-over and a bag are minutes on a whole one.
"""

from desktop.sheets.cash import figures_table, notes_table
from desktop.sheets.parts import box, fact, facts, staff_name, words_of
from desktop.sheets.sheet import Beside, Block, Box, Facts, Paragraph, Said, Sheet, bold, plain
from desktop.sheets.voucher import (
    Voucher,
    approver_boxes,
    maker_box,
    only_of,
    plain_foot,
    sheet,
    signing,
)
from sync.money import counted

# Denominations that half a page has room for beside both sides' names and signatures.
_HALF_PAGE_NOTES = 6


def movement_sheet(voucher: Voucher) -> Sheet:
    """For the kinds `open`, `float` (UQ) and `return` (HQ): between the drawer and the main fund."""
    words, body, entry = voucher.words, voucher.body, voucher.entry
    name, amount = body.kind, abs(body.cash)
    planned = voucher.session.terms.parameters.float_planned
    moved = ("returned" if body.kind == "return" else "received", amount)
    if body.kind == "open":
        sums = figures_table(voucher, *((("planned", planned),) if planned else ()), total=moved)
    else:
        before, after = ("before", entry.cash - body.cash), ("after_movement", entry.cash)
        sums = figures_table(voucher, before, moved, total=after)
    right: tuple[Block, ...] = (sums, words_of(voucher, amount))
    return sheet(
        voucher,
        paper="a5" if len(body.notes) <= _HALF_PAGE_NOTES else "a4",
        document=name,
        copies="fund",
        blocks=(
            Facts(items=((plain(words("paper.session", day=voucher.day)),), *_sides(voucher))),
            Beside(left=(notes_table(voucher, body.notes),), right=right, share=52),
            signing(voucher, *_signers(voucher), scan="scan_form"),
        ),
        foot=plain_foot(voucher),
    )


def _sides(voucher: Voucher) -> tuple[Said, ...]:
    """Who gives and who takes, and under which seal; the main fund is the office's."""
    words, body = voucher.words, voucher.body
    fund = words("paper.movement.fund", office=voucher.session.terms.point.pos_name)
    teller = words("paper.movement.teller", name=staff_name(voucher, voucher.entry.maker))
    other = body.detail("taker" if body.kind == "return" else "giver")
    theirs = words("paper.movement.person", name=other, side=fund) if other else fund
    giver, taker = (teller, theirs) if body.kind == "return" else (theirs, teller)
    return facts(
        (words("paper.detail.giver"), giver),
        (words("paper.detail.taker"), taker),
        (words("paper.detail.seal"), body.detail("seal")),
    )


def _signers(voucher: Voucher) -> tuple[Box, ...]:
    """Giver first, then taker, then whoever approved."""
    body = voucher.body
    if body.kind == "return":
        return maker_box(voucher), box(voucher, "taker", body.detail("taker")), *approver_boxes(voucher)
    return box(voucher, "giver", body.detail("giver")), maker_box(voucher), *approver_boxes(voucher)


def handover_sheet(voucher: Voucher) -> Sheet:
    """A4: the drawer counted by both tellers and given from one to the other."""
    words, body, entry = voucher.words, voucher.body, voucher.entry
    name = "handover"
    giver, taker = staff_name(voucher, entry.maker), staff_name(voucher, body.detail("to"))
    held = counted(dict(body.notes))
    sums = figures_table(voucher, ("expected", entry.cash), total=("counted", held))
    found: Block = Paragraph(said=(bold(words("paper.movement.handed", giver=giver, taker=taker)),))
    return sheet(
        voucher,
        paper="a4",
        document=name,
        copies="hands",
        blocks=(
            Facts(
                items=(
                    fact(words("paper.movement.at"), voucher.when),
                    fact(words("paper.cash.after"), voucher.number(entry.number - 1)),
                    fact(words("paper.movement.giving"), giver),
                    fact(words("paper.movement.taking"), taker),
                )
            ),
            Beside(left=(notes_table(voucher, body.notes, every=True),), right=(sums,), share=52),
            words_of(voucher, held),
            found,
            signing(
                voucher,
                box(voucher, "giving", giver),
                box(voucher, "taking", taker),
                box(voucher, "controller", only_of(voucher, "controller")),
                scan="scan_form",
            ),
        ),
        foot=plain_foot(voucher),
    )


def transit_sheet(voucher: Voucher) -> Sheet:
    """A4: a bag of cash on the road; where it arrives, its seal and sum are written in by hand."""
    words, body = voucher.words, voucher.body
    name = "transit"
    total = counted(dict(body.notes))
    road = tuple(
        fact(words(f"paper.detail.{one}"), body.detail(one) or words("paper.movement.blank"))
        for one in ("from", "to", "left_at", "seal", "carriers")
    )
    because = ((plain(words("paper.movement.note")), plain(body.reason)),) if body.reason else ()
    arrival: tuple[Block, ...] = tuple(
        Paragraph(said=(plain(words(f"paper.movement.{one}")),)) for one in ("arrived", "seal_whole", "received")
    )
    return sheet(
        voucher,
        paper="a4",
        document=name,
        copies="road",
        blocks=(
            Facts(items=((plain(words("paper.session", day=voucher.day)),), *road, *because)),
            notes_table(voucher, body.notes),
            words_of(voucher, total),
            Paragraph(said=(bold(words("paper.movement.arrival")),)),
            *arrival,
            signing(
                voucher,
                maker_box(voucher),
                *approver_boxes(voucher),
                box(voucher, "carrier", ""),
                box(voucher, "arrival", ""),
                scan="scan_form",
            ),
        ),
        foot=plain_foot(voucher),
    )
