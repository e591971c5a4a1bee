"""How the window looks: one palette, one style sheet, the shipped letters and icons.

Colours are named once and the style sheet refers to the names, so light and dark are the same sheet.
Letters are drawn without hinting: hinting lifts stacked Vietnamese tones out of their line.
"""

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

RESOURCES = Path(__file__).parent.parent.parent / "resources"

LIGHT = {
    "ink": "#1c2733", "muted": "#5b6b7a", "line": "#dde3e8", "field": "#c3ccd4", "surface": "#ffffff",
    "canvas": "#f3f5f6", "head": "#fafcfb", "foot": "#e9edf0", "rail": "#10302f", "rail_on": "#1d4a48",
    "rail_ink": "#e6efee", "rail_muted": "#9db8b6", "accent": "#0b6e69", "accent_dim": "#86b6b3",
    "on_accent": "#ffffff", "on_dim": "#ffffff", "weak": "#e2f0ef", "warn": "#9a5200", "warn_bg": "#fdf1df", "bad": "#b3261e",
    "bad_bg": "#fbe9e7", "ok": "#256f2c", "ok_bg": "#e6f3e7", "plain_bg": "#f1f3f5",
}  # fmt: skip
DARK = {
    "ink": "#e5ebf0", "muted": "#a3b1bd", "line": "#33404b", "field": "#4b5a66", "surface": "#1b242c",
    "canvas": "#141b21", "head": "#1f2931", "foot": "#182027", "rail": "#0b2221", "rail_on": "#1d4a48",
    "rail_ink": "#e6efee", "rail_muted": "#9db8b6", "accent": "#4fb8b1", "accent_dim": "#2f615e",
    "on_accent": "#06201f", "on_dim": "#cfe3e1", "weak": "#173b39", "warn": "#f0b566", "warn_bg": "#3d2c12", "bad": "#f4a19a",
    "bad_bg": "#46201d", "ok": "#92d399", "ok_bg": "#1d3a20", "plain_bg": "#26313a",
}  # fmt: skip

# The size the pictures were drawn with; everything else in the style sheet is relative to them.
TEXT_PIXELS = 14

_colours = dict(LIGHT)


@lru_cache(maxsize=64)
def colour(name: str) -> QColor:
    """A colour of the palette in use, by its name; the same one for everybody, who changes nothing of it."""
    return QColor(_colours[name])


@lru_cache(maxsize=64)
def font(pixels: int = TEXT_PIXELS, *, weight: int = 400) -> QFont:
    """The interface's face at a size in pixels; the same one for everybody, who changes nothing of it."""
    made = QFont("Noto Sans")
    made.setPixelSize(pixels)
    made.setWeight(QFont.Weight(weight))
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made


def dress(app: QApplication, *, dark: bool) -> None:
    """Give the program its letters, palette and style sheet. Called once, before the first window."""
    if _colours != (chosen := DARK if dark else LIGHT):
        _colours.update(chosen)
        colour.cache_clear()
        picture.cache_clear()
    _load_faces()
    app.setStyle("Fusion")
    app.setFont(font())
    app.setPalette(_palette())
    app.setStyleSheet(sheet())


@lru_cache(maxsize=1)
def _load_faces() -> None:
    """The shipped letters, known to Qt once."""
    for file in sorted((RESOURCES / "fonts").glob("NotoSans-*.ttf")):
        QFontDatabase.addApplicationFont(str(file))


def sheet() -> str:
    """The style sheet with the colours in their places."""
    text = (RESOURCES / "style.qss").read_text(encoding="utf-8")
    for name in sorted(_colours, key=len, reverse=True):
        text = text.replace(f"@{name}", _colours[name])
    return text.replace("@icons", (RESOURCES / "icons").as_posix())


def _palette() -> QPalette:
    made = QPalette()
    role = QPalette.ColorRole
    pairs = {
        role.Window: "canvas", role.WindowText: "ink", role.Base: "surface", role.AlternateBase: "head",
        role.Text: "ink", role.Button: "surface", role.ButtonText: "ink", role.Highlight: "accent",
        role.HighlightedText: "on_accent", role.PlaceholderText: "muted", role.ToolTipBase: "surface",
        role.ToolTipText: "ink", role.Link: "accent",
    }  # fmt: skip
    for which, name in pairs.items():
        made.setColor(which, colour(name))
    return made


@lru_cache(maxsize=256)
def picture(name: str, tone: str, pixels: int) -> QPixmap:
    """An icon of the set in a colour of the palette, sharp at twice its size."""
    # The first page has no icon.
    from PySide6.QtSvg import QSvgRenderer

    drawing = (RESOURCES / "icons" / f"{name}.svg").read_bytes().replace(b"currentColor", _colours[tone].encode())
    made = QPixmap(QSize(pixels * 2, pixels * 2))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    QSvgRenderer(QByteArray(drawing)).render(painter, QRectF(0, 0, pixels * 2, pixels * 2))
    painter.end()
    made.setDevicePixelRatio(2)
    return made


def icon(name: str, tone: str = "ink", pixels: int = 18) -> QIcon:
    """The same as an icon for a button or a row."""
    return QIcon(picture(name, tone, pixels))
