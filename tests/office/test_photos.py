"""Pictures of papers as telephones take them: turned, askew, in shadow, with noise, several papers on one."""

import functools
import io
import math
import struct
from collections.abc import Sequence
from random import Random

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from desktop.press import paper, raster
from desktop.sheets.entries import sheet_for
from desktop.words import Words
from sync.chain import stub_of
from sync.office import photos
from sync.receipt import receipt_text
from tests.desktop import printed, small

Point = tuple[float, float]
# What the cheapest telephone at hand takes: twelve million dots.
WIDTH, HEIGHT = 4_000, 3_000


@functools.cache
def receipts() -> list[tuple[Image.Image, str]]:
    """A few A5 receipts as a 203 dpi printer puts them on paper, each with what its code says."""
    book = small.Book()
    book.open()
    book.debtor_pays()
    book.slip("GN-0424-0017")
    book.reverse(2)
    made = []
    for one in book.sealed[1:]:
        pdf = paper.draw(sheet_for(one, book.session, letter=small.LETTER, copy=1, words=Words("vi")))
        (picture,) = raster.pictures(pdf, dpi=printed.DPI)
        sheet = Image.frombytes("L", (picture.width, picture.height), picture.grey)
        made.append((sheet, receipt_text(stub_of(one.entry, one.head), one.signature)))
    return made


def seen_from(corners: Sequence[Point], size: tuple[int, int]) -> list[float]:
    """The eight numbers by which a sheet of this size is drawn with its corners there: Gauss, eight equations."""
    width, height = size
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(corners, ((0, 0), (width, 0), (width, height), (0, height)), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]]
    for at in range(8):
        best = max(range(at, 8), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        rows[at] = [one / rows[at][at] for one in rows[at]]
        for other in range(8):
            if other != at:
                times = rows[other][at]
                rows[other] = [one - times * mine for one, mine in zip(rows[other], rows[at], strict=True)]
    return [row[8] for row in rows]


def laid(table: Image.Image, sheet: Image.Image, middle: Point, *, scale: float, turn: float, chance: Random) -> None:
    """A sheet on the table, turned, and askew as it is seen from the side."""
    width, height = sheet.size
    corners = []
    for x, y in ((-width / 2, -height / 2), (width / 2, -height / 2), (width / 2, height / 2), (-width / 2, height / 2)):
        askew = 1 + chance.uniform(-0.06, 0.06)
        corners.append((
            middle[0] + scale * askew * (x * math.cos(turn) - y * math.sin(turn)),
            middle[1] + scale * askew * (x * math.sin(turn) + y * math.cos(turn)),
        ))  # fmt: skip
    how = seen_from(corners, sheet.size)
    seen = sheet.transform(table.size, Image.Transform.PERSPECTIVE, how, Image.Resampling.BICUBIC)
    mask = Image.new("L", sheet.size, 255).transform(table.size, Image.Transform.PERSPECTIVE, how)
    table.paste(seen, (0, 0), mask)


def taken(table: Image.Image, chance: Random, *, dark: float = 0.5, blur: float = 1.1) -> bytes:
    """The table in uneven light with the shadow of a hand, not quite sharp, with noise, as a JPEG of middling quality."""
    light = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180, 270))).resize(table.size)
    light = light.point(lambda level: int(255 * (1 - dark) + level * dark))
    hand = Image.new("L", table.size, 255)
    x, y = chance.uniform(0, WIDTH), chance.uniform(0, HEIGHT)
    ImageDraw.Draw(hand).polygon([(x, y), (x + WIDTH * 0.6, y - 900), (x + WIDTH * 0.7, y + 1_500)], fill=int(255 * (1 - dark)))
    shaded = ImageChops.multiply(ImageChops.multiply(table, light), hand.filter(ImageFilter.GaussianBlur(40)))
    grain = Image.effect_noise(table.size, 12)
    made = io.BytesIO()
    ImageChops.add(shaded.filter(ImageFilter.GaussianBlur(blur)), grain, offset=-128).save(made, "JPEG", quality=60)
    return made.getvalue()


@pytest.mark.feature(55)
@pytest.mark.parametrize("turn", [0, 20, 90, 135, 200, 300])
def test_a_receipt_photographed_at_any_angle_in_poor_light_is_read(turn: int) -> None:
    chance = Random(turn)
    sheet, text = receipts()[turn % 3]
    table = Image.new("L", (WIDTH, HEIGHT), 70)
    scale = 0.9 * HEIGHT / math.hypot(*sheet.size)
    laid(table, sheet, (WIDTH / 2, HEIGHT / 2), scale=scale, turn=math.radians(turn), chance=chance)
    assert photos.codes(taken(table, chance)) == (text,)


@pytest.mark.feature(55)
def test_several_papers_on_one_picture_are_all_read_from_the_top_down() -> None:
    chance = Random(3)
    table = Image.new("L", (WIDTH, HEIGHT), 70)
    texts = []
    for place, (sheet, text) in enumerate(receipts()[:3]):
        middle = (1_100 + 900 * (place % 2) * 2, 600 + 900 * place)
        laid(table, sheet, middle, scale=1.05, turn=math.radians(4 - 3 * place), chance=chance)
        texts.append(text)
    assert photos.codes(taken(table, chance, dark=0.35, blur=0.9)) == tuple(texts)


def test_a_picture_of_a_scan_with_nothing_behind_it_or_in_colour_is_read() -> None:
    sheet, text = receipts()[0]
    clear = Image.merge("LA", (Image.new("L", sheet.size, 0), ImageChops.invert(sheet)))
    for picture, form in ((clear, "PNG"), (sheet.convert("RGB"), "PNG"), (sheet.convert("1"), "PNG"), (sheet.convert("CMYK"), "JPEG")):
        made = io.BytesIO()
        picture.save(made, form)
        assert photos.codes(made.getvalue()) == (text,)


def test_a_sheet_turned_over_shows_no_code() -> None:
    """The control: what finds a code anywhere would find one here."""
    chance = Random(5)
    table = Image.new("L", (WIDTH, HEIGHT), 70)
    blank = Image.new("L", receipts()[0][0].size, 250)
    laid(table, blank, (WIDTH / 2, HEIGHT / 2), scale=1.5, turn=0.2, chance=chance)
    with pytest.raises(photos.PhotoWithoutCode):
        photos.codes(taken(table, chance))


def test_a_file_cut_off_or_damaged_is_refused_and_nothing_else() -> None:
    sheet, _ = receipts()[0]
    made = io.BytesIO()
    sheet.save(made, "JPEG")
    raw = made.getvalue()
    chance = Random(9)
    for _ in range(60):
        damaged = bytearray(raw[: chance.randrange(len(raw))])
        for _ in range(3):
            if damaged:
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            photos.codes(bytes(damaged))
        except (photos.PhotoUnreadable, photos.PhotoWithoutCode, photos.PhotoTooLarge):
            continue


def test_the_largest_picture_a_telephone_makes_is_looked_at_and_a_larger_one_is_told_so() -> None:
    """16,320 by 12,240 dots; the library's own limit lies below it, and would say that it is no picture."""
    made = io.BytesIO()
    Image.new("L", (16_320, 12_240), 255).save(made, "JPEG")
    largest = made.getvalue()
    with pytest.raises(photos.PhotoWithoutCode):
        photos.codes(largest)

    def said_to_be(width: int, height: int) -> bytes:
        """The same file with another size in its head: it is refused for that, before anything of it is drawn."""
        before, size, after = largest.partition(struct.pack(">HH", 12_240, 16_320))
        assert size
        return before + struct.pack(">HH", height, width) + after

    for width, height in ((16_400, 12_300), (30_000, 15_000)):
        with pytest.raises(photos.PhotoTooLarge):
            photos.codes(said_to_be(width, height))
