"""The words of the window and of the paper, in the language somebody chose.

`resources/text/<language>.toml` holds them under dotted keys; every language has the same keys and
the same facts in each. A key that is not there is a mistake of this program and raises `KeyError`:
an empty label on a voucher would be worse.
"""

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LANGUAGES = ("vi", "en")
TEXT = Path(__file__).parent.parent / "resources" / "text"
# What a reader of the paper is told to pronounce it as (BCP 47).
_TAGS = {"vi": "vi-VN", "en": "en-GB"}


class Words:
    """One language: `words("paper.receipt.number", number="…")`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.tag = _TAGS[language]
        self._texts = texts(language)

    def __call__(self, key: str, /, **facts: str | int) -> str:
        """The text with its facts in it; whole numbers are printed in groups of three. Raises `KeyError`."""
        text = self._texts[key]
        if not facts:
            return text
        return text.format(
            **{
                name: f"{fact:,}".replace(",", ".") if isinstance(fact, int) else fact
                for name, fact in facts.items()
            }
        )


@functools.cache
def texts(language: str) -> Mapping[str, str]:
    """Every text of a language by its dotted key; read from the disk once."""
    with (TEXT / f"{language}.toml").open("rb") as file:
        return dict(_flat("", tomllib.load(file)))


def _flat(stem: str, table: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in table.items():
        found += _flat(f"{stem}{name}.", value) if isinstance(value, dict) else [(stem + name, str(value))]
    return found
