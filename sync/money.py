"""Whole đồng: typed, printed, said in words, counted in notes.

An amount is an `int` of đồng and never anything else. What a person types is either one clear
amount or refused: `1,50` and `12.34` are mistakes, not numbers.
"""

import re
from collections.abc import Mapping

from sync.errors import Refusal

# The smallest note in daily use is 1,000 and 500 is rare.
DENOMINATIONS = (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500)
# A thousand times the largest session float ever planned: a longer number is a slip of the finger.
AMOUNT_MAX = 999_999_999_999
AMOUNT_DIGITS_MAX = 12
# Five bundles of a thousand notes for each of a thousand hands: more is not a count made at a table.
NOTES_MAX = 5_000_000


class AmountUnclear(Refusal):
    """Text that is not one clear amount of đồng."""

    code = "money.amount-unclear"
    vi = "“{text}” không phải là một số tiền rõ ràng. Gõ số đồng, ví dụ 330000, 330.000, 330k hoặc 5tr."
    en = "“{text}” is not one clear amount. Type đồng, for example 330000, 330.000, 330k or 5tr."


class AmountTooLarge(Refusal):
    """More than any session could hold."""

    code = "money.amount-too-large"
    vi = "Số tiền {amount} đ lớn quá mức có thể. Kiểm tra lại số chữ số."
    en = "The amount {amount} đ is larger than possible. Check the number of digits."


class NotesUnclear(Refusal):
    """A denomination that does not exist, or a count that is not a count."""

    code = "money.notes-unclear"
    vi = "Bảng kê tiền có mệnh giá {note} với {count} tờ: không hợp lệ. Sửa lại dòng đó."
    en = "The denomination list has {count} notes of {note}: not valid. Correct that row."


# Groups of three stand alone and begin with a digit that counts: `1.500tr` and `0.330` have two readings.
_TYPED = re.compile(r"(\d{1,12}) ?(k|n|tr)?|([1-9]\d{0,2}(?:\.\d{3}){1,3})", re.ASCII)
_SCALE = {None: 1, "k": 1_000, "n": 1_000, "tr": 1_000_000}


def parse_amount(text: str) -> int:
    """Đồng from what was typed: `330000`, `330.000`, `330k`, `330n`, `5tr`.

    Raises `AmountUnclear` for anything that could be read in two ways, `AmountTooLarge` past
    `AMOUNT_MAX`.
    """
    typed = _TYPED.fullmatch(text.strip().lower())
    if typed is None:
        raise AmountUnclear(text=text[:40])
    return within(int((typed[1] or typed[3]).replace(".", "")) * _SCALE[typed[2]])


def within(amount: int) -> int:
    """The amount, if a record can hold it: what a book took but could not read again would close it for good.

    Raises `AmountTooLarge`.
    """
    if abs(amount) > AMOUNT_MAX:
        raise AmountTooLarge(amount=amount)
    return amount


def figures(amount: int) -> str:
    """`1.234.567`, with a true minus sign in front of what is below zero."""
    return f"{abs(amount):,}".replace(",", ".") if amount >= 0 else "−" + f"{-amount:,}".replace(",", ".")


_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")


def _three(value: int, *, whole: bool) -> list[str]:
    """Words of 0..999; `whole` reads the zeros in front too, as vouchers are read."""
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    words: list[str] = []
    if hundreds or whole:
        words += [_DIGITS[hundreds], "trăm"]
    if tens > 1:
        words += [_DIGITS[tens], "mươi"]
    elif tens == 1:
        words.append("mười")
    elif ones and words:
        words.append("lẻ")
    if ones == 1 and tens > 1:
        words.append("mốt")
    elif ones == 5 and tens:
        words.append("lăm")
    elif ones:
        words.append(_DIGITS[ones])
    return words


def _below_billion(value: int, *, whole: bool) -> list[str]:
    words: list[str] = []
    for scale, name in ((1_000_000, "triệu"), (1_000, "nghìn"), (1, "")):
        group, value = divmod(value, scale)
        if group:
            words += _three(group, whole=whole or bool(words))
            if name:
                words.append(name)
    return words


def in_words(amount: int) -> str:
    """The accounting reading, no zero skipped: 1,015 is "Một nghìn không trăm mười lăm đồng".

    A sum below zero is read with "Âm" in front. Source: README, *Rules of the field*.
    """
    if amount == 0:
        return "Không đồng"
    billions, rest = divmod(abs(amount), 1_000_000_000)
    words: list[str] = []
    if billions:
        words += [*_below_billion(billions, whole=False), "tỷ"]
    if rest:
        words += _below_billion(rest, whole=bool(words))
    if amount < 0:
        words.insert(0, "âm")
    sentence = " ".join(words) + " đồng"
    return sentence[0].upper() + sentence[1:]


def round_half_up(numerator: int, denominator: int) -> int:
    """The nearest whole number to a fraction of non-negative integers; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def round_up(amount: int, step: int) -> int:
    """The smallest multiple of `step` that is at least `amount`."""
    return -(-amount // step) * step


def counted(notes: Mapping[int, int]) -> int:
    """The sum of a denomination list. Raises `NotesUnclear`, `AmountTooLarge`."""
    for note, count in notes.items():
        if note not in DENOMINATIONS or not 0 <= count <= NOTES_MAX:
            raise NotesUnclear(note=note, count=count)
    return within(sum(note * count for note, count in notes.items()))


def fewest_notes(amount: int, *, smallest: int) -> tuple[dict[int, int], int]:
    """As few notes as come to an amount, the largest first, none below `smallest`; and what no note comes to."""
    held: dict[int, int] = {}
    for note in DENOMINATIONS:
        if note >= smallest and amount >= note:
            held[note], amount = divmod(amount, note)
    return held, amount
