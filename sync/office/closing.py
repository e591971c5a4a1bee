"""A printed closing sheet held against the book the office holds: the anchor outside both machines.

Three people signed the sheet when the book was closed. Its head holds every entry before it, so whoever keeps the
sheet can tell whether anything was changed since, on the laptop or here. What somebody typed from the print, and what
its square code says, is compared figure by figure; the sums come from the stored lines by SQL, and the head is
reckoned again from the entries as they came, link by link. Amounts in đồng.
"""

import contextlib
import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, func, or_, select

from sync import chain, ledger
from sync.chain import Entry, Stub, verify_stub
from sync.errors import Refusal
from sync.keys import SignatureWrong, digest
from sync.money import figures as in_figures
from sync.money import parse_amount
from sync.office import closing_checks, devices, lineage, totals
from sync.office.closing_checks import Figure, Outcome, Verdict
from sync.office.home import Office
from sync.office.store import Alarm, Book, Device, EntryRow, ForkRow, LineRow
from sync.receipt import NotReceipt, read_receipt
from sync.records import Malformed, from_bytes
from sync.voucher import number_text

# What the sheet counts by kind of voucher; `others` are all the rest.
KINDS: Final = {
    "groups": "group", "visits": "visit", "slips": "slip", "reversals": "reverse", "corrections": "correct",
    "requests": "request", "counterfeits": "counterfeit", "losses": "loss",
}  # fmt: skip
COUNTS: Final = ("entries", "lines", *KINDS, "others")
# Figure -> what stands before it on the sheet, in Vietnamese and English; a sum goes by its code.
LABELS: Final = {
    "last": ("Phiếu cuối", "Last"), "entries": ("Số phiếu", "Vouchers"), "lines": ("Số dòng tiền", "Lines"),
    "groups": ("Tổ nộp", "Group hand-ins"), "visits": ("Khách giao dịch", "Visits"),
    "slips": ("Phiếu chi duyệt", "Approved slips"), "reversals": ("Phiếu đảo", "Reversals"),
    "corrections": ("Rút dòng thành viên", "Members taken back"), "requests": ("Đề nghị", "Requests"),
    "counterfeits": ("Biên bản tiền giả, tiền trả lại", "Counterfeit or unfit notes"),
    "losses": ("Báo cáo mất tiền", "Loss reports"), "others": ("Phiếu khác", "Other vouchers"),
    "cash": ("Tồn quỹ cuối phiên", "Cash at the close"), "cash_in": ("Lũy kế thu", "Taken in altogether"),
    "cash_out": ("Lũy kế chi", "Paid out altogether"), "head": ("Mã khóa sổ", "Head of the book"),
}  # fmt: skip
TYPED: Final = ("last", *COUNTS, "cash", "head", *ledger.CASH)
HEAD_DIGITS: Final = 64

_NUMBER = re.compile(r"(?:(?P<point>\w{1,40})-(?P<day>\d{8})-(?P<letter>[A-Z]{1,2}(?:\.[A-Z]{1,2})*)-)?(?P<place>\d{1,9})", re.ASCII)
_HEX = re.compile(r"[0-9A-F]{4,64}")


class NothingToCompare(Refusal):
    code = "closing.nothing"
    vi = "Chưa gõ số nào của tờ khóa sổ và chưa quét mã vuông. Gõ ít nhất một số, hoặc quét mã ở góc tờ giấy."
    en = "No figure of the closing sheet was typed and its code was not scanned. Type one at least, or scan the code."


class WhichSession(Refusal):
    code = "closing.which-session"
    vi = "Chưa biết tờ khóa sổ của phiên nào. Chọn phiên, gõ đủ số phiếu cuối (như TXN0480701-20240415-A-000027), hoặc quét mã vuông."
    en = "It is not said which session the sheet is of. Choose it, type the whole last number (as TXN0480701-20240415-A-000027), or scan the code."


class WhichBook(Refusal):
    code = "closing.which-book"
    vi = "Phiên này có {count} sổ ở văn phòng (máy {letters}). Chỉ rõ máy nào, hoặc quét mã vuông của tờ giấy."
    en = "The office holds {count} books of this session (laptops {letters}). Say which laptop, or scan the sheet's code."


class FigureUnknown(Refusal):
    code = "closing.figure-unknown"
    vi = "Tờ khóa sổ không có mục “{name}”. Các mục có thể gõ: {known}."
    en = "A closing sheet has no “{name}”. It has: {known}."


class FigureUnclear(Refusal):
    code = "closing.figure-unclear"
    vi = "“{text}” ở mục {name} không rõ. Gõ đúng như in trên giấy: số tiền như 1.234.000, mã khóa sổ là các chữ 0-9 và A-F."
    en = "“{text}” for {name} is not clear. Type it as it is printed: an amount as 1.234.000, the head with 0-9 and A-F."


class NotClosingSheet(Refusal):
    code = "closing.other-paper"
    vi = "Mã vuông này là của phiếu số {number}, không phải của tờ khóa sổ. Kiểm tra nó ở trang Kiểm tra biên lai."
    en = "This code is of voucher {number} and not of a closing sheet. Check it where receipts are checked."


class Comparison(NamedTuple):
    """What came of a sheet; `book` is empty where the office holds none, `check` the number it is kept under."""

    verdict: Verdict
    vi: str
    en: str
    book: str
    about: str
    figures: tuple[Figure, ...]
    check: int


class Place(NamedTuple):
    """Which session a sheet is of, as far as it was said."""

    point_code: str = ""
    session_date: datetime.date | None = None
    letter: str = ""
    number: int | None = None


class _Found(NamedTuple):
    verdict: Verdict
    book: bytes
    about: str
    figures: tuple[Figure, ...] = ()
    place: str = ""


# Verdict -> Vietnamese, English; `place` is how many vouchers came in, what is not there, or groups of the head.
SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "agrees": (
        "Khớp. Sổ ở văn phòng đúng là sổ đã ký trên tờ giấy này, từ phiếu đầu đến phiếu cuối.",
        "It agrees. The book held here is the one signed on this sheet, from its first voucher to its last.",
    ),
    "agrees-part": (
        "Các số đã gõ đều khớp, cùng {place} nhóm đầu của mã khóa sổ. Gõ hết mã hoặc quét mã vuông để chắc chắn.",
        "All figures typed agree, and so do the first {place} groups of the head. Type all of it or scan the code to be certain.",
    ),
    "agrees-figures": (
        "Các số đã gõ đều khớp, nhưng chưa so mã khóa sổ: tên, tài khoản hoặc thứ tự phiếu có thể vẫn khác. Gõ mã hoặc quét mã vuông.",
        "All figures typed agree, but the head was not compared: a name, an account or the order may still differ. Type the head or scan the code.",
    ),
    "differs": (
        "Không khớp. Xem từng dòng dưới đây, gõ lại chỗ khác nhau; nếu đúng là khác thì giữ tờ giấy và báo phụ trách.",
        "It does not agree. Look at the lines below and type again what differs; where it does differ, keep the sheet and report it.",
    ),
    "altered": (
        "Mọi số đều khớp nhưng mã khóa sổ khác: gõ nhầm một chữ của mã, hoặc có phiếu đã bị sửa mà tổng không đổi. Gõ lại mã hoặc quét mã vuông; vẫn khác thì báo phụ trách ngay, giữ nguyên máy và tờ giấy.",
        "Every figure agrees but the head differs: either one digit was mistyped, or a voucher was changed so that no sum moved. Type the head again or scan the code; if it still differs report it at once, and leave laptop and sheet as they are.",
    ),
    "figures-differ": (
        "Mã khóa sổ khớp mà có số khác: gõ nhầm, số in trên giấy bị sửa, hoặc dữ liệu ở văn phòng bị sửa. Gõ lại; vẫn khác thì chạy lệnh check và báo phụ trách.",
        "The head agrees but a figure differs: mistyped, changed on the sheet, or changed in the office's data. Type it again; if it still differs run check and report it.",
    ),
    "other-branch": (
        "Tờ giấy thuộc nhánh kia của sổ: máy này đã ghi hai lịch sử khác nhau. Giữ tờ giấy, giữ nguyên máy và báo phụ trách ngay.",
        "The sheet is of another branch of this book: the laptop wrote two histories. Keep the sheet, leave the laptop as it is and report it at once.",
    ),
    "not-come": (
        "Sổ chưa về đến chỗ khóa sổ: văn phòng mới nhận {place} phiếu. Yêu cầu máy gửi sổ rồi đối chiếu lại.",
        "The book has not come in as far as its close: the office has {place} vouchers. Have the laptop send it, then compare again.",
    ),
    "not-closed": (
        "Tờ giấy nói đã khóa sổ, nhưng sổ ở văn phòng không có bút toán khóa sổ ở số đó (đã nhận {place} phiếu). Giữ tờ giấy và báo phụ trách.",
        "The sheet says the book was closed, but the office's book has no close at that number (it has {place} vouchers). Keep the sheet and report it.",
    ),
    "no-book": (
        "Văn phòng không lập phiên nào như trên tờ giấy ({place}). Xem lại mã điểm, ngày, máy; nếu đúng thì giữ tờ giấy và báo phụ trách ngay.",
        "The office prepared no session as the sheet says ({place}). Look at point, day and laptop again; if they are right keep the sheet and report it at once.",
    ),
    "signature-wrong": (
        "Chữ ký trong mã vuông không đúng: mã bị sửa hoặc giả. Không tin số nào trên tờ giấy; giữ lại và báo phụ trách.",
        "The signature in the code is wrong: altered or forged. Believe no figure of the sheet; keep it and report it.",
    ),
    "unknown-laptop": (
        "Không có máy nào của văn phòng này ký mã vuông đó. Hỏi văn phòng khác, hoặc coi là giả.",
        "No laptop of this office signed that code. Ask the other office, or treat it as forged.",
    ),
    "revoked": (
        "Mã ký bằng khóa của máy đã thu hồi và sổ ở đây chưa đến đó (mới có {place} phiếu): không phân biệt được với giấy giả. Giữ tờ giấy và hỏi tổ giao dịch hôm đó.",
        "Signed with the key of a revoked laptop, and the book here does not go that far (it has {place} vouchers): it cannot be told from a forgery. Keep the sheet and ask the team of that day.",
    ),
    "damaged": (
        "Sổ ở văn phòng không còn liền mạch, không dùng để đối chiếu được. Giữ nguyên dữ liệu, chạy lệnh check và báo phụ trách ngay.",
        "The book held here no longer links, so nothing can be held against it. Keep the data as they are, run check and report it at once.",
    ),
}  # fmt: skip


def compare(
    office: Office, *, figures: Mapping[str, str], code: str, place: Place, book: bytes | None, who: str
) -> Comparison:
    """Hold a sheet against its book, and keep what came out and who asked.

    `figures` are what was typed, by the names of `TYPED`; `code` is the text of the square code or empty; the book is
    the one the code names, or `book`, or the one of `place` and of a whole number typed as `last`. Raises
    `NothingToCompare`, `WhichSession`, `WhichBook`, `FigureUnknown`, `FigureUnclear`, `NotClosingSheet`,
    `NotReceipt`, `Malformed`.
    """
    typed = {name: _read(name, text) for name, text in figures.items() if text.strip()}
    stub, signature = read_receipt(code) if code.strip() else (None, b"")
    if not typed and stub is None:
        raise NothingToCompare
    place = _placed(place, figures.get("last", ""))
    with office.store.reading() as db:
        found = _doubted(db, stub, signature) or _held(office, db, typed, stub, book=book, place=place)
    with office.store.writing() as db:
        number = closing_checks.keep(
            office, db, book=found.book, about=found.about, who=who, verdict=found.verdict, figures=found.figures
        )
        # A code that is signed can have no slip of the finger in it: what it proves stays an alarm.
        if stub and found.verdict in ("altered", "other-branch", "damaged"):
            _raise(office, db, found)
    said = _said(found)
    groups = max((one.sheet.count(" ") + 1 for one in found.figures if one.name == "head"), default=0)
    vi, en = (text.format(place=groups if said == "agrees-part" else found.place) for text in SENTENCES[said])
    return Comparison(found.verdict, vi, en, found.book.hex(), found.about, found.figures, number)


# What was typed, what was scanned


def code_among(texts: Sequence[str]) -> str:
    """The first text that is a code of ours, of all that were read on a picture. Raises `NotReceipt`."""
    for text in texts:
        with contextlib.suppress(NotReceipt, Malformed):
            read_receipt(text)
            return text
    raise NotReceipt


def _read(name: str, text: str) -> str:
    """A figure in its one form, as the book's will be written. Raises `FigureUnknown`, `FigureUnclear`."""
    if name not in TYPED:
        raise FigureUnknown(name=name[:40], known=", ".join(TYPED))
    said = text.strip()
    label = LABELS[name][0] if name in LABELS else name
    if name == "last":
        if not _NUMBER.fullmatch(said.upper()):
            raise FigureUnclear(name=label, text=said[:80])
        return said.upper()
    if name == "head":
        digits = re.sub(r"[\s.:-]", "", said).upper()
        if not _HEX.fullmatch(digits):
            raise FigureUnclear(name=label, text=said[:80])
        return in_fours(digits)
    below = said[:1] in "-−–"
    try:
        amount = parse_amount(said.lstrip("-−– ").removesuffix("đ"))
    except Refusal as error:
        raise FigureUnclear(name=label, text=said[:80]) from error
    return in_figures(-amount if below else amount)


def in_fours(digits: str) -> str:
    """`1A2B 3C4D`: as it is printed, and read out over a telephone."""
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _placed(place: Place, last: str) -> Place:
    """The session, with what the last number says of it where nothing else does."""
    said = _NUMBER.fullmatch(last.strip().upper())
    if said is None:
        return place
    placed = place._replace(number=int(said["place"]))
    if not said["point"] or place.point_code or place.session_date:
        return placed
    try:
        day = datetime.datetime.strptime(said["day"], "%Y%m%d").date()  # noqa: DTZ007 a day and no moment
    except ValueError as error:
        raise FigureUnclear(name=LABELS["last"][0], text=last.strip()[:80]) from error
    return placed._replace(point_code=said["point"], session_date=day, letter=said["letter"])


# Which book


def _doubted(db: Database, stub: Stub | None, signature: bytes) -> _Found | None:
    """A code that no laptop of ours signed: nothing on its sheet is believed, and nothing compared."""
    if stub is None:
        return None
    about = f"mã vuông: dòng {stub.number}, {stub.business_date:%d/%m/%Y}"
    # A book's id begins with the first half of its laptop's.
    device = devices.by_prefix(db, prefix=stub.book[:8])
    if device is None:
        return _Found("unknown-laptop", b"", about)
    try:
        verify_stub(stub, signature, device_key=devices.genuine_key(device))
    except SignatureWrong:
        return _Found("signature-wrong", b"", about)
    return None


def _held(
    office: Office, db: Database, typed: Mapping[str, str], stub: Stub | None, *, book: bytes | None, place: Place
) -> _Found:
    """The sheet beside its book, as far as the office holds it."""
    wanted = stub.book if stub else book
    row = db.get(Book, wanted) if wanted else _book_of(db, place)
    if row is None:
        day = stub.business_date if stub else place.session_date
        name = " · ".join(part for part in (place.point_code, f"{day:%d/%m/%Y}" if day else "", place.letter) if part)
        return _Found("no-book", b"", name, place=name)
    about = f"{row.point_name} · {row.session_date:%d/%m/%Y} · máy {row.letter}"
    number = stub.number if stub else place.number
    kinds = dict(db.exec(_entries_to(db, row, EntryRow.number, EntryRow.kind)).all())
    come, closed = in_figures(row.received), "close" in kinds.values()
    if not closed if number is None else number > row.received:
        verdict: Verdict = "not-come"
        if stub and (_forked(db, row, stub.digest.hex().upper()) or not _leads_to(db, row, stub)):
            verdict = "other-branch"
        elif stub and _revoked(db, row):
            verdict = "revoked"
        waiting = tuple(_Row(name, said, "", by_code).waiting() for name, said, by_code in _asked(typed, stub, row))
        return _Found(verdict, row.book, about, waiting, come)
    head = _head(db, row)
    if head is None:
        return _Found("damaged", row.book, about)
    if stub and kinds.get(stub.number) != "close" and _head_at(db, row, stub.number) == stub.digest:
        raise NotClosingSheet(number=str(stub.number))
    known = _book_figures(office, db, row, head)
    rows = tuple(
        _Row(name, said, known.get(name, in_figures(0)), by_code).held(closed) for name, said, by_code in _asked(typed, stub, row)
    )
    return _Found(_verdict(db, row, rows, closed=closed), row.book, about, rows, come)


def _book_of(db: Database, place: Place) -> Book | None:
    """The one book a place can mean. Raises `WhichSession`, `WhichBook`."""
    if not place.point_code or place.session_date is None:
        raise WhichSession
    wanted = select(Book).where(Book.point_code == place.point_code, Book.session_date == place.session_date)
    rows = [one for one in db.exec(wanted.order_by(Book.letter)) if place.letter in ("", one.letter)]
    # Of a pack that was issued again only one book has entries; where none has, the laptop has not sent.
    # The sheet of a session that went on at another laptop is of the last of its books.
    begun = list({one.book: one for one in (lineage.whole(db, row) for row in rows if row.received)}.values()) or rows[:1]
    if len(begun) > 1:
        raise WhichBook(count=len(begun), letters=", ".join(one.letter for one in begun))
    return begun[0] if begun else None


def _revoked(db: Database, row: Book) -> bool:
    device = db.get(Device, row.device)
    return device is not None and device.revoked_s is not None


def _leads_to(db: Database, row: Book, stub: Stub) -> bool:
    """Whether the last entry the office has can lead to a code of a later one, as far as can be told."""
    before = _head_at(db, row, stub.number - 1)
    return before is None or before.startswith(stub.prev8)


def _forked(db: Database, row: Book, digits: str) -> bool:
    """Whether a head that begins so is one of the other branch, kept aside."""
    heads = db.exec(select(ForkRow.head).where(col(ForkRow.book).in_(lineage.of(row.root))))
    return any(head.hex().upper().startswith(digits) for head in heads)


def _entries_to(db: Database, row: Book, *what: Any) -> Any:
    """The entries of a book in their order, after those of the books it goes on from."""
    books = [one.book for one in lineage.parts(db, row)]
    return select(*what).where(col(EntryRow.book).in_(books)).order_by(col(EntryRow.number))


def _head_at(db: Database, row: Book, number: int) -> bytes | None:
    entry = lineage.book_at(db, row.root, number)
    return chain.head_of(entry.raw) if entry else None


def _head(db: Database, row: Book) -> bytes | None:
    """The head of the entries as they came, each asked whether it follows; None where one does not."""
    head = chain.NO_HEAD
    writers = lineage.parts(db, row)
    for number, raw in enumerate(db.exec(_entries_to(db, row, EntryRow.raw)), start=1):
        entry = from_bytes(Entry, raw)
        book = next(one.book for one in reversed(writers) if one.begins < number)
        if (entry.book, entry.number, entry.prev) != (book, number, head):
            return None
        head = chain.head_of(raw)
    return head


# Figure by figure


class _Row(NamedTuple):
    name: str
    said: str
    book: str
    by_code: bool

    def waiting(self) -> Figure:
        return self._figure("not-come", "")

    def held(self, closed: bool) -> Figure:
        if self.name == "head":
            shown = in_fours(self.book[: len(self.said.replace(" ", ""))])
            return self._figure("agrees" if shown == self.said else "differs", shown)
        if self.name == "last":
            shown = self.book if "-" in self.said else str(int(self.book.rpartition("-")[2]))
            same = closed and (self.said == shown if "-" in self.said else int(self.said) == int(shown))
            return self._figure("agrees" if same else "differs", shown)
        return self._figure("agrees" if self.said == self.book else "differs", self.book)

    def _figure(self, outcome: Outcome, book: str) -> Figure:
        return Figure(name=self.name, sheet=self.said, book=book, outcome=outcome, by_code=self.by_code)


def _asked(typed: Mapping[str, str], stub: Stub | None, row: Book) -> list[tuple[str, str, bool]]:
    """What the code says, then what was typed in the order of the sheet: (name, text, from the code)."""
    made: list[tuple[str, str, bool]] = []
    if stub:
        made += [
            ("last", _number_text(row, stub.number), True),
            ("cash_in", in_figures(stub.cash_in), True),
            ("cash_out", in_figures(stub.cash_out), True),
            ("head", in_fours(stub.digest.hex().upper()), True),
        ]
    return made + [(name, typed[name], False) for name in TYPED if name in typed]


def _number_text(row: Book, number: int) -> str:
    return number_text(
        point_code=row.point_code, session_date=f"{row.session_date:%Y%m%d}", letter=row.letter, number=number
    )


def _book_figures(office: Office, db: Database, row: Book, head: bytes) -> dict[str, str]:
    """Every figure of a closing sheet as the office's own lines come to it; sums of codes the book lacks are absent."""
    found = totals.of_book(office, book=row.book)
    counted = _entries_to(db, row, EntryRow.kind, func.count()).order_by(None).group_by(col(EntryRow.kind))
    by_kind = dict(db.exec(counted).all())
    counts = {name: int(by_kind.get(kind, 0)) for name, kind in KINDS.items()}
    numbers = {
        "entries": found.entries, "lines": found.lines, **counts, "others": found.entries - sum(counts.values()),
        "cash": found.drawer.closing, "cash_in": found.drawer.cash_in, "cash_out": found.drawer.cash_out,
        **_sums(db, row),
    }  # fmt: skip
    texts = {name: in_figures(number) for name, number in numbers.items()}
    return {**texts, "last": _number_text(row, row.received), "head": head.hex().upper()}


def _sums(db: Database, row: Book) -> dict[str, int]:
    """Net by code as the sheet adds up: of a transfer the side that was taken, of false notes those that were kept."""
    wanted = _entries_to(db, row, EntryRow.number, EntryRow.raw).where(EntryRow.kind == "counterfeit")
    given_back = [n for n, raw in db.exec(wanted) if from_bytes(Entry, raw).body.detail("outcome") != "held"]
    lines = (
        select(LineRow.code, func.sum(LineRow.amount))
        .where(col(LineRow.book).in_([one.book for one in lineage.parts(db, row)]))
        .where(or_(col(LineRow.code) != "CT", col(LineRow.component) == "deposit"))
        .where(or_(col(LineRow.code) != "TF", col(LineRow.number).not_in(given_back)))
        .group_by(col(LineRow.code))
    )
    return {code: int(amount) for code, amount in db.exec(lines)}


def _verdict(db: Database, row: Book, rows: tuple[Figure, ...], *, closed: bool) -> Verdict:
    if not closed:
        return "not-closed"
    off = [one for one in rows if one.outcome == "differs"]
    heads = [one for one in off if one.name == "head"]
    if not off:
        return "agrees"
    if heads:
        if any(_forked(db, row, one.sheet.replace(" ", "")) for one in heads):
            return "other-branch"
        # Something else was compared, and all of it agrees.
        return "altered" if len(heads) == len(off) < len(rows) else "differs"
    return "figures-differ" if _whole_head(rows) else "differs"


def _whole_head(rows: tuple[Figure, ...]) -> bool:
    return any(one.name == "head" and len(one.sheet.replace(" ", "")) == HEAD_DIGITS for one in rows)


def _said(found: _Found) -> str:
    """Which sentence a verdict is said with: what agrees says how much it proves."""
    if found.verdict != "agrees" or _whole_head(found.figures):
        return found.verdict
    return "agrees-part" if any(one.name == "head" for one in found.figures) else "agrees-figures"


def _raise(office: Office, db: Database, found: _Found) -> None:
    """An alarm of the book, once for what it says."""
    alarm = digest("alarm/1", f"closing/{found.verdict}/".encode(), found.book)[:16]
    if db.get(Alarm, alarm) is None:
        row = db.get(Book, found.book)
        vi, en = SENTENCES[found.verdict]
        db.add(Alarm(alarm=alarm, kind="closing", device=row.device if row else b"", book=found.book, number=0,
                     vi=f"Tờ khóa sổ: {vi}", en=f"Closing sheet: {en}", raised_s=office.now_s()))  # fmt: skip
