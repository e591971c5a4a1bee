"""The same receipt made by WeasyPrint, a well-known maker of PDF: from the same sheet, with the same faces.

It gets what can be kept between two receipts: its style sheet is read and its faces are loaded once.
"""

import base64
import html
import io
from collections.abc import Callable
from pathlib import Path

import zxingcpp

from desktop.sheets.sheet import Block, Code, Facts, Letterhead, Paragraph, Said, Sheet, Signing, Table, Title

FONTS = Path(__file__).parents[2] / "resources" / "fonts"
STYLES = {"plain": ("Regular", "400", "normal"), "bold": ("Bold", "700", "normal"), "italic": ("Italic", "400", "italic")}
FACES = "\n".join(
    f"@font-face {{ font-family: Noto; font-weight: {weight}; font-style: {slant}; "
    f"src: url({(FONTS / f'NotoSans-{name}.ttf').as_uri()}); }}"
    for name, weight, slant in STYLES.values()
)
CSS = """
@page { size: 595.28pt 419.53pt; margin: 28.35pt }
body { font: 9.2pt/13.5pt Noto; margin: 0 }
b { font-weight: 700 }
.sides { display: flex; justify-content: space-between }
.right { text-align: right }
.center { text-align: center }
h1 { font-size: 14.2pt; line-height: 18pt; margin: 0; text-align: center }
.facts > span { margin-right: 12pt }
table { width: 100%; border-collapse: collapse; margin: 6pt 0 }
td, th { border: 0.4pt solid; padding: 2pt 5.7pt; line-height: 11.8pt; text-align: left }
tr.bold td { font-weight: 700 }
.box { flex: 1; text-align: center }
.hint, .small { font-size: 8.1pt }
.room { height: 27pt }
img { width: 80.9pt; image-rendering: pixelated }
.foot { font-size: 7.5pt; position: fixed; bottom: 0 }
"""


def maker() -> Callable[[Sheet], bytes]:
    """What makes a file of a receipt. Raises ImportError or OSError where WeasyPrint or what it loads is not here."""
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    faces = FontConfiguration()
    style = weasyprint.CSS(string=FACES + CSS, font_config=faces)

    def made(sheet: Sheet) -> bytes:
        file: bytes = weasyprint.HTML(string=page(sheet)).write_pdf(stylesheets=[style], font_config=faces)
        return file

    return made


def page(sheet: Sheet) -> str:
    """A receipt as HTML, with everything that the sheet says."""
    blocks = "".join(_block(block) for block in sheet.blocks)
    foot = f'<div class="foot">{html.escape(sheet.foot)}</div>'
    title = f"<title>{html.escape(sheet.name)}</title>"
    return f'<!doctype html><html lang="{sheet.language}"><head>{title}</head><body>{blocks}{foot}</body></html>'


def _said(said: Said) -> str:
    tags = {"plain": "span", "bold": "b", "italic": "i"}
    return "".join(f"<{tags[one.style]}>{html.escape(one.text)}</{tags[one.style]}>" for one in said)


def _block(block: Block) -> str:
    match block:
        case Letterhead():
            left, right = ("".join(f"<div>{_said(one)}</div>" for one in part) for part in (block.left, block.right))
            return f'<div class="sides"><div>{left}</div><div class="right">{right}</div></div>'
        case Title():
            return f"<h1>{html.escape(block.text)}</h1><div class='center small'>{html.escape(block.under)}</div>"
        case Facts():
            return f"<div class='facts'>{' '.join(f'<span>{_said(one)}</span>' for one in block.items)}</div>"
        case Table():
            return _table(block)
        case Paragraph():
            return f"<div>{_said(block.said)}</div>"
        case Signing():
            boxes = "".join(
                f'<div class="box">{html.escape(box.role)}<div class="hint">{html.escape(box.hint)}</div>'
                f'<div class="room"></div>{html.escape(box.name)}</div>'
                for box in block.boxes
            )
            return f'<div class="sides">{boxes}{_code(block.code) if block.code else ""}</div>'
        case _:
            raise NotImplementedError(f"no receipt says a {type(block).__name__}")


def _table(block: Table) -> str:
    heads = "".join(f'<th class="{column.align}">{html.escape(column.title)}</th>' for column in block.columns)
    rows = []
    for row in (*block.rows, *block.totals):
        first = f'<td colspan="{row.merged}">{html.escape(row.cells[0])}</td>'
        aligned = zip(block.columns[row.merged :], row.cells[1:], strict=True)
        cells = "".join(f'<td class="{column.align}">{html.escape(cell)}</td>' for column, cell in aligned)
        rows.append(f'<tr class="{row.style}">{first}{cells}</tr>')
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _code(code: Code) -> str:
    from PIL import Image

    barcode = zxingcpp.create_barcode(code.text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    file = io.BytesIO()
    Image.fromarray(barcode.to_image(add_quiet_zones=False)).save(file, "PNG")
    lines = "".join(f"<div>{html.escape(line)}</div>" for line in code.lines)
    picture = base64.b64encode(file.getvalue()).decode()
    return f'<img src="data:image/png;base64,{picture}"><div class="small" style="width: 100pt">{lines}</div>'
