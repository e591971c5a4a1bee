"""A leader's own list held against the group: which column says what, and which row is whose.

Nothing is guessed that somebody could lose by: a row belongs to a member by customer code, else by ID
number, else by a name only one member has; a row that says two people, a second row of one person and an
amount with two readings are shown and left out. Nothing here posts: what it gives fills the cash column.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from desktop.leader_file import FileRow
from desktop.search import folded
from sync.errors import Fault
from sync.money import parse_amount

if TYPE_CHECKING:
    from desktop.listing import GroupSheet, SheetRow

Field = Literal["code", "id_number", "name", "cash", "interest", "deposit", "signed"]
FIELDS: tuple[Field, ...] = ("code", "id_number", "name", "cash", "interest", "deposit", "signed")
# A list has its heads below a title and a few lines about the group.
_HEAD_ROWS_MAX = 15
# What heads say, without diacritics; the first that fits is taken, whole heads before parts of heads.
_HEADS: Dict[Field, tuple[str, ...]] = {
    "code": ("ma khach hang", "ma kh", "makh", "ma thanh vien", "ma to vien", "ma tv", "customer code", "code"),
    "id_number": ("so cccd", "cccd", "so cmnd", "cmnd", "can cuoc", "dinh danh", "giay to", "id number", "id"),
    "name": ("ho va ten", "ho ten", "ten thanh vien", "ten khach hang", "to vien", "thanh vien", "khach hang", "ten",
             "full name", "name", "member"),
    "cash": ("tien nop", "so tien nop", "tong nop", "da nop", "nop", "cash handed in", "cash", "paid", "tong cong",
             "tong tien", "cong", "so tien", "amount", "total"),
    "interest": ("lai thuc thu", "thu lai", "tien lai", "lai", "interest collected", "interest"),
    "deposit": ("tien gui", "gui tiet kiem", "gui", "tiet kiem", "deposit", "savings"),
    "signed": ("ky nhan", "ky ten", "chu ky", "ky", "signature", "signed"),
}  # fmt: skip
# Heads of what is owed, not of what is handed in.
_OWED = ("phai thu", "phai nop", "du no", "con no", "con lai", "du kien", "due", "expected", "owed")
# A whole cell that names a sum; a person called Tống has another name behind it.
_SUMS = frozenset(("tong", "cong", "tong cong", "tong so", "tong tien", "tong so tien", "cong chung", "total", "sum"))
_CURRENCY = ("đồng", "đ", "₫", "vnđ", "vnd")
_COMMAS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+|0", re.ASCII)


class Columns(NamedTuple):
    """The columns of a file. `keys` name them as a mapping remembers them; `first` is the row below the heads."""

    heads: tuple[str, ...]
    keys: tuple[str, ...]
    first: int


class Mapping(NamedTuple):
    """Which column says what, by the column's key; empty where no column says it."""

    code: str
    id_number: str
    name: str
    cash: str
    interest: str
    deposit: str
    signed: str

    @property
    def usable(self) -> bool:
        """It tells a person and an amount."""
        return bool((self.code or self.id_number or self.name) and (self.cash or self.interest or self.deposit))

    def text(self) -> str:
        """As it is kept until the next list."""
        return json.dumps(self._asdict(), ensure_ascii=False)


State = Literal[
    "unknown", "two_members", "conflict", "duplicate", "unclear", "parts", "missing", "different", "blank", "same", "remark"
]
# What a person has to look at first stands first.
STATES: tuple[State, ...] = (
    "unknown", "two_members", "conflict", "duplicate", "unclear", "parts", "missing", "different", "blank", "same",
    "remark",
)  # fmt: skip
TAKEN = frozenset(("same", "different"))
OPEN = frozenset(("unknown", "two_members", "conflict", "duplicate", "unclear", "parts"))


class ListLine(NamedTuple):
    """A row of the list, or with `number` 0 a member no row is of. Amounts in đồng; `text` as it was written.

    `maybe` are the customers a row that says two people may be of.
    """

    number: int
    state: State
    written: str
    code: str
    member: str
    text: str
    amount: int | None
    suggestion: int
    unsigned: bool
    maybe: tuple[str, ...] = ()


class Matched(NamedTuple):
    """A list against its group. `listed` is its own total row, if one is clear; `read` the sum of its clear amounts."""

    lines: tuple[ListLine, ...]
    listed: int | None
    listed_text: str
    read: int

    @property
    def cash(self) -> dict[str, int]:
        """What fills the cash column, by customer."""
        return {one.code: one.amount for one in self.lines if one.state in TAKEN and one.amount is not None}

    @property
    def unclear(self) -> frozenset[str]:
        """Members of whom the list says something, and nobody can tell what: nothing is taken for them."""
        left_out = (one for one in self.lines if one.state in OPEN)
        return frozenset(code for one in left_out for code in (one.code, *one.maybe) if code).difference(self.cash)

    @property
    def unsigned(self) -> frozenset[str]:
        """Members whose cash is listed and whose signature is not."""
        return frozenset(one.code for one in self.lines if one.state in TAKEN and one.unsigned)

    @property
    def total(self) -> int:
        """What the list comes to by its own total row, or by its rows."""
        return self.read if self.listed is None else self.listed

    @property
    def off(self) -> int:
        """How much its total row says more than its rows."""
        return self.total - self.read

    @property
    def open(self) -> int:
        """Rows nothing was taken of, although they say something."""
        return sum(one.state in OPEN for one in self.lines)

    def count(self, state: State) -> int:
        return sum(one.state == state for one in self.lines)


def kept_mapping(text: str) -> Mapping | None:
    """A mapping from what was kept; None where nothing sound was."""
    try:
        kept = json.loads(text)
    except ValueError:
        return None
    if not isinstance(kept, dict) or not all(isinstance(kept.get(one, ""), str) for one in FIELDS):
        return None
    return Mapping(*(kept.get(one, "") for one in FIELDS))


def columns_of(rows: Sequence[FileRow]) -> Columns:
    """The columns under the row that names them best; without such a row every column goes by its number."""
    width = max((len(one.cells) for one in rows), default=0)
    known = [len(_guessed(_keys(one.cells, width))) for one in rows[:_HEAD_ROWS_MAX]]
    best = max(known, default=0)
    at = known.index(best) if best > 1 else _heads_at(rows)
    if at < 0:
        return Columns(tuple(str(n + 1) for n in range(width)), _keys((), width), 0)
    heads = (*rows[at].cells, *[""] * width)[:width]
    return Columns(tuple(head or str(n + 1) for n, head in enumerate(heads)), _keys(heads, width), at + 1)


def _heads_at(rows: Sequence[FileRow]) -> int:
    """The first row of several words without a digit above a row that has one; -1 where there is none."""
    digits = [any(letter.isdigit() for cell in one.cells for letter in cell) for one in rows[: _HEAD_ROWS_MAX + 1]]
    for at, (here, below) in enumerate(pairwise(digits)):
        if not here and below and sum(map(bool, rows[at].cells)) > 1:
            return at
    return -1


def _keys(heads: Sequence[str], width: int) -> tuple[str, ...]:
    """Heads without diacritics, each once; a column without one is known by its place."""
    seen: Counter[str] = Counter()
    keys = []
    for at in range(width):
        key = _fold(heads[at]) if at < len(heads) else ""
        seen[key] += 1
        keys.append(key if key and seen[key] == 1 else f"#{at + 1}")
    return tuple(keys)


def guess(columns: Columns, *, kept: Sequence[Mapping | None]) -> Mapping:
    """The first kept mapping whose columns are all here, else what the heads say."""
    for one in kept:
        if one is not None and one.usable and {key for key in one if key} <= set(columns.keys):
            return one
    found = _guessed(columns.keys)
    return Mapping(*(found.get(one, "") for one in FIELDS))


def _guessed(keys: Sequence[str]) -> dict[Field, str]:
    free = [key for key in keys if not key.startswith("#") and not any(word in key for word in _OWED)]
    found: dict[Field, str] = {}
    for whole in (True, False):
        for field, heads in _HEADS.items():
            fits = (key for head in heads for key in free if (key == head if whole else f" {head} " in f" {key} "))
            if field not in found and (key := next(fits, "")):
                found[field] = key
                free.remove(key)
    return found


def match(rows: Sequence[FileRow], mapping: Mapping, *, sheet: "GroupSheet") -> Matched:
    """Every row of the list and every member without one, what has to be looked at first."""
    columns = columns_of(rows)
    reader = _Reader(columns, mapping, sheet)
    reader.look_at_commas(rows[columns.first :])
    lines: list[ListLine] = []
    sums: list[ListLine] = []
    for row in rows[columns.first :]:
        (sums if reader.is_sum(row) else lines).append(reader.line(row))
    known = Counter(one.code for one in lines if one.code)
    lines = [one._replace(state="duplicate") if known[one.code] > 1 else one for one in lines]
    if not any(reader.said(row, "signed") for row in rows[columns.first :]):
        lines = [one._replace(unsigned=False) for one in lines]
    absent = [
        ListLine(0, "missing", "", one.customer.customer_code, one.customer.full_name, "", None, one.member.suggestion, unsigned=False)
        for one in sheet.rows
        if one.customer.customer_code not in known
    ]
    ordered = sorted((*lines, *absent), key=lambda one: (STATES.index(one.state), one.number))
    last = next((one for one in reversed(sums) if one.text), None)
    read = sum(one.amount or 0 for one in lines)
    return Matched(tuple(ordered), last.amount if last else None, last.text if last else "", read)


class _Reader:
    """One list's columns and one group's people, looked up by what a row may call them."""

    def __init__(self, columns: Columns, mapping: Mapping, sheet: "GroupSheet") -> None:
        self.places = {
            field: columns.keys.index(key)
            for field, key in zip(FIELDS, mapping, strict=True)
            if key in columns.keys
        }
        self.commas: frozenset[Field] = frozenset()
        people = sheet.rows
        self.by: dict[Field, dict[str, list[SheetRow]]] = {
            "code": _indexed(people, [_number(one.customer.customer_code) for one in people]),
            "id_number": _indexed(people, [_number(one.customer.id_number) for one in people]),
            "name": _indexed(people, [_fold(one.customer.full_name) for one in people]),
        }

    def said(self, row: FileRow, field: Field) -> str:
        at = self.places.get(field, -1)
        return row.cells[at] if 0 <= at < len(row.cells) else ""

    def look_at_commas(self, rows: Sequence[FileRow]) -> None:
        """Find the columns of amounts whose commas group thousands: all of the column says so, and none says otherwise.

        In a file whose cells commas separate, and in a workbook, such an amount is a mistake or a fraction.
        """
        fields: tuple[Field, ...] = ("cash", "interest", "deposit")
        if any(row.separator in ("", ",") for row in rows):
            return
        said = {field: [_bare(text) for row in rows if any(map(str.isdigit, text := self.said(row, field)))] for field in fields}
        self.commas = frozenset(
            field for field, texts in said.items()
            if any("," in text for text in texts) and all(_COMMAS.fullmatch(text) for text in texts)
        )  # fmt: skip

    def is_sum(self, row: FileRow) -> bool:
        """A row that names a sum and no member."""
        return any(_fold(cell) in _SUMS for cell in row.cells) and not self._people(row)

    def _people(self, row: FileRow) -> list[list["SheetRow"]]:
        """Whom each of the row's own words may mean; words that mean nobody of the group say nothing."""
        words: tuple[tuple[Field, str], ...] = (
            ("code", _number(self.said(row, "code"))),
            ("id_number", _number(self.said(row, "id_number"))),
            ("name", _fold(self.said(row, "name"))),
        )
        return [found for field, word in words if word and (found := self.by[field].get(word))]

    def line(self, row: FileRow) -> ListLine:
        people = self._people(row)
        text, amount, state = self._money(row)
        written = self.said(row, "name") or self.said(row, "code") or self.said(row, "id_number")
        unsigned = "signed" in self.places and not self.said(row, "signed")
        if not people:
            said = text or self.said(row, "code") or self.said(row, "id_number")
            nobody: State = "unknown" if said else "remark"
            whole = written or " · ".join(cell for cell in row.cells if cell)
            return ListLine(row.number, nobody, whole, "", "", text, amount, 0, unsigned)
        first = people[0]
        if len(first) > 1:
            return ListLine(row.number, "two_members", written, "", "", text, amount, 0, unsigned, _codes(people))
        one = first[0]
        if any(one not in others for others in people[1:]):
            name = one.customer.full_name
            return ListLine(row.number, "conflict", written, "", name, text, amount, 0, unsigned, _codes(people))
        due = one.member.suggestion
        if state is None:
            state = "blank" if amount is None else "same" if amount == due else "different"
        return ListLine(row.number, state, written, one.customer.customer_code, one.customer.full_name, text, amount, due, unsigned)

    def _money(self, row: FileRow) -> tuple[str, int | None, State | None]:
        """What the row says was handed in: as written, in đồng, and what is wrong with it."""
        fields: tuple[Field, ...] = ("cash", "interest", "deposit")
        cash, *parts = [self.said(row, field) for field in fields]
        try:
            amount, *shares = [_amount(self.said(row, field), commas=field in self.commas) for field in fields]
        except Fault:
            return cash or " + ".join(one for one in parts if one), None, "unclear"
        given = [one for one in shares if one is not None]
        if "cash" not in self.places:
            return " + ".join(one for one in parts if one), sum(given) if given else None, None
        both = {"interest", "deposit"} <= self.places.keys() and given
        if both and amount is not None and sum(given) != amount:
            return cash, amount, "parts"
        return cash, amount, None


def _amount(text: str, *, commas: bool) -> int | None:
    """Đồng from a cell; None where it is blank. `commas` group its thousands. Raises what `parse_amount` raises."""
    bare = _bare(text)
    return parse_amount(bare.replace(",", ".") if commas else bare) if bare else None


def _bare(text: str) -> str:
    """A cell's amount without its currency."""
    bare = text.strip().lower()
    for sign in _CURRENCY:
        if bare.endswith(sign) and bare != sign:
            return bare.removesuffix(sign).rstrip()
    return bare


def _codes(people: Sequence[Sequence["SheetRow"]]) -> tuple[str, ...]:
    """Everybody a row's words may mean, each once."""
    return tuple(dict.fromkeys(one.customer.customer_code for others in people for one in others))


def _indexed(people: Sequence["SheetRow"], words: Sequence[str]) -> dict[str, list["SheetRow"]]:
    found: dict[str, list[SheetRow]] = {}
    for one, word in zip(people, words, strict=True):
        if word:
            found.setdefault(word, []).append(one)
    return found


def _fold(text: str) -> str:
    return " ".join(folded(text).split())


def _number(text: str) -> str:
    """A code or ID as it compares: a cell that is a number has lost its leading zeros, some people write spaces."""
    return "".join(text.split()).lower().lstrip("0")
