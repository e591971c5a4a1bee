"""One office and laptop made once, and copied for whoever writes into the book."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.once import typed_before
from tests.wire.point import Point, Template, copied, made


@pytest.fixture(scope="package", autouse=True)
def _typed_before() -> Iterator[None]:
    with typed_before():
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return made(tmp_path_factory.mktemp("template"))


@pytest.fixture
def at_point(template: Template, tmp_path: Path) -> Iterator[Point]:
    with copied(template, tmp_path) as point:
        yield point


@pytest.fixture(scope="module")
def house(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Point]:
    """For what only looks at the line."""
    with copied(template, tmp_path_factory.mktemp("house")) as point:
        yield point
