"""What every document of a session says that is no voucher: who issues it, when it was made, how far the book had gone.

An `Occasion` is the session as it stands now, on this laptop, at a moment. A document is made from it alone, so
the same occasion gives the same sheets; it has no number, and says instead which voucher was the last it counts.
"""

import datetime
from typing import Literal, NamedTuple

from desktop.sheets.parts import (
    VIETNAM,
    box,
    day_text,
    form_number,
    heading,
    hotline,
    letterhead_left,
    staff_name,
    training_mark,
)
from desktop.sheets.sheet import Block, Box, Letterhead, Said, Sheet, Signing, Title, plain
from desktop.tally import Hand
from desktop.words import Words
from sync.joint import Joint
from sync.session import Session
from sync.terms import Group, Role, Roll
from sync.voucher import number_text


class Occasion(NamedTuple):
    """A session to be printed about: `made_s` is the laptop's clock (Unix seconds), `letter` the laptop's in the pack.

    The book knows two things that the session does not: `walls`, the clock at each voucher in their order, and
    `hands`, what each of the team made and approved. Both are empty where there is no book behind the session.
    `joint` is the closed books of all laptops of one table, None where there is one laptop.
    """

    session: Session
    words: Words
    letter: str
    made_s: int
    walls: tuple[int, ...] = ()
    hands: tuple[Hand, ...] = ()
    joint: Joint | None = None

    @property
    def roll(self) -> Roll:
        return self.session.roll

    @property
    def when(self) -> str:
        return f"{datetime.datetime.fromtimestamp(self.made_s, VIETNAM):%d/%m/%Y %H:%M}"

    @property
    def day(self) -> str:
        return day_text(self.session.terms.session_date)

    def number(self, place: int) -> str:
        """The number of a voucher of this book, as people read it."""
        return number_text(
            point_code=self.session.terms.point.point_code,
            session_date=f"{self.session.terms.session_date:%Y%m%d}",
            letter=self.session.letter_at(self.letter, place),
            number=place,
        )


def sheet(
    occasion: Occasion,
    document: str,
    *,
    blocks: tuple[Block, ...],
    paper: Literal["a4", "a4-across", "a4-projected"] = "a4",
    target: str = "",
    foot: str | None = None,
) -> Sheet:
    """A document in serif; `target` (a group, a person) is added to its name, `foot` None says as of when it is."""
    words = occasion.words
    name = " ".join(part for part in (heading(occasion, document), target, occasion.day) if part)
    return Sheet(
        paper=paper,
        family="serif",
        name=name,
        language=words.tag,
        blocks=(letterhead(occasion), title(occasion, document), *blocks),
        foot=as_of_foot(occasion) if foot is None else foot,
        page=words("paper.page", page="{page}", pages="{pages}"),
        across=training_mark(occasion),
    )


def letterhead(occasion: Occasion) -> Letterhead:
    """Who issues it; the session's day and when the document was made."""
    words = occasion.words
    right: tuple[Said, ...] = (
        (plain(words("paper.session", day=occasion.day)),),
        (plain(words("paper.document.made", when=occasion.when)),),
    )
    return Letterhead(left=letterhead_left(occasion), right=right)


def title(occasion: Occasion, document: str) -> Title:
    return Title(text=heading(occasion, document), mark=training_mark(occasion), under=form_number(occasion, document))


def as_of_foot(occasion: Occasion) -> str:
    """Which day the office's figures are of, and up to which voucher of today they were carried on."""
    words, last = occasion.words, len(occasion.session.bodies)
    as_of = occasion.session.terms.as_of or occasion.session.terms.session_date
    key = "paper.document.foot" if last else "paper.document.foot_before"
    facts = {"number": occasion.number(last)} if last else {}
    return words(key, as_of=day_text(as_of), hotline=hotline(occasion), **facts).strip()


def acted(occasion: Occasion, role: Role) -> tuple[Hand, ...]:
    """Those of a role who made or approved something: the pack names everybody who could have come."""
    return tuple(one for one in occasion.hands if one.staff.role == role and (one.made or one.approved))


def only_of(occasion: Occasion, role: Role) -> str:
    """The name of the only one of a role who did something, or else whom the team has; empty where it could be several."""
    team = [one.full_name for one in occasion.session.terms.team if one.role == role]
    those = [one.staff.full_name for one in acted(occasion, role)] or team
    return those[0] if len(those) == 1 else ""


def teller_box(occasion: Occasion) -> Box:
    """The teller who holds the drawer; before anybody does, the only one there is."""
    holder = occasion.session.holder
    return box(occasion, "teller", staff_name(occasion, holder) if holder else only_of(occasion, "teller"))


def group_leader_box(occasion: Occasion, group: Group) -> Box:
    """The leader of a group; without a name where the pack has no such person."""
    leader = occasion.roll.customers.get(group.leader)
    return box(occasion, "group_leader", leader.full_name if leader else "")


def team_signing(occasion: Occasion, *others: Box) -> Signing:
    """Teller, controller and leader, then whoever else signs; a document has no code of its own."""
    roles: tuple[Role, ...] = ("controller", "leader")
    return Signing(boxes=(teller_box(occasion), *(box(occasion, role, only_of(occasion, role)) for role in roles), *others))
