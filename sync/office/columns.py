"""The files of the core system's export: their columns, their keys, and what must fit together.

A `Table` is one file read cell by cell: every cell that can be read has its value, every one that
cannot is a `Finding`, and rows with a bad cell still take part in the checks between files, so that
one load finds everything that is wrong.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sync.office import cells
from sync.office.cells import CellUnclear, Reader, or_else
from sync.records import Record

# As many faults as a person can work through in a day; the rest are counted.
FAULTS_LISTED_MAX = 1_000
# Long enough to find the cell by, short enough for a line on a screen.
_VALUE_SHOWN_MAX = 80


class Finding(Record):
    """One thing wrong with an export. `row` counts from 1 at the header; 0 is the file itself."""

    file: str
    row: int
    column: str
    value: str
    vi: str
    en: str


class Findings:
    """What was found so far: the first `FAULTS_LISTED_MAX` whole, the rest as a count."""

    def __init__(self) -> None:
        self.listed: list[Finding] = []
        self.count = 0

    def add(self, file: str, row: int, column: str, value: str, *, vi: str, en: str) -> None:
        self.count += 1
        if len(self.listed) < FAULTS_LISTED_MAX:
            shown = value if len(value) <= _VALUE_SHOWN_MAX else value[:_VALUE_SHOWN_MAX] + "…"
            self.listed.append(Finding(file=file, row=row, column=column, value=shown, vi=vi, en=en))


class Row(NamedTuple):
    """A row's place in its file, its cells as text, and the value of each cell that could be read."""

    number: int
    cells: Mapping[str, str]
    values: Mapping[str, Any]


class Table(NamedTuple):
    """One file; `keys` holds every readable key, also of rows with another bad cell."""

    name: str
    rows: tuple[Row, ...]
    keys: Mapping[tuple[Any, ...], Row]


_name, _code, _money, _rate, _date = (
    cells.name, cells.code, cells.money, cells.rate, cells.date,
)  # fmt: skip
_text = cells.text
_word = cells.word
_code_or_none = or_else(_code, "")
_money_or_none = or_else(_money, 0)
_rate_or_none = or_else(_rate, None)
_date_or_none = or_else(_date, None)
_fund = cells.whole(1, 2)
_account_kind = cells.one_of("member", "demand", "term")

# file -> column -> how its cells are read, in the order of the core system's layout.
COLUMNS: Final[Mapping[str, Mapping[str, Reader]]] = {
    "points": {
        "point_code": _code, "point_name": _name, "commune_code": _code, "commune_name": _name,
        "address": _text, "pos_code": _code, "pos_name": _name, "hotline": _text,
        "visit_day": cells.whole(1, 31), "time_begin": or_else(cells.time, ""), "time_end": or_else(cells.time, ""),
    },
    "staff": {
        "staff_id": _code, "full_name": _name, "role": cells.one_of("leader", "controller", "teller"),
        "phone": _text,
    },
    "organisations": {"org_code": _code, "org_name": _name},
    "hamlets": {"hamlet_code": _code, "hamlet_name": _name, "point_code": _code},
    "programmes": {
        "programme_code": _code, "short_name": _name, "name": _name, "annual_rate": _rate,
        "overdue_percent": cells.whole(100, 300), "effective_from": _date,
    },
    "groups": {
        "group_code": _code, "group_name": _name, "hamlet_code": _code, "org_code": _code_or_none,
        "leader_code": _code_or_none, "deputy_code": _code_or_none, "leader_phone": _text,
        "min_deposit": _money_or_none, "rating": _text,
    },
    "customers": {
        "customer_code": _code, "full_name": _name, "birth_date": or_else(cells.birth, ""),
        "gender": _word, "ethnicity": _text, "id_number": _word,
        "id_expires_on": _date_or_none, "phone": _text, "address": _text,
        "hamlet_code": _code, "group_code": cells.group_code,
        "beneficiary": or_else(cells.one_of("poor", "near_poor", "newly_escaped", "other"), ""),
    },
    "loans": {
        "loan_code": _code, "customer_code": _code, "group_code": cells.group_code, "programme_code": _code,
        "fund_source": _fund, "annual_rate": _rate_or_none, "disbursed_on": _date, "due_on": _date,
        "next_instalment_on": _date_or_none, "next_instalment_amount": _money_or_none,
        "balance_in_term": _money, "balance_overdue": _money_or_none, "overdue_since": _date_or_none,
        "balance_frozen": _money_or_none, "interest_paid_to": _date, "interest_arrears": _money_or_none,
        "overdue_interest_arrears": _money_or_none, "last_transaction_on": _date_or_none,
    },
    "deposits": {
        "account_no": _code, "customer_code": _code, "product_code": _code, "kind": _account_kind,
        "balance": _money, "annual_rate": _rate, "early_rate": _rate_or_none, "opened_on": _date,
        "matures_on": _date_or_none, "card_serial": _word,
    },
    "savings_products": {
        "product_code": _code, "name": _name, "kind": _account_kind,
        "term_months": or_else(cells.whole(0, 600), 0), "annual_rate": _rate, "early_rate": _rate_or_none,
        "min_amount": _money_or_none, "effective_from": _date,
    },
    "disbursements": {
        "slip_no": _code, "loan_code": _code, "customer_code": _code, "programme_code": _code,
        "fund_source": _fund, "annual_rate": _rate_or_none, "amount": _money, "decision_no": _text,
        "purpose": _text, "due_on": _date, "valid_from": _date, "valid_to": _date,
    },
    "payouts": {
        "slip_no": _code, "kind": cells.one_of("commission", "entrustment_fee", "remuneration"),
        "payee_name": _text, "group_code": cells.group_code, "org_code": _code_or_none,
        "point_code": _code, "amount": _money,
    },
    "cash_plan": {"point_code": _code, "session_date": _date, "float_amount": _money},
}  # fmt: skip

# Columns that an export may leave out whole: an absent one says of every row what an empty cell of it says.
OPTIONAL: Final[Mapping[str, Mapping[str, Reader]]] = {
    "customers": {"beneficiary_since": _date_or_none},
    "loans": {"extended_to": _date_or_none, "due_at_point": _date_or_none},
    "deposits": {"interest_accrued": or_else(_money, None)},
    "savings_products": {"scheme": or_else(cells.one_of("end", "start", "monthly", "steps"), "")},
}

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "points": ("point_code",),
    "staff": ("staff_id",),
    "organisations": ("org_code",),
    "hamlets": ("hamlet_code",),
    "programmes": ("programme_code", "effective_from"),
    "groups": ("group_code",),
    "customers": ("customer_code",),
    "loans": ("loan_code",),
    "deposits": ("account_no",),
    "savings_products": ("product_code", "term_months", "effective_from"),
    "disbursements": ("slip_no",),
    "payouts": ("slip_no",),
    "cash_plan": ("point_code", "session_date"),
}

# (file, column, file it must stand in); an empty code is no code.
_REFERENCES: Final = (
    ("hamlets", "point_code", "points"),
    ("groups", "hamlet_code", "hamlets"),
    ("groups", "org_code", "organisations"),
    ("groups", "leader_code", "customers"),
    ("groups", "deputy_code", "customers"),
    ("customers", "hamlet_code", "hamlets"),
    ("customers", "group_code", "groups"),
    ("loans", "customer_code", "customers"),
    ("loans", "group_code", "groups"),
    ("loans", "programme_code", "programmes"),
    ("deposits", "customer_code", "customers"),
    ("deposits", "product_code", "savings_products"),
    ("disbursements", "customer_code", "customers"),
    ("disbursements", "programme_code", "programmes"),
    ("payouts", "group_code", "groups"),
    ("payouts", "org_code", "organisations"),
    ("payouts", "point_code", "points"),
    ("cash_plan", "point_code", "points"),
)


def read_table(
    name: str, lines: Iterable[tuple[int, Sequence[str]]], findings: Findings
) -> tuple[Table, tuple[str, ...]]:
    """One file's rows, and its columns that no one asked for.

    `lines` are (row number, cells), the header first.
    """
    walk = iter(lines)
    _, header = next(walk, (1, ()))
    header = [cell.strip() for cell in header]
    wanted = COLUMNS[name]
    for column in wanted:
        if header.count(column) != 1:
            vi, en = ("thiếu cột này", "this column is missing")
            if column in header:
                vi, en = ("cột này có hơn một lần", "this column stands more than once")
            findings.add(name, 1, column, "", vi=vi, en=en)
    maybe = OPTIONAL.get(name, {})
    for column in maybe:
        if header.count(column) > 1:
            vi, en = ("cột này có hơn một lần", "this column stands more than once")
            findings.add(name, 1, column, "", vi=vi, en=en)
    readers = [(column, reader) for column, reader in (*wanted.items(), *maybe.items()) if column in header]
    rows: list[Row] = []
    keys: dict[tuple[Any, ...], Row] = {}
    for number, found in walk:
        if len(found) != len(header):
            findings.add(
                name, number, "", ",".join(found),
                vi=f"dòng có {len(found)} ô, tiêu đề có {len(header)} cột",
                en=f"the row has {len(found)} cells, the header {len(header)} columns",
            )  # fmt: skip
            continue
        row = _read_row(name, number, dict(zip(header, found, strict=True)), readers, findings)
        rows.append(row)
        _note_key(name, row, keys, findings)
    extra = (column for column in header if column not in wanted and column not in maybe)
    return Table(name, tuple(rows), keys), tuple(extra)


def _read_row(
    name: str, number: int, cells_found: Mapping[str, str], readers: Sequence[tuple[str, Reader]], findings: Findings
) -> Row:
    values: dict[str, Any] = {}
    for column, reader in readers:
        try:
            values[column] = reader(cells_found[column])
        except CellUnclear as unclear:
            cell = cells_found[column]
            vi, en = (unclear.vi, unclear.en) if cell else cells.EMPTY
            findings.add(name, number, column, cell, vi=vi, en=en)
    return Row(number, cells_found, values)


def _note_key(name: str, row: Row, keys: dict[tuple[Any, ...], Row], findings: Findings) -> None:
    try:
        key = tuple([row.values[column] for column in KEYS[name]])
    except KeyError:
        return
    if key in keys:
        first = keys[key].number
        findings.add(
            name, row.number, "+".join(KEYS[name]), "+".join(row.cells[column] for column in KEYS[name]),
            vi=f"trùng khóa với dòng {first}", en=f"the same key stands in row {first}",
        )  # fmt: skip
        return
    keys[key] = row


def check_references(tables: Mapping[str, Table], findings: Findings) -> None:
    """Every code that names a row of another file must find it there; a missing file is one fault, not many."""
    for name, column, target in _REFERENCES:
        if name not in tables or target not in tables:
            continue
        known = {key[0] for key in tables[target].keys}
        for row in tables[name].rows:
            if (code := row.values.get(column)) and code not in known:
                findings.add(
                    name, row.number, column, code,
                    vi=f"mã này không có trong tệp {target}", en=f"this code is not in {target}",
                )  # fmt: skip


def check_rules(tables: Mapping[str, Table], findings: Findings) -> None:
    """What must hold between the cells of a row, and between a row and its programme or loan."""
    since = _first_days(tables["programmes"]) if "programmes" in tables else None
    for row in tables["loans"].rows if "loans" in tables else ():
        _check_loan(row, since, findings)
    loans = tables["loans"].keys if "loans" in tables else {}
    for row in tables["disbursements"].rows if "disbursements" in tables else ():
        _check_slip(row, since, loans, findings)
    for row in tables["payouts"].rows if "payouts" in tables else ():
        named = [row.values.get(column, "?") for column in ("payee_name", "group_code", "org_code")]
        if not any(named):
            findings.add(
                "payouts", row.number, "payee_name", "",
                vi="phiếu chi không nêu người nhận, Tổ hay hội nào", en="the slip names no payee, group or organisation",
            )  # fmt: skip


def _first_days(programmes: Table) -> dict[str, datetime.date]:
    days: dict[str, datetime.date] = {}
    for code, day in programmes.keys:
        days[code] = min(day, days.get(code, day))
    return days


def _check_loan(row: Row, since: Mapping[str, datetime.date] | None, findings: Findings) -> None:
    if row.values.get("balance_overdue") and row.values.get("overdue_since", ...) is None:
        findings.add(
            "loans", row.number, "overdue_since", "",
            vi="có dư nợ quá hạn nhưng không có ngày chuyển quá hạn",
            en="there is an overdue balance but no day it became overdue",
        )  # fmt: skip
    _check_rate("loans", row, "interest_paid_to", since, findings)


def _check_slip(
    row: Row, since: Mapping[str, datetime.date] | None, loans: Mapping[tuple[Any, ...], Row], findings: Findings
) -> None:
    values = row.values
    if "valid_from" in values and "valid_to" in values and values["valid_to"] < values["valid_from"]:
        findings.add(
            "disbursements", row.number, "valid_to", row.cells["valid_to"],
            vi="ngày hết hiệu lực trước ngày có hiệu lực", en="the slip ends before it begins",
        )  # fmt: skip
    if values.get("amount") == 0:
        findings.add(
            "disbursements", row.number, "amount", row.cells["amount"],
            vi="phiếu giải ngân không có tiền", en="the slip has no money",
        )  # fmt: skip
    _check_rate("disbursements", row, "valid_from", since, findings)
    loan = loans.get((values.get("loan_code"),))
    for column in ("customer_code", "programme_code", "fund_source") if loan else ():
        if column in values and loan and values[column] != loan.values.get(column, values[column]):
            findings.add(
                "disbursements", row.number, column, row.cells[column],
                vi=f"khác với món vay ở loans dòng {loan.number}", en=f"differs from the loan in loans row {loan.number}",
            )  # fmt: skip


def _check_rate(
    name: str, row: Row, day_column: str, since: Mapping[str, datetime.date] | None, findings: Findings
) -> None:
    """A rate left to the programme must be known from the first day it is needed."""
    code, day = row.values.get("programme_code", ""), row.values.get(day_column)
    if since is None or row.values.get("annual_rate", ...) is not None or day is None:
        return
    if code in since and since[code] > day:
        findings.add(
            name, row.number, "annual_rate", "",
            vi=f"không có lãi suất, và chương trình {code} chỉ có lãi suất từ {since[code]:%d/%m/%Y}",
            en=f"no rate, and programme {code} has one only from {since[code]}",
        )  # fmt: skip


def rows_in_order(table: Table) -> Iterator[Mapping[str, Any]]:
    """The values of each row, in the order of the file (a group's list has an order people know)."""
    return (row.values for row in table.rows)
