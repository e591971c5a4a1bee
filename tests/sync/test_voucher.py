"""What somebody keyed as it is kept: words that show as they are, on one line, in one form."""

import pytest

from sync.voucher import facts, said


@pytest.mark.parametrize(("keyed", "kept"), [
    ("nhập nhầm\nsố tiền", "nhập nhầm số tiền"),
    ("  nhập\t nhầm\r\n", "nhập nhầm"),
    ("nhập nhầm", "nhập nhầm"),
    ("thu \u202e000.05\u202c đ", "thu 000.05 đ"),
    ("a\x00b\u2028c\ufeff", "a b c"),
    ("Bà Ba\u0300", "Bà Bà"),
    (" \u200b\u2066 ", ""),
    ("đủ 5 < 6 & “vâng” – ạ", "đủ 5 < 6 & “vâng” – ạ"),
])  # fmt: skip
def test_a_reason_is_kept_in_one_line_and_turns_no_letters_around(keyed: str, kept: str) -> None:
    assert said(keyed) == kept
    assert said(kept) == kept
    assert facts(place=keyed) == ((("place", kept),) if kept else ())
