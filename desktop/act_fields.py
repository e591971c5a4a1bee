"""A line of a script as an act, and what its fields may hold.

The script is JSON Lines, UTF-8, one act a line. Money is whole đồng as a JSON integer and nothing else;
a field that is not known, or stands there twice, is a mistake and not a wish. Which fields an act has
is said in `desktop.acts`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn

from sync import ledger
from sync.errors import Refusal
from sync.money import AMOUNT_MAX, AmountTooLarge, AmountUnclear
from sync.voucher import CodeNotHere, Wish

# The longest act is a group of sixty with a denomination list, under 3 kB; a longer line is no act.
LINE_BYTES_MAX = 64 * 1024
# A reason or a name is kept in at most this many letters; more is no field of an act.
_TEXT_LETTERS_MAX = 400
# Sixty members is the largest group there is; a list of more is no list of them.
_NAMED_MAX = 200


class LineUnclear(Refusal):
    """A line that is not one act."""

    code = "script.line-unclear"
    vi = "Dòng {line} của kịch bản không đúng dạng ({reason}). Bỏ qua dòng này, chưa ghi gì; sửa lại dòng đó."
    en = "Line {line} of the script is not in its proper form ({reason}). It was passed over and nothing was posted; correct it."


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


def _notes(value: object) -> dict[int, int]:
    if not isinstance(value, dict):
        raise AmountUnclear(text=_shown(value))
    for note in value:
        if not (note.isascii() and note.isdigit() and len(note) <= len(str(AMOUNT_MAX)) and str(int(note)) == note):
            raise AmountUnclear(text=note[:40])
    return {int(note): _dong(count) for note, count in value.items()}


class Fields:
    """The fields of one act, each taken once; whatever nobody took was a mistake.

    `approve` is true, false, or the people who approve in person, by staff id.
    """

    def __init__(self, act: Act) -> None:
        self._line = str(act.line)
        self._left = dict(act.fields)
        approve = self._left.pop("approve", True)
        if type(approve) is not bool and not _texts(approve):
            raise LineUnclear(line=self._line, reason="approve")
        self.approved: bool = approve is not False
        self.approvers: tuple[str, ...] = () if type(approve) is bool else tuple(approve)

    def has(self, name: str) -> bool:
        """Whether the act says anything under this name, before it is taken."""
        return name in self._left

    def take(self, name: str) -> Any:
        """What stands there, unchecked. Raises `LineUnclear` where nothing does."""
        if name not in self._left:
            raise LineUnclear(line=self._line, reason=f"thiếu {name}")
        return self._left.pop(name)

    def text(self, name: str) -> str:
        value = self.take(name)
        if not isinstance(value, str) or len(value) > _TEXT_LETTERS_MAX:
            raise LineUnclear(line=self._line, reason=name)
        return value

    def said(self, name: str) -> str:
        """A text that may be missing; empty then."""
        return self.text(name) if self.has(name) else ""

    def details(self, *names: str) -> dict[str, str]:
        """The facts among these that the act says."""
        return {name: self.text(name) for name in names if self.has(name)}

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of codes that may be missing."""
        value = self._left.pop(name, [])
        if not _texts(value):
            raise LineUnclear(line=self._line, reason=name)
        return tuple(value)

    def number(self, name: str) -> int:
        """A place in the book, or a count of months."""
        value = self.take(name)
        if type(value) is not int or not 0 <= value < 2**31:
            raise LineUnclear(line=self._line, reason=name)
        return value

    def yes(self, name: str) -> bool:
        """True or false; false where nothing is said."""
        value = self._left.pop(name, False)
        if type(value) is not bool:
            raise LineUnclear(line=self._line, reason=name)
        return value

    def amount(self, name: str) -> int:
        """Whole đồng. Raises `AmountUnclear`, `AmountTooLarge`."""
        return _dong(self.take(name))

    def amount_if_said(self, name: str) -> int | None:
        """Whole đồng, or None for all there is."""
        return self.amount(name) if self.has(name) else None

    def amounts(self, name: str) -> dict[str, int]:
        """Whole đồng by a code or a serial."""
        value = self.take(name)
        if not isinstance(value, dict):
            raise AmountUnclear(text=_shown(value))
        return {code: _dong(amount) for code, amount in value.items()}

    def notes(self, name: str) -> dict[int, int]:
        """A denomination list that may be missing; note to count."""
        return _notes(self._left.pop(name, {}))

    def party(self) -> str:
        """A customer or a group, whichever the act names; empty where it names neither."""
        if self.has("customer") and self.has("group"):
            raise LineUnclear(line=self._line, reason="customer, group")
        return self.said("group") if self.has("group") else self.said("customer")

    def rows(self, name: str, *, needs: frozenset[str], may: frozenset[str]) -> tuple[dict[str, Any], ...]:
        """A list of objects with these fields, all unchecked."""
        rows = self.take(name)
        if not isinstance(rows, list):
            raise LineUnclear(line=self._line, reason=name)
        for row in rows:
            if not isinstance(row, dict) or not needs <= row.keys() <= needs | may:
                raise LineUnclear(line=self._line, reason=name)
        return tuple(rows)

    def wishes(self) -> tuple[Wish, ...]:
        """The lines of a visit. Raises `CodeNotHere` for a code nobody knows."""
        rows = self.rows("lines", needs=frozenset({"code", "account"}), may=frozenset({"amount", "component"}))
        return tuple(self.wish(row["code"], row) for row in rows)

    def wish(self, code: object, row: Mapping[str, Any]) -> Wish:
        """One line of a visit or of what a transfer pays."""
        account, component = row["account"], row.get("component", "")
        if not isinstance(code, str) or not isinstance(account, str) or not isinstance(component, str):
            raise LineUnclear(line=self._line, reason="lines")
        if len(account) > 40 or len(component) > 40:
            raise LineUnclear(line=self._line, reason="lines")
        if code not in ledger.CASH:
            raise CodeNotHere(transaction=code[:8])
        return Wish(code, account, _dong(row["amount"]) if "amount" in row else None, component)

    def done(self) -> None:
        """Nothing may be left. Raises `LineUnclear`."""
        if self._left:
            raise LineUnclear(line=self._line, reason=", ".join(sorted(self._left))[:80])


def _texts(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= _NAMED_MAX
        and all(isinstance(one, str) and len(one) <= 40 for one in value)
    )
