"""The page that judges receipts: the text of a code, two of them, or a picture of papers; and the file to take along."""

from typing import NamedTuple

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from sync.errors import Fault, Refusal
from sync.money import in_words
from sync.office import photos, receipt_page, receipts, telling
from sync.office.home import Office
from sync.office.officers import Ticket
from sync.office.page import RULES, Shown, form_with_photo, ours, to_sign_in
from sync.office.receipts import Answer, Pairing
from sync.receipt import CONTRADICTIONS

# More papers than that on one picture are too small on it to be read.
_CODES_MAX = 12
PAGE_FILE = "kiem-tra-bien-lai.html"


class TextMissing(Refusal):
    """A form with neither a text nor a picture."""

    code = "receipts.text-missing"
    vi = "Chưa có gì để kiểm tra. Quét mã vào ô thứ nhất, hoặc chọn ảnh chụp biên lai."
    en = "There is nothing to check. Scan a code into the first field, or choose a picture of the receipt."


class _Asked(NamedTuple):
    """What somebody sent: the texts of the codes to be judged."""

    first: str
    second: str
    photo: bytes


def add(app: FastAPI, office: Office, shown: Shown) -> None:
    """What a paper's QR code says, judged."""

    def page(ticket: Ticket, *, status: int = 200, asked: _Asked | None = None, **values: object) -> Response:
        told = {"answers": (), "pairing": None, "fault": None, **values}
        return shown.page(
            "receipts.html", ticket, status=status, asked=asked, telling=telling, in_words=in_words,
            contradictions=CONTRADICTIONS, days=receipt_page.DAYS, **told,
        )  # fmt: skip

    @app.get("/receipts")
    def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        return page(ticket)

    @app.post("/receipts")
    async def _(request: Request) -> Response:
        if (ticket := shown.ticket(request)) is None:
            return to_sign_in()
        asked = await _asked(request, ticket)
        try:
            answers, pairing = await run_in_threadpool(_judged, office, asked)
        except Fault as fault:
            return page(ticket, status=422, asked=asked, fault=fault)
        return page(ticket, asked=asked, answers=answers, pairing=pairing)

    @app.get(f"/{PAGE_FILE}")
    def _(request: Request) -> Response:
        if shown.ticket(request) is None:
            return to_sign_in()
        made = receipt_page.receipt_page(office, days=receipt_page.DAYS)
        # To be saved and taken along: opened here it would be a page of ours that runs scripts.
        headers = {**RULES, "content-disposition": f'attachment; filename="{PAGE_FILE}"'}
        return Response(made, media_type="text/html; charset=utf-8", headers=headers)


def _judged(office: Office, asked: _Asked) -> tuple[tuple[Answer, ...], Pairing | None]:
    """Every code judged; where there are two, what they say of each other. Raises `NotReceipt`, `PhotoUnreadable` and so on."""
    seen = photos.codes(asked.photo)[:_CODES_MAX] if asked.photo else ()
    texts = [text for text in (asked.first, asked.second) if text.strip()]
    texts += [text for text in seen if text not in texts]
    if not texts:
        raise TextMissing
    if len(texts) == 2:
        pairing = receipts.verify_two(office, first=texts[0], second=texts[1])
        return pairing.answers, pairing
    return tuple(receipts.verify_receipt(office, text=text) for text in texts), None


async def _asked(request: Request, ticket: Ticket) -> _Asked:
    """The fields of the form. Raises `TooLarge`, `FormStrange`."""
    fields, photo = await form_with_photo(request)
    ours(ticket, fields)
    return _Asked(fields.get("text", ""), fields.get("second", ""), photo)
