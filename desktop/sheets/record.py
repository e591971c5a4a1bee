"""What goes wrong at a table: a false note, a loss, money that nobody can place. Each is written down at once.

False or unfit notes are minuted with their serials and never enter the drawer's sums. A loss says who must
know of it by when. Money in suspense is a receipt its bringer keeps until the office has placed it.

Rules: README, *Rules of the field*.
"""

import datetime

from desktop.sheets.cash import notes_table
from desktop.sheets.parts import (
    amount_text,
    box,
    day_text,
    fact,
    facts,
    name_of,
    party_facts,
    words_of,
)
from desktop.sheets.sheet import Beside, Block, Column, Facts, Paragraph, Row, Sheet, Table, bold, plain
from desktop.sheets.visit import reversal_facts, shown, shown_total
from desktop.sheets.voucher import (
    Voucher,
    approver_boxes,
    maker_box,
    plain_foot,
    sheet,
    signing,
)
from sync.money import figures


def counterfeit_sheet(voucher: Voucher) -> Sheet:
    """Notes held as false, or given back as unfit, each with its serial: half a page for a few, else a whole one."""
    words, body = voucher.words, voucher.body
    held = body.detail("outcome") == "held"
    name = "counterfeit" if held else "unfit"
    total = sum(line.amount for line in body.lines)
    who = party_facts(voucher, voucher.body.party) or (fact(words("paper.record.brought"), words("paper.movement.blank")),)
    table = Table(
        columns=(
            Column(title=words("paper.column.order"), share=1, align="center"),
            Column(title=words("paper.column.serial"), share=5),
            Column(title=words("paper.column.note"), share=3, align="right"),
        ),
        rows=tuple(
            Row(cells=(str(place), line.account, figures(line.amount))) for place, line in enumerate(body.lines, start=1)
        ),
        totals=(
            Row(cells=(words("paper.record.notes", count=len(body.lines)), figures(total)), style="bold", merged=2),
        ),
    )
    office = voucher.session.terms.point.pos_name
    said = words("paper.record.held", office=office) if held else words("paper.record.returned")
    person = name_of(voucher, body.party) if body.party in voucher.roll.customers else ""
    return sheet(
        voucher,
        paper="a5" if len(body.lines) <= _HALF_PAGE_NOTES else "a4",
        document=name,
        copies="person",
        blocks=(
            Facts(
                items=(
                    *facts((words("paper.detail.minutes"), body.detail("minutes"))),
                    fact(words("paper.record.at"), voucher.when),
                    *who,
                )
            ),
            table,
            words_of(voucher, total),
            Paragraph(said=(plain(said),)),
            signing(voucher, box(voucher, "holder", person), maker_box(voucher), *approver_boxes(voucher), scan="scan_form"),
        ),
        foot=plain_foot(voucher),
    )


def loss_sheet(voucher: Voucher) -> Sheet:
    """A4: what was lost, where and how, who was told, and by when it must be reported."""
    words, body = voucher.words, voucher.body
    name = "loss"
    amount = int(body.detail("amount"))
    return sheet(
        voucher,
        paper="a4",
        document=name,
        copies="fund",
        blocks=(
            Facts(items=(fact(words("paper.detail.amount"), amount_text(voucher, amount)),)),
            words_of(voucher, amount),
            Facts(
                items=(
                    fact(words("paper.record.lost_at"), f"{body.detail('at')} · {voucher.day}"),
                    fact(words("paper.detail.place"), body.detail("place")),
                )
            ),
            Paragraph(said=(plain(words("paper.record.happened")), bold(body.reason))),
            Paragraph(
                said=fact(words("paper.detail.told"), body.detail("told") or words("paper.movement.blank"))
            ),
            *_urgent(voucher, amount),
            Facts(items=((plain(words("paper.record.written")), plain(voucher.when)),)),
            signing(voucher, maker_box(voucher), *approver_boxes(voucher), box(voucher, "witness", ""), scan="scan_form"),
        ),
        foot=plain_foot(voucher),
    )


def _urgent(voucher: Voucher, amount: int) -> tuple[Block, ...]:
    """By which hour a loss this large must be reported; from its own hour, where that was said as one."""
    words, parameters = voucher.words, voucher.session.terms.parameters
    if amount < parameters.loss_urgent_from:
        return ()
    hours, least = parameters.loss_urgent_hours, parameters.loss_urgent_from
    try:
        at = datetime.time.fromisoformat(voucher.body.detail("at"))
    except ValueError:
        said = words("paper.record.urgent", hours=hours, amount=least)
    else:
        until = datetime.datetime.combine(voucher.entry.business_date, at) + datetime.timedelta(hours=hours)
        said = words(
            "paper.record.urgent_by", hour=f"{until:%H:%M}", day=day_text(until.date()), hours=hours, amount=least
        )
    return (Paragraph(said=(bold(said),)),)


def suspense_sheet(voucher: Voucher) -> Sheet:
    """For the kind `suspense` and its reversal: half a page where the notes leave room."""
    words, body = voucher.words, voucher.body
    reversal = body.kind == "reverse"
    taken = voucher.session.bodies[body.reverses - 1] if reversal else body
    name, total = ("reversal" if reversal else "suspense"), shown_total(voucher)
    table = Table(
        columns=(
            Column(title=words("paper.column.content"), share=3),
            Column(title=words("paper.column.amount"), share=2, align="right"),
        ),
        rows=tuple(
            Row(cells=(words(f"paper.line.{line.code}_{line.component}"), figures(shown(voucher, line))))
            for line in body.lines
        ),
        totals=(Row(cells=(words("paper.total"), figures(total)), style="bold"),),
    )
    money: Block = Beside(left=(table,), right=(notes_table(voucher, body.notes),), share=52) if body.notes else table
    because: tuple[Block, ...] = () if reversal else (
        Paragraph(said=(plain(words("paper.record.unplaced")), bold(body.reason))),
        Paragraph(said=(plain(words("paper.record.suspense")),)),
    )  # fmt: skip
    named = taken.detail("name") or (name_of(voucher, body.party) if body.party in voucher.roll.customers else "")
    brought = facts((words("paper.detail.name"), taken.detail("name")), (words("paper.detail.phone"), taken.detail("phone")))
    return sheet(
        voucher,
        paper="a5" if len(body.notes) <= _HALF_PAGE_NOTES else "a4",
        document=name,
        copies="person",
        blocks=(
            Facts(items=(*brought, *party_facts(voucher, voucher.body.party), *reversal_facts(voucher))),
            money,
            words_of(voucher, total),
            *because,
            signing(
                voucher,
                box(voucher, "receiver" if body.cash < 0 else "payer", named),
                maker_box(voucher),
                *approver_boxes(voucher),
                scan="scan_form" if reversal else "scan_receipt",
            ),
        ),
        foot=plain_foot(voucher),
    )


# Denominations that half a page has room for beside what is said of the money.
_HALF_PAGE_NOTES = 4
