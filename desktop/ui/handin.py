"""What stands on a group's sheet: cash handed in by each member, split at once, interest first.

A row is *taken* once somebody said what was handed in; 0 says the member did not pay. What is shown as
the split is what the rules would make of it; the desk decides again when it is posted. Who is absent and
whose signature the list lacks is ticked; what everybody did is not.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from desktop.ui.amount_cells import AmountModel
from desktop.ui.counter import Counter
from desktop.ui.tables import Cell, Column
from sync.loans import interest_lines
from sync.money import figures

if TYPE_CHECKING:
    from desktop.listing import GroupSheet, SheetRow

HELD, CASH, INTEREST = 3, 5, 6
_DASH = "—"


class SheetModel(AmountModel):
    """Members in the office's order. `cash` and `interest` are what was typed, by customer."""

    def __init__(self, counter: Counter) -> None:
        say = counter.say
        super().__init__(
            counter,
            (
                Column(say("groups.no"), 36),
                Column(say("groups.member")),
                Column(say("groups.loan"), 98),
                Column(say("groups.principal"), 92, right=True),
                Column(say("groups.due"), 84, right=True),
                Column(say("groups.cash"), 98, right=True),
                Column(say("groups.to_interest"), 80, right=True),
                Column(say("groups.to_deposit"), 86, right=True),
                Column(say("groups.signed"), 48, right=True),
            ),
            typed=(CASH, INTEREST),
        )
        self.members: tuple[SheetRow, ...] = ()
        self.cash: dict[str, int] = {}
        self.interest: dict[str, int] = {}
        self.absent: set[str] = set()
        self.unsigned: set[str] = set()
        # What the leader's own file says, where one was taken; and of whom it says what nobody can tell.
        self.listed: dict[str, int] = {}
        self.unclear: set[str] = set()
        # The group has handed in before today: what is typed is what comes on top.
        self.again = False
        self._typing: tuple[int, int] | None = None
        self._before: list[tuple[str, int | None, int | None]] = []

    def show_sheet(self, sheet: "GroupSheet | None") -> None:
        """Another group, nothing typed."""
        self.beginResetModel()
        self.members = sheet.rows if sheet else ()
        self.things = list(self.members)
        self.cash, self.interest, self._before, self._typing = {}, {}, [], None
        self.absent, self.unsigned, self.listed, self.unclear = set(), set(), {}, set()
        self.again = bool(sheet and sheet.earlier)
        head = self.columns[HELD]._replace(head=self.counter.say("groups.handed" if self.again else "groups.principal"))
        self.columns = (*self.columns[:HELD], head, *self.columns[HELD + 1 :])
        self.endResetModel()
        self.edited.emit()

    def restore(
        self, cash: Mapping[str, int], interest: Mapping[str, int], *, absent: Collection[str], unsigned: Collection[str],
        listed: Mapping[str, int], unclear: Collection[str],
    ) -> None:
        """What was typed and ticked before a lock or a power cut."""
        known = {one.customer.customer_code for one in self.members}
        self.cash = {code: amount for code, amount in cash.items() if code in known}
        self.interest = {code: amount for code, amount in interest.items() if code in self.cash}
        self.absent, self.unsigned = known.intersection(absent), known.intersection(unsigned)
        self.listed = {code: amount for code, amount in listed.items() if code in known}
        self.unclear = known.intersection(unclear)
        self._tell()

    def code(self, row: int) -> str:
        return self.members[row].customer.customer_code

    def split(self, row: int) -> tuple[int, int]:
        """(interest, deposit) of what a member handed in."""
        return self._split(row, self.cash.get(self.code(row), 0))

    def _split(self, row: int, handed: int) -> tuple[int, int]:
        taken = min(self.interest.get(self.code(row), handed), handed, self.members[row].member.interest)
        return taken, handed - taken

    def shown(self, row: int) -> tuple[int, int] | None:
        """The split of what is typed, or would be taken by Enter, in the row under the cursor; else of what was taken."""
        if self._typing is not None and self._typing[0] == row:
            return self._split(row, self._typing[1])
        return self.split(row) if self.code(row) in self.cash else None

    def show_typing(self, row: int, amount: int | None) -> None:
        """What stands in the open field of a row, taken or not; None: the field is closed or unclear."""
        typing = None if amount is None else (row, amount)
        if typing != self._typing:
            self._typing = typing
            self.dataChanged.emit(self.index(row, INTEREST), self.index(row, INTEREST + 1))

    def parts(self, row: int) -> str:
        """Where a row's money goes: each loan's interest by component, then the deposit; empty where it is not said."""
        found = self.shown(row)
        if found is None:
            return ""
        interest, deposit = found
        say = self.counter.say
        made, _ = interest_lines(interest, self.members[row].member.dues)
        said = [
            say("groups.part", name=self.counter.line_name(one), loan=f"…{one.account[-4:]}", amount=one.amount)
            for one in made
        ]
        return " · ".join([*said, *([say("groups.part_deposit", amount=deposit)] if deposit else [])])

    def suggestion(self, row: int) -> int:
        return self.members[row].member.suggestion

    def cell(self, row: int, column: int) -> Cell:
        one = self.members[row]
        taken = one.customer.customer_code in self.cash
        tone = "muted" if taken else "ink"
        if column == 1:
            return self._name(one, tone)
        if column == len(self.columns) - 1:
            return self._signed(row)
        texts = (
            str(row + 1), "", self._loans(one), self._held(one), figures(one.member.interest),
            figures(self.cash[self.code(row)]) if taken else _DASH, "", "",
        )  # fmt: skip
        if column in (INTEREST, INTEREST + 1):
            split = self.shown(row)
            if split is None:
                return Cell(_DASH, tone)
            amount = split[column - INTEREST]
            short = column == INTEREST and taken and amount < one.member.interest
            return Cell(figures(amount), "warn" if short else tone)
        return Cell(texts[column], tone, box=column == CASH)

    def _name(self, one: "SheetRow", tone: str) -> Cell:
        say = self.counter.say
        late = say("overdue", days=one.overdue_days) if one.overdue_days else ""
        away = say("groups.absent") if one.customer.customer_code in self.absent else ""
        # Where there is no room for all of it, the money is said first.
        chip = " · ".join(part for part in (self._by_list(one), away, late) if part)
        return Cell(one.customer.full_name, tone, chip=chip, chip_tone="bad" if late else "warn", bold_here=True)

    def _by_list(self, one: "SheetRow") -> str:
        """What the leader's file says of a member, where it is unclear, not what was suggested or not what stands here."""
        code, due = one.customer.customer_code, one.member.suggestion
        if code in self.unclear:
            return self.counter.say("leader_list.chip_unclear")
        listed = self.listed.get(code)
        if listed is None or listed == self.cash.get(code, due) == due:
            return ""
        return self.counter.say("leader_list.chip", amount=listed)

    def _signed(self, row: int) -> Cell:
        code = self.code(row)
        if code in self.unsigned:
            return Cell(self.counter.say("groups.unsigned_cell"), "warn")
        return Cell(icon="check", tone="ok") if self.cash.get(code) else Cell("·", "muted")

    def _held(self, one: "SheetRow") -> str:
        """What the member owes in principal; on a second sheet, what they handed in on the first."""
        if self.again:
            return figures(one.handed) if one.handed else _DASH
        return figures(one.principal)

    def _loans(self, one: "SheetRow") -> str:
        dues = one.member.dues
        if not dues:
            return self.counter.say("groups.no_loan")
        if len(dues) > 1:
            return self.counter.say("groups.loans", count=len(dues))
        loan = dues[0].loan
        return f"{_short(self.counter.programme(loan.programme_code))} …{loan.loan_code[-4:]}"

    def row_name(self, row: int) -> str:
        return self.members[row].customer.full_name

    def amount_at(self, row: int, column: int) -> int | None:
        if column == INTEREST:
            return self.split(row)[0]
        # On a second sheet an Enter too many must not take a member's money twice.
        return self.cash.get(self.code(row), None if self.again else self.suggestion(row))

    def put(self, row: int, column: int, amount: int | None) -> None:
        if column == CASH:
            self.take(row, amount)
        elif amount is not None:
            handed = self.cash.get(self.code(row), 0)
            self.take_interest(row, min(amount, handed, self.members[row].member.interest))

    def take(self, row: int, amount: int | None) -> None:
        """What a member handed in; None: nobody has said yet."""
        code = self.code(row)
        if amount is None and code not in self.cash:
            return
        self._remember(row)
        self.interest.pop(code, None)
        if amount is None:
            self.cash.pop(code, None)
        else:
            self.cash[code] = amount
        self._tell(row)

    def take_interest(self, row: int, amount: int) -> None:
        """The part that is interest, changed by hand."""
        self._remember(row)
        self.interest[self.code(row)] = amount
        self._tell(row)

    def take_remaining(self) -> None:
        """Everyone nobody has spoken for hands in what is suggested; on a second sheet, who still owes interest.

        Of whom the leader's file says something unclear, somebody looks first.
        """
        for row in range(len(self.members)):
            if self.code(row) not in {*self.cash, *self.unclear} and (self.suggestion(row) or not self.again):
                self._remember(row)
                self.cash[self.code(row)] = self.suggestion(row)
        self._tell()

    def take_list(self, cash: Mapping[str, int], *, unsigned: Collection[str], unclear: Collection[str]) -> None:
        """What the leader's file says, each as if it had been typed; whoever it does not say stays as they are."""
        for row in range(len(self.members)):
            if (code := self.code(row)) in cash:
                self._remember(row)
                self.interest.pop(code, None)
                self.cash[code] = cash[code]
        self.listed, self.unclear = dict(cash), set(unclear)
        self.unsigned |= set(unsigned)
        self._tell()

    def tick(self, row: int, *, absent: bool) -> None:
        """Turn a member's mark on or off: absent, or else without a signature on the list."""
        ticked, code = (self.absent if absent else self.unsigned), self.code(row)
        ticked.symmetric_difference_update({code})
        self._tell(row)

    def undo(self) -> int | None:
        """Take the last change of a cell back; its row."""
        if not self._before:
            return None
        code, cash, interest = self._before.pop()
        for typed, amount in ((self.cash, cash), (self.interest, interest)):
            if amount is None:
                typed.pop(code, None)
            else:
                typed[code] = amount
        self._tell()
        return next(row for row in range(len(self.members)) if self.code(row) == code)

    def _remember(self, row: int) -> None:
        code = self.code(row)
        self._before.append((code, self.cash.get(code), self.interest.get(code)))

    def _tell(self, row: int | None = None) -> None:
        """One row changed, or all of them; only what changed is painted again."""
        if self.members:
            first, last = (0, len(self.members) - 1) if row is None else (row, row)
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))
        self.edited.emit()

    @property
    def next_row(self) -> int | None:
        """The first row nobody has spoken for, or None."""
        return next((row for row in range(len(self.members)) if self.code(row) not in self.cash), None)

    @property
    def total(self) -> int:
        return sum(self.cash.values())

    @property
    def interest_total(self) -> int:
        return sum(self.split(row)[0] for row in range(len(self.members)) if self.code(row) in self.cash)

    @property
    def interest_due(self) -> int:
        return sum(one.member.interest for one in self.members)

    @property
    def stranded(self) -> int | None:
        """The first row with change and no deposit account to put it in, or None."""
        for row, one in enumerate(self.members):
            if self.code(row) in self.cash and not one.member.deposit_account and self.split(row)[1]:
                return row
        return None


def _short(programme: str) -> str:
    """The first letters of a programme's name, which is how the list names it."""
    words = programme.split()
    return programme if len(words) < 2 else "".join(word[0] for word in words[:4]).upper()
