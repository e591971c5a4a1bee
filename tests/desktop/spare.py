"""Two laptops of one office on which the same team is enrolled: what one wrote, the other goes on with."""

from pathlib import Path

from desktop import vault
from desktop.desk import Desk
from desktop.road import going_on, mirror
from desktop.road.going_on import Found
from desktop.road.mirror import Held, Mirror
from desktop.shelf import open_book
from desktop.vault import Vault
from sync.chain import Moment
from sync.pack import Colleague, make_ticket, read_answer, signed
from sync.pack import Laptop as Named
from sync.records import changed
from tests.desktop import enrolled
from tests.desktop.enrolled import PASSPHRASES, PEOPLE, PINS, Draw, Laptop
from tests.sync import small
from tests.sync.small import CONTROLLER, TELLER

CODE = b"\x0d" * 16
REASON = "máy chính rơi vỡ"


def spare_ticket() -> bytes:
    staff = [Colleague(staff_id=one.staff_id, full_name=one.full_name, role=one.role) for one in small.TERMS.team]
    return make_ticket(
        office=small.OFFICE, device=small.SPARE, letter="B", code=CODE, office_seed=small.OFFICE_SEED, staff=staff
    )


def pair(first: Laptop, folder: Path) -> tuple[Laptop, Laptop]:
    """The enrolled laptop, with a pack that names another one, and that one."""
    home = folder / "spare"
    answer = read_answer(
        vault.enrol(home, spare_ticket(), people=PEOPLE, draw=Draw(b"spare"), cost=vault.FLOOR, keystore=None), code=CODE
    )
    other = Named(device=small.SPARE, letter="B", sign_key=answer.sign_key, seal_key=answer.seal_key, users=answer.users)
    pack = signed(changed(first.pack, laptops=(other,)), office_seed=small.OFFICE_SEED)
    unlocked = Vault(home, draw=Draw(b"unlock"), keystore=None).unlock(TELLER, passphrase=PASSPHRASES[TELLER], now_s=0)
    return enrolled.copied(Laptop(first.home, first.key, pack), folder / "first"), Laptop(home, unlocked._key, pack)


def mirrored(desk: Desk, root: Path, *, held: Held | None = None, kept: Mirror | None = None) -> Mirror:
    """Everything of the book on the stick at `root`."""
    root.mkdir(exist_ok=True)
    kept = kept or Mirror(root, desk.mirror_source(), draw=Draw(root.name.encode()))
    mirror.keep_up(kept, desk, held=held)
    return kept


def found(other: Laptop, root: Path, staff_id: str = TELLER) -> Found:
    unlocked = other.unlocked(staff_id)
    lying = mirror.others(root, but=unlocked.device)
    return going_on.newest(other.home, unlocked, lying, typed=PINS[staff_id], now_s=small.BEGIN_S + 3_600)


def gone_on(other: Laptop, root: Path, staff_id: str = TELLER) -> Desk:
    """The desk of the other laptop on what the stick holds."""
    unlocked, what = other.unlocked(staff_id), found(other, root, staff_id)
    book = going_on.go_on(
        other.home, unlocked, what, reason=REASON, typed=PINS[staff_id], approver=CONTROLLER, pin=PINS[CONTROLLER],
        moment=Moment(small.BEGIN_S + 3_600, 100, 2),
    )  # fmt: skip
    other.clock.wall_s = small.BEGIN_S + 3_600
    return Desk.open(open_book(other.home, unlocked, book), unlocked, clock=other.clock)


