"""The main job, as the two commands do it: a whole morning from an export to the office's signature.

What the programs say is held against arithmetic of the test's own, done from the CSV files and the
script with fractions, and against the office's database read by another library.
"""

import argparse
import csv
import datetime
import io
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from installer import demo
from tests.journeys.conftest import CORPUS, DAY, POINT, ROOT, House, called, copy_of, desktop, office, served, world

ON_THE_CORPUS = ("--export", str(CORPUS), "--point", POINT, "--date", DAY)
Table = list[dict[str, str]]
SIGN = {
    **dict.fromkeys(("TG", "TQ", "TL", "TT", "GK", "UQ", "CL", "CX"), 1),
    **dict.fromkeys(("GN", "HH", "PU", "TH", "RT", "RK", "HQ"), -1),
    **dict.fromkeys(("CT", "TF"), 0),
}


class Run(NamedTuple):
    """A finished demonstration and what it printed."""

    out: Path
    status: int
    printed: dict[str, Any]
    summary: dict[str, Any]
    answers: list[dict[str, Any]]
    acts: list[dict[str, Any]]


def run_demo(out: Path) -> Run:
    """The command as a person types it, every program behind it with an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "installer" / "run.py"), "demo", "--headless", "--out", str(out)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", env=world(), timeout=600, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    return Run(out, done.returncode, json.loads(done.stdout), summary, lines(out / "answers.jsonl"), lines(out / "script.jsonl"))


def run_here(prepared: House, out: Path, *arguments: str) -> Run:
    """The same demonstration in this process, on a copy of the house that it would have prepared."""

    @contextmanager
    def copied(given: argparse.Namespace) -> Iterator[demo.Prepared]:
        assert (given.export, given.point, given.date) == (str(CORPUS), POINT, DAY)
        house = copy_of(prepared, Path(given.out))
        with served(house.office) as address:
            yield demo.Prepared(house.out, address, house.people, POINT, datetime.date.fromisoformat(DAY), "")

    given = demo.arguments().parse_args(["--headless", "--out", str(out), *ON_THE_CORPUS, *arguments])
    with pytest.MonkeyPatch.context() as changed, redirect_stdout(io.StringIO()) as said:
        changed.setattr(demo, "prepared", copied)
        changed.setattr(demo, "call", called)
        status = demo.headless(given)
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    script = Path(given.script) if given.script else out / "script.jsonl"
    return Run(out, status, json.loads(said.getvalue()), summary, lines(out / "answers.jsonl"), lines(script))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_demo(tmp_path_factory.mktemp("sample") / "out")


@pytest.fixture(scope="module")
def can_giuoc(dong_thanh: House, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_here(dong_thanh, tmp_path_factory.mktemp("can-giuoc") / "out")


@pytest.fixture(params=["sample", pytest.param("can_giuoc", marks=pytest.mark.long)])
def run(request: pytest.FixtureRequest) -> Run:
    found: Run = request.getfixturevalue(request.param)
    return found


def test_it_ends_well_and_prints_what_it_keeps(run: Run) -> None:
    assert run.status == 0
    assert run.printed == run.summary
    assert list(run.summary) == [
        *("point", "date", "book", "vouchers", "lines", "refused", "cash", "by_code"),
        *("interest_due", "members_due", "head", "office", "bytes_sent", "paper"),
    ]
    left = {path.name for path in run.out.iterdir()}
    assert left == {"office", "laptop", "paper", "answers.jsonl", "script.jsonl", "summary.json", "passphrases.txt"}


def test_a_morning_has_every_kind_of_act_and_refuses_none(run: Run) -> None:
    kinds = {
        *("open", "transit", "group", "correct", "visit", "reverse", "withdraw", "transfer", "save", "save_close"),
        *("counterfeit", "request", "suspense", "float", "disburse", "pay", "return", "count", "close", "sync"),
    }
    assert kinds <= {act["act"] for act in run.acts}
    assert [answer["ok"] for answer in run.answers] == [True] * len(run.acts)
    assert [answer["act"] for answer in run.answers] == [act["act"] for act in run.acts]
    assert run.summary["refused"] == 0


@pytest.mark.feature(41, 43)
def test_the_cash_is_right_to_the_dong(run: Run) -> None:
    vouchers = [answer for answer in run.answers if "voucher" in answer]
    cash = run.summary["cash"]
    assert cash["opening"] == sum(int(note) * count for note, count in run.acts[0]["float"].items())
    assert cash["in"] == sum(max(one["cash"], 0) for one in vouchers[1:])
    assert cash["out"] == sum(max(-one["cash"], 0) for one in vouchers)
    assert cash["opening"] + cash["in"] - cash["out"] == cash["closing"]
    counted = next(act for act in run.acts if act["act"] == "count")["denominations"]
    minuted = sum(line["amount"] for one in vouchers for line in one["lines"] if line["code"] == "CL")
    assert cash["counted"] == cash["closing"] == sum(int(note) * count for note, count in counted.items())
    assert -500 < minuted <= 0
    for one in vouchers:
        assert one["cash"] == sum(line["amount"] * SIGN[line["code"]] for line in one["lines"])


@pytest.mark.feature(51)
def test_numbers_have_no_gap_and_one_sheet_file_each(run: Run) -> None:
    vouchers = [answer for answer in run.answers if "voucher" in answer]
    assert [one["voucher"] for one in vouchers] == list(range(1, run.summary["vouchers"] + 1))
    day = run.summary["date"].replace("-", "")
    assert [one["number"] for one in vouchers] == [
        f"{run.summary['point']}-{day}-A-{place:06d}" for place in range(1, len(vouchers) + 1)
    ]
    stems = {path.stem for path in (run.out / "paper").iterdir()}
    # A hand-in has its members' slips as a file beside its receipt.
    assert {one for one in stems if not one.endswith("-members")} == {one["number"] for one in vouchers}
    assert {one.removesuffix("-members") for one in stems} == {one["number"] for one in vouchers}
    assert run.summary["paper"] == len(stems)
    assert all(path.read_bytes().rstrip().endswith(b"%%EOF") for path in (run.out / "paper").iterdir())


@pytest.mark.feature(104)
def test_the_office_holds_every_entry_and_finds_nothing_to_differ_on(run: Run) -> None:
    held = run.summary["office"]
    assert held == {
        "received": run.summary["vouchers"], "safe": run.summary["vouchers"], "head": run.summary["head"],
        "status": "reconciled", "differences": 0,
    }  # fmt: skip
    with sqlite3.connect(f"file:{run.out / 'office' / 'office.db'}?mode=ro", uri=True) as db:
        heads = [row[0].hex() for row in db.execute("SELECT head FROM entry ORDER BY number")]
        by_code = dict(db.execute("SELECT code, SUM(amount) FROM entry_line GROUP BY code"))
        stored = db.execute("SELECT number, code, account, component, amount FROM entry_line ORDER BY number, place").fetchall()
    db.close()
    vouchers = [answer for answer in run.answers if "voucher" in answer]
    assert heads == [one["head"] for one in vouchers]
    assert stored == [
        (one["voucher"], line["code"], line["account"], line["component"], line["amount"])
        for one in vouchers
        for line in one["lines"]
    ]
    assert {code: amount for code, amount in run.summary["by_code"].items() if amount} == {
        code: amount for code, amount in by_code.items() if amount
    }
    assert run.summary["lines"] == len(stored)
    checked = office("check", "--home", run.out / "office", cold=True)
    assert checked.status == 0
    assert f"{run.summary['book']} entries {run.summary['vouchers']} head {run.summary['head']} sound" in checked.out


@pytest.mark.feature(65)
def test_the_first_line_of_the_passphrases_checks_the_books(run: Run) -> None:
    typed = (run.out / "passphrases.txt").read_text("utf-8").splitlines()
    checked = desktop("check", "--home", run.out / "laptop", typed=typed, cold=True)
    assert checked.status == 0, checked.err
    book, entries, head = run.summary["book"], run.summary["vouchers"], run.summary["head"]
    assert checked.out == f"{book} entries {entries} head {head} sound\n"


def test_the_next_run_takes_the_place_of_the_last_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "office").mkdir(parents=True)
    (out / "office" / "mine.txt").write_text("không phải của chương trình", "utf-8")
    command = [sys.executable, str(ROOT / "installer" / "demo.py"), "--headless", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=world(), timeout=60, check=False)
    assert done.returncode == 1
    assert "--out" in done.stderr
    assert [path.name for path in out.rglob("*")] == ["office", "mine.txt"]


# Arithmetic of the test's own


def table(name: str) -> Table:
    with (CORPUS / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


ON = datetime.date(2024, 4, 15)
ORDER = ("overdue_interest_arrears", "interest_arrears", "overdue_interest", "interest")


def rates(loan: dict[str, str], since: datetime.date) -> list[tuple[datetime.date, Fraction, Fraction]]:
    """(from, rate, overdue rate) in force from `since` on, read day by day."""
    rows = sorted(
        (row for row in table("programmes") if row["programme_code"] == loan["programme_code"]),
        key=lambda row: row["effective_from"],
    )
    found = []
    at = since
    while at < ON:
        force = [row for row in rows if day(row["effective_from"]) <= at][-1]
        rate = Fraction(loan["annual_rate"] or force["annual_rate"]) / 100
        found.append((at, rate, rate * Fraction(force["overdue_percent"]) / 100))
        at += datetime.timedelta(days=1)
    return found


def owed(loan: dict[str, str]) -> dict[str, int]:
    """Interest due on the session day, a day at a time."""
    interest = overdue = Fraction(0)
    late = day(loan["overdue_since"]) if loan["overdue_since"] else None
    for at, rate, late_rate in rates(loan, day(loan["interest_paid_to"])):
        interest += int(loan["balance_in_term"]) * rate / 365
        if late is None or at < late:
            interest += int(loan["balance_overdue"]) * rate / 365
        else:
            overdue += int(loan["balance_overdue"]) * late_rate / 365
    return {
        "overdue_interest_arrears": int(loan["overdue_interest_arrears"]),
        "interest_arrears": int(loan["interest_arrears"]),
        "overdue_interest": half_up(overdue),
        "interest": half_up(interest),
    }


@pytest.fixture(scope="module")
def dues() -> dict[str, dict[str, dict[str, int]]]:
    """Customer to loan code to interest due by component, at the point of the run."""
    here = {row["hamlet_code"] for row in table("hamlets") if row["point_code"] == "TXN0480701"}
    people = {row["customer_code"]: {} for row in table("customers") if row["hamlet_code"] in here}
    for loan in sorted(table("loans"), key=lambda row: (row["due_on"], row["loan_code"])):
        if loan["customer_code"] in people:
            people[loan["customer_code"]][loan["loan_code"]] = owed(loan)
    return people


def test_interest_due_is_what_the_books_of_the_bank_say(can_giuoc: Run, dues: dict[str, Any]) -> None:
    assert can_giuoc.summary["interest_due"] == 371_604_353
    assert sum(sum(parts.values()) for loans in dues.values() for parts in loans.values()) == 371_604_353
    members = {row["customer_code"] for row in table("customers") if row["group_code"] not in ("", "0000000")}
    owing = sum(
        1 for code, loans in dues.items() if code in members and sum(sum(parts.values()) for parts in loans.values())
    )
    assert can_giuoc.summary["members_due"] == owing


@pytest.mark.feature(29, 34, 127)
def test_a_groups_cash_goes_to_interest_first_and_the_rest_to_the_deposit(can_giuoc: Run, dues: dict[str, Any]) -> None:
    accounts: dict[str, str] = {}
    for row in sorted(table("deposits"), key=lambda row: row["account_no"], reverse=True):
        if row["kind"] == "member":
            accounts[row["customer_code"]] = row["account_no"]
    # Those who came in person too owe something else by then; what they owe is another test's matter.
    owners = {row["account_no"]: row["customer_code"] for row in table("deposits")}
    in_person = {act["customer"] for act in can_giuoc.acts if act["act"] == "visit"}
    in_person |= {owners[act["account"]] for act in can_giuoc.acts if act["act"] in ("transfer", "withdraw")}
    seen = 0
    for act, answer in zip(can_giuoc.acts, can_giuoc.answers, strict=True):
        if act["act"] != "group":
            continue
        assert answer["cash"] == sum(act["cash"].values()) == sum(int(n) * c for n, c in act["denominations"].items())
        given = [(line["account"], line["component"], line["amount"]) for line in answer["lines"]]
        for member, handed in act["cash"].items():
            if member in in_person:
                continue
            wanted = []
            left = handed
            for component in ORDER:
                for loan, parts in dues[member].items():
                    if taken := min(left, parts[component]):
                        wanted.append((loan, component, taken))
                        left -= taken
            if left:
                wanted.append((accounts[member], "deposit", left))
            mine = {*dues[member], accounts.get(member)}
            assert [line for line in given if line[0] in mine] == wanted, member
            seen += 1
    assert seen > 400


@pytest.mark.feature(19, 23)
def test_a_visit_is_one_voucher_and_its_reversal_is_the_whole_of_it(can_giuoc: Run) -> None:
    reverse = next(answer for answer in can_giuoc.answers if answer["act"] == "reverse")
    act = next(act for act in can_giuoc.acts if act["act"] == "reverse")
    undone = next(answer for answer in can_giuoc.answers if answer.get("voucher") == act["voucher"])
    assert len(undone["lines"]) > 1
    assert reverse["cash"] == -undone["cash"]
    assert [{**line, "amount": -line["amount"]} for line in reverse["lines"]] == undone["lines"]


def test_a_script_of_ones_own_is_run_to_its_end_and_an_open_session_is_no_success(dong_thanh: House, tmp_path: Path) -> None:
    group, member = "8070001", "4807000001"
    acts = [
        {"act": "open", "float": {"500000": 900, "200000": 1000}},
        {"act": "group", "group": group, "by": member, "cash": {member: 330_000}, "denominations": {"100000": 3}},
        {"act": "group", "group": group, "by": member, "cash": {member: 330_000}, "denominations": {"100000": 3, "10000": 3}},
        {"act": "disburse", "slip": "GN-0424-0021"},
        {"act": "pay", "slip": "HH-0424-0001"},
        {"act": "reverse", "voucher": 2, "reason": "nhập nhầm số tiền"},
        {"act": "sync"},
    ]
    script = tmp_path / "mine.jsonl"
    script.write_text("".join(json.dumps(act, ensure_ascii=False) + "\n\n" for act in acts), "utf-8")
    found = run_here(dong_thanh, tmp_path / "out", "--script", str(script))
    assert found.status == 1
    assert [answer.get("error") for answer in found.answers] == [
        *(None, "cash.notes-differ", None, "slip.not-in-force", None, None, None)
    ]  # fmt: skip
    assert found.summary["refused"] == 2
    assert found.summary["by_code"] == {"UQ": 650_000_000, "TL": 0, "HH": 1_634_421}
    assert found.summary["cash"]["closing"] == 650_000_000 - 1_634_421
    assert (found.summary["office"]["received"], found.summary["office"]["status"]) == (4, "open")
    assert found.answers[-1] == {
        "ok": True, "act": "sync", "received": 4, "safe": 4, "head": found.summary["head"], "status": "ok", "differences": 0,
    }  # fmt: skip
