"""The window as it is worked with: shipped letters, style sheet, a laptop in a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.ui import look
from tests.once import typed_before
from tests.ui.laptop import Laptop, Teller, copied, make_laptop, open_window, session_open


@pytest.fixture(scope="package", autouse=True)
def _typed_before() -> Iterator[None]:
    with typed_before():
        yield


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[QApplication]:
    """The program's own look, light, so that pictures are the same everywhere; taken off again afterwards."""
    font, palette = qapp.font(), qapp.palette()
    look.dress(qapp, dark=False)
    yield qapp
    qapp.setStyleSheet("")
    qapp.setFont(font)
    qapp.setPalette(palette)


@pytest.fixture(scope="package")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    """Enrolled once for all tests; nobody works on this one."""
    return make_laptop(tmp_path_factory.mktemp("enrolled"))


@pytest.fixture(scope="package")
def hands(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """A keyboard to prepare laptops with that many tests copy."""
    return QtBot(request)


@pytest.fixture(scope="package")
def opened(enrolled: Laptop, hands: QtBot, tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    """The same with its session open, for tests of what follows; nobody works on this one either."""
    return session_open(enrolled, tmp_path_factory.mktemp("opened"), hands)


@pytest.fixture
def laptop(enrolled: Laptop, tmp_path: Path) -> Laptop:
    return copied(enrolled, tmp_path)


@pytest.fixture
def teller(dressed: QApplication, laptop: Laptop, qtbot: QtBot) -> Iterator[Teller]:
    """Somebody in front of the locked window."""
    one = open_window(laptop, qtbot)
    yield one
    one.window.close()
