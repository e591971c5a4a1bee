"""The system's print spooler (CUPS), asked through its own programs."""

import os
import shutil
import subprocess

# The program answers at once, or its server does not answer at all.
CALL_S = 15.0


def call(*command: str, raw: bytes = b"") -> "subprocess.CompletedProcess[str]":
    """What one of its programs says, in words that are the same on every system. Raises `subprocess.TimeoutExpired`."""
    done = subprocess.run(
        command, input=raw, capture_output=True, timeout=CALL_S, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    )


def held(queue: str) -> bool | None:
    """Whether the spooler has anything of a queue that is not printed; None where nobody can be asked."""
    if shutil.which("lpstat") is None:
        return None
    try:
        asked = call("lpstat", "-o", queue)
    except subprocess.TimeoutExpired:
        return None
    return bool(asked.stdout.strip()) if asked.returncode == 0 else None
