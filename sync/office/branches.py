"""Two entries that follow the same head: which of them is booked, and what is kept beside the book.

Whoever wrote them, two laptops or one that was copied, every entry is kept. The booked one came first, or is the one
by which an officer let another laptop go on, until somebody at the office has decided.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, select

from sync import chain, keys
from sync.chain import Entry
from sync.office import cases, lineage, preparation, vouchers
from sync.office.alarms import raise_alarm
from sync.office.booking import Made
from sync.office.cases import Paper
from sync.office.home import Office
from sync.office.store import Book, DecisionRow, EntryRow, ForkRow
from sync.outage import OFFICERS
from sync.pack import Pack
from sync.records import from_bytes
from sync.terms import Roll
from sync.voucher import number_text

# A fork is told with both branches; what a laptop wrote after another one had gone on is told apart.
_SAID = {
    "fork": (
        "Sổ có hai nhánh từ số {number}: cùng một máy đã ghi hai lịch sử, hoặc hai máy cùng tiếp nối một chỗ. Gọi tổ giao dịch, giữ nguyên các máy, xem hai nhánh rồi quyết định nhánh nào ghi sổ.",
        "The book has two histories from {number}: one laptop wrote both, or two went on from one place. Call the team, keep the laptops as they are, look at both and decide which is booked.",
    ),
    "taken-over": (
        "Máy {letter} đã tiếp nối phiên trước số {number}, nhưng máy cũ vẫn ghi từ số đó. Sổ tính theo máy {letter}. Thu máy cũ, hỏi tổ giao dịch về các phiếu máy cũ ghi thêm (biên lai dưới đây) rồi cho lập lại.",
        "Laptop {letter} went on before {number}, but the first one wrote from there too. Laptop {letter} counts. Take the first one away, ask the team about what it added (receipts below) and have it entered again.",
    ),
    "set-aside": (
        "Đã quyết định không ghi sổ nhánh kia từ số {number}. Hỏi tổ giao dịch và người có biên lai về từng phiếu dưới đây; phiếu nào tiền đã trao thì lập lại.",
        "It was decided not to book the other branch from {number}. Ask the team and whoever has a receipt about each voucher below; enter again those whose money changed hands.",
    ),
}


class Twig(NamedTuple):
    """An entry as the office has it, booked or kept beside the book."""

    book: bytes
    number: int
    head: bytes
    prev: bytes
    raw: bytes
    batch: bytes
    booked: bool

    @property
    def made(self) -> Made:
        return from_bytes(Entry, self.raw), self.raw, self.head


def decided(db: Database, *, root: bytes, prev: bytes) -> DecisionRow | None:
    """What was decided of the entries that follow a head."""
    return db.get(DecisionRow, (root, prev))


def dropped(db: Database, *, root: bytes, number: int, prev: bytes, head: bytes) -> bool:
    """Whether an entry lies on a branch that was decided against; `prev` and `head` are its own."""
    word = decided(db, root=root, prev=prev)
    if word is not None:
        return word.kept != head
    earlier = db.exec(select(DecisionRow).where(DecisionRow.root == root, DecisionRow.number < number)).first()
    aside = db.exec(select(ForkRow.number).where(col(ForkRow.book).in_(lineage.of(root)), ForkRow.head == prev)).first()
    there = lineage.book_at(db, root, number - 1)
    return earlier is not None and aside is not None and (there is None or there.head != prev)


def keep_beside(db: Database, *, book: bytes, made: Iterable[Made], since: int, batch: bytes) -> list[Twig]:
    """Entries from a number on that are not booked; those that were not there yet."""
    new = []
    for entry, raw, head in made:
        if entry.number >= since and db.get(ForkRow, (book, entry.number, head)) is None:
            db.add(ForkRow(book=book, number=entry.number, head=head, raw=raw, batch=batch))
            new.append(Twig(book, entry.number, head, entry.prev, raw, batch, booked=False))
    return new


def to_enter_again(office: Office, db: Database, *, book: bytes, number: int, also: bytes, gone: Sequence[Twig]) -> None:
    """A case of the vouchers on a branch that was decided against; those that moved nothing are left out."""
    if listed := papers(office, db, [one for one in gone if from_bytes(Entry, one.raw).body.lines]):
        vi, en = (text.format(number=number) for text in _SAID["set-aside"])
        cases.raise_case(office, db, kind="set-aside", book=book, number=number, vi=vi, en=en, papers=listed, also=also)


def freeze(office: Office, db: Database, book: Book, *, number: int, by: Book | None) -> None:
    """Take no more into this book from a number on, and tell the officers; `by` is the book that went on there instead."""
    book.frozen = book.frozen or str(number)
    db.add(book)
    kind: cases.Kind = "taken-over" if by is not None else "fork"
    raise_alarm(office, db, kind=kind, device=book.device, book=book.book, number=number)
    letter = by.letter if by is not None else book.letter
    vi, en = (text.format(number=number, letter=letter) for text in _SAID[kind])
    cases.raise_case(office, db, kind=kind, book=book.book, number=number, vi=vi, en=en)


def vouched(entry: Entry, pack: Pack) -> bool:
    """Whether its maker, and an officer of the team who is another person, signed for it with their keys on that laptop."""
    message = chain.approval_message(book=entry.book, entry_id=entry.id, body=entry.body)
    held = {one.staff_id: one for one in pack.terms.team}
    signed: set[str] = set()
    for approval in entry.approvals:
        try:
            key = held[approval.staff_id].sign_key if approval.staff_id in held else b""
            keys.verify(key, "approval/1", message, approval.signature, what="approval")
        except keys.SignatureWrong:
            continue
        signed.add(approval.staff_id)
    return entry.maker in signed and any(held[one].role in OFFICERS for one in signed - {entry.maker})


def twigs(db: Database, root: bytes) -> list[Twig]:
    """Everything the office has of a lineage, by number; what was booked first."""
    found: dict[bytes, Twig] = {}
    for one in db.exec(lineage.entries_of(root)):
        found[one.head] = _twig(one, booked=True)
    wanted = select(ForkRow).where(col(ForkRow.book).in_(lineage.of(root))).order_by(col(ForkRow.number), col(ForkRow.head))
    for other in db.exec(wanted):
        found.setdefault(other.head, _twig(other, booked=False))
    return sorted(found.values(), key=lambda one: (one.number, not one.booked, one.head))


def _twig(row: EntryRow | ForkRow, *, booked: bool) -> Twig:
    return Twig(row.book, row.number, row.head, from_bytes(Entry, row.raw).prev, row.raw, row.batch, booked)


# A book, and what its people and groups are called, by code.
Names = dict[bytes, tuple[Book, dict[str, str]]]


def papers(office: Office, db: Database, made: Sequence[Twig], *, names: Names | None = None) -> tuple[Paper, ...]:
    """What entries say, as a team finds their papers: number as printed, kind, whose, cash.

    `names` keeps what was learned of each book for whoever asks of many: a pack takes long to open.
    """
    names = {} if names is None else names
    found = []
    for one in made:
        if one.book not in names:
            book, pack = db.get(Book, one.book), preparation.pack_of(office, db, book=one.book)
            if book is None or pack is None:
                continue
            names[one.book] = book, dict(vouchers.names(Roll(pack.terms)))
        book, known = names[one.book]
        body = from_bytes(Entry, one.raw).body
        text = number_text(
            point_code=book.point_code, session_date=f"{book.session_date:%Y%m%d}", letter=book.letter, number=one.number
        )
        found.append(Paper(number=text, what=body.kind, party=known.get(body.party, body.party), amount=body.cash))
    return tuple(found)
