"""A stick that was put in: everything for the office onto it, everything from the office off it."""

import argparse
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.commands.terminal import Verbs, clock, say, unlocked_by
from sync.errors import Refusal

if TYPE_CHECKING:
    from desktop.road.stick import Exchanged


class StickWhich(Refusal):
    """None is in, or more than one."""

    code = "command.stick-which"
    vi = "Có {count} USB đang cắm. Chỉ rõ thư mục của USB: stick FOLDER."
    en = "There are {count} sticks in. Name the folder of one: stick FOLDER."


def add(verb: Verbs) -> None:
    """Its verb."""
    one = verb("stick", stick)
    one.add_argument("folder", type=Path, nargs="?", default=None, help="ổ USB, hoặc thư mục · the stick, or a folder")
    one.add_argument("--take", action="store_true", help="chỉ lấy về, không ghi gì lên USB · only take, write nothing")


def stick(given: argparse.Namespace) -> int:
    """Write what is unsent of every book to a stick, and take what the office wrote on it."""
    from desktop.road import volumes
    from desktop.road.stick import Table, exchange

    root = given.folder
    if root is None:
        found = volumes.found()
        if len(found) != 1:
            raise StickWhich(count=len(found))
        root = found[0].root
    table = Table(given.home, unlocked_by(given.home, given.user), clock)
    done = exchange(root, table, draw=secrets.token_bytes, writing=not given.take)
    _tell(done, writing=not given.take)
    return 1 if done.left else 0


def _tell(done: "Exchanged", *, writing: bool) -> None:
    for one in done.took.moved:
        where, marks = f"{one.point_name} {one.session_date:%d/%m/%Y}", one.marks
        say(f"{where}: văn phòng đã nhận đến phiếu số {marks.received}, an toàn đến số {marks.safe}.",
            f"{where}: the office has vouchers up to {marks.received}, safe up to {marks.safe}.")  # fmt: skip
    for pack in done.took.loaded:
        where = f"{pack.point_name} {pack.session_date:%d/%m/%Y}"
        say(f"Đã có sổ của {where}.", f"The book of {where} is ready.")
        print(pack.pack.hex())
    if count := done.took.told:
        say(f"Văn phòng trả kết quả hạch toán của {count} dòng.", f"The office said what became of {count} lines.")
    for left in done.left:
        say(f"{left.name}: {left.fault.sentence('vi')}", f"{left.name}: {left.fault.sentence('en')}")
    if count := done.elsewhere:
        say(f"{count} tệp của máy khác hoặc văn phòng khác: để nguyên.", f"{count} files are for other laptops or offices and stay.")
    if count := done.brought.others:
        names = ", ".join(done.brought.strangers)
        say(f"{count} mục lạ để nguyên: {names}", f"{count} entries are not ours and stay: {names}")
    if not writing:
        return
    count, files = done.gathered.entries, len(done.written.names)
    if not files:
        say("Không còn phiếu nào phải đưa về văn phòng. Rút USB được rồi.", "No vouchers are left to hand in. The stick can be pulled out.")
        return
    say(f"Đã ghi {files} tệp, {count} phiếu, và đọc lại đúng. Rút USB được rồi.",
        f"Wrote {files} files with {count} vouchers and read them again. The stick can be pulled out.")  # fmt: skip
    if not done.written.past_memory:
        say("Máy này không đọc thẳng được từ USB: giấy báo nhận trở về mới là bằng chứng.",
            "This laptop cannot read past its memory: the acknowledgement that comes back is the proof.")  # fmt: skip
