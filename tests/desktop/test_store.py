"""The book on disk: all of an entry or nothing, never changed, one flush each, and nothing read from it without its key."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlcipher3

from desktop import store
from desktop.search import Found, folded
from desktop.store import Book, BookExists, BookInUse, BookNotOpened, DiskFailing, DiskFull
from sync.errors import Fault
from sync.records import changed
from sync.session import Session
from tests.desktop.enrolled import Laptop, copied
from tests.sync import small
from tests.sync.small import GROUP_A, HEAD_A, SAVER, TERMS, Writer, deposit_no

KEY = bytes(range(48))
ACCOUNT = (deposit_no(SAVER), "deposit")
ENVIRONMENT = {**os.environ, "PYTHONPATH": "."}


def made(home: Path, pack: object = small.PACK) -> Book:
    return Book.create(home, KEY, pack=pack, balances=Session(TERMS).balances)  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def book(home: Path) -> Iterator[Book]:
    book = made(home)
    yield book
    book.close()


@pytest.fixture
def writer() -> Writer:
    """The float and a hundred deposits of 50,000, sealed but kept nowhere."""
    writer = Writer()
    writer.open()
    for _ in range(100):
        writer.visit(SAVER, small.Wish("TT", deposit_no(SAVER), 50_000))
    return writer


def append(book: Book, writer: Writer, number: int, **other: object) -> None:
    balances = {ACCOUNT: 1_350_000 + 50_000 * (number - 1)} if number > 1 else {}
    book.append(writer.sealed[number - 1], **{"balances": balances, "sheets": True, **other})  # type: ignore[arg-type]


def state(book: Book) -> tuple[object, ...]:
    """All that an append writes."""
    return [one.raw for one in book.sealed()], book.balances(), book.sheets()  # type: ignore[return-value]


def posting(laptop: Laptop, count: int, *before: str, **other: object) -> "subprocess.Popen[str]":
    arguments = [str(laptop.home), laptop.key.hex(), str(count)]
    return subprocess.Popen(
        [*before, sys.executable, "-m", "tests.desktop.posting", *arguments], stdout=subprocess.PIPE, text=True,
        env=ENVIRONMENT, **other,  # type: ignore[call-overload]
    )  # fmt: skip


# --- making and opening


def test_a_book_opens_as_it_was_closed(home: Path, writer: Writer) -> None:
    book = made(home)
    for number in (1, 2, 3):
        append(book, writer, number)
    before = state(book)
    book.close()
    again = Book.open(home, KEY, book=small.BOOK)
    assert state(again) == before
    assert again.pack == small.PACK
    assert [one.entry for one in again.sealed(2, 3)] == [one.entry for one in writer.sealed[1:3]]
    assert before[1] == {**Session(TERMS).balances, ACCOUNT: 1_450_000}
    again.check_file()
    again.close()
    assert [one.name for one in (home / "books").iterdir()] == [f"{small.BOOK.hex()}.db"]


def test_a_book_is_made_once_and_what_a_crash_left_half_made_is_not_one(home: Path) -> None:
    leftover = home / "books" / f"{small.BOOK.hex()}.new"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"half")
    made(home).close()
    assert not leftover.exists()
    with pytest.raises(BookExists):
        made(home)


def test_ten_openings_leak_nothing(home: Path) -> None:
    made(home).close()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        Book.open(home, KEY, book=small.BOOK).close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_wrong_key_opens_nothing_and_loses_nothing(home: Path, writer: Writer, tmp_path: Path) -> None:
    """Not a byte of a closed book changes. After a power cut its log is folded in, as the right key would do it."""
    book = made(home)
    append(book, writer, 1)
    # With the log still beside it, as after a power cut.
    cut = tmp_path / "cut"
    shutil.copytree(home, cut)
    book.close()
    for place in (home, cut):
        path = store.path_of(place, small.BOOK)
        before = path.read_bytes()
        for wrong in (bytes(48), KEY[:47] + b"\0", KEY[::-1]):
            with pytest.raises(BookNotOpened):
                Book.open(place, wrong, book=small.BOOK)
        assert path.read_bytes() == before or place == cut
        again = Book.open(place, KEY, book=small.BOOK)
        assert [one.raw for one in again.sealed()] == [writer.sealed[0].raw]
        again.close()
    with pytest.raises(BookNotOpened):
        Book.open(home, KEY, book=bytes(16))


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + bytes(4080), b"x" * 8192, bytes(100)])
def test_a_foreign_file_is_not_opened_and_not_made_anew(home: Path, content: bytes) -> None:
    path = store.path_of(home, small.BOOK)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(Fault):
        Book.open(home, KEY, book=small.BOOK)
    assert path.read_bytes() == content


@pytest.mark.feature(71)
def test_no_name_code_or_amount_stands_in_the_clear_in_any_file(home: Path, writer: Writer) -> None:
    book = made(home)
    for number in range(1, 60):
        append(book, writer, number)
    book.keep_draft("GDV01", "groups", "Nguyễn Thị Nháp")
    book.search("nguyen", limit=5)
    marks = [one.full_name.encode() for one in TERMS.customers] + [SAVER.encode(), deposit_no(SAVER).encode(), b"CREATE TABLE"]
    marks += [b"nguyen", "Nháp".encode(), writer.sealed[5].raw[40:80]]
    for moment in ("open", "closed"):
        found = [path for path in home.rglob("*") if path.is_file()]
        assert len(found) == (1 if moment == "closed" else 2)
        for path in found:
            assert not [mark for mark in marks if mark in path.read_bytes()]
        if moment == "open":
            book.close()


def test_a_flipped_bit_of_a_closed_book_is_a_fault_or_changes_nothing(home: Path, writer: Writer) -> None:
    book = made(home)
    for number in range(1, 30):
        append(book, writer, number)
    before = state(book)
    pages, free = (book._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
    book.close()
    path, chance = store.path_of(home, small.BOOK), random.Random(5)
    whole = path.read_bytes()
    noticed = 0
    # The book is in front; behind it are free pages, which hold nothing and are written anew at each opening.
    for place in sorted(chance.sample(range((pages - free) * 4096), 16)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        try:
            again = Book.open(home, KEY, book=small.BOOK)
        except Fault:
            noticed += 1
            continue
        try:
            assert state(again) == before
            again.check_file()
        except Fault:
            noticed += 1
        finally:
            again.close()
    assert noticed >= 13


# --- never changed


@pytest.mark.feature(62)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET raw = x'00' WHERE number = 2", "UPDATE entry SET signature = x'00'", "DELETE FROM entry",
        "UPDATE OR REPLACE entry SET number = 1 WHERE number = 2", "UPDATE OR IGNORE entry SET head = x'00'",
        "DELETE FROM entry WHERE number = (SELECT max(number) FROM entry)",
        "REPLACE INTO entry SELECT 2, raw, head, signature FROM entry WHERE number = 1",
        "INSERT OR REPLACE INTO entry SELECT number, x'00', head, signature FROM entry",
        "INSERT INTO entry SELECT 2, x'00', head, signature FROM entry WHERE number = 1 ON CONFLICT DO UPDATE SET raw = x'00'",
        "INSERT INTO entry SELECT 9, raw, head, signature FROM entry WHERE number = 1",
        "INSERT INTO entry SELECT 0, raw, head, signature FROM entry WHERE number = 1",
        "INSERT INTO entry SELECT -1, raw, head, signature FROM entry WHERE number = 1",
        "INSERT OR IGNORE INTO entry SELECT 9, raw, head, signature FROM entry WHERE number = 1",
    ],
)  # fmt: skip
def test_entries_are_only_added_at_the_end_even_by_hand(book: Book, writer: Writer, statement: str) -> None:
    for number in (1, 2, 3):
        append(book, writer, number)
    before = state(book)
    for pragma in ("recursive_triggers = ON", "recursive_triggers = OFF", "foreign_keys = OFF", "ignore_check_constraints = ON"):
        book._connection.execute(f"PRAGMA {pragma}")
        with pytest.raises(sqlcipher3.IntegrityError):
            book._connection.execute(statement)
    assert state(book) == before
    append(book, writer, 4)


# --- all or nothing


@pytest.mark.feature(52)
def test_an_entry_its_balances_and_its_print_job_are_kept_together_or_not_at_all(book: Book, writer: Writer) -> None:
    append(book, writer, 1)
    run = book._connection.execute
    tables = {"entry": "INSERT", "balance": "UPDATE", "print_job": "INSERT"}
    for table, verb in tables.items():
        before = state(book)
        run(f"CREATE TRIGGER broken AFTER {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END")
        with pytest.raises(sqlcipher3.Error):
            append(book, writer, 2)
        assert not book._connection.in_transaction
        run("DROP TRIGGER broken")
        assert state(book) == before
    for impossible in ({ACCOUNT: 2**70}, {ACCOUNT: object()}, {("new", "x"): 1, ACCOUNT: 2**64}):
        before = state(book)
        with pytest.raises((OverflowError, sqlcipher3.Error)):
            append(book, writer, 2, balances=impossible)
        assert not book._connection.in_transaction
        assert state(book) == before
    append(book, writer, 2, balances={("new", "x"): 1, ACCOUNT: 5})
    assert book.balances()["new", "x"] == 1
    assert book.balances()[ACCOUNT] == 5
    assert book.unprinted() == (1, 2)


def test_the_same_number_twice_is_refused_and_leaves_nothing(book: Book, writer: Writer) -> None:
    append(book, writer, 1)
    append(book, writer, 2)
    before = state(book)
    with pytest.raises(sqlcipher3.IntegrityError):
        append(book, writer, 2, balances={ACCOUNT: 0})
    with pytest.raises(sqlcipher3.IntegrityError):
        append(book, writer, 4, balances={ACCOUNT: 0})
    assert state(book) == before
    append(book, writer, 3)


def test_a_full_disk_refuses_a_voucher_whole_and_the_next_one_works(book: Book, writer: Writer) -> None:
    run = book._connection.execute
    run("VACUUM")
    run(f"PRAGMA max_page_count = {run('PRAGMA page_count').fetchone()[0]}").fetchall()
    before, kept = filled(book, writer)
    assert 1 < kept < 100
    assert state(book) == before
    with pytest.raises(DiskFull):
        book.keep_draft("GDV01", "groups", "x" * 20_000)
    run("PRAGMA max_page_count = 1000000").fetchall()
    for number in range(kept + 1, kept + 6):
        append(book, writer, number)
    assert len(list(book.sealed())) == kept + 5


def filled(book: Book, writer: Writer) -> tuple[tuple[object, ...], int]:
    """Vouchers until the disk is full: what stood before the one that was refused, and how many were kept."""
    for number in range(1, 101):
        before = state(book)
        try:
            append(book, writer, number)
        except DiskFull:
            return before, number - 1
    raise AssertionError("the disk never filled")



# --- one writer


def test_another_program_cannot_open_the_book(laptop: Laptop) -> None:
    laptop.make_book().close()
    book = laptop.open_book()
    # In this same program, and in another one.
    with pytest.raises(BookInUse) as caught:
        laptop.open_book()
    assert caught.value.sentence("vi")
    other = posting(laptop, 1, stderr=subprocess.PIPE)
    _, said = other.communicate(timeout=60)
    assert other.returncode != 0
    assert "book.in-use" in said
    book.close()
    laptop.open_book().close()


@pytest.mark.feature(83)
def test_each_voucher_costs_exactly_one_flush(opened_laptop: Laptop, tmp_path: Path) -> None:
    """Counted by the system, between two marks around each post; a checkpoint now and then costs one or two more."""
    laptop = copied(opened_laptop, tmp_path / "laptop")
    trace, count = tmp_path / "trace", 250
    posted = posting(laptop, count, "strace", "-f", "--seccomp-bpf", "-e", "trace=fsync,fdatasync,sync_file_range,getppid", "-o", str(trace))
    numbers, _ = posted.communicate(timeout=120)
    assert numbers.split() == [str(one) for one in range(2, count + 2)]
    calls = re.findall(r"(getppid|fsync|fdatasync|sync_file_range)\(", trace.read_text())
    each, inside = [], False
    for call in calls:
        if call == "getppid":
            inside = not inside
            if inside:
                each.append(0)
        elif inside:
            each[-1] += 1
    assert len(each) == count
    dear = [flushes for flushes in each if flushes != 1]
    print(f"{sum(each)} flushes for {count} vouchers: {sum(each) / count:.3f} each, {len(dear)} with a checkpoint {dear}")
    assert set(dear) <= {2, 3}
    assert len(dear) <= count // 100


def test_vouchers_that_were_answered_survive_a_kill(opened_laptop: Laptop, tmp_path: Path) -> None:
    laptop = copied(opened_laptop, tmp_path / "laptop")
    chance, kept = random.Random(9), 0
    for _ in range(3):
        running = posting(laptop, 10_000)
        assert running.stdout is not None
        for _ in range(chance.randrange(2, 60)):
            kept = int(running.stdout.readline())
        running.send_signal(signal.SIGKILL)
        kept = max([kept, *(int(line) for line in running.communicate()[0].splitlines() if line.strip().isdigit())])
        desk = laptop.desk()
        # One may be kept that nobody was told of: it is shown at the next start, never posted again blindly.
        assert kept <= desk.standing().entries <= kept + 1
        assert desk.unprinted() == tuple(range(1, desk.standing().entries + 1))
        desk.book.check_file()
        desk.close()


def struck(laptop: Laptop, call: str, error: str, when: int) -> list[str]:
    """What a program answers that posts thirty vouchers while one of its system calls fails."""
    running = posting(laptop, 30, "strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", f"inject={call}:error={error}:when={when}")
    answers, _ = running.communicate(timeout=120)
    return answers.split()


def places(laptop: Laptop, trace: Path) -> dict[str, list[int]]:
    """Which flush and which write of a run belong to the fifth, twelfth and twentieth voucher: all runs are alike."""
    posting(laptop, 30, "strace", "-f", "--seccomp-bpf", "-e", "trace=fsync,pwrite64,getppid", "-o", str(trace)).communicate(timeout=120)
    seen, found, marks = {"fsync": 0, "pwrite64": 0}, {"fsync": [], "pwrite64": []}, 0
    for call in re.findall(r"(getppid|fsync|pwrite64)\(", trace.read_text()):
        if call == "getppid":
            marks += 1
            continue
        seen[call] += 1
        if marks in (2 * 4 + 1, 2 * 11 + 1, 2 * 19 + 1) and (call == "fsync" or seen[call] % 3 == 0):
            found[call].append(seen[call])
    return found


def test_an_error_of_the_disk_is_named_and_the_book_is_sound_when_opened_again(
    opened_laptop: Laptop, tmp_path: Path
) -> None:
    found = places(copied(opened_laptop, tmp_path / "dry"), tmp_path / "trace")
    assert len(found["fsync"]) == 3
    for call, error, said in (("fsync", "EIO", "book.disk-failing"), ("pwrite64", "ENOSPC", "book.disk-full")):
        when = found[call][0] if error == "EIO" else found[call][-1]
        laptop = copied(opened_laptop, tmp_path / f"{call}{when}")
        answers = struck(laptop, call, error, when)
        at = answers.index(said)
        if error == "EIO":
            # Never on with a file whose flush failed once.
            assert set(answers[at:]) == {said}
        else:
            assert all(one.isdigit() for one in answers[at + 1 :])
        last = max(int(one) for one in answers if one.isdigit())
        desk = laptop.desk()
        assert last <= desk.standing().entries <= last + 1
        desk.book.check_file()
        desk.close()


def test_a_failing_disk_ends_this_opening_of_the_book(book: Book, writer: Writer) -> None:
    append(book, writer, 1)
    book._failing = True
    with pytest.raises(DiskFailing):
        append(book, writer, 2)
    with pytest.raises(DiskFailing):
        book.keep_draft("GDV01", "groups", "x")
    book._failing = False


def test_a_log_that_the_disk_does_not_give_back_is_said_in_words(opened_laptop: Laptop, tmp_path: Path) -> None:
    laptop = copied(opened_laptop, tmp_path / "laptop")
    log = Path(f"{laptop.home / 'books' / laptop.pack.book.hex()}.db-wal")
    # What nobody can read as a file, root or not.
    log.unlink(missing_ok=True)
    log.mkdir()
    with pytest.raises(DiskFailing):
        laptop.open_book()
    log.rmdir()
    laptop.open_book().close()


# --- search


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("nguyen thi mau", {HEAD_A, small.HEAD_B}), ("mau nguyen", {HEAD_A, small.HEAD_B}), ("NGUYỄN", {HEAD_A, small.HEAD_B, SAVER}),
        ("dang", {small.DEPUTY_A}), ("Đặng", {small.DEPUTY_A}), ("đăng thư", {small.DEPUTY_A}), ("h'bia", {small.TWICE}),
        ("bia nie", {small.TWICE}), ("y oi", {small.NO_DEPOSIT}), ("ro cham my phuong", {SAVER}),
        (f"0801710{SAVER[-5:]}", {SAVER}), (f"{SAVER[-4:]}", {SAVER}), (SAVER, {SAVER}), (small.loan_code(small.LATE), {small.LATE}),
        ("giang a", {small.FOLLOWS}), ("khong co ai", set()), ("", set()), ("'\"*-", set()), ("nguyen*", {HEAD_A, small.HEAD_B, SAVER}),
        ("nguyen OR giang", set()), ("NEAR(nguyen)", set()), ("{words}: nguyen", set()),
    ],
)  # fmt: skip
def test_people_are_found_without_diacritics_in_any_order_and_by_the_end_of_a_code(
    book: Book, typed: str, found: set[str]
) -> None:
    assert {one.code for one in book.search(typed, limit=50) if one.kind == "customer"} == found


def test_a_group_is_found_by_its_code_its_name_or_its_leader_before_its_members(book: Book) -> None:
    found = book.search(GROUP_A, limit=50)
    assert found[0] == Found("group", GROUP_A)
    assert {one.code for one in found[1:]} == {one.customer_code for one in TERMS.customers if one.group_code == GROUP_A}
    assert Found("group", GROUP_A) in book.search("to 0117", limit=50)
    assert {one for one in book.search("mau", limit=50) if one.kind == "group"} == {
        Found("group", GROUP_A), Found("group", small.GROUP_B)
    }  # fmt: skip


def test_a_large_groups_members_do_not_crowd_it_out(home: Path) -> None:
    many = tuple(small.customer(f"4807001{number:03d}", f"Thành viên {number}", GROUP_A) for number in range(70))
    book = made(home, changed(small.PACK, terms=changed(TERMS, customers=TERMS.customers + many)))
    found = book.search(GROUP_A, limit=50)
    assert len(found) == 50
    assert found[0] == Found("group", GROUP_A)
    assert len(book.search("thanh", limit=7)) == 7
    book.close()


def test_folding_takes_every_vietnamese_letter_to_its_plain_one() -> None:
    assert folded("ĐẶNG Thị Ưởng") == "dang thi uong"
    assert folded("H'Bia Niê") == "h bia nie"
    assert folded("đ\u0323ường") == "duong"
    assert folded("\0*\"'") == "    "


# --- small writes beside the chain


def test_sheets_are_counted_and_drafts_are_kept_and_dropped(home: Path, writer: Writer) -> None:
    book = made(home)
    append(book, writer, 1)
    append(book, writer, 2, sheets=False)
    append(book, writer, 3)
    assert (book.unprinted(), book.sheets()) == ((1, 3), {1: 0, 3: 0})
    book.printed(3, sheets=2)
    book.printed(3, sheets=1)
    book.printed(99, sheets=1)
    book.keep_draft("GDV01", "groups", "330.000")
    book.keep_draft("GDV01", "groups", "340.000")
    book.keep_draft("GDV01", "cash", "1")
    book.keep_draft("GDV01", "cash", "")
    book.keep_draft("GDV01", "nothing", "")
    book.close()
    again = Book.open(home, KEY, book=small.BOOK)
    assert (again.unprinted(), again.sheets()) == ((1,), {1: 0, 3: 3})
    assert again.draft("GDV01", "groups") == "340.000"
    assert (again.draft("GDV01", "cash"), again.draft("KSV01", "groups"), again.draft("GDV01", "nothing")) == ("", "", "")
    again.close()


def test_what_is_stored_beside_an_entrys_bytes_is_held_against_them(book: Book, writer: Writer) -> None:
    for number in (1, 2, 3):
        append(book, writer, number)
    run = book._connection.execute
    run("DROP TRIGGER entry_no_update")
    run("UPDATE entry SET head = zeroblob(32) WHERE number = 3")
    assert len(list(book.sealed(1, 2))) == 2
    with pytest.raises(store.BookAltered):
        list(book.sealed())
    run("UPDATE entry SET head = (SELECT head FROM entry WHERE number = 2), raw = (SELECT raw FROM entry WHERE number = 2) WHERE number = 3")
    with pytest.raises(store.BookAltered):
        list(book.sealed())
