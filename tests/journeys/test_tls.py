"""The office's own command over TLS, and the laptop's own commands towards it and towards somebody in between."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sync import keys
from sync.office import home
from tests.journeys.conftest import House, desktop, office, world

OPEN_S_MAX = 60


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """`sync.office serve --tls`; the address it says."""
    log = folder / "tls.log"
    with log.open("wb") as said:
        program = subprocess.Popen(
            [sys.executable, "-P", "-m", "sync.office", "serve", "--home", str(folder), "--port", "0", "--tls"],
            stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, env=world(),
        )  # fmt: skip
        try:
            until = time.monotonic() + OPEN_S_MAX
            found = ""
            while not found and time.monotonic() < until and program.poll() is None:
                time.sleep(0.05)
                found = next((one for one in log.read_text("utf-8").split() if one.startswith("https://")), "")
            assert found, log.read_text("utf-8")
            yield found
        finally:
            program.terminate()
            program.wait(timeout=20)


def test_a_laptop_sends_to_its_own_office_over_tls_and_to_no_other(house: House, tmp_path: Path) -> None:
    acts = tmp_path / "acts.jsonl"
    acts.write_text('{"act": "open", "float": {"500000": 200, "10000": 100, "1000": 1000}}\n', "utf-8")
    played = desktop(
        "play", "--home", house.laptop, "--script", acts, "--answers", tmp_path / "answers.jsonl", typed=house.typed()
    )
    assert played.out, played.err
    typed = [house.teller.passphrase]
    own = house.office / "keys" / home.TLS
    ours = own.read_bytes()
    # Somebody who answers at the office's address with a certificate of the same name, but not the office's.
    own.write_bytes(keys.self_signed(b"\5" * 32, name="Phòng giao dịch").pem)
    with serving(house.office) as address:
        ended = desktop("send", "--home", house.laptop, "--office", address, typed=typed)
    assert ended.status == 1
    assert "không có chứng thư của văn phòng máy này" in ended.err.splitlines()[0]
    own.write_bytes(ours)
    with serving(house.office) as address:
        ended = desktop("send", "--home", house.laptop, "--office", address, typed=typed)
        assert (ended.status, "đến phiếu số 1" in ended.err) == (0, True), ended.err
    # Behind a proxy with a certificate of its own there is none here, and TLS cannot be asked for.
    own.write_bytes(b"")
    ended = office("serve", "--home", house.office, "--port", "0", "--tls")
    assert ended.status == 1
    assert "--no-tls" in ended.err
