"""Sending by itself: what a teller sees of it, and that no failed try and no clock ends it."""

import threading
import time

import pytest

from desktop.desk import Desk
from desktop.listing import Standing
from desktop.road.waiting import GATHER_S, GATHERED, PAUSE_S_MAX, SLOW_S, STICK_S
from desktop.ui.sending import Sending
from sync.voucher import Wish
from tests.desktop import small
from tests.ui.laptop import Laptop, Teller
from tests.ui.test_morning import hand_in


def head(teller: Teller) -> str:
    return str(teller.desk.head.synced.text())


@pytest.mark.feature(82, 89)
def test_what_waits_says_how_long_and_goes_by_itself_when_there_is_a_way(laptop: Laptop, teller: Teller) -> None:
    laptop.wire.closed = True
    teller.unlock()
    teller.open_session()
    sending = teller.desk.sending
    teller.wait(lambda: sending.state == "offline")
    assert "cũ nhất dưới 1 phút" in head(teller)
    teller.window.clock.gone_s += 12 * 60  # type: ignore[attr-defined]
    sending._ask_age()
    teller.wait(lambda: "cũ nhất 12 phút" in head(teller))
    teller.press("F8")
    page = teller.desk.pages["sync"]
    assert page.oldest.text() == "Phiếu cũ nhất chưa gửi: 12 phút."  # type: ignore[attr-defined]
    # Nobody presses anything: the next try comes by the machine's own seconds.
    assert 0 < sending._timer.remainingTime() <= PAUSE_S_MAX * 1000
    laptop.wire.closed = False
    sending._timer.start(10)
    teller.wait(lambda: teller.desk.counter.standing.marks.received == 1)
    teller.wait(lambda: "cũ nhất" not in head(teller))
    assert sending.age_s is None
    assert sending.failures == 0


def test_after_a_day_the_stick_is_offered_and_the_tries_go_on(laptop: Laptop, teller: Teller) -> None:
    laptop.wire.closed = True
    teller.unlock()
    teller.open_session()
    sending = teller.desk.sending
    teller.wait(lambda: sending.state == "offline")
    teller.window.clock.gone_s += STICK_S  # type: ignore[attr-defined]
    sending._ask_age()
    teller.wait(lambda: "F8" in head(teller))
    assert sending.stick_due
    teller.press("F8")
    assert "USB" in teller.desk.pages["sync"].oldest.text()  # type: ignore[attr-defined]
    assert sending._timer.isActive()


def test_failed_tries_space_out_and_a_person_who_asks_is_heard_at_once(laptop: Laptop, teller: Teller) -> None:
    laptop.wire.closed = True
    teller.unlock()
    teller.open_session()
    sending: Sending = teller.desk.sending
    sending._chance = lambda: 1.0
    teller.wait(lambda: sending.state == "offline")
    pauses = []
    for failures in range(2, 7):
        sending._timer.start(0)
        teller.wait(lambda n=failures: sending.failures == n)  # type: ignore[misc]
        assert sending._timer.isActive()
        # What is left of it differs by a twentieth from timer to timer; what was asked for does not.
        pauses.append(sending._timer.interval())
    assert pauses == sorted(pauses)
    assert pauses[-1] > 4 * pauses[0]
    # What is posted meanwhile waits for the next try; a key does not.
    sending.posted()
    assert sending.state == "offline"
    laptop.wire.closed = False
    teller.press("F8")
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.marks.received == 1)
    assert sending.failures == 0


def test_on_a_slow_line_vouchers_go_together_and_nothing_waits_long(laptop: Laptop, teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    sending = teller.desk.sending
    teller.wait(lambda: teller.desk.counter.standing.marks.received == 1)
    assert not sending.gathers
    # Two answers in a row took long.
    sending.slow = 2
    sending.posted()
    assert sending.state == "waiting"
    sending._wait()
    assert 600_000 < sending._timer.remainingTime() <= GATHER_S * 1_060
    teller.press("F8")
    assert f"{GATHERED} phiếu" in teller.desk.pages["sync"].state.text()  # type: ignore[attr-defined]
    # One quick answer, and each voucher goes by itself again.
    hand_in(teller)
    assert teller.desk.counter.standing.marks.received == 1
    teller.press("F8")
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.marks.received == 2)
    assert (sending.slow, sending.gathers) == (0, False)
    assert sending._timer.remainingTime() <= 32_000


@pytest.mark.feature(82)
def test_a_close_that_is_posted_while_a_slow_letter_is_under_way_goes_right_behind_it(
    laptop: Laptop, teller: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    teller.unlock()
    teller.open_session()
    sending, counter = teller.desk.sending, teller.desk.counter
    teller.wait(lambda: counter.standing.marks.received == 1)
    sending.slow = 2
    hand_in(teller)
    assert counter.standing.marks.received == 1
    go, post = threading.Event(), laptop.wire.post_batch

    def slowly(raw: bytes) -> bytes:
        go.wait(20)
        time.sleep(SLOW_S)
        return post(raw)

    monkeypatch.setattr(laptop.wire, "post_batch", slowly)
    sending.send()
    teller.qtbot.waitUntil(lambda: sending._carrying.isValid() and counter.workers.pending == 1, timeout=20_000)

    def closing(desk: Desk) -> Standing:
        """Stands for the close: the last voucher, and the state after it."""
        desk.post(desk.preview_visit(small.code(44), wishes=[Wish("TT", small.deposit_no(44), 50_000)]))
        return desk.standing()._replace(state="closed")

    counter.ask(closing, then=counter.take)
    teller.qtbot.waitUntil(lambda: counter.standing.state == "closed", timeout=20_000)
    sending.posted()
    go.set()
    teller.wait(lambda: len(laptop.wire.batches) == 3)
    assert sending.gathers
