"""The books of one laptop: a pack made anew, several sessions side by side, a day that was not closed."""

import datetime

import pytest

from desktop import shelf
from desktop.care import backups, pruning
from desktop.desk import Desk
from desktop.shelf import PackOlder, PackSecond, SessionUnclosed, Shelved, to_choose
from sync import keys
from sync.pack import Pack, book_id, seal_pack
from sync.records import changed
from tests.desktop.enrolled import PINS, Laptop, opened
from tests.sync import small
from tests.sync.small import CONTROLLER, DAY, LEADER, TELLER

OTHER_POINT = changed(small.TERMS.point, point_code="TXN0480788", point_name="Điểm giao dịch xã Thử Hai")
NEXT_DAY = DAY + datetime.timedelta(days=1)
LATER = DAY + datetime.timedelta(days=12)


def remade(pack: Pack, *, issue: int = 1, **terms: object) -> Pack:
    """The same office's pack of another session, or another issue of this one."""
    made = changed(pack.terms, **terms)
    book = book_id(device=pack.device, point_code=made.point.point_code, session_date=made.session_date, issue=issue)
    return changed(
        pack, pack=keys.digest("test", book)[:16], issue=issue, book=book, terms=made,
        prepared_s=pack.prepared_s + issue, expires_s=pack.expires_s + 90 * 86_400,
    )  # fmt: skip


def take(laptop: Laptop, pack: Pack, *, now_s: int = small.BEGIN_S) -> Pack:
    unlocked = laptop.unlocked()
    raw = seal_pack(pack, device_key=keys.seal_public(unlocked.device_secret), office_seed=small.OFFICE_SEED)
    return shelf.take_pack(laptop.home, unlocked, raw=raw, now_s=now_s)


def close_book(desk: Desk) -> None:
    """The drawer counted right, and the close with its three signatures."""
    desk.post(desk.preview_count(notes=small.notes(desk.session.cash)))
    preview = desk.preview_close()
    people = (TELLER, CONTROLLER, LEADER)
    desk.post(preview, approvals=[desk.approve(preview, staff_id=one, pin=PINS[one]) for one in people])


def begun(laptop: Laptop, *, closed: bool = False) -> None:
    desk = laptop.desk()
    opened(desk)
    if closed:
        close_book(desk)
    desk.close()


@pytest.mark.feature(133)
def test_a_newer_pack_takes_the_place_of_a_book_nobody_opened(laptop: Laptop) -> None:
    take(laptop, laptop.pack)
    older, newer = laptop.pack.book, remade(laptop.pack, issue=2)
    take(laptop, newer)
    assert shelf.books(laptop.home) == (newer.book,)
    assert [one.entries for one in backups.copies(laptop.home, laptop.pack.book)] == [0], "a copy until the newer is begun"
    with pytest.raises(PackOlder) as caught:
        take(laptop, laptop.pack)
    assert "lần 2" in caught.value.sentence("vi")
    assert shelf.books(laptop.home) == (newer.book,)
    pruning.prune(laptop.home, laptop.unlocked())
    assert backups.books(laptop.home) == (laptop.pack.book,)
    laptop.pack = newer
    begun(laptop)
    pruning.prune(laptop.home, laptop.unlocked())
    assert not list(laptop.home.rglob(f"{older.hex()}*")), "neither the book nor its key is left"


@pytest.mark.feature(133)
def test_an_opened_book_is_kept_and_the_newer_pack_refused(laptop: Laptop) -> None:
    take(laptop, laptop.pack)
    begun(laptop)
    with pytest.raises(PackSecond) as caught:
        take(laptop, remade(laptop.pack, issue=2))
    assert "Làm tiếp trên sổ đang có" in caught.value.sentence("vi")
    assert shelf.books(laptop.home) == (laptop.pack.book,)
    assert take(laptop, laptop.pack) == laptop.pack, "the same pack again is no news"
    assert [one.entries for one in shelf.shelved(laptop.home, laptop.unlocked())] == [1]


def test_the_older_of_two_packs_left_by_a_power_cut_is_not_shown(laptop: Laptop) -> None:
    take(laptop, laptop.pack)
    newer = remade(laptop.pack, issue=2)
    shelf.make_book(laptop.home, laptop.unlocked(), pack=newer)  # the cut came before the older was dropped
    assert [one.book for one in shelf.shelved(laptop.home, laptop.unlocked())] == [newer.book]
    assert shelf.newest(laptop.home, laptop.unlocked()) == newer.book


@pytest.mark.feature(3)
def test_a_day_left_open_comes_before_every_other_session(laptop: Laptop) -> None:
    tomorrow = remade(laptop.pack, session_date=NEXT_DAY, point=OTHER_POINT)
    take(laptop, laptop.pack)
    take(laptop, tomorrow)
    begun(laptop)
    unlocked, now_s = laptop.unlocked(), small.BEGIN_S + 86_400
    held = shelf.shelved(laptop.home, unlocked)
    assert [one.book for one in to_choose(held, today=NEXT_DAY)] == [laptop.pack.book]
    for refused in (
        lambda: shelf.choose(laptop.home, unlocked, tomorrow.book, now_s=now_s),
        lambda: take(laptop, remade(laptop.pack, session_date=LATER)),
    ):
        with pytest.raises(SessionUnclosed) as caught:
            refused()
        assert f"{DAY:%d/%m/%Y}" in caught.value.sentence("vi")
        assert "khóa sổ trước" in caught.value.sentence("vi")
    shelf.choose(laptop.home, unlocked, laptop.pack.book, now_s=now_s).close()
    desk = laptop.desk()
    close_book(desk)
    desk.close()
    shelf.choose(laptop.home, unlocked, tomorrow.book, now_s=now_s).close()


@pytest.mark.feature(133)
def test_two_points_of_one_day_stand_side_by_side(laptop: Laptop) -> None:
    second = remade(laptop.pack, point=OTHER_POINT)
    take(laptop, laptop.pack)
    take(laptop, second)
    unlocked = laptop.unlocked()
    held = shelf.shelved(laptop.home, unlocked)
    assert {one.book for one in to_choose(held, today=DAY)} == {laptop.pack.book, second.book}
    begun(laptop)
    shelf.choose(laptop.home, unlocked, second.book, now_s=small.BEGIN_S).close()
    held = shelf.shelved(laptop.home, unlocked)
    assert {one.book for one in to_choose(held, today=DAY)} == {laptop.pack.book, second.book}


def shelved(day: datetime.date, state: str, *, unsent: int = 0, planned_on: datetime.date | None = None) -> Shelved:
    entries = 0 if state == "prepared" else 9
    name = f"{day}{state}".encode()
    return Shelved(name, name, "TXN0480799", "Điểm", day, planned_on, 1, 0, state, entries, unsent)  # type: ignore[arg-type]


@pytest.mark.feature(3)
def test_what_is_opened_without_asking() -> None:
    past, next_one = shelved(DAY - datetime.timedelta(days=30), "closed"), shelved(LATER, "prepared")
    today = shelved(DAY, "prepared")
    closed = shelved(DAY, "closed")
    assert to_choose((past, today, next_one), today=DAY) == (today,)
    assert to_choose((past,), today=DAY) == (past,)
    assert to_choose((), today=DAY) == ()
    assert to_choose((past, closed), today=DAY) == (closed,)
    assert to_choose((past, closed, next_one), today=DAY) == (next_one,), "the evening before the next session"
    never_held = shelved(DAY - datetime.timedelta(days=3), "prepared")
    assert to_choose((never_held, closed), today=DAY) == (closed,)
    unsent = shelved(DAY, "closed", unsent=9)
    assert to_choose((past, unsent, next_one), today=DAY) == (next_one, unsent), "the office waits for it"


@pytest.mark.feature(133)
def test_a_session_held_on_another_day_takes_the_place_of_the_planned_one() -> None:
    planned, made_up = shelved(DAY, "prepared"), shelved(NEXT_DAY, "prepared", planned_on=DAY)
    assert to_choose((planned, made_up), today=DAY) == (made_up,)
    assert to_choose((planned, made_up), today=NEXT_DAY) == (made_up,)
