"""The notice to a borrower whose debt is overdue: which loans, since when, how much of what, and what to do by when.

It says the loans that are overdue and nothing of any other. Interest left from before of a loan that is not
overdue makes no notice: that is a matter of the lists the organisations go round with.
"""

import datetime

from desktop.sheets.occasion import Occasion, only_of, sheet
from desktop.sheets.parts import birth_facts, box, customer_facts, day_text, programme_name, words_of
from desktop.sheets.sheet import Column, Facts, Paragraph, Row, Sheet, Signing, Table, bold, plain
from sync.ledger import INTEREST
from sync.loans import Dues, overdue_since, principal_to_pay
from sync.money import figures

# What makes a loan overdue.
_OVERDUE = ("overdue_principal", "overdue_interest", "overdue_interest_arrears")


def overdue_notice(occasion: Occasion, customer_code: str) -> tuple[Sheet, ...]:
    """A4; nothing for somebody who owes nothing overdue."""
    words, terms = occasion.words, occasion.session.terms
    customer = occasion.roll.customers.get(customer_code)
    owed = overdue(occasion, customer_code)
    if not owed or customer is None:
        return ()
    total = sum(_to_pay(occasion, dues) for dues in owed)
    day, later = occasion.day, day_text(terms.next_session)
    said = [words("paper.overdue_notice.pay", day=day, later=later), words("paper.overdue_notice.grows", day=day)]
    if any(dues.by_component["overdue_principal"] for dues in owed):
        said.insert(1, words("paper.overdue_notice.in_person"))
    boxes = (
        box(occasion, "borrower_received", customer.full_name),
        box(occasion, "leader", only_of(occasion, "leader")),
    )
    return (
        sheet(
            occasion,
            "overdue_notice",
            target=customer_code,
            blocks=(
                Facts(items=(*customer_facts(occasion, customer), *birth_facts(occasion, customer))),
                Paragraph(said=(plain(words("paper.overdue_notice.told", day=day)),)),
                _table(occasion, owed, total),
                words_of(occasion, total),
                *(Paragraph(said=(plain(one),), tight=True) for one in said),
                Paragraph(said=(bold(words("paper.overdue_notice.hardship")),)),
                Signing(boxes=boxes),
            ),
        ),
    )


def overdue(occasion: Occasion, customer_code: str) -> tuple[Dues, ...]:
    """A person's loans with overdue principal or interest on it, the earlier due first."""
    session = occasion.session
    found = (session.dues(loan) for loan in session.roll.loans_of(customer_code))
    return tuple(dues for dues in found if any(dues.by_component[name] for name in _OVERDUE))


def debtors(occasion: Occasion) -> tuple[str, ...]:
    """Who owes something overdue."""
    codes = {loan.customer_code for loan in occasion.roll.loans.values()}
    return tuple(one for one in codes if overdue(occasion, one))


def _to_pay(occasion: Occasion, dues: Dues) -> int:
    return dues.interest + principal_to_pay(dues, on=occasion.session.terms.session_date)


def _table(occasion: Occasion, owed: tuple[Dues, ...], total: int) -> Table:
    words = occasion.words
    rows: list[Row] = []
    for dues in owed:
        rows += [Row(cells=(_loan(occasion, dues),), style="bold", merged=2), *_amounts(occasion, dues)]
        if len(owed) > 1:
            rows.append(Row(cells=(words("paper.overdue_notice.of_loan"), figures(_to_pay(occasion, dues))), style="italic"))
    return Table(
        columns=(
            Column(title=words("paper.column.content"), share=4),
            Column(title=words("paper.overdue_notice.amount"), share=1, align="right"),
        ),
        rows=tuple(rows),
        totals=(Row(cells=(words("paper.overdue_notice.total"), figures(total)), style="bold"),),
    )


def _loan(occasion: Occasion, dues: Dues) -> str:
    """Which loan, and since when it is overdue where any of its principal is."""
    words, terms, loan = occasion.words, occasion.session.terms, dues.loan
    named = words(
        "paper.overdue_notice.loan", loan=loan.loan_code, programme=programme_name(occasion, loan.programme_code)
    )
    if not dues.by_component["overdue_principal"]:
        return named
    since: datetime.date = overdue_since(loan, on=terms.session_date, as_of=terms.as_of)
    days = max((terms.session_date - since).days, 0)
    return words("paper.overdue_notice.since", loan=named, since=day_text(since), days=days)


def _amounts(occasion: Occasion, dues: Dues) -> list[Row]:
    """A row for each component that something is owed of; principal that is due and not overdue comes last."""
    words, left = occasion.words, dues.by_component
    due = principal_to_pay(dues, on=occasion.session.terms.session_date) - left["overdue_principal"]
    amounts = [("overdue_principal", left["overdue_principal"]), *((name, left[name]) for name in INTEREST), ("principal", due)]
    return [Row(cells=(words(f"paper.owed.{name}"), figures(amount))) for name, amount in amounts if amount]
