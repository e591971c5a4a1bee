"""A program of its own that posts to a book, for tests that kill it, trace it or starve it.

    python -m tests.desktop.posting HOME KEY COUNT

HOME is a laptop of `tests.desktop.enrolled` whose float was taken over, KEY its vault key. Each voucher's
number is printed once it is kept. The parent's number is asked for before and after each, which shows
in a trace of system calls.
"""

import os
import sys
from pathlib import Path

from sync.errors import Fault
from tests.desktop.enrolled import Laptop, deposit
from tests.sync import small


def main(home: str, key: str, count: str) -> None:
    laptop = Laptop(Path(home), bytes.fromhex(key), small.PACK)
    desk = laptop.desk()
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


if __name__ == "__main__":
    main(*sys.argv[1:])
