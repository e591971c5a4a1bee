"""A session from a file: one act a line, through the very verbs the window uses and never around them.

What acts there are is said in `desktop.acts`. Every act has one answer, written and flushed before the
next act begins, so a run that was killed can be held against its book. An act that is refused changes
nothing and the run goes on; a fault of what is held (`Damage`) ends it. After a hand-over the run goes on
as the teller who took the drawer over, where their passphrase is known to it.

A run taken up again skips the acts that were answered. At most one voucher can stand in the book
without an answer: the one being posted when the run ended, and it is answered now, not posted again.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from desktop.act_fields import Act, Fields, acts
from desktop.acts import made, preview
from desktop.beside import Neighbours
from desktop.desk import Desk, Preview
from desktop.press.tray import name_of
from desktop.road.mirror import Held, Mirror, keep_up
from desktop.sheets.entries import copies
from desktop.store import Begun
from desktop.words import Words
from sync import ledger
from sync.chain import Sealed
from sync.errors import Damage, Fault, Refusal, Unavailable
from sync.outage import OFFICERS
from sync.protocol import AckOld
from sync.session import Session
from sync.terms import Staff
from sync.voucher import Body

# An office restored from its backup asks once for what it lost; a second round means that something is wrong.
ROUNDS_MAX = 3


class ApproverMissing(Refusal):
    """Nobody at this table can approve what needs approval."""

    code = "script.approver-missing"
    vi = "Không có mã PIN của người duyệt cần thiết ({roles}). Thêm mã PIN của người đó rồi chạy lại."
    en = "There is no PIN of the approver that is needed ({roles}). Add that person's PIN and run again."


class AnswersElsewhere(Damage):
    """The answers and the book do not tell the same story."""

    code = "script.answers-elsewhere"
    vi = "Tệp trả lời có {answered} phiếu nhưng sổ có {entries}. Hai bên không cùng một phiên: dừng lại, giữ nguyên cả hai."
    en = "The answers tell of {answered} vouchers but the book holds {entries}. They are not of one run: stop, and keep both."


class NotTaken(Refusal):
    """The office answered and did not take the entries."""

    code = "script.not-taken"
    vi = "Văn phòng trả lời “{status}” và mới nhận đến phiếu số {received}. Sổ trên máy vẫn đủ; gọi văn phòng."
    en = "The office answered “{status}” and has taken vouchers up to {received} only. The book is whole; call the office."


class Carrier(Protocol):
    """The road to the office; `desktop.road.courier.Courier` is one."""

    bytes_sent: int

    def post_batch(self, raw: bytes) -> bytes: ...
    def fetch_ack(self, book: bytes) -> bytes: ...


class Printer(Protocol):
    """Where sheets come out; `voucher` answers with how many copies did. Raises `Unavailable`."""

    @property
    def place(self) -> str: ...

    def look(self) -> None: ...

    def voucher(self, desk: Desk, number: int, *, words: Words) -> int: ...

    def came_out(self, name: str) -> bool | None: ...


class Table:
    """Who and what is at the table. `pins` are those of the approvers, by staff id.

    `relieve` opens the desk anew for a teller, by staff id; None where nobody else can unlock this laptop. `mirror` is
    the stick that everything posted goes onto; `mirrored` what it holds, None while it does not take anything.
    `beside` are the other laptops of the table, None where there is one.
    """

    def __init__(
        self,
        desk: Desk,
        pins: Mapping[str, str],
        courier: Carrier | None,
        printer: Printer | None,
        *,
        relieve: Callable[[str], Desk | None] | None = None,
        mirror: Mirror | None = None,
        beside: Neighbours | None = None,
    ) -> None:
        self.desk = desk
        self.beside = beside
        self.pins = pins
        self.courier = courier
        self.printer = printer
        self._relieve = relieve
        self._mirror = mirror
        self.mirrored: Held | None = None
        self.unmirrored = ""

    def seat(self) -> None:
        """Have the teller at the table who holds the drawer, where the run can unlock as them."""
        if self.beside is not None:
            self.beside.join(self.desk.leases)
        holder = self.desk.session.holder
        if holder in ("", _maker(self.desk)) or self._relieve is None:
            return
        relieved = self._relieve(holder)
        self.desk = relieved or self.desk
        if self.beside is not None:
            self.beside.join(self.desk.leases)

    def mirror(self) -> None:
        """Bring the stick to where the book is. One that is away, full or broken stops nothing.

        Raises `BookBehind` and `MirrorOther`: the book is not what it was when the stick was here.
        """
        if self._mirror is None:
            return
        try:
            self.mirrored, self.unmirrored = keep_up(self._mirror, self.desk, held=self.mirrored), ""
        except Unavailable as fault:
            self.mirrored, self.unmirrored = None, fault.code

    def close(self) -> None:
        self.desk.close()


class OfficeMissing(Unavailable):
    """The run was started without an office."""

    code = "script.office-missing"
    vi = "Lần chạy này không có địa chỉ văn phòng nên chưa gửi được. Sổ trên máy vẫn đủ; chạy lại với địa chỉ, hoặc chép ra USB."
    en = "This run has no office to send to. The book is whole; run again with the office's address, or use a stick."


class NobodyBeside(Refusal):
    """The run was started without a way to the other laptop."""

    code = "script.nobody-beside"
    vi = "Lần chạy này không nối với máy nào bên cạnh. Chạy lại với --listen hoặc --beside."
    en = "This run is not joined to another laptop. Run again with --listen or --beside."


# Answers


def _posted(act: str, sealed: Sealed, text: str) -> dict[str, Any]:
    lines = [
        {"code": one.code, "account": one.account, "component": one.component, "amount": one.amount}
        for one in sealed.entry.body.lines
    ]
    return {
        "ok": True,
        "act": act,
        "voucher": sealed.entry.number,
        "number": text,
        "cash": sealed.entry.body.cash,
        "lines": lines,
        "head": sealed.head.hex(),
    }


def refused(act: str, fault: Fault) -> dict[str, Any]:
    """The answer of an act that changed nothing."""
    return {"ok": False, "act": act, "error": fault.code, "message": fault.sentence("vi")}


class Answers:
    """The file of answers. A line torn by a crash is no answer and is cut off before going on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        held = path.read_bytes() if path.exists() else b""
        self._whole = held[: held.rfind(b"\n") + 1]
        self.given: list[dict[str, Any]] = [json.loads(line) for line in self._whole.splitlines()]

    def __enter__(self) -> "Answers":
        self._file = self._path.open("ab")
        self._file.truncate(len(self._whole))
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def give(self, answer: dict[str, Any]) -> None:
        """Write one answer, and have it out of this program before anything else happens."""
        self._file.write(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        self._file.flush()
        self.given.append(answer)


# The run


def run(lines: Iterable[bytes], *, table: Table, answers: Answers) -> None:
    """Do the acts that have no answer yet. Raises `AnswersElsewhere`, and the `Damage` that ended the run.

    A sheet that does not come out leaves its voucher on the list of the unprinted; the book stands.
    """
    left = islice(acts(lines), len(answers.given), None)
    table.mirror()
    for act in _adopted(left, table, answers):
        table.seat()
        answer, damage = _answer(act, table)
        # Before anybody is told: what is said to be posted outlives this laptop.
        table.mirror()
        answers.give(answer)
        if damage is not None:
            raise damage
        print_waiting(table)


def _adopted(left: Iterator[Act | Refusal], table: Table, answers: Answers) -> Iterator[Act | Refusal]:
    """Answer for the voucher that a killed run posted and did not live to answer; then the acts that are left."""
    answered = max((one.get("voucher", 0) for one in answers.given), default=table.desk.begins)
    entries = table.desk.standing().entries
    if entries == answered + 1:
        act, sealed = next(left, None), table.desk.voucher(entries)
        if not isinstance(act, Act) or not made(act, sealed.entry.body):
            raise AnswersElsewhere(answered=str(answered), entries=str(entries))
        answers.give(_posted(act.name, sealed, table.desk.text_of(entries)))
    elif entries != answered:
        raise AnswersElsewhere(answered=str(answered), entries=str(entries))
    print_waiting(table)
    yield from left


def _answer(act: Act | Refusal, table: Table) -> tuple[dict[str, Any], Damage | None]:
    """The answer to an act, and the damage that must end the run."""
    name = act.name if isinstance(act, Act) else ""
    try:
        if isinstance(act, Refusal):
            raise act
        return _done(act, table), None
    except (Refusal, Unavailable) as fault:
        return refused(name, fault), None
    except Damage as damage:
        return refused(name, damage), damage


def _done(act: Act, table: Table) -> dict[str, Any]:
    desk, fields = table.desk, Fields(_by_controller(act, table))
    if act.name == "sync":
        fields.done()
        return _synced(table)
    if act.name in ("beside", "joint"):
        return _beside(act.name, fields, table)
    shown = preview(act, fields, desk=desk)
    chosen: Sequence[str] = fields.approvers
    if fields.approved and not chosen:
        chosen = approvers(shown, team=desk.session.terms.team, pins=table.pins, maker=_maker(desk))
    approvals = [
        desk.approve_on_paper(shown, staff_id=one) if one in shown.paper
        else desk.approve(shown, staff_id=one, pin=_pin(one, table.pins))
        for one in chosen
    ]  # fmt: skip
    posted = desk.post(shown, approvals=approvals)
    return _posted(act.name, posted.sealed, posted.text)


def _by_controller(act: Act, table: Table) -> Act:
    """A blind count that names nobody is made by the session's controller."""
    if act.name != "count" or type(act.fields.get("blind")) is not bool:
        return act
    able = [one.staff_id for one in table.desk.session.terms.team if one.role == "controller" and one.staff_id in table.pins]
    if act.fields["blind"] and not able:
        raise ApproverMissing(roles="controller")
    return act._replace(fields={**act.fields, "blind": able[0] if act.fields["blind"] else ""})


def _maker(desk: Desk) -> str:
    return desk.standing().user.staff_id


def _pin(staff_id: str, pins: Mapping[str, str]) -> str:
    if staff_id not in pins:
        raise ApproverMissing(roles=staff_id[:40])
    return pins[staff_id]


def approvers(shown: Preview, *, team: Sequence[Staff], pins: Mapping[str, str], maker: str) -> tuple[str, ...]:
    """Who approves: the controller wherever the rules let one, a leader where they do not; a teller for themself.

    Both tellers sign a hand-over, and whoever counted blind signs the count. Raises `ApproverMissing` where
    nobody with such a role gave a PIN. Who cannot sign and was declared so needs none: they sign on paper.
    """
    chosen = list(shown.named)
    able_to = shown.paper.union(pins)
    for roles in shown.approvers:
        role = "controller" if "controller" in roles else "leader" if "leader" in roles else "teller"
        able = [one.staff_id for one in team if one.role == role and one.staff_id in able_to]
        if role == "teller":
            able = [maker] if maker in able_to else []
        if not able:
            raise ApproverMissing(roles=", ".join(sorted(roles)))
        if not set(able).intersection(chosen):
            chosen.append(able[0])
    if not shown.paper.isdisjoint(chosen):
        # A hand on paper never stands alone.
        officers = [one.staff_id for one in team if one.role in OFFICERS and one.staff_id in pins and one.staff_id not in shown.paper]
        if not set(officers).intersection(chosen):
            chosen += officers[:1]
    return tuple(chosen)


def print_waiting(table: Table) -> None:
    """Print what waits for its sheet. A printer that fails leaves the voucher on the list.

    What was handed to this very printer when an earlier run ended is asked of it, and only then printed.
    """
    desk, printer = table.desk, table.printer
    if printer is None:
        return
    words = Words("vi")
    for begun in desk.begun():
        if begun.printer == printer.place:
            _settle(desk, begun, printer.came_out(name_of(desk, begun.number, copy_of=begun.copy_of)))
    for number in desk.waiting():
        sheets = copies(desk.session.bodies[number - 1].kind)
        try:
            printer.look()
            desk.begin_print(Begun(number, 0, sheets, printer.place))
        except Unavailable:
            return
        try:
            sheets = printer.voucher(desk, number, words=words)
        except Unavailable as fault:
            _settle(desk, Begun(number, 0, sheets, printer.place), None if getattr(fault, "doubtful", False) else False)
            return
        desk.mark_printed(number, sheets=sheets)


def _settle(desk: Desk, begun: Begun, out: bool | None) -> None:
    """What became of paper that was begun; None: only a person can tell."""
    if out:
        desk.mark_printed(begun.number, sheets=begun.sheets)
    elif out is not None:
        desk.not_printed(begun.number)


def _beside(name: str, fields: Fields, table: Table) -> dict[str, Any]:
    """Answer the other laptops for a while, or take their closed books."""
    if table.beside is None:
        raise NobodyBeside
    if name == "joint":
        fields.done()
        books = table.desk.leases.fetch_closings()
        return {"ok": True, "act": name, "books": {one.book.hex(): one.head.hex() for one in books}}
    seconds, questions = fields.number("seconds"), fields.number("questions") if fields.has("questions") else 0
    fields.done()
    return {"ok": True, "act": name, "answered": table.beside.attend(seconds, questions=questions)}


def _synced(table: Table) -> dict[str, Any]:
    if table.courier is None:
        raise OfficeMissing
    marks = hand_in(table.desk, courier=table.courier)
    return {
        "ok": True,
        "act": "sync",
        "received": marks.received,
        "safe": marks.safe,
        "head": table.desk.head.hex(),
        "status": marks.status,
        "differences": marks.differences,
    }


def hand_in(desk: Desk, *, courier: Carrier) -> Any:
    """Send what is unsent until the office has signed for all of it; the marks then.

    Raises `NotTaken`, and what the courier and `Desk.take_ack` raise.
    """
    rough, idle = False, 0
    while idle < ROUNDS_MAX and (raw := desk.batch(rough=rough)) is not None:
        before = desk.standing().marks.received
        try:
            _take(desk, courier.post_batch(raw))
        except Unavailable:
            if rough or desk.batch(rough=True) == raw:
                raise
            # A line that breaks before all of it is through may bear shorter letters.
            rough = True
        idle = 0 if desk.standing().marks.received > before else idle + 1
    marks = desk.standing().marks
    if desk.batch() is not None:
        raise NotTaken(status=marks.status or "-", received=str(marks.received))
    if marks.safe < marks.received:
        for book in desk.unsafe():
            _take(desk, courier.fetch_ack(book))
    return desk.standing().marks


def _take(desk: Desk, raw: bytes) -> None:
    try:
        desk.take_ack(raw)
    except AckOld:
        return


# The summary


def summary(table: Table, *, answers: Answers) -> dict[str, Any]:
    """What the session came to, as of now; all amounts in whole đồng."""
    desk = table.desk
    standing, terms = desk.standing(), desk.session.terms
    bodies: Sequence[Body] = desk.session.bodies
    return {
        "point": terms.point.point_code,
        "date": terms.session_date.isoformat(),
        "book": desk.book.book.hex(),
        "state": standing.state,
        "vouchers": standing.entries,
        "lines": standing.lines,
        "refused": sum(not one["ok"] for one in answers.given),
        "cash": {
            "opening": standing.opening,
            "in": standing.cash_in,
            "out": standing.cash_out,
            "closing": standing.cash,
            "counted": standing.counted,
        },
        "by_code": ledger.by_code(line for body in bodies for line in body.lines),
        "interest_due": standing.interest_due,
        "members_due": members_due(desk),
        "head": desk.head.hex(),
        "marks": {"received": standing.marks.received, "safe": standing.marks.safe},
        "bytes_sent": table.courier.bytes_sent if table.courier else 0,
        "unprinted": list(desk.waiting()),
        "doubtful": [one.number for one in desk.begun()],
        "mirrored": table.mirrored.last if table.mirrored else 0,
    }


def members_due(desk: Desk) -> int:
    """Members of groups who owed interest before the first act."""
    before = Session(desk.session.terms)
    groups = desk.session.terms.groups
    return sum(member.interest > 0 for group in groups for member in before.members(group.group_code))
