"""What somebody at the office must settle, as they settle it: on its page and at the command line."""

import datetime
import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from sync.office import cases, intake, messages, overdue, overview
from sync.office.closing_checks import NoteShort
from tests.office.conftest import DAY, GROUP, Desk
from tests.office.laptop import MORNING
from tests.office.test_continued import gone_on, receive
from tests.office.test_decisions import WHY, booked, cloned, head8, raws
from tests.office.test_intake import lies
from tests.office.test_pages import sign_in, token


def wrong(desk: Desk) -> bytes:
    """A book with a difference on its third voucher."""
    laptop = desk.laptop()
    laptop.open()
    laptop.hand_in(GROUP)
    lies(laptop)["loan.interest-too-much"]()
    assert receive(desk, laptop.batch()).differences == 1
    return laptop.pack.book


def test_a_case_is_raised_once_and_closed_with_what_was_found_out(desk: Desk) -> None:
    laptop = desk.laptop()
    paper = cases.Paper(number="A-000003", what="visit", party="Nguyễn Thị Mẫu", amount=50_000)
    for _ in range(2):
        with desk.office.store.writing() as db:
            cases.raise_case(desk.office, db, kind="collision", book=laptop.pack.book, number=3, vi="Hai máy", en="Two", papers=[paper])
    (one,) = cases.listed(desk.office)
    assert (one.open, one.papers, overview.case_count(desk.office)) == (True, (paper,), 1)
    with pytest.raises(NoteShort):
        cases.settle(desk.office, case=one.case_id, note="xong", who="Cán bộ")
    cases.settle(desk.office, case=one.case_id, note="đã đối chiếu hai tờ giấy", who="Cán bộ")
    with pytest.raises(cases.CaseUnknown):
        cases.settle(desk.office, case=one.case_id, note="đã đối chiếu hai tờ giấy", who="Người khác")
    (one,) = cases.listed(desk.office)
    assert (one.open, one.settled_by, overview.case_count(desk.office)) == (False, "Cán bộ", 0)


@pytest.mark.feature(90)
def test_a_difference_is_settled_and_its_messages_leave_where_the_voucher_is_sound(desk: Desk) -> None:
    desk.office.session_settings.write_text("[messages]\non = true\ndays = 3000\n")
    book = wrong(desk)
    messages.write(desk.office)

    def held_back() -> list[str]:
        return [one.why for one in messages.listed(desk.office) if one.number == 3 and one.phone]

    held = held_back()
    assert held
    assert set(held) == {"difference"}
    assert overview.exception_count(desk.office) == 1
    with pytest.raises(cases.DifferenceUnknown):
        cases.settle_difference(desk.office, book=book, number=2, sound=True, note="không có gì ở đây", who="Cán bộ")
    cases.settle_difference(desk.office, book=book, number=3, sound=False, note="chưa rõ, còn hỏi tổ giao dịch", who="Cán bộ")
    assert set(held_back()) == {"difference"}
    assert overview.exception_count(desk.office) == 0
    assert overview.month(desk.office, wanted=None).rows[0].state.tone != "bad"
    page = overview.session_page(desk.office, book=book, page=1)
    assert [(one.number, one.settled_by) for one in page.differences] == [(3, "Cán bộ")]


def test_what_was_found_sound_troubles_nobody_any_more(desk: Desk) -> None:
    desk.office.session_settings.write_text("[messages]\non = true\ndays = 3000\n")
    book = wrong(desk)
    cases.settle_difference(desk.office, book=book, number=3, sound=True, note="lãi đúng theo hợp đồng sửa đổi", who="Cán bộ")
    messages.write(desk.office)
    assert "difference" not in {one.why for one in messages.listed(desk.office)}


@pytest.mark.feature(93)
def test_an_officer_decides_on_the_page_and_sees_what_is_to_be_entered_again(desk: Desk, client: TestClient) -> None:
    laptop, clone = cloned(desk)
    sign_in(client)
    shown = client.get("/cases").text
    for one in (head8(laptop, 3), head8(clone, 3), "60.000", "đang ghi sổ", "giữ riêng"):
        assert one in shown
    said = {"token": token(client), "book": laptop.pack.book.hex(), "number": "3", "keep": clone.entries[2].head.hex()}
    assert client.post("/cases/decide", data={**said, "note": "ngắn"}).status_code == 422
    assert client.post("/cases/decide", data={**said, "number": "2", "note": WHY}).status_code == 422
    assert [one.kind for one in overview.exceptions(desk.office).alarms] == ["fork"]
    assert client.post("/cases/decide", data={**said, "note": WHY}).status_code == 303
    assert overview.exceptions(desk.office).alarms == ()
    assert booked(desk, clone) == raws(clone)
    shown = client.get("/cases").text
    assert "phiếu cần lập lại" in shown
    (waiting,) = [one for one in cases.listed(desk.office) if one.open]
    settle = {"token": said["token"], "case": waiting.case_id, "note": "đã lập lại ở phiên bù"}
    assert client.post("/cases/settle", data=settle).status_code == 303
    assert "Không có việc nào đang chờ" in client.get("/cases").text


def test_a_difference_is_settled_on_its_page(desk: Desk, client: TestClient) -> None:
    book = wrong(desk)
    sign_in(client)
    assert "Phiếu đúng" in client.get("/exceptions").text
    said = {"token": token(client), "book": book.hex(), "number": "3", "note": "đã xem hợp đồng", "outcome": "sound"}
    assert client.post("/differences/settle", data=said).status_code == 303
    assert "đã xem hợp đồng" in client.get(f"/sessions/{book.hex()}").text
    assert client.post("/differences/settle", data=said).status_code == 422


@pytest.mark.feature(102)
def test_missing_numbers_are_an_alarm_until_they_come(desk: Desk) -> None:
    laptop = desk.laptop()
    laptop.open()
    laptop.hand_in(GROUP)
    laptop.deposit(50_000)
    assert receive(desk, laptop.batch(3)).status == "gap"
    assert [one.kind for one in overview.exceptions(desk.office).alarms] == ["missing"]
    assert "số 2" in overview.exceptions(desk.office).alarms[0].sentence
    receive(desk, laptop.batch())
    assert overview.exceptions(desk.office).alarms == ()
    assert overview.exception_count(desk.office) == 0


@pytest.mark.feature(103)
def test_each_laptop_shows_when_it_last_sent_and_what_it_is_late_with(desk: Desk, client: TestClient) -> None:
    first, spare = gone_on(desk)
    from sync.office import preparation

    preparation.fetch(desk.office, device=first.device, wanted=None)
    assert overdue.sessions(desk.office) == ()
    next_day = replace(desk.office, now_s=lambda: MORNING + 26 * 3600)
    assert [(one.letter, one.days, one.received) for one in overdue.sessions(next_day)] == [("A", 1, 0)]
    receive(desk, spare.carried())
    receive(desk, spare.batch())
    (late,) = overdue.sessions(next_day)
    assert (late.letter, late.device, late.session_date, late.received) == ("A.B", spare.device, DAY, 7)
    seen = {one.laptop.letter: one for one in overdue.laptops(next_day)}
    assert seen["B"].version >= 1
    assert seen["B"].laptop.seen_s
    assert seen["B"].overdue == (late,)
    assert seen["A"].overdue == ()
    long_after = replace(desk.office, now_s=lambda: MORNING + int(datetime.timedelta(days=40).total_seconds()))
    assert overdue.sessions(long_after) == ()
    sign_in(client)
    assert client.get("/laptops").status_code == 200


def test_the_page_of_cases_fits_its_window(desk: Desk, browser: tuple[Page, str]) -> None:
    cloned(desk)
    intake.back_up(desk.office)
    page, address = browser
    page.goto(address + "/sign-in")
    page.fill('input[name="password"]', "bốn con trâu ăn cỏ")
    page.click("button.primary")
    page.goto(address + "/cases")
    assert page.locator('input[name="keep"]').count() == 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.querySelector('header').offsetHeight") < 90


def test_every_voucher_of_a_session_that_went_on_has_its_page(desk: Desk, client: TestClient) -> None:
    first, spare = gone_on(desk)
    receive(desk, spare.carried())
    receive(desk, spare.batch())
    sign_in(client)
    shown = client.get(f"/sessions/{first.pack.book.hex()}").text
    links = sorted(set(re.findall(r'href="(/sessions/[0-9a-f]{32}/vouchers/\d+)"', shown)))
    assert len(links) == 7
    for one in links:
        page = client.get(one)
        assert page.status_code == 200, one
        for other in re.findall(r'href="(/sessions/[0-9a-f]{32}/vouchers/\d+)"', page.text):
            assert client.get(other).status_code == 200, other
