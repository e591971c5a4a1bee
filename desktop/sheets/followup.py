"""The lists people act on, each on paper of its own: whom to visit, to remind, to pay back or to ask for a new card.

They are for the team, the leaders and the organisations, not for the board. Telephone numbers are nowhere, and of a
card's number only its end.
"""

import datetime
from collections.abc import Sequence
from typing import TypeVar

from desktop.sheets.occasion import Occasion, sheet, team_signing
from desktop.sheets.parts import day_text, masked
from desktop.sheets.sections import grouped, one_table, programme_names, tables
from desktop.sheets.sheet import Block, Column, Paragraph, Row, Sheet, Table, plain
from sync import followup
from sync.followup import Escaped, Identity, Inactive, Overdue, Repaid, Unpaid
from sync.money import figures
from sync.terms import Customer

R = TypeVar("R", Escaped, Identity, Inactive, Overdue, Repaid, Unpaid)
CLASSES = ("poor", "near_poor", "newly_escaped", "other", "")


def follow_overdue(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4 lying: every loan with overdue principal."""
    programmes, words = programme_names(occasion), occasion.words

    def cells(row: Overdue) -> tuple[str, ...]:
        loan = row.dues.loan
        return (
            row.customer.full_name,
            loan.loan_code,
            programmes.get(loan.programme_code, loan.programme_code),
            words("paper.follow.since_days", day=day_text(row.since), days=row.days),
            figures(row.amount),
            figures(row.dues.balance),
            figures(row.dues.interest),
        )

    def sums(rows: list[Overdue]) -> tuple[str, ...]:
        return (
            figures(sum(one.amount for one in rows)),
            figures(sum(one.dues.balance for one in rows)),
            figures(sum(one.dues.interest for one in rows)),
        )

    columns = (
        *_loan_columns(occasion),
        Column(title=words("paper.column.overdue_from"), share=120, align="center"),
        *_money(occasion, "overdue", "balance", "interest_left"),
    )
    blocks = one_table(
        occasion, _groups(occasion, followup.overdue(occasion.session)), columns=columns, cells=cells, sums=sums
    )
    return _list(occasion, "follow_overdue", blocks)


def follow_inactive(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4: loans nobody has paid on for three months."""
    programmes, words = programme_names(occasion), occasion.words

    def cells(row: Inactive) -> tuple[str, ...]:
        loan, last_on = row.dues.loan, day_text(row.last_on)
        return (
            row.customer.full_name,
            loan.loan_code,
            programmes.get(loan.programme_code, loan.programme_code),
            words("paper.follow.never", day=last_on) if row.never else last_on,
            figures(row.dues.balance),
            figures(row.dues.interest),
        )

    def sums(rows: list[Inactive]) -> tuple[str, ...]:
        return figures(sum(one.dues.balance for one in rows)), figures(sum(one.dues.interest for one in rows))

    columns = (
        *_loan_columns(occasion),
        Column(title=words("paper.column.last_transaction"), share=90, align="center"),
        *_money(occasion, "balance", "interest_left"),
    )
    blocks = one_table(
        occasion, _groups(occasion, followup.inactive(occasion.session)), columns=columns, cells=cells, sums=sums
    )
    return _list(occasion, "follow_inactive", blocks, across=False)


def follow_repaid(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4: people who owe nothing and whose deposit waits for them."""
    words = occasion.words

    def cells(row: Repaid) -> tuple[str, ...]:
        return row.customer.full_name, ", ".join(row.accounts), words(f"paper.follow.repaid_{row.how}"), figures(row.held)

    def sums(rows: list[Repaid]) -> tuple[str, ...]:
        return (figures(sum(one.held for one in rows)),)

    columns = (
        Column(title=words("paper.column.member"), share=150),
        Column(title=words("paper.column.account"), share=110),
        Column(title=words("paper.column.debt"), share=150),
        *_money(occasion, "deposits"),
    )
    blocks = one_table(
        occasion, _groups(occasion, followup.repaid(occasion.session)), columns=columns, cells=cells, sums=sums
    )
    return _list(occasion, "follow_repaid", blocks, across=False)


def follow_id(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4: cards that have expired, and those that will before the next session."""
    words = occasion.words

    def cells(row: Identity) -> tuple[str, ...]:
        key = "expired" if row.expired else "expires_today" if not row.days else "expires_soon"
        return (
            row.customer.full_name,
            masked(row.customer.id_number),
            day_text(row.expires_on),
            words(f"paper.follow.{key}", days=abs(row.days)),
        )

    columns = (
        Column(title=words("paper.column.member"), share=170),
        Column(title=words("paper.column.id"), share=100),
        Column(title=words("paper.column.expires"), share=80, align="center"),
        Column(title=words("paper.column.state"), share=140),
    )

    def sums(_rows: list[Identity]) -> tuple[str, ...]:
        return ()

    blocks = one_table(
        occasion, _groups(occasion, followup.identities(occasion.session)), columns=columns, cells=cells, sums=sums
    )
    return _list(occasion, "follow_id", blocks, across=False)


def follow_unpaid(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4: members of groups whose interest was not all paid, as it stands after what was paid today."""
    words = occasion.words

    def cells(row: Unpaid) -> tuple[str, ...]:
        paid = figures(row.paid) if row.paid else words("paper.none")
        return row.customer.full_name, figures(row.due), paid, figures(row.left)

    def sums(rows: list[Unpaid]) -> tuple[str, ...]:
        return (
            figures(sum(one.due for one in rows)),
            figures(sum(one.paid for one in rows)),
            figures(sum(one.left for one in rows)),
        )

    columns = (
        Column(title=words("paper.column.member"), share=200),
        *_money(occasion, "interest_due", "interest_taken", "interest_left"),
    )
    rows = followup.unpaid(occasion.session)
    sections = [(label + _came(occasion, those[0].customer), those) for label, those in _groups(occasion, rows)]
    return _list(
        occasion, "follow_unpaid", tables(occasion, sections, columns=columns, cells=cells, sums=sums), across=False
    )


def follow_escaped(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4: households past their three years as newly escaped, and how that is known."""
    words, session = occasion.words, occasion.session

    def left(row: Escaped) -> int:
        theirs = session.roll.loans_of(row.customer.customer_code)
        return sum(session.dues(one).balance for one in theirs if one.programme_code == followup.ESCAPED)

    def cells(row: Escaped) -> tuple[str, ...]:
        key = "by_register" if row.known else "by_loan"
        return (
            row.customer.full_name,
            day_text(row.since),
            day_text(row.until),
            words(f"paper.follow.{key}"),
            figures(left(row)),
        )

    def sums(rows: list[Escaped]) -> tuple[str, ...]:
        return (figures(sum(left(one) for one in rows)),)

    columns = (
        Column(title=words("paper.column.member"), share=150),
        Column(title=words("paper.column.counted_from"), share=75, align="center"),
        Column(title=words("paper.column.three_years"), share=85, align="center"),
        Column(title=words("paper.column.known_by"), share=112),
        *_money(occasion, "balance_escaped"),
    )
    blocks = one_table(occasion, _groups(occasion, followup.escaped(session)), columns=columns, cells=cells, sums=sums)
    return _list(occasion, "follow_escaped", blocks, across=False)


def beneficiaries(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4: the class of every household, to be gone through with the village; those past their years are marked."""
    words, session, programmes = occasion.words, occasion.session, programme_names(occasion)
    past = {one.customer.customer_code: one for one in followup.escaped(session)}
    owed: dict[str, list[tuple[str, int]]] = {}
    for customer, dues in followup.loans(session):
        if dues.balance:
            name = programmes.get(dues.loan.programme_code, dues.loan.programme_code)
            owed.setdefault(customer.customer_code, []).append((name, dues.balance))

    def cells(one: Customer) -> tuple[str, ...]:
        loans = owed.get(one.customer_code, [])
        late = past.get(one.customer_code)
        return (
            one.full_name,
            words(f"paper.follow.class_{one.beneficiary or 'none'}"),
            day_text(one.beneficiary_since) if one.beneficiary_since else words("paper.none"),
            ", ".join(dict.fromkeys(name for name, _ in loans)) or words("paper.none"),
            figures(sum(balance for _, balance in loans)),
            words("paper.follow.past", day=day_text(late.until)) if late else "",
        )

    def sums(rows: list[Customer]) -> tuple[str, ...]:
        return figures(sum(balance for one in rows for _, balance in owed.get(one.customer_code, []))), ""

    columns = (
        Column(title=words("paper.column.member"), share=128),
        Column(title=words("paper.column.class"), share=108),
        Column(title=words("paper.column.class_since"), share=64, align="center"),
        Column(title=words("paper.column.loans"), share=84),
        Column(title=words("paper.column.balance"), share=74, align="right"),
        Column(title=words("paper.column.review"), share=96),
    )
    everybody = grouped(occasion, session.terms.customers, lambda one: one)
    blocks = (_classes(occasion), *tables(occasion, everybody, columns=columns, cells=cells, sums=sums))
    return _list(occasion, "beneficiaries", blocks, across=False)


def _classes(occasion: Occasion) -> Table:
    """How many people of the point are of each class."""
    words, people = occasion.words, occasion.session.terms.customers
    count = {key: sum(one.beneficiary == key for one in people) for key in CLASSES}
    shown = [key for key in CLASSES if key or count[key]]
    return Table(
        columns=tuple(Column(title=words(f"paper.follow.class_{key or 'none'}"), share=1, align="center") for key in shown),
        rows=(Row(cells=tuple(figures(count[key]) for key in shown)),),
    )


def _list(occasion: Occasion, document: str, blocks: Sequence[Block], *, across: bool = True) -> tuple[Sheet, ...]:
    """The list under the sentence that says who is on it and what is to be done."""
    said = Paragraph(said=(plain(occasion.words(f"paper.follow.{document}", **_limits(occasion))),))
    blocks = (said, *blocks, team_signing(occasion))
    return (sheet(occasion, document, paper="a4-across" if across else "a4", blocks=blocks),)


def _limits(occasion: Occasion) -> dict[str, str]:
    """The days the lists are cut off at."""
    on = occasion.session.terms.session_date
    return {
        "before": day_text(followup.quiet_since(on)),
        "until": day_text(on + datetime.timedelta(days=followup.ID_WARNING_DAYS)),
    }


def _groups(occasion: Occasion, rows: Sequence[R]) -> list[tuple[str, list[R]]]:
    return grouped(occasion, rows, lambda row: row.customer)


def _came(occasion: Occasion, customer: Customer) -> str:
    """What is left of a group that has not handed in is no more than what it is waited for."""
    return "" if occasion.session.hand_ins(customer.group_code) else f" · {occasion.words('paper.follow.not_in')}"


def _loan_columns(occasion: Occasion) -> tuple[Column, ...]:
    words = occasion.words
    return (
        Column(title=words("paper.column.member"), share=190),
        Column(title=words("paper.column.loan"), share=112),
        Column(title=words("paper.column.programme"), share=74),
    )


def _money(occasion: Occasion, *keys: str) -> tuple[Column, ...]:
    return tuple(Column(title=occasion.words(f"paper.column.{key}"), share=86, align="right") for key in keys)
