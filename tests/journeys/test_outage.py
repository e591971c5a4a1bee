"""A laptop that loses its key in mid-morning, as whole programs: marked paper, the key back by the office, one recovery."""

import json
from pathlib import Path

import pytest

from sync.unsigned import is_unsigned
from tests.desktop.printed import codes, text
from tests.journeys.conftest import House, desktop, office

OPEN = {"act": "open", "float": {"500000": 20}}
TAKEN = {"act": "suspense", "amount": 300_000, "denominations": {"100000": 3}, "reason": "chưa rõ của ai"}
LATER = {**TAKEN, "amount": 500_000, "denominations": {"500000": 1}}
GONE = {"act": "outage", "device": True, "reason": "máy rơi, tệp khóa hỏng"}
BACK = {"act": "recover", "device": True, "reason": "văn phòng cấp tệp khóa"}
EARLY = {"act": "count", "denominations": {"500000": 21, "100000": 3}}
COUNT = {"act": "count", "denominations": {"500000": 21, "100000": 6}}
CLOSE = {"act": "close"}


def play(house: House, tmp_path: Path, *acts: dict[str, object]) -> list[str]:
    """The session so far and these acts; the errors of all acts, empty where there was none."""
    script = tmp_path / "script.jsonl"
    with script.open("ab") as file:
        file.write(b"".join(json.dumps(one).encode() + b"\n" for one in acts))
    answers = tmp_path / "answers.jsonl"
    desktop(
        "play", "--home", house.laptop, "--script", script, "--answers", answers, "--paper", tmp_path / "paper", "--resume",
        typed=house.typed(),
    )  # fmt: skip
    return [json.loads(line).get("error", "") for line in answers.read_text("utf-8").splitlines()]


@pytest.mark.feature(56)
def test_a_morning_without_a_key_is_paid_on_marked_paper_and_comes_home_whole(house: House, tmp_path: Path) -> None:
    assert play(house, tmp_path, OPEN, TAKEN) == ["", ""]
    for name in ("laptop.dgd", "laptop.second.dgd"):
        (house.laptop / "vault" / name).unlink()
    assert "sound" in desktop("check", "--home", house.laptop, typed=[house.teller.passphrase]).out
    # Nothing goes on before the outage is said; then all of it does, but the close.
    assert play(house, tmp_path, TAKEN, GONE, LATER, BACK, EARLY, CLOSE)[2:] == [
        "outage.key-gone", "", "", "outage.key-gone", "", "outage.close-unsigned",
    ]  # fmt: skip
    sent = desktop("send", "--home", house.laptop, "--file", tmp_path / "a.batch", typed=[house.teller.passphrase])
    assert sent.status == 1
    assert "Máy mất khóa ký" in sent.err

    papers = sorted((tmp_path / "paper").glob("*000004*.pdf"))
    assert papers
    pdf = papers[0].read_bytes()
    assert "CHƯA KÝ SỐ" in text(pdf)
    code = codes(pdf)[0]
    assert is_unsigned(code)
    assert office("verify-receipt", code, "--home", house.office).out.startswith("outage-waiting\n")

    asked = desktop("mend", tmp_path / "spare.dgd", "--ask", "--home", house.laptop, typed=[house.teller.passphrase])
    assert asked.status == 0, asked.err
    mended = office(
        "mend", tmp_path / "spare.dgd", "--home", house.office, "--recovery", house.office / "keys" / "recovery",
        "--staff", house.teller.staff_id, "--out", tmp_path / "mend.dgd",
    )  # fmt: skip
    assert mended.status == 0, mended.err
    back = desktop("mend", tmp_path / "mend.dgd", "--home", house.laptop, typed=[house.teller.passphrase, house.teller.pin])
    assert back.status == 0, back.err
    # With the key back the recovery comes before anything else.
    assert play(house, tmp_path, TAKEN, BACK, TAKEN, COUNT, CLOSE)[8:] == ["outage.key-back", "", "", "", ""]

    sent = desktop("send", "--home", house.laptop, "--file", tmp_path / "b.batch", typed=[house.teller.passphrase])
    assert sent.status == 0, sent.err
    received = office("receive", tmp_path / "b.batch", "--home", house.office)
    assert "ok" in received.out
    judged = office("verify-receipt", code, "--home", house.office)
    assert judged.out.startswith("outage\n")
    assert "khắc phục ở phiếu số 6" in judged.out
    forged = office("verify-receipt", code[:-1] + ("0" if code[-1] != "0" else "1"), "--home", house.office)
    assert forged.status == 1
    assert "sound" in office("check", "--home", house.office).out
