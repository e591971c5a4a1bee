"""Whether the books of a laptop are sound; where one is not, what kind of damage it is and how far all before it stands."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from desktop import store
from desktop.care import backups, set_back
from desktop.shelf import books, open_book, verified
from desktop.store import Book
from desktop.vault import Unlocked
from desktop.words import Words
from sync.chain import NO_HEAD, Sealed
from sync.errors import Fault, Unavailable
from sync.session import Session


class Checked(NamedTuple):
    """What a check of one book found. `reason` is empty where all of it is sound and it may go on.

    `entries`, `head` and `cash` (đồng) are those of what is sound, up to the first bad entry `damaged_at`; 0 where every
    entry is sound and what stands beside them is not. `kind` is `file` (it does not open), `page`, `entry`, `chain`,
    `signature`, `rule`, `balance`, `key`, `missing`, or `set-back` and `behind` for a sound book that may not go on.
    """

    book: bytes
    entries: int
    head: bytes
    damaged_at: int
    reason: str
    kind: str = ""
    cash: int = 0


# What the faults of a check mean; every other one is a rule that an entry breaks.
_KINDS: Mapping[str, str] = {
    "book.not-opened": "page", "book.disk-failing": "page", "bytes.malformed": "entry", "chain.broken": "chain",
    "keys.signature-wrong": "signature",
}  # fmt: skip


def check(home: Path, unlocked: Unlocked) -> Iterator[Checked]:
    """Every book, from its file to its last rule: chain, signatures, rules, kept balances, pages; and those that are gone.

    Raises `BookInUse`: a book that somebody is writing is neither sound nor damaged.
    """
    for book in books(home):
        try:
            unlocked.book_key(book)
        except Fault as fault:
            yield _at_fault(book, fault)._replace(kind="key")
            continue
        try:
            opened = open_book(home, unlocked, book)
        except Unavailable:
            raise
        except Fault as fault:
            yield _at_fault(book, fault)._replace(kind="file")
            continue
        try:
            yield checked(opened, unlocked)
        finally:
            opened.close()
    for book in sorted({*backups.books(home)} - {*books(home)}):
        if backups.copies(home, book)[-1].entries:
            yield _at_fault(book, store.BookNotOpened(book=book.hex()[:8]))._replace(kind="missing")


def checked(book: Book, unlocked: Unlocked) -> Checked:
    """What a check of one open book finds."""
    session, heads = Session(book.pack.terms), [NO_HEAD]

    def told() -> Iterator[Sealed]:
        for sealed in _singly(book):
            heads.append(sealed.head)
            yield sealed

    try:
        standing = verified(book, device_key=unlocked.sign_key, session=session, rows=told())
    except Fault as fault:
        entries, found = len(session.bodies), _at_fault(book.book, fault)
        beside = found.kind in ("page", "balance") and entries == len(heads) - 1 == _length(book)
        return found._replace(
            entries=entries, head=heads[entries], damaged_at=0 if beside else entries + 1, cash=session.cash
        )
    sound = Checked(book.book, standing.entries, standing.head, 0, "", "", session.cash)
    try:
        set_back.ask(book, set_back.look(book, unlocked, entries=standing.entries, head=standing.head, now_s=0, keep=False))
    except Fault as fault:
        return sound._replace(kind=fault.code.rpartition(".")[2], reason=_said(fault))
    return sound


def in_words(found: Checked, words: Words) -> str:
    """What was found, how far all before it is sound, and what to do, in sentences."""
    facts: dict[str, str | int] = {
        "entries": f"{found.entries:06d}", "count": found.entries, "cash": found.cash, "head": found.head.hex()[:8].upper(),
    }  # fmt: skip
    if not found.reason:
        return words("ui.check.sound", **facts)
    said = [words(f"ui.check.found.{found.kind}")]
    if not found.damaged_at:
        said.append(words("ui.check.all_sound", **facts))
    elif not found.entries:
        said.append(words("ui.check.none_sound"))
    else:
        said.append(words("ui.check.first_bad", number=f"{found.damaged_at:06d}"))
        said.append(words("ui.check.sound_before", **facts))
    return " ".join((*said, words(f"ui.check.next.{found.kind}")))


def _singly(book: Book) -> Iterator[Sealed]:
    """Entries one by one: a page that is bad hides what stands on it, and nothing before it."""
    for number in range(1, 2**62):
        found = next(book.sealed(number, number), None)
        if found is None:
            return
        yield found


def _length(book: Book) -> int:
    """How many entries it says it has; -1 where even that cannot be read."""
    try:
        return book.length
    except Fault:
        return -1


def _at_fault(book: bytes, fault: Fault) -> Checked:
    """What kind of damage a fault is, with nothing known to be sound."""
    kind = _KINDS.get(fault.code, "rule")
    if isinstance(fault, store.BookAltered):
        part = str(fault.facts["reason"])
        kind = "balance" if part == "balances" else "entry" if part.startswith("#") else "page"
    return Checked(book, 0, NO_HEAD, 1, _said(fault), kind)


def _said(fault: Fault) -> str:
    return f"{fault.code}: {fault.sentence()}"
