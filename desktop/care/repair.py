"""A damaged book made whole again from what is left: its newest sound copy, the damaged file itself, a mirror on a stick.

    home/aside/<serial>-<book>.db    what was damaged, as it was found; never opened again by itself, never deleted

Entries are signed and linked, so it does not matter where one comes from: whatever follows the last sound one, by
every rule, is taken, and nothing else is. What comes back is marked as put back (`desktop.care.set_back`): it takes no
voucher and sends nothing until it was held against the office. Paper of its entries may be out, whatever the copy says
of it, so every voucher that waits for its paper is one for a person to answer.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from desktop import files
from desktop.care import backups, set_back, vault_copies
from desktop.rows import UNKNOWN_PRINTER
from desktop.shelf import verified
from desktop.store import Begun, Book, SetBack, entries_left, path_of
from desktop.vault import Unlocked
from sync import mirror
from sync.chain import NO_HEAD, Sealed, follows, verify_approvals, verify_signed
from sync.errors import Damage, Fault, Refusal
from sync.session import Session


class BookSound(Refusal):
    code = "repair.book-sound"
    vi = "Sổ {book} không hỏng và không bản sao nào có nhiều phiếu hơn, nên không thay. Mở sổ và làm việc tiếp."
    en = "Book {book} is not damaged and no copy has more vouchers, so it is not replaced. Open it and go on."


class NoCopy(Damage):
    code = "repair.no-copy"
    vi = "Không có bản sao nào của sổ {book} mở được. Giữ nguyên máy; làm tiếp phiên trên máy khác bằng gương trên USB, và gọi văn phòng."
    en = "No copy of book {book} opens. Keep the laptop as it is; go on with the session at another laptop from the mirror on the stick, and call the office."


class CopyUnknown(Refusal):
    code = "repair.copy-unknown"
    vi = "Sổ {book} không có bản sao số {serial}. Chạy lệnh restore không kèm --from để dùng bản mới nhất còn tốt."
    en = "Book {book} has no copy {serial}. Run restore without --from to use the newest one that is sound."


class Repaired(NamedTuple):
    """A book that was put back: from copy `serial`, with `more` entries found elsewhere, `entries` in all.

    `known` is the highest number this laptop or a person knows of; `aside` is where the damaged file lies.
    """

    book: bytes
    serial: int
    entries: int
    more: int
    known: int
    aside: Path | None


class _Whole(NamedTuple):
    """A copy that was read to its end and is sound, and what it holds."""

    copy: backups.Copy
    entries: tuple[Sealed, ...]


def restore(
    home: Path, unlocked: Unlocked, book: bytes, *, now_s: int, serial: int = 0, brought: bytes = b"", seen: int = 0
) -> Repaired:
    """Put a book back from its newest sound copy (or that of `serial`) and all that follows it elsewhere.

    `brought` is a mirror; `seen` the highest number somebody has on paper. Raises `BookSound`, `NoCopy`, `CopyUnknown`,
    `BookInUse`, `VaultDamaged`, what reading a mirror raises, `DiskFull`, `NotWritten`: the laptop is then as it was.
    """
    backups.clear(home)
    key = _key(home, unlocked, book)
    now = _state(home, unlocked, book, key)
    best = _best(home, unlocked, book, key, serial)
    sources = [_from_mirror(unlocked, book, key, brought)] if brought else []
    first = len(best.entries) + 1
    elsewhere = [one.path for one in backups.copies(home, book) if one.entries >= first]
    sources += [_left(home, path, key, first=first) for path in (*_damaged(home, book), *elsewhere)]
    more = _following(best, sources)
    if now is not None and now >= len(best.entries) + len(more):
        raise BookSound(book=book.hex()[:8])
    known = max(seen, set_back.known(home, unlocked, book))
    fresh = path_of(home, book).with_suffix(".restoring")
    with files.taking():
        _drop(fresh)
        shutil.copyfile(best.copy.path, fresh)
        added = _made_whole(fresh, unlocked, key, best, more, now_s=now_s, known=known)
        _flush(fresh)
        vault_copies.keep(home)
        aside = _put_aside(home, book)
        # The log of the damaged file would be taken for that of the one put in its place.
        _drop(path_of(home, book), but_file=True)
        fresh.replace(path_of(home, book))
        files.flush_folder(fresh.parent)
    entries = len(best.entries) + added
    return Repaired(book, best.copy.serial, entries, added, max(known, entries), aside)


def restore_vault(home: Path, copy: Path) -> Path:
    """The vault's files as they were in a copy; where the present ones lie now. Raises `NotWritten`."""
    aside = home / "aside" / f"{_serial(home):06d}-vault"
    vault_copies.put_back(home, copy, aside=aside)
    return aside


def _key(home: Path, unlocked: Unlocked, book: bytes) -> bytes:
    """The book's key; a slot that is damaged or gone is put back from the newest copy that opens. Raises `VaultDamaged`."""
    try:
        return unlocked.book_key(book)
    except Fault:
        path = home / "vault" / "books" / f"{book.hex()}.dgd"
        before = path.read_bytes() if path.exists() else None
        for raw in vault_copies.put_key_back(home, path.relative_to(home)):
            files.keep(path, raw)
            with suppress(Fault):
                return unlocked.book_key(book)
        if before is not None:
            files.keep(path, before)
        raise


def _state(home: Path, unlocked: Unlocked, book: bytes, key: bytes) -> int | None:
    """How many entries the book has, if it is sound; None where it is not, or not there. Raises `BookInUse`."""
    try:
        opened = Book.look(home, key, book=book)
    except Damage:
        return None
    try:
        return verified(opened, device_key=unlocked.sign_key).entries
    except Fault:
        return None
    finally:
        with suppress(Fault):
            opened.close()


def _best(home: Path, unlocked: Unlocked, book: bytes, key: bytes, serial: int) -> _Whole:
    """The newest copy that is sound to its last rule. Raises `NoCopy`, `CopyUnknown`."""
    held = [one for one in backups.copies(home, book) if serial in (0, one.serial)]
    if serial and not held:
        raise CopyUnknown(book=book.hex()[:8], serial=str(serial))
    for one in sorted(held, key=lambda one: (one.entries, one.serial), reverse=True):
        with suppress(Fault):
            opened = Book.at(one.path, key, book=book)
            try:
                verified(opened, device_key=unlocked.sign_key)
                return _Whole(one, tuple(opened.sealed()))
            finally:
                opened.close()
    raise NoCopy(book=book.hex()[:8])


def _from_mirror(unlocked: Unlocked, book: bytes, key: bytes, raw: bytes) -> list[Sealed]:
    """What a mirror of this book has. Raises `Malformed`, `NotOpened` and what `mirror.read` raises."""
    header = mirror.read_header(raw)
    found = mirror.read(raw, key=mirror.file_key(key, salt=header.salt), office=unlocked.office)
    return [one for one in found.entries if one.entry.book == book]


def _damaged(home: Path, book: bytes) -> list[Path]:
    """The book's file as it stands, and those put aside before, the newest first."""
    aside = sorted((home / "aside").glob(f"*-{book.hex()}.db"), reverse=True) if (home / "aside").exists() else []
    return [path for path in (path_of(home, book), *aside) if path.exists()]


def _left(home: Path, path: Path, key: bytes, *, first: int) -> list[Sealed]:
    """Entries that can still be read of a file, looked for in a copy: the file itself stays as it was found."""
    copy = home / "aside" / "reading"
    with files.taking():
        copy.parent.mkdir(parents=True, exist_ok=True)
        _drop(copy)
        for end in ("", "-wal"):
            if Path(f"{path}{end}").exists():
                shutil.copyfile(f"{path}{end}", f"{copy}{end}")
        try:
            return list(entries_left(copy, key, first=first))
        finally:
            _drop(copy)


def _following(best: _Whole, sources: Iterable[Sequence[Sealed]]) -> list[Sealed]:
    """The longest run among these that follows the copy, by number and head; the rules are asked when it is kept."""
    longest: list[Sealed] = []
    for source in sources:
        by_number = {one.entry.number: one for one in source}
        run: list[Sealed] = []
        head, number = (best.entries[-1].head if best.entries else NO_HEAD), len(best.entries) + 1
        while (found := by_number.get(number)) is not None and found.entry.prev == head:
            run.append(found)
            head, number = found.head, number + 1
        longest = max(longest, run, key=len)
    return longest


def _made_whole(
    path: Path, unlocked: Unlocked, key: bytes, best: _Whole, more: Sequence[Sealed], *, now_s: int, known: int
) -> int:
    """Add to the copy at `path` what follows, as far as every rule allows, and mark it as put back; how many were added."""
    book = best.copy.book
    opened = Book.at(path, key, book=book)
    try:
        opened.fill_up()
        session = Session(opened.pack.terms)
        staff_keys = {one.staff_id: one.sign_key for one in session.terms.team}
        head = verified(opened, device_key=unlocked.sign_key, session=session).head
        added = 0
        with suppress(Damage, Refusal):
            for sealed in more:
                entry = sealed.entry
                follows(entry, session=session, book=book, prev=head)
                verify_signed(sealed, session=session, device_key=unlocked.sign_key)
                verify_approvals(entry, session=session, staff_keys=staff_keys)
                approvers = [one.staff_id for one in entry.approvals]
                session.check(entry.body, maker=entry.maker, approvers=approvers, head=head)
                opened.append(sealed, balances=session.balances_with(entry.body), sheets=True)
                session.apply(entry.body, maker=entry.maker)
                head, added = sealed.head, added + 1
        begun = {one.number for one in opened.begun()}
        for number in opened.unprinted():
            if number not in begun:
                opened.begin_print(Begun(number, 0, 1, UNKNOWN_PRINTER))
        entries = verified(opened, device_key=unlocked.sign_key).entries
        opened.keep_set_back(SetBack(entries, max(known, entries), now_s))
        return added
    finally:
        opened.close()


def _put_aside(home: Path, book: bytes) -> Path | None:
    """The damaged file with its log, copied whole; None where there is none."""
    path = path_of(home, book)
    if not path.exists():
        return None
    place = home / "aside" / f"{_serial(home):06d}-{book.hex()}.db"
    place.parent.mkdir(parents=True, exist_ok=True)
    for end in ("-wal", ""):
        if Path(f"{path}{end}").exists():
            shutil.copyfile(f"{path}{end}", f"{place}{end}")
            _flush(Path(f"{place}{end}"))
    files.flush_folder(place.parent)
    return place


def _flush(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _serial(home: Path) -> int:
    folder = home / "aside"
    held = [int(path.name[:6]) for path in folder.iterdir() if path.name[:6].isdigit()] if folder.exists() else []
    return max(held, default=0) + 1


def _drop(path: Path, *, but_file: bool = False) -> None:
    """A file with what lies beside it; `but_file`: only what lies beside it."""
    for file in (Path(f"{path}-wal"), Path(f"{path}-shm"), *(() if but_file else (path,))):
        file.unlink(missing_ok=True)
