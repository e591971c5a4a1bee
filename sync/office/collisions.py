"""The same account moved, slip paid or group served in two books of one session: found here, whoever let it happen.

Laptops that sit at one table share out whom they serve, and what was given over is kept before it is said. Should it
happen all the same (an old copy of a disk, a pack that was made anew for one of them alone, a program that was changed)
both vouchers stand as they came, and a case names the paper of each.
"""

from collections.abc import Sequence

from sqlmodel import Session as Database
from sqlmodel import col, select

from sync.chain import Entry
from sync.leases import TOUCHING
from sync.office import branches, cases, claims
from sync.office.home import Office
from sync.office.store import Book, EntryRow, LineRow

# Vouchers that a case names; whoever looks at so many knows the rest.
PAPERS_MAX = 20
# Accounts that one question of the database may name.
_AT_ONCE = 400


def look(office: Office, db: Database, book: Book, entries: Sequence[Entry]) -> None:
    """Raise a case for every stored entry that shares an account, a slip or a group with another book of its session."""
    beside = select(Book.book).where(
        Book.point_code == book.point_code, Book.session_date == book.session_date, Book.root != book.root,
        col(Book.received) > col(Book.begins),
    )  # fmt: skip
    others = db.exec(beside).all()
    mine = {one.number: one for one in entries if one.body.kind in TOUCHING}
    if not others or not mine:
        return
    met = _by_account(db, others, mine)
    for number, entry in mine.items():
        met.setdefault(number, set()).update(_by_name(db, others, entry))
    names: branches.Names = {}
    for number, keys in sorted(met.items()):
        if claims.stands(db, root=book.root, number=number):
            _raise(office, db, book, number, sorted(keys), names=names)


def _by_account(db: Database, others: Sequence[bytes], mine: dict[int, Entry]) -> dict[int, set[tuple[bytes, int]]]:
    """Which entries of the other books move an account that one of these does."""
    users: dict[str, set[int]] = {}
    found: dict[int, set[tuple[bytes, int]]]
    for number, entry in mine.items():
        for line in entry.body.lines:
            users.setdefault(line.account, set()).add(number)
    accounts, found = sorted(users.keys() - {""}), {}
    for start in range(0, len(accounts), _AT_ONCE):
        wanted = (
            select(LineRow.account, LineRow.book, LineRow.number)
            .join(EntryRow, (col(EntryRow.book) == col(LineRow.book)) & (col(EntryRow.number) == col(LineRow.number)))
            .where(
                col(LineRow.book).in_(others), col(EntryRow.kind).in_(sorted(TOUCHING)),
                col(LineRow.account).in_(accounts[start : start + _AT_ONCE]),
            )
        )  # fmt: skip
        for account, other, number in db.exec(wanted):
            for one in users[account]:
                found.setdefault(one, set()).add((other, number))
    return found


def _by_name(db: Database, others: Sequence[bytes], entry: Entry) -> set[tuple[bytes, int]]:
    """Which entries of the other books pay the same slip, or hand in for the same group."""
    body = entry.body
    if body.kind not in ("slip", "group"):
        return set()
    same = EntryRow.slip == body.slip if body.kind == "slip" else EntryRow.party == body.party
    wanted = select(EntryRow.book, EntryRow.number).where(
        col(EntryRow.book).in_(others), EntryRow.kind == body.kind, same
    )
    return set(db.exec(wanted).all())


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
    letters = sorted({row.letter for other, _ in standing if (row := db.get(Book, other))})
    facts = {"name": papers[0].party, "letter": book.letter, "others": ", ".join(letters)}
    cases.raise_case(
        office, db, kind="collision", book=book.book, number=number, also=standing[0][0],
        vi=_VI.format(**facts), en=_EN.format(**facts), papers=papers,
    )  # fmt: skip


_VI = "{name}: máy {letter} và máy {others} cùng ghi trong một phiên. Cả hai phiếu vẫn nguyên trong sổ. Xem giấy của hai máy với tổ giao dịch; phiếu nào thừa thì điều chỉnh ở phiên sau."
_EN = "{name}: laptops {letter} and {others} both posted in one session. Both vouchers stand in their books. Look at the papers of both with the team; the one too many is adjusted in the next session."
