"""All a person has: each loan with what it owes now, each deposit with what it holds."""

from typing import TYPE_CHECKING

from desktop.ui.counter import Counter, account_text, day_text
from desktop.ui.tables import Cell, Column, RowsModel, Table
from sync.loans import Dues
from sync.money import figures

if TYPE_CHECKING:
    from desktop.listing import Person


class AccountsTable(Table):
    """Loans, then deposits; a row stands for its `Dues` or its `Deposit`."""

    def __init__(self, counter: Counter) -> None:
        say = counter.say
        columns = (
            Column(say("customers.account"), 120),
            Column(say("customers.programme")),
            Column(say("customers.balance"), 120, right=True),
            Column(say("customers.due_on"), 100, right=True),
            Column(say("customers.interest"), 120, right=True),
        )
        self.accounts = RowsModel(columns)
        super().__init__(self.accounts, columns, name=say("customers.accounts"))
        self.counter = counter
        self.setFixedHeight(34 + 33 * 4 + 2)

    def show_person(self, person: "Person | None") -> None:
        """Another person's accounts, or nobody's."""
        if person is None:
            self.accounts.fill([], [])
            return
        rows = [self._loan_row(dues) for dues in person.dues]
        rows += [self._deposit_row(one.account_no, one.kind, balance) for one, balance in person.deposits]
        self.accounts.fill(rows, [*person.dues, *(one for one, _ in person.deposits)])
        self.point_at(0)

    def _loan_row(self, dues: Dues) -> tuple[Cell, ...]:
        loan, today = dues.loan, self.counter.roll.terms.session_date
        late = dues.by_component["overdue_principal"] > 0
        principal = dues.by_component["principal"] + dues.by_component["overdue_principal"] + loan.balance_frozen
        chip = self.counter.say("customers.frozen") if loan.balance_frozen else ""
        return (
            Cell(account_text(loan.loan_code)),
            Cell(self.counter.programme(loan.programme_code), chip=chip, chip_tone="plain"),
            Cell(figures(principal)),
            Cell(day_text(loan.due_on), "bad" if late or loan.due_on <= today else "ink"),
            Cell(figures(dues.interest)),
        )

    def _deposit_row(self, account: str, kind: str, balance: int) -> tuple[Cell, ...]:
        name = Cell(self.counter.say(f"customers.kind_{kind}"))
        return Cell(account_text(account)), name, Cell(figures(balance)), Cell("—"), Cell("—")
