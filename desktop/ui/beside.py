"""The other laptop at the table, in the window: called and answered while somebody has joined the two.

The door is looked at a few times a second on the window's own thread, which waits for nothing there; what is asked is
answered by the books worker, in its turn among all else that concerns the book.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.beside import PORT, Caller, Door, Roads, find, own_addresses, placed
from desktop.ui.counter import Counter
from sync.errors import Fault

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.leases import View

# The person at the other laptop waits for this before their own question is even heard.
LOOK_MS = 80
# Whoever joined first does not know where the other will be; it is looked for until it is there.
SEEK_MS = 5_000
JOINED = "beside/joined"
State = Literal["alone", "left", "joined", "failing"]


def address_setting(letter: str) -> str:
    """Under which name the address of a laptop is remembered."""
    return f"beside/address/{letter}"


class Beside(QObject):
    """`alone`: one laptop serves everybody, and nothing of this is shown; `failing`: the port is not to be had."""

    moved = Signal()

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.counter = counter
        self.state: State = "alone"
        self.view: View | None = None
        self.addresses: dict[str, str] = {}
        self.fault: Fault | None = None
        self._port = PORT
        self._door: Door | None = None
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._seeking = QTimer(self, interval=SEEK_MS)
        self._seeking.timeout.connect(self._seek)
        if not counter.training:
            counter.ask(_begun, then=self._begin)

    @property
    def own_address(self) -> str:
        """What is typed on the other laptop; empty where this one is on no network."""
        port = self._door.port if self._door else self._port
        host = next(iter(own_addresses()), "")
        return f"{host}:{port}" if host and port != PORT else host

    @property
    def unknown(self) -> str:
        """The letter of the other laptop while nobody has said where it is; empty otherwise."""
        letters = [letter for _, letter in self.view.others] if self.view else []
        return letters[0] if len(letters) == 1 and not self.addresses.get(letters[0]) else ""

    @property
    def port(self) -> int:
        return self._door.port if self._door else 0

    def _begin(self, begun: "tuple[View | None, bool, dict[str, str]]") -> None:
        self.view, joined, self.addresses = begun
        if self.view is None:
            return
        self._set("left")
        if joined:
            self.join(self.addresses)

    def look(self, then: "Callable[[View | None], None]") -> None:
        """Ask how the table stands now."""

        def take(view: "View | None") -> None:
            self.view = view
            then(view)

        self.counter.ask(lambda desk: desk.leases.view(), then=take)

    # Joined

    def join(self, addresses: Mapping[str, str]) -> None:
        """Answer the other laptop from now on, and ask it; remembered for the sessions to come."""
        view = self.view
        if view is None:
            return
        if self._door is None:
            try:
                self._door = Door(self._port, mark=view.mark)
            except Fault as fault:
                self.fault = fault
                self._set("failing")
                return
        self.addresses = {letter: text.strip() for letter, text in addresses.items()}
        self._door.expect(placed(text)[0] for text in self.addresses.values())
        roads = Roads({device: self.addresses.get(letter, "") for device, letter in view.others})
        said = dict(self.addresses)

        def keep(desk: "Desk") -> None:
            desk.leases.road = roads
            desk.keep_setting(JOINED, "1")
            for letter, text in said.items():
                desk.keep_setting(address_setting(letter), text)

        self.counter.ask(keep, then=lambda _none: self._set("joined"))
        self._timer.start()
        if self.unknown:
            self._seeking.start()
        else:
            self._seeking.stop()

    def leave(self) -> None:
        """Neither ask nor answer."""

        def keep(desk: "Desk") -> None:
            desk.leases.road = None
            desk.keep_setting(JOINED, "")

        self._shut()
        self.counter.ask(keep, then=lambda _none: self._set("left"))

    def search(self, then: Callable[[str], None]) -> None:
        """Look for the other laptop on the local network; its address, or nothing."""
        view, port = self.view, self._port
        if view is not None:
            mark, own = view.mark, frozenset(own_addresses())
            self.counter.carry("wire", call=lambda: find(mark, port=port, own=own), then=then, failed=lambda _fault: then(""))

    def _seek(self) -> None:
        def found(address: str) -> None:
            if address and self.state == "joined" and (letter := self.unknown):
                self.join({letter: address})

        if self.state == "joined" and self.unknown:
            self.search(found)

    def _look(self) -> None:
        for caller in self._door.poll() if self._door else ():
            self._answer(caller)

    def _answer(self, caller: Caller) -> None:
        def reply(answer: bytes) -> None:
            caller.reply(answer)
            # A group may have gone to the other laptop: whatever lists them looks again.
            self.counter.refresh()
            self.moved.emit()

        self.counter.ask(
            lambda desk: caller.answered(desk.leases.answer), then=reply, failed=lambda _fault: caller.leave()
        )

    def _set(self, state: State) -> None:
        self.state = state
        if state != "failing":
            self.fault = None
        self.moved.emit()

    def _shut(self) -> None:
        self._timer.stop()
        self._seeking.stop()
        if self._door is not None:
            self._door.close()
            self._door = None

    def end(self) -> None:
        self._shut()


def _begun(desk: "Desk") -> "tuple[View | None, bool, dict[str, str]]":
    """The table, whether the laptops were joined the last time, and where the others were."""
    view = desk.leases.view()
    letters = [letter for _, letter in view.others] if view else []
    return view, bool(desk.setting(JOINED)), {letter: desk.setting(address_setting(letter)) for letter in letters}
