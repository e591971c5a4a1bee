"""The joint closing minutes: the books and drawers of all laptops at one table side by side, with the head of each.

Every laptop closes its own book on its own sheet; this one is made last, on any of them, from what the others signed.
"""

import datetime
from collections.abc import Callable

from desktop.sheets.occasion import Occasion, sheet
from desktop.sheets.parts import VIETNAM, box, day_text, fact, hotline, in_fours, staff_name, words_of
from desktop.sheets.sheet import Block, Box, Column, Facts, Paragraph, Row, Sheet, Signing, Table, plain
from sync.joint import ClosedBook
from sync.ledger import CASH
from sync.money import figures
from sync.terms import Role
from sync.voucher import number_text

Books = tuple[tuple[str, ClosedBook], ...]


def joint_closing(occasion: Occasion, _: str) -> tuple[Sheet, ...]:
    """A4; nothing while a book is open, or nothing is known of it here."""
    joint = occasion.joint
    books: Books = tuple((letter, one) for letter, one in joint.books if one is not None) if joint else ()
    if joint is None or not joint.whole:
        return ()
    words = occasion.words
    cash = [one.cash for _, one in books]
    known = [one for one in cash if one is not None]
    blocks: tuple[Block, ...] = (
        Facts(items=(
            fact(words("paper.joint.held"), occasion.day),
            fact(words("paper.joint.laptops"), ", ".join(letter for letter, _ in books)),
        )),
        _figures(occasion, books),
        *((words_of(occasion, sum(known)),) if len(known) == len(cash) else ()),
        *_codes(occasion, books),
        Paragraph(said=(plain(""),), tight=True),
        _heads(occasion, books),
        Paragraph(said=(plain(_checked(occasion, books)),), tight=True),
        Paragraph(said=(plain(words("paper.joint.anchor")),), tight=True),
        _signing(occasion, books),
    )  # fmt: skip
    return (sheet(occasion, "joint_closing", blocks=blocks, foot=_foot(occasion, books)),)


def _foot(occasion: Occasion, books: Books) -> str:
    """The number of each book's last voucher: all of them are counted here."""
    terms = occasion.session.terms
    numbers = [
        number_text(point_code=terms.point.point_code, session_date=f"{terms.session_date:%Y%m%d}", letter=letter, number=one.number)
        for letter, one in books
    ]
    as_of = day_text(terms.as_of or terms.session_date)
    return occasion.words("paper.document.foot", as_of=as_of, hotline=hotline(occasion), number=", ".join(numbers)).strip()


def _columns(occasion: Occasion, books: Books, first: str, share: int) -> tuple[Column, ...]:
    words = occasion.words
    return (
        Column(title=first, share=share),
        *(Column(title=words("paper.joint.laptop", letter=letter), share=86, align="right") for letter, _ in books),
        Column(title=words("paper.joint.both"), share=90, align="right"),
    )


def _figures(occasion: Occasion, books: Books) -> Table:
    """A row for each figure, with the sum of all laptops where there is one."""
    words = occasion.words

    def summed(name: str, of: Callable[[ClosedBook], int | None]) -> Row:
        amounts = [of(one) for _, one in books]
        known = [one for one in amounts if one is not None]
        cells = [figures(one) if one is not None else words("paper.joint.blank") for one in amounts]
        whole = figures(sum(known)) if len(known) == len(amounts) else words("paper.joint.blank")
        return Row(cells=(words(f"paper.joint.{name}"), *cells, whole))

    def said(name: str, of: Callable[[ClosedBook], str]) -> Row:
        return Row(cells=(words(f"paper.joint.{name}"), *(of(one) or words("paper.none") for _, one in books), ""))

    known = [(letter, one) for letter, one in books if one.whole]
    cash = summed("cash", lambda one: one.cash)
    return Table(
        caption=words("paper.joint.books" if len(books) == 2 else "paper.joint.books_more"),
        columns=_columns(occasion, books, words("paper.joint.figure"), 190),
        rows=(
            said("last", lambda one: f"{one.number:06d}"),
            *((said("closed", _closed_at),) if known else ()),
            *((summed("groups_in", lambda one: one.groups_in if one.whole else None),) if known else ()),
            summed("opening", lambda one: one.opening),
            summed("in", lambda one: one.cash_in),
            summed("out", lambda one: one.cash_out),
        ),
        totals=(Row(cells=cash.cells, style="bold"),),
    )


def _closed_at(one: ClosedBook) -> str:
    return f"{datetime.datetime.fromtimestamp(one.closed_s, VIETNAM):%H:%M}" if one.closed_s else ""


def _codes(occasion: Occasion, books: Books) -> tuple[Table, ...]:
    """Every transaction code that one of them used."""
    words, none, blank = occasion.words, occasion.words("paper.none"), occasion.words("paper.joint.blank")
    sums = [dict(one.sums) if one.whole else None for _, one in books]
    used = [code for code in CASH if any(one and code in one for one in sums)]
    if not used:
        return ()
    rows = []
    for code in used:
        cells = [blank if one is None else figures(one[code]) if code in one else none for one in sums]
        known = [one.get(code, 0) for one in sums if one is not None]
        whole = figures(sum(known)) if len(known) == len(sums) else blank
        rows.append(Row(cells=(f"{code} · {words(f'paper.code_name.{code}')}", *cells, whole)))
    columns = _columns(occasion, books, words("paper.column.transaction"), 190)
    return (Table(caption=words("paper.joint.codes"), columns=columns, rows=tuple(rows)),)


def _heads(occasion: Occasion, books: Books) -> Table:
    """Each head in two lines of eight groups, as it is typed at the office."""
    words = occasion.words
    rows = tuple(
        Row(cells=(words("paper.joint.head", letter=letter), f"{in_fours(one.head[:16])} {in_fours(one.head[16:])}"))
        for letter, one in books
    )
    return Table(
        columns=(
            Column(title=words("paper.joint.laptop", letter="").strip(), share=60),
            Column(title=words("paper.joint.heads"), share=392),
        ),
        rows=rows,
    )


def _checked(occasion: Occasion, books: Books) -> str:
    """Whose signature this laptop checked; whose figures it has from a square code only."""
    words, mine = occasion.words, occasion.joint.mine if occasion.joint else ""
    others = ", ".join(letter for letter, _ in books if letter != mine)
    short = [
        words("paper.joint.by_code" if one.cash is None else "paper.joint.by_codes", letter=letter)
        for letter, one in books
        if not one.whole
    ]
    return " ".join([words("paper.joint.signed", mine=mine, others=others), *short])


def _signing(occasion: Occasion, books: Books) -> Signing:
    """The teller of each drawer, and whoever closed the books beside them."""
    boxes: list[Box] = []
    for letter, one in books:
        teller = box(occasion, "teller", staff_name(occasion, one.teller) if one.teller else "")
        boxes.append(Box(role=f"{teller.role} · {occasion.words('paper.joint.laptop', letter=letter)}", hint=teller.hint, name=teller.name))
    roles: tuple[Role, ...] = ("controller", "leader")
    for role in roles:
        signers = {who for _, one in books for who in one.signers}
        named = [one.full_name for one in occasion.session.terms.team if one.role == role and one.staff_id in signers]
        boxes.append(box(occasion, role, named[0] if len(named) == 1 else ""))
    return Signing(boxes=tuple(boxes))
