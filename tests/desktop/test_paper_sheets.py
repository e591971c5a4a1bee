"""What each sheet says, read back from the paper it is printed on."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.press import paper
from desktop.sheets.entries import copies, sheet_for
from desktop.sheets.parts import masked
from desktop.sheets.sheet import Paragraph, Sheet, Signing, Table
from desktop.sheets.visit import percent
from desktop.words import Words
from sync.chain import Moment, Sealed
from sync.money import figures, in_words
from sync.records import changed
from sync.session import Session
from sync.terms import Programme
from tests.desktop import printed, small

VI = Words("vi")


def said(book: small.Book, sealed: Sealed, *, copy: int = 1, copy_of: int = 0) -> Sheet:
    return sheet_for(sealed, book.session, letter=small.LETTER, copy=copy, words=VI, copy_of=copy_of)


def on_paper(book: small.Book, sealed: Sealed, *, copy: int = 1, copy_of: int = 0) -> str:
    """The sheet's text with every run of blanks and line ends as one space."""
    return " ".join(printed.text(paper.draw(said(book, sealed, copy=copy, copy_of=copy_of))).split())


def table(sheet: Sheet) -> list[tuple[str, ...]]:
    """The cells of the first table, totals included."""
    found = next(block for block in sheet.blocks if isinstance(block, Table))
    return [row.cells for row in (*found.rows, *found.totals)]


def names(sheet: Sheet) -> list[tuple[str, str]]:
    signing = next(block for block in sheet.blocks if isinstance(block, Signing))
    return [(box.role, box.name) for box in signing.boxes]


@pytest.fixture
def book() -> small.Book:
    made = small.Book()
    made.open()
    return made


@pytest.mark.feature(19, 50)
def test_a_receipt_says_line_by_line_what_was_paid_and_what_remains(book: small.Book) -> None:
    sealed = book.debtor_pays()
    loan, deposit = small.loan_code(3), small.deposit_no(3)
    assert table(said(book, sealed)) == [
        ("Thu gốc quá hạn", loan, "5.000.000", "20.000.000"),
        ("Thu lãi quá hạn, 03/04–15/04/2024 (12 ngày, 10,725%/năm)", loan, "88.151", "0"),
        ("Thu lãi trong hạn, 15/03–03/04/2024 (19 ngày, 8,25%/năm)", loan, "107.363", "0"),
        ("Gửi tiền tổ viên", deposit, "104.486", "1.454.486"),
        ("Tổng cộng", "5.300.000", ""),
    ]
    text = on_paper(book, sealed)
    for part in (
        "NGÂN HÀNG CHÍNH SÁCH XÃ HỘI", "Phòng giao dịch Thử Nghiệm", "Điểm giao dịch xã Thử Nghiệm",
        "BIÊN LAI THU TIỀN", "Số phiếu: TXN0480799-20240415-A-000002", "Liên 1: giao khách hàng", "15/04/2024 07:32",
        "Khách hàng: Võ Thị Ví Dụ", "Tổ TK&VV: 0117 Ấp Tây (Nguyễn Thị Mẫu)", "Địa chỉ: Ấp Tây, xã Thử Nghiệm",
        "Bằng chữ: Năm triệu ba trăm nghìn đồng chẵn.", f"Sổ: dòng 2 · {sealed.head.hex()[:4].upper()}",
    ):  # fmt: skip
        assert part in text
    assert names(said(book, sealed)) == [("Người nộp tiền", "Võ Thị Ví Dụ"), ("Giao dịch viên", "Phạm Thị Thu Ngân")]


@pytest.mark.feature(59)
def test_a_receipt_says_what_remained_then_however_late_it_is_printed(book: small.Book) -> None:
    sealed = book.debtor_pays()
    first = said(book, sealed)
    book.visit(small.Wish("TQ", small.loan_code(3), 1_000_000), small.Wish("TT", small.deposit_no(3), 500_000))
    book.reverse(3)
    assert said(book, sealed) == first
    assert "Số còn lại tính đến 15/04/2024 07:32" in on_paper(book, sealed)


def test_two_lines_on_one_account_each_say_what_remained_after_them(book: small.Book) -> None:
    wish = small.Wish("TT", small.deposit_no(3), 100_000)
    rows = table(said(book, book.visit(wish, wish)))
    assert [row[3] for row in rows[:2]] == ["1.450.000", "1.550.000"]


def test_an_id_number_is_never_printed_whole(book: small.Book) -> None:
    text = on_paper(book, book.debtor_pays())
    assert "CCCD: ********0003" in text
    assert "080171000003" not in text
    assert [masked(one) for one in ("", "1", "1234", "12345")] == ["", "*", "****", "*2345"]


@given(st.text("0123456789", max_size=14))
def test_a_masked_number_shows_at_most_four_of_its_digits(number: str) -> None:
    shown = masked(number)
    assert len(shown) == len(number)
    assert sum(letter != "*" for letter in shown) <= min(4, max(0, len(number) - 1))


@pytest.mark.feature(138)
def test_interest_over_a_change_of_rate_says_both_rates(book: small.Book) -> None:
    terms = small.terms()
    later = Programme(programme_code="01", short_name="hộ nghèo", name="", annual_rate_ppm=54_000,
                      overdue_percent=130, effective_from=datetime.date(2024, 4, 1))  # fmt: skip
    loans = tuple(changed(one, annual_rate_ppm=None) for one in terms.loans)
    book = small.Book(changed(terms, loans=loans, programmes=(*terms.programmes, later)))
    book.open()
    sealed = book.visit(small.Wish("TL", small.loan_code(1), None), customer=small.code(1))
    content, _, amount, _ = table(said(book, sealed))[0]
    assert content == "Thu lãi trong hạn, 15/03–01/04/2024 (17 ngày, 6,6%/năm); 01/04–15/04/2024 (14 ngày, 5,4%/năm)"
    # 50,000,000 x (17 x 6.6 % + 14 x 5.4 %) / 365 = 257,260.27
    assert amount == "257.260"


def test_interest_paid_in_part_and_interest_left_from_before_say_so(book: small.Book) -> None:
    rows = table(said(book, book.visit(small.Wish("TL", small.loan_code(4), 1_001), customer=small.code(4))))
    assert rows[0] == ("Thu lãi còn nợ, đến 15/03/2024", small.loan_code(4), "1", "0")
    assert rows[1][0] == "Thu lãi trong hạn, 15/03–15/04/2024 (31 ngày, 6,6%/năm), thu một phần"
    assert rows[1][2:] == ("1.000", "279.274")


@given(st.integers(0, 1_000_000), st.integers(0, 300))
def test_a_rate_is_printed_to_its_last_digit(ppm: int, share: int) -> None:
    whole, _, rest = percent(ppm * share).partition(",")
    assert int(whole) * 1_000_000 + int(rest.ljust(6, "0") or "0") == ppm * share
    assert not rest.endswith("0")


@pytest.mark.feature(142)
@given(amount=st.integers(1, 10**11))
def test_figures_and_words_say_the_same_sum(amount: int) -> None:
    book = small.Book()
    book.open()
    sheet = said(book, book.visit(small.Wish("TT", small.deposit_no(3), amount)))
    assert table(sheet)[-1] == ("Tổng cộng", figures(amount), "")
    [sentence] = [block.said[1].text for block in sheet.blocks if isinstance(block, Paragraph)]
    assert sentence == in_words(amount) + (" chẵn." if amount % 1_000 == 0 else ".")


@pytest.mark.feature(17)
def test_a_disbursement_says_its_decision_and_is_signed_by_whoever_approved(book: small.Book) -> None:
    sealed = book.slip("GN-0424-0017")
    text = on_paper(book, sealed)
    assert "PHIẾU CHI" in text
    assert "Giải ngân hộ nghèo, vốn địa phương, QĐ 17/QĐ-THU: Chăn nuôi bò, hạn trả 15/04/2029" in text
    assert "60.000.000 60.000.000 Tổng cộng 60.000.000 Bằng chữ: Sáu mươi triệu đồng chẵn." in text
    assert names(said(book, sealed)) == [
        ("Người nhận tiền", "Nguyễn Thị Mẫu"), ("Giao dịch viên", "Phạm Thị Thu Ngân"), ("Kiểm soát viên", "Đỗ Văn Soát"),
    ]  # fmt: skip


@pytest.mark.feature(131)
@pytest.mark.parametrize(
    ("slip", "parts"),
    [
        ("HH-0424-0001", ("Người nhận: Nguyễn Thị Mẫu", "Chi hoa hồng Tổ theo phiếu duyệt HH-0424-0001", "1.634.421")),
        ("PU-0424-0001", ("Người nhận: Hội Nông dân xã Thử Nghiệm", "Đơn vị nhận ủy thác: Hội Nông dân", "2.016.000")),
    ],
)
def test_a_payout_says_who_got_it_by_which_slip(book: small.Book, slip: str, parts: tuple[str, ...]) -> None:
    text = on_paper(book, book.slip(slip))
    assert all(part in text for part in ("PHIẾU CHI", *parts))
    # There is no balance of a slip.
    assert "Số còn lại" not in text


@pytest.mark.feature(23)
def test_a_reversal_says_which_voucher_why_and_which_way_the_cash_went(book: small.Book) -> None:
    book.debtor_pays()
    sealed = book.reverse(2, "nhập nhầm khách")
    text = on_paper(book, sealed)
    for part in ("PHIẾU ĐẢO", "Đảo phiếu: TXN0480799-20240415-A-000002", "Lý do: nhập nhầm khách",
                 "Trả lại tiền mặt: 5.300.000 đ", "Âm năm triệu ba trăm nghìn đồng chẵn."):  # fmt: skip
        assert part in text
    rows = table(said(book, sealed))
    assert rows[0][2:] == ("−5.000.000", "25.000.000")
    assert rows[-1] == ("Tổng cộng", "−5.300.000", "")
    assert ("Kiểm soát viên", "Đỗ Văn Soát") in names(said(book, sealed))


def test_a_reversed_payment_takes_the_cash_back(book: small.Book) -> None:
    book.slip("HH-0424-0001")
    text = on_paper(book, book.reverse(2))
    assert "Thu lại tiền mặt: 1.634.421 đ" in text
    assert "−1.634.421" in text
    assert "Người nộp tiền" in text


@pytest.mark.feature(57)
def test_a_reprint_says_that_it_is_one_and_which(book: small.Book) -> None:
    sealed = book.debtor_pays()
    assert "BẢN SAO" not in on_paper(book, sealed)
    assert "BẢN SAO · in lại lần 1" in on_paper(book, sealed, copy_of=1)
    assert "BẢN SAO · in lại lần 12" in on_paper(book, sealed, copy_of=12)


@pytest.mark.parametrize(("kind", "count"), [("visit", 2), ("slip", 2), ("reverse", 2), ("group", 3), ("close", 2)])
def test_every_copy_says_whose_it_is(book: small.Book, kind: str, count: int) -> None:
    assert copies(kind) == count  # type: ignore[arg-type]
    sealed = book.debtor_pays() if kind != "group" else book.group({small.code(1): 330_000})
    labels = [on_paper(book, sealed, copy=copy).split("Liên ")[1][:6] for copy in range(1, copies(sealed.entry.body.kind) + 1)]
    assert len(set(labels)) == len(labels)
    with pytest.raises(KeyError):
        said(book, sealed, copy=4)


def test_a_clock_on_another_day_is_printed_beside_the_day_of_the_session(book: small.Book) -> None:
    sealed = book.debtor_pays()
    entry = changed(sealed.entry, wall_s=small.BEGIN_S + 86_400)
    text = on_paper(book, sealed._replace(entry=entry))
    assert "16/04/2024 07:30" in text
    assert "Phiên giao dịch ngày 15/04/2024" in text
    assert Moment(small.BEGIN_S, 0, 1).wall_s == small.BEGIN_S


# Groups


@pytest.mark.feature(127)
def test_a_group_list_says_each_members_cash_interest_and_deposit(book: small.Book) -> None:
    sealed = book.group({small.code(5): 350_000, small.code(1): 330_000, small.code(4): 280_000})
    assert table(said(book, sealed)) == [
        ("1", "Nguyễn Thị Mẫu", "330.000", "280.274", "49.726", "1.399.726", ""),
        ("2", "H'Bia Niê", "280.000", "280.000", "–", "–", ""),
        ("3", small.LONG_NAME, "350.000", "280.274", "69.726", "1.419.726", ""),
        ("Tổng cộng", "960.000", "840.548", "119.452", "", ""),
    ]
    text = on_paper(book, sealed)
    for part in ("BẢNG KÊ THU TIỀN CỦA TỔ TK&VV", "Mẫu 13/TD", "Tổ TK&VV: 0117 Ấp Tây", "Đơn vị nhận ủy thác: Hội Nông dân",
                 "Có 3/5 thành viên nộp", "500.000 1 500.000", "Chín trăm sáu mươi nghìn đồng chẵn.", "Trang 1/1"):  # fmt: skip
        assert part in text


@pytest.mark.feature(126)
def test_a_group_list_says_whether_leader_or_deputy_handed_it_in(book: small.Book) -> None:
    leader = book.group({small.code(1): 330_000})
    deputy = book.group({small.code(2): 330_000}, by=small.DEPUTY)
    assert "Người nộp: Nguyễn Thị Mẫu (tổ trưởng)" in on_paper(book, leader)
    assert "Người nộp: Lê Văn Thử (tổ phó)" in on_paper(book, deputy)
    assert names(said(book, deputy))[0] == ("Người nộp tiền", "Lê Văn Thử")


def test_a_group_hand_in_is_reversed_on_the_same_list(book: small.Book) -> None:
    book.group({small.code(1): 330_000, small.code(2): 300_000})
    sealed = book.reverse(2)
    assert table(said(book, sealed)) == [
        ("1", "Nguyễn Thị Mẫu", "−330.000", "−280.274", "−49.726", "1.350.000", ""),
        ("2", "Lê Văn Thử", "−300.000", "−280.274", "−19.726", "1.350.000", ""),
        ("Tổng cộng", "−630.000", "−560.548", "−69.452", "", ""),
    ]
    text = on_paper(book, sealed)
    assert "PHIẾU ĐẢO" in text
    assert "Trả lại tiền mặt: 630.000 đ" in text
    assert "thành viên nộp trong phiếu này" not in text


# Cash


@pytest.mark.feature(38)
def test_the_float_is_a_voucher_by_denomination(book: small.Book) -> None:
    text = on_paper(book, book.sealed[0])
    for part in ("PHIẾU ỨNG QUỸ", "500.000 1.300 650.000.000", "Người giao quỹ", "Sáu trăm năm mươi triệu đồng chẵn."):
        assert part in text


@pytest.mark.feature(41)
def test_a_count_says_every_denomination_and_that_it_agrees(book: small.Book) -> None:
    text = on_paper(book, book.count({500_000: 1_299, 50_000: 10}))
    for part in ("BIÊN BẢN KIỂM QUỸ", "Mẫu KK/TQ", "500.000 1.299 649.500.000", "200.000 – –", "50.000 10 500.000", "500 – –",
                 "Tiền thực đếm khớp với sổ.", "Sau phiếu số: TXN0480799-20240415-A-000001",
                 "Phạm Thị Thu Ngân", "Đỗ Văn Soát", "Bùi Thị Trưởng"):  # fmt: skip
        assert part in text


@pytest.mark.feature(44)
@pytest.mark.parametrize(
    ("held", "parts"),
    [
        (649_950_000, ("BIÊN BẢN THIẾU QUỸ", "Quỹ thiếu 50.000 đ so với sổ.", "Chênh lệch −50.000", "Năm mươi nghìn đồng")),
        (650_001_000, ("BIÊN BẢN THỪA QUỸ", "Quỹ thừa 1.000 đ so với sổ.", "Chênh lệch 1.000", "Một nghìn đồng chẵn.")),
    ],
)
def test_a_difference_is_minuted_with_its_reason_and_its_count(
    book: small.Book, held: int, parts: tuple[str, ...]
) -> None:
    book.count(small.notes(held))
    text = on_paper(book, book.difference("đếm lại hai lần"))
    expected = ("Tồn quỹ theo sổ 650.000.000", f"Tiền thực đếm {figures(held)}", "Lý do: đếm lại hai lần")
    assert all(part in text for part in (*parts, *expected))


# Closing


def closed() -> small.Book:
    book = small.Book()
    book.open()
    book.debtor_pays()
    book.group({small.code(1): 330_000})
    book.slip("GN-0424-0017")
    book.reverse(2)
    book.count(small.notes(book.session.cash))
    book.close()
    return book


@pytest.mark.feature(66, 108)
def test_the_closing_sheet_says_what_the_book_comes_to_and_its_head() -> None:
    book = closed()
    sealed = book.sealed[-1]
    assert table(said(book, sealed)) == [
        ("GN", "Giải ngân", "1", "60.000.000", "–", "60.000.000"),
        ("TQ", "Thu nợ gốc quá hạn", "2", "5.000.000", "−5.000.000", "0"),
        ("TL", "Thu lãi", "5", "475.788", "−195.514", "280.274"),
        ("TT", "Thu tiền gửi tổ viên", "3", "154.212", "−104.486", "49.726"),
        ("UQ", "Ứng quỹ", "1", "650.000.000", "–", "650.000.000"),
    ]
    text = on_paper(book, sealed)
    head = sealed.head.hex().upper()
    for part in (
        "Phiếu đầu: TXN0480799-20240415-A-000001", "Phiếu cuối: TXN0480799-20240415-A-000007", "Số phiếu: 7",
        "Số dòng tiền: 12", "Ứng quỹ đầu phiên 650.000.000", "Thu trong phiên 5.630.000", "Chi trong phiên 65.300.000",
        "Tồn quỹ cuối phiên 590.330.000", "Tiền thực đếm 590.330.000",
        " ".join(head[place : place + 4] for place in range(0, 64, 4)),
    ):  # fmt: skip
        assert part in text
    assert names(said(book, sealed)) == [
        ("Giao dịch viên", "Phạm Thị Thu Ngân"), ("Kiểm soát viên", "Đỗ Văn Soát"), ("Tổ trưởng giao dịch", "Bùi Thị Trưởng"),
    ]  # fmt: skip


def test_the_sums_of_the_closing_sheet_are_the_drawers() -> None:
    book = closed()
    entry = book.sealed[-1].entry
    way = {"GN": -1, "TQ": 1, "TL": 1, "TT": 1, "UQ": 1}
    rows = table(said(book, book.sealed[-1]))
    net = [way[row[0]] * int(row[5].replace(".", "").replace("−", "-")) for row in rows]
    assert sum(net) == entry.cash == 650_000_000 + entry.cash_in - entry.cash_out


def test_a_sheet_needs_nothing_but_the_entry_and_the_session_it_stands_in() -> None:
    book = closed()
    again = Session(book.session.terms)
    for place, sealed in enumerate(book.sealed, start=1):
        again.apply(sealed.entry.body, maker=sealed.entry.maker)
        here = sheet_for(sealed, again, letter="A", copy=1, words=VI)
        assert here == said(book, sealed), place
