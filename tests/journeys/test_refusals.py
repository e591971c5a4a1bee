"""What is refused, as the person meets it: a sentence in Vietnamese, and nothing half done.

Every case is the real program on a real laptop. Before and after stand all bytes of the laptop's
folder, or the book as its own check sees it.
"""

import json
import os
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop import script, shelf
from desktop.__main__ import clock
from desktop.care import soundness
from desktop.desk import Desk
from desktop.vault import Unlocked, Vault
from sync.session import Session
from sync.terms import Terms
from tests.journeys.badline import Cut, bad_line
from tests.journeys.conftest import Ended, House, desktop, office, said_clearly, tree

Open = Callable[[], str]
# What a refusal must change: how often a passphrase was wrong, and how often what was refused.
COUNTED = {"vault/tries.dgd", "vault/tries.dgd.prev", "faults.json", "faults.json.prev"}


def unlocked(house: House) -> Unlocked:
    vault = Vault(house.laptop, draw=secrets.token_bytes, keystore=None)
    return vault.unlock(house.teller.staff_id, passphrase=house.teller.passphrase, now_s=clock().wall_s)


def terms_of(house: House) -> Terms:
    opened = unlocked(house)
    book = shelf.open_book(house.laptop, opened, shelf.newest(house.laptop, opened))
    try:
        return book.pack.terms
    finally:
        book.close()


def kept(laptop: Path) -> dict[str, bytes]:
    """Every file of a laptop but those that count what was refused."""
    return {name: raw for name, raw in tree(laptop).items() if name not in COUNTED}


def refused(ended: Ended, words: str) -> None:
    """The verb failed with one clear sentence that has these words, and nothing on its output."""
    assert ended.status == 1, ended
    assert ended.out == ""
    first = ended.err.splitlines()[0]
    assert said_clearly(first), ended.err
    assert words in first, ended.err


def play(house: House, folder: Path, *acts: dict[str, Any] | str, office_url: str = "") -> list[dict[str, Any]]:
    """The answers to these acts on the house's laptop."""
    file, answers = folder / "acts.jsonl", folder / "answers.jsonl"
    answers.unlink(missing_ok=True)
    file.write_text("".join((act if isinstance(act, str) else json.dumps(act)) + "\n" for act in acts), "utf-8")
    where = ["--office", office_url] if office_url else []
    ended = desktop("play", "--home", house.laptop, "--script", file, "--answers", answers, *where, typed=house.typed())
    assert ended.out, ended.err
    return [json.loads(line) for line in answers.read_text("utf-8").splitlines()]


def entries(house: House) -> int:
    ended = desktop("check", "--home", house.laptop, typed=[house.teller.passphrase])
    assert ended.status == 0, ended
    return int(ended.out.split()[2])


# Who may open the laptop, and which pack it takes


@pytest.mark.feature(75)
def test_a_wrong_passphrase_opens_nothing(house: House) -> None:
    before = kept(house.laptop)
    for verb in (["check"], ["send", "--file", house.out / "batch.dgd"]):
        ended = desktop(*verb, "--home", house.laptop, "--user", house.teller.staff_id, typed=["sai mật khẩu của tôi"])
        refused(ended, "Cụm mật khẩu không đúng")
    assert kept(house.laptop) == before
    assert not (house.out / "batch.dgd").exists()


def test_a_laptop_that_is_not_enrolled_says_so(tmp_path: Path) -> None:
    refused(desktop("check", "--home", tmp_path / "none"), "chưa được đăng ký")
    assert not (tmp_path / "none").exists()


def second_pack(house: House, *, letter: str, out: str, again: bool = False, date: str = "2026-11-20") -> Path:
    file = house.out / out
    more = ["--again"] if again else []
    point = terms_of(house).point.point_code
    ended = office(
        "prepare", "--home", house.office, "--point", point, "--date", date, "--device", letter, "--out", file, *more
    )
    assert ended.status == 0, ended.err
    return file


def load(house: House, file: Path, *more: str) -> Ended:
    return desktop("load", file, "--home", house.laptop, *more, typed=[house.teller.passphrase])


@pytest.mark.feature(76)
def test_a_pack_for_another_laptop_is_refused(house: House) -> None:
    ticket, answer, other = house.out / "b.dgd", house.out / "b.answer", house.out / "other"
    assert office("enrol", "--home", house.office, "--letter", "B", "--out", ticket).status == 0
    secrets_typed = [house.teller.passphrase, house.teller.pin]
    ended = desktop(
        "enrol", ticket, "--home", other, "--answer-out", answer, "--staff", house.teller.staff_id, typed=secrets_typed
    )
    assert ended.status == 0, ended.err
    assert office("enrol", "--home", house.office, "--answer", answer).status == 0
    theirs = second_pack(house, letter="B", out="b-pack.dgd")
    before = kept(house.laptop)
    refused(load(house, theirs), "máy khác")
    assert kept(house.laptop) == before
    assert desktop("load", theirs, "--home", other, typed=secrets_typed[:1]).status == 0


def test_a_pack_for_another_point_or_day_than_wanted_is_refused(house: House) -> None:
    later = second_pack(house, letter="A", out="later.dgd", date="2026-11-27")
    before = kept(house.laptop)
    refused(load(house, later, "--date", "2026-11-28"), "27/11/2026")
    refused(load(house, later, "--point", "TXN0999999"), "không phải phiên đang chọn")
    refused(load(house, later, "--date", "28/11/2026"), "YYYY-MM-DD")
    assert kept(house.laptop) == before
    assert load(house, later, "--date", "2026-11-27").status == 0


@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
def test_an_expired_pack_is_refused(house: House) -> None:
    later = second_pack(house, letter="A", out="later.dgd", date="2026-11-27")
    before = kept(house.laptop)
    command = ("load", later, "--home", house.laptop)
    ended = desktop(*command, typed=[house.teller.passphrase], before=["faketime", "-f", "@2030-01-01 08:00:00"])
    refused(ended, "hết hạn")
    assert kept(house.laptop) == before


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_an_altered_pack_is_refused(house: House, place: str) -> None:
    later = second_pack(house, letter="A", out="later.dgd", date="2026-11-27")
    raw = bytearray(later.read_bytes())
    raw[{"first": 3, "middle": len(raw) // 2, "last": -1}[place]] ^= 1
    later.write_bytes(raw)
    before = kept(house.laptop)
    refused(load(house, later), "bị sửa")
    assert kept(house.laptop) == before


def test_a_newer_pack_takes_the_place_of_an_unopened_book_and_of_no_other(
    house: House, opened: Open, tmp_path: Path
) -> None:
    address = opened()
    before = kept(house.laptop)
    again = desktop("fetch", "--home", house.laptop, "--office", address, typed=[house.teller.passphrase])
    assert again.status == 0, again.err
    books = {name: raw for name, raw in kept(house.laptop).items() if name.startswith("books/")}
    assert books.keys() == {name for name in before if name.startswith("books/")}
    newer = load(house, second_pack(house, letter="A", out="again.dgd", again=True))
    assert newer.status == 0, newer.err
    assert newer.out.strip() not in " ".join(books)
    # With its first voucher the session has its book.
    play(house, tmp_path, opening(terms_of(house)))
    third = second_pack(house, letter="A", out="third.dgd", again=True)
    held = kept(house.laptop)
    refused(load(house, third), "không nhận gói khác")
    assert kept(house.laptop) == held


# The road to the office


def test_an_office_that_does_not_answer_is_said_and_costs_nothing(house: House, tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9"
    refused(desktop("fetch", "--home", house.laptop, "--office", nobody, typed=[house.teller.passphrase]), "Chưa liên lạc được")
    answers = play(house, tmp_path, opening(terms_of(house)), {"act": "sync"}, office_url=nobody)
    assert [one["ok"] for one in answers] == [True, False]
    assert answers[1]["error"] == "courier.office-away"
    assert said_clearly(answers[1]["message"])
    assert entries(house) == 1


def opening(terms: Terms) -> dict[str, Any]:
    return {"act": "open", "float": {"500000": 200, "10000": 100, "1000": 1000}}


@pytest.mark.feature(84, 86)
@pytest.mark.parametrize("reset", [pytest.param(False, marks=pytest.mark.long), True], ids=["ended", "reset"])
def test_an_answer_cut_in_half_is_asked_for_again_and_counted_once(
    house: House, opened: Open, tmp_path: Path, reset: bool
) -> None:
    play(house, tmp_path, opening(terms_of(house)))
    address = opened()
    typed = [house.teller.passphrase]
    # More cuts than the courier has tries: the first send must give up, the second must not notice.
    with bad_line(address, *[Cut(after, "rst" if reset else "fin") for after in (0, 150, 300)]) as line:
        refused(desktop("send", "--home", house.laptop, "--office", line.address, typed=typed), "Chưa liên lạc được")
        assert line.fired == 3
        assert entries(house) == 1
        ended = desktop("send", "--home", house.laptop, "--office", line.address, typed=typed)
        assert ended.status == 0, ended.err
    with sqlite3.connect(f"file:{house.office / 'office.db'}?mode=ro", uri=True) as db:
        assert db.execute("SELECT COUNT(*) FROM entry").fetchone() == (1,)
    db.close()


@pytest.mark.feature(73, 94)
def test_a_batch_on_a_stick_with_one_byte_changed_is_refused_and_the_true_one_taken(house: House, tmp_path: Path) -> None:
    play(house, tmp_path, opening(terms_of(house)))
    typed = [house.teller.passphrase]
    batch = tmp_path / "batch.dgd"
    assert desktop("send", "--home", house.laptop, "--file", batch, typed=typed).status == 0
    true = batch.read_bytes()
    for at in (5, len(true) // 2, len(true) - 1):
        false = tmp_path / "false.dgd"
        false.write_bytes(true[:at] + bytes([true[at] ^ 1]) + true[at + 1 :])
        ended = office("receive", false, "--home", house.office)
        assert ended.status == 1
        assert said_clearly(ended.err.splitlines()[0]), ended.err
        assert not (tmp_path / "false.ack").exists()
    ended = office("receive", batch, "--home", house.office)
    assert ended.status == 0, ended.err
    assert "ok" in ended.out
    again = desktop("send", "--home", house.laptop, "--file", tmp_path / "again.dgd", typed=typed)
    assert again.status == 0
    assert (tmp_path / "again.dgd").read_bytes() == true
    refused(load(house, tmp_path / "false.dgd"), "không phải loại tệp cần")
    ended = load(house, tmp_path / "batch.ack")
    assert ended.status == 0, ended.err
    assert "Không còn gì phải gửi" in desktop("send", "--home", house.laptop, "--file", batch, typed=typed).err


# What the rules forbid


def wrong_acts(terms: Terms) -> list[tuple[dict[str, Any] | str, str]]:
    """Acts with the code of the refusal each must meet, on an open session."""
    session = Session(terms)
    loan = next(one for one in terms.loans if one.balance_in_term > 1_000_000)
    owner, group = loan.customer_code, next(one for one in terms.groups if session.members(one.group_code)[0].interest)
    member = session.members(group.group_code)[0].customer_code
    stranger = next(one.customer_code for one in terms.customers if one.customer_code not in (group.leader, group.deputy))
    late = next(one for one in terms.disbursements if not one.valid_from <= terms.session_date <= one.valid_to)
    payout = terms.payouts[0].slip_no
    handed = {"act": "group", "group": group.group_code, "by": group.leader, "cash": {member: 20_000}}

    def visit(**line: object) -> dict[str, Any]:
        return {"act": "visit", "customer": owner, "lines": [{"code": "TG", "account": loan.loan_code, **line}]}

    return [
        (visit(amount="1,50"), "money.amount-unclear"),
        (visit(amount="12.34"), "money.amount-unclear"),
        (visit(amount=12.34), "money.amount-unclear"),
        (visit(amount=1e6), "money.amount-unclear"),
        (visit(amount=True), "money.amount-unclear"),
        (visit(amount=None), "money.amount-unclear"),
        (visit(amount=10**40), "money.amount-too-large"),
        (visit(amount=0), "voucher.amount-not-positive"),
        (visit(amount=-5), "voucher.amount-not-positive"),
        (visit(), "voucher.amount-not-positive"),
        (visit(amount=loan.balance_in_term + 1), "loan.principal-too-much"),
        (visit(amount=1000, code="RT"), "voucher.code-not-here"),
        (visit(amount=1000, code="CT"), "transfer.unbalanced"),
        (visit(amount=1000, code="XX"), "voucher.code-not-here"),
        (visit(amount=1000, amuont=1000), "script.line-unclear"),
        (visit(amount=1000, account="không có"), "visit.account-not-theirs"),
        ({"act": "visit", "customer": "không có", "lines": []}, "visit.customer-unknown"),
        ({"act": "visit", "customer": owner, "lines": []}, "voucher.empty"),
        ({**handed, "by": stranger, "denominations": {"20000": 1}}, "group.stranger"),
        ({**handed, "denominations": {"10000": 1}}, "cash.notes-differ"),
        ({**handed, "denominations": {"20000": 1, "7": 1}}, "money.notes-unclear"),
        ({**handed, "denominations": {"20.000": 1}}, "money.amount-unclear"),
        ({**handed, "cash": {"0000000000": 20_000}, "denominations": {"20000": 1}}, "group.not-member"),
        ({**handed, "group": "0", "denominations": {"20000": 1}}, "group.unknown"),
        ({"act": "disburse", "slip": late.slip_no}, "slip.not-in-force"),
        ({"act": "disburse", "slip": "GN-0000"}, "slip.unknown"),
        ({"act": "disburse", "slip": payout}, "slip.unknown"),
        ({"act": "pay", "slip": payout, "approve": False}, "session.approval-missing"),
        ({"act": "pay", "slip": payout, "approve": "no"}, "script.line-unclear"),
        ({"act": "reverse", "voucher": 1, "reason": "thử"}, "reverse.unknown"),
        ({"act": "reverse", "voucher": 99, "reason": "thử"}, "reverse.unknown"),
        ({"act": "open", "float": {"500000": 1}}, "session.already-open"),
        ({"act": "difference", "reason": "thử"}, "session.count-first"),
        ({"act": "close"}, "session.count-first"),
        ({"act": "save", "customer": owner, "product": "402", "term_months": 12, "amount": 1}, "script.line-unclear"),
        ({"act": "save", "customer": owner, "product": "402", "term_months": 12, "amount": 1, "card": "a"}, "savings.serial-unclear"),
        ({"act": "save_close", "account": "402"}, "script.account-unknown"),
        ({"act": "withdraw", "account": "402"}, "script.account-unknown"),
        ({"act": "count", "denominations": {}, "blind": 1}, "script.line-unclear"),
        ({"act": "request", "type": "suggestion", "text": "ý", "customer": "1", "group": "2"}, "script.line-unclear"),
        ({"act": "dance"}, "script.act-unknown"),
        ("{", "script.line-unclear"),
        ("[]", "script.line-unclear"),
        ("null", "script.line-unclear"),
        ('{"act":"close","act":"sync"}', "script.line-unclear"),
        ('{"act":"count","denominations":{"500000":1,"500000":2}}', "script.line-unclear"),
        ('{"act":"visit","customer":"1","lines":[{"code":"TG","account":"1","amount":NaN}]}', "script.line-unclear"),
        ("[" * 100_000, "script.line-unclear"),
        ("x" * 70_000, "script.line-unclear"),
    ]


@pytest.mark.feature(78, 126, 128)
def test_every_wrong_act_is_refused_with_its_reason_and_the_run_goes_on(house: House, tmp_path: Path) -> None:
    terms = terms_of(house)
    wrong = wrong_acts(terms)
    last = {"act": "count", "denominations": {"500000": 1}}
    answers = play(house, tmp_path, opening(terms), *[act for act, _ in wrong], last)
    assert len(answers) == len(wrong) + 2
    for (act, code), answer in zip(wrong, answers[1:], strict=False):
        assert (answer["ok"], answer.get("error")) == (False, code), (str(act)[:200], answer)
        assert said_clearly(answer["message"]), answer
        assert set(answer) == {"ok", "act", "error", "message"}
    assert answers[-1]["ok"]
    assert answers[-1]["voucher"] == 2
    assert entries(house) == 2


@pytest.mark.feature(46)
def test_the_drawer_never_pays_what_it_does_not_hold(house: House, tmp_path: Path) -> None:
    terms = terms_of(house)
    slip = next(one for one in terms.disbursements if one.valid_from <= terms.session_date <= one.valid_to)
    pay = {"act": "disburse", "slip": slip.slip_no}
    poor = play(house, tmp_path, {"act": "open", "float": {"1000": 1}}, pay)
    assert [one.get("error") for one in poor] == [None, "cash.short"]
    assert entries(house) == 1


def test_a_slip_is_paid_once_and_a_voucher_reversed_once(house: House, tmp_path: Path) -> None:
    terms = terms_of(house)
    slip = next(one for one in terms.disbursements if one.valid_from <= terms.session_date <= one.valid_to)
    pay = {"act": "disburse", "slip": slip.slip_no}
    undo = {"act": "reverse", "voucher": 2, "reason": "khách không nhận"}
    acts = [
        {"act": "open", "float": {"500000": slip.amount // 500_000 + 1}}, pay, pay, {**undo, "reason": "  "}, undo, undo, pay,
    ]  # fmt: skip
    answers = play(house, tmp_path, *acts)
    errors = [None, None, "slip.paid", "session.reason-missing", None, "reverse.twice", None]
    assert [one.get("error") for one in answers] == errors
    assert all(said_clearly(one["message"]) for one in answers if not one["ok"])


# The disk


def mounted(folder: Path, size: str) -> bool:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    return os.name == "posix" and subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_full_disk_refuses_the_voucher_and_lets_it_be_posted_once_there_is_room(prepared: House, tmp_path: Path) -> None:
    small = tmp_path / "small"
    if not mounted(small, "40m"):
        pytest.skip("a file system of a few megabytes cannot be mounted here")
    try:
        shutil.copytree(prepared.laptop, small / "laptop")
        house = House(small, prepared.people)
        opened = unlocked(house)
        book = shelf.open_book(house.laptop, opened, shelf.newest(house.laptop, opened))
        desk = Desk.open(book, opened, clock=clock)
        try:
            fill_and_empty(desk, small, {one.staff_id: one.pin for one in house.people})
        finally:
            desk.close()
        found = next(soundness.check(house.laptop, unlocked(house)))
        assert (found.reason, found.entries) == ("", len(desk.session.bodies))
    finally:
        subprocess.run(["umount", str(small)], check=True)


def fill_and_empty(desk: Desk, disk: Path, pins: dict[str, str]) -> None:
    """Post until the disk is full, see nothing half done, make room, post again."""
    answers_file = disk.parent / "answers.jsonl"
    table = script.Table(desk, pins, None, None)
    count = json.dumps({"act": "count", "denominations": {"500000": 1}}).encode()
    first = json.dumps(opening(desk.session.terms)).encode()
    # A new book has free pages inside; this takes them, so that every further page must come from the disk.
    desk.keep_draft("nháp", secrets.token_hex(3_000_000))
    room = os.statvfs(disk)
    (disk / "ballast").write_bytes(bytes(room.f_bavail * room.f_frsize))
    with script.Answers(answers_file) as answers:
        script.run([first, *[count] * 2000], table=table, answers=answers)
        full = [one for one in answers.given if not one["ok"]]
        assert full, "the disk never was full"
        assert {one["error"] for one in full} == {"book.disk-full"}
        assert said_clearly(full[0]["message"])
        posted = sum(one["ok"] for one in answers.given)
        assert desk.standing().entries == posted
        assert [one.entry.number for one in desk.book.sealed()] == list(range(1, posted + 1))
        assert desk.book.balances() == desk.session.balances
        (disk / "ballast").unlink()
        script.run([first, *[count] * 2001], table=table, answers=answers)
        assert answers.given[-1]["ok"]
        assert answers.given[-1]["voucher"] == posted + 1
