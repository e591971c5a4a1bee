"""An export is loaded whole, or refused with every fault it has."""

import contextlib
import csv
import datetime
import io
import shutil
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import loans
from sync.office import cells, core_export, register
from sync.office.cells import CellUnclear
from sync.office.columns import COLUMNS, FAULTS_LISTED_MAX, OPTIONAL, Finding
from sync.office.core_export import Export, ExportFaulty, ExportUnreadable
from sync.records import changed, from_bytes
from sync.terms import Parameters
from tests.office.conftest import CAN_GIUOC, Desk, make_office, small_export, whole_export

DAY = datetime.date(2024, 4, 15)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """The sample office's export, to be spoilt."""
    return shutil.copytree(CAN_GIUOC, tmp_path / "export")


def edit(export: Path, file: str, change: Callable[[list[list[str]]], None]) -> None:
    path = export / f"{file}.csv"
    with path.open(encoding="utf-8", newline="") as held:
        rows = list(csv.reader(held))
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as held:
        csv.writer(held, lineterminator="\n").writerows(rows)


def put(export: Path, file: str, row: int, column: str, value: str) -> None:
    """A cell by its row as a person counts them: the header is row 1."""

    def change(rows: list[list[str]]) -> None:
        rows[row - 1][rows[0].index(column)] = value

    edit(export, file, change)


def faults(export: Path) -> list[tuple[str, int, str, str]]:
    with pytest.raises(ExportFaulty) as caught:
        core_export.load(export)
    assert all(one.vi and one.en for one in caught.value.findings)
    return [(one.file, one.row, one.column, one.value) for one in caught.value.findings]


def test_interest_due_on_a_point_is_what_the_core_system_says() -> None:
    full = whole_export()
    point_of = {one.hamlet_code: one.point_code for one in full.hamlets}
    here = {one.customer_code for one in full.customers if point_of[one.hamlet_code] == "TXN0480701"}
    history = loans.rate_history(full.programmes)
    due = sum(sum(loans.interest_due(loan, history, DAY).values()) for loan in full.loans if loan.customer_code in here)
    assert due == 371_604_353


def test_a_sound_export_gives_every_row_and_one_form() -> None:
    full = whole_export()
    sizes = {name: len(getattr(full, name)) for name in Export.__struct_fields__}
    for name, size in sizes.items():
        with (CAN_GIUOC / f"{name}.csv").open(encoding="utf-8") as held:
            assert size == sum(1 for _ in csv.reader(held)) - 1, name
    assert from_bytes(Export, full.to_bytes()) == full


def test_an_empty_group_code_and_the_core_systems_no_group_are_the_same() -> None:
    codes = {one.group_code for one in whole_export().customers}
    assert "" in codes
    assert "0000000" not in codes


def as_zip(export: Path, target: Path, *, inside: str = "") -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in export.glob("*.csv"):
            archive.write(file, inside + file.name)
    return target


def as_workbook(export: Path, target: Path) -> Path:
    book = openpyxl.Workbook()
    for file in sorted(export.glob("*.csv")):
        sheet = book.create_sheet(file.stem)
        with file.open(encoding="utf-8", newline="") as held:
            for row in csv.reader(held):
                sheet.append(row)
    book.save(target)
    return target


def test_folder_zip_and_workbook_are_one_export(export: Path, tmp_path: Path) -> None:
    digest = whole_export().digest()
    assert core_export.load(as_zip(export, tmp_path / "a.zip")).export.digest() == digest
    assert core_export.load(as_zip(export, tmp_path / "b.zip", inside="can-giuoc/")).export.digest() == digest
    assert core_export.load(as_workbook(export, tmp_path / "c.xlsx")).export.digest() == digest


@pytest.mark.long
def test_a_workbook_with_real_numbers_and_dates_reads_the_same(export: Path, tmp_path: Path) -> None:
    path = as_workbook(export, tmp_path / "typed.xlsx")
    book = openpyxl.load_workbook(path)
    columns = {cell.value: cell.column for cell in book["loans"][1]}
    for row in range(2, 6):
        for name in ("balance_in_term", "interest_arrears"):
            cell = book["loans"].cell(row, columns[name])
            cell.value = int(cell.value)
        rate = book["loans"].cell(row, columns["annual_rate"])
        rate.value = float(rate.value) if rate.value else None
        day = book["loans"].cell(row, columns["due_on"])
        day.value = datetime.datetime.fromisoformat(day.value)
    book.save(path)
    assert core_export.load(path).export.digest() == whole_export().digest()
    # Sixteen digits as a number: Excel has already made the last of them zeros.
    book["loans"].cell(2, columns["loan_code"]).value = 6600480700000001
    book.save(path)
    assert ("loans", 2, "loan_code", "≈6600480700000001") in faults(path)


def test_carriage_returns_and_a_byte_order_mark_make_no_difference(export: Path) -> None:
    for file in export.glob("*.csv"):
        raw = file.read_bytes().replace(b"\n", b"\r\n")
        file.write_bytes(b"\xef\xbb\xbf" + raw)
    assert core_export.load(export).export.digest() == whole_export().digest()


def test_decomposed_letters_come_out_composed(export: Path) -> None:
    for file in export.glob("*.csv"):
        file.write_text(unicodedata.normalize("NFD", file.read_text("utf-8")), "utf-8")
    assert core_export.load(export).export.digest() == whole_export().digest()


def test_columns_nobody_asked_for_are_named_and_left_alone(export: Path) -> None:
    edit(export, "staff", lambda rows: [row.append("x") for row in rows] and rows[0].__setitem__(-1, "email"))
    loaded = core_export.load(export)
    assert loaded.extra_columns == (("staff", "email"),)
    assert loaded.export.digest() == whole_export().digest()


def add_column(export: Path, file: str, column: str, value: str) -> None:
    """A column more, with one value in every row."""

    def change(rows: list[list[str]]) -> None:
        for row in rows:
            row.append(column if row is rows[0] else value)

    edit(export, file, change)


def test_a_column_that_may_be_left_out_is_no_fault_and_says_what_an_empty_cell_says(export: Path) -> None:
    for file, columns in OPTIONAL.items():
        for column in columns:
            assert column not in COLUMNS[file]
            add_column(export, file, column, "")
    loaded = core_export.load(export)
    assert loaded.extra_columns == ()
    assert loaded.export == whole_export()
    assert {one.extended_to for one in whole_export().loans} == {None}
    assert {one.interest_accrued for one in whole_export().deposits} == {None}


def test_days_a_loan_was_extended_to_and_interest_earned_so_far_are_read(export: Path) -> None:
    add_column(export, "loans", "extended_to", "")
    add_column(export, "loans", "due_at_point", "")
    add_column(export, "deposits", "interest_accrued", "")
    put(export, "loans", 3, "extended_to", "2027-02-28")
    put(export, "loans", 4, "due_at_point", "2024-05-15")
    put(export, "deposits", 3, "interest_accrued", "0")
    put(export, "deposits", 4, "interest_accrued", "125000")
    full = core_export.load(export).export
    day = datetime.date
    assert [one.extended_to for one in full.loans[:3]] == [None, day(2027, 2, 28), None]
    assert [one.due_at_point for one in full.loans[:3]] == [None, None, day(2024, 5, 15)]
    assert [one.interest_accrued for one in full.deposits[:3]] == [None, 0, 125_000]


def test_the_day_a_household_is_of_its_class_since_is_read(export: Path) -> None:
    assert {one.beneficiary_since for one in whole_export().customers} == {None}
    add_column(export, "customers", "beneficiary_since", "")
    put(export, "customers", 3, "beneficiary_since", "2021-04-14")
    people = core_export.load(export).export.customers
    assert [one.beneficiary_since for one in people[:3]] == [None, datetime.date(2021, 4, 14), None]


def test_a_product_pays_as_it_says_or_else_as_its_code_is_known_to(export: Path) -> None:
    codes = ["105", "402", "432", "442", "452", "464"]

    def change(rows: list[list[str]]) -> None:
        others = {one.product_code for one in whole_export().savings_products} - set(codes)
        rows[1:] = [[code, *rows[1][1:]] for code in (*codes, *sorted(others))]

    edit(export, "savings_products", change)
    known = {one.product_code: one.scheme for one in core_export.load(export).export.savings_products}
    assert [known[code] for code in codes] == ["end", "end", "end", "start", "monthly", "steps"]
    add_column(export, "savings_products", "scheme", "")
    assert {one.product_code: one.scheme for one in core_export.load(export).export.savings_products} == known
    put(export, "savings_products", 5, "scheme", "end")
    put(export, "savings_products", 3, "scheme", "steps")
    said = {one.product_code: one.scheme for one in core_export.load(export).export.savings_products}
    assert (said["442"], said["402"], said["452"]) == ("end", "steps", "monthly")


@pytest.mark.parametrize(
    ("file", "column", "value"),
    [
        ("customers", "beneficiary_since", "2021"),
        ("loans", "extended_to", "28/02/2027"),
        ("loans", "due_at_point", "2024-02-30"),
        ("deposits", "interest_accrued", "-1"),
        ("deposits", "interest_accrued", "1.000"),
        ("savings_products", "scheme", "yearly"),
    ],
)
def test_a_column_that_may_be_left_out_is_checked_where_it_is_there(
    export: Path, file: str, column: str, value: str
) -> None:
    add_column(export, file, column, "")
    put(export, file, 3, column, value)
    assert faults(export) == [(file, 3, column, value)]
    put(export, file, 3, column, "")
    add_column(export, file, column, "")
    assert faults(export) == [(file, 1, column, "")]


SPOILT = {
    "money with a separator": ("loans", "balance_in_term", "80.000.000"),
    "money below zero": ("loans", "interest_arrears", "-1"),
    "money with letters": ("deposits", "balance", "1e6"),
    "money in other digits": ("deposits", "balance", "１００"),
    "money too long": ("deposits", "balance", "1000000000000"),
    "a balance left out": ("loans", "balance_in_term", ""),
    "a rate with a comma": ("programmes", "annual_rate", "8,25"),
    "a rate with five decimals": ("programmes", "annual_rate", "8.25001"),
    "a rate above a hundred": ("programmes", "annual_rate", "825"),
    "a date with slashes": ("loans", "due_on", "15/04/2024"),
    "a date that is none": ("loans", "due_on", "2024-02-30"),
    "a date without dashes": ("loans", "due_on", "20240415"),
    "a date far away": ("loans", "due_on", "9999-01-01"),
    "a birth date of two digits": ("customers", "birth_date", "71"),
    "a time of the day that is none": ("points", "time_begin", "24:00"),
    "a visit day that is none": ("points", "visit_day", "32"),
    "a role that is none": ("staff", "role", "boss"),
    "a fund that is none": ("loans", "fund_source", "3"),
    "a beneficiary that is none": ("customers", "beneficiary", "rich"),
    "a name left out": ("customers", "full_name", ""),
    "a name of spaces": ("customers", "full_name", "  "),
    "a name that turns direction": ("customers", "full_name", "Lan \u202eaoH"),
    "a name longer than a page": ("customers", "full_name", "x" * 401),
    "a code with a space": ("points", "commune_code", "48 0701"),
    "a hamlet that is nowhere": ("customers", "hamlet_code", "99999999"),
    "a customer that is nowhere": ("loans", "customer_code", "9999999999"),
    "a group that is nowhere": ("loans", "group_code", "9999999"),
    "a programme that is nowhere": ("loans", "programme_code", "77"),
    "a product that is nowhere": ("deposits", "product_code", "999"),
    "a leader that is nowhere": ("groups", "leader_code", "9999999999"),
    "an organisation that is nowhere": ("groups", "org_code", "77"),
    "a point that is nowhere": ("cash_plan", "point_code", "TXN0999999"),
    "a slip for nobody": ("disbursements", "customer_code", "9999999999"),
    "a slip that ends before it begins": ("disbursements", "valid_to", "2020-01-01"),
    "a slip without money": ("disbursements", "amount", "0"),
    "a payout to nobody": ("payouts", "group_code", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_each_fault_is_found_where_it_stands_and_is_the_only_one(export: Path, name: str) -> None:
    file, column, value = SPOILT[name]
    put(export, file, 3, column, value)
    found = faults(export)
    shown = value if len(value) <= 80 else value[:80] + "…"
    if name == "a payout to nobody":
        assert found == [("payouts", 3, "payee_name", "")]
    else:
        assert found == [(file, 3, column, shown)]


def test_an_overdue_balance_needs_its_day_and_a_free_rate_a_programme_in_force(export: Path) -> None:
    put(export, "loans", 3, "balance_overdue", "1000")
    put(export, "loans", 4, "annual_rate", "")
    put(export, "loans", 4, "programme_code", "12")
    put(export, "loans", 4, "interest_paid_to", "2017-12-31")
    assert faults(export) == [("loans", 3, "overdue_since", ""), ("loans", 4, "annual_rate", "")]


def test_a_slip_for_a_loan_that_is_another_persons_is_found(export: Path) -> None:
    put(export, "disbursements", 2, "loan_code", "6600480700000001")
    found = faults(export)
    assert ("disbursements", 2, "customer_code", "4807000570") in found


def test_duplicate_keys_missing_files_missing_and_doubled_columns_are_found(export: Path) -> None:
    edit(export, "customers", lambda rows: rows.append(rows[1]))
    (export / "cash_plan.csv").unlink()
    edit(export, "staff", lambda rows: [row.pop() for row in rows] and None)
    edit(export, "organisations", lambda rows: [row.append(row[1]) for row in rows] and None)
    found = faults(export)
    assert ("customers", 2119, "customer_code", "4807000001") in found
    assert ("cash_plan", 0, "", "") in found
    assert ("staff", 1, "phone", "") in found
    assert ("organisations", 1, "org_name", "") in found


def test_broken_quotes_wrong_letters_and_wrong_widths_are_found(export: Path) -> None:
    (export / "organisations.csv").write_bytes(b'org_code,org_name\n11,"H\xe1\xbb\x99i\n')
    (export / "staff.csv").write_bytes(b"staff_id,full_name,role,phone\n1,\xd4\xd5,teller,\n")
    edit(export, "points", lambda rows: rows[1].append("more"))
    found = {(file, row, column) for file, row, column, _ in faults(export)}
    assert {("organisations", 2, ""), ("staff", 2, ""), ("points", 2, "")} <= found


def test_every_fault_is_listed_up_to_a_thousand_and_then_counted(export: Path) -> None:
    edit(export, "loans", lambda rows: [row.__setitem__(10, "x") for row in rows[1:1501]] and None)
    with pytest.raises(ExportFaulty) as caught:
        core_export.load(export)
    assert len(caught.value.findings) == FAULTS_LISTED_MAX
    assert caught.value.facts["count"] == 1_500
    assert isinstance(caught.value.findings[0], Finding)


def test_a_faulty_export_changes_nothing_that_is_loaded(desk: Desk, export: Path) -> None:
    put(export, "loans", 3, "balance_in_term", "x")
    with desk.office.store.reading() as db:
        before = register.loaded_s(db)
    with pytest.raises(ExportFaulty):
        core_export.load(export)
    with desk.office.store.reading() as db:
        assert register.loaded_s(db) == before


def test_the_same_export_twice_changes_nothing_and_a_newer_one_replaces_it_whole(tmp_path: Path) -> None:
    office = make_office(tmp_path / "office")
    again = register.keep(office, export=small_export())
    assert (again.number, again.new) == (1, False)
    fewer = changed(small_export(), staff=small_export().staff[:3])
    assert register.keep(office, export=fewer).number == 2
    with office.store.reading() as db:
        assert len(register.staff(db)) == 3
    office.store.close()


@pytest.mark.parametrize("name", ["missing", "folder.txt", "broken.zip", "broken.xlsx", "empty.xlsx"])
def test_what_is_no_export_is_refused_in_words(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name != "missing":
        path.write_bytes(b"" if name.startswith("empty") else b"PK\x03\x04 no archive")
    with pytest.raises(ExportUnreadable):
        core_export.load(path)


def test_an_archive_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("points.csv", b"0" * (core_export.FILE_BYTES_MAX + 1))
    assert path.stat().st_size < 100_000
    with pytest.raises(ExportUnreadable):
        core_export.load(path)


@pytest.mark.feature(76)
def test_a_points_terms_hold_its_own_people_and_nobody_else(tmp_path: Path) -> None:
    office = make_office(tmp_path / "office", export=whole_export())
    with office.store.reading() as db:
        terms = register.terms_of(
            db,
            point_code="TXN0480702",
            session_date=DAY,
            staff_keys={},
            slips_paid=set(),
            planned_on=None,
            parameters=Parameters(),
        )
    hamlets = {one.hamlet_code for one in terms.hamlets}
    people = {one.customer_code for one in terms.customers}
    assert {one.hamlet_code[:8] for one in terms.customers} <= hamlets
    assert {one.customer_code for one in (*terms.loans, *terms.deposits, *terms.disbursements)} <= people
    assert len(terms.customers) < len(whole_export().customers)
    assert all(one.point_code == "TXN0480702" for one in terms.hamlets)
    office.store.close()


@given(st.integers(0, 1_000_000))
def test_a_rate_is_read_exactly(ppm: int) -> None:
    said = f"{ppm // 10_000}.{ppm % 10_000:04d}"
    assert cells.rate(said) == ppm
    assert cells.rate(said.rstrip("0").rstrip(".") if "." in said else said) == ppm


@given(st.text(max_size=30))
def test_no_text_makes_a_reader_raise_anything_but_its_reason(text: str) -> None:
    for columns in COLUMNS.values():
        for reader in columns.values():
            with contextlib.suppress(CellUnclear):
                reader(text)


def test_the_csv_the_sample_writes_is_read_back_cell_by_cell() -> None:
    rows = list(csv.DictReader(io.StringIO((CAN_GIUOC / "customers.csv").read_text("utf-8"))))
    read = {one.customer_code: one for one in whole_export().customers}
    for row in rows:
        assert read[row["customer_code"]].full_name == unicodedata.normalize("NFC", row["full_name"])
        assert read[row["customer_code"]].birth == row["birth_date"]
