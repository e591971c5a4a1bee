"""Pages of a PDF as pictures: for the preview, for printers that take dots, and for whoever looks at them in a test."""

# mypy: disallow-untyped-calls=False
# The library has no types; what leaves this module has.

from collections.abc import Iterator
from typing import Any, NamedTuple

import pypdfium2

POINTS_AN_INCH = 72


class Picture(NamedTuple):
    """One page: a byte a dot, 0 black and 255 white, row after row from the top."""

    width: int
    height: int
    grey: bytes


def sizes(pdf: bytes) -> tuple[tuple[float, float], ...]:
    """Width and height of each page in points."""
    document: Any = pypdfium2.PdfDocument(pdf)
    try:
        return tuple(document.get_page_size(at) for at in range(len(document)))
    finally:
        document.close()


def pictures(pdf: bytes, *, dpi: float, first: int = 1) -> Iterator[Picture]:
    """The pages of a file in order from the `first` (counted from 1), at so many dots an inch."""
    document: Any = pypdfium2.PdfDocument(pdf)
    try:
        for at in range(first - 1, len(document)):
            bitmap: Any = document[at].render(scale=dpi / POINTS_AN_INCH, grayscale=True)
            width, height, stride = bitmap.width, bitmap.height, bitmap.stride
            raw = bytes(bitmap.buffer)
            # Rows are filled up to whole words.
            rows = raw if stride == width else b"".join(raw[at : at + width] for at in range(0, stride * height, stride))
            yield Picture(width, height, rows)
    finally:
        document.close()
