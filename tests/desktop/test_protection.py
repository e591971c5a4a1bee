"""Protection that cannot be switched off quietly: no setting, variable or file of the laptop leaves a book in clear or unchecked."""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlcipher3

from desktop import __main__ as program
from desktop import keystore, shelf, vault
from desktop.care import soundness
from desktop.store import BookNotOpened, path_of
from desktop.vault import VaultDamaged
from sync.errors import Damage, Fault
from tests.desktop.enrolled import PASSPHRASES, Laptop, deposit, opened
from tests.desktop.test_desk import by_hand
from tests.sync import small
from tests.sync.small import TELLER

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def worked(laptop: Laptop) -> Laptop:
    desk = laptop.desk()
    opened(desk)
    desk.post(deposit(desk))
    desk.close()
    return laptop


def in_clear(home: Path) -> bool:
    """Whether anything below a laptop's folder can be read by whoever finds it."""
    name = small.TERMS.customers[0].full_name.encode()
    for path in home.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            if name in raw or raw.startswith(b"SQLite format 3\0"):
                return True
    return False


@pytest.mark.feature(68)
def test_no_option_and_no_variable_of_the_program_says_anything_of_protection() -> None:
    """Whatever the program can be told is named in its help; none of it is about keys, checks or encryption."""
    parser = program._arguments()
    told = {name for action in parser._actions for name in action.option_strings}
    for group in parser._subparsers._group_actions:  # type: ignore[union-attr]
        for one in group.choices.values():  # type: ignore[union-attr]
            told |= {name for action in one._actions for name in action.option_strings}
    assert {"--home", "--office"} <= told
    assert not [name for name in told if re.search("encrypt|plain|insecure|no-|skip|force|unsafe|verify|trust", name)]
    asked = []
    for path in (*(ROOT / "desktop").rglob("*.py"), *(ROOT / "sync").glob("*.py")):
        asked += [(path.name, line) for line in path.read_text().splitlines() if re.search(r"environ\b|getenv", line)]
    # The print spooler gets a language so that its answers can be read; nothing else is asked of the environment.
    assert {name for name, _ in asked} <= {"system_queue.py"}


@pytest.mark.feature(68)
def test_a_plain_file_in_a_books_place_is_no_book(worked: Laptop) -> None:
    path = path_of(worked.home, worked.pack.book)
    path.unlink()
    plain = sqlite3.connect(path)
    plain.execute("CREATE TABLE entry (number INTEGER PRIMARY KEY, raw BLOB)")
    plain.commit()
    plain.close()
    before = path.read_bytes()
    with pytest.raises(BookNotOpened):
        worked.open_book()
    assert path.read_bytes() == before
    # The control: a plain file is what it would be if protection had been left out.
    assert in_clear(worked.home)


@pytest.mark.feature(68)
def test_a_plain_copy_of_the_driver_opens_nothing(worked: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build without encryption takes every statement of ours; the program asks it back and stops."""
    monkeypatch.setattr(sqlcipher3.dbapi2, "connect", sqlite3_connect)
    with pytest.raises(Fault):
        worked.open_book()
    monkeypatch.undo()
    assert not in_clear(worked.home)
    worked.open_book().close()


def sqlite3_connect(path: str, **how: object) -> sqlite3.Connection:
    """Plain SQLite in place of the encrypting one."""
    how.pop("timeout")
    return sqlite3.connect(path, **how)  # type: ignore[call-overload, no-any-return]


@pytest.mark.feature(68)
@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER entry_no_update", "DROP TRIGGER entry_no_delete", "DROP TRIGGER entry_only_appended",
        "PRAGMA recursive_triggers = OFF",
    ],
)  # fmt: skip
def test_whoever_takes_the_guards_out_of_a_book_is_told_by_its_links_all_the_same(worked: Laptop, statement: str) -> None:
    by_hand(
        worked, statement, "DROP TRIGGER IF EXISTS entry_no_update", "DROP TRIGGER IF EXISTS entry_no_delete",
        "UPDATE entry SET signature = zeroblob(64) WHERE number = 2",
    )  # fmt: skip
    [found] = soundness.check(worked.home, worked.unlocked())
    assert (found.kind, found.damaged_at) == ("signature", 2)
    with pytest.raises(Damage):
        worked.desk()


@pytest.mark.feature(68)
def test_a_keystore_that_keeps_secrets_in_clear_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring

    class PlaintextKeyring:
        pass

    monkeypatch.setattr(keyring, "get_keyring", PlaintextKeyring)
    assert keystore.system_keystore() is None


@pytest.mark.feature(68)
def test_a_vault_file_that_asks_for_a_cheap_passphrase_is_refused(worked: Laptop) -> None:
    from sync.records import changed

    held = worked.vault()
    cheap = changed(held._file.slots[0].stretch, memory_kib=1024, iterations=1)
    slots = (changed(held._file.slots[0], stretch=cheap), *held._file.slots[1:])
    (worked.home / "vault" / "vault.dgd").write_bytes(changed(held._file, slots=slots).to_bytes())
    with pytest.raises(VaultDamaged):
        worked.vault().unlock(TELLER, passphrase=PASSPHRASES[TELLER], now_s=0)
    assert cheap.memory_kib < vault.MEMORY_KIB_MIN


@pytest.mark.feature(68)
def test_without_its_key_a_book_is_damage_and_never_made_anew_in_clear(worked: Laptop) -> None:
    (worked.home / "vault" / "books" / f"{worked.pack.book.hex()}.dgd").unlink()
    before = path_of(worked.home, worked.pack.book).read_bytes()
    with pytest.raises(VaultDamaged):
        shelf.open_book(worked.home, worked.unlocked(), worked.pack.book)
    assert path_of(worked.home, worked.pack.book).read_bytes() == before
    assert not in_clear(worked.home)


@pytest.mark.feature(68)
def test_python_run_without_its_asserts_protects_as_before(worked: Laptop) -> None:
    """`python -O` takes asserts away: nothing that protects a book is one."""
    code = (
        "import sys, pathlib; from desktop.store import Book\n"
        "try: Book.look(pathlib.Path(sys.argv[1]), bytes(48), book=bytes.fromhex(sys.argv[2]))\n"
        "except Exception as fault: print(getattr(fault, 'code', fault))\n"
    )
    done = subprocess.run(
        [sys.executable, "-O", "-c", code, str(worked.home), worked.pack.book.hex()], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "book.not-opened", done.stderr


def test_the_control_the_driver_is_the_encrypting_one() -> None:
    assert sqlcipher3.connect(":memory:").execute("PRAGMA cipher_version").fetchone()
