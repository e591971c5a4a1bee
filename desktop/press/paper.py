"""Sheets as PDF: the one door to reportlab and to zxing-cpp.

The same sheet is the same bytes, on any machine and at any time. Letters are set in the shipped faces
only, embedded; text is NFC, so what a reader copies out of the file is what was typed. Everything is
black, but for a word across a page; the QR code is an inline picture of one bit a module.

Faces are read once. Each embeds one fixed alphabet (Vietnamese, the languages of the highlands, the
signs of a voucher), so its subset, its widths and what its codes mean are made and deflated once and not
for every sheet; a letter beyond it is added for the sheets that need it.
"""

# mypy: disallow-untyped-calls=False
# The library has no types; what leaves this module has.

import copy
import functools
import io
import math
import unicodedata
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import zxingcpp
from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import SUBSETN, TTFError, TTFont, makeToUnicodeCMap
from reportlab.pdfgen.canvas import Canvas

from desktop.press.blocks import Measure
from desktop.press.looks import DOT, FACES, faces_of
from desktop.press.marks import Across, Ink, Page, Rule, Square
from desktop.press.typeset import pages
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
# A group's hand-in has one code on three copies and on the slip of every member.
_CODES_KEPT = 16
# Labels, names and figures of a morning.
_TEXTS_KEPT = 8192
# A module is 0 (black) or 255, which is a 0 or a 1 of the picture.
_BITS = b"0" + b"1" * 255
# A little more than a dot of the coarsest printer, and black: grey would be a row of dots on a printer of one bit.
_RULE_WIDTH = 0.4
# Half a millimetre a module is what a telephone reads from the hand; larger only costs paper.
_MODULE_DOTS = 4
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
        initialFontName=faces_of(first)["plain"],
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
    """Texts as PDF operators, for one file."""

    def __init__(self, canvas: Canvas) -> None:
        # A font's letters are numbered per document, which the canvas does not give away by another name.
        self._document = canvas._doc
        self._fonts: dict[str, tuple[_House, str]] = {}

    def __call__(self, mark: Ink, y: float) -> str:
        return f"1 0 0 1 {mark.x:.2f} {y:.2f} Tm {self._shown(mark)}"

    def across(self, mark: Across, y: float) -> str:
        """A turned word in light grey, its middle at the mark's place."""
        turn = math.radians(mark.turn)
        right, up = math.cos(turn), math.sin(turn)
        # Half its length back along the line it stands on, and half the height of its capitals below that line.
        back, down = measure()(mark.text, mark.face, mark.size) / 2, 0.357 * mark.size
        x, y = mark.x - back * right + down * up, y - back * up - down * right
        place = f"{right:.4f} {up:.4f} {-up:.4f} {right:.4f} {x:.2f} {y:.2f} Tm"
        return f"q {_ACROSS_GREY} g BT {place} {self._shown(mark)} ET Q"

    def _shown(self, mark: Ink | Across) -> str:
        font, first = self._fonts.get(mark.face) or self._begun(mark.face)
        codes = font.codes(mark.text)
        if codes:
            return f"{first} {mark.size:.2f} Tf <{codes}> Tj"
        parts = font.splitString(unicodedata.normalize("NFC", mark.text), self._document)
        named = ((font.getSubsetInternalName(number, self._document), raw.hex()) for number, raw in parts)
        return " ".join(f"{name} {mark.size:.2f} Tf <{codes}> Tj" for name, codes in named)

    def _begun(self, face: str) -> "tuple[_House, str]":
        """A font of this file, and the name it has in it."""
        font: _House = pdfmetrics.getFont(face)
        font.begin(self._document)
        self._fonts[face] = font, font.getSubsetInternalName(0, self._document)
        return self._fonts[face]


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
        canvas.addLiteral(f"q {_RULE_WIDTH} w 0 G {' '.join(rules)} S Q")
    for mark in page.marks:
        if isinstance(mark, Square):
            canvas.addLiteral(_code(mark, page.height))


@functools.lru_cache(maxsize=_CODES_KEPT)
def code_rows(text: str) -> tuple[bytes, ...]:
    """A QR code without its margin: a row of modules each, 0 for black and 255 for white."""
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    picture: Any = barcode.to_image(add_quiet_zones=False)
    height, width = picture.shape
    grey = bytes(memoryview(picture))
    return tuple(grey[start : start + width] for start in range(0, height * width, width))


def _code(square: Square, height: float) -> str:
    """A QR code as PDF operators, its top left corner where the square's is.

    Modules are whole dots of a 203 dpi printer and begin on one, as long as the square has room for it.
    """
    rows = code_rows(square.text)
    count = len(rows)
    wide = (count + 7) // 8
    # Each row is filled up to whole bytes.
    packed = b"".join(int(row.translate(_BITS).ljust(wide * 8, b"1"), 2).to_bytes(wide, "big") for row in rows)
    side = min(_MODULE_DOTS, max(1, int(square.side / DOT / count))) * DOT * count
    x, y = round(square.x / DOT) * DOT, round(square.y / DOT) * DOT
    return (
        f"q {side:.3f} 0 0 {side:.3f} {x:.3f} {height - y - side:.3f} cm "
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


class _Subset(NamedTuple):
    """What a file embeds of a face for one set of letters, as it is written in every file.

    Two streams (the font file, and what its codes mean as Unicode), and two dictionaries but for their last
    entries, which refer to the streams by the numbers these have in a file.
    """

    file: bytes
    meaning: bytes
    descriptor: bytes
    font: bytes


class _Draft:
    """What the library takes for a file while the places of the alphabet are worked out."""


class _House(TTFont):
    """A shipped face whose subsets are made once and kept as they are written."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name, path)
        self._subset = functools.lru_cache(maxsize=_SUBSETS_KEPT)(self._made)
        self.codes = functools.lru_cache(maxsize=_TEXTS_KEPT)(self._codes)
        # The places of the alphabet, as the library gives them to the texts of a file.
        draft = _Draft()
        self.splitString(ALPHABET, draft)
        self._alphabet = self.state.pop(draft)

    def begin(self, doc: Any) -> None:
        """Gives every letter of the alphabet its place in a file before the first text asks for one."""
        if doc not in self.state:
            begun = self.state[doc] = copy.copy(self._alphabet)
            begun.assignments = dict(begun.assignments)
            begun.subsets = [list(letters) for letters in begun.subsets]

    def _codes(self, text: str) -> str:
        """A text of the alphabet as the codes it has in every file, in hex; empty where it has a letter beyond."""
        places = self._alphabet.assignments
        found = [places.get(ord(letter), 256) for letter in unicodedata.normalize("NFC", text)]
        return bytes(found).hex() if max(found, default=256) < 256 else ""

    def _made(self, name: str, letters: tuple[int, ...]) -> _Subset:
        face = self.face
        file = face.makeSubset(letters)
        widths = " ".join(f"{face.getCharWidth(letter):g}" for letter in letters)
        box = " ".join(f"{edge:g}" for edge in face.bbox)
        # Bit 3 set and bit 6 clear: the subset has its own encoding (ISO 32000-1, table 123).
        flags = (face.flags & ~32) | 4
        descriptor = (
            f"<< /Type /FontDescriptor /FontName /{name} /Flags {flags} /FontBBox [{box}] /ItalicAngle {face.italicAngle:g}"
            f" /Ascent {face.ascent:g} /Descent {face.descent:g} /CapHeight {face.capHeight:g} /StemV {face.stemV:g}"
            f" /MissingWidth {face.defaultWidth:g} /FontFile2 "
        )
        font = (
            f"<< /Type /Font /Subtype /TrueType /BaseFont /{name} /FirstChar 0 /LastChar {len(letters) - 1}"
            f" /Widths [{widths}] "
        )
        meaning = makeToUnicodeCMap(name, letters).encode()
        return _Subset(
            _stream(file, f"/Length1 {len(file)}"), _stream(meaning), descriptor.encode(), font.encode()
        )

    def addObjects(self, doc: Any) -> None:
        """As the library's own, but for what was made before."""
        state = self.state[doc]
        state.frozen = 1
        for number, letters in enumerate(state.subsets):
            internal = self.getSubsetInternalName(number, doc)[1:]
            name = (SUBSETN(number) + b"+" + self.face.name).decode()
            subset = self._subset(name, tuple(letters))
            file = doc.Reference(subset.file, f"fontFile:{name}").format(doc)
            meaning = doc.Reference(subset.meaning, f"toUnicodeCMap:{name}").format(doc)
            descriptor = doc.Reference(subset.descriptor + file + b" >>", f"fontDescriptor:{name}").format(doc)
            font = subset.font + b"/ToUnicode " + meaning + b" /FontDescriptor " + descriptor + b" >>"
            doc.idToObject["BasicFonts"].dict[internal] = doc.Reference(font, internal)
        del self.state[doc]


def _stream(content: bytes, more: str = "") -> bytes:
    """A stream of a file, deflated."""
    small = zlib.compress(content, _DEFLATE)
    return f"<< /Filter /FlateDecode /Length {len(small)} {more} >>\nstream\n".encode() + small + b"\nendstream"
