"""The office decides which of two histories is booked. The other one stays as evidence, and its vouchers as a case.

A decision is about entries that follow one head: the one that is kept, and what follows it, is booked, and nothing of
the others. It is made once, kept for good in a signed record, and told to the laptops with the next acknowledgement.
Made again it is the same decision; another one in its place is refused, because laptops have been told.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, select

from sync import chain, keys
from sync.chain import Entry
from sync.errors import Refusal
from sync.office import booking, branches, cases, collisions, intake, letters, lineage, preparation
from sync.office.branches import Twig
from sync.office.cases import Paper
from sync.office.closing_checks import NOTE_LETTERS_MAX, NOTE_LETTERS_MIN, NoteShort
from sync.office.home import Office
from sync.office.store import AckRow, BatchRow, Book, CaseRow, DecisionRow
from sync.protocol import Status
from sync.records import Digest, Id, Record, Text, Whole, changed, from_bytes

# So much of a head names it among those that follow one entry.
HEAD_DIGITS_MIN = 8
_FORKS = ("fork", "taken-over")


class Word(Record):
    """A decision as it is kept: of the entries that follow `prev` the one with the head `kept` is booked."""

    root: Id
    prev: Digest
    kept: Digest
    book: Id
    number: Whole
    reason: Text
    made_by: Text
    made_s: Whole
    moved: bool
    signature: bytes = b""


class Branch(NamedTuple):
    """One of the entries that follow the same head, with all that follows it. Times are Unix seconds."""

    head: str
    letter: str
    booked: bool
    kept: bool
    entries: int
    last: int
    began_s: int
    ended_s: int
    papers: tuple[Paper, ...]


class Decided(NamedTuple):
    """What was decided; `again`: before, and nothing changed. `set_aside` are the vouchers of the other branches."""

    book: str
    number: int
    kept: str
    again: bool
    set_aside: tuple[Paper, ...]


class NoFork(Refusal):
    code = "decide.no-fork"
    vi = "Sổ {book} không có hai nhánh ở số {number}. Xem lại số ở trang Việc cần giải quyết."
    en = "Book {book} has no two histories at {number}. See the list of cases for the number."


class HeadUnknown(Refusal):
    code = "decide.head-unknown"
    vi = "Không có đúng một nhánh bắt đầu bằng mã “{head}” ở số {number}. Gõ ít nhất 8 chữ của mã một nhánh: {known}."
    en = "There is not exactly one branch whose head begins with “{head}” at {number}. Type at least 8 digits of one of them: {known}."


class DecidedOtherwise(Refusal):
    code = "decide.decided"
    vi = "Hai nhánh ở số {number} đã được {who} quyết định: giữ {kept}. Máy đã được báo nên không đổi lại được; phiếu cần thêm thì lập ở phiên sau."
    en = "The branches at {number} were decided by {who}: {kept} is kept. Laptops have been told, so it is not changed; what is missing is entered in the next session."


class BranchLoose(Refusal):
    code = "decide.loose"
    vi = "Nhánh này nối vào phiếu số {before} của một lịch sử mà văn phòng chưa nhận, nên chưa ghi sổ được. Nhận đủ từ máy hoặc USB đã ghi phiếu đó rồi quyết định phiếu số {number}."
    en = "This branch follows a voucher {before} of a history the office does not have, so it cannot be booked yet. Take in the laptop or stick that has it, then decide about {number}."


def decide(
    office: Office, *, book: bytes, number: int, keep: str = "", set_aside: str = "", reason: str, who: str
) -> Decided:
    """Book one branch of two, named by its head or by the other's. Raises `NoFork`, `HeadUnknown`, `DecidedOtherwise`, `BranchLoose`, `NoteShort`, `BackupUnavailable`."""
    said = " ".join(reason.split())
    if not NOTE_LETTERS_MIN <= len(said) <= NOTE_LETTERS_MAX:
        raise NoteShort(least=NOTE_LETTERS_MIN, most=NOTE_LETTERS_MAX)
    with office.store.writing() as db:
        row = _locked(db, book)
        if row is None:
            raise NoFork(book=book.hex()[:8], number=str(number))
        known = _everything(office, db, row.root)
        chosen = _chosen(known, book=row.book, number=number, keep=keep, set_aside=set_aside)
        before = branches.decided(db, root=row.root, prev=chosen.prev)
        _ask_earlier(db, row.root, known, chosen)
        word = Word(root=row.root, prev=chosen.prev, kept=chosen.head, book=chosen.book, number=number, reason=said,
                    made_by=who, made_s=office.now_s(), moved=not chosen.booked)  # fmt: skip
        if before is None:
            _apply(office, db, word, known)
        gone = branches.papers(office, db, _beside(known, chosen))
        root = row.root
    # Also when it was made before: the power may have gone between the decision and these two.
    back_up(office, root=root)
    cases.back_up(office, book=root)
    tell(office, root=root)
    return Decided(chosen.book.hex(), number, chosen.head.hex(), before is not None, gone)


def choices(office: Office, db: Database, *, book: bytes, number: int) -> tuple[Branch, ...]:
    """The branches at a number of a book, what is booked first; none where there are no two."""
    row = db.get(Book, book)
    known = _everything(office, db, row.root) if row else []
    made = []
    for one in _parting(known, book=book, number=number):
        run = _run(db, known, one)
        word = branches.decided(db, root=row.root, prev=one.prev) if row else None
        first, last = from_bytes(Entry, run[0].raw), from_bytes(Entry, run[-1].raw)
        wrote = db.get(Book, one.book)
        made.append(
            Branch(
                head=one.head.hex(), letter=wrote.letter if wrote else "?", booked=one.booked,
                kept=word is not None and word.kept == one.head, entries=len(run), last=run[-1].number,
                began_s=first.wall_s, ended_s=last.wall_s, papers=branches.papers(office, db, run),
            )
        )  # fmt: skip
    return tuple(made)


def back_up(office: Office, *, root: bytes | None = None) -> int:
    """Put into the backup the decisions it lacks, of one lineage or all; how many were looked at. Raises `BackupUnavailable`."""
    wanted = select(DecisionRow)
    with office.store.reading() as db:
        rows = db.exec(wanted.where(DecisionRow.root == root) if root else wanted).all()
    for row in rows:
        word = Word(root=row.root, prev=row.prev, kept=row.kept, book=row.book, number=row.number, reason=row.reason,
                    made_by=row.made_by, made_s=row.made_s, moved=row.moved)  # fmt: skip
        signed = keys.signed(office.sign_seed, "decision/1", word).to_bytes()
        office.backup.keep("decisions", f"{word.made_s:012d}-{word.kept.hex()[:16]}", signed)
    return len(rows)


def put_back(office: Office) -> int:
    """Make the decisions of the backup again whose branches are there, in their order; how many."""
    made = 0
    for _, raw in office.backup.letters("decisions"):
        word = from_bytes(Word, raw)
        keys.verify_signed(office.sign_key, "decision/1", word, what="decision")
        with office.store.writing() as db:
            row = _locked(db, word.root)
            known = _everything(office, db, word.root) if row else []
            there = len([one for one in known if one.prev == word.prev]) > 1 and any(one.head == word.kept for one in known)
            if not there or branches.decided(db, root=word.root, prev=word.prev):
                continue
            _apply(office, db, changed(word, signature=b""), known)
        tell(office, root=word.root)
        made += 1
    return made


def tell(office: Office, *, root: bytes) -> None:
    """A new acknowledgement for every book of a lineage that had one or has entries."""
    with office.store.reading() as db:
        words: list[tuple[bytes, Status, str]] = []
        dropped = {one.book: one.number for one in reversed(_dropped(db, root))}
        for row in db.exec(select(Book).where(Book.root == root)):
            told = db.exec(select(AckRow.ack_no).where(AckRow.book == row.book)).first()
            if not row.received and told is None:
                continue
            lost = dropped.get(row.book, 0)
            status: Status = "fork" if row.frozen else "rejected" if lost > row.received else "ok"
            words.append((row.book, status, row.frozen or (str(lost) if status == "rejected" else "")))
    for book, status, reason in words:
        intake.acknowledge(office, book=book, status=status, reason=reason)


def _dropped(db: Database, root: bytes) -> list[Twig]:
    """What was decided against, by number."""
    return [
        one for one in branches.twigs(db, root)
        if not one.booked and branches.dropped(db, root=root, number=one.number, prev=one.prev, head=one.head)
    ]  # fmt: skip


def _locked(db: Database, book: bytes) -> Book | None:
    """A book, and the first of its lineage, which is what all who change it wait for."""
    row = db.get(Book, book)
    if row is not None:
        db.get(Book, row.root, with_for_update=True, populate_existing=True)
    return row


def _everything(office: Office, db: Database, root: bytes) -> list[Twig]:
    """All the office has of a lineage: booked, kept beside it, and in the letters that came while it was frozen."""
    known = {one.head: one for one in branches.twigs(db, root)}
    waiting = select(BatchRow).where(col(BatchRow.book).in_(lineage.of(root)), BatchRow.outcome == "frozen")
    for letter in db.exec(waiting).all():
        for entry, raw, head in letters.opened(office, db, letter.raw).batch.entries:
            if head not in known:
                known[head] = Twig(letter.book, entry.number, head, entry.prev, raw, letter.batch, booked=False)
    return sorted(known.values(), key=lambda one: (one.number, not one.booked, one.head))


def _parting(known: Sequence[Twig], *, book: bytes, number: int) -> list[Twig]:
    """The entries at a number that follow one head, of which one stands in this book or this book goes on from there."""
    for one in known:
        beside = [other for other in known if other.prev == one.prev]
        if one.number == number and len(beside) > 1 and book in {other.book for other in beside}:
            return beside
    return []


def _chosen(known: Sequence[Twig], *, book: bytes, number: int, keep: str, set_aside: str) -> Twig:
    beside = _parting(known, book=book, number=number)
    if not beside:
        raise NoFork(book=book.hex()[:8], number=str(number))
    digits = (keep or set_aside).strip().lower().replace(" ", "")
    found = [one for one in beside if len(digits) >= HEAD_DIGITS_MIN and one.head.hex().startswith(digits)]
    if len(found) == 1 and not keep:
        found = [one for one in beside if one is not found[0]]
    if len(found) != 1:
        listed = ", ".join(one.head.hex()[:HEAD_DIGITS_MIN].upper() for one in beside)
        raise HeadUnknown(head=digits[:64], number=str(number), known=listed)
    return found[0]


def _ask_earlier(db: Database, root: bytes, known: Sequence[Twig], chosen: Twig) -> None:
    """Nothing on the way to the chosen entry was decided against, or is not there. Raises `DecidedOtherwise`, `BranchLoose`."""
    by_head = {one.head: one for one in known}
    at: Twig | None = chosen
    while at is not None:
        word = branches.decided(db, root=root, prev=at.prev)
        if word is not None and word.kept != at.head:
            kept = word.kept.hex()[:HEAD_DIGITS_MIN].upper()
            raise DecidedOtherwise(number=str(at.number), who=word.made_by, kept=kept)
        if at.prev != chain.NO_HEAD and at.prev not in by_head:
            raise BranchLoose(number=str(at.number), before=str(at.number - 1))
        at = by_head.get(at.prev)


def _run(db: Database, known: Sequence[Twig], first: Twig, *, root: bytes = b"") -> list[Twig]:
    """An entry and what follows it: where two follow one, the decided one, else the booked one, else none."""
    run = [first]
    while True:
        after = [one for one in known if one.prev == run[-1].head]
        word = branches.decided(db, root=root, prev=run[-1].head) if root and len(after) > 1 else None
        chosen = [one for one in after if (one.head == word.kept if word else one.booked or len(after) == 1)]
        if len(chosen) != 1:
            return run
        run.append(chosen[0])


def _beside(known: Sequence[Twig], chosen: Twig) -> list[Twig]:
    """Everything that follows the entries beside the chosen one, with them."""
    gone = {one.head for one in known if one.prev == chosen.prev and one is not chosen}
    for one in known:
        if one.prev in gone:
            gone.add(one.head)
    return [one for one in known if one.head in gone]


def _apply(office: Office, db: Database, word: Word, known: Sequence[Twig]) -> None:
    """Book the path that a decision says, and say what of the rest somebody must see to."""
    db.add(DecisionRow(root=word.root, prev=word.prev, kept=word.kept, book=word.book, number=word.number,
                       moved=word.moved, reason=word.reason, made_by=word.made_by, made_s=word.made_s))  # fmt: skip
    db.flush()
    by_head = {one.head: one for one in known}
    chosen = by_head[word.kept]
    path = _run(db, known, chosen, root=word.root)
    while path[0].prev != chain.NO_HEAD:
        path.insert(0, by_head[path[0].prev])
    booked = [one for one in known if one.booked]
    same = len(list(itertools.takewhile(lambda two: two[0].head == two[1].head, zip(path, booked, strict=False))))
    if booked[same:]:
        booking.unbook(office, db, root=word.root, since=same + 1, note=word.reason, who=word.made_by)
    _book(office, db, path[same:])
    undecided = _undecided(db, word.root, known)
    for row in db.exec(select(Book).where(Book.root == word.root)).all():
        if row.frozen and int(row.frozen) not in undecided:
            row.frozen = ""
            db.add(row)
    _settle(office, db, word, undecided)
    branches.to_enter_again(
        office, db, book=word.book, number=word.number, also=word.prev, gone=_beside(known, chosen)
    )  # fmt: skip


def _book(office: Office, db: Database, path: Sequence[Twig]) -> None:
    """Put a run of entries into their books, laptop by laptop."""
    while path:
        mine = [one for one in path if one.book == path[0].book]
        row = db.get(Book, path[0].book, with_for_update=True, populate_existing=True)
        pack = preparation.pack_of(office, db, book=path[0].book)
        before = lineage.book_at(db, row.root, mine[0].number - 1) if row else None
        if row is None or pack is None:
            raise booking.BookDamaged(book=path[0].book.hex()[:8])
        if row.follows and row.received == row.begins and before is not None:
            booking.begin(db, row, after=before)
        session = booking.append(office, db, row, pack, [one.made for one in mine], mine[0].batch)
        collisions.look(office, db, row, [one.made[0] for one in mine], roll=session.roll)
        db.flush()
        path = path[len(mine) :]


def _undecided(db: Database, root: bytes, known: Sequence[Twig]) -> set[int]:
    """The numbers at which two entries follow one head and nobody has said which counts."""
    after: dict[bytes, list[Twig]] = {}
    for one in known:
        after.setdefault(one.prev, []).append(one)
    return {
        ones[0].number for prev, ones in after.items()
        if len(ones) > 1 and branches.decided(db, root=root, prev=prev) is None
        # What follows only entries that were set aside is set aside with them.
        and not any(branches.dropped(db, root=root, number=one.number, prev=one.prev, head=one.head) for one in ones)
    }  # fmt: skip


def _settle(office: Office, db: Database, word: Word, undecided: set[int]) -> None:
    """The cases that asked for a decision are settled by it."""
    rows = db.exec(select(CaseRow).where(col(CaseRow.book).in_(lineage.of(word.root)), col(CaseRow.kind).in_(_FORKS))).all()
    done = cases.settled(db, {one.case_id for one in rows})
    for row in rows:
        if row.case_id not in done and row.number not in undecided:
            cases.settle_by(office, db, case=row.case_id, note=word.reason, who=word.made_by)
