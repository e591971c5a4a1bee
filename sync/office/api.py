"""The office over HTTP: the same letters as on a stick, bytes in and bytes out.

    POST /v1/enrol           a laptop's answer to its ticket
    GET  /v1/packs/{device}  the newest pack of a laptop, sealed to it
    GET  /v1/offers/{device} the ids of its packs in force and the versions spoken here, and /v1/packs/{device}/{pack} one of them
    POST /v1/batches         a batch; the answer is the acknowledgement
    GET  /v1/acks/{book}     the newest acknowledgement of a book
    GET  /v1/dispositions/{book}         the ids of what was said of a book's lines, and …/{id} one of them
                                         (…/{id}/{device} sealed to a laptop that went on with the book)
    GET  /v1/directory       the office's laptops, and which of them were revoked

Letters prove themselves by their signatures and are read by no one but whom they are for, so nobody
signs in here. A body is counted while it arrives and cut off at its limit. Every fault has one shape:
`{"error": code, "message": Vietnamese, "message_en": English}`.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.params import Path
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from sync import envelope
from sync.envelope import BATCH_BYTES_MAX, TooLarge
from sync.errors import Damage, Fault, Unavailable
from sync.office import devices, dispositions, intake, pages, preparation
from sync.office.booking import BookDamaged
from sync.office.home import Office

LETTER = "application/octet-stream"
# Seven people's keys are under 2 kB.
ENROL_BYTES_MAX = 16 * 1024

_NOT_FOUND = {"prepare.pack-missing", "intake.book-unknown", "dispose.missing"}
_CONFLICT = {"device.enrolled-already", "device.letter-taken", "prepare.pack-exists", "prepare.session-begun"}

Hex16 = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


def status_of(fault: Fault) -> int:
    """The HTTP status of a fault: who must act next."""
    if isinstance(fault, TooLarge):
        return 413
    if isinstance(fault, Unavailable):
        return 503
    if isinstance(fault, BookDamaged):
        return 500
    if isinstance(fault, Damage):
        # Not what the office holds is damaged, but what it was sent.
        return 400
    return 409 if fault.code in _CONFLICT else 422


def application(office: Office) -> FastAPI:
    """The application of one office: the wire and the pages."""
    app = FastAPI(title="Điểm giao dịch", openapi_url=None, docs_url=None, redoc_url=None)

    _add_faults(app, refused=pages.add(app, office))

    @app.post("/v1/enrol")
    async def _(request: Request) -> Response:
        answer = await _body(request, ENROL_BYTES_MAX)
        laptop = await run_in_threadpool(lambda: devices.enrol(office, answer=answer))
        return JSONResponse({"letter": laptop.letter, "office": office.name})

    @app.get("/v1/packs/{device}")
    def _(device: Hex16) -> Response:
        return _letter(preparation.fetch(office, device=bytes.fromhex(device), wanted=None))

    @app.get("/v1/offers/{device}")
    def _(device: Hex16) -> Response:
        found = preparation.offered(office, device=bytes.fromhex(device))
        said = {"packs": [pack.hex() for pack in found], "versions": envelope.VERSIONS}
        return JSONResponse(said, headers={"cache-control": "no-store"})

    @app.get("/v1/packs/{device}/{pack}")
    def _(device: Hex16, pack: Hex16) -> Response:
        return _letter(preparation.fetch(office, device=bytes.fromhex(device), wanted=bytes.fromhex(pack)))

    @app.post("/v1/batches")
    async def _(request: Request) -> Response:
        batch = await _body(request, BATCH_BYTES_MAX)
        return _letter(await run_in_threadpool(lambda: intake.receive(office, batch=batch)))

    @app.get("/v1/acks/{book}")
    def _(book: Hex16) -> Response:
        return _letter(intake.newest_ack(office, book=bytes.fromhex(book)))

    @app.get("/v1/dispositions/{book}")
    def _(book: Hex16) -> Response:
        found = dispositions.listed(office, book=bytes.fromhex(book))
        return JSONResponse({"dispositions": [one.hex() for one in found]}, headers={"cache-control": "no-store"})

    @app.get("/v1/dispositions/{book}/{wanted}")
    def _(book: Hex16, wanted: Hex16) -> Response:
        return _letter(dispositions.letter(office, book=bytes.fromhex(book), wanted=bytes.fromhex(wanted)))

    @app.get("/v1/dispositions/{book}/{wanted}/{device}")
    def _(book: Hex16, wanted: Hex16, device: Hex16) -> Response:
        ids = (bytes.fromhex(one) for one in (book, wanted, device))
        return _letter(dispositions.letter(office, **dict(zip(("book", "wanted", "to"), ids, strict=True))))

    @app.get("/v1/directory")
    def _() -> Response:
        return _letter(devices.directory(office))

    return app


def _add_faults(app: FastAPI, *, refused: Callable[[str, int], Response]) -> None:
    """One shape for whatever goes wrong; on a page the sentence alone."""

    @app.exception_handler(Fault)
    async def _(request: Request, fault: Fault) -> Response:
        if not request.url.path.startswith("/v1/"):
            return refused(fault.sentence("vi"), status_of(fault))
        absent = request.method == "GET" and fault.code in _NOT_FOUND
        said = {"error": fault.code, "message": fault.sentence("vi"), "message_en": fault.sentence("en")}
        return JSONResponse(said, status_code=404 if absent else status_of(fault))

    @app.exception_handler(HTTPException)
    async def _(_request: Request, error: HTTPException) -> Response:
        return _no_such_place(error.status_code, str(error.detail))

    @app.exception_handler(RequestValidationError)
    async def _(_request: Request, _error: RequestValidationError) -> Response:
        return _no_such_place(422, "Not an id of 32 hexadecimal digits.")

    @app.exception_handler(ClientDisconnect)
    async def _(_request: Request, _error: ClientDisconnect) -> Response:
        # A line that broke before the letter was here whole: nobody is left to be told, and it is no bug.
        return Response(status_code=400)

    @app.exception_handler(Exception)
    async def _(_request: Request, _error: Exception) -> Response:
        # A bug of ours: it still goes to the log, but the caller gets the one shape and no text of it.
        said = {
            "error": "office.bug",
            "message": "Văn phòng gặp lỗi chương trình. Chưa ghi gì; báo người phụ trách rồi gửi lại sau.",
            "message_en": "The office met a bug. Nothing was booked; tell whoever is in charge and send again later.",
        }
        return JSONResponse(said, status_code=500)


def _no_such_place(status: int, detail: str) -> Response:
    said = {"error": f"http.{status}", "message": "Địa chỉ hoặc cách gọi không đúng.", "message_en": detail}
    return JSONResponse(said, status_code=status)


def _letter(raw: bytes) -> Response:
    return Response(raw, media_type=LETTER, headers={"cache-control": "no-store"})


async def _body(request: Request, bytes_max: int) -> bytes:
    """The body, counted as it arrives: what it says of its own length is not believed. Raises `TooLarge`."""
    made = bytearray()
    async for piece in request.stream():
        made += piece
        if len(made) > bytes_max:
            raise TooLarge(size=len(made), most=bytes_max)
    return bytes(made)
