"""Who may open this laptop, and the keys behind them.

A passphrase is stretched (Argon2id) and, where the system has a trustworthy keystore, mixed with a
secret kept there; the result opens one slot of the vault key. The vault key opens the laptop's own
keys (`laptop_keys`), each person's approval key (which needs their PIN as well) and the key of every book. A second
slot of everything is sealed to the office's recovery key, which two officers hold: a lost passphrase
or a lost keystore never loses a book. Nothing is ever rekeyed: a changed passphrase is a new slot.

What is not promised stands first in SECURITY.md. The names on the unlock page are not secret from
whoever holds the laptop; they are only kept out of plain sight on its disk.
"""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from desktop import files, laptop_keys
from desktop.habits import Habits
from desktop.keystore import Keystore
from sync import keys
from sync.errors import Damage, Refusal
from sync.pack import Enrolled, Office, Ticket, make_answer, read_ticket
from sync.records import Code, Id, PublicKey, Record, Text, Whole, changed, from_bytes
from sync.spare import LaptopKeys, SpareElsewhere, open_mend
from sync.terms import Role

if TYPE_CHECKING:
    from sync.chain import Approval
    from sync.voucher import Body

# In version 1 the laptop's own keys were inside.
VERSION = 2
# NIST SP 800-63B-4: 15 characters where the passphrase is the only factor.
PASSPHRASE_LETTERS_MIN = 15
PIN_DIGITS = 6
PIN_TRIES = 5
# After this many wrong passphrases each further try waits, doubling up to a minute.
FREE_TRIES = 5
WAIT_S_MAX = 60
# The floor the client itself holds to, whatever a file says: RFC 9106's second choice.
MEMORY_KIB_MIN, ITERATIONS_MIN = 64 * 1024, 3
# Far above what an unlock may take: a flipped bit must not ask for terabytes or for a week.
MEMORY_KIB_MAX, ITERATIONS_MAX, LANES_MAX = 1024 * 1024, 16, 16
Draw = Callable[[int], bytes]


class Cost(NamedTuple):
    """What one Argon2id takes: memory in KiB, passes, lanes."""

    memory_kib: int
    iterations: int
    lanes: int


FLOOR = Cost(MEMORY_KIB_MIN, ITERATIONS_MIN, 2)
# 0.5 s on the machine it was measured on, two or three times that on an old laptop.
USUAL = Cost(256 * 1024, 3, 2)


class Account(NamedTuple):
    """Someone with an account on this laptop."""

    staff_id: str
    full_name: str
    role: Role


class NewUser(NamedTuple):
    """What one person chooses when the laptop is enrolled."""

    staff_id: str
    passphrase: str
    pin: str


class _Colleague(Record):
    staff_id: Code
    full_name: Text
    role: Role


class _Roster(Record):
    letter: Code
    office_name: Text
    colleagues: tuple[_Colleague, ...]
    # What the line to the office is known by; needed before anybody has unlocked the laptop.
    certificate: bytes


class _Slot(Record):
    stretch: keys.Stretch
    wrapped: bytes


class _User(Record):
    """A person's approval key, under their PIN and under their passphrase."""

    staff_id: Code
    pin: keys.Stretch
    by_pin: bytes
    by_passphrase: bytes


class _Inside(Record):
    office: Office
    letter: Code
    sign_key: PublicKey
    seal_key: PublicKey
    users: tuple[_User, ...]


class _File(Record):
    version: Whole
    device: Id
    keystore: bool
    roster: bytes
    slots: tuple[_Slot, ...]
    recovery: bytes
    inside: bytes


class _BookKey(Record):
    book: Id
    wrapped: bytes
    recovery: bytes


class _Tries(Record):
    """Wrong passphrases and PINs in a row, by slot, and when the last one was (Unix seconds)."""

    passphrases: tuple[Whole, ...]
    pins: tuple[Whole, ...]
    last_s: Whole


class PassphraseShort(Refusal):
    code = "vault.passphrase-short"
    vi = "Cụm mật khẩu phải từ {least} ký tự trở lên. Ghép vài từ dễ nhớ lại với nhau."
    en = "A passphrase has at least {least} characters. Put a few words together."


class PinShape(Refusal):
    code = "vault.pin-shape"
    vi = "Mã PIN phải đúng {digits} chữ số. Nhập lại."
    en = "A PIN is exactly {digits} digits. Enter it again."


class PassphraseWrong(Refusal):
    code = "vault.passphrase-wrong"
    vi = "Cụm mật khẩu không đúng. Nhập lại; quên thì gọi văn phòng để hai cán bộ mở lại."
    en = "The passphrase is wrong. Try again; if it is forgotten, the office opens the laptop with two officers."


class WaitLonger(Refusal):
    code = "vault.wait"
    vi = "Sai nhiều lần liên tiếp. Chờ {seconds} giây rồi nhập lại."
    en = "Wrong several times in a row. Wait {seconds} seconds, then try again."


class PinWrong(Refusal):
    code = "vault.pin-wrong"
    vi = "Mã PIN không đúng, còn {left} lần. Người duyệt nhập lại mã PIN của chính mình."
    en = "The PIN is wrong, {left} tries left. The approver enters their own PIN again."


class PinLocked(Refusal):
    code = "vault.pin-locked"
    vi = "Mã PIN đã bị khóa vì sai nhiều lần. Người duyệt nhập cụm mật khẩu của mình thay cho PIN."
    en = "The PIN is locked after too many tries. The approver enters their passphrase instead."


class UserUnknown(Refusal):
    code = "vault.user-unknown"
    vi = "Người dùng {staff} không có tài khoản trên máy này. Chọn người khác hoặc xin văn phòng đăng ký lại máy."
    en = "User {staff} has no account on this laptop. Choose another, or ask the office to enrol the laptop again."


class NotEnrolled(Refusal):
    code = "vault.not-enrolled"
    vi = "Máy này chưa được đăng ký với văn phòng. Chạy lệnh đăng ký bằng tệp phiếu của văn phòng trước."
    en = "This laptop is not enrolled. Enrol it with the office's ticket file first."


class EnrolledAlready(Refusal):
    code = "vault.enrolled-already"
    vi = "Máy này đã đăng ký rồi. Không đăng ký đè; gọi văn phòng nếu cần đổi."
    en = "This laptop is enrolled already. It is not overwritten; call the office if it must change."


class VaultDamaged(Damage):
    code = "vault.damaged"
    vi = "Tệp khóa của máy bị hỏng hoặc bị sửa ({reason}). Giữ nguyên máy, không cài lại; gọi văn phòng để mở bằng khóa dự phòng."
    en = "The laptop's key file is damaged or altered ({reason}). Keep the laptop as it is; the office opens it with the recovery key."


class KeystoreLost(Damage):
    code = "vault.keystore-lost"
    vi = "Kho khóa của hệ điều hành không còn bí mật của máy này. Giữ nguyên máy và gọi văn phòng để mở bằng khóa dự phòng."
    en = "The system's keystore no longer holds this laptop's secret. Keep the laptop and call the office to use the recovery key."


class Unlocked:
    """The keys of an open laptop, and whose hands they are in. `lock` drops them.

    `device_seed` and `device_secret` are empty where the laptop's own keys are gone from its disk; books open all the
    same, and are checked with `sign_key`.
    """

    def __init__(self, vault: "Vault", account: Account, key: bytes, inside: _Inside) -> None:
        self._vault = vault
        self._key = key
        self._users = {one.staff_id: one for one in inside.users}
        self.account = account
        self.office = inside.office
        self.letter = inside.letter
        self.device = vault.device
        self.sign_key, self.seal_key = inside.sign_key, inside.seal_key
        held = laptop_keys.found(
            vault.home, device=self.device, vault_key=key, sign_key=self.sign_key, seal_key=self.seal_key, draw=vault.draw
        )
        self.device_seed, self.device_secret = (held.seed, held.secret) if held else (b"", b"")

    @property
    def can_sign(self) -> bool:
        """Whether the laptop's own signing key is here."""
        return bool(self.device_seed)

    def spare(self) -> bytes | None:
        """What the office needs to give the laptop its keys back; None where that is gone too."""
        return laptop_keys.spare(self._vault.home)

    def mend(self, raw: bytes, *, typed: str) -> None:
        """Put the laptop's own keys back from the office's file, sealed to whoever is at the table.

        `typed` is their PIN or their passphrase. Raises `Malformed`, `SpareElsewhere`, `MendForOther`, `NotOpened`,
        `PinWrong`, `PinLocked`, `PassphraseWrong`, `NotWritten`.
        """
        held = open_mend(raw, device=self.device, staff_id=self.account.staff_id, secret=self.own_secret(typed))
        if not held.are_of(sign_key=self.sign_key, seal_key=self.seal_key):
            raise SpareElsewhere
        from desktop.care import vault_copies

        vault_copies.keep(self._vault.home)
        laptop_keys.keep(self._vault.home, held, device=self.device, vault_key=self._key, draw=self._vault.draw)
        if self.spare() is None:
            laptop_keys.keep_spare(self._vault.home, held, device=self.device, recovery_key=self.office.recovery_key)
        self.device_seed, self.device_secret = held.seed, held.secret

    def own_secret(self, typed: str) -> bytes:
        """What opens letters to whoever is at the table. Raises `PinWrong`, `PinLocked`, `PassphraseWrong`."""
        return _person_secret(self._vault.approval_seed(self._users[self.account.staff_id], typed, self._key))

    def keep_book_key(self, book: bytes) -> bytes:
        """A fresh key (48 bytes: key and salt) for a new book, kept before the book is made."""
        secret = self._vault.draw(48)
        kept = _BookKey(
            book=book,
            wrapped=keys.wrap(self._key, secret, nonce=self._vault.draw(12), bound=b"book" + book),
            recovery=keys.seal(self.office.recovery_key, secret, info=b"dgd/book-key/1" + book),
        )
        path = self._vault.book_key_path(book)
        files.keep(path, kept.to_bytes())
        if self.book_key(book) != secret:
            raise VaultDamaged(reason="book key")
        return secret

    def book_key(self, book: bytes) -> bytes:
        """A book's key. Raises `VaultDamaged` where its slot is missing or altered."""
        raw = files.read(self._vault.book_key_path(book))
        if raw is None:
            raise VaultDamaged(reason="book key")
        kept = from_bytes(_BookKey, raw)
        return keys.unwrap(self._key, kept.wrapped, bound=b"book" + book, what="book key")

    def drop_book_key(self, book: bytes) -> None:
        """Erase a book for good: what is left of its file opens with nothing."""
        # Whoever waits for the unlock page does not wait for what copies files.
        from desktop.care import vault_copies

        path = self._vault.book_key_path(book)
        for file in (path, path.with_name(path.name + ".prev")):
            file.unlink(missing_ok=True)
        vault_copies.forget_book(self._vault.home, path.relative_to(self._vault.home))

    def approve(self, staff_id: str, *, pin: str, book: bytes, entry_id: int, body: "Body") -> "Approval":
        """An approval by that person's own key, opened by their PIN (or passphrase once the PIN is locked).

        Raises `UserUnknown`, `PinWrong`, `PinLocked`.
        """
        # Whoever waits for the unlock page does not wait for the rules of the session.
        from sync.chain import approve

        user = self._users.get(staff_id)
        if user is None:
            raise UserUnknown(staff=staff_id)
        seed = self._vault.approval_seed(user, pin, self._key)
        return approve(seed, staff_id=staff_id, book=book, entry_id=entry_id, body=body)

    def setting(self, name: str) -> str:
        """What anybody of this laptop had it remember under a name, in whatever session; else empty."""
        return self._habits().text(name)

    def settings(self) -> tuple[str, ...]:
        """The names under which something is remembered."""
        return self._habits().names()

    def keep_setting(self, name: str, text: str) -> None:
        """Remember a text across sessions; empty text forgets it. Raises `HabitTooLong`, `NotWritten`."""
        self._habits().keep(name, text)

    def _habits(self) -> Habits:
        """Raises `NotOpened` once locked: a key derived from no key would be everybody's."""
        if not self._key:
            raise keys.NotOpened(what="habits")
        key = keys.derived(self._key, label="habits/1", salt=self.device)
        return Habits(self._vault.home, key=key, device=self.device, draw=self._vault.draw)

    def lock(self) -> None:
        """Drop the keys. What Python cannot wipe ends with the process."""
        self._key = self.device_seed = self.device_secret = b""
        self._users = {}
        self._vault.stretched = keys.stretched
        keys.forget()

    def stretch_once(self) -> None:
        """The same PIN is stretched once from now on: for a run that holds everybody's PIN in its memory anyway, to its end."""
        self._vault.stretched = cache(keys.stretched)


class Vault:
    """The laptop's key file, locked. Raises `NotEnrolled` or `VaultDamaged` when it is made."""

    def __init__(self, home: Path, *, draw: Draw, keystore: Keystore | None) -> None:
        self.home = home
        self.draw = draw
        self.stretched: Callable[[str, keys.Stretch], bytes] = keys.stretched
        self._keystore = keystore
        raw = files.read(home / "vault" / "vault.dgd")
        roster_key = files.read(home / "vault" / "roster.dgd")
        if raw is None or roster_key is None:
            raise NotEnrolled
        self._file = from_bytes(_File, raw)
        if self._file.version != VERSION:
            raise VaultDamaged(reason=f"version {self._file.version}")
        self.device = self._file.device
        shown = keys.unwrap(roster_key, self._file.roster, bound=b"roster" + self.device, what="roster")
        roster = from_bytes(_Roster, shown)
        if len(roster.colleagues) != len(self._file.slots):
            raise VaultDamaged(reason="slots")
        self.letter = roster.letter
        self.office_name = roster.office_name
        self.certificate = roster.certificate
        self.accounts = tuple(Account(one.staff_id, one.full_name, one.role) for one in roster.colleagues)

    def unlock(self, staff_id: str, *, passphrase: str, now_s: int) -> Unlocked:
        """Open the laptop. Raises `UserUnknown`, `WaitLonger`, `PassphraseWrong`, `KeystoreLost`."""
        at = self._place(staff_id)
        tries = self._tries()
        self._wait(tries, at, now_s)
        try:
            key = self._slot_key(at, passphrase)
        except keys.NotOpened as error:
            self._keep_tries(changed(tries, passphrases=_raised(tries.passphrases, at), last_s=max(now_s, 0)))
            raise PassphraseWrong from error
        if tries.passphrases[at]:
            self._keep_tries(changed(tries, passphrases=_cleared(tries.passphrases, at)))
        inside = keys.unwrap(key, self._file.inside, bound=b"inside" + self.device, what="vault")
        return Unlocked(self, self.accounts[at], key, from_bytes(_Inside, inside))

    def approval_seed(self, user: _User, typed: str, vault_key: bytes) -> bytes:
        """A person's approval key from their PIN, counting wrong ones across restarts."""
        at = self._place(user.staff_id)
        tries = self._tries()
        bound = b"approval" + user.staff_id.encode()
        if len(typed) >= PASSPHRASE_LETTERS_MIN:
            try:
                kek = self._kek(self._file.slots[at].stretch, typed)
                seed = keys.unwrap(kek, user.by_passphrase, bound=bound, what="approval key")
            except keys.NotOpened as error:
                # Counted with those at the unlock page, so that this is no way around its waits.
                self._keep_tries(changed(tries, passphrases=_raised(tries.passphrases, at)))
                raise PassphraseWrong from error
            self._keep_tries(changed(tries, pins=_cleared(tries.pins, at)))
            return seed
        if tries.pins[at] >= PIN_TRIES:
            raise PinLocked
        try:
            pin = _pin_key(self.stretched(typed, user.pin), user.pin, vault_key)
            seed = keys.unwrap(pin, user.by_pin, bound=bound, what="approval key")
        except keys.NotOpened as error:
            self._keep_tries(changed(tries, pins=_raised(tries.pins, at)))
            raise PinWrong(left=PIN_TRIES - tries.pins[at] - 1) from error
        if tries.pins[at]:
            self._keep_tries(changed(tries, pins=_cleared(tries.pins, at)))
        return seed

    def book_key_path(self, book: bytes) -> Path:
        """Where a book's key slots are kept."""
        return self.home / "vault" / "books" / f"{book.hex()}.dgd"

    def books(self) -> tuple[bytes, ...]:
        """Books whose keys are here, by id."""
        folder = self.home / "vault" / "books"
        return tuple(sorted(bytes.fromhex(path.stem) for path in folder.glob("*.dgd"))) if folder.exists() else ()

    def _place(self, staff_id: str) -> int:
        for at, account in enumerate(self.accounts):
            if account.staff_id == staff_id:
                return at
        raise UserUnknown(staff=staff_id)

    def _slot_key(self, at: int, passphrase: str) -> bytes:
        slot = self._file.slots[at]
        kek = self._kek(slot.stretch, passphrase)
        return keys.unwrap(kek, slot.wrapped, bound=_slot_bound(self.device, at, slot.stretch), what="vault")

    def _kek(self, stretch: keys.Stretch, passphrase: str) -> bytes:
        if not (
            MEMORY_KIB_MIN <= stretch.memory_kib <= MEMORY_KIB_MAX
            and ITERATIONS_MIN <= stretch.iterations <= ITERATIONS_MAX
            and 1 <= stretch.lanes <= LANES_MAX
        ):
            raise VaultDamaged(reason="stretch")
        secret = b""
        if self._file.keystore:
            found = self._keystore.get(self.device.hex()) if self._keystore else None
            if found is None:
                raise KeystoreLost
            secret = found
        return _kek(passphrase, stretch, secret)

    def _tries(self) -> _Tries:
        raw = files.read(self.home / "vault" / "tries.dgd")
        none = (0,) * len(self.accounts)
        tries = from_bytes(_Tries, raw) if raw else _Tries(passphrases=none, pins=none, last_s=0)
        if not len(tries.passphrases) == len(tries.pins) == len(none):
            raise VaultDamaged(reason="tries")
        return tries

    def _keep_tries(self, tries: _Tries) -> None:
        files.keep(self.home / "vault" / "tries.dgd", tries.to_bytes())

    def _wait(self, tries: _Tries, at: int, now_s: int) -> None:
        wrong = tries.passphrases[at]
        if wrong < FREE_TRIES:
            return
        wait = min(2 ** (wrong - FREE_TRIES), WAIT_S_MAX)
        gone = now_s - tries.last_s
        if gone < 0:
            # A clock set back must not shorten the wait, nor lengthen it past the wait itself: it begins anew.
            self._keep_tries(changed(tries, last_s=max(now_s, 0)))
            gone = 0
        if gone < wait:
            raise WaitLonger(seconds=wait - gone)


def enrol(
    home: Path, ticket_raw: bytes, *, people: Sequence[NewUser], draw: Draw, cost: Cost, keystore: Keystore | None
) -> bytes:
    """Make this laptop's vault from the office's ticket; the answer for the office.

    Raises `EnrolledAlready`, `PassphraseShort`, `PinShape`, `UserUnknown` and what `read_ticket` raises.
    """
    ticket = read_ticket(ticket_raw)
    if files.read(home / "vault" / "vault.dgd") is not None:
        raise EnrolledAlready
    _check_people(ticket, people)
    vault_key, held = draw(32), LaptopKeys(seed=draw(32), secret=draw(32))
    os_secret = draw(32) if keystore else b""
    if keystore:
        keystore.put(ticket.device.hex(), os_secret)
        if keystore.get(ticket.device.hex()) != os_secret:
            raise KeystoreLost
    users, slots, public = [], [], []
    for at, person in enumerate(people):
        stretch = _stretch(cost, draw)
        kek = _kek(person.passphrase, stretch, os_secret)
        bound = _slot_bound(ticket.device, at, stretch)
        slots.append(_Slot(stretch=stretch, wrapped=keys.wrap(kek, vault_key, nonce=draw(12), bound=bound)))
        user, enrolled = _user(person, kek, vault_key, draw)
        users.append(user)
        public.append(enrolled)
    inside = _Inside(
        office=ticket.office, letter=ticket.letter, users=tuple(users),
        sign_key=keys.sign_public(held.seed), seal_key=keys.seal_public(held.secret),
    )  # fmt: skip
    roster_key = draw(32)
    made = _File(
        version=VERSION,
        device=ticket.device,
        keystore=keystore is not None,
        roster=keys.wrap(roster_key, _roster(ticket, people).to_bytes(), nonce=draw(12), bound=b"roster" + ticket.device),
        slots=tuple(slots),
        recovery=keys.seal(ticket.office.recovery_key, vault_key, info=b"dgd/vault/1" + ticket.device),
        inside=keys.wrap(vault_key, inside.to_bytes(), nonce=draw(12), bound=b"inside" + ticket.device),
    )
    answer = make_answer(ticket, device_seed=held.seed, device_secret=held.secret, users=public)
    laptop_keys.keep(home, held, device=ticket.device, vault_key=vault_key, draw=draw)
    laptop_keys.keep_spare(home, held, device=ticket.device, recovery_key=ticket.office.recovery_key)
    files.keep(home / "vault" / "roster.dgd", roster_key)
    # Before the vault, which is enrolled from the moment it stands: nothing could make this answer again.
    files.keep(_answer_path(home), keys.wrap(roster_key, answer, nonce=draw(12), bound=b"answer" + ticket.device))
    files.keep(home / "vault" / "vault.dgd", made.to_bytes())
    return answer


def answer_left(home: Path) -> bytes | None:
    """The answer of an enrolled laptop, for as long as nobody said that the office has it (`answer_taken`)."""
    path = _answer_path(home)
    raw, roster_key = files.read(home / "vault" / "vault.dgd"), files.read(home / "vault" / "roster.dgd")
    if raw is None or roster_key is None or not path.exists():
        return None
    bound = b"answer" + from_bytes(_File, raw).device
    return keys.unwrap(roster_key, path.read_bytes(), bound=bound, what="answer")


def answer_taken(home: Path) -> None:
    """The office has the answer: it is not kept any longer."""
    _answer_path(home).unlink(missing_ok=True)


def _answer_path(home: Path) -> Path:
    return home / "vault" / "answer.dgd"


def check_passphrase(passphrase: str) -> None:
    """Raises `PassphraseShort`."""
    if len(passphrase) < PASSPHRASE_LETTERS_MIN:
        raise PassphraseShort(least=PASSPHRASE_LETTERS_MIN)


def check_pin(pin: str) -> None:
    """Raises `PinShape`."""
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        raise PinShape(digits=PIN_DIGITS)


def _check_people(ticket: Ticket, people: Sequence[NewUser]) -> None:
    known = {one.staff_id for one in ticket.staff}
    for person in people:
        if person.staff_id not in known:
            raise UserUnknown(staff=person.staff_id)
        check_passphrase(person.passphrase)
        check_pin(person.pin)


def _roster(ticket: Ticket, people: Sequence[NewUser]) -> _Roster:
    by_id = {one.staff_id: one for one in ticket.staff}
    colleagues = tuple(
        _Colleague(staff_id=one.staff_id, full_name=by_id[one.staff_id].full_name, role=by_id[one.staff_id].role)
        for one in people
    )
    return _Roster(
        letter=ticket.letter, office_name=ticket.office.name, colleagues=colleagues, certificate=ticket.office.certificate
    )


def _user(person: NewUser, kek: bytes, vault_key: bytes, draw: Draw) -> tuple[_User, Enrolled]:
    seed, bound = draw(32), b"approval" + person.staff_id.encode()
    pin = _stretch(FLOOR, draw)
    user = _User(
        staff_id=person.staff_id,
        pin=pin,
        by_pin=keys.wrap(_pin_key(keys.stretched(person.pin, pin), pin, vault_key), seed, nonce=draw(12), bound=bound),
        by_passphrase=keys.wrap(kek, seed, nonce=draw(12), bound=bound),
    )
    seal_key = keys.seal_public(_person_secret(seed))
    return user, Enrolled(staff_id=person.staff_id, sign_key=keys.sign_public(seed), seal_key=seal_key)


def _person_secret(seed: bytes) -> bytes:
    """What opens letters to a person, from the key they approve with."""
    return keys.derived(seed, label="user-seal/1", salt=b"")


def _stretch(cost: Cost, draw: Draw) -> keys.Stretch:
    return keys.Stretch(salt=draw(16), memory_kib=cost.memory_kib, iterations=cost.iterations, lanes=cost.lanes)


def _kek(passphrase: str, stretch: keys.Stretch, os_secret: bytes) -> bytes:
    return keys.derived(keys.stretched(passphrase, stretch) + os_secret, label="kek/1", salt=stretch.salt)


def _pin_key(stretched: bytes, stretch: keys.Stretch, vault_key: bytes) -> bytes:
    """A PIN is short, so it opens nothing without the vault key."""
    return keys.derived(stretched + vault_key, label="pin/1", salt=stretch.salt)


def _slot_bound(device: bytes, at: int, stretch: keys.Stretch) -> bytes:
    return b"slot" + device + bytes([at]) + stretch.to_bytes()


def _raised(counts: tuple[int, ...], at: int) -> tuple[int, ...]:
    return (*counts[:at], counts[at] + 1, *counts[at + 1 :])


def _cleared(counts: tuple[int, ...], at: int) -> tuple[int, ...]:
    return (*counts[:at], 0, *counts[at + 1 :])
