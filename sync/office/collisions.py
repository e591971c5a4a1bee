"""The same person or group served, account moved or slip paid in two books of one session: found here, whoever let it happen.

Laptops that sit at one table share out whom they serve, and what was given over is kept before it is said. Should it
happen all the same (an old copy of a disk, a pack that was made anew for one of them alone, a program that was changed)
both vouchers stand as they came, and a case names the paper of each. Whoever was served twice is met by what a voucher
is about and by whose accounts it moves, not by the same account alone: two visits may pay from two of them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlmodel import Session as Database
from sqlmodel import col, select

from sync.chain import Entry
from sync.leases import TOUCHING
from sync.office import branches, cases, claims
from sync.office.home import Office
from sync.office.store import Book, EntryRow, LineRow
from sync.terms import Roll
from sync.voucher import Body

# Vouchers that a case names; whoever looks at so many knows the rest.
PAPERS_MAX = 20
# Accounts or names that one question of the database may name.
_AT_ONCE = 400


# Entries of this book, by number, and those of the others that each of them meets.
_Met = dict[int, set[tuple[bytes, int]]]


def look(office: Office, db: Database, book: Book, entries: Sequence[Entry], *, roll: Roll) -> None:
    """Raise a case for every stored entry that serves whom, moves what or pays what another book of its session does.

    `roll` says whose account is whose.
    """
    beside = select(Book.book).where(
        Book.point_code == book.point_code, Book.session_date == book.session_date, Book.root != book.root,
        col(Book.received) > col(Book.begins),
    )  # fmt: skip
    others = db.exec(beside).all()
    mine = {one.number: one for one in entries if one.body.kind in TOUCHING}
    if not others or not mine:
        return
    met: _Met = {}
    _by_account(db, others, mine, roll, met)
    _by_name(db, others, EntryRow.party, {number: _served(one.body, roll) for number, one in mine.items()}, met)
    _by_name(db, others, EntryRow.slip, {number: {one.body.slip} for number, one in mine.items()}, met)
    names: branches.Names = {}
    for number, keys in sorted(met.items()):
        if claims.stands(db, root=book.root, number=number):
            _raise(office, db, book, number, sorted(keys), names=names)


def _served(body: Body, roll: Roll) -> set[str]:
    """Whom a voucher serves: its party, and everybody whose account it moves."""
    return {body.party, *(roll.owner(line.account) for line in body.lines)}


def _by_account(db: Database, others: Sequence[bytes], mine: Mapping[int, Entry], roll: Roll, met: _Met) -> None:
    """Which entries of the other books move an account that one of these moves, or any of somebody whom it serves."""
    users: dict[str, set[int]] = {}
    for number, entry in mine.items():
        accounts = {line.account for line in entry.body.lines}
        for person in _served(entry.body, roll):
            accounts.update(one.loan_code for one in roll.loans_of(person))
            accounts.update(one.account_no for one in roll.deposits_of(person))
        for account in accounts - {""}:
            users.setdefault(account, set()).add(number)
    for some in _some(users):
        wanted = (
            select(LineRow.account, LineRow.book, LineRow.number)
            .join(EntryRow, (col(EntryRow.book) == col(LineRow.book)) & (col(EntryRow.number) == col(LineRow.number)))
            .where(
                col(LineRow.book).in_(others), col(EntryRow.kind).in_(sorted(TOUCHING)), col(LineRow.account).in_(some)
            )
        )  # fmt: skip
        _meet(db.exec(wanted).all(), users, met)


def _by_name(
    db: Database, others: Sequence[bytes], column: Any, said: Mapping[int, Collection[str]], met: _Met
) -> None:
    """Which entries of the other books are about somebody, or of a slip, that one of these names.

    No index: of a table's books there are as many rows as of one morning.
    """
    users: dict[str, set[int]] = {}
    for number, names in said.items():
        for name in {*names} - {""}:
            users.setdefault(name, set()).add(number)
    for some in _some(users):
        wanted = select(column, EntryRow.book, EntryRow.number).where(
            col(EntryRow.book).in_(others), col(EntryRow.kind).in_(sorted(TOUCHING)), column.in_(some)
        )
        _meet(db.exec(wanted).all(), users, met)


def _some(users: Mapping[str, set[int]]) -> Iterator[list[str]]:
    asked = sorted(users)
    return (asked[start : start + _AT_ONCE] for start in range(0, len(asked), _AT_ONCE))


def _meet(found: Iterable[tuple[str, bytes, int]], users: Mapping[str, set[int]], met: _Met) -> None:
    for name, other, number in found:
        for one in users[name]:
            met.setdefault(one, set()).add((other, number))


def _raise(
    office: Office, db: Database, book: Book, number: int, met: Sequence[tuple[bytes, int]], *, names: branches.Names
) -> None:
    standing: list[tuple[bytes, int]] = []
    for other, their in met:
        row = db.get(Book, other)
        if row is not None and claims.stands(db, root=row.root, number=their):
            standing.append((other, their))
    rows = [db.get(EntryRow, key) for key in [(book.book, number), *standing[:PAPERS_MAX]]]
    if not standing:
        return
    twigs = [branches.Twig(row.book, row.number, row.head, b"", row.raw, row.batch, True) for row in rows if row]
    papers = branches.papers(office, db, twigs, names=names)
    # The same two papers make one case, whichever book came first.
    if all(_told(db, book, one, papers[0].number) for one in standing):
        return
    letters = sorted({row.letter for other, _ in standing if (row := db.get(Book, other))})
    facts = {"name": papers[0].party, "letter": book.letter, "others": ", ".join(letters)}
    cases.raise_case(
        office, db, kind="collision", book=book.book, number=number, also=standing[0][0],
        vi=_VI.format(**facts), en=_EN.format(**facts), papers=papers,
    )  # fmt: skip


def _told(db: Database, book: Book, met: tuple[bytes, int], paper: str) -> bool:
    """Whether a case about the other entry names this one's paper already."""
    other, number = met
    return cases.names(db, case=cases.case_id(kind="collision", book=other, number=number, also=book.book), paper=paper)


_VI = "{name}: máy {letter} và máy {others} cùng ghi trong một phiên. Cả hai phiếu vẫn nguyên trong sổ. Xem giấy của hai máy với tổ giao dịch; phiếu nào thừa thì điều chỉnh ở phiên sau."
_EN = "{name}: laptops {letter} and {others} both posted in one session. Both vouchers stand in their books. Look at the papers of both with the team; the one too many is adjusted in the next session."
