"""The page of what somebody at the office must settle, and the forms that settle it."""

from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from sync.errors import Fault
from sync.office import cases, decisions, overdue, overview
from sync.office.cases import Case
from sync.office.decisions import Branch
from sync.office.home import Office
from sync.office.officers import Ticket
from sync.office.overview import Mark
from sync.office.page import RULES, Shown, form, ours, to_sign_in

MARKS: Final = {
    "fork": Mark("bad", "hai nhánh"), "taken-over": Mark("bad", "máy cũ ghi thêm"),
    "set-aside": Mark("warn", "phiếu cần lập lại"), "carried": Mark("warn", "máy đã thu hồi"),
    "collision": Mark("bad", "hai máy cùng ghi"), "rebuilt": Mark("bad", "phiếu thiếu"),
}  # fmt: skip


def add(app: FastAPI, office: Office, shown: Shown) -> None:
    """The page, and its forms: settle a case, decide a fork; and the one that settles a difference."""

    def page(ticket: Ticket, *, fault: str = "") -> Response:
        found = cases.listed(office)
        return shown.page(
            "cases.html", ticket, status=422 if fault else 200, found=found, late=overdue.sessions(office), fault=fault,
            branches={one.case_id: _branches(office, one) for one in found if one.kind in ("fork", "taken-over")},
            marks=MARKS, kinds=overview.KINDS | {"missing": "thiếu"},
        )  # fmt: skip

    @app.get("/cases")
    def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        return page(ticket)

    @app.post("/cases/settle")
    async def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        fields = await form(request)
        ours(ticket, fields)
        try:
            await run_in_threadpool(
                lambda: cases.settle(office, case=fields.get("case", ""), note=fields.get("note", ""), who=ticket.name)
            )
        except Fault as fault:
            return page(ticket, fault=fault.sentence("vi"))
        return RedirectResponse("/cases", status_code=303, headers=RULES)

    @app.post("/cases/decide")
    async def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        fields = await form(request)
        ours(ticket, fields)
        number = fields.get("number", "")
        try:
            await run_in_threadpool(
                lambda: decisions.decide(
                    office, book=overview.book_id(fields.get("book", "")), number=int(number) if number.isdecimal() else 0,
                    keep=fields.get("keep", ""), reason=fields.get("note", ""), who=ticket.name,
                )
            )  # fmt: skip
        except Fault as fault:
            return page(ticket, fault=fault.sentence("vi"))
        return RedirectResponse("/cases", status_code=303, headers=RULES)

    _add_differences(app, office, shown)


def _add_differences(app: FastAPI, office: Office, shown: Shown) -> None:
    """The form beside a difference."""

    @app.post("/differences/settle")
    async def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        fields = await form(request)
        ours(ticket, fields)
        number = fields.get("number", "")
        await run_in_threadpool(
            lambda: cases.settle_difference(
                office, book=overview.book_id(fields.get("book", "")), number=int(number) if number.isdecimal() else 0,
                sound=fields.get("outcome") == "sound", note=fields.get("note", ""), who=ticket.name,
            )
        )  # fmt: skip
        return RedirectResponse("/exceptions", status_code=303, headers=RULES)


def _branches(office: Office, one: Case) -> tuple[Branch, ...]:
    with office.store.reading() as db:
        return decisions.choices(office, db, book=bytes.fromhex(one.book), number=one.number)
