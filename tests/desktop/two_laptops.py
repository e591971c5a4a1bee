"""Two enrolled laptops at the small point's table, each with its share of the two groups: A has the first, B the second.

A third, C, may be there to go on for either: it has no group.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from desktop import vault
from desktop.desk import Desk
from sync import keys
from sync.leases import Seat
from sync.pack import Answer, Colleague, Pack, make_ticket, read_answer, signed
from sync.pack import Laptop as Beside
from sync.records import changed
from tests.desktop import enrolled
from tests.desktop.enrolled import CODE, PEOPLE, Draw, Laptop
from tests.sync import small
from tests.sync.small import GROUP_A, GROUP_B

SHARES: Mapping[str, tuple[str, ...]] = {"A": (GROUP_A,), "B": (GROUP_B,)}
DEVICES = {"A": small.DEVICE, "B": small.SPARE, "C": b"\x0c" * 16}


def _ticket(letter: str) -> bytes:
    staff = [Colleague(staff_id=one.staff_id, full_name=one.full_name, role=one.role) for one in small.TERMS.team]
    return make_ticket(
        office=small.OFFICE, device=DEVICES[letter], letter=letter, code=CODE, office_seed=small.OFFICE_SEED, staff=staff
    )


def enrol(folder: Path, letters: str = "AB") -> dict[str, Laptop]:
    """All of them, enrolled once for a whole run; each pack names the others."""
    answers: dict[str, Answer] = {}
    for letter in letters:
        made = vault.enrol(
            folder / letter, _ticket(letter), people=PEOPLE, draw=Draw(letter.encode()), cost=vault.FLOOR, keystore=None
        )
        answers[letter] = read_answer(made, code=CODE)
    found = {}
    for letter in answers:
        opened = vault.Vault(folder / letter, draw=Draw(), keystore=None)
        unlocked = opened.unlock(small.TELLER, passphrase=enrolled.PASSPHRASES[small.TELLER], now_s=0)
        found[letter] = Laptop(folder / letter, unlocked._key, _pack(letter, answers))
    return found


def _pack(letter: str, answers: Mapping[str, Answer]) -> Pack:
    usual = enrolled.pack_for(answers[letter].users, sign_key=answers[letter].sign_key)
    beside = tuple(
        Beside(device=DEVICES[other], letter=other, sign_key=one.sign_key, seal_key=one.seal_key, users=one.users,
               groups=SHARES.get(other, ()))
        for other, one in answers.items() if other != letter
    )  # fmt: skip
    device = DEVICES[letter]
    made = changed(
        usual, device=device, letter=letter, groups=SHARES.get(letter, ()), laptops=beside,
        pack=keys.digest("test/pack", letter.encode())[:16],
        book=small.book_id(device=device, point_code=small.TERMS.point.point_code, session_date=small.DAY, issue=1),
    )  # fmt: skip
    return signed(made, office_seed=small.OFFICE_SEED)


def copied(both: Mapping[str, Laptop], folder: Path) -> dict[str, Laptop]:
    found = {}
    for letter, one in both.items():
        shutil.copytree(one.home, folder / letter)
        found[letter] = Laptop(folder / letter, one.key, one.pack)
    return found


class Joined:
    """Two open desks and the network between them, which `cut` takes away; every line that went over it is in `lines`."""

    def __init__(self, laptops: Mapping[str, Laptop]) -> None:
        self.laptops = laptops
        self.desks: dict[str, Desk] = {}
        self.cut = False
        self.lines: list[bytes] = []
        for letter in laptops:
            self.open(letter)

    def open(self, letter: str) -> Desk:
        """The desk of a laptop, opened or opened again."""
        if letter in self.desks:
            self.desks[letter].close()
        desk = self.desks[letter] = self.laptops[letter].desk()
        desk.leases.road = self._road
        return desk

    def _road(self, seat: Seat, line: bytes) -> bytes:
        from desktop.beside import OtherAway

        if self.cut:
            raise OtherAway(address=seat.letter, reason="cut")
        self.lines.append(line)
        answer = self.desks[seat.letter].leases.answer(line)
        self.lines.append(answer)
        return answer

    def close(self) -> None:
        for desk in self.desks.values():
            desk.close()
