"""What is on paper while something cannot sign: marked where nobody overlooks it, and closed by one signed receipt."""

import functools

import pytest

from desktop.press.paper import draw
from desktop.sheets.entries import attachments, copies, sheet_for
from desktop.sheets.sheet import Sheet
from desktop.words import Words
from sync.chain import Sealed, stub_of, verify_stub
from sync.receipt import NotReceipt, read_receipt
from sync.unsigned import is_unsigned, read_unsigned, unsigned_text
from sync.voucher import Wish
from tests.desktop.printed import codes, text
from tests.sync import counter, small
from tests.sync.small import CONTROLLER, DEVICE_KEY, GROUP_A, HEAD_A, LATE, LEADER, SAVER, Writer

VI, EN = Words("vi"), Words("en")
MARK = "CHƯA KÝ SỐ – MÁY MẤT KHÓA KÝ"


@functools.cache
def book() -> Writer:
    """1 the float, 2 the outage of laptop and controller, 3 a group, 4 a visit, 5 a slip, 6 the recovery, 7 a visit."""
    made = Writer(counter.COUNTER)
    made.open(400_000_000)
    made.post(made.session.plan_outage(device=True, staff=CONTROLLER, reason="Máy rơi, quên PIN"), LEADER)
    made.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000, SAVER: 50_000})
    made.visit(LATE, Wish("TL", small.loan_code(LATE), None))
    made.slip(approvers=[CONTROLLER, LEADER])
    made.post(made.session.plan_recover(device=True, staff=CONTROLLER, head=made.head, reason="Đã nạp tệp khóa"), CONTROLLER)
    made.visit(SAVER, Wish("TT", small.deposit_no(SAVER), 50_000))
    return made


def sheet(number: int, *, copy: int = 1, copy_of: int = 0, words: Words = VI) -> Sheet:
    return sheet_for(book().sealed[number - 1], book().session, letter="A", copy=copy, words=words, copy_of=copy_of)


def entry(number: int) -> Sealed:
    return book().sealed[number - 1]


@pytest.mark.parametrize("number", [2, 3, 4, 5])
def test_every_paper_of_the_gap_says_at_its_title_and_in_its_code_that_nobody_signed(number: int) -> None:
    for copy in range(1, copies(entry(number).entry.body.kind) + 1):
        pdf = draw(sheet(number, copy=copy))
        assert MARK in text(pdf)
        assert "Chữ ký số của điểm giao dịch" not in text(pdf).replace("\n", " ")
        [code] = codes(pdf)
        assert code.startswith("DGD1O:")
        assert read_unsigned(code) == stub_of(entry(number).entry, entry(number).head)
        with pytest.raises(NotReceipt):
            read_receipt(code)


@pytest.mark.parametrize("number", [1, 6, 7])
def test_no_paper_outside_the_gap_says_so_and_each_is_proved_by_its_code(number: int) -> None:
    """A control: the float before the gap, its recovery, and what comes after."""
    pdf = draw(sheet(number))
    assert "CHƯA KÝ SỐ" not in text(pdf)
    [code] = codes(pdf)
    stub, signature = read_receipt(code)
    verify_stub(stub, signature, device_key=DEVICE_KEY)
    assert not is_unsigned(code)
    with pytest.raises(NotReceipt):
        read_unsigned(code)


def test_the_members_papers_of_a_hand_in_in_the_gap_are_marked_too() -> None:
    [(_, members)] = attachments(entry(3), book().session, letter="A", words=VI)
    pdf = draw(members)
    assert text(pdf).count(MARK) == 2
    assert set(codes(pdf)) == {unsigned_text(stub_of(entry(3).entry, entry(3).head))}


def test_who_approved_on_paper_is_named_at_the_title_and_signs_by_hand() -> None:
    pdf = text(draw(sheet(5)))
    assert f"{small.staff(CONTROLLER, 'controller', b'1' * 32).full_name} KÝ TRÊN GIẤY" in pdf
    assert "(ký trên giấy, họ tên)" in pdf
    assert "KÝ TRÊN GIẤY" not in text(draw(sheet(4)))
    assert "SIGNS ON PAPER" in text(draw(sheet(5, words=EN)))


@pytest.mark.feature(56)
def test_the_minutes_say_what_cannot_sign_and_the_recovery_lists_and_seals_the_gap() -> None:
    minutes = text(draw(sheet(2))).replace("\n", " ")
    for said in ("BIÊN BẢN SỰ CỐ KÝ SỐ", "khóa ký số của máy A", "Cán bộ KSV01 (Kiểm soát viên)", "Máy rơi, quên PIN", "400.000.000"):
        assert said in minutes
    recovery = text(draw(sheet(6))).replace("\n", " ")
    for said in ("PHIẾU KHẮC PHỤC SỰ CỐ KÝ SỐ", "A-000002", "A-000005", "Số phiếu: 4", "60.000.000", "Đã nạp tệp khóa"):
        assert said in recovery
    assert f"{380_000 + book().session.bodies[3].cash:,}".replace(",", ".") in recovery
    assert entry(5).head.hex().upper()[:4] in recovery
    [code] = codes(draw(sheet(6)))
    stub, signature = read_receipt(code)
    verify_stub(stub, signature, device_key=DEVICE_KEY)
    assert stub.prev8 == entry(5).head[:8]


def test_a_reprint_and_the_other_language_keep_the_mark() -> None:
    assert MARK in text(draw(sheet(4, copy_of=2)))
    assert "in lại lần 2" in text(draw(sheet(4, copy_of=2)))
    assert "NOT SIGNED – THE LAPTOP HAS NO KEY" in text(draw(sheet(4, words=EN)))


def test_a_code_that_was_not_signed_is_read_whole_or_not_at_all() -> None:
    code = unsigned_text(stub_of(entry(4).entry, entry(4).head))
    assert len(code) < 160
    for torn in (code[:-1], code[:20], code.replace("DGD1O:", "DGD1:"), code + "0", "", "DGD1O:", code * 2, "DGD1O:" + "%" * 60):
        with pytest.raises(NotReceipt):
            read_unsigned(torn)
    assert read_unsigned(f"  {code}\r\n").number == 4


def test_a_session_that_begins_with_an_outage_prints_what_it_was_opened_with() -> None:
    made = Writer(counter.COUNTER)
    made.post(made.session.plan_outage(device=True, staff="", reason="Máy không đọc được khóa"), LEADER)
    made.open(400_000_000)
    made.count(400_000_000)
    first = text(draw(sheet_for(made.sealed[0], made.session, letter="A", copy=1, words=VI)))
    assert "Sau phiếu số" not in first
    counted = text(draw(sheet_for(made.sealed[2], made.session, letter="A", copy=1, words=VI))).replace("\n", " ")
    assert "Ứng quỹ đầu phiên 400.000.000" in counted
