"""A program of its own that posts to a book, for tests that kill it, trace it or starve it.

    python -m tests.desktop.posting HOME KEY BOOK COUNT

HOME is a laptop of `tests.desktop.enrolled` that was copied there, KEY its vault key. Each voucher's
number is printed once it is kept. The parent's number is asked for before and after each, which shows
in a trace of system calls.
"""

import os
import sys
from pathlib import Path

from desktop.store import Book
from sync.errors import Fault
from sync.pack import Pack
from tests.desktop.enrolled import Laptop, deposit, opened


def main(home: str, key: str, book: str, count: str) -> None:
    laptop = Laptop(Path(home), bytes.fromhex(key), pack_of(Path(home), bytes.fromhex(key), bytes.fromhex(book)))
    desk = laptop.desk()
    if desk.standing().entries == 0:
        opened(desk)
        print(1, flush=True)
    for _ in range(int(count)):
        preview = deposit(desk)
        os.getppid()
        try:
            number = desk.post(preview).sealed.entry.number
        except Fault as fault:
            print(fault.code, flush=True)
            continue
        finally:
            os.getppid()
        print(number, flush=True)
    desk.close()


def pack_of(home: Path, key: bytes, book: bytes) -> Pack:
    """The pack stands in the book itself."""
    fresh = Laptop(home, key, None)  # type: ignore[arg-type]
    held = Book.open(home, fresh.unlocked().book_key(book), book=book)
    try:
        return held.pack
    finally:
        held.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
