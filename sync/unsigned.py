"""The text in the code of a receipt that the laptop could not sign.

Behind a prefix of its own stands the stub alone, in base45: enough for the office to find the voucher by its book and
number and to hold every figure against it, and proof of nothing by itself. Anybody could print such a code. What makes
it good is an outage in the book that covers the number, closed by a recovery that is signed.
"""

from sync.chain import Stub
from sync.receipt import NotReceipt, ReceiptTorn, base45, from_base45
from sync.records import Malformed, from_bytes

PREFIX = "DGD1O:"
# A stub is at most 110 bytes less the signature's 64: a text longer than this is none.
TEXT_LETTERS_MAX = 200


def unsigned_text(stub: Stub) -> str:
    """What stands in the code of a receipt made in an outage of the laptop's key."""
    return PREFIX + base45(stub.to_bytes())


def is_unsigned(text: str) -> bool:
    """Whether this begins as the code of a receipt that was not signed."""
    return text.lstrip().startswith(PREFIX)


def read_unsigned(text: str) -> Stub:
    """What such a code says, with nothing to prove it. Raises `NotReceipt`, or `ReceiptTorn`, which is one, and nothing else."""
    said = text.lstrip().rstrip("\r\n\t")
    if not said.startswith(PREFIX):
        raise NotReceipt
    if len(said) > TEXT_LETTERS_MAX:
        raise ReceiptTorn
    try:
        return from_bytes(Stub, from_base45(said[len(PREFIX) :]))
    except Malformed as error:
        raise ReceiptTorn from error
