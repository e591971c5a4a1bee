"""Documents about a group or a person, read back from the paper they are printed on."""

import datetime
import re
import unicodedata

import pytest

from desktop.press import paper
from desktop.sheets.collected import paid
from desktop.sheets.documents import DOCUMENTS, document, targets_of
from desktop.sheets.occasion import Occasion
from desktop.sheets.sheet import Cuttings, Sheet, Signing, Table
from desktop.words import Words
from sync import savings
from sync.money import figures, in_words
from sync.records import changed
from sync.session import Session
from sync.terms import Customer, Form, Terms
from sync.voucher import Wish
from tests.desktop import printed
from tests.desktop import small as many
from tests.sync import counter, small
from tests.sync.small import (
    CONTROLLER,
    DEPUTY_A,
    FROZEN,
    GROUP_A,
    GROUP_B,
    HEAD_A,
    HEAD_B,
    LATE,
    LONG_NAME,
    NO_DEPOSIT,
    RESIDENT,
    SAVER,
    TERMS,
    TWICE,
    Writer,
)

VI, EN = Words("vi"), Words("en")
OURS = (
    "group_list", "group_notes", "overdue_notice", "balance_confirmation", "savings_card", "savings_list",
    "group_collected", "member_interest", "group_list_next",
)  # fmt: skip


def occasion(session: Session, *, words: Words = VI) -> Occasion:
    return Occasion(session, words, "A", small.BEGIN_S + 7_200)


def sheets(session: Session, key: str, target: str = "", *, words: Words = VI) -> tuple[Sheet, ...]:
    return document(key).write(occasion(session, words=words), target)


def on_paper(session: Session, key: str, target: str = "", *, words: Words = VI) -> str:
    """The text of all its sheets as a reader of PDF gives it back, with every run of blanks as one space."""
    pages = [printed.text(paper.draw(one)) for one in sheets(session, key, target, words=words)]
    return " ".join(" ".join(pages).split())


def table(sheet: Sheet, which: int = 0) -> list[tuple[str, ...]]:
    """The cells of a table, totals included."""
    found = [block for block in sheet.blocks if isinstance(block, Table)][which]
    return [row.cells for row in (*found.rows, *found.totals)]


def heads(sheet: Sheet) -> list[str]:
    return [column.title for column in next(block for block in sheet.blocks if isinstance(block, Table)).columns]


def boxes(sheet: Sheet) -> list[tuple[str, str]]:
    signing = next(block for block in sheet.blocks if isinstance(block, Signing))
    return [(box.role, box.name) for box in signing.boxes]


def slips(sheet: Sheet) -> list[str]:
    """What each cutting says, a line a paragraph."""
    cuttings = next(block for block in sheet.blocks if isinstance(block, Cuttings))
    return ["\n".join("".join(span.text for span in line.said) for line in one) for one in cuttings.papers]  # type: ignore[union-attr]


@pytest.fixture
def book() -> Writer:
    made = Writer(counter.COUNTER)
    made.open(400_000_000)
    return made


def hand_in(book: Writer, cash: dict[str, int], *, by: str = DEPUTY_A, maker: str = small.TELLER, **said: object) -> int:
    notes = small.notes(sum(cash.values()))
    body = book.session.plan_group(GROUP_A, by=by, cash=cash, interest={}, notes=notes, **said)  # type: ignore[arg-type]
    return book.post(body, maker=maker).entry.number


# The list that goes round the hamlet


@pytest.mark.feature(108)
def test_the_list_of_a_group_says_what_everybody_owes_and_leaves_room_for_what_is_collected() -> None:
    session = Session(TERMS)
    [sheet] = sheets(session, "group_list", GROUP_A)
    assert heads(sheet) == [
        "STT", "Họ và tên", "Mã KH", "Dư nợ (đ)", "Lãi trong hạn", "Lãi còn nợ", "Cộng lãi", "Gợi ý nộp",
        "Dư tiền gửi (đ)", "Thu lãi", "Thu tiền gửi", "Ký nộp",
    ]  # fmt: skip
    assert table(sheet) == [
        ("1", "Nguyễn Thị Mẫu", "…0001", "50.000.000", "280.274", "–", "280.274", "340.000", "1.350.000", "", "", ""),
        ("2", "Đặng Văn Thử", "…0002", "25.000.000", "191.096", "–", "191.096", "250.000", "1.350.000", "", "", ""),
        # Two loans, one with 7,000 left from before; two deposits.
        ("3", "H'Bia Niê", "…0003", "30.000.000", "168.165", "7.000", "175.165", "230.000", "1.350.000", "", "", ""),
        # 1 đ of arrears, and change that would have nowhere to go.
        ("4", "Y Ơi", "…0004", "50.000.000", "280.274", "1", "280.275", "280.000", "–", "", "", ""),
        ("5", LONG_NAME, "…0005", "–", "–", "–", "–", "50.000", "1.350.000", "", "", ""),
        ("Tổng cộng", "155.000.000", "919.809", "7.001", "926.810", "1.150.000", "5.400.000", "", "", ""),
    ]
    assert boxes(sheet) == [
        ("Tổ trưởng Tổ TK&VV", "Nguyễn Thị Mẫu"), ("Cán bộ hội kiểm bảng kê", ""), ("Giao dịch viên", "Cán bộ GDV01"),
    ]  # fmt: skip
    text = on_paper(session, "group_list", GROUP_A)
    for part in (
        "BẢNG KÊ LÃI PHẢI THU VÀ TIỀN GỬI CỦA TỔ", "Mẫu 13/TD", "Tổ TK&VV: 0117 Ấp Tây (Nguyễn Thị Mẫu)",
        "Đơn vị nhận ủy thác: Hội Nông dân", "Phiên thu ngày: 15/08/2024", "Số thành viên: 5", "Mức gửi thường lệ: 50.000 đ",
        "Tổng tiền Tổ nộp, bằng số: …", "Bằng chữ: …",
    ):  # fmt: skip
        assert part in text


def test_a_list_shows_overdue_interest_apart_and_names_who_brings_principal_to_the_counter() -> None:
    [sheet] = sheets(Session(TERMS), "group_list", GROUP_B)
    assert "Lãi quá hạn" in heads(sheet)
    assert "Lãi còn nợ" not in heads(sheet)
    late = next(row for row in table(sheet) if row[1] == "Võ Thị Ví Dụ")
    # 10,000,000 at 6.6 % up to the 1st, at 8.58 % for 14 days and 1,500 from before.
    assert late[3:7] == ("10.000.000", "30.740", "34.410", "65.150")
    assert "(tổ trưởng không thu gốc): Võ Thị Ví Dụ (…0007) 10.000.000 đ" in on_paper(Session(TERMS), "group_list", GROUP_B)


def test_a_frozen_loan_stands_on_the_list_with_its_balance_and_no_interest() -> None:
    frozen = next(row for row in table(sheets(Session(TERMS), "group_list", GROUP_B)[0]) if row[1] == "Thạch Danh")
    assert frozen[3:7] == ("30.000.000", "–", "–", "–")


def test_a_list_printed_after_a_hand_in_asks_only_for_what_is_left(book: Writer) -> None:
    hand_in(book, {HEAD_A: 340_000})
    first = table(sheets(book.session, "group_list", GROUP_A)[0])[0]
    assert first[1:4] == ("Nguyễn Thị Mẫu", "…0001", "50.000.000")
    assert first[4:8] == ("–", "–", "–", "–")


@pytest.mark.feature(139)
def test_the_list_of_next_month_counts_what_was_paid_today(book: Writer) -> None:
    hand_in(book, {HEAD_A: 340_000, TWICE: 175_000})
    [sheet] = sheets(book.session, "group_list_next", GROUP_A)
    rows = {row[1]: row for row in table(sheet)}
    # Paid to the day: 31 days more. 165 left of the newer loan, in arrears. Nothing paid: 62 days.
    assert rows["Nguyễn Thị Mẫu"][4:7] == ("280.274", "–", "280.274")
    assert rows["H'Bia Niê"][4:7] == ("168.165", "165", "168.330")
    assert rows["Đặng Văn Thử"][4:7] == ("382.192", "–", "382.192")
    text = on_paper(book.session, "group_list_next", GROUP_A)
    assert "BẢNG KÊ LÃI PHẢI THU VÀ TIỀN GỬI KỲ SAU Mẫu 13/TD" in text
    assert "Phiên thu ngày: 15/09/2024" in text


def test_sixty_members_break_with_the_heads_said_again_and_nobody_signs_an_empty_page() -> None:
    session = Session(many.terms(members=60))
    [sheet] = sheets(session, "group_list", many.GROUP)
    pages = printed.pages_text(paper.draw(sheet))
    assert len(pages) == 4
    assert all("Họ và tên" in page and "Gợi ý nộp" in page for page in pages)
    assert "Thành Viên 60" in pages[-1]
    assert "Tổng cộng" in pages[-1]
    assert "Tổ trưởng Tổ TK&VV" in pages[-1]
    for number in range(6, 61):
        assert sum(f"Thành Viên {number}\n" in page or f"Thành Viên {number} " in page for page in pages) == 1


# After the hand-in


@pytest.mark.feature(108, 142)
def test_the_list_as_collected_says_what_was_due_paid_and_left_in_figures_and_words(book: Writer) -> None:
    hand_in(book, {HEAD_A: 340_000, TWICE: 175_000, SAVER: 50_000}, absent=[NO_DEPOSIT], unsigned=[TWICE], details={"cadre": "Hội viên Thử"})
    [sheet] = sheets(book.session, "group_collected", GROUP_A)
    assert table(sheet) == [
        ("1", "Nguyễn Thị Mẫu", "…0001", "280.274", "280.274", "59.726", "340.000", "–", "000002", ""),
        ("2", "Đặng Văn Thử", "…0002", "191.096", "–", "–", "–", "191.096", "–", ""),
        ("3", "H'Bia Niê", "…0003", "175.165", "175.000", "–", "175.000", "165", "000002", "chưa ký"),
        ("4", "Y Ơi", "…0004", "280.275", "–", "–", "–", "280.275", "–", "vắng mặt"),
        ("5", LONG_NAME, "…0005", "–", "–", "50.000", "50.000", "–", "000002", ""),
        ("Tổng cộng", "926.810", "455.274", "109.726", "565.000", "471.536", "", ""),
    ]
    assert ("Cán bộ hội kiểm bảng kê", "Hội viên Thử") in boxes(sheet)
    text = on_paper(book.session, "group_collected", GROUP_A)
    for part in (
        "BẢNG KÊ LÃI THỰC THU VÀ TIỀN GỬI CỦA TỔ", "Mẫu 13/TD", "Theo phiếu: TXN0480799-20240815-A-000002",
        "Có 3/5 thành viên nộp qua Tổ.", "Số Tổ nộp lấy từ các phiếu nộp còn hiệu lực",
        "Tổ đã nộp: 565.000 đ. Bằng chữ: Năm trăm sáu mươi lăm nghìn đồng chẵn.",
        "Lãi còn phải thu: 471.536 đ. Bằng chữ: Bốn trăm bảy mươi mốt nghìn năm trăm ba mươi sáu đồng.",
    ):  # fmt: skip
        assert part in text


def test_what_was_reversed_or_taken_back_is_no_part_of_what_a_group_collected(book: Writer) -> None:
    first = hand_in(book, {HEAD_A: 340_000})
    book.reverse(first)
    second = hand_in(book, {HEAD_A: 340_000, TWICE: 200_000})
    book.post(book.session.plan_correct(second, customer_code=TWICE, reason="nhầm dòng"), CONTROLLER)
    third = hand_in(book, {DEPUTY_A: 250_000}, by=HEAD_A)
    rows = {row[1]: row for row in table(sheets(book.session, "group_collected", GROUP_A)[0])}
    assert rows["Nguyễn Thị Mẫu"][6:] == ("340.000", "–", f"{second:06d}", "")
    assert rows["Đặng Văn Thử"][6:] == ("250.000", "–", f"{third:06d}", "")
    assert rows["H'Bia Niê"][3:] == ("175.165", "–", "–", "–", "175.165", "–", f"đã rút khỏi phiếu {second:06d}")
    text = on_paper(book.session, "group_collected", GROUP_A)
    assert f"A-{first:06d}" not in text.split("Lập lúc")[1].split("STT")[0]
    assert "Tổ đã nộp: 590.000 đ." in text


def test_a_hand_in_taken_back_whole_leaves_its_trace(book: Writer) -> None:
    number = hand_in(book, {HEAD_A: 340_000})
    book.post(book.session.plan_correct(number, customer_code=HEAD_A, reason="nhầm Tổ"), CONTROLLER)
    [sheet] = sheets(book.session, "group_collected", GROUP_A)
    assert table(sheet)[0][-1] == f"đã rút khỏi phiếu {number:06d}"
    assert "Theo phiếu: Tổ chưa nộp" in on_paper(book.session, "group_collected", GROUP_A)


def test_interest_paid_at_the_counter_stands_apart_from_what_the_group_handed_in(book: Writer) -> None:
    hand_in(book, {HEAD_A: 340_000})
    book.visit(NO_DEPOSIT, Wish("TL", small.loan_code(NO_DEPOSIT), 280_000))
    book.visit(DEPUTY_A, Wish("CT", small.deposit_no(DEPUTY_A), 100_000))
    [sheet] = sheets(book.session, "group_collected", GROUP_A)
    assert heads(sheet)[7] == "Tự trả lãi"
    rows = {row[1]: row for row in table(sheet)}
    assert rows["Y Ơi"][3:9] == ("280.275", "–", "–", "–", "280.000", "275")
    assert rows["Đặng Văn Thử"][3:9] == ("191.096", "–", "–", "–", "100.000", "91.096")
    text = on_paper(book.session, "group_collected", GROUP_A)
    assert "trích tiền gửi): 380.000 đ, không nằm trong số Tổ nộp." in text
    assert "Tổ đã nộp: 340.000 đ." in text


def test_due_less_paid_is_left_for_every_member_whatever_happened(book: Writer) -> None:
    number = hand_in(book, {HEAD_A: 340_000, TWICE: 100_000, NO_DEPOSIT: 280_000})
    book.visit(TWICE, Wish("TL", small.loan_code(TWICE), 50_000))
    book.post(book.session.plan_correct(number, customer_code=NO_DEPOSIT, reason="nhầm dòng"), CONTROLLER)
    book.slip()
    found = paid(book.session, GROUP_A)
    for one in found:
        assert one.due - one.interest - one.own == one.left >= 0
    assert sum(one.cash for one in found) == 440_000


def test_a_member_who_was_absent_at_first_and_paid_later_is_not_absent(book: Writer) -> None:
    hand_in(book, {HEAD_A: 340_000}, absent=[TWICE], unsigned=[HEAD_A])
    hand_in(book, {TWICE: 200_000})
    rows = {row[1]: row for row in table(sheets(book.session, "group_collected", GROUP_A)[0])}
    assert rows["H'Bia Niê"][-1] == ""
    assert rows["Nguyễn Thị Mẫu"][-1] == "chưa ký"


@pytest.mark.feature(108)
def test_the_denomination_list_of_each_hand_in_says_who_brought_it_and_comes_to_its_sum_in_words(book: Writer) -> None:
    hand_in(book, {HEAD_A: 340_000, TWICE: 250_000})
    hand_in(book, {DEPUTY_A: 250_000}, by=HEAD_A)
    first, second = sheets(book.session, "group_notes", GROUP_A)
    assert table(first)[0] == ("500.000", "1", "500.000")
    assert table(first)[-1] == ("Tổng cộng", "590.000")
    assert len(table(first)) == 11
    assert boxes(first) == [("Người nộp tiền", "Đặng Văn Thử"), ("Giao dịch viên", "Cán bộ GDV01")]
    assert boxes(second)[0] == ("Người nộp tiền", "Nguyễn Thị Mẫu")
    text = on_paper(book.session, "group_notes", GROUP_A)
    for part in ("Người nộp: Đặng Văn Thử (tổ phó)", "Người nộp: Nguyễn Thị Mẫu (tổ trưởng)", f"{in_words(590_000)} chẵn."):
        assert part in text


def test_a_denomination_list_names_the_teller_who_took_the_money(book: Writer) -> None:
    hand_in(book, {HEAD_A: 340_000})
    plan = book.session
    book.post(plan.plan_handover(to=small.SECOND, notes=small.notes(plan.cash)), small.TELLER, small.SECOND)
    hand_in(book, {TWICE: 250_000}, maker=small.SECOND)
    first, second = sheets(book.session, "group_notes", GROUP_A)
    assert boxes(second)[1] == ("Giao dịch viên", "Cán bộ GDV02")
    # Whoever had it before is in no voucher: better no name than a wrong one.
    assert boxes(first)[1] == ("Giao dịch viên", "")


def test_cash_given_back_is_taken_off_the_denomination_list(book: Writer) -> None:
    number = hand_in(book, {HEAD_A: 340_000, TWICE: 250_000})
    book.post(book.session.plan_correct(number, customer_code=TWICE, reason="nhầm dòng"), CONTROLLER)
    text = on_paper(book.session, "group_notes", GROUP_A)
    assert "Đã trả lại tiền mặt theo phiếu rút dòng: 250.000 đ. Số còn lại của Tổ: 340.000 đ." in text
    assert f"{in_words(340_000)} chẵn." in text


def test_a_group_that_has_not_handed_in_gets_an_empty_denomination_list() -> None:
    [sheet] = sheets(Session(TERMS), "group_notes", GROUP_A)
    assert table(sheet) == [*((figures(note), "", "") for note in (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500)),
                            ("Tổng cộng", "")]  # fmt: skip
    assert boxes(sheet)[0] == ("Người nộp tiền", "")


# Next month's slips


@pytest.mark.feature(139)
def test_every_member_with_a_loan_gets_a_slip_of_what_to_bring_next_month(book: Writer) -> None:
    hand_in(book, {HEAD_A: 340_000, TWICE: 175_000})
    [sheet] = sheets(book.session, "member_interest", GROUP_A)
    found = slips(sheet)
    # Nobody without a loan.
    assert [one.split("\n")[1].split(" (")[0] for one in found] == ["Nguyễn Thị Mẫu", "Đặng Văn Thử", "H'Bia Niê", "Y Ơi"]
    assert found[0].split("\n") == [
        "PHIẾU BÁO LÃI KỲ 15/09/2024 · Mẫu 01/BL", "Nguyễn Thị Mẫu (…0001)", "Tổ TK&VV: 0117 Ấp Tây · Điểm giao dịch xã Thử Nghiệm",
        "Vay 01 …0001", "Dư nợ 50.000.000 đ · Lãi phải nộp: 280.274 đ", "Dư tiền gửi: 1.409.726 đ",
        "Nên đưa tổ trưởng (lãi, tiền gửi): 340.000 đ", "Điện thoại hỏi đáp: 0200 000 000.",
    ]  # fmt: skip
    assert "Dư nợ 20.000.000 đ · Lãi phải nộp: 112.275 đ\nTrong đó lãi kỳ trước 165 đ\n" in found[2]
    # Two loans whose codes end alike are told apart by more of them.
    assert "Vay 01 …17000003\nDư nợ 10.000.000 đ · Lãi phải nộp: 56.055 đ" in found[2]
    assert "Vay 01 …07000003\n" in found[2]
    text = on_paper(book.session, "member_interest", GROUP_A)
    for one in found:
        assert all(" ".join(line.split()) in text for line in one.split("\n"))


def test_a_slip_says_principal_that_falls_due_and_a_frozen_loan_as_frozen() -> None:
    found = slips(sheets(Session(TERMS), "member_interest", GROUP_B)[0])
    late, frozen = found[1], found[2]
    assert "Gốc đến hạn, quá hạn, tự nộp tại quầy: 10.000.000 đ" in late
    # 10,000,000 at 8.58 % for 45 days, and 1,500 from before.
    assert "Trong đó lãi quá hạn 107.281 đ" in late
    assert "Dư nợ 30.000.000 đ · Lãi phải nộp: 0 đ\nNợ khoanh, không tính lãi" in frozen
    assert "Gốc" not in frozen


def test_a_loan_that_was_paid_off_today_is_on_no_slip(book: Writer) -> None:
    loan = small.loan_code(DEPUTY_A)
    book.visit(DEPUTY_A, Wish("TL", loan, None), Wish("TG", loan, 25_000_000))
    assert not any("Đặng Văn Thử" in one for one in slips(sheets(book.session, "member_interest", GROUP_A)[0]))


def test_a_group_without_loans_gets_no_sheet_of_slips() -> None:
    loans = tuple(one for one in TERMS.loans if one.customer_code in (HEAD_B, LATE))
    session = Session(changed(TERMS, loans=loans))
    assert sheets(session, "member_interest", GROUP_A) == ()
    assert [one.code for one in targets_of(occasion(session), "member_interest")] == [GROUP_B]


def test_sixty_slips_stand_ten_or_so_a_page_and_none_is_lost() -> None:
    session = Session(many.terms(members=60))
    [sheet] = sheets(session, "member_interest", many.GROUP)
    assert len(slips(sheet)) == 60
    pages = printed.pages_text(paper.draw(sheet))
    assert len(pages) <= 7
    assert sum(page.count("PHIẾU BÁO LÃI") for page in pages) == 60


def test_every_slip_of_a_session_to_practise_on_says_so() -> None:
    terms = changed(TERMS, parameters=changed(TERMS.parameters, training=True))
    assert all("TẬP HUẤN" in one for one in slips(sheets(Session(terms), "member_interest", GROUP_A)[0]))


# Savings


def test_a_page_of_a_card_says_the_account_and_every_movement_of_today(book: Writer) -> None:
    card = savings.provisional("402", term_months=12, serial="AB123456")
    book.visit(RESIDENT, Wish("GK", card, 5_000_000))
    book.visit(RESIDENT, Wish("RK", counter.YOUNG.account_no, None), approvers=[CONTROLLER])
    book.visit(RESIDENT, Wish("GK", counter.DEMAND, 200_000))
    book.reverse(4)
    found = {one.name.split()[-2]: one for one in sheets(book.session, "savings_card", RESIDENT)}
    assert len(found) == len(book.session.roll.deposits_of(RESIDENT)) == 9
    assert table(found[card]) == [
        ("Mở thẻ trong phiên", "", "", "0"),
        ("15/08/2024", "000002", "Gửi tiết kiệm", "5.000.000", "", "5.000.000"),
        ("Số dư hiện nay", "", "", "5.000.000"),
    ]
    assert table(found[counter.DEMAND]) == [
        ("Số dư theo số liệu ngày 12/08/2024", "", "", "1.350.000"),
        ("15/08/2024", "000004", "Gửi tiết kiệm", "200.000", "", "1.550.000"),
        ("15/08/2024", "000005", "Gửi tiết kiệm, đảo phiếu 000004", "−200.000", "", "1.350.000"),
        ("Số dư hiện nay", "", "", "1.350.000"),
    ]
    closed = table(found[counter.YOUNG.account_no])
    assert closed[1:] == [
        ("15/08/2024", "000003", "Chi trả tiết kiệm", "", "100.000.000", "", "0"),
        # 182 days at the early rate of 0.2 %.
        ("15/08/2024", "000003", "Chi trả lãi tiết kiệm", "", "", "99.726", "0"),
        ("Số dư hiện nay", "", "", "", "0"),
    ]
    text = on_paper(book.session, "savings_card", RESIDENT)
    for part in (
        "Số tài khoản: 402.12.AB123456", "Thẻ số: AB123456", "Sản phẩm: Tiết kiệm 402", "Lãi suất: 5,36%/năm",
        "Ngày mở: 15/08/2024", "Kỳ hạn: 12 tháng", "Ngày đến hạn: 15/08/2025", "Lãi suất rút trước hạn: 0,2%/năm",
        "Bằng chữ: Năm triệu đồng chẵn.", "AB123456 là số tạm", "Tài khoản đã tất toán. Thu hồi thẻ.",
        # 5,000,000 at 5.36 % for 365 days.
        "Nếu giữ đến ngày đến hạn 15/08/2025, tiền lãi là 268.000 đ.",
    ):  # fmt: skip
        assert part in text


def test_a_member_with_two_deposits_has_a_page_for_each(book: Writer) -> None:
    hand_in(book, {TWICE: 200_000})
    first, second = sheets(book.session, "savings_card", TWICE)
    assert table(first)[1] == ("15/08/2024", "000002", "Gửi tiền tổ viên", "24.835", "", "1.374.835")
    assert table(second) == [("Số dư theo số liệu ngày 12/08/2024", "", "", "0"), ("Số dư hiện nay", "", "", "0")]
    assert "Bằng chữ: Không đồng." in on_paper(book.session, "savings_card", TWICE)


@pytest.mark.feature(108, 142)
def test_the_savings_list_says_what_came_in_and_went_out_by_product(book: Writer) -> None:
    card = savings.provisional("402", term_months=12, serial="AB123456")
    book.visit(RESIDENT, Wish("GK", card, 5_000_000))
    book.visit(RESIDENT, Wish("GK", counter.DEMAND, 200_000))
    book.visit(RESIDENT, Wish("RK", counter.RIPE.account_no, None), approvers=[CONTROLLER])
    book.visit(RESIDENT, Wish("RK", counter.DEMAND, 50_000), approvers=[CONTROLLER])
    book.visit(RESIDENT, Wish("GK", counter.DEMAND, 70_000))
    book.reverse(6)
    [sheet] = sheets(book.session, "savings_list", "")
    name = "Lò Thị Phượng"
    assert table(sheet) == [
        ("Tiết kiệm 401",),
        ("1", name, counter.DEMAND, "–", "–", "200.000", "–", "–", "000003", "gửi thêm"),
        ("2", name, counter.DEMAND, "–", "–", "–", "50.000", "–", "000005", "rút một phần"),
        ("Cộng Tiết kiệm 401", "200.000", "50.000", "0", "", ""),
        ("Tiết kiệm 402",),
        ("3", name, card, "AB123456", "15/08/2025", "5.000.000", "–", "–", "000002", "mở mới"),
        ("4", name, counter.RIPE.account_no, "AA000001", "15/08/2024", "–", "100.000.000", "5.414.795", "000004", "tất toán đến hạn"),
        ("Cộng Tiết kiệm 402", "5.000.000", "100.000.000", "5.414.795", "", ""),
        ("Tổng cộng", "5.200.000", "100.050.000", "5.414.795", "", ""),
    ]
    text = on_paper(book.session, "savings_list")
    for part in (
        "BẢNG KÊ TIẾT KIỆM DÂN CƯ Mẫu 01/TG", "Mở mới 1 tài khoản, tất toán 1 tài khoản. Phiếu đã đảo, không có trong bảng: 000006.",
        "Tổng gửi vào: 5.200.000 đ. Bằng chữ: Năm triệu hai trăm nghìn đồng chẵn.",
        "Tổng chi ra, gồm gốc và lãi: 105.464.795 đ. Bằng chữ: Một trăm lẻ năm triệu bốn trăm sáu mươi bốn nghìn bảy trăm chín mươi lăm đồng.",
    ):  # fmt: skip
        assert part in text


def test_a_session_without_savings_says_so_on_their_list() -> None:
    text = on_paper(Session(TERMS), "savings_list")
    assert "Phiên này chưa có giao dịch tiết kiệm dân cư." in text
    assert "Tổng gửi vào: 0 đ. Bằng chữ: Không đồng." in text


# Notices and confirmations


@pytest.mark.feature(108)
def test_a_borrower_who_is_overdue_is_told_how_much_since_when_and_what_to_do() -> None:
    session = Session(TERMS)
    [sheet] = sheets(session, "overdue_notice", LATE)
    assert table(sheet) == [
        (f"Món vay {small.loan_code(LATE)}, chương trình 01: quá hạn từ 01/08/2024 (14 ngày)",),
        ("Gốc quá hạn", "10.000.000"),
        ("Lãi quá hạn còn nợ kỳ trước", "1.500"),
        ("Lãi quá hạn kỳ này", "32.910"),
        ("Lãi trong hạn kỳ này", "30.740"),
        ("Tổng số phải nộp", "10.065.150"),
    ]
    assert boxes(sheet) == [("Người vay đã nhận", "Võ Thị Ví Dụ"), ("Tổ trưởng giao dịch", "Cán bộ TTR01")]
    text = on_paper(session, "overdue_notice", LATE)
    for part in (
        "THÔNG BÁO NỢ QUÁ HẠN Mẫu 14/TD", "Khách hàng: Võ Thị Ví Dụ", "Năm sinh: 1971",
        "Bằng chữ: Mười triệu không trăm sáu mươi lăm nghìn một trăm năm mươi đồng.",
        "nộp ngay trong phiên 15/08/2024, chậm nhất là phiên 15/09/2024", "không đưa qua tổ trưởng",
    ):  # fmt: skip
        assert part in text


def test_only_those_who_owe_something_overdue_are_offered_a_notice(book: Writer) -> None:
    assert [one.code for one in targets_of(occasion(book.session), "overdue_notice")] == [LATE]
    for one in TERMS.customers:
        assert bool(sheets(book.session, "overdue_notice", one.customer_code)) == (one.customer_code == LATE)
    loan = small.loan_code(LATE)
    book.visit(LATE, Wish("TL", loan, None), Wish("TQ", loan, 10_000_000))
    assert targets_of(occasion(book.session), "overdue_notice") == ()
    assert sheets(book.session, "overdue_notice", LATE) == ()


def test_a_notice_of_two_overdue_loans_sums_each_and_leaves_the_sound_one_out() -> None:
    overdue = {"balance_in_term": 0, "balance_overdue": 1_000_000, "overdue_since": datetime.date(2024, 8, 5)}
    two = tuple(small.loan(TWICE, loan_code=small.loan_code(TWICE, which), **overdue) for which in (2, 3))
    session = Session(changed(TERMS, loans=(*TERMS.loans, *two)))
    [sheet] = sheets(session, "overdue_notice", TWICE)
    rows = table(sheet)
    assert sum(row[0] == "Cộng món vay" for row in rows) == 2
    # 21 days at 6.6 % and 10 at 8.58 %: 3,797 and 2,351.
    assert rows[-1] == ("Tổng số phải nộp", figures(2 * (1_000_000 + 3_797 + 2_351)))
    assert small.loan_code(TWICE) not in on_paper(session, "overdue_notice", TWICE)


def test_a_loan_whose_last_day_passed_since_the_figures_is_overdue_since_that_day() -> None:
    loans = tuple(
        changed(one, due_on=datetime.date(2024, 8, 13)) if one.customer_code == HEAD_B else one for one in TERMS.loans
    )
    session = Session(changed(TERMS, loans=loans, as_of=datetime.date(2024, 8, 12)))
    assert "quá hạn từ 13/08/2024 (2 ngày)" in on_paper(session, "overdue_notice", HEAD_B)


@pytest.mark.feature(108)
def test_a_confirmation_says_every_loan_and_deposit_and_asks_whether_it_is_right(book: Writer) -> None:
    hand_in(book, {TWICE: 200_000})
    [sheet] = sheets(book.session, "balance_confirmation", TWICE)
    newer, older = small.loan_code(TWICE), small.loan_code(TWICE, 1)
    assert table(sheet) == [
        (older, "01", "01/01/2025", "10.000.000", "–", "–", "–"),
        (newer, "01", "01/01/2027", "20.000.000", "–", "–", "–"),
        ("Tổng cộng", "30.000.000", "0", "0", "0"),
    ]
    assert [row[-1] for row in table(sheet, 1)] == ["1.374.835", "0", "1.374.835"]
    assert [role for role, _ in boxes(sheet)] == ["Người vay", "Giao dịch viên", "Tổ trưởng giao dịch"]
    text = on_paper(book.session, "balance_confirmation", TWICE)
    for part in (
        "PHIẾU XÁC NHẬN SỐ DƯ Mẫu 15/TD", "Khách hàng: H'Bia Niê", "Tiền gửi tổ viên",
        "Tổng dư nợ gốc: 30.000.000 đ. Bằng chữ: Ba mươi triệu đồng chẵn.", "Lãi phải trả: 0 đ. Bằng chữ: Không đồng.",
        "Tổng tiền gửi: 1.374.835 đ.", "đồng ý / không đồng ý với số liệu trên", "số của khách hàng là: …",
    ):  # fmt: skip
        assert part in text


def test_a_confirmation_puts_each_balance_in_its_bucket() -> None:
    session = Session(TERMS)
    assert table(sheets(session, "balance_confirmation", LATE)[0])[0][3:] == ("–", "10.000.000", "–", "65.150")
    assert table(sheets(session, "balance_confirmation", FROZEN)[0])[0][3:] == ("–", "–", "30.000.000", "–")
    assert table(sheets(session, "balance_confirmation", NO_DEPOSIT)[0])[-1][1:] == ("50.000.000", "0", "0", "280.275")


# All of them


def awkward() -> Terms:
    """Everybody has the longest name; years of birth alone or none; a leader nobody knows and no telephone at all."""
    births = ("1971", "", "1950-01-03")
    people: list[Customer] = [
        changed(one, full_name=LONG_NAME, birth=births[place % 3], phone="0911 222 333", id_number="079171000123")
        for place, one in enumerate(counter.COUNTER.customers)
    ]
    groups = tuple(changed(one, leader="4899999999", leader_phone="0911 222 333") for one in counter.COUNTER.groups)
    point = changed(counter.COUNTER.point, hotline="")
    return changed(counter.COUNTER, customers=tuple(people), groups=groups, point=point)


@pytest.mark.feature(143)
@pytest.mark.parametrize("words", [VI, EN], ids=["vi", "en"])
@pytest.mark.parametrize("key", OURS)
def test_every_name_is_whole_and_nobodys_number_or_telephone_is_on_any_document(key: str, words: Words) -> None:
    book = Writer(awkward())
    book.open(400_000_000)
    book.visit(RESIDENT, Wish("GK", savings.provisional("402", term_months=12, serial="AB123456"), 5_000_000))
    one = document(key)
    codes = [target.code for target in targets_of(occasion(book.session), key)] or [""]
    assert codes != [""] or one.scope == "session"
    for code in codes:
        text = unicodedata.normalize("NFC", on_paper(book.session, key, code, words=words))
        assert text
        if key != "group_notes":
            assert LONG_NAME in text
        assert "0911" not in text
        assert "079171000123" not in text
        assert "079171" not in text
        assert not re.search(r"\b(None|True|False)\b|[{}]", text)


@pytest.mark.parametrize("key", OURS)
def test_a_document_is_called_what_the_pack_calls_it(key: str) -> None:
    forms = (Form(document=key, number="99/XX", heading="TÊN CỦA NGÂN HÀNG"),)
    terms = changed(counter.COUNTER, parameters=changed(TERMS.parameters, forms=forms))
    book = Writer(terms)
    target = {"group": GROUP_A, "customer": LATE}.get(document(key).scope, "")
    text = on_paper(book.session, key, target)
    assert "TÊN CỦA NGÂN HÀNG" in text
    assert "Mẫu 99/XX" in text


def test_the_documents_stand_in_the_order_of_a_morning() -> None:
    assert [one.key for one in DOCUMENTS if one.key in OURS] == list(OURS)


def test_a_person_without_anything_gets_neither_page_nor_confirmation() -> None:
    session = Session(changed(TERMS, loans=(), deposits=()))
    for key in ("savings_card", "balance_confirmation", "overdue_notice"):
        assert targets_of(occasion(session), key) == ()
        assert sheets(session, key, HEAD_A) == ()
