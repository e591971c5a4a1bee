"""One office and laptop for what only looks at the line; whoever writes into the book makes its own."""

from collections.abc import Iterator

import pytest

from tests.wire.point import Point, point


@pytest.fixture
def at_point(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Point]:
    with point(tmp_path_factory.mktemp("point")) as made:
        yield made


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Point]:
    with point(tmp_path_factory.mktemp("house")) as made:
        yield made
