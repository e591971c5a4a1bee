"""Whether anybody is there: a key or a button pressed anywhere puts off the lock of a table left alone.

Keys and buttons are given to the window as the screen hands them in (its QWindow), with all that Qt does before a
widget hears of them; `Teller.press` gives them to the widget and would show nothing here.
"""

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QMenu, QWidget

from desktop.ui import opening, presence
from desktop.ui.enrol import EnrolPage
from desktop.ui.stick_sheet import StickSheet
from desktop.ui.unlock import PackPage, UnlockPage
from tests.bench.point import PASSPHRASE
from tests.ui.laptop import Laptop, Teller


class Counted(QTimer):
    """The timer of the lock, with how often it was put off."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, interval=600_000, singleShot=True)
        self.starts = -1
        self.start()

    def start(self) -> None:  # type: ignore[override]
        self.starts += 1
        super().start()


class Seat:
    """Somebody at the screen, and the timer."""

    def __init__(self, teller: Teller) -> None:
        teller.unlock()
        self.teller = teller
        self.timer = teller.window._idle = Counted(teller.window)

    def handle(self, widget: QWidget | None = None) -> QWindow:
        found = (widget or self.teller.window).window().windowHandle()
        assert found is not None
        return found

    def seen(self) -> bool:
        """Whether the lock was put off since this was last asked."""
        QApplication.processEvents()
        starts, self.timer.starts = self.timer.starts, 0
        return starts > 0

    def key(self, key: Qt.Key, window: QWindow | None = None) -> bool:
        QTest.keyClick(window or self.handle(), key)
        return self.seen()

    def click(self, widget: QWidget, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> bool:
        """In the middle of a widget, through the window it stands in."""
        middle = widget.mapTo(widget.window(), widget.rect().center())
        QTest.mouseClick(self.handle(widget), button, Qt.KeyboardModifier.NoModifier, middle)
        return self.seen()


@pytest.fixture
def seat(teller: Teller) -> Seat:
    made = Seat(teller)
    assert not made.seen()
    return made


def popup(kind: type[QWidget]) -> QWidget:
    found = QApplication.activePopupWidget()
    assert isinstance(found, kind)
    return found


@pytest.mark.feature(74)
def test_keys_of_pages_and_keys_in_fields_put_the_lock_off(seat: Seat) -> None:
    teller = seat.teller
    assert seat.key(Qt.Key.Key_F5)  # ends as a shortcut, before any widget
    teller.wait(lambda: teller.desk.page == "cash")
    assert seat.key(Qt.Key.Key_7)  # goes into the count
    assert teller.desk.pages["cash"].notes.counts == {500_000: 7}  # type: ignore[attr-defined]
    assert seat.key(Qt.Key.Key_Shift)  # a key that does nothing


@pytest.mark.feature(74)
def test_the_mouse_puts_the_lock_off_on_a_page_and_on_a_sheet_over_it(seat: Seat) -> None:
    assert seat.click(seat.teller.desk.stack)
    assert seat.key(Qt.Key.Key_F12)
    sheet = seat.teller.desk.sheet
    assert sheet is not None
    assert seat.click(sheet)
    assert seat.key(Qt.Key.Key_Escape)
    assert seat.teller.desk.sheet is None


@pytest.mark.feature(74)
@pytest.mark.qt_log_ignore("This plugin does not support")  # a screen that is none
def test_lists_and_menus_that_drop_down_put_the_lock_off(seat: Seat) -> None:
    page = seat.teller.desk
    assert seat.key(Qt.Key.Key_F6)
    seat.teller.wait(lambda: page.page == "journal")
    finder = page.pages["journal"].findChildren(QLineEdit)[0]
    assert seat.click(finder, Qt.MouseButton.RightButton)
    menu = popup(QMenu)
    assert seat.key(Qt.Key.Key_Down, seat.handle(menu))
    assert seat.click(menu)
    menu.close()
    chosen = QComboBox(page.pages["journal"])
    chosen.addItems(["500.000", "200.000"])
    chosen.show()
    chosen.setFocus()
    assert seat.key(Qt.Key.Key_Space)
    dropped = popup(QWidget)
    assert seat.click(dropped)
    dropped.close()


@pytest.fixture
def others(seat: Seat) -> Iterator[tuple[QWidget, QWidget]]:
    """The customers' screen, and a window that opened by itself, as a dialog does when the disk has answered."""
    assert seat.key(Qt.Key.Key_F11)
    facing, other = seat.teller.window.facing, QLineEdit()
    assert facing is not None
    other.show()
    other.activateWindow()
    assert QTest.qWaitForWindowActive(other)
    yield facing, other
    other.close()


@pytest.mark.feature(74)
@pytest.mark.qt_log_ignore("This plugin does not support")
def test_other_windows_of_the_program_put_the_lock_off_whoever_opened_them(
    seat: Seat, others: tuple[QWidget, QWidget]
) -> None:
    facing, other = others
    assert not seat.seen()
    assert seat.key(Qt.Key.Key_A, seat.handle(other))
    assert seat.click(other)
    assert facing.isVisible()
    assert seat.click(facing)


def test_control_a_mouse_that_only_moves_and_a_window_nobody_listens_at_put_nothing_off(seat: Seat) -> None:
    QTest.mouseMove(seat.handle(), QPoint(300, 300))
    QTest.mouseMove(seat.handle(), QPoint(320, 310))
    assert not seat.seen()
    presence = seat.teller.window._presence
    assert presence is not None
    for window in QGuiApplication.topLevelWindows():
        window.removeEventFilter(presence)
    assert not seat.click(seat.teller.desk.stack)
    assert not seat.key(Qt.Key.Key_F5)


@pytest.mark.feature(74)
def test_a_key_on_the_locked_page_begins_nothing_to_lock(teller: Teller) -> None:
    teller.unlock()
    teller.press("Ctrl+L")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), UnlockPage))
    handle = teller.window.windowHandle()
    assert handle is not None
    QTest.keyClick(handle, Qt.Key.Key_A)
    QApplication.processEvents()
    assert not teller.window._idle.isActive()


@pytest.mark.feature(74)
def test_a_key_that_something_lies_on_is_nobody(seat: Seat) -> None:
    def press(*, again: bool) -> None:
        none = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(seat.handle(), QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Shift, none, "", again))

    press(again=True)
    assert not seat.seen()
    press(again=False)
    assert seat.seen()


@pytest.mark.feature(74)
def test_a_laptop_that_was_asleep_wakes_locked(teller: Teller, monkeypatch: pytest.MonkeyPatch) -> None:
    teller.unlock()
    heard = teller.window._presence
    assert heard is not None
    woken_s = presence.now_s()
    for gone_s, locked in ((30.0, False), (60.0, False), (130.0, True)):
        monkeypatch.setattr(presence, "now_s", lambda at=woken_s + gone_s: at)
        heard._looks.timeout.emit()
        teller.wait()
        assert isinstance(teller.window.centralWidget(), UnlockPage) is locked
    assert teller.window._unlocked is None


def unlocked_without_a_book(teller: Teller, laptop: Laptop) -> None:
    for file in (laptop.home / "books").iterdir():
        file.unlink()
    teller.type(PASSPHRASE)
    teller.press("Enter")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), PackPage))


@pytest.mark.feature(74)
def test_a_laptop_that_waits_for_its_first_pack_locks_too_and_no_sheet_stays_over_it(teller: Teller, laptop: Laptop) -> None:
    unlocked_without_a_book(teller, laptop)
    teller.letter("U")
    sheets = teller.window.findChildren(StickSheet)
    assert [sheet.isHidden() for sheet in sheets] == [False]
    assert teller.window._idle.isActive()
    teller.window._idle.setInterval(1)
    # It is not done with its first run: that is the page nobody has to unlock.
    teller.wait(lambda: isinstance(teller.window.centralWidget(), EnrolPage))
    assert teller.window._unlocked is None
    assert not [sheet for sheet in teller.window.findChildren(StickSheet) if not sheet.isHidden()]


@pytest.mark.feature(74)
@pytest.mark.parametrize("first", [True, False], ids=["while it opens", "when it has opened"])
def test_whoever_locks_while_a_book_is_being_opened_finds_it_locked(
    teller: Teller, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    held, go, begin = threading.Event(), threading.Event(), opening.begin

    def slow(*given: object, **named: object) -> object:
        opened = None if first else begin(*given, **named)  # type: ignore[arg-type]
        held.set()
        go.wait(20)
        return opened or begin(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(opening, "begin", slow)
    teller.type(PASSPHRASE)
    teller.press("Enter")
    teller.qtbot.waitUntil(held.is_set, timeout=20_000)
    teller.press("Ctrl+L")
    go.set()
    teller.wait()
    assert isinstance(teller.window.centralWidget(), UnlockPage)
    assert teller.window.table is None
    monkeypatch.undo()
    teller.unlock()
    assert teller.desk.counter.standing.state == "prepared"
