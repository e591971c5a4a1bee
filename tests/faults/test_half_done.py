"""What was killed or lost its power half way: a move of the office's tables, a book that gets the tables it lacks, a book
that two programs make at once. Afterwards it is as before or as after, and the program goes on from there.

(An enrolment and a new book that lose their power are in `test_power_cut`.)
"""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
import sqlcipher3
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from sync.office import store as office_store
from sync.office.store import NEWEST_FORM, Store
from tests.desktop.enrolled import Laptop
from tests.faults import after
from tests.faults.conftest import SHORT, JobOf
from tests.faults.cuts import Bench, images_of, laid
from tests.faults.replay import OPTIONS, recorded
from tests.faults.tally import Tally, Wrong
from tests.faults.workers import Workers
from tests.journeys.conftest import ROOT, world

# An office of this form, with rows in every table.
OLD_FORM = "0002"
MOVE = """
import os, sys
from sync.office.store import Store
store = Store(sys.argv[1])
store.migrate()
os.writev(1, [b"kept\\n"])
store.close()
"""
# The control: each step of the move in a commit of its own.
MOVE_BY_STEPS = """
import os, sys
from alembic import command
from sync.office.store import Store
upgrade = command.upgrade
def by_steps(config, wanted):
    connection = config.attributes["connection"]
    for form in ("0003", "0004", "0005", "head"):
        upgrade(config, form)
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
command.upgrade = by_steps
store = Store(sys.argv[1])
store.migrate()
os.writev(1, [b"kept\\n"])
store.close()
"""


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'office.db'}"


def old_office(folder: Path) -> None:
    """A database of an earlier form, three rows in each of its tables."""
    folder.mkdir()
    config = Config()
    config.set_main_option("script_location", str(Path(office_store.__file__).parent / "migrations"))
    engine = create_engine(url_of(folder))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, OLD_FORM)
    engine.dispose()
    db = sqlite3.connect(folder / "office.db")
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'")]
    for name in names:
        columns = db.execute(f"PRAGMA table_info({name})").fetchall()
        for row in range(1, 4):
            values = [_value(kind, row) for _, _, kind, *_ in columns]
            db.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608 - its own names
    db.commit()
    db.execute("PRAGMA journal_mode = WAL")
    db.close()


def _value(kind: str, row: int) -> object:
    if "BLOB" in kind:
        return bytes([row]) * 16
    if "DATE" in kind:
        return f"2024-08-1{row}"
    return row if any(one in kind for one in ("INT", "BOOL")) else f"text {row}"


def dump(folder: Path) -> tuple[str, tuple[str, ...]]:
    """The form, and everything in the database; Raises what SQLite raises."""
    db = sqlite3.connect(folder / "office.db")
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        form = str(db.execute("SELECT version_num FROM alembic_version").fetchone()[0])
        return form, tuple(db.iterdump())
    finally:
        db.close()


def moved(place: Path, program: str, *, images: int, seed: int) -> Tally:
    """Every image that a power cut could leave of a move; some are moved again, and are then as if nothing had been."""
    home, folder, trace, tally = place / f"office{seed}", place / "image", place / "trace", Tally("images")
    old_office(home)
    before = place / f"before{seed}"
    shutil.copytree(home, before)
    was = dump(before)
    subprocess.run(
        ["strace", "-f", "-q", "-q", "-o", str(trace), *OPTIONS, sys.executable, "-P", "-c", program, url_of(home)],
        check=True, cwd=ROOT, env={**world(), "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    calls = list(recorded(trace.read_text("latin-1"), str(home)))
    became = dump(home)
    assert (was[0], became[0]) == (OLD_FORM, NEWEST_FORM)
    shutil.rmtree(home)
    shutil.copytree(before, home)
    for told, image in images_of(calls, home, images, seed=seed):
        laid(image, home, folder)
        try:
            found = dump(folder)
        except (sqlite3.Error, AssertionError, TypeError) as error:
            tally.add([Wrong("lost", repr(error))], where=tally.tried)
            continue
        wrong = [] if found == became or (found == was and not told) else [Wrong("lost", f"neither form: {found[0]}")]
        tally.note("old" if found == was else "new" if found == became else "neither")
        if tally.tried % 40 == 0:
            store = Store(url_of(folder))
            store.migrate()
            store.close()
            if dump(folder) != became:
                wrong.append(Wrong("unsound", "is not moved again"))
        tally.add(wrong, where=tally.tried)
    return tally


def test_no_power_cut_leaves_the_office_between_two_forms(place: Path, pytestconfig: pytest.Config) -> None:
    images = 4_000 if pytestconfig.getoption("--long") else 300
    found = moved(place, MOVE, images=images, seed=1)
    control = moved(place, MOVE_BY_STEPS, images=300, seed=2)
    print(f"power cuts of a move of the office's tables: {found.line(control)}")
    assert found.first == []
    assert found.seen["old"]
    assert found.seen["new"]
    assert control.wrong["lost"]


def test_no_power_cut_while_a_book_gets_the_tables_it_lacks_loses_an_entry(
    cuts: Bench, short: Laptop, place: Path, pytestconfig: pytest.Config
) -> None:
    old = Laptop(place / "old", short.key, short.pack)
    shutil.copytree(short.home, old.home)
    connection = sqlcipher3.connect(str(after.book_file(old)), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{old.book_key.hex()}'\"")
    # As the first books were.
    first = {"entry", "balance", "print_job", "batch", "mark", "pack", "draft"}
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    younger = {name for name in tables if not name.startswith(("search", "sqlite_"))} - first
    for name in younger:
        connection.execute(f"DROP TABLE {name}")
    connection.close()
    assert younger
    images = 4_000 if pytestconfig.getoption("--long") else 200
    found = cuts.cut(old, "open", "post", "shut", images=images, seed=12)
    control = cuts.cut(old, "open", "post", "shut", images=100, seed=13, broken="normal")
    print(f"power cuts of a book that gets its tables: {found.line(control)}")
    assert found.first == []
    assert not control.clean


def test_a_book_that_two_programs_make_at_once_is_one_book(
    bare: Laptop, workers: Workers, room: Path, place: Path, job: JobOf, pytestconfig: pytest.Config
) -> None:
    draw = Random(20261122)
    with Workers(room / "other workers") as other:

        def made(rounds: int, *, broken: str = "") -> Tally:
            tally = Tally("rounds")
            for turn in range(rounds):
                laptop = Laptop(place / f"home{broken}{turn}", bare.key, bare.pack)
                shutil.copytree(bare.home, laptop.home)
                both = (workers, other)
                for one in both:
                    one.begin(job(laptop.home, "make", broken=broken, **SHORT))
                for one in draw.sample(both, 2):
                    one.go()
                ended = [one.ended() for one in both]
                wrong = [wrong for one in ended for wrong in after.said_clearly(one)]
                tally.note("made", sum(one.kept for one in ended))
                tally.add([*wrong, *after.opened(laptop, least=0, most=0)], where=[one.told for one in ended])
            return tally

        tally = made(100 if pytestconfig.getoption("--long") else 10)
        control = made(10, broken="at_once")
    print(f"a book made by two at once: {tally.line(control)}")
    assert tally.first == []
    assert not control.clean
