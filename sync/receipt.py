"""The text in a receipt's QR code, so that anyone can check the paper with no network.

What the laptop signed about an entry (its `Stub`), and the signature, in the letters a QR code packs
best: base45 (RFC 9285), behind a short prefix that says whose text this is. The prefix and base45
have only letters of the QR alphanumeric set, so a receipt fits 53 x 53 modules at error level M.

What a good signature does not say: that the sheet around the code is the one that was printed. The
amount, the number and the date in the stub must be held beside those on the paper.

One text has one reading and one stub has one text: a text that could have been written in another
way is refused, so no two codes mean the same receipt.
"""

from sync.chain import Stub
from sync.errors import Refusal
from sync.records import Malformed, from_bytes

PREFIX = "DGD1:"
SIGNATURE_BYTES = 64
# A stub of twelve-digit amounts and a book of two thousand million entries is 110 bytes: 266 letters.
TEXT_LETTERS_MAX = 300

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {letter: value for value, letter in enumerate(_LETTERS)}


class NotReceipt(Refusal):
    """A text that no receipt of this program carries."""

    code = "receipt.not-ours"
    vi = "Mã vừa quét không phải mã biên lai của điểm giao dịch. Quét lại mã vuông ở góc dưới bên phải tờ biên lai."
    en = "This code is not from a receipt of a transaction point. Scan the square code at the bottom right of the receipt."


def base45(raw: bytes) -> str:
    """Two bytes as three letters, a last single byte as two (RFC 9285)."""
    letters: list[str] = []
    for start in range(0, len(raw) - 1, 2):
        high, low = divmod(int.from_bytes(raw[start : start + 2], "big"), 45)
        letters += [_LETTERS[low], _LETTERS[high % 45], _LETTERS[high // 45]]
    if len(raw) % 2:
        high, low = divmod(raw[-1], 45)
        letters += [_LETTERS[low], _LETTERS[high]]
    return "".join(letters)


def from_base45(text: str) -> bytes:
    """The bytes that `base45` makes this text of. Raises `NotReceipt`."""
    values = [_VALUES.get(letter, -1) for letter in text]
    if min(values, default=0) < 0 or len(values) % 3 == 1:
        raise NotReceipt
    made = bytearray()
    for start in range(0, len(values), 3):
        three = values[start : start + 3]
        value = sum(one * 45**place for place, one in enumerate(three))
        size = len(three) - 1
        if value >= 256**size:
            raise NotReceipt
        made += value.to_bytes(size, "big")
    return bytes(made)


def receipt_text(stub: Stub, signature: bytes) -> str:
    """What stands in the code of one receipt; `signature` is the entry's own, 64 bytes."""
    return PREFIX + base45(stub.to_bytes() + signature)


def read_receipt(text: str) -> tuple[Stub, bytes]:
    """The stub and the signature, not yet to be believed: ask `chain.verify_stub` with the laptop's key.

    A line end that a scanner adds is let go. Raises `NotReceipt` or `Malformed` and nothing else.
    """
    said = text.rstrip("\r\n")
    if not said.startswith(PREFIX) or len(said) > TEXT_LETTERS_MAX:
        raise NotReceipt
    raw = from_base45(said[len(PREFIX) :])
    stub, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    if len(signature) != SIGNATURE_BYTES:
        raise Malformed(what="receipt")
    return from_bytes(Stub, stub), signature
