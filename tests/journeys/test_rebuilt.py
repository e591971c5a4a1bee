"""Laptop and stick are both gone: the office rebuilds what it had, and the session goes on at another laptop from that.

Whole programs; of what the lost laptop printed after it last sent, every second receipt is brought back as its text.
"""

import json
import random
import re
import shutil

import pytest

from sync.chain import stub_of
from sync.receipt import receipt_text
from tests.journeys.conftest import desktop, office, served
from tests.journeys.test_spare import (
    REASON,
    Two,
    answers,
    booked,
    ending,
    kept,
    killed,
    play,
    rows,
    script_of,
    template,
    two,
)

__all__ = ["template", "two"]
# So many acts are done after the laptop last sent, and never leave it.
LOST_ACTS = 6
SYNC = b'{"act":"sync"}'


@pytest.mark.long
def test_a_session_whose_laptop_and_stick_are_lost_goes_on_from_what_the_office_had(two: Two) -> None:
    house, first = two.first, two.first.laptop
    killed(two, draw=random.Random(20261122))
    acts = (house.out / "script.jsonl").read_bytes().splitlines()
    sent = len(answers(two, "first")) + 1
    with served(house.office) as address:
        play(two, first, "first", "--script", script_of(two, [*acts[:sent], SYNC]), "--office", address)
    received = len(booked(two))
    play(two, first, "first", "--script", script_of(two, [*acts[:sent], SYNC, *acts[sent : sent + LOST_ACTS]]))
    with kept(two, first) as entries:
        last, book = len(entries), entries[0].entry.book.hex()
        brought = {one.entry.number: one for one in entries[received:][::-2]}
    assert last > received > 1
    texts = [receipt_text(stub_of(one.entry, one.head), one.signature) for one in brought.values()]
    (house.out / "codes.txt").write_text("\n".join(texts), "utf-8")
    shutil.rmtree(first)
    shutil.rmtree(two.stick)
    two.stick.mkdir()
    rebuilt = office("rebuild", book, "--home", house.office, "--receipts", house.out / "codes.txt", "--out", two.stick)
    assert rebuilt.status == 0, rebuilt.err
    listed = {int(found[1]): line for line in rebuilt.out.splitlines() if (found := re.match(r"TXN\w+-\d{8}-A-(\d{6}) \|", line))}
    assert sorted(listed) == list(range(received + 1, last + 1))
    assert {number for number, line in listed.items() if "no receipt" not in line} == brought.keys()
    controller = next(one for one in house.people if one.role == "controller")
    teller = house.people[0]
    resumed = desktop(
        "resume", two.stick, "--home", two.spare, "--reason", REASON, "--approver", controller.staff_id,
        typed=[teller.passphrase, teller.pin, controller.pin],
    )  # fmt: skip
    assert resumed.status == 0, resumed.err
    with served(house.office) as address:
        # What never reached the office is entered again, as far as its receipts say.
        more = acts[sent : sent + 2]
        begun = play(two, two.spare, "spare", "--script", script_of(two, more), "--office", address)
        more += ending(json.loads(begun.out)["cash"]["closing"])
        ended = play(two, two.spare, "spare", "--script", script_of(two, more), "--office", address)
    summary = json.loads(ended.out)
    assert ended.status == 0, ended.err
    assert (summary["state"], summary["refused"], summary["marks"]["received"]) == ("closed", 0, summary["vouchers"])
    with kept(two, two.spare) as entries:
        assert booked(two) == [(one.entry.number, one.head) for one in entries]
        assert entries[received].entry.body.kind == "resume"
    assert office("check", "--home", house.office).status == 0
    assert [kind for (kind,) in rows(two, "SELECT kind FROM office_case")] == ["rebuilt"]
