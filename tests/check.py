"""Everything that must hold before a change lands: python -m tests.check [--long] [pytest's arguments]

Style first, then types, then the tests, each with its time; a failure never hides the ones after it.
With arguments for pytest only pytest runs, since whoever picks one test wants its answer. Pytest is
last, so that its closing line is the last line.
"""

import subprocess
import sys
import time

STEPS = (("ruff", "check"), ("mypy",))


def passes(step: str, *arguments: str) -> bool:
    started = time.monotonic()
    ok = subprocess.run([sys.executable, "-m", step, *arguments], check=False).returncode == 0
    print(f"{step}: {'passed' if ok else 'FAILED'} in {time.monotonic() - started:.1f} s\n", flush=True)
    return ok


def main(arguments: list[str]) -> int:
    picked = [argument for argument in arguments if argument != "--long"]
    failed = [] if picked else [step for step, *rest in STEPS if not passes(step, *rest)]
    if failed:
        print(f"FAILED before the tests: {', '.join(failed)}\n", flush=True)
    # Whole files go to one of three workers: most of a journey is waiting for other processes.
    # In the order of the folders: sorted by their number of tests, the longest journeys would come last and alone.
    spread = [] if picked else ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
    code = subprocess.run([sys.executable, "-m", "pytest", *spread, *arguments], check=False).returncode
    return code or int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
