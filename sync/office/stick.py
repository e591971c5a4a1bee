"""The office's end of a stick: batches from it, and everything its laptops wait for onto it.

One file that is no good keeps no other out: it is named with its reason and stays where it is. What was taken is
committed and backed up before anything is written; a stick that then takes nothing loses nothing, because whatever is
for a laptop is worked out anew for every stick.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

from sqlmodel import col, func, select

from sync import envelope, mirror, protocol
from sync.directory import read_directory
from sync.envelope import BATCH_BYTES_MAX
from sync.errors import Fault, Refusal
from sync.office import devices, dispositions, intake, mirrors, preparation
from sync.office.home import Office
from sync.office.store import AckRow, Book, Device
from sync.protocol import Ack
from sync.stick import names
from sync.stick.device import (
    BYTES_MAX,
    LETTERS_MAX,
    Found,
    Letter,
    Progress,
    Stick,
    StickGone,
    Written,
    no_progress,
)

# A laptop that comes back after two sessions still finds the word on the first.
ACK_DAYS: Final = 92
# The largest point's pack with a year of its vouchers is a tenth of this.
MIRROR_BYTES_MAX: Final = 256 * 1024 * 1024


class ForOtherOffice(Refusal):
    """A batch that is sealed to another office."""

    code = "stick.other-office"
    vi = "Tệp này gửi cho văn phòng khác. Văn phòng này không mở được và để nguyên trên USB; đưa USB cho đúng văn phòng."
    en = "This file is for another office. It cannot be opened here and stays on the stick; take it to its own office."


class NotLooked(Refusal):
    """More than one exchange looks at."""

    code = "stick.not-looked"
    vi = "USB có quá nhiều tệp nên chưa xem đến tệp này. Chạy lại lệnh, hoặc xóa bớt tệp lạ trên USB."
    en = "There are too many files on the stick to look at this one. Run it again, or delete what does not belong there."


class KindUnknown(Refusal):
    """A letter of ours of a kind that this office does not take."""

    code = "stick.kind-unknown"
    vi = "Văn phòng chưa nhận loại tệp “{kind}” từ USB. Để nguyên; cập nhật chương trình của văn phòng."
    en = "This office takes no letter of the kind “{kind}” from a stick. It stays there; bring the office's program up to date."


class Taken(NamedTuple):
    """A batch that was read and signed for, whatever the word on it is."""

    name: str
    ack: Ack


class Left(NamedTuple):
    """A file that was not taken, and why."""

    name: str
    fault: Fault


class TookIn(NamedTuple):
    """What came of a stick. `strangers` and `others` are what lay between: see `sync.stick.device.Found`."""

    taken: tuple[Taken, ...]
    left: tuple[Left, ...]
    strangers: tuple[str, ...]
    others: int


class GaveOut(NamedTuple):
    """What is on a stick now, read again from it; and for how many laptops."""

    written: Written
    laptops: int


def take(office: Office, stick: Stick, *, progress: Progress = no_progress) -> TookIn:
    """Every letter for this office. Raises `StickGone`, `StickStrange`, where the folder itself cannot be read."""
    found = stick.found(names.TO_OFFICE)
    taken, left, read = [], [], 0
    # What could be ours first: no heap of strangers' files uses up what one exchange looks at.
    known = {one.device[:8] for one in devices.laptops(office)}
    letters = sorted(found.letters, key=lambda one: ((said := names.named(one[0])) is None or said.device not in known, one))
    for at, (name, size) in enumerate(letters):
        progress("take", at, len(letters))
        try:
            if at >= LETTERS_MAX or read + min(size, BATCH_BYTES_MAX) > BYTES_MAX:
                raise NotLooked
            raw = stick.read(names.TO_OFFICE, name, bytes_max=BATCH_BYTES_MAX)
            read += len(raw)
            taken.append(Taken(name, _take(office, name, raw)))
        except Fault as fault:
            left.append(Left(name, fault))
    # One of these may have brought what another waited for.
    taken = [_again(office, stick, one) if one.ack.status == "gap" else one for one in taken]
    mirrors_taken, mirrors_left = _mirrors(office, stick)
    return TookIn((*taken, *mirrors_taken), (*left, *mirrors_left), found.strangers, found.others)


def _again(office: Office, stick: Stick, one: Taken) -> Taken:
    try:
        return Taken(one.name, _take(office, one.name, stick.read(names.TO_OFFICE, one.name, bytes_max=BATCH_BYTES_MAX)))
    except Fault:
        return one


def _mirrors(office: Office, stick: Stick) -> tuple[list[Taken], list[Left]]:
    """Mirrors of this office's books, where they hold more of them than was received."""
    taken, left = [], []
    try:
        lying = [name for name, _ in stick.found(names.MIRROR).letters if (said := names.named(name)) and said.kind == "mirror"]
    except StickGone:
        return [], []
    for name in lying[:LETTERS_MAX]:
        try:
            raw = stick.read(names.MIRROR, name, bytes_max=MIRROR_BYTES_MAX)
            if mirror.read_header(raw).office != office.office_id:
                continue
            taken += [Taken(name, intake.read_own(office, ack=word)) for word in mirrors.take(office, raw)]
        except Fault as fault:
            left.append(Left(name, fault))
    return taken, left


def _take(office: Office, name: str, raw: bytes) -> Ack:
    """One letter, by what its name says it is; what it is, its signatures say."""
    said = names.named(name)
    if said is None or said.kind != "batch":
        raise KindUnknown(kind=said.kind if said else "?")
    if envelope.read_header(raw, kind="batch").recipient != office.office_id:
        raise ForOtherOffice
    return intake.read_own(office, ack=intake.receive(office, batch=raw))


def seen(office: Office, stick: Stick) -> tuple[bytes, ...]:
    """The laptops of this office, not revoked, that have anything on the stick. Raises what `take` raises."""
    places = (names.TO_OFFICE, names.FROM_OFFICE, names.MIRROR)
    halves = {said.device for place in places for name, _ in stick.found(place).letters if (said := names.named(name))}
    return tuple(one for one in in_use(office) if one[:8] in halves)


def in_use(office: Office) -> tuple[bytes, ...]:
    """Every laptop that is enrolled and not revoked."""
    with office.store.reading() as db:
        wanted = select(Device.device).where(col(Device.enrolled_s).is_not(None), col(Device.revoked_s).is_(None))
        return tuple(db.exec(wanted.order_by(Device.letter)))


def give(
    office: Office, stick: Stick, *, laptops: Collection[bytes], books: Collection[bytes] = (),
    progress: Progress = no_progress,
) -> GaveOut:  # fmt: skip
    """Put the directory and everything for these laptops on the stick, and read all of it again; `books` are those that
    came on it. Raises `StickFault`.
    """
    listed = devices.directory(office)
    letters = [Letter(names.directory_name(office.office_id), listed, lambda raw: read_directory(raw, office=office.public()))]
    for device in laptops:
        letters += letters_for(office, device=device)
    # Whoever brought a book, its own laptop or one that went on from it, and however long ago its session was.
    letters += _acks(office, col(AckRow.book).in_(books), since_s=0)
    written = stick.keep(names.FROM_OFFICE, tuple({one.name: one for one in letters}.values()), progress=progress)
    stick.finish()
    stick.drop(names.FROM_OFFICE, _outdated(stick.found(names.FROM_OFFICE), laptops=laptops, kept=written.names))
    return GaveOut(written, len(laptops))


def letters_for(office: Office, *, device: bytes) -> tuple[Letter, ...]:
    """Everything a laptop may be waiting for: its packs in force, the newest word on each of its books, and what became of their lines."""
    acks = _acks(office, col(Book.device) == device, since_s=office.now_s() - ACK_DAYS * 86_400)
    return (*_packs(office, device), *acks, *_dispositions(office, device))


def _packs(office: Office, device: bytes) -> Sequence[Letter]:
    made = []
    for pack in preparation.offered(office, device=device):
        raw = preparation.fetch(office, device=device, wanted=pack)
        name = names.pack_name(envelope.read_header(raw, kind="pack"))
        made.append(Letter(name, raw, lambda raw: envelope.verify_letter(raw, kind="pack", sender_key=office.sign_key)))
    return made


def _acks(office: Office, which: Any, *, since_s: int) -> Sequence[Letter]:
    """The newest word on each of some books, where it was said since then."""
    with office.store.reading() as db:
        newest = select(AckRow.book, func.max(AckRow.ack_no)).group_by(col(AckRow.book)).subquery()
        wanted = (
            select(AckRow.raw)
            .join(newest, (col(AckRow.book) == newest.c.book) & (col(AckRow.ack_no) == newest.c[1]))
            .join(Book, col(Book.book) == col(AckRow.book))
            .where(which)
        )
        said = [(raw, intake.read_own(office, ack=raw)) for raw in db.exec(wanted)]
    return [
        Letter(names.ack_name(ack), raw, lambda raw: protocol.verify_ack(raw, office_key=office.sign_key))
        for raw, ack in said
        if ack.office_s >= since_s
    ]


def _dispositions(office: Office, device: bytes) -> Sequence[Letter]:
    found = dispositions.letters_of(office, device=device, since_s=office.now_s() - ACK_DAYS * 86_400)
    return [
        Letter(
            names.disposition_name(envelope.read_header(raw, kind="disposition")), raw,
            lambda raw: envelope.verify_letter(raw, kind="disposition", sender_key=office.sign_key),
        )
        for raw in found
    ]  # fmt: skip


def _outdated(found: Found, *, laptops: Collection[bytes], kept: Collection[str]) -> list[str]:
    """Our earlier letters to these laptops, in whose place newer ones stand now, or none because they are past."""
    halves = {one[:8] for one in laptops}
    return [
        name
        for name, _ in found.letters
        if (said := names.named(name)) and said.kind in ("ack", "disposition", "pack") and said.device in halves and name not in kept
    ]
