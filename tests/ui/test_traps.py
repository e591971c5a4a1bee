"""What Qt and the letters do behind one's back, seen with the installed versions.

Where the trap is still there, the control shows it: the day it is gone, the way around can go too.
"""

import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from PySide6.QtCore import QDate, QLocale, QRegularExpression
from PySide6.QtGui import QFont, QFontDatabase, QFontInfo, QRegularExpressionValidator, QTextLayout
from PySide6.QtWidgets import QLabel, QLineEdit, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from tests.conftest import FONTS
from tests.ui import keys

ROOT = Path(__file__).parent.parent.parent

# Six tones on twelve vowels, đ, the đồng, and the letters of Ê Đê, Ba Na and Gia Rai names.
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
VIETNAMESE = {unicodedata.normalize("NFC", vowel + tone) for vowel in "aăâeêioôơuưy" for tone in TONES} | {"đ"}
VIETNAMESE |= {letter.upper() for letter in VIETNAMESE}
HIGHLAND = set("ŭŬčČĕĔŏŎĭĬñÑ") | set("\u0306\u0302\u031b")  # ơ̆ and ê̆ are written with the breve apart
NEEDED = VIETNAMESE | HIGHLAND | set("₫0123456789–—…“”‘’•×№½")
FACES = sorted(FONTS.glob("*.ttf"))


def run_python(program: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, so that a crash is a failure and not the end of the tests."""
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_setting_text_keeps_the_references_to_none() -> None:
    """PySide6 6.12.0 drops one at every call on Python 3.11, and the program dies after some thousand."""
    done = run_python(
        "import sys\n"
        "from PySide6.QtWidgets import QApplication, QLabel, QLineEdit\n"
        "app = QApplication([])\n"
        "label, line = QLabel(), QLineEdit()\n"
        "before = sys.getrefcount(None)\n"
        "for n in range(20_000):\n"
        "    label.setText(str(n)); line.setText(str(n)); label.setEnabled(True)\n"
        "print(sys.getrefcount(None) - before)\n"
    )
    assert done.returncode == 0, done.stderr
    assert abs(int(done.stdout)) < 100  # a few come and go; the trap loses tens of thousands


def test_vietnamese_is_typed_letter_by_letter(qtbot: QtBot) -> None:
    line = QLineEdit()
    qtbot.addWidget(line)
    keys.type_text(line, unicodedata.normalize("NFD", "Trần Văn Đức – H'Bia Niê Kđăm"))
    assert line.text() == "Trần Văn Đức – H'Bia Niê Kđăm"


def test_control_qts_own_typing_dies_at_a_vietnamese_letter() -> None:
    done = run_python(
        "from PySide6.QtWidgets import QApplication, QLineEdit\n"
        "from PySide6.QtTest import QTest\n"
        "app = QApplication([])\n"
        "QTest.keyClicks(QLineEdit(), 'Lê')\n"
    )
    assert done.returncode != 0


def test_a_word_still_being_composed_is_not_in_the_field(qtbot: QtBot) -> None:
    """So a shortcut that posts has to take the focus away first; then the input method commits it once."""
    line = QLineEdit()
    qtbot.addWidget(line)
    keys.compose(line, "v", "vi", "viê", "việ", "việt")
    assert line.text() == ""
    keys.commit(line, "việt")
    assert line.text() == "việt"


def test_a_name_is_letters_and_marks_since_word_means_ascii(qtbot: QtBot) -> None:
    def accepts(pattern: str) -> bool:
        validator = QRegularExpressionValidator(QRegularExpression(pattern))
        state = validator.validate("Nguyễn", 0)
        return isinstance(state, tuple) and state[0] == QRegularExpressionValidator.State.Acceptable

    assert accepts(r"[\p{L}\p{M}' ]+")
    assert not accepts(r"\w+")


def test_a_date_is_read_by_its_own_format_only() -> None:
    vietnamese = QLocale(QLocale.Language.Vietnamese, QLocale.Country.Vietnam)
    assert vietnamese.toDate("31/08/2026", "dd/MM/yyyy") == QDate(2026, 8, 31)
    assert vietnamese.toString(QDate(2026, 8, 31), "dd/MM/yyyy") == "31/08/2026"
    # The locale's short format has two digits for the year, and takes them for the last century's.
    short = vietnamese.dateFormat(QLocale.FormatType.ShortFormat)
    assert "yyyy" not in short
    assert vietnamese.toDate("31/8/26", QLocale.FormatType.ShortFormat) == QDate(1926, 8, 31)
    assert not vietnamese.toDate("31/08/2026", QLocale.FormatType.ShortFormat).isValid()


def test_money_goes_through_whole_numbers(qapp: object) -> None:
    vietnamese = QLocale(QLocale.Language.Vietnamese, QLocale.Country.Vietnam)
    assert vietnamese.toLongLong("3.000.000.000") == (3_000_000_000, True)
    assert vietnamese.toDouble("1.5")[1] is False
    with pytest.raises(OverflowError):
        QSpinBox().setMaximum(3_000_000_000)


# --- letters ------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FACES, ids=lambda file: file.stem)
class TestFace:
    @pytest.fixture
    def face(self, file: Path) -> Iterator[TTFont]:
        with TTFont(file) as face:
            yield face

    def test_has_every_letter(self, face: TTFont) -> None:
        assert {letter for letter in NEEDED if ord(letter) not in face.getBestCmap()} == set()

    def test_is_no_taller_than_its_line(self, face: TTFont) -> None:
        """Qt and reportlab take the line's height from hhea: what stands above it may be cut off."""
        assert tallest(face) <= face["hhea"].ascent
        assert lowest(face) >= face["hhea"].descent

    def test_sets_money_in_columns_and_can_be_drawn_on_paper(self, face: TTFont) -> None:
        cmap = face.getBestCmap()
        assert len({face["hmtx"][cmap[ord(digit)]][0] for digit in "0123456789"}) == 1
        assert "glyf" in face  # reportlab refuses PostScript outlines
        assert "fvar" not in face  # and draws a variable font in one weight only


def edges(face: TTFont) -> Iterator[tuple[int, int]]:
    for letter in NEEDED:
        glyph = face["glyf"][face.getBestCmap()[ord(letter)]]
        if glyph.numberOfContours and not unicodedata.combining(letter):
            yield glyph.yMin, glyph.yMax


def tallest(face: TTFont) -> int:
    return max(top for _, top in edges(face))


def lowest(face: TTFont) -> int:
    return min(bottom for bottom, _ in edges(face))


def test_the_faces_are_the_ones_the_pages_ask_for(fonts: tuple[str, ...]) -> None:
    assert {"Noto Sans", "Noto Serif"} <= set(fonts)
    for weight in (400, 500, 600, 700):
        asked = QFont("Noto Sans")
        asked.setWeight(QFont.Weight(weight))
        assert QFontInfo(asked).family().startswith("Noto Sans")
        assert QFontInfo(asked).weight() == weight
    assert sum(file.stat().st_size for file in FACES) < 6_000_000


@pytest.mark.parametrize("family", ["Noto Sans", "Noto Serif"])
def test_no_letter_falls_back_to_another_face(fonts: tuple[str, ...], family: str) -> None:
    letters = "".join(sorted(VIETNAMESE | set("₫0123456789")))
    assert is_drawn_by(family, f"{letters} ŭŬčČĕĔŏŎ ê̆ ơ̆ Ơ̆")
    assert not is_drawn_by(family, "Lê 中")  # control


def is_drawn_by(family: str, text: str) -> bool:
    """Whether this face alone draws it, without a box for a letter that no face has."""
    layout = QTextLayout(text, QFont(family))
    layout.beginLayout()
    layout.createLine().setLineWidth(100_000)
    layout.endLayout()
    runs = layout.glyphRuns()
    return {run.rawFont().familyName() for run in runs} == {family} and not any(
        0 in run.glyphIndexes() for run in runs
    )


STACKED = "NGUYỄN ẰẲẴẮẶ ẤẦẨẪ ỖỮ Ŭ gjyỵ"
UNHINTED = QFont.HintingPreference.PreferNoHinting


def font(family: str, *, pixels: int, weight: int, hinting: QFont.HintingPreference) -> QFont:
    made = QFont(family)
    made.setPixelSize(pixels)
    made.setWeight(QFont.Weight(weight))
    made.setHintingPreference(hinting)
    return made


def ink_rows(label: QLabel) -> int:
    """How many rows of pixels hold ink; a pixel less than half covered is an edge, not a stroke."""
    image = label.grab().toImage()
    return sum(
        any(image.pixelColor(x, y).value() < 128 for x in range(image.width())) for y in range(image.height())
    )


def is_clipped(face: QFont) -> bool:
    """Whether a label at its own size hint shows less ink than one with room to spare."""
    shown = []
    for room in (0, 40):
        label = QLabel(STACKED)
        label.setStyleSheet("background: white; color: black")
        label.setFont(face)
        size = label.sizeHint()
        label.resize(size.width() + 40, size.height() + room)
        shown.append(ink_rows(label))
    return shown[0] < shown[1]


@pytest.mark.parametrize(("family", "weight"), [("Noto Sans", 400), ("Noto Sans", 600), ("Noto Serif", 700)])
def test_no_tone_is_cut_off_in_a_label(fonts: tuple[str, ...], family: str, weight: int) -> None:
    sizes = range(12, 33)
    assert [n for n in sizes if is_clipped(font(family, pixels=n, weight=weight, hinting=UNHINTED))] == []


def test_control_hinting_lifts_a_tone_out_of_its_line(fonts: tuple[str, ...]) -> None:
    """FreeType rounds stacked tones up, over the line's top: so the program asks for no hinting."""
    hinted = QFont.HintingPreference.PreferDefaultHinting
    assert is_clipped(font("Noto Sans", pixels=19, weight=400, hinting=hinted))


def test_a_style_sheet_keeps_the_hinting_of_the_font_it_changes(qtbot: QtBot, fonts: tuple[str, ...]) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.setFont(font("Noto Sans", pixels=14, weight=400, hinting=UNHINTED))
    label = QLabel(STACKED, parent)
    parent.setStyleSheet("QLabel { font: 600 19px 'Noto Sans' }")
    label.ensurePolished()
    assert (label.font().pixelSize(), label.font().weight()) == (19, 600)
    assert label.font().hintingPreference() == UNHINTED


def test_control_a_face_taller_than_its_line_is_cut_off(qapp: object, tmp_path: Path) -> None:
    with TTFont(FONTS / "NotoSans-Regular.ttf") as face:
        for table, field in (("hhea", "ascent"), ("OS/2", "sTypoAscender"), ("OS/2", "usWinAscent")):
            setattr(face[table], field, 800)
        for record in face["name"].names:
            if record.nameID in (1, 4, 6, 16):
                record.string = "TooTall"
        face.save(tmp_path / "TooTall.ttf")
        assert tallest(face) > face["hhea"].ascent
    number = QFontDatabase.addApplicationFont(str(tmp_path / "TooTall.ttf"))
    assert is_clipped(font("TooTall", pixels=30, weight=400, hinting=UNHINTED))
    QFontDatabase.removeApplicationFont(number)
