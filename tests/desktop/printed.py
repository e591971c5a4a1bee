"""Reading paper back as other programs do: its text, its pixels, its code."""

import shutil
import subprocess
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

# The coarsest printer in use at the points.
DPI = 203


def pages_text(pdf: bytes) -> list[str]:
    """The text of each page as PDFium gives it back."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]
    finally:
        document.close()


def text(pdf: bytes) -> str:
    return "\n".join(pages_text(pdf))


def codes(pdf: bytes) -> list[str]:
    """The QR codes of all pages, read by ZXing from their pixels."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [code for page in document for code in codes_on(page.render(scale=DPI / 72, grayscale=True).to_pil())]
    finally:
        document.close()


def codes_on(picture: Image.Image) -> list[str]:
    """The same of one picture."""
    return [found.text for found in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)]


def tool(name: str, *arguments: str, folder: Path) -> str:
    """What another program says about a file; the test is skipped where it is not installed."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    return subprocess.run([name, *arguments], cwd=folder, check=True, capture_output=True).stdout.decode()
