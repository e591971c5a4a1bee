"""Next month's interest slips: for each member with a loan, what to bring to the next session, cut from a sheet.

A slip goes from the leader's hand to a household: it has the end of a code and of a loan, and neither an ID
number nor a telephone of anybody but the office. What was paid today counts; a member nobody paid for finds two
months on it.
"""

from desktop.sheets.group_list import held_of
from desktop.sheets.occasion import Occasion, sheet
from desktop.sheets.parts import (
    ID_DIGITS_SHOWN,
    amount_text,
    code_end,
    day_text,
    fact,
    form_number,
    heading,
    hotline,
    name_of,
    programme_name,
    training_mark,
)
from desktop.sheets.sheet import Block, Cuttings, Paragraph, Said, Sheet, bold, plain
from sync.loans import Dues, principal_to_pay
from sync.projection import Member
from sync.records import changed
from sync.terms import Group

# Two columns of five fill a standing page, where nobody has more than one loan.
COLUMNS, HEIGHT = 2, 140


def member_interest(occasion: Occasion, group_code: str) -> tuple[Sheet, ...]:
    """A4, ten slips a page; no sheet for a group in which nobody owes anything."""
    session = occasion.session
    group, on = session.group(group_code), session.terms.next_session
    slips = tuple(_slip(occasion, group, one) for one in session.members_on(group_code, on) if _owing(one))
    if not slips:
        return ()
    whole = sheet(occasion, "member_interest", target=group.group_name, blocks=())
    return (changed(whole, blocks=(Cuttings(papers=slips, columns=COLUMNS, height=HEIGHT),)),)


def groups_owing(occasion: Occasion) -> tuple[str, ...]:
    """The groups in which somebody owes anything."""
    on = occasion.session.terms.next_session
    codes = (one.group_code for one in occasion.session.terms.groups)
    return tuple(code for code in codes if any(_owing(one) for one in occasion.session.members_on(code, on)))


def _owing(member: Member) -> tuple[Dues, ...]:
    """The loans that anything is left of."""
    return tuple(dues for dues in member.dues if dues.balance or dues.interest)


def _slip(occasion: Occasion, group: Group, member: Member) -> tuple[Block, ...]:
    words, terms = occasion.words, occasion.session.terms
    on, owed = terms.next_session, _owing(member)
    principal = sum(principal_to_pay(dues, on=on) for dues in owed)
    hamlet = occasion.roll.hamlets.get(group.hamlet_code)
    place = " ".join(part for part in (group.group_name.removeprefix("Tổ "), hamlet.hamlet_name if hamlet else "") if part)
    # Months apart the slips of a household look alike: the day stands in the title.
    title = words("paper.member_interest.title", heading=heading(occasion, "member_interest"), day=day_text(on))
    mark = training_mark(occasion)
    held = held_of(occasion, member.customer_code)
    said: tuple[Said, ...] = (
        (bold(title), plain(f" · {form_number(occasion, 'member_interest')}".rstrip(" ·"))),
        *(((bold(mark),),) if mark else ()),
        (bold(name_of(occasion, member.customer_code)), plain(f" ({code_end(member.customer_code)})")),
        (plain(words("paper.party.group")), plain(f"{place} · {terms.point.point_name}")),
        *(line for dues, end in zip(owed, _ends(owed), strict=True) for line in _loan(occasion, dues, end)),
        *((fact(words("paper.member_interest.principal"), amount_text(occasion, principal)),) if principal else ()),
        fact(words("paper.member.held"), words("paper.none") if held is None else amount_text(occasion, held)),
        fact(words("paper.member_interest.bring"), amount_text(occasion, member.suggestion)),
        (plain(hotline(occasion)),),
    )
    return tuple(Paragraph(said=one, tight=True) for one in said if any(span.text for span in one))


def _ends(owed: tuple[Dues, ...]) -> tuple[str, ...]:
    """The ends of loan codes, as short as still tells the loans of one person apart."""
    codes, shown = [dues.loan.loan_code for dues in owed], ID_DIGITS_SHOWN
    while len({code[-shown:] for code in codes}) < len(codes):
        shown += 1
    return tuple(code[-shown:] for code in codes)


def _loan(occasion: Occasion, dues: Dues, end: str) -> tuple[Said, ...]:
    """Which loan, what is left of it, and its interest; arrears and overdue interest apart."""
    words, loan = occasion.words, dues.loan
    named = words(
        "paper.member_interest.loan",
        programme=programme_name(occasion, loan.programme_code),
        loan=end,
    )
    parts = (
        ("arrears", dues.by_component["interest_arrears"]),
        ("overdue", dues.by_component["overdue_interest"] + dues.by_component["overdue_interest_arrears"]),
    )
    rest = ", ".join(words(f"paper.member_interest.{key}", amount=amount_text(occasion, sum_)) for key, sum_ in parts if sum_)
    told = [words("paper.member_interest.of_which", parts=rest)] if rest else []
    told += [words("paper.member_interest.frozen")] if loan.balance_frozen else []
    owed = words("paper.member_interest.owed", amount=amount_text(occasion, dues.balance))
    interest = (plain(owed), bold(amount_text(occasion, dues.interest)))
    return ((plain(named),), interest, *((plain(line),) for line in told))
