"""Where the office was reached last: one line in `home/office`, no secret."""

from pathlib import Path

from desktop import files


def known(home: Path) -> str:
    """The address; empty where the office never was reached."""
    return (files.read(home / "office") or b"").decode("utf-8", "replace").strip()


def keep(home: Path, address: str) -> None:
    """Remember it. Raises `NotWritten`."""
    files.keep(home / "office", address.encode())
