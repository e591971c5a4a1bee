"""The documents of a session: which there are, how each will look on paper, and printed, kept, or made for everybody.

What is printed is what is shown: the sheets are read from the desk once, drawn for the screen, and the same
sheets go to the printer. Nothing here changes the book.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from desktop.press.tray import Tray
from desktop.ui.chips import Chip, Notice, Tone, button, card, foot, heading, label, row
from desktop.ui.counter import Counter
from desktop.ui.document_list import ALL, DocumentList, Target, TargetList
from desktop.ui.document_run import DocumentRun, Done, Failed, File, Out
from desktop.ui.page import Keys, Page
from desktop.ui.preview import PageView
from desktop.ui.printing import Batch, Printing
from desktop.ui.printing import File as Waiting
from desktop.ui.save_sheet import SETTING, SaveSheet
from sync.errors import Fault
from sync.projection import State

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.listing import Standing
    from desktop.sheets.catalogue import Listed

# Somebody who goes through the list with the arrows does not have each document made on the way.
POINTED_MS = 120
# Documents that say for themselves why there is nothing to print; the others say it by whom they are about.
_WHY = frozenset(("bulletin", "member_interest", "overdue_notice", "savings_card"))
# What is likely to be wanted first, by where the session stands.
_MOMENTS: dict[State, str] = {"prepared": "before", "open": "during", "closed": "end"}


class Read(NamedTuple):
    """A document as it was read: whom it can be about, whom it is about, and its file."""

    targets: tuple[Target, ...] | None
    code: str
    file: File


class DocumentsPage(Page):
    """Left which document and about whom, right the paper."""

    def __init__(self, counter: Counter, printing: Printing) -> None:
        super().__init__(counter)
        self.printing = printing
        self.run = DocumentRun(counter)
        self.file: File | None = None
        self._batch: Batch | None = None
        self._wanted, self._entries, self._turn = "", -1, 0
        # Enter came before the document was there to be printed.
        self._hurried = False
        self.list, self.targets = DocumentList(counter), TargetList(counter)
        self.targets.hide()
        left = QWidget()
        # The longest name of a document, in the size of all others.
        left.setFixedWidth(356)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        column.addWidget(self.list, 3)
        column.addWidget(self.targets, 2)
        self.lay_sides(left, self._make_paper())
        self._pause = QTimer(self, interval=POINTED_MS, singleShot=True)
        self._pause.timeout.connect(lambda: self._read(anew=True))
        self.list.pointed.connect(self._pointed)
        self.list.chosen.connect(self._document_chosen)
        self.targets.pointed.connect(self._target_pointed)
        self.targets.chosen.connect(lambda: self.print_out.setFocus() if self.print_out.isEnabled() else None)
        self.run.moved.connect(self._show_run)
        self.run.ended.connect(self._run_ended)
        counter.moved.connect(self._moved)
        self.shortcut("Ctrl+Return", self._print)
        self.shortcut("PgDown", lambda: self.view.step(1))
        self.shortcut("PgUp", lambda: self.view.step(-1))

    def _make_paper(self) -> QWidget:
        say = self.say
        frame, inside = card()
        self.title, self.form, self.where = label(name="strong"), Chip(), label(name="muted")
        inside.addWidget(heading(self.title, self.form, None, self.where))
        self.view = PageView(self.counter, name=say("documents.paper"))
        self.view.moved.connect(self._page_moved)
        inside.addWidget(self.view, 1)
        self.notice = Notice()
        inside.addWidget(self.notice)
        self.progress = self._make_progress()
        inside.addWidget(self.progress)
        self.every = button(say("documents.every"), key="A")
        self.save, self.print_out = button(say("documents.save"), key="S"), button(say("documents.print"), name="primary", key="Ctrl Enter")
        self.every.clicked.connect(self._all)
        self.save.clicked.connect(self._save)
        self.print_out.clicked.connect(self._print)
        inside.addWidget(foot(row(self.every, None, self.save, self.print_out, margins=(14, 10, 14, 10), gap=10)))
        return frame

    def _make_progress(self) -> QWidget:
        made = QWidget()
        made.setObjectName("strip")
        made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.running = label(name="fact")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.bar.setFixedWidth(160)
        self.bar.setAccessibleName(self.say("documents.progress"))
        self.stop = button(self.say("documents.stop"), name="low", key="X")
        self.stop.clicked.connect(self._stop)
        made.setLayout(row(self.bar, self.running, None, self.stop, margins=(14, 8, 14, 8), gap=12))
        made.hide()
        return made

    # The page

    def keys(self) -> Keys:
        names = [("/", "find"), ("P", "print"), ("S", "save")]
        if self.targets.isVisible():
            names.append(("A", "all"))
        names += [("PgDn", "page"), ("W", "whole")]
        if self.run.busy:
            names.append(("X", "stop"))
        return tuple((key, self.say(f"documents.key_{name}")) for key, name in names)

    def enter(self, what: str) -> None:
        """`what` is the key of a document."""
        self._wanted = what or self._wanted
        self.list.table.setFocus()
        if not self.list.documents:
            self.view.tell(self.say("documents.reading"), state="drawing")
        words = self.counter.words

        def read(desk: "Desk") -> "tuple[Listed, ...]":
            from desktop.sheets.catalogue import catalogue

            return catalogue(desk.occasion(words))

        self.counter.ask(read, then=self._show_documents, failed=self._failed)

    def _show_documents(self, documents: "tuple[Listed, ...]") -> None:
        here = self._here
        self._entries = self.counter.standing.entries
        self.list.show_documents(documents)
        # Whoever comes for the first time is shown what the office has to say.
        first = "bulletin" if self.counter.roll.terms.bulletins else ""
        self.list.open_at(self._wanted or (here.key if here else first), moment=_MOMENTS[self.counter.standing.state])
        self._wanted = ""
        self._pointed(self._here)

    def _moved(self, standing: "Standing") -> None:
        """A voucher has come in while the page is looked at: what is shown is not the newest any more."""
        if self.shown and standing.entries != self._entries and self._entries >= 0:
            self._entries = standing.entries
            self._pause.start()

    @property
    def _here(self) -> "Listed | None":
        return self.list.table.here  # type: ignore[return-value]

    # Reading what is pointed at

    def _pointed(self, _thing: object) -> None:
        self.file, self._turn, self._hurried = None, self._turn + 1, False
        self.notice.tell("")
        here = self._here
        if here is None:
            self._pause.stop()
            self.title.clear()
            self.form.show_text("", tone="plain")
            self.targets.hide()
            self.view.tell(self.say("documents.choose"))
        else:
            self.title.setText(here.name)
            self.form.show_text(here.form, tone="plain")
            self._show_targets(here.scope != "session")
            self.view.tell(self.say("documents.reading"), state="drawing")
            self._pause.start()
        self._allow()

    def _show_targets(self, shown: bool) -> None:
        if shown != self.targets.isVisible():
            self.targets.setVisible(shown)
            # The list above has another height from now on; the row under the cursor stays in sight.
            QTimer.singleShot(0, self.list.keep_in_sight)

    def _target_pointed(self, code: object) -> None:
        if code == ALL:
            self.file, self._turn = None, self._turn + 1
            self.view.tell(self.say("documents.all_hint", who=self.targets.name(ALL)))
        elif code is not None:
            self._read(anew=False)
        self._allow()

    def _read(self, *, anew: bool) -> None:
        """Have the document written for whom the cursor stands on; `anew`: and the list of those it can be about."""
        here = self._here
        if here is None:
            return
        self._turn += 1
        turn, words, wanted, key, scope = self._turn, self.counter.words, self.targets.table.here, here.key, here.scope

        def read(desk: "Desk") -> Read:
            from desktop.sheets.catalogue import whom, written

            occasion = desk.occasion(words)
            if scope == "session":
                return Read(None, "", written(occasion, key))
            targets = tuple(Target(code, name) for code, name in whom(occasion, key)) if anew else None
            codes = [one.code for one in targets] if targets is not None else [str(wanted)]
            code = str(wanted) if wanted in codes else next(iter(codes), "")
            return Read(targets, code, written(occasion, key, code) if code else ("", ()))

        self.counter.ask(read, then=partial(self._take, turn, scope), failed=partial(self._refused, turn))

    def _take(self, turn: int, scope: str, read: Read) -> None:
        if turn != self._turn:
            return
        if read.targets is not None:
            self.targets.table.blockSignals(True)
            self.targets.blockSignals(True)
            self.targets.show_targets(read.targets, scope=scope, here=read.code)
            self.targets.blockSignals(False)
            self.targets.table.blockSignals(False)
        self.file = read.file if read.file[1] else None
        if self.file is None:
            self.view.tell(self.say(f"documents.nothing_{self._why(scope)}"))
        else:
            sheets = read.file[1]

            def make() -> bytes:
                from desktop.press.printers import drawn_for

                return drawn_for(self.printing.presses.papers, sheets)

            self.view.draw(make)
            if self._here is not None and self._here.key == "bulletin":
                self.counter.ask(lambda desk: desk.read_bulletins(), then=lambda _none: None)
        self._allow()
        if self._hurried and self.print_out.isEnabled() and self.list.table.hasFocus():
            self.print_out.setFocus()
        self._hurried = False

    def _why(self, scope: str) -> str:
        """The sentence that says why there is no such paper now."""
        key = self._here.key if self._here is not None else ""
        if key in _WHY:
            return key
        return "nobody" if scope != "session" and not self.targets.targets else scope

    def _refused(self, turn: int, fault: Fault) -> None:
        if turn == self._turn:
            self.view.tell(self.counter.sentence(fault), state="failed")

    def _failed(self, fault: Fault) -> None:
        self.view.tell(self.counter.sentence(fault), state="failed")

    def _page_moved(self, page: int, pages: int) -> None:
        self.where.setText(self.say("preview.page", page=page, pages=pages) if pages else "")

    # Printing and keeping

    @property
    def _everybody(self) -> bool:
        return self.targets.isVisible() and self.targets.table.here == ALL

    def _allow(self) -> None:
        able = self.file is not None or (self._everybody and not self.run.busy)
        self.print_out.setEnabled(able)
        self.save.setEnabled(able)
        self.every.setVisible(self.targets.isVisible())
        self.every.setEnabled(len(self.targets.targets) > 1)
        self.keys_moved.emit()

    def _document_chosen(self) -> None:
        """Enter: about whom, or to the button that prints, as soon as there is something to print."""
        if self.targets.isVisible():
            self.targets.table.setFocus()
        elif self.print_out.isEnabled():
            self.print_out.setFocus()
        else:
            self.list.table.setFocus()
            self._hurried = True

    def _all(self) -> None:
        if self.targets.isVisible() and self.every.isEnabled():
            self.targets.all_of()
            self.print_out.setFocus()

    def _print(self) -> None:
        if self.print_out.isEnabled():
            self._put_out(self._to_printer, said="printed")

    def _put_out(self, out: Out, *, said: str) -> None:
        """What is shown, or one after the other for everybody."""
        here = self._here
        if here is None:
            return
        if self._everybody:
            codes = tuple(one.code for one in self.targets.targets)
            self.notice.tell("")
            self.run.begin(here.name, key=here.key, codes=codes, out=out)
            self._allow()
        elif self.file is not None:
            file, who = self.file, self.targets.name(str(self.targets.table.here)) if self.targets.isVisible() else ""
            name = " · ".join(part for part in (here.name, who) if part)
            out(file, lambda: self._tell(self.say(f"documents.{said}", name=name, file=file[0]), "ok"), self._not_out)

    def _to_printer(self, file: File, done: Done, _failed: Failed) -> None:
        """Into the print queue, behind the receipts; a printer that fails says so itself, and the file waits for it."""
        name, sheets = file

        def then(batch: Batch) -> None:
            if batch.state == "done":
                done()
            else:
                self.run.halt()

        title = self.run.name if self.run.busy else self.title.text()
        self._batch = self.printing.print_files((Waiting(name, lambda _desk: sheets),), title=title, then=then)

    def _save(self) -> None:
        if self.save.isEnabled() and not self.counter.sheet_open():
            self.counter.ask(lambda desk: desk.setting(SETTING), then=self._ask_folder)

    def _ask_folder(self, kept: str) -> None:
        here = self._here
        if here is None or self.counter.sheet_open() or not self.save.isEnabled():
            return
        what = f"{here.name} · {self.targets.name(ALL)}" if self._everybody else f"{self.file[0]}.pdf" if self.file else ""
        sheet = SaveSheet(self.window(), self.counter, what=what, folder=kept)
        sheet.accepted.connect(lambda: self.save_to(Path(sheet.folder)))

    def save_to(self, folder: Path) -> None:
        """Keep what is shown, or everybody's, in a folder, and remember the folder."""
        self.counter.ask(lambda desk: desk.keep_setting(SETTING, str(folder)), then=lambda _none: None)
        tray = Tray(folder)

        def keep(file: File, done: Done, failed: Failed) -> None:
            name, sheets = file
            self.counter.carry("papers", call=lambda: tray.print_sheets(name, sheets=sheets), then=lambda _none: done(), failed=failed)

        self._put_out(keep, said="saved")

    def _not_out(self, fault: Fault) -> None:
        self._tell(self.counter.sentence(fault), "warn")

    def _tell(self, text: str, tone: Tone) -> None:
        if self.shown:
            self.notice.tell(text, tone=tone)
        else:
            self.counter.said.emit(text, tone)

    # A run

    def _stop(self) -> None:
        """What is under way comes out and is counted, unless it waits for a printer that prints nothing."""
        self.run.stop()
        if self.run.busy and self._batch is not None and self.printing.fault is not None:
            self._batch.stop()

    def _show_run(self) -> None:
        now, say = self.run.progress, self.say
        self.progress.setVisible(self.run.busy)
        self.bar.setRange(0, max(now.total, 1))
        self.bar.setValue(now.done)
        left = "" if now.left_s is None else say("documents.left", seconds=max(now.left_s, 1))
        self.running.setText(say("documents.running", name=self.run.name, done=now.done, total=now.total) + left)
        self.running.setAccessibleName(self.running.text())
        self._allow()

    def _run_ended(self, fault: Fault | None) -> None:
        now = self.run.progress
        made = now.done - now.empty
        key = "run_stopped" if fault is not None or self.run.stopped else "run_done"
        text = self.say(f"documents.{key}", name=self.run.name, made=made, total=now.total)
        if now.empty:
            text = f"{text} {self.say('documents.run_empty', empty=now.empty)}"
        if fault is not None:
            text = f"{text} {self.counter.sentence(fault)}"
        self._tell(text, "ok" if key == "run_done" else "warn")

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        calls = {"P": self._print, "S": self._save, "A": self._all, "W": self.view.toggle_whole, "X": self._stop, "/": self.list.look_for}
        if (call := calls.get(event.text().upper())) is not None:
            call()
        elif event.key() == Qt.Key.Key_Escape:
            self.list.finder.clear()
            self.list.table.setFocus()
        else:
            super().keyPressEvent(event)
