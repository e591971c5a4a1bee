"""What is half typed outlives whoever hurries past it: a page that was left before it had read its draft drops nothing."""

import threading
from typing import Any

import pytest

from desktop.ui.customers import CustomersPage
from tests.ui.laptop import Teller
from tests.ui.test_morning import visit


def customers(teller: Teller) -> CustomersPage:
    page = teller.desk.pages["customers"]
    assert isinstance(page, CustomersPage)
    return page


@pytest.fixture
def half_typed(teller: Teller) -> Teller:
    """Three lines of a visit are keyed; then it was locked, and unlocked again."""
    teller.unlock()
    teller.open_session()
    visit(teller)
    teller.wait()
    assert len(customers(teller).model.lines) == 3
    relock(teller)
    return teller


def relock(teller: Teller) -> None:
    teller.press("Ctrl+L")
    teller.wait()
    teller.unlock()
    teller.wait()


@pytest.mark.feature(112)
def test_keys_pressed_faster_than_the_book_is_read_lose_nothing_half_typed(half_typed: Teller) -> None:
    teller, go = half_typed, threading.Event()
    # The book is busy: what the page asks is answered when it has been left again.
    teller.desk.counter.ask(lambda _desk: go.wait(20), then=lambda _answered: None)
    teller.press("F3", "F5", "Ctrl+L")
    go.set()
    teller.wait()
    teller.unlock()
    teller.press("F3")
    teller.wait()
    assert len(customers(teller).model.lines) == 3


@pytest.mark.feature(112)
def test_nor_does_who_leaves_between_the_draft_and_whose_it_is(half_typed: Teller, monkeypatch: pytest.MonkeyPatch) -> None:
    teller, go = half_typed, threading.Event()
    page = customers(teller)
    take = page._take_draft

    def heard(kept: dict[str, Any], *, stay: bool) -> None:
        """The draft is there, and whose it is is still being asked when the page is left."""
        teller.desk.counter.ask(lambda _desk: go.wait(20), then=lambda _answered: None)
        take(kept, stay=stay)
        teller.desk.go_to("cash")

    monkeypatch.setattr(page, "_take_draft", heard)
    teller.press("F3")
    teller.qtbot.waitUntil(lambda: teller.desk.page == "cash", timeout=20_000)
    teller.press("Ctrl+L")
    go.set()
    teller.wait()
    teller.unlock()
    teller.press("F3")
    teller.wait()
    assert len(customers(teller).model.lines) == 3


@pytest.mark.feature(112)
@pytest.mark.parametrize("key", ["Ctrl+K", "F2"])
def test_whoever_looks_for_somebody_else_first_finds_what_was_half_typed(half_typed: Teller, key: str) -> None:
    teller = half_typed
    teller.press(key)
    teller.wait()
    if key == "F2":
        teller.press("F3")
        teller.wait()
    else:
        # The cursor stays where the name is typed.
        assert customers(teller).finder.hasFocus()
    assert len(customers(teller).model.lines) == 3
    teller.press("F5")
    relock(teller)
    teller.press("F3")
    teller.wait()
    assert len(customers(teller).model.lines) == 3


@pytest.mark.feature(112)
def test_control_what_somebody_takes_back_is_gone(half_typed: Teller) -> None:
    teller = half_typed
    teller.press("F3")
    teller.wait()
    customers(teller).lines.setFocus()
    teller.press("Esc", "F5")
    relock(teller)
    teller.press("F3")
    teller.wait()
    assert customers(teller).model.lines == []


def test_a_slip_that_was_looked_at_by_its_number_drops_no_other_ones_notes(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    teller.desk.counter.ask(lambda desk: desk.keep_draft("slip", '{"slip": "x", "notes": {}, "by_hand": []}'), then=lambda _none: None)
    slip = teller.desk.counter.roll.terms.disbursements[0].slip_no
    teller.desk.go_to("disburse", slip)
    teller.wait()
    teller.press("F5")
    drafts: list[str] = []
    teller.desk.counter.ask(lambda desk: desk.draft("slip"), then=drafts.append)
    teller.wait()
    assert drafts[0]
