"""The table of features tells the truth about who shows what."""

import pytest

from tests import features

OUTSIDE = """
    import pytest

    @pytest.mark.feature(13, 50)
    def test_a_deposit_prints_a_receipt():
        raise AssertionError("the table runs nothing")

    @pytest.mark.long
    def test_a_long_one():
        pass

    def test_a_short_one():
        pass
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini("[pytest]\nmarkers =\n    feature(number): a row\n    long: only with --long\n")
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_inprocess("-p", "tests.features", *arguments)


def test_there_are_148_rows_without_a_gap() -> None:
    rows = features.read_rows(features.ROWS_FILE.read_text(encoding="utf-8"))
    assert [n for section in rows.values() for n in section] == list(range(1, 149))
    assert all(title.strip() for section in rows.values() for title in section.values())


def test_the_table_names_the_test_of_a_row_and_the_rows_of_none(project: pytest.Pytester) -> None:
    project.makepyfile(test_outside=OUTSIDE)
    result = run(project, "--features")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        ["*13 · Savings deposit", "*test_outside.py::test_a_deposit_prints_a_receipt", "*14 – Withdrawal"]
    )
    result.stdout.fnmatch_lines(["2 of 148 rows are shown by a test.", "Shown by none: 1, 2, 3,*"])


@pytest.mark.parametrize("number", ["0", "149", "'13'", "True", ""])
def test_a_number_that_is_no_row_stops_the_collection(project: pytest.Pytester, number: str) -> None:
    project.makepyfile(f"import pytest\n@pytest.mark.feature({number})\ndef test_x(): pass")
    for arguments in ((), ("--features",)):
        result = run(project, *arguments)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["*test_x: no such feature:*"])


def test_the_table_fails_when_a_module_cannot_be_collected(project: pytest.Pytester) -> None:
    project.makepyfile("import nothing_of_that_name")
    assert run(project, "--features").ret == pytest.ExitCode.INTERRUPTED


def test_a_long_test_is_left_out_and_not_skipped(project: pytest.Pytester) -> None:
    project.makepyfile(test_outside=OUTSIDE)
    run(project, "-k", "one").assert_outcomes(passed=1, deselected=2, skipped=0)
    run(project, "-k", "one", "--long").assert_outcomes(passed=2, deselected=1)
