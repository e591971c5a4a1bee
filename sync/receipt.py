"""The text in a receipt's QR code, so that anyone can check the paper with no network.

What the laptop signed about an entry (its `Stub`), and the signature, in the letters a QR code packs
best: base45 (RFC 9285), behind a short prefix that says whose text this is. The prefix and base45
have only letters of the QR alphanumeric set, so a receipt fits 53 x 53 modules at error level M.

What a good signature does not say: that the sheet around the code is the one that was printed. The
amount, the number and the date in the stub must be held beside those on the paper.

One text has one reading and one stub has one text: a text that could have been written in another
way is refused, so no two codes mean the same receipt.

Two receipts of one book say more than each alone: every stub has the turnovers of its book after the entry, so
`compare` says what went in and out between them, and what cannot be true of both, without the book.
"""

import struct
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from sync.chain import Stub
from sync.errors import Refusal
from sync.records import Malformed, from_bytes

PREFIX = "DGD1:"
# What stands in the code of a paper made to practise on, in the languages papers are printed in.
TRAINING_MARKS = ("TẬP HUẤN", "TRAINING")
SIGNATURE_BYTES = 64
# A stub of twelve-digit amounts and a book of two thousand million entries is 110 bytes: 266 letters.
TEXT_LETTERS_MAX = 300

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
# What the first two letters of three say, by their value.
_PAIRS = tuple(low + high for high in _LETTERS for low in _LETTERS)
# A letter's value by its ASCII; of one that is none of ours, what no value is.
_NO_VALUE = 255
_VALUES = bytes(_LETTERS.find(chr(code)) % 256 for code in range(256))


class NotReceipt(Refusal):
    """A text that no receipt of this program carries."""

    code = "receipt.not-ours"
    vi = "Mã vừa quét không phải mã biên lai của điểm giao dịch. Quét lại mã vuông ở góc dưới bên phải tờ biên lai."
    en = "This code is not from a receipt of a transaction point. Scan the square code at the bottom right of the receipt."


class ReceiptTorn(NotReceipt):
    """A text that begins as ours do and does not go on so: scanned in part, or tampered with."""

    code = "receipt.torn"
    vi = "Mã bắt đầu như mã biên lai nhưng thiếu hoặc sai chữ. Quét lại cả ô mã; vẫn như vậy thì giữ tờ giấy và báo phụ trách."
    en = "The code begins as a receipt's does, but letters are missing or wrong. Scan the whole square again; if it stays so, keep the paper and report it."


def base45(raw: bytes) -> str:
    """Two bytes as three letters, a last single byte as two (RFC 9285)."""
    whole = len(raw) // 2
    words = struct.unpack_from(f">{whole}H", raw)
    return "".join([_PAIRS[word % 2025] + _LETTERS[word // 2025] for word in words]) + (_PAIRS[raw[-1]] if len(raw) % 2 else "")


def from_base45(text: str) -> bytes:
    """The bytes that `base45` makes this text of. Raises `ReceiptTorn`."""
    values = text.encode("ascii", "replace").translate(_VALUES)
    left = len(values) % 3
    if _NO_VALUE in values or left == 1:
        raise ReceiptTorn
    words = [low + 45 * middle + 2025 * high for low, middle, high in zip(values[0::3], values[1::3], values[2::3], strict=False)]
    last = values[-2] + 45 * values[-1] if left else 0
    if max(words, default=0) > 0xFFFF or last > 0xFF:
        raise ReceiptTorn
    return struct.pack(f">{len(words)}H", *words) + bytes([last] if left else ())


def receipt_text(stub: Stub, signature: bytes) -> str:
    """What stands in the code of one receipt; `signature` is the entry's own, 64 bytes."""
    return PREFIX + base45(stub.to_bytes() + signature)


def is_training(text: str) -> bool:
    """Whether this is what the code of a paper made to practise on says."""
    return unicodedata.normalize("NFC", text).strip() in TRAINING_MARKS


def read_receipt(text: str) -> tuple[Stub, bytes]:
    """The stub and the signature, not yet to be believed: ask `chain.verify_stub` with the laptop's key.

    Blanks in front and a line end behind, which scanners and pasting add, are let go; a blank behind may be a
    letter of the code. Raises `NotReceipt`, or `ReceiptTorn`, which is one, and nothing else.
    """
    said = text.lstrip(" \t\r\n").rstrip("\r\n\t")
    if not said.startswith(PREFIX):
        raise NotReceipt
    if len(said) > TEXT_LETTERS_MAX:
        raise ReceiptTorn
    raw = from_base45(said[len(PREFIX) :])
    stub, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    try:
        return from_bytes(Stub, stub), signature
    except Malformed as error:
        raise ReceiptTorn from error


# Two receipts

Relation = Literal["same", "next", "apart", "other-book", "clash"]
Contradiction = Literal["two-at-number", "other-day", "totals-fall", "totals-do-not-fit", "not-linked", "cannot-be"]

# What two receipts are to each other, Vietnamese and English; `between`, `cash_in` and `cash_out` are texts.
RELATIONS: Mapping[Relation, tuple[str, str]] = {
    "same": (
        "Hai mã là của cùng một bút toán (các liên, hoặc bản in lại).",
        "Both codes are of one entry (copies of it, or printed again).",
    ),
    "next": (
        "Hai bút toán liền nhau trong cùng một sổ, không có gì ở giữa.",
        "Two entries of one book, right after each other, with nothing between them.",
    ),
    "apart": (
        "Cùng một sổ. Giữa hai biên lai có {between} bút toán, tiền mặt thu {cash_in} đ, chi {cash_out} đ.",
        "One book. Between the two receipts lie {between} entries: {cash_in} đ of cash came in, {cash_out} đ went out.",
    ),
    "other-book": (
        "Hai biên lai thuộc hai sổ khác nhau (khác phiên hoặc khác máy): không nói gì được về nhau.",
        "The two receipts are of two books (another session or laptop): neither says anything of the other.",
    ),
    "clash": (
        "Hai mã không thể cùng đúng. Giữ cả hai tờ giấy, giữ nguyên máy và báo phụ trách ngay.",
        "The two codes cannot both be true. Keep both papers, leave the laptop as it is and report it at once.",
    ),
}  # fmt: skip
CONTRADICTIONS: Mapping[Contradiction, tuple[str, str]] = {
    "two-at-number": (
        "Cùng một số trong cùng một sổ nhưng là hai bút toán khác nhau.",
        "One number of one book, and two different entries.",
    ),
    "other-day": ("Cùng một sổ nhưng hai ngày khác nhau.", "One book, and two different days."),
    "totals-fall": (
        "Tổng thu hoặc tổng chi trong ngày ở biên lai sau nhỏ hơn mức mà biên lai trước đòi hỏi.",
        "The day's running totals of the later receipt are lower than the earlier one lets them be.",
    ),
    "totals-do-not-fit": (
        "Hai bút toán liền nhau nhưng tổng thu chi không tăng đúng bằng số tiền của biên lai sau.",
        "Right after each other, and the running totals do not grow by just the later receipt's amount.",
    ),
    "not-linked": (
        "Hai số liền nhau nhưng biên lai sau không nối vào biên lai trước: sổ có hai nhánh.",
        "Numbers right after each other, and the later receipt does not follow the earlier: the book has two branches.",
    ),
    "cannot-be": (
        "Một trong hai mã nói điều không sổ nào nói được (số 0, tổng âm, hoặc tổng nhỏ hơn chính số tiền của nó).",
        "One of the codes says what no book can (number 0, a total below zero or below its own amount).",
    ),
}  # fmt: skip

_NO_HEAD8 = bytes(8)


class Comparison(NamedTuple):
    """What two stubs say of each other; believe it only where both signatures are good.

    `between` entries lie strictly between the two, and moved `cash_in` and `cash_out` đồng; all three are 0
    where the relation is not "apart". Of two books the earlier day comes first.
    """

    relation: Relation
    earlier: Stub
    later: Stub
    between: int = 0
    cash_in: int = 0
    cash_out: int = 0
    contradictions: tuple[Contradiction, ...] = ()


def compare(first: Stub, second: Stub) -> Comparison:
    """Two receipts held side by side, in either order."""
    earlier, later = sorted((first, second), key=lambda one: (one.business_date, one.book, one.number, one.to_bytes()))
    if earlier.book != later.book:
        return Comparison("other-book", earlier, later)
    if earlier.number > later.number:
        earlier, later = later, earlier
    if found := tuple(_contradictions(earlier, later)):
        return Comparison("clash", earlier, later, contradictions=found)
    if earlier == later:
        return Comparison("same", earlier, later)
    between = later.number - earlier.number - 1
    if not between:
        return Comparison("next", earlier, later)
    cash_in, cash_out = _moved(earlier, later)
    return Comparison("apart", earlier, later, between, cash_in, cash_out)


def _moved(earlier: Stub, later: Stub) -> tuple[int, int]:
    """Đồng in and out after the earlier entry and before the later one: the turnovers are those after an entry."""
    taken = 0 if _opens(later) else max(later.amount, 0)
    return (
        later.cash_in - taken - earlier.cash_in,
        later.cash_out - max(-later.amount, 0) - earlier.cash_out,
    )


def _contradictions(earlier: Stub, later: Stub) -> Iterator[Contradiction]:
    if not (_can_be(earlier) and _can_be(later)):
        yield "cannot-be"
    if earlier.business_date != later.business_date:
        yield "other-day"
    if earlier.number == later.number:
        if earlier != later:
            yield "two-at-number"
        return
    cash_in, cash_out = _moved(earlier, later)
    if cash_in < 0 or cash_out < 0:
        yield "totals-fall"
    if later.number == earlier.number + 1:
        if cash_in > 0 or cash_out > 0:
            yield "totals-do-not-fit"
        if later.prev8 != earlier.digest[:8]:
            yield "not-linked"


def _can_be(stub: Stub) -> bool:
    """Whether some book could say this. The float that opens a session is no turnover; nothing came in or went out before it."""
    if stub.number == 0 or stub.cash_in < 0 or stub.cash_out < max(-stub.amount, 0) or len(stub.prev8) != len(_NO_HEAD8):
        return False
    if stub.number == 1:
        return stub.prev8 == _NO_HEAD8
    return stub.prev8 != _NO_HEAD8 and (stub.cash_in >= stub.amount or _opens(stub))


def _opens(stub: Stub) -> bool:
    """Whether this can only be the float: cash came in, and none is counted as turnover. An outage may stand before it."""
    return stub.amount > 0 and stub.cash_in == stub.cash_out == 0
