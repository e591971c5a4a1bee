"""What this office sets otherwise for its sessions: `settings.toml` in its home, read for every pack.

The table `[session]` has the names of `sync.terms.Parameters`; what it does not name keeps its default,
and without the file everything does. `[session.forms]` says what the bank calls its papers: a form number, or
a number and a heading, under the key of a document. The table `[messages]` says what people are told by telephone.
A name nobody knows and a value that cannot be are refused: a slip in a limit would otherwise be found out at the
table, and one in a form's name never.
"""

import functools
import tomllib
import unicodedata
from pathlib import Path
from typing import Any, TypeVar

from sync.errors import Refusal
from sync.records import Malformed, Record, Whole, changed, from_bytes
from sync.sms import VOUCHERS, Kind
from sync.terms import FORMS, Form, Parameters

SETTINGS = "settings.toml"
_TABLE = "session"
_MESSAGES = "messages"
_FORMS = "forms"
# The texts that laptops print with: what has a title there is a document, and nothing else is.
_TEXTS = Path(__file__).parent.parent.parent / "resources" / "text" / "vi.toml"
# A number stands alone under a title ("Mẫu 13/TD"), a heading on at most two lines of an A5 page.
FORM_NUMBER_LETTERS_MAX = 24
FORM_HEADING_LETTERS_MAX = 90


class SettingsUnreadable(Refusal):
    """The file is no TOML, or cannot be read."""

    code = "settings.unreadable"
    vi = "Không đọc được tệp {file}: {reason}. Sửa tệp cho đúng dạng TOML rồi lập gói lại."
    en = "The file {file} cannot be read: {reason}. Correct its TOML, then prepare again."


class SettingUnknown(Refusal):
    """A table or a name that is no setting."""

    code = "settings.unknown"
    vi = "Tệp settings.toml có mục lạ “{name}”. Trong bảng [{table}] chỉ đặt được: {known}."
    en = "settings.toml has “{name}”, which is no setting. The table [{table}] may have: {known}."


class FormUnknown(Refusal):
    """A form of a document that nobody prints."""

    code = "settings.form-unknown"
    vi = "Tệp settings.toml có mẫu biểu của giấy tờ lạ “{name}”. Trong [session.forms] chỉ đặt được: {known}."
    en = "settings.toml has a form for “{name}”, which is no document. [session.forms] may have: {known}."


class FormTooLong(Refusal):
    """A number or a heading that finds no room on paper."""

    code = "settings.form-too-long"
    vi = "Tệp settings.toml đặt “{name}” dài quá {most} ký tự, không đủ chỗ trên giấy. Rút gọn rồi lập gói lại."
    en = "settings.toml gives “{name}” more than {most} letters, which find no room on paper. Shorten it, then prepare again."


class SettingBad(Refusal):
    """A value that its setting cannot have."""

    code = "settings.bad"
    vi = "Tệp settings.toml đặt “{name}” không đúng kiểu hoặc ngoài giới hạn. Sửa giá trị đó rồi lập gói lại."
    en = "settings.toml gives “{name}” a value of the wrong kind or out of range. Correct it, then prepare again."


class Messages(Record):
    """What people are told of their vouchers by telephone; nothing until the office turns it on.

    `kinds` are the vouchers that are told of, `days` how old a session may be of which anybody is still told.
    """

    on: bool = False
    kinds: tuple[Kind, ...] = VOUCHERS
    days: Whole = 30


R = TypeVar("R", bound=Record)


def parameters(path: Path) -> Parameters:
    """The parameters this file asks for. Raises `SettingsUnreadable`, `SettingUnknown`, `SettingBad`,
    `FormUnknown`, `FormTooLong`.
    """
    table = _table(path, _TABLE, Parameters)
    if _FORMS in table:
        table = {**table, _FORMS: _forms(table[_FORMS])}
    return _made(Parameters(), table)


def messages(path: Path) -> Messages:
    """What this file asks for of messages. Raises `SettingsUnreadable`, `SettingUnknown`, `SettingBad`."""
    table = _table(path, _MESSAGES, Messages)
    if isinstance(kinds := table.get("kinds"), list):
        table = {**table, "kinds": tuple(kinds)}
    return _made(Messages(), table)


def _table(path: Path, wanted: str, kind: type[Record]) -> dict[str, Any]:
    """One table of the file, all its names known; empty where it or the file is not there."""
    if not path.exists():
        return {}
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsUnreadable(file=path.name, reason=str(error)) from error
    known = {"table": wanted, "known": ", ".join(kind.__struct_fields__)}
    table = said.get(wanted, {})
    if not isinstance(table, dict):
        raise SettingBad(name=wanted)
    strange = [one for one in said if one not in (_TABLE, _MESSAGES)]
    if strange := strange or [one for one in table if one not in kind.__struct_fields__]:
        raise SettingUnknown(name=strange[0], **known)
    return table


def _made(made: R, table: dict[str, Any]) -> R:
    for name, value in table.items():
        made = _with(made, name, value)
    return made


def _with(made: R, name: str, value: Any) -> R:
    """One more setting, held to the shape a pack would be read with; none of them can be below zero."""
    try:
        held = from_bytes(type(made), changed(made, **{name: value}).to_bytes())
    except (Malformed, TypeError, OverflowError) as error:
        raise SettingBad(name=name) from error
    if isinstance(value, int) and value < 0:
        raise SettingBad(name=name)
    return held


@functools.cache
def documents() -> tuple[str, ...]:
    """The keys of everything that is printed, as the texts of the paper have them; those with a number first."""
    titles = tomllib.loads(_TEXTS.read_text("utf-8"))["paper"]["title"]
    return tuple(dict.fromkeys((*(one.document for one in FORMS), *titles)))


def _forms(said: Any) -> tuple[Form, ...]:
    """The default forms with those that were said otherwise, each by number alone or by number and heading."""
    if not isinstance(said, dict):
        raise SettingBad(name=_FORMS)
    made = {one.document: one for one in FORMS}
    for document, value in said.items():
        if document not in documents():
            raise FormUnknown(name=document, known=", ".join(documents()))
        fields = {"number": value} if isinstance(value, str) else value
        name = f"{_FORMS}.{document}"
        if not isinstance(fields, dict) or fields.keys() - {"number", "heading"}:
            raise SettingBad(name=name)
        told = {field: _label(f"{name}.{field}", text) for field, text in fields.items()}
        made[document] = changed(made.get(document, Form(document=document)), **told)
    return tuple(made.values())


def _label(name: str, text: Any) -> str:
    """What is printed of a form: one line, its letters as they stand on paper."""
    if not isinstance(text, str) or not text.isprintable():
        raise SettingBad(name=name)
    label = unicodedata.normalize("NFC", " ".join(text.split()))
    most = FORM_NUMBER_LETTERS_MAX if name.endswith(".number") else FORM_HEADING_LETTERS_MAX
    if len(label) > most:
        raise FormTooLong(name=name, most=most)
    return label
