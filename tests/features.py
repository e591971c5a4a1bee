"""Which test shows which feature, and which tests are long: a pytest plugin.

`@pytest.mark.feature(N)` says that a test drives row N of features.toml the way a person meets it and
would fail without it. `pytest --features` runs nothing and prints the table, with the rows that no
test shows yet. A number that is no row stops the collection, so a slip cannot count as a feature.

`@pytest.mark.long` leaves a test out unless `--long` is given: out, not skipped, so that a skip always
means that something is missing on this machine.
"""

import tomllib
from pathlib import Path

import pytest

ROWS_FILE = Path(__file__).with_name("features.toml")


def read_rows(text: str) -> dict[str, dict[int, str]]:
    """Section to row number to title, in the file's order."""
    sections: dict[str, dict[str, str]] = tomllib.loads(text)
    return {name: {int(number): title for number, title in rows.items()} for name, rows in sections.items()}


def shown_by(item: pytest.Item, rows: set[int]) -> list[int]:
    """The rows that this test says it shows."""
    numbers: list[int] = []
    for mark in item.iter_markers("feature"):
        strange = [n for n in mark.args if type(n) is not int or n not in rows]
        if strange or mark.kwargs or not mark.args:
            raise pytest.UsageError(f"{item.nodeid}: no such feature: {mark.args or 'no number'}")
        numbers += mark.args
    return numbers


class Table:
    """Collects who shows what, and prints it when asked to."""

    def __init__(self) -> None:
        self.sections = read_rows(ROWS_FILE.read_text(encoding="utf-8"))
        self.tests: dict[int, list[str]] = {n: [] for rows in self.sections.values() for n in rows}

    def note(self, item: pytest.Item) -> None:
        nodeid = item.nodeid.split("[")[0]  # one line for all parameters of a test
        for number in shown_by(item, set(self.tests)):
            if nodeid not in self.tests[number]:
                self.tests[number].append(nodeid)

    def lines(self) -> list[str]:
        lines: list[str] = []
        for section, rows in self.sections.items():
            lines += ["", section]
            for number, title in rows.items():
                lines.append(f"{number:4} {'·' if self.tests[number] else '–'} {title}")
                lines += [f"           {nodeid}" for nodeid in self.tests[number]]
        missing = [n for n, tests in self.tests.items() if not tests]
        lines += ["", f"{len(self.tests) - len(missing)} of {len(self.tests)} rows are shown by a test."]
        if missing:
            lines += [f"Shown by none: {', '.join(map(str, missing))}"]
        return lines


TABLE = pytest.StashKey[Table]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--features", action="store_true", help="print which test shows which feature")
    parser.addoption("--long", action="store_true", help="run the long tests too")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TABLE] = Table()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        config.stash[TABLE].note(item)
    if config.getoption("--long") or config.getoption("--features"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """With --features nothing runs; a module that cannot be collected still fails, by the ordinary loop."""
    return True if session.config.getoption("--features") and not session.testsfailed else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.getoption("--features"):
        for line in config.stash[TABLE].lines():
            terminalreporter.write_line(line)
