"""A signed closing sheet is held against the book: what agrees, what differs, and what has not come in."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from desktop.press import paper
from desktop.sheets.entries import sheet_for
from desktop.words import Words
from sync import ledger
from sync.chain import stub_of
from sync.errors import Refusal
from sync.office import closing, closing_checks, devices, intake, overview, page_closing, preparation
from sync.office.closing import (
    Comparison,
    FigureUnclear,
    FigureUnknown,
    NotClosingSheet,
    NothingToCompare,
    Place,
    WhichBook,
    WhichSession,
)
from sync.receipt import NotReceipt, receipt_text
from sync.records import changed
from tests.desktop import printed
from tests.office.conftest import DAY, POINT, Desk, make_office, whole_export
from tests.office.laptop import Laptop
from tests.office.test_commands import run
from tests.office.test_intake import desk_ticket, morning
from tests.office.test_pages import nothing_cut_off, officer_in, row_of, sign_in, token
from tests.office.whole import whole_morning

VI = Words("vi")


def sheet(laptop: Laptop, number: int = 0) -> bytes:
    """The paper of an entry, the last one where none is named, as the laptop prints it."""
    sealed = laptop.entries[number - 1]
    return paper.draw(sheet_for(sealed, laptop.session, letter=laptop.pack.letter, copy=1, words=VI))


def off_the_paper(pdf: bytes) -> dict[str, str]:
    """What a person reads off a closing sheet and types: every figure by its name."""
    said = " ".join(printed.text(pdf).split())
    found: dict[str, str] = {}
    labels = {name: VI(f"paper.close.{name}") for name in ("last", "entries", "lines", *closing.KINDS, "others")}
    for name, label in labels.items():
        if read := re.search(re.escape(label) + r"([-\w.]+)", said.partition(VI("paper.title.close"))[2]):
            found[name] = read[1]
    for code in ledger.CASH:
        row = re.search(rf"\b{code} {re.escape(VI(f'paper.code_name.{code}'))} \d+ \S+ \S+ (\S+)", said)
        if row:
            found[code] = row[1]
    cash = re.search(r"Tồn quỹ cuối phiên ([\d.]+)", said)
    head = re.search(r"\(SHA-256 của dòng cuối\): ((?:[0-9A-F]{4} ){16})", said)
    assert cash
    assert head
    return found | {"cash": cash[1], "head": head[1]}


def code_of(laptop: Laptop, number: int = 0) -> str:
    sealed = laptop.entries[number - 1]
    return receipt_text(stub_of(sealed.entry, sealed.head), sealed.signature)


def compared(
    desk: Desk, figures: Mapping[str, str] | None = None, *, code: str = "", place: Place | None = None, who: str = "lan"
) -> Comparison:
    return closing.compare(desk.office, figures=figures or {}, code=code, place=place or Place(), book=None, who=who)


def off(found: Comparison) -> list[str]:
    return [one.name for one in found.figures if one.outcome == "differs"]


def closed(desk: Desk, letter: str = "A", *, seed: int = 1) -> Laptop:
    """A morning that was closed and came in."""
    laptop = morning(desk.laptop(letter, seed=seed))
    intake.receive(desk.office, batch=laptop.batch())
    return laptop


@pytest.fixture
def point(database: str, tmp_path: Path) -> Iterator[Desk]:
    """An office with everybody of the point, on either database."""
    office = make_office(tmp_path / "office", database=database, export=whole_export())
    yield Desk(office, tmp_path / "office")
    office.store.close()


@pytest.mark.feature(66)
def test_every_figure_read_off_the_printed_sheet_agrees_with_the_office(point: Desk) -> None:
    laptop = whole_morning(point)
    intake.receive(point.office, batch=laptop.batch())
    pdf = sheet(laptop)
    typed = off_the_paper(pdf)
    # Every code of the ledger but one is in such a morning, and every kind the sheet counts.
    assert typed.keys() == {*closing.TYPED} - {"TH"}
    assert int(typed["entries"]) == sum(int(typed[name]) for name in (*closing.KINDS, "others"))
    [code] = printed.codes(pdf)
    found = compared(point, typed, code=code)
    assert off(found) == []
    assert found.verdict == "agrees"
    assert "từ phiếu đầu đến phiếu cuối" in found.vi
    assert len(found.figures) == len(typed) + 4
    assert overview.exception_count(point.office) == 0


@pytest.mark.parametrize("name", ["TL", "TT", "GN", "HH", "entries", "lines", "groups", "others", "cash", "last"])
def test_control_one_figure_changed_is_found_and_named_and_no_other(desk: Desk, name: str) -> None:
    laptop = closed(desk)
    typed = off_the_paper(sheet(laptop))
    before = typed.get(name, "0")
    typed[name] = before[:-1] + str((int(before[-1]) + 1) % 10)
    found = compared(desk, typed, place=Place(POINT, DAY, "A"))
    assert off(found) == [name]
    assert found.verdict == "figures-differ"
    assert "Mã khóa sổ khớp mà có số khác" in found.vi
    # Without the head nobody can say which of the two is wrong.
    del typed["head"]
    assert compared(desk, typed, place=Place(POINT, DAY, "A")).verdict == "differs"


def test_control_one_digit_of_the_head_is_found_though_every_sum_agrees(desk: Desk) -> None:
    laptop = closed(desk)
    typed = off_the_paper(sheet(laptop))
    head = typed["head"].strip()
    typed["head"] = head[:30] + ("0" if head[30] != "0" else "1") + head[31:]
    found = compared(desk, typed)
    assert (found.verdict, off(found)) == ("altered", ["head"])
    assert "Mọi số đều khớp nhưng mã khóa sổ khác" in found.vi
    # Only the seventh group differs, and both are shown.
    [row] = [one for one in found.figures if one.name == "head"]
    groups = list(zip(row.sheet.split(), row.book.split(), strict=True))
    assert [place for place, (ours, theirs) in enumerate(groups, start=1) if ours != theirs] == [7]


def test_how_much_an_agreement_proves_is_said(desk: Desk) -> None:
    laptop = closed(desk)
    typed = off_the_paper(sheet(laptop))
    where = Place(POINT, DAY)
    assert "chưa so mã khóa sổ" in compared(desk, {"cash": typed["cash"]}, place=where).vi
    part = compared(desk, {"head": typed["head"][:14].lower()}, place=where)
    assert part.verdict == "agrees"
    assert "3 nhóm đầu" in part.vi
    assert "first 3 groups" in part.en
    by_code = compared(desk, code=code_of(laptop))
    assert "từ phiếu đầu đến phiếu cuối" in by_code.vi
    assert [one.name for one in by_code.figures] == ["last", "cash_in", "cash_out", "head"]


def test_the_last_number_as_printed_says_which_session_it_is(desk: Desk) -> None:
    laptop = closed(desk)
    typed = off_the_paper(sheet(laptop))
    assert compared(desk, {"last": typed["last"]}).verdict == "agrees"
    short = {"last": str(len(laptop.entries))}
    assert compared(desk, short, place=Place(POINT, DAY, "A")).verdict == "agrees"
    with pytest.raises(WhichSession):
        compared(desk, short)
    # The sheet of another laptop beside this book.
    other = compared(desk, {"last": typed["last"].replace("-A-", "-B-")}, place=Place(POINT, DAY, "A"))
    assert off(other) == ["last"]


def test_a_book_that_has_not_come_in_as_far_is_waited_for(desk: Desk) -> None:
    laptop = morning(desk.laptop())
    typed = off_the_paper(sheet(laptop))
    for received in (0, 2, len(laptop.entries) - 1):
        if received:
            intake.receive(desk.office, batch=laptop.batch(1, received))
        for found in (compared(desk, typed), compared(desk, code=code_of(laptop))):
            assert found.verdict == "not-come"
            assert {one.outcome for one in found.figures} == {"not-come"}
            assert f"mới nhận {received} phiếu" in found.vi
    assert compared(desk, {"cash": typed["cash"]}, place=Place(POINT, DAY)).verdict == "not-come"
    assert overview.exception_count(desk.office) == 0
    intake.receive(desk.office, batch=laptop.batch())
    assert compared(desk, typed).verdict == "agrees"


def test_a_book_the_office_does_not_hold_is_said(desk: Desk) -> None:
    laptop = closed(desk)
    typed = off_the_paper(sheet(laptop))
    typed["last"] = typed["last"].replace("20240415", "20240416")
    found = compared(desk, typed)
    assert (found.verdict, found.book, found.figures) == ("no-book", "", ())
    assert "16/04/2024" in found.vi
    assert overview.exception_count(desk.office) == 1


def test_a_code_that_no_laptop_of_ours_signed_proves_nothing(desk: Desk) -> None:
    laptop = closed(desk)
    sealed = laptop.entries[-1]
    stub = stub_of(sealed.entry, sealed.head)
    forged = receipt_text(changed(stub, cash_in=stub.cash_in + 1), sealed.signature)
    found = compared(desk, {"cash": "0"}, code=forged)
    assert (found.verdict, found.figures) == ("signature-wrong", ())
    stranger = receipt_text(changed(stub, book=bytes(16)), sealed.signature)
    assert compared(desk, code=stranger).verdict == "unknown-laptop"
    for text in ("DGD1:%%%", "hello"):
        with pytest.raises(Refusal):
            compared(desk, code=text)
    with pytest.raises(NotClosingSheet) as caught:
        compared(desk, code=code_of(laptop, 2))
    assert "2" in caught.value.sentence()
    with pytest.raises(NotReceipt):
        closing.code_among(["hello", "DGD1:%%%"])
    assert closing.code_among(["hello", code_of(laptop)]) == code_of(laptop)


def test_the_sheet_of_the_other_branch_is_known_for_one(desk: Desk) -> None:
    laptop = closed(desk)
    clone = Laptop(desk_ticket(desk, laptop))
    clone.take(preparation.fetch(desk.office, device=laptop.device, wanted=None))
    clone.open()
    clone.deposit(60_000)
    clone.close()
    # Before its batch came its own code says that another history was written, and it is no slip of the finger.
    early = compared(desk, code=code_of(clone))
    assert early.verdict == "differs"
    intake.receive(desk.office, batch=clone.batch())
    found = compared(desk, code=code_of(clone))
    assert found.verdict == "other-branch"
    page = overview.session_page(desk.office, book=laptop.pack.book, page=1)
    assert any("nhánh kia" in one.sentence for one in page.alarms)


def test_a_code_that_the_last_entry_here_cannot_lead_to_is_of_another_branch(desk: Desk) -> None:
    laptop = desk.laptop()
    laptop.open()
    laptop.deposit(50_000)
    intake.receive(desk.office, batch=laptop.batch())
    clone = Laptop(desk_ticket(desk, laptop))
    clone.take(preparation.fetch(desk.office, device=laptop.device, wanted=None))
    clone.open()
    clone.post(clone.session.plan_count(notes={500_000: clone.session.cash // 500_000}))
    clone.close()
    assert compared(desk, code=code_of(clone)).verdict == "other-branch"
    laptop.close()
    assert compared(desk, code=code_of(laptop)).verdict == "not-come"


def test_the_key_of_a_revoked_laptop_proves_only_what_is_in_the_books(desk: Desk) -> None:
    laptop = morning(desk.laptop())
    intake.receive(desk.office, batch=laptop.batch(1, 3))
    assert compared(desk, code=code_of(laptop)).verdict == "not-come"
    devices.revoke(desk.office, letter="A")
    assert compared(desk, code=code_of(laptop)).verdict == "revoked"
    other = closed(desk, "B", seed=2)
    devices.revoke(desk.office, letter="B")
    assert compared(desk, code=code_of(other)).verdict == "agrees"


def test_every_verdict_has_its_words_and_its_mark() -> None:
    verdicts = set(get_args(closing_checks.Verdict))
    assert verdicts <= closing.SENTENCES.keys()
    assert verdicts | set(get_args(closing_checks.Outcome)) == page_closing.MARKS.keys()
    for vi, en in closing.SENTENCES.values():
        assert vi.count("{place}") == en.count("{place}")
    assert set(closing.TYPED) - set(ledger.CASH) <= closing.LABELS.keys()


def test_a_sheet_that_says_closed_where_the_book_goes_on_is_found(desk: Desk) -> None:
    laptop = desk.laptop()
    laptop.open()
    laptop.deposit()
    laptop.deposit(20_000, place=1)
    intake.receive(desk.office, batch=laptop.batch())
    found = compared(desk, {"last": "3", "entries": "3"}, place=Place(POINT, DAY, "A"))
    assert (found.verdict, off(found)) == ("not-closed", ["last"])


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ("UPDATE entry_line SET amount = amount + 1 WHERE number = 2 AND place = 1", "figures-differ"),
        ("DELETE FROM entry_line WHERE code = 'TT' AND number = 2", "figures-differ"),
        ("UPDATE entry SET kind = 'visit' WHERE kind = 'group'", "figures-differ"),
        ("UPDATE entry SET raw = (SELECT raw FROM entry WHERE number = 2) WHERE number = 3", "damaged"),
        ("DELETE FROM entry WHERE number = 3", "damaged"),
    ],
)
def test_what_was_changed_in_the_offices_own_data_is_found_by_the_paper(desk: Desk, change: str, verdict: str) -> None:
    laptop = closed(desk)
    typed = off_the_paper(sheet(laptop))
    assert compared(desk, typed).verdict == "agrees"
    desk.office.store.close()
    with sqlite3.connect(desk.folder / "office.db") as kept:
        for trigger in [row[0] for row in kept.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]:
            kept.execute(f"DROP TRIGGER {trigger}")
        assert kept.execute(change).rowcount > 0
    kept.close()
    assert compared(desk, typed).verdict == verdict


def test_two_laptops_of_a_session_are_told_apart(desk: Desk) -> None:
    closed(desk)
    closed(desk, "B", seed=2)
    with pytest.raises(WhichBook) as caught:
        compared(desk, {"entries": "3"}, place=Place(POINT, DAY))
    assert "A, B" in caught.value.sentence()
    assert compared(desk, {"TL": "0"}, place=Place(POINT, DAY, "B")).book


@pytest.mark.parametrize(
    ("figures", "refused"),
    [
        ({}, NothingToCompare), ({"cash": "  "}, NothingToCompare), ({"XX": "1"}, FigureUnknown),
        ({"cash": "1.23"}, FigureUnclear), ({"cash": "một triệu"}, FigureUnclear), ({"TG": "9" * 13}, FigureUnclear),
        ({"head": "ABC"}, FigureUnclear), ({"head": "0O1I"}, FigureUnclear), ({"head": "A" * 65}, FigureUnclear),
        ({"last": "A-27"}, FigureUnclear), ({"last": f"{POINT}-20240431-A-000027"}, FigureUnclear),
        ({"entries": "-"}, FigureUnclear),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_its_name_and_nothing_is_kept(
    desk: Desk, figures: dict[str, str], refused: type[Refusal]
) -> None:
    closed(desk)
    with pytest.raises(refused) as caught:
        compared(desk, figures, place=Place() if "last" in figures else Place(POINT, DAY))
    assert caught.value.sentence("vi") != caught.value.sentence("en")
    assert closing_checks.recent(desk.office) == ()


def test_figures_are_read_as_people_write_them(desk: Desk) -> None:
    laptop = closed(desk)
    cash = laptop.session.cash
    for text in (f"{cash}", f"{cash:,}".replace(",", "."), f" {cash:,} đ ".replace(",", ".")):
        assert compared(desk, {"cash": text}, place=Place(POINT, DAY)).verdict == "agrees"
    short = {one: compared(desk, {"CL": one}, place=Place(POINT, DAY)).figures[0].sheet for one in ("-647", "−647", "- 647")}
    assert set(short.values()) == {"−647"}


# What is kept of a check


def test_who_compared_what_is_kept_and_a_difference_waits_until_it_is_settled(point: Desk) -> None:
    laptop = closed(point)
    typed = off_the_paper(sheet(laptop))
    wrong = typed | {"TT": "1"}
    first = compared(point, wrong, who="minh")
    [check] = closing_checks.of_book(point.office, book=laptop.pack.book)
    assert (check.number, check.made_by, check.verdict, check.open) == (first.check, "minh", "figures-differ", True)
    assert check.figures == first.figures
    assert overview.exception_count(point.office) == 1
    with pytest.raises(closing_checks.NoteShort):
        closing_checks.settle(point.office, number=check.number, note="xong", who="lan")
    closing_checks.settle(point.office, number=check.number, note="Gõ nhầm cột tiền gửi", who="lan")
    [check] = closing_checks.of_book(point.office, book=laptop.pack.book)
    assert (check.settled_by, check.note, check.open) == ("lan", "Gõ nhầm cột tiền gửi", False)
    assert overview.exception_count(point.office) == 0
    with pytest.raises(closing_checks.CheckUnknown):
        closing_checks.settle(point.office, number=check.number, note="Gõ nhầm cột tiền gửi", who="lan")


def test_a_difference_is_cleared_by_a_check_that_agrees_in_just_that_and_no_less(desk: Desk) -> None:
    laptop = closed(desk)
    typed = off_the_paper(sheet(laptop))
    compared(desk, typed | {"head": "0000" + typed["head"][4:]})
    assert overview.exception_count(desk.office) == 1
    # Another figure, and fewer groups than differed, clear nothing.
    compared(desk, {"cash": typed["cash"]}, place=Place(POINT, DAY))
    compared(desk, {"head": typed["head"][:24]}, place=Place(POINT, DAY))
    compared(desk, code=code_of(laptop))
    assert overview.exception_count(desk.office) == 1
    last = compared(desk, {"head": typed["head"]}, place=Place(POINT, DAY))
    assert overview.exception_count(desk.office) == 0
    assert closing_checks.of_book(desk.office, book=laptop.pack.book)[-1].cleared == last.check


# The command line


def test_a_sheet_is_compared_on_the_command_line(desk: Desk, tmp_path: Path) -> None:
    laptop = closed(desk)
    pdf = sheet(laptop)
    typed, home = off_the_paper(pdf), ("--home", desk.folder)
    sums = [part for code in ledger.CASH if code in typed for part in ("--sum", f"{code}={typed[code]}")]
    usual = ("--last", typed["last"], "--entries", typed["entries"], "--lines", typed["lines"], "--cash", typed["cash"])
    said = run("compare-closing", *usual, "--head", typed["head"], *sums, "--count", f"groups={typed['groups']}", *home)
    assert said.startswith("agrees\nKhớp.")
    assert "Mã khóa sổ · Head of the book: khớp · agrees" in said
    assert "máy A" in said
    wrong = run("compare-closing", *usual, "--sum", "TL=1.234.000", *home, ok=False)
    assert "TL · TL: KHÁC · DIFFERS | 1.234.000 | " in wrong
    where = ("--point", POINT, "--date", DAY.isoformat(), "--letter", "A")
    assert "3 nhóm đầu" in run("compare-closing", *where, "--head", typed["head"][:14], *home)
    (tmp_path / "sheet.pdf").write_bytes(pdf)
    printed.tool("pdftoppm", "-r", "150", "-png", "-singlefile", "sheet.pdf", "sheet", folder=tmp_path)
    assert "từ phiếu đầu đến phiếu cuối" in run("compare-closing", "--photo", tmp_path / "sheet.png", *home)
    assert "TG=1.234.000" in run("compare-closing", *where, "--sum", "TG", *home, ok=False)


# The page


def fill(page: Page, typed: Mapping[str, str]) -> None:
    page.get_by_text("Số phiếu ít gặp").click()
    for name, said in typed.items():
        page.locator(f"[name='{name}']").fill(said)


def test_an_officer_types_a_sheet_sees_what_differs_and_settles_it(
    desk: Desk, browser: tuple[Page, str], tmp_path: Path
) -> None:
    page, address = browser
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    laptop = closed(desk)
    typed = off_the_paper(sheet(laptop))
    officer_in(page, address)
    page.get_by_role("link", name="Tờ khóa sổ").click()
    assert "Chưa có tờ khóa sổ nào được đối chiếu" in page.inner_text("main")
    assert nothing_cut_off(page)
    fill(page, typed | {"TL": "1.234.567"})
    page.get_by_role("button", name="Đối chiếu").click()
    assert "Mã khóa sổ khớp mà có số khác" in page.inner_text("[role=status]")
    result = row_of(page, "TL · Thu lãi")
    for said in ("1.234.567", typed["TL"], "khác"):
        assert said in result
    assert nothing_cut_off(page)
    # What was typed is still there, and only what differs is marked.
    assert page.locator("[name='cash']").input_value() == typed["cash"]
    assert page.locator("[aria-invalid]").get_attribute("name") == "TL"
    page.get_by_role("link", name="Ngoại lệ").click()
    assert nothing_cut_off(page)
    assert "vanphong" in row_of(page, "TL · Thu lãi")
    page.get_by_label("Đã tìm ra điều gì ở lần 1").fill("Gõ nhầm cột thu lãi")
    page.get_by_role("button", name="Xong").click()
    assert page.get_by_text("Tờ khóa sổ không khớp").count() == 0
    page.goto(f"{address}/sessions/{laptop.pack.book.hex()}")
    assert "Gõ nhầm cột thu lãi" in page.inner_text(".columns")
    page.get_by_role("link", name="Đối chiếu", exact=True).click()
    (tmp_path / "sheet.pdf").write_bytes(sheet(laptop))
    printed.tool("pdftoppm", "-r", "150", "-png", "-singlefile", "sheet.pdf", "sheet", folder=tmp_path)
    page.get_by_label("Hoặc ảnh chụp tờ giấy").set_input_files(tmp_path / "sheet.png")
    page.get_by_role("button", name="Đối chiếu").click()
    assert "từ phiếu đầu đến phiếu cuối" in page.inner_text("[role=status]")
    assert messages == []


def test_one_digit_of_the_head_is_pointed_at_on_the_page(desk: Desk, browser: tuple[Page, str]) -> None:
    page, address = browser
    laptop = closed(desk)
    typed = off_the_paper(sheet(laptop))
    head = typed["head"].strip()
    wrong = ("0" if head[30] != "0" else "1") + head[31:34]
    officer_in(page, address)
    page.goto(f"{address}/closing")
    fill(page, typed | {"head": head[:30] + wrong + head[34:]})
    page.get_by_role("button", name="Đối chiếu").click()
    assert "Mọi số đều khớp nhưng mã khóa sổ khác" in page.inner_text("[role=status]")
    assert page.locator("mark").all_inner_texts() == [wrong, head[30:34]]


def test_the_pages_of_paper_ask_who_is_there(client: TestClient) -> None:
    for path in ("/closing", "/bulletins"):
        assert client.get(path).headers["location"] == "/sign-in"
    for path in ("/closing", "/closing/settle", "/bulletins", "/bulletins/withdraw"):
        assert client.post(path, data={"token": "x"}).headers["location"] == "/sign-in"


def test_a_form_that_says_too_little_or_nothing_clear_is_shown_again_as_it_was(desk: Desk, client: TestClient) -> None:
    laptop = closed(desk)
    sign_in(client)
    said = {"token": token(client), "book": laptop.pack.book.hex(), "cash": "mười <b>triệu</b>"}
    answer = client.post("/closing", data=said)
    assert answer.status_code == 422
    assert "mười &lt;b&gt;triệu&lt;/b&gt;" in answer.text
    assert f'value="{laptop.pack.book.hex()}" selected' in answer.text
    assert client.post("/closing", data={"token": token(client), "code": "DGD1:%%%"}).status_code == 422
    assert "Không có sổ này" in client.post("/closing", data={**said, "cash": "1", "book": "xyz"}).text
    assert client.post("/closing", data={"token": "x", "cash": "1"}).status_code == 422
    assert client.post("/closing/settle", data={"token": token(client), "number": "9", "note": "không có thật"}).status_code == 422
    assert client.post("/closing/settle", data={"token": token(client), "number": "x"}).status_code == 422
    assert closing_checks.recent(desk.office) == ()
