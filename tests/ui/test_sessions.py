"""Several sessions on one laptop, a day left open, a make-up session, and a session to practise on: by keyboard."""

import datetime
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop import shelf, vault
from desktop.road.courier import OfficeAway
from desktop.ui.choose import ChoosePage
from desktop.ui.rail import PAGES
from desktop.ui.unlock import UnlockPage
from sync import keys
from sync.chain import Moment
from sync.pack import Pack, book_id, seal_pack
from sync.records import changed
from tests.bench.point import BEGIN_S, PASSPHRASE
from tests.desktop import small
from tests.ui.laptop import DAY, TELLER, Clock, Laptop, Teller, Wire, make_laptop, open_window
from tests.ui.test_morning import visit
from tests.ui.test_window import cut_off

SECOND = changed(small.terms().point, point_code="TXN0480788", point_name="Điểm giao dịch xã Thử Hai")
BEFORE = DAY - datetime.timedelta(days=1)


def remade(pack: Pack, **terms: object) -> Pack:
    """The pack of another session for the same laptop."""
    made = changed(pack.terms, **terms)
    book = book_id(device=pack.device, point_code=made.point.point_code, session_date=made.session_date, issue=1)
    return changed(pack, pack=keys.digest("test", book)[:16], book=book, terms=made)


def put_book(laptop: Laptop, pack: Pack) -> None:
    opened = vault.Vault(laptop.home, draw=lambda size: bytes(size), keystore=None)
    unlocked = opened.unlock(TELLER, passphrase=PASSPHRASE, now_s=BEGIN_S)
    shelf.make_book(laptop.home, unlocked, pack=pack)
    unlocked.lock()


def show(teller: Teller, name: str) -> None:
    """Keep a picture of the window where somebody asked for pictures."""
    if folder := os.environ.get("PICTURES"):
        teller.window.grab().save(f"{folder}/{name}.png")


def unlock_to_choose(teller: Teller) -> ChoosePage:
    teller.type(PASSPHRASE)
    teller.press("Enter")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), ChoosePage))
    page = teller.window.centralWidget()
    assert isinstance(page, ChoosePage)
    return page


@pytest.fixture
def two_points(dressed: QApplication, laptop: Laptop, qtbot: QtBot) -> Iterator[Teller]:
    """Two points of one commune on one day."""
    put_book(laptop, remade(laptop.pack, point=SECOND))
    one = open_window(laptop, qtbot)
    yield one
    one.window.close()


@pytest.mark.feature(133)
def test_two_points_of_one_day_are_chosen_with_the_arrows(two_points: Teller, laptop: Laptop) -> None:
    page = unlock_to_choose(two_points)
    names = {page.model.cell(row, 0).text for row in range(2)}
    assert names == {SECOND.point_name, laptop.pack.terms.point.point_name}
    two_points.press("Up", "Up")
    first = page.model.cell(0, 0).text
    two_points.press("Enter")
    two_points.wait(lambda: two_points.window.table is not None)
    assert two_points.desk.counter.standing.point_name == first
    two_points.open_session()
    two_points.press("Ctrl+O")
    two_points.wait(lambda: isinstance(two_points.window.centralWidget(), ChoosePage))
    page = two_points.window.centralWidget()  # type: ignore[assignment]
    assert page.model.cell(0, 2).chip == "đang mở"
    two_points.press("Down", "Enter")
    two_points.wait(lambda: two_points.window.table is not None)
    assert two_points.desk.counter.standing.point_name != first
    assert two_points.desk.counter.standing.entries == 0


@pytest.mark.feature(3)
def test_a_day_left_open_is_what_opens_and_nothing_else_is_until_it_is_closed(
    dressed: QApplication, laptop: Laptop, qtbot: QtBot
) -> None:
    laptop.wire.closed = True
    put_book(laptop, remade(laptop.pack, session_date=BEFORE))
    teller = open_window(laptop, qtbot)
    # Yesterday's session is worked on yesterday, and the laptop put away.
    teller.window.clock = lambda: Moment(BEGIN_S - 86_400, 1, 1)
    teller.unlock()
    assert teller.desk.counter.standing.session_date == BEFORE
    teller.open_session()
    teller.press("Ctrl+L")
    teller.wait()
    teller.window.clock = Clock()
    teller.unlock()
    assert teller.desk.counter.standing.session_date == BEFORE
    assert f"{BEFORE:%d/%m/%Y} · CHƯA KHÓA SỔ" in teller.desk.head.session.text()
    assert f"Phiên ngày {BEFORE:%d/%m/%Y} chưa khóa sổ" in teller.desk.said.text()
    show(teller, "late")
    teller.press("Ctrl+O")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), ChoosePage))
    page = teller.window.centralWidget()
    assert isinstance(page, ChoosePage)
    assert page.model.cell(0, 1).text == f"{DAY:%d/%m/%Y}"
    assert page.model.cell(page.table.currentIndex().row(), 1).text == f"{BEFORE:%d/%m/%Y}"
    teller.press("Up", "Enter")
    teller.wait(lambda: not page.notice.isHidden() and page.go.isEnabled())
    assert f"ngày {BEFORE:%d/%m/%Y} chưa khóa" in page.notice.text()
    show(teller, "late-choose")
    assert page.model.cell(1, 2).chip == "chưa khóa sổ"
    assert teller.window.table is None
    teller.press("Down", "Enter")
    teller.wait(lambda: teller.window.table is not None)
    teller.window.close()


@pytest.mark.feature(5)
@pytest.mark.feature(133)
def test_a_make_up_session_says_its_planned_day_and_the_points_usual_one(
    dressed: QApplication, tmp_path: Path, qtbot: QtBot
) -> None:
    planned = DAY - datetime.timedelta(days=3)
    laptop = make_laptop(tmp_path, members=6, prepare=lambda usual: changed(usual, planned_on=planned))
    teller = open_window(laptop, qtbot)
    teller.unlock()
    teller.wait()
    assert teller.desk.head.planned.text() == f"họp bù: kế hoạch {planned:%d/%m/%Y}"
    assert f"{DAY:%d/%m/%Y}" in teller.desk.head.session.text()
    said = teller.desk.pages["today"].calendar.text()  # type: ignore[attr-defined]
    assert f"Ngày giao dịch cố định: {laptop.pack.terms.point.visit_day}" in said
    show(teller, "make-up")
    teller.press("Ctrl+O")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), ChoosePage) or teller.window.table is not None)
    page = teller.window.centralWidget()
    assert isinstance(page, ChoosePage)
    assert page.model.cell(0, 1).below == f"họp bù: kế hoạch {planned:%d/%m/%Y}"
    teller.window.close()


def test_control_a_session_on_its_day_has_no_other(teller: Teller) -> None:
    teller.unlock()
    teller.wait()
    assert teller.desk.head.planned.isHidden()
    assert "CHƯA KHÓA SỔ" not in teller.desk.head.session.text()
    assert teller.desk.said.text() == ""
    assert teller.desk.head.property("tone") == ""


@pytest.mark.feature(117)
def test_training_is_begun_from_the_chooser_marked_on_every_page_and_never_sent(teller: Teller, laptop: Laptop) -> None:
    teller.unlock()
    teller.open_session()
    teller.wait(lambda: teller.desk.counter.standing.marks.received == 1)
    sent = len(laptop.wire.batches)
    teller.press("Ctrl+O")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), ChoosePage))
    teller.letter("T")
    teller.wait(lambda: teller.window.table is not None)
    assert teller.desk.counter.standing.entries == 0
    assert "TẬP HUẤN" in teller.window.windowTitle()
    teller.open_session()
    visit(teller)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == 2)
    teller.desk.sending.send()
    teller.wait(lambda: teller.desk.counter.standing.unprinted == 0)
    for page in PAGES:
        teller.press(page[1])
        teller.wait()
        assert teller.desk.head.banner.isVisible()
        assert "TẬP HUẤN" in teller.desk.head.banner.text()
        assert cut_off(teller.window) == []
        show(teller, f"training-{page[0]}")
    assert len(laptop.wire.batches) == sent
    assert teller.desk.counter.standing.marks.received == 0
    assert sorted(path.name[-15:] for path in laptop.paper.glob("*-TAP-*.pdf")) == ["-TAP-000001.pdf", "-TAP-000002.pdf"]
    teller.press("Ctrl+O")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), ChoosePage))
    show(teller, "choose-training")
    teller.press("Enter")
    teller.wait(lambda: teller.window.table is not None)
    assert teller.desk.counter.standing.entries == 1, "the real book is as it was"
    assert not teller.desk.counter.training


@pytest.mark.feature(117)
def test_training_is_thrown_away_and_begun_anew_after_a_question(teller: Teller) -> None:
    teller.unlock()
    teller.press("Ctrl+O")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), ChoosePage))
    teller.letter("X")
    assert isinstance(teller.window.centralWidget(), ChoosePage), "there is nothing to throw away yet"
    teller.letter("T")
    teller.wait(lambda: teller.window.table is not None)
    teller.open_session()
    for key, entries in (("T", 1), ("X", 0)):
        teller.press("Ctrl+O")
        teller.wait(lambda: isinstance(teller.window.centralWidget(), ChoosePage))
        teller.letter(key)
        if key == "X":
            show(teller, "anew")
            teller.press("Enter")
        teller.wait(lambda: teller.window.table is not None)
        assert teller.desk.counter.standing.entries == entries
        assert teller.desk.counter.training


def test_esc_on_the_chooser_locks_and_a_table_left_alone_there_too(teller: Teller) -> None:
    teller.unlock()
    ways: tuple[Callable[[], None], ...] = (lambda: teller.press("Esc"), lambda: teller.window._idle.setInterval(1))
    for ends in ways:
        teller.press("Ctrl+O")
        teller.wait(lambda: isinstance(teller.window.centralWidget(), ChoosePage))
        ends()
        teller.wait(lambda: isinstance(teller.window.centralWidget(), UnlockPage))
        assert teller.window._unlocked is None
        teller.window._idle.setInterval(600_000)
        teller.unlock()


class Packs(Wire):
    """The road to an office that has made several packs."""

    def __init__(self, laptop: Laptop, packs: dict[bytes, bytes]) -> None:
        super().__init__(laptop.office, laptop.pack, laptop.wire.device_key)
        self.packs = packs
        self.fetched: list[bytes] = []

    def offers(self, _device: bytes) -> tuple[bytes, ...]:
        return tuple(self.packs)

    def fetch_directory(self) -> bytes:
        raise OfficeAway(reason="")

    def fetch_pack(self, _device: bytes, *, pack: bytes | None = None) -> bytes:
        self.fetched.append(pack or b"")
        return self.packs[pack] if pack else list(self.packs.values())[-1]


@pytest.mark.feature(133)
def test_every_pack_of_the_day_is_fetched_at_once_and_one_that_is_refused_keeps_no_other_out(
    dressed: QApplication, laptop: Laptop, qtbot: QtBot
) -> None:
    opened = vault.Vault(laptop.home, draw=lambda size: bytes(size), keystore=None)
    unlocked = opened.unlock(TELLER, passphrase=PASSPHRASE, now_s=BEGIN_S)
    older = changed(laptop.pack, pack=b"\x55" * 16, issue=0)
    second = remade(laptop.pack, point=SECOND)
    seal_key = keys.seal_public(unlocked.device_secret)
    packs = {
        one.pack: seal_pack(one, device_key=seal_key, office_seed=laptop.office.sign_seed)
        for one in (laptop.pack, older, second)
    }
    unlocked.lock()
    road = Packs(laptop, packs)
    laptop = laptop._replace(wire=road)
    teller = open_window(laptop, qtbot)
    teller.unlock()
    teller.press("Ctrl+O")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), ChoosePage))
    teller.letter("L")
    teller.wait(lambda: chooser(teller).model.rowCount() == 2)
    assert road.fetched == [older.pack, second.pack], "what is here already is not fetched again"
    page = chooser(teller)
    assert page.model.cell(page.table.currentIndex().row(), 0).text == SECOND.point_name
    teller.press("Enter")
    teller.wait(lambda: teller.window.table is not None)
    assert teller.desk.counter.standing.point_name == SECOND.point_name
    teller.press("Ctrl+O")
    teller.wait(lambda: isinstance(teller.window.centralWidget(), ChoosePage))
    packs.pop(second.pack)
    packs.pop(laptop.pack.pack)
    teller.letter("L")
    teller.wait(lambda: not chooser(teller).notice.isHidden() and chooser(teller).go.isEnabled())
    assert "cũ hơn" in chooser(teller).notice.text()
    teller.window.close()


def chooser(teller: Teller) -> ChoosePage:
    page = teller.window.centralWidget()
    assert isinstance(page, ChoosePage)
    return page
