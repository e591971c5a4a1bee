"""Is this paper ours, and does it still stand? The text of a receipt's QR code, asked with no network.

The laptop's signature says that the laptop made it; the book says whether it stands. A receipt of entries
that have not come in yet is genuine and *not received*, which is for the officer to chase. Whatever is in the
books is held against the whole of what the code says, not its digest alone: whoever has a laptop's key could
sign a true digest beside an untrue amount.

A revoked laptop's key may be in anybody's hands. What came in before it was revoked is in the books and
stands. What is not there cannot be told from a forgery, and no date in the code helps, because whoever has
the key writes the date: the answer is *revoked* until the office has looked.
"""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, or_, select

from sync.chain import Entry, Stub, stub_of, verify_stub
from sync.keys import SignatureWrong
from sync.office import cases, devices, lineage, outages, overview, preparation, vouchers
from sync.office.home import VIETNAM, Office
from sync.office.store import BatchRow, Book, ClaimRow, Device, DifferenceRow, EntryRow, ForkRow
from sync.receipt import Comparison, compare, is_training, read_receipt
from sync.records import from_bytes
from sync.terms import Roll
from sync.unsigned import is_unsigned, read_unsigned
from sync.voucher import number_text, paper_key

Verdict = Literal[
    "genuine", "corrected", "reversed", "not-received", "other-history", "no-session", "revoked", "altered",
    "unknown-laptop", "training", "outage", "outage-waiting", "forged",
]  # fmt: skip
Tone = Literal["good", "note", "fault"]
Sentence = tuple[str, str]


class Ruling(NamedTuple):
    """What is said of a verdict, in Vietnamese and English, and whether the paper is one that our laptop made.

    `good` is what it says, `note` needs somebody to do something first, `fault` must not be relied upon.
    """

    tone: Tone
    ours: bool
    vi: str
    en: str


# The facts a sentence may name: `by`, the numbers that undid it; `on`, the day its laptop was revoked.
RULINGS: Mapping[Verdict, Ruling] = {
    "genuine": Ruling(
        "good", True,
        "Biên lai thật, đúng với sổ của văn phòng. So số, ngày và số tiền dưới đây với tờ giấy: phải giống hệt.",
        "The receipt is genuine and agrees with the office's book. Hold number, day and amount below against the paper: they must be the same.",
    ),
    "corrected": Ruling(
        "note", True,
        "Biên lai thật, nhưng một phần đã được rút lại ở phiếu số {by}. Xem dòng nào còn giá trị ở dưới, đừng tính cả số tiền.",
        "The receipt is genuine, but part of it was taken back by voucher {by}. See below which lines still stand; do not count the whole amount.",
    ),
    "reversed": Ruling(
        "fault", True,
        "Biên lai do máy làm ra, nhưng phiếu đã bị đảo ở số {by}: không còn giá trị. Hỏi người giữ tờ giấy về phiếu đảo và phiếu lập lại.",
        "The laptop made this receipt, but voucher {by} reversed it: it no longer counts. Ask the holder for the reversal and what was made anew.",
    ),
    "not-received": Ruling(
        "note", True,
        "Chữ ký của máy đúng, nhưng bút toán này chưa về văn phòng. Giữ bản chụp mã và yêu cầu máy gửi sổ.",
        "The laptop's signature is right, but the entry has not come in yet. Keep a picture of the code and have the laptop send its book.",
    ),
    "other-history": Ruling(
        "fault", True,
        "Chữ ký của máy đúng, nhưng sổ văn phòng ghi khác ở số này. Giữ tờ giấy, giữ nguyên máy và báo phụ trách ngay.",
        "The laptop's signature is right, but the office's book says something else there. Keep the paper, leave the laptop as it is and report it at once.",
    ),
    "no-session": Ruling(
        "fault", True,
        "Chữ ký của máy đúng, nhưng văn phòng không lập phiên nào như vậy cho máy này. Giữ tờ giấy, giữ nguyên máy và báo phụ trách ngay.",
        "The laptop's signature is right, but the office prepared no such session for it. Keep the paper, leave the laptop as it is and report it at once.",
    ),
    "revoked": Ruling(
        "fault", True,
        "Mã ký bằng khóa của máy đã thu hồi ngày {on} và không có trong sổ: không phân biệt được với giấy giả. Giữ tờ giấy, đối chiếu với tổ giao dịch.",
        "Signed with the key of a laptop revoked on {on}, and not in the books: it cannot be told from a forgery. Keep the paper and ask the team of that day.",
    ),
    "altered": Ruling(
        "fault", False,
        "Biên lai bị sửa hoặc giả: chữ ký không đúng. Giữ lại tờ giấy và báo phụ trách.",
        "The receipt was altered or forged: the signature is wrong. Keep the paper and report it.",
    ),
    "unknown-laptop": Ruling(
        "fault", False,
        "Không có máy nào của văn phòng này làm ra biên lai. Hỏi văn phòng khác, hoặc coi là giả.",
        "No laptop of this office made the receipt. Ask the other office, or treat it as forged.",
    ),
    "training": Ruling(
        "fault", False,
        "Tờ giấy tập huấn: không có giá trị, không chứng minh ai đã nộp hay nhận tiền. Nếu có người đưa làm biên lai thật, giữ lại và báo phụ trách.",
        "A paper made to practise on: it has no value and proves no payment. If somebody presents it as real, keep it and report it.",
    ),
    "outage": Ruling(
        "note", True,
        "Biên lai làm khi máy mất khóa ký: mã tự nó không chứng minh gì, nhưng đúng với sổ của văn phòng. So số, ngày, số tiền và chữ ký tay trên tờ giấy.",
        "Made while the laptop had no key: the code proves nothing by itself, but it agrees with the office's book. Hold number, day, amount and the signatures by hand against the paper.",
    ),
    "outage-waiting": Ruling(
        "note", False,
        "Biên lai nói là làm khi máy mất khóa ký, và bút toán chưa về văn phòng: chưa nói được thật hay giả. Giữ bản chụp mã, yêu cầu máy gửi sổ rồi kiểm tra lại.",
        "It says it was made while the laptop had no key, and the entry has not come in: neither proved nor disproved. Keep a picture of the code, have the laptop send its book, and check again.",
    ),
    "forged": Ruling(
        "fault", False,
        "Mã không có chữ ký số, mà sổ văn phòng không có sự cố nào ở số này hoặc ghi khác: coi là giả. Giữ lại tờ giấy và báo phụ trách ngay.",
        "The code is not signed, and no outage of the office's book covers this number, or the book says something else: treat it as forged. Keep the paper and report it at once.",
    ),
}  # fmt: skip
# Signed by our laptop or not: what a verdict shows of the code is only believed of these.
BELIEVED: frozenset[Verdict] = frozenset(verdict for verdict, ruling in RULINGS.items() if ruling.ours)


class HeldLine(NamedTuple):
    """A line of a voucher in the office's books; `undone_by` is the correction that took it back, or 0."""

    code: str
    name: str
    account: str
    owner: str
    amount: int
    undone_by: int


class Held(NamedTuple):
    """What the office's books say of the entry at a receipt's number: to be held beside the paper."""

    kind: str
    party: str
    party_name: str
    cash: int
    wall_s: int
    maker: str
    approvers: str
    reverses: int
    reason: str
    lines: tuple[HeldLine, ...]


class Answer(NamedTuple):
    """What can be said of a code. `stub` is what it says, None of a training paper; `number` is as printed.

    `undone_by` are the numbers that reversed it or took parts of it back; `notes` is what else an officer should
    know; `held` is what the office's books have at that number, which on `other-history` is another entry.
    """

    verdict: Verdict
    stub: Stub | None = None
    number: str = ""
    undone_by: tuple[int, ...] = ()
    revoked_s: int | None = None
    notes: tuple[Sentence, ...] = ()
    held: Held | None = None

    @property
    def ruling(self) -> Ruling:
        return RULINGS[self.verdict]

    @property
    def believed(self) -> bool:
        """Whether what the code says was signed by a laptop of this office."""
        return self.verdict in BELIEVED

    def sentence(self, language: str = "vi") -> str:
        """The verdict and what to do."""
        said = self.ruling.en if language == "en" else self.ruling.vi
        return said.format(by=", ".join(map(str, self.undone_by)), on=_day(self.revoked_s) if self.revoked_s else "")


def verify_receipt(office: Office, *, text: str) -> Answer:
    """What can be said of the text in a receipt's code. Raises `NotReceipt`."""
    if is_training(text):
        return Answer("training")
    if is_unsigned(text):
        return _unsigned(office, read_unsigned(text))
    stub, signature = read_receipt(text)
    with office.store.reading() as db:
        # A book's id begins with the first half of its laptop's.
        device = devices.by_prefix(db, prefix=stub.book[:8])
        if device is None:
            return Answer("unknown-laptop", stub)
        row = db.get(Book, stub.book)
        number = number_of(row, stub.number) if row else ""
        try:
            verify_stub(stub, signature, device_key=devices.genuine_key(device))
        except SignatureWrong:
            return Answer("altered", stub, number)
        answer = _judged(db, stub, device, row)
        held = _held(office, db, stub) if row else None
        notes = tuple(_notes(db, stub, device, row, answer.verdict))
    return answer._replace(number=number, held=held, notes=notes, revoked_s=device.revoked_s)


def _unsigned(office: Office, stub: Stub) -> Answer:
    """What can be said of a code that nobody signed: only what the books say of an outage at its number."""
    with office.store.reading() as db:
        device = devices.by_prefix(db, prefix=stub.book[:8])
        if device is None:
            return Answer("unknown-laptop", stub)
        row = db.get(Book, stub.book)
        if row is None or row.session_date != stub.business_date:
            return Answer("forged", stub)
        number = number_of(row, stub.number)
        if stub.number > row.received and row.state != "closed":
            return Answer("outage-waiting", stub, number)
        entry = db.get(EntryRow, (stub.book, stub.number))
        gap = outages.gap_at(db, book=stub.book, number=stub.number)
        if entry is None or gap is None or _stub_of(entry) != stub:
            return Answer("forged", stub, number)
        answer = _judged(db, stub, device, row)
        notes = (*_of_gap(*gap), *_notes(db, stub, device, row, answer.verdict))
        verdict = "outage" if answer.verdict == "genuine" else answer.verdict
        return answer._replace(
            verdict=verdict, number=number, held=_held(office, db, stub), notes=notes, revoked_s=device.revoked_s
        )


def _of_gap(first: int, signed_by: int) -> Iterator[Sentence]:
    """Which outage covers a paper, and what answers for it."""
    yield (
        f"Máy khai mất khóa ký từ phiếu số {first}.",
        f"The laptop declared its key gone from voucher {first}.",
    )
    if signed_by:
        yield (
            f"Đã khắc phục ở phiếu số {signed_by}: chữ ký của phiếu đó bảo chứng cho mọi phiếu trong khoảng này.",
            f"Recovered by voucher {signed_by}, whose signature answers for every voucher between.",
        )


def number_of(book: Book, number: int) -> str:
    """A number of a book as it is printed."""
    return number_text(
        point_code=book.point_code, session_date=f"{book.session_date:%Y%m%d}", letter=book.letter, number=number
    )


def _judged(db: Database, stub: Stub, device: Device, book: Book | None) -> Answer:
    """The verdict of a stub with a good signature, its book as the office has it."""
    entry = db.get(EntryRow, (stub.book, stub.number)) if book else None
    if entry is not None:
        if _stub_of(entry) != stub:
            return Answer("other-history", stub)
        by, taken_back = undone(db, entry.book).get(stub.number, (0, ()))
        if by:
            return Answer("reversed", stub, undone_by=(by,))
        return Answer("corrected", stub, undone_by=taken_back) if taken_back else Answer("genuine", stub)
    if device.revoked_s is not None:
        return Answer("revoked", stub)
    if book is None or book.session_date != stub.business_date:
        return Answer("no-session", stub)
    there = lineage.book_at(db, book.root, stub.number)
    # Another laptop went on before this number, and the line has its entry there.
    if there is not None and stub.number > book.received >= 1:
        return Answer("other-history", stub)
    last = db.get(EntryRow, (stub.book, book.received)) if book.received else None
    if last is not None and compare(_stub_of(last), stub).relation == "clash":
        return Answer("other-history", stub)
    return Answer("not-received", stub)


def _stub_of(row: EntryRow) -> Stub:
    return stub_of(from_bytes(Entry, row.raw), row.head)


def undone(db: Database, book: bytes) -> dict[int, tuple[int, tuple[int, ...]]]:
    """Numbers of a book's lineage that were undone: by which reversal (or 0), and by which corrections that stand."""
    row = db.get(Book, book)
    if row is None:
        return {}
    what = (EntryRow.number, EntryRow.kind, EntryRow.reverses)
    rows = db.exec(lineage.entries_of(row.root, *what).where(col(EntryRow.kind).in_(("reverse", "correct")))).all()
    reversed_by = {of: number for number, kind, of in rows if kind == "reverse"}
    taken: dict[int, list[int]] = {}
    for number, kind, of in rows:
        if kind == "correct" and number not in reversed_by:
            taken.setdefault(of, []).append(number)
    return {of: (reversed_by.get(of, 0), tuple(taken.get(of, ()))) for of in {*reversed_by, *taken}}


def _notes(db: Database, stub: Stub, device: Device, book: Book | None, verdict: Verdict) -> Iterator[Sentence]:
    """What else an officer should know of a paper whose signature is good."""
    if device.revoked_s is not None and verdict in ("genuine", "corrected", "reversed"):
        on = _day(device.revoked_s)
        yield (
            f"Máy {device.letter} đã bị thu hồi ngày {on}; bút toán này về trước đó nên vẫn còn trong sổ.",
            f"Laptop {device.letter} was revoked on {on}; this entry came in before, so it stands in the books.",
        )
    if book is None:
        return
    if book.frozen:
        yield (
            f"Sổ đang đóng băng: có hai nhánh từ số {book.frozen}. Xem trang Ngoại lệ.",
            f"The book is frozen: it has two histories from {book.frozen}. See the exceptions.",
        )
    booked = db.get(EntryRow, (stub.book, stub.number))
    beside = db.get(ForkRow, (stub.book, stub.number, stub.digest)) is not None
    if beside and (booked is None or booked.head != stub.digest):
        yield (
            "Bút toán của tờ giấy này nằm ở nhánh kia, văn phòng giữ cả hai nhánh. Xem trang Việc cần giải quyết.",
            "The entry of this paper is on the other branch; the office keeps both. See Cases.",
        )
    for row, again in _entered_again(db, book, stub.number) if booked is None or booked.head != stub.digest else ():
        number = number_of(row, again)
        yield (
            f"Phiếu của tờ giấy này đã được nhập lại ở phiếu số {number}, lấy số cũ làm số giấy.",
            f"The voucher of this paper was entered again as {number}, with its old number as the paper's.",
        )
    around = (BatchRow.first <= stub.number, BatchRow.last >= stub.number)
    if db.exec(select(BatchRow.first).where(BatchRow.book == stub.book, BatchRow.outcome == "revoked", *around)).first():
        yield (
            "Máy đã gửi số này sau khi bị thu hồi; lô đó được giữ riêng, không ghi sổ.",
            "The laptop sent this number after it was revoked; that batch is set aside and not booked.",
        )
    at = (DifferenceRow.book == stub.book, DifferenceRow.number == stub.number)
    # That an outage began or ended here breaks no rule, and what was found sound troubles nobody.
    broken = {one.code for one in cases.open_differences(db, db.exec(select(DifferenceRow).where(*at)))} - outages.TOLD
    if verdict in ("genuine", "corrected", "reversed") and broken:
        yield (
            "Văn phòng tính lại thấy bút toán này có khác biệt. Xem trang Ngoại lệ trước khi dùng tờ giấy.",
            "By the office's own reckoning this entry breaks a rule. See the exceptions before you rely on it.",
        )


def _entered_again(db: Database, book: Book, number: int) -> Iterator[tuple[Book, int]]:
    """Where a lost voucher was entered again under its printed number, whole or from the laptop's letter on."""
    whole, short = paper_key(number_of(book, number)), paper_key(f"{book.letter}-{number:06d}")
    wanted = (
        select(Book, ClaimRow.number)
        .join(ClaimRow, col(ClaimRow.book) == col(Book.book))
        .where(ClaimRow.kind == "paper", Book.point_code == book.point_code)
        .where(or_(ClaimRow.name == whole, (col(ClaimRow.name) == short) & (col(Book.root) == book.root)))
    )
    yield from db.exec(wanted).all()


def _held(office: Office, db: Database, stub: Stub) -> Held | None:
    """What the books have at a receipt's number, with the names of its pack."""
    book = db.get(Book, stub.book)
    row = lineage.book_at(db, book.root, stub.number) if book else None
    pack = preparation.pack_of(office, db, book=stub.book)
    if row is None or pack is None:
        return None
    roll = Roll(pack.terms)
    names, entry = vouchers.names(roll), from_bytes(Entry, row.raw)
    body = entry.body
    taken = _members_taken(db, stub) if body.kind == "group" else {}

    def owner(account: str) -> str:
        # An account that began with this voucher is in no pack yet: it is the party's.
        return roll.owner(account) or (body.party if account and body.kind in ("visit", "slip") else "")

    lines = tuple(
        HeldLine(
            one.code, overview.CODES.get(one.code, one.code), one.account, names.get(owner(one.account), ""), one.amount,
            taken.get(owner(one.account), 0),
        )
        for one in body.lines
    )  # fmt: skip
    return Held(
        kind=overview.KINDS.get(body.kind, body.kind),
        party=body.party,
        party_name=names.get(body.party, ""),
        cash=body.cash,
        wall_s=entry.wall_s,
        maker=names.get(entry.maker, entry.maker),
        approvers=", ".join(names.get(one.staff_id, one.staff_id) for one in entry.approvals),
        reverses=body.reverses,
        reason=body.reason,
        lines=lines,
    )


def _members_taken(db: Database, stub: Stub) -> dict[str, int]:
    """Members whose lines of a hand-in were taken back, with the number that did it."""
    _, corrections = undone(db, stub.book).get(stub.number, (0, ()))
    book = db.get(Book, stub.book)
    rows = db.exec(lineage.entries_of(book.root).where(col(EntryRow.number).in_(corrections))) if book else ()
    return {from_bytes(Entry, row.raw).body.by: row.number for row in rows}


def _day(seconds: int) -> str:
    return f"{datetime.datetime.fromtimestamp(seconds, tz=VIETNAM):%d/%m/%Y}"


# Two receipts


class Between(NamedTuple):
    """An entry between two receipts, as the books have it."""

    number: str
    kind: str
    party_name: str
    cash: int


class Pairing(NamedTuple):
    """Two answers, and what the two say of each other; None where a signature was not believed.

    `between` is what the books have between the two, `missing` the runs of numbers, first and last, they lack.
    """

    answers: tuple[Answer, Answer]
    comparison: Comparison | None
    between: tuple[Between, ...] = ()
    missing: tuple[tuple[int, int], ...] = ()


def verify_two(office: Office, *, first: str, second: str) -> Pairing:
    """Two receipts judged, then held against each other. Raises `NotReceipt`."""
    answers = (verify_receipt(office, text=first), verify_receipt(office, text=second))
    one, other = answers
    if not (one.believed and other.believed and one.stub and other.stub):
        return Pairing(answers, None)
    found = compare(one.stub, other.stub)
    if found.relation != "apart":
        return Pairing(answers, found)
    inside = (found.earlier.number + 1, found.later.number - 1)
    with office.store.reading() as db:
        book = db.get(Book, found.earlier.book)
        pack = preparation.pack_of(office, db, book=found.earlier.book)
        rows = db.exec(
            select(EntryRow)
            .where(EntryRow.book == found.earlier.book, col(EntryRow.number).between(*inside))
            .order_by(col(EntryRow.number))
        ).all()
        names = vouchers.names(Roll(pack.terms)) if pack else {}
        between = tuple(
            Between(
                number_of(book, row.number) if book else str(row.number), overview.KINDS.get(row.kind, row.kind),
                names.get(row.party, row.party), from_bytes(Entry, row.raw).body.cash,
            )
            for row in rows
        )  # fmt: skip
    return Pairing(answers, found, between, _gaps([row.number for row in rows], *inside))


def _gaps(held: Sequence[int], first: int, last: int) -> tuple[tuple[int, int], ...]:
    """The runs of numbers from `first` to `last` that are not held, which are in rising order."""
    made, wanted = [], first
    for number in (*held, last + 1):
        if number > wanted:
            made.append((wanted, number - 1))
        wanted = number + 1
    return tuple(made)
