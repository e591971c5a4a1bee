"""The program as it is started: soon there, with nothing loaded that the first page does not need."""

import os
import subprocess
import sys
from pathlib import Path

from tests.ui.laptop import make_laptop

ROOT = Path(__file__).parent.parent.parent
STARTED = """
import secrets, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from desktop.ui import window
from sync.chain import Moment

def look():
    heavy = [name for name in ("sqlalchemy", "sqlmodel", "sqlcipher3", "reportlab", "httpx2", "zxingcpp", "keyring")
             if name in sys.modules]
    page = QApplication.activeWindow() or QApplication.topLevelWidgets()[0]
    print("heavy", heavy, type(page.centralWidget()).__name__, page.size().toTuple(), flush=True)
    page.close()

QTimer.singleShot(0, lambda: QTimer.singleShot(200, look))
sys.exit(window.run(Path(sys.argv[1]), clock=lambda: Moment(1, 1, 1), draw=secrets.token_bytes,
                    courier_url="http://localhost:9", paper=None, language="vi"))
"""


def started(home: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", STARTED, str(home)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
    )  # fmt: skip


def test_the_first_page_stands_before_anything_heavy_is_loaded(tmp_path: Path) -> None:
    done = started(make_laptop(tmp_path, members=5).home)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "heavy [] UnlockPage (1366, 728)"
    assert done.stderr == ""


def test_a_laptop_that_was_never_enrolled_says_what_to_do(tmp_path: Path) -> None:
    done = started(tmp_path / "nowhere")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "heavy [] EnrolPage (1366, 728)"
    assert done.stderr == ""
