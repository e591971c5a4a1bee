"""Receipt printers over a cable: what they are sent is the page, what they say is understood, and nothing is sure that is not."""

import os
import select
import socket
import threading
import tty
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from desktop.press import cables, escpos, raster, roll
from desktop.press.printers import (
    ROLL_MEDIUMS,
    Choice,
    CoverOpen,
    PaperOut,
    PrinterAway,
    PrinterFault,
    PrinterGone,
    PrinterSilent,
    chosen,
    drawn,
)
from desktop.press.raster import Picture
from desktop.press.roll import Roll, roll_printer
from desktop.sheets.entries import sheet_for
from desktop.words import Words
from tests.desktop import printed, rolls, small
from tests.desktop.rolls import FakeRoll

VI = Words("vi")


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake answers at once: what is waited for longer never comes."""
    for owner, name, seconds in (
        (roll, "ANSWER_S", 0.25), (roll, "BREATH_S", 1.0), (cables, "SEND_S", 1.0), (cables, "CALL_S", 1.0),
    ):  # fmt: skip
        monkeypatch.setattr(owner, name, seconds)


def receipt(medium: str) -> bytes:
    """A visit's receipt on a roll."""
    book = small.Book()
    book.open()
    sealed = book.debtor_pays()
    return drawn([sheet_for(sealed, book.session, letter="A", copy=1, words=VI)], medium)  # type: ignore[arg-type]


def at(fake: FakeRoll, medium: str = "roll80", *, answers: bool = False) -> Roll:
    printer = roll_printer(Choice("network", fake.where, medium, answers))  # type: ignore[arg-type]
    assert isinstance(printer, Roll)
    return printer


# --- what is sent


@pytest.mark.feature(50, 55)
@pytest.mark.parametrize("medium", ROLL_MEDIUMS)
def test_what_comes_out_of_a_roll_printer_is_the_page_with_its_code(medium: str) -> None:
    pdf = receipt(medium)
    with FakeRoll(dots=escpos.DOTS[medium]) as fake:
        at(fake, medium).put("01", pdf)
    assert fake.unknown == []
    (page,) = raster.pictures(pdf, dpi=escpos.DPI)
    (rows,) = fake.papers
    assert len(rows) == page.height
    assert rolls.codes(rows) == printed.codes(pdf) != []
    # Dot by dot it is the page, but for the edges of letters, which are neither black nor white.
    drawn_page = Image.frombytes("L", (page.width, page.height), page.grey)
    came = rolls.picture(rows).crop((0, 0, page.width, page.height))
    far = sum(ImageChops.difference(drawn_page, came).histogram()[180:])
    assert far < page.width * page.height * 0.003


def test_control_another_page_is_not_taken_for_it() -> None:
    (page,) = raster.pictures(receipt("roll80"), dpi=escpos.DPI)
    blank = Image.new("L", (page.width, page.height), 255)
    drawn_page = Image.frombytes("L", (page.width, page.height), page.grey)
    far = sum(ImageChops.difference(drawn_page, blank).histogram()[180:])
    assert far > page.width * page.height * 0.02


@given(st.integers(1, 700), st.integers(1, 9), st.sampled_from((384, 576)), st.randoms())
def test_a_page_of_any_width_stands_in_the_middle_and_is_cut_at_both_sides(width: int, height: int, dots: int, random: object) -> None:
    grey = bytes(random.choice((0, 255)) for _ in range(width * height))  # type: ignore[attr-defined]
    rows = escpos.lines(Picture(width, height, grey), dots)
    assert {len(row) for row in rows} == {dots // 8}
    shift = (width - dots) // 2
    for y, row in enumerate(rows):
        bits = [byte >> left & 1 for byte in row for left in range(7, -1, -1)]
        for x, bit in enumerate(bits):
            inside = 0 <= x + shift < width
            assert bit == (1 if inside and grey[y * width + x + shift] == 0 else 0)


@given(st.binary(max_size=40))
def test_no_noise_on_the_way_is_taken_for_another_answer(noise: bytes) -> None:
    answer = escpos.at_once(noise)
    assert answer is None or answer & 0x93 == 0x12
    assert escpos.in_turn(b"\x12\x16\x1e\x72") is False
    assert escpos.in_turn(noise + b"\x00") is True


# --- what it says


@pytest.mark.feature(58)
def test_a_printer_without_paper_or_with_its_cover_open_says_so_before_anything_is_sent() -> None:
    with FakeRoll(rows_left=0) as fake:
        with pytest.raises(PaperOut) as out:
            at(fake).put("01", receipt("roll80"))
        assert not out.value.doubtful
        fake.rows_left, fake.cover_open = 10**9, True
        with pytest.raises(CoverOpen) as opened:
            at(fake).look()
        assert not opened.value.doubtful
        fake.cover_open = False
        at(fake).look()
    assert fake.papers == []
    assert "hết giấy" in out.value.sentence("vi")


@pytest.mark.feature(58)
def test_paper_that_runs_out_in_the_middle_leaves_the_receipt_in_doubt() -> None:
    with FakeRoll(rows_left=300) as fake:
        with pytest.raises(PaperOut) as out:
            at(fake).put("01", receipt("roll80"))
        assert out.value.doubtful
    assert fake.papers == []


@pytest.mark.parametrize("rows", [1, 500])
def test_a_cable_that_breaks_in_the_middle_leaves_the_receipt_in_doubt(rows: int) -> None:
    with FakeRoll() as fake:
        fake.breaks_after = rows
        with pytest.raises(PrinterFault) as broken:
            at(fake).put("01", receipt("roll80"))
        assert broken.value.doubtful


def test_a_printer_that_is_off_or_nowhere_takes_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        where = "{}:{}".format(*gone.getsockname())
    for choice, fault in (
        (Choice("network", where, "roll80"), PrinterAway),
        (Choice("device", "/dev/usb/no-such-printer", "roll80"), PrinterGone),
    ):
        with pytest.raises(fault):
            roll_printer(choice).look()
        with pytest.raises(fault) as away:
            roll_printer(choice).put("01", receipt("roll80"))
        assert not away.value.doubtful


@pytest.mark.parametrize("text", ["", "may in", "host:", "host:0", "host:70000", "host:x", "a b:9100"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(cables.AddressUnclear):
        cables.address(text)


def test_an_address_alone_has_the_usual_port() -> None:
    assert cables.address(" 192.168.1.50 ") == ("192.168.1.50", 9100)
    assert cables.address("printer:9101") == ("printer", 9101)


# --- those that say less


@pytest.mark.parametrize("speaks", ["at once", "never"])
def test_a_printer_that_says_less_is_worked_with_and_remembered_so(speaks: rolls.Speaks) -> None:
    with FakeRoll(speaks=speaks) as fake:
        printer = at(fake)
        printer.look()
        assert printer.speaks == speaks
        printer.put("01", receipt("roll80"))
        printer.put("02", receipt("roll80"))
        # The last page may still be on its way when nobody says that it is out.
        deadline = threading.Event()
        for _ in range(100):
            if len(fake.papers) == 2:
                break
            deadline.wait(0.05)
    assert len(fake.papers) == 2
    assert fake.unknown == []


def test_one_that_was_heard_before_and_is_silent_now_is_off() -> None:
    with FakeRoll(speaks="never") as fake:
        with pytest.raises(PrinterAway) as away:
            at(fake, answers=True).put("01", receipt("roll80"))
        assert not away.value.doubtful
    assert fake.papers == []
    with FakeRoll() as fake:
        printer = at(fake)
        printer.look()
        fake.hangs = True
        with pytest.raises(PrinterAway):
            printer.look()


def test_one_that_hangs_after_it_was_given_the_page_leaves_it_in_doubt() -> None:
    with FakeRoll() as fake:
        printer = at(fake)
        printer.look()
        # From the first row on it only listens.
        real = fake._raster

        def hang(held: bytes) -> int:
            fake.hangs = True
            return real(held)

        fake._raster = hang  # type: ignore[method-assign]
        with pytest.raises(PrinterFault) as silent:
            printer.put("01", receipt("roll80"))
        assert silent.value.doubtful
        assert isinstance(silent.value, PrinterSilent | PrinterAway)


# --- device files


def test_a_device_file_is_a_printer_that_answers_too() -> None:
    # A terminal plays the device.
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    tty.setraw(ours)
    fake = FakeRoll()

    class Wire:
        """The end of the device as the fake's socket."""

        def sendall(self, raw: bytes) -> None:
            os.write(ours, raw)

        def settimeout(self, _seconds: float) -> None: ...

        def recv(self, most: int) -> bytes:
            if not select.select([ours], [], [], 0.05)[0]:
                raise TimeoutError
            return os.read(ours, most)

    thread = threading.Thread(target=fake._talk, args=(Wire(),), daemon=True)
    thread.start()
    try:
        printer = roll_printer(Choice("device", os.ttyname(theirs), "roll80"))
        assert isinstance(printer, Roll)
        printer.put("01", receipt("roll80"))
        assert printer.speaks == "in turn"
    finally:
        fake._ended.set()
        thread.join(5)
        fake._listener.close()
        os.close(ours)
        os.close(theirs)
    (rows,) = fake.papers
    assert rolls.codes(rows) == printed.codes(receipt("roll80"))


def test_a_file_in_place_of_a_device_takes_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "lp0"
    path.touch()
    roll_printer(Choice("device", str(path), "roll58")).put("01", receipt("roll58"))
    raw = path.read_bytes()
    (page,) = raster.pictures(receipt("roll58"), dpi=escpos.DPI)
    assert raw.endswith(b"".join((escpos.START, *escpos.paper(page, escpos.DOTS["roll58"]))))


# --- what a laptop remembers


def test_a_choice_is_remembered_as_it_was_made_and_what_nobody_chose_is_none() -> None:
    for one in (Choice("network", "máy-in:9100", "roll80", True), Choice("folder", "/tmp/giấy", "a5"), Choice("system", "HP", "a4")):
        assert chosen(one.text()) == one
    for text in ("", "x", "[]", '{"kind":"fax","where":"1","medium":"a5"}', '{"kind":"system","where":"x","medium":"a0"}', '{"kind":1}'):
        assert chosen(text) is None
