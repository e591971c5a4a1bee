"""What is written when a session goes on at another laptop: where the first one ended, and what was in the drawer.

Receipts the first laptop printed stay good. One whose number is higher than the last that came over was made and never
copied: there is a line to write its number on, so that the office finds it.
"""

from desktop.sheets.cash import figures_table, flow
from desktop.sheets.parts import fact, in_fours
from desktop.sheets.sheet import Block, Facts, Paragraph, Sheet, bold, plain
from desktop.sheets.voucher import Voucher, approver_boxes, maker_box, plain_foot, sheet, signing
from sync.money import figures


def resumption_sheet(voucher: Voucher) -> Sheet:
    """A4: minutes of going on, for the kind `resume`."""
    words, body, last = voucher.words, voucher.body, voucher.entry.number - 1
    before, here = (voucher.session.letter_at(voucher.letter, number) for number in (last, voucher.entry.number))
    return sheet(
        voucher,
        paper="a4",
        document="resume",
        copies="fund",
        blocks=(
            Facts(
                items=(
                    fact(words("paper.resume.before"), before),
                    fact(words("paper.resume.here"), here),
                    fact(words("paper.resume.at"), voucher.when),
                    fact(words("paper.resume.last"), voucher.number(last)),
                    fact(words("paper.resume.entries"), figures(last)),
                )
            ),
            Paragraph(said=(plain(words("paper.resume.head")), bold(in_fours(body.head)))),
            Paragraph(said=(plain(words("paper.resume.reason")), bold(body.reason))),
            *_drawer(voucher),
            Paragraph(said=(plain(words("paper.resume.stop", letter=before)),)),
            Paragraph(said=(plain(words("paper.resume.receipts", letter=before)),)),
            Paragraph(said=(plain(words("paper.resume.higher", number=f"{last:06d}")),)),
            signing(voucher, maker_box(voucher), *approver_boxes(voucher), scan="scan_form"),
        ),
        foot=plain_foot(voucher),
    )


def _drawer(voucher: Voucher) -> tuple[Block, ...]:
    """What the first laptop's book says the drawer holds; nothing before it was opened."""
    if not any(one.kind == "open" for one in voucher.session.bodies[: voucher.entry.number]):
        return ()
    return (figures_table(voucher, *flow(voucher), total=("expected", voucher.entry.cash)),)
