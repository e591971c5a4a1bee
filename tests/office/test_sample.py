"""The made-up office is real-sized, holds every edge, loads without a fault, and is the same every time."""

import datetime
import random
from pathlib import Path

import pytest

from sync import loans
from sync.office import core_export, sample
from sync.office.core_export import Export

DAY = datetime.date(2026, 8, 15)
POINT = "TXN0480701"


def made(folder: Path, *, seed: int = 1, day: datetime.date = DAY) -> Export:
    sample.write(folder, rows=sample.sample(session_date=day, random=random.Random(seed)))
    return core_export.load(folder).export


def test_the_same_seed_is_the_same_office_and_another_seed_another(tmp_path: Path) -> None:
    one = made(tmp_path / "one")
    assert made(tmp_path / "two").digest() == one.digest()
    assert made(tmp_path / "three", seed=2).digest() != one.digest()


@pytest.mark.parametrize(
    "day", [DAY, datetime.date(2024, 4, 15), datetime.date(2028, 2, 29), datetime.date(2026, 12, 31)]
)
def test_it_loads_without_a_fault_on_any_day(tmp_path: Path, day: datetime.date) -> None:
    export = made(tmp_path, day=day)
    history = loans.rate_history(export.programmes)
    assert all(sum(loans.interest_due(one, history, day).values()) >= 0 for one in export.loans)


def test_it_is_the_size_of_a_real_point_and_holds_every_edge(tmp_path: Path) -> None:
    export = made(tmp_path)
    hamlets = {one.hamlet_code for one in export.hamlets if one.point_code == POINT}
    people = {one.customer_code: one for one in export.customers if one.hamlet_code in hamlets}
    groups = [one for one in export.groups if one.hamlet_code in hamlets]
    held = [one for one in export.loans if one.customer_code in people]
    assert len(groups) == 20
    assert 700 <= len({one.customer_code for one in held}) <= 900
    assert 900 <= len(held) <= 1_150
    loans_of = {code: [one for one in held if one.customer_code == code] for code in people}
    deposits_of = {
        code: [d for d in export.deposits if d.customer_code == code and d.kind == "member"] for code in people
    }
    assert any(len(loans_of[code]) == 2 and len(deposits_of[code]) == 2 for code in people)
    assert any(not loans_of[code] and deposits_of[code] and people[code].group_code for code in people)
    assert any(one.balance_frozen for one in held)
    assert any(one.balance_overdue and one.overdue_interest_arrears for one in held)
    assert any(one.interest_arrears == 1 for one in held)
    assert any(one.balance_in_term % 1_000 and one.due_on == DAY for one in held)
    assert any(one.annual_rate_ppm is None for one in held)
    assert max(len(one.full_name) for one in people.values()) == 45
    assert any(len(one.birth) == 4 for one in people.values())
    assert any(one.id_expires_on and one.id_expires_on < DAY for one in people.values())
    assert any(not one.leader_phone for one in groups)
    leaders = [people[one.leader].full_name for one in groups]
    assert len(set(leaders)) < len(leaders)
    assert len(export.points) == 3
    assert len(export.staff) == 7
    assert {one.slip.kind for one in export.payouts} == {"commission", "entrustment_fee", "remuneration"}
    assert any(one.valid_to < DAY for one in export.disbursements)
    days = {one.point_code: one.session_date.day for one in export.cash_plan}
    assert any(one.visit_day != days[one.point_code] for one in export.points)
    assert {"Ê Đê", "Khmer", "Hmông"} <= {one.ethnicity for one in people.values()}


def test_nobody_can_be_reached_by_a_number_of_the_sample(tmp_path: Path) -> None:
    export = made(tmp_path)
    phones = [one.phone for one in (*export.customers, *export.staff)] + [one.leader_phone for one in export.groups]
    # No Vietnamese number begins with four zeros, and no province has the code 000.
    assert all(phone.startswith("0000") for phone in phones if phone)
    assert all(one.id_number.startswith("000") for one in export.customers)
