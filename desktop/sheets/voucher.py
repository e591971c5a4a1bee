"""What every printed voucher says: who issues it, its number, its people, its words, its code.

A `Voucher` is an entry with the session it stands in. The session may have gone on since: whatever is
printed is as it stood right after the entry, so a sheet printed again says the same.

What a voucher must carry: Accounting Law 88/2015/QH13, article 16.
"""

import datetime
from typing import NamedTuple

from desktop.sheets.parts import (
    VIETNAM,
    box,
    day_text,
    fact,
    form_number,
    heading,
    hotline,
    in_fours,
    letterhead_left,
    staff_name,
    training_mark,
)
from desktop.sheets.sheet import (
    Block,
    Box,
    Code,
    Letterhead,
    Said,
    Sheet,
    Signing,
    Title,
    plain,
)
from desktop.words import Words
from sync.chain import Entry, Sealed, stub_of
from sync.ledger import changes
from sync.outage import NO_SIGNATURE
from sync.receipt import receipt_text
from sync.records import changed
from sync.session import Session
from sync.terms import Role, Roll
from sync.unsigned import unsigned_text
from sync.voucher import Body, number_text


class Voucher(NamedTuple):
    """An entry to be printed: `copy` counts from 1, `copy_of` is how often it was printed again (0: not yet)."""

    sealed: Sealed
    session: Session
    words: Words
    letter: str
    copy: int
    copy_of: int

    @property
    def entry(self) -> Entry:
        return self.sealed.entry

    @property
    def body(self) -> Body:
        return self.sealed.entry.body

    @property
    def roll(self) -> Roll:
        return self.session.roll

    @property
    def unsigned(self) -> bool:
        """Made while the laptop could not sign."""
        return self.sealed.signature == NO_SIGNATURE

    @property
    def on_paper(self) -> tuple[str, ...]:
        """Those who approved on paper only, by staff id."""
        return tuple(one.staff_id for one in self.entry.approvals if one.signature == NO_SIGNATURE)

    @property
    def when(self) -> str:
        """The laptop's clock at the entry, as people read it."""
        return f"{datetime.datetime.fromtimestamp(self.entry.wall_s, VIETNAM):%d/%m/%Y %H:%M}"

    @property
    def day(self) -> str:
        return day_text(self.entry.business_date)

    def number(self, place: int) -> str:
        """The number of a voucher of this book, as people read it."""
        return number_text(
            point_code=self.session.terms.point.point_code,
            session_date=f"{self.entry.business_date:%Y%m%d}",
            letter=self.session.letter_at(self.letter, place),
            number=place,
        )


# The parts of a sheet


def sheet(
    voucher: Voucher, *, paper: str, document: str, blocks: tuple[Block, ...], foot: str, copies: str = ""
) -> Sheet:
    """A whole sheet: serif for the forms of the office, sans for what a customer takes home.

    `copies` is the family of its copy labels; without one it has neither letterhead nor title, and is cut apart.
    """
    head = (letterhead(voucher, copies=copies), title(voucher, document)) if copies else ()
    return Sheet(
        paper="a5" if paper == "a5" else "a4",
        family="sans" if paper == "a5" else "serif",
        name=f"{heading(voucher, document)} {voucher.number(voucher.entry.number)}",
        language=voucher.words.tag,
        blocks=(*head, *blocks),
        foot=foot,
        page=voucher.words("paper.page", page="{page}", pages="{pages}"),
        across=training_mark(voucher),
    )


def letterhead(voucher: Voucher, *, copies: str) -> Letterhead:
    """Bank, office, point and where it sits; number, copy and time. `copies` is the family of copy labels."""
    words = voucher.words
    right: list[Said] = [
        fact(words("paper.number"), voucher.number(voucher.entry.number)),
        (plain(words(f"paper.copy.{copies}_{voucher.copy}")),),
        (plain(voucher.when),),
    ]
    # A clock that was wrong is printed as it was; the day that counts is the session's.
    if not voucher.when.startswith(voucher.day):
        right.append((plain(words("paper.session", day=voucher.day)),))
    return Letterhead(
        left=letterhead_left(voucher),
        right=tuple(right),
    )


def title(voucher: Voucher, document: str) -> Title:
    """The name of the sheet, the form it stands for, and what must be seen before anything else on it."""
    mark = " · ".join(marks(voucher))
    return Title(text=heading(voucher, document), mark=mark, under=form_number(voucher, document))


def marks(voucher: Voucher) -> tuple[str, ...]:
    """Training, no signature, a slip that was written by hand first, who signed on paper, a reprint: whichever there are."""
    words, body = voucher.words, voucher.body
    paper_no = body.detail("paper_no")
    by_hand = words("paper.by_hand", number=paper_no, at=body.detail("paper_at")) if paper_no else ""
    reprint = words("paper.reprint", count=voucher.copy_of) if voucher.copy_of else ""
    bare = words("paper.outage.mark") if voucher.unsigned else ""
    on_paper = (words("paper.outage.on_paper", name=staff_name(voucher, one)) for one in voucher.on_paper)
    return tuple(part for part in (training_mark(voucher), bare, by_hand, *on_paper, reprint) if part)


def code(voucher: Voucher, *, scan: str) -> Code:
    """The laptop's signature over the entry, and the entry's place in the book."""
    words, head = voucher.words, voucher.sealed.head
    place = words("paper.code.place", number=str(voucher.entry.number), head=in_fours(head[:4]))
    text = code_text(voucher.sealed, voucher.session, words=words)
    if voucher.session.terms.parameters.training:
        return Code(text=text, lines=(words("paper.training.code"), place))
    if voucher.unsigned:
        return Code(text=text, lines=(words("paper.outage.code"), words("paper.outage.check"), place))
    return Code(text=text, lines=(words(f"paper.code.{scan}"), words("paper.code.signed"), place))


def code_text(sealed: Sealed, session: Session, *, words: Words) -> str:
    """What the code of an entry's paper says: the receipt, which anybody can check with no network.

    In a session to practise on the same laptop signs with the same key, so its signature must not leave on
    paper: a check without the office's book would take it for a genuine receipt. The code says what it is.
    In an outage of the laptop's key it says what the office needs to find the voucher, under a prefix of its own.
    """
    if session.terms.parameters.training:
        return words("paper.training.mark")
    stub = stub_of(sealed.entry, sealed.head)
    return unsigned_text(stub) if sealed.signature == NO_SIGNATURE else receipt_text(stub, sealed.signature)


def signing(voucher: Voucher, *boxes: Box, scan: str) -> Signing:
    return Signing(boxes=boxes, code=code(voucher, scan=scan))


def maker_box(voucher: Voucher) -> Box:
    """Whoever made the voucher, in the role the team has them in: nearly always the teller."""
    maker = voucher.roll.staff[voucher.entry.maker]
    return box(voucher, maker.role, maker.full_name)


def approver_boxes(voucher: Voucher) -> tuple[Box, ...]:
    """Whoever approved the entry and is not its maker, in the order they did."""
    approvers = [voucher.roll.staff[one.staff_id] for one in voucher.entry.approvals]
    return tuple(
        changed(box(voucher, one.role, one.full_name), hint=voucher.words("paper.outage.hint"))
        if one.staff_id in voucher.on_paper
        else box(voucher, one.role, one.full_name)
        for one in approvers
        if one.staff_id != voucher.entry.maker
    )


def team_boxes(voucher: Voucher) -> tuple[Box, ...]:
    """Teller, controller and leader: whoever approved, or the only one the team has of that role."""
    others: tuple[Role, ...] = ("controller", "leader")
    return (maker_box(voucher), *(box(voucher, role, only_of(voucher, role)) for role in others))


def only_of(voucher: Voucher, role: Role) -> str:
    """Whoever approved in a role, or the only one the team has of it; empty where it could be several."""
    approvers = {one.staff_id for one in voucher.entry.approvals}
    those = [one for one in voucher.session.terms.team if one.role == role]
    signed = [one for one in those if one.staff_id in approvers] or those
    return signed[0].full_name if len(signed) == 1 else ""


def plain_foot(voucher: Voucher) -> str:
    point = voucher.session.terms.point.point_name
    return voucher.words("paper.foot_plain", point=point, day=voucher.day, hotline=hotline(voucher)).strip()


def balance_foot(voucher: Voucher) -> str:
    """Under a sheet that says what remains: as of when, and of which day the office's figures are that it rests on."""
    words, as_of = voucher.words, voucher.session.terms.as_of
    key, facts_ = ("paper.foot_as_of", {"as_of": day_text(as_of)}) if as_of else ("paper.foot", {})
    return words(key, when=voucher.when, hotline=hotline(voucher), **facts_).strip()


# People and sums


def balance_then(voucher: Voucher, account: str, component: str) -> int:
    """What an account held or owed right after the entry, whether the entry touched it or not."""
    later = voucher.session.bodies[voucher.entry.number :]
    moved = (one for body in later for line in body.lines for one in changes(line))
    since = sum(amount for other, name, amount in moved if (other, name) == (account, component))
    return voucher.session.balance(account, component) - since


