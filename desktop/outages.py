"""What cannot sign at this table now, since when, and how much was posted meanwhile: for the window and its papers."""

from collections.abc import Sequence
from typing import NamedTuple

from sync.outage import gaps
from sync.projection import LAPTOP, Projection


class Outages(NamedTuple):
    """Where signing stands. Numbers are 0, moments (Unix seconds) 0 and texts empty where nothing is out.

    `can_sign`: the laptop's own key is on it. `laptop` is the voucher that said it was not, `unsigned` counts the
    vouchers since, itself among them, and `cash_in` and `cash_out` what they moved, in đồng; `person` is who cannot sign (staff id) since the voucher `person_since`.
    """

    can_sign: bool = True
    laptop: int = 0
    laptop_s: int = 0
    unsigned: int = 0
    cash_in: int = 0
    cash_out: int = 0
    person: str = ""
    person_since: int = 0
    person_s: int = 0

    @property
    def must_declare(self) -> bool:
        """The key is gone and no voucher says so yet: nothing else can be posted."""
        return not self.can_sign and not self.laptop

    @property
    def must_recover(self) -> bool:
        """The key is back and the gap still open: nothing else can be posted."""
        return self.can_sign and bool(self.laptop)


def standing_of(session: Projection, walls: Sequence[int], *, can_sign: bool) -> Outages:
    """Where signing stands; `walls` is the laptop's clock at each voucher."""
    found = Outages(can_sign=can_sign)
    for one, since in session.outages.items():
        if one == LAPTOP:
            gap = gaps(session, of=LAPTOP)[-1]
            found = found._replace(
                laptop=since, laptop_s=walls[since - 1], unsigned=gap.entries, cash_in=gap.cash_in, cash_out=gap.cash_out
            )
        else:
            found = found._replace(person=one, person_since=since, person_s=walls[since - 1])
    return found
