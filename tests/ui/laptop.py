"""A laptop as a teller meets it: enrolled, its session's pack loaded, locked; and the window on it.

The vault, the book and the desk are the real ones. Only what is not ours is played: the clock, the
road to the office (which acknowledges with the office's real keys), and the keyboard.
"""

import datetime
import functools
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop import vault
from desktop.press.tray import Tray
from desktop.road.courier import OfficeAway, OfficeRefused
from desktop.store import Book
from desktop.ui.open_desk import OpenDesk
from desktop.ui.window import Window
from sync import disposition, protocol
from sync.chain import Moment
from sync.pack import Answer, Colleague, Pack, make_ticket, read_answer
from sync.records import changed
from sync.session import Session
from sync.terms import Group, Hamlet, Staff, Terms
from tests.bench.point import BEGIN_S, PASSPHRASE, PINS, TEAM, OfficeKeys, office_keys, pack_for
from tests.desktop import small
from tests.ui.keys import type_text

TELLER, CONTROLLER, LEADER = "GDV01", "KSV01", "TTR01"
HAMLETS = ("Ấp Tây", "Ấp Đông", "Ấp Thạnh Trung", "Ấp Long Thạnh")


class Clock:
    """Every look is twenty seconds later, as at a table."""

    def __init__(self, gone_s: int = 0) -> None:
        self.gone_s = gone_s

    def __call__(self) -> Moment:
        self.gone_s += 20
        return Moment(BEGIN_S + self.gone_s, self.gone_s, 1)


class Wire:
    """The road to the office. `closed` plays no network; what arrives is opened, checked and signed for."""

    def __init__(self, office: OfficeKeys, pack: Pack, device_key: bytes, seal_key: bytes = b"") -> None:
        self.office, self.pack, self.device_key, self.seal_key = office, pack, device_key, seal_key
        self.said: list[bytes] = []
        self.closed = False
        self.status: protocol.Status = "ok"
        self.batches: list[bytes] = []
        self.acks = 0
        self.newest = b""

    def post_batch(self, raw: bytes) -> bytes:
        if self.closed:
            raise OfficeAway(reason="không kết nối được")
        self.batches.append(raw)
        batch = protocol.open_batch(
            raw, office=self.office.public.office, office_secret=self.office.seal_secret, device_key=self.device_key,
            terms_of=lambda _book: self.pack.terms,
        )  # fmt: skip
        last, _, head = batch.entries[-1]
        self.acks += 1
        ack = protocol.Ack(
            version=1, office=self.office.public.office, device=self.pack.device, book=self.pack.book,
            ack_no=self.acks, prev_ack=b"\0" * 32, received=last.number, received_head=head, safe=0,
            safe_head=b"\0" * 32, cash=last.cash, cash_in=last.cash_in, cash_out=last.cash_out, status=self.status,
            reason="", differences=0, office_s=BEGIN_S + 9_000,
        )  # fmt: skip
        self.newest = protocol.sign_ack(ack, office_seed=self.office.sign_seed)
        return self.newest

    def fetch_ack(self, book: bytes) -> bytes:
        if self.closed:
            raise OfficeAway(reason="không kết nối được")
        if book != self.pack.book or not self.newest:
            raise OfficeRefused(error="intake.book-unknown", said="Văn phòng chưa có sổ này.", said_en="Not known.")
        return self.newest

    def dispositions(self, _book: bytes) -> tuple[bytes, ...]:
        """What became of the lines, in the order it was said: `say` adds to it."""
        if self.closed:
            raise OfficeAway(reason="không kết nối được")
        return tuple(disposition.digest_of(raw)[:16] for raw in self.said)

    def fetch_disposition(self, _book: bytes, wanted: bytes, _to: bytes = b"") -> bytes:
        raw = next(raw for raw in self.said if disposition.digest_of(raw)[:16] == wanted)
        return disposition.seal_disposition(raw, device_key=self.seal_key, office_seed=self.office.sign_seed)

    def say(self, *findings: disposition.Finding, last: int, head: bytes) -> None:
        """The office says what became of lines, of a book it has up to `last`."""
        prev = disposition.digest_of(self.said[-1]) if self.said else disposition.NONE_BEFORE
        made = disposition.Disposition(
            version=1, office=self.office.public.office, device=self.pack.device, book=self.pack.book,
            disposition_no=len(self.said) + 1, prev=prev, last=last, head=head, findings=findings, by="Trần Thị Kế Toán",
            note="", office_s=BEGIN_S + 90_000,
        )  # fmt: skip
        self.said.append(disposition.signed(made, office_seed=self.office.sign_seed))


class Laptop(NamedTuple):
    """Where it is, what its office holds, its pack, what would carry its letters; `gone_s` of its morning are over."""

    home: Path
    office: OfficeKeys
    pack: Pack
    wire: Wire
    paper: Path
    gone_s: int = 0


def terms_of(members: int, staff_keys: dict[str, bytes]) -> Terms:
    """The small point with its people shared out to groups, the first of them with most."""
    made = small.terms(members=members)
    hamlets = tuple(
        Hamlet(hamlet_code=f"4807010{n + 1}", hamlet_name=name, point_code=made.point.point_code)
        for n, name in enumerate(HAMLETS)
    )
    others = tuple(
        Group(group_code=f"80701{18 + n}", group_name=f"Tổ 01{18 + n}", hamlet_code=hamlets[n + 1].hamlet_code,
              org_code="11", leader=small.code(members - 1 - 2 * n), deputy=small.code(members - 2 * n),
              leader_phone="", min_deposit=50_000, rating="good")
        for n in range(3 if members > 12 else 0)
    )  # fmt: skip
    # The last six people of the list are two each of the other groups.
    place = {small.code(members - 2 * n - m): one.group_code for n, one in enumerate(others) for m in (0, 1)}
    people = tuple(changed(one, group_code=place.get(one.customer_code, one.group_code)) for one in made.customers)
    loans = tuple(
        changed(
            one, group_code=place.get(one.customer_code, one.group_code),
            balance_in_term=one.balance_in_term and (12 + n * 7 % 60) * 1_000_000,
        )
        for n, one in enumerate(made.loans)
    )  # fmt: skip
    team = tuple(changed(one, sign_key=staff_keys[one.staff_id]) for one in made.team)
    return changed(
        made, team=team, hamlets=hamlets, groups=(*made.groups, *others), customers=people, loans=loans,
        parameters=changed(made.parameters, float_planned=650_000_000),
    )  # fmt: skip


Person = tuple[str, str, str, str]


class Enrolment(NamedTuple):
    """A vault as a folder, whose laptop it is, and what it answered the office."""

    folder: "tempfile.TemporaryDirectory[str]"
    office: OfficeKeys
    device: bytes
    answer: Answer


@functools.cache
def enrolment(more: tuple[Person, ...]) -> Enrolment:
    """Enrolled through the real vault at the least cost it allows, once for a team: every person costs two passphrases."""
    random = Random(7)
    office, code, device = office_keys(random), random.randbytes(16), random.randbytes(16)
    everybody = (*TEAM, *(one[:3] for one in more))
    staff = tuple(Colleague(staff_id=one, full_name=name, role=role) for one, name, role in everybody)  # type: ignore[arg-type]
    ticket = make_ticket(office=office.public, device=device, letter="A", code=code, staff=staff, office_seed=office.sign_seed)
    pins = {**PINS, **{one: pin for one, _, _, pin in more}}
    people = [vault.NewUser(one, PASSPHRASE, pins[one]) for one, _, _ in everybody]
    folder = tempfile.TemporaryDirectory(prefix="enrolled-")
    raw = vault.enrol(Path(folder.name) / "laptop", ticket, people=people, draw=secrets.token_bytes, cost=vault.FLOOR, keystore=None)
    return Enrolment(folder, office, device, read_answer(raw, code=code))


def make_laptop(
    folder: Path, *, members: int = 46, prepare: Callable[[Terms], Terms] = lambda usual: usual,
    more: Sequence[Person] = (),
) -> Laptop:  # fmt: skip
    """A copy of an enrolled laptop, with the book of a session of its own made.

    `prepare` is what the office put into this pack that the usual one does not have; `more` are further people
    of the team (id, name, role, PIN).
    """
    home, (enrolled, office, device, answer) = folder / "laptop", enrolment(tuple(more))
    shutil.copytree(Path(enrolled.name) / "laptop", home)
    staff_keys = {one.staff_id: one.sign_key for one in answer.users}
    terms = prepare(terms_of(members, staff_keys))
    others = tuple(
        Staff(staff_id=one, full_name=name, role=role, phone="", sign_key=staff_keys[one])  # type: ignore[arg-type]
        for one, name, role, _ in more
    )
    terms = changed(terms, team=(*terms.team, *others))
    pack = pack_for(terms, office, device=device, sign_key=answer.sign_key)
    opened = vault.Vault(home, draw=secrets.token_bytes, keystore=None)
    unlocked = opened.unlock(TELLER, passphrase=PASSPHRASE, now_s=BEGIN_S)
    key = unlocked.keep_book_key(pack.book)
    Book.create(home, key, pack=pack, balances=Session(terms).balances).close()
    unlocked.lock()
    return Laptop(home, office, pack, Wire(office, pack, answer.sign_key, answer.seal_key), folder / "paper")


def copied(made: Laptop, folder: Path) -> Laptop:
    """The same laptop in a folder of its own: enrolling costs more than most tests do."""
    for before, name in ((made.home, "laptop"), (made.paper, "paper")):
        if before.exists():
            shutil.copytree(before, folder / name)
    wire = Wire(made.office, made.pack, made.wire.device_key, made.wire.seal_key)
    wire.batches, wire.acks, wire.newest = list(made.wire.batches), made.wire.acks, made.wire.newest
    return made._replace(home=folder / "laptop", wire=wire, paper=folder / "paper")


def session_open(made: Laptop, folder: Path, qtbot: QtBot) -> Laptop:
    """Its session opened at the keyboard, printed and acknowledged, and the window closed: to be copied for tests of what follows."""
    laptop = copied(made, folder)
    one = open_window(laptop, qtbot)
    one.unlock()
    one.open_session()
    one.wait(lambda: one.desk.counter.standing.unprinted == 0 and one.desk.counter.standing.marks.received == 1)
    one.window.close()
    one.window.deleteLater()
    assert isinstance(one.window.clock, Clock)
    return laptop._replace(gone_s=one.window.clock.gone_s)


class Teller:
    """Somebody at the keyboard."""

    def __init__(self, window: Window, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot

    @property
    def desk(self) -> OpenDesk:
        assert self.window.table is not None
        return self.window.table

    def wait(self, until: Callable[[], bool] | None = None, *, timeout_ms: int = 20_000) -> None:
        """Until the workers have answered everything, and `until` holds."""

        def settled() -> bool:
            return not self.window.workers.pending and (until is None or until())

        self.qtbot.waitUntil(settled, timeout=timeout_ms)
        QApplication.processEvents()

    @property
    def field(self) -> QWidget:
        focus = QApplication.focusWidget()
        assert focus is not None, "nothing has the focus"
        return focus

    def type(self, text: str) -> None:
        """Each letter to whatever has the focus by then."""
        for letter in text:
            type_text(self.field, letter)

    def press(self, *names: str) -> None:
        """Keys by name, with their modifiers: `Enter`, `Ctrl+D`, `F2`, `Tab`."""
        for name in names:
            key, modifiers = _KEYS[name]
            QTest.keyClick(self.field if QApplication.focusWidget() else self.window, key, modifiers)
            QApplication.processEvents()

    def letter(self, letter: str) -> None:
        """A letter key, as a keyboard sends it."""
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(
                self.field, QKeyEvent(kind, ord(letter.upper()), Qt.KeyboardModifier.NoModifier, letter.lower())
            )
        QApplication.processEvents()

    def unlock(self, passphrase: str = PASSPHRASE) -> None:
        self.type(passphrase)
        self.press("Enter")
        self.wait(lambda: self.window.table is not None)

    def begin(self) -> None:
        """Unlock where the session is open by now, and go where its opening ends: before the groups."""
        self.unlock()
        assert self.desk.counter.standing.state == "open"
        self.press("F2")
        self.wait()

    def open_session(self) -> None:
        """The float: 1,200 notes of 500,000 and 500 of 100,000, confirmed by the controller."""
        self.press("F5")
        self.wait()
        self.type("1200")
        self.press("Enter", "Enter")
        self.type("500")
        self.press("Ctrl+Enter")
        self.approve(PINS[CONTROLLER])
        self.wait(lambda: self.desk.counter.standing.state == "open" and self.desk.page == "groups")

    def approve(self, pin: str) -> None:
        self.wait(lambda: self.desk.sheet is not None)
        self.type(pin)
        self.press("Enter")
        self.wait(lambda: self.desk.sheet is None)

    def type_notes(self, amount: int) -> None:
        """Key the fewest notes that come to a sum into the denominations, from the first field on."""
        for note in (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500):
            count, amount = divmod(amount, note)
            if count:
                self.type(str(count))
            self.press("Enter")


def open_window(laptop: Laptop, qtbot: QtBot, *, language: str = "vi", size: tuple[int, int] = (1366, 728)) -> Teller:
    """The window, locked, on a laptop."""
    window = Window(
        laptop.home, clock=Clock(laptop.gone_s), draw=secrets.token_bytes, printer=Tray(laptop.paper),
        road=lambda: laptop.wire, language=language,
    )  # fmt: skip
    qtbot.addWidget(window)
    window.resize(*size)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    return Teller(window, qtbot)


_CTRL, _PLAIN = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
_KEYS = {
    "Enter": (Qt.Key.Key_Return, _PLAIN),
    "Tab": (Qt.Key.Key_Tab, _PLAIN),
    "Esc": (Qt.Key.Key_Escape, _PLAIN),
    "Up": (Qt.Key.Key_Up, _PLAIN),
    "Down": (Qt.Key.Key_Down, _PLAIN),
    "Delete": (Qt.Key.Key_Delete, _PLAIN),
    "Space": (Qt.Key.Key_Space, _PLAIN),
    "F11": (Qt.Key.Key_F11, _PLAIN),
    "F12": (Qt.Key.Key_F12, _PLAIN),
    **{f"F{n}": (Qt.Key(Qt.Key.Key_F1 + n - 1), _PLAIN) for n in range(1, 11)},
    "PgDown": (Qt.Key.Key_PageDown, _PLAIN),
    "PgUp": (Qt.Key.Key_PageUp, _PLAIN),
    **{f"Ctrl+{letter}": (Qt.Key(ord(letter)), _CTRL) for letter in "BDGHIJKLNOPQTUZ"},
    "Ctrl+Enter": (Qt.Key.Key_Return, _CTRL),
}
DAY: datetime.date = small.DAY
Opening = Iterator[Teller]
