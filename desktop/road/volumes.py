"""Which sticks are in: folders where something removable is mounted.

A guess that a person confirms, and never more: whatever is not found here can be chosen as a folder.
"""

import re
import shutil
import string
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

# Where the systems that ship it put what somebody plugs in.
_PLUGGED = ("/media/", "/run/media/", "/Volumes/")
_MOUNTS = Path("/proc/self/mounts")
_BLOCK = Path("/sys/class/block")
# File systems that stand for no device somebody holds in a hand.
_NO_DEVICE = {"tmpfs", "proc", "sysfs", "overlay", "squashfs", "autofs", "fuse.portal", "iso9660"}
_REMOVABLE_ON_WINDOWS = 2


class Volume(NamedTuple):
    """A folder that may be a stick; `free_bytes` is -1 where nothing says."""

    root: Path
    name: str
    free_bytes: int


def found() -> tuple[Volume, ...]:
    """What is in now, by its place."""
    roots = _on_windows() if sys.platform == "win32" else _mounted(_text(_MOUNTS), removable=_is_removable)
    if sys.platform == "darwin":
        roots = [one for one in Path("/Volumes").glob("*") if one.is_mount()]
    return tuple(volume(one) for one in sorted(set(roots)))


def volume(root: Path) -> Volume:
    """A folder as one to choose."""
    return Volume(root, root.name or str(root), _free_bytes(root))


def left_behind(folder: Path) -> bool:
    """Whether a folder lies where sticks are mounted and none is: what is written there is on this laptop's own disk."""
    return folder.as_posix().startswith(_PLUGGED) and not any(folder.is_relative_to(one.root) for one in found())


def _mounted(mounts: str, *, removable: Callable[[str], bool]) -> Iterable[Path]:
    """Of lines `device folder type options …` the folders that are a stick's, or lie where sticks are mounted."""
    for line in mounts.splitlines():
        parts = line.split()
        if len(parts) < 3 or parts[2] in _NO_DEVICE:
            continue
        device, folder = parts[0], _unescaped(parts[1])
        if folder.startswith(_PLUGGED) or (device.startswith("/dev/") and folder != "/" and removable(device)):
            yield Path(folder)


def _unescaped(folder: str) -> str:
    r"""A blank stands as \040 there."""
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), folder).encode("latin-1", "replace").decode("utf-8", "replace")


def _is_removable(device: str) -> bool:
    """Whether the kernel says so of the disk that a partition is on."""
    place = _BLOCK / Path(device).name
    try:
        disk = place.resolve().parent if (place / "partition").exists() else place
        return (disk / "removable").read_text("ascii").strip() == "1"
    except OSError:
        return False


def _on_windows() -> Iterable[Path]:
    import ctypes

    kind = ctypes.windll.kernel32.GetDriveTypeW  # type: ignore[attr-defined]
    return [Path(f"{letter}:\\") for letter in string.ascii_uppercase if kind(f"{letter}:\\") == _REMOVABLE_ON_WINDOWS]


def _text(path: Path) -> str:
    try:
        # Bytes of a name that are no UTF-8 come back as they are.
        return path.read_bytes().decode("latin-1")
    except OSError:
        return ""


def _free_bytes(root: Path) -> int:
    try:
        return shutil.disk_usage(root).free
    except OSError:
        return -1
