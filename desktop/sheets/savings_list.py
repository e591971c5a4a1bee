"""The list of residents' savings of a session: what came in and went out, product by product, cards opened and closed.

Only vouchers that stand are on it; those that were reversed are named below, so that no number is missing.
"""

import itertools
from typing import NamedTuple

from desktop.sheets.occasion import Occasion, sheet, team_signing
from desktop.sheets.parts import day_text, name_of, said_sum
from desktop.sheets.savings import product_name
from desktop.sheets.sheet import Column, Paragraph, Row, Sheet, Table, plain
from sync import savings
from sync.money import figures
from sync.terms import Deposit

_COLUMNS = 10


class Moved(NamedTuple):
    """What one voucher did to one savings account, in đồng; `note` is a key of the words."""

    number: int
    deposit: Deposit
    came: int
    went: int
    interest: int
    note: str


def savings_list(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4 lying: a row for each voucher and account, under its product."""
    words, found = occasion.words, moved(occasion)
    notes = [one.note for one in found]
    count = words(
        "paper.savings_list.count",
        opened=notes.count("opened"),
        closed=sum(notes.count(key) for key in ("early", "matured", "closed")),
    )
    gone = ", ".join(f"{number:06d}" for number in _reversed(occasion))
    told = f"{count} {words('paper.savings_list.reversed', numbers=gone)}" if gone else count
    return (
        sheet(
            occasion,
            "savings_list",
            paper="a4-across",
            blocks=(
                _table(occasion, found),
                Paragraph(said=(plain(told if found or gone else words("paper.savings_list.none")),)),
                said_sum(occasion, words("paper.savings_list.total_in"), sum(one.came for one in found)),
                said_sum(occasion, words("paper.savings_list.total_out"), sum(one.went + one.interest for one in found)),
                team_signing(occasion),
            ),
        ),
    )


def moved(occasion: Occasion) -> tuple[Moved, ...]:
    """The standing movements of residents' savings, in the order of their vouchers."""
    session, made = occasion.session, []
    for number, body in enumerate(session.bodies, start=1):
        if body.kind != "visit" or number in session.reversed:
            continue
        theirs = [line for line in body.lines if line.code in ("GK", "RK")]
        for account in dict.fromkeys(line.account for line in theirs):
            if deposit := session.roll.deposits.get(account):
                lines = [line for line in theirs if line.account == account]
                came = sum(line.amount for line in lines if line.code == "GK")
                went = sum(line.amount for line in lines if (line.code, line.component) == ("RK", "savings"))
                interest = sum(line.amount for line in lines if line.component == "savings_interest")
                made.append(Moved(number, deposit, came, went, interest, _note(occasion, number, deposit, went)))
    return tuple(made)


def _note(occasion: Occasion, number: int, deposit: Deposit, went: int) -> str:
    """What the voucher was for the account: opened, added to, drawn on, closed, and how."""
    if not went:
        began = savings.opening(deposit.account_no) is not None and deposit.opened_on == occasion.session.terms.session_date
        first = next(one for one, body in enumerate(occasion.session.bodies, start=1)
                     if any(line.account == deposit.account_no for line in body.lines) and one not in occasion.session.reversed)  # fmt: skip
        return "opened" if began and first == number else "added"
    if occasion.session.balances_after(number)[deposit.account_no, "savings"]:
        return "drawn"
    if deposit.matures_on is None:
        return "closed"
    return "early" if occasion.session.terms.session_date < deposit.matures_on else "matured"


def _reversed(occasion: Occasion) -> tuple[int, ...]:
    """Savings vouchers that do not stand any more."""
    bodies, undone = occasion.session.bodies, occasion.session.reversed
    return tuple(
        number for number in sorted(undone) if any(line.code in ("GK", "RK") for line in bodies[number - 1].lines)
    )


def _table(occasion: Occasion, found: tuple[Moved, ...]) -> Table:
    words = occasion.words
    ordered = sorted(found, key=lambda one: (one.deposit.product_code, one.number, one.deposit.account_no))
    rows: list[Row] = []
    places = itertools.count(1)
    for _, group in itertools.groupby(ordered, key=lambda one: one.deposit.product_code):
        theirs = list(group)
        product = product_name(occasion, theirs[0].deposit)
        rows.append(Row(cells=(product,), style="bold", merged=_COLUMNS))
        rows += [_row(occasion, next(places), one) for one in theirs]
        rows.append(_total(words("paper.savings_list.of_product", product=product), theirs, "italic"))
    return Table(
        columns=(
            Column(title=words("paper.column.order"), share=30, align="center"),
            Column(title=words("paper.column.customer"), share=150),
            Column(title=words("paper.column.account"), share=104),
            Column(title=words("paper.savings_list.card"), share=76),
            Column(title=words("paper.savings_list.until"), share=68),
            Column(title=words("paper.savings_list.in"), share=82, align="right"),
            Column(title=words("paper.savings_list.out"), share=82, align="right"),
            Column(title=words("paper.savings_list.interest"), share=74, align="right"),
            Column(title=words("paper.column.by_voucher"), share=56),
            Column(title=words("paper.people.note"), share=90),
        ),
        rows=tuple(rows),
        totals=(_total(words("paper.total"), found, "bold"),),
    )  # fmt: skip


def _row(occasion: Occasion, place: int, one: Moved) -> Row:
    words, deposit = occasion.words, one.deposit
    none = words("paper.none")
    return Row(
        cells=(
            str(place),
            name_of(occasion, deposit.customer_code),
            deposit.account_no,
            deposit.card_serial or none,
            day_text(deposit.matures_on) if deposit.matures_on else none,
            *(figures(amount) if amount else none for amount in (one.came, one.went, one.interest)),
            f"{one.number:06d}",
            words(f"paper.savings_list.{one.note}"),
        )
    )


def _total(label: str, found: "tuple[Moved, ...] | list[Moved]", style: str) -> Row:
    sums = (sum(one.came for one in found), sum(one.went for one in found), sum(one.interest for one in found))
    return Row(
        cells=(label, *(figures(amount) for amount in sums), "", ""),
        style="bold" if style == "bold" else "italic",
        merged=5,
    )
