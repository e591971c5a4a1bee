"""One session shared out to two laptops: who serves whom, with which float, and packs that agree about it."""

import datetime

import pytest

from sync.errors import Refusal
from sync.leases import Table, table_of, unit_of
from sync.office import devices, preparation, splitting
from sync.office.home import Office
from sync.office.splitting import SplitUnclear, SplitUneven, TableStands
from sync.pack import Pack
from sync.records import changed
from sync.terms import Roll, Terms
from tests.journeys.conftest import office as office_command
from tests.journeys.table import some_groups
from tests.office.conftest import DAY, POINT, Desk, make_office
from tests.office.laptop import Laptop


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    made = make_office(tmp_path_factory.mktemp("office") / "office", export=some_groups(12))
    for seed, letter in enumerate("ABC", start=1):
        laptop = Laptop(devices.invite(made, letter=letter), seed=seed)
        devices.enrol(made, answer=laptop.answer())
    return made


def packs(office: Office, letters: str = "AB", *, day: datetime.date = DAY, **more: object) -> dict[str, Pack]:
    usual: dict[str, object] = {"chosen": {}, "again": True}
    made = splitting.prepare(office, point_code=POINT, session_date=day, letters=list(letters), **{**usual, **more})  # type: ignore[arg-type]
    return {one.pack.letter: one.pack for one in made}


def table(pack: Pack) -> Table:
    found = table_of(pack)
    assert found is not None
    return found


def members(terms: Terms, groups: tuple[str, ...]) -> int:
    return sum(one.group_code in groups for one in terms.customers)


@pytest.mark.parametrize("letters", ["AB", "ABC"])
def test_every_group_is_one_laptops_and_the_queues_are_about_as_long(office: Office, letters: str) -> None:
    made = packs(office, letters)
    terms = made["A"].terms
    given = [code for one in made.values() for code in one.groups]
    assert sorted(given) == sorted(one.group_code for one in terms.groups)
    sizes = [members(terms, one.groups) for one in made.values()]
    assert max(sizes) * 100 * len(letters) <= sum(sizes) * (100 + splitting.UNEVEN_PERCENT)


def test_the_groups_of_one_hamlet_and_organisation_stay_together(office: Office) -> None:
    made = packs(office)
    where = {code: letter for letter, one in made.items() for code in one.groups}
    lots: dict[tuple[str, str], set[str]] = {}
    for group in made["A"].terms.groups:
        lots.setdefault((group.hamlet_code, group.org_code), set()).add(where[group.group_code])
    assert all(len(one) == 1 for one in lots.values())


def test_both_packs_name_the_same_table(office: Office) -> None:
    made = packs(office)
    a, b = table(made["A"]), table(made["B"])
    assert a.digest == b.digest
    assert [one.letter for one in a.seats] == [one.letter for one in b.seats] == ["A", "B"]
    # A third laptop that is enrolled and has no share does not sit there.
    assert {one.letter for one in made["A"].laptops} == {"B", "C"}
    again = packs(office, chosen={"A": made["B"].groups, "B": made["A"].groups})
    assert table(again["A"]).digest == table(again["B"]).digest != a.digest


def test_slips_go_where_their_party_is_served_and_the_rest_to_the_first(office: Office) -> None:
    made = packs(office)
    terms, both = made["A"].terms, table(made["A"])
    roll = Roll(terms)
    for slip in terms.disbursements:
        group = roll.customers[slip.customer_code].group_code
        wanted = next(letter for letter, one in made.items() if group in one.groups)
        assert both.first_holder(unit_of(roll, slip.customer_code)).letter == wanted
    assert {both.first_holder(unit_of(roll, one.org_code)).letter for one in terms.organisations} == {"A"}


def test_the_planned_float_is_shared_by_what_each_pays_out(office: Office) -> None:
    made = packs(office)
    shares, roll, both = {letter: one.groups for letter, one in made.items()}, Roll(made["A"].terms), table(made["A"])
    needs = dict.fromkeys(shares, 0)
    for slip in made["A"].terms.disbursements:
        needs[both.first_holder(unit_of(roll, slip.customer_code)).letter] += slip.amount
    for payout in made["A"].terms.payouts:
        needs[both.first_holder(payout.group_code or payout.org_code).letter] += payout.amount
    for planned in (0, 1_500_000, sum(needs.values()) + 60_500_000, sum(needs.values()) // 2):
        parameters = changed(made["A"].terms.parameters, float_planned=planned)
        floats = splitting.floats(changed(made["A"].terms, parameters=parameters), shares)
        assert sum(floats.values()) == planned
        assert min(floats.values()) >= 0
        if planned > sum(needs.values()):
            assert all(amount >= needs[letter] // 1_000_000 * 1_000_000 for letter, amount in floats.items())
        assert floats["B"] % 1_000_000 == 0


def test_shares_that_leave_somebody_out_are_refused_and_nothing_is_made(office: Office) -> None:
    day = DAY + datetime.timedelta(days=31)
    codes = [one.group_code for one in packs(office)["A"].terms.groups]
    for chosen, fault in (
        ({"A": tuple(codes[:-1]), "B": (codes[0],)}, SplitUneven),
        ({"A": tuple(codes[1:]), "B": ()}, SplitUneven),
        ({"A": tuple(codes[2:]), "B": (codes[1],)}, SplitUneven),
        ({"A": tuple(codes[1:]), "B": (codes[0], "9999999")}, SplitUneven),
        ({"A": tuple(codes)}, SplitUnclear),
    ):
        with pytest.raises(fault):
            packs(office, day=day, chosen=chosen, again=False)
    with pytest.raises(Refusal):
        packs(office, "AX", day=day, again=False)
    preparation.could(office, point_code=POINT, session_date=day, letter="A", again=False)


def test_one_pack_of_a_shared_session_is_not_made_anew_alone(office: Office) -> None:
    packs(office)
    with pytest.raises(TableStands) as said:
        splitting.ask_alone(office, point_code=POINT, session_date=DAY, letter="C")
    assert "--device A,B --again" in said.value.sentence("vi")
    splitting.ask_alone(office, point_code=POINT, session_date=DAY + datetime.timedelta(days=62), letter="C")


@pytest.mark.parametrize("text", ["A", "A:", ":8070001", "X:8070001", "A:1 A:2"])
def test_a_share_that_is_not_clear_is_refused(text: str) -> None:
    with pytest.raises(SplitUnclear):
        splitting.typed([text, "A:8070001"], ["A", "B"])


def test_a_point_with_one_group_is_not_shared(desk: Desk) -> None:
    desk.laptop("A")
    desk.laptop("B", seed=2)
    desk.office.store.close()
    said = office_command("prepare", "--home", desk.folder, "--point", POINT, "--date", "2024-05-15", "--device", "A,B")
    assert said.status == 1
    assert "Mỗi Tổ của điểm phải thuộc đúng một máy" in said.err
