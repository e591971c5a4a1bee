"""What the office says of a receipt: whether its laptop made it, and whether it still stands."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from desktop.press import paper
from sync import keys
from sync.chain import Sealed, Stub, stub_of
from sync.office import devices, intake, officers, photos, preparation, receipt_page, receipts, telling
from sync.office.api import application
from sync.office.receipts import RULINGS, verify_receipt, verify_two
from sync.receipt import CONTRADICTIONS, RELATIONS, TRAINING_MARKS, NotReceipt, receipt_text
from sync.records import changed
from tests.office.conftest import GROUP, Desk
from tests.office.laptop import Laptop
from tests.office.test_commands import run
from tests.office.test_pages import PASSWORD, sign_in, token


def text_of(sealed: Sealed) -> str:
    return receipt_text(stub_of(sealed.entry, sealed.head), sealed.signature)


def signed(laptop: Laptop, stub: Stub) -> str:
    """A code that only the holder of the laptop's key can make."""
    return receipt_text(stub, keys.sign(laptop.seed, "entry/1", stub.to_bytes()))


def stub(laptop: Laptop, number: int) -> Stub:
    one = laptop.entries[number - 1]
    return stub_of(one.entry, one.head)


def sent(desk: Desk, laptop: Laptop, first: int = 1) -> None:
    intake.receive(desk.office, batch=laptop.batch(first))


@pytest.fixture
def morning(desk: Desk) -> Laptop:
    """Opened, one deposit, a hand-in of three, another deposit that is reversed; all of it sent."""
    laptop = desk.laptop()
    laptop.open()
    laptop.deposit(50_000)
    laptop.hand_in(GROUP)
    laptop.deposit(70_000, place=1)
    laptop.reverse(4)
    sent(desk, laptop)
    return laptop


def verdict(desk: Desk, text: str) -> str:
    return verify_receipt(desk.office, text=text).verdict


def test_every_verdict_says_in_both_languages_what_to_do() -> None:
    for ruling in RULINGS.values():
        for said in (ruling.vi, ruling.en):
            assert len(said.split(".")) >= 2, said
            assert set(re.findall(r"\{(\w+)\}", said)) <= {"by", "on"}
        assert re.findall(r"\{\w+\}", ruling.vi) == re.findall(r"\{\w+\}", ruling.en)
    for vi, en in (*RELATIONS.values(), *CONTRADICTIONS.values()):
        assert set(re.findall(r"\{\w+\}", vi)) == set(re.findall(r"\{\w+\}", en))


@pytest.mark.feature(54)
@pytest.mark.feature(55)
def test_a_receipt_of_the_books_is_genuine_and_shows_what_the_books_say_beside_it(desk: Desk, morning: Laptop) -> None:
    answer = verify_receipt(desk.office, text=text_of(morning.entries[1]))
    assert (answer.verdict, answer.number, answer.notes) == ("genuine", "TXN0480701-20240415-A-000002", ())
    assert answer.held
    assert (answer.held.kind, answer.held.cash, answer.held.lines[0].code) == ("Tại quầy", 50_000, "TT")
    assert answer.held.party_name == answer.held.lines[0].owner != ""
    said = "\n".join(telling.answered(answer))
    for part in ("Thu · In: 50.000 đ (Năm mươi nghìn đồng)", "15/04/2024", "000002", answer.held.party_name):
        assert part in said


def test_a_reversed_receipt_says_by_which_number(desk: Desk, morning: Laptop) -> None:
    answer = verify_receipt(desk.office, text=text_of(morning.entries[3]))
    assert (answer.verdict, answer.undone_by) == ("reversed", (5,))
    assert "số 5" in answer.sentence("vi")
    assert "voucher 5" in answer.sentence("en")
    undoing = verify_receipt(desk.office, text=text_of(morning.entries[4]))
    assert undoing.held
    assert (undoing.verdict, undoing.held.reverses, undoing.held.reason) == ("genuine", 4, "nhập nhầm")


def test_a_hand_in_with_members_taken_back_says_whose_lines_and_by_which_numbers(desk: Desk, morning: Laptop) -> None:
    members = [one.customer_code for one in morning.session.members(GROUP)[:2]]
    for member in members:
        morning.post(morning.session.plan_correct(3, customer_code=member, reason="ghi nhầm người"))
    sent(desk, morning, 6)
    answer = verify_receipt(desk.office, text=text_of(morning.entries[2]))
    assert (answer.verdict, answer.undone_by) == ("corrected", (6, 7))
    assert "6, 7" in answer.sentence()
    assert answer.held
    assert {one.undone_by for one in answer.held.lines} == {0, 6, 7}
    morning.reverse(7)
    sent(desk, morning, 8)
    again = verify_receipt(desk.office, text=text_of(morning.entries[2]))
    assert again.undone_by == (6,)
    assert again.held
    assert {one.undone_by for one in again.held.lines} == {0, 6}
    assert verify_receipt(desk.office, text=text_of(morning.entries[6])).undone_by == (8,)


def test_a_receipt_that_has_not_come_in_is_told_from_one_that_cannot_come_in(desk: Desk, morning: Laptop) -> None:
    late = morning.deposit(60_000)
    assert verdict(desk, text_of(late)) == "not-received"
    after = stub(morning, 6)
    assert verdict(desk, signed(morning, changed(after, number=9))) == "not-received"
    for forged in (
        changed(after, prev8=bytes(7) + b"\1"),  # does not follow what the office has
        changed(after, cash_in=after.cash_in + 1),
        changed(after, number=9, cash_in=after.amount),
        changed(after, number=0),
    ):
        assert verdict(desk, signed(morning, forged)) == "other-history"
    sent(desk, morning, 6)
    assert verdict(desk, text_of(late)) == "genuine"


def test_a_true_digest_beside_an_untrue_fact_is_found_although_the_key_is_right(desk: Desk, morning: Laptop) -> None:
    true = stub(morning, 2)
    assert verdict(desk, signed(morning, true)) == "genuine"
    for untrue in ({"amount": 5_000_000}, {"cash_in": 1}, {"cash_out": 1}, {"prev8": bytes(8)}):
        answer = verify_receipt(desk.office, text=signed(morning, changed(true, **untrue)))
        assert answer.verdict == "other-history"
        assert answer.held
        assert answer.held.cash == 50_000, "what the books say stands beside it"


def test_a_session_that_the_office_never_prepared_is_no_session(desk: Desk, morning: Laptop) -> None:
    true = stub(morning, 5)
    elsewhere = changed(true, book=true.book[:8] + bytes(8))
    assert verdict(desk, signed(morning, elsewhere)) == "no-session"
    other_day = changed(true, number=8, business_date=true.business_date.replace(day=16))
    assert verdict(desk, signed(morning, other_day)) == "no-session"


def test_what_came_in_before_a_laptop_was_revoked_stands_and_nothing_else_does(desk: Desk, morning: Laptop) -> None:
    late = morning.deposit(60_000)
    devices.revoke(desk.office, letter="A")
    stands = verify_receipt(desk.office, text=text_of(morning.entries[1]))
    assert stands.verdict == "genuine"
    assert "thu hồi ngày 15/04/2024" in stands.notes[0][0]
    assert verdict(desk, text_of(morning.entries[3])) == "reversed"
    answer = verify_receipt(desk.office, text=text_of(late))
    assert answer.verdict == "revoked"
    assert "15/04/2024" in answer.sentence("vi")
    assert "15/04/2024" in answer.sentence("en")
    with pytest.raises(devices.DeviceRevoked):
        sent(desk, morning, 6)
    kept = verify_receipt(desk.office, text=text_of(late))
    assert kept.verdict == "revoked"
    assert any("giữ riêng" in vi for vi, _ in kept.notes)


def test_a_receipt_of_the_other_branch_says_that_both_are_kept(desk: Desk, morning: Laptop) -> None:
    clone = Laptop(desk.laptop("B", seed=2).ticket.to_bytes(), seed=1)
    clone.device, clone.pack, clone.staff = morning.device, morning.pack, morning.staff
    clone.take(preparation.fetch(desk.office, device=morning.device, wanted=morning.pack.pack))
    clone.open()
    forked = clone.deposit(90_000)
    assert verdict(desk, text_of(forked)) == "other-history"
    intake.receive(desk.office, batch=clone.batch())
    answer = verify_receipt(desk.office, text=text_of(forked))
    assert answer.verdict == "other-history"
    assert any("nhánh kia" in vi for vi, _ in answer.notes)
    mine = verify_receipt(desk.office, text=text_of(morning.entries[1]))
    assert mine.verdict == "genuine"
    assert any("đóng băng" in vi for vi, _ in mine.notes)


def test_an_entry_that_breaks_a_rule_is_genuine_and_said_to_differ(desk: Desk) -> None:
    laptop = desk.laptop()
    laptop.open()
    body = laptop.session.plan_reverse(1, reason="x")
    laptop.force(body)
    sent(desk, laptop)
    answer = verify_receipt(desk.office, text=text_of(laptop.entries[1]))
    assert answer.verdict == "genuine"
    assert any("khác biệt" in vi for vi, _ in answer.notes)


def test_what_no_laptop_of_ours_signed_is_altered_or_unknown_and_shows_nothing_to_believe(desk: Desk, morning: Laptop) -> None:
    one = morning.entries[1]
    altered = receipt_text(changed(stub(morning, 2), amount=9_000_000), one.signature)
    assert verdict(desk, altered) == "altered"
    assert "9.000.000" not in "\n".join(telling.answered(verify_receipt(desk.office, text=altered)))
    stranger = receipt_text(changed(stub(morning, 2), book=bytes(16)), one.signature)
    assert verdict(desk, stranger) == "unknown-laptop"


@pytest.mark.parametrize("mark", TRAINING_MARKS)
def test_a_training_paper_has_an_answer_of_its_own(desk: Desk, mark: str) -> None:
    answer = verify_receipt(desk.office, text=f"{mark}\r\n")
    assert (answer.verdict, answer.stub) == ("training", None)
    assert "không có giá trị" in answer.sentence()
    pairing = verify_two(desk.office, first=mark, second=mark)
    assert pairing.comparison is None


def test_two_receipts_of_a_day_show_what_lies_between_and_what_the_office_lacks(desk: Desk, morning: Laptop) -> None:
    first, third, last = (text_of(morning.entries[at]) for at in (1, 2, 4))
    pairing = verify_two(desk.office, first=last, second=first)
    assert pairing.comparison
    assert (pairing.comparison.relation, pairing.comparison.between) == ("apart", 2)
    cash_in = morning.entries[2].entry.body.cash + morning.entries[3].entry.body.cash
    assert (pairing.comparison.cash_in, pairing.comparison.cash_out) == (cash_in, 0)
    assert [one.number[-6:] for one in pairing.between] == ["000003", "000004"]
    assert sum(one.cash for one in pairing.between) == cash_in
    assert pairing.missing == ()
    beside = verify_two(desk.office, first=first, second=third).comparison
    assert beside
    assert beside.relation == "next"
    for _ in range(4):
        morning.deposit(60_000)
    late = text_of(morning.entries[8])
    pairing = verify_two(desk.office, first=first, second=late)
    assert pairing.missing == ((6, 8),)
    assert len(pairing.between) == 3
    said = "\n".join(telling.paired(pairing))
    assert "Giữa hai biên lai có 6 bút toán" in said
    assert "6-8" in said


def test_two_that_cannot_both_be_true_are_said_to_clash(desk: Desk, morning: Laptop) -> None:
    other = signed(morning, changed(stub(morning, 2), amount=60_000, cash_in=60_000))
    pairing = verify_two(desk.office, first=text_of(morning.entries[1]), second=other)
    assert pairing.comparison
    assert pairing.comparison.relation == "clash"
    assert "two-at-number" in pairing.comparison.contradictions
    assert CONTRADICTIONS["two-at-number"][0] in "\n".join(telling.paired(pairing))
    altered = receipt_text(changed(stub(morning, 2), amount=1), morning.entries[1].signature)
    assert verify_two(desk.office, first=altered, second=other).comparison is None


# By command


@pytest.mark.feature(55)
def test_the_commands_judge_texts_and_pictures_and_write_the_page_to_take_along(desk: Desk, morning: Laptop, tmp_path: Path) -> None:
    one, other, undone = (text_of(morning.entries[at]) for at in (1, 4, 3))
    home = ("--home", desk.folder)
    said = run("verify-receipt", one, "--with", other, *home)
    for part in ("apart\n", "Giữa hai biên lai có 2 bút toán", "Between the two receipts lie 2 entries", "Năm mươi nghìn đồng"):
        assert part in said
    assert run("verify-receipt", undone, *home, ok=False).startswith("reversed\n")
    (tmp_path / "anh.png").write_bytes(picture(one, undone, other))
    said = run("verify-receipt", "--photo", tmp_path / "anh.png", *home, ok=False)
    assert [line for line in said.splitlines() if line in RULINGS] == ["genuine", "reversed", "genuine"]
    (tmp_path / "anh.png").write_bytes(b"no picture")
    assert "không phải ảnh" in run("verify-receipt", "--photo", tmp_path / "anh.png", *home, ok=False)
    assert "TẬP HUẤN" not in (said := run("verify-receipt", "TẬP HUẤN", *home, ok=False))
    assert said.startswith("training\n")
    assert "--photo FILE" in run("verify-receipt", *home, ok=False)

    page = tmp_path / "kiem-tra-bien-lai.html"
    assert "Đã ghi" in run("receipt-page", "--out", page, *home)
    assert "chưa bị sửa" in run("receipt-page", "--check", page, *home)
    page.write_bytes(page.read_bytes().replace(b"Ki", b"ki", 1))
    assert "đã bị sửa" in run("receipt-page", "--check", page, *home, ok=False)


# On the page


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    officers.set_password(desk.office, name=officers.OFFICER, password=PASSWORD)
    with TestClient(application(desk.office), follow_redirects=False) as client:
        sign_in(client)
        yield client


def picture(*texts: str) -> bytes:
    """Codes below each other on one sheet, as a scanner gives it."""
    sheet = Image.new("L", (700, 620 * len(texts)), 255)
    for place, text in enumerate(texts):
        rows = paper.code_rows(text)
        code = Image.frombytes("L", (len(rows), len(rows)), b"".join(rows)).resize((len(rows) * 9,) * 2, Image.Resampling.NEAREST)
        sheet.paste(code, (80, 620 * place + 60))
    made = io.BytesIO()
    sheet.save(made, "PNG")
    return made.getvalue()


def ask(client: TestClient, *, photo: bytes = b"", **fields: str) -> tuple[int, str]:
    files = {"photo": ("anh.png", photo, "image/png")} if photo else {"photo": ("", b"", "application/octet-stream")}
    answer = client.post("/receipts", data={"token": token(client), **fields}, files=files)
    return answer.status_code, answer.text


def test_the_page_judges_texts_and_pictures_in_both_languages(desk: Desk, morning: Laptop, client: TestClient) -> None:
    one, other = text_of(morning.entries[1]), text_of(morning.entries[4])
    status, page = ask(client, text=one)
    assert status == 200
    for said in ("Biên lai thật", "genuine and agrees", "50.000 đ", "Năm mươi nghìn đồng", "Thu tiền gửi tổ viên"):
        assert said in page
    _, page = ask(client, text=one, second=other)
    assert "Giữa hai biên lai có 2 bút toán" in page
    _, page = ask(client, photo=picture(one, other))
    assert "Giữa hai biên lai có 2 bút toán" in page
    _, page = ask(client, photo=picture(one))
    assert "Biên lai thật" in page
    _, page = ask(client, photo=picture(one, other, text_of(morning.entries[3])))
    assert page.count("section class=\"card judged\"") == 3


def test_the_page_to_take_along_is_saved_and_not_opened_here(desk: Desk, morning: Laptop, client: TestClient) -> None:
    assert 'href="/kiem-tra-bien-lai.html"' in client.get("/receipts").text
    answer = client.get("/kiem-tra-bien-lai.html")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    receipt_page.check(desk.office, page=answer.content, name="trang.html")


@pytest.mark.parametrize(
    ("photo", "text", "said"),
    [
        (b"", "", "Chưa có gì để kiểm tra"), (b"\x89PNG\r\n\x1a\n rest", "", "không phải ảnh"), (b"x" * 100, "", "không phải ảnh"),
        (b"", "DGD1:%%%", "thiếu hoặc sai chữ"), (b"", "khác", "không phải mã biên lai"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_said_and_kept_in_its_field(client: TestClient, photo: bytes, text: str, said: str) -> None:
    status, page = ask(client, photo=photo, text=text)
    assert (status, said in page) == (422, True)
    assert text in page


def test_a_picture_without_a_code_and_one_that_is_too_large_are_refused(client: TestClient) -> None:
    blank = io.BytesIO()
    Image.new("L", (300, 200), 255).save(blank, "PNG")
    assert "Không đọc được mã vuông" in ask(client, photo=blank.getvalue())[1]
    with pytest.raises(photos.PhotoTooLarge):
        photos.codes(b"x" * (photos.PHOTO_BYTES_MAX + 1))
    assert ask(client, photo=b"x" * (photos.PHOTO_BYTES_MAX + 64 * 1024))[0] == 413
    vast = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(vast, "PNG")
    with pytest.raises(photos.PhotoTooLarge):
        photos.codes(vast.getvalue())


def test_a_photo_is_taken_only_with_the_pages_token(client: TestClient) -> None:
    files = {"photo": ("anh.png", picture("DGD1:"), "image/png")}
    assert client.post("/receipts", data={"token": "x"}, files=files).status_code == 422
    broken = {"content-type": "multipart/form-data; boundary=b"}
    assert client.post("/receipts", content=b"--b\r\nnothing", headers=broken).status_code == 422
    assert client.post("/receipts", content=b"--b\r\n", headers={"content-type": "multipart/form-data"}).status_code == 422
    client.cookies.clear()
    assert client.post("/receipts", files=files).headers["location"] == "/sign-in"
    assert client.get("/kiem-tra-bien-lai.html").headers["location"] == "/sign-in"


def test_an_answer_can_be_given_while_the_books_grow(desk: Desk, morning: Laptop) -> None:
    """A revocation later in the day changes no answer about what is in the books."""
    office = replace(desk.office, now_s=lambda: desk.office.now_s() + 86_400)
    devices.revoke(office, letter="A")
    assert receipts.verify_receipt(office, text=text_of(morning.entries[2])).verdict == "genuine"
    with pytest.raises(NotReceipt):
        receipts.verify_receipt(office, text="DGD1")
