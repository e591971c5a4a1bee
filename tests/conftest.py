"""What every test may count on: no screen is needed, no real home is touched, and the shipped letters."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# What is imported while tests are collected stays to the end; nobody looks through a million objects for rubbish before.
gc.disable()
# Set before anything imports Qt. A test that wants a real window starts the program under Xvfb.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Debug and info chatter would bury the warnings, which fail a test.
os.environ.setdefault("QT_LOGGING_RULES", "*.debug=false;*.info=false")
# A developer's own keyring must never receive a test's secret.
os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
# A program that a test starts may keep what it compiled; else each of them compiles every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

pytest_plugins = ["tests.features", "tests.counts", "pytester"]

# On a busy machine of two cores a deadline finds slowness of the neighbours, not of the code.
settings.register_profile("project", deadline=None, print_blob=True)
settings.load_profile("project")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The simulation is one file and the longest: whichever worker has it begins with it, while the others do the rest."""
    items.sort(key=lambda item: "tests/simulation" not in item.nodeid)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    gc.freeze()
    gc.enable()


FONTS = Path(__file__).parent.parent / "resources" / "fonts"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder; whatever asks the system where to write is sent there."""
    folder = tmp_path / "home"
    for variable, place in {
        "HOME": "",
        "USERPROFILE": "",
        "APPDATA": "AppData/Roaming",
        "LOCALAPPDATA": "AppData/Local",
        "XDG_DATA_HOME": ".local/share",
        "XDG_CONFIG_HOME": ".config",
        "XDG_CACHE_HOME": ".cache",
        "XDG_STATE_HOME": ".local/state",
        "XDG_RUNTIME_DIR": ".run",
    }.items():
        (folder / place).mkdir(parents=True, exist_ok=True, mode=0o700)
        monkeypatch.setenv(variable, str(folder / place))
    return folder


@pytest.fixture(scope="session")
def fonts(qapp: object) -> Iterator[tuple[str, ...]]:
    """The shipped faces, known to Qt: their families, sorted."""
    from PySide6.QtGui import QFontDatabase

    numbers = [QFontDatabase.addApplicationFont(str(file)) for file in sorted(FONTS.glob("*.ttf"))]
    assert numbers
    assert -1 not in numbers
    yield tuple(sorted({name for n in numbers for name in QFontDatabase.applicationFontFamilies(n)}))
    for number in numbers:
        QFontDatabase.removeApplicationFont(number)
