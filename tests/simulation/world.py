"""A small world that goes wrong on purpose: three laptops of one office, the roads between, and chance from one seed.

Everything in it is the real program: the desk and its encrypted file, the wire, the office with its database and its
backup. Only the roads, the clocks and the misfortunes are made up here, so the same seed is the same story again.

What may befall it: letters lost, repeated, late and out of order; answers lost; a laptop ended in the midst (its files as
they lie on the disk, the log beside them); a clock that jumps by years; the office's database put back from an old copy
of its backup; an old image of a laptop's disk put back and used on; a laptop's disk copied, and both copies used.
"""

import random
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sqlmodel import select

from desktop import shelf, vault
from desktop.care.set_back import BookBehind, BookSetBack
from desktop.desk import Desk, Preview
from desktop.road import going_on
from desktop.road.correspondence import MirrorOther
from desktop.road.mirror import Held, Mirror, keep_up
from desktop.road.mirror import others as mirrors
from desktop.vault import NewUser, Unlocked, Vault
from sync import chain, keys, pack
from sync.chain import Approval, Moment
from sync.errors import Damage, Fault, Refusal
from sync.office import devices, home, intake, preparation, restoration
from sync.office.home import Office
from sync.office.store import Alarm, Book, EntryRow
from sync.protocol import AckOld, AckWrong
from sync.records import from_bytes
from sync.voucher import Wish
from tests.faults.tally import Wrong
from tests.office.conftest import DAY, POINT, make_office
from tests.office.laptop import MORNING

LETTERS = ("A", "B", "C")
PASSPHRASE, PIN = "bốn từ dễ nhớ lắm", "246813"


class Kept(NamedTuple):
    """What a voucher's paper says: its number and its head."""

    number: int
    head: bytes


class Table:
    """A book in use at a laptop: its folder, the desk, the stick in it, and what its customers were told.

    `first` is the number of its first entry: another laptop wrote what stands before.
    """

    def __init__(
        self, folder: Path, letter: str, chance: random.Random, *, stick: Path, book: bytes | None = None, first: int = 1
    ) -> None:
        self.folder, self.letter, self.chance = folder, letter, chance
        self.book = book or shelf.books(folder)[0]
        self.first = first
        self.stick = Mirrored(stick)
        self.wall_s = MORNING + chance.randrange(-3_600, 3_600)
        self.boot = 1
        self.told: list[Kept] = []
        self.noticed = ""
        # Whether its history can no longer be one: an old image of its disk was used on, or a copy of it is.
        self.split = False
        # Whether the laptop broke.
        self.broken = False
        self.desk = self._opened()

    def _moment(self) -> Moment:
        self.wall_s += self.chance.randrange(1, 40)
        return Moment(max(self.wall_s, 1), self.wall_s % 90_000, self.boot)

    def _opened(self) -> Desk:
        unlocked = unlocked_at(self.folder)
        return Desk.open(shelf.open_book(self.folder, unlocked, self.book), unlocked, clock=self._moment)

    def end(self) -> None:
        self.desk.close()

    def begin_again(self) -> None:
        """The program is started on what lies on the disk now."""
        self.boot += 1
        self.stick.mirror = self.stick.held = None
        self.desk = self._opened()

    def post(self, preview: Preview) -> None:
        approvals: list[Approval] = []
        for roles in preview.approvers:
            who = next(one for one in self.desk.pack.terms.team if one.role in roles)
            seed = person_seed(self.folder, who.staff_id)
            approvals.append(
                chain.approve(
                    seed, staff_id=who.staff_id, book=self.desk.book.book, entry_id=preview.entry_id, body=preview.body
                )
            )
        posted = self.desk.post(preview, approvals=approvals)
        self.told.append(Kept(posted.sealed.entry.number, posted.sealed.head))

    def mirror(self) -> None:
        """What the mirror's worker does after each commit, while the stick is in."""
        kept = self.stick
        if kept.out:
            kept.held = None
            return
        made = kept.mirror or Mirror(kept.folder, self.desk.mirror_source(), draw=secrets.token_bytes)
        try:
            kept.mirror, kept.held = made, keep_up(made, self.desk, held=kept.held)
        except (BookBehind, MirrorOther) as fault:
            self.noticed = fault.code

    def serve(self) -> None:
        """Somebody comes to the table."""
        desk, chance = self.desk, self.chance
        if not desk.session.bodies:
            self.post(desk.preview_open(notes={500_000: 200, 10_000: 50}))
            return
        if chance.random() < 0.12 and (made := self._reversible()):
            self.post(desk.preview_reverse(made, reason="nhập nhầm"))
            return
        accounts = [one for one in desk.pack.terms.deposits if one.kind == "member"]
        account = chance.choice(accounts)
        wish = Wish("TT", account.account_no, chance.randrange(1, 40) * 10_000)
        self.post(desk.preview_visit(account.customer_code, wishes=[wish]))

    def _reversible(self) -> int:
        session = self.desk.session
        last = len(session.bodies)
        return last if session.bodies[-1].kind == "visit" and last not in session.reversed else 0


class Mirrored:
    """A stick: in or out, what stands on it as the laptop last heard."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = False
        self.mirror: Mirror | None = None
        self.held: Held | None = None


class Letter(NamedTuple):
    """Bytes on a road: from a table to the office, or an answer back to it."""

    table: int
    raw: bytes
    answer: bool


class World:
    """`happened` counts what befell it, by name."""

    def __init__(self, template: Path, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.folder = folder
        shutil.copytree(template, folder)
        self.office_s = MORNING + 600
        self.office = self._office()
        self.tables = [self._table(letter) for letter in LETTERS]
        self.roads: list[Letter] = []
        self.happened: dict[str, int] = {}
        self.backup: Path | None = None
        self.images: dict[int, Path] = {}
        self.wrong: list[Wrong] = []

    def _office(self) -> Office:
        def now_s() -> int:
            self.office_s += 1
            return self.office_s

        return home.enter(self.folder / "office", now_s=now_s, draw=secrets.token_bytes)

    def _table(self, letter: str) -> Table:
        stick = self.folder / f"stick-{letter}"
        stick.mkdir()
        return Table(self.folder / letter, letter, self.chance, stick=stick)

    def note(self, what: str, count: int = 1) -> None:
        self.happened[what] = self.happened.get(what, 0) + count

    def end(self) -> None:
        for table in self.tables:
            if not table.broken:
                table.end()
        self.office.store.close()
        shutil.rmtree(self.folder)

    # What happens

    def step(self) -> None:
        chance = self.chance
        place = chance.randrange(len(self.tables))
        table, dice = self.tables[place], chance.random()
        if table.broken and dice < 0.62:
            return
        if dice < 0.42:
            self._serve(table)
        elif dice < 0.62:
            self._send(place)
        elif dice < 0.90:
            self._carry()
        elif dice < 0.93:
            table.wall_s += chance.choice((-10, -1, 1, 10)) * 365 * 86_400
            self.note("clock jumps")
        elif dice < 0.955 and not table.broken:
            self.restart(table)
            self.note("kills")
        elif dice < 0.965:
            table.stick.out = not table.stick.out
            self.note("sticks pulled or put in")
        elif dice < 0.975:
            self._keep_image(place)
        elif dice < 0.98:
            self._roll_back(place)
        elif dice < 0.9825:
            self._clone(place)
        elif dice < 0.9875:
            self._break(table) if not table.broken else self._come_back(table)
        elif dice < 0.995:
            self._copy_backup()
        else:
            self._lose_office()

    def _serve(self, table: Table) -> None:
        if table.noticed:
            return
        try:
            table.serve()
            self.note("vouchers")
        except BookSetBack:
            self.note("waited for the office's word")
        except BookBehind as fault:
            table.noticed = fault.code
        except Refusal:
            self.note("refusals")
        else:
            table.mirror()

    def _send(self, place: int) -> None:
        table = self.tables[place]
        raw = self._sealed(table, rough=self.chance.random() < 0.2)
        if raw is not None:
            self.roads.append(Letter(place, raw, answer=False))

    def _sealed(self, table: Table, *, rough: bool = False) -> bytes | None:
        """What a table would send now; nothing where it was put back and has not heard from the office."""
        try:
            return table.desk.batch(rough=rough)
        except BookSetBack:
            return None
        except BookBehind as fault:
            table.noticed = fault.code
            return None

    def _carry(self) -> None:
        """One letter of any age reaches its end, or does not; a few come again."""
        if not self.roads:
            return
        chance = self.chance
        letter = self.roads[chance.randrange(len(self.roads))]
        if chance.random() < 0.75:
            self.roads.remove(letter)
        else:
            self.note("repeated")
        if chance.random() < 0.15:
            self.note("lost on the road")
        elif letter.answer:
            self._answered(letter)
        else:
            self._received(letter)

    def _received(self, letter: Letter) -> None:
        try:
            answer = intake.receive(self.office, batch=letter.raw)
        except Fault as fault:
            self.wrong.append(Wrong("unsound", f"the office refused {self.tables[letter.table].letter}: {fault}"))
            return
        self.roads.append(Letter(letter.table, answer, answer=True))

    def _answered(self, letter: Letter) -> None:
        table = self.tables[letter.table]
        if table.broken:
            return
        self._told(table, letter.raw)

    def _told(self, table: Table, answer: bytes) -> None:
        """The office's word reaches a table, which believes it or sees that its own book is not what it was."""
        try:
            marks = table.desk.take_ack(answer)
        except AckOld:
            return
        except (AckWrong, BookBehind) as fault:
            table.noticed = fault.code
        except Damage as fault:
            self.wrong.append(Wrong("unsound", f"{table.letter} took no answer: {fault}"))
        else:
            if marks.status == "fork":
                table.noticed = "fork"

    def restart(self, table: Table, image: Path | None = None) -> None:
        """The laptop ends in the midst and starts again, on its files as they lay there, or on an older image of them."""
        fresh = table.folder.with_name(f"{table.folder.name}+")
        shutil.copytree(image or table.folder, fresh)
        here = self._at(table)
        for one in here:
            one.end()
        shutil.rmtree(table.folder)
        fresh.rename(table.folder)
        for one in here:
            one.begin_again()

    def _at(self, table: Table) -> list[Table]:
        """The books that are open on the same laptop."""
        return [one for one in self.tables if one.folder == table.folder and not one.broken]

    def _keep_image(self, place: int) -> None:
        image = self.folder / f"image-{place}"
        if image.exists():
            shutil.rmtree(image)
        shutil.copytree(self.tables[place].folder, image)
        self.images[place] = image

    def _roll_back(self, place: int) -> None:
        table, image = self.tables[place], self.images.get(place)
        if image is None or table.split or table.broken or len(self._at(table)) > 1:
            return
        before = len(table.desk.session.bodies)
        self.restart(table, image)
        if len(table.desk.session.bodies) < before:
            table.split = True
            self.note("old disk images")

    def _clone(self, place: int) -> None:
        table = self.tables[place]
        if table.split or table.broken or table.first > 1 or any(one.split for one in self.tables):
            return
        folder, stick = self.folder / f"{table.letter}-clone", self.folder / f"stick-{table.letter}-clone"
        shutil.copytree(table.folder, folder)
        stick.mkdir()
        twin = Table(folder, table.letter, self.chance, stick=stick, book=table.book)
        twin.told = list(table.told)
        table.split = twin.split = True
        self.tables.append(twin)
        self.note("clones")

    def _break(self, table: Table) -> None:
        """The laptop falls from the table; with its stick another one goes on with each of its books, if it can."""
        theirs = self._at(table)
        heir = next((one for one in self.tables if one.folder != table.folder and not one.broken), None)
        if heir is None or heir.split or any(one.split or one.noticed or one.stick.out or one.stick.held is None for one in theirs):
            return
        for one in theirs:
            one.end()
            one.broken = True
        here = self._at(heir)
        for one in here:
            one.end()
        unlocked = unlocked_at(heir.folder)
        begun = [self._gone_on(table.stick.folder, unlocked, heir) for _ in theirs]
        for one in here:
            one.begin_again()
        for found, book in begun:
            (before,) = [one for one in theirs if one.book == found.runs[-1].pack.book]
            last, first = len(before.desk.session.bodies), len(found.entries) + 1
            if first <= last:
                self.wrong.append(Wrong("lost", f"{before.letter}: told up to {last}, the stick has {first - 1}"))
            on = Table(heir.folder, f"{before.letter}.{heir.letter[0]}", self.chance, stick=heir.stick.folder, book=book, first=first)
            on.told = [Kept(len(on.desk.session.bodies), on.desk.head)]
            self.tables.append(on)
            self.note("went on at another laptop")
        if len(begun) > 1:
            self.note("broke with more than one book")

    def _gone_on(self, stick: Path, unlocked: Unlocked, heir: Table) -> tuple[going_on.Found, bytes]:
        """The session that was left last, of those on the stick that nobody went on with yet."""
        found = going_on.newest(heir.folder, unlocked, mirrors(stick, but=unlocked.device), typed=PIN, now_s=MORNING)
        approver = going_on.approvers(found, unlocked)[0]
        return found, going_on.go_on(
            heir.folder, unlocked, found, reason="máy rơi vỡ", typed=PIN, approver=approver, pin=PIN, moment=heir._moment()
        )

    def _come_back(self, table: Table) -> None:
        """It was not so broken after all, and somebody serves a customer at it."""
        for one in [one for one in self.tables if one.folder == table.folder]:
            one.begin_again()
            one.broken, one.split = False, True
        self.note("broken laptops that came back")
        self._serve(table)

    def _copy_backup(self) -> None:
        copy = self.folder / "backup-copy"
        if copy.exists():
            shutil.rmtree(copy)
        shutil.copytree(self.folder / "office" / "backup", copy)
        self.backup = copy

    def _lose_office(self) -> None:
        """The database is gone, and of the backup there is an older copy."""
        if self.backup is None:
            return
        self.office.store.close()
        place = self.folder / "office"
        for file in place.glob("office.db*"):
            file.unlink()
        shutil.rmtree(place / "backup")
        shutil.copytree(self.backup, place / "backup")
        self.office = self._office()
        restoration.restore(self.office)
        self.note("offices restored")

    # The end of it

    def heal(self) -> None:
        """Nothing goes wrong any more: everything must come together."""
        self.roads.clear()
        for _ in range(4):
            for place, table in enumerate(self.tables):
                for _ in range(40 if not table.broken else 0):
                    raw = self._sealed(table)
                    if raw is None or table.noticed:
                        break
                    self._received(Letter(place, raw, answer=False))
                    while self.roads:
                        self._answered(self.roads.pop())
            self._ask()

    def _ask(self) -> None:
        """Each laptop hears the newest word on its book: an office that was put back says its lower mark."""
        for table in self.tables:
            if table.broken:
                continue
            try:
                raw = intake.acknowledge(self.office, book=table.book, status="ok", reason="")
            except Fault:
                continue
            self._told(table, raw)

    def verdict(self) -> list[Wrong]:
        """What is wrong in the end; empty where nothing is."""
        found = list(self.wrong)
        with self.office.store.reading() as db:
            forked = {one.book for one in db.exec(select(Alarm)) if one.kind in ("fork", "taken-over")}
            held: dict[bytes, dict[int, bytes]] = {}
            for row in db.exec(select(EntryRow)):
                held.setdefault(row.book, {})[row.number] = row.head
            books = {one.book: one for one in db.exec(select(Book))}
        for table in self.tables:
            found += self._judged(table, held.get(table.book, {}), books[table.book], seen=table.book in forked)
        return found

    def _judged(self, table: Table, entries: dict[int, bytes], row: Book, *, seen: bool) -> Iterator[Wrong]:
        """What the office has of a book beside what was told at its table."""
        letter = table.letter
        lost = [one.number for one in table.told if entries.get(one.number) != one.head]
        if sorted(entries) != list(range(table.first, table.first + len(entries))):
            yield Wrong("unsound", f"{letter}: numbers are missing at the office")
        if table.split:
            self._count_split(lost, seen=seen or bool(table.noticed))
            return
        if lost:
            yield Wrong("lost", f"{letter}: {lost} of {len(table.told)}")
        if len(entries) > len(table.told):
            yield Wrong("doubled", f"{letter}: {len(entries)} at the office, {len(table.told)} told")
        if seen or table.noticed:
            yield Wrong("unsound", f"{letter}: a false alarm, {table.noticed or 'fork'}")
        session = table.desk.session
        if entries and (row.cash, row.cash_in, row.cash_out) != (session.cash, session.cash_in, session.cash_out):
            yield Wrong("unsound", f"{letter}: the office's totals differ")

    def _count_split(self, lost: list[int], *, seen: bool) -> None:
        if not lost:
            self.note("split, nothing lost")
        elif seen:
            self.note("split, seen")
        else:
            # Entries that no other machine ever had: only their paper can tell (PROTOCOL.md, What is not promised).
            self.note("split, unsent entries gone unseen")


# The template: an office and three laptops, enrolled once for all seeds, since a passphrase is dear on purpose.

_keys: dict[str, bytes] = {}
_seeds: dict[tuple[str, str], bytes] = {}


def make_template(folder: Path) -> None:
    """An office with one group, and three laptops with their books, each with its own pack of the session."""
    office = make_office(folder / "office")
    for letter in LETTERS:
        ticket = devices.invite(office, letter=letter)
        staff = {one.role: one.staff_id for one in reversed(pack.read_ticket(ticket).staff)}
        people = [NewUser(one, PASSPHRASE, PIN) for one in staff.values()]
        answer = vault.enrol(
            folder / letter, ticket, people=people, draw=secrets.token_bytes, cost=vault.FLOOR, keystore=None
        )
        devices.enrol(office, answer=answer)
        _learn(folder / letter, people)
    for letter in LETTERS:
        made = preparation.prepare(office, point_code=POINT, session_date=DAY, letter=letter, again=False)
        unlocked = unlocked_at(folder / letter)
        shelf.take_pack(folder / letter, unlocked, raw=made.sealed, now_s=MORNING)
    office.store.close()


def _learn(folder: Path, people: list[NewUser]) -> None:
    opened = Vault(folder, draw=secrets.token_bytes, keystore=None)
    unlocked = opened.unlock(people[0].staff_id, passphrase=PASSPHRASE, now_s=0)
    device = opened.device.hex()
    _keys[device] = unlocked._key
    for one in people:
        _seeds[device, one.staff_id] = opened.approval_seed(unlocked._users[one.staff_id], PIN, unlocked._key)


def unlocked_at(folder: Path) -> Unlocked:
    """The laptop opened by its teller, with a key that was learned before."""
    held = Vault(folder, draw=secrets.token_bytes, keystore=None)
    key = _keys[held.device.hex()]
    plain = keys.unwrap(key, held._file.inside, bound=b"inside" + held.device, what="vault")
    account = next(one for one in held.accounts if one.role == "teller")
    return Unlocked(held, account, key, from_bytes(vault._Inside, plain))


def person_seed(folder: Path, staff_id: str) -> bytes:
    return _seeds[Vault(folder, draw=secrets.token_bytes, keystore=None).device.hex(), staff_id]
