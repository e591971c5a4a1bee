"""One HTML file that checks receipts where there is no network and no office: on a telephone, from its own storage.

It holds the laptops' public keys and, of the sessions of the last days, eight bytes for each entry received: a mark
of the whole stub, so it can tell a receipt of the books from any other that the same key signed. It holds no name
and no amount but the turnovers after the last entry of each book, which every receipt of that day shows too.

It says what the office knew when it was made. The office signs the file as it is; `check` says whether a file is
one of ours, which the file cannot say of itself (PROTOCOL.md, *Receipt page*).
"""

import base64
import datetime
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlmodel import Session as Database
from sqlmodel import col, select

from sync import keys, receipt
from sync.chain import Entry, stub_of
from sync.errors import Damage
from sync.office import lineage, outages
from sync.office.home import VIETNAM, Office
from sync.office.receipts import RULINGS, Ruling, undone
from sync.office.store import Book, Device, EntryRow
from sync.records import from_bytes

_HERE = Path(__file__).parent / "templates" / "receipt_page"
# Four monthly sessions: as long as anybody comes back with a paper and asks.
DAYS = 120
MARK_BYTES = 8
_LABEL = "receipt-page/1"
_SEAL = re.compile(rb"<!-- dgd/receipt-page/1 ([0-9a-f]{128}) -->\n\Z")

# What only the page has to say: it is made at a moment, and runs in a browser nobody chose.
PAGE_RULINGS: Final[Mapping[str, Ruling]] = {
    "no-check": Ruling(
        "note", False,
        "Trình duyệt này không kiểm được chữ ký số (Ed25519), nên CHƯA biết thật hay giả. Mở trang bằng Chrome, Edge, Firefox hoặc Safari mới, từ tệp đã lưu trên máy.",
        "This browser cannot check digital signatures (Ed25519), so it is NOT known whether the receipt is genuine. Open the page in a recent Chrome, Edge, Firefox or Safari, from a file saved on the device.",
    ),
    "before-page": Ruling(
        "note", True,
        "Chữ ký của máy đúng, nhưng phiên này cũ hơn các phiên trang còn giữ. Hỏi văn phòng xem biên lai còn giá trị không.",
        "The laptop's signature is right, but the session is older than those this page keeps. Ask the office whether the receipt still stands.",
    ),
    "after-page": Ruling(
        "note", True,
        "Chữ ký của máy đúng, nhưng trang này lập trước khi có phiên đó. Xin văn phòng trang mới rồi kiểm lại.",
        "The laptop's signature is right, but this page was made before that session. Ask the office for a new page and check again.",
    ),
    "stranger": Ruling("fault", False, receipt.NotReceipt.vi, receipt.NotReceipt.en),
    "torn": Ruling("fault", False, receipt.ReceiptTorn.vi, receipt.ReceiptTorn.en),
}  # fmt: skip


class PageAltered(Damage):
    """A file that this office did not make, or that was changed since."""

    code = "receipt-page.altered"
    vi = "Tệp {file} không phải trang kiểm tra biên lai của văn phòng này, hoặc đã bị sửa. Xóa tệp và lập trang mới (receipt-page)."
    en = "The file {file} is no receipt page of this office, or it was changed. Delete it and make a new one (receipt-page)."


def receipt_page(office: Office, *, days: int) -> bytes:
    """The file, signed, with the sessions of the last so many days."""
    style = (_HERE / "page.css").read_text("utf-8")
    script = (_HERE / "reading.js").read_text("utf-8") + (_HERE / "page.js").read_text("utf-8")
    directory = json.dumps(_directory(office, days=days), ensure_ascii=False, separators=(",", ":"))
    made = Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined).get_template("page.html")
    page = made.render(
        office_name=office.name, style=style, script=script, style_hash=_csp(style), script_hash=_csp(script),
        # Nothing in a data block may look like the end of it.
        directory=directory.replace("<", "\\u003c"),
    ).encode()  # fmt: skip
    page = page.rstrip(b"\n") + b"\n"
    return page + f"<!-- dgd/{_LABEL} {keys.sign(office.sign_seed, _LABEL, page).hex()} -->\n".encode()


def check(office: Office, *, page: bytes, name: str) -> None:
    """Whether a file is a receipt page of this office, unchanged. Raises `PageAltered`, naming the file."""
    seal = _SEAL.search(page)
    if seal is None:
        raise PageAltered(file=name)
    try:
        keys.verify(office.sign_key, _LABEL, page[: seal.start()], bytes.fromhex(seal[1].decode()), what=name)
    except keys.SignatureWrong as wrong:
        raise PageAltered(file=name) from wrong


def _csp(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _directory(office: Office, *, days: int) -> dict[str, Any]:
    """Everything the page knows, as plain values; ids and keys are lower-case hex, days YYYY-MM-DD."""
    now = datetime.datetime.fromtimestamp(office.now_s(), tz=VIETNAM)
    first_day = now.date() - datetime.timedelta(days=days)
    with office.store.reading() as db:
        laptops = [
            {
                "id": row.device[:8].hex(), "letter": row.letter, "key": row.sign_key.hex(),
                "revoked": f"{datetime.datetime.fromtimestamp(row.revoked_s, tz=VIETNAM):%d/%m/%Y}" if row.revoked_s else "",
            }
            for row in db.exec(select(Device).order_by(Device.letter, col(Device.made_s))) if row.sign_key
        ]  # fmt: skip
        recent = db.exec(select(Book).where(Book.session_date >= first_day).order_by(col(Book.session_date), Book.letter))
        books = [_of_book(db, row) for row in recent.all()]
    rulings: dict[str, Ruling] = {**dict(RULINGS.items()), **PAGE_RULINGS}
    return {
        "office": office.name, "office_id": office.office_id.hex(), "made": f"{now:%d/%m/%Y %H:%M}",
        "made_day": now.date().isoformat(), "first_day": first_day.isoformat(), "days": days,
        "rulings": {name: [ruling.tone, ruling.ours, ruling.vi, ruling.en] for name, ruling in rulings.items()},
        "relations": receipt.RELATIONS, "contradictions": receipt.CONTRADICTIONS,
        "laptops": laptops, "books": books,
    }  # fmt: skip


def _ends(db: Database, book: Book) -> int:
    """The last number of a book from which another laptop went on; 0 where none did."""
    later = (one.begins for one in lineage.books(db, book.root) if one.follows == book.book and one.begins)
    return min(later, default=0)


def _of_book(db: Database, book: Book) -> dict[str, Any]:
    rows = db.exec(select(EntryRow).where(EntryRow.book == book.book).order_by(col(EntryRow.number)))
    marks, last = bytearray(), b""
    for row in rows:
        last = stub_of(from_bytes(Entry, row.raw), row.head).to_bytes()
        marks += keys.digest("receipt-mark/1", last)[:MARK_BYTES]
    received = len(marks) // MARK_BYTES
    back = undone(db, book.book)
    return {
        "book": book.book.hex(), "point": book.point_code, "name": book.point_name, "day": book.session_date.isoformat(),
        "letter": book.letter, "begins": book.begins, "ends": _ends(db, book), "received": book.begins + received, "closed": book.state == "closed", "frozen": book.frozen,
        "marks": base64.b64encode(marks).decode(), "last": base64.b64encode(last).decode(),
        "gaps": outages.gaps_of(db, book=book.book),
        "reversed": {number: by for number, (by, _) in back.items() if by},
        "corrected": {number: list(taken) for number, (by, taken) in back.items() if taken and not by},
    }  # fmt: skip
