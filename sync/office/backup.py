"""The office's backup: a second copy of every letter that cannot be made again.

It holds the letters themselves and no database: what laptops sent (sealed to the office), what the
office gave out (packs, sealed to the office's own key here, acknowledgements, and what became of
lines, sealed like the packs), the cases that somebody must settle (sealed too), the laptops'
public keys, and the references of the messages that left, which say nothing of anybody. From these and the office's keys every book is rebuilt and verified from the beginning
(`restoration`). A letter counts as
kept when it was written, forced to the disk, read back and found equal; only then is it *safe*.

It protects against loss as far as its disk is another one: where it lies is the office's choice.
"""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from sync.errors import Damage, Unavailable

Kind = Literal[
    "devices", "revoked", "packs", "batches", "aside", "quarantine", "acks", "messages", "decisions", "settled",
    "dispositions", "cases",
]  # fmt: skip


# Two who keep the same letter at the same time write a file each: of one in common the second cuts off what the first wrote.
_WRITTEN = itertools.count()


class BackupUnavailable(Unavailable):
    """The backup's disk does not take or give what it should."""

    code = "office.backup-unavailable"
    vi = "Không ghi được bản sao lưu ({reason}). Dữ liệu đã nhận vẫn còn, nhưng chưa an toàn: kiểm tra ổ sao lưu rồi chạy lệnh backup."
    en = "The backup cannot be written ({reason}). What was received is kept but not yet safe: check the disk and run backup."


class BackupDiffers(Damage):
    """A letter in the backup is not the one that was received."""

    code = "office.backup-differs"
    vi = "Bản sao lưu {name} khác với bản đã nhận. Giữ nguyên cả hai và gọi người phụ trách dữ liệu."
    en = "The backup copy {name} differs from what was received. Keep both and call whoever is in charge of the data."


class Backup:
    """Letters by kind and name in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, kind: Kind, name: str, raw: bytes) -> None:
        """Keep a letter; one that is there already must be the same. Raises `BackupUnavailable`, `BackupDiffers`."""
        place = self.folder / kind / name
        try:
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                half = place.with_name(f"{name}.{os.getpid()}-{next(_WRITTEN)}.part")
                with half.open("wb") as file:
                    file.write(raw)
                    file.flush()
                    os.fsync(file.fileno())
                half.replace(place)
                sync_folder(place.parent)
            kept = place.read_bytes()
        except OSError as error:
            raise BackupUnavailable(reason=type(error).__name__) from error
        if kept != raw:
            raise BackupDiffers(name=name)

    def holds(self, kind: Kind, name: str) -> bool:
        """Whether there is a letter of that name. Raises `BackupUnavailable`."""
        try:
            return (self.folder / kind / name).exists()
        except OSError as error:
            raise BackupUnavailable(reason=type(error).__name__) from error

    def letters(self, kind: Kind) -> Iterator[tuple[str, bytes]]:
        """Every letter of a kind, by name. Raises `BackupUnavailable`."""
        try:
            for place in sorted((self.folder / kind).glob("*")):
                if place.suffix != ".part":
                    yield place.name, place.read_bytes()
        except OSError as error:
            raise BackupUnavailable(reason=type(error).__name__) from error


def sync_folder(folder: Path) -> None:
    """A renamed file is there after a power cut only if its folder was forced too; Windows has no such call."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
