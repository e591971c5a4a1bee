"""A laptop gets its own keys back: its spare, opened by the recovery key, is sealed anew to one of its people.

The recovery key is kept away from here (`home`); whoever brings it, brings it for the moment of this.
"""

from sync import spare
from sync.errors import Refusal
from sync.office import devices
from sync.office.home import Office
from sync.office.store import DeviceUser


class NotTheirLaptop(Refusal):
    code = "spares.not-their-laptop"
    vi = "{staff} không có tài khoản trên máy {letter}. Chọn người có tài khoản trên máy đó (lệnh mend, --staff)."
    en = "{staff} has no account on laptop {letter}. Choose somebody who has (mend, --staff)."


def mend(office: Office, *, raw: bytes, recovery_secret: bytes, staff_id: str) -> tuple[str, bytes]:
    """The laptop's letter, and the file that gives it its keys back in the hands of `staff_id`.

    Raises `Malformed`, `DeviceUnknown`, `DeviceRevoked`, `NotTheirLaptop`, `NotOpened`, `SpareElsewhere`.
    """
    held = spare.read_spare(raw)
    with office.store.reading() as db:
        row = devices.enrolled(db, device=held.device)
        if row.revoked_s is not None:
            raise devices.DeviceRevoked(letter=row.letter)
        user = db.get(DeviceUser, (held.device, staff_id))
        if user is None:
            raise NotTheirLaptop(staff=staff_id, letter=row.letter)
        opened = spare.open_spare(held, recovery_secret=recovery_secret)
        if not opened.are_of(sign_key=devices.genuine_key(row), seal_key=row.seal_key or b""):
            raise spare.SpareElsewhere
        made = spare.make_mend(opened, device=held.device, staff_id=staff_id, person_key=user.seal_key)
        return row.letter, made
