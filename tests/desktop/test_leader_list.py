"""A leader's file is read or refused, and no row of it is given to the wrong member."""

import io
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop import leader_file
from desktop.leader_file import FileRow, ListEmpty, ListTooLarge, ListUnreadable, read_rows
from desktop.leader_list import FIELDS, Mapping, Matched, columns_of, guess, kept_mapping, match
from desktop.listing import GroupRow, GroupSheet, SheetRow
from sync.errors import Refusal
from sync.records import changed
from sync.session import Session
from tests.desktop import small

HEADS = ("STT", "Mã KH", "CCCD", "Họ và tên", "Lãi phải thu", "Tiền nộp", "Ký")


def sheet(*, names: dict[int, str] | None = None) -> GroupSheet:
    """The small group of five; `names` renames its members by their place, from 1."""
    terms = small.terms()
    people = tuple(
        changed(one, full_name=(names or {}).get(at, one.full_name)) for at, one in enumerate(terms.customers, start=1)
    )
    session = Session(changed(terms, customers=people))
    members = session.members(small.GROUP)
    by_code = {one.customer_code: one for one in people}
    blank = {"principal": 0, "overdue_days": 0, "handed": 0}
    rows = tuple(
        SheetRow(**{
            name: value for name, value in
            {"customer": by_code[one.customer_code], "member": one, **blank}.items() if name in SheetRow._fields
        })  # type: ignore[arg-type]
        for one in members
    )  # fmt: skip
    row = GroupRow(terms.groups[0], "Ấp Tây", "", "", len(rows), len(rows), 0, 0, ())
    more = {name: default for name, default in (("earlier", ()), ("cadre", "")) if name in GroupSheet._fields}
    return GroupSheet(row=row, deputy_name="", rows=rows, **more)  # type: ignore[arg-type]


GROUP = sheet()


def listed(group: GroupSheet = GROUP) -> list[list[str]]:
    """The list that agrees with everything."""
    people = [
        [str(at), one.customer.customer_code, one.customer.id_number, one.customer.full_name,
         str(one.member.interest), str(one.member.suggestion), "x"]
        for at, one in enumerate(group.rows, start=1)
    ]  # fmt: skip
    total = sum(one.member.suggestion for one in group.rows)
    return [list(HEADS), *people, ["", "", "", "Tổng cộng:", "", str(total), ""]]


def held(rows: list[list[str]], group: GroupSheet = GROUP) -> Matched:
    read = tuple(FileRow(at, tuple(row)) for at, row in enumerate(rows, start=1))
    return match(read, guess(columns_of(read), kept=()), sheet=group)


def states(found: Matched) -> list[str]:
    return [one.state for one in found.lines if one.state != "same"]


def csv_bytes(rows: list[list[str]], *, coding: str = "utf-8", delimiter: str = ";") -> bytes:
    return "\r\n".join(delimiter.join(row) for row in rows).encode(coding)


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


@given(raw=st.binary(max_size=2_000))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for one in (raw, b"PK\x03\x04" + raw):
        try:
            rows = read_rows(one)
        except Refusal:
            continue
        assert 0 < len(rows) <= leader_file.ROWS_MAX
        held([list(row.cells) for row in rows])


SOUND = workbook([list(row) for row in listed()])


@settings(max_examples=60)
@given(at=st.integers(0, len(SOUND) - 1), byte=st.integers(0, 255), cut=st.booleans())
def test_a_broken_workbook_is_read_or_refused(at: int, byte: int, *, cut: bool) -> None:
    raw = SOUND[:at] if cut else SOUND[:at] + bytes((byte,)) + SOUND[at + 1 :]
    try:
        read_rows(raw)
    except Refusal:
        return


def repacked(part: str, text: bytes) -> bytes:
    """The sound workbook with one part of it replaced."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(SOUND)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, text if name == part else old.read(name))
    return made.getvalue()


def test_a_workbook_that_unpacks_to_more_than_any_list_is_refused() -> None:
    with pytest.raises(ListTooLarge):
        read_rows(repacked("xl/worksheets/sheet1.xml", b" " * (leader_file.UNPACKED_BYTES_MAX + 1)))


def test_a_workbook_whose_entities_multiply_is_refused() -> None:
    names = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    bomb = f'<!DOCTYPE w [<!ENTITY e0 "haha">{names}]><worksheet>&e9;</worksheet>'
    with pytest.raises(ListUnreadable):
        read_rows(repacked("xl/worksheets/sheet1.xml", bomb.encode()))


def test_a_long_file_an_old_workbook_and_an_empty_one_are_refused() -> None:
    for raw, fault in (
        (b"a;b\n" * 600, ListTooLarge), (bytes(leader_file.BYTES_MAX + 1), ListTooLarge),
        (b"\xd0\xcf\x11\xe0rest", ListUnreadable), (b"\n\n", ListEmpty), (b"", ListEmpty),
    ):  # fmt: skip
        with pytest.raises(fault):
            read_rows(raw)


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_text_file_of_any_program_is_the_same_list(coding: str, delimiter: str) -> None:
    rows = read_rows(csv_bytes(listed(), coding=coding, delimiter=delimiter))
    assert [list(row.cells) for row in rows] == listed()


def test_a_file_in_the_old_windows_table_keeps_its_letters() -> None:
    raw = "Ho\u0323 tên;nô\u0323p\nVo\u0303 Thi\u0323 Mâ\u0303u;5".encode("cp1258")
    assert [row.cells for row in read_rows(raw)] == [("Họ tên", "nộp"), ("Võ Thị Mẫu", "5")]


def test_a_list_that_agrees_is_the_same_in_every_line() -> None:
    found = held(listed())
    assert states(found) == []
    assert found.cash == {one.customer.customer_code: one.member.suggestion for one in GROUP.rows}
    assert (found.off, found.unsigned) == (0, frozenset())
    assert found.listed == sum(found.cash.values())


def test_control_one_changed_amount_is_different_and_moves_the_sum() -> None:
    rows = listed()
    rows[2][5] = str(int(rows[2][5]) + 1_000)
    found = held(rows)
    assert states(found) == ["different"]
    assert found.off == -1_000


def test_a_member_is_known_by_id_where_there_is_no_code_and_by_name_where_there_is_neither() -> None:
    rows = listed()
    rows[1][1] = ""
    rows[2][1] = rows[2][2] = ""
    rows[2][3] = rows[2][3].upper()
    # A cell that Excel took for a number has lost its zero.
    rows[3][1], rows[3][2] = "", rows[3][2].lstrip("0")
    rows[3][3] = ""
    assert states(held(rows)) == []


def test_two_members_of_one_name_are_never_guessed() -> None:
    group = sheet(names={1: "Lê Văn Thử", 2: "LÊ VĂN THỬ"})
    rows = listed(group)
    rows[1][1] = rows[1][2] = ""
    found = held(rows, group)
    assert states(found) == ["two_members", "missing"]
    assert small.code(1) not in found.cash


def test_a_row_that_names_two_people_and_a_person_of_two_rows_are_left_out() -> None:
    rows = listed()
    rows[1][3] = rows[2][3]
    rows.insert(4, list(rows[3]))
    found = held(rows)
    assert states(found) == ["conflict", "duplicate", "duplicate", "missing"]
    assert set(found.cash) == {small.code(2), small.code(4), small.code(5)}


@pytest.mark.parametrize(("text", "state"), [("1,50", "unclear"), ("330,000", "unclear"), ("", "blank"), ("-5", "unclear")])
def test_an_amount_with_two_readings_or_none_is_left_out(text: str, state: str) -> None:
    rows = listed()
    rows[1][5] = text
    found = held(rows)
    assert states(found) == [state]
    assert small.code(1) not in found.cash


def grouped(rows: list[list[str]]) -> list[list[str]]:
    """Its amounts as programs of other countries write them: 330,000."""
    return [[*row[:5], f"{int(row[5]):,}" if row[5].isdigit() else row[5], *row[6:]] for row in rows]


def of_file(raw: bytes) -> Matched:
    return held_rows(read_rows(raw))


def held_rows(read: tuple[FileRow, ...]) -> Matched:
    return match(read, guess(columns_of(read), kept=()), sheet=GROUP)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_commas_group_thousands_where_all_of_the_column_says_so(delimiter: str) -> None:
    rows = grouped(listed())
    rows[1][5], rows[2][5] = "1,330,000 đ", "0"
    found = of_file(csv_bytes(rows, delimiter=delimiter))
    assert (found.cash[small.code(1)], found.cash[small.code(2)]) == (1_330_000, 0)
    assert found.cash[small.code(3)] == GROUP.rows[2].member.suggestion
    assert found.listed == sum(one.member.suggestion for one in GROUP.rows)
    assert found.unclear == frozenset()


@pytest.mark.parametrize("other", ["1,50", "330.000", "330000", "12,34,567", "0,330", "330,000.50", "330k"])
def test_one_amount_that_says_otherwise_leaves_every_comma_unclear(other: str) -> None:
    rows = grouped(listed())
    rows[1][5] = other
    found = of_file(csv_bytes(rows))
    assert {small.code(at) for at in range(2, 6)} <= found.unclear
    assert not set(found.cash) - {small.code(1)}
    assert found.listed is None


def test_commas_between_cells_or_in_a_workbook_are_as_unclear_as_before() -> None:
    rows = grouped(listed())
    quoted = [[f'"{cell}"' for cell in row] for row in rows]
    everybody = {one.customer.customer_code for one in GROUP.rows}
    assert of_file(csv_bytes(quoted, delimiter=",")).unclear == everybody
    assert of_file(workbook([list(row) for row in rows])).unclear == everybody
    assert of_file(csv_bytes(rows)).unclear == frozenset(), "the control: the same list between semicolons"


def test_commas_inside_amounts_are_not_taken_for_what_separates_two_columns() -> None:
    rows = [["Họ và tên", "Tiền nộp"], ["Lê Thị Thử", "1,330,000"], ["Võ Văn Thử", "2,330,000"]]
    assert [list(row.cells) for row in read_rows(csv_bytes(rows))] == rows
    assert [row.cells for row in read_rows(b"7,500\n8,600")] == [("7", "500"), ("8", "600")]


def test_whoever_a_row_may_mean_is_unclear_unless_another_row_is_clearly_theirs() -> None:
    rows = listed()
    rows[1][5] = "1,50"
    rows[2][3] = rows[3][3]
    rows[4][5] = ""
    found = held(rows)
    assert states(found) == ["conflict", "unclear", "missing", "blank"]
    assert found.unclear == {small.code(1), small.code(2)}
    assert small.code(3) in found.cash


def test_currency_groups_and_thousands_are_read() -> None:
    rows = listed()
    for at, text in enumerate(("330.000 đ", "330k", "330000", "330.000₫"), start=1):
        rows[at][5] = text
    assert [held(rows).cash[small.code(at)] for at in range(1, 5)] == [330_000] * 4


def test_parts_that_are_not_the_sum_are_shown_and_parts_alone_are_added() -> None:
    rows = [[*row[:5], row[5], "1000", row[6]] for row in listed()]
    rows[0] = ["STT", "Mã KH", "CCCD", "Họ và tên", "Tiền lãi", "Tiền nộp", "Tiền gửi", "Ký"]
    assert set(states(held(rows))) == {"parts"}
    alone = [[*row[:5], row[6]] for row in rows]
    found = held(alone)
    assert found.cash[small.code(1)] == int(rows[1][4]) + 1_000


def test_a_missing_signature_is_noted_only_where_others_signed() -> None:
    rows = listed()
    rows[2][6] = ""
    assert held(rows).unsigned == {small.code(2)}
    for row in rows[1:]:
        row[6] = ""
    assert held(rows).unsigned == frozenset()


def test_a_person_called_as_a_sum_begins_is_a_person() -> None:
    group = sheet(names={3: "Tống Thị Cộng"})
    assert states(held(listed(group), group)) == []


@given(at=st.permutations(range(len(HEADS))))
def test_columns_in_any_order_are_the_same_list(at: list[int]) -> None:
    assert states(held([[row[place] for place in at] for row in listed()])) == []


def test_columns_that_were_chosen_are_found_again_and_others_are_guessed_anew() -> None:
    rows = tuple(FileRow(at, tuple(row)) for at, row in enumerate(listed(), start=1))
    chosen = guess(columns_of(rows), kept=())._replace(cash="lai phai thu")
    assert kept_mapping(chosen.text()) == chosen
    assert guess(columns_of(rows), kept=(None, chosen)).cash == "lai phai thu"
    gone = chosen._replace(cash="cot da mat")
    assert guess(columns_of(rows), kept=(gone,)).cash == "tien nop"


@given(text=st.text(max_size=60) | st.recursive(st.none() | st.text(max_size=3), st.lists).map(str))
def test_what_was_kept_is_a_mapping_or_nothing(text: str) -> None:
    kept = kept_mapping(text)
    assert kept is None or (isinstance(kept, Mapping) and len(kept) == len(FIELDS))
