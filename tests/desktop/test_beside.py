"""The door between two laptops: one line in, one out, and nobody who finds the port holds it up."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from desktop import beside
from desktop.beside import Door, DoorTaken, OtherAway, Roads, ask, placed, serve
from sync.leases import LINE_BYTES_MAX, OtherTable, Seat

HERE = "127.0.0.1"


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    monkeypatch.setattr(beside, "TIMEOUT_S", 0.6)
    monkeypatch.setattr(beside, "HEARD_S", 0.6)
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


class Strangers:
    """Calls that say nothing and never end, from some addresses, made again as soon as they are turned away."""

    def __init__(self, door: Door, hosts: Sequence[str], each: int) -> None:
        self.door, self.hosts, self.each, self.on = door, hosts, each, True
        self.thread = threading.Thread(target=self._run)

    def _call(self, host: str) -> socket.socket:
        made = socket.create_connection((HERE, self.door.port), source_address=(host, 0))
        made.setblocking(False)
        return made

    def _run(self) -> None:
        held = [self._call(host) for host in self.hosts for _ in range(self.each)]
        while self.on:
            for place, one in enumerate(held):
                with contextlib.suppress(BlockingIOError):
                    host = self.hosts[place // self.each]
                    with contextlib.suppress(OSError):
                        if one.recv(1):
                            continue
                    one.close()
                    held[place] = self._call(host)
            time.sleep(0.005)
        for one in held:
            one.close()

    def __enter__(self) -> "Strangers":
        self.thread.start()
        until = time.monotonic() + 2
        while not self.door._callers and time.monotonic() < until:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self.on = False
        self.thread.join()


ONE_STRANGER = ["127.0.0.9"]
MANY_STRANGERS = [f"127.0.1.{one}" for one in range(1, 21)]


@pytest.mark.parametrize(("hosts", "each"), [(ONE_STRANGER, 20), (MANY_STRANGERS, 2)], ids=["one address", "many addresses"])
def test_strangers_who_hold_the_door_do_not_keep_the_other_laptop_out(
    door: Door, monkeypatch: pytest.MonkeyPatch, hosts: list[str], each: int
) -> None:
    monkeypatch.setattr(beside, "TIMEOUT_S", 5.0)
    # Its address was typed here, as it is where two laptops are joined.
    door.expect([HERE])
    with Answering(door, lambda line: line[::-1]), Strangers(door, hosts, each):
        assert [ask((HERE, door.port), b"abc") for _ in range(8)] == [b"cba"] * 8


@pytest.mark.parametrize("counted", [True, False])
def test_only_a_door_that_counts_nobodys_calls_is_held_shut(
    door: Door, monkeypatch: pytest.MonkeyPatch, counted: bool
) -> None:
    monkeypatch.setattr(beside, "HEARD_S", 60.0)
    if not counted:  # the control: whoever comes first has the places
        monkeypatch.setattr(door, "_room", lambda _host: len(door._callers) < beside.CALLERS_MAX)
    held = [socket.create_connection((HERE, door.port), source_address=(host, 0)) for host in MANY_STRANGERS for _ in range(2)]
    until = time.monotonic() + 5
    while len(door._callers) < beside.CALLERS_MAX and time.monotonic() < until:
        door.poll(0.1)
    with Answering(door, lambda line: line[::-1]):
        if counted:
            assert ask((HERE, door.port), b"abc") == b"cba"
        else:
            with pytest.raises(OtherAway):
                ask((HERE, door.port), b"abc")
    for one in held:
        one.close()


def test_nobody_has_more_than_two_places_and_strangers_have_eight_between_them(door: Door) -> None:
    held = [socket.create_connection((HERE, door.port), source_address=(host, 0)) for host in MANY_STRANGERS[:6] for _ in range(3)]
    door.poll(0.2)
    hosts = [one.host for one in door._callers.values()]
    assert len(hosts) == beside.CALLERS_MAX
    assert max(hosts.count(one) for one in hosts) == beside.OF_ONE_MAX
    # An address that somebody typed has a place beside all of them, and strangers do not take it.
    door.expect(["127.0.0.5"])
    slow = socket.create_connection((HERE, door.port), source_address=("127.0.0.5", 0))
    held += [slow, *(socket.create_connection((HERE, door.port), source_address=(host, 0)) for host in MANY_STRANGERS)]
    door.poll(0.2)
    assert "127.0.0.5" in [one.host for one in door._callers.values()]
    assert len(door._callers) == beside.CALLERS_MAX + 1
    for one in held:
        one.close()


def test_lines_that_wait_for_an_answer_keep_their_places_and_a_proof_is_remembered(door: Door) -> None:
    strangers = [socket.create_connection((HERE, door.port), source_address=(host, 0)) for host in MANY_STRANGERS[:4] for _ in range(2)]
    for one in strangers:
        one.sendall(b"x\n")
    whole = door.poll(0.2)
    assert len(whole) == 8
    late = socket.create_connection((HERE, door.port))
    late.sendall(b"y\n")
    assert door.poll(0.2) == []
    whole[0].answered(lambda line: line)
    for caller in whole:
        caller.leave()
    assert door._known == {MANY_STRANGERS[0]}
    late.close()
    with Answering(door, lambda line: line):
        assert ask((HERE, door.port), b"abc") == b"abc"
    for one in strangers:
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


