"""What the system's print spooler (CUPS) still holds of a queue, asked of its own program."""

import os
import shutil
import subprocess

# The program answers at once, or its server does not answer at all.
CALL_S = 15.0


def held(queue: str) -> bool | None:
    """Whether the spooler has anything of a queue that is not printed; None where nobody can be asked."""
    if shutil.which("lpstat") is None:
        return None
    try:
        asked = subprocess.run(
            ["lpstat", "-o", queue], capture_output=True, timeout=CALL_S, check=False, stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    return bool(asked.stdout.strip()) if asked.returncode == 0 else None
