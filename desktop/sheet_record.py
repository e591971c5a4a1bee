"""What is written down beside the vouchers that move money by a rule: a plain record of any kind.

Facts, notes, lines and a reason as they stand in the book, signed by whoever made and approved it.
"""

from desktop.sheet import Block, Column, Facts, Paragraph, Row, Sheet, Table, bold, plain
from desktop.sheet_cash import notes_table
from desktop.sheet_voucher import (
    Voucher,
    approver_boxes,
    facts,
    letterhead,
    maker_box,
    plain_foot,
    sheet,
    signing,
    title,
    words_of,
)
from sync.money import counted, figures


def record_sheet(voucher: Voucher) -> Sheet:
    """A4: a record of any kind."""
    words, body = voucher.words, voucher.body
    name = words(f"paper.title.{body.kind}")
    said = tuple((words(f"paper.detail.{one}"), text) for one, text in body.details)
    total = abs(body.cash) or counted(dict(body.notes))
    blocks: tuple[Block, ...] = (letterhead(voucher, copies="fund"), title(voucher, name, form=""), Facts(items=facts(*said)))
    if body.lines:
        rows = tuple(
            Row(cells=(words(f"paper.line.{one.code}_{one.component}"), one.account, figures(one.amount)))
            for one in body.lines
        )
        columns = (
            Column(title=words("paper.column.content"), share=3),
            Column(title=words("paper.column.account"), share=2),
            Column(title=words("paper.column.amount"), share=2, align="right"),
        )
        blocks += (Table(columns=columns, rows=rows),)
    if body.notes:
        blocks += (notes_table(voucher, body.notes),)
    if total:
        blocks += (words_of(voucher, total),)
    if body.reason:
        blocks += (Paragraph(said=(plain(words("paper.cash.reason")), bold(body.reason))),)
    boxes = (maker_box(voucher), *approver_boxes(voucher))
    return sheet(
        voucher,
        paper="a4",
        title=name,
        blocks=(*blocks, signing(voucher, *boxes, scan="scan_form")),
        foot=plain_foot(voucher),
    )
