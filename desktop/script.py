"""A session from a file: one act a line, through the very verbs the window uses and never around them.

The script is JSON Lines. Money is whole đồng as a JSON integer and nothing else; a field that is not
known, or stands there twice, is a mistake and not a wish. Every act has one answer, written and
flushed before the next act begins, so a run that was killed can be held against its book. An act that
is refused changes nothing and the run goes on; a fault of what is held (`Damage`) ends it.

A run taken up again skips the acts that were answered. At most one voucher can stand in the book
without an answer: the one being posted when the run ended, and it is answered now, not posted again.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Protocol

from desktop.desk import Desk, Preview
from desktop.words import Words
from sync import ledger
from sync.chain import Sealed
from sync.errors import Damage, Fault, Refusal, Unavailable
from sync.money import AMOUNT_MAX, AmountTooLarge, AmountUnclear
from sync.protocol import AckOld
from sync.session import Session
from sync.slips import SlipUnknown
from sync.terms import Staff
from sync.voucher import Body, CodeNotHere, Wish

# The longest act is a group of sixty with a denomination list, under 3 kB; a longer line is no act.
LINE_BYTES_MAX = 64 * 1024
# An office restored from its backup asks once for what it lost; a second round means that something is wrong.
ROUNDS_MAX = 3
# Acts of the script's language that this version has no verb for, by the transaction they stand for.
_NOT_HERE = {"save": "GK", "save_close": "RK", "transfer": "CT", "withdraw": "RT"}


class LineUnclear(Refusal):
    """A line that is not one act."""

    code = "script.line-unclear"
    vi = "Dòng {line} của kịch bản không đúng dạng ({reason}). Bỏ qua dòng này, chưa ghi gì; sửa lại dòng đó."
    en = "Line {line} of the script is not in its proper form ({reason}). It was passed over and nothing was posted; correct it."


class ActUnknown(Refusal):
    """An act nobody knows."""

    code = "script.act-unknown"
    vi = "Dòng {line} của kịch bản có việc “{act}” mà chương trình không có. Bỏ qua dòng này; kiểm tra lại tên việc."
    en = "Line {line} of the script asks for “{act}”, which does not exist. It was passed over; check the name."


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
    """The road to the office; `desktop.courier.Courier` is one."""

    bytes_sent: int

    def post_batch(self, raw: bytes) -> bytes: ...
    def fetch_ack(self, book: bytes) -> bytes: ...


class Printer(Protocol):
    """Where sheets come out; each verb answers with how many did. Raises `Unavailable`."""

    def voucher(self, desk: Desk, number: int, *, words: Words) -> int: ...


class Table(NamedTuple):
    """Who and what is at the table. `pins` are those of the approvers, by staff id."""

    desk: Desk
    pins: Mapping[str, str]
    courier: Carrier | None
    printer: Printer | None


class OfficeMissing(Unavailable):
    """The run was started without an office."""

    code = "script.office-missing"
    vi = "Lần chạy này không có địa chỉ văn phòng nên chưa gửi được. Sổ trên máy vẫn đủ; chạy lại với địa chỉ, hoặc chép ra USB."
    en = "This run has no office to send to. The book is whole; run again with the office's address, or use a stick."


class Act(NamedTuple):
    """A line as it was read: its place, its name, and its fields, still unchecked."""

    line: int
    name: str
    fields: Mapping[str, Any]


def acts(lines: Iterable[bytes]) -> Iterator[Act | Refusal]:
    """The acts of a script in order; a line that is none is the refusal it will be answered with.

    Empty lines are no lines. Places count from 1 and over all lines.
    """
    for place, raw in enumerate(lines, start=1):
        if raw.strip():
            try:
                yield _read(place, raw)
            except Refusal as refusal:
                yield refusal


def _read(place: int, raw: bytes) -> Act:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise LineUnclear(line=str(place), reason="tên trường lặp lại")
        return found

    def no_number(text: str) -> NoReturn:
        raise LineUnclear(line=str(place), reason=text)

    if len(raw) > LINE_BYTES_MAX:
        raise LineUnclear(line=str(place), reason=f"> {LINE_BYTES_MAX} byte")
    try:
        text = raw.decode("utf-8-sig" if place == 1 else "utf-8")
        read = json.loads(text, object_pairs_hook=once, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        raise LineUnclear(line=str(place), reason="không phải JSON") from error
    if not isinstance(read, dict) or not isinstance(read.get("act"), str):
        raise LineUnclear(line=str(place), reason="thiếu act")
    return Act(place, read.pop("act"), read)


# What a field may hold. Each takes what JSON gave and refuses what could be read in two ways.


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:40]


def _dong(value: object) -> int:
    if type(value) is not int:
        raise AmountUnclear(text=_shown(value))
    if abs(value) > AMOUNT_MAX:
        raise AmountTooLarge(amount=value if abs(value) < 10**30 else 10**30)
    return value


def _dong_by_code(value: object) -> dict[str, int]:
    if not isinstance(value, dict):
        raise AmountUnclear(text=_shown(value))
    return {code: _dong(amount) for code, amount in value.items()}


def _notes(value: object) -> dict[int, int]:
    if not isinstance(value, dict):
        raise AmountUnclear(text=_shown(value))
    for note in value:
        if not (note.isascii() and note.isdigit() and len(note) <= len(str(AMOUNT_MAX)) and str(int(note)) == note):
            raise AmountUnclear(text=note[:40])
    return {int(note): _dong(count) for note, count in value.items()}


class _Fields:
    """The fields of one act, each taken once; whatever nobody took was a mistake."""

    def __init__(self, act: Act) -> None:
        self._line = str(act.line)
        self._left = dict(act.fields)
        self.approved = self._left.pop("approve", True)
        if type(self.approved) is not bool:
            raise LineUnclear(line=self._line, reason="approve")

    def take(self, name: str) -> Any:
        if name not in self._left:
            raise LineUnclear(line=self._line, reason=f"thiếu {name}")
        return self._left.pop(name)

    def text(self, name: str) -> str:
        value = self.take(name)
        if not isinstance(value, str) or len(value) > 400:
            raise LineUnclear(line=self._line, reason=name)
        return value

    def number(self, name: str) -> int:
        value = self.take(name)
        if type(value) is not int or not 0 <= value < 2**31:
            raise LineUnclear(line=self._line, reason=name)
        return value

    def notes(self, name: str) -> dict[int, int]:
        return _notes(self._left.pop(name, {}))

    def wishes(self) -> tuple[Wish, ...]:
        rows = self.take("lines")
        if not isinstance(rows, list):
            raise LineUnclear(line=self._line, reason="lines")
        return tuple(self._wish(row) for row in rows)

    def _wish(self, row: object) -> Wish:
        if not isinstance(row, dict) or not {"code", "account"} <= row.keys() <= {"code", "account", "amount"}:
            raise LineUnclear(line=self._line, reason="lines")
        code, account = row["code"], row["account"]
        if not isinstance(code, str) or not isinstance(account, str) or len(account) > 40:
            raise LineUnclear(line=self._line, reason="lines")
        if code not in ledger.CASH:
            raise CodeNotHere(transaction=code[:8])
        return Wish(code, account, _dong(row["amount"]) if "amount" in row else None)

    def done(self) -> None:
        if self._left:
            raise LineUnclear(line=self._line, reason=", ".join(sorted(self._left))[:80])


# From an act to a preview of what it would post


def _open(desk: Desk, fields: _Fields) -> Preview:
    return desk.preview_open(notes=fields.notes("float"))


def _group(desk: Desk, fields: _Fields) -> Preview:
    return desk.preview_group(
        fields.text("group"),
        by=fields.text("by"),
        cash=_dong_by_code(fields.take("cash")),
        interest={},
        notes=fields.notes("denominations"),
    )


def _visit(desk: Desk, fields: _Fields) -> Preview:
    return desk.preview_visit(fields.text("customer"), wishes=fields.wishes())


def _slip(desk: Desk, fields: _Fields, *, disbursement: bool) -> Preview:
    slip = fields.text("slip")
    preview = desk.preview_slip(slip)
    if (preview.body.lines[0].code == "GN") is not disbursement:
        raise SlipUnknown(slip=slip)
    return preview


def _disburse(desk: Desk, fields: _Fields) -> Preview:
    return _slip(desk, fields, disbursement=True)


def _pay(desk: Desk, fields: _Fields) -> Preview:
    return _slip(desk, fields, disbursement=False)


def _reverse(desk: Desk, fields: _Fields) -> Preview:
    return desk.preview_reverse(fields.number("voucher"), reason=fields.text("reason"))


def _count(desk: Desk, fields: _Fields) -> Preview:
    return desk.preview_count(notes=fields.notes("denominations"))


def _difference(desk: Desk, fields: _Fields) -> Preview:
    return desk.preview_difference(reason=fields.text("reason"))


def _close(desk: Desk, _fields: _Fields) -> Preview:
    return desk.preview_close()


_PREVIEWS: Mapping[str, Callable[[Desk, _Fields], Preview]] = {
    "open": _open,
    "group": _group,
    "visit": _visit,
    "disburse": _disburse,
    "pay": _pay,
    "reverse": _reverse,
    "count": _count,
    "difference": _difference,
    "close": _close,
}
def _made(act: Act, body: Body) -> bool:
    """Whether this voucher is the one that the act would have made: enough to know it again after a crash."""
    kept: Mapping[str, tuple[str, object]] = {
        "group": ("group", body.party),
        "visit": ("customer", body.party),
        "disburse": ("slip", body.slip),
        "pay": ("slip", body.slip),
        "reverse": ("voucher", body.reverses),
    }
    kind = "slip" if act.name in ("disburse", "pay") else act.name
    field, value = kept.get(act.name, ("", None))
    return body.kind == kind and act.fields.get(field) == value


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
    for act in _adopted(left, table, answers):
        answer, damage = _answer(act, table)
        answers.give(answer)
        if damage is not None:
            raise damage
        print_waiting(table)


def _adopted(left: Iterator[Act | Refusal], table: Table, answers: Answers) -> Iterator[Act | Refusal]:
    """Answer for the voucher that a killed run posted and did not live to answer; then the acts that are left."""
    answered = max((one.get("voucher", 0) for one in answers.given), default=0)
    entries = table.desk.standing().entries
    if entries == answered + 1:
        act, sealed = next(left, None), table.desk.voucher(entries)
        if not isinstance(act, Act) or not _made(act, sealed.entry.body):
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
    desk, fields = table.desk, _Fields(act)
    if act.name in _NOT_HERE:
        raise CodeNotHere(transaction=_NOT_HERE[act.name])
    if act.name == "sync":
        fields.done()
        return _synced(table)
    if act.name not in _PREVIEWS:
        raise ActUnknown(line=str(act.line), act=act.name[:40])
    preview = _PREVIEWS[act.name](desk, fields)
    fields.done()
    approvals = []
    if fields.approved:
        for staff_id in approvers(preview.approvers, team=desk.session.terms.team, pins=table.pins, maker=_maker(desk)):
            approvals.append(desk.approve(preview, staff_id=staff_id, pin=table.pins[staff_id]))
    posted = desk.post(preview, approvals=approvals)
    return _posted(act.name, posted.sealed, posted.text)


def _maker(desk: Desk) -> str:
    return desk.standing().user.staff_id


def approvers(
    wanted: Sequence[frozenset[str]], *, team: Sequence[Staff], pins: Mapping[str, str], maker: str
) -> tuple[str, ...]:
    """Who approves: the controller wherever the rules let one, a leader where they do not; a teller for themself.

    Raises `ApproverMissing` where nobody with such a role gave a PIN.
    """
    chosen = []
    for roles in wanted:
        role = "controller" if "controller" in roles else "leader" if "leader" in roles else "teller"
        able = [one.staff_id for one in team if one.role == role and one.staff_id in pins]
        if role == "teller":
            able = [maker] if maker in pins else []
        if not able:
            raise ApproverMissing(roles=", ".join(sorted(roles)))
        chosen.append(able[0])
    return tuple(chosen)


def print_waiting(table: Table) -> None:
    """Print what waits for its sheet. A printer that fails leaves the voucher on the list."""
    if table.printer is None:
        return
    words = Words("vi")
    for number in table.desk.unprinted():
        try:
            sheets = table.printer.voucher(table.desk, number, words=words)
        except Unavailable:
            return
        table.desk.mark_printed(number, sheets=sheets)


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
    for _ in range(ROUNDS_MAX):
        raw = desk.batch()
        if raw is None:
            break
        _take(desk, courier.post_batch(raw))
    marks = desk.standing().marks
    if desk.batch() is not None:
        raise NotTaken(status=marks.status or "-", received=str(marks.received))
    if marks.safe < marks.received:
        _take(desk, courier.fetch_ack(desk.book.book))
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
        "unprinted": list(desk.unprinted()),
    }


def members_due(desk: Desk) -> int:
    """Members of groups who owed interest before the first act."""
    before = Session(desk.session.terms)
    groups = desk.session.terms.groups
    return sum(member.interest > 0 for group in groups for member in before.members(group.group_code))
