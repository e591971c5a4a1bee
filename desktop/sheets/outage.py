"""What is written when something cannot sign, and when it can again.

The minutes of an outage say what cannot sign, since which voucher, and how receipts are known until it is over. The
recovery is the one receipt for the whole gap: its first and last number, how many, every voucher with what it took
in and paid out, and the head of the last; its code is signed as ever, and so seals them all.
"""

from desktop.sheets.cash import figures_table, flow
from desktop.sheets.parts import fact, in_fours, staff_name
from desktop.sheets.sheet import Block, Column, Facts, Paragraph, Row, Sheet, Table, bold, plain
from desktop.sheets.voucher import (
    Voucher,
    approver_boxes,
    maker_box,
    plain_foot,
    sheet,
    signing,
)
from sync.money import figures
from sync.outage import Gap, gap_of
from sync.projection import LAPTOP, outage_of


def outage_sheet(voucher: Voucher) -> Sheet:
    """A4: minutes of what cannot sign, for the kind `outage`."""
    words, body, entry = voucher.words, voucher.body, voucher.entry
    named = outage_of(body)
    what: list[Block] = []
    for one in named:
        key, told = ("laptop", voucher.letter) if one == LAPTOP else ("person", _person(voucher, one))
        what.append(Paragraph(said=(plain(words("paper.outage.what")), bold(words(f"paper.outage.{key}", who=told)))))
        what.append(Paragraph(said=(plain(words(f"paper.outage.{key}_until")),)))
        if one in voucher.roll.staff and voucher.roll.staff[one].role == "leader":
            what.append(Paragraph(said=(plain(words("paper.outage.leader_until")),)))
    return sheet(
        voucher,
        paper="a4",
        document="outage",
        copies="fund",
        blocks=(
            Facts(
                items=(
                    fact(words("paper.outage.at"), voucher.when),
                    *((fact(words("paper.cash.after"), voucher.number(entry.number - 1)),) if entry.number > 1 else ()),
                )
            ),
            *what,
            Paragraph(said=(plain(words("paper.outage.reason")), bold(body.reason))),
            *_drawer(voucher),
            Paragraph(said=(plain(words("paper.outage.end")),)),
            signing(voucher, maker_box(voucher), *approver_boxes(voucher), scan="scan_form"),
        ),
        foot=plain_foot(voucher),
    )


def recover_sheet(voucher: Voucher) -> Sheet:
    """A4: the receipt for all that was not signed, for the kind `recover`."""
    words, body = voucher.words, voucher.body
    gap = gap_of(voucher.session, body)
    back = " · ".join(
        words("paper.outage.laptop", who=voucher.letter) if one == LAPTOP else words("paper.outage.person", who=_person(voucher, one))
        for one in outage_of(body)
    )
    because = (Paragraph(said=(plain(words("paper.outage.how")), bold(body.reason))),) if body.reason else ()
    return sheet(
        voucher,
        paper="a4",
        document="recover",
        copies="fund",
        blocks=(
            Facts(
                items=(
                    fact(words("paper.outage.recovered"), voucher.when),
                    fact(words("paper.outage.first"), voucher.number(gap.first)),
                    fact(words("paper.outage.last"), voucher.number(gap.last)),
                    fact(words("paper.close.entries"), figures(gap.entries)),
                )
            ),
            Paragraph(said=(plain(words("paper.outage.back")), bold(back))),
            *because,
            _list(voucher, gap),
            Paragraph(said=(plain(words("paper.outage.head")), bold(in_fours(body.head)))),
            Paragraph(said=(plain(words("paper.outage.sealed")),)),
            signing(voucher, maker_box(voucher), *approver_boxes(voucher), scan="scan_form"),
        ),
        foot=plain_foot(voucher),
    )


def _person(voucher: Voucher, staff_id: str) -> str:
    staff = voucher.roll.staff.get(staff_id)
    name = staff_name(voucher, staff_id)
    return f"{name} ({voucher.words(f'paper.sign.{staff.role}')})" if staff else name


def _drawer(voucher: Voucher) -> tuple[Block, ...]:
    """What the book says the drawer holds at this moment; nothing before it was opened."""
    if not any(one.kind == "open" for one in voucher.session.bodies[: voucher.entry.number]):
        return ()
    return (figures_table(voucher, *flow(voucher), total=("expected", voucher.entry.cash)),)


def _list(voucher: Voucher, gap: Gap) -> Table:
    """Every voucher of the gap with what it moved, so that each receipt can be found in it by its number."""
    words, none, staff = voucher.words, voucher.words("paper.none"), voucher.roll
    rows = []
    for number in range(gap.first, gap.last + 1):
        body = voucher.session.bodies[number - 1]
        customer, group = staff.customers.get(body.party), staff.groups.get(body.party)
        name = customer.full_name if customer else group.group_name if group else body.party
        moved = 0 if body.kind == "open" else body.cash
        rows.append(
            Row(
                cells=(
                    f"{number:06d}",
                    words(f"ui.kind.{body.kind}"),
                    name or none,
                    figures(moved) if moved > 0 else none,
                    figures(-moved) if moved < 0 else none,
                )
            )
        )
    return Table(
        columns=(
            Column(title=words("paper.outage.number"), share=60),
            Column(title=words("paper.column.content"), share=130),
            Column(title=words("paper.outage.whose"), share=170),
            Column(title=words("paper.outage.in"), share=85, align="right"),
            Column(title=words("paper.outage.out"), share=85, align="right"),
        ),
        rows=tuple(rows),
        totals=(
            Row(cells=(words("paper.total"), figures(gap.cash_in), figures(gap.cash_out)), style="bold", merged=3),
        ),
    )
