"""Every sum on every document is what the book comes to, whatever a morning was: undone, corrected, opened and closed.

The expected figures are folded here from the lines alone, each with its sign as it was posted: what was reversed or
taken back cancels out by itself. No document is asked how it counts.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.sheets.documents import document
from desktop.sheets.entries import sheet_for
from desktop.sheets.sheet import Beside, Block, Paragraph, Row, Sheet, Table
from desktop.words import Words
from sync import meeting
from sync.errors import Refusal
from sync.ledger import CASH, INTEREST, Line
from sync.money import figures, in_words
from sync.projection import LAPTOP
from sync.session import Session
from sync.voucher import Body
from tests.desktop.test_documents_session import occasion_of
from tests.sync import small
from tests.sync.small import CONTROLLER, LEADER
from tests.sync.test_whole_counter import Morning

VI = Words("vi")


def amount(cell: str) -> int:
    """A cell back as a number; a dash is nothing, and a true minus sign is one."""
    digits = cell.replace(".", "").replace("−", "-").replace("+", "")
    return int(digits) if digits.lstrip("-").isdigit() else 0


def blocks(of: Sheet | tuple[Block, ...]) -> Iterator[Block]:
    for one in of.blocks if isinstance(of, Sheet) else of:
        if isinstance(one, Beside):
            yield from blocks(one.left)
            yield from blocks(one.right)
        else:
            yield one


def tables(of: Sheet) -> list[Table]:
    return [one for one in blocks(of) if isinstance(one, Table)]


def said(of: Sheet) -> str:
    return " ".join("".join(span.text for span in one.said) for one in blocks(of) if isinstance(one, Paragraph))


def column(table: Table, title: str, row: Row) -> int:
    """A figure of a row by its column's title; the first cell of a row may go over several columns."""
    place = [one.title for one in table.columns].index(VI(title))
    return amount(row.cells[place if row.merged == 1 else place - row.merged + 1])


def one_sheet(made: Morning, key: str, target: str = "") -> Sheet:
    [sheet] = document(key).write(occasion_of(made.book), target)
    return sheet


def morning(seed: int) -> Morning:
    """A morning in which members' lines are taken back more often than people do, and some of that is undone again."""
    made = Morning(seed)
    for _ in range(40):
        made.attempt()
        if made.chance.random() < 0.4:
            with contextlib.suppress(Refusal):
                take_back(made)
    return made


def take_back(made: Morning) -> None:
    session = made.book.session
    found = [number for number, body in enumerate(session.bodies, start=1) if body.kind in ("group", "correct")]
    if not found:
        return
    number = made.chance.choice(found)
    body = session.bodies[number - 1]
    if body.kind == "correct" or not body.lines:
        made.post(session.plan_reverse(number, reason="nhầm"))
    else:
        who = session.roll.owner(made.chance.choice(body.lines).account)
        made.post(session.plan_correct(number, customer_code=who, reason="nhầm"))


def root(session: Session, body: Body) -> Body:
    """What a voucher undoes in the end: a reversal of a correction of a hand-in is of the hand-in."""
    while body.kind in ("reverse", "correct"):
        body = session.bodies[body.reverses - 1]
    return body


def lines(session: Session, wanted: Callable[[Body], bool]) -> list[Line]:
    """The lines of all vouchers of a sort, and of what undid them, with the signs they were posted with."""
    return [line for body in session.bodies if wanted(root(session, body)) for line in body.lines]


def check_collected(made: Morning) -> None:
    session = made.book.session
    for group in session.terms.groups:
        sheet = one_sheet(made, "group_collected", group.group_code)
        [table] = tables(sheet)
        [total] = table.totals
        handed = lines(session, lambda body, code=group.group_code: (body.kind, body.party) == ("group", code))  # type: ignore[misc]
        interest = sum(one.amount for one in handed if one.component in INTEREST)
        deposit = sum(one.amount for one in handed if one.component == "deposit")
        loans = [loan for one in session.members(group.group_code) for loan in session.roll.loans_of(one.customer_code)]
        left = sum(session.balance(loan.loan_code, component) for loan in loans for component in INTEREST)
        found = [column(table, f"paper.group_collected.{name}", total) for name in ("interest", "deposit", "cash", "left")]
        assert found == [interest, deposit, interest + deposit, left]
        own = {loan.loan_code for loan in loans}
        counter = lines(session, lambda body: body.kind in ("visit", "slip"))
        at_counter = sum(one.amount for one in counter if one.account in own and one.component in INTEREST)
        if at_counter:
            assert column(table, "paper.group_collected.own", total) == at_counter
        assert column(table, "paper.group_collected.due", total) == interest + at_counter + left
        assert in_words(interest + deposit) in said(sheet)
        for row in table.rows:
            due, *paid, rest = (column(table, f"paper.group_collected.{name}", row) for name in ("due", "interest", "left"))
            assert due - sum(paid) - (column(table, "paper.group_collected.own", row) if at_counter else 0) == rest


def check_savings(made: Morning) -> None:
    session = made.book.session
    [table] = tables(sheet := one_sheet(made, "savings_list"))
    moved = lines(session, lambda body: body.kind == "visit")
    came = sum(one.amount for one in moved if one.code == "GK")
    went = sum(one.amount for one in moved if one.code == "RK" and one.component == "savings")
    interest = sum(one.amount for one in moved if one.component == "savings_interest")
    sums = [amount(cell) for cell in table.totals[0].cells[1:4]]
    assert sums == [came, went, interest]
    assert in_words(came) in said(sheet)
    assert in_words(went + interest) in said(sheet)
    rows = [row for row in table.rows if row.merged == 1]
    assert [sum(amount(row.cells[place]) for row in rows) for place in (5, 6, 7)] == sums
    assert meeting.savings(session).change == came - went


def check_minutes(made: Morning) -> None:
    session = made.book.session
    found = tables(sheet := one_sheet(made, "session_minutes"))
    labels = {VI(f"paper.cash.{key}"): key for key in ("opening", "float", "in", "out", "return", "difference", "expected", "counted")}
    [cash] = [one for one in found if one.totals]
    rows = {labels[row.cells[0]]: amount(row.cells[1]) for row in (*cash.rows, *cash.totals)}
    assert rows["expected"] == session.cash == sum(rows[key] for key in rows if key not in ("expected", "counted"))
    assert in_words(session.cash) in said(sheet)
    [codes] = [one for one in found if one.columns[0].title == VI("paper.column.code")]
    came, went = (sum(column(codes, f"paper.column.{way}", row) for row in codes.rows if CASH[row.cells[0]]) for way in ("came", "went"))
    assert came - went == sum(body.cash for body in session.bodies if body.lines)


def check_public(made: Morning) -> None:
    session = made.book.session
    owed = sum(session.dues(loan).balance for loan in session.roll.loans.values())
    lists = [one for one in tables(one_sheet(made, "public_notice")) if one.totals]
    whole = lists[-1].totals[-1]
    assert amount(whole.cells[-2]) == owed
    assert sum(amount(row.cells[3]) for one in lists for row in one.rows) == owed


def check_meeting(made: Morning) -> None:
    session = made.book.session
    loans = session.roll.loans.values()
    moved = [line for body in session.bodies for line in body.lines]
    codes = {one.loan_code for one in loans}
    fold = meeting.total(of for _, of in meeting.by_group(session))
    assert fold == meeting.total(of for _, of in meeting.by_organisation(session))._replace(groups=fold.groups)
    assert fold.balance == sum(session.dues(one).balance for one in loans)
    assert fold.interest_taken == sum(one.amount for one in moved if one.account in codes and one.component in INTEREST)
    assert fold.disbursed == sum(one.amount for one in moved if one.component == "disbursement")
    members = {one.account_no for one in session.roll.deposits.values() if one.kind == "member"}
    held = sum(session.balance(one, "deposit") for one in members)
    assert (fold.deposits, fold.deposits_change) == (held, held - sum(one.balance for one in session.terms.deposits if one.account_no in members))
    for key in ("meeting_groups", "meeting_organisations"):
        said_by_row = [[amount(cell) for cell in row.cells] for row in tables(one_sheet(made, key))[0].totals]
        assert fold.balance in said_by_row[0]
        for table in tables(one_sheet(made, key)):
            whole = table.totals[0]
            for place, sum_said in enumerate(whole.cells[1:], start=1):
                if "%" not in table.columns[place].title and "%" not in sum_said:
                    assert amount(sum_said) == sum(amount(row.cells[place]) for row in table.rows), table.columns[place].title


def check_disbursed(made: Morning) -> None:
    session = made.book.session
    [table] = tables(one_sheet(made, "disbursements"))
    assert amount(table.totals[0].cells[2]) == sum(one.amount for body in session.bodies for one in body.lines if one.code == "GN")


def check_overdue(made: Morning) -> None:
    session = made.book.session
    late = sum(session.balance(one.loan_code, "overdue_principal") for one in session.roll.loans.values())
    found = [one for one in tables(one_sheet(made, "arrears_public")) if one.totals]
    assert sum(amount(one.totals[-1].cells[1]) for one in found) == late


def closed(made: Morning) -> Morning:
    """The rest of the morning: the keys back, a count that agrees, three signatures."""
    book, session = made.book, made.book.session
    if LAPTOP in session.outages:
        made.post(session.plan_recover(device=True, staff="", head=book.head))
    made.post(session.plan_count(notes=small.notes(session.cash // 500 * 500)))
    if session.counted != session.cash:
        made.post(session.plan_difference(reason="tiền lẻ"))
    book.post(session.plan_close(head=book.head), session.holder, CONTROLLER, LEADER, maker=session.holder)
    return made


def check_close(made: Morning) -> None:
    book, session = closed(made).book, made.book.session
    sheet = sheet_for(book.sealed[-1], session, letter="A", copy=1, words=VI)
    [codes] = [one for one in tables(sheet) if one.columns[0].title == VI("paper.column.code")]
    net = sum(column(codes, "paper.column.net", row) * CASH[row.cells[0]] for row in codes.rows)
    assert net == sum(body.cash for body in session.bodies if body.lines)
    for row in codes.rows:
        whole = [line for body in session.bodies for line in body.lines if line.code == row.cells[0]]
        if row.cells[0] not in ("CT", "TF"):
            assert column(codes, "paper.column.net", row) == sum(one.amount for one in whole)
            assert row.cells[2] == figures(len(whole))
    [drawer] = [one for one in tables(sheet) if one.totals]
    rows = {row.cells[0]: amount(row.cells[1]) for row in (*drawer.rows, *drawer.totals)}
    flow = {key: rows.get(VI(f"paper.cash.{key}"), 0) for key in ("opening", "float", "in", "out", "return", "minuted", "closing", "counted")}
    assert flow["closing"] == flow["counted"] == session.cash
    assert flow["opening"] + flow["float"] + flow["in"] - flow["out"] - flow["return"] == session.cash
    # What was minuted is in and out already, and is said to be a part of them.
    assert flow["minuted"] == sum(body.cash for body in session.bodies if body.kind == "difference")


CHECKS = (
    check_collected, check_savings, check_minutes, check_public, check_meeting, check_disbursed, check_overdue, check_close,
)  # fmt: skip


@pytest.mark.parametrize("check", CHECKS, ids=lambda one: one.__name__)
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_every_sum_on_paper_is_what_the_book_comes_to(check: Callable[[Morning], None], seed: int) -> None:
    check(morning(seed))


def test_these_mornings_move_what_the_documents_sum() -> None:
    """A control: sums of nothing would always agree."""
    many = [morning(seed).book.session for seed in range(40)]
    undone = [body.kind for session in many for body in session.bodies if body.kind in ("reverse", "correct", "difference", "handover")]
    assert {"reverse", "correct", "difference", "handover"} <= set(undone)
    again = [session for session in many for body in session.bodies if body.kind == "reverse" and session.bodies[body.reverses - 1].kind == "correct"]
    assert again
    closings = itertools.chain.from_iterable(session.bodies for session in many)
    assert any(line.component == "savings_interest" for body in closings for line in body.lines)
