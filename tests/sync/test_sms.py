"""One short message for each person a voucher moved: in letters every phone has, with every amount, and nothing secret."""

import datetime
import re
import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sync import sms
from sync.ledger import COMPONENTS, Line
from sync.money import figures
from sync.records import changed
from sync.sms import LETTERS_MAX, Message, mobile, unmarked
from sync.terms import Terms
from sync.voucher import Body, Wish
from tests.sync import counter
from tests.sync.counter import COUNTER
from tests.sync.small import (
    CONTROLLER,
    DEPUTY_A,
    GROUP_A,
    GROUP_B,
    HEAD_A,
    LATE,
    LEADER,
    LONG_NAME,
    NO_DEPOSIT,
    RESIDENT,
    SAVER,
    TERMS,
    TWICE,
    Writer,
    deposit_no,
    loan_code,
    morning,
)

# The basic table of GSM 03.38 without what is no letter, figure or mark of everyday: each is one of the 160.
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


def with_phones(terms: Terms, **phones: str) -> Terms:
    """Everybody has a mobile number of their own but those named here by the end of their code."""
    given_ = {one.customer_code: phones.get(f"c{one.customer_code[-2:]}", f"09{one.customer_code[-8:]}") for one in terms.customers}
    return changed(terms, customers=tuple(changed(one, phone=given_[one.customer_code]) for one in terms.customers))


def told(book: Writer, *, after: int = 0, terms: Terms | None = None, unpaid: bool = False) -> list[Message]:
    bodies = [(one.entry.body, one.entry.maker) for one in book.sealed]
    return list(sms.of_book(terms or with_phones(book.session.terms), bodies, letter="A", after=after, unpaid=unpaid))


def texts(book: Writer, *, after: int = 0) -> list[str]:
    return [one.text for one in told(book, after=after)]


def head(text: str) -> str:
    return f"NHCSXH Thu Nghiem 15/08/2024: {text}. Hoi 0200 000 000"


# What is said


def test_each_member_of_a_hand_in_is_told_of_their_own_money_and_nobody_of_anothers() -> None:
    found = told(morning())
    by_voucher = {number: [one.customer_code for one in found if one.number == number] for number in range(1, 13)}
    assert by_voucher[2] == [HEAD_A, TWICE, NO_DEPOSIT, SAVER]
    assert [one.text for one in found if one.number == 2 and one.customer_code in (TWICE, NO_DEPOSIT)] == [
        head("H'Bia Nie da nop lai 175.165d, gui them 74.835d, so du tien gui 1.424.835d. Phieu A-000002"),
        head("Y Oi da nop lai 280.000d. Phieu A-000002"),
    ]
    # The deputy stood at the table and none of the money was theirs.
    assert DEPUTY_A not in {one.customer_code for one in found}
    # Neither the float, the count, the difference nor the close is anybody's.
    assert [by_voucher[number] for number in (1, 9, 10, 11)] == [[], [], [], []]


def test_a_reversal_is_told_to_everybody_it_takes_from() -> None:
    [first, *_], again = [one for one in told(morning()) if one.number == 6], told(morning(), after=5)
    assert first.text == (
        "NHCSXH 15/08/2024: phieu A-000002 cua Nguyen Thi Mau (nop lai 280.274d, gui them 49.726d) da huy, "
        "so du tien gui 1.350.000d. Phieu A-000006. Hoi 0200 000 000"
    )
    assert [one.customer_code for one in again if one.number == 6] == [HEAD_A, TWICE, NO_DEPOSIT, SAVER]
    assert {one.number for one in again} == {6, 7, 8}


def test_a_corrected_member_is_told_and_told_again_when_the_correction_falls() -> None:
    book = Writer()
    book.open()
    book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000, TWICE: 250_000})
    book.post(book.session.plan_correct(2, customer_code=TWICE, reason="ghi nhầm người"), CONTROLLER)
    book.reverse(3)
    taken, back = texts(book, after=2)
    assert "phieu A-000002 cua H'Bia Nie (nop lai 175.165d, gui them 74.835d) da huy, so du tien gui 1.350.000d" in taken
    assert "phieu A-000002 cua H'Bia Nie (nop lai 175.165d, gui them 74.835d) co hieu luc lai, du gui 1.424.835d" in back
    assert "Phieu A-000004" in back


def test_every_way_money_moves_for_a_person_has_its_words() -> None:
    book = counter.opened()
    book.visit(LATE, Wish("TQ", loan_code(LATE), 5_000_000), Wish("TL", loan_code(LATE), None), Wish("TT", deposit_no(LATE), 50_000))
    book.visit(HEAD_A, Wish("TG", loan_code(HEAD_A), 1_000_000), approvers=[CONTROLLER])
    book.visit(HEAD_A, Wish("RT", deposit_no(HEAD_A), 100_000), approvers=[CONTROLLER])
    book.visit(HEAD_A, Wish("CT", deposit_no(HEAD_A), 100_000), Wish("CT", loan_code(HEAD_A), 100_000, "principal"), approvers=[CONTROLLER])
    book.slip()
    book.visit(RESIDENT, Wish("GK", "402.12.AB123456", 5_000_000))
    book.visit(RESIDENT, Wish("RK", counter.RIPE.account_no, None), approvers=[CONTROLLER])
    book.visit(RESIDENT, Wish("RK", counter.PREPAID.account_no, None), approvers=[CONTROLLER, LEADER])
    said = [text.split(": ")[1].split(". Phieu")[0] for text in texts(book)]
    assert said == [
        "Vo Thi Vi Du da nop goc qua han 5.000.000d, lai 65.150d, gui them 50.000d, du gui 1.400.000d, no goc 5.000.000d",
        "Nguyen Thi Mau da nop goc 1.000.000d, con no goc 49.000.000d",
        "Nguyen Thi Mau da rut tien gui 100.000d, so du tien gui 1.250.000d",
        "Nguyen Thi Mau da chuyen tien gui tra goc 100.000d, so du tien gui 1.150.000d, con no goc 48.900.000d",
        "Nguyen Thi Mau da nhan tien vay 60.000.000d, con no goc 60.000.000d",
        "Lo Thi Phuong da gui tiet kiem 5.000.000d, so du tiet kiem 5.000.000d",
        "Lo Thi Phuong da nhan tiet kiem 100.000.000d, lai tiet kiem 5.414.795d, so du tiet kiem 0d",
        "Lo Thi Phuong da nhan tiet kiem 100.000.000d, tru lai da tra 5.315.068d, so du tiet kiem 0d",
    ]


def test_the_reversal_of_a_disbursement_reaches_the_borrower_whose_loan_is_gone() -> None:
    book = Writer()
    book.open()
    book.slip()
    book.reverse(2)
    assert texts(book)[1] == (
        "NHCSXH Thu Nghiem 15/08/2024: phieu A-000002 cua Nguyen Thi Mau (nhan tien vay 60.000.000d) da huy, "
        "con no goc 0d. Phieu A-000003. Hoi 0200 000 000"
    )


def test_of_figures_too_old_to_pay_out_on_no_balance_is_told() -> None:
    book = Writer(changed(TERMS, as_of=datetime.date(2024, 8, 1)))
    book.open()
    book.group(GROUP_A, by=HEAD_A, cash={TWICE: 250_000})
    assert texts(book) == [head("H'Bia Nie da nop lai 175.165d, gui them 74.835d. Phieu A-000002")]


def test_members_of_whom_a_hand_in_brought_nothing_are_told_at_the_close_where_it_is_asked_for() -> None:
    book = Writer()
    book.open()
    book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000, NO_DEPOSIT: 280_000})
    # The deputy owes and nothing came; one paid at the table; the saver owes nothing; of the other group nobody handed in.
    book.visit(TWICE, Wish("TL", loan_code(TWICE), None))
    book.count(book.session.cash // 1_000 * 1_000)
    book.post(book.session.plan_difference(reason="tiền lẻ"), CONTROLLER)
    assert [one.kind for one in told(book, unpaid=True)] == ["group", "group", "visit"]
    book.close()
    assert told(book, after=5) == []
    [missing] = told(book, after=5, unpaid=True)
    assert (missing.number, missing.customer_code, missing.kind) == (6, DEPUTY_A, "unpaid")
    assert missing.text == (
        "NHCSXH Thu Nghiem 15/08/2024: To 0117 da nop tien, chua co phan cua Dang Van Thu. Neu da dua tien cho to truong, "
        "goi ngay. Phieu A-000002. Hoi 0200 000 000"
    )
    # The deputy brought one member's money alone: the leader is not asked what the leader was given.
    alone = Writer()
    alone.open()
    alone.group(GROUP_A, by=DEPUTY_A, cash={NO_DEPOSIT: 280_000})
    alone.count(alone.session.cash)
    alone.close()
    assert [one.customer_code for one in told(alone, after=2, unpaid=True)] == [DEPUTY_A, TWICE]
    # Of a hand-in that was taken back nobody is told that it lacked them.
    undone = Writer()
    undone.open()
    undone.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000})
    undone.reverse(2)
    undone.count(undone.session.cash)
    undone.close()
    assert [one.kind for one in told(undone, unpaid=True)] == ["group", "reverse"]


def test_a_session_to_practise_on_tells_nobody() -> None:
    practice = changed(TERMS, parameters=changed(TERMS.parameters, training=True))
    book = Writer(practice)
    book.open()
    book.group(GROUP_A, by=HEAD_A, cash={TWICE: 250_000})
    assert told(book) == []
    # The control: the same morning in earnest is told.
    assert len(told(book, terms=with_phones(TERMS))) == 1


# To whom


def test_a_number_of_the_leaders_under_anothers_name_is_marked() -> None:
    book = Writer()
    book.open()
    book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000, TWICE: 250_000, SAVER: 50_000})
    head_phone = "0912345678"
    terms = with_phones(TERMS, **{f"c{HEAD_A[-2:]}": head_phone, f"c{TWICE[-2:]}": "+84 912 345 678", f"c{SAVER[-2:]}": ""})
    assert [(one.customer_code, one.phone, one.leaders_phone) for one in told(book, terms=terms)] == [
        (HEAD_A, head_phone, False), (TWICE, head_phone, True), (SAVER, "", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("keyed", "phone"),
    [
        ("0912345678", "0912345678"), (" 0912 345 678 ", "0912345678"), ("0912.345.678", "0912345678"), ("(+84) 912-345-678", "0912345678"),
        ("84912345678", "0912345678"), ("0084912345678", "0912345678"), ("+840912345678", "0912345678"), ("０９１２３４５６７８", "0912345678"),
        ("0272 3874 000, 0912345678", "0912345678"), ("0912345678/0987654321", "0912345678"), ("0200 000 000 - 0387654321", "0387654321"),
        ("", ""), ("chưa có", ""), ("0272 3874 000", ""), ("01234567890", ""), ("091234567", ""), ("09123456789", ""), ("849123", ""), ("+1 912345678", ""),
    ],
)  # fmt: skip
def test_a_number_as_people_key_it(keyed: str, phone: str) -> None:
    assert mobile(keyed) == phone


@given(some.text(max_size=40))
def test_no_text_is_a_number_that_is_none(keyed: str) -> None:
    assert re.fullmatch(r"(0[35789][0-9]{8})?", mobile(keyed))


# How


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Đặng Thị Thủy", "Dang Thi Thuy"), ("H'Bia Niê", "H'Bia Nie"), ("H’Bia Niê", "H'Bia Nie"), ("Y Ơi", "Y Oi"),
        (unicodedata.normalize("NFD", "Rơ Châm Mỹ Phượng"), "Ro Cham My Phuong"), ("Ksor Y Ƀlĭ", "Ksor Y Bli"), ("A\u00a0 B", "A B"),
    ],
)  # fmt: skip
def test_names_in_letters_every_phone_has(name: str, bare: str) -> None:
    assert unmarked(name) == bare


def test_no_number_keyed_into_a_name_is_told_and_a_name_of_no_letters_is_a_greeting() -> None:
    assert sms.person("Lê Văn Ví Dụ 080171000001") == "Le Van Vi Du"
    assert sms.person("080171000001") == sms.person("張三") == "quy khach"


@pytest.mark.parametrize(
    ("office", "place"),
    [
        ("Phòng giao dịch huyện Cần Giuộc", "Can Giuoc"), ("Phòng giao dịch NHCSXH thị xã Ví Dụ", "Vi Du"), ("PGD Thử Nghiệm", "Thu Nghiem"),
        ("Phòng giao dịch khu vực có tên rất dài không ai gọi tắt", ""), ("", ""), ("Tỉnh Lộ", "Lo"), ("Quảng Ví Dụ", "Quang Vi Du"),
    ],
)  # fmt: skip
def test_an_office_goes_by_the_name_of_its_place(office: str, place: str) -> None:
    assert sms.place_of(changed(TERMS.point, pos_name=office)) == place


def test_a_long_name_gives_way_last_and_amounts_never() -> None:
    book = counter.opened()
    long = changed(COUNTER, customers=tuple(changed(one, full_name=LONG_NAME) for one in COUNTER.customers))
    book.visit(LATE, Wish("TQ", loan_code(LATE), 5_000_000), Wish("TL", loan_code(LATE), None), Wish("TT", deposit_no(LATE), 50_000))
    [one] = told(book, terms=with_phones(long))
    assert one.text == (
        "NHCSXH 15/08/24: Ro C.H.N.T.T.M.P. Anh da nop goc qua han 5.000.000d, lai 65.150d, gui them 50.000d, "
        "du gui 1.400.000d, no goc 5.000.000d. Phieu A-000003"
    ).replace("A-000003", "A-000002")


AMOUNTS = some.one_of(some.integers(1, 9_999_999), some.integers(1, 999_999_999_999))
OFTEN = some.sampled_from(("TG", "TQ", "TL", "TT", "RT", "GK", "CT", "RK"))


@some.composite
def lines_of(draw: some.DrawFn, amounts: some.SearchStrategy[int] = AMOUNTS) -> tuple[Line, ...]:
    """Lines of any codes on the accounts of one person with both, no two of the same code and component."""
    codes = draw(some.lists(OFTEN, min_size=1, max_size=8, unique=True))
    made = [
        Line(code=code, account=deposit_no(TWICE) if component in ("deposit", "savings", "savings_interest") else loan_code(TWICE),
             component=component, amount=draw(amounts))
        for code in codes
        for component in draw(some.lists(some.sampled_from(COMPONENTS[code]), min_size=1, unique=True))
    ]  # fmt: skip
    return tuple(made)


NAMES = some.one_of(
    some.text(max_size=60),
    some.lists(some.sampled_from(("Nguyễn", "Thị", "H'Thanh", "Phượng", "Rơ", "Châm", "Mỹ", "Đặng", "Niê")), min_size=1, max_size=9).map(" ".join),
)


def said_of(lines: Sequence[Line], name: str, *, office: str = TERMS.point.pos_name, hotline: str = TERMS.point.hotline, undo: bool = False) -> list[Message]:
    """What a visit of these lines is told as, whatever the rules would say of it; and its reversal."""
    terms = changed(
        with_phones(TERMS),
        customers=tuple(changed(one, full_name=name, phone="0912345678") if one.customer_code == TWICE else one for one in TERMS.customers),
        point=changed(TERMS.point, pos_name=office, hotline=hotline),
    )
    bodies = [Body(kind="visit", party=TWICE, by=TWICE, lines=tuple(lines))]
    if undo:
        back = tuple(changed(one, amount=-one.amount) for one in lines)
        bodies.append(Body(kind="reverse", party=TWICE, by=TWICE, lines=back, reverses=1, reason="nhầm"))
    return list(sms.of_book(terms, [(one, "GDV01") for one in bodies], letter="A", after=0, unpaid=False))


@settings(max_examples=400)
@given(lines=lines_of(), name=NAMES, office=some.text(max_size=60), hotline=some.text(max_size=60), undo=some.booleans())
def test_every_text_fits_one_message_of_plain_letters_and_is_the_same_each_time(
    lines: tuple[Line, ...], name: str, office: str, hotline: str, undo: bool
) -> None:
    found = said_of(lines, name, office=office, hotline=hotline, undo=undo)
    assert len(found) == 1 + undo
    for one in found:
        assert len(one.text) <= LETTERS_MAX
        assert set(one.text) <= GSM
        assert f"Phieu A-{one.number:06d}" in one.text
        assert not unicodedata.combining(one.text[0])
    assert found == said_of(lines, name, office=office, hotline=hotline, undo=undo)


@given(lines=lines_of(some.integers(1, 99_999_999)).filter(lambda made: len(made) <= 3), name=NAMES, undo=some.booleans())
def test_of_a_usual_visit_every_amount_is_told_to_the_dong(lines: tuple[Line, ...], name: str, undo: bool) -> None:
    sums: dict[tuple[str, str], int] = {}
    for one in lines:
        part = "interest" if one.component.endswith(("interest", "interest_arrears")) else one.component
        sums[one.code, part] = sums.get((one.code, part), 0) + one.amount
    for message in said_of(lines, name, undo=undo):
        for (code, part), amount in sums.items():
            if (code, part) != ("CT", "deposit"):
                assert f" {figures(amount)}d" in message.text, (code, part)


SECRETS = {
    secret for one in TERMS.customers for secret in (one.id_number, one.customer_code, f"09{one.customer_code[-8:]}")
} | {one.account_no for one in TERMS.deposits} | {one.loan_code for one in TERMS.loans}


@given(lines=lines_of(), tail=some.sampled_from(sorted(SECRETS)))
def test_no_number_of_a_card_an_account_or_a_telephone_is_told(lines: tuple[Line, ...], tail: str) -> None:
    for one in said_of(lines, f"H'Bia Niê {tail}"):
        assert not [secret for secret in SECRETS if secret in one.text]


def test_the_secrets_are_looked_for_where_they_would_be() -> None:
    """The control: a text that had one would be found out."""
    assert [secret for secret in SECRETS if secret in f"NHCSXH: tai khoan {deposit_no(TWICE)} cua H'Bia Nie"]


def test_two_leaders_of_one_name_are_told_of_their_own_vouchers() -> None:
    book = Writer()
    book.open()
    book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000})
    book.group(GROUP_B, by="4807000006", cash={"4807000006": 340_000})
    assert [(one.number, one.customer_code) for one in told(book)] == [(2, HEAD_A), (3, "4807000006")]
