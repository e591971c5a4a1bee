"""The laptop dies in the middle of a morning; the session goes on at another one from its stick, and nothing is missing.

Whole programs throughout: two laptops of one office, a folder for the stick, `kill -9`. Everything that was answered or
printed before must be in the book that goes on, and everything in the office's books must be there once.
"""

import json
import random
import re
import secrets
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from desktop import shelf
from desktop.commands.terminal import clock
from desktop.morning import notes_for
from desktop.vault import Vault
from sync import mirror
from sync.chain import Sealed
from sync.pack import read_ticket
from tests.journeys.conftest import Ended, House, copy_of, desktop, office, served, start

# Half of it is Argon2id at its full price; the rest reads, checks and writes a book.
GOES_ON_S_MAX = 60
REASON = "máy A bị nước vào"
# So many more acts of the morning are done at the other laptop before it counts and closes.
MORE_ACTS = 10


class Two(NamedTuple):
    """A house with a second laptop on which the same team is enrolled; `first.laptop` holds the session's pack."""

    first: House
    spare: Path

    @property
    def stick(self) -> Path:
        return self.first.out / "stick"


@pytest.fixture(scope="module")
def template(prepared: House, tmp_path_factory: pytest.TempPathFactory) -> Two:
    """The house's office enrolled a second laptop before it made the pack."""
    house = copy_of(prepared, tmp_path_factory.mktemp("two") / "house")
    spare, ticket = house.out / "spare", house.out / "ticket-B.dgd"
    rows = sqlite3.connect(house.office / "office.db").execute("SELECT point_code, session_date FROM pack").fetchall()
    ((point, day),) = rows
    with served(house.office) as address:
        assert office("enrol", "--home", house.office, "--letter", "B", "--out", ticket).status == 0
        # A teller, a controller and a leader, as many as it takes; the others have no account there.
        told = {one.staff_id: (one.passphrase, one.pin) for one in house.people[:3]}
        # In the order in which it asks.
        typed = [one for staff in read_ticket(ticket.read_bytes()).staff for one in told.get(staff.staff_id, ())]
        done = desktop("enrol", ticket, "--home", spare, "--office", address, "--staff", *told, typed=typed)
        assert done.status == 0, done.err
        again = office("prepare", "--home", house.office, "--point", point, "--date", day, "--device", "A", "--again")
        assert again.status == 0, again.err
        fetched = desktop(
            "fetch", "--home", house.laptop, "--office", address, "--user", house.teller.staff_id, typed=[house.teller.passphrase]
        )
        assert fetched.status == 0, fetched.err
    return Two(house, spare)


@pytest.fixture
def two(template: Two, tmp_path: Path) -> Two:
    shutil.copytree(template.first.out, tmp_path / "house")
    (tmp_path / "house" / "stick").mkdir()
    return Two(House(tmp_path / "house", template.first.people), tmp_path / "house" / "spare")


def command(two: Two, laptop: Path, name: str, *more: str | Path) -> list[str | Path]:
    out = two.first.out
    return ["play", "--home", laptop, "--answers", out / f"{name}.jsonl", "--paper", out / f"paper-{name}", "--resume", *more]


def answers(two: Two, name: str) -> list[dict[str, Any]]:
    path = two.first.out / f"{name}.jsonl"
    raw = path.read_bytes() if path.exists() else b""
    return [json.loads(line) for line in raw[: raw.rfind(b"\n") + 1].splitlines()]


def killed(two: Two, *, draw: random.Random) -> None:
    """A morning on the first laptop, ended by `kill -9` in the midst of posting."""
    told = command(two, two.first.laptop, "first", "--keep-script", two.first.out / "script.jsonl", "--mirror", two.stick)
    started = start("desktop", *told, typed=two.first.typed())
    wanted, until = draw.randint(8, 20), time.monotonic() + 120
    while len(answers(two, "first")) < wanted and started.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    time.sleep(draw.uniform(0, 0.1))
    started.send_signal(signal.SIGKILL)
    _, err = started.communicate(timeout=60)
    assert started.returncode == -signal.SIGKILL, err


def lagging(two: Two, folder: Path) -> Two:
    """The same with a stick that never got the last frames."""
    shutil.copytree(two.first.out, folder)
    (path,) = (folder / "stick" / "DGD" / "mirror").iterdir()
    raw, ends = path.read_bytes(), [len(mirror.MAGIC)]
    while ends[-1] < len(raw):
        ends.append(ends[-1] + 4 + int.from_bytes(raw[ends[-1] : ends[-1] + 4], "big"))
    path.write_bytes(raw[: ends[-4]])
    return Two(House(folder, two.first.people), folder / "spare")


def goes_on(two: Two) -> tuple[Ended, float]:
    """The resumption on the second laptop, as it is typed there; how many seconds it took."""
    teller, controller = two.first.people[0], next(one for one in two.first.people if one.role == "controller")
    began = time.monotonic()
    done = desktop(
        "resume", two.stick, "--home", two.spare, "--reason", REASON, "--approver", controller.staff_id,
        typed=[teller.passphrase, teller.pin, controller.pin], cold=True,
    )  # fmt: skip
    return done, time.monotonic() - began


@contextmanager
def kept(two: Two, laptop: Path) -> Iterator[tuple[Sealed, ...]]:
    """The entries of a laptop's newest book, checked to its last rule, looked at in a copy."""
    aside = two.first.out / "aside"
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(laptop, aside)
    teller = two.first.teller
    unlocked = Vault(aside, draw=secrets.token_bytes, keystore=None).unlock(
        teller.staff_id, passphrase=teller.passphrase, now_s=clock().wall_s
    )
    book = shelf.open_book(aside, unlocked, shelf.newest(aside, unlocked))
    try:
        shelf.verified(book, device_key=unlocked.sign_key)
        yield tuple(book.sealed())
    finally:
        book.close()


def lost(two: Two, entries: Sequence[Sealed]) -> list[str]:
    """What somebody was told or given by the first laptop and the book that goes on does not have."""
    heads = {one.entry.number: one.head.hex() for one in entries}
    wrong = [
        f"voucher {one['voucher']} was answered and is missing"
        for one in answers(two, "first") if "voucher" in one and heads.get(one["voucher"]) != one["head"]
    ]  # fmt: skip
    out = {int(found[1]) for path in (two.first.out / "paper-first").glob("*.pdf") if (found := re.search(r"-(\d{6})\.pdf$", path.name))}
    return [*wrong, *(f"voucher {number} was printed and is missing" for number in sorted(out - heads.keys()))]


def rest(two: Two, posted: int) -> list[bytes]:
    """The next acts of the morning that the first laptop had not done; `posted` vouchers of it came over."""
    given = answers(two, "first")
    acts = (two.first.out / "script.jsonl").read_bytes().splitlines()
    before = sum("voucher" in one for one in given)
    assert posted in (before, before + 1)
    first = len(given) + posted - before
    return acts[first : first + MORE_ACTS]


def script_of(two: Two, acts: Sequence[bytes]) -> Path:
    path = two.first.out / "rest.jsonl"
    path.write_bytes(b"\n".join(acts) + b"\n")
    return path


def ending(cash: int) -> list[bytes]:
    """The drawer counted as the book says it is, what no note can show minuted, the book closed and sent."""
    notes, odd = notes_for(cash), cash - sum(note * count for note, count in notes_for(cash).items())
    count = {"act": "count", "denominations": {str(note): many for note, many in notes.items()}}
    off = [{"act": "difference", "reason": "tiền lẻ dưới 500 đồng"}] if odd else []
    return [json.dumps(one).encode() for one in (count, *off, {"act": "close"}, {"act": "sync"})]


def back_again(two: Two) -> Path:
    """What the first laptop does when it comes back: one more act of its morning, a try to send, and another act."""
    acts, given = (two.first.out / "script.jsonl").read_bytes().splitlines(), len(answers(two, "first"))
    path = two.first.out / "back.jsonl"
    path.write_bytes(b"\n".join([*acts[: given + 1], b'{"act":"sync"}', acts[given + 1]]) + b"\n")
    return path


def rows(two: Two, query: str) -> list[tuple[Any, ...]]:
    db = sqlite3.connect(f"file:{two.first.office / 'office.db'}?mode=ro", uri=True)
    try:
        return list(db.execute(query))
    finally:
        db.close()


def booked(two: Two) -> list[tuple[int, bytes]]:
    """What stands in the office's books, by number."""
    return [(number, head) for number, head in rows(two, "SELECT number, head FROM entry ORDER BY number, head")]


def play(two: Two, laptop: Path, name: str, *more: str | Path) -> Ended:
    return desktop(*command(two, laptop, name, *more), typed=two.first.typed())


@pytest.mark.feature(9, 77, 93)
def test_a_dead_laptops_session_goes_on_at_another_and_closes(two: Two, tmp_path: Path) -> None:
    killed(two, draw=random.Random(20261122))
    behind = lagging(two, tmp_path / "behind")
    done, took_s = goes_on(two)
    assert done.status == 0, done.err
    assert took_s < GOES_ON_S_MAX
    print(f"went on after {took_s:.1f} s")
    with kept(two, two.spare) as entries:
        assert lost(two, entries) == []
        posted = len(entries) - 1
        assert entries[-1].entry.body.kind == "resume"
    # From a stick that was a few vouchers behind it goes on as well, and this would have been seen.
    assert goes_on(behind)[0].status == 0
    with kept(behind, behind.spare) as entries:
        assert lost(behind, entries)
    # The acts of a session that goes on are another run; its book is the newest here.
    with served(two.first.office) as address:
        begun = play(two, two.spare, "spare", "--script", script_of(two, acts := rest(two, posted)), "--mirror", two.stick)
        acts += ending(json.loads(begun.out)["cash"]["closing"])
        ended = play(two, two.spare, "spare", "--script", script_of(two, acts), "--office", address, "--mirror", two.stick)
        # The first laptop comes back: with the stick in it stops by itself, without it the office stops it.
        seen = play(two, two.first.laptop, "first", "--script", back_again(two), "--mirror", two.stick)
        back = play(two, two.first.laptop, "first", "--script", back_again(two), "--office", address)
    summary = json.loads(ended.out)
    assert ended.status == 0, ended.err
    assert (summary["state"], summary["refused"], summary["marks"]["received"]) == ("closed", 0, summary["vouchers"])
    # The papers of the first laptop are a person's to answer; of this one's own none is left.
    assert (summary["doubtful"], summary["unprinted"]) == (list(range(1, posted + 1)), [])
    assert summary["mirrored"] == summary["vouchers"]
    # Every entry is in the office's books once, the first laptop's up to its last and the other's from there on.
    with kept(two, two.spare) as entries:
        assert booked(two) == [(one.entry.number, one.head) for one in entries]
    assert "Máy B đã làm tiếp" in seen.err
    # What it posted after all is kept aside and a case, and it stops.
    told = answers(two, "first")[-2:]
    assert [one.get("error") for one in told] == ["script.not-taken", "desk.taken-over"]
    assert "máy khác" in back.err
    assert rows(two, "SELECT number FROM fork_entry") == [(posted + 1,)]
    assert [kind for (kind,) in rows(two, "SELECT kind FROM office_case")] == ["taken-over"]
