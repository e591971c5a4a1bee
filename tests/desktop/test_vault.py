"""Who may open the laptop, how often they may be wrong, and what a touched key file does: never another answer."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop import files, keystore, vault
from desktop.vault import FLOOR, FREE_TRIES, PIN_TRIES, Cost, NewUser, Vault
from sync import chain, keys, spare
from sync.errors import Damage, Fault, Refusal
from sync.pack import make_ticket, read_answer
from sync.records import changed, from_bytes
from sync.voucher import Body
from tests import once
from tests.desktop import enrolled
from tests.desktop.enrolled import CODE, PASSPHRASES, PINS, TICKET, Draw, Laptop
from tests.sync import small
from tests.sync.small import BOOK, CONTROLLER, LEADER, TELLER

BODY = Body(kind="count")
ONE = [NewUser(TELLER, PASSPHRASES[TELLER], PINS[TELLER])]


@pytest.fixture(scope="module", autouse=True)
def _worked_out_anew() -> None:
    """What other tests typed before is forgotten: here every passphrase and PIN is stretched as a laptop does it."""
    once.stretched.cache_clear()


class Drawer:
    """A keystore of one dictionary, for the system's own that no test may touch."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def put(self, name: str, secret: bytes) -> None:
        self.kept[name] = secret


class Forgetful(Drawer):
    """A keystore that says it kept the secret, and did not."""

    def put(self, name: str, secret: bytes) -> None:
        return


def refused(code: str, verb: Callable[[], object]) -> Fault:
    with pytest.raises(Fault) as caught:
        verb()
    assert caught.value.code == code
    assert caught.value.sentence("vi")
    assert caught.value.sentence("en")
    return caught.value


def tries(laptop: Laptop, *, wrong: int = 0, pins: int = 0, last_s: int = 0) -> None:
    """As many wrong tries by everybody as this, without an hour of guessing."""
    made = vault._Tries(passphrases=(wrong,) * 3, pins=(pins,) * 3, last_s=last_s)
    files.keep(laptop.home / "vault" / "tries.dgd", made.to_bytes())


def kept(laptop: Laptop) -> vault._Tries:
    return from_bytes(vault._Tries, (laptop.home / "vault" / "tries.dgd").read_bytes())


def unlock(laptop: Laptop, passphrase: str = PASSPHRASES[TELLER], *, now_s: int, who: str = TELLER) -> vault.Unlocked:
    return laptop.vault().unlock(who, passphrase=passphrase, now_s=now_s)


def approve(laptop: Laptop, typed: str, *, who: str = CONTROLLER) -> chain.Approval:
    return laptop.unlocked().approve(who, pin=typed, book=BOOK, entry_id=7, body=BODY)


# --- enrolling


def test_a_laptop_is_enrolled_and_opens_to_each_of_its_people(laptop: Laptop) -> None:
    held = laptop.vault()
    assert [(one.staff_id, one.role) for one in held.accounts] == [
        (TELLER, "teller"), (CONTROLLER, "controller"), (LEADER, "leader")
    ]  # fmt: skip
    assert (held.letter, held.office_name, held.device) == ("A", small.OFFICE.name, small.DEVICE)
    opened = {}
    for who, passphrase in PASSPHRASES.items():
        unlocked = held.unlock(who, passphrase=passphrase, now_s=0)
        assert unlocked.account.staff_id == who
        assert unlocked.office == small.OFFICE
        opened[who] = (unlocked.device_seed, unlocked.device_secret)
    assert len(set(opened.values())) == 1
    refused("vault.user-unknown", lambda: unlock(laptop, now_s=0, who="GDV99"))


def test_enrolling_asks_for_enough_and_never_overwrites(laptop: Laptop, tmp_path: Path) -> None:
    def enrol(home: Path, people: list[NewUser], ticket: bytes = TICKET) -> bytes:
        return vault.enrol(home, ticket, people=people, draw=Draw(), cost=FLOOR, keystore=None)

    before = {path: path.read_bytes() for path in laptop.home.rglob("*") if path.is_file()}
    refused("vault.enrolled-already", lambda: enrol(laptop.home, ONE))
    assert {path: path.read_bytes() for path in laptop.home.rglob("*") if path.is_file()} == before
    fresh = tmp_path / "fresh"
    long = "x" * 15
    refused("vault.passphrase-short", lambda: enrol(fresh, [NewUser(TELLER, long[:-1], "111111")]))
    for pin in ("", "12345", "1234567", "12345a", "１２３４５６", "12 456", "-12345", "+12345"):
        refused("vault.pin-shape", lambda pin=pin: enrol(fresh, [NewUser(TELLER, long, pin)]))
    refused("vault.user-unknown", lambda: enrol(fresh, [NewUser("GDV99", long, "111111")]))
    forged = make_ticket(office=small.OFFICE, device=small.DEVICE, letter="A", code=CODE, staff=(), office_seed=bytes(32))
    refused("keys.signature-wrong", lambda: enrol(fresh, ONE, forged))
    refused("bytes.malformed", lambda: enrol(fresh, ONE, b"no ticket"))
    assert not fresh.exists()
    refused("vault.not-enrolled", lambda: Vault(fresh, draw=Draw(), keystore=None))


def test_the_answer_is_kept_until_the_office_has_it_and_comes_before_the_vault(tmp_path: Path) -> None:
    home = tmp_path / "fresh"
    assert vault.answer_left(home) is None

    def enrol(draw: Draw) -> bytes:
        return vault.enrol(home, TICKET, people=ONE, draw=draw, cost=FLOOR, keystore=None)

    answer = enrol(Draw())
    assert vault.answer_left(home) == answer
    assert read_answer(answer, code=CODE).device == small.DEVICE
    # A power cut before the vault stood: the laptop is not enrolled, and is enrolled anew.
    (home / "vault" / "vault.dgd").unlink()
    assert vault.answer_left(home) is None
    again = enrol(Draw())
    assert vault.answer_left(home) == again
    vault.answer_taken(home)
    vault.answer_taken(home)
    assert vault.answer_left(home) is None
    assert Vault(home, draw=Draw(), keystore=None).accounts[0].staff_id == TELLER


@pytest.mark.feature(71)
def test_nothing_a_finder_could_use_stands_in_the_clear(laptop: Laptop) -> None:
    laptop.unlocked().keep_book_key(BOOK)
    unlocked = laptop.unlocked()
    secrets = [
        unlocked.device_seed, unlocked.device_secret, laptop.key, unlocked.book_key(BOOK),
        *(text.encode() for text in (*PASSPHRASES.values(), *PINS.values(), small.OFFICE.name, "Cán bộ", TELLER)),
    ]  # fmt: skip
    found = [path for path in laptop.home.rglob("*") if path.is_file()]
    assert len(found) >= 3
    for path in found:
        assert not any(secret in path.read_bytes() for secret in secrets)


# --- wrong passphrases


def test_after_five_wrong_passphrases_each_try_waits_even_after_a_restart(laptop: Laptop) -> None:
    for now_s in range(FREE_TRIES):
        refused("vault.passphrase-wrong", lambda now_s=now_s: unlock(laptop, "sai sai sai sai sai", now_s=now_s))
    assert kept(laptop).passphrases == (5, 0, 0)
    # Each asks a vault read anew from the disk: the count is not in memory. The right one waits as well.
    fault = refused("vault.wait", lambda: unlock(laptop, now_s=FREE_TRIES - 1))
    assert fault.facts["seconds"] == 1
    refused("vault.passphrase-wrong", lambda: unlock(laptop, "sai sai sai sai sai", now_s=5))
    assert refused("vault.wait", lambda: unlock(laptop, now_s=6)).facts["seconds"] == 1
    # Another person does not pay for it.
    assert unlock(laptop, PASSPHRASES[LEADER], now_s=6, who=LEADER)
    assert unlock(laptop, now_s=7).account.staff_id == TELLER
    assert kept(laptop).passphrases == (0, 0, 0)


def test_the_wait_doubles_up_to_a_minute(laptop: Laptop) -> None:
    for wrong, wait in ((5, 1), (6, 2), (8, 8), (10, 32), (11, 60), (40, 60), (5_000, 60)):
        tries(laptop, wrong=wrong, last_s=1_000)
        fault = refused("vault.wait", lambda: unlock(laptop, now_s=1_000))
        assert fault.facts["seconds"] == wait
        assert refused("vault.wait", lambda wait=wait: unlock(laptop, now_s=1_000 + wait - 1)).facts["seconds"] == 1
    assert unlock(laptop, now_s=1_060)


def test_a_clock_set_back_neither_shortens_the_wait_nor_locks_anybody_out(laptop: Laptop) -> None:
    tries(laptop, wrong=8, last_s=2_000_000_000)
    assert refused("vault.wait", lambda: unlock(laptop, now_s=1_000)).facts["seconds"] == 8
    assert refused("vault.wait", lambda: unlock(laptop, now_s=1_005)).facts["seconds"] == 3
    assert refused("vault.wait", lambda: unlock(laptop, now_s=500)).facts["seconds"] == 8
    assert refused("vault.wait", lambda: unlock(laptop, now_s=-5)).facts["seconds"] == 8
    assert unlock(laptop, now_s=8)


def test_a_passphrase_is_the_same_whatever_the_input_method_makes_of_its_letters(laptop: Laptop) -> None:
    import unicodedata

    apart = unicodedata.normalize("NFD", PASSPHRASES[TELLER])
    assert apart != PASSPHRASES[TELLER]
    assert unlock(laptop, apart, now_s=0)


# --- approvals


def test_an_approval_needs_the_approvers_own_pin(laptop: Laptop) -> None:
    signed = approve(laptop, PINS[CONTROLLER])
    public = {one.staff_id: one.sign_key for one in laptop.pack.terms.team}
    message = chain.approval_message(book=BOOK, entry_id=7, body=BODY)
    keys.verify(public[CONTROLLER], "approval/1", message, signed.signature, what="approval")
    assert refused("vault.pin-wrong", lambda: approve(laptop, PINS[TELLER])).facts["left"] == PIN_TRIES - 1
    assert refused("vault.pin-wrong", lambda: approve(laptop, "")).facts["left"] == PIN_TRIES - 2
    assert approve(laptop, PINS[CONTROLLER]) == signed
    assert kept(laptop).pins == (0, 0, 0)
    refused("vault.user-unknown", lambda: approve(laptop, PINS[TELLER], who="KSV99"))


def test_a_pin_is_locked_after_its_tries_and_the_passphrase_opens_it_again(laptop: Laptop) -> None:
    tries(laptop, pins=PIN_TRIES - 1)
    assert refused("vault.pin-wrong", lambda: approve(laptop, "000000")).facts["left"] == 0
    refused("vault.pin-locked", lambda: approve(laptop, PINS[CONTROLLER]))
    refused("vault.passphrase-wrong", lambda: approve(laptop, PASSPHRASES[TELLER]))
    # A guess at the passphrase is counted where passphrases are.
    assert kept(laptop).passphrases == (0, 1, 0)
    refused("vault.pin-locked", lambda: approve(laptop, PINS[CONTROLLER]))
    by_passphrase = approve(laptop, PASSPHRASES[CONTROLLER])
    assert by_passphrase == approve(laptop, PINS[CONTROLLER])


def test_a_locked_laptop_holds_no_keys(laptop: Laptop) -> None:
    unlocked = laptop.unlocked()
    unlocked.keep_book_key(BOOK)
    unlocked.lock()
    assert (unlocked.device_seed, unlocked.device_secret) == (b"", b"")
    with pytest.raises(Refusal):
        unlocked.approve(CONTROLLER, pin=PINS[CONTROLLER], book=BOOK, entry_id=7, body=BODY)
    with pytest.raises(Damage):
        unlocked.book_key(BOOK)


def test_a_run_from_a_file_stretches_each_pin_once_and_counts_wrong_ones_all_the_same(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    stretched = keys.stretched
    monkeypatch.setattr(keys, "stretched", lambda typed, stretch: (asked.append(typed), stretched(typed, stretch))[1])
    unlocked = laptop.unlocked()
    unlocked.stretch_once()
    asked.clear()
    for entry_id in (1, 2):
        unlocked.approve(CONTROLLER, pin=PINS[CONTROLLER], book=BOOK, entry_id=entry_id, body=BODY)
    assert asked == [PINS[CONTROLLER]]
    for left in range(PIN_TRIES - 1, -1, -1):
        with pytest.raises(vault.PinWrong) as wrong:
            unlocked.approve(CONTROLLER, pin="000000", book=BOOK, entry_id=7, body=BODY)
        assert wrong.value.facts["left"] == left
    assert asked == [PINS[CONTROLLER], "000000"]
    with pytest.raises(vault.PinLocked):
        unlocked.approve(CONTROLLER, pin=PINS[CONTROLLER], book=BOOK, entry_id=8, body=BODY)
    # Nothing of it is left once the laptop is locked, and nobody who is asked at a window is asked less.
    held = unlocked._vault
    unlocked.lock()
    assert held.stretched is keys.stretched


# --- keys of books


def test_a_books_key_is_kept_for_the_laptop_and_for_the_offices_recovery(laptop: Laptop) -> None:
    unlocked = laptop.unlocked()
    key = unlocked.keep_book_key(BOOK)
    assert len(key) == 48
    assert laptop.unlocked().book_key(BOOK) == key
    assert laptop.vault().books() == (BOOK,)
    other = unlocked.keep_book_key(bytes(16))
    assert other != key
    slot = from_bytes(vault._BookKey, laptop.vault().book_key_path(BOOK).read_bytes())
    assert keys.open_sealed(small.RECOVERY_SECRET, slot.recovery, info=b"dgd/book-key/1" + BOOK, what="x") == key
    # One book's slot put in another's place does not open.
    laptop.vault().book_key_path(BOOK).write_bytes(laptop.vault().book_key_path(bytes(16)).read_bytes())
    refused("keys.not-opened", lambda: unlocked.book_key(BOOK))
    laptop.vault().book_key_path(BOOK).unlink()
    refused("vault.damaged", lambda: laptop.unlocked().book_key(BOOK))


def test_two_officers_can_open_the_laptop_without_any_passphrase(laptop: Laptop) -> None:
    held = laptop.vault()._file
    key = keys.open_sealed(small.RECOVERY_SECRET, held.recovery, info=b"dgd/vault/1" + small.DEVICE, what="x")
    assert key == laptop.key


# --- files that were touched


def rewritten(laptop: Laptop, **stretch: int) -> None:
    path = laptop.home / "vault" / "vault.dgd"
    held = from_bytes(vault._File, path.read_bytes())
    slots = tuple(changed(slot, stretch=changed(slot.stretch, **stretch)) for slot in held.slots)
    path.write_bytes(changed(held, slots=slots).to_bytes())


@pytest.mark.parametrize(
    "stretch",
    [
        {"memory_kib": FLOOR.memory_kib - 1}, {"memory_kib": 8}, {"memory_kib": 0}, {"iterations": 2}, {"iterations": 0},
        {"lanes": 0}, {"memory_kib": 2**31}, {"memory_kib": 2**62}, {"iterations": 2**31}, {"lanes": 2**20},
    ],
    ids=str,
)  # fmt: skip
def test_a_stretch_weaker_or_dearer_than_any_is_refused_before_it_is_tried(laptop: Laptop, stretch: dict[str, int]) -> None:
    rewritten(laptop, **stretch)
    refused("vault.damaged", lambda: unlock(laptop, now_s=0))


def test_a_vault_of_a_later_version_is_not_opened(laptop: Laptop) -> None:
    path = laptop.home / "vault" / "vault.dgd"
    path.write_bytes(changed(from_bytes(vault._File, path.read_bytes()), version=vault.VERSION + 1).to_bytes())
    refused("vault.damaged", laptop.vault)


def flips(raw: bytes, *, step: int = 1) -> list[bytes]:
    """The file with one bit of each of its bytes flipped."""
    chance = random.Random(len(raw))
    made = []
    for place in range(0, len(raw), step):
        tampered = bytearray(raw)
        tampered[place] ^= 1 << chance.randrange(8)
        made.append(bytes(tampered))
    return made


def test_any_flipped_bit_of_the_key_file_is_a_fault_or_changes_nothing(laptop: Laptop) -> None:
    """All but the stretching itself is tried at every byte, since a passphrase costs a fifth of a second."""
    path = laptop.home / "vault" / "vault.dgd"
    raw = path.read_bytes()
    true = laptop.unlocked()
    untouched = 0
    for tampered in flips(raw):
        path.write_bytes(tampered)
        try:
            opened = laptop.unlocked()
        except Fault:
            continue
        untouched += 1
        assert (opened.device, opened.device_seed, opened.device_secret, opened.office, opened.letter, opened.account) == (
            true.device, true.device_seed, true.device_secret, true.office, true.letter, true.account
        )  # fmt: skip
    # The slots and the recovery copy are not asked for on this way.
    assert untouched < len(raw) // 2


def test_any_flipped_bit_of_a_slot_does_not_open_it(laptop: Laptop) -> None:
    path = laptop.home / "vault" / "vault.dgd"
    raw = path.read_bytes()
    slot = laptop.vault()._file.slots[0].to_bytes()
    at = raw.index(slot)
    for place in range(at, at + len(slot), 17):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        with pytest.raises(Fault):
            unlock(laptop, now_s=0)
        (laptop.home / "vault" / "tries.dgd").unlink(missing_ok=True)
    path.write_bytes(raw)
    assert unlock(laptop, now_s=0)


def test_slots_swapped_between_people_do_not_open(laptop: Laptop) -> None:
    path = laptop.home / "vault" / "vault.dgd"
    held = from_bytes(vault._File, path.read_bytes())
    path.write_bytes(changed(held, slots=(held.slots[1], held.slots[0], held.slots[2])).to_bytes())
    refused("vault.passphrase-wrong", lambda: unlock(laptop, now_s=0))
    # Somebody else's passphrase does not open one's own account either.
    refused("vault.passphrase-wrong", lambda: unlock(laptop, PASSPHRASES[CONTROLLER], now_s=0))
    path.write_bytes(changed(held, slots=held.slots[:2]).to_bytes())
    refused("vault.damaged", laptop.vault)


def test_any_flipped_bit_of_the_roster_or_of_a_books_key_is_a_fault_or_changes_nothing(laptop: Laptop) -> None:
    unlocked = laptop.unlocked()
    key = unlocked.keep_book_key(BOOK)
    roster, slot = laptop.home / "vault" / "roster.dgd", laptop.vault().book_key_path(BOOK)
    raw = roster.read_bytes()
    for tampered in flips(raw) + [raw[:place] for place in range(len(raw))]:
        roster.write_bytes(tampered)
        with pytest.raises(Fault):
            laptop.vault()
    roster.write_bytes(raw)
    raw, opened = slot.read_bytes(), 0
    for tampered in flips(raw):
        slot.write_bytes(tampered)
        try:
            assert unlocked.book_key(BOOK) == key
            opened += 1
        except Fault:
            pass
    # Only the id and the recovery copy are not asked for here.
    assert opened <= 16 + 48 + 48 + 4


def test_any_flipped_bit_of_the_tries_is_a_fault_or_another_count(laptop: Laptop) -> None:
    tries(laptop, wrong=300, pins=3, last_s=1_000_000)
    path = laptop.home / "vault" / "tries.dgd"
    raw = path.read_bytes()
    everything = flips(raw) + [raw[:place] for place in range(1, len(raw))]
    everything += [vault._Tries(passphrases=(9,), pins=(), last_s=0).to_bytes(), b"\x93\x90\x90\x00"]
    for tampered in everything:
        path.write_bytes(tampered)
        try:
            held = laptop.vault()._tries()
        except Fault:
            continue
        assert len(held.passphrases) == len(held.pins) == 3


def test_a_crash_between_the_two_renames_locks_nobody_out(laptop: Laptop) -> None:
    for name in ("vault.dgd", "roster.dgd"):
        path = laptop.home / "vault" / name
        path.replace(path.with_name(name + ".prev"))
    tries(laptop, wrong=5, last_s=100)
    path = laptop.home / "vault" / "tries.dgd"
    path.replace(path.with_name("tries.dgd.prev"))
    refused("vault.wait", lambda: unlock(laptop, now_s=100))
    assert unlock(laptop, now_s=101)


# --- the system's keystore


def test_the_double_keeps_and_forgets() -> None:
    drawer = Drawer()
    drawer.put("a", b"x")
    assert (drawer.get("a"), drawer.get("b")) == (b"x", None)


def test_with_a_keystore_the_passphrase_alone_opens_nothing(tmp_path: Path) -> None:
    home, drawer = tmp_path / "home", Drawer()
    raw = vault.enrol(home, TICKET, people=ONE, draw=Draw(), cost=FLOOR, keystore=drawer)
    assert read_answer(raw, code=CODE).device == small.DEVICE
    [secret] = drawer.kept.values()
    assert len(secret) == 32

    def opened(keystore: Drawer | None) -> vault.Unlocked:
        return Vault(home, draw=Draw(), keystore=keystore).unlock(TELLER, passphrase=PASSPHRASES[TELLER], now_s=0)

    assert opened(drawer).account.staff_id == TELLER
    refused("vault.keystore-lost", lambda: opened(None))
    refused("vault.keystore-lost", lambda: opened(Drawer()))
    drawer.kept = dict.fromkeys(drawer.kept, bytes(32))
    refused("vault.passphrase-wrong", lambda: opened(drawer))
    assert secret not in (home / "vault" / "vault.dgd").read_bytes()
    drawer.kept = dict.fromkeys(drawer.kept, secret)
    # Somebody who says in the file that there is no keystore gains nothing.
    path = home / "vault" / "vault.dgd"
    path.write_bytes(changed(from_bytes(vault._File, path.read_bytes()), keystore=False).to_bytes())
    refused("vault.passphrase-wrong", lambda: opened(drawer))


def test_a_keystore_that_forgets_is_noticed_before_anything_is_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    refused(
        "vault.keystore-lost",
        lambda: vault.enrol(home, TICKET, people=ONE, draw=Draw(), cost=FLOOR, keystore=Forgetful()),
    )
    assert not home.exists()


def test_the_systems_keystore_is_looked_for_only_by_a_vault_that_needs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawer, looked = Drawer(), []
    monkeypatch.setattr(keystore, "system_keystore", lambda: (looked.append(1), drawer)[1])
    for home, held in ((tmp_path / "without", None), (tmp_path / "with", drawer)):
        vault.enrol(home, TICKET, people=ONE, draw=Draw(), cost=FLOOR, keystore=held)
        opened = Vault(home, draw=Draw(), keystore=keystore.WhenAsked()).unlock(TELLER, passphrase=PASSPHRASES[TELLER], now_s=0)
        assert opened.account.staff_id == TELLER
        assert len(looked) == (held is not None)
    monkeypatch.setattr(keystore, "system_keystore", lambda: None)
    refused("vault.keystore-lost", lambda: Vault(home, draw=Draw(), keystore=keystore.WhenAsked()).unlock(TELLER, passphrase="x" * 15, now_s=0))


def test_a_keystore_that_is_none_is_not_trusted() -> None:
    assert keystore.system_keystore() is None


def test_the_usual_cost_is_above_the_floor() -> None:
    assert Cost(64 * 1024, 3, 2) == FLOOR
    assert vault.USUAL.memory_kib >= FLOOR.memory_kib
    assert vault.USUAL.iterations >= FLOOR.iterations
    assert enrolled.Draw()(16) == enrolled.Draw()(16)


# --- the laptop's own keys


def key_files(laptop: Laptop) -> list[Path]:
    return [laptop.home / "vault" / name for name in ("laptop.dgd", "laptop.second.dgd")]


def mend_for(laptop: Laptop, who: str = TELLER) -> bytes:
    """What the office makes of the laptop's spare, for one person."""
    held = spare.read_spare((laptop.home / "vault" / "spare.dgd").read_bytes())
    opened = spare.open_spare(held, recovery_secret=small.RECOVERY_SECRET)
    user = next(one for one in laptop.unlocked()._users.values() if one.staff_id == who)
    seed = laptop.vault().approval_seed(user, PINS[who], laptop.key)
    person = keys.seal_public(keys.derived(seed, label="user-seal/1", salt=b""))
    return spare.make_mend(opened, device=held.device, staff_id=who, person_key=person)


def test_one_bad_copy_of_the_laptops_keys_is_made_again_from_the_other(laptop: Laptop) -> None:
    true = laptop.unlocked().device_seed
    for path in key_files(laptop):
        for spoil in (path.unlink, lambda path=path: path.write_bytes(b"\0" * 90)):
            spoil()  # type: ignore[operator]
            assert laptop.unlocked().device_seed == true
            [other] = [one for one in key_files(laptop) if one != path]
            other_raw = other.read_bytes()
            other.unlink()
            assert laptop.unlocked().device_seed == true
            assert other_raw
    assert all(path.exists() for path in key_files(laptop))


def test_a_laptop_without_its_keys_unlocks_opens_its_books_and_cannot_sign(laptop: Laptop) -> None:
    laptop.make_book().close()
    sign_key = laptop.unlocked().sign_key
    for path in key_files(laptop):
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    unlocked = unlock(laptop, now_s=0)
    assert (unlocked.can_sign, unlocked.device_seed, unlocked.device_secret) == (False, b"", b"")
    assert unlocked.sign_key == sign_key
    laptop.open_book().close()
    assert approve(laptop, PINS[CONTROLLER]).staff_id == CONTROLLER


def test_the_office_gives_the_keys_back_to_one_person_of_that_laptop(laptop: Laptop) -> None:
    true = laptop.unlocked()
    mends = {who: mend_for(laptop, who) for who in (TELLER, CONTROLLER)}
    (laptop.home / "vault" / "spare.dgd").unlink()
    for path in key_files(laptop):
        path.unlink()
    unlocked = laptop.unlocked()
    assert not unlocked.can_sign
    assert unlocked.spare() is None
    assert CONTROLLER in refused("spare.for-other", lambda: unlocked.mend(mends[CONTROLLER], typed=PINS[TELLER])).sentence("vi")
    refused("vault.pin-wrong", lambda: unlocked.mend(mends[TELLER], typed="000000"))
    other = changed(from_bytes(spare.Mend, mends[TELLER]), device=bytes(16))
    refused("spare.elsewhere", lambda: unlocked.mend(other.to_bytes(), typed=PINS[TELLER]))
    for tampered in flips(mends[TELLER], step=7):
        with pytest.raises(Fault):
            unlocked.mend(tampered, typed=PINS[TELLER])
        assert not unlocked.can_sign
    unlocked.mend(mends[TELLER], typed=PINS[TELLER])
    assert (unlocked.device_seed, unlocked.device_secret) == (true.device_seed, true.device_secret)
    again = unlock(laptop, now_s=0)
    assert (again.can_sign, again.device_seed) == (True, true.device_seed)
    assert mend_for(laptop)


def test_other_keys_than_the_laptops_own_are_not_put_back(laptop: Laptop) -> None:
    """Whoever knows somebody's public key could seal anything to them."""
    user = laptop.unlocked()._users[TELLER]
    seed = laptop.vault().approval_seed(user, PINS[TELLER], laptop.key)
    person = keys.seal_public(keys.derived(seed, label="user-seal/1", salt=b""))
    theirs = spare.LaptopKeys(seed=b"\x77" * 32, secret=b"\x78" * 32)
    raw = spare.make_mend(theirs, device=small.DEVICE, staff_id=TELLER, person_key=person)
    unlocked = laptop.unlocked()
    before = unlocked.device_seed
    refused("spare.elsewhere", lambda: unlocked.mend(raw, typed=PINS[TELLER]))
    assert laptop.unlocked().device_seed == before
    held = spare.read_spare((laptop.home / "vault" / "spare.dgd").read_bytes())
    refused("keys.not-opened", lambda: spare.open_spare(held, recovery_secret=b"\x09" * 32))
    refused("spare.elsewhere", lambda: spare.open_spare(changed(held, sign_key=bytes(32)), recovery_secret=small.RECOVERY_SECRET))
