"""A real laptop in a folder: enrolled once for a whole run, since a passphrase is dear on purpose, and copied for each test.

Everybody and everything of `tests.sync.small` is here, with the keys that the enrolment made.
"""

import hashlib
import shutil
from pathlib import Path

from desktop import vault
from desktop.desk import Desk, Preview
from desktop.store import Book
from desktop.vault import NewUser, Unlocked, Vault
from sync import keys
from sync.chain import Moment
from sync.pack import Colleague, Enrolled, Pack, make_ticket, read_answer, signed
from sync.records import changed, from_bytes
from sync.session import Session
from sync.voucher import Wish
from tests.sync import small
from tests.sync.small import CONTROLLER, LEADER, TELLER

CODE = b"\x0c" * 16
PASSPHRASES = {name: f"bốn từ dễ nhớ {name}" for name in (TELLER, CONTROLLER, LEADER)}
PINS = {TELLER: "111111", CONTROLLER: "222222", LEADER: "333333"}
PEOPLE = [NewUser(name, PASSPHRASES[name], PINS[name]) for name in PASSPHRASES]
TICKET = make_ticket(
    office=small.OFFICE, device=small.DEVICE, letter="A", code=CODE, office_seed=small.OFFICE_SEED,
    staff=[Colleague(staff_id=one.staff_id, full_name=one.full_name, role=one.role) for one in small.TERMS.team],
)  # fmt: skip


class Draw:
    """Bytes that look drawn and are the same in every run; never the same twice in one."""

    def __init__(self, seed: bytes = b"draw") -> None:
        self._state = seed

    def __call__(self, count: int) -> bytes:
        made = b""
        while len(made) < count:
            self._state = hashlib.sha256(self._state).digest()
            made += hashlib.sha256(b"out" + self._state).digest()
        return made[:count]


class Clock:
    """A clock that moves a second whenever it is asked, and jumps when it is told to."""

    def __init__(self) -> None:
        self.wall_s = small.BEGIN_S

    def __call__(self) -> Moment:
        self.wall_s += 1
        return Moment(self.wall_s, self.wall_s % 86_400, 1)


class Laptop:
    """A copy of the enrolled laptop. `unlocked` skips the passphrase, whose own tests are in test_vault.py."""

    def __init__(self, home: Path, key: bytes, pack: Pack) -> None:
        self.home = home
        self.key = key
        self.pack = pack
        self.clock = Clock()

    def vault(self) -> Vault:
        return Vault(self.home, draw=Draw(), keystore=None)

    def unlocked(self, staff_id: str = TELLER) -> Unlocked:
        held = self.vault()
        plain = keys.unwrap(self.key, held._file.inside, bound=b"inside" + held.device, what="vault")
        account = next(one for one in held.accounts if one.staff_id == staff_id)
        return Unlocked(held, account, self.key, from_bytes(vault._Inside, plain))

    def make_book(self) -> Book:
        """The session's book, with its key kept in the vault."""
        key = self.unlocked().keep_book_key(self.pack.book)
        return Book.create(self.home, key, pack=self.pack, balances=Session(self.pack.terms).balances)

    @property
    def book_key(self) -> bytes:
        return self.unlocked().book_key(self.pack.book)

    def open_book(self) -> Book:
        return Book.open(self.home, self.book_key, book=self.pack.book)

    def desk(self, staff_id: str = TELLER) -> Desk:
        """The desk on the session's book, which is made if there is none."""
        path = self.home / "books" / f"{self.pack.book.hex()}.db"
        book = self.open_book() if path.exists() else self.make_book()
        return Desk.open(book, self.unlocked(staff_id), clock=self.clock)


def enrol(home: Path) -> Laptop:
    """The template: three people, the floor's cost, the session's pack with the keys they got."""
    answer = read_answer(
        vault.enrol(home, TICKET, people=PEOPLE, draw=Draw(), cost=vault.FLOOR, keystore=None), code=CODE
    )
    unlocked = Vault(home, draw=Draw(), keystore=None).unlock(TELLER, passphrase=PASSPHRASES[TELLER], now_s=0)
    return Laptop(home, unlocked._key, pack_for(answer.users, sign_key=answer.sign_key))


def pack_for(users: tuple[Enrolled, ...], *, sign_key: bytes) -> Pack:
    sign_keys = {one.staff_id: one.sign_key for one in users}
    team = tuple(changed(one, sign_key=sign_keys[one.staff_id]) for one in small.TERMS.team)
    made = changed(small.PACK, terms=changed(small.TERMS, team=team), sign_key=sign_key)
    return signed(made, office_seed=small.OFFICE_SEED)


def copied(template: Laptop, home: Path) -> Laptop:
    shutil.copytree(template.home, home)
    return Laptop(home, template.key, template.pack)


def opened(desk: Desk, amount: int = 100_000_000) -> Preview:
    """The float taken over, the controller approving by PIN."""
    preview = desk.preview_open(notes=small.notes(amount))
    desk.post(preview, approvals=[desk.approve(preview, staff_id=CONTROLLER, pin=PINS[CONTROLLER])])
    return preview


def deposit(desk: Desk, amount: int = 50_000) -> Preview:
    """A deposit by the member who has no loan, not yet posted."""
    return desk.preview_visit(small.SAVER, wishes=[Wish("TT", small.deposit_no(small.SAVER), amount)])
