"""The office's own sums of a book are what the laptop came to, and stop being so when a line was changed."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import ledger
from sync.office import intake, totals
from sync.office.totals import BookTotals, Drawer
from sync.session import Session
from tests.office.conftest import DAY, POINT, Desk, make_office, whole_export
from tests.office.laptop import Laptop
from tests.office.test_commands import run
from tests.office.whole import whole_morning


@pytest.fixture
def point(tmp_path: Path) -> Iterator[Desk]:
    """An office with everybody of the point."""
    office = make_office(tmp_path / "office", export=whole_export())
    yield Desk(office, tmp_path / "office")
    office.store.close()


def changes(laptop: Laptop) -> dict[tuple[str, str], int]:
    """What the laptop's own session says each balance moved by; nil where it did not."""
    before, after = Session(laptop.pack.terms).balances, laptop.session.balances
    moved = {key: after.get(key, 0) - before.get(key, 0) for key in {*before, *after}}
    return {key: amount for key, amount in moved.items() if amount}


def summed(found: BookTotals) -> dict[tuple[str, str], int]:
    rows = (*found.loans, *found.deposits, *found.savings)
    assert len({(one.account, one.component) for one in rows}) == len(rows)
    return {(one.account, one.component): one.change for one in rows if one.change}


def agrees(found: BookTotals, laptop: Laptop) -> bool:
    session = laptop.session
    opening = sum(body.cash for body in session.bodies if body.kind == "open")
    codes = ledger.by_code(line for body in session.bodies for line in body.lines)
    return (
        summed(found) == changes(laptop)
        and found.drawer == Drawer(opening, session.cash_in, session.cash_out, session.cash)
        and {one.code: one.amount for one in found.by_code} == codes
        and found.lines == sum(len(body.lines) for body in session.bodies)
        and found.entries == len(session.bodies)
    )


@pytest.mark.feature(104)
def test_a_whole_morning_comes_to_the_same_here_and_at_the_table(point: Desk) -> None:
    laptop = whole_morning(point)
    kinds = {body.kind for body in laptop.session.bodies}
    assert len(kinds) == 17
    ack = laptop.believes(intake.receive(point.office, batch=laptop.batch()))
    assert (ack.received, ack.differences) == (len(laptop.entries), 0)
    found = totals.of_book(point.office, book=laptop.pack.book)
    assert agrees(found, laptop)
    assert {one.code for one in found.by_code} == set(ledger.CASH) - {"TH"}
    # By hand, so that two reckonings of ours cannot be wrong together: 2,000,000 in cash and 20,000 by transfer.
    paid = [one for one in found.loans if (one.component, one.lines, one.change) == ("principal", 2, -2_020_000)]
    assert len(paid) == 1
    assert [(one.lines, one.change) for one in found.savings if one.account.startswith("464.")] == [(2, 1_500_000)]


def test_the_signs_of_the_codes_are_the_ledgers() -> None:
    signs = dict.fromkeys(totals._CASH_IN, 1) | dict.fromkeys(totals._CASH_OUT, -1)
    assert {code: signs.get(code, 0) for code in ledger.CASH} == ledger.CASH


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entry_line SET amount = amount + 1 WHERE number = 2 AND place = 1",
        "UPDATE entry_line SET account = account || '0' WHERE number = 2 AND place = 1",
        "UPDATE entry_line SET component = 'interest_arrears' WHERE code = 'TL' AND component = 'interest' AND number = 2",
        "UPDATE entry_line SET code = 'TQ' WHERE code = 'TG'",
        "DELETE FROM entry_line WHERE code = 'CL'",
        "UPDATE entry SET kind = 'float' WHERE kind = 'open'",
    ],
)
def test_a_line_changed_behind_the_programs_back_no_longer_agrees(point: Desk, change: str) -> None:
    laptop = whole_morning(point)
    intake.receive(point.office, batch=laptop.batch())
    assert agrees(totals.of_book(point.office, book=laptop.pack.book), laptop)
    point.office.store.close()
    with sqlite3.connect(point.folder / "office.db") as kept:
        for trigger in [row[0] for row in kept.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]:
            kept.execute(f"DROP TRIGGER {trigger}")
        assert kept.execute(change).rowcount > 0
    kept.close()
    assert not agrees(totals.of_book(point.office, book=laptop.pack.book), laptop)


@pytest.mark.feature(148)
def test_two_laptops_of_one_session_are_added_up_on_the_command_line(point: Desk) -> None:
    first = whole_morning(point)
    second = point.laptop("B", seed=2)
    second.open({500_000: 10})
    second.deposit(70_000, place=9)
    for laptop in (first, second):
        intake.receive(point.office, batch=laptop.batch())
    said = json.loads(run("totals", "--point", POINT, "--date", DAY.isoformat(), "--home", point.folder))
    assert [one["letter"] for one in said["books"]] == ["A", "B"]
    drawer = said["together"]["drawer"]
    assert drawer["closing"] == first.session.cash + second.session.cash
    assert drawer["closing"] == drawer["opening"] + drawer["cash_in"] - drawer["cash_out"]
    assert drawer["opening"] == 301_000_000 + 5_000_000
    alone = json.loads(run("totals", "--book", second.pack.book.hex(), "--home", point.folder))
    assert alone == said["books"][1]
    assert alone["by_code"] == {"TT": {"lines": 1, "amount": 70_000}, "UQ": {"lines": 1, "amount": 5_000_000}}
    assert [(one["component"], one["change"]) for one in alone["deposits"]] == [("deposit", 70_000)]
    assert alone["loans"] == alone["savings"] == []


def test_sums_of_nothing_are_refused_in_words(desk: Desk) -> None:
    laptop = desk.laptop()
    home = ("--home", desk.folder)
    assert "chưa nhận bút toán nào" in run("totals", "--book", laptop.pack.book.hex(), *home, ok=False)
    assert "chưa nhận bút toán nào" in run("totals", "--point", POINT, "--date", "2024-04-15", *home, ok=False)
    for wrong in (
        ("--book", "xyz"),
        ("--point", POINT),
        (),
        ("--book", "00", "--point", POINT, "--date", "2024-04-15"),
    ):
        assert "--book HEX" in run("totals", *wrong, *home, ok=False)
