"""What an adjustment slip says to whoever has the earlier receipt at home."""

import pytest

from desktop.press import paper
from desktop.sheets.entries import sheet_for
from desktop.words import Words
from sync.chain import Sealed
from sync.records import changed
from sync.terms import Adjustment
from sync.voucher import line_of
from tests.desktop import printed, small

OF = "TXN0480799-20240315-A-000137"


def slip(outcome: str = "returned", *, back: int = 5_000_000, booked: int = 0) -> Adjustment:
    was = line_of("TQ", small.loan_code(3), "overdue_principal", 5_000_000)
    return Adjustment(
        slip_no=f"{OF}-1", outcome=outcome, customer_code=small.DEBTOR, of=OF, was=(was,),  # type: ignore[arg-type]
        booked=(line_of("TT", small.deposit_no(3), "deposit", booked),) if booked else (),
        lines=(line_of("CX", "", "suspense", -back),) if back else (), core_number="FT24075A1" if booked else "",
        reason="món vay đã tất toán tại Phòng giao dịch ngày 14/03/2024",
    )  # fmt: skip


def posted(one: Adjustment) -> tuple[small.Book, Sealed]:
    book = small.Book(changed(small.terms(), adjustments=(one,)))
    book.open()
    notes = small.notes(-sum(line.amount for line in one.lines)) if one.lines and one.lines[0].amount < 0 else {}
    return book, book.post(book.session.plan_adjust(one.slip_no, notes=notes, details={"card": "seen"}), approvers=["KSV01"])


def said(book: small.Book, sealed: Sealed, language: str = "vi") -> str:
    return printed.text(paper.draw(sheet_for(sealed, book.session, letter="A", copy=1, words=Words(language))))


@pytest.mark.feature(101)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_returned_line_says_of_which_receipt_why_and_what_goes_back(language: str) -> None:
    book, sealed = posted(slip())
    text = " ".join(said(book, sealed, language).split())
    for words in (OF, small.loan_code(3), "5.000.000", "đã tất toán tại Phòng giao dịch", "Võ Thị Ví Dụ", "Năm triệu đồng"):
        assert words in text
    assert ("PHIẾU ĐIỀU CHỈNH" if language == "vi" else "ADJUSTMENT SLIP") in text


def test_a_corrected_line_says_where_it_was_booked_and_that_no_cash_changes_hands() -> None:
    book, sealed = posted(slip("corrected", back=0, booked=5_000_000))
    text = " ".join(said(book, sealed).split())
    for words in (small.deposit_no(3), "FT24075A1", "Không có tiền trao tay"):
        assert words in text


def test_what_is_left_of_a_corrected_line_goes_back() -> None:
    book, sealed = posted(slip("corrected", back=200_000, booked=4_800_000))
    text = " ".join(said(book, sealed).split())
    assert "Trả lại khách hàng: 200.000" in text
    reversal = book.reverse(2, "đưa nhầm người")
    text = " ".join(said(book, reversal).split())
    assert "PHIẾU ĐẢO" in text
    assert OF in text


def test_money_that_was_paid_out_for_nothing_comes_in_again() -> None:
    book, sealed = posted(slip(back=-700_000))
    assert "Khách hàng nộp lại: 700.000" in " ".join(said(book, sealed).split())
