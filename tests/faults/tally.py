"""What a harness saw, in one line: how many points, and how many of each thing that was wrong."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

# What can be wrong with a laptop after a fault, as the line names it.
KINDS = ("lost", "doubled", "unsound", "unclear")


class Wrong(NamedTuple):
    """One thing that must not be: `lost` (told and gone), `doubled`, `unsound` (does not open, does not add up), or
    `unclear` (no sentence for a person)."""

    kind: str
    what: str


class Tally:
    """Counts of one harness."""

    def __init__(self, points: str) -> None:
        self._points = points
        self.tried = 0
        self.wrong: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self.first: list[str] = []

    def add(self, wrong: Iterable[Wrong], *, where: object) -> None:
        """One more point; what was wrong at it counts once of each kind."""
        self.tried += 1
        found = list(wrong)
        self.wrong.update({one.kind for one in found})
        if len(self.first) < 5:
            self.first += [f"{where}: {one.kind}: {one.what}" for one in found]

    def join(self, other: "Tally") -> None:
        """What another one counted is counted here as well."""
        self.tried += other.tried
        self.wrong += other.wrong
        self.seen += other.seen
        self.first += other.first

    def note(self, what: str, times: int = 1) -> None:
        """Something worth saying that is not wrong."""
        self.seen[what] += times

    @property
    def clean(self) -> bool:
        return not self.wrong

    def line(self, *controls: "Tally") -> str:
        """`images 5,000 lost 0 doubled 0 … control lost 37 of 150`; several controls where there are several."""
        parts = [f"{self._points} {self.tried:,}", *(f"{kind} {self.wrong[kind]:,}" for kind in KINDS)]
        parts += [f"{what} {times:,}" for what, times in sorted(self.seen.items())]
        for control in controls:
            found = " ".join(f"{kind} {count:,}" for kind, count in sorted(control.wrong.items())) or "found nothing"
            parts.append(f"control {found} of {control.tried:,}")
        return " ".join(parts)
