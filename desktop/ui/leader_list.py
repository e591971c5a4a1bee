"""The leader's own list, laid over the group sheet: choose the file, say which column is which, see every row.

What is taken from here only fills the cash column. The laptop remembers the columns for the group, and for
whoever has none kept, across sessions and tellers.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QGridLayout, QLineEdit, QWidget

from desktop import files, leader_file
from desktop.leader_list import FIELDS, TAKEN, Columns, Mapping, Matched, columns_of, guess, kept_mapping, match
from desktop.ui.chips import Notice, button, label, row
from desktop.ui.counter import Counter
from desktop.ui.sheets import Sheet
from desktop.ui.tables import Cell, Column, RowsModel, Table
from sync.errors import Fault
from sync.money import figures

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.leader_list import ListLine
    from desktop.listing import GroupSheet

KEY = "Ctrl+I"
_KEPT = "leader-columns"
_HEAD_LETTERS_MAX = 24
# A colour, an icon and words: no one of them says it alone.
_LOOKS = {"missing": ("warn", "minus"), "different": ("warn", "flag"), "blank": ("warn", "minus"), "same": ("ok", "check"),
          "remark": ("muted", "info")}  # fmt: skip


class LeaderListSheet(Sheet):
    """One file against one group. `taken` gives a `Matched` once Enter takes it into the sheet."""

    taken = Signal(object)

    def __init__(self, window: QWidget, counter: Counter, sheet: "GroupSheet") -> None:
        say = counter.say
        self.counter, self.say, self.group = counter, say, sheet
        self.rows: tuple[leader_file.FileRow, ...] = ()
        self.columns = Columns((), (), 0)
        self.matched: Matched | None = None
        super().__init__(window, title=say("leader_list.title"), width=1010)
        self.body.setContentsMargins(24, 16, 24, 16)
        self.body.setSpacing(8)
        self.path = QLineEdit()
        self.path.setPlaceholderText(say("leader_list.file"))
        self.path.setAccessibleName(say("leader_list.file"))
        self.browse = button(say("leader_list.browse"))
        across = row(gap=10)
        across.addWidget(self.path, 1)
        across.addWidget(self.browse)
        self.body.addLayout(across)
        self.body.addLayout(self._make_fields())
        self.table = self._make_table()
        self.body.addWidget(self.table)
        self.sums, self.notice = label(name="fact", wrap=True), Notice()
        self.body.addWidget(self.sums)
        self.body.addWidget(self.notice)
        back, self.go = button(say("back"), key="Esc"), button(say("leader_list.go"), name="primary", key="Enter")
        self.body.addLayout(row(None, back, self.go))
        back.clicked.connect(self.drop)
        self.go.clicked.connect(self._take)
        self.browse.clicked.connect(self._choose)
        self.accepted.connect(self._enter)
        self._show()
        self.open_at(self.path)

    def _make_fields(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        self.fields: dict[str, QComboBox] = {}
        for at, field in enumerate(FIELDS):
            name = self.say(f"leader_list.field_{field}")
            made = self.fields[field] = QComboBox()
            made.setObjectName("low")
            made.setAccessibleName(name)
            made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            made.setMinimumContentsLength(6)
            made.setEnabled(False)
            made.currentIndexChanged.connect(lambda _at: self._match())
            grid.addWidget(label(name, name="small"), 0, at)
            grid.addWidget(made, 1, at)
            grid.setColumnStretch(at, 1)
        return grid

    def _make_table(self) -> Table:
        say = self.say
        columns = (
            Column(say("leader_list.row"), 52, right=True),
            Column(say("leader_list.written")),
            Column(say("leader_list.member")),
            Column(say("leader_list.amount"), 120, right=True),
            Column(say("leader_list.suggestion"), 100, right=True),
            Column(say("leader_list.state"), 184),
        )
        self.model = RowsModel(columns)
        table = Table(self.model, columns, name=say("leader_list.title"))
        table.setFixedHeight(308)
        table.chosen.connect(lambda _line: self._take())
        return table

    # The file

    def _enter(self) -> None:
        """Enter in the path reads the file; anywhere else it takes what is shown."""
        if self.path.hasFocus():
            self._read()
        else:
            self._take()

    def _choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, self.say("leader_list.file"), self.path.text(), "*.xlsx *.csv *.txt")
        if chosen:
            self.path.setText(chosen)
            self._read()

    def _read(self) -> None:
        # A file manager copies a path with quotes, or as an address.
        typed = self.path.text().strip().strip('"').removeprefix("file://")
        if not typed:
            return

        def rows() -> tuple[leader_file.FileRow, ...]:
            return leader_file.read_rows(files.brought(Path(typed), bytes_max=leader_file.BYTES_MAX))

        self.counter.carry("wire", call=rows, then=self._ask_kept, failed=self._refuse)

    def _refuse(self, fault: Fault) -> None:
        if self.isVisible():
            self.rows, self.matched = (), None
            self._show()
            self.notice.tell(self.counter.sentence(fault))
            self.path.setFocus()

    # The columns

    def _ask_kept(self, rows: tuple[leader_file.FileRow, ...]) -> None:
        """How this group's columns were read before, else those of the last list of any group."""
        names = self._names
        self.counter.ask(
            lambda desk: [kept_mapping(desk.setting(name)) for name in names], then=partial(self._show_rows, rows)
        )

    @property
    def _names(self) -> tuple[str, str]:
        """What the laptop remembers the columns under; the last used is kept last."""
        return f"{_KEPT}/{self.group.row.group.group_code}", _KEPT

    def _show_rows(self, rows: tuple[leader_file.FileRow, ...], kept: list[Mapping | None]) -> None:
        if not self.isVisible():
            return
        self.rows, self.columns = rows, columns_of(rows)
        mapping = guess(self.columns, kept=kept)
        for field, key in zip(FIELDS, mapping, strict=True):
            box = self.fields[field]
            box.blockSignals(True)
            box.clear()
            box.addItem(self.say("leader_list.unmapped"), "")
            for head, one in zip(self.columns.heads, self.columns.keys, strict=True):
                box.addItem(head[:_HEAD_LETTERS_MAX], one)
            box.setCurrentIndex(max(box.findData(key), 0))
            box.setEnabled(True)
            box.blockSignals(False)
        self._match()
        if mapping.usable:
            self.go.setFocus()
        else:
            told = mapping.code or mapping.id_number or mapping.name
            self.fields["cash" if told else "name"].setFocus(Qt.FocusReason.TabFocusReason)

    @property
    def mapping(self) -> Mapping:
        """As the fields say it now."""
        return Mapping(*(str(self.fields[field].currentData() or "") for field in FIELDS))

    def _match(self) -> None:
        usable = bool(self.rows) and self.mapping.usable
        self.matched = match(self.rows, self.mapping, sheet=self.group) if usable else None
        self._show()

    # What it says

    def _show(self) -> None:
        found, say = self.matched, self.say
        lines = found.lines if found else ()
        self.model.fill([self._cells(one) for one in lines], lines)
        self.table.point_at(0)
        self.go.setEnabled(bool(found and found.cash))
        self.sums.setText(self._sum(found) if found else "")
        self.sums.setVisible(found is not None)
        if found is None:
            self.notice.tell(say("leader_list.choose" if self.rows else "leader_list.start"), tone="plain")
            return
        told = say(
            "leader_list.found", taken=len(found.cash), amount=sum(found.cash.values()),
            different=found.count("different"), missing=found.count("missing"), open=found.open,
        )  # fmt: skip
        quiet = not found.off and all(one.state in ("same", "remark") for one in found.lines)
        self.notice.tell(told, tone="ok" if quiet else "warn")

    def _sum(self, found: Matched) -> str:
        say = self.say
        if found.listed is None:
            said = found.listed_text
            return say("leader_list.sum_unclear", text=said) if said else say("leader_list.sum_none", read=found.read)
        if found.off:
            return say("leader_list.sum_off", listed=found.listed, read=found.read, off=abs(found.off))
        return say("leader_list.sum_agrees", listed=found.listed)

    def _cells(self, one: "ListLine") -> tuple[Cell, ...]:
        tone, icon = _LOOKS.get(one.state, ("bad", "triangle-alert"))
        amount = one.text if one.amount is None else figures(one.amount)
        due = figures(one.suggestion) if one.member and one.state != "conflict" else ""
        return (
            Cell(str(one.number) if one.number else "—", "muted"),
            Cell(one.written or "—"),
            Cell(one.member or "—", "ink" if one.member else "muted"),
            Cell(amount or "—", "ink" if one.state in TAKEN else tone, bold=one.state != "same"),
            Cell(due, "muted"),
            Cell(self.say(f"leader_list.{one.state}"), tone, icon=icon),
        )

    def _take(self) -> None:
        found = self.matched
        if found is None or not found.cash:
            return
        text = self.mapping.text()
        for name in self._names:
            self.counter.ask(partial(_keep, name=name, text=text), then=lambda _none: None)
        self.end()
        self.taken.emit(found)


def _keep(desk: "Desk", *, name: str, text: str) -> None:
    desk.keep_setting(name, text)
