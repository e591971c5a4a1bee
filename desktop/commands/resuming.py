"""A session that another laptop wrote goes on at this one."""

import argparse
from pathlib import Path

from desktop.commands.terminal import Verbs, ask, clock, read_file, say, unlocked_by


def add(verb: Verbs) -> None:
    """Its verb."""
    one = verb("resume", resume)
    one.add_argument("mirror", type=Path, help="USB của máy kia, hoặc tệp bản sao trên đó · the other laptop's stick, or the file on it")
    one.add_argument("--reason", default="", help="vì sao · why")
    one.add_argument("--approver", default="", help="cán bộ duyệt · who approves, by staff id")


def resume(given: argparse.Namespace) -> int:
    """Go on with another laptop's session from its stick. The passphrase, then the PIN of whoever typed it, then the approver's."""
    from desktop.road import going_on, mirror

    unlocked = unlocked_by(given.home, given.user)
    pin = ask(f"{unlocked.account.full_name} · PIN")
    on_stick = given.mirror.is_dir()
    lying = mirror.others(given.mirror, but=unlocked.device) if on_stick else (read_file(given.mirror),)
    found = going_on.newest(given.home, unlocked, lying, typed=pin, now_s=clock().wall_s)
    terms, last = found.pack.terms, len(found.entries)
    where = f"{terms.point.point_name} {terms.session_date:%d/%m/%Y}"
    say(f"{where}: máy {found.letter} dừng ở phiếu {last:06d}, quỹ {found.session.cash:,} đ.".replace(",", "."),
        f"{where}: laptop {found.letter} ended at voucher {last:06d}, cash {found.session.cash:,} đ.".replace(",", "."))  # fmt: skip
    approver = given.approver or next(iter(going_on.approvers(found, unlocked)), "")
    reason = given.reason or ask("Lý do · Reason")
    book = going_on.go_on(
        given.home, unlocked, found, reason=reason, typed=pin, approver=approver, pin=ask(f"{approver} · PIN"), moment=clock()
    )
    say(f"Phiên làm tiếp ở máy này từ phiếu {last + 1:06d}. Máy {found.letter} không được ghi thêm.",
        f"The session goes on here from voucher {last + 1:06d}. Laptop {found.letter} posts nothing more.")  # fmt: skip
    if found.more:
        say(f"USB còn {found.more} phiên khác của máy đó: gõ lại lệnh này để làm tiếp.",
            f"The stick has {found.more} more of that laptop's sessions: give this command again to go on with them.")  # fmt: skip
    print(book.hex())
    return 0
