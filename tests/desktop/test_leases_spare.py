"""A table whose laptop broke: another one goes on in its seat, and serves nobody whom that one had given away."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop import leases
from desktop.desk import Desk
from desktop.road import going_on, mirror
from desktop.road.mirror import Mirror
from sync.leases import GivenAway, Held, Lease, OtherTable, OtherUnheard, OwnBook, ServedElsewhere, StandsIn
from sync.voucher import Wish
from tests.desktop import enrolled, spare, two_laptops
from tests.desktop.enrolled import PINS, Draw, Laptop
from tests.desktop.two_laptops import DEVICES, Joined
from tests.sync import small
from tests.sync.small import GROUP_A, GROUP_B, LATE, RESIDENT, SAVER


@pytest.fixture(scope="module")
def enrolled_three(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Laptop]:
    return two_laptops.enrol(tmp_path_factory.mktemp("three"), "ABC")


@pytest.fixture
def three(enrolled_three: dict[str, Laptop], tmp_path: Path) -> dict[str, Laptop]:
    return two_laptops.copied(enrolled_three, tmp_path)


@pytest.fixture
def table(three: dict[str, Laptop]) -> Iterator[Joined]:
    joined = Joined({letter: three[letter] for letter in "AB"})
    for desk in joined.desks.values():
        enrolled.opened(desk)
    yield joined
    joined.close()


def serve(desk: Desk, who: str) -> int:
    return desk.post(desk.preview_visit(who, wishes=[Wish("TT", small.deposit_no(who), 50_000)])).sealed.entry.number


def pay_out(desk: Desk) -> int:
    """To somebody of no group, who is the first laptop's."""
    preview = desk.preview_visit(RESIDENT, wishes=[Wish("RK", small.deposit_no(RESIDENT), 50_000)])
    approval = desk.approve(preview, staff_id=small.CONTROLLER, pin=PINS[small.CONTROLLER])
    return desk.post(preview, approvals=[approval]).sealed.entry.number


def swapped(table: Joined) -> None:
    """A gave its group to B and has that of B."""
    table.desks["B"].leases.request(GROUP_A)
    table.desks["A"].leases.request(GROUP_B)


def goes_on(table: Joined, by: Laptop, stick: Path) -> Desk:
    """A breaks, and another laptop goes on from its stick."""
    table.desks.pop("A").close()
    return spare.gone_on(by, stick)


def test_a_third_laptop_goes_on_and_serves_whom_the_broken_one_held_and_nobody_else(
    table: Joined, three: dict[str, Laptop], tmp_path: Path
) -> None:
    swapped(table)
    spare.mirrored(table.desks["A"], tmp_path / "stick")
    desk = goes_on(table, three["C"], tmp_path / "stick")
    assert desk.pack.letter == "A.C"
    with pytest.raises(StandsIn) as said:
        serve(desk, SAVER)
    assert "máy B" in said.value.sentence("vi")
    assert serve(desk, LATE) > 0
    assert pay_out(desk) > 0
    # And B serves on.
    assert serve(table.desks["B"], SAVER) == 2
    # Its own stick says it too, for whoever has to go on from there.
    kept = spare.mirrored(desk, tmp_path / "second")
    assert kept.look().passed == {GROUP_A: Held(DEVICES["B"], 1), GROUP_B: Held(DEVICES["A"], 1)}
    desk.put_away()


def test_a_laptop_that_is_not_told_serves_beside_the_other(
    table: Joined, three: dict[str, Laptop], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swapped(table)
    spare.mirrored(table.desks["A"], tmp_path / "stick")
    monkeypatch.setattr(going_on, "_passed", lambda _runs, _copy: ())
    desk = goes_on(table, three["C"], tmp_path / "stick")
    assert serve(desk, SAVER) > 0
    assert serve(table.desks["B"], SAVER) == 2
    desk.put_away()


def test_the_other_laptop_of_the_table_goes_on_and_keeps_its_two_books_apart(
    table: Joined, three: dict[str, Laptop], tmp_path: Path
) -> None:
    # The stick was a moment behind: what A gave last only B heard.
    spare.mirrored(table.desks["A"], tmp_path / "stick")
    serve(table.desks["B"], SAVER)
    table.desks.pop("B").close()
    desk = goes_on(table, three["B"], tmp_path / "stick")
    for who in (SAVER, LATE):
        with pytest.raises(OwnBook):
            serve(desk, who)
    assert pay_out(desk) > 0
    desk.put_away()


def test_a_laptop_in_anothers_seat_gives_and_asks_for_nothing(
    table: Joined, three: dict[str, Laptop], tmp_path: Path
) -> None:
    spare.mirrored(table.desks["A"], tmp_path / "stick")
    line = _asked(table)
    desk = goes_on(table, three["C"], tmp_path / "stick")
    desk.leases.road = table._road
    before = len(table.lines)
    with pytest.raises(StandsIn):
        serve(desk, LATE)
    with pytest.raises(StandsIn):
        desk.leases.request(GROUP_B)
    with pytest.raises(StandsIn):
        desk.leases.give(GROUP_A, to=DEVICES["B"])
    with pytest.raises(StandsIn):
        desk.leases.take(GROUP_B, code="1234 5678 9012")
    with pytest.raises(OtherTable):
        desk.leases.answer(line)
    assert len(table.lines) == before
    desk.put_away()


def _asked(table: Joined) -> bytes:
    table.desks["B"].leases.request(RESIDENT)
    return table.lines[-2]


def test_what_is_given_is_on_the_stick_without_a_voucher_and_once(table: Joined, tmp_path: Path) -> None:
    a = table.desks["A"]
    kept = spare.mirrored(a, tmp_path / "stick")
    held = mirror.keep_up(kept, a, held=None)
    (file,) = (tmp_path / "stick").rglob("mirror-*.dgd")
    size = file.stat().st_size
    assert mirror.keep_up(kept, a, held=held) == held
    assert (file.stat().st_size, dict(held.passed)) == (size, {})
    table.desks["B"].leases.request(GROUP_A)
    held = mirror.keep_up(kept, a, held=held)
    assert (held.last, held.passed) == (1, {GROUP_A: Held(DEVICES["B"], 1)})
    grown = file.stat().st_size
    assert grown > size
    held = mirror.keep_up(kept, a, held=held)
    again = Mirror(tmp_path / "stick", a.mirror_source(), draw=Draw(b"again"))
    assert mirror.keep_up(again, a, held=None) == held
    assert file.stat().st_size == grown
    pay_out(a)
    assert mirror.keep_up(again, a, held=held).passed == held.passed


@pytest.mark.parametrize("told", [True, False])
def test_a_book_that_was_put_back_knows_from_its_own_stick_what_it_gave(
    table: Joined, three: dict[str, Laptop], tmp_path: Path, told: bool
) -> None:
    home = three["A"].home
    table.desks.pop("A").close()
    shutil.copytree(home, tmp_path / "copy")
    a = table.open("A")
    table.desks["B"].leases.request(GROUP_A)
    spare.mirrored(a, tmp_path / "stick")
    table.desks.pop("A").close()
    shutil.rmtree(home)
    shutil.copytree(tmp_path / "copy", home)
    a = table.open("A")
    a.leases.road = None
    if told:
        spare.mirrored(a, tmp_path / "stick")
        with pytest.raises(GivenAway):
            serve(a, SAVER)
    else:  # the control: the disk alone has forgotten
        assert serve(a, SAVER) == 2


@pytest.mark.parametrize(
    ("who", "epoch"), [("A", 7), ("B", 2**63 - 1), ("?", 7)], ids=["to itself", "beyond counting", "to nobody of the table"]
)
def test_a_stick_that_somebody_wrote_on_gives_its_laptop_nothing(table: Joined, tmp_path: Path, who: str, epoch: int) -> None:
    a = table.desks["A"]
    kept = spare.mirrored(a, tmp_path / "stick")
    # Whoever may go on at another laptop can open the file, so they can add to it.
    forged = Lease(unit=GROUP_B, device=DEVICES.get(who, b"?" * 16), epoch=epoch)
    kept.write((), passed=[forged])
    held = Mirror(tmp_path / "stick", a.mirror_source(), draw=Draw(b"again")).look()
    assert held.passed == {GROUP_B: Held(forged.device, epoch)}
    a.leases.road = None
    mirror.lacking(a, held)
    with pytest.raises(ServedElsewhere):
        serve(a, LATE)
    a.leases.road = table._road
    a.leases.request(GROUP_B)
    assert serve(a, LATE) > 0


def test_a_number_that_leaves_no_room_for_the_next_is_not_answered(table: Joined) -> None:
    a, b = table.desks["A"], table.desks["B"]
    leases.keep_count(b.book, DEVICES["A"], asked=2**62)
    with pytest.raises(OtherUnheard):
        b.leases.request(GROUP_A)
    assert a.leases.holder(GROUP_A) == Held(DEVICES["A"], 0)
