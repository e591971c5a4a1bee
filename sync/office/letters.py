"""A batch opened: whose entries it brings, who handed it in, and the pack their book was opened under.

A laptop hands in its own entries, or those of another one whose session it went on from: then the letter is its own,
and the signature inside that of whoever wrote them. Only laptops that the book's pack names may carry it.
"""

from typing import Any, NamedTuple

from sqlmodel import Session as Database

from sync import envelope, protocol
from sync.errors import Refusal
from sync.keys import SignatureWrong
from sync.office import devices, lineage, preparation
from sync.office.home import Office
from sync.office.store import Book, Device
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
    """`new` are the packs of books the office sees for the first time, the last of them this one's, each with the book it goes on from; `carried`: by another laptop."""

    batch: Batch
    pack: Pack
    new: tuple[tuple[Pack, bytes], ...]
    carried: bool


def opened(office: Office, db: Database, raw: bytes) -> Opened:
    """The outer signature is checked first; what is inside is the writer's. Raises what `intake.receive` raises of a letter."""
    header = envelope.read_header(raw, kind="batch")
    # From a mirror that came on a stick the office makes a letter of its own.
    ours = header.sender == office.office_id
    key = office.sign_key if ours else devices.genuine_key(devices.enrolled(db, device=header.sender))
    book = db.get(Book, header.subject)
    # A book's id begins with the first half of its laptop's.
    wrote = db.get(Device, book.device) if book else devices.by_prefix(db, prefix=header.subject[:8])
    if wrote is None:
        raise BookUnknown(book=header.subject.hex()[:8])
    carried = wrote.device != header.sender
    writer = (wrote.device, devices.genuine_key(wrote)) if carried else None
    found: list[tuple[tuple[Pack, bytes], ...]] = []

    def terms_of(_: bytes) -> Any:
        known = office.recent.pack(header.subject) or preparation.pack_of(office, db, book=header.subject)
        line_of = ((known, b""),) if known else _going_on(office, db, header.subject, device=wrote.device)
        pack = line_of[-1][0]
        if carried and not ours and header.sender not in {one.device for one in pack.laptops}:
            raise CarrierUnknown(book=header.subject.hex()[:8])
        found.append(line_of)
        return pack.terms

    def read(writer: tuple[bytes, bytes] | None) -> Batch:
        return protocol.open_batch(
            raw, office=office.office_id, office_secret=office.seal_secret, device_key=key, terms_of=terms_of, writer=writer
        )

    try:
        batch = read(writer)
    except SignatureWrong:
        # What the office rebuilt it signed in the laptop's place; another laptop carries it back as it got it.
        if not carried:
            raise
        batch = read((wrote.device, office.sign_key))
    pack = found[0][-1][0]
    if pack.terms.parameters.training:
        raise TrainingBook(book=header.subject.hex()[:8])
    return Opened(batch, pack, () if book else found[0], carried)


def _going_on(office: Office, db: Database, book: bytes, *, device: bytes) -> tuple[tuple[Pack, bytes], ...]:
    """The packs of the books from one the office has to one it has not, each with the book it goes on from. Raises `BookUnknown`."""
    way = lineage.leading_to(db, book=book, device=device)
    pack = preparation.pack_of(office, db, book=way[0].book) if way else None
    if way is None or pack is None:
        raise BookUnknown(book=book.hex()[:8])
    made = []
    for one in way[1]:
        try:
            made.append((continued(pack, by=one), pack.book))
        except NotASpare as error:
            raise BookUnknown(book=book.hex()[:8]) from error
        pack = made[-1][0]
    return tuple(made)
