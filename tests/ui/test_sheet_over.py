"""A sheet over a page that changes under it."""

from PySide6.QtWidgets import QLineEdit
from shiboken6 import delete, isValid

from desktop.ui.sheets import KeysSheet
from tests.ui.laptop import Teller


def test_the_window_locks_although_what_had_the_focus_is_gone(teller: Teller) -> None:
    teller.unlock()
    teller.wait()
    under = QLineEdit(teller.window)
    under.show()
    under.setFocus()
    KeysSheet(teller.window, title="?", keys=(("F2", "Tổ"),), close="Đóng")
    delete(under)
    assert not isValid(under)
    assert teller.desk.sheet is not None
    # A lock that stops half way would leave the keys in memory and the book open.
    teller.press("Ctrl+L")
    teller.wait(lambda: teller.window.table is None)
