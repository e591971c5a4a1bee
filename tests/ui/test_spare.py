"""Two laptops and a stick in their windows: every voucher on it, the session goes on at the other, the first one stops."""

import errno
import re
import secrets
import shutil
import threading
from pathlib import Path
from typing import NamedTuple

import pytest
from pytestqt.qtbot import QtBot

from desktop import vault
from desktop.road import going_on, volumes
from desktop.store import Book
from desktop.ui.print_queue import PrintQueueSheet
from desktop.ui.put_back import PutBackSheet
from desktop.ui.resume import ResumePage
from desktop.ui.sync_page import SyncPage
from desktop.ui.unlock import PackPage
from sync.pack import Colleague, make_ticket, read_answer, signed
from sync.pack import Laptop as Named
from sync.records import changed
from sync.session import Session
from sync.stick import device
from tests.bench.point import BEGIN_S, PASSPHRASE, PINS, TEAM
from tests.ui.laptop import CONTROLLER, TELLER, Laptop, Teller, copied, make_laptop, open_window
from tests.ui.test_morning import visit

REASON = "máy A rơi vỡ màn hình"


class Both(NamedTuple):
    first: Laptop
    other: Laptop
    stick: Path


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Laptop, Path]:
    """A laptop whose pack names another one, and that one."""
    folder = tmp_path_factory.mktemp("two")
    first, home = make_laptop(folder / "first", members=12), folder / "other"
    staff = tuple(Colleague(staff_id=one, full_name=name, role=role) for one, name, role in TEAM)  # type: ignore[arg-type]
    office, code = first.office, secrets.token_bytes(16)
    ticket = make_ticket(office=office.public, device=b"\x66" * 16, letter="B", code=code, staff=staff, office_seed=office.sign_seed)
    people = [vault.NewUser(one, PASSPHRASE, PINS[one]) for one, _, _ in TEAM]
    answer = read_answer(vault.enrol(home, ticket, people=people, draw=secrets.token_bytes, cost=vault.FLOOR, keystore=None), code=code)
    vault.answer_taken(home)
    named = Named(device=b"\x66" * 16, letter="B", sign_key=answer.sign_key, seal_key=answer.seal_key, users=answer.users)
    pack = signed(changed(first.pack, laptops=(named,)), office_seed=office.sign_seed)
    unlocked = vault.Vault(first.home, draw=secrets.token_bytes, keystore=None).unlock(TELLER, passphrase=PASSPHRASE, now_s=BEGIN_S)
    (first.home / "books" / f"{pack.book.hex()}.db").unlink()
    Book.create(first.home, unlocked.keep_book_key(pack.book), pack=pack, balances=Session(pack.terms).balances).close()
    unlocked.lock()
    return first._replace(pack=pack), home


@pytest.fixture
def both(template: tuple[Laptop, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Both:
    first, home = template
    stick = tmp_path / "USB DGD"
    (stick / "DGD").mkdir(parents=True)
    monkeypatch.setattr(volumes, "found", lambda: (volumes.volume(stick),) if stick.exists() else ())
    made = copied(first, tmp_path / "one")
    other = copied(first._replace(home=home), tmp_path / "two")
    return Both(made, other, stick)


def pay(teller: Teller) -> None:
    """The debtor's visit, posted; a further one of the day is asked about."""
    before = teller.desk.counter.standing.entries
    visit(teller, deposit=f"{100_000 + before}")
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == before + 1)


def chip(teller: Teller) -> str:
    return teller.desk.head.stick.text().replace("<b>", "").replace("</b>", "")


def written(teller: Teller) -> None:
    """Until all of the book is on the stick."""
    mirroring = teller.desk.mirroring
    teller.wait(lambda: mirroring.state == "kept" and not mirroring.missing)


def morning(both: Both, qtbot: QtBot) -> Teller:
    """The first laptop with three vouchers, all of them on the stick."""
    teller = open_window(both.first, qtbot)
    teller.unlock()
    teller.open_session()
    pay(teller)
    written(teller)
    return teller


def at_resume(both: Both, qtbot: QtBot) -> tuple[Teller, ResumePage]:
    """The other laptop, unlocked and without a book, with the stick in it."""
    both.other.wire.closed = True
    teller = open_window(both.other, qtbot)
    teller.type(PASSPHRASE)
    teller.press("Enter")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), PackPage))
    teller.letter("M")
    teller.wait(lambda: isinstance(page := teller.window.centralWidget(), ResumePage) and page.root is not None)
    page = teller.window.centralWidget()
    assert isinstance(page, ResumePage)
    return teller, page


def test_a_stick_with_our_folder_takes_every_voucher_by_itself(both: Both, qtbot: QtBot) -> None:
    teller = open_window(both.first, qtbot)
    teller.unlock()
    teller.wait(lambda: teller.desk.mirroring.state == "kept")
    assert chip(teller) == "USB · sẵn sàng"
    teller.open_session()
    pay(teller)
    written(teller)
    assert re.fullmatch(r"USB \d\d:\d\d · đủ", chip(teller))
    both.stick.rename(both.stick.with_name("pocket"))
    pay(teller)
    teller.wait(lambda: chip(teller) == "USB thiếu 1")
    teller.press("F8")
    both.stick.with_name("pocket").rename(both.stick)
    teller.desk.mirroring.go()
    written(teller)
    assert chip(teller).endswith("đủ")
    assert len(list((both.stick / "DGD" / "mirror").iterdir())) == 1


def test_without_a_stick_the_head_says_so_and_one_can_be_chosen(both: Both, qtbot: QtBot, tmp_path: Path) -> None:
    shutil.rmtree(both.stick)
    teller = open_window(both.first, qtbot)
    teller.unlock()
    teller.open_session()
    assert chip(teller) == "không có USB"
    teller.press("F8")
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    # An empty one is in: it is not written on unasked, and neither is it said to be away.
    both.stick.mkdir()
    teller.desk.mirroring.go()
    teller.wait(lambda: chip(teller) == "USB chưa chép · F8")
    assert "“USB DGD” đang cắm nhưng chưa chép phiếu nào. Bấm U" in teller.desk.pages["sync"].mirror.text()  # type: ignore[attr-defined]
    assert list(both.stick.iterdir()) == []
    teller.letter("U")
    written(teller)
    assert (teller.desk.mirroring.root, chip(teller)[-2:]) == (both.stick, "đủ")
    # And is taken again at the next start, though another one has our folder.
    teller.press("Ctrl+L")
    teller.wait(lambda: teller.window.table is None)
    (fresh / "DGD").mkdir()
    teller.unlock()
    teller.wait(lambda: teller.desk.mirroring.state == "kept")
    assert teller.desk.mirroring.root == both.stick


def test_a_full_stick_is_a_word_and_stops_nobody(both: Both, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    teller = morning(both, qtbot)

    def full(*_args: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patched:
        patched.setattr(device.os, "fsync", full)
        pay(teller)
        teller.wait(lambda: teller.desk.mirroring.state == "failing")
        assert chip(teller) == "USB thiếu 1"
        teller.press("F8")
        assert "đã đầy" in teller.desk.pages["sync"].mirror.text()  # type: ignore[attr-defined]
        pay(teller)
    teller.desk.mirroring.go()
    written(teller)


@pytest.mark.feature(9)
def test_the_session_goes_on_at_the_other_laptop_in_its_window(both: Both, qtbot: QtBot) -> None:
    first = morning(both, qtbot)
    cash = first.desk.counter.standing.cash
    first.window.close()
    teller, page = at_resume(both, qtbot)
    assert page.pin.hasFocus()
    teller.type("999999")
    teller.press("Enter")
    teller.wait()
    assert "PIN" in page.notice.text()
    assert page.found is None
    teller.type(PINS[TELLER])
    teller.press("Enter")
    teller.wait(lambda: page.found is not None)
    assert page.facts["last"].text() == "000002"
    assert page.facts["cash"].text() == f"{cash:,} đ".replace(",", ".")
    teller.type(REASON)
    teller.press("Enter", "Enter")
    teller.type("000000")
    teller.press("Enter")
    teller.wait()
    assert "PIN" in page.notice.text()
    teller.type(PINS[CONTROLLER])
    teller.press("Enter")
    teller.wait(lambda: teller.window.table is not None)
    now = teller.desk.counter.standing
    assert (now.entries, now.cash, now.letter, now.state) == (3, cash, "A.B", "open")
    # All the paper of the first laptop is on the table.
    teller.wait(lambda: isinstance(teller.desk.sheet, PrintQueueSheet) and len(teller.desk.sheet.model.things) == 2)
    teller.letter("A")
    teller.wait(lambda: not teller.desk.counter.standing.doubtful)
    teller.press("Esc")
    pay(teller)
    # Its own vouchers go onto the same stick, into a file of their own.
    written(teller)
    assert len(list((both.stick / "DGD" / "mirror").iterdir())) == 2
    assert sorted(path.name.split("-")[2] for path in both.other.paper.glob("*.pdf")) == ["A.B", "A.B"]


def test_the_folder_in_which_a_stick_was_mounted_is_no_stick(
    both: Both, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both.first.wire.closed = True
    teller = morning(both, qtbot)
    teller.press("F8")
    page = teller.desk.pages["sync"]
    assert isinstance(page, SyncPage)
    assert "2 phiếu trên máy và USB" in teller.desk.head.synced.text()
    assert page.said["here"][0].text() == "Trên máy này và USB"
    # The stick is pulled; its empty folder stays, on the laptop's own disk.
    monkeypatch.setattr(volumes, "_PLUGGED", (f"{tmp_path.as_posix()}/",))
    monkeypatch.setattr(volumes, "found", tuple)
    both.stick.rename(tmp_path / "pocket")
    both.stick.mkdir()
    pay(teller)
    teller.wait(lambda: chip(teller) == "USB thiếu 1")
    assert list(both.stick.iterdir()) == []
    assert "3 phiếu chỉ có trên máy" in teller.desk.head.synced.text()
    assert page.said["here"][0].text() == "Chỉ có trên máy này"


@pytest.mark.feature(57)
def test_what_the_first_laptop_printed_is_confirmed_or_comes_as_a_copy(both: Both, qtbot: QtBot) -> None:
    morning(both, qtbot).window.close()
    teller, page = at_resume(both, qtbot)
    teller.type(PINS[TELLER])
    teller.press("Enter")
    teller.wait(lambda: page.found is not None)
    teller.type(REASON)
    teller.press("Enter", "Enter")
    teller.type(PINS[CONTROLLER])
    teller.press("Enter")
    teller.wait(lambda: teller.window.table is not None and isinstance(teller.desk.sheet, PrintQueueSheet))
    sheet = teller.desk.sheet
    assert isinstance(sheet, PrintQueueSheet)
    teller.wait(lambda: len(sheet.model.things) == 2)
    # The cursor is in the list, so the voucher without its paper is gone to by the arrows.
    teller.press("Down")
    teller.letter("L")
    teller.wait(lambda: list(sheet.model.things) == [1])
    teller.letter("G")
    teller.wait(lambda: not sheet.model.things)
    assert [path.stem.split("-", 2)[2] for path in both.other.paper.glob("*-A-*")] == ["A-000002-sao-1"]


@pytest.mark.feature(122)
def test_an_older_image_is_made_whole_from_its_stick(both: Both, qtbot: QtBot, tmp_path: Path) -> None:
    image = copied(both.first, tmp_path / "image")
    first = morning(both, qtbot)
    first.window.close()
    teller = open_window(image, qtbot)
    teller.unlock()
    teller.wait(lambda: isinstance(teller.desk.sheet, PutBackSheet))
    assert chip(teller) == "USB khác sổ"
    teller.press("Enter")
    teller.wait(lambda: teller.desk.sheet is None and teller.desk.counter.standing.entries == 2)
    written(teller)
    pay(teller)
    written(teller)


def test_a_laptop_whose_session_went_on_elsewhere_says_so_and_posts_nothing(both: Both, qtbot: QtBot) -> None:
    teller = morning(both, qtbot)
    both.first.wire.status = "fork"
    pay(teller)
    teller.wait(lambda: teller.desk.counter.standing.taken_over is not None)
    assert "máy khác (B)" in teller.desk.said.text()
    assert teller.desk.head.synced.text() == "máy khác làm tiếp"
    entries = teller.desk.counter.standing.entries
    visit(teller)
    teller.press("Ctrl+Enter")
    teller.wait()
    assert teller.desk.counter.standing.entries == entries


@pytest.mark.parametrize("key", ["Esc", "Ctrl+L"])
@pytest.mark.parametrize("step", ["newest", "go_on"])
def test_whoever_goes_back_or_locks_while_it_is_read_or_made_meets_no_page_that_is_gone(
    both: Both, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, step: str, key: str
) -> None:
    morning(both, qtbot).window.close()
    teller, page = at_resume(both, qtbot)
    held, go, real = threading.Event(), threading.Event(), getattr(going_on, step)

    def slow(*given: object, **named: object) -> object:
        held.set()
        go.wait(20)
        return real(*given, **named)

    monkeypatch.setattr(going_on, step, slow)
    teller.type(PINS[TELLER])
    teller.press("Enter")
    if step == "go_on":
        teller.wait(lambda: page.found is not None)
        teller.type(REASON)
        page.approver.setCurrentIndex(page.approver.findData(CONTROLLER))
        page.approver_pin.setFocus()
        teller.type(PINS[CONTROLLER])
        teller.press("Enter")
    teller.qtbot.waitUntil(held.is_set, timeout=20_000)
    teller.press(key)
    go.set()
    teller.wait()
    if key == "Ctrl+L":
        assert teller.window._unlocked is None
        assert teller.window.table is None
    if step == "go_on":
        # Once it is made it is there, whoever looked on.
        if teller.window.table is None:
            teller.unlock()
        assert teller.desk.counter.standing.entries == 3
