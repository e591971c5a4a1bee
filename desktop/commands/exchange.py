"""What goes between the laptop and the office: packs and acknowledgements one way, entries the other."""

import argparse
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.commands.terminal import Verbs, clock, courier_of, day_of, desk_of, read_file, say, unlocked_by
from desktop.road import address

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.vault import Unlocked


def add(verb: Verbs) -> None:
    """Its verbs."""
    session = argparse.ArgumentParser(add_help=False)
    session.add_argument("--point", default="", help="chỉ nhận gói của điểm này · only this point's pack")
    session.add_argument("--date", default="", help="và ngày này, YYYY-MM-DD · and of this day")
    verb("fetch", fetch, session)
    verb("load", load, session).add_argument("file", type=Path)
    verb("send", send).add_argument("--file", type=Path, default=None)


def fetch(given: argparse.Namespace) -> int:
    """Get the newest pack from the office and make its book."""
    from desktop.road import directory

    unlocked = unlocked_by(given.home, given.user)
    with closing(courier_of(given.home, given.office)) as courier:
        directory.ask(given.home, unlocked, courier)
        raw = courier.fetch_pack(unlocked.device)
    if given.office:
        address.keep(given.home, given.office)
    return _taken(given, unlocked, raw)


def load(given: argparse.Namespace) -> int:
    """Take a pack, an acknowledgement or what became of lines from a stick."""
    from desktop import dispositions, shelf
    from sync.envelope import NotForHere, read_header
    from sync.protocol import Ack
    from sync.records import Malformed, from_bytes

    raw = read_file(given.file)
    try:
        read_header(raw, kind="pack")
    except NotForHere:
        # Another kind of letter: what became of the lines of a book that is here.
        unlocked = unlocked_by(given.home, given.user)
        book = shelf.going_on_from(given.home, unlocked, read_header(raw, kind="disposition").subject)
        with closing(desk_of(given.home, unlocked, book)) as desk:
            _tell_heard(desk, len(dispositions.take(desk, raw).findings))
        return 0
    except Malformed as malformed:
        try:
            from_bytes(Ack, raw)
        except Malformed:
            # Neither: what most people bring on a stick is a pack.
            raise malformed from None
        unlocked = unlocked_by(given.home, given.user)
        with closing(desk_of(given.home, unlocked, shelf.newest(given.home, unlocked))) as desk:
            marks = desk.take_ack(raw)
        say(f"Văn phòng đã nhận đến phiếu số {marks.received}.", f"The office has vouchers up to {marks.received}.")
        return 0
    unlocked = unlocked_by(given.home, given.user)
    return _taken(given, unlocked, raw)


def _taken(given: argparse.Namespace, unlocked: "Unlocked", raw: bytes) -> int:
    from desktop import shelf

    day = day_of(given.date)
    pack = shelf.take_pack(given.home, unlocked, raw=raw, now_s=clock().wall_s, point=given.point, day=day)
    where, when = pack.terms.point.point_name, f"{pack.terms.session_date:%d/%m/%Y}"
    say(f"Đã có sổ của {where} ngày {when}.", f"The book of {where} on {when} is ready.")
    print(pack.book.hex())
    return 0


def send(given: argparse.Namespace) -> int:
    """Hand in what is unsent: to the office, or into a file for a stick."""
    from desktop import dispositions, files, shelf
    from desktop.script import hand_in

    unlocked = unlocked_by(given.home, given.user)
    with closing(desk_of(given.home, unlocked, shelf.newest(given.home, unlocked))) as desk:
        if given.file:
            raw = desk.batch()
            if raw is None:
                _ask_unsent(desk)
                say("Không còn gì phải gửi.", "Nothing is left to send.")
                return 0
            files.keep(given.file, raw)
            if read_file(given.file) != raw:
                raise files.NotWritten(reason=given.file.name)
            say(f"Đã ghi {given.file}; đưa cho văn phòng.", f"Written to {given.file}; give it to the office.")
            return 0
        with closing(courier_of(given.home, given.office)) as courier:
            marks = hand_in(desk, courier=courier)
            heard = dispositions.hear(desk, courier)
        _ask_unsent(desk)
        say(f"Văn phòng đã nhận đến phiếu số {marks.received}.", f"The office has vouchers up to {marks.received}.")
        _tell_heard(desk, heard)
    return 0


def _tell_heard(desk: "Desk", heard: int) -> None:
    """What the office said of the lines since, and each line that came back."""
    from desktop import dispositions

    if not heard:
        return
    became = dispositions.became(desk)
    say(f"Văn phòng trả kết quả hạch toán của {heard} dòng; {len(became.back)} dòng cần xem.",
        f"The office said what became of {heard} lines; {len(became.back)} of them are to be looked at.")  # fmt: skip
    for one in became.back:
        print(f"{one.text} {one.place} {one.said.finding.outcome}: {one.said.finding.reason}")


def _ask_unsent(desk: "Desk") -> None:
    """What cannot leave the laptop, because it cannot sign, is no success. Raises `KeyGone`, `KeyBack`."""
    from sync.outage import KeyBack, KeyGone

    now = desk.standing()
    if now.entries > now.marks.received and (now.outages.laptop or not now.outages.can_sign):
        raise KeyBack if now.outages.can_sign else KeyGone
