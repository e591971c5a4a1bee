"""Notices, lists, meeting tables, minutes and the score of a session, read back from the paper they are printed on."""

import datetime
import functools
import re
from pathlib import Path

import pytest

from desktop.press import paper
from desktop.sheets.documents import DOCUMENTS, document
from desktop.sheets.occasion import Occasion
from desktop.sheets.parts import VIETNAM
from desktop.sheets.score import BANDS, CRITERIA, attendance
from desktop.sheets.sheet import Column, Facts, Paper, Paragraph, Row, Sheet, Signing, Table, plain
from desktop.tally import Hand, Tally
from desktop.words import Words
from sync import followup, meeting
from sync.money import figures
from sync.records import changed
from sync.session import Session
from sync.terms import Bulletin, Terms
from sync.voucher import Wish
from tests.desktop import full_morning, printed
from tests.desktop.enrolled import Laptop, copied
from tests.sync import counter, small
from tests.sync.small import (
    DAY,
    FROZEN,
    GROUP_A,
    GROUP_B,
    HEAD_A,
    HEAD_B,
    LATE,
    NO_DEPOSIT,
    SAVER,
    TERMS,
    TWICE,
    Writer,
    deposit_no,
    loan_code,
)
from tests.sync.test_followup import point_of_can_giuoc, with_loan, with_person

VI, EN = Words("vi"), Words("en")
FOLLOW = ("follow_overdue", "follow_inactive", "follow_repaid", "follow_id", "follow_unpaid", "follow_escaped", "beneficiaries")
OURS = (
    "public_notice", "arrears_public", "bulletin", "session_minutes", "score", "meeting_organisations", "meeting_groups", *FOLLOW,
)  # fmt: skip
BULLETINS = (
    Bulletin(bulletin_no="07/TB", issued_on=datetime.date(2024, 8, 1), title="Lãi suất mới", paragraphs=("Từ ngày 1 tháng 8.", "Hỏi tổ trưởng.")),
    Bulletin(bulletin_no="08/TB", issued_on=datetime.date(2024, 8, 9), title="Đổi giờ giao dịch", paragraphs=("Từ 07:30.",)),
)  # fmt: skip
day = datetime.date


def occasion_of(book: Writer, *, words: Words = VI) -> Occasion:
    """The session with what its book tells: the clock at each voucher, and who made and approved what."""
    made, approved = [
        [one.entry.maker for one in book.sealed], [who.staff_id for one in book.sealed for who in one.entry.approvals]
    ]  # fmt: skip
    team = book.session.terms.team
    hands = tuple(Hand(one, made.count(one.staff_id), approved.count(one.staff_id), holds=False) for one in team)
    return Occasion(book.session, words, "A", small.BEGIN_S + 7_200, tuple(one.entry.wall_s for one in book.sealed), hands)


def of_terms(terms: Terms, *, words: Words = VI) -> Occasion:
    return Occasion(Session(terms), words, "A", small.BEGIN_S)


@functools.cache
def morning(words: Words = VI) -> Occasion:
    return occasion_of(full_morning.morning(), words=words)


def sheet(occasion: Occasion, key: str) -> Sheet:
    [one] = document(key).write(occasion, "")
    return one


def text(occasion: Occasion, key: str) -> str:
    """All its text as a reader of PDF gives it back, with every run of blanks as one space."""
    return " ".join(printed.text(paper.draw_many(document(key).write(occasion, ""))).split())


def tables(sheet: Sheet) -> list[Table]:
    return [block for block in sheet.blocks if isinstance(block, Table)]


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in (*table.rows, *table.totals)]


def people(sheet: Sheet) -> list[str]:
    """The names of a list, whatever section they stand in."""
    return [row.cells[1] for table in tables(sheet) for row in table.rows if len(row.cells) == len(table.columns)]


def name(code: str) -> str:
    return next(one.full_name for one in TERMS.customers if one.customer_code == code)


@functools.cache
def can_giuoc() -> Occasion:
    return of_terms(point_of_can_giuoc())


# What holds of all of them


@pytest.mark.parametrize("number", ["0912345678", "0912 345 678", "+84 912.345.678", "080171000005", "0801-7100-0005", "(0912) 345-678", "215 364 788"])
@pytest.mark.parametrize("key", ["public_notice", "arrears_public"])
def test_a_number_that_was_keyed_into_a_name_does_not_hang_on_the_board(key: str, number: str) -> None:
    """A control with it: what a group is called, and every sum, stay."""
    keyed = changed(
        TERMS,
        customers=tuple(changed(one, full_name=f"{one.full_name} {number}", address=number) for one in TERMS.customers),
        groups=tuple(changed(one, group_name=f"{one.group_name} ({number})") for one in TERMS.groups),
        hamlets=tuple(changed(one, hamlet_name=f"{one.hamlet_name} {number}") for one in TERMS.hamlets),
    )
    digits = "".join(one for one in number if one.isdigit())
    found, plainly = text(of_terms(keyed), key), text(of_terms(TERMS), key)
    assert number not in found
    assert digits[1:] not in "".join(one for one in found if one.isdigit())
    assert name(LATE) in found
    assert keyed.groups[1].group_name[:7] in found
    assert sorted(re.findall(r"\d+(?:\.\d{3})+", found)) == sorted(re.findall(r"\d+(?:\.\d{3})+", plainly))


def test_every_document_of_a_session_is_registered_once_and_is_of_the_session() -> None:
    keys = [one.key for one in DOCUMENTS]
    assert len(keys) == len(set(keys))
    assert {one.key: one.scope for one in DOCUMENTS if one.key in OURS} == dict.fromkeys(OURS, "session")


@pytest.mark.parametrize("words", [VI, EN], ids=["vi", "en"])
@pytest.mark.parametrize("key", OURS)
@pytest.mark.parametrize("when", ["before", "after", "nobody"])
def test_every_document_is_written_and_drawn_before_the_session_and_after_it(key: str, words: Words, when: str) -> None:
    nobody = changed(
        TERMS, groups=(), customers=(), loans=(), deposits=(), disbursements=(), payouts=(), programmes=(),
        point=changed(TERMS.point, hotline="", time_begin="", time_end="", visit_day=0, address=""),
    )  # fmt: skip
    occasion = {
        "before": of_terms(changed(counter.COUNTER, bulletins=BULLETINS), words=words), "after": morning(words),
        "nobody": of_terms(nobody, words=words),
    }[when]  # fmt: skip
    sheets = document(key).write(occasion, "")
    assert sheets == document(key).write(occasion, "")
    if key == "bulletin" and when != "before":
        assert sheets == ()
        return
    said = " ".join(printed.text(paper.draw_many(sheets)).split())
    assert words(f"paper.title.{key}") in said
    assert "{" not in said
    assert "None" not in said


def test_a_list_with_nobody_on_it_says_so() -> None:
    occasion = of_terms(changed(TERMS, loans=(), deposits=()))
    for key in (*FOLLOW[:-1], "arrears_public"):
        assert not tables(sheet(occasion, key))
        assert "Không có ai trong danh sách này." in text(occasion, key)
    assert people(sheet(occasion, "beneficiaries"))


# The board


def secrets(terms: Terms) -> set[str]:
    """Every number of a card and every telephone of the pack but the office's own."""
    phones = [one.phone for one in terms.customers] + [one.phone for one in terms.team]
    phones += [one.leader_phone for one in terms.groups] + [one.id_number for one in terms.customers]
    return {re.sub(r"\D", "", one) for one in phones} - {""}


def found_in(said: str, hidden: set[str]) -> set[str]:
    """Those that stand in a text, however their digits are set apart."""
    runs = {re.sub(r"\D", "", run) for run in re.findall(r"\d[\d ·]*\d", said)} | set(re.findall(r"\d{6,}", said))
    return {one for one in hidden if any(one in run for run in runs)}


@pytest.mark.feature(12, 109)
@pytest.mark.parametrize("key", ["public_notice", "arrears_public"])
def test_nothing_that_hangs_on_the_board_says_a_card_or_a_telephone_of_anybody(key: str) -> None:
    occasion = can_giuoc()
    hidden = secrets(occasion.session.terms)
    assert len(hidden) > 1_000
    said = text(occasion, key)
    assert found_in(said, hidden) == set()
    assert "0272 3874 000" in said


def test_a_card_or_a_telephone_on_the_board_would_be_found() -> None:
    occasion = can_giuoc()
    one = next(one for one in occasion.session.terms.customers if one.phone)
    notice = sheet(occasion, "arrears_public")
    for leak in (one.id_number, one.phone, f"{one.phone[:4]} {one.phone[4:7]} {one.phone[7:]}"):
        bad = changed(notice, blocks=(*notice.blocks, Paragraph(said=(plain(f"{one.full_name} {leak}"),))))
        said = " ".join(printed.text(paper.draw(bad)).split())
        assert found_in(said, secrets(occasion.session.terms))


@pytest.mark.feature(12)
def test_the_board_says_the_rates_in_force_on_the_day_and_no_others() -> None:
    notice = sheet(of_terms(counter.COUNTER), "public_notice")
    programmes, savings = tables(notice)[:2]
    assert cells(programmes) == [
        ("01", "Cho vay 01", "01", "6,6", "8,58", "01/01/2015"),
        ("12", "Cho vay 12", "12", "6,6", "8,58", "01/08/2024"),
    ]
    before = tables(sheet(of_terms(changed(counter.COUNTER, session_date=day(2024, 7, 31))), "public_notice"))[0]
    assert cells(before)[1] == ("12", "Cho vay 12", "12", "4,8", "6,24", "01/01/2015")
    later = changed(TERMS, programmes=(*TERMS.programmes, small.programme("99", 1_000, DAY + datetime.timedelta(days=1))))
    assert "99" not in [row[0] for row in cells(tables(sheet(of_terms(later), "public_notice"))[0])]
    assert ("Tiết kiệm 402", "12 tháng", "5,36", "1.000.000") in cells(savings)
    said = text(of_terms(counter.COUNTER), "public_notice")
    for part in ("08:00–11:30", "ngày 15 hằng tháng", "0200 000 000", "Lãi suất nhận tiền gửi tiết kiệm"):
        assert part in said


@pytest.mark.feature(12)
def test_the_board_names_every_loan_with_a_balance_once_under_its_group() -> None:
    occasion = can_giuoc()
    terms = occasion.session.terms
    notice = sheet(occasion, "public_notice")
    lists = [table for table in tables(notice) if table.caption]
    assert len(lists) == len({table.caption for table in lists}) == len(terms.groups)
    rows = [row.cells for table in lists for row in table.rows]
    assert len(rows) == len(terms.loans)
    assert lists[-1].totals[-1].cells[1] == figures(sum(one.balance_in_term + one.balance_overdue + one.balance_frozen for one in terms.loans))
    assert [row[0] for row in rows[:3]] == ["1", "2", "3"]
    # On every page one sees whose list it is.
    for page in printed.pages_text(paper.draw(notice))[1:]:
        assert any(table.caption in " ".join(page.split()) for table in lists)


def test_the_board_shows_what_was_paid_today_and_the_last_of_the_due_days() -> None:
    book = Writer(with_loan(HEAD_B, extended_to=day(2027, 1, 2)))
    book.open()
    book.visit(HEAD_A, Wish("TL", loan_code(HEAD_A), None), Wish("TG", loan_code(HEAD_A), 50_000_000))
    rows = [row.cells[1:] for table in tables(sheet(occasion_of(book), "public_notice")) if table.caption for row in table.rows]
    assert (name(HEAD_B), "01", "50.000.000", "02/01/2027") in rows
    assert (name(FROZEN), "01", "30.000.000", "15/08/2026") in rows
    # The leaders of both groups have one name; the first has repaid everything.
    assert sum(row[0] == name(HEAD_A) for row in rows) == 1


@pytest.mark.feature(109)
def test_the_village_sees_by_hamlet_who_is_overdue_and_what_would_settle_it() -> None:
    occasion = can_giuoc()
    arrears = sheet(occasion, "arrears_public")
    [table] = tables(arrears)
    hamlets = [row.cells[0] for row in table.rows if row.keep]
    assert hamlets == ["Ấp Bắc", "Ấp Trung", "Ấp Nam", "Ấp Tây", "Ấp Đông"]
    late = followup.overdue(occasion.session)
    principal, interest = sum(one.amount for one in late), sum(one.dues.interest for one in late)
    assert table.totals[-1].cells == (
        f"Tổng cộng toàn điểm: {len(late)}", figures(principal), figures(interest), figures(principal + interest)
    )  # fmt: skip
    book = Writer(TERMS)
    book.open()
    assert people(sheet(occasion_of(book), "arrears_public")) == [name(LATE)]
    book.visit(LATE, Wish("TL", loan_code(LATE), None), Wish("TQ", loan_code(LATE), 10_000_000))
    assert people(sheet(occasion_of(book), "arrears_public")) == []


# What people act on


@pytest.mark.feature(136)
def test_each_follow_up_list_names_whom_it_is_about_and_takes_them_off_when_it_is_settled() -> None:
    terms = with_person(HEAD_B, with_loan(NO_DEPOSIT, last_transaction_on=day(2024, 5, 1)), id_expires_on=day(2024, 8, 1))
    book = Writer(terms)
    book.open()
    expected = {
        "follow_overdue": [name(LATE)], "follow_inactive": [name(NO_DEPOSIT)], "follow_repaid": [name(SAVER)],
        "follow_id": [name(HEAD_B)],
    }  # fmt: skip
    for key, those in expected.items():
        assert people(sheet(occasion_of(book), key)) == those
    assert "14 ngày" in text(occasion_of(book), "follow_overdue")
    assert "đã hết hạn 14 ngày" in text(occasion_of(book), "follow_id")
    # Of a card's number only its end is there.
    assert TERMS.customers[5].id_number not in text(occasion_of(book), "follow_id")
    assert name(NO_DEPOSIT) in people(sheet(occasion_of(book), "follow_unpaid"))
    assert "Tổ chưa nộp" in text(occasion_of(book), "follow_unpaid")
    book.visit(NO_DEPOSIT, Wish("TL", loan_code(NO_DEPOSIT), None))
    book.visit(LATE, Wish("TL", loan_code(LATE), None), Wish("TQ", loan_code(LATE), 10_000_000))
    book.visit(SAVER, Wish("RT", deposit_no(SAVER), None), approvers=[small.CONTROLLER])
    after = occasion_of(book)
    assert people(sheet(after, "follow_overdue")) == people(sheet(after, "follow_inactive")) == []
    assert people(sheet(after, "follow_repaid")) == [name(LATE)]
    assert "trả hết hôm nay" in text(after, "follow_repaid")
    assert name(NO_DEPOSIT) not in people(sheet(after, "follow_unpaid"))


@pytest.mark.feature(136)
def test_the_lists_of_a_whole_point_stand_by_hamlet_and_group_and_add_up() -> None:
    occasion = can_giuoc()
    session = occasion.session
    for key, found in (
        ("follow_overdue", followup.overdue(session)), ("follow_inactive", followup.inactive(session)),
        ("follow_repaid", followup.repaid(session)), ("follow_id", followup.identities(session)),
    ):  # fmt: skip
        [table] = tables(sheet(occasion, key))
        assert sorted(people(sheet(occasion, key))) == sorted(one.customer.full_name for one in found)
        assert [row.cells[0] for row in table.rows if not row.keep] == [str(place) for place in range(1, len(found) + 1)]
        assert table.totals[-1].cells[0] == f"Tổng cộng toàn điểm: {len(found)}"
    unpaid = followup.unpaid(session)
    assert tables(sheet(occasion, "follow_unpaid"))[-1].totals[-1].cells == (
        f"Tổng cộng toàn điểm: {len(unpaid)}", figures(sum(one.due for one in unpaid)), "0", figures(sum(one.left for one in unpaid))
    )  # fmt: skip


@pytest.mark.parametrize("keep", [True, False])
def test_a_label_kept_with_its_first_row_is_never_the_last_on_a_page(*, keep: bool) -> None:
    page = sheet(can_giuoc(), "follow_id")
    found = []
    for before in range(34, 48):
        rows = (*(Row(cells=(f"dòng {place}",)) for place in range(before)), Row(cells=("NHÃN",), keep=keep), Row(cells=("sau",)))
        table = Table(columns=(Column(title="Đầu", share=1),), rows=rows)
        first = printed.pages_text(paper.draw(changed(page, blocks=(table,), foot="", page="")))[0]
        found.append(first.split()[-1] == "NHÃN")
    # Without being kept it is, in one of these: the test can see it.
    assert any(found) is not keep


@pytest.mark.parametrize("medium", ["a4", "a5", "roll80", "roll58"])
def test_a_table_says_its_caption_on_whatever_it_is_printed(medium: Paper) -> None:
    table = tables(sheet(can_giuoc(), "public_notice"))[-1]
    one = changed(sheet(can_giuoc(), "arrears_public"), paper=medium, blocks=(changed(table, rows=table.rows[:3]),))
    said = " ".join(printed.text(paper.draw(one)).split())
    assert table.caption in said
    assert table.rows[2].cells[1] in said


def test_every_label_of_a_short_list_is_kept_with_its_first_row() -> None:
    for key in ("follow_inactive", "follow_escaped", "arrears_public"):
        [table] = tables(sheet(can_giuoc(), key))
        labels = [row for row in table.rows if len(row.cells) == 1]
        assert len(labels) > 1
        assert all(row.keep for row in labels)


@pytest.mark.feature(137)
def test_a_newly_escaped_household_past_its_three_years_is_listed_with_how_that_is_known() -> None:
    terms = with_person(HEAD_A, beneficiary="newly_escaped", beneficiary_since=day(2021, 8, 14))
    terms = with_person(FROZEN, terms, beneficiary="newly_escaped")
    loans = tuple(
        changed(one, programme_code="09", disbursed_on=day(2020, 2, 29)) if one.customer_code == FROZEN else one
        for one in terms.loans
    )
    occasion = of_terms(changed(terms, loans=loans))
    [table] = tables(sheet(occasion, "follow_escaped"))
    rows = [row.cells[1:] for row in table.rows if not row.keep]
    assert rows == [
        (name(HEAD_A), "14/08/2021", "14/08/2024", "theo ngày thoát nghèo", "0"),
        (name(FROZEN), "29/02/2020", "28/02/2023", "theo món vay đầu tiên", "30.000.000"),
    ]
    listed = [row.cells for table in tables(sheet(occasion, "beneficiaries")) for row in table.rows]
    assert ("1", name(HEAD_A), "Hộ mới thoát nghèo", "14/08/2021", "01", "50.000.000", "hết 3 năm ngày 14/08/2024") in listed


@pytest.mark.feature(137)
def test_the_class_of_every_customer_is_listed_for_review() -> None:
    terms = with_person(TWICE, beneficiary="", beneficiary_since=None)
    occasion = of_terms(with_person(SAVER, terms, beneficiary="near_poor"))
    review = sheet(occasion, "beneficiaries")
    counts, *lists = tables(review)
    assert cells(counts) == [("8", "1", "0", "0", "1")]
    assert [column.title for column in counts.columns][-1] == "Chưa ghi"
    rows = [row.cells for table in lists for row in table.rows]
    assert sorted(row[1] for row in rows) == sorted(one.full_name for one in terms.customers)
    assert next(row[2] for row in rows if row[1] == name(SAVER)) == "Hộ cận nghèo"
    assert next(row[2] for row in rows if row[1] == name(TWICE)) == "Chưa ghi"
    # Somebody of no group is reviewed too.
    assert [table.caption for table in lists][-1] == "Ấp Tây · không thuộc Tổ nào"


# The meeting


@pytest.mark.feature(135)
def test_the_meetings_tables_have_a_row_a_code_in_order_and_the_whole_point_below() -> None:
    occasion = can_giuoc()
    session = occasion.session
    groups, organisations = sheet(occasion, "meeting_groups"), sheet(occasion, "meeting_organisations")
    whole = meeting.total(one for _, one in meeting.by_group(session))
    for one, count in ((groups, len(session.terms.groups) + 1), (organisations, 4)):
        standing, today = tables(one)
        assert len(standing.rows) == len(today.rows) == count
        assert figures(whole.balance) in standing.totals[-1].cells
        assert figures(whole.interest_due) in today.totals[-1].cells
        assert one.paper == "a4-projected"
        for table in (standing, today):
            assert all(len(row.cells) == len(table.columns) for row in (*table.rows, *table.totals))
    assert [row.cells[0] for row in tables(organisations)[0].rows] == [
        "11 Hội Nông dân", "12 Hội Liên hiệp Phụ nữ", "13 Hội Cựu chiến binh", "99 Cho vay trực tiếp"
    ]  # fmt: skip
    named = [row.cells[0] for row in tables(groups)[0].rows]
    assert named[:-1] == sorted(named[:-1])
    assert named[0] == "Tổ 001 · Nguyễn Thị Thủy"


@pytest.mark.feature(135)
def test_the_meeting_sees_what_the_session_collected_and_at_what_rate() -> None:
    book = Writer(TERMS)
    book.open()
    book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000})
    book.slip()
    a, b, direct = (row.cells for row in tables(sheet(occasion_of(book), "meeting_groups"))[1].rows)
    found = dict(meeting.by_group(book.session))
    due, taken = found[GROUP_A].interest_due, found[GROUP_A].interest_taken
    rate = f"{taken * 100 / due:.2f}".replace(".", ",")
    assert a == (
        f"Tổ 0117 · {name(HEAD_A)}", figures(due), figures(taken), rate.rstrip("0").rstrip(","), "–", "60.000.000",
        f"+{figures(330_000 - taken)}",
    )  # fmt: skip
    assert b[0] == f"Tổ 0118 · {name(HEAD_B)}"
    assert b[1:] == (figures(found[GROUP_B].interest_due), "–", "0", "–", "–", "–")
    assert direct == ("Cho vay trực tiếp", *(["–"] * 6))
    assert "1/2" in text(occasion_of(book), "meeting_groups")


# Minutes


@pytest.mark.feature(108)
def test_the_minutes_say_when_who_and_everything_out_of_the_ordinary() -> None:
    said = text(morning(), "session_minutes")
    for part in (
        "BIÊN BẢN PHIÊN GIAO DỊCH", "Ngày theo lịch: 15/08/2024", "Ngày giao dịch: 15/08/2024", "Giờ theo lịch: 08:00–11:30",
        "Mở phiên lúc: 07:01", "Khóa sổ lúc: 07:33", "Tổ đến giao dịch: 1/2", "Tổ chưa đến giao dịch (1): Tổ 0118",
        "Tiền giả thu giữ 000020 700.000", "sê-ri AB12345678, CD7654321; biên bản 03/BB-TG", "Tiền trả lại 000021",
        "Tiền chờ xử lý 000024 300.000 Đinh Thị Lan;", "Tổ 0117; H'Bia Niê; của phiếu 000016; nhầm dòng", "đã đảo ở phiếu 000026", "Phiếu viết tay 000014", "số PT-0031 lúc 08:40",
        "Mất tiền 000022 60.000.000", "Mất túi tiền trên đường", "Chênh lệch quỹ 000031 −647", "lẻ dưới 1.000 đ",
        "Mở thêm ghế ngồi", "Sự cố khóa ký – – không có", "5. Khiếu nại, kiến nghị, góp ý khác tại phiên", "…………",
    ):  # fmt: skip
        assert part in said, part
    signing = next(block for block in sheet(morning(), "session_minutes").blocks if isinstance(block, Signing))
    assert [(box.role, box.name) for box in signing.boxes] == [
        ("Giao dịch viên", "Cán bộ GDV01"), ("Kiểm soát viên", "Cán bộ KSV01"), ("Tổ trưởng giao dịch", "Cán bộ TTR01")
    ]  # fmt: skip


@pytest.mark.feature(108)
def test_the_cash_of_the_minutes_adds_up_from_the_float_to_what_was_counted() -> None:
    *rows, expected, counted = cells(tables(sheet(morning(), "session_minutes"))[2])
    session = morning().session

    def amount(row: tuple[str, ...]) -> int:
        return int(row[1].replace(".", "").replace("−", "-"))

    assert sum(amount(row) for row in rows) == amount(expected) == amount(counted) == session.cash
    assert [row[0] for row in rows] == [
        "Ứng quỹ đầu phiên", "Tiếp quỹ trong phiên", "Thu trong phiên", "Chi trong phiên", "Hoàn quỹ trong phiên", "Chênh lệch"
    ]  # fmt: skip


def test_the_codes_of_the_minutes_are_the_tallys_and_come_to_the_drawer() -> None:
    codes = cells(tables(sheet(morning(), "session_minutes"))[1])
    found = {row[0]: row[2:] for row in codes}
    for one in Tally(morning().session).summary().codes:
        if one.code != "TF":
            assert found[one.code][0] == figures(one.lines)
            assert one.lines >= 0
    sums = [tuple(int(cell.replace(".", "").replace("−", "-").replace("–", "0")) for cell in row[1:]) for row in found.values()]
    assert sum(came - went for came, went in sums) == morning().session.cash


def test_a_correction_that_was_itself_taken_back_leaves_every_line_counted_once() -> None:
    book = Writer(TERMS)
    book.open()
    book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000, SAVER: 50_000})
    before = Tally(book.session).summary().codes
    correct = book.post(book.session.plan_correct(2, customer_code=SAVER, reason="nhầm dòng"), small.CONTROLLER)
    assert Tally(book.session).summary().codes != before
    book.reverse(correct.entry.number)
    assert Tally(book.session).summary().codes == before


def test_the_minutes_of_a_session_that_is_not_closed_or_was_moved_say_so() -> None:
    book = Writer(changed(TERMS, planned_on=day(2024, 8, 14)))
    assert "Mở phiên lúc: …… giờ ……" in text(occasion_of(book), "session_minutes")
    book.open()
    said = text(occasion_of(book), "session_minutes")
    for part in ("Ngày theo lịch: 14/08/2024", "Ngày giao dịch: 15/08/2024", "Khóa sổ lúc: chưa khóa sổ", "Mở phiên lúc: 07:01"):
        assert part in said
    assert "Tiền thực đếm" not in said
    # Whoever did nothing is not said to have been there.
    team = cells(tables(sheet(occasion_of(book), "session_minutes"))[0])
    assert [row[1] for row in team] == ["…………………………", "Cán bộ KSV01", "Cán bộ GDV01"]


def test_people_are_served_once_however_often_they_pay_and_not_at_all_where_it_was_undone() -> None:
    book = Writer(TERMS)
    book.open()
    book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000, SAVER: 50_000})
    book.visit(HEAD_A, Wish("TT", deposit_no(HEAD_A), 50_000))
    undone = book.visit(LATE, Wish("TT", deposit_no(LATE), 50_000))
    book.reverse(undone.entry.number)
    said = text(occasion_of(book), "session_minutes")
    for part in ("Khách tự đến bàn: 1", "Tổ viên nộp qua Tổ: 2", "Tổng số người được phục vụ: 2"):
        assert part in said


def test_the_desk_gives_its_documents_the_hours_and_the_hands_of_its_book(opened_laptop: Laptop, tmp_path: Path) -> None:
    laptop = copied(opened_laptop, tmp_path / "laptop")
    desk = laptop.desk()
    try:
        occasion = desk.occasion(VI)
        kept = [one.entry for one in desk.book.sealed()]
    finally:
        desk.close()
    assert occasion.walls == tuple(one.wall_s for one in kept)
    assert len(kept) == 1
    done = {one.staff.staff_id: (one.made, one.approved) for one in occasion.hands if one.made or one.approved}
    assert done == {kept[0].maker: (1, 0), kept[0].approvals[0].staff_id: (0, 1)}
    hour = datetime.datetime.fromtimestamp(kept[0].wall_s, VIETNAM)
    assert f"Mở phiên lúc: {hour:%H:%M}" in text(occasion, "session_minutes")


# The score


@pytest.mark.feature(134)
def test_the_score_sheet_has_a_hundred_points_and_leaves_the_total_to_a_person() -> None:
    assert sum(one.most for one in CRITERIA) == 100
    assert [least for _, least in BANDS] == sorted((least for _, least in BANDS), reverse=True)
    [table] = tables(sheet(morning(), "score"))
    assert [row.cells[2] for row in table.rows] == [str(one.most) for one in CRITERIA]
    # One figure follows from a rule; all others are a person's.
    assert {one.key: row.cells[4] for one, row in zip(CRITERIA, table.rows, strict=True) if row.cells[4]} == {"attendance": "5"}
    assert table.totals[0].cells == ("Tổng cộng", "100", "Người chấm ghi điểm và cộng", "")
    assert "từ 85 điểm: tốt; từ 70: khá; từ 50: trung bình; dưới 50: yếu" in text(morning(), "score")


@pytest.mark.feature(134)
def test_the_score_sheet_says_beside_each_point_what_the_ledger_saw() -> None:
    said = text(morning(), "score")
    for part in (
        "Ghi sổ hoặc duyệt: 3/3 nhiệm vụ", "Ứng, tiếp, hoàn quỹ: 3 lần, 3 lần có số niêm phong.", "Bàn giao két: 2 lần.",
        "33 phiếu; đảo, rút dòng 4; viết tay nhập sau 1; tiền chờ xử lý 0; tổ viên chưa ký bảng kê 2.", "Có kiểm quỹ mù.",
        "Chênh lệch quỹ 1 lần, cộng −647 đ.", "Mở phiên 07:01, khóa sổ 07:33; giờ theo lịch 08:00–11:30.",
        "Cán bộ hội kiểm bảng kê: 1/1", "10 × 1 Tổ đến ÷ 2 Tổ của điểm, làm tròn = 5 điểm.", "Báo cáo mất tiền: 2.",
        "Vận chuyển tiền có biên bản: 1 lần.", "Phiếu chi duyệt đã chi: 1/5.",
    ):  # fmt: skip
        assert part in said, part
    book = Writer(changed(TERMS, planned_on=day(2024, 8, 14), bulletins=BULLETINS))
    book.open()
    said = text(occasion_of(book), "score")
    for part in ("Chưa thấy trên sổ: Tổ trưởng giao dịch.", "Chưa có kiểm quỹ mù.", "Không có chênh lệch quỹ.",
                 "Lịch ngày 14/08/2024, giao dịch ngày 15/08/2024.", "trong gói: 2."):  # fmt: skip
        assert part in said, part


@pytest.mark.parametrize(("came", "groups", "points"), [(0, 2, 0), (1, 2, 5), (2, 2, 10), (1, 3, 3), (2, 3, 7), (1, 20, 1)])
def test_attendance_is_ten_points_times_the_part_of_the_groups_that_came(came: int, groups: int, points: int) -> None:
    more = tuple(changed(TERMS.groups[1], group_code=f"80702{place:02d}", leader="", deputy="") for place in range(groups - 2))
    book = Writer(changed(TERMS, groups=(*TERMS.groups, *more)))
    book.open()
    for group, head in ((GROUP_A, HEAD_A), (GROUP_B, HEAD_B))[:came]:
        book.group(group, by=head, cash={head: 330_000})
    assert attendance(occasion_of(book)) == points


# Bulletins


def test_each_bulletin_of_the_office_is_a_page_and_without_any_there_is_none() -> None:
    assert document("bulletin").write(of_terms(TERMS), "") == ()
    occasion = of_terms(changed(TERMS, bulletins=BULLETINS))
    first, second = printed.pages_text(paper.draw_many(document("bulletin").write(occasion, "")))
    assert [part in " ".join(first.split()) for part in ("Số: 07/TB", "01/08/2024", "Lãi suất mới", "Từ ngày 1 tháng 8.", "Hỏi tổ trưởng.")] == [True] * 5
    assert "Đổi giờ giao dịch" in second
    assert "Lãi suất mới" not in second


def test_the_bank_may_call_every_document_by_its_own_name_and_number() -> None:
    forms = tuple(small.TERMS.parameters.forms) + tuple(changed(small.TERMS.parameters.forms[0], document=key, number="77/XX", heading="TÊN RIÊNG") for key in OURS)
    terms = changed(TERMS, parameters=changed(TERMS.parameters, forms=forms), bulletins=BULLETINS)
    for key in OURS:
        said = text(of_terms(terms), key)
        assert "TÊN RIÊNG" in said
        assert "Mẫu 77/XX" in said


def test_a_session_to_practise_on_marks_every_page_of_every_document() -> None:
    terms = changed(TERMS, parameters=changed(TERMS.parameters, training=True), bulletins=BULLETINS)
    for key in OURS:
        for page in printed.pages_text(paper.draw_many(document(key).write(of_terms(terms), ""))):
            assert "TẬP HUẤN" in page


def test_facts_of_the_board_are_there_only_where_the_pack_has_them() -> None:
    bare = changed(TERMS, point=changed(TERMS.point, hotline="", time_begin="", time_end="", visit_day=0))
    facts = next(block for block in sheet(of_terms(bare), "public_notice").blocks if isinstance(block, Facts))
    assert len(facts.items) == 1
