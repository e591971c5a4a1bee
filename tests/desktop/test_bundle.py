"""The support file says how a laptop is and nothing about anybody."""

import io
import itertools
import json
import re
import zipfile
from typing import Any

import pytest

from desktop import __main__ as program
from desktop.care import backups, bundle, fault_tally
from desktop.commands import care, terminal
from sync.terms import Terms
from tests.desktop.enrolled import CODE, PASSPHRASES, PINS, Laptop, deposit, opened
from tests.desktop.test_desk import by_hand
from tests.sync import small

# What a person would be known by, or what it is about; shorter ones stand in any number.
LETTERS_MIN = 5


@pytest.fixture
def worked(laptop: Laptop) -> Laptop:
    """A session with names, amounts, a draft and settings that say whose they are."""
    desk = laptop.desk()
    opened(desk)
    desk.post(deposit(desk, 1_234_000))
    desk.keep_draft("customers", json.dumps({"customer": small.SAVER, "amount": "7654000"}))
    desk.keep_setting("bulletins/GDV01", "seen")
    backups.take(laptop.home, laptop.unlocked(), desk.book)
    desk.close()
    fault_tally.count(laptop.home, "book.disk-full")
    return laptop


def made(laptop: Laptop) -> dict[str, str]:
    ticks = itertools.count()
    raw = bundle.make(
        laptop.home, laptop.unlocked(), vault=laptop.vault(), now=laptop.clock(), ticks=lambda: next(ticks) / 1000
    )
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def texts(value: Any) -> set[str]:
    """Every text and every sum that stands in a value, however deep."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, bool) or value is None:
        return set()
    if isinstance(value, int):
        return {str(value)}
    if isinstance(value, bytes):
        return {value.hex()}
    if isinstance(value, dict):
        return set().union(*(texts(one) for pair in value.items() for one in pair))
    if isinstance(value, (tuple, list)):
        return set().union(*(texts(one) for one in value))
    names = getattr(value, "__struct_fields__", ())
    return set().union(*(texts(getattr(value, name)) for name in names))


def personal(laptop: Laptop) -> set[str]:
    """What the pack and the book say of people, places, money and secrets."""
    terms: Terms = laptop.pack.terms
    said = texts((terms.customers, terms.loans, terms.deposits, terms.team, terms.groups, terms.disbursements, terms.payouts))
    said |= texts((terms.point, terms.hamlets))
    book = laptop.open_book()
    said |= set().union(*(texts(one.entry.body) for one in book.sealed()))
    book.close()
    said |= {*PASSPHRASES.values(), *PINS.values(), CODE.hex(), laptop.key.hex(), laptop.book_key.hex(), "1234000", "7654000"}
    usual = {"customer", "teller", "leader", "controller", "member", "group", "deposit", "visit", "group_code", "interest"}
    return {one for one in said if len(one) >= LETTERS_MIN and not one.startswith("0" * 8)} - usual


@pytest.mark.feature(124)
def test_no_name_code_telephone_or_amount_is_in_it(worked: Laptop) -> None:
    said = made(worked)
    report = json.loads(said["report.json"])
    whole = "\n".join(said.values()).lower()
    found = {one for one in personal(worked) if re.search(rf"(?<![0-9a-z]){re.escape(one.lower())}(?![0-9a-z])", whole)}
    assert found == set()
    assert len(personal(worked)) > 100
    # The control: what is looked for would be found if it stood there.
    name = worked.pack.terms.customers[0].full_name
    assert name in personal(worked)
    assert re.search(re.escape(name.lower()), f"{whole} {name.lower()}")
    assert {one.rpartition("/")[0] for one in report["vault"]["settings"]} == {""}, "names of settings are cut at their stroke"


@pytest.mark.feature(124)
def test_it_says_what_is_in_it_and_what_somebody_far_away_needs(worked: Laptop) -> None:
    said = made(worked)
    assert "KHÔNG có: tên, số tiền" in said["README.txt"]
    assert "số phiếu lớn nhất" in said["README.txt"]
    report = json.loads(said["report.json"])
    [book] = report["books"]
    assert book["kinds"] == {"open": 1, "visit": 1}
    assert book["check"] == {"kind": "", "fault": "", "entries": 2, "damaged_at": 0}
    assert book["marks"]["received"] == 0
    assert book["copies"] == [{"serial": 1, "entries": 2}]
    assert book["drafts"] == 1
    assert report["faults"] == {"book.disk-full": 1}
    assert report["vault"]["people"] == 3
    assert report["system"]["disk_free_bytes"] > 0
    assert report["files"]["books"][".db files"] == 1
    assert report["flush_ms"] >= 0


def test_it_is_made_of_a_damaged_laptop_too(worked: Laptop) -> None:
    by_hand(worked, "UPDATE balance SET amount = amount + 1 WHERE id = 1")
    [book] = json.loads(made(worked)["report.json"])["books"]
    assert book["check"]["kind"] == "balance"
    path = next((worked.home / "books").glob("*.db"))
    path.write_bytes(b"x" * 4096)
    [book] = json.loads(made(worked)["report.json"])["books"]
    assert book["fault"] == "book.not-opened"


def test_faults_are_counted_by_code_and_nothing_else(worked: Laptop) -> None:
    for code in ("book.set-back", "book.set-back", "Nguyễn Thị Mẫu", "x" * 90):
        fault_tally.count(worked.home, code)
    assert fault_tally.told(worked.home) == {"book.disk-full": 1, "book.set-back": 2}
    (worked.home / "faults.json").write_bytes(b"[broken")
    assert fault_tally.told(worked.home) == {}
    fault_tally.count(worked.home, "a.fault")
    assert fault_tally.told(worked.home) == {"a.fault": 1}


@pytest.mark.feature(65, 122)
def test_the_commands_check_copy_restore_and_describe_a_laptop(
    worked: Laptop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(care, "unlocked_by", lambda _home, _user: worked.unlocked())
    monkeypatch.setattr(care, "vault_of", lambda _home: worked.vault())
    monkeypatch.setattr(terminal, "unlocked_by", lambda _home, _user: worked.unlocked())
    home = str(worked.home)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = program.main([*arguments, "--home", home])
        said = capsys.readouterr()
        return status, said.out, said.err

    assert run("check")[:2] == (0, f"{worked.pack.book.hex()} entries 2 head {head(worked)} sound\n")
    status, out, _ = run("check", "--json")
    assert json.loads(out)[0] | {"cash": 0} == {
        "book": worked.pack.book.hex(), "sound": True, "entries": 2, "head": head(worked), "cash": 0, "damaged_at": 0,
        "kind": "", "reason": "",
    }  # fmt: skip
    assert run("backup")[1] == f"{worked.pack.book.hex()} copy 2 entries 2\n"
    assert run("restore")[0] == 1
    by_hand(worked, "UPDATE balance SET amount = amount + 1 WHERE id = 1")
    status, out, err = run("check")
    assert status == 1
    assert "Số dư lưu kèm không khớp" in err
    assert "Tất cả 2 phiếu đều nguyên vẹn" in err
    assert "restore" in err
    status, out, err = run("restore", "--seen", "2")
    assert (status, out) == (0, f"{worked.pack.book.hex()} entries 2 from copy 2 and 0 more\n")
    assert "đối chiếu với văn phòng" in err
    assert run("prune") == (0, "", "")
    target = worked.home.parent / "bundle.zip"
    status, _, err = run("bundle", str(target))
    assert (status, zipfile.is_zipfile(target)) == (0, True)
    assert "không có tên" in err


def head(laptop: Laptop) -> str:
    book = laptop.open_book()
    found = list(book.sealed())[-1].head.hex()
    book.close()
    return found
