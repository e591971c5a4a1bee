"""All a person has: each loan with what it owes now, each deposit with what it holds; and all of the one pointed at."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.ui.chips import label, toned
from desktop.ui.counter import Counter, account_text, day_text, rate_text
from desktop.ui.tables import ROW_PIXELS, Cell, Column, RowsModel, Table
from sync.ledger import INTEREST
from sync.loans import Dues
from sync.money import figures
from sync.terms import Deposit

if TYPE_CHECKING:
    from desktop.listing import Owed, Person

# Loans and deposits of nearly everybody; whoever has more scrolls, whoever has fewer leaves the room to the lines.
ROWS_MIN, ROWS_MAX = 2, 4


class AccountsTable(Table):
    """Loans, then deposits; a row stands for its `Dues` or its `Deposit`."""

    def __init__(self, counter: Counter) -> None:
        say, as_of = counter.say, counter.roll.terms.as_of
        balance = say("customers.balance_as_of", day=day_text(as_of)) if as_of else say("customers.balance")
        columns = (
            Column(say("customers.account"), 100),
            Column(say("customers.programme")),
            Column(balance, 160, right=True),
            Column(say("customers.due_on"), 126, right=True),
            Column(say("customers.interest"), 108, right=True),
        )
        self.accounts = RowsModel(columns)
        super().__init__(self.accounts, columns, name=say("customers.accounts"))
        self.counter = counter
        self._fit(ROWS_MIN)

    def _fit(self, rows: int) -> None:
        self.setFixedHeight(34 + ROW_PIXELS * min(max(rows, ROWS_MIN), ROWS_MAX) + 2)

    def show_person(self, person: "Person | None") -> None:
        """Another person's accounts, or nobody's."""
        if person is None:
            self.accounts.fill([], [])
            return
        rows = [self._loan_row(dues, owed) for dues, owed in zip(person.dues, person.owed, strict=True)]
        rows += [self._deposit_row(one, balance) for one, balance in person.deposits]
        self._fit(len(rows))
        self.accounts.fill(rows, [*person.dues, *(one for one, _ in person.deposits)])
        self.point_at(0)

    def _loan_row(self, dues: Dues, owed: "Owed") -> tuple[Cell, ...]:
        loan, today = dues.loan, self.counter.roll.terms.session_date
        chip, tone = "", "plain"
        if owed.overdue_days:
            chip, tone = self.counter.say("overdue", days=owed.overdue_days), "bad"
        elif loan.balance_frozen:
            chip = self.counter.say("customers.frozen")
        rate = f"{rate_text(loan.annual_rate_ppm)} %" if loan.annual_rate_ppm is not None else ""
        late = bool(owed.overdue_since) or owed.due_on <= today
        return (
            Cell(account_text(loan.loan_code)),
            Cell(self.counter.programme(loan.programme_code), second=rate, chip=chip, chip_tone=tone),
            Cell(figures(principal(dues))),
            Cell(_due_text(self.counter, dues, owed), "bad" if late else "ink"),
            Cell(figures(dues.interest), "bad" if dues.by_component["overdue_interest"] else "ink"),
        )

    def _deposit_row(self, one: Deposit, balance: int) -> tuple[Cell, ...]:
        rate = "" if one.kind == "member" else f"{rate_text(one.annual_rate_ppm)} %"
        matures = Cell(day_text(one.matures_on)) if one.matures_on else Cell("—")
        name = Cell(self.counter.say(f"customers.kind_{one.kind}"), second=rate)
        return Cell(account_text(one.account_no)), name, Cell(figures(balance)), matures, Cell("—")


def principal(dues: Dues) -> int:
    """All the principal of a loan, frozen too, in đồng."""
    return dues.by_component["principal"] + dues.by_component["overdue_principal"] + dues.loan.balance_frozen


def _due_text(counter: Counter, dues: Dues, owed: "Owed") -> str:
    """The day that decides, marked where it is not the contract's own."""
    loan, mark = dues.loan, ""
    if owed.due_on == loan.due_at_point:
        mark = counter.say("customers.mark_point")
    elif owed.due_on == loan.extended_to:
        mark = counter.say("customers.mark_extended")
    return f"{mark} {day_text(owed.due_on)}".strip()


def in_sentence(name: str) -> str:
    """A name as it stands within a sentence."""
    return name[:1].lower() + name[1:]


class AccountFacts(QWidget):
    """All of the account pointed at, in two lines: its days, and what it owes or earns."""

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.counter, self.say = counter, counter.say
        self.setObjectName("strip")
        inside = QVBoxLayout(self)
        inside.setContentsMargins(10, 5, 10, 5)
        inside.setSpacing(1)
        self.days, self.sums = label(name="said", wrap=True), label(name="said", wrap=True)
        inside.addWidget(self.days)
        inside.addWidget(self.sums)

    def show_account(self, person: "Person | None", one: object) -> None:
        """The account under the cursor, or nothing."""
        days: list[str] = []
        sums: list[str] = []
        late = False
        if person is not None and isinstance(one, Dues):
            owed = next((owed for dues, owed in zip(person.dues, person.owed, strict=True) if dues is one), None)
            if owed is not None:
                days, sums, late = self._loan_days(one, owed), self._loan_sums(one, owed), bool(owed.overdue_since)
        elif isinstance(one, Deposit):
            days, sums = self._deposit_days(one), self._deposit_sums(one)
        for shown, facts in ((self.days, days), (self.sums, sums)):
            shown.setText(" · ".join(facts))
            shown.setAccessibleName(shown.text())
        toned(self.days, "bad" if late else "")

    def _loan_days(self, dues: Dues, owed: "Owed") -> list[str]:
        loan, say = dues.loan, self.say
        named = (("contract", loan.due_on), ("extended", loan.extended_to), ("at_point", loan.due_at_point))
        found = [say(f"customers.due_{name}", day=day_text(day)) for name, day in named if day]
        if len(found) > 1:
            found.append(say("customers.due_decides", day=day_text(owed.due_on)))
        if owed.overdue_since:
            found.append(say("customers.overdue_since", day=day_text(owed.overdue_since), days=owed.overdue_days))
        if loan.next_instalment_on:
            found.append(say("customers.instalment", day=day_text(loan.next_instalment_on), amount=loan.next_instalment_amount))
        return found

    def _loan_sums(self, dues: Dues, owed: "Owed") -> list[str]:
        say, by = self.say, dues.by_component
        found = [say("customers.payoff", amount=dues.interest + by["overdue_principal"] + by["principal"])]
        if owed.due_today:
            found.append(say("customers.due_today", amount=owed.due_today))
        if by["overdue_principal"] and by["overdue_principal"] != owed.due_today:
            found.append(say("customers.part", what=in_sentence(say("component.overdue_principal")), amount=by["overdue_principal"]))
        found += [say("customers.part", what=in_sentence(say(f"component.{name}")), amount=by[name]) for name in INTEREST if by[name]]
        if dues.loan.balance_frozen:
            found.append(say("customers.frozen_amount", amount=dues.loan.balance_frozen))
        return found

    def _deposit_days(self, one: Deposit) -> list[str]:
        say = self.say
        found = [say("customers.opened_on", day=day_text(one.opened_on))]
        if one.matures_on:
            found.append(say("customers.matures_on", day=day_text(one.matures_on)))
        if one.card_serial:
            found.append(say("customers.card", serial=one.card_serial))
        return found

    def _deposit_sums(self, one: Deposit) -> list[str]:
        say = self.say
        found = [say("customers.rate", rate=rate_text(one.annual_rate_ppm))]
        if one.early_rate_ppm is not None and one.kind == "term":
            found.append(say("customers.early_rate", rate=rate_text(one.early_rate_ppm)))
        return found
