"""Amounts: one reading or none, said in words as vouchers are read, counted in notes that exist."""

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import money
from sync.errors import Refusal
from sync.money import AMOUNT_MAX, AmountTooLarge, AmountUnclear, NotesUnclear

amounts = st.integers(0, AMOUNT_MAX)


@given(amounts)
def test_what_is_printed_reads_back_as_the_same_amount(amount: int) -> None:
    assert money.parse_amount(money.figures(amount)) == amount
    assert money.parse_amount(str(amount)) == amount
    assert money.parse_amount(f"  {money.figures(amount)}\t") == amount


@given(amounts)
def test_an_amount_below_zero_has_a_true_minus_and_is_never_read_as_typed(amount: int) -> None:
    printed = money.figures(-amount - 1)
    assert printed == "−" + money.figures(amount + 1)
    with pytest.raises(AmountUnclear):
        money.parse_amount(printed)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("0", 0), ("330000", 330_000), ("330.000", 330_000), ("330k", 330_000), ("330K", 330_000), ("330n", 330_000),
        ("330 k", 330_000), ("5tr", 5_000_000), ("5 TR", 5_000_000), ("1500tr", 1_500_000_000), ("999.999.999.999", AMOUNT_MAX),
        ("0005", 5),
    ],
)  # fmt: skip
def test_the_ways_an_amount_is_typed(typed: str, amount: int) -> None:
    assert money.parse_amount(typed) == amount


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "\t\n", "1,50", "12.34", "1.2345", "1.5tr", "1,5tr", "1.500tr", "1.500k", "0.330", "000.500", "٣", "３３０",
        "1²", "-5", "−5", "+5", "5-", "1 000", "330 000", "1\u00a0000", "1_000", "1e6", "0x10", "1.000.00", "1000.000",
        "1..000", ".500", "500.", "1.000,00", "k", "tr", "5 tr tr", "5trk", "5m", "5 triệu", "5đ", "5 đ", "₫5", "nan", "inf",
        "½", "1.000.000.000.000", "1234567890123", "5\n5", "5\x00", "Ⅴ", "五",
    ],
)  # fmt: skip
def test_what_could_be_read_in_two_ways_is_refused(typed: str) -> None:
    with pytest.raises(AmountUnclear) as caught:
        money.parse_amount(typed)
    assert caught.value.sentence("vi")
    assert caught.value.sentence("en")


@given(st.text(max_size=20) | st.text("0123456789.,-+ ktrn", max_size=14))
def test_whatever_is_typed_is_one_amount_or_a_refusal(typed: str) -> None:
    with contextlib.suppress(Refusal):
        amount = money.parse_amount(typed)
        assert 0 <= amount <= AMOUNT_MAX
        assert any(letter.isdigit() for letter in typed)


@pytest.mark.parametrize("typed", ["999999999999k", "1000000tr", "999999999999tr"])
def test_more_than_any_session_could_hold_is_refused(typed: str) -> None:
    with pytest.raises(AmountTooLarge):
        money.parse_amount(typed)


@pytest.mark.parametrize("braces", ["{0}", "{text}", "{amount.__class__}", "%s"])
def test_typed_braces_do_not_reach_into_the_sentence(braces: str) -> None:
    with pytest.raises(AmountUnclear) as caught:
        money.parse_amount(braces)
    assert braces in caught.value.sentence("en")


# --- words


DIGITS = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]


def slow_three(text: str) -> str:
    """Three digits read aloud, zeros and all: a slow reading written from the rule and not from the program."""
    hundred, ten, one = (int(letter) for letter in text)
    said = f"{DIGITS[hundred]} trăm"
    if ten == 0:
        return said + (f" lẻ {DIGITS[one]}" if one else "")
    said += " mười" if ten == 1 else f" {DIGITS[ten]} mươi"
    if one == 0:
        return said
    if one == 5:
        return said + " lăm"
    if one == 1 and ten > 1:
        return said + " mốt"
    return f"{said} {DIGITS[one]}"


def slow_words(amount: int) -> str:
    """Below a billion: groups of three from the left, silent groups of zeros, no zeros before the first digit."""
    if amount == 0:
        return "Không đồng"
    groups = f"{amount:09d}"
    said = []
    for group, name in zip((groups[:3], groups[3:6], groups[6:]), (" triệu", " nghìn", ""), strict=True):
        if group != "000":
            said.append(slow_three(group) + name)
    whole = " ".join(said)
    for silent in ("không trăm lẻ ", "không trăm "):
        whole = whole.removeprefix(silent)
    return whole[0].upper() + whole[1:] + " đồng"


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (5_328_082, "Năm triệu ba trăm hai mươi tám nghìn không trăm tám mươi hai đồng"),
        (1_015, "Một nghìn không trăm mười lăm đồng"),
        (21, "Hai mươi mốt đồng"), (24, "Hai mươi bốn đồng"), (25, "Hai mươi lăm đồng"), (105, "Một trăm lẻ năm đồng"),
        (0, "Không đồng"), (1, "Một đồng"), (5, "Năm đồng"), (10, "Mười đồng"), (11, "Mười một đồng"), (15, "Mười lăm đồng"),
        (1_000_000_000, "Một tỷ đồng"), (1_000_000, "Một triệu đồng"), (1_001, "Một nghìn không trăm lẻ một đồng"),
        (2_000_000_005, "Hai tỷ không trăm lẻ năm đồng"),
        (371_604_353, "Ba trăm bảy mươi mốt triệu sáu trăm lẻ bốn nghìn ba trăm năm mươi ba đồng"),
        (-1_000, "Âm một nghìn đồng"),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_a_voucher_is_read(amount: int, said: str) -> None:
    assert money.in_words(amount) == said


def test_the_words_agree_with_a_slow_reading_of_their_own() -> None:
    chance = random.Random(20240815)
    every = {*range(12_000), *range(999_000, 1_002_000), *(chance.randrange(2_000_001) for _ in range(20_000))}
    every |= {chance.randrange(10**9) for _ in range(5_000)}
    wrong = [amount for amount in every if money.in_words(amount) != slow_words(amount)]
    assert not wrong[:5]


@given(st.integers(1, AMOUNT_MAX), st.integers(1, AMOUNT_MAX))
def test_two_amounts_never_have_the_same_words(one: int, other: int) -> None:
    assert (money.in_words(one) == money.in_words(other)) == (one == other)


# --- rounding and notes


@given(st.integers(0, 10**18), st.integers(1, 10**12))
def test_a_half_goes_up_and_nothing_else_moves_more_than_half(numerator: int, denominator: int) -> None:
    rounded = money.round_half_up(numerator, denominator)
    assert -denominator < 2 * (rounded * denominator - numerator) <= denominator


def test_a_half_goes_up() -> None:
    assert [money.round_half_up(n, 2) for n in (0, 1, 2, 3, 5)] == [0, 1, 1, 2, 3]
    assert money.round_half_up(49, 100) == 0


@given(st.integers(0, 10**12), st.sampled_from([1, 500, 1_000, 10_000]))
def test_rounding_up_reaches_the_next_step_and_no_further(amount: int, step: int) -> None:
    assert 0 <= money.round_up(amount, step) - amount < step
    assert money.round_up(amount, step) % step == 0


@pytest.mark.parametrize("notes", [{1: 1}, {300_000: 1}, {-500: 1}, {0: 5}, {500: -1}, {500: money.NOTES_MAX + 1}])
def test_notes_that_do_not_exist_are_not_counted(notes: dict[int, int]) -> None:
    with pytest.raises(NotesUnclear):
        money.counted(notes)


def test_notes_are_summed_and_a_sum_no_record_holds_is_refused() -> None:
    assert money.counted({}) == 0
    assert money.counted(dict.fromkeys(money.DENOMINATIONS, 1)) == 888_500
    with pytest.raises(AmountTooLarge):
        money.counted({500_000: money.NOTES_MAX})


@given(amounts, st.sampled_from([500, 1_000, 10_000]))
def test_the_fewest_notes_come_to_the_amount_but_for_less_than_the_smallest(amount: int, smallest: int) -> None:
    held, rest = money.fewest_notes(amount, smallest=smallest)
    assert money.counted(held) + rest == amount
    assert 0 <= rest < smallest
    assert list(held) == sorted(held, reverse=True)
    assert all(count > 0 for count in held.values())
    assert all(note >= smallest for note in held)


def test_no_other_notes_are_fewer() -> None:
    """Against every way of paying up to a hundred thousand, counted by trying them all."""
    fewest = [0] + [money.NOTES_MAX] * 200
    for units in range(1, 201):
        fewest[units] = 1 + min(fewest[units - note // 500] for note in money.DENOMINATIONS if note <= units * 500)
        assert sum(money.fewest_notes(units * 500, smallest=500)[0].values()) == fewest[units]
