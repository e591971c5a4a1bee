"""An office's books, rebuilt from its backup: every letter is taken in again, as when it first came.

Needed are the home with its keys and an empty database. Laptops, packs, books and acknowledgements
come back; the export is loaded again from the core system, and officers get new passwords.
"""

import contextlib
from typing import NamedTuple

from sqlmodel import func, select

from sync import pack
from sync.errors import Refusal
from sync.office import devices, dispositions, intake, preparation
from sync.office.backup import Backup
from sync.office.home import Office
from sync.office.store import AckRow, Book, Device, DeviceUser
from sync.records import from_bytes


class NotEmpty(Refusal):
    """A database that holds laptops or books is not overwritten."""

    code = "restore.not-empty"
    vi = "Cơ sở dữ liệu đang có {count} máy hoặc sổ. Chỉ khôi phục vào cơ sở dữ liệu trống; giữ nguyên cái đang có."
    en = "The database holds {count} laptops or books. Restore into an empty one only; keep what is there as it is."


class Restored(NamedTuple):
    """What came back."""

    laptops: int
    packs: int
    batches: int


def restore(office: Office) -> Restored:
    """Take in everything the backup holds. Raises `NotEmpty`, `BackupUnavailable`, and what `intake` raises."""
    with office.store.reading() as db:
        held = sum(int(db.exec(select(func.count()).select_from(table)).one()) for table in (Device, Book))
    if held:
        raise NotEmpty(count=held)
    backup: Backup = office.backup
    copies = [preparation.read_copy(office, name=name, copy=raw) for name, raw in backup.letters("packs")]
    letters = {one.device: one.letter for one in copies}
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
    batches = 0
    for _, raw in backup.letters("batches"):
        intake.receive(office, batch=raw)
        batches += 1
    for _, raw in backup.letters("aside"):
        intake.receive(office, batch=raw)
    dispositions.put_back(office)
    _revoke(office)
    for _, raw in backup.letters("quarantine"):
        # Set aside again, with the same alarm.
        with contextlib.suppress(devices.DeviceRevoked):
            intake.receive(office, batch=raw)
    return Restored(len(laptops), len(copies), batches)


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
