"""A group's list before it is collected: what each member owes, what one would expect in the hand, and room to write.

The leader takes it round the hamlet: a row a member in the order of the office's list, however little they
owe. Interest stands by component where anybody has some left from before or overdue. Principal is named apart,
because a leader may not take it. The same list is made for the next session, after what was paid today.
"""

import datetime
from collections.abc import Sequence

from desktop.sheets.occasion import Occasion, group_leader_box, sheet, teller_box
from desktop.sheets.parts import amount_text, box, code_end, day_text, fact, group_facts, name_of
from desktop.sheets.sheet import Block, Column, Facts, Paragraph, Row, Said, Sheet, Signing, Table, bold, plain
from sync.loans import principal_to_pay
from sync.money import figures
from sync.projection import Member

# What stands in one column of the list.
_COLUMNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("interest", ("interest",)),
    ("arrears", ("interest_arrears",)),
    ("overdue", ("overdue_interest", "overdue_interest_arrears")),
)


def group_list(occasion: Occasion, group_code: str) -> tuple[Sheet, ...]:
    """A4 lying: the list of this session; of a group that handed in already, what is left."""
    session = occasion.session
    members = session.members_left(group_code) if session.hand_ins(group_code) else session.members(group_code)
    return _list(occasion, "group_list", group_code, members, session.terms.session_date)


def group_list_next(occasion: Occasion, group_code: str) -> tuple[Sheet, ...]:
    """A4 lying: the list of the next session."""
    on = occasion.session.terms.next_session
    return _list(occasion, "group_list_next", group_code, occasion.session.members_on(group_code, on), on)


def _list(
    occasion: Occasion, document: str, group_code: str, members: Sequence[Member], on: datetime.date
) -> tuple[Sheet, ...]:
    words, group = occasion.words, occasion.session.group(group_code)
    said: tuple[Said, ...] = (
        *group_facts(occasion, group),
        fact(words("paper.group_list.on"), day_text(on)),
        fact(words("paper.group_list.members"), figures(len(members))),
        fact(words("paper.group_list.usual"), amount_text(occasion, group.min_deposit)),
    )
    blank = words("paper.movement.blank")
    boxes = (
        group_leader_box(occasion, group),
        box(occasion, "cadre", ""),
        teller_box(occasion),
    )
    return (
        sheet(
            occasion,
            document,
            paper="a4-across",
            target=group.group_name,
            blocks=(
                Facts(items=said),
                _table(occasion, members),
                *_principal(occasion, members, on),
                Paragraph(said=(plain(words("paper.group_list.sum", blank=blank)),)),
                Paragraph(said=(plain(words("paper.group_list.sum_words", blank=4 * blank)),)),
                Signing(boxes=boxes),
            ),
        ),
    )


def _table(occasion: Occasion, members: Sequence[Member]) -> Table:
    words = occasion.words
    owed = [_owed(one) for one in members]
    # A component that nobody owes takes no room; of one alone there is nothing to add up.
    shown = [index for index, _ in enumerate(_COLUMNS) if index == 0 or any(row[index] for row in owed)]
    titles = [words(f"paper.group_list.{_COLUMNS[index][0]}") for index in shown]
    summed = len(shown) > 1
    rows = tuple(
        _row(occasion, place, one, [row[index] for index in shown], summed)
        for place, (one, row) in enumerate(zip(members, owed, strict=True), start=1)
    )
    sums = [sum(_principal_of(one) for one in members)]
    sums += [sum(row[index] for row in owed) for index in shown]
    sums += [sum(one.interest for one in members)] if summed else []
    sums += [sum(one.suggestion for one in members), sum(held_of(occasion, one.customer_code) or 0 for one in members)]
    return Table(
        columns=(
            Column(title=words("paper.column.order"), share=26, align="center"),
            Column(title=words("paper.column.member"), share=168),
            Column(title=words("paper.people.code"), share=42),
            Column(title=words("paper.people.owed"), share=76, align="right"),
            *(Column(title=title, share=62, align="right") for title in titles),
            *((Column(title=words("paper.group_list.sum_interest"), share=62, align="right"),) if summed else ()),
            Column(title=words("paper.group_list.suggestion"), share=62, align="right"),
            Column(title=words("paper.column.deposit_after"), share=64, align="right"),
            Column(title=words("paper.group_list.collect_interest"), share=66, align="right"),
            Column(title=words("paper.group_list.collect_deposit"), share=66, align="right"),
            Column(title=words("paper.group_list.sign"), share=64, align="center"),
        ),
        rows=rows,
        totals=(
            Row(cells=(words("paper.total"), *(figures(one) for one in sums), "", "", ""), style="bold", merged=3),
        ),
        tall=True,
    )


def _row(occasion: Occasion, place: int, member: Member, owed: Sequence[int], summed: bool) -> Row:
    none, held = occasion.words("paper.none"), held_of(occasion, member.customer_code)
    amounts = [_principal_of(member), *owed, *((member.interest,) if summed else ()), member.suggestion]
    return Row(
        cells=(
            str(place),
            name_of(occasion, member.customer_code),
            code_end(member.customer_code),
            *(figures(one) if one else none for one in amounts),
            none if held is None else figures(held),
            *("", "", ""),
        )
    )


def _owed(member: Member) -> tuple[int, ...]:
    """A member's interest, a sum a column."""
    return tuple(
        sum(dues.by_component[name] for dues in member.dues for name in components) for _, components in _COLUMNS
    )


def _principal_of(member: Member) -> int:
    return sum(dues.balance for dues in member.dues)


def held_of(occasion: Occasion, customer_code: str) -> int | None:
    """What somebody's member deposits hold together, however many there are; None where there is none."""
    accounts = [one.account_no for one in occasion.roll.deposits_of(customer_code) if one.kind == "member"]
    return sum(occasion.session.balance(one, "deposit") for one in accounts) if accounts else None


def _principal(occasion: Occasion, members: Sequence[Member], on: datetime.date) -> tuple[Block, ...]:
    """Who owes principal by then, which they bring to the counter themselves."""
    due = [(one, sum(principal_to_pay(dues, on=on) for dues in one.dues)) for one in members]
    names = "; ".join(
        f"{name_of(occasion, one.customer_code)} ({code_end(one.customer_code)}) {amount_text(occasion, sum_)}"
        for one, sum_ in due
        if sum_
    )
    label = occasion.words("paper.group_list.principal")
    return (Paragraph(said=(plain(label), bold(names))),) if names else ()
