"""Sheets as PDF: the one door to reportlab and to zxing-cpp.

The same sheet is the same bytes, on any machine and at any time. Letters are set in the shipped faces
only, embedded; text is NFC, so what a reader copies out of the file is what was typed. Everything is
black or one grey that every printer can make; the QR code is an inline picture of one bit a module.

Faces are read once. Each embeds one fixed alphabet (Vietnamese, the languages of the highlands, the
signs of a voucher), so its subset is made and deflated once and not for every sheet; a letter
beyond it is added for the sheets that need it.
"""

# mypy: disallow-untyped-calls=False
# The library has no types; what leaves this module has.

import functools
import io
import math
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import zxingcpp
from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFStream
from reportlab.pdfbase.ttfonts import TTFError, TTFont, TTFontFace
from reportlab.pdfgen.canvas import Canvas

from desktop.press.typeset import FACES, Across, Ink, Measure, Page, Rule, Square, faces_of, pages
from desktop.sheets.sheet import Sheet
from sync.errors import Damage

# Pages as they are and not again as letters: a third of the time and a fifth of the file (measured).
rl_config.useA85 = 0  # type: ignore[attr-defined]

FONTS = Path(__file__).parents[2] / "resources" / "fonts"

_MARKED = "aăâeêioôơuưy"
_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_VIETNAMESE = "đ" + "".join(unicodedata.normalize("NFC", vowel + tone) for vowel in _MARKED for tone in _TONES)
# One subset of a face holds 256 letters; these are 246 of them.
ALPHABET = "".join(
    dict.fromkeys(
        "".join(map(chr, range(0x20, 0x7F))) + _VIETNAMESE + _VIETNAMESE.upper() + "₫–−·…“”’ŭŬčČĕĔŏŎñÑ×"
    )
)
# Zlib's own middle; level 9 gives 1 % less and takes twice as long (measured).
_DEFLATE = 6
# The alphabet, and the few sets with a letter more that one session meets.
_SUBSETS_KEPT = 16
# A hairline in the grey of table lines; a printer of one bit makes it a row of fine dots.
_BITS = b"0" + b"1" * 255
_RULE_WIDTH, _RULE_GREY = 0.5, 0.55
# Light enough to read a figure on it, dark enough that a printer of one bit still puts dots.
_ACROSS_GREY = 0.89


class FacesMissing(Damage):
    """A shipped face is not where it was installed, or is not a font any more."""

    code = "paper.faces-missing"
    vi = "Không đọc được phông chữ {file} của chương trình nên không in được. Cài lại chương trình rồi in lại; sổ không bị ảnh hưởng."
    en = "The program's font {file} cannot be read, so nothing can be printed. Install the program again, then print; the book is not affected."


def draw(sheet: Sheet) -> bytes:
    """One sheet as a PDF file. Raises `FacesMissing`."""
    return draw_many((sheet,))


def draw_many(sheets: Sequence[Sheet]) -> bytes:
    """Sheets in one PDF file, each beginning a page; named after the first. Raises `FacesMissing`."""
    wide = measure()
    first = sheets[0]
    file = io.BytesIO()
    canvas = Canvas(
        file, pageCompression=1, invariant=1, pdfVersion=(1, 5), lang=first.language,
        initialFontName=faces_of(first.family)[0],
    )  # fmt: skip
    canvas.setTitle(unicodedata.normalize("NFC", first.name))
    canvas.setAuthor("Điểm giao dịch")
    canvas.setCreator("Điểm giao dịch")
    canvas.setSubject("")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    letters = _Letters(canvas)
    for sheet in sheets:
        for page in pages(sheet, measure=wide):
            canvas.setPageSize((page.width, page.height))
            _paint(canvas, page, letters)
            canvas.showPage()
    canvas.save()
    return file.getvalue()


class _Letters:
    """Texts as PDF operators, for one file: a label that stands on every page is encoded once."""

    def __init__(self, canvas: Canvas) -> None:
        # A font's letters are numbered per document, which the canvas does not give away by another name.
        self._document = canvas._doc
        self._known: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}

    def __call__(self, mark: Ink, y: float) -> str:
        known = self._known.get((mark.face, mark.text)) or self._encoded(mark.face, mark.text)
        shown = " ".join(f"{font} {mark.size:.2f} Tf <{letters}> Tj" for font, letters in known)
        return f"1 0 0 1 {mark.x:.2f} {y:.2f} Tm {shown}"

    def across(self, mark: Across, y: float) -> str:
        """A turned word in light grey, its middle at the mark's place."""
        turn = math.radians(mark.turn)
        right, up = math.cos(turn), math.sin(turn)
        # Half its length back along the line it stands on, and half the height of its capitals below that line.
        back, down = measure()(mark.text, mark.face, mark.size) / 2, 0.357 * mark.size
        x, y = mark.x - back * right + down * up, y - back * up - down * right
        known = self._known.get((mark.face, mark.text)) or self._encoded(mark.face, mark.text)
        shown = " ".join(f"{font} {mark.size:.2f} Tf <{letters}> Tj" for font, letters in known)
        place = f"{right:.4f} {up:.4f} {-up:.4f} {right:.4f} {x:.2f} {y:.2f} Tm"
        return f"q {_ACROSS_GREY} g BT {place} {shown} ET Q"

    def _encoded(self, face: str, text: str) -> tuple[tuple[str, str], ...]:
        font = pdfmetrics.getFont(face)
        if self._document not in font.state:
            # Gives every letter of the alphabet its place before the first text asks for one.
            font.splitString(ALPHABET, self._document)
        parts = font.splitString(unicodedata.normalize("NFC", text), self._document)
        made = tuple((font.getSubsetInternalName(number, self._document), raw.hex()) for number, raw in parts)
        self._known[face, text] = made
        return made


def _paint(canvas: Canvas, page: Page, letters: _Letters) -> None:
    for mark in page.marks:
        if isinstance(mark, Across):
            canvas.addLiteral(letters.across(mark, page.height - mark.y))
    texts = [letters(mark, page.height - mark.y) for mark in page.marks if isinstance(mark, Ink)]
    if texts:
        canvas.addLiteral(f"BT {' '.join(texts)} ET")
    rules = [
        f"{mark.x:.2f} {page.height - mark.y:.2f} m {mark.to_x:.2f} {page.height - mark.to_y:.2f} l"
        for mark in page.marks
        if isinstance(mark, Rule)
    ]
    if rules:
        canvas.addLiteral(f"q {_RULE_WIDTH} w {_RULE_GREY} G {' '.join(rules)} S Q")
    for mark in page.marks:
        if isinstance(mark, Square):
            canvas.addLiteral(_code(mark, page.height))


def code_rows(text: str) -> tuple[bytes, ...]:
    """A QR code without its margin: a row of modules each, 0 for black and 255 for white."""
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    picture: Any = barcode.to_image(add_quiet_zones=False)
    return tuple(bytes(row) for row in memoryview(picture).tolist())


def _code(square: Square, height: float) -> str:
    """A QR code as PDF operators, its top left corner where the square's is.

    Modules are whole dots of a 203 dpi printer as long as the square has room for it.
    """
    rows = code_rows(square.text)
    count = len(rows)
    wide = (count + 7) // 8
    # A module is 0 (black) or 255, which is a 0 or a 1 of the picture; each row is filled up to whole bytes.
    packed = b"".join(int(row.translate(_BITS).ljust(wide * 8, b"1"), 2).to_bytes(wide, "big") for row in rows)
    dot = 72 / 203
    side = max(1, int(square.side / dot / count)) * dot * count
    return (
        f"q {side:.3f} 0 0 {side:.3f} {square.x:.2f} {height - square.y - side:.2f} cm "
        f"BI /W {count} /H {count} /BPC 1 /CS /G /F /AHx ID {packed.hex()}> EI Q"
    )


# Faces


@functools.cache
def measure() -> Measure:
    """Registers the shipped faces and gives the width of a text in one of them."""
    known: dict[str, Any] = {}
    for face in FACES:
        path = FONTS / f"{face}.ttf"
        try:
            known[face] = _House(face, str(path))
        except (OSError, TTFError) as error:
            raise FacesMissing(file=path.name) from error
    for font in known.values():
        pdfmetrics.registerFont(font)
    widths = {name: (font.face.charWidths, font.face.defaultWidth) for name, font in known.items()}

    @functools.lru_cache(maxsize=8192)
    def width(text: str, face: str, size: float) -> float:
        wide, other = widths[face]
        total: int = sum(wide.get(ord(letter), other) for letter in unicodedata.normalize("NFC", text))
        return 0.001 * size * total

    return width


class _House(TTFont):
    """A shipped face that embeds what is kept of it."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name, path)
        self.face = _HouseFace(path)


class _HouseFace(TTFontFace):
    """A face whose subset of a set of letters is made once and kept deflated."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.small = functools.lru_cache(maxsize=_SUBSETS_KEPT)(self._small)

    def addSubsetObjects(self, doc: Any, fontname: str, subset: Iterable[int]) -> Any:
        """As the library's own, but for where the font file comes from."""
        length, small = self.small(tuple(subset))
        written = PDFStream(
            dictionary=PDFDictionary({"Length1": length, "Filter": PDFArray([PDFName("FlateDecode")])}), content=small
        )
        descriptor = PDFDictionary(
            {
                "Type": "/FontDescriptor",
                "Ascent": self.ascent,
                "CapHeight": self.capHeight,
                "Descent": self.descent,
                # Bit 3 set and bit 6 clear: the subset has its own encoding (ISO 32000-1, table 123).
                "Flags": (self.flags & ~32) | 4,
                "FontBBox": PDFArray(self.bbox),
                "FontName": PDFName(fontname),
                "ItalicAngle": self.italicAngle,
                "StemV": self.stemV,
                "FontFile2": doc.Reference(written, f"fontFile:{self.filename}({fontname})"),
                "MissingWidth": self.defaultWidth,
            }
        )
        return doc.Reference(descriptor, "fontDescriptor:" + fontname)

    def _small(self, letters: tuple[int, ...]) -> tuple[int, bytes]:
        """The length of the subset's font file, and the file deflated."""
        made = self.makeSubset(letters)
        return len(made), zlib.compress(made, _DEFLATE)
