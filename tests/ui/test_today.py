"""The day as the window keeps it: what remains with no network at all, and one date that nobody can type."""

import datetime

import pytest
from PySide6.QtWidgets import QAbstractSpinBox, QDateTimeEdit

from desktop.morning import notes_for
from desktop.ui.today import TodayPage
from sync.session import Closed
from tests.bench.point import PINS
from tests.ui.laptop import CONTROLLER, DAY, LEADER, TELLER, Clock, Laptop, Teller
from tests.ui.test_morning import hand_in, visit

DAY_S = 86_400


def remaining(teller: Teller) -> list[str]:
    """The codes of what remains today, as Today lists them."""
    teller.press("F1")
    teller.wait()
    today = teller.desk.pages["today"]
    assert isinstance(today, TodayPage)
    return [task.code for task in today.work_model.things]  # type: ignore[attr-defined]


@pytest.mark.feature(6)
@pytest.mark.feature(30)
def test_with_no_network_all_morning_what_remains_is_worked_off_one_by_one(teller: Teller, laptop: Laptop) -> None:
    laptop.wire.closed = True
    teller.unlock()
    teller.open_session()
    before = remaining(teller)
    first = before[0]
    teller.press("Enter")
    teller.wait()
    assert teller.desk.page == "groups"
    hand_in(teller)
    visit(teller)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 3)
    after = remaining(teller)
    assert first not in after
    assert set(after) < set(before)
    assert laptop.wire.batches == []
    teller.wait(lambda: teller.desk.counter.standing.marks.received == 0)
    assert "3 phiếu" in teller.desk.head.synced.text()


@pytest.mark.feature(25)
def test_a_voucher_has_the_sessions_day_whatever_the_clock_says_and_no_field_takes_another(teller: Teller) -> None:
    clock = teller.window.clock
    assert isinstance(clock, Clock)
    teller.unlock()
    teller.open_session()
    # The laptop's clock jumps two days ahead, then one back: the work goes on, and it is written down.
    for jump, entries in ((2 * DAY_S, 2), (-DAY_S, 3)):
        clock.gone_s += jump
        visit(teller, deposit=str(100_000 + entries))
        teller.press("Ctrl+Enter")
        teller.wait()
        if teller.desk.sheet is not None:
            teller.press("Enter")
        teller.wait(lambda entries=entries: teller.desk.counter.standing.entries == entries)  # type: ignore[misc]
    held = teller.window._held
    assert held is not None
    made = [held.desk.voucher(number).entry for number in (1, 2, 3)]
    assert {one.business_date for one in made} == {DAY}
    days = [datetime.datetime.fromtimestamp(one.wall_s, tz=datetime.UTC).date() for one in made]
    assert days[1] > days[2] > days[0]
    assert [one.text.split("-")[1] for one in held.desk.journal("")] == [f"{DAY:%Y%m%d}"] * 3
    # Nowhere in the window is there a date to type.
    for page in ("F2", "F3", "F4", "F5", "F6", "F9"):
        teller.press(page)
        teller.wait()
    assert teller.window.findChildren(QDateTimeEdit) == []
    assert teller.window.findChildren(QAbstractSpinBox) == []
    # And once it is closed, its day takes nothing more.
    desk, pins = held.desk, {TELLER: PINS[TELLER], CONTROLLER: PINS[CONTROLLER], LEADER: PINS[LEADER]}

    def close() -> str:
        desk.post(desk.preview_count(notes=notes_for(desk.session.cash)))
        if desk.session.counted != desk.session.cash:
            odd = desk.preview_difference(reason="tiền lẻ")
            desk.post(odd, approvals=[desk.approve(odd, staff_id=LEADER, pin=pins[LEADER])])
        end = desk.preview_close()
        desk.post(end, approvals=[desk.approve(end, staff_id=one, pin=pin) for one, pin in pins.items()])
        try:
            desk.preview_request(request="suggestion", party="", text="muộn")
        except Closed as closed:
            return closed.code
        return ""

    said: list[str] = []
    teller.window.workers.run("books", call=close, then=said.append, failed=lambda fault: said.append(str(fault)))
    teller.wait(lambda: bool(said))
    assert said == ["session.closed"]
