"""The window as a person has it: the real program on a screen of its own, and nothing but a keyboard.

The laptop is prepared as the demonstration prepares it, with the point of Đông Thạnh. Every figure that
comes out is held against what was typed: the book in its file, the office's database, the office's
signed word and the sheets. The control types the same keys without the one that posts.
"""

import json
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from desktop import shelf
from desktop.__main__ import clock
from desktop.morning import notes_for
from desktop.search import folded
from desktop.ui.look import LIGHT
from desktop.vault import Vault
from installer import demo
from sync.chain import Sealed
from sync.loans import Dues
from sync.money import DENOMINATIONS
from sync.session import Session
from tests.journeys.conftest import CORPUS, DAY, POINT, ROOT, House, copy_of, desktop, office, served
from tests.journeys.screen import Box, NotSeen, Screen, shown

GROUP = "8070001"
FLOAT = {500_000: 900, 200_000: 1000}
# Office, laptop and pack are made in a quarter of a minute; on a machine full of neighbours it was two and a half.
PREPARED_S = 400
PAGES = ("F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9")
LEFT, COUNT, CHECK, SIGN, SEND = range(5)

# Where things stand in the window.
PASSPHRASE: Box = (495, 360, 870, 410)
PRIMARY: Box = (860, 580, 1350, 690)
FIRST_COUNT: Box = (580, 150, 830, 195)
SHEET_CASH: Box = (1028, 145, 1118, 478)
SHEET_NOTES: Box = (455, 530, 1165, 575)
SHEET_ROWS: Box = (455, 150, 1020, 478)
FINDER: Box = (202, 66, 513, 106)
FOUND_FIRST: Box = (205, 116, 508, 168)
FOUND_OTHERS: Box = (206, 176, 508, 640)
ACCOUNTS: Box = (530, 150, 1345, 178)
SHEET_TICKS: Box = (1305, 150, 1330, 478)
# Higher by two lines while a reason or a look at the card is asked for.
LINES: Box = (1170, 285, 1350, 555)
# The row that asks for a reason pushes it up, and so does a long sentence at the foot.
GIVEN: Box = (540, 470, 705, 625)
DANGER: Box = (1180, 630, 1350, 690)
LAST_VOUCHERS: Box = (1240, 440, 1345, 690)


class Seen(NamedTuple):
    """A laptop's book as it lies on the disk, also while the window has it open."""

    sealed: tuple[Sealed, ...]
    unprinted: tuple[int, ...]
    draft: dict[str, dict[str, int]]
    cash: int

    @property
    def kinds(self) -> list[str]:
        return [one.entry.body.kind for one in self.sealed]


class Laptop:
    """What stands on the prepared laptop, looked at in a copy so that looking changes nothing."""

    def __init__(self, out: Path, teller: demo.Person) -> None:
        self.out, self.home = out, out / "laptop"
        self._teller = teller
        self._aside = out.parent / "aside"
        vault = Vault(self.home, draw=secrets.token_bytes, keystore=None)
        self._keys = vault.unlock(teller.staff_id, passphrase=teller.passphrase, now_s=clock().wall_s)
        self.book = shelf.newest(self._copied(), self._keys)
        with closing(shelf.open_book(self._aside, self._keys, self.book)) as book:
            self.terms = book.pack.terms

    def _copied(self) -> Path:
        shutil.rmtree(self._aside, ignore_errors=True)
        shutil.copytree(self.home, self._aside)
        return self._aside

    def seen(self) -> Seen:
        with closing(shelf.open_book(self._copied(), self._keys, self.book)) as book:
            sealed, session = tuple(book.sealed()), Session(self.terms)
            for one in sealed:
                session.apply(one.entry.body, maker=one.entry.maker)
            draft = book.draft(self._teller.staff_id, f"group/{GROUP}")
            return Seen(sealed, book.unprinted(), json.loads(draft) if draft else {}, session.cash)

    def sheets(self) -> set[int]:
        return {int(path.stem[-6:]) for path in (self.out / "paper").glob("*-[0-9]*[0-9].pdf")}


class Hand:
    """Somebody at the keyboard of one window, who looks before typing on."""

    def __init__(self, screen: Screen, people: tuple[demo.Person, ...]) -> None:
        self.screen = screen
        # Of several who could, the first of each role is at the table.
        self.people = {one.role: one for one in reversed(people)}
        self.press, self.type, self.keep = screen.press, screen.type, screen.keep

    # What can be told from the screen

    def wait(self, holds: Callable[[], bool], what: str) -> None:
        self.screen.wait(holds, what)

    def focus(self, box: Box, what: str) -> None:
        """Until the field in this box has the focus: its frame, or what is marked in it, is in the accent."""
        self.wait(lambda: self.screen.count(box, LIGHT["accent"]) > 60, f"the focus in {what}")

    def ready(self, what: str) -> None:
        self.wait(lambda: self.screen.count(PRIMARY, LIGHT["accent"]) > 2000, f"a button to {what}")

    def page(self, key: str) -> None:
        """Until a page is the marked one."""
        top = 104 + 40 * PAGES.index(key)
        self.wait(lambda: self.screen.colour(14, top) == LIGHT["rail_on"], f"page {key}")

    def go(self, key: str) -> None:
        self.press(key)
        self.page(key)

    def step(self, step: int) -> None:
        self.wait(lambda: self.screen.colour(490, 139 + 54 * step) == LIGHT["weak"], f"step {step + 1} of the close")

    def sheet_height(self) -> int:
        """How high the sheet is that lies over the window; 0 where none does."""
        if self.screen.colour(800, 26) in (LIGHT["surface"], LIGHT["head"]):
            return 0
        return self.screen.count((461, 60, 462, 700), LIGHT["surface"])

    # What is done

    def unlock(self) -> None:
        self.wait(lambda: self.screen.find_corner(LIGHT["rail"]), "the window")
        self.focus(PASSPHRASE, "the passphrase")
        self.keep("locked")
        self.type(self.people["teller"].passphrase)
        self.press("Return")
        self.page("F1")

    def approve(self, role: str, name: str) -> None:
        """Whoever stands first is the controller; their own PIN."""
        # A sheet that asks for a reason is half as high.
        self.wait(lambda: self.sheet_height() > 330, "the sheet of the second person")
        self.keep(name)
        self.type(self.people[role].pin)
        self.press("Return")
        self.wait(lambda: self.sheet_height() == 0, "the window without a sheet")

    def type_notes(self, notes: Mapping[int, int]) -> None:
        """Counts of all kinds of notes, from the first field on."""
        for note in DENOMINATIONS:
            self.press(*str(notes.get(note, "")), "Return")

    def open_session(self) -> None:
        self.go("F5")
        self.focus(FIRST_COUNT, "the first count")
        self.type_notes(FLOAT)
        self.ready("open")
        self.keep("float")
        self.press("ctrl+Return")
        self.approve("controller", "float-approval")
        self.page("F2")

    def begin_sheet(self) -> None:
        """From the list of groups into the first member's cell."""
        # A member who was spoken for is in the muted ink.
        inks = (LIGHT["ink"], LIGHT["muted"])
        self.wait(lambda: max(self.screen.count(SHEET_ROWS, one) for one in inks) > 200, "the group's members")
        self.press("Return")
        self.focus(SHEET_CASH, "the sheet")

    def post_sheet(self, total: int) -> None:
        self.press("ctrl+d")
        self.focus(SHEET_NOTES, "the notes")
        self.type_notes(notes_for(total))
        self.ready("post the sheet")
        self.keep("sheet-counted")
        self.press("ctrl+Return")

    def visit(self, name: str, lines: Mapping[str, int], *, keep: str) -> None:
        """Find a person by name; a key and an amount for each line, 0 to take what is due."""
        self.go("F3")
        self.focus(FINDER, "the search")
        self.type(name)
        weak, surface = LIGHT["weak"], LIGHT["surface"]
        others = (FOUND_OTHERS[2] - FOUND_OTHERS[0]) * (FOUND_OTHERS[3] - FOUND_OTHERS[1])
        self.wait(lambda: self.screen.count(FOUND_FIRST, weak) > 3000, "somebody found")
        self.wait(lambda: self.screen.count(FOUND_OTHERS, surface) == others, "one person found")
        self.wait(lambda: self.screen.count(ACCOUNTS, weak) > 3000, "their accounts")
        self.press("Return")
        self.wait(lambda: self.screen.count(FINDER, LIGHT["accent"]) < 20, "the person's desk")
        for key, amount in lines.items():
            self.press(key)
            self.focus(LINES, "the line's amount")
            self.press(*(str(amount) if amount else ""), "Return")
            self.focus(GIVEN, "the cash given")
        self.ready("post the visit")
        self.keep(keep)
        self.press("ctrl+Return")

    def reverse(self, reason: str) -> None:
        """Undo the newest voucher."""
        self.go("F6")
        self.wait(lambda: self.screen.count(DANGER, LIGHT["bad"]) > 100, "a voucher that can be undone")
        self.press("d")
        self.wait(lambda: 0 < self.sheet_height() < 330, "the question for a reason")
        self.type(reason)
        self.keep("reason")
        self.press("Return")
        self.approve("controller", "reversal-approval")

    def close_session(self, notes: Mapping[int, int]) -> None:
        """Through the five steps."""
        self.go("F9")
        self.step(LEFT)
        self.ready("go on")
        self.keep("close-left")
        self.press("ctrl+Return")
        self.step(COUNT)
        self.focus(FIRST_COUNT, "the first count")
        self.type_notes(notes)
        self.ready("keep the count")
        self.keep("close-count")
        self.press("ctrl+Return")
        self.step(CHECK)
        self.ready("go on to the signatures")
        self.keep("close-check")
        self.press("ctrl+Return")
        self.step(SIGN)
        for place, role in enumerate(("teller", "controller", "leader")):
            self.focus((812, 150 + 86 * place, 1004, 186 + 86 * place), f"the PIN of the {role}")
            self.type(self.people[role].pin)
            self.press("Return")
        self.ready("close")
        self.keep("close-signed")
        self.press("ctrl+Return")
        self.step(SEND)

    def leave(self, program: "subprocess.Popen[bytes]") -> None:
        """Close the window by its key; the program ends well."""
        self.press("alt+F4")
        assert program.wait(timeout=60) == 0


def handed_in(laptop: Laptop, typed: Mapping[int, int]) -> list[int]:
    """What each member hands in: what is typed for some rows, what is suggested in the others."""
    return [typed.get(row, one.suggestion) for row, one in enumerate(Session(laptop.terms).members(GROUP))]


def alone(words: list[str], names: list[list[str]]) -> bool:
    """Whether these beginnings of words find one name only."""
    return sum(all(any(part.startswith(word) for part in name) for word in words) for name in names) == 1


def debtors(laptop: Laptop) -> Iterator[tuple[str, Dues]]:
    """People of other groups with one running loan, a deposit and a name that finds nobody else: (name as typed, dues)."""
    session = Session(laptop.terms)
    names = [folded(one.full_name).split() for one in laptop.terms.customers]
    for one, words in zip(laptop.terms.customers, names, strict=True):
        dues = [session.dues(loan) for loan in session.roll.loans_of(one.customer_code)]
        if one.group_code not in (GROUP, "0000000") and len(dues) == 1 and alone(words, names):
            owed = dues[0].by_component
            leads = any(one.customer_code in (group.leader, group.deputy) for group in laptop.terms.groups)
            if not leads and owed["principal"] > 10_000_000 and session.roll.member_deposit(one.customer_code):
                yield " ".join(words), dues[0]


def rounded(dues: Dues) -> dict[str, int]:
    """Principal, all interest, and a deposit that makes the sum payable in notes."""
    return {"g": 5_000_000, "l": 0, "t": 50_000 + -dues.interest % 10_000}


def office_asked(out: Path, question: str, *facts: int) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{out / 'office' / 'office.db'}?mode=ro", uri=True)) as db:
        return list(db.execute(question, facts))


def received(out: Path) -> int:
    """How many entries the office holds."""
    return len(office_asked(out, "SELECT number FROM entry"))


def signed_for(address: str, book: bytes) -> int:
    """How many entries the office has signed for: a moment after it holds them."""
    ack = demo.acknowledged(address, book.hex())
    return ack.received if ack else 0


@contextmanager
def window(screen: Screen, out: Path, *more: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The program's window on a prepared laptop."""
    command = [sys.executable, "-P", "-m", "desktop", "--home", str(out / "laptop"), "--paper", str(out / "paper")]
    with (out / "window.log").open("ab") as said:
        program = subprocess.Popen(
            [*command, *more], env=screen.world, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        try:
            yield program
        finally:
            program.kill()
            program.wait()
    assert "Traceback" not in (out / "window.log").read_text("utf-8")


@contextmanager
def demonstration(screen: Screen, out: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The command that prepares a laptop and opens its window."""
    command = [sys.executable, str(ROOT / "installer" / "run.py"), "demo", "--out", str(out)]
    command += ["--export", str(CORPUS), "--point", POINT, "--date", DAY]
    with (out.parent / "demo.log").open("wb") as said:
        program = subprocess.Popen(command, env=screen.world, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            yield program
        finally:
            program.terminate()
            program.wait()
    assert "Traceback" not in (out.parent / "demo.log").read_text("utf-8")


def told(log: Path) -> tuple[tuple[demo.Person, ...], str]:
    """The team and the office's address, as the demonstration prints them."""
    text = log.read_text("utf-8")
    people = re.findall(r"^(\S+) +(\w+) +PIN (\d+) +passphrase: (.+)$", text, re.MULTILINE)
    address = re.search(r"http://\S+", text)
    assert address, text
    return tuple(demo.Person(staff_id, role, phrase, pin) for staff_id, role, pin, phrase in people), address[0]


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    with shown(tmp_path / "screen") as one:
        yield one


@pytest.fixture
def house(dong_thanh: House, tmp_path: Path) -> House:
    return copy_of(dong_thanh, tmp_path / "house")


@pytest.mark.feature(1, 2, 16, 19, 23, 24, 26, 29, 31, 34, 37, 41, 78, 110)
def test_a_whole_session_by_keyboard_alone_and_the_office_signs_for_all_of_it(screen: Screen, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with demonstration(screen, out) as program:
        screen.wait(lambda: screen.find_corner(LIGHT["rail"]), "the window", wait_s=PREPARED_S)
        people, address = told(tmp_path / "demo.log")
        laptop, hand = Laptop(out, people[0]), Hand(screen, people)
        hand.unlock()
        hand.open_session()
        screen.wait(lambda: received(out) == 1, "the opening at the office")

        # Fifty-one members: nothing, more and less than is due in three rows; the last rows are taken at once.
        cash = handed_in(laptop, {3: 0, 6: 900_000, 8: 100_000})
        hand.begin_sheet()
        for row, amount in enumerate(cash[:44]):
            screen.press(*(str(amount) if row in (3, 6, 8) else ""), "Return")
        hand.keep("sheet-typed")
        hand.post_sheet(sum(cash))
        screen.wait(lambda: received(out) == 2, "the sheet at the office")

        (name, dues), (other, wrong), *_ = debtors(laptop)
        hand.visit(name, rounded(dues), keep="visit")
        screen.wait(lambda: received(out) == 3, "the visit at the office")
        hand.visit(other, rounded(wrong), keep="visit-keyed-wrong")
        screen.wait(lambda: received(out) == 4, "the second visit at the office")
        hand.reverse("nhap nham so tien")
        screen.wait(lambda: received(out) == 5, "the reversal at the office")
        hand.keep("journal")

        paid = 5_000_000 + dues.interest + rounded(dues)["t"]
        in_drawer = 650_000_000 + sum(cash) + paid
        hand.close_session(notes_for(in_drawer))
        screen.wait(lambda: received(out) == 7, "the close at the office")
        for key in PAGES:
            hand.go(key)
            hand.keep(f"closed-{key}")
        screen.wait(lambda: signed_for(address, laptop.book) == 7, "the office's word on all of it")
        ack = demo.acknowledged(address, laptop.book.hex())
        screen.wait(lambda: len(laptop.sheets()) == 7, "seven sheets")
        hand.leave(program)

    seen = laptop.seen()
    assert seen.kinds == ["open", "group", "visit", "visit", "reverse", "count", "close"]
    assert seen.cash == in_drawer
    assert sum(note * count for note, count in seen.sealed[5].entry.body.notes) == in_drawer
    assert [len(one.entry.approvals) for one in seen.sealed] == [1, 0, 0, 0, 1, 0, 3]
    assert {given.staff_id for given in seen.sealed[6].entry.approvals} == {one.staff_id for one in hand.people.values()}
    assert ack is not None
    assert (ack.received, ack.received_head, ack.cash, ack.status) == (7, seen.sealed[6].head, in_drawer, "ok")
    check_sheet(laptop, cash, office_asked(out, "SELECT account, code, amount FROM entry_line WHERE number = 2"))
    visit = office_asked(out, "SELECT code, component, amount FROM entry_line WHERE number = 3 ORDER BY place")
    assert ("TG", "principal", 5_000_000) in visit
    assert sum(amount for code, _, amount in visit if code == "TL") == dues.interest  # type: ignore[misc]
    assert ("TT", "deposit", rounded(dues)["t"]) in visit
    wrongly = office_asked(
        out, "SELECT account, code, component, amount FROM entry_line WHERE number = 4 ORDER BY place"
    )
    undone = office_asked(
        out, "SELECT account, code, component, -amount FROM entry_line WHERE number = 5 ORDER BY place"
    )
    assert undone == wrongly
    checked = desktop("check", "--home", laptop.home, typed=[people[0].passphrase])
    assert checked.out == f"{laptop.book.hex()} entries 7 head {ack.received_head.hex()} sound\n"
    assert (
        f"{laptop.book.hex()} entries 7 head {ack.received_head.hex()} sound"
        in office("check", "--home", out / "office").out
    )
    assert len(screen.kept) >= 20


def check_sheet(laptop: Laptop, cash: list[int], lines: list[tuple[object, ...]]) -> None:
    """Each member's money went to what they owe and the rest to their deposit; who gave nothing has no line."""
    for handed, member in zip(cash, Session(laptop.terms).members(GROUP), strict=True):
        own = {dues.loan.loan_code for dues in member.dues}
        interest = sum(int(str(amount)) for account, code, amount in lines if account in own and code == "TL")
        deposit = sum(
            int(str(amount)) for account, code, amount in lines if account == member.deposit_account and code == "TT"
        )
        assert (interest, deposit) == (min(handed, member.interest), max(handed - member.interest, 0))


@pytest.mark.feature(9, 30, 50, 58, 81, 82, 112)
def test_a_window_killed_twice_goes_on_where_it_was_and_posts_nothing_twice(screen: Screen, house: House) -> None:
    laptop, hand = Laptop(house.out, house.teller), Hand(screen, house.people)
    paper = house.out / "paper"
    paper.write_text("in the way of every sheet", "utf-8")
    (name, dues), *_ = debtors(laptop)
    # No office answers: everything up to the close is done without one.
    with window(screen, house.out) as program:
        hand.unlock()
        hand.open_session()
        screen.wait(lambda: laptop.seen().kinds == ["open"], "the opening in the book")
        hand.visit(name, rounded(dues), keep="visit-unprinted")
        screen.wait(lambda: laptop.seen().kinds == ["open", "visit"], "the visit in the book")
        program.kill()
        program.wait()
    assert laptop.seen().unprinted == (1, 2)
    paper.unlink()

    cash = handed_in(laptop, {1: 0, 2: 900_000, 4: 30_000})
    with window(screen, house.out) as program:
        hand.unlock()
        # The heading says how many, and each voucher says it of itself.
        screen.wait(lambda: screen.bands(LAST_VOUCHERS, LIGHT["warn_bg"]) == 3, "two vouchers without paper")
        hand.keep("today-unprinted")
        screen.press("p")
        screen.wait(lambda: screen.bands(LAST_VOUCHERS, LIGHT["ok_bg"]) == 2, "two vouchers with paper")
        hand.keep("today-printed")
        hand.go("F2")
        hand.begin_sheet()
        for row, amount in enumerate(cash[:20]):
            screen.press(*(str(amount) if row in (1, 2, 4) else ""), "Return")
        screen.wait(lambda: len(laptop.seen().draft.get("cash", ())) == 20, "the half typed sheet in the book")
        hand.keep("sheet-half-typed")
        program.kill()
        program.wait()

    with window(screen, house.out) as program:
        hand.unlock()
        hand.go("F2")
        screen.wait(lambda: screen.bands(SHEET_TICKS, LIGHT["ok"]) > 8, "the members that were typed")
        hand.keep("sheet-back")
        hand.begin_sheet()
        hand.post_sheet(sum(cash))
        screen.wait(lambda: len(laptop.sheets()) == 3, "three sheets")
        in_drawer = 650_000_000 + 5_000_000 + dues.interest + rounded(dues)["t"] + sum(cash)
        hand.close_session(notes_for(in_drawer))
        screen.wait(lambda: len(laptop.sheets()) == 5, "five sheets")
        hand.keep("closed-offline")
        hand.leave(program)

    seen = laptop.seen()
    assert seen.kinds == ["open", "visit", "group", "count", "close"]
    assert len({one.entry.id for one in seen.sealed}) == 5
    assert (seen.cash, seen.unprinted, seen.draft) == (in_drawer, (), {})
    assert received(house.out) == 0
    with served(house.office) as address, window(screen, house.out, "--office", address) as program:
        hand.unlock()
        screen.wait(lambda: received(house.out) == 5, "the book at the office")
        screen.wait(lambda: signed_for(address, laptop.book) == 5, "the office's word on all of it")
        ack = demo.acknowledged(address, laptop.book.hex())
        hand.leave(program)
    assert ack is not None
    assert (ack.received, ack.received_head, ack.cash) == (5, seen.sealed[4].head, in_drawer)
    check_sheet(laptop, cash, office_asked(house.out, "SELECT account, code, amount FROM entry_line WHERE number = 3"))


def test_control_without_the_key_that_posts_nothing_is_posted(screen: Screen, house: House) -> None:
    laptop, hand = Laptop(house.out, house.teller), Hand(screen, house.people)
    given = screen.press
    dropped: list[str] = []

    def press(*keys: str) -> None:
        if "ctrl+Return" in keys:
            dropped.append("ctrl+Return")
            screen.wait_s = 4  # a sheet comes within a tenth of a second where it comes at all
        else:
            given(*keys)

    hand.press = press
    with window(screen, house.out) as program:
        hand.unlock()
        with pytest.raises(NotSeen, match="the sheet of the second person"):
            hand.open_session()
        hand.leave(program)
    assert dropped == ["ctrl+Return"]
    assert laptop.seen().kinds == []
    assert not (house.out / "paper").exists()
