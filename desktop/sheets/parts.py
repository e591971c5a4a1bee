"""What sheets of every kind are made of: days, people, sums, boxes to sign.

Whatever is printed of a session, a voucher or a document of the whole, has its words, its session and its roll.
"""

import datetime
from collections.abc import Sequence
from typing import Protocol

from desktop.sheets.sheet import Box, Paragraph, Said, bold, italic, plain
from desktop.words import Words
from sync.money import figures, in_words
from sync.session import Session
from sync.terms import Customer, Group, Roll

# Vietnam keeps one time all year, seven hours ahead of UTC.
VIETNAM = datetime.timezone(datetime.timedelta(hours=7))
# How much of an ID number stands on paper: enough for its owner, nothing for a finder.
ID_DIGITS_SHOWN = 4


class Printed(Protocol):
    """What is printed: a voucher, or a document of a session."""

    @property
    def words(self) -> Words: ...
    @property
    def session(self) -> Session: ...
    @property
    def roll(self) -> Roll: ...


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


def training_mark(printed: Printed) -> str:
    """The word that stands on everything of a session to practise on; empty in a real one."""
    return printed.words("paper.training.mark") if printed.session.terms.parameters.training else ""


def heading(printed: Printed, document: str) -> str:
    """The name of a document: the bank's own where the pack has one."""
    return printed.session.terms.parameters.form(document).heading or printed.words(f"paper.title.{document}")


def form_number(printed: Printed, document: str) -> str:
    """`Mẫu 13/TD`, as the pack says it; empty for a document that is no form."""
    number = printed.session.terms.parameters.form(document).number
    return printed.words("paper.form", form=number) if number else ""


def letterhead_left(printed: Printed) -> tuple[Said, ...]:
    """Bank, office, point and where it sits."""
    point = printed.session.terms.point
    return (
        (bold(printed.words("paper.bank")),),
        (plain(point.pos_name),),
        (plain(" · ".join(part for part in (point.point_name, point.address) if part)),),
    )


def said_sum(printed: Printed, label: str, amount: int) -> Paragraph:
    """A named sum in figures and in words, where a sheet confirms more than one; the label ends in a space."""
    words = words_of(printed, amount).said
    return Paragraph(said=(plain(label), bold(amount_text(printed, amount)), plain(". "), *words))


def words_of(printed: Printed, amount: int) -> Paragraph:
    """A sum in words, in Vietnamese whatever the language of the sheet: it is the sum that binds."""
    said = in_words(amount)
    even = amount and amount % 1_000 == 0
    sentence = printed.words("paper.even" if even else "paper.odd", words=said)
    return Paragraph(said=(plain(printed.words("paper.in_words")), italic(sentence)))


def in_fours(raw: bytes) -> str:
    """Hex in groups of four, as it is read out over a telephone."""
    text = raw.hex().upper()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def box(printed: Printed, role: str, name: str) -> Box:
    return Box(role=printed.words(f"paper.sign.{role}"), hint=printed.words("paper.sign.hint"), name=name)


def hotline(printed: Printed) -> str:
    phone = printed.session.terms.point.hotline
    return printed.words("paper.hotline", phone=phone) if phone else ""


def party_facts(printed: Printed, party: str) -> tuple[Said, ...]:
    """A person, a group or an organisation, as far as the pack knows whose code this is; nothing for any other."""
    roll, words = printed.roll, printed.words
    if customer := roll.customers.get(party):
        return customer_facts(printed, customer)
    if group := roll.groups.get(party):
        return (fact(words("paper.party.group"), group_text(printed, group)),)
    if organisation := roll.organisations.get(party):
        return (fact(words("paper.party.organisation"), organisation.org_name),)
    return ()


def customer_facts(printed: Printed, customer: Customer) -> tuple[Said, ...]:
    """Name, the end of the ID number, group and address."""
    words = printed.words
    group = printed.roll.groups.get(customer.group_code)
    return (
        fact(words("paper.party.customer"), customer.full_name),
        *facts(
            (words("paper.party.id"), masked(customer.id_number)),
            (words("paper.party.group"), group_text(printed, group) if group else ""),
            (words("paper.party.address"), customer.address),
        ),
    )


def birth_facts(printed: Printed, customer: Customer) -> tuple[Said, ...]:
    """The year somebody was born in, which is all that is known of many; nothing where it is not known."""
    return facts((printed.words("paper.people.birth"), customer.birth[:4]))


def group_text(printed: Printed, group: Group) -> str:
    """`0117 Ấp Tây (leader)`; the label before it says already that it is a group."""
    hamlet = printed.roll.hamlets.get(group.hamlet_code)
    return printed.words(
        "paper.party.group_value",
        group=group.group_name.removeprefix("Tổ "),
        hamlet=hamlet.hamlet_name if hamlet else "",
        leader=name_of(printed, group.leader),
    )


def group_facts(printed: Printed, group: Group) -> tuple[Said, ...]:
    """A group and the organisation it belongs to."""
    words, organisation = printed.words, printed.roll.organisations.get(group.org_code)
    return (
        fact(words("paper.party.group"), group_text(printed, group)),
        *facts((words("paper.party.organisation"), organisation.org_name if organisation else "")),
    )


def code_end(customer_code: str) -> str:
    """The end of a customer's code: tells two people of one name apart."""
    return f"…{customer_code[-ID_DIGITS_SHOWN:]}"


def name_of(printed: Printed, customer_code: str) -> str:
    """A customer's name; the code where the pack has no such person."""
    customer = printed.roll.customers.get(customer_code)
    return customer.full_name if customer else customer_code


def programme_name(printed: Printed, programme_code: str) -> str:
    """What a programme is called beside a loan: its newest name without the word for lending; its code where it has none."""
    rows = printed.session.history.get(programme_code, ())
    return (rows[-1].name or rows[-1].short_name).removeprefix("Cho vay ") if rows else programme_code


def staff_name(printed: Printed, staff_id: str) -> str:
    """A name of the team; the id where the pack has no such person."""
    staff = printed.roll.staff.get(staff_id)
    return staff.full_name if staff else staff_id


def notes_text(notes: Sequence[tuple[int, int]]) -> str:
    """`500.000 × 2; 50.000 × 1`."""
    return "; ".join(f"{figures(note)} × {figures(count)}" for note, count in notes)


def percent(hundred_millionths: int) -> str:
    """`10,725` from 10,725,000: a rate in parts per million times a percentage, with a decimal comma."""
    whole, rest = divmod(hundred_millionths, 1_000_000)
    return f"{whole},{rest:06d}".rstrip("0").rstrip(",")


def amount_text(printed: Printed, amount: int) -> str:
    return printed.words("paper.dong", amount=figures(amount))
