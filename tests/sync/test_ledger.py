"""Both sides of every line, whatever the lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import ledger
from sync.ledger import CASH, COMPONENTS, Line, Unbalanced
from sync.money import AMOUNT_MAX
from tests.sync import small

lines = st.sampled_from([(code, part) for code, parts in COMPONENTS.items() for part in parts]).flatmap(
    lambda which: st.builds(
        Line, code=st.just(which[0]), account=st.sampled_from(["", "6600", "105", "{}", "{0.x}"]),
        component=st.just(which[1]), amount=st.integers(-AMOUNT_MAX, AMOUNT_MAX),
    )
)  # fmt: skip
paid = lines.filter(lambda line: line.code != "CT")


@pytest.mark.feature(63)
def test_every_voucher_of_a_morning_sums_to_zero_on_both_sides() -> None:
    for sealed in small.morning().sealed:
        made = ledger.postings(sealed.entry.body.lines)
        assert sum(one.amount for one in made) == 0
        assert sum(one.amount for one in made if one.account == "cash") == sealed.entry.body.cash


@given(st.lists(paid, max_size=8))
def test_whatever_lines_are_written_their_postings_sum_to_zero(some: list[Line]) -> None:
    made = ledger.postings(some)
    assert sum(one.amount for one in made) == 0
    assert sum(one.amount for one in made if one.account == "cash") == ledger.cash(some)


@given(st.lists(lines, max_size=8))
def test_a_transfer_is_balanced_or_refused(some: list[Line]) -> None:
    sides = sum(line.amount if line.component == "deposit" else -line.amount for line in some if line.code == "CT")
    if sides:
        with pytest.raises(Unbalanced):
            ledger.postings(some)
    else:
        assert sum(one.amount for one in ledger.postings(some)) == 0


@given(st.lists(lines, max_size=8))
def test_a_reversed_line_undoes_what_the_line_did(some: list[Line]) -> None:
    back = [Line(code=one.code, account=one.account, component=one.component, amount=-one.amount) for one in some]
    assert ledger.cash([*some, *back]) == 0
    done: dict[tuple[str, str], int] = {}
    for line in (*some, *back):
        for account, component, amount in ledger.changes(line):
            done[account, component] = done.get((account, component), 0) + amount
    assert not any(done.values())


@given(st.lists(lines, max_size=8))
def test_sums_by_code_add_up_to_the_lines(some: list[Line]) -> None:
    total = sum(line.amount for line in some)
    assert sum(ledger.by_code(some).values()) == total
    assert list(ledger.by_code(some)) == list(dict.fromkeys(line.code for line in some))


def test_every_code_has_a_direction_components_and_an_account_on_the_other_side() -> None:
    assert set(CASH) == set(COMPONENTS)
    for code, parts in COMPONENTS.items():
        for part in parts:
            line = Line(code=code, account="X", component=part, amount=1_000)
            if code == "CT":
                continue
            made = ledger.postings([line])
            assert len(made) == (0 if code == "TF" else 2)
            assert all("{" not in one.account for one in made)


@pytest.mark.parametrize(
    ("code", "component", "change"),
    [
        ("TG", "principal", -5), ("TQ", "overdue_principal", -5), ("TL", "interest", -5), ("TT", "deposit", 5),
        ("RT", "deposit", -5), ("GK", "savings", 5), ("RK", "savings", -5), ("CT", "deposit", -5), ("CT", "interest", -5),
    ],
)  # fmt: skip
def test_money_paid_lowers_what_is_owed_and_a_deposit_raises_what_is_held(
    code: str, component: str, change: int
) -> None:
    assert ledger.changes(Line(code=code, account="X", component=component, amount=5)) == (("X", component, change),)


def test_what_is_lent_is_principal_from_then_on_and_fees_change_no_balance() -> None:
    assert ledger.changes(Line(code="GN", account="X", component="disbursement", amount=5)) == (("X", "principal", 5),)
    for code in ("HH", "PU", "TH", "UQ", "HQ", "CL", "TF"):
        assert ledger.changes(Line(code=code, account="", component=COMPONENTS[code][0], amount=5)) == ()
    assert ledger.changes(Line(code="RK", account="X", component="savings_interest", amount=5)) == ()
