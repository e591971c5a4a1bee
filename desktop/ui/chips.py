"""Small signs: a chip says a state in a word, a key cap says which key, a notice says a sentence."""

from collections.abc import Callable, Iterable
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.words import LANGUAGES, Words

Tone = Literal["plain", "ok", "warn", "bad"]


def toned(widget: QWidget, tone: str) -> None:
    """Give a widget another tone of the style sheet."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class Chip(QLabel):
    """A word in a rounded field."""

    def __init__(self, text: str = "", *, tone: Tone = "plain") -> None:
        super().__init__(text)
        self.setObjectName("chip")
        self.setProperty("tone", tone)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        if not text:
            self.hide()

    def show_text(self, text: str, *, tone: Tone) -> None:
        """Say something else."""
        self.setText(text)
        self.setVisible(bool(text))
        toned(self, tone)


def label(text: str = "", *, name: str = "", wrap: bool = False) -> QLabel:
    """A text in one of the style sheet's named sizes (muted, title, strong, figure, sum)."""
    made = QLabel(text)
    made.setObjectName(name)
    made.setWordWrap(wrap)
    made.setTextFormat(Qt.TextFormat.PlainText)
    return made


def button(text: str, *, name: str = "plain", key: str = "") -> QPushButton:
    """A button; `key` is shown in it as the key that does the same."""
    made = QPushButton()
    made.setObjectName(name)
    name_button(made, text, key=key)
    made.setAutoDefault(False)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    return made


def name_button(made: QPushButton, text: str, *, key: str = "") -> None:
    """Give a button its text; `&` is a letter here and underlines nothing."""
    made.setText((f"{text}   {key}" if key else text).replace("&", "&&"))
    made.setAccessibleName(text)


def card(*, name: str = "card") -> tuple[QFrame, QVBoxLayout]:
    """A white panel with a thin line around it, and where its content goes."""
    frame = QFrame()
    frame.setObjectName(name)
    inside = QVBoxLayout(frame)
    inside.setContentsMargins(1, 1, 1, 1)
    inside.setSpacing(0)
    return frame, inside


def row(*items: QWidget | int | None, margins: tuple[int, int, int, int] = (0, 0, 0, 0), gap: int = 8) -> QHBoxLayout:
    """Widgets side by side; a number is a gap of so many pixels, None takes the room that is left."""
    made = QHBoxLayout()
    made.setContentsMargins(*margins)
    made.setSpacing(gap)
    for item in items:
        if item is None:
            made.addStretch(1)
        elif isinstance(item, int):
            made.addSpacing(item)
        else:
            made.addWidget(item)
    return made


def language_links(words: Words, *, chosen: Callable[[str], object]) -> QHBoxLayout:
    """The languages at the right, the one in use dimmed."""
    links: list[QWidget | None] = [None]
    for code in LANGUAGES:
        link = QPushButton(words(f"ui.language.{code}"))
        link.setObjectName("link")
        link.setAccessibleName(words(f"ui.language.{code}"))
        link.setEnabled(code != words.language)
        link.clicked.connect(lambda _=False, code=code: chosen(code))
        links.append(link)
    return row(*links)


def heading(*items: QWidget | int | None) -> QWidget:
    """The head of a card: a line of text and signs with a rule below."""
    made = QWidget()
    made.setObjectName("cardhead")
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    made.setLayout(row(*items, margins=(14, 0, 14, 0), gap=10))
    made.setFixedHeight(44)
    return made


def foot(inside: QLayout) -> QWidget:
    """The foot of a card: the sums and the button that posts them, with a rule above."""
    made = QWidget()
    made.setObjectName("cardfoot")
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    made.setLayout(inside)
    return made


def search_field(text: str) -> QLineEdit:
    """A field that looks for something; the text says for what."""
    made = QLineEdit()
    made.setPlaceholderText(text)
    made.setAccessibleName(text)
    return made


class Notice(QLabel):
    """A sentence about what happened, under the thing it is about; empty, it takes no room."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.hide()

    def tell(self, text: str, *, tone: Tone = "bad") -> None:
        """Show a sentence, or nothing."""
        self.setText(text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        toned(self, tone)


class KeyLine(QWidget):
    """The foot line: the keys that work now."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("foot")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(30)
        self._line = row(margins=(18, 0, 18, 0), gap=4)
        self.setLayout(self._line)
        self.shown: tuple[tuple[str, str], ...] = ()

    def show_keys(self, keys: Iterable[tuple[str, str]]) -> None:
        """Show (key, what it does) pairs."""
        if (now := tuple(keys)) == self.shown:
            return
        self.shown = now
        while (item := self._line.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for cap, what in self.shown:
            key = label(cap, name="cap")
            key.setFixedHeight(20)
            self._line.addWidget(key)
            self._line.addWidget(label(what, name="footword"))
            self._line.addSpacing(14)
        self._line.addStretch(1)
