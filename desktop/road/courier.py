"""The road to the office: bytes there and bytes back, with a limit on each and a sentence for every fault.

The courier knows nothing of what it carries. It never goes on with half an answer: a body that is
shorter than it was announced, longer than it can be, or not of the office's kind is no answer.
Whatever was sent may have arrived although the answer was lost, so the same bytes may be sent again
and again; the office takes them once.

Nothing here follows a redirection or asks the environment for a proxy: a letter goes to the address
that the office gave, or nowhere. Over https only the certificate of the laptop's own ticket is trusted
(`desktop.road.pinning`); without TLS it goes no further than this machine.
"""

import ipaddress
import json
from urllib.parse import urlsplit

import httpx2
import stamina
from stamina.instrumentation import set_on_retry_hooks

from desktop.road.pinning import no_tls, other_certificate, pinned
from sync import envelope
from sync.directory import DIRECTORY_BYTES_MAX
from sync.envelope import BATCH_BYTES_MAX, PACK_BYTES_MAX, spoken
from sync.errors import Fault, Refusal, Unavailable

LETTER = "application/octet-stream"
SAID = "application/json"
# An acknowledgement is under 600 bytes and an office's refusal is a sentence or two (measured).
ACK_BYTES_MAX = 16 * 1024
# 20 kB at 64 kbit/s with 5 % loss came through in 8.6 s at worst (measured); a link may stall for as long as this.
TIMEOUT_S = 60.0
# Three tries ride out a dropped connection; after that a person should know, and may try again.
TRIES = 3
# The office hangs up after as long (uvicorn's `timeout_keep_alive`); a line kept longer would only be found dead.
KEPT_S = 55.0
PAUSE_S, PAUSE_S_MAX = 0.2, 5.0


class OfficeAway(Unavailable):
    """The office could not be reached, or stopped answering in the middle."""

    code = "courier.office-away"
    vi = "Chưa liên lạc được với văn phòng ({reason}). Sổ trên máy vẫn đủ, chưa mất gì: thử gửi lại, hoặc chép ra USB."
    en = "The office cannot be reached ({reason}). The book is whole and nothing is lost: try again, or use a stick."


class AnswerStrange(Unavailable):
    """Somebody answered, but not as the office does: a wrong address, or a page of the network in between."""

    code = "courier.answer-strange"
    vi = "Máy trả lời không phải văn phòng, hoặc trả lời không đúng dạng ({reason}). Chưa có gì thay đổi: kiểm tra địa chỉ và mạng rồi thử lại."
    en = "What answered is not the office, or not as it should ({reason}). Nothing changed: check the address and the network, then try again."


class AddressUnclear(Refusal):
    """An office address that is no address."""

    code = "courier.address-unclear"
    vi = "Địa chỉ văn phòng “{address}” không đúng dạng. Nhập dạng https://office.example hoặc http://localhost:8480."
    en = "“{address}” is not an office's address. Enter it as https://office.example or http://localhost:8480."


class RoadOpen(Refusal):
    """An address without TLS that leads off this machine."""

    code = "courier.road-open"
    vi = "Địa chỉ “{address}” không mã hóa đường truyền. Ra khỏi máy này phải dùng https://: nhập lại địa chỉ văn phòng cho."
    en = "“{address}” leaves the line open to be read. Off this machine https:// is used: enter the address the office gave."


class CertificateWrong(Unavailable):
    """Who answered has another certificate than the one in this laptop's ticket."""

    code = "courier.certificate-wrong"
    vi = "Nơi trả lời không có chứng thư của văn phòng máy này: trang chặn của mạng, có người đứng giữa, hoặc văn phòng đã đổi chứng thư. Chưa gửi gì; thử mạng khác hoặc chép ra USB, và gọi văn phòng."
    en = "What answered does not have the certificate of this laptop's office: a page of the network, somebody in between, or the office changed it. Nothing was sent; try another network or a stick, and call the office."


class OfficeRefused(Refusal):
    """The office read what was sent and said no; `error` is the code of its own refusal."""

    code = "courier.office-refused"
    vi = "Văn phòng không nhận: {said}"
    en = "The office did not accept it: {said}"

    def sentence(self, language: str = "vi") -> str:
        """The office's own sentence in the language asked for."""
        said = self.facts["said_en" if language == "en" else "said"]
        return (self.en if language == "en" else self.vi).format(said=said)


class Courier:
    """Carries letters between one laptop and the office at `office_url`.

    `timeout_s` is the longest silence on the line, not the longest journey: a slow link that keeps
    moving is a working link. `certificate` is the one of the laptop's ticket (DER); empty where the office has
    none, and over https whom the system trusts is trusted then. One courier belongs to one thread, and keeps its
    connection between two letters. Raises `AddressUnclear`, `RoadOpen`.
    """

    def __init__(
        self, office_url: str, *, certificate: bytes = b"", timeout_s: float = TIMEOUT_S, tries: int = TRIES
    ) -> None:
        address = office_url.rstrip("/")
        try:
            # The library takes ports and brackets that cannot be; the standard one does not.
            split = urlsplit(address)
            sound = split.scheme in ("http", "https") and split.hostname and split.port != 0
            httpx2.URL(address)
        except (httpx2.InvalidURL, ValueError) as error:
            raise AddressUnclear(address=office_url[:80]) from error
        if not sound:
            raise AddressUnclear(address=office_url[:80])
        if split.scheme == "http" and not _here(split.hostname or ""):
            raise RoadOpen(address=office_url[:80])
        # The library's own hook would print each retry, and with it the address, wherever structlog stands.
        set_on_retry_hooks(())
        self._tries = tries
        self.tls = pinned(certificate) if certificate and split.scheme == "https" else None
        self._client = httpx2.Client(
            base_url=address, timeout=timeout_s, trust_env=False, follow_redirects=False, verify=self.tls or True,
            limits=httpx2.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEPT_S),
        )  # fmt: skip
        # The library says who it is and what it would take, which is 120 bytes of every letter on a slow line.
        self._client.headers.clear()
        self.bytes_sent = 0

    def close(self) -> None:
        self._client.close()

    def enrol(self, answer: bytes) -> str:
        """Hand in the laptop's answer to its ticket; the letter the office knows the laptop by.

        Raises `OfficeAway`, `AnswerStrange`, `OfficeRefused`.
        """
        said = _said(self._carry("POST", "/v1/enrol", body=answer, bytes_max=ACK_BYTES_MAX, kind=SAID))
        letter = said.get("letter")
        if not isinstance(letter, str):
            raise AnswerStrange(reason="enrol")
        return letter

    def offers(self, device: bytes) -> tuple[bytes, ...]:
        """The ids of the packs in force for a laptop, the oldest first.

        Raises what `enrol` raises, and `LaptopBehind` or `OfficeBehind` where the two have no version in common.
        """
        raw = self._carry("GET", f"/v1/offers/{device.hex()}", body=None, bytes_max=ACK_BYTES_MAX, kind=SAID)
        said = _said(raw)
        _spoken_there(said.get("versions", [1]))
        found = said.get("packs")
        try:
            return tuple(bytes.fromhex(one) for one in found)  # type: ignore[attr-defined]
        except (TypeError, ValueError) as error:
            raise AnswerStrange(reason="offers") from error

    def fetch_pack(self, device: bytes, *, pack: bytes | None = None) -> bytes:
        """A pack of a laptop by its id, or the newest. Raises what `enrol` raises."""
        path = f"/v1/packs/{device.hex()}" + (f"/{pack.hex()}" if pack else "")
        return self._carry("GET", path, body=None, bytes_max=PACK_BYTES_MAX, kind=LETTER)

    def post_batch(self, raw: bytes) -> bytes:
        """Hand in a batch; the office's acknowledgement. Raises what `enrol` raises."""
        return self._carry("POST", "/v1/batches", body=raw, bytes_max=ACK_BYTES_MAX, kind=LETTER)

    def fetch_ack(self, book: bytes) -> bytes:
        """The newest acknowledgement of a book. Raises what `enrol` raises."""
        path = f"/v1/acks/{book.hex()}"
        return self._carry("GET", path, body=None, bytes_max=ACK_BYTES_MAX, kind=LETTER)

    def fetch_directory(self) -> bytes:
        """The office's directory of its laptops, as it is now. Raises what `enrol` raises."""
        return self._carry("GET", "/v1/directory", body=None, bytes_max=DIRECTORY_BYTES_MAX, kind=LETTER)

    def dispositions(self, book: bytes) -> tuple[bytes, ...]:
        """The ids of what the office said of a book's lines, the first one first. Raises what `enrol` raises."""
        raw = self._carry("GET", f"/v1/dispositions/{book.hex()}", body=None, bytes_max=ACK_BYTES_MAX, kind=SAID)
        try:
            return tuple(bytes.fromhex(one) for one in _said(raw)["dispositions"])  # type: ignore[attr-defined]
        except (KeyError, TypeError, ValueError) as error:
            raise AnswerStrange(reason="dispositions") from error

    def fetch_disposition(self, book: bytes, wanted: bytes, to: bytes = b"") -> bytes:
        """One of them, sealed to the laptop of the book, or `to` one that went on with it. Raises what `enrol` raises."""
        path = f"/v1/dispositions/{book.hex()}/{wanted.hex()}" + (f"/{to.hex()}" if to else "")
        return self._carry("GET", path, body=None, bytes_max=BATCH_BYTES_MAX, kind=LETTER)

    def _carry(self, method: str, path: str, *, body: bytes | None, bytes_max: int, kind: str) -> bytes:
        """Ask until there is a whole answer or the tries are used up."""
        tries = stamina.retry_context(
            on=OfficeAway, attempts=self._tries, timeout=None, wait_initial=PAUSE_S, wait_max=PAUSE_S_MAX
        )
        raw = b""
        for attempt in tries:
            with attempt:
                raw = self._ask(method, path, body, bytes_max=bytes_max, kind=kind)
        return raw

    def _ask(self, method: str, path: str, body: bytes | None, *, bytes_max: int, kind: str) -> bytes:
        headers = {"accept-encoding": "identity"} | ({"content-type": LETTER} if body is not None else {})
        self.bytes_sent += len(body or b"")
        try:
            with self._client.stream(method, path, content=body, headers=headers) as answer:
                raw = _taken(answer, bytes_max)
        except httpx2.TransportError as error:
            if other_certificate(error):
                raise CertificateWrong from error
            if no_tls(error):
                raise AnswerStrange(reason="TLS") from error
            raise OfficeAway(reason=_LINE.get(type(error), type(error).__name__)) from error
        except httpx2.HTTPError as error:
            raise AnswerStrange(reason=type(error).__name__) from error
        if answer.status_code == 200 and _kind(answer) == kind:
            return raw
        raise _fault(answer, raw)


def _spoken_there(versions: object) -> None:
    """Whether the office speaks a version that this laptop does."""
    if not isinstance(versions, list) or not versions or not all(type(one) is int for one in versions):
        raise AnswerStrange(reason="offers")
    if not set(versions) & set(envelope.VERSIONS):
        spoken(max(versions), what="office", reader="laptop")


def _here(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _taken(answer: httpx2.Response, bytes_max: int) -> bytes:
    """The body, whole. Raises `AnswerStrange` for one longer than it can be, or squeezed to look short."""
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise AnswerStrange(reason="content-encoding")
    made = bytearray()
    for piece in answer.iter_raw():
        made += piece
        if len(made) > bytes_max:
            raise AnswerStrange(reason=f"> {bytes_max}")
    return bytes(made)


def _kind(answer: httpx2.Response) -> str:
    kind: str = answer.headers.get("content-type", "")
    return kind.split(";")[0].strip()


def _fault(answer: httpx2.Response, raw: bytes) -> Fault:
    """What an answer that is not the one asked for means."""
    status = answer.status_code
    if status in (502, 503, 504):
        return OfficeAway(reason=f"HTTP {status}")
    said = _said(raw) if _kind(answer) == SAID else {}
    error, vi, en = (said.get(name) for name in ("error", "message", "message_en"))
    if status >= 400 and isinstance(error, str) and isinstance(vi, str) and not error.startswith("http."):
        return OfficeRefused(error=error[:80], said=vi, said_en=en if isinstance(en, str) else vi)
    return OfficeAway(reason=f"HTTP {status}") if status >= 500 else AnswerStrange(reason=f"HTTP {status}")


def _said(raw: bytes) -> dict[str, object]:
    """The office's words as fields; empty where they are none."""
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


# What befell the line, without the library's text: that may name machines.
_LINE: dict[type[httpx2.TransportError], str] = {
    httpx2.ConnectError: "không kết nối được",
    httpx2.ConnectTimeout: "không kết nối được",
    httpx2.ReadTimeout: "chờ trả lời quá lâu",
    httpx2.WriteTimeout: "đường truyền bị nghẽn",
    httpx2.RemoteProtocolError: "trả lời bị đứt giữa chừng",
    httpx2.ReadError: "đường truyền bị ngắt",
    httpx2.WriteError: "đường truyền bị ngắt",
}
