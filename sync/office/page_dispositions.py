"""The page of one voucher: what the core system did with each of its lines, and the form that says so."""

from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from sync.disposition import FindingUnclear
from sync.errors import Fault
from sync.ledger import COMPONENTS
from sync.office import dispositions, overview
from sync.office.dispositions import Asked
from sync.office.home import Office
from sync.office.officers import Ticket
from sync.office.overview import Mark
from sync.office.page import RULES, Shown, form, ours, to_sign_in

MARKS: Final = {
    "accepted": Mark("ok", "đã hạch toán"), "suspense": Mark("warn", "chờ xử lý"), "returned": Mark("bad", "trả lại"),
    "corrected": Mark("warn", "điều chỉnh"), "none": Mark("quiet", "chưa có kết quả"),
}  # fmt: skip
_COMPONENTS: Final = {
    "principal": "gốc trong hạn", "overdue_principal": "gốc quá hạn", "interest": "lãi trong hạn", "interest_arrears": "lãi tồn",
    "overdue_interest": "lãi quá hạn", "overdue_interest_arrears": "lãi quá hạn tồn", "deposit": "tiền gửi tổ viên",
    "savings": "tiết kiệm", "savings_interest": "lãi tiết kiệm", "disbursement": "giải ngân", "commission": "hoa hồng",
    "entrustment_fee": "phí ủy thác", "remuneration": "thù lao", "suspense": "chờ xử lý",
}  # fmt: skip


def add(app: FastAPI, office: Office, shown: Shown) -> None:
    """The page and its form."""

    def page(ticket: Ticket, book: str, number: int, *, fields: dict[str, str], fault: str = "") -> Response:
        try:
            found = dispositions.voucher(office, book=overview.book_id(book), number=number)
        except Fault as missing:
            return shown.page("refused.html", ticket, status=404, sentence=missing.sentence("vi"))
        return shown.page(
            "voucher.html", ticket, status=422 if fault else 200, voucher=found, marks=MARKS, fields=fields, fault=fault,
            kinds=overview.KINDS, codes=overview.CODES, components=_COMPONENTS,
            choices=[name for name in _COMPONENTS if any(name in names for names in COMPONENTS.values())],
        )  # fmt: skip

    @app.get("/sessions/{book}/vouchers/{number}")
    def _(request: Request, book: str, number: int) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        return page(ticket, book, number, fields={})

    @app.post("/sessions/{book}/vouchers/{number}")
    async def _(request: Request, book: str, number: int) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        fields = await form(request, fields_max=12)
        ours(ticket, fields)
        try:
            asked = _asked(number, fields)
            wanted = overview.book_id(book)
            await run_in_threadpool(lambda: dispositions.dispose(office, book=wanted, asked=[asked], who=ticket.name))
        except Fault as fault:
            said = fault.sentence("vi")
            return await run_in_threadpool(lambda: page(ticket, book, number, fields=fields, fault=said))
        return RedirectResponse(f"/sessions/{book}/vouchers/{number}", status_code=303, headers=RULES)


def _asked(number: int, fields: dict[str, str]) -> Asked:
    """What the form asks for. Raises `FindingUnclear` for a number that is none."""
    place, amount = fields.get("line", "0"), fields.get("amount", "").strip().replace(".", "")
    if not (place.isascii() and place.isdecimal() and len(place) < 7):
        raise FindingUnclear(number=str(number), place=place[:7], reason="chọn lại dòng")
    if amount and not (amount.isascii() and amount.isdecimal() and len(amount) <= 12):
        raise FindingUnclear(number=str(number), place=place, reason="số tiền không đúng dạng")
    moved = fields.get("outcome") == "corrected"
    return Asked(
        number, int(place), fields.get("outcome", ""), fields.get("core_number", "").strip(),
        fields.get("account", "").strip() if moved else "", fields.get("component", "") if moved else "",
        int(amount) if amount and moved else None, fields.get("note", "").strip(),
    )  # fmt: skip
