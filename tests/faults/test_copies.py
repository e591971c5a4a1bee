"""Two programs on one laptop, an older copy put back, half of a copy, and two laptops made of one.

What can be noticed is noticed, and this says what cannot. An older copy of the book's file is found by what the
laptop remembers outside of it; one page of it spliced in passes every seal of the file and is found by the chain, by
the balances or by that memory, or holds nothing but a draft, a word of the office or a count of sheets. An image of
the whole disk brings its own memory with it: then the office's word is what tells, and two laptops of one image are
two histories at the office, which keeps both and books neither on.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from sqlmodel import select

from desktop import shelf, store
from desktop.care.set_back import BookBehind, BookSetBack
from desktop.desk import Desk
from desktop.store import Book
from desktop.vault import FLOOR, NewUser, Vault, enrol
from sync import keys
from sync.errors import Fault
from sync.office import devices, intake, preparation
from sync.office.home import Office
from sync.office.store import Alarm, EntryRow, ForkRow
from sync.office.store import Book as BookRow
from sync.pack import read_ticket
from sync.protocol import Ack
from sync.records import from_bytes
from sync.voucher import Wish
from tests.desktop.enrolled import Clock, Draw, Laptop, deposit
from tests.faults import after
from tests.faults.conftest import SHORT, JobOf
from tests.faults.tally import Tally, Wrong
from tests.faults.test_flipped_bits import quick
from tests.faults.workers import Workers
from tests.faults.working import word
from tests.office.conftest import DAY, POINT, make_office
from tests.office.laptop import MORNING
from tests.once import stretched

PAGE = 4096


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LOG_PAGES", SHORT["log_pages"])
    monkeypatch.setattr(keys, "stretched", stretched)


@pytest.fixture
def rounds(pytestconfig: pytest.Config) -> int:
    """How many times two programs start at once."""
    return 100 if pytestconfig.getoption("--long") else 10


def copied(laptop: Laptop, home: Path) -> Laptop:
    shutil.copytree(laptop.home, home)
    return Laptop(home, laptop.key, laptop.pack)


# --- two programs


def test_of_two_programs_on_one_laptop_one_works_and_the_other_is_told(
    short: Laptop, workers: Workers, room: Path, place: Path, job: JobOf, rounds: int
) -> None:
    """Both start at once and post; every voucher that either was told of stands, once."""
    draw = Random(20261122)
    with Workers(room / "other workers") as other:
        other.warm(job(copied(short, place / "warm").home, "open", "post", "shut"))

        def started(rounds: int, *, broken: str = "") -> Tally:
            tally = Tally("rounds")
            for turn in range(rounds):
                laptop = copied(short, place / f"home{broken}{turn}")
                both = (workers, other)
                for one in both:
                    # Whoever waits for the other gives up after a second; in every fifth round the other takes longer.
                    held = ("pause",) if turn % 5 == 0 else ()
                    steps = ("open", "post", "post", *held, "draft", "post", "shut", "setting")
                    one.begin(job(laptop.home, *steps, broken=broken, **SHORT))
                for one in draw.sample(both, 2):
                    one.go()
                    time.sleep(draw.uniform(0, 0.02))
                ended = [one.ended() for one in both]
                told = [line.split(" ") for one in ended for line in one.told]
                posted = sum((line[0], line[1]) == ("kept", "post") for line in told)
                wrong = [wrong for one in ended for wrong in after.said_clearly(one)]
                if strange := {line[2] for line in told if line[0] == "fault"} - {"book.in-use"}:
                    wrong.append(Wrong("unclear", str(strange)))
                tally.note("told that it is open", sum(line[0] == "fault" for line in told))
                tally.add([*wrong, *after.opened(laptop, least=1 + posted, most=1 + posted)], where=turn)
            return tally

        tally, control = started(rounds), started(6, broken="shared")
    print(f"two programs on one laptop: {tally.line(control)}")
    assert tally.first == []
    assert tally.seen["told that it is open"]
    assert not control.clean


# --- older copies


def at_six_and_at_twelve(short: Laptop, place: Path) -> tuple[Laptop, Laptop]:
    """A laptop as it was closed after six vouchers, and after twelve."""
    laptop = copied(short, place / "laptop")
    found = []
    for entries in (6, 12):
        desk = laptop.desk()
        while desk.standing().entries < entries:
            desk.post(deposit(desk))
        desk.close()
        found.append(copied(laptop, place / f"at-{entries}"))
    return found[0], found[1]


def refused_on(laptop: Laptop) -> bool:
    """Whether a book is opened for reading and takes no voucher, because it was further."""
    desk = laptop.desk()
    try:
        desk.post(deposit(desk))
    except (BookBehind, BookSetBack):
        return True
    finally:
        desk.close()
    return False


def test_an_older_copy_of_the_books_file_takes_no_voucher(short: Laptop, place: Path) -> None:
    early, late = at_six_and_at_twelve(short, place)
    # The control: the book that is where it was takes one.
    assert not refused_on(copied(late, place / "control"))
    shutil.copyfile(after.book_file(early), after.book_file(late))
    assert refused_on(late)
    desk = late.desk()
    assert desk.standing().entries == 6
    desk.close()


def test_half_of_a_copy_takes_no_voucher_once_the_laptop_was_ever_closed_later(short: Laptop, place: Path) -> None:
    """The file without its log, taken while the program had it open: it opens, and is an earlier book."""
    early, _ = at_six_and_at_twelve(short, place)
    laptop = copied(early, place / "open")
    desk = laptop.desk()
    for _ in range(4):
        desk.post(deposit(desk))
    half = copied(laptop, place / "half")
    Path(f"{after.book_file(half)}-wal").unlink()
    said = word(desk)
    desk.close()
    # Half a copy put back in its own place, over the whole book.
    shutil.copyfile(after.book_file(half), after.book_file(laptop))
    assert refused_on(laptop)
    # Half a copy with the memory of its time knows of nothing later; the office's word does.
    desk = half.desk()
    assert desk.standing().entries < 10
    with pytest.raises(Fault) as caught:
        desk.take_ack(said)
    assert caught.value.sentence("vi")
    with pytest.raises(BookBehind):
        desk.post(deposit(desk))
    desk.close()


def test_an_old_page_spliced_in_is_found_or_holds_no_voucher(short: Laptop, place: Path) -> None:
    """Every page that differs, one after the other: each passes the seals of the file, since it once stood there."""
    early, late = at_six_and_at_twelve(short, place)
    old, new = (after.book_file(one).read_bytes() for one in (early, late))
    tally = Tally("pages")
    for at in range(0, min(len(old), len(new)), PAGE):
        if old[at : at + PAGE] == new[at : at + PAGE]:
            continue
        home = place / f"page{at // PAGE}"
        laptop = copied(late, home)
        after.book_file(laptop).write_bytes(new[:at] + old[at : at + PAGE] + new[at + PAGE :])
        found = spliced(laptop)
        tally.note(f"found by {found}" if found else "held no voucher")
        tally.add([] if found else _whole(laptop, late), where=at // PAGE)
        shutil.rmtree(home)
    print(f"old pages spliced in: {tally.line()}")
    assert tally.first == []
    assert tally.tried - tally.seen["held no voucher"] >= 3


def spliced(laptop: Laptop) -> str:
    """What found it, or nothing."""
    try:
        desk = laptop.desk()
    except Fault as fault:
        return fault.code
    try:
        desk.book.check_file()
        desk.post(deposit(desk))
    except Fault as fault:
        return fault.code
    finally:
        desk.close()
    return ""


def _whole(laptop: Laptop, other: Laptop) -> Iterator[Wrong]:
    """Where nothing was found, every voucher, every balance and every print job is there all the same."""
    book, same = (Book.look(one.home, one.book_key, book=one.pack.book) for one in (laptop, other))
    try:
        there, wanted = list(book.sealed()), list(same.sealed())
        if [one.raw for one in there[: len(wanted)]] != [one.raw for one in wanted]:
            yield Wrong("lost", "vouchers")
        if set(book.sheets()) != {one.entry.number for one in there}:
            yield Wrong("lost", "print jobs")
    finally:
        book.close()
        same.close()


# --- two laptops of one image, at a real office


class Table:
    """Whoever has the passphrases of a home, and the book of its session open."""

    def __init__(self, home: Path) -> None:
        self.home, self._clock = home, Clock()
        vault = Vault(home, draw=Draw(str(home).encode()), keystore=None)
        teller = next(one for one in vault.accounts if one.role == "teller")
        unlocked = vault.unlock(teller.staff_id, passphrase=passphrase_of(teller.staff_id), now_s=0)
        book = shelf.open_book(home, unlocked, shelf.newest(home, unlocked))
        self.desk = Desk.open(book, unlocked, clock=self._clock)

    def take_float(self) -> None:
        preview = self.desk.preview_open(notes={500_000: 200, 10_000: 100})
        controller = next(one for one in self.desk.pack.terms.team if one.role == "controller").staff_id
        self.desk.post(preview, approvals=[self.desk.approve(preview, staff_id=controller, pin=PIN)])

    def deposit(self, amount: int) -> None:
        account = next(one for one in self.desk.pack.terms.deposits if one.kind == "member")
        wish = Wish("TT", account.account_no, amount)
        self.desk.post(self.desk.preview_visit(account.customer_code, wishes=[wish]))

    def sent(self, office: Office) -> Ack:
        """All that is unsent handed in; the office's word."""
        raw = self.desk.batch()
        assert raw is not None
        return from_bytes(Ack, intake.receive(office, batch=raw))


PIN = "135790"


def passphrase_of(staff_id: str) -> str:
    return f"bốn từ dễ nhớ {staff_id}"


@pytest.fixture
def office(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    # What people type is stretched by nothing dear.
    monkeypatch.setattr(keys, "stretched", quick)
    office = make_office(place / "office")
    yield office
    office.store.close()


@pytest.fixture
def session(office: Office, place: Path) -> Path:
    """The home of a laptop of this office, with the book of a session and its float taken over."""
    home, ticket = place / "first", devices.invite(office, letter="A")
    people = [NewUser(one.staff_id, passphrase_of(one.staff_id), PIN) for one in read_ticket(ticket).staff]
    devices.enrol(office, answer=enrol(home, ticket, people=people, draw=Draw(b"first"), cost=FLOOR, keystore=None))
    made = preparation.prepare(office, point_code=POINT, session_date=DAY, letter="A", again=False)
    unlocked = Vault(home, draw=Draw(b"pack"), keystore=None).unlock(
        people[0].staff_id, passphrase=people[0].passphrase, now_s=0
    )
    shelf.take_pack(home, unlocked, raw=made.sealed, now_s=MORNING)
    table = Table(home)
    table.take_float()
    table.desk.close()
    return home


def kept_at(office: Office, table: type) -> list[bytes]:
    with office.store.reading() as db:
        return [row.raw for row in db.exec(select(table).order_by(table.number))]  # type: ignore[attr-defined]


@pytest.mark.feature(93)
def test_two_laptops_made_of_one_image_are_a_fork_and_the_office_keeps_both(
    office: Office, session: Path, place: Path
) -> None:
    shutil.copytree(session, place / "clone")
    first, clone = Table(session), Table(place / "clone")
    for amount in (50_000, 60_000):
        first.deposit(amount)
    clone.deposit(70_000)
    assert first.sent(office).status == "ok"
    word = clone.sent(office)
    assert (word.status, word.received) == ("fork", 3)
    # Both histories are there, byte for byte, and no more is taken before somebody has looked.
    with office.store.reading() as db:
        (row,) = db.exec(select(BookRow))
        assert row.frozen
        assert [one.kind for one in db.exec(select(Alarm))] == ["fork"]
    assert kept_at(office, EntryRow) == [one.raw for one in first.desk.book.sealed()]
    assert kept_at(office, ForkRow) == [one.raw for one in clone.desk.book.sealed(2)]
    first.deposit(80_000)
    assert first.desk.standing().entries == 4
    first.desk.close()
    clone.desk.close()


def test_an_image_of_the_whole_laptop_put_back_is_found_by_the_offices_word(
    office: Office, session: Path, place: Path
) -> None:
    """Its memory is as old as its book, so nothing on it can tell: it posts until the office has spoken."""
    image = place / "image"
    shutil.copytree(session, image)
    table = Table(session)
    for amount in (50_000, 60_000, 70_000):
        table.deposit(amount)
    raw = table.desk.batch()
    assert raw is not None
    said = intake.receive(office, batch=raw)
    table.desk.close()
    # Looked at before anything is posted: named, and held.
    table = Table(image)
    with pytest.raises(Fault) as caught:
        table.desk.take_ack(said)
    assert caught.value.sentence("vi")
    with pytest.raises(BookBehind):
        table.deposit(90_000)
    table.desk.close()
