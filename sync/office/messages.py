"""Messages to telephones: who is told what of which voucher, what is due, and what left in which file.

The office has no gateway of its own: it writes a file, and whoever sends the messages takes it from there.

A voucher is told of once it was received, replayed by the rules and read back from the backup. Its message is then
written down, once, and its text never changes. Whether it may leave is asked again each time: not while the office
holds a difference on the voucher, not of a revoked laptop, of a second history or of a pack that was replaced, not to
somebody who wants none.

An export is write, force to the disk, rename, then mark: no half file counts and nothing is lost. A crash between
the rename and the mark leaves its messages due, under the same references; a gateway that keeps references drops
the doubles, and `sent` marks what an earlier file had. The references of every export are in the backup: in a database
that was built again from it they are written down as exported.
"""

import contextlib
import csv
import datetime
import io
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, get_args

from sqlmodel import Session as Database
from sqlmodel import col, func, select

from sync import keys, sms
from sync.chain import Entry
from sync.errors import Refusal, Unavailable
from sync.office import cases, lineage, preparation, register, settings
from sync.office.backup import BackupUnavailable, sync_folder
from sync.office.home import Office
from sync.office.settings import Messages
from sync.office.store import (
    Book,
    DatabaseUnavailable,
    DecisionRow,
    Device,
    EntryRow,
    MessageBook,
    MessageChoice,
    MessageRow,
    PackRow,
)
from sync.records import from_bytes

State = Literal["due", "exported", "withheld"]
STATES: Final[tuple[State, ...]] = get_args(State)
# Why a message stays here, in words of both languages; the first that holds is said.
WHY: Final[Mapping[str, tuple[str, str]]] = {
    "revoked": ("máy đã thu hồi", "the laptop is revoked"),
    "two-histories": ("sổ có hai nhánh từ trước số này", "the book has two histories at or before this number"),
    "superseded": ("sổ ghi theo gói đã bị thay thế", "the book was written under a pack that was replaced"),
    "difference": ("văn phòng thấy khác biệt ở phiếu này", "the office holds a difference on this voucher"),
    "elsewhere": ("máy khác của phiên chưa khóa sổ, hoặc người này giao dịch ở máy khác", "another laptop of the session is not closed, or served this person"),
    "no-phone": ("không có số di động trong tệp kết xuất", "no mobile number in the export"),
    "opted-out": ("khách hàng không muốn nhận tin", "the customer wants no messages"),
    "kind-off": ("loại phiếu này không nhắn tin (settings.toml)", "vouchers of this kind are not told of (settings.toml)"),
    "too-old": ("phiên đã quá số ngày còn nhắn tin (settings.toml)", "the session is older than is told of (settings.toml)"),
    "off": ("tin nhắn đang tắt (settings.toml)", "messages are off (settings.toml)"),
}  # fmt: skip
# Those that somebody has to look into.
DOUBTS: Final = ("revoked", "two-histories", "superseded", "difference")
COLUMNS: Final = ("phone", "text", "reference")
# Sessions and texts a page shows at once.
SESSIONS_MAX: Final = 40
ROWS_MAX: Final = 200
# No session is told of after more years than these, whatever the settings say: the days must be a date.
_DAYS_MAX: Final = 3_660
# A database takes 32,766 values in one question.
_ASKED_MAX: Final = 10_000
_REFERENCE: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)


class Told(NamedTuple):
    """One message as it stands; `why` is a name of `WHY`, empty where nothing keeps it here.

    `leaders_phone`: it goes to the number of the group's leader, who is somebody else.
    """

    reference: str
    book: str
    point_name: str
    session_date: datetime.date
    letter: str
    number: int
    customer_code: str
    name: str
    kind: str
    phone: str
    leaders_phone: bool
    text: str
    exported_s: int | None
    file: str
    why: str

    @property
    def state(self) -> State:
        if self.exported_s is not None:
            return "exported"
        return "withheld" if self.why else "due"


class SessionCounts(NamedTuple):
    """The messages of one book; `reasons` is how many are withheld for each name of `WHY`."""

    book: str
    point_name: str
    session_date: datetime.date
    letter: str
    due: int
    exported: int
    reasons: Mapping[str, int]
    leaders_phone: int

    @property
    def withheld(self) -> int:
        return sum(self.reasons.values())


class MessagesOff(Refusal):
    code = "messages.off"
    vi = "Tin nhắn đang tắt. Đặt on = true trong bảng [messages] của settings.toml rồi chạy lại."
    en = "Messages are off. Set on = true in the table [messages] of settings.toml, then run this again."


class ExportThere(Refusal):
    code = "messages.file-there"
    vi = "Tệp {file} đã có. Nếu tin trong đó đã gửi, chạy messages sent với tệp ấy; nếu không, chọn tên khác hoặc xóa tệp cũ."
    en = "There is a file {file} already. If what it says was sent, run messages sent with it; if not, choose another name or delete it."


class ExportUnwritable(Unavailable):
    code = "messages.file-unwritable"
    vi = "Không ghi được tệp {file} ({reason}). Chưa tin nào tính là đã xuất; kiểm tra ổ đĩa rồi chạy lại."
    en = "The file {file} cannot be written ({reason}). No message counts as exported; check the disk, then run this again."


class ExportUnmarked(Unavailable):
    code = "messages.unmarked"
    vi = "Tệp {file} đã ghi xong nhưng chưa đánh dấu được vào cơ sở dữ liệu. Giữ tệp; khi cơ sở dữ liệu chạy lại, chạy messages sent với tệp ấy."
    en = "The file {file} is written but could not be marked in the database. Keep it; once the database answers, run messages sent with it."


class ExportStrange(Refusal):
    code = "messages.file-strange"
    vi = "Tệp này không phải tệp tin nhắn văn phòng đã xuất (dòng {row}). Chọn đúng tệp có ba cột phone, text, reference."
    en = "This is no file of messages this office exported (line {row}). Choose one with the columns phone, text, reference."


class ReceiverUnknown(Refusal):
    code = "messages.receiver-unknown"
    vi = "“{who}” không phải số di động và không phải mã khách hàng nào văn phòng biết. Kiểm tra lại rồi gõ số hoặc mã."
    en = "“{who}” is neither a mobile number nor a customer code the office knows. Check it and type a number or a code."


# What is to be told


def write(office: Office) -> None:
    """Write down the messages of all that was approved since; nothing while messages are off, nor of old sessions.

    Raises what `settings.messages` raises.
    """
    asked = settings.messages(office.session_settings)
    if not asked.on:
        return
    wanted = select(Book.book, Book.safe).where(Book.session_date >= _oldest(office, asked), Book.safe > 0)
    with office.store.reading() as db:
        written = dict(db.exec(select(MessageBook.book, MessageBook.written)).all())
        behind = [book for book, safe in db.exec(wanted.order_by(col(Book.session_date))) if safe > written.get(book, 0)]
    left = _left(office) if behind else {}
    for book in behind:
        with office.store.writing() as db:
            _write_book(office, db, book, unpaid=sms.UNPAID in asked.kinds, left=left)


def _left(office: Office) -> dict[str, int]:
    """When each message left, by its reference, as the backup has it."""
    return {
        one: int(name.partition("-")[0])
        for name, raw in office.backup.letters("messages")
        for one in raw.decode("ascii").split()
    }


def _back_up(office: Office, references: Sequence[str]) -> None:
    """Keep what left; where the backup does not take it, a restore leaves it due under the same references."""
    raw = "\n".join(references).encode()
    name = f"{office.now_s():012d}-{keys.digest('messages/1', raw)[:8].hex()}"
    with contextlib.suppress(BackupUnavailable):
        office.backup.keep("messages", name, raw)


def _oldest(office: Office, asked: Messages) -> datetime.date:
    """The oldest day of a session that anybody is told of."""
    return office.today() - datetime.timedelta(days=min(asked.days, _DAYS_MAX))


def _write_book(office: Office, db: Database, book: bytes, *, unpaid: bool, left: Mapping[str, int]) -> None:
    # The book's row is what two writers of one book wait for.
    row = db.get(Book, book, with_for_update=True)
    pack = preparation.pack_of(office, db, book=book)
    mark = db.get(MessageBook, book) or MessageBook(book=book, written=0)
    if row is None or pack is None or row.safe <= mark.written:
        return
    # What another laptop wrote before it is folded too, and told under its own book.
    raws = db.exec(lineage.entries_of(row.root, EntryRow.raw).where(EntryRow.number <= row.safe))
    entries = (from_bytes(Entry, raw) for raw in raws.all())
    names = {one.customer_code: one.full_name for one in pack.terms.customers}
    bodies = ((one.body, one.maker) for one in entries)
    after = max(mark.written, row.begins)
    told = sms.of_book(pack.terms, bodies, letter=row.letter, after=after, unpaid=unpaid)
    moved = select(DecisionRow.number).where(DecisionRow.root == row.root, col(DecisionRow.moved).is_(True))
    since = db.exec(moved.order_by(col(DecisionRow.number))).first()
    heads = dict(db.exec(lineage.entries_of(row.root, EntryRow.number, EntryRow.head)).all()) if since else {}
    for place, one in enumerate(told):
        named = reference(book=book, number=one.number, customer_code=one.customer_code)
        if since and one.number >= since:
            # Before the office decided, somebody may have been told of another voucher at this number, or of this one.
            before = db.get(MessageRow, named)
            if before is not None and before.text == one.text:
                continue
            head = heads[one.number]
            named = reference(book=book, number=one.number, customer_code=one.customer_code, head=head)
        db.add(MessageRow(
            reference=named, book=book, number=one.number, place=place, customer_code=one.customer_code,
            name=names.get(one.customer_code, ""), kind=one.kind, phone=one.phone, leaders_phone=one.leaders_phone,
            text=one.text, made_s=office.now_s(), exported_s=left.get(named), file="",
        ))  # fmt: skip
    mark.written = row.safe
    db.add(mark)


def reference(*, book: bytes, number: int, customer_code: str, head: bytes = b"") -> str:
    """What a message goes by: the same whenever it is made again, and nothing to be read out of it.

    `head` is of an entry that was booked by a decision: what was told of that number before was of another one.
    """
    label = "message/2" if head else "message/1"
    return keys.digest(label, book, number.to_bytes(8, "big"), customer_code.encode(), head)[:8].hex()


# What may leave


class _Doubts(NamedTuple):
    """All that can keep a message here."""

    asked: Messages
    oldest: datetime.date
    stopped: frozenset[str]
    differences: frozenset[tuple[bytes, int]]
    revoked: frozenset[bytes]
    superseded: frozenset[bytes]
    # Lineages, by the first book of each, of each session that are not closed, and who was served in which: (point, day) and (point, day, customer).
    unfinished: Mapping[tuple[str, datetime.date], frozenset[bytes]]
    served: Mapping[tuple[str, datetime.date, str], frozenset[bytes]]

    def why(self, row: Any, book: Any) -> str:
        """The first reason there is, a name of `WHY`; empty where the message may leave."""
        reasons = {
            "revoked": book.device in self.revoked,
            "two-histories": bool(book.frozen) and row.number >= int(book.frozen),
            "superseded": book.root in self.superseded,
            "difference": (book.book, row.number) in self.differences,
            "elsewhere": row.kind == sms.UNPAID and self._elsewhere(row, book),
            "no-phone": not row.phone,
            "opted-out": row.phone in self.stopped or row.customer_code in self.stopped,
            "kind-off": row.kind not in self.asked.kinds,
            "too-old": book.session_date < self.oldest,
            "off": not self.asked.on,
        }
        return next((one for one, holds in reasons.items() if holds), "")

    def _elsewhere(self, row: Any, book: Any) -> bool:
        """Whether nobody can say yet that nothing came for this person, or somebody knows that it did."""
        session = (book.point_code, book.session_date)
        others = self.unfinished.get(session, frozenset()) | self.served.get((*session, row.customer_code), frozenset())
        return bool(others - {book.root})


def _doubts(office: Office, db: Database) -> _Doubts:
    asked = settings.messages(office.session_settings)
    chosen = {row.who: row.wanted for row in db.exec(select(MessageChoice).order_by(col(MessageChoice.number)))}
    return _Doubts(
        asked=asked,
        oldest=_oldest(office, asked),
        stopped=frozenset(who for who, wanted in chosen.items() if not wanted),
        differences=cases.doubted(db),
        revoked=frozenset(db.exec(select(Device.device).where(col(Device.revoked_s).is_not(None)))),
        superseded=frozenset(db.exec(select(PackRow.book).where(col(PackRow.superseded).is_(True)))),
        **_sessions(db, _oldest(office, asked) if sms.UNPAID in asked.kinds else None),
    )


def _sessions(db: Database, oldest: datetime.date | None) -> dict[str, Any]:
    """What the other laptops of a session say; asked only where somebody is told that nothing came."""
    unfinished: dict[Any, frozenset[bytes]] = {}
    served: dict[Any, frozenset[bytes]] = {}
    if oldest is not None:
        begun = (
            select(Book)
            .join(PackRow, col(PackRow.book) == col(Book.root))
            .where(Book.session_date >= oldest, col(PackRow.superseded).is_(False))
        )
        # A session that went on at another laptop is closed in the last of its books.
        for row in db.exec(begun).all():
            if row.state != "closed" and lineage.whole(db, row) is row:
                key = (row.point_code, row.session_date)
                unfinished[key] = unfinished.get(key, frozenset()) | {row.root}
        told = (
            select(Book.point_code, col(Book.session_date), MessageRow.customer_code, Book.root)
            .join(MessageRow, col(MessageRow.book) == col(Book.book))
            .where(Book.session_date >= oldest, MessageRow.kind != sms.UNPAID)
            .distinct()
        )
        for point_code, day, customer_code, root in db.exec(told):
            whose = (point_code, day, customer_code)
            served[whose] = served.get(whose, frozenset()) | {root}
    return {"unfinished": unfinished, "served": served}


_ORDER: Final = (col(Book.session_date), Book.point_code, Book.letter, col(MessageRow.number), col(MessageRow.place))


def _due(office: Office, db: Database) -> list[MessageRow]:
    """The messages that may leave, in the order of their vouchers; nobody else takes them until the transaction ends."""
    waiting = (
        select(MessageRow, Book)
        .join(Book, col(Book.book) == col(MessageRow.book))
        .where(col(MessageRow.exported_s).is_(None))
        .order_by(*_ORDER)
        .with_for_update(of=MessageRow)
    )
    doubts = _doubts(office, db)
    return [row for row, book in db.exec(waiting) if not doubts.why(row, book)]


def export(office: Office, *, out: Path) -> int:
    """Write what is due into a new file and mark it; how many there were. Without any, no file is made.

    Raises `MessagesOff`, `ExportThere`, `ExportUnwritable`: nothing counts as exported. Raises `ExportUnmarked` where
    the file stands and its messages are still due.
    """
    if not settings.messages(office.session_settings).on:
        raise MessagesOff
    write(office)
    stands = False
    try:
        with office.store.writing() as db:
            due = _due(office, db)
            if out.exists():
                raise ExportThere(file=out.name)
            if due:
                _put(out, due)
                stands = True
            for row in due:
                row.exported_s, row.file = office.now_s(), out.name
                db.add(row)
            named = [row.reference for row in due]
    except DatabaseUnavailable as error:
        if stands:
            raise ExportUnmarked(file=out.name) from error
        raise
    if named:
        _back_up(office, named)
    return len(named)


def _put(out: Path, rows: Sequence[MessageRow]) -> None:
    """A whole file or none, its owner's alone: forced to the disk before it gets its name."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    lines.writerows((_abroad(row.phone), row.text, row.reference) for row in rows)
    half = out.with_name(out.name + ".part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        half.unlink(missing_ok=True)
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.getvalue().encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        half.replace(out)
        sync_folder(out.parent)
    except OSError as error:
        raise ExportUnwritable(file=out.name, reason=type(error).__name__) from error


def _abroad(phone: str) -> str:
    """With the country's number in front: a spreadsheet that opens the file takes no zero away."""
    return "84" + phone.removeprefix("0")


def sent(office: Office, *, raw: bytes, name: str) -> tuple[int, int]:
    """Mark what an exported file says as exported: after a crash or a restore; (marked now, known in all).

    Raises `ExportStrange`.
    """
    references = _references(raw)
    write(office)
    with office.store.writing() as db:
        known: list[MessageRow] = []
        for first in range(0, len(references), _ASKED_MAX):
            some = col(MessageRow.reference).in_(references[first : first + _ASKED_MAX])
            known += db.exec(select(MessageRow).where(some).with_for_update()).all()
        marked = [row for row in known if row.exported_s is None]
        for row in marked:
            row.exported_s, row.file = office.now_s(), name
            db.add(row)
        named = [row.reference for row in marked]
    if named:
        _back_up(office, named)
    return len(named), len(known)


def _references(raw: bytes) -> list[str]:
    try:
        rows = list(csv.reader(io.StringIO(raw.decode("ascii"), newline=""), strict=True))
    except (ValueError, csv.Error) as error:
        raise ExportStrange(row=1) from error
    for place, row in enumerate(rows or [[]], start=1):
        if row != list(COLUMNS) if place == 1 else len(row) != len(COLUMNS) or not _REFERENCE.fullmatch(row[2]):
            raise ExportStrange(row=place)
    return list(dict.fromkeys(row[2] for row in rows[1:]))


# Who wants none


def choose(office: Office, *, who: str, wanted: bool, by: str) -> str:
    """Keep that somebody wants no messages, or wants them again; the number or code as it is kept.

    Raises `ReceiverUnknown`.
    """
    asked = "".join(who.split())
    with office.store.writing() as db:
        receiver = sms.mobile(who) or (asked if _known(db, asked) else "")
        if not receiver:
            raise ReceiverUnknown(who=who.strip()[:40])
        latest = select(MessageChoice).where(MessageChoice.who == receiver).order_by(col(MessageChoice.number).desc())
        said = db.exec(latest.limit(1)).first()
        if (said.wanted if said else True) != wanted:
            db.add(MessageChoice(who=receiver, wanted=wanted, said_s=office.now_s(), said_by=by))
    return receiver


def _known(db: Database, customer_code: str) -> bool:
    told = db.exec(select(MessageRow.reference).where(MessageRow.customer_code == customer_code).limit(1)).first()
    return told is not None or register.has_customer(db, customer_code)


def stopped(office: Office) -> tuple[MessageChoice, ...]:
    """The latest word of everybody who wants no messages, the newest first."""
    with office.store.reading() as db:
        said = {row.who: row for row in db.exec(select(MessageChoice).order_by(col(MessageChoice.number)))}
    return tuple(row for row in reversed(said.values()) if not row.wanted)


# What there is


def listed(office: Office, *, states: Collection[State] = STATES, book: bytes | None = None) -> Iterator[Told]:
    """The messages in these states, in the order of their vouchers; of one book where it is asked for."""
    wanted = select(MessageRow, Book).join(Book, col(Book.book) == col(MessageRow.book)).order_by(*_ORDER)
    if book is not None:
        wanted = wanted.where(MessageRow.book == book)
    with office.store.reading() as db:
        doubts, rows = _doubts(office, db), db.exec(wanted).all()
    for row, of in rows:
        told = Told(
            row.reference, of.book.hex(), of.point_name, of.session_date, of.letter, row.number, row.customer_code,
            row.name, row.kind, row.phone, row.leaders_phone, row.text, row.exported_s, row.file,
            "" if row.exported_s is not None else doubts.why(row, of),
        )  # fmt: skip
        if told.state in states:
            yield told


def sessions(office: Office) -> tuple[SessionCounts, ...]:
    """The latest sessions that have messages, with how many there are in each state."""
    having = select(MessageRow.book).distinct()
    chosen = select(Book).where(col(Book.book).in_(having))
    order = (col(Book.session_date).desc(), Book.point_code, Book.letter)
    counted = (
        MessageRow.number, MessageRow.customer_code, MessageRow.kind, MessageRow.phone,
        MessageRow.leaders_phone, func.coalesce(MessageRow.exported_s, 0).label("left_s"),
    )  # fmt: skip
    made: list[SessionCounts] = []
    with office.store.reading() as db:
        doubts = _doubts(office, db)
        for book in db.exec(chosen.order_by(*order).limit(SESSIONS_MAX)).all():
            rows = db.execute(select(*counted).where(MessageRow.book == book.book)).all()  # type: ignore[call-overload]
            reasons: dict[str, int] = {}
            for row in rows:
                why = "exported" if row.left_s else doubts.why(row, book)
                reasons[why] = reasons.get(why, 0) + 1
            made.append(SessionCounts(
                book.book.hex(), book.point_name, book.session_date, book.letter, reasons.pop("", 0),
                reasons.pop("exported", 0), reasons, sum(1 for row in rows if row.leaders_phone),
            ))  # fmt: skip
    return tuple(made)
