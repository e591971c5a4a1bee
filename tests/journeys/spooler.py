"""A print spooler of its own for a test: CUPS on a port of this machine, with its files in a folder, and what it prints there.

Nothing of the system's own CUPS is read or changed. What a queue prints is kept byte for byte by a backend of a few
lines, as the last step of the real chain of filters.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

BIN = Path("/usr/lib/cups")
PPD = Path("/usr/share/ppd/cups-pdf/CUPS-PDF_opt.ppd")
KEEP = """#!/bin/sh
# With no argument CUPS asks what it can reach.
[ $# -eq 0 ] && { echo 'direct keep "Unknown" "Keep"'; exit 0; }
folder="${DEVICE_URI#keep:}"
cat "${6:--}" > "$folder/$1.part" && mv "$folder/$1.part" "$folder/$1.out"
"""


class Spooler:
    """`printed` is what came out of a queue, in the order of its jobs."""

    def __init__(self) -> None:
        # Filters run as a user of their own, who sees nothing of a folder that is a test's alone.
        self.home = Path(tempfile.mkdtemp(prefix="spooler-"))
        self.home.chmod(0o755)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.server = "{}:{}".format(*free.getsockname())

    def __enter__(self) -> Self:
        home = self.home
        for name in ("root", "spool", "cache", "state", "log", "bin/backend", "out"):
            (home / name).mkdir(parents=True)
        for one in BIN.iterdir():
            if one.name != "backend":
                (home / "bin" / one.name).symlink_to(one)
        for name in ("socket", "ipp"):
            if (BIN / "backend" / name).exists():
                shutil.copy2(BIN / "backend" / name, home / "bin/backend" / name)
        backend = home / "bin/backend/keep"
        backend.write_text(KEEP)
        # So that it runs as whoever runs the test: others may not write here.
        backend.chmod(0o700)
        (home / "files.conf").write_text(
            f"ServerRoot {home}/root\nServerBin {home}/bin\nRequestRoot {home}/spool\nCacheDir {home}/cache\n"
            f"StateDir {home}/state\nTempDir {home}/spool\nErrorLog {home}/log/error\nAccessLog {home}/log/access\n"
            f"PageLog {home}/log/page\nFatalErrors none\n"
        )
        (home / "cupsd.conf").write_text(
            f"Listen {self.server}\nDefaultAuthType None\nBrowsing Off\nLogLevel warn\nErrorPolicy stop-printer\n"
            "<Location />\nOrder allow,deny\nAllow all\n</Location>\n<Location /admin>\nOrder allow,deny\nAllow all\n</Location>\n"
            "<Policy default>\n<Limit All>\nOrder allow,deny\nAllow all\n</Limit>\n</Policy>\n"
        )
        self._daemon = subprocess.Popen(
            ["/usr/sbin/cupsd", "-f", "-c", str(home / "cupsd.conf"), "-s", str(home / "files.conf")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + 30
        # It says so with the same exit status as when it runs.
        while "not running" in self.call("lpstat", "-h", self.server, "-r").stdout and time.monotonic() < until:
            time.sleep(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        self._daemon.terminate()
        self._daemon.wait(20)
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def world(self) -> dict[str, str]:
        """What tells a program to print here."""
        return {"CUPS_SERVER": self.server}

    def call(self, *command: str) -> "subprocess.CompletedProcess[str]":
        # What commands a spooler is no program of every day, and not on everybody's path.
        path = f"{os.environ['PATH']}:/usr/sbin"
        return subprocess.run(
            command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60,
            env={**os.environ, "PATH": path, "LC_ALL": "C", **self.world},
        )  # fmt: skip

    def _do(self, *command: str) -> None:
        done = self.call(*command)
        assert done.returncode == 0, done.stderr

    def add(self, queue: str) -> None:
        """A queue that prints on paper through the system's filters."""
        (self.home / "out" / queue).mkdir()
        self._do("lpadmin", "-h", self.server, "-p", queue, "-v", f"keep:{self.home}/out/{queue}", "-P", str(PPD), "-E")

    def add_raw(self, queue: str, uri: str = "") -> None:
        """A queue that passes on what it is given; kept in a folder, or to a printer at an address."""
        (self.home / "out" / queue).mkdir()
        self._do("lpadmin", "-h", self.server, "-p", queue, "-v", uri or f"keep:{self.home}/out/{queue}", "-m", "raw", "-E")

    def stop(self, queue: str) -> None:
        self._do("cupsdisable", "-h", self.server, queue)

    def resume(self, queue: str) -> None:
        self._do("cupsenable", "-h", self.server, queue)

    def remove(self, queue: str) -> None:
        self._do("lpadmin", "-h", self.server, "-x", queue)

    def clear(self) -> None:
        """No queue, and nothing printed."""
        for queue in (self.home / "out").iterdir():
            self.call("cancel", "-h", self.server, "-a", queue.name)
            self.call("lpadmin", "-h", self.server, "-x", queue.name)
            shutil.rmtree(queue)

    def printed(self, queue: str) -> list[bytes]:
        found = sorted((self.home / "out" / queue).glob("*.out"), key=lambda path: int(path.stem))
        return [path.read_bytes() for path in found]
