"""The papers that are hardest to set, held against pictures of how they should look.

A picture is as coarse as can be while a tone lost off one letter is still seen. What changes with every
entry's bytes (codes, heads of the book) is replaced by something that does not. After a change that is meant,
look at the papers, then write the pictures anew and look at those:

    DIEM_WRITE_PICTURES=1 .venv/bin/python -m pytest tests/desktop/test_paper_pictures.py
"""

import functools
import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter

from desktop.press import paper, raster
from desktop.press.marks import Ink, Page, Rule
from desktop.press.typeset import pages
from desktop.sheets.documents import document
from desktop.sheets.entries import attachments, sheet_for
from desktop.sheets.occasion import Occasion
from desktop.sheets.sheet import (
    FORMS,
    Beside,
    Block,
    Code,
    Cuttings,
    Paper,
    Paragraph,
    Sheet,
    Signing,
    Span,
    on_paper,
)
from desktop.words import Words
from sync.records import changed
from tests.desktop import small

FOLDER = Path(__file__).parent / "pictures"
WRITE = "DIEM_WRITE_PICTURES"
# Dots an inch: small paper shows small letters.
DPI, FORM_DPI = 72, 54
# A dot has changed when the mean of the nine around it is this far off, of 255; sixteen greys are 13 at most.
CHANGED, CHANGED_MOST = 20, 4
GREYS = 16
BYTES_MOST = 40_000
VI = Words("vi")
# As long as a receipt's code.
STEADY_CODE = "DGD1:" + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" * 7


@functools.cache
def book() -> small.Book:
    """A group of sixty, its leader and a debtor with the longest names there are."""
    terms = small.terms(members=60)
    names = {small.LEADER: "H'Bia Niê", small.DEBTOR: small.LONG_NAME}
    people = (changed(one, full_name=names.get(one.customer_code, one.full_name)) for one in terms.customers)
    written = small.Book(changed(terms, customers=tuple(people)))
    written.open()
    written.debtor_pays()
    written.group({small.code(number): 600_000 + 1_000 * number for number in range(1, 61)})
    written.slip("GN-0424-0017")
    written.reverse(2)
    written.count(small.notes(written.session.cash))
    written.close()
    return written


def voucher(number: int, medium: Paper = "a5") -> Sheet:
    sealed = book().sealed[number - 1]
    return on_paper(sheet_for(sealed, book().session, letter=small.LETTER, copy=1, words=VI), medium)


def slips() -> Sheet:
    [(_, sheet)] = attachments(book().sealed[2], book().session, letter=small.LETTER, words=VI)
    return sheet


def form(key: str, target: str = "") -> Sheet:
    """The first sheet of a document."""
    made = Occasion(session=book().session, words=VI, letter=small.LETTER, made_s=small.BEGIN_S)
    return document(key).write(made, target)[0]


# Which paper, and which of its pages from the front or the back.
PICTURES: dict[str, tuple[Callable[[], Sheet], int]] = {
    "receipt-a5": (lambda: voucher(2), 0),
    "receipt-a6": (lambda: voucher(2, "a6"), 0),
    "receipt-80mm": (lambda: voucher(2, "roll80"), 0),
    "receipt-58mm": (lambda: voucher(2, "roll58"), 0),
    "reversal-a5": (lambda: voucher(5), 0),
    "slip-80mm": (lambda: voucher(4, "roll80"), 0),
    "group-first": (lambda: voucher(3), 0),
    "group-last": (lambda: voucher(3), -1),
    "member-slips": (slips, 0),
    "closing": (lambda: voucher(7), 0),
    "disbursements": (lambda: form("disbursements"), 0),
    "group-list": (lambda: form("group_list", small.GROUP), 0),
    "balance-confirmation": (lambda: form("balance_confirmation", small.DEBTOR), 0),
}


def steady(sheet: Sheet) -> Sheet:
    """The sheet with what depends on an entry's bytes replaced."""
    return changed(sheet, blocks=tuple(_steady(block) for block in sheet.blocks))


def _steady(block: Block) -> Block:
    match block:
        case Code():
            return changed(block, text=STEADY_CODE, lines=tuple(_digits(line) for line in block.lines))
        case Signing():
            return changed(block, code=_steady(block.code)) if block.code else block
        case Paragraph():
            return changed(block, said=tuple(Span(text=_digits(one.text), style=one.style) for one in block.said))
        case Beside():
            left, right = (tuple(_steady(inner) for inner in part) for part in (block.left, block.right))
            return changed(block, left=left, right=right)
        case Cuttings():
            return changed(block, papers=tuple(tuple(_steady(inner) for inner in one) for one in block.papers))
        case _:
            return block


def _digits(text: str) -> str:
    """Hex in groups of four, at least two, as zeros."""
    return re.sub(r"\b[0-9A-F]{4}( [0-9A-F]{4})+\b", lambda found: re.sub(r"\w", "0", found[0]), text)


def picture(name: str) -> Image.Image:
    make, place = PICTURES[name]
    sheet = steady(make())
    shown = list(raster.pictures(paper.draw(sheet), dpi=FORM_DPI if sheet.paper in FORMS else DPI))[place]
    return Image.frombytes("L", (shown.width, shown.height), shown.grey)


def dots_changed(one: Image.Image, other: Image.Image) -> int:
    """How many dots of a picture are not as they were; all of them where it is of another size."""
    if one.size != other.size:
        return max(one.width * one.height, other.width * other.height)
    mean = ImageFilter.BoxBlur(1)
    return sum(ImageChops.difference(one.filter(mean), other.filter(mean)).histogram()[CHANGED:])


@pytest.mark.parametrize("name", PICTURES)
def test_a_paper_looks_as_it_did(name: str, tmp_path: Path) -> None:
    shown = picture(name)
    kept = FOLDER / f"{name}.png"
    if os.environ.get(WRITE):
        shown.quantize(GREYS).save(kept, optimize=True)
    with Image.open(kept) as found:
        differing = dots_changed(shown, found.convert("L"))
    if differing > CHANGED_MOST:
        shown.save(tmp_path / kept.name)
        pytest.fail(f"{name}: {differing} dots changed; compare {tmp_path / kept.name} with {kept}", pytrace=False)


def test_every_picture_is_of_a_paper_and_small() -> None:
    kept = {one.stem: one.stat().st_size for one in FOLDER.glob("*.png")}
    assert kept.keys() == PICTURES.keys()
    assert max(kept.values()) <= BYTES_MOST


# The controls: what must not pass unseen.


def test_the_same_paper_is_no_change_and_neither_is_the_loss_of_greys() -> None:
    shown = picture("receipt-a5")
    assert dots_changed(shown, shown) == 0
    file = io.BytesIO()
    shown.quantize(GREYS).save(file, "PNG")
    with Image.open(file) as found:
        assert dots_changed(shown, found.convert("L")) == 0


Edit = Callable[[Ink], Ink]
EDITS: dict[str, tuple[str, Edit]] = {
    "a digit": ("5.000.000", lambda mark: mark._replace(text="6.000.000")),
    "a small digit": ("104.486", lambda mark: mark._replace(text="104.436")),
    "a tone": ("Gửi tiền tổ viên", lambda mark: mark._replace(text="Gưi tiền tổ viên")),
    "a line a point to the right": ("Giao dịch viên", lambda mark: mark._replace(x=mark.x + 1)),
    "a line a point down": ("Thu gốc quá hạn", lambda mark: mark._replace(y=mark.y + 1)),
    "a smaller letter": ("BIÊN LAI THU TIỀN", lambda mark: mark._replace(size=mark.size * 0.97)),
    "another weight": ("Phạm Thị Thu Ngân", lambda mark: mark._replace(face="NotoSans-Bold")),
}


@pytest.mark.parametrize("name", ["receipt-a5", "receipt-a6", "receipt-80mm", "receipt-58mm"])
@pytest.mark.parametrize("edit", EDITS)
def test_a_change_that_a_person_sees_is_seen(name: str, edit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = picture(name)
    text, move = EDITS[edit]

    def edited(sheet: Sheet, **how: object) -> tuple[Page, ...]:
        made = pages(sheet, **how)  # type: ignore[arg-type]
        assert any(isinstance(mark, Ink) and mark.text == text for page in made for mark in page.marks)
        return tuple(
            page._replace(marks=tuple(move(one) if isinstance(one, Ink) and one.text == text else one for one in page.marks))
            for page in made
        )

    monkeypatch.setattr(paper, "pages", edited)
    assert dots_changed(before, picture(name)) > CHANGED_MOST


def test_a_line_that_is_gone_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    before = picture("receipt-a5")

    def without(sheet: Sheet, **how: object) -> tuple[Page, ...]:
        [page] = pages(sheet, **how)  # type: ignore[arg-type]
        gone = next(mark for mark in page.marks if isinstance(mark, Rule))
        return (page._replace(marks=tuple(mark for mark in page.marks if mark is not gone)),)

    monkeypatch.setattr(paper, "pages", without)
    assert dots_changed(before, picture("receipt-a5")) > CHANGED_MOST
