"""The directory: which laptops an office has, with their keys, and which of them it took out of use; signed by it.

It travels on every stick and over the network. A laptop keeps the newest and never goes back to an older one: that is
how it learns that it was revoked itself, and takes no pack from then on. It names no person.
"""

from sync import keys
from sync.errors import Refusal
from sync.pack import Office, OfficeUnknown
from sync.records import Code, Id, PublicKey, Record, Whole, from_bytes

VERSION = 1
# An office with ten thousand laptops would have one of this size.
DIRECTORY_BYTES_MAX = 2 * 1024 * 1024
# Older than this nobody can know from it that a laptop is still in use; it is said, and stops nothing.
DAYS_FRESH = 45


class Listed(Record):
    """A laptop the office enrolled; `revoked_s` is 0 while it is in use."""

    device: Id
    letter: Code
    sign_key: PublicKey
    seal_key: PublicKey
    revoked_s: Whole


class Directory(Record):
    """An office's laptops as they were at `issued_s`. `number` rises with every change and every issue."""

    version: Whole
    number: Whole
    office: Office
    laptops: tuple[Listed, ...]
    issued_s: Whole
    signature: bytes = b""

    def revoked_s(self, device: bytes) -> int:
        """When a laptop was taken out of use; 0 where it was not, or is not listed."""
        return next((one.revoked_s for one in self.laptops if one.device == device), 0)

    def fresh(self, now_s: int) -> bool:
        """Whether it is new enough to go by, as far as this clock knows."""
        return now_s - self.issued_s <= DAYS_FRESH * 86_400


class DirectoryOlder(Refusal):
    """The laptop has a newer one."""

    code = "directory.older"
    vi = "Danh bạ máy số {number} của văn phòng cũ hơn danh bạ số {held} đã có. Bỏ qua; không cần làm gì."
    en = "The office's directory {number} is older than the one held ({held}). It is passed over; nothing to do."


class LaptopRevoked(Refusal):
    """This laptop was taken out of use."""

    code = "directory.revoked"
    vi = "Văn phòng đã thu hồi máy {letter} từ {day}. Máy không nhận gói mới; những gì đã ghi vẫn đưa về văn phòng được. Gọi văn phòng."
    en = "The office revoked laptop {letter} on {day}. It takes no new pack; what it wrote can still be handed in. Call the office."


def sign_directory(directory: Directory, *, office_seed: bytes) -> bytes:
    """A directory file."""
    return keys.signed(office_seed, "directory/1", directory).to_bytes()


def read_directory(raw: bytes, *, office: Office, newest: int = 0) -> Directory:
    """A directory of this office, no older than number `newest`.

    Raises `Malformed`, `OfficeUnknown`, `SignatureWrong`, `DirectoryOlder`.
    """
    directory = from_bytes(Directory, raw)
    if directory.office.office != office.office:
        raise OfficeUnknown
    keys.verify_signed(office.sign_key, "directory/1", directory, what="directory")
    if directory.number < newest:
        # Numbers are told apart by their digits; they are no sums.
        raise DirectoryOlder(number=str(directory.number), held=str(newest))
    return directory
