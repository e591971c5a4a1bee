"""The first run: the office's ticket, the team's secrets, and the answer that the office waits for.

Three steps, each a card; a card parses and shows, the page asks the workers. Nothing is half done:
until the vault stands nothing has changed, and from then on the answer is kept with the vault until
the office has it. Secrets are in their fields only as long as the step that asks for them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop.ui.chips import row
from desktop.ui.enrol_steps import AnswerStep, Person, Step, TeamStep, TicketStep
from desktop.ui.tasks import Workers
from desktop.words import Words
from sync.errors import Fault, Unavailable

if TYPE_CHECKING:
    from sync.pack import Ticket

# A ticket with a hundred people is 8 kB; whatever is longer than this is another file.
TICKET_BYTES_MAX = 64 * 1024


class Waiting(NamedTuple):
    """An enrolled laptop whose office does not know yet. `kept` is where a copy of the answer lies, if one does."""

    letter: str
    office_name: str
    answer: bytes
    kept: str = ""


class EnrolPage(QWidget):
    """Emits `done` with the office's address, empty where it was never reached; `language` with a language."""

    done = Signal(str)
    language = Signal(str)

    def __init__(
        self,
        words: Words,
        *,
        workers: Workers,
        home: Path,
        draw: Callable[[int], bytes],
        office: str,
        waiting: Waiting | None = None,
    ) -> None:
        super().__init__()
        self.words = words
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._workers, self._home, self._draw, self._office = workers, home, draw, office
        self._path, self._raw = Path(), b""
        self._ticket: Ticket | None = None
        self._waiting = waiting
        self.step: Step | None = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 16, 0, 16)
        self._place = row(None, None)
        outer.addStretch(1)
        outer.addLayout(self._place)
        outer.addStretch(1)
        self._show(self._make_answer_step(waiting) if waiting else self._make_ticket_step(""))

    def start(self) -> None:
        """Put the cursor where typing begins."""
        if self.step is not None:
            self.step.start()

    def speak(self, words: Words) -> None:
        """Another language, at once; what is typed stays."""
        self.words = words
        step = self.step
        if isinstance(step, TicketStep):
            self._show(self._make_ticket_step(step.path.text()))
        elif isinstance(step, TeamStep) and self._ticket is not None:
            again = self._make_team_step(self._ticket)
            again.type_again(step.people())
            self._show(again)
        elif isinstance(step, AnswerStep) and self._waiting is not None:
            self._office = step.address.text()
            self._show(self._make_answer_step(self._waiting))

    def _show(self, step: Step) -> None:
        before, self.step = self.step, step
        if before is not None:
            self._place.removeWidget(before)
            before.hide()
            before.deleteLater()
        self._place.insertWidget(1, step)
        step.language.connect(self.language)
        step.show()
        step.start()

    # The ticket

    def _make_ticket_step(self, path: str) -> TicketStep:
        step = TicketStep(self.words, path=path)
        step.choose.connect(self._choose_ticket)
        step.read.connect(self._read)
        step.agreed.connect(self._ask_team)
        return step

    def _choose_ticket(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, self.words("ui.enrol.choose"))
        if chosen and isinstance(self.step, TicketStep):
            self.step.take_path(chosen)
            self._read(chosen)

    def _read(self, path: str) -> None:
        def call() -> "tuple[bytes, Ticket]":
            from desktop import files
            from sync.pack import read_ticket

            raw = files.brought(Path(path), bytes_max=TICKET_BYTES_MAX)
            return raw, read_ticket(raw)

        def then(read: "tuple[bytes, Ticket]") -> None:
            if isValid(self) and isinstance(self.step, TicketStep) and self.step.path.text().strip() == path:
                self._path, (self._raw, self._ticket) = Path(path), read
                self.step.show_ticket(read[1])

        self._workers.run("wire", call=call, then=then, failed=self._refuse)

    # The team

    def _ask_team(self) -> None:
        if self._ticket is not None:
            self._show(self._make_team_step(self._ticket))

    def _make_team_step(self, ticket: "Ticket") -> TeamStep:
        step = TeamStep(self.words, ticket=ticket)
        step.back.connect(lambda: self._show(self._make_ticket_step(str(self._path))))
        step.enrol.connect(self._enrol)
        return step

    def _enrol(self, people: list[Person]) -> None:
        home, draw, raw, path = self._home, self._draw, self._raw, self._path

        def call() -> Waiting:
            from desktop import keystore, vault
            from sync.pack import read_ticket

            ticket = read_ticket(raw)
            users = [vault.NewUser(one.staff_id, one.passphrase, one.pin) for one in people]
            store = keystore.system_keystore()
            answer = vault.enrol(home, raw, people=users, draw=draw, cost=vault.USUAL, keystore=store)
            return Waiting(ticket.letter, ticket.office.name, answer, _copied(path.with_suffix(".answer"), answer))

        def then(waiting: Waiting) -> None:
            if isValid(self):
                self._waiting = waiting
                step = self._make_answer_step(waiting)
                self._show(step)
                if self._office:
                    step.go.click()

        self._workers.run("books", call=call, then=then, failed=self._refuse)

    # The answer

    def _make_answer_step(self, waiting: Waiting) -> AnswerStep:
        step = AnswerStep(
            self.words, letter=waiting.letter, office_name=waiting.office_name, kept=waiting.kept, address=self._office
        )
        step.send.connect(self._send)
        step.save.connect(self._choose_copy)
        step.later.connect(lambda: self.done.emit(""))
        return step

    def _send(self, where: str) -> None:
        home, draw, answer = self._home, self._draw, self._waiting.answer if self._waiting else b""

        def call() -> None:
            from desktop import vault
            from desktop.road import address
            from desktop.road.courier import Courier
            from desktop.ui import opening

            courier = Courier(where, certificate=opening.open_vault(home, draw=draw).certificate)
            try:
                courier.enrol(answer)
            finally:
                courier.close()
            address.keep(home, where)
            vault.answer_taken(home)

        def then(_none: None) -> None:
            if isValid(self):
                self.done.emit(where)

        self._workers.run("wire", call=call, then=then, failed=self._refuse)

    def _choose_copy(self) -> None:
        waiting = self._waiting
        if waiting is not None:
            name = waiting.kept or f"{waiting.letter}.answer"
            chosen, _ = QFileDialog.getSaveFileName(self, self.words("ui.enrol.save"), name)
            if chosen:
                self.save_to(Path(chosen))

    def save_to(self, path: Path) -> None:
        """Another copy of the answer, to be carried to the office."""
        from desktop import files

        waiting = self._waiting

        def then(_none: None) -> None:
            if isValid(self) and isinstance(self.step, AnswerStep) and waiting is not None:
                self._waiting = waiting._replace(kept=str(path))
                self.step.show_kept(str(path))

        if waiting is not None:
            answer = waiting.answer
            self._workers.run("wire", call=lambda: files.keep(path, answer), then=then, failed=self._refuse)

    def _refuse(self, fault: Fault) -> None:
        if isValid(self) and self.step is not None:
            self.step.refuse(fault.sentence(self.words.language), warn=isinstance(fault, Unavailable))


def _copied(path: Path, answer: bytes) -> str:
    """Where a copy lies for whoever carries it; empty where the stick takes none, since the vault has it too."""
    from desktop import files

    try:
        files.keep(path, answer)
    except files.NotWritten:
        return ""
    return str(path)
