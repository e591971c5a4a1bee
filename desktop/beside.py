"""The road between the laptops of one table: over the local network, one line asked and one answered.

What the lines say is sealed and signed (`sync.leases`); here are only sockets, and how much and how long anybody who
finds the port may keep them: whoever holds the door shut keeps a household waiting at the counter. A laptop is found by
its address, or by a question to the whole local network that names the table and nobody at it.
"""

import contextlib
import selectors
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from sync.errors import Fault, Unavailable
from sync.leases import LINE_BYTES_MAX, OtherTable, Seat

if TYPE_CHECKING:
    from desktop.leases import Leases

PORT: Final = 47148
# A person at the counter waits for this; on a local network an answer takes milliseconds.
TIMEOUT_S: Final = 2.0
# Lines that are heard or answered at once, and of one address: a laptop of the table has one question at a time.
CALLERS_MAX: Final = 8
OF_ONE_MAX: Final = 2
# A laptop of the table sends its line with its call; nobody else is listened to for longer.
HEARD_S: Final = 1.0
# Calls that one look takes in: a flood of them is no reason to stand still.
_AT_ONCE: Final = 256
_WHO: Final = b"DGD beside? "
_HERE: Final = b"DGD beside! "
_MARK_BYTES: Final = 8
_FIND_S: Final = 0.6


class OtherAway(Unavailable):
    """The other laptop does not answer."""

    code = "beside.away"
    vi = "Máy kia không trả lời ở {address} ({reason}). Xem hai máy có chung mạng và máy kia đã bấm Nối (Ctrl M) chưa."
    en = "The other laptop does not answer at {address} ({reason}). See that both are on one network and that it was joined (Ctrl M)."


class DoorTaken(Unavailable):
    """The port is not to be had."""

    code = "beside.door"
    vi = "Không mở được cổng {port} để máy kia gọi sang ({reason}). Đóng chương trình đang mở hai lần, hoặc giao Tổ bằng mã đọc."
    en = "Port {port} cannot be opened for the other laptop ({reason}). Close a second copy of the program, or give groups over by code."


def placed(text: str) -> tuple[str, int]:
    """An address as it is typed: `192.168.1.12`, with or without a port."""
    host, _, port = text.strip().rpartition(":")
    if host and port.isdigit():
        return host, int(port)
    return text.strip(), PORT


def ask(address: tuple[str, int], line: bytes, *, meanwhile: Callable[[], None] = lambda: None) -> bytes:
    """The answer to a line. `meanwhile` is called while it is waited for: the other may be asking too. Raises `OtherAway`."""
    until, got = time.monotonic() + TIMEOUT_S, b""
    try:
        with socket.create_connection(address, timeout=TIMEOUT_S) as line_out:
            line_out.sendall(line + b"\n")
            line_out.settimeout(0.02)
            while not got.endswith(b"\n"):
                meanwhile()
                if time.monotonic() > until or len(got) > LINE_BYTES_MAX:
                    raise TimeoutError
                with contextlib.suppress(TimeoutError):
                    part = line_out.recv(LINE_BYTES_MAX)
                    if not part:
                        raise ConnectionResetError
                    got += part
    except OSError as error:
        raise OtherAway(address=f"{address[0]}:{address[1]}", reason=error.strerror or "2 s") from error
    return got[:-1]


class Caller:
    """Somebody who asked: one line, to be answered or left. `host` is where from; `proved` takes it once it was answered."""

    def __init__(self, connection: socket.socket, host: str, until: float, proved: Callable[[str], None]) -> None:
        self.line = b""
        self.host, self.until = host, until
        self.gone = False
        self._connection, self._proved = connection, proved

    @property
    def waits(self) -> bool:
        """Whether somebody still listens: what is given to nobody stays with nobody until it is asked for again."""
        try:
            self._connection.setblocking(False)
            return self._connection.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def answered(self, answer: Callable[[bytes], bytes]) -> bytes:
        """What the line is answered with, worked out only while its caller waits. Raises `OtherAway` and what `answer` raises."""
        if not self.waits:
            raise OtherAway(address="-", reason="hung up")
        said = answer(self.line)
        self._proved(self.host)
        return said

    def reply(self, line: bytes) -> None:
        """Answer and hang up; whoever went away meanwhile asks again."""
        with contextlib.suppress(OSError):
            self._connection.settimeout(0.2)
            self._connection.sendall(line + b"\n")
        self.leave()

    def leave(self) -> None:
        self.gone = True
        self._connection.close()

    def hear(self) -> bool:
        """Take what came; whether the line is whole. Raises `OSError` where nothing more will come of it."""
        part = self._connection.recv(LINE_BYTES_MAX + 1 - len(self.line))
        self.line += part
        if not part or len(self.line) > LINE_BYTES_MAX:
            raise ConnectionResetError
        if not self.line.endswith(b"\n"):
            return False
        self.line = self.line[:-1]
        return True


class Door:
    """Where the other laptop calls. It waits for nobody: `poll` gives the lines that are whole, and drops the slow.

    A place is taken from the call until it was answered or left. No address has more than a few, and the places of
    strangers are given to the next who calls; those of an address from which a line of this table came are not.
    """

    def __init__(self, port: int = PORT, *, mark: bytes = b"") -> None:
        """`mark` is the table's digest, for whoever looks for this laptop. Raises `DoorTaken`."""
        self._selector = selectors.DefaultSelector()
        self._callers: dict[socket.socket, Caller] = {}
        self._answering: list[Caller] = []
        self._known: set[str] = set()
        self._mark = mark[:_MARK_BYTES]
        try:
            self._door = socket.create_server(("", port), backlog=_AT_ONCE)
        except OSError as error:
            raise DoorTaken(port=str(port), reason=error.strerror or "") from error
        self._door.setblocking(False)
        self.port: int = self._door.getsockname()[1]
        self._selector.register(self._door, selectors.EVENT_READ)
        self._finder = _finder(self.port)
        if self._finder is not None:
            self._selector.register(self._finder, selectors.EVENT_READ)

    def expect(self, hosts: Iterable[str]) -> None:
        """Addresses of the other laptops, as somebody typed them: strangers take no place from them."""
        self._known.update(hosts)

    def poll(self, wait_s: float = 0.0) -> list[Caller]:
        """Whoever has asked a whole line since, waited for no longer than `wait_s`."""
        whole: list[Caller] = []
        for key, _ in self._selector.select(wait_s):
            sock = key.fileobj
            if sock is self._door:
                self._let_in(whole)
            elif sock is self._finder:
                self._tell()
            elif isinstance(sock, socket.socket) and sock in self._callers:
                self._hear(sock, whole)
        for sock, caller in list(self._callers.items()):
            if time.monotonic() > caller.until:
                self._turn_away(sock)
        return whole

    def _let_in(self, whole: list[Caller]) -> None:
        """Take in who called, and hear at once who said a line with it."""
        with contextlib.suppress(OSError):
            for _ in range(_AT_ONCE):
                connection, (host, _port) = self._door.accept()
                if not self._room(host):
                    connection.close()
                    continue
                connection.setblocking(False)
                self._callers[connection] = Caller(connection, host, time.monotonic() + HEARD_S, self._known.add)
                self._selector.register(connection, selectors.EVENT_READ)
                self._hear(connection, whole)

    def _room(self, host: str) -> bool:
        """Whether there is a place for one more from an address: one that said nothing yet may have to leave for it."""
        self._answering = [one for one in self._answering if not one.gone]
        kept = [*self._answering, *self._callers.values()]
        if sum(one.host == host for one in kept) >= OF_ONE_MAX:
            return self._make_room(lambda one: one.host == host)
        if host in self._known or sum(one.host not in self._known for one in kept) < CALLERS_MAX:
            return True
        return self._make_room(lambda one: one.host not in self._known)

    def _make_room(self, among: Callable[[Caller], bool]) -> bool:
        """Turn away whoever of these has waited longest without a whole line; whether there was one."""
        sock = next((sock for sock, one in self._callers.items() if among(one)), None)
        if sock is not None:
            self._turn_away(sock)
        return sock is not None

    def _hear(self, sock: socket.socket, whole: list[Caller]) -> None:
        caller = self._callers[sock]
        try:
            if caller.hear():
                self._drop(sock)
                self._answering.append(caller)
                whole.append(caller)
        except BlockingIOError:
            return
        except OSError:
            self._turn_away(sock)

    def _turn_away(self, sock: socket.socket) -> None:
        caller = self._callers[sock]
        self._drop(sock)
        caller.leave()

    def _drop(self, sock: socket.socket) -> None:
        self._selector.unregister(sock)
        self._callers.pop(sock, None)

    def _tell(self) -> None:
        """Somebody looks for the laptops of a table on this network."""
        if self._finder is None:
            return
        with contextlib.suppress(OSError):
            for _ in range(_AT_ONCE):
                asked, whom = self._finder.recvfrom(64)
                if self._mark and asked == _WHO + self._mark:
                    self._finder.sendto(_HERE + self._mark, whom)

    def close(self) -> None:
        for sock in list(self._callers):
            self._turn_away(sock)
        for one in (self._door, self._finder):
            if one is not None:
                one.close()
        self._selector.close()


def _finder(port: int) -> socket.socket | None:
    """Where this laptop can be looked for; None where the system has no such socket left: then its address is typed."""
    try:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("", port))
        made.setblocking(False)
    except OSError:
        return None
    return made


def find(mark: bytes, *, port: int = PORT, among: str = "255.255.255.255", own: frozenset[str] = frozenset()) -> str:
    """The address of another laptop of this table on the local network; empty where none says so."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        asking.settimeout(_FIND_S)
        asking.sendto(_WHO + mark[:_MARK_BYTES], (among, port))
        until = time.monotonic() + _FIND_S
        while time.monotonic() < until:
            said, (host, _) = asking.recvfrom(64)
            if said == _HERE + mark[:_MARK_BYTES] and host not in own:
                return f"{host}:{port}"
    return ""


def own_addresses() -> tuple[str, ...]:
    """Where the other laptop finds this one: its addresses on the local network, without asking anybody."""
    found: list[str] = []
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as looking:
        # Nothing is sent: the system only says which of its addresses it would send from.
        looking.connect(("10.255.255.255", 9))
        found.append(looking.getsockname()[0])
    with contextlib.suppress(OSError):
        found += [one[4][0] for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]  # type: ignore[misc]
    return tuple(one for one in dict.fromkeys(found) if not one.startswith("127."))


def serve(door: Door, answer: Callable[[bytes], bytes], *, wait_s: float = 0.0) -> None:
    """Answer whoever has asked; to what is not from this table nothing is said."""
    for caller in door.poll(wait_s):
        try:
            caller.reply(caller.answered(answer))
        except Fault:
            caller.leave()


class Neighbours:
    """The other laptops of a table for a session that runs by itself: asked when it needs them, answered in between.

    `addresses` are where they are, by device or, for the only other one, under no device; `door` None: they cannot ask.
    """

    def __init__(self, addresses: Mapping[bytes, str], door: Door | None) -> None:
        self._addresses, self._door = addresses, door
        self._leases: Leases | None = None
        self.answered = 0

    def join(self, leases: "Leases") -> None:
        """This is who answers and asks from now on; whoever asked meanwhile is answered."""
        if leases is not self._leases:
            others = leases.table.others if leases.table else ()
            known = {one.device: self._addresses.get(one.device) or self._addresses.get(b"", "") for one in others}
            self._leases = leases
            if self._door is not None:
                self._door.expect(placed(one)[0] for one in known.values())
            leases.road = Roads(known, meanwhile=lambda: self.serve(0.0))
        self.serve(0.0)

    def serve(self, wait_s: float) -> None:
        if self._door is not None:
            serve(self._door, self._answer, wait_s=wait_s)

    def attend(self, seconds: float, *, questions: int) -> int:
        """Answer for so long, or until so many questions were answered since the start; how many were."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not 0 < questions <= self.answered:
            self.serve(0.05)
        return self.answered

    def _answer(self, line: bytes) -> bytes:
        if self._leases is None:
            raise OtherTable
        answer = self._leases.answer(line)
        self.answered += 1
        return answer

    def close(self) -> None:
        if self._door is not None:
            self._door.close()


class Roads:
    """The roads from one laptop to the others, by their device; `meanwhile` is done while an answer is waited for."""

    def __init__(self, addresses: Mapping[bytes, str], *, meanwhile: Callable[[], None] = lambda: None) -> None:
        self._addresses, self._meanwhile = addresses, meanwhile

    def __call__(self, seat: Seat, line: bytes) -> bytes:
        """Raises `OtherAway`."""
        said = self._addresses.get(seat.device, "")
        if not said:
            raise OtherAway(address=seat.letter, reason="chưa có địa chỉ")
        return ask(placed(said), line, meanwhile=self._meanwhile)
