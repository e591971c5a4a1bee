"""The core system's export: a folder of CSV files, a .zip of it, or one .xlsx with a sheet for each.

It is taken whole or not at all. `load` reads every cell of every file before it says anything, and
then either gives an `Export`, whose records fit together, or raises `ExportFaulty` with everything
it found. Columns nobody asked for are named as warnings and left alone.
"""

import csv
import datetime
import hashlib
import io
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

from sync.errors import Refusal
from sync.office.columns import (
    COLUMNS,
    Finding,
    Findings,
    Table,
    check_references,
    check_rules,
    read_table,
    rows_in_order,
)
from sync.records import Amount, Code, Record
from sync.terms import (
    Customer,
    Deposit,
    DisbursementSlip,
    Group,
    Hamlet,
    Loan,
    Organisation,
    PayoutSlip,
    Point,
    Programme,
    SavingsProduct,
    Staff,
)

# An office of 22,000 loans exports 3 MB of loans; twenty times that is no export.
FILE_BYTES_MAX = 64 * 1024 * 1024
# All files of one export together, unpacked.
EXPORT_BYTES_MAX = 256 * 1024 * 1024
# Ten times the rows of the largest office.
ROWS_MAX = 300_000
# When the bank's products pay their interest, where the export does not say (README here); all others at the end.
_SCHEMES = {"442": "start", "452": "monthly", "464": "steps"}
# Excel keeps fifteen digits of a number and makes the rest zeros.
_EXCEL_DIGITS_EXACT = 10**15

_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, ParseError, RuntimeError, NotImplementedError,
    KeyError, IndexError, ValueError, TypeError, AttributeError, EOFError,
)  # fmt: skip

Line = tuple[int, Sequence[str]]


class Payout(Record):
    """A payout slip and the point it is paid at."""

    point_code: Code
    slip: PayoutSlip


class CashPlan(Record):
    """The float the office plans for one session, in đồng."""

    point_code: Code
    session_date: datetime.date
    float_amount: Amount


class Export(Record):
    """Everything the core system said, as of the moment it exported, in the order of its files."""

    points: tuple[Point, ...]
    staff: tuple[Staff, ...]
    organisations: tuple[Organisation, ...]
    hamlets: tuple[Hamlet, ...]
    programmes: tuple[Programme, ...]
    groups: tuple[Group, ...]
    customers: tuple[Customer, ...]
    loans: tuple[Loan, ...]
    deposits: tuple[Deposit, ...]
    savings_products: tuple[SavingsProduct, ...]
    disbursements: tuple[DisbursementSlip, ...]
    payouts: tuple[Payout, ...]
    cash_plan: tuple[CashPlan, ...]

    def digest(self) -> bytes:
        """SHA-256 of its one form: the same export, whatever it came in, has the same digest."""
        return hashlib.sha256(b"LOT/export/1\0" + self.to_bytes()).digest()


class Loaded(NamedTuple):
    """An export without a fault, and the extra columns that were left alone, as (file, column)."""

    export: Export
    extra_columns: tuple[tuple[str, str], ...]


class ExportFaulty(Refusal):
    """Faults were found; `findings` lists the first thousand, `count` says how many there were."""

    code = "export.faulty"
    vi = "Tệp kết xuất có {count} lỗi, không nạp gì cả. Sửa ở hệ thống lõi rồi kết xuất lại."
    en = "The export has {count} faults and nothing was loaded. Correct them in the core system and export again."

    def __init__(self, findings: tuple[Finding, ...], *, count: int) -> None:
        super().__init__(count=count)
        self.findings = findings


class ExportUnreadable(Refusal):
    """Not a folder, .zip or .xlsx that can be opened, or far larger than any office."""

    code = "export.unreadable"
    vi = "Không mở được tệp kết xuất: {reason}. Cần một thư mục CSV, một tệp .zip hoặc một tệp .xlsx."
    en = "The export cannot be opened: {reason}. A folder of CSV files, a .zip or an .xlsx is needed."


def load(path: Path) -> Loaded:
    """The export at a path. Raises `ExportFaulty` with every fault, or `ExportUnreadable`."""
    findings = Findings()
    tables: dict[str, Table] = {}
    extra: list[tuple[str, str]] = []
    for name, lines in _files(path, findings):
        tables[name], columns = read_table(name, lines, findings)
        extra += [(name, column) for column in columns]
    for name in COLUMNS:
        if name not in tables and not any(f.file == name and f.row == 0 for f in findings.listed):
            findings.add(name, 0, "", "", vi="thiếu tệp này", en="this file is missing")
    check_references(tables, findings)
    check_rules(tables, findings)
    if findings.count:
        order = list(COLUMNS)
        listed = sorted(findings.listed, key=lambda f: (order.index(f.file) if f.file in order else -1, f.row))
        raise ExportFaulty(tuple(listed), count=findings.count)
    return Loaded(_built(tables), tuple(extra))


def _files(path: Path, findings: Findings) -> Iterator[tuple[str, Iterator[Line]]]:
    """Each file that is there, by its name without ending, with its rows."""
    try:
        if path.is_dir():
            yield from _folder(path, findings)
        elif path.suffix.lower() == ".zip":
            yield from _zip(path, findings)
        elif path.suffix.lower() == ".xlsx":
            yield from _workbook(path, findings)
        else:
            raise ExportUnreadable(reason=path.name)
    except OSError as error:
        raise ExportUnreadable(reason=type(error).__name__) from error


def _folder(path: Path, findings: Findings) -> Iterator[tuple[str, Iterator[Line]]]:
    for name in COLUMNS:
        file = path / f"{name}.csv"
        if not file.exists():
            continue
        about = file.stat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > FILE_BYTES_MAX:
            _too_large(name, findings)
            continue
        yield name, _csv(name, file.read_bytes(), findings)


def _zip(path: Path, findings: Findings) -> Iterator[tuple[str, Iterator[Line]]]:
    """The files at any one depth of the archive: people zip the folder as often as its contents."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_size(archive)
            places: dict[str, list[zipfile.ZipInfo]] = {}
            for place in archive.infolist():
                inside = PurePosixPath(place.filename)
                if inside.suffix == ".csv" and not inside.parts[0].startswith("__MACOSX"):
                    places.setdefault(inside.stem, []).append(place)
            for name in COLUMNS:
                if len(places.get(name, ())) > 1:
                    vi, en = "tệp này có hơn một lần trong .zip", "this file stands more than once in the .zip"
                    findings.add(name, 0, "", "", vi=vi, en=en)
                elif name in places:
                    yield name, _csv(name, archive.read(places[name][0]), findings)
    except _UNREADABLE as error:
        raise ExportUnreadable(reason=type(error).__name__) from error


def _check_size(archive: zipfile.ZipFile) -> None:
    """zipfile gives no more bytes than the directory says, so the directory is what must be small."""
    sizes = [place.file_size for place in archive.infolist()]
    if len(sizes) > 1_000 or sum(sizes) > EXPORT_BYTES_MAX or max(sizes, default=0) > FILE_BYTES_MAX:
        raise ExportUnreadable(reason=f"> {EXPORT_BYTES_MAX // 1024 // 1024} MB")


def _too_large(name: str, findings: Findings) -> None:
    size = FILE_BYTES_MAX // 1024 // 1024
    findings.add(name, 0, "", "", vi=f"tệp lớn hơn {size} MB", en=f"the file is larger than {size} MB")


def _csv(name: str, raw: bytes, findings: Findings) -> Iterator[Line]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1
        value = raw[error.start : error.start + 8].hex()
        findings.add(name, row, "", value, vi="không phải UTF-8", en="not UTF-8")
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    row = 0
    try:
        for row, line in enumerate(reader, start=1):
            if row > ROWS_MAX:
                _too_many(name, row, findings)
                return
            if line:
                yield row, line
    except csv.Error:
        vi, en = "dấu ngoặc kép hoặc dấu phẩy sai quy cách CSV", "quotes or commas are not proper CSV"
        findings.add(name, row + 1, "", "", vi=vi, en=en)


def _too_many(name: str, row: int, findings: Findings) -> None:
    findings.add(name, row, "", "", vi=f"hơn {ROWS_MAX} dòng", en=f"more than {ROWS_MAX} rows")


def _workbook(path: Path, findings: Findings) -> Iterator[tuple[str, Iterator[Line]]]:
    # Few exports are workbooks, and every command of the office would wait for the import.
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(path) as archive:
            _check_size(archive)
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            for name in COLUMNS:
                if name in book.sheetnames:
                    sheet = book[name]
                    # What a workbook says its size is may be wrong; its rows are what they are.
                    sheet.reset_dimensions()
                    yield name, _sheet(name, sheet.iter_rows(values_only=True), findings)
        finally:
            book.close()
    except (*_UNREADABLE, InvalidFileException) as error:
        raise ExportUnreadable(reason=type(error).__name__) from error


def _sheet(name: str, rows: Iterator[tuple[Any, ...]], findings: Findings) -> Iterator[Line]:
    width = 0
    for number, row in enumerate(rows, start=1):
        if number > ROWS_MAX:
            _too_many(name, number, findings)
            return
        line = [_cell(value) for value in row]
        while line and not line[-1] and len(line) > width:
            line.pop()
        if any(line):
            width = width or len(line)
            yield number, line + [""] * (width - len(line))


def _cell(value: object) -> str:
    """What a cell of a workbook would say in CSV."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat()
    if isinstance(value, datetime.time):
        return f"{value:%H:%M}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _EXCEL_DIGITS_EXACT:
        # No code and no amount can be read from this: the workbook has already lost its last digits.
        return f"≈{value}"
    return str(value)


def _built(tables: Mapping[str, Table]) -> Export:
    """Records of rows without a fault."""

    def rows(name: str) -> Iterator[dict[str, Any]]:
        return (dict(values) for values in rows_in_order(tables[name]))

    return Export(
        points=tuple(Point(**row) for row in rows("points")),
        staff=tuple(Staff(**row, sign_key=b"") for row in rows("staff")),
        organisations=tuple(Organisation(**row) for row in rows("organisations")),
        hamlets=tuple(Hamlet(**row) for row in rows("hamlets")),
        programmes=tuple(Programme(**_ppm(row)) for row in rows("programmes")),
        groups=tuple(Group(**_renamed(row, leader_code="leader", deputy_code="deputy")) for row in rows("groups")),
        customers=tuple(Customer(**_renamed(row, birth_date="birth")) for row in rows("customers")),
        loans=tuple(Loan(**_ppm(row)) for row in rows("loans")),
        deposits=tuple(Deposit(**_ppm(row)) for row in rows("deposits")),
        savings_products=tuple(SavingsProduct(**_ppm(_with_scheme(row))) for row in rows("savings_products")),
        disbursements=tuple(DisbursementSlip(**_ppm(row)) for row in rows("disbursements")),
        payouts=tuple(Payout(point_code=row.pop("point_code"), slip=PayoutSlip(**row)) for row in rows("payouts")),
        cash_plan=tuple(CashPlan(**row) for row in rows("cash_plan")),
    )


def _with_scheme(row: dict[str, Any]) -> dict[str, Any]:
    """A product that does not say when its interest is paid pays it as its code is known to."""
    return {**row, "scheme": row.get("scheme") or _SCHEMES.get(row["product_code"], "end")}


def _renamed(row: dict[str, Any], **names: str) -> dict[str, Any]:
    return {names.get(column, column): value for column, value in row.items()}


def _ppm(row: dict[str, Any]) -> dict[str, Any]:
    return _renamed(row, annual_rate="annual_rate_ppm", early_rate="early_rate_ppm")
