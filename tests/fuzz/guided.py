"""One reader tried by a fuzzer that sees which branches it takes: `python -m tests.fuzz.guided "batch inside" --seconds 60`.

Ends with 0 where nothing escaped, and with the fuzzer's own status where something did.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

from sync.errors import Fault


def main() -> None:
    with atheris.instrument_imports(include=["sync", "desktop", "msgspec"]):
        from tests.fuzz.targets import targets
    asked = argparse.ArgumentParser()
    asked.add_argument("target", choices=sorted(targets()))
    asked.add_argument("--seconds", type=int, default=60)
    given = asked.parse_args()
    target = targets()[given.target]

    def one(raw: bytes) -> None:
        try:
            target.reads(raw)
        except Fault:
            return

    corpus = Path(tempfile.mkdtemp())
    for place, seed in enumerate(target.seeds):
        (corpus / str(place)).write_bytes(seed)
    atheris.Setup(
        [sys.argv[0], str(corpus), f"-max_total_time={given.seconds}", "-print_final_stats=1", "-rss_limit_mb=2048",
         f"-artifact_prefix={corpus}/", "-timeout=10"],
        one,
    )  # fmt: skip
    atheris.Fuzz()


if __name__ == "__main__":
    main()
