"""kill -9 at random moments of a session run from a file, and what stands afterwards.

The program is started on a prepared laptop, killed, looked at, and started again, until the session is
done; then anew. Moments are drawn over the whole run: while it opens, posts, prints and sends. Half
of them are moments of the clock; the others are the narrow places that a clock seldom meets, where the
program ends itself by the same signal (after the commit and before the answer, with half an answer
written, after the office has the batch and before its word is kept). The first start of a session and its
last are of an interpreter of their own; those between are forked from a warm process, each still a process
that the signal ends. After each kill the laptop, as it lies, is held against the answers that came out
before it died:

- nothing that was answered is missing or other than it was answered;
- at most one voucher stands without an answer, and it is the next act's;
- the book is sound, and what has no sheet waits for one, or is said to be in doubt;
- no paper has a number that the book does not have, and no original lies there twice;
- the office holds a prefix of this very book.

When the session is done every act has stood exactly once. The controls are programs that answer before
they commit, or print before they commit, or print without saying so: each has to be found out.
"""

import json
import random
import re
import secrets
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from desktop import shelf
from desktop.__main__ import clock
from desktop.care import soundness
from desktop.vault import Unlocked, Vault
from sync.chain import Sealed
from tests.journeys.conftest import House, copy_of, served, start
from tests.journeys.warm import Started

# Lies about what it kept: the answer comes out although the entry is still in memory.
LATE = """
import sys
from desktop import __main__ as program, store
keep, held = store.Book.append, []
def late(self, sealed, **more):
    if held:
        last, rest = held.pop()
        keep(self, last, **rest)
    held.append((sealed, more))
store.Book.append = late
sys.exit(program.main(sys.argv[1:]))
"""
# Lays paper into the tray for the voucher that it is about to keep, and dies.
EARLY = """
import os, pathlib, signal, sys
from desktop import __main__ as program, store
folder = pathlib.Path(sys.argv[sys.argv.index("--paper") + 1])
def early(self, sealed, **more):
    folder.mkdir(exist_ok=True)
    (folder / f"early-{sealed.entry.number:06d}.pdf").write_bytes(b"%PDF %%EOF")
    os.kill(os.getpid(), signal.SIGKILL)
store.Book.append = early
sys.exit(program.main(sys.argv[1:]))
"""
# Says nothing of what it is about to print, and dies before it has counted it.
SILENT = """
import os, signal, sys
from desktop import __main__ as program, store
store.Book.begin_print = lambda self, begun: None
store.Book.printed = lambda self, number, sheets: os.kill(os.getpid(), signal.SIGKILL)
sys.exit(program.main(sys.argv[1:]))
"""
# Kills itself right before or after the so-manieth call of one verb.
SEAM = """
import os, signal, sys
from desktop import __main__ as program, script, store
from desktop.road import courier
from desktop.press import tray
place, when, left = sys.argv[1], sys.argv[2], int(sys.argv[3])
kind, name = place.split(".")
owner = {one.__name__: one for one in (courier.Courier, script.Answers, store.Book, tray.Tray)}[kind]
verb = getattr(owner, name)
def end(): os.kill(os.getpid(), signal.SIGKILL)
def seam(self, *facts, **more):
    global left
    left -= 1
    if left == 0 and when == "before":
        end()
    if left == 0 and when == "half":
        self._file.write(b'{"ok":true,"act":"gr')
        self._file.flush()
        end()
    answer = verb(self, *facts, **more)
    if left == 0:
        end()
    return answer
setattr(owner, name, seam)
sys.exit(program.main(sys.argv[4:]))
"""
# The seams, and up to which call of the verb one is drawn; a run has but one or two sends.
SEAMS = (
    ("Book.append", "before", 12),
    ("Book.append", "after", 12),
    ("Answers.give", "before", 12),
    ("Answers.give", "half", 12),
    ("Book.begin_print", "before", 12),
    ("Book.begin_print", "after", 12),
    ("Tray.voucher", "before", 12),
    ("Tray.put", "after", 12),
    ("Tray.voucher", "after", 12),
    ("Book.printed", "after", 12),
    ("Book.keep_batch", "after", 1),
    ("Courier.post_batch", "before", 1),
    ("Courier.post_batch", "after", 1),
    ("Book.take_ack", "after", 1),
)
# The kind of voucher an act makes, where it goes by another name.
KINDS = {
    **dict.fromkeys(("disburse", "pay"), "slip"),
    **dict.fromkeys(("save", "save_close", "withdraw", "transfer"), "visit"),
}
# A start takes two seconds on a slow machine; a kill in the middle of it is drawn from this.
START_S = 2.0
# One from the warm process has its imports behind it.
START_WARM_S = 0.6
# An act takes 10 to 300 ms, so this spreads the kills over posting, printing and the approvals before.
ACT_S = 0.12


class Seen(NamedTuple):
    """A laptop as a kill left it."""

    sealed: tuple[Sealed, ...]
    sheets: dict[int, int]
    faults: list[str]
    doubtful: frozenset[int]


class Trial:
    """One session of one house, killed again and again."""

    def __init__(self, house: House, address: str) -> None:
        self.house = house
        self.answers_file = house.out / "answers.jsonl"
        self.script = house.out / "script.jsonl"
        self._address = address
        vault = Vault(house.laptop, draw=secrets.token_bytes, keystore=None)
        teller = house.teller
        self.keys: Unlocked = vault.unlock(teller.staff_id, passphrase=teller.passphrase, now_s=clock().wall_s)

    def start(self, text: str = "", *told: str, cold: bool = False) -> "subprocess.Popen[str] | Started":
        """The program, or another text in its place, with what it is told before the verb."""
        command = [*told, "play", "--home", self.house.laptop, "--resume", "--answers", self.answers_file]
        command += ["--paper", self.house.out / "paper", "--office", self._address]
        # The morning that the first start made of the pack; a cold start makes it anew, and it has to be the same.
        command += ["--keep-script", self.script] if cold or not self.script.exists() else ["--script", self.script]
        return start("desktop", *command, typed=self.house.typed(), text=text, cold=cold)

    def answers(self) -> list[dict[str, Any]]:
        """The whole lines: what is torn was never an answer."""
        if not self.answers_file.exists():
            return []
        raw = self.answers_file.read_bytes()
        return [json.loads(line) for line in raw[: raw.rfind(b"\n") + 1].splitlines()]

    def answered(self) -> int:
        return self.answers_file.read_bytes().count(b"\n") if self.answers_file.exists() else 0

    def kill_at(self, draw: random.Random, *, cold: bool) -> bool:
        """Start, and kill at a moment drawn by `draw`; whether the program was still there to be killed."""
        if draw.random() < 0.5:
            place, when, most = draw.choice(SEAMS)
            program = self.start(SEAM, place, when, str(draw.randint(1, most)), cold=cold)
        else:
            program = self.start(cold=cold)
            self._wait(program, draw, start_s=START_S if cold else START_WARM_S)
            program.send_signal(signal.SIGKILL)
        _, err = program.communicate(timeout=300)
        assert "Traceback" not in err, err
        return program.returncode == -signal.SIGKILL

    def _wait(self, program: "subprocess.Popen[str] | Started", draw: random.Random, *, start_s: float) -> None:
        """Until the moment: in the middle of the start, or of the act after the so-manieth answer."""
        if draw.random() < 0.2:
            time.sleep(draw.uniform(0, start_s))
            return
        wanted, until = self.answered() + draw.randrange(0, 14), time.monotonic() + 120
        while self.answered() < wanted and program.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(draw.uniform(0, ACT_S))

    def finish(self, *, cold: bool = False) -> dict[str, Any]:
        program = self.start(cold=cold)
        out, err = program.communicate(timeout=300)
        assert program.returncode == 0, err
        found: dict[str, Any] = json.loads(out)
        return found

    def seen(self, aside: Path) -> Seen:
        """The laptop looked at in a copy, so that looking changes nothing."""
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(self.house.laptop, aside)
        faults = [one.reason for one in soundness.check(aside, self.keys) if one.reason]
        book = shelf.open_book(aside, self.keys, shelf.newest(aside, self.keys))
        try:
            doubtful = frozenset(one.number for one in book.begun())
            return Seen(tuple(book.sealed()), book.sheets(), faults, doubtful)
        finally:
            book.close()


def told(answers: Sequence[dict[str, Any]], seen: Seen, paper: Path, office: Path) -> list[str]:
    """What is wrong with a laptop after a kill; nothing, if the program keeps its word."""
    wrong = list(seen.faults)
    vouchers = [one for one in answers if "voucher" in one]
    heads = {one.entry.number: one for one in seen.sealed}
    for answer in vouchers:
        kept = heads.get(answer["voucher"])
        if kept is None:
            wrong.append(f"voucher {answer['voucher']} was answered and is missing")
        elif (kept.head.hex(), kept.entry.body.cash) != (answer["head"], answer["cash"]):
            wrong.append(f"voucher {answer['voucher']} is not what was answered")
    if not len(vouchers) <= len(seen.sealed) <= len(vouchers) + 1:
        wrong.append(f"{len(seen.sealed)} entries, {len(vouchers)} answers")
    if seen.sheets.keys() != heads.keys():
        wrong.append("an entry without a print job, or a job without an entry")
    for number, sheets in seen.sheets.items():
        files = list(paper.glob(f"*-{number:06d}.pdf"))
        if sheets and not (len(files) == 1 and files[0].read_bytes().rstrip().endswith(b"%%EOF")):
            wrong.append(f"voucher {number} counts as printed and has no whole sheet")
    wrong += unheld(seen, paper)
    for number, head in received(office):
        if number not in heads or heads[number].head != head:
            wrong.append(f"the office holds an entry {number} that the laptop does not")
    return wrong


def unheld(seen: Seen, paper: Path) -> list[str]:
    """What lies in the tray and the book does not hold, or does not account for."""
    wrong = []
    numbers = [int(found[1]) for path in paper.glob("*.pdf") if (found := re.search(r"-(\d{6})\.pdf$", path.name))]
    if stray := set(numbers) - seen.sheets.keys():
        wrong.append(f"paper without an entry: {sorted(stray)}")
    if len(numbers) != len(set(numbers)):
        wrong.append("two originals of one voucher")
    # What is out counts as printed or is in doubt; what simply waits is nowhere.
    if untold := {number for number in numbers if not seen.sheets.get(number, 1)} - seen.doubtful:
        wrong.append(f"paper that is out and said to wait: {sorted(untold)}")
    return wrong


def received(office: Path) -> list[tuple[int, bytes]]:
    db = sqlite3.connect(f"file:{office / 'office.db'}?mode=ro", uri=True)
    try:
        return list(db.execute("SELECT number, head FROM entry ORDER BY number"))
    finally:
        db.close()


def once_each(trial: Trial, seen: Seen) -> list[str]:
    """After a finished session: every act of the script stands exactly once, in its order, and has its sheets."""
    acts = [json.loads(line) for line in trial.script.read_text("utf-8").splitlines() if line]
    answers = trial.answers()
    wrong = []
    if [one["act"] for one in answers] != [one["act"] for one in acts] or not all(one["ok"] for one in answers):
        wrong.append("the answers are not one an act")
    posted = [KINDS.get(one["act"], one["act"]) for one in acts if one["act"] != "sync"]
    if [one.entry.body.kind for one in seen.sealed] != posted:
        wrong.append("the book is not the script")
    if len({one.entry.id for one in seen.sealed}) != len(seen.sealed):
        wrong.append("an id stands twice")
    if not all(seen.sheets.values()) or seen.doubtful:
        wrong.append("a voucher was never printed")
    if [head for _, head in received(trial.house.office)] != [one.head for one in seen.sealed]:
        wrong.append("the office does not hold the book")
    return wrong


def trials(prepared: House, tmp_path: Path, *, kills: int, seed: int) -> list[str]:
    """Sessions until so many kills have fallen; everything that was wrong after any of them."""
    draw, fallen, wrong, session = random.Random(seed), 0, [], 0
    totals, narrow = set(), 0
    while fallen < kills:
        session += 1
        house = copy_of(prepared, tmp_path / f"session-{session}")
        with served(house.office) as address:
            trial = Trial(house, address)
            killed = cold = True
            while fallen < kills and killed:
                # The first start and the last one are of an interpreter of its own.
                killed = trial.kill_at(draw, cold=cold)
                cold = False
                fallen += killed
                seen = trial.seen(house.out / "aside")
                narrow += len(seen.sealed) > sum("voucher" in one for one in trial.answers())
                wrong += [
                    f"seed {seed}, kill {fallen}: {one}"
                    for one in told(trial.answers(), seen, house.out / "paper", house.office)
                ]
            summary = trial.finish(cold=True)
            wrong += [f"seed {seed}, session {session}: {one}" for one in once_each(trial, trial.seen(house.out / "aside"))]
            totals.add(json.dumps([summary["cash"], summary["by_code"], summary["vouchers"], summary["lines"]]))
        shutil.rmtree(house.out)
    if not narrow:
        wrong.append(f"seed {seed}: no kill fell between a commit and its answer, so nothing was shown")
    if len(totals) != 1:
        wrong.append(f"seed {seed}: the same morning came to different sums: {sorted(totals)}")
    if not wrong:
        print(f"kills {fallen:,} sessions {session} lost 0 doubled 0")
    return wrong


@pytest.mark.feature(9, 52, 83)
def test_no_kill_loses_or_doubles_anything(prepared: House, tmp_path: Path) -> None:
    assert trials(prepared, tmp_path, kills=50, seed=20261122) == []


@pytest.mark.long
def test_two_hundred_kills_lose_and_double_nothing(prepared: House, tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    assert trials(prepared, tmp_path, kills=200, seed=seed) == []


def test_a_program_that_answers_before_it_commits_is_found_out(prepared: House, tmp_path: Path) -> None:
    house = copy_of(prepared, tmp_path / "late")
    with served(house.office) as address:
        trial = Trial(house, address)
        program = trial.start(LATE)
        until = time.monotonic() + 60
        while trial.answered() < 5 and program.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        program.send_signal(signal.SIGKILL)
        program.communicate(timeout=60)
        wrong = told(trial.answers(), trial.seen(house.out / "aside"), house.out / "paper", house.office)
    assert any("was answered and is missing" in one for one in wrong)


def test_a_program_that_prints_before_it_commits_is_found_out(prepared: House, tmp_path: Path) -> None:
    house = copy_of(prepared, tmp_path / "early")
    with served(house.office) as address:
        trial = Trial(house, address)
        program = trial.start(EARLY)
        program.communicate(timeout=120)
        wrong = told(trial.answers(), trial.seen(house.out / "aside"), house.out / "paper", house.office)
    assert any("paper without an entry" in one for one in wrong)


def test_a_program_that_prints_without_saying_that_it_begins_is_found_out(prepared: House, tmp_path: Path) -> None:
    house = copy_of(prepared, tmp_path / "silent")
    with served(house.office) as address:
        trial = Trial(house, address)
        program = trial.start(SILENT)
        program.communicate(timeout=120)
        wrong = told(trial.answers(), trial.seen(house.out / "aside"), house.out / "paper", house.office)
    assert any("said to wait" in one for one in wrong)


@pytest.mark.parametrize("left", ["nothing", pytest.param("half", marks=pytest.mark.long)])
def test_a_voucher_without_its_answer_is_answered_and_not_posted_again(prepared: House, tmp_path: Path, left: str) -> None:
    house = copy_of(prepared, tmp_path / "unanswered")
    with served(house.office) as address:
        trial = Trial(house, address)
        first = trial.finish()
        whole = trial.answers_file.read_bytes()
        *_, close, sync = whole.splitlines(keepends=True)
        assert json.loads(close)["act"] == "close"
        # As a power cut between the commit and the answer would have left it.
        kept = whole[: -len(sync) - len(close)]
        trial.answers_file.write_bytes(kept + (close[: len(close) // 2] if left == "half" else b""))
        again = trial.finish()
    assert trial.answers_file.read_bytes().splitlines()[-2] == close.rstrip()
    assert [again[name] for name in ("vouchers", "head", "cash")] == [first[name] for name in ("vouchers", "head", "cash")]


@pytest.mark.long
def test_answers_of_another_run_are_not_taken_up(prepared: House, tmp_path: Path) -> None:
    house = copy_of(prepared, tmp_path / "other")
    with served(house.office) as address:
        trial = Trial(house, address)
        trial.finish()
        lines = trial.answers_file.read_bytes().splitlines(keepends=True)
        trial.answers_file.write_bytes(b"".join(lines[:4]))
        program = trial.start()
        _, err = program.communicate(timeout=120)
    assert program.returncode == 1
    assert "Hai bên không cùng một phiên" in err
