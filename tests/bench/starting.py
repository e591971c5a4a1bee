"""From nothing to the unlock page on the screen, against the barest window the same Qt can show.

Both are whole processes, from the start of the interpreter to their first painted window, without a
screen. The program is started as its own command does it; only the loop is replaced by one look at what
is due, so that the process ends there. Neither ends tidily: taking Qt apart is nobody's waiting time.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Budget, Figure, Plan, compared
from tests.bench.point import enrolled

ROOT = Path(__file__).parent.parent.parent

_END = """
def painted(*_):
    app = QApplication.instance()
    app.processEvents()
    shown = [one for one in app.topLevelWidgets() if one.isVisible()]
    os._exit(0 if shown and not shown[0].grab().isNull() else 3)
"""
BARE = f"""
import os
from PySide6.QtWidgets import QApplication, QWidget
{_END}
app = QApplication([])
window = QWidget()
window.resize(1366, 728)
window.show()
painted()
"""
OURS = f"""
import os, sys
from PySide6.QtWidgets import QApplication
{_END}
QApplication.exec = painted
from desktop.__main__ import main
main(["--home", sys.argv[1]])
os._exit(4)
"""


def start(plan: Plan) -> Iterator[Figure]:
    """The program of an enrolled laptop."""
    home = plan.folder / "laptop"
    enrolled(home, plan.random, people=60, loans=60)
    world = dict(os.environ, QT_QPA_PLATFORM="offscreen", PYTHONPATH=str(ROOT), HOME=str(plan.folder))
    world["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    # As it is installed: compiled once, by the first run, which is not counted.
    world["PYTHONPYCACHEPREFIX"] = str(plan.folder / "bytecode")
    world.pop("PYTHONDONTWRITEBYTECODE", None)

    def process(code: str) -> Iterator[None]:
        yield
        subprocess.run([sys.executable, "-P", "-c", code, str(home)], env=world, check=True, capture_output=True)
        yield

    yield from compared(
        plan, name="start", what="process start to the unlock page", subject=lambda _number: process(OURS),
        limit_what="a bare window of the same Qt", limit=lambda _number: process(BARE),
        budget=Budget("ratio", 1.6), usual_rounds=15,
    )  # fmt: skip
