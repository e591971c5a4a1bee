"""Which faults were said on this laptop, counted by code: what a code is about stays where it was said.

    home/faults.json     {code: how often}
"""

import contextlib
import json
import re
from pathlib import Path

from desktop import files

# A code of this program; whatever else a file might hold is no code.
_CODE = re.compile(r"[a-z0-9][a-z0-9.-]{2,60}")
# More kinds of faults than the program has.
CODES_MAX = 500


def told(home: Path) -> dict[str, int]:
    """How often each fault was said."""
    try:
        found = json.loads((home / "faults.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {code: count for code, count in found.items() if _CODE.fullmatch(code) and isinstance(count, int)}


def count(home: Path, code: str) -> None:
    """Count one; a disk that takes nothing, and a home that is none, keep nobody from hearing it."""
    if not (home / "vault").is_dir() or not _CODE.fullmatch(code):
        return
    held = told(home)
    if code in held or len(held) < CODES_MAX:
        held[code] = held.get(code, 0) + 1
        with contextlib.suppress(files.NotWritten, OSError):
            files.keep(home / "faults.json", json.dumps(held, sort_keys=True).encode())
