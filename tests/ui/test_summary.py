"""The end of a morning on one page: what each transaction came to, and who of the team made and approved it."""

from pathlib import Path

import pytest

from desktop.ui.summary import SummaryPage
from sync.money import figures
from tests.bench.point import PINS
from tests.ui.laptop import CONTROLLER, TELLER, Teller
from tests.ui.test_disburse import pay
from tests.ui.test_window import cut_off, nameless


def shown(teller: Teller) -> tuple[dict[str, list[str]], dict[str, list[str]], dict[str, str]]:
    """Rows by code, the team by staff id, and the facts."""
    teller.press("F7")
    teller.wait()
    page = teller.desk.pages["summary"]
    assert isinstance(page, SummaryPage)
    codes = {str(thing): [one.text for one in cells] for thing, cells in zip(page.codes.things, page.codes.rows, strict=True)}
    team = {str(thing): [cells[1].text, cells[2].text, cells[0].chip] for thing, cells in zip(page.team.things, page.team.rows, strict=True)}
    return codes, team, {name: one.text() for name, one in page.facts.items()}


@pytest.mark.feature(7)
@pytest.mark.feature(10)
def test_the_team_sees_what_the_session_came_to_and_who_did_what(teller: Teller, tmp_path: Path) -> None:
    teller.unlock()
    teller.open_session()
    teller.press("F4")
    teller.wait()
    pay(teller)
    codes, team, facts = shown(teller)
    assert codes["UQ"] == ["UQ", "Ứng quỹ", "1", "1", "650.000.000", ""]
    assert codes["GN"][2:] == ["1", "1", "", "60.000.000"]
    assert team[TELLER] == ["2", "0", "giữ két"]
    assert team[CONTROLLER][:2] == ["0", "2"]
    assert (facts["opening"], facts["out"], facts["held"]) == ("650.000.000", figures(-60_000_000), "590.000.000")
    # Undone, the sums are nil and the reversal is counted.
    teller.press("F6")
    teller.wait()
    teller.letter("D")
    teller.type("nhầm")
    teller.press("Enter")
    teller.wait(lambda: hasattr(teller.desk.sheet, "pin"))
    teller.approve(PINS[CONTROLLER])
    teller.wait(lambda: teller.desk.counter.standing.entries == 3)
    codes, team, facts = shown(teller)
    assert codes["GN"][2:] == ["0", "0", "", ""]
    assert (facts["reversals"], facts["held"], team[CONTROLLER][1]) == ("1", "650.000.000", "3")
    assert cut_off(teller.window) + nameless(teller.window) == []
    teller.window.grab().save(str(tmp_path / "summary.png"))
