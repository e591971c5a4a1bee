"""What is written of conflicts is what the office does: every row of the protocol's table is done here, and no other."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import func, select

from sync import chain, keys
from sync.errors import Fault
from sync.office import devices, intake
from sync.office.store import Alarm, EntryRow, ForkRow
from tests.office.conftest import Desk
from tests.office.laptop import Laptop
from tests.office.test_continued import begun, gone_on, pair, receive
from tests.office.test_decisions import cloned, decide, head8
from tests.office.test_intake import differences, lies
from tests.office.test_outage import gap, outage

PROTOCOL = Path(__file__).parents[2] / "sync" / "PROTOCOL.md"


def written() -> dict[str, str]:
    """The table: what arrives, and what the office does."""
    text = PROTOCOL.read_text("utf-8")
    table = text.split("| what arrives | what the office does |\n|---|---|\n")[1].split("\n\n")[0]
    return dict(re.fullmatch(r"\| (.+?) \| (.+) \|", line).groups() for line in table.splitlines())  # type: ignore[union-attr, misc]


def kept(desk: Desk) -> tuple[int, int, set[str]]:
    """Entries that are booked, entries beside them, and what was alarmed of."""
    with desk.office.store.reading() as db:
        count = [int(db.exec(select(func.count()).select_from(one)).one()) for one in (EntryRow, ForkRow)]
        return count[0], count[1], {one.kind for one in db.exec(select(Alarm))}


def again(desk: Desk) -> None:
    laptop = begun(desk.laptop())
    first = intake.receive(desk.office, batch=laptop.batch())
    before = kept(desk)
    assert intake.receive(desk.office, batch=laptop.batch(2, 3)) == first
    assert kept(desk) == before


def right_after(desk: Desk) -> None:
    laptop = begun(desk.laptop())
    receive(desk, laptop.batch(1, 2))
    assert (receive(desk, laptop.batch(3)).received, kept(desk)[0]) == (4, 4)


def further_on(desk: Desk) -> None:
    laptop = begun(desk.laptop())
    receive(desk, laptop.batch(1, 1))
    ack = receive(desk, laptop.batch(3))
    assert (ack.status, ack.received, ack.reason, kept(desk)[0]) == ("gap", 1, "2", 1)


def goes_on_too_early(desk: Desk) -> None:
    first, spare = gone_on(desk)
    ack = receive(desk, spare.batch())
    assert (ack.status, ack.received, kept(desk)[0]) == ("gap", 0, 0)
    assert ack.reason == f"1 {first.pack.book.hex()}"


def carried(desk: Desk) -> None:
    first, spare = gone_on(desk)
    ack = receive(desk, spare.carried())
    assert (ack.status, ack.book, ack.device, ack.received) == ("ok", first.pack.book, first.device, 4)


def carried_of_a_revoked_one(desk: Desk) -> None:
    _, spare = gone_on(desk)
    devices.revoke(desk.office, letter="A")
    assert receive(desk, spare.carried()).received == 4
    assert kept(desk)[2]


def two_histories(desk: Desk) -> tuple[Laptop, Laptop]:
    laptop, clone = cloned(desk)
    booked, beside, alarms = kept(desk)
    assert (booked, beside > 0, "fork" in alarms) == (4, True, True)
    return laptop, clone


def taken_over(desk: Desk) -> None:
    first, spare = pair(desk)
    begun(first)
    spare.go_on(first)
    receive(desk, spare.carried())
    assert receive(desk, spare.batch()).status == "ok"
    first.deposit(10_000)
    booked = kept(desk)[0]
    assert receive(desk, first.batch(5)).status == "fork"
    assert kept(desk)[:2] == (booked, 1)


def decided_against(desk: Desk) -> None:
    laptop, clone = two_histories(desk)
    decide(desk, laptop, 3, keep=head8(laptop, 3))
    booked = kept(desk)[0]
    clone.deposit(10_000)
    ack = receive(desk, clone.batch())
    assert (ack.status, kept(desk)[0]) == ("rejected", booked)


def against_a_rule(desk: Desk) -> None:
    laptop = desk.laptop()
    laptop.open()
    lies(laptop)["loan.interest-too-much"]()
    assert receive(desk, laptop.batch()).received == 2
    assert [code for _, code in differences(desk)] == ["loan.interest-too-much"]


def an_outage(desk: Desk) -> None:
    receive(desk, gap(desk.laptop()).batch())
    assert {code for _, code in differences(desk)} == {"outage.laptop", "outage.over"}


def a_signed_end_inside(desk: Desk) -> None:
    laptop = desk.laptop()
    laptop.open()
    outage(laptop)
    laptop.deposit()
    last = laptop.entries[-1]
    signature = keys.sign(laptop.seed, "entry/1", chain.stub_of(last.entry, last.head).to_bytes())
    laptop.entries[-1] = last._replace(signature=signature)
    assert receive(desk, laptop.batch()).received == 3
    assert len(differences(desk)) > 1


def no_sound_batch(desk: Desk) -> None:
    raw = bytearray(begun(desk.laptop()).batch())
    raw[-1] ^= 1
    with pytest.raises(Fault):
        intake.receive(desk.office, batch=bytes(raw))
    assert kept(desk)[0] == 0


DONE: dict[str, Callable[[Desk], object]] = {
    "entries it has": again,
    "entries right after what it has": right_after,
    "entries further on": further_on,
    "the first entries of a book that goes on from another, of which it lacks some": goes_on_too_early,
    "another laptop's entries from one that the book's pack names, or from the office itself": carried,
    "the same of a writer that was revoked": carried_of_a_revoked_one,
    "another entry at a number it has": two_histories,
    "a resumption with an officer's approval after *n*, where the first laptop wrote beyond *n*, before or later": taken_over,
    "entries of a branch that the office decided against": decided_against,
    "an entry that breaks a rule": against_a_rule,
    "an outage, its recovery, a close signed on paper": an_outage,
    "a batch that ends inside an outage of the laptop's key, signed all the same": a_signed_end_inside,
    "bytes that are not a sound batch": no_sound_batch,
}


def test_every_row_that_is_written_is_done_and_nothing_else() -> None:
    assert set(written()) == set(DONE)


@pytest.mark.feature(92)
@pytest.mark.parametrize("arrives", DONE)
def test_the_office_does_what_is_written(desk: Desk, arrives: str) -> None:
    assert written()[arrives]
    DONE[arrives](desk)
