"""The backup is worth what comes back from it."""

from pathlib import Path

import pytest
from sqlmodel import select

from sync import protocol
from sync.errors import Fault
from sync.office import devices, home, inspection, intake, overview, preparation, restoration
from sync.office.backup import BackupUnavailable
from sync.office.home import Office
from sync.office.store import Alarm, DifferenceRow, EntryRow
from tests.office.conftest import Desk, counting, drawing
from tests.office.laptop import MORNING, Laptop
from tests.office.test_intake import lies, morning


def lost_and_restored(desk: Desk) -> Office:
    """The database is gone; the home, its keys and the backup are there."""
    desk.office.store.close()
    for file in desk.folder.glob("office.db*"):
        file.unlink()
    office = home.enter(desk.folder, now_s=counting(MORNING + 86_400), draw=drawing("restored"))
    restoration.restore(office)
    return office


def held(office: Office) -> tuple[list[tuple[bytes, int, bytes]], list[tuple[int, str]], set[str]]:
    with office.store.reading() as db:
        entries = [
            (one.book, one.number, one.raw)
            for one in db.exec(select(EntryRow).order_by(EntryRow.book, EntryRow.number))
        ]
        differences = [(one.number, one.code) for one in db.exec(select(DifferenceRow))]
        return entries, differences, {one.kind for one in db.exec(select(Alarm))}


@pytest.mark.feature(121)
def test_every_book_comes_back_as_it_was_and_laptops_go_on(desk: Desk) -> None:
    good, bad = morning(desk.laptop("A")), desk.laptop("B", seed=2)
    for first in range(1, len(good.entries) + 1, 4):
        said = intake.receive(desk.office, batch=good.batch(first, min(first + 3, len(good.entries))))
    bad.open()
    lies(bad)["loan.interest-too-much"]()
    intake.receive(desk.office, batch=bad.batch())
    before, newest = held(desk.office), good.believes(said)
    assert newest.safe == len(good.entries)

    office = lost_and_restored(desk)
    assert held(office) == before
    assert [one.wrong for one in inspection.inspect(office)] == [(), ()]
    bad.deposit()
    ack = bad.believes(intake.receive(office, batch=bad.batch()), newest=1)
    assert (ack.received, ack.safe, ack.differences) == (3, 3, 1)
    # What the office said before the loss is still the last it said, so no number means two things.
    assert good.believes(intake.receive(office, batch=good.batch())).ack_no >= newest.ack_no
    assert [one.state for one in devices.laptops(office)] == ["enrolled", "enrolled"]
    month = overview.month(office, wanted=None)
    # Two books, and one session that is told of in the list.
    assert (month.begun, month.held, month.sessions) == (2, 1, 1)
    office.store.close()


def test_forks_revocations_and_their_alarms_come_back(desk: Desk) -> None:
    laptop = desk.laptop("A")
    ticket = laptop.ticket.to_bytes()
    laptop.open()
    laptop.deposit(50_000)
    intake.receive(desk.office, batch=laptop.batch())
    clone = Laptop(ticket)
    clone.take(preparation.fetch(desk.office, device=laptop.device, wanted=None))
    clone.open()
    clone.deposit(60_000)
    intake.receive(desk.office, batch=clone.batch())
    devices.revoke(desk.office, letter="A")
    laptop.deposit()
    with pytest.raises(devices.DeviceRevoked):
        intake.receive(desk.office, batch=laptop.batch())
    before = held(desk.office)
    assert before[2] == {"fork", "revoked"}
    office = lost_and_restored(desk)
    assert held(office) == before
    assert [one.state for one in devices.laptops(office)] == ["revoked"]
    ack = protocol.verify_ack(intake.newest_ack(office, book=laptop.pack.book), office_key=office.sign_key)
    assert ack.received == 2
    office.store.close()


def test_an_unsafe_letter_is_what_a_laptop_must_send_again(desk: Desk) -> None:
    laptop = desk.laptop()
    laptop.open()
    intake.receive(desk.office, batch=laptop.batch())
    laptop.deposit()
    place = desk.folder / "backup" / "batches"
    aside = place.rename(place.with_name("away"))
    place.write_bytes(b"")
    ack = laptop.believes(intake.receive(desk.office, batch=laptop.batch(2)), newest=1)
    assert (ack.received, ack.safe) == (2, 1)
    place.unlink()
    aside.rename(place)
    office = lost_and_restored(desk)
    again = laptop.believes(intake.receive(office, batch=laptop.batch(ack.safe + 1)), newest=ack.ack_no - 1)
    assert (again.received, again.safe) == (2, 2)
    office.store.close()


def test_nothing_is_restored_over_what_is_there(desk: Desk) -> None:
    desk.laptop()
    with pytest.raises(restoration.NotEmpty):
        restoration.restore(desk.office)


def test_a_letter_altered_in_the_backup_is_not_believed(desk: Desk) -> None:
    laptop = desk.laptop()
    laptop.open()
    intake.receive(desk.office, batch=laptop.batch())
    (letter,) = (desk.folder / "backup" / "batches").iterdir()
    raw = letter.read_bytes()
    letter.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    with pytest.raises(Fault):
        lost_and_restored(desk)


def test_no_name_and_no_amount_lies_in_the_backup_in_clear(desk: Desk) -> None:
    laptop = morning(desk.laptop())
    intake.receive(desk.office, batch=laptop.batch())
    words = [laptop.pack.terms.customers[0].full_name.encode(), laptop.pack.terms.loans[0].loan_code.encode()]
    files = [file for file in (desk.folder / "backup").rglob("*") if file.is_file()]
    assert len(files) >= 4
    assert not any(word in file.read_bytes() for file in files for word in words)
    # The control: the database, which is not sealed, does hold them.
    database = b"".join(file.read_bytes() for file in desk.folder.glob("office.db*"))
    assert all(word in database for word in words)


def test_a_backup_folder_that_is_none_is_unavailable(tmp_path: Path) -> None:
    from sync.office.backup import Backup

    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BackupUnavailable):
        Backup(tmp_path / "file").keep("packs", "x", b"y")
