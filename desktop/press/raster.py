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


def pictures(pdf: bytes, *, dpi: int) -> Iterator[Picture]:
    """The pages of a file in order, at so many dots an inch."""
    document: Any = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            bitmap: Any = page.render(scale=dpi / POINTS_AN_INCH, grayscale=True)
            width, height, stride = bitmap.width, bitmap.height, bitmap.stride
            raw = bytes(bitmap.buffer)
            # Rows are filled up to whole words.
            rows = raw if stride == width else b"".join(raw[at : at + width] for at in range(0, stride * height, stride))
            yield Picture(width, height, rows)
    finally:
        document.close()
