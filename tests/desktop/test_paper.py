"""Drawing: the same sheet is the same bytes, its text and its code come back, nothing leaves its place."""

import hashlib
import itertools
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.press import paper
from desktop.press.looks import LOOKS
from desktop.press.typeset import MARGIN, Ink, Page, Rule, Square, pages
from desktop.sheets.entries import copies, sheet_for
from desktop.sheets.sheet import Beside, Column, Facts, Paper, Paragraph, Row, Sheet, Table, bold, plain
from desktop.words import Words
from sync import keys
from sync.chain import Sealed, verify_stub
from sync.money import figures
from sync.receipt import read_receipt
from sync.records import changed
from sync.session import Session
from tests.desktop import printed, small

ROOT = Path(__file__).parent.parent.parent
VI = Words("vi")


def said(sealed: Sealed, session: Session, *, copy: int = 1, words: Words = VI, copy_of: int = 0) -> Sheet:
    return sheet_for(sealed, session, letter=small.LETTER, copy=copy, words=words, copy_of=copy_of)


def morning() -> small.Book:
    """A book with every kind of entry."""
    book = small.Book()
    book.open()
    book.debtor_pays()
    book.group({small.code(1): 330_000, small.code(2): 300_000, small.code(5): 350_000})
    book.slip("GN-0424-0017")
    book.slip("HH-0424-0001")
    book.slip("PU-0424-0001")
    book.reverse(2)
    book.reverse(3)
    book.count(small.notes(small.round_cash(book.session.cash) - 50_000))
    book.difference()
    book.count(small.notes(book.session.cash))
    book.close()
    return book


MORNING = morning()
EVERY = [pytest.param(one, id=f"{one.entry.number}-{one.entry.body.kind}") for one in MORNING.sealed]


def crossings(page: Page, *, margin: float = MARGIN) -> list[str]:
    """Texts that leave the page, cross a line, or stand on another text."""
    measure = paper.measure()
    wide = {ink: measure(unicodedata.normalize("NFC", ink.text), ink.face, ink.size) for ink in page.marks
            if isinstance(ink, Ink)}  # fmt: skip
    upright = [rule for rule in page.marks if isinstance(rule, Rule) and rule.x == rule.to_x]
    found = []
    for ink, width in wide.items():
        right = ink.x + width
        if ink.x < margin - 0.1 or right > page.width - margin + 0.1 or ink.y > page.height - margin + 0.1:
            found.append(f"off the page: {ink}")
        if any(ink.x + 0.1 < rule.x < right - 0.1 and rule.y < ink.y < rule.to_y for rule in upright):
            found.append(f"across a line: {ink}")
    downward = sorted(wide, key=lambda ink: ink.y)
    for place, one in enumerate(downward):
        for other in itertools.takewhile(lambda lower, one=one: lower.y - one.y < 4, downward[place + 1 :]):  # type: ignore[misc]
            if one.x < other.x + wide[other] - 0.1 and other.x < one.x + wide[one] - 0.1:
                found.append(f"on each other: {one.text} / {other.text}")
    return found


@pytest.mark.feature(50, 55)
@pytest.mark.parametrize("sealed", EVERY)
def test_the_code_on_every_sheet_is_the_laptops_signature_over_that_entry(sealed: Sealed) -> None:
    pdf = paper.draw(said(sealed, MORNING.session))
    [scanned] = printed.codes(pdf)
    stub, signature = read_receipt(scanned)
    verify_stub(stub, signature, device_key=small.DEVICE_KEY)
    assert (stub.number, stub.amount, stub.digest) == (sealed.entry.number, sealed.entry.body.cash, sealed.head)
    with pytest.raises(keys.SignatureWrong):
        verify_stub(changed(stub, amount=stub.amount + 1), signature, device_key=small.DEVICE_KEY)


@pytest.mark.feature(55)
def test_another_scanner_reads_every_code_from_a_coarse_printer(tmp_path: Path) -> None:
    for sealed in MORNING.sealed:
        (tmp_path / "sheet.pdf").write_bytes(paper.draw(said(sealed, MORNING.session)))
        printed.tool("pdftoppm", "-r", str(printed.DPI), "-mono", "-png", "sheet.pdf", "sheet", folder=tmp_path)
        scanned = printed.tool("zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", "sheet-1.png", folder=tmp_path)
        stub, signature = read_receipt(scanned)
        verify_stub(stub, signature, device_key=small.DEVICE_KEY)
        assert stub.number == sealed.entry.number


@pytest.mark.parametrize("sealed", EVERY)
def test_a_sheet_is_a_sound_file_with_a_title_and_a_language(sealed: Sealed, tmp_path: Path) -> None:
    sheet = said(sealed, MORNING.session)
    (tmp_path / "sheet.pdf").write_bytes(paper.draw(sheet))
    assert "No syntax or stream encoding errors" in printed.tool("qpdf", "--check", "sheet.pdf", folder=tmp_path)
    info = printed.tool("pdfinfo", "sheet.pdf", folder=tmp_path)
    assert sheet.name in info
    assert f"{sealed.entry.number:06d}" in sheet.name
    assert b"/Lang (vi-VN)" in (tmp_path / "sheet.pdf").read_bytes()
    fonts = printed.tool("pdffonts", "sheet.pdf", folder=tmp_path).splitlines()[2:]
    assert fonts
    assert all("Noto" in line and " yes yes yes " in line for line in fonts)


@pytest.mark.parametrize("sealed", EVERY)
def test_the_text_comes_back_whole_and_in_nfc(sealed: Sealed, tmp_path: Path) -> None:
    sheet = said(sealed, MORNING.session)
    (tmp_path / "sheet.pdf").write_bytes(paper.draw(sheet))
    text = printed.tool("pdftotext", "-raw", "sheet.pdf", "-", folder=tmp_path)
    assert unicodedata.is_normalized("NFC", text)
    laid = [mark.text for page in pages(sheet, measure=paper.measure()) for mark in page.marks if isinstance(mark, Ink)]
    assert [part for part in laid if part.strip() not in text] == []


def test_a_name_typed_in_pieces_is_printed_in_one() -> None:
    apart = unicodedata.normalize("NFD", "Rơ Châm H'Bia Niê Nguyễn Thị Phượng ŭŬčĕŏ")
    terms = small.terms()
    people = tuple(changed(one, full_name=apart) for one in terms.customers)
    book = small.Book(changed(terms, customers=people))
    book.open()
    text = printed.text(paper.draw(said(book.debtor_pays(), book.session)))
    assert unicodedata.normalize("NFC", apart) in text


def test_the_same_sheet_is_the_same_bytes_here_and_on_another_machine() -> None:
    sheet = said(MORNING.sealed[1], MORNING.session)
    here = paper.draw(sheet)
    paper.draw(said(MORNING.sealed[2], MORNING.session))
    assert paper.draw(sheet) == here
    program = (
        "import hashlib; from tests.desktop import test_paper as t\n"
        "print(hashlib.sha256(t.paper.draw(t.said(t.MORNING.sealed[1], t.MORNING.session))).hexdigest())"
    )
    seeded = {**os.environ, "PYTHONHASHSEED": "5", "TZ": "America/Lima", "LC_ALL": "C"}
    there = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=seeded, check=True, capture_output=True)
    assert there.stdout.decode().strip() == hashlib.sha256(here).hexdigest()


def test_many_sheets_in_one_file_are_those_sheets() -> None:
    every = [said(one, MORNING.session, copy=copy) for one in MORNING.sealed for copy in (1, 2)]
    pdf = paper.draw_many(every)
    assert len(printed.pages_text(pdf)) == len(every)
    assert len(printed.codes(pdf)) == len(every)
    singles = [printed.text(paper.draw(one)) for one in every]
    assert printed.pages_text(pdf) == singles


# Nothing leaves its place


@pytest.mark.feature(115)
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("sealed", EVERY)
def test_no_text_leaves_the_page_or_crosses_a_line(sealed: Sealed, language: str) -> None:
    for copy in range(1, copies(sealed.entry.body.kind) + 1):
        sheet = said(sealed, MORNING.session, copy=copy, words=Words(language), copy_of=3)
        assert [found for page in pages(sheet, measure=paper.measure()) for found in crossings(page)] == []


@pytest.mark.feature(143)
def test_names_of_45_letters_and_sums_of_12_digits_stand_whole_in_their_columns() -> None:
    terms = small.terms(point_name="Điểm giao dịch xã Thử Nghiệm với cái tên dài hơn mọi cái tên thường gặp")
    terms = changed(
        terms,
        customers=tuple(changed(one, full_name=small.LONG_NAME) for one in terms.customers),
        team=tuple(changed(one, full_name=small.LONG_NAME) for one in terms.team),
        loans=tuple(changed(one, balance_in_term=999_999_999_999) for one in terms.loans),
        deposits=tuple(changed(one, balance=999_000_000_000) for one in terms.deposits),
    )
    book = small.Book(terms)
    book.open(10_000_000)
    wish = small.Wish("TG", small.loan_code(4), 888_888_888_888)
    # Principal while interest stays owed is the controller's to allow.
    visit = book.post(book.session.plan_visit(small.code(4), wishes=[wish], reason="mất mùa"), approvers=["KSV01"])
    group = book.group({small.code(1): 9_999_000, small.code(2): 8_888_000})
    for sealed in (visit, group):
        sheet = said(sealed, book.session)
        assert [found for page in pages(sheet, measure=paper.measure()) for found in crossings(page)] == []
        assert small.LONG_NAME in " ".join(printed.text(paper.draw(sheet)).split())
    assert "888.888.888.888" in printed.text(paper.draw(said(visit, book.session)))
    # And what is left of the loan, one column on.
    assert "111.111.111.111" in printed.text(paper.draw(said(visit, book.session)))


def test_a_text_out_of_its_place_would_be_found() -> None:
    ink = Ink(100, 100, "Nguyễn Thị Mẫu", "NotoSans-Regular", 9.2)
    assert crossings(Page(595, 420, (ink,))) == []
    for beside in (Rule(120, 90, 120, 110), Ink(140, 100, "Lê", "NotoSans-Regular", 9.2)):
        assert crossings(Page(595, 420, (ink, beside)))
    for moved in (ink._replace(x=10), ink._replace(x=540), ink._replace(y=415)):
        assert crossings(Page(595, 420, (moved,)))


letters = st.text("ABĐÊỄỘƯabđêễộưng0123456789.,-₫ ", max_size=60)
cells = st.tuples(letters, letters, st.integers(-(10**12), 10**12).map(lambda one: f"{one:,}".replace(",", ".")))


@given(rows=st.lists(cells, max_size=12), fact=letters, medium=st.sampled_from(sorted(LOOKS)), tall=st.booleans())
def test_whatever_is_said_stays_in_its_column(rows: list[tuple[str, str, str]], fact: str, medium: Paper, tall: bool) -> None:
    columns = (Column(title="Nội dung", share=5), Column(title="Số", share=1, align="center"),
               Column(title="Tiền (đ)", share=2, align="right"))  # fmt: skip
    table = Table(columns=columns, rows=tuple(Row(cells=row) for row in rows), tall=tall,
                  totals=(Row(cells=("Tổng", "1"), merged=2, style="bold"),))  # fmt: skip
    sheet = Sheet(
        paper=medium, family="sans" if medium == "a5" else "serif", name="x", language="vi-VN",
        blocks=(Facts(items=((plain("Nhãn: "), bold(fact)), (plain(fact),))), table, Paragraph(said=(plain(fact),)),
                Beside(left=(table,), right=(Paragraph(said=(bold(fact), plain(" "), plain(fact))),), share=60)),
        foot=fact, page="{page}/{pages}",
    )  # fmt: skip
    for page in pages(sheet, measure=paper.measure()):
        assert crossings(page, margin=LOOKS[medium][0].margin) == []


# Pages


@pytest.mark.parametrize("members", [2, 20, 21, 22, 23, 24, 25, 26, 27, 28, 56, 57, 58, 59, 60])
def test_a_group_of_any_size_breaks_over_pages_with_its_heads_again(members: int) -> None:
    book = small.Book(small.terms(members=members))
    book.open()
    cash = {small.code(number): 600_000 + 1_000 * number for number in range(1, members + 1)}
    sheet = said(book.group(cash), book.session)
    laid = pages(sheet, measure=paper.measure())
    text = printed.pages_text(paper.draw(sheet))
    assert len(text) == len(laid)
    assert [found for page in laid for found in crossings(page)] == []
    inks = [[mark.text for mark in page.marks if isinstance(mark, Ink)] for page in laid]
    every = [figures(amount) for amount in cash.values()]
    assert [part for page in inks for part in page if part in every] == every
    for number, page in enumerate(inks, start=1):
        assert f"Trang {number}/{len(laid)}" in page
        # A page with a member's row says the heads, and only once.
        assert page.count("Họ và tên") == (1 if set(every) & set(page) else 0)
    # The sum is never alone: the last member is on its page; the words are on the page of the code.
    assert every[-1] in next(page for page in inks if figures(sum(cash.values())) in page)
    assert "Bằng chữ: " in inks[-1]
    squares = [[mark for mark in page.marks if isinstance(mark, Square)] for page in laid]
    assert [len(found) for found in squares] == [0] * (len(laid) - 1) + [1]


@given(count=st.integers(0, 70), tall=st.booleans(), lying=st.booleans())
def test_every_row_of_a_table_is_printed_once_and_in_order(count: int, tall: bool, lying: bool) -> None:
    columns = (Column(title="Đầu cột", share=1), Column(title="Tiền", share=1, align="right"))
    table = Table(columns=columns, rows=tuple(Row(cells=(f"dòng {n}", "1")) for n in range(count)),
                  totals=(Row(cells=("tổng", "2"), style="bold"),), tall=tall)  # fmt: skip
    sheet = Sheet(paper="a5" if lying else "a4", family="sans", name="x", language="vi-VN",
                  blocks=(table, Paragraph(said=(plain("hết"),))), foot="", page="{page}/{pages}")  # fmt: skip
    laid = [[mark.text for mark in page.marks if isinstance(mark, Ink)] for page in pages(sheet, measure=paper.measure())]
    assert [text for page in laid for text in page if text.startswith("dòng")] == [f"dòng {n}" for n in range(count)]
    for page in laid:
        assert page.count("Đầu cột") == (1 if any(text.startswith(("dòng", "tổng")) for text in page) else 0)


# Faces


def test_one_subset_of_every_face_holds_the_whole_alphabet() -> None:
    paper.measure()
    assert len(ALPHABET := paper.ALPHABET) < 256
    assert all(unicodedata.is_normalized("NFC", letter) for letter in ALPHABET)
    for face in paper.FACES:
        held = paper.pdfmetrics.getFont(face).face.charToGlyph
        assert [letter for letter in ALPHABET if ord(letter) not in held] == []


def test_a_letter_beyond_the_alphabet_is_printed_too() -> None:
    strange = "Ẁåßθж"
    assert not set(strange) & set(paper.ALPHABET)
    sheet = changed(said(MORNING.sealed[1], MORNING.session), foot=strange)
    assert strange in printed.text(paper.draw(sheet))
    assert strange not in printed.text(paper.draw(said(MORNING.sealed[1], MORNING.session)))


def test_a_missing_face_says_so_and_prints_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(paper, "FONTS", tmp_path)
    paper.measure.cache_clear()
    with pytest.raises(paper.FacesMissing) as caught:
        paper.draw(said(MORNING.sealed[1], MORNING.session))
    assert "NotoSans-Regular.ttf" in caught.value.sentence("vi")
    (tmp_path / "NotoSans-Regular.ttf").write_bytes(b"not a font")
    with pytest.raises(paper.FacesMissing):
        paper.draw(said(MORNING.sealed[1], MORNING.session))
    paper.measure.cache_clear()
