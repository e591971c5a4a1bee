"""An office that was set up again from an older backup than it had promised: laptops still have what it lacks."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from desktop.care import pruning
from desktop.shelf import Shelved
from sync.office import home, intake, restoration
from sync.office.home import Office
from sync.protocol import Ack, AckOld
from tests.office.conftest import DAY, Desk, counting, drawing
from tests.office.laptop import MORNING, Laptop
from tests.office.test_intake import morning
from tests.office.test_restoration import held

DAY_S = 86_400


def set_up_again(desk: Desk, backup: Path, *, now_s: int) -> Office:
    """The database is gone, and what is left of the backup is a copy of some days ago."""
    desk.office.store.close()
    for file in desk.folder.glob("office.db*"):
        file.unlink()
    shutil.rmtree(desk.folder / "backup")
    shutil.copytree(backup, desk.folder / "backup")
    office = home.enter(desk.folder, now_s=counting(now_s), draw=drawing("again"))
    restoration.restore(office)
    return office


def on_the_shelf(laptop: Laptop, ack: Ack) -> Shelved:
    """The laptop's closed book as its shelf would say it after this word of the office."""
    entries, point = len(laptop.entries), laptop.pack.terms.point
    return Shelved(
        laptop.pack.book, laptop.pack.pack, point.point_code, point.point_name, DAY, None, 1, 0, "closed", entries,
        entries - ack.received, ack.safe, ack.office_s,
    )  # fmt: skip


@pytest.mark.feature(121)
def test_the_mark_goes_back_nothing_was_erased_and_the_office_ends_with_all_of_it(desk: Desk, tmp_path: Path) -> None:
    laptop = desk.laptop()
    morning(laptop)
    early = laptop.believes(intake.receive(desk.office, batch=laptop.batch(1, 4)))
    shutil.copytree(desk.folder / "backup", tmp_path / "backup")
    intake.receive(desk.office, batch=laptop.batch(5, 6))
    highest = intake.receive(desk.office, batch=laptop.batch(7))
    last = laptop.believes(highest, newest=early.ack_no)
    before = held(desk.office)
    assert (early.received, last.received, last.safe) == (4, len(laptop.entries), len(laptop.entries))
    assert pruning.due([on_the_shelf(laptop, last)]) == ()

    office = set_up_again(desk, tmp_path / "backup", now_s=MORNING + 30 * DAY_S)
    said = intake.receive(office, batch=laptop.batch(len(laptop.entries)))
    with pytest.raises(AckOld):
        laptop.believes(said, newest=last.ack_no)  # the control: by its number alone it would never be heard
    lower = laptop.believes(said, newest=last.ack_no, newest_s=last.office_s)
    assert (lower.received, lower.safe, lower.status) == (4, 4, "gap")
    much_later = on_the_shelf(laptop, lower)._replace(office_s=lower.office_s + 400 * DAY_S)
    assert pruning.due([on_the_shelf(laptop, lower), much_later]) == (), "not safe there, so never over"
    with pytest.raises(AckOld):
        # Left on an old stick, or put there: a word from before counts higher and is no newer for that.
        laptop.believes(highest, newest=lower.ack_no, newest_s=lower.office_s)
    again = laptop.believes(
        intake.receive(office, batch=laptop.batch(lower.received + 1)), newest=lower.ack_no, newest_s=lower.office_s
    )
    assert (again.received, again.safe) == (last.received, last.safe)
    assert held(office)[:2] == before[:2]
    assert held(office)[2] == {"missing"}, "and somebody there is told what was asked for again"
    office.store.close()


def test_an_old_word_of_the_office_stays_old_whatever_it_says(desk: Desk) -> None:
    laptop = desk.laptop()
    laptop.open()
    first = intake.receive(desk.office, batch=laptop.batch())
    laptop.deposit()
    second = laptop.believes(intake.receive(desk.office, batch=laptop.batch(2)))
    with pytest.raises(AckOld):
        laptop.believes(first, newest=second.ack_no, newest_s=second.office_s)


def test_the_word_of_an_office_whose_clock_was_ahead_is_followed_by_others_all_the_same(desk: Desk) -> None:
    laptop = desk.laptop()
    laptop.open()
    clock = desk.office.now_s
    ahead = dataclasses.replace(desk.office, now_s=lambda: clock() + 400 * DAY_S)
    first = laptop.believes(intake.receive(ahead, batch=laptop.batch()))
    laptop.deposit()
    second = laptop.believes(
        intake.receive(desk.office, batch=laptop.batch(2)), newest=first.ack_no, newest_s=first.office_s
    )
    assert (second.received, second.office_s) == (2, first.office_s)
