"""The page of a savings card, or of a member's deposit book: what the account is, and how it moved today.

A person with several accounts has a page for each, since each is a card of its own. Nothing that happened is left
out: a voucher that was reversed stands on the page, and so does its reversal.
"""

import datetime
from collections.abc import Iterator
from typing import NamedTuple

from desktop.sheets.occasion import Occasion, only_of, sheet, teller_box
from desktop.sheets.parts import (
    amount_text,
    box,
    customer_facts,
    day_text,
    fact,
    facts,
    name_of,
    percent,
    words_of,
)
from desktop.sheets.savings import product_name
from desktop.sheets.sheet import Block, Column, Facts, Paragraph, Row, Said, Sheet, Signing, Table, bold, plain
from sync import savings
from sync.ledger import changes
from sync.money import figures
from sync.terms import Deposit


class Movement(NamedTuple):
    """What one line did to an account, in đồng; below zero where it undoes an earlier one.

    `interest` was paid beside the balance and moves none.
    """

    number: int
    what: str
    came: int
    went: int
    interest: int
    after: int


def savings_card(occasion: Occasion, customer_code: str) -> tuple[Sheet, ...]:
    """A4, one for each account of a person; none for somebody who has none."""
    return tuple(_page(occasion, one) for one in occasion.roll.deposits_of(customer_code))


def savers(occasion: Occasion) -> tuple[str, ...]:
    """Who has an account."""
    return tuple({one.customer_code for one in occasion.roll.deposits.values()})


def component(deposit: Deposit) -> str:
    """Which balance holds an account's money."""
    return "deposit" if deposit.kind == "member" else "savings"


def movements(occasion: Occasion, deposit: Deposit) -> tuple[Movement, ...]:
    """What today's vouchers did to an account, in their order."""
    return tuple(_movements(occasion, deposit))


def _movements(occasion: Occasion, deposit: Deposit) -> Iterator[Movement]:
    words, held = occasion.words, deposit.balance
    for number, body in enumerate(occasion.session.bodies, start=1):
        for line in body.lines:
            if line.account != deposit.account_no:
                continue
            moved = sum(amount for _, _, amount in changes(line))
            held += moved
            what = words(f"paper.line.{line.code}_{line.component}")
            if body.reverses:
                what = words("paper.savings_card.undone", what=what, number=f"{body.reverses:06d}")
            interest = 0 if moved else line.amount
            came = line.amount if moved == line.amount else 0
            yield Movement(number, what, came, line.amount - came - interest, interest, held)


def _page(occasion: Occasion, deposit: Deposit) -> Sheet:
    customer = occasion.roll.customers[deposit.customer_code]
    held = occasion.session.balance(deposit.account_no, component(deposit))
    boxes = (
        box(occasion, "owner", name_of(occasion, deposit.customer_code)),
        teller_box(occasion),
        box(occasion, "controller", only_of(occasion, "controller")),
    )
    return sheet(
        occasion,
        "savings_card",
        target=deposit.account_no,
        blocks=(
            Facts(items=customer_facts(occasion, customer)),
            Facts(items=_account(occasion, deposit), columns=2),
            _table(occasion, deposit, held),
            words_of(occasion, held),
            *_ending(occasion, deposit, held),
            Signing(boxes=boxes),
        ),
    )


def _account(occasion: Occasion, deposit: Deposit) -> tuple[Said, ...]:
    """Number, card, product, term, rate and days: what of it there is."""
    words, until = occasion.words, deposit.matures_on
    months = _months(deposit.opened_on, until) if until else 0
    rate = words("paper.savings_card.rate_value", rate=percent(100 * deposit.annual_rate_ppm))
    early = deposit.early_rate_ppm
    return (
        fact(words("paper.savings_card.account"), deposit.account_no),
        *((fact(words("paper.savings_card.serial"), deposit.card_serial),) if deposit.card_serial else ()),
        fact(words("paper.savings_card.product"), product_name(occasion, deposit)),
        *facts(
            (words("paper.savings_card.rate"), rate),
            (words("paper.savings_card.opened"), day_text(deposit.opened_on)),
            (words("paper.savings_card.term"), words("paper.savings_card.months", months=months) if months else ""),
            (words("paper.savings_card.matures"), day_text(until) if until else ""),
            (
                words("paper.savings_card.early"),
                words("paper.savings_card.rate_value", rate=percent(100 * early)) if until and early is not None else "",
            ),
        ),
    )


def _months(since: datetime.date, until: datetime.date) -> int:
    return 12 * (until.year - since.year) + until.month - since.month


def _table(occasion: Occasion, deposit: Deposit, held: int) -> Table:
    words, found, day = occasion.words, movements(occasion, deposit), occasion.session.terms.session_date
    interest = any(one.interest for one in found)
    blanks = ("", "", "") if interest else ("", "")
    before = words("paper.savings_card.before", day=day_text(occasion.session.terms.as_of or day))
    if _opened_here(occasion, deposit):
        before = words("paper.savings_card.opened_here")
    return Table(
        columns=(
            Column(title=words("paper.savings_card.day"), share=62),
            Column(title=words("paper.column.by_voucher"), share=60),
            Column(title=words("paper.column.content"), share=164),
            Column(title=words("paper.savings_card.in"), share=78, align="right"),
            Column(title=words("paper.savings_card.out"), share=78, align="right"),
            *((Column(title=words("paper.savings_card.interest"), share=74, align="right"),) if interest else ()),
            Column(title=words("paper.savings_card.after"), share=82, align="right"),
        ),
        rows=(
            Row(cells=(before, *blanks, figures(deposit.balance)), style="italic", merged=3),
            *(_row(occasion, one, interest) for one in found),
        ),
        totals=(Row(cells=(words("paper.savings_card.now"), *blanks, figures(held)), style="bold", merged=3),),
    )


def _row(occasion: Occasion, one: Movement, interest: bool) -> Row:
    amounts = (one.came, one.went, *((one.interest,) if interest else ()))
    return Row(
        cells=(
            day_text(occasion.session.terms.session_date),
            f"{one.number:06d}",
            one.what,
            *(figures(amount) if amount else "" for amount in amounts),
            figures(one.after),
        )
    )


def _opened_here(occasion: Occasion, deposit: Deposit) -> bool:
    return savings.opening(deposit.account_no) is not None and deposit.opened_on == occasion.session.terms.session_date


def _ending(occasion: Occasion, deposit: Deposit, held: int) -> tuple[Block, ...]:
    """That the account is closed, that its number is not the final one, or what it will have earned if it is kept."""
    words, terms = occasion.words, occasion.session.terms
    if not held and deposit.kind != "member" and any(one.went > 0 for one in movements(occasion, deposit)):
        return (Paragraph(said=(bold(words("paper.savings_card.closed")),)),)
    made: list[Block] = []
    if _opened_here(occasion, deposit):
        provisional = words("paper.savings.provisional"), deposit.card_serial, words("paper.savings.final")
        made.append(Paragraph(said=(plain(provisional[0]), bold(provisional[1]), plain(provisional[2]))))
    product, until = savings.product_of(deposit, terms.savings_products), deposit.matures_on
    if held and product and product.scheme == "end" and until and until > terms.session_date:
        kept = savings.earned(deposit, balance=held, scheme="end", on=until, as_of=terms.as_of)
        text = words("paper.savings_card.kept", day=day_text(until), amount=amount_text(occasion, kept.interest))
        made.append(Paragraph(said=(plain(text),)))
    return tuple(made)
