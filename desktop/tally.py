"""The tally: what a session comes to, for whoever looks at the drawer or at the end of a morning.

Amounts are đồng, counts are of vouchers. Nothing here posts, prints or asks the book's file.
"""

from typing import NamedTuple

from sync.ledger import CASH
from sync.session import Session
from sync.terms import Staff


class Expected(NamedTuple):
    """The drawer as the book expects it: notes known by denomination, largest first, and `loose` đồng known only as a sum.

    `holder` is who took it over last.
    """

    notes: tuple[tuple[int, int], ...]
    loose: int
    holder: str


class CodeSum(NamedTuple):
    """What one transaction code comes to: vouchers that carry it, its lines, đồng in and out of the drawer or, for
    a transfer, moved. Reversals count against what they undid."""

    code: str
    vouchers: int
    lines: int
    came: int
    went: int


class Hand(NamedTuple):
    """One of the team: how many vouchers they made and approved; `holds` the drawer."""

    staff: Staff
    made: int
    approved: int
    holds: bool


class Summary(NamedTuple):
    """What the session came to, for the team: by code and by person. Counts of vouchers; `absent` of members."""

    codes: tuple[CodeSum, ...]
    hands: tuple[Hand, ...]
    reversals: int
    requests: int
    suspense: int
    absent: int


class Tally:
    """A session's sums. `_hands` counts the vouchers each of the team made and approved."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._hands: dict[str, tuple[int, int]] = {}

    def expected(self) -> Expected:
        """What should lie in the drawer now, and who holds it."""
        drawer, holder = self.session.drawer, self.session.roll.staff.get(self.session.holder)
        return Expected(tuple(drawer.notes.items()), drawer.loose, holder.full_name if holder else "")

    def summary(self) -> Summary:
        """What the session came to so far."""
        session = self.session
        standing = [body for number, body in enumerate(session.bodies, start=1) if number not in session.reversed]
        kinds = [body.kind for body in standing]
        return Summary(
            codes=self._code_sums(),
            hands=tuple(
                Hand(one, *self._hands.get(one.staff_id, (0, 0)), holds=one.staff_id == session.holder)
                for one in session.terms.team
            ),
            reversals=kinds.count("reverse") + kinds.count("correct"),
            requests=kinds.count("request"),
            suspense=kinds.count("suspense"),
            absent=sum(len(body.absent) for body in standing),
        )

    def _code_sums(self) -> tuple[CodeSum, ...]:
        made: dict[str, CodeSum] = {}
        for body in self.session.bodies:
            # What took lines back and was itself reversed brings them in again; a member's lines are part of a voucher.
            again = body.kind == "reverse" and self.session.bodies[body.reverses - 1].kind == "correct"
            undoes = body.kind in ("reverse", "correct") and not again
            weight = 0 if again else {"reverse": -1, "correct": 0}.get(body.kind, 1)
            for line in body.lines:
                one = made.get(line.code, CodeSum(line.code, 0, 0, 0, 0))
                # What only moves from a deposit to a debt is counted by the side that pays.
                moved = line.amount if line.component != "deposit" else 0
                way = CASH[line.code]
                came, went = (line.amount, 0) if way > 0 else (0, line.amount) if way < 0 else (moved, moved)
                made[line.code] = CodeSum(
                    line.code, one.vouchers, one.lines + (-1 if undoes else 1), one.came + came, one.went + went
                )
            for code in {line.code for line in body.lines}:
                made[code] = made[code]._replace(vouchers=made[code].vouchers + weight)
        return tuple(made[code] for code in CASH if code in made)
