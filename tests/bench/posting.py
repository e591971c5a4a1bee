"""What one Enter costs: a voucher kept for good, against the least that keeping one row for good costs.

The limit is the standard library's SQLite with one row of the same bytes in one commit, WAL and
FULL as the book has it, its log grown beforehand as the book's is. It encrypts, chains and signs
nothing. The limit's file and the book stand in the same folder.
"""

import itertools
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from desktop.desk import Desk, Preview
from desktop.store import LOG_PAGES
from tests.bench.measure import Budget, Figure, Plan, compared, fixed, spread
from tests.bench.point import MEMBERS, Clock, as_notes, enrolled, visits

# The first commits after opening find a cold cache; p99 needs hundreds of rounds.
ROUNDS, WARM, WARM_GROUPS = 1500, 60, 3


class PlainRows:
    """One table, one row a commit."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._run = run = self._connection.cursor().execute
        run("PRAGMA journal_mode = WAL").fetchall()
        run("PRAGMA synchronous = FULL")
        run("CREATE TABLE entry (number INTEGER PRIMARY KEY, raw BLOB)")
        run("BEGIN")
        run("CREATE TABLE ballast (page BLOB)")
        self._connection.executemany("INSERT INTO ballast VALUES (?)", ((bytes(4000),) for _ in range(LOG_PAGES)))
        run("DROP TABLE ballast")
        run("COMMIT")
        run("PRAGMA wal_checkpoint(RESTART)").fetchall()

    def keep(self, raw: bytes) -> None:
        """One durable row."""
        self._run("BEGIN IMMEDIATE")
        self._run("INSERT INTO entry (raw) VALUES (?)", (raw,))
        self._run("COMMIT")

    def close(self) -> None:
        self._connection.close()


def visit(desk: Desk, clock: Clock, random: Random) -> Iterator[Preview]:
    """Visits ready to be posted, some seconds of the made-up clock apart."""
    for customer, wishes in visits(desk.session, random):
        clock.gone_s += random.randint(3, 9)
        yield desk.preview_visit(customer, wishes=wishes)


def post(plan: Plan) -> Iterator[Figure]:
    """A visit of 3-5 lines, and where its time goes."""
    clock = Clock()
    desk = enrolled(plan.folder / "laptop", plan.random).new_desk(clock)
    coming = visit(desk, clock, plan.random)
    plain = PlainRows(plan.folder / "plain.db")
    raw = desk.post(next(coming)).sealed.raw

    def ours(_number: int) -> Iterator[None]:
        preview = next(coming)
        yield
        desk.post(preview)
        yield

    def theirs(_number: int) -> Iterator[None]:
        yield
        plain.keep(raw)
        yield

    yield from compared(
        plan, name="post", what="a visit of 3-5 lines, kept for good", subject=ours,
        limit_what="plain SQLite, one row", limit=theirs, budget=Budget("ratio", 1.5, 1.25),
        usual_rounds=ROUNDS, p99_most=1.5, warm=WARM,
    )  # fmt: skip
    yield from _parts(plan, desk, coming)
    desk.close()
    plain.close()
    yield from _flushes(plan)


class _Watched:
    """A cursor that notes when the last transaction began, when its COMMIT began, and when that ended."""

    def __init__(self, cursor: Any, plan: Plan) -> None:
        self._cursor = cursor
        self._clock = plan.clock
        self.begun_s = self.committing_s = self.kept_s = 0.0

    def execute(self, statement: str, *values: Any) -> Any:
        if statement.startswith("BEGIN"):
            self.begun_s = self._clock()
        if statement != "COMMIT":
            return self._cursor.execute(statement, *values)
        self.committing_s = self._clock()
        answer = self._cursor.execute(statement)
        self.kept_s = self._clock()
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def _parts(plan: Plan, desk: Desk, coming: Iterator[Preview]) -> Iterator[Figure]:
    """The same post taken apart at its statements."""
    names = ("rules, link, signature", "statements", "commit", "balances and answer")
    taken: dict[str, list[float]] = {name: [] for name in names}
    cursor = desk.book._cursor
    watched = desk.book._cursor = _Watched(cursor, plan)
    for _ in range(plan.rounds_or(400)):
        preview = next(coming)
        begun_s = plan.clock()
        desk.post(preview)
        edges = (begun_s, watched.begun_s, watched.committing_s, watched.kept_s, plan.clock())
        for name, (since, until) in zip(names, itertools.pairwise(edges), strict=True):
            taken[name].append(until - since)
    desk.book._cursor = cursor
    for name, values in taken.items():
        yield Figure("post part", name, "µs", spread([value * 1e6 for value in values]))


# What the child does between its two marks is what is counted.
_MARKS = ("counted-from-here", "counted-to-here")
_COUNTED = 200


def _flushes(plan: Plan) -> Iterator[Figure]:
    """How often a post makes the disk flush: asked of the system calls, not of the documentation."""
    strace = shutil.which("strace")
    if strace is None:
        yield Figure("post flushes", "strace is not installed, so flushes were not counted", "a post", fixed(0))
        return
    folder, trace = plan.folder / "flushes", plan.folder / "flushes.txt"
    folder.mkdir()
    posts = _COUNTED // 2 if plan.control else _COUNTED
    command = [strace, "-f", "-y", "-e", "trace=fsync,fdatasync,msync,sync_file_range,/^mkdir", "-o", str(trace)]
    subprocess.run([*command, sys.executable, "-m", __name__, str(folder), str(_COUNTED)], check=True)
    inside = trace.read_text("utf-8").partition(_MARKS[0])[2].partition(_MARKS[1])[0]
    calls = re.findall(r"(?:fsync|fdatasync|msync|sync_file_range)\(([^)]*)\)", inside)
    log = sum("-wal" in call for call in calls)
    # Under the control half as many posts are claimed, as if each had flushed twice.
    yield Figure("post flushes", f"the log, {posts} posts between two checkpoints", "a post", fixed(log / posts),
                 budget=Budget("median", 1))  # fmt: skip
    yield Figure("post flushes", "other files in the same time", "a post", fixed((len(calls) - log) / posts))


def _counted_posts(folder: Path, posts: int) -> None:
    """The child under strace: posts between two marks."""
    clock, random = Clock(), Random(posts)
    desk = enrolled(folder / "laptop", random, people=10 * MEMBERS, loans=11 * MEMBERS).new_desk(clock)
    coming = visit(desk, clock, random)
    # The first commit after a checkpoint also writes and flushes the log's own head.
    for _ in range(5):
        desk.post(next(coming))
    (folder / _MARKS[0]).mkdir()
    for _ in range(posts):
        desk.post(next(coming))
    (folder / _MARKS[1]).mkdir()
    desk.close()


def hand_in(plan: Plan) -> Iterator[Figure]:
    """A group of sixty against one visit, on the same book."""
    clock = Clock()
    desk = enrolled(plan.folder / "laptop", plan.random).new_desk(clock)
    coming = visit(desk, clock, plan.random)
    groups = [group for group in desk.pack.terms.groups if len(desk.session.members(group.group_code)) == MEMBERS]

    def ours(number: int) -> Iterator[None]:
        group = groups[number % len(groups)]
        cash = {one.customer_code: one.suggestion for one in desk.session.members(group.group_code)}
        preview = desk.preview_group(
            group.group_code, by=group.leader, cash=cash, interest={}, notes=as_notes(sum(cash.values()))
        )
        yield
        desk.post(preview)
        yield

    def theirs(_number: int) -> Iterator[None]:
        preview = next(coming)
        yield
        desk.post(preview)
        yield

    # At most one pass over the groups: afterwards nobody owes interest and a hand-in has fewer lines.
    few = plan._replace(rounds=min(plan.rounds_or(len(groups)), len(groups) - WARM_GROUPS))
    yield from compared(
        few, name="hand-in", what=f"a group of {MEMBERS}, one commit", subject=ours, limit_what="a visit of 3-5 lines",
        limit=theirs, budget=Budget("ratio", 10), usual_rounds=0, warm=WARM_GROUPS,
    )  # fmt: skip
    desk.close()


if __name__ == "__main__":
    _counted_posts(Path(sys.argv[1]), int(sys.argv[2]))
