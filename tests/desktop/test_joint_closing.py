"""One closing sheet with both heads: the other laptop's closed book by the network, as text, or from its sheet's code."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.desk import Desk
from desktop.press import paper
from desktop.sheets import catalogue
from desktop.words import Words
from sync.chain import Stub
from sync.joint import ClosingFirst, NotOfTable, read_closed, text_of
from sync.keys import SignatureWrong
from sync.leases import OtherUnheard
from sync.receipt import NotReceipt, ReceiptTorn, receipt_text
from sync.records import changed
from sync.voucher import Wish
from tests.desktop import enrolled, printed, two_laptops
from tests.desktop.enrolled import CONTROLLER, LEADER, PINS, TELLER, Laptop
from tests.desktop.two_laptops import Joined
from tests.sync import small
from tests.sync.small import FOLLOWS, GROUP_A, GROUP_B, HEAD_A, HEAD_B, LATE, SLIP

VI = Words("vi")


@pytest.fixture(scope="module")
def over(both: dict[str, Laptop], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Laptop]:
    """Both after their morning, counted and closed: every PIN is dear."""
    laptops = two_laptops.copied(both, tmp_path_factory.mktemp("over"))
    joined = Joined(laptops)
    morning(joined)
    for desk in joined.desks.values():
        close(desk)
    joined.close()
    return laptops


@pytest.fixture
def table(over: dict[str, Laptop], tmp_path: Path, short_log: None) -> Iterator[Joined]:
    joined = Joined(two_laptops.copied(over, tmp_path))
    yield joined
    joined.close()


def post(desk: Desk, preview, *approvers: str) -> None:  # type: ignore[no-untyped-def]
    desk.post(preview, approvals=[desk.approve(preview, staff_id=one, pin=PINS[one]) for one in approvers])


def hand_in(desk: Desk, group: str, cash: dict[str, int]) -> None:
    notes = small.notes(sum(cash.values()))
    post(desk, desk.preview_group(group, by=next(iter(cash)), cash=cash, interest={}, notes=notes))


def close(desk: Desk) -> None:
    counted = desk.session.cash
    if off := counted % 500:
        post(desk, desk.preview_count(notes=small.notes(counted - off)))
        post(desk, desk.preview_difference(reason="tiền lẻ"), LEADER)
        counted = desk.session.cash
    post(desk, desk.preview_count(notes=small.notes(counted)))
    post(desk, desk.preview_close(), TELLER, CONTROLLER, LEADER)


def morning(table: Joined) -> None:
    a, b = table.desks["A"], table.desks["B"]
    enrolled.opened(a, 80_000_000)
    enrolled.opened(b, 30_000_000)
    hand_in(a, GROUP_A, {HEAD_A: 330_000})
    post(a, a.preview_slip(SLIP), CONTROLLER)
    hand_in(b, GROUP_B, {HEAD_B: 330_000, FOLLOWS: 600_000})
    post(b, b.preview_visit(LATE, wishes=[Wish("TT", small.deposit_no(LATE), 50_000)]))


def sheet_code(desk: Desk, number: int) -> str:
    sealed = desk.voucher(number)
    entry = sealed.entry
    stub = Stub(book=entry.book, number=entry.number, business_date=entry.business_date, amount=entry.body.cash,
                cash_in=entry.cash_in, cash_out=entry.cash_out, prev8=entry.prev[:8], digest=sealed.head)  # fmt: skip
    return receipt_text(stub, sealed.signature)


def shown(desk: Desk) -> str:
    name, sheets = catalogue.written(desk.occasion(VI), "joint_closing")
    assert name == "20240815-joint_closing"
    made = paper.draw_many(sheets)
    if folder := os.environ.get("DIEM_LOOK"):
        Path(folder, "joint.pdf").write_bytes(made)
    return " ".join(printed.text(made).split())


def test_the_last_sheet_has_both_books_both_drawers_and_their_sums(table: Joined, tmp_path: Path) -> None:
    a, b = table.desks["A"], table.desks["B"]
    assert catalogue.written(a.occasion(VI), "joint_closing")[1] == ()
    a.leases.fetch_closings()
    text = shown(a)
    for desk in (a, b):
        entries = desk.standing().entries
        head = desk.head.hex().upper()
        assert all(head[at : at + 4] in text for at in range(0, 64, 4))
        assert f"{entries:06d}" in text
    for amount in (80_000_000 + 30_000_000, a.session.cash + b.session.cash, a.session.cash_in + b.session.cash_in, a.session.cash_out + b.session.cash_out):
        assert f"{amount:,}".replace(",", ".") in text
    assert "Máy A đã kiểm chữ ký số của máy B" in text
    # What was fetched is there after a restart.
    table.open("A")
    a = table.desks["A"]
    assert b.head.hex().upper()[:4] in shown(a)
    listed = [one.key for one in catalogue.catalogue(a.occasion(VI))]
    assert listed.index("joint_closing") == listed.index("group_list_next") + 1


def test_without_a_network_the_text_or_the_sheets_own_code_is_enough(table: Joined) -> None:
    a, b = table.desks["A"], table.desks["B"]
    table.cut = True
    with pytest.raises(OtherUnheard):
        a.leases.fetch_closings()
    a.leases.take_closing(sheet_code(b, b.standing().entries))
    first = shown(a)
    assert "lấy từ mã vuông của tờ khóa sổ nên chưa có tồn quỹ" in first
    assert "…………………" in first
    # No sum is made of what one of the two is not known to have.
    assert "1.310.000" in first
    assert "110.000.000" not in first
    a.leases.take_closing(sheet_code(b, 1))
    second = shown(a)
    assert "110.000.000" in second
    assert f"{a.session.cash + b.session.cash:,}".replace(",", ".") in second
    assert "tờ ứng quỹ nên chưa có doanh số" in second
    assert "…………………" in second
    own = b.leases.own_closing()
    assert own is not None
    a.leases.take_closing(text_of(own))
    whole = shown(a)
    assert "…………………" not in whole
    # The codes say less, and take nothing back.
    for number in (b.standing().entries, 1):
        a.leases.take_closing(sheet_code(b, number))
        assert "…………………" not in shown(a)


def test_what_is_no_closing_of_the_other_laptop_is_refused(table: Joined) -> None:
    a, b = table.desks["A"], table.desks["B"]
    own = b.leases.own_closing()
    assert own is not None
    text = text_of(own)
    both_tables = a.leases._table
    assert read_closed(text, table=both_tables) == own
    for bad, fault in (
        (text_of(changed(own, cash=1)), SignatureWrong),
        (text_of(changed(own, book=b"\x09" * 16)), NotOfTable),
        (text_of(changed(own, table=b"\x09" * 32)), NotOfTable),
        (text[:-3], ReceiptTorn), (text + "0" * 1200, ReceiptTorn), ("hello", NotReceipt), ("", NotReceipt),
        # The receipt of a visit is no closing sheet; neither is this laptop's own.
        (sheet_code(b, 2), NotOfTable), (sheet_code(a, 1), NotOfTable), (sheet_code(b, 1), ClosingFirst),
    ):  # fmt: skip
        with pytest.raises(fault):
            a.leases.take_closing(bad)
    assert a.leases.closings() == ()


def test_one_laptop_alone_has_no_joint_sheet(laptop: Laptop) -> None:
    desk = laptop.desk()
    enrolled.opened(desk)
    assert "joint_closing" not in {one.key for one in catalogue.catalogue(desk.occasion(VI))}
    assert catalogue.written(desk.occasion(VI), "joint_closing")[1] == ()
    desk.close()
