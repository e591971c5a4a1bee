"""What the harnesses counted, gathered at the end of a run: a pytest plugin.

A test that tries thousands of points says in one line how many, and how many of them lost or doubled something. Such
lines are shown together however many workers there were, so that a run says what it did and not only that it passed.
"""

import re

import pytest

COUNTED = re.compile(r"\blost \d|\d escaped|\d bugs|served by both \d")


def counted(said: str) -> list[str]:
    """The lines of what a test said that count something."""
    return [line.strip() for line in said.splitlines() if COUNTED.search(line)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = [
        f"{report.nodeid.partition('::')[0].removeprefix('tests/')}: {line}"
        for report in terminalreporter.getreports("passed")
        for line in counted(report.capstdout)
    ]
    if lines:
        terminalreporter.section("counted")
        for line in sorted(lines):
            terminalreporter.write_line(line)
