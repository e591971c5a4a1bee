"""The pages as an officer meets them, in a real browser where it matters how they look."""

import datetime
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from sync.chain import stub_of
from sync.office import intake, officers, preparation
from sync.office.api import application
from sync.receipt import receipt_text
from sync.voucher import Body, facts
from tests.office.conftest import GROUP, PASSWORD, Desk
from tests.office.laptop import Laptop
from tests.office.test_intake import lies, morning
from tests.office.whole import asked, custody


def sign_in(client: TestClient, password: str = PASSWORD) -> int:
    return client.post("/sign-in", data={"name": officers.OFFICER, "password": password}).status_code


def token(client: TestClient) -> str:
    found = re.search(r'name="token" value="([^"]+)"', client.get("/receipts").text)
    assert found
    return found[1]


def test_every_page_asks_who_is_there(client: TestClient) -> None:
    for path in ("/", "/sessions/00", "/cash", "/requests", "/exceptions", "/laptops", "/receipts"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert client.post("/receipts", data={"text": "x"}).status_code == 303
    assert sign_in(client) == 303
    assert client.get("/").status_code == 200


def test_a_forged_or_old_ticket_is_nobody(desk: Desk, client: TestClient) -> None:
    sign_in(client)
    good = client.cookies["dgd-office"]
    said, mac = good.split(".")
    assert officers.ticket_of(desk.office, cookie=good)
    for cookie in ("", ".", "x.y", said + ".", said[:-2] + "AA." + mac, said + "." + mac[:-2], "é" + good):
        assert officers.ticket_of(desk.office, cookie=cookie) is None
    later = desk.office.now_s() + officers.TICKET_S + 1
    from dataclasses import replace

    assert officers.ticket_of(replace(desk.office, now_s=lambda: later), cookie=good) is None


def test_a_form_without_the_pages_token_is_refused(client: TestClient) -> None:
    sign_in(client)
    assert client.post("/sign-out", data={"token": "x"}).status_code == 422
    assert client.post("/receipts", data={"token": "x", "text": "y"}).status_code == 422
    assert client.post("/sign-out", data={"token": token(client)}).status_code == 303
    assert client.get("/").status_code == 303


@pytest.mark.feature(74)
def test_wrong_passwords_make_one_wait_even_for_the_right_one(desk: Desk, client: TestClient) -> None:
    for _ in range(5):
        assert sign_in(client, "sai mật khẩu rồi") == 422
    assert sign_in(client) == 422
    with pytest.raises(officers.SignInLater):
        officers.sign_in(desk.office, name=officers.OFFICER, password=PASSWORD)
    from dataclasses import replace

    later = desk.office.now_s() + 3_601
    patient = replace(desk.office, now_s=lambda: later)
    assert officers.sign_in(patient, name=officers.OFFICER, password=PASSWORD)


def test_the_right_password_in_time_forgives_the_slips_before_it(desk: Desk, client: TestClient) -> None:
    for _ in range(3):
        for _ in range(3):
            sign_in(client, "sai mật khẩu rồi")
        assert sign_in(client) == 303
    with pytest.raises(officers.SignInWrong):
        officers.sign_in(desk.office, name="ai-do", password=PASSWORD)
    with pytest.raises(officers.PasswordShort):
        officers.set_password(desk.office, name=officers.OFFICER, password="ngắn")


def test_pages_may_run_nothing_and_be_framed_by_nobody(client: TestClient) -> None:
    rules = client.get("/sign-in").headers
    assert "default-src 'none'" in rules["content-security-policy"]
    assert "frame-ancestors 'none'" in rules["content-security-policy"]
    assert rules["cache-control"] == "no-store"
    set_cookie = client.post("/sign-in", data={"name": officers.OFFICER, "password": PASSWORD}).headers["set-cookie"]
    assert "HttpOnly" in set_cookie
    assert "SameSite=strict" in set_cookie


def receipt_of(laptop: Laptop, number: int) -> str:
    sealed = laptop.entries[number - 1]
    return receipt_text(stub_of(sealed.entry, sealed.head), sealed.signature)


@pytest.mark.feature(55)
def test_a_receipt_is_judged_with_no_network(desk: Desk, client: TestClient) -> None:
    from sync.office.receipts import verify_receipt
    from sync.records import changed

    laptop = desk.laptop()
    laptop.open()
    laptop.deposit()
    genuine = receipt_of(laptop, 2)
    assert verify_receipt(desk.office, text=genuine).verdict == "not-received"
    intake.receive(desk.office, batch=laptop.batch())
    assert verify_receipt(desk.office, text=genuine).verdict == "genuine"
    sealed = laptop.entries[1]
    stub = stub_of(sealed.entry, sealed.head)
    raised = receipt_text(changed(stub, amount=stub.amount + 1), sealed.signature)
    assert verify_receipt(desk.office, text=raised).verdict == "altered"
    stranger = receipt_text(changed(stub, book=bytes(16)), sealed.signature)
    assert verify_receipt(desk.office, text=stranger).verdict == "unknown-laptop"
    clone = Laptop(desk.laptop("B", seed=2).ticket.to_bytes(), seed=1)
    clone.device, clone.pack, clone.staff = laptop.device, laptop.pack, laptop.staff
    clone.take(_pack_again(desk, laptop))
    clone.open()
    clone.deposit(60_000)
    assert verify_receipt(desk.office, text=receipt_of(clone, 2)).verdict == "other-history"
    sign_in(client)
    page = client.post("/receipts", data={"token": token(client), "text": genuine})
    assert "Biên lai thật" in page.text
    assert "TXN0480701-20240415-A-000002" in page.text
    assert client.post("/receipts", data={"token": token(client), "text": "DGD1:%%%"}).status_code == 422


def _pack_again(desk: Desk, laptop: Laptop) -> bytes:
    from sync.office import preparation

    return preparation.fetch(desk.office, device=laptop.device, wanted=laptop.pack.pack)


def test_a_name_that_looks_like_a_page_is_shown_as_a_name(desk: Desk, tmp_path: Path) -> None:
    from sync.records import changed
    from tests.office.conftest import make_office, small_export

    export = small_export()
    first, *rest = export.customers
    evil = changed(export, customers=(changed(first, full_name="<script>alert(1)</script>"), *rest))
    office = make_office(tmp_path / "other", export=evil)
    other = Desk(office, tmp_path / "other")
    laptop = other.laptop()
    laptop.open()
    laptop.deposit()
    intake.receive(office, batch=laptop.batch())
    officers.set_password(office, name=officers.OFFICER, password=PASSWORD)
    with TestClient(application(office), follow_redirects=False) as client:
        sign_in(client)
        text = client.get(f"/sessions/{laptop.pack.book.hex()}").text
    assert "&lt;script&gt;alert(1)" in text
    assert "<script" not in text
    office.store.close()


@pytest.mark.feature(98)
@pytest.mark.feature(103)
def test_an_officer_finds_a_session_its_cash_its_chain_and_what_is_wrong_with_it(
    desk: Desk, browser: tuple[Page, str]
) -> None:
    page, address = browser
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    good = morning(desk.laptop("A"))
    intake.receive(desk.office, batch=good.batch())
    bad = desk.laptop("B", seed=2)
    bad.open()
    lies(bad)["loan.interest-too-much"]()
    intake.receive(desk.office, batch=bad.batch())
    page.goto(address)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    rows = page.get_by_role("row")
    good_row = rows.filter(has=page.get_by_role("cell", name="A", exact=True))
    bad_row = rows.filter(has=page.get_by_role("cell", name="B", exact=True))
    assert "liền mạch" in good_row.inner_text()
    assert "Đã đối chiếu" in good_row.inner_text()
    assert "Ngoại lệ: 1 khác biệt" in bad_row.inner_text()
    assert page.evaluate("document.fonts.check('14px \"Noto Sans\"', 'Nguyễn Ŭt')")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    good_row.get_by_role("link").click()
    text = page.inner_text("main")
    closing = f"{good.session.cash:,}".replace(",", ".")
    assert text.count(closing) == 3  # by the book, as counted, and in the cash book of the teller
    assert f"TXN0480701-20240415-A-{len(good.entries):06d}" in text
    assert good.head.hex()[:16] in text
    assert "Tổ 001" in text
    assert GROUP in text
    assert "đảo ở số 5" in text
    page.get_by_role("link", name="Ngoại lệ").click()
    assert "lớn hơn lãi phải thu" in page.inner_text("main")
    page.get_by_role("link", name="Thiết bị").click()
    assert page.get_by_text("đã đăng ký").count() == 2
    page.get_by_role("button", name="Thoát").click()
    page.get_by_role("heading", name="Đăng nhập văn phòng").wait_for()
    assert messages == []


def officer_in(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.get_by_role("heading", name="Phiên giao dịch").wait_for()


def nothing_cut_off(page: Page) -> bool:
    """Neither the page nor any table on it is wider than its place, at both widths of the design."""
    wide = "[...document.querySelectorAll('.card.table'), document.documentElement].every(e => e.scrollWidth <= e.clientWidth)"
    fits = []
    for width, height in ((1280, 720), (1366, 728)):
        page.set_viewport_size({"width": width, "height": height})
        fits.append(bool(page.evaluate(wide)))
    return all(fits)


def row_of(page: Page, said: str) -> str:
    """The one row of the page that says this."""
    rows = page.get_by_role("row").filter(has_text=said)
    assert rows.count() == 1, said
    return rows.inner_text()


@pytest.mark.feature(27)
@pytest.mark.feature(47)
@pytest.mark.feature(48)
@pytest.mark.feature(146)
def test_an_officer_sees_where_the_cash_went_what_was_lost_and_what_nobody_can_place(
    desk: Desk, browser: tuple[Page, str]
) -> None:
    page, address = browser
    laptop = desk.laptop()
    laptop.open({500_000: 600})
    custody(laptop)
    intake.receive(desk.office, batch=laptop.batch())
    officer_in(page, address)
    page.get_by_role("link", name="Quỹ", exact=True).click()
    assert nothing_cut_off(page)
    assert "Lê Minh Tuấn, Võ Thị Thủy" in (bag := row_of(page, "Chuyển tiền"))
    for said in ("10.000.000", "Điểm giao dịch → PGD", "rời đi 10:40", "N-0416"):
        assert said in bag
    assert "320.000.000" in page.inner_text(".figures")
    assert "N-0415" in row_of(page, "Tiếp quỹ")
    assert "→ Thủ quỹ" in row_of(page, "Hoàn quỹ")
    for said in ("thu giữ", "500.000 sê-ri HN1234567", "biên bản BB-07"):
        assert said in row_of(page, "Tiền giả")
    loss = row_of(page, "Mất tiền")
    for said in ("60.000.000", "Quốc lộ 50", "đã báo: Giám đốc PGD", "khẩn: báo trước 20:01 15/04"):
        assert said in loss
    # One of the two envelopes was placed after all, and its voucher reversed: only the other waits.
    assert "200.000" in row_of(page, "Phong bì không tên ở bàn số 2")
    assert page.get_by_text("Tiền thừa của Tổ").count() == 0
    page.get_by_role("row").filter(has_text="Mất tiền").get_by_role("link").click()
    assert nothing_cut_off(page)
    assert page.get_by_text("khẩn: báo trước").count() == 1
    assert "Tiền chờ xử lý" in page.inner_text(".columns")


@pytest.mark.feature(132)
def test_an_officer_reads_what_people_asked_for_without_money(desk: Desk, browser: tuple[Page, str]) -> None:
    page, address = browser
    officer_in(page, address)
    page.get_by_role("link", name="Đề nghị").click()
    assert "Chưa có đề nghị nào" in page.inner_text("main")
    laptop = desk.laptop()
    laptop.open()
    asked(laptop)
    intake.receive(desk.office, batch=laptop.batch())
    page.reload()
    assert nothing_cut_off(page)
    loan = laptop.pack.terms.loans[0]
    name = laptop.session.roll.customers[loan.customer_code].full_name
    extension = row_of(page, "Gia hạn nợ")
    for said in (
        name,
        loan.customer_code,
        loan.loan_code,
        "15/04/2025",
        "Mất mùa, xin gia hạn 12 tháng",
        "chờ văn phòng",
    ):
        assert said in extension
    assert "đã rút ở số 4" in row_of(page, "Hồ sơ vay vốn")
    assert "không nêu tên" in row_of(page, "Hòm thư góp ý")
    assert "Đề nghị · 3" in page.inner_text("main")
    page.get_by_role("row").filter(has_text="Gia hạn nợ").get_by_role("link").click()
    assert "15/04/2024" in page.inner_text("h1")


@pytest.mark.feature(133)
def test_an_officer_sees_the_day_a_session_makes_up_for_and_the_day_of_its_figures(
    desk: Desk, client: TestClient
) -> None:
    laptop = desk.laptop()
    preparation.prepare(
        desk.office, point_code="TXN0480701", session_date=datetime.date(2024, 4, 17), letter="A", again=False,
        planned_on=datetime.date(2024, 4, 13),
    )  # fmt: skip
    sign_in(client)
    assert "bù 13/04" in client.get("/").text
    ordinary = client.get(f"/sessions/{laptop.pack.book.hex()}").text
    assert "số liệu ngày 15/04/2024" in ordinary
    assert "phiên bù" not in ordinary
    laptop.take(preparation.fetch(desk.office, device=laptop.device, wanted=None))
    assert "phiên bù cho ngày 13/04/2024" in client.get(f"/sessions/{laptop.pack.book.hex()}").text


def test_records_that_break_a_rule_are_shown_as_they_came_and_marked(desk: Desk, client: TestClient) -> None:
    laptop = desk.laptop()
    laptop.open()
    strange = {"amount": "rất nhiều", "at": "<b>25:99</b>", "place": "?"}
    laptop.force(Body(kind="loss", details=facts(**strange), reason="không rõ"))
    laptop.force(Body(kind="handover", notes=((700, 3),), details=facts(to="không ai")))
    laptop.force(Body(kind="request", party="0", details=facts(type="vay thêm", until="mai"), reason="xin vay thêm"))
    laptop.force(Body(kind="suspense", reason="không có tiền"))
    ack = laptop.believes(intake.receive(desk.office, batch=laptop.batch()))
    assert (ack.received, ack.differences) == (5, 4)
    sign_in(client)
    cash, listed = client.get("/cash").text, client.get("/requests").text
    assert "lúc &lt;b&gt;25:99&lt;/b&gt; · chưa báo ai" in cash
    assert cash.count("khác biệt") == 3
    assert "vay thêm" in listed
    assert listed.count("khác biệt") == 1
    assert client.get(f"/sessions/{laptop.pack.book.hex()}").status_code == 200


@pytest.mark.parametrize("month", ["2024-03", "x", "9999-12", "0001-01", "2024-13"])
def test_any_month_of_an_address_gives_a_page(desk: Desk, client: TestClient, month: str) -> None:
    desk.laptop()
    sign_in(client)
    for path in ("/", "/cash"):
        assert client.get(f"{path}?month={month}").status_code == 200
    assert "Tháng này chưa có lần giao nhận quỹ nào" in client.get("/cash?month=2024-03").text
    assert client.get("/requests?page=0").status_code == client.get("/requests?page=99").status_code == 200
