"""A batch opened: whose entries it brings, who handed it in, and the pack their book was opened under.

A laptop hands in its own entries, or those of another one whose session it went on from: then the letter is its own,
and the signature inside that of whoever wrote them. Only laptops that the book's pack names may carry it.
"""

from typing import Any, NamedTuple

from sqlmodel import Session as Database

from sync import envelope, protocol
from sync.errors import Refusal
from sync.office import devices, line, preparation
from sync.office.home import Office
from sync.office.store import Book
from sync.pack import NotASpare, Pack, continued
from sync.protocol import Batch


class BookUnknown(Refusal):
    """A book that no pack of this office names, or that belongs to another laptop."""

    code = "intake.book-unknown"
    vi = "Văn phòng không phát gói nào cho sổ {book}. Gửi đúng văn phòng đã lập gói."
    en = "This office gave out no pack for book {book}. Send it to the office that made its pack."


class CarrierUnknown(Refusal):
    """Entries of another laptop from one that the book's pack does not name."""

    code = "intake.carrier-unknown"
    vi = "Gói của sổ {book} không nêu tên máy này nên văn phòng không nhận bút toán của máy kia do máy này gửi. Đưa USB của máy kia về văn phòng."
    en = "The pack of book {book} does not name this laptop, so another one's entries are not taken from it. Bring that laptop's stick to the office."


class TrainingBook(Refusal):
    """A session that was held to practise on."""

    code = "intake.training"
    vi = "Sổ {book} là sổ tập huấn, văn phòng không nhận. Muốn giao dịch thật, lập gói khi settings.toml không đặt training."
    en = "Book {book} was written to practise on and no office takes it. For a real session prepare a pack without training set."


class Opened(NamedTuple):
    """`follows` is the book it goes on from where the office sees it for the first time, else empty; `carried`: by another laptop."""

    batch: Batch
    pack: Pack
    follows: bytes
    carried: bool


def opened(office: Office, db: Database, raw: bytes) -> Opened:
    """The outer signature is checked first; what is inside is the writer's. Raises what `intake.receive` raises of a letter."""
    header = envelope.read_header(raw, kind="batch")
    sender = devices.enrolled(db, device=header.sender)
    book = db.get(Book, header.subject)
    carried = book is not None and book.device != header.sender
    writer = None
    if book is not None and carried:
        writer = (book.device, devices.genuine_key(devices.enrolled(db, device=book.device)))
    found: list[tuple[Pack, bytes]] = []

    def terms_of(_: bytes) -> Any:
        known = office.recent.pack(header.subject) or preparation.pack_of(office, db, book=header.subject)
        pack, follows = (known, b"") if known else _going_on(office, db, header)
        if carried and header.sender not in {one.device for one in pack.laptops}:
            raise CarrierUnknown(book=header.subject.hex()[:8])
        found.append((pack, follows))
        return pack.terms

    batch = protocol.open_batch(
        raw, office=office.office_id, office_secret=office.seal_secret, device_key=devices.genuine_key(sender),
        terms_of=terms_of, writer=writer,
    )  # fmt: skip
    pack, follows = found[0]
    if pack.terms.parameters.training:
        raise TrainingBook(book=header.subject.hex()[:8])
    return Opened(batch, pack, follows, carried)


def _going_on(office: Office, db: Database, header: envelope.Header) -> tuple[Pack, bytes]:
    """The pack of a book in which its sender goes on from another laptop's. Raises `BookUnknown`."""
    before = line.parent_of(db, book=header.subject, device=header.sender)
    pack = preparation.pack_of(office, db, book=before.book) if before else None
    if before is None or pack is None:
        raise BookUnknown(book=header.subject.hex()[:8])
    try:
        return continued(pack, by=header.sender), before.book
    except NotASpare as error:
        raise BookUnknown(book=header.subject.hex()[:8]) from error
