"""A laptop as a fault left it, held against what its teller was told; nothing, where the program keeps its word."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from desktop import shelf, store
from desktop.care import set_back, soundness
from desktop.desk import Desk
from desktop.store import Book
from desktop.vault import FLOOR, NotEnrolled, Vault, answer_left, enrol
from sync.chain import NO_HEAD
from sync.errors import Fault, Unavailable
from tests.desktop.enrolled import PEOPLE, TICKET, Draw, Laptop, deposit
from tests.faults.tally import Wrong
from tests.faults.workers import Worked
from tests.faults.working import digest_of, state_of

# The state of a laptop that has no book yet.
NONE = "none"


def states(told: Sequence[str], *, first: str) -> list[str]:
    """The state after each step that was kept, in order. A book that is shut is as it was before it was shut, or, where
    it was just made, as it is when it is first opened."""
    said = [line.split(" ")[2] for line in told]
    found: list[str] = []
    for place, state in enumerate(said):
        before = found[-1] if found else first
        if state == "shut":
            made = before == NONE and told[place].startswith("kept make")
            state = next((one for one in said[place:] if one != "shut"), NONE) if made else before
        found.append(state)
    return found


def small_files(told: Sequence[str]) -> list[str]:
    """The state of the small files after each step that was kept."""
    return [line.split(" ")[3] for line in told]


def state_at_rest(laptop: Laptop) -> str:
    """The state of a book that nobody has open."""
    book = Book.look(laptop.home, laptop.book_key, book=laptop.pack.book)
    try:
        return state_of(book)
    finally:
        book.close()


def read(laptop: Laptop, *, allowed: Sequence[str]) -> Iterator[Wrong]:
    """The book's file as it lies, through the store's own door: everything in it is one of `allowed`."""
    if NONE in allowed and not book_file(laptop).exists():
        return
    try:
        with store._door(laptop.pack.book):
            connection = store._connect(book_file(laptop), laptop.book_key, fresh=False)
            try:
                state = digest_of(connection.execute)
            finally:
                connection.close()
    except Fault as fault:
        yield Wrong("lost", f"does not open: {fault.code}")
        return
    if state not in allowed:
        yield Wrong("lost", "other than was told")


def looked(laptop: Laptop, *, allowed: Sequence[str]) -> Iterator[Wrong]:
    """The same as a book: its pages and its structure too, and that nobody takes it for one that was put back."""
    if NONE in allowed and not book_file(laptop).exists():
        return
    try:
        book = Book.look(laptop.home, laptop.book_key, book=laptop.pack.book)
    except Fault as fault:
        yield Wrong("lost", f"does not open: {fault.code}")
        return
    try:
        state = state_of(book)
        if state not in allowed:
            yield Wrong("lost", f"{book.length} entries, and other than was told")
        last = next(book.sealed(book.length, book.length), None)
        head = last.head if last else NO_HEAD
        # A book of an earlier form has no place for that yet, and is not asked.
        asked = book._cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'set_back'").fetchone()
        if asked and set_back.look(book, laptop.unlocked(), entries=book.length, head=head, now_s=0, keep=False):
            yield Wrong("unsound", "taken for a book that was put back")
        book.check_file()
    except Fault as fault:
        yield Wrong("unsound", fault.code)
    finally:
        book.close()


def goes_on(laptop: Laptop) -> Iterator[Wrong]:
    """The book by the desk, and one more voucher; where there is no book yet, it is made."""
    try:
        if not book_file(laptop).exists():
            shelf.make_book(laptop.home, laptop.unlocked(), pack=laptop.pack)
    except Fault as fault:
        yield Wrong("unsound", f"is not made again: {fault.code}")
        return
    yield from opened(laptop, least=0, most=2**31)


def vault_kept(home: Path, *, answer: bytes, enrolled: bool) -> Iterator[Wrong]:
    """Not enrolled at all, so that it can be done again, or enrolled whole, its keys and its answer there."""
    try:
        held = Vault(home, draw=Draw(b"after"), keystore=None)
        if answer_left(home) != answer:
            yield Wrong("lost", "enrolled, and its answer is gone")
        first = PEOPLE[0]
        if not held.unlock(first.staff_id, passphrase=first.passphrase, now_s=0).can_sign:
            yield Wrong("lost", "enrolled, and cannot sign")
    except NotEnrolled:
        if enrolled:
            yield Wrong("lost", "was told to be enrolled")
            return
        try:
            enrol(home, TICKET, people=PEOPLE, draw=Draw(), cost=FLOOR, keystore=None)
        except Fault as fault:
            yield Wrong("unsound", f"is not enrolled again: {fault.code}")
    except Fault as fault:
        yield Wrong("lost", f"neither enrolled nor not: {fault.code}")


def opened(laptop: Laptop, *, least: int, most: int) -> Iterator[Wrong]:
    """The book through the desk: every link, signature, rule and balance, its paper, its pages, and one more voucher."""
    try:
        desk = laptop.desk()
    except Fault as fault:
        yield Wrong("unsound", f"{fault.code}: {fault.sentence('en')}")
        return
    except Exception as bug:  # noqa: BLE001 - a book of which only half is there opens with none of our sentences
        yield Wrong("unsound", repr(bug))
        return
    try:
        yield from _stands(desk, least=least, most=most)
        desk.book.check_file()
    except Fault as fault:
        yield Wrong("unsound", f"{fault.code}: {fault.sentence('en')}")
    finally:
        desk.close()


def _stands(desk: Desk, *, least: int, most: int) -> Iterator[Wrong]:
    sealed = list(desk.book.sealed())
    numbers = [one.entry.number for one in sealed]
    if len(sealed) < least:
        yield Wrong("lost", f"{least} were told, {len(sealed)} are there")
    if len(sealed) > most or len({one.entry.id for one in sealed}) != len(sealed):
        yield Wrong("doubled", f"{most} were posted at most, {len(sealed)} are there")
    if numbers != list(range(1, len(sealed) + 1)):
        yield Wrong("unsound", "numbers with a gap")
    if sorted(desk.book.sheets()) != numbers:
        yield Wrong("unsound", "entries and print jobs differ")
    if desk.standing().state == "open":
        last = desk.post(deposit(desk)).sealed.entry.number
        if last != len(sealed) + 1:
            yield Wrong("unsound", "the next voucher has another number")


def said_clearly(worked: Worked) -> Iterator[Wrong]:
    """Whatever stopped a step was a sentence; the program never ended by an error of its own."""
    if worked.said:
        yield Wrong("unclear", worked.said.strip().splitlines()[-1])


def sound(laptop: Laptop) -> Iterator[Wrong]:
    """What `desktop check` says of every book."""
    try:
        for found in soundness.check(laptop.home, laptop.unlocked()):
            if found.reason:
                yield Wrong("unsound", found.reason)
    except Unavailable as fault:
        yield Wrong("unclear", fault.code)


def book_file(laptop: Laptop) -> Path:
    return store.path_of(laptop.home, laptop.pack.book)
