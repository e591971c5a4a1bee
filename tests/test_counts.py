"""The counts of a run are shown, and nothing else that tests say."""

import pytest

from tests.counts import counted


def test_lines_that_count_are_told_from_other_words() -> None:
    said = "begun\nimages 5,000 lost 0 doubled 0 control lost 24 of 150\nfuzz pack: 10 changed, 0 escaped\nlost in thought\n"
    assert counted(said) == ["images 5,000 lost 0 doubled 0 control lost 24 of 150", "fuzz pack: 10 changed, 0 escaped"]


def test_they_stand_at_the_end_of_a_run(pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    pytester.makepyfile(test_one="def test_one():\n    print('seeds 3 lost 0 doubled 0')\n    print('hello')\n")
    ran = pytester.runpytest("-p", "tests.counts")
    ran.stdout.fnmatch_lines(["*counted*", "test_one.py: seeds 3 lost 0 doubled 0"])
    ran.stdout.no_fnmatch_line("*hello*")
    # This test counts nothing itself.
    capsys.readouterr()
