"""A laptop's own keys, kept for the day its file of them is gone.

Two secrets make a laptop: the seed it signs with, and the one its letters are sealed to. At enrolment they are sealed
once more, to the office's recovery key: the *spare*. When they are lost the spare is carried to the office, where the
holders of the recovery key open it and seal it anew to one person of that laptop: the *mend*. Only that person, at
that laptop, can put it back; and what is put back is believed because its public halves are the laptop's own.

Neither says who made it. A false one gives a laptop other keys than its own, which it does not take.
"""

from sync import keys
from sync.errors import Refusal
from sync.records import Code, Digest, Id, PublicKey, Record, Whole, from_bytes

VERSION = 1


class LaptopKeys(Record):
    """What a laptop signs with (Ed25519 seed) and what opens letters to it (X25519)."""

    seed: Digest
    secret: Digest

    def are_of(self, *, sign_key: bytes, seal_key: bytes) -> bool:
        """Whether these are the halves of those public keys."""
        return (keys.sign_public(self.seed), keys.seal_public(self.secret)) == (sign_key, seal_key)


class Spare(Record):
    """A laptop's keys under the office's recovery key."""

    version: Whole
    device: Id
    sign_key: PublicKey
    sealed: bytes


class Mend(Record):
    """The same under one person's key."""

    version: Whole
    device: Id
    staff_id: Code
    sealed: bytes


class SpareElsewhere(Refusal):
    code = "spare.elsewhere"
    vi = "Tệp khóa này của máy khác hoặc bị sửa. Dùng đúng tệp của máy này; cần thì xin văn phòng làm lại."
    en = "This key file is another laptop's, or was altered. Use this laptop's own file, or ask the office to make it again."


class MendForOther(Refusal):
    code = "spare.for-other"
    vi = "Tệp khóa này niêm phong cho {staff}. Mời người đó mở máy và nạp tệp."
    en = "This key file is sealed to {staff}. Ask them to unlock the laptop and load it."


def make_spare(held: LaptopKeys, *, device: bytes, recovery_key: bytes) -> bytes:
    """A laptop's keys sealed to the office's recovery key."""
    sealed = keys.seal(recovery_key, held.to_bytes(), info=_info("spare", device))
    return Spare(version=VERSION, device=device, sign_key=keys.sign_public(held.seed), sealed=sealed).to_bytes()


def read_spare(raw: bytes) -> Spare:
    """Whose keys these are, still sealed. Raises `Malformed`."""
    return from_bytes(Spare, raw)


def open_spare(spare: Spare, *, recovery_secret: bytes) -> LaptopKeys:
    """The keys, by the office's recovery key. Raises `NotOpened`, `Malformed`, `SpareElsewhere`."""
    plain = keys.open_sealed(recovery_secret, spare.sealed, info=_info("spare", spare.device), what="spare key")
    held = from_bytes(LaptopKeys, plain)
    if keys.sign_public(held.seed) != spare.sign_key:
        raise SpareElsewhere
    return held


def make_mend(held: LaptopKeys, *, device: bytes, staff_id: str, person_key: bytes) -> bytes:
    """A laptop's keys sealed to one person of it (`Enrolled.seal_key`)."""
    sealed = keys.seal(person_key, held.to_bytes(), info=_info("mend", device, staff_id.encode()))
    return Mend(version=VERSION, device=device, staff_id=staff_id, sealed=sealed).to_bytes()


def open_mend(raw: bytes, *, device: bytes, staff_id: str, secret: bytes) -> LaptopKeys:
    """The keys again, at that laptop by that person. Raises `Malformed`, `SpareElsewhere`, `MendForOther`, `NotOpened`."""
    mend = from_bytes(Mend, raw)
    if mend.device != device:
        raise SpareElsewhere
    if mend.staff_id != staff_id:
        raise MendForOther(staff=mend.staff_id)
    plain = keys.open_sealed(secret, mend.sealed, info=_info("mend", device, staff_id.encode()), what="key file")
    return from_bytes(LaptopKeys, plain)


def _info(what: str, device: bytes, more: bytes = b"") -> bytes:
    return f"dgd/{what}/1".encode() + b"\0" + device + more
