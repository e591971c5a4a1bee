"""The office's pages: parse, ask one question, show the answer.

Every page but the sign-in asks who is there. A form is taken only with the token of a page that was
shown to the same person (`page`).
"""

import datetime
from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.staticfiles import StaticFiles

from sync.errors import Fault, Refusal
from sync.office import (
    cash_book,
    closing_checks,
    custody,
    dispositions,
    officers,
    overdue,
    overview,
    page_bulletins,
    page_cases,
    page_closing,
    page_dispositions,
    page_messages,
    page_receipts,
    requests,
)
from sync.office.cells import YEARS
from sync.office.home import Office
from sync.office.page import COOKIE, RULES, FormStrange, Shown, form, to_sign_in

_HERE = Path(__file__).parent
_FONTS = _HERE.parent.parent / "resources" / "fonts"


def add(app: FastAPI, office: Office) -> Callable[[str, int], Response]:
    """Add the pages of an office to its application; what comes back shows a refusal as a page."""
    shown = Shown(office)
    app.mount("/static", StaticFiles(directory=_HERE / "static"))
    if _FONTS.is_dir():
        app.mount("/fonts", StaticFiles(directory=_FONTS))
    _add_doors(app, office, shown)
    _add_pages(app, office, shown)
    page_receipts.add(app, office, shown)
    page_closing.add(app, office, shown)
    page_dispositions.add(app, office, shown)
    page_bulletins.add(app, office, shown)
    page_messages.add(app, office, shown)
    page_cases.add(app, office, shown)
    return lambda sentence, status: shown.page("refused.html", None, status=status, sentence=sentence)


def _add_doors(app: FastAPI, office: Office, shown: Shown) -> None:
    """Signing in and out."""

    @app.get("/sign-in")
    def _() -> Response:
        return shown.page("sign_in.html", None, fault="", typed_name=officers.OFFICER)

    @app.post("/sign-in")
    async def _(request: Request) -> Response:
        fields = await form(request)
        name = fields.get("name", "")
        try:
            cookie = await run_in_threadpool(
                lambda: officers.sign_in(office, name=name, password=fields.get("password", ""))
            )
        except Refusal as fault:
            return shown.page("sign_in.html", None, status=422, fault=fault.sentence("vi"), typed_name=name)
        answer = RedirectResponse("/", status_code=303, headers=RULES)
        answer.set_cookie(
            COOKIE, cookie, max_age=officers.TICKET_S, httponly=True, samesite="strict",
            secure=request.url.scheme == "https",
        )  # fmt: skip
        return answer

    @app.post("/sign-out")
    async def _(request: Request) -> Response:
        ticket = shown.ticket(request)
        fields = await form(request)
        if ticket is None or not officers.form_is_ours(ticket, token=fields.get("token", "")):
            raise FormStrange
        answer = to_sign_in()
        answer.delete_cookie(COOKIE)
        return answer


def _add_pages(app: FastAPI, office: Office, shown: Shown) -> None:
    @app.get("/")
    def _(request: Request, month: str = "") -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        return shown.page("sessions.html", ticket, month=overview.month(office, wanted=_month(month)))

    @app.get("/cash")
    def _(request: Request, month: str = "") -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        return shown.page("cash.html", ticket, month=custody.month(office, wanted=_month(month)))

    @app.get("/requests")
    def _(request: Request, page: int = 1) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        return shown.page("requests.html", ticket, found=requests.requests(office, page=page))

    @app.get("/sessions/{book}")
    def _(request: Request, book: str, page: int = 1) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        try:
            wanted = overview.book_id(book)
            found = overview.session_page(office, book=wanted, page=page)
        except Fault as fault:
            return shown.page("refused.html", ticket, status=404, sentence=fault.sentence("vi"))
        held, checks = custody.of_book(office, book=wanted), closing_checks.of_book(office, book=wanted)
        return shown.page(
            "session.html", ticket, session=found, custody=held, checks=checks, closing_marks=page_closing.MARKS,
            came=dispositions.came_of(office, book=wanted), disposed=page_dispositions.MARKS,
            turns=cash_book.of_book(office, book=wanted),
        )  # fmt: skip

    @app.get("/exceptions")
    def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        return shown.page(
            "exceptions.html", ticket, found=overview.exceptions(office), closing_marks=page_closing.MARKS,
            labels=page_closing.LABELS,
        )  # fmt: skip

    @app.get("/laptops")
    def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        return shown.page("laptops.html", ticket, laptops=overdue.laptops(office))


def _month(text: str) -> datetime.date | None:
    """The month of an address, `YYYY-MM`; None for what is none, or no year of an office."""
    try:
        found = datetime.date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if found.year in YEARS else None
