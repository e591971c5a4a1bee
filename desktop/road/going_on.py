"""A session goes on at this laptop: another one wrote it until now, and its mirror is on a stick.

Nothing of the mirror is believed but by what signed it: the office its pack, the first laptop each entry, the rules all
of them together. The book here begins with those entries exactly as they were made, then the resumption, in one step.

What came out of the other laptop's printer nobody can know here. Every voucher of it is in doubt until a person says
that its paper is there, and whatever is printed of it here says that it is a copy.
"""

from pathlib import Path
from typing import NamedTuple

from desktop import files, leases, shelf, store
from desktop.care import set_back
from desktop.rows import UNKNOWN_PRINTER
from desktop.shelf import making
from desktop.store import Begun, Book, BookExists, Start
from desktop.vault import Unlocked
from sync import keys, mirror
from sync.chain import Moment, Sealed, link, replay, signed_on_paper, verify_approvals
from sync.errors import Fault, Refusal
from sync.leases import Held, Lease, Passed, may_be, merged, table_of
from sync.outage import KeyGone, on_paper
from sync.pack import NotASpare, Pack, Run, continued, continued_id
from sync.session import Closed, Session
from sync.voucher import Body


class OwnMirror(Refusal):
    """What this laptop wrote itself."""

    code = "resume.own"
    vi = "Đây là bản sao sổ của chính máy này. Mở sổ như thường; nếu sổ hỏng thì dùng lệnh restore --mirror."
    en = "This is the copy of this laptop's own book. Open the book as usual; if it is damaged, use restore --mirror."


class NoMirror(Refusal):
    code = "resume.no-mirror"
    vi = "USB không có bản sao sổ của máy nào mà {staff} mở được ở máy này. Cắm đúng USB của máy kia, hoặc mời người khác của tổ."
    en = "The stick has no copy of another laptop's book that {staff} can open here. Put in that laptop's stick, or let another of the team try."


class Found(NamedTuple):
    """Another laptop's session, read whole and checked, of which nothing is kept yet.

    `pack` is the one this laptop would go on with; `wall_s` is the clock of the other one at its last entry, Unix
    seconds; `torn` counts bytes at the end of the mirror that are no whole entry. `more` is how many other sessions beside
    it wait on the same stick to be gone on with: a laptop that broke may have had several open. `passed` is who holds what
    the other one gave and was given at its table: here it is served no more than there.
    """

    pack: Pack
    runs: tuple[Run, ...]
    entries: tuple[Sealed, ...]
    session: Session
    wall_s: int
    torn: int
    more: int = 0
    passed: tuple[Lease, ...] = ()

    @property
    def letter(self) -> str:
        """The other laptop's."""
        return self.runs[-1].pack.letter

    @property
    def head(self) -> bytes:
        return self.entries[-1].head


def read(home: Path, unlocked: Unlocked, raw: bytes, *, typed: str, now_s: int) -> Found:
    """What a mirror of another laptop holds; `typed` is the PIN of whoever is at the table.

    Raises `Malformed`, `OwnMirror`, `NoSlot`, `NotASpare`, `LaptopRevoked`, `BookExists`, `BookOver`, `BookGone`, `Closed`,
    `NothingToResume`, `ResumeUnsigned`, `KeyGone`, `SessionUnclosed`, `PinWrong`, `PinLocked`, what `mirror.read` raises,
    and the fault of a bad entry.
    """
    found = _read(unlocked, raw, secret=unlocked.own_secret(typed))
    _ask(home, unlocked, found, now_s=now_s)
    return found


def newest(home: Path, unlocked: Unlocked, mirrors: tuple[bytes, ...], *, typed: str, now_s: int) -> Found:
    """Of several mirrors the one of the latest session that was left last. Raises `NoMirror`, or the fault of the only one.

    A session goes on from where it ended or not at all: where the longest copy is closed, or another laptop went on and
    its copy cannot be read, an earlier copy is no place to go on from.
    """
    secret = unlocked.own_secret(typed)
    found: list[Found] = []
    unread: list[tuple[bytes, Fault]] = []
    for raw in mirrors:
        try:
            found.append(_read(unlocked, raw, secret=secret))
        except Fault as fault:
            unread.append((raw, fault))
    # What this laptop wrote itself is here only to say that it went on already.
    ready, faults = [], [fault for _, fault in unread if not isinstance(fault, OwnMirror)]
    for one in _furthest(found):
        try:
            _ask(home, unlocked, one, now_s=now_s)
        except Fault as fault:
            faults.append(fault)
            continue
        later = [fault for raw, fault in unread if _goes_on_from(raw, one.runs[-1].pack)]
        if any(isinstance(fault, OwnMirror) for fault in later):
            faults.append(shelf.BookGone(book=one.pack.book.hex()[:8]))
        elif not later:
            ready.append(one)
    if not ready:
        raise faults[0] if len(faults) == 1 else NoMirror(staff=unlocked.account.full_name)
    best = max(ready, key=lambda one: (one.pack.terms.session_date, one.wall_s))
    return best._replace(more=len(ready) - 1)


def _furthest(found: list[Found]) -> list[Found]:
    """Of each book its longest copy, and no book that another one here went on from: the clock in a copy is nobody's word."""
    longest: dict[bytes, Found] = {}
    for one in found:
        book = one.runs[-1].pack.book
        if book not in longest or len(one.entries) > len(longest[book].entries):
            longest[book] = one
    left = {run.pack.book for one in longest.values() if one.entries for run in one.runs[:-1]}
    return [one for book, one in longest.items() if book not in left]


def _goes_on_from(raw: bytes, pack: Pack) -> bool:
    """Whether a mirror that cannot be read is, by what its laptop signed, of a book that goes on from this one."""
    try:
        header = mirror.read_header(raw)
        laptop = next((one for one in pack.laptops if one.device == header.device), None)
        if laptop is None or header.book != continued_id(pack.book, by=laptop.device):
            return False
        keys.verify_signed(laptop.sign_key, "mirror/1", header, what="mirror")
    except Fault:
        return False
    return True


def _read(unlocked: Unlocked, raw: bytes, *, secret: bytes) -> Found:
    if not unlocked.can_sign:
        raise KeyGone
    header = mirror.read_header(raw)
    if header.device == unlocked.device:
        raise OwnMirror
    key = mirror.person_key(header, device=unlocked.device, staff_id=unlocked.account.staff_id, secret=secret)
    copy = mirror.read(raw, key=key, office=unlocked.office)
    pack = continued(copy.pack, by=unlocked.device)
    if pack.sign_key != unlocked.sign_key:
        raise NotASpare
    runs = (*copy.before, Run(copy.pack, len(copy.entries)))
    session = Session(pack.terms)
    replay(session, copy.entries, book=pack.book, device_key=pack.sign_key, before=[run.writer for run in runs])
    return Found(pack, runs, copy.entries, session, copy.wall_s, copy.torn, passed=_passed(runs, copy))


def _passed(runs: tuple[Run, ...], copy: mirror.Copy) -> tuple[Lease, ...]:
    """What a mirror says of its table, without whatever nobody there could hold."""
    table = table_of(runs[0].pack)
    told = (Lease(unit=unit, device=held.device, epoch=held.epoch) for unit, held in sorted(copy.passed.items()))
    return tuple(one for one in told if table is not None and may_be(table, one))


def _ask(home: Path, unlocked: Unlocked, found: Found, *, now_s: int) -> None:
    """Whether it is gone on from here, by all but the reason, which nobody has given yet."""
    pack, session = found.pack, found.session
    _ask_new(home, unlocked, pack)
    day = max(pack.terms.session_date, shelf.day_of(now_s))
    shelf.ask_earlier(shelf.shelved(home, unlocked), day=day, but=b"")
    if session.state == "closed":
        raise Closed
    head = found.head if found.entries else b"\0" * 32
    _check(found, session.plan_resume(head=head, reason="-"), unlocked, approver=None)


def approvers(found: Found, unlocked: Unlocked) -> tuple[str, ...]:
    """Who of the team could approve the resumption here, by staff id: the controller first."""
    (roles,) = found.session.approvers(found.session.plan_resume(head=found.head, reason="-"))
    able = [one for one in found.pack.terms.team if one.role in roles and one.sign_key and one.staff_id != unlocked.account.staff_id]
    return tuple(one.staff_id for one in sorted(able, key=lambda one: one.role != "controller"))


def go_on(
    home: Path, unlocked: Unlocked, found: Found, *, reason: str, typed: str, approver: str, pin: str, moment: Moment
) -> bytes:
    """Make the book with all that stands in it and the resumption behind that; its id. `typed` is the PIN of whoever is at
    the table, who signs for it beside the approver.

    Raises the refusal of the first rule the resumption breaks, `PinWrong`, `PinLocked`, `UserUnknown`, what `_ask_new`
    raises, `DiskFull`, `NotWritten`: the laptop is then as it was.
    """
    from desktop.sheets.entries import copies

    session, pack, maker = found.session, found.pack, unlocked.account.staff_id
    _ask_new(home, unlocked, pack)
    body = session.plan_resume(head=found.head, reason=reason)
    _check(found, body, unlocked, approver=approver)
    entry_id = max(*session.ids, moment.wall_s) + 1
    approvals = tuple(
        signed_on_paper(one) if on_paper(session, body, one)
        else unlocked.approve(one, pin=said, book=pack.book, entry_id=entry_id, body=body)
        for one, said in ((maker, typed), (approver, pin))
    )  # fmt: skip
    sealed = link(
        body, session=session, book=pack.book, prev=found.head, entry_id=entry_id, moment=moment, maker=maker,
        approvals=approvals, device_seed=unlocked.device_seed,
    )  # fmt: skip
    verify_approvals(sealed.entry, session=session, staff_keys={one.staff_id: one.sign_key for one in pack.terms.team})
    doubtful = tuple(
        Begun(one.entry.number, 0, copies(one.entry.body.kind), UNKNOWN_PRINTER) for one in found.entries
    )
    start = Start(found.runs, (*found.entries, sealed), doubtful, _known_here(home, unlocked, found))
    with files.taking(), making(home, pack.book):
        key = unlocked.keep_book_key(pack.book)
        # It moves no money: the balances are those the other laptop left.
        Book.create(home, key, pack=pack, balances=session.balances, start=start).close()
    return pack.book


def _known_here(home: Path, unlocked: Unlocked, found: Found) -> tuple[Lease, ...]:
    """What the mirror says of its table, and what this laptop's own book of the same table heard since."""
    table = table_of(found.runs[0].pack)
    if table is None:
        return ()
    known = {one.unit: Held(one.device, one.epoch) for one in found.passed}

    def heard(opened: Book) -> Passed:
        own = table_of(opened.pack, first=opened.runs[0].pack if opened.runs else None)
        return leases.kept(opened) if own is not None and own.digest == table.digest else {}

    for passed in shelf.each(home, unlocked, heard):
        known = merged(known, passed)
    return tuple(Lease(unit=unit, device=held.device, epoch=held.epoch) for unit, held in sorted(known.items()))


def _ask_new(home: Path, unlocked: Unlocked, pack: Pack) -> None:
    """This laptop is in use and never held the book it would begin: its numbers may be on paper. Raises `LaptopRevoked`,
    `BookExists`, `BookOver`, `BookGone`."""
    shelf.ask_in_use(home, unlocked)
    if store.path_of(home, pack.book).exists():
        raise BookExists
    if store.path_of(home, pack.book).with_suffix(".pruned").exists():
        raise shelf.BookOver(point=pack.terms.point.point_code, day=f"{pack.terms.session_date:%d/%m/%Y}")
    if pack.book in shelf.missing(home) or set_back.known(home, unlocked, pack.book):
        raise shelf.BookGone(book=pack.book.hex()[:8])


def _check(found: Found, body: Body, unlocked: Unlocked, *, approver: str | None) -> None:
    found.session.check(
        body, maker=unlocked.account.staff_id, approvers=None if approver is None else [unlocked.account.staff_id, approver],
        head=found.head if found.entries else b"\0" * 32,
    )  # fmt: skip
