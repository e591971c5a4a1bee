"""One laptop is enrolled for the whole run; every test that asks for one gets a copy of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop import store
from tests.desktop import enrolled, two_laptops
from tests.once import typed_before


@pytest.fixture(scope="package", autouse=True)
def _typed_before() -> Iterator[None]:
    with typed_before():
        yield


@pytest.fixture(scope="session")
def enrolled_laptop(tmp_path_factory: pytest.TempPathFactory) -> enrolled.Laptop:
    return enrolled.enrol(tmp_path_factory.mktemp("enrolled") / "home")


@pytest.fixture
def laptop(enrolled_laptop: enrolled.Laptop, tmp_path: Path) -> enrolled.Laptop:
    return enrolled.copied(enrolled_laptop, tmp_path / "laptop")


@pytest.fixture(scope="session")
def opened_laptop(enrolled_laptop: enrolled.Laptop, tmp_path_factory: pytest.TempPathFactory) -> enrolled.Laptop:
    """The same with a book whose float was taken over: its first entry."""
    laptop = enrolled.copied(enrolled_laptop, tmp_path_factory.mktemp("opened") / "home")
    desk = laptop.desk()
    enrolled.opened(desk)
    desk.close()
    return laptop


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, enrolled.Laptop]:
    """Two laptops of one table, each with the empty book of its share; tests copy them."""
    made = two_laptops.enrol(tmp_path_factory.mktemp("two"))
    for one in made.values():
        one.make_book().close()
    return made


@pytest.fixture
def short_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Books whose log is not grown beforehand: what is opened a hundred times is not posted to all morning."""
    monkeypatch.setattr(store, "LOG_PAGES", 4)
