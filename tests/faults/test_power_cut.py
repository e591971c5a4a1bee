"""Every image a power cut could leave of a morning's book: what was told is there, and nothing half.

A laptop's whole life is recorded by its system calls: a book made, vouchers, drafts, paper, batches, the office's
word, the book closed and opened again, the session closed, small files. Each image has to be exactly the book after the
last thing that was told, or after the one that was under way; `cuts` says how each of them is opened.
"""

import pytest

from tests.desktop.enrolled import Laptop
from tests.faults.cuts import Bench

MORNING = (
    *("open", "post", "post", "draft", "typed", "begin", "print", "post", "batch", "ack", "hand_in", "post", "draft", "post"),
    *("reverse", "post", "begin", "post", "print", "post", "post", "batch", "post", "ack", "post", "typed", "shut"),
    *("open", "post", "begin", "print", "post", "batch", "ack", "post", "post", "count", "shut"),
    *("open", "close", "batch", "ack", "shut"),
)


@pytest.fixture
def images(pytestconfig: pytest.Config) -> int:
    """How many in all: 5,000 in every run, 100,000 in a long one."""
    return 100_000 if pytestconfig.getoption("--long") else 5_000


@pytest.mark.feature(9, 83)
def test_no_power_cut_of_a_morning_loses_or_doubles_anything(cuts: Bench, short: Laptop, begun: Laptop, images: int) -> None:
    found = cuts.cut(short, *MORNING, images=images * 17 // 20, seed=20261122)
    whole = cuts.cut(begun, *MORNING, images=images // 60, seed=20261123, log={})
    controls = [cuts.cut(short, *MORNING, images=150, seed=7, broken=name) for name in ("normal", "twice")]
    print(f"power cuts of a morning: {found.line(*controls)}; with the log as it ships: {whole.line()}")
    assert (found.first, whole.first) == ([], [])
    assert all(control.wrong["lost"] for control in controls)


def test_no_power_cut_while_a_book_is_made_leaves_half_a_book(cuts: Bench, bare: Laptop, images: int) -> None:
    found = cuts.cut(bare, "make", "open", "take_float", "post", "shut", images=images // 10, seed=3)
    control = cuts.cut(bare, "make", "open", "take_float", "post", "shut", images=100, seed=4, broken="hasty")
    print(f"power cuts of a new book: {found.line(control)}")
    assert found.first == []
    assert control.wrong["lost"]


def test_no_power_cut_tears_a_small_file(cuts: Bench, bare: Laptop, images: int) -> None:
    steps = ("book_key", "setting", "pin", "file", "setting", "pin", "file", "file", "book_key")
    found = cuts.cut_small(bare, *steps, images=images // 10, seed=5)
    controls = [cuts.cut_small(bare, *steps, images=100, seed=6, broken=name) for name in ("hasty", "in_place")]
    print(f"power cuts of small files: {found.line(*controls)}")
    assert found.first == []
    assert all(control.wrong["lost"] for control in controls)


def test_no_power_cut_while_enrolling_locks_anybody_out(cuts: Bench, images: int) -> None:
    found = cuts.cut_enrolling(images=images // 25, seed=8)
    control = cuts.cut_enrolling(images=100, seed=9, broken="hasty")
    print(f"power cuts of an enrolment: {found.line(control)}")
    assert found.first == []
    assert not control.clean
