"""One laptop is enrolled for the whole run; every test that asks for one gets a copy of its own."""

from pathlib import Path

import pytest

from tests.desktop import enrolled


@pytest.fixture(scope="session")
def enrolled_laptop(tmp_path_factory: pytest.TempPathFactory) -> enrolled.Laptop:
    return enrolled.enrol(tmp_path_factory.mktemp("enrolled") / "home")


@pytest.fixture
def laptop(enrolled_laptop: enrolled.Laptop, tmp_path: Path) -> enrolled.Laptop:
    return enrolled.copied(enrolled_laptop, tmp_path / "laptop")
