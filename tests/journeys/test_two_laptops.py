"""A morning with two laptops at one table: two books, one session, one closing sheet with both heads.

The office and both laptops are real, and so is the network between them; each laptop is a program of its own. The
control is two laptops that let each other be asked nothing and serve whoever comes: what they both did is a case.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.desk import Desk
from desktop.morning import _Morning, notes_for
from desktop.press import paper, raster
from desktop.sheets import catalogue
from desktop.words import Words
from sync.leases import table_of, touched
from sync.office import cases, closing, overview
from sync.office.closing import Place
from sync.office.home import Office
from sync.pack import Pack
from sync.voucher import Body, Wish
from tests.desktop import printed
from tests.journeys.conftest import VERB_S_MAX
from tests.journeys.table import Table
from tests.office.conftest import DAY, POINT


class Script(_Morning):
    """A morning as it grows, of whom its laptop serves; `lent` is a group that the other one gave it, `away` one that it gave."""

    def __init__(self, pack: Pack) -> None:
        super().__init__(pack.terms, self._served)
        both = table_of(pack)
        assert both is not None
        self.both, self.lent, self.away = both, "", ""

    def _served(self, body: Body) -> bool:
        """By the pack, or lent to this laptop meanwhile."""
        units = touched(self.session.roll, body)
        return self.away not in units and all(unit == self.lent or self.both.first_holder(unit).device == self.both.mine for unit in units)

    def saves(self, group: str, amount: int, *, stands: bool, place: int = 0) -> None:
        """A member of a group brings money for their deposit; `stands`: it will not be refused."""
        held = [one for one in self.session.roll.members(group) if self.session.roll.member_deposit(one.customer_code)][place]
        account = self.session.roll.member_deposit(held.customer_code)
        assert account
        body = self.session.plan_visit(held.customer_code, wishes=[Wish("TT", account.account_no, amount)])
        said = {"customer": held.customer_code, "lines": [{"code": "TT", "account": account.account_no, "amount": amount}]}
        if stands:
            assert self._post(body, "visit", **said)
        else:
            self.act("visit", **said)

    def pays_one(self) -> None:
        """The first approved slip of somebody who is served here."""
        for slip in self.terms.payouts:
            if self._post(self.session.plan_slip(slip.slip_no), "pay", slip=slip.slip_no):
                return
        pytest.fail("nobody who is served here is to be paid")

    def hands_in(self, group: str) -> None:
        self.group(group, by=self.session.roll.groups[group].leader)


@pytest.fixture(scope="module")
def prepared_table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    made = Table(tmp_path_factory.mktemp("table"))
    made.office.store.close()
    return made


@pytest.fixture
def table(prepared_table: Table, tmp_path: Path) -> Iterator[Table]:
    made = Table.copied(prepared_table, tmp_path)
    yield made
    made.office.store.close()


def morning(table: Table) -> tuple[str, ...]:
    """The whole of it, up to both closes; the codes of the refusals in their order, with the laptop that met them."""
    a, b = (Script(table.seats[letter].pack) for letter in "AB")
    a_groups, b_groups = table.seats["A"].pack.groups, table.seats["B"].pack.groups
    # Both take their float and serve a group of their own; B is then asked for by two people of A's groups.
    a.away = a_groups[1]
    a.open()
    a.hands_in(a_groups[0])
    a.act("beside", seconds=120, questions=2)
    b.open()
    b.hands_in(b_groups[0])
    b.lent = a_groups[1]
    b.saves(a_groups[1], 50_000, stands=True)
    running = table.start("A", a.acts)
    until = time.monotonic() + VERB_S_MAX
    while not (table.seats["A"].answers.exists() and len(table.given("A")) == len(a.acts) - 1):
        assert time.monotonic() < until
        time.sleep(0.05)
    b.saves(a_groups[0], 50_000, stands=False)
    table.end(table.start("B", b.acts), running)
    # The network is cut: A stays out of what it gave, B keeps what it was given and gets nothing more.
    a.saves(a_groups[1], 80_000, stands=False)
    a.saves(a_groups[2], 90_000, stands=True)
    a.pays_one()
    a.close()
    a.acts.pop()  # no office is called at the table
    table.play(A=a.acts)
    b.saves(a_groups[2], 60_000, stands=False)
    b.saves(a_groups[1], 70_000, stands=True, place=1)
    b.hands_in(b_groups[1])
    b.close()
    # There it is again for the last sheet: A takes B's closed book as soon as B has closed.
    b.acts[-1] = {"act": "beside", "seconds": 120, "questions": 1}
    serving = table.start("B", b.acts)
    while len(table.given("B")) < len(b.acts) - 1:
        assert time.monotonic() < until
        time.sleep(0.05)
    a.act("joint")
    table.end(table.start("A", a.acts), serving)
    return tuple(f"{letter} {one['error']}" for letter in "AB" for one in table.given(letter) if not one["ok"])


@pytest.mark.feature(148)
def test_two_laptops_hold_one_session_with_one_closing_sheet(table: Table, tmp_path: Path) -> None:
    refused = morning(table)
    assert refused == ("A lease.unheard", "B lease.touched", "B lease.unheard")
    assert [one["answered"] for one in table.given("A") if one["act"] == "beside"] == [2]
    table.send("A", "B")
    with table.desk("A") as a, table.desk("B") as b:
        _the_office_holds_one_session(table.office, a, b)
        _the_last_sheet_has_both(a, b, tmp_path)
    print("two laptops: books 2, refused 3, collisions 0, joint sheets 1")


def _the_office_holds_one_session(office: Office, a: Desk, b: Desk) -> None:
    """Nobody was served twice, and the sums of both books are those of the session, to the đồng."""
    assert [one for one in cases.listed(office) if one.kind == "collision"] == []
    page = overview.session_page(office, book=a.book.book, page=1)
    assert page.joint is not None
    assert [one.row.letter for one in page.joint.books] == ["A", "B"]
    for name in ("cash_in", "cash_out", "opening", "cash"):
        assert getattr(page.joint, name) == getattr(a.session, name) + getattr(b.session, name)
    assert page.joint.groups_in == a.session.groups_in + b.session.groups_in
    by_code: dict[str, int] = {}
    for desk in (a, b):
        for body in desk.session.bodies:
            for line in body.lines:
                by_code[line.code] = by_code.get(line.code, 0) + line.amount
    assert {one.code: one.amount for one in page.joint.totals} == by_code
    assert overview.session_page(office, book=b.book.book, page=1).joint == page.joint
    handed = [{body.party for body in desk.session.bodies if body.kind == "group"} for desk in (a, b)]
    assert not handed[0] & handed[1]
    for desk in (a, b):
        held = closing.compare(
            office, figures={"head": desk.head.hex(), "cash": str(desk.session.cash), "last": str(desk.standing().entries)}, code="",
            place=Place(POINT, DAY, desk.pack.letter), book=None, who="kiểm tra",
        )  # fmt: skip
        assert held.verdict == "agrees"


def _the_last_sheet_has_both(a: Desk, b: Desk, folder: Path) -> None:
    _, sheets = catalogue.written(a.occasion(Words("vi")), "joint_closing")
    made = paper.draw_many(sheets)
    (folder / "joint.pdf").write_bytes(made)
    text = " ".join(printed.text(made).split())
    for desk in (a, b):
        head = desk.head.hex().upper()
        assert " ".join(head[at : at + 4] for at in range(0, 32, 4)) in text
    for amount in (a.session.cash + b.session.cash, a.session.cash_in + b.session.cash_in, a.session.opening + b.session.opening):
        assert f"{amount:,}".replace(",", ".") in text
    assert len(list(raster.pictures(made, dpi=60))) == 1
    # B was asked nothing after its close, so it has its own book only.
    assert catalogue.written(b.occasion(Words("vi")), "joint_closing")[1] == ()


@pytest.mark.feature(148)
def test_laptops_that_ask_nobody_are_found_out_and_nothing_is_overwritten(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: whatever let it happen, the office shows it."""
    from desktop.leases import Leases

    monkeypatch.setattr(Leases, "check", lambda _self, _body: None)
    group = table.seats["A"].pack.groups[0]
    controller = next(one.staff_id for one in table.team if one.role == "controller")
    numbers = {}
    for letter in "AB":
        with table.desk(letter) as desk:

            def post(body: Body, *approvers: str, desk: Desk = desk) -> int:
                preview = desk._preview(body)
                approvals = [desk.approve(preview, staff_id=one, pin=table.typed[one][1]) for one in approvers]
                return desk.post(preview, approvals=approvals).sealed.entry.number

            post(desk.session.plan_open(notes={500_000: 100}), controller)
            rows = desk.session.members(group)[:2]
            cash = {one.customer_code: one.suggestion for one in rows}
            leader = desk.session.roll.groups[group].leader
            notes = notes_for(sum(cash.values()))
            numbers[letter] = post(desk.session.plan_group(group, by=leader, cash=cash, interest={}, notes=notes))
    table.send("A", "B")
    (found,) = [one for one in cases.listed(table.office) if one.kind == "collision"]
    assert found.open
    assert {one.number[-8:] for one in found.papers} == {f"{letter}-{number:06d}" for letter, number in numbers.items()}
    for letter in "AB":
        with table.desk(letter) as desk:
            page = overview.session_page(table.office, book=desk.book.book, page=1)
            assert (page.received, page.closing) == (len(desk.session.bodies), desk.session.cash)
            both = table_of(desk.pack)
            assert both is not None
            assert [one.letter for one in both.seats] == ["A", "B"]
