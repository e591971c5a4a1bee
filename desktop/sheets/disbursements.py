"""The disbursement list: every approved slip of the session, what was paid out, and what was not and why not yet."""

from desktop.sheets.occasion import Occasion, sheet, team_signing
from desktop.sheets.parts import day_text, name_of, words_of
from desktop.sheets.sheet import Column, Row, Sheet, Table
from sync.money import figures
from sync.terms import DisbursementSlip


def disbursement_list(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4 lying: a row a slip, in the order of the office's list."""
    words, paid = occasion.words, _paid(occasion)
    slips = occasion.session.terms.disbursements
    rows = tuple(_row(occasion, place, one, paid.get(one.slip_no, 0)) for place, one in enumerate(slips, start=1))
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


def _paid(occasion: Occasion) -> dict[str, int]:
    """The voucher that paid each slip and still stands."""
    session = occasion.session
    made = enumerate(session.bodies, start=1)
    return {one.slip: number for number, one in made if one.kind == "slip" and number not in session.reversed}


def _row(occasion: Occasion, place: int, slip: DisbursementSlip, number: int) -> Row:
    programmes = {one.programme_code: one.short_name for one in occasion.session.terms.programmes}
    none = occasion.words("paper.none")
    return Row(
        cells=(
            str(place),
            slip.slip_no,
            name_of(occasion, slip.customer_code),
            programmes.get(slip.programme_code, slip.programme_code),
            slip.decision_no,
            f"{day_text(slip.valid_from)} – {day_text(slip.valid_to)}",
            figures(slip.amount),
            figures(slip.amount) if number else none,
            f"{number:06d}" if number else none,
        )
    )
