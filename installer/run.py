#!/usr/bin/env python3
"""Lấy chương trình chạy được trên một máy mới. / One command that makes a fresh machine ready, then runs.

    python3 installer/run.py demo [--headless ...]     a whole session with sample data
    python3 installer/run.py papers [--pictures]       every paper the program makes, from one session
    python3 installer/run.py test [--long] [...]       every check; with pytest's own arguments, pytest alone
    python3 installer/run.py bench [...]               speed and size, each beside its limit
    python3 installer/run.py desktop [...]             the laptop's program
    python3 installer/run.py office [...]              the office's program
    python3 installer/run.py lock [--upgrade]          make requirements.lock again (needs uv)

Only the standard library, since nothing else is there yet. Packages come from requirements.lock and
are refused when their hash differs. System libraries are looked for one by one, and only what this
command needs and does not find is installed: by apt-get when we are root, otherwise the one line to
type is printed and the exit status is 2. The folder the caller stands in stays the current one, so
relative paths in the arguments mean what they say.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "installer" / "requirements.lock"
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "lock.sha256"

VENV_PACKAGE = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"

NOT_READY = 2  # exit status: the machine lacks something that a person has to give it

# What Qt loads when it starts (ldd over its wheel), and the Debian package that brings each file.
QT = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libbrotlidec.so.1": "libbrotli1",
}
WINDOW = {
    **QT,
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    # Through which Qt reaches the printers of the system.
    "libcups.so.2": "libcups2",
}
# Verbs of the laptop that only look after its books: a machine without a screen can run them.
BOOK_ONLY = ("check", "backup", "restore", "compare", "prune", "bundle")
# What WeasyPrint loads, which the benchmark of a receipt is held against.
PEER = {
    **QT,
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz.so.0": "libharfbuzz0b",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
# Programs that only tests start: a screen and a hand on it, readers of paper, a browser, two witnesses, disks to take
# away, a print spooler; and one file that a test reads, by its path.
TOOLS = {
    "Xvfb": "xvfb",
    "xauth": "xauth",
    "xdotool": "xdotool",
    "openbox": "openbox",
    "pdftotext": "poppler-utils",
    "pdftoppm": "poppler-utils",
    "zbarimg": "zbar-tools",
    "qpdf": "qpdf",
    "chromium": "chromium",
    "strace": "strace",
    "faketime": "faketime",
    "mount": "mount",
    "/usr/sbin/mkfs.ext4": "e2fsprogs",
    "/usr/sbin/mkfs.xfs": "xfsprogs",
    "gs": "ghostscript",
    "/usr/sbin/lpadmin": "cups-client",
    "/usr/sbin/cupsd": "cups",
    "/usr/share/ppd/cups-pdf/CUPS-PDF_opt.ppd": "printer-driver-cups-pdf",
}


def say(vi: str, en: str) -> None:
    """To the person, never into the output of the command that follows."""
    print(f"{vi}\n  {en}", file=sys.stderr, flush=True)


def loads(library: str) -> bool:
    """Whether this very process can load it: the truest question, and needs no ldconfig and no compiler."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def ensure(libraries: dict[str, str], programs: dict[str, str]) -> None:
    """What the machine lacks and the packages of the lock, at the same time: each waits for another host."""
    packages = lacking(libraries, programs)
    if VENV_PACKAGE in packages:
        install([VENV_PACKAGE])
    with ThreadPoolExecutor(max_workers=1) as beside:
        system = beside.submit(install, [one for one in packages if one != VENV_PACKAGE])
        ensure_packages()
        system.result()


def lacking(libraries: dict[str, str], programs: dict[str, str]) -> list[str]:
    """Debian packages for what is missing, and only those."""
    if not sys.platform.startswith("linux"):
        return []
    packages = {package for name, package in libraries.items() if not loads(name)}
    packages |= {package for name, package in programs.items() if not (shutil.which(name) or os.path.isfile(name))}
    if not VENV.exists() and importlib.util.find_spec("ensurepip") is None:  # Debian keeps it apart
        packages.add(VENV_PACKAGE)
    return sorted(packages)


def install(packages: list[str]) -> None:
    if not packages:
        return
    wanted = " ".join(packages)
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        line = f"apt-get install -y --no-install-recommends {wanted}"
        say(
            f"Máy này còn thiếu (tên gói Debian): {wanted}. Hãy chạy: sudo {line}",
            "This machine lacks the Debian packages above: run the line, then come back.",
        )
        sys.exit(NOT_READY)
    say(f"Đang cài thư viện hệ thống: {wanted}", "Installing system libraries; this happens once.")
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for step in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            [apt, "-qq", *step], env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        # A failed update may only mean that one mirror of many is down: the install tells the truth.
        if done.returncode and step[0] == "install":
            print(done.stdout, done.stderr, file=sys.stderr)
            say(f"Không cài được: {wanted}", "apt-get failed; its words are above.")
            sys.exit(NOT_READY)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two commands started together on a fresh machine must not build one .venv at the same time."""
    if os.name == "nt":
        yield
        return
    import fcntl

    with LOCK.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def ensure_packages() -> None:
    """A .venv that holds exactly what the lock names; a half-made one is made anew."""
    want = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == want:
        return
    if not works("-m", "pip", "--version"):
        say("Đang tạo môi trường Python (.venv)", "Making the Python environment.")
        tell(sys.executable, "-m", "venv", "--clear", str(VENV))
    say("Đang cài các gói trong requirements.lock", "Installing the locked packages; about a minute, once.")
    options = ["--no-input", "-qq", "--disable-pip-version-check", "--require-hashes"]
    tell(str(PYTHON), "-m", "pip", "install", *options, "--only-binary=:all:", "-r", str(LOCK))
    STAMP.write_text(want)


def works(*arguments: str) -> bool:
    try:
        done = subprocess.run([PYTHON, *arguments], capture_output=True, check=False)
    except OSError:  # no such interpreter, or a link to one that was removed
        return False
    return done.returncode == 0


def tell(*command: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if done.returncode:
        say(f"Lệnh không chạy được: {' '.join(command)}", "This command failed; its words are above.")
        sys.exit(NOT_READY)


def become(*command: str) -> NoReturn:
    """Turn into the program: whoever stops this process stops the program, and gets its exit status."""
    inherited = os.environ.get("PYTHONPATH")
    path = str(ROOT) if not inherited else f"{ROOT}{os.pathsep}{inherited}"
    world = dict(os.environ, PYTHONPATH=path, PYTHONUTF8="1")
    if os.name == "nt":  # Windows would return to the shell at once
        sys.exit(subprocess.run([PYTHON, *command], env=world, check=False).returncode)
    os.execve(PYTHON, [str(PYTHON), *command], world)  # noqa: S606 - no shell wanted


def make_lock(*options: str) -> NoReturn:
    """The lock names no host: neither an index nor a file's address may stand in it."""
    beside = VENV / PYTHON.parent.name / "uv"
    uv = shutil.which("uv") or (str(beside) if beside.exists() else None)
    if uv is None:
        say("Cần có uv: python3 -m pip install uv", "uv is needed to make the lock again.")
        sys.exit(NOT_READY)
    command = [uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--group", "dev", "--output-file"]
    command += ["installer/requirements.lock", "pyproject.toml", *options]
    sys.exit(subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode)


def main(arguments: list[str]) -> NoReturn:
    command, *rest = arguments or ["help"]
    if command in ("help", "-h", "--help"):
        print(__doc__)
        sys.exit(0)
    if command == "lock":
        make_lock(*rest)

    # -P: the caller's folder must not shadow our modules; demo.py and papers.py are files and need no such care.
    needs: dict[str, tuple[dict[str, str], dict[str, str], tuple[str, ...]]] = {
        "demo": (QT if "--headless" in rest else WINDOW, {}, (str(ROOT / "installer" / "demo.py"),)),
        "papers": ({}, {}, (str(ROOT / "installer" / "papers.py"),)),
        "test": (WINDOW, TOOLS, ("-P", "-m", "tests.check")),
        "bench": (PEER, {}, ("-P", "-m", "tests.bench")),
        # The window is what needs Qt's libraries.
        "desktop": ({} if rest and rest[0] in BOOK_ONLY else WINDOW, {}, ("-P", "-m", "desktop")),
        "office": ({}, {}, ("-P", "-m", "sync.office")),
    }
    if command not in needs:
        say(f"Không có lệnh này: {command}", "Unknown command; see --help.")
        sys.exit(NOT_READY)
    libraries, programs, program = needs[command]
    with one_at_a_time():
        ensure(libraries, programs)
    if command in ("test", "bench"):
        os.chdir(ROOT)
    become(*program, *rest)


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts it may have an older one
        say("Cần Python 3.11 trở lên.", "Python 3.11 or newer is needed.")
        sys.exit(NOT_READY)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    main(sys.argv[1:])
