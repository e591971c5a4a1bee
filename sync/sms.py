"""The short message that tells a person what a voucher moved on their loan or deposit.

A member who handed money to a group's leader is told by their own telephone what of it arrived. So everybody whose
account a voucher moved is told separately, once, and told again when the voucher is reversed or their lines of it are
taken back. Where it is asked for, members who owed interest and of whom a group's hand-in brought nothing are told so
at the close.

A text has letters of GSM 03.38 alone, without marks, and fits one message. Amounts and the voucher's number are
never shortened: what gives way is the place, long words, the hotline, and last the name. No number of a card of
identity, of an account or of a telephone of the customer is in it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Final, Literal, NamedTuple

from sync import ledger
from sync.ledger import INTEREST, Line
from sync.money import figures
from sync.projection import Projection
from sync.terms import Customer, Point, Terms
from sync.visit import stale
from sync.voucher import Body

Kind = Literal["group", "visit", "slip", "reverse", "correct", "unpaid"]
# What is told of a voucher by its kind; and of a group's members for whom nothing came.
VOUCHERS: Final[tuple[Kind, ...]] = ("group", "visit", "slip", "reverse", "correct")
UNPAID: Final = "unpaid"
# One message of the 7-bit alphabet; a longer one goes as several that phones put together or not.
LETTERS_MAX: Final = 160
# Longer names of an office and numbers of a hotline are no such thing, and would push out what matters.
_PLACE_LETTERS_MAX: Final = 20
_GROUP_LETTERS_MAX: Final = 12
# One letter in the message each, in every phone's alphabet; `@`, `$` and `_` are not in that of every gateway.
_ALLOWED: Final = re.compile(r"[^A-Za-z0-9 .,:;()/+'-]")
# What is a letter with a stroke and no letter with a mark, and the quotes of keyboards.
_STROKES: Final = str.maketrans({
    "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ƀ": "b", "Ƀ": "B", "ɓ": "b", "Ɓ": "B", "ɗ": "d", "Ɗ": "D", "ł": "l", "Ł": "L",
    "ø": "o", "Ø": "O", "’": "'", "‘": "'", "ʼ": "'", "ʻ": "'", "`": "'", "´": "'", "–": "-", "—": "-", "‐": "-", "‑": "-",
})  # fmt: skip
# Mobile numbers since 2018: ten digits. Lines on a wall take no message.
_MOBILE: Final = re.compile(r"0[35789][0-9]{8}", re.ASCII)
_OFFICE_WORDS: Final = re.compile(
    r"^(?:(?:NHCSXH|PGD|Phong giao dich|Chi nhanh|huyen|quan|thi xa|thanh pho|tinh|khu vuc)\b ?)+", re.IGNORECASE
)


class Message(NamedTuple):
    """What one person is told of one voucher, or at the close, whose number it then has.

    `phone` is ten digits, or empty where none is known; `leaders_phone` says that it is the number of their group's
    leader, who is somebody else.
    """

    number: int
    customer_code: str
    kind: Kind
    phone: str
    leaders_phone: bool
    text: str


def unmarked(text: str) -> str:
    """The text in letters every phone has: `Đặng Thị Thủy` is `Dang Thi Thuy`. What has no such letter is left out."""
    apart = unicodedata.normalize("NFKD", text.translate(_STROKES)).translate(_STROKES)
    bare = "".join(" " if one.isspace() else one for one in apart if not unicodedata.combining(one))
    return " ".join(_ALLOWED.sub("", bare).split())


def mobile(text: str) -> str:
    """The first mobile number of what somebody keyed as a telephone, as ten digits; empty where there is none."""
    for part in re.split(r"[,;/]|\s[-–]\s", unicodedata.normalize("NFKC", text)):
        digits = re.sub(r"[\s.()-]", "", part)
        local = re.sub(r"^(?:\+|00)?84(?:\(0\)|0)?(?=[35789][0-9]{8}$)", "0", digits)
        if _MOBILE.fullmatch(local):
            return local
    return ""


def of_book(
    terms: Terms, bodies: Iterable[tuple[Body, str]], *, letter: str, after: int, unpaid: bool
) -> Iterator[Message]:
    """What is to be told of the vouchers of one book behind a number, each person's in the order of the vouchers.

    `bodies` are all of the book from its first, each with its maker; `unpaid` tells those too for whom their group
    brought nothing. Nothing is told of a session to practise on.
    """
    if terms.parameters.training:
        return
    session = Projection(terms)
    # Whose an account is, of all that moved: it stays known after the voucher that began it was reversed.
    owners: dict[str, str] = {}
    for body, maker in bodies:
        number = session.apply(body, maker=maker)
        for line in body.lines:
            if owner := session.roll.owner(line.account):
                owners[line.account] = owner
        if number > after and body.kind in VOUCHERS:
            yield from _of_voucher(session, body, number, owners, letter)
        if number > after and body.kind == "close" and unpaid:
            yield from _of_close(session, body, number, {*owners.values()}, letter)


def _of_voucher(
    session: Projection, body: Body, number: int, owners: Mapping[str, str], letter: str
) -> Iterator[Message]:
    moved: dict[str, list[Line]] = {}
    for line in body.lines:
        theirs = ledger.changes(line) or line.component == "savings_interest"
        if theirs and line.amount and (owner := owners.get(line.account)):
            moved.setdefault(owner, []).append(line)
    for customer_code, lines in moved.items():
        customer = session.roll.customers.get(customer_code)
        if customer is None:
            continue
        phone = mobile(customer.phone)
        said = _Said(session, body, number, customer, lines, letter)
        # `KINDS` was asked before.
        yield Message(number, customer_code, body.kind, phone, _is_leaders(session, customer, phone), said.text())  # type: ignore[arg-type]


def _of_close(session: Projection, body: Body, number: int, served: Set[str], letter: str) -> Iterator[Message]:
    """Members whose group handed in, who owed interest, and on whose accounts nothing moved in this book.

    Not the leader, who is asked about nobody else's honesty.
    """
    for group_code, group in session.roll.groups.items():
        for hand_in in session.hand_ins(group_code)[-1:]:
            for customer in session.roll.members(group_code):
                owed = any(session.interest_at_start(loan) for loan in session.roll.loans_of(customer.customer_code))
                if owed and customer.customer_code not in served and customer.customer_code != group.leader:
                    phone, said = mobile(customer.phone), _Said(session, body, hand_in, customer, (), letter)
                    yield Message(
                        number, customer.customer_code, UNPAID, phone, _is_leaders(session, customer, phone), said.text()
                    )


def _is_leaders(session: Projection, customer: Customer, phone: str) -> bool:
    group = session.roll.groups.get(customer.group_code)
    if group is None or not phone or customer.customer_code == group.leader:
        return False
    leader = session.roll.customers.get(group.leader)
    return phone in (mobile(group.leader_phone), mobile(leader.phone) if leader else "")


class _Said(NamedTuple):
    """One message before it has its length."""

    session: Projection
    body: Body
    number: int
    customer: Customer
    lines: Sequence[Line]
    letter: str

    def text(self) -> str:
        """The fullest wording that fits."""
        name = person(self.customer.full_name)
        for brevity in range(_HOTLINE_GONE + 1):
            if len(text := self._worded(name, brevity)) <= LETTERS_MAX:
                return text
        for brevity in (_HOTLINE_GONE, _BALANCES_GONE, _SUMS_ALONE):
            for shorter in _shortened(name, LETTERS_MAX - len(self._worded("", brevity))):
                if len(text := self._worded(shorter, brevity)) <= LETTERS_MAX:
                    return text
        return text

    def _worded(self, name: str, brevity: int) -> str:
        point, date = self.session.terms.point, self.session.terms.session_date
        place = place_of(point) if brevity < _PLACE_GONE else ""
        day = f"{date:%d/%m/%Y}" if brevity < _SHORT_WORDS else f"{date:%d/%m/%y}"
        said = self._said(name, brevity)
        balances = _balances(self.session, self.lines) if brevity < _BALANCES_GONE else ()
        words = 1 if brevity >= _SHORT_WORDS else 0
        held = "".join(f", {both[words]} {figures(amount)}d" for both, amount in balances)
        line = hotline(point) if brevity < _HOTLINE_GONE else ""
        # The blanks of a number are the cheapest letters there are.
        ask = f". Hoi {line.replace(' ', '') if words else line}" if line else ""
        head = " ".join(part for part in ("NHCSXH", place, day) if part)
        return f"{head}: {said}{held}. Phieu {self._number(self.number)}{ask}"

    def _number(self, number: int) -> str:
        """As the laptop printed it: each that went on from another added its letter to those before."""
        letters = self.letter.split(".")
        later = sum(1 for body in self.session.bodies[number:] if body.kind == "resume") if len(letters) > 1 else 0
        return voucher_number(".".join(letters[: len(letters) - later]), number)

    def _said(self, name: str, brevity: int) -> str:
        if self.body.reverses:
            return self._undone(name, brevity)
        return f"{name} da {_parts(self.lines, brevity)}" if self.lines else self._missing(name)

    def _missing(self, name: str) -> str:
        group = self.session.roll.groups.get(self.customer.group_code)
        called = unmarked(group.group_name) if group else ""
        who = called if called and len(called) <= _GROUP_LETTERS_MAX else "To"
        return f"{who} da nop tien, chua co phan cua {name}. Neu da dua tien cho to truong, goi ngay"

    def _undone(self, name: str, brevity: int) -> str:
        """A voucher taken back, or one member's lines of it; or a taking back that was itself taken back."""
        undone = self.session.bodies[self.body.reverses - 1] if self.body.reverses < self.number else self.body
        again = self.body.kind == "reverse" and undone.kind == "correct"
        about = undone.reverses if again else self.body.reverses
        lines = self.lines if again else [_other_way(one) for one in self.lines]
        became = "co hieu luc lai" if again else "da huy"
        return f"phieu {self._number(about)} cua {name} ({_parts(lines, brevity)}) {became}"


# What is left out of a text that is too long, one more at each step.
_PLACE_GONE, _SHORT_WORDS, _HOTLINE_GONE = 1, 2, 3
# More figures than one message holds: what stands after the voucher goes, then each sum for what was paid, received
# and moved in all. No voucher of a usual size comes to this.
_BALANCES_GONE, _SUMS_ALONE = 4, 5
# Less of a name than this names nobody.
_NAME_LETTERS_LEAST: Final = 8


def voucher_number(letter: str, number: int) -> str:
    """The end of a voucher's number, which names it among those of a point's day."""
    return f"{letter}-{number:06d}"


def place_of(point: Point) -> str:
    """`Can Giuoc` of `Phòng giao dịch huyện Cần Giuộc`; empty where no short name is left."""
    place = _OFFICE_WORDS.sub("", unmarked(point.pos_name))
    return place if len(place) <= _PLACE_LETTERS_MAX else ""


def hotline(point: Point) -> str:
    """The number to call, as the point has it; empty where it is no number."""
    line = " ".join(re.sub(r"[^0-9 .()+-]", "", unmarked(point.hotline)).split())
    return line if len(line) <= _PLACE_LETTERS_MAX and any(one.isdigit() for one in line) else ""


def person(full_name: str) -> str:
    """A name in letters of every phone. No number is part of one, whatever was keyed there."""
    bare = " ".join(re.sub(r"[^A-Za-z '.-]", "", unmarked(full_name)).split())
    return bare if any(one.isalpha() for one in bare) else "quy khach"


def _shortened(name: str, room: int) -> Iterator[str]:
    """Shorter forms of a name, the fuller first: initials in the middle, family and given name, what there is room for."""
    family, *middle, given = name.split() if " " in name else (name, "")
    if middle:
        yield f"{family} {'.'.join(one[0] for one in middle)}. {given}"
        yield f"{family} {given}"
    if given:
        yield f"{family[0]}. {given}"
    if room >= _NAME_LETTERS_LEAST:
        yield (given or family)[:room]


def _other_way(line: Line) -> Line:
    return Line(code=line.code, account=line.account, component=line.component, amount=-line.amount)


def _sum(lines: Iterable[Line], code: str, *components: str) -> int:
    return sum(one.amount for one in lines if one.code == code and (not components or one.component in components))


def _parts(lines: Sequence[Line], brevity: int) -> str:
    """`nop goc 2.000.000d, lai 253.151d, gui them 46.849d`: what was moved, each as people say it."""
    if brevity >= _SUMS_ALONE:
        return _sums(lines)
    paid = (("goc", _sum(lines, "TG")), ("goc qua han", _sum(lines, "TQ")), ("lai", _sum(lines, "TL")))
    put = (
        ("goc", _sum(lines, "CT", "principal")), ("goc qua han", _sum(lines, "CT", "overdue_principal")),
        ("lai", _sum(lines, "CT", *INTEREST)),
    )  # fmt: skip
    saved = _sum(lines, "RK", "savings_interest")
    phrases = (
        *_under("nop ", paid),
        *_under("", (("gui them", _sum(lines, "TT")), ("rut tien gui", _sum(lines, "RT")))),
        *_under("chuyen tien gui tra " if brevity < _SHORT_WORDS else "chuyen tra ", put),
        *_under("", (("nhan tien vay", _sum(lines, "GN")), ("gui tiet kiem", _sum(lines, "GK")))),
        *_under("", (("nhan tiet kiem", _sum(lines, "RK", "savings")),)),
        *_under("", (("lai tiet kiem", saved) if saved >= 0 else ("tru lai da tra", -saved),)),
    )
    return ", ".join(phrases)


def _under(verb: str, sums: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    """The sums there are, the verb they share before the first."""
    there = [(name, amount) for name, amount in sums if amount]
    return tuple(
        f"{verb if place == 0 else ''}{name} {_dong(amount)}" for place, (name, amount) in enumerate(there)
    )


def _dong(amount: int) -> str:
    """`253.151d`, with a hyphen before what is below zero: only a voucher that broke a rule says such a thing."""
    return f"{'-' if amount < 0 else ''}{figures(abs(amount))}d"


def _sums(lines: Sequence[Line]) -> str:
    paid = sum(one.amount for one in lines if ledger.CASH.get(one.code, 0) > 0)
    received = sum(one.amount for one in lines if ledger.CASH.get(one.code, 0) < 0)
    moved = sum(one.amount for one in lines if one.code == "CT" and one.component != "deposit")
    return ", ".join(_under("", (("nop", paid), ("nhan", received), ("chuyen", moved)))) or "giao dich 0d"


def _balances(session: Projection, lines: Sequence[Line]) -> tuple[tuple[tuple[str, str], int], ...]:
    """What stands after the voucher on the accounts it touched, each with its long and its short words.

    Of figures too old to pay out on no balance is told: somebody may have paid elsewhere since.
    """
    if stale(session):
        return ()
    touched = {(account, component) for line in lines for account, component, _ in ledger.changes(line)}
    found: list[tuple[tuple[str, str], int]] = []
    for words, components in (
        (("so du tien gui", "du gui"), ("deposit",)),
        (("con no goc", "no goc"), ledger.PRINCIPAL),
        (("so du tiet kiem", "du TK"), ("savings",)),
    ):
        accounts = {account for account, component in touched if component in components}
        amount = sum(session.balance(one, component) for one in accounts for component in components)
        frozen = sum(loan.balance_frozen for one in accounts if (loan := session.roll.loans.get(one)))
        if accounts and amount >= 0:
            found.append((words, amount + (frozen if components == ledger.PRINCIPAL else 0)))
    return tuple(found)
