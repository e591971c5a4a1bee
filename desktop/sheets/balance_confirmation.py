"""A borrower's balances as the book has them now, to be agreed to or not by the person they are of.

Every loan by bucket with the interest due, every deposit and savings account; whoever goes round checking
debts leaves one half of the signatures to the borrower, who may write down another figure.
"""

from desktop.sheets.occasion import Occasion, only_of, sheet, teller_box
from desktop.sheets.parts import birth_facts, box, customer_facts, day_text, programme_name, said_sum
from desktop.sheets.savings import product_name
from desktop.sheets.savings_card import component
from desktop.sheets.sheet import Block, Column, Facts, Paragraph, Row, Sheet, Signing, Table, bold, plain
from sync.loans import Dues, last_due
from sync.money import figures
from sync.terms import Deposit


def balance_confirmation(occasion: Occasion, customer_code: str) -> tuple[Sheet, ...]:
    """A4; nothing for somebody who neither owes nor holds anything."""
    words, session, roll = occasion.words, occasion.session, occasion.roll
    customer = roll.customers.get(customer_code)
    owed = tuple(session.dues(loan) for loan in roll.loans_of(customer_code))
    held = tuple((one, session.balance(one.account_no, component(one))) for one in roll.deposits_of(customer_code))
    if customer is None or not (owed or held):
        return ()
    said: list[Block] = []
    if owed:
        said += [_loans(occasion, owed), said_sum(occasion, words("paper.balance_confirmation.principal"), sum(one.balance for one in owed)),
                 said_sum(occasion, words("paper.balance_confirmation.interest"), sum(one.interest for one in owed))]  # fmt: skip
    if held:
        said += [_deposits(occasion, held), said_sum(occasion, words("paper.balance_confirmation.held"), sum(amount for _, amount in held))]
    blank = words("paper.movement.blank")
    answer = (
        (bold(words("paper.balance_confirmation.agrees")),),
        (bold(words("paper.balance_confirmation.differs")), plain(4 * blank)),
        (plain(6 * blank),),
    )
    return (
        sheet(
            occasion,
            "balance_confirmation",
            target=customer_code,
            blocks=(
                Facts(items=(*customer_facts(occasion, customer), *birth_facts(occasion, customer))),
                Paragraph(said=(plain(words("paper.balance_confirmation.told", when=occasion.when)),)),
                *said,
                *(Paragraph(said=one, tight=True) for one in answer),
                Signing(
                    boxes=(
                        box(occasion, "borrower", customer.full_name),
                        teller_box(occasion),
                        box(occasion, "leader", only_of(occasion, "leader")),
                    )
                ),
            ),
        ),
    )


def account_holders(occasion: Occasion) -> tuple[str, ...]:
    """Who owes or holds something."""
    roll = occasion.roll
    owing = {one.customer_code for one in roll.loans.values()}
    return tuple(owing | {one.customer_code for one in roll.deposits.values()})


def _loans(occasion: Occasion, owed: tuple[Dues, ...]) -> Table:
    words, none = occasion.words, occasion.words("paper.none")
    amounts = [
        (one.by_component["principal"], one.by_component["overdue_principal"], one.loan.balance_frozen, one.interest)
        for one in owed
    ]
    rows = tuple(
        Row(
            cells=(
                dues.loan.loan_code,
                programme_name(occasion, dues.loan.programme_code),
                day_text(last_due(dues.loan)),
                *(figures(amount) if amount else none for amount in row),
            )
        )
        for dues, row in zip(owed, amounts, strict=True)
    )
    totals = tuple(figures(sum(column)) for column in zip(*amounts, strict=True))
    return Table(
        columns=(
            Column(title=words("paper.balance_confirmation.loan"), share=98),
            Column(title=words("paper.column.programme"), share=110),
            Column(title=words("paper.balance_confirmation.due"), share=64),
            Column(title=words("paper.balance_confirmation.in_term"), share=74, align="right"),
            Column(title=words("paper.balance_confirmation.overdue"), share=74, align="right"),
            Column(title=words("paper.balance_confirmation.frozen"), share=74, align="right"),
            Column(title=words("paper.balance_confirmation.interest_due"), share=68, align="right"),
        ),
        rows=rows,
        totals=(Row(cells=(words("paper.total"), *totals), style="bold", merged=3),),
    )


def _deposits(occasion: Occasion, held: tuple[tuple[Deposit, int], ...]) -> Table:
    words, none = occasion.words, occasion.words("paper.none")
    rows = tuple(
        Row(
            cells=(
                one.account_no,
                product_name(occasion, one),
                one.card_serial or none,
                day_text(one.matures_on) if one.matures_on else none,
                figures(amount),
            )
        )
        for one, amount in held
    )
    total = figures(sum(amount for _, amount in held))
    return Table(
        columns=(
            Column(title=words("paper.column.account"), share=110),
            Column(title=words("paper.balance_confirmation.product"), share=180),
            Column(title=words("paper.savings_list.card"), share=80),
            Column(title=words("paper.savings_list.until"), share=76),
            Column(title=words("paper.balance_confirmation.balance"), share=92, align="right"),
        ),
        rows=rows,
        totals=(Row(cells=(words("paper.total"), total), style="bold", merged=4),),
    )
