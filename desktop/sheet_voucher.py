"""What every printed voucher says: who issues it, its number, its people, its words, its code.

A `Voucher` is an entry with the session it stands in. The session may have gone on since: whatever is
printed is as it stood right after the entry, so a sheet printed again says the same.

What a voucher must carry: Accounting Law 88/2015/QH13, article 16.
"""

import datetime
from collections.abc import Sequence
from typing import NamedTuple

from desktop.sheet import Block, Box, Code, Letterhead, Paragraph, Said, Sheet, Signing, Title, bold, italic, plain
from desktop.words import Words
from sync.chain import Entry, Sealed, stub_of
from sync.ledger import changes
from sync.money import figures, in_words
from sync.receipt import receipt_text
from sync.session import Session
from sync.terms import Customer, Group, Role, Roll
from sync.voucher import Body, number_text

# Vietnam keeps one time all year, seven hours ahead of UTC.
VIETNAM = datetime.timezone(datetime.timedelta(hours=7))
# How much of an ID number stands on paper: enough for its owner, nothing for a finder.
ID_DIGITS_SHOWN = 4


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
            letter=self.letter,
            number=place,
        )


def day_text(day: datetime.date) -> str:
    return f"{day:%d/%m/%Y}"


def masked(id_number: str) -> str:
    """All but the last digits of an ID number hidden; a number that short is hidden whole."""
    shown = id_number[-ID_DIGITS_SHOWN:] if len(id_number) > ID_DIGITS_SHOWN else ""
    return "*" * (len(id_number) - len(shown)) + shown


def fact(label: str, value: str) -> Said:
    """A label with what it is about; both from the words, the label ending in a space."""
    return (plain(label), bold(value))


def facts(*pairs: tuple[str, str]) -> tuple[Said, ...]:
    """The facts that there are: one without a value is not said."""
    return tuple((plain(label), plain(value)) for label, value in pairs if value)


# The parts of a sheet


def sheet(voucher: Voucher, *, paper: str, title: str, blocks: tuple[Block, ...], foot: str) -> Sheet:
    """A whole sheet: serif for the forms of the office, sans for what a customer takes home."""
    return Sheet(
        paper="a5" if paper == "a5" else "a4",
        family="sans" if paper == "a5" else "serif",
        name=f"{title} {voucher.number(voucher.entry.number)}",
        language=voucher.words.tag,
        blocks=blocks,
        foot=foot,
        page=voucher.words("paper.page", page="{page}", pages="{pages}"),
        across=training_mark(voucher),
    )


def letterhead(voucher: Voucher, *, copies: str) -> Letterhead:
    """Bank, office, point and where it sits; number, copy and time. `copies` is the family of copy labels."""
    words, point = voucher.words, voucher.session.terms.point
    right: list[Said] = [
        fact(words("paper.number"), voucher.number(voucher.entry.number)),
        (plain(words(f"paper.copy.{copies}_{voucher.copy}")),),
        (plain(voucher.when),),
    ]
    # A clock that was wrong is printed as it was; the day that counts is the session's.
    if not voucher.when.startswith(voucher.day):
        right.append((plain(words("paper.session", day=voucher.day)),))
    return Letterhead(
        left=(
            (bold(words("paper.bank")),),
            (plain(point.pos_name),),
            (plain(" · ".join(part for part in (point.point_name, point.address) if part)),),
        ),
        right=tuple(right),
    )


def title(voucher: Voucher, text: str, *, form: str) -> Title:
    """The name of the sheet, the form it stands for, and what must be seen before anything else on it."""
    under = voucher.words("paper.form", form=form) if form else ""
    return Title(text=text, mark=" · ".join(marks(voucher)), under=under)


def marks(voucher: Voucher) -> tuple[str, ...]:
    """Training, a slip that was written by hand first, a reprint: whichever there are."""
    words, body = voucher.words, voucher.body
    paper_no = body.detail("paper_no")
    by_hand = words("paper.by_hand", number=paper_no, at=body.detail("paper_at")) if paper_no else ""
    reprint = words("paper.reprint", count=voucher.copy_of) if voucher.copy_of else ""
    return tuple(part for part in (training_mark(voucher), by_hand, reprint) if part)


def training_mark(voucher: Voucher) -> str:
    """The word that stands on everything of a session to practise on; empty in a real one."""
    return voucher.words("paper.training.mark") if voucher.session.terms.parameters.training else ""


def words_of(voucher: Voucher, amount: int) -> Paragraph:
    """A sum in words, in Vietnamese whatever the language of the sheet: it is the sum that binds."""
    said = in_words(amount)
    even = amount and amount % 1_000 == 0
    sentence = voucher.words("paper.even" if even else "paper.odd", words=said)
    return Paragraph(said=(plain(voucher.words("paper.in_words")), italic(sentence)))


def code(voucher: Voucher, *, scan: str) -> Code:
    """The laptop's signature over the entry, and the entry's place in the book."""
    words, head = voucher.words, voucher.sealed.head
    place = words("paper.code.place", number=str(voucher.entry.number), head=in_fours(head[:4]))
    text = code_text(voucher.sealed, voucher.session, words=words)
    if voucher.session.terms.parameters.training:
        return Code(text=text, lines=(words("paper.training.code"), place))
    return Code(text=text, lines=(words(f"paper.code.{scan}"), words("paper.code.signed"), place))


def code_text(sealed: Sealed, session: Session, *, words: Words) -> str:
    """What the code of an entry's paper says: the receipt, which anybody can check with no network.

    In a session to practise on the same laptop signs with the same key, so its signature must not leave on
    paper: a check without the office's book would take it for a genuine receipt. The code says what it is.
    """
    if session.terms.parameters.training:
        return words("paper.training.mark")
    return receipt_text(stub_of(sealed.entry, sealed.head), sealed.signature)


def in_fours(raw: bytes) -> str:
    """Hex in groups of four, as it is read out over a telephone."""
    text = raw.hex().upper()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def signing(voucher: Voucher, *boxes: Box, scan: str) -> Signing:
    return Signing(boxes=boxes, code=code(voucher, scan=scan))


def box(voucher: Voucher, role: str, name: str) -> Box:
    return Box(role=voucher.words(f"paper.sign.{role}"), hint=voucher.words("paper.sign.hint"), name=name)


def maker_box(voucher: Voucher) -> Box:
    """Whoever made the voucher, in the role the team has them in: nearly always the teller."""
    maker = voucher.roll.staff[voucher.entry.maker]
    return box(voucher, maker.role, maker.full_name)


def approver_boxes(voucher: Voucher) -> tuple[Box, ...]:
    """Whoever approved the entry and is not its maker, in the order they did."""
    approvers = [voucher.roll.staff[one.staff_id] for one in voucher.entry.approvals]
    return tuple(
        box(voucher, one.role, one.full_name) for one in approvers if one.staff_id != voucher.entry.maker
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


def hotline(voucher: Voucher) -> str:
    phone = voucher.session.terms.point.hotline
    return voucher.words("paper.hotline", phone=phone) if phone else ""


def plain_foot(voucher: Voucher) -> str:
    point = voucher.session.terms.point.point_name
    return voucher.words("paper.foot_plain", point=point, day=voucher.day, hotline=hotline(voucher)).strip()


def balance_foot(voucher: Voucher) -> str:
    """Under a sheet that says what remains: as of when, and of which day the office's figures are that it rests on."""
    words, as_of = voucher.words, voucher.session.terms.as_of
    key, facts_ = ("paper.foot_as_of", {"as_of": day_text(as_of)}) if as_of else ("paper.foot", {})
    return words(key, when=voucher.when, hotline=hotline(voucher), **facts_).strip()


# People and sums


def party_facts(voucher: Voucher, party: str) -> tuple[Said, ...]:
    """A person, a group or an organisation, as far as the pack knows whose code this is; nothing for any other."""
    roll, words = voucher.roll, voucher.words
    if customer := roll.customers.get(party):
        return customer_facts(voucher, customer)
    if group := roll.groups.get(party):
        return (fact(words("paper.party.group"), group_text(voucher, group)),)
    if organisation := roll.organisations.get(party):
        return (fact(words("paper.party.organisation"), organisation.org_name),)
    return ()


def customer_facts(voucher: Voucher, customer: Customer) -> tuple[Said, ...]:
    """Name, the end of the ID number, group and address."""
    words = voucher.words
    group = voucher.roll.groups.get(customer.group_code)
    return (
        fact(words("paper.party.customer"), customer.full_name),
        *facts(
            (words("paper.party.id"), masked(customer.id_number)),
            (words("paper.party.group"), group_text(voucher, group) if group else ""),
            (words("paper.party.address"), customer.address),
        ),
    )


def group_text(voucher: Voucher, group: Group) -> str:
    """`0117 Ấp Tây (leader)`; the label before it says already that it is a group."""
    hamlet = voucher.roll.hamlets.get(group.hamlet_code)
    return voucher.words(
        "paper.party.group_value",
        group=group.group_name.removeprefix("Tổ "),
        hamlet=hamlet.hamlet_name if hamlet else "",
        leader=name_of(voucher, group.leader),
    )


def name_of(voucher: Voucher, customer_code: str) -> str:
    """A customer's name; the code where the pack has no such person."""
    customer = voucher.roll.customers.get(customer_code)
    return customer.full_name if customer else customer_code


def staff_name(voucher: Voucher, staff_id: str) -> str:
    """A name of the team; the id where the pack has no such person."""
    staff = voucher.roll.staff.get(staff_id)
    return staff.full_name if staff else staff_id


def balance_then(voucher: Voucher, account: str, component: str) -> int:
    """What an account held or owed right after the entry, whether the entry touched it or not."""
    later = voucher.session.bodies[voucher.entry.number :]
    moved = (one for body in later for line in body.lines for one in changes(line))
    since = sum(amount for other, name, amount in moved if (other, name) == (account, component))
    return voucher.session.balance(account, component) - since


def notes_text(notes: Sequence[tuple[int, int]]) -> str:
    """`500.000 × 2; 50.000 × 1`."""
    return "; ".join(f"{figures(note)} × {figures(count)}" for note, count in notes)


def percent(hundred_millionths: int) -> str:
    """`10,725` from 10,725,000: a rate in parts per million times a percentage, with a decimal comma."""
    whole, rest = divmod(hundred_millionths, 1_000_000)
    return f"{whole},{rest:06d}".rstrip("0").rstrip(",")


def amount_text(voucher: Voucher, amount: int) -> str:
    return voucher.words("paper.dong", amount=figures(amount))
