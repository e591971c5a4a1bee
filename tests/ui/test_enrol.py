"""The first run at the keyboard, with a real office: ticket, team, answer, pack, today; and what may go wrong on the way."""

import os
import secrets
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
import uvicorn
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from desktop import vault
from desktop.press.tray import Tray
from desktop.road import address
from desktop.ui.counter import clock_text
from desktop.ui.enrol import EnrolPage
from desktop.ui.enrol_steps import AnswerStep, PersonRow, Step, TeamStep, TicketStep
from desktop.ui.unlock import PackPage, UnlockPage
from desktop.ui.window import Window
from sync.chain import Moment
from sync.office import devices, preparation
from sync.office.api import application
from tests.bench.point import BEGIN_S
from tests.office.conftest import DAY, POINT, Desk, make_office
from tests.office.laptop import MORNING
from tests.office.laptop import Laptop as Other
from tests.ui.laptop import Laptop, Teller, open_window
from tests.ui.test_window import cut_off, nameless

TELLER_WORDS, CONTROLLER_WORDS = "lua gao song nui mua", "cau duong lang xom vuon"
TELLER, CONTROLLER = 0, 3


class Clock:
    """Half a minute between two looks, on the morning of the session."""

    def __init__(self) -> None:
        self.gone_s = 0

    def __call__(self) -> Moment:
        self.gone_s += 30
        return Moment(MORNING + self.gone_s, self.gone_s, 1)


class Somebody(Teller):
    """In front of a laptop that was never enrolled."""

    @property
    def page(self) -> EnrolPage:
        page = self.window.centralWidget()
        assert isinstance(page, EnrolPage)
        return page

    @property
    def step(self) -> Step:
        assert self.page.step is not None
        return self.page.step

    @property
    def team(self) -> TeamStep:
        assert isinstance(self.step, TeamStep)
        return self.step

    @property
    def notice(self) -> str:
        page = self.window.centralWidget()
        shown = self.step.notice if isinstance(page, EnrolPage) else page.notice  # type: ignore[union-attr]
        return shown.text() if shown.isVisible() else ""

    def bring(self, ticket: Path) -> None:
        """Type the path of a ticket, read it, agree to its office."""
        self.type(str(ticket))
        self.press("Enter")
        self.wait(lambda: "Phòng giao dịch thử" in shown_text(self.step))
        self.press("Enter")
        self.wait(lambda: isinstance(self.step, TeamStep))

    def choose(self, passphrase: str, pin: str) -> None:
        """One person's secrets, Enter behind each."""
        self.type(passphrase)
        self.press("Enter")
        self.type(pin)
        self.press("Enter")

    def enrol_two(self) -> None:
        """A teller and a controller; everybody else is left out."""
        self.choose(TELLER_WORDS, "123456")
        self.press("Enter", "Enter")
        assert self.field is self.team.rows[CONTROLLER].passphrase
        self.choose(CONTROLLER_WORDS, "654321")
        self.press("Ctrl+Enter")
        self.wait(lambda: not isinstance(self.window.centralWidget(), EnrolPage) or isinstance(self.step, AnswerStep))


def shown_text(step: Step) -> str:
    assert isinstance(step, TicketStep)
    return step.figures["office"].text() if step.facts.isVisible() else ""


def sit_down(home: Path, qtbot: QtBot, *, language: str = "vi", size: tuple[int, int] = (1366, 728)) -> Somebody:
    # A new laptop draws the same as every other here, so that what is typed is stretched once for all of these tests.
    draw = secrets.token_bytes if home.exists() else Random(7).randbytes
    window = Window(home, clock=Clock(), draw=draw, printer=Tray(home.parent / "paper"), road=None, language=language)
    qtbot.addWidget(window)
    window.resize(*size)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    return Somebody(window, qtbot)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    office = make_office(tmp_path / "office")
    yield Desk(office, tmp_path / "office")
    office.store.close()


@pytest.fixture
def ticket(desk: Desk, tmp_path: Path) -> Path:
    """The office's file, on a stick."""
    path = tmp_path / "usb" / "ticket-A.dgd"
    path.parent.mkdir()
    path.write_bytes(devices.invite(desk.office, letter="A"))
    return path


@pytest.fixture
def served(desk: Desk) -> Iterator[str]:
    """The office over HTTP; its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(desk.office), log_level="error"))
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]))
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "laptop"


@pytest.fixture
def somebody(dressed: QApplication, home: Path, qtbot: QtBot) -> Iterator[Somebody]:
    one = sit_down(home, qtbot)
    yield one
    one.window.close()


def prepare(desk: Desk) -> bytes:
    return preparation.prepare(desk.office, point_code=POINT, session_date=DAY, letter="A", again=False).sealed


def at_the_pack(one: Somebody) -> Callable[[], bool]:
    return lambda: isinstance(one.window.centralWidget(), PackPage)


# --- the whole way


@pytest.mark.feature(75)
def test_a_new_laptop_is_led_from_the_ticket_to_the_first_page_of_its_session(
    somebody: Somebody, desk: Desk, ticket: Path, served: str, home: Path
) -> None:
    somebody.bring(ticket)
    assert [one.person.role for one in somebody.team.rows] == ["teller"] * 3 + ["controller"] * 2 + ["leader"] * 2
    somebody.enrol_two()
    kept = ticket.with_suffix(".answer")
    assert kept.read_bytes() == vault.answer_left(home)
    somebody.type(served)
    somebody.press("Enter")
    somebody.wait(lambda: isinstance(somebody.window.centralWidget(), UnlockPage))
    assert "Văn phòng đã nhận máy này" in somebody.notice
    assert address.known(home) == served
    assert vault.answer_left(home) is None
    somebody.type(TELLER_WORDS)
    somebody.press("Enter")
    somebody.wait(at_the_pack(somebody))
    # The office has made no pack yet, and says so; then it makes one.
    somebody.press("Enter")
    somebody.wait(lambda: "Văn phòng không nhận" in somebody.notice)
    prepare(desk)
    somebody.press("Enter")
    somebody.wait(lambda: somebody.window.table is not None)
    assert somebody.desk.page == "today"
    assert {one.staff_id for one in somebody.desk.counter.team} == {"004807-31", "004807-21"}
    # The controller approves with the PIN chosen at the enrolment, and the voucher reaches the office that was enrolled at.
    somebody.press("F5")
    somebody.wait()
    somebody.type("1200")
    somebody.press("Ctrl+Enter")
    somebody.approve("654321")
    somebody.wait(lambda: somebody.desk.counter.standing.marks.received == 1)


@pytest.mark.feature(75, 94)
def test_without_any_network_the_answer_and_the_pack_go_by_stick(
    somebody: Somebody, desk: Desk, ticket: Path, home: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody.bring(ticket)
    somebody.enrol_two()
    assert str(ticket.with_suffix(".answer")) in somebody.step.kept.text().replace("\u200b", "")  # type: ignore[attr-defined]
    somebody.press("Esc")
    devices.enrol(desk.office, answer=ticket.with_suffix(".answer").read_bytes())
    pack = ticket.with_name("pack.dgd")
    pack.write_bytes(prepare(desk))
    page = somebody.window.centralWidget()
    assert isinstance(page, UnlockPage)
    somebody.type(TELLER_WORDS)
    somebody.press("Enter")
    somebody.wait(at_the_pack(somebody))
    chosen = [str(ticket.with_name("none.dgd")), str(pack)]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_given: (chosen.pop(0), ""))
    # The stick as a whole comes first; a file by itself is one step further.
    somebody.press("Tab", "Enter")
    somebody.wait(lambda: "none.dgd" in somebody.notice)
    somebody.press("Tab", "Enter")
    somebody.wait(lambda: somebody.window.table is not None)
    # The other person opens it too, with their own words and nobody else's.
    somebody.press("Ctrl+L")
    somebody.wait()
    page = somebody.window.centralWidget()
    assert isinstance(page, UnlockPage)
    page.who.setFocus()
    somebody.press("Down", "Tab")
    somebody.type(TELLER_WORDS)
    somebody.press("Enter")
    somebody.wait(lambda: "không đúng" in somebody.notice)
    somebody.type(CONTROLLER_WORDS)
    somebody.press("Enter")
    somebody.wait(lambda: somebody.window.table is not None)
    # With a book there is nothing left to ask of the office, although nobody told the laptop so.
    assert vault.answer_left(home) is not None
    again = sit_down_after(somebody, home, qtbot)
    assert isinstance(again.window.centralWidget(), UnlockPage)
    again.window.close()


def sit_down_after(before: Somebody, home: Path, qtbot: QtBot) -> Somebody:
    before.window.close()
    return sit_down(home, qtbot)


# --- what may go wrong


@pytest.mark.feature(114)
def test_a_ticket_that_is_altered_missing_or_something_else_is_refused_and_nothing_is_made(
    somebody: Somebody, ticket: Path, home: Path
) -> None:
    raw = ticket.read_bytes()
    name = raw.index("thử".encode())
    for at, broken in enumerate([raw[:name] + b"c" + raw[name + 1 :], raw[:-1], raw + b"x", b"", os.urandom(100_000)]):
        path = ticket.with_name(f"broken-{at}.dgd")
        path.write_bytes(broken)
        step = somebody.step
        assert isinstance(step, TicketStep)
        step.path.clear()
        somebody.type(str(path))
        somebody.press("Enter")
        somebody.wait(lambda: somebody.notice != "")
        assert "văn phòng" in somebody.notice
        assert not step.facts.isVisible()
    for path in (ticket.with_name("nowhere.dgd"), ticket.parent):
        step.path.clear()
        somebody.type(str(path))
        somebody.press("Enter")
        somebody.wait(lambda path=path: path.name in somebody.notice)
    somebody.press("Enter")
    somebody.wait()
    assert isinstance(somebody.step, TicketStep)
    assert not home.exists()
    # Once the path is another, what was read before is not agreed to.
    step.path.clear()
    somebody.type(str(ticket))
    somebody.press("Enter")
    somebody.wait(step.facts.isVisible)
    somebody.type("x")
    assert not step.facts.isVisible()


@pytest.mark.feature(114)
def test_secrets_that_are_too_weak_are_refused_beside_their_field(somebody: Somebody, ticket: Path, home: Path) -> None:
    somebody.bring(ticket)
    rows = somebody.team.rows
    somebody.type("lua gao")
    somebody.press("Enter")
    assert said(rows[0]) == vault.PassphraseShort(least=15).sentence("vi")
    assert rows[0].passphrase.accessibleDescription() == said(rows[0])
    somebody.type("12345")
    somebody.press("Enter")
    rows[0].passphrase.setFocus()
    somebody.type(" song nui mua")
    assert said(rows[0]) == ""
    somebody.press("Enter")
    assert said(rows[0]) == vault.PinShape(digits=6).sentence("vi")
    for pin in ("12345a", "1234567", ""):
        rows[0].pin.setFocus()
        rows[0].pin.clear()
        somebody.type(pin)
        somebody.press("Ctrl+Enter")
        assert said(rows[0]) == vault.PinShape(digits=6).sentence("vi")
        assert somebody.field is rows[0].pin
    # A PIN alone is not "left out".
    somebody.type("123456")
    rows[CONTROLLER].pin.setFocus()
    somebody.type("654321")
    somebody.press("Ctrl+Enter")
    assert said(rows[CONTROLLER]) == vault.PassphraseShort(least=15).sentence("vi")
    assert not (home / "vault").exists()


def said(row: PersonRow) -> str:
    return row.said.text() if row.said.isVisible() else ""


def test_without_a_teller_nobody_is_enrolled(somebody: Somebody, ticket: Path, home: Path) -> None:
    somebody.bring(ticket)
    somebody.team.rows[CONTROLLER].passphrase.setFocus()
    somebody.choose(CONTROLLER_WORDS, "654321")
    assert "Cần ít nhất một giao dịch viên" in somebody.team.go.text()
    somebody.press("Ctrl+Enter")
    somebody.wait()
    assert isinstance(somebody.step, TeamStep)
    assert not (home / "vault").exists()
    somebody.team.rows[TELLER].passphrase.setFocus()
    somebody.choose(TELLER_WORDS, "123456")
    assert "Đăng ký 2 người" in somebody.team.go.text()


def test_a_passphrase_is_shown_only_while_its_person_sits_in_its_row(somebody: Somebody, ticket: Path) -> None:
    somebody.bring(ticket)
    first = somebody.team.rows[0]
    hidden = QLineEdit.EchoMode.Password
    composing = Qt.WidgetAttribute.WA_InputMethodEnabled
    somebody.type("lua gao song nui mua")
    assert first.passphrase.echoMode() == hidden
    somebody.press("F4")
    assert first.passphrase.echoMode() == QLineEdit.EchoMode.Normal
    # The unlock page hides it, and no input method works in a hidden field: nor may one here.
    assert not first.passphrase.testAttribute(composing)
    somebody.press("Enter")
    assert first.passphrase.echoMode() == QLineEdit.EchoMode.Normal
    assert first.pin.echoMode() == hidden
    somebody.press("Enter")
    assert first.passphrase.echoMode() == hidden
    assert not first.passphrase.testAttribute(composing)


@pytest.mark.feature(114)
def test_an_office_that_cannot_be_reached_gets_the_answer_later(
    somebody: Somebody, ticket: Path, home: Path, served: str, qtbot: QtBot
) -> None:
    somebody.bring(ticket)
    somebody.enrol_two()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    somebody.type("văn phòng")
    somebody.press("Enter")
    somebody.wait(lambda: "không đúng dạng" in somebody.notice)
    step = somebody.step
    assert isinstance(step, AnswerStep)
    step.address.clear()
    somebody.type(nobody)
    somebody.press("Enter")
    somebody.wait(lambda: "Chưa liên lạc được với văn phòng" in somebody.notice)
    answer = vault.answer_left(home)
    assert ticket.with_suffix(".answer").read_bytes() == answer
    assert address.known(home) == ""
    # The next day: nothing is typed again but the address.
    again = sit_down_after(somebody, home, qtbot)
    assert isinstance(again.step, AnswerStep)
    again.type(served)
    again.press("Enter")
    again.wait(lambda: isinstance(again.window.centralWidget(), UnlockPage))
    assert vault.answer_left(home) is None
    last = sit_down_after(again, home, qtbot)
    assert isinstance(last.window.centralWidget(), UnlockPage)
    assert last.notice == ""
    last.window.close()


def test_an_office_that_says_no_is_heard(somebody: Somebody, desk: Desk, ticket: Path, home: Path, served: str) -> None:
    devices.enrol(desk.office, answer=Other(ticket.read_bytes()).answer())
    somebody.bring(ticket)
    somebody.enrol_two()
    somebody.type(served)
    somebody.press("Enter")
    somebody.wait(lambda: "Văn phòng không nhận" in somebody.notice)
    assert vault.answer_left(home) is not None
    assert address.known(home) == ""


def test_a_stick_that_takes_nothing_does_not_cost_the_answer(
    somebody: Somebody, ticket: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A folder where the new file would be written: as unwritable as a locked stick, also for root.
    ticket.with_name("ticket-A.answer.new").mkdir()
    somebody.bring(ticket)
    somebody.enrol_two()
    step = somebody.step
    assert isinstance(step, AnswerStep)
    assert "Không có mạng thì lưu thư ra USB" in step.kept.text()
    chosen = [str(ticket.with_name("ticket-A.answer")), str(tmp_path / "other" / "A.answer")]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_given: (chosen.pop(0), ""))
    QTest.keyClick(somebody.field, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    somebody.wait(lambda: "Không ghi được tệp" in somebody.notice)
    QTest.keyClick(somebody.field, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    somebody.wait(lambda: "Đã lưu" in somebody.notice)
    assert (tmp_path / "other" / "A.answer").read_bytes() == vault.answer_left(home)


@pytest.mark.feature(116)
def test_another_language_keeps_what_is_typed(somebody: Somebody, ticket: Path) -> None:
    somebody.type(str(ticket))
    somebody.window.speak("en")
    step = somebody.step
    assert isinstance(step, TicketStep)
    assert step.path.text() == str(ticket)
    assert "Read the ticket" in step.go.text()
    somebody.press("Enter")
    somebody.wait(step.facts.isVisible)
    somebody.press("Enter")
    somebody.wait(lambda: isinstance(somebody.step, TeamStep))
    somebody.choose(TELLER_WORDS, "123456")
    somebody.window.speak("vi")
    assert somebody.team.people() == [("004807-31", TELLER_WORDS, "123456")]
    assert "Đăng ký 1 người" in somebody.team.go.text()
    somebody.press("Esc")
    assert isinstance(somebody.step, TicketStep)
    assert somebody.step.path.text() == str(ticket)


# --- how it looks


@pytest.mark.parametrize("size", [(1366, 728), (1280, 720)])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_nothing_of_it_is_cut_off_and_every_control_has_a_name(
    dressed: QApplication, home: Path, ticket: Path, qtbot: QtBot, language: str, size: tuple[int, int]
) -> None:
    one = sit_down(home, qtbot, language=language, size=size)
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        QApplication.processEvents()
        step = one.step
        outside = [name] if not one.window.rect().contains(step.geometry()) else []
        found[name] = cut_off(one.window) + nameless(one.window) + outside

    look("first")
    one.type("nowhere.dgd")
    one.press("Enter")
    one.wait(lambda: one.notice != "")
    look("no such file")
    assert isinstance(one.step, TicketStep)
    one.step.path.clear()
    one.type(str(ticket))
    one.press("Enter")
    one.wait(one.step.facts.isVisible)
    look("ticket")
    one.press("Enter")
    look("team")
    one.choose("lua gao", "12345")
    one.choose("lua gao", "12345")
    look("refused")
    one.team.rows[0].passphrase.setText(TELLER_WORDS)
    one.team.rows[0].pin.setText("123456")
    one.team.rows[1].passphrase.clear()
    one.team.rows[1].pin.clear()
    one.press("Ctrl+Enter")
    look("making")
    one.wait(lambda: isinstance(one.step, AnswerStep))
    look("answer")
    one.type("http://127.0.0.1:1")
    one.press("Enter")
    one.wait(lambda: bool(one.notice) and one.step.go.isEnabled())  # type: ignore[attr-defined]
    look("away")
    assert {name: bad for name, bad in found.items() if bad} == {}
    assert len(found) == 8
    one.window.close()


# --- after a power cut


def notice_of(home: Path, like: Laptop, qtbot: QtBot, *, language: str = "vi") -> str:
    """What the unlock page says on a laptop that was just switched on."""
    one = open_window(like._replace(home=home), qtbot, language=language)
    page = one.window.centralWidget()
    assert isinstance(page, UnlockPage)
    text = page.notice.text() if page.notice.isVisible() else ""
    if text:
        assert page.notice.property("tone") == "warn"
        assert cut_off(one.window) == []
    one.window.close()
    return text


@pytest.mark.feature(9)
def test_after_a_power_cut_the_first_page_says_when_and_that_nothing_is_lost(
    teller: Teller, laptop: Laptop, tmp_path: Path, qtbot: QtBot
) -> None:
    teller.unlock()
    teller.open_session()
    cut = tmp_path / "cut"
    shutil.copytree(laptop.home, cut)
    teller.window.close()
    (log,) = (cut / "books").glob("*.db-wal")
    assert log.stat().st_size
    os.utime(log, (BEGIN_S, BEGIN_S))
    at = clock_text(BEGIN_S)
    expected = f"Lần trước máy tắt đột ngột lúc {at}. Không mất phiếu nào đã ghi; phiếu chưa in sẽ hiện sau khi mở khóa."
    assert notice_of(cut, laptop, qtbot) == expected
    # On another day the day is said as well.
    os.utime(log, (BEGIN_S - 3 * 86_400, BEGIN_S - 3 * 86_400))
    text = notice_of(cut, laptop, qtbot, language="en")
    assert clock_text(BEGIN_S - 3 * 86_400, "%H:%M %d/%m/%Y") in text
    # It is true: the voucher is there. A lock later in the day is no power cut.
    one = open_window(laptop._replace(home=cut), qtbot)
    one.unlock()
    assert one.desk.counter.standing.entries == 1
    one.press("Ctrl+L")
    page = one.window.centralWidget()
    assert isinstance(page, UnlockPage)
    assert not page.notice.isVisible()
    one.wait()
    one.window.close()
    assert notice_of(cut, laptop, qtbot) == ""


def test_control_after_a_clean_end_there_is_no_such_notice(teller: Teller, laptop: Laptop, qtbot: QtBot) -> None:
    teller.unlock()
    teller.open_session()
    teller.window.close()
    assert notice_of(laptop.home, laptop, qtbot) == ""
