"""What a laptop remembers from one session to the next, for whoever works at it: short texts by name.

    home/vault/habits.dgd     encrypted, names and texts alike

A draft ends with its book; what is kept here is met again next month, by every teller of the laptop. Nothing
here decides anything: a file that does not open is put aside and answered as empty, and somebody chooses once
more. Only its length tells a finder about how much is remembered.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from desktop import files
from sync import keys
from sync.errors import Fault, Refusal
from sync.records import Record, Whole, from_bytes

VERSION = 1
NAME_LETTERS_MAX = 80
# Seven heads of two hundred letters and what stands between them, twice.
TEXT_LETTERS_MAX = 4_000
# A thousand groups with a line of heads each; past it, what was used longest ago gives way.
BYTES_MAX = 512 * 1024
# The nonce and the tag.
_SEALED_BYTES = 28


class HabitTooLong(Refusal):
    code = "habits.too-long"
    vi = "Thiết lập cần nhớ dài quá {most} ký tự nên máy không nhớ. Việc đang làm vẫn tiếp tục được; lần sau chọn lại."
    en = "What was to be remembered is longer than {most} characters, so it is not kept. Go on; choose it again next time."


class _Habit(Record):
    name: str
    text: str


class _File(Record):
    """The one that was used longest ago first."""

    version: Whole
    kept: tuple[_Habit, ...]


class Habits:
    """The file under one key (32 bytes), bound to one laptop. Used by one thread."""

    def __init__(self, home: Path, *, key: bytes, device: bytes, draw: Callable[[int], bytes]) -> None:
        self._path = home / "vault" / "habits.dgd"
        self._key, self._bound, self._draw = key, b"habits" + device, draw

    def text(self, name: str) -> str:
        """What was kept under a name; empty where nothing was, or where it cannot be read any more."""
        return next((one.text for one in self._kept() if one.name == name), "")

    def names(self) -> tuple[str, ...]:
        """Under which names something is kept."""
        return tuple(one.name for one in self._kept())

    def keep(self, name: str, text: str) -> None:
        """Keep a text in place of the one before it; empty text forgets the name.

        Raises `HabitTooLong`, `NotWritten`; what was kept before then stands.
        """
        if not 0 < len(name) <= NAME_LETTERS_MAX or len(text) > TEXT_LETTERS_MAX:
            raise HabitTooLong(most=TEXT_LETTERS_MAX)
        before = self._kept()
        fresh = tuple(one for one in before if one.name != name)
        if text:
            fresh = (*fresh, _Habit(name=name, text=text))
        if fresh != before:
            plain = _fitting(fresh)
            files.keep(self._path, keys.wrap(self._key, plain, nonce=self._draw(keys.NONCE_BYTES), bound=self._bound))

    def _kept(self) -> tuple[_Habit, ...]:
        """What the file says, or the one before it; a file that says nothing sound is put aside."""
        for path in (self._path, self._path.with_name(self._path.name + ".prev")):
            if not path.exists():
                continue
            try:
                return self._read(path)
            except Fault:
                # Kept for whoever wants to know why. A disk that takes no rename loses nothing by it.
                with suppress(OSError):
                    path.replace(path.with_name(path.name + ".aside"))
        return ()

    def _read(self, path: Path) -> tuple[_Habit, ...]:
        raw = files.brought(path, bytes_max=BYTES_MAX + _SEALED_BYTES)
        held = from_bytes(_File, keys.unwrap(self._key, raw, bound=self._bound, what="habits"))
        if held.version != VERSION:
            raise keys.NotOpened(what="habits")
        return held.kept


def _fitting(kept: tuple[_Habit, ...]) -> bytes:
    """As many as a file may hold, the last of them first to stay."""
    while True:
        plain = _File(version=VERSION, kept=kept).to_bytes()
        if len(plain) <= BYTES_MAX or not kept:
            return plain
        kept = kept[1:]
