"""Speed and size, each beside its limit: python -m tests.bench [names] [--rounds N] [--json FILE] …

Exit status 0 when every budget is met, 1 when one is not. With --control every subject carries so
much extra work that no budget can be met; the exit status is then 0 only if none is.
"""

import argparse
import json
import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random

import sqlcipher3.dbapi2 as sqlcipher

from tests.bench import link, loading, posting, printing, searching, starting, taking_in, unlocking, wire
from tests.bench.measure import Figure, Plan, line

BENCHES: Mapping[str, Callable[[Plan], Iterator[Figure]]] = {
    "post": posting.post,
    "hand-in": posting.hand_in,
    "load": loading.load,
    "search": searching.search,
    "unlock": unlocking.unlock,
    "reopen": unlocking.reopen,
    "wire": wire.wire,
    "wire-single": wire.wire_single,
    "link": link.over_2g,
    "receipt": printing.printing,
    "start": starting.start,
    "take-in": taking_in.take_in,
}


def flush_s(folder: Path) -> float:
    """What one flush of one page costs in this folder, the median of fifty."""
    taken = []
    with (folder / "flush").open("wb", buffering=0) as file:
        for _ in range(50):
            file.write(bytes(4096))
            begun = time.perf_counter()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return sorted(taken)[25]


def machine(folder: Path) -> dict[str, object]:
    """What the figures depend on, without naming the machine."""
    return {
        "when": time.strftime("%Y-%m-%d %H:%M"),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "sqlcipher": sqlcipher.sqlite_version,
        "flush_ms": round(flush_s(folder) * 1e3, 3),
    }


def as_json(figure: Figure) -> dict[str, object]:
    plain = figure._asdict()
    for name in ("subject", "limit", "budget"):
        held = getattr(figure, name)
        plain[name] = held._asdict() if held is not None else None
    return {**plain, "ratio": figure.ratio, "met": figure.met}


def asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"which of: {', '.join(BENCHES)}")
    parser.add_argument("--rounds", type=int, default=0, help="rounds of each (0: as many as each needs)")
    parser.add_argument("--seed", type=int, default=1, help="of the made-up data and of the order of rounds")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--folder", type=Path, help="a folder on the disk to be measured")
    parser.add_argument("--control", action="store_true", help="show that every verdict can be NOT met")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(BENCHES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    return chosen


def measured(name: str, chosen: argparse.Namespace) -> list[Figure]:
    """One benchmark in a folder of its own, each line printed as it is known."""
    figures = []
    with tempfile.TemporaryDirectory(dir=chosen.folder, prefix="bench-") as folder:
        plan = Plan(Path(folder), chosen.rounds, chosen.control, Random(chosen.seed), time.perf_counter)
        for figure in BENCHES[name](plan):
            print(line(figure), flush=True)
            figures.append(figure)
    return figures


def main(arguments: list[str]) -> int:
    chosen = asked(arguments)
    with tempfile.TemporaryDirectory(dir=chosen.folder, prefix="bench-") as folder:
        facts = machine(Path(folder))
    print(" | ".join(f"{name} {fact}" for name, fact in facts.items()), flush=True)
    if facts["flush_ms"] == 0:
        print("a flush costs nothing in this folder: name one on a real disk with --folder", flush=True)
    figures = [figure for name in chosen.names or BENCHES for figure in measured(name, chosen)]
    if chosen.json:
        told = {"machine": facts, "control": chosen.control, "figures": [as_json(figure) for figure in figures]}
        chosen.json.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    judged = [figure.met for figure in figures if figure.met is not None]
    met = sum(judged)
    print(f"{met} of {len(judged)} budgets met" + (" under the control, where none may be" if chosen.control else ""))
    return int(met > 0) if chosen.control else int(met < len(judged))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
