"""What the session came to, for the whole team: by transaction code, and who made and approved how much."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from desktop.ui.chips import card, heading, label, row
from desktop.ui.counter import Counter, day_text
from desktop.ui.page import Keys, Page
from desktop.ui.tables import Cell, Column, RowsModel, Table
from sync.money import figures

if TYPE_CHECKING:
    from desktop.listing import Standing
    from desktop.tally import Summary

FACTS = ("groups", "reversals", "requests", "suspense", "absent", "opening", "in", "out", "held")


class SummaryPage(Page):
    """Two tables and the figures people ask for at the end of a morning; it changes nothing."""

    def __init__(self, counter: Counter) -> None:
        super().__init__(counter)
        line = QHBoxLayout(self)
        line.setContentsMargins(18, 14, 18, 14)
        line.setSpacing(14)
        line.addWidget(self._make_codes(), 3)
        line.addLayout(self._make_side(), 2)
        counter.moved.connect(self._moved)

    def _make_codes(self) -> QFrame:
        say = self.say
        frame, inside = card()
        self.day = label(name="small")
        inside.addWidget(heading(label(say("summary.codes"), name="strong"), self.day, None))
        columns = (
            Column(say("summary.code"), 56),
            Column(say("summary.what")),
            Column(say("summary.vouchers"), 76, right=True),
            Column(say("summary.lines"), 76, right=True),
            Column(say("cash.in"), 124, right=True),
            Column(say("cash.out"), 124, right=True),
        )
        self.codes = RowsModel(columns)
        self.table = Table(self.codes, columns, name=say("summary.codes"))
        inside.addWidget(self.table, 1)
        return frame

    def _make_side(self) -> QVBoxLayout:
        say = self.say
        column = QVBoxLayout()
        column.setSpacing(14)
        frame, inside = card()
        inside.addWidget(heading(label(say("summary.team"), name="strong"), None))
        columns = (
            Column(say("summary.person")),
            Column(say("summary.made"), 64, right=True),
            Column(say("summary.approved"), 64, right=True),
        )
        self.team = RowsModel(columns)
        self.people = Table(self.team, columns, name=say("summary.team"))
        inside.addWidget(self.people, 1)
        column.addWidget(frame, 1)
        frame, inside = card()
        inside.addWidget(heading(label(say("summary.session"), name="strong"), None))
        facts = QVBoxLayout()
        facts.setContentsMargins(16, 10, 16, 12)
        facts.setSpacing(5)
        self.facts: dict[str, QLabel] = {}
        for name in FACTS:
            self.facts[name] = label(name="figure")
            facts.addLayout(row(label(say(f"summary.fact_{name}"), name="muted"), None, self.facts[name]))
        inside.addLayout(facts)
        column.addWidget(frame)
        return column

    def keys(self) -> Keys:
        return (("↑ ↓", self.say("summary.key_rows")), ("F9", self.say("cash.count")))

    def enter(self, _what: str) -> None:
        self.table.setFocus()
        self._moved(self.counter.standing)

    def _moved(self, standing: "Standing") -> None:
        if not self.shown:
            return
        self.day.setText(self.say("summary.day", day=day_text(standing.session_date), count=standing.entries))
        figures_of = {"opening": standing.opening, "in": standing.cash_in, "out": -standing.cash_out, "held": standing.cash}
        for name, amount in figures_of.items():
            self.facts[name].setText(figures(amount))
        self.facts["groups"].setText(f"{standing.groups_in}/{standing.groups_total}")
        self.counter.ask(lambda desk: desk.summary(), then=self._show)

    def _show(self, found: "Summary") -> None:
        cells = [
            (
                Cell(one.code, "muted"), Cell(self.counter.words(f"paper.code_name.{one.code}")), Cell(str(one.vouchers)), Cell(str(one.lines)),
                Cell(figures(one.came) if one.came else ""), Cell(figures(one.went) if one.went else ""),
            )
            for one in found.codes
        ]  # fmt: skip
        self.codes.fill(cells, [one.code for one in found.codes])
        self.table.point_at(0)
        people = [
            (
                Cell(one.staff.full_name, second=self.counter.role_name(one.staff.role),
                     chip=self.say("summary.holds") if one.holds else "", chip_tone="ok"),
                Cell(str(one.made)), Cell(str(one.approved)),
            )
            for one in found.hands
        ]  # fmt: skip
        self.team.fill(people, [one.staff.staff_id for one in found.hands])
        for name in ("reversals", "requests", "suspense", "absent"):
            self.facts[name].setText(str(getattr(found, name)))
