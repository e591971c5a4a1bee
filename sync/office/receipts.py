"""Is this paper ours? The text of a receipt's QR code, asked with no network.

The laptop's signature says that the laptop made it; the book says whether it still stands. A receipt
of entries that have not come in yet is genuine and *not received*, which is for the officer to chase.
"""

from typing import Literal, NamedTuple

from sync.chain import Stub, verify_stub
from sync.keys import SignatureWrong
from sync.office import devices
from sync.office.home import Office
from sync.office.store import Book, EntryRow
from sync.receipt import read_receipt
from sync.voucher import number_text

Verdict = Literal["genuine", "not-received", "altered", "unknown-laptop", "other-history"]


class Answer(NamedTuple):
    """What can be said of a receipt; `stub` is what its code says, to be held beside the paper."""

    verdict: Verdict
    stub: Stub
    number: str  # as printed; empty where the book is not known


# verdict -> Vietnamese, English
SENTENCES: dict[Verdict, tuple[str, str]] = {
    "genuine": (
        "Biên lai thật, đúng với sổ của văn phòng.",
        "The receipt is genuine and agrees with the office's book.",
    ),
    "not-received": (
        "Chữ ký của máy đúng, nhưng bút toán này chưa về văn phòng. Yêu cầu máy gửi sổ.",
        "The laptop's signature is right, but the entry has not come in yet. Have the laptop send its book.",
    ),
    "altered": (
        "Biên lai bị sửa hoặc giả: chữ ký không đúng. Giữ lại tờ giấy và báo phụ trách.",
        "The receipt was altered or forged: the signature is wrong. Keep the paper and report it.",
    ),
    "unknown-laptop": (
        "Không có máy nào của văn phòng này làm ra biên lai. Hỏi văn phòng khác, hoặc coi là giả.",
        "No laptop of this office made the receipt. Ask the other office, or treat it as forged.",
    ),
    "other-history": (
        "Chữ ký của máy đúng, nhưng sổ văn phòng có bút toán khác ở số này. Báo phụ trách ngay.",
        "The laptop's signature is right, but the office's book says something else there. Report it at once.",
    ),
}  # fmt: skip


def verify_receipt(office: Office, *, text: str) -> Answer:
    """What can be said of the text in a receipt's code. Raises `NotReceipt`, `Malformed`."""
    stub, signature = read_receipt(text)
    with office.store.reading() as db:
        # A book's id begins with the first half of its laptop's.
        device = devices.by_prefix(db, prefix=stub.book[:8])
        if device is None:
            return Answer("unknown-laptop", stub, "")
        row = db.get(Book, stub.book)
        number = ""
        if row:
            number = number_text(
                point_code=row.point_code, session_date=f"{row.session_date:%Y%m%d}", letter=row.letter,
                number=stub.number,
            )  # fmt: skip
        try:
            verify_stub(stub, signature, device_key=devices.genuine_key(device))
        except SignatureWrong:
            return Answer("altered", stub, number)
        entry = db.get(EntryRow, (stub.book, stub.number))
        if entry is None:
            return Answer("not-received", stub, number)
        return Answer("genuine" if entry.head == stub.digest else "other-history", stub, number)
