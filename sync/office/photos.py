"""The codes on a picture of papers: the office's one door to zxing-cpp and Pillow.

A picture comes from a telephone: turned, askew, half in shadow, with several papers on it. It is looked at as it
came, smaller, and with the light evened out; where nothing was found again in other ways, until something is read.
Nothing of a picture is kept.
"""

# mypy: disallow-untyped-calls=False
# zxing-cpp has no types; what leaves this module has.

import io
import warnings
from collections.abc import Iterator

import zxingcpp
from PIL import Image, ImageChops, ImageFilter, ImageOps, UnidentifiedImageError

from sync.errors import Refusal

# A telephone's JPEG of 48 million dots has 12 to 20 MB; whoever sends more has not sent a photo of a receipt.
PHOTO_BYTES_MAX = 24 * 1024 * 1024
# 16,000 by 12,000 dots is the largest a telephone makes. Only a JPEG can be opened at a part of its size.
PHOTO_DOTS_MAX = 200_000_000
OTHER_DOTS_MAX = 40_000_000
# A code has 53 modules with 203 dots an inch; a sheet that fills a picture of this size has four dots a module.
_LONG_SIDE = 4_000
_FORMATS = ("JPEG", "PNG", "WEBP")
# The library's own limit is below a telephone's largest picture; it refuses what has twice as many dots as this.
Image.MAX_IMAGE_PIXELS = PHOTO_DOTS_MAX
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


class PhotoUnreadable(Refusal):
    """A file that is no picture this program opens."""

    code = "photo.unreadable"
    vi = "Tệp không phải ảnh JPG hoặc PNG đọc được (ảnh HEIC của iPhone: chọn lưu JPG). Chụp lại hoặc chọn tệp khác."
    en = "The file is no JPG or PNG that can be opened (an iPhone's HEIC: save it as JPG). Take it again, or choose another file."


class PhotoTooLarge(Refusal):
    """A picture larger than a telephone makes."""

    code = "photo.too-large"
    vi = "Ảnh lớn quá mức (nhiều nhất {most} MB và {dots} triệu điểm ảnh). Chụp gần mã hơn rồi gửi ảnh đó."
    en = "The picture is too large (at most {most} MB and {dots} million dots). Take one closer to the code and send that."


class PhotoWithoutCode(Refusal):
    """A picture on which no QR code was read."""

    code = "photo.no-code"
    vi = "Không đọc được mã vuông nào trong ảnh. Chụp lại gần hơn, đủ sáng, mã nằm trọn trong ảnh và không nhòe."
    en = "No square code could be read on the picture. Take it again closer, in good light, with the whole code in it and sharp."


def codes(photo: bytes) -> tuple[str, ...]:
    """The texts of the QR codes on a picture, each once, from the top down.

    Raises `PhotoUnreadable`, `PhotoTooLarge`, `PhotoWithoutCode`.
    """
    if len(photo) > PHOTO_BYTES_MAX:
        raise PhotoTooLarge(most=PHOTO_BYTES_MAX >> 20, dots=PHOTO_DOTS_MAX // 1_000_000)
    picture = _opened(photo)
    found: dict[str, int] = {}
    for text, height in _at_once(picture):
        found.setdefault(text, height)
    for look in () if found else _harder(picture):
        if found := dict(_read(look)):
            break
    if not found:
        raise PhotoWithoutCode
    return tuple(sorted(found, key=lambda text: found[text]))


def _opened(photo: bytes) -> Image.Image:
    """A picture in grey, no larger than it is worth looking at."""
    try:
        with warnings.catch_warnings():
            # What the library would warn of is asked two lines on.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(photo), formats=_FORMATS)
        width, height = opened.size
        most = PHOTO_DOTS_MAX if opened.format == "JPEG" else OTHER_DOTS_MAX
        if width * height > most:
            raise PhotoTooLarge(most=PHOTO_BYTES_MAX >> 20, dots=most // 1_000_000)
        # Only JPEG is opened at a half, a quarter or an eighth of its size; the others ignore it.
        opened.draft("L", (_LONG_SIDE, _LONG_SIDE))
        picture: Image.Image = opened
        if "A" in opened.getbands() or "transparency" in opened.info:
            # A scan with nothing behind it is black on nothing: it is put on paper.
            clear = opened.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
        grey = picture.convert("L")
    except Image.DecompressionBombError as error:
        raise PhotoTooLarge(most=PHOTO_BYTES_MAX >> 20, dots=PHOTO_DOTS_MAX // 1_000_000) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise PhotoUnreadable from error
    grey.thumbnail((_LONG_SIDE, _LONG_SIDE))
    return grey


def _at_once(picture: Image.Image) -> Iterator[tuple[str, int]]:
    """What three quick looks show together: of several papers one may lie in the light and one in the shade."""
    yield from _read(picture)
    smaller = picture.resize((picture.width * 2 // 3 or 1, picture.height * 2 // 3 or 1), Image.Resampling.BOX)
    yield from ((text, height * 3 // 2) for text, height in _read(_sharper(smaller, radius=4, percent=500)))
    yield from _read(_evened(picture), whole=True)


def _harder(picture: Image.Image) -> Iterator[Image.Image]:
    """The same picture seen otherwise, the cheapest first, for one that showed nothing; each reads what others do not."""
    yield _sharper(picture, radius=3, percent=500)
    yield picture.reduce(2)
    if max(picture.size) <= _LONG_SIDE // 2:
        yield picture.resize((picture.width * 3, picture.height * 3), Image.Resampling.BICUBIC)
    yield picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.BICUBIC)
    yield _sharper(picture.filter(ImageFilter.GaussianBlur(1)), radius=5, percent=400)
    # The noise of a picture taken in a dark room.
    yield _sharper(picture.filter(ImageFilter.MedianFilter(3)), radius=5, percent=400)


def _sharper(picture: Image.Image, *, radius: int, percent: int) -> Image.Image:
    return picture.filter(ImageFilter.UnsharpMask(radius=radius, percent=percent, threshold=0))


def _evened(picture: Image.Image) -> Image.Image:
    """Shadows taken out: each dot against the light around it."""
    small = picture.reduce(8) if min(picture.size) >= 64 else picture
    light = small.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.GaussianBlur(12)).resize(picture.size)
    return ImageOps.autocontrast(ImageChops.subtract(picture, light, scale=1, offset=128), cutoff=1)


def _read(picture: Image.Image, *, whole: bool = False) -> Iterator[tuple[str, int]]:
    """Texts with their height in dots from the top; `whole`: one limit between black and white for all of it."""
    limit = zxingcpp.Binarizer.GlobalHistogram if whole else zxingcpp.Binarizer.LocalAverage
    for one in zxingcpp.read_barcodes(picture, formats=_QR, binarizer=limit):
        yield one.text, one.position.top_left.y
