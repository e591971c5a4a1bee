"""Packs: the terms of one session, sealed to one laptop, and the book that laptop will write.

A session has one pack for each laptop. A second one is made only when it is asked for and while the
first one's book is empty at the office; the first is then superseded, and a book written under it is
still received and raises an alarm, because what happened at the table happened.
"""

import datetime
from collections.abc import Mapping
from typing import NamedTuple

from sqlmodel import Session, col, select

from sync import keys, pack
from sync.chain import NO_HEAD
from sync.errors import Refusal
from sync.office import bulletins, devices, findings, register, settings
from sync.office.home import VIETNAM, Office
from sync.office.store import Book, Device, EntryRow, PackRow
from sync.pack import Pack, seal_pack
from sync.records import changed, from_bytes, packed, unpacked
from sync.terms import Terms

# A make-up session is held within the week; later the dues in the pack are no longer those of the office.
PACK_DAYS = 7
# The office's own copy of a pack is sealed too: a backup disk holds no names in clear.
_COPY_INFO = b"dgd/pack-copy/1\0"


class PackExists(Refusal):
    """This laptop has a pack for this session."""

    code = "prepare.pack-exists"
    vi = "Máy {letter} đã có gói cho điểm {point} ngày {day}. Muốn lập gói khác thay thế thì thêm --again."
    en = "Laptop {letter} has a pack for point {point} on {day}. To make one in its place add --again."


class SessionBegun(Refusal):
    """The book of the pack has entries, so it is not replaced."""

    code = "prepare.session-begun"
    vi = "Phiên của điểm {point} ngày {day} trên máy {letter} đã có bút toán. Không lập lại gói; dùng gói đang có."
    en = "The session of point {point} on {day} on laptop {letter} has entries. No new pack; use the one it has."


class NoLaptop(Refusal):
    """No laptop, or more than one, could be meant."""

    code = "prepare.no-laptop"
    vi = "Có {count} máy đã đăng ký; chỉ rõ máy nào bằng --device CHỮ, hoặc đăng ký máy trước."
    en = "There are {count} enrolled laptops; say which with --device LETTER, or enrol one first."


class NotEnrolled(Refusal):
    """No enrolled laptop has this letter."""

    code = "prepare.not-enrolled"
    vi = "Không có máy {letter} đang đăng ký. Chạy enrol --letter {letter} rồi cho máy trả lời."
    en = "No enrolled laptop has the letter {letter}. Run enrol --letter {letter} and let it answer."


class PackMissing(Refusal):
    """No pack for this laptop."""

    code = "prepare.pack-missing"
    vi = "Chưa có gói dữ liệu cho máy này. Nhờ văn phòng lập gói (prepare) rồi tải lại."
    en = "There is no pack for this laptop. Ask the office to make one (prepare), then fetch again."


class Place(NamedTuple):
    """One laptop of several at a table: the groups each serves, by letter, and the float of this one, in đồng."""

    shares: Mapping[str, tuple[str, ...]]
    float_planned: int


class Prepared(NamedTuple):
    """A pack as given out, and whether entries came in after the export it was made from."""

    pack: Pack
    sealed: bytes
    stale: bool
    # Adjustment slips whose people are not among this point's any more.
    unserved: int = 0


def prepare(
    office: Office,
    *,
    point_code: str,
    session_date: datetime.date,
    letter: str,
    again: bool,
    planned_on: datetime.date | None = None,
    place: Place | None = None,
) -> Prepared:
    """Make and keep the pack of a session for a laptop (`letter` empty: the only one enrolled).

    `planned_on` is the day a make-up session was planned for, `place` the laptop's at a table of several. Raises `NoLaptop`, `NotEnrolled`, `PackExists`,
    `SessionBegun`, `NoExport`, `PointUnknown`, and what `settings.parameters` raises.
    """
    parameters = settings.parameters(office.session_settings)
    with office.store.writing() as db:
        device = _laptop(db, letter)
        earlier = _earlier(db, device, point_code, session_date, again=again)
        terms = register.terms_of(
            db,
            point_code=point_code,
            session_date=session_date,
            staff_keys=devices.staff_keys(db, device=device.device),
            slips_paid=slips_paid(db),
            # A session on its own day makes up for none.
            planned_on=planned_on if planned_on != session_date else None,
            parameters=parameters,
        )
        said = bulletins.in_force(db, point_code=point_code, day=session_date)
        due = findings.due(
            db, point_code=point_code, customers={one.customer_code for one in terms.customers},
            pack_of=lambda book: pack_of(office, db, book=book),
        )  # fmt: skip
        terms = changed(terms, bulletins=said, adjustments=due.slips)
        made = _pack(office, device, terms, issue=len(earlier) + 1)
        others = devices.others(db, device=device.device, staff=[one.staff_id for one in terms.team])
        made = changed(made, laptops=others)
        made = pack.signed(_seated(made, place) if place else made, office_seed=office.sign_seed)
        sealed = seal_pack(made, device_key=device.seal_key or b"", office_seed=office.sign_seed)
        seal_key = keys.seal_public(office.seal_secret)
        copy = keys.seal(seal_key, packed(made.to_bytes()), info=_COPY_INFO + made.pack)
        for row in earlier:
            row.superseded = True
            db.add(row)
        db.add(_row(made, sealed=sealed, copy=copy))
        db.add(empty_book(made, root=made.book))
        loaded = register.loaded_s(db) or 0
        held = db.exec(select(Book.received_s).where(Book.point_code == point_code))
        stale = any(at is not None and at >= loaded for at in held)
    office.backup.keep("packs", made.pack.hex(), copy)
    return Prepared(made, sealed, stale, due.left_out)


def could(office: Office, *, point_code: str, session_date: datetime.date, letter: str, again: bool) -> None:
    """Raises what `prepare` would for this laptop and session; nothing is made."""
    with office.store.reading() as db:
        _earlier(db, _laptop(db, letter), point_code, session_date, again=again)


def _seated(made: Pack, place: Place) -> Pack:
    """The pack of a laptop that has others beside it: which groups it serves, which each of those, and its own float.

    Raises `NotEnrolled` where nobody of the team has an account on one of them.
    """
    shares = place.shares
    for letter in shares.keys() - {made.letter, *(one.letter for one in made.laptops)}:
        raise NotEnrolled(letter=letter)
    beside = tuple(changed(one, groups=shares.get(one.letter, ())) for one in made.laptops)
    parameters = changed(made.terms.parameters, float_planned=place.float_planned)
    return changed(
        made, groups=shares[made.letter], laptops=beside, terms=changed(made.terms, parameters=parameters)
    )


def _laptop(db: Session, letter: str) -> Device:
    wanted = select(Device).where(col(Device.answer).is_not(None), col(Device.revoked_s).is_(None))
    rows = [row for row in db.exec(wanted) if letter in ("", row.letter)]
    if letter and not rows:
        raise NotEnrolled(letter=letter)
    if len(rows) != 1:
        raise NoLaptop(count=len(rows))
    return rows[0]


def _earlier(
    db: Session, device: Device, point_code: str, session_date: datetime.date, *, again: bool
) -> list[PackRow]:
    """The packs this one takes the place of."""
    facts = {"letter": device.letter, "point": point_code, "day": f"{session_date:%d/%m/%Y}"}
    rows = list(
        db.exec(
            select(PackRow).where(
                PackRow.device == device.device,
                PackRow.point_code == point_code,
                PackRow.session_date == session_date,
            )
        )
    )
    if rows and not again:
        raise PackExists(**facts)
    for row in rows:
        book = db.get(Book, row.book)
        if book and book.received:
            raise SessionBegun(**facts)
    return rows


def _pack(office: Office, device: Device, terms: Terms, *, issue: int) -> Pack:
    # A pack made after its day (a make-up session, a drill) is of use for as long as one made before it.
    last = max(terms.session_date, office.today()) + datetime.timedelta(days=PACK_DAYS)
    ends = datetime.datetime.combine(last, datetime.time(23, 59, 59), tzinfo=VIETNAM)
    return Pack(
        version=pack.VERSION,
        pack=office.draw(16),
        issue=issue,
        office=office.office_id,
        device=device.device,
        letter=device.letter,
        book=pack.book_id(
            device=device.device, point_code=terms.point.point_code, session_date=terms.session_date, issue=issue
        ),
        prepared_s=office.now_s(),
        expires_s=int(ends.timestamp()),
        terms=terms,
        sign_key=devices.genuine_key(device),
    )


def _row(made: Pack, *, sealed: bytes, copy: bytes) -> PackRow:
    return PackRow(
        pack=made.pack,
        book=made.book,
        device=made.device,
        point_code=made.terms.point.point_code,
        session_date=made.terms.session_date,
        issue=made.issue,
        prepared_s=made.prepared_s,
        expires_s=made.expires_s,
        office_copy=copy,
        sealed=sealed,
        superseded=False,
    )


def empty_book(made: Pack, *, root: bytes, follows: bytes = b"") -> Book:
    """A book of which nothing came yet; `root` is the first of its line, `follows` the one it goes on from."""
    return Book(
        book=made.book,
        pack=made.pack,
        device=made.device,
        letter=made.letter,
        point_code=made.terms.point.point_code,
        point_name=made.terms.point.point_name,
        session_date=made.terms.session_date,
        planned_on=made.terms.planned_on,
        team="",
        received=0,
        head=NO_HEAD,
        safe=0,
        cash=0,
        cash_in=0,
        cash_out=0,
        opening=0,
        state="prepared",
        frozen="",
        differences=0,
        root=root,
        follows=follows,
        begins=0,
    )


def put_back(office: Office, *, pack: Pack) -> None:
    """A pack from the backup, with its empty book; an earlier one of the same session is superseded."""
    with office.store.writing() as db:
        device = devices.enrolled(db, device=pack.device)
        sealed = seal_pack(pack, device_key=device.seal_key or b"", office_seed=office.sign_seed)
        copy = dict(office.backup.letters("packs"))[pack.pack.hex()]
        for row in db.exec(
            select(PackRow).where(
                PackRow.device == pack.device,
                PackRow.point_code == pack.terms.point.point_code,
                PackRow.session_date == pack.terms.session_date,
            )
        ):
            row.superseded = True
            db.add(row)
        db.add(_row(pack, sealed=sealed, copy=copy))
        db.add(empty_book(pack, root=pack.book))


def slips_paid(db: Session) -> set[str]:
    """Slips that stand paid in any received book: a pack must not offer them again."""
    joined = col(Book.book) == col(EntryRow.book)
    # A reversal may stand in the book that went on from the one it reverses in.
    undone = set(db.exec(select(Book.root, EntryRow.reverses).join(Book, joined).where(EntryRow.kind == "reverse")))
    paid = db.exec(select(Book.root, EntryRow.number, EntryRow.slip).join(Book, joined).where(EntryRow.kind == "slip"))
    return {slip for root, number, slip in paid if (root, number) not in undone}


def pack_of(office: Office, db: Session, *, book: bytes) -> Pack | None:
    """The pack a book was opened under; of one that goes on from another, what follows from that one's."""
    row = db.exec(select(PackRow).where(PackRow.book == book)).first()
    if row:
        return read_copy(office, name=row.pack.hex(), copy=row.office_copy)
    held = db.get(Book, book)
    before = pack_of(office, db, book=held.follows) if held and held.follows else None
    return pack.continued(before, by=held.device) if held and before else None


def read_copy(office: Office, *, name: str, copy: bytes) -> Pack:
    """A pack from the copy sealed to the office. Raises `NotOpened`, `Malformed`."""
    info = _COPY_INFO + bytes.fromhex(name)
    plain = keys.open_sealed(office.seal_secret, copy, info=info, what="pack")
    return from_bytes(Pack, unpacked(plain))


def fetch(office: Office, *, device: bytes, wanted: bytes | None) -> bytes:
    """A laptop's pack as sealed: the one asked for, or the newest that is not superseded.

    Nothing is asked of the caller: the file opens only on its laptop. Raises `PackMissing`.
    """
    with office.store.writing() as db:
        rows = list(
            db.exec(
                select(PackRow)
                .where(PackRow.device == device, col(PackRow.superseded).is_(False))
                .order_by(col(PackRow.prepared_s), col(PackRow.session_date))
            )
        )
        found = next((row for row in reversed(rows) if wanted in (None, row.pack)), None)
        if found is None:
            raise PackMissing
        found.fetched_s = found.fetched_s or office.now_s()
        db.add(found)
        return found.sealed


def offered(office: Office, *, device: bytes) -> tuple[bytes, ...]:
    """The ids of a laptop's packs that are in force, oldest first."""
    with office.store.reading() as db:
        rows = db.exec(
            select(PackRow)
            .where(
                PackRow.device == device,
                col(PackRow.superseded).is_(False),
                PackRow.expires_s >= office.now_s(),
            )
            .order_by(col(PackRow.prepared_s), col(PackRow.session_date))
        )
        return tuple(row.pack for row in rows)
