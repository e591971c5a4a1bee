"""The denomination list of a group's money: one for each hand-in that stands, or an empty one to be filled in.

The notes are those the teller counted when the money was handed in. Where a member's lines were taken back since,
their cash went back too, in whatever notes: it is taken off the sum below the list.
"""

from desktop.sheets.cash import notes_table
from desktop.sheets.occasion import Occasion, sheet, teller_box
from desktop.sheets.parts import amount_text, box, fact, group_facts, name_of, staff_name, words_of
from desktop.sheets.sheet import Block, Box, Column, Facts, Paragraph, Row, Said, Sheet, Signing, Table, plain
from sync.money import DENOMINATIONS, figures
from sync.terms import Group


def group_notes(occasion: Occasion, group_code: str) -> tuple[Sheet, ...]:
    """A4, one for each hand-in that stands."""
    session = occasion.session
    group, numbers = session.group(group_code), session.hand_ins(group_code)
    return tuple(_handed_in(occasion, group, number) for number in numbers) or (_empty(occasion, group),)


def _handed_in(occasion: Occasion, group: Group, number: int) -> Sheet:
    words, session = occasion.words, occasion.session
    body = session.bodies[number - 1]
    by = words("paper.party.leader" if body.by == group.leader else "paper.party.deputy", name=name_of(occasion, body.by))
    back = -sum(session.bodies[later - 1].cash for (made, _), later in session.corrected.items() if made == number)
    taken: tuple[Block, ...] = ()
    if back:
        left = words("paper.group_notes.back", back=amount_text(occasion, back), left=amount_text(occasion, body.cash - back))
        taken = (Paragraph(said=(plain(left),)),)
    said = (fact(words("paper.party.handed_in"), by), fact(words("paper.number"), occasion.number(number)))
    blocks = (notes_table(occasion, body.notes, every=True), *taken, words_of(occasion, body.cash - back))
    return _sheet(occasion, group, said, blocks, name_of(occasion, body.by), _taken_by(occasion, number))


def _taken_by(occasion: Occasion, number: int) -> Box:
    """Who held the drawer when the money came in; nobody's name where a later hand-over leaves it open."""
    handed = [(made, one.detail("to")) for made, one in enumerate(occasion.session.bodies, start=1) if one.kind == "handover"]
    if not handed:
        return teller_box(occasion)
    before = [to for made, to in handed if made < number]
    return box(occasion, "teller", staff_name(occasion, before[-1]) if before else "")


def _empty(occasion: Occasion, group: Group) -> Sheet:
    """With every denomination and no count: the leader fills it in before coming to the table."""
    words = occasion.words
    blank = words("paper.movement.blank")
    table = Table(
        columns=(
            Column(title=words("paper.column.note"), share=3, align="right"),
            Column(title=words("paper.column.notes"), share=3, align="right"),
            Column(title=words("paper.column.sum"), share=5, align="right"),
        ),
        rows=tuple(Row(cells=(figures(note), "", "")) for note in DENOMINATIONS),
        totals=(Row(cells=(words("paper.total"), ""), style="bold", merged=2),),
        tall=True,
    )
    in_words = Paragraph(said=(plain(words("paper.in_words")), plain(4 * blank)))
    said = (fact(words("paper.party.handed_in"), blank),)
    return _sheet(occasion, group, said, (table, in_words), "", teller_box(occasion))


def _sheet(
    occasion: Occasion, group: Group, said: tuple[Said, ...], blocks: tuple[Block, ...], payer: str, teller: Box
) -> Sheet:
    boxes = (box(occasion, "payer", payer), teller)
    return sheet(
        occasion,
        "group_notes",
        target=group.group_name,
        blocks=(Facts(items=(*group_facts(occasion, group), *said)), *blocks, Signing(boxes=boxes)),
    )
