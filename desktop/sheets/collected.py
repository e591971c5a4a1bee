"""What a group's members paid this session: the group's list after the hand-ins, with what is still owed.

The sums are those of the hand-ins that stand: reversed ones and members whose lines were taken back are out
of them. Interest that a member paid at the counter, in cash or from the deposit, has a column of its own, so
that what was due less what was paid is what is left; it is no part of what the group handed in.
"""

from typing import NamedTuple

from desktop.sheets.occasion import Occasion, group_leader_box, only_of, sheet, teller_box
from desktop.sheets.parts import amount_text, box, code_end, fact, group_facts, name_of, said_sum
from desktop.sheets.sheet import Block, Column, Facts, Paragraph, Row, Sheet, Signing, Table, plain
from sync.ledger import INTEREST
from sync.money import figures
from sync.session import Session


class Paid(NamedTuple):
    """A member's session, in đồng. `due` stood before anything was paid, `own` was paid at the counter.

    `numbers` are the hand-ins with lines of theirs that stand, `undone` those whose lines were taken back.
    """

    customer_code: str
    due: int
    interest: int
    deposit: int
    own: int
    left: int
    numbers: tuple[int, ...]
    undone: tuple[int, ...]
    absent: bool
    unsigned: bool

    @property
    def cash(self) -> int:
        """What the group handed in for them."""
        return self.interest + self.deposit


def paid(session: Session, group_code: str) -> tuple[Paid, ...]:
    """Every member, in the order of the office's list. Raises `GroupUnknown`."""
    return tuple(_paid(session, group_code, one.customer_code) for one in session.members(group_code))


def _paid(session: Session, group_code: str, customer_code: str) -> Paid:
    interest = deposit = 0
    numbers, undone = [], []
    absent = unsigned = False
    for number in _made(session, group_code):
        body = session.bodies[number - 1]
        theirs = [line for line in body.lines if session.roll.owner(line.account) == customer_code]
        if theirs and (number, customer_code) in session.corrected:
            undone.append(number)
            theirs = []
        if theirs:
            numbers.append(number)
        interest += sum(line.amount for line in theirs if line.component in INTEREST)
        deposit += sum(line.amount for line in theirs if line.component == "deposit")
        # The last hand-in that speaks of a member says whether they came and signed.
        if theirs or customer_code in (*body.absent, *body.unsigned):
            absent, unsigned = customer_code in body.absent, customer_code in body.unsigned
    loans = session.roll.loans_of(customer_code)
    due = sum(session.interest_at_start(loan) for loan in loans)
    left = sum(session.dues(loan).interest for loan in loans)
    return Paid(
        customer_code, due, interest, deposit, due - left - interest, left, tuple(numbers), tuple(undone), absent, unsigned
    )


def _made(session: Session, group_code: str) -> list[int]:
    """The group's hand-ins that were not reversed, also one of which every member was taken back."""
    made = enumerate(session.bodies, start=1)
    return [number for number, body in made if (body.kind, body.party) == ("group", group_code) and number not in session.reversed]


def group_collected(occasion: Occasion, group_code: str) -> tuple[Sheet, ...]:
    """A4 lying, for a group that handed in or not."""
    words, session = occasion.words, occasion.session
    group, numbers = session.group(group_code), session.hand_ins(group_code)
    members = paid(session, group_code)
    count = words("paper.group_collected.members", paid=sum(1 for one in members if one.numbers), all=len(members))
    which = ", ".join(occasion.number(number) for number in numbers) or words("paper.group_collected.nothing")
    cadre = next((said for number in reversed(numbers) if (said := session.bodies[number - 1].detail("cadre"))), "")
    signing = Signing(
        boxes=(
            group_leader_box(occasion, group),
            box(occasion, "cadre", cadre),
            teller_box(occasion),
            box(occasion, "controller", only_of(occasion, "controller")),
        )
    )
    return (
        sheet(
            occasion,
            "group_collected",
            paper="a4-across",
            target=group.group_name,
            blocks=(
                Facts(items=(*group_facts(occasion, group), fact(words("paper.group_collected.vouchers"), which))),
                _table(occasion, members),
                Paragraph(said=(plain(count), plain(" "), plain(words("paper.group_collected.which")))),
                said_sum(occasion, words("paper.group_collected.total"), sum(one.cash for one in members)),
                said_sum(occasion, words("paper.group_collected.still_due"), sum(one.left for one in members)),
                *_at_the_counter(occasion, members),
                signing,
            ),
        ),
    )


def _table(occasion: Occasion, members: tuple[Paid, ...]) -> Table:
    words = occasion.words
    own = any(one.own for one in members)
    sums = [[one.due, one.interest, one.deposit, one.cash, *([one.own] if own else []), one.left] for one in members]
    rows = tuple(_row(occasion, place, one, row) for place, (one, row) in enumerate(zip(members, sums, strict=True), 1))
    totals = [figures(sum(column)) for column in zip(*sums, strict=True)] if sums else [figures(0)] * 5
    return Table(
        columns=(
            Column(title=words("paper.column.order"), share=28, align="center"),
            Column(title=words("paper.column.member"), share=150),
            Column(title=words("paper.people.code"), share=46),
            Column(title=words("paper.group_collected.due"), share=72, align="right"),
            Column(title=words("paper.group_collected.interest"), share=72, align="right"),
            Column(title=words("paper.group_collected.deposit"), share=72, align="right"),
            Column(title=words("paper.group_collected.cash"), share=76, align="right"),
            *((Column(title=words("paper.group_collected.own"), share=72, align="right"),) if own else ()),
            Column(title=words("paper.group_collected.left"), share=72, align="right"),
            Column(title=words("paper.column.by_voucher"), share=62),
            Column(title=words("paper.people.note"), share=100),
        ),
        rows=rows,
        totals=(Row(cells=(words("paper.total"), *totals, "", ""), style="bold", merged=3),),
    )


def _row(occasion: Occasion, place: int, one: Paid, sums: list[int]) -> Row:
    words = occasion.words
    none = words("paper.none")
    notes = [words(f"paper.group_collected.{name}") for name in ("absent", "unsigned") if getattr(one, name)]
    notes += [words("paper.group_collected.undone", number=f"{number:06d}") for number in one.undone]
    return Row(
        cells=(
            str(place),
            name_of(occasion, one.customer_code),
            code_end(one.customer_code),
            *(figures(amount) if amount else none for amount in sums),
            ", ".join(f"{number:06d}" for number in one.numbers) or none,
            "; ".join(notes),
        )
    )


def _at_the_counter(occasion: Occasion, members: tuple[Paid, ...]) -> tuple[Block, ...]:
    """What members paid of their interest at the counter, said once more in words: it is not in the group's sum."""
    own = sum(one.own for one in members)
    text = occasion.words("paper.group_collected.own_said", amount=amount_text(occasion, own))
    return (Paragraph(said=(plain(text),)),) if own else ()
