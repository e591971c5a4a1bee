"""What a thief of the laptop finds: no name, number, amount or code of anybody, in any file.

Every byte under `laptop/` is searched for every word of the export and every figure of the session, as
UTF-8 and as UTF-16 of both kinds, after a finished session and after one that was killed with its log
still hot. The control plants one name and has to find it.
"""

import csv
import hashlib
import json
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from installer import demo
from tests.journeys.conftest import House, copy_of, served
from tests.journeys.test_kill import Trial

# Longer words than this do not stand among a few million random bytes by chance (2^56 seven-byte words);
# shorter ones (a role, a rate, a letter) would, and say nothing about anybody.
WORD_BYTES_MIN = 6
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


def words_of(export: Path, answers: Path, people: Iterable[demo.Person]) -> set[str]:
    """Every value of the export, every figure and number of the answers, and what the team typed."""
    words: set[str] = set()
    for file in export.glob("*.csv"):
        with file.open(encoding="utf-8-sig", newline="") as opened:
            for row in csv.reader(opened):
                words.update(row)
    for line in answers.read_text("utf-8").splitlines():
        answer = json.loads(line)
        words.add(answer.get("number", ""))
        words.add(str(answer.get("cash", "")))
        for one in answer.get("lines", ()):
            words.update((one["account"], str(one["amount"])))
    for person in people:
        words.update((person.staff_id, person.passphrase, person.pin))
    # Grouped as paper and screen show them.
    words |= {f"{int(word):,}".replace(",", ".") for word in words if word.isdigit() and len(word) > 5}
    return words


class Needles:
    """Words as they would stand in a file in any of the encodings, made ready to be looked for."""

    def __init__(self, words: Iterable[str]) -> None:
        self._begins: dict[bytes, list[tuple[bytes, str]]] = {}
        self._known: dict[bytes, set[str]] = {}
        self._shapes = []
        words = list(words)
        for encoding in ENCODINGS:
            needles = [(needle, word) for word in words if len(needle := word.encode(encoding)) > WORD_BYTES_MIN]
            for needle, word in needles:
                self._begins.setdefault(needle[:WORD_BYTES_MIN], []).append((needle, word))
            # Where any of them might begin: each of its first bytes is one that a word of this encoding has there.
            places = (b"".join(b"\\x%02x" % one for one in {needle[at] for needle, _ in needles}) for at in range(WORD_BYTES_MIN))
            self._shapes.append(re.compile(b"(?=(%s))" % b"".join(b"[%s]" % place for place in places), re.DOTALL))

    def found_in(self, raw: bytes) -> set[str]:
        """Which of the words stand in these bytes."""
        known = hashlib.sha256(raw).digest()
        if known not in self._known:
            # Each place once, instead of the whole once for each word.
            begins = {one[1] for shape in self._shapes for one in shape.finditer(raw)} & self._begins.keys()
            self._known[known] = {word for begin in begins for needle, word in self._begins[begin] if needle in raw}
        return set(self._known[known])


def search(laptop: Path, words: Needles) -> dict[str, set[str]]:
    """File to what was found in it; names of files and folders are searched too."""
    found: dict[str, set[str]] = {}
    for path in sorted(laptop.rglob("*")):
        name = str(path.relative_to(laptop))
        here = words.found_in(name.encode())
        if path.is_file():
            raw = path.read_bytes()
            here |= words.found_in(raw)
            if shutil.which("strings"):
                for width in ("s", "l", "b"):
                    said = subprocess.run(
                        ["strings", "-a", "-n", "6", "-e", width, str(path)], capture_output=True, check=True
                    ).stdout
                    here |= words.found_in(said)
            if b"SQLite format" in raw or b"CREATE TABLE" in raw:
                here.add("<a database in clear>")
        if here:
            found[name] = here
    return found


@pytest.mark.feature(71)
def test_a_thief_reads_nothing_of_a_finished_session_nor_of_a_killed_one(prepared: House, tmp_path: Path) -> None:
    house = copy_of(prepared, tmp_path / "house")
    laptop = house.laptop
    with served(house.office) as address:
        trial = Trial(house, address)
        program, until = trial.start(), time.monotonic() + 120
        while trial.answered() < 12 and program.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        program.send_signal(signal.SIGKILL)
        program.communicate(timeout=60)
        words = words_of(house.office / "export", trial.answers_file, house.people)
        assert len(words) > 5_000
        assert any(path.name.endswith("-wal") and path.stat().st_size for path in laptop.rglob("*"))
        assert search(laptop, Needles(words)) == {}
        trial.finish()
    needles = Needles(words_of(house.office / "export", trial.answers_file, house.people))
    assert search(laptop, needles) == {}

    # The control: one customer's name, in the middle of a file, in each encoding.
    with (house.office / "export" / "customers.csv").open(encoding="utf-8-sig", newline="") as opened:
        name = next(csv.DictReader(opened))["full_name"]
    book = next((laptop / "books").glob("*.db"))
    raw = book.read_bytes()
    for encoding in ENCODINGS:
        book.write_bytes(raw[:70_001] + name.encode(encoding) + raw[70_001:])
        assert search(laptop, needles) == {f"books/{book.name}": {name}}
    book.write_bytes(raw)
    # And one in the name of a file.
    (laptop / f"{name}.txt").write_bytes(b"")
    assert search(laptop, needles) == {f"{name}.txt": {name}}
    # The same search finds plenty where nothing is encrypted.
    assert len(needles.found_in((house.out / "answers.jsonl").read_bytes())) > 100
