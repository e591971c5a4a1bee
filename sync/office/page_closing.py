"""The page where a closing sheet is held against its book, and where what did not agree is settled."""

from collections import defaultdict
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from sync import ledger
from sync.errors import Fault
from sync.office import closing, closing_checks, overview, photos
from sync.office.closing import Comparison, Place
from sync.office.home import Office
from sync.office.officers import Ticket
from sync.office.overview import Mark
from sync.office.page import RULES, Shown, form, form_with_photo, ours, to_sign_in

# Every figure a sheet can have, the session, the code, the token, and one to spare.
_FIELDS_MAX: Final = len(closing.TYPED) + 4
MARKS: Final = {
    "agrees": Mark("ok", "khớp"), "differs": Mark("bad", "khác"), "altered": Mark("bad", "mã khóa sổ khác"),
    "figures-differ": Mark("bad", "có số khác"), "other-branch": Mark("bad", "nhánh khác của sổ"),
    "not-come": Mark("warn", "chưa về"), "not-closed": Mark("bad", "sổ chưa khóa"), "no-book": Mark("bad", "không có sổ"),
    "revoked": Mark("bad", "máy đã thu hồi"), "signature-wrong": Mark("bad", "chữ ký sai"), "unknown-laptop": Mark("bad", "máy lạ"),
    "damaged": Mark("bad", "sổ ở văn phòng hỏng"),
}  # fmt: skip
LABELS: Final = {name: vi for name, (vi, _) in closing.LABELS.items()} | {
    code: f"{code} · {name}" for code, name in overview.CODES.items()
}


def add(app: FastAPI, office: Office, shown: Shown) -> None:
    """The page, its form, and the form that settles an exception."""

    def page(ticket: Ticket, fields: dict[str, str], *, found: Comparison | None = None, fault: str = "") -> Response:
        return shown.page(
            "closing.html", ticket, status=422 if fault else 200, labels=LABELS, marks=MARKS, codes=ledger.CASH,
            sessions=overview.books_to_choose(office), fields=defaultdict(str, fields), found=found, fault=fault,
            checks=closing_checks.recent(office),
        )  # fmt: skip

    @app.get("/closing")
    def _(request: Request, book: str = "") -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        return page(ticket, {"book": book})

    @app.post("/closing")
    async def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        fields, photo = await form_with_photo(request, fields_max=_FIELDS_MAX)
        ours(ticket, fields)
        figures = {name: fields.get(name, "") for name in closing.TYPED}
        try:
            chosen = overview.book_id(fields["book"]) if fields.get("book") else None
            if photo:
                fields["code"] = await run_in_threadpool(lambda: closing.code_among(photos.codes(photo)))
            found = await run_in_threadpool(
                lambda: closing.compare(
                    office, figures=figures, code=fields.get("code", ""), place=Place(), book=chosen, who=ticket.name
                )
            )
        except Fault as fault:
            return page(ticket, fields, fault=fault.sentence("vi"))
        return page(ticket, fields, found=found)

    @app.post("/closing/settle")
    async def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        fields = await form(request)
        ours(ticket, fields)
        number = fields.get("number", "")
        if not number.isdecimal():
            raise closing_checks.CheckUnknown(number=number[:20])
        await run_in_threadpool(
            lambda: closing_checks.settle(office, number=int(number), note=fields.get("note", ""), who=ticket.name)
        )
        return RedirectResponse("/exceptions", status_code=303, headers=RULES)
