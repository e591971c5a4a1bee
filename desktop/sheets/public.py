"""What hangs on the board of the point: programmes with their rates, who borrows how much, and the village's arrears.

Whoever passes may read it, so nobody is named beyond what tells neighbours apart: no number of a card, no telephone
but the office's own, no address; a number that was keyed into a name is left out of it. A household that finds itself with a balance it does not know of is told whom to ask.
"""

import re
from collections.abc import Iterable
from typing import TypeVar

from desktop.sheets.occasion import Occasion, only_of, sheet
from desktop.sheets.parts import box, day_text, fact, facts, hotline, percent
from desktop.sheets.sections import by_hamlet, grouped, one_table, programme_names, tables
from desktop.sheets.sheet import Block, Column, Facts, Paragraph, Row, Sheet, Signing, Table, bold, plain
from sync import followup, savings
from sync.followup import Overdue
from sync.loans import Dues, in_force, last_due
from sync.money import figures
from sync.terms import Customer

R = TypeVar("R")
# A card has nine or twelve digits and a telephone ten, however they are parted; a group has four.
_NUMBER = re.compile(r"\+?\d(?:\)?[ .,/-]{0,2}\d){6,}")
# Rates are parts per million; `percent` wants them times a percentage.
_WHOLE = 100


def public_notice(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4: the rates in force on the session's day, then every loan with a balance by hamlet and group."""
    words = occasion.words
    return (
        sheet(
            occasion,
            "public_notice",
            blocks=(
                _point(occasion),
                _heading(occasion, "programmes"),
                _programmes(occasion),
                *_savings(occasion),
                _heading(occasion, "borrowers"),
                Paragraph(said=(plain(words("paper.public.ask", hotline=hotline(occasion)).strip()),)),
                *_borrowers(occasion),
                _signing(occasion),
            ),
        ),
    )


def arrears_public(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4: overdue loans by hamlet, with what would settle the arrears today."""
    words, programmes = occasion.words, programme_names(occasion)
    roll = occasion.roll

    def cells(row: Overdue) -> tuple[str, ...]:
        group = roll.groups.get(row.customer.group_code)
        return (
            _named(row.customer.full_name),
            _named(group.group_name) if group else words("paper.none"),
            programmes.get(row.dues.loan.programme_code, row.dues.loan.programme_code),
            day_text(row.since),
            figures(row.amount),
            figures(row.dues.interest),
            figures(row.amount + row.dues.interest),
        )

    def sums(rows: list[Overdue]) -> tuple[str, ...]:
        amount, interest = sum(one.amount for one in rows), sum(one.dues.interest for one in rows)
        return figures(amount), figures(interest), figures(amount + interest)

    columns = (
        Column(title=words("paper.column.member"), share=150),
        Column(title=words("paper.column.group"), share=52),
        Column(title=words("paper.column.programme"), share=60),
        Column(title=words("paper.column.overdue_from"), share=66, align="center"),
        Column(title=words("paper.column.overdue"), share=74, align="right"),
        Column(title=words("paper.column.interest_left"), share=70, align="right"),
        Column(title=words("paper.column.to_pay"), share=78, align="right"),
    )
    sections = _labelled(by_hamlet(occasion, followup.overdue(occasion.session), lambda row: row.customer))
    return (
        sheet(
            occasion,
            "arrears_public",
            blocks=(
                Paragraph(said=(plain(words("paper.public.arrears", hotline=hotline(occasion)).strip()),)),
                *one_table(occasion, sections, columns=columns, cells=cells, sums=sums),
                _signing(occasion),
            ),
        ),
    )


def _named(text: str) -> str:
    """A name as everybody may read it: a card's or a telephone's number in it is taken out."""
    return _NUMBER.sub("…", text)


def _labelled(sections: Iterable[tuple[str, list[R]]]) -> list[tuple[str, list[R]]]:
    """Sections whose labels, made of names, everybody may read."""
    return [(_named(label), rows) for label, rows in sections]


def _point(occasion: Occasion) -> Facts:
    """When the team is here, and whom to ring."""
    words, point = occasion.words, occasion.session.terms.point
    hours = "–".join(part for part in (point.time_begin, point.time_end) if part)
    day = words("paper.public.every", day=point.visit_day) if point.visit_day else ""
    return Facts(
        items=(
            *facts(
                (words("paper.public.place"), " · ".join(part for part in (point.point_name, point.address) if part)),
                (words("paper.public.day"), day),
                (words("paper.public.hours"), hours),
            ),
            *((fact(words("paper.public.hotline"), point.hotline),) if point.hotline else ()),
        )
    )


def _heading(occasion: Occasion, key: str) -> Paragraph:
    return Paragraph(said=(bold(occasion.words(f"paper.public.{key}", day=occasion.day)),))


def _programmes(occasion: Occasion) -> Table:
    words, session = occasion.words, occasion.session
    return Table(
        columns=(
            Column(title=words("paper.column.code"), share=32, align="center"),
            Column(title=words("paper.column.programme_name"), share=240),
            Column(title=words("paper.column.short"), share=64),
            Column(title=words("paper.column.rate"), share=70, align="right"),
            Column(title=words("paper.column.overdue_rate"), share=76, align="right"),
            Column(title=words("paper.column.since"), share=70, align="center"),
        ),
        rows=tuple(
            Row(
                cells=(
                    one.programme_code,
                    one.name,
                    one.short_name,
                    percent(one.annual_rate_ppm * _WHOLE),
                    percent(one.annual_rate_ppm * one.overdue_percent),
                    day_text(one.effective_from),
                )
            )
            for one in in_force(session.history, session.terms.session_date)
        ),
    )


def _savings(occasion: Occasion) -> tuple[Block, ...]:
    """What residents may open today; nothing where the pack has no such product."""
    words, terms = occasion.words, occasion.session.terms
    offered = savings.offered(terms.savings_products, on=terms.session_date)
    if not offered:
        return ()
    rows = tuple(
        Row(
            cells=(
                one.name,
                words("paper.public.months", months=one.term_months) if one.term_months else words("paper.none"),
                percent(one.annual_rate_ppm * _WHOLE),
                figures(one.min_amount),
            )
        )
        for one in offered
    )
    columns = (
        Column(title=words("paper.column.savings_name"), share=250),
        Column(title=words("paper.column.term"), share=70, align="center"),
        Column(title=words("paper.column.rate"), share=80, align="right"),
        Column(title=words("paper.column.least"), share=90, align="right"),
    )
    return _heading(occasion, "savings"), Table(columns=columns, rows=rows)


def _borrowers(occasion: Occasion) -> tuple[Block, ...]:
    words, programmes = occasion.words, programme_names(occasion)

    def cells(row: tuple[Customer, Dues]) -> tuple[str, ...]:
        customer, dues = row
        programme = programmes.get(dues.loan.programme_code, dues.loan.programme_code)
        return _named(customer.full_name), programme, figures(dues.balance), day_text(last_due(dues.loan))

    def sums(rows: list[tuple[Customer, Dues]]) -> tuple[str, ...]:
        return figures(sum(dues.balance for _, dues in rows)), ""

    columns = (
        Column(title=words("paper.column.member"), share=220),
        Column(title=words("paper.column.programme"), share=90),
        Column(title=words("paper.column.balance"), share=100, align="right"),
        Column(title=words("paper.column.due"), share=90, align="center"),
    )
    rows = ((customer, dues) for customer, dues in followup.loans(occasion.session) if dues.balance)
    sections = _labelled(grouped(occasion, rows, lambda row: row[0]))
    return tables(occasion, sections, columns=columns, cells=cells, sums=sums)


def _signing(occasion: Occasion) -> Signing:
    return Signing(boxes=(box(occasion, "leader", only_of(occasion, "leader")),))
