"""Dispositions: what became of each line at the office, said to the laptop that wrote it.

The core system took a line (accepted), the office still looks into it (suspense), it was not booked (returned), or
it was booked otherwise (corrected). A disposition is a letter with what is new to say of one book: numbered, chained
to the one before it, signed inside and sealed to the laptop of the book, because it speaks of people's accounts; where
another laptop went on with that book, the same signed words are sealed to that one too. A
later word on a line stands in place of an earlier one; both are kept. From the words that stand follow the
adjustment slips of the next session.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from sync import adjustment, keys
from sync.chain import VERSION
from sync.envelope import Header, begins_known, close_envelope, open_envelope
from sync.errors import Damage, Refusal
from sync.ledger import CASH, COMPONENTS, Line, cash
from sync.pack import Pack
from sync.projection import Projection
from sync.records import Code, Digest, Id, Record, Text, Whole, from_bytes
from sync.terms import Adjustment
from sync.voucher import Body, Kind, line_of

Outcome = Literal["accepted", "suspense", "returned", "corrected"]
OUTCOMES: tuple[Outcome, ...] = ("accepted", "suspense", "returned", "corrected")
# So many lines a letter: under 256 KiB with a number of the core system's own for each (measured).
FINDINGS_MAX = 4_000
# The first of a book's dispositions follows none.
NONE_BEFORE = bytes(32)
# Vouchers whose lines are somebody's, and can come back to them.
_PEOPLES: tuple[Kind, ...] = ("group", "visit", "slip", "suspense")
# What deposit and savings accounts are booked by; all else of a person's is a loan's.
_HELD = ("deposit", "savings", "savings_interest")
# A slip's number is a code, and no code is longer.
_SLIP_LETTERS_MAX = 40


class Finding(Record):
    """What became of one line: `place` counts from 1. `booked` is where a corrected one was booked instead.

    `core_number` is the core system's own number for what it booked, empty where it booked nothing.
    """

    number: Whole
    place: Whole
    outcome: Outcome
    core_number: Code = ""
    booked: tuple[Line, ...] = ()
    reason: Text = ""


class Disposition(Record):
    """What is new to say of a book's lines. `head` is that of the entry `last`, the newest one the office had."""

    version: Whole
    office: Id
    device: Id
    book: Id
    disposition_no: Whole
    prev: Digest
    last: Whole
    head: Digest
    findings: tuple[Finding, ...]
    by: Text
    note: Text
    office_s: Whole
    signature: bytes = b""


class Stands(NamedTuple):
    """The newest word on a line, with who said it and when (the office's clock, Unix seconds)."""

    finding: Finding
    by: str
    office_s: int


Standing = Mapping[tuple[int, int], Stands]


class DispositionWrong(Damage):
    """A disposition that does not fit this laptop's book."""

    code = "disposition.wrong"
    vi = "Kết quả xử lý của văn phòng không khớp sổ trên máy: {reason}. Không nhận; giữ nguyên máy và gọi văn phòng."
    en = "The office's dispositions do not fit this book: {reason}. Not taken; keep the laptop as it is and call the office."


class DispositionOld(Refusal):
    """One that was taken before: nothing to do."""

    code = "disposition.old"
    vi = "Kết quả xử lý số {number} đã nhận trước đây. Bỏ qua; không cần làm gì."
    en = "Disposition {number} was taken before. It is passed over; nothing to do."


class DispositionEarly(Refusal):
    """One that follows a letter this laptop does not have yet."""

    code = "disposition.early"
    vi = "Kết quả xử lý số {number} nối tiếp một tệp máy chưa có. Nhận tệp trước nó rồi nhận lại tệp này."
    en = "Disposition {number} follows a letter that is not here yet. Take the one before it, then this one again."


class FindingUnclear(Refusal):
    """What is said of a line cannot be so."""

    code = "disposition.unclear"
    vi = "Kết quả của phiếu {number}, dòng {place} chưa rõ: {reason}. Sửa rồi ghi lại; chưa có gì thay đổi."
    en = "What is said of voucher {number}, line {place} is not clear: {reason}. Correct it; nothing has changed."


def signed(made: Disposition, *, office_seed: bytes) -> bytes:
    """A disposition as it is kept, sealed to nobody yet; its digest chains the next."""
    return keys.signed(office_seed, "disposition/1", made).to_bytes()


def digest_of(raw: bytes) -> bytes:
    """What the next disposition carries as `prev`, and by whose first half a laptop asks for it."""
    return keys.digest("disposition/1", raw)


def verified(raw: bytes, *, office_key: bytes) -> Disposition:
    """A disposition the office signed. Raises `Malformed`, `LaptopBehind`, `OfficeBehind`, `SignatureWrong`."""
    begins_known(raw, what="disposition", reader="laptop")
    made = from_bytes(Disposition, raw)
    keys.verify_signed(office_key, "disposition/1", made, what="disposition")
    return made


def seal_disposition(raw: bytes, *, device_key: bytes, office_seed: bytes, to: bytes = b"") -> bytes:
    """The letter in which a signed disposition travels, for the laptop that wrote the book, or `to` one that went on with it."""
    made = from_bytes(Disposition, raw)
    number = made.disposition_no
    header = Header(
        version=VERSION, kind="disposition", sender=made.office, recipient=to or made.device, subject=made.book,
        first=number, last=number,
    )  # fmt: skip
    return close_envelope(raw, header=header, recipient_key=device_key, sender_seed=office_seed)


def read_disposition(
    letter: bytes,
    *,
    pack: Pack,
    device_secret: bytes,
    office_key: bytes,
    taken: Collection[bytes],
    head_at: Callable[[int], bytes | None],
    to: bytes = b"",
    until: int = 0,
) -> tuple[Disposition, bytes]:
    """A disposition the laptop may believe, and its bytes: for this book, in its turn, and true of the book.

    `pack` is the book's. Of a book that another laptop wrote up to number `until` before `to` this one went on, the office
    may have had more: its head is then beyond what can be compared here.

    `taken` are the digests of those taken before; `head_at` looks a number up in the own book (None past its end).
    An office that was put back from an old backup goes on from an earlier one: any that was taken may be followed.
    Raises what `open_envelope` raises, `DispositionOld`, `DispositionEarly`, `DispositionWrong`.
    """
    opened = open_envelope(
        letter, kind="disposition", recipient=to or pack.device, sender_key=office_key, secret=device_secret
    )
    made = verified(opened.plain, office_key=office_key)
    named = (opened.header.sender, opened.header.subject)
    if (made.office, made.device, made.book) != (pack.office, pack.device, pack.book) or named != (pack.office, pack.book):
        raise DispositionWrong(reason="book")
    if digest_of(opened.plain) in taken:
        raise DispositionOld(number=str(made.disposition_no))
    if made.prev != NONE_BEFORE and made.prev not in taken:
        raise DispositionEarly(number=str(made.disposition_no))
    if not 0 < until < made.last and head_at(made.last) != made.head:
        raise DispositionWrong(reason=f"head #{made.last}")
    if any(not 0 < one.number <= made.last for one in made.findings):
        raise DispositionWrong(reason="number")
    return made, opened.plain


def standing(letters: Iterable[Disposition]) -> dict[tuple[int, int], Stands]:
    """The newest word on each line, by voucher and place; the letters in the order they were taken."""
    found: dict[tuple[int, int], Stands] = {}
    for letter in letters:
        for one in letter.findings:
            found[one.number, one.place] = Stands(one, letter.by, letter.office_s)
    return found


# What may be said of a line, and what follows from it


def code_for(line: Line, component: str) -> str:
    """The code under which this component is booked with the cash going the way it went; empty where there is none."""
    if component in COMPONENTS.get(line.code, ()):
        return line.code
    way = CASH.get(line.code)
    return next((code for code, names in COMPONENTS.items() if component in names and CASH[code] == way), "")


def person_of(session: Projection, body: Body, line: Line) -> str:
    """Whose a line is: the customer it can come back to, empty where there is none."""
    if body.kind not in _PEOPLES:
        return ""
    who = session.roll.owner(line.account) if body.kind == "group" else body.party
    return who if who in session.roll.customers else ""


def ask_finding(session: Projection, finding: Finding) -> None:
    """What may be said of a line of this session. Raises `FindingUnclear`."""

    def unclear(reason: str) -> FindingUnclear:
        return FindingUnclear(number=str(finding.number), place=str(finding.place), reason=reason)

    if not 1 <= finding.number <= len(session.bodies):
        raise unclear("không có phiếu này")
    body = session.bodies[finding.number - 1]
    if not 1 <= finding.place <= len(body.lines):
        raise unclear("không có dòng này")
    line = body.lines[finding.place - 1]
    if finding.outcome in ("accepted", "corrected") and not finding.core_number:
        raise unclear("thiếu số hạch toán của hệ thống lõi")
    if finding.outcome in ("suspense", "returned") and finding.core_number:
        raise unclear("chưa hạch toán thì không có số hạch toán")
    if finding.outcome != "accepted" and not finding.reason:
        raise unclear("thiếu lý do")
    if bool(finding.booked) is not (finding.outcome == "corrected"):
        raise unclear("tài khoản hạch toán chỉ đi với kết quả điều chỉnh, và phải có")
    if finding.outcome in ("returned", "corrected"):
        _ask_moved(session, finding, body, line, unclear)


def _ask_moved(
    session: Projection, finding: Finding, body: Body, line: Line, unclear: Callable[[str], FindingUnclear]
) -> None:
    """A line that was not booked, or elsewhere: it stands, is not more than it was, and what is left is somebody's."""
    who = person_of(session, body, line)
    if finding.number in session.reversed or (finding.number, who) in session.corrected:
        raise unclear("dòng này đã đảo trong phiên")
    for one in finding.booked:
        if not one.account or one.component not in COMPONENTS.get(one.code, ()) or one.amount <= 0:
            raise unclear("tài khoản, thành phần hoặc số tiền hạch toán không đúng")
        # An account the pack does not know may be of another point; one it knows bears what it is.
        if (one.account in session.roll.loans and one.component in _HELD) or (one.account in session.roll.deposits and one.component not in _HELD):
            raise unclear("thành phần không phải của loại tài khoản này")
    left = cash((line,)) - cash(finding.booked)
    if (left < 0) is (cash((line,)) > 0) and left:
        raise unclear("hạch toán nhiều hơn số tiền của dòng")
    if not cash((line,)) and sum(one.amount for one in finding.booked) > line.amount:
        raise unclear("hạch toán nhiều hơn số tiền của dòng")
    if left and not who:
        raise unclear("không có khách hàng để trả lại tiền; giữ ở kết quả chờ xử lý")


def adjustments(
    session: Projection, findings: Standing, *, text_of: Callable[[int], str], done: Collection[tuple[int, int]]
) -> Iterator[Adjustment]:
    """The slips that follow from what was returned and corrected, but for lines that are `done`: (voucher, place).

    Neighbouring lines of one person that met the same fate for the same reason are one slip. `text_of` gives a
    voucher's number as people read it.
    """
    wanted = sorted(
        key for key, one in findings.items() if one.finding.outcome in ("returned", "corrected") and key not in done
    )
    run: list[tuple[int, int]] = []
    for key in wanted:
        if run and not _go_together(session, findings, run[-1], key, text_of(key[0]), run[0][1]):
            yield _slip(session, findings, run, of=text_of(run[0][0]))
            run = []
        if person_of(session, session.bodies[key[0] - 1], _line(session, key)):
            run.append(key)
    if run:
        yield _slip(session, findings, run, of=text_of(run[0][0]))


def _line(session: Projection, key: tuple[int, int]) -> Line:
    return session.bodies[key[0] - 1].lines[key[1] - 1]


def _go_together(
    session: Projection, findings: Standing, before: tuple[int, int], key: tuple[int, int], of: str, first: int
) -> bool:
    """Whether two lines stand on one slip."""
    if before != (key[0], key[1] - 1) or len(adjustment.slip_number(of, (first, key[1]))) > _SLIP_LETTERS_MAX:
        return False
    body, one, other = session.bodies[key[0] - 1], findings[before].finding, findings[key].finding
    same = one.outcome == other.outcome and one.reason == other.reason
    return same and person_of(session, body, _line(session, before)) == person_of(session, body, _line(session, key))


def _slip(session: Projection, findings: Standing, run: Sequence[tuple[int, int]], *, of: str) -> Adjustment:
    number = run[0][0]
    was = tuple(_line(session, key) for key in run)
    told = [findings[key].finding for key in run]
    booked = tuple(line for one in told for line in one.booked)
    numbers = dict.fromkeys(one.core_number for one in told if one.core_number)
    return Adjustment(
        slip_no=adjustment.slip_number(of, [place for _, place in run]),
        outcome="returned" if told[0].outcome == "returned" else "corrected",
        customer_code=person_of(session, session.bodies[number - 1], was[0]),
        of=of,
        was=was,
        booked=booked,
        lines=adjustment.given_back(was, booked),
        core_number=", ".join(numbers),
        reason=told[0].reason,
    )


def booked_line(line: Line, *, account: str, component: str, amount: int) -> Line | None:
    """A line as it was booked instead, or None where the component cannot be."""
    code = code_for(line, component)
    return line_of(code, account, component, amount) if code else None
