"""A request without money: extension, rescheduling, keeping the loan, a dossier, the suggestion box. Half a page.

It says what was asked, of which loan and until when, and that the office decides; nothing on it is a promise.
"""

import datetime

from desktop.sheets.parts import (
    amount_text,
    box,
    day_text,
    fact,
    facts,
    name_of,
    party_facts,
)
from desktop.sheets.sheet import Block, Facts, Paragraph, Said, Sheet, bold, plain
from desktop.sheets.visit import reversal_facts
from desktop.sheets.voucher import (
    Voucher,
    approver_boxes,
    balance_foot,
    balance_then,
    maker_box,
    plain_foot,
    sheet,
    signing,
)
from sync.loans import last_due
from sync.terms import Loan
from sync.voucher import Body


def request_sheet(voucher: Voucher) -> Sheet:
    """A5, for the kind `request` and for its reversal."""
    words, body = voucher.words, voucher.body
    asked = voucher.session.bodies[body.reverses - 1] if body.kind == "reverse" else body
    who = party_facts(voucher, asked.party) or (fact(words("paper.request.who"), words("paper.request.nobody")),)
    name = "reversal" if body.kind == "reverse" else "request"
    loan = voucher.roll.loans.get(asked.detail("account"))
    text: tuple[Block, ...] = (
        Paragraph(said=fact(words("paper.request.kind"), words(f"paper.request.{asked.detail('type')}"))),
        *((Facts(items=_loan(voucher, loan, asked)),) if loan or asked.detail("until") else ()),
        Paragraph(said=(plain(words("paper.request.text")), bold(asked.reason))),
        Paragraph(said=(plain(words("paper.request.note")),)),
    )
    return sheet(
        voucher,
        paper="a5",
        document=name,
        copies="customer",
        blocks=(
            Facts(items=(*who, *reversal_facts(voucher))),
            *text,
            signing(
                voucher,
                box(voucher, "requester", name_of(voucher, asked.party) if asked.party in voucher.roll.customers else ""),
                maker_box(voucher),
                *approver_boxes(voucher),
                scan="scan_form",
            ),
        ),
        foot=balance_foot(voucher) if loan else plain_foot(voucher),
    )


def _loan(voucher: Voucher, loan: Loan | None, asked: Body) -> tuple[Said, ...]:
    words, until = voucher.words, asked.detail("until")
    wanted = (words("paper.detail.until"), day_text(datetime.date.fromisoformat(until)) if until else "")
    if loan is None:
        return facts(wanted)
    owed = sum(balance_then(voucher, loan.loan_code, one) for one in ("principal", "overdue_principal"))
    programmes = [one.short_name for one in voucher.session.terms.programmes if one.programme_code == loan.programme_code]
    return facts(
        (words("paper.detail.account"), loan.loan_code),
        (words("paper.request.programme"), programmes[-1] if programmes else loan.programme_code),
        (words("paper.request.owed"), amount_text(voucher, owed + loan.balance_frozen)),
        (words("paper.request.due"), day_text(last_due(loan))),
        wanted,
    )
