"""The office's pages: parse, ask one question, show the answer.

Every page but the sign-in asks who is there. A form is taken only with the token of a page that was
shown to the same person. Pages come with rules that let a browser run nothing that is not ours.
"""

import datetime
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.staticfiles import StaticFiles

from sync.envelope import TooLarge
from sync.errors import Fault, Refusal
from sync.office import custody, devices, home, officers, overview, receipts, requests
from sync.office.cells import YEARS
from sync.office.home import Office
from sync.office.officers import Ticket

_HERE = Path(__file__).parent
_FONTS = _HERE.parent.parent / "resources" / "fonts"
_COOKIE = "dgd-office"
# The longest form is a receipt's text of 300 letters, each at most nine when escaped.
FORM_BYTES_MAX = 16 * 1024
_RULES = {
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


def add(app: FastAPI, office: Office) -> Callable[[str, int], Response]:
    """Add the pages of an office to its application; what comes back shows a refusal as a page."""
    shown = _Shown(office)
    app.mount("/static", StaticFiles(directory=_HERE / "static"))
    if _FONTS.is_dir():
        app.mount("/fonts", StaticFiles(directory=_FONTS))
    _add_doors(app, office, shown)
    _add_pages(app, office, shown)
    _add_receipts(app, office, shown)
    return lambda sentence, status: shown.page("refused.html", None, status=status, sentence=sentence)


class _Shown:
    """Templates with what every page needs."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
        )
        self._templates.filters.update(
            money=overview.money,
            day=lambda day: f"{day:%d/%m/%Y}",
            moment=lambda s: f"{datetime.datetime.fromtimestamp(s, tz=home.VIETNAM):%d/%m/%Y %H:%M}",
        )

    def ticket(self, request: Request) -> Ticket | None:
        return officers.ticket_of(self._office, cookie=request.cookies.get(_COOKIE, ""))

    def page(self, name: str, ticket: Ticket | None, *, status: int = 200, **values: object) -> Response:
        alerts = overview.exception_count(self._office) if ticket else 0
        html = self._templates.get_template(name).render(
            office_name=self._office.name, ticket=ticket, alerts=alerts, **values
        )
        return HTMLResponse(html, status_code=status, headers=_RULES)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small form. Raises `TooLarge`, `FormStrange`."""
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > FORM_BYTES_MAX:
            raise TooLarge(size=len(raw), most=FORM_BYTES_MAX)
    try:
        fields = parse_qs(raw.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=10)
    except ValueError as error:
        raise FormStrange from error
    return {name: values[0] for name, values in fields.items()}


def _to_sign_in() -> Response:
    return RedirectResponse("/sign-in", status_code=303, headers=_RULES)


def _add_doors(app: FastAPI, office: Office, shown: _Shown) -> None:
    """Signing in and out."""

    @app.get("/sign-in")
    def _() -> Response:
        return shown.page("sign_in.html", None, fault="", typed_name=officers.OFFICER)

    @app.post("/sign-in")
    async def _(request: Request) -> Response:
        fields = await _form(request)
        name = fields.get("name", "")
        try:
            cookie = await run_in_threadpool(
                lambda: officers.sign_in(office, name=name, password=fields.get("password", ""))
            )
        except Refusal as fault:
            return shown.page("sign_in.html", None, status=422, fault=fault.sentence("vi"), typed_name=name)
        answer = RedirectResponse("/", status_code=303, headers=_RULES)
        answer.set_cookie(
            _COOKIE, cookie, max_age=officers.TICKET_S, httponly=True, samesite="strict",
            secure=request.url.scheme == "https",
        )  # fmt: skip
        return answer

    @app.post("/sign-out")
    async def _(request: Request) -> Response:
        ticket = shown.ticket(request)
        fields = await _form(request)
        if ticket is None or not officers.form_is_ours(ticket, token=fields.get("token", "")):
            raise FormStrange
        answer = _to_sign_in()
        answer.delete_cookie(_COOKIE)
        return answer


def _add_pages(app: FastAPI, office: Office, shown: _Shown) -> None:
    @app.get("/")
    def _(request: Request, month: str = "") -> Response:
        if (ticket := shown.ticket(request)) is None:
            return _to_sign_in()
        return shown.page("sessions.html", ticket, month=overview.month(office, wanted=_month(month)))

    @app.get("/cash")
    def _(request: Request, month: str = "") -> Response:
        if (ticket := shown.ticket(request)) is None:
            return _to_sign_in()
        return shown.page("cash.html", ticket, month=custody.month(office, wanted=_month(month)))

    @app.get("/requests")
    def _(request: Request, page: int = 1) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return _to_sign_in()
        return shown.page("requests.html", ticket, found=requests.requests(office, page=page))

    @app.get("/sessions/{book}")
    def _(request: Request, book: str, page: int = 1) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return _to_sign_in()
        try:
            found = overview.session_page(office, book=_book(book), page=page)
        except Fault as fault:
            return shown.page("refused.html", ticket, status=404, sentence=fault.sentence("vi"))
        held = custody.of_book(office, book=_book(book))
        return shown.page("session.html", ticket, session=found, custody=held)

    @app.get("/exceptions")
    def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return _to_sign_in()
        return shown.page("exceptions.html", ticket, found=overview.exceptions(office))

    @app.get("/laptops")
    def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return _to_sign_in()
        return shown.page("laptops.html", ticket, laptops=devices.laptops(office))


def _add_receipts(app: FastAPI, office: Office, shown: _Shown) -> None:
    """What a paper's QR code says, judged."""

    @app.get("/receipts")
    def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return _to_sign_in()
        return shown.page("receipts.html", ticket, answer=None, sentence="", text="")

    @app.post("/receipts")
    async def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return _to_sign_in()
        fields = await _form(request)
        if not officers.form_is_ours(ticket, token=fields.get("token", "")):
            raise FormStrange
        text = fields.get("text", "")
        try:
            answer = await run_in_threadpool(lambda: receipts.verify_receipt(office, text=text))
        except Fault as fault:
            return shown.page(
                "receipts.html", ticket, status=422, answer=None, sentence=fault.sentence("vi"), text=text
            )
        sentence = receipts.SENTENCES[answer.verdict][0]
        return shown.page("receipts.html", ticket, answer=answer, sentence=sentence, text=text)


def _month(text: str) -> datetime.date | None:
    """The month of an address, `YYYY-MM`; None for what is none, or no year of an office."""
    try:
        found = datetime.date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if found.year in YEARS else None


def _book(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise overview.NoSuchBook from error
