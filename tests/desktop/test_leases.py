"""Two laptops at one table: who may post for whom, how that passes over, and what is never given."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop import leases as desk_leases
from desktop.desk import Desk, Preview
from desktop.store import SetBack
from desktop.words import Words
from sync import leases
from sync.errors import Refusal
from sync.joint import OtherNotClosed
from sync.keys import NotOpened, SignatureWrong
from sync.leases import (
    CodeWrong,
    GivenAway,
    NotToGive,
    OtherTable,
    OtherUnheard,
    ServedAlready,
    ServedElsewhere,
    closed_line,
    open_line,
)
from sync.records import Malformed, changed
from sync.voucher import Wish
from tests.desktop import enrolled, two_laptops
from tests.desktop.enrolled import CONTROLLER, PINS, Laptop
from tests.desktop.two_laptops import Joined
from tests.sync import small
from tests.sync.small import COMMISSION, FEE, FOLLOWS, GROUP_A, GROUP_B, HEAD_A, LATE, RESIDENT, SAVER


@pytest.fixture(scope="module")
def opened(both: dict[str, Laptop], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Laptop]:
    """Both with their float taken over: a PIN costs more than all else here."""
    laptops = two_laptops.copied(both, tmp_path_factory.mktemp("opened"))
    joined = Joined(laptops)
    for desk in joined.desks.values():
        enrolled.opened(desk)
    joined.close()
    return laptops


@pytest.fixture
def table(opened: dict[str, Laptop], tmp_path: Path) -> Iterator[Joined]:
    joined = Joined(two_laptops.copied(opened, tmp_path))
    yield joined
    joined.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, short_log: None) -> None:
    """A refusal is asked about again at once."""
    monkeypatch.setattr(desk_leases, "QUIET_S", 0.0)


def visit(table: Joined, letter: str, who: str) -> int:
    desk = table.desks[letter]
    preview = desk.preview_visit(who, wishes=[Wish("TT", small.deposit_no(who), 50_000)])
    return desk.post(preview).sealed.entry.number


def draw(table: Joined, letter: str, who: str = RESIDENT) -> int:
    desk = table.desks[letter]
    return _approved(desk, desk.preview_visit(who, wishes=[Wish("RK", small.deposit_no(who), 50_000)]))


def _approved(desk: Desk, preview: Preview) -> int:
    return desk.post(preview, approvals=[desk.approve(preview, staff_id=CONTROLLER, pin=PINS[CONTROLLER])]).sealed.entry.number


def pay(table: Joined, letter: str, slip: str) -> int:
    desk = table.desks[letter]
    return _approved(desk, desk.preview_slip(slip))


def test_each_serves_its_own_groups_and_the_first_whoever_is_of_none(table: Joined) -> None:
    table.cut = True
    assert visit(table, "A", SAVER) == visit(table, "B", LATE) == 2
    assert draw(table, "A") == 3
    assert pay(table, "A", FEE) == 4
    for letter, act in (("B", lambda: draw(table, "B")), ("B", lambda: pay(table, "B", FEE)), ("A", lambda: visit(table, "A", FOLLOWS))):
        with pytest.raises(OtherUnheard) as said:
            act()
        other = "A" if letter == "B" else "B"
        assert f"máy {other}" in said.value.sentence("vi")
        assert f"laptop {other}" in said.value.sentence("en")


def test_the_first_touch_of_a_free_group_takes_it_over_the_network(table: Joined) -> None:
    assert visit(table, "B", SAVER) == 2
    whose = table.desks["B"].leases.whose(HEAD_A)
    assert whose is not None
    assert (whose.letter, whose.here, whose.given) == ("B", True, True)
    with pytest.raises(ServedAlready) as said:
        visit(table, "A", HEAD_A)
    assert "Tổ 0117 · Ấp Tây" in said.value.sentence("vi")
    table.cut = True
    table.desks["A"].leases.road = None
    with pytest.raises(GivenAway):
        visit(table, "A", HEAD_A)


def test_what_was_served_is_never_given(table: Joined) -> None:
    visit(table, "A", SAVER)
    with pytest.raises(ServedAlready):
        visit(table, "B", HEAD_A)
    with pytest.raises(ServedAlready):
        pay(table, "B", COMMISSION)


def test_what_somebody_is_keying_is_not_given(table: Joined) -> None:
    table.desks["A"].keep_draft(f"group/{GROUP_A}", "{}")
    with pytest.raises(ServedAlready):
        visit(table, "B", SAVER)
    table.desks["A"].keep_draft(f"group/{GROUP_A}", "")
    assert visit(table, "B", SAVER) == 2


def test_what_was_given_is_given_after_a_restart_too(table: Joined) -> None:
    visit(table, "B", SAVER)
    table.open("A")
    with pytest.raises(ServedAlready):
        visit(table, "A", HEAD_A)
    table.open("B")
    assert visit(table, "B", HEAD_A) == 3


def test_what_was_shown_before_it_was_given_is_not_posted_afterwards(table: Joined) -> None:
    desk = table.desks["A"]
    shown = desk.preview_visit(SAVER, wishes=[Wish("TT", small.deposit_no(SAVER), 50_000)])
    table.desks["B"].leases.request(GROUP_A)
    with pytest.raises(GivenAway):
        desk.post(shown)
    assert len(desk.session.bodies) == 1


def test_a_group_nobody_touched_comes_back(table: Joined) -> None:
    table.desks["B"].leases.request(GROUP_A)
    assert visit(table, "A", SAVER) == 2
    with pytest.raises(ServedAlready):
        visit(table, "B", SAVER)


def test_a_lost_answer_leaves_the_group_with_nobody_until_it_is_asked_for_again(table: Joined) -> None:
    whole = table.desks["B"].leases.road
    assert whole is not None

    def lost(seat, line):  # type: ignore[no-untyped-def]
        whole(seat, line)
        table.cut = True
        return table._road(seat, line)

    table.desks["B"].leases.road = lost
    with pytest.raises(OtherUnheard):
        visit(table, "B", SAVER)
    with pytest.raises(OtherUnheard):
        visit(table, "A", SAVER)
    table.cut, table.desks["B"].leases.road = False, whole
    assert visit(table, "B", SAVER) == 2
    with pytest.raises(ServedAlready):
        visit(table, "A", SAVER)


def test_a_line_heard_twice_or_late_moves_nothing(table: Joined) -> None:
    visit(table, "B", SAVER)
    ask, grant = table.lines[:2]
    before = table.desks["A"].leases.holder(GROUP_A)
    # Whoever overheard it gets nothing for it, however it is spelled, and is no laptop of the table at the door.
    for heard in (ask, ask.upper()):
        with pytest.raises(OtherTable):
            table.desks["A"].leases.answer(heard)
    table.desks.pop("A").close()
    again = table.open("A").leases.answer(ask)
    b = table.desks["B"].leases
    said = open_line(again, table=b._table, secret=b._unlocked.device_secret)
    assert (said.verdict, said.epoch) == ("late", 0)
    assert table.desks["A"].leases.holder(GROUP_A) == before
    # An answer is no question.
    with pytest.raises(OtherTable):
        table.desks["A"].leases.answer(grant)


def test_a_book_that_counts_from_an_earlier_number_catches_up(table: Joined) -> None:
    b = table.desks["B"]
    for _ in range(3):
        b.leases.request(GROUP_A)
        table.desks["A"].leases.request(GROUP_A)
    desk_leases.keep_count(b.book, small.DEVICE, asked=0)
    b.leases.request(GROUP_A)
    whose = b.leases.whose(GROUP_A)
    assert whose is not None
    assert whose.here


def test_a_code_read_aloud_gives_a_group_over_where_there_is_no_network(table: Joined) -> None:
    table.cut = True
    a, b = table.desks["A"].leases, table.desks["B"].leases
    code = a.give(GROUP_A, to=small.SPARE)
    assert len(code.replace(" ", "")) == 12
    assert a.give(GROUP_A, to=small.SPARE) == code
    with pytest.raises(CodeWrong):
        b.take(GROUP_B + "9", code=code)
    with pytest.raises(CodeWrong):
        b.take(GROUP_A, code="0000 0000 0000")
    b.take(GROUP_A, code=code.replace(" ", "."))
    assert visit(table, "B", SAVER) == 2
    with pytest.raises(OtherUnheard):
        visit(table, "A", SAVER)
    # Used once: a code of an earlier giving is no giving.
    with pytest.raises(CodeWrong):
        b.take(GROUP_A, code=code)


def test_what_is_served_or_not_held_cannot_be_given_by_hand(table: Joined) -> None:
    a, b = table.desks["A"].leases, table.desks["B"].leases
    visit(table, "A", SAVER)
    for one, unit, to in ((a, GROUP_A, small.SPARE), (b, GROUP_A, small.DEVICE)):
        with pytest.raises(NotToGive):
            one.give(unit, to=to)


def test_whoever_is_not_of_the_table_gets_no_answer(table: Joined) -> None:
    a, b = table.desks["A"].leases, table.desks["B"].leases
    seat = b._table.seat(small.DEVICE)
    asked = b._said("ask", seat, unit=GROUP_A, counter=9)
    good = closed_line(asked, seed=b._unlocked.device_seed, seal_key=seat.seal_key)
    other_seed = closed_line(asked, seed=b"\x77" * 32, seal_key=seat.seal_key)
    other_table = closed_line(changed(asked, table=b"\x01" * 32), seed=b._unlocked.device_seed, seal_key=seat.seal_key)
    other_book = closed_line(changed(asked, book=b"\x09" * 16), seed=b._unlocked.device_seed, seal_key=seat.seal_key)
    itself = closed_line(changed(asked, sender=small.DEVICE), seed=b._unlocked.device_seed, seal_key=seat.seal_key)
    for line, fault in (
        (other_seed, SignatureWrong), (other_table, NotOpened), (other_book, OtherTable), (itself, OtherTable),
        (b"", Malformed), (b"GET / HTTP/1.1", Malformed), (b"\xff" * 40, Malformed), (b"a" * 9000, Malformed), (good[:-2], Malformed),
    ):  # fmt: skip
        with pytest.raises(fault):
            a.answer(line)
    assert a.holder(GROUP_A).epoch == 0
    assert a.answer(good)
    assert a.holder(GROUP_A).epoch == 1
    # Not one code of a person or a group can be read off the network.
    assert not any(name.encode().hex().encode() in good for name in (GROUP_A, SAVER, HEAD_A))


def test_one_laptop_alone_is_asked_nothing(laptop: Laptop) -> None:
    desk = laptop.desk()
    enrolled.opened(desk)
    assert desk.leases.whose(SAVER) is None
    desk.post(enrolled.deposit(desk))
    assert desk.leases.closings() == ()
    with pytest.raises(Refusal):
        desk.leases.give(GROUP_A, to=small.SPARE)
    desk.close()


def test_what_remains_is_what_is_served_here(table: Joined) -> None:
    a, b = table.desks["A"], table.desks["B"]
    assert [one.code for one in a.worklist() if one.kind == "group"] == [GROUP_A]
    assert [one.code for one in b.worklist() if one.kind == "group"] == [GROUP_B]
    assert (a.standing().groups_total, b.standing().groups_total) == (1, 1)
    assert FEE in {one.code for one in a.worklist()}
    assert FEE not in {one.code for one in b.worklist()}
    assert {one.code for one in a.worklist() if one.kind == "due"}.isdisjoint({LATE})
    b.leases.request(GROUP_A)
    assert [one.code for one in b.worklist() if one.kind == "group"] == [GROUP_A, GROUP_B]
    assert a.standing().groups_total == 0
    minutes = a.occasion(Words("vi"))
    assert minutes.joint is not None
    assert minutes.joint.away == {GROUP_A, GROUP_B}


def test_who_serves_is_said_by_every_refusal(table: Joined) -> None:
    table.desks["A"].leases.road = None
    with pytest.raises(ServedElsewhere) as said:
        visit(table, "A", LATE)
    assert said.value.sentence("vi").startswith("Tổ 0118 · Ấp Tây do máy B phục vụ.")


def test_a_book_that_was_put_back_gives_nothing(table: Joined) -> None:
    a = table.desks["A"]
    a.book.keep_set_back(SetBack(1, 3, 0))
    with pytest.raises(OtherTable):
        table.desks["B"].leases.request(GROUP_A)
    with pytest.raises(NotToGive):
        a.leases.give(GROUP_A, to=small.SPARE)
    a.book.keep_set_back(None)
    table.desks["B"].leases.request(GROUP_A)


def test_a_book_that_is_open_has_no_closing(table: Joined) -> None:
    with pytest.raises(OtherNotClosed):
        table.desks["A"].leases.fetch_closings()
    assert table.desks["A"].leases.closings() == ()


def _put_back(table: Joined, folder: Path) -> Desk:
    """B's book as it was before it asked for a group that A served since; a stranger plays the answer of then to it."""
    home = table.laptops["B"].home
    table.desks.pop("B").close()
    shutil.copytree(home, folder)
    table.open("B").leases.request(GROUP_A)
    heard = table.lines[-1]
    # It goes back untouched, and A serves it.
    visit(table, "A", SAVER)
    table.desks.pop("B").close()
    shutil.rmtree(home)
    shutil.copytree(folder, home)
    desk = table.open("B")
    desk.leases.road = lambda _seat, _line: heard
    return desk


def test_an_answer_heard_before_gives_nothing_to_a_book_that_was_put_back(table: Joined, tmp_path: Path) -> None:
    desk = _put_back(table, tmp_path / "copy")
    for _ in range(2):
        with pytest.raises(OtherUnheard):
            desk.leases.request(GROUP_A)
    assert desk.leases.holder(GROUP_A).device == small.DEVICE
    desk.leases.road = table._road
    with pytest.raises(ServedAlready):
        desk.leases.request(GROUP_A)


def test_a_laptop_that_looks_at_counters_alone_takes_what_it_heard_before(
    table: Joined, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = _put_back(table, tmp_path / "copy")
    monkeypatch.setattr(leases, "answers", lambda _said, _asked: True)
    desk.leases.request(GROUP_A)
    assert desk.leases.holder(GROUP_A).device == small.SPARE
    assert table.desks["A"].leases.holder(GROUP_A).device == small.DEVICE


def test_only_what_can_be_served_is_asked_for(table: Joined) -> None:
    for unit in ("", "9999999", SAVER, "Tổ nào đó"):
        with pytest.raises(OtherTable):
            table.desks["B"].leases.answer(_asked(table, unit))
    assert desk_leases.kept(table.desks["B"].book) == {}


def _asked(table: Joined, unit: str) -> bytes:
    a = table.desks["A"].leases
    seat = a._table.seat(small.SPARE)
    return closed_line(a._said("ask", seat, unit=unit, counter=5), seed=a._unlocked.device_seed, seal_key=seat.seal_key)
