"""The disbursement list: every approved slip of the session, what was paid out, and what was not and why not yet."""

from desktop.sheets.occasion import Occasion, sheet, team_signing
from desktop.sheets.parts import day_text, name_of, words_of
from desktop.sheets.sections import programme_names
from desktop.sheets.sheet import Column, Row, Sheet, Table
from sync.money import figures
from sync.terms import DisbursementSlip


def disbursement_list(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4 lying: a row a slip, in the order of the office's list."""
    words, paid = occasion.words, occasion.session.slips_paid
    names = programme_names(occasion)
    slips = occasion.session.terms.disbursements
    rows = tuple(
        _row(
            occasion, place, one, programme=names.get(one.programme_code, one.programme_code), number=paid.get(one.slip_no, 0)
        )
        for place, one in enumerate(slips, start=1)
    )  # fmt: skip
    approved = sum(one.amount for one in slips)
    out = sum(one.amount for one in slips if one.slip_no in paid)
    table = Table(
        columns=(
            Column(title=words("paper.column.order"), share=30, align="center"),
            Column(title=words("paper.column.slip"), share=80),
            Column(title=words("paper.column.customer"), share=140),
            Column(title=words("paper.column.programme"), share=70),
            Column(title=words("paper.column.decision"), share=90),
            Column(title=words("paper.column.valid"), share=115),
            Column(title=words("paper.column.approved"), share=80, align="right"),
            Column(title=words("paper.column.paid_out"), share=80, align="right"),
            Column(title=words("paper.column.by_voucher"), share=70),
        ),
        rows=rows,
        totals=(Row(cells=(words("paper.total"), figures(approved), figures(out), ""), style="bold", merged=6),),
    )
    return (
        sheet(
            occasion,
            "disbursements",
            paper="a4-across",
            blocks=(table, words_of(occasion, out), team_signing(occasion)),
        ),
    )


def _row(occasion: Occasion, place: int, slip: DisbursementSlip, *, programme: str, number: int) -> Row:
    none = occasion.words("paper.none")
    return Row(
        cells=(
            str(place),
            slip.slip_no,
            name_of(occasion, slip.customer_code),
            programme,
            slip.decision_no,
            f"{day_text(slip.valid_from)} – {day_text(slip.valid_to)}",
            figures(slip.amount),
            figures(slip.amount) if number else none,
            f"{number:06d}" if number else none,
        )
    )
