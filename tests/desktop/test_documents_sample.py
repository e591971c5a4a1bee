"""Documents of a real point, a group of 55 among them, held against figures read from the export's own files.

`bank` reckons what everybody owes and holds from the CSV files, day by day and with fractions; nothing of that is
asked of the program.
"""

import datetime
import functools
from collections import Counter
from pathlib import Path

import pytest

from desktop.press import paper
from desktop.sheets.documents import DOCUMENTS, document, targets_of
from desktop.sheets.occasion import Occasion
from desktop.sheets.sheet import Cuttings, Sheet, Table
from desktop.words import Words
from sync.money import figures
from sync.office import core_export
from sync.session import Session
from sync.terms import Parameters, Terms
from tests.desktop import printed
from tests.journeys.counter import bank

CORPUS = Path(__file__).parent.parent / "corpus" / "can-giuoc"
POINT, DAY, NEXT = "TXN0480701", datetime.date(2024, 4, 15), datetime.date(2024, 5, 15)
TIME_S = 1_713_150_000
VI = Words("vi")
# The sums on a list, by the place of their column from the left; interest and what follows it from the right.
OWED, HELD, SUGGESTED = 3, -4, -5


@functools.cache
def terms() -> Terms:
    """The point's part of the export, as of the morning of its session."""
    export = core_export.load(CORPUS).export
    hamlets = tuple(one for one in export.hamlets if one.point_code == POINT)
    here = {one.hamlet_code for one in hamlets}
    customers = tuple(one for one in export.customers if one.hamlet_code in here)
    people = {one.customer_code for one in customers}
    return Terms(
        point=next(one for one in export.points if one.point_code == POINT), session_date=DAY, team=tuple(export.staff),
        organisations=tuple(export.organisations), hamlets=hamlets, programmes=tuple(export.programmes),
        groups=tuple(one for one in export.groups if one.hamlet_code in here), customers=customers,
        loans=tuple(one for one in export.loans if one.customer_code in people),
        deposits=tuple(one for one in export.deposits if one.customer_code in people),
        savings_products=tuple(export.savings_products),
        disbursements=tuple(one for one in export.disbursements if one.customer_code in people),
        payouts=(), parameters=Parameters(),
    )  # fmt: skip


def largest() -> str:
    codes = {one.group_code for one in terms().groups}
    members = Counter(one.group_code for one in terms().customers if one.group_code in codes)
    return members.most_common(1)[0][0]


@pytest.fixture(scope="module")
def occasion() -> Occasion:
    return Occasion(Session(terms()), VI, "A", TIME_S)


def rows(sheet: Sheet) -> list[tuple[str, ...]]:
    return [row.cells for row in next(block for block in sheet.blocks if isinstance(block, Table)).rows]


def number(cell: str) -> int:
    return 0 if cell == "–" else int(cell.replace(".", ""))


def owed_then(customer_code: str, on: datetime.date) -> int:
    """A person's interest on a day, from the files; loans whose last day falls in between are left to the rules."""
    programmes = bank.rows(CORPUS, "programmes")
    theirs = [row for row in bank.rows(CORPUS, "loans") if row["customer_code"] == customer_code]
    return sum(sum(bank.interest(row, programmes, on).values()) for row in theirs)


def falls_due(customer_code: str) -> bool:
    return any(DAY <= loan.due_on < NEXT for loan in terms().loans if loan.customer_code == customer_code)


@pytest.mark.parametrize(
    ("key", "on"), [("group_list", DAY), pytest.param("group_list_next", NEXT, marks=pytest.mark.feature(139))]
)
def test_a_real_groups_list_says_what_the_files_say(occasion: Occasion, key: str, on: datetime.date) -> None:
    group = largest()
    members = [one for one in terms().customers if one.group_code == group]
    assert len(members) >= 50
    [sheet] = document(key).write(occasion, group)
    found = rows(sheet)
    assert [row[1] for row in found] == [one.full_name for one in members]
    loans, deposits = bank.rows(CORPUS, "loans"), bank.rows(CORPUS, "deposits")
    checked = 0
    for row, member in zip(found, members, strict=True):
        code = member.customer_code
        theirs = [one for one in loans if one["customer_code"] == code]
        balances = ("balance_in_term", "balance_overdue", "balance_frozen")
        assert number(row[OWED]) == sum(int(one[name]) for one in theirs for name in balances)
        kept = [int(one["balance"]) for one in deposits if (one["customer_code"], one["kind"]) == (code, "member")]
        assert row[HELD] == (figures(sum(kept)) if kept else "–")
        if on == DAY or not falls_due(code):
            interest = owed_then(code, on)
            # The sum of the components stands before the suggestion.
            assert number(row[SUGGESTED - 1]) == interest
            checked += 1
            if kept:
                assert number(row[SUGGESTED]) == -(-(interest + 50_000) // 10_000) * 10_000
    assert checked > 45


def test_a_real_groups_list_has_every_member_once_on_paper_with_its_heads_on_each_page(occasion: Occasion) -> None:
    group = largest()
    pages = printed.pages_text(paper.draw_many(document("group_list").write(occasion, group)))
    assert all("Họ và tên" in page and "Ký nộp" in page for page in pages)
    text = "\n".join(pages)
    for member in (one for one in terms().customers if one.group_code == group):
        assert text.count(f"…{member.customer_code[-4:]}") >= 1
    assert "Tổng cộng" in pages[-1]
    assert "Tổ trưởng Tổ TK&VV" in pages[-1]


def test_a_real_groups_slips_are_those_of_members_with_a_loan(occasion: Occasion) -> None:
    group = largest()
    [sheet] = document("member_interest").write(occasion, group)
    [cuttings] = [block for block in sheet.blocks if isinstance(block, Cuttings)]
    borrowers = {loan.customer_code for loan in terms().loans}
    members = [one for one in terms().customers if one.group_code == group and one.customer_code in borrowers]
    assert len(cuttings.papers) == len(members)
    text = printed.text(paper.draw(sheet))
    assert text.count("PHIẾU BÁO LÃI KỲ 15/05/2024") == len(members)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_document_of_every_group_and_person_of_a_point_can_be_written(occasion: Occasion, language: str) -> None:
    one = occasion._replace(words=Words(language))
    empty = {kind.key: 0 for kind in DOCUMENTS}
    for kind in DOCUMENTS:
        for target in targets_of(one, kind.key):
            empty[kind.key] += not kind.write(one, target.code)
    # Whoever is offered a document gets one.
    assert {key for key, count in empty.items() if count} == set()


def test_the_overdue_of_a_point_are_offered_a_notice_and_nobody_else(occasion: Occasion) -> None:
    late = {
        row["customer_code"]
        for row in bank.rows(CORPUS, "loans")
        if int(row["balance_overdue"]) or int(row["overdue_interest_arrears"])
    }
    offered = {one.code for one in targets_of(occasion, "overdue_notice")}
    assert offered
    assert offered == late & {one.customer_code for one in terms().customers}
