"""The laptop's program: `python -m desktop` opens the window; a verb behind it does one thing and ends.

What a verb does stands in `desktop.commands`, a room for each kind of work. Every sentence is said in Vietnamese
and then in English; exit status 0 when it was done, 1 when it was not.
"""

import argparse
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desktop.commands import care, exchange, joining, playing, resuming, stick
from desktop.commands.terminal import Does, clock, say
from desktop.road import address
from sync.errors import Fault

# In the order in which help names their verbs.
ROOMS = (joining, exchange, stick, care, resuming, playing)


def window(given: argparse.Namespace) -> int:
    """The window."""
    from desktop.ui import window as shown

    where = given.office or address.known(given.home)
    return int(
        shown.run(
            given.home, clock=clock, draw=secrets.token_bytes, courier_url=where or None, paper=given.paper,
            language=given.language,
        )
    )  # fmt: skip


def _arguments() -> argparse.ArgumentParser:
    import platformdirs

    own = Path(platformdirs.user_data_dir("diem-giao-dich", appauthor=False)) / "laptop"
    shared: dict[str, dict[str, Any]] = {
        "--home": {"type": Path, "default": own, "help": "thư mục của máy · the laptop's folder"},
        "--user": {"default": "", "help": "mã cán bộ · staff id"},
        "--office": {"default": "", "help": "địa chỉ văn phòng · the office's address"},
    }
    # Behind a verb nothing has a default of its own: what stood before the verb would be lost to it.
    every = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    for name, how in shared.items():
        every.add_argument(name, **{key: value for key, value in how.items() if key != "default"})
    parser = argparse.ArgumentParser(prog="python -m desktop", description=__doc__)
    for name, how in shared.items():
        parser.add_argument(name, **how)
    parser.add_argument("--language", choices=("vi", "en"), default="vi")
    parser.add_argument("--paper", type=Path, default=None, help="in vào thư mục này · print into this folder")
    parser.set_defaults(verb=window)
    verbs = parser.add_subparsers()

    def verb(name: str, does: Does, *more: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=does.__doc__, parents=[every, *more])
        made.set_defaults(verb=does)
        return made

    for room in ROOMS:
        room.add(verb)
    return parser


def main(arguments: Sequence[str]) -> int:
    """The exit status. A fault is said; anything else is a bug of this program and reaches the top."""
    given = _arguments().parse_args(arguments)
    try:
        return int(given.verb(given))
    except Fault as fault:
        from desktop.care import fault_tally

        fault_tally.count(given.home, fault.code)
        say(fault.sentence("vi"), fault.sentence("en"))
        return 1


if __name__ == "__main__":
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]))
