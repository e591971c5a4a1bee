"""A mirror that came to the office: what it holds of a book beyond what was received is taken in.

Every entry in it is verified with the keys of whoever wrote it. What is new is put into batches that the office itself
hands in, as another laptop would: the signature inside is the writer's, so what is kept, backed up, restored and
inspected is a letter like any other.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlmodel import col, select

from sync import chain, mirror, protocol
from sync.chain import Sealed
from sync.errors import Refusal
from sync.mirror import Copy
from sync.office import intake
from sync.office.home import Office
from sync.office.store import EntryRow
from sync.outage import NO_SIGNATURE
from sync.pack import OfficeUnknown, Pack
from sync.session import Session

# A batch of so many entries stays below its limit, however much each says.
_ENTRIES_MAX: Final = 200


class MirrorEmpty(Refusal):
    code = "mirror.empty"
    vi = "Bản sao này chưa có phiếu nào có chữ ký của máy. Không có gì để nhận."
    en = "This copy holds no voucher that its laptop signed. There is nothing to take."


def opened(office: Office, raw: bytes) -> Copy:
    """What a mirror holds, every entry verified. Raises what `mirror.read` and `chain.replay` raise, `NoSlot`."""
    header = mirror.read_header(raw)
    if header.office != office.office_id:
        raise OfficeUnknown
    key = mirror.person_key(header, device=office.office_id, staff_id="", secret=office.seal_secret)
    copy = mirror.read(raw, key=key, office=office.public())
    chain.replay(
        Session(copy.pack.terms), copy.entries, book=copy.pack.book, device_key=copy.pack.sign_key,
        before=[run.writer for run in copy.before],
    )  # fmt: skip
    return copy


def take(office: Office, raw: bytes) -> tuple[bytes, ...]:
    """Take in what a mirror holds: the newest acknowledgement of each of its books, in their order.

    Raises what `opened` and `intake.receive` raise, `MirrorEmpty`.
    """
    copy = opened(office, raw)
    words: list[bytes] = []
    for pack, entries in _by_writer(copy):
        new = [one for one in entries if one.head not in _held(office, pack.book)]
        batches = [entries[-1:]] if entries and not new else list(_cut(new))
        for batch in batches:
            letter = protocol.seal_batch(
                batch, pack=pack, office_key=office.public().seal_key, device_seed=office.sign_seed,
                carried_by=office.office_id,
            )  # fmt: skip
            word = intake.receive(office, batch=letter)
        if batches:
            words.append(word)
    if not words:
        raise MirrorEmpty
    return tuple(words)


def _by_writer(copy: Copy) -> Iterator[tuple[Pack, list[Sealed]]]:
    """Each laptop's pack and entries, up to the last that bears its signature."""
    for pack in (*(run.pack for run in copy.before), copy.pack):
        entries = [one for one in copy.entries if one.entry.book == pack.book]
        while entries and entries[-1].signature == NO_SIGNATURE:
            entries.pop()
        yield pack, entries


def _held(office: Office, book: bytes) -> set[bytes]:
    with office.store.reading() as db:
        return set(db.exec(select(EntryRow.head).where(EntryRow.book == book).order_by(col(EntryRow.number))))


def _cut(entries: Sequence[Sealed]) -> Iterator[Sequence[Sealed]]:
    """Runs that a batch can hold; each ends with an entry its laptop signed."""
    start = 0
    while start < len(entries):
        end = min(start + _ENTRIES_MAX, len(entries))
        while end < len(entries) and entries[end - 1].signature == NO_SIGNATURE:
            end += 1
        yield entries[start:end]
        start = end


