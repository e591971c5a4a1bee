"""The page of the bulletins: those there are, and the form that issues one."""

import datetime
from collections import defaultdict
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from sync.errors import Fault, Refusal
from sync.office import bulletins, register
from sync.office.home import Office
from sync.office.officers import Ticket
from sync.office.page import RULES, Shown, form, ours, to_sign_in

# Every letter of a whole bulletin may be nine bytes when a browser escapes it.
_BYTES_MAX: Final = 9 * (bulletins.LETTERS_MAX + bulletins.TITLE_LETTERS_MAX) + 4 * 1024
# A district office has 8 to 28 points, each a box to tick.
_FIELDS_MAX: Final = 200


class DayUnclear(Refusal):
    code = "bulletin.day-unclear"
    vi = "Ngày “{text}” không rõ. Gõ theo dạng 31/12/2026."
    en = "The day “{text}” is not clear. Type it as 31/12/2026."


def add(app: FastAPI, office: Office, shown: Shown) -> None:
    """The list, and the two forms."""

    def page(ticket: Ticket, *, fields: dict[str, str], fault: str = "") -> Response:
        with office.store.reading() as db:
            points = sorted(register.points(db), key=lambda one: one.point_code)
        return shown.page(
            "bulletins.html", ticket, status=422 if fault else 200, listed=bulletins.listed(office), points=points,
            names={one.point_code: one.point_name for one in points}, fields=defaultdict(str, fields),
            fault=fault, chosen=fields.get("points", "").split(","), letters_max=bulletins.LETTERS_MAX, title_max=bulletins.TITLE_LETTERS_MAX,
        )  # fmt: skip

    @app.get("/bulletins")
    def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        return page(ticket, fields={})

    @app.post("/bulletins")
    async def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        fields = await form(request, bytes_max=_BYTES_MAX, fields_max=_FIELDS_MAX)
        ours(ticket, fields)
        try:
            await run_in_threadpool(lambda: _issue(office, fields, who=ticket.name))
        except Fault as fault:
            return page(ticket, fields=fields, fault=fault.sentence("vi"))
        return RedirectResponse("/bulletins", status_code=303, headers=RULES)

    @app.post("/bulletins/withdraw")
    async def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        fields = await form(request)
        ours(ticket, fields)
        await run_in_threadpool(
            lambda: bulletins.withdraw(office, number=fields.get("number", ""), who=ticket.name)
        )
        return RedirectResponse("/bulletins", status_code=303, headers=RULES)


def _issue(office: Office, fields: dict[str, str], *, who: str) -> None:
    bulletins.write(
        office, title=fields.get("title", ""), text=fields.get("text", ""),
        points=[code for code in fields.get("points", "").split(",") if code], until=_day(fields.get("until", "")),
        number=fields.get("number", ""), issued_on=_day(fields.get("issued_on", "")), who=who,
    )  # fmt: skip


def _day(text: str) -> datetime.date | None:
    """A day as people write it; None where none was typed. Raises `DayUnclear`."""
    if not text.strip():
        return None
    try:
        return datetime.datetime.strptime(text.strip(), "%d/%m/%Y").date()  # noqa: DTZ007 a day and no moment
    except ValueError as error:
        raise DayUnclear(text=text.strip()[:20]) from error
