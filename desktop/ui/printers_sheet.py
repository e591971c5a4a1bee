"""Which printers this laptop prints on: one for receipts with the paper in it, one for A4 papers; each can be tried.

What is chosen is remembered for the sessions to come, by everybody of the laptop.
"""

import sys
from functools import partial
from glob import glob
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QWidget

from desktop.press.printers import (
    MEDIUMS,
    ROLL_KINDS,
    ROLL_MEDIUMS,
    Choice,
    Kind,
    Printer,
    chosen,
    drawn,
    folder_choice,
)
from desktop.ui.chips import Notice, button, label, row
from desktop.ui.counter import Counter
from desktop.ui.presses import PAPERS, RECEIPTS, Presses, printer_of
from desktop.ui.sheets import Sheet
from sync.errors import Fault

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.sheets.sheet import Paper

KINDS: tuple[Kind, ...] = ("system", "network", "device", "queue", "folder")
# A form of A4 is of no use on a roll of its own choosing: rolls print receipts.
PAPER_KINDS: tuple[Kind, ...] = ("system", "folder")


class PrinterFields:
    """Kind, place and paper of one printer."""

    def __init__(self, counter: Counter, *, kinds: tuple[Kind, ...], mediums: "tuple[Paper, ...]", name: str) -> None:
        say = counter.say
        self.kind, self.where, self.medium = QComboBox(), QComboBox(), QComboBox()
        self.folder: QWidget | None = None
        self._listed: tuple[str, ...] = ()
        self._mediums, self._say = mediums, say
        for kind in kinds:
            self.kind.addItem(say(f"printers.kind_{kind}"), kind)
        self.kind.setAccessibleName(f"{name}: {say('printers.kind')}")
        self.where.setAccessibleName(f"{name}: {say('printers.where')}")
        self.medium.setAccessibleName(f"{name}: {say('printers.medium')}")
        self.where.setMinimumContentsLength(20)
        self.kind.currentIndexChanged.connect(lambda _at: self._fit(""))

    def layout(self) -> QHBoxLayout:
        line = row(gap=8)
        line.addWidget(self.kind, 4)
        line.addWidget(self.where, 5)
        line.addWidget(self.medium, 3)
        return line

    def show_choice(self, choice: Choice, listed: tuple[str, ...]) -> None:
        """What is chosen now, among what the system has."""
        self._listed = listed
        self.kind.blockSignals(True)
        self.kind.setCurrentIndex(max(self.kind.findData(choice.kind), 0))
        self.kind.blockSignals(False)
        self._fit(choice.where)
        self.medium.setCurrentIndex(max(self.medium.findData(choice.medium), 0))
        self.show_folder()

    def show_folder(self, _at: int = 0) -> None:
        """Only a folder is looked for on the disk."""
        if self.folder is not None:
            self.folder.setVisible(self.kind.currentData() == "folder")

    def _fit(self, where: str) -> None:
        """The places and papers that a printer of this kind can have."""
        kind: Kind = self.kind.currentData()
        found = {
            "system": self._listed, "queue": self._listed, "network": (),
            "device": tuple(sorted(glob("/dev/usb/lp*"))) if sys.platform != "win32" else ("COM1", "LPT1"), "folder": (),
        }[kind]  # fmt: skip
        self.where.clear()
        self.where.addItems(found)
        self.where.setEditable(kind != "system")
        if (edit := self.where.lineEdit()) is not None:
            edit.setPlaceholderText(self._say(f"printers.example_{kind}"))
            edit.setText(where or (found[0] if found else ""))
        elif where and where not in found:
            # It is not there today; what was chosen is shown all the same.
            self.where.insertItem(0, where)
        if where and kind == "system":
            self.where.setCurrentText(where)
        # From a roll to a sheet of paper nobody means the roll's width.
        before = self.medium.currentData() if kind in ROLL_KINDS else ""
        self.medium.clear()
        for medium in ROLL_MEDIUMS if kind in ROLL_KINDS else self._mediums:
            self.medium.addItem(self._say(f"printers.{medium}"), medium)
        self.medium.setCurrentIndex(max(self.medium.findData(before), 0))

    @property
    def choice(self) -> Choice:
        """As the fields say it now."""
        return Choice(self.kind.currentData(), self.where.currentText().strip(), self.medium.currentData())


class PrintersSheet(Sheet):
    """`accepted` when the choice is kept."""

    def __init__(self, window: QWidget, counter: Counter, presses: Presses) -> None:
        super().__init__(window, title=counter.say("printers.title"), width=920)
        self.counter, self.say, self.presses = counter, counter.say, presses
        say = self.say
        self.receipts = PrinterFields(counter, kinds=KINDS, mediums=MEDIUMS, name=say("printers.receipts"))
        self.papers = PrinterFields(counter, kinds=PAPER_KINDS, mediums=("a4",), name=say("printers.papers"))
        self._heard: set[str] = set()
        for name, fields in (("receipts", self.receipts), ("papers", self.papers)):
            trial = button(say("printers.trial"))
            trial.clicked.connect(partial(self._try, fields))
            folder = button(say("printers.folder"))
            folder.clicked.connect(partial(self._choose_folder, fields))
            self.body.addWidget(label(say(f"printers.{name}"), name="strong"))
            self.body.addWidget(label(say(f"printers.{name}_text"), name="small", wrap=True))
            line = fields.layout()
            line.addWidget(folder)
            line.addWidget(trial)
            self.body.addLayout(line)
            self.body.addSpacing(10)
            fields.folder = folder
            fields.kind.currentIndexChanged.connect(fields.show_folder)
            fields.show_folder()
        self.notice = Notice()
        self.body.addWidget(self.notice)
        back, keep = button(say("back"), key="Esc"), button(say("printers.keep"), name="primary", key="Ctrl Enter")
        back.clicked.connect(self.drop)
        keep.clicked.connect(self._keep)
        self.body.addSpacing(6)
        self.body.addLayout(row(None, back, keep))
        self.open_at(self.receipts.kind)
        self._ask()

    def _ask(self) -> None:
        """What is kept, and what the system has; asked of a spooler, which may take its time."""

        def listed() -> tuple[str, ...]:
            from desktop.ui.system_printer import printers

            return printers()

        def kept(names: tuple[str, ...]) -> None:
            self.counter.ask(
                lambda desk: (chosen(desk.setting(RECEIPTS)), chosen(desk.setting(PAPERS))), then=partial(self._show, names)
            )

        self.counter.carry("wire", call=listed, then=kept, failed=self._refuse)

    def _show(self, names: tuple[str, ...], kept: tuple[Choice | None, Choice | None]) -> None:
        if not self.isVisible():
            return
        tray = str(self.presses.tray.folder)
        self.receipts.show_choice(kept[0] or Choice("folder", tray, self.presses.tray.medium), names)
        self.papers.show_choice(kept[1] or Choice("folder", tray, "a4"), names)
        self._heard = {one.where for one in kept if one is not None and one.answers}

    def _choose_folder(self, fields: PrinterFields) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.say("printers.folder"), fields.choice.where)
        if folder and (edit := fields.where.lineEdit()) is not None:
            edit.setText(folder)

    def _made(self, fields: PrinterFields) -> Printer | None:
        """The printer as it is typed, or a word on why it is none."""
        choice = fields.choice
        if not choice.where:
            self.notice.tell(self.say(f"printers.need_{choice.kind}"))
            fields.where.setFocus()
            return None
        try:
            if choice.kind == "network":
                from desktop.press.cables import address

                address(choice.where)
            return printer_of(choice._replace(answers=choice.where in self._heard))
        except Fault as fault:
            self._refuse(fault)
            return None

    def _try(self, fields: PrinterFields) -> None:
        """A page that is no receipt, on the printer as it is typed."""
        printer = self._made(fields)
        if printer is None:
            return
        words, name, medium = self.counter.words, printer.name, printer.medium

        def put() -> bool:
            from desktop.sheets.trial import trial_sheet

            printer.look()
            printer.put(self.say("printers.trial_file"), drawn((trial_sheet(words, printer=name, medium=medium),), medium))
            return bool(getattr(printer, "answers", False))

        self.notice.tell(self.say("printers.trying", printer=name), tone="plain")
        self.counter.carry("papers", call=put, then=partial(self._tried, fields.choice, name), failed=self._refuse)

    def _tried(self, choice: Choice, name: str, answers: bool) -> None:
        if answers:
            self._heard.add(choice.where)
        silent = choice.kind in ("network", "device") and not answers
        if self.isVisible():
            self.notice.tell(self.say("printers.tried_silent" if silent else "printers.tried", printer=name), tone="ok")

    def _keep(self) -> None:
        if any(self._made(fields) is None for fields in (self.receipts, self.papers)):
            return
        made = [one.choice._replace(answers=one.choice.where in self._heard) for one in (self.receipts, self.papers)]

        tray = self.presses.tray
        usual = (folder_choice(tray.folder, tray.medium), folder_choice(tray.folder, "a4"))
        # The folder that the program was started with is another one on another day: it is kept as nothing chosen.
        texts = ["" if one == same else one.text() for one, same in zip(made, usual, strict=True)]

        def keep(desk: "Desk") -> None:
            desk.keep_setting(RECEIPTS, texts[0])
            desk.keep_setting(PAPERS, texts[1])

        self.counter.ask(keep, then=lambda _none: self._kept(), failed=self._refuse)

    def _kept(self) -> None:
        self.end()
        self.accepted.emit()

    def _refuse(self, fault: Fault) -> None:
        if self.isVisible():
            self.notice.tell(self.counter.sentence(fault))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._keep()
        else:
            self.focusNextPrevChild(True)
        event.accept()
