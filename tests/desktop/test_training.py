"""A session to practise on: marked on everything, numbered on its own, thrown away at will, never in a real book."""

import hashlib
from pathlib import Path

import pypdfium2
import pytest

from desktop import shelf, training
from desktop.care import soundness
from desktop.desk import Desk
from desktop.press.tray import Tray, sheets_of
from desktop.sheets.entries import copies, sheet_for
from desktop.words import Words
from sync.receipt import NotReceipt, read_receipt
from tests.desktop.enrolled import Laptop, deposit, opened
from tests.desktop.printed import codes, pages_text, tool
from tests.desktop.test_shelf import close_book

WORDS = Words("vi")


def practise(laptop: Laptop, *, anew: bool = False) -> Desk:
    unlocked = laptop.unlocked()
    return Desk.open(training.open_book(laptop.home, unlocked, anew=anew), unlocked, clock=laptop.clock)


@pytest.fixture
def practice(laptop: Laptop) -> Desk:
    """A desk to practise at, beside a real book with its float taken over."""
    real = laptop.desk()
    opened(real)
    real.close()
    return practise(laptop)


def greyed(pdf: bytes) -> list[float]:
    """Which part of each page is the light grey of the word across it."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [page.render(scale=1, grayscale=True).to_pil().histogram() for page in document]
        return [sum(page[222:232]) / sum(page) for page in pages]
    finally:
        document.close()


def real_files(laptop: Laptop) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (laptop.home / "books").iterdir()}


@pytest.mark.feature(117)
def test_nothing_of_training_reaches_the_real_book(laptop: Laptop, practice: Desk) -> None:
    before = real_files(laptop)
    opened(practice)
    posted = practice.post(deposit(practice))
    assert posted.text.endswith("-TAP-000002")
    practice.close()
    assert real_files(laptop) == before
    unlocked = laptop.unlocked()
    assert [one.entries for one in shelf.shelved(laptop.home, unlocked)] == [1]
    assert [one.book for one in soundness.check(laptop.home, unlocked)] == [laptop.pack.book]


@pytest.mark.feature(117)
def test_training_is_taken_up_where_it_was_left_or_begun_anew(laptop: Laptop, practice: Desk) -> None:
    opened(practice)
    practice.close()
    again = practise(laptop)
    assert again.standing().entries == 1
    again.close()
    anew = practise(laptop, anew=True)
    assert anew.standing().entries == 0
    anew.close()
    assert len(shelf.books(training.folder(laptop.home))) == 1
    training.discard(laptop.home, laptop.unlocked())
    assert shelf.books(training.folder(laptop.home)) == ()
    assert shelf.books(laptop.home) == (laptop.pack.book,)
    assert laptop.vault().books() == (laptop.pack.book,), "and its key with it"


@pytest.mark.feature(117)
def test_a_whole_training_session_sends_nothing(practice: Desk) -> None:
    opened(practice)
    practice.post(deposit(practice))
    assert practice.batch() is None
    close_book(practice)
    assert practice.batch() is None
    assert practice.standing().state == "closed"


def test_control_a_real_book_has_a_batch_and_a_paper_without_the_mark(laptop: Laptop, tmp_path: Path) -> None:
    desk = laptop.desk()
    opened(desk)
    assert desk.batch() is not None
    sheet = sheet_for(desk.voucher(1), desk.session, letter="A", copy=1, words=WORDS)
    assert sheet.across == ""
    Tray(tmp_path).voucher(desk, 1, words=WORDS)
    (file,) = tmp_path.glob("*.pdf")
    assert "TẬP HUẤN" not in tool("pdftotext", str(file), "-", folder=tmp_path)
    assert max(greyed(file.read_bytes())) < 0.01


@pytest.mark.feature(117)
def test_every_page_of_every_paper_carries_the_mark_and_its_code_is_no_receipt(practice: Desk, tmp_path: Path) -> None:
    opened(practice)
    practice.post(deposit(practice))
    close_book(practice)
    tray = Tray(tmp_path)
    for number in range(1, practice.standing().entries + 1):
        tray.voucher(practice, number, words=WORDS)
    name, sheets = sheets_of(practice, 2, words=WORDS, copy_of=1)
    tray.print_sheets(name, sheets=sheets)
    files = sorted(tmp_path.glob("*-TAP-*.pdf"))
    assert len(files) == 5
    for file in files:
        read, raw = tool("pdftotext", str(file), "-", folder=tmp_path), file.read_bytes()
        assert read.count("TẬP HUẤN") >= copies("visit"), f"{file.name}: framed beside the title of each copy"
        assert min(greyed(raw)) > 0.04, f"{file.name}: and across every page"
        assert codes(raw)
        for text in codes(raw):
            assert text == "TẬP HUẤN"
            with pytest.raises(NotReceipt):
                read_receipt(text)
    assert any("BẢN SAO" in page for page in pages_text((tmp_path / f"{name}.pdf").read_bytes()))
