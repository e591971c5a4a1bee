"""What the office says of a session's lines, as it meets the people at the table; and the slips that put it right."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.ui.disburse import DisbursePage
from desktop.ui.journal import JournalPage
from desktop.ui.sync_page import SyncPage
from sync.adjustment import slip_number
from sync.disposition import Finding, booked_line
from sync.records import changed
from sync.terms import Adjustment, Terms
from sync.voucher import line_of
from tests.bench.point import PINS
from tests.desktop import small
from tests.ui.laptop import CONTROLLER, Laptop, Teller, copied, make_laptop, open_window
from tests.ui.test_morning import visit
from tests.ui.test_window import cut_off

WHY = "món vay đã tất toán tại Phòng giao dịch ngày 14/04/2024"
OF = "TXN0480799-20240315-A-000137"


def words(teller: Teller) -> str:
    return "\n".join(cell.text + " " + cell.chip + " " + cell.below for row in sync(teller).became.model.rows for cell in row)


def sync(teller: Teller) -> SyncPage:
    page = teller.desk.pages["sync"]
    assert isinstance(page, SyncPage)
    return page


def sent(teller: Teller) -> None:
    """One visit posted, and everything at the office."""
    teller.unlock()
    teller.open_session()
    visit(teller)
    teller.press("Ctrl+Enter")
    standing = teller.desk.counter
    teller.wait(lambda: standing.standing.entries == 2 and standing.standing.marks.received == 2)


@pytest.mark.feature(90)
@pytest.mark.feature(100)
def test_a_line_that_came_back_says_why_who_answers_and_what_to_do(teller: Teller, laptop: Laptop) -> None:
    sent(teller)
    head, line = teller.desk.counter._desk.head, teller.desk.counter._desk.session.bodies[1].lines[3]
    booked = booked_line(line, account=small.deposit_no(4), component="deposit", amount=line.amount)
    assert booked is not None
    laptop.wire.say(
        Finding(number=2, place=1, outcome="returned", reason=WHY),
        Finding(number=2, place=2, outcome="accepted", core_number="FT24106001"),
        Finding(number=2, place=3, outcome="suspense", reason="lãi tính lại, đang đối chiếu"),
        Finding(number=2, place=4, outcome="corrected", core_number="FT24106002", booked=(booked,), reason="nhầm sổ"),
        last=2, head=head,
    )  # fmt: skip
    teller.desk.hearing.ask()
    teller.wait(lambda: bool(teller.desk.hearing.became.counts))
    teller.press("F8")
    teller.wait()
    card = sync(teller).became
    assert card.isVisible()
    assert "1 dòng đã hạch toán · 1 chờ xử lý · 1 điều chỉnh · 1 trả lại" in card.counts.text()
    said = words(teller)
    for part in (WHY, "Trần Thị Kế Toán", "phiếu điều chỉnh", "Võ Thị Ví Dụ", "đang đối chiếu", "FT24106002"):
        assert part in said
    assert not cut_off(teller.window)
    teller.press("F6")
    teller.wait()
    journal = teller.desk.pages["journal"]
    assert isinstance(journal, JournalPage)
    assert "trả lại" in {cell.chip for row in journal.model.rows for cell in row}
    shown = [cell.below for row in journal.lines_model.rows for cell in row]
    assert WHY in shown
    assert "FT24106001" in shown
    assert teller.desk.said.text().startswith("Văn phòng trả kết quả 4 dòng")


def test_what_is_not_true_of_the_book_is_not_believed_and_what_is_is_still_there_at_the_next_start(
    laptop: Laptop, dressed: QApplication, qtbot: QtBot
) -> None:
    teller = open_window(laptop, qtbot)
    sent(teller)
    said = Finding(number=2, place=1, outcome="returned", reason=WHY)
    laptop.wire.say(said, last=2, head=b"\1" * 32)
    teller.desk.hearing.ask()
    teller.wait(lambda: teller.desk.hearing.fault is not None)
    teller.press("F8")
    teller.wait()
    assert "không khớp sổ" in sync(teller).became.notice.text()
    assert not teller.desk.hearing.became.counts
    laptop.wire.said.clear()
    laptop.wire.say(said, last=2, head=teller.desk.counter._desk.head)
    teller.desk.hearing.ask()
    teller.wait(lambda: bool(teller.desk.hearing.became.counts))
    assert not sync(teller).became.notice.text()
    teller.window.close()
    laptop.wire.closed = True
    again = open_window(laptop, qtbot)
    again.unlock()
    again.wait(lambda: bool(again.desk.hearing.became.back))
    assert again.desk.hearing.became.back[0].said.finding.reason == WHY
    again.window.close()


# The slips


def slip(place: int, *, back: int, booked: int = 0) -> Adjustment:
    was = line_of("TQ", small.loan_code(3), "overdue_principal", 5_000_000)
    return Adjustment(
        slip_no=slip_number(OF, (place,)), outcome="corrected" if booked else "returned", customer_code=small.DEBTOR, of=OF,
        was=(was,), booked=(line_of("TQ", small.loan_code(4), "overdue_principal", booked),) if booked else (),
        lines=(line_of("CX", "", "suspense", -back),) if back else (), core_number="FT24075A1" if booked else "", reason=WHY,
    )  # fmt: skip


def adjusting(usual: Terms) -> Terms:
    return changed(usual, adjustments=(slip(1, back=5_000_000), slip(2, back=0, booked=5_000_000), slip(3, back=-700_000)))


@pytest.fixture(scope="session")
def with_adjustments(tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    return make_laptop(tmp_path_factory.mktemp("adjusting"), prepare=adjusting)


@pytest.fixture
def at_table(with_adjustments: Laptop, tmp_path: Path, dressed: QApplication, qtbot: QtBot) -> Teller:
    teller = open_window(copied(with_adjustments, tmp_path), qtbot)
    teller.unlock()
    teller.open_session()
    teller.press("F4")
    teller.wait()
    return teller


@pytest.mark.feature(101)
def test_slips_that_put_an_earlier_receipt_right_are_done_at_the_table(at_table: Teller) -> None:
    teller, counter = at_table, at_table.desk.counter
    page = teller.desk.pages["disburse"]
    assert isinstance(page, DisbursePage)
    assert [one.shown for one in page.rows[:3]] == ["A-000137-1", "A-000137-2", "A-000137-3"]
    assert page.slip.amount.text() == "Trả lại 5.000.000 đ"
    facts = "\n".join(text.text() for _, text in page.slip.facts)
    assert OF in facts
    assert WHY in facts
    assert "Quỹ còn 650.000.000" in page.slip.drawer.text()
    assert page.missing() == "Chưa kiểm tra CCCD"
    assert not cut_off(teller.window)
    moved = 650_000_000
    for number, (cash, amount) in enumerate(((-5_000_000, "Trả lại 5.000.000 đ"), (0, "Không có tiền trao tay"), (700_000, "Khách nộp lại 700.000 đ")), start=2):
        assert page.slip.amount.text() == amount
        teller.letter(" ")
        teller.press("Ctrl+Enter")
        teller.approve(PINS[CONTROLLER])
        moved += cash
        teller.wait(lambda number=number: counter.standing.entries == number)  # type: ignore[misc]
        assert counter.standing.cash == moved
    assert [one.state for one in page.rows[:3]] == ["paid"] * 3
    teller.press("F6")
    teller.wait()
    journal = teller.desk.pages["journal"]
    assert isinstance(journal, JournalPage)
    assert [one.kind for one in journal.rows] == ["adjust", "adjust", "adjust", "open"]
    teller.window.close()
