"""What comes back over a line is an office's whole answer or a fault with a sentence, and nothing else."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from desktop.road.courier import (
    ACK_BYTES_MAX,
    LETTER,
    AddressUnclear,
    AnswerStrange,
    Courier,
    OfficeAway,
    OfficeRefused,
)
from sync.errors import Fault

Answer = tuple[int, dict[str, str], bytes]


class Heard:
    """What a stranger at the other end was asked, and what it is told to answer."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, bytes]] = []
        self.address = ""


@contextmanager
def stranger(*answers: Answer) -> Iterator[Heard]:
    heard = Heard(list(answers))

    class Speaks(http.server.BaseHTTPRequestHandler):
        def speak(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            heard.asked.append((self.command, self.path, body))
            status, headers, said = heard.answers.pop(0) if len(heard.answers) > 1 else heard.answers[0]
            self.send_response(status)
            for name, value in ({"content-length": str(len(said))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = speak

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Speaks)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    heard.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ask(heard: Heard, verb: Callable[[Courier], object], *, tries: int = 1) -> object:
    with closing(Courier(heard.address, timeout_s=5, tries=tries)) as courier:
        return verb(courier)


def fault(heard: Heard, verb: Callable[[Courier], object], *, tries: int = 1) -> Fault:
    with pytest.raises(Fault) as caught:
        ask(heard, verb, tries=tries)
    for language in ("vi", "en"):
        assert "{" not in caught.value.sentence(language)
    return caught.value


GOOD: Answer = (200, {"content-type": LETTER}, b"signed")


def test_a_letter_goes_out_as_it_is_and_comes_back_as_it_is() -> None:
    with stranger(GOOD) as heard:
        assert ask(heard, lambda one: one.post_batch(b"\0batch\xff")) == b"signed"
        assert ask(heard, lambda one: one.fetch_pack(b"\1" * 16)) == b"signed"
        assert ask(heard, lambda one: one.fetch_ack(b"\2" * 16)) == b"signed"
    assert heard.asked == [
        ("POST", "/v1/batches", b"\0batch\xff"),
        ("GET", "/v1/packs/" + "01" * 16, b""),
        ("GET", "/v1/acks/" + "02" * 16, b""),
    ]


def test_the_packs_on_offer_are_ids_and_one_is_fetched_by_its_own() -> None:
    offers: Answer = (200, {"content-type": "application/json"}, json.dumps({"packs": ["07" * 16, "08" * 16]}).encode())
    with stranger(offers, GOOD) as heard:
        assert ask(heard, lambda one: one.offers(b"\1" * 16)) == (b"\7" * 16, b"\x08" * 16)
        assert ask(heard, lambda one: one.fetch_pack(b"\1" * 16, pack=b"\7" * 16)) == b"signed"
    assert [path for _, path, _ in heard.asked] == ["/v1/offers/" + "01" * 16, "/v1/packs/" + "01" * 16 + "/" + "07" * 16]


@pytest.mark.parametrize("said", [b"{}", b'{"packs": 7}', b'{"packs": ["xy"]}', b'{"packs": [7]}', b"[]"])
def test_offers_that_are_no_ids_are_refused(said: bytes) -> None:
    with stranger((200, {"content-type": "application/json"}, said)) as heard:
        assert isinstance(fault(heard, lambda one: one.offers(b"\1" * 16)), AnswerStrange)


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"content-type": "text/html; charset=utf-8"}, b"<html>Sign in to this network</html>"),
        (200, {"content-type": LETTER, "content-encoding": "gzip"}, b"\x1f\x8b"),
        (200, {"content-type": LETTER}, bytes(ACK_BYTES_MAX + 1)),
        (200, {}, b"signed"),
        (302, {"location": "http://localhost:9/"}, b""),
        (404, {"content-type": "text/html"}, b"not found"),
        (422, {"content-type": "application/json"}, b"[1]"),
        (204, {"content-type": LETTER}, b""),
    ],
    ids=["portal", "squeezed", "too long", "no kind", "elsewhere", "no such page", "no sentence", "nothing"],
)
def test_what_is_not_the_offices_answer_is_no_answer(answer: Answer) -> None:
    with stranger(answer) as heard:
        assert isinstance(fault(heard, lambda one: one.post_batch(b"batch"), tries=3), AnswerStrange)
    assert len(heard.asked) == 1


def test_the_offices_own_words_reach_the_person_in_their_language() -> None:
    said = {"error": "device.revoked", "message": "Máy A đã bị thu hồi {x}.", "message_en": "Laptop A is revoked {x}."}
    with stranger((422, {"content-type": "application/json"}, json.dumps(said).encode())) as heard, pytest.raises(
        OfficeRefused
    ) as caught:
        ask(heard, lambda one: one.post_batch(b"batch"), tries=3)
    assert caught.value.facts["error"] == "device.revoked"
    assert caught.value.sentence("vi") == "Văn phòng không nhận: Máy A đã bị thu hồi {x}."
    assert caught.value.sentence("en") == "The office did not accept it: Laptop A is revoked {x}."
    assert len(heard.asked) == 1


def test_a_busy_office_is_asked_again_with_the_same_bytes() -> None:
    with stranger((503, {}, b""), (200, {"content-type": LETTER, "content-length": "600"}, b"half"), GOOD) as heard:
        assert ask(heard, lambda one: one.post_batch(b"batch"), tries=3) == b"signed"
    assert [body for _, _, body in heard.asked] == [b"batch"] * 3


def test_after_its_tries_the_courier_gives_up() -> None:
    with stranger((503, {}, b"")) as heard:
        assert isinstance(fault(heard, lambda one: one.post_batch(b"batch"), tries=2), OfficeAway)
    assert len(heard.asked) == 2


def test_bytes_sent_counts_every_try() -> None:
    with stranger((503, {}, b""), GOOD) as heard, closing(Courier(heard.address, timeout_s=5, tries=2)) as courier:
        courier.post_batch(b"12345")
        assert courier.bytes_sent == 10


@pytest.mark.parametrize("address", ["", "office", "ftp://localhost/", "http://", "http" + "://[", "http://localhost:99999999"])
def test_an_address_that_is_none_is_refused_before_anything_is_sent(address: str) -> None:
    with pytest.raises(AddressUnclear):
        Courier(address, timeout_s=5, tries=1)


def test_an_answer_to_enrolment_has_the_laptops_letter() -> None:
    kind = {"content-type": "application/json"}
    with stranger((200, kind, b'{"letter":"A","office":"x"}'), (200, kind, b"{}")) as heard:
        assert ask(heard, lambda one: one.enrol(b"answer")) == "A"
        assert isinstance(fault(heard, lambda one: one.enrol(b"answer")), AnswerStrange)
