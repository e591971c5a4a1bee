"""A book whose laptop and stick are both gone: what the office received, for another laptop to go on from, and what is missing.

The receipts people bring and the closing sheet say which numbers there were: each of them names its amount and the
turnovers of its book, so between two of them it is known what cash went in and out. Nothing is made up: a missing
voucher is entered again by the team, with its old number as the number of the paper, after asking whoever was there.

The file is a mirror that the office signs in the laptop's place, entries and all: it has only the laptop's signature
under the end of each batch, and nothing a laptop could forge is in it. What the office hands out so, it also takes back.
"""

import contextlib
import itertools
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, select

from sync import chain, keys, mirror, pack
from sync.chain import Entry, Sealed, Stub, stub_of, verify_stub
from sync.errors import Refusal
from sync.keys import SignatureWrong
from sync.mirror import FRAME_BYTES_MAX
from sync.money import figures
from sync.office import cases, devices, lineage, preparation
from sync.office.backup import BackupUnavailable
from sync.office.cases import Paper
from sync.office.home import Office
from sync.office.store import Book, Device, EntryRow
from sync.outage import NO_SIGNATURE, unsigned
from sync.pack import Pack
from sync.receipt import NotReceipt, compare, read_receipt
from sync.records import changed, from_bytes
from sync.session import Session
from sync.voucher import number_text

# So many entries go into one frame of the file: far below `FRAME_BYTES_MAX`, each is one to three kilobytes.
_FRAME_ENTRIES: Final = FRAME_BYTES_MAX // (16 * 1024)


class Missing(NamedTuple):
    """A number the office lacks. `stub` is what its receipt says, None where nobody brought one; `text` is as printed."""

    number: int
    text: str
    stub: Stub | None


class Stretch(NamedTuple):
    """Missing numbers in a row without receipts: what went in and out in all; None where no later paper bounds it."""

    first: int
    last: int
    cash_in: int | None
    cash_out: int | None


class Rebuilt(NamedTuple):
    """What is known of a book. `last` is the last number anything speaks of; `closed`: the closing sheet says it is the last.

    `strange` are texts that prove nothing of this book, by their place among those given, each with why.
    """

    book: str
    received: int
    last: int
    closed: bool
    missing: tuple[Missing, ...]
    stretches: tuple[Stretch, ...]
    strange: tuple[tuple[int, str], ...]


class RebuildNothing(Refusal):
    code = "rebuild.nothing"
    vi = "Văn phòng chưa nhận phiếu nào của sổ này nên không có gì để làm tiếp. Mở gói mới cho máy khác và nhập lại từ biên lai."
    en = "The office received nothing of this book, so there is nothing to go on from. Prepare a pack for another laptop and enter the receipts again."


class RebuildElsewhere(Refusal):
    code = "rebuild.went-on"
    vi = "Phiên này đã làm tiếp trên máy khác ({letter}). Văn phòng chỉ dựng lại được sổ của máy đầu; dùng USB của máy {letter}, hoặc nhập lại phần thiếu ở phiên bù."
    en = "This session went on at another laptop ({letter}). The office rebuilds the first one's book only; use laptop {letter}'s stick, or enter what is missing in a make-up session."


class RebuildUnsigned(Refusal):
    code = "rebuild.unsigned"
    vi = "Sổ dừng trong khoảng máy không ký được nên không dựng lại để làm tiếp được. Nhập lại phần thiếu ở phiên bù."
    en = "The book ends inside a gap its laptop could not sign, so it is not rebuilt to go on from. Enter what is missing in a make-up session."


class NoSpare(Refusal):
    code = "rebuild.no-spare"
    vi = "Gói của phiên không nêu máy dự phòng nào nên không máy nào làm tiếp được. Lập gói mới và nhập lại phần thiếu ở phiên bù."
    en = "The session's pack names no spare laptop, so none can go on. Prepare a new pack and enter what is missing in a make-up session."


# What is missing


def missing(office: Office, *, book: bytes, receipts: Sequence[str], closing: str = "") -> Rebuilt:
    """What receipts and a closing sheet know of a book beyond what was received. Raises `RebuildNothing`."""
    with office.store.reading() as db:
        row = db.get(Book, book)
        row = lineage.whole(db, row) if row else None
        last = lineage.book_at(db, row.root, row.received) if row else None
        if row is None or last is None:
            raise RebuildNothing
        held = stub_of(from_bytes(Entry, last.raw), last.head)
        found, strange = _read(db, row, held, [*receipts, *([closing] if closing.strip() else [])])
    known = {stub.number: stub for stub in found}
    end = max((row.received, *known))
    closed = bool(closing.strip()) and not any(place == len(receipts) for place, _ in strange)
    lacks = tuple(Missing(n, _text(row, n), known.get(n)) for n in range(row.received + 1, end + 1))
    return Rebuilt(row.book.hex(), row.received, end, closed, lacks, tuple(_stretches(held, lacks)), tuple(strange))


def _text(row: Book, number: int) -> str:
    return number_text(
        point_code=row.point_code, session_date=f"{row.session_date:%Y%m%d}", letter=row.letter, number=number
    )


def _read(db: Database, row: Book, held: Stub, texts: Sequence[str]) -> tuple[list[Stub], list[tuple[int, str]]]:
    """The stubs of this book beyond what was received that the laptop signed, and what the other texts are."""
    key = devices.genuine_key(devices.enrolled(db, device=row.device))
    found: list[Stub] = []
    strange: list[tuple[int, str]] = []
    for place, text in enumerate(texts):
        try:
            stub, signature = read_receipt(text)
        except NotReceipt as fault:
            strange.append((place, fault.code))
            continue
        members = [one.book for one in lineage.parts(db, row)]
        if stub.book not in members:
            strange.append((place, "receipt.other-book"))
            continue
        try:
            writer = db.get(Device, row.device) if stub.book == row.book else db.get(Device, _device_of(db, stub.book))
            verify_stub(stub, signature, device_key=devices.genuine_key(writer) if writer else key)
        except SignatureWrong:
            strange.append((place, "receipt.altered"))
            continue
        if stub.number <= row.received:
            # The office has it, or another one at its number: not missing either way.
            entry = lineage.book_at(db, row.root, stub.number)
            if entry is None or stub_of(from_bytes(Entry, entry.raw), entry.head) != stub:
                strange.append((place, "receipt.other-history"))
            continue
        if any(compare(one, stub).relation == "clash" for one in (held, *found) if one.book == stub.book):
            strange.append((place, "receipt.clash"))
            continue
        found.append(stub)
    return found, strange


def _device_of(db: Database, book: bytes) -> bytes:
    row = db.get(Book, book)
    return row.device if row else b""


def _stretches(held: Stub, lacks: Iterable[Missing]) -> Iterable[Stretch]:
    """Runs of numbers nobody has a receipt of, each between what is known before and after it."""
    before = held
    for bare, run in itertools.groupby(lacks, key=lambda one: one.stub is None):
        numbers = list(run)
        if not bare:
            before = numbers[-1].stub or before
            continue
        after = next((one.stub for one in lacks if one.number == numbers[-1].number + 1), None)
        cash_in = after.cash_in - max(after.amount, 0) - before.cash_in if after else None
        cash_out = after.cash_out - max(-after.amount, 0) - before.cash_out if after else None
        yield Stretch(numbers[0].number, numbers[-1].number, cash_in, cash_out)


def ask(office: Office, found: Rebuilt, *, who: str) -> None:
    """A case of what is missing, for whoever has it entered again; it takes the place of an earlier one that knew less."""
    book = bytes.fromhex(found.book)
    papers = [
        Paper(number=one.text, what="missing", party="", amount=one.stub.amount if one.stub else 0) for one in found.missing
    ]
    if not papers:
        return
    sums = "; ".join(
        f"{one.first}-{one.last}: {figures(one.cash_in)} / {figures(one.cash_out)}" for one in found.stretches
        if one.cash_in is not None and one.cash_out is not None
    )  # fmt: skip
    also = keys.digest("rebuilt/1", *(one.stub.digest if one.stub else b"" for one in found.missing))
    with office.store.writing() as db:
        named = cases.case_id(kind="rebuilt", book=book, number=found.received + 1, also=also)
        for one in cases.of_books(db, (book,)):
            if one.kind == "rebuilt" and one.open and one.case_id != named.hex():
                cases.settle_by(office, db, case=bytes.fromhex(one.case_id), note="đã có danh sách mới hơn", who=who)
        cases.raise_case(
            office, db, kind="rebuilt", book=book, number=found.received + 1, papers=papers, also=also,
            vi=f"Thiếu {len(papers)} phiếu, từ số {found.received + 1} đến {found.last}. Nhập lại từng phiếu có biên lai với số giấy là số cũ; phiếu không có biên lai thì hỏi tổ giao dịch." + (f" Thu / chi giữa các biên lai: {sums}." if sums else ""),
            en=f"{len(papers)} vouchers are missing, {found.received + 1} to {found.last}. Enter those with a receipt again under their old number as the paper's; ask the team about the others." + (f" In / out between receipts: {sums}." if sums else ""),
        )  # fmt: skip
    # No letter says again what somebody typed; what fails now the verb backup makes later.
    with contextlib.suppress(BackupUnavailable):
        cases.back_up(office, book=book)


# The file to go on from


def file(office: Office, *, book: bytes) -> bytes:
    """A mirror of all that was received, signed by the office. Raises `RebuildNothing`, `RebuildElsewhere`, `NoSpare`, `RebuildUnsigned`."""
    with office.store.reading() as db:
        row = db.get(Book, book)
        whole = lineage.whole(db, row) if row else None
        given = preparation.pack_of(office, db, book=book) if row else None
        if row is None or whole is None or given is None or not row.received:
            raise RebuildNothing
        if whole.book != row.book:
            raise RebuildElsewhere(letter=whole.letter)
        if row.follows:
            raise RebuildElsewhere(letter=row.letter)
        if not given.laptops:
            raise NoSpare
        raws = db.exec(select(EntryRow.raw).where(EntryRow.book == book).order_by(col(EntryRow.number))).all()
    # The office writes in the laptop's place, which only a pack of its own making can say.
    instead = pack.signed(changed(given, sign_key=office.sign_key), office_seed=office.sign_seed)
    entries = _signed(office, instead, raws)
    key, salt = office.draw(32), office.draw(16)
    made, place = mirror.begin(
        instead, (), office=office.public(), key=key, salt=salt, nonce=office.draw(12), device_seed=office.sign_seed
    )
    for first in range(0, len(entries), _FRAME_ENTRIES):
        piece, place = mirror.frame(
            entries[first : first + _FRAME_ENTRIES], place, key=key, nonce=office.draw(12), wall_s=office.now_s()
        )
        made += piece
    return made


def _signed(office: Office, instead: Pack, raws: Sequence[bytes]) -> list[Sealed]:
    """Entries with the office's signature where the laptop's stood; what it could not sign stays bare."""
    session, made = Session(instead.terms), []
    for raw in raws:
        entry = from_bytes(Entry, raw)
        head = chain.head_of(raw)
        bare = unsigned(session, entry.body)
        stub = stub_of(entry, head).to_bytes()
        made.append(Sealed(entry, raw, head, NO_SIGNATURE if bare else keys.sign(office.sign_seed, "entry/1", stub)))
        session.apply(entry.body, maker=entry.maker)
    if made[-1].signature == NO_SIGNATURE:
        raise RebuildUnsigned
    return made
