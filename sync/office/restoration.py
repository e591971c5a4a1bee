"""An office's books, rebuilt from its backup: every letter is taken in again, as when it first came.

Needed are the home with its keys and an empty database. Laptops, packs, books and acknowledgements
come back; the export is loaded again from the core system, and officers get new passwords.
"""

import contextlib
from typing import NamedTuple

from sqlmodel import func, select

from sync import pack
from sync.errors import Refusal
from sync.office import cases, decisions, devices, dispositions, intake, preparation
from sync.office.backup import Backup, Kind
from sync.office.home import Office
from sync.office.letters import BookUnknown
from sync.office.store import AckRow, Book, Device, DeviceUser
from sync.records import from_bytes


class NotEmpty(Refusal):
    """A database that holds laptops or books is not overwritten."""

    code = "restore.not-empty"
    vi = "Cơ sở dữ liệu đang có {count} máy hoặc sổ. Chỉ khôi phục vào cơ sở dữ liệu trống; giữ nguyên cái đang có."
    en = "The database holds {count} laptops or books. Restore into an empty one only; keep what is there as it is."


class Restored(NamedTuple):
    """What came back; and of the cases, how many the backup names and has no more, and how many files somebody altered."""

    laptops: int
    packs: int
    batches: int
    cases_lost: int = 0
    cases_altered: int = 0


def restore(office: Office) -> Restored:
    """Take in everything the backup holds. Raises `NotEmpty`, `BackupUnavailable`, and what `intake` raises."""
    with office.store.reading() as db:
        held = sum(int(db.exec(select(func.count()).select_from(table)).one()) for table in (Device, Book))
    if held:
        raise NotEmpty(count=held)
    backup: Backup = office.backup
    copies = [preparation.read_copy(office, name=name, copy=raw) for name, raw in backup.letters("packs")]
    letters = {other.device: other.letter for one in copies for other in one.laptops}
    letters |= {one.device: one.letter for one in copies}
    laptops = [from_bytes(pack.Answer, raw) for _, raw in backup.letters("devices")]
    for (_, raw), answer in zip(backup.letters("devices"), laptops, strict=True):
        _put_laptop(office, answer, raw, letter=letters.get(answer.device, "?"))
    for made in sorted(copies, key=lambda one: (one.prepared_s, one.issue)):
        preparation.put_back(office, pack=made)
    # Acknowledgements first: the numbers laptops have seen are never given to anything else.
    with office.store.writing() as db:
        for _, raw in backup.letters("acks"):
            ack = intake.read_own(office, ack=raw)
            db.add(AckRow(book=ack.book, ack_no=ack.ack_no, raw=raw))
    # And cases, as they were first raised: letters that come in another order raise no second one.
    known = cases.put_back(office)
    batches = _take_in(office)
    dispositions.put_back(office)
    _revoke(office)
    for _, raw in backup.letters("batches"):
        intake.tell_of_carrying(office, batch=raw)
    for _, raw in backup.letters("quarantine"):
        # Set aside again, with the same alarm.
        with contextlib.suppress(devices.DeviceRevoked):
            intake.receive(office, batch=raw)
    return Restored(len(laptops), len(copies), batches, cases.lost(office, known), known.altered)


def _take_in(office: Office) -> int:
    """Every batch, and every decision once its branches are there; how many were booked when they first came.

    A letter may lie before one that it follows: what makes a gap is taken again, for as long as others bring it nearer.
    What was booked first comes first, or another branch would take its place.
    """
    kinds: tuple[Kind, ...] = ("batches", "aside")
    waiting: list[bytes] = []
    booked = 0
    for kind in kinds:
        for _, raw in office.backup.letters(kind):
            booked += kind == "batches"
            if _gap(office, raw):
                waiting.append(raw)
        waiting = _again(office, waiting)
    while decisions.put_back(office):
        waiting = _again(office, waiting)
    return booked


def _again(office: Office, waiting: list[bytes]) -> list[bytes]:
    """Take letters again until none of them is any nearer; those that still wait."""
    while len(left := [raw for raw in waiting if _gap(office, raw)]) < len(waiting):
        waiting = left
    return left


def _gap(office: Office, raw: bytes) -> bool:
    try:
        return intake.read_own(office, ack=intake.receive(office, batch=raw)).status == "gap"
    except BookUnknown:
        # The book it goes on from is made only when that one's first letter comes.
        return True


def _put_laptop(office: Office, answer: pack.Answer, raw: bytes, *, letter: str) -> None:
    with office.store.writing() as db:
        db.add(Device(device=answer.device, letter=letter, ticket=b"", code=b"", answer=raw, sign_key=answer.sign_key,
                      seal_key=answer.seal_key, made_s=office.now_s(), enrolled_s=office.now_s()))  # fmt: skip
        for user in {one.staff_id: one for one in answer.users}.values():
            db.add(DeviceUser(device=answer.device, staff_id=user.staff_id, sign_key=user.sign_key,
                              seal_key=user.seal_key))  # fmt: skip


def _revoke(office: Office) -> None:
    with office.store.writing() as db:
        for name, _ in office.backup.letters("revoked"):
            row = devices.enrolled(db, device=bytes.fromhex(name))
            row.revoked_s = office.now_s()
            db.add(row)
