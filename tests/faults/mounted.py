"""File systems of one's own, mounted for as long as a block lasts: for that a test has to be root."""

import fcntl
import os
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

# What Linux calls FS_IOC_SHUTDOWN: the file system is gone from one moment to the next, its journal not flushed.
SHUTDOWN, NOT_EVEN_THE_LOG = 0x8004587D, 2
MAKE = {"ext4": ("mkfs.ext4", "-q", "-F"), "xfs": ("mkfs.xfs", "-q", "-f")}
# xfs is never smaller than 300 MB; what was not written takes no room.
MEGABYTES = {"ext4": 96, "xfs": 320}


class Mounted(NamedTuple):
    """A file system in a file."""

    image: Path
    folder: Path

    def flush(self) -> None:
        """Everything that was written so far lasts."""
        _run("sync", "-f", str(self.folder))

    def cut(self) -> None:
        """As if the machine lost its power: nothing more reaches the disk."""
        held = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(held, SHUTDOWN, struct.pack("I", NOT_EVEN_THE_LOG))
        finally:
            os.close(held)

    def again(self) -> None:
        """Mounted anew, as after a start: the file system puts itself in order from its journal.

        Whatever else runs on this machine in a mount namespace of its own may have taken our mount along for a moment:
        then it is still the dead file system, and is waited for.
        """
        probe = self.folder / "probe"
        for _ in range(100):
            _run("umount", str(self.folder))
            _run("mount", "-o", "loop", str(self.image), str(self.folder))
            try:
                with probe.open("wb") as file:
                    os.fsync(file.fileno())
                probe.unlink()
            except OSError:
                time.sleep(0.2)
            else:
                return
        raise AssertionError("the file system does not come back")


@contextmanager
def file_system(kind: str, place: Path) -> Iterator[Mounted]:
    """An empty `ext4` or `xfs`."""
    mounted = Mounted(place / f"{kind}.image", place / kind)
    mounted.folder.mkdir()
    with mounted.image.open("wb") as file:
        file.truncate(MEGABYTES[kind] << 20)
    _run(*MAKE[kind], str(mounted.image))
    _run("mount", "-o", "loop", str(mounted.image), str(mounted.folder))
    try:
        yield mounted
    finally:
        # What is still open must not hide why.
        _run("umount", "--lazy", str(mounted.folder))
        mounted.image.unlink()


@contextmanager
def in_memory(place: Path, *, kilobytes: int) -> Iterator[Path]:
    """A disk of so many kilobytes."""
    folder = place / "disk"
    folder.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", str(folder))
    try:
        yield folder
    finally:
        _run("umount", "--lazy", str(folder))
        folder.rmdir()


def _run(*command: str) -> None:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path})
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()} (file systems are mounted by root)"
