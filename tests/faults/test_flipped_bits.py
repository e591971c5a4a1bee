"""One bit of any file: noticed, or nothing is other than it was. Never is something else taken for what was written.

The book closed and the book as a power cut left it, the keys in the vault, a batch on its way to the office, the
office's word and its pack. Each is read by whoever would read it, and everything read is held against what was
written. Two files are left out on purpose: `tries.dgd` counts wrong tries and nothing else (a wrong count is better
than a laptop that does not open), and what the laptop remembers for convenience is forgotten where it is unsound.

A bit in the log of a book that a power cut left is noticed as well (`desktop.log_file`), but for one in the last commit,
which looks like the power cut itself: then the book is as it was before that voucher, and only the mirror, the office
or the paper can tell.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from desktop import log_file, store, vault
from desktop.store import Book
from desktop.vault import Vault, answer_left
from sync import keys
from sync.errors import Fault
from sync.pack import open_pack, read_answer, seal_pack
from sync.protocol import open_batch, verify_ack
from sync.records import from_bytes
from sync.spare import SpareElsewhere, open_spare, read_spare
from tests.desktop import enrolled
from tests.desktop.enrolled import CODE, PEOPLE, PINS, Draw, Laptop, deposit
from tests.faults import after
from tests.faults.conftest import SHORT
from tests.faults.tally import Tally, Wrong
from tests.faults.working import state_of, word
from tests.sync import small


class Reading(NamedTuple):
    """A file, what somebody reads out of it, and its share of all flips."""

    name: str
    path: Path
    read: Callable[[], object]
    share: int


def quick(passphrase: str, stretch: keys.Stretch) -> bytes:
    """In place of Argon2id, which is not what is tried here: every fact of it still counts."""
    return hashlib.sha256(repr((passphrase, stretch)).encode()).digest()


@pytest.fixture
def flips(pytestconfig: pytest.Config) -> int:
    """How many in all: 1,000 in every run, 10,000 in a long one."""
    return 10_000 if pytestconfig.getoption("--long") else 1_000


def book_read(laptop: Laptop, key: bytes) -> tuple[object, ...]:
    """Everything in a book: its tables, its pack, what is searched; every page and the structure checked."""
    book = Book.look(laptop.home, key, book=laptop.pack.book)
    try:
        found = state_of(book), book.pack.to_bytes(), tuple(book.search("nguyen", limit=50)), book.length
        book.check_file()
        return found
    finally:
        book.close()


def vault_read(laptop: Laptop) -> tuple[object, ...]:
    """What everybody of the laptop gets out of it, and what the office would."""
    held = Vault(laptop.home, draw=Draw(), keystore=None)
    recovered = keys.open_sealed(
        small.RECOVERY_SECRET, held._file.recovery, info=b"dgd/vault/1" + held.device, what="vault"
    )
    found: list[object] = [held.device, held.letter, held.office_name, held.accounts, recovered]
    for person in PEOPLE:
        unlocked = held.unlock(person.staff_id, passphrase=person.passphrase, now_s=0)
        user = unlocked._users[person.staff_id]
        found += [unlocked._key, unlocked.account, unlocked.office, unlocked.letter, unlocked.sign_key, unlocked.seal_key]
        found += [held.approval_seed(user, typed, unlocked._key) for typed in (PINS[person.staff_id], person.passphrase)]
        found += [unlocked.device_seed, unlocked.device_secret]
    return tuple(found)


def book_key_read(laptop: Laptop) -> tuple[object, ...]:
    """A book's key, as the laptop opens it and as the office would."""
    book = laptop.pack.book
    kept = from_bytes(vault._BookKey, laptop.vault().book_key_path(book).read_bytes())
    recovered = keys.open_sealed(small.RECOVERY_SECRET, kept.recovery, info=b"dgd/book-key/1" + book, what="book key")
    return laptop.unlocked().book_key(book), recovered


def readings(laptop: Laptop, folder: Path) -> Iterator[Reading]:
    """Every file of a laptop with a session half sent, and what of it travels."""
    home, key, device = laptop.home, laptop.book_key, laptop.unlocked().device
    desk = laptop.desk()
    posted = [desk.post(deposit(desk)).sealed.entry.number for _ in range(12)]
    batch, ack = desk.batch(), word(desk)
    desk.keep_draft("visit", "330.000")
    desk.close()
    assert batch is not None
    assert posted
    pack = seal_pack(laptop.pack, device_key=small.DEVICE_SEAL_KEY, office_seed=small.OFFICE_SEED)
    for name, raw in (("batch", batch), ("ack", ack), ("pack", pack)):
        (folder / name).write_bytes(raw)
    device_key = laptop.unlocked().sign_key
    read_batch = partial(
        open_batch, office=small.OFFICE.office, office_secret=small.OFFICE_SECRET, device_key=device_key,
        terms_of=lambda _: laptop.pack.terms,
    )  # fmt: skip
    read_pack = partial(
        open_pack, device=laptop.pack.device, device_secret=small.DEVICE_SECRET, office=small.OFFICE, now_s=0
    )
    in_vault = home / "vault"
    yield Reading("book", store.path_of(home, laptop.pack.book), lambda: book_read(laptop, key), 35)
    yield Reading("vault", in_vault / "vault.dgd", lambda: vault_read(laptop), 15)
    yield Reading("roster", in_vault / "roster.dgd", lambda: vault_read(laptop), 2)
    yield Reading("laptop keys", in_vault / "laptop.dgd", lambda: vault_read(laptop), 3)
    yield Reading("laptop keys again", in_vault / "laptop.second.dgd", lambda: vault_read(laptop), 2)
    yield Reading("spare", in_vault / "spare.dgd", lambda: spare_read(laptop), 3)
    yield Reading("answer", in_vault / "answer.dgd", lambda: read_answer(answer_left(home) or b"", code=CODE), 4)
    yield Reading("book key", in_vault / "books" / f"{laptop.pack.book.hex()}.dgd", lambda: book_key_read(laptop), 5)
    yield Reading("batch", folder / "batch", lambda: read_batch((folder / "batch").read_bytes()), 12)
    yield Reading("ack", folder / "ack", lambda: verify_ack((folder / "ack").read_bytes(), office_key=small.OFFICE.sign_key), 9)
    yield Reading("pack", folder / "pack", lambda: read_pack((folder / "pack").read_bytes()), 10)
    assert device == laptop.pack.device


def spare_read(laptop: Laptop) -> object:
    """The laptop's keys as the office opens them, for this laptop."""
    spare = read_spare(laptop.unlocked().spare() or b"")
    if spare.device != laptop.pack.device:
        raise SpareElsewhere
    return open_spare(spare, recovery_secret=small.RECOVERY_SECRET)


def flipped(reading: Reading, count: int, tally: Tally, *, seed: int) -> None:
    """So many bits of one file, one after the other; each is put back, with whatever the reading mended."""
    draw, folder = Random(f"{seed} {reading.name}"), reading.path.parent
    whole, wanted = reading.path.read_bytes(), reading.read()
    kept = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    for _ in range(count):
        place, bit = draw.randrange(len(whole)), 1 << draw.randrange(8)
        reading.path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
        wrong = []
        try:
            if reading.read() == wanted:
                tally.note("changed nothing")
            else:
                wrong.append(Wrong("unsound", f"{reading.name}: accepted"))
        except Fault:
            tally.note("noticed")
        tally.add(wrong, where=f"{reading.name}, byte {place}, bit {bit}")
        for path in folder.iterdir():
            if path.is_file() and path not in kept:
                path.unlink()
        for path, raw in kept.items():
            path.write_bytes(raw)


def unchecked(reading: Reading) -> Reading:
    """The control: somebody who reads the amounts of a file's bytes and asks nothing."""
    return reading._replace(read=lambda: reading.path.read_bytes())


@pytest.fixture
def there(place: Path, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    """A laptop enrolled with a passphrase that is stretched by nothing dear, its float taken over."""
    monkeypatch.setattr(store, "LOG_PAGES", SHORT["log_pages"])
    monkeypatch.setattr(keys, "stretched", quick)
    laptop = enrolled.enrol(place / "home")
    desk = laptop.desk()
    enrolled.opened(desk)
    desk.close()
    return laptop


def test_no_flipped_bit_is_taken_for_what_was_written(there: Laptop, place: Path, flips: int) -> None:
    tally, control = Tally("flips"), Tally("flips")
    for reading in readings(there, place):
        flipped(reading, flips * reading.share // 100, tally, seed=20261122)
        flipped(unchecked(reading), 3, control, seed=1)
    print(f"one bit of a file: {tally.line(control)}")
    assert tally.first == []
    assert tally.seen["noticed"] > tally.seen["changed nothing"]
    assert control.wrong["unsound"] == control.tried


def test_a_flipped_bit_in_the_log_that_a_power_cut_left_is_noticed_but_for_one_in_the_last_commit(
    there: Laptop, place: Path, flips: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, states = there.book_key, [after.state_at_rest(there)]
    desk = there.desk()
    for _ in range(12):
        desk.post(deposit(desk))
        states.append(state_of(desk.book))
    cut = place / "cut"
    shutil.copytree(there.home, cut)
    desk.close()
    left = Laptop(cut, there.key, there.pack)
    log = Path(f"{after.book_file(left)}-wal")
    whole, book, tally, draw = log.read_bytes(), after.book_file(left).read_bytes(), Tally("flips"), Random(20261122)
    for _ in range(flips // 10):
        place_in, wrong = draw.randrange(len(whole)), []
        log.write_bytes(whole[:place_in] + bytes([whole[place_in] ^ 1 << draw.randrange(8)]) + whole[place_in + 1 :])
        after.book_file(left).write_bytes(book)
        try:
            state, *_ = book_read(left, key)
            if state not in states[-2:]:
                wrong.append(Wrong("lost", "more than the last voucher, without a word"))
            tally.note("changed nothing" if state == states[-1] else "without the last voucher")
        except Fault:
            tally.note("noticed")
        tally.add(wrong, where=f"byte {place_in}")
    # The control: SQLite alone, which drops whatever stands behind the bit.
    monkeypatch.setattr(log_file, "spoiled", lambda _: False)
    log.write_bytes(whole[:9_000] + bytes([whole[9_000] ^ 1]) + whole[9_001:])
    after.book_file(left).write_bytes(book)
    assert book_read(left, key)[0] not in states[-2:]
    print(f"one bit of a log: {tally.line()}")
    assert tally.first == []
    assert tally.seen["noticed"] > 80
