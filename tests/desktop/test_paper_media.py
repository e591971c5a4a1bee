"""Every paper on every medium: nothing is lost, leaves its place or runs together, and its code is read.

Vouchers are those of a morning with every kind of them, documents whatever is registered, about everybody
they can be about. A roll has as many dots across as its printer, and is one page as long as what it says.
"""

import datetime
import functools
import hashlib
import math
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from desktop.press import paper, raster
from desktop.press.blocks import words_in
from desktop.press.looks import DOT, LONGEST, LOOKS, QUIET
from desktop.press.marks import Across, Ink, Page, Rule, Square
from desktop.press.narrow import HEADS_AGAIN
from desktop.press.typeset import pages
from desktop.sheets.documents import DOCUMENTS, name_of_file, targets
from desktop.sheets.occasion import Occasion
from desktop.sheets.sheet import (
    FORMS,
    ROLLS,
    Beside,
    Block,
    Code,
    Column,
    Cuttings,
    Facts,
    Letterhead,
    Paper,
    Paragraph,
    Row,
    Sheet,
    Signing,
    Table,
    Title,
    bold,
    on_paper,
    plain,
)
from desktop.words import Words
from sync.receipt import read_receipt
from sync.records import changed
from sync.session import Session
from sync.terms import Bulletin
from tests.desktop import full_morning, printed, small
from tests.desktop.test_paper import crossings

ROOT = Path(__file__).parents[2]
MEDIA: tuple[Paper, ...] = ("a5", "a6", "roll80", "roll58")
ACROSS_DOTS = {"roll80": 576, "roll58": 384}
STEPS = tuple(full_morning.morning().found)
MADE_S = 1_723_700_000
KEYS = [pytest.param(one, id=one.key) for one in DOCUMENTS]


def vouchers(step: str, *, name: str = "") -> list[Sheet]:
    """Every copy of a voucher of the morning, and what is printed beside it."""
    return full_morning.morning(name).sheets(step)


BULLETIN = Bulletin(
    bulletin_no="TB-0815", issued_on=datetime.date(2024, 8, 1), title="Mức cho vay mới từ ngày 01/09/2024",
    paragraphs=("Mức cho vay tối đa của chương trình là 100 triệu đồng một hộ.", "Hộ nào đang vay thì hỏi Tổ trưởng của mình."),
)  # fmt: skip


@functools.cache
def occasion(name: str = "") -> Occasion:
    """The end of the morning, with a bulletin of the office."""
    book = full_morning.morning(name)
    session = Session(changed(book.session.terms, bulletins=(BULLETIN,)))
    for sealed in book.sealed:
        session.apply(sealed.entry.body, maker=sealed.entry.maker)
    return Occasion(session=session, words=Words("vi"), letter="A", made_s=MADE_S)


def documents(key: str, *, name: str = "") -> Iterator[tuple[str, tuple[Sheet, ...]]]:
    """The sheets of a document for the session or each target, by the name of their file."""
    about = occasion(name)
    one = next(one for one in DOCUMENTS if one.key == key)
    for code in [target.code for target in targets(about, one.scope)] or [""]:
        if made := one.write(about, code):
            yield name_of_file(about, key, code), made


def laid(sheet: Sheet) -> tuple[Page, ...]:
    return pages(sheet, measure=paper.measure())


def texts(blocks: tuple[Block, ...]) -> Iterator[str]:
    """Everything a sheet says that is no head of a table."""
    for block in blocks:
        match block:
            case Letterhead():
                yield from (span.text for said in (*block.left, *block.right) for span in said)
            case Title():
                yield from (block.text, block.mark, block.under)
            case Facts():
                yield from (span.text for said in block.items for span in said)
            case Paragraph():
                yield from (span.text for span in block.said)
            case Table():
                yield from (cell for row in (*block.rows, *block.totals) for cell in row.cells)
            case Signing():
                yield from (said for box in block.boxes for said in (box.role, box.hint, box.name))
                yield from block.code.lines if block.code else ()
            case Code():
                yield from block.lines
            case Beside():
                yield from texts((*block.left, *block.right))
            case Cuttings():
                yield from texts(tuple(inner for one in block.papers for inner in one))


def lost(sheet: Sheet, made: tuple[Page, ...]) -> Counter[str]:
    """Words of a sheet that stand on none of its pages, or not as often as it says them."""
    said = Counter(word for text in (*texts(sheet.blocks), sheet.foot) for word in text.split())
    return said - Counter(word for page in made for mark in page.marks if isinstance(mark, Ink) for word in mark.text.split())


def faults(sheet: Sheet) -> list[str]:
    """What is wrong with a sheet as it is laid out."""
    made = laid(sheet)
    margin = LOOKS[sheet.paper][0].margin
    found = [one for page in made for one in crossings(page, margin=margin)] + [f"lost: {word}" for word in lost(sheet, made)]
    for page in made:
        for square in (mark for mark in page.marks if isinstance(mark, Square)):
            found += crowding(square, page)
    if sheet.paper in ROLLS and len(made) != 1:
        found.append(f"{len(made)} pages of a roll")
    if len(made) > 1 or sheet.paper in FORMS:
        inks = [[mark.text for mark in page.marks if isinstance(mark, Ink)] for page in made]
        found += [
            f"page {number} does not say so"
            for number, page in enumerate(inks, start=1)
            if sheet.page.format(page=number, pages=len(made)) not in page
        ]
    return found


def crowding(square: Square, page: Page) -> list[str]:
    """What stands in the four modules of white that a reader needs around a code."""
    count = len(paper.code_rows(square.text))
    dots = min(4, math.floor(square.side / DOT / count))
    side, quiet = dots * count * DOT, 4 * dots * DOT - 0.5
    left, top, right, bottom = square.x - quiet, square.y - quiet, square.x + side + quiet, square.y + side + quiet
    measure = paper.measure()
    found = [f"a code of {dots} dots a module"] if dots < 3 else []
    if left < 0 or top < 0 or right > page.width or bottom > page.height:
        found.append("a code at the edge")
    for mark in page.marks:
        if isinstance(mark, Ink):
            wide = measure(mark.text, mark.face, mark.size)
            if mark.x < right and left < mark.x + wide and mark.y > top and mark.y - 0.72 * mark.size < bottom:
                found.append(f"beside a code: {mark.text}")
        elif isinstance(mark, Rule) and mark.x < right and left < mark.to_x and mark.y < bottom and top < mark.to_y:
            found.append(f"a line beside a code: {mark}")
    return found


# What a sheet is put on


def test_a_receipt_goes_on_any_medium_and_a_form_only_on_a_roll() -> None:
    receipt, form = full_morning.morning().sheet("mixed"), full_morning.morning().sheet("count")
    assert (receipt.paper, form.paper) == ("a5", "a4")
    for medium in MEDIA:
        assert on_paper(receipt, medium) == changed(receipt, paper=medium)
        assert on_paper(form, medium).paper == (medium if medium in ROLLS else "a4")
    assert on_paper(changed(form, paper="a4-across"), "a4").paper == "a4-across"


# Vouchers


@pytest.mark.feature(143)
@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("step", STEPS)
def test_every_voucher_stands_whole_on_every_medium(step: str, medium: Paper) -> None:
    english = full_morning.morning().sheets(step, words=Words("en"))
    for sheet in (*vouchers(step), *vouchers(step, name=small.LONG_NAME), *english):
        assert faults(on_paper(sheet, medium)) == []


@pytest.mark.parametrize("medium", MEDIA)
def test_a_training_morning_and_a_reprint_say_so_on_every_medium(medium: Paper) -> None:
    sheet = on_paper(full_morning.morning().sheet("hardship", copy_of=12), medium)
    assert faults(sheet) == []
    everything = f"KHÔNG CÓ CHỮ KÝ SỐ · PHIẾU VIẾT TAY NHẬP SAU · Ký trên giấy: {small.LONG_NAME} · IN LẠI LẦN 12"
    heavy = changed(sheet, blocks=tuple(changed(one, mark=everything) if isinstance(one, Title) else one for one in sheet.blocks))
    assert faults(heavy) == []
    marked = changed(sheet, across="TẬP HUẤN")
    for page in laid(marked):
        words = [mark for mark in page.marks if isinstance(mark, Across)]
        assert words
        for word in words:
            turn, wide = math.radians(word.turn), paper.measure()(word.text, word.face, word.size)
            assert wide * math.cos(turn) < page.width
            assert 0 < word.y - wide * math.sin(turn) / 2 < word.y + wide * math.sin(turn) / 2 < page.height


@pytest.mark.feature(55)
@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("step", STEPS)
def test_every_code_is_read_from_the_dots_of_a_coarse_printer(step: str, medium: Paper, tmp_path: Path) -> None:
    sheet = on_paper(full_morning.morning().sheet(step), medium)
    shown = [Image.frombytes("L", (one.width, one.height), one.grey) for one in raster.pictures(paper.draw(sheet), dpi=printed.DPI)]
    if medium in ROLLS:
        assert [picture.width for picture in shown] == [ACROSS_DOTS[medium]]
    # The code stands at the end, beside or below the signatures.
    shown[-1].save(tmp_path / "last.png", compress_level=1)
    scanned = printed.tool("zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", "last.png", folder=tmp_path)
    stub, _ = read_receipt(scanned.strip())
    assert stub.number == full_morning.morning().found[step].entry.number
    assert [code for picture in shown for code in printed.codes_on(picture)] == [scanned.strip()]


def code_dots(sheet: Sheet) -> bytes:
    """The dots of a sheet's code, as a printer of 203 dots an inch would have them."""
    made = laid(sheet)
    [(number, square)] = [(n, mark) for n, page in enumerate(made) for mark in page.marks if isinstance(mark, Square)]
    picture = list(raster.pictures(paper.draw(sheet), dpi=printed.DPI))[number]
    x, y, side = round(square.x / DOT), round(square.y / DOT), math.floor(square.side / DOT)
    return b"".join(picture.grey[row * picture.width + x : row * picture.width + x + side] for row in range(y, y + side))


@pytest.mark.parametrize("medium", ["roll80", "roll58"])
def test_a_module_of_a_code_is_whole_dots_on_a_roll(medium: Paper) -> None:
    dots = code_dots(on_paper(full_morning.morning().sheet("mixed"), medium))
    assert Counter(dots).keys() == {0, 255}
    assert 0.3 < dots.count(0) / len(dots) < 0.7


@pytest.mark.parametrize("step", STEPS)
def test_signatures_and_code_stand_on_one_page(step: str) -> None:
    for medium in ("a5", "a6"):
        sheet = on_paper(full_morning.morning(small.LONG_NAME).sheet(step), medium)
        [signing] = [block for block in sheet.blocks if isinstance(block, Signing)]
        last = laid(sheet)[-1]
        inks = Counter(mark.text for mark in last.marks if isinstance(mark, Ink))
        assert len([mark for mark in last.marks if isinstance(mark, Square)]) == 1
        assert inks[signing.boxes[0].hint] == len(signing.boxes)


def test_a_telephone_number_and_a_sum_with_its_unit_are_not_broken() -> None:
    assert words_in("Gọi 0200 000 000. Còn 100.000 đ đến 15/08/2024 100.000 đ") == [
        "Gọi", "0200 000 000.", "Còn", "100.000 đ", "đến", "15/08/2024", "100.000 đ",
    ]  # fmt: skip
    for medium in MEDIA:
        inks = [mark.text for page in laid(on_paper(full_morning.morning().sheet("mixed"), medium)) for mark in page.marks
                if isinstance(mark, Ink)]  # fmt: skip
        assert any("0200 000 000" in text for text in inks)


# A long receipt


def of_lines(count: int, *, name: str = small.LONG_NAME) -> Sheet:
    """A receipt of so many lines as a visit can have, some of which need two lines of print."""
    said = (
        "Thu gốc quá hạn", "Thu lãi quá hạn, 15/07–15/08/2024 (31 ngày, 10,725%/năm)",
        "Thu lãi tồn trong hạn đến 15/07/2024", "Thu lãi trong hạn, 15/07–15/08/2024 (31 ngày, 8,25%/năm)",
        "Thu gốc trong hạn", "Thu lãi trong hạn, 15/07–02/08/2024 (18 ngày, 6,6%/năm); 02/08–15/08/2024 (13 ngày, 5,28%/năm)",
        "Gửi tiền tổ viên", "Gửi tiết kiệm 402, kỳ hạn 12 tháng, đến hạn 15/08/2025, thẻ số AB123456",
    )  # fmt: skip
    rows = tuple(
        Row(cells=(said[place % len(said)], "6600104107000007", "1.234.567", "49.880.274")) for place in range(count)
    )
    sheet = full_morning.morning(name).sheet("hardship")
    blocks = (changed(block, rows=rows) if isinstance(block, Table) else block for block in sheet.blocks)
    return changed(sheet, blocks=tuple(blocks))


@pytest.mark.parametrize("medium", ["a5", "roll80", "roll58"])
def test_the_blank_between_two_styles_stays_where_the_line_is_broken_after_it(medium: Paper) -> None:
    said = (plain("Số tài khoản của thẻ "), bold("BB000001"), plain(" là số tạm" + ", đến khi có số chính thức" * 5))
    sheet = Sheet(paper=medium, family="sans", name="", language="vi-VN", blocks=(Paragraph(said=said),), foot="", page="")
    assert "BB000001 là số tạm" in " ".join(printed.text(paper.draw(sheet)).split())


def test_a_receipt_of_eight_lines_and_three_signers_fits_one_a5() -> None:
    sheet = of_lines(8)
    assert faults(sheet) == []
    assert len(laid(sheet)) == 1


@pytest.mark.parametrize("lines", range(9, 30))
def test_a_longer_receipt_goes_on_with_its_number_of_pages_and_its_end_whole(lines: int) -> None:
    for medium in MEDIA:
        sheet = on_paper(of_lines(lines), medium)
        made = laid(sheet)
        assert faults(sheet) == []
        assert (len(made) == 1) == (medium in ROLLS or (medium == "a5" and lines <= 10))
        [square] = [mark for page in made for mark in page.marks if isinstance(mark, Square)]
        assert square in made[-1].marks
        assert "Giao dịch viên" in {mark.text for mark in made[-1].marks if isinstance(mark, Ink)}


# A list on a roll


@pytest.mark.parametrize("medium", ["roll80", "roll58"])
def test_a_group_of_sixty_is_on_a_roll_with_the_names_of_its_sums_always_in_sight(medium: Paper) -> None:
    book = small.Book(small.terms(members=60))
    book.open()
    cash = {small.code(number): 600_000 + 1_000 * number for number in range(1, 61)}
    sealed = book.group(cash)
    sheet = on_paper(full_morning.sheet_for(sealed, book.session, letter="A", copy=1, words=Words("vi")), medium)
    assert faults(sheet) == []
    [page] = laid(sheet)
    inks = [mark for mark in page.marks if isinstance(mark, Ink)]
    rows = [f"{600 + number}.000" for number in range(1, 61)]
    assert [mark.text for mark in inks if mark.text in rows] == rows
    names = [mark.y for mark in inks if mark.text.startswith("Tiền nộp")]
    for place in (mark.y for mark in inks if mark.text in rows):
        assert any(0 <= place - name < HEADS_AGAIN for name in names)


@pytest.mark.parametrize("medium", ["roll80", "roll58"])
def test_a_list_longer_than_any_printer_takes_goes_on_with_its_heads_on_a_new_piece(medium: Paper) -> None:
    columns = (Column(title="Họ và tên", share=3), Column(title="Số tiền (đ)", share=2, align="right"))
    rows = tuple(Row(cells=(f"Người thứ {number}", f"{number}.000")) for number in range(1, 1_501))
    sheet = Sheet(
        paper=medium, family="sans", name="x", language="vi-VN", blocks=(Table(columns=columns, rows=rows),),
        foot="hết", page="Trang {page}/{pages}",
    )  # fmt: skip
    made = laid(sheet)
    assert 2 < len(made) < 6
    assert all(page.height <= LONGEST for page in made)
    inks = [[mark.text for mark in page.marks if isinstance(mark, Ink)] for page in made]
    assert [text for page in inks for text in page if text.startswith("Người")] == [row.cells[0] for row in rows]
    for number, page in enumerate(inks, start=1):
        assert page[0] == "Họ và tên"
        assert page[-1] == f"Trang {number}/{len(made)}"
    assert [found for page in made for found in crossings(page, margin=LOOKS[medium][0].margin)] == []


# Documents


@pytest.mark.parametrize("one", KEYS)
def test_every_document_stands_whole_on_its_paper_and_on_a_roll(one: object) -> None:
    key = one.key  # type: ignore[attr-defined]
    for name in ("", small.LONG_NAME):
        for _, sheets in documents(key, name=name):
            for sheet in sheets:
                assert faults(sheet) == []
                for medium in ("roll80", "roll58"):
                    assert faults(on_paper(sheet, medium)) == []


@pytest.mark.parametrize("one", KEYS)
def test_every_document_is_a_sound_file_whose_text_comes_back(one: object, tmp_path: Path) -> None:
    key = one.key  # type: ignore[attr-defined]
    made = dict(documents(key))
    assert made
    for name, sheets in made.items():
        (tmp_path / name).write_bytes(paper.draw_many(sheets))
        sound(tmp_path / name, sheets)


@pytest.mark.parametrize("medium", MEDIA)
def test_every_voucher_is_a_sound_file_whose_text_comes_back(medium: Paper, tmp_path: Path) -> None:
    for step in STEPS:
        sheets = tuple(on_paper(sheet, medium) for sheet in vouchers(step))
        (tmp_path / "voucher.pdf").write_bytes(paper.draw_many(sheets))
        sound(tmp_path / "voucher.pdf", sheets)


def sound(file: Path, sheets: tuple[Sheet, ...]) -> None:
    """Holds a file against what it was made from, as other programs read it."""
    assert "No syntax or stream encoding errors" in printed.tool("qpdf", "--check", file.name, folder=file.parent)
    information = printed.tool("pdfinfo", file.name, folder=file.parent)
    assert sheets[0].name in information
    assert b"/Lang (vi-VN)" in file.read_bytes()
    fonts = printed.tool("pdffonts", file.name, folder=file.parent).splitlines()[2:]
    assert all("+Noto" in line and " yes yes yes " in line for line in fonts)
    text = printed.tool("pdftotext", "-raw", file.name, "-", folder=file.parent)
    assert unicodedata.is_normalized("NFC", text)
    inks = {mark.text.strip() for sheet in sheets for page in laid(sheet) for mark in page.marks if isinstance(mark, Ink)}
    assert [ink for ink in inks if ink not in text] == []


def digests() -> Iterator[str]:
    """What every paper comes to, as bytes."""
    for step in STEPS:
        for medium in MEDIA:
            sheets = [on_paper(sheet, medium) for sheet in vouchers(step)]
            yield f"{step} {medium} {hashlib.sha256(paper.draw_many(sheets)).hexdigest()}"
    for one in DOCUMENTS:
        for name, sheets in documents(one.key):
            yield f"{name} {hashlib.sha256(paper.draw_many(sheets)).hexdigest()}"


def test_every_paper_is_the_same_bytes_in_another_process() -> None:
    program = "from tests.desktop import test_paper_media as t\nprint(*t.digests(), sep='\\n')"
    seeded = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "America/Lima", "LC_ALL": "C", "PYTHONUTF8": "1"}
    there = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=seeded, check=True, capture_output=True)
    assert there.stdout.decode().splitlines() == list(digests())


# Black and white


def dark(picture: Image.Image, rule: Rule) -> float:
    """How much of a line is black, in dots of the coarsest printer; a dot beside it counts too."""
    steps = max(1, round((abs(rule.to_x - rule.x) + abs(rule.to_y - rule.y)) / DOT))
    black = 0
    for step in range(steps):
        x = (rule.x + (rule.to_x - rule.x) * step / steps) / DOT
        y = (rule.y + (rule.to_y - rule.y) * step / steps) / DOT
        beside = [(x + right, y + down) for right in (-1, 0, 1) for down in (-1, 0, 1)]
        inside = [(int(x), int(y)) for x, y in beside if 0 <= x < picture.width and 0 <= y < picture.height]
        black += any(picture.getpixel(place) == 0 for place in inside)
    return black / steps


@pytest.mark.parametrize("medium", MEDIA)
def test_every_line_is_black_on_a_printer_of_one_bit(medium: Paper, tmp_path: Path) -> None:
    sheet = on_paper(full_morning.morning().sheet("mixed"), medium)
    (tmp_path / "sheet.pdf").write_bytes(paper.draw(sheet))
    printed.tool("pdftoppm", "-r", str(printed.DPI), "-mono", "-png", "sheet.pdf", "sheet", folder=tmp_path)
    with Image.open(tmp_path / "sheet-1.png") as picture:
        black = picture.convert("L")
    rules = [mark for mark in laid(sheet)[0].marks if isinstance(mark, Rule)]
    assert rules
    assert min(dark(black, rule) for rule in rules) > 0.98
    # The control: where there is no line, none is found.
    assert all(dark(black, Rule(rule.x + 3, rule.y + 2.2, rule.x + 9, rule.y + 2.2)) < 0.9 for rule in rules[:1])


def colours(sheet: Sheet, folder: Path) -> set[bytes]:
    """Every colour that the pages of a sheet ask for, but for the black that is there from the start."""
    (folder / "sheet.pdf").write_bytes(paper.draw(sheet))
    printed.tool("qpdf", "--stream-data=uncompress", "sheet.pdf", "plain.pdf", folder=folder)
    streams = re.findall(rb"stream\n(.*?)endstream", (folder / "plain.pdf").read_bytes(), re.DOTALL)
    return {colour for stream in streams if b" Tf <" in stream for colour in re.findall(rb"[\d.]+ [gG]\b|\brg\b|\bRG\b", stream)}


def test_nothing_is_grey_but_a_word_across(tmp_path: Path) -> None:
    for step in STEPS:
        assert colours(full_morning.morning().sheet(step), tmp_path) <= {b"0 G"}
    assert colours(changed(full_morning.morning().sheet("mixed"), across="TẬP HUẤN"), tmp_path) == {b"0 G", b"0.89 g"}


# The controls


def test_a_word_that_is_lost_is_missed() -> None:
    sheet = full_morning.morning().sheet("mixed")
    [page] = laid(sheet)
    assert lost(sheet, (page,)) == Counter()
    gone = next(mark for mark in page.marks if isinstance(mark, Ink) and mark.text == "100.000")
    less = Page(page.width, page.height, tuple(mark for mark in page.marks if mark is not gone))
    assert lost(sheet, (less,)) == {"100.000": 1}


def test_a_text_in_the_white_around_a_code_is_found() -> None:
    [page] = laid(on_paper(full_morning.morning().sheet("mixed"), "roll80"))
    [square] = [mark for mark in page.marks if isinstance(mark, Square)]
    assert crowding(square, page) == []
    near = Ink(square.x + 4 * DOT * len(paper.code_rows(square.text)) + QUIET / 2, square.y + 20, "Lê", "NotoSans-Regular", 9.2)
    assert crowding(square, Page(page.width, page.height, (*page.marks, near)))
    assert crowding(square._replace(x=2), page)
    assert crowding(square._replace(side=50), page)
