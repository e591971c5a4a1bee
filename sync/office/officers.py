"""Who may see the pages: passwords kept as Argon2id, and tickets that a browser carries.

A browser's ticket says who and until when, under an HMAC that only this office can make; nothing is
kept for it here, so it ends by time or when the browser drops it. Each ticket has a form token that
another site cannot know.
"""

import base64
import hmac
import unicodedata
from typing import NamedTuple

from sqlmodel import Session as Database

from sync import keys
from sync.errors import Refusal
from sync.keys import Stretch
from sync.office.home import Office
from sync.office.store import Officer
from sync.records import from_bytes

# RFC 9106's second choice (64 MiB, three passes): about 0.2 s, and several officers may sign in at once.
_MEMORY_KIB, _ITERATIONS, _LANES = 64 * 1024, 3, 4
# The one account an office begins with.
OFFICER = "vanphong"
# A working day: whoever leaves in the evening signs in again in the morning.
TICKET_S = 10 * 3600
# Slips of the finger are free; from the fifth on, every wrong password doubles the wait, up to an hour.
_FREE_TRIES, _WAIT_FIRST_S, _WAIT_MOST_S = 5, 30, 3600
PASSWORD_LETTERS_MIN = 12
# No 0, 1, l or o: the first password is copied from a screen by hand.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


class PasswordShort(Refusal):
    """Fewer letters than can be defended."""

    code = "officer.password-short"
    vi = "Mật khẩu phải có ít nhất {least} ký tự. Chọn một câu dễ nhớ, dài hơn."
    en = "The password needs at least {least} characters. Choose a longer phrase you can remember."


class SignInWrong(Refusal):
    """The name or the password is wrong; which of them is not said."""

    code = "officer.sign-in-wrong"
    vi = "Tên hoặc mật khẩu không đúng. Gõ lại; quên mật khẩu thì chạy lệnh password trên máy chủ."
    en = "The name or the password is wrong. Type them again; if forgotten, run password on the server."


class SignInLater(Refusal):
    """Too many wrong passwords."""

    code = "officer.sign-in-later"
    vi = "Sai nhiều lần. Chờ {wait_s} giây rồi thử lại."
    en = "Too many wrong passwords. Wait {wait_s} seconds, then try again."


class Ticket(NamedTuple):
    """Who a browser is signed in as, and the token its forms must carry."""

    name: str
    form_token: str


def first_password(office: Office) -> str:
    """Four groups of four letters, 80 bits."""
    drawn = int.from_bytes(office.draw(16), "big")
    letters = [_ALPHABET[(drawn >> (5 * place)) % len(_ALPHABET)] for place in range(16)]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, 16, 4))


def set_password(office: Office, *, name: str, password: str) -> None:
    """Give an officer this password, new or in place of the old. Raises `PasswordShort`."""
    if len(password) < PASSWORD_LETTERS_MIN:
        raise PasswordShort(least=PASSWORD_LETTERS_MIN)
    stretch = Stretch(salt=office.draw(16), memory_kib=_MEMORY_KIB, iterations=_ITERATIONS, lanes=_LANES)
    verifier = _verifier(password, stretch)
    with office.store.writing() as db:
        row = db.get(Officer, name) or Officer(name=name, stretch=b"", verifier=b"", failed=0, locked_until_s=0)
        row.stretch, row.verifier, row.failed, row.locked_until_s = stretch.to_bytes(), verifier, 0, 0
        db.add(row)


def _verifier(password: str, stretch: Stretch) -> bytes:
    stretched = keys.stretched(unicodedata.normalize("NFC", password), stretch)
    return keys.digest("officer/1", stretched)


def sign_in(office: Office, *, name: str, password: str) -> str:
    """A browser's ticket. Raises `SignInWrong`, `SignInLater`."""
    with office.store.writing() as db:
        wait_s = _take_try(db, name, office.now_s())
        row = db.get(Officer, name)
        # An unknown name costs the same work, so that names cannot be told by the clock.
        stretch = from_bytes(Stretch, row.stretch) if row else Stretch(
            salt=bytes(16), memory_kib=_MEMORY_KIB, iterations=_ITERATIONS, lanes=_LANES
        )  # fmt: skip
        wanted = row.verifier if row else b""
    if wait_s > 0:
        raise SignInLater(wait_s=wait_s)
    if not hmac.compare_digest(_verifier(password, stretch), wanted):
        raise SignInWrong
    with office.store.writing() as db:
        if found := db.get(Officer, name):
            found.failed, found.locked_until_s = 0, 0
            db.add(found)
    said = f"{name}\n{office.now_s() + TICKET_S}".encode()
    return _text(said) + "." + _text(_mac(office, b"ticket", said))


def _take_try(db: Database, name: str, now_s: int) -> int:
    """Count a try before it is judged, so that many at once are all counted; the seconds still to wait."""
    row = db.get(Officer, name, with_for_update=True)
    if row is None:
        return 0
    if row.locked_until_s > now_s:
        return row.locked_until_s - now_s
    row.failed += 1
    if row.failed >= _FREE_TRIES:
        row.locked_until_s = now_s + min(_WAIT_FIRST_S * 2 ** min(row.failed - _FREE_TRIES, 10), _WAIT_MOST_S)
    db.add(row)
    return 0


def _mac(office: Office, purpose: bytes, said: bytes) -> bytes:
    key = keys.derived(office.sign_seed, label="pages/1", salt=purpose)
    return hmac.digest(key, said, "sha256")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def ticket_of(office: Office, *, cookie: str) -> Ticket | None:
    """Who the browser is, or None where its ticket is not ours or has run out."""
    try:
        said, mac = (_raw(part) for part in cookie.split("."))
        name, until_s = said.decode().split("\n")
        in_time = int(until_s) > office.now_s()
    except ValueError:
        return None
    if not in_time or not hmac.compare_digest(mac, _mac(office, b"ticket", said)):
        return None
    return Ticket(name, _text(_mac(office, b"form", said)))


def form_is_ours(ticket: Ticket, *, token: str) -> bool:
    """Whether a form came from a page that this ticket was shown."""
    return hmac.compare_digest(ticket.form_token.encode(), token.encode())
