"""What the office's pages show, read out of the store as frozen values. All amounts in đồng."""

import datetime
import itertools
from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, func, or_, select

from sync.chain import Entry
from sync.errors import Refusal
from sync.office import cases, closing_checks, lineage, preparation, tables, vouchers
from sync.office.cases import Case
from sync.office.closing_checks import Check
from sync.office.home import VIETNAM, Office
from sync.office.store import (
    AckRow,
    Alarm,
    BatchRow,
    Book,
    CaseRow,
    DifferenceRow,
    EntryRow,
    LineRow,
    PackRow,
    Settlement,
)
from sync.pack import Pack
from sync.records import from_bytes
from sync.terms import Roll
from sync.voucher import number_text

# As the bank names its transactions.
CODES: Final = {
    "UQ": "Ứng quỹ", "GN": "Giải ngân", "TG": "Thu nợ gốc", "TQ": "Thu nợ gốc quá hạn", "TL": "Thu lãi",
    "TT": "Thu tiền gửi tổ viên", "RT": "Rút tiền gửi tổ viên", "CT": "Chuyển tiền gửi trả nợ",
    "GK": "Gửi tiết kiệm dân cư", "RK": "Chi trả tiết kiệm", "HH": "Chi hoa hồng Tổ", "PU": "Chi phí ủy thác",
    "TH": "Chi thù lao cán bộ xã", "HQ": "Hoàn quỹ", "CL": "Chênh lệch quỹ", "TF": "Thu giữ tiền giả",
    "CX": "Tiền chờ xử lý",
}  # fmt: skip
KINDS: Final = {
    "open": "Mở phiên", "group": "Nộp theo Tổ", "visit": "Tại quầy", "slip": "Chi theo phiếu", "reverse": "Đảo",
    "count": "Kiểm quỹ", "difference": "Chênh lệch", "close": "Khóa sổ", "float": "Tiếp quỹ", "return": "Hoàn quỹ",
    "handover": "Bàn giao két", "transit": "Chuyển tiền", "counterfeit": "Tiền giả", "request": "Đề nghị",
    "loss": "Mất tiền", "suspense": "Chờ xử lý", "correct": "Rút dòng", "outage": "Sự cố ký", "recover": "Khắc phục sự cố", "adjust": "Điều chỉnh",
    "resume": "Làm tiếp máy khác",
}  # fmt: skip
# Rows a page can show at once and still be read.
ROWS_MAX = 200

Tone = Literal["ok", "warn", "bad", "quiet"]


class Mark(NamedTuple):
    """A word in a coloured pill; the word says it all without the colour."""

    tone: Tone
    word: str


class SessionRow(NamedTuple):
    """One book in the list of sessions."""

    book: str
    point_name: str
    session_date: datetime.date
    planned_on: datetime.date | None
    letter: str
    team: str
    entries: int
    cash_in: int
    cash_out: int
    chain: Mark | None
    cash: Mark | None
    state: Mark


class Month(NamedTuple):
    """The books of a month with its sums; `months` are those that have any, the latest first; `begun` are books.

    `held` of `sessions` have begun: two laptops at one table hold one.
    """

    month: datetime.date
    months: tuple[datetime.date, ...]
    rows: tuple[SessionRow, ...]
    begun: int
    held: int
    sessions: int
    principal: int
    interest: int
    deposits: int
    disbursed: int


class VoucherRow(NamedTuple):
    """One entry of a book, which its own laptop wrote. `reversed_by` is 0 or a number."""

    book: str
    number: int
    text: str
    kind: str
    party: str
    party_name: str
    codes: str
    lines: int
    cash: int
    maker: str
    approvers: str
    wall_s: int
    reversed_by: int
    differences: int


class CodeTotal(NamedTuple):
    """Net amount of one transaction code in a book."""

    code: str
    name: str
    lines: int
    amount: int


class Difference(NamedTuple):
    """Where the office's reckoning disagrees with an entry; `settled_by` and `note` are empty until somebody looked."""

    book: str
    point_name: str
    session_date: datetime.date
    number: int
    code: str
    sentence: str
    settled_by: str = ""
    note: str = ""


class Continuation(NamedTuple):
    """The session went on at another laptop from a number: with whose approval, when and why."""

    letter: str
    number: int
    wall_s: int
    maker: str
    approvers: str
    reason: str


class Warned(NamedTuple):
    """An alarm."""

    book: str
    kind: str
    sentence: str
    raised_s: int


class Part(NamedTuple):
    """One laptop's part of a session that was shared out; `groups` are its own by the pack."""

    row: SessionRow
    groups: int
    groups_in: int
    opening: int
    cash: int
    head: str


class Joint(NamedTuple):
    """A session of several laptops at one table: each book, and what they come to together, in đồng."""

    books: tuple[Part, ...]
    groups: int
    groups_in: int
    entries: int
    opening: int
    cash_in: int
    cash_out: int
    cash: int
    totals: tuple[CodeTotal, ...]


class SessionPage(NamedTuple):
    """Everything the office holds of one book, or of all the books of a session that went on at other laptops."""

    row: SessionRow
    point_code: str
    as_of: datetime.date | None
    issue: int
    opening: int
    closing: int
    counted: int | None
    over_short: int
    first: str
    last: str
    head: str
    received: int
    safe: int
    frozen: str
    batches: int
    acks: int
    received_s: int | None
    totals: tuple[CodeTotal, ...]
    vouchers: tuple[VoucherRow, ...]
    page: int
    pages: int
    differences: tuple[Difference, ...]
    alarms: tuple[Warned, ...]
    went_on: tuple[Continuation, ...]
    cases: tuple[Case, ...]
    joint: Joint | None = None


class NoSuchBook(Refusal):
    """An address of a book the office does not have."""

    code = "pages.no-such-book"
    vi = "Không có sổ này ở văn phòng. Quay lại danh sách phiên."
    en = "The office has no such book. Go back to the list of sessions."


class Choice(NamedTuple):
    """A book to be chosen from a list, by what people call its session."""

    book: str
    name: str


def book_id(text: str) -> bytes:
    """The id of a book in an address. Raises `NoSuchBook`."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise NoSuchBook from error


def books_to_choose(office: Office) -> tuple[Choice, ...]:
    """The books that have begun, the latest session first."""
    wanted = select(Book).where(Book.received > 0).order_by(col(Book.session_date).desc(), Book.point_name, Book.letter)
    with office.store.reading() as db:
        return tuple(
            Choice(one.book.hex(), f"{one.point_name} · {one.session_date:%d/%m/%Y} · máy {one.letter}")
            for one in db.exec(wanted.limit(ROWS_MAX))
            if lineage.whole(db, one) is one
        )


def clock(seconds: int) -> str:
    """Vietnamese time of the day."""
    return f"{datetime.datetime.fromtimestamp(seconds, tz=VIETNAM):%H:%M}"


def money(amount: int) -> str:
    """`1.234.567`, with a true minus sign."""
    return f"{amount:,}".replace(",", ".").replace("-", "−")


def month(office: Office, *, wanted: datetime.date | None) -> Month:
    """The sessions of a month; without one, the month of the latest session."""
    with office.store.reading() as db:
        first, listed = months(office, db, wanted=wanted)
        after = vouchers.month_after(first)
        books = list(
            db.exec(
                select(Book)
                .where(Book.session_date >= first, Book.session_date < after)
                .order_by(col(Book.session_date).desc(), Book.point_name, Book.letter)
            )
        )
        superseded = set(db.exec(select(PackRow.book).where(col(PackRow.superseded).is_(True))))
        # A session that went on at another laptop is one session, as its last book says it.
        shown = [row for row in books if (row.received or row.book not in superseded) and lineage.whole(db, row) is row]
        rows = tuple(_session_row(db, row) for row in shown)
        sums = _sums(db, first, after)
    return Month(
        month=first,
        months=listed,
        rows=rows,
        begun=sum(1 for row in rows if row.entries),
        held=len({(row.point_code, row.session_date) for row in shown if row.received}),
        sessions=len({(row.point_code, row.session_date) for row in shown}),
        principal=sums.get("TG", 0) + sums.get("TQ", 0),
        interest=sums.get("TL", 0),
        deposits=sums.get("TT", 0) + sums.get("GK", 0),
        disbursed=sums.get("GN", 0),
    )


def months(
    office: Office, db: Database, *, wanted: datetime.date | None
) -> tuple[datetime.date, tuple[datetime.date, ...]]:
    """The month to show, the one asked for or the latest session's, and all there are, the latest first."""
    days = set(db.exec(select(col(Book.session_date)).distinct()))
    first = (wanted or max(days, default=office.today())).replace(day=1)
    return first, tuple(sorted({day.replace(day=1) for day in (first, *days)}, reverse=True))


def _sums(db: Database, first: datetime.date, after: datetime.date) -> dict[str, int]:
    wanted = (
        select(LineRow.code, func.sum(LineRow.amount))
        .join(Book, col(Book.book) == col(LineRow.book))
        .where(Book.session_date >= first, Book.session_date < after)
        .group_by(LineRow.code)
    )
    return {code: int(amount) for code, amount in db.exec(wanted)}


def _session_row(db: Database, row: Book) -> SessionRow:
    over_short = _over_short(db, row)
    return SessionRow(
        book=row.book.hex(),
        point_name=row.point_name,
        session_date=row.session_date,
        planned_on=row.planned_on,
        letter=row.letter,
        team=row.team,
        entries=row.received,
        cash_in=row.cash_in,
        cash_out=row.cash_out,
        chain=_chain_mark(row),
        cash=_cash_mark(row, over_short),
        state=_state_mark(db, row),
    )


def _over_short(db: Database, row: Book) -> int:
    wanted = select(func.sum(LineRow.amount)).where(col(LineRow.book).in_(lineage.of(row.root)), LineRow.code == "CL")
    return int(db.exec(wanted).one() or 0)


def _chain_mark(row: Book) -> Mark | None:
    if row.frozen:
        return Mark("bad", f"hai nhánh từ số {row.frozen}")
    return Mark("ok", "liền mạch") if row.received else None


def _cash_mark(row: Book, over_short: int) -> Mark | None:
    if not row.received:
        return None
    if over_short:
        return Mark("bad", f"{'thừa' if over_short > 0 else 'thiếu'} {money(abs(over_short))}")
    if row.state in ("counted", "closed") and row.counted is not None:
        off = row.counted - row.cash
        return Mark("bad", f"lệch {money(off)}") if off else Mark("ok", "khớp")
    return Mark("quiet", "đang mở")


def _state_mark(db: Database, row: Book) -> Mark:
    if row.frozen:
        return Mark("bad", "Đóng băng: hai nhánh")
    found = db.exec(select(DifferenceRow).where(col(DifferenceRow.book).in_(lineage.of(row.root)))).all()
    if waiting := len(cases.open_differences(db, found)):
        return Mark("bad", f"Ngoại lệ: {waiting} khác biệt")
    if not row.received:
        given = db.get(PackRow, row.pack)
        return Mark("quiet", "Gói đã phát · chưa có tin" if given and given.fetched_s else "Gói đã lập · máy chưa lấy")
    at = clock(row.received_s or 0)
    if row.safe < row.received:
        return Mark("warn", f"Đã nhận {at} · chưa sao lưu")
    if row.state == "closed":
        return Mark("ok", f"Đã đối chiếu {at}")
    return Mark("warn", f"Đang nhận · {at}")


def session_page(office: Office, *, book: bytes, page: int) -> SessionPage:
    """One book, or the whole lineage it belongs to, with a page of its vouchers, the last ones first. Raises `NoSuchBook`."""
    with office.store.reading() as db:
        row = db.get(Book, book)
        row = lineage.whole(db, row) if row else None
        book = row.book if row else book
        pack = preparation.pack_of(office, db, book=book) if row else None
        if row is None or pack is None:
            raise NoSuchBook
        pages = max(1, -(-row.received // ROWS_MAX))
        page = min(max(page, 1), pages)
        books = lineage.books(db, row.root)
        return SessionPage(
            row=_session_row(db, row),
            point_code=row.point_code,
            as_of=pack.terms.as_of,
            issue=pack.issue,
            opening=row.opening,
            closing=row.cash,
            counted=row.counted,
            over_short=_over_short(db, row),
            first=_texts(books[0])(1) if row.received else "",
            last=_texts(row)(row.received) if row.received else "",
            head=row.head.hex() if row.received else "",
            received=row.received,
            safe=row.safe,
            frozen=row.frozen,
            batches=_count(db, BatchRow, row),
            acks=_count(db, AckRow, row),
            received_s=row.received_s,
            totals=_totals(db, row),
            vouchers=_vouchers(db, books, pack, page),
            page=page,
            pages=pages,
            differences=_differences(db, row),
            alarms=_alarms(db, row),
            went_on=_went_on(db, books, pack),
            cases=cases.of_books(db, [one.book for one in books]),
            joint=_joint(office, db, row),
        )


def _joint(office: Office, db: Database, row: Book) -> Joint | None:
    """All laptops of the session; None where there is one."""
    seats = tables.seats(office, db, row)
    if not seats:
        return None
    books = tuple(
        Part(
            _session_row(db, one.book), one.groups, tables.groups_in(db, one.book.root), one.book.opening, one.book.cash,
            one.book.head.hex() if one.book.received else "",
        )
        for one in seats
    )  # fmt: skip
    sums: dict[str, CodeTotal] = {}
    for one in seats:
        for made in _totals(db, one.book):
            held = sums.get(made.code, CodeTotal(made.code, made.name, 0, 0))
            sums[made.code] = held._replace(lines=held.lines + made.lines, amount=held.amount + made.amount)
    return Joint(
        books=books,
        groups=sum(one.groups for one in books),
        groups_in=sum(one.groups_in for one in books),
        entries=sum(one.row.entries for one in books),
        opening=sum(one.opening for one in books),
        cash_in=sum(one.row.cash_in for one in books),
        cash_out=sum(one.row.cash_out for one in books),
        cash=sum(one.cash for one in books),
        totals=tuple(sums[code] for code in CODES if code in sums),
    )


def _went_on(db: Database, books: Sequence[Book], pack: Pack) -> tuple[Continuation, ...]:
    """How each of the later laptops of a lineage came to go on."""
    names, made = vouchers.names(Roll(pack.terms)), []
    for book in books[1:]:
        if (row := db.get(EntryRow, (book.book, book.begins + 1))) is None:
            continue
        entry = from_bytes(Entry, row.raw)
        approvers = ", ".join(names.get(one.staff_id, one.staff_id) for one in entry.approvals)
        letter = book.letter.rpartition(".")[2]
        made.append(Continuation(letter, row.number, row.wall_s, names.get(row.maker, row.maker), approvers, entry.body.reason))
    return tuple(made)


def _texts(row: Book) -> "Texts":
    return Texts(row.point_code, f"{row.session_date:%Y%m%d}", row.letter)


class Texts(NamedTuple):
    """Numbers of one book as people read them."""

    point_code: str
    session_date: str
    letter: str

    def __call__(self, number: int) -> str:
        return number_text(
            point_code=self.point_code, session_date=self.session_date, letter=self.letter, number=number
        )


def _count(db: Database, table: type[BatchRow] | type[AckRow], row: Book) -> int:
    return int(db.exec(select(func.count()).select_from(table).where(col(table.book).in_(lineage.of(row.root)))).one())


def _totals(db: Database, row: Book) -> tuple[CodeTotal, ...]:
    inside = col(LineRow.book).in_(lineage.of(row.root))
    wanted = select(LineRow.code, func.count(), func.sum(LineRow.amount)).where(inside).group_by(LineRow.code)
    found = {
        code: CodeTotal(code, CODES.get(code, code), lines, int(amount)) for code, lines, amount in db.exec(wanted)
    }
    return tuple(found[code] for code in CODES if code in found)


def _vouchers(db: Database, books: Sequence[Book], pack: Pack, page: int) -> tuple[VoucherRow, ...]:
    """A page of the vouchers of a lineage, each with the number that its own laptop printed."""
    row, members = books[-1], [one.book for one in books]
    most = row.received - (page - 1) * ROWS_MAX
    inside = (col(LineRow.book).in_(members), LineRow.number <= most, LineRow.number > most - ROWS_MAX)
    codes: dict[int, dict[str, int]] = {}
    for number, code, lines in db.exec(
        select(LineRow.number, LineRow.code, func.count()).where(*inside).group_by(col(LineRow.number), LineRow.code)
    ):
        codes.setdefault(number, {})[code] = lines
    undone = dict(
        db.exec(
            select(EntryRow.reverses, EntryRow.number).where(col(EntryRow.book).in_(members), EntryRow.kind == "reverse")
        ).all()
    )
    wrong: dict[int, int] = {}
    listed = db.exec(select(DifferenceRow).where(col(DifferenceRow.book).in_(members))).all()
    for one in cases.open_differences(db, listed):
        wrong[one.number] = wrong.get(one.number, 0) + 1
    names, texts = vouchers.names(Roll(pack.terms)), {one.book: _texts(one) for one in books}
    entries = db.exec(
        select(EntryRow)
        .where(col(EntryRow.book).in_(members), EntryRow.number <= most, EntryRow.number > most - ROWS_MAX)
        .order_by(col(EntryRow.number).desc())
    )
    return tuple(
        VoucherRow(
            book=one.book.hex(),
            number=one.number,
            text=texts[one.book](one.number),
            kind=KINDS.get(one.kind, one.kind),
            party=one.party,
            party_name=names.get(one.party, ""),
            codes=" ".join(code for code in CODES if code in codes.get(one.number, {})),
            lines=sum(codes.get(one.number, {}).values()),
            cash=one.cash,
            maker=names.get(one.maker, one.maker),
            approvers=", ".join(names.get(name, name) for name in one.approvers.split(",") if name),
            wall_s=one.wall_s,
            reversed_by=undone.get(one.number, 0),
            differences=wrong.get(one.number, 0),
        )
        for one in entries
    )


def _differences(db: Database, book: Book | None) -> tuple[Difference, ...]:
    """Those of a lineage with what was found out about each; without one, those of all books that wait."""
    wanted = select(DifferenceRow, Book).join(Book, col(Book.book) == col(DifferenceRow.book))
    if book is not None:
        wanted = wanted.where(Book.root == book.root)
    rows = db.exec(wanted.order_by(col(DifferenceRow.found_s).desc(), col(DifferenceRow.number))).all()
    words = cases.words_on(db, (one for one, _ in rows))
    made = (
        Difference(
            row.book.hex(), row.point_name, row.session_date, one.number, one.code, one.vi,
            word.made_by if word else "", word.note if word else "",
        )
        for (one, row), word in zip(rows, words, strict=True) if book is not None or word is None
    )  # fmt: skip
    return tuple(itertools.islice(made, ROWS_MAX))


def _alarms(db: Database, book: Book | None) -> tuple[Warned, ...]:
    inside = col(Alarm.book).in_(lineage.of(book.root)) if book is not None else None
    rows = db.exec(_alarms_asked(inside).order_by(col(Alarm.raised_s).desc()).limit(ROWS_MAX))
    return tuple(Warned(one.book.hex(), one.kind, one.vi, one.raised_s) for one in rows)


def _alarms_asked(inside: Any) -> Any:
    """Alarms; of missing entries only while they are missing, of what is a case too only while that waits."""
    come = select(Book.book).where(Book.book == Alarm.book, Book.received >= Alarm.number).exists()
    done = (
        select(CaseRow.case_id)
        .join(Settlement, col(Settlement.about) == col(CaseRow.case_id))
        .where(CaseRow.kind == Alarm.kind, CaseRow.book == Alarm.book, CaseRow.number == Alarm.number)
        .exists()
    )
    wanted = select(Alarm).where(or_(Alarm.kind != "missing", ~come), ~done)
    return wanted if inside is None else wanted.where(inside)


class Exceptions(NamedTuple):
    """What a person must look at, the latest first."""

    alarms: tuple[Warned, ...]
    differences: tuple[Difference, ...]
    closings: tuple[Check, ...]


def exceptions(office: Office) -> Exceptions:
    """Alarms and differences of all books, and closing sheets that did not agree."""
    with office.store.reading() as db:
        return Exceptions(_alarms(db, None), _differences(db, None), closing_checks.unsettled(db))


def exception_count(office: Office) -> int:
    """How many of them there are."""
    with office.store.reading() as db:
        alarms = db.exec(select(func.count()).select_from(_alarms_asked(None).subquery())).one()
        differences = len(cases.open_differences(db, db.exec(select(DifferenceRow)).all()))
        return int(alarms) + differences + len(closing_checks.unsettled(db))


def case_count(office: Office) -> int:
    """How many cases wait for somebody."""
    with office.store.reading() as db:
        return cases.open_count(db)
