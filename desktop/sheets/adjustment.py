"""The adjustment slip: what happened to a receipt the customer has at home, and the money that moves because of it.

Half a page. It names the receipt by its number, says each of its lines as they stood there, what the office found,
where the money was booked instead, and why; then what goes back or comes in now, if anything does.
"""

from desktop.sheets.parts import amount_text, box, facts, name_of, notes_text, party_facts, words_of
from desktop.sheets.sheet import Block, Column, Facts, Paragraph, Row, Sheet, Table, bold, plain
from desktop.sheets.visit import reversal_facts
from desktop.sheets.voucher import Voucher, approver_boxes, maker_box, plain_foot, sheet, signing
from sync.ledger import Line
from sync.money import figures
from sync.terms import Adjustment


def adjustment_sheet(voucher: Voucher) -> Sheet:
    """A5, for the kind `adjust` and for its reversal."""
    words, body = voucher.words, voucher.body
    reversal = body.kind == "reverse"
    slip = voucher.roll.adjustments[body.slip]
    role = "receiver" if body.cash < 0 else "payer" if body.cash else "told"
    card = words("paper.card_seen") if body.detail("card") == "seen" else body.detail("card")
    money: tuple[Block, ...] = (
        (
            Paragraph(said=(plain(words("paper.adjust.back" if body.cash < 0 else "paper.adjust.in")), bold(amount_text(voucher, abs(body.cash))))),
            words_of(voucher, abs(body.cash)),
        )
        if body.cash
        else (Paragraph(said=(plain(words("paper.adjust.no_cash")),)),)
    )
    return sheet(
        voucher,
        paper="a5",
        document="reversal" if reversal else "adjust",
        copies="customer",
        blocks=(
            Facts(items=(
                *party_facts(voucher, body.party),
                *reversal_facts(voucher),
                *facts((words("paper.detail.card"), card), (words("paper.notes"), notes_text(body.notes))),
            )),
            Paragraph(said=(plain(words("paper.adjust.of")), bold(slip.of))),
            _lines(voucher, slip),
            Paragraph(said=(plain(words(f"paper.adjust.{slip.outcome}")), plain(words("paper.adjust.because")), bold(slip.reason))),
            *money,
            signing(voucher, box(voucher, role, name_of(voucher, body.party)), maker_box(voucher), *approver_boxes(voucher), scan="scan_form"),
        ),
        foot=plain_foot(voucher),
    )  # fmt: skip


def _lines(voucher: Voucher, slip: Adjustment) -> Table:
    """What stood on the receipt, and below what it was booked as."""
    words = voucher.words
    rows = [_row(voucher, line, words("paper.adjust.was")) for line in slip.was]
    rows += [_row(voucher, line, words("paper.adjust.booked", number=slip.core_number)) for line in slip.booked]
    return Table(
        columns=(
            Column(title="", share=126),
            Column(title=words("paper.column.content"), share=150),
            Column(title=words("paper.column.account"), share=110),
            Column(title=words("paper.column.amount"), share=85, align="right"),
        ),
        rows=tuple(rows),
    )


def _row(voucher: Voucher, line: Line, where: str) -> Row:
    return Row(cells=(where, voucher.words(f"paper.line.{line.code}_{line.component}"), line.account, figures(line.amount)))

