"""What this office sets otherwise for its sessions: `settings.toml` in its home, read for every pack.

The table `[session]` has the names of `sync.terms.Parameters`; what it does not name keeps its default,
and without the file everything does. A name nobody knows and a value that cannot be are refused: a slip
in a limit would otherwise be found out at the table.
"""

import tomllib
from pathlib import Path
from typing import Any

from sync.errors import Refusal
from sync.records import Malformed, changed, from_bytes
from sync.terms import Parameters

SETTINGS = "settings.toml"
_TABLE = "session"


class SettingsUnreadable(Refusal):
    """The file is no TOML, or cannot be read."""

    code = "settings.unreadable"
    vi = "Không đọc được tệp {file}: {reason}. Sửa tệp cho đúng dạng TOML rồi lập gói lại."
    en = "The file {file} cannot be read: {reason}. Correct its TOML, then prepare again."


class SettingUnknown(Refusal):
    """A table or a name that is no setting."""

    code = "settings.unknown"
    vi = "Tệp settings.toml có mục lạ “{name}”. Trong bảng [session] chỉ đặt được: {known}."
    en = "settings.toml has “{name}”, which is no setting. The table [session] may have: {known}."


class SettingBad(Refusal):
    """A value that its setting cannot have."""

    code = "settings.bad"
    vi = "Tệp settings.toml đặt “{name}” không đúng kiểu hoặc ngoài giới hạn. Sửa giá trị đó rồi lập gói lại."
    en = "settings.toml gives “{name}” a value of the wrong kind or out of range. Correct it, then prepare again."


def parameters(path: Path) -> Parameters:
    """The parameters this file asks for. Raises `SettingsUnreadable`, `SettingUnknown`, `SettingBad`."""
    if not path.exists():
        return Parameters()
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsUnreadable(file=path.name, reason=str(error)) from error
    known = ", ".join(Parameters.__struct_fields__)
    if strange := [name for name in said if name != _TABLE]:
        raise SettingUnknown(name=strange[0], known=known)
    table = said.get(_TABLE, {})
    if not isinstance(table, dict):
        raise SettingBad(name=_TABLE)
    made = Parameters()
    for name, value in table.items():
        if name not in Parameters.__struct_fields__:
            raise SettingUnknown(name=name, known=known)
        made = _with(made, name, value)
    return made


def _with(made: Parameters, name: str, value: Any) -> Parameters:
    """One more setting, held to the shape a pack would be read with; none of them can be below zero."""
    try:
        held = from_bytes(Parameters, changed(made, **{name: value}).to_bytes())
    except (Malformed, TypeError, OverflowError) as error:
        raise SettingBad(name=name) from error
    if isinstance(value, int) and value < 0:
        raise SettingBad(name=name)
    return held
