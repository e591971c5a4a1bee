"""One reader tried by a fuzzer that sees which branches it takes: `python -m tests.fuzz.guided "batch inside" --seconds 60`.

Beside the readers of `targets` there are "key file", of a laptop enrolled for it, and "planted", the control. Ends with 0
where nothing escaped, and with the fuzzer's own status where something did.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

from sync.errors import Fault


def main() -> None:
    with atheris.instrument_imports(include=["sync", "desktop", "msgspec"]):
        from tests.desktop import enrolled
        from tests.fuzz.targets import planted, targets, vault_target
    known = targets() | {"planted": planted()}
    asked = argparse.ArgumentParser()
    asked.add_argument("target", choices=sorted([*known, "key file"]))
    asked.add_argument("--seconds", type=int, default=60)
    given = asked.parse_args()
    room = Path(tempfile.mkdtemp())
    target = known.get(given.target) or vault_target(enrolled.enrol(room / "laptop").home)

    def one(raw: bytes) -> None:
        try:
            target.reads(raw)
        except Fault:
            return

    corpus = room / "corpus"
    corpus.mkdir()
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
