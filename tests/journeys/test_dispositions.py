"""What becomes of a line, from one session to the next: posted at the table, judged at the office, put right at the table.

Whole programs but for the window, which runs here on the same laptop folder and a real connection to the open office.
The control asks for a slip a second time, and for another word on what was put right: both are refused.
"""

import datetime
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop import shelf
from desktop.commands.terminal import clock
from desktop.desk import Clock, Desk, Preview
from desktop.morning import notes_for
from desktop.press.tray import Tray
from desktop.sheets.parts import VIETNAM
from desktop.ui import look
from desktop.ui.disburse import DisbursePage
from desktop.ui.sync_page import SyncPage
from desktop.ui.window import OfficeRoad, Window
from desktop.vault import Vault
from sync.adjustment import AdjustmentDone
from sync.chain import Moment
from sync.office import dispositions, findings, home, inspection, preparation, totals
from sync.office.dispositions import Asked, PutRight
from sync.office.home import Office
from sync.office.store import Book
from sync.terms import Terms
from sync.voucher import Wish
from tests.journeys.conftest import Ended, House, desktop, office
from tests.ui.laptop import Teller

WHY = "món vay đã tất toán tại Phòng giao dịch"
ELSEWHERE = "nhầm sổ, của người cùng tên"


def on(day: datetime.date) -> Clock:
    """The laptop's clock in the morning of a day, whatever day the tests run on."""
    begin_s = int(datetime.datetime.combine(day, datetime.time(7, 30), tzinfo=VIETNAM).timestamp())
    at = time.monotonic()
    return lambda: Moment(begin_s + int(time.monotonic() - at), int(time.monotonic()), 1)


@contextmanager
def desk_of(house: House) -> Iterator[Desk]:
    """The newest book of the laptop, at the hands of its teller."""
    vault = Vault(house.laptop, draw=secrets.token_bytes, keystore=None)
    unlocked = vault.unlock(house.teller.staff_id, passphrase=house.teller.passphrase, now_s=clock().wall_s)
    desk = Desk.open(shelf.open_book(house.laptop, unlocked, shelf.newest(house.laptop, unlocked)), unlocked, clock=clock)
    try:
        yield desk
    finally:
        desk.close()


def sent(house: House, address: str) -> Ended:
    return desktop("send", "--home", house.laptop, "--office", address, "--user", house.teller.staff_id, typed=[house.teller.passphrase])


def said(ended: Ended) -> str:
    assert ended.status == 0, ended.err
    return ended.out + ended.err


def post(house: House, desk: Desk, preview: Preview) -> None:
    """Approved by whomever the rules ask for, the maker where they sign in person."""
    people = {one.role: one for one in reversed(house.people)}
    wanted = [people["teller" if "teller" in roles else sorted(roles)[0]] for roles in preview.approvers]
    desk.post(preview, approvals=[desk.approve(preview, staff_id=one.staff_id, pin=one.pin) for one in wanted])


def close(house: House, desk: Desk) -> None:
    """Counted, and closed with three signatures."""
    post(house, desk, desk.preview_count(notes=notes_for(desk.session.cash)))
    post(house, desk, desk.preview_close())


def first_session(house: House, address: str) -> tuple[Terms, bytes, list[str]]:
    """A float and four deposits, closed and sent; its terms, the book, and the vouchers' numbers as people read them."""
    with desk_of(house) as desk:
        post(house, desk, desk.preview_open(notes={500_000: 200}))
        for n, one in enumerate([one for one in desk.pack.terms.deposits if one.kind == "member"][:4], start=1):
            post(house, desk, desk.preview_visit(one.customer_code, wishes=[Wish("TT", one.account_no, 100_000 * n)]))
        close(house, desk)
        texts = [desk.text_of(number) for number in range(2, 6)]
        terms, book = desk.pack.terms, desk.pack.book
    said(sent(house, address))
    return terms, book, texts


@contextmanager
def office_of(house: House) -> Iterator[Office]:
    """The house's office, looked into while it serves."""
    entered = home.enter(house.office, now_s=lambda: int(time.time()), draw=secrets.token_bytes)
    try:
        yield entered
    finally:
        entered.store.close()


@pytest.fixture
def window(house: House, opened: Callable[[], str], qapp: QApplication, qtbot: QtBot) -> Iterator[Callable[[datetime.date], Teller]]:
    """Opens the window on the laptop, unlocked by its teller."""
    font, palette, shown = qapp.font(), qapp.palette(), []
    look.dress(qapp, dark=False)

    def open_window(day: datetime.date) -> Teller:
        made = Window(house.laptop, clock=on(day), draw=secrets.token_bytes, printer=Tray(house.out / "paper"),
                      road=OfficeRoad(opened(), home=house.laptop, draw=secrets.token_bytes), language="vi")  # fmt: skip
        shown.append(made)
        qtbot.addWidget(made)
        made.resize(1366, 728)
        made.show()
        made.activateWindow()
        qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
        teller = Teller(made, qtbot)
        teller.unlock(house.teller.passphrase)
        teller.wait()
        return teller

    yield open_window
    for one in shown:
        one.close()
    qapp.setStyleSheet("")
    qapp.setFont(font)
    qapp.setPalette(palette)


@pytest.mark.feature(90)
@pytest.mark.feature(99)
@pytest.mark.feature(100)
@pytest.mark.feature(101)
def test_what_came_back_is_put_right_at_the_next_session_to_the_dong(
    house: House, opened: Callable[[], str], window: Callable[[datetime.date], Teller]
) -> None:
    address = opened()
    terms, book, texts = first_session(house, address)
    other = [one for one in terms.deposits if one.kind == "member"][4]
    # The core system's word on each line: one not booked, one on another account, one waiting, the last one taken.
    file = house.out / "results.csv"
    file.write_text(
        "voucher,line,outcome,core_number,account,component,amount,note\n"
        f"{texts[0]},1,returned,,,,,{WHY}\n"
        f'{texts[1]},1,corrected,FT0002,{other.account_no},deposit,150000,"{ELSEWHERE}"\n'
        f"{texts[2]},1,suspense,,,,,đang đối chiếu\n"
        f"{texts[3]},,accepted,FT0004,,,,\n",
        "utf-8",
    )  # fmt: skip
    assert "4 new results are kept" in said(office("dispose", "--home", house.office, "--file", file))

    # Back at the laptop the same evening: every word in the window, with what to do.
    teller = window(terms.session_date)
    teller.desk.hearing.ask()
    teller.wait(lambda: len(teller.desk.hearing.became.back) == 3)
    teller.press("F8")
    teller.wait()
    page = teller.desk.pages["sync"]
    assert isinstance(page, SyncPage)
    assert "1 dòng đã hạch toán · 1 chờ xử lý · 1 điều chỉnh · 1 trả lại" in page.became.counts.text()
    teller.window.close()

    # The next session: two slips lie among the approved ones, and the money goes back at the table.
    day = terms.session_date + datetime.timedelta(days=2)
    told = said(office("prepare", "--home", house.office, "--point", terms.point.point_code, "--date", day.isoformat()))
    assert "2 adjustment slips" in told
    said(desktop("fetch", "--home", house.laptop, "--office", address, "--user", house.teller.staff_id, typed=[house.teller.passphrase]))
    pins = {one.role: one.pin for one in reversed(house.people)}
    teller = window(day)
    teller.press("F5")
    teller.wait()
    teller.type("1200")
    teller.press("Enter", "Enter")
    teller.type("500")
    teller.press("Ctrl+Enter")
    teller.approve(pins["controller"])
    teller.wait(lambda: teller.desk.counter.standing.state == "open")
    teller.press("F4")
    teller.wait()
    slips = teller.desk.pages["disburse"]
    assert isinstance(slips, DisbursePage)
    assert [(one.shown, one.amount) for one in slips.rows if one.code == "CX"] == [("A-000002-1", 100_000), ("A-000003-1", 50_000)]
    for entries in (2, 3):
        teller.letter(" ")
        teller.press("Ctrl+Enter")
        teller.approve(pins["controller"])
        teller.wait(lambda entries=entries: teller.desk.counter.standing.entries == entries)  # type: ignore[misc]
    assert teller.desk.counter.standing.cash == 650_000_000 - 150_000
    teller.window.close()
    with desk_of(house) as desk:
        with pytest.raises(AdjustmentDone):
            desk.preview_slip(f"{texts[0]}-1")
        close(house, desk)
        session, session_book = desk.session, desk.pack.book
    said(sent(house, address))

    # The office has it to the đồng, finds nothing wrong, and has nothing more to give back.
    with office_of(house) as held:
        with held.store.reading() as db:
            row = db.get(Book, session_book)
            assert row is not None
            assert (row.cash, row.cash_out, row.differences, row.state) == (session.cash, 150_000, 0, "closed")
            left = findings.due(
                db, point_code=terms.point.point_code, customers={one.customer_code for one in terms.customers},
                pack_of=lambda one: preparation.pack_of(held, db, book=one),
            )
            assert left == ((), 0)
        sums = {one.code: one.amount for one in totals.of_book(held, book=session_book).by_code}
        assert (sums["CX"], sums["UQ"]) == (-150_000, 650_000_000)
        with pytest.raises(PutRight):
            dispositions.dispose(held, book=book, asked=[Asked(2, 1, "accepted", "FT9")], who="thử")
        assert [one.wrong for one in inspection.inspect(held)] == [(), ()]
    papers = [path.name for path in (house.out / "paper").iterdir() if f"{session.terms.session_date:%Y%m%d}" in path.name]
    assert len(papers) == 3
