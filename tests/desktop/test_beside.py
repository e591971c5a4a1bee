"""The door between two laptops: one line in, one out, and nobody who finds the port holds it up."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from desktop import beside
from desktop.beside import Door, DoorTaken, OtherAway, Roads, ask, placed, serve
from sync.leases import LINE_BYTES_MAX, OtherTable, Seat

HERE = "127.0.0.1"


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    monkeypatch.setattr(beside, "TIMEOUT_S", 0.6)
    made = Door(0, mark=b"\x07" * 32)
    yield made
    made.close()


class Answering:
    """The other laptop's program, looking at its door now and then."""

    def __init__(self, door: Door, answer: Callable[[bytes], bytes]) -> None:
        self.door, self.answer, self.on = door, answer, True
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while self.on:
            serve(self.door, self.answer, wait_s=0.01)

    def __enter__(self) -> "Answering":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.on = False
        self.thread.join()


def test_a_line_asked_is_a_line_answered(door: Door) -> None:
    with Answering(door, lambda line: line[::-1]):
        assert ask((HERE, door.port), b"abc") == b"cba"
        assert ask((HERE, door.port), b"a" * (LINE_BYTES_MAX - 1)) == b"a" * (LINE_BYTES_MAX - 1)


def test_whoever_is_not_of_the_table_is_not_answered(door: Door) -> None:
    def refuse(_line: bytes) -> bytes:
        raise OtherTable

    with Answering(door, refuse), pytest.raises(OtherAway):
        ask((HERE, door.port), b"abc")


def test_two_that_ask_each_other_at_once_are_both_answered(door: Door) -> None:
    other = Door(0)
    got: dict[str, bytes] = {}

    def run(name: str, own: Door, to: int) -> None:
        got[name] = ask((HERE, to), name.encode(), meanwhile=lambda: serve(own, lambda line: line + b"!"))
        until = time.monotonic() + 0.5
        while len(got) < 2 and time.monotonic() < until:
            serve(own, lambda line: line + b"!", wait_s=0.01)

    both = [threading.Thread(target=run, args=("a", door, other.port)), threading.Thread(target=run, args=("b", other, door.port))]
    for one in both:
        one.start()
    for one in both:
        one.join()
    other.close()
    assert got == {"a": b"a!", "b": b"b!"}


@pytest.mark.parametrize("sent", [b"", b"a", b"x" * 200_000, b"\n" * 5, b"\xff\x00" * 40 + b"\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["nothing", "a letter", "too much", "line ends", "no text", "a browser"])
def test_hostile_bytes_are_bounded_and_the_next_caller_is_served(door: Door, sent: bytes) -> None:
    def answer(line: bytes) -> bytes:
        assert len(line) <= LINE_BYTES_MAX
        if line != b"good":
            raise OtherTable
        return b"yes"

    with Answering(door, answer):
        held = [socket.create_connection((HERE, door.port)) for _ in range(beside.CALLERS_MAX + 3)]
        for one in held:
            with contextlib.suppress(OSError):
                one.sendall(sent)
        # The slow are dropped after their time, and there is room again.
        until = time.monotonic() + 5
        while True:
            try:
                assert ask((HERE, door.port), b"good") == b"yes"
                break
            except OtherAway:
                assert time.monotonic() < until
        for one in held:
            one.close()


def test_a_laptop_that_is_not_there_is_said_in_a_sentence() -> None:
    with socket.create_server((HERE, 0)) as taken:
        free = taken.getsockname()[1]
    with pytest.raises(OtherAway) as said:
        ask((HERE, free), b"abc")
    assert "Máy kia không trả lời" in said.value.sentence("vi")
    seat = Seat(b"\x01" * 16, "B", b"", b"", ())
    with pytest.raises(OtherAway):
        Roads({})(seat, b"abc")


def test_whoever_hung_up_is_given_nothing(door: Door) -> None:
    said: list[bytes] = []
    with socket.create_connection((HERE, door.port)) as one:
        one.sendall(b"first\n")
    time.sleep(0.05)
    with Answering(door, lambda line: (said.append(line), b"yes")[1]):
        assert ask((HERE, door.port), b"second") == b"yes"
    assert said == [b"second"]


def test_an_answer_that_has_no_end_is_left(door: Door) -> None:
    with Answering(door, lambda _line: b"a" * (LINE_BYTES_MAX * 20)), pytest.raises(OtherAway):
        ask((HERE, door.port), b"abc")


def test_a_port_that_is_taken_is_refused(door: Door) -> None:
    with pytest.raises(DoorTaken):
        Door(door.port)


def test_a_laptop_of_this_table_is_found_on_the_network_and_no_other(door: Door) -> None:
    with Answering(door, lambda line: line):
        assert beside.find(b"\x07" * 32, port=door.port, among=HERE) == f"{HERE}:{door.port}"
        assert beside.find(b"\x08" * 32, port=door.port, among=HERE) == ""
        assert beside.find(b"\x07" * 32, port=door.port, among=HERE, own=frozenset({HERE})) == ""


def test_an_address_is_typed_with_or_without_its_port() -> None:
    assert placed(" 192.168.1.12 ") == ("192.168.1.12", beside.PORT)
    assert placed("192.168.1.12:5000") == ("192.168.1.12", 5000)
    assert placed("may-b.local") == ("may-b.local", beside.PORT)
    assert all(not one.startswith("127.") for one in beside.own_addresses())


