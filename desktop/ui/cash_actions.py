"""What can be done with the drawer: each action with its key, what is asked for it, and the voucher it becomes."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from desktop.desk import Desk, Preview

Sort = Literal["text", "amount", "time", "outcome", "teller", "party"]
# What is put down beside the amount: counts of all notes, notes one by one with their serials, or nothing.
Beside = Literal["notes", "serials", ""]
_TIME = re.compile(r"(\d{1,2})[:hH.]?(\d{2})", re.ASCII)


class Field(NamedTuple):
    """Something asked for; `half` fields stand two in a line."""

    name: str
    sort: Sort = "text"
    needed: bool = False
    half: bool = False


class Action(NamedTuple):
    """An action by its kind of voucher. Without `fields` of its own sort the pane shows only the notes."""

    kind: str
    key: str
    beside: Beside
    fields: tuple[Field, ...]


class Typed(NamedTuple):
    """What was typed for an action: notes, (serial, denomination) of single notes, and texts by field."""

    notes: Mapping[int, int]
    serials: tuple[tuple[str, int], ...]
    texts: Mapping[str, str]


_SEAL = Field("seal", half=True)
OPEN = Action("open", "", "notes", (_SEAL, Field("giver", half=True)))
ACTIONS = (
    Action("float", "U", "notes", (_SEAL, Field("giver", half=True))),
    Action("return", "H", "notes", (_SEAL, Field("taker", half=True))),
    Action("handover", "B", "notes", (Field("to", "teller", needed=True),)),
    Action(
        "transit", "V", "notes",
        (
            Field("seal", needed=True, half=True), Field("left_at", "time", half=True),
            Field("from", needed=True, half=True), Field("to", needed=True, half=True),
            Field("carriers", needed=True), Field("reason"),
        ),
    ),
    Action(
        "loss", "M", "",
        (
            Field("amount", "amount", needed=True, half=True), Field("at", "time", needed=True, half=True),
            Field("place", needed=True), Field("reason", needed=True), Field("told"),
        ),
    ),
    Action(
        "counterfeit", "T", "serials",
        (Field("party", "party"), Field("outcome", "outcome", needed=True), Field("minutes")),
    ),
    Action(
        "suspense", "X", "notes",
        (Field("reason", needed=True), Field("name", half=True), Field("phone", half=True)),
    ),
)  # fmt: skip
BY_KIND = {one.kind: one for one in (OPEN, *ACTIONS)}


def draft_name(action: Action) -> str:
    """Under what name a half typed action is kept."""
    return action.kind if action is OPEN else f"cash/{action.kind}"


def time_text(typed: str) -> str:
    """A time of the day as HH:MM, or nothing where it is unclear."""
    found = _TIME.fullmatch(typed.strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        return ""
    return f"{int(found[1]):02d}:{found[2]}"


def plan(action: Action, typed: Typed) -> "Callable[[Desk], Preview]":
    """The voucher as the desk is asked for it."""
    notes, texts = typed.notes, dict(typed.texts)
    reason, party = texts.pop("reason", ""), texts.pop("party", "")
    plans: dict[str, Callable[[Desk], Preview]] = {
        "open": lambda desk: desk.preview_open(notes=notes, details=texts),
        "float": lambda desk: desk.preview_float(notes=notes, details=texts),
        "return": lambda desk: desk.preview_return(notes=notes, details=texts),
        "handover": lambda desk: desk.preview_handover(to=texts["to"], notes=notes),
        "transit": lambda desk: desk.preview_transit(notes=notes, details=texts, reason=reason),
        "loss": lambda desk: desk.preview_loss(details=texts, reason=reason),
        "counterfeit": lambda desk: desk.preview_counterfeit(
            party=party, notes=typed.serials, minutes=texts["minutes"], outcome=texts["outcome"]
        ),
        "suspense": lambda desk: desk.preview_suspense(
            amount=sum(note * count for note, count in notes.items()), notes=notes, reason=reason, details=texts
        ),
    }
    return plans[action.kind]
