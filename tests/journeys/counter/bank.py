"""The bank's own figures, read from the export's files and reckoned day by day with fractions."""

import csv
import datetime
import shutil
from fractions import Fraction
from pathlib import Path

from tests.journeys.counter.notation import Balances

Rows = list[dict[str, str]]


def export(corpus: Path, more: Path, folder: Path) -> Path:
    """A copy of an export with rows added to some of its files."""
    shutil.copytree(corpus, folder)
    for file in sorted(more.glob("*.csv")):
        head, _, added = file.read_text("utf-8").partition("\n")
        held = (folder / file.name).read_text("utf-8-sig")
        if held.partition("\n")[0].strip() != head.strip():
            raise ValueError(f"{file.name} has other columns")
        (folder / file.name).write_text(held.rstrip("\n") + "\n" + added, "utf-8")
    return folder


def rows(folder: Path, name: str) -> Rows:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def interest(loan: dict[str, str], programmes: Rows, on: datetime.date) -> dict[str, int]:
    """What a loan owes in interest before a day, one day after the other."""
    usual = overdue = Fraction(0)
    late = day(loan["overdue_since"]) if loan["overdue_since"] else on
    theirs = sorted(
        (row for row in programmes if row["programme_code"] == loan["programme_code"]), key=lambda row: row["effective_from"]
    )
    at = day(loan["interest_paid_to"])
    while at < on:
        force = [row for row in theirs if day(row["effective_from"]) <= at][-1]
        rate = Fraction(loan["annual_rate"] or force["annual_rate"]) / 100 / 365
        usual += int(loan["balance_in_term"]) * rate
        if at < late:
            usual += int(loan["balance_overdue"]) * rate
        else:
            overdue += int(loan["balance_overdue"]) * rate * int(force["overdue_percent"]) / 100
        at += datetime.timedelta(days=1)
    return {
        "overdue_interest_arrears": int(loan["overdue_interest_arrears"]),
        "interest_arrears": int(loan["interest_arrears"]),
        "overdue_interest": half_up(overdue),
        "interest": half_up(usual),
    }


def opening(folder: Path, *, point: str, on: datetime.date) -> Balances:
    """What everybody of a point owes and holds in the morning; what is nothing is left out."""
    hamlets = {row["hamlet_code"] for row in rows(folder, "hamlets") if row["point_code"] == point}
    people = {row["customer_code"] for row in rows(folder, "customers") if row["hamlet_code"] in hamlets}
    programmes = rows(folder, "programmes")
    found: Balances = {}
    for loan in rows(folder, "loans"):
        if loan["customer_code"] in people:
            code = loan["loan_code"]
            found |= {(code, name): owed for name, owed in interest(loan, programmes, on).items()}
            found[code, "principal"] = int(loan["balance_in_term"])
            found[code, "overdue_principal"] = int(loan["balance_overdue"])
    for held in rows(folder, "deposits"):
        if held["customer_code"] in people:
            found[held["account_no"], "deposit" if held["kind"] == "member" else "savings"] = int(held["balance"])
    return {key: amount for key, amount in found.items() if amount}
