"""What can go wrong, sorted by who must act next.

`Refusal`: a rule says no. Nothing changed; the sentence stands beside the field, and the person
who typed it acts. `Unavailable`: something outside is missing. Nothing changed; try again.
`Damage`: what is held cannot be trusted. It is kept as found and everything stops until a person
has looked. Any other exception is a bug of this program and reaches the top.

Each concrete fault stands beside the code that raises it, with a stable `code` and one sentence
in Vietnamese and in English. Facts are ids, numbers and dates: never a name, never a secret.
"""

from typing import ClassVar


class Fault(Exception):
    """A thing that happened, with the facts its sentence needs."""

    code: ClassVar[str]
    vi: ClassVar[str]
    en: ClassVar[str]

    def __init__(self, **facts: str | int) -> None:
        super().__init__(self.code)
        self.facts = facts

    def sentence(self, language: str = "vi") -> str:
        """What happened, whose turn it is and what to do; whole numbers are printed in groups of three."""
        shown = {
            name: f"{fact:,}".replace(",", ".") if isinstance(fact, int) else fact
            for name, fact in self.facts.items()
        }
        return (self.en if language == "en" else self.vi).format(**shown)

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence('en')}"


class Refusal(Fault):
    """A rule says no, and nothing changed (HTTP 422, or 409 for a conflict)."""


class Unavailable(Fault):
    """Something outside is missing, and nothing changed (HTTP 503)."""


class Damage(Fault):
    """What is held cannot be trusted: kept as found, stopped on (HTTP 500)."""
