"""One page of the office: the frame, the browser's rules, who asks, and the forms that are taken.

A page comes with rules that let a browser run nothing that is not ours. A form is counted while it arrives, and
taken only with the token of a page that was shown to the same person.
"""

import datetime
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from sync.envelope import TooLarge
from sync.errors import Refusal
from sync.office import home, officers, overview
from sync.office.home import Office
from sync.office.officers import Ticket
from sync.office.photos import PHOTO_BYTES_MAX

TEMPLATES = Path(__file__).parent / "templates"
COOKIE = "dgd-office"
# The longest form but that of a bulletin is a receipt's text of 300 letters, each at most nine when escaped.
FORM_BYTES_MAX = 16 * 1024
FORM_FIELDS_MAX = 10
RULES = {
    "content-security-policy": "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}


class FormStrange(Refusal):
    """A form that no page of ours sent."""

    code = "pages.form-strange"
    vi = "Biểu mẫu đã cũ hoặc không phải của trang này. Tải lại trang rồi làm lại."
    en = "The form is old or not from this page. Load the page again and repeat."


class Shown:
    """Templates with what every page needs."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._templates = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
        self._templates.filters.update(
            money=overview.money,
            day=lambda day: f"{day:%d/%m/%Y}",
            moment=lambda s: f"{datetime.datetime.fromtimestamp(s, tz=home.VIETNAM):%d/%m/%Y %H:%M}",
        )

    def ticket(self, request: Request) -> Ticket | None:
        return officers.ticket_of(self._office, cookie=request.cookies.get(COOKIE, ""))

    def page(self, name: str, ticket: Ticket | None, *, status: int = 200, **values: object) -> Response:
        alerts = overview.exception_count(self._office) if ticket else 0
        waiting = overview.case_count(self._office) if ticket else 0
        html = self._templates.get_template(name).render(
            office_name=self._office.name, ticket=ticket, alerts=alerts, waiting=waiting, **values
        )
        return HTMLResponse(html, status_code=status, headers=RULES)


async def form(
    request: Request, *, bytes_max: int = FORM_BYTES_MAX, fields_max: int = FORM_FIELDS_MAX
) -> dict[str, str]:
    """The fields of a form; of one that was sent several times, all values with a comma between.

    Raises `TooLarge`, `FormStrange`.
    """
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > bytes_max:
            raise TooLarge(size=len(raw), most=bytes_max)
    try:
        fields = parse_qs(raw.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=fields_max)
    except ValueError as error:
        raise FormStrange from error
    return {name: ",".join(values) for name, values in fields.items()}


async def form_with_photo(request: Request, *, fields_max: int = FORM_FIELDS_MAX) -> tuple[dict[str, str], bytes]:
    """The fields of a form that may bring a picture, and the picture or nothing; counted while they arrive.

    Raises `TooLarge`, `FormStrange`.
    """
    size, most = 0, PHOTO_BYTES_MAX + FORM_BYTES_MAX

    async def counted() -> AsyncGenerator[bytes, None]:
        nonlocal size
        async for piece in request.stream():
            size += len(piece)
            if size > most:
                raise TooLarge(size=size, most=most)
            yield piece

    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await form(request, fields_max=fields_max), b""
    parser = MultiPartParser(
        request.headers, counted(), max_files=1, max_fields=fields_max, max_part_size=FORM_BYTES_MAX
    )
    try:
        parts = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise FormStrange from error
    try:
        fields = {name: value for name, value in parts.multi_items() if isinstance(value, str)}
        sent = parts.get("photo")
        return fields, await sent.read() if isinstance(sent, UploadFile) else b""
    finally:
        await parts.close()


def ours(ticket: Ticket, fields: dict[str, str]) -> None:
    """A form that a page of ours sent for this person. Raises `FormStrange`."""
    if not officers.form_is_ours(ticket, token=fields.get("token", "")):
        raise FormStrange


def to_sign_in() -> Response:
    return RedirectResponse("/sign-in", status_code=303, headers=RULES)
