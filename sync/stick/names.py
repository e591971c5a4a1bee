"""What a file on a stick is called: its kind, the first half of a laptop's id, a book or a pack, numbers; nothing of people.

    batch-<laptop>-<book>-000001-000020.dgd     entries 1 to 20 of a book
    ack-<laptop>-<book>-00000003.dgd            the third acknowledgement of a book
    pack-<laptop>-<pack>.dgd                    a pack
    disposition-<laptop>-<book>-00000002.dgd    the second word on a book's lines
    directory-<office>.dgd                      the office's list of its laptops
"""

import re
from typing import NamedTuple

from sync.envelope import Header
from sync.protocol import Ack

FOLDER, MARK = "DGD", "stick.dgd"
TO_OFFICE, FROM_OFFICE, MIRROR = "to-office", "from-office", "mirror"
# Half an id tells laptops apart and stands at the beginning of their books' ids too.
_LETTER = re.compile(r"(?P<kind>[a-z]{2,12})-(?P<device>[0-9a-f]{16})-(?P<subject>[0-9a-f]{32})(?P<numbers>(-\d{1,12}){0,2})\.dgd")
_DIRECTORY = re.compile(r"directory-(?P<office>[0-9a-f]{32})\.dgd")
# Of a stranger's name so much is shown.
SHOWN_LETTERS = 60


class Named(NamedTuple):
    """What a file's name says is in it. `device` is the first half of a laptop's id; `subject` a book or a pack."""

    kind: str
    device: bytes
    subject: bytes
    numbers: tuple[int, ...]


def letter_name(kind: str, *, device: bytes, subject: bytes, numbers: tuple[int, ...] = ()) -> str:
    """The name of a letter to or from a laptop."""
    counted = "".join(f"-{number:0{6 if len(numbers) > 1 else 8}d}" for number in numbers)
    return f"{kind}-{device[:8].hex()}-{subject.hex()}{counted}.dgd"


def batch_name(header: Header) -> str:
    """The name of a batch, by the laptop that hands it in."""
    return letter_name("batch", device=header.sender, subject=header.subject, numbers=(header.first, header.last))


def pack_name(header: Header) -> str:
    """The name of a pack."""
    return letter_name("pack", device=header.recipient, subject=header.subject)


def disposition_name(header: Header) -> str:
    """The name of a disposition."""
    return letter_name("disposition", device=header.recipient, subject=header.subject, numbers=(header.first,))


def ack_name(ack: Ack) -> str:
    """The name of an acknowledgement."""
    return letter_name("ack", device=ack.device, subject=ack.book, numbers=(ack.ack_no,))


def directory_name(office: bytes) -> str:
    """The name of an office's directory."""
    return f"directory-{office.hex()}.dgd"


def named(name: str) -> Named | None:
    """What a name says, or None where no program of ours made it."""
    if found := _DIRECTORY.fullmatch(name):
        return Named("directory", b"", bytes.fromhex(found["office"]), ())
    found = _LETTER.fullmatch(name)
    if found is None:
        return None
    numbers = tuple(int(one) for one in found["numbers"].split("-") if one)
    return Named(found["kind"], bytes.fromhex(found["device"]), bytes.fromhex(found["subject"]), numbers)


def shown(name: str) -> str:
    """A stranger's file name as it may be shown: short, and no sign that moves a cursor or turns a line around."""
    plain = "".join(sign if sign.isprintable() else "?" for sign in name)
    return plain if len(plain) <= SHOWN_LETTERS else plain[: SHOWN_LETTERS - 1] + "…"
