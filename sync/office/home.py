"""The office's home: a folder with its settings, its keys and, unless told otherwise, its database.

    office.toml          name, database URL, where the backup is kept
    keys/sign            Ed25519: signs tickets, packs and acknowledgements
    keys/seal            X25519: opens batches
    keys/recovery        X25519: opens what laptops seal for a lost password; to be taken away from here
    keys/recovery.public its public half, which stays
    keys/tls.pem         P-256 key and certificate, pinned by the laptops; empty where a proxy has a certificate of its own
    office.db            SQLite, unless a URL was given
    backup/              a second copy of everything received, unless told otherwise

Key files are 32 raw bytes that only their owner may read; they are not protected by a passphrase.
"""

import contextlib
import datetime
import json
import os
import ssl
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sync import keys, pack
from sync.errors import Refusal, Unavailable
from sync.office.backup import Backup
from sync.office.recent import RecentBooks
from sync.office.settings import SETTINGS as SESSION_SETTINGS
from sync.office.store import Store

SETTINGS = "office.toml"
TLS = "tls.pem"
# An office's days are Vietnamese days.
VIETNAM = datetime.timezone(datetime.timedelta(hours=7))


class HomeTaken(Refusal):
    """An office lives there already."""

    code = "office.home-taken"
    vi = "Thư mục {home} đã có một văn phòng. Chọn thư mục khác; không ghi đè khóa đang dùng."
    en = "There is an office in {home} already. Choose another folder; keys in use are not overwritten."


class HomeMissing(Unavailable):
    """No office lives there, or a key file cannot be read."""

    code = "office.home-missing"
    vi = "Thư mục {home} chưa có văn phòng hoặc thiếu tệp khóa. Chạy lệnh init, hoặc chỉ đúng thư mục bằng --home."
    en = "There is no office in {home}, or a key file is missing. Run init, or name the right folder with --home."


def day_of(seconds: int) -> datetime.date:
    """The Vietnamese day of a moment in Unix seconds."""
    return datetime.datetime.fromtimestamp(seconds, tz=VIETNAM).date()


@dataclass(frozen=True, slots=True)
class Office:
    """An open office: who it is, its secrets, its store and backup, a clock, a source of chance, and recent books.

    `session_settings` is where it says what it sets otherwise for its sessions; the file need not be there.
    `certificate` (DER) is what its laptops know its `serve` by, and `tls` the file with it and its key.
    """

    name: str
    sign_seed: bytes
    seal_secret: bytes
    recovery_key: bytes
    store: Store
    backup: Backup
    now_s: Callable[[], int]
    draw: Callable[[int], bytes]
    session_settings: Path
    certificate: bytes
    tls: Path
    recent: RecentBooks = field(default_factory=RecentBooks)

    @property
    def sign_key(self) -> bytes:
        return keys.sign_public(self.sign_seed)

    @property
    def office_id(self) -> bytes:
        return pack.office_id(self.sign_key)

    def today(self) -> datetime.date:
        """The day it is in Vietnam."""
        return day_of(self.now_s())

    def public(self) -> pack.Office:
        """What a ticket says of this office."""
        return pack.Office(
            office=self.office_id,
            name=self.name,
            sign_key=self.sign_key,
            seal_key=keys.seal_public(self.seal_secret),
            recovery_key=self.recovery_key,
            certificate=self.certificate,
        )


def found(home: Path, *, name: str, database: str, backup: str, draw: Callable[[int], bytes]) -> None:
    """Make a home: settings and keys. Raises `HomeTaken`; never overwrites a key."""
    if (home / SETTINGS).exists() or (home / "keys").exists():
        raise HomeTaken(home=str(home))
    home.mkdir(parents=True, exist_ok=True)
    # The database has names in clear: the folder is its owner's, whoever made it.
    home.chmod(0o700)
    (home / "keys").mkdir(mode=0o700)
    for one in ("sign", "seal"):
        _write_private(home / "keys" / one, draw(32))
    recovery = draw(32)
    _write_private(home / "keys" / "recovery", recovery)
    _write_private(home / "keys" / "recovery.public", keys.seal_public(recovery))
    _certified(home / "keys" / TLS, name=name, draw=draw)
    # A TOML basic string is written as JSON writes it.
    settings = {"name": name, "database": database, "backup": backup}
    lines = "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in settings.items())
    _write_private(home / SETTINGS, lines.encode())


def _write_private(path: Path, raw: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def _certified(path: Path, *, name: str, draw: Callable[[int], bytes]) -> bytes:
    """The certificate in a file (DER), made with its key where there is no file; of two made at once one stays."""
    if not path.exists():
        half = path.with_name(f"{TLS}.{draw(8).hex()}")
        _write_private(half, keys.self_signed(draw(32), name=name[:64] or "office").pem)
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(half)
        half.unlink()
    kept = path.read_text("ascii")
    begin = kept.find("-----BEGIN CERTIFICATE-----")
    return ssl.PEM_cert_to_DER_cert(kept[begin:]) if kept.strip() else b""


def enter(home: Path, *, now_s: Callable[[], int], draw: Callable[[int], bytes]) -> Office:
    """The office of a home, its tables brought up to date. Raises `HomeMissing`, `DatabaseUnavailable`."""
    try:
        settings = tomllib.loads((home / SETTINGS).read_text("utf-8"))
        secrets = {one: (home / "keys" / one).read_bytes() for one in ("sign", "seal")}
        # Its private half is not needed here, and is meant to be kept somewhere else.
        recovery = (home / "keys" / "recovery.public").read_bytes()
        name, database, backup = settings["name"], settings["database"], settings["backup"]
        certificate = _certified(home / "keys" / TLS, name=name, draw=draw)
    except (OSError, KeyError, ValueError) as error:
        raise HomeMissing(home=str(home)) from error
    store = Store(database or f"sqlite:///{(home / 'office.db').absolute()}")
    store.migrate()
    return Office(
        name=name,
        sign_seed=secrets["sign"],
        seal_secret=secrets["seal"],
        recovery_key=recovery,
        store=store,
        backup=Backup(Path(backup) if backup else home / "backup"),
        now_s=now_s,
        draw=draw,
        session_settings=home / SESSION_SETTINGS,
        certificate=certificate,
        tls=home / "keys" / TLS,
    )
