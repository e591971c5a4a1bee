"""The laptop's own keys on its disk: two copies under the vault key, and one only the office can open.

They stand apart from the vault so that a page of the disk that goes bad takes the signing key and nothing else: the
laptop still opens, its books still open, and only signing waits. A copy that is gone is made again from the other.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path

from desktop import files
from sync import keys
from sync.errors import Damage
from sync.records import from_bytes
from sync.spare import LaptopKeys, make_spare


def keep(home: Path, held: LaptopKeys, *, device: bytes, vault_key: bytes, draw: Callable[[int], bytes]) -> None:
    """Both copies, anew. Raises `NotWritten`."""
    for path in _copies(home):
        raw = keys.wrap(vault_key, held.to_bytes(), nonce=draw(12), bound=_bound(device))
        path.unlink(missing_ok=True)
        files.keep(path, raw)


def keep_spare(home: Path, held: LaptopKeys, *, device: bytes, recovery_key: bytes) -> None:
    """The copy for the office. Raises `NotWritten`."""
    files.keep(_spare(home), make_spare(held, device=device, recovery_key=recovery_key))


def spare(home: Path) -> bytes | None:
    """What is carried to the office when the keys are gone; None where it is gone too."""
    return files.read(_spare(home))


def found(
    home: Path, *, device: bytes, vault_key: bytes, sign_key: bytes, seal_key: bytes, draw: Callable[[int], bytes]
) -> LaptopKeys | None:
    """The keys of these public halves, by whichever copy is sound; a bad copy is replaced. None: both are gone."""
    sound, bad = None, []
    for path in _copies(home):
        held = _opened(path, device=device, vault_key=vault_key)
        if held is None or not held.are_of(sign_key=sign_key, seal_key=seal_key):
            bad.append(path)
        else:
            sound = held
    if sound is not None:
        for path in bad:
            raw = keys.wrap(vault_key, sound.to_bytes(), nonce=draw(12), bound=_bound(device))
            # A disk that takes nothing now must not keep anybody from unlocking.
            with contextlib.suppress(files.NotWritten, OSError):
                path.unlink(missing_ok=True)
                files.keep(path, raw)
    return sound


def _opened(path: Path, *, device: bytes, vault_key: bytes) -> LaptopKeys | None:
    try:
        return from_bytes(LaptopKeys, keys.unwrap(vault_key, path.read_bytes(), bound=_bound(device), what="laptop keys"))
    except (OSError, Damage):
        return None


def _copies(home: Path) -> tuple[Path, Path]:
    return home / "vault" / "laptop.dgd", home / "vault" / "laptop.second.dgd"


def _spare(home: Path) -> Path:
    return home / "vault" / "spare.dgd"


def _bound(device: bytes) -> bytes:
    return b"laptop" + device
