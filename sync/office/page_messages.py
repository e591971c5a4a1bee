"""The page of the messages: how many of each session left, wait or stay here and why, their texts, and who wants none."""

from collections import defaultdict
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from sync.errors import Fault
from sync.office import messages, overview, settings
from sync.office.home import Office
from sync.office.messages import Told
from sync.office.officers import Ticket
from sync.office.overview import ROWS_MAX, Mark
from sync.office.page import RULES, Shown, form, ours, to_sign_in

_REASONS: Final = {name: vi for name, (vi, _) in messages.WHY.items()}


def add(app: FastAPI, office: Office, shown: Shown) -> None:
    """The page and its form."""

    def page(ticket: Ticket, *, book: str, state: str, fields: dict[str, str], fault: str = "") -> Response:
        messages.write(office)
        sessions = messages.sessions(office)
        wanted = overview.book_id(book) if book else bytes.fromhex(sessions[0].book) if sessions else b""
        rows = [one for one in messages.listed(office, book=wanted) if state in ("", one.state)]
        return shown.page(
            "messages.html", ticket, status=422 if fault else 200, on=settings.messages(office.session_settings).on,
            sessions=sessions, book=wanted.hex(), state=state, rows=rows[:ROWS_MAX], left_out=max(len(rows) - ROWS_MAX, 0),
            stopped=messages.stopped(office), reasons=_REASONS, mark=_mark, masked=_masked,
            fields=defaultdict(str, fields), fault=fault,
        )  # fmt: skip

    @app.get("/messages")
    def _(request: Request, book: str = "", state: str = "") -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        try:
            return page(ticket, book=book, state=state if state in messages.STATES else "", fields={})
        except Fault as fault:
            return shown.page("refused.html", ticket, status=422, sentence=fault.sentence("vi"))

    @app.post("/messages/choose")
    async def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        fields = await form(request)
        ours(ticket, fields)
        try:
            await run_in_threadpool(
                lambda: messages.choose(
                    office, who=fields.get("who", ""), wanted=fields.get("wanted") == "yes", by=ticket.name
                )
            )
        except Fault as fault:
            sentence = fault.sentence("vi")
            return await run_in_threadpool(lambda: page(ticket, book="", state="", fields=fields, fault=sentence))
        return RedirectResponse("/messages", status_code=303, headers=RULES)


def _mark(told: Told) -> Mark:
    match told.state:
        case "exported":
            return Mark("ok", "đã xuất")
        case "due":
            return Mark("warn", "đến hạn")
        case _:
            return Mark("bad" if told.why in messages.DOUBTS else "quiet", _REASONS[told.why])


def _masked(phone: str) -> str:
    """`091•••678`: enough to tell two numbers apart; the whole of it leaves in the file alone."""
    return f"{phone[:3]}•••{phone[-3:]}" if phone else "—"
